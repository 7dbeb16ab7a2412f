// Reading and writing distributed arrays where arrays of positions say. Called by indexing.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>

#include "graph/array.hpp"

namespace hpxpy {

/// As take_at, where `x` or a position is distributed. Each position goes to the locality that has what it names, along
/// one axis of `x` that is dealt out, and the elements come back; the result is dealt out like the positions. Of local
/// positions the result is dealt out like the axes that none names, and else local.
Array take_routed(const char* function, const Array& x, int axis, std::span<const Array> positions,
                  std::span<const int> names);

/// As put_at, where `x`, a position or the value is distributed. Of equal positions the last one's value stays, in the
/// order of the positions on all localities.
void put_routed(const char* function, const Array& x, int axis, std::span<const Array> positions,
                const Array& value, std::span<const int> names);

/// As take_along and put_along, where an argument is distributed.
Array take_along_routed(const char* function, const Array& x, const Array& positions, int axis);
void put_along_routed(const char* function, const Array& x, const Array& positions,
                      const Array& value, int axis);

}  // namespace hpxpy
