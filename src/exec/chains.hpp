// Which instructions of a step run as one chain (kernels/chains.hpp), and its links. Called by program.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <vector>

#include "plan/step.hpp"

namespace hpxpy {

/// A link before it has memory: starts with `value`, computes `op` of the chain's value and `value`, or
/// stores what the instruction `value` gives.
struct ChainLink {
    enum class What : std::uint8_t { start, op, store };
    What what;
    Value value;
    Op op{};
    bool from = false;  ///< the chain's value is the second operand
};

/// The instructions from `first` to before the one returned can run as a chain; `first` where it cannot.
int chain_end(const Step& step, int first);

/// The links of instructions [first, last). A value is stored if the last instruction gives it, or if
/// anything but the next link uses it; `uses` are its use_counts.
std::vector<ChainLink> chain_links(const Step& step, int first, int last,
                                   const std::vector<int>& uses);

}  // namespace hpxpy
