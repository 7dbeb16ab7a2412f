// Functors of the rows that take floating-point numbers alone: libm's functions, and what is made of
// them. Those with `libm` run over libmvec's vectors where it has them (see mathematics.inl.hpp).
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "kernels/elementwise.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA::functors {

struct sqrt {
    HPXPY_INLINE double operator()(double x) const { return __builtin_sqrt(x); }
    HPXPY_INLINE float operator()(float x) const { return __builtin_sqrtf(x); }
    HPXPY_INLINE Complex<double> operator()(Complex<double> x) const {
        return from_c(__builtin_csqrt(to_c(x)));
    }
    HPXPY_INLINE Complex<float> operator()(Complex<float> x) const {
        return narrowed((*this)(widened(x)));
    }
};

#define HPXPY_LIBM_REAL(name)                                                      \
    static constexpr const char* libm = #name;                                     \
    HPXPY_INLINE double operator()(double x) const { return __builtin_##name(x); } \
    HPXPY_INLINE float operator()(float x) const { return __builtin_##name##f(x); }

// A function of complex numbers too; `formula` is what it gives for a Complex<double> x.
#define HPXPY_LIBM_COMPLEX(name, formula)                                                    \
    struct name {                                                                            \
        HPXPY_LIBM_REAL(name)                                                                \
        HPXPY_INLINE Complex<double> operator()(Complex<double> x) const { return formula; } \
        HPXPY_INLINE Complex<float> operator()(Complex<float> x) const {                     \
            return narrowed((*this)(widened(x)));                                            \
        }                                                                                    \
    };
#define HPXPY_LIBM(name) HPXPY_LIBM_COMPLEX(name, from_c(__builtin_c##name(to_c(x))))

constexpr double ln_2 = 0.69314718055994530942;
constexpr double ln_10 = 2.30258509299404568402;
constexpr double pi = 3.14159265358979323846;

HPXPY_INLINE Complex<double> scaled_log(Complex<double> x, double scale) {
    Complex<double> logarithm = from_c(__builtin_clog(to_c(x)));
    return {logarithm.re / scale, logarithm.im / scale};
}

// Without the cancellation of exp(x) - 1 where x is small, as NumPy does it; what is not finite is left to
// exp, which knows all special cases.
HPXPY_INLINE Complex<double> complex_expm1(Complex<double> x) {
    if (x.im == 0) return {__builtin_expm1(x.re), x.im};
    if (!(x.re - x.re == 0 && x.im - x.im == 0)) {
        Complex<double> power = from_c(__builtin_cexp(to_c(x)));
        return {power.re - 1, power.im};
    }
    double half = __builtin_sin(x.im / 2);
    return {product(__builtin_expm1(x.re), __builtin_cos(x.im)) - product(2 * half, half),
            __builtin_exp(x.re) * __builtin_sin(x.im)};
}

HPXPY_INLINE Complex<double> complex_log1p(Complex<double> x) {
    double size = __builtin_hypot(x.re + 1, x.im);
    return {__builtin_log(size), __builtin_atan2(x.im, x.re + 1)};
}

HPXPY_LIBM(exp)
HPXPY_LIBM_COMPLEX(exp2, from_c(__builtin_cexp(to_c({x.re * ln_2, x.im* ln_2}))))
HPXPY_LIBM_COMPLEX(expm1, complex_expm1(x))
HPXPY_LIBM(log)
HPXPY_LIBM_COMPLEX(log2, scaled_log(x, ln_2))
HPXPY_LIBM_COMPLEX(log10, scaled_log(x, ln_10))
HPXPY_LIBM_COMPLEX(log1p, complex_log1p(x))
HPXPY_LIBM(sin)
HPXPY_LIBM(cos)
HPXPY_LIBM(tan)
HPXPY_LIBM(asin)
HPXPY_LIBM(acos)
HPXPY_LIBM(atan)
HPXPY_LIBM(sinh)
HPXPY_LIBM(cosh)
HPXPY_LIBM(tanh)
HPXPY_LIBM(asinh)
HPXPY_LIBM(acosh)
HPXPY_LIBM(atanh)
struct cbrt {
    HPXPY_LIBM_REAL(cbrt)
};
struct erf {
    HPXPY_LIBM_REAL(erf)
};

#undef HPXPY_LIBM
#undef HPXPY_LIBM_COMPLEX
#undef HPXPY_LIBM_REAL

#define HPXPY_LIBM_BINARY(name)                                                                 \
    HPXPY_INLINE double operator()(double a, double b) const { return __builtin_##name(a, b); } \
    HPXPY_INLINE float operator()(float a, float b) const { return __builtin_##name##f(a, b); }

struct atan2 {
    static constexpr const char* libm = "atan2";
    HPXPY_LIBM_BINARY(atan2)
};
struct hypot {
    static constexpr const char* libm = "hypot";
    HPXPY_LIBM_BINARY(hypot)
};
struct copysign {
    HPXPY_LIBM_BINARY(copysign)
};
struct nextafter {
    // The floats of one sign follow each other as their bits do.
    template <class R>
    HPXPY_INLINE R operator()(R a, R b) const {
        using Whole = Bits<sizeof(R)>;
        Whole bits = __builtin_bit_cast(Whole, a);
        bits += (a < b) == (a > 0) ? Whole(1) : ~Whole(0);
        R next = __builtin_bit_cast(R, bits);
        next = a == 0 ? HPXPY_ISA::copysign(std::numeric_limits<R>::denorm_min(), b) : next;
        next = a == b ? b : next;
        return (a != a) | (b != b) ? a + b : next;
    }
};

#undef HPXPY_LIBM_BINARY

struct float_power : pow {};

struct heaviside {
    template <class T>
    HPXPY_INLINE T operator()(T x, T at_zero) const {
        return x > 0 ? T(1) : x < 0 ? T(0) : x == 0 ? at_zero : x;
    }
};

struct fabs {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        return HPXPY_ISA::fabs(x);
    }
};

struct deg2rad {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        return x * T(pi / 180);
    }
};

struct rad2deg {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        return x * T(180 / pi);
    }
};

struct signbit {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        return __builtin_signbit(x) != 0;
    }
};

// How floats of a size are made of bits.
template <class R>
struct Layout {
    using Whole = Bits<sizeof(R)>;
    using Signed = std::make_signed_t<Whole>;
    static constexpr int digits = std::numeric_limits<R>::digits - 1;
    static constexpr Signed bias = std::numeric_limits<R>::max_exponent - 1;
    static constexpr Whole exponents = (Whole(2 * bias + 1)) << digits;
    /// 2 to the power of n, -bias < n <= bias.
    HPXPY_INLINE static R power_of_two(Signed n) {
        return __builtin_bit_cast(R, static_cast<Whole>(static_cast<Whole>(n + bias) << digits));
    }
    HPXPY_INLINE static Signed exponent(R x) {
        return static_cast<Signed>((__builtin_bit_cast(Whole, x) & exponents) >> digits);
    }
};

// Products with powers of two, only the last of which may round.
struct _ldexp {
    template <class T>
    HPXPY_INLINE T operator()(T x, T power) const {
        using L = Layout<T>;
        using Signed = typename L::Signed;
        // Past these every number has become 0 or infinite; three products reach them.
        constexpr T most = 2 * L::bias + 2 * L::digits;
        // A number that has passed below the normal ones keeps its digits until the last product.
        constexpr Signed down = L::bias - 1 - (L::digits + 1);
        auto left = static_cast<Signed>(power > most ? most : power < -most ? -most : power);
        for (int k = 0; k < 2; ++k) {
            const Signed step = left > L::bias ? L::bias : left <= -L::bias ? -down : Signed(0);
            x *= L::power_of_two(step);
            left -= step;
        }
        left = left > L::bias ? L::bias : left <= -L::bias ? 1 - L::bias : left;
        return x * L::power_of_two(left);
    }
};

// Numbers below the normal ones, multiplied into their range.
template <class R>
HPXPY_INLINE R made_normal(R x) {
    return Layout<R>::exponent(x) == 0 ? x * Layout<R>::power_of_two(Layout<R>::digits + 2) : x;
}

struct _mantissa {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        using L = Layout<T>;
        using Whole = typename L::Whole;
        constexpr Whole half = static_cast<Whole>(L::bias - 1) << L::digits;
        Whole bits = __builtin_bit_cast(Whole, made_normal(x));
        T mantissa = __builtin_bit_cast(T, static_cast<Whole>((bits & ~L::exponents) | half));
        return (x == 0) | !(x - x == 0) ? x : mantissa;
    }
};

struct _exponent {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        using L = Layout<T>;
        auto exponent =
            L::exponent(made_normal(x)) - (L::bias - 1) - (L::exponent(x) == 0 ? L::digits + 2 : 0);
        return (x == 0) | !(x - x == 0) ? T(0) : static_cast<T>(exponent);
    }
};

}  // namespace hpxpy::kernels::HPXPY_ISA::functors
