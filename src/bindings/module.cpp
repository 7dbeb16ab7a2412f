// The module hpxpy._core.
// SPDX-License-Identifier: BSL-1.0
#include "bindings/bind.hpp"
#include "bindings/placement.hpp"

namespace hpxpy {

namespace {

void* release_host() {
    return Py_IsInitialized() && PyGILState_Check() ? PyEval_SaveThread() : nullptr;
}
void acquire_host(void* state) { PyEval_RestoreThread(static_cast<PyThreadState*>(state)); }

}  // namespace

NB_MODULE(_core, m) {
    // Arrays live on in caches of the interpreter at its end; that is no leak of ours.
    nb::set_leak_warnings(false);
    set_host_lock({release_host, acquire_host});
    m.attr("__version__") = HPXPY_VERSION;
    bind_errors(m);
    bind_runtime(m);
    bind_policies(m);
    nb::class_<PyArray> array = bind_array(m);
    bind_placement(m);
    bind_creation(m, array);
    bind_manipulation(m, array);
    bind_searching(m);
    bind_operations(m, array);
    bind_scans(m, array);
    bind_random(m);
    bind_statistics(m);
    bind_linalg(m);
    bind_distribution(m, array);
    bind_collectives(m);
    bind_remote(m);
    bind_plan(m);
    bind_functions(m);
}

}  // namespace hpxpy
