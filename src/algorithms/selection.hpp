// Indexing of distributed arrays: the local part is that of local ones, the joining part counts, or routes positions to
// the owners of what they name. Called by indexing.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// As the functions of indexing.hpp of the same names; an operand is distributed.
Array take_true_distributed(const Array& x, const Array& mask);
std::vector<Array> nonzero_distributed(const char* function, const Array& x);
Array flat_nonzero_distributed(const char* function, const Array& x);

/// x[.., positions, ..] along `axis`, which errors call `name`.
Array take_distributed(const char* function, const Array& x, int axis, const Array& positions,
                       int name);

/// What a distributed `x` becomes when `value`, broadcast as put_at does, is written to what `positions` name along `axis`,
/// which errors call `name`; of equal positions the last counts. Positions are local, the same on every locality, and so is
/// the value, or it is dealt out along other axes: each writes what it has, and nothing travels.
Array with_rows_put(const char* function, const Array& x, int axis, const Array& positions,
                    const Array& value, int name);

}  // namespace hpxpy
