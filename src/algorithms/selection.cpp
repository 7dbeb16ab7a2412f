// Masks and positions of distributed arrays.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/selection.hpp"

#include <algorithm>
#include <string>

#include "algorithms/indexing.hpp"
#include "algorithms/parts.hpp"
#include "base/error.hpp"
#include "exchanges/check.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/route.hpp"
#include "exec/evaluate.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// Its rows lie in blocks, the first ones on the first locality, as what is counted off them will.
bool rows_in_order(const Array& x) {
    const maps::Map* map = x.map();
    return map && map->is_simple() && map->only_axis() == 0 && map->dealt()[0].step > 0;
}

Array with_rows_in_order(const Array& x) {
    if (rows_in_order(x)) return x;
    return on_map(x, maps::Map::block(0, x.shape()[0], world().size()));
}

comm::Signature call_of(const char* function, const Array& x) {
    comm::Signature call;
    call.function = function;
    call.dtype = x.dtype();
    call.shape = x.shape();
    if (x.map()) {
        call.detail = "on " + x.map()->summary();
        call.fingerprint = x.map()->fingerprint();
    }
    return call;
}

// Of a played locality that has `own`: so many on all localities that the numbers fall evenly from the first one to the
// last, which has none, and hers is as it is.
std::vector<std::int64_t> skewed_counts(std::int64_t own) {
    std::int64_t localities = world().size(), left = localities - 1 - world().id();
    std::vector<std::int64_t> counts(static_cast<std::size_t>(localities));
    for (std::int64_t p = 0; p < localities; ++p)
        counts[static_cast<std::size_t>(p)] = left > 0 ? own * (localities - 1 - p) / left : own;
    counts[static_cast<std::size_t>(world().id())] = own;
    return counts;
}

// The place of an array whose rows each locality has `own` of.
std::shared_ptr<const Place> counted(const comm::Signature& call, std::int64_t own) {
    std::vector<std::int64_t> counts = in_turn(world(), call.function.c_str(), [&] {
        comm::agree(world(), call);
        return comm::gather_numbers(world(), {&own, 1});
    });
    if (comm::Play* playing = play()) {
        playing->values_decide();
        if (playing->counts() == comm::Play::Counts::skewed) counts = skewed_counts(own);
    }
    maps::Map map = maps::Map::blocks(0, counts);
    Dims shape{map.dealt()[0].length};
    return std::make_shared<Place>(Place{shape, std::move(map)});
}

// Positions within this locality's part of an array, which begins at `first`, as those within the whole.
Array moved_up(const Array& positions, std::int64_t first) {
    const Input added[] = {&positions, Scalar::of(first)};
    return deliver(elementwise(Op::add, added));
}

std::int64_t first_row(const Array& x) { return x.map()->range(world().id()).first; }

}  // namespace

Array take_true_distributed(const Array& given, const Array& given_mask) {
    const Input meeting[] = {&given, &given_mask};
    check_replicated("index", meeting);
    Array x = given.distributed() ? with_rows_in_order(given) : given;
    Array mask = given.distributed() ? given_mask : with_rows_in_order(given_mask);
    if (given.distributed())
        mask = on_map(mask, *x.map());
    else
        x = on_map(x, *mask.map());
    Array chosen = take_true(part_of(x), part_of(mask));
    chosen.place = counted(call_of("index", x), chosen.view.shape[0]);
    return chosen;
}

Array flat_nonzero_distributed(const char* function, const Array& given) {
    Array x = with_rows_in_order(given);
    Array flat = flat_nonzero(function, part_of(x));
    std::int64_t row = 1;
    for (int i = 1; i < x.dimensions(); ++i) row *= x.shape()[i];
    flat.place = counted(call_of(function, x), flat.view.shape[0]);
    return moved_up(flat, first_row(x) * row);
}

std::vector<Array> nonzero_distributed(const char* function, const Array& given) {
    Array x = with_rows_in_order(given);
    std::vector<Array> found = nonzero(function, part_of(x));
    auto place = counted(call_of(function, x), found[0].view.shape[0]);
    for (Array& each : found) each.place = place;
    found[0] = moved_up(found[0], first_row(x));
    return found;
}

namespace {

// The shape with that of `positions` in the place of `axis`.
Dims shape_taken(const Dims& shape, int axis, const Dims& positions) {
    Dims taken;
    for (int i = 0; i < shape.size(); ++i) {
        if (i != axis) {
            taken.push_back(shape[i]);
            continue;
        }
        for (std::int64_t length : positions) taken.push_back(length);
    }
    return taken;
}

// Nothing travels along an axis of which each locality has all: the result is dealt out like the other axes.
Array take_beside(const char* function, const Array& x, int axis, const Array& positions,
                  int name) {
    const Array given[] = {positions};
    const int names[] = {name};
    Array taken = take_at(function, part_of(x), axis, given, names);
    if (!x.distributed()) return taken;
    std::vector<int> moved;
    moved.reserve(static_cast<std::size_t>(x.dimensions()));
    int added = positions.dimensions() - 1;
    for (int i = 0; i < x.dimensions(); ++i) moved.push_back(i < axis ? i : i + added);
    Dims shape = shape_taken(x.shape(), axis, positions.shape());
    taken.place = std::make_shared<Place>(Place{shape, x.map()->moved(moved)});
    return taken;
}

// This locality's positions as numbers from 0 on. All localities agree on the call, and raise the same IndexError.
std::vector<std::int64_t> agreed_positions(const char* function, const Array& x, int axis,
                                           const Array& positions, int name) {
    Array values = dense_values(function, within_int64(part_of(positions)), DType::int64);
    const auto* first = reinterpret_cast<const std::int64_t*>(data_of(values));
    std::vector<std::int64_t> result(first, first + values.view.count());
    std::int64_t length = x.shape()[axis];
    for (std::int64_t& i : result)
        if (i < 0 && i >= -length) i += length;
    comm::Signature call = call_of(function, x);
    call.fingerprint ^= positions.map()->fingerprint();
    if (std::optional<std::int64_t> bad = first_outside(call, length, result))
        fail<IndexError>(function, ": ", *bad, " is out of range for axis ", name, " of length ",
                         length);
    return result;
}

// Each locality asks the owners of the rows that its positions name. The axis is the only one that `x` deals out; the
// result is dealt out like the positions.
Array take_routed(const char* function, const Array& x, int axis, const Array& positions,
                  int name) {
    std::vector<std::int64_t> wanted = agreed_positions(function, x, axis, positions, name);
    Route route(function, x.map()->dealt()[0], wanted);

    // Rows are what the other axes span, so the axis comes first.
    std::vector<std::int64_t> rows_first{axis};
    for (int i = 0; i < x.dimensions(); ++i)
        if (i != axis) rows_first.push_back(i);
    Array rows = permute(function, part_of(x), rows_first);
    auto arrived = static_cast<std::int64_t>(route.arrived().size());
    Array asked = new_array(DType::int64, Dims{arrived});
    std::copy(route.arrived().begin(), route.arrived().end(),
              reinterpret_cast<std::int64_t*>(asked.node->bytes()));
    const Array given[] = {asked};
    Array answers = dense_values(function, take_at(function, rows, 0, given), x.dtype());
    Dims local = positions.view.shape;
    std::int64_t bytes = itemsize(x.dtype());
    for (int i = 1; i < rows.dimensions(); ++i) {
        local.push_back(rows.view.shape[i]);
        bytes *= rows.view.shape[i];
    }
    Array taken = new_array(x.dtype(), local);
    route.answer(data_of(answers), bytes, taken.node->bytes());

    std::vector<std::int64_t> back;
    int counted_axes = positions.dimensions();
    back.reserve(static_cast<std::size_t>(counted_axes) + static_cast<std::size_t>(x.dimensions()));
    for (int i = 0; i < axis; ++i) back.push_back(counted_axes + i);
    for (int i = 0; i < counted_axes; ++i) back.push_back(i);
    for (int i = axis + 1; i < x.dimensions(); ++i) back.push_back(counted_axes + i - 1);
    taken = permute(function, taken, back);
    taken.place = std::make_shared<Place>(
        Place{shape_taken(x.shape(), axis, positions.shape()), positions.map()->shifted(axis)});
    return taken;
}

}  // namespace

Array take_distributed(const char* function, const Array& given, int axis,
                       const Array& given_positions, int name) {
    const Input meeting[] = {&given, &given_positions};
    check_replicated(function, meeting);
    Array x = given, positions = given_positions;
    if (!x.distributed() || !x.map()->deals(axis)) {
        if (!x.distributed()) {
            agreed_positions(function, x, axis, positions, name);
            Array taken = take_beside(function, x, axis, part_of(positions), name);
            taken.place = std::make_shared<Place>(Place{
                shape_taken(x.shape(), axis, positions.shape()), positions.map()->shifted(axis)});
            return taken;
        }
        if (positions.distributed()) positions = deliver(redistribute(positions, nullptr));
        return take_beside(function, x, axis, positions, name);
    }
    int localities = world().size();
    bool routable = x.map()->only_axis() == axis && x.map()->grid().size() == 1;
    if (!routable) x = on_map(x, maps::Map::block(axis, x.shape()[axis], localities));
    bool local = !positions.distributed();
    if (local) {
        if (positions.dimensions() == 0) positions = expand_dims(function, positions, 0);
        positions = on_map(positions, maps::Map::block(0, positions.shape()[0], localities));
    }
    Array taken = take_routed(function, x, axis, positions, name);
    if (local) taken = deliver(redistribute(taken, nullptr));
    if (given_positions.dimensions() == 0) {
        std::vector<IndexItem> items(static_cast<std::size_t>(axis), Slice{});
        items.emplace_back(std::int64_t{0});
        taken = index(taken, items);
    }
    return taken;
}

namespace {

// Of each row of this locality's part along `axis` which value is the last one written to it, -1 for none; as an array
// that is dealt out like the axis.
Array last_written(const char* function, const Array& x, int axis, const Array& positions,
                   int name) {
    Array given = dense_values(function, within_int64(positions), DType::int64);
    const auto* first = reinterpret_cast<const std::int64_t*>(data_of(given));
    std::int64_t length = x.shape()[axis];
    maps::Indices held = x.map()->held(axis, length, world().id());
    Array written = new_array(DType::int64, Dims{held.count()});
    auto* rows = reinterpret_cast<std::int64_t*>(written.node->bytes());
    std::fill_n(rows, held.count(), -1);
    for (std::int64_t j = 0; j < given.view.count(); ++j) {
        std::int64_t position = first[j] < 0 ? first[j] + length : first[j];
        if (position < 0 || position >= length)
            fail<IndexError>(function, ": ", first[j], " is out of range for axis ", name,
                             " of length ", length);
        std::int64_t row = held.below(position);
        if (row < held.count() && held.at(row) == position) rows[row] = j;
    }
    if (!x.map()->deals(axis)) return written;
    std::vector<int> moved(static_cast<std::size_t>(x.dimensions()), -1);
    moved[static_cast<std::size_t>(axis)] = 0;
    written.place = place_on(Dims{length}, x.map()->moved(moved));
    return written;
}

// The rows of `values`, of which each locality has all along `axis`, that `chosen` names, which lies as `x` does there.
Array rows_of(const char* function, const Array& values, int axis, const Array& chosen,
              const Array& x) {
    Array own = part_of(chosen);
    if (values.distributed()) {
        // Dealt out along other axes as well, each locality would have rows of other places.
        if (chosen.distributed()) require_local(function, values);
        return take_at(function, values, axis, std::span(&own, 1));
    }
    Array rows = take_at(function, values, axis, std::span(&own, 1));
    if (!chosen.distributed()) return rows;
    std::vector<int> moved(static_cast<std::size_t>(x.dimensions()), -1);
    moved[static_cast<std::size_t>(axis)] = axis;
    rows.place = place_on(x.shape(), x.map()->moved(moved));
    return rows;
}

}  // namespace

Array with_rows_put(const char* function, const Array& x, int axis, const Array& positions,
                    const Array& value, int name) {
    const Input meeting[] = {&x, &positions, &value};
    check_replicated(function, meeting);
    if (is_complex(value.dtype()) && !is_complex(x.dtype()))
        fail<TypeError>(function, ": ", name_of(value.dtype()), " values do not fit into a ",
                        name_of(x.dtype()), " array; assign their real part");
    Dims taken = shape_taken(x.shape(), axis, positions.shape());
    // A row of x as it was read is dealt out along the other axes.
    bool fits = value.distributed() && value.shape() == taken && positions.dimensions() == 1 &&
                !value.map()->deals(axis);
    if (!fits) require_local(function, value);
    Array values = fits ? value : conform(function, value, taken, nullptr);
    Array written = last_written(function, x, axis, positions, name);
    std::int64_t count = element_count(positions.shape());
    if (count == 0) return x;
    const Input compared[] = {&written, Scalar::of(std::int64_t{0})};
    Array hit = elementwise(Op::greater_equal, compared);
    for (int i = axis + 1; i < x.dimensions(); ++i) hit = expand_dims(function, hit, i - axis);
    if (value.view.count() == 1 && !fits) {
        values = reshape(function, value, Dims{});
    } else {
        const Input at_least[] = {&written, Scalar::of(std::int64_t{0})};
        Array chosen = deliver(elementwise(Op::maximum, at_least));
        Dims rows = x.shape();
        rows[axis] = count;
        if (!fits) values = reshape(function, values, rows);
        values = rows_of(function, values, axis, chosen, x);
    }
    if (values.dtype() != x.dtype()) values = convert(values, x.dtype());
    const Input joined[] = {&hit, &values, &x};
    return elementwise(Op::where, joined);
}

}  // namespace hpxpy
