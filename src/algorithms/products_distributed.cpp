// Products of distributed matrices. What both operands have of the axis that is summed over is multiplied where it lies
// and added up over localities; where one operand's other axis is dealt out, blocks of the other operand go round. Where
// both axes of both lie on one grid, panels go along its rows and columns.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/products_distributed.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "algorithms/linalg.hpp"
#include "algorithms/parts.hpp"
#include "base/error.hpp"
#include "exchanges/broadcast.hpp"
#include "exchanges/check.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/rotate.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// The same matrix with one axis dealt out, in parts that views can show.
Array with_one_axis(const Array& x) {
    const maps::Map& map = *x.map();
    bool good = map.only_axis() && map.grid().size() == 1;
    if (good) {
        const maps::Dealt& dealt = map.dealt()[0];
        std::int64_t step = 1;
        for (int p = 0; p < dealt.parts(); ++p) good &= dealt.held(p).is_strided(step);
    }
    if (good) return x;
    int axis = map.dealt()[0].axis;
    return on_map(x, maps::Map::block(axis, x.shape()[axis], world().size()));
}

// Of a local matrix the rows or columns that a part of an axis has.
Array band_of(const Array& x, int axis, const maps::Indices& held) {
    Array band = x;
    std::int64_t step = 1, stride = x.view.strides[axis];
    held.is_strided(step);
    band.view.shape[axis] = held.count();
    if (held.count() > 0) band.view.offset += held.at(0) * stride;
    band.view.strides[axis] = stride * step;
    return band;
}

Array zeros(DType dtype, const Dims& shape) {
    Array x = new_array(dtype, shape);
    if (leaves_blank(x.view.count()))
        x.node->buffer->set_worth(Worth::blank);
    else
        std::memset(x.node->bytes(), 0, static_cast<std::size_t>(x.view.count() * itemsize(dtype)));
    return x;
}

// Both axes of a matrix are dealt out in blocks, and it shows all of their rows.
bool in_blocks(const maps::Map& map) {
    return map.dealt().size() == 2 &&
           std::all_of(map.dealt().begin(), map.dealt().end(), [](const maps::Dealt& each) {
               return each.in_ranges() && each.start == 0 && each.step == 1 &&
                      each.length == each.layout->length;
           });
}

// They lie on one grid, with their rows along one dimension of it and their columns along another.
bool on_one_grid(const Array& a, const Array& b) {
    if (!a.distributed() || !b.distributed()) return false;
    const maps::Map &left = *a.map(), &right = *b.map();
    return left.grid() == right.grid() && in_blocks(left) && in_blocks(right) &&
           left.along(0)->dimension == right.along(0)->dimension;
}

class Product {
public:
    Product(const char* function, const Array& a, const Array& b)
        : function_(function), a_(a), b_(b) {
        const Input inputs[] = {&a_, &b_};
        dtype_ = common_dtype(inputs);
        shape_ = {a_.shape()[0], b_.shape()[1]};
        call_.function = function_;
        call_.dtype = dtype_;
        call_.shape = shape_;
        for (const Array* x : {&a_, &b_})
            call_.detail += (call_.detail.empty() ? "of " : " and ") + to_string(x->shape()) +
                            (x->map() ? " on " + x->map()->summary() : "");
        call_.fingerprint = (a_.map() ? a_.map()->fingerprint() : 1) * 31 +
                            (b_.map() ? b_.map()->fingerprint() : 1);
    }

    Array multiply() {
        if (on_one_grid(a_, b_)) return in_panels();
        if (a_.distributed()) a_ = with_one_axis(a_);
        if (b_.distributed()) b_ = with_one_axis(b_);
        bool rows = deals(a_, 0), columns = deals(b_, 1);
        if (!rows && !columns) return added_up();
        if (rows && !b_.distributed()) return beside(*a_.map());
        if (columns && !a_.distributed()) return beside(*b_.map());
        // Of two that may go round the smaller one does; of equal ones the left stays.
        bool left_stays = rows && (!columns || bytes_of(b_) <= bytes_of(a_));
        return left_stays ? round(b_, *a_.map()) : round(a_, *b_.map());
    }

private:
    void agree() const {
        in_turn(world(), function_, [&] { return comm::agree(world(), call_); });
    }

    static bool deals(const Array& x, int axis) { return x.distributed() && x.map()->deals(axis); }
    static std::int64_t bytes_of(const Array& x) {
        return element_count(x.shape()) * itemsize(x.dtype());
    }

    Array placed(Array part, const maps::Map& map) const {
        part.place = std::make_shared<Place>(Place{shape_, map});
        return part;
    }

    // Each locality has all that its rows or columns need.
    Array beside(const maps::Map& map) {
        return placed(matmul(function_, part_of(a_), part_of(b_)), map);
    }

    // Sums over the dealt axis: all localities get the whole result.
    Array added_up() {
        if (!a_.distributed()) a_ = on_map(a_, b_.map()->moved({1, -1}));
        maps::Map map = a_.map()->moved({-1, 0});
        if (!b_.distributed() || !(*b_.map() == map)) b_ = on_map(b_, map);
        Array part = matmul(function_, part_of(a_), part_of(b_));
        Array sum = new_array(dtype_, shape_);
        kernels::Join join = kernels::joining(addition(), dtype_);
        if (plan_record_open()) record_step(all_reduce_text("sum", dtype_, shape_, bytes_of(sum)));
        in_turn(world(), function_, [&] {
            comm::wait(comm::start_all_reduce(world(), call_, part.node->buffer, 0,
                                              sum.node->buffer, sum.view.count(),
                                              {join, itemsize(dtype_), false}));
            return 0;
        });
        return sum;
    }

    // The blocks of `moves`, which is one of both, go round; the other one and the result stay on `map`.
    Array round(const Array& moves, const maps::Map& map) {
        agree();
        bool left = &moves == &a_;
        Array stays = part_of(left ? b_ : a_);
        const maps::Dealt& dealt = moves.map()->dealt()[0];
        bool summed = dealt.axis == (left ? 1 : 0);
        std::vector<Dims> shapes;
        shapes.reserve(static_cast<std::size_t>(world().size()));
        for (int p = 0; p < world().size(); ++p)
            shapes.push_back(maps::local_shape(moves.map(), moves.shape(), p));
        Rotation ring(function_,
                      exchange_title("rotate", moves.dtype(), moves.shape()) + " for " + function_,
                      moves.dtype(), std::move(shapes), part_of(moves));
        Array result = zeros(dtype_, maps::local_shape(&map, shape_, world().id()));
        do {
            maps::Indices held = dealt.held(ring.owner());
            if (held.empty()) continue;
            Array other = summed ? band_of(stays, left ? 0 : 1, held) : stays;
            Array product = left ? matmul(function_, ring.block(), other)
                                 : matmul(function_, other, ring.block());
            if (summed)
                add(result, product);
            else
                store(band_of(result, left ? 0 : 1, held), product);
        } while (ring.next());
        return placed(std::move(result), map);
    }

    // SUMMA (van de Geijn and Watts, 1997): the columns of a that one column of the grid has go along the rows of the
    // grid, the rows of b that meet them along its columns, the next ones while these are multiplied.
    Array in_panels() {
        agree();
        const maps::Dealt &columns = *a_.map()->along(1), &rows = *b_.map()->along(0);
        std::vector<std::int64_t> cuts = columns.layout->bounds;
        cuts.insert(cuts.end(), rows.layout->bounds.begin(), rows.layout->bounds.end());
        std::sort(cuts.begin(), cuts.end());
        cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
        maps::Dealt across = *b_.map()->along(1);
        maps::Map map = maps::Map::on_grid(a_.map()->grid(), {*a_.map()->along(0), across});
        Array result = zeros(dtype_, maps::local_shape(&map, shape_, world().id()));
        std::vector<Array> coming;
        if (cuts.size() > 1) coming = start_panel({cuts[0], cuts[1]});
        for (std::size_t i = 1; i < cuts.size(); ++i) {
            std::vector<Array> panel = std::exchange(coming, {});
            if (i + 1 < cuts.size()) coming = start_panel({cuts[i], cuts[i + 1]});
            add(result, matmul(function_, panel[0], panel[1]));
        }
        return placed(std::move(result), map);
    }

    // Those columns of a and rows of b, on their way to the localities that need them.
    std::vector<Array> start_panel(maps::Range span) const {
        auto text = [&](const char* what, const Array& x) {
            return what + std::to_string(span.first) + ":" + std::to_string(span.last) + " of " +
                   std::string(name_of(x.dtype())) + " " + to_string(x.shape());
        };
        const Broadcast both[] = {panel_of(a_, 1, span), panel_of(b_, 0, span)};
        return start_broadcasts(
            function_,
            text("broadcast of columns ", a_) + text(" and rows ", b_) + " for " + function_, both);
    }

    static Broadcast panel_of(const Array& x, int axis, maps::Range span) {
        const maps::Map& map = *x.map();
        const maps::Dealt& dealt = *map.along(axis);
        int owner = dealt.owner(span.first), me = world().id();
        Broadcast panel;
        panel.members = map.beside(me, std::uint64_t{1} << axis);
        if (panel.members.empty()) panel.members = everybody();
        panel.root = *std::find_if(panel.members.begin(), panel.members.end(),
                                   [&](int p) { return map.part(dealt, p) == owner; });
        panel.dtype = x.dtype();
        panel.shape = x.view.shape;
        panel.shape[axis] = span.length();
        if (panel.root == me) {
            std::int64_t first = span.first - dealt.held(owner).at(0);
            panel.block =
                band_of(part_of(x), axis, maps::Indices(maps::Range{first, first + span.length()}));
        }
        return panel;
    }

    static std::vector<int> everybody() {
        std::vector<int> all(static_cast<std::size_t>(world().size()));
        std::iota(all.begin(), all.end(), 0);
        return all;
    }

    void add(const Array& result, const Array& product) const {
        const Input added[] = {&result, &product};
        store(result, elementwise(addition(), added));
    }

    Op addition() const { return dtype_ == DType::bool_ ? Op::logical_or : Op::add; }

    const char* function_;
    Array a_, b_;
    DType dtype_{};
    Dims shape_;
    comm::Signature call_;  ///< what localities agree on before something travels
};

}  // namespace

Array matmul_distributed(const char* function, const Array& left, const Array& right) {
    for (const Array* x : {&left, &right})
        if (x->dimensions() > 2)
            fail<TypeError>(function,
                            ": of distributed arrays, products are those of vectors and "
                            "matrices, not of shapes ",
                            to_string(left.shape()), " and ", to_string(right.shape()),
                            "; redistribute(x, None) brings an array together");
    const Input meeting[] = {&left, &right};
    check_replicated(function, meeting);
    bool row = left.dimensions() == 1, column = right.dimensions() == 1;
    Array a = row ? expand_dims(function, left, 0) : left;
    Array b = column ? expand_dims(function, right, 1) : right;
    if (a.shape()[1] != b.shape()[0])
        fail<ValueError>(function, ": shapes ", to_string(left.shape()), " and ",
                         to_string(right.shape()), " do not fit: ", a.shape()[1], " columns meet ",
                         b.shape()[0], " rows");
    Array result = Product(function, a, b).multiply();
    std::vector<IndexItem> items;
    items.emplace_back(row ? IndexItem(std::int64_t{0}) : IndexItem(Slice{}));
    items.emplace_back(column ? IndexItem(std::int64_t{0}) : IndexItem(Slice{}));
    return row || column ? deliver(index(result, items)) : result;
}

}  // namespace hpxpy
