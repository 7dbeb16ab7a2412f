// What `distribution=` says, and the maps that follow from it.
// SPDX-License-Identifier: BSL-1.0
#include "maps/distribution.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "maps/transfer.hpp"

namespace hpxpy::maps {
namespace {

// From the bounds in the order of localities, whichever way they run.
Map running(int axis, std::int64_t length, bool down, const std::vector<std::int64_t>& sizes) {
    if (!down) return Map::blocks(axis, sizes);
    Map upwards = Map::blocks(axis, sizes);
    return upwards.slice(axis, length - 1, -1, length);
}

std::string listed(const std::vector<std::int64_t>& values) {
    std::string text = "(";
    for (std::size_t i = 0; i < values.size(); ++i)
        text += (i ? ", " : "") + std::to_string(values[i]);
    return text + (values.size() == 1 ? ",)" : ")");
}

bool same_parts(const Dealt& a, const Dealt& b) {
    if (a.parts() != b.parts() || a.length != b.length) return false;
    for (int p = 0; p < a.parts(); ++p)
        if (!a.held(p).same(b.held(p))) return false;
    return true;
}

// One axis of this length in so many parts.
Dealt dealt_as(const char* function, const Distribution::Entry& entry, int axis, int dimension,
               std::int64_t length, int parts) {
    using Kind = Distribution::Kind;
    if (entry.dealt) {
        Dealt dealt = *entry.dealt;
        if (dealt.length != length)
            fail<ValueError>(function, ": a distribution of length ", dealt.length,
                             " does not fit axis ", axis, " of length ", length);
        if (dealt.parts() != parts)
            fail<ValueError>(function, ": a distribution in ", dealt.parts(),
                             " parts was given for axis ", axis,
                             ", which the grid of localities deals out in ", parts);
        dealt.axis = axis;
        dealt.dimension = dimension;
        return dealt;
    }
    std::int64_t block = entry.kind == Kind::cyclic ? 1
                         : entry.block_size         ? entry.block_size
                                                    : default_block_size;
    return {axis,
            dimension,
            entry.kind == Kind::block ? Layout::even(length, parts)
                                      : Layout::cyclic(length, parts, block),
            0,
            1,
            length};
}

// All ways to write a number of localities as a product of so many lengths, the largest first ones first.
std::vector<Dims> grids_of(int localities, int dimensions) {
    std::vector<Dims> grids;
    Dims grid(dimensions, 1);
    auto choose = [&](auto& self, int at, int rest) -> void {
        if (at == dimensions - 1) {
            grid[at] = rest;
            grids.push_back(grid);
            return;
        }
        for (int factor = rest; factor >= 1; --factor)
            if (rest % factor == 0) {
                grid[at] = factor;
                self(self, at + 1, rest / factor);
            }
    };
    choose(choose, 0, localities);
    return grids;
}

}  // namespace

bool Distribution::Entry::operator==(const Entry& other) const {
    if (kind != other.kind) return false;
    if (block_size && other.block_size && block_size != other.block_size) return false;
    return !dealt || !other.dealt || same_parts(*dealt, *other.dealt);
}

Distribution::Kind kind_of(const Dealt& dealt) {
    using Kind = Distribution::Kind;
    if (!dealt.layout->is_cyclic()) return Kind::block;
    return dealt.layout->block == 1 ? Kind::cyclic : Kind::block_cyclic;
}

Distribution Distribution::of(const Map& map) {
    Distribution result;
    result.map = map;
    if (map.grid().size() > 1) result.grid = map.grid();
    for (const Dealt& each : map.dealt()) {
        auto at = static_cast<std::size_t>(each.axis);
        if (result.entries.size() <= at) result.entries.resize(at + 1);
        Kind kind = kind_of(each);
        std::int64_t size = kind == Kind::block_cyclic ? each.layout->block : 0;
        result.entries[at] = {kind, size, each};
        result.kind = result.kind == Kind::none || result.kind == kind ? kind : Kind::mixed;
    }
    if (map.only_axis()) {
        result.axis = map.only_axis();
        result.block_size = result.entries.back().block_size;
        result.entries.clear();
    }
    return result;
}

namespace {

// The axes that are dealt out, where that was said.
std::optional<std::vector<std::int64_t>> axes_of(const Distribution& d) {
    if (d.axis) return std::vector{*d.axis};
    if (d.entries.empty()) return std::nullopt;
    std::vector<std::int64_t> axes;
    for (std::size_t i = 0; i < d.entries.size(); ++i)
        if (d.entries[i].kind != Distribution::Kind::none)
            axes.push_back(static_cast<std::int64_t>(i));
    return axes;
}

}  // namespace

bool Distribution::operator==(const Distribution& other) const {
    if (kind != other.kind) return false;
    auto mine = axes_of(*this), theirs = axes_of(other);
    if (mine && theirs && *mine != *theirs) return false;
    if (block_size && other.block_size && block_size != other.block_size) return false;
    if (grid && other.grid && *grid != *other.grid) return false;
    if (!entries.empty() && !other.entries.empty()) {
        for (std::size_t i = 0; i < std::max(entries.size(), other.entries.size()); ++i) {
            Entry left = i < entries.size() ? entries[i] : Entry{};
            Entry right = i < other.entries.size() ? other.entries[i] : Entry{};
            if (!(left == right)) return false;
        }
        return !map || !other.map || map->grid() == other.map->grid();
    }
    if (!map || !other.map) return true;
    if (!map->only_axis() || !other.map->only_axis()) return false;
    return map->localities() == other.map->localities() &&
           same_parts(map->dealt()[0], other.map->dealt()[0]);
}

std::uint64_t Distribution::fingerprint() const {
    Hash hash;
    auto add_said = [&](Kind said, std::int64_t size) {
        hash.add(static_cast<std::int64_t>(said)).add(size);
    };
    add_said(kind, block_size);
    hash.add(axis.value_or(std::numeric_limits<std::int64_t>::min()));
    for (const Entry& entry : entries) {
        add_said(entry.kind, entry.block_size);
        if (entry.dealt)
            hash.add(static_cast<std::int64_t>(
                Map::on_grid({entry.dealt->parts()}, {*entry.dealt}).fingerprint()));
    }
    if (grid)
        for (std::int64_t length : *grid) hash.add(length);
    if (map) hash.add(static_cast<std::int64_t>(map->fingerprint()));
    return hash.value();
}

const char* Distribution::name_of(Kind kind) {
    static constexpr const char* names[] = {"none", "block", "cyclic", "block_cyclic", "mixed"};
    return names[static_cast<int>(kind)];
}

std::string Distribution::to_string() const {
    if (map) return map->to_string();
    std::string text;
    if (entries.empty()) {
        text = name();
        if (axis) text += " along axis " + std::to_string(*axis);
        if (block_size) text += " in blocks of " + std::to_string(block_size);
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].kind == Kind::none) continue;
        if (!text.empty()) text += "; ";
        text += std::string(name_of(entries[i].kind)) + " along axis " + std::to_string(i);
        if (entries[i].block_size) text += " in blocks of " + std::to_string(entries[i].block_size);
    }
    if (grid) text += " on a grid " + hpxpy::to_string(*grid);
    return text;
}

namespace {

Dims& usual_grid() {
    static Dims grid;
    return grid;
}

}  // namespace

void set_usual_grid(const Dims& grid) { usual_grid() = grid; }

Dims near_square(const Dims& lengths, int localities) {
    Dims best;
    double least = std::numeric_limits<double>::infinity();
    for (const Dims& grid : grids_of(localities, lengths.size())) {
        // The cuts through the array, relative to its content.
        double cuts = 0;
        for (int i = 0; i < grid.size(); ++i)
            cuts += static_cast<double>(grid[i] - 1) /
                    static_cast<double>(std::max<std::int64_t>(lengths[i], 1));
        if (cuts < least) {
            least = cuts;
            best = grid;
        }
    }
    return best;
}

std::optional<Map> map_of(const char* function, const Distribution& asked, const Dims& shape,
                          int axis, int localities) {
    std::vector<Distribution::Entry> entries = asked.entries;
    if (entries.empty()) {
        entries.resize(static_cast<std::size_t>(axis) + 1);
        entries.back() = {asked.kind, asked.block_size, {}};
    }
    if (entries.size() > static_cast<std::size_t>(shape.size()))
        fail<ValueError>(function, ": the distribution has ", entries.size(),
                         " entries, and an array of shape ", hpxpy::to_string(shape), " has ",
                         shape.size(), shape.size() == 1 ? " axis" : " axes",
                         "; give one an axis, None for those that are whole");
    std::vector<int> axes;
    Dims lengths;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].kind != Distribution::Kind::none) {
            axes.push_back(static_cast<int>(i));
            lengths.push_back(shape[static_cast<int>(i)]);
        }
    if (axes.empty()) return std::nullopt;
    bool usual = !asked.grid && usual_grid().size() == lengths.size() && lengths.size() > 0;
    Dims grid = usual ? usual_grid() : asked.grid ? *asked.grid : near_square(lengths, localities);
    if (grid.size() < lengths.size())
        fail<ValueError>(function, ": a grid of ", hpxpy::to_string(grid), " has ", grid.size(),
                         grid.size() == 1 ? " dimension" : " dimensions", " for ", lengths.size(),
                         " axes that are dealt out; give one for each");
    std::vector<Dealt> dealt;
    for (int i = 0; i < lengths.size(); ++i) {
        int at = axes[static_cast<std::size_t>(i)];
        dealt.push_back(dealt_as(function, entries[static_cast<std::size_t>(at)], at, i, lengths[i],
                                 static_cast<int>(grid[i])));
    }
    return Map::on_grid(grid, std::move(dealt));
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
    const Dealt& dealt = map.dealt()[0];
    std::vector<std::int64_t> bounds;
    bool down = dealt.step < 0 && dealt.parts() > 1;
    bounds.reserve(static_cast<std::size_t>(dealt.parts()) + 1);
    bounds.push_back(down ? dealt.length : 0);
    for (std::int64_t size : map.sizes(dealt))
        bounds.push_back(bounds.back() + (down ? -size : size));
    return bounds;
}

Map balanced(const Map& map, const Dims& shape) {
    Map result = map;
    for (const Dealt& each : map.dealt()) {
        Map up = result.with_layout(each.axis, each.layout->resized(each.length));
        Map down = up;
        if (each.step < 0 && each.length > 1)
            down = up.slice(each.axis, each.length - 1, -1, each.length);
        auto moved = [&](const Map& to) {
            return elements_moved(&map, &to, shape, map.localities());
        };
        result = moved(down) < moved(up) ? down : up;
    }
    return result;
}

}  // namespace hpxpy::maps
