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
/// How many threads are at work on letters of its queue.
thread_local int* at_work = nullptr;
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
    Queue& queue = urgent ? urgent_ : others_;
    if (queue.letters.empty()) queue.moved = now_ms();
    queue.letters.push_back(std::move(letter));
    ensure_spare();
    changed_.notify_one();
}

bool Servants::quiet() const {
    std::lock_guard guard(lock_);
    return is_empty() && in_hand_ == 0;
}

bool Servants::is_one() { return serves != nullptr; }

void Servants::pause(bool waits) {
    if (!serves) return;
    bool first = waits ? pauses++ == 0 : --pauses == 0;
    if (!first) return;
    std::lock_guard guard(serves->lock_);
    *at_work += waits ? -1 : 1;
    if (waits) serves->changed_.notify_one();
}

bool Servants::may_take(const Queue& queue, std::int64_t now) const {
    return !queue.letters.empty() && (queue.busy < limit_ || now - queue.moved >= patience_ms);
}

/// One thread more than are at work, to see when a letter has waited for too long.
void Servants::ensure_spare() {
    if (idle_ > 0 || is_empty()) return;
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
        std::int64_t now = now_ms();
        Queue* queue = may_take(urgent_, now) ? &urgent_ : &others_;
        if (may_take(*queue, now)) {
            Letter letter = std::move(queue->letters.front());
            queue->letters.pop_front();
            queue->moved = now;
            --idle_;
            ++in_hand_;
            ++queue->busy;
            ensure_spare();
            guard.unlock();
            serves = this;
            at_work = &queue->busy;
            handle_(std::move(letter));
            serves = nullptr;
            guard.lock();
            --queue->busy;
            --in_hand_;
            ++idle_;
            if (!is_empty()) changed_.notify_one();
            continue;
        }
        if (closed_) break;
        if (!is_empty()) {
            changed_.wait_for(guard, milliseconds(patience_ms));
        } else if (changed_.wait_for(guard, retirement) == std::cv_status::timeout && idle_ > 1 &&
                   is_empty()) {
            break;
        }
    }
    --idle_;
    --threads_;
    changed_.notify_all();
}

}  // namespace hpxpy
