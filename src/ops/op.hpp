// Which operations exist: the rows of table.def as run-time values, and the dtype each one gives.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string_view>

#include "base/dtype.hpp"

namespace hpxpy {

/// Elementwise operations; the pairs, which only plans use, come last.
enum class Op : std::uint8_t {
#define HPXPY_OP(name, ...) name,
#define HPXPY_PAIR(name, ...) name,
#include "ops/table.def"
};

enum class Reduction : std::uint8_t {
#define HPXPY_REDUCTION(name, ...) name,
#include "ops/table.def"
};

enum class Accepts : std::uint8_t {
    any,
    number,
    number_of_bool,
    integer_of_bool,
    bits,
    floating,
    divisible,
    wide,
    real,
    real_of_bool,
    real_floating,
    logical,
    mixed
};

enum class Result : std::uint8_t { same, boolean, real, select, widen, index, moments };

enum class Identity : std::uint8_t { none, zero, one, all_bits };

struct OpRow {
    std::string_view name;
    int arity;
    Accepts accepts;
    Result result;
    std::string_view doc;
    /// Of a pair, the operations that it joins: second(first(a, b), c).
    Op first{};
    Op second{};
    bool is_pair = false;
};

struct ReductionRow {
    std::string_view name;
    Op joining;
    Identity identity;
    Accepts accepts;
    Result result;
    std::string_view doc;
};

/// A reduction that keeps what it has joined on the way.
struct ScanRow {
    std::string_view name;
    std::string_view numpy_name;
    Reduction reduction;
    std::string_view doc;
};

/// Another name of an operation or a reduction.
struct AliasRow {
    std::string_view alias;
    std::string_view name;
};

constexpr int op_count = 0
#define HPXPY_OP(...) +1
#define HPXPY_PAIR(...) +1
#include "ops/table.def"
    ;
constexpr int reduction_count = 0
#define HPXPY_REDUCTION(...) +1
#include "ops/table.def"
    ;

namespace detail {
inline constexpr OpRow op_rows[] = {
#define HPXPY_OP(name, arity, accepts, result, doc) \
    {#name, arity, Accepts::accepts, Result::result, doc},
#define HPXPY_PAIR(name, first, second) \
    {#name, 3, Accepts::number, Result::same, "", Op::first, Op::second, true},
#include "ops/table.def"
};
inline constexpr ReductionRow reduction_rows[] = {
#define HPXPY_REDUCTION(name, joining, identity, accepts, result, doc) \
    {#name, Op::joining, Identity::identity, Accepts::accepts, Result::result, doc},
#include "ops/table.def"
};
}  // namespace detail

inline constexpr ScanRow scan_rows[] = {
#define HPXPY_SCAN(name, numpy_name, reduction, doc) \
    {#name, #numpy_name, Reduction::reduction, doc},
#include "ops/table.def"
};

inline constexpr AliasRow alias_rows[] = {
#define HPXPY_ALIAS(alias, name) {#alias, #name},
#include "ops/table.def"
};

constexpr const OpRow& row(Op op) { return detail::op_rows[static_cast<int>(op)]; }
constexpr const ReductionRow& row(Reduction reduction) {
    return detail::reduction_rows[static_cast<int>(reduction)];
}

/// NumPy 2's and the array API's common dtype of two arrays.
DType promote(DType a, DType b);

/// The common dtype of an array and a Python scalar of kind `scalar` (boolean, signed_integer,
/// real_floating or complex_floating): scalars are weak.
DType promote_weak(DType array, Kind scalar);

/// The dtype in which `op` works on operands promoted to `dtype`; TypeError if it takes none such.
DType compute_dtype(Op op, DType dtype);

/// The dtype that `op` gives when it works in `compute`.
DType result_dtype(Op op, DType compute);

/// Whether joining in any order gives the same bits.
constexpr bool joins_exactly(Reduction reduction, DType compute) {
    Result result = row(reduction).result;
    return result == Result::index || result == Result::boolean ||
           (!is_floating(compute) && !is_complex(compute));
}

/// The dtype in which a reduction works (that of what is joined, values of argmin) and what it gives.
DType compute_dtype(Reduction reduction, DType dtype);
DType result_dtype(Reduction reduction, DType compute);

/// float32 of complex64, float64 of complex128, else itself.
DType real_dtype(DType dtype);

std::optional<Op> find_op(std::string_view name);
std::optional<Reduction> find_reduction(std::string_view name);

}  // namespace hpxpy
