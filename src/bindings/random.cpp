// What random.py makes its distributions of: arrays of uniform numbers, whole numbers and bits.
// SPDX-License-Identifier: BSL-1.0
#include "exec/random.hpp"

#include "base/error.hpp"
#include "bindings/bind.hpp"

namespace hpxpy {

void bind_random(nb::module_& m) {
    using nb::arg;
    m.def(
        "_random",
        [](const std::string& function, nb::handle dtype, nb::handle shape, std::uint64_t key,
           std::uint64_t call, nb::handle distribution, std::int64_t axis, nb::handle low,
           std::uint64_t count) {
            Entry entry;
            const char* name = function.c_str();
            Dims whole = shape_from(name, shape);
            std::optional<WholeRange> range;
            if (!low.is_none()) range = WholeRange{nb::cast<std::uint64_t>(low), count};
            return wrap(random_array(dtype_from(name, dtype), whole,
                                     place_from(name, distribution, whole, axis), {key, call},
                                     range));
        },
        arg("function"), arg("dtype"), arg("shape"), arg("key"), arg("call"),
        arg("distribution").none() = nb::none(), arg("axis") = 0, arg("low").none() = nb::none(),
        arg("count") = 0,
        "Elements of the stream (key, call), by their positions in the whole array.\n\n"
        "Communication: none.");
}

}  // namespace hpxpy
