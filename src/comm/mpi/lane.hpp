// A lane of MPI messages (see comm/lanes.hpp).
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mpi.h>

#include <array>
#include <cstdint>

#include "comm/lanes.hpp"
#include "comm/mpi/library.hpp"

namespace hpxpy::comm::mpi {

class Lane : public LaneState {
public:
    /// The lock of the engine, in threads that may call MPI.
    class Calling {
    public:
        explicit operator bool() const { return guard_.owns_lock(); }

    private:
        std::unique_lock<std::mutex> guard_ =
            may_call() ? std::unique_lock(library().lock) : std::unique_lock<std::mutex>();
    };

    static Lane sending(MPI_Comm comm, ConstBytes data, int peer, int tag, std::int64_t piece) {
        auto first = static_cast<std::byte*>(const_cast<void*>(data.data));
        return {comm, true, {first, data.size}, peer, tag, piece, false};
    }
    static Lane receiving(MPI_Comm comm, Bytes data, int peer, int tag, std::int64_t piece,
                          bool reuse = false) {
        return {comm, false, data, peer, tag, piece, reuse};
    }

    void advance(std::int64_t limit);

private:
    Lane(MPI_Comm comm, bool sends, Bytes data, int peer, int tag, std::int64_t piece, bool reuse)
        : LaneState(sends, data, piece, reuse), comm_(comm), peer_(peer), tag_(tag) {}

    MPI_Comm comm_;
    int peer_;
    int tag_;
    std::array<MPI_Request, window> requests_{};
};

}  // namespace hpxpy::comm::mpi
