// Exceptions of C++ to those of Python.
// SPDX-License-Identifier: BSL-1.0
#include <new>

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "comm/lost.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

nb::handle& communication_error() {
    static nb::handle type;
    return type;
}

nb::handle& shape_error() {
    static nb::handle type;
    return type;
}

nb::handle axis_error() {
    static nb::handle type = nb::object(numpy().attr("exceptions").attr("AxisError")).release();
    return type;
}

nb::handle linalg_error() {
    static nb::handle type = nb::object(numpy().attr("linalg").attr("LinAlgError")).release();
    return type;
}

void translate(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const AxisError& e) {
        PyErr_SetString(axis_error().ptr(), e.what());
    } catch (const LinAlgError& e) {
        PyErr_SetString(linalg_error().ptr(), e.what());
    } catch (const ShapeError& e) {
        PyErr_SetString(shape_error().ptr(), e.what());
    } catch (const ValueError& e) {
        PyErr_SetString(PyExc_ValueError, e.what());
    } catch (const TypeError& e) {
        PyErr_SetString(PyExc_TypeError, e.what());
    } catch (const IndexError& e) {
        PyErr_SetString(PyExc_IndexError, e.what());
    } catch (const OverflowError& e) {
        PyErr_SetString(PyExc_OverflowError, e.what());
    } catch (const BufferError& e) {
        PyErr_SetString(PyExc_BufferError, e.what());
    } catch (const MemoryError& e) {
        PyErr_SetString(PyExc_MemoryError, e.what());
    } catch (const ImportError& e) {
        PyErr_SetString(PyExc_ImportError, e.what());
    } catch (const comm::LostError& e) {
        note_lost();
        PyErr_SetString(communication_error().ptr(), e.what());
    } catch (const CommunicationError& e) {
        PyErr_SetString(communication_error().ptr(), e.what());
    } catch (const Error& e) {
        PyErr_SetString(PyExc_RuntimeError, e.what());
    }
}

}  // namespace

void set_python_error() noexcept {
    try {
        try {
            throw;
        } catch (nb::python_error& e) {
            e.restore();
        } catch (const Error&) {
            translate(std::current_exception());
        } catch (const std::bad_alloc&) {
            PyErr_NoMemory();
        } catch (const std::exception& e) {
            PyErr_SetString(PyExc_RuntimeError, e.what());
        }
    } catch (...) {
        PyErr_SetString(PyExc_SystemError, "hpxpy: an error could not be reported");
    }
}

void bind_errors(nb::module_& m) {
    communication_error() =
        nb::steal(PyErr_NewExceptionWithDoc(
                      "hpxpy.CommunicationError",
                      "Localities cannot reach each other, or do not agree on a call.",
                      PyExc_RuntimeError, nullptr))
            .release();
    m.attr("CommunicationError") = communication_error();
    nb::tuple both = nb::make_tuple(nb::borrow(PyExc_ValueError), nb::borrow(PyExc_RuntimeError));
    shape_error() =
        nb::steal(
            PyErr_NewExceptionWithDoc(
                "hpxpy.ShapeError",
                "Elements do not fit into a shape, or there are none to choose from: ValueError "
                "and RuntimeError both.",
                both.ptr(), nullptr))
            .release();
    m.attr("ShapeError") = shape_error();
    nb::register_exception_translator(
        [](const std::exception_ptr& error, void*) { translate(error); });
}

}  // namespace hpxpy
