// Cumulative functions, from the scans of the ops table, under the array API's names and NumPy's.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/scan.hpp"
#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/out.hpp"

namespace hpxpy {

namespace {

using nb::arg;

// With `flattens`, no axis means all elements in C order, as NumPy has it.
nb::object scanned(const char* name, Reduction reduction, nb::handle object, nb::handle axis,
                   nb::handle dtype, bool include_initial, nb::handle given_out, bool flattens) {
    Entry entry;
    bool numpys = nb::isinstance(object, numpy().attr("ndarray"));
    Array x = numpys ? lent_from(name, object) : operand(name, object);
    Out out(name, given_out);
    ScanOptions options;
    options.dtype = optional_dtype(name, dtype);
    if (!options.dtype) options.dtype = out.working_dtype(x);
    options.include_initial = include_initial;
    if (!axis.is_none()) options.axis = integer_from(name, "axis", axis);
    // As in NumPy: of a 0-d array axis 0 is all that there is.
    bool only = x.dimensions() == 0 && (options.axis == 0 || options.axis == -1);
    if (axis.is_none() ? x.dimensions() != 1 : only) {
        options.axis = 0;
        if (!flattens && x.dimensions() > 1)
            fail<ValueError>(name, ": axis must be given, as the array has ", x.dimensions(),
                             " dimensions");
        x = deliver(reshape(name, x, Dims{-1}));
    }
    return out.put(deliver(scan(name, reduction, x, options)), nullptr, Casting::unsafe,
                   OutShape::equal);
}

std::string doc_of(const ScanRow& r, const std::string& name, const char* axis_note) {
    return std::string(r.doc) +
           "\n\nThe result has the shape of `x` and the dtype of the same reduction: integers and "
           "booleans become (u)int64, unless `dtype` is given. " +
           axis_note +
           " `out`, an array of hpxpy or NumPy, receives the result, computed in the common dtype "
           "of both "
           "unless `dtype` is given. Scanned in two passes on all threads; `policy` of the "
           "function is one of "
           "hpx.execution's.\n\nExample:\n    >>> hpx." +
           name +
           "(hpx.asarray([1, 2, 3]))\n\nCommunication: along the distributed axis one exclusive "
           "scan of the localities' totals, else none.";
}

}  // namespace

void bind_scans(nb::module_& m, nb::class_<PyArray>& array) {
    for (const ScanRow& r : scan_rows) {
        const char* name = r.name.data();
        Reduction reduction = r.reduction;
        auto standard = [name, reduction](nb::handle x, nb::handle axis, nb::handle dtype,
                                          nb::handle out, bool include_initial) {
            return scanned(name, reduction, x, axis, dtype, include_initial, out, false);
        };
        m.def(name, with_policy(standard, &decltype(standard)::operator()), arg("x").none(),
              nb::kw_only(), arg("axis") = nb::none(), arg("dtype") = nb::none(),
              arg("out") = nb::none(), arg("include_initial") = false, arg("policy") = nb::none(),
              doc_of(r, name,
                     "`axis` may be left out of one dimension only. With `include_initial` the "
                     "result begins with what joining nothing gives, and is longer by one.")
                  .c_str());
        const char* other = r.numpy_name.data();
        auto function = [other, reduction](nb::handle x, nb::handle axis, nb::handle dtype,
                                           nb::handle out) {
            return scanned(other, reduction, x, axis, dtype, false, out, true);
        };
        std::string text = doc_of(r, other, "Without `axis` all elements are taken in C order.");
        m.def(other, with_policy(function, &decltype(function)::operator()), arg("x").none(),
              arg("axis") = nb::none(), arg("dtype") = nb::none(), arg("out") = nb::none(),
              nb::kw_only(), arg("policy") = nb::none(), text.c_str());
        array.def(other, function, arg("axis") = nb::none(), arg("dtype") = nb::none(),
                  arg("out") = nb::none(), text.c_str());
    }
}

}  // namespace hpxpy
