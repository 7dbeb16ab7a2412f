// A lane of HPX messages (see dist/lanes.hpp).
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <limits>

#include "dist/hpx/transport.hpp"
#include "dist/lanes.hpp"

namespace hpxpy::dist::hpx_engine {

/// The other end of a lane, and what names its messages.
struct Peer {
    std::uint32_t locality;  ///< HPX's number
    std::uint64_t stream;
    std::int32_t source;  ///< who sends, as the group counts
};

class Lane {
public:
    static constexpr int window = 4;
    static constexpr std::int64_t everything = std::numeric_limits<std::int64_t>::max();

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
        limit = std::min(limit, pieces_);
        count_arrived();
        while (posted_ < limit && posted_ - arrived_ < window) {
            auto& transfer = transfers_[static_cast<std::size_t>(posted_ % window)];
            transfer = std::make_shared<Transfer>();
            Key key{peer_.stream, static_cast<std::uint64_t>(posted_), peer_.source};
            std::int64_t size = std::min(piece_, bytes_ - posted_ * piece_);
            if (sends_)
                send(peer_.locality, key, {piece_at(posted_), size}, transfer);
            else
                mailbox().await(key, {piece_at(posted_), size}, transfer);
            ++posted_;
            count_arrived();
        }
    }
    std::int64_t arrived() const { return arrived_; }
    std::int64_t pieces() const { return pieces_; }
    bool complete() const { return arrived_ == pieces_; }
    bool sends() const { return sends_; }
    std::byte* piece_at(std::int64_t k) const { return data_ + (reuse_ ? k % window : k) * piece_; }

private:
    Lane(const Peer& peer, bool sends, Bytes data, std::int64_t piece, bool reuse)
        : peer_(peer),
          data_(static_cast<std::byte*>(data.data)),
          bytes_(data.size),
          piece_(piece),
          pieces_((data.size + piece - 1) / piece),
          sends_(sends),
          reuse_(reuse) {}

    void count_arrived() {
        while (arrived_ < posted_ &&
               transfers_[static_cast<std::size_t>(arrived_ % window)]->test())
            ++arrived_;
    }

    Peer peer_;
    std::byte* data_;
    std::int64_t bytes_;
    std::int64_t piece_;
    std::int64_t pieces_;
    std::int64_t posted_ = 0;
    std::int64_t arrived_ = 0;
    bool sends_;
    bool reuse_;
    std::array<TransferRef, window> transfers_;
};

}  // namespace hpxpy::dist::hpx_engine
