// Shapes of batches of matrices: the axes before the last two, and those two.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

#include "base/shape.hpp"

namespace hpxpy {

inline Dims without_matrix(const Dims& shape) {
    Dims result = shape;
    result.resize(shape.size() - 2);
    return result;
}

inline Dims with_matrix(const Dims& batch, std::int64_t rows, std::int64_t columns) {
    Dims result = batch;
    result.push_back(rows);
    result.push_back(columns);
    return result;
}

}  // namespace hpxpy
