// How operands of a product meet, one dimension of the grid after the other.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/contraction_maps.hpp"

#include <algorithm>

namespace hpxpy {

namespace {

bool is_in(const Labels& labels, int label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
}

bool deals(const Along& along, int label) {
    return std::any_of(along.begin(), along.end(),
                       [&](const auto& each) { return each && each->axis == label; });
}

Along along_of(const Term& term, int dimensions) {
    Along along(static_cast<std::size_t>(dimensions));
    if (term.x.distributed())
        for (const maps::Dealt& each : term.x.map()->dealt()) {
            auto& place = along[static_cast<std::size_t>(each.dimension)];
            place = each;
            place->axis = term.labels[static_cast<std::size_t>(each.axis)];
        }
    return along;
}

std::int64_t bytes_of(const Term& term) {
    return element_count(term.x.shape()) * itemsize(term.x.dtype());
}

// Each part lies in memory at even distances among the whole axis.
bool is_strided(const maps::Dealt& dealt) {
    std::int64_t step = 1;
    for (int p = 0; p < dealt.parts(); ++p)
        if (!dealt.held(p).is_strided(step)) return false;
    return true;
}

bool in_blocks(const maps::Dealt& dealt) {
    return dealt.in_ranges() && dealt.start == 0 && dealt.step == 1 &&
           dealt.length == dealt.layout->length;
}

maps::Dealt in_even_blocks(const maps::Dealt& dealt) {
    maps::Dealt even = dealt;
    even.layout = maps::Layout::even(dealt.length, dealt.parts());
    even.start = 0;
    even.step = 1;
    return even;
}

class Planner {
public:
    /// With `singles`, where the grid is one locality wide everybody has all: that only tells how the result is seen.
    Planner(const Term& left, const Term& right, const Groups& groups, bool singles)
        : a_(left), b_(right), groups_(groups), singles_(singles) {
        meeting_.grid = (a_.x.distributed() ? a_ : b_).x.map()->grid();
        meeting_.left = along_of(a_, meeting_.grid.size());
        meeting_.right = along_of(b_, meeting_.grid.size());
        meeting_.both.resize(meeting_.left.size());
        // Of equal ones the left one stays.
        left_stays_ = a_.x.distributed() && (!b_.x.distributed() || bytes_of(b_) <= bytes_of(a_));
    }

    bool has_singles() const {
        return std::count(meeting_.grid.begin(), meeting_.grid.end(), 1) > 0 &&
               element_count(meeting_.grid) > 1;
    }

    std::optional<Meeting> plan() {
        Along left = meeting_.left, right = meeting_.right;
        for (int d = 0; d < meeting_.grid.size(); ++d)
            if (is_single(d)) at(meeting_.left, d) = at(meeting_.right, d) = std::nullopt;
        for (int d = 0; d < meeting_.grid.size(); ++d)
            if (!is_single(d) && !settle(d)) return std::nullopt;
        for (int d = 0; d < meeting_.grid.size(); ++d)
            if (is_single(d))
                for (const auto& each : {at(left, d), at(right, d)})
                    if (each && !at(meeting_.both, d) && !is_in(groups_.summed, each->axis) &&
                        !deals(meeting_.both, each->axis))
                        at(meeting_.both, d) = each;
        if (!settle_turns()) return std::nullopt;
        return meeting_;
    }

private:
    static std::optional<maps::Dealt>& at(Along& along, int dimension) {
        return along[static_cast<std::size_t>(dimension)];
    }
    bool is_single(int dimension) const { return singles_ && meeting_.grid[dimension] == 1; }

    // What is dealt out along this dimension; false if the operands do not fit each other.
    bool settle(int d) {
        auto &l = at(meeting_.left, d), &r = at(meeting_.right, d);
        if (!l && !r) return true;
        if (!l || !r) {
            at(meeting_.both, d) = l ? l : r;
            return !deals(l ? meeting_.right : meeting_.left, (l ? l : r)->axis);
        }
        if (l->axis == r->axis) {
            bool same = l->same_layout(*r) && l->start == r->start && l->length == r->length;
            if (!same) (left_stays_ ? r : l) = left_stays_ ? l : r;
            at(meeting_.both, d) = l;
            return true;
        }
        bool to_left = b_.has(l->axis) && !deals(meeting_.right, l->axis);
        bool to_right = a_.has(r->axis) && !deals(meeting_.left, r->axis);
        if (to_left && to_right) {
            int gain = worth(*l) - worth(*r);
            return follow(d, gain > 0 || (gain == 0 && left_stays_));
        }
        if (to_left && worth(*l) == best) return follow(d, true);
        if (to_right && worth(*r) == best) return follow(d, false);
        // The axis of the one that stays is none of the other's.
        bool left_may_stay = !b_.has(l->axis), right_may_stay = !a_.has(r->axis);
        if (!left_may_stay && !right_may_stay) return false;
        bool left_moves = !left_may_stay || (right_may_stay && !left_stays_);
        meeting_.turns.push_back({d, left_moves});
        at(meeting_.both, d) = left_moves ? r : l;
        return true;
    }

    // One of the operands is dealt out as the other one.
    bool follow(int d, bool left) {
        auto &l = at(meeting_.left, d), &r = at(meeting_.right, d);
        (left ? r : l) = left ? l : r;
        at(meeting_.both, d) = l;
        return true;
    }

    // How well work is shared along an axis of both: best along one of the batch, which needs no sum, if all get some.
    static constexpr int best = 3;
    int worth(const maps::Dealt& dealt) const {
        bool reaches_all = dealt.length >= dealt.parts();
        return 2 * reaches_all + is_in(groups_.batch, dealt.axis);
    }

    // What goes round, or comes in panels, lies in parts that views can show.
    bool settle_turns() {
        if (meeting_.turns.empty()) return true;
        if (meeting_.turns.size() == 1) {
            auto [d, left_moves] = meeting_.turns[0];
            maps::Dealt& moves = *at(left_moves ? meeting_.left : meeting_.right, d);
            if (!is_strided(moves)) moves = in_even_blocks(moves);
            return true;
        }
        if (meeting_.turns.size() > 2) return false;
        auto is_for_rows = [&](int d) { return !b_.has(at(meeting_.left, d)->axis); };
        if (!is_for_rows(meeting_.turns[0].dimension))
            std::swap(meeting_.turns[0], meeting_.turns[1]);
        int d = meeting_.turns[0].dimension, e = meeting_.turns[1].dimension;
        maps::Dealt &columns = *at(meeting_.left, e), &rows = *at(meeting_.right, d);
        if (!is_for_rows(d) || a_.has(at(meeting_.right, e)->axis) || columns.axis != rows.axis ||
            !is_in(groups_.summed, rows.axis))
            return false;
        for (maps::Dealt* each : {&columns, &rows})
            if (!in_blocks(*each)) *each = in_even_blocks(*each);
        at(meeting_.both, d) = at(meeting_.left, d);
        at(meeting_.both, e) = at(meeting_.right, e);
        return true;
    }

    const Term &a_, &b_;
    const Groups& groups_;
    Meeting meeting_;
    bool singles_, left_stays_ = true;
};

}  // namespace

std::optional<Meeting> meeting_of(const Term& left, const Term& right, const Groups& groups) {
    Planner planner(left, right, groups, false);
    bool has_singles = planner.has_singles();
    std::optional<Meeting> meeting = planner.plan();
    if (!has_singles || (meeting && meeting->in_panels())) return meeting;
    std::optional<Meeting> other = Planner(left, right, groups, true).plan();
    return other ? other : meeting;
}

maps::Map map_of(const Along& along, const Dims& grid, const Labels& labels) {
    std::vector<maps::Dealt> dealt;
    for (const auto& each : along)
        if (each) {
            auto found = std::find(labels.begin(), labels.end(), each->axis);
            if (found == labels.end()) continue;
            dealt.push_back(*each);
            dealt.back().axis = static_cast<int>(found - labels.begin());
        }
    return maps::Map::on_grid(grid, std::move(dealt));
}

maps::Map one_axis_of(const Term& term, const Groups& groups) {
    const maps::Map& map = *term.x.map();
    if (map.only_axis() && map.grid().size() == 1) return map;
    int axis = map.dealt()[0].axis;
    for (auto each = map.dealt().rbegin(); each != map.dealt().rend(); ++each)
        if (is_in(groups.batch, term.labels[static_cast<std::size_t>(each->axis)]))
            axis = each->axis;
    return maps::Map::block(axis, term.x.shape()[axis], map.localities());
}

}  // namespace hpxpy
