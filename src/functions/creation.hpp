// Creation functions that are more than a constant: ranges, diagonals, and local data dealt out. `asked` and `axis` say
// how the result is dealt out. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <optional>

#include "graph/array.hpp"

namespace hpxpy {

/// The place of a new array of `shape`; nothing if it is not dealt out. Errors are those of place_of.
std::shared_ptr<const Place> new_place(const char* function, const maps::Distribution& asked,
                                       const Dims& shape, std::optional<std::int64_t> axis);

/// `x` dealt out; nothing where that is not asked for. Of a local one, which is the same on all localities, each keeps a
/// copy of its block, of `dtype` if it is given.
std::optional<Array> dealt(const char* function, const Array& x, const maps::Distribution& asked,
                           std::optional<std::int64_t> axis, std::optional<DType> dtype = {});
/// A local `x`, which broadcasts to `shape`, dealt out where it is long as an array of `shape` is; nothing where that is
/// not.
std::optional<Array> along_its_axis(const char* function, const Array& x, const Dims& shape,
                                    const maps::Distribution& asked,
                                    std::optional<std::int64_t> axis);
/// `x` as `dtype`, dealt out unless only the program's default asks for it, and copied if `copied`; nothing where that
/// is `x` itself. ValueError where it needs a copy and `copied` is false.
std::optional<Array> as_array(const char* function, const Array& x, std::optional<DType> dtype,
                              std::optional<bool> copied, const maps::Distribution& asked,
                              std::optional<std::int64_t> axis);

/// Evenly spaced values from `start` to before `stop`, all of them real numbers; of their common dtype unless it is given.
Array arange(const Scalar& start, const Scalar& stop, const Scalar& step,
             std::optional<DType> dtype, const maps::Distribution& asked,
             std::optional<std::int64_t> axis);

/// Values and what neighbours differ by, nan where there are none.
struct Spaced {
    Array values;
    Scalar step;
};
/// `count` evenly spaced values from `start` to `stop`, which is the last one if `endpoint`.
Spaced linspace(const Scalar& start, const Scalar& stop, std::int64_t count, bool endpoint,
                std::optional<DType> dtype, const maps::Distribution& asked,
                std::optional<std::int64_t> axis);

/// Ones where the column is the row plus `diagonal`, zeros elsewhere.
Array eye(std::int64_t rows, std::int64_t columns, std::int64_t diagonal, DType dtype,
          const maps::Distribution& asked, std::optional<std::int64_t> axis);

}  // namespace hpxpy
