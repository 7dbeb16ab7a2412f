// Collectives that the program has begun with sync=False: a thread of the group makes them in its place, in their order,
// and what comes after them waits for them. The bindings begin and make them; exchanges wait.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>

#include "comm/caller.hpp"
#include "comm/communicator.hpp"

namespace hpxpy {

/// A call that is begun, and queued until `close`.
class QueuedCall {
public:
    /// By the calling thread, where it stands. RuntimeError where it may take part in no collective.
    explicit QueuedCall(const comm::Communicator& group);
    ~QueuedCall();
    QueuedCall(const QueuedCall&) = delete;
    QueuedCall& operator=(const QueuedCall&) = delete;

    /// Runs `call` as the thread that began it. Outside, this thread takes part in no collective.
    void make(const std::function<void()>& call);
    /// The call is made, and who waits for it knows.
    void close();

private:
    const comm::Communicator* group_;  ///< nullptr when it is closed
    comm::Standing standing_;
};

/// Whether calls of the group are queued for which the calling thread has to wait.
bool has_queued(const comm::Communicator& group);

/// Returns when there are none; the caller holds no lock.
void await_queued(const comm::Communicator& group);

/// The same for all groups.
void await_all_queued();

}  // namespace hpxpy
