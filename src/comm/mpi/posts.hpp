// Messages that peers take without asking: each goes as one MPI message, or in pieces, on a communicator
// of their own. MpiCommunicator has one of these.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mpi.h>

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "comm/communicator.hpp"

namespace hpxpy::comm::mpi {

/// A piece's tag says how many more of its message follow.
class Posts {
public:
    /// `comm` is used for nothing else; its owner frees it.
    Posts(MPI_Comm comm, int id, int size, int most_tag);

    /// Puts the message into the peer's queue; it leaves now if this thread may call MPI.
    void post(int peer, std::vector<std::byte> message);
    void set_receiver(Receiver receiver);
    /// True while something leaves or arrives. Only for threads that may call MPI.
    bool progress();
    /// Returns when everything posted has left.
    void flush();

private:
    struct Outgoing {
        std::shared_ptr<std::vector<std::byte>> message;
        std::int64_t at;
        int size;
        int tag;
        MPI_Request request;
    };
    /// Pieces that wait, and those under way, oldest first.
    struct Leaving {
        std::deque<Outgoing> waiting;
        std::deque<Outgoing> sent;
    };
    struct Incoming {
        std::vector<std::byte> message;
        std::int64_t filled = 0;
        bool last_seen = false;
        std::deque<MPI_Request> requests;
    };

    bool advance();
    void send(int peer, Leaving& leaving);
    void probe();
    void receive(MPI_Message& piece, const MPI_Status& status);
    void take_arrived();
    void deliver();

    MPI_Comm comm_;
    int id_;
    int most_tag_;
    std::mutex lock_;  ///< taken before the library's
    std::vector<Leaving> leaving_;
    std::vector<std::deque<Incoming>> arriving_;
    std::deque<std::pair<int, std::vector<std::byte>>> arrived_;
    Receiver receiver_;
};

}  // namespace hpxpy::comm::mpi
