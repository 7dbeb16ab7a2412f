// Scans: the totals of chunks, then each chunk on from what comes before it, while caches hold it; along a distributed
// axis in two passes. The chunks depend on the shape alone, so the bits do not depend on the threads.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/scan.hpp"

#include <algorithm>
#include <atomic>
#include <complex>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "exec/stream.hpp"
#include "kernels/kernels.hpp"
#include "plan/step.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t chunk_elements = 16384;
// No power of two: the lines of all lanes would share one place in the cache.
constexpr std::int64_t lane_elements = 2064;
constexpr std::int64_t most_lanes = 8;
constexpr std::int64_t wide_columns = 256;
constexpr std::int64_t widest_element = 16;
// Results of this size do not stay in the caches, so they go past them, in pieces.
constexpr std::int64_t stream_bytes = std::int64_t{8} << 20;
constexpr std::int64_t stream_piece_bytes = 1024;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// The elements as [outer][rows][columns], scanned along the rows: in chunks of rows where rows are
// short, in tiles of columns where they are long enough for threads to share.
class LocalScan {
public:
    /// `out` has the dtype that the scan works in.
    LocalScan(Reduction reduction, const Array& in, const Array& out, int axis,
              bool include_initial)
        : loops_(kernels::scan(reduction, out.dtype())),
          states_(kernels::reduction(reduction, out.dtype())),
          from_(in, out.dtype(), axis + 1 < in.view.dimensions() ? wide_columns : in.view.count()),
          to_(out.node->bytes()),
          size_(itemsize(out.dtype())),
          first_row_(include_initial ? 1 : 0),
          rows_(in.view.shape[axis]),
          streams_(out.view.count() * size_ >= stream_bytes) {
        for (int i = 0; i < axis; ++i) outer_ *= in.view.shape[i];
        for (int i = axis + 1; i < in.view.shape.size(); ++i) columns_ *= in.view.shape[i];
        kernels::identity(reduction, out.dtype(), identity_);
        kernels::identity(reduction, out.dtype(), neutral_);
        // The sum of 0.0 and -0.0 is 0.0, that of -0.0 and -0.0 is -0.0.
        if (row(reduction).joining == Op::add)
            std::memcpy(neutral_, Scalar::of(std::complex(-0.0, -0.0)).as_dtype(out.dtype()).bytes,
                        static_cast<std::size_t>(size_));
        cut();
    }

    std::int64_t item_bytes() const { return items() * size_; }
    std::int64_t items() const { return outer_ * columns_; }

    /// All elements joined, one item each, to `totals`; what comes before each chunk stays known.
    void join_totals(char* totals) {
        allocate_before();
        for_each(pieces_ / tiles_, [&](Stream::Reader& reader, std::int64_t number) {
            Piece own = piece(number * tiles_);
            total(own, reader);
        });
        for (std::int64_t row = 0; row < outer_; ++row) {
            pass_on({row, 0, chunks_, 0});
            std::memcpy(totals + row * columns_ * size_, before(row, chunks_),
                        static_cast<std::size_t>(columns_ * size_));
        }
    }

    /// Joins `earlier` (one item each) in front of everything.
    void join_earlier(const char* earlier) {
        for (std::int64_t row = 0; row < outer_; ++row)
            for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
                char* state = before(row, chunk);
                const char* left = earlier + row * columns_ * size_;
                if (chunk == 0)
                    std::memcpy(state, left, static_cast<std::size_t>(columns_ * size_));
                else
                    states_.join(left, state, columns_);
            }
        has_earlier_ = true;
    }

    /// The scan of all; what comes before each chunk is known.
    void run() {
        for_each(pieces_,
                 [&](Stream::Reader& reader, std::int64_t number) { run(piece(number), reader); });
    }

    /// The scan of all in one pass over memory: a thread joins a piece, waits for what comes before it, passes on
    /// what comes before the next one, and scans the piece while its cache holds it.
    void run_at_once() {
        if (chunks_ == 1) return run();
        allocate_before();
        auto known = std::make_unique<std::atomic<int>[]>(static_cast<std::size_t>(pieces_));
        std::atomic<std::int64_t> next{0};
        // Pieces are taken in order, so that those waited for are with threads that run.
        in_parts(part_count(pieces_, weight(pieces_)), pieces_,
                 [&](std::int64_t, std::int64_t, std::int64_t) {
                     Stream::Reader reader(from_);
                     for (std::int64_t number; (number = next.fetch_add(1)) < pieces_;) {
                         Piece own = piece(number);
                         auto place = static_cast<std::size_t>(number);
                         // Read at once, what is computed on its way is computed once.
                         elements(own, reader);
                         // Nothing comes after the last chunk.
                         Piece passed = own;
                         if (own.chunk + own.count == chunks_) --passed.count;
                         if (passed.count > 0) total(passed, reader);
                         if (own.chunk > 0) known[place - 1].wait(0);
                         if (passed.count > 0) pass_on(passed);
                         known[place].store(1);
                         known[place].notify_all();
                         run(own, reader);
                     }
                 });
    }

private:
    // Some chunks of a row, or some rows of one chunk, or some columns of a chunk.
    struct Piece {
        std::int64_t row, chunk, count, column;
    };

    // Lanes of single columns, chunks of some columns, tiles of many.
    void cut() {
        chunk_ = columns_ == 1 ? lane_elements : chunk_elements / std::max(columns_, one);
        if (columns_ >= wide_columns) chunk_ = rows_;
        chunk_ = std::max(chunk_, one);
        chunks_ = std::max(divide_up(rows_, chunk_), one);
        tile_ = std::min(columns_, wide_columns);
        tiles_ = std::max(divide_up(columns_, std::max(tile_, one)), one);
        if (columns_ != 1)
            pieces_ = outer_ * chunks_ * tiles_;
        else if (chunks_ == 1)
            pieces_ = divide_up(outer_, most_lanes);
        else
            pieces_ = outer_ * (1 + divide_up(chunks_ - 1, most_lanes));
    }

    // Nothing may come before the first chunk of a row, so it is a piece of its own.
    Piece piece(std::int64_t number) const {
        if (columns_ != 1) {
            std::int64_t chunk = number / tiles_;
            return {chunk / chunks_, chunk % chunks_, 1, number % tiles_ * tile_};
        }
        if (chunks_ == 1) {
            std::int64_t row = number * most_lanes;
            return {row, 0, std::min(most_lanes, outer_ - row), 0};
        }
        std::int64_t each = 1 + divide_up(chunks_ - 1, most_lanes), place = number % each;
        if (place == 0) return {number / each, 0, 1, 0};
        std::int64_t chunk = 1 + (place - 1) * most_lanes;
        return {number / each, chunk, std::min(most_lanes, chunks_ - chunk), 0};
    }

    // Calls body(row, chunk, lanes, length) for what the loops take side by side.
    template <class Body>
    void for_lanes(const Piece& own, const Body& body) const {
        if (chunks_ == 1) {
            if (rows_ > 0) body(own.row, std::int64_t{0}, own.count, rows_);
            return;
        }
        std::int64_t last = own.chunk + own.count - 1;
        std::int64_t whole = own.count - (length(last) < chunk_);
        if (whole > 0) body(own.row, own.chunk, whole, chunk_);
        if (whole < own.count) body(own.row, last, std::int64_t{1}, length(last));
    }

    // The totals of the piece's chunks, to where they come before the next ones.
    void total(const Piece& own, Stream::Reader& reader) const {
        if (columns_ == 1 && rows_ > 0) {
            const char* from = elements(own, reader);
            for_lanes(
                own, [&](std::int64_t row, std::int64_t chunk, std::int64_t lanes, std::int64_t n) {
                    alignas(16) char totals[most_lanes * widest_element];
                    loops_.total_lanes(totals, from + past(own, row, chunk),
                                       static_cast<int>(lanes), n, chunks_ == 1 ? rows_ : chunk_);
                    for (std::int64_t l = 0; l < lanes; ++l)
                        std::memcpy(lane_before(row, chunk, l) + size_, totals + l * size_,
                                    static_cast<std::size_t>(size_));
                });
            return;
        }
        for (std::int64_t k = 0; k < own.count; ++k) {
            char* state = before(own.row + k, own.chunk + 1);
            for (std::int64_t c = 0; c < columns_; ++c) set_neutral(state + c * size_);
            if (rows_ > 0 && by_tiles())
                total_tiles(own, state, reader);
            else if (rows_ > 0)
                states_.accumulate_rows(state, elements(own, reader), length(own.chunk), columns_,
                                        0, false);
        }
    }

    // Rows of many columns that do not lie in memory are read one after the other.
    void total_tiles(const Piece& own, char* state, Stream::Reader& reader) const {
        for (std::int64_t r = 0; r < rows_; ++r)
            for (std::int64_t c = 0; c < columns_; c += tile_) {
                std::int64_t columns = std::min(tile_, columns_ - c);
                const char* from = reader.read((own.row * rows_ + r) * columns_ + c, columns);
                states_.accumulate_rows(state + c * size_, from, 1, columns, r, false);
            }
    }

    // Joins what comes before each chunk of the piece with its total.
    void pass_on(const Piece& own) const {
        for (std::int64_t chunk = std::max(own.chunk, one); chunk < own.chunk + own.count; ++chunk)
            states_.join(before(own.row, chunk), before(own.row, chunk + 1), columns_);
    }

    void run(const Piece& own, Stream::Reader& reader) const {
        if (columns_ == 1) {
            if (first_row_ && own.chunk == 0)
                for (std::int64_t k = 0; k < own.count; ++k)
                    set_identity(out(own.row + k, 0) - size_);
            const char* from = elements(own, reader);
            for_lanes(
                own, [&](std::int64_t row, std::int64_t chunk, std::int64_t lanes, std::int64_t n) {
                    run_lanes(from + past(own, row, chunk), row, chunk, lanes, n);
                });
            return;
        }
        std::int64_t columns = std::min(tile_, columns_ - own.column), skipped = own.column * size_;
        char* to = out(own.row, own.chunk) + skipped;
        if (first_row_ && own.chunk == 0)
            for (std::int64_t c = 0; c < columns; ++c) set_identity(to + (c - columns_) * size_);
        bool continues = own.chunk > 0 || has_earlier_;
        const char* earlier = continues ? before(own.row, own.chunk) + skipped : nullptr;
        if (by_tiles())
            run_tile(own, to, earlier, columns, reader);
        else
            loops_.columns(to, elements(own, reader) + skipped, earlier, length(own.chunk), columns,
                           columns_, columns_);
    }

    // Some rows of the tile at once, behind the row that those before them gave.
    void run_tile(const Piece& own, char* to, const char* earlier, std::int64_t columns,
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
                            reader.read((own.row * rows_ + r + k) * columns_ + own.column, columns),
                            static_cast<std::size_t>(row_bytes));
            char* rows = r == 0 ? first + row_bytes : first;
            loops_.columns(rows, rows, nullptr, r == 0 ? n : n + 1, columns, columns, columns);
            for (std::int64_t k = 0; k < n; ++k) {
                char* target = to + (r + k) * columns_ * size_;
                std::memcpy(target, first + (k + 1) * row_bytes,
                            static_cast<std::size_t>(row_bytes));
                if (earlier) states_.join(earlier, target, columns);
            }
            std::memcpy(first, first + n * row_bytes, static_cast<std::size_t>(row_bytes));
        }
    }

    void run_lanes(const char* from, std::int64_t row, std::int64_t chunk, std::int64_t lanes,
                   std::int64_t n) const {
        alignas(16) char totals[most_lanes * widest_element];
        alignas(16) char earlier[most_lanes * widest_element];
        bool continues = chunk > 0 || has_earlier_;
        for (std::int64_t l = 0; continues && l < lanes; ++l)
            std::memcpy(earlier + l * size_, lane_before(row, chunk, l),
                        static_cast<std::size_t>(size_));
        std::int64_t in_stride = chunks_ == 1 ? rows_ : chunk_;
        std::int64_t out_stride = chunks_ == 1 ? rows_ + first_row_ : chunk_;
        char* to = out(row, chunk);
        std::int64_t piece = streams_ ? stream_piece_bytes / size_ : n;
        alignas(64) char values[most_lanes * stream_piece_bytes];
        for (std::int64_t done = 0; done < n; done += piece) {
            std::int64_t taken = std::min(piece, n - done);
            loops_.run_lanes(streams_ ? values : to, from + done * size_,
                             continues ? earlier : nullptr, totals, done == 0,
                             static_cast<int>(lanes), taken, in_stride,
                             streams_ ? piece : out_stride);
            for (std::int64_t l = 0; streams_ && l < lanes; ++l)
                kernels::stream(to + (l * out_stride + done) * size_, values + l * piece * size_,
                                taken * size_);
        }
        if (streams_) kernels::store_fence();
    }

    std::int64_t length(std::int64_t chunk) const {
        return std::min(chunk_, rows_ - chunk * chunk_);
    }
    // The elements of tiles lie apart from each other.
    bool by_tiles() const { return columns_ >= wide_columns && !from_.dense(); }
    // All elements of the piece's chunks, or of its rows.
    const char* elements(const Piece& own, Stream::Reader& reader) const {
        std::int64_t last = own.chunk + own.count - 1;
        std::int64_t rows = chunks_ == 1 && columns_ == 1
                                ? own.count * rows_
                                : last * chunk_ + length(last) - own.chunk * chunk_;
        return reader.read((own.row * rows_ + own.chunk * chunk_) * columns_, rows * columns_);
    }
    // Bytes from the beginning of the piece to a chunk of it.
    std::int64_t past(const Piece& own, std::int64_t row, std::int64_t chunk) const {
        return ((row - own.row) * rows_ + (chunk - own.chunk) * chunk_) * columns_ * size_;
    }
    char* out(std::int64_t row, std::int64_t chunk) const {
        return to_ + (row * (rows_ + first_row_) + first_row_ + chunk * chunk_) * columns_ * size_;
    }
    // After the last chunk comes the place of the row's total.
    char* before(std::int64_t row, std::int64_t chunk) const {
        return before_.get() + (row * (chunks_ + 1) + chunk) * columns_ * size_;
    }
    char* lane_before(std::int64_t row, std::int64_t chunk, std::int64_t lane) const {
        return chunks_ == 1 ? before(row + lane, 0) : before(row, chunk + lane);
    }
    void allocate_before() {
        std::int64_t bytes = outer_ * (chunks_ + 1) * columns_ * size_;
        before_ = std::make_unique<char[]>(static_cast<std::size_t>(std::max(bytes, one)));
    }
    void set_identity(char* to) const {
        std::memcpy(to, identity_, static_cast<std::size_t>(size_));
    }
    void set_neutral(char* to) const { std::memcpy(to, neutral_, static_cast<std::size_t>(size_)); }
    std::int64_t weight(std::int64_t units) const {
        return outer_ * rows_ * columns_ / std::max(units, one);
    }

    template <class Body>
    void for_each(std::int64_t units, const Body& body) {
        in_parts(part_count(units, weight(units)), units,
                 [&](std::int64_t, std::int64_t first, std::int64_t last) {
                     Stream::Reader reader(from_);
                     for (std::int64_t unit = first; unit < last; ++unit) body(reader, unit);
                 });
    }

    static constexpr std::int64_t one = 1;
    const kernels::ScanLoops& loops_;
    const kernels::ReductionLoops& states_;
    Stream from_;
    char* to_;
    std::int64_t size_;
    std::int64_t first_row_;
    std::int64_t rows_;
    bool streams_;
    std::int64_t outer_ = 1, columns_ = 1;
    std::int64_t tile_ = 1, tiles_ = 1, chunk_ = 1, chunks_ = 1, pieces_ = 0;
    std::unique_ptr<char[]> before_;
    bool has_earlier_ = false;
    alignas(16) char identity_[32] = {};
    alignas(16) char neutral_[32] = {};  ///< what changes no element, not even the sign of a zero
};

// Joins the totals of all localities whose elements come before in front; one without rows passes them on.
void join_localities(const char* function, Reduction reduction, DType compute, LocalScan& local,
                     const maps::Map& map) {
    std::vector<char> totals(
        static_cast<std::size_t>(std::max<std::int64_t>(local.item_bytes(), 1)));
    local.join_totals(totals.data());
    const auto& loops = kernels::reduction(reduction, compute);
    comm::Signature mine;
    mine.function = function;
    mine.op = row(reduction).name;
    mine.dtype = compute;
    mine.shape = Dims{local.items()};
    std::vector<char> earlier(
        static_cast<std::size_t>(std::max<std::int64_t>(local.item_bytes(), 1)));
    bool backwards = map.dealt()[0].step < 0;
    if (plan_record_open())
        record_exchange(
            world(), exchange_title("scan of " + mine.op, compute, mine.shape),
            [&](int from, int to) { return (from < to) != backwards ? local.item_bytes() : 0; });
    in_turn(world(), function, [&] {
        comm::exclusive_scan(world(), mine, totals.data(), earlier.data(), local.items(),
                             {loops.join, itemsize(compute), false}, backwards);
        return 0;
    });
    if (map.range(world().id()).first > 0) local.join_earlier(earlier.data());
}

// The locality that holds the first row, or would if there were one.
int first_owner(const maps::Map& map) {
    const maps::Dealt& dealt = map.dealt()[0];
    if (dealt.length > 0) return dealt.owner(0);
    return dealt.step > 0 ? 0 : dealt.parts() - 1;
}

// The map of the scan of an array of this shape that begins with the identity: with one row more in front.
maps::Map map_from_initial(const maps::Map& map, const Dims& longer, int axis) {
    const maps::Dealt* dealt = map.along(axis);
    if (!dealt) return map;
    std::int64_t length = longer[axis];
    if (!map.is_simple()) return map.with_layout(axis, dealt->layout->resized(length));
    std::vector<std::int64_t> sizes = map.sizes(*dealt);
    ++sizes[static_cast<std::size_t>(first_owner(map))];
    maps::Map blocks = maps::Map::blocks(axis, sizes);
    return dealt->step > 0 ? blocks : blocks.slice(axis, length - 1, -1, length);
}

// Where lines along `axis` can be scanned if not where `x` lies: in blocks of its longest other axis, or of this one.
maps::Map map_for_lines(const Array& x, int axis) {
    int along = axis;
    for (int i = 0; i < x.dimensions(); ++i)
        if (i != axis && (along == axis || x.shape()[i] > x.shape()[along])) along = i;
    if (along != axis && x.shape()[along] < 2) along = axis;
    return maps::Map::block(along, x.shape()[along], x.map()->localities());
}

}  // namespace

Array scan(const char* function, Reduction reduction, const Array& given,
           const ScanOptions& options) {
    Array x = given;
    int axis = normalize_axis(function, options.axis, x.dimensions());
    const maps::Dealt* dealt = x.distributed() ? x.map()->along(axis) : nullptr;
    bool crosses = dealt && x.map()->splits(*dealt);
    if (crosses && !x.map()->is_simple()) {
        // Not one range after the other on all localities: scanned elsewhere, and brought back.
        maps::Map lines = map_for_lines(x, axis);
        Array moved = deliver(redistribute(x, &lines));
        Array scanned = scan(function, reduction, moved, options);
        maps::Map back =
            options.include_initial ? map_from_initial(*x.map(), scanned.shape(), axis) : *x.map();
        return deliver(redistribute(scanned, &back));
    }
    DType compute = compute_dtype(reduction, options.dtype.value_or(x.dtype()));
    // What crosses localities is read twice.
    if (crosses) evaluate(x);
    if (options.dtype && *options.dtype != x.dtype()) x = convert(x, *options.dtype);

    std::shared_ptr<const Place> place = x.place;
    if (place && options.include_initial) {
        Dims longer = x.shape();
        ++longer[axis];
        place = std::make_shared<Place>(Place{longer, map_from_initial(*x.map(), longer, axis)});
    }
    bool begins = options.include_initial && (!crosses || first_owner(*x.map()) == world().id());
    Dims shape = x.view.shape;
    if (begins) ++shape[axis];
    Array result = new_array(compute, shape, std::move(place));
    LocalScan local(reduction, x, result, axis, begins);
    if (crosses) {
        join_localities(function, reduction, compute, local, *x.map());
        local.run();
    } else {
        local.run_at_once();
    }
    return options.dtype && *options.dtype != compute ? convert(result, *options.dtype) : result;
}

}  // namespace hpxpy
