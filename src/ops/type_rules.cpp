// Promotion and result dtypes: the array API's rules, and NumPy 2's where it leaves them open.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "base/error.hpp"
#include "ops/op.hpp"

namespace hpxpy {

namespace {

DType integer_of(bool is_signed, std::int64_t size) {
    int step = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    int first = static_cast<int>(is_signed ? DType::int8 : DType::uint8);
    return static_cast<DType>(first + step);
}

// NumPy computes small integers in half precision, which we do not have: float32 is the next.
DType float_of(DType dtype) {
    if (dtype == DType::bool_ || (is_integer(dtype) && itemsize(dtype) <= 2)) return DType::float32;
    return is_integer(dtype) ? DType::float64 : dtype;
}

[[noreturn]] void refuse(std::string_view name, DType dtype, const char* wanted) {
    fail<TypeError>(name, ": dtype ", name_of(dtype), " is not supported; it takes ", wanted);
}

DType accept(std::string_view name, Accepts accepts, DType dtype) {
    bool boolean = dtype == DType::bool_;
    bool wants_real = accepts == Accepts::real || accepts == Accepts::real_of_bool ||
                      accepts == Accepts::real_floating;
    if (wants_real && is_complex(dtype)) refuse(name, dtype, "real numbers");
    switch (accepts) {
        case Accepts::any:
        case Accepts::real:
        case Accepts::logical:
            return dtype;
        case Accepts::number:
            if (boolean) refuse(name, dtype, "numbers; use astype, or the logical functions");
            return dtype;
        case Accepts::number_of_bool:
        case Accepts::real_of_bool:
            return boolean ? DType::int8 : dtype;
        case Accepts::integer_of_bool:
            if (!boolean && !is_integer(dtype)) refuse(name, dtype, "integers");
            return boolean ? DType::int8 : dtype;
        case Accepts::bits:
            if (!boolean && !is_integer(dtype)) refuse(name, dtype, "booleans and integers");
            return dtype;
        case Accepts::floating:
        case Accepts::real_floating:
            return float_of(dtype);
        case Accepts::divisible:
            return boolean || is_integer(dtype) ? DType::float64 : dtype;
        case Accepts::wide:
            return is_complex(dtype) ? DType::complex128 : DType::float64;
        case Accepts::mixed:
            return DType::uint64;
    }
    __builtin_unreachable();
}

template <class Row, std::size_t n>
int position(const Row (&rows)[n], std::string_view name) {
    for (const AliasRow& row : alias_rows)
        if (row.alias == name) name = row.name;
    auto found = std::find_if(rows, rows + n, [&](const Row& row) { return row.name == name; });
    return found == rows + n ? -1 : static_cast<int>(found - rows);
}

}  // namespace

DType promote(DType a, DType b) {
    if (a == b) return a;
    if (a == DType::bool_) return b;
    if (b == DType::bool_) return a;
    Kind ka = kind_of(a), kb = kind_of(b);
    if (ka > kb) return promote(b, a);
    // From here the kind of b is the same or the wider one.
    if (ka == kb) return itemsize(a) > itemsize(b) ? a : b;
    if (kb == Kind::unsigned_integer) {
        if (itemsize(a) > itemsize(b)) return a;
        return itemsize(b) == 8 ? DType::float64 : integer_of(true, 2 * itemsize(b));
    }
    // An integer of 32 bits or more needs float64 to keep its values.
    bool wide = is_integer(a) ? itemsize(a) >= 4 : a == DType::float64;
    if (kb == Kind::real_floating) return wide ? DType::float64 : b;
    return wide ? DType::complex128 : b;
}

DType promote_weak(DType array, Kind scalar) {
    Kind kind = kind_of(array);
    if (scalar == Kind::boolean) return array;
    if (scalar <= Kind::unsigned_integer) return kind == Kind::boolean ? DType::int64 : array;
    bool narrow = array == DType::float32 || array == DType::complex64;
    if (scalar == Kind::real_floating) return kind >= Kind::real_floating ? array : DType::float64;
    if (kind == Kind::complex_floating) return array;
    return narrow ? DType::complex64 : DType::complex128;
}

DType compute_dtype(Op op, DType dtype) {
    const OpRow& r = row(op);
    return accept(r.name, r.accepts, dtype);
}

DType result_dtype(Op op, DType compute) {
    switch (row(op).result) {
        case Result::boolean:
            return DType::bool_;
        case Result::real:
            return real_dtype(compute);
        default:
            return compute;
    }
}

DType compute_dtype(Reduction reduction, DType dtype) {
    const ReductionRow& r = row(reduction);
    DType accepted = accept(r.name, r.accepts, dtype);
    if (r.result == Result::boolean) return DType::bool_;
    if (r.result != Result::widen) return accepted;
    if (kind_of(accepted) == Kind::unsigned_integer) return DType::uint64;
    return accepted == DType::bool_ || is_integer(accepted) ? DType::int64 : accepted;
}

DType result_dtype(Reduction reduction, DType compute) {
    Result result = row(reduction).result;
    if (result == Result::moments) return real_dtype(compute);
    return result == Result::index ? DType::int64 : compute;
}

DType real_dtype(DType dtype) {
    if (dtype == DType::complex64) return DType::float32;
    return dtype == DType::complex128 ? DType::float64 : dtype;
}

std::optional<Op> find_op(std::string_view name) {
    int at = position(detail::op_rows, name);
    if (at < 0 || detail::op_rows[at].is_pair) return std::nullopt;
    return static_cast<Op>(at);
}

std::optional<Reduction> find_reduction(std::string_view name) {
    int at = position(detail::reduction_rows, name);
    if (at < 0) return std::nullopt;
    return static_cast<Reduction>(at);
}

}  // namespace hpxpy
