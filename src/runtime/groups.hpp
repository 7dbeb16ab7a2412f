// The groups of localities that the program made, known by number; 0 is all localities. The bindings ask for them; the
// runtime ends them.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "comm/communicator.hpp"

namespace hpxpy {

/// Starts the runtime if needed. RuntimeError if the group has ended.
comm::Communicator& group(std::int64_t number);

/// Keeps a group until the runtime stops; its number, which no other one had or gets.
std::int64_t keep_group(std::unique_ptr<comm::Communicator> group);

/// Collective for its localities: ends a group. Nothing of it may be under way.
void free_group(std::int64_t number);

/// All that are kept, oldest first.
std::vector<comm::Communicator*> kept_groups();

/// Those, and those that were freed before.
std::vector<const comm::Communicator*> all_groups();

/// Collective for the localities of each group: gives the engine's resources back.
void free_groups();

/// Collectives started since the runtime started, for all localities together and for groups.
std::int64_t total_collectives();

}  // namespace hpxpy
