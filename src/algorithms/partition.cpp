// Partial sorting around ranks: the element of a rank is selected, and the others move to its sides.
// SPDX-License-Identifier: BSL-1.0
#include <cstring>
#include <span>

#include "algorithms/lines.hpp"
#include "algorithms/rows.hpp"
#include "algorithms/sorting.hpp"
#include "algorithms/statistics.hpp"
#include "kernels/sorting.hpp"

namespace hpxpy {

namespace {

// One row: its elements, and where they were if positions are wanted.
struct Items {
    char* values = nullptr;
    std::int64_t* positions = nullptr;
};

class RowPartition {
public:
    RowPartition(DType dtype, std::int64_t n, bool positions, bool several)
        : dtype_(dtype),
          size_(itemsize(dtype)),
          loops_(kernels::parting(dtype)),
          scratch_(row_memory(n, size_)) {
        if (!several) return;
        values_ = row_memory(n, size_);
        from_.values = bytes_of(values_);
        if (!positions) return;
        positions_ = row_memory(n, 8);
        from_.positions = static_cast<std::int64_t*>(positions_->data());
    }
    // Ranks are ascending; `from` has no positions where they are 0, 1, ... With `together` all threads work.
    void run(const Items& to, Items from, std::int64_t first, std::int64_t last,
             std::span<const std::int64_t> ranks, bool together) {
        std::int64_t n = last - first;
        char* source = from.values + first * size_;
        const std::int64_t* positions = from.positions ? from.positions + first : nullptr;
        alignas(16) char pivot[16];
        std::int64_t rank = ranks[ranks.size() / 2];
        select(pivot, source, n, rank - first, together);

        std::int64_t below = 0, equal = 0;
        if (together) {
            move_together(to, source, positions, first, n, pivot, below, equal);
        } else {
            std::int64_t counts[2];
            loops_.count(counts, source, n, pivot);
            below = counts[0];
            equal = counts[1];
            std::int64_t next[3] = {first, first + below, first + below + equal};
            loops_.move(to.values, to.positions, source, positions, first, n, pivot, next);
        }
        if (ranks.size() == 1) return;
        auto smaller = [&](std::int64_t limit) {
            return static_cast<std::size_t>(std::lower_bound(ranks.begin(), ranks.end(), limit) -
                                            ranks.begin());
        };
        std::size_t left = smaller(first + below), right = smaller(first + below + equal);
        again(to, first, first + below, ranks.first(left), together);
        again(to, first + below + equal, last, ranks.subspan(right), together);
    }

private:
    // By all threads: each counts its part of the elements around the pivot, then moves it.
    void move_together(const Items& to, const char* source, const std::int64_t* positions,
                       std::int64_t first, std::int64_t n, const char* pivot, std::int64_t& below,
                       std::int64_t& equal) const {
        std::int64_t parts = part_count(n);
        std::vector<std::int64_t> counts(static_cast<std::size_t>(2 * parts));
        std::vector<std::int64_t> begins(static_cast<std::size_t>(3 * parts));
        in_parts(parts, n, [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
            loops_.count(counts.data() + 2 * part, source + begin * size_, end - begin, pivot);
            begins[static_cast<std::size_t>(3 * part + 2)] = end - begin;
        });
        for (std::size_t k = 0; k < counts.size(); k += 2) {
            below += counts[k];
            equal += counts[k + 1];
        }
        std::int64_t next[3] = {first, first + below, first + below + equal};
        for (std::size_t k = 0; k < static_cast<std::size_t>(parts); ++k) {
            std::int64_t own[3] = {counts[2 * k], counts[2 * k + 1],
                                   begins[3 * k + 2] - counts[2 * k] - counts[2 * k + 1]};
            for (std::size_t side = 0; side < 3; ++side) {
                begins[3 * k + side] = next[side];
                next[side] += own[side];
            }
        }
        in_parts(parts, n, [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
            loops_.move(to.values, to.positions, source + begin * size_,
                        positions ? positions + begin : nullptr, first + begin, end - begin, pivot,
                        begins.data() + 3 * part);
        });
    }
    void select(char* pivot, const char* source, std::int64_t n, std::int64_t rank, bool together) {
        if (together && n >= long_row && !is_complex(dtype_)) {
            select_from_row(dtype_, pivot, source, n, rank);
            return;
        }
        std::memcpy(bytes_of(scratch_), source, static_cast<std::size_t>(n * size_));
        loops_.select(pivot, bytes_of(scratch_), n, rank);
    }
    // What lies on one side of a rank, around other ranks.
    void again(const Items& to, std::int64_t first, std::int64_t last,
               std::span<const std::int64_t> ranks, bool together) {
        if (ranks.empty()) return;
        auto n = static_cast<std::size_t>(last - first);
        auto bytes = static_cast<std::size_t>(size_);
        std::memcpy(from_.values + first * size_, to.values + first * size_, n * bytes);
        if (to.positions)
            std::memcpy(from_.positions + first, to.positions + first, n * sizeof(std::int64_t));
        run(to, from_, first, last, ranks, together);
    }

    DType dtype_;
    std::int64_t size_;
    const kernels::Parting& loops_;
    Ref<Buffer> scratch_, values_, positions_;
    Items from_;
};

Array partition_rows(const char* function, const Array& x, int axis,
                     const std::vector<std::int64_t>& ranks, bool want_positions) {
    if (x.distributed()) {
        // A sorted line is parted around every rank.
        if (crosses_lines(x, axis) && !has_other_lines(x, axis))
            return want_positions ? argsort(function, x, axis, false)
                                  : sort(function, x, axis, false);
        return in_lines(x, axis, [&](const Array& lines) {
            return partition_rows(function, lines, axis, ranks, want_positions);
        });
    }
    if (ranks.empty()) return want_positions ? argsort(function, x, axis, false) : copy(x);
    Rows rows(x, axis);
    std::int64_t n = rows.length, size = itemsize(x.dtype());
    Array values = rows.result(x.dtype()), positions;
    if (want_positions) positions = rows.result(DType::int64);
    std::vector<RowPartition> scratch;
    for (std::int64_t i = 0; i < rows.parts(); ++i)
        scratch.emplace_back(x.dtype(), n, want_positions, ranks.size() > 1);
    rows.for_parts([&](std::size_t part, std::int64_t first, std::int64_t last, std::int64_t) {
        for (std::int64_t i = first; i < last; ++i) {
            Items to{values.node->bytes() + i * n * size, nullptr};
            if (want_positions)
                to.positions = static_cast<std::int64_t*>(positions.node->buffer->data()) + i * n;
            scratch[part].run(to, {rows.row(i, size), nullptr}, 0, n, ranks, rows.together());
        }
    });
    return axis_back(want_positions ? positions : values, axis);
}

}  // namespace

Array partition(const char* function, const Array& x, int axis,
                const std::vector<std::int64_t>& ranks) {
    return partition_rows(function, x, axis, ranks, false);
}

Array partitioning_positions(const char* function, const Array& x, int axis,
                             const std::vector<std::int64_t>& ranks) {
    return partition_rows(function, x, axis, ranks, true);
}

}  // namespace hpxpy
