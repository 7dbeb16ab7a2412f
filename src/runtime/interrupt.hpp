// Long work that ends early when a signal handler raises, as Python's does on Ctrl-C. Used around loops over
// blocks whose results nobody has seen.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <chrono>
#include <exception>

namespace hpxpy {

/// For its lifetime the work of the calling thread, which looks up signals a few times a second. The functions of
/// the library fail in a signal handler meanwhile, as expressions are half evaluated.
class Interruptible {
public:
    Interruptible();
    ~Interruptible();
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

    /// The calling thread's work, nullptr if there is none.
    static Interruptible* current();

    /// To be asked by every thread between two blocks: whether the rest is to be left undone.
    bool stops() {
        if (stopped_.load(std::memory_order_relaxed)) return true;
        if (current() != this || ++asked_ % 16 != 0) return false;
        look_up();
        return stopped_.load(std::memory_order_relaxed);
    }
    /// Runs the signal handlers if the last look is long ago. The calling thread only.
    void look_up() noexcept;
    /// Throws what a handler raised; to be called when all threads have come back.
    void finish();

private:
    Interruptible* outer_;
    std::atomic<bool> stopped_{false};
    std::exception_ptr raised_;
    unsigned asked_ = 0;
    std::chrono::steady_clock::time_point looked_;
};

/// What a pool calls whose calling thread only waits.
void look_up_signals();

}  // namespace hpxpy
