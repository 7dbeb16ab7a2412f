// Tells threads that wait that something arrived, for engines whose messages move without being asked.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

namespace hpxpy::comm {

/// Read `count`, look whether what is wanted is there, else `wait` with that count.
class Arrivals {
public:
    std::uint32_t count() const { return count_.load(); }
    void tell() {
        ++count_;
        if (waiting_.load() > 0) futex(FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
    }
    /// Returns when something arrived since `seen` was read, at most so many nanoseconds later.
    void wait(std::uint32_t seen, std::int64_t nanoseconds) {
        timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
        ++waiting_;
        futex(FUTEX_WAIT_PRIVATE, seen, &limit);
        --waiting_;
    }

private:
    void futex(int operation, std::uint32_t value, const timespec* limit) {
        static_assert(sizeof count_ == 4);
        syscall(SYS_futex, &count_, operation, value, limit, nullptr, 0);
    }
    std::atomic<std::uint32_t> count_{0};
    std::atomic<int> waiting_{0};
};

}  // namespace hpxpy::comm
