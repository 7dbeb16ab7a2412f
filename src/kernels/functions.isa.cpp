// Operations of floating-point numbers alone, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/loops.inl.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

void fill_functions(Table& table) { fill_group<Group::functions>(table); }

}  // namespace hpxpy::kernels::HPXPY_ISA
