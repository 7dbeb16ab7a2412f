// Callers, told apart by a function of the host's, and whose turn it is.
// SPDX-License-Identifier: BSL-1.0
#include "comm/caller.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "comm/progress.hpp"

namespace hpxpy::comm {
namespace {

/// Never destroyed: threads may outlive main.
struct Callers {
    std::mutex lock;
    std::function<Caller()> tell;
    std::function<std::string()> line;
    /// Whose turn it is in a group.
    struct Owner {
        std::thread::id thread;
        std::string name;
        int turns = 0;
    };
    std::map<const Communicator*, Owner> owners;
};

Callers& callers() {
    static auto& callers = *new Callers;
    return callers;
}

thread_local std::optional<Caller> known;
thread_local std::string begun_at;
thread_local std::string parameters;
/// Whom this thread stands for.
thread_local const Standing* stands_for = nullptr;
thread_local int own_turns = 0;
std::atomic<void (*)()> turn_observer{nullptr};

}  // namespace

void set_callers(std::function<Caller()> tell, std::function<std::string()> line) {
    std::lock_guard guard(callers().lock);
    callers().tell.swap(tell);
    callers().line.swap(line);
}

Caller caller() {
    if (known) return *known;
    std::function<Caller()> tell;
    {
        std::lock_guard guard(callers().lock);
        tell = callers().tell;
    }
    if (!tell) return {};
    known = tell();
    return *known;
}

const std::string& call_site() { return begun_at; }

std::size_t add_parameters(const std::string& text) {
    std::size_t before = parameters.size();
    if (!text.empty()) parameters += (before ? ", " : "") + text;
    return before;
}
void drop_parameters(std::size_t before) { parameters.resize(before); }

Parameters::Parameters(const std::string& text) : before_(add_parameters(text)) {}
Parameters::~Parameters() { drop_parameters(before_); }

const std::string& call_parameters() { return parameters; }

std::string describe_thread(const std::string& name) {
    return name.empty() ? "the main thread" : "thread '" + name + "'";
}

namespace {

std::string line() {
    if (stands_for) return stands_for->site;
    std::function<std::string()> tell;
    {
        std::lock_guard guard(callers().lock);
        tell = callers().line;
    }
    return tell ? tell() : std::string();
}

}  // namespace

Standing standing() { return {caller(), line()}; }

StandIn::StandIn(const Standing& standing) {
    known = standing.caller;
    stands_for = &standing;
}

StandIn::~StandIn() {
    known.reset();
    stands_for = nullptr;
}

void set_turn_observer(void (*observer)()) { turn_observer = observer; }

Turn::Turn(const Communicator& group, const char* function) {
    std::string name = caller().name;
    if (own_turns == 0) begun_at = line();
    if (auto observer = turn_observer.load(); observer && own_turns == 0) observer();
    Callers& all = callers();
    std::lock_guard guard(all.lock);
    if (!all.tell) return;
    // What is refused anyway must not keep others from their turn.
    check_allowed(function);
    auto& owner = all.owners[&group];
    if (owner.turns > 0 && owner.thread != std::this_thread::get_id())
        fail<RuntimeError>(function, ": ", describe_thread(name), " calls this while ",
                           describe_thread(owner.name),
                           " is inside a call that all localities make in the same order; let one "
                           "thread make such calls, or one after the other in an order that is the "
                           "same on all localities");
    owner.thread = std::this_thread::get_id();
    owner.name = std::move(name);
    ++owner.turns;
    ++own_turns;
    group_ = &group;
}

Turn::~Turn() {
    if (!group_) return;
    if (--own_turns == 0) begun_at.clear();
    std::lock_guard guard(callers().lock);
    auto owner = callers().owners.find(group_);
    if (--owner->second.turns == 0) callers().owners.erase(owner);
}

}  // namespace hpxpy::comm
