// The control channel: how a locality that fails, is killed or leaves ends the whole program, by
// name. exec/runtime opens it when there is more than one locality; waits look at it.
//
// Each locality has a watcher process at its side (python/hpxpy/_launch): the parent that `hpxpy run`
// put before it, or one that it starts itself under a plain mpiexec. The watcher learns the
// locality's real end, outlives it and is connected to the supervisor, which decides and ends the
// program through the watchers. This class is the locality's end of the socket to its watcher.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace hpxpy::comm {

/// How far this locality is in the sequence of collectives: comparable between localities.
using Mark = std::int64_t;

class Control {
public:
    /// The channel that the launcher left for this very process in HPXPY_CONTROL; nullptr if there is none.
    static std::unique_ptr<Control> inherited();
    /// Starts a watcher of this process with `command`; RuntimeError if that cannot be started.
    static std::unique_ptr<Control> start_watcher(const std::vector<std::string>& command, int id,
                                                  int size);
    ~Control();
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    /// The watcher was started by this process and needs to be told its supervisor.
    bool is_own_watcher() const { return own_watcher_; }
    /// The watcher becomes the supervisor too; its address, for `join` on all localities.
    std::string serve(bool one_host);
    void join(const std::string& address);

    /// The engine starts, which waits for all localities.
    void starting(Mark mark);
    /// The engine runs.
    void running(int id, int size);
    /// Called again and again from a wait (no GIL held): tells that this locality waits, and where
    /// (`call_site` gives one line; it is asked only when the wait is long). Throws CommunicationError
    /// if the program is ending; when the wait can never end, because a locality that it needs has left,
    /// the supervisor ends the program.
    /// `group` is the one that is waited for, if it is known and not the whole program, and `function` what it calls,
    /// if that is known.
    void waiting(Mark mark, const Communicator* group, const std::string& function,
                 const std::function<std::string()>& call_site);
    /// Takes part in nothing more after `mark`, and what it has done in these groups, but lives on.
    void left(Mark mark, const std::vector<const Communicator*>& groups);
    /// The engine is being stopped, which may wait until it is on all localities: those that have said goodbye need not
    /// wait for this one's.
    void stopping();
    /// This locality raised: the report (its traceback) is shown first, then the program ends. What `follows` is an
    /// error of communication, which another locality's end may have caused: this one then stays until that is
    /// known, as a launcher would end the others with it.
    void failed(const std::string& report, int code, bool follows);
    /// Communication failed: however this locality ends from now on, the end of another may be the cause.
    void lost();
    /// Will exit with this code, which is not 0.
    void exiting(int code);
    /// Leaves well; returns when all localities have said goodbye (false: the program is ending).
    bool goodbye();

private:
    Control(int fd, bool own_watcher) : fd_(fd), own_watcher_(own_watcher) {}
    void send(const std::string& text);
    void receive(int timeout_ms);

    std::atomic<bool> lost_ = false;
    std::mutex lock_;  ///< several threads may wait at once
    int fd_;
    bool own_watcher_;
    std::string incoming_;
    bool ending_ = false;
    bool everyone_left_ = false;
    std::string address_;
    std::int64_t wait_began_ = 0;  ///< ms, of the wait that `waiting` was last called from
    std::int64_t wait_seen_ = 0;
    std::int64_t wait_told_ = 0;
};

}  // namespace hpxpy::comm
