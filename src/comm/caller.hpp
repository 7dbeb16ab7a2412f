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

/// While one lives, what this thread starts belongs to a call with these parameters ("norm=ortho"), too, which agreement
/// compares. For those that change what is computed, and not what is sent; none ("") change nothing.
class Parameters {
public:
    explicit Parameters(const std::string& text);
    ~Parameters();
    Parameters(const Parameters&) = delete;
    Parameters& operator=(const Parameters&) = delete;

private:
    std::size_t before_;
};

/// Adds to the parameters, and gives how many bytes there were; and back to those.
std::size_t add_parameters(const std::string& text);
void drop_parameters(std::size_t before);

/// The parameters of the calls that this thread is in; empty if none are told.
const std::string& call_parameters();

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
