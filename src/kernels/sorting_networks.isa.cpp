// Sorts some thousand keys alone for one instruction set, by a network that compares whole vectors, so no
// branch depends on keys (K. E. Batcher, Sorting networks and their applications, 1968). Each lane of the
// vectors is sorted by itself, then lanes are merged with their neighbours.
// SPDX-License-Identifier: BSL-1.0
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

// Without vectors that know the smaller one of two unsigned numbers, digits are the faster way.
#ifdef __AVX2__

#ifdef __AVX512F__
constexpr int vector_bytes = 64;
#else
constexpr int vector_bytes = 32;
#endif

template <class Key>
struct Lanes {
    typedef Key Vector __attribute__((vector_size(vector_bytes)));
    static constexpr int lanes = vector_bytes / static_cast<int>(sizeof(Key));
    /// So many rows are sorted in registers.
    static constexpr int block = 16;

    static void exchange(Vector& a, Vector& b) {
        Vector low = a < b ? a : b;
        b = a < b ? b : a;
        a = low;
    }
    template <int distance, int... i>
    static void clean(Vector* x, std::integer_sequence<int, i...>) {
        ((i & distance ? void() : exchange(x[i], x[i + distance])), ...);
    }
    template <int half, int... i>
    static void flip(Vector* x, std::integer_sequence<int, i...>) {
        ((i & half ? void() : exchange(x[i], x[i ^ (2 * half - 1)])), ...);
    }
    static constexpr auto each = std::make_integer_sequence<int, block>{};

    static void sort_block(Vector* rows) {
        Vector x[block];
        for (int i = 0; i < block; ++i) x[i] = rows[i];
        flip<1>(x, each);
        flip<2>(x, each);
        clean<1>(x, each);
        flip<4>(x, each);
        clean<2>(x, each);
        clean<1>(x, each);
        flip<8>(x, each);
        clean<4>(x, each);
        clean<2>(x, each);
        clean<1>(x, each);
        for (int i = 0; i < block; ++i) rows[i] = x[i];
    }
    static void merge_block(Vector* rows) {
        Vector x[block];
        for (int i = 0; i < block; ++i) x[i] = rows[i];
        clean<8>(x, each);
        clean<4>(x, each);
        clean<2>(x, each);
        clean<1>(x, each);
        for (int i = 0; i < block; ++i) rows[i] = x[i];
    }
    // What rises and then falls, or the other way, in each lane of `count` rows becomes sorted.
    static void merge_rows(Vector* rows, int count) {
        int length = count;
        for (; length >= 4 * block; length /= 4)
            for (int first = 0; first < count; first += length) {
                int quarter = length / 4;
                for (int i = first; i < first + quarter; ++i) {
                    Vector x[4] = {rows[i], rows[i + quarter], rows[i + 2 * quarter],
                                   rows[i + 3 * quarter]};
                    exchange(x[0], x[2]);
                    exchange(x[1], x[3]);
                    exchange(x[0], x[1]);
                    exchange(x[2], x[3]);
                    for (int k = 0; k < 4; ++k) rows[i + k * quarter] = x[k];
                }
            }
        if (length == 2 * block)
            for (int first = 0; first < count; first += length)
                for (int i = first; i < first + block; ++i) exchange(rows[i], rows[i + block]);
        for (int first = 0; first < count; first += block) merge_block(rows + first);
    }
    static void sort_lanes(Vector* rows, int count) {
        for (int first = 0; first < count; first += block) sort_block(rows + first);
        for (int half = block; half < count; half *= 2)
            for (int first = 0; first < count; first += 2 * half) {
                Vector* pair = rows + first;
                for (int i = 0; i < half; ++i) exchange(pair[i], pair[2 * half - 1 - i]);
                merge_rows(pair, half);
                merge_rows(pair + half, half);
            }
    }
    // Lane k of the result is lane k ^ bits of x.
    template <int bits, int... lane>
    static Vector crossed(Vector x, std::integer_sequence<int, lane...>) {
        return __builtin_shufflevector(x, x, (lane ^ bits)...);
    }
    // The smaller elements in lanes without `bit`, the larger ones in those with it.
    template <int bit, int... lane>
    static Vector chosen(Vector x, Vector other, std::integer_sequence<int, lane...>) {
        constexpr Vector upper = {static_cast<Key>(lane & bit ? ~Key(0) : Key(0))...};
        Vector low = x < other ? x : other, high = x < other ? other : x;
        return upper != 0 ? high : low;
    }
    template <int bit>
    static void clean_lanes(Vector* rows, int count) {
        constexpr auto all = std::make_integer_sequence<int, lanes>{};
        for (int i = 0; i < count; ++i)
            rows[i] = chosen<bit>(rows[i], crossed<bit>(rows[i], all), all);
        if constexpr (bit > 1) clean_lanes<bit / 2>(rows, count);
    }
    // Groups of `half` lanes, each sorted from lane to lane, become groups of twice as many.
    template <int half>
    static void merge_lanes(Vector* rows, int count) {
        constexpr auto all = std::make_integer_sequence<int, lanes>{};
        for (int i = 0; i < count / 2; ++i) {
            Vector a = rows[i], b = rows[count - 1 - i];
            rows[i] = chosen<half>(a, crossed<2 * half - 1>(b, all), all);
            rows[count - 1 - i] = chosen<half>(b, crossed<2 * half - 1>(a, all), all);
        }
        if constexpr (half > 1) clean_lanes<half / 2>(rows, count);
        merge_rows(rows, count);
        if constexpr (2 * half < lanes) merge_lanes<2 * half>(rows, count);
    }

    static void sort(void* keys, std::int64_t n) {
        alignas(vector_bytes) Vector rows[network_bytes / vector_bytes];
        int count = block;
        while (count * lanes < n) count *= 2;
        auto bytes = static_cast<std::size_t>(n) * sizeof(Key);
        for (auto i = static_cast<int>(n) / lanes; i < count; ++i) rows[i] = ~Vector{};
        std::memcpy(rows, keys, bytes);
        sort_lanes(rows, count);
        merge_lanes<1>(rows, count);
        Key* out = static_cast<Key*>(keys);
        for (std::int64_t first = 0, lane = 0; first < n; first += count, ++lane) {
            std::int64_t rest = n - first < count ? n - first : count;
            for (std::int64_t i = 0; i < rest; ++i) out[first + i] = rows[i][lane];
        }
    }
};

#endif

}  // namespace

void fill_networks([[maybe_unused]] Table& table) {
#ifdef __AVX2__
    table.networks[1] = Lanes<std::uint16_t>::sort;
    table.networks[2] = Lanes<std::uint32_t>::sort;
#endif
#ifdef __AVX512F__
    table.networks[3] = Lanes<std::uint64_t>::sort;
#endif
}

}  // namespace hpxpy::kernels::HPXPY_ISA
