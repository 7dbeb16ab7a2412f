// Which of the processor's instructions the loops use. Called by the bindings, which tell the runtime.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace hpxpy {

/// The number of the best instruction set that this locality may use; ValueError if HPXPY_ISA names none.
int best_instruction_set();

/// The name of the one that loops use now.
std::string instruction_set_name();

/// All loops use this one from now on, or the best one below it that there is; where the localities' processors differ,
/// those of OpenBLAS, too, if it was not used yet.
void use_instruction_set(int number, bool processors_differ);

}  // namespace hpxpy
