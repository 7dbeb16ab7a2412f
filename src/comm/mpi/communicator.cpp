// Each call is one or a few non-blocking MPI calls; what MPI cannot count or does slowly goes by lanes.
// SPDX-License-Identifier: BSL-1.0
#include "comm/mpi/communicator.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "base/bytes.hpp"
#include "comm/locality.hpp"
#include "comm/mpi/joining.hpp"
#include "comm/mpi/lane.hpp"
#include "comm/mpi/library.hpp"

namespace hpxpy::comm::mpi {
namespace {

/// Complete when all of its MPI requests are.
class MpiRequest final : public Request {
public:
    /// The address of the next MPI request, to be filled by the call that follows.
    MPI_Request* add() { return &requests_.emplace_back(MPI_REQUEST_NULL); }
    /// Sizes and offsets that MPI reads until the request is complete.
    std::vector<int> counts;

    bool test() override {
        if (requests_.empty()) return true;
        if (!may_call()) return false;
        std::lock_guard guard(library().lock);
        int complete = 0;
        check(MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &complete,
                          MPI_STATUSES_IGNORE),
              "MPI_Testall");
        if (complete) requests_.clear();
        return complete;
    }

private:
    std::vector<MPI_Request> requests_;
};

bool all_complete(int count, MPI_Request* requests) {
    int complete = 0;
    std::lock_guard guard(library().lock);
    check(MPI_Testall(count, requests, &complete, MPI_STATUSES_IGNORE), "MPI_Testall");
    return complete != 0;
}

/// All-reduce among few localities: everybody's items come to everybody, who joins them in locality order. The caller holds
/// the lock.
class DirectAllReduce final : public Request {
public:
    DirectAllReduce(MPI_Comm comm, int tag, int id, int size, const void* in, void* out,
                    std::int64_t items, const Joining& joining)
        : id_(id), size_(size), in_(in), out_(out), items_(items), joining_(joining) {
        bytes_ = static_cast<std::size_t>(items * joining.item_size);
        parts_.reset(new std::byte[bytes_ * static_cast<std::size_t>(size - 1)]);
        auto count = static_cast<int>(bytes_);
        auto given = static_cast<int>(joining.bytes(in, items));
        for (int i = 1; i < size; ++i) {
            int peer = (id + size - i) % size;
            check(MPI_Irecv(part(peer), count, MPI_BYTE, peer, tag, comm, add()), "MPI_Irecv");
        }
        for (int i = 1; i < size; ++i)
            check(MPI_Isend(in, given, MPI_BYTE, (id + i) % size, tag, comm, add()), "MPI_Isend");
    }

    bool test() override {
        if (complete_) return true;
        if (!may_call() || !all_complete(count_, requests_.data())) return false;
        join();
        return complete_ = true;
    }

    static constexpr int most = 8;  ///< localities

private:
    MPI_Request* add() { return &requests_[static_cast<std::size_t>(count_++)]; }
    /// The last locality's part is joined where the result is wanted.
    void* part(int p) {
        return p == size_ - 1 ? out_ : parts_.get() + bytes_ * static_cast<std::size_t>(p);
    }
    void join() {
        const void* left = id_ == 0 ? in_ : part(0);
        for (int p = 1; p < size_; ++p) {
            if (p == id_) copy_bytes(part(p), in_, joining_.bytes(in_, items_));
            joining_.function(left, part(p), items_);
            left = part(p);
        }
    }

    int id_, size_;
    const void* in_;
    void* out_;
    std::int64_t items_;
    std::size_t bytes_;
    Joining joining_;
    std::unique_ptr<std::byte[]> parts_;
    std::array<MPI_Request, 2 * (most - 1)> requests_{};
    int count_ = 0;
    bool complete_ = false;
};

/// All-reduce of one item that may be partly filled, by recursive doubling: in each round two neighbouring groups of
/// localities join what they have, in their order (Thakur, Rabenseifner, Gropp: Optimization of collective communication
/// operations in MPICH, 2005). Of more localities than a power of two the first ones come in pairs. The caller holds the
/// lock.
class DoublingAllReduce final : public Request {
public:
    DoublingAllReduce(MPI_Comm comm, int tag, int id, int size, const void* in, void* out,
                      const Joining& joining)
        : comm_(comm), tag_(tag), id_(id), mine_(out), joining_(joining) {
        int power = 1;
        while (2 * power <= size) power *= 2;
        extra_ = size - power;
        paired_ = id < 2 * extra_;
        number_ = paired_ ? id / 2 : id - extra_;
        power_ = power;
        other_.reset(new std::byte[static_cast<std::size_t>(joining.item_size)]);
        copy_bytes(mine_, in, joining.bytes(in, 1));
        begin();
    }

    bool test() override {
        while (stage_ != Stage::done) {
            if (!may_call() || !all_complete(count_, requests_)) return false;
            end();
            if (stage_ == Stage::done) break;
            std::lock_guard guard(library().lock);
            begin();
        }
        return true;
    }

private:
    enum class Stage : std::uint8_t { pairing, doubling, telling, done };

    bool gives() const { return paired_ && id_ % 2 == 0; }
    int partner() const {
        int number = number_ ^ distance_;
        return number < extra_ ? 2 * number + 1 : number + extra_;
    }

    // Starts the messages of the stage; goes on to the next one where it has none.
    void begin() {
        count_ = 0;
        if (stage_ == Stage::pairing) {
            if (gives()) return send(id_ + 1);
            if (paired_) return receive(other_.get(), id_ - 1);
            stage_ = Stage::doubling;
        }
        if (stage_ == Stage::doubling) {
            if (!gives() && distance_ < power_) {
                receive(other_.get(), partner());
                return send(partner());
            }
            stage_ = Stage::telling;
        }
        if (paired_) return gives() ? receive(mine_, id_ + 1) : send(id_ - 1);
        stage_ = Stage::done;
    }

    // What is to be done when the messages of the stage are there.
    void end() {
        if (stage_ == Stage::pairing) {
            if (!gives()) join(true);
            stage_ = Stage::doubling;
        } else if (stage_ == Stage::doubling) {
            join((number_ & distance_) != 0);
            distance_ *= 2;
        } else {
            stage_ = Stage::done;
        }
    }

    void join(bool other_is_lower) {
        if (other_is_lower) {
            joining_.function(other_.get(), mine_, 1);
            return;
        }
        joining_.function(mine_, other_.get(), 1);
        copy_bytes(mine_, other_.get(), joining_.bytes(other_.get(), 1));
    }
    void send(int peer) {
        auto bytes = static_cast<int>(joining_.bytes(mine_, 1));
        check(MPI_Isend(mine_, bytes, MPI_BYTE, peer, tag_, comm_, &requests_[count_++]),
              "MPI_Isend");
    }
    void receive(void* to, int peer) {
        auto room = static_cast<int>(joining_.item_size);
        check(MPI_Irecv(to, room, MPI_BYTE, peer, tag_, comm_, &requests_[count_++]), "MPI_Irecv");
    }

    MPI_Comm comm_;
    int tag_, id_;
    void* mine_;
    Joining joining_;
    std::unique_ptr<std::byte[]> other_;
    int extra_ = 0;  ///< so many pairs
    bool paired_ = false;
    int number_ = 0;  ///< among those that double
    int power_ = 1;   ///< so many of them
    int distance_ = 1;
    Stage stage_ = Stage::pairing;
    MPI_Request requests_[2]{};
    int count_ = 0;
};

/// What LargeAllReduce makes its lanes with: one tag for each stage.
struct Lines {
    MPI_Comm comm;
    int tag;
    Lane sending(ConstBytes data, int peer, int stage, std::int64_t piece) const {
        return Lane::sending(comm, data, peer, tag + stage, piece);
    }
    Lane receiving(Bytes data, int peer, int stage, std::int64_t piece, bool reuse) const {
        return Lane::receiving(comm, data, peer, tag + stage, piece, reuse);
    }
};

/// In each round every locality joins on its left what those before it have joined so far, over twice as many of them
/// (Hillis, Steele: Data parallel algorithms, 1986). The caller holds the lock.
class ExclusiveScan final : public Request {
public:
    ExclusiveScan(const Lines& lines, int id, int size, const void* in, void* out,
                  std::int64_t items, const Joining& joining, bool backwards)
        : lines_(lines),
          place_(backwards ? size - 1 - id : id),
          size_(size),
          items_(items),
          bytes_(items * joining.item_size),
          joining_(joining),
          backwards_(backwards),
          before_(static_cast<std::byte*>(out)),
          memory_(new std::byte[static_cast<std::size_t>(2 * bytes_)]) {
        copy_bytes(with(), in, joining.bytes(in, items));
        begin();
    }

    bool test() override {
        while (distance_ < size_) {
            if (!messages_->test()) return false;
            if (place_ >= distance_) join();
            distance_ *= 2;
            Lane::Calling calling;
            begin();
        }
        return true;
    }

private:
    std::byte* with() { return memory_.get(); }
    std::byte* left() { return memory_.get() + bytes_; }
    int locality(int place) const { return backwards_ ? size_ - 1 - place : place; }

    void begin() {
        messages_.reset();
        if (distance_ >= size_) return;
        // Who receives does not know in how many pieces what is partly filled would come.
        std::int64_t piece = joining_.filled ? bytes_ : library().settings.chunk;
        std::vector<Lane> lanes;
        if (place_ >= distance_)
            lanes.push_back(
                lines_.receiving({left(), bytes_}, locality(place_ - distance_), 0, piece, false));
        if (place_ + distance_ < size_)
            lanes.push_back(lines_.sending({with(), joining_.bytes(with(), items_)},
                                           locality(place_ + distance_), 0, piece));
        messages_ = std::make_unique<Lanes<Lane>>(std::move(lanes));
    }

    void join() {
        if (distance_ == 1)
            copy_bytes(before_, left(), joining_.bytes(left(), items_));
        else
            joining_.function(left(), before_, items_);
        joining_.function(left(), with(), items_);
    }

    Lines lines_;
    int place_, size_, distance_ = 1;
    std::int64_t items_, bytes_;
    Joining joining_;
    bool backwards_;
    std::byte* before_;
    std::unique_ptr<std::byte[]>
        memory_;  ///< what this locality has joined up to itself, and what comes from its left
    std::unique_ptr<Lanes<Lane>> messages_;
};

MPI_Comm duplicate(MPI_Comm parent) {
    MPI_Comm comm = MPI_COMM_NULL;
    check(MPI_Comm_dup(parent, &comm), "MPI_Comm_dup");
    check(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    return comm;
}

}  // namespace

MpiCommunicator::MpiCommunicator(MPI_Comm parent)
    : messages_comm_(duplicate(parent)),
      collectives_comm_(duplicate(parent)),
      posts_comm_(duplicate(parent)) {
    check(MPI_Comm_rank(collectives_comm_, &id_), "MPI_Comm_rank");
    check(MPI_Comm_size(collectives_comm_, &size_), "MPI_Comm_size");
    int* most = nullptr;
    int known = 0;
    check(MPI_Comm_get_attr(collectives_comm_, MPI_TAG_UB, &most, &known), "MPI_Comm_get_attr");
    if (known) tags_ = *most;
    posts_ = std::make_unique<Posts>(posts_comm_, id_, size_, tags_);
    find_localities();
}

void MpiCommunicator::find_localities() {
    struct Entry {
        char host[248];
        std::int64_t pid;
        std::int64_t cores;
    };
    Locality me = this_locality(id_);
    Entry mine{};
    me.host.copy(mine.host, sizeof mine.host - 1);
    mine.pid = me.pid;
    mine.cores = me.cores;
    std::vector<Entry> all(size_);
    check(MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE,
                        collectives_comm_),
          "MPI_Allgather");
    for (int p = 0; p < size_; ++p)
        localities_.push_back({p, all[p].host, all[p].pid, static_cast<int>(all[p].cores)});
}

int MpiCommunicator::next_tag() { return static_cast<int>(sequence_++ % (tags_ / 2)) * 2; }

std::unique_ptr<Request> MpiCommunicator::start_send(ConstBytes data, int peer, int tag) {
    Calling calling("send");
    // A lane of no bytes has no pieces, but an empty message is a message.
    if (data.size == 0) {
        auto request = std::make_unique<MpiRequest>();
        check(MPI_Isend(nullptr, 0, MPI_BYTE, peer, tag, messages_comm_, request->add()),
              "MPI_Isend");
        return request;
    }
    return std::make_unique<Lanes<Lane>>(
        std::vector{Lane::sending(messages_comm_, data, peer, tag, library().settings.chunk)});
}

std::unique_ptr<Request> MpiCommunicator::start_recv(Bytes data, int peer, int tag) {
    Calling calling("recv");
    if (data.size == 0) {
        auto request = std::make_unique<MpiRequest>();
        check(MPI_Irecv(nullptr, 0, MPI_BYTE, peer, tag, messages_comm_, request->add()),
              "MPI_Irecv");
        return request;
    }
    return std::make_unique<Lanes<Lane>>(
        std::vector{Lane::receiving(messages_comm_, data, peer, tag, library().settings.chunk)});
}

std::unique_ptr<Request> MpiCommunicator::start_broadcast(Bytes data, int root) {
    Calling calling("broadcast");
    ++collectives;
    auto request = std::make_unique<MpiRequest>();
    auto first = static_cast<std::byte*>(data.data);
    std::int64_t chunk = library().settings.chunk;
    for (std::int64_t at = 0; at < data.size; at += chunk)
        check(MPI_Ibcast(first + at, static_cast<int>(std::min(chunk, data.size - at)), MPI_BYTE,
                         root, collectives_comm_, request->add()),
              "MPI_Ibcast");
    return request;
}

std::unique_ptr<Request> MpiCommunicator::start_all_reduce(const void* in, void* out,
                                                           std::int64_t items,
                                                           const Joining& joining) {
    Calling calling("all_reduce");
    std::int64_t bytes = items * joining.item_size;
    ++collectives;
    auto request = std::make_unique<MpiRequest>();
    if (size_ == 1) {
        copy_bytes(out, in, joining.bytes(in, items));
        return request;
    }
    const Settings& settings = library().settings;
    if (items == 0) return request;
    bool few = size_ <= DirectAllReduce::most;
    if (joining.filled && !few)
        return std::make_unique<DoublingAllReduce>(collectives_comm_, next_tag(), id_, size_, in,
                                                   out, joining);
    if (few && (joining.filled || (size_ - 1) * bytes <= std::min(settings.direct, settings.chunk)))
        return std::make_unique<DirectAllReduce>(collectives_comm_, next_tag(), id_, size_, in, out,
                                                 items, joining);
    if (bytes > std::min(settings.small, settings.chunk) && items > 1)
        return std::make_unique<LargeAllReduce<Lane, Lines>>(Lines{collectives_comm_, next_tag()},
                                                             id_, size_, settings.segment, in, out,
                                                             items, joining);
    Operation with = operation(joining);
    check(MPI_Iallreduce(in, out, static_cast<int>(items), with.type, with.op, collectives_comm_,
                         request->add()),
          "MPI_Iallreduce");
    return request;
}

std::unique_ptr<Request> MpiCommunicator::start_exclusive_scan(const void* in, void* out,
                                                               std::int64_t items,
                                                               const Joining& joining,
                                                               bool backwards) {
    Calling calling("exclusive_scan");
    ++collectives;
    return std::make_unique<ExclusiveScan>(Lines{collectives_comm_, next_tag()}, id_, size_, in,
                                           out, items, joining, backwards);
}

std::unique_ptr<Request> MpiCommunicator::start_all_gather(const void* in, void* out,
                                                           std::span<const std::int64_t> sizes) {
    Calling calling("all_gather");
    ++collectives;
    const Settings& settings = library().settings;
    auto to = static_cast<std::byte*>(out);
    std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    if (size_ > 1 && total <= std::min(settings.small_gather, settings.chunk)) {
        auto request = std::make_unique<MpiRequest>();
        std::vector<int>& counts = request->counts;
        counts.resize(2 * size_);
        std::copy(sizes.begin(), sizes.end(), counts.begin());
        std::exclusive_scan(counts.begin(), counts.begin() + size_, counts.begin() + size_, 0);
        check(MPI_Iallgatherv(in, counts[id_], MPI_BYTE, out, counts.data(), counts.data() + size_,
                              MPI_BYTE, collectives_comm_, request->add()),
              "MPI_Iallgatherv");
        return request;
    }
    int tag = next_tag();
    std::vector<Lane> lanes;
    std::vector<std::int64_t> offsets(size_);
    std::exclusive_scan(sizes.begin(), sizes.end(), offsets.begin(), std::int64_t{0});
    for (int i = 1; i < size_; ++i) {
        int to_peer = (id_ + i) % size_;
        int from_peer = (id_ + size_ - i) % size_;
        lanes.push_back(Lane::receiving(collectives_comm_,
                                        {to + offsets[from_peer], sizes[from_peer]}, from_peer, tag,
                                        settings.chunk));
        lanes.push_back(
            Lane::sending(collectives_comm_, {in, sizes[id_]}, to_peer, tag, settings.chunk));
    }
    auto request = std::make_unique<Lanes<Lane>>(std::move(lanes));
    copy_bytes(to + offsets[id_], in, sizes[id_]);
    return request;
}

std::unique_ptr<Request> MpiCommunicator::start_all_to_all(std::span<const ConstBytes> out,
                                                           std::span<const Bytes> in) {
    Calling calling("all_to_all");
    int tag = next_tag();
    std::int64_t chunk = library().settings.chunk;
    std::vector<Lane> lanes;
    for (int i = 1; i < size_; ++i) {
        int to_peer = (id_ + i) % size_;
        int from_peer = (id_ + size_ - i) % size_;
        if (in[from_peer].size)
            lanes.push_back(
                Lane::receiving(collectives_comm_, in[from_peer], from_peer, tag, chunk));
        if (out[to_peer].size)
            lanes.push_back(Lane::sending(collectives_comm_, out[to_peer], to_peer, tag, chunk));
    }
    ++collectives;
    auto request = std::make_unique<Lanes<Lane>>(std::move(lanes));
    copy_bytes(in[id_].data, out[id_].data, out[id_].size);
    return request;
}

std::unique_ptr<Communicator> MpiCommunicator::split(int color, int key) {
    // Not under the lock: while this waits for other localities, pending requests must move on.
    { Calling calling("split"); }
    MPI_Comm part = MPI_COMM_NULL;
    check(MPI_Comm_split(collectives_comm_, color, key, &part), "MPI_Comm_split");
    auto group = std::make_unique<MpiCommunicator>(part);
    check(MPI_Comm_free(&part), "MPI_Comm_free");
    return group;
}

void MpiCommunicator::free() {
    { Calling calling("free"); }
    // At the end of a process, whoever initialised MPI may have finalised it before us.
    int finalised = 0;
    MPI_Finalized(&finalised);
    if (finalised) return;
    posts_->flush();
    for (MPI_Comm* comm : {&messages_comm_, &collectives_comm_, &posts_comm_})
        if (*comm != MPI_COMM_NULL) check(MPI_Comm_free(comm), "MPI_Comm_free");
}

void MpiCommunicator::post(int peer, std::vector<std::byte> message) {
    posts_->post(peer, std::move(message));
}

void MpiCommunicator::set_receiver(Receiver receiver) { posts_->set_receiver(std::move(receiver)); }

bool MpiCommunicator::progress() { return may_call() && posts_->progress(); }

void MpiCommunicator::abort(int code) {
    MPI_Abort(MPI_COMM_WORLD, code);
    std::_Exit(code);
}

}  // namespace hpxpy::comm::mpi
