// Products of distributed arrays over any of their axes. What operands have on one locality is multiplied there; sums over
// a dealt axis are added up over the localities that share it. Where operands deal out different axes along a dimension of
// the grid, blocks of one of them go round it; where both deal out the summed axis across the other's, panels go along
// rows and columns of the grid.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/contraction.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

#include "algorithms/contraction_maps.hpp"
#include "algorithms/linalg.hpp"
#include "algorithms/parts.hpp"
#include "exchanges/broadcast.hpp"
#include "exchanges/check.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/rotate.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// Of a local array what a part of an axis has, which lies at even distances.
Array band_of(const Array& x, int axis, const maps::Indices& held) {
    Array band = x;
    std::int64_t step = 1, stride = x.view.strides[axis];
    held.is_strided(step);
    band.view.shape[axis] = held.count();
    if (held.count() > 0) band.view.offset += held.at(0) * stride;
    band.view.strides[axis] = stride * step;
    band.value = false;
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

// The axes of a local operand as a batch of matrices: those of `batch`, of length 1 where it has none, all of `rows` as
// one, all of `columns` as one.
Array as_matrices(const char* function, const Term& term, const Labels& batch, const Labels& rows,
                  const Labels& columns) {
    std::vector<std::int64_t> order;
    Dims shape;
    auto take = [&](int label) -> std::int64_t {
        int axis = term.axis(label);
        if (axis < 0) return 1;
        order.push_back(axis);
        return term.x.view.shape[axis];
    };
    for (int label : batch) shape.push_back(take(label));
    for (const Labels* group : {&rows, &columns}) {
        std::int64_t count = 1;
        for (int label : *group) count *= take(label);
        shape.push_back(count);
    }
    Array turned =
        std::is_sorted(order.begin(), order.end()) ? term.x : permute(function, term.x, order);
    return turned.view.shape == shape ? turned : reshape(function, turned, shape);
}

class Product {
public:
    Product(const char* function, const Term& left, const Term& right, const Groups& groups)
        : function_(function), a_(left), b_(right), groups_(groups) {
        const Input inputs[] = {&a_.x, &b_.x};
        dtype_ = common_dtype(inputs);
        for (const Labels* group : {&groups.batch, &groups.rows, &groups.columns})
            for (int label : *group) {
                labels_.push_back(label);
                shape_.push_back(length_of(label));
            }
        call_.function = function_;
        call_.dtype = dtype_;
        call_.shape = shape_;
        for (const Array* x : {&a_.x, &b_.x})
            call_.detail += (call_.detail.empty() ? "of " : " and ") + to_string(x->shape()) +
                            (x->map() ? " on " + x->map()->summary() : "");
        call_.fingerprint = (a_.x.map() ? a_.x.map()->fingerprint() : 1) * 31 +
                            (b_.x.map() ? b_.x.map()->fingerprint() : 1);
    }

    Array multiply() {
        meet(true);
        if (meeting_.in_panels()) return finished(by_panels());
        if (!meeting_.turns.empty()) return finished(by_turns(meeting_.turns[0]));
        return finished(multiplied(a_.x, b_.x));
    }

    /// The same on the same map, with bits that depend neither on maps nor on how many localities there are: each
    /// multiplies all.
    Array multiply_alike() {
        Array left = whole(a_.x), right = whole(b_.x);
        meet(false);
        Array product = multiplied(left, right);
        maps::Map map = result_map();
        if (!shared_by_all() && !map.dealt().empty()) return on_map(product, map);
        if (!shared_by_all()) product.place = place_on(shape_, map);
        product.value = product.dimensions() == 0;
        return product;
    }

private:
    Array whole(const Array& x) const {
        if (!x.distributed()) return x;
        check_gathered(function_, x);
        return deliver(redistribute(x, nullptr));
    }

    std::int64_t length_of(int label) const {
        const Term& term = a_.has(label) ? a_ : b_;
        return term.x.shape()[term.axis(label)];
    }

    void agree() const {
        in_turn(world(), function_, [&] { return comm::agree(world(), call_); });
    }

    // Where operands meet. They are brought there, and are this locality's parts from then on, if they `move`.
    void meet(bool move) {
        std::optional<Meeting> meeting;
        bool one_grid =
            !a_.x.distributed() || !b_.x.distributed() || a_.x.map()->grid() == b_.x.map()->grid();
        if (one_grid) meeting = meeting_of(a_, b_, groups_);
        if (!meeting) {
            for (Term* term : {&a_, &b_})
                if (is_everywhere(term->x)) term->x = part_of(term->x);
            for (Term* term : {&a_, &b_})
                if (term->x.distributed()) {
                    maps::Map map = one_axis_of(*term, groups_);
                    if (move)
                        term->x = on_map(term->x, map);
                    else
                        term->x.place = place_on(term->x.shape(), map);
                }
            meeting = meeting_of(a_, b_, groups_);
        }
        meeting_ = std::move(*meeting);
        if (!move) return;
        a_.x = own_part(a_, meeting_.left);
        b_.x = own_part(b_, meeting_.right);
    }

    static bool is_everywhere(const Array& x) {
        return x.distributed() && x.map()->localities() > 1 && x.map()->blocks() == 1;
    }

    // What this locality needs of an operand: its part of the map that is wanted, and of that what the product takes.
    Array own_part(const Term& term, const Along& wanted) const {
        Array part = term.x;
        maps::Map map = map_of(wanted, meeting_.grid, term.labels);
        if (part.distributed() && !map.dealt().empty()) part = on_map(part, map);
        part = part_of(part);
        Along missing = meeting_.both;
        for (std::size_t d = 0; d < missing.size(); ++d)
            if (wanted[d]) missing[d] = std::nullopt;
        maps::Map rest = map_of(missing, meeting_.grid, term.labels);
        if (rest.dealt().empty()) return part;
        // Localities take other pieces of other parts, so nobody compares them as one array.
        part = redistribute(part, &rest);
        start_recorded();
        return part_of(part);
    }

    // The sum of products of parts, local arrays, with the axes of the result.
    Array multiplied(const Array& left, const Array& right) const {
        Term a{left, a_.labels}, b{right, b_.labels};
        Dims shape;
        for (const Labels* group : {&groups_.batch, &groups_.rows, &groups_.columns})
            for (int label : *group) {
                int axis = a.axis(label);
                // Of a batch the one that is stretched may have no such axis.
                shape.push_back(axis >= 0 ? left.view.shape[axis]
                                          : right.view.shape[b.axis(label)]);
            }
        Array product = matmul(
            function_, as_matrices(function_, a, groups_.batch, groups_.rows, groups_.summed),
            as_matrices(function_, b, groups_.batch, groups_.summed, groups_.columns));
        return product.view.shape == shape ? product : reshape(function_, product, shape);
    }

    // The map of the result; axes that are summed over are none of it.
    maps::Map result_map() const { return map_of(meeting_.both, meeting_.grid, labels_); }
    int result_axis(int label) const {
        auto found = std::find(labels_.begin(), labels_.end(), label);
        return found == labels_.end() ? -1 : static_cast<int>(found - labels_.begin());
    }
    Array empty_result() const {
        maps::Map map = result_map();
        return zeros(dtype_, maps::local_shape(&map, shape_, world().id()));
    }

    // The localities that differ from this one along a dimension of the grid alone, in its order.
    std::vector<int> members_along(const maps::Dealt& dealt) const {
        maps::Dealt any = dealt;
        any.axis = 0;
        std::vector<int> members =
            maps::Map::on_grid(meeting_.grid, {any}).beside(world().id(), std::uint64_t{1});
        if (members.empty()) {
            members.resize(static_cast<std::size_t>(world().size()));
            std::iota(members.begin(), members.end(), 0);
        }
        return members;
    }

    // Brings the axes into the order of matrices, so that what stays is copied once, and not for each block.
    void arrange(Term& term, bool left) const {
        Labels ordered;
        const Labels* order[] = {&groups_.batch, left ? &groups_.rows : &groups_.summed,
                                 left ? &groups_.summed : &groups_.columns};
        std::vector<std::int64_t> axes;
        bool joins = false;
        for (const Labels* group : order) {
            joins |= group != &groups_.batch && group->size() > 1;
            for (int label : *group)
                if (int axis = term.axis(label); axis >= 0) {
                    ordered.push_back(label);
                    axes.push_back(axis);
                }
        }
        if (!joins || std::is_sorted(axes.begin(), axes.end())) return;
        term = {copy(permute(function_, term.x, axes)), std::move(ordered)};
    }

    // Blocks of one operand go round; the other one and the result stay.
    Array by_turns(const Meeting::Turn& turn) {
        agree();
        Term &moves = turn.left_moves ? a_ : b_, &stays = turn.left_moves ? b_ : a_;
        const Along& along = turn.left_moves ? meeting_.left : meeting_.right;
        const maps::Dealt& dealt = *along[static_cast<std::size_t>(turn.dimension)];
        if (stays.x.dtype() != dtype_) stays.x = convert(stays.x, dtype_);
        arrange(stays, !turn.left_moves);
        int summed_axis = stays.axis(dealt.axis), stored_axis = result_axis(dealt.axis);
        std::vector<Dims> shapes(static_cast<std::size_t>(dealt.parts()), moves.x.view.shape);
        for (int p = 0; p < dealt.parts(); ++p)
            shapes[static_cast<std::size_t>(p)][moves.axis(dealt.axis)] = dealt.held(p).count();
        Dims whole = moves.x.view.shape;
        whole[moves.axis(dealt.axis)] = dealt.length;
        Rotation ring(function_,
                      exchange_title("rotate", moves.x.dtype(), whole) + " for " + function_,
                      moves.x.dtype(), members_along(dealt), std::move(shapes), moves.x);
        Array result = empty_result();
        do {
            maps::Indices held = dealt.held(ring.owner());
            if (held.empty()) continue;
            Array other = summed_axis >= 0 ? band_of(stays.x, summed_axis, held) : stays.x;
            const Array &left = turn.left_moves ? ring.block() : other,
                        &right = turn.left_moves ? other : ring.block();
            if (stored_axis >= 0)
                store(band_of(result, stored_axis, held), multiplied(left, right));
            else
                add_products(result, left, right);
        } while (ring.next());
        return result;
    }

    // SUMMA (van de Geijn and Watts, 1997): what one column of the grid has of the left one along the summed axis goes along
    // the rows of the grid, what meets it of the right one along its columns, the next ones while these are multiplied.
    Array by_panels() {
        agree();
        const maps::Dealt& columns =
            *meeting_.left[static_cast<std::size_t>(meeting_.turns[1].dimension)];
        const maps::Dealt& rows =
            *meeting_.right[static_cast<std::size_t>(meeting_.turns[0].dimension)];
        std::vector<std::int64_t> cuts = columns.layout->bounds;
        cuts.insert(cuts.end(), rows.layout->bounds.begin(), rows.layout->bounds.end());
        std::sort(cuts.begin(), cuts.end());
        cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
        auto start_panel = [&](maps::Range span) {
            std::string between = std::to_string(span.first) + ":" + std::to_string(span.last);
            auto text = [&](const char* what, const Dims& shape, DType dtype) {
                return what + between + " of " + std::string(name_of(dtype)) + " " +
                       to_string(shape);
            };
            const Broadcast both[] = {panel_of(a_, columns, span), panel_of(b_, rows, span)};
            return start_broadcasts(function_,
                                    text("broadcast of columns ", given_shapes_[0], a_.x.dtype()) +
                                        text(" and rows ", given_shapes_[1], b_.x.dtype()) +
                                        " for " + function_,
                                    both);
        };
        Array result = empty_result();
        std::vector<Array> coming;
        if (cuts.size() > 1) coming = start_panel({cuts[0], cuts[1]});
        for (std::size_t i = 1; i < cuts.size(); ++i) {
            std::vector<Array> panel = std::exchange(coming, {});
            if (i + 1 < cuts.size()) coming = start_panel({cuts[i], cuts[i + 1]});
            add_products(result, panel[0], panel[1]);
        }
        return result;
    }

    Broadcast panel_of(const Term& term, const maps::Dealt& dealt, maps::Range span) const {
        int owner = dealt.owner(span.first), me = world().id(), axis = term.axis(dealt.axis);
        Broadcast panel;
        panel.members = members_along(dealt);
        panel.root = panel.members[static_cast<std::size_t>(owner)];
        panel.dtype = term.x.dtype();
        panel.shape = term.x.view.shape;
        panel.shape[axis] = span.length();
        if (panel.root == me) {
            std::int64_t first = span.first - dealt.held(owner).at(0);
            panel.block =
                band_of(term.x, axis, maps::Indices(maps::Range{first, first + span.length()}));
        }
        return panel;
    }

    // What is dealt out of axes that are summed over.
    std::vector<maps::Dealt> shared_sums() const {
        std::vector<maps::Dealt> shared;
        for (const auto& each : meeting_.both)
            if (each && result_axis(each->axis) < 0 && each->parts() > 1) shared.push_back(*each);
        return shared;
    }
    bool shared_by_all() const {
        std::int64_t sharing = 1;
        for (const maps::Dealt& each : shared_sums()) sharing *= each.parts();
        return sharing > 1 && sharing == world().size();
    }

    // The result of all localities' parts of the sums.
    Array finished(Array part) const {
        std::vector<maps::Dealt> shared = shared_sums();
        maps::Map map = result_map();
        if (shared_by_all()) return added_up(part);
        if (!shared.empty()) return added_up_in_groups(part, shared, map);
        part.place = place_on(shape_, map);
        part.value = part.dimensions() == 0;
        return part;
    }

    // All localities get the whole result.
    Array added_up(const Array& given) const {
        Array part = dense(given), sum = new_array(dtype_, shape_);
        kernels::Join join = kernels::joining(addition(), dtype_);
        if (plan_record_open())
            record_step(
                all_reduce_text("sum", dtype_, shape_, sum.view.count() * itemsize(dtype_)));
        in_turn(world(), function_, [&] {
            comm::wait(comm::start_all_reduce(world(), call_, part.node->buffer, 0,
                                              sum.node->buffer, sum.view.count(),
                                              {join, itemsize(dtype_), false}));
            return 0;
        });
        sum.value = sum.dimensions() == 0;
        return sum;
    }

    // The localities that share sums add up theirs: a reduction of an array that has one of the parts each.
    Array added_up_in_groups(Array part, const std::vector<maps::Dealt>& shared,
                             const maps::Map& map) const {
        Dims whole;
        std::vector<maps::Dealt> dealt;
        std::vector<IndexItem> items;
        ReduceOptions options{std::vector<std::int64_t>{}, false, {}};
        if (dtype_ != DType::bool_) options.dtype = dtype_;
        for (const maps::Dealt& each : shared) {
            int axis = whole.size();
            options.axes->push_back(axis);
            items.emplace_back(NewAxis{});
            dealt.push_back({axis, each.dimension, maps::Layout::even(each.parts(), each.parts()),
                             0, 1, each.parts()});
            whole.push_back(each.parts());
        }
        for (const maps::Dealt& each : map.dealt()) {
            dealt.push_back(each);
            dealt.back().axis += static_cast<int>(shared.size());
        }
        for (std::int64_t length : shape_) whole.push_back(length);
        items.emplace_back(Ellipsis{});
        part = index(part, items);
        part.place = place_on(whole, maps::Map::on_grid(meeting_.grid, std::move(dealt)));
        return deliver(
            reduce(dtype_ == DType::bool_ ? Reduction::any : Reduction::sum, part, options));
    }

    // Adds the products of parts to the result: of a large one in bands of its longest axis, so that no second one is
    // needed.
    void add_products(const Array& result, const Array& left, const Array& right) const {
        constexpr std::int64_t large = std::int64_t{4} << 20, bands = 8;
        const Dims& shape = result.view.shape;
        if (result.view.count() * itemsize(dtype_) < large) {
            add(result, multiplied(left, right));
            return;
        }
        auto axis = static_cast<int>(std::max_element(shape.begin(), shape.end()) - shape.begin());
        int label = labels_[static_cast<std::size_t>(axis)];
        auto part = [&](const Array& x, const Term& term, const maps::Range& range) {
            return term.has(label) ? band_of(x, term.axis(label), range) : x;
        };
        for (std::int64_t i = 0; i < bands; ++i) {
            maps::Range range{shape[axis] * i / bands, shape[axis] * (i + 1) / bands};
            add(band_of(result, axis, range),
                multiplied(part(left, a_, range), part(right, b_, range)));
        }
    }
    void add(const Array& result, const Array& product) const {
        const Input added[] = {&result, &product};
        store(result, elementwise(addition(), added));
    }

    Op addition() const { return dtype_ == DType::bool_ ? Op::logical_or : Op::add; }

    const char* function_;
    Term a_, b_;
    const Groups& groups_;
    const Dims given_shapes_[2] = {a_.x.shape(), b_.x.shape()};
    DType dtype_{};
    Dims shape_;
    Labels labels_;  ///< of the result
    Meeting meeting_;
    comm::Signature call_;  ///< what localities agree on before something travels
};

}  // namespace

Array contract(const char* function, const Term& left, const Term& right, const Groups& groups) {
    const Input meeting[] = {&left.x, &right.x};
    check_replicated(function, meeting);
    Product product(function, left, right, groups);
    return common_settings().deterministic ? product.multiply_alike() : product.multiply();
}

}  // namespace hpxpy
