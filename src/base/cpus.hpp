// Which CPUs this process may use, and their cache. Called where the pool is made, and by exec.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <pthread.h>
#include <sched.h>

#include <cstdint>
#include <string>
#include <vector>

namespace hpxpy {

/// The numbers of the CPUs in this process's affinity mask, ascending; never empty.
std::vector<int> affinity_cpus();

/// How many CPUs' worth of time the cgroups (version 1 or 2) of this process allow, rounded up; 0
/// if they set no limit. `root` stands before /proc and /sys.
int cgroup_cpus(const std::string& root = "");

/// How many threads can run at the same time: the affinity mask within the cgroups' quota.
int available_cpus();

/// Bytes of the largest cache that a core of this process reaches, as the system tells it; 0 if it does not. `root` stands
/// before /sys.
std::int64_t largest_cache(const std::string& root = "");

/// Binds a thread to one CPU; false where the system refuses, which costs speed only (a CPU may have been
/// taken away meanwhile). Here, since engine modules link none of the core's code.
inline bool pin_thread(pthread_t thread, int cpu) {
    cpu_set_t* set = CPU_ALLOC(cpu + 1);
    if (!set) return false;
    std::size_t bytes = CPU_ALLOC_SIZE(cpu + 1);
    CPU_ZERO_S(bytes, set);
    CPU_SET_S(static_cast<std::size_t>(cpu), bytes, set);
    bool done = pthread_setaffinity_np(thread, bytes, set) == 0;
    CPU_FREE(set);
    return done;
}

}  // namespace hpxpy
