// What statistics need of values: counts at positions, and elements of given ranks. Operands are
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

/// The elements of `ranks` (ascending, each in the last axis) in ascending order along the last axis,
/// nan last: shape[:-1] + (number of ranks,). TypeError for complex numbers.
Array order_statistics(const char* function, const Array& x,
                       const std::vector<std::int64_t>& ranks);

}  // namespace hpxpy
