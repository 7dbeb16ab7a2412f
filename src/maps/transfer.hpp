// What travels when an array goes from one map to another: which part to whom, and from whom.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <vector>

#include "maps/map.hpp"

namespace hpxpy::maps {

/// Elements of an array that several localities know: for each axis the runs of indices, and all that they span.
struct Piece {
    std::vector<std::vector<Runs>> axes;
    std::int64_t count() const;
};

/// The views of a piece in memory that holds `region` through `view`, one for each way of choosing one of the runs
/// of every axis; two who hold the piece get views of equal shapes, in the same order.
std::vector<View> views_of(const Piece& piece, const Region& region, const View& view);

/// A piece that goes to a peer, or comes from it.
struct Transfer {
    int peer = 0;
    Piece piece;
};

/// Of one locality, in the order of peers; what stays is in neither list.
struct Transfers {
    std::vector<Transfer> sends;
    std::vector<Transfer> receives;
    /// What the locality has already.
    Piece own;

    std::int64_t elements_sent() const;
    std::int64_t elements_received() const;
};

/// Those of `locality` when an array of `shape` goes `from` one map `to` another (nullptr: a full copy everywhere). Of
/// equal copies the one with the receiver's own coordinates sends.
Transfers transfers(const Map* from, const Map* to, const Dims& shape, int locality);

/// Elements that travel when an array of `shape` goes from one map to another (nullptr: a full copy
/// everywhere), over all localities.
std::int64_t elements_moved(const Map* from, const Map* to, const Dims& shape, int localities);

}  // namespace hpxpy::maps
