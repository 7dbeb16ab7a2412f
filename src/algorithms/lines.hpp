// Algorithms that work on each line of an array along one axis: where the axis is dealt out, lines come together on one
// locality each, and their results go back.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "algorithms/parts.hpp"

namespace hpxpy {

/// Whether lines of a distributed array along `axis` lie on more than one locality.
inline bool crosses_lines(const Array& x, int axis) {
    const maps::Dealt* dealt = x.distributed() ? x.map()->along(axis) : nullptr;
    return dealt && dealt->parts() > 1;
}

/// Where lines along `axis` can be worked on if not where `x` lies: in blocks of its longest other axis, or of this one.
inline maps::Map map_for_lines(const Array& x, int axis) {
    int along = axis;
    for (int i = 0; i < x.dimensions(); ++i)
        if (i != axis && (along == axis || x.shape()[i] > x.shape()[along])) along = i;
    if (along != axis && x.shape()[along] < 2) along = axis;
    return maps::Map::block(along, x.shape()[along], x.map()->localities());
}

/// Whether an array has lines along `axis` to be dealt out, so that each can lie on one locality.
inline bool has_other_lines(const Array& x, int axis) {
    return x.dimensions() > 1 && !map_for_lines(x, axis).deals(axis);
}

/// A distributed array where each of its lines along `axis` lies on one locality: as it is, or on another map.
inline Array lines_of(const Array& x, int axis) {
    return crosses_lines(x, axis) ? on_map(x, map_for_lines(x, axis)) : x;
}

/// `result`, this locality's part of what was made of `lines` of `x` along `axis`, as an array: on the map of `x` where lines
/// keep their length, else where it was made.
inline Array from_lines(Array result, const Array& lines, const Array& x, int axis) {
    Dims shape = x.shape();
    shape[axis] = result.view.shape[axis];
    bool same = shape[axis] == x.shape()[axis];
    result.place = place_on(shape, same ? *lines.map() : lines.map()->without(axis));
    bool back = crosses_lines(x, axis) && same;
    return back ? on_map(result, *x.map()) : result;
}

/// All elements as a distributed array of one axis, each locality's where they are, in the order of localities and not that of
/// the array; of copies, and of what overlaps in memory, one each.
inline Array in_any_order(const char* function, const Array& x) {
    if (!x.distributed() || x.dimensions() == 1) return x;
    const maps::Map& map = *x.map();
    if (map.blocks() != map.localities()) return reshape(function, x, Dims{-1});
    std::vector<std::int64_t> counts;
    for (int p = 0; p < map.localities(); ++p)
        counts.push_back(element_count(maps::local_shape(&map, x.shape(), p)));
    Array flat = reshape(function, part_of(x), Dims{-1});
    flat.place =
        std::make_shared<Place>(Place{{element_count(x.shape())}, maps::Map::blocks(0, counts)});
    return deliver(flat);
}

/// The result of `local` for every line of a distributed array along `axis`; `local` is given lines as a local array and
/// gives one of as many dimensions.
template <class Local>
Array in_lines(const Array& x, int axis, const Local& local) {
    Array lines = lines_of(x, axis);
    return from_lines(local(part_of(lines)), lines, x, axis);
}

}  // namespace hpxpy
