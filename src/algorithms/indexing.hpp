// Indexing with arrays and masks, and what else needs values to know positions or a shape. What takes
// distributed arrays says so; results are new arrays. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// TypeError that names redistribute if `x` is distributed.
void require_local(const char* function, const Array& x);

/// The elements of a local `x` evaluated, dense and of `dtype`: x itself if it is that, else a copy. TypeError if `x` is
/// distributed, as its block is not what a caller who reads the elements wants.
Array dense_values(const char* function, const Array& x, DType dtype);

/// What `positions` (integers, brought to one shape) name on the axes from `axis` on, one array an
/// axis; their common shape takes the place of those axes. IndexError where one is out of range; it calls the axes by `names`,
/// if given. All may be distributed: the result is dealt out like the positions, or, if they are local, like the other axes
/// of `x`.
Array take_at(const char* function, const Array& x, int axis, std::span<const Array> positions,
              std::span<const int> names = {});

/// Writes `value`, broadcast to the shape that take_at would give, to those elements; of several
/// values for one element the last stays.
void put_at(const char* function, const Array& x, int axis, std::span<const Array> positions,
            const Array& value, std::span<const int> names = {});

/// Writes distributed `values`, of the shape of `x`, to distributed `x`.
void put_back(const char* function, const Array& x, const Array& values);

/// Positions of any integer dtype; what uint64 has past the range of int64 stays out of any range.
Array within_int64(const Array& positions);

/// The shape that position arrays have in common; IndexError if they do not fit.
Dims positions_shape(const char* function, std::span<const Array> positions);

/// result[.., i, ..] = x[.., positions[.., i, ..], ..] along `axis`; the other lengths are equal.
Array take_along(const char* function, const Array& x, const Array& positions, int axis);
void put_along(const char* function, const Array& x, const Array& positions, const Array& value,
               int axis);

/// The elements of `x` where `mask`, of the same shape, is true, in C order. If one is distributed, so is the result: each
/// locality keeps those of its rows.
Array take_true(const Array& x, const Array& mask);
/// Puts the elements of `value` (1-d, as many as there are true ones, or one) there.
void put_true(const char* function, const Array& x, const Array& mask, const Array& value);

/// The positions of the elements that are not zero, one int64 array an axis; of a distributed array those of its rows are
/// on each locality.
std::vector<Array> nonzero(const char* function, const Array& x);
/// The same in the flattened array.
Array flat_nonzero(const char* function, const Array& x);

/// 0 repeated counts[0] times, 1 counts[1] times, ...; ValueError for a negative count.
Array repeated_positions(const char* function, const Array& counts);

}  // namespace hpxpy
