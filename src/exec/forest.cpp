// Ranges of an array's elements joined in the one tree of the whole array.
// SPDX-License-Identifier: BSL-1.0
#include "exec/forest.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "base/bytes.hpp"
#include "plan/step.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t widest_block = 512 * 16;  ///< bytes

// The blocks of the greatest complete node that begins at block `at` and ends by `end`.
std::int64_t blocks_at(std::int64_t at, std::int64_t end, std::int64_t siblings) {
    std::int64_t blocks = 1;
    while (at % (blocks * siblings) == 0 && blocks * siblings <= end - at) blocks *= siblings;
    return blocks;
}

std::int64_t node_count(std::int64_t begin, std::int64_t end, std::int64_t siblings) {
    std::int64_t count = 0;
    for (; begin < end; ++count) begin += blocks_at(begin, end, siblings);
    return count;
}

const kernels::ReductionLoops& loops_of(const Forest& forest) {
    return kernels::reduction(forest.reduction, forest.compute);
}

void total_block(const Forest& forest, const char* elements, std::int64_t count, void* state) {
    if (forest.scan)
        kernels::scan(forest.reduction, forest.compute).total_block(elements, count, state);
    else
        loops_of(forest).reduce_rows(state, elements, 1, count, 0);
}

}  // namespace

ForestLayout::ForestLayout(const Forest& forest) : head(0), tail(0) {
    static_assert(nodes_at >= static_cast<std::int64_t>(sizeof(Forest)));
    const std::int64_t block = reduction_block(forest.compute);
    const std::int64_t first = forest.first, last = forest.last, whole = forest.whole;
    // Blocks have a power of two of elements.
    const int shift = std::countr_zero(static_cast<std::uint64_t>(block));
    begin = (first + block - 1) >> shift;
    // The last block of the whole is complete, however short it is.
    end = last == whole ? (whole + block - 1) >> shift : last >> shift;
    if ((first & (block - 1)) != 0) head = std::min(last, begin << shift) - first;
    if (end < begin || first == last) end = begin;
    if (last != whole && last > begin << shift) tail = last - std::max(end << shift, first);
    std::int64_t size = itemsize(forest.compute);
    head_at = nodes_at + node_count(begin, end, forest.siblings()) * loops_of(forest).state_size;
    tail_at = head_at + head * size;
    bytes = tail_at + tail * size;
}

Forest forest_of(const Node& node) {
    return {node.first, node.first + node.inputs[0].view.count(), node.whole, node.reduction,
            node.compute};
}

std::int64_t Forest::bytes() const { return ForestLayout(*this).bytes; }

std::int64_t Forest::most_bytes() const {
    const std::int64_t block = reduction_block(compute);
    std::int64_t nodes = 0;
    for (std::int64_t blocks = (whole + block - 1) / block; blocks > 0; blocks /= siblings())
        nodes += 2 * (siblings() - 1);
    return ForestLayout::nodes_at + nodes * loops_of(*this).state_size +
           2 * (block - 1) * itemsize(compute);
}

// Whether the last node and those before it are all siblings of one parent.
bool ForestNodes::is_last_sibling() const {
    auto count = static_cast<std::size_t>(siblings_);
    if (places_.size() < count) return false;
    const Place &last = places_.back(), &first = places_[places_.size() - count];
    return last.first / last.blocks % siblings_ == siblings_ - 1 && first.blocks == last.blocks &&
           first.first == last.first - (siblings_ - 1) * last.blocks;
}

void ForestNodes::add(std::int64_t first, std::int64_t blocks, const void* added) {
    const auto* bytes = static_cast<const char*>(added);
    auto size = static_cast<std::size_t>(loops_->state_size);
    states_.insert(states_.end(), bytes, bytes + size);
    places_.push_back({first, blocks});
    while (is_last_sibling()) {
        std::size_t left = places_.size() - static_cast<std::size_t>(siblings_);
        for (std::size_t i = left + 1; i < places_.size(); ++i)
            loops_->join(state(i - 1), states_.data() + i * size, 1);
        std::memmove(states_.data() + left * size, state(places_.size() - 1), size);
        places_[left].blocks *= siblings_;
        places_.resize(left + 1);
        states_.resize((left + 1) * size);
    }
}

void ForestNodes::add_range(std::int64_t begin, std::int64_t end, const char* states) {
    for (std::int64_t blocks = 0; begin < end; begin += blocks, states += loops_->state_size) {
        blocks = blocks_at(begin, end, siblings_);
        add(begin, blocks, states);
    }
}

void ForestNodes::join(void* joined) const {
    std::size_t last = places_.size() - 1;
    std::memcpy(joined, state(last), static_cast<std::size_t>(loops_->state_size));
    for (std::size_t i = last; i-- > 0;) loops_->join(state(i), joined, 1);
}

void write_forest(const Forest& forest, const ForestNodes& nodes, char* to) {
    std::memcpy(to, &forest, sizeof forest);
    std::int64_t size = loops_of(forest).state_size;
    to += ForestLayout::nodes_at;
    nodes.for_each([&](std::int64_t, std::int64_t, const char* state) {
        copy_bytes(to, state, size);
        to += size;
    });
}

SeenForest::SeenForest(const void* memory)
    : at(static_cast<const char*>(memory)), layout(header()) {}

ForestNodes SeenForest::nodes() const {
    ForestNodes nodes(loops_of(header()), header().siblings());
    add_nodes(nodes);
    return nodes;
}

void SeenForest::add_nodes(ForestNodes& nodes) const {
    nodes.add_range(layout.begin, layout.end, at + ForestLayout::nodes_at);
}

namespace {

// Writes the forest of the elements that `lower` has and then `upper`.
void write_joined(const SeenForest& lower, const SeenForest& upper, char* to) {
    Forest forest = lower.header();
    forest.last = upper.header().last;
    const std::int64_t size = itemsize(forest.compute), block = reduction_block(forest.compute);
    const std::int64_t seam = lower.header().last;
    ForestNodes nodes = lower.nodes();
    const char *head = lower.head(), *tail = upper.tail();
    alignas(16) char cut[widest_block];
    if (lower.layout.tail > 0 || upper.layout.head > 0) {
        // The block in which one ends and the other begins.
        std::int64_t start = seam / block * block, stop = std::min(start + block, forest.whole);
        std::int64_t first = std::max(start, forest.first), last = std::min(stop, forest.last);
        std::int64_t left = (seam - first) * size;
        copy_bytes(cut, lower.layout.tail > 0 ? lower.tail() : lower.head(), left);
        copy_bytes(cut + left, upper.head(), (last - seam) * size);
        if (first > start) {
            head = cut;
        } else if (last < stop) {
            tail = cut;
        } else {
            alignas(16) char state[32];
            total_block(forest, cut, last - first, state);
            nodes.add(start / block, 1, state);
        }
    }
    upper.add_nodes(nodes);
    ForestLayout layout(forest);
    write_forest(forest, nodes, to);
    copy_bytes(to + layout.head_at, head, layout.head * size);
    copy_bytes(to + layout.tail_at, tail, layout.tail * size);
}

}  // namespace

void join_forests(const void* left, void* into, std::int64_t items) {
    if (items == 0) return;
    SeenForest a(left), b(into);
    if (a.header().empty()) return;
    if (b.header().empty()) {
        copy_bytes(static_cast<char*>(into), a.at, a.layout.bytes);
        return;
    }
    // Of a reversed view, higher localities have what comes first.
    bool reversed = a.header().last != b.header().first;
    const SeenForest &lower = reversed ? b : a, &upper = reversed ? a : b;
    if (lower.header().last != upper.header().first) return;
    auto joined =
        std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(a.header().most_bytes()));
    write_joined(lower, upper, joined.get());
    copy_bytes(static_cast<char*>(into), joined.get(), forest_bytes(joined.get()));
}

std::int64_t forest_bytes(const void* forest) { return SeenForest(forest).layout.bytes; }

void join_forest(const char* forest, void* state) {
    SeenForest seen(forest);
    const Forest& header = seen.header();
    bool has_all = header.first == 0 && header.last == header.whole;
    if (has_all && header.whole > 0) {
        seen.nodes().join(state);
        return;
    }
    // Nothing, or what one locality has that is played alone: its blocks and what it has of the cut ones.
    kernels::identity(header.reduction, header.compute, state);
    auto add_cut = [&](const char* elements, std::int64_t count) {
        if (count == 0) return;
        alignas(16) char cut[32];
        total_block(header, elements, count, cut);
        loops_of(header).join(state, cut, 1);
        std::memcpy(state, cut, static_cast<std::size_t>(loops_of(header).state_size));
    };
    add_cut(seen.head(), seen.layout.head);
    seen.nodes().for_each([&](std::int64_t, std::int64_t, const char* node) {
        alignas(16) char joined[32];
        std::memcpy(joined, node, static_cast<std::size_t>(loops_of(header).state_size));
        loops_of(header).join(state, joined, 1);
        std::memcpy(state, joined, static_cast<std::size_t>(loops_of(header).state_size));
    });
    add_cut(seen.tail(), seen.layout.tail);
}

}  // namespace hpxpy
