// Reductions with what NumPy lets them take beside axes: where=, initial=, the dtype of out=, known means. Called by the
// bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>

#include "graph/array.hpp"

namespace hpxpy {

/// The dtype of what `reduce_where` gives for elements of `dtype`, that of its `initial`.
DType reduced_dtype(Reduction reduction, DType dtype, const ReduceOptions& options);

/// The reduction of the elements of `x` where `where` is true (of all if it is nullptr), joined with `initial`.
/// `options.out` is the dtype of the array that the result goes into, if there is one. ValueError where a reduction
/// without identity has no `initial` to begin with; TypeError for positions that go into what cannot hold them.
Array reduce_where(Reduction reduction, const Array& x, const ReduceOptions& options,
                   const Array* where, const std::optional<Scalar>& initial);

/// The mean squared distance from the mean, or from `means`, which broadcast to the shape of `x`, of the elements where
/// `where` is true; of all if that is nullptr. Their number less `correction` divides it.
Array var(const char* function, const Array& x, const ReduceOptions& options, double correction,
          const Array* where, const Array* means);
/// Its square root.
Array standard_deviation(const char* function, const Array& x, const ReduceOptions& options,
                         double correction, const Array* where, const Array* means);

}  // namespace hpxpy
