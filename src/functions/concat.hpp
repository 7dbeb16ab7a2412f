// Joining arrays along an axis. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <span>

#include "graph/array.hpp"

namespace hpxpy {

/// The arrays one behind the other along `axis`, of `dtype` or their common one, each evaluated straight into its place.
Array concat(const char* function, std::span<const Array> parts, std::int64_t axis,
             std::optional<DType> dtype);

}  // namespace hpxpy
