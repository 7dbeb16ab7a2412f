// Messages are counted when they are posted and when they are handled; at the end, localities compare
// the counts through locality 0, in waves.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/remote.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {
namespace {

// Messages about the end, which are not counted: a locality's counts for locality 0, and its answer.
constexpr std::byte report_kind{'r'};
constexpr std::byte wave_kind{'w'};
constexpr std::byte end_kind{'e'};

struct Report {
    std::int64_t wave;
    std::int64_t posted;
    std::int64_t taken;
};

/// Never destroyed, as servants outlive main.
struct Service {
    std::function<void(Letter)> handler;
    Servants servants;
    std::atomic<std::int64_t> posted{0};
    std::atomic<std::int64_t> taken{0};
    std::atomic<std::int64_t> functions{0};
    std::atomic<bool> draining{false};

    std::mutex lock;
    std::condition_variable changed;
    bool open = false;
    std::int64_t wave = 0;       ///< of which counts are wanted
    std::int64_t answered = -1;  ///< the last wave of which they were given
    bool ended = false;
    // On locality 0:
    std::vector<Report> reports;
    std::int64_t taken_before = -1;
};

Service& service() {
    static Service& instance = *new Service;
    return instance;
}

std::vector<std::byte> message_of(std::byte kind, const Report& report) {
    std::vector<std::byte> message(1 + sizeof report);
    message[0] = kind;
    std::memcpy(message.data() + 1, &report, sizeof report);
    return message;
}

void receive_about_the_end(const std::vector<std::byte>& message) {
    Service& s = service();
    Report report{};
    std::memcpy(&report, message.data() + 1, sizeof report);
    std::lock_guard guard(s.lock);
    if (message[0] == report_kind) s.reports.push_back(report);
    if (message[0] == wave_kind) s.wave = report.wave;
    if (message[0] == end_kind) s.ended = true;
    s.changed.notify_all();
}

void receive(int from, std::vector<std::byte> message) {
    std::byte kind = message.at(0);
    if (kind == report_kind || kind == wave_kind || kind == end_kind)
        receive_about_the_end(message);
    else
        service().servants.put({from, std::move(message)},
                               kind != static_cast<std::byte>(MessageKind::call));
}

void handle(Letter letter) {
    Service& s = service();
    comm::forbid_collectives(true);
    if (letter.bytes[0] == static_cast<std::byte>(MessageKind::call)) ++s.functions;
    s.handler(std::move(letter));
    // Last, so that what the function posted is counted before.
    ++s.taken;
}

/// Counts a message as posted, or fails where nobody would take it.
void count_post() {
    Service& s = service();
    ++s.posted;
    std::lock_guard guard(s.lock);
    if (s.open) return;
    --s.posted;
    fail<RuntimeError>("async_: hpxpy is ending, and no locality runs functions any more");
}

/// On locality 0: whether nothing was on its way when the last wave began. Everything posted until this
/// wave was handled in the wave before then, so nothing ran in between.
bool is_over(Service& s) {
    std::int64_t posted = 0, taken = 0;
    for (const Report& report : s.reports) {
        posted += report.posted;
        taken += report.taken;
    }
    s.reports.clear();
    bool over = s.taken_before == posted;
    s.taken_before = taken;
    return over;
}

void tell_others(comm::Communicator& group, std::byte kind, std::int64_t wave) {
    for (int i = 0; i < group.size(); ++i)
        if (i != group.id()) comm::post(group, i, message_of(kind, {wave, 0, 0}));
}

}  // namespace

void set_message_handler(std::function<void(Letter)> handler) {
    service().handler = std::move(handler);
}

void post_message(int locality, std::vector<std::byte> message) {
    comm::Communicator& group = world();
    if (locality < 0 || locality >= group.size())
        fail<ValueError>("async_: locality ", locality, " does not exist; this program has ",
                         group.size() == 1 ? "locality 0 only" : "localities 0 to ",
                         group.size() == 1 ? "" : std::to_string(group.size() - 1));
    count_post();
    try {
        comm::post(group, locality, std::move(message));
    } catch (...) {
        --service().posted;
        throw;
    }
}

void post_here(std::vector<std::byte> message) {
    int id = world().id();
    count_post();
    receive(id, std::move(message));
}

bool in_remote_function() { return Servants::is_one(); }

void move_messages() { comm::move_posts(); }

std::int64_t functions_run() { return service().functions; }

void start_serving(comm::Communicator& group, int limit) {
    Service& s = service();
    s.posted = 0;
    s.taken = 0;
    s.draining = false;
    s.servants.open(handle, std::max(4, limit));
    {
        std::lock_guard guard(s.lock);
        s.wave = 0;
        s.answered = s.taken_before = -1;
        s.ended = false;
        s.reports.clear();
        s.open = true;
    }
    group.set_receiver(receive);
}

void drain(comm::Communicator& group, const std::function<void()>& check) {
    Service& s = service();
    bool first = group.id() == 0;
    s.draining = true;
    std::unique_lock guard(s.lock);
    while (!s.ended) {
        if (s.answered < s.wave && s.servants.quiet()) {
            // What is read first can only be too small, which is the safe side.
            std::int64_t taken = s.taken;
            Report mine{s.wave, s.posted, taken};
            s.answered = s.wave;
            if (first) {
                s.reports.push_back(mine);
            } else {
                guard.unlock();
                comm::post(group, 0, message_of(report_kind, mine));
                guard.lock();
            }
        }
        if (first && s.reports.size() == static_cast<std::size_t>(group.size())) {
            s.ended = is_over(s);
            std::byte kind = s.ended ? end_kind : wave_kind;
            std::int64_t wave = s.ended ? s.wave : ++s.wave;
            guard.unlock();
            tell_others(group, kind, wave);
            guard.lock();
            continue;
        }
        if (!s.ended) s.changed.wait_for(guard, std::chrono::milliseconds(1));
        guard.unlock();
        check();
        comm::move_posts();
        guard.lock();
    }
    s.open = false;
}

bool is_draining() { return service().draining; }

bool stop_serving(comm::Communicator& group) {
    Service& s = service();
    {
        std::lock_guard guard(s.lock);
        s.open = false;
    }
    group.set_receiver({});
    if (!s.servants.quiet()) return false;
    s.servants.close();
    return true;
}

}  // namespace hpxpy
