// The collectives of arrays' memory, built on any engine's communicator: agreement on what is
// called, gathering with different shapes, the order of communication. exec calls this.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/dtype.hpp"
#include "base/shape.hpp"
#include "base/traffic.hpp"
#include "comm/communicator.hpp"
#include "maps/map.hpp"

namespace hpxpy::comm {

/// An exchange that was started. It pins all of its memory until it is complete, even if nobody waits
/// for it; the progress thread moves it on.
class Exchange {
public:
    virtual ~Exchange() = default;
    /// Moves on; true once complete. Throws what went wrong, at every later call too.
    virtual bool test() = 0;
};
using ExchangeRef = std::shared_ptr<Exchange>;

/// What a wait looks after besides its request: Python's signals and the control channel. May throw.
using WaitHook = std::function<void()>;
void set_wait_hook(WaitHook hook);

/// Waits for an exchange; called with the GIL released. Loops over test and the wait hook.
void wait(const ExchangeRef& exchange);

/// The group on whose agreement the calling thread is waiting; nullptr if it is not.
const Communicator* awaited_group();
/// What it calls ("all_reduce"), empty where no agreement is waited for.
std::string awaited_function();

/// What one locality says it is calling. All localities must say the same, but for `shape` where
/// the call lets it differ.
struct Signature {
    std::string function;
    std::string op;
    DType dtype = DType::bool_;
    Dims shape;
    int root = -1;
    /// False on localities that give nothing (broadcast's receivers): dtype and shape are ignored.
    bool has_array = true;
    bool shapes_may_differ = false;
    /// More of the call: what is shown of it, and what is too long to be shown (maps).
    std::string detail = {};
    std::uint64_t fingerprint = 0;
    /// What a locality needs though others may not: localities need not agree on it, and all learn the bits that some set.
    std::uint64_t needs = 0;
};

/// Data to be sent that are not larger are copied at the call, so that writing to the original needs no
/// wait. (Not for start_all_to_all, where the caller chooses.)
constexpr std::int64_t copied_send_limit = 64 * 1024;

/// Data of an all_reduce that are not larger travel with the agreement; so does an item that may be partly filled
/// (see Joining), which has at most `most_payload` bytes.
constexpr std::int64_t small_payload = 64;
constexpr std::int64_t most_payload = 20 * 1024;

/// All localities' agreement on a call: the first message of every collective. Returns the
/// signature of `root` (or the common one), or throws the same CommunicationError, naming two localities
/// that differ and both their calls, on every locality. Waits.
Signature agree(Communicator& group, const Signature& mine);

/// Numbers of all localities, as many of each, in locality order; what they are for has been agreed on. Waits.
std::vector<std::int64_t> gather_numbers(Communicator& group, std::span<const std::int64_t> mine);

/// all_reduce of `items` items from `in` to `out`: agreement and small data share one message, so
/// they return at once with everything in flight (a disagreement is thrown by wait); larger data
/// agree first and are in flight on return. Both buffers are pinned.
ExchangeRef start_all_reduce(Communicator& group, const Signature& mine, const Ref<Buffer>& in,
                             std::int64_t in_offset, const Ref<Buffer>& out, std::int64_t items,
                             const Joining& joining);

/// The `items` items of all localities before this one joined, written to `out`, which on the first one stays as it is
/// or is of no use; all localities agree first. The order is that of localities, or the reverse of it with `backwards`.
/// Waits.
void exclusive_scan(Communicator& group, const Signature& mine, const void* in, void* out,
                    std::int64_t items, const Joining& joining, bool backwards);

/// What root gave, everywhere, with its dtype and shape, in new memory (on root too). Waits for the
/// agreement; data in flight.
struct Received {
    Signature signature;
    Ref<Buffer> data;
    ExchangeRef exchange;
};
Received start_broadcast(Communicator& group, const Signature& mine, const Ref<Buffer>& data,
                         std::int64_t offset);

/// Everybody's dense array, in locality order, their shapes may differ (not dtype and dimensions).
/// With root >= 0 only root receives (shapes, offsets and data are empty elsewhere).
struct Gathered {
    std::vector<Dims> shapes;
    std::vector<std::int64_t> offsets;  ///< in bytes, in `data`
    Ref<Buffer> data;
    ExchangeRef exchange;
};
Gathered start_gather(Communicator& group, const Signature& mine, const Ref<Buffer>& data,
                      std::int64_t offset, int root);

/// parts[i] of root (bytes offset and size within its data) goes to locality i; `mine` describes the
/// whole array on root. The caller computes every part from the signature that it gets back.
using PartOf = std::function<maps::Range(const Signature& whole, int locality)>;  ///< in bytes
Received start_scatter(Communicator& group, const Signature& mine, const Ref<Buffer>& data,
                       int root, const PartOf& part);

/// One all-to-all of byte ranges, counted as `kind`; out and in have one entry a locality. `keep` is pinned.
ExchangeRef start_all_to_all(Communicator& group, Traffic kind, std::vector<ConstBytes> out,
                             std::vector<Bytes> in, std::vector<Ref<Buffer>> keep);

/// Returns when all localities have called it with the same name. Waits.
void barrier(Communicator& group, const std::string& name);

/// Bytes of root everywhere, their number known to root only; bytes of everybody. Wait.
std::vector<std::byte> broadcast_bytes(Communicator& group, const std::string& function,
                                       ConstBytes data, int root);
std::vector<std::vector<std::byte>> all_gather_bytes(Communicator& group,
                                                     const std::string& function, ConstBytes data);

/// Takes over exchanges that nobody has tested for 100 µs: one thread for each started runtime, asleep when
/// nothing is pending. Where the posted messages of `posts` move only by `progress`, it looks after them every
/// 2 ms, and all the time while there are some.
void start_progress_thread(Communicator* posts = nullptr);
/// Waits for all exchanges that are under way.
void finish_pending();
/// Throws the error of an exchange of the group that nobody has waited for, once: what localities did not agree on must
/// not be lost with a result that is never read. Waits, in that case, until all localities have come to it.
void raise_untold(const Communicator& group);
/// Whether there is one, of any group.
bool has_untold();
/// Waits for what is pending, then ends the thread.
void stop_progress_thread();

/// Whether this thread may take part in no collective, as it runs at no fixed place of the program: they
/// throw RuntimeError on it.
void forbid_collectives(bool forbidden);

/// Posts to a locality of the group that the progress thread looks after, and makes it look for the answer.
/// Throws what went wrong with earlier messages, too.
void post(Communicator& group, int peer, std::vector<std::byte> message);
/// Moves posted messages on where this thread must do it (see Communicator::arrivals).
void move_posts();

}  // namespace hpxpy::comm
