// What _linalg.py and linalg.py need of values: products and factorisations of matrices.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/linalg.hpp"

#include <nanobind/stl/vector.h>

#include <algorithm>

#include "algorithms/contraction.hpp"
#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "comm/play.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

nb::tuple wrapped(std::vector<Array>&& arrays) {
    nb::list result;
    for (Array& x : arrays) result.append(wrap(std::move(x)));
    return nb::tuple(result);
}

/// The map of `x` for an array whose axis axes[i] is axis i of `x`; of one below 0 it has none.
maps::Map map_like(const Array& x, nb::handle axes) {
    std::vector<int> moved;
    for (std::int64_t axis : integers_from("linalg", "axes", axes))
        moved.push_back(static_cast<int>(axis));
    return x.map()->moved(moved);
}

/// Parts of distributed matrices, for _matrices.py: arrays of them, and which lines of a matrix they are.
void bind_parts(nb::module_& m) {
    m.def("_placed_like",
          [](nb::handle object, nb::handle shape, nb::handle like, nb::handle axes) {
              Entry entry;
              Array part = array_in(object);
              Dims whole = shape_from("linalg", shape);
              maps::Map map = map_like(array_in(like), axes);
              Dims wanted = maps::local_shape(&map, whole, world().id());
              if (part.view.shape != wanted)
                  fail<ValueError>("linalg: a part of shape ", to_string(part.view.shape),
                                   " was made where the map gives ", to_string(wanted));
              part.place = place_on(whole, map);
              return wrap(std::move(part));
          });
    m.def("_moved_like", [](nb::handle object, nb::handle like, nb::handle axes) {
        Entry entry;
        maps::Map map = map_like(array_in(like), axes);
        return wrap_delivered(redistribute(array_in(object), &map));
    });
    // Whether one locality is played alone; what follows depends on values, then.
    m.def("_is_played", [] {
        Entry entry;
        know_localities();
        return play() != nullptr;
    });
    // What roots tell is made up from now on, or no longer, where one locality is played alone; says whether one is.
    m.def("_make_up", [](bool tellings) {
        Entry entry;
        know_localities();
        comm::Play* playing = play();
        if (playing) playing->make_up(tellings);
        return playing != nullptr;
    });
    // The values of an array were transformed along an axis.
    m.def("_transformed", [](nb::handle object, std::int64_t line) {
        Entry entry;
        comm::Play* playing = play();
        if (!playing) return;
        const Array& x = array_in(object);
        playing->halved(x.view.count() * itemsize(x.dtype()), line);
    });
    m.def("_values_decide", [] {
        Entry entry;
        know_localities();
        comm::Play* playing = play();
        if (playing) playing->values_decide();
        return playing != nullptr;
    });
}

}  // namespace

void bind_linalg(nb::module_& m) {
    using Text = const std::string&;
    bind_parts(m);
    m.def("_matmul", [](Text name, nb::handle a, nb::handle b) {
        Entry entry;
        const char* function = name.c_str();
        return wrap(matmul(function, operand(function, a), operand(function, b)));
    });
    // Axes have numbers as labels: those of the operands, then those of batch, rows, columns and sums.
    m.def("_contract",
          [](Text name, nb::handle a, const Labels& a_labels, nb::handle b, const Labels& b_labels,
             const Labels& batch, const Labels& rows, const Labels& columns, const Labels& summed) {
              Entry entry;
              return wrap(contract(name.c_str(), {array_in(a), a_labels}, {array_in(b), b_labels},
                                   {batch, rows, columns, summed}));
          });
    m.def("_cholesky", [](Text name, nb::handle a, bool upper) {
        Entry entry;
        return wrap(cholesky(name.c_str(), array_in(a), upper));
    });
    m.def("_solve", [](Text name, nb::handle a, nb::handle b) {
        Entry entry;
        return wrap(solve(name.c_str(), array_in(a), array_in(b)));
    });
    m.def("_determinants", [](Text name, nb::handle a) {
        Entry entry;
        return wrapped(determinants(name.c_str(), array_in(a)));
    });
    m.def("_eigh", [](Text name, nb::handle a, bool vectors, bool upper) {
        Entry entry;
        return wrapped(eigh(name.c_str(), array_in(a), vectors, upper));
    });
    m.def("_eig", [](Text name, nb::handle a, bool vectors) {
        Entry entry;
        return wrapped(eig(name.c_str(), array_in(a), vectors));
    });
    m.def("_svd", [](Text name, nb::handle a, bool vectors, bool full) {
        Entry entry;
        return wrapped(svd(name.c_str(), array_in(a), vectors, full));
    });
    m.def("_qr", [](Text name, nb::handle a, bool vectors, bool full) {
        Entry entry;
        return wrapped(qr(name.c_str(), array_in(a), vectors, full));
    });
}

}  // namespace hpxpy
