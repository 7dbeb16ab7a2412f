// Named vectors over HPX's partitioned_vector. The engine has one of these.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>

#include "comm/vectors.hpp"

namespace hpxpy::comm::hpx_engine {

/// Lives until HPX stops; `localities` is their number.
std::unique_ptr<Vectors> make_vectors(int localities);

}  // namespace hpxpy::comm::hpx_engine
