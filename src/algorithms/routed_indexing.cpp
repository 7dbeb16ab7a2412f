// Positions of distributed arrays: what each names is found by its owner. One axis of those that positions name leads:
// the one that is dealt out. A position's place is counted over that axis's part and all of the other named axes.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/routed_indexing.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <vector>

#include "algorithms/indexing.hpp"
#include "algorithms/parts.hpp"
#include "base/error.hpp"
#include "exchanges/check.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/route.hpp"
#include "exec/evaluate.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

using Numbers = std::vector<std::int64_t>;

// The axes that positions name, `count` of them from `axis` on, and the others around them.
struct Named {
    const char* function;
    int axis, count;
    std::vector<int> names;  ///< as errors name them

    Named(const char* name, int first, std::span<const Array> positions, std::span<const int> given)
        : function(name),
          axis(first),
          count(static_cast<int>(positions.size())),
          names(given.begin(), given.end()) {
        for (int k = static_cast<int>(names.size()); k < count; ++k) names.push_back(first + k);
    }
    bool has(int i) const { return i >= axis && i < axis + count; }

    // Their shape replaced by that of the positions.
    Dims taken(const Dims& shape, const Dims& positions) const {
        Dims result;
        for (int i = 0; i < axis; ++i) result.push_back(shape[i]);
        for (std::int64_t length : positions) result.push_back(length);
        for (int i = axis + count; i < shape.size(); ++i) result.push_back(shape[i]);
        return result;
    }
    // The map of `x` for what is taken by positions of so many dimensions, which all localities have.
    std::shared_ptr<const Place> place_beside(const Array& x, const Dims& positions) const {
        if (!x.distributed()) return nullptr;
        std::vector<int> moved;
        for (int i = 0; i < x.dimensions(); ++i)
            moved.push_back(has(i) ? -1 : i < axis ? i : i - count + positions.size());
        return place_on(taken(x.shape(), positions), x.map()->moved(moved));
    }
    bool dealt_in(const Array& x) const {
        if (!x.distributed()) return false;
        for (const maps::Dealt& dealt : x.map()->dealt())
            if (has(dealt.axis)) return true;
        return false;
    }
    // Of an array that is shaped as what is taken, with the axes of positions first.
    std::vector<std::int64_t> positions_first(int dimensions, int of_positions) const {
        std::vector<std::int64_t> order;
        for (int i = 0; i < of_positions; ++i) order.push_back(axis + i);
        for (int i = 0; i < axis; ++i) order.push_back(i);
        for (int i = axis + of_positions; i < dimensions; ++i) order.push_back(i);
        return order;
    }
    // The way back.
    std::vector<std::int64_t> positions_back(int dimensions, int of_positions) const {
        std::vector<std::int64_t> order;
        for (int i = 0; i < axis; ++i) order.push_back(of_positions + i);
        for (int i = 0; i < of_positions; ++i) order.push_back(i);
        for (int i = axis + of_positions; i < dimensions; ++i) order.push_back(i);
        return order;
    }
};

// All of one shape and, if one of them is distributed, on one map.
std::vector<Array> of_one_shape(const Named& named, std::span<const Array> given,
                                const Dims& shape) {
    std::vector<Array> arrays;
    for (const Array& each : given) arrays.push_back(within_int64(each));
    if (!any_distributed(arrays)) {
        for (Array& each : arrays) each = broadcast_to(each, shape);
        return arrays;
    }
    std::vector<Input> inputs;
    for (const Array& each : arrays) inputs.emplace_back(&each);
    if (given.size() == 1) return arrays;
    std::vector<Array> met = meet(named.function, inputs);
    for (Array& each : met) each = deliver(each);
    // What a function of them all would lie like.
    Array joined = met[0];
    for (std::size_t k = 1; k < met.size(); ++k) {
        const Input both[] = {&joined, &met[k]};
        joined = elementwise(Op::equal, both);
    }
    for (Array& each : met) each = deliver(conform(named.function, each, shape, joined.map()));
    return met;
}

std::vector<Array> in_order(std::vector<Array> arrays) {
    for (Array& each : arrays) {
        if (each.dimensions() == 0) each = expand_dims("index", each, 0);
        each = with_rows_in_order(each);
    }
    return arrays;
}

// Moves `x` so that one axis is dealt out, a named one, to each locality a part.
Array with_one_lead(const Array& x, const Named& named) {
    const maps::Map& map = *x.map();
    std::optional<int> only = map.only_axis();
    if (only && named.has(*only) && map.grid().size() == 1) return x;
    int lead = named.axis;
    for (int i = named.axis; i < named.axis + named.count; ++i)
        if (x.shape()[i] > x.shape()[lead]) lead = i;
    return on_map(x, maps::Map::block(lead, x.shape()[lead], world().size()));
}

// The first position that does not exist: itself and which axis it is for.
struct Outside {
    std::int64_t position = 0;
    int axis = 0;
};

// This locality's positions as numbers: those along the axis that leads, and where they stand in the other named ones,
// counted in C order.
struct Parsed {
    Numbers lead, rest;
    std::int64_t rest_length = 1;
    std::optional<Outside> wrong;

    Parsed(const Named& named, const Array& x, int lead_axis, std::span<const Array> positions) {
        for (int k = 0; k < named.count; ++k) {
            int i = named.axis + k;
            std::int64_t length = x.shape()[i];
            Array values = dense_values(
                named.function, part_of(positions[static_cast<std::size_t>(k)]), DType::int64);
            const auto* first = reinterpret_cast<const std::int64_t*>(data_of(values));
            Numbers numbers(first, first + values.view.count());
            for (std::int64_t& p : numbers) {
                if (p < 0 && p >= -length) p += length;
                if ((p < 0 || p >= length) && !wrong) wrong = Outside{p, k};
            }
            if (i == lead_axis) {
                lead = std::move(numbers);
                continue;
            }
            if (rest.empty()) rest.resize(numbers.size());
            for (std::size_t j = 0; j < numbers.size(); ++j)
                rest[j] = rest[j] * length + numbers[j];
            rest_length *= length;
        }
    }
};

[[noreturn]] void fail_outside(const Named& named, const Array& x, const Outside& wrong) {
    fail<IndexError>(named.function, ": ", wrong.position, " is out of range for axis ",
                     named.names[static_cast<std::size_t>(wrong.axis)], " of length ",
                     x.shape()[named.axis + wrong.axis]);
}

// All localities agree on the call, and raise the same IndexError.
void agree_on(const Named& named, const Array& x, std::span<const Array> positions,
              const std::optional<Outside>& mine) {
    comm::Signature call = call_of(named.function, x);
    call.fingerprint ^= positions[0].map()->fingerprint();
    std::optional<std::pair<std::int64_t, std::int64_t>> told;
    if (mine) told.emplace(mine->position, mine->axis);
    if (auto wrong = first_wrong(call, told))
        fail_outside(named, x, {wrong->first, static_cast<int>(wrong->second)});
}

// Places over the lengths of `lengths` in C order as positions along each.
std::vector<Array> decoded(const Numbers& places, const Dims& lengths) {
    auto count = static_cast<std::int64_t>(places.size());
    std::vector<Array> result;
    for (int k = 0; k < lengths.size(); ++k) result.push_back(new_array(DType::int64, Dims{count}));
    Numbers rest = places;
    for (int k = lengths.size() - 1; k >= 0; --k) {
        auto* into =
            reinterpret_cast<std::int64_t*>(result[static_cast<std::size_t>(k)].node->bytes());
        for (std::int64_t j = 0; j < count; ++j) {
            std::int64_t& left = rest[static_cast<std::size_t>(j)];
            into[j] = k == 0 ? left : left % lengths[k];
            left /= std::max<std::int64_t>(lengths[k], 1);
        }
    }
    return result;
}

Array array_of(const Numbers& numbers, const Dims& shape) {
    Array result = new_array(DType::int64, shape);
    std::copy(numbers.begin(), numbers.end(),
              reinterpret_cast<std::int64_t*>(result.node->bytes()));
    return result;
}

// This locality's part of `x` with the axis that leads first, then the other named ones, then the rest.
struct Rows {
    Array part;
    Dims lengths;  ///< of the named axes

    Rows(const Named& named, const Array& x, int lead) {
        std::vector<std::int64_t> order{lead};
        for (int i = named.axis; i < named.axis + named.count; ++i)
            if (i != lead) order.push_back(i);
        for (int i = 0; i < x.dimensions(); ++i)
            if (!named.has(i)) order.push_back(i);
        part = permute(named.function, part_of(x), order);
        for (int k = 0; k < named.count; ++k) lengths.push_back(part.view.shape[k]);
    }
    Array take(const char* function, const Numbers& places) const {
        return take_at(function, part, 0, decoded(places, lengths));
    }
    // How many elements a place has, as the axes that none names.
    Dims each() const {
        Dims shape;
        for (int i = lengths.size(); i < part.dimensions(); ++i)
            shape.push_back(part.view.shape[i]);
        return shape;
    }
};

Dims joined_dims(const Dims& a, const Dims& b) {
    Dims both = a;
    for (std::int64_t length : b) both.push_back(length);
    return both;
}

// Positions that all localities know: each gives what it has of them to all, in the order of owners, and all put them in
// order.
Array take_known(const Named& named, const Array& x, std::span<const Array> positions,
                 const Dims& shape) {
    const maps::Dealt& dealt = x.map()->dealt()[0];
    Parsed parsed(named, x, dealt.axis, positions);
    if (parsed.wrong) fail_outside(named, x, *parsed.wrong);
    std::vector<maps::Indices> held;
    for (int p = 0; p < dealt.parts(); ++p) held.push_back(dealt.held(p));
    auto me = static_cast<std::size_t>(world().id());
    Numbers counts(held.size()), mine, order(parsed.lead.size());
    std::vector<std::size_t> owners(parsed.lead.size());
    for (std::size_t j = 0; j < owners.size(); ++j) {
        owners[j] = static_cast<std::size_t>(dealt.owner(parsed.lead[j]));
        ++counts[owners[j]];
        if (owners[j] != me) continue;
        std::int64_t rest = parsed.rest.empty() ? 0 : parsed.rest[j];
        mine.push_back(held[me].below(parsed.lead[j]) * parsed.rest_length + rest);
    }
    Numbers next(counts.size());
    std::exclusive_scan(counts.begin(), counts.end(), next.begin(), std::int64_t{0});
    for (std::size_t j = 0; j < owners.size(); ++j) order[j] = next[owners[j]]++;

    Rows rows(named, x, dealt.axis);
    Array taken = rows.take(named.function, mine);
    Dims whole = joined_dims({static_cast<std::int64_t>(order.size())}, rows.each());
    taken.place = std::make_shared<Place>(Place{whole, maps::Map::blocks(0, counts)});
    taken = deliver(redistribute(taken, nullptr));
    if (std::is_sorted(owners.begin(), owners.end())) {
        taken = reshape(named.function, taken, joined_dims(shape, rows.each()));
    } else {
        const Array given[] = {array_of(order, shape)};
        taken = take_at(named.function, taken, 0, given);
    }
    return permute(named.function, taken, named.positions_back(taken.dimensions(), shape.size()));
}

// Each locality asks the owners of what its positions name.
Array take_asked(const Named& named, const Array& x, std::span<const Array> positions) {
    const maps::Dealt& dealt = x.map()->dealt()[0];
    Parsed parsed(named, x, dealt.axis, positions);
    agree_on(named, x, positions, parsed.wrong);
    Route route(named.function, dealt, parsed.lead, {parsed.rest, parsed.rest_length});
    Rows rows(named, x, dealt.axis);
    Numbers asked(route.arrived().begin(), route.arrived().end());
    Array answers = dense_values(named.function, rows.take(named.function, asked), x.dtype());
    const Dims& own = positions[0].view.shape;
    Array taken = new_array(x.dtype(), joined_dims(own, rows.each()));
    route.answer(data_of(answers), element_count(rows.each()) * itemsize(x.dtype()),
                 taken.node->bytes());
    taken = permute(named.function, taken, named.positions_back(taken.dimensions(), own.size()));
    taken.place = std::make_shared<Place>(Place{named.taken(x.shape(), positions[0].shape()),
                                                positions[0].map()->shifted(named.axis)});
    return taken;
}

void check_given(const char* function, const Array& x, std::span<const Array> positions,
                 const Array* value) {
    std::vector<Input> meeting{&x};
    for (const Array& each : positions) meeting.emplace_back(&each);
    if (value) meeting.emplace_back(value);
    check_replicated(function, meeting);
}

// Positions that are distributed, of an array that deals out none of the axes that they name.
std::vector<Array> brought_to_all(std::vector<Array> positions) {
    for (Array& each : positions)
        if (each.distributed()) each = deliver(redistribute(each, nullptr));
    return positions;
}

}  // namespace

Array take_routed(const char* function, const Array& x, int axis, std::span<const Array> given,
                  std::span<const int> names) {
    Named named(function, axis, given, names);
    check_given(function, x, given, nullptr);
    Dims shape = positions_shape(function, given);
    std::vector<Array> positions = of_one_shape(named, given, shape);
    if (named.dealt_in(x)) {
        Array moved = with_one_lead(x, named);
        if (any_distributed(positions)) return take_asked(named, moved, positions);
        return take_known(named, moved, positions, shape);
    }
    std::shared_ptr<const Place> place = named.place_beside(x, shape);
    if (x.distributed()) {
        positions = brought_to_all(std::move(positions));
    } else {
        agree_on(named, x, positions, Parsed(named, x, axis, positions).wrong);
        place = std::make_shared<Place>(
            Place{named.taken(x.shape(), shape), positions[0].map()->shifted(axis)});
    }
    for (Array& each : positions) each = part_of(each);
    Array taken = take_at(function, part_of(x), axis, positions, named.names);
    taken.place = place;
    return taken;
}

namespace {

// Of values that are shaped as what is taken, this locality's, those of each position one behind the other.
Array values_in_rows(const Named& named, const Array& values, int of_positions, DType dtype) {
    Array rows = permute(named.function, part_of(values),
                         named.positions_first(values.dimensions(), of_positions));
    Dims shape{1};
    for (int i = 0; i < rows.dimensions(); ++i) {
        if (i < of_positions)
            shape[0] *= rows.view.shape[i];
        else
            shape.push_back(rows.view.shape[i]);
    }
    return reshape(named.function, dense_values(named.function, rows, dtype), shape);
}

// Positions and values that all localities know, or have of the axes that they hold: each writes what it holds.
void put_known(const Named& named, const Array& x, std::span<const Array> positions,
               const Array& value, const Dims& shape, bool single) {
    std::vector<Array> local(positions.begin(), positions.end());
    Array values = value;
    if (!single) {
        std::shared_ptr<const Place> place = named.place_beside(x, shape);
        values = deliver(conform(named.function, value, named.taken(x.shape(), shape),
                                 place ? &place->map : nullptr));
    }
    if (!named.dealt_in(x))
        return put_at(named.function, part_of(x), named.axis, local, part_of(values), named.names);

    // Which of them name something that this locality holds, and where.
    std::vector<maps::Indices> held;
    std::vector<Array> dense;
    std::vector<const std::int64_t*> given;
    std::vector<Numbers> mine(static_cast<std::size_t>(named.count));
    for (int k = 0; k < named.count; ++k) {
        held.push_back(x.map()->held(named.axis + k, x.shape()[named.axis + k], world().id()));
        dense.push_back(
            dense_values(named.function, local[static_cast<std::size_t>(k)], DType::int64));
        given.push_back(reinterpret_cast<const std::int64_t*>(data_of(dense.back())));
    }
    Numbers chosen;
    std::vector<std::int64_t> places(held.size());
    bool all = true;
    for (std::int64_t j = 0; j < element_count(shape); ++j) {
        bool here = true;
        for (std::size_t k = 0; k < held.size(); ++k) {
            std::int64_t length = x.shape()[named.axis + static_cast<int>(k)], p = given[k][j];
            if (p < 0) p += length;
            if (p < 0 || p >= length) fail_outside(named, x, {given[k][j], static_cast<int>(k)});
            places[k] = held[k].below(p);
            here &= places[k] < held[k].count() && held[k].at(places[k]) == p;
        }
        all &= here;
        if (!here) continue;
        chosen.push_back(j);
        for (std::size_t k = 0; k < held.size(); ++k) mine[k].push_back(places[k]);
    }
    if (!single) {
        values = values_in_rows(named, values, shape.size(), x.dtype());
        const Array rows[] = {array_of(chosen, {static_cast<std::int64_t>(chosen.size())})};
        if (!all) values = take_at(named.function, values, 0, rows);
        values = permute(named.function, values, named.positions_back(values.dimensions(), 1));
    } else {
        values = part_of(values);
    }
    std::vector<Array> here;
    for (const Numbers& each : mine)
        here.push_back(array_of(each, {static_cast<std::int64_t>(each.size())}));
    put_at(named.function, part_of(x), named.axis, here, values, named.names);
}

// Positions and values travel to the owners.
void put_asked(const Named& named, const Array& x, std::span<const Array> positions,
               const Array& value, const Dims& shape, bool single) {
    const maps::Dealt& dealt = x.map()->dealt()[0];
    Parsed parsed(named, x, dealt.axis, positions);
    agree_on(named, x, positions, parsed.wrong);
    Array values = value;
    if (!single) {
        maps::Map map = positions[0].map()->shifted(named.axis);
        values = deliver(conform(named.function, value, named.taken(x.shape(), shape), &map));
        values = values_in_rows(named, values, shape.size(), x.dtype());
    }
    Route route(named.function, dealt, parsed.lead, {parsed.rest, parsed.rest_length});
    Rows rows(named, x, dealt.axis);
    Numbers arrived(route.arrived().begin(), route.arrived().end());
    if (!single) {
        Array came = new_array(
            x.dtype(), joined_dims({static_cast<std::int64_t>(arrived.size())}, rows.each()));
        route.bring(data_of(values), element_count(rows.each()) * itemsize(x.dtype()),
                    came.node->bytes());
        values = came;
    }
    put_at(named.function, rows.part, 0, decoded(arrived, rows.lengths), part_of(values));
}

}  // namespace

void put_routed(const char* function, const Array& x, int axis, std::span<const Array> given,
                const Array& value, std::span<const int> names) {
    Named named(function, axis, given, names);
    check_given(function, x, given, &value);
    if (is_complex(value.dtype()) && !is_complex(x.dtype()))
        fail<TypeError>(function, ": ", name_of(value.dtype()), " values do not fit into a ",
                        name_of(x.dtype()), " array; assign their real part");
    Dims shape = positions_shape(function, given);
    Dims taken = named.taken(x.shape(), shape);
    // Shapes that do not fit are told before anything travels.
    if (broadcast_shapes(function, taken, value.shape()) != taken &&
        element_count(value.shape()) != 1)
        fail<ValueError>(function, ": a value of shape ", to_string(value.shape()),
                         " does not broadcast into shape ", to_string(taken));
    if (element_count(taken) == 0) {
        // Nothing is written, but a position that does not exist is an error.
        if (element_count(shape) > 0) take_at(function, x, axis, given, names);
        return;
    }
    bool single = element_count(value.shape()) == 1;
    Array one = value;
    if (single) one = reshape(function, deliver(redistribute(value, nullptr)), Dims{});
    std::vector<Array> positions = of_one_shape(named, given, shape);
    bool asked = any_distributed(positions);
    if (!asked && one.distributed() && named.dealt_in(x)) {
        // Values that are dealt out along the positions stay where they are until they travel to their owners.
        std::vector<int> moved;
        for (int i = taken.size() - one.dimensions(); i < taken.size(); ++i)
            moved.push_back(i < axis || i >= axis + shape.size() ? -1 : i - axis);
        maps::Map map = one.map()->moved(moved).fitting(shape);
        asked = !map.dealt().empty();
        if (asked)
            for (Array& each : positions) each = deliver(conform(function, each, shape, &map));
    }
    if (!named.dealt_in(x) || !asked) {
        positions = brought_to_all(std::move(positions));
        return put_known(named, x, positions, one, shape, single);
    }
    positions = in_order(std::move(positions));
    Dims counted = shape.size() == 0 ? Dims{1} : shape;
    if (shape.size() == 0 && !single) one = expand_dims(function, broadcast_to(one, taken), axis);
    bool routable =
        x.map()->only_axis() && named.has(*x.map()->only_axis()) && x.map()->grid().size() == 1;
    if (routable) return put_asked(named, x, positions, one, counted, single);
    Array moved = copy(with_one_lead(x, named));
    put_asked(named, moved, positions, one, counted, single);
    put_back(function, x, moved);
}

namespace {

// The positions of all axes that those along one of them mean.
std::vector<Array> for_all_axes(const char* function, const Array& x, const Array& positions,
                                int axis) {
    if (x.dimensions() != positions.dimensions())
        fail<ValueError>(function, ": positions of shape ", to_string(positions.shape()),
                         " for an array of shape ", to_string(x.shape()),
                         "; both need the same number of dimensions");
    std::vector<Array> all;
    for (int i = 0; i < x.dimensions(); ++i) {
        if (i == axis) {
            all.push_back(positions);
            continue;
        }
        std::int64_t length = x.shape()[i], own = positions.shape()[i];
        if (length != own && length != 1 && own != 1)
            fail<IndexError>(function, ": positions of shape ", to_string(positions.shape()),
                             " do not fit an array of shape ", to_string(x.shape()), " along axis ",
                             axis);
        Array counted = count_up(0, length, DType::int64, nullptr);
        for (int j = i + 1; j < x.dimensions(); ++j)
            counted = expand_dims(function, counted, counted.dimensions());
        all.push_back(counted);
    }
    return all;
}

// Local positions lie like `x` does along the other axes.
Array lying_like(const char* function, const Array& x, const Array& positions, int axis) {
    if (positions.distributed() || !x.distributed() || positions.dimensions() != x.dimensions())
        return positions;
    maps::Map map = x.map()->without(axis).fitting(positions.shape());
    if (map.dealt().empty()) map = maps::Map::block(axis, positions.shape()[axis], world().size());
    return deliver(conform(function, positions, positions.shape(), &map));
}

// Whether nothing has to leave its place: what lies along the axis lies on one locality, and the other axes lie alike.
bool lie_alike(const Array& x, const Array& other, int axis) {
    if (!x.distributed() || !other.distributed() || x.dimensions() != other.dimensions())
        return false;
    for (int i = 0; i < x.dimensions(); ++i)
        if (i != axis && x.shape()[i] != other.shape()[i]) return false;
    return !x.map()->deals(axis) && x.map()->same_owners(*other.map(), x.shape()) &&
           !other.map()->deals(axis);
}

}  // namespace

Array take_along_routed(const char* function, const Array& x, const Array& given, int axis) {
    check_given(function, x, std::span(&given, 1), nullptr);
    Array positions = lying_like(function, x, given, axis);
    std::vector<Array> all = for_all_axes(function, x, positions, axis);
    if (!lie_alike(x, positions, axis)) return take_at(function, x, 0, all);
    Named named(function, axis, std::span(&positions, 1), {});
    agree_on(named, x, std::span(&positions, 1),
             Parsed(named, x, axis, std::span(&positions, 1)).wrong);
    Array taken = take_along(function, part_of(x), part_of(positions), axis);
    taken.place = std::make_shared<Place>(Place{positions.shape(), *x.map()});
    return taken;
}

void put_along_routed(const char* function, const Array& x, const Array& given, const Array& value,
                      int axis) {
    check_given(function, x, std::span(&given, 1), &value);
    Array positions = lying_like(function, x, given, axis);
    std::vector<Array> all = for_all_axes(function, x, positions, axis);
    put_at(function, x, 0, all, value);
}

}  // namespace hpxpy
