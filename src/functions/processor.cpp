// The choice of instructions stands in kernels, which bindings do not know.
// SPDX-License-Identifier: BSL-1.0
#include "functions/processor.hpp"

#include "kernels/kernels.hpp"
#include "kernels/linalg.hpp"

namespace hpxpy {

int best_instruction_set() { return kernels::best_instruction_set(); }

std::string instruction_set_name() { return std::string(kernels::instruction_set()); }

void use_instruction_set(int number, bool processors_differ) {
    kernels::use_instruction_set(number);
    if (processors_differ) kernels::limit_blas(kernels::instruction_set());
}

}  // namespace hpxpy
