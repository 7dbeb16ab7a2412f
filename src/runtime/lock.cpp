// The locks of expressions and of the host language.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/lock.hpp"

#include <unistd.h>

#include <chrono>
#include <utility>

namespace hpxpy {

namespace {

HostLock host_lock;

std::atomic<std::thread::id> ended_by{};  ///< who called `end_computing`
std::atomic<bool> gate_closed{false};
std::atomic<int> at_the_gate{0};
std::atomic<int> busy{0};

void nap() { std::this_thread::sleep_for(std::chrono::microseconds(200)); }

}  // namespace

void ExpressionLock::lock() {
    if (!mine()) {
        mutex_.lock();
        owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        ++entries_;
    }
    ++depth_;
}

bool ExpressionLock::try_lock() {
    if (!mine()) {
        if (!mutex_.try_lock()) return false;
        owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        ++entries_;
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

HostGate::HostGate() {
    ++at_the_gate;
    if (!gate_closed || !is_too_late()) return;
    --at_the_gate;
    for (;;) pause();
}

HostGate::~HostGate() { --at_the_gate; }

bool end_computing(std::int64_t patience_ms) {
    auto now = [] { return std::chrono::steady_clock::now(); };
    auto limit = now() + std::chrono::milliseconds(patience_ms);
    ended_by = std::this_thread::get_id();
    // Never given back: whoever wants it now waits for ever.
    bool idle = expression_lock().try_lock();
    for (; !idle && now() < limit; idle = expression_lock().try_lock()) nap();
    idle = await_busy([&] { return now() < limit; }) && idle;
    gate_closed = true;
    while (at_the_gate > 0) nap();
    return idle;
}

bool is_too_late() {
    std::thread::id by = ended_by.load();
    return by != std::thread::id() && by != std::this_thread::get_id();
}

void rest() {
    ExpressionLock& lock = expression_lock();
    if (lock.mine()) {
        lock.depth_ = 1;
        lock.unlock();
    }
    for (;;) pause();
}

Busy::Busy() {
    ++busy;
    if (!is_too_late()) return;
    --busy;
    rest();
}

Busy::~Busy() { --busy; }

bool await_busy(const std::function<bool()>& check) {
    while (busy > 0) {
        if (!check()) return false;
        nap();
    }
    return true;
}

Outside::Outside() : state_(host_lock.release ? host_lock.release() : nullptr) {}

Outside::~Outside() {
    if (!state_) return;
    HostGate gate;
    host_lock.acquire(state_);
}

Waiting::Waiting() {
    ExpressionLock& lock = expression_lock();
    if (!lock.mine()) return;
    busy_.emplace();
    depth_ = std::exchange(lock.depth_, 1);
    lock.unlock();
}

Waiting::~Waiting() {
    if (depth_ == 0) return;
    busy_.reset();
    // Before the host's lock, which comes back last.
    ExpressionLock& lock = expression_lock();
    lock.lock();
    --lock.entries_;
    lock.depth_ = depth_;
}

}  // namespace hpxpy
