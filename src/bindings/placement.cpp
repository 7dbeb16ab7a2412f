// Distributions as Python objects: made by name, given by x.distribution, taken by distribution=.
// SPDX-License-Identifier: BSL-1.0
#include "bindings/placement.hpp"

#include "base/error.hpp"
#include "exchanges/exchange.hpp"

namespace hpxpy {

namespace {

using maps::Distribution;
using Dealt = Distribution::Kind;

std::optional<Dealt> kind_named(const std::string& name) {
    if (name == "block") return Dealt::block;
    if (name == "cyclic") return Dealt::cyclic;
    if (name == "none" || name == "local") return Dealt::none;
    return std::nullopt;
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

Distribution made(nb::handle kind, nb::handle axis, nb::handle bounds, nb::handle sizes) {
    Distribution result = distribution_from("Distribution", kind);
    if (std::optional<std::int64_t> given = axis_from("Distribution", axis)) result.axis = given;
    if (bounds.is_none() && sizes.is_none()) return result;
    if (result.kind != Dealt::block)
        fail<ValueError>("Distribution: '", result.name(), "' has no bounds; 'block' has");
    result.blocks = maps::map_between("Distribution", 0, bounds_from(bounds, sizes));
    return result;
}

nb::object tuple_of_all(const std::vector<std::int64_t>& values) {
    nb::list list;
    for (std::int64_t value : values) list.append(value);
    return nb::tuple(list);
}

nb::object bounds_in(const Distribution& d) {
    return d.blocks ? tuple_of_all(maps::bounds_of(*d.blocks)) : nb::none();
}

nb::object axis_in(const Distribution& d) {
    return d.axis ? nb::object(nb::int_(*d.axis)) : nb::none();
}

std::string written(const Distribution& d) {
    std::string text = std::string("Distribution('") + d.name() + "'";
    if (d.axis) text += ", axis=" + std::to_string(*d.axis);
    if (d.blocks) text += std::string(", bounds=") + nb::repr(bounds_in(d)).c_str();
    return text + ")";
}

nb::object equal(const Distribution& d, nb::handle other) {
    if (nb::isinstance<Distribution>(other))
        return nb::bool_(d == nb::cast<const Distribution&>(other));
    if (nb::isinstance<nb::str>(other)) return nb::bool_(nb::cast<std::string>(other) == d.name());
    return nb::borrow(Py_NotImplemented);
}

}  // namespace

Distribution distribution_from(const char* function, nb::handle given) {
    if (given.is_none()) return {};
    if (nb::isinstance<Distribution>(given)) return nb::cast<const Distribution&>(given);
    Distribution result;
    std::optional<Dealt> kind = kind_named(nb::cast<std::string>(nb::str(given)));
    if (!kind)
        fail<ValueError>(function, ": distribution ", nb::repr(given).c_str(),
                         " does not exist; choose 'block' or None");
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
    Distribution asked = distribution_from(function, distribution);
    if (asked.kind == Dealt::none) return nullptr;
    know_localities();
    return place_of(function, asked, shape, axis_from(function, axis));
}

nb::object distribution_of(const Array& x) {
    if (!x.distributed()) return nb::none();
    return nb::cast(Distribution::of(*x.map()));
}

void bind_placement(nb::module_& m) {
    nb::class_<Distribution> type(
        m, "Distribution",
        "How an array is dealt out: 'block' or 'none', the axis, and where they are known the "
        "bounds "
        "of the blocks. `x.distribution` is one, and `distribution=` takes it, or its name alone. "
        "It "
        "equals the name, and others of which it says nothing else. With `bounds` (one more than "
        "there are localities, from 0 to the length or down from it) or `sizes` the blocks need "
        "not "
        "be even; ValueError for bounds that are none.\n\nCommunication: none.");
    type.def(
        "__init__",
        [](Distribution* self, nb::handle kind, nb::handle axis, nb::handle bounds,
           nb::handle sizes) { new (self) Distribution(made(kind, axis, bounds, sizes)); },
        nb::arg("kind").none() = "block", nb::arg("axis").none() = nb::none(), nb::kw_only(),
        nb::arg("bounds").none() = nb::none(), nb::arg("sizes").none() = nb::none());
    for (const char* name : {"kind", "name", "value"})
        type.def_prop_ro(name, &Distribution::name, "'block' or 'none'.\n\nCommunication: none.");
    type.def_prop_ro("axis", &axis_in,
                     "The axis that is dealt out; None where it was not said.\n\n"
                     "Communication: none.");
    type.def_prop_ro(
        "bounds", &bounds_in,
        "The ends of the blocks in the order of localities, one more than there are: locality i "
        "has "
        "what lies between bounds[i] and bounds[i + 1]. Of an array turned around they run down to "
        "0. None where they are not known.\n\nCommunication: none.");
    type.def_prop_ro(
        "sizes",
        [](const Distribution& d) {
            return d.blocks ? tuple_of_all(d.blocks->sizes()) : nb::none();
        },
        "The length along the axis of each locality's block; None where they are not known.\n\n"
        "Communication: none.");
    type.def("__repr__", &written);
    type.def("__str__", &Distribution::to_string);
    type.def("__eq__", &equal, nb::arg("other").none());
    type.def("__hash__",
             [](const Distribution& d) { return PyObject_Hash(nb::str(d.name()).ptr()); });
    type.def("__reduce__", [](nb::handle self) {
        const auto& d = nb::cast<const Distribution&>(self);
        nb::object make = nb::module_::import_("hpxpy.distribution").attr("_again");
        return nb::make_tuple(make, nb::make_tuple(d.name(), axis_in(d), bounds_in(d)));
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
        "_distributed_axis",
        [](const std::string& function, nb::handle distribution, nb::handle shape,
           nb::handle axis) -> nb::object {
            auto place = place_from(function.c_str(), distribution,
                                    shape_from(function.c_str(), shape), axis);
            return place ? nb::object(nb::int_(place->map.axis())) : nb::none();
        },
        nb::arg("function"), nb::arg("distribution").none(), nb::arg("shape"),
        nb::arg("axis").none());
}

}  // namespace hpxpy
