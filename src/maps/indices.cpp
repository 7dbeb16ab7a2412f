// Sets of indices: counted, looked up and intersected by arithmetic, never by a walk over them.
// SPDX-License-Identifier: BSL-1.0
#include "maps/indices.hpp"

#include <algorithm>
#include <numeric>

namespace hpxpy::maps {

Indices Indices::repeating(std::int64_t length, std::int64_t phase, std::int64_t period,
                           std::int64_t run) {
    Indices result(Range{0, length});
    // What has no gap is a range, so that it is compared and read as one.
    if (run >= period) return result;
    if (phase + length <= run) return result;
    result.phase_ = phase;
    result.period_ = period;
    result.run_ = run;
    // Within one run all of it is a range as well.
    std::int64_t n = result.count();
    if (n == 0) return Range{};
    if (result.at(n - 1) - result.at(0) == n - 1) return Range{result.at(0), result.at(0) + n};
    return result;
}

std::int64_t Indices::in_runs(std::int64_t position) const {
    return position / period_ * run_ + std::min(position % period_, run_);
}

std::int64_t Indices::below(std::int64_t index) const {
    index = std::clamp(index, range_.first, range_.last);
    if (!repeats()) return index - range_.first;
    return in_runs(index + phase_) - in_runs(range_.first + phase_);
}

std::int64_t Indices::at(std::int64_t k) const {
    if (!repeats()) return range_.first + k;
    std::int64_t before = in_runs(range_.first + phase_) + k;
    return before / run_ * period_ + before % run_ - phase_;
}

std::int64_t Indices::run_from(std::int64_t k) const {
    if (!repeats()) return range_.length() - k;
    std::int64_t before = in_runs(range_.first + phase_) + k;
    return std::min(run_ - before % run_, count() - k);
}

bool Indices::is_strided(std::int64_t& step) const {
    std::int64_t n = count();
    step = n < 2 ? 1 : at(1) - at(0);
    return !repeats() || run_ == 1 || n <= 2;
}

bool Indices::same(const Indices& other) const {
    std::int64_t n = count();
    if (n != other.count()) return false;
    if (n == 0) return true;
    if (at(0) != other.at(0) || at(n - 1) != other.at(n - 1)) return false;
    if (repeats() != other.repeats()) return false;
    if (!repeats() || (period_ == other.period_ && run_ == other.run_ && phase_ == other.phase_))
        return true;
    return size_of(common(*this, other)) == n;
}

void Indices::add_runs(Range part, std::vector<Runs>& found) const {
    part.first = std::max(part.first, range_.first);
    part.last = std::min(part.last, range_.last);
    if (part.length() == 0) return;
    if (!repeats()) {
        found.push_back({part.first, part.length(), 0, 1});
        return;
    }
    std::int64_t k = below(part.first), end = below(part.last);
    auto single = [&](std::int64_t length) {
        found.push_back({at(k), length, 0, 1});
        k += length;
    };
    // A first run that began before, whole runs, and a last one that goes on.
    if (k < end && (in_runs(range_.first + phase_) + k) % run_ != 0)
        single(std::min(run_from(k), end - k));
    if (std::int64_t whole = (end - k) / run_; whole > 0) {
        found.push_back({at(k), run_, whole > 1 ? period_ : 0, whole});
        k += whole * run_;
    }
    if (k < end) single(end - k);
}

std::vector<Runs> Indices::common(const Indices& a, const Indices& b) {
    std::vector<Runs> found;
    if (!a.repeats() || !b.repeats()) {
        const Indices& range = a.repeats() ? b : a;
        (a.repeats() ? a : b).add_runs(range.range_, found);
        return found;
    }
    // Both repeat after the least common multiple of their periods, so one such period tells all. What the
    // ranges cut from it comes first and last, each alone.
    std::int64_t first = std::max(a.range_.first, b.range_.first);
    std::int64_t last = std::min(a.range_.last, b.range_.last);
    if (last <= first) return found;
    std::int64_t period = std::min(last - first, std::lcm(a.period_, b.period_));
    std::int64_t periods = (last - first) / period;
    auto overlaps = [&](Range part, std::int64_t repeated) {
        std::int64_t i = a.below(part.first), k = b.below(part.first);
        std::int64_t i_end = a.below(part.last), k_end = b.below(part.last);
        while (i < i_end && k < k_end) {
            std::int64_t at_a = a.at(i), at_b = b.at(k);
            std::int64_t length_a = std::min(a.run_from(i), i_end - i);
            std::int64_t length_b = std::min(b.run_from(k), k_end - k);
            std::int64_t low = std::max(at_a, at_b);
            std::int64_t high = std::min(at_a + length_a, at_b + length_b);
            if (high > low) found.push_back({low, high - low, repeated > 1 ? period : 0, repeated});
            if (at_a + length_a <= at_b + length_b) i += length_a;
            if (at_b + length_b <= at_a + length_a) k += length_b;
        }
    };
    overlaps({first, first + period}, periods);
    overlaps({first + periods * period, last}, 1);
    return found;
}

std::int64_t size_of(const std::vector<Runs>& runs) {
    std::int64_t size = 0;
    for (const Runs& each : runs) size += each.size();
    return size;
}

}  // namespace hpxpy::maps
