// One functor a row of ops/table.def: what the operation gives for one element. Complex numbers, nan
// and signed zeros as in NumPy; integers wrap around.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "kernels/scalar.inl.hpp"
#include "ops/op.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace functors {

// A functor with `sign_free` gives the same bits for int32 as for uint32, so one loop serves both.

struct add {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_complex<T>)
            return {a.re + b.re, a.im + b.im};
        else if constexpr (is_bool<T>)
            return a | b;
        else if constexpr (is_whole<T>)
            return static_cast<T>(Wrapping<T>(a) + Wrapping<T>(b));
        else
            return a + b;
    }
};

struct subtract {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_complex<T>)
            return {a.re - b.re, a.im - b.im};
        else if constexpr (is_whole<T>)
            return static_cast<T>(Wrapping<T>(a) - Wrapping<T>(b));
        else
            return a - b;
    }
};

struct multiply {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_complex<T>)
            return multiplied(a, b);
        else if constexpr (is_bool<T>)
            return a & b;
        else if constexpr (is_whole<T>)
            return static_cast<T>(Wrapping<T>(a) * Wrapping<T>(b));
        else
            return a * b;
    }
};

struct divide {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_complex<T>)
            return divided(a, b);
        else
            return a / b;
    }
};

// Divisions are computed in vectors where all elements of a few lines divide plainly (loops.inl.hpp), with
// the same results.
struct floor_divide {
    template <class T>
    static constexpr bool has_usual = divides_in_vectors<T>;
    template <class T>
    HPXPY_INLINE static bool is_usual(T a, T b) {
        return divides_plainly(a, b);
    }
    template <class T>
    HPXPY_INLINE static T usual(T a, T b) {
        if constexpr (is_real<T>)
            return from_rest(a, b, rest_of(a, b));
        else
            return whole_quotient(a, b);
    }
    template <class R>
    HPXPY_INLINE static R from_rest(R a, R b, R rest) {
        R quotient = (a - rest) / b;
        quotient -= (rest != 0) & ((b < 0) != (rest < 0)) ? R(1) : R(0);
        R whole = floor(quotient);
        whole += quotient - whole > R(0.5) ? R(1) : R(0);
        return quotient == 0 ? copysign(R(0), a / b) : whole;
    }
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_real<T>) {
            // The standard's quotients with an infinity are those of division; NumPy gives nan and -1.
            constexpr T infinity = std::numeric_limits<T>::infinity();
            if (b == 0 || fabs(a) == infinity || fabs(b) == infinity) return a / b;
            return from_rest(a, b, HPXPY_ISA::fmod(a, b));
        } else if constexpr (sizeof(T) < 8) {
            // Quotients of small integers, divided as floats, are never rounded up to a whole number.
            using R = std::conditional_t<(sizeof(T) < 4), float, double>;
            R whole = floor(R(a) / R(b == 0 ? T(1) : b));
            // Only the most negative integer over -1 does not fit.
            if constexpr (is_signed<T> && sizeof(T) == 4)
                whole = whole == -R(std::numeric_limits<T>::min()) ? -whole : whole;
            using Near = std::conditional_t<(sizeof(T) < 4), std::int32_t, T>;
            return b == 0 ? T(0) : static_cast<T>(static_cast<Near>(whole));
        } else if constexpr (is_signed<T>) {
            if (b == 0) return 0;
            if (b == -1) return static_cast<T>(-Wrapping<T>(a));
            T quotient = a / b;
            return quotient - ((a % b != 0) & ((a < 0) != (b < 0)));
        } else {
            return b == 0 ? T(0) : T(a / b);
        }
    }
};

struct remainder {
    template <class T>
    static constexpr bool has_usual = divides_in_vectors<T>;
    template <class T>
    HPXPY_INLINE static bool is_usual(T a, T b) {
        return divides_plainly(a, b);
    }
    template <class T>
    HPXPY_INLINE static T usual(T a, T b) {
        if constexpr (is_real<T>)
            return with_sign(rest_of(a, b), b);
        else
            return static_cast<T>(Wrapping<T>(a) -
                                  Wrapping<T>(whole_quotient(a, b)) * Wrapping<T>(b));
    }
    template <class R>
    HPXPY_INLINE static R with_sign(R rest, R b) {
        R moved = (b < 0) != (rest < 0) ? rest + b : rest;
        return rest == 0 ? copysign(R(0), b) : moved;
    }
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_real<T>) {
            T rest = HPXPY_ISA::fmod(a, b);
            return b == 0 ? rest : with_sign(rest, b);
        } else if constexpr (sizeof(T) < 8) {
            using W = Wrapping<T>;
            return b == 0 ? T(0) : static_cast<T>(W(a) - W(floor_divide{}(a, b)) * W(b));
        } else if constexpr (is_signed<T>) {
            if (b == 0 || b == -1) return 0;
            T rest = a % b;
            return rest + ((rest != 0) & ((rest < 0) != (b < 0)) ? b : 0);
        } else {
            return b == 0 ? T(0) : T(a % b);
        }
    }
};

struct fmod {
    template <class T>
    static constexpr bool has_usual = divides_in_vectors<T>&& is_real<T>;
    template <class T>
    HPXPY_INLINE static bool is_usual(T a, T b) {
        return divides_plainly(a, b);
    }
    template <class T>
    HPXPY_INLINE static T usual(T a, T b) {
        return rest_of(a, b);
    }
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_real<T>)
            return HPXPY_ISA::fmod(a, b);
        else if constexpr (is_signed<T>)
            return b == 0 || b == -1 ? T(0) : T(a % b);
        else
            return b == 0 ? T(0) : T(a % b);
    }
};

struct _round_to {
    template <class T>
    HPXPY_INLINE T operator()(T x, T factor) const {
        if constexpr (is_complex<T>)
            return {(*this)(x.re, factor.re), (*this)(x.im, factor.re)};
        else
            return factor > 0 ? rint(x * factor) / factor : rint(x / -factor) * -factor;
    }
};

struct pow {
    static constexpr const char* libm = "pow";
    HPXPY_INLINE double operator()(double a, double b) const { return __builtin_pow(a, b); }
    HPXPY_INLINE float operator()(float a, float b) const { return __builtin_powf(a, b); }
    template <class R>
    HPXPY_INLINE Complex<R> operator()(Complex<R> a, Complex<R> b) const {
        if (b.re == 0 && b.im == 0) return {1, 0};
        if (a.re == 0 && a.im == 0) {
            R value = b.re > 0 ? R(0) : std::numeric_limits<R>::quiet_NaN();
            return {value, value};
        }
        if (b.im == 0 && b.re > -100 && b.re < 100 && trunc(b.re) == b.re)
            return whole_power(a, int(b.re));
        return complex_power(a, b);
    }
    template <class T>
    requires is_whole<T> HPXPY_INLINE T operator()(T base, T exponent) const {
        Wrapping<T> power = 1, square = static_cast<Wrapping<T>>(base);
        for (auto left = static_cast<Wrapping<T>>(exponent); left; left >>= 1) {
            if (left & 1) power *= square;
            square *= square;
        }
        return static_cast<T>(power);
    }

private:
    template <class R>
    HPXPY_INLINE static Complex<R> whole_power(Complex<R> base, int exponent) {
        if (exponent == 1) return base;
        if (exponent == 2) return multiplied(base, base);
        if (exponent == 3) return multiplied(base, multiplied(base, base));
        Complex<R> power{1, 0};
        for (unsigned left = exponent < 0 ? 0u - unsigned(exponent) : unsigned(exponent);;) {
            if (left & 1) power = multiplied(power, base);
            left >>= 1;
            if (!left) break;
            base = multiplied(base, base);
        }
        return exponent < 0 ? divided(Complex<R>{1, 0}, power) : power;
    }
};

struct equal {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        if constexpr (is_complex<T>)
            return (a.re == b.re) & (a.im == b.im);
        else
            return a == b;
    }
};

struct not_equal {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        return !equal{}(a, b);
    }
};

struct less {
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        if constexpr (is_complex<T>)
            return ((a.re < b.re) & (a.im == a.im) & (b.im == b.im)) |
                   ((a.re == b.re) & (a.im < b.im));
        else
            return a < b;
    }
};

struct less_equal {
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        if constexpr (is_complex<T>)
            return ((a.re < b.re) & (a.im == a.im) & (b.im == b.im)) |
                   ((a.re == b.re) & (a.im <= b.im));
        else
            return a <= b;
    }
};

struct greater {
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        return less{}(b, a);
    }
};

struct greater_equal {
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        return less_equal{}(b, a);
    }
};

// The first operand is the bits of a signed integer: a negative one is below all of the second's.

struct _signed_equal {
    HPXPY_INLINE bool operator()(std::uint64_t a, std::uint64_t b) const {
        return (static_cast<std::int64_t>(a) >= 0) & (a == b);
    }
};

struct _signed_not_equal {
    HPXPY_INLINE bool operator()(std::uint64_t a, std::uint64_t b) const {
        return !_signed_equal{}(a, b);
    }
};

struct _signed_less {
    HPXPY_INLINE bool operator()(std::uint64_t a, std::uint64_t b) const {
        return (static_cast<std::int64_t>(a) < 0) | (a < b);
    }
};

struct _signed_less_equal {
    HPXPY_INLINE bool operator()(std::uint64_t a, std::uint64_t b) const {
        return (static_cast<std::int64_t>(a) < 0) | (a <= b);
    }
};

struct _signed_greater {
    HPXPY_INLINE bool operator()(std::uint64_t a, std::uint64_t b) const {
        return !_signed_less_equal{}(a, b);
    }
};

struct _signed_greater_equal {
    HPXPY_INLINE bool operator()(std::uint64_t a, std::uint64_t b) const {
        return !_signed_less{}(a, b);
    }
};

struct maximum {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_bool<T>)
            return a | b;
        else if constexpr (is_whole<T>)
            return a > b ? a : b;
        else if constexpr (is_real<T>)
            return larger(a, b);
        else
            return chosen(greater_equal{}(a, b) | is_nan(a), a, b);
    }
};

struct minimum {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_bool<T>)
            return a & b;
        else if constexpr (is_whole<T>)
            return a < b ? a : b;
        else if constexpr (is_real<T>)
            return smaller(a, b);
        else
            return chosen(less_equal{}(a, b) | is_nan(a), a, b);
    }
};

struct fmax {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_real<T> || is_complex<T>)
            return chosen(greater_equal{}(a, b) | is_nan(b), a, b);
        else
            return maximum{}(a, b);
    }
};

struct fmin {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        if constexpr (is_real<T> || is_complex<T>)
            return chosen(less_equal{}(a, b) | is_nan(b), a, b);
        else
            return minimum{}(a, b);
    }
};

// Euclid's algorithm on magnitudes; that of the most negative integer wraps around.
struct gcd {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        using U = std::make_unsigned_t<T>;
        U x = magnitude_of(a), y = magnitude_of(b);
        while (y != 0) {
            U rest = x % y;
            x = y;
            y = rest;
        }
        return static_cast<T>(x);
    }
    template <class T>
    HPXPY_INLINE static std::make_unsigned_t<T> magnitude_of(T x) {
        using U = std::make_unsigned_t<T>;
        return static_cast<U>(x < 0 ? -Wrapping<T>(x) : Wrapping<T>(x));
    }
};

struct lcm {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        using U = std::make_unsigned_t<T>;
        U divisor = static_cast<U>(gcd{}(a, b));
        if (divisor == 0) return 0;
        U x = gcd::magnitude_of(a), y = gcd::magnitude_of(b);
        return static_cast<T>(Wrapping<T>(static_cast<U>(x / divisor)) * Wrapping<T>(y));
    }
};

struct logical_and {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        return truth(a) & truth(b);
    }
};

struct logical_or {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        return truth(a) | truth(b);
    }
};

struct logical_xor {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE bool operator()(T a, T b) const {
        return truth(a) != truth(b);
    }
};

struct logical_not {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        return !truth(x);
    }
};

struct bitwise_and {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        return a & b;
    }
};

struct bitwise_or {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        return a | b;
    }
};

struct bitwise_xor {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        return a ^ b;
    }
};

struct bitwise_invert {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_bool<T>)
            return !x;
        else
            return static_cast<T>(~x);
    }
};

struct bitwise_left_shift {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        // Read without a sign, a negative count is past the width too.
        using U = std::make_unsigned_t<T>;
        constexpr U width = 8 * sizeof(T);
        U shifted = static_cast<U>(Wrapping<T>(a) << (U(b) & (width - 1)));
        return static_cast<T>(U(b) < width ? shifted : U(0));
    }
};

struct bitwise_right_shift {
    template <class T>
    HPXPY_INLINE T operator()(T a, T b) const {
        using U = std::make_unsigned_t<T>;
        constexpr U width = 8 * sizeof(T);
        T shifted = static_cast<T>(a >> (U(b) & (width - 1)));
        return U(b) < width ? shifted : static_cast<T>(a < 0 ? -1 : 0);
    }
};

struct abs {
    template <class T>
    HPXPY_INLINE Real<T> operator()(T x) const {
        if constexpr (is_complex<T>)
            return magnitude(x);
        else if constexpr (is_real<T>)
            return fabs(x);
        else if constexpr (is_signed<T>)
            return static_cast<T>(x < 0 ? -Wrapping<T>(x) : Wrapping<T>(x));
        else
            return x;
    }
};

struct negative {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_complex<T>)
            return {-x.re, -x.im};
        else if constexpr (is_whole<T>)
            return static_cast<T>(-Wrapping<T>(x));
        else
            return -x;
    }
};

struct positive {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        return x;
    }
};

struct sign {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_complex<T>)
            return of_complex(x);
        else if constexpr (is_real<T>)
            return x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x;
        else
            return static_cast<T>((x > 0) - (x < 0));
    }

private:
    template <class R>
    HPXPY_INLINE static Complex<R> of_complex(Complex<R> x) {
        constexpr R infinity = std::numeric_limits<R>::infinity();
        constexpr R nan = std::numeric_limits<R>::quiet_NaN();
        R size = magnitude(x);
        if (size != size) return {nan, nan};
        if (size == 0) return {0, 0};
        if (size != infinity) return {x.re / size, x.im / size};
        bool endless_re = fabs(x.re) == infinity, endless_im = fabs(x.im) == infinity;
        if (endless_re == endless_im) return endless_re ? Complex<R>{nan, nan} : scaled(x);
        return endless_re ? Complex<R>{copysign(R(1), x.re), 0}
                          : Complex<R>{0, copysign(R(1), x.im)};
    }
    // Finite parts whose magnitude is past the largest number.
    template <class R>
    HPXPY_INLINE static Complex<R> scaled(Complex<R> x) {
        R re = x.re / 2, im = x.im / 2, size = magnitude(Complex<R>{re, im});
        return {re / size, im / size};
    }
};

struct square {
    static constexpr bool sign_free = true;
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        return multiply{}(x, x);
    }
};

struct reciprocal {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_complex<T>)
            return divided(T{1, 0}, x);
        else if constexpr (is_real<T>)
            return 1 / x;
        else if constexpr (is_signed<T>)
            return x == 1 || x == -1 ? x : T(0);
        else
            return x == 1 ? x : T(0);
    }
};

struct conj {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_complex<T>)
            return {x.re, -x.im};
        else
            return x;
    }
};

struct real {
    template <class T>
    HPXPY_INLINE Real<T> operator()(T x) const {
        if constexpr (is_complex<T>)
            return x.re;
        else
            return x;
    }
};

struct imag {
    template <class T>
    HPXPY_INLINE Real<T> operator()(T x) const {
        if constexpr (is_complex<T>)
            return x.im;
        else
            return T(0);
    }
};

struct floor {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_real<T>)
            return HPXPY_ISA::floor(x);
        else
            return x;
    }
};

struct ceil {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_real<T>)
            return HPXPY_ISA::ceil(x);
        else
            return x;
    }
};

struct trunc {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_real<T>)
            return HPXPY_ISA::trunc(x);
        else
            return x;
    }
};

struct round {
    template <class T>
    HPXPY_INLINE T operator()(T x) const {
        if constexpr (is_complex<T>)
            return {rint(x.re), rint(x.im)};
        else if constexpr (is_real<T>)
            return rint(x);
        else
            return x;
    }
};

struct isnan {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        return is_nan(x);
    }
};

struct isinf {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        if constexpr (is_complex<T>)
            return isinf{}(x.re) | isinf{}(x.im);
        else if constexpr (is_real<T>)
            return fabs(x) == std::numeric_limits<T>::infinity();
        else
            return false;
    }
};

struct isfinite {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        if constexpr (is_complex<T>)
            return isfinite{}(x.re) & isfinite{}(x.im);
        else if constexpr (is_real<T>)
            return fabs(x) < std::numeric_limits<T>::infinity();
        else
            return true;
    }
};

struct isposinf {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        if constexpr (is_real<T>)
            return x == std::numeric_limits<T>::infinity();
        else
            return false;
    }
};

struct isneginf {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        if constexpr (is_real<T>)
            return x == -std::numeric_limits<T>::infinity();
        else
            return false;
    }
};

struct iscomplex {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        if constexpr (is_complex<T>)
            return x.im != 0;
        else
            return false;
    }
};

struct isreal {
    template <class T>
    HPXPY_INLINE bool operator()(T x) const {
        return !iscomplex{}(x);
    }
};

struct clip {
    template <class T>
    HPXPY_INLINE T operator()(T x, T low, T high) const {
        return minimum{}(maximum{}(x, low), high);
    }
};

struct where {
    template <class T>
    HPXPY_INLINE T operator()(std::uint8_t condition, T a, T b) const {
        return chosen(condition != 0, a, b);
    }
};

#define HPXPY_PAIR(name, first, second)                  \
    struct name {                                        \
        template <class T>                               \
        HPXPY_INLINE T operator()(T a, T b, T c) const { \
            return second{}(first{}(a, b), c);           \
        }                                                \
    };
#include "ops/table.def"

}  // namespace functors

template <class F>
concept SignFreeFunctor = F::sign_free;

/// What a loop of F over T is compiled for.
template <class F, class T>
struct LoopType {
    using type = T;
};
template <SignFreeFunctor F, class T>
struct LoopType<F, T> {
    using type = typename SignFree<T>::type;
};

}  // namespace hpxpy::kernels::HPXPY_ISA
