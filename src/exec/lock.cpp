// The locks of expressions and of the host language.
// SPDX-License-Identifier: BSL-1.0
#include "exec/lock.hpp"

namespace hpxpy {

namespace {
HostLock host_lock;
}

std::recursive_mutex& expression_lock() {
    static std::recursive_mutex& lock = *new std::recursive_mutex;
    return lock;
}

void set_host_lock(HostLock lock) { host_lock = lock; }

Outside::Outside() : state_(host_lock.release ? host_lock.release() : nullptr) {}

Outside::~Outside() {
    if (state_) host_lock.acquire(state_);
}

}  // namespace hpxpy
