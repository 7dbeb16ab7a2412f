// Sorting of one line that is dealt out over localities. Called by sorting.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "graph/array.hpp"

namespace hpxpy {

/// The elements of an array that is dealt out along its only axis, others of length 1 aside, in order on even blocks;
/// `descending` and nan as of `sort`. Two exchanges of a few bytes a round until the bounds are found, then each element travels once.
Array sort_line(const char* function, const Array& x, bool descending);

/// The positions that sort it.
Array argsort_line(const char* function, const Array& x, bool descending);

/// As search_sorted, of a sorted array and values that are both distributed; the result lies like the values. A value goes
/// to the locality whose elements it would stand among, its position comes back.
Array search_line(const char* function, const Array& sorted, const Array& values, bool right);

}  // namespace hpxpy
