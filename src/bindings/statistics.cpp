// What statistics.py needs of values: counts at positions, and elements of given ranks.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/statistics.hpp"

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "comm/caller.hpp"

namespace hpxpy {

namespace {
using nb::arg;
}

void bind_statistics(nb::module_& m) {
    m.def(
        "_count_positions",
        [](const std::string& function, nb::handle positions, nb::handle weights,
           std::int64_t length) {
            Entry entry;
            std::optional<Array> given;
            if (!weights.is_none()) given = operand(function.c_str(), weights);
            return wrap(count_positions(function.c_str(), operand(function.c_str(), positions),
                                        given, length));
        },
        arg("function"), arg("positions"), arg("weights").none(), arg("length"),
        "How often each position from 0 to length - 1 occurs, or the sum of their weights.\n\n"
        "Communication: none.");
    m.def(
        "_bincount",
        [](const std::string& function, nb::handle x, nb::handle weights, std::int64_t minlength) {
            Entry entry;
            std::optional<Array> given;
            if (!weights.is_none()) given = operand(function.c_str(), weights);
            return wrap(bincount(function.c_str(), operand(function.c_str(), x), given, minlength));
        },
        arg("function"), arg("x"), arg("weights").none(), arg("minlength"),
        "How often each integer from 0 to the largest occurs, or the sum of their weights.\n\n"
        "Communication: none.");
    m.def(
        "_order_statistics",
        [](const std::string& function, nb::handle x, nb::handle ranks) {
            Entry entry;
            Array array = operand(function.c_str(), x);
            std::vector<std::int64_t> wanted = integers_from(function.c_str(), "ranks", ranks);
            comm::Parameters parameters(array.distributed() ? "ranks " + listed(wanted) : "");
            return wrap(order_statistics(function.c_str(), array, wanted));
        },
        arg("function"), arg("x"), arg("ranks"),
        "The elements of the given ranks in ascending order along the last axis.\n\n"
        "Communication: none.");
    m.def(
        "_interpolate",
        [](const std::string& function, nb::handle x, nb::handle xp, nb::handle fp, double left,
           double right) {
            Entry entry;
            const char* name = function.c_str();
            return wrap(interpolate(name, operand(name, x), operand(name, xp), operand(name, fp),
                                    left, right));
        },
        arg("function"), arg("x"), arg("xp"), arg("fp"), arg("left"), arg("right"),
        "The value at each x of the lines through the points (xp, fp), as float64.\n\n"
        "Communication: none.");
}

}  // namespace hpxpy
