// Which CPUs this process may use. Called where the pool is made.
// SPDX-License-Identifier: BSL-1.0
#pragma once

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

}  // namespace hpxpy
