// Positions travel to the owners of what they name, and answers come back along the way. Called by algorithms whose
// exchanges depend on values.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "comm/collectives.hpp"
#include "comm/play.hpp"
#include "maps/map.hpp"

namespace hpxpy {

/// All localities agree on `call`; two numbers tell what one has found wrong in what it was given. Those of the first
/// locality that has some, told to all; nothing if there is none. Waits.
std::optional<std::pair<std::int64_t, std::int64_t>> first_wrong(
    const comm::Signature& call, const std::optional<std::pair<std::int64_t, std::int64_t>>& mine);

class Route {
public:
    /// Where each position stands in what every index of the axis has `length` of; nothing where that is one.
    struct Within {
        std::span<const std::int64_t> places = {};
        std::int64_t length = 1;
    };
    /// Every locality gives positions, which exist, along a dealt axis of a map that gives each to one locality: how many
    /// go to whom, then the positions. `function`, which all have agreed on, is what is called. Waits.
    Route(const char* function, const maps::Dealt& dealt, std::span<const std::int64_t> positions,
          const Within& within);

    /// The places, along this locality's part of the axis and within its indices, of the positions that came, by whom they
    /// came from.
    std::span<const std::int64_t> arrived() const { return arrived_; }

    /// Sends an item along with each position that was given; `into` gets one for each that came, in that order. Waits.
    void bring(const void* items, std::int64_t item_bytes, void* into) const;

    /// Sends back an item for each position that came; `into` gets one for each that was given, in that order. Waits.
    void answer(const void* items, std::int64_t item_bytes, void* into) const;

private:
    void find_owners(const maps::Dealt& dealt, std::span<const std::int64_t> positions,
                     const Within& within);
    void send_counts();
    void send_positions();
    void play_counts(comm::Play& playing);
    void exchange(std::span<const std::int64_t> given, std::span<const std::int64_t> got,
                  const void* from, void* to, std::int64_t item_bytes, const char* what) const;

    const char* function_;
    std::vector<std::int64_t> order_;        ///< of the positions given, by owner: which one it is
    std::vector<std::int64_t> places_;       ///< where each of those lies in its owner's part
    std::vector<std::int64_t> given_, got_;  ///< to and from each locality: how many
    std::vector<std::int64_t> arrived_;
    std::int64_t held_here_ = 0;  ///< how many places are this locality's own
};

}  // namespace hpxpy
