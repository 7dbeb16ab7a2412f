// The collectives on arrays. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "graph/array.hpp"

namespace hpxpy {

/// ValueError if the group has no such locality.
void check_root(const char* function, int root, comm::Communicator& group);
/// TypeError if `x` is distributed, and so lies on all localities, and `group` is not all of them.
void check_group(const char* function, const Array& x, comm::Communicator& group);

/// Everybody's array joined element by element; of a distributed one all elements. `op` is "sum", "prod", "min",
/// "max", "and", "or" or "xor"; ValueError "Unknown reduction operation" otherwise.
Array all_reduce(const Array& x, const std::string& op, comm::Communicator& group);
/// The same on root, nothing elsewhere.
std::optional<Array> reduce_to(const Array& x, const std::string& op, int root,
                               comm::Communicator& group);
/// The arrays of the localities before this one joined element by element, and with `inclusive` its own. The first
/// one gets its own array where it is to have none.
Array scan_localities(const char* function, const Array& x, const std::string& op, bool inclusive,
                      comm::Communicator& group);

/// `x` is empty on localities that only receive.
Array broadcast(const std::optional<Array>& x, int root, comm::Communicator& group);
/// One array for each locality, on root (or everywhere, if root is -1); empty elsewhere.
std::vector<Array> gather_local(const Array& x, int root, const char* function,
                                comm::Communicator& group);
/// The whole of a distributed array on root (everywhere, if root is -1).
std::optional<Array> gather_distributed(const Array& x, int root, const char* function);
/// Root's array dealt out: of a distributed array this locality's part; where `asked` says none, its rows dealt out
/// like a block map, and each locality's part alone.
Array scatter(const std::optional<Array>& x, int root, const maps::Distribution& asked,
              std::optional<std::int64_t> axis, comm::Communicator& group);
/// Rows dealt out like a block map, each part to its locality: the parts that come, in locality order.
Array all_to_all(const Array& x, comm::Communicator& group);
/// Adds a local array that is sent to a locality, or came from it, to open records of plans.
void record_message(const Array& x, int peer, bool sends);

/// parts[i] to locality i; what each locality has for this one, whatever its shape and dtype.
std::vector<Array> all_to_all(std::span<const Array> parts, comm::Communicator& group);
void barrier(const std::string& name, comm::Communicator& group);

/// A distributed array from everybody's own block, along the axis of `asked` or `axis`; where `asked` knows the bounds,
/// the blocks must have them.
Array from_local(const Array& block, const maps::Distribution& asked,
                 std::optional<std::int64_t> axis);
/// The same elements in even blocks along the same axis.
Array balance(const Array& x);
/// Returns where all localities ask for the same at this call of `function`.
void agree_on(const char* function, const maps::Distribution& asked);

}  // namespace hpxpy
