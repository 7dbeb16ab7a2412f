// Scans of lines, whose elements follow each other in C order, on the grid of reductions: what comes before a block is
// joined from complete nodes of the line's tree of blocks, so the bits are the same on any number of threads and
// localities.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <vector>

#include "exec/forest.hpp"
#include "exec/stream.hpp"

namespace hpxpy {

// What comes before a block of a line: on each level of the tree the siblings before, joined from the left.
class RunningNodes {
public:
    explicit RunningNodes(const kernels::ReductionLoops& loops) : loops_(&loops) {}
    /// The total of the next node, of so many blocks.
    void add(std::int64_t blocks, const void* total);
    /// Writes where the states lie, the innermost first, and returns how many there are.
    int list(const void** states) const;
    static constexpr int most = 10;

private:
    struct Level {
        alignas(16) char state[16];
        int siblings = 0;
    };
    const kernels::ReductionLoops* loops_;
    std::array<Level, most> levels_;
};

class LineScan {
public:
    /// Lines along `axis` of `in`, behind which there is none that is longer than 1; those of `out`, which has the dtype
    /// that the scan works in, begin with the identity if `include_initial`.
    LineScan(Reduction reduction, const Array& in, const Array& out, int axis,
             bool include_initial);
    std::int64_t items() const { return lines_; }

    /// All lines in one pass over memory.
    void run() { run_after(nullptr); }
    /// Each line joined.
    void total(char* totals);
    /// Of each line its item of `earlier`, if there are any, comes before everything.
    void run_after(const char* earlier);

    /// Of a line that localities share: the forest of this one's part, whose first element is element `first` of
    /// `whole`; afterwards it runs on from the forest of all that comes before, if there is something.
    std::vector<char> forest(std::int64_t first, std::int64_t whole);
    void run_from(const char* earlier);

private:
    // Elements of this locality's part of a line.
    struct Piece {
        std::int64_t begin, end;
    };

    std::int64_t piece_count() const;
    Piece piece(std::int64_t number) const;
    const char* initial(std::int64_t line) const {
        return earlier_ ? earlier_ + line * size_ : nullptr;
    }
    char* out(std::int64_t line, std::int64_t at) const;
    std::int64_t blocks_of(std::int64_t n) const { return (n + block_ - 1) / block_; }
    // The totals of a shared line's blocks.
    char* totals_from(std::int64_t at) {
        return totals_.data() + ((first_ + at) / block_ - first_ / block_) * size_;
    }

    void total_blocks(const Piece& piece, const char* from, char* totals) const;
    void total_cut_block();
    void add_blocks(ForestNodes& nodes, std::int64_t begin, std::int64_t end,
                    const char* totals) const;
    void end_block(std::int64_t line, std::int64_t at, char* begun, std::int64_t n,
                   const RunningNodes& before) const;
    void run_piece(std::int64_t line, const Piece& piece, const char* from,
                   RunningNodes& before) const;
    void run_side_by_side(std::int64_t line, std::int64_t lines, const char* from) const;
    void run_pieces(std::int64_t pieces);
    template <class Body>
    void for_blocks(const Piece& piece, const Body& body) const;
    template <class Body>
    void for_each(std::int64_t units, const Body& body) const;

    const Reduction reduction_;
    const DType compute_;
    const kernels::ScanLoops& loops_;
    const kernels::ReductionLoops& states_;
    Stream from_;
    char* to_;
    const std::int64_t size_, block_, segment_, lines_, length_;
    const std::int64_t begins_;  ///< elements that a line of the result has in front
    const bool streams_;
    const char* earlier_ = nullptr;

    // Of a line that localities share.
    std::int64_t first_ = 0;
    std::vector<char> totals_;  ///< of its blocks
    std::vector<char> cut_;     ///< the elements of the first block that others have
};

}  // namespace hpxpy
