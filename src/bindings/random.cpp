// What random.py makes its distributions of: arrays of uniform numbers, whole numbers and bits.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/random.hpp"

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/placement.hpp"

namespace hpxpy {

namespace {

Variates variates_named(const std::string& name) {
    if (name == "poisson") return Variates::poisson;
    if (name == "binomial") return Variates::binomial;
    if (name == "gamma") return Variates::gamma;
    if (name == "beta") return Variates::beta;
    if (name == "vonmises") return Variates::vonmises;
    if (name == "zipf") return Variates::zipf;
    if (name == "hypergeometric") return Variates::hypergeometric;
    fail<ValueError>("random: distribution ", name, " does not exist");
}

}  // namespace

void bind_random(nb::module_& m) {
    using nb::arg;
    m.def(
        "_random",
        [](const std::string& function, nb::handle dtype, nb::handle shape, std::uint64_t key,
           std::uint64_t call, nb::handle distribution, nb::handle axis, nb::handle low,
           nb::handle count) {
            Entry entry;
            const char* name = function.c_str();
            Dims whole = shape_from(name, shape);
            DType type = dtype_from(name, dtype);
            auto place = place_from(name, distribution, whole, axis);
            if (low.is_none()) return wrap(random_array(type, whole, place, {key, call}));
            return wrap(random_integers(type, whole, place, {key, call}, operand(name, low),
                                        operand(name, count)));
        },
        arg("function"), arg("dtype"), arg("shape"), arg("key"), arg("call"),
        arg("distribution").none() = nb::none(), arg("axis") = nb::none(),
        arg("low").none() = nb::none(), arg("count").none() = nb::none(),
        "Elements of the stream (key, call), by their positions in the whole array.\n\n"
        "Communication: none.");
    m.def(
        "_random_normal",
        [](const std::string& function, nb::handle dtype, nb::handle shape, std::uint64_t key,
           std::uint64_t call, nb::handle distribution, nb::handle axis) {
            Entry entry;
            const char* name = function.c_str();
            Dims whole = shape_from(name, shape);
            return wrap(random_normal(dtype_from(name, dtype), whole,
                                      place_from(name, distribution, whole, axis), {key, call},
                                      {key, call + 1}));
        },
        arg("function"), arg("dtype"), arg("shape"), arg("key"), arg("call"),
        arg("distribution").none() = nb::none(), arg("axis") = nb::none(),
        "Normal numbers of the streams (key, call) and (key, call + 1).\n\nCommunication: none.");
    m.def(
        "_random_variates",
        [](const std::string& function, nb::handle shape, std::uint64_t key, std::uint64_t call,
           nb::handle distribution, nb::handle axis, const nb::args& parameters) {
            Entry entry;
            const char* name = function.c_str();
            Dims whole = shape_from(name, shape);
            std::vector<Array> given;
            for (nb::handle parameter : parameters) given.push_back(operand(name, parameter));
            return wrap(random_variates(variates_named(function), whole,
                                        place_from(name, distribution, whole, axis), {key, call},
                                        given));
        },
        arg("function"), arg("shape"), arg("key"), arg("call"), arg("distribution").none(),
        arg("axis").none(), arg("parameters"),
        "The same of a distribution with the given parameters.\n\nCommunication: none.");
}

}  // namespace hpxpy
