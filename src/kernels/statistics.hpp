// Loops of counting, selection and interpolation. Called by algorithms/statistics.cpp. Memory accesses and branches decide
// their speed, so one version serves every instruction set.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

#include "base/dtype.hpp"

namespace hpxpy::kernels {

/// counts[positions[i]] += 1 for i < n.
void count_positions(std::int64_t* counts, const std::int64_t* positions, std::int64_t n);
/// sums[positions[i]] += weights[i] for i < n, in this order.
void add_weights(double* sums, const std::int64_t* positions, const double* weights,
                 std::int64_t n);

/// out[i] = the value at x[i] of the lines through the points (xp[k], fp[k]), whose xp rise; below and above
/// all points `left` and `right`, at nan nan (of a single point its value).
void interpolate(double* out, const double* x, std::int64_t n, const double* xp, const double* fp,
                 std::int64_t points, double left, double right);

/// How the elements of a part lie to two bounds low <= high; nan counts as the largest value.
struct Split {
    std::int64_t below = 0;    ///< before low
    std::int64_t at_low = 0;   ///< equal to low
    std::int64_t inside = 0;   ///< between the bounds
    std::int64_t at_high = 0;  ///< equal to high, which is not low
};

/// Loops over elements of a real dtype in ascending order, nan last.
struct Selection {
    /// Two elements, low and high, between which those of ranks `first` to `last` probably lie, from a
    /// sample of the n > 0 elements at the same places each time.
    void (*bounds)(void* low, void* high, const void* in, std::int64_t n, std::int64_t first,
                   std::int64_t last);
    /// Counts by the bounds, and writes the elements inside to `inside`, which has room for n.
    Split (*split)(void* inside, const void* in, std::int64_t n, const void* low, const void* high);
    /// out[k] = the element of rank ranks[k] (ascending) of the n at `data`, which are put in another order.
    void (*select)(void* out, void* data, std::int64_t n, const std::int64_t* ranks,
                   std::int64_t count);
};
/// Of booleans, integers and floats.
const Selection& selection(DType dtype);

}  // namespace hpxpy::kernels
