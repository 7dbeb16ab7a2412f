// Views and evaluation: reshape, permute_dims, broadcast_to, eval, explain.
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/order.hpp"

namespace hpxpy {

namespace {

using nb::arg;

Array reversed_axes(const char* function, const Array& x) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(x.dimensions()));
    std::iota(order.rbegin(), order.rend(), std::int64_t{0});
    return permute(function, x, order);
}

nb::object reshaped(nb::handle object, nb::handle shape, nb::handle order, nb::handle copied) {
    Dims wanted = shape_from("reshape", shape, true);
    Order counted = order_from("reshape", order);
    if (counted == Order::k)
        fail<ValueError>("reshape: order 'K' counts no elements; choose 'C', 'F' or 'A'");
    Entry entry;
    Array x = operand("reshape", object);
    bool fortran = settled(counted, x) == Order::f;
    bool made = false;
    if (fortran) {
        x = reversed_axes("reshape", x);
        std::reverse(wanted.begin(), wanted.end());
    }
    Array result = reshape("reshape", x, wanted, &made);
    if (fortran) result = reversed_axes("reshape", result);
    bool never = !copied.is_none() && !nb::cast<bool>(copied);
    if (made && never)
        fail<ValueError>("reshape: shape ", to_string(x.shape()), " as ", to_string(wanted),
                         " needs a copy; leave out copy=False");
    if (!copied.is_none() && nb::cast<bool>(copied) && !made) result = copy(result);
    return made ? wrap_delivered(std::move(result)) : wrap(std::move(result));
}

// The elements in one dimension, counted in an order.
nb::object raveled(const std::string& name, nb::handle object, nb::handle order) {
    Order counted = order_from(name.c_str(), order);
    Entry entry;
    Array x = operand(name.c_str(), object);
    if (std::optional<Dims> axes = axes_in(counted, x))
        x = permute(name.c_str(), x, std::vector<std::int64_t>(axes->begin(), axes->end()));
    bool made = false;
    Array result = reshape(name.c_str(), x, Dims{-1}, &made);
    return made ? wrap_delivered(std::move(result)) : wrap(std::move(result));
}

// 'C', 'F' or 'K': what an order asks for of a copy of an array of hpxpy or of NumPy.
std::string order_of_copy(const std::string& name, nb::handle object, nb::handle order) {
    Order wanted = order_from(name.c_str(), order, Order::k);
    if (is_array(object)) {
        Entry entry;
        wanted = settled(wanted, array_in(object));
    } else if (wanted == Order::a) {
        bool ndarray = nb::isinstance(object, numpy().attr("ndarray"));
        bool columns = ndarray && nb::cast<bool>(object.attr("flags").attr("fnc"));
        wanted = columns ? Order::f : Order::c;
    }
    return std::string(1, "CFAK"[static_cast<int>(wanted)]);
}

// The array itself where its elements lie in the order asked for, else a copy.
nb::object laid_out(const std::string& name, nb::handle object, nb::handle order,
                    nb::handle copied) {
    Order wanted = order_from(name.c_str(), order, Order::k);
    Entry entry;
    const Array& x = array_in(object);
    if (x.distributed() || lies_in(wanted, x)) return nb::borrow(object);
    if (nb::isinstance<nb::bool_>(copied) && !nb::cast<bool>(copied))
        fail<ValueError>(name, ": order=", nb::repr(order).c_str(),
                         " needs a copy; leave out copy=False");
    Array result = converted_in(name.c_str(), wanted, x, x.dtype());
    evaluate(result);
    return wrap(std::move(result));
}

nb::object permuted(const char* function, nb::handle object, nb::handle axes) {
    Entry entry;
    Array x = operand(function, object);
    std::vector<std::int64_t> order;
    if (axes.is_none())
        for (int i = x.dimensions() - 1; i >= 0; --i) order.push_back(i);
    else
        order = integers_from(function, "axes", axes);
    return wrap(permute(function, x, order));
}

// x.reshape(2, 3) and x.reshape((2, 3)).
nb::object method_shape(const nb::args& given) {
    return given.size() == 1 ? nb::borrow<nb::object>(given[0]) : nb::object(given);
}

}  // namespace

void bind_manipulation(nb::module_& m, nb::class_<PyArray>& array) {
    constexpr const char* reshape_doc =
        "The same elements, in C order, as another shape; one length may be -1. With order='F' the "
        "first axis is counted fastest, with 'A' where that is how a local array lies in memory. A "
        "view where the strides allow it, else a copy (copy=False "
        "raises then). A distributed axis must stay as it is.\n\nExample:\n"
        "    >>> hpx.reshape(hpx.arange(6), (2, -1))\n"
        "    array([[0, 1, 2],\n           [3, 4, 5]])\n\nCommunication: none.";
    m.def("reshape", &reshaped, arg("x").none(), arg("shape").none(), arg("order") = "C",
          nb::kw_only(), arg("copy") = nb::none(), reshape_doc);
    array.def(
        "reshape",
        [](nb::handle self, const nb::args& shape, const nb::kwargs& keywords) {
            nb::object copied = nb::none(), order = nb::str("C");
            for (auto [name, value] : keywords) {
                std::string word = nb::cast<std::string>(name);
                if (word != "copy" && word != "order")
                    fail<TypeError>("reshape: ", word, "=", nb::repr(value).c_str(),
                                    " is not supported; order= and copy= are");
                (word == "copy" ? copied : order) = nb::borrow(value);
            }
            return reshaped(self, method_shape(shape), order, copied);
        },
        nb::sig("def reshape(self, /, *shape: Any, order: str = 'C', copy: bool | None = None) "
                "-> ndarray"),
        reshape_doc);
    constexpr const char* permute_doc =
        "A view with the axes in another order.\n\nExample:\n"
        "    >>> hpx.permute_dims(hpx.ones((2, 3, 4)), (2, 0, 1)).shape\n    (4, 2, 3)\n\n"
        "Communication: none.";
    m.def(
        "permute_dims",
        [](nb::handle x, nb::handle axes) { return permuted("permute_dims", x, axes); },
        arg("x").none(), arg("axes") = nb::none(), permute_doc);
    m.def(
        "transpose", [](nb::handle x, nb::handle axes) { return permuted("transpose", x, axes); },
        arg("x").none(), arg("axes") = nb::none(),
        "A view with the axes in another order, or in reverse order.\n\nExample:\n"
        "    >>> hpx.transpose(hpx.asarray([[1, 2], [3, 4]]))\n"
        "    array([[1, 3],\n           [2, 4]])\n\nCommunication: none.");
    array.def(
        "transpose",
        [](nb::handle self, const nb::args& axes) {
            return permuted("transpose", self,
                            axes.size() == 0 ? nb::object(nb::none()) : method_shape(axes));
        },
        nb::sig("def transpose(self, /, *axes: Any) -> ndarray"), permute_doc);
    array.def_prop_ro(
        "T", [](nb::handle self) { return permuted("T", self, nb::none()); },
        "A view with the axes in reverse order.\n\nCommunication: none.");
    array.def_prop_ro(
        "mT",
        [](nb::handle self) {
            int dimensions = array_in(self).dimensions();
            if (dimensions < 2)
                fail<ValueError>("mT: shape ", to_string(array_in(self).shape()),
                                 " has no rows and columns; it takes two dimensions or more");
            std::vector<std::int64_t> axes(static_cast<std::size_t>(dimensions));
            std::iota(axes.begin(), axes.end(), 0);
            std::swap(axes.end()[-1], axes.end()[-2]);
            Entry entry;
            return wrap(permute("mT", array_in(self), axes));
        },
        "A view with rows and columns swapped: the last two axes; ValueError where there are "
        "less.\n\nCommunication: none.");
    m.def(
        "broadcast_to",
        [](nb::handle object, nb::handle shape) {
            Dims wanted = shape_from("broadcast_to", shape);
            Entry entry;
            return wrap_delivered(broadcast_to(operand("broadcast_to", object), wanted));
        },
        arg("x").none(), arg("shape").none(),
        "A read-only view of `x` stretched to `shape`.\n\n"
        "Example:\n    >>> hpx.broadcast_to(hpx.asarray([1, 2]), (2, 2))\n"
        "    array([[1, 2],\n           [1, 2]])\n\n"
        "Communication: none, unless the distributed axis is stretched: then moves the whole "
        "array.");
    m.def(
        "expand_dims",
        [](nb::handle object, std::int64_t axis) {
            Entry entry;
            return wrap(expand_dims("expand_dims", operand("expand_dims", object), axis));
        },
        arg("x").none(), arg("axis"),
        "A view with a new axis of length 1.\n\nCommunication: none.");
    m.def(
        "copy",
        [](nb::handle object, nb::handle order) {
            Order wanted = order_from("copy", order, Order::k);
            Entry entry;
            Array x = operand("copy", object);
            Array result = converted_in("copy", wanted, x, x.dtype());
            evaluate(result);
            return wrap(std::move(result));
        },
        arg("x").none(), arg("order").none() = "K",
        "The same elements in new memory: in the order of the array's with order 'K', the last "
        "axis "
        "fastest with 'C', the first one with 'F', and with 'A' where it is so in the "
        "array.\n\nExample:\n    >>> "
        "hpx.copy(hpx.asarray([1, 2]))\n"
        "    array([1, 2])\n\nCommunication: none.");
    m.def("_ravel", &raveled, arg("name"), arg("x").none(), arg("order").none());
    m.def("_order_of_copy", &order_of_copy, arg("name"), arg("obj").none(), arg("order").none());
    m.def("_laid_out", &laid_out, arg("name"), arg("x"), arg("order").none(), arg("copy").none());
    m.def(
        "_memory_axes",
        [](const std::string& name, nb::handle object, nb::handle order) -> nb::object {
            Order wanted = order_from(name.c_str(), order, Order::k);
            Entry entry;
            Array x = operand(name.c_str(), object);
            std::optional<Dims> axes = axes_in(wanted, x);
            return axes ? nb::object(tuple_of(*axes)) : nb::none();
        },
        arg("name"), arg("x").none(), arg("order").none());
    m.def(
        "_order",
        [](const std::string& name, nb::handle order) {
            return std::string(1, "CFAK"[static_cast<int>(order_from(name.c_str(), order))]);
        },
        arg("name"), arg("order").none());
    m.def(
        "eval",
        [](const nb::args& arrays) {
            Entry entry;
            std::vector<Ref<Node>> nodes;
            for (nb::handle object : arrays) {
                if (!is_array(object))
                    fail<TypeError>("eval: ", nb::repr(object).c_str(), " is no hpxpy array");
                nodes.push_back(array_in(object).node.ref());
            }
            evaluate(nodes);
        },
        "Computes and stores the given arrays now, together where one pass can.\n\n"
        "Example:\n    >>> x = hpx.ones(10_000) * 2\n    >>> hpx.eval(x, x + 1)\n\n"
        "Communication: none; waits for what is under way.");
    m.def(
        "explain",
        [](nb::handle object) {
            Entry entry;
            if (!is_array(object))
                fail<TypeError>("explain: ", nb::repr(object).c_str(), " is no hpxpy array");
            return explain(array_in(object));
        },
        arg("x").none(),
        "The plan that computing `x` would run, as text: its steps, what each fuses, and the bytes "
        "it "
        "moves.\n\nCommunication: none.");
    m.def("_begin_plans", [] {
        Entry entry;
        return begin_plan_record();
    });
    m.def("_end_plans", [](std::size_t begun) {
        Entry entry;
        return end_plan_record(begun);
    });
}

}  // namespace hpxpy
