// A ring: blocks go round all localities, or those of a group, one step at a time. Called by products.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "comm/collectives.hpp"
#include "graph/array.hpp"

namespace hpxpy {

class Rotation {
public:
    /// Each of `members`, in the order of the ring, holds one of the blocks of `title`: `shapes` has one for each of them,
    /// `own` is this locality's. All localities call it, each with its own ring, all rings of one length.
    Rotation(const char* function, std::string title, DType dtype, std::vector<int> members,
             std::vector<Dims> shapes, const Array& own);

    /// The block at hand, and which one of the members' it is. That of the next is on its way while this one is used.
    const Array& block() const { return block_; }
    int owner() const { return owner_; }
    /// Goes on to the next block, which it waits for; false when all were here.
    bool next();

private:
    void start();

    const char* function_;
    std::string title_;
    DType dtype_;
    std::vector<int> members_;
    std::vector<Dims> shapes_;
    Array block_, coming_;
    int me_ = 0, owner_ = 0, steps_ = 0;  ///< among the members
    comm::ExchangeRef arrival_;
};

}  // namespace hpxpy
