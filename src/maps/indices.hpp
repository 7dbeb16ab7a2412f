// Sets of indices along one axis: a range, or runs that repeat. What localities hold of an axis is such a set.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <vector>

namespace hpxpy::maps {

/// A half-open range of indices.
struct Range {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t length() const { return last > first ? last - first : 0; }
    bool operator==(const Range&) const = default;
};

/// The indices first + k * period + j for 0 <= k < count and 0 <= j < length.
struct Runs {
    std::int64_t first = 0;
    std::int64_t length = 0;
    std::int64_t period = 0;
    std::int64_t count = 1;
    std::int64_t size() const { return length * count; }
    bool operator==(const Runs&) const = default;
};

/// Ascending indices: a range or, of a range, those i with (i + phase) mod period < run.
class Indices {
public:
    Indices() = default;
    Indices(Range range) : range_{range.first, range.first + range.length()} {}
    /// Those of 0 to length - 1; period, run and phase are positive or, the last, 0.
    static Indices repeating(std::int64_t length, std::int64_t phase, std::int64_t period,
                             std::int64_t run);

    std::int64_t count() const { return below(range_.last); }
    bool empty() const { return count() == 0; }
    /// The k-th of them, from 0.
    std::int64_t at(std::int64_t k) const;
    /// How many of them are less than `index`: the place of `index` if it is one of them.
    std::int64_t below(std::int64_t index) const;
    /// How many of them follow each other without a gap from the k-th on, it included.
    std::int64_t run_from(std::int64_t k) const;
    /// The distance between neighbours if all are equally far apart; 1 of fewer than two.
    bool is_strided(std::int64_t& step) const;
    /// The same set.
    bool same(const Indices& other) const;

    /// What two sets have in common, in an order that depends on the sets alone.
    static std::vector<Runs> common(const Indices& a, const Indices& b);

private:
    bool repeats() const { return period_ > 0; }
    /// Of whole periods before the position and of its own one: how many are in runs.
    std::int64_t in_runs(std::int64_t position) const;
    /// Its part of [first, last), one run after the other.
    void add_runs(Range part, std::vector<Runs>& found) const;

    Range range_;
    std::int64_t phase_ = 0, period_ = 0, run_ = 0;
};

/// How many indices runs hold in all.
std::int64_t size_of(const std::vector<Runs>& runs);

}  // namespace hpxpy::maps
