// x[key] and x[key] = value: what Python's keys hold.
// SPDX-License-Identifier: BSL-1.0
#include "functions/indexing.hpp"

#include "base/error.hpp"
#include "bindings/bind.hpp"

namespace hpxpy {

namespace {

std::optional<std::int64_t> bound(nb::handle object) {
    if (object.is_none()) return std::nullopt;
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
    if (key.is_none()) return NewAxis{};
    if (key.ptr() == Py_Ellipsis) return Ellipsis{};
    if (PySlice_Check(key.ptr()))
        return Slice{bound(key.attr("start")), bound(key.attr("stop")), bound(key.attr("step"))};
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
    Key key;
    if (PyTuple_Check(object.ptr()))
        for (nb::handle item : nb::borrow<nb::tuple>(object)) add_item(key, item);
    else
        add_item(key, object);
    return key;
}

// x[i] and x[i, j] of Python integers; nothing for any other key.
std::optional<Array> element_from(const Array& x, nb::handle key) {
    bool several = PyTuple_CheckExact(key.ptr());
    Py_ssize_t count = several ? PyTuple_GET_SIZE(key.ptr()) : 1;
    if (count != x.dimensions()) return std::nullopt;
    std::int64_t position[max_dimensions];
    for (Py_ssize_t k = 0; k < count; ++k) {
        PyObject* item = several ? PyTuple_GET_ITEM(key.ptr(), k) : key.ptr();
        if (!PyLong_CheckExact(item)) return std::nullopt;
        int overflow = 0;
        position[k] = PyLong_AsLongLongAndOverflow(item, &overflow);
        if (overflow) return std::nullopt;
    }
    return element_at(x, {position, static_cast<std::size_t>(count)});
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
    if (std::optional<Array> element = element_from(x, key)) return wrap(std::move(*element));
    return wrap(indexed(x, key_from(key)));
}

void set_item(nb::handle self, nb::handle key, nb::handle value, bool temporary) {
    Entry entry;
    const Array& x = array_in(self);
    Key parsed = key_from(key);
    if (parsed.holds_arrays()) return assign_at(x, parsed, elements_for(x, value), temporary);
    Operands operands("assign");
    operands.add_elements(value, x.dtype());
    assign_at(x, parsed, *given_array(operands.inputs()[0]), temporary);
}

}  // namespace hpxpy
