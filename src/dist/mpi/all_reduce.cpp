// Reduce-scatter and all-gather in segments: while one segment is joined, in cache, the next travel.
// SPDX-License-Identifier: BSL-1.0
#include "dist/mpi/all_reduce.hpp"

#include <algorithm>
#include <cstring>

#include "dist/mpi/lane.hpp"
#include "dist/mpi/library.hpp"

namespace hpxpy::dist::mpi {
namespace {

/// Most bytes of segments waiting to be joined.
constexpr std::int64_t waiting_limit = 16 << 20;

class LargeAllReduce final : public Request {
public:
    LargeAllReduce(MPI_Comm comm, int id, int size, int tag, const void* in, void* out,
                   std::int64_t items, const Joining& joining)
        : comm_(comm), id_(id), size_(size), joining_(joining) {
        const std::int64_t item = joining.item_size;
        const Settings& settings = library().settings;
        std::int64_t segment = std::min(settings.segment, waiting_limit / (size * Lane::window));
        segment_ = std::max<std::int64_t>(segment / item, 1) * item;
        auto share = [&](int p) {
            return (items / size * p + std::min<std::int64_t>(p, items % size)) * item;
        };
        auto give = static_cast<const std::byte*>(in);
        auto take = static_cast<std::byte*>(out);
        own_ = share(id + 1) - share(id);
        in_ = give + share(id);
        out_ = take + share(id);
        // The last locality's share may be joined in place, so it is received into the result.
        bool last = id == size - 1;
        std::int64_t slots = Lane::window * segment_;
        scratch_.reset(new std::byte[static_cast<std::size_t>((size - 1) * slots)]);
        own_copy_ = !last && id > 0 ? scratch_.get() + (size - 2) * slots : nullptr;

        int used = 0;
        for (int p = 0; p < size; ++p) {
            if (p == id) continue;
            bool into_result = p == size - 1;
            std::byte* memory = into_result ? out_ : scratch_.get() + used++ * slots;
            parts_in_.push_back(Lane::receiving({memory, own_}, p, tag, segment_, !into_result));
            results_in_.push_back(
                Lane::receiving({take + share(p), share(p + 1) - share(p)}, p, tag + 1, segment_));
        }
        for (int i = 1; i < size; ++i) {
            int p = (id + i) % size;
            parts_out_.push_back(
                Lane::sending({give + share(p), share(p + 1) - share(p)}, p, tag, segment_));
            results_out_.push_back(Lane::sending({out_, own_}, p, tag + 1, segment_));
        }
        advance();
    }

    bool test() override {
        if (complete_) return true;
        if (!may_call()) return false;
        std::lock_guard guard(library().lock);
        return advance();
    }

private:
    bool advance() {
        std::int64_t segments = (own_ + segment_ - 1) / segment_;
        bool complete = true;
        for (Lane& lane : parts_in_) lane.advance(comm_, joined_ + Lane::window);
        for (Lane& lane : parts_out_) {
            lane.advance(comm_);
            complete &= lane.complete();
        }
        for (Lane& lane : results_in_) {
            lane.advance(comm_);
            complete &= lane.complete();
        }
        while (joined_ < segments &&
               std::all_of(parts_in_.begin(), parts_in_.end(),
                           [&](const Lane& lane) { return lane.arrived() > joined_; })) {
            join(joined_++);
            for (Lane& lane : parts_in_) lane.advance(comm_, joined_ + Lane::window);
            for (Lane& lane : results_out_) lane.advance(comm_, joined_);
        }
        for (Lane& lane : results_out_) {
            lane.advance(comm_, joined_);
            complete &= lane.complete();
        }
        return complete_ = complete && joined_ == segments;
    }

    /// Joins one segment of everybody's parts in locality order; the result lands in out_.
    void join(std::int64_t segment) {
        std::int64_t first = segment * segment_;
        std::int64_t bytes = std::min(segment_, own_ - first);
        std::int64_t items = bytes / joining_.item_size;
        const std::byte* left = nullptr;
        auto lane = parts_in_.begin();
        for (int p = 0; p < size_; ++p) {
            std::byte* part = nullptr;
            if (p != id_) {
                part = (lane++)->piece_at(segment);
            } else if (p == 0) {
                left = in_ + first;
                continue;
            } else {
                part = own_copy_ ? own_copy_ : out_ + first;
                std::memcpy(part, in_ + first, static_cast<std::size_t>(bytes));
            }
            if (left) joining_.function(left, part, items);
            left = part;
        }
    }

    MPI_Comm comm_;
    int id_;
    int size_;
    Joining joining_;
    std::int64_t segment_;
    std::int64_t own_;
    const std::byte* in_;
    std::byte* out_;
    std::unique_ptr<std::byte[]> scratch_;
    std::byte* own_copy_;
    std::vector<Lane> parts_in_;
    std::vector<Lane> parts_out_;
    std::vector<Lane> results_in_;
    std::vector<Lane> results_out_;
    std::int64_t joined_ = 0;
    bool complete_ = false;
};

}  // namespace

std::unique_ptr<Request> start_large_all_reduce(MPI_Comm comm, int id, int size, int tag,
                                                const void* in, void* out, std::int64_t items,
                                                const Joining& joining) {
    return std::make_unique<LargeAllReduce>(comm, id, size, tag, in, out, items, joining);
}

}  // namespace hpxpy::dist::mpi
