// The one definition of conversion between element types, scalar by scalar; kernels loop over it and
// the bindings use it for single values.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "base/dtype.hpp"

namespace hpxpy {

/// `x` as a To. Integers wrap; floats are cut towards zero; nan becomes 0 and what an integer type
/// cannot hold becomes its nearest value; complex to real drops the imaginary part; to bool asks
/// whether x is not zero.
template <class To, class From>
inline To cast(From x) {
    if constexpr (std::is_same_v<To, From>) {
        return x;
    } else if constexpr (is_complex_type<From> && is_complex_type<To>) {
        return To(static_cast<typename To::value_type>(x.real()),
                  static_cast<typename To::value_type>(x.imag()));
    } else if constexpr (std::is_same_v<To, bool>) {
        return x != From(0);
    } else if constexpr (is_complex_type<From>) {
        return cast<To>(x.real());
    } else if constexpr (is_complex_type<To>) {
        return To(static_cast<typename To::value_type>(x), 0);
    } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
        using Limits = std::numeric_limits<To>;
        // 2^bits of the type's range, exact in every float type.
        constexpr From above =
            From(2) * From(static_cast<std::uint64_t>(1) << (Limits::digits - 1));
        constexpr From below = std::is_signed_v<To> ? -above : From(0);
        From inside = x >= below ? x : below;
        To value = static_cast<To>(inside < above ? inside : From(0));
        value = x >= above ? Limits::max() : value;
        return x == x ? value : To(0);
    } else {
        return static_cast<To>(x);
    }
}

}  // namespace hpxpy
