// The collectives as messages. Joining is always in locality order, so every locality gets the same bits.
// SPDX-License-Identifier: BSL-1.0
#include "comm/hpx/communicator.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <optional>
#include <thread>

#include "base/bytes.hpp"

namespace hpxpy::comm::hpx_engine {
namespace {

/// Sets the stream of posted messages apart from those of collectives and tags.
constexpr std::uint64_t posts_stream = ~std::uint64_t{0};

class Done final : public Request {
public:
    bool test() override { return true; }
};

class OneTransfer final : public Request {
public:
    explicit OneTransfer(TransferRef transfer) : transfer_(std::move(transfer)) {}
    bool test() override { return transfer_->test(); }

private:
    TransferRef transfer_;
};

/// The lanes of a large reduction.
struct Lines {
    const std::vector<std::uint32_t>& numbers;
    int id;
    std::uint64_t stream;
    Lane sending(ConstBytes data, int peer, int stage, std::int64_t piece) const {
        return Lane::sending({numbers[peer], mix(stream, stage), id}, data, piece);
    }
    Lane receiving(Bytes data, int peer, int stage, std::int64_t piece, bool reuse) const {
        return Lane::receiving({numbers[peer], mix(stream, stage), peer}, data, piece, reuse);
    }
};

/// Root's bytes down a binomial tree, each piece passed on as soon as it is there.
class Broadcast final : public Request {
public:
    Broadcast(std::optional<Lane> parent, std::vector<Lane> children)
        : parent_(std::move(parent)), children_(std::move(children)) {
        test();
    }
    bool test() override {
        if (parent_) parent_->advance(Lane::everything);
        bool complete = !parent_ || parent_->complete();
        for (Lane& child : children_) {
            child.advance(parent_ ? parent_->arrived() : Lane::everything);
            complete &= child.complete();
        }
        return complete;
    }

private:
    std::optional<Lane> parent_;
    std::vector<Lane> children_;
};

}  // namespace

HpxCommunicator::HpxCommunicator(std::uint64_t stream, int id, std::vector<Locality> members,
                                 std::vector<std::uint32_t> numbers, const Settings& settings)
    : stream_(stream),
      id_(id),
      localities_(std::move(members)),
      numbers_(std::move(numbers)),
      settings_(settings),
      posts_(mix(stream, posts_stream), id, numbers_, settings.chunk) {}

std::uint64_t HpxCommunicator::next_stream() {
    std::lock_guard guard(lock_);
    return mix(stream_, 2 * sequence_++);
}

std::uint64_t HpxCommunicator::next_message(bool sends, int peer, int tag) {
    std::lock_guard guard(lock_);
    return (sends ? sent_ : received_)[{peer, tag}]++;
}

TransferRef HpxCommunicator::send_to(int peer, std::uint64_t stream, std::uint64_t index,
                                     ConstBytes data) const {
    auto transfer = std::make_shared<Transfer>();
    Key key{stream, index, id_};
    if (peer != id_) {
        send(numbers_[peer], key, data, transfer);
        return transfer;
    }
    copy_bytes(mailbox().place(key, data.size), data.data, data.size);
    mailbox().arrived(key);
    transfer->end(Transfer::complete);
    return transfer;
}

TransferRef HpxCommunicator::await_from(int peer, std::uint64_t stream, std::uint64_t index,
                                        Bytes into, bool at_most) const {
    auto transfer = std::make_shared<Transfer>();
    mailbox().await({stream, index, peer}, into, transfer, at_most);
    return transfer;
}

std::unique_ptr<Request> HpxCommunicator::start_send(ConstBytes data, int peer, int tag) {
    if (peer < 0 || peer >= size())
        fail<CommunicationError>("send: locality ", peer, " does not exist; this group has 0 to ",
                                 size() - 1);
    std::uint64_t stream = mix(stream_, 2 * static_cast<std::uint64_t>(tag) + 1);
    return std::make_unique<OneTransfer>(
        send_to(peer, stream, next_message(true, peer, tag), data));
}

std::unique_ptr<Request> HpxCommunicator::start_recv(Bytes data, int peer, int tag) {
    if (peer < 0 || peer >= size())
        fail<CommunicationError>("recv: locality ", peer, " does not exist; this group has 0 to ",
                                 size() - 1);
    std::uint64_t stream = mix(stream_, 2 * static_cast<std::uint64_t>(tag) + 1);
    return std::make_unique<OneTransfer>(
        await_from(peer, stream, next_message(false, peer, tag), data));
}

std::unique_ptr<Request> HpxCommunicator::start_broadcast(Bytes data, int root) {
    std::uint64_t stream = next_stream();
    ++collectives;
    // Positions count from root; position p has the parent p without its lowest bit.
    int position = (id_ + size() - root) % size();
    int low = position ? position & -position : 1 << 30;
    std::optional<Lane> parent;
    std::vector<Lane> children;
    auto member = [&](int at) { return (at + root) % size(); };
    if (position)
        parent = Lane::receiving(from(member(position - low), stream), data, settings_.segment);
    for (int bit = 1; bit < low && position + bit < size(); bit *= 2)
        children.push_back(Lane::sending(to(member(position + bit), stream), {data.data, data.size},
                                         settings_.segment));
    // The child with the most below it first.
    std::reverse(children.begin(), children.end());
    return std::make_unique<Broadcast>(std::move(parent), std::move(children));
}

std::unique_ptr<Request> HpxCommunicator::start_all_reduce(const void* in, void* out,
                                                           std::int64_t items,
                                                           const Joining& joining) {
    std::int64_t bytes = items * joining.item_size;
    ++collectives;
    if (size() == 1 || bytes == 0) {
        copy_bytes(out, in, joining.bytes(in, items));
        return std::make_unique<Done>();
    }
    if (bytes > settings_.small && items > 1)
        return std::make_unique<LargeAllReduce<Lane, Lines>>(Lines{numbers_, id_, next_stream()},
                                                             id_, size(), settings_.segment, in,
                                                             out, items, joining);
    return size() <= settings_.direct ? reduce_directly(in, out, items, joining)
                                      : reduce_in_tree(in, out, items, joining);
}

/// Everybody's items come to everybody, who joins them.
std::unique_ptr<Request> HpxCommunicator::reduce_directly(const void* in, void* out,
                                                          std::int64_t items,
                                                          const Joining& joining) {
    std::uint64_t stream = next_stream();
    std::int64_t bytes = items * joining.item_size;
    std::shared_ptr<std::byte[]> parts(new std::byte[static_cast<std::size_t>(bytes * size())]);
    auto part = [parts, bytes](int p) { return parts.get() + p * bytes; };
    std::int64_t given = joining.bytes(in, items);
    bool at_most = joining.filled != nullptr;
    auto start = [=, this] {
        std::vector<TransferRef> transfers;
        for (int p = 0; p < size(); ++p)
            if (p != id_) transfers.push_back(await_from(p, stream, 0, {part(p), bytes}, at_most));
        for (int i = 1; i < size(); ++i)
            transfers.push_back(send_to((id_ + i) % size(), stream, 0, {in, given}));
        copy_bytes(part(id_), in, given);
        return transfers;
    };
    auto finish = [=, this] {
        for (int p = 1; p < size(); ++p) joining.function(part(p - 1), part(p), items);
        const std::byte* joined = part(size() - 1);
        copy_bytes(out, joined, joining.bytes(joined, items));
    };
    return std::make_unique<Rounds>(std::vector<Rounds::Round>{{start, finish}}, parts);
}

/// Up a binomial tree, in which each locality joins what those above it in number have joined, and
/// down again.
std::unique_ptr<Request> HpxCommunicator::reduce_in_tree(const void* in, void* out,
                                                         std::int64_t items,
                                                         const Joining& joining) {
    std::uint64_t stream = next_stream();
    std::int64_t bytes = items * joining.item_size;
    std::shared_ptr<std::byte[]> memory(new std::byte[static_cast<std::size_t>(2 * bytes)]);
    std::byte* mine = memory.get();
    std::byte* right = mine + bytes;
    bool at_most = joining.filled != nullptr;
    auto take_right = [=] { copy_bytes(mine, right, joining.bytes(right, items)); };
    copy_bytes(mine, in, joining.bytes(in, items));

    int low = id_ ? id_ & -id_ : 1 << 30;
    std::vector<Rounds::Round> rounds;
    std::vector<int> children;
    for (int bit = 1; bit < low && id_ + bit < size(); bit *= 2) {
        int child = id_ + bit;
        children.push_back(child);
        auto start = [=, this] {
            return std::vector{await_from(child, stream, 0, {right, bytes}, at_most)};
        };
        auto finish = [=] {
            joining.function(mine, right, items);
            take_right();
        };
        rounds.push_back({start, finish});
    }
    if (id_ > 0) {
        int parent = id_ - low;
        rounds.push_back({[=, this] {
                              std::int64_t given = joining.bytes(mine, items);
                              return std::vector{
                                  send_to(parent, stream, 0, {mine, given}),
                                  await_from(parent, stream, 1, {right, bytes}, at_most)};
                          },
                          take_right});
    }
    rounds.push_back({[=, this] {
                          std::vector<TransferRef> transfers;
                          for (auto child = children.rbegin(); child != children.rend(); ++child)
                              transfers.push_back(
                                  send_to(*child, stream, 1, {mine, joining.bytes(mine, items)}));
                          return transfers;
                      },
                      [=] { copy_bytes(out, mine, joining.bytes(mine, items)); }});
    return std::make_unique<Rounds>(std::move(rounds), memory);
}

std::unique_ptr<Request> HpxCommunicator::start_exclusive_scan(const void* in, void* out,
                                                               std::int64_t items,
                                                               const Joining& joining,
                                                               bool backwards) {
    std::uint64_t stream = next_stream();
    std::int64_t bytes = items * joining.item_size;
    bool at_most = joining.filled != nullptr;
    auto filled = [=](const std::byte* data) { return joining.bytes(data, items); };
    // The locality in a place of the order, or the place of a locality.
    auto in_order = [=, last = size() - 1](int p) { return backwards ? last - p : p; };
    int place = in_order(id_);
    ++collectives;
    // In each round every locality joins on its left what the localities before have joined so far,
    // over twice as many of them. `before` lacks its own items, `with` has them.
    std::shared_ptr<std::byte[]> memory(new std::byte[static_cast<std::size_t>(3 * bytes)]);
    std::byte* with = memory.get();
    std::byte* left = with + bytes;
    std::byte* before = left + bytes;
    copy_bytes(with, in, joining.bytes(in, items));
    std::vector<Rounds::Round> rounds;
    for (int distance = 1, round = 0; distance < size(); distance *= 2, ++round) {
        bool sends = place + distance < size();
        bool receives = place >= distance;
        auto start = [=, this] {
            std::vector<TransferRef> transfers;
            auto index = static_cast<std::uint64_t>(round);
            if (receives)
                transfers.push_back(
                    await_from(in_order(place - distance), stream, index, {left, bytes}, at_most));
            if (sends)
                transfers.push_back(
                    send_to(in_order(place + distance), stream, index, {with, filled(with)}));
            return transfers;
        };
        auto finish = [=] {
            if (!receives) return;
            if (distance == 1)
                copy_bytes(before, left, filled(left));
            else
                joining.function(left, before, items);
            joining.function(left, with, items);
        };
        rounds.push_back({start, finish});
    }
    rounds.push_back({[] { return std::vector<TransferRef>{}; },
                      [=] {
                          if (place > 0) copy_bytes(out, before, filled(before));
                      }});
    return std::make_unique<Rounds>(std::move(rounds), memory);
}

std::unique_ptr<Request> HpxCommunicator::start_all_gather(const void* in, void* out,
                                                           std::span<const std::int64_t> sizes) {
    std::vector<ConstBytes> give(sizes.size(), ConstBytes{in, sizes[id_]});
    std::vector<Bytes> take;
    std::int64_t offset = 0;
    for (std::int64_t size : sizes) {
        take.push_back({static_cast<std::byte*>(out) + offset, size});
        offset += size;
    }
    return start_all_to_all(give, take);
}

std::unique_ptr<Request> HpxCommunicator::start_all_to_all(std::span<const ConstBytes> out,
                                                           std::span<const Bytes> in) {
    std::uint64_t stream = next_stream();
    std::vector<Lane> lanes;
    for (int i = 1; i < size(); ++i) {
        int to_peer = (id_ + i) % size();
        int from_peer = (id_ + size() - i) % size();
        if (in[from_peer].size)
            lanes.push_back(
                Lane::receiving(from(from_peer, stream), in[from_peer], settings_.chunk));
        if (out[to_peer].size)
            lanes.push_back(Lane::sending(to(to_peer, stream), out[to_peer], settings_.chunk));
    }
    ++collectives;
    auto request = std::make_unique<Lanes<Lane>>(std::move(lanes));
    copy_bytes(in[id_].data, out[id_].data, out[id_].size);
    return request;
}

std::unique_ptr<Communicator> HpxCommunicator::split(int color, int key) {
    std::uint64_t stream = mix(next_stream(), static_cast<std::uint64_t>(color));
    struct Wish {
        int color;
        int key;
    };
    Wish mine{color, key};
    std::vector<Wish> wishes(localities_.size());
    std::vector<std::int64_t> sizes(localities_.size(), sizeof(Wish));
    auto request = start_all_gather(&mine, wishes.data(), sizes);
    while (!request->test()) std::this_thread::yield();
    std::vector<int> order;
    for (int p = 0; p < size(); ++p)
        if (wishes[p].color == color) order.push_back(p);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return wishes[a].key < wishes[b].key; });
    std::vector<Locality> members;
    std::vector<std::uint32_t> numbers;
    int position = 0;
    for (int p : order) {
        if (p == id_) position = static_cast<int>(members.size());
        members.push_back(localities_[p]);
        members.back().id = static_cast<int>(members.size()) - 1;
        numbers.push_back(numbers_[p]);
    }
    return std::make_unique<HpxCommunicator>(stream, position, std::move(members),
                                             std::move(numbers), settings_);
}

void HpxCommunicator::post(int peer, std::vector<std::byte> message) {
    posts_.post(peer, std::move(message));
}

void HpxCommunicator::free() {
    posts_.flush();
    char mine = 0;
    std::vector<char> all(localities_.size());
    std::vector<std::int64_t> sizes(localities_.size(), 1);
    auto request = start_all_gather(&mine, all.data(), sizes);
    while (!request->test()) std::this_thread::yield();
}

void HpxCommunicator::abort(int code) { std::_Exit(code); }

}  // namespace hpxpy::comm::hpx_engine
