// The oneTBB pool: every task once, even pieces, nested and concurrent runs.
// SPDX-License-Identifier: BSL-1.0
#include <gtest/gtest.h>

#include <sched.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/cpus.hpp"
#include "runtime/pool_tbb.hpp"

namespace hpxpy {
namespace {

TEST(Pool, RunsEveryTaskOnce) {
    for (int threads : {1, 2, 3, 7}) {
        auto pool = make_tbb_pool(threads, affinity_cpus());
        EXPECT_EQ(pool->size(), threads);
        for (std::int64_t count : {0, 1, 2, 3, 5, 100, 1001}) {
            std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
            pool->for_each(count, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
            for (auto& n : calls) EXPECT_EQ(n.load(), 1);
        }
    }
}

TEST(Pool, AtLeastOneThread) { EXPECT_EQ(make_tbb_pool(0, {})->size(), 1); }

TEST(Pool, OneThreadRunsInOrderInPlace) {
    auto pool = make_tbb_pool(1, {});
    std::vector<std::int64_t> order;
    pool->for_each(5, [&](std::int64_t i) { order.push_back(i); });
    EXPECT_EQ(order, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

TEST(Pool, NestedRunStaysOnItsThread) {
    auto pool = make_tbb_pool(3, {});
    std::atomic<int> calls{0}, elsewhere{0};
    pool->for_each(6, [&](std::int64_t) {
        auto outer = std::this_thread::get_id();
        pool->for_each(10, [&](std::int64_t) {
            ++calls;
            if (std::this_thread::get_id() != outer) ++elsewhere;
        });
    });
    EXPECT_EQ(calls, 60);
    EXPECT_EQ(elsewhere, 0);
}

TEST(Pool, UsesNoMoreThreadsThanItsSize) {
    auto pool = make_tbb_pool(2, {});
    std::mutex mutex;
    for (int repeat = 0; repeat < 20; ++repeat) {
        std::set<std::thread::id> seen;
        pool->for_each(50, [&](std::int64_t) {
            std::lock_guard lock(mutex);
            seen.insert(std::this_thread::get_id());
        });
        EXPECT_LE(seen.size(), 2u);
    }
}

TEST(Pool, CallingThreadIsNotPinned) {
    std::vector<int> before = affinity_cpus();
    auto pool = make_tbb_pool(2, before);
    std::atomic<int> wide{0};
    for (int repeat = 0; repeat < 20; ++repeat)
        pool->for_each(4, [&](std::int64_t) {
            cpu_set_t set;
            if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 1) ++wide;
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        });
    EXPECT_EQ(affinity_cpus(), before);
    // The calling thread took part, unpinned; a worker that came has one CPU.
    if (before.size() > 1) {
        EXPECT_GE(wide, 20);
    }
}

TEST(Pool, SeveralThreadsMayCall) {
    auto pool = make_tbb_pool(2, {});
    std::atomic<int> calls{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i)
        callers.emplace_back([&] {
            for (int repeat = 0; repeat < 50; ++repeat)
                pool->for_each(10, [&](std::int64_t) { ++calls; });
        });
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(calls, 4 * 50 * 10);
}

TEST(Pool, MadeAndDestroyedManyTimes) {
    for (int repeat = 0; repeat < 20; ++repeat) {
        auto pool = make_tbb_pool(1 + repeat % 4, affinity_cpus());
        std::atomic<int> calls{0};
        pool->for_each(8, [&](std::int64_t) { ++calls; });
        EXPECT_EQ(calls, 8);
    }
}

}  // namespace
}  // namespace hpxpy
