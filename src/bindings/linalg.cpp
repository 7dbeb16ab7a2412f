// What _linalg.py and linalg.py need of values: products and factorisations of matrices.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/linalg.hpp"

#include "bindings/bind.hpp"

namespace hpxpy {

namespace {

nb::tuple wrapped(std::vector<Array>&& arrays) {
    nb::list result;
    for (Array& x : arrays) result.append(wrap(std::move(x)));
    return nb::tuple(result);
}

}  // namespace

void bind_linalg(nb::module_& m) {
    using Text = const std::string&;
    m.def("_matmul", [](Text name, nb::handle a, nb::handle b) {
        Entry entry;
        const char* function = name.c_str();
        return wrap(matmul(function, operand(function, a), operand(function, b)));
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
