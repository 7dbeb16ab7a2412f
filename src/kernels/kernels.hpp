// The loops over raw memory that plans are made of, chosen for this processor's instruction set.
// Called by exec (steps) and, for their joining operations, by collectives. A kernel knows no
// arrays, no threads and no localities; all operands are dense unless the name says otherwise.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/dtype.hpp"
#include "kernels/matrix.hpp"
#include "ops/op.hpp"

namespace hpxpy::kernels {

/// out[i] = op(in[0][i], in[1][i], ...) for 0 <= i < n. `out` may be one of the inputs, else they
/// do not overlap. No alignment is asked for beyond the element's own.
using Block = void (*)(void* out, const void* const* in, std::int64_t n);

/// The loop of `op` that works in `compute` (see compute_dtype). Bit k of `scalars` says that
/// in[k] is a single element, used for every i; not every combination exists: nullptr then (the
/// caller fills a block instead), but `scalars` 0 always does. `where` takes bool, compute, compute.
Block elementwise(Op op, DType compute, unsigned scalars);

/// out[i] = in[i] as another dtype, one input. Floats are cut towards zero; nan, and what the
/// integer dtype cannot hold, become what base/cast.hpp documents; complex to real drops the imaginary
/// part; anything to bool asks whether it is not zero. Nothing is returned for from == to.
Block convert(DType from, DType to);

/// Memory of elements of `itemsize` (1, 2, 4, 8 or 16) bytes; strides in elements, any sign, 0 too.
struct Copies {
    /// dense dst[r*columns + c] = src[r*row_stride + c*column_stride]
    void (*gather)(void* dst, const void* src, std::int64_t rows, std::int64_t columns,
                   std::int64_t row_stride, std::int64_t column_stride);
    /// dst[r*row_stride + c*column_stride] = dense src[r*columns + c]
    void (*scatter)(void* dst, const void* src, std::int64_t rows, std::int64_t columns,
                    std::int64_t row_stride, std::int64_t column_stride);
    /// dst[i] = *value
    void (*fill)(void* dst, const void* value, std::int64_t n);
};
const Copies& copies(std::int64_t itemsize);

/// Copies a block of memory to another place, as memcpy does.
void copy(void* dst, const void* src, std::int64_t bytes);

/// Copies dense memory past the caches; `store_fence` must follow before another thread reads.
void stream(void* dst, const void* src, std::int64_t bytes);
void store_fence();

/// The m x n matrix at `out`, its rows `out_row` elements apart, becomes a (m x k) times b (k x n). Integers
/// wrap, booleans are joined by or.
using IntegerProduct = void (*)(char* out, std::int64_t out_row, const Matrix& a, const Matrix& b,
                                std::int64_t m, std::int64_t n, std::int64_t k);
/// Of integers or booleans; nullptr of other dtypes.
IntegerProduct integer_product(DType dtype);

/// out[i] = first + i; `dtype` is int64 or float64.
void count_up(DType dtype, void* out, std::int64_t first, std::int64_t n);

/// The loops of one reduction. A state is what is known of some elements, `state_size` bytes (the
/// element itself; for argmin and argmax the value with its position). The same elements in the
/// same calls give the same bits on every instruction set.
struct ReductionLoops {
    std::int64_t state_size;
    /// states[r] = the n > 0 elements in[r*n ... r*n + n - 1], for each r < rows. `position` is that
    /// of each row's first element along the reduced axis.
    void (*reduce_rows)(void* states, const void* in, std::int64_t rows, std::int64_t n,
                        std::int64_t position);
    /// states[c] = states[c] joined with in[r*columns + c] for r = 0, 1, ...; `position` is that of
    /// row 0; with `fresh` the states are set by row 0 instead of joined with it.
    void (*accumulate_rows)(void* states, const void* in, std::int64_t rows, std::int64_t columns,
                            std::int64_t position, bool fresh);
    /// into[i] = left[i] joined with into[i], left being the earlier elements.
    void (*join)(const void* left, void* into, std::int64_t items);
    /// out[i] = the result of states[i]; nullptr where a state is the result.
    void (*finish)(void* out, const void* states, std::int64_t items);
};
const ReductionLoops& reduction(Reduction reduction, DType compute);

/// Elements of a segment: of eight that are scanned side by side, none waits for the additions of another.
constexpr std::int64_t scan_segment(std::int64_t itemsize) { return itemsize >= 8 ? 64 : 128; }

/// Running sums and products, in the dtypes that these work in. Nothing comes before if `before` is nullptr.
struct ScanLoops {
    /// out[r, c] = before[c] joined with in[0, c] to in[r, c] joined, in this order. Rows lie
    /// `in_stride` and `out_stride` elements apart; `out` may be `in`.
    void (*columns)(void* out, const void* in, const void* before, std::int64_t rows,
                    std::int64_t columns, std::int64_t in_stride, std::int64_t out_stride);
    /// A block is n > 0 elements, at most 8 segments (see scan_segment). out[i] = the elements of i's segment up to i
    /// joined, in this order; `total` = what end_block gives for the last one if nothing comes before.
    void (*begin_block)(void* out, const void* in, std::int64_t n, void* total);
    void (*total_block)(const void* in, std::int64_t n, void* total);
    /// out[i] = before[count - 1] joined with (... (before[0] joined with (the segments before i's, joined from the left,
    /// joined with begun[i]))); `out` may be `begun`.
    void (*end_block)(void* out, const void* begun, std::int64_t n, const void* const* before,
                      int count);
    /// totals[l] = the n > 0 elements from in[l * in_stride] on joined, in this order, and out[l * out_stride + i] = those
    /// up to i, behind before[0][l] and before[1][l] as in end_block: at most two.
    void (*run_lanes)(void* out, const void* in, const void* const* before, int count, void* totals,
                      int lanes, std::int64_t n, std::int64_t in_stride, std::int64_t out_stride);
};
const ScanLoops& scan(Reduction reduction, DType compute);

/// The state of no element, which changes nothing that it is joined with (0 of a sum; of min the
/// value that every other is chosen before), written to `state`.
void identity(Reduction reduction, DType compute, void* state);

/// into[i] = op(left[i], into[i]) for a joining `op` (add, multiply, minimum, maximum, logical_and/or/xor,
/// bitwise_and/or/xor) on dense arrays of dtype `compute`, as collectives need it; the logical ones give 0
/// or 1 of the same dtype. nullptr where the op does not take the dtype.
using Join = void (*)(const void* left, void* into, std::int64_t items);
Join joining(Op op, DType compute);

/// "baseline", "avx2" or "avx512": chosen from the processor; HPXPY_ISA in the environment may ask for a lower one, and
/// so may other localities.
std::string_view instruction_set();

/// The number of the best one that this locality may use, from 0; ValueError if HPXPY_ISA is none.
int best_instruction_set();

/// All loops use this one from now on, or the best one below it that there is.
void use_instruction_set(int number);

}  // namespace hpxpy::kernels
