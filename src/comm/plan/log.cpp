// The log of a played locality: one for the process.
// SPDX-License-Identifier: BSL-1.0
#include "comm/plan/log.hpp"

#include <algorithm>
#include <mutex>

#include "base/buffer.hpp"
#include "base/hash.hpp"
#include "comm/caller.hpp"
#include "comm/progress.hpp"

namespace hpxpy::comm {
namespace {

/// Never destroyed: threads may outlive main.
struct Writing {
    std::mutex lock;
    bool open = false;
    Log log;
    std::unordered_map<std::string, std::int32_t> texts;
    std::uint64_t chain = 0;
    bool values_decide = false;
    std::int64_t waited_until = 0;
    std::string last_site;
};

Writing& writing() {
    static auto& writing = *new Writing;
    return writing;
}

/// Kinds whose sizes follow from where elements lie.
bool follows_elements(Traffic kind) {
    return kind != Traffic::agreement && kind != Traffic::all_reduce && kind != Traffic::function;
}

LoggedExchanges& exchanges_of(Writing& w, const std::string& site, Traffic kind) {
    LoggedExchanges& found = w.log.exchanges[{site, kind}];
    found.depends |= kind == Traffic::route || (w.values_decide && follows_elements(kind));
    return found;
}

void sent_now(Traffic kind, std::int64_t messages, std::int64_t bytes) {
    if (messages == 0 && bytes == 0) return;
    std::string site = present_site();
    Writing& w = writing();
    std::lock_guard guard(w.lock);
    if (!w.open) return;
    LoggedExchanges& found = exchanges_of(w, site, kind);
    found.sent.messages += messages;
    found.sent.bytes += bytes;
    if (messages > 0) found.largest = std::max(found.largest, bytes / messages);
}

void peak_now(std::int64_t bytes) {
    std::string site = present_site();
    Writing& w = writing();
    std::lock_guard guard(w.lock);
    if (!w.open || bytes <= w.log.peak) return;
    w.log.peak = bytes;
    w.log.peak_site = site;
}

void turn_now() {
    Writing& w = writing();
    std::lock_guard guard(w.lock);
    if (w.open) w.log.turns.push_back(now() - w.log.waited);
}

}  // namespace

std::string present_site() {
    std::string site = call_site();
    if (site.empty()) site = standing().site;
    Writing& w = writing();
    std::lock_guard guard(w.lock);
    if (site.empty()) return w.last_site;
    w.last_site = site;
    return site;
}

void begin_log() {
    Writing& w = writing();
    {
        std::lock_guard guard(w.lock);
        w.open = true;
    }
    set_sent_observer(sent_now);
    set_peak_observer(peak_now);
    set_turn_observer(turn_now);
}

void end_log() {
    set_sent_observer(nullptr);
    set_peak_observer(nullptr);
    set_turn_observer(nullptr);
}

void log_started(const Started& started) {
    std::string site = present_site();
    Writing& w = writing();
    std::lock_guard guard(w.lock);
    if (!w.open) return;
    LoggedExchanges& found = exchanges_of(w, site, started.kind);
    found.exchanges += started.exchanges;
    found.received.messages += started.received.messages;
    found.received.bytes += started.received.bytes;
    found.largest = std::max(found.largest, started.largest);
    for (auto [peer, bytes] : started.to) {
        Sent& with = found.peers[peer];
        ++with.messages;
        with.bytes += bytes;
        found.largest = std::max(found.largest, bytes);
    }
    for (auto [peer, bytes] : started.from) {
        found.received.messages += 1;
        found.received.bytes += bytes;
        found.largest = std::max(found.largest, bytes);
        found.peers[peer].bytes += bytes;
    }
}

void log_call(std::uint64_t call, std::uint64_t name, const std::string& text) {
    Writing& w = writing();
    std::lock_guard guard(w.lock);
    if (!w.open) return;
    w.chain = Hash()
                  .add(static_cast<std::int64_t>(w.chain))
                  .add(static_cast<std::int64_t>(w.values_decide ? name : call))
                  .value();
    auto [found, added] = w.texts.try_emplace(text, static_cast<std::int32_t>(w.log.texts.size()));
    if (added) w.log.texts.push_back(text);
    w.log.calls.push_back({w.chain, found->second});
}

void log_values_decide() {
    std::lock_guard guard(writing().lock);
    writing().values_decide = true;
}

std::int64_t log_value_read() {
    std::string site = present_site();
    std::lock_guard guard(writing().lock);
    return writing().log.reads[site]++;
}

void log_work(std::int64_t bytes, double operations) {
    std::lock_guard guard(writing().lock);
    writing().log.work += bytes;
    writing().log.operations += operations;
}

void log_waited(std::int64_t begun) {
    Writing& w = writing();
    std::lock_guard guard(w.lock);
    // Several may have been waited for at the same time.
    std::int64_t end = now();
    w.log.waited += end - std::max(begun, w.waited_until);
    w.waited_until = end;
}

Log logged() {
    std::lock_guard guard(writing().lock);
    return writing().log;
}

}  // namespace hpxpy::comm
