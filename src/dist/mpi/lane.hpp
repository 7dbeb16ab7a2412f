// A lane: the bytes between this locality and one other, in one direction, cut into pieces of which
// a few are under way at a time. Large exchanges are made of lanes.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mpi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "dist/communicator.hpp"

namespace hpxpy::dist::mpi {

class Lane {
public:
    static constexpr int window = 4;
    static constexpr std::int64_t everything = std::numeric_limits<std::int64_t>::max();

    /// With `reuse`, memory holds `window` pieces only and piece k lies at place k % window.
    static Lane sending(ConstBytes data, int peer, int tag, std::int64_t piece) {
        return {true,      static_cast<std::byte*>(const_cast<void*>(data.data)),
                data.size, peer,
                tag,       piece,
                false};
    }
    static Lane receiving(Bytes data, int peer, int tag, std::int64_t piece, bool reuse = false) {
        return {false, static_cast<std::byte*>(data.data), data.size, peer, tag, piece, reuse};
    }

    /// Starts pieces below `limit` while there is room, and counts those that are complete.
    void advance(MPI_Comm comm, std::int64_t limit = everything);
    /// Pieces complete so far; they complete in order.
    std::int64_t arrived() const { return arrived_; }
    std::int64_t pieces() const { return pieces_; }
    bool complete() const { return arrived_ == pieces_; }
    bool sends() const { return sends_; }
    std::byte* piece_at(std::int64_t k) const { return data_ + (reuse_ ? k % window : k) * piece_; }

private:
    Lane(bool sends, std::byte* data, std::int64_t bytes, int peer, int tag, std::int64_t piece,
         bool reuse)
        : data_(data),
          bytes_(bytes),
          piece_(piece),
          pieces_((bytes + piece - 1) / piece),
          peer_(peer),
          tag_(tag),
          sends_(sends),
          reuse_(reuse) {}

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

/// Complete when all of its lanes are.
class Lanes final : public Request {
public:
    Lanes(MPI_Comm comm, std::vector<Lane> lanes);
    bool test() override;

private:
    bool advance();
    MPI_Comm comm_;
    std::vector<Lane> lanes_;
};

}  // namespace hpxpy::dist::mpi
