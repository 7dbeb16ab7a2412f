// Operations of three operands, pairs among them, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/loops.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

void fill_ternary(Table& table) { fill_group<Group::ternary>(table); }

}  // namespace hpxpy::kernels::HPXPY_ISA
