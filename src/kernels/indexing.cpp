// Loops of indexing with arrays and masks.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/indexing.hpp"

#include <bit>
#include <cstring>
#include <limits>

namespace hpxpy::kernels {

namespace {

struct Sixteen {
    std::uint64_t parts[2];
};

// Copies one element; memory of unsigned elements may hold any type of that size.
template <class T>
void move(T* to, const T* from) {
    std::memcpy(to, from, sizeof(T));
}

// Pieces of a size that the compiler knows.
template <class T, std::size_t bytes>
void fetch_pieces(T* to, std::int64_t dst_stride, const T* from, const std::int64_t* offsets,
                  std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) std::memcpy(to + i * dst_stride, from + offsets[i], bytes);
}

template <class T>
void fetch_runs(T* to, std::int64_t dst_stride, const T* from, const std::int64_t* offsets,
                std::int64_t n, std::size_t bytes) {
    switch (bytes) {
        case 2:
            return fetch_pieces<T, 2>(to, dst_stride, from, offsets, n);
        case 4:
            return fetch_pieces<T, 4>(to, dst_stride, from, offsets, n);
        case 8:
            return fetch_pieces<T, 8>(to, dst_stride, from, offsets, n);
        case 16:
            return fetch_pieces<T, 16>(to, dst_stride, from, offsets, n);
        case 32:
            return fetch_pieces<T, 32>(to, dst_stride, from, offsets, n);
        case 64:
            return fetch_pieces<T, 64>(to, dst_stride, from, offsets, n);
        default:
            for (std::int64_t i = 0; i < n; ++i)
                std::memcpy(to + i * dst_stride, from + offsets[i], bytes);
    }
}

// So many elements of each row, in registers' reach.
template <class T, int n>
void fetch_few(T* to, std::int64_t dst_row, std::int64_t dst_stride, const T* from,
               std::int64_t src_row, std::int64_t rows, const std::int64_t* offsets) {
    std::int64_t at[n];
    for (int i = 0; i < n; ++i) at[i] = offsets[i];
    for (std::int64_t r = 0; r < rows; ++r) {
        T* row = to + r * dst_row;
        const T* source = from + r * src_row;
        for (int i = 0; i < n; ++i) move(row + i * dst_stride, source + at[i]);
    }
}

template <class T>
void fetch_rows(void* dst, std::int64_t dst_row, std::int64_t dst_stride, const void* src,
                std::int64_t src_row, std::int64_t rows, const std::int64_t* offsets,
                std::int64_t n) {
    T* to = static_cast<T*>(dst);
    const T* from = static_cast<const T*>(src);
    // Some rows at a time, which stay in the caches until all their elements are fetched.
    constexpr std::int64_t together = 64;
    constexpr std::int64_t few = 4;
    for (std::int64_t r = 0; r < rows; r += together) {
        T* block = to + r * dst_row;
        const T* source = from + r * src_row;
        std::int64_t count = rows - r < together ? rows - r : together;
        std::int64_t i = 0;
        for (; i + few <= n; i += few)
            fetch_few<T, few>(block + i * dst_stride, dst_row, dst_stride, source, src_row, count,
                              offsets + i);
        block += i * dst_stride;
        if (n - i == 3)
            fetch_few<T, 3>(block, dst_row, dst_stride, source, src_row, count, offsets + i);
        else if (n - i == 2)
            fetch_few<T, 2>(block, dst_row, dst_stride, source, src_row, count, offsets + i);
        else if (n - i == 1)
            fetch_few<T, 1>(block, dst_row, dst_stride, source, src_row, count, offsets + i);
    }
}

template <class T>
void fetch(void* dst, std::int64_t dst_stride, const void* src, const std::int64_t* offsets,
           std::int64_t n, std::int64_t run, std::int64_t src_stride) {
    T* to = static_cast<T*>(dst);
    const T* from = static_cast<const T*>(src);
    if (run == 1) {
        for (std::int64_t i = 0; i < n; ++i) move(to + i * dst_stride, from + offsets[i]);
    } else if (src_stride == 1) {
        fetch_runs(to, dst_stride, from, offsets, n, static_cast<std::size_t>(run) * sizeof(T));
    } else {
        for (std::int64_t i = 0; i < n; ++i)
            for (std::int64_t c = 0; c < run; ++c)
                move(to + i * dst_stride + c, from + offsets[i] + c * src_stride);
    }
}

template <class T>
void put(void* dst, const std::int64_t* offsets, std::int64_t n, std::int64_t run,
         std::int64_t dst_stride, const void* src, std::int64_t src_row, std::int64_t src_stride,
         std::int64_t low, std::int64_t high) {
    T* to = static_cast<T*>(dst);
    const T* from = static_cast<const T*>(src);
    if (run == 1 && low == std::numeric_limits<std::int64_t>::min()) {
        for (std::int64_t i = 0; i < n; ++i) move(to + offsets[i], from + i * src_row);
        return;
    }
    if (run == 1) {
        // What is not ours goes nowhere: a branch would often be guessed wrong.
        T nowhere;
        for (std::int64_t i = 0; i < n; ++i) {
            bool own = (offsets[i] >= low) & (offsets[i] < high);
            T* target = own ? to + offsets[i] : &nowhere;
            move(target, from + i * src_row);
        }
        return;
    }
    for (std::int64_t i = 0; i < n; ++i) {
        if (offsets[i] < low || offsets[i] >= high) continue;
        for (std::int64_t c = 0; c < run; ++c)
            move(to + offsets[i] + c * dst_stride, from + i * src_row + c * src_stride);
    }
}

// Without branches: every element is written where the next true one belongs. The last true one ends
// the loop, so nothing is written behind it.
template <class T>
void compress(void* dst, const void* src, std::int64_t src_stride, const bool* mask,
              std::int64_t count) {
    T* to = static_cast<T*>(dst);
    const T* from = static_cast<const T*>(src);
    std::int64_t found = 0;
    for (std::int64_t i = 0; found < count; ++i) {
        move(to + found, from + i * src_stride);
        found += mask[i];
    }
}

template <class T>
void expand(void* dst, std::int64_t dst_stride, const void* src, std::int64_t src_stride,
            const bool* mask, std::int64_t n) {
    T* to = static_cast<T*>(dst);
    const T* from = static_cast<const T*>(src);
    for (std::int64_t i = 0; i < n; ++i)
        if (mask[i]) {
            move(to + i * dst_stride, from);
            from += src_stride;
        }
}

template <class T>
constexpr Indexing loops = {fetch<T>, fetch_rows<T>, put<T>, compress<T>, expand<T>};

constexpr Indexing by_size[] = {loops<std::uint8_t>, loops<std::uint16_t>, loops<std::uint32_t>,
                                loops<std::uint64_t>, loops<Sixteen>};

}  // namespace

const Indexing& indexing(std::int64_t itemsize) {
    return by_size[std::countr_zero(static_cast<std::uint64_t>(itemsize))];
}

std::int64_t count_true(const bool* mask, std::int64_t n) {
    std::int64_t count = 0, i = 0;
    for (; i + 8 <= n; i += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, mask + i, 8);
        count += std::popcount(eight);
    }
    for (; i < n; ++i) count += mask[i];
    return count;
}

void true_positions(std::int64_t* out, const bool* mask, std::int64_t first, std::int64_t count) {
    std::int64_t found = 0;
    for (std::int64_t i = 0; found < count; ++i) {
        out[found] = first + i;
        found += mask[i];
    }
}

bool all_in_range(const std::int64_t* positions, std::int64_t n, std::int64_t length) {
    // The sign of one of these tells a position that is negative or too large; sums and differences come in
    // vectors everywhere.
    std::uint64_t signs = 0, last = static_cast<std::uint64_t>(length) - 1;
    for (std::int64_t i = 0; i < n; ++i) {
        auto position = static_cast<std::uint64_t>(positions[i]);
        signs |= position | (last - position);
    }
    return signs >> 63 == 0;
}

std::int64_t add_offsets(std::int64_t* offsets, const std::int64_t* positions, std::int64_t n,
                         std::int64_t length, std::int64_t stride, bool fresh) {
    bool wrong = false;
    for (std::int64_t i = 0; i < n; ++i) {
        std::int64_t p = positions[i];
        wrong |= p < -length || p >= length;
        p += p < 0 ? length : 0;
        // What is out of range may overflow; it is not used then.
        auto step = static_cast<std::int64_t>(static_cast<std::uint64_t>(p) *
                                              static_cast<std::uint64_t>(stride));
        offsets[i] = fresh ? step
                           : static_cast<std::int64_t>(static_cast<std::uint64_t>(offsets[i]) +
                                                       static_cast<std::uint64_t>(step));
    }
    if (!wrong) return -1;
    std::int64_t i = 0;
    while (positions[i] >= -length && positions[i] < length) ++i;
    return i;
}

void split_positions(std::int64_t* positions, std::int64_t* last, std::int64_t n,
                     std::int64_t length) {
    for (std::int64_t i = 0; i < n; ++i) {
        std::int64_t rest = positions[i] / length;
        last[i] = positions[i] - rest * length;
        positions[i] = rest;
    }
}

void repeat_positions(std::int64_t* out, const std::int64_t* counts, std::int64_t n,
                      std::int64_t first) {
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t k = 0; k < counts[i]; ++k) *out++ = first + i;
}

}  // namespace hpxpy::kernels
