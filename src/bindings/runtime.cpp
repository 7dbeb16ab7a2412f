// init, finalize and what runs: the Python side of exec/runtime. hpxpy/_runtime.py completes it.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/runtime.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <string_view>

#include "base/cpus.hpp"
#include "base/engines.hpp"
#include "base/error.hpp"
#include "base/settings.hpp"
#include "bindings/bind.hpp"
#include "functions/processor.hpp"

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
            fail<TypeError>("init: engine=", nb::repr(engine).c_str(), " is not a name; choose ",
                            engine_names("'"));
        options.engine = nb::cast<std::string>(engine);
        if (options.engine.empty())
            fail<ValueError>("init: engine '' is unknown; choose ", engine_names("'"));
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

/// A line of the user's program; without a file where there is none.
struct ProgramLine {
    nb::object file;
    int number = 0;
};

/// The innermost line of this thread that is not in `package`, our own folder. Holds the interpreter's lock.
ProgramLine program_line(const std::string& package) {
    auto* frame = reinterpret_cast<PyFrameObject*>(Py_XNewRef(PyEval_GetFrame()));
    while (frame) {
        nb::object held = nb::steal(reinterpret_cast<PyObject*>(frame));
        nb::object code = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
        nb::handle file(reinterpret_cast<PyCodeObject*>(code.ptr())->co_filename);
        const char* name = PyUnicode_AsUTF8(file.ptr());
        if (!name) {
            PyErr_Clear();
            return {};
        }
        bool ours = std::string_view(name).starts_with(package) && name[package.size()] == '/' &&
                    !std::strchr(name + package.size() + 1, '/');
        if (!ours) return {nb::borrow(file), PyFrame_GetLineNumber(frame)};
        frame = PyFrame_GetBack(frame);
    }
    return {};
}

/// "script.py:12"
std::string short_line(const ProgramLine& line) {
    if (!line.file) return {};
    std::string_view file = PyUnicode_AsUTF8(line.file.ptr());
    return std::string(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(line.number);
}

/// The folders of the engines and of our Python files, the command that starts a watcher process, and functions that
/// give the text of a line of a file and say which thread calls; _runtime.py knows them.
void tell_host(std::string engine_folder, const std::string& package,
               std::vector<std::string> watcher, nb::object source_line, nb::object caller) {
    Host host;
    host.engine_folder = std::move(engine_folder);
    host.watcher = std::move(watcher);
    host.instruction_set = best_instruction_set;
    host.use_instruction_set = use_instruction_set;
    host.started = forget_in_environ;
    host.check_signals = run_signal_handlers;
    // Never given back: waits may ask until the interpreter is gone.
    PyObject* function = source_line.release().ptr();
    host.call_site = [function, package]() -> std::string {
        if (!Py_IsInitialized()) return {};
        Inside gil;
        ProgramLine line = program_line(package);
        if (!line.file) return {};
        auto text = nb::cast<std::string>(nb::handle(function)(line.file, line.number));
        return short_line(line) + (text.empty() ? "" : ": ") + text;
    };
    host.call_line = [package]() -> std::string {
        if (!Py_IsInitialized() || !PyGILState_Check()) return {};
        return short_line(program_line(package));
    };
    PyObject* teller = caller.release().ptr();
    host.caller = [teller]() -> comm::Caller {
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
    nb::list engines;
    for (const EngineRow& row : engine_rows)
        if (row.runs) engines.append(row.name.data());
    m.attr("_engines") = nb::tuple(engines);
    m.def(
        "init", &start, nb::kw_only(), "num_threads"_a = nb::none(), "engine"_a = nb::none(),
        "config"_a = nb::none(),
        ("Starts hpxpy: `num_threads` threads on this locality (by default HPXPY_NUM_THREADS, or "
         "the CPUs that are its own), and the `engine` that localities talk through (" +
         engine_names("'") +
         "; by default HPXPY_ENGINE, or what launched the process). `config` is a list of strings "
         "for the engine. The first call that needs it does the same with the defaults.\n\n"
         "Example:\n    >>> hpx.init(num_threads=1)\n    >>> hpx.num_threads()\n    1\n\n"
         "Communication: one all-gather of a few bytes.")
            .c_str());
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
    m.def("_note_lost", &note_lost, nb::call_guard<Outside>());
    m.def(
        "_leave", [](int code) { leave(code); }, "code"_a = 0, nb::call_guard<Outside>());
    m.def("_is_launched", [] { return is_launched(); });
    m.def("_tell_host", &tell_host, "engine_folder"_a, "package"_a, "watcher"_a, "source_line"_a,
          "caller"_a);
    m.def("_localities", [] {
        std::vector<LocalityFacts> known;
        std::string engine;
        {
            Outside outside;
            known = locality_facts();
            engine = engine_name();
        }
        nb::list all;
        for (const LocalityFacts& one : known)
            all.append(nb::make_tuple(one.locality.id, one.locality.host, one.locality.pid,
                                      one.locality.cores, one.threads, one.memory, engine));
        return all;
    });
    m.def("_instruction_set", [] { return instruction_set_name(); });
    m.def("_total_memory", &settings::total_memory);
    m.def("_available_memory", &settings::available_memory);
    m.def("_available_cpus", &available_cpus);
    nb::list rows;
    for (const settings::Row& row : settings::rows)
        rows.append(nb::make_tuple(row.name.data(), settings::taken(row.kind).c_str(),
                                   row.otherwise.data(), row.meaning.data(), row.of_launcher));
    m.attr("_settings") = nb::tuple(rows);
    m.def(
        "_check_setting",
        [](const std::string& name, const std::string& text) { settings::check(name, text); },
        "name"_a, "text"_a);
}

}  // namespace hpxpy
