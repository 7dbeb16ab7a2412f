// An array as dense rows along one axis, and how they are given out to the threads. Used by sorting.cpp
// and partition.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "algorithms/indexing.hpp"
#include "base/error.hpp"
#include "comm/play.hpp"
#include "exec/evaluate.hpp"
#include "runtime/parallel.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

/// From here on all threads work on one row.
constexpr std::int64_t long_row = 100000;

/// Memory for `count` elements of `size` bytes; MemoryError where there is none.
inline Ref<Buffer> row_memory(std::int64_t count, std::int64_t size) {
    std::int64_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        fail<MemoryError>("sort: ", count, " elements of ", size,
                          " bytes need more than 2^63 bytes");
    return Buffer::allocate(bytes);
}

inline char* bytes_of(const Ref<Buffer>& buffer) { return static_cast<char*>(buffer->data()); }

/// x as dense rows along `axis`.
struct Rows {
    Array dense;
    std::int64_t count, length;

    Rows(const Array& x, int axis) {
        std::vector<std::int64_t> order;
        for (int i = 0; i < x.dimensions(); ++i)
            if (i != axis) order.push_back(i);
        order.push_back(axis);
        dense = dense_values("sort", permute("sort", x, order), x.dtype());
        length = x.view.shape[axis];
        count = length ? dense.view.count() / length : 0;
    }
    char* row(std::int64_t i, std::int64_t size) const {
        return dense.node->bytes() + (dense.view.offset + i * length) * size;
    }
    /// A new array for the results, axis last.
    Array result(DType dtype) const { return new_array(dtype, dense.view.shape); }
    /// What follows sorts elements of `size` bytes.
    void tell_work(std::int64_t size) const {
        if (comm::Play* playing = play()) playing->halved(count * length * size, length);
    }
    /// How many parts rows are given out in, or (the other is 1) how many threads work on each.
    std::int64_t parts() const { return together() ? 1 : part_count(count, length * 4); }
    bool together() const { return length >= long_row && count < 4 * pool().size(); }
    /// Calls body(part, first, last, threads) for ranges of rows.
    template <class Body>
    void for_parts(const Body& body) const {
        std::int64_t threads = together() ? pool().size() : 1;
        in_parts(parts(), count, [&](std::int64_t part, std::int64_t first, std::int64_t last) {
            body(static_cast<std::size_t>(part), first, last, threads);
        });
    }
};

/// Rows' results with their axis where the array has it.
inline Array axis_back(const Array& sorted, int axis) {
    int n = sorted.dimensions();
    if (axis == n - 1) return sorted;
    std::vector<std::int64_t> order(static_cast<std::size_t>(n - 1));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    order.insert(order.begin() + axis, n - 1);
    return copy(permute("sort", sorted, order));
}

}  // namespace hpxpy
