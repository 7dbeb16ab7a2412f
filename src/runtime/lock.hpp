// One lock over all expressions, and the interpreter's lock let go of while work takes long. The
// bindings take the first at every entry; exec and waits let go of the second.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace hpxpy {

/// Never returns; for threads that are too late (see `end_computing`). Lets go of our lock.
[[noreturn]] void rest();

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

    /// How often it was taken; who lets go of it to wait (see Waiting) is not counted again, and learns whether others
    /// were in between.
    std::uint64_t entries() const { return entries_; }

private:
    friend class Waiting;
    friend void rest();
    bool mine() const {
        return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }
    std::mutex mutex_;
    std::atomic<std::thread::id> owner_{};
    int depth_ = 0;
    bool half_done_ = false;
    std::uint64_t entries_ = 0;
};
ExpressionLock& expression_lock();

/// How the host language's lock is let go and taken again; set once by the bindings.
struct HostLock {
    void* (*release)() = nullptr;  ///< nullptr result: this thread does not hold it
    void (*acquire)(void* state) = nullptr;
};
void set_host_lock(HostLock lock);

/// A thread that takes the host's lock: while one lives, that may be waited for. Threads that come after
/// `end_computing` never return from it.
class HostGate {
public:
    HostGate();
    ~HostGate();
    HostGate(const HostGate&) = delete;
    HostGate& operator=(const HostGate&) = delete;
};

/// From now on, only the calling thread computes and goes back to the host; all others wait for ever, as they
/// would meet a host that is ending. What they compute just now is waited for, `patience_ms` at most: false
/// if it is not done then. The caller does not hold the host's lock.
bool end_computing(std::int64_t patience_ms);

/// Whether the calling thread is one of those that come too late, and may leave its work undone and `rest`.
bool is_too_late();

/// A thread that uses the engine without our lock; `end_computing` waits for it as well.
class Busy {
public:
    Busy();
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
};

/// Returns when no other thread is `Busy`; the caller holds our lock, so none gets so. `check` is called meanwhile,
/// and ends the waiting if it is false.
bool await_busy(const std::function<bool()>& check);

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
    std::optional<Busy> busy_;
    int depth_ = 0;
};

}  // namespace hpxpy
