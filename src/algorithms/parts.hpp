// What algorithms do first with distributed operands: bring them to a map, and take one's own part.
// SPDX-License-Identifier: BSL-1.0
#pragma once

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

}  // namespace hpxpy
