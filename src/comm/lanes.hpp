// Exchanges of large data made of lanes, once for all engines that have lanes. Header only, since engine
// modules link none of the core's code.
//
// An engine's Lane is a LaneState with
//     void advance(limit)   starts pieces below `limit` while there is room, and counts those that are
//                           complete
//     class Calling         held while lanes move on; false where this thread may not
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "comm/communicator.hpp"

namespace hpxpy::comm {

/// A lane: the bytes between this locality and one other, in one direction, cut into pieces of which a few are
/// under way at a time.
class LaneState {
public:
    static constexpr int window = 4;
    static constexpr std::int64_t everything = std::numeric_limits<std::int64_t>::max();

    /// Pieces complete so far; they complete in order.
    std::int64_t arrived() const { return arrived_; }
    std::int64_t pieces() const { return pieces_; }
    bool complete() const { return arrived_ == pieces_; }
    bool sends() const { return sends_; }
    std::byte* piece_at(std::int64_t k) const { return data_ + (reuse_ ? k % window : k) * piece_; }

protected:
    /// With `reuse`, memory holds `window` pieces only and piece k lies at place k % window.
    LaneState(bool sends, Bytes data, std::int64_t piece, bool reuse)
        : data_(static_cast<std::byte*>(data.data)),
          bytes_(data.size),
          piece_(piece),
          pieces_((data.size + piece - 1) / piece),
          sends_(sends),
          reuse_(reuse) {}

    bool has_room(std::int64_t limit) const {
        return posted_ < std::min(limit, pieces_) && posted_ - arrived_ < window;
    }
    /// The memory of the next piece to start.
    Bytes next_piece() const {
        return {piece_at(posted_), std::min(piece_, bytes_ - posted_ * piece_)};
    }

    std::int64_t posted_ = 0;
    std::int64_t arrived_ = 0;

private:
    std::byte* data_;
    std::int64_t bytes_;
    std::int64_t piece_;
    std::int64_t pieces_;
    bool sends_;
    bool reuse_;
};

/// Complete when all of its lanes are.
template <class Lane>
class Lanes final : public Request {
public:
    explicit Lanes(std::vector<Lane> lanes) : lanes_(std::move(lanes)) {
        // Receives first, so that no message arrives unexpected.
        std::stable_partition(lanes_.begin(), lanes_.end(),
                              [](const Lane& lane) { return !lane.sends(); });
        advance();
    }

    bool test() override {
        if (lanes_.empty()) return true;
        typename Lane::Calling calling;
        return calling && advance();
    }

private:
    bool advance() {
        for (Lane& lane : lanes_) lane.advance(Lane::everything);
        std::erase_if(lanes_, [](const Lane& lane) { return lane.complete(); });
        return lanes_.empty();
    }

    std::vector<Lane> lanes_;
};

/// All-reduce of large data: each locality joins its share of everybody's items, then gives the result to
/// all. While one segment is joined, in cache, the next travel. The order of joining is locality order, so
/// the bits are the same everywhere and for every engine.
///
/// `Lines` makes the lanes: `sending(data, peer, stage, piece)` and `receiving(data, peer, stage, piece,
/// reuse)`, stage 0 for the parts and 1 for the results.
template <class Lane, class Lines>
class LargeAllReduce final : public Request {
public:
    /// The caller holds what Lane::Calling holds.
    LargeAllReduce(const Lines& lines, int id, int size, std::int64_t segment, const void* in,
                   void* out, std::int64_t items, const Joining& joining)
        : id_(id), size_(size), joining_(joining) {
        const std::int64_t item = joining.item_size;
        segment = std::min(segment, waiting_limit / (size * Lane::window));
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
            parts_in_.push_back(lines.receiving({memory, own_}, p, 0, segment_, !into_result));
            results_in_.push_back(
                lines.receiving({take + share(p), share(p + 1) - share(p)}, p, 1, segment_, false));
        }
        for (int i = 1; i < size; ++i) {
            int p = (id + i) % size;
            parts_out_.push_back(
                lines.sending({give + share(p), share(p + 1) - share(p)}, p, 0, segment_));
            results_out_.push_back(lines.sending({out_, own_}, p, 1, segment_));
        }
        advance();
    }

    bool test() override {
        if (complete_) return true;
        typename Lane::Calling calling;
        return calling && advance();
    }

private:
    /// Most bytes of segments waiting to be joined.
    static constexpr std::int64_t waiting_limit = 16 << 20;

    bool advance() {
        std::int64_t segments = (own_ + segment_ - 1) / segment_;
        bool complete = true;
        for (Lane& lane : parts_in_) lane.advance(joined_ + Lane::window);
        for (auto* lanes : {&parts_out_, &results_in_}) {
            for (Lane& lane : *lanes) {
                lane.advance(Lane::everything);
                complete &= lane.complete();
            }
        }
        while (joined_ < segments &&
               std::all_of(parts_in_.begin(), parts_in_.end(),
                           [&](const Lane& lane) { return lane.arrived() > joined_; })) {
            join(joined_++);
            for (Lane& lane : parts_in_) lane.advance(joined_ + Lane::window);
            for (Lane& lane : results_out_) lane.advance(joined_);
        }
        for (Lane& lane : results_out_) {
            lane.advance(joined_);
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

}  // namespace hpxpy::comm
