// Communication in program order: starts what recording asked for, and the collectives on arrays.
// Called by the bindings and by evaluate.cpp; the messages themselves are dist's.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dist/caller.hpp"
#include "dist/collectives.hpp"
#include "exec/lock.hpp"
#include "graph/array.hpp"
#include "plan/step.hpp"

namespace hpxpy {

/// Comes before all that starts communication: throws what an earlier call did not agree on, if nobody was told.
void tell_untold();

/// Runs `call`, which starts what all localities start in the same order and may wait for them: without our
/// locks, and in this thread's turn.
template <class Call>
auto in_turn(const char* function, const Call& call) {
    tell_untold();
    dist::Turn turn(function);
    Waiting waiting;
    return call();
}

/// Runs the steps in order and empties them.
void run_plan(Plan& plan);

/// Starts the exchanges recorded since the last call, in order.
void start_recorded();

/// How many threads are starting exchanges just now.
int& exchanges_starting();

/// Writes to the node's memory wait from now on until `exchange` is complete.
void keep_until_sent(Node& node, const dist::ExchangeRef& exchange);

/// Makes graph know how many localities there are; starts the runtime. Called before anything is distributed.
void know_localities();

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
