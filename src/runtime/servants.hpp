// Threads that handle messages, apart from those that compute: as many as run at a time, and more while
// some of them wait for others, so that nested waits never run out of threads. remote.cpp has these.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace hpxpy {

struct Letter {
    int from;
    std::vector<std::byte> bytes;
};

/// Never destroyed, since threads may outlive main.
class Servants {
public:
    /// `handle` throws nothing. Up to `limit` letters (and as many urgent ones) are handled at a time, not
    /// counting threads that pause. Where none of those has taken another letter for 20 ms, all may wait
    /// for one that is in the queue, so one thread more takes it. A long queue that moves on has no part
    /// in that: thousands of letters would get a thread each, which would keep each other from working.
    void open(std::function<void(Letter)> handle, int limit);
    /// Ends the threads and waits for that; no letter may be left.
    void close();

    /// Puts a letter into the queue; urgent ones go before all others. Never waits.
    void put(Letter letter, bool urgent);
    /// Whether no letter waits or is being handled.
    bool quiet() const;

    /// Whether the calling thread handles a letter.
    static bool is_one();
    /// From now on (until false) the calling thread only waits for something; no matter on other threads.
    static void pause(bool waits);

private:
    struct Queue {
        std::deque<Letter> letters;
        std::int64_t moved =
            0;         ///< when it last began or a letter of it was taken, in milliseconds
        int busy = 0;  ///< threads that handle one and do not pause
    };
    void loop();
    bool may_take(const Queue& queue, std::int64_t now) const;
    bool is_empty() const { return urgent_.letters.empty() && others_.letters.empty(); }
    void ensure_spare();

    std::function<void(Letter)> handle_;
    int limit_ = 1;
    mutable std::mutex lock_;
    std::condition_variable changed_;
    Queue urgent_;
    Queue others_;
    int threads_ = 0;
    int idle_ = 0;
    int in_hand_ = 0;  ///< letters being handled
    bool closed_ = true;
};

}  // namespace hpxpy
