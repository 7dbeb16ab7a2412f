// Where two distributed operands of a product meet: which of them moves to another map first, along which dimension of
// their grid blocks then go round, and where the result lies. Pure: maps, lengths and dtypes decide. Called by
// contraction.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <vector>

#include "algorithms/contraction.hpp"

namespace hpxpy {

/// For each dimension of a grid what is dealt out along it; `axis` is a label.
using Along = std::vector<std::optional<maps::Dealt>>;

struct Meeting {
    Dims grid;
    /// Where the operands are wanted; what is dealt out along no dimension is whole.
    Along left, right;
    /// Where the products are computed: where the result lies, and how sums are shared.
    Along both;
    /// A dimension of the grid along which the operands deal out different axes: blocks of one of them go round.
    struct Turn {
        int dimension;
        bool left_moves;
    };
    std::vector<Turn> turns;

    /// Two turns of which the first is along the left one's rows and the second along the right one's columns: both deal
    /// out the axis that is summed over along the other one.
    bool in_panels() const { return turns.size() == 2; }
};

/// Operands that are local, or lie on one grid; nothing if they cannot meet there.
std::optional<Meeting> meeting_of(const Term& left, const Term& right, const Groups& groups);

/// The map of an array with these labels.
maps::Map map_of(const Along& along, const Dims& grid, const Labels& labels);

/// One axis that a distributed operand deals out, in blocks if it deals out others, too: of the batch, if one is, else the
/// first.
maps::Map one_axis_of(const Term& term, const Groups& groups);

}  // namespace hpxpy
