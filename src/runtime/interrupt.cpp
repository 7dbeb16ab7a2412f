// Work that signals end.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/interrupt.hpp"

#include "runtime/lock.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

constexpr std::chrono::milliseconds between_looks{50};
thread_local Interruptible* current_work = nullptr;

}  // namespace

Interruptible::Interruptible() : outer_(current_work), looked_(std::chrono::steady_clock::now()) {
    current_work = this;
}

Interruptible::~Interruptible() { current_work = outer_; }

Interruptible* Interruptible::current() { return current_work; }

void Interruptible::look_up() noexcept {
    auto now = std::chrono::steady_clock::now();
    if (now - looked_ < between_looks || stopped_.load(std::memory_order_relaxed)) return;
    looked_ = now;
    if (is_too_late()) {
        stopped_.store(true, std::memory_order_relaxed);
        return;
    }
    ExpressionLock::HalfDone half_done;
    try {
        check_signals();
    } catch (...) {
        raised_ = std::current_exception();
        stopped_.store(true, std::memory_order_relaxed);
    }
}

void Interruptible::finish() {
    if (stopped_ && is_too_late()) rest();
    if (raised_) std::rethrow_exception(raised_);
}

void look_up_signals() {
    if (current_work) current_work->look_up();
}

}  // namespace hpxpy
