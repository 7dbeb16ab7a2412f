// Matches messages with those who wait for them.
// SPDX-License-Identifier: BSL-1.0
#include "comm/hpx/mailbox.hpp"

#include <cstring>
#include <utility>

#include "comm/lost.hpp"

namespace hpxpy::comm::hpx_engine {

bool Transfer::test() const {
    State state = state_.load(std::memory_order_acquire);
    if (state == wrong_size)
        fail<CommunicationError>("recv: the message that arrived has another size");
    if (state == failed)
        fail<LostError>(
            "HPX could not deliver a message: the connection to another locality is lost");
    return state == complete;
}

void Mailbox::hand_over(Entry& entry) {
    bool fits = entry.fits();
    if (fits && !entry.in_place && entry.size > 0)
        std::memcpy(entry.into.data, entry.bytes.data(), static_cast<std::size_t>(entry.size));
    entry.transfer->end(fits ? Transfer::complete : Transfer::wrong_size);
}

void Mailbox::await(const Key& key, Bytes into, const TransferRef& transfer, bool at_most) {
    std::lock_guard guard(lock_);
    Entry& entry = entries_[key];
    entry.transfer = transfer;
    entry.into = into;
    entry.at_most = at_most;
    if (!entry.whole) return;
    hand_over(entry);
    entries_.erase(key);
}

std::byte* Mailbox::place(const Key& key, std::int64_t size) {
    std::lock_guard guard(lock_);
    Entry& entry = entries_[key];
    entry.size = size;
    entry.in_place = entry.transfer && entry.fits();
    if (entry.in_place) return static_cast<std::byte*>(entry.into.data);
    entry.bytes.resize(static_cast<std::size_t>(size));
    return entry.bytes.data();
}

void Mailbox::arrived(const Key& key) {
    {
        std::lock_guard guard(lock_);
        Entry& entry = entries_[key];
        entry.whole = true;
        if (entry.transfer) {
            hand_over(entry);
            entries_.erase(key);
        } else if (auto stream = streams_.find(key.stream); stream != streams_.end()) {
            take_in_order(key.stream, stream->second, key.source);
        }
    }
    arrivals_.tell();
}

void Mailbox::take_in_order(std::uint64_t stream, Stream& to, int source) {
    std::uint64_t& next = to.next[source];
    for (;; ++next) {
        auto entry = entries_.find({stream, next, source});
        if (entry == entries_.end() || !entry->second.whole) return;
        std::vector<std::byte> message = std::move(entry->second.bytes);
        entries_.erase(entry);
        to.take(source, std::move(message));
    }
}

void Mailbox::open(std::uint64_t stream, Take take) {
    std::lock_guard guard(lock_);
    Stream& to = streams_[stream];
    to.take = std::move(take);
    std::vector<int> sources;
    for (const auto& [key, entry] : entries_)
        if (key.stream == stream) sources.push_back(key.source);
    for (int source : sources) take_in_order(stream, to, source);
}

void Mailbox::close(std::uint64_t stream) {
    std::lock_guard guard(lock_);
    streams_.erase(stream);
}

void Mailbox::clear() {
    std::lock_guard guard(lock_);
    entries_.clear();
    streams_.clear();
}

}  // namespace hpxpy::comm::hpx_engine
