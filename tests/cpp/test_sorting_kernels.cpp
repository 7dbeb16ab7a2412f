// Sorted runs become one: as a stable sort of both gives it, wherever the result is cut.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/sorting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <complex>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace hpxpy::kernels {
namespace {

template <class T>
T element(std::mt19937& random) {
    // Few values, so that many are equal.
    auto value = static_cast<double>(random() % 7);
    bool nan = random() % 5 == 0, negative = random() % 2;
    if constexpr (std::is_integral_v<T>) {
        return static_cast<T>(value);
    } else if constexpr (std::is_floating_point_v<T>) {
        return nan ? std::numeric_limits<T>::quiet_NaN()
                   : static_cast<T>(negative ? -value : value);
    } else {
        using Part = typename T::value_type;
        return {nan ? std::numeric_limits<Part>::quiet_NaN() : static_cast<Part>(value),
                static_cast<Part>(negative ? -value : value)};
    }
}

// The order of elements by the library's own search: a is before b where b is inserted behind a.
template <class T>
bool comes_before(DType dtype, const T& a, const T& b) {
    std::int64_t place = 0;
    search(dtype)(&place, &a, 1, &b, 1, false);
    return place == 1;
}

template <class T>
void check(DType dtype) {
    std::mt19937 random(7);
    const Merging& loops = merging(dtype);
    for (auto [n_first, n_second] : {std::pair{0, 0}, {0, 5}, {5, 0}, {1, 1}, {40, 17}, {23, 60}}) {
        std::vector<T> runs;
        for (int i = 0; i < n_first + n_second; ++i) runs.push_back(element<T>(random));
        auto less = [&](const T& a, const T& b) { return comes_before(dtype, a, b); };
        std::stable_sort(runs.begin(), runs.begin() + n_first, less);
        std::stable_sort(runs.begin() + n_first, runs.end(), less);
        std::vector<std::int64_t> order(runs.size());
        std::iota(order.begin(), order.end(), 0);
        std::vector<std::int64_t> numbers = order;
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
            return less(runs[static_cast<std::size_t>(i)], runs[static_cast<std::size_t>(j)]);
        });
        const T *a = runs.data(), *b = a + n_first;
        auto n = static_cast<std::int64_t>(runs.size());
        for (std::int64_t cut = 0; cut <= n; ++cut) {
            std::vector<T> out(runs.size());
            std::vector<std::int64_t> out_numbers(runs.size());
            std::int64_t i = loops.split(a, n_first, b, n_second, cut), j = cut - i;
            loops.move(out.data(), out_numbers.data(), a, numbers.data(), i, b,
                       numbers.data() + n_first, j);
            loops.move(out.data() + cut, out_numbers.data() + cut, a + i, numbers.data() + i,
                       n_first - i, b + j, numbers.data() + n_first + j, n_second - j);
            ASSERT_EQ(out_numbers, order) << cut << " of " << n_first << " and " << n_second;
            for (std::size_t k = 0; k < out.size(); ++k)
                ASSERT_EQ(
                    std::memcmp(&out[k], &runs[static_cast<std::size_t>(order[k])], sizeof(T)), 0);
            std::vector<T> alone(runs.size());
            loops.move(alone.data(), nullptr, a, nullptr, n_first, b, nullptr, n_second);
            ASSERT_EQ(std::memcmp(alone.data(), out.data(), out.size() * sizeof(T)), 0);
        }
    }
}

TEST(Merging, IsThatOfAStableSort) {
    check<std::int8_t>(DType::int8);
    check<std::int32_t>(DType::int32);
    check<std::uint64_t>(DType::uint64);
    check<float>(DType::float32);
    check<double>(DType::float64);
    check<std::complex<double>>(DType::complex128);
}

}  // namespace
}  // namespace hpxpy::kernels
