// Distributed arrays as vectors that other programs of the engine know by a name. The bindings call this.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

#include "graph/array.hpp"

namespace hpxpy {

/// Registers a vector with the map and the elements of `x`, and gives the array that looks at it. Collective.
Array to_named_vector(const Array& x, const std::string& name);

/// The distributed array that looks at a registered vector; a copy in blocks where the vector is dealt out in
/// a way that no map describes. Collective.
Array from_named_vector(const std::string& name, DType dtype);

}  // namespace hpxpy
