// Maps: owners, sets of indices, slices of any step, regions and what moves between maps, compared with brute force.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/error.hpp"
#include "maps/distribution.hpp"
#include "maps/transfer.hpp"

namespace hpxpy::maps {
namespace {

using Sizes = std::vector<std::int64_t>;

const Dealt& dealt(const Map& map) { return map.dealt()[0]; }
Sizes sizes_of(const Map& map) { return map.sizes(dealt(map)); }

struct Taken {
    int axis;
    std::int64_t first, step;
};

/// Every index has one owner, and what parts hold and owners agree.
void expect_whole(const Dealt& dealt, const std::string& name) {
    std::vector<int> owners(static_cast<std::size_t>(dealt.length), -1);
    for (int p = 0; p < dealt.parts(); ++p) {
        Indices held = dealt.held(p);
        std::int64_t before = -1;
        for (std::int64_t k = 0; k < held.count(); ++k) {
            std::int64_t i = held.at(k);
            ASSERT_LT(before, i);
            ASSERT_LT(i, dealt.length);
            ASSERT_EQ(held.below(i), k);
            EXPECT_EQ(owners[static_cast<std::size_t>(i)], -1) << name << " index " << i;
            owners[static_cast<std::size_t>(i)] = p;
            before = i;
        }
    }
    for (std::int64_t i = 0; i < dealt.length; ++i)
        EXPECT_EQ(owners[static_cast<std::size_t>(i)], dealt.owner(i)) << name << " index " << i;
}

void expect_whole(const Map& map) { expect_whole(dealt(map), map.to_string()); }

/// Blocks of any bounds, or cyclic ones, of one axis.
Dealt any_dealt(std::mt19937& random, int axis, int dimension, std::int64_t length, int parts) {
    auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(random() % n); };
    Dealt result{axis, dimension, nullptr, 0, 1, length};
    switch (below(3)) {
        case 0:
            result.layout = Layout::even(length, parts);
            break;
        case 1:
            result.layout = Layout::cyclic(length, parts, 1 + below(4));
            break;
        default: {
            Sizes cuts(static_cast<std::size_t>(parts) - 1), sizes;
            for (std::int64_t& cut : cuts) cut = below(length + 1);
            std::sort(cuts.begin(), cuts.end());
            cuts.push_back(length);
            std::int64_t before = 0;
            for (std::int64_t cut : cuts) sizes.push_back(cut - std::exchange(before, cut));
            result.layout = dealt(Map::blocks(0, sizes)).layout;
        }
    }
    return result;
}

Dims any_shape(std::mt19937& random, int longest) {
    Dims shape(1 + static_cast<int>(random() % 3));
    for (std::int64_t& length : shape)
        length = static_cast<std::int64_t>(random() % static_cast<unsigned>(longest + 1));
    return shape;
}

/// A map of an array of this shape on any grid, seen through any slices that it allows.
Map any_map(std::mt19937& random, const Dims& shape, int localities) {
    Dims grid;
    for (int rest = localities; rest > 1 || grid.empty();) {
        int factor = 1 + static_cast<int>(random() % static_cast<unsigned>(rest));
        if (rest % factor != 0 || (factor == 1 && grid.size() > 2)) continue;
        grid.push_back(factor);
        rest /= factor;
    }
    std::vector<int> axes(static_cast<std::size_t>(shape.size()));
    for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int>(i);
    std::shuffle(axes.begin(), axes.end(), random);
    std::vector<Dealt> list;
    std::vector<Taken> slices;
    std::size_t most = std::min<std::size_t>(axes.size(), static_cast<std::size_t>(grid.size()));
    std::size_t count = 1 + random() % most;
    for (std::size_t i = 0; i < count; ++i) {
        int axis = axes[i];
        // The layout is of more rows than the array shows.
        std::int64_t step = 1 + static_cast<std::int64_t>(random() % 3);
        std::int64_t first = static_cast<std::int64_t>(random() % 3);
        std::int64_t length = first + step * shape[axis] + static_cast<std::int64_t>(random() % 3);
        bool back = random() % 2 && shape[axis] > 0;
        if (back) first += step * (shape[axis] - 1);
        slices.push_back({axis, first, back ? -step : step});
        list.push_back(any_dealt(random, axis, static_cast<int>(i), length,
                                 static_cast<int>(grid[static_cast<int>(i)])));
    }
    Map map = Map::on_grid(grid, list);
    for (const Taken& slice : slices) {
        try {
            map = map.slice(slice.axis, slice.first, slice.step, shape[slice.axis]);
        } catch (const TypeError&) {
            map = map.slice(slice.axis, slice.step > 0 ? slice.first : 0, 1, shape[slice.axis]);
        }
    }
    return map;
}

/// Whether a locality holds the element at this position in C order.
bool holds(const Map* map, const Dims& shape, int locality, std::int64_t position) {
    if (!map) return true;
    for (int i = shape.size() - 1; i >= 0; --i) {
        std::int64_t at = position % shape[i];
        position /= shape[i];
        const Dealt* each = map->along(i);
        if (each && each->owner(at) != map->part(*each, locality)) return false;
    }
    return true;
}

/// The positions of what a locality holds, in the order of its memory.
Sizes positions_of(const Map* map, const Dims& shape, int locality) {
    Sizes positions;
    for (std::int64_t k = 0; k < element_count(shape); ++k)
        if (holds(map, shape, locality, k)) positions.push_back(k);
    return positions;
}

Sizes read(const std::vector<View>& views, const Sizes& memory) {
    Sizes values;
    for (const View& view : views) {
        std::int64_t count = view.count();
        for (std::int64_t k = 0; k < count; ++k) {
            std::int64_t at = view.offset, rest = k;
            for (int i = view.dimensions() - 1; i >= 0; --i) {
                at += rest % view.shape[i] * view.strides[i];
                rest /= view.shape[i];
            }
            values.push_back(memory.at(static_cast<std::size_t>(at)));
        }
    }
    return values;
}

TEST(Map, BlocksDifferByOneAtMostAndTheLongerComeFirst) {
    EXPECT_EQ(sizes_of(Map::block(0, 10, 3)), (Sizes{4, 3, 3}));
    EXPECT_EQ(sizes_of(Map::block(0, 12, 3)), (Sizes{4, 4, 4}));
    EXPECT_EQ(sizes_of(Map::block(1, 2, 5)), (Sizes{1, 1, 0, 0, 0}));
    EXPECT_EQ(sizes_of(Map::block(0, 0, 3)), (Sizes{0, 0, 0}));
    EXPECT_EQ(Map::block(0, 100, 3).to_string(), "block along axis 0: 0:34, 34:67, 67:100");
}

TEST(Map, UnevenAndEmptyBlocks) {
    Map map = Map::blocks(0, {0, 3, 0, 0, 2, 0});
    EXPECT_EQ(dealt(map).length, 5);
    EXPECT_EQ(sizes_of(map), (Sizes{0, 3, 0, 0, 2, 0}));
    EXPECT_EQ(dealt(map).owner(0), 1);
    EXPECT_EQ(dealt(map).owner(3), 4);
    expect_whole(map);
}

TEST(Map, SlicesOfEveryStepKeepOwners) {
    auto cyclic = [](std::int64_t length, int parts, std::int64_t block) {
        return Map::on_grid({parts}, {{0, 0, Layout::cyclic(length, parts, block), 0, 1, length}});
    };
    const Map maps[] = {Map::block(0, 17, 4), Map::block(0, 3, 5), Map::blocks(0, {0, 7, 0, 9, 1}),
                        Map::block(0, 5, 1),  cyclic(17, 3, 1),    cyclic(29, 3, 4),
                        cyclic(2, 5, 1),      cyclic(40, 4, 6)};
    int refused = 0;
    for (const Map& map : maps) {
        std::int64_t n = dealt(map).length, block = dealt(map).layout->block;
        for (std::int64_t first = 0; first < n; ++first) {
            for (std::int64_t step : {1, 2, 3, 4, 6, 7, 12, 100, -1, -2, -3, -4, -5, -12, -100}) {
                std::int64_t most = step > 0 ? (n - 1 - first) / step + 1 : first / -step + 1;
                for (std::int64_t length : {most, most / 2, std::int64_t{0}}) {
                    bool even = block == 0 || block % step == 0 || step % block == 0 || length < 2;
                    if (!even) {
                        EXPECT_THROW(map.slice(0, first, step, length), TypeError);
                        ++refused;
                        continue;
                    }
                    Map slice = map.slice(0, first, step, length);
                    ASSERT_EQ(dealt(slice).length, length);
                    expect_whole(slice);
                    for (std::int64_t i = 0; i < length; ++i)
                        EXPECT_EQ(dealt(slice).owner(i), dealt(map).owner(first + step * i));
                    // What is held of the slice lies at even distances where it was held before.
                    for (int p = 0; p < map.localities(); ++p) {
                        Indices held = dealt(slice).held(p), old = dealt(map).held(p);
                        auto place = [&](std::int64_t k) {
                            return old.below(first + step * held.at(k));
                        };
                        for (std::int64_t k = 2; k < held.count(); ++k)
                            ASSERT_EQ(place(k) - place(k - 1), place(1) - place(0));
                    }
                }
            }
        }
    }
    EXPECT_GT(refused, 0);
}

TEST(Map, ASliceOfASliceIsASlice) {
    Map map = Map::block(0, 50, 3);
    Map slice = map.slice(0, 40, -3, 12).slice(0, 10, -2, 5);
    expect_whole(slice);
    for (std::int64_t i = 0; i < 5; ++i)
        EXPECT_EQ(dealt(slice).owner(i), dealt(map).owner(40 - 3 * (10 - 2 * i)));
}

TEST(Map, AnOffsetPastTheLayoutStillHasOwners) {
    for (std::int64_t start : {-4, 2, 9})
        for (std::int64_t step : {1, -1}) {
            expect_whole(Map::block(0, 10, 3).slice(0, 0, step, 10).at_start(0, start));
            Map cyclic = Map::on_grid({3}, {{0, 0, Layout::cyclic(10, 3, 2), 0, 1, 10}});
            expect_whole(cyclic.slice(0, 0, step, 10).at_start(0, start));
        }
}

TEST(Map, Comparisons) {
    Map map = Map::block(0, 10, 3);
    EXPECT_EQ(dealt(map).layout, dealt(Map::block(1, 10, 3)).layout);
    EXPECT_TRUE(map == Map::blocks(0, {4, 3, 3}));
    EXPECT_FALSE(map == map.shifted(1));
    EXPECT_FALSE(map == Map::blocks(0, {3, 4, 3}));
    Map low = map.slice(0, 0, 1, 8);
    Map high = map.slice(0, 2, 1, 8);
    EXPECT_TRUE(low.same_layout(high));
    EXPECT_FALSE(low == high);
    EXPECT_FALSE(low.same_owners(high, {8}));
    EXPECT_TRUE(low.at_start(0, 2) == high);
    EXPECT_FALSE(map.same_layout(map.slice(0, 9, -1, 10)));
    // Other layouts may still give each index the same owner.
    EXPECT_TRUE(map.slice(0, 0, 2, 5).same_owners(Map::blocks(0, {2, 2, 1}), {5}));
    EXPECT_TRUE(map.slice(0, 5, 1, 0).same_owners(Map::block(0, 0, 3), {0}));
    EXPECT_FALSE(map.same_owners(Map::block(0, 10, 4), {10}));
    Map cyclic = Map::on_grid({2}, {{0, 0, Layout::cyclic(4, 2, 2), 0, 1, 4}});
    EXPECT_TRUE(cyclic.same_owners(Map::block(0, 4, 2), {4}));
    EXPECT_FALSE(cyclic.same_layout(Map::block(0, 4, 2)));
}

TEST(Map, WhatMoves) {
    Dims shape{6, 4};
    Map rows = Map::block(0, 6, 3);
    Map columns = Map::block(1, 4, 3);
    EXPECT_EQ(local_shape(&rows, shape, 1), (Dims{2, 4}));
    EXPECT_EQ(local_shape(nullptr, shape, 2), shape);

    EXPECT_EQ(elements_moved(&rows, &rows, shape, 3), 0);
    // Each keeps two rows of its columns: 2 * (2 + 1 + 1) of 24.
    EXPECT_EQ(elements_moved(&rows, &columns, shape, 3), 16);
    EXPECT_EQ(elements_moved(&rows, nullptr, shape, 3), 2 * 24);
    EXPECT_EQ(elements_moved(nullptr, &rows, shape, 3), 0);
    Map all = Map::block(0, 10, 3);
    EXPECT_EQ(elements_moved(&all, &all, {10}, 3), 0);
    Map low = all.slice(0, 0, 1, 8);
    Map high = all.slice(0, 2, 1, 8);
    EXPECT_EQ(elements_moved(&low, &high, {8}, 3), 4);
}

TEST(Map, GridsHoldCopiesAlongDimensionsThatNoAxisUses) {
    Map map = Map::on_grid({2, 3}, {{1, 1, Layout::even(7, 3), 0, 1, 7}});
    EXPECT_EQ(map.blocks(), 3);
    EXPECT_EQ(map.beside(4, 2), (std::vector<int>{3, 4, 5}));
    EXPECT_EQ(map.beside(4, 1), (std::vector<int>{4}));
    EXPECT_TRUE(Map::block(0, 9, 4).beside(2, 1).empty());
    for (int p = 0; p < 6; ++p) {
        EXPECT_EQ(map.block_of(p), p % 3);
        EXPECT_EQ(local_shape(&map, {4, 7}, p), (Dims{4, p % 3 == 0 ? 3 : 2}));
    }
    EXPECT_FALSE(map.is_simple());
    EXPECT_EQ(map.shifted(-1).only_axis(), 0);
    EXPECT_TRUE(map.without(1).dealt().empty());
    Map turned = map.moved({1, 0});
    EXPECT_EQ(turned.only_axis(), 0);
}

TEST(Map, NearSquareGrids) {
    EXPECT_EQ(near_square({100, 100}, 4), (Dims{2, 2}));
    EXPECT_EQ(near_square({100, 100}, 6), (Dims{3, 2}));
    EXPECT_EQ(near_square({10, 1000}, 6), (Dims{1, 6}));
    EXPECT_EQ(near_square({60, 60, 60}, 8), (Dims{2, 2, 2}));
    EXPECT_EQ(near_square({5}, 7), (Dims{7}));
    EXPECT_EQ(near_square({0, 4}, 3), (Dims{1, 3}));
}

TEST(Indices, CommonOnesAreThoseOfBoth) {
    std::mt19937 random(5);
    for (int turn = 0; turn < 4000; ++turn) {
        std::int64_t length = static_cast<std::int64_t>(random() % 60);
        auto any = [&] {
            Dealt dealt = any_dealt(random, 0, 0, length, 1 + static_cast<int>(random() % 4));
            return dealt.held(static_cast<int>(random() % 4) % dealt.parts());
        };
        Indices a = any(), b = any();
        std::set<std::int64_t> both, found;
        for (std::int64_t k = 0; k < a.count(); ++k)
            if (std::int64_t i = a.at(k); b.below(i + 1) > b.below(i)) both.insert(i);
        std::int64_t total = 0;
        for (const Runs& runs : Indices::common(a, b)) {
            total += runs.size();
            for (std::int64_t k = 0; k < runs.count; ++k)
                for (std::int64_t j = 0; j < runs.length; ++j)
                    found.insert(runs.first + k * runs.period + j);
        }
        EXPECT_EQ(total, static_cast<std::int64_t>(found.size()));
        EXPECT_EQ(found, both);
        EXPECT_EQ(Indices::common(a, b), Indices::common(b, a));
        EXPECT_EQ(a.same(b),
                  both.size() == static_cast<std::size_t>(a.count()) && a.count() == b.count());
    }
}

TEST(Transfers, BringEveryElementToThoseWhoWantIt) {
    std::mt19937 random(7);
    for (int turn = 0; turn < 1500; ++turn) {
        int localities = 1 + static_cast<int>(random() % 8);
        Dims shape = any_shape(random, 8);
        Map from = any_map(random, shape, localities), target = any_map(random, shape, localities);
        const Map* to = random() % 5 ? &target : nullptr;
        std::string name = from.to_string() + " -> " + (to ? to->to_string() : "everywhere");
        std::vector<Sizes> memory, wanted, got;
        std::vector<Transfers> transfers;
        std::int64_t moved = 0;
        bool same_shapes = true;
        for (int p = 0; p < localities; ++p) {
            same_shapes &= local_shape(&from, shape, p) == local_shape(to, shape, p);
            memory.push_back(positions_of(&from, shape, p));
            wanted.push_back(positions_of(to, shape, p));
            got.emplace_back(wanted.back().size(), -1);
            transfers.push_back(maps::transfers(&from, to, shape, p));
            for (std::int64_t k : wanted.back()) moved += !holds(&from, shape, p, k);
            ASSERT_EQ(local_shape(&from, shape, p), shape_of(region_of(&from, shape, p)));
        }
        auto write = [&](int p, const Piece& piece, const Sizes& values) {
            Region region = region_of(to, shape, p);
            std::vector<View> views = views_of(piece, region, View::dense(shape_of(region)));
            Sizes order(wanted[static_cast<std::size_t>(p)].size());
            for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<std::int64_t>(k);
            Sizes at = read(views, order);
            ASSERT_EQ(at.size(), values.size()) << name;
            for (std::size_t k = 0; k < at.size(); ++k) {
                auto& element = got[static_cast<std::size_t>(p)][static_cast<std::size_t>(at[k])];
                ASSERT_EQ(element, -1) << name;  // nothing comes twice
                element = values[k];
            }
        };
        std::int64_t sent = 0, received = 0;
        for (int p = 0; p < localities; ++p) {
            const Transfers& mine = transfers[static_cast<std::size_t>(p)];
            Region region = region_of(&from, shape, p);
            View view = View::dense(shape_of(region));
            const Sizes& own = memory[static_cast<std::size_t>(p)];
            write(p, mine.own, read(views_of(mine.own, region, view), own));
            for (const Transfer& transfer : mine.sends) {
                const auto& theirs = transfers[static_cast<std::size_t>(transfer.peer)].receives;
                auto match = std::find_if(theirs.begin(), theirs.end(),
                                          [&](const Transfer& each) { return each.peer == p; });
                ASSERT_NE(match, theirs.end()) << name;
                write(transfer.peer, match->piece,
                      read(views_of(transfer.piece, region, view), own));
            }
            sent += mine.elements_sent();
            received += mine.elements_received();
        }
        for (int p = 0; p < localities; ++p)
            ASSERT_EQ(got[static_cast<std::size_t>(p)], wanted[static_cast<std::size_t>(p)])
                << name << " locality " << p;
        EXPECT_EQ(sent, moved) << name;
        EXPECT_EQ(received, moved) << name;
        EXPECT_EQ(elements_moved(&from, to, shape, localities), moved) << name;
        EXPECT_EQ(to && from.same_owners(*to, shape), to && same_shapes && memory == wanted)
            << name;
    }
}

TEST(Positions, AreThoseInTheWholeArray) {
    std::mt19937 random(9);
    for (int turn = 0; turn < 500; ++turn) {
        int localities = 1 + static_cast<int>(random() % 6);
        Dims shape = any_shape(random, 6);
        Map map = any_map(random, shape, localities);
        for (int p = 0; p < localities; ++p) {
            Sizes positions = positions_of(&map, shape, p);
            Positions of(&map, shape, p);
            for (std::size_t k = 0; k < positions.size(); ++k) {
                auto [position, length] = of.at(static_cast<std::int64_t>(k));
                ASSERT_EQ(position, positions[k]);
                ASSERT_GT(length, 0);
                for (std::int64_t j = 0; j < length; ++j)
                    ASSERT_EQ(positions.at(k + static_cast<std::size_t>(j)), position + j);
            }
        }
    }
}

}  // namespace
}  // namespace hpxpy::maps
