// Copying memory of which there may be none, for all rooms and the modules of engines.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <cstring>

namespace hpxpy {

/// Both may be the same, or nowhere if there are no bytes.
inline void copy_bytes(void* to, const void* from, std::int64_t bytes) {
    if (bytes > 0 && to != from) std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

}  // namespace hpxpy
