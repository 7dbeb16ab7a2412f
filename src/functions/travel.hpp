// What all collectives on arrays need: memory to send from, and arrays that are still on their way.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "graph/array.hpp"

namespace hpxpy {

/// Where the elements of `x` begin in its memory, in bytes.
std::int64_t byte_offset(const Array& x);

/// What is sent may not change until it has left; small data were copied.
void keep_sent(const Array& in, const comm::ExchangeRef& exchange);

/// An array of received memory, from `offset` bytes on, that is still on its way.
Array arriving(DType dtype, const Dims& shape, Ref<Buffer> data, comm::ExchangeRef exchange,
               std::int64_t offset = 0);

/// What this locality says that it calls; `x` is nullptr where it gives nothing.
comm::Signature signature_of(const char* function, const Array* x, int root);

}  // namespace hpxpy
