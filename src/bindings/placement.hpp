// What the keywords distribution= and axis= of creation functions mean.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>

#include "bindings/convert.hpp"
#include "maps/distribution.hpp"

namespace hpxpy {

/// 'block', 'cyclic', 'block_cyclic', None, a tuple of them or a Distribution; ValueError that lists those that exist.
maps::Distribution distribution_from(const char* function, nb::handle given);
/// An axis that was given; nothing for None.
std::optional<std::int64_t> axis_from(const char* function, nb::handle axis);
/// The place of a new array, from its keyword arguments.
std::shared_ptr<const Place> place_from(const char* function, nb::handle distribution,
                                        const Dims& shape, nb::handle axis);
/// The distribution on this grid, which is a tuple, 'auto' or None.
nb::object with_grid(const char* function, nb::handle distribution, nb::handle grid);
/// The axis that is dealt out or, of several, a tuple.
nb::object dealt_axes(const maps::Map& map);
/// The object that says where an array lies; None for a local one.
nb::object distribution_of(const Array& x);

/// The class Distribution.
void bind_placement(nb::module_& m);

}  // namespace hpxpy
