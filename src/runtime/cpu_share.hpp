// Which CPUs of its host are this locality's. The runtime asks at start; every locality computes the
// same answer from what all of them tell.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

namespace hpxpy {

struct CpuShare {
    int threads = 1;
    /// The CPUs to pin threads to; empty where pinning would harm.
    std::vector<int> cpus;
};

/// This process's affinity mask and how many of its CPUs it may keep busy, as text for the others.
std::string describe_cpus();

/// The share of locality `id`; described[i] is what locality i told, hosts[i] equal for those on one
/// host. Equal masks are split, others kept.
CpuShare share_cpus(const std::vector<std::string>& described, const std::vector<int>& hosts,
                    int id);

}  // namespace hpxpy
