// Comparisons and logical operations of two operands, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/loops.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

void fill_comparisons(Table& table) { fill_group<Group::comparisons>(table); }

}  // namespace hpxpy::kernels::HPXPY_ISA
