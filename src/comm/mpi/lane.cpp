// Pieces of large messages, a few at a time.
// SPDX-License-Identifier: BSL-1.0
#include "comm/mpi/lane.hpp"

namespace hpxpy::comm::mpi {

void Lane::advance(std::int64_t limit) {
    while (has_room(limit)) {
        Bytes piece = next_piece();
        auto size = static_cast<int>(piece.size);
        MPI_Request* request = &requests_[posted_ % window];
        if (sends())
            check(MPI_Isend(piece.data, size, MPI_BYTE, peer_, tag_, comm_, request), "MPI_Isend");
        else
            check(MPI_Irecv(piece.data, size, MPI_BYTE, peer_, tag_, comm_, request), "MPI_Irecv");
        ++posted_;
    }
    while (arrived_ < posted_) {
        int complete = 0;
        check(MPI_Test(&requests_[arrived_ % window], &complete, MPI_STATUS_IGNORE), "MPI_Test");
        if (!complete) return;
        ++arrived_;
    }
}

}  // namespace hpxpy::comm::mpi
