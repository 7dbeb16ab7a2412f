// Execution policies: how hpxpy/execution.py has a call run.
// SPDX-License-Identifier: BSL-1.0
#include "bindings/bind.hpp"
#include "exec/runtime.hpp"

namespace hpxpy {

nb::object under_policy(nb::handle policy, nb::object call, nb::object arguments) {
    nb::object run = nb::module_::import_("hpxpy.execution").attr("_run");
    return run(policy, call, arguments);
}

void bind_policies(nb::module_& m) {
    m.def("_sequentially", [](nb::object call) {
        Sequential alone;
        return call();
    });
}

}  // namespace hpxpy
