// Counts what one call of a group gives to others. collectives.cpp and agreement.cpp count with these.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <span>

#include "base/traffic.hpp"
#include "comm/communicator.hpp"

namespace hpxpy::comm {

/// What this locality gives to `others` localities, the same bytes to each; no bytes are no message.
inline void count_to(std::int64_t others, Traffic kind, std::int64_t bytes) {
    traffic_to_start() = kind;
    if (bytes > 0) count_sent(kind, others, others * bytes);
}

/// The same, to all others.
inline void count_to_others(const Communicator& group, Traffic kind, std::int64_t bytes) {
    count_to(group.size() - 1, kind, bytes);
}

/// The same of what `root` gives.
inline void count_given(const Communicator& group, Traffic kind, int root, std::int64_t bytes) {
    traffic_to_start() = kind;
    if (group.id() == root) count_to_others(group, kind, bytes);
}

/// A part for each locality, of which the own one stays.
inline void count_parts(const Communicator& group, Traffic kind,
                        std::span<const ConstBytes> parts) {
    traffic_to_start() = kind;
    for (int p = 0; p < group.size(); ++p)
        if (p != group.id()) count_to(1, kind, parts[p].size);
}

}  // namespace hpxpy::comm
