// Elementwise operations and reductions, done at once where recording would cost more than computing. Called by the
// bindings and by writes.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <span>

#include "graph/array.hpp"

namespace hpxpy {

/// The elementwise operation done at once where everything is small, stored and alike; nothing
/// otherwise.
std::optional<Array> apply_small(Op op, std::span<const Input> inputs);
/// Writes the elementwise operation on `inputs` into `x` at once, where all is small, stored and alike, of the dtype of
/// `x`, and nothing is to be done before `x` is written; else false.
bool update_small(Op op, const Array& x, std::span<const Input> inputs);
/// A reduction over all axes done at once, if it is small; nothing otherwise.
std::optional<Array> reduce_small(Reduction reduction, const Array& x);
/// ValueError for integers to negative powers, `where` being true if given. Evaluates exponents that are a signed
/// array, and then `where`; an all-reduce where one is distributed.
void refuse_negative_powers(std::span<const Input> inputs, const Array* where = nullptr);
/// Records (or does at once) an elementwise operation, whose results are wanted `where` that is true.
Array apply_op(Op op, std::span<const Input> inputs, const Array* where = nullptr);

}  // namespace hpxpy
