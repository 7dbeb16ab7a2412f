// What MPI leaves open on this host: addresses that it listens on, names of memory that localities share.
// engine.cpp calls this around MPI_Init.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

namespace hpxpy::comm::mpi {

/// For its lifetime, MPI's networks (UCX, libfabric) are told to listen on the loopback alone, if the launcher
/// says that all localities are on this host. What the user chose stays.
class Loopback {
public:
    Loopback();
    ~Loopback();
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;

private:
    std::vector<std::string> set_;
};

/// Removes the names of the memory that MPICH shares on this host, so that nothing is left however the
/// program ends. All localities have attached it before.
void unlink_shared_memory();

}  // namespace hpxpy::comm::mpi
