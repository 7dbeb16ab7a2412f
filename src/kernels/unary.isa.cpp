// Operations of one operand, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/loops.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

void fill_unary(Table& table) { fill_group<Group::unary>(table); }

}  // namespace hpxpy::kernels::HPXPY_ISA
