// The pool over oneTBB; the only file that knows it.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/pool_tbb.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>
#include <sched.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/cpus.hpp"

namespace hpxpy {

namespace {

thread_local bool inside_task = false;
thread_local int pinned_cpu = -1;

void pin(int cpu) {
    if (cpu != pinned_cpu && pin_thread(pthread_self(), cpu)) pinned_cpu = cpu;
}

class TbbPool final : public Pool {
public:
    TbbPool(int threads, std::vector<int> cpus) : threads_(threads), cpus_(std::move(cpus)) {
        if (threads == 1) return;
        if (threads > tbb::info::default_concurrency())
            parallelism_.emplace(tbb::global_control::max_allowed_parallelism,
                                 static_cast<std::size_t>(threads));
        arena_.emplace(threads, 1);
    }

    int size() const override { return threads_; }

    void run(std::int64_t count, void (*task)(void* context, std::int64_t i),
             void* context) override {
        if (count <= 1 || threads_ == 1 || inside_task) {
            for (std::int64_t i = 0; i < count; ++i) task(context, i);
            return;
        }
        // One piece a thread: neighbouring tasks stay together, and the static partitioner sends the
        // same piece to the same thread in the next run.
        std::int64_t pieces = std::min<std::int64_t>(count, threads_);
        int caller_cpu = cpus_.empty() ? -1 : sched_getcpu();
        arena_->execute([=, this] {
            tbb::parallel_for(
                tbb::blocked_range<std::int64_t>(0, pieces, 1),
                [=, this](const tbb::blocked_range<std::int64_t>& range) {
                    keep_apart(caller_cpu);
                    inside_task = true;
                    for (std::int64_t piece = range.begin(); piece < range.end(); ++piece)
                        run_piece(piece, pieces, count, task, context);
                    inside_task = false;
                },
                tbb::static_partitioner());
        });
    }

private:
    // Pins oneTBB's own threads, each to its CPU; the calling thread is never pinned, so the one whose
    // CPU it happens to be on takes the caller's instead.
    void keep_apart(int caller_cpu) const {
        int index = tbb::this_task_arena::current_thread_index();
        if (cpus_.empty() || index <= 0) return;
        int own = cpus_[static_cast<std::size_t>(index) % cpus_.size()];
        pin(own == caller_cpu ? cpus_[0] : own);
    }

    int threads_;
    std::vector<int> cpus_;
    std::optional<tbb::global_control> parallelism_;
    std::optional<tbb::task_arena> arena_;
};

}  // namespace

std::unique_ptr<Pool> make_tbb_pool(int threads, std::vector<int> cpus) {
    return std::make_unique<TbbPool>(std::max(threads, 1), std::move(cpus));
}

}  // namespace hpxpy
