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
    /// `handle` throws nothing. Up to `limit` letters are handled at a time, not counting threads that
    /// pause; one that has waited for 20 ms all the same is not kept waiting for ever.
    void open(std::function<void(Letter)> handle, int limit);
    /// Ends the threads and waits for that; no letter may be left.
    void close();

    /// Puts a letter into the queue; urgent ones go before all others and know no limit. Never waits.
    void put(Letter letter, bool urgent);
    /// Whether no letter waits or is being handled.
    bool quiet() const;

    /// Whether the calling thread handles a letter.
    static bool is_one();
    /// From now on (until false) the calling thread only waits for something; no matter on other threads.
    static void pause(bool waits);

private:
    struct Waiting {
        Letter letter;
        std::int64_t since;
    };
    void loop();
    bool may_take(std::int64_t now) const;
    void ensure_spare();

    std::function<void(Letter)> handle_;
    int limit_ = 1;
    mutable std::mutex lock_;
    std::condition_variable changed_;
    std::deque<Letter> urgent_;
    std::deque<Waiting> queue_;
    int threads_ = 0;
    int idle_ = 0;
    int in_hand_ = 0;  ///< letters being handled
    int busy_ = 0;     ///< threads that handle one and do not pause
    bool closed_ = true;
};

}  // namespace hpxpy
