// A line is run block by block; many short lines are run side by side.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/scan_lines.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/bytes.hpp"
#include "base/pause.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"
#include "plan/step.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t together = 8;  ///< lines side by side
constexpr std::int64_t widest = 16;   ///< bytes of an element
constexpr std::int64_t widest_block = 512 * widest;
// A piece stays in a cache, and no node of the tree begins within it.
constexpr std::int64_t piece_blocks = 16;
static_assert(scan_siblings % piece_blocks == 0);
// Shorter lines are run side by side if there are enough of them; they have no more blocks than siblings.
constexpr std::int64_t short_line = 4096;
// Results of this size do not stay in the caches, so they go past them.
constexpr std::int64_t stream_bytes = std::int64_t{8} << 20;

// A piece takes less time than to fall asleep and wake up.
void await(const std::atomic<int>& known) {
    constexpr int patience = 2000;
    for (int i = 0; i < patience && !known.load(std::memory_order_acquire); ++i) pause_processor();
    known.wait(0);
}

// Axes behind `axis` have one index, of which a locality may hold none.
std::int64_t lines_of(const Array& x, int axis) {
    std::int64_t lines = 1;
    for (int i = 0; i < x.dimensions(); ++i)
        if (i != axis) lines *= x.view.shape[i];
    return lines;
}

}  // namespace

LineScan::LineScan(Reduction reduction, const Array& in, const Array& out, int axis,
                   bool include_initial)
    : reduction_(reduction),
      compute_(out.dtype()),
      loops_(kernels::scan(reduction, compute_)),
      states_(kernels::reduction(reduction, compute_)),
      from_(in, compute_),
      to_(out.node->bytes()),
      size_(itemsize(compute_)),
      block_(reduction_block(compute_)),
      segment_(kernels::scan_segment(size_)),
      lines_(lines_of(in, axis)),
      length_(in.view.shape[axis]),
      begins_(include_initial ? 1 : 0),
      streams_(out.view.count() * size_ >= stream_bytes) {
    alignas(16) char identity[32];
    kernels::identity(reduction, compute_, identity);
    for (std::int64_t line = 0; begins_ && line < lines_; ++line)
        copy_bytes(to_ + line * (length_ + 1) * size_, identity, size_);
}

char* LineScan::out(std::int64_t line, std::int64_t at) const {
    return to_ + (line * (length_ + begins_) + begins_ + at) * size_;
}

std::int64_t LineScan::piece_count() const {
    if (length_ == 0) return 0;
    const std::int64_t elements = block_ * piece_blocks;
    return (first_ + length_ - 1) / elements - first_ / elements + 1;
}

LineScan::Piece LineScan::piece(std::int64_t number) const {
    const std::int64_t elements = block_ * piece_blocks;
    std::int64_t begin = (first_ / elements + number) * elements - first_;
    return {std::max<std::int64_t>(begin, 0), std::min(begin + elements, length_)};
}

void RunningNodes::add(std::int64_t blocks, const void* total) {
    auto size = static_cast<std::size_t>(loops_->state_size);
    std::size_t number = 0;
    for (; blocks > 1; blocks /= scan_siblings) ++number;
    Level* level = &levels_[number];
    for (;; total = level->state, ++level) {
        Level joined;
        std::memcpy(joined.state, total, size);
        if (level->siblings > 0) loops_->join(level->state, joined.state, 1);
        joined.siblings = level->siblings + 1;
        *level = joined;
        if (level->siblings < scan_siblings) return;
        level->siblings = 0;
    }
}

int RunningNodes::list(const void** states) const {
    int count = 0;
    for (const Level& level : levels_)
        if (level.siblings > 0) states[count++] = level.state;
    return count;
}

// The totals of a piece's blocks; not those of one that is cut in front.
void LineScan::total_blocks(const Piece& piece, const char* from, char* totals) const {
    for (std::int64_t at = piece.begin; at < piece.end; totals += size_) {
        std::int64_t offset = (first_ + at) % block_;
        std::int64_t n = std::min(block_ - offset, piece.end - at);
        if (offset == 0) loops_.total_block(from + (at - piece.begin) * size_, n, totals);
        at += n;
    }
}

// Adds the blocks [begin, end) of the tree.
void LineScan::add_blocks(ForestNodes& nodes, std::int64_t begin, std::int64_t end,
                          const char* totals) const {
    alignas(16) char total[widest], next[widest];
    for (std::int64_t count; begin < end; begin += count, totals += count * size_) {
        count = begin % scan_siblings == 0 && end - begin >= scan_siblings ? scan_siblings : 1;
        copy_bytes(total, totals, size_);
        for (std::int64_t b = 1; b < count; ++b) {
            copy_bytes(next, totals + b * size_, size_);
            states_.join(total, next, 1);
            copy_bytes(total, next, size_);
        }
        nodes.add(begin, count, total);
    }
}

// Brings a block that is begun to its end, and to its place.
void LineScan::end_block(std::int64_t line, std::int64_t at, char* begun, std::int64_t n,
                         const RunningNodes& before) const {
    const void* states[RunningNodes::most + 1];
    int count = before.list(states);
    if (earlier_) states[count++] = initial(line);
    // Others have the first elements.
    auto skipped = at == 0 ? static_cast<std::int64_t>(cut_.size()) : 0;
    char* to = streams_ || skipped > 0 ? begun : out(line, at);
    loops_.end_block(to, begun, n + skipped / size_, states, count);
    if (streams_)
        kernels::stream(out(line, at), begun + skipped, n * size_);
    else if (skipped > 0)
        copy_bytes(out(line, at), begun + skipped, n * size_);
}

void LineScan::run_piece(std::int64_t line, const Piece& piece, const char* from,
                         RunningNodes& before) const {
    alignas(64) char values[widest_block];
    alignas(16) char total[widest];
    for (std::int64_t at = piece.begin; at < piece.end;) {
        std::int64_t n = std::min(block_ - (first_ + at) % block_, piece.end - at);
        const char* elements = from + (at - piece.begin) * size_;
        std::int64_t others = at == 0 ? static_cast<std::int64_t>(cut_.size()) : 0;
        if (others > 0) {
            alignas(64) char all[widest_block];
            copy_bytes(all, cut_.data(), others);
            copy_bytes(all + others, elements, n * size_);
            loops_.begin_block(values, all, others / size_ + n, total);
        } else {
            loops_.begin_block(values, elements, n, total);
        }
        end_block(line, at, values, n, before);
        at += n;
        if (at < length_) before.add(1, total);
    }
    if (streams_) kernels::store_fence();
}

// Some lines, each segment of all of them before the next one.
void LineScan::run_side_by_side(std::int64_t line, std::int64_t lines, const char* from) const {
    // Of each line what the last segment has joined, those before it in its block, and the blocks before.
    alignas(16) char segment[together * widest], in_block[together * widest];
    alignas(16) char blocks[together * widest];
    alignas(64) char values[widest_block];
    const std::int64_t bytes = lines * size_, stride = length_ + begins_;
    for (std::int64_t at = 0; at < length_; at += segment_) {
        std::int64_t n = std::min(segment_, length_ - at), place = at % block_;
        if (place == segment_) copy_bytes(in_block, segment, bytes);
        if (place > segment_ || (at > 0 && place == 0)) {
            states_.join(in_block, segment, lines);
            copy_bytes(in_block, segment, bytes);
        }
        if (at > block_ && place == 0) states_.join(blocks, in_block, lines);
        if (at > 0 && place == 0) copy_bytes(blocks, in_block, bytes);
        const void* before[2];
        int count = 0;
        if (place > 0) before[count++] = in_block;
        if (at >= block_) before[count++] = blocks;
        loops_.run_lanes(streams_ ? values : out(line, at), from + at * size_, before, count,
                         segment, static_cast<int>(lines), n, length_,
                         streams_ ? segment_ : stride);
        for (std::int64_t l = 0; l < lines && streams_; ++l)
            kernels::stream(out(line + l, at), values + l * segment_ * size_, n * size_);
    }
    if (streams_) kernels::store_fence();
}

// Calls body(block, byte, elements) for the blocks of a piece that begins with one.
template <class Body>
void LineScan::for_blocks(const Piece& piece, const Body& body) const {
    for (std::int64_t b = 0, at = piece.begin; at < piece.end; ++b, at += block_)
        body(b, b * block_ * size_, std::min(block_, piece.end - at));
}

// The elements of all lines are worth so many threads.
template <class Body>
void LineScan::for_each(std::int64_t units, const Body& body) const {
    std::int64_t weight = lines_ * length_ / std::max<std::int64_t>(units, 1);
    in_parts(part_count(units, weight), units,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 Stream::Reader reader(from_);
                 for (std::int64_t unit = first; unit < last; ++unit) body(reader, unit);
             });
}

void LineScan::run_after(const char* earlier) {
    earlier_ = earlier;
    if (length_ == 0 || lines_ == 0) return;
    if (!earlier_ && (length_ <= segment_ || (lines_ >= together && length_ <= short_line))) {
        for_each((lines_ + together - 1) / together,
                 [&](Stream::Reader& reader, std::int64_t unit) {
                     std::int64_t line = unit * together, lines = std::min(together, lines_ - line);
                     run_side_by_side(line, lines, reader.read(line * length_, lines * length_));
                 });
        return;
    }
    const std::int64_t pieces = piece_count();
    if (pieces > 1 && lines_ < 2 * num_threads()) return run_pieces(pieces);
    for_each(lines_, [&](Stream::Reader& reader, std::int64_t line) {
        RunningNodes before(states_);
        for (std::int64_t number = 0; number < pieces; ++number) {
            Piece own = piece(number);
            run_piece(line, own, reader.read(line * length_ + own.begin, own.end - own.begin),
                      before);
        }
    });
}

// A thread begins the blocks of a piece, waits for what comes before it, passes on what comes before the next one, and
// brings its blocks to their end while its cache holds them.
void LineScan::run_pieces(std::int64_t pieces) {
    const std::int64_t count = lines_ * pieces;
    std::vector<RunningNodes> before(static_cast<std::size_t>(lines_), RunningNodes(states_));
    auto known = std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(count));
    std::atomic<std::int64_t> next{0};
    // Pieces are taken in order, so that those waited for are with threads that run.
    auto work = [&](std::int64_t, std::int64_t, std::int64_t) {
        Stream::Reader reader(from_);
        std::unique_ptr<char[]> memory;
        if (streams_)
            memory = std::make_unique_for_overwrite<char[]>(
                static_cast<std::size_t>(piece_blocks * block_ * size_ + 64));
        char totals[piece_blocks * widest];
        for (std::int64_t number; (number = next.fetch_add(1)) < count;) {
            std::int64_t line = number / pieces;
            Piece own = piece(number % pieces);
            auto place = static_cast<std::size_t>(number);
            const char* from = reader.read(line * length_ + own.begin, own.end - own.begin);
            char* begun = streams_ ? memory.get() : out(line, own.begin);
            std::int64_t blocks = blocks_of(own.end - own.begin);
            for_blocks(own, [&](std::int64_t b, std::int64_t at, std::int64_t n) {
                loops_.begin_block(begun + at, from + at, n, totals + b * size_);
            });
            if (own.begin > 0) await(known[place - 1]);
            RunningNodes& shared = before[static_cast<std::size_t>(line)];
            RunningNodes nodes = shared;
            // Only the last piece of a line is shorter.
            for (std::int64_t b = 0; b < blocks && blocks == piece_blocks; ++b)
                shared.add(1, totals + b * size_);
            known[place].store(1);
            known[place].notify_all();
            for_blocks(own, [&](std::int64_t b, std::int64_t at, std::int64_t n) {
                end_block(line, own.begin + at / size_, begun + at, n, nodes);
                if (b + 1 < blocks) nodes.add(1, totals + b * size_);
            });
            if (streams_) kernels::store_fence();
        }
    };
    in_parts(part_count(count, block_ * piece_blocks), count, work);
}

void LineScan::total(char* totals) {
    for_each(lines_, [&](Stream::Reader& reader, std::int64_t line) {
        ForestNodes nodes(states_, scan_siblings);
        char totals_of_piece[piece_blocks * widest];
        for (std::int64_t number = 0; number < piece_count(); ++number) {
            Piece own = piece(number);
            total_blocks(own, reader.read(line * length_ + own.begin, own.end - own.begin),
                         totals_of_piece);
            add_blocks(nodes, own.begin / block_, blocks_of(own.end), totals_of_piece);
        }
        if (length_ > 0)
            nodes.join(totals + line * size_);
        else
            kernels::identity(reduction_, compute_, totals + line * size_);
    });
}

std::vector<char> LineScan::forest(std::int64_t first, std::int64_t whole) {
    first_ = first;
    const Forest forest{first, first + length_, whole, reduction_, compute_, true};
    const ForestLayout layout(forest);
    totals_.resize(static_cast<std::size_t>((length_ / block_ + 2) * size_));
    for_each(piece_count(), [&](Stream::Reader& reader, std::int64_t number) {
        Piece own = piece(number);
        total_blocks(own, reader.read(own.begin, own.end - own.begin), totals_from(own.begin));
    });
    std::vector<char> result(static_cast<std::size_t>(layout.bytes));
    ForestNodes nodes(states_, scan_siblings);
    // A block that is cut is no node.
    add_blocks(nodes, layout.begin, layout.end,
               totals_.data() + (layout.begin - first / block_) * size_);
    write_forest(forest, nodes, result.data());
    Stream::Reader reader(from_);
    if (layout.head > 0)
        copy_bytes(result.data() + layout.head_at, reader.read(0, layout.head),
                   layout.head * size_);
    if (layout.tail > 0)
        copy_bytes(result.data() + layout.tail_at, reader.read(length_ - layout.tail, layout.tail),
                   layout.tail * size_);
    return result;
}

// Of a block that ends here and of which others have the first elements.
void LineScan::total_cut_block() {
    auto others = static_cast<std::int64_t>(cut_.size());
    std::int64_t own = block_ - others / size_;
    if (own > length_) return;
    alignas(64) char all[widest_block];
    copy_bytes(all, cut_.data(), others);
    copy_bytes(all + others, Stream::Reader(from_).read(0, own), own * size_);
    loops_.total_block(all, block_, totals_.data());
}

void LineScan::run_from(const char* earlier) {
    if (length_ == 0) return;
    const std::int64_t pieces = piece_count();
    // What comes before each piece.
    std::vector<RunningNodes> before(1, RunningNodes(states_));
    if (earlier) {
        SeenForest seen(earlier);
        seen.nodes().for_each([&](std::int64_t, std::int64_t blocks, const char* state) {
            before[0].add(blocks, state);
        });
        cut_.assign(seen.tail(), seen.tail() + seen.layout.tail * size_);
        if (!cut_.empty()) total_cut_block();
    }
    before.reserve(static_cast<std::size_t>(pieces));
    for (std::int64_t number = 1; number < pieces; ++number) {
        Piece last = piece(number - 1);
        std::int64_t begin = (first_ + last.begin) / block_, end = (first_ + last.end) / block_;
        RunningNodes nodes = before.back();
        const char* totals = totals_from(last.begin);
        for (; begin < end; ++begin, totals += size_) nodes.add(1, totals);
        before.push_back(nodes);
    }
    for_each(pieces, [&](Stream::Reader& reader, std::int64_t number) {
        Piece own = piece(number);
        run_piece(0, own, reader.read(own.begin, own.end - own.begin),
                  before[static_cast<std::size_t>(number)]);
    });
}

}  // namespace hpxpy
