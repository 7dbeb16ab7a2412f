// The matrix product where an operand is distributed. Called by products.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "graph/array.hpp"

namespace hpxpy {

/// As matmul (linalg.hpp), of which an operand is distributed.
Array matmul_distributed(const char* function, const Array& left, const Array& right);

}  // namespace hpxpy
