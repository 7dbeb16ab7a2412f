// Python's numbers beside arrays: the common dtype, the one checked conversion to an element, and integers
// that no common dtype holds. Called by recording and by small work.
// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "graph/array.hpp"

namespace hpxpy {

namespace {

template <class T>
bool holds(const Scalar& scalar) {
    // Python's integers arrive as int64, or as uint64 when they are past it.
    if (kind_of(scalar.dtype) == Kind::unsigned_integer) {
        auto value = scalar.as<std::uint64_t>();
        return value <= static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    }
    auto value = scalar.as<std::int64_t>();
    if constexpr (std::is_unsigned_v<T>)
        return value >= 0 && static_cast<std::uint64_t>(value) <= std::numeric_limits<T>::max();
    else
        return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

std::string text_of(const Scalar& integer) {
    return kind_of(integer.dtype) == Kind::unsigned_integer
               ? std::to_string(integer.as<std::uint64_t>())
               : std::to_string(integer.as<std::int64_t>());
}

// Cut towards zero, it is one of the dtype's integers.
bool holds_whole(DType dtype, double value) {
    return visit(dtype, [&]<class T>() {
        if constexpr (std::is_integral_v<T>) {
            constexpr double above =
                2.0 * static_cast<double>(std::uint64_t{1} << (std::numeric_limits<T>::digits - 1));
            double whole = std::trunc(value);
            return whole < above && whole >= (std::is_signed_v<T> ? -above : 0.0);
        } else {
            return true;
        }
    });
}

void check_float(const char* function, double value, DType dtype) {
    if (std::isnan(value))
        fail<ValueError>(function, ": nan is no integer of ", name_of(dtype),
                         "; convert the array to a float dtype first");
    if (!holds_whole(dtype, value))
        fail<OverflowError>(function, ": Python float ", value, " is out of bounds for ",
                            name_of(dtype), "; convert the array with astype first");
}

}  // namespace

bool holds(DType dtype, const Scalar& scalar) {
    return visit(dtype, [&]<class T>() {
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
            return holds<T>(scalar);
        else
            return true;
    });
}

Scalar checked_scalar(const char* function, const Scalar& scalar, DType dtype) {
    if (is_complex(scalar.dtype) && !is_complex(dtype) && dtype != DType::bool_)
        fail<TypeError>(function, ": a complex number does not fit into a ", name_of(dtype),
                        " array; give its real part");
    if (!is_integer(dtype)) return scalar.as_dtype(dtype);
    if (is_floating(scalar.dtype)) check_float(function, scalar.as<double>(), dtype);
    if (is_integer(scalar.dtype) && !holds(dtype, scalar))
        fail<OverflowError>(function, ": Python integer ", text_of(scalar),
                            " is out of bounds for ", name_of(dtype),
                            "; convert the array with astype first");
    return scalar.as_dtype(dtype);
}

DType common_dtype(std::span<const Input> inputs) {
    std::optional<DType> strong;
    std::optional<DType> weak;
    for (const Input& input : inputs) {
        if (const Array* x = given_array(input)) {
            strong = strong ? promote(*strong, x->dtype()) : x->dtype();
        } else {
            // A Python int is int64 among Python scalars, whatever its size.
            DType own = std::get<Scalar>(input).dtype;
            if (is_integer(own)) own = DType::int64;
            weak = weak ? promote(*weak, own) : own;
        }
    }
    if (!strong) return *weak;
    return weak ? promote_weak(*strong, kind_of(*weak)) : *strong;
}

namespace {

DType dtype_in(const Input& input) {
    const Array* x = given_array(input);
    return x ? x->dtype() : std::get<Scalar>(input).dtype;
}

// A Python integer that the dtype of the other operand, an array of integers, does not hold. Beside booleans it
// is refused.
bool is_beyond(const Input& number, const Input& other) {
    const auto* scalar = std::get_if<Scalar>(&number);
    const Array* x = given_array(other);
    return scalar && x && is_integer(scalar->dtype) && x->dtype() != DType::bool_ &&
           !holds(promote_weak(x->dtype(), Kind::signed_integer), *scalar);
}

// A signed integer and a uint64, in this order.
bool is_mixed(const Input& first, const Input& second) {
    return given_array(first) && given_array(second) && dtype_in(second) == DType::uint64 &&
           kind_of(dtype_in(first)) == Kind::signed_integer;
}

// The comparison that gives the same with the operands exchanged.
Op mirrored(Op op) {
    switch (op) {
        case Op::less:
            return Op::greater;
        case Op::less_equal:
            return Op::greater_equal;
        case Op::greater:
            return Op::less;
        case Op::greater_equal:
            return Op::less_equal;
        default:
            return op;
    }
}

Op of_signed(Op op) {
    int offset = static_cast<int>(op) - static_cast<int>(Op::equal);
    return static_cast<Op>(static_cast<int>(Op::_signed_equal) + offset);
}

}  // namespace

bool ExactComparison::is_needed(Op op, std::span<const Input> inputs) {
    if (op < Op::equal || op > Op::greater_equal) return false;
    const Input &a = inputs[0], &b = inputs[1];
    return is_mixed(a, b) || is_mixed(b, a) || is_beyond(a, b) || is_beyond(b, a);
}

ExactComparison::ExactComparison(Op op, std::span<const Input> inputs)
    : op_(op), inputs_{inputs[0], inputs[1]} {
    for (int i = 0; i < 2; ++i)
        if (is_beyond(inputs_[i], inputs_[1 - i])) {
            // With a dtype of its own it takes part in the common one.
            number_ = constant({}, std::get<Scalar>(inputs_[i]), nullptr);
            inputs_[i] = &number_;
        }
    if (is_mixed(inputs_[1], inputs_[0])) {
        std::swap(inputs_[0], inputs_[1]);
        op_ = mirrored(op_);
    }
    if (is_mixed(inputs_[0], inputs_[1])) op_ = of_signed(op_);
}

}  // namespace hpxpy
