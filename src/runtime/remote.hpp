// Functions that localities run for each other: their messages, who handles them, and their end. The
// bindings say how a message is handled; exec/runtime starts and ends it.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "comm/communicator.hpp"
#include "runtime/servants.hpp"

namespace hpxpy {

/// What a message is, its first byte.
enum class MessageKind : std::uint8_t {
    call = 'c',    ///< a function to be run; handled in its turn
    answer = 'a',  ///< what came of one; handled at once
    mail = 'm',    ///< what send sends; handled at once
};

/// Who handles messages (first byte included), on a servant's thread; throws nothing. Set once.
void set_message_handler(std::function<void(Letter)> handler);

/// Sends a message to a locality, which may be this one. Starts the runtime if needed; RuntimeError where it
/// is ending. ValueError for a locality that does not exist.
void post_message(int locality, std::vector<std::byte> message);
/// The same to this locality, without a message of the engine.
void post_here(std::vector<std::byte> message);

/// Whether the calling thread runs a function for `async`.
bool in_remote_function();

/// Moves messages on where the engine needs its callers for that.
void move_messages();

/// How many functions this locality has run.
std::int64_t functions_run();

/// Messages are taken from now on, up to `limit` functions run at a time.
void start_serving(comm::Communicator& group, int limit);
/// Collective, though no collective of the engine: serves until no locality has anything left to run and
/// no message is on its way. `check` is called about every millisecond and may throw.
void drain(comm::Communicator& group, const std::function<void()>& check);
/// Whether this locality is in `drain`, or was in the last one: it sends nothing more of itself.
bool is_draining();
/// Nothing is taken any more, and the threads end; false, with the threads left, where functions still run.
bool stop_serving(comm::Communicator& group);

}  // namespace hpxpy
