// The collectives on arrays. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// The reduction that a name of MPI's and NumPy's stands for ("sum", "prod", "min", "max", "and", "or",
/// "xor"); ValueError "Unknown reduction operation" otherwise.
Op joining_op(const char* function, const std::string& op);

Array all_reduce(const Array& x, const std::string& op);
/// `x` is empty on localities that only receive.
Array broadcast(const std::optional<Array>& x, int root);
/// One array for each locality, on root (or everywhere, if root is -1); empty elsewhere.
std::vector<Array> gather_local(const Array& x, int root, const char* function);
/// The whole of a distributed array on root (everywhere, if root is -1).
std::optional<Array> gather_distributed(const Array& x, int root, const char* function);
/// Root's rows dealt out like a block map: this locality's part, or, with an axis, a distributed array.
Array scatter(const std::optional<Array>& x, int root, std::optional<std::int64_t> axis);
void barrier(const std::string& name);
void check_root(const char* function, int root);

/// A distributed array from everybody's own block along `axis`.
Array from_local(const Array& block, std::int64_t axis);

}  // namespace hpxpy
