// Distributions as Python objects: made by name, given by x.distribution, taken by distribution=.
// SPDX-License-Identifier: BSL-1.0
#include "bindings/placement.hpp"

#include "base/error.hpp"
#include "exchanges/exchange.hpp"
#include "functions/creation.hpp"

namespace hpxpy {

namespace {

using maps::Distribution;
using Dealt = Distribution::Kind;

std::optional<Dealt> kind_named(const std::string& name) {
    if (name == "block") return Dealt::block;
    if (name == "cyclic") return Dealt::cyclic;
    if (name == "block_cyclic") return Dealt::block_cyclic;
    if (name == "none" || name == "local") return Dealt::none;
    return std::nullopt;
}

// What a tuple with one entry an axis says.
Distribution of_entries(const char* function, nb::handle given) {
    Distribution result;
    bool any = false;
    for (nb::handle item : nb::borrow<nb::sequence>(given)) {
        Distribution one = distribution_from(function, item);
        if (!one.entries.empty() || (one.map && !one.map->only_axis()))
            fail<ValueError>(function, ": entry ", result.entries.size(), " of the distribution ",
                             nb::repr(given).c_str(),
                             " deals out several axes; give what one axis is dealt out as");
        Distribution::Entry entry{one.kind, one.block_size, {}};
        if (one.map) entry.dealt = one.map->dealt()[0];
        result.entries.push_back(std::move(entry));
        if (one.kind == Dealt::none) continue;
        result.kind = !any || result.kind == one.kind ? one.kind : Dealt::mixed;
        any = true;
    }
    return result;
}

std::optional<Dims> grid_from(const char* function, nb::handle grid) {
    if (grid.is_none()) return std::nullopt;
    if (nb::isinstance<nb::str>(grid)) {
        if (nb::cast<std::string>(grid) == "auto") return std::nullopt;
        fail<ValueError>(function, ": grid=", nb::repr(grid).c_str(),
                         " is no grid; give a tuple of lengths such as (2, 3), or 'auto'");
    }
    Dims lengths;
    for (std::int64_t length : integers_from(function, "grid", grid)) {
        if (length < 1)
            fail<ValueError>(function, ": grid=", nb::repr(grid).c_str(), " has a length of ",
                             length, "; each is 1 or more");
        if (lengths.size() == max_dimensions)
            fail<ValueError>(function, ": a grid has ", max_dimensions, " dimensions at most");
        lengths.push_back(length);
    }
    if (lengths.empty())
        fail<ValueError>(function,
                         ": grid=() has no dimension; give one length for each axis "
                         "that is dealt out");
    return lengths;
}

std::vector<std::int64_t> bounds_from(nb::handle bounds, nb::handle sizes) {
    if (sizes.is_none()) return integers_from("Distribution", "bounds", bounds);
    if (!bounds.is_none())
        fail<TypeError>("Distribution: bounds and sizes say the same; give one of them");
    std::vector<std::int64_t> sums{0};
    for (std::int64_t size : integers_from("Distribution", "sizes", sizes)) {
        if (size < 0)
            fail<ValueError>("Distribution: sizes ", nb::repr(sizes).c_str(),
                             " hold a negative one");
        sums.push_back(sums.back() + size);
    }
    return sums;
}

Distribution made(nb::handle kind, nb::handle axis, nb::handle bounds, nb::handle sizes,
                  nb::handle block_size, nb::handle grid) {
    const char* function = "Distribution";
    Distribution result = distribution_from(function, kind);
    if (std::optional<std::int64_t> given = axis_from(function, axis)) {
        if (!result.entries.empty())
            fail<ValueError>(function, ": axis=", *given,
                             " was given with a tuple, which says it for each axis; leave it out");
        result.axis = given;
    }
    if (std::optional<Dims> lengths = grid_from(function, grid)) {
        if (result.map && result.map->grid() != *lengths)
            fail<ValueError>(function, ": grid=", nb::repr(grid).c_str(), " differs from that of ",
                             result.to_string(), "; leave one of them out");
        result.grid = lengths;
    }
    if (!block_size.is_none()) {
        std::int64_t size = integer_from(function, "block_size", block_size);
        if (size < 1)
            fail<ValueError>(function, ": block_size=", size, " holds no row; give 1 or more");
        if (result.kind != Dealt::block_cyclic || !result.entries.empty() || result.map)
            fail<ValueError>(
                function, ": '", result.name(),
                "' has no block_size that is to be given; 'block_cyclic' has, and each "
                "entry of a tuple by Distribution('block_cyclic', block_size=...)");
        result.block_size = size;
    }
    if (bounds.is_none() && sizes.is_none()) return result;
    if (result.kind != Dealt::block || !result.entries.empty())
        fail<ValueError>(function, ": '", result.name(), "' has no bounds; 'block' has");
    result.map = maps::map_between(function, 0, bounds_from(bounds, sizes));
    return result;
}

nb::object tuple_of_all(const std::vector<std::int64_t>& values) {
    nb::list list;
    for (std::int64_t value : values) list.append(value);
    return nb::tuple(list);
}

nb::object bounds_in(const Distribution& d) {
    return d.has_bounds() ? tuple_of_all(maps::bounds_of(*d.map)) : nb::none();
}

nb::object axis_in(const Distribution& d) {
    if (d.map && !d.map->only_axis()) return dealt_axes(*d.map);
    if (!d.entries.empty()) {
        nb::list axes;
        for (std::size_t i = 0; i < d.entries.size(); ++i)
            if (d.entries[i].kind != Dealt::none) axes.append(i);
        return nb::tuple(axes);
    }
    return d.axis ? nb::object(nb::int_(*d.axis)) : nb::none();
}

nb::object grid_in(const Distribution& d) {
    if (d.map) return tuple_of_all({d.map->grid().begin(), d.map->grid().end()});
    return d.grid ? tuple_of_all({d.grid->begin(), d.grid->end()}) : nb::none();
}

// The lengths of the parts along the axis, or of each of several axes.
nb::object sizes_in(const Distribution& d) {
    if (!d.map) return nb::none();
    if (d.map->only_axis()) return tuple_of_all(d.map->sizes(d.map->dealt()[0]));
    nb::list all;
    for (const maps::Dealt& each : d.map->dealt()) all.append(tuple_of_all(d.map->sizes(each)));
    return nb::tuple(all);
}

std::string kind_written(Dealt kind, std::int64_t block_size) {
    if (kind == Dealt::none) return "None";
    std::string name = std::string("'") + Distribution::name_of(kind) + "'";
    if (!block_size) return name;
    return "Distribution(" + name + ", block_size=" + std::to_string(block_size) + ")";
}

std::string written(const Distribution& d) {
    std::string text = "Distribution(";
    if (d.entries.empty()) {
        text += std::string("'") + d.name() + "'";
        if (d.axis) text += ", axis=" + std::to_string(*d.axis);
        if (d.block_size) text += ", block_size=" + std::to_string(d.block_size);
        if (d.has_bounds()) text += std::string(", bounds=") + nb::repr(bounds_in(d)).c_str();
    } else {
        text += "(";
        for (std::size_t i = 0; i < d.entries.size(); ++i)
            text += (i ? ", " : "") + kind_written(d.entries[i].kind, d.entries[i].block_size);
        text += d.entries.size() == 1 ? ",)" : ")";
    }
    if (d.grid) text += ", grid=" + to_string(*d.grid);
    return text + ")";
}

// Everything that makes a distribution equal to another, in a form that travels: texts and numbers.
nb::object state_of(const Distribution& d) {
    nb::list entries, dealt;
    for (const Distribution::Entry& entry : d.entries)
        entries.append(nb::make_tuple(Distribution::name_of(entry.kind), entry.block_size));
    if (d.map)
        for (const maps::Dealt& each : d.map->dealt())
            dealt.append(nb::make_tuple(
                each.axis, each.dimension, tuple_of_all(each.layout->bounds), each.layout->block,
                each.layout->length, each.layout->parts, each.start, each.step, each.length));
    return nb::make_tuple(d.name(), d.block_size,
                          d.axis ? nb::object(nb::int_(*d.axis)) : nb::none(), nb::tuple(entries),
                          d.grid || d.map ? grid_in(d) : nb::none(), nb::tuple(dealt));
}

Distribution of_state(const nb::tuple& state) {
    auto kind = [](nb::handle name) {
        auto text = nb::cast<std::string>(name);
        return text == "mixed" ? Dealt::mixed : kind_named(text).value();
    };
    Distribution d;
    d.kind = kind(state[0]);
    d.block_size = nb::cast<std::int64_t>(state[1]);
    if (!state[2].is_none()) d.axis = nb::cast<std::int64_t>(state[2]);
    for (nb::handle entry : state[3])
        d.entries.push_back({kind(entry[0]), nb::cast<std::int64_t>(nb::object(entry[1])), {}});
    std::optional<Dims> grid = grid_from("Distribution", state[4]);
    std::vector<maps::Dealt> dealt;
    for (nb::handle each : state[5]) {
        auto number = [&](int i) { return nb::cast<std::int64_t>(nb::object(each[i])); };
        auto layout = std::make_shared<maps::Layout>();
        layout->bounds = integers_from("Distribution", "bounds", nb::object(each[2]));
        layout->block = number(3);
        layout->length = number(4);
        layout->parts = static_cast<int>(number(5));
        auto axis = static_cast<int>(number(0)), dimension = static_cast<int>(number(1));
        maps::Dealt one{axis, dimension, std::move(layout), number(6), number(7), number(8)};
        if (d.entries.size() > static_cast<std::size_t>(axis))
            d.entries[static_cast<std::size_t>(axis)].dealt = one;
        dealt.push_back(std::move(one));
    }
    if (!dealt.empty()) d.map = maps::Map::on_grid(*grid, std::move(dealt));
    if (!d.map || grid->size() > 1) d.grid = grid;
    return d;
}

nb::object equal(const Distribution& d, nb::handle other) {
    if (nb::isinstance<Distribution>(other))
        return nb::bool_(d == nb::cast<const Distribution&>(other));
    if (nb::isinstance<nb::str>(other)) return nb::bool_(nb::cast<std::string>(other) == d.name());
    if (nb::isinstance<nb::tuple>(other)) {
        try {
            return nb::bool_(d == of_entries("Distribution", other));
        } catch (const ValueError&) {
            return nb::bool_(false);
        }
    }
    return nb::borrow(Py_NotImplemented);
}

}  // namespace

Distribution distribution_from(const char* function, nb::handle given) {
    if (given.is_none()) return {};
    if (nb::isinstance<Distribution>(given)) return nb::cast<const Distribution&>(given);
    if (nb::isinstance<nb::tuple>(given) || nb::isinstance<nb::list>(given))
        return of_entries(function, given);
    Distribution result;
    std::optional<Dealt> kind = kind_named(nb::cast<std::string>(nb::str(given)));
    if (!kind)
        fail<ValueError>(function, ": distribution ", nb::repr(given).c_str(),
                         " does not exist; choose 'block', 'cyclic', 'block_cyclic' or None");
    result.kind = *kind;
    return result;
}

std::optional<std::int64_t> axis_from(const char* function, nb::handle axis) {
    if (axis.is_none()) return std::nullopt;
    return integer_from(function, "axis", axis);
}

std::shared_ptr<const Place> place_from(const char* function, nb::handle distribution,
                                        const Dims& shape, nb::handle axis) {
    if (distribution.is_none()) return nullptr;
    return new_place(function, distribution_from(function, distribution), shape,
                     axis_from(function, axis));
}

nb::object with_grid(const char* function, nb::handle distribution, nb::handle grid) {
    if (grid.is_none()) return nb::borrow(distribution);
    Distribution asked = distribution_from(function, distribution);
    if (asked.kind == Dealt::none)
        fail<ValueError>(function, ": grid=", nb::repr(grid).c_str(),
                         " was given without a distribution; say how axes are dealt out on it");
    if (std::optional<Dims> lengths = grid_from(function, grid)) {
        if (asked.map && asked.map->grid() != *lengths)
            fail<ValueError>(function, ": grid=", nb::repr(grid).c_str(), " differs from that of ",
                             asked.to_string(), "; leave one of them out");
        asked.grid = lengths;
    }
    return nb::cast(std::move(asked));
}

nb::object dealt_axes(const maps::Map& map) {
    if (std::optional<int> axis = map.only_axis()) return nb::int_(*axis);
    nb::list axes;
    for (const maps::Dealt& each : map.dealt()) axes.append(each.axis);
    return nb::tuple(axes);
}

nb::object distribution_of(const Array& x) {
    if (!x.distributed()) return nb::none();
    return nb::cast(Distribution::of(*x.map()));
}

void bind_placement(nb::module_& m) {
    nb::class_<Distribution> type(
        m, "Distribution",
        "How an array is dealt out: 'block', 'cyclic', 'block_cyclic' or 'none', or a tuple with "
        "one of them or None an axis; the axis; and where they are known the bounds of the blocks. "
        "'cyclic' deals out one row after the other, 'block_cyclic' `block_size` rows at a time "
        "(64 unless it is given). Axes of a tuple lie along the dimensions of a `grid` of "
        "localities, whose product is their number: as near to a square as the lengths of the axes "
        "are unless it is given. Along a dimension that no axis uses there are equal copies. "
        "`x.distribution` is such an object, and `distribution=` takes it, or its name alone. It "
        "equals the name, and others of which it says nothing else. With `bounds` (one more than "
        "there are localities, from 0 to the length or down from it) or `sizes` blocks need not be "
        "even. ValueError for bounds that are none, block sizes and lengths of the grid below "
        "1.\n\n"
        "Communication: none.");
    type.def(
        "__init__",
        [](Distribution* self, nb::handle kind, nb::handle axis, nb::handle bounds,
           nb::handle sizes, nb::handle block_size, nb::handle grid) {
            new (self) Distribution(made(kind, axis, bounds, sizes, block_size, grid));
        },
        nb::arg("kind").none() = "block", nb::arg("axis").none() = nb::none(), nb::kw_only(),
        nb::arg("bounds").none() = nb::none(), nb::arg("sizes").none() = nb::none(),
        nb::arg("block_size").none() = nb::none(), nb::arg("grid").none() = nb::none());
    for (const char* name : {"kind", "name", "value"})
        type.def_prop_ro(name, &Distribution::name,
                         "'block', 'cyclic', 'block_cyclic' or 'none'; 'mixed' where axes "
                         "differ.\n\nCommunication: none.");
    type.def_prop_ro("axis", &axis_in, nb::sig("def axis(self) -> int | tuple[int, ...] | None"),
                     "The axis that is dealt out, or a tuple of several; None where it was not "
                     "said.\n\nCommunication: none.");
    type.def_prop_ro("grid", &grid_in, nb::sig("def grid(self) -> tuple[int, ...] | None"),
                     "The lengths of the grid of localities; None where it was not said.\n\n"
                     "Communication: none.");
    type.def_prop_ro(
        "block_size",
        [](const Distribution& d) -> nb::object {
            return d.block_size ? nb::object(nb::int_(d.block_size)) : nb::none();
        },
        nb::sig("def block_size(self) -> int | None"),
        "Rows in one block of 'block_cyclic'; None where it was not said.\n\n"
        "Communication: none.");
    type.def_prop_ro(
        "bounds", &bounds_in, nb::sig("def bounds(self) -> tuple[int, ...] | None"),
        "The ends of the blocks in the order of localities, one more than there are: locality i "
        "has what lies between bounds[i] and bounds[i + 1]. Of an array turned around they run "
        "down to 0. None where they are not known or rows are dealt out otherwise than in one "
        "block each.\n\nCommunication: none.");
    type.def_prop_ro("sizes", &sizes_in, nb::sig("def sizes(self) -> tuple[Any, ...] | None"),
                     "The length of each part along the axis, in the order of localities; of "
                     "several axes one tuple each. None where they are not known.\n\n"
                     "Communication: none.");
    type.def("__repr__", &written);
    type.def("__str__", &Distribution::to_string);
    type.def("__eq__", &equal, nb::arg("other").none());
    type.def("__hash__",
             [](const Distribution& d) { return PyObject_Hash(nb::str(d.name()).ptr()); });
    type.def("__reduce__", [](nb::handle self) {
        const auto& d = nb::cast<const Distribution&>(self);
        nb::object make = nb::module_::import_("hpxpy.distribution").attr("_again");
        return nb::make_tuple(make, nb::make_tuple(state_of(d)));
    });
    type.def(
        "_as_default",
        [](Distribution d, bool standing) {
            d.standing = standing;
            return d;
        },
        nb::arg("standing") = true);
    type.def("_where_it_fits", [](Distribution d) {
        d.standing = d.if_it_fits = true;
        return d;
    });
    type.def_prop_ro("_gives_way", [](const Distribution& d) { return d.standing; });
    m.def("_distribution_of_state", &of_state, nb::arg("state"));
    m.def("_on_grid", &with_grid, nb::arg("function"), nb::arg("distribution").none(),
          nb::arg("grid").none());
    m.def(
        "_checked_distribution",
        [](const std::string& function, nb::handle distribution, nb::handle axis) {
            Distribution asked = distribution_from(function.c_str(), distribution);
            know_localities();
            require_possible(function.c_str(), asked);
            if (std::optional<std::int64_t> given = axis_from(function.c_str(), axis))
                asked.axis = given;
            return asked;
        },
        nb::arg("function"), nb::arg("distribution").none(), nb::arg("axis").none());
    m.def(
        "_distributed_axes",
        [](const std::string& function, nb::handle distribution, nb::handle shape,
           nb::handle axis) {
            auto place = place_from(function.c_str(), distribution,
                                    shape_from(function.c_str(), shape), axis);
            nb::list axes;
            if (place)
                for (const maps::Dealt& each : place->map.dealt()) axes.append(each.axis);
            return nb::tuple(axes);
        },
        nb::arg("function"), nb::arg("distribution").none(), nb::arg("shape"),
        nb::arg("axis").none());
}

}  // namespace hpxpy
