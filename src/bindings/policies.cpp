// Execution policies: how hpxpy/execution.py has a call run.
// SPDX-License-Identifier: BSL-1.0
#include "bindings/bind.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

nb::object under_policy(nb::handle policy, const nb::object& call, const nb::object& arguments) {
    nb::object run = nb::module_::import_("hpxpy.execution").attr("_run");
    return run(policy, call, arguments);
}

void bind_policies(nb::module_& m) {
    m.def("_sequentially", [](const nb::object& call) {
        Sequential alone;
        return call();
    });
}

}  // namespace hpxpy
