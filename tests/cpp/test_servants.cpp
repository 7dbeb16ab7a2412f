// Threads that handle letters: all are handled, urgent ones first, waits do not use threads up, and the
// lock of expressions is let go of as a whole.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/servants.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/lock.hpp"

namespace hpxpy {
namespace {

using namespace std::chrono_literals;

Letter letter(int from) { return {from, {}}; }

/// Servants are never destroyed, so each test takes new ones and closes them.
struct Office {
    Servants& servants = *new Servants;
    Office(std::function<void(Letter)> handle, int limit) {
        servants.open(std::move(handle), limit);
    }
    ~Office() {
        while (!servants.quiet()) std::this_thread::sleep_for(1ms);
        servants.close();
    }
};

TEST(Servants, HandleEveryLetterOnce) {
    constexpr int count = 5000;
    std::vector<std::atomic<int>> seen(count);
    {
        Office office([&](Letter one) { ++seen[one.from]; }, 3);
        std::vector<std::thread> putting;
        for (int t = 0; t < 4; ++t)
            putting.emplace_back([&, t] {
                for (int i = t; i < count; i += 4) office.servants.put(letter(i), i % 7 == 0);
            });
        for (std::thread& thread : putting) thread.join();
    }
    for (const auto& times : seen) EXPECT_EQ(times, 1);
}

/// Has 10 letters handled one at a time; false where that took so long that letters may have lost patience.
bool limit_and_order_are_kept() {
    std::atomic<int> running{0}, most{0};
    std::mutex lock;
    std::vector<int> order;
    auto begin = std::chrono::steady_clock::now();
    {
        Office office(
            [&](Letter one) {
                most = std::max(most.load(), ++running);
                std::lock_guard guard(lock);
                order.push_back(one.from);
                EXPECT_TRUE(Servants::is_one());
                std::this_thread::sleep_for(10us);
                --running;
            },
            1);
        for (int i = 0; i < 10; ++i) office.servants.put(letter(i), false);
    }
    if (std::chrono::steady_clock::now() - begin >= 19ms) return false;
    EXPECT_EQ(most, 1);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(order[i], i);
    return true;
}

TEST(Servants, KeepTheLimitAndTheOrder) {
    bool quick = false;
    for (int i = 0; i < 100 && !quick; ++i) quick = limit_and_order_are_kept();
    EXPECT_TRUE(quick);
    EXPECT_FALSE(Servants::is_one());
}

TEST(Servants, ALongQueueGetsNoThreadForEachLetter) {
    for (bool urgent : {false, true}) {
        std::atomic<int> running{0}, most{0};
        {
            Office office(
                [&](Letter) {
                    int now = ++running;
                    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                    }
                    std::this_thread::sleep_for(1ms);
                    --running;
                },
                2);
            for (int i = 0; i < 500; ++i) office.servants.put(letter(i), urgent);
        }
        // Two, and one for every time that the machine kept both from working for 20 ms.
        EXPECT_LE(most, 20) << urgent;
    }
}

TEST(Servants, UrgentLettersDoNotWaitForOthers) {
    std::atomic<bool> arrived{false};
    Office office(
        [&](Letter one) {
            if (one.from == 1) arrived = true;
            while (!arrived) std::this_thread::sleep_for(1ms);
        },
        1);
    office.servants.put(letter(0), false);
    office.servants.put(letter(2), false);
    std::this_thread::sleep_for(5ms);
    EXPECT_FALSE(office.servants.quiet());
    office.servants.put(letter(1), true);
}

/// Letter n waits for letter n - 1, which it puts itself.
void wait_in_depth(bool pauses) {
    constexpr int depth = 30;
    std::vector<std::atomic<bool>> done(depth + 1);
    Servants* servants = nullptr;
    {
        Office office(
            [&](Letter one) {
                int n = one.from;
                if (n > 0) {
                    servants->put(letter(n - 1), false);
                    if (pauses) Servants::pause(true);
                    while (!done[n - 1]) std::this_thread::sleep_for(100us);
                    if (pauses) Servants::pause(false);
                }
                done[n] = true;
            },
            1);
        servants = &office.servants;
        servants->put(letter(depth), false);
    }
    for (const auto& one : done) EXPECT_TRUE(one);
}

TEST(Servants, ThreadsThatPauseGiveWayToOthers) { wait_in_depth(true); }

TEST(Servants, ThreadsThatWaitUnseenDoNotBlockForEver) { wait_in_depth(false); }

TEST(Servants, OpenAgainAfterClose) {
    Servants& servants = *new Servants;
    for (int round = 0; round < 3; ++round) {
        std::atomic<int> handled{0};
        servants.open([&](Letter) { ++handled; }, 2);
        for (int i = 0; i < 20; ++i) servants.put(letter(i), i % 2);
        while (!servants.quiet()) std::this_thread::yield();
        servants.close();
        EXPECT_EQ(handled, 20);
    }
}

TEST(ExpressionLock, IsTakenManyTimesAndLetGoOfAtOnce) {
    ExpressionLock& lock = expression_lock();
    auto others_get_it = [&] {
        bool got = false;
        std::thread([&] {
            got = lock.try_lock();
            if (got) lock.unlock();
        }).join();
        return got;
    };
    lock.lock();
    ASSERT_TRUE(lock.try_lock());
    lock.lock();
    EXPECT_FALSE(others_get_it());
    {
        Waiting waiting;
        EXPECT_TRUE(others_get_it());
        Waiting again;
        EXPECT_TRUE(others_get_it());
    }
    EXPECT_FALSE(others_get_it());
    lock.unlock();
    lock.unlock();
    EXPECT_FALSE(others_get_it());
    lock.unlock();
    EXPECT_TRUE(others_get_it());
}

}  // namespace
}  // namespace hpxpy
