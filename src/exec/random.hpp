// New arrays of random numbers, local or distributed. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>

#include "graph/array.hpp"
#include "kernels/random.hpp"

namespace hpxpy {

/// Whole numbers low, low + 1, ...: `count` of them (0 stands for 2^64), modulo 2^64.
struct WholeRange {
    std::uint64_t low;
    std::uint64_t count;
};

/// An array whose element of global position i (in C order) is element i of the stream: numbers of `range` as
/// int64 or uint64, else in [0, 1) as float32 or float64, or 64 bits as uint64.
Array random_array(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                   const kernels::RandomStream& stream, const std::optional<WholeRange>& range);

}  // namespace hpxpy
