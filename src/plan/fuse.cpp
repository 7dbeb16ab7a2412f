// From expressions to steps: everything elementwise over one domain becomes one pass, with its
// reductions and stores at the end. What is seen through another view, or joined first, is in a step
// before. What several results have in common is computed once.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

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

int Step::operations() const {
    int count = static_cast<int>(reductions.size());
    for (const Instruction& instruction : instructions)
        if (instruction.what == Instruction::What::op) count += row(instruction.op).is_pair ? 2 : 1;
    return count;
}

bool Step::begins_early() const {
    constexpr std::int64_t least = 32768;  // fewer are computed before anything could arrive
    if (count() < least || tiled_axis >= 0) return false;
    return std::all_of(stores.begin(), stores.end(), [&](const Store& store) {
        return store.over < 0 && (store.node->pending() ||
                                  std::none_of(loads.begin(), loads.end(), [&](const Load& load) {
                                      return load.node->lies_in(*store.node);
                                  }));
    });
}

namespace {

constexpr std::size_t most_instructions = 200;

bool is_whole(const Operand& input) {
    return input.view.offset == 0 && input.view.shape == input.node->shape &&
           input.view.is_contiguous();
}

// The axes of the node in the order in which `input` shows the whole of it, empty if it is the node's; nothing if it
// shows something else.
std::optional<Dims> whole_order(const Operand& input) {
    if (is_whole(input)) return Dims{};
    const View& view = input.view;
    const Dims &shape = input.node->shape, strides = dense_strides(shape);
    if (view.offset != 0 || view.dimensions() != shape.size()) return std::nullopt;
    Dims order(shape.size());
    std::uint64_t taken = 0;
    for (int i = 0; i < shape.size(); ++i) {
        int axis = 0;
        while (axis < shape.size() && ((taken >> axis & 1) || view.shape[i] != shape[axis] ||
                                       (shape[axis] != 1 && view.strides[i] != strides[axis])))
            ++axis;
        if (axis == shape.size()) return std::nullopt;
        order[i] = axis;
        taken |= std::uint64_t{1} << axis;
    }
    return order;
}

// Calls visit(input), its axes in `order` (empty: as they are).
template <class Visit>
auto visit_in_order(const Operand& input, const Dims& order, const Visit& visit) {
    if (order.empty()) return visit(input);
    return visit(Operand{input.node, permuted(input.view, order)});
}

// A node and the order in which its axes are those of a domain.
struct Seen {
    const Node* node;
    Dims order;
    bool operator==(const Seen&) const = default;
};

struct SeenHash {
    std::size_t operator()(const Seen& seen) const { return std::hash<const Node*>()(seen.node); }
};

// Collects the values of one step.
class StepBuilder {
public:
    StepBuilder(std::size_t place, Dims domain) : number(place) { step.domain = std::move(domain); }

    std::size_t number;  ///< the steps before it
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

    Value load(const Ref<Node>& node, const View& view) {
        for (std::size_t i = 0; i < step.loads.size(); ++i)
            if (step.loads[i].node == node && step.loads[i].view == view)
                return {Value::From::load, static_cast<int>(i)};
        step.loads.push_back({node, view});
        return {Value::From::load, static_cast<int>(step.loads.size()) - 1};
    }

    // The same instruction on the same operands is done once.
    Value add(const Instruction& instruction) {
        auto& known = step.instructions;
        auto same = std::find(known.begin(), known.end(), instruction);
        if (same == known.end()) same = known.insert(known.end(), instruction);
        return {Value::From::instruction, static_cast<int>(same - known.begin())};
    }

    Value as_dtype(Value value, DType dtype) {
        DType own = step.dtype(value);
        if (own == dtype) return value;
        if (value.from == Value::From::constant)
            return constant(Scalar(step.constants[value.index]).as_dtype(dtype));
        Instruction conversion;
        conversion.what = Instruction::What::convert;
        conversion.compute = own;
        conversion.result = dtype;
        conversion.inputs[0] = value;
        return add(conversion);
    }

    std::unordered_map<Seen, Value, SeenHash> values;
};

class Planner {
public:
    Planner(std::span<const Ref<Node>> roots, Roots fate) : lifetimes_(roots, fate) {}

    // Adds what `node` needs and its own storing to the steps.
    void store(const Ref<Node>& node) {
        if (!node->pending() || made_in_.count(node.get())) return;
        if (node->kind == NodeKind::exchange)
            fail<RuntimeError>(exchanges_held()
                                   ? "evaluate: this comes from other localities at the end of "
                                     "'with hpx.together()'; read it after that"
                                   : "evaluate: this was to come from other localities at the end "
                                     "of a 'with hpx.together()' that ended with an error");
        if (node->kind == NodeKind::reduction) {
            const Operand& input = node->inputs[0];
            prepare(input);
            StepBuilder& builder = step_for(input, node.get());
            Value value = builder.as_dtype(read(builder, input), node->compute);
            add_reduction(builder, value, node);
        } else {
            prepare_inputs(*node, {});
            StepBuilder& builder = step_for({node, View::dense(node->shape)}, nullptr);
            Value value = compute(builder, node, {});
            if (!made_in_.count(node.get())) add_store(builder, value, node, {});
        }
    }

    // What is written may be read before, so the write is in the last step.
    void assign(const Array& target, const Array& source) {
        Operand input{source.node.ref(), source.view};
        prepare(input);
        std::unordered_map<const Node*, std::size_t> known;
        bool joins = !builders_.empty() && earliest(input, known) < builders_.size() &&
                     fits(builders_.back(), input.view.shape, nullptr);
        if (!joins) builders_.emplace_back(builders_.size(), input.view.shape);
        StepBuilder& builder = builders_.back();
        Value value = builder.as_dtype(read(builder, input), target.dtype());
        builder.step.stores.push_back({value, target.node.ref(), target.view});
    }

    Plan finish() {
        Plan plan;
        for (StepBuilder& builder : builders_) plan.steps.push_back(std::move(builder.step));
        lifetimes_.end_lives(plan);
        for (Step& step : plan.steps) {
            pair_instructions(step);
            order_domain(step);
        }
        return plan;
    }

private:
    // True if reading `input` in a step means computing it there.
    bool inlines(const Operand& input) const {
        const Node& node = *input.node;
        if (!node.pending() || made_in_.count(&node)) return false;
        if (node.kind == NodeKind::constant) return true;
        return (node.kind == NodeKind::elementwise || node.kind == NodeKind::convert ||
                node.kind == NodeKind::count) &&
               whole_order(input);
    }

    // Stores whatever below `input` cannot be computed in the pass that reads it, or is seen in two orders.
    void prepare(const Operand& input) {
        if (!input.node->pending() || made_in_.count(input.node.get())) return;
        if (input.node->kind == NodeKind::constant) return;
        if (!inlines(input) || !prepare_inputs(*input.node, *whole_order(input))) store(input.node);
    }

    // False if they were prepared in another order.
    bool prepare_inputs(const Node& node, const Dims& order) {
        auto [known, first_visit] = prepared_.emplace(&node, order);
        if (!first_visit) return known->second == order;
        for (const Operand& input : node.inputs)
            visit_in_order(input, order, [&](const Operand& seen) { prepare(seen); });
        return true;
    }

    // The number of the first step in which `input` can be computed: a step cannot read what its own
    // reductions give, nor see what it stores through another view.
    std::size_t earliest(const Operand& input,
                         std::unordered_map<const Node*, std::size_t>& known) const {
        const Node* node = input.node.get();
        if (node->kind == NodeKind::constant && node->pending()) return 0;
        if (!inlines(input)) {
            auto made = made_in_.find(node);
            if (made == made_in_.end()) return 0;
            auto order = whole_order(input);
            bool in_passing = node->kind != NodeKind::reduction && order &&
                              builders_[made->second].values.count({node, *order});
            return made->second + (in_passing ? 0 : 1);
        }
        auto [place, first_visit] = known.emplace(node, 0);
        if (!first_visit) return place->second;
        std::size_t step = 0;
        auto order = *whole_order(input);
        for (const Operand& below : node->inputs)
            step = std::max(step, visit_in_order(below, order, [&](const Operand& seen) {
                                return earliest(seen, known);
                            }));
        known[node] = step;
        return step;
    }

    // A step that can compute `input` in its pass and end with `reduction` (if any).
    StepBuilder& step_for(const Operand& input, const Node* reduction) {
        std::unordered_map<const Node*, std::size_t> known;
        std::size_t i = earliest(input, known);
        while (i < builders_.size() && !fits(builders_[i], input.view.shape, reduction)) ++i;
        if (i == builders_.size()) builders_.emplace_back(i, input.view.shape);
        if (reduction) builders_[i].step.reduced = reduction->reduced;
        return builders_[i];
    }

    static bool fits(const StepBuilder& builder, const Dims& domain, const Node* reduction) {
        const Step& step = builder.step;
        if (step.domain != domain || step.instructions.size() >= most_instructions) return false;
        if (!reduction || step.reductions.empty()) return true;
        // Reductions share a pass if they share its grid.
        const Node& first = *step.reductions[0].node;
        auto same_grid = [&](const Reduce& known) {
            const Node& other = *known.node;
            bool exact = joins_exactly(other.reduction, other.compute) ||
                         joins_exactly(reduction->reduction, reduction->compute);
            return exact ||
                   (other.columns == reduction->columns && other.whole == reduction->whole &&
                    (!reduction->gives_forest() || other.first == reduction->first));
        };
        return step.reductions.size() < max_step_reductions &&
               first.reduced == reduction->reduced &&
               reduction_block(first.compute) == reduction_block(reduction->compute) &&
               std::all_of(step.reductions.begin(), step.reductions.end(), same_grid);
    }

    // The node that holds what `node` asks for, where two ask for the same.
    const Ref<Node>& holder(const Ref<Node>& node) const {
        auto found = same_as_.find(node.get());
        return found == same_as_.end() ? node : found->second;
    }

    Value read(StepBuilder& builder, const Operand& input) {
        if (input.node->kind == NodeKind::constant && input.node->pending())
            return builder.constant(input.node->constant);
        auto order = whole_order(input);
        if (inlines(input)) return compute(builder, input.node, *order);
        if (order) {
            auto known = builder.values.find({input.node.get(), *order});
            if (known != builder.values.end()) return known->second;
        }
        return builder.load(holder(input.node), input.view);
    }

    // The value of the node, its axes in `order` (empty: its own).
    Value compute(StepBuilder& builder, const Ref<Node>& ref, const Dims& order) {
        Node& node = *ref;
        auto known = builder.values.find({&node, order});
        if (known != builder.values.end()) return known->second;
        auto read_input = [&](std::size_t i) {
            return visit_in_order(node.inputs[i], order,
                                  [&](const Operand& seen) { return read(builder, seen); });
        };
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
            value = builder.as_dtype(read_input(0), node.dtype);
        } else {
            Instruction instruction;
            instruction.op = node.op;
            instruction.compute = node.compute;
            instruction.result = node.dtype;
            bool selects = row(node.op).result == Result::select;
            for (std::size_t i = 0; i < node.inputs.size(); ++i) {
                DType wanted = selects && i == 0 ? DType::bool_ : node.compute;
                instruction.inputs[i] = builder.as_dtype(read_input(i), wanted);
            }
            value = builder.add(instruction);
        }
        builder.values.emplace(Seen{&node, order}, value);
        // Nothing is computed more than twice: a second evaluation stores what somebody can still ask for.
        bool again = lifetimes_.shared_again(node) || streamed_.count(&node);
        if ((again || lifetimes_.must_store(node)) && node.kind != NodeKind::constant) {
            add_store(builder, value, ref, order);
        } else {
            builder.step.streamed.push_back(&node);
            streamed_.insert(&node);
        }
        return value;
    }

    void add_store(StepBuilder& builder, Value value, const Ref<Node>& node, const Dims& order) {
        View view = View::dense(node->shape);
        if (!order.empty()) view = permuted(view, order);
        made_in_.emplace(node.get(), builder.number);
        auto& streamed = builder.step.streamed;
        streamed.erase(std::remove(streamed.begin(), streamed.end(), node.get()), streamed.end());
        if (lifetimes_.is_inner(*node))
            for (const Store& known : builder.step.stores)
                if (known.value == value && known.view == view) {
                    same_as_.emplace(node.get(), known.node);
                    return;
                }
        builder.step.stores.push_back({value, node, std::move(view)});
    }

    void add_reduction(StepBuilder& builder, Value value, const Ref<Node>& node) {
        made_in_.emplace(node.get(), builder.number);
        auto same = [&](const Reduce& known) {
            const Node& other = *known.node;
            return known.value == value && other.reduction == node->reduction &&
                   other.compute == node->compute && other.first == node->first &&
                   other.whole == node->whole && other.columns == node->columns &&
                   other.raw_states == node->raw_states;
        };
        if (lifetimes_.is_inner(*node))
            for (const Reduce& known : builder.step.reductions)
                if (same(known)) {
                    same_as_.emplace(node.get(), known.node);
                    return;
                }
        builder.step.reductions.push_back({value, node});
    }

    Lifetimes lifetimes_;
    std::vector<StepBuilder> builders_;
    std::unordered_map<const Node*, std::size_t> made_in_;  ///< stored nodes: by which step
    std::unordered_map<const Node*, Ref<Node>> same_as_;
    std::unordered_map<const Node*, Dims> prepared_;  ///< and in which order they are seen
    std::unordered_set<const Node*> streamed_;
};

}  // namespace

Plan make_plan(std::span<const Ref<Node>> roots) {
    Planner planner(roots, Roots::stored);
    for (const Ref<Node>& root : roots) planner.store(root);
    return planner.finish();
}

Plan make_assignment(const Array& target, const Array& value, bool temporary) {
    Planner planner(std::span(&value.node.ref(), 1), temporary ? Roots::dropped : Roots::kept);
    planner.assign(target, value);
    return planner.finish();
}

}  // namespace hpxpy
