// What localities send each other, counted by kind of exchange. comm counts; hpx.counters shows.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

namespace hpxpy {

enum class Traffic : std::uint8_t {
    agreement,     ///< what is called, and shapes: what localities tell each other about a call
    halo,          ///< rows of neighbours, on one layout
    redistribute,  ///< to another map
    join,          ///< to a full copy on every locality
    gather,        ///< to one locality
    all_gather,    ///< everybody's part to everybody
    broadcast,
    scatter,
    all_reduce,  ///< results joined over localities, those of reductions among them
    scan,
    all_to_all,  ///< parts that calls deal out themselves
    route,       ///< positions to the owners of what they name, and answers back
    rotate,      ///< blocks that go round all localities
    sort,        ///< elements to where their order puts them
    function     ///< what is posted: functions that run elsewhere, what they return, arrays of send
};
constexpr std::string_view traffic_names[] = {
    "agreement",  "halo", "redistribute", "join",  "gather", "all_gather", "broadcast", "scatter",
    "all_reduce", "scan", "all_to_all",   "route", "rotate", "sort",       "function"};
constexpr int traffic_kinds = static_cast<int>(std::size(traffic_names));
static_assert(traffic_kinds == static_cast<int>(Traffic::function) + 1);

constexpr std::string_view name_of(Traffic kind) { return traffic_names[static_cast<int>(kind)]; }

/// What this locality gave to others. One message is what another gets in one exchange, in however many pieces.
/// What an engine does by an algorithm of its own counts as what it was asked for: what a locality gives
/// counts once for each other locality whose result depends on it.
struct Sent {
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
};

/// Adds to what was sent. Any thread.
void count_sent(Traffic kind, std::int64_t messages, std::int64_t bytes);

/// Whoever counts is told of it from now on, on the thread that sends; nobody with nullptr.
using SentObserver = void (*)(Traffic kind, std::int64_t messages, std::int64_t bytes);
void set_sent_observer(SentObserver observer);

/// The kind of what this thread starts next; it is told by what counts, even where nothing is given.
Traffic& traffic_to_start();

/// Sent since the process began.
Sent sent(Traffic kind);

}  // namespace hpxpy
