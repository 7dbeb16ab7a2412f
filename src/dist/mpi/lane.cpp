// Pieces of large messages, a few at a time.
// SPDX-License-Identifier: BSL-1.0
#include "dist/mpi/lane.hpp"

#include <algorithm>

#include "dist/mpi/library.hpp"

namespace hpxpy::dist::mpi {

void Lane::advance(MPI_Comm comm, std::int64_t limit) {
    limit = std::min(limit, pieces_);
    while (posted_ < limit && posted_ - arrived_ < window) {
        auto size = static_cast<int>(std::min(piece_, bytes_ - posted_ * piece_));
        MPI_Request* request = &requests_[posted_ % window];
        if (sends_)
            check(MPI_Isend(piece_at(posted_), size, MPI_BYTE, peer_, tag_, comm, request),
                  "MPI_Isend");
        else
            check(MPI_Irecv(piece_at(posted_), size, MPI_BYTE, peer_, tag_, comm, request),
                  "MPI_Irecv");
        ++posted_;
    }
    while (arrived_ < posted_) {
        int complete = 0;
        check(MPI_Test(&requests_[arrived_ % window], &complete, MPI_STATUS_IGNORE), "MPI_Test");
        if (!complete) return;
        ++arrived_;
    }
}

Lanes::Lanes(MPI_Comm comm, std::vector<Lane> lanes) : comm_(comm), lanes_(std::move(lanes)) {
    // Receives first, so that no message arrives unexpected.
    std::stable_partition(lanes_.begin(), lanes_.end(),
                          [](const Lane& lane) { return !lane.sends(); });
    advance();
}

bool Lanes::advance() {
    for (Lane& lane : lanes_) lane.advance(comm_);
    std::erase_if(lanes_, [](const Lane& lane) { return lane.complete(); });
    return lanes_.empty();
}

bool Lanes::test() {
    if (lanes_.empty()) return true;
    if (!may_call()) return false;
    std::lock_guard guard(library().lock);
    return advance();
}

}  // namespace hpxpy::dist::mpi
