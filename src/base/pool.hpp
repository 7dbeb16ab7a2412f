// The threads of one locality, as every room sees them. An engine may bring its own.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

namespace hpxpy {

/// Tells the thread sanitizer, for which the libraries of pools are not built, that tasks come after the
/// beginning of their run and before its end. Nothing without it.
class TaskOrder {
#ifdef __SANITIZE_THREAD__
public:
    void run_begins() { events_.store(1, std::memory_order_release); }
    void task_begins() { events_.load(std::memory_order_acquire); }
    void task_ends() { events_.fetch_add(1, std::memory_order_release); }
    void run_ends() { events_.load(std::memory_order_acquire); }

private:
    std::atomic<int> events_{0};
#else
public:
    void run_begins() {}
    void task_begins() {}
    void task_ends() {}
    void run_ends() {}
#endif
};

/// Runs numbered tasks on the threads of this locality.
class Pool {
public:
    virtual ~Pool() = default;
    /// How many threads run tasks, the calling one included.
    virtual int size() const = 0;
    /// Calls `task(context, i)` once for each i in [0, count), in any order and on any thread, and
    /// returns when all are done. Tasks throw nothing and do not call `run` again.
    virtual void run(std::int64_t count, void (*task)(void* context, std::int64_t i),
                     void* context) = 0;

    /// `idle` is called now and then by a calling thread that only waits until its tasks are done.
    void set_idle(void (*idle)()) { idle_ = idle; }

    /// The same for a callable.
    template <class F>
    void for_each(std::int64_t count, F&& f) {
        struct Tasks {
            std::remove_reference_t<F>& call;
            TaskOrder order;
        } tasks{f, {}};
        tasks.order.run_begins();
        run(
            count,
            [](void* context, std::int64_t i) {
                Tasks& own = *static_cast<Tasks*>(context);
                own.order.task_begins();
                own.call(i);
                own.order.task_ends();
            },
            &tasks);
        tasks.order.run_ends();
    }

protected:
    void (*idle_)() = nullptr;

    /// Runs piece `piece` of `pieces`, each a run of neighbouring tasks: what engines give to one thread.
    static void run_piece(std::int64_t piece, std::int64_t pieces, std::int64_t count,
                          void (*task)(void* context, std::int64_t i), void* context) {
        std::int64_t length = count / pieces, longer = count % pieces;
        std::int64_t first = piece * length + std::min(piece, longer);
        std::int64_t last = first + length + (piece < longer ? 1 : 0);
        for (std::int64_t i = first; i < last; ++i) task(context, i);
    }
};

}  // namespace hpxpy
