// x[key] and x[key] = value: Python's keys to the graph's index items, and to positions where a key
// holds arrays or masks.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/indexing.hpp"

#include <cstring>

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "exec/evaluate.hpp"
#include "functions/write.hpp"

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
    if (x.dtype() != DType::bool_ && !is_integer(x.dtype()))
        fail<IndexError>("index: an array of ", name_of(x.dtype()),
                         " is no index; use integers or booleans");
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

struct Key {
    struct ArrayAt {
        std::size_t item;
        Array array;
    };
    std::vector<IndexItem> items;
    std::vector<ArrayAt> arrays;  ///< what stands at items that hold a slice for it

    explicit Key(nb::handle key) {
        if (PyTuple_Check(key.ptr())) {
            for (nb::handle item : nb::borrow<nb::tuple>(key)) add(item);
        } else {
            add(key);
        }
    }
    void add(nb::handle object) {
        std::optional<Array> array;
        std::optional<IndexItem> item = item_from(object, array);
        if (!item) arrays.push_back({items.size(), std::move(*array)});
        items.push_back(item ? *item : Slice{});
    }
    const Array* array(std::size_t item) const {
        for (const ArrayAt& each : arrays)
            if (each.item == item) return &each.array;
        return nullptr;
    }
    // The mask, if the key is one that has all axes of `x`.
    const Array* whole_mask(const Array& x) const {
        const Array* mask = items.size() == 1 ? array(0) : nullptr;
        return mask && mask->dtype() == DType::bool_ && mask->dimensions() > 0 &&
                       mask->shape() == x.shape()
                   ? mask
                   : nullptr;
    }
    int axes_of(std::size_t item) const {
        if (const Array* x = array(item)) return x->dtype() == DType::bool_ ? x->dimensions() : 1;
        return std::holds_alternative<std::int64_t>(items[item]) ||
               std::holds_alternative<Slice>(items[item]);
    }
};

// As the array API has it, a length of 0 fits any other: nothing is chosen.
void check_mask(const Array& x, const Array& mask, int axis) {
    for (int i = 0; i < mask.dimensions(); ++i) {
        bool exists = axis + i < x.dimensions();
        if (exists && (x.shape()[axis + i] == mask.shape()[i] || mask.shape()[i] == 0)) continue;
        fail<IndexError>("index: a mask of shape ", to_string(mask.shape()),
                         " does not fit an array of shape ", to_string(x.shape()),
                         exists ? "; they differ at axis " + std::to_string(axis + i)
                                : std::string("; it has too many axes"));
    }
}

// What a key with arrays selects: from `axis` on, the axes of `view` that positions name.
struct Selection {
    Array view;
    int axis = 0;
    std::vector<Array> positions;
    std::vector<int> names;  ///< which axes of the array those are
};

// NumPy's rules: integers are positions too where there are arrays; what stands next to each other
// stays in its place, else the positions' axes come first.
Selection select(const Array& x, const Key& key) {
    std::vector<IndexItem> items;
    Selection selection;
    std::vector<std::int64_t> named;  // axes of the view
    int named_axes = 0, ellipses = 0;
    for (std::size_t i = 0; i < key.items.size(); ++i) {
        named_axes += key.axes_of(i);
        ellipses += std::holds_alternative<Ellipsis>(key.items[i]);
    }
    if (ellipses > 1)
        fail<IndexError>("index: ", ellipses, " ellipses ('...'); at most one may be used");
    if (named_axes > x.dimensions())
        fail<IndexError>("index: ", named_axes, " indices for an array of ", x.dimensions(),
                         x.dimensions() == 1 ? " dimension" : " dimensions");
    int axis = 0, viewed = 0, groups = 0;
    bool in_group = false;
    auto name_axis = [&](Array positions, int of_array) {
        selection.names.push_back(of_array);
        if (!in_group) ++groups;
        in_group = true;
        named.push_back(viewed++);
        selection.positions.push_back(std::move(positions));
    };
    for (std::size_t item = 0; item < key.items.size(); ++item) {
        if (const Array* array = key.array(item)) {
            if (array->dtype() != DType::bool_) {
                items.emplace_back(Slice{});
                name_axis(*array, axis++);
                continue;
            }
            check_mask(x, *array, axis);
            if (array->dimensions() == 0) {
                items.emplace_back(NewAxis{});
                name_axis(flat_nonzero("index", *array), axis);
                continue;
            }
            for (Array& each : nonzero("index", *array)) {
                items.emplace_back(Slice{});
                name_axis(std::move(each), axis++);
            }
            continue;
        }
        const IndexItem& plain = key.items[item];
        if (const auto* i = std::get_if<std::int64_t>(&plain)) {
            if (*i < -x.shape()[axis] || *i >= x.shape()[axis])
                fail<IndexError>("index: ", *i, " is out of range for axis ", axis, " of length ",
                                 x.shape()[axis]);
            items.emplace_back(Slice{});
            name_axis(constant({}, Scalar::of(*i), nullptr), axis++);
            continue;
        }
        in_group = false;
        items.push_back(plain);
        if (std::holds_alternative<Ellipsis>(plain)) {
            axis += x.dimensions() - named_axes;
            viewed += x.dimensions() - named_axes;
        } else {
            axis += std::holds_alternative<Slice>(plain);
            ++viewed;
        }
    }
    selection.view = index(x, items);
    if (groups == 1) {
        selection.axis = static_cast<int>(named[0]);
        return selection;
    }
    std::vector<std::int64_t> order = named;
    for (int i = 0; i < selection.view.dimensions(); ++i)
        if (std::find(named.begin(), named.end(), i) == named.end()) order.push_back(i);
    selection.view = permute("index", selection.view, order);
    return selection;
}

nb::object get_selected(const Array& x, const Key& key) {
    if (const Array* mask = key.whole_mask(x)) return wrap(take_true(x, *mask));
    Selection selection = select(x, key);
    return wrap(
        take_at("index", selection.view, selection.axis, selection.positions, selection.names));
}

void set_selected(const Array& x, const Key& key, nb::handle value) {
    if (!x.writeable)
        fail<ValueError>("assign: this array is read-only; copy() gives one that is not");
    // NumPy's arrays are read in place, unless they may be the memory that is written to.
    bool apart = x.node->pending() || !x.node->lies_in_shared();
    bool lent = apart && nb::isinstance(value, numpy().attr("ndarray"));
    Array given = lent ? lent_from("assign", value) : elements_from("assign", value, x.dtype());
    const Array* mask = key.whole_mask(x);
    if (mask && given.dimensions() == 0) {
        // One pass without positions.
        if (is_complex(given.dtype()) && !is_complex(x.dtype()))
            fail<TypeError>("assign: ", name_of(given.dtype()), " values do not fit into a ",
                            name_of(x.dtype()), " array; assign their real part");
        Array filler = given.dtype() == x.dtype() ? given : convert(given, x.dtype());
        const Input chosen[] = {mask, &filler, &x};
        Array joined = elementwise(Op::where, chosen);
        assign("assign", x, Input(&joined), true);
        return;
    }
    require_local("assign", x);
    if (mask && given.dimensions() == 1) {
        put_true("assign", x, *mask, given);
        return;
    }
    Selection selection = select(x, key);
    put_at("assign", selection.view, selection.axis, selection.positions, given, selection.names);
}

}  // namespace

namespace {

// x[i] and x[i, j] of an array that is at hand, copied without a view between; nothing for any other key.
std::optional<Array> element_at(const Array& x, nb::handle key) {
    bool several = PyTuple_CheckExact(key.ptr());
    Py_ssize_t count = several ? PyTuple_GET_SIZE(key.ptr()) : 1;
    if (count == 0 || count != x.dimensions()) return std::nullopt;
    if (x.distributed() || !x.node->at_hand()) return std::nullopt;
    std::int64_t offset = x.view.offset;
    for (Py_ssize_t k = 0; k < count; ++k) {
        PyObject* item = several ? PyTuple_GET_ITEM(key.ptr(), k) : key.ptr();
        if (!PyLong_CheckExact(item)) return std::nullopt;
        int overflow = 0;
        std::int64_t i = PyLong_AsLongLongAndOverflow(item, &overflow);
        std::int64_t length = x.view.shape[static_cast<int>(k)];
        if (overflow || i < -length || i >= length) return std::nullopt;
        offset += (i < 0 ? i + length : i) * x.view.strides[static_cast<int>(k)];
    }
    std::int64_t size = itemsize(x.dtype());
    Array element = new_array(x.dtype(), {});
    std::memcpy(element.node->bytes(), x.node->bytes() + offset * size,
                static_cast<std::size_t>(size));
    element.value = true;
    return element;
}

}  // namespace

nb::object get_item(nb::handle self, nb::handle key) {
    Entry entry;
    if (std::optional<Array> element = element_at(array_in(self), key))
        return wrap(std::move(*element));
    Key parsed(key);
    if (!parsed.arrays.empty()) return get_selected(array_in(self), parsed);
    Array result = index(array_in(self), parsed.items);
    // A view needs nothing; what was copied or moved does.
    return result.node->pending() && !(result.node.ref() == array_in(self).node.ref())
               ? wrap_delivered(std::move(result))
               : wrap(std::move(result));
}

void set_item(nb::handle self, nb::handle key, nb::handle value, bool temporary) {
    Entry entry;
    Key parsed(key);
    if (!parsed.arrays.empty()) {
        set_selected(array_in(self), parsed, value);
        return;
    }
    std::vector<int> kept;
    Array target = index(array_in(self), parsed.items, true, &kept);
    Operands operands("assign");
    operands.add_elements(value, target.dtype());
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
