// Kernels on every instruction set that this processor has: values against naive loops, all lengths up
// to twice the vector, unaligned memory, guards around the end, the same bits everywhere.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "base/cast.hpp"
#include "kernels/kernels.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels {
namespace {

using Bytes = std::vector<unsigned char>;

constexpr DType all_dtypes[] = {
#define HPXPY_DTYPE(name, type, kind, letter) DType::name,
#include "base/dtype.def"
#undef HPXPY_DTYPE
};

constexpr std::string_view baseline = "baseline";

std::string title(std::string_view set, std::string_view what, DType dtype) {
    return std::string(set) + " " + std::string(what) + " " + std::string(name_of(dtype));
}

int at(DType dtype) { return static_cast<int>(dtype); }
int at(Op op) { return static_cast<int>(op); }

bool is_libm(Op op) {
    return op == Op::exp || op == Op::log || op == Op::sin || op == Op::cos || op == Op::tanh ||
           op == Op::pow;
}

// Memory that starts one element past an aligned address, between guards.
class Guarded {
public:
    Guarded(std::int64_t items, std::int64_t itemsize)
        : offset_(static_cast<std::size_t>(64 + itemsize)),
          bytes_(static_cast<std::size_t>(items * itemsize)),
          memory_(offset_ + bytes_ + 128, 0xA5) {}
    void* data() { return memory_.data() + offset_; }
    bool intact() const {
        auto guard = [](unsigned char byte) { return byte == 0xA5; };
        auto first = memory_.begin() + static_cast<std::ptrdiff_t>(offset_);
        return std::all_of(memory_.begin(), first, guard) &&
               std::all_of(first + static_cast<std::ptrdiff_t>(bytes_), memory_.end(), guard);
    }
    Bytes bytes() const {
        auto first = memory_.begin() + static_cast<std::ptrdiff_t>(offset_);
        return Bytes(first, first + static_cast<std::ptrdiff_t>(bytes_));
    }

private:
    std::size_t offset_;
    std::size_t bytes_;
    Bytes memory_;
};

// Values that matter, then random ones.
template <class T>
std::vector<T> values(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<T> result;
    if constexpr (is_complex_type<T>) {
        auto parts = values<typename T::value_type>(2 * count, seed);
        std::shuffle(parts.begin(), parts.end(), random);
        for (std::size_t i = 0; i < count; ++i) result.emplace_back(parts[2 * i], parts[2 * i + 1]);
        return result;
    } else if constexpr (std::is_floating_point_v<T>) {
        using L = std::numeric_limits<T>;
        result = {L::quiet_NaN(),
                  L::infinity(),
                  -L::infinity(),
                  0,
                  -T(0),
                  1,
                  -1,
                  2,
                  -2,
                  T(0.5),
                  T(-0.5),
                  T(1.5),
                  T(2.5),
                  T(-2.5),
                  3,
                  7,
                  -7,
                  L::min(),
                  L::denorm_min(),
                  -L::denorm_min(),
                  L::max(),
                  -L::max(),
                  T(0.1),
                  T(1e10),
                  T(88.7),
                  T(710)};
        std::normal_distribution<double> normal(0, 3);
        while (result.size() < count) result.push_back(static_cast<T>(normal(random)));
    } else if constexpr (std::is_same_v<T, bool>) {
        while (result.size() < count) result.push_back(random() & 1);
    } else {
        using L = std::numeric_limits<T>;
        result = {
            0, 1, 2, 3, 7, L::max(), L::min(), T(-1), T(-2), T(L::max() - 1), T(L::min() + 1)};
        while (result.size() < count) result.push_back(static_cast<T>(random() >> (random() % 64)));
    }
    std::shuffle(result.begin(), result.end(), random);
    result.resize(count);
    return result;
}

Bytes random_bytes(DType dtype, std::int64_t count, unsigned seed) {
    return visit(dtype, [&]<class T>() {
        std::vector<T> list = values<T>(static_cast<std::size_t>(count), seed);
        Bytes bytes(list.size() * sizeof(T));
        for (std::size_t i = 0; i < list.size(); ++i) {
            T x = list[i];
            std::memcpy(&bytes[i * sizeof(T)], &x, sizeof(T));
        }
        return bytes;
    });
}

template <class T>
bool same(T a, T b) {
    if constexpr (is_complex_type<T>)
        return same(a.real(), b.real()) && same(a.imag(), b.imag());
    else if constexpr (std::is_floating_point_v<T>)
        return (a == b && std::signbit(a) == std::signbit(b)) || (a != a && b != b);
    else
        return a == b;
}

// Equal but for the payload and sign of nan.
bool same_values(DType dtype, const Bytes& a, const Bytes& b) {
    return a.size() == b.size() && visit(dtype, [&]<class T>() {
               for (std::size_t i = 0; i < a.size(); i += sizeof(T)) {
                   T x, y;
                   std::memcpy(&x, &a[i], sizeof(T));
                   std::memcpy(&y, &b[i], sizeof(T));
                   if (!same(x, y)) return false;
               }
               return true;
           });
}

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

// One element through the baseline's loop.
template <class Out, class T>
Out one(Op op, T a, T b = T()) {
    Out out{};
    const void* in[2] = {&a, &b};
    table_of(baseline).elementwise[at(op)][at(dtype_of<T>)][0](&out, in, 1);
    return out;
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
    if constexpr (std::is_signed_v<T>) {
        EXPECT_EQ(one<T>(Op::pow, T(2), T(-1)), 0);
        EXPECT_EQ(one<T>(Op::pow, T(0), T(-1)), 0);
        EXPECT_EQ(one<T>(Op::pow, T(1), T(-3)), 1);
        EXPECT_EQ(one<T>(Op::pow, T(-1), T(-3)), -1);
        EXPECT_EQ(one<T>(Op::pow, T(-1), T(-4)), 1);
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
        EXPECT_EQ(one<bool>(Op::square, a), a);
        EXPECT_EQ(one<bool>(Op::abs, a), a);
    }
}

// NumPy's division with remainder.
template <class T>
T naive_floor_divide(T a, T b) {
    if (b == 0) return a / b;
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

TEST(Convert, EveryPairAndLength) {
    for (std::string_view set : available_instruction_sets())
        for (DType from : all_dtypes)
            for (DType to : all_dtypes) {
                Block loop = table_of(set).convert[at(from)][at(to)];
                ASSERT_EQ(loop == nullptr, from == to);
                if (!loop) continue;
                constexpr std::int64_t most = 300;
                Bytes in = random_bytes(from, most, 12);
                Bytes wanted(static_cast<std::size_t>(most * itemsize(to)));
                visit(from, [&]<class From>() {
                    visit(to, [&]<class To>() {
                        for (std::size_t i = 0; i < most; ++i) {
                            From x;
                            std::memcpy(&x, &in[i * sizeof(From)], sizeof(From));
                            To y = cast<To>(x);
                            std::memcpy(&wanted[i * sizeof(To)], &y, sizeof(To));
                        }
                    });
                });
                for (std::int64_t n = 0; n <= most; n += n < 40 ? 1 : 65) {
                    Guarded source(n, itemsize(from)), out(n, itemsize(to));
                    std::memcpy(source.data(), in.data(),
                                static_cast<std::size_t>(n * itemsize(from)));
                    const void* pointers[1] = {source.data()};
                    loop(out.data(), pointers, n);
                    ASSERT_TRUE(out.intact());
                    Bytes prefix(wanted.begin(), wanted.begin() + n * itemsize(to));
                    ASSERT_TRUE(same_values(to, out.bytes(), prefix))
                        << title(set, name_of(from), to) << " n " << n;
                }
            }
}

// Strided pieces in a field of numbered bytes, large enough for every combination below.
void check_copies(const Copies& copies, std::int64_t size) {
    constexpr std::int64_t room = 9000;
    Bytes field(static_cast<std::size_t>(2 * room * size));
    for (std::size_t i = 0; i < field.size(); ++i)
        field[i] = static_cast<unsigned char>(i * 37 + i / 251);
    unsigned char* middle = field.data() + room * size;
    for (std::int64_t rows : {0, 1, 2, 5, 17, 40})
        for (std::int64_t columns : {0, 1, 2, 3, 4, 5, 16, 33, 70})
            for (std::int64_t row_stride : {0, 1, 3, 71, -80, 100})
                for (std::int64_t column_stride : {0, 1, 2, -1, -2, 3, 41, 100}) {
                    Guarded dense(rows * columns, size);
                    auto* values = static_cast<unsigned char*>(dense.data());
                    if (40 * std::abs(row_stride) + 70 * std::abs(column_stride) > room) continue;
                    copies.gather(values, middle, rows, columns, row_stride, column_stride);
                    ASSERT_TRUE(dense.intact());
                    auto place = [&](std::int64_t r, std::int64_t c) {
                        return (r * row_stride + c * column_stride) * size;
                    };
                    for (std::int64_t r = 0; r < rows; ++r)
                        for (std::int64_t c = 0; c < columns; ++c)
                            ASSERT_EQ(
                                std::memcmp(values + (r * columns + c) * size, middle + place(r, c),
                                            static_cast<std::size_t>(size)),
                                0)
                                << size << ": " << rows << " " << columns << " " << row_stride
                                << " " << column_stride;
                    // What a scatter leaves behind, compared with one element after the other.
                    std::vector<std::int64_t> places;
                    for (std::int64_t r = 0; r < rows; ++r)
                        for (std::int64_t c = 0; c < columns; ++c) places.push_back(place(r, c));
                    std::sort(places.begin(), places.end());
                    if (std::adjacent_find(places.begin(), places.end()) != places.end()) continue;
                    Bytes target(field.size(), 0xA5), wanted = target;
                    for (std::int64_t r = 0; r < rows; ++r)
                        for (std::int64_t c = 0; c < columns; ++c)
                            std::memcpy(wanted.data() + room * size + place(r, c),
                                        values + (r * columns + c) * size,
                                        static_cast<std::size_t>(size));
                    copies.scatter(target.data() + room * size, values, rows, columns, row_stride,
                                   column_stride);
                    ASSERT_EQ(target, wanted) << size << ": " << rows << " " << columns << " "
                                              << row_stride << " " << column_stride;
                }
    for (std::int64_t n = 0; n < 140; ++n) {
        Guarded out(n, size);
        copies.fill(out.data(), middle, n);
        ASSERT_TRUE(out.intact());
        for (std::int64_t i = 0; i < n; ++i)
            ASSERT_EQ(std::memcmp(static_cast<char*>(out.data()) + i * size, middle,
                                  static_cast<std::size_t>(size)),
                      0);
    }
}

TEST(Copies, EveryShapeAndStride) {
    for (std::string_view set : available_instruction_sets())
        for (int k = 0; k < 5; ++k) check_copies(table_of(set).copies[k], std::int64_t(1) << k);
}

TEST(Copies, Stream) {
    Bytes source(5000);
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<unsigned char>(i * 7);
    for (std::string_view set : available_instruction_sets())
        for (std::int64_t n : {0, 1, 7, 63, 64, 65, 127, 128, 130, 1000, 4096, 4999}) {
            for (std::int64_t shift : {1, 3, 8, 16}) {
                Guarded out(n, shift);
                table_of(set).stream(out.data(), source.data(), n);
                store_fence();
                ASSERT_EQ(std::memcmp(out.data(), source.data(), static_cast<std::size_t>(n)), 0);
                ASSERT_TRUE(shift > 1 || out.intact()) << set << " " << n;
            }
        }
}

TEST(CountUp, IntegersAndFloats) {
    for (std::int64_t n = 0; n < 40; ++n) {
        std::vector<std::int64_t> whole(static_cast<std::size_t>(n) + 1, -1);
        std::vector<double> real(static_cast<std::size_t>(n) + 1, -1);
        count_up(DType::int64, whole.data(), 5, n);
        count_up(DType::float64, real.data(), -3, n);
        for (std::int64_t i = 0; i < n; ++i) {
            EXPECT_EQ(whole[static_cast<std::size_t>(i)], 5 + i);
            EXPECT_EQ(real[static_cast<std::size_t>(i)], static_cast<double>(i - 3));
        }
        EXPECT_EQ(whole.back(), -1);
        EXPECT_EQ(real.back(), -1);
    }
}

// The documented order of joining, one element after the other.
template <class T, class F>
T naive_lanes(const std::vector<T>& row, F join) {
    std::size_t lanes = sizeof(T) >= 8 ? 32 : 64;
    std::size_t active = std::min(row.size(), lanes);
    std::vector<T> state(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(active));
    for (std::size_t i = active; i < row.size(); ++i)
        state[i % lanes] = join(state[i % lanes], row[i]);
    std::size_t width = 1;
    while (width < active) width *= 2;
    for (width /= 2; width > 0; width /= 2) {
        for (std::size_t l = 0; l < width && l + width < active; ++l)
            state[l] = join(state[l], state[l + width]);
        active = std::min(active, width);
    }
    return state[0];
}

template <class T>
void check_reduction(const Table& table, std::string_view set, Reduction reduction) {
    DType dtype = dtype_of<T>;
    const ReductionLoops& loops = table.reductions[static_cast<int>(reduction)][at(dtype)];
    if (!loops.reduce_rows) return;
    Op op = row(reduction).joining;
    auto join = [&](T a, T b) { return one<T>(op, a, b); };
    // Few special values, so that not every result is nan.
    const std::vector<T> pool = values<T>(20000, 13);
    EXPECT_EQ(loops.state_size, static_cast<std::int64_t>(sizeof(T)));
    EXPECT_EQ(loops.finish, nullptr);
    for (std::int64_t n :
         {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 32, 33, 40, 63, 64, 65, 100, 128, 200, 517})
        for (std::int64_t rows : {1, 2, 9, 37}) {
            Guarded source(n * rows, sizeof(T)), states(rows, sizeof(T));
            T* input = static_cast<T*>(source.data());
            std::copy_n(pool.begin(), n * rows, input);
            loops.reduce_rows(states.data(), input, rows, n, 0);
            ASSERT_TRUE(states.intact());
            T* result = static_cast<T*>(states.data());
            for (std::int64_t r = 0; r < rows; ++r) {
                std::vector<T> list(input + r * n, input + (r + 1) * n);
                ASSERT_TRUE(same(result[r], naive_lanes(list, join)))
                    << title(set, row(reduction).name, dtype) << " n " << n << " row " << r;
            }
            // The same memory seen as n rows of `rows` columns.
            std::vector<T> wanted(input, input + rows);
            for (std::int64_t k = 1; k < n; ++k)
                for (std::int64_t c = 0; c < rows; ++c)
                    wanted[static_cast<std::size_t>(c)] =
                        join(wanted[static_cast<std::size_t>(c)], input[k * rows + c]);
            std::int64_t half = n / 2;
            if (half > 0) loops.accumulate_rows(result, input, half, rows, 0, true);
            loops.accumulate_rows(result, input + half * rows, n - half, rows, half, half == 0);
            ASSERT_TRUE(states.intact());
            for (std::int64_t c = 0; c < rows; ++c)
                ASSERT_TRUE(same(result[c], static_cast<T>(wanted[static_cast<std::size_t>(c)])))
                    << title(set, row(reduction).name, dtype) << " n " << n << " column " << c;
        }
    std::vector<T> left = values<T>(77, 14), into = values<T>(77, 15);
    Guarded a(77, sizeof(T)), b(77, sizeof(T));
    std::copy(left.begin(), left.end(), static_cast<T*>(a.data()));
    std::copy(into.begin(), into.end(), static_cast<T*>(b.data()));
    loops.join(a.data(), b.data(), 77);
    ASSERT_TRUE(b.intact());
    for (std::size_t i = 0; i < 77; ++i)
        EXPECT_TRUE(same(static_cast<T*>(b.data())[i], join(left[i], into[i])));
}

TEST(Reductions, FixedOrderOnEveryInstructionSet) {
    for (std::string_view set : available_instruction_sets())
        for (int r = 0; r < reduction_count; ++r) {
            auto reduction = static_cast<Reduction>(r);
            if (row(reduction).result == Result::index) continue;
            for (DType dtype : all_dtypes)
                visit(dtype, [&]<class T>() { check_reduction<T>(table_of(set), set, reduction); });
        }
}

TEST(Reductions, ExistForEachDtypeThatTheyWorkIn) {
    for (std::string_view set : available_instruction_sets())
        for (int r = 0; r < reduction_count; ++r)
            for (DType dtype : all_dtypes) {
                DType compute = compute_dtype(static_cast<Reduction>(r), dtype);
                EXPECT_TRUE(table_of(set).reductions[r][at(compute)].reduce_rows)
                    << title(set, row(static_cast<Reduction>(r)).name, compute);
            }
}

TEST(Reductions, SumsKeepPairwiseError) {
    std::mt19937_64 random(16);
    std::uniform_real_distribution<float> uniform(0, 1);
    for (int repeat = 0; repeat < 50; ++repeat) {
        std::vector<float> in(2048);
        double exact = 0;
        for (float& x : in) exact += x = uniform(random);
        float sum = 0;
        reduction(Reduction::sum, DType::float32).reduce_rows(&sum, in.data(), 1, 2048, 0);
        EXPECT_LE(std::fabs(sum - exact) / exact, 11 * 6e-8);
    }
}

template <class T>
struct Positioned {
    T value;
    std::int64_t position;
};

template <class T>
bool naive_replaces(bool smallest, T x, T best) {
    if constexpr (is_complex_type<T>) {
        auto nan = [](T z) { return z.real() != z.real() || z.imag() != z.imag(); };
        if (nan(best) || nan(x)) return !nan(best) && nan(x);
        auto before = [](T a, T b) {
            return a.real() < b.real() || (a.real() == b.real() && a.imag() < b.imag());
        };
        return smallest ? before(x, best) : before(best, x);
    } else {
        if (best != best || x != x) return best == best && x != x;
        return smallest ? x < best : x > best;
    }
}

template <class T>
std::int64_t naive_position(bool smallest, const T* in, std::int64_t n, std::int64_t step) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < n; ++i)
        if (naive_replaces<T>(smallest, in[i * step], in[best * step])) best = i;
    return best;
}

template <class T>
void check_positions(const Table& table, std::string_view set, Reduction reduction, unsigned seed) {
    bool smallest = reduction == Reduction::argmin;
    const ReductionLoops& loops = table.reductions[static_cast<int>(reduction)][at(dtype_of<T>)];
    ASSERT_EQ(loops.state_size, static_cast<std::int64_t>(sizeof(Positioned<T>)));
    // With few values there are many ties; with many, hardly a nan.
    const std::vector<T> pool = values<T>(seed % 2 ? 20000 : 30, seed);
    std::mt19937_64 random(seed);
    for (std::int64_t n : {1, 2, 3, 8, 31, 64, 65, 127, 128, 129, 200, 500})
        for (std::int64_t rows : {1, 3, 70}) {
            Guarded source(n * rows, sizeof(T)), states(rows, sizeof(Positioned<T>));
            T* in = static_cast<T*>(source.data());
            for (std::int64_t i = 0; i < n * rows; ++i) in[i] = pool[random() % pool.size()];
            std::vector<std::int64_t> out(static_cast<std::size_t>(rows));
            loops.reduce_rows(states.data(), in, rows, n, 1000);
            ASSERT_TRUE(states.intact());
            loops.finish(out.data(), states.data(), rows);
            for (std::int64_t r = 0; r < rows; ++r)
                ASSERT_EQ(out[static_cast<std::size_t>(r)],
                          1000 + naive_position(smallest, in + r * n, n, 1))
                    << title(set, row(reduction).name, dtype_of<T>) << " n " << n;
            // The same memory as n rows, in two halves, and once more by joining the halves.
            std::int64_t half = n / 2;
            if (half > 0) loops.accumulate_rows(states.data(), in, half, rows, 0, true);
            Guarded first = states, second(rows, sizeof(Positioned<T>));
            loops.accumulate_rows(states.data(), in + half * rows, n - half, rows, half, half == 0);
            loops.accumulate_rows(second.data(), in + half * rows, n - half, rows, half, true);
            if (half > 0) loops.join(first.data(), second.data(), rows);
            ASSERT_TRUE(states.intact() && second.intact());
            std::vector<std::int64_t> joined(out.size());
            loops.finish(out.data(), states.data(), rows);
            loops.finish(joined.data(), second.data(), rows);
            for (std::int64_t c = 0; c < rows; ++c)
                ASSERT_EQ(out[static_cast<std::size_t>(c)],
                          naive_position(smallest, in + c, n, rows))
                    << title(set, row(reduction).name, dtype_of<T>) << " n " << n;
            ASSERT_EQ(joined, out);
        }
}

TEST(Reductions, FirstPositionWinsAndNanOverNumbers) {
    for (std::string_view set : available_instruction_sets())
        for (Reduction reduction : {Reduction::argmin, Reduction::argmax})
            for (DType dtype : all_dtypes)
                for (unsigned seed : {20u, 21u})
                    visit(dtype, [&]<class T>() {
                        check_positions<T>(table_of(set), set, reduction, seed);
                    });
}

TEST(Reductions, Identities) {
    double real = -1;
    identity(Reduction::sum, DType::float64, &real);
    EXPECT_EQ(real, 0);
    identity(Reduction::prod, DType::float64, &real);
    EXPECT_EQ(real, 1);
    bool truth = true;
    identity(Reduction::any, DType::bool_, &truth);
    EXPECT_FALSE(truth);
    identity(Reduction::all, DType::bool_, &truth);
    EXPECT_TRUE(truth);
    identity(Reduction::min, DType::float64, &real);
    EXPECT_EQ(real, std::numeric_limits<double>::infinity());
    identity(Reduction::max, DType::float64, &real);
    EXPECT_EQ(real, -std::numeric_limits<double>::infinity());
    std::int8_t small = 0;
    identity(Reduction::max, DType::int8, &small);
    EXPECT_EQ(small, -128);
    // Joined with an element, even one equal to it, nothing of it stays.
    const auto& loops = reduction(Reduction::argmin, DType::float64);
    struct {
        double value;
        std::int64_t position;
    } nothing, element{std::numeric_limits<double>::infinity(), 5};
    identity(Reduction::argmin, DType::float64, &nothing);
    loops.join(&nothing, &element, 1);
    EXPECT_EQ(element.position, 5);
}

TEST(Joining, OfCollectives) {
    std::vector<std::int32_t> left{1, 0, -5, 7}, into{2, 0, 3, -8};
    auto joined = [&](Op op) {
        std::vector<std::int32_t> result = into;
        joining(op, DType::int32)(left.data(), result.data(), 4);
        return result;
    };
    using List = std::vector<std::int32_t>;
    EXPECT_EQ(joined(Op::add), (List{3, 0, -2, -1}));
    EXPECT_EQ(joined(Op::multiply), (List{2, 0, -15, -56}));
    EXPECT_EQ(joined(Op::minimum), (List{1, 0, -5, -8}));
    EXPECT_EQ(joined(Op::maximum), (List{2, 0, 3, 7}));
    EXPECT_EQ(joined(Op::logical_and), (List{1, 0, 1, 1}));
    EXPECT_EQ(joined(Op::logical_or), (List{1, 0, 1, 1}));
    EXPECT_EQ(joined(Op::logical_xor), (List{0, 0, 0, 0}));
    EXPECT_EQ(joined(Op::bitwise_and), (List{0, 0, 3, 0}));
    EXPECT_EQ(joined(Op::bitwise_or), (List{3, 0, -5, -1}));
    EXPECT_EQ(joined(Op::bitwise_xor), (List{3, 0, -8, -1}));
    EXPECT_EQ(joining(Op::bitwise_and, DType::float64), nullptr);
    EXPECT_EQ(joining(Op::subtract, DType::float64), nullptr);
    std::complex<float> a(0, 2), b(0, 0);
    joining(Op::logical_or, DType::complex64)(&a, &b, 1);
    EXPECT_EQ(b, (std::complex<float>(1, 0)));
}

TEST(Dispatch, PicksAnAvailableSet) {
    auto& sets = available_instruction_sets();
    EXPECT_NE(std::find(sets.begin(), sets.end(), instruction_set()), sets.end());
    EXPECT_EQ(elementwise(Op::add, DType::float64, 0),
              table_of(instruction_set()).elementwise[at(Op::add)][at(DType::float64)][0]);
    EXPECT_EQ(elementwise(Op::add, DType::float64, 3), nullptr);
    EXPECT_EQ(elementwise(Op::bitwise_and, DType::float64, 0), nullptr);
}

}  // namespace
}  // namespace hpxpy::kernels
