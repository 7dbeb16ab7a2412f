// Which locality holds which part of a distributed array. A map is known in full on every locality,
// so all intersections are computed, never negotiated.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/shape.hpp"
#include "maps/indices.hpp"

namespace hpxpy::maps {

/// How rows are dealt out in parts: in blocks between bounds, or cyclically in blocks of one length.
struct Layout {
    /// Part p holds rows bounds[p] to bounds[p + 1] - 1; empty if rows are dealt out cyclically.
    std::vector<std::int64_t> bounds;
    /// Row r belongs to part r / block mod parts; 0 if there are bounds.
    std::int64_t block = 0;
    std::int64_t length = 0;
    int parts = 1;

    static std::shared_ptr<const Layout> even(std::int64_t length, int parts);
    static std::shared_ptr<const Layout> cyclic(std::int64_t length, int parts, std::int64_t block);
    bool is_cyclic() const { return block > 0; }
    /// Rows of another length dealt out in the same way: in even blocks, or cyclically as here.
    std::shared_ptr<const Layout> resized(std::int64_t length) const;
    bool operator==(const Layout&) const = default;
};

/// One axis that is dealt out along a dimension of the grid, and the view on it: index i of the array is row
/// start + step * i of the layout, 0 <= i < length.
struct Dealt {
    int axis = 0;
    int dimension = 0;
    std::shared_ptr<const Layout> layout;
    std::int64_t start = 0;
    std::int64_t step = 1;
    std::int64_t length = 0;

    int parts() const { return layout->parts; }
    /// The part that index i belongs to.
    int owner(std::int64_t i) const;
    /// The indices that a part holds.
    Indices held(int part) const;
    /// Whether every part holds one range.
    bool in_ranges() const { return !layout->is_cyclic(); }
    /// One layout and one step: only the offsets may differ.
    bool same_layout(const Dealt& other) const;
    /// Which rows of the layout it shows: "1:9:2".
    std::string rows() const;
};

/// Localities as a grid, numbered in C order, with axes of an array dealt out along its dimensions. Along a
/// dimension that no axis uses localities hold equal copies.
class Map {
public:
    /// Even blocks of `length` rows: sizes differ by one at most, the longer ones first.
    static Map block(int axis, std::int64_t length, int localities);
    /// Blocks of the given sizes.
    static Map blocks(int axis, const std::vector<std::int64_t>& sizes);
    /// Axes along dimensions of a grid, each along its own.
    static Map on_grid(const Dims& grid, std::vector<Dealt> dealt);

    const Dims& grid() const { return grid_; }
    int localities() const { return static_cast<int>(element_count(grid_)); }
    /// The axes that are dealt out, in ascending order; none: each locality has all of the array.
    const std::vector<Dealt>& dealt() const { return dealt_; }
    const Dealt* along(int axis) const;
    bool deals(int axis) const { return along(axis) != nullptr; }
    /// The axis, where one alone is dealt out.
    std::optional<int> only_axis() const;
    /// One axis is dealt out in ranges, to each locality one: no copies.
    bool is_simple() const;
    /// Whether what is joined along the axis is joined over localities; a map of one locality counts as of many.
    bool splits(const Dealt& dealt) const { return dealt.parts() > 1 || localities() == 1; }

    /// A locality's place in the grid.
    Dims coordinates(int locality) const;
    /// Which part of a dealt axis a locality has.
    int part(const Dealt& dealt, int locality) const;
    /// The indices of an axis of this length that a locality holds.
    Indices held(int axis, std::int64_t length, int locality) const;
    /// The localities that differ from one along the dimensions of these dealt axes (bit k: axis k) alone, itself
    /// among them; empty: all.
    std::vector<int> beside(int locality, std::uint64_t axes) const;
    /// How many distinct parts the array has.
    int blocks() const;
    /// The number of a locality's part, in the order of the grid.
    int block_of(int locality) const;
    /// Of a map that is simple: the range of the axis that a locality holds.
    Range range(int locality) const;
    /// The length of each part along a dealt axis.
    std::vector<std::int64_t> sizes(const Dealt& dealt) const;

    /// The map of x[first : ... : step] with `length` elements along a dealt axis; step is not 0. TypeError for a
    /// step that no stride of memory follows in cyclic blocks.
    Map slice(int axis, std::int64_t first, std::int64_t step, std::int64_t length) const;
    /// The same map for an array whose axis i became axes[i]; below 0: it is whole from now on.
    Map moved(const std::vector<int>& axes) const;
    /// All axes `by` further; those before axis 0 are whole.
    Map shifted(int by) const;
    /// For an array without this axis, which is whole or of length 1.
    Map closed_up(int axis) const;
    /// This axis is whole: there are copies along its dimension of the grid.
    Map without(int axis) const;
    /// For an array of this shape: axes that are of another length there, as stretched ones are, are whole.
    Map fitting(const Dims& shape) const;
    /// With this axis dealt out too, if it is whole and no axis uses that dimension of the grid.
    Map with_free(const Dealt& dealt) const;
    /// With another layout along a dealt axis, which the array shows all of.
    Map with_layout(int axis, std::shared_ptr<const Layout> layout) const;
    /// This layout and step at another offset along an axis that is dealt out.
    Map at_start(int axis, std::int64_t start) const;
    /// Gives an array of this shape the same owners.
    bool same_owners(const Map& other, const Dims& shape) const;
    /// The same axes along the same dimensions of the grid, with one layout and step each: offsets may differ.
    bool same_layout(const Map& other) const;
    bool operator==(const Map& other) const;

    /// "block along axis 0: 0:34, 34:67, 67:100"
    std::string to_string() const;
    /// In few words: "blocks of axis 0", and of a view which rows of the layout it shows: "rows 1:9:2 of 10".
    std::string summary() const;
    /// Equal maps have equal ones, other maps have others (but for chance), on every machine.
    std::uint64_t fingerprint() const;

private:
    Dims grid_;
    std::vector<Dealt> dealt_;
};

/// What a locality holds: for each axis a set of indices.
using Region = std::vector<Indices>;

/// What `locality` holds of an array of `shape`; without a map, all of it.
Region region_of(const Map* map, const Dims& shape, int locality);
Dims shape_of(const Region& region);
/// A locality's part of the shape.
Dims local_shape(const Map* map, const Dims& shape, int locality);

/// Where the elements of a region, counted in C order, stand in the whole array in C order.
class Positions {
public:
    Positions(const Map* map, const Dims& shape, int locality);
    /// The position of element k, and how many from there on are neighbours in the whole array, too.
    struct Run {
        std::int64_t position;
        std::int64_t length;
    };
    Run at(std::int64_t k) const;

private:
    Region region_;
    Dims shape_, local_, strides_;
    int innermost_ = -1;      ///< the last axis that is not whole
    std::int64_t inner_ = 1;  ///< elements of one index along it
};

}  // namespace hpxpy::maps
