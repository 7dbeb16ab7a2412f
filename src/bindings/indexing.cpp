// x[key] and x[key] = value: Python's keys to the graph's index items.
// SPDX-License-Identifier: BSL-1.0
#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "exec/exchange.hpp"

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

IndexItem item_from(nb::handle key) {
    if (key.is_none()) return NewAxis{};
    if (key.ptr() == Py_Ellipsis) return Ellipsis{};
    if (PySlice_Check(key.ptr()))
        return Slice{bound(key.attr("start")), bound(key.attr("stop")), bound(key.attr("step"))};
    bool boolean = PyBool_Check(key.ptr());
    if (!boolean && PyIndex_Check(key.ptr())) {
        nb::object index = nb::steal(PyNumber_Index(key.ptr()));
        if (index.is_valid()) return integer_from("index", "index", index);
        PyErr_Clear();
    }
    bool large = is_array(key) || nb::hasattr(key, "__array__");
    fail<IndexError>("index: ", large ? nb::repr(key.type()).c_str() : nb::repr(key).c_str(),
                     " is no index; use integers, slices, None and '...'");
}

std::vector<IndexItem> items_from(nb::handle key) {
    std::vector<IndexItem> items;
    if (PyTuple_Check(key.ptr())) {
        for (nb::handle item : nb::borrow<nb::tuple>(key)) items.push_back(item_from(item));
    } else {
        items.push_back(item_from(key));
    }
    return items;
}

}  // namespace

nb::object get_item(nb::handle self, nb::handle key) {
    std::vector<IndexItem> items = items_from(key);
    Entry entry;
    Array result = index(array_in(self), items);
    // A view needs nothing; what was copied or moved does.
    return result.node->pending() && !(result.node.ref() == array_in(self).node.ref())
               ? wrap_delivered(std::move(result))
               : wrap(std::move(result));
}

void set_item(nb::handle self, nb::handle key, nb::handle value, bool temporary) {
    std::vector<IndexItem> items = items_from(key);
    Entry entry;
    std::vector<int> kept;
    Array target = index(array_in(self), items, true, &kept);
    Operands operands("assign");
    operands.add(value);
    Input input = operands.inputs()[0];
    // A row of the distributed axis stays an axis of length 1, which the value lacks.
    Array shaped;
    if (!kept.empty() && std::holds_alternative<const Array*>(input)) {
        shaped = *std::get<const Array*>(input);
        int from_end = target.dimensions() - kept[0];
        if (shaped.dimensions() >= from_end)
            shaped = expand_dims("assign", shaped, shaped.dimensions() - from_end + 1);
        input = &shaped;
    }
    assign("assign", target, input, temporary);
}

}  // namespace hpxpy
