// Sorting of one line that is dealt out over localities. Called by sorting.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "graph/array.hpp"

namespace hpxpy {

/// The elements along `axis`, the only one that is longer than 1 or dealt out, in order, on even blocks; `descending` and
/// nan as of `sort`. Two exchanges of a few bytes a round until the bounds are found, then each element travels once.
Array sort_line(const char* function, const Array& x, int axis, bool descending);

/// The positions that sort it.
Array argsort_line(const char* function, const Array& x, int axis, bool descending);

}  // namespace hpxpy
