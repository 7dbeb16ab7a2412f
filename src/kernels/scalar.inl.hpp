// Element types inside the loops, and arithmetic on them that the functors share. Everything here lies
// in the namespace of the instruction set: a shared inline function (std::complex has many) could be
// compiled with AVX-512 and then be linked into the baseline.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <complex>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/dtype.hpp"

#define HPXPY_INLINE [[gnu::always_inline]] inline

namespace hpxpy::kernels::HPXPY_ISA {

/// std::complex's memory without its functions.
template <class R>
struct Complex {
    R re, im;
};

template <class T>
inline constexpr bool is_complex = false;
template <class R>
inline constexpr bool is_complex<Complex<R>> = true;
template <class T>
inline constexpr bool is_real = std::is_floating_point_v<T>;
template <class T>
inline constexpr bool is_bool = std::is_same_v<T, bool>;
template <class T>
inline constexpr bool is_whole = std::is_integral_v<T> && !is_bool<T>;
template <class T>
inline constexpr bool is_signed = is_whole<T>&& std::is_signed_v<T>;

namespace detail {
template <class T>
struct Stored {
    using type = T;
};
template <class R>
struct Stored<std::complex<R>> {
    using type = Complex<R>;
};
template <class T>
struct Real {
    using type = T;
};
template <class R>
struct Real<Complex<R>> {
    using type = R;
};
template <class T>
struct Wrapping {
    // Small integers are computed in int, where a product can overflow.
    using type = std::make_unsigned_t<decltype(T() + T())>;
};
}  // namespace detail

/// How a loop sees elements of the dtype's C++ type.
template <class T>
using Stored = typename detail::Stored<T>::type;
template <class T>
using Real = typename detail::Real<T>::type;
/// The unsigned type in which arithmetic of integers wraps around.
template <class T>
using Wrapping = typename detail::Wrapping<T>::type;

/// The arithmetic type of the same size without a sign: what sign-free operations are compiled for.
template <class T>
struct SignFree {
    using type = T;
};
template <class T>
requires is_signed<T>
struct SignFree<T> {
    using type = std::make_unsigned_t<T>;
};

/// An unsigned integer of so many bytes.
template <std::size_t bytes>
using Bits = std::conditional_t<
    bytes == 1, std::uint8_t,
    std::conditional_t<bytes == 2, std::uint16_t,
                       std::conditional_t<bytes == 4, std::uint32_t, std::uint64_t>>>;

template <class T>
HPXPY_INLINE bool truth(T x) {
    if constexpr (is_complex<T>)
        return (x.re != 0) | (x.im != 0);
    else
        return x != T(0);
}

template <class T>
HPXPY_INLINE T from_truth(bool x) {
    if constexpr (is_complex<T>)
        return T{Real<T>(x), 0};
    else
        return T(x);
}

template <class T>
HPXPY_INLINE bool is_nan(T x) {
    if constexpr (is_complex<T>)
        return (x.re != x.re) | (x.im != x.im);
    else if constexpr (is_real<T>)
        return x != x;
    else
        return false;
}

HPXPY_INLINE double fabs(double x) { return __builtin_fabs(x); }
HPXPY_INLINE float fabs(float x) { return __builtin_fabsf(x); }
HPXPY_INLINE double floor(double x) { return __builtin_floor(x); }
HPXPY_INLINE float floor(float x) { return __builtin_floorf(x); }
HPXPY_INLINE double ceil(double x) { return __builtin_ceil(x); }
HPXPY_INLINE float ceil(float x) { return __builtin_ceilf(x); }
HPXPY_INLINE double trunc(double x) { return __builtin_trunc(x); }
HPXPY_INLINE float trunc(float x) { return __builtin_truncf(x); }
HPXPY_INLINE double rint(double x) { return __builtin_rint(x); }
HPXPY_INLINE float rint(float x) { return __builtin_rintf(x); }
HPXPY_INLINE double sqrt(double x) { return __builtin_sqrt(x); }
HPXPY_INLINE float sqrt(float x) { return __builtin_sqrtf(x); }
HPXPY_INLINE double copysign(double x, double y) { return __builtin_copysign(x, y); }
HPXPY_INLINE float copysign(float x, float y) { return __builtin_copysignf(x, y); }

// Of complex numbers compilers would branch, and the branch would often be guessed wrong.
template <class T>
HPXPY_INLINE T chosen(bool condition, T a, T b) {
    if constexpr (is_complex<T>) {
        using Whole = Bits<sizeof(Real<T>)>;
        const Whole all = Whole(0) - Whole(condition);
        auto part = [&](Real<T> x, Real<T> y) {
            return __builtin_bit_cast(Real<T>, (__builtin_bit_cast(Whole, x) & all) |
                                                   (__builtin_bit_cast(Whole, y) & ~all));
        };
        return {part(a.re, b.re), part(a.im, b.im)};
    } else {
        return condition ? a : b;
    }
}

// Two selections, the first of them one instruction: a chain of these stays free of branches. Of equal
// values the first is taken, and nan over numbers.
template <class R>
HPXPY_INLINE R larger(R a, R b) {
    R value = b > a ? b : a;
    return b != b ? b : value;
}
template <class R>
HPXPY_INLINE R smaller(R a, R b) {
    R value = b < a ? b : a;
    return b != b ? b : value;
}

// Where a division needs no call and no branch: floats with a fused multiply-add, and integers of 64 bits
// with vector conversions to double.
template <class T>
inline constexpr bool divides_in_vectors =
#if defined(__AVX512DQ__)
    is_real<T> || (is_whole<T> && sizeof(T) == 8);
#elif defined(__FMA__)
    is_real<T>;
#else
    false;
#endif

// Whether quotient_of and rest_of hold: quotients below 2^52 (2^23 for float) by a number that is not 0
// and finite; integers that double represents.
template <class T>
HPXPY_INLINE bool divides_plainly(T a, T b) {
    if constexpr (is_real<T>) {
        constexpr T limit = sizeof(T) == 8 ? T(4503599627370496.0) : T(8388608.0);
        T y = fabs(b);
        return (fabs(a) < y * limit) & (y < std::numeric_limits<T>::infinity());
    } else {
        using W = Wrapping<T>;
        // -2^53 .. 2^53 - 1 moved to 0 .. 2^54 - 1.
        constexpr W half = W(1) << 53;
        bool small =
            is_signed<T> ? ((W(a) + half) | (W(b) + half)) >> 54 == 0 : (W(a) | W(b)) >> 53 == 0;
        return small & (b != 0);
    }
}

// What is left of a / b rounded towards 0. With a fused multiply-add the quotient need not be divided bit
// by bit: it is right or one too large, and what is left over is representable in both cases.
template <class R>
HPXPY_INLINE R rest_of(R a, R b) {
    R x = fabs(a), y = fabs(b), quotient = trunc(x / y);
    R rest;
    if constexpr (sizeof(R) == 8)
        rest = __builtin_fma(-quotient, y, x);
    else
        rest = __builtin_fmaf(-quotient, y, x);
    return copysign(rest < 0 ? rest + y : rest, a);
}

// a / b rounded down. The quotient of integers that double represents is never rounded up to a whole number.
template <class T>
HPXPY_INLINE T whole_quotient(T a, T b) {
    return static_cast<T>(floor(static_cast<double>(a) / static_cast<double>(b)));
}

// C's remainder, exact.
template <class R>
HPXPY_INLINE R fmod(R a, R b) {
#ifdef __FMA__
    if (divides_plainly(a, b)) return rest_of(a, b);
#endif
    if constexpr (sizeof(R) == 8)
        return __builtin_fmod(a, b);
    else
        return __builtin_fmodf(a, b);
}

// A product that is rounded before it is added to something. g++ 12 and later contract neighbouring a*b + c
// and a*b - c to one fmaddsub even with -ffp-contract=off, unless something stands between.
template <class R>
HPXPY_INLINE R product(R a, R b) {
#if defined(__has_builtin)
#if __has_builtin(__builtin_assoc_barrier)
    return __builtin_assoc_barrier(a * b);
#endif
#endif
    return a * b;
}

template <class R>
HPXPY_INLINE Complex<R> multiplied(Complex<R> a, Complex<R> b) {
    return {product(a.re, b.re) - product(a.im, b.im), product(a.re, b.im) + product(a.im, b.re)};
}

// Smith's division, as NumPy does it.
template <class R>
HPXPY_INLINE Complex<R> divided(Complex<R> a, Complex<R> b) {
    R size_re = fabs(b.re), size_im = fabs(b.im);
    if (size_re >= size_im) {
        if (size_re == 0 && size_im == 0) return {a.re / size_re, a.im / size_re};
        R ratio = b.im / b.re, scale = R(1) / (b.re + product(b.im, ratio));
        return {(a.re + product(a.im, ratio)) * scale, (a.im - product(a.re, ratio)) * scale};
    }
    R ratio = b.re / b.im, scale = R(1) / (b.im + product(b.re, ratio));
    return {(product(a.re, ratio) + a.im) * scale, (product(a.im, ratio) - a.re) * scale};
}

// C's complex type, for libm.
HPXPY_INLINE __complex__ double to_c(Complex<double> x) {
    __complex__ double result;
    __real__ result = x.re;
    __imag__ result = x.im;
    return result;
}
HPXPY_INLINE Complex<double> from_c(__complex__ double x) { return {__real__ x, __imag__ x}; }

// libm's functions of single precision take several times as long as those of double precision.
HPXPY_INLINE Complex<double> widened(Complex<float> x) { return {x.re, x.im}; }
HPXPY_INLINE Complex<float> narrowed(Complex<double> x) {
    return {static_cast<float>(x.re), static_cast<float>(x.im)};
}

// Without overflow on the way: the larger part is taken out. Free of branches and of calls.
HPXPY_INLINE double magnitude(Complex<double> x) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double a = fabs(x.re), b = fabs(x.im);
    double large = a > b ? a : b, small = a > b ? b : a;
    double ratio = small / large;
    double size = large * sqrt(1 + ratio * ratio);
    size = large == 0 ? small : size;
    return (a == infinity) | (b == infinity) ? infinity : size;
}
// The squares of floats fit double.
HPXPY_INLINE float magnitude(Complex<float> x) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    double re = x.re, im = x.im;
    auto size = static_cast<float>(sqrt(re * re + im * im));
    return (fabs(x.re) == infinity) | (fabs(x.im) == infinity) ? infinity : size;
}

HPXPY_INLINE Complex<double> complex_power(Complex<double> a, Complex<double> b) {
    return from_c(__builtin_cpow(to_c(a), to_c(b)));
}
HPXPY_INLINE Complex<float> complex_power(Complex<float> a, Complex<float> b) {
    return narrowed(complex_power(widened(a), widened(b)));
}

}  // namespace hpxpy::kernels::HPXPY_ISA
