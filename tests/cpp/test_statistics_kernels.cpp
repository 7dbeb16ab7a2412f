// Counting and selection: ranks among equal elements and nan, bounds that a sample gives.
// SPDX-License-Identifier: BSL-1.0
#include <iterator>

#include "base/error.hpp"
#include "kernel_tools.hpp"
#include "kernels/statistics.hpp"

namespace hpxpy::kernels {
namespace {

template <class T>
bool comes_before(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
        return a < b || (b != b && a == a);
    else
        return a < b;
}

template <class T>
void check_selection() {
    const Selection& loops = selection(dtype_of<T>);
    for (std::size_t n : {1u, 2u, 7u, 100u, 20000u}) {
        std::vector<T> x = values<T>(n, 21), sorted = x;
        std::sort(sorted.begin(), sorted.end(), comes_before<T>);
        auto count = static_cast<std::int64_t>(n);
        std::vector<std::int64_t> ranks{0, count / 3, count / 2, count / 2, count - 1};
        std::vector<T> shuffled = x, out(ranks.size());
        loops.select(out.data(), shuffled.data(), count, ranks.data(),
                     static_cast<std::int64_t>(ranks.size()));
        for (std::size_t k = 0; k < ranks.size(); ++k)
            EXPECT_TRUE(same(out[k], sorted[static_cast<std::size_t>(ranks[k])]) ||
                        out[k] == sorted[static_cast<std::size_t>(ranks[k])]);

        for (std::int64_t rank : {std::int64_t{0}, count / 2, count - 1}) {
            T low, high;
            loops.bounds(&low, &high, x.data(), count, rank, rank);
            EXPECT_FALSE(comes_before(high, low));
            std::vector<T> inside(n);
            Split split = loops.split(inside.data(), x.data(), count, &low, &high);
            auto is_low = [&](T v) { return !comes_before(v, low) && !comes_before(low, v); };
            auto is_high = [&](T v) { return !comes_before(v, high) && !comes_before(high, v); };
            auto is_inside = [&](T v) { return comes_before(low, v) && comes_before(v, high); };
            std::vector<T> wanted;
            std::copy_if(x.begin(), x.end(), std::back_inserter(wanted), is_inside);
            ASSERT_EQ(split.inside, static_cast<std::int64_t>(wanted.size()));
            for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_TRUE(same(inside[i], wanted[i]));
            EXPECT_EQ(split.at_low, std::count_if(x.begin(), x.end(), is_low));
            EXPECT_EQ(split.below,
                      std::count_if(x.begin(), x.end(), [&](T v) { return comes_before(v, low); }));
            if (comes_before(low, high))
                EXPECT_EQ(split.at_high, std::count_if(x.begin(), x.end(), is_high));
            else
                EXPECT_EQ(split.at_high, 0);
        }
    }
}

TEST(Selection, OfEachRealDtype) {
    check_selection<std::int8_t>();
    check_selection<std::uint16_t>();
    check_selection<std::int64_t>();
    check_selection<std::uint64_t>();
    check_selection<float>();
    check_selection<double>();
}

TEST(Selection, BoundsHoldTheRank) {
    std::vector<double> x(100000);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * 7919 % x.size());
    for (std::int64_t rank : {1000, 50000, 99000}) {
        double low, high;
        selection(DType::float64).bounds(&low, &high, x.data(), 100000, rank, rank + 1);
        EXPECT_LE(low, static_cast<double>(rank));
        EXPECT_GE(high, static_cast<double>(rank + 1));
        EXPECT_LT(high - low, 20000);
    }
}

TEST(Counting, OfPositions) {
    std::vector<std::int64_t> positions{3, 0, 3, 3, 1}, counts(5, 10);
    count_positions(counts.data(), positions.data(), 5);
    EXPECT_EQ(counts, (std::vector<std::int64_t>{11, 11, 10, 13, 10}));
    std::vector<double> weights{0.5, 2, 1, 1, -4}, sums(4, 0);
    add_weights(sums.data(), positions.data(), weights.data(), 5);
    EXPECT_EQ(sums, (std::vector<double>{2, -4, 0, 2.5}));
}

TEST(Interpolation, BetweenAtAndOutsidePoints) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> xp{0, 1, 3, 3, 4}, fp{0, 2, 2, 5, 1};
    std::vector<double> x{-1, 0, 0.5, 1, 2, 3, 3.5, 4, 5, nan}, out(x.size());
    interpolate(out.data(), x.data(), 10, xp.data(), fp.data(), 5, -7, 7);
    for (std::size_t i = 0; i < 9; ++i)
        EXPECT_EQ(out[i], (std::vector<double>{-7, 0, 1, 2, 2, 5, 3, 1, 7}[i])) << x[i];
    EXPECT_NE(out[9], out[9]);
    interpolate(out.data(), x.data(), 10, xp.data(), fp.data(), 1, -7, 7);
    EXPECT_EQ(out[0], -7);
    EXPECT_EQ(out[1], 0);
    EXPECT_EQ(out[4], 7);
    EXPECT_EQ(out[9], 0);
}

TEST(Selection, RefusesComplexNumbers) { EXPECT_THROW(selection(DType::complex64), TypeError); }

}  // namespace
}  // namespace hpxpy::kernels
