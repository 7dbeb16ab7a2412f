// Reductions whose state is the element itself: a fixed number of lanes, joined pairwise at the end, so
// the order of joining depends on the length alone and never on the instruction set.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "kernels/elementwise.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

template <class T>
inline constexpr std::int64_t lane_count = sizeof(T) >= 8 ? 32 : 64;

// What joining begins with: a sum with 0, so that one of negative zeros is 0, as NumPy has it.
template <class F, class T>
HPXPY_INLINE T begun(T x) {
    if constexpr (!std::is_same_v<F, functors::add>)
        return x;
    else if constexpr (is_complex<T>)
        return {x.re + 0, x.im + 0};
    else if constexpr (std::is_floating_point_v<T>)
        return x + 0;
    else
        return x;
}

// Joins the first `count` lanes: at each level lane l takes lane l + width, the widest level first.
template <class F, class T>
HPXPY_INLINE T join_all_lanes(T* lanes) {
#pragma GCC unroll 8
    for (std::int64_t width = lane_count<T> / 2; width > 0; width /= 2)
        for (std::int64_t l = 0; l < width; ++l) lanes[l] = F{}(lanes[l], lanes[l + width]);
    return lanes[0];
}

// n >= lane_count<T>.
template <class F, class T>
T reduce_long_row(const T* in, std::int64_t n) {
    constexpr std::int64_t lanes = lane_count<T>;
    alignas(64) T state[lanes];
    for (std::int64_t l = 0; l < lanes; ++l) state[l] = begun<F>(in[l]);
    std::int64_t i = lanes;
    for (; i + lanes <= n; i += lanes)
        for (std::int64_t l = 0; l < lanes; ++l) state[l] = F{}(state[l], in[i + l]);
    for (std::int64_t l = 0; i + l < n; ++l) state[l] = F{}(state[l], in[i + l]);
    return join_all_lanes<F>(state);
}

// Half of the smallest power of two that holds n: the first level's width.
HPXPY_INLINE std::int64_t first_width(std::int64_t n) {
    return n <= 1
               ? 0
               : std::int64_t(1) << (63 - __builtin_clzll(static_cast<unsigned long long>(n - 1)));
}

// Rows of a length known to the compiler.
template <class F, class T, std::int64_t n>
void reduce_fixed_rows(T* states, const T* in, std::int64_t rows) {
#pragma GCC ivdep
    for (std::int64_t r = 0; r < rows; ++r) {
        const T* row = in + r * n;
        if constexpr (n == 1)
            states[r] = begun<F>(row[0]);
        else if constexpr (n == 2)
            states[r] = F{}(begun<F>(row[0]), row[1]);
        else if constexpr (n == 3)
            states[r] = F{}(F{}(begun<F>(row[0]), row[2]), row[1]);
        else
            states[r] = F{}(F{}(begun<F>(row[0]), row[2]), F{}(row[1], row[3]));
    }
}

// n < lane_count<T>: a tile of rows side by side, so that the lanes of one row are joined like those
// of all the others at the same time.
template <class F, class T>
void reduce_short_rows(T* states, const T* in, std::int64_t rows, std::int64_t n) {
    constexpr std::int64_t tile = 32;
    alignas(64) T lanes[lane_count<T>][tile];
    for (std::int64_t first = 0; first < rows; first += tile) {
        std::int64_t count = rows - first < tile ? rows - first : tile;
        const T* from = in + first * n;
        for (std::int64_t r = 0; r < count; ++r)
            for (std::int64_t l = 0; l < n; ++l) lanes[l][r] = begun<F>(from[r * n + l]);
        // The last tile may be short; what it lacks is joined too, so it must have a value.
        for (std::int64_t r = count; r < tile; ++r)
            for (std::int64_t l = 0; l < n; ++l) lanes[l][r] = from[l];
        std::int64_t active = n;
        for (std::int64_t width = first_width(n); width > 0; width /= 2) {
            for (std::int64_t l = 0; l + width < active; ++l)
                for (std::int64_t r = 0; r < tile; ++r)
                    lanes[l][r] = F{}(lanes[l][r], lanes[l + width][r]);
            active = width;
        }
        for (std::int64_t r = 0; r < count; ++r) states[first + r] = lanes[0][r];
    }
}

// One short row alone is not worth a tile.
template <class F, class T>
T reduce_short_row(const T* in, std::int64_t n) {
    T lanes[lane_count<T>];
    for (std::int64_t l = 0; l < n; ++l) lanes[l] = begun<F>(in[l]);
    std::int64_t active = n;
    for (std::int64_t width = first_width(n); width > 0; width /= 2) {
        for (std::int64_t l = 0; l + width < active; ++l)
            lanes[l] = F{}(lanes[l], lanes[l + width]);
        active = width;
    }
    return lanes[0];
}

template <class F, class T>
void reduce_rows(void* states, const void* in, std::int64_t rows, std::int64_t n, std::int64_t) {
    T* to = static_cast<T*>(states);
    const T* from = static_cast<const T*>(in);
    if (n >= lane_count<T>) {
        for (std::int64_t r = 0; r < rows; ++r) to[r] = reduce_long_row<F>(from + r * n, n);
        return;
    }
    switch (n) {
        case 1:
            return reduce_fixed_rows<F, T, 1>(to, from, rows);
        case 2:
            return reduce_fixed_rows<F, T, 2>(to, from, rows);
        case 3:
            return reduce_fixed_rows<F, T, 3>(to, from, rows);
        case 4:
            return reduce_fixed_rows<F, T, 4>(to, from, rows);
        default:
            break;
    }
    if (rows >= 8) return reduce_short_rows<F>(to, from, rows, n);
    for (std::int64_t r = 0; r < rows; ++r) to[r] = reduce_short_row<F>(from + r * n, n);
}

// Few columns: the states stay in registers.
template <class F, class T, std::int64_t columns>
void accumulate_narrow(T* states, const T* in, std::int64_t rows) {
    T state[columns];
    for (std::int64_t c = 0; c < columns; ++c) state[c] = states[c];
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c) state[c] = F{}(state[c], in[r * columns + c]);
    for (std::int64_t c = 0; c < columns; ++c) states[c] = state[c];
}

// Row after row for each column; four rows at a time, so that the states are touched less often.
template <class F, class T>
void accumulate_wide(T* states, const T* in, std::int64_t rows, std::int64_t columns) {
    std::int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        const T* first = in + r * columns;
        const T* second = first + columns;
        const T* third = second + columns;
        const T* fourth = third + columns;
#pragma GCC ivdep
        for (std::int64_t c = 0; c < columns; ++c)
            states[c] = F{}(F{}(F{}(F{}(states[c], first[c]), second[c]), third[c]), fourth[c]);
    }
    for (; r < rows; ++r) {
        const T* row = in + r * columns;
#pragma GCC ivdep
        for (std::int64_t c = 0; c < columns; ++c) states[c] = F{}(states[c], row[c]);
    }
}

template <class F, class T>
void accumulate_rows(void* states, const void* in, std::int64_t rows, std::int64_t columns,
                     std::int64_t, bool fresh) {
    T* to = static_cast<T*>(states);
    const T* from = static_cast<const T*>(in);
    if (rows <= 0 || columns <= 0) return;
    if (fresh) {
        for (std::int64_t c = 0; c < columns; ++c) to[c] = begun<F>(from[c]);
        from += columns;
        --rows;
    }
    switch (columns) {
        case 1:
            return accumulate_narrow<F, T, 1>(to, from, rows);
        case 2:
            return accumulate_narrow<F, T, 2>(to, from, rows);
        case 3:
            return accumulate_narrow<F, T, 3>(to, from, rows);
        case 4:
            return accumulate_narrow<F, T, 4>(to, from, rows);
        case 5:
            return accumulate_narrow<F, T, 5>(to, from, rows);
        case 6:
            return accumulate_narrow<F, T, 6>(to, from, rows);
        case 7:
            return accumulate_narrow<F, T, 7>(to, from, rows);
        case 8:
            return accumulate_narrow<F, T, 8>(to, from, rows);
        default:
            return accumulate_wide<F>(to, from, rows, columns);
    }
}

template <class F, class T>
void join_states(const void* left, void* into, std::int64_t items) {
    const T* a = static_cast<const T*>(left);
    T* b = static_cast<T*>(into);
#pragma GCC ivdep
    for (std::int64_t i = 0; i < items; ++i) b[i] = F{}(a[i], b[i]);
}

}  // namespace hpxpy::kernels::HPXPY_ISA
