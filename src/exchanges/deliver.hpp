// What every recording call ends with: its exchanges start, and what is small, or much, is computed. Called by
// whoever returns an array.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "graph/array.hpp"

namespace hpxpy {

/// Recording costs about as much as computing this many elements.
constexpr std::int64_t small_count = 2048;

/// What every recording call ends with: starts the exchanges just recorded, evaluates at once what is
/// small or reads memory that others can write, and keeps recorded work within its bound.
Array deliver(Array x);

/// Drops exchanges recorded by a call that failed.
void forget_recorded();

/// The single element of `x` (one element in all), which waits for what its call started.
Scalar element(const char* function, const Array& x);

}  // namespace hpxpy
