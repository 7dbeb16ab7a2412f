// Numbers of the distributions that are made by rejection. As all random numbers they are functions of key, call
// and position; an element that takes several attempts has a block of its own for each. Called by algorithms/random.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

#include "kernels/random.hpp"

namespace hpxpy::kernels {

/// A parameter of a distribution: element i is values[i * step]; a step of 0 means one number for all.
struct Parameter {
    const double* values = nullptr;
    std::int64_t step = 0;
    double operator[](std::int64_t i) const { return values[i * step]; }
    Parameter from(std::int64_t i) const { return {values + i * step, step}; }
};

/// out[i] = element first + i, for i < n. Parameters are in range: mean >= 0, whole trials >= 0, 0 <= probability
/// <= 1, shape >= 0, a and b > 0, concentration >= 0, power > 1; good, bad and drawn whole, 0 <= drawn <= good + bad
/// <= 10^9. Calls are below 2^40.
void random_poisson(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                    std::int64_t n, Parameter mean);
void random_binomial(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                     std::int64_t n, Parameter trials, Parameter probability);
void random_gamma(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                  Parameter shape);
void random_beta(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                 Parameter a, Parameter b);
/// Angles around 0, from -pi to pi.
void random_vonmises(double* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                     Parameter concentration);
void random_zipf(std::int64_t* out, const RandomStream& stream, std::int64_t first, std::int64_t n,
                 Parameter power);
void random_hypergeometric(std::int64_t* out, const RandomStream& stream, std::int64_t first,
                           std::int64_t n, Parameter good, Parameter bad, Parameter drawn);

}  // namespace hpxpy::kernels
