// Sorting and searching of local arrays; results are new arrays. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// The elements in ascending (or descending) order along `axis`; equal ones stay in their order, nan
/// comes last, complex numbers go by real part, then imaginary.
Array sort(const char* function, const Array& x, int axis, bool descending);

/// The positions along `axis` that would sort it, int64.
Array argsort(const char* function, const Array& x, int axis, bool descending);

/// The positions that would sort by the last of `keys`, equal ones by the one before, and so on.
Array lexsort(std::span<const Array> keys, int axis);

/// The elements along `axis` with those of `ranks` (ascending) where sorting puts them, no larger ones before
/// and no smaller ones behind; in time proportional to the length. `partitioning_positions` gives positions.
Array partition(const char* function, const Array& x, int axis,
                const std::vector<std::int64_t>& ranks);
Array partitioning_positions(const char* function, const Array& x, int axis,
                             const std::vector<std::int64_t>& ranks);

/// Where `values` would be inserted into `sorted` (1-d): before elements equal to them, or behind.
Array search_sorted(const Array& sorted, const Array& values, bool right);

}  // namespace hpxpy
