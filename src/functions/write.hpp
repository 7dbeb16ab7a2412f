// Writes: assignment through views and in-place operators. Called by the bindings and by functions that fill a result.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// Writes `value` (broadcast, moved to the target's map) into the elements that `target` names.
/// `temporary` says that nobody but the caller will ever see the value again.
void assign(const char* function, const Array& target, const Input& value, bool temporary = false);
/// The same at once where both are at hand and small, and the value has the target's shape or one element; else false.
bool assign_small(const char* function, const Array& target, const Input& value);

/// The same where `mask`, which broadcasts to the target, holds.
void assign_where(const char* function, const Array& target, const Array& mask, const Array& value);

/// What is written into `copy`, which an exchange brings, is to be written into `elements`, too, which have the same shape
/// but for axes of length 1.
void show_in(const Array& copy, const Array& elements, std::vector<int> axes = {});
/// Truth values, false, for the memory of such a copy, of which `x` is a view, seen as `x` sees it; nothing for others.
std::optional<Array> marks_for(const Array& x);
/// After a write into `x`: the same into the elements that it is a copy of, if there are such; with `marks` where they
/// hold. Each locality has all of what it holds there, so that nothing travels.
void write_through(const Array& x, const Array* marks = nullptr);

/// Writes `value`, real numbers, into the real or the imaginary parts of the complex elements that `target` names; the
/// other parts stay as they are.
void assign_part(const char* function, const Array& target, const Input& value, bool imaginary);
/// Complex elements of these parts, whose infinities, nan and signs of zeros stay apart; `imaginary` is broadcast to the
/// shape of `real`.
Array complex_of(const char* function, const Array& real, const Array& imaginary);

/// TypeError if results of `from` may not be stored into `to` (NumPy's casting 'same_kind').
void check_same_kind(const char* function, DType from, DType to);

/// x op= value through x's view; returns what the name is bound to (x itself, or for 0-d values a
/// new array). `temporary` says that nobody but the caller will ever see the value again.
Array assign_op(Op op, const Array& x, const Input& value, bool temporary = false);

}  // namespace hpxpy
