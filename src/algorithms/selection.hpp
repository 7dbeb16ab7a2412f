// Masks of distributed arrays: the local part is that of local ones, the joining part counts. Called by indexing.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// As the functions of indexing.hpp of the same names; an operand is distributed.
Array take_true_distributed(const Array& x, const Array& mask);
std::vector<Array> nonzero_distributed(const char* function, const Array& x);
Array flat_nonzero_distributed(const char* function, const Array& x);

void put_true_distributed(const char* function, const Array& x, const Array& mask,
                          const Array& value);

}  // namespace hpxpy
