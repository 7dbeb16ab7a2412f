// What a loop that waits for another thread does between two looks.
// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace hpxpy {

inline void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

}  // namespace hpxpy
