// Groups of localities: made and ended together. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>

#include "comm/communicator.hpp"

namespace hpxpy {

/// Collective: those with the same color form a group, ordered by key, then by number in this one. Its number
/// (runtime/groups.hpp); nothing of who gives no color.
std::optional<std::int64_t> split_group(comm::Communicator& group,
                                        std::optional<std::int64_t> color, std::int64_t key);

/// Collective for the processes of MPI's communicator of this Fortran handle, all localities: the group of them. RuntimeError
/// where the engine is not MPI's.
std::int64_t group_from_mpi(int handle);

/// Collective: ends the group when what its localities have started is complete. ValueError for the whole program.
void end_group(std::int64_t number);

/// The first locality of the group on this one's host.
int first_on_host(comm::Communicator& group);

}  // namespace hpxpy
