// What MPI leaves open on this host: addresses that it listens on, names of memory that localities share.
// engine.cpp calls this around MPI_Init.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

namespace hpxpy::comm::mpi {

/// For its lifetime, MPI's networks (UCX, libfabric, Open MPI's) are told what HPXPY_TRANSPORT, HPXPY_INTERFACE and
/// HPXPY_PORT_RANGE say; without those, to listen on the loopback alone, if the launcher says that all localities are
/// on this host; and to take smaller buffers where /dev/shm is small (64 MB in a container). What the user chose of
/// their own variables stays.
class HostSettings {
public:
    HostSettings();
    ~HostSettings();
    HostSettings(const HostSettings&) = delete;
    HostSettings& operator=(const HostSettings&) = delete;

private:
    void network();
    void set(const char* name, const char* value);

    std::vector<std::string> set_;
};

/// Removes the names of the memory that MPICH shares on this host, so that nothing is left however the
/// program ends. All localities have attached it before.
void unlink_shared_memory();

}  // namespace hpxpy::comm::mpi
