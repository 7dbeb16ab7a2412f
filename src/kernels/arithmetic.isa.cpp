// Operations of two operands that give their dtype, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/loops.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

void fill_arithmetic(Table& table) { fill_group<Group::arithmetic>(table); }

}  // namespace hpxpy::kernels::HPXPY_ISA
