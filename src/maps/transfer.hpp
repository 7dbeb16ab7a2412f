// What travels when an array goes from one map to another: which box to whom, and from whom.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <vector>

#include "maps/map.hpp"

namespace hpxpy::maps {

/// A box of indices of the array that goes to a peer, or comes from it.
struct Transfer {
    int peer = 0;
    Box box;
};

/// Of one locality, in the order of peers; what stays is in neither list.
struct Transfers {
    std::vector<Transfer> sends;
    std::vector<Transfer> receives;
    /// What the locality has already.
    Box own;

    std::int64_t elements_sent() const;
    std::int64_t elements_received() const;
};

/// Those of `locality` when an array of `shape` goes `from` one map `to` another (nullptr: a full copy everywhere).
Transfers transfers(const Map& from, const Map* to, const Dims& shape, int locality);

}  // namespace hpxpy::maps
