// The class ndarray: attributes, conversion to Python's and NumPy's objects.
// SPDX-License-Identifier: BSL-1.0

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/order.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

nb::object gathered(const char* function, nb::handle self) {
    Entry entry;
    Array& x = array_in(self);
    if (x.distributed()) {
        check_gathered(function, x);
        nb::object whole = wrap_delivered(redistribute(x, nullptr));
        return numpy().attr("asarray")(whole);
    }
    return numpy().attr("asarray")(nb::steal(PyMemoryView_FromObject(self.ptr())));
}

nb::object to_numpy(nb::handle self) { return gathered("to_numpy", self); }

// Most bytes of a distributed array that protocols bring together; see set_implicit_gather.
std::int64_t implicit_gather = 0;

// Whether a protocol has to refuse it: what is distributed never comes together unasked.
bool stays_apart(const Array& x) {
    if (!x.distributed()) return false;
    return implicit_gather == 0 || element_count(x.shape()) * itemsize(x.dtype()) > implicit_gather;
}

// NumPy's protocol.
nb::object array_protocol(nb::handle self, nb::object dtype, const nb::object& copy) {
    if (stays_apart(array_in(self)))
        fail<TypeError>(
            "__array__: this array is distributed; to_numpy() or gather() bring it "
            "together, local_partition is this locality's part, and set_implicit_gather(bytes) "
            "lets libraries ask for small ones");
    nb::object result = gathered("__array__", self);
    nb::object wanted = dtype.is_none() ? nb::object(result.attr("dtype"))
                                        : nb::object(numpy().attr("dtype")(dtype));
    bool same = wanted.equal(result.attr("dtype"));
    if (!same && !copy.is_none() && !nb::cast<bool>(copy))
        fail<ValueError>("__array__: ", name_of(array_in(self).dtype()), " as ",
                         nb::str(wanted).c_str(), " needs a copy; leave out copy=False");
    if (!same) return result.attr("astype")(wanted);
    return !copy.is_none() && nb::cast<bool>(copy) ? nb::object(result.attr("copy")()) : result;
}

std::string distributed_text(nb::handle self) {
    const Array& x = array_in(self);
    std::string text = "array(shape=" + to_string(x.shape()) +
                       ", dtype=" + std::string(name_of(x.dtype())) + ", " + x.map()->to_string() +
                       ", locality " + std::to_string(here().id);
    Array part = x;
    part.place = nullptr;
    nb::object block = to_numpy(wrap(std::move(part)));
    nb::object shown = numpy().attr("array2string")(
        block, nb::arg("threshold") = 6, nb::arg("edgeitems") = 2, nb::arg("separator") = ", ");
    return text + ": " + nb::cast<std::string>(shown) + ")";
}

std::string text_of(nb::handle self, const char* how) {
    if (array_in(self).distributed()) return distributed_text(self);
    nb::object values = to_numpy(self);
    nb::object builtins = nb::module_::import_("builtins");
    return nb::cast<std::string>(builtins.attr(how)(values));
}

nb::object item(nb::handle self) {
    Entry entry;
    return python_number(element("item", array_in(self)));
}

nb::object to_list(nb::handle self) { return gathered("tolist", self).attr("tolist")(); }

nb::object as_complex(nb::handle self) {
    nb::object number = item(self);
    if (PyComplex_Check(number.ptr())) return number;
    return nb::steal(PyComplex_FromDoubles(nb::cast<double>(nb::float_(number)), 0));
}

nb::object format(nb::handle self, const std::string& spec) {
    if (spec.empty()) return nb::str(self);
    nb::object value = array_in(self).dimensions() == 0 ? item(self) : nb::borrow(self);
    if (value.is(self)) fail<TypeError>("format: an array takes no format '", spec, "'");
    nb::object builtins = nb::module_::import_("builtins");
    return builtins.attr("format")(value, spec);
}

nb::object dlpack(nb::handle self, nb::handle stream, nb::handle max_version, nb::handle dl_device,
                  nb::handle copy) {
    auto of = [&](nb::handle x) {
        return x.attr("__dlpack__")(nb::arg("stream") = stream,
                                    nb::arg("max_version") = max_version,
                                    nb::arg("dl_device") = dl_device, nb::arg("copy") = copy);
    };
    // The only locality shares the memory of all elements.
    if (array_in(self).distributed() && num_localities() == 1)
        return of(self.attr("local_partition"));
    if (stays_apart(array_in(self)))
        fail<BufferError>(
            "__dlpack__: this array is distributed; to_numpy() or gather() bring it "
            "together, local_partition is this locality's part, and set_implicit_gather(bytes) "
            "lets libraries ask for small ones");
    return of(gathered("__dlpack__", self));
}

nb::object strides_of(nb::handle self) {
    const Array& x = array_in(self);
    Dims strides = x.view.strides;
    for (std::int64_t& stride : strides) stride *= itemsize(x.dtype());
    return tuple_of(strides);
}

nb::object astype(nb::handle self, nb::handle dtype, nb::handle given_order,
                  const std::string& casting, bool, bool copy) {
    DType wanted = dtype_from("astype", dtype);
    Order order = order_from("astype", given_order, Order::k);
    const Array& x = array_in(self);
    if (casting != "unsafe") {
        nb::object from = dtype_object(x.dtype()), to = dtype_object(wanted);
        if (!nb::cast<bool>(numpy().attr("can_cast")(from, to, casting)))
            fail<TypeError>("astype: ", name_of(x.dtype()), " is not cast to ", name_of(wanted),
                            " by casting='", casting, "'; leave it out, or choose 'unsafe'");
    }
    if (!copy && wanted == x.dtype() && (x.distributed() || lies_in(order, x)))
        return nb::borrow(self);
    Entry entry;
    return wrap_delivered(converted_in("astype", order, x, wanted));
}

nb::object copy_in(nb::handle self, nb::handle order) {
    Order wanted = order_from("copy", order);
    Entry entry;
    Array result = converted_in("copy", wanted, array_in(self), array_in(self).dtype());
    evaluate(result);
    result.value = false;
    result.shows = false;
    return wrap(std::move(result));
}

nb::object copy_in_order(nb::handle self) {
    Entry entry;
    Array result = convert(array_in(self), array_in(self).dtype());
    evaluate(result);
    return wrap(std::move(result));
}

nb::object reduce_pickle(nb::handle self, nb::handle) {
    if (array_in(self).distributed())
        fail<TypeError>(
            "pickle: this array is distributed; pickle local_partition on each locality, "
            "or to_numpy() of the whole");
    nb::object make = nb::module_::import_("hpxpy._objects").attr("_from_pickle");
    return nb::make_tuple(make, nb::make_tuple(to_numpy(self).attr("copy")()));
}

// What _attributes.py makes attributes of that Python's programs assign and ask for.
void bind_handles(nb::module_& m) {
    m.def(
        "_become",
        [](nb::handle self, nb::handle other) {
            Entry entry;
            Array& x = array_in(self);
            bool shows = x.shows, writeable = x.writeable;
            x = array_in(other);
            x.shows = shows;
            x.writeable = writeable;
        },
        "Makes an array object the same array as another one.\n\nCommunication: none.");
    m.def(
        "_is_value", [](nb::handle self) { return array_in(self).value; },
        "Whether a 0-d array is a value, which nothing changes.\n\nCommunication: none.");
    m.def(
        "_set_writeable",
        [](nb::handle self, bool writeable) { array_in(self).writeable = writeable; },
        "Allows or forbids to assign elements.\n\nCommunication: none.");
    m.def(
        "_storage",
        [](nb::handle self) {
            Entry entry;
            const Array& x = array_in(self);
            Array whole = array_of(x.node.ref(), nullptr);
            whole.writeable = x.writeable;
            return wrap(std::move(whole));
        },
        "All elements of the memory that a local array shows a part of.\n\nCommunication: none.");
}

}  // namespace

nb::class_<PyArray> bind_array(nb::module_& m) {
    nb::class_<PyArray> array(m, "ndarray", nb::type_slots(operator_slots),
                              nb::is_weak_referenceable(),
                              "An array of numbers: local, or distributed over localities. Made by "
                              "asarray, zeros and the "
                              "other creation functions.\n\nCommunication: none.");
    array_type() = array;
    array.attr("__array_priority__") = 1000.0;
    array.def(nb::new_([](nb::handle shape, nb::handle dtype, nb::handle buffer, nb::handle offset,
                          nb::handle strides, nb::handle order) -> nb::object {
                  nb::object make = nb::module_::import_("hpxpy._attributes").attr("new_array");
                  return make(shape, dtype, buffer, offset, strides, order);
              }),
              nb::arg("shape"), nb::arg("dtype").none() = "float64", nb::arg("buffer") = nb::none(),
              nb::arg("offset") = 0, nb::arg("strides") = nb::none(),
              nb::arg("order") = nb::none());

    auto attribute = [&](const char* name, auto get, const auto&... extra) {
        array.def_prop_ro(name, get, extra...);
    };
    attribute(
        "shape", [](nb::handle self) { return tuple_of(array_in(self).shape()); },
        nb::sig("def shape(self) -> tuple[int, ...]"),
        "The whole array's lengths.\n\nCommunication: none.");
    attribute(
        "dtype", [](nb::handle self) { return dtype_object(array_in(self).dtype()); },
        nb::sig("def dtype(self) -> np.dtype[Any]"),
        "NumPy's dtype of the elements.\n\nCommunication: none.");
    attribute(
        "ndim", [](nb::handle self) { return array_in(self).dimensions(); },
        "How many dimensions.\n\nCommunication: none.");
    attribute(
        "size", [](nb::handle self) { return element_count(array_in(self).shape()); },
        "How many elements in all.\n\nCommunication: none.");
    attribute(
        "itemsize", [](nb::handle self) { return itemsize(array_in(self).dtype()); },
        "Bytes of one element.\n\nCommunication: none.");
    attribute(
        "nbytes",
        [](nb::handle self) {
            const Array& x = array_in(self);
            return element_count(x.shape()) * itemsize(x.dtype());
        },
        "Bytes of all elements.\n\nCommunication: none.");
    attribute("strides", &strides_of, nb::sig("def strides(self) -> tuple[int, ...]"),
              "Bytes from one element of this locality's part to the next, along each axis.\n\n"
              "Communication: none.");
    attribute(
        "writeable", [](nb::handle self) { return array_in(self).writeable; },
        "Whether elements may be assigned.\n\nCommunication: none.");
    attribute(
        "is_view",
        [](nb::handle self) {
            const Array& x = array_in(self);
            return x.shows || (x.node->buffer && x.node->buffer->borrowed());
        },
        "Whether the array was made to show memory of another one: a slice, a transpose, what "
        "from_numpy(copy=False) gives.\n\nCommunication: none.");
    attribute(
        "device", [](nb::handle) { return "cpu"; },
        "Where the elements are: 'cpu'.\n\nCommunication: none.");

    array.def("to_numpy", &to_numpy, nb::sig("def to_numpy(self) -> np.ndarray[Any, Any]"),
              "The elements as a NumPy array: of a local array a view that shares its memory, of a "
              "distributed one a copy of the whole. MemoryError, the same on all localities, where "
              "that is more than HPXPY_GATHER_LIMIT allows.\n\n"
              "Communication: none for a local array; otherwise moves the whole array to every "
              "locality.");
    array.def(
        "__array__", &array_protocol, nb::arg("dtype") = nb::none(), nb::arg("copy") = nb::none(),
        nb::sig("def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) "
                "-> np.ndarray[Any, Any]"));
    array.def("__repr__", [](nb::handle self) { return text_of(self, "repr"); });
    array.def("__str__", [](nb::handle self) { return text_of(self, "str"); });
    array.def("__format__", &format);
    array.def("__complex__", &as_complex);
    array.def(
        "__contains__",
        [](nb::handle self, nb::handle value) -> bool {
            nb::object equal = nb::steal(PyObject_RichCompare(self.ptr(), value.ptr(), Py_EQ));
            if (!equal.is_valid()) nb::raise_python_error();
            if (!is_array(equal)) return false;  // a string, or another thing that no number equals
            return nb::cast<bool>(
                nb::module_::import_("builtins").attr("bool")(equal.attr("any")()));
        },
        nb::arg("value").none());
    array.def("__iter__", [](nb::handle self) {
        const Array& x = array_in(self);
        if (x.dimensions() == 0) fail<TypeError>("iter: a 0-d array has no elements in order");
        if (x.distributed() && x.map()->deals(0))
            return nb::module_::import_("hpxpy._parts").attr("rows_in_pieces")(self);
        return nb::steal(PySeqIter_New(self.ptr()));
    });
    array.def(
        "item",
        [](nb::handle self, const nb::args& where) {
            if (where.size() == 0) return item(self);
            if (where.size() > 1 || PyTuple_Check(nb::handle(where[0]).ptr()))
                return item(get_item(self, where.size() > 1 ? nb::object(where) : where[0]));
            // One number counts through the elements in C order.
            std::int64_t count = element_count(array_in(self).shape());
            std::int64_t i = integer_from("item", "position", where[0]);
            if (i < -count || i >= count)
                fail<IndexError>("item: ", i, " is out of range for ", count, " elements");
            nb::list position;
            const Dims& shape = array_in(self).shape();
            std::int64_t rest = i < 0 ? i + count : i;
            for (std::int64_t length : shape) {
                count /= length;
                position.append(rest / count);
                rest %= count;
            }
            return item(get_item(self, nb::tuple(position)));
        },
        nb::sig("def item(self, *args: Any) -> Any"),
        "The only element, or that at the position given (one number an axis, or one that counts "
        "through all elements in C order), as a Python number; ValueError if there are more or "
        "less.\n\n"
        "Communication: none for a local array.");
    array.def("tolist", &to_list, nb::sig("def tolist(self) -> Any"),
              "The elements as nested lists of Python numbers; of a distributed array those of the "
              "whole, everywhere. MemoryError, the same on all localities, where that is more than "
              "HPXPY_GATHER_LIMIT allows.\n\n"
              "Communication: none for a local array; otherwise moves the whole array to every "
              "locality.");
    array.def(
        "astype", &astype, nb::arg("dtype").none(), nb::arg("order").none() = "K",
        nb::arg("casting") = "unsafe", nb::arg("subok") = true, nb::arg("copy") = true,
        "A copy with another dtype; with copy=False the array itself if it has that dtype and lies "
        "in memory in that order, which is one of copy's. TypeError where `casting` forbids the "
        "conversion, as numpy.can_cast tells; `subok` changes nothing. "
        "Floats are cut towards zero, nan becomes 0, and what an integer dtype cannot hold its "
        "nearest value.\n\nCommunication: none.");
    array.def(
        "copy", &copy_in, nb::arg("order").none() = "C",
        "The same elements in new memory: the last axis fastest with order 'C', the first one "
        "with 'F', with 'A' where it is so in the array, and all as in the array with 'K'."
        "\n\nCommunication: none.");
    m.def("_set_implicit_gather", [](std::int64_t bytes) { implicit_gather = bytes; });
    m.def("_implicit_gather", [] { return implicit_gather; });
    array.def("__copy__", &copy_in_order);
    array.def("__deepcopy__", [](nb::handle self, nb::handle) { return copy_in_order(self); });
    array.def("__reduce_ex__", &reduce_pickle);
    array.def(
        "__dlpack__", &dlpack, nb::kw_only(), nb::arg("stream").none() = nb::none(),
        nb::arg("max_version").none() = nb::none(), nb::arg("dl_device").none() = nb::none(),
        nb::arg("copy").none() = nb::none(),
        nb::sig(
            "def __dlpack__(self, *, stream: Any = None, max_version: tuple[int, int] | None = "
            "None, dl_device: tuple[int, int] | None = None, copy: bool | None = None) -> Any"));
    array.def(
        "__dlpack_device__", [](nb::handle) { return nb::make_tuple(1, 0); },
        nb::sig("def __dlpack_device__(self) -> tuple[int, int]"));

    bind_handles(m);
    m.def(
        "astype",
        [](nb::handle x, nb::handle dtype, bool copy) {
            if (is_array(x)) return astype(x, dtype, nb::none(), "unsafe", true, copy);
            Entry entry;
            return wrap(array_from("astype", x, dtype_from("astype", dtype)));
        },
        nb::arg("x").none(), nb::arg("dtype").none(), nb::kw_only(), nb::arg("copy") = true,
        "A copy of `x` with another dtype, as x.astype.\n\nExample:\n"
        "    >>> hpx.astype(hpx.asarray([1.5, -2.5]), hpx.int8)\n"
        "    array([ 1, -2], dtype=int8)\n\nCommunication: none.");
    return array;
}

}  // namespace hpxpy
