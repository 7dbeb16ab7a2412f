// The threads of one locality, as every room sees them. An engine may bring its own.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>

namespace hpxpy {

/// Runs numbered tasks on the threads of this locality.
class Pool {
public:
    virtual ~Pool() = default;
    /// How many threads run tasks, the calling one included.
    virtual int size() const = 0;
    /// Calls `task(context, i)` once for each i in [0, count), in any order and on any thread, and
    /// returns when all are done. Tasks throw nothing and do not call `run` again.
    virtual void run(std::int64_t count, void (*task)(void* context, std::int64_t i),
                     void* context) = 0;

    /// The same for a callable.
    template <class F>
    void for_each(std::int64_t count, F&& f) {
        using Callable = std::remove_reference_t<F>;
        run(
            count, [](void* context, std::int64_t i) { (*static_cast<Callable*>(context))(i); },
            const_cast<std::remove_const_t<Callable>*>(&f));
    }
};

}  // namespace hpxpy
