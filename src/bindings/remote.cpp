// Messages between localities' Python, and counters. hpxpy/_remote.py and hpxpy/counters.py are built on it.
// SPDX-License-Identifier: BSL-1.0
#include "runtime/remote.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>

#include "base/buffer.hpp"
#include "base/error.hpp"
#include "base/traffic.hpp"
#include "bindings/bind.hpp"
#include "exec/evaluate.hpp"
#include "runtime/groups.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

using namespace nb::literals;

// handle(sender, message) and abandon(), of _remote.py; never given back.
PyObject* handle_function = nullptr;
PyObject* abandon_function = nullptr;

/// Bytes of any object with a contiguous buffer, while it lives.
class Contiguous {
public:
    explicit Contiguous(nb::handle object) {
        if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) nb::raise_python_error();
    }
    ~Contiguous() { PyBuffer_Release(&view_); }
    Contiguous(const Contiguous&) = delete;
    Contiguous& operator=(const Contiguous&) = delete;
    const void* data() const { return view_.buf; }
    std::size_t size() const { return static_cast<std::size_t>(view_.len); }

private:
    Py_buffer view_{};
};

/// One message of all pieces; each begins at a multiple of 64 bytes.
std::vector<std::byte> joined(const nb::list& pieces) {
    std::vector<std::byte> message;
    std::size_t at = 0;
    for (nb::handle piece : pieces) at = (at + 63) / 64 * 64 + Contiguous(piece).size();
    message.resize(at);
    at = 0;
    for (nb::handle piece : pieces) {
        Contiguous bytes(piece);
        at = (at + 63) / 64 * 64;
        if (bytes.size() > 0) std::memcpy(message.data() + at, bytes.data(), bytes.size());
        at += bytes.size();
    }
    return message;
}

void post(int locality, const nb::list& pieces) {
    std::vector<std::byte> message = joined(pieces);
    Asking asking;
    post_message(locality, std::move(message));
}

void post_to_self(const nb::list& pieces) {
    std::vector<std::byte> message = joined(pieces);
    Asking asking;
    post_here(std::move(message));
}

/// An array of bytes that owns the message.
nb::object array_of_bytes(std::vector<std::byte> bytes) {
    auto kept = std::make_unique<std::vector<std::byte>>(std::move(bytes));
    std::vector<std::byte>* all = kept.get();
    nb::capsule owner(kept.release(), [](void* pointer) noexcept {
        delete static_cast<std::vector<std::byte>*>(pointer);
    });
    return nb::cast(nb::ndarray<nb::numpy, std::uint8_t>(all->data(), {all->size()}, owner));
}

/// _remote.py catches what functions raise; what comes through is its own mistake, and is shown.
void handle(Letter letter) {
    Inside gil;
    try {
        nb::handle function(handle_function);
        function(letter.from, array_of_bytes(std::move(letter.bytes)));
    } catch (nb::python_error& error) {
        error.restore();
        PyErr_WriteUnraisable(handle_function);
    } catch (const std::exception& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
        PyErr_WriteUnraisable(handle_function);
    }
}

void serve(nb::object handler, nb::object abandon) {
    handle_function = handler.release().ptr();
    abandon_function = abandon.release().ptr();
    set_message_handler(handle);
}

nb::dict counters() {
    std::int64_t collectives;
    {
        Asking asking;
        collectives = total_collectives();
    }
    MemoryUse memory = memory_use();
    nb::dict all;
    Sent total;
    for (int kind = 0; kind < traffic_kinds; ++kind) {
        Sent part = sent(static_cast<Traffic>(kind));
        std::string name(traffic_names[kind]);
        all[("/hpxpy/messages/" + name).c_str()] = part.messages;
        all[("/hpxpy/bytes_sent/" + name).c_str()] = part.bytes;
        total.messages += part.messages;
        total.bytes += part.bytes;
    }
    all["/hpxpy/messages"] = total.messages;
    all["/hpxpy/bytes_sent"] = total.bytes;
    all["/hpxpy/collectives"] = collectives;
    all["/hpxpy/functions"] = functions_run();
    all["/hpxpy/operations/recorded"] = pending_list().recorded;
    all["/hpxpy/operations/run"] = operations_run();
    all["/hpxpy/memory/used"] = memory.used;
    all["/hpxpy/memory/cached"] = memory.cached;
    all["/hpxpy/memory/peak"] = memory.peak;
    return all;
}

nb::object counter_of_engine(const std::string& name) {
    std::optional<double> value;
    {
        Asking asking;
        value = engine_counter(name);
    }
    return value ? nb::cast(*value) : nb::none();
}

}  // namespace

void abandon_futures() {
    if (!abandon_function || !Py_IsInitialized()) return;
    Inside gil;
    nb::handle function(abandon_function);
    function();
}

void bind_remote(nb::module_& m) {
    m.def("_post", &post, "locality"_a, "pieces"_a);
    m.def("_post_here", &post_to_self, "pieces"_a);
    m.def("_serve", &serve, "handler"_a, "abandon"_a);
    m.def("_pause", &Servants::pause, "waits"_a, nb::call_guard<Outside>());
    m.def("_is_draining", &is_draining);
    m.def("_in_remote_function", &in_remote_function);
    m.def("_move_messages", &move_messages, nb::call_guard<Asking>());
    m.def("_counters", &counters);
    m.def("_engine_counters", &engine_counters, nb::call_guard<Asking>());
    m.def("_engine_counter", &counter_of_engine, "name"_a);
}

}  // namespace hpxpy
