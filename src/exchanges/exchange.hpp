// Communication in program order: starts what recording asked for. Called by `deliver` and by what takes part in
// communication itself; the messages are comm's.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "comm/caller.hpp"
#include "comm/collectives.hpp"
#include "graph/array.hpp"
#include "runtime/lock.hpp"

namespace hpxpy {

/// Comes before all that starts communication of a group: waits for calls of it that are queued, and throws what an earlier
/// one did not agree on, if nobody was told.
void come_after_earlier(comm::Communicator& group);

/// Runs `call`, which starts what all localities of the group start in the same order and may wait for them: without our
/// locks, and in this thread's turn.
template <class Call>
auto in_turn(comm::Communicator& group, const char* function, const Call& call) {
    come_after_earlier(group);
    comm::Turn turn(group, function);
    Waiting waiting;
    return call();
}

/// Starts the exchanges recorded since the last call, in order. What the expression of `root` has from an earlier one on
/// all localities does not travel again. Returns the exchanges that have what was asked for.
std::vector<Ref<Node>> start_recorded(Node* root = nullptr);

/// Adds an exchange that is none of the recorded ones to open records of plans: between two localities of the group go
/// `bytes(from, to)`. Callers ask first whether a record is open.
void record_exchange(const comm::Communicator& group, const std::string& title,
                     const std::function<std::int64_t(int, int)>& bytes);

/// How many threads are starting exchanges just now.
int& exchanges_starting();

/// `x` as dense memory that nobody writes while it is sent: its own, or a copy.
Array dense(const Array& x);

/// What waits for `exchange` where the elements are read.
std::unique_ptr<Transit> transit_of(comm::ExchangeRef exchange);

/// Writes to the node's memory wait from now on until `exchange` is complete.
void keep_until_sent(Node& node, const comm::ExchangeRef& exchange);

/// Makes graph know how many localities there are; starts the runtime. Called before anything is distributed.
void know_localities();

/// MemoryError if the elements of `x`, which is distributed, are more than may be brought together on a locality
/// (HPXPY_GATHER_LIMIT): the same on all localities, before anything is sent.
void check_gathered(const char* function, const Array& x);

/// Returns where all localities ask for the same value at this call of `function`.
void agree_on_setting(const std::string& function, const std::string& value);

/// Changes whether the bits are those of one locality, in graph too, as long as the runtime runs.
void change_deterministic(bool enabled);

}  // namespace hpxpy
