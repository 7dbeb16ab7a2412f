// The elements as [outer][rows][columns], scanned along the rows: in chunks of rows where rows are short, in tiles of
// columns where they are long enough for threads to share. The chunks depend on the shape alone.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/scan_columns.hpp"

#include <algorithm>
#include <atomic>
#include <complex>
#include <cstring>

#include "graph/array.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t chunk_elements = 16384;
constexpr std::int64_t wide_columns = 256;
constexpr std::int64_t one = 1;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

ColumnScan::ColumnScan(Reduction reduction, const Array& in, const Array& out, int axis,
                       bool include_initial, bool one_chunk)
    : loops_(kernels::scan(reduction, out.dtype())),
      states_(kernels::reduction(reduction, out.dtype())),
      from_(in, out.dtype(), wide_columns),
      to_(out.node->bytes()),
      size_(itemsize(out.dtype())),
      first_row_(include_initial ? 1 : 0),
      rows_(in.view.shape[axis]) {
    for (int i = 0; i < axis; ++i) outer_ *= in.view.shape[i];
    for (int i = axis + 1; i < in.view.shape.size(); ++i) columns_ *= in.view.shape[i];
    kernels::identity(reduction, out.dtype(), identity_);
    kernels::identity(reduction, out.dtype(), neutral_);
    // The sum of 0.0 and -0.0 is 0.0, that of -0.0 and -0.0 is -0.0.
    if (row(reduction).joining == Op::add)
        std::memcpy(neutral_, Scalar::of(std::complex(-0.0, -0.0)).as_dtype(out.dtype()).bytes,
                    static_cast<std::size_t>(size_));
    bool all_rows = one_chunk || columns_ >= wide_columns;
    chunk_ = std::max(all_rows ? rows_ : chunk_elements / std::max(columns_, one), one);
    chunks_ = std::max(divide_up(rows_, chunk_), one);
    tile_ = std::min(columns_, wide_columns);
    tiles_ = std::max(divide_up(columns_, std::max(tile_, one)), one);
    pieces_ = outer_ * chunks_ * tiles_;
}

template <class Body>
void ColumnScan::for_each(std::int64_t units, const Body& body) const {
    std::int64_t weight = outer_ * rows_ * columns_ / std::max(units, one);
    in_parts(part_count(units, weight), units,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 Stream::Reader reader(from_);
                 for (std::int64_t unit = first; unit < last; ++unit) body(reader, unit);
             });
}

void ColumnScan::total(char* totals) {
    allocate_before();
    for_each(pieces_ / tiles_, [&](Stream::Reader& reader, std::int64_t number) {
        total(piece(number * tiles_), reader);
    });
    for (std::int64_t outer = 0; outer < outer_; ++outer) {
        for (std::int64_t chunk = 1; chunk < chunks_; ++chunk) pass_on(outer, chunk);
        std::memcpy(totals + outer * columns_ * size_, before(outer, chunks_),
                    static_cast<std::size_t>(columns_ * size_));
    }
}

void ColumnScan::run_after(const char* earlier) {
    for (std::int64_t outer = 0; outer < outer_ && earlier; ++outer)
        for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
            char* state = before(outer, chunk);
            const char* left = earlier + outer * columns_ * size_;
            if (chunk == 0)
                std::memcpy(state, left, static_cast<std::size_t>(columns_ * size_));
            else
                states_.join(left, state, columns_);
        }
    has_earlier_ = earlier != nullptr;
    for_each(pieces_,
             [&](Stream::Reader& reader, std::int64_t number) { run(piece(number), reader); });
}

// A thread joins a piece, waits for what comes before it, passes on what comes before the next one, and scans the piece
// while its cache holds it.
void ColumnScan::run_at_once() {
    if (chunks_ == 1) return run_after(nullptr);
    allocate_before();
    auto known = std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(pieces_));
    std::atomic<std::int64_t> next{0};
    // Pieces are taken in order, so that those waited for are with threads that run.
    auto work = [&](std::int64_t, std::int64_t, std::int64_t) {
        Stream::Reader reader(from_);
        for (std::int64_t number; (number = next.fetch_add(1)) < pieces_;) {
            Piece own = piece(number);
            auto place = static_cast<std::size_t>(number);
            // Read at once, what is computed on its way is computed once.
            elements(own, reader);
            // Nothing comes after the last chunk.
            bool passes = own.chunk + 1 < chunks_;
            if (passes) total(own, reader);
            if (own.chunk > 0) known[place - 1].wait(0);
            if (passes && own.chunk > 0) pass_on(own.outer, own.chunk);
            known[place].store(1);
            known[place].notify_all();
            run(own, reader);
        }
    };
    in_parts(part_count(pieces_, outer_ * rows_ * columns_ / std::max(pieces_, one)), pieces_,
             work);
}

// The chunk's total, to where it comes before the next one.
void ColumnScan::total(const Piece& own, Stream::Reader& reader) const {
    char* state = before(own.outer, own.chunk + 1);
    fill(state, neutral_, columns_);
    if (rows_ == 0) return;
    if (by_tiles())
        total_tiles(own, state, reader);
    else
        states_.accumulate_rows(state, elements(own, reader), length(own.chunk), columns_, 0,
                                false);
}

// Rows of many columns that do not lie in memory are read one after the other.
void ColumnScan::total_tiles(const Piece& own, char* state, Stream::Reader& reader) const {
    for (std::int64_t r = 0; r < rows_; ++r)
        for (std::int64_t c = 0; c < columns_; c += tile_) {
            std::int64_t columns = std::min(tile_, columns_ - c);
            const char* from = reader.read((own.outer * rows_ + r) * columns_ + c, columns);
            states_.accumulate_rows(state + c * size_, from, 1, columns, r, false);
        }
}

// Joins what comes before the chunk with its total.
void ColumnScan::pass_on(std::int64_t outer, std::int64_t chunk) const {
    states_.join(before(outer, chunk), before(outer, chunk + 1), columns_);
}

void ColumnScan::run(const Piece& own, Stream::Reader& reader) const {
    std::int64_t columns = std::min(tile_, columns_ - own.column), skipped = own.column * size_;
    char* to = out(own.outer, own.chunk) + skipped;
    if (first_row_ && own.chunk == 0) fill(to - columns_ * size_, identity_, columns);
    bool continues = own.chunk > 0 || has_earlier_;
    const char* earlier = continues ? before(own.outer, own.chunk) + skipped : nullptr;
    if (by_tiles())
        run_tile(own, to, earlier, columns, reader);
    else
        loops_.columns(to, elements(own, reader) + skipped, earlier, length(own.chunk), columns,
                       columns_, columns_);
}

// Some rows of the tile at once, behind the row that those before them gave.
void ColumnScan::run_tile(const Piece& own, char* to, const char* earlier, std::int64_t columns,
                          Stream::Reader& reader) const {
    constexpr std::int64_t together = 32;
    std::int64_t row_bytes = columns * size_;
    auto memory = std::make_unique_for_overwrite<char[]>(
        static_cast<std::size_t>((together + 1) * row_bytes));
    char* first = memory.get();
    for (std::int64_t r = 0; r < rows_; r += together) {
        std::int64_t n = std::min(together, rows_ - r);
        for (std::int64_t k = 0; k < n; ++k)
            std::memcpy(first + (k + 1) * row_bytes,
                        reader.read((own.outer * rows_ + r + k) * columns_ + own.column, columns),
                        static_cast<std::size_t>(row_bytes));
        char* rows = r == 0 ? first + row_bytes : first;
        loops_.columns(rows, rows, nullptr, r == 0 ? n : n + 1, columns, columns, columns);
        for (std::int64_t k = 0; k < n; ++k) {
            char* target = to + (r + k) * columns_ * size_;
            std::memcpy(target, first + (k + 1) * row_bytes, static_cast<std::size_t>(row_bytes));
            if (earlier) states_.join(earlier, target, columns);
        }
        std::memcpy(first, first + n * row_bytes, static_cast<std::size_t>(row_bytes));
    }
}

std::int64_t ColumnScan::length(std::int64_t chunk) const {
    return std::min(chunk_, rows_ - chunk * chunk_);
}

bool ColumnScan::by_tiles() const { return columns_ >= wide_columns && !from_.dense(); }

// All elements of the piece's chunk.
const char* ColumnScan::elements(const Piece& own, Stream::Reader& reader) const {
    return reader.read((own.outer * rows_ + own.chunk * chunk_) * columns_,
                       length(own.chunk) * columns_);
}

char* ColumnScan::out(std::int64_t outer, std::int64_t chunk) const {
    return to_ + (outer * (rows_ + first_row_) + first_row_ + chunk * chunk_) * columns_ * size_;
}

// After the last chunk comes the place of the whole's total.
char* ColumnScan::before(std::int64_t outer, std::int64_t chunk) const {
    return before_.get() + (outer * (chunks_ + 1) + chunk) * columns_ * size_;
}

void ColumnScan::allocate_before() {
    std::int64_t bytes = outer_ * (chunks_ + 1) * columns_ * size_;
    before_ = std::make_unique<char[]>(static_cast<std::size_t>(std::max(bytes, one)));
}

void ColumnScan::fill(char* to, const char* item, std::int64_t count) const {
    for (std::int64_t c = 0; c < count; ++c)
        std::memcpy(to + c * size_, item, static_cast<std::size_t>(size_));
}

}  // namespace hpxpy
