// Diagonals of distributed matrices. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "graph/array.hpp"

namespace hpxpy {

/// As diagonal (graph/array.hpp), also where strides cannot show what a locality has of it, or both axes are dealt out: then
/// it is a new array. It lies like the rows, where they are dealt out, else like the columns.
Array diagonal_of(const Array& x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2);

}  // namespace hpxpy
