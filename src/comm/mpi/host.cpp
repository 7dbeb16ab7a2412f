// The loopback as the only network, and /dev/shm kept empty and not overfilled.
// SPDX-License-Identifier: BSL-1.0
#include "comm/mpi/host.hpp"

#include <dirent.h>
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

std::string told(const char* name) {
    const char* value = getenv(name);
    return value ? value : "";
}

/// Whether a transport is one of libfabric's providers, and no transport of UCX's.
bool is_of_libfabric(const std::string& transport) {
    for (const char* name : {"cxi", "efa", "opx", "psm2", "psm3", "sockets", "usnic", "verbs"})
        if (transport == name) return true;
    return false;
}

/// An interface as UCX names it, with the port of the adapter that it belongs to: "ib0,mlx5_0:1".
std::string devices_of(const std::string& interface) {
    std::string devices = interface;
    std::string folder = "/sys/class/net/" + interface + "/device/infiniband";
    if (DIR* adapters = opendir(folder.c_str())) {
        while (dirent* entry = readdir(adapters))
            if (entry->d_name[0] != '.') devices += "," + std::string(entry->d_name) + ":1";
        closedir(adapters);
    }
    return devices;
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
    network();
    // UCX's TCP alone, where somebody asks for it, does not reach others by the loopback.
    if (on_one_host() && has_loopback() && !getenv("UCX_TLS"))
        for (const char* name : {"UCX_NET_DEVICES", "FI_TCP_IFACE", "FI_SOCKETS_IFACE"})
            set(name, "lo");
    if (shared_memory_is_small()) set("UCX_POSIX_SEG_SIZE", "4096");
}

void HostSettings::network() {
    std::string transport = told("HPXPY_TRANSPORT"), interface = told("HPXPY_INTERFACE");
    if (transport == "shm") {
        set("UCX_TLS", "sm,self");
        set("FI_PROVIDER", "shm");
        set("OMPI_MCA_btl", "vader,self");
    } else if (transport == "tcp") {
        // UCX does not reach others by the loopback; libfabric does.
        bool loopback = interface == "lo" || (interface.empty() && on_one_host() && has_loopback());
        if (loopback) interface = "lo";
        set("MPIR_CVAR_CH4_NETMOD", loopback ? "ofi" : nullptr);
        set("MPIR_CVAR_NOLOCAL", "1");
        set("UCX_TLS", "tcp,self");
        set("FI_PROVIDER", "tcp");
        set("OMPI_MCA_pml", "ob1");
        set("OMPI_MCA_btl", "tcp,self");
    } else if (is_of_libfabric(transport)) {
        set("MPIR_CVAR_CH4_NETMOD", "ofi");
        set("FI_PROVIDER", transport.c_str());
    } else if (!transport.empty() && transport != "auto") {
        set("MPIR_CVAR_CH4_NETMOD", "ucx");
        set("UCX_TLS", (transport + ",self").c_str());
    }
    if (!interface.empty()) {
        set("UCX_NET_DEVICES", devices_of(interface).c_str());
        for (const char* name :
             {"FI_TCP_IFACE", "FI_SOCKETS_IFACE", "FI_VERBS_IFACE", "OMPI_MCA_btl_tcp_if_include"})
            set(name, interface.c_str());
    }
    if (std::string ports = told("HPXPY_PORT_RANGE"); !ports.empty()) {
        std::string first = ports.substr(0, ports.find('-'));
        std::string last = ports.substr(ports.find('-') + 1);
        set("UCX_TCP_PORT_RANGE", (first + "-" + last).c_str());
        set("FI_TCP_PORT_LOW_RANGE", first.c_str());
        set("FI_TCP_PORT_HIGH_RANGE", last.c_str());
        set("OMPI_MCA_btl_tcp_port_min_v4", first.c_str());
        int count = std::atoi(last.c_str()) - std::atoi(first.c_str()) + 1;
        set("OMPI_MCA_btl_tcp_port_range_v4", std::to_string(count).c_str());
    }
}

HostSettings::~HostSettings() {
    for (const std::string& name : set_) unsetenv(name.c_str());
}

void HostSettings::set(const char* name, const char* value) {
    if (!value || getenv(name)) return;
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
