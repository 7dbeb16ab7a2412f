// How an array is to be dealt out, as far as somebody said it: what `distribution=` means. It becomes a map where
// the shape is known.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "maps/map.hpp"

namespace hpxpy::maps {

struct Distribution {
    enum class Kind : std::uint8_t { none, block, cyclic };
    Kind kind = Kind::none;
    std::optional<std::int64_t> axis;  ///< below 0 it counts from the last one; nothing: not said
    std::optional<Map> blocks;         ///< of Kind::block, where the bounds are known
    /// It is the program's default: an axis given beside it wins, and 0-d arrays stay local.
    bool standing = false;
    /// What it does not fit stays local.
    bool if_it_fits = false;

    /// Of an array that lies so.
    static Distribution of(const Map& map);

    /// What is not said is equal to anything: the mere kind to all of its kind.
    bool operator==(const Distribution& other) const;
    /// "none", "block", "cyclic"
    const char* name() const;
    /// "block along axis 0: 0:34, 34:67, 67:100"; of several dozen blocks the first and the last ones.
    std::string to_string() const;
};

/// Blocks between bounds: from 0 up to the length or, of an array turned around, from the length down to 0. ValueError
/// that begins with `function` for others.
Map map_between(const char* function, int axis, const std::vector<std::int64_t>& bounds);
/// The bounds that give a map of the same owners.
std::vector<std::int64_t> bounds_of(const Map& map);

/// The blocks of an axis as `map` has them, made even: in the direction of the rows of `map`, where fewer then move.
Map balanced(const Map& map);

}  // namespace hpxpy::maps
