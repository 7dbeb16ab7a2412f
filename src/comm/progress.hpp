// What is under way: exchanges that own their memory, kept in one list of the process until they are
// complete. collectives.cpp and agreement.cpp make them; the progress thread moves them on.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/buffer.hpp"
#include "comm/collectives.hpp"

namespace hpxpy::comm {

/// Nanoseconds of a clock that never goes back.
std::int64_t now();

/// An exchange of one request, with what is to be done when it is complete.
class Pending : public Exchange {
public:
    bool test() final;
    /// The same if no other thread is at it, without throwing; true when there is nothing left to do.
    bool try_progress();
    /// The same for the progress thread, whose tests are nobody's.
    bool move_on();
    /// When somebody last tested it; 0 before.
    std::int64_t last_test() const { return last_test_.load(std::memory_order_relaxed); }
    /// Keeps `buffer` until complete.
    void pin(Ref<Buffer> buffer) { pinned_.push_back(std::move(buffer)); }

protected:
    /// Called once, when the request is complete, before `test` says so. What it throws, `test` throws.
    virtual void finish() {}

private:
    friend void launch(const std::shared_ptr<Pending>&,
                       const std::function<std::unique_ptr<Request>()>&);
    /// What a complete exchange lets go of, outside its lock: freeing may call back into Python.
    struct Dropped {
        std::unique_ptr<Request> request;
        std::vector<Ref<Buffer>> pinned;
    };
    bool advance(Dropped& dropped);

    std::mutex lock_;
    std::unique_ptr<Request> request_;
    std::vector<Ref<Buffer>> pinned_;
    std::exception_ptr error_;
    bool complete_ = false;
    std::atomic<std::int64_t> last_test_{0};
};

/// Starts the request of `exchange` and puts it on the list. Lets go of what has ended, and where many are pending, waits for
/// the oldest first.
void launch(const std::shared_ptr<Pending>& exchange,
            const std::function<std::unique_ptr<Request>()>& start);

/// Waits without throwing what the exchange itself throws, since that belongs to its owner.
void wait_quietly(const std::shared_ptr<Pending>& exchange);

/// The oldest one under way that `wanted` takes; nullptr if there is none.
std::shared_ptr<Pending> find_pending(const std::function<bool(const Pending&)>& wanted);

/// Throws where this thread may take part in no collective.
void check_allowed(const char* function);

/// An exchange that is complete.
ExchangeRef completed();

}  // namespace hpxpy::comm
