// Philox against the known answers of its authors' library Random123, and elements that do not depend on where a
// range of them begins.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "kernels/random.hpp"
#include "kernels/variates.hpp"

namespace hpxpy::kernels {
namespace {

using Words = std::array<std::uint32_t, 4>;

Words block(std::uint64_t key, std::uint64_t call, std::uint64_t counter) {
    Words words{};
    philox(words.data(), {key, call}, counter, 1);
    return words;
}

TEST(Random, PhiloxGivesTheKnownAnswers) {
    EXPECT_EQ(block(0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    constexpr std::uint64_t ones = ~std::uint64_t{0};
    EXPECT_EQ(block(ones, ones, ones), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(block(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88),
              (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, BlocksDoNotDependOnTheirNeighbours) {
    std::vector<std::uint32_t> many(4 * 100);
    philox(many.data(), {5, 6}, 7, 100);
    for (std::uint64_t b = 0; b < 100; ++b) {
        Words one = block(5, 6, 7 + b);
        EXPECT_TRUE(std::equal(one.begin(), one.end(), many.begin() + static_cast<long>(4 * b)));
    }
}

template <class T, class Make>
void check_ranges(const Make& make) {
    constexpr std::int64_t length = 5000;
    std::vector<T> whole(length);
    make(whole.data(), 0, length);
    for (std::int64_t first : {0, 1, 2, 3, 5, 2047, 2049})
        for (std::int64_t n : {0, 1, 2, 3, 31, 129, 2048, 2900}) {
            std::vector<T> part(static_cast<std::size_t>(n) + 1, T(7));
            make(part.data(), first, n);
            EXPECT_TRUE(std::equal(part.begin(), part.end() - 1, whole.begin() + first));
            EXPECT_EQ(part.back(), T(7));
        }
}

TEST(Random, ElementsDependOnTheirPositionAlone) {
    RandomStream stream{123, 4};
    check_ranges<double>([&](double* out, std::int64_t first, std::int64_t n) {
        random_uniform(out, stream, first, n);
    });
    check_ranges<float>([&](float* out, std::int64_t first, std::int64_t n) {
        random_uniform(out, stream, first, n);
    });
    check_ranges<std::uint64_t>([&](std::uint64_t* out, std::int64_t first, std::int64_t n) {
        random_bits(out, stream, first, n);
    });
    check_ranges<std::uint64_t>([&](std::uint64_t* out, std::int64_t first, std::int64_t n) {
        std::uint64_t low = 10, count = 1000;
        random_integers(out, stream, first, n, {&low, 0, &count, 0});
    });
}

TEST(Random, OneBlockIsThatOfMany) {
    for (std::uint64_t b : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0}}) {
        Words one{};
        philox_block(one.data(), {0xa4093822299f31d0, ~std::uint64_t{5}}, b);
        EXPECT_EQ(one, block(0xa4093822299f31d0, ~std::uint64_t{5}, b));
    }
}

TEST(Random, NumbersByRejectionDependOnTheirPositionAlone) {
    RandomStream stream{123, 4};
    double mean = 40, trials = 100, half = 0.5, shape = 0.7;
    check_ranges<std::int64_t>([&](std::int64_t* out, std::int64_t first, std::int64_t n) {
        random_poisson(out, stream, first, n, {&mean, 0});
    });
    check_ranges<std::int64_t>([&](std::int64_t* out, std::int64_t first, std::int64_t n) {
        random_binomial(out, stream, first, n, {&trials, 0}, {&half, 0});
    });
    check_ranges<double>([&](double* out, std::int64_t first, std::int64_t n) {
        random_gamma(out, stream, first, n, {&shape, 0});
    });
    check_ranges<double>([&](double* out, std::int64_t first, std::int64_t n) {
        random_beta(out, stream, first, n, {&shape, 0}, {&half, 0});
    });
}

TEST(Random, EachElementHasItsOwnParameters) {
    constexpr std::int64_t n = 2000;
    RandomStream stream{5, 6};
    std::vector<double> means(n);
    for (std::int64_t i = 0; i < n; ++i) means[static_cast<std::size_t>(i)] = i % 2 ? 3 : 300;
    std::vector<std::int64_t> mixed(n), few(n), many(n);
    random_poisson(mixed.data(), stream, 10, n, {means.data(), 1});
    random_poisson(few.data(), stream, 10, n, {means.data() + 1, 0});
    random_poisson(many.data(), stream, 10, n, {means.data(), 0});
    for (std::size_t i = 0; i < mixed.size(); ++i) EXPECT_EQ(mixed[i], i % 2 ? few[i] : many[i]);
}

TEST(Random, UniformNumbersAreTheUpperBits) {
    std::vector<std::uint64_t> bits(1000);
    std::vector<double> wide(1000);
    std::vector<float> narrow(2000);
    RandomStream stream{9, 1};
    random_bits(bits.data(), stream, 0, 1000);
    random_uniform(wide.data(), stream, 0, 1000);
    random_uniform(narrow.data(), stream, 0, 2000);
    for (std::size_t i = 0; i < 1000; ++i) {
        EXPECT_EQ(wide[i], static_cast<double>(bits[i] >> 11) * 0x1p-53);
        EXPECT_EQ(narrow[2 * i], static_cast<float>((bits[i] & 0xFFFFFFFF) >> 8) * 0x1p-24F);
        EXPECT_EQ(narrow[2 * i + 1], static_cast<float>(bits[i] >> 40) * 0x1p-24F);
    }
}

}  // namespace
}  // namespace hpxpy::kernels
