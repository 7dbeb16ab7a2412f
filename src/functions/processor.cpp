// The choice of instructions stands in kernels, which bindings do not know.
// SPDX-License-Identifier: BSL-1.0
#include "functions/processor.hpp"

#include "kernels/kernels.hpp"

namespace hpxpy {

int best_instruction_set() { return kernels::best_instruction_set(); }

void use_instruction_set(int number) { kernels::use_instruction_set(number); }

}  // namespace hpxpy
