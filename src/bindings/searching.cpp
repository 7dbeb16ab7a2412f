// What the Python modules of indexing, joining, sorting and sets are made of: functions with a name
// that begins with an underscore, which take the name to begin errors with.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/diagonal.hpp"
#include "algorithms/indexing.hpp"
#include "algorithms/lines.hpp"
#include "algorithms/sorting.hpp"
#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/out.hpp"
#include "comm/caller.hpp"
#include "functions/concat.hpp"
#include "functions/indexing.hpp"
#include "functions/write.hpp"

namespace hpxpy {

namespace {

using nb::arg;
using Text = const std::string&;

// An array of positions; an empty list names none.
Array positions_in(const char* function, nb::handle object) {
    Array x = operand(function, object);
    if (!is_array(object) && x.view.count() == 0) x = convert(x, DType::int64);
    if (!is_integer(x.dtype()))
        fail<IndexError>(function, ": positions of ", name_of(x.dtype()),
                         " are no indices; use integers");
    return x;
}

int axis_in(const char* function, const Array& x, std::int64_t axis) {
    return normalize_axis(function, axis, x.dimensions());
}

nb::tuple tuple_of_arrays(std::vector<Array>&& arrays) {
    nb::list result;
    for (Array& x : arrays) result.append(wrap(std::move(x)));
    return nb::tuple(result);
}

std::vector<Array> operands_in(const char* function, nb::handle objects) {
    std::vector<Array> arrays;
    for (nb::handle object : nb::iter(objects)) arrays.push_back(operand(function, object));
    return arrays;
}

void bind_positions(nb::module_& m) {
    m.def("_take", [](Text name, nb::handle object, nb::handle positions, std::int64_t axis) {
        Entry entry;
        Array x = operand(name.c_str(), object);
        const Array given[] = {positions_in(name.c_str(), positions)};
        return wrap(take_at(name.c_str(), x, axis_in(name.c_str(), x, axis), given));
    });
    m.def("_take_along", [](Text name, nb::handle object, nb::handle positions, std::int64_t axis) {
        Entry entry;
        Array x = operand(name.c_str(), object);
        return wrap(take_along(name.c_str(), x, positions_in(name.c_str(), positions),
                               axis_in(name.c_str(), x, axis)));
    });
    m.def("_put_along", [](Text name, nb::handle object, nb::handle positions, nb::handle value,
                           std::int64_t axis) {
        Entry entry;
        const char* function = name.c_str();
        const Array& x = array_in(object);
        Array given = elements_from(function, value, x.dtype());
        assign_along(function, x, positions_in(function, positions), given,
                     axis_in(function, x, axis));
    });
    m.def("_assign_where", [](Text name, nb::handle object, nb::handle mask, nb::handle value) {
        Entry entry;
        const char* function = name.c_str();
        assign_where(function, array_in(object), operand(function, mask), operand(function, value));
    });
    m.def("_nonzero", &positions_of);
    m.def("_flat_nonzero", [](nb::handle object) {
        Entry entry;
        return wrap(flat_nonzero("flatnonzero", operand("flatnonzero", object)));
    });
    m.def("_repeated_positions", [](Text name, nb::handle counts) {
        Entry entry;
        return wrap(repeated_positions(name.c_str(), positions_in(name.c_str(), counts)));
    });
    m.def("_diagonal",
          [](nb::handle object, std::int64_t offset, std::int64_t axis1, std::int64_t axis2) {
              Entry entry;
              return wrap(diagonal_of(operand("diagonal", object), offset, axis1, axis2));
          });
    m.def("_placed", [](Text name, nb::handle result, nb::handle out, Text casting) {
        Entry entry;
        Casting how = casting == "unsafe" ? Casting::unsafe : Casting::same_kind;
        if (out.is_none()) return nb::borrow(result);
        return Out(name.c_str(), out).put(array_in(result), nullptr, how, OutShape::equal);
    });
    m.def("_elements", [](Text name, nb::handle object, nb::handle dtype) {
        Entry entry;
        return wrap_delivered(elements_from(name.c_str(), object, dtype_from(name.c_str(), dtype)));
    });
    m.def("_require_local", [](Text name, nb::handle object) {
        if (is_array(object)) require_local(name.c_str(), array_in(object));
    });
}

void bind_sorting(nb::module_& m) {
    m.def("_sort", [](Text name, nb::handle object, std::int64_t axis, bool descending) {
        Entry entry;
        Array x = operand(name.c_str(), object);
        comm::Parameters parameters(descending ? "descending" : "");
        return wrap(sort(name.c_str(), x, axis_in(name.c_str(), x, axis), descending));
    });
    m.def("_add_parameters", &comm::add_parameters);
    m.def("_drop_parameters", &comm::drop_parameters);
    m.def("_lines_of", [](Text name, nb::handle object, std::int64_t axis) {
        Entry entry;
        const Array& x = array_in(object);
        int along = axis_in(name.c_str(), x, axis);
        // One line that many hold is not brought together.
        if (crosses_lines(x, along) && !has_other_lines(x, along)) return nb::object(nb::none());
        return wrap_delivered(lines_of(x, along));
    });
    m.def("_in_any_order", [](Text name, nb::handle object) {
        Entry entry;
        return wrap_delivered(in_any_order(name.c_str(), array_in(object)));
    });
    m.def("_from_lines",
          [](nb::handle part, nb::handle lines, nb::handle object, std::int64_t axis) {
              Entry entry;
              const Array& x = array_in(object);
              int along = axis_in("lines", x, axis);
              return wrap_delivered(from_lines(array_in(part), array_in(lines), x, along));
          });
    m.def("_argsort", [](Text name, nb::handle object, std::int64_t axis, bool descending) {
        Entry entry;
        Array x = operand(name.c_str(), object);
        comm::Parameters parameters(descending ? "descending" : "");
        return wrap(argsort(name.c_str(), x, axis_in(name.c_str(), x, axis), descending));
    });
    m.def("_partition",
          [](Text name, nb::handle object, std::int64_t axis, nb::handle kth, bool positions) {
              Entry entry;
              Array x = operand(name.c_str(), object);
              int along = axis_in(name.c_str(), x, axis);
              std::vector<std::int64_t> ranks = integers_from(name.c_str(), "kth", kth);
              comm::Parameters parameters(x.distributed() ? "kth=" + listed(ranks) : "");
              return wrap(positions ? partitioning_positions(name.c_str(), x, along, ranks)
                                    : partition(name.c_str(), x, along, ranks));
          });
    m.def("_lexsort", [](nb::handle objects, std::int64_t axis) {
        Entry entry;
        std::vector<Array> keys = operands_in("lexsort", objects);
        if (keys.empty()) fail<TypeError>("lexsort: no keys were given; one is needed at least");
        return wrap(lexsort(keys, axis_in("lexsort", keys[0], axis)));
    });
    m.def("_search_sorted", [](nb::handle sorted, nb::handle values, bool right) {
        Entry entry;
        Operands operands("searchsorted", Past::ordered);
        operands.add(sorted);
        operands.add(values);
        operands.require_array();
        Array both[2];
        for (std::size_t i = 0; i < 2; ++i) {
            // A Python number has the dtype that an array of it has.
            const Input input = operands.inputs()[i];
            const auto* number = std::get_if<Scalar>(&input);
            both[i] = number ? constant({}, *number, nullptr) : *std::get<const Array*>(input);
        }
        comm::Parameters parameters(right ? "side=right" : "side=left");
        return wrap(search_sorted(both[0], both[1], right));
    });
}

}  // namespace

nb::object positions_of(nb::handle object) {
    Entry entry;
    return tuple_of_arrays(nonzero("nonzero", operand("nonzero", object)));
}

void bind_searching(nb::module_& m) {
    bind_positions(m);
    bind_sorting(m);
    m.def(
        "_concat",
        [](Text name, nb::handle objects, std::int64_t axis, nb::handle dtype) {
            Entry entry;
            std::vector<Array> parts = operands_in(name.c_str(), objects);
            return wrap(concat(name.c_str(), parts, axis, optional_dtype(name.c_str(), dtype)));
        },
        arg("name"), arg("arrays"), arg("axis") = 0, arg("dtype").none() = nb::none());
}

}  // namespace hpxpy
