// Posted messages leave and arrive in order for each peer, a few pieces at a time.
// SPDX-License-Identifier: BSL-1.0
#include "comm/mpi/posts.hpp"

#include <sched.h>

#include <algorithm>

#include "comm/mpi/library.hpp"

namespace hpxpy::comm::mpi {
namespace {

/// Pieces under way to one peer.
constexpr std::size_t window = 16;
/// Messages taken from MPI before those are looked after that came before.
constexpr int probes = 64;

bool complete(MPI_Request& request) {
    int done = 0;
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    return done;
}

}  // namespace

Posts::Posts(MPI_Comm comm, int id, int size, int most_tag)
    : comm_(comm), id_(id), most_tag_(most_tag), leaving_(size), arriving_(size) {}

void Posts::post(int peer, std::vector<std::byte> message) {
    auto peers = static_cast<int>(leaving_.size());
    if (peer < 0 || peer >= peers)
        fail<CommunicationError>("post: locality ", peer,
                                 " does not exist; this group has localities 0 to ", peers - 1);
    std::lock_guard guard(lock_);
    if (peer == id_) {
        arrived_.emplace_back(id_, std::move(message));
        deliver();
        return;
    }
    auto whole = std::make_shared<std::vector<std::byte>>(std::move(message));
    auto size = static_cast<std::int64_t>(whole->size());
    // Not more pieces than there are tags; all but the last have the same size.
    std::int64_t piece = std::max(library().settings.chunk, size / most_tag_ + 1);
    auto more = static_cast<int>(std::max<std::int64_t>(size - 1, 0) / piece);
    Leaving& leaving = leaving_[peer];
    for (std::int64_t at = 0; more >= 0; at += piece, --more)
        leaving.waiting.push_back(
            {whole, at, static_cast<int>(std::min(piece, size - at)), more, MPI_REQUEST_NULL});
    if (!may_call()) return;
    std::lock_guard mpi(library().lock);
    send(peer, leaving);
}

void Posts::set_receiver(Receiver receiver) {
    std::lock_guard guard(lock_);
    receiver_ = std::move(receiver);
    deliver();
}

bool Posts::progress() {
    std::unique_lock guard(lock_, std::try_to_lock);
    if (!guard.owns_lock()) return false;
    bool moved = advance();
    deliver();
    return moved;
}

void Posts::flush() {
    auto empty = [](const Leaving& leaving) {
        return leaving.waiting.empty() && leaving.sent.empty();
    };
    for (;; sched_yield()) {
        std::lock_guard guard(lock_);
        if (std::all_of(leaving_.begin(), leaving_.end(), empty)) return;
        advance();
    }
}

bool Posts::advance() {
    std::lock_guard mpi(library().lock);
    for (std::size_t peer = 0; peer < leaving_.size(); ++peer)
        send(static_cast<int>(peer), leaving_[peer]);
    // Without a receiver, MPI keeps what comes.
    if (receiver_) probe();
    take_arrived();
    auto leaves = [](const Leaving& leaving) { return !leaving.sent.empty(); };
    auto arrives = [](const std::deque<Incoming>& queue) { return !queue.empty(); };
    return !arrived_.empty() || std::any_of(leaving_.begin(), leaving_.end(), leaves) ||
           std::any_of(arriving_.begin(), arriving_.end(), arrives);
}

void Posts::send(int peer, Leaving& leaving) {
    while (!leaving.sent.empty() && complete(leaving.sent.front().request))
        leaving.sent.pop_front();
    while (!leaving.waiting.empty() && leaving.sent.size() < window) {
        Outgoing& piece = leaving.sent.emplace_back(std::move(leaving.waiting.front()));
        leaving.waiting.pop_front();
        check(MPI_Isend(piece.message->data() + piece.at, piece.size, MPI_BYTE, peer, piece.tag,
                        comm_, &piece.request),
              "MPI_Isend");
    }
}

void Posts::probe() {
    for (int i = 0; i < probes; ++i) {
        int found = 0;
        MPI_Message piece = MPI_MESSAGE_NULL;
        MPI_Status status;
        check(MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm_, &found, &piece, &status),
              "MPI_Improbe");
        if (!found) return;
        receive(piece, status);
    }
}

void Posts::receive(MPI_Message& piece, const MPI_Status& status) {
    int size = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
    std::deque<Incoming>& queue = arriving_[status.MPI_SOURCE];
    if (queue.empty() || queue.back().last_seen) {
        queue.emplace_back();
        queue.back().message.resize((std::size_t(status.MPI_TAG) + 1) * std::size_t(size));
    }
    Incoming& incoming = queue.back();
    if (status.MPI_TAG == 0) {
        incoming.last_seen = true;
        // Nothing moves: the last piece is no longer than the others.
        incoming.message.resize(static_cast<std::size_t>(incoming.filled + size));
    }
    MPI_Request& request = incoming.requests.emplace_back(MPI_REQUEST_NULL);
    check(MPI_Imrecv(incoming.message.data() + incoming.filled, size, MPI_BYTE, &piece, &request),
          "MPI_Imrecv");
    incoming.filled += size;
}

void Posts::take_arrived() {
    for (std::size_t peer = 0; peer < arriving_.size(); ++peer) {
        std::deque<Incoming>& queue = arriving_[peer];
        while (!queue.empty()) {
            Incoming& first = queue.front();
            while (!first.requests.empty() && complete(first.requests.front()))
                first.requests.pop_front();
            if (!first.last_seen || !first.requests.empty()) break;
            arrived_.emplace_back(static_cast<int>(peer), std::move(first.message));
            queue.pop_front();
        }
    }
}

void Posts::deliver() {
    while (receiver_ && !arrived_.empty()) {
        auto [from, message] = std::move(arrived_.front());
        arrived_.pop_front();
        receiver_(from, std::move(message));
    }
}

}  // namespace hpxpy::comm::mpi
