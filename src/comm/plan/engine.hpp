// The engine that plays one locality of many, for `hpxpy plan`. Part of the core.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "comm/engine.hpp"

namespace hpxpy::comm {

/// The environment variable that says which locality of how many is played; a program that it is set for is played
/// whatever engine it asks for.
constexpr const char* play_variable = "HPXPY_PLAN";

Engine& plan_engine();

}  // namespace hpxpy::comm
