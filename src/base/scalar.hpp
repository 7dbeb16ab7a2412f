// One element as a value: constants of expressions, fill values, single elements read back.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstring>

#include "base/cast.hpp"
#include "base/dtype.hpp"

namespace hpxpy {

/// A value with its dtype.
struct Scalar {
    alignas(16) unsigned char bytes[16] = {};
    DType dtype = DType::bool_;

    template <class T>
    static Scalar of(T value) {
        Scalar scalar;
        scalar.dtype = dtype_of<T>;
        std::memcpy(scalar.bytes, &value, sizeof value);
        return scalar;
    }
    static Scalar read(DType dtype, const void* element) {
        Scalar scalar;
        scalar.dtype = dtype;
        std::memcpy(scalar.bytes, element, static_cast<std::size_t>(itemsize(dtype)));
        return scalar;
    }
    /// The value as a T, converted by `cast`.
    template <class T>
    T as() const {
        return visit(dtype, [&]<class From>() {
            From value;
            std::memcpy(&value, bytes, sizeof value);
            return cast<T>(value);
        });
    }
    Scalar as_dtype(DType to) const {
        if (to == dtype) return *this;
        return visit(to, [&]<class To>() { return Scalar::of<To>(as<To>()); });
    }
};

}  // namespace hpxpy
