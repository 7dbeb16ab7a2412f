// Sorting of many short rows of keys. Internal to kernels; called through the table of digits in sorting.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace hpxpy::kernels {

/// Sorts each of the rows of n unsigned keys, n being one that sort_few takes; `other` is room for one row.
template <class Key>
void sort_rows(Key* keys, Key* other, std::int64_t rows, std::int64_t n);

}  // namespace hpxpy::kernels
