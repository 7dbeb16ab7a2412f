// What a reduction knows of a range of an array's elements, so that ranges can be joined in any grouping and give the
// same bits: complete nodes of the whole array's binary tree of blocks, and the elements of blocks that a bound of the
// range cuts. Written by exec, joined by exchanges; all of it is one message.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/dtype.hpp"
#include "graph/node.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy {

/// How many siblings of the tree become their parent: two of a reduction. Scans join more from the left, as each level
/// costs every element an addition: what comes before a node joined with all of the node is then, to the bit, what comes
/// before the next one, so that sums of positive numbers never fall.
constexpr std::int64_t reduction_siblings = 2;
constexpr std::int64_t scan_siblings = 64;

/// Which elements, [first, last) of `whole`, and how they are joined. A forest in memory begins with it; then come the
/// states of the complete nodes, in order, the elements of a block that is cut in front, and of one cut behind.
struct Forest {
    std::int64_t first, last, whole;
    Reduction reduction;
    DType compute;
    bool scan = false;  ///< it is one of a scan, whose states are elements

    bool empty() const { return first == last; }
    std::int64_t siblings() const { return scan ? scan_siblings : reduction_siblings; }
    std::int64_t bytes() const;
    /// The most bytes of any part of the same whole.
    std::int64_t most_bytes() const;
};

/// That of a reduction's node that gives one.
Forest forest_of(const Node& node);

/// The most bytes of any forest of a reduction.
constexpr std::int64_t most_forest_bytes = 20 * 1024;

/// Where the parts of a forest lie.
struct ForestLayout {
    explicit ForestLayout(const Forest& forest);

    std::int64_t head, tail;  ///< elements of the blocks that are cut in front and behind
    std::int64_t begin, end;  ///< the blocks that are complete
    std::int64_t head_at, tail_at, bytes;  ///< in bytes
    static constexpr std::int64_t nodes_at = 32;
};

/// Nodes of the tree, from left to right, of which siblings become their parent as soon as all are there: what is left
/// are the complete nodes of a range.
class ForestNodes {
public:
    explicit ForestNodes(const kernels::ReductionLoops& loops,
                         std::int64_t siblings = reduction_siblings)
        : loops_(&loops), siblings_(siblings) {}
    /// The node of `blocks` blocks from `first` on; it follows what was added before.
    void add(std::int64_t first, std::int64_t blocks, const void* state);
    /// The complete nodes of the blocks [begin, end), whose states lie one after the other.
    void add_range(std::int64_t begin, std::int64_t end, const char* states);
    /// Calls body(first, blocks, state) for each node.
    template <class Body>
    void for_each(const Body& body) const {
        for (std::size_t i = 0; i < places_.size(); ++i)
            body(places_[i].first, places_[i].blocks, state(i));
    }
    /// Everything joined, as the tree of all blocks joins it; nothing must lack. There is at least one.
    void join(void* state) const;

private:
    struct Place {
        std::int64_t first, blocks;
    };
    bool is_last_sibling() const;
    const char* state(std::size_t i) const {
        return states_.data() + i * static_cast<std::size_t>(loops_->state_size);
    }

    const kernels::ReductionLoops* loops_;
    std::int64_t siblings_;
    std::vector<Place> places_;
    std::vector<char> states_;
};

/// Writes the header of a forest and its nodes.
void write_forest(const Forest& forest, const ForestNodes& nodes, char* to);

/// `into` becomes the forest of both ranges, one of which continues the other. A kernel for comm: the memory at `into`
/// has room for any forest of the whole.
void join_forests(const void* left, void* into, std::int64_t items);
/// The bytes of the forest at `forest`.
std::int64_t forest_bytes(const void* forest);
/// The state of a whole array from its forest.
void join_forest(const char* forest, void* state);

/// A forest in memory.
struct SeenForest {
    explicit SeenForest(const void* memory);
    const Forest& header() const {
        return *static_cast<const Forest*>(static_cast<const void*>(at));
    }
    const char* head() const { return at + layout.head_at; }
    const char* tail() const { return at + layout.tail_at; }
    ForestNodes nodes() const;
    void add_nodes(ForestNodes& nodes) const;

    const char* at;
    ForestLayout layout;
};

}  // namespace hpxpy
