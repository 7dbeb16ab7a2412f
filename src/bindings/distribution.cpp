// Distributed arrays: their maps, blocks, and HPX's vectors.
// SPDX-License-Identifier: BSL-1.0

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/placement.hpp"
#include "exchanges/exchange.hpp"
#include "exchanges/together.hpp"
#include "exec/evaluate.hpp"
#include "functions/collective.hpp"
#include "functions/indexing.hpp"
#include "functions/vectors.hpp"
#include "functions/write.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

using nb::arg;

nb::object redistributed(nb::handle object, nb::handle distribution, nb::handle axis,
                         nb::handle grid) {
    Entry entry;
    know_localities();
    Array x = operand("redistribute", object);
    nb::object on_grid = with_grid("redistribute", distribution, grid);
    auto place = place_from("redistribute", on_grid, x.shape(), axis);
    if (!place && !x.distributed()) return wrap(copy(x));
    if (!place) check_gathered("redistribute", x);
    Array result = redistribute(x, place ? &place->map : nullptr);
    if (result.node.ref() == x.node.ref()) result = copy(result);
    return wrap_delivered(std::move(result));
}

/// Of each block the localities that hold it; of a local array this one.
std::vector<std::vector<int>> holders(const Array& x) {
    if (!x.distributed()) return {{locality_id()}};
    std::vector<std::vector<int>> found(static_cast<std::size_t>(x.map()->blocks()));
    for (int p = 0; p < x.map()->localities(); ++p)
        found[static_cast<std::size_t>(x.map()->block_of(p))].push_back(p);
    return found;
}

nb::object localities(nb::handle self) {
    nb::list list;
    const Array& x = array_in(self);
    for (const auto& block : holders(x)) {
        if (block.size() == 1) {
            list.append(block[0]);
            continue;
        }
        nb::list copies;
        for (int p : block) copies.append(p);
        list.append(nb::tuple(copies));
    }
    return nb::tuple(list);
}

nb::object places(nb::handle object, int axis, nb::handle indices) {
    Entry entry;
    const Array& x = array_in(object);
    auto [parts, within] = places_along(x, axis, array_in(indices));
    const maps::Dealt* dealt = x.distributed() ? x.map()->along(axis) : nullptr;
    return nb::make_tuple(wrap(std::move(parts)), wrap(std::move(within)),
                          dealt ? dealt->parts() : 1);
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
    for (const auto& block : holders(x))
        sizes.append(element_count(maps::local_shape(x.map(), x.shape(), block[0])));
    return nb::tuple(sizes);
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

/// What a locality holds along each axis: runs of indices (first, length, period, count), in ascending order.
nb::object held(nb::handle object, int locality) {
    const Array& x = array_in(object);
    nb::list axes;
    const maps::Region region = maps::region_of(x.map(), x.shape(), locality);
    for (std::size_t axis = 0; axis < region.size(); ++axis) {
        nb::list runs;
        maps::Range all{0, x.shape()[static_cast<int>(axis)]};
        for (const maps::Runs& each : maps::Indices::common(region[axis], all))
            runs.append(nb::make_tuple(each.first, each.length, each.period, each.count));
        axes.append(nb::tuple(runs));
    }
    return nb::tuple(axes);
}

/// The same elements where `axis` is whole on every locality: copies along its dimension of the grid. What is written into
/// them is written into `x`, too, if they are `shown` there.
nb::object whole_along(nb::handle object, int axis, bool shown) {
    Entry entry;
    const Array& x = array_in(object);
    maps::Map map = x.map()->without(axis);
    Array whole = redistribute(x, map.dealt().empty() ? nullptr : &map);
    if (shown) show_in(whole, x);
    return wrap_delivered(std::move(whole));
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

}  // namespace

void bind_distribution(nb::module_& m, nb::class_<PyArray>& array) {
    bind_vectors(m, array);
    m.def("_places_along", &places);
    m.def("_begin_together", [] {
        Entry entry;
        know_localities();
        begin_together();
    });
    m.def("_end_together", [](bool drop) {
        Entry entry;
        end_together(drop);
    });
    m.def(
        "redistribute", &redistributed, arg("x").none(), arg("distribution").none(),
        arg("axis") = nb::none(), arg("grid") = nb::none(),
        "The same elements on another map: 'block', 'cyclic' or 'block_cyclic' along `axis` (0 "
        "unless it is given), a tuple with one of them or None an axis on a `grid` of localities "
        "('auto': as near to a square as the lengths are), what another array's `distribution` is, "
        "or None for a full copy on each locality. ValueError for a distribution that does not "
        "exist or fit, AxisError for an axis that does not exist, MemoryError for a full copy of "
        "more bytes than HPXPY_GATHER_LIMIT.\n\n"
        "Example:\n    >>> x = hpx.zeros((4, 6), distribution='block')\n"
        "    >>> hpx.redistribute(x, 'block', 1).distributed_axis\n    1\n\n"
        "Communication: one all-to-all of the elements whose owner changes.");
    m.def(
        "from_local",
        [](nb::handle object, nb::handle axis, nb::handle distribution, nb::handle grid) {
            maps::Distribution asked =
                distribution_from("from_local", with_grid("from_local", distribution, grid));
            std::optional<std::int64_t> along = axis_from("from_local", axis);
            Entry entry;
            return wrap(from_local(operand("from_local", object), asked, along));
        },
        arg("block").none(), arg("axis") = nb::none(), nb::kw_only(),
        arg("distribution") = nb::none(), arg("grid") = nb::none(),
        "A distributed array of everybody's own block; lengths along `axis` (0 unless it is given) "
        "may differ. With a distribution such as 'cyclic' or ('block', 'block') the blocks are "
        "the parts of that, and their lengths along each axis that is dealt out add up; with "
        "several such axes `grid` is given, too. "
        "ValueError if lengths do not fit, or if the blocks are not those of the distribution that "
        "is given; CommunicationError if dtypes differ. The elements are copied.\n\n"
        "Example:\n    >>> x = hpx.from_local(hpx.ones(2))\n"
        "    >>> len(x) == 2 * hpx.num_localities()\n    True\n\n"
        "Communication: one all-gather of the shapes.");
    m.def(
        "balance",
        [](nb::handle object) {
            Entry entry;
            know_localities();
            return wrap(balance(operand("balance", object)));
        },
        arg("x").none(),
        "The same elements in even blocks along the axis that is dealt out, as "
        "distribution='block' "
        "deals them; of a local array a copy.\n\n"
        "Example:\n    >>> x = hpx.arange(10, distribution='block')\n"
        "    >>> sizes = hpx.balance(x[6:]).partition_sizes\n"
        "    >>> max(sizes) - min(sizes) <= 1\n    True\n\n"
        "Communication: one all-to-all of the elements whose owner changes.");
    m.def("_held", &held, arg("x"), arg("locality"));
    m.def("_whole_along", &whole_along, arg("x"), arg("axis"), arg("shown") = false);
    m.def("_agree_on_setting", [](const std::string& function, const std::string& value) {
        Entry entry;
        agree_on_setting(function, value);
    });
    m.def("_agree_on", [](const std::string& function, const maps::Distribution& asked) {
        Entry entry;
        know_localities();
        agree_on(function.c_str(), asked);
    });
    m.def("_set_deterministic", [](bool enabled, bool agreed) {
        Entry entry;
        if (!agreed) agree_on_setting("set_deterministic", enabled ? "True" : "False");
        change_deterministic(enabled);
    });
    m.def("_is_deterministic", [] { return common_settings().deterministic; });
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
            return x.distributed() ? x.map()->blocks() : 1;
        },
        "How many distinct blocks the array has: one for each locality that holds no copy of "
        "another's, or 1 of a local array.\n\nCommunication: none.");
    array.def_prop_ro("local_partition", &local_partition,
                      "This locality's part as a local array, a view: writing to it writes to the "
                      "array.\n\nCommunication: none.");
    array.def_prop_ro(
        "partition_sizes", &partition_sizes,
        nb::sig("def partition_sizes(self) -> tuple[int, ...]"),
        "Elements of each distinct block, in locality order.\n\nCommunication: none.");
    array.def_prop_ro(
        "distribution", [](nb::handle self) { return distribution_of(array_in(self)); },
        nb::sig("def distribution(self) -> Distribution | None"),
        "How the array is dealt out: an object that equals its kind, tells its axis, bounds and "
        "sizes, "
        "and may be given back as `distribution=`; None for a local array.\n\n"
        "Communication: none.");
    array.def_prop_ro("localities", &localities, nb::sig("def localities(self) -> tuple[Any, ...]"),
                      "The locality that holds each block, in the order of partition_sizes; where "
                      "several hold equal copies, a tuple of them. Of a local array this one "
                      "alone.\n\nCommunication: none.");
    array.def_prop_ro(
        "distributed_axis",
        [](nb::handle self) -> nb::object {
            const Array& x = array_in(self);
            return x.distributed() ? dealt_axes(*x.map()) : nb::none();
        },
        nb::sig("def distributed_axis(self) -> int | tuple[int, ...] | None"),
        "The axis that is dealt out, a tuple of them if there are several, or None.\n\n"
        "Communication: none.");
}

}  // namespace hpxpy
