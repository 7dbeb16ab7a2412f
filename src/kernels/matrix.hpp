// A matrix in memory, as products and factorisations take it.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace hpxpy::kernels {

/// Elements (i, j) lie at data + i * row + j * column elements.
struct Matrix {
    const char* data;
    std::int64_t row;
    std::int64_t column;
};

}  // namespace hpxpy::kernels
