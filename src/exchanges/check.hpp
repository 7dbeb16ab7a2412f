// What HPXPY_DEBUG=1 compares between localities, beside what every exchange agrees on. Called by what records and by
// what combines arrays.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>

#include "graph/array.hpp"

namespace hpxpy {

/// All localities record the same distributed array: kind, dtype, shape and map; CommunicationError otherwise.
void check_recorded(const Array& x);

/// Local arrays among the inputs that meet a distributed one have the same elements everywhere; CommunicationError
/// otherwise.
void check_replicated(const char* function, std::span<const Input> inputs);

}  // namespace hpxpy
