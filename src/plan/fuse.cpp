// From expressions to steps: everything elementwise over one domain becomes one pass, with its
// reductions and stores at the end. What is seen through another view, or joined first, is a step
// of its own before.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.hpp"
#include "plan/step.hpp"

namespace hpxpy {

bool Load::scalar() const {
    for (int i = 0; i < view.dimensions(); ++i)
        if (view.strides[i] != 0 && view.shape[i] != 1) return false;
    return true;
}

DType Step::dtype(Value value) const {
    switch (value.from) {
        case Value::From::load:
            return loads[value.index].node->dtype;
        case Value::From::constant:
            return constants[value.index].dtype;
        default:
            return instructions[value.index].result;
    }
}

namespace {

constexpr std::size_t most_instructions = 200;

bool is_whole(const Operand& input) {
    return input.view.offset == 0 && input.view.shape == input.node->shape &&
           input.view.is_contiguous();
}

// Collects the values of one step.
class StepBuilder {
public:
    explicit StepBuilder(Dims domain) { step.domain = std::move(domain); }

    Step step;

    Value constant(const Scalar& scalar) {
        for (std::size_t i = 0; i < step.constants.size(); ++i) {
            const Scalar& known = step.constants[i];
            if (known.dtype == scalar.dtype &&
                std::memcmp(known.bytes, scalar.bytes, sizeof known.bytes) == 0)
                return {Value::From::constant, static_cast<int>(i)};
        }
        step.constants.push_back(scalar);
        return {Value::From::constant, static_cast<int>(step.constants.size()) - 1};
    }

    Value load(const Operand& input) {
        for (std::size_t i = 0; i < step.loads.size(); ++i)
            if (step.loads[i].node == input.node && step.loads[i].view == input.view)
                return {Value::From::load, static_cast<int>(i)};
        step.loads.push_back({input.node, input.view});
        return {Value::From::load, static_cast<int>(step.loads.size()) - 1};
    }

    Value add(const Instruction& instruction) {
        step.instructions.push_back(instruction);
        return {Value::From::instruction, static_cast<int>(step.instructions.size()) - 1};
    }

    Value as_dtype(Value value, DType dtype) {
        DType own = step.dtype(value);
        if (own == dtype) return value;
        if (value.from == Value::From::constant)
            return constant(Scalar(step.constants[value.index]).as_dtype(dtype));
        for (std::size_t i = 0; i < step.instructions.size(); ++i) {
            const Instruction& known = step.instructions[i];
            if (known.what == Instruction::What::convert && known.inputs[0] == value &&
                known.result == dtype)
                return {Value::From::instruction, static_cast<int>(i)};
        }
        Instruction conversion;
        conversion.what = Instruction::What::convert;
        conversion.compute = own;
        conversion.result = dtype;
        conversion.inputs[0] = value;
        return add(conversion);
    }

    std::unordered_map<const Node*, Value> values;
};

class Planner {
public:
    Plan plan;

    // Adds the steps that `node` needs and the one that stores it.
    void store(const Ref<Node>& node) {
        if (!node->pending() || stored_.count(node.get())) return;
        if (node->kind == NodeKind::exchange)
            fail<RuntimeError>("evaluate: an exchange was recorded and never started");
        if (node->kind == NodeKind::reduction) {
            const Operand& input = node->inputs[0];
            prepare(input);
            StepBuilder& builder = builder_for(input, node.get());
            Value value = builder.as_dtype(read(builder, input), node->compute);
            builder.step.reductions.push_back({value, node});
        } else {
            prepare_inputs(*node);
            StepBuilder& builder = builder_for({node, View::dense(node->shape)}, nullptr);
            Value value = compute(builder, node);
            if (!stored_.count(node.get())) add_store(builder, value, node);
        }
        stored_.insert(node.get());
    }

    void assign(const Array& target, const Array& source) {
        Operand input{source.node.ref(), source.view};
        prepare(input);
        StepBuilder& builder = builder_for(input, nullptr);
        Value value = builder.as_dtype(read(builder, input), target.dtype());
        builder.step.stores.push_back({value, target.node.ref(), target.view});
    }

    void finish() {
        for (StepBuilder& builder : builders_) {
            pair_instructions(builder.step);
            plan.steps.push_back(std::move(builder.step));
        }
    }

private:
    // True if reading `input` in a step means computing it there.
    bool inlines(const Operand& input) const {
        const Node& node = *input.node;
        if (!node.pending() || stored_.count(&node)) return false;
        if (node.kind == NodeKind::constant) return true;
        return (node.kind == NodeKind::elementwise || node.kind == NodeKind::convert ||
                node.kind == NodeKind::count) &&
               is_whole(input);
    }

    // Stores, in steps before, whatever below `input` cannot be computed in the same pass.
    void prepare(const Operand& input) {
        if (!input.node->pending() || stored_.count(input.node.get())) return;
        if (!inlines(input))
            store(input.node);
        else
            prepare_inputs(*input.node);
    }

    void prepare_inputs(const Node& node) {
        if (!prepared_.insert(&node).second) return;
        for (const Operand& input : node.inputs) prepare(input);
    }

    // The last step, if it can compute `input` in its pass and end with `reduction` (if any); else a
    // new one.
    StepBuilder& builder_for(const Operand& input, const Node* reduction) {
        if (builders_.empty() || !fits(builders_.back(), input, reduction))
            builders_.emplace_back(input.view.shape);
        if (reduction) builders_.back().step.reduced = reduction->reduced;
        return builders_.back();
    }

    bool fits(const StepBuilder& builder, const Operand& input, const Node* reduction) const {
        const Step& step = builder.step;
        if (step.domain != input.view.shape || step.instructions.size() >= most_instructions)
            return false;
        if (reduction && !step.reductions.empty()) {
            // Reductions share a pass if they share its grid.
            const Node& first = *step.reductions[0].node;
            if (step.reductions.size() == max_step_reductions ||
                first.reduced != reduction->reduced ||
                reduction_block(first.compute) != reduction_block(reduction->compute))
                return false;
        }
        std::unordered_set<const Node*> seen;
        return !reads_output(builder, input, seen);
    }

    Value read(StepBuilder& builder, const Operand& input) {
        if (input.node->kind == NodeKind::constant && input.node->pending())
            return builder.constant(input.node->constant);
        if (inlines(input)) return compute(builder, input.node);
        auto known = builder.values.find(input.node.get());
        if (known != builder.values.end() && is_whole(input)) return known->second;
        return builder.load(input);
    }

    // True if `input` needs memory that this very step writes: its reductions' results, or what it
    // stores seen through another view.
    bool reads_output(const StepBuilder& builder, const Operand& input,
                      std::unordered_set<const Node*>& seen) const {
        if (inlines(input)) {
            if (!seen.insert(input.node.get()).second) return false;
            return std::any_of(
                input.node->inputs.begin(), input.node->inputs.end(),
                [&](const Operand& below) { return reads_output(builder, below, seen); });
        }
        auto writes_it = [&](const auto& output) { return output.node == input.node; };
        const Step& step = builder.step;
        if (std::any_of(step.reductions.begin(), step.reductions.end(), writes_it)) return true;
        return !is_whole(input) && std::any_of(step.stores.begin(), step.stores.end(), writes_it);
    }

    Value compute(StepBuilder& builder, const Ref<Node>& ref) {
        Node& node = *ref;
        auto known = builder.values.find(&node);
        if (known != builder.values.end()) return known->second;
        Value value;
        if (node.kind == NodeKind::constant) {
            value = builder.constant(node.constant);
        } else if (node.kind == NodeKind::count) {
            Instruction count;
            count.what = Instruction::What::count;
            count.compute = count.result = node.dtype;
            count.first = node.first;
            value = builder.add(count);
        } else if (node.kind == NodeKind::convert) {
            value = builder.as_dtype(read(builder, node.inputs[0]), node.dtype);
        } else {
            Instruction instruction;
            instruction.op = node.op;
            instruction.compute = node.compute;
            instruction.result = node.dtype;
            bool selects = row(node.op).result == Result::select;
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                DType wanted = selects && i == 0 ? DType::bool_ : node.compute;
                instruction.inputs[i] = builder.as_dtype(read(builder, node.inputs[i]), wanted);
            }
            value = builder.add(instruction);
        }
        builder.values.emplace(&node, value);
        // A second evaluation that needs what others hold too stores it.
        bool held = node.handles > 0 || node.references() > 1;
        bool again = node.streamed || streamed_.count(&node);
        if (again && held && node.kind != NodeKind::constant) {
            add_store(builder, value, ref);
            stored_.insert(&node);
        } else {
            builder.step.streamed.push_back(&node);
            streamed_.insert(&node);
        }
        return value;
    }

    void add_store(StepBuilder& builder, Value value, const Ref<Node>& node) {
        builder.values[node.get()] = value;
        auto& streamed = builder.step.streamed;
        streamed.erase(std::remove(streamed.begin(), streamed.end(), node.get()), streamed.end());
        builder.step.stores.push_back({value, node, View::dense(node->shape)});
    }

    std::vector<StepBuilder> builders_;
    std::unordered_set<const Node*> stored_;
    std::unordered_set<const Node*> prepared_;
    std::unordered_set<const Node*> streamed_;
};

}  // namespace

Plan make_plan(std::span<const Ref<Node>> roots) {
    Planner planner;
    for (const Ref<Node>& root : roots) planner.store(root);
    planner.finish();
    return std::move(planner.plan);
}

Plan make_assignment(const Array& target, const Array& value) {
    Planner planner;
    planner.assign(target, value);
    planner.finish();
    return std::move(planner.plan);
}

}  // namespace hpxpy
