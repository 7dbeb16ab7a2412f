// Finds instructions of which each takes the value of the one before, and makes links of them.
// SPDX-License-Identifier: BSL-1.0
#include "exec/chains.hpp"

#include "kernels/chains.hpp"

namespace hpxpy {

namespace {

Value value_of(int instruction) { return {Value::From::instruction, instruction}; }

Op first_op(const Instruction& instruction) {
    const OpRow& r = row(instruction.op);
    return r.is_pair ? r.first : instruction.op;
}

bool can_link(const Instruction& instruction) {
    if (instruction.what != Instruction::What::op || !kernels::chain(instruction.compute))
        return false;
    const OpRow& r = row(instruction.op);
    return kernels::chain_action(first_op(instruction), false, false) &&
           (!r.is_pair || kernels::chain_action(r.second, false, false));
}

// A product of the value by itself is its square; other operations of it twice do not follow it.
bool follows(const Instruction& instruction, const Instruction& before, Value value) {
    if (!can_link(instruction) || instruction.compute != before.compute) return false;
    bool first = instruction.inputs[0] == value;
    bool second = row(first_op(instruction)).arity == 2 && instruction.inputs[1] == value;
    return first && second ? first_op(instruction) == Op::multiply : first || second;
}

}  // namespace

int chain_end(const Step& step, int first) {
    if (!can_link(step.instructions[first])) return first;
    int end = first + 1, count = static_cast<int>(step.instructions.size());
    while (end < count &&
           follows(step.instructions[end], step.instructions[end - 1], value_of(end - 1)))
        ++end;
    return end;
}

std::vector<ChainLink> chain_links(const Step& step, int first, int last,
                                   const std::vector<int>& uses) {
    using What = ChainLink::What;
    std::vector<ChainLink> links;
    auto single = [&](Value value) {
        return value.from == Value::From::constant ||
               (value.from == Value::From::load && step.loads[value.index].scalar());
    };
    for (int i = first; i < last; ++i) {
        const Instruction& instruction = step.instructions[i];
        Value a = instruction.inputs[0], b = instruction.inputs[1];
        Op op = first_op(instruction);
        bool unary = row(op).arity == 1;
        Value value = i > first ? value_of(i - 1) : !unary && single(a) && !single(b) ? b : a;
        if (i == first) links.push_back({What::start, value});
        bool squared = !unary && a == value && b == value && op == Op::multiply;
        if (unary || squared)
            links.push_back({What::op, {}, squared ? Op::square : op});
        else
            links.push_back({What::op, a == value ? b : a, op, a != value});
        if (row(instruction.op).is_pair)
            links.push_back({What::op, instruction.inputs[2], row(instruction.op).second});
        int chained = 0;
        if (i + 1 < last) {
            const Instruction& next = step.instructions[i + 1];
            chained = next.inputs[0] == value_of(i);
            if (row(first_op(next)).arity == 2) chained += next.inputs[1] == value_of(i);
        }
        if (uses[i] > chained || i + 1 == last) links.push_back({What::store, value_of(i)});
    }
    return links;
}

}  // namespace hpxpy
