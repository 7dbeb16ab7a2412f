// Transfers: what a locality holds and what another wants have in common, axis by axis.
// SPDX-License-Identifier: BSL-1.0
#include "maps/transfer.hpp"

#include <numeric>
#include <utility>

namespace hpxpy::maps {
namespace {

Piece common(const Region& a, const Region& b) {
    Piece piece;
    for (std::size_t i = 0; i < a.size(); ++i) piece.axes.push_back(Indices::common(a[i], b[i]));
    return piece;
}

// Whether two localities are in the same place along the dimensions of the grid that no axis uses: what
// one of them lacks it gets from those, who have all of the array together.
class Layer {
public:
    Layer(const Map& map, int locality) : map_(map), own_(map.coordinates(locality)) {
        used_ = Dims(map.grid().size());
        for (const Dealt& each : map.dealt()) used_[each.dimension] = 1;
    }
    bool has(int locality) const {
        Dims other = map_.coordinates(locality);
        for (int i = 0; i < other.size(); ++i)
            if (!used_[i] && other[i] != own_[i]) return false;
        return true;
    }

private:
    const Map& map_;
    Dims own_, used_;
};

// What `mine` has in common with the part of each locality on `map`: each axis is compared once with each of its
// parts, not once with each locality.
class Meeting {
public:
    Meeting(const Region& mine, const Map* map, const Dims& shape) : map_(map) {
        for (std::size_t i = 0; i < mine.size(); ++i) {
            const Dealt* dealt = map ? map->along(static_cast<int>(i)) : nullptr;
            dealt_.push_back(dealt);
            auto& parts = parts_.emplace_back();
            if (!dealt) {
                Indices all(Range{0, shape[static_cast<int>(i)]});
                parts.push_back(Indices::common(mine[i], all));
                continue;
            }
            parts.reserve(static_cast<std::size_t>(dealt->parts()));
            for (int p = 0; p < dealt->parts(); ++p)
                parts.push_back(Indices::common(mine[i], dealt->held(p)));
        }
    }
    /// With the part of one locality; nothing of an empty one.
    bool with(int locality, Piece& piece) const {
        for (std::size_t i = 0; i < parts_.size(); ++i)
            if (runs(i, locality).empty()) return false;
        piece.axes.clear();
        for (std::size_t i = 0; i < parts_.size(); ++i) piece.axes.push_back(runs(i, locality));
        return true;
    }

private:
    const std::vector<Runs>& runs(std::size_t axis, int locality) const {
        int part = dealt_[axis] ? map_->part(*dealt_[axis], locality) : 0;
        return parts_[axis][static_cast<std::size_t>(part)];
    }
    const Map* map_;
    std::vector<const Dealt*> dealt_;
    std::vector<std::vector<std::vector<Runs>>> parts_;
};

std::int64_t elements(const std::vector<Transfer>& list) {
    return std::accumulate(
        list.begin(), list.end(), std::int64_t{0},
        [](std::int64_t sum, const Transfer& each) { return sum + each.piece.count(); });
}

// Adds an axis of a view: the runs, of which the held indices are neighbours in memory.
void append(View& view, const Runs& runs, const Indices& held, std::int64_t stride) {
    std::int64_t at = held.below(runs.first);
    view.offset += at * stride;
    if (runs.count > 1) {
        view.shape.push_back(runs.count);
        view.strides.push_back((held.below(runs.first + runs.period) - at) * stride);
        if (runs.length == 1) return;
    }
    view.shape.push_back(runs.length);
    view.strides.push_back(stride);
}

}  // namespace

std::int64_t Piece::count() const {
    std::int64_t count = 1;
    for (const auto& runs : axes) count *= size_of(runs);
    return count;
}

std::vector<View> views_of(const Piece& piece, const Region& region, const View& view) {
    std::vector<View> views{View{view.offset, {}, {}}};
    for (std::size_t i = 0; i < piece.axes.size(); ++i) {
        std::vector<View> longer;
        for (const View& begun : views)
            for (const Runs& runs : piece.axes[i]) {
                longer.push_back(begun);
                append(longer.back(), runs, region[i], view.strides[static_cast<int>(i)]);
            }
        views = std::move(longer);
    }
    return views;
}

std::int64_t Transfers::elements_sent() const { return elements(sends); }
std::int64_t Transfers::elements_received() const { return elements(receives); }

Transfers transfers(const Map* from, const Map* to, const Dims& shape, int locality) {
    Region held = region_of(from, shape, locality);
    Region wanted = region_of(to, shape, locality);
    Transfers result{{}, {}, common(held, wanted)};
    if (!from) return result;
    Layer layer(*from, locality);
    Meeting takers(held, to, shape), givers(wanted, from, shape);
    Piece piece;
    for (int peer = 0; peer < from->localities(); ++peer) {
        if (peer == locality || !layer.has(peer)) continue;
        if (takers.with(peer, piece)) result.sends.push_back({peer, piece});
        if (givers.with(peer, piece)) result.receives.push_back({peer, piece});
    }
    return result;
}

std::int64_t elements_moved(const Map* from, const Map* to, const Dims& shape, int localities) {
    std::int64_t moved = 0;
    for (int p = 0; p < localities; ++p) {
        Region wanted = region_of(to, shape, p);
        moved +=
            element_count(shape_of(wanted)) - common(region_of(from, shape, p), wanted).count();
    }
    return moved;
}

}  // namespace hpxpy::maps
