// Counts of what was sent.
// SPDX-License-Identifier: BSL-1.0
#include "base/traffic.hpp"

#include <atomic>

namespace hpxpy {
namespace {

struct Count {
    std::atomic<std::int64_t> messages{0};
    std::atomic<std::int64_t> bytes{0};
};

Count& count_of(Traffic kind) {
    static Count counts[traffic_kinds];
    return counts[static_cast<int>(kind)];
}

std::atomic<SentObserver> observer{nullptr};

}  // namespace

void set_sent_observer(SentObserver wanted) { observer = wanted; }

Traffic& traffic_to_start() {
    thread_local Traffic kind = Traffic::agreement;
    return kind;
}

void count_sent(Traffic kind, std::int64_t messages, std::int64_t bytes) {
    count_of(kind).messages.fetch_add(messages, std::memory_order_relaxed);
    count_of(kind).bytes.fetch_add(bytes, std::memory_order_relaxed);
    if (SentObserver observing = observer.load(std::memory_order_relaxed))
        observing(kind, messages, bytes);
}

Sent sent(Traffic kind) { return {count_of(kind).messages, count_of(kind).bytes}; }

}  // namespace hpxpy
