// Elementwise functions whose rules are more than a row's: clip, round to decimals, where, and what computes in a dtype
// that was asked for. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <span>

#include "graph/array.hpp"

namespace hpxpy {

/// `op` on arrays converted to `dtype`, whose results are wanted `where` that is true. TypeError where one cannot be
/// converted (NumPy's casting 'same_kind'), or where `dtype` cannot hold the results.
Array apply_as(const char* function, Op op, std::span<const Input> inputs, DType dtype,
               const Array* where);

/// Whether a limit of clip, an integer, lies beyond the lower or the upper end of `dtype`, one of integers; one past 64
/// bits is given as a float.
bool sets_no_limit(DType dtype, const Scalar& limit, bool lower);
/// Each element limited to the interval from `low` to `high`, of which nullptr sets no limit; nan stays.
Array clip(const Array& x, const Input* low, const Input* high);

/// Each element rounded to `decimals` digits after the point, halves to the even one: scaled, rounded and scaled back, as
/// NumPy does.
Array round_to(const Array& x, std::int64_t decimals);

/// Elements of `x1` where the condition is true, of `x2` elsewhere. As NumPy has it here, integers that are no arrays
/// wrap into the dtype.
Array choose(const Input& condition, const Input& x1, const Input& x2);

}  // namespace hpxpy
