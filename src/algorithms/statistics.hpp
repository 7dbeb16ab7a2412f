// What statistics need of values: counts at positions, elements of given ranks, lines. Operands are
// local; results are new arrays. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// How often each of 0 to length - 1 is among the positions (int64), or with weights the float64 sum
/// of those. ValueError for a position that is not in range.
Array count_positions(const char* function, const Array& positions,
                      const std::optional<Array>& weights, std::int64_t length);

/// The same of integers or booleans for 0 to the largest of them, but at least to minlength - 1. ValueError if
/// one is negative.
Array bincount(const char* function, const Array& x, const std::optional<Array>& weights,
               std::int64_t minlength);

/// The elements of `ranks` (ascending, each in the last axis) in ascending order along the last axis,
/// nan last: shape[:-1] + (number of ranks,). TypeError for complex numbers.
Array order_statistics(const char* function, const Array& x,
                       const std::vector<std::int64_t>& ranks);

/// The element of rank `rank` of a long row of n real numbers, nan last, by all threads.
void select_from_row(DType dtype, char* out, const char* row, std::int64_t n, std::int64_t rank);

/// The value at each x of the lines through the points (xp, fp), all as float64; see kernels. The points are
/// 1-d, equally long and not empty.
Array interpolate(const char* function, const Array& x, const Array& xp, const Array& fp,
                  double left, double right);

}  // namespace hpxpy
