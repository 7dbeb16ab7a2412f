// Transfers: intersections of boxes with those of the peers that can have a part.
// SPDX-License-Identifier: BSL-1.0
#include "maps/transfer.hpp"

#include <algorithm>
#include <numeric>

namespace hpxpy::maps {
namespace {

/// The localities, first and last, that may hold something of `box` on `map`.
Range holders(const Map* map, const Box& box, int localities) {
    if (!map) return {0, localities};
    std::int64_t first = box.first[map->axis()];
    std::int64_t length = box.shape[map->axis()];
    if (length == 0) return {0, 0};
    auto [low, high] = std::minmax({map->owner(first), map->owner(first + length - 1)});
    return {low, high + 1};
}

std::vector<Transfer> parts(const Box& mine, const Map* map, const Dims& shape, int locality,
                            int localities) {
    std::vector<Transfer> found;
    Range peers = holders(map, mine, localities);
    for (auto peer = static_cast<int>(peers.first); peer < peers.last; ++peer) {
        if (peer == locality) continue;
        Box box = intersect(mine, box_of(map, shape, peer));
        if (box.count() > 0) found.push_back({peer, box});
    }
    return found;
}

std::int64_t elements(const std::vector<Transfer>& list) {
    return std::accumulate(list.begin(), list.end(), std::int64_t{0},
                           [](std::int64_t sum, const Transfer& t) { return sum + t.box.count(); });
}

}  // namespace

std::int64_t Transfers::elements_sent() const { return elements(sends); }
std::int64_t Transfers::elements_received() const { return elements(receives); }

Transfers transfers(const Map& from, const Map* to, const Dims& shape, int locality) {
    Box held = box_of(&from, shape, locality);
    Box wanted = box_of(to, shape, locality);
    return {parts(held, to, shape, locality, from.localities()),
            parts(wanted, &from, shape, locality, from.localities()), intersect(held, wanted)};
}

}  // namespace hpxpy::maps
