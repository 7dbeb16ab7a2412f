// Views: slices, integers, new axes, permutations, reshapes. They name the same memory; on a
// distributed array they keep the layouts, seen through other starts and steps.
// SPDX-License-Identifier: BSL-1.0
#include "base/error.hpp"
#include "graph/array.hpp"

#include <algorithm>
#include <cassert>

namespace hpxpy {

namespace {

struct Resolved {
    std::int64_t first, step, length;
};

// Python's slice.indices.
Resolved resolve(const Slice& slice, std::int64_t length) {
    std::int64_t step = slice.step.value_or(1);
    if (step == 0) fail<ValueError>("index: slice step is 0; use a positive or negative step");
    auto clamp = [&](std::int64_t i) {
        if (i < 0) i += length;
        std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
        return i < low ? low : i > high ? high : i;
    };
    std::int64_t first = slice.start ? clamp(*slice.start) : step > 0 ? 0 : length - 1;
    std::int64_t last = slice.stop ? clamp(*slice.stop) : step > 0 ? length : -1;
    std::int64_t count = 0;
    if (step > 0 && first < last) count = (last - first - 1) / step + 1;
    if (step < 0 && first > last) {
        // The step's negation may not exist for the lowest integer.
        auto stride = -static_cast<std::uint64_t>(step);
        count =
            static_cast<std::int64_t>(static_cast<std::uint64_t>(first - last - 1) / stride) + 1;
    }
    return {count ? first : 0, step, count};
}

std::int64_t checked_index(std::int64_t i, std::int64_t length, int axis) {
    if (i < -length || i >= length)
        fail<IndexError>("index: ", i, " is out of range for axis ", axis, " of length ", length);
    return i < 0 ? i + length : i;
}

// Appends the sliced axis to `view`, moving its offset; `before` and `after` are the map along the axis, if it is
// dealt out: what is held of the slice lies in memory where it was held before, at even distances.
void push_slice(View& view, const Resolved& part, std::int64_t stride, const maps::Map* map,
                const maps::Dealt* before, const maps::Dealt* after) {
    if (!before) {
        view.offset += part.first * stride;
        view.shape.push_back(part.length);
        view.strides.push_back(part.length > 1 ? stride * part.step : stride);
        return;
    }
    maps::Indices old = before->held(map->part(*before, here().id));
    maps::Indices held = after->held(map->part(*after, here().id));
    auto place = [&](std::int64_t k) { return old.below(part.first + part.step * held.at(k)); };
    std::int64_t count = held.count();
    if (count > 0) view.offset += place(0) * stride;
    view.shape.push_back(count);
    view.strides.push_back(count > 1 ? (place(1) - place(0)) * stride : stride);
}

int ellipsis_length(std::span<const IndexItem> items, int dimensions) {
    int named = 0, ellipses = 0;
    for (const IndexItem& item : items) {
        ellipses += std::holds_alternative<Ellipsis>(item);
        named += std::holds_alternative<std::int64_t>(item) || std::holds_alternative<Slice>(item);
    }
    if (ellipses > 1)
        fail<IndexError>("index: ", ellipses, " ellipses ('...'); at most one may be used");
    if (named > dimensions)
        fail<IndexError>("index: ", named, " indices for an array of ", dimensions,
                         dimensions == 1 ? " dimension" : " dimensions");
    return dimensions - named;
}

}  // namespace

Array index(const Array& x, std::span<const IndexItem> items, bool keep_rows,
            std::vector<int>* kept) {
    int rest = ellipsis_length(items, x.dimensions());
    // The map with sliced axes, still by the numbers of the old ones, and where those went.
    std::optional<maps::Map> map;
    if (x.distributed()) map = *x.map();
    std::vector<int> went(map ? static_cast<std::size_t>(x.dimensions()) : 0, -1);
    std::vector<int> rows;
    bool ellipsis_seen = false, all_integers = true;
    View view{x.view.offset, {}, {}};
    Dims whole;
    int axis = 0;
    auto take = [&](const Resolved& part) {
        const maps::Dealt* before = map ? x.map()->along(axis) : nullptr;
        if (before) map = map->slice(axis, part.first, part.step, part.length);
        if (map) went[static_cast<std::size_t>(axis)] = view.dimensions();
        push_slice(view, part, x.view.strides[axis], map ? &*map : nullptr, before,
                   before ? map->along(axis) : nullptr);
        whole.push_back(part.length);
        ++axis;
    };
    auto take_rest = [&] {
        ellipsis_seen = true;
        for (int i = 0; i < rest; ++i) take({0, 1, x.shape()[axis]});
    };
    for (const IndexItem& item : items) {
        if (std::holds_alternative<Ellipsis>(item)) {
            all_integers = false;
            take_rest();
        } else if (std::holds_alternative<NewAxis>(item)) {
            all_integers = false;
            view.shape.push_back(1);
            view.strides.push_back(0);
            whole.push_back(1);
        } else if (const Slice* slice = std::get_if<Slice>(&item)) {
            all_integers = false;
            take(resolve(*slice, x.shape()[axis]));
        } else {
            std::int64_t i = checked_index(std::get<std::int64_t>(item), x.shape()[axis], axis);
            if (map && map->deals(axis)) {
                rows.push_back(view.dimensions());
                take({i, 1, 1});
            } else {
                view.offset += i * x.view.strides[axis];
                ++axis;
            }
        }
    }
    if (!ellipsis_seen) {
        all_integers &= rest == 0;
        take_rest();
    }
    Array result = x;
    result.view = std::move(view);
    result.value = false;
    result.shows = true;
    if (map) result.place = place_on(whole, map->moved(went));
    if (keep_rows) {
        if (kept) kept->insert(kept->end(), rows.begin(), rows.end());
        return result;
    }
    if (!rows.empty()) {
        maps::Map without = *result.map();
        for (int row : rows) without = without.without(row);
        result = redistribute(result, &without);
        maps::Map left;
        if (result.distributed()) left = *result.map();
        for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
            result.view.shape.erase(*row);
            result.view.strides.erase(*row);
            whole.erase(*row);
            left = left.closed_up(*row);
        }
        if (result.distributed()) result.place = place_on(whole, left);
    }
    if (all_integers && x.dimensions() > 0 && !keep_rows) {
        result = convert(result, x.dtype());
        result.value = true;
    }
    return result;
}

Array permute(const char* function, const Array& x, std::span<const std::int64_t> axes) {
    int n = x.dimensions();
    if (static_cast<int>(axes.size()) != n)
        fail<ValueError>(function, ": ", axes.size(), " axes given for an array of ", n,
                         " dimensions");
    Array result = x;
    result.shows = true;
    Dims whole(n);
    std::vector<int> went(x.distributed() ? static_cast<std::size_t>(n) : 0);
    std::uint64_t seen = 0;
    for (int i = 0; i < n; ++i) {
        int axis = normalize_axis(function, axes[i], n);
        if (seen >> axis & 1) fail<ValueError>(function, ": axis ", axis, " is named twice");
        seen |= std::uint64_t{1} << axis;
        result.view.shape[i] = x.view.shape[axis];
        result.view.strides[i] = x.view.strides[axis];
        whole[i] = x.shape()[axis];
        if (x.distributed()) went[static_cast<std::size_t>(axis)] = i;
    }
    if (x.distributed()) result.place = place_on(whole, x.map()->moved(went));
    return result;
}

Array expand_dims(const char* function, const Array& x, std::int64_t axis) {
    int at = normalize_axis(function, axis, x.dimensions() + 1);
    std::vector<IndexItem> items(at, Slice{});
    items.push_back(NewAxis{});
    return index(x, items);
}

Array diagonal(const Array& x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2) {
    int first = normalize_axis("diagonal", axis1, x.dimensions());
    int second = normalize_axis("diagonal", axis2, x.dimensions());
    if (first == second)
        fail<ValueError>("diagonal: axis ", first, " is named twice; a matrix has two axes");
    assert(!x.distributed() || !(x.map()->deals(first) || x.map()->deals(second)));
    Array result = x;
    View& view = result.view;
    std::int64_t rows = view.shape[first], columns = view.shape[second];
    std::int64_t below = offset < 0 ? std::min(-offset, rows) : 0;
    std::int64_t right = offset > 0 ? std::min(offset, columns) : 0;
    std::int64_t length = std::min(rows - below, columns - right);
    if (length > 0) view.offset += below * view.strides[first] + right * view.strides[second];
    std::int64_t stride = view.strides[first] + view.strides[second];
    for (int axis : {std::max(first, second), std::min(first, second)}) {
        view.shape.erase(axis);
        view.strides.erase(axis);
    }
    view.shape.push_back(length);
    view.strides.push_back(stride);
    result.writeable = false;
    result.value = false;
    result.shows = true;
    if (x.distributed()) {
        Dims whole = x.shape();
        maps::Map map = *x.map();
        for (int axis : {std::max(first, second), std::min(first, second)}) {
            whole.erase(axis);
            map = map.closed_up(axis);
        }
        whole.push_back(length);
        result.place = place_on(whole, map);
    }
    return result;
}

Array broadcast_to(const Array& x, const Dims& shape) {
    if (broadcast_shapes("broadcast_to", x.shape(), shape) != shape)
        fail<ValueError>("broadcast_to: shape ", to_string(x.shape()),
                         " does not broadcast to shape ", to_string(shape));
    Array result = x;
    result.writeable = false;
    result.value = false;
    result.shows = true;
    int shift = shape.size() - x.dimensions();
    std::shared_ptr<const Place> place;
    if (x.distributed()) {
        // Axes that are stretched must be whole.
        maps::Map map = x.map()->shifted(shift).fitting(shape);
        if (map.dealt().size() < x.map()->dealt().size()) {
            map = map.shifted(-shift);
            return broadcast_to(redistribute(x, &map), shape);
        }
        place = place_on(shape, map);
    }
    result.view = broadcast_view(x.view, local_shape(shape, place.get()));
    result.place = place;
    return result;
}

namespace {

// The strides that show the elements of `view`, in C order, as `shape`; nothing if a copy is needed.
std::optional<View> reshape_view(const View& view, const Dims& shape) {
    if (view.is_contiguous()) return View{view.offset, shape, dense_strides(shape)};
    // Axes of length 1 do not matter; each group of old axes with as many elements as a group of
    // new ones must be evenly strided.
    Dims old_shape, old_strides;
    for (int i = 0; i < view.dimensions(); ++i)
        if (view.shape[i] != 1) {
            old_shape.push_back(view.shape[i]);
            old_strides.push_back(view.strides[i]);
        }
    View result{view.offset, shape, Dims(shape.size())};
    int i = 0, j = 0;
    while (i < old_shape.size() && j < shape.size()) {
        int i_end = i + 1, j_end = j + 1;
        std::int64_t old_count = old_shape[i], new_count = shape[j];
        while (old_count != new_count) {
            if (old_count < new_count)
                old_count *= old_shape[i_end++];
            else
                new_count *= shape[j_end++];
        }
        for (int k = i; k + 1 < i_end; ++k)
            if (old_strides[k] != old_shape[k + 1] * old_strides[k + 1]) return std::nullopt;
        std::int64_t stride = old_strides[i_end - 1];
        for (int k = j_end - 1; k >= j; --k) {
            result.strides[k] = stride;
            stride *= shape[k];
        }
        i = i_end;
        j = j_end;
    }
    return result;
}

Dims fill_unknown(const char* function, Dims shape, std::int64_t count) {
    int unknown = -1;
    std::int64_t known = 1;
    for (int i = 0; i < shape.size(); ++i) {
        if (shape[i] == -1) {
            if (unknown >= 0)
                fail<ShapeError>(function, ": shape ", to_string(shape),
                                 " has two -1; only one unknown dimension is possible");
            unknown = i;
        } else if (shape[i] < 0) {
            fail<ValueError>(function, ": negative length in shape ", to_string(shape));
        } else {
            known *= shape[i];
        }
    }
    if (unknown >= 0 && known > 0 && count % known == 0) shape[unknown] = count / known;
    if ((unknown >= 0 && shape[unknown] == -1) || element_count(shape) != count)
        fail<ShapeError>(function, ": Cannot reshape ", count, " elements into shape ",
                         to_string(shape), ", which holds ", unknown >= 0 ? "a multiple of " : "",
                         known);
    return shape;
}

// This locality's part of an array in blocks of axis 0 as another such array of as many elements here.
Array with_rows(const char* function, const Array& x, const Dims& shape,
                const std::vector<std::int64_t>& sizes) {
    maps::Map map = maps::Map::blocks(0, sizes);
    Array part = x;
    part.place = nullptr;
    part = reshape(function, part, maps::local_shape(&map, shape, here().id), nullptr);
    part.place = place_on(shape, map);
    return part;
}

std::vector<std::int64_t> times(std::vector<std::int64_t> sizes, std::int64_t factor) {
    for (std::int64_t& size : sizes) size *= factor;
    return sizes;
}

// The elements in C order, in blocks one after the other; of the rows of the new shape each locality gets whole ones, those
// that it has where blocks end between rows.
Array reshape_across(const char* function, const Array& x, const Dims& shape) {
    std::int64_t count = element_count(shape);
    int localities = x.map()->localities();
    if (shape.empty()) return reshape(function, redistribute(x, nullptr), shape, nullptr);
    maps::Map even = maps::Map::block(0, shape[0], localities);
    if (count == 0)
        return constant(shape, Scalar::of(false).as_dtype(x.dtype()), place_on(shape, even));
    const maps::Map& map = *x.map();
    bool in_order = map.is_simple() && map.deals(0) && map.dealt()[0].step > 0;
    maps::Map blocks = in_order ? map : maps::Map::block(0, x.shape()[0], localities);
    Array rows = in_order ? x : redistribute(x, &blocks);
    std::vector<std::int64_t> held = times(blocks.sizes(blocks.dealt()[0]), count / x.shape()[0]);
    Array flat = with_rows(function, rows, Dims{count}, held);
    std::int64_t row = count / shape[0];
    bool whole =
        std::all_of(held.begin(), held.end(), [&](std::int64_t size) { return size % row == 0; });
    if (whole) {
        for (std::int64_t& size : held) size /= row;
        return with_rows(function, flat, shape, held);
    }
    std::vector<std::int64_t> wanted = even.sizes(even.dealt()[0]);
    maps::Map ends = maps::Map::blocks(0, times(wanted, row));
    return with_rows(function, redistribute(flat, &ends), shape, wanted);
}

// Every index of a dealt axis becomes `factor` neighbours: the same elements to the same localities, where a layout of more
// rows can say that.
std::optional<maps::Dealt> stretched(const maps::Dealt& dealt, std::int64_t factor) {
    maps::Dealt longer = dealt;
    longer.length *= factor;
    if (dealt.layout->is_cyclic()) {
        if (dealt.step != 1) return std::nullopt;
        longer.start *= factor;
        longer.layout = maps::Layout::cyclic(dealt.layout->length * factor, dealt.parts(),
                                             dealt.layout->block * factor);
        return longer;
    }
    if (dealt.step < 0) return std::nullopt;
    std::vector<std::int64_t> sizes;
    for (int p = 0; p < dealt.parts(); ++p) sizes.push_back(dealt.held(p).count() * factor);
    longer.layout = maps::Map::blocks(0, sizes).dealt()[0].layout;
    longer.start = 0;
    longer.step = 1;
    return longer;
}

// A dealt axis of `x` as one of the same elements in `shape`, which it is alone or with axes that follow it, and which none
// of `others` is; nothing if it is none.
std::optional<maps::Dealt> dealt_after_reshape(const Array& x, const maps::Dealt& dealt,
                                               const Dims& shape,
                                               const std::vector<maps::Dealt>& others) {
    const Dims& old = x.shape();
    std::int64_t before = 1, after = 1;
    for (int i = 0; i < dealt.axis; ++i) before *= old[i];
    for (int axis = 0; axis < shape.size(); ++axis) {
        // Of axes of length 1 several begin at one place.
        bool free = std::none_of(others.begin(), others.end(),
                                 [&](const maps::Dealt& other) { return other.axis == axis; });
        if (free && after == before && shape[axis] == dealt.length) {
            maps::Dealt kept = dealt;
            kept.axis = axis;
            return kept;
        }
        if (free && after == before && shape[axis] > dealt.length && dealt.length > 0) {
            std::int64_t joined = dealt.length;
            int next = dealt.axis + 1;
            while (next < old.size() && joined < shape[axis] && !x.map()->deals(next))
                joined *= old[next++];
            if (joined != shape[axis]) return std::nullopt;
            auto kept = stretched(dealt, joined / dealt.length);
            if (kept) kept->axis = axis;
            return kept;
        }
        after *= shape[axis];
    }
    return std::nullopt;
}

}  // namespace

Array reshape(const char* function, const Array& x, const Dims& wanted, bool* copied) {
    Dims shape = fill_unknown(function, wanted, element_count(x.shape()));
    Dims local = shape;
    std::shared_ptr<const Place> place;
    if (x.distributed()) {
        // Each dealt axis must stay, with as many elements before it, or be joined with axes that follow it.
        std::vector<maps::Dealt> dealt;
        for (const maps::Dealt& each : x.map()->dealt()) {
            std::optional<maps::Dealt> kept = dealt_after_reshape(x, each, shape, dealt);
            if (!kept) {
                if (copied) *copied = true;
                return reshape_across(function, x, shape);
            }
            dealt.push_back(std::move(*kept));
        }
        place = place_on(shape, maps::Map::on_grid(x.map()->grid(), std::move(dealt)));
        local = local_shape(shape, place.get());
    }
    Array result = x;
    result.value = false;
    std::optional<View> view;
    if (x.view.count() == 0)
        view = View{x.view.offset, local, dense_strides(local)};
    else
        view = reshape_view(x.view, local);
    if (copied) *copied = !view;
    if (!view) {
        result = convert_dense(x, x.dtype());
        view = reshape_view(result.view, local);
    } else {
        result.shows = true;
    }
    result.view = *view;
    result.place = place;
    return result;
}

}  // namespace hpxpy
