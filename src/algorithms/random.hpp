// New arrays of random numbers, local or distributed. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <span>

#include "graph/array.hpp"
#include "kernels/random.hpp"

namespace hpxpy {

/// An array whose element of global position i (in C order) is element i of the stream: in [0, 1) as float32 or
/// float64, or 64 bits as uint64.
Array random_array(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                   const kernels::RandomStream& stream);

/// The same of normal numbers of a floating dtype, by Box and Muller of a radius and an angle.
Array random_normal(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                    const kernels::RandomStream& radius, const kernels::RandomStream& angle);

/// The same of whole numbers low, low + 1, ...: `count` of them (0 stands for 2^64), as int64 or uint64. Both are
/// arrays of uint64 that broadcast to the shape.
Array random_integers(DType dtype, const Dims& shape, std::shared_ptr<const Place> place,
                      const kernels::RandomStream& stream, const Array& low, const Array& count);

/// Distributions that are made by rejection, and their parameters.
enum class Variates {
    poisson,        ///< mean
    binomial,       ///< trials, probability
    gamma,          ///< shape
    beta,           ///< a, b
    vonmises,       ///< concentration
    zipf,           ///< power
    hypergeometric  ///< good, bad, drawn
};

/// The same of a distribution: int64 or float64. The parameters broadcast to the shape; what is distributed is brought
/// to where the numbers lie.
Array random_variates(Variates variates, const Dims& shape, std::shared_ptr<const Place> place,
                      const kernels::RandomStream& stream, std::span<const Array> parameters);

}  // namespace hpxpy
