// The threads of one locality, as every room sees them. An engine may bring its own.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
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

protected:
    /// Runs piece `piece` of `pieces`, each a run of neighbouring tasks: what engines give to one thread.
    static void run_piece(std::int64_t piece, std::int64_t pieces, std::int64_t count,
                          void (*task)(void* context, std::int64_t i), void* context) {
        std::int64_t length = count / pieces, longer = count % pieces;
        std::int64_t first = piece * length + std::min(piece, longer);
        std::int64_t last = first + length + (piece < longer ? 1 : 0);
        for (std::int64_t i = first; i < last; ++i) task(context, i);
    }
};

}  // namespace hpxpy
