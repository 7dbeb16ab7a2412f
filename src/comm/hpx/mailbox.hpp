// Where messages of other localities arrive: each at a place of its own, whatever order HPX brings
// them in. No HPX in here.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "comm/communicator.hpp"

namespace hpxpy::comm::hpx_engine {

/// Names one message for ever: the stream that it belongs to, who sends it, and its number.
struct Key {
    std::uint64_t stream = 0;
    std::uint64_t index = 0;
    std::int32_t source = 0;
    bool operator==(const Key&) const = default;
};

/// Mixes a number into a stream's.
inline std::uint64_t mix(std::uint64_t stream, std::uint64_t with) {
    std::uint64_t x = stream ^ (with + 0x9e3779b97f4a7c15u + (stream << 6) + (stream >> 2));
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/// A message under way, shared by who waits for it and by who brings it to its end.
class Transfer {
public:
    enum State { under_way, complete, wrong_size, failed };
    /// True once complete; throws CommunicationError when it cannot be.
    bool test() const;
    void end(State state) { state_.store(state, std::memory_order_release); }

private:
    std::atomic<State> state_{under_way};
};
using TransferRef = std::shared_ptr<Transfer>;

using Take = std::function<void(int source, std::vector<std::byte> message)>;

class Mailbox {
public:
    /// The message's bytes shall be written to `into`; the transfer ends when they are. With `at_most` they may be
    /// fewer than there is room for.
    void await(const Key& key, Bytes into, const TransferRef& transfer, bool at_most = false);
    /// Where the bytes of a message that begins to arrive are to be written: where they are awaited, or
    /// in memory of the mailbox.
    std::byte* place(const Key& key, std::int64_t size);
    /// All bytes have been written to their place.
    void arrived(const Key& key);
    /// Messages of this stream are not awaited: `take` gets them, each sender's in the order of their
    /// numbers. It neither waits nor calls the mailbox.
    void open(std::uint64_t stream, Take take);
    void close(std::uint64_t stream);
    /// Counts messages that arrived, and large ones that left.
    Arrivals& arrivals() { return arrivals_; }
    /// Forgets everything: no message arrives any more.
    void clear();

private:
    struct Entry {
        TransferRef transfer;
        Bytes into;
        std::vector<std::byte> bytes;
        std::int64_t size = -1;  ///< of the message; -1 until it begins to arrive
        bool at_most = false;
        bool in_place = false;
        bool whole = false;
        bool fits() const { return at_most ? size <= into.size : size == into.size; }
    };
    struct Hash {
        std::size_t operator()(const Key& key) const {
            return mix(mix(key.stream, key.index), static_cast<std::uint64_t>(key.source));
        }
    };
    struct Stream {
        Take take;
        std::unordered_map<int, std::uint64_t> next;  ///< for each sender
    };
    static void hand_over(Entry& entry);
    void take_in_order(std::uint64_t stream, Stream& to, int source);

    Arrivals arrivals_;
    std::mutex lock_;
    std::unordered_map<Key, Entry, Hash> entries_;
    std::unordered_map<std::uint64_t, Stream> streams_;
};

}  // namespace hpxpy::comm::hpx_engine
