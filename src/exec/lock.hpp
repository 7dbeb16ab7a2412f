// One lock over all expressions, and the interpreter's lock let go of while work takes long. The
// bindings take the first at every entry; exec and waits let go of the second.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mutex>

namespace hpxpy {

/// Guards nodes, plans and everything pending. Never waited for while holding the interpreter's lock.
std::recursive_mutex& expression_lock();

/// How the host language's lock is let go and taken again; set once by the bindings.
struct HostLock {
    void* (*release)() = nullptr;  ///< nullptr result: this thread does not hold it
    void (*acquire)(void* state) = nullptr;
};
void set_host_lock(HostLock lock);

/// Lets go of the host's lock for its lifetime.
class Outside {
public:
    Outside();
    ~Outside();
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

private:
    void* state_;
};

}  // namespace hpxpy
