// A ring: blocks go round all localities, one step at a time. Called by products.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "comm/collectives.hpp"
#include "graph/array.hpp"

namespace hpxpy {

class Rotation {
public:
    /// Each locality holds one of the blocks of `title`: `shapes` has one for each locality, `own` is this one's.
    Rotation(const char* function, std::string title, DType dtype, std::vector<Dims> shapes,
             const Array& own);

    /// The block at hand, and whose it is. That of the next locality is on its way while this one is used.
    const Array& block() const { return block_; }
    int owner() const { return owner_; }
    /// Goes on to the next block, which it waits for; false when all were here.
    bool next();

private:
    void start();

    const char* function_;
    std::string title_;
    DType dtype_;
    std::vector<Dims> shapes_;
    Array block_, coming_;
    int owner_ = 0, steps_ = 0;
    comm::ExchangeRef arrival_;
};

}  // namespace hpxpy
