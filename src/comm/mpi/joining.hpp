// Our kernels as MPI reduction operations. The communicator uses these for small reductions and scans.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mpi.h>

#include "comm/communicator.hpp"

namespace hpxpy::comm::mpi {

struct Operation {
    MPI_Datatype type;
    MPI_Op op;
};

/// The operation that joins items by `joining`; made at its first use, kept until `free_operations`.
Operation operation(const Joining& joining);

void free_operations();

}  // namespace hpxpy::comm::mpi
