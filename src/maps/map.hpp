// Which locality holds which part of a distributed array. A map is known in full on every locality,
// so all intersections are computed, never negotiated.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/shape.hpp"

namespace hpxpy::maps {

/// A half-open range of indices.
struct Range {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t length() const { return last > first ? last - first : 0; }
    bool operator==(const Range&) const = default;
};

/// How the rows of one axis are dealt out: locality p holds rows bounds[p] to bounds[p + 1] - 1.
struct Layout {
    std::vector<std::int64_t> bounds;
    int localities() const { return static_cast<int>(bounds.size()) - 1; }
    bool operator==(const Layout&) const = default;
};

/// A layout, the axis it deals out, and the view on it: index i of the array is row
/// start + step * i of the layout, 0 <= i < length.
class Map {
public:
    /// Blocks of `length` rows over `localities`: sizes differ by one at most, the longer ones first.
    static Map block(int axis, std::int64_t length, int localities);
    /// Blocks of the given sizes.
    static Map blocks(int axis, const std::vector<std::int64_t>& sizes);

    int axis() const { return axis_; }
    int localities() const { return layout_->localities(); }
    std::int64_t length() const { return length_; }
    std::int64_t start() const { return start_; }
    std::int64_t step() const { return step_; }
    const Layout& layout() const { return *layout_; }

    /// The locality that holds index i.
    int owner(std::int64_t i) const;
    /// The indices that `locality` holds; always one range, in index order.
    Range range(int locality) const;
    /// The length of each locality's range.
    std::vector<std::int64_t> sizes() const;

    /// The map of x[first : ... : step] with `length` elements along the distributed axis; step is not 0.
    Map slice(std::int64_t first, std::int64_t step, std::int64_t length) const;
    /// The same map for an array whose distributed axis moved to `axis`.
    Map with_axis(int axis) const;
    /// This layout and step at another offset, for `length` indices.
    Map at_start(std::int64_t start) const;
    /// Both deal out the same axis and give each index the same owner.
    bool same_owners(const Map& other) const;
    /// One layout (equal bounds), one axis, one step: only the offsets may differ.
    bool same_layout(const Map& other) const;
    bool operator==(const Map& other) const;

    /// "block along axis 0: 0:34, 34:67, 67:100"
    std::string to_string() const;
    /// Which rows of the layout it shows: "1:9:2".
    std::string rows() const;
    /// In few words: "blocks of axis 0", and of a view which rows of the layout it shows: "rows 1:9:2 of 10".
    std::string summary() const;
    /// Equal maps have equal ones, other maps have others (but for chance), on every machine.
    std::uint64_t fingerprint() const;

private:
    int axis_ = 0;
    std::shared_ptr<const Layout> layout_;
    std::int64_t start_ = 0;
    std::int64_t step_ = 1;
    std::int64_t length_ = 0;
};

/// A box of indices of an array.
struct Box {
    Dims first;
    Dims shape;
    std::int64_t count() const { return element_count(shape); }
};

/// What `locality` holds of an array of `shape`; without a map, all of it.
Box box_of(const Map* map, const Dims& shape, int locality);
Box intersect(const Box& a, const Box& b);

/// Elements whose owner changes when an array of `shape` goes from one map to another (nullptr: a full
/// copy everywhere), over all localities.
std::int64_t elements_moved(const Map* from, const Map* to, const Dims& shape, int localities);

}  // namespace hpxpy::maps
