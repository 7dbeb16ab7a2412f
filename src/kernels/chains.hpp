// Chains: operations on one value, in which each takes what the one before gives. The value stays in the
// processor's registers, where loops of an operation each would store and load it. Called by exec.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/dtype.hpp"
#include "ops/op.hpp"

namespace hpxpy::kernels {

// Operations of two operands that a chain can have; each in four actions, by the other operand.
#define HPXPY_CHAIN_OPS(X) X(add) X(subtract) X(multiply) X(divide)

/// What a link does with the chain's value.
enum class Action : std::uint8_t {
    start,
    start_from_memory,  ///< the same; the chain only waits for memory
    store,
    stream,
    negative,
    square,
#define HPXPY_CHAIN_ACTIONS(op) op##_dense, op##_single, op##_from_dense, op##_from_single,
    HPXPY_CHAIN_OPS(HPXPY_CHAIN_ACTIONS)
#undef HPXPY_CHAIN_ACTIONS
};

/// One link: what it does, and the memory of its operand (dense, or a single element), or where it stores
/// (a stream past the caches: in whole lines from an aligned address; store_fence must follow).
struct Link {
    Action action = Action::start;
    void* data = nullptr;
};

/// The action of a chain for `op` of the chain's value and an operand, `single` or dense; with `from` the
/// value is the second operand. Of one operand, the last two do not matter. Nothing if chains have no such.
std::optional<Action> chain_action(Op op, bool single, bool from);

/// Runs links, of which the first alone is a start (of dense memory), for 0 <= i < n: the same bits as the operations' own loops.
/// Memory that one link stores to and another reads is the same elements or does not overlap.
using Chain = void (*)(const Link* links, std::int64_t count, std::int64_t n);

/// The chains that work in `compute`; nullptr if there are none.
Chain chain(DType compute);

}  // namespace hpxpy::kernels
