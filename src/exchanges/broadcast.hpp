// What one locality of a group gives to the others of it. Called by products.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// An array that `root`, one of `members`, gives to all of them.
struct Broadcast {
    int root = 0;
    std::vector<int> members;
    DType dtype = DType::bool_;
    Dims shape;
    Array block;  ///< on the root
};

/// Starts the broadcasts that this locality has a part in, with at most one of them to each other locality. All localities
/// call it, in the same order. The arrays are on their way, the root's own are those that it gave.
std::vector<Array> start_broadcasts(const char* function, const std::string& title,
                                    std::span<const Broadcast> broadcasts);

}  // namespace hpxpy
