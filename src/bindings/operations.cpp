// Functions and methods from the ops table: one loop over its rows.
// SPDX-License-Identifier: BSL-1.0
#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/out.hpp"
#include "functions/apply.hpp"
#include "functions/elementwise.hpp"
#include "functions/reductions.hpp"
#include "functions/write.hpp"

namespace hpxpy {

namespace {

using nb::arg;

// NumPy's keywords of elementwise functions.
struct Keywords {
    nb::handle out, where, dtype;
    bool plain() const { return out.is_none() && where.ptr() == Py_True && dtype.is_none(); }
};

// where= as an array of booleans; nothing if it is True.
std::optional<Array> mask_from(const char* name, nb::handle where) {
    if (where.ptr() == Py_True) return std::nullopt;
    return convert(operand(name, where), DType::bool_);
}

nb::object call(Op op, std::initializer_list<nb::handle> arguments, const Keywords& keywords) {
    const char* name = row(op).name.data();
    Entry entry;
    Operands operands(name, past_of(op));
    for (nb::handle argument : arguments) operands.add(argument);
    if (row(op).accepts == Accepts::logical) operands.take_truth();
    operands.require_array();
    if (keywords.plain()) return wrap(apply_op(op, operands.inputs()));
    std::optional<Array> mask = mask_from(name, keywords.where);
    const Array* where = mask ? &*mask : nullptr;
    Out out(name, keywords.out);
    Array result = keywords.dtype.is_none() ? apply_op(op, operands.inputs(), where)
                                            : apply_as(name, op, operands.inputs(),
                                                       dtype_from(name, keywords.dtype), where);
    return out.put(std::move(result), where, Casting::same_kind, OutShape::stretched);
}

// A Python integer beyond the end of the array's integers sets no limit.
bool is_limit(const Array& x, nb::handle limit, bool lower) {
    if (limit.is_none()) return false;
    if (!PyLong_CheckExact(limit.ptr())) return true;
    return !sets_no_limit(x.dtype(), *python_scalar("clip", limit, true), lower);
}

nb::object clipped(nb::handle object, nb::handle low, nb::handle high, nb::handle given_out) {
    Entry entry;
    Out out("clip", given_out);
    Operands operands("clip");
    operands.add(object);
    operands.require_array();
    const Array& x = *given_array(operands.inputs()[0]);
    bool has_low = is_limit(x, low, true), has_high = is_limit(x, high, false);
    if (has_low) operands.add(low);
    if (has_high) operands.add(high);
    std::span<const Input> inputs = operands.inputs();
    Array result = clip(x, has_low ? &inputs[1] : nullptr, has_high ? &inputs.back() : nullptr);
    return out.put(std::move(result), nullptr, Casting::same_kind, OutShape::stretched);
}

nb::object rounded(nb::handle object, std::int64_t decimals, nb::handle given_out) {
    Entry entry;
    Out out("round", given_out);
    Operands operands("round");
    operands.add(object);
    operands.require_array();
    return out.put(round_to(*given_array(operands.inputs()[0]), decimals), nullptr,
                   Casting::same_kind, OutShape::stretched);
}

struct ReduceArguments {
    nb::handle axis, dtype, out, initial, where;
    bool keepdims;
    // Whether the result is that of all elements of `x` in their own dtype, or in the reduction's.
    bool plain(Reduction reduction, const Array& x) const {
        return joins_all(x) && keeps_dtype(reduction, x.dtype()) && out.is_none() &&
               initial.is_none() && where.ptr() == Py_True && !keepdims;
    }

private:
    bool joins_all(const Array& x) const {
        if (axis.is_none()) return true;
        if (x.dimensions() != 1 || !PyLong_CheckExact(axis.ptr())) return false;
        int overflow = 0;
        long only = PyLong_AsLongAndOverflow(axis.ptr(), &overflow);
        return overflow == 0 && (only == 0 || only == -1);
    }
    bool keeps_dtype(Reduction reduction, DType given) const {
        return dtype.is_none() ||
               (dtype.is(dtype_object(given)) &&
                result_dtype(reduction, compute_dtype(reduction, given)) == given);
    }
};

ReduceOptions options_from(const char* name, const Array& x, nb::handle axis, nb::handle dtype,
                           const Out& out, bool keepdims) {
    std::optional<std::vector<std::int64_t>> axes = axes_from(name, axis);
    std::optional<DType> asked = optional_dtype(name, dtype);
    // As in NumPy: of a 0-d array axis 0 is all that there is.
    bool only = x.dimensions() == 0 && axes && axes->size() == 1;
    if (only && (axes->front() == 0 || axes->front() == -1))
        return {std::nullopt, keepdims, asked, out.dtype()};
    return {std::move(axes), keepdims, asked, out.dtype()};
}

nb::object put_reduced(Array result, const Out& out, Casting casting) {
    result = deliver(std::move(result));
    result.value = result.dimensions() == 0;
    return out.put(std::move(result), nullptr, casting, OutShape::equal);
}

nb::object reduced_with(Reduction reduction, const Array& x, const ReduceArguments& given) {
    const char* name = row(reduction).name.data();
    Out out(name, given.out);
    ReduceOptions options = options_from(name, x, given.axis, given.dtype, out, given.keepdims);
    Operands mask(name);
    const Array* where = nullptr;
    if (given.where.ptr() != Py_True) {
        mask.add(given.where);
        mask.require_array();
        where = given_array(mask.inputs()[0]);
    }
    std::optional<Scalar> initial;
    if (!given.initial.is_none())
        initial = scalar_from(name, given.initial, reduced_dtype(reduction, x.dtype(), options));
    return put_reduced(reduce_where(reduction, x, options, where, initial), out, Casting::unsafe);
}

nb::object reduced(Reduction reduction, nb::handle object, const ReduceArguments& given) {
    Entry entry;
    Operands operands(row(reduction).name.data());
    operands.add(object);
    operands.require_array();
    const Array& x = *given_array(operands.inputs()[0]);
    if (given.plain(reduction, x))
        if (std::optional<Array> result = reduce_small(reduction, x))
            return wrap(std::move(*result));
    return reduced_with(reduction, x, given);
}

template <class Composed>
nb::object composed(const char* name, const Composed& function, nb::handle object, nb::handle axis,
                    nb::handle dtype, nb::handle given_out, bool keepdims,
                    Casting casting = Casting::unsafe) {
    Entry entry;
    Out out(name, given_out);
    Operands operands(name);
    operands.add(object);
    operands.require_array();
    const Array& x = *given_array(operands.inputs()[0]);
    ReduceOptions options = options_from(name, x, axis, dtype, out, keepdims);
    return put_reduced(function(x, options), out, casting);
}

const char* dtypes_of(Accepts accepts) {
    switch (accepts) {
        case Accepts::any:
        case Accepts::logical:
            return "all dtypes";
        case Accepts::number:
            return "all dtypes but bool";
        case Accepts::number_of_bool:
            return "all dtypes; bool counts as int8";
        case Accepts::integer_of_bool:
            return "integers; bool counts as int8";
        case Accepts::real:
            return "all dtypes but complex";
        case Accepts::real_of_bool:
            return "all dtypes but complex; bool counts as int8";
        case Accepts::real_floating:
            return "floats; small integers become float32, others float64";
        case Accepts::mixed:
            return "integers";
        case Accepts::wide:
            return "all dtypes; real ones become float64, complex ones complex128";
        case Accepts::bits:
            return "bool and integers";
        case Accepts::floating:
            return "floats and complex; small integers become float32, others float64";
        default:
            return "floats and complex; integers become float64";
    }
}

// Operands that show what the operation does.
const char* unary_example(const OpRow& r) {
    if (r.accepts == Accepts::bits) return "(hpx.asarray([1, 2, 3]))";
    if (r.accepts == Accepts::floating || r.accepts == Accepts::divisible)
        return "(hpx.asarray([0.25, 0.5, 1.0]))";
    if (r.result == Result::boolean && r.accepts != Accepts::logical)
        return "(hpx.asarray([-hpx.inf, 1.0, hpx.nan]))";
    return "(hpx.asarray([-1.5, 0.5, 2.0]))";
}

std::string elementwise_doc(const OpRow& r) {
    std::string name(r.name);
    const char* examples[] = {unary_example(r), "(hpx.asarray([1, 2, 3]), 2)",
                              "(hpx.asarray([True, False]), 1, 2)"};
    const char* shapes = r.arity == 1 ? "The result has the shape of `x`."
                                      : "The operands are broadcast to a common shape; ValueError "
                                        "if they do not fit.";
    return std::string(r.doc) + "\n\nTakes " + dtypes_of(r.accepts) + "; TypeError otherwise. " +
           shapes +
           " `out`, an array of hpxpy or NumPy, receives the result, `where` says which elements "
           "to compute (others are those "
           "of "
           "`out`, or 0), `dtype` is what to compute in.\n\nExample:\n    >>> hpx." +
           name + examples[r.arity - 1] +
           "\n\nCommunication: none where the operands lie on equal maps; otherwise what lies "
           "elsewhere moves once.";
}

std::string reduction_doc(const ReductionRow& r) {
    return std::string(r.doc) + "\n\nTakes " + dtypes_of(r.accepts) +
           "; `axis` is None for all axes, an axis" +
           (r.result == Result::index ? "" : " or a tuple of axes") +
           ", and an axis that does not exist raises AxisError. With `keepdims` joined axes stay "
           "with length 1. `out`, an array of hpxpy or NumPy, receives the result" +
           (r.result == Result::widen ? ", computed in the common dtype of both unless `dtype` is "
                                        "given."
                                      : ".") +
           "\n\nExample:\n    >>> hpx." + std::string(r.name) +
           "(hpx.asarray([[1, 2], [3, 4]]), axis=0)\n\n"
           "Communication: one all-reduce of the result if the distributed axis is joined, else "
           "none.";
}

std::vector<std::string> names_of(std::string_view name) {
    std::vector<std::string> names{std::string(name)};
    for (const AliasRow& alias : alias_rows)
        if (alias.name == name) names.emplace_back(alias.alias);
    return names;
}

// A function of the module whose first argument is `x`, and the method of the same name.
template <class F, class... Extra>
void def_both(nb::module_& m, nb::class_<PyArray>* array, const char* name, F function,
              const Extra&... extra) {
    m.def(name, function, arg("x").none(), extra...);
    if (array) array->def(name, function, extra...);
}

// The same of an algorithm: the function takes an execution policy, too.
template <class F, class... Extra>
void def_algorithm(nb::module_& m, nb::class_<PyArray>* array, const char* name, F function,
                   const char* text, const Extra&... extra) {
    std::string more = std::string(text);
    more.insert(more.find("\n\nExample"), " `policy` is one of hpx.execution's.");
    auto general = with_policy(function, &F::operator());
    if constexpr ((std::is_same_v<Extra, nb::kw_only> || ...))
        m.def(name, general, arg("x").none(), extra..., arg("policy") = nb::none(), more.c_str());
    else
        m.def(name, general, arg("x").none(), extra..., nb::kw_only(), arg("policy") = nb::none(),
              more.c_str());
    if (array) array->def(name, function, extra..., text);
}

void bind_elementwise(nb::module_& m) {
    for (int i = 0; i < op_count; ++i) {
        Op op = static_cast<Op>(i);
        const OpRow& r = row(op);
        if (r.is_pair || op == Op::clip || op == Op::round || op == Op::where) continue;
        std::string text = elementwise_doc(r);
        for (const std::string& name : names_of(r.name)) {
            if (r.arity == 1)
                m.def(
                    name.c_str(),
                    [op](nb::handle x, nb::handle out, nb::handle where, nb::handle dtype) {
                        return call(op, {x}, {out, where, dtype});
                    },
                    arg("x").none(), arg("out") = nb::none(), nb::kw_only(), arg("where") = true,
                    arg("dtype") = nb::none(), text.c_str());
            else
                m.def(
                    name.c_str(),
                    [op](nb::handle x1, nb::handle x2, nb::handle out, nb::handle where,
                         nb::handle dtype) {
                        return call(op, {x1, x2}, {out, where, dtype});
                    },
                    arg("x1").none(), arg("x2").none(), arg("out") = nb::none(), nb::kw_only(),
                    arg("where") = true, arg("dtype") = nb::none(), text.c_str());
        }
    }
}

void bind_reductions(nb::module_& m, nb::class_<PyArray>& array) {
    for (int i = 0; i < reduction_count; ++i) {
        auto reduction = static_cast<Reduction>(i);
        const ReductionRow& r = row(reduction);
        if (r.name[0] == '_') continue;
        std::string text = reduction_doc(r);
        bool method = true;
        for (const std::string& name : names_of(r.name)) {
            nb::class_<PyArray>* scope = method ? &array : nullptr;
            method = false;
            if (r.result == Result::index)
                def_algorithm(
                    m, scope, name.c_str(),
                    [reduction](nb::handle x, nb::handle axis, nb::handle out, bool keepdims) {
                        return reduced(reduction, x,
                                       {axis, nb::handle(Py_None), out, nb::handle(Py_None),
                                        nb::handle(Py_True), keepdims});
                    },
                    text.c_str(), arg("axis") = nb::none(), arg("out") = nb::none(), nb::kw_only(),
                    arg("keepdims") = false);
            else if (r.result == Result::widen)
                def_algorithm(
                    m, scope, name.c_str(),
                    [reduction](nb::handle x, nb::handle axis, nb::handle dtype, nb::handle out,
                                bool keepdims, nb::handle initial, nb::handle where) {
                        return reduced(reduction, x, {axis, dtype, out, initial, where, keepdims});
                    },
                    text.c_str(), arg("axis") = nb::none(), arg("dtype") = nb::none(),
                    arg("out") = nb::none(), arg("keepdims") = false, arg("initial") = nb::none(),
                    arg("where") = true);
            else
                def_algorithm(
                    m, scope, name.c_str(),
                    [reduction](nb::handle x, nb::handle axis, nb::handle out, bool keepdims,
                                nb::handle initial, nb::handle where) {
                        return reduced(reduction, x,
                                       {axis, nb::handle(Py_None), out, initial, where, keepdims});
                    },
                    text.c_str(), arg("axis") = nb::none(), arg("out") = nb::none(),
                    arg("keepdims") = false, arg("initial") = nb::none(), arg("where") = true);
        }
    }
}

void bind_variance(nb::module_& m, nb::class_<PyArray>* array, const char* name,
                   decltype(&var) computed, Casting casting, const char* what) {
    auto function = [name, computed, casting](nb::handle x, nb::handle axis, nb::handle dtype,
                                              nb::handle out, double ddof, bool keepdims,
                                              nb::handle where, nb::handle mean,
                                              nb::handle correction) {
        double less = correction.is_none() ? ddof : nb::cast<double>(correction);
        auto make = [&](const Array& given, const ReduceOptions& options) {
            std::optional<Array> mask = mask_from(name, where), means;
            if (!mean.is_none()) means = operand(name, mean);
            return computed(name, given, options, less, mask ? &*mask : nullptr,
                            means ? &*means : nullptr);
        };
        return composed(name, make, x, axis, dtype, out, keepdims, casting);
    };
    std::string text =
        std::string(what) +
        "\n\nDivided by the number of elements less `ddof` (`correction` is the array API's name "
        "of it). Integers and booleans are computed as float64, of complex numbers the result is "
        "real; nan where there is no element. Count, mean and squares are gathered in one pass, "
        "joined by Chan's formula (1979). `where` says which elements take part, `mean` what their "
        "means are, with the joined axes of length 1.\n\nExample:\n    >>> hpx." +
        std::string(name) +
        "(hpx.asarray([1., 2., 3.]), ddof=1)\n\n"
        "Communication: one all-reduce of the result if the distributed axis is joined, else none.";
    def_algorithm(m, array, name, function, text.c_str(), arg("axis") = nb::none(),
                  arg("dtype") = nb::none(), arg("out") = nb::none(), arg("ddof") = 0.0,
                  arg("keepdims") = false, nb::kw_only(), arg("where") = true,
                  arg("mean") = nb::none(), arg("correction") = nb::none());
}

void bind_composed(nb::module_& m, nb::class_<PyArray>* array) {
    def_algorithm(
        m, array, "mean",
        [](nb::handle x, nb::handle axis, nb::handle dtype, nb::handle out, bool keepdims,
           nb::handle where) {
            auto make = [&](const Array& given, const ReduceOptions& options) {
                std::optional<Array> mask = mask_from("mean", where);
                return mask ? mean_where(given, *mask, options) : mean(given, options);
            };
            return composed("mean", make, x, axis, dtype, out, keepdims);
        },
        "Arithmetic mean over the given axes; of integers and booleans as float64, nan where there "
        "is no element. `where` says which elements take part.\n\nExample:\n    "
        ">>> hpx.mean(hpx.asarray([1., 2., 3.]))\n\n"
        "Communication: one all-reduce of the result if the distributed axis is joined, else none.",
        arg("axis") = nb::none(), arg("dtype") = nb::none(), arg("out") = nb::none(),
        arg("keepdims") = false, nb::kw_only(), arg("where") = true);
    bind_variance(m, array, "var", &var, Casting::unsafe,
                  "Mean squared distance from the mean over the given axes.");
    // The root is stored as elementwise results are.
    bind_variance(m, array, "std", &standard_deviation, Casting::same_kind,
                  "Standard deviation, the square root of var, over the given axes.");
    def_both(
        m, array, "round", &rounded, arg("decimals") = 0, arg("out") = nb::none(),
        "Each element rounded to `decimals` digits after the point, halves to the even one.\n\n"
        "Example:\n    >>> hpx.round(hpx.asarray([1.26, 2.5]), 1)\n    array([1.3, 2.5])\n\n"
        "Communication: none.");
    def_both(
        m, array, "clip",
        [](nb::handle x, nb::handle min, nb::handle max, nb::handle out, nb::handle a_min,
           nb::handle a_max) {
            if (!(min.is_none() || a_min.is_none()) || !(max.is_none() || a_max.is_none()))
                fail<ValueError>("clip: a limit is given twice; a_min is min, and a_max is max");
            return clipped(x, min.is_none() ? a_min : min, max.is_none() ? a_max : max, out);
        },
        arg("min") = nb::none(), arg("max") = nb::none(), arg("out") = nb::none(), nb::kw_only(),
        arg("a_min") = nb::none(), arg("a_max") = nb::none(),
        "Each element limited to the interval from `min` to `max`; None sets no limit, nor does a "
        "Python integer past the end of the dtype, and nan stays. NumPy's `a_min` and `a_max` are "
        "the same limits.\n\nExample:\n"
        "    >>> hpx.clip(hpx.asarray([1, 5, 9]), 2, 6)\n    array([2, 5, 6])\n\n"
        "Communication: none where the "
        "operands lie on equal maps; otherwise what lies "
        "elsewhere moves once.");
}

// What NumPy's arrays have of complex numbers.
void bind_parts(nb::module_& m, nb::class_<PyArray>& array) {
    m.def("_set_part", [](nb::handle self, nb::handle value, bool imaginary) {
        const char* name = imaginary ? "imag" : "real";
        Entry entry;
        Operands operands(name);
        operands.add(value);
        assign_part(name, array_in(self), operands.inputs()[0], imaginary);
    });
    m.def("_complex", [](const std::string& name, nb::handle real, nb::handle imaginary) {
        Entry entry;
        return wrap(complex_of(name.c_str(), array_in(real), array_in(imaginary)));
    });
    auto part = [](Op op) {
        return [op](nb::handle self) {
            return call(op, {self},
                        {nb::handle(Py_None), nb::handle(Py_True), nb::handle(Py_None)});
        };
    };
    array.def_prop_ro("real", part(Op::real),
                      "Real parts of the elements; no view.\n\nCommunication: none.");
    array.def_prop_ro("imag", part(Op::imag),
                      "Imaginary parts of the elements; no view.\n\nCommunication: none.");
    for (const std::string& name : names_of("conj"))
        array.def(
            name.c_str(),
            [](nb::handle self) {
                if (!is_complex(array_in(self).dtype())) return nb::borrow(self);
                return call(Op::conj, {self},
                            {nb::handle(Py_None), nb::handle(Py_True), nb::handle(Py_None)});
            },
            "Complex conjugate of each element; an array of real numbers is returned itself.\n\n"
            "Communication: none.");
}

}  // namespace

nb::tuple operands_met(const char* function, nb::handle operands) {
    std::vector<Input> arrays;
    bool distributed = false;
    for (nb::handle operand : operands)
        if (is_array(operand)) {
            arrays.emplace_back(&array_in(operand));
            distributed |= array_in(operand).distributed();
        }
    if (!distributed || arrays.size() < 2) return nb::tuple(operands);
    Entry entry;
    std::vector<Array> met = meet(function, arrays);
    nb::list result;
    std::size_t k = 0;
    for (nb::handle operand : operands) {
        bool stays = !is_array(operand) || !array_in(operand).distributed();
        if (stays)
            result.append(operand);
        else
            result.append(wrap_delivered(std::move(met[k])));
        k += is_array(operand) ? 1 : 0;
    }
    return nb::tuple(result);
}

void bind_operations(nb::module_& m, nb::class_<PyArray>& array) {
    bind_elementwise(m);
    bind_reductions(m, array);
    bind_composed(m, &array);
    bind_parts(m, array);
    m.def(
        "rint", [](nb::handle x, nb::handle out) { return rounded(x, 0, out); }, arg("x").none(),
        arg("out") = nb::none(),
        "Nearest whole number, halves to the even one.\n\nExample:\n"
        "    >>> hpx.rint(hpx.asarray([1.2, 2.5]))\n    array([1., 2.])\n\n"
        "Communication: none.");
    m.def(
        "where",
        [](nb::handle condition, nb::handle x1, nb::handle x2) {
            if (x1.is_none() && x2.is_none()) return positions_of(condition);
            if (x1.is_none() || x2.is_none())
                fail<ValueError>(
                    "where: one of x1 and x2 is missing; give both, or none for the positions of "
                    "the true elements");
            Entry entry;
            Operands operands("where");
            for (nb::handle argument : {condition, x1, x2}) operands.add(argument);
            std::span<const Input> inputs = operands.inputs();
            return wrap(choose(inputs[0], inputs[1], inputs[2]));
        },
        arg("condition").none(), arg("x1") = nb::none(), arg("x2") = nb::none(),
        elementwise_doc(row(Op::where)).c_str());
    m.def(
        "count_nonzero",
        [](nb::handle x, nb::handle axis, bool keepdims) {
            return composed("count_nonzero", &count_nonzero, x, axis, nb::handle(Py_None),
                            nb::handle(Py_None), keepdims);
        },
        arg("x").none(), arg("axis") = nb::none(), nb::kw_only(), arg("keepdims") = false,
        "How many elements are not zero, over the given axes; int64.\n\n"
        "Example:\n    >>> hpx.count_nonzero(hpx.asarray([0, 3, 0, 4]))\n    array(2)\n\n"
        "Communication: one all-reduce of the result if the distributed axis is joined, else "
        "none.");

    m.def("_met", [](const nb::args& operands) { return operands_met("elementwise", operands); });

    // What NumPy's protocols look functions up by.
    nb::dict table, accepted;
    for (int i = 0; i < op_count; ++i)
        if (!row(static_cast<Op>(i)).is_pair && row(static_cast<Op>(i)).name[0] != '_')
            for (const std::string& name : names_of(row(static_cast<Op>(i)).name))
                table[nb::str(name.c_str())] = nb::int_(row(static_cast<Op>(i)).arity);
    m.attr("_operations") = table;
    // What the reference page says of dtypes.
    for (int i = 0; i < op_count; ++i)
        for (const std::string& name : names_of(row(static_cast<Op>(i)).name))
            accepted[nb::str(name.c_str())] = nb::str(dtypes_of(row(static_cast<Op>(i)).accepts));
    for (int i = 0; i < reduction_count; ++i)
        for (const std::string& name : names_of(row(static_cast<Reduction>(i)).name))
            accepted[nb::str(name.c_str())] =
                nb::str(dtypes_of(row(static_cast<Reduction>(i)).accepts));
    m.attr("_accepted_dtypes") = accepted;
}

}  // namespace hpxpy
