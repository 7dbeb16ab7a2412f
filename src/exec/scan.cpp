// Scans in two passes: the totals of chunks, then each chunk on from what comes before it. The chunks
// depend on the shape alone, so the bits do not depend on the threads.
// SPDX-License-Identifier: BSL-1.0
#include "exec/scan.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "dist/collectives.hpp"
#include "exec/evaluate.hpp"
#include "exec/parallel.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t chunk_elements = 16384;
constexpr std::int64_t wide_columns = 256;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// The elements as [outer][rows][columns], scanned along the rows: in chunks of rows where rows are
// short, in tiles of columns where they are long enough for threads to share.
class LocalScan {
public:
    LocalScan(Reduction reduction, const Array& in, const Array& out, int axis,
              bool include_initial)
        : loops_(kernels::reduction(reduction, in.dtype())),
          loop_(kernels::scan(reduction, in.dtype())),
          from_(in.node->bytes()),
          to_(out.node->bytes()),
          size_(itemsize(in.dtype())),
          first_row_(include_initial ? 1 : 0),
          rows_(in.view.shape[axis]) {
        for (int i = 0; i < axis; ++i) outer_ *= in.view.shape[i];
        for (int i = axis + 1; i < in.view.shape.size(); ++i) columns_ *= in.view.shape[i];
        tile_ = columns_ >= wide_columns ? wide_columns : columns_;
        chunk_ = std::max<std::int64_t>(
            columns_ >= wide_columns ? rows_ : chunk_elements / std::max<std::int64_t>(columns_, 1),
            1);
        chunks_ = std::max<std::int64_t>(divide_up(rows_, chunk_), 1);
        kernels::identity(reduction, in.dtype(), identity_);
    }

    std::int64_t items() const { return outer_ * columns_; }
    std::int64_t item_bytes() const { return items() * size_; }

    /// What comes before each chunk from the rows here, in front of every item of `totals`.
    void join_totals(char* totals) {
        before_ = std::make_unique<char[]>(
            static_cast<std::size_t>(std::max<std::int64_t>(chunks_ * item_bytes(), 1)));
        for_each(outer_ * chunks_, [&](std::int64_t unit) {
            std::int64_t chunk = unit % chunks_, first = chunk * chunk_;
            std::int64_t rows = std::min(chunk_, rows_ - first);
            char* state = before_.get() + unit * columns_ * size_;
            if (rows <= 0)
                for (std::int64_t c = 0; c < columns_; ++c) set_identity(state + c * size_);
            else
                loops_.accumulate_rows(state, row(unit / chunks_, first), rows, columns_, 0, true);
        });
        // Each chunk's total is replaced by those before it, joined.
        for (std::int64_t outer = 0; outer < outer_; ++outer) {
            char* running = totals + outer * columns_ * size_;
            for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
                char* state = before_.get() + (outer * chunks_ + chunk) * columns_ * size_;
                auto bytes = static_cast<std::size_t>(columns_ * size_);
                if (chunk > 0) loops_.join(running, state, columns_);
                std::memcpy(running, state, bytes);
            }
        }
        shift();
    }

    /// Joins `earlier` (one item each) in front of everything.
    void join_earlier(const char* earlier) {
        for (std::int64_t outer = 0; outer < outer_; ++outer)
            for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
                char* state = before_.get() + (outer * chunks_ + chunk) * columns_ * size_;
                const char* left = earlier + outer * columns_ * size_;
                if (chunk == 0)
                    std::memcpy(state, left, static_cast<std::size_t>(columns_ * size_));
                else
                    loops_.join(left, state, columns_);
            }
        has_earlier_ = true;
    }

    bool needs_totals() const { return chunks_ > 1; }

    void run() {
        std::int64_t tiles =
            std::max<std::int64_t>(divide_up(columns_, std::max<std::int64_t>(tile_, 1)), 1);
        for_each(outer_ * chunks_ * tiles, [&](std::int64_t unit) {
            std::int64_t column = unit % tiles * tile_, chunk = unit / tiles % chunks_;
            std::int64_t outer = unit / tiles / chunks_, first = chunk * chunk_;
            std::int64_t columns = std::min(tile_, columns_ - column);
            char* to = to_ + ((outer * (rows_ + first_row_) + first) * columns_ + column) * size_;
            if (first_row_ && chunk == 0)
                for (std::int64_t c = 0; c < columns; ++c) set_identity(to + c * size_);
            const char* before = nullptr;
            if (chunk > 0 || has_earlier_)
                before = before_.get() + ((outer * chunks_ + chunk) * columns_ + column) * size_;
            loop_(to + first_row_ * columns_ * size_, row(outer, first) + column * size_, before,
                  std::min(chunk_, rows_ - first), columns, columns_, columns_);
        });
    }

private:
    const char* row(std::int64_t outer, std::int64_t row) const {
        return from_ + (outer * rows_ + row) * columns_ * size_;
    }
    void set_identity(char* to) const {
        std::memcpy(to, identity_, static_cast<std::size_t>(size_));
    }

    // From totals up to and with each chunk to those before it.
    void shift() {
        auto bytes = static_cast<std::size_t>(columns_ * size_);
        for (std::int64_t outer = 0; outer < outer_; ++outer)
            for (std::int64_t chunk = chunks_ - 1; chunk > 0; --chunk) {
                char* state = before_.get() + (outer * chunks_ + chunk) * columns_ * size_;
                std::memcpy(state, state - bytes, bytes);
            }
    }

    template <class Body>
    void for_each(std::int64_t units, const Body& body) {
        std::int64_t weight = outer_ * rows_ * columns_ / std::max<std::int64_t>(units, 1);
        in_parts(part_count(units, weight), units,
                 [&](std::int64_t, std::int64_t first, std::int64_t last) {
                     for (std::int64_t unit = first; unit < last; ++unit) body(unit);
                 });
    }

    const kernels::ReductionLoops& loops_;
    kernels::Scan loop_;
    const char* from_;
    char* to_;
    std::int64_t size_;
    std::int64_t first_row_;
    std::int64_t rows_;
    std::int64_t outer_ = 1, columns_ = 1, tile_ = 1, chunk_ = 1, chunks_ = 1;
    std::unique_ptr<char[]> before_;
    bool has_earlier_ = false;
    alignas(16) char identity_[32] = {};
};

// Joins the totals of all lower localities in front; a locality without rows passes them on.
void join_localities(const char* function, Reduction reduction, DType compute, LocalScan& local,
                     const char* totals) {
    const auto& loops = kernels::reduction(reduction, compute);
    dist::Signature mine;
    mine.function = function;
    mine.op = row(reduction).name;
    mine.dtype = compute;
    mine.shape = Dims{local.items()};
    std::vector<char> earlier(
        static_cast<std::size_t>(std::max<std::int64_t>(local.item_bytes(), 1)));
    {
        Waiting waiting;
        dist::exclusive_scan(world(), mine, totals, earlier.data(), local.items(),
                             {loops.join, itemsize(compute), false});
    }
    if (world().id() > 0) local.join_earlier(earlier.data());
}

}  // namespace

Array scan(const char* function, Reduction reduction, const Array& given,
           const ScanOptions& options) {
    Array x = given;
    int axis = normalize_axis(function, options.axis, x.dimensions());
    bool crosses = x.distributed() && x.map()->axis() == axis;
    if (crosses && options.include_initial)
        fail<ValueError>(function,
                         ": include_initial=True along the distributed axis is not supported; "
                         "use redistribute(x, None) first");
    DType compute = compute_dtype(reduction, options.dtype.value_or(x.dtype()));
    if (options.dtype && *options.dtype != x.dtype()) x = convert_dense(x, *options.dtype);
    if (compute != x.dtype()) x = convert_dense(x, compute);
    evaluate(x);
    if (!x.whole()) x = copy(x);

    Dims shape = x.view.shape;
    if (options.include_initial) ++shape[axis];
    std::shared_ptr<const Place> place = x.place;
    if (place && options.include_initial) {
        Dims longer = x.shape();
        ++longer[axis];
        place = std::make_shared<Place>(Place{longer, x.place->map});
    }
    Array result = new_array(compute, shape, std::move(place));
    LocalScan local(reduction, x, result, axis, options.include_initial);
    std::vector<char> totals;
    if (crosses || local.needs_totals()) {
        totals.resize(static_cast<std::size_t>(std::max<std::int64_t>(local.item_bytes(), 1)));
        local.join_totals(totals.data());
    }
    if (crosses) join_localities(function, reduction, compute, local, totals.data());
    local.run();
    return options.dtype && *options.dtype != compute ? convert(result, *options.dtype) : result;
}

}  // namespace hpxpy
