// Splits the CPUs of a host between the localities on it.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/cpu_share.hpp"

#include <algorithm>
#include <sstream>

#include "base/cpus.hpp"

namespace hpxpy {

std::string describe_cpus() {
    std::ostringstream text;
    text << available_cpus();
    for (int cpu : affinity_cpus()) text << ' ' << cpu;
    return text.str();
}

CpuShare share_cpus(const std::vector<std::string>& described, const std::vector<int>& hosts,
                    int id) {
    int sharing = 0, position = 0;
    for (int i = 0; i < static_cast<int>(described.size()); ++i) {
        if (hosts[i] != hosts[id] || described[i] != described[id]) continue;
        if (i < id) ++position;
        ++sharing;
    }
    std::istringstream text(described[id]);
    int available = 1;
    text >> available;
    std::vector<int> mask;
    for (int cpu; text >> cpu;) mask.push_back(cpu);

    CpuShare share;
    share.threads = std::max(1, available / sharing + (position < available % sharing ? 1 : 0));
    // A quota below the mask is a container's: its neighbours have the same mask, and all would pin
    // to the same CPUs.
    if (available < static_cast<int>(mask.size())) return share;
    int first = position * (available / sharing) + std::min(position, available % sharing);
    for (int i = 0; i < share.threads; ++i)
        share.cpus.push_back(mask[static_cast<std::size_t>(first + i) % mask.size()]);
    return share;
}

}  // namespace hpxpy
