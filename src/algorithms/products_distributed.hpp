// The matrix product where an operand is distributed. Called by products.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "graph/array.hpp"

namespace hpxpy {

/// As matmul (linalg.hpp), of vectors and matrices. If rows of `left` are dealt out, so are those of the result; else if
/// columns of `right` are, those; else the result is local, equal everywhere. Where both are, the one with more bytes
/// stays, on ties the left one, and the result lies like it.
Array matmul_distributed(const char* function, const Array& left, const Array& right);

}  // namespace hpxpy
