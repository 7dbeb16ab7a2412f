// What algorithms do first with distributed operands: bring them to a map, and take one's own part.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <span>

#include "comm/collectives.hpp"
#include "exchanges/deliver.hpp"

namespace hpxpy {

/// `x` on another map; started.
inline Array on_map(const Array& x, const maps::Map& map) { return deliver(redistribute(x, &map)); }

/// This locality's part as a local array.
inline Array part_of(const Array& x) {
    Array part = x;
    part.place = nullptr;
    return part;
}

/// Whether the rows of a distributed array lie in blocks, the first ones on the first locality, as what is counted off them
/// will.
inline bool rows_in_order(const Array& x) {
    const maps::Map& map = *x.map();
    return map.is_simple() && map.only_axis() == 0 && map.dealt()[0].step > 0;
}

/// The array, which may be local, with its rows so: as it is, or on even blocks.
inline Array with_rows_in_order(const Array& x) {
    if (x.distributed() && rows_in_order(x)) return x;
    return on_map(x, maps::Map::block(0, x.shape()[0], here().localities));
}

inline bool any_distributed(std::span<const Array> arrays) {
    return std::any_of(arrays.begin(), arrays.end(),
                       [](const Array& each) { return each.distributed(); });
}

/// What localities agree on before they work on `x` together.
inline comm::Signature call_of(const char* function, const Array& x) {
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

}  // namespace hpxpy
