// Elementwise loops on every instruction set: each length, unaligned, against the scalar operation.
// SPDX-License-Identifier: BSL-1.0
#include "kernel_tools.hpp"

namespace hpxpy::kernels {
namespace {

DType input_dtype(Op op, DType compute, int operand) {
    return op == Op::where && operand == 0 ? DType::bool_ : compute;
}

// Runs the loop on unaligned copies of the operands' first `n` elements.
Bytes run(const Table& table, Op op, DType dtype, unsigned mask, const std::vector<Bytes>& in,
          std::int64_t n, bool in_place = false) {
    std::vector<Guarded> operands;
    const void* pointers[3] = {};
    for (std::size_t k = 0; k < in.size(); ++k) {
        std::int64_t size = itemsize(input_dtype(op, dtype, static_cast<int>(k)));
        std::int64_t items = mask >> k & 1 ? 1 : n;
        operands.emplace_back(items, size);
        std::memcpy(operands[k].data(), in[k].data(), static_cast<std::size_t>(items * size));
    }
    for (std::size_t k = 0; k < in.size(); ++k) pointers[k] = operands[k].data();
    Block loop = table.elementwise[at(op)][at(dtype)][mask];
    if (in_place) {
        loop(operands.back().data(), pointers, n);
        EXPECT_TRUE(operands.back().intact());
        return operands.back().bytes();
    }
    Guarded out(n, itemsize(result_dtype(op, dtype)));
    loop(out.data(), pointers, n);
    EXPECT_TRUE(out.intact());
    return out.bytes();
}

template <class F>
void for_each_loop(F&& f) {
    for (std::string_view set : available_instruction_sets())
        for (int o = 0; o < op_count; ++o)
            for (DType dtype : all_dtypes)
                if (table_of(set).elementwise[o][at(dtype)][0])
                    f(set, table_of(set), static_cast<Op>(o), dtype);
}

std::vector<Bytes> operands_of(Op op, DType dtype, std::int64_t n) {
    std::vector<Bytes> in;
    for (int k = 0; k < row(op).arity; ++k)
        in.push_back(random_bytes(input_dtype(op, dtype, k), n, 17u + static_cast<unsigned>(k)));
    return in;
}

// The operation's dtypes are those for which compute_dtype gives the dtype itself.
TEST(Elementwise, ExistsForEachDtypeThatTheRowTakes) {
    for (std::string_view set : available_instruction_sets())
        for (int o = 0; o < op_count; ++o)
            for (DType dtype : all_dtypes) {
                Op op = static_cast<Op>(o);
                bool wanted = row(op).is_pair && is_floating(dtype);
                if (!row(op).is_pair) {
                    try {
                        wanted = compute_dtype(op, dtype) == dtype;
                    } catch (const std::exception&) {
                    }
                }
                EXPECT_EQ(table_of(set).elementwise[o][at(dtype)][0] != nullptr, wanted)
                    << title(set, row(op).name, dtype);
            }
}

TEST(Elementwise, EveryLengthGivesThePrefix) {
    constexpr std::int64_t most = 133;
    for_each_loop([&](std::string_view set, const Table& table, Op op, DType dtype) {
        std::vector<Bytes> in = operands_of(op, dtype, most);
        Bytes whole = run(table, op, dtype, 0, in, most);
        std::int64_t size = itemsize(result_dtype(op, dtype));
        for (std::int64_t n = 0; n < most; n += n < 70 ? 1 : 9) {
            Bytes part = run(table, op, dtype, 0, in, n);
            Bytes prefix(whole.begin(), whole.begin() + n * size);
            ASSERT_TRUE(same_values(result_dtype(op, dtype), part, prefix))
                << title(set, row(op).name, dtype) << " n " << n;
        }
    });
}

TEST(Elementwise, InPlaceAndScalarsGiveTheSame) {
    constexpr std::int64_t n = 101;
    for_each_loop([&](std::string_view set, const Table& table, Op op, DType dtype) {
        std::vector<Bytes> in = operands_of(op, dtype, n);
        DType result = result_dtype(op, dtype);
        Bytes whole = run(table, op, dtype, 0, in, n);
        if (itemsize(result) == itemsize(dtype)) {
            EXPECT_TRUE(same_values(result, run(table, op, dtype, 0, in, n, true), whole))
                << title(set, row(op).name, dtype);
        }
        for (unsigned mask = 1; mask < 8; ++mask) {
            if (!table.elementwise[at(op)][at(dtype)][mask]) continue;
            std::vector<Bytes> filled = in;
            for (std::size_t k = 0; k < in.size(); ++k) {
                auto size =
                    static_cast<std::size_t>(itemsize(input_dtype(op, dtype, static_cast<int>(k))));
                if (mask >> k & 1)
                    for (std::size_t i = size; i < filled[k].size(); i += size)
                        std::copy_n(filled[k].begin(), size,
                                    filled[k].begin() + static_cast<std::ptrdiff_t>(i));
            }
            EXPECT_TRUE(same_values(result, run(table, op, dtype, mask, in, n),
                                    run(table, op, dtype, 0, filled, n)))
                << title(set, row(op).name, dtype) << " mask " << mask;
        }
    });
}

TEST(Elementwise, ScalarLoopsThatPlansRelyOn) {
    const Table& table = table_of(baseline);
    for (unsigned mask : {0u, 1u, 2u}) {
        EXPECT_TRUE(table.elementwise[at(Op::add)][at(DType::int8)][mask]);
        EXPECT_TRUE(table.elementwise[at(Op::pow)][at(DType::float64)][mask]);
    }
    for (unsigned mask : {0u, 1u, 2u, 4u, 6u})
        EXPECT_TRUE(table.elementwise[at(Op::multiply_add)][at(DType::float32)][mask]);
    for (unsigned mask : {0u, 2u, 4u, 6u})
        EXPECT_TRUE(table.elementwise[at(Op::where)][at(DType::complex128)][mask]);
    EXPECT_TRUE(table.elementwise[at(Op::clip)][at(DType::float64)][6]);
}

TEST(Elementwise, SameBitsOnEveryInstructionSet) {
    constexpr std::int64_t n = 5000;
    for_each_loop([&](std::string_view set, const Table& table, Op op, DType dtype) {
        if (set == baseline || (is_libm(op) && is_floating(dtype))) return;
        std::vector<Bytes> in = operands_of(op, dtype, n);
        EXPECT_TRUE(same_values(result_dtype(op, dtype), run(table, op, dtype, 0, in, n),
                                run(table_of(baseline), op, dtype, 0, in, n)))
            << title(set, row(op).name, dtype);
    });
}

template <class T>
void check_integers() {
    __extension__ using Wide = __int128;
    std::vector<T> as = values<T>(60, 1), bs = values<T>(60, 2);
    constexpr int width = 8 * sizeof(T);
    for (T a : as)
        for (T b : bs) {
            Wide x = a, y = b;
            EXPECT_EQ(one<T>(Op::add, a, b), static_cast<T>(x + y));
            EXPECT_EQ(one<T>(Op::subtract, a, b), static_cast<T>(x - y));
            EXPECT_EQ(one<T>(Op::multiply, a, b), static_cast<T>(x * y));
            Wide quotient = y == 0 ? 0 : x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0);
            EXPECT_EQ(one<T>(Op::floor_divide, a, b), static_cast<T>(quotient)) << +a << " " << +b;
            EXPECT_EQ(one<T>(Op::remainder, a, b), static_cast<T>(y == 0 ? 0 : x - quotient * y))
                << +a << " " << +b;
            EXPECT_EQ(one<T>(Op::maximum, a, b), std::max(a, b));
            EXPECT_EQ(one<T>(Op::minimum, a, b), std::min(a, b));
            EXPECT_EQ(one<bool>(Op::less, a, b), a < b);
            EXPECT_EQ(one<bool>(Op::less_equal, a, b), a <= b);
            EXPECT_EQ(one<bool>(Op::greater, a, b), a > b);
            EXPECT_EQ(one<bool>(Op::equal, a, b), a == b);
            EXPECT_EQ(one<bool>(Op::logical_xor, a, b), (a != 0) != (b != 0));
            EXPECT_EQ(one<T>(Op::bitwise_xor, a, b), static_cast<T>(a ^ b));
            bool past = y < 0 || y >= width;
            Wide left = past ? 0 : x * (Wide(1) << static_cast<int>(y));
            Wide right = past ? (x < 0 ? -1 : 0) : x >> static_cast<int>(y);
            EXPECT_EQ(one<T>(Op::bitwise_left_shift, a, b), static_cast<T>(left))
                << +a << " " << +b;
            EXPECT_EQ(one<T>(Op::bitwise_right_shift, a, b), static_cast<T>(right))
                << +a << " " << +b;
        }
    for (T a : as) {
        EXPECT_EQ(one<T>(Op::abs, a), static_cast<T>(a < 0 ? -Wide(a) : Wide(a)));
        EXPECT_EQ(one<T>(Op::negative, a), static_cast<T>(-Wide(a)));
        EXPECT_EQ(one<T>(Op::sign, a), static_cast<T>((a > 0) - (a < 0)));
        EXPECT_EQ(one<T>(Op::square, a), static_cast<T>(Wide(a) * a));
        EXPECT_EQ(one<T>(Op::round, a), a);
        EXPECT_EQ(one<T>(Op::bitwise_invert, a), static_cast<T>(~a));
        EXPECT_TRUE(one<bool>(Op::isfinite, a));
        T power = 1;
        for (int k = 0; k < 12; ++k) {
            EXPECT_EQ(one<T>(Op::pow, a, static_cast<T>(k)), power) << +a << " " << k;
            power = static_cast<T>(Wide(power) * a);
        }
    }
}

TEST(Values, Integers) {
    check_integers<std::int8_t>();
    check_integers<std::int16_t>();
    check_integers<std::int32_t>();
    check_integers<std::int64_t>();
    check_integers<std::uint8_t>();
    check_integers<std::uint16_t>();
    check_integers<std::uint32_t>();
    check_integers<std::uint64_t>();
}

TEST(Values, Booleans) {
    for (bool a : {false, true}) {
        for (bool b : {false, true}) {
            EXPECT_EQ(one<bool>(Op::add, a, b), a || b);
            EXPECT_EQ(one<bool>(Op::multiply, a, b), a && b);
            EXPECT_EQ(one<bool>(Op::maximum, a, b), a || b);
            EXPECT_EQ(one<bool>(Op::minimum, a, b), a && b);
            EXPECT_EQ(one<bool>(Op::bitwise_xor, a, b), a != b);
            EXPECT_EQ(one<bool>(Op::less, a, b), a < b);
        }
        EXPECT_EQ(one<bool>(Op::bitwise_invert, a), !a);
        EXPECT_EQ(one<bool>(Op::abs, a), a);
    }
}

// NumPy's division with remainder, but for infinities, where the array API's standard has its own rules.
template <class T>
T naive_floor_divide(T a, T b) {
    if (b == 0 || std::isinf(a) || std::isinf(b)) return a / b;
    T rest = std::fmod(a, b), quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
    if (quotient == 0) return std::copysign(T(0), a / b);
    T whole = std::floor(quotient);
    return quotient - whole > T(0.5) ? whole + 1 : whole;
}

template <class T>
T naive_remainder(T a, T b) {
    T rest = std::fmod(a, b);
    if (b == 0) return rest;
    if (rest == 0) return std::copysign(T(0), b);
    return (b < 0) != (rest < 0) ? rest + b : rest;
}

template <class T>
void check_floats() {
    for (T a : values<T>(300, 3))
        for (T b : values<T>(300, 4)) {
            bool nan = a != a || b != b;
            EXPECT_TRUE(same(one<T>(Op::divide, a, b), a / b));
            EXPECT_TRUE(same(one<T>(Op::floor_divide, a, b), naive_floor_divide(a, b)))
                << a << " " << b;
            EXPECT_TRUE(same(one<T>(Op::remainder, a, b), naive_remainder(a, b))) << a << " " << b;
            T largest = one<T>(Op::maximum, a, b), smallest = one<T>(Op::minimum, a, b);
            EXPECT_TRUE(nan ? largest != largest : largest == std::max(a, b)) << a << " " << b;
            EXPECT_TRUE(nan ? smallest != smallest : smallest == std::min(a, b)) << a << " " << b;
            EXPECT_EQ(one<bool>(Op::less, a, b), a < b);
            EXPECT_EQ(one<bool>(Op::greater_equal, a, b), a >= b);
            EXPECT_EQ(one<bool>(Op::not_equal, a, b), a != b);
        }
    for (T a : values<T>(300, 5)) {
        EXPECT_TRUE(same(one<T>(Op::abs, a), std::fabs(a)));
        EXPECT_TRUE(same(one<T>(Op::floor, a), std::floor(a)));
        EXPECT_TRUE(same(one<T>(Op::ceil, a), std::ceil(a)));
        EXPECT_TRUE(same(one<T>(Op::trunc, a), std::trunc(a)));
        EXPECT_TRUE(same(one<T>(Op::round, a), std::nearbyint(a)));
        EXPECT_TRUE(same(one<T>(Op::sqrt, a), std::sqrt(a)));
        EXPECT_EQ(one<bool>(Op::isnan, a), std::isnan(a));
        EXPECT_EQ(one<bool>(Op::isinf, a), std::isinf(a));
        EXPECT_EQ(one<bool>(Op::isfinite, a), std::isfinite(a));
        T sign = one<T>(Op::sign, a);
        EXPECT_TRUE(a != a ? sign != sign : sign == T((a > 0) - (a < 0)));
    }
}

TEST(Values, Floats) {
    check_floats<float>();
    check_floats<double>();
}

// The remainder's fast way must stay exact where quotients are large or just below a whole number.
TEST(Values, FloatRemainderIsExactOnEveryInstructionSet) {
    std::mt19937_64 random(8);
    std::uniform_real_distribution<double> exponent(-60, 60), mantissa(1, 2);
    constexpr std::int64_t n = 20000;
    std::vector<double> a(n), b(n), out(n);
    for (std::size_t i = 0; i < n; ++i) {
        b[i] = std::ldexp(mantissa(random), static_cast<int>(exponent(random)));
        a[i] = i % 2 ? std::ldexp(mantissa(random), static_cast<int>(exponent(random)))
                     : std::nextafter(b[i] * static_cast<double>(random() % 100000), 0.0);
    }
    for (std::string_view set : available_instruction_sets()) {
        const void* in[2] = {a.data(), b.data()};
        table_of(set).elementwise[at(Op::remainder)][at(DType::float64)][0](out.data(), in, n);
        for (std::size_t i = 0; i < n; ++i)
            ASSERT_TRUE(same(out[i], naive_remainder(a[i], b[i])))
                << set << " " << a[i] << " " << b[i];
    }
}

TEST(Values, Complex) {
    using C = std::complex<double>;
    constexpr double inf = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(one<C>(Op::multiply, C(1, 2), C(3, 4)), C(-5, 10));
    EXPECT_EQ(one<C>(Op::divide, C(-5, 10), C(3, 4)), C(1, 2));
    // No overflow on the way, and infinities where NumPy has them.
    EXPECT_TRUE(same(one<C>(Op::divide, C(1e300, 1e300), C(1e300, 1e300)), C(1, 0)));
    EXPECT_TRUE(same(one<C>(Op::divide, C(1, 2), C(0, 0)), C(inf, inf)));
    EXPECT_EQ(one<double>(Op::abs, C(3e300, 4e300)), 5e300);
    EXPECT_EQ(one<double>(Op::abs, C(inf, nan)), inf);
    EXPECT_TRUE(one<bool>(Op::less, C(1, 5), C(2, 0)));
    EXPECT_TRUE(one<bool>(Op::less, C(1, 2), C(1, 3)));
    EXPECT_FALSE(one<bool>(Op::less, C(1, nan), C(2, 0)));
    EXPECT_EQ(one<C>(Op::maximum, C(1, 9), C(2, 0)), C(2, 0));
    EXPECT_TRUE(std::isnan(one<C>(Op::maximum, C(1, nan), C(2, 0)).imag()));
    EXPECT_TRUE(std::isnan(one<C>(Op::minimum, C(2, 0), C(1, nan)).imag()));
    EXPECT_EQ(one<C>(Op::sign, C(3, 4)), C(0.6, 0.8));
    EXPECT_EQ(one<C>(Op::sign, C(-inf, 4)), C(-1, 0));
    EXPECT_EQ(one<C>(Op::sign, C(0, 0)), C(0, 0));
    EXPECT_EQ(one<C>(Op::pow, C(2, 0), C(-2, 0)), C(0.25, 0));
    EXPECT_EQ(one<C>(Op::pow, C(0, 1), C(3, 0)), C(0, -1));
    EXPECT_EQ(one<C>(Op::pow, C(0, 0), C(0, 0)), C(1, 0));
    EXPECT_EQ(one<C>(Op::round, C(2.5, -1.5)), C(2, -2));
    for (C z : values<C>(200, 6)) {
        EXPECT_TRUE(same(one<C>(Op::sqrt, z), std::sqrt(z))) << z;
        EXPECT_TRUE(same(one<C>(Op::exp, z), std::exp(z))) << z;
        EXPECT_TRUE(same(one<C>(Op::tanh, z), std::tanh(z))) << z;
    }
}

template <class T>
double ulps(T got, long double exact) {
    T rounded = static_cast<T>(exact);
    if (same(got, rounded)) return 0;
    if (std::isnan(got) || std::isnan(rounded)) return 1e30;
    if (std::isinf(got) || std::isinf(rounded)) {
        // The largest number for infinity, or the other way round, is one step.
        T other = std::isinf(got) ? rounded : got;
        return std::fabs(other) == std::numeric_limits<T>::max() ? 1 : 1e30;
    }
    T size = std::max(std::fabs(rounded), std::numeric_limits<T>::min());
    long double unit =
        static_cast<long double>(std::nextafter(size, std::numeric_limits<T>::infinity())) - size;
    return static_cast<double>(std::fabs(static_cast<long double>(got) - exact) / unit);
}

template <class T>
void check_mathematics(Op op, long double (*exact)(long double)) {
    std::vector<T> in = values<T>(2000, 7);
    std::mt19937_64 random(9);
    std::uniform_real_distribution<double> exponent(-30, 12), wide(-90, 90);
    for (int i = 0; i < 20000; ++i) {
        in.push_back(static_cast<T>(std::exp2(exponent(random)) * (i % 2 ? 1 : -1)));
        in.push_back(static_cast<T>(wide(random)));
    }
    std::vector<T> out(in.size());
    const void* pointers[1] = {in.data()};
    for (std::string_view set : available_instruction_sets()) {
        table_of(set).elementwise[at(op)][at(dtype_of<T>)][0](out.data(), pointers,
                                                              static_cast<std::int64_t>(in.size()));
        double worst = 0;
        T where = 0;
        for (std::size_t i = 0; i < in.size(); ++i) {
            double error = ulps(out[i], exact(static_cast<long double>(in[i])));
            if (error > worst) {
                worst = error;
                where = in[i];
            }
        }
        EXPECT_LE(worst, 4) << title(set, row(op).name, dtype_of<T>) << " at " << where;
    }
}

TEST(Mathematics, AtMostFourUlps) {
    check_mathematics<float>(Op::exp, expl);
    check_mathematics<double>(Op::exp, expl);
    check_mathematics<float>(Op::log, logl);
    check_mathematics<double>(Op::log, logl);
    check_mathematics<float>(Op::sin, sinl);
    check_mathematics<double>(Op::sin, sinl);
    check_mathematics<float>(Op::cos, cosl);
    check_mathematics<double>(Op::cos, cosl);
    check_mathematics<float>(Op::tanh, tanhl);
    check_mathematics<double>(Op::tanh, tanhl);
}

template <class T>
void check_power() {
    std::vector<T> as = values<T>(150, 10), bs = values<T>(150, 11), a, b;
    for (T x : as)
        for (T y : bs) {
            a.push_back(x);
            b.push_back(y);
        }
    std::vector<T> out(a.size());
    const void* in[2] = {a.data(), b.data()};
    for (std::string_view set : available_instruction_sets()) {
        table_of(set).elementwise[at(Op::pow)][at(dtype_of<T>)][0](
            out.data(), in, static_cast<std::int64_t>(a.size()));
        for (std::size_t i = 0; i < a.size(); ++i)
            EXPECT_LE(ulps(out[i], powl(a[i], b[i])), 4) << set << " " << a[i] << " " << b[i];
    }
}

TEST(Mathematics, Power) {
    check_power<float>();
    check_power<double>();
}

}  // namespace
}  // namespace hpxpy::kernels
