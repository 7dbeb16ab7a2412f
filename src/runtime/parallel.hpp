// Work on the elements of an array cut into ranges for the pool, where it is enough to be worth it.
// Used by what lives in exec because it needs values.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

/// The least number of elements that a thread of its own pays for.
constexpr std::int64_t thread_grain = 16384;

/// How many parts work on `count` units of `weight` elements each is cut into.
inline std::int64_t part_count(std::int64_t count, std::int64_t weight = 1) {
    std::int64_t worth = count * std::max<std::int64_t>(weight, 1) / thread_grain;
    if (count <= 1 || worth <= 1) return 1;
    std::int64_t threads = pool().size();
    return threads == 1 ? 1 : std::min({count, worth, threads * 4});
}

/// Calls body(part, first, last) for `parts` ranges that cover [0, count), on the pool if there are several.
/// Without the interpreter's lock where it takes long.
template <class Body>
void in_parts(std::int64_t parts, std::int64_t count, const Body& body) {
    if (parts <= 1) {
        body(std::int64_t{0}, std::int64_t{0}, count);
        return;
    }
    Outside outside;
    auto bound = [&](std::int64_t part) {
        return count / parts * part + std::min(part, count % parts);
    };
    pool().for_each(parts, [&](std::int64_t part) { body(part, bound(part), bound(part + 1)); });
}

}  // namespace hpxpy
