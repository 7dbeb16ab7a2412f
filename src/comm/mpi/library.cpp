// The MPI library itself: errors, settings, threads, and that there is only one in the process.
// SPDX-License-Identifier: BSL-1.0
#include "comm/mpi/library.hpp"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

#include <fstream>
#include <memory>

#include "comm/lost.hpp"

namespace hpxpy::comm::mpi {
namespace {

std::string real_path(const char* path) {
    std::unique_ptr<char, decltype(&::free)> real(realpath(path, nullptr), &::free);
    return real ? real.get() : path;
}

/// libmpi.so.12, libmpi_abi.so.1, libmpich.so.12; not libmpifort.so and its like.
bool is_mpi(const std::string& path) {
    std::string name = path.substr(path.rfind('/') + 1);
    for (const char* stem : {"libmpi.so", "libmpi_abi.so", "libmpich.so"})
        if (name.rfind(stem, 0) == 0) return true;
    return false;
}

}  // namespace

Library& library() {
    static auto& library = *new Library;
    return library;
}

void check(int code, const char* call) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = "unknown error";
    int length = 0;
    MPI_Error_string(code, text, &length);
    fail<LostError>(call, ": ", text);
}

bool may_call() { return !library().one_thread || pthread_self() == library().owner; }

Calling::Calling(const char* function) {
    if (!may_call())
        fail<CommunicationError>(
            function, ": MPI was initialised outside hpxpy for calls from one thread only; call ",
            function, " from the thread that initialised hpxpy, or ask for MPI_THREAD_MULTIPLE");
    guard_ = std::unique_lock(library().lock);
}

void configure(const std::vector<std::string>& config) {
    Settings settings;
    for (const std::string& item : config) {
        std::size_t equals = item.find('=');
        std::string name = item.substr(0, equals);
        std::int64_t* place = name == "mpi.chunk"          ? &settings.chunk
                              : name == "mpi.direct"       ? &settings.direct
                              : name == "mpi.small"        ? &settings.small
                              : name == "mpi.segment"      ? &settings.segment
                              : name == "mpi.small_gather" ? &settings.small_gather
                                                           : nullptr;
        if (!place)
            fail<ValueError>(
                "init: config '", item,
                "' is unknown to engine 'mpi'; it knows "
                "mpi.chunk, mpi.direct, mpi.small, mpi.segment and mpi.small_gather, in bytes");
        const char* text = equals == std::string::npos ? "" : item.c_str() + equals + 1;
        char* end = nullptr;
        *place = std::strtoll(text, &end, 10);
        bool whole = *text && !*end;
        if (!whole || *place < (name == "mpi.chunk" || name == "mpi.segment"))
            fail<ValueError>("init: config '", item, "' is no number of bytes; write for example ",
                             name, "=65536");
    }
    if (settings.chunk > std::int64_t{1} << 30)
        fail<ValueError>("init: config mpi.chunk=", settings.chunk, " is too large; at most 2^30");
    library().settings = settings;
}

void refuse_second_library() {
    Dl_info info{};
    if (!dladdr(reinterpret_cast<void*>(&MPI_Init_thread), &info) || !info.dli_fname) return;
    std::string ours = real_path(info.dli_fname);
    if (!is_mpi(ours)) return;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::size_t slash = line.find('/');
        if (slash == std::string::npos) continue;
        std::string path = line.substr(slash);
        if (is_mpi(path) && real_path(path.c_str()) != ours)
            fail<RuntimeError>("init: two MPI libraries are loaded in this process: ", ours,
                               " and ", path,
                               "; hpxpy and every other module, such as mpi4py, must use the same "
                               "one: install builds "
                               "for one MPI, or point LD_LIBRARY_PATH at it");
    }
}

}  // namespace hpxpy::comm::mpi
