// Maps: whose each index is, and the boxes of indices that follow from it.
// SPDX-License-Identifier: BSL-1.0
#include "maps/map.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/hash.hpp"

namespace hpxpy::maps {
namespace {

using LayoutRef = std::shared_ptr<const Layout>;

/// Even blocks. Equal ones are one object while somebody holds it, so that comparing maps is cheap.
LayoutRef even_layout(std::int64_t length, int localities) {
    static std::mutex lock;
    static auto& known = *new std::map<std::pair<std::int64_t, int>, std::weak_ptr<const Layout>>;
    std::lock_guard guard(lock);
    std::weak_ptr<const Layout>& entry = known[{length, localities}];
    if (LayoutRef layout = entry.lock()) return layout;

    auto layout = std::make_shared<Layout>();
    layout->bounds.resize(localities + 1);
    std::int64_t each = length / localities;
    std::int64_t longer = length % localities;
    for (int p = 0; p <= localities; ++p)
        layout->bounds[p] = each * p + std::min<std::int64_t>(p, longer);
    if (known.size() > 1000)
        std::erase_if(known, [](const auto& item) { return item.second.expired(); });
    known[{length, localities}] = layout;
    return layout;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

}  // namespace

Map Map::block(int axis, std::int64_t length, int localities) {
    Map map;
    map.axis_ = axis;
    map.layout_ = even_layout(length, localities);
    map.length_ = length;
    return map;
}

Map Map::blocks(int axis, const std::vector<std::int64_t>& sizes) {
    Layout layout;
    layout.bounds.resize(sizes.size() + 1);
    std::partial_sum(sizes.begin(), sizes.end(), layout.bounds.begin() + 1);
    Map map = block(axis, layout.bounds.back(), static_cast<int>(sizes.size()));
    if (*map.layout_ != layout) map.layout_ = std::make_shared<Layout>(std::move(layout));
    return map;
}

int Map::owner(std::int64_t i) const {
    const auto& bounds = layout_->bounds;
    auto after = std::upper_bound(bounds.begin(), bounds.end(), start_ + step_ * i);
    auto p = static_cast<int>(after - bounds.begin()) - 1;
    return std::clamp(p, 0, localities() - 1);
}

Range Map::range(int locality) const {
    const auto& bounds = layout_->bounds;
    // The first index whose row is not before `row`, seen in the direction of the step. The outermost
    // blocks reach on, so that an offset that looks past the layout still has an owner.
    auto first_at = [&](std::int64_t row) { return -floor_divide(start_ - row, step_); };
    auto first_past = [&](std::int64_t row) { return floor_divide(start_ - row, -step_) + 1; };
    bool forward = step_ > 0;
    bool lowest = locality == 0;
    bool highest = locality == localities() - 1;
    std::int64_t first = 0;
    std::int64_t last = length_;
    if (forward) {
        if (!lowest) first = first_at(bounds[locality]);
        if (!highest) last = first_at(bounds[locality + 1]);
    } else {
        if (!highest) first = first_past(bounds[locality + 1]);
        if (!lowest) last = first_past(bounds[locality]);
    }
    first = std::clamp<std::int64_t>(first, 0, length_);
    return {first, std::clamp(last, first, length_)};
}

std::vector<std::int64_t> Map::sizes() const {
    std::vector<std::int64_t> sizes(localities());
    for (int p = 0; p < localities(); ++p) sizes[p] = range(p).length();
    return sizes;
}

Map Map::slice(std::int64_t first, std::int64_t step, std::int64_t length) const {
    Map map = *this;
    map.start_ = start_ + step_ * first;
    map.step_ = step_ * step;
    map.length_ = length;
    return map;
}

Map Map::with_axis(int axis) const {
    Map map = *this;
    map.axis_ = axis;
    return map;
}

Map Map::at_start(std::int64_t start) const {
    Map map = *this;
    map.start_ = start;
    return map;
}

bool Map::same_owners(const Map& other) const {
    if (axis_ != other.axis_ || length_ != other.length_ || localities() != other.localities())
        return false;
    if (layout_ == other.layout_ && start_ == other.start_ && step_ == other.step_) return true;
    for (int p = 0; p < localities(); ++p) {
        Range mine = range(p);
        Range theirs = other.range(p);
        if (mine.length() != theirs.length() || (mine.length() && mine.first != theirs.first))
            return false;
    }
    return true;
}

bool Map::same_layout(const Map& other) const {
    return axis_ == other.axis_ && step_ == other.step_ &&
           (layout_ == other.layout_ || *layout_ == *other.layout_);
}

bool Map::operator==(const Map& other) const {
    return same_layout(other) && start_ == other.start_ && length_ == other.length_;
}

std::string Map::to_string() const {
    std::string text = "block along axis " + std::to_string(axis_) + ":";
    for (int p = 0; p < localities(); ++p) {
        Range mine = range(p);
        text += (p ? ", " : " ") + std::to_string(mine.first) + ":" + std::to_string(mine.last);
    }
    return text;
}

std::string Map::rows() const {
    std::int64_t end = start_ + step_ * length_;
    std::string text = std::to_string(start_) + ":" + (end < 0 ? "" : std::to_string(end));
    return step_ == 1 ? text : text + ":" + std::to_string(step_);
}

std::string Map::summary() const {
    std::string text = "blocks of axis " + std::to_string(axis_);
    std::int64_t length = layout_->bounds.back();
    if (start_ == 0 && step_ == 1 && length_ == length) return text;
    return text + ", rows " + rows() + " of " + std::to_string(length);
}

std::uint64_t Map::fingerprint() const {
    Hash hash;
    hash.add(axis_).add(start_).add(step_).add(length_).add(localities());
    for (std::int64_t bound : layout_->bounds) hash.add(bound);
    return hash.value();
}

Box box_of(const Map* map, const Dims& shape, int locality) {
    Box box{Dims(shape.size()), shape};
    if (map) {
        Range range = map->range(locality);
        box.first[map->axis()] = range.first;
        box.shape[map->axis()] = range.length();
    }
    return box;
}

Box intersect(const Box& a, const Box& b) {
    Box box{a.first, a.shape};
    for (int i = 0; i < a.shape.size(); ++i) {
        std::int64_t last = std::min(a.first[i] + a.shape[i], b.first[i] + b.shape[i]);
        box.first[i] = std::max(a.first[i], b.first[i]);
        box.shape[i] = std::max<std::int64_t>(last - box.first[i], 0);
    }
    return box;
}

std::int64_t elements_moved(const Map* from, const Map* to, const Dims& shape, int localities) {
    std::int64_t moved = 0;
    for (int p = 0; p < localities; ++p) {
        Box wanted = box_of(to, shape, p);
        moved += wanted.count() - intersect(box_of(from, shape, p), wanted).count();
    }
    return moved;
}

}  // namespace hpxpy::maps
