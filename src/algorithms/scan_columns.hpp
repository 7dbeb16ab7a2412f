// Scans along an axis that is not the last one: column by column, some rows of a column after the other.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

#include "exec/stream.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy {

class ColumnScan {
public:
    /// Along `axis` of `in`; `out` has the dtype that the scan works in, and begins with the identity if
    /// `include_initial`. The chunks of rows depend on the number of columns, unless `one_chunk` takes them all.
    ColumnScan(Reduction reduction, const Array& in, const Array& out, int axis,
               bool include_initial, bool one_chunk);

    std::int64_t items() const { return outer_ * columns_; }
    /// All columns in one pass over memory.
    void run_at_once();
    /// Each column joined; what comes before each chunk stays known.
    void total(char* totals);
    /// Joins one item of each column in front of everything, and runs.
    void run_after(const char* earlier);

private:
    // Some columns of a chunk of rows.
    struct Piece {
        std::int64_t outer, chunk, column;
    };

    Piece piece(std::int64_t number) const {
        std::int64_t chunk = number / tiles_;
        return {chunk / chunks_, chunk % chunks_, number % tiles_ * tile_};
    }
    void total(const Piece& own, Stream::Reader& reader) const;
    void total_tiles(const Piece& own, char* state, Stream::Reader& reader) const;
    void pass_on(std::int64_t outer, std::int64_t chunk) const;
    void run(const Piece& own, Stream::Reader& reader) const;
    void run_tile(const Piece& own, char* to, const char* earlier, std::int64_t columns,
                  Stream::Reader& reader) const;
    std::int64_t length(std::int64_t chunk) const;
    const char* elements(const Piece& own, Stream::Reader& reader) const;
    char* out(std::int64_t outer, std::int64_t chunk) const;
    char* before(std::int64_t outer, std::int64_t chunk) const;
    void allocate_before();
    void fill(char* to, const char* item, std::int64_t count) const;
    // The elements of tiles lie apart from each other.
    bool by_tiles() const;
    template <class Body>
    void for_each(std::int64_t units, const Body& body) const;

    const kernels::ScanLoops& loops_;
    const kernels::ReductionLoops& states_;
    Stream from_;
    char* to_;
    std::int64_t size_, first_row_, rows_;
    std::int64_t outer_ = 1, columns_ = 1;
    std::int64_t tile_ = 1, tiles_ = 1, chunk_ = 1, chunks_ = 1, pieces_ = 0;
    std::unique_ptr<char[]> before_;
    bool has_earlier_ = false;
    alignas(16) char identity_[32] = {};
    alignas(16) char neutral_[32] = {};  ///< what changes no element, not even the sign of a zero
};

}  // namespace hpxpy
