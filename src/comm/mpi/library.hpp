// What all of the MPI engine shares: the lock, settings, errors, and which threads may call MPI.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mpi.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace hpxpy::comm::mpi {

/// How data are cut; the same on all localities.
struct Settings {
    /// Most bytes of one MPI call: MPI's counts are int.
    std::int64_t chunk = std::int64_t{1} << 30;
    /// Of reductions among at most 8 localities every one gets all parts, if these are no more bytes than this.
    std::int64_t direct = 128 * 1024;
    /// Other reductions up to this size are MPI's, larger ones are ours (see comm/lanes.hpp).
    std::int64_t small = 16 * 1024;
    /// Bytes of one segment of a large reduction.
    std::int64_t segment = 256 * 1024;
    /// Gatherings up to this total size are MPI's, larger ones go straight to every locality.
    std::int64_t small_gather = 64 * 1024;
};

/// The state of the engine in this process.
struct Library {
    std::mutex lock;
    Settings settings;
    /// MPI was initialised by us, so leaving finalises it.
    bool ours = false;
    /// Only `owner` may call MPI, since others initialised MPI for fewer threads.
    bool one_thread = false;
    unsigned long owner = 0;
};
Library& library();

/// Throws LostError with MPI's text unless `code` is success.
void check(int code, const char* call);

/// Whether this thread may call MPI.
bool may_call();

/// Held while MPI is called to start something; throws where this thread may not.
class Calling {
public:
    explicit Calling(const char* function);

private:
    std::unique_lock<std::mutex> guard_;
};

/// Applies "mpi.chunk=..." and the like; ValueError for what is unknown.
void configure(const std::vector<std::string>& config);

/// Throws RuntimeError if the process has loaded a second MPI library beside ours.
void refuse_second_library();

}  // namespace hpxpy::comm::mpi
