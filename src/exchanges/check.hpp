// What HPXPY_DEBUG=1 compares between localities, beside what every exchange agrees on. Called by what records and by
// what combines arrays.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string>

#include "graph/array.hpp"

namespace hpxpy {

/// All localities record the same distributed array: kind, dtype, shape and map; CommunicationError otherwise.
void check_recorded(const Array& x);

/// Local arrays among the inputs that meet a distributed one have the same elements everywhere; CommunicationError
/// otherwise.
void check_replicated(const char* function, std::span<const Input> inputs);

/// Localities that hold copies of one block of what lies there have equal ones; CommunicationError otherwise.
void check_copies(const std::string& function, const Operand& input, const Place& place);

}  // namespace hpxpy
