// Pieces of large messages, a few at a time.
// SPDX-License-Identifier: BSL-1.0
#include "dist/mpi/lane.hpp"

#include <algorithm>

namespace hpxpy::dist::mpi {

void Lane::advance(std::int64_t limit) {
    limit = std::min(limit, pieces_);
    while (posted_ < limit && posted_ - arrived_ < window) {
        auto size = static_cast<int>(std::min(piece_, bytes_ - posted_ * piece_));
        MPI_Request* request = &requests_[posted_ % window];
        if (sends_)
            check(MPI_Isend(piece_at(posted_), size, MPI_BYTE, peer_, tag_, comm_, request),
                  "MPI_Isend");
        else
            check(MPI_Irecv(piece_at(posted_), size, MPI_BYTE, peer_, tag_, comm_, request),
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

}  // namespace hpxpy::dist::mpi
