// Joins two instructions to one loop where the table has such a pair (a*b + c, ...), and checks steps.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "base/error.hpp"
#include "plan/step.hpp"

namespace hpxpy {

namespace {

std::optional<Op> pair_of(Op first, Op second) {
    for (int i = 0; i < op_count; ++i) {
        const OpRow& candidate = row(static_cast<Op>(i));
        if (candidate.is_pair && candidate.first == first && candidate.second == second)
            return static_cast<Op>(i);
    }
    return std::nullopt;
}

bool is_scalar(const Step& step, Value value) {
    return value.from == Value::From::constant ||
           (value.from == Value::From::load && step.loads[value.index].scalar());
}

// Tries to take the instruction behind `outer.inputs[side]` into `outer`.
bool join(Step& step, Instruction& outer, int side, const std::vector<int>& uses) {
    Value inner_value = outer.inputs[side];
    if (inner_value.from != Value::From::instruction || uses[inner_value.index] != 1) return false;
    Instruction& inner = step.instructions[inner_value.index];
    if (inner.what != Instruction::What::op || inner.compute != outer.compute) return false;
    if (row(inner.op).arity != 2 || row(inner.op).is_pair) return false;
    std::optional<Op> pair = pair_of(inner.op, outer.op);
    if (!pair) return false;
    Value rest = outer.inputs[1 - side];
    outer.op = *pair;
    outer.inputs[0] = inner.inputs[0];
    outer.inputs[1] = inner.inputs[1];
    outer.inputs[2] = rest;
    // The loops exist for a scalar as second operand.
    bool commutes = row(*pair).first == Op::multiply || row(*pair).first == Op::add;
    if (commutes && is_scalar(step, outer.inputs[0])) std::swap(outer.inputs[0], outer.inputs[1]);
    return true;
}

void remove_unused(Step& step, const std::vector<bool>& removed) {
    std::vector<int> place(step.instructions.size());
    std::vector<Instruction> kept;
    for (std::size_t i = 0; i < step.instructions.size(); ++i) {
        place[i] = static_cast<int>(kept.size());
        if (!removed[i]) kept.push_back(step.instructions[i]);
    }
    auto renumber = [&](Value& value) {
        if (value.from == Value::From::instruction) value.index = place[value.index];
    };
    for (Instruction& instruction : kept)
        for (Value& input : instruction.inputs) renumber(input);
    for (Store& store : step.stores) renumber(store.value);
    for (Reduce& reduce : step.reductions) renumber(reduce.value);
    step.instructions = std::move(kept);
}

}  // namespace

std::vector<int> use_counts(const Step& step) {
    std::vector<int> uses(step.instructions.size(), 0);
    auto use = [&](Value value) {
        if (value.from == Value::From::instruction) ++uses[value.index];
    };
    for (const Instruction& instruction : step.instructions)
        for (Value input : instruction.inputs) use(input);
    for (const Store& store : step.stores) use(store.value);
    for (const Reduce& reduce : step.reductions) use(reduce.value);
    return uses;
}

void pair_instructions(Step& step) {
    std::vector<int> uses = use_counts(step);
    std::vector<bool> removed(step.instructions.size(), false);
    bool any = false;
    for (Instruction& outer : step.instructions) {
        if (outer.what != Instruction::What::op || !is_floating(outer.compute) ||
            row(outer.op).arity != 2)
            continue;
        bool commutes = outer.op == Op::add || outer.op == Op::multiply;
        for (int side = 0; side < (commutes ? 2 : 1); ++side) {
            Value inner = outer.inputs[side];
            if (!join(step, outer, side, uses)) continue;
            removed[inner.index] = any = true;
            break;
        }
    }
    if (any) remove_unused(step, removed);
}

std::string verify(const Step& step) {
    auto exists = [&](Value value, std::size_t before) {
        std::size_t count = value.from == Value::From::load       ? step.loads.size()
                            : value.from == Value::From::constant ? step.constants.size()
                                                                  : before;
        return value.from != Value::From::none && static_cast<std::size_t>(value.index) < count;
    };
    for (std::size_t i = 0; i < step.instructions.size(); ++i) {
        const Instruction& instruction = step.instructions[i];
        std::string at = "instruction " + std::to_string(i);
        int arity = instruction.what == Instruction::What::op        ? row(instruction.op).arity
                    : instruction.what == Instruction::What::convert ? 1
                                                                     : 0;
        for (int k = 0; k < arity; ++k) {
            if (!exists(instruction.inputs[k], i))
                return at + " has no operand " + std::to_string(k);
            bool condition = instruction.what == Instruction::What::op &&
                             row(instruction.op).result == Result::select && k == 0;
            DType wanted = condition ? DType::bool_ : instruction.compute;
            if (step.dtype(instruction.inputs[k]) != wanted)
                return at + " works in " + std::string(name_of(wanted)) + " and gets " +
                       std::string(name_of(step.dtype(instruction.inputs[k])));
        }
    }
    for (const Load& load : step.loads)
        if (load.view.shape != step.domain) return "a load has shape " + to_string(load.view.shape);
    for (const Store& store : step.stores) {
        if (!exists(store.value, step.instructions.size())) return "a store has no value";
        if (step.dtype(store.value) != store.node->dtype) return "a store changes the dtype";
        if (store.view.shape != step.domain) return "a store has another shape";
        if (store.over < 0) continue;
        if (static_cast<std::size_t>(store.over) >= step.loads.size())
            return "a store takes over a load that does not exist";
        const Load& load = step.loads[store.over];
        auto reads = std::count_if(step.loads.begin(), step.loads.end(),
                                   [&](const Load& other) { return other.node == load.node; });
        if (reads != 1 || load.view != store.view || load.node->count() != step.count() ||
            itemsize(load.node->dtype) != itemsize(store.node->dtype))
            return "a store takes over memory that is read otherwise";
    }
    for (const Reduce& reduce : step.reductions) {
        if (!exists(reduce.value, step.instructions.size())) return "a reduction has no value";
        if (step.dtype(reduce.value) != reduce.node->compute)
            return "a reduction changes the dtype";
    }
    return "";
}

std::string verify(const Plan& plan) {
    std::unordered_set<const Node*> stored, taken;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const Step& step = plan.steps[i];
        std::string at = "step " + std::to_string(i + 1);
        std::string problem = verify(step);
        if (!problem.empty()) return at.append(": ").append(problem);
        for (const Load& load : step.loads) {
            if (taken.count(load.node.get())) return at + " reads memory that was taken over";
            if (load.node->pending() && !stored.count(load.node.get()))
                return at + " reads what no step before has stored";
        }
        for (const Store& store : step.stores) {
            stored.insert(store.node.get());
            if (store.over >= 0 && !taken.insert(step.loads[store.over].node.get()).second)
                return at + " takes over the same memory twice";
        }
        for (const Reduce& reduce : step.reductions) stored.insert(reduce.node.get());
    }
    return "";
}

}  // namespace hpxpy
