// Exchanges that wait for each other: what is recorded between two calls starts at the second one, with one pass over
// memory before it and one message for all reductions. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace hpxpy {

/// From now on nothing that is recorded starts. RuntimeError where that is so already.
void begin_together();

/// Starts all that was recorded since, in the order of the program, but what is made of other exchanges after those;
/// with `drop`, after an error, none of it.
void end_together(bool drop);

}  // namespace hpxpy
