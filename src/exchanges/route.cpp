// Routes: three exchanges of parts that nobody knows before, each as one message to each locality that gets something.
// SPDX-License-Identifier: BSL-1.0
#include "exchanges/route.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

// What one locality finds is known to it alone, until all agree on the call.
std::optional<std::pair<std::int64_t, std::int64_t>> first_wrong(
    const comm::Signature& call,
    const std::optional<std::pair<std::int64_t, std::int64_t>>& found) {
    comm::Signature mine = call;
    mine.needs = found.has_value();
    std::optional<std::pair<std::int64_t, std::int64_t>> first;
    in_turn(world(), call.function.c_str(), [&] {
        if (comm::agree(world(), mine).needs == 0) return 0;
        auto [number, other] = found.value_or(std::pair<std::int64_t, std::int64_t>{});
        const std::int64_t mine_told[] = {found.has_value(), number, other};
        std::vector<std::int64_t> told = comm::gather_numbers(world(), mine_told);
        for (std::size_t i = 0; i < told.size() && !first; i += 3)
            if (told[i]) first.emplace(told[i + 1], told[i + 2]);
        return 0;
    });
    return first;
}

Route::Route(const char* function, const maps::Dealt& dealt,
             std::span<const std::int64_t> positions, const Within& within)
    : function_(function), given_(static_cast<std::size_t>(world().size())), got_(given_.size()) {
    find_owners(dealt, positions, within);
    send_counts();
    send_positions();
}

void Route::find_owners(const maps::Dealt& dealt, std::span<const std::int64_t> positions,
                        const Within& within) {
    std::vector<maps::Indices> held;
    held.reserve(static_cast<std::size_t>(dealt.parts()));
    for (int p = 0; p < dealt.parts(); ++p) held.push_back(dealt.held(p));
    held_here_ = held[static_cast<std::size_t>(world().id())].count() * within.length;
    std::vector<int> owners(positions.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
        owners[i] = dealt.owner(positions[i]);
        ++given_[static_cast<std::size_t>(owners[i])];
    }
    std::vector<std::int64_t> next(given_.size());
    std::exclusive_scan(given_.begin(), given_.end(), next.begin(), std::int64_t{0});
    order_.resize(positions.size());
    places_.resize(positions.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
        auto owner = static_cast<std::size_t>(owners[i]);
        auto at = static_cast<std::size_t>(next[owner]++);
        order_[at] = static_cast<std::int64_t>(i);
        places_[at] = held[owner].below(positions[i]) * within.length +
                      (within.places.empty() ? 0 : within.places[i]);
    }
}

void Route::send_counts() {
    std::vector<std::int64_t> one(given_.size(), 1);
    exchange(one, one, given_.data(), got_.data(), sizeof(std::int64_t), nullptr);
    if (comm::Play* playing = play()) play_counts(*playing);
}

// Others are taken to ask for as much as they are asked for. Shares that do not follow values are dealt out anew.
void Route::play_counts(comm::Play& playing) {
    playing.values_decide();
    using Counts = comm::Play::Counts;
    if (playing.counts() != Counts::own) {
        auto total = static_cast<std::int64_t>(order_.size());
        auto n = static_cast<std::int64_t>(given_.size());
        bool even = playing.counts() == Counts::uniform;
        // Of n localities the first gets n parts and the last one part.
        auto begin = [&](std::int64_t p) {
            return even ? total * p / n : total * p * (2 * n + 1 - p) / (n * (n + 1));
        };
        for (std::int64_t p = 0; p < n; ++p)
            given_[static_cast<std::size_t>(p)] = begin(p + 1) - begin(p);
        got_ = given_;
    }
    if (held_here_ > 0) return;
    std::fill(got_.begin(), got_.end(), 0);
}

void Route::send_positions() {
    arrived_.resize(static_cast<std::size_t>(std::accumulate(got_.begin(), got_.end(), 0LL)));
    exchange(given_, got_, places_.data(), arrived_.data(), sizeof(std::int64_t), "positions");
    // Where one locality is played, these are places in the parts of others.
    if (play())
        for (std::int64_t& place : arrived_) place = std::min(place, held_here_ - 1);
}

void Route::bring(const void* items, std::int64_t item_bytes, void* into) const {
    auto size = static_cast<std::size_t>(item_bytes);
    std::vector<std::byte> ordered(order_.size() * size);
    for (std::size_t i = 0; i < order_.size(); ++i)
        std::memcpy(
            ordered.data() + i * size,
            static_cast<const std::byte*>(items) + static_cast<std::size_t>(order_[i]) * size,
            size);
    exchange(given_, got_, ordered.data(), into, item_bytes, "values");
}

void Route::answer(const void* items, std::int64_t item_bytes, void* into) const {
    std::vector<std::byte> came(order_.size() * static_cast<std::size_t>(item_bytes));
    exchange(got_, given_, items, came.data(), item_bytes, "answers");
    auto size = static_cast<std::size_t>(item_bytes);
    for (std::size_t i = 0; i < order_.size(); ++i)
        std::memcpy(static_cast<std::byte*>(into) + static_cast<std::size_t>(order_[i]) * size,
                    came.data() + i * size, size);
}

// To and from each locality so many items, in the order of localities. `what` they are is shown; counts are not.
void Route::exchange(std::span<const std::int64_t> given, std::span<const std::int64_t> got,
                     const void* from, void* to, std::int64_t item_bytes, const char* what) const {
    comm::Communicator& group = world();
    std::vector<comm::ConstBytes> out;
    std::vector<comm::Bytes> into;
    const auto* sent = static_cast<const std::byte*>(from);
    auto* received = static_cast<std::byte*>(to);
    for (std::size_t p = 0; p < given.size(); ++p) {
        out.push_back({sent, given[p] * item_bytes});
        into.push_back({received, got[p] * item_bytes});
        sent += out.back().size;
        received += into.back().size;
    }
    if (what && plan_record_open())
        record_exchange(group, std::string("route of ") + what + " for " + function_,
                        [&](int a, int b) {
                            return a == group.id() ? out[static_cast<std::size_t>(b)].size
                                                   : into[static_cast<std::size_t>(a)].size;
                        });
    Traffic kind = what ? Traffic::route : Traffic::agreement;
    in_turn(group, function_, [&] {
        comm::wait(comm::start_all_to_all(group, kind, out, into, {}));
        return 0;
    });
}

}  // namespace hpxpy
