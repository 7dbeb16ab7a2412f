// Parts of one tree, joined in any grouping.
// SPDX-License-Identifier: BSL-1.0
#include "exec/forest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "plan/step.hpp"

namespace hpxpy {
namespace {

std::vector<double> elements(std::int64_t count) {
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal;
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) value = normal(random);
    return values;
}

// What a locality with these elements gives.
std::vector<char> forest_of_part(const std::vector<double>& all, std::int64_t first,
                                 std::int64_t last, Reduction reduction, bool scan) {
    auto whole = static_cast<std::int64_t>(all.size());
    Forest forest{first, last, whole, reduction, DType::float64, scan};
    ForestLayout layout(forest);
    const auto& loops = kernels::reduction(reduction, DType::float64);
    const std::int64_t block = reduction_block(DType::float64);
    ForestNodes nodes(loops, forest.siblings());
    for (std::int64_t b = layout.begin; b < layout.end; ++b) {
        std::int64_t count = std::min(block, whole - b * block);
        alignas(16) char state[32];
        if (scan)
            kernels::scan(reduction, DType::float64).total_block(&all[b * block], count, state);
        else
            loops.reduce_rows(state, &all[b * block], 1, count, 0);
        nodes.add(b, 1, state);
    }
    std::vector<char> memory(static_cast<std::size_t>(forest.most_bytes()));
    write_forest(forest, nodes, memory.data());
    auto copy = [&](std::int64_t at, std::int64_t from, std::int64_t count) {
        if (count > 0)
            std::memcpy(memory.data() + at, &all[static_cast<std::size_t>(from)],
                        static_cast<std::size_t>(count * 8));
    };
    copy(layout.head_at, first, layout.head);
    copy(layout.tail_at, last - layout.tail, layout.tail);
    EXPECT_LE(layout.bytes, forest.most_bytes());
    return memory;
}

double value_of(const std::vector<char>& forest, Reduction reduction) {
    const auto& loops = kernels::reduction(reduction, DType::float64);
    alignas(16) char state[32];
    join_forest(forest.data(), state);
    double value = 0;
    if (loops.finish)
        loops.finish(&value, state, 1);
    else
        std::memcpy(&value, state, sizeof value);
    return value;
}

TEST(Forests, JoinInAnyGroupingToTheSameBits) {
    std::mt19937_64 random(11);
    for (std::int64_t count : {1, 5, 511, 512, 513, 3000, 40'000, 300'007}) {
        const std::vector<double> all = elements(count);
        for (bool scan : {false, true})
            for (Reduction reduction : {Reduction::sum, Reduction::prod, Reduction::_squares}) {
                if (scan && reduction == Reduction::_squares) continue;
                const std::vector<char> whole = forest_of_part(all, 0, count, reduction, scan);
                for (int trial = 0; trial < 20; ++trial) {
                    std::vector<std::int64_t> bounds{0, count};
                    for (int i = 0; i < 6; ++i)
                        bounds.push_back(
                            std::uniform_int_distribution<std::int64_t>(0, count)(random));
                    std::sort(bounds.begin(), bounds.end());
                    std::vector<std::vector<char>> parts;
                    for (std::size_t i = 0; i + 1 < bounds.size(); ++i)
                        parts.push_back(
                            forest_of_part(all, bounds[i], bounds[i + 1], reduction, scan));
                    while (parts.size() > 1) {
                        std::size_t left = random() % (parts.size() - 1);
                        // Localities of a reversed view come in the other order.
                        std::size_t into = random() % 2 ? left + 1 : left;
                        join_forests(parts[left + left + 1 - into].data(), parts[into].data(), 1);
                        parts.erase(parts.begin() +
                                    static_cast<std::ptrdiff_t>(2 * left + 1 - into));
                    }
                    ASSERT_EQ(forest_bytes(parts[0].data()), forest_bytes(whole.data()));
                    double got = value_of(parts[0], reduction), wanted = value_of(whole, reduction);
                    ASSERT_EQ(std::memcmp(&got, &wanted, sizeof got), 0)
                        << count << " elements, " << row(reduction).name;
                }
            }
    }
}

TEST(Forests, ThatDoNotContinueEachOtherAreLeftAlone) {
    const std::vector<double> all = elements(3000);
    std::vector<char> a = forest_of_part(all, 0, 700, Reduction::sum, false);
    std::vector<char> b = forest_of_part(all, 900, 3000, Reduction::sum, false), before = b;
    join_forests(a.data(), b.data(), 1);
    EXPECT_EQ(b, before);
}

TEST(Forests, OfNothingIsTheIdentity) {
    std::vector<char> nothing = forest_of_part({}, 0, 0, Reduction::prod, false);
    EXPECT_EQ(value_of(nothing, Reduction::prod), 1);
}

}  // namespace
}  // namespace hpxpy
