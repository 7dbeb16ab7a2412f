// Exchanges under way, waiting for them, and the thread that moves on those that nobody looks after.
// SPDX-License-Identifier: BSL-1.0
#include "comm/progress.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <optional>
#include <thread>

#include "base/pause.hpp"
#include "comm/agreement.hpp"

namespace hpxpy::comm {
namespace {

constexpr std::int64_t microsecond = 1000;
constexpr std::int64_t millisecond = 1000 * microsecond;
/// More than a few requests pending at once cost MPI quadratic time.
constexpr std::size_t pending_limit = 64;
/// An exchange that nobody has tested for so long is the progress thread's, which looks at every `pause`: each time that
/// it wakes up, it costs threads that compute on the same cores more than it takes. Who waits for an arrival tests
/// exchanges at each.
constexpr std::int64_t abandoned = 100 * microsecond;
constexpr std::int64_t abandoned_by_arrivals = millisecond;
constexpr std::int64_t pause = millisecond;
/// How often posted messages are looked for: by a thread that would sleep, and while there is traffic.
constexpr std::int64_t posts_pause = 2 * millisecond;
constexpr std::int64_t posts_pause_lively = 50 * microsecond;
/// So long after a message left or arrived there is traffic.
constexpr std::int64_t lively = 5 * millisecond;

/// Everything under way in this process, oldest first. Never destroyed: exchanges may outlive main.
struct Registry {
    std::mutex lock;
    std::condition_variable wake;
    std::deque<std::shared_ptr<Pending>> pending;
    /// The progress thread sleeps until something is under way or a message was posted; for a while, or until the latter.
    bool asleep = false;
    bool pausing = false;
    bool ending = false;
    std::optional<std::thread> thread;
    WaitHook hook;
    /// The group whose posted messages somebody must look after, and what went wrong with them.
    std::atomic<Communicator*> posts{nullptr};
    std::exception_ptr posts_error;
    /// What went wrong with an exchange that nobody has waited for since, by group.
    std::map<const Communicator*, std::exception_ptr> untold;
    /// Of an engine whose messages move by themselves.
    std::atomic<Arrivals*> arrivals{nullptr};
    std::atomic<std::int64_t> last_post{0};
};

Registry& registry() {
    static auto& registry = *new Registry;
    return registry;
}

thread_local bool collectives_forbidden = false;
thread_local const Exchange* awaited = nullptr;

std::int64_t abandoned_after() { return registry().arrivals ? abandoned_by_arrivals : abandoned; }

void nap(std::int64_t nanoseconds) {
    timespec time{0, nanoseconds};
    nanosleep(&time, nullptr);
}

/// How to pass the time between two tests: spin, then let others run, then sleep ever longer. A test
/// that took long has moved data, and starts it all over.
class Patience {
public:
    /// What had arrived before a test; `pass` returns as soon as more has.
    void look() {
        if (arrivals_) seen_ = arrivals_->count();
    }
    void begin(std::int64_t time) { quiet_since_ = time; }
    void pass(std::int64_t before, std::int64_t after) {
        if (after - before > 5 * microsecond) quiet_since_ = after;
        std::int64_t quiet = after - quiet_since_;
        if (quiet < spin_)
            pause_processor();
        else if (quiet < yield_)
            sched_yield();
        else if (std::int64_t time = std::clamp(quiet / 20, shortest_, millisecond / 2); arrivals_)
            arrivals_->wait(seen_, time);
        else
            nap(time);
    }
    /// An engine with threads of its own needs the processor that a waiting thread would take.
    static Patience of_waiting() {
        if (registry().arrivals) return {20 * microsecond, 0, 20 * microsecond};
        return {50 * microsecond, 2 * millisecond, 20 * microsecond};
    }
    /// The progress thread never yields: on a busy core that costs a whole time slice, while who wakes
    /// from a nap is run at once.
    static Patience of_progress() {
        return registry().arrivals ? Patience{20 * microsecond, 0, 20 * microsecond}
                                   : Patience{0, 0, abandoned};
    }

private:
    Patience(std::int64_t spin, std::int64_t yield, std::int64_t shortest)
        : arrivals_(registry().arrivals),
          spin_(spin),
          yield_(yield),
          shortest_(shortest),
          quiet_since_(now()) {}

    Arrivals* arrivals_;
    std::uint32_t seen_ = 0;
    std::int64_t spin_;
    std::int64_t yield_;
    std::int64_t shortest_;  ///< sleep
    std::int64_t quiet_since_;
};

std::shared_ptr<Pending> oldest_beyond(std::size_t limit) {
    Registry& all = registry();
    std::lock_guard guard(all.lock);
    return all.pending.size() > limit ? all.pending.front() : nullptr;
}

/// A copy: another thread may be ending what it is made of.
WaitHook wait_hook() {
    std::lock_guard guard(registry().lock);
    return registry().hook;
}

void forget(const Exchange* exchange) {
    Registry& all = registry();
    std::shared_ptr<Pending> last;
    std::lock_guard guard(all.lock);
    auto found = std::find_if(all.pending.begin(), all.pending.end(),
                              [&](const auto& pending) { return pending.get() == exchange; });
    if (found == all.pending.end()) return;
    last = std::move(*found);
    all.pending.erase(found);
}

std::exception_ptr take_untold(const Communicator* group) {
    std::lock_guard guard(registry().lock);
    auto found = registry().untold.extract(group);
    return found ? found.mapped() : nullptr;
}

const Disagreement* disagreement(const std::exception_ptr& error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (const Disagreement& found) {
        return &found;
    } catch (...) {
    }
    return nullptr;
}

/// Of two errors the one of the earlier call.
std::exception_ptr earlier(const std::exception_ptr& a, const std::exception_ptr& b) {
    const Disagreement *first = disagreement(a), *second = disagreement(b);
    if (!first || !second) return first ? a : b;
    return first->number < second->number ? a : b;
}

void keep_untold(const std::exception_ptr& error) {
    const Disagreement* found = disagreement(error);
    // What was called before all met again failed with what they were told then.
    if (found && found->stale()) return;
    std::lock_guard guard(registry().lock);
    std::exception_ptr& kept = registry().untold[found ? found->group : nullptr];
    kept = kept ? earlier(kept, error) : error;
}

/// Throws `error`. Of localities that did not agree all come here, with the error of the same call: they meet first.
[[noreturn]] void raise(std::exception_ptr error) {
    const Disagreement* found = disagreement(error);
    if (found && !found->stale()) {
        Communicator& group = *found->group;
        while (auto other = oldest_agreeing(group)) wait_quietly(other);
        if (std::exception_ptr other = take_untold(&group)) error = earlier(error, other);
        meet_again(group);
        take_untold(&group);
    }
    std::rethrow_exception(error);
}

/// Calls `complete` until it is true, and the wait hook about every millisecond.
template <class F>
void wait_until(F&& complete) {
    Patience patience = Patience::of_waiting();
    std::int64_t next_hook = now() + millisecond;
    for (;;) {
        patience.look();
        std::int64_t before = now();
        if (complete()) return;
        std::int64_t after = now();
        if (after >= next_hook) {
            if (WaitHook hook = wait_hook()) hook();
            move_posts();
            next_hook = now() + millisecond;
        }
        patience.pass(before, after);
    }
}

/// Tests all exchanges that nobody has tested lately; false if there was none.
bool take_over(std::vector<std::shared_ptr<Pending>>& scratch) {
    {
        std::lock_guard guard(registry().lock);
        scratch.assign(registry().pending.begin(), registry().pending.end());
    }
    bool any = false;
    for (const auto& exchange : scratch) {
        if (now() - exchange->last_test() < abandoned_after()) continue;
        any = true;
        if (exchange->move_on()) forget(exchange.get());
    }
    scratch.clear();
    return any;
}

/// Nothing is left to the progress thread: it looks again after a while, at once when a message is posted.
void rest() {
    Registry& all = registry();
    auto posts_are_lively = [&] { return now() - all.last_post < lively; };
    if (posts_are_lively()) {
        nap(posts_pause_lively);
        return;
    }
    std::unique_lock guard(all.lock);
    all.pausing = true;
    all.wake.wait_for(guard, std::chrono::nanoseconds(pause),
                      [&] { return all.ending || posts_are_lively(); });
    all.pausing = false;
}

void progress_loop() {
    // Without this, the kernel lengthens every nap by 50 µs.
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
    Registry& all = registry();
    std::vector<std::shared_ptr<Pending>> scratch;
    Patience patience = Patience::of_progress();
    bool busy = false;
    std::int64_t idle_since = now();
    std::int64_t next_posts = 0;
    for (;;) {
        {
            std::unique_lock guard(all.lock);
            if (all.ending) return;
            if (!all.pending.empty()) {
                idle_since = now();
            } else if (now() - std::max(idle_since, all.last_post.load()) > lively) {
                // Short naps while there is traffic spare every exchange the cost of waking this thread.
                all.asleep = true;
                auto needed = [&] {
                    return all.ending || !all.pending.empty() || now() - all.last_post < lively;
                };
                if (all.posts)
                    all.wake.wait_for(guard, std::chrono::nanoseconds(posts_pause), needed);
                else
                    all.wake.wait(guard, needed);
                all.asleep = false;
                guard.unlock();
                move_posts();
                guard.lock();
                if (!all.pending.empty()) idle_since = now();
                continue;
            }
        }
        std::int64_t before = now();
        if (before >= next_posts) {
            move_posts();
            bool traffic = before - all.last_post < lively;
            next_posts = before + (traffic ? posts_pause_lively : posts_pause);
        }
        patience.look();
        if (take_over(scratch)) {
            if (!busy) patience.begin(before);
            busy = true;
            patience.pass(before, now());
        } else {
            busy = false;
            rest();
        }
    }
}

class Completed final : public Exchange {
public:
    bool test() override { return true; }
};

}  // namespace

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

bool Pending::advance(Dropped& dropped) {
    if (complete_) return true;
    bool arrived = false;
    try {
        if (!request_->test()) return false;
        arrived = true;
        finish();
    } catch (...) {
        error_ = std::current_exception();
        keep_untold(error_);
    }
    if (arrived) {
        dropped.request = std::move(request_);
        dropped.pinned = std::move(pinned_);
    } else {
        // The engine may still write to the memory of a request that failed, so it is never freed.
        new Dropped{std::move(request_), std::move(pinned_)};
    }
    complete_ = true;
    return true;
}

bool Pending::test() {
    last_test_.store(now(), std::memory_order_relaxed);
    Dropped dropped;
    std::lock_guard guard(lock_);
    bool complete = advance(dropped);
    if (!error_) return complete;
    {
        std::lock_guard guard(registry().lock);
        std::erase_if(registry().untold, [&](const auto& kept) { return kept.second == error_; });
    }
    std::rethrow_exception(error_);
}

bool Pending::try_progress() {
    last_test_.store(now(), std::memory_order_relaxed);
    return move_on();
}

bool Pending::move_on() {
    Dropped dropped;
    std::unique_lock guard(lock_, std::try_to_lock);
    return guard.owns_lock() && advance(dropped);
}

void wait_quietly(const std::shared_ptr<Pending>& exchange) {
    wait_until([&] { return exchange->try_progress(); });
    forget(exchange.get());
}

std::shared_ptr<Pending> find_pending(const std::function<bool(const Pending&)>& wanted) {
    Registry& all = registry();
    std::lock_guard guard(all.lock);
    auto found = std::find_if(all.pending.begin(), all.pending.end(),
                              [&](const auto& pending) { return wanted(*pending); });
    return found == all.pending.end() ? nullptr : *found;
}

void forbid_collectives(bool forbidden) { collectives_forbidden = forbidden; }

void check_allowed(const char* function) {
    if (collectives_forbidden)
        fail<RuntimeError>(
            function,
            ": a function that async_ runs cannot take part in communication that all "
            "localities start in the same order; return the value, or use async_");
}

void launch(const std::shared_ptr<Pending>& exchange,
            const std::function<std::unique_ptr<Request>()>& start) {
    check_allowed("exchange");
    // What has ended lets go of its memory, which this one may get while it is in a cache.
    while (auto oldest = oldest_beyond(0)) {
        if (oldest->move_on())
            forget(oldest.get());
        else if (oldest_beyond(pending_limit - 1))
            wait_quietly(oldest);
        else
            break;
    }
    exchange->request_ = start();
    if (exchange->try_progress()) return;
    Registry& all = registry();
    std::lock_guard guard(all.lock);
    all.pending.push_back(exchange);
    if (all.asleep) all.wake.notify_one();
}

bool has_untold() {
    std::lock_guard guard(registry().lock);
    return !registry().untold.empty();
}

void raise_untold(const Communicator& group) {
    for (const Communicator* of : {static_cast<const Communicator*>(nullptr), &group})
        if (std::exception_ptr error = take_untold(of)) raise(error);
}

ExchangeRef completed() {
    static auto& exchange = *new ExchangeRef(std::make_shared<Completed>());
    return exchange;
}

void set_wait_hook(WaitHook hook) {
    std::lock_guard guard(registry().lock);
    registry().hook.swap(hook);
}

const Communicator* awaited_group() {
    auto* agreeing = dynamic_cast<const Agreeing*>(awaited);
    return agreeing ? &agreeing->group() : nullptr;
}

std::string awaited_function() {
    auto* agreeing = dynamic_cast<const Agreeing*>(awaited);
    return agreeing ? agreeing->function() : "";
}

void wait(const ExchangeRef& exchange) {
    std::exception_ptr error;
    // Python's signal handlers may wait for something else meanwhile.
    struct Awaiting {
        explicit Awaiting(const Exchange* one) : outer(std::exchange(awaited, one)) {}
        ~Awaiting() { awaited = outer; }
        const Exchange* outer;
    } awaiting(exchange.get());
    try {
        wait_until([&] { return exchange->test(); });
    } catch (const Disagreement&) {
        error = std::current_exception();
    }
    forget(exchange.get());
    if (error) raise(error);
}

void post(Communicator& group, int peer, std::vector<std::byte> message) {
    Registry& all = registry();
    {
        std::lock_guard guard(all.lock);
        if (all.posts_error) std::rethrow_exception(all.posts_error);
    }
    auto bytes = static_cast<std::int64_t>(message.size());
    group.post(peer, std::move(message));
    if (peer != group.id()) count_sent(Traffic::function, 1, bytes);
    if (!all.posts) return;
    all.last_post = now();
    std::lock_guard guard(all.lock);
    if (all.asleep || all.pausing) all.wake.notify_one();
}

void move_posts() {
    Registry& all = registry();
    Communicator* group = all.posts;
    if (!group) return;
    try {
        if (group->progress()) all.last_post = now();
    } catch (...) {
        // Nobody here waits for them: who posts next is told.
        std::lock_guard guard(all.lock);
        all.posts_error = std::current_exception();
        all.posts = nullptr;
    }
}

void start_progress_thread(Communicator* posts) {
    Registry& all = registry();
    std::lock_guard guard(all.lock);
    if (all.thread) return;
    all.ending = false;
    all.posts_error = nullptr;
    all.arrivals = posts ? posts->arrivals() : nullptr;
    all.posts = all.arrivals ? nullptr : posts;
    all.thread.emplace(progress_loop);
}

void finish_pending() {
    while (auto oldest = oldest_beyond(0)) wait_quietly(oldest);
}

void stop_progress_thread() {
    finish_pending();
    Registry& all = registry();
    std::optional<std::thread> thread;
    {
        std::lock_guard guard(all.lock);
        all.ending = true;
        thread.swap(all.thread);
        all.wake.notify_all();
    }
    if (thread) thread->join();
    all.posts = nullptr;
    all.arrivals = nullptr;
}

}  // namespace hpxpy::comm
