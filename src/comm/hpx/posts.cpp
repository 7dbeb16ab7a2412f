// A posted message is its size and its bytes, cut into numbered pieces.
// SPDX-License-Identifier: BSL-1.0
#include "comm/hpx/posts.hpp"

#include <algorithm>
#include <cstring>
#include <thread>

namespace hpxpy::comm::hpx_engine {
namespace {

/// How many bytes are to arrive in all, the size that stands first included.
std::uint64_t size_of(const std::vector<std::byte>& message) {
    std::uint64_t size = 0;
    std::memcpy(&size, message.data(), sizeof size);
    return size;
}

}  // namespace

Posts::Posts(std::uint64_t stream, int id, std::vector<std::uint32_t> numbers, std::int64_t chunk)
    : stream_(stream),
      id_(id),
      numbers_(std::move(numbers)),
      chunk_(std::max<std::int64_t>(chunk, sizeof(std::uint64_t))),
      next_(numbers_.size()),
      arriving_(numbers_.size()) {
    mailbox().open(stream_,
                   [this](int source, Message piece) { take_piece(source, std::move(piece)); });
}

Posts::~Posts() { mailbox().close(stream_); }

void Posts::post(int peer, std::vector<std::byte> message) {
    auto peers = static_cast<int>(numbers_.size());
    if (peer < 0 || peer >= peers)
        fail<CommunicationError>("post: locality ", peer,
                                 " does not exist; this group has localities 0 to ", peers - 1);
    if (peer == id_) {
        std::lock_guard guard(receiving_);
        arrived_.emplace_back(id_, std::move(message));
        deliver();
        return;
    }
    std::uint64_t size = message.size() + sizeof size;
    auto whole = std::make_shared<Message>(size);
    std::memcpy(whole->data(), &size, sizeof size);
    std::copy(message.begin(), message.end(), whole->begin() + sizeof size);
    std::lock_guard guard(sending_);
    while (!leaving_.empty() && leaving_.front().first->test()) leaving_.pop_front();
    for (std::int64_t at = 0, end = static_cast<std::int64_t>(size); at < end; at += chunk_) {
        auto transfer = std::make_shared<Transfer>();
        ConstBytes piece{whole->data() + at, std::min(chunk_, end - at)};
        send(numbers_[peer], {stream_, next_[peer]++, id_}, piece, transfer);
        leaving_.emplace_back(std::move(transfer), whole);
    }
}

void Posts::set_receiver(Receiver receiver) {
    std::lock_guard guard(receiving_);
    receiver_ = std::move(receiver);
    deliver();
}

void Posts::flush() {
    std::lock_guard guard(sending_);
    for (; !leaving_.empty(); leaving_.pop_front())
        while (!leaving_.front().first->test()) std::this_thread::yield();
}

void Posts::take_piece(int source, Message piece) {
    std::lock_guard guard(receiving_);
    Message& whole = arriving_[source];
    if (whole.empty())
        whole = std::move(piece);
    else
        whole.insert(whole.end(), piece.begin(), piece.end());
    if (whole.size() < size_of(whole)) return;
    whole.erase(whole.begin(), whole.begin() + sizeof(std::uint64_t));
    arrived_.emplace_back(source, std::move(whole));
    whole.clear();
    deliver();
}

void Posts::deliver() {
    while (receiver_ && !arrived_.empty()) {
        auto [from, message] = std::move(arrived_.front());
        arrived_.pop_front();
        receiver_(from, std::move(message));
    }
}

}  // namespace hpxpy::comm::hpx_engine
