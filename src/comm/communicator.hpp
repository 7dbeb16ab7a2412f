// How localities talk, over bytes: the one small class that each engine implements. Collectives are
// built on it here, once for all engines; nothing above comm calls it.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "comm/arrivals.hpp"

namespace hpxpy::comm {

class Play;

struct Locality {
    int id;
    std::string host;
    std::int64_t pid;
    int cores;
};

struct Bytes {
    void* data = nullptr;
    std::int64_t size = 0;
};

struct ConstBytes {
    const void* data = nullptr;
    std::int64_t size = 0;
};

/// How items are joined: into[i] = left[i] joined with into[i], `left` being that of lower localities.
/// A kernel; the same bits on every locality whatever the engine's algorithm.
struct Joining {
    void (*function)(const void* left, void* into, std::int64_t items) = nullptr;
    std::int64_t item_size = 1;
    /// a joined with b has the same bits as b joined with a.
    bool commutative = false;
    /// How many bytes of an item are filled, from its first on, where that may differ: only these travel, and only one
    /// item at a time. Where items are joined there is room for a full one.
    std::int64_t (*filled)(const void* item) = nullptr;

    std::int64_t bytes(const void* data, std::int64_t items) const {
        return filled && items > 0 ? filled(data) : items * item_size;
    }
};

/// Something under way. Its memory belongs to whoever started it, who keeps it until `test` is true.
class HPXPY_EXPORT Request {
public:
    virtual ~Request() = default;
    /// Moves on without waiting; true once complete, and ever after. Throws CommunicationError.
    virtual bool test() = 0;
};

/// Takes what another locality (or this one) posted. Called on any thread, for one sender's messages one
/// after the other and in their order; it neither waits nor calls the communicator.
using Receiver = std::function<void(int from, std::vector<std::byte> message)>;

/// A group of localities, numbered 0 to size() - 1. Every start_* except send and recv is collective
/// and is called in the same order everywhere. Sizes are 64-bit, and may be 0.
class HPXPY_EXPORT Communicator {
public:
    virtual ~Communicator() { ++*epoch; }
    /// Of one that plays a locality and has nobody to talk to (see play.hpp); nullptr of all others.
    virtual Play* play() { return nullptr; }
    virtual int id() const = 0;
    virtual int size() const = 0;
    virtual const std::vector<Locality>& localities() const = 0;

    virtual std::unique_ptr<Request> start_send(ConstBytes data, int peer, int tag) = 0;
    virtual std::unique_ptr<Request> start_recv(Bytes data, int peer, int tag) = 0;
    /// Root's bytes reach all; `data` has the same size everywhere.
    virtual std::unique_ptr<Request> start_broadcast(Bytes data, int root) = 0;
    /// out = all localities' `items` items joined in locality order; in and out do not overlap.
    virtual std::unique_ptr<Request> start_all_reduce(const void* in, void* out, std::int64_t items,
                                                      const Joining& joining) = 0;
    /// out = the items of all lower localities joined, of all higher ones with `backwards`, the farthest first; untouched
    /// on the locality that has none before it.
    virtual std::unique_ptr<Request> start_exclusive_scan(const void* in, void* out,
                                                          std::int64_t items,
                                                          const Joining& joining,
                                                          bool backwards) = 0;
    /// out = everybody's bytes in locality order; sizes[i] is what locality i gives.
    virtual std::unique_ptr<Request> start_all_gather(const void* in, void* out,
                                                      std::span<const std::int64_t> sizes) = 0;
    /// out[i] goes to locality i, in[i] comes from it; out[i].size here == in[here].size there.
    virtual std::unique_ptr<Request> start_all_to_all(std::span<const ConstBytes> out,
                                                      std::span<const Bytes> in) = 0;

    /// Sends a message that the peer (which may be this locality) takes without having asked for it. Never
    /// waits for the peer. Any thread may call it.
    virtual void post(int peer, std::vector<std::byte> message) = 0;
    /// Who takes posted messages from now on; those that come while there is none (`{}`) are kept.
    virtual void set_receiver(Receiver receiver) = 0;
    /// What tells of arrivals; none: messages move only while somebody tests a request or calls `progress`.
    virtual Arrivals* arrivals() = 0;

    /// Collective: those with the same color form a group, ordered by key, then id.
    virtual std::unique_ptr<Communicator> split(int color, int key) = 0;
    /// Collective: gives the engine's resources back; nothing may be pending, and what was posted is
    /// taken by its peer.
    virtual void free() = 0;
    /// Moves messages on without waiting; true while posted ones are leaving or arriving.
    virtual bool progress() = 0;
    /// Ends all processes of the program with `code`, without asking.
    [[noreturn]] virtual void abort(int code) = 0;

    /// How many of the collective start_* its localities have called; the engine counts.
    std::atomic<std::int64_t> collectives{0};
    /// How often its localities have met again after they did not agree, which agreement.cpp counts, and one more when it is
    /// gone: errors of its calls live longer.
    const std::shared_ptr<std::atomic<std::int64_t>> epoch =
        std::make_shared<std::atomic<std::int64_t>>(0);
    /// Of a group, its localities' numbers in the whole program; empty of that itself.
    std::vector<int> members{};
    /// The number in the whole program of one of its localities.
    int member(int locality) const {
        return members.empty() ? locality : members[static_cast<std::size_t>(locality)];
    }
    /// The same on all localities of the group, and that of no other group; 0 of the whole program.
    std::int64_t identity = 0;
};

}  // namespace hpxpy::comm
