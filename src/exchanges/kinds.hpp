// How each kind of exchange starts. Called by exchange.cpp, in program order, when the operand is evaluated, the node has
// its memory and all localities have agreed.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "comm/collectives.hpp"
#include "graph/array.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy {

/// Pieces of the operand go to those who want them; what is one's own already is copied meanwhile, or stays where it is:
/// the request is told.
void start_redistribution(Node& node, const Operand& input, ExchangeRequest& request);

/// The states of a reduction, joined over all localities or over groups of them.
void start_join(Node& node, const Operand& input, const ExchangeRequest& request);

/// The result of a reduction's node from the states of all localities.
void put_joined(Node& node, const kernels::ReductionLoops& loops, const void* states,
                std::int64_t items);

/// Waits without the interpreter's lock.
void wait_outside(const comm::ExchangeRef& exchange);

}  // namespace hpxpy
