// The element types as run-time values, and the one place that turns a value into a C++ type.
// Every room speaks of element types through this header; the list itself is dtype.def.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <complex>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hpxpy {

enum class DType : std::uint8_t {
#define HPXPY_DTYPE(name, type, kind, letter) name,
#include "base/dtype.def"
#undef HPXPY_DTYPE
};

enum class Kind : std::uint8_t {
    boolean,
    signed_integer,
    unsigned_integer,
    real_floating,
    complex_floating
};

constexpr int dtype_count = 0
#define HPXPY_DTYPE(...) +1
#include "base/dtype.def"
#undef HPXPY_DTYPE
    ;

/// The DType whose elements are of C++ type T.
template <class T>
inline constexpr DType dtype_of = DType::bool_;
#define HPXPY_DTYPE(name, type, kind, letter) \
    template <>                               \
    inline constexpr DType dtype_of<type> = DType::name;
#include "base/dtype.def"
#undef HPXPY_DTYPE

/// Calls `f.template operator()<T>()` with the C++ type of `dtype`.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
    switch (dtype) {
#define HPXPY_DTYPE(name, type, kind, letter) \
    case DType::name:                         \
        return std::forward<F>(f).template operator()<type>();
#include "base/dtype.def"
#undef HPXPY_DTYPE
    }
    __builtin_unreachable();
}

namespace detail {
struct DTypeFacts {
    std::string_view name;
    std::int64_t itemsize;
    Kind kind;
    char letter;
};
inline constexpr DTypeFacts dtype_facts[] = {
#define HPXPY_DTYPE(name, type, kind, letter) {#name, sizeof(type), Kind::kind, letter},
#include "base/dtype.def"
#undef HPXPY_DTYPE
};
}  // namespace detail

/// Bytes of one element.
constexpr std::int64_t itemsize(DType dtype) {
    return detail::dtype_facts[static_cast<int>(dtype)].itemsize;
}

constexpr Kind kind_of(DType dtype) { return detail::dtype_facts[static_cast<int>(dtype)].kind; }

/// NumPy's letter of the kind: b, i, u, f or c.
constexpr char kind_letter(DType dtype) {
    return detail::dtype_facts[static_cast<int>(dtype)].letter;
}

/// NumPy's name of the type ("float64"; "bool").
constexpr std::string_view name_of(DType dtype) {
    return dtype == DType::bool_ ? std::string_view("bool")
                                 : detail::dtype_facts[static_cast<int>(dtype)].name;
}

constexpr bool is_integer(DType dtype) {
    return kind_of(dtype) == Kind::signed_integer || kind_of(dtype) == Kind::unsigned_integer;
}
constexpr bool is_floating(DType dtype) { return kind_of(dtype) == Kind::real_floating; }
constexpr bool is_complex(DType dtype) { return kind_of(dtype) == Kind::complex_floating; }

template <class T>
inline constexpr bool is_complex_type =
    std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;

}  // namespace hpxpy
