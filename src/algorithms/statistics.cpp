// Counting, selection and interpolation on the pool. The parts of a count depend on the lengths alone, so the bits of
// sums do not depend on the threads.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/statistics.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "algorithms/indexing.hpp"
#include "algorithms/lines.hpp"
#include "algorithms/sorting.hpp"
#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "exec/stream.hpp"
#include "kernels/indexing.hpp"
#include "kernels/kernels.hpp"
#include "kernels/statistics.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t counted_part = 65536;
constexpr std::int64_t most_parts = 8;

template <class T>
T* elements(const Array& x) {
    return reinterpret_cast<T*>(data_of(x));
}

using Bounds = std::pair<std::int64_t, std::int64_t>;

// Found in their own dtype, which holds more of them in a register.
Bounds bounds_of_narrow(const char* function, const Array& positions) {
    Array low = reduce(Reduction::min, positions, {}), high = reduce(Reduction::max, positions, {});
    return {element(function, low).as<std::int64_t>(), element(function, high).as<std::int64_t>()};
}

// The least and the greatest of positions; 0 and -1 of none.
Bounds bounds_of(const char* function, const Array& positions) {
    std::int64_t n = positions.view.count();
    if (n == 0) return {0, -1};
    if (positions.dtype() != DType::int64 || !positions.view.is_contiguous())
        return bounds_of_narrow(function, positions);
    const auto* values = elements<const std::int64_t>(positions);
    std::int64_t parts = part_count(n);
    std::vector<Bounds> bounds(static_cast<std::size_t>(parts));
    in_parts(parts, n, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        std::int64_t low = values[first], high = low;
        for (std::int64_t i = first; i < last; ++i) {
            low = std::min(low, values[i]);
            high = std::max(high, values[i]);
        }
        bounds[static_cast<std::size_t>(part)] = {low, high};
    });
    Bounds all = bounds[0];
    for (const Bounds& each : bounds)
        all = {std::min(all.first, each.first), std::max(all.second, each.second)};
    return all;
}

// The first position of a part that is none, or -1.
struct Wrong {
    std::int64_t at = -1, value = 0;
};

// Counts positions [first, last), or sums their weights, up to the first that is not in [0, length); where all are
// `known` to be, none is looked at twice.
Wrong count_part(char* counts, Stream::Reader& positions, Stream::Reader* weights,
                 std::int64_t length, bool known, std::int64_t first, std::int64_t last) {
    // What is looked at before is still in the cache; what lies in memory and is known needs no pieces.
    std::int64_t most = known && positions.dense() && (!weights || weights->dense())
                            ? std::max<std::int64_t>(last - first, 1)
                            : stream_piece;
    for (std::int64_t begin = first; begin < last; begin += most) {
        std::int64_t n = std::min(most, last - begin);
        const auto* at = positions.read_as<std::int64_t>(begin, n);
        if (!known && !kernels::all_in_range(at, n, length)) {
            std::int64_t i = 0;
            while (at[i] >= 0 && at[i] < length) ++i;
            return {begin + i, at[i]};
        }
        if (weights)
            kernels::add_weights(reinterpret_cast<double*>(counts), at,
                                 weights->read_as<double>(begin, n), n);
        else
            kernels::count_positions(reinterpret_cast<std::int64_t*>(counts), at, n);
    }
    return {};
}

void check_weights(const char* function, const Array& given, const std::optional<Array>& weights) {
    if (!weights) return;
    require_local(function, *weights);
    if (weights->shape() != given.shape())
        fail<ValueError>(function, ": weights have shape ", to_string(weights->shape()),
                         ", the values ", to_string(given.shape()));
}

// Sums weights where they are given.
Array counted(const char* function, const Stream& positions, const std::optional<Array>& weights,
              std::int64_t length, bool known) {
    std::optional<Stream> weight;
    if (weights) weight.emplace(*weights, DType::float64);
    std::int64_t n = positions.count();
    std::int64_t parts = std::clamp<std::int64_t>(n / counted_part, 1, most_parts);
    // Counts of their own must not cost more than the counting.
    if (length * parts > n) parts = 1;
    DType dtype = weight ? DType::float64 : DType::int64;
    Array own = new_array(dtype, Dims{parts, length});
    std::memset(own.node->bytes(), 0, static_cast<std::size_t>(parts * length * 8));
    std::int64_t size = (n + parts - 1) / parts;
    std::vector<Wrong> wrong(static_cast<std::size_t>(parts));
    in_parts(parts, parts, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        Stream::Reader reader(positions);
        std::optional<Stream::Reader> weighing;
        if (weight) weighing.emplace(*weight);
        for (std::int64_t part = begin; part < end; ++part) {
            std::int64_t first = std::min(part * size, n), last = std::min(first + size, n);
            wrong[static_cast<std::size_t>(part)] =
                count_part(own.node->bytes() + part * length * 8, reader,
                           weighing ? &*weighing : nullptr, length, known, first, last);
        }
    });
    for (const Wrong& each : wrong)
        if (each.at >= 0)
            fail<ValueError>(function, ": value ", each.value, " is not in the range 0 to ",
                             length - 1);
    Array result = new_array(dtype, Dims{length});
    std::memset(result.node->bytes(), 0, static_cast<std::size_t>(length * 8));
    for (std::int64_t part = 0; part < parts; ++part) {
        const void* in[] = {result.node->bytes(), own.node->bytes() + part * length * 8};
        kernels::elementwise(Op::add, dtype, 0)(result.node->bytes(), in, length);
    }
    return result;
}

}  // namespace

Array count_positions(const char* function, const Array& given, const std::optional<Array>& weights,
                      std::int64_t length) {
    require_local(function, given);
    check_weights(function, given, weights);
    return counted(function, Stream(given, DType::int64), weights, length, false);
}

Array bincount(const char* function, const Array& given, const std::optional<Array>& weights,
               std::int64_t minlength) {
    require_local(function, given);
    check_weights(function, given, weights);
    // It is read twice.
    evaluate(given);
    auto [low, high] = bounds_of(function, given);
    if (low < 0)
        fail<ValueError>(function, ": element ", low, " is negative; only 0 and above are counted");
    std::int64_t length = std::max(minlength, high + 1);
    return counted(function, Stream(given, DType::int64), weights, length, true);
}

namespace {

// One long row: a pass over it leaves the few elements between two bounds that hold the ranks.
class RowSelection {
public:
    RowSelection(DType dtype, const char* row, std::int64_t n)
        : loops_(kernels::selection(dtype)), size_(itemsize(dtype)), row_(row), n_(n) {}

    void run(char* out, std::span<const std::int64_t> ranks) {
        while (!ranks.empty()) {
            // Ranks that lie close to each other are found together.
            std::size_t near = 1;
            while (near < ranks.size() && ranks[near] - ranks[0] <= n_ / 256) ++near;
            run_near(out, ranks.first(near));
            out += static_cast<std::int64_t>(near) * size_;
            ranks = ranks.subspan(near);
        }
    }

private:
    void run_near(char* out, std::span<const std::int64_t> ranks) {
        alignas(16) char low[16], high[16];
        loops_.bounds(low, high, row_, n_, ranks.front(), ranks.back());
        std::int64_t parts = part_count(n_);
        auto memory = std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(n_ * size_));
        std::vector<kernels::Split> splits(static_cast<std::size_t>(parts));
        std::vector<std::int64_t> begins(static_cast<std::size_t>(parts));
        in_parts(parts, n_, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
            auto p = static_cast<std::size_t>(part);
            begins[p] = first;
            splits[p] = loops_.split(memory.get() + first * size_, row_ + first * size_,
                                     last - first, low, high);
        });
        kernels::Split all;
        std::int64_t inside = 0;
        for (std::size_t p = 0; p < splits.size(); ++p) {
            all.below += splits[p].below;
            all.at_low += splits[p].at_low;
            all.at_high += splits[p].at_high;
            std::memmove(memory.get() + inside * size_, memory.get() + begins[p] * size_,
                         static_cast<std::size_t>(splits[p].inside * size_));
            inside += splits[p].inside;
        }
        std::int64_t after_low = all.below + all.at_low;
        if (ranks.front() < all.below || ranks.back() >= after_low + inside + all.at_high) {
            std::memcpy(memory.get(), row_, static_cast<std::size_t>(n_ * size_));
            loops_.select(out, memory.get(), n_, ranks.data(),
                          static_cast<std::int64_t>(ranks.size()));
            return;
        }
        for (std::int64_t rank : ranks) {
            std::int64_t k = rank - after_low;
            if (k < 0)
                std::memcpy(out, low, static_cast<std::size_t>(size_));
            else if (k >= inside)
                std::memcpy(out, high, static_cast<std::size_t>(size_));
            else
                loops_.select(out, memory.get(), inside, &k, 1);
            out += size_;
        }
    }

    const kernels::Selection& loops_;
    std::int64_t size_;
    const char* row_;
    std::int64_t n_;
};

constexpr std::int64_t long_row = 100000;

// The elements of `ranks` of each row of the dense `x`, to `to`.
void select_rows(char* to, const Array& x, const std::vector<std::int64_t>& ranks) {
    std::int64_t n = x.view.shape[x.dimensions() - 1], rows = n == 0 ? 0 : x.view.count() / n;
    auto count = static_cast<std::int64_t>(ranks.size());
    std::int64_t size = itemsize(x.dtype());
    const char* from = elements<const char>(x);
    if (n >= long_row) {
        for (std::int64_t row = 0; row < rows; ++row)
            RowSelection(x.dtype(), from + row * n * size, n).run(to + row * count * size, ranks);
        return;
    }
    const kernels::Selection& loops = kernels::selection(x.dtype());
    in_parts(part_count(rows, 8 * n), rows,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 std::vector<char> row(static_cast<std::size_t>(n * size));
                 for (std::int64_t r = first; r < last; ++r) {
                     std::memcpy(row.data(), from + r * n * size, row.size());
                     loops.select(to + r * count * size, row.data(), n, ranks.data(), count);
                 }
             });
}

// So many elements of rows that lie across are copied at least.
constexpr std::int64_t panel_elements = std::int64_t{1} << 20;

}  // namespace

void select_from_row(DType dtype, char* out, const char* row, std::int64_t n, std::int64_t rank) {
    const std::int64_t ranks[] = {rank};
    RowSelection(dtype, row, n).run(out, ranks);
}

namespace {

// Lines that come together are selected from; of one that does not, the sorted elements of those ranks are taken.
Array order_statistics_distributed(const char* function, const Array& given,
                                   const std::vector<std::int64_t>& ranks) {
    int axis = given.dimensions() - 1;
    if (!crosses_lines(given, axis) || has_other_lines(given, axis))
        return in_lines(given, axis, [&](const Array& lines) {
            return order_statistics(function, lines, ranks);
        });
    if (is_complex(given.dtype()))
        fail<TypeError>(function, ": dtype ", name_of(given.dtype()),
                        " is not supported; it takes real numbers");
    Array sorted = sort(function, given, axis, false);
    Array positions = new_array(DType::int64, Dims{static_cast<std::int64_t>(ranks.size())});
    std::copy(ranks.begin(), ranks.end(), elements<std::int64_t>(positions));
    return deliver(take_at(function, sorted, axis, std::span(&positions, 1)));
}

}  // namespace

Array order_statistics(const char* function, const Array& given,
                       const std::vector<std::int64_t>& ranks) {
    if (given.distributed()) return order_statistics_distributed(function, given, ranks);
    if (is_complex(given.dtype()))
        fail<TypeError>(function, ": dtype ", name_of(given.dtype()),
                        " is not supported; it takes real numbers");
    Dims shape = given.view.shape;
    std::int64_t n = shape[shape.size() - 1], rows = n == 0 ? 0 : given.view.count() / n;
    auto count = static_cast<std::int64_t>(ranks.size());
    shape[shape.size() - 1] = count;
    Array result = new_array(given.dtype(), shape);
    char* to = result.node->bytes();
    // Rows that lie across are copied in panels.
    std::int64_t length = shape.size() == 1 || rows == 0 ? 1 : shape[0];
    std::int64_t most = std::max({panel_elements, given.view.count() / 8, std::int64_t{1}});
    std::int64_t panel =
        std::max(most / std::max(n * rows / length, std::int64_t{1}), std::int64_t{1});
    if (length <= panel || given.view.is_contiguous()) {
        select_rows(to, dense_values(function, given, given.dtype()), ranks);
        return result;
    }
    evaluate(given);
    for (std::int64_t first = 0; first < length; first += panel) {
        Array part = given;
        part.view.offset += first * given.view.strides[0];
        part.view.shape[0] = std::min(panel, length - first);
        select_rows(to + first * (rows / length) * count * itemsize(given.dtype()), copy(part),
                    ranks);
    }
    return result;
}

Array interpolate(const char* function, const Array& given, const Array& xp, const Array& fp,
                  double left, double right) {
    for (const Array* x : {&xp, &fp}) require_local(function, *x);
    if (given.distributed()) {
        Array result = interpolate(function, part_of(given), xp, fp, left, right);
        result.place = given.place;
        return result;
    }
    Stream x(given, DType::float64);
    Array places = dense_values(function, xp, DType::float64);
    Array values = dense_values(function, fp, DType::float64);
    Array result = new_array(DType::float64, given.view.shape);
    std::int64_t n = x.count(), points = places.view.count();
    in_parts(part_count(n, 8), n, [&](std::int64_t, std::int64_t first, std::int64_t last) {
        Stream::Reader reader(x);
        in_pieces(x, first, last, [&](std::int64_t begin, std::int64_t count) {
            kernels::interpolate(elements<double>(result) + begin,
                                 reader.read_as<double>(begin, count), count,
                                 elements<const double>(places), elements<const double>(values),
                                 points, left, right);
        });
    });
    return result;
}

}  // namespace hpxpy
