// The engine of one locality, part of the core. engine.cpp gives it out.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "comm/engine.hpp"

namespace hpxpy::comm {

Engine& local_engine();

}  // namespace hpxpy::comm
