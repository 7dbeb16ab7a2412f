// A queue of letters and the threads that take from it.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/servants.hpp"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <thread>

namespace hpxpy {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t patience_ms = 20;
/// A thread that had nothing to do for so long ends, if another one is idle too.
constexpr milliseconds retirement{5000};

/// Whose thread this is, while it handles a letter.
thread_local Servants* serves = nullptr;
thread_local int pauses = 0;

std::int64_t now_ms() {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(now).count();
}

}  // namespace

void Servants::open(std::function<void(Letter)> handle, int limit) {
    std::lock_guard guard(lock_);
    handle_ = std::move(handle);
    limit_ = limit;
    closed_ = false;
}

void Servants::close() {
    std::unique_lock guard(lock_);
    closed_ = true;
    changed_.notify_all();
    changed_.wait(guard, [&] { return threads_ == 0; });
}

void Servants::put(Letter letter, bool urgent) {
    std::lock_guard guard(lock_);
    if (urgent)
        urgent_.push_back(std::move(letter));
    else
        queue_.push_back({std::move(letter), now_ms()});
    ensure_spare();
    changed_.notify_one();
}

bool Servants::quiet() const {
    std::lock_guard guard(lock_);
    return urgent_.empty() && queue_.empty() && in_hand_ == 0;
}

bool Servants::is_one() { return serves != nullptr; }

void Servants::pause(bool waits) {
    if (!serves) return;
    bool first = waits ? pauses++ == 0 : --pauses == 0;
    if (!first) return;
    std::lock_guard guard(serves->lock_);
    serves->busy_ += waits ? -1 : 1;
    if (waits) serves->changed_.notify_one();
}

bool Servants::may_take(std::int64_t now) const {
    if (!urgent_.empty()) return true;
    return !queue_.empty() && (busy_ < limit_ || now - queue_.front().since >= patience_ms);
}

/// One thread more than are at work, to see when a letter has waited for too long.
void Servants::ensure_spare() {
    if (idle_ > 0 || (urgent_.empty() && queue_.empty())) return;
    ++threads_;
    ++idle_;
    std::thread([this] { loop(); }).detach();
}

void Servants::loop() {
    // Signals are for the program's own threads.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock guard(lock_);
    for (;;) {
        if (may_take(now_ms())) {
            Letter letter;
            bool urgent = !urgent_.empty();
            if (urgent) {
                letter = std::move(urgent_.front());
                urgent_.pop_front();
            } else {
                letter = std::move(queue_.front().letter);
                queue_.pop_front();
            }
            --idle_;
            ++in_hand_;
            ++busy_;
            ensure_spare();
            guard.unlock();
            serves = this;
            handle_(std::move(letter));
            serves = nullptr;
            guard.lock();
            --busy_;
            --in_hand_;
            ++idle_;
            if (!queue_.empty()) changed_.notify_one();
            continue;
        }
        if (closed_) break;
        if (!queue_.empty()) {
            changed_.wait_for(guard, milliseconds(patience_ms));
        } else if (changed_.wait_for(guard, retirement) == std::cv_status::timeout && idle_ > 1 &&
                   urgent_.empty() && queue_.empty()) {
            break;
        }
    }
    --idle_;
    --threads_;
    changed_.notify_all();
}

}  // namespace hpxpy
