// A lane of HPX messages (see comm/lanes.hpp).
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>

#include "comm/hpx/transport.hpp"
#include "comm/lanes.hpp"

namespace hpxpy::comm::hpx_engine {

/// The other end of a lane, and what names its messages.
struct Peer {
    std::uint32_t locality;  ///< HPX's number
    std::uint64_t stream;
    std::int32_t source;  ///< who sends, as the group counts
};

class Lane : public LaneState {
public:
    /// Every thread may send.
    struct Calling {
        explicit operator bool() const { return true; }
    };

    static Lane sending(const Peer& peer, ConstBytes data, std::int64_t piece) {
        return {peer, true, {const_cast<void*>(data.data), data.size}, piece, false};
    }
    static Lane receiving(const Peer& peer, Bytes data, std::int64_t piece, bool reuse = false) {
        return {peer, false, data, piece, reuse};
    }

    void advance(std::int64_t limit) {
        count_arrived();
        while (has_room(limit)) {
            auto& transfer = transfers_[static_cast<std::size_t>(posted_ % window)];
            transfer = std::make_shared<Transfer>();
            Key key{peer_.stream, static_cast<std::uint64_t>(posted_), peer_.source};
            Bytes piece = next_piece();
            if (sends())
                send(peer_.locality, key, {piece.data, piece.size}, transfer);
            else
                mailbox().await(key, piece, transfer);
            ++posted_;
            count_arrived();
        }
    }

private:
    Lane(const Peer& peer, bool sends, Bytes data, std::int64_t piece, bool reuse)
        : LaneState(sends, data, piece, reuse), peer_(peer) {}

    void count_arrived() {
        while (arrived_ < posted_ &&
               transfers_[static_cast<std::size_t>(arrived_ % window)]->test())
            ++arrived_;
    }

    Peer peer_;
    std::array<TransferRef, window> transfers_;
};

}  // namespace hpxpy::comm::hpx_engine
