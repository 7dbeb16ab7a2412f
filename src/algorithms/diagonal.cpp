// Diagonals where no view shows them: each locality copies what it has; where both axes are dealt out, those that share
// rows tell each other.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/diagonal.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "comm/collectives.hpp"
#include "exchanges/broadcast.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// One of the two axes, seen from the diagonal.
struct Side {
    std::optional<maps::Dealt> dealt;  ///< positions on the diagonal
    maps::Indices held;                ///< those that this locality has
    View line;  ///< the elements of memory along the axis that have these positions
};

// `x` with a line of memory, whatever axes show it, instead of its last axis.
Array along_line(const Array& x, const View& line) {
    Array result = x;
    result.view.shape.erase(x.view.dimensions() - 1);
    result.view.strides.erase(x.view.dimensions() - 1);
    result.view.offset += line.offset;
    for (int i = 0; i < line.dimensions(); ++i) {
        result.view.shape.push_back(line.shape[i]);
        result.view.strides.push_back(line.strides[i]);
    }
    return result;
}

// Of a line with the elements of `held` those of some runs.
View runs_of(const maps::Runs& runs, const maps::Indices& held, const View& line) {
    return maps::views_of({{{runs}}}, {held}, line)[0];
}

class Diagonal {
public:
    Diagonal(const Array& x, std::int64_t offset, int first, int second)
        : x_(x), map_(*x.map()), first_(first), second_(second) {
        std::int64_t rows = x.shape()[first], columns = x.shape()[second];
        std::int64_t below = offset < 0 ? std::min(-offset, rows) : 0;
        std::int64_t right = offset > 0 ? std::min(offset, columns) : 0;
        length_ = std::min(rows - below, columns - right);
        rows_ = side(first, below);
        columns_ = side(second, right);
        main_ = rows_.dealt ? &rows_ : &columns_;
        for (int i = 0; i < x.dimensions(); ++i)
            if (i != first && i != second) whole_.push_back(x.shape()[i]);
        whole_.push_back(length_);
    }

    Array made() {
        bool both = rows_.dealt && columns_.dealt;
        std::vector<maps::Runs> own = maps::Indices::common(rows_.held, columns_.held);
        Array result;
        if (!both && own.size() == 1 && on_diagonal(own[0]).view.dimensions() == whole_.size()) {
            result = on_diagonal(own[0]);
            result.shows = true;
        } else {
            evaluate(x_);
            result = new_array(x_.dtype(), shape_with(main_->held.count()));
            if (x_.node->buffer->worth() == Worth::blank)
                result.node->buffer->set_worth(Worth::blank);
            if (both)
                exchange(result);
            else
                for (const maps::Runs& runs : own) store(on_line(result, runs), on_diagonal(runs));
        }
        result.place = place();
        result.writeable = false;
        result.value = false;
        return result;
    }

private:
    Side side(int axis, std::int64_t first) const {
        std::int64_t before = first, stride = x_.view.strides[axis];
        Side result{std::nullopt, maps::Indices(maps::Range{0, length_}), {}};
        if (const maps::Dealt* dealt = map_.along(axis)) {
            int part = map_.part(*dealt, here().id);
            before = dealt->held(part).below(first);
            result.dealt = *map_.slice(axis, first, 1, length_).along(axis);
            result.held = result.dealt->held(part);
        }
        result.line = {before * stride, {result.held.count()}, {stride}};
        return result;
    }

    // A shape of this locality's part of the other axes, and of so many elements of the diagonal.
    Dims shape_with(std::int64_t count) const {
        Dims shape;
        for (int i = 0; i < x_.dimensions(); ++i)
            if (i != first_ && i != second_) shape.push_back(x_.view.shape[i]);
        shape.push_back(count);
        return shape;
    }

    std::shared_ptr<const Place> place() const {
        maps::Map left = map_;
        for (int axis : {std::max(first_, second_), std::min(first_, second_)})
            left = left.closed_up(axis);
        std::vector<maps::Dealt> dealt = left.dealt();
        dealt.push_back(*main_->dealt);
        dealt.back().axis = whole_.size() - 1;
        return place_on(whole_, maps::Map::on_grid(map_.grid(), std::move(dealt)));
    }

    // Elements of the diagonal in the memory of x, a local array whose last axes are the runs.
    Array on_diagonal(const maps::Runs& runs) const {
        View row = runs_of(runs, rows_.held, rows_.line);
        View column = runs_of(runs, columns_.held, columns_.line);
        Array result = x_;
        result.place = nullptr;
        for (int axis : {std::max(first_, second_), std::min(first_, second_)}) {
            result.view.shape.erase(axis);
            result.view.strides.erase(axis);
        }
        result.view.offset += row.offset + column.offset;
        for (int i = 0; i < row.dimensions(); ++i) {
            result.view.shape.push_back(row.shape[i]);
            result.view.strides.push_back(row.strides[i] + column.strides[i]);
        }
        return result;
    }

    // The same elements in the result.
    Array on_line(const Array& result, const maps::Runs& runs) const {
        int last = result.view.dimensions() - 1;
        View line{0, {result.view.shape[last]}, {result.view.strides[last]}};
        return along_line(result, runs_of(runs, main_->held, line));
    }

    // The same in a piece that has runs one after the other.
    Array in_piece(const Array& piece, const maps::Runs& runs, std::int64_t before) const {
        View line = View::dense(runs_of(runs, main_->held, {0, {0}, {1}}).shape);
        line.offset = before;
        return along_line(piece, line);
    }

    // Localities that have the same rows have other columns, and give what they have of the diagonal to each other.
    void exchange(const Array& result) const {
        const maps::Dealt& across = *columns_.dealt;
        std::vector<int> members = map_.beside(here().id, std::uint64_t{1} << second_);
        if (members.empty())
            for (int p = 0; p < map_.localities(); ++p) members.push_back(p);
        std::vector<Broadcast> broadcasts;
        std::vector<std::vector<maps::Runs>> pieces;
        for (int p : members) {
            std::vector<maps::Runs> runs =
                maps::Indices::common(rows_.held, across.held(map_.part(across, p)));
            Broadcast piece{p, members, x_.dtype(), shape_with(maps::size_of(runs)), {}};
            if (element_count(piece.shape) == 0) continue;
            if (p == here().id) {
                piece.block = new_array(x_.dtype(), piece.shape);
                std::int64_t before = 0;
                for (const maps::Runs& each : runs) {
                    store(in_piece(piece.block, each, before), on_diagonal(each), false);
                    before += each.size();
                }
            }
            broadcasts.push_back(std::move(piece));
            pieces.push_back(std::move(runs));
        }
        agree();
        std::string title = "broadcast of diagonals of " + std::string(name_of(x_.dtype())) + " " +
                            to_string(x_.shape());
        std::vector<Array> parts = start_broadcasts("diagonal", title, broadcasts);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            evaluate(parts[i]);
            std::int64_t before = 0;
            for (const maps::Runs& runs : pieces[i]) {
                store(on_line(result, runs), in_piece(parts[i], runs, before), false);
                before += runs.size();
            }
        }
    }

    void agree() const {
        comm::Signature call;
        call.function = "diagonal";
        call.dtype = x_.dtype();
        call.shape = x_.shape();
        call.detail = "on " + map_.summary();
        call.fingerprint = map_.fingerprint();
        in_turn(world(), "diagonal", [&] { return comm::agree(world(), call); });
    }

    Array x_;
    maps::Map map_;
    int first_, second_;
    std::int64_t length_ = 0;
    Side rows_, columns_;
    const Side* main_ = nullptr;  ///< the one that tells where the result lies
    Dims whole_;
};

}  // namespace

Array diagonal_of(const Array& x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2) {
    int first = normalize_axis("diagonal", axis1, x.dimensions());
    int second = normalize_axis("diagonal", axis2, x.dimensions());
    bool dealt = x.distributed() && (x.map()->deals(first) || x.map()->deals(second));
    if (first == second || !dealt) return diagonal(x, offset, axis1, axis2);
    return Diagonal(x, offset, first, second).made();
}

}  // namespace hpxpy
