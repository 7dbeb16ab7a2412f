// This process as a locality. Header only, since engine modules link none of the core's code.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sched.h>
#include <unistd.h>

#include "comm/communicator.hpp"

namespace hpxpy::comm {

/// Host name, process id, and the number of CPUs in the affinity mask.
inline Locality this_locality(int id) {
    char host[256] = {};
    if (gethostname(host, sizeof host - 1) != 0 || !host[0]) host[0] = '?';
    cpu_set_t mask;
    int cores = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 1;
    return {id, host, static_cast<std::int64_t>(getpid()), cores};
}

}  // namespace hpxpy::comm
