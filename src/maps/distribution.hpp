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
    enum class Kind : std::uint8_t { none, block, cyclic, block_cyclic, mixed };
    /// What is said of one axis.
    struct Entry {
        Kind kind = Kind::none;
        std::int64_t block_size = 0;  ///< of Kind::block_cyclic; 0: not said
        std::optional<Dealt> dealt;   ///< where the parts are known
        bool operator==(const Entry& other) const;
    };

    Kind kind = Kind::none;  ///< that of all axes that are dealt out, if they have one
    std::int64_t block_size = 0;
    std::optional<std::int64_t> axis;  ///< below 0 it counts from the last one; nothing: not said
    std::vector<Entry> entries;        ///< one an axis, where a tuple was given
    std::optional<Dims> grid;  ///< nothing: not said, as near to a square as the lengths are
    std::optional<Map> map;    ///< where all is known
    /// It is the program's default: an axis given beside it wins, and 0-d arrays stay local.
    bool standing = false;
    /// What it does not fit stays local.
    bool if_it_fits = false;

    /// Of an array that lies so.
    static Distribution of(const Map& map);

    /// What is not said is equal to anything: the mere kind to all of its kind.
    bool operator==(const Distribution& other) const;
    /// Differs where anything that is said does.
    std::uint64_t fingerprint() const;
    /// "none", "block", "cyclic", "block_cyclic", "mixed"
    const char* name() const { return name_of(kind); }
    static const char* name_of(Kind kind);
    /// "block along axis 0: 0:34, 34:67, 67:100"; of several dozen blocks the first and the last ones.
    std::string to_string() const;
    /// The bounds of the only axis that is dealt out, if they are known.
    bool has_bounds() const { return map && map->is_simple(); }
};

/// The kind of one axis of a map.
Distribution::Kind kind_of(const Dealt& dealt);

/// Rows in one block of the block-cyclic distribution where nobody says it: ScaLAPACK's usual choice.
constexpr std::int64_t default_block_size = 64;

/// How an array of `shape` lies over `localities`, which is dealt out as `asked` says, not asked.map; a grid has as
/// many places. ValueError that begins with `function` for what does not fit. Nothing if no axis is dealt out.
std::optional<Map> map_of(const char* function, const Distribution& asked, const Dims& shape,
                          int axis, int localities);

/// The grid of arrays that are dealt out along so many axes and of which nobody says one; empty: near_square.
void set_usual_grid(const Dims& grid);

/// The lengths of a grid of localities for axes of these lengths: the one that cuts along the fewest elements.
Dims near_square(const Dims& lengths, int localities);

/// Blocks between bounds: from 0 up to the length or, of an array turned around, from the length down to 0. ValueError
/// that begins with `function` for others.
Map map_between(const char* function, int axis, const std::vector<std::int64_t>& bounds);
/// The bounds that give a simple map of the same owners.
std::vector<std::int64_t> bounds_of(const Map& map);

/// The same axes dealt out evenly; of blocks in the direction of the rows of `map`, where fewer then move.
Map balanced(const Map& map, const Dims& shape);

}  // namespace hpxpy::maps
