// Loops of indexing with arrays and masks: elements fetched from and put to positions, the true ones
// of a mask. Called by algorithms/indexing.cpp. Memory accesses decide their speed, so one version serves
// every instruction set.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace hpxpy::kernels {

/// Elements of 1, 2, 4, 8 or 16 bytes; strides and offsets in elements, any sign.
struct Indexing {
    /// dst[i*dst_stride + c] = src[offsets[i] + c*src_stride] for i < n, c < run
    void (*fetch)(void* dst, std::int64_t dst_stride, const void* src, const std::int64_t* offsets,
                  std::int64_t n, std::int64_t run, std::int64_t src_stride);
    /// dst[r*dst_row + i*dst_stride] = src[r*src_row + offsets[i]] for r < rows, i < n: few elements of many rows
    void (*fetch_rows)(void* dst, std::int64_t dst_row, std::int64_t dst_stride, const void* src,
                       std::int64_t src_row, std::int64_t rows, const std::int64_t* offsets,
                       std::int64_t n);
    /// dst[offsets[i] + c*dst_stride] = src[i*src_row + c*src_stride], in the order of i, where
    /// low <= offsets[i] < high
    void (*put)(void* dst, const std::int64_t* offsets, std::int64_t n, std::int64_t run,
                std::int64_t dst_stride, const void* src, std::int64_t src_row,
                std::int64_t src_stride, std::int64_t low, std::int64_t high);
    /// The first `count` elements src[i*src_stride] whose mask[i] is true, to dense dst.
    void (*compress)(void* dst, const void* src, std::int64_t src_stride, const bool* mask,
                     std::int64_t count);
    /// dst[i*dst_stride] = the next element of src where mask[i] is true; src advances by
    /// src_stride each time.
    void (*expand)(void* dst, std::int64_t dst_stride, const void* src, std::int64_t src_stride,
                   const bool* mask, std::int64_t n);
};
const Indexing& indexing(std::int64_t itemsize);

/// How many of the n values of `mask` are true.
std::int64_t count_true(const bool* mask, std::int64_t n);

/// first + i for the first `count` true values mask[i].
void true_positions(std::int64_t* out, const bool* mask, std::int64_t first, std::int64_t count);

/// Whether every position is 0 to length - 1.
bool all_in_range(const std::int64_t* positions, std::int64_t n, std::int64_t length);

/// offsets[i] += (positions[i], a negative one plus length) * stride; returns the first i whose position
/// is not in [-length, length), or -1. With `fresh` offsets are set instead of added to.
std::int64_t add_offsets(std::int64_t* offsets, const std::int64_t* positions, std::int64_t n,
                         std::int64_t length, std::int64_t stride, bool fresh);

/// Takes the last axis from flat positions in C order: last[i] = positions[i] % length, and
/// positions[i] /= length.
void split_positions(std::int64_t* positions, std::int64_t* last, std::int64_t n,
                     std::int64_t length);

/// out = each i < n repeated counts[i] times, counting from `first`.
void repeat_positions(std::int64_t* out, const std::int64_t* counts, std::int64_t n,
                      std::int64_t first);

}  // namespace hpxpy::kernels
