// x[key] and x[key] = value: what Python's keys hold.
// SPDX-License-Identifier: BSL-1.0
#include "functions/indexing.hpp"

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "comm/play.hpp"
#include "exec/evaluate.hpp"

namespace hpxpy {

namespace {

std::optional<std::int64_t> bound(nb::handle object) {
    if (object.is_none()) return std::nullopt;
    if (PyLong_CheckExact(object.ptr())) return PyNumber_AsSsize_t(object.ptr(), nullptr);
    nb::object index = nb::steal(PyNumber_Index(object.ptr()));
    if (!index.is_valid()) nb::raise_python_error();
    // Bounds past 64 bits mean the ends, as in lists.
    Py_ssize_t value = PyNumber_AsSsize_t(index.ptr(), nullptr);
    return value;
}

Array array_item(nb::handle key) {
    bool listed = PyList_Check(key.ptr()) || PyTuple_Check(key.ptr());
    Array x = is_array(key) ? array_in(key) : array_from("index", key, std::nullopt);
    // An empty list is float64 to NumPy, and no position to everybody.
    if (listed && x.view.count() == 0) x = convert(x, DType::int64);
    return x;
}

// What one item of a key means: for the graph, or (then the result is nothing) `array`, positions or
// a mask.
std::optional<IndexItem> item_from(nb::handle key, std::optional<Array>& array) {
    if (PyLong_CheckExact(key.ptr())) return integer_from("index", "index", key);
    if (key.is_none()) return NewAxis{};
    if (key.ptr() == Py_Ellipsis) return Ellipsis{};
    if (PySlice_Check(key.ptr())) {
        const auto* slice = reinterpret_cast<PySliceObject*>(key.ptr());
        return Slice{bound(slice->start), bound(slice->stop), bound(slice->step)};
    }
    if (PyBool_Check(key.ptr())) {
        array = constant({}, Scalar::of(key.ptr() == Py_True), nullptr);
        return std::nullopt;
    }
    bool ours = is_array(key);
    bool number = ours ? array_in(key).dimensions() == 0 && is_integer(array_in(key).dtype())
                       : PyIndex_Check(key.ptr()) != 0;
    if (number) {
        nb::object index = nb::steal(PyNumber_Index(key.ptr()));
        if (index.is_valid()) return integer_from("index", "index", index);
        PyErr_Clear();
    }
    if (ours || PyList_Check(key.ptr()) || PyTuple_Check(key.ptr()) ||
        nb::hasattr(key, "__array__") || nb::hasattr(key, "__dlpack__")) {
        array = array_item(key);
        return std::nullopt;
    }
    fail<IndexError>("index: ", nb::repr(key).c_str(),
                     " is no index; use integers, slices, None, '...', and arrays of integers or "
                     "booleans");
}

void add_item(Key& key, nb::handle object) {
    std::optional<Array> array;
    if (std::optional<IndexItem> item = item_from(object, array))
        key.add(*item);
    else
        key.add(std::move(*array));
}

Key key_from(nb::handle object) {
    bool several = PyTuple_Check(object.ptr());
    Key key(several ? static_cast<std::size_t>(PyTuple_GET_SIZE(object.ptr())) : 1);
    if (several)
        for (nb::handle item : nb::borrow<nb::tuple>(object)) add_item(key, item);
    else
        add_item(key, object);
    return key;
}

// The position that x[i] or x[i, j] of Python integers names; none for any other key.
struct Position {
    std::int64_t numbers[max_dimensions];
    std::size_t count = 0;

    Position(const Array& x, nb::handle key) {
        bool several = PyTuple_CheckExact(key.ptr());
        Py_ssize_t given = several ? PyTuple_GET_SIZE(key.ptr()) : 1;
        if (given != x.dimensions()) return;
        for (Py_ssize_t k = 0; k < given; ++k) {
            PyObject* item = several ? PyTuple_GET_ITEM(key.ptr(), k) : key.ptr();
            if (!PyLong_CheckExact(item)) return;
            int overflow = 0;
            numbers[k] = PyLong_AsLongLongAndOverflow(item, &overflow);
            if (overflow) return;
        }
        count = static_cast<std::size_t>(given);
    }
    std::span<const std::int64_t> span() const { return {numbers, count}; }
};

// A Python number as an element of `dtype`, or what a computed 0-d array of that dtype holds.
std::optional<Scalar> number_in(nb::handle value, DType dtype) {
    PyObject* object = value.ptr();
    if (is_array(value)) {
        const Array& x = array_in(value);
        bool read =
            x.dtype() == dtype && !x.distributed() && x.dimensions() == 0 && x.node->at_hand();
        if (!read) return std::nullopt;
        return Scalar::read(dtype, data_of(x));
    }
    bool plain = PyFloat_CheckExact(object) || PyLong_CheckExact(object) || PyBool_Check(object) ||
                 PyComplex_CheckExact(object);
    if (plain)
        return checked_scalar("assign", *python_scalar("assign", value, !is_integer(dtype)), dtype);
    std::optional<Scalar> number = numpy_scalar(value);
    return number && number->dtype == dtype ? number : std::nullopt;
}

// What an array at a key with arrays is given. NumPy's arrays are read in place, unless they may be the memory that is
// written to.
Array elements_for(const Array& x, nb::handle value) {
    bool apart = x.node->pending() || !x.node->lies_in_shared();
    bool lent = apart && nb::isinstance(value, numpy().attr("ndarray"));
    return lent ? lent_from("assign", value) : elements_from("assign", value, x.dtype());
}

}  // namespace

nb::object get_item(nb::handle self, nb::handle key) {
    Entry entry;
    const Array& x = array_in(self);
    if (Position position(x, key); position.count > 0)
        if (std::optional<Array> element = element_at(x, position.span()))
            return wrap(std::move(*element));
    return wrap(indexed(x, key_from(key)));
}

void set_item(nb::handle self, nb::handle key, nb::handle value, bool temporary) {
    Entry entry;
    const Array& x = array_in(self);
    std::optional<Scalar> number = number_in(value, x.dtype());
    if (number)
        if (Position position(x, key); position.count > 0)
            if (put_element(x, position.span(), *number)) return;
    Key parsed = key_from(key);
    if (number) return assign_at(x, parsed, *number, temporary);
    if (parsed.holds_arrays()) {
        Array elements = elements_for(x, value);
        return assign_at(x, parsed, Input(&elements), temporary);
    }
    Operands operands("assign");
    operands.add_elements(value, x.dtype());
    assign_at(x, parsed, operands.inputs()[0], temporary);
}

}  // namespace hpxpy
