// Masks of distributed arrays.
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
#include "exec/evaluate.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

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

void put_true_distributed(const char* function, const Array& x, const Array& given_mask,
                          const Array& value) {
    const Input meeting[] = {&x, &given_mask, &value};
    check_replicated(function, meeting);
    if (!x.distributed()) {
        Array mask = deliver(redistribute(given_mask, nullptr));
        return put_true(function, x, mask,
                        deliver(conform(function, value, value.shape(), nullptr)));
    }
    Array rows = with_rows_in_order(x);
    if (!rows_in_order(x)) rows = copy(rows);
    Array mask = on_map(given_mask, *rows.map());
    Array own = part_of(mask);
    std::int64_t held = static_cast<std::int64_t>(flat_nonzero(function, own).view.count());
    std::shared_ptr<const Place> place = counted(call_of(function, x), held);
    std::int64_t count = value.shape()[0];
    if (count != 1 && count != place->shape[0])
        fail<ValueError>(function, ": ", count, " values for the ", place->shape[0],
                         " elements where the mask is true");
    Array values = deliver(conform(function, value, place->shape, &place->map));
    put_true(function, part_of(rows), own, part_of(values));
    if (!rows_in_order(x)) put_back(function, x, rows);
}

}  // namespace hpxpy
