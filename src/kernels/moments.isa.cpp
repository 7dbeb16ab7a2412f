// Sums of squared deviations from the mean in one pass, for one instruction set: a state is a count, a
// mean and the squares around it, joined by Chan's formula (Chan, Golub, LeVeque: Updating formulae and a
// pairwise algorithm for computing sample variances, 1979).
// SPDX-License-Identifier: BSL-1.0
#include "kernels/reductions.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

template <class T>
struct Moments {
    T mean;
    Real<T> squares;
    std::int64_t count;
};

template <class T>
HPXPY_INLINE Real<T> squared(T x) {
    if constexpr (is_complex<T>)
        return product(x.re, x.re) + product(x.im, x.im);
    else
        return x * x;
}

template <class T>
HPXPY_INLINE T times(T x, Real<T> factor) {
    if constexpr (is_complex<T>)
        return {x.re * factor, x.im * factor};
    else
        return x * factor;
}

template <class T>
HPXPY_INLINE T over(T x, Real<T> divisor) {
    if constexpr (is_complex<T>)
        return {x.re / divisor, x.im / divisor};
    else
        return x / divisor;
}

// 0 of a finite number, else nan.
template <class T>
HPXPY_INLINE Real<T> nothing_of(T x) {
    if constexpr (is_complex<T>)
        return (x.re - x.re) + (x.im - x.im);
    else
        return x - x;
}

template <class T>
HPXPY_INLINE bool is_finite(T x) {
    return nothing_of(x) == 0;
}

template <class T>
constexpr Real<T> infinity = static_cast<Real<T>>(__builtin_inf());

// The squares around a mean of finite numbers that the dtype does not hold. NumPy's quotient of such a complex number
// has a part that is no number.
template <class T>
constexpr Real<T> past_range = is_complex<T> ? static_cast<Real<T>>(__builtin_nan(""))
                                             : infinity<T>;

// What n elements, `stride` apart, give that have no finite mean. Means in states are finite, as the distance of
// infinities would be no number; where they should not be, the squares tell.
template <class T>
Moments<T> without_mean(const T* in, std::int64_t n, std::int64_t stride) {
    Real<T> squares = past_range<T>;
    for (std::int64_t i = 0; i < n; ++i) squares += nothing_of(in[i * stride]);
    return {T{}, squares, n};
}

template <class T>
HPXPY_INLINE Moments<T> joined(const Moments<T>& a, const Moments<T>& b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    using R = Real<T>;
    std::int64_t count = a.count + b.count;
    R share = static_cast<R>(static_cast<double>(b.count) / static_cast<double>(count));
    T distance = functors::subtract{}(b.mean, a.mean);
    R between = product(squared(distance), product(static_cast<R>(a.count), share));
    T mean = functors::add{}(a.mean, times(distance, share));
    R squares = a.squares + b.squares + between;
    if (!is_finite(mean)) return {T{}, squares + infinity<T>, count};
    return {mean, squares, count};
}

template <class T>
T sum_of_row(const T* in, std::int64_t n) {
    return n >= lane_count<T> ? reduce_long_row<functors::add>(in, n)
                              : reduce_short_row<functors::add>(in, n);
}

// What a block of a step holds at most.
constexpr std::int64_t piece = 1024;

template <class T>
Moments<T> moments_of(const T* in, std::int64_t n) {
    using R = Real<T>;
    T mean = over(sum_of_row(in, n), static_cast<R>(n));
    if (!is_finite(mean)) return without_mean(in, n, 1);
    R squares[piece];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) squares[i] = squared(functors::subtract{}(in[i], mean));
    return {mean, sum_of_row<R>(squares, n), n};
}

constexpr std::int64_t row_tile = 32;

// Rows shorter than the lanes, many at a time, with the bits of moments_of.
template <class T>
void moments_of_short_rows(Moments<T>* to, const T* in, std::int64_t rows, std::int64_t n) {
    using R = Real<T>;
    T mean[row_tile];
    R squares[row_tile * lane_count<T>], joined_squares[row_tile];
    for (std::int64_t first = 0; first < rows; first += row_tile) {
        std::int64_t count = rows - first < row_tile ? rows - first : row_tile;
        const T* from = in + first * n;
        reduce_rows<functors::add, T>(mean, from, count, n, 0);
        for (std::int64_t r = 0; r < count; ++r) mean[r] = over(mean[r], static_cast<R>(n));
        for (std::int64_t r = 0; r < count; ++r)
            for (std::int64_t i = 0; i < n; ++i)
                squares[r * n + i] = squared(functors::subtract{}(from[r * n + i], mean[r]));
        reduce_rows<functors::add, R>(joined_squares, squares, count, n, 0);
        for (std::int64_t r = 0; r < count; ++r)
            to[first + r] = is_finite(mean[r]) ? Moments<T>{mean[r], joined_squares[r], n}
                                               : without_mean(from + r * n, n, 1);
    }
}

template <class T>
void reduce_moments(void* states, const void* in, std::int64_t rows, std::int64_t n, std::int64_t) {
    auto* to = static_cast<Moments<T>*>(states);
    const T* from = static_cast<const T*>(in);
    if (n < lane_count<T>) return moments_of_short_rows(to, from, rows, n);
    for (std::int64_t r = 0; r < rows; ++r) {
        Moments<T> state{};
        for (std::int64_t i = 0; i < n; i += piece)
            state = joined(state, moments_of(from + r * n + i, n - i < piece ? n - i : piece));
        to[r] = state;
    }
}

constexpr std::int64_t tile = 64;

// Whether all of some means are finite.
template <class T>
HPXPY_INLINE bool all_finite(const T* mean, std::int64_t columns) {
    Real<T> sum = 0;
    for (std::int64_t c = 0; c < columns; ++c) sum += nothing_of(mean[c]);
    return sum == 0;
}

// Means and squares of some columns over rows that lie `stride` elements apart.
template <class T>
HPXPY_INLINE void moments_of_columns(T* mean, Real<T>* squares, const T* in, std::int64_t rows,
                                     std::int64_t columns, std::int64_t stride) {
    for (std::int64_t c = 0; c < columns; ++c) mean[c] = in[c];
    for (std::int64_t c = 0; c < columns; ++c) squares[c] = nothing_of(in[c]);
    if (rows == 1 && all_finite(mean, columns)) return;
    for (std::int64_t r = 1; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            mean[c] = functors::add{}(mean[c], in[r * stride + c]);
    for (std::int64_t c = 0; c < columns; ++c) mean[c] = over(mean[c], static_cast<Real<T>>(rows));
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            squares[c] += squared(functors::subtract{}(in[r * stride + c], mean[c]));
    if (all_finite(mean, columns)) return;
    for (std::int64_t c = 0; c < columns; ++c) {
        if (is_finite(mean[c])) continue;
        Moments<T> state = without_mean(in + c, rows, stride);
        mean[c] = state.mean;
        squares[c] = state.squares;
    }
}

// The states of one call have joined equally many rows so far, so their shares are the same.
template <class T>
HPXPY_INLINE void join_columns(Moments<T>* to, const T* mean, const Real<T>* squares,
                               std::int64_t rows, std::int64_t columns) {
    using R = Real<T>;
    T old_mean[tile];
    R old_squares[tile];
    for (std::int64_t c = 0; c < columns; ++c) {
        old_mean[c] = to[c].mean;
        old_squares[c] = to[c].squares;
    }
    std::int64_t before = to[0].count, count = before + rows;
    R share = static_cast<R>(static_cast<double>(rows) / static_cast<double>(count));
    R weight = product(static_cast<R>(before), share);
    for (std::int64_t c = 0; c < columns; ++c) {
        T distance = functors::subtract{}(mean[c], old_mean[c]);
        old_squares[c] = old_squares[c] + squares[c] + product(squared(distance), weight);
        old_mean[c] = functors::add{}(old_mean[c], times(distance, share));
    }
    for (std::int64_t c = 0; c < columns; ++c) to[c] = {old_mean[c], old_squares[c], count};
    if (all_finite(old_mean, columns)) return;
    for (std::int64_t c = 0; c < columns; ++c)
        if (!is_finite(old_mean[c])) to[c] = {T{}, old_squares[c] + infinity<T>, count};
}

template <class T>
void accumulate_moments(void* states, const void* in, std::int64_t rows, std::int64_t columns,
                        std::int64_t, bool fresh) {
    auto* to = static_cast<Moments<T>*>(states);
    const T* from = static_cast<const T*>(in);
    if (rows <= 0) return;
    T mean[tile];
    Real<T> squares[tile];
    for (std::int64_t first = 0; first < columns; first += tile) {
        std::int64_t count = columns - first < tile ? columns - first : tile;
        moments_of_columns(mean, squares, from + first, rows, count, columns);
        if (fresh)
            for (std::int64_t c = 0; c < count; ++c) to[first + c] = {mean[c], squares[c], rows};
        else
            join_columns(to + first, mean, squares, rows, count);
    }
}

template <class T>
void join_moments(const void* left, void* into, std::int64_t items) {
    auto* a = static_cast<const Moments<T>*>(left);
    auto* b = static_cast<Moments<T>*>(into);
    for (std::int64_t i = 0; i < items; ++i) b[i] = joined(a[i], b[i]);
}

template <class T>
void finish_moments(void* out, const void* states, std::int64_t items) {
    auto* from = static_cast<const Moments<T>*>(states);
    auto* to = static_cast<Real<T>*>(out);
    // As NumPy's, where the sum of all elements, however they were shared out, is past the range.
    for (std::int64_t i = 0; i < items; ++i) {
        bool held = is_finite(times(from[i].mean, static_cast<Real<T>>(from[i].count)));
        to[i] = held ? from[i].squares : from[i].squares + past_range<T>;
    }
}

template <Reduction reduction, DType dtype, class T>
void fill_dtype(Table& table) {
    if constexpr (is_floating(dtype) || hpxpy::is_complex(dtype))
        table.reductions[static_cast<int>(reduction)][static_cast<int>(dtype)] = {
            sizeof(Moments<T>), reduce_moments<T>, accumulate_moments<T>, join_moments<T>,
            finish_moments<T>};
}

template <Reduction reduction>
void fill_row(Table& table) {
    if constexpr (row(reduction).result == Result::moments) {
#define HPXPY_DTYPE(name, type, kind, letter) \
    fill_dtype<reduction, DType::name, Stored<type>>(table);
#include "base/dtype.def"
#undef HPXPY_DTYPE
    }
}

}  // namespace

void fill_moments(Table& table) {
#define HPXPY_REDUCTION(name, ...) fill_row<Reduction::name>(table);
#include "ops/table.def"
}

}  // namespace hpxpy::kernels::HPXPY_ISA
