// A lane of MPI messages (see dist/lanes.hpp).
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mpi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "dist/lanes.hpp"
#include "dist/mpi/library.hpp"

namespace hpxpy::dist::mpi {

class Lane {
public:
    static constexpr int window = 4;
    static constexpr std::int64_t everything = std::numeric_limits<std::int64_t>::max();

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
    std::int64_t arrived() const { return arrived_; }
    std::int64_t pieces() const { return pieces_; }
    bool complete() const { return arrived_ == pieces_; }
    bool sends() const { return sends_; }
    std::byte* piece_at(std::int64_t k) const { return data_ + (reuse_ ? k % window : k) * piece_; }

private:
    Lane(MPI_Comm comm, bool sends, Bytes data, int peer, int tag, std::int64_t piece, bool reuse)
        : comm_(comm),
          data_(static_cast<std::byte*>(data.data)),
          bytes_(data.size),
          piece_(piece),
          pieces_((data.size + piece - 1) / piece),
          peer_(peer),
          tag_(tag),
          sends_(sends),
          reuse_(reuse) {}

    MPI_Comm comm_;
    std::byte* data_;
    std::int64_t bytes_;
    std::int64_t piece_;
    std::int64_t pieces_;
    std::int64_t posted_ = 0;
    std::int64_t arrived_ = 0;
    int peer_;
    int tag_;
    bool sends_;
    bool reuse_;
    std::array<MPI_Request, window> requests_{};
};

}  // namespace hpxpy::dist::mpi
