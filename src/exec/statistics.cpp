// Counting, selection and interpolation on the pool. The parts of a count depend on the lengths alone, so the bits of
// sums do not depend on the threads.
// SPDX-License-Identifier: BSL-1.0
#include "exec/statistics.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "exec/evaluate.hpp"
#include "exec/indexing.hpp"
#include "exec/parallel.hpp"
#include "kernels/kernels.hpp"
#include "kernels/statistics.hpp"

namespace hpxpy {

namespace {

constexpr std::int64_t counted_part = 65536;
constexpr std::int64_t most_parts = 8;

template <class T>
T* elements(const Array& x) {
    return reinterpret_cast<T*>(data_of(x));
}

// The least and the greatest of positions; 0 and -1 of none.
std::pair<std::int64_t, std::int64_t> bounds_of(const Array& positions) {
    const auto* values = elements<const std::int64_t>(positions);
    std::int64_t n = positions.view.count();
    if (n == 0) return {0, -1};
    std::int64_t parts = part_count(n);
    std::vector<std::pair<std::int64_t, std::int64_t>> bounds(static_cast<std::size_t>(parts));
    in_parts(parts, n, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
        std::int64_t low = values[first], high = low;
        for (std::int64_t i = first; i < last; ++i) {
            low = std::min(low, values[i]);
            high = std::max(high, values[i]);
        }
        bounds[static_cast<std::size_t>(part)] = {low, high};
    });
    std::pair<std::int64_t, std::int64_t> all = bounds[0];
    for (const auto& each : bounds)
        all = {std::min(all.first, each.first), std::max(all.second, each.second)};
    return all;
}

std::optional<Array> weights_of(const char* function, const Array& given,
                                const std::optional<Array>& weights) {
    if (!weights) return {};
    require_local(function, *weights);
    if (weights->shape() != given.shape())
        fail<ValueError>(function, ": weights have shape ", to_string(weights->shape()),
                         ", the values ", to_string(given.shape()));
    return dense_values(function, *weights, DType::float64);
}

// Of positions that are in range.
Array counted(const Array& positions, const std::optional<Array>& weight, std::int64_t length) {
    std::int64_t n = positions.view.count();
    std::int64_t parts = std::clamp<std::int64_t>(n / counted_part, 1, most_parts);
    // Counts of their own must not cost more than the counting.
    if (length * parts > n) parts = 1;
    DType dtype = weight ? DType::float64 : DType::int64;
    Array own = new_array(dtype, Dims{parts, length});
    std::memset(own.node->bytes(), 0, static_cast<std::size_t>(parts * length * 8));
    std::int64_t size = (n + parts - 1) / parts;
    in_parts(parts, parts, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
        for (std::int64_t part = begin; part < end; ++part) {
            std::int64_t first = std::min(part * size, n), last = std::min(first + size, n);
            const auto* at = elements<const std::int64_t>(positions) + first;
            if (weight)
                kernels::add_weights(elements<double>(own) + part * length, at,
                                     elements<const double>(*weight) + first, last - first);
            else
                kernels::count_positions(elements<std::int64_t>(own) + part * length, at,
                                         last - first);
        }
    });
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
    Array positions = dense_values(function, given, DType::int64);
    std::optional<Array> weight = weights_of(function, given, weights);
    auto [low, high] = bounds_of(positions);
    if (low < 0 || high >= length)
        fail<ValueError>(function, ": value ", low < 0 ? low : high, " is not in the range 0 to ",
                         length - 1);
    return counted(positions, weight, length);
}

Array bincount(const char* function, const Array& given, const std::optional<Array>& weights,
               std::int64_t minlength) {
    Array positions = dense_values(function, given, DType::int64);
    std::optional<Array> weight = weights_of(function, given, weights);
    auto [low, high] = bounds_of(positions);
    if (low < 0)
        fail<ValueError>(function, ": element ", low, " is negative; only 0 and above are counted");
    return counted(positions, weight, std::max(minlength, high + 1));
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

}  // namespace

void select_from_row(DType dtype, char* out, const char* row, std::int64_t n, std::int64_t rank) {
    const std::int64_t ranks[] = {rank};
    RowSelection(dtype, row, n).run(out, ranks);
}

Array order_statistics(const char* function, const Array& given,
                       const std::vector<std::int64_t>& ranks) {
    require_local(function, given);
    if (is_complex(given.dtype()))
        fail<TypeError>(function, ": dtype ", name_of(given.dtype()),
                        " is not supported; it takes real numbers");
    Array x = dense_values(function, given, given.dtype());
    Dims shape = x.view.shape;
    std::int64_t n = shape[shape.size() - 1], rows = n == 0 ? 0 : x.view.count() / n;
    auto count = static_cast<std::int64_t>(ranks.size());
    shape[shape.size() - 1] = count;
    Array result = new_array(x.dtype(), shape);
    std::int64_t size = itemsize(x.dtype());
    const char* from = elements<const char>(x);
    char* to = result.node->bytes();
    if (n >= long_row) {
        for (std::int64_t row = 0; row < rows; ++row)
            RowSelection(x.dtype(), from + row * n * size, n).run(to + row * count * size, ranks);
        return result;
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
    return result;
}

Array interpolate(const char* function, const Array& given, const Array& xp, const Array& fp,
                  double left, double right) {
    for (const Array* x : {&given, &xp, &fp}) require_local(function, *x);
    Array x = dense_values(function, given, DType::float64);
    Array places = dense_values(function, xp, DType::float64);
    Array values = dense_values(function, fp, DType::float64);
    Array result = new_array(DType::float64, x.view.shape);
    std::int64_t n = x.view.count(), points = places.view.count();
    in_parts(part_count(n, 8), n, [&](std::int64_t, std::int64_t first, std::int64_t last) {
        kernels::interpolate(elements<double>(result) + first, elements<const double>(x) + first,
                             last - first, elements<const double>(places),
                             elements<const double>(values), points, left, right);
    });
    return result;
}

}  // namespace hpxpy
