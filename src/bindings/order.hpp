// NumPy's order= arguments: how elements are counted, and how they lie in memory. The bindings of views, copies and
// creation speak through this header.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "bindings/convert.hpp"

namespace hpxpy {

/// c: the last axis fastest, f: the first one, a: f where that is how the array lies in memory, else c, k: as it lies in
/// memory.
enum class Order : std::uint8_t { c, f, a, k };

/// The order that one letter of either case means, or None: `otherwise`. ValueError for others.
Order order_from(const char* function, nb::handle object, Order otherwise = Order::c);

/// c, f or k: a is one of the first two for an array. Blocks of distributed arrays are always counted in C order, as
/// each may lie in memory otherwise.
Order settled(Order order, const Array& x);

/// The axes from the outermost to the innermost one of an array that has `x`'s order where that is asked for; nothing
/// if it is C order.
std::optional<Dims> axes_in(Order order, const Array& x);

/// A new array of the elements as `dtype`, which lie in memory in that order; ValueError for order f of a distributed
/// array.
Array converted_in(const char* function, Order order, const Array& x, DType dtype);

/// Whether the elements lie in memory in that order (k: whatever it is).
bool lies_in(Order order, const Array& x);

}  // namespace hpxpy
