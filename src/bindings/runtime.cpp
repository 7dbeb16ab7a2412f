// init, finalize and what runs: the Python side of exec/runtime. hpxpy/_runtime.py completes it.
// SPDX-License-Identifier: BSL-1.0
#include "exec/runtime.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "base/error.hpp"
#include "bindings/bind.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace hpxpy {

namespace {

/// Runs pending Python signal handlers (Ctrl-C); throws what they raise. Only the main thread has any.
void run_signal_handlers() {
    if (!Py_IsInitialized()) return;
    Inside gil;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

void start(const nb::object& num_threads, const nb::object& engine, const nb::object& config) {
    InitOptions options;
    if (!num_threads.is_none()) {
        if (PyBool_Check(num_threads.ptr()) || !PyIndex_Check(num_threads.ptr()))
            fail<TypeError>("init: num_threads=", nb::repr(num_threads).c_str(),
                            " is not a whole number");
        Py_ssize_t threads = PyNumber_AsSsize_t(num_threads.ptr(), nullptr);
        if (threads < 1 || threads > 65536)
            fail<ValueError>("init: num_threads=", nb::repr(num_threads).c_str(),
                             " is not a number of threads; give a whole number from 1 to 65536");
        options.num_threads = static_cast<int>(threads);
    }
    if (!engine.is_none()) {
        if (!nb::isinstance<nb::str>(engine))
            fail<TypeError>("init: engine=", nb::repr(engine).c_str(),
                            " is not a name; choose 'local', 'mpi' or 'hpx'");
        options.engine = nb::cast<std::string>(engine);
        if (options.engine.empty())
            fail<ValueError>("init: engine '' is unknown; choose 'local', 'mpi' or 'hpx'");
    }
    if (!config.is_none() &&
        (nb::isinstance<nb::str>(config) || !nb::try_cast(config, options.config)))
        fail<TypeError>("init: config=", nb::repr(config).c_str(), " is not a list of strings");
    Outside outside;
    init(options);
}

/// The launcher's variables leave os.environ, so that child processes are not mistaken for localities.
void forget_in_environ(const std::vector<std::string>& names) {
    Inside gil;
    nb::object variables = nb::module_::import_("os").attr("environ");
    for (const std::string& name : names) variables.attr("pop")(name, nb::none());
}

/// Where the engines lie, the command that starts a watcher process, and functions that say where the
/// caller's program stands and which thread it is; _runtime.py knows them.
void tell_host(std::string engine_folder, std::vector<std::string> watcher, nb::object call_site,
               nb::object caller) {
    Host host;
    host.engine_folder = std::move(engine_folder);
    host.watcher = std::move(watcher);
    host.started = forget_in_environ;
    host.check_signals = run_signal_handlers;
    // Never given back: waits may ask until the interpreter is gone.
    PyObject* function = call_site.release().ptr();
    host.call_site = [function]() -> std::string {
        if (!Py_IsInitialized()) return {};
        Inside gil;
        return nb::cast<std::string>(nb::handle(function)());
    };
    PyObject* teller = caller.release().ptr();
    host.caller = [teller]() -> dist::Caller {
        if (!Py_IsInitialized()) return {};
        Inside gil;
        auto told = nb::cast<nb::tuple>(nb::handle(teller)());
        return {nb::cast<std::string>(told[0]), nb::cast<std::string>(told[1])};
    };
    host.served = abandon_futures;
    set_host(std::move(host));
}

}  // namespace

void bind_runtime(nb::module_& m) {
    m.def(
        "init", &start, nb::kw_only(), "num_threads"_a = nb::none(), "engine"_a = nb::none(),
        "config"_a = nb::none(),
        "Starts hpxpy: `num_threads` threads on this locality (by default HPXPY_NUM_THREADS, or "
        "the "
        "CPUs that are its own), and the `engine` that localities talk through ('local', 'mpi' or "
        "'hpx'; by default HPXPY_ENGINE, or what launched the process). `config` is a list of "
        "strings "
        "for the engine. The first call that needs it does the same with the defaults.\n\n"
        "Example:\n    >>> hpx.init(num_threads=1)\n    >>> hpx.num_threads()\n    1\n\n"
        "Communication: one all-gather of a few bytes.");
    m.def(
        "finalize", [] { finalize(); }, nb::call_guard<Outside>(),
        "Waits for everything started and stops hpxpy. Local arrays stay; `init` may follow.\n\n"
        "Example:\n    >>> hpx.init()\n    >>> hpx.finalize()\n    >>> hpx.is_running()\n"
        "    False\n\n"
        "Communication: none of its own; all localities call it.");
    m.def(
        "is_running", [] { return is_running(); },
        "Whether hpxpy is started.\n\nExample:\n    >>> x = hpx.ones(3)\n"
        "    >>> hpx.is_running()\n    True\n\nCommunication: none.");
    m.def(
        "num_threads", [] { return num_threads(); }, nb::call_guard<Asking>(),
        "How many threads this locality computes with.\n\nExample:\n"
        "    >>> hpx.num_threads() >= 1\n    True\n\nCommunication: none.");
    m.def(
        "num_localities", [] { return num_localities(); }, nb::call_guard<Asking>(),
        "How many localities (processes) the program has.\n\nExample:\n"
        "    >>> hpx.num_localities() >= 1\n    True\n\nCommunication: none.");
    m.def(
        "locality_id", [] { return locality_id(); }, nb::call_guard<Asking>(),
        "The number of this locality, from 0.\n\nExample:\n"
        "    >>> hpx.locality_id() in range(hpx.num_localities())\n    True\n\n"
        "Communication: none.");
    m.def("_report_failure", &report_failure, "report"_a, "code"_a, "follows"_a,
          nb::call_guard<Outside>());
    m.def(
        "_leave", [](int code) { leave(code); }, "code"_a = 0, nb::call_guard<Outside>());
    m.def("_is_launched", [] { return is_launched(); });
    m.def("_tell_host", &tell_host, "engine_folder"_a, "watcher"_a, "call_site"_a, "caller"_a);
}

}  // namespace hpxpy
