// Recording of elementwise operations: promotion, broadcasting, and the map of the result.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "graph/array.hpp"

namespace hpxpy {

Here& here() {
    static Here value;
    return value;
}

bool& deterministic() {
    static bool enabled = false;
    return enabled;
}

namespace {

// The offset, from `low` to `high`, at which a view of this layout and step shows it evenly from both ends, or
// the nearest to that: repeated meetings of a stencil's operands, in any order, end there.
std::int64_t even_offset(const maps::Dealt& dealt, std::int64_t low, std::int64_t high) {
    std::int64_t reach = dealt.step * (dealt.length - 1);
    std::int64_t even = (dealt.layout->length - 1 - reach) / 2;
    return std::clamp(even, low, high);
}

// Whether all distributed operands lie as the result will.
bool lie_alike(std::span<const Input> inputs, const Dims& shape, const maps::Map*& map) {
    map = nullptr;
    for (const Input& input : inputs) {
        const Array* x = given_array(input);
        if (!x || !x->distributed()) continue;
        if (x->shape() != shape || (map && !(*map == *x->map()))) return false;
        if (!map) map = x->map();
    }
    return map != nullptr;
}

// The map on which operands meet: that of most bytes stays, on ties the left one. Those of one layout and step differ in
// offsets alone: each has as many neighbours' rows to get wherever they meet between the middle two, so they meet there.
const maps::Map* meeting_map(std::span<const Input> inputs, const Dims& shape,
                             std::optional<maps::Map>& made) {
    if (const maps::Map * map; lie_alike(inputs, shape, map)) return map;
    std::vector<maps::Map> maps;
    std::vector<std::int64_t> weights;
    for (const Input& input : inputs) {
        const Array* x = given_array(input);
        if (!x || !x->distributed()) continue;
        maps::Map map = x->map()->shifted(shape.size() - x->dimensions()).fitting(shape);
        if (map.dealt().empty()) continue;
        maps.push_back(std::move(map));
        weights.push_back(element_count(x->shape()) * itemsize(x->dtype()));
    }
    if (maps.empty()) return nullptr;
    std::size_t chosen = 0;
    std::int64_t most = -1;
    for (std::size_t i = 0; i < maps.size(); ++i) {
        std::int64_t weight = 0;
        for (std::size_t k = 0; k < maps.size(); ++k)
            if (maps[k].same_layout(maps[i])) weight += weights[k];
        if (weight > most) chosen = i;
        most = std::max(most, weight);
    }
    made = maps[chosen];
    for (const maps::Dealt& each : maps[chosen].dealt()) {
        std::vector<std::int64_t> offsets;
        for (const maps::Map& map : maps)
            if (map.same_layout(maps[chosen])) offsets.push_back(map.along(each.axis)->start);
        std::sort(offsets.begin(), offsets.end());
        std::int64_t low = offsets[(offsets.size() - 1) / 2], high = offsets[offsets.size() / 2];
        made = made->at_start(each.axis, even_offset(each, low, high));
    }
    // Axes that only others deal out, along dimensions of the same grid, are dealt out, too.
    for (const maps::Map& map : maps)
        if (map.grid() == made->grid())
            for (const maps::Dealt& each : map.dealt()) made = made->with_free(each);
    return &*made;
}

// `x` where an elementwise result of `shape` on `map` needs it: whole along axes that are stretched.
Array moved_to(const Array& x, const Dims& shape, const maps::Map* map) {
    if (!map) return redistribute(x, nullptr);
    if (x.distributed() && x.shape() == shape && *x.map() == *map) return x;
    maps::Map target = map->shifted(x.dimensions() - shape.size()).fitting(x.shape());
    return redistribute(x, &target);
}

Operand operand_of(const Array& given, const Dims& shape, const maps::Map* map, const Dims& local) {
    if (!map) return {given.node.ref(), broadcast_view(given.view, local)};
    Array x = moved_to(given, shape, map);
    return {x.node.ref(), broadcast_view(x.view, local)};
}

Operand constant_operand(const Scalar& value, const Dims& shape) {
    Ref<Node> node(new Node);
    node->kind = NodeKind::constant;
    node->dtype = value.dtype;
    node->constant = value;
    pending_begin(*node);
    return {node, {0, shape, Dims(shape.size())}};
}

}  // namespace

Array array_of(Ref<Node> node, std::shared_ptr<const Place> place) {
    View view = View::dense(node->shape);
    return {Handle(std::move(node)), std::move(view), std::move(place)};
}

std::optional<Dims> result_order(std::span<const View* const> views) {
    int dimensions = views[0]->dimensions();
    // The innermost first. An axis moves inwards past those along which an operand has larger strides and none smaller
    // ones; where no operand has strides along both, it looks further.
    Dims axes(dimensions);
    for (int i = 0; i < dimensions; ++i) axes[i] = dimensions - 1 - i;
    auto stride_of = [](const View& view, std::int64_t axis) {
        int i = static_cast<int>(axis);
        return view.shape[i] == 1 ? 0 : std::abs(view.strides[i]);
    };
    bool moved = false;
    for (int i = 1; i < dimensions; ++i) {
        int place = i;
        for (int k = i - 1; k >= 0; --k) {
            bool compared = false, nearer = false;
            for (const View* view : views) {
                std::int64_t own = stride_of(*view, axes[i]), other = stride_of(*view, axes[k]);
                if (own == 0 || other == 0) continue;
                nearer = own < other && (nearer || !compared);
                compared = true;
            }
            if (!compared) continue;
            if (!nearer) break;
            place = k;
        }
        moved |= place != i;
        std::rotate(axes.begin() + place, axes.begin() + i, axes.begin() + i + 1);
    }
    if (!moved) return std::nullopt;
    std::reverse(axes.begin(), axes.end());
    return axes;
}

namespace {

std::optional<Dims> result_order(const std::vector<Operand>& inputs) {
    const View* views[4];
    std::size_t count = 0;
    for (const Operand& input : inputs) views[count++] = &input.view;
    if (inputs[0].view.dimensions() < 2) return std::nullopt;
    return result_order(std::span(views, count));
}

// The pending node, which works in `order`, as an array of the axes that its inputs had.
Array begin_in_order(Ref<Node> node, std::shared_ptr<const Place> place,
                     const std::optional<Dims>& order) {
    if (order) {
        for (Operand& input : node->inputs) input.view = permuted(input.view, *order);
        node->shape = node->inputs[0].view.shape;
    }
    pending_begin(*node);
    Array result = array_of(std::move(node), std::move(place));
    if (order) result.view = permuted_back(result.view, *order);
    return result;
}

}  // namespace

namespace {

Array recorded(const char* name, Op op, std::span<const Input> inputs) {
    const OpRow& r = row(op);
    bool selects = r.result == Result::select;
    DType common = common_dtype(selects ? inputs.subspan(1) : inputs);
    DType compute = compute_dtype(op, common);

    Dims shape;
    bool distributed = false;
    for (const Input& input : inputs)
        if (const Array* x = given_array(input)) {
            shape = broadcast_shapes(name, shape, x->shape());
            distributed |= x->distributed();
        }
    std::optional<maps::Map> made;
    const maps::Map* map = distributed ? meeting_map(inputs, shape, made) : nullptr;
    std::shared_ptr<const Place> place;
    if (map) place = std::make_shared<Place>(Place{shape, *map});
    Dims local = local_shape(shape, place.get());

    Ref<Node> node(new Node);
    node->op = op;
    node->compute = compute;
    node->dtype = result_dtype(op, compute);
    node->shape = local;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        DType wanted = selects && i == 0 ? DType::bool_ : compute;
        if (const Array* x = given_array(inputs[i])) {
            // What is given twice moves once.
            // Two views may show the same local rows and lie on different maps.
            auto same = [&](std::size_t k) {
                const Array* other = given_array(inputs[k]);
                return x->distributed() && other && other->distributed() &&
                       *other->map() == *x->map() && other->node.ref() == x->node.ref() &&
                       other->view == x->view;
            };
            std::size_t first = 0;
            while (first < i && !same(first)) ++first;
            if (first < i) {
                Operand again = node->inputs[first];
                node->inputs.push_back(std::move(again));
                continue;
            }
            // Without a map everywhere to meet on, stretched distributed operands become whole.
            node->inputs.push_back(x->distributed() && !map ? operand_of(redistribute(*x, nullptr),
                                                                         shape, nullptr, local)
                                                            : operand_of(*x, shape, map, local));
        } else {
            node->inputs.push_back(
                constant_operand(checked_scalar(name, std::get<Scalar>(inputs[i]), wanted), local));
        }
    }
    node->kind = NodeKind::elementwise;
    std::optional<Dims> order;
    if (!place) order = result_order(node->inputs);
    return begin_in_order(std::move(node), std::move(place), order);
}

}  // namespace

Array elementwise(Op op, std::span<const Input> inputs) {
    const char* name = row(op).name.data();
    if (!ExactComparison::is_needed(op, inputs)) return recorded(name, op, inputs);
    ExactComparison comparison(op, inputs);
    return recorded(name, comparison.op(), comparison.inputs());
}

std::optional<SimplePower> simple_power(Op op, std::span<const Input> inputs) {
    if (op != Op::pow && op != Op::float_power) return std::nullopt;
    const Array* x = given_array(inputs[0]);
    const auto* exponent = std::get_if<Scalar>(&inputs[1]);
    if (!x || !exponent || is_complex(exponent->dtype)) return std::nullopt;
    const auto power = exponent->as<double>();
    constexpr double simple_ones[] = {-1, 0, 0.5, 1, 2};
    if (std::find(std::begin(simple_ones), std::end(simple_ones), power) == std::end(simple_ones))
        return std::nullopt;
    DType compute = compute_dtype(op, common_dtype(inputs));
    if (power == 0)
        return SimplePower{{}, constant(x->shape(), Scalar::of(true).as_dtype(compute), x->place)};
    std::optional<Op> simple;
    if (power == 1) simple = Op::positive;
    if (power == 2) simple = Op::square;
    if (power == -1 && !is_integer(compute)) simple = Op::reciprocal;
    // Of -inf float_power gives inf.
    if (power == 0.5 && op == Op::pow) simple = Op::sqrt;
    if (!simple) return std::nullopt;
    return SimplePower{simple, x->dtype() == compute ? *x : convert(*x, compute)};
}

namespace {

Array converted(const Array& x, DType dtype, bool in_order) {
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->compute = dtype;
    node->shape = x.view.shape;
    node->inputs.push_back({x.node.ref(), x.view});
    node->kind = NodeKind::convert;
    std::optional<Dims> order;
    if (in_order && !x.distributed()) order = result_order(node->inputs);
    return begin_in_order(std::move(node), x.place, order);
}

}  // namespace

std::vector<Array> meet(const char* function, std::span<const Input> inputs) {
    Dims shape;
    std::vector<Array> arrays;
    for (const Input& input : inputs)
        if (const Array* x = given_array(input)) {
            shape = broadcast_shapes(function, shape, x->shape());
            arrays.push_back(*x);
        }
    std::optional<maps::Map> made;
    const maps::Map* map = meeting_map(inputs, shape, made);
    for (Array& x : arrays)
        if (x.distributed()) x = moved_to(x, shape, map);
    return arrays;
}

Array convert(const Array& x, DType dtype) { return converted(x, dtype, true); }

Array convert_dense(const Array& x, DType dtype) { return converted(x, dtype, false); }

Array conform(const char* function, const Array& given, const Dims& shape, const maps::Map* map) {
    // Leading lengths of 1 are more than the target may have.
    Array x = given;
    while (!x.distributed() && x.dimensions() > shape.size() && x.view.shape[0] == 1) {
        x.view.shape.erase(0);
        x.view.strides.erase(0);
    }
    Dims joined = broadcast_shapes(function, shape, x.shape());
    if (joined != shape)
        fail<ValueError>(function, ": a value of shape ", to_string(x.shape()),
                         " does not broadcast into shape ", to_string(shape));
    Array result = x;
    std::shared_ptr<const Place> place;
    if (map) place = std::make_shared<Place>(Place{shape, *map});
    Operand operand = x.distributed() && !map
                          ? operand_of(redistribute(x, nullptr), shape, nullptr, shape)
                          : operand_of(x, shape, map, local_shape(shape, place.get()));
    result.node = Handle(operand.node);
    result.view = operand.view;
    result.place = place;
    return result;
}

}  // namespace hpxpy
