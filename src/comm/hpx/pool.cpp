// The pool over HPX's worker threads. The caller, a thread of the system, sleeps meanwhile and now and then looks
// after its signals.
// SPDX-License-Identifier: BSL-1.0
#include <hpx/config.hpp>
#include <hpx/include/parallel_executors.hpp>
#include <hpx/include/post.hpp>
#include <hpx/include/runtime.hpp>
#include <hpx/modules/threadmanager.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/cpus.hpp"
#include "comm/hpx/runtime.hpp"

namespace hpxpy::comm::hpx_engine {
namespace {

thread_local bool inside_task = false;

class HpxPool final : public Pool {
public:
    explicit HpxPool(const std::vector<int>& cpus)
        : threads_(static_cast<int>(hpx::get_os_thread_count())) {
        auto& manager = hpx::threads::get_thread_manager();
        bool enough = threads_ <= static_cast<int>(cpus.size());
        for (int i = 0; i < threads_ && enough; ++i)
            pin_thread(manager.get_os_thread_handle(static_cast<std::size_t>(i)).native_handle(),
                       cpus[static_cast<std::size_t>(i)]);
        for (int i = 0; i < threads_; ++i) {
            hpx::threads::thread_schedule_hint hint(static_cast<std::int16_t>(i));
            workers_.emplace_back(hpx::threads::thread_priority::normal,
                                  hpx::threads::thread_stacksize::large, hint);
        }
    }

    int size() const override { return threads_; }

    void run(std::int64_t count, void (*task)(void* context, std::int64_t i),
             void* context) override {
        if (count <= 1 || threads_ == 1 || inside_task) {
            for (std::int64_t i = 0; i < count; ++i) task(context, i);
            return;
        }
        // One piece for each worker: neighbouring tasks stay together and on their worker.
        struct Run {
            std::int64_t pieces;
            std::int64_t count;
            void (*task)(void* context, std::int64_t i);
            void* context;
            std::int64_t left;
            std::mutex lock;
            std::condition_variable done;
        } run{std::min<std::int64_t>(count, threads_), count, task, context, 0, {}, {}};
        run.left = run.pieces;
        for (std::int64_t piece = 0; piece < run.pieces; ++piece)
            hpx::post(workers_[static_cast<std::size_t>(piece)], [&run, piece] {
                inside_task = true;
                run_piece(piece, run.pieces, run.count, run.task, run.context);
                inside_task = false;
                // Under the lock, as `run` ends when the caller has it.
                std::lock_guard<std::mutex> guard(run.lock);
                if (--run.left == 0) run.done.notify_one();
            });
        std::unique_lock<std::mutex> guard(run.lock);
        while (!run.done.wait_for(guard, std::chrono::milliseconds(50),
                                  [&] { return run.left == 0; })) {
            guard.unlock();
            if (idle_) idle_();
            guard.lock();
        }
    }

private:
    int threads_;
    std::vector<hpx::execution::parallel_executor> workers_;
};

}  // namespace

std::unique_ptr<Pool> make_pool(const std::vector<int>& cpus) {
    return std::make_unique<HpxPool>(cpus);
}

}  // namespace hpxpy::comm::hpx_engine
