// The pool that a locality has unless its engine brings one: oneTBB. Made by the runtime.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <vector>

#include "base/pool.hpp"

namespace hpxpy {

/// A pool of `threads` (at least 1) threads, the calling one included. Thread i of it is pinned to
/// cpus[i modulo their number] unless it is a calling thread; with no `cpus` none is pinned.
/// Several threads may call `run` at the same time; from within a task it runs in place.
std::unique_ptr<Pool> make_tbb_pool(int threads, std::vector<int> cpus);

}  // namespace hpxpy
