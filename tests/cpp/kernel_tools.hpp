// What the tests of kernels share: random operands, guarded memory, comparison of bits.
// SPDX-License-Identifier: BSL-1.0
#pragma once

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

inline std::string title(std::string_view set, std::string_view what, DType dtype) {
    return std::string(set) + " " + std::string(what) + " " + std::string(name_of(dtype));
}

inline int at(DType dtype) { return static_cast<int>(dtype); }
inline int at(Op op) { return static_cast<int>(op); }

// Whether libmvec may compute it: its bits depend on the instruction set.
inline bool is_libm(Op op) {
    static constexpr Op ops[] = {
        Op::exp,   Op::exp2,  Op::expm1, Op::log,         Op::log2,  Op::log10, Op::log1p,
        Op::sin,   Op::cos,   Op::tan,   Op::asin,        Op::acos,  Op::atan,  Op::sinh,
        Op::cosh,  Op::tanh,  Op::asinh, Op::acosh,       Op::atanh, Op::cbrt,  Op::erf,
        Op::atan2, Op::hypot, Op::pow,   Op::float_power,
    };
    return std::find(std::begin(ops), std::end(ops), op) != std::end(ops);
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

inline Bytes random_bytes(DType dtype, std::int64_t count, unsigned seed) {
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
inline bool same_values(DType dtype, const Bytes& a, const Bytes& b) {
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

// One element through the baseline's loop.
template <class Out, class T>
Out one(Op op, T a, T b = T()) {
    Out out{};
    const void* in[2] = {&a, &b};
    table_of(baseline).elementwise[at(op)][at(dtype_of<T>)][0](&out, in, 1);
    return out;
}

}  // namespace
}  // namespace hpxpy::kernels
