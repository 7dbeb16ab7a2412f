// Cumulative sums and products: the local parts on the pool, joined over localities. Called by the
// bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "graph/array.hpp"

namespace hpxpy {

struct ScanOptions {
    std::int64_t axis = 0;
    std::optional<DType> dtype;
    /// The result begins with the identity (0 of a sum), and is longer by one.
    bool include_initial = false;
};

/// What `reduction` (sum or prod) has joined up to each element along the axis. It is computed at the
/// call; along a distributed axis one exclusive scan brings what comes before each locality.
Array scan(const char* function, Reduction reduction, const Array& x, const ScanOptions& options);

}  // namespace hpxpy
