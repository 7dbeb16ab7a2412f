// Messages that peers take without asking. HpxCommunicator has one of these.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "comm/hpx/transport.hpp"

namespace hpxpy::comm::hpx_engine {

class Posts {
public:
    /// `stream` is used for nothing else; messages are cut into pieces of at most `chunk` bytes.
    Posts(std::uint64_t stream, int id, std::vector<std::uint32_t> numbers, std::int64_t chunk);
    ~Posts();

    void post(int peer, std::vector<std::byte> message);
    void set_receiver(Receiver receiver);
    /// Returns when everything posted has left.
    void flush();

private:
    using Message = std::vector<std::byte>;
    void take_piece(int source, Message piece);
    void deliver();

    std::uint64_t stream_;
    int id_;
    std::vector<std::uint32_t> numbers_;
    std::int64_t chunk_;

    std::mutex sending_;
    std::vector<std::uint64_t> next_;
    std::deque<std::pair<TransferRef, std::shared_ptr<Message>>> leaving_;

    std::mutex receiving_;  ///< taken after the mailbox's
    std::vector<Message> arriving_;
    std::deque<std::pair<int, Message>> arrived_;
    Receiver receiver_;
};

}  // namespace hpxpy::comm::hpx_engine
