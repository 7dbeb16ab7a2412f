// Which thread of a locality takes part in communication of a group of localities: one at a time, and the same
// one everywhere. exec holds a `Turn` around each call; agreement compares callers.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <string>

namespace hpxpy::comm {

class Communicator;

struct Caller {
    /// Equal on all localities for the same thread of the same program; empty for the main thread.
    std::string identity;
    /// What it is called in messages.
    std::string name;
};

/// How the calling thread is told from others, from now on, and the line of the program where it stands
/// ("script.py:12"; called where a turn begins). None (`{}`): it is not, and turns do not count.
void set_callers(std::function<Caller()> callers, std::function<std::string()> lines);

/// The calling thread.
Caller caller();

/// Who calls, and from which line.
struct Standing {
    Caller caller;
    std::string site;
};
/// Of the calling thread, now.
Standing standing();

/// While one lives, the calling thread passes for another one, whose call it makes.
class StandIn {
public:
    explicit StandIn(const Standing& standing);
    ~StandIn();
    StandIn(const StandIn&) = delete;
    StandIn& operator=(const StandIn&) = delete;
};

/// Where this thread's turn began; empty outside.
const std::string& call_site();

/// Called as a turn begins that is in no other one; none: nothing is.
void set_turn_observer(void (*observer)());

/// How messages speak of a thread of that name.
std::string describe_thread(const std::string& name);

/// While one lives, no other thread starts what all localities of the group start in the same order: RuntimeError that
/// names both threads if one does. A thread may hold several.
class Turn {
public:
    Turn(const Communicator& group, const char* function);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    const Communicator* group_ = nullptr;  ///< of a turn that counts
};

}  // namespace hpxpy::comm
