// The locks of expressions and of the host language.
// SPDX-License-Identifier: BSL-1.0
#include "exec/lock.hpp"

#include <utility>

namespace hpxpy {

namespace {
HostLock host_lock;
}

void ExpressionLock::lock() {
    if (!mine()) {
        mutex_.lock();
        owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    ++depth_;
}

bool ExpressionLock::try_lock() {
    if (!mine()) {
        if (!mutex_.try_lock()) return false;
        owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    }
    ++depth_;
    return true;
}

void ExpressionLock::unlock() {
    if (--depth_ > 0) return;
    owner_.store({}, std::memory_order_relaxed);
    mutex_.unlock();
}

ExpressionLock& expression_lock() {
    static ExpressionLock& lock = *new ExpressionLock;
    return lock;
}

ExpressionLock::HalfDone::HalfDone() { expression_lock().half_done_ = true; }

ExpressionLock::HalfDone::~HalfDone() { expression_lock().half_done_ = false; }

void set_host_lock(HostLock lock) { host_lock = lock; }

Outside::Outside() : state_(host_lock.release ? host_lock.release() : nullptr) {}

Outside::~Outside() {
    if (state_) host_lock.acquire(state_);
}

Waiting::Waiting() {
    ExpressionLock& lock = expression_lock();
    if (!lock.mine()) return;
    depth_ = std::exchange(lock.depth_, 1);
    lock.unlock();
}

Waiting::~Waiting() {
    if (depth_ == 0) return;
    // Before the host's lock, which comes back last.
    expression_lock().lock();
    expression_lock().depth_ = depth_;
}

}  // namespace hpxpy
