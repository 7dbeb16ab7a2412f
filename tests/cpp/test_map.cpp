// Maps: owners, ranges, slices of any step, boxes and what moves between maps.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include "maps/map.hpp"

namespace hpxpy::maps {
namespace {

using Sizes = std::vector<std::int64_t>;

/// Every index has one owner, ranges and owners agree, and sizes are the ranges' lengths.
void expect_whole(const Map& map) {
    std::vector<int> owners(map.length(), -1);
    for (int p = 0; p < map.localities(); ++p) {
        Range range = map.range(p);
        ASSERT_LE(0, range.first);
        ASSERT_LE(range.first, range.last);
        ASSERT_LE(range.last, map.length());
        EXPECT_EQ(map.sizes()[p], range.length());
        for (std::int64_t i = range.first; i < range.last; ++i) {
            EXPECT_EQ(owners[i], -1) << map.to_string() << " index " << i;
            owners[i] = p;
        }
    }
    for (std::int64_t i = 0; i < map.length(); ++i)
        EXPECT_EQ(owners[i], map.owner(i)) << map.to_string() << " index " << i;
}

TEST(Map, BlocksDifferByOneAtMostAndTheLongerComeFirst) {
    EXPECT_EQ(Map::block(0, 10, 3).sizes(), (Sizes{4, 3, 3}));
    EXPECT_EQ(Map::block(0, 12, 3).sizes(), (Sizes{4, 4, 4}));
    EXPECT_EQ(Map::block(1, 2, 5).sizes(), (Sizes{1, 1, 0, 0, 0}));
    EXPECT_EQ(Map::block(0, 0, 3).sizes(), (Sizes{0, 0, 0}));
    EXPECT_EQ(Map::block(0, 100, 3).to_string(), "block along axis 0: 0:34, 34:67, 67:100");
}

TEST(Map, UnevenAndEmptyBlocks) {
    Map map = Map::blocks(0, {0, 3, 0, 0, 2, 0});
    EXPECT_EQ(map.length(), 5);
    EXPECT_EQ(map.sizes(), (Sizes{0, 3, 0, 0, 2, 0}));
    EXPECT_EQ(map.owner(0), 1);
    EXPECT_EQ(map.owner(3), 4);
    expect_whole(map);
}

TEST(Map, SlicesOfEveryStepKeepOwners) {
    const Map maps[] = {Map::block(0, 17, 4), Map::block(0, 3, 5), Map::blocks(0, {0, 7, 0, 9, 1}),
                        Map::block(0, 5, 1)};
    for (const Map& map : maps) {
        for (std::int64_t first = 0; first < map.length(); ++first) {
            for (std::int64_t step : {1, 2, 3, 7, 100, -1, -2, -3, -5, -100}) {
                std::int64_t most =
                    step > 0 ? (map.length() - 1 - first) / step + 1 : first / -step + 1;
                for (std::int64_t length : {most, most / 2, std::int64_t{0}}) {
                    Map slice = map.slice(first, step, length);
                    ASSERT_EQ(slice.length(), length);
                    expect_whole(slice);
                    for (std::int64_t i = 0; i < length; ++i)
                        EXPECT_EQ(slice.owner(i), map.owner(first + step * i));
                }
            }
        }
    }
}

TEST(Map, ASliceOfASliceIsASlice) {
    Map map = Map::block(0, 50, 3);
    Map slice = map.slice(40, -3, 12).slice(10, -2, 5);
    expect_whole(slice);
    for (std::int64_t i = 0; i < 5; ++i)
        EXPECT_EQ(slice.owner(i), map.owner(40 - 3 * (10 - 2 * i)));
}

TEST(Map, AnOffsetPastTheLayoutStillHasOwners) {
    for (std::int64_t start : {-4, 2, 9})
        for (std::int64_t step : {1, -1})
            expect_whole(Map::block(0, 10, 3).slice(0, step, 10).at_start(start));
}

TEST(Map, Comparisons) {
    Map map = Map::block(0, 10, 3);
    EXPECT_EQ(&map.layout(), &Map::block(1, 10, 3).layout());
    EXPECT_TRUE(map == Map::blocks(0, {4, 3, 3}));
    EXPECT_FALSE(map == map.with_axis(1));
    EXPECT_FALSE(map == Map::blocks(0, {3, 4, 3}));
    Map low = map.slice(0, 1, 8);
    Map high = map.slice(2, 1, 8);
    EXPECT_TRUE(low.same_layout(high));
    EXPECT_FALSE(low == high);
    EXPECT_FALSE(low.same_owners(high));
    EXPECT_TRUE(low.at_start(2) == high);
    EXPECT_FALSE(map.same_layout(map.slice(9, -1, 10)));
    // Other layouts may still give each index the same owner.
    EXPECT_TRUE(map.slice(0, 2, 5).same_owners(Map::blocks(0, {2, 2, 1})));
    EXPECT_TRUE(map.slice(5, 1, 0).same_owners(Map::block(0, 0, 3)));
    EXPECT_FALSE(map.same_owners(Map::block(0, 10, 4)));
}

TEST(Map, BoxesAndWhatMoves) {
    Dims shape{6, 4};
    Map rows = Map::block(0, 6, 3);
    Map columns = Map::block(1, 4, 3);
    Box box = box_of(&rows, shape, 1);
    EXPECT_EQ(box.first, (Dims{2, 0}));
    EXPECT_EQ(box.shape, (Dims{2, 4}));
    EXPECT_EQ(box_of(nullptr, shape, 2).count(), 24);
    Box both = intersect(box, box_of(&columns, shape, 0));
    EXPECT_EQ(both.first, (Dims{2, 0}));
    EXPECT_EQ(both.shape, (Dims{2, 2}));
    EXPECT_EQ(intersect(box, box_of(&rows, shape, 2)).count(), 0);

    EXPECT_EQ(elements_moved(&rows, &rows, shape, 3), 0);
    // Each keeps two rows of its columns: 2 * (2 + 1 + 1) of 24.
    EXPECT_EQ(elements_moved(&rows, &columns, shape, 3), 16);
    EXPECT_EQ(elements_moved(&rows, nullptr, shape, 3), 2 * 24);
    EXPECT_EQ(elements_moved(nullptr, &rows, shape, 3), 0);
    Map all = Map::block(0, 10, 3);
    EXPECT_EQ(elements_moved(&all, &all, {10}, 3), 0);
    Map low = all.slice(0, 1, 8);
    Map high = all.slice(2, 1, 8);
    EXPECT_EQ(elements_moved(&low, &high, {8}, 3), 4);
}

}  // namespace
}  // namespace hpxpy::maps
