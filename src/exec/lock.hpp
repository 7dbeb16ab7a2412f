// One lock over all expressions, and the interpreter's lock let go of while work takes long. The
// bindings take the first at every entry; exec and waits let go of the second.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

namespace hpxpy {

/// Guards nodes, plans and everything pending. Never waited for while holding the interpreter's lock. One
/// thread may take it many times.
class ExpressionLock {
public:
    void lock();
    bool try_lock();
    void unlock();

    /// While it lives, what the holder guards is half done: nothing of it may be used, even by the holder.
    class HalfDone {
    public:
        HalfDone();
        ~HalfDone();
        HalfDone(const HalfDone&) = delete;
        HalfDone& operator=(const HalfDone&) = delete;
    };
    /// To be asked by the holder.
    bool half_done() const { return half_done_; }

private:
    friend class Waiting;
    bool mine() const {
        return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }
    std::mutex mutex_;
    std::atomic<std::thread::id> owner_{};
    int depth_ = 0;
    bool half_done_ = false;
};
ExpressionLock& expression_lock();

/// How the host language's lock is let go and taken again; set once by the bindings.
struct HostLock {
    void* (*release)() = nullptr;  ///< nullptr result: this thread does not hold it
    void (*acquire)(void* state) = nullptr;
};
void set_host_lock(HostLock lock);

/// Lets go of the host's lock for its lifetime.
class Outside {
public:
    Outside();
    ~Outside();
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

private:
    void* state_;
};

/// Lets go of both locks for its lifetime, so that functions that other localities run here go on while this
/// thread waits for those localities. Other threads may record and evaluate meanwhile.
class Waiting {
public:
    Waiting();
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    Outside outside_;
    int depth_ = 0;
};

}  // namespace hpxpy
