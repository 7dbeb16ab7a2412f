// The communicator over HPX's parcels. Everything is made of messages to mailboxes: HPX's own
// collectives go through one component on one locality, take typed values by copy and must be
// named and counted by their caller; between two localities they are slower than one message each way.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "comm/hpx/lane.hpp"
#include "comm/hpx/posts.hpp"
#include "comm/hpx/rounds.hpp"

namespace hpxpy::comm::hpx_engine {

/// How data are cut; the same on all localities.
struct Settings {
    /// Most bytes of one message.
    std::int64_t chunk = std::int64_t{64} << 20;
    /// Reductions up to this size go whole from locality to locality.
    std::int64_t small = 64 * 1024;
    /// Bytes of one segment of a large reduction.
    std::int64_t segment = 1 << 20;
    /// Up to so many localities, each sends what it reduces whole to all others; beyond, they form a tree.
    std::int64_t direct = 8;
    bool operator==(const Settings&) const = default;
};

class HpxCommunicator final : public Communicator {
public:
    /// The group of `members`, of which this is number `id`; members[i].id is i, numbers[i] HPX's.
    HpxCommunicator(std::uint64_t stream, int id, std::vector<Locality> members,
                    std::vector<std::uint32_t> numbers, const Settings& settings);

    int id() const override { return id_; }
    int size() const override { return static_cast<int>(localities_.size()); }
    const std::vector<Locality>& localities() const override { return localities_; }
    std::unique_ptr<Request> start_send(ConstBytes data, int peer, int tag) override;
    std::unique_ptr<Request> start_recv(Bytes data, int peer, int tag) override;
    std::unique_ptr<Request> start_broadcast(Bytes data, int root) override;
    std::unique_ptr<Request> start_all_reduce(const void* in, void* out, std::int64_t items,
                                              const Joining& joining) override;
    std::unique_ptr<Request> start_exclusive_scan(const void* in, void* out, std::int64_t items,
                                                  const Joining& joining, bool backwards) override;
    std::unique_ptr<Request> start_all_gather(const void* in, void* out,
                                              std::span<const std::int64_t> sizes) override;
    std::unique_ptr<Request> start_all_to_all(std::span<const ConstBytes> out,
                                              std::span<const Bytes> in) override;
    std::unique_ptr<Communicator> split(int color, int key) override;
    void free() override;
    void post(int peer, std::vector<std::byte> message) override;
    void set_receiver(Receiver receiver) override { posts_.set_receiver(std::move(receiver)); }
    Arrivals* arrivals() override { return &mailbox().arrivals(); }
    bool progress() override { return false; }
    [[noreturn]] void abort(int code) override;

private:
    /// The stream of the next collective; all localities count alike.
    std::uint64_t next_stream();
    /// The number of the next message to (or from) a peer with a tag.
    std::uint64_t next_message(bool sends, int peer, int tag);
    TransferRef send_to(int peer, std::uint64_t stream, std::uint64_t index, ConstBytes data) const;
    TransferRef await_from(int peer, std::uint64_t stream, std::uint64_t index, Bytes into,
                           bool at_most = false) const;
    Peer to(int peer, std::uint64_t stream) const { return {numbers_[peer], stream, id_}; }
    Peer from(int peer, std::uint64_t stream) const { return {numbers_[peer], stream, peer}; }
    std::unique_ptr<Request> reduce_directly(const void* in, void* out, std::int64_t items,
                                             const Joining& joining);
    std::unique_ptr<Request> reduce_in_tree(const void* in, void* out, std::int64_t items,
                                            const Joining& joining);

    std::uint64_t stream_;
    int id_;
    std::vector<Locality> localities_;
    std::vector<std::uint32_t> numbers_;
    Settings settings_;
    Posts posts_;
    std::mutex lock_;
    std::uint64_t sequence_ = 0;
    std::map<std::pair<int, int>, std::uint64_t> sent_;
    std::map<std::pair<int, int>, std::uint64_t> received_;
};

}  // namespace hpxpy::comm::hpx_engine
