// Which operations chains have.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/chains.hpp"

namespace hpxpy::kernels {

std::optional<Action> chain_action(Op op, bool single, bool from) {
    switch (op) {
        case Op::negative:
            return Action::negative;
        case Op::square:
            return Action::square;
#define HPXPY_CHAIN_CASE(name)                                                          \
    case Op::name:                                                                      \
        return from ? (single ? Action::name##_from_single : Action::name##_from_dense) \
                    : (single ? Action::name##_single : Action::name##_dense);
            HPXPY_CHAIN_OPS(HPXPY_CHAIN_CASE)
#undef HPXPY_CHAIN_CASE
        default:
            return std::nullopt;
    }
}

}  // namespace hpxpy::kernels
