// Short rows of keys go through networks of comparators in registers: merge exchange (Knuth, The Art of
// Computer Programming 3, 5.2.2, algorithm M), without a branch.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/sorting_rows.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "kernels/sorting_few.hpp"

namespace hpxpy::kernels {

namespace {

constexpr std::size_t longest = 16;

struct Comparators {
    std::array<std::pair<std::size_t, std::size_t>, 64> pairs = {};
    std::size_t count = 0;
};

constexpr Comparators comparators_for(std::size_t n) {
    Comparators result;
    std::size_t top = 1;
    while (2 * top < n) top *= 2;
    for (std::size_t p = top; p > 0; p /= 2) {
        std::size_t q = top, r = 0, d = p;
        while (true) {
            for (std::size_t i = 0; i + d < n; ++i)
                if ((i & p) == r) result.pairs[result.count++] = {i, i + d};
            if (q == p) break;
            d = q - p;
            q /= 2;
            r = p;
        }
    }
    return result;
}

template <class Key>
void exchange(Key& a, Key& b) {
    const Key low = b < a ? b : a, high = b < a ? a : b;
    a = low;
    b = high;
}

template <std::size_t n, class Key>
void sort_rows_of(Key* keys, std::int64_t rows) {
    static constexpr Comparators network = comparators_for(n);
    for (std::int64_t row = 0; row < rows; ++row, keys += n) {
        Key x[n];
        std::copy_n(keys, n, x);
        [&]<std::size_t... i>(std::index_sequence<i...>) {
            (exchange(x[network.pairs[i].first], x[network.pairs[i].second]), ...);
        }
        (std::make_index_sequence<network.count>());
        std::copy_n(x, n, keys);
    }
}

// Calls the network for rows of n keys, 2 or more; false if there is none.
template <class Key, std::size_t... less_two>
bool by_network(Key* keys, std::int64_t rows, std::int64_t n, std::index_sequence<less_two...>) {
    return ((n == static_cast<std::int64_t>(less_two) + 2 &&
             (sort_rows_of<less_two + 2>(keys, rows), true)) ||
            ...);
}

}  // namespace

template <class Key>
void sort_rows(Key* keys, Key* other, std::int64_t rows, std::int64_t n) {
    if (n < 2 || by_network(keys, rows, n, std::make_index_sequence<longest - 1>())) return;
    for (std::int64_t row = 0; row < rows; ++row) sort_few(keys + row * n, other, n);
}

#define HPXPY_SORT_ROWS(Key) template void sort_rows(Key*, Key*, std::int64_t, std::int64_t)
HPXPY_SORT_ROWS(std::uint8_t);
HPXPY_SORT_ROWS(std::uint16_t);
HPXPY_SORT_ROWS(std::uint32_t);
HPXPY_SORT_ROWS(std::uint64_t);
#undef HPXPY_SORT_ROWS

}  // namespace hpxpy::kernels
