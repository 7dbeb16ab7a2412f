// What `distribution=` says, and the bounds of maps.
// SPDX-License-Identifier: BSL-1.0
#include "maps/distribution.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"

namespace hpxpy::maps {
namespace {

// From the bounds in the order of localities, whichever way they run.
Map running(int axis, std::int64_t length, bool down, const std::vector<std::int64_t>& sizes) {
    if (!down) return Map::blocks(axis, sizes);
    Map upwards = Map::blocks(axis, sizes);
    return upwards.slice(length - 1, -1, length);
}

std::string listed(const std::vector<std::int64_t>& values) {
    std::string text = "(";
    for (std::size_t i = 0; i < values.size(); ++i)
        text += (i ? ", " : "") + std::to_string(values[i]);
    return text + (values.size() == 1 ? ",)" : ")");
}

}  // namespace

Distribution Distribution::of(const Map& map) {
    Distribution result;
    result.kind = Kind::block;
    result.axis = map.axis();
    result.blocks = map;
    return result;
}

bool Distribution::operator==(const Distribution& other) const {
    if (kind != other.kind) return false;
    if (axis && other.axis && *axis != *other.axis) return false;
    if (!blocks || !other.blocks) return true;
    return blocks->with_axis(0).same_owners(other.blocks->with_axis(0));
}

const char* Distribution::name() const {
    return kind == Kind::none ? "none" : kind == Kind::block ? "block" : "cyclic";
}

std::string Distribution::to_string() const {
    std::string text = name();
    if (axis) text += " along axis " + std::to_string(*axis);
    if (!blocks) return text;
    constexpr int shown = 8;
    int count = blocks->localities();
    for (int p = 0; p < count; ++p) {
        bool left_out = count > 3 * shown && p >= shown && p < count - shown;
        if (left_out && p > shown) continue;
        Range mine = blocks->range(p);
        text += p ? ", " : ": ";
        text += left_out ? "..." : std::to_string(mine.first) + ":" + std::to_string(mine.last);
    }
    return text;
}

Map map_between(const char* function, int axis, const std::vector<std::int64_t>& bounds) {
    bool up = std::is_sorted(bounds.begin(), bounds.end());
    bool down = std::is_sorted(bounds.rbegin(), bounds.rend());
    if (bounds.size() < 2)
        fail<ValueError>(function, ": bounds ", listed(bounds),
                         " hold no block; give one more than there are localities");
    if (!up && !down)
        fail<ValueError>(function, ": bounds ", listed(bounds),
                         " run up and down; give the ends of the blocks in their order");
    if ((up ? bounds.front() : bounds.back()) != 0)
        fail<ValueError>(function, ": bounds ", listed(bounds), " leave out or precede row 0; ",
                         up ? "begin" : "end", " with 0");
    std::vector<std::int64_t> sizes(bounds.size() - 1);
    for (std::size_t p = 0; p < sizes.size(); ++p)
        sizes[p] = up ? bounds[p + 1] - bounds[p] : bounds[p] - bounds[p + 1];
    return running(axis, up ? bounds.back() : bounds.front(), !up, sizes);
}

std::vector<std::int64_t> bounds_of(const Map& map) {
    std::vector<std::int64_t> bounds;
    bool down = map.step() < 0 && map.localities() > 1;
    bounds.reserve(static_cast<std::size_t>(map.localities()) + 1);
    bounds.push_back(down ? map.length() : 0);
    for (std::int64_t size : map.sizes()) bounds.push_back(bounds.back() + (down ? -size : size));
    return bounds;
}

Map balanced(const Map& map) {
    Map up = Map::block(map.axis(), map.length(), map.localities());
    if (map.step() > 0 || map.length() == 0) return up;
    Map down = up.slice(map.length() - 1, -1, map.length());
    Dims shape(map.axis() + 1);
    std::fill(shape.begin(), shape.end(), 1);
    shape[map.axis()] = map.length();
    auto moved = [&](const Map& to) { return elements_moved(&map, &to, shape, map.localities()); };
    return moved(down) < moved(up) ? down : up;
}

}  // namespace hpxpy::maps
