// Distributed arrays and collectives.
// SPDX-License-Identifier: BSL-1.0

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "comm/collectives.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "functions/collective.hpp"
#include "functions/vectors.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

using nb::arg;

std::optional<Array> optional_operand(const char* function, nb::handle object) {
    if (object.is_none()) return std::nullopt;
    return operand(function, object);
}

nb::object all_reduced(nb::handle object, const std::string& op) {
    Entry entry;
    know_localities();
    return wrap(all_reduce(operand("all_reduce", object), op));
}

nb::object broadcasted(nb::handle object, int root) {
    Entry entry;
    know_localities();
    return wrap(broadcast(optional_operand("broadcast", object), root));
}

nb::object list_of(std::vector<Array> parts) {
    nb::list list;
    for (Array& part : parts) list.append(wrap(std::move(part)));
    return list;
}

nb::object gathered(const char* function, nb::handle object, int root) {
    Entry entry;
    know_localities();
    if (root >= 0) check_root(function, root);
    Array x = operand(function, object);
    if (x.distributed()) {
        std::optional<Array> whole = gather_distributed(x, root, function);
        return whole ? wrap(std::move(*whole)) : nb::none();
    }
    std::vector<Array> parts = gather_local(x, root, function);
    return root >= 0 && locality_id() != root ? nb::object(nb::none()) : list_of(std::move(parts));
}

nb::object scattered(nb::handle object, int root, nb::handle distribution, std::int64_t axis) {
    bool block = is_block("scatter", distribution);
    Entry entry;
    know_localities();
    std::optional<std::int64_t> along;
    if (block) along = axis;
    return wrap(scatter(optional_operand("scatter", object), root, along));
}

nb::object redistributed(nb::handle object, nb::handle distribution, std::int64_t axis) {
    bool block = is_block("redistribute", distribution);
    Entry entry;
    know_localities();
    Array x = operand("redistribute", object);
    std::shared_ptr<const Place> place;
    if (block) place = block_place("redistribute", x.shape(), axis);
    if (!place && !x.distributed()) return wrap(copy(x));
    Array result = redistribute(x, place ? &place->map : nullptr);
    if (result.node.ref() == x.node.ref()) result = copy(result);
    return wrap_delivered(std::move(result));
}

nb::object local_partition(nb::handle self) {
    Entry entry;
    Array part = array_in(self);
    part.place = nullptr;
    part.shows = true;
    return wrap(std::move(part));
}

nb::object partition_sizes(nb::handle self) {
    const Array& x = array_in(self);
    nb::list sizes;
    if (!x.distributed()) {
        sizes.append(element_count(x.shape()));
    } else {
        std::int64_t row = 1;
        for (int i = 0; i < x.dimensions(); ++i)
            if (i != x.map()->axis()) row *= x.shape()[i];
        for (std::int64_t length : x.map()->sizes()) sizes.append(length * row);
    }
    return nb::tuple(sizes);
}

nb::object bytes_from(std::vector<std::byte> data) {
    return nb::bytes(reinterpret_cast<const char*>(data.data()), data.size());
}

nb::object broadcast_bytes(nb::handle object, int root) {
    Entry entry;
    check_root("broadcast_object", root);
    nb::bytes data = object.is_none() ? nb::bytes("", 0) : nb::borrow<nb::bytes>(object);
    comm::ConstBytes mine{data.c_str(), static_cast<std::int64_t>(data.size())};
    return bytes_from(in_turn("broadcast_object", [&] {
        return comm::broadcast_bytes(world(), "broadcast_object", mine, root);
    }));
}

nb::object all_gather_bytes(const nb::bytes& data) {
    Entry entry;
    comm::ConstBytes mine{data.c_str(), static_cast<std::int64_t>(data.size())};
    auto all = in_turn("gather_object",
                       [&] { return comm::all_gather_bytes(world(), "gather_object", mine); });
    nb::list list;
    for (auto& part : all) list.append(bytes_from(std::move(part)));
    return list;
}

nb::object to_partitioned_vector(nb::handle self, const std::string& name) {
    Entry entry;
    return wrap(to_named_vector(array_in(self), name));
}

nb::object from_partitioned_vector(const std::string& name, nb::handle dtype) {
    DType type = dtype_from("from_partitioned_vector", dtype);
    Entry entry;
    return wrap(from_named_vector(name, type));
}

void bind_vectors(nb::module_& m, nb::class_<PyArray>& array) {
    array.def(
        "to_partitioned_vector", &to_partitioned_vector, arg("name"),
        "Registers an HPX partitioned_vector of this name with this distributed array's blocks "
        "(explicit_container_layout: the same elements on the same localities), so that C++ "
        "programs "
        "can connect_to it, and gives the array that looks at it: what either side writes, the "
        "other "
        "sees. The elements are copied into HPX's memory once. The array is of 1 dimension and of "
        "float64, float32, int32 or int64 (C++: double, float, int, long long). C++ programs write "
        "with set_value or set_values, which leave the memory where it is; set_data of a partition "
        "does not. ValueError if the name is taken, RuntimeError on other engines than hpx.\n\n"
        "Example:\n    >>> y = x.to_partitioned_vector('temperature')\n\n"
        "Communication: three all-gathers of a few bytes, and HPX's own.");
    m.def(
        "from_partitioned_vector", &from_partitioned_vector, arg("name"), arg("dtype").none(),
        "The distributed array of an HPX partitioned_vector that was registered by this name, here "
        "or in C++ (register_as). It looks at the vector's own memory where each locality has one "
        "part, in the order of localities; else it is a copy in blocks. ValueError if there is "
        "none "
        "of that name, TypeError for a dtype that HPX has no vector of, RuntimeError on other "
        "engines than hpx.\n\n"
        "Example:\n    >>> x = hpx.arange(4.0, distribution='block')\n"
        "    >>> x = x.to_partitioned_vector('temperature')\n"
        "    >>> y = hpx.from_partitioned_vector('temperature', hpx.float64)\n"
        "    >>> float(y.sum())\n    6.0\n\n"
        "Communication: two all-gathers of a few bytes, and HPX's own; a copy moves its elements.");
}

void bind_collectives(nb::module_& m) {
    m.def("_all_reduce", &all_reduced, arg("x").none(), arg("op"));
    m.def(
        "broadcast", &broadcasted, arg("x").none(), arg("root") = 0,
        "Root's array on every locality; the others may give None. Of a distributed array its full "
        "copy. ValueError for a root that does not exist.\n\nExample:\n"
        "    >>> hpx.broadcast(hpx.asarray([1, 2]) if hpx.locality_id() == 0 else None)\n"
        "    array([1, 2])\n\n"
        "Communication: one agreement of a few bytes, then one broadcast.");
    m.def(
        "gather",
        [](nb::handle x, int root) {
            if (root < 0) check_root("gather", root);
            return gathered("gather", x, root);
        },
        arg("x").none(), arg("root") = 0,
        "A list of every locality's array on root, None elsewhere; the arrays may differ in shape. "
        "Of "
        "a distributed array the whole on root. ValueError for a root that does not exist.\n\n"
        "Example:\n    >>> whole = hpx.gather(hpx.arange(4, distribution='block'), root=0)\n"
        "    >>> whole if hpx.locality_id() == 0 else hpx.arange(4)\n"
        "    array([0, 1, 2, 3])\n\n"
        "Communication: moves every locality's array to root once.");
    m.def(
        "all_gather", [](nb::handle x) { return gathered("all_gather", x, -1); }, arg("x").none(),
        "A list of every locality's array, on every locality; the arrays may differ in shape. Of a "
        "distributed array the whole.\n\n"
        "Example:\n    >>> parts = hpx.all_gather(hpx.ones(2))\n"
        "    >>> len(parts) == hpx.num_localities()\n    True\n\n"
        "Communication: moves every locality's array to all others once.");
    m.def(
        "scatter", &scattered, arg("x").none(), arg("root") = 0, nb::kw_only(),
        arg("distribution") = nb::none(), arg("axis") = 0,
        "Root's rows dealt out like a block map; the others may give None. Each locality gets its "
        "part as a local array, or, with distribution='block', all get one distributed array. "
        "TypeError for an array that is distributed already.\n\n"
        "Example:\n    >>> x = hpx.scatter(hpx.arange(6), root=0, distribution='block')\n"
        "    >>> x.shape\n    (6,)\n\n"
        "Communication: one agreement of a few bytes, then each part moves once.");
    m.def(
        "barrier",
        [](nb::handle name) {
            std::string text = name.is_none() ? "" : nb::cast<std::string>(nb::str(name));
            Entry entry;
            barrier(text);
        },
        arg("name") = nb::none(),
        "Returns when all localities have called it, with the same `name`.\n\n"
        "Example:\n    >>> hpx.barrier('files are written')\n\n"
        "Communication: one all-reduce of a few bytes.");
    m.def("_broadcast_bytes", &broadcast_bytes, arg("data").none(), arg("root"));
    m.def("_all_gather_bytes", &all_gather_bytes, arg("data").none());
}

}  // namespace

void bind_distribution(nb::module_& m, nb::class_<PyArray>& array) {
    bind_collectives(m);
    bind_vectors(m, array);
    m.def(
        "redistribute", &redistributed, arg("x").none(), arg("distribution").none(),
        arg("axis") = 0,
        "The same elements on another map: 'block' along `axis`, or None for a full copy on each "
        "locality. ValueError for a distribution or AxisError for an axis that does not exist.\n\n"
        "Example:\n    >>> x = hpx.zeros((4, 6), distribution='block')\n"
        "    >>> hpx.redistribute(x, 'block', 1).distributed_axis\n    1\n\n"
        "Communication: one all-to-all of the elements whose owner changes.");
    m.def(
        "from_local",
        [](nb::handle object, std::int64_t axis) {
            Entry entry;
            return wrap(from_local(operand("from_local", object), axis));
        },
        arg("block").none(), arg("axis") = 0,
        "A distributed array of everybody's own block; lengths along `axis` may differ. ValueError "
        "if other lengths do. The elements are copied.\n\n"
        "Example:\n    >>> x = hpx.from_local(hpx.ones(2))\n"
        "    >>> len(x) == 2 * hpx.num_localities()\n    True\n\n"
        "Communication: one all-gather of the shapes.");
    m.def("_as_class", [](nb::handle type, nb::handle object) {
        nb::object result = nb::inst_alloc(type);
        new (nb::inst_ptr<PyArray>(result)) PyArray(Array(array_in(object)));
        nb::inst_mark_ready(result);
        return result;
    });
    array.def_prop_ro(
        "is_distributed",
        [](nb::handle self) {
            const Array& x = array_in(self);
            return x.distributed() && x.map()->localities() > 1;
        },
        "Whether the array spans several localities.\n\nCommunication: none.");
    array.def_prop_ro(
        "num_partitions",
        [](nb::handle self) {
            const Array& x = array_in(self);
            return x.distributed() ? x.map()->localities() : 1;
        },
        "How many blocks the array has: one for each locality, or 1 of a local array.\n\n"
        "Communication: none.");
    array.def_prop_ro("local_partition", &local_partition,
                      "This locality's part as a local array, a view: writing to it writes to the "
                      "array.\n\nCommunication: none.");
    array.def_prop_ro("partition_sizes", &partition_sizes,
                      "Elements of each block, in locality order.\n\nCommunication: none.");
    array.def_prop_ro(
        "distribution",
        [](nb::handle self) -> nb::object {
            if (!array_in(self).distributed()) return nb::none();
            return nb::str("block");
        },
        "'block', or None for a local array.\n\nCommunication: none.");
    array.def_prop_ro(
        "distributed_axis",
        [](nb::handle self) -> nb::object {
            if (!array_in(self).distributed()) return nb::none();
            return nb::int_(array_in(self).map()->axis());
        },
        "The axis that is dealt out, or None.\n\nCommunication: none.");
}

}  // namespace hpxpy
