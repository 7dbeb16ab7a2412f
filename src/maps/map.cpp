// Maps: whose each index is, and the sets of indices that follow from it.
// SPDX-License-Identifier: BSL-1.0
#include "maps/map.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "base/hash.hpp"

namespace hpxpy::maps {
namespace {

using LayoutRef = std::shared_ptr<const Layout>;

/// Equal layouts are one object while somebody holds it, so that comparing maps is cheap.
template <class Make>
LayoutRef known_layout(std::int64_t length, int parts, std::int64_t block, const Make& make) {
    static std::mutex lock;
    static auto& known =
        *new std::map<std::tuple<std::int64_t, int, std::int64_t>, std::weak_ptr<const Layout>>;
    std::lock_guard guard(lock);
    std::weak_ptr<const Layout>& entry = known[{length, parts, block}];
    if (LayoutRef layout = entry.lock()) return layout;

    auto layout = std::make_shared<Layout>();
    layout->block = block;
    layout->length = length;
    layout->parts = parts;
    make(*layout);
    if (known.size() > 1000)
        std::erase_if(known, [](const auto& item) { return item.second.expired(); });
    known[{length, parts, block}] = layout;
    return layout;
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

std::int64_t floor_modulo(std::int64_t a, std::int64_t b) { return a - floor_divide(a, b) * b; }

/// x with a * x = 1 modulo m, of a and m without a common divisor (extended Euclidean algorithm).
std::int64_t inverse(std::int64_t a, std::int64_t m) {
    std::int64_t r0 = m, r1 = floor_modulo(a, m), t0 = 0, t1 = 1;
    while (r1 != 0) {
        std::int64_t q = r0 / r1;
        std::tie(r0, r1) = std::pair(r1, r0 - q * r1);
        std::tie(t0, t1) = std::pair(t1, t0 - q * t1);
    }
    return m == 1 ? 0 : floor_modulo(t0, m);
}

// The range of a block, of a view that may look past the layout: the outermost blocks reach on there.
Range range_of(const Dealt& dealt, int part) {
    const auto& bounds = dealt.layout->bounds;
    // The first index whose row is not before `row`, seen in the direction of the step.
    auto first_at = [&](std::int64_t row) { return -floor_divide(dealt.start - row, dealt.step); };
    auto first_past = [&](std::int64_t row) {
        return floor_divide(dealt.start - row, -dealt.step) + 1;
    };
    bool forward = dealt.step > 0;
    bool lowest = part == 0;
    bool highest = part == dealt.parts() - 1;
    std::int64_t first = 0;
    std::int64_t last = dealt.length;
    auto bound = [&](int p) { return bounds[static_cast<std::size_t>(p)]; };
    if (forward) {
        if (!lowest) first = first_at(bound(part));
        if (!highest) last = first_at(bound(part + 1));
    } else {
        if (!highest) first = first_past(bound(part + 1));
        if (!lowest) last = first_past(bound(part));
    }
    first = std::clamp<std::int64_t>(first, 0, dealt.length);
    return {first, std::clamp(last, first, dealt.length)};
}

// Whether a step takes from each cyclic block the same number of rows, or from each at most one.
bool is_regular(const Layout& layout, std::int64_t step) {
    std::int64_t size = std::abs(step);
    return !layout.is_cyclic() || layout.block % size == 0 || size % layout.block == 0;
}

Indices cyclic_indices(const Dealt& dealt, int part) {
    std::int64_t block = dealt.layout->block, parts = dealt.parts();
    std::int64_t size = std::abs(dealt.step), n = dealt.length;
    if (block % size == 0) {
        // Rows begin at the first of the part: start + step * i lies in a run of block rows every block * parts.
        std::int64_t start = dealt.start - part * block;
        std::int64_t period = block / size * parts, run = block / size;
        std::int64_t phase = floor_divide(start, size);
        if (dealt.step < 0) phase = run - 1 - phase;
        return Indices::repeating(n, floor_modulo(phase, period), period, run);
    }
    // Each index takes a row of another block: block first + stride * i, of which every parts-th is the part's.
    std::int64_t first = floor_divide(dealt.start, block), stride = dealt.step / block;
    std::int64_t divisor = std::gcd(stride, parts);
    std::int64_t ahead = part - first;
    if (floor_modulo(ahead, divisor) != 0) return Range{};
    std::int64_t period = parts / divisor;
    std::int64_t i = floor_modulo(
        floor_modulo(floor_divide(ahead, divisor), period) * inverse(stride / divisor, period),
        period);
    return Indices::repeating(n, floor_modulo(-i, period), period, 1);
}

std::string listed(const Dims& values, const char* between) {
    std::string text;
    for (int i = 0; i < values.size(); ++i) text += (i ? between : "") + std::to_string(values[i]);
    return text;
}

}  // namespace

LayoutRef Layout::even(std::int64_t length, int parts) {
    return known_layout(length, parts, 0, [](Layout& layout) {
        layout.bounds.resize(static_cast<std::size_t>(layout.parts) + 1);
        std::int64_t each = layout.length / layout.parts;
        std::int64_t longer = layout.length % layout.parts;
        for (int p = 0; p <= layout.parts; ++p)
            layout.bounds[static_cast<std::size_t>(p)] =
                each * p + std::min<std::int64_t>(p, longer);
    });
}

LayoutRef Layout::cyclic(std::int64_t length, int parts, std::int64_t block) {
    return known_layout(length, parts, block, [](Layout&) {});
}

LayoutRef Layout::resized(std::int64_t to) const {
    return is_cyclic() ? cyclic(to, parts, block) : even(to, parts);
}

int Dealt::owner(std::int64_t i) const {
    std::int64_t row = start + step * i;
    if (layout->is_cyclic())
        return static_cast<int>(floor_modulo(floor_divide(row, layout->block), layout->parts));
    const auto& bounds = layout->bounds;
    auto after = std::upper_bound(bounds.begin(), bounds.end(), row);
    return std::clamp(static_cast<int>(after - bounds.begin()) - 1, 0, parts() - 1);
}

Indices Dealt::held(int part) const {
    return layout->is_cyclic() ? cyclic_indices(*this, part) : Indices(range_of(*this, part));
}

bool Dealt::same_layout(const Dealt& other) const {
    return axis == other.axis && dimension == other.dimension && step == other.step &&
           (layout == other.layout || *layout == *other.layout);
}

std::string Dealt::rows() const {
    std::int64_t end = start + step * length;
    std::string text = std::to_string(start) + ":" + (end < 0 ? "" : std::to_string(end));
    return step == 1 ? text : text + ":" + std::to_string(step);
}

Map Map::block(int axis, std::int64_t length, int localities) {
    Map map;
    map.grid_ = {localities};
    map.dealt_ = {{axis, 0, Layout::even(length, localities), 0, 1, length}};
    return map;
}

Map Map::blocks(int axis, const std::vector<std::int64_t>& sizes) {
    Layout layout;
    layout.bounds.resize(sizes.size() + 1);
    std::partial_sum(sizes.begin(), sizes.end(), layout.bounds.begin() + 1);
    layout.length = layout.bounds.back();
    layout.parts = static_cast<int>(sizes.size());
    Map map = block(axis, layout.length, layout.parts);
    if (*map.dealt_[0].layout != layout)
        map.dealt_[0].layout = std::make_shared<Layout>(std::move(layout));
    return map;
}

Map Map::on_grid(const Dims& grid, std::vector<Dealt> dealt) {
    Map map;
    map.grid_ = grid;
    map.dealt_ = std::move(dealt);
    std::sort(map.dealt_.begin(), map.dealt_.end(),
              [](const Dealt& a, const Dealt& b) { return a.axis < b.axis; });
    return map;
}

const Dealt* Map::along(int axis) const {
    for (const Dealt& each : dealt_)
        if (each.axis == axis) return &each;
    return nullptr;
}

std::optional<int> Map::only_axis() const {
    if (dealt_.size() != 1) return std::nullopt;
    return dealt_[0].axis;
}

bool Map::is_simple() const {
    return dealt_.size() == 1 && dealt_[0].in_ranges() && dealt_[0].parts() == localities();
}

Dims Map::coordinates(int locality) const {
    Dims result(grid_.size());
    std::int64_t rest = locality;
    for (int i = grid_.size() - 1; i >= 0; --i) {
        result[i] = rest % grid_[i];
        rest /= grid_[i];
    }
    return result;
}

int Map::part(const Dealt& dealt, int locality) const {
    std::int64_t rest = locality;
    for (int i = grid_.size() - 1; i > dealt.dimension; --i) rest /= grid_[i];
    return static_cast<int>(rest % grid_[dealt.dimension]);
}

Indices Map::held(int axis, std::int64_t length, int locality) const {
    const Dealt* dealt = along(axis);
    return dealt ? dealt->held(part(*dealt, locality)) : Indices(Range{0, length});
}

std::vector<int> Map::beside(int locality, std::uint64_t axes) const {
    Dims free(grid_.size());
    std::int64_t count = 1;
    for (const Dealt& each : dealt_)
        if (axes >> each.axis & 1) {
            free[each.dimension] = 1;
            count *= each.parts();
        }
    std::vector<int> found;
    if (count == localities()) return found;
    Dims own = coordinates(locality);
    for (int p = 0; p < localities(); ++p) {
        Dims other = coordinates(p);
        bool is_beside = true;
        for (int i = 0; i < own.size(); ++i) is_beside &= free[i] || own[i] == other[i];
        if (is_beside) found.push_back(p);
    }
    return found;
}

int Map::blocks() const {
    int count = 1;
    for (const Dealt& each : dealt_) count *= each.parts();
    return count;
}

int Map::block_of(int locality) const {
    std::vector<const Dealt*> ordered;
    for (const Dealt& each : dealt_) ordered.push_back(&each);
    std::sort(ordered.begin(), ordered.end(),
              [](const Dealt* a, const Dealt* b) { return a->dimension < b->dimension; });
    int number = 0;
    for (const Dealt* each : ordered) number = number * each->parts() + part(*each, locality);
    return number;
}

Range Map::range(int locality) const { return range_of(dealt_[0], locality); }

std::vector<std::int64_t> Map::sizes(const Dealt& dealt) const {
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(dealt.parts()));
    for (int p = 0; p < dealt.parts(); ++p)
        sizes[static_cast<std::size_t>(p)] = dealt.held(p).count();
    return sizes;
}

namespace {

Dealt& found(std::vector<Dealt>& dealt, int axis) {
    return *std::find_if(dealt.begin(), dealt.end(),
                         [&](const Dealt& each) { return each.axis == axis; });
}

}  // namespace

Map Map::slice(int axis, std::int64_t first, std::int64_t step, std::int64_t length) const {
    Map map = *this;
    Dealt& dealt = found(map.dealt_, axis);
    // A view of one row or none needs no step.
    if (length < 2) step = 1;
    std::int64_t own = length < 2 ? 1 : dealt.step;
    if (!is_regular(*dealt.layout, own * step))
        fail<TypeError>("index: rows ", own * step, " apart of axis ", axis,
                        ", which is dealt out cyclically in blocks of ", dealt.layout->block,
                        ", lie in memory at no even distance; redistribute it to 'block' or "
                        "'cyclic' first, or take a step that divides ",
                        dealt.layout->block, " or is a multiple of it");
    dealt.start += dealt.step * first;
    dealt.step = own * step;
    dealt.length = length;
    return map;
}

Map Map::moved(const std::vector<int>& axes) const {
    std::vector<Dealt> dealt;
    for (const Dealt& each : dealt_)
        if (int axis = axes[static_cast<std::size_t>(each.axis)]; axis >= 0) {
            dealt.push_back(each);
            dealt.back().axis = axis;
        }
    return on_grid(grid_, std::move(dealt));
}

Map Map::shifted(int by) const {
    Map map = *this;
    std::erase_if(map.dealt_, [&](const Dealt& each) { return each.axis + by < 0; });
    for (Dealt& each : map.dealt_) each.axis += by;
    return map;
}

Map Map::closed_up(int axis) const {
    Map map = without(axis);
    for (Dealt& each : map.dealt_) each.axis -= each.axis > axis;
    return map;
}

Map Map::without(int axis) const {
    Map map = *this;
    std::erase_if(map.dealt_, [&](const Dealt& each) { return each.axis == axis; });
    return map;
}

Map Map::fitting(const Dims& shape) const {
    Map map = *this;
    std::erase_if(map.dealt_, [&](const Dealt& each) { return each.length != shape[each.axis]; });
    return map;
}

Map Map::with_free(const Dealt& dealt) const {
    for (const Dealt& each : dealt_)
        if (each.axis == dealt.axis || each.dimension == dealt.dimension) return *this;
    std::vector<Dealt> more = dealt_;
    more.push_back(dealt);
    return on_grid(grid_, std::move(more));
}

Map Map::with_layout(int axis, LayoutRef layout) const {
    Map map = *this;
    Dealt& dealt = found(map.dealt_, axis);
    dealt.layout = std::move(layout);
    dealt.start = 0;
    dealt.step = 1;
    dealt.length = dealt.layout->length;
    return map;
}

Map Map::at_start(int axis, std::int64_t start) const {
    Map map = *this;
    found(map.dealt_, axis).start = start;
    return map;
}

bool Map::same_owners(const Map& other, const Dims& shape) const {
    if (localities() != other.localities()) return false;
    if (*this == other) return true;
    for (int p = 0; p < localities(); ++p) {
        Region mine = region_of(this, shape, p), theirs = region_of(&other, shape, p);
        bool empty = element_count(shape_of(mine)) == 0;
        if (empty != (element_count(shape_of(theirs)) == 0)) return false;
        if (empty) {
            // The parts must fit each other as shapes all the same.
            if (shape_of(mine) != shape_of(theirs)) return false;
            continue;
        }
        for (std::size_t i = 0; i < mine.size(); ++i)
            if (!mine[i].same(theirs[i])) return false;
    }
    return true;
}

bool Map::same_layout(const Map& other) const {
    return grid_ == other.grid_ &&
           std::equal(dealt_.begin(), dealt_.end(), other.dealt_.begin(), other.dealt_.end(),
                      [](const auto& a, const auto& b) { return a.same_layout(b); });
}

bool Map::operator==(const Map& other) const {
    return same_layout(other) && std::equal(dealt_.begin(), dealt_.end(), other.dealt_.begin(),
                                            [](const Dealt& a, const Dealt& b) {
                                                return a.start == b.start && a.length == b.length;
                                            });
}

std::string Map::to_string() const {
    std::string text;
    for (const Dealt& each : dealt_) {
        if (!text.empty()) text += "; ";
        const Layout& layout = *each.layout;
        text += layout.block > 1 ? "block_cyclic" : layout.block ? "cyclic" : "block";
        text += " along axis " + std::to_string(each.axis);
        if (layout.block > 1) text += " in blocks of " + std::to_string(layout.block);
        if (layout.is_cyclic()) {
            if (each.start || each.step != 1 || each.length != layout.length)
                text += ", rows " + each.rows();
            continue;
        }
        // Of several dozen blocks the first and the last ones.
        constexpr int shown = 8;
        for (int p = 0; p < each.parts(); ++p) {
            bool left_out = each.parts() > 3 * shown && p >= shown && p < each.parts() - shown;
            if (left_out && p > shown) continue;
            Range mine = range_of(each, p);
            text += p ? ", " : ": ";
            text += left_out ? "..." : std::to_string(mine.first) + ":" + std::to_string(mine.last);
        }
    }
    if (grid_.size() > 1) text += " on a grid of " + listed(grid_, " x ");
    return text;
}

std::string Map::summary() const {
    std::string text;
    for (const Dealt& each : dealt_) {
        if (!text.empty()) text += " and ";
        const Layout& layout = *each.layout;
        text += layout.is_cyclic() ? "cyclic blocks of " : "blocks of ";
        if (layout.is_cyclic()) text += std::to_string(layout.block) + " along ";
        text += "axis " + std::to_string(each.axis);
        if (each.start || each.step != 1 || each.length != layout.length)
            text += ", rows " + each.rows() + " of " + std::to_string(layout.length);
    }
    if (grid_.size() > 1) text += " on a grid of " + listed(grid_, " x ");
    return text;
}

std::uint64_t Map::fingerprint() const {
    Hash hash;
    for (std::int64_t length : grid_) hash.add(length);
    for (const Dealt& each : dealt_) {
        const Layout& layout = *each.layout;
        hash.add(each.axis).add(each.dimension).add(each.start).add(each.step).add(each.length);
        hash.add(layout.block).add(layout.length).add(layout.parts);
        for (std::int64_t bound : layout.bounds) hash.add(bound);
    }
    return hash.value();
}

Region region_of(const Map* map, const Dims& shape, int locality) {
    Region region;
    region.reserve(static_cast<std::size_t>(shape.size()));
    for (std::int64_t length : shape) region.emplace_back(Range{0, length});
    if (map)
        for (const Dealt& each : map->dealt())
            region[static_cast<std::size_t>(each.axis)] = each.held(map->part(each, locality));
    return region;
}

Dims shape_of(const Region& region) {
    Dims shape(static_cast<int>(region.size()));
    for (int i = 0; i < shape.size(); ++i) shape[i] = region[static_cast<std::size_t>(i)].count();
    return shape;
}

Dims local_shape(const Map* map, const Dims& shape, int locality) {
    Dims local = shape;
    if (map)
        for (const Dealt& each : map->dealt())
            local[each.axis] = each.held(map->part(each, locality)).count();
    return local;
}

Positions::Positions(const Map* map, const Dims& shape, int locality)
    : region_(region_of(map, shape, locality)),
      shape_(shape),
      local_(shape_of(region_)),
      strides_(dense_strides(shape)) {
    if (map && !map->dealt().empty()) innermost_ = map->dealt().back().axis;
    if (innermost_ >= 0) inner_ = strides_[innermost_];
}

Positions::Run Positions::at(std::int64_t k) const {
    if (innermost_ < 0) return {k, element_count(shape_) - k};
    std::int64_t rest = k / inner_, within = k % inner_;
    std::int64_t position = within, length = 0;
    for (int i = innermost_; i >= 0; --i) {
        const Indices& held = region_[static_cast<std::size_t>(i)];
        std::int64_t at = rest % local_[i];
        rest /= local_[i];
        if (i == innermost_) length = held.run_from(at) * inner_ - within;
        position += held.at(at) * strides_[i];
    }
    return {position, length};
}

}  // namespace hpxpy::maps
