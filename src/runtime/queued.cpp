// How many calls of each group are queued.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/queued.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include "comm/collectives.hpp"
#include "comm/progress.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

/// Never destroyed: threads may outlive main.
struct Queues {
    std::mutex lock;
    std::condition_variable changed;
    std::map<const comm::Communicator*, int> calls;
    std::atomic<int> total{0};
};

Queues& queues() {
    static Queues& instance = *new Queues;
    return instance;
}

/// Whether this thread makes calls for others; it waits for none.
thread_local bool makes = false;

template <class F>
void await(const F& done) {
    Queues& q = queues();
    std::unique_lock guard(q.lock);
    while (!done(q)) {
        q.changed.wait_for(guard, std::chrono::milliseconds(1));
        guard.unlock();
        check_signals();
        guard.lock();
    }
}

}  // namespace

QueuedCall::QueuedCall(const comm::Communicator& group)
    : group_(&group), standing_(comm::standing()) {
    comm::check_allowed("sync=False");
    Queues& q = queues();
    std::lock_guard guard(q.lock);
    ++q.calls[&group];
    ++q.total;
}

QueuedCall::~QueuedCall() { close(); }

void QueuedCall::close() {
    if (!group_) return;
    Queues& q = queues();
    std::lock_guard guard(q.lock);
    auto calls = q.calls.find(group_);
    if (--calls->second == 0) q.calls.erase(calls);
    --q.total;
    q.changed.notify_all();
    group_ = nullptr;
}

void QueuedCall::make(const std::function<void()>& call) {
    struct Making {
        explicit Making(const comm::Standing& standing) : stand_in(standing) {
            comm::forbid_collectives(false);
        }
        ~Making() { comm::forbid_collectives(true); }
        comm::StandIn stand_in;
    } making(standing_);
    makes = true;
    call();
}

bool has_queued(const comm::Communicator& group) {
    Queues& q = queues();
    if (q.total == 0 || makes) return false;
    std::lock_guard guard(q.lock);
    return q.calls.contains(&group);
}

void await_queued(const comm::Communicator& group) {
    await([&](const Queues& q) { return !q.calls.contains(&group); });
}

void await_all_queued() {
    await([](const Queues& q) { return q.total == 0; });
}

}  // namespace hpxpy
