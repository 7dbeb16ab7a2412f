// All-reduce of large data: each locality joins its share of everybody's items, then gives the result to
// all. MPI's own algorithms for operations that it does not know are slower, and the order of joining
// is locality order here, so that the bits are the same everywhere and for every library.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

#include <mpi.h>

#include "dist/communicator.hpp"

namespace hpxpy::dist::mpi {

/// Uses the tags `tag` and `tag + 1` of `comm`. The caller holds the engine's lock.
std::unique_ptr<Request> start_large_all_reduce(MPI_Comm comm, int id, int size, int tag,
                                                const void* in, void* out, std::int64_t items,
                                                const Joining& joining);

}  // namespace hpxpy::dist::mpi
