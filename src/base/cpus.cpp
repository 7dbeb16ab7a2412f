// The CPUs of this process: affinity mask and cgroup quota.
// SPDX-License-Identifier: BSL-1.0
#include "base/cpus.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <sstream>

namespace hpxpy {

namespace {

// The quota over the period written in one cgroup's folder, rounded up; 0 where there is none.
int quota_of(const std::string& folder, bool version_two) {
    std::string quota;
    std::int64_t period = 0;
    if (version_two) {
        std::ifstream file(folder + "/cpu.max");
        file >> quota >> period;
    } else {
        std::ifstream(folder + "/cpu.cfs_quota_us") >> quota;
        std::ifstream(folder + "/cpu.cfs_period_us") >> period;
    }
    std::int64_t limit = 0;
    std::istringstream(quota) >> limit;
    if (limit <= 0 || period <= 0) return 0;
    return static_cast<int>(std::min<std::int64_t>((limit + period - 1) / period, 1 << 20));
}

bool has_word(const std::string& list, const std::string& word) {
    return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

// The process's cgroup in the hierarchy that holds the cpu controller, as /proc/self/cgroup has it.
std::string own_path(const std::string& root, bool version_two) {
    std::ifstream file(root + "/proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        std::size_t first = line.find(':');
        std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        std::string controllers = line.substr(first + 1, second - first - 1);
        if (version_two ? controllers.empty() : has_word(controllers, "cpu"))
            return line.substr(second + 1);
    }
    return "/";
}

// The smallest quota from the process's own cgroup up to the mount's root.
int quota_of_mount(const std::string& root, const std::string& mount_root,
                   const std::string& mount_point, bool version_two) {
    std::string path = own_path(root, version_two);
    // What a container sees as its root can be deep in the path that the host knows.
    if (mount_root != "/" && path.compare(0, mount_root.size(), mount_root) == 0)
        path.erase(0, mount_root.size());
    if (path == "/" || path.find("/..") != std::string::npos) path.clear();
    int smallest = 0;
    while (true) {
        int quota = quota_of((root + mount_point).append(path), version_two);
        if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
        if (path.empty()) return smallest;
        std::size_t slash = path.rfind('/');
        path.resize(slash == std::string::npos ? 0 : slash);
    }
}

}  // namespace

std::vector<int> affinity_cpus() {
    std::vector<int> cpus;
    // The kernel refuses sets smaller than its own, whose size no call tells.
    for (int count = CPU_SETSIZE; count <= (1 << 20); count *= 2) {
        cpu_set_t* set = CPU_ALLOC(count);
        if (!set) break;
        std::size_t bytes = CPU_ALLOC_SIZE(count);
        CPU_ZERO_S(bytes, set);
        bool done = sched_getaffinity(0, bytes, set) == 0;
        bool too_small = !done && errno == EINVAL;
        for (int cpu = 0; done && cpu < count; ++cpu)
            if (CPU_ISSET_S(cpu, bytes, set)) cpus.push_back(cpu);
        CPU_FREE(set);
        if (!too_small) break;
    }
    if (cpus.empty()) {
        cpus.resize(static_cast<std::size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))));
        std::iota(cpus.begin(), cpus.end(), 0);
    }
    return cpus;
}

std::int64_t largest_cache(const std::string& root) {
    std::int64_t largest = 0;
    std::string folder =
        root + "/sys/devices/system/cpu/cpu" + std::to_string(affinity_cpus()[0]) + "/cache/index";
    for (int i = 0; i < 8; ++i) {
        std::ifstream file(folder + std::to_string(i) + "/size");
        std::int64_t size = 0;
        char unit = 0;
        file >> size >> unit;
        if (unit == 'M') size <<= 10;
        largest = std::max(largest, size << 10);
    }
    return largest;
}

int cgroup_cpus(const std::string& root) {
    int smallest = 0;
    std::ifstream file(root + "/proc/self/mountinfo");
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string id, parent, device, mount_root, mount_point, word, type, source, options;
        words >> id >> parent >> device >> mount_root >> mount_point;
        while (words >> word && word != "-") {
        }
        words >> type >> source >> options;
        bool version_two = type == "cgroup2";
        if (!version_two && !(type == "cgroup" && has_word(options, "cpu"))) continue;
        int quota = quota_of_mount(root, mount_root, mount_point, version_two);
        if (quota > 0 && (smallest == 0 || quota < smallest)) smallest = quota;
    }
    return smallest;
}

int available_cpus() {
    int mask = static_cast<int>(affinity_cpus().size());
    int quota = cgroup_cpus();
    return quota > 0 ? std::min(mask, quota) : mask;
}

}  // namespace hpxpy
