// The loopback as the only network, and /dev/shm kept empty and not overfilled.
// SPDX-License-Identifier: BSL-1.0
#include "comm/mpi/host.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace hpxpy::comm::mpi {
namespace {

constexpr const char* shared_memory = "/dev/shm/mpich_shm_";

/// What UCX takes of /dev/shm for each locality, with its default of 8 KB a buffer (measured: 5.2 MB), and room.
constexpr double taken_by_each = 8e6;

/// Hydra tells how many of all processes are on this host, and `hpxpy run` does.
bool on_one_host() {
    const char* here = getenv("MPI_LOCALNRANKS");
    const char* all = getenv("PMI_SIZE");
    return here && all && std::strcmp(here, all) == 0;
}

/// Whether /dev/shm is too small for all localities of this host: all of them find the same answer, as UCX's
/// buffers must be of one size.
bool shared_memory_is_small() {
    const char* here = getenv("MPI_LOCALNRANKS");
    struct statvfs room {};
    if (!here || getenv("UCX_TLS") || statvfs("/dev/shm", &room) != 0) return false;
    auto size = static_cast<double>(room.f_blocks) * static_cast<double>(room.f_frsize);
    return size < taken_by_each * std::atof(here);
}

bool has_loopback() {
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return false;
    bool found = false;
    for (ifaddrs* entry = first; entry; entry = entry->ifa_next)
        found |= std::strcmp(entry->ifa_name, "lo") == 0 && (entry->ifa_flags & IFF_UP);
    freeifaddrs(first);
    return found;
}

/// Whether `path` still names the file that is mapped as `device` ("00:1b") and `inode`.
bool names(const std::string& path, const std::string& device, ino_t inode) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 || status.st_ino != inode) return false;
    unsigned major_number = 0, minor_number = 0;
    if (std::sscanf(device.c_str(), "%x:%x", &major_number, &minor_number) != 2) return false;
    return major(status.st_dev) == major_number && minor(status.st_dev) == minor_number;
}

}  // namespace

HostSettings::HostSettings() {
    // UCX's TCP alone, where somebody asks for it, does not reach others by the loopback.
    if (on_one_host() && has_loopback() && !getenv("UCX_TLS"))
        for (const char* name : {"UCX_NET_DEVICES", "FI_TCP_IFACE", "FI_SOCKETS_IFACE"})
            set(name, "lo");
    if (shared_memory_is_small()) set("UCX_POSIX_SEG_SIZE", "4096");
}

HostSettings::~HostSettings() {
    for (const std::string& name : set_) unsetenv(name.c_str());
}

void HostSettings::set(const char* name, const char* value) {
    if (getenv(name)) return;
    setenv(name, value, 0);
    set_.emplace_back(name);
}

void unlink_shared_memory() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::size_t at = line.find(shared_memory);
        if (at == std::string::npos) continue;
        std::istringstream words(line);
        std::string range, rights, offset, device;
        ino_t inode = 0;
        words >> range >> rights >> offset >> device >> inode;
        std::string path = line.substr(at);
        if (names(path, device, inode)) unlink(path.c_str());
    }
}

}  // namespace hpxpy::comm::mpi
