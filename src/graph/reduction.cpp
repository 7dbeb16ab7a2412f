// Recording of reductions: over axes that each locality holds in full at once, over the distributed
// axis as local states that are joined by an exchange.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/error.hpp"
#include "graph/array.hpp"

namespace hpxpy {

namespace {

std::uint64_t axis_mask(const char* name, const ReduceOptions& options, int dimensions) {
    if (!options.axes)
        return dimensions == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << dimensions) - 1;
    std::uint64_t mask = 0;
    for (std::int64_t given : *options.axes) {
        int axis = normalize_axis(name, given, dimensions);
        if (mask >> axis & 1) fail<ValueError>(name, ": axis ", axis, " is named twice");
        mask |= std::uint64_t{1} << axis;
    }
    return mask;
}

Dims without(const Dims& shape, std::uint64_t mask) {
    Dims result;
    for (int i = 0; i < shape.size(); ++i) {
        if (!(mask >> i & 1)) result.push_back(shape[i]);
    }
    return result;
}

// The last run of adjacent reduced axes; axes of length 1 part nothing.
std::uint64_t last_run(const Dims& shape, std::uint64_t mask) {
    std::uint64_t run = 0;
    bool begun = false;
    for (int i = shape.size() - 1; i >= 0; --i) {
        std::uint64_t bit = std::uint64_t{1} << i;
        if (mask & bit) {
            run |= bit;
            begun |= shape[i] != 1;
        } else if (begun && shape[i] != 1) {
            break;
        }
    }
    return run;
}

// Where the elements that this locality joins stand among all.
struct Standing {
    std::int64_t first = 0;
    std::int64_t whole = -1;  ///< of a forest
    std::shared_ptr<const std::function<std::int64_t(std::int64_t)>> numbering = {};
};

Ref<Node> reduction_node(Reduction reduction, DType compute, Operand input, std::uint64_t mask,
                         const Standing& standing, bool raw_states) {
    Ref<Node> node(new Node);
    node->reduction = reduction;
    node->compute = compute;
    node->dtype = result_dtype(reduction, compute);
    node->shape = without(input.view.shape, mask);
    node->reduced = mask;
    node->first = standing.first;
    node->whole = raw_states ? standing.whole : -1;
    if (raw_states) node->numbering = standing.numbering;
    node->raw_states = raw_states;
    node->inputs.push_back(std::move(input));
    node->kind = NodeKind::reduction;
    pending_begin(*node);
    return node;
}

void check_not_empty(Reduction reduction, const Array& x, std::uint64_t mask) {
    if (row(reduction).identity != Identity::none) return;
    for (int i = 0; i < x.dimensions(); ++i)
        if ((mask >> i & 1) && x.shape()[i] == 0)
            fail<ShapeError>(row(reduction).name, ": axis ", i, " of shape ", to_string(x.shape()),
                             " is empty; nothing can be chosen from it");
}

// Sums and products are joined in wide dtypes only; narrow integers wrap around at the end, the same
// as on the way.
Array reduce_as(Reduction reduction, const Array& x, const ReduceOptions& options, DType dtype) {
    ReduceOptions wide{options.axes, options.keepdims, {}};
    Array result = convert(reduce(reduction, convert(x, dtype), wide), dtype);
    result.value = result.dimensions() == 0;
    return result;
}

// Axes that were joined come back with length 1.
Array with_joined_axes(const Array& result, std::uint64_t mask, int dimensions) {
    std::vector<IndexItem> items;
    for (int i = 0; i < dimensions; ++i) {
        if (mask >> i & 1)
            items.push_back(NewAxis{});
        else
            items.push_back(Slice{});
    }
    return index(result, items);
}

// The same reduction with the axes of `x` in another order; nothing if it cannot go along that.
std::optional<Array> reduce_in_order(Reduction reduction, const Array& x, std::uint64_t mask,
                                     const ReduceOptions& options,
                                     std::span<const std::int64_t> order) {
    const char* name = row(reduction).name.data();
    Array turned = permute(name, x, order);
    ReduceOptions inner{std::vector<std::int64_t>{}, false, options.dtype};
    std::uint64_t turned_mask = 0;
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (mask >> order[i] & 1) {
            inner.axes->push_back(static_cast<std::int64_t>(i));
            turned_mask |= std::uint64_t{1} << i;
        } else {
            kept.push_back(order[i]);
        }
    }
    if (row(reduction).result == Result::moments &&
        last_run(turned.shape(), turned_mask) != turned_mask)
        return std::nullopt;
    Array result = reduce(reduction, turned, inner);
    std::vector<std::int64_t> back(kept.size());
    for (std::size_t i = 0; i < back.size(); ++i) back[i] = static_cast<std::int64_t>(i);
    std::sort(back.begin(), back.end(), [&](std::int64_t a, std::int64_t b) {
        return kept[static_cast<std::size_t>(a)] < kept[static_cast<std::size_t>(b)];
    });
    if (!std::is_sorted(back.begin(), back.end())) result = permute(name, result, back);
    if (options.keepdims) result = with_joined_axes(result, mask, x.dimensions());
    result.value = result.dimensions() == 0;
    return result;
}

// Whether the positions of what a locality joins follow each other: one range of the axis, or of the first one where all
// are numbered in C order.
bool holds_range(const Array& x, const maps::Dealt& dealt, bool all) {
    if (!all || x.dimensions() == 1) return dealt.in_ranges() && dealt.step > 0;
    return x.map()->is_simple() && dealt.axis == 0 && dealt.step > 0;
}

// The position among all of each one within this locality's part.
std::function<std::int64_t(std::int64_t)> numbering_of(const Array& x, const maps::Dealt& dealt,
                                                       bool all) {
    if (all)
        return [places = maps::Positions(x.map(), x.shape(), here().id)](std::int64_t k) {
            return places.at(k).position;
        };
    return
        [held = dealt.held(x.map()->part(dealt, here().id))](std::int64_t k) { return held.at(k); };
}

// Whether all elements are joined, and localities hold one range of them after the other.
bool joins_ranges(const Array& x, std::uint64_t mask) {
    if (!x.distributed() || !x.map()->is_simple()) return false;
    int dealt = x.map()->dealt()[0].axis;
    for (int i = 0; i < x.dimensions(); ++i)
        if (x.shape()[i] != 1 && (i < dealt || !(mask >> i & 1))) return false;
    return true;
}

// The dealt axes that are joined over localities.
std::uint64_t crosses_axes(const Array& x, std::uint64_t mask) {
    std::uint64_t crossing = 0;
    if (x.map())
        for (const maps::Dealt& each : x.map()->dealt())
            if (x.map()->splits(each)) crossing |= mask & (std::uint64_t{1} << each.axis);
    return crossing;
}

// The map of what is left when the axes of `mask` are joined.
std::shared_ptr<const Place> place_without(const Array& x, std::uint64_t mask) {
    if (!x.map()) return nullptr;
    maps::Map left = *x.map();
    for (int axis = x.dimensions() - 1; axis >= 0; --axis)
        if (mask >> axis & 1) left = left.closed_up(axis);
    return place_on(without(x.shape(), mask), left);
}

// States side by side when the axes of `run` are joined, as exec counts them.
std::int64_t columns_of(const Dims& shape, std::uint64_t run) {
    std::int64_t columns = 1;
    bool begun = false;
    for (int i = 0; i < shape.size(); ++i) {
        if (run >> i & 1)
            begun |= shape[i] != 1;
        else if (begun)
            columns *= shape[i];
    }
    return columns;
}

// The same where no axis that is joined is dealt out, or its ranges follow each other; then brought to where it would
// be otherwise.
Array reduce_elsewhere(Reduction reduction, const Array& x, std::uint64_t mask,
                       const ReduceOptions& options) {
    int along = -1, first = 0;
    for (int i = x.dimensions() - 1; i >= 0; --i) {
        if (x.shape()[i] == 1) continue;
        first = i;
        if (!(mask >> i & 1) && (along < 0 || x.shape()[i] >= x.shape()[along])) along = i;
    }
    if (along < 0) along = first;
    maps::Map map = maps::Map::block(along, x.shape()[along], x.map()->localities());
    ReduceOptions inner = options;
    inner.keepdims = false;
    Array result = reduce(reduction, redistribute(x, &map), inner);
    std::shared_ptr<const Place> place = place_without(x, mask);
    result = redistribute(result, place ? &place->map : nullptr);
    if (options.keepdims) result = with_joined_axes(result, mask, x.dimensions());
    result.value = result.dimensions() == 0;
    return result;
}

// Where the first index that this locality holds along a dealt axis stands, and how many elements follow it until the
// next one.
std::int64_t first_held(const Array& x, const maps::Dealt& dealt) {
    maps::Indices held = dealt.held(x.map()->part(dealt, here().id));
    return held.empty() ? 0 : held.at(0);
}

std::int64_t elements_behind(const Array& x, int axis) {
    std::int64_t count = 1;
    for (int i = axis + 1; i < x.dimensions(); ++i) count *= x.shape()[i];
    return count;
}

Standing standing_of(const Array& x, Reduction reduction, DType compute, std::uint64_t mask,
                     std::uint64_t crossing, bool all_axes) {
    Standing standing;
    if (!crossing) return standing;
    const maps::Dealt& dealt = *x.map()->along(std::countr_zero(crossing));
    if (row(reduction).result == Result::index) {
        if (holds_range(x, dealt, all_axes)) {
            standing.first = first_held(x, dealt);
            if (all_axes) standing.first *= elements_behind(x, 0);
        } else {
            standing.numbering = std::make_shared<std::function<std::int64_t(std::int64_t)>>(
                numbering_of(x, dealt, all_axes));
        }
    } else if (!joins_exactly(reduction, compute) && joins_ranges(x, mask)) {
        standing.first = first_held(x, dealt) * elements_behind(x, dealt.axis);
        standing.whole = element_count(x.shape());
    }
    return standing;
}

}  // namespace

std::optional<std::vector<std::int64_t>> memory_order(const Array& x) {
    if (x.distributed()) return std::nullopt;
    // Axes without a stride or of length 1 stay where they are.
    std::vector<std::int64_t> places;
    for (int i = 0; i < x.dimensions(); ++i)
        if (x.view.shape[i] > 1 && x.view.strides[i] != 0) places.push_back(i);
    std::vector<std::int64_t> sorted = places;
    auto farther = [&](std::int64_t a, std::int64_t b) {
        const Dims& strides = x.view.strides;
        return std::abs(strides[static_cast<int>(a)]) > std::abs(strides[static_cast<int>(b)]);
    };
    if (std::is_sorted(sorted.begin(), sorted.end(), farther)) return std::nullopt;
    std::stable_sort(sorted.begin(), sorted.end(), farther);
    std::vector<std::int64_t> order(static_cast<std::size_t>(x.dimensions()));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
    for (std::size_t i = 0; i < places.size(); ++i)
        order[static_cast<std::size_t>(places[i])] = sorted[i];
    return order;
}

Array reduce(Reduction reduction, const Array& x, const ReduceOptions& options) {
    const char* name = row(reduction).name.data();
    if (options.dtype && (*options.dtype == DType::bool_ ||
                          compute_dtype(reduction, *options.dtype) != *options.dtype))
        return reduce_as(reduction, x, options, *options.dtype);
    std::uint64_t mask = axis_mask(name, options, x.dimensions());
    bool positions = row(reduction).result == Result::index;
    if (positions && options.axes && options.axes->size() != 1)
        fail<ValueError>(name, ": ", options.axes->size(), " axes given; it takes one, or None");
    check_not_empty(reduction, x, mask);
    if (auto order = memory_order(x); order && mask && !(positions && !options.axes))
        if (auto result = reduce_in_order(reduction, x, mask, options, *order))
            return std::move(*result);
    DType compute = options.dtype ? *options.dtype : compute_dtype(reduction, x.dtype());
    if (deterministic() && !joins_exactly(reduction, compute) && crosses_axes(x, mask) &&
        !joins_ranges(x, mask))
        return reduce_elsewhere(reduction, x, mask, options);
    const Array& source = x;
    const maps::Map* map = source.map();
    std::uint64_t crossing = crosses_axes(source, mask);
    bool crosses = crossing != 0;
    Standing standing = standing_of(source, reduction, compute, mask, crossing, !options.axes);

    Operand input{source.node.ref(), source.view};
    std::uint64_t rest = mask;
    Ref<Node> node;
    Dims whole = source.shape();
    do {
        std::uint64_t run = positions ? rest : last_run(input.view.shape, rest);
        rest &= ~run;
        bool last = rest == 0;
        node = reduction_node(reduction, compute, std::move(input), run, standing, last && crosses);
        if (deterministic() && map) node->columns = columns_of(whole, run);
        whole = without(whole, run);
        // The axes that are left, in the shape without those just joined.
        std::uint64_t moved = 0;
        for (int i = 0, k = 0; i < 64; ++i)
            if (!(run >> i & 1)) moved |= (rest >> i & 1) << k++;
        rest = moved;
        input = {node, View::dense(node->shape)};
    } while (rest);

    std::shared_ptr<const Place> place = place_without(source, mask);
    Array result = crosses ? join_states(node, reduction, compute, *source.place, crossing, place)
                           : array_of(std::move(node), std::move(place));
    if (options.keepdims) result = with_joined_axes(result, mask, source.dimensions());
    result.value = result.dimensions() == 0;
    return result;
}

namespace {

// The dtype that the elements of `x` are added up in for their mean.
DType mean_dtype(const Array& x, const ReduceOptions& options) {
    if (options.dtype) return *options.dtype;
    if (x.dtype() == DType::bool_ || is_integer(x.dtype())) return DType::float64;
    return options.out ? promote(*options.out, x.dtype()) : x.dtype();
}

std::int64_t joined_count(const char* name, const Array& x, const ReduceOptions& options) {
    std::uint64_t mask = axis_mask(name, options, x.dimensions());
    std::int64_t count = 1;
    for (int i = 0; i < x.dimensions(); ++i)
        if (mask >> i & 1) count *= x.shape()[i];
    return count;
}

}  // namespace

Array mean(const Array& x, const ReduceOptions& options) {
    ReduceOptions sum_options = options;
    if (!options.dtype) sum_options.dtype = mean_dtype(x, options);
    auto count = static_cast<double>(joined_count("mean", x, options));
    Array total = reduce(Reduction::sum, x, sum_options);
    const Input inputs[] = {&total, Scalar::of(count)};
    Array result = elementwise(Op::divide, inputs);
    if (options.dtype && *options.dtype != result.dtype()) result = convert(result, *options.dtype);
    result.value = result.dimensions() == 0;
    return result;
}

namespace {

// The axes to join one after the other at the end, so that they are one run: squares around different
// means cannot be joined once they are results. Where the joined axes were says `mask`.
Array joined_last(const char* name, const Array& x, std::uint64_t mask) {
    std::vector<std::int64_t> axes;
    for (int i = 0; i < x.dimensions(); ++i)
        if (!(mask >> i & 1)) axes.push_back(i);
    for (int i = 0; i < x.dimensions(); ++i)
        if (mask >> i & 1) axes.push_back(i);
    return permute(name, x, axes);
}

}  // namespace

Array variance(const Array& given, const ReduceOptions& options, double correction) {
    const char* name = "var";
    Array x =
        options.dtype && *options.dtype != given.dtype() ? convert(given, *options.dtype) : given;
    std::uint64_t mask = axis_mask(name, options, x.dimensions());
    int joined = std::popcount(mask);
    ReduceOptions inner{options.axes, options.keepdims, {}};
    bool one_run = last_run(x.shape(), mask) == mask;
    if (!one_run) {
        inner = {std::vector<std::int64_t>{}, false, {}};
        for (int i = 0; i < joined; ++i) inner.axes->push_back(x.dimensions() - 1 - i);
    }
    Array squares = reduce(Reduction::_squares, one_run ? x : joined_last(name, x, mask), inner);
    if (!one_run && options.keepdims) squares = with_joined_axes(squares, mask, x.dimensions());
    double count = static_cast<double>(joined_count(name, x, options));
    const Input inputs[] = {&squares, Scalar::of(std::max(count - correction, 0.0))};
    Array result = elementwise(Op::divide, inputs);
    result.value = result.dimensions() == 0;
    return result;
}

namespace {

Array joined(Op op, const Array& a, const Input& b) {
    const Input inputs[] = {&a, b};
    return elementwise(op, inputs);
}

// The elements that `mask` leaves out are 0.
Array only_where(const char* name, const Array& x, const Array& mask) {
    Scalar nothing = Scalar::of(0.0).as_dtype(x.dtype());
    const Input inputs[] = {&mask, &x, nothing};
    Array result = elementwise(Op::where, inputs);
    if (result.shape() != x.shape())
        fail<ValueError>(name, ": where= has shape ", to_string(mask.shape()),
                         ", which does not broadcast to the array's shape ", to_string(x.shape()));
    return result;
}

Array in_floats(const Array& x, const ReduceOptions& options) {
    bool whole = x.dtype() == DType::bool_ || is_integer(x.dtype());
    return convert(x, options.dtype.value_or(whole ? DType::float64 : x.dtype()));
}

Array count_where(const Array& x, const Array& mask, const ReduceOptions& options) {
    ReduceOptions counted{options.axes, options.keepdims, DType::int64};
    Array count = reduce(Reduction::sum, broadcast_to(mask, x.shape()), counted);
    return convert(count, DType::float64);
}

Array divided(const Array& total, const Array& count) {
    Array result = convert(joined(Op::divide, total, &count), total.dtype());
    result.value = result.dimensions() == 0;
    return result;
}

}  // namespace

Array mean_where(const Array& given, const Array& mask, const ReduceOptions& options) {
    Array x = convert(given, mean_dtype(given, options));
    ReduceOptions inner{options.axes, options.keepdims, {}};
    Array total = reduce(Reduction::sum, only_where("mean", x, mask), inner);
    return divided(total, count_where(x, mask, options));
}

Array variance_where(const Array& given, const Array& mask, const ReduceOptions& options,
                     double correction) {
    Array x = in_floats(given, options);
    ReduceOptions kept{options.axes, true, {}}, inner{options.axes, options.keepdims, {}};
    Array center = divided(reduce(Reduction::sum, only_where("var", x, mask), kept),
                           count_where(x, mask, kept));
    Array distance = joined(Op::subtract, x, &center);
    const Input own[] = {&distance};
    if (is_complex(x.dtype())) distance = elementwise(Op::abs, own);
    Array squares = elementwise(Op::square, own);
    Array total = reduce(Reduction::sum, only_where("var", squares, mask), inner);
    Array count = joined(Op::subtract, count_where(x, mask, options), Scalar::of(correction));
    return divided(total, joined(Op::maximum, count, Scalar::of(0.0)));
}

Array count_nonzero(const Array& x, const ReduceOptions& options) {
    ReduceOptions count_options = options;
    count_options.dtype = DType::int64;
    return reduce(Reduction::sum, convert(x, DType::bool_), count_options);
}

}  // namespace hpxpy
