// Scans: along lines of elements or along columns, joined over localities where the axis is dealt out.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/scan.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "algorithms/lines.hpp"
#include "algorithms/scan_columns.hpp"
#include "algorithms/scan_lines.hpp"
#include "base/error.hpp"
#include "comm/collectives.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "exec/forest.hpp"
#include "plan/step.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

// What localities that come before have joined.
class Earlier {
public:
    Earlier(const char* function, Reduction reduction, DType compute, const Array& x,
            const Dims& shape)
        : function_(function), backwards_(x.map()->dealt()[0].step < 0) {
        mine_.function = function;
        mine_.op = row(reduction).name;
        mine_.dtype = compute;
        mine_.shape = shape;
        mine_.fingerprint = x.map()->fingerprint();
    }

    // `bytes(locality)` is what it gives.
    template <class Size>
    void scan(const void* in, void* out, std::int64_t items, const comm::Joining& joining,
              const Size& bytes) {
        if (plan_record_open())
            record_exchange(
                world(), exchange_title("scan of " + mine_.op, mine_.dtype, mine_.shape),
                [&](int from, int to) { return (from < to) != backwards_ ? bytes(from) : 0; });
        in_turn(world(), function_, [&] {
            comm::exclusive_scan(world(), mine_, in, out, items, joining, backwards_);
            return 0;
        });
    }

private:
    const char* function_;
    bool backwards_;
    comm::Signature mine_;
};

// A line whose parts localities hold one after the other.
void scan_shared_line(const char* function, Reduction reduction, const Array& x, LineScan& local,
                      DType compute) {
    const maps::Map& map = *x.map();
    auto forest_of_locality = [&](int locality) {
        maps::Range held = map.range(locality);
        return Forest{held.first, held.last, element_count(x.shape()), reduction, compute, true};
    };
    Forest own = forest_of_locality(world().id());
    std::vector<char> given = local.forest(own.first, own.whole);
    const std::int64_t most = own.most_bytes();
    std::vector<char> earlier(static_cast<std::size_t>(most));
    Earlier(function, reduction, compute, x, x.shape())
        .scan(given.data(), earlier.data(), 1, {join_forests, most, false, forest_bytes},
              [&](int locality) { return forest_of_locality(locality).bytes(); });
    local.run_from(own.first > 0 ? earlier.data() : nullptr);
}

// Joins the totals of all localities whose elements come before in front; one without rows passes them on.
template <class Scan>
void scan_joined(const char* function, Reduction reduction, const Array& x, DType compute,
                 Scan& scan) {
    std::int64_t items = scan.items();
    std::int64_t size = itemsize(compute), bytes = items * size;
    std::vector<char> totals(static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1)));
    std::vector<char> earlier(totals.size());
    scan.total(totals.data());
    const auto& loops = kernels::reduction(reduction, compute);
    Earlier(function, reduction, compute, x, Dims{items})
        .scan(totals.data(), earlier.data(), items, {loops.join, size, false},
              [&](int) { return bytes; });
    scan.run_after(x.map()->range(world().id()).first > 0 ? earlier.data() : nullptr);
}

// What a scan of elements that were not computed sends: a forest of one line, else `items` totals.
void scan_nothing(const char* function, Reduction reduction, const Array& x, DType compute,
                  std::int64_t items) {
    if (items > 0) {
        Array totals = new_array(compute, Dims{items}), earlier = new_array(compute, Dims{items});
        std::int64_t bytes = items * itemsize(compute);
        Earlier(function, reduction, compute, x, Dims{items})
            .scan(totals.node->bytes(), earlier.node->bytes(), items,
                  {kernels::reduction(reduction, compute).join, itemsize(compute), false},
                  [&](int) { return bytes; });
        return;
    }
    maps::Range held = x.map()->range(world().id());
    Forest own{held.first, held.last, element_count(x.shape()), reduction, compute, true};
    std::vector<char> given(static_cast<std::size_t>(own.most_bytes())), earlier(given.size());
    std::memcpy(given.data(), &own, sizeof own);
    Earlier(function, reduction, compute, x, x.shape())
        .scan(given.data(), earlier.data(), 1,
              {join_forests, own.most_bytes(), false, forest_bytes},
              [&](int) { return own.bytes(); });
}

// The locality that holds the first row, or would if there were one.
int first_owner(const maps::Map& map) {
    const maps::Dealt& dealt = map.dealt()[0];
    if (dealt.length > 0) return dealt.owner(0);
    return dealt.step > 0 ? 0 : dealt.parts() - 1;
}

// The map of the scan of an array of this shape that begins with the identity: with one row more in front.
maps::Map map_from_initial(const maps::Map& map, const Dims& longer, int axis) {
    const maps::Dealt* dealt = map.along(axis);
    if (!dealt) return map;
    std::int64_t length = longer[axis];
    if (!map.is_simple()) return map.with_layout(axis, dealt->layout->resized(length));
    std::vector<std::int64_t> sizes = map.sizes(*dealt);
    ++sizes[static_cast<std::size_t>(first_owner(map))];
    maps::Map blocks = maps::Map::blocks(axis, sizes);
    return dealt->step > 0 ? blocks : blocks.slice(axis, length - 1, -1, length);
}

}  // namespace

Array scan(const char* function, Reduction reduction, const Array& given,
           const ScanOptions& options) {
    Array x = given;
    int axis = normalize_axis(function, options.axis, x.dimensions());
    const maps::Dealt* dealt = x.distributed() ? x.map()->along(axis) : nullptr;
    bool crosses = dealt && x.map()->splits(*dealt);
    // Elements before and behind the axis; what has none of them is one line.
    std::int64_t outer = 1, columns = 1;
    for (int i = 0; i < x.dimensions(); ++i)
        if (i != axis) (i < axis ? outer : columns) *= x.shape()[i];
    bool one_line = outer == 1 && columns == 1;
    bool same_bits = common_settings().deterministic;
    if (crosses && (!x.map()->is_simple() || (same_bits && !one_line))) {
        // Not one range after the other on all localities: scanned elsewhere, and brought back.
        maps::Map lines = map_for_lines(x, axis);
        Array moved = deliver(redistribute(x, &lines));
        Array scanned = scan(function, reduction, moved, options);
        maps::Map back =
            options.include_initial ? map_from_initial(*x.map(), scanned.shape(), axis) : *x.map();
        return deliver(redistribute(scanned, &back));
    }
    DType compute = compute_dtype(reduction, options.dtype.value_or(x.dtype()));
    crosses = crosses && world().size() > 1;
    // What crosses localities is read twice.
    if (crosses) evaluate(x);
    if (options.dtype && *options.dtype != x.dtype()) x = convert(x, *options.dtype);

    std::shared_ptr<const Place> place = x.place;
    if (place && options.include_initial) {
        Dims longer = x.shape();
        ++longer[axis];
        place = std::make_shared<Place>(Place{longer, map_from_initial(*x.map(), longer, axis)});
    }
    bool begins = options.include_initial && (!crosses || first_owner(*x.map()) == world().id());
    Dims shape = x.view.shape;
    if (begins) ++shape[axis];
    Array result = new_array(compute, shape, std::move(place));
    if (leaves_blank(x.view.count())) {
        result.node->buffer->set_worth(Worth::blank);
        if (crosses) scan_nothing(function, reduction, x, compute, one_line ? 0 : outer * columns);
    } else if (columns == 1) {
        LineScan local(reduction, x, result, axis, begins);
        if (!crosses)
            local.run();
        else if (one_line)
            scan_shared_line(function, reduction, x, local, compute);
        else
            scan_joined(function, reduction, x, compute, local);
    } else {
        ColumnScan local(reduction, x, result, axis, begins, same_bits);
        if (crosses)
            scan_joined(function, reduction, x, compute, local);
        else
            local.run_at_once();
    }
    return options.dtype && *options.dtype != compute ? convert(result, *options.dtype) : result;
}

}  // namespace hpxpy
