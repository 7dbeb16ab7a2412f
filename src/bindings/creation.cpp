// Creation functions: each takes distribution= and axis=.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/placement.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "functions/write.hpp"

namespace hpxpy {

namespace {

using nb::arg;

// Memory of the CPU is all there is.
void check_device(const char* function, nb::handle device) {
    if (device.is_none()) return;
    if (nb::isinstance<nb::str>(device)) {
        std::string name = nb::cast<std::string>(device);
        if (name == "cpu" || name == "auto") return;
        if (name == "gpu")
            fail<RuntimeError>(function,
                               ": CUDA GPU requested but CUDA is not available; use device='cpu'");
        if (name == "sycl")
            fail<RuntimeError>(function, ": SYCL requested but not available; use device='cpu'");
    } else if (PyIndex_Check(device.ptr())) {
        fail<RuntimeError>(function, ": device ", nb::repr(device).c_str(),
                           " requested but no GPU backend is available; use device='cpu'");
    }
    fail<ValueError>(function, ": Invalid device specification ", nb::repr(device).c_str(),
                     "; choose None, 'cpu' or 'auto'");
}

nb::object filled(const char* function, const Dims& shape, const Scalar& value,
                  nb::handle distribution, nb::handle axis) {
    Entry entry;
    return wrap_delivered(constant(shape, value, place_from(function, distribution, shape, axis)));
}

nb::object uninitialised(const char* function, const Dims& shape, DType dtype,
                         nb::handle distribution, nb::handle axis) {
    Entry entry;
    element_count(shape);
    auto place = place_from(function, distribution, shape, axis);
    return wrap(new_array(dtype, local_shape(shape, place.get()), place));
}

DType dtype_or(const char* function, nb::handle dtype, DType otherwise) {
    return dtype.is_none() ? otherwise : dtype_from(function, dtype);
}

// A fill value with the dtype asked for, or its own. As in NumPy, only Python's integers must fit.
Scalar fill_value(const char* function, nb::handle value, nb::handle dtype) {
    std::optional<DType> wanted = optional_dtype(function, dtype);
    std::optional<Scalar> number = python_scalar(function, value, wanted && !is_integer(*wanted));
    bool checked = number && is_integer(number->dtype);
    if (!number) number = element(function, array_from(function, value, std::nullopt));
    if (!wanted) return *number;
    return checked ? checked_scalar(function, *number, *wanted) : number->as_dtype(*wanted);
}

// Local data, or everybody's own block of the same data.
nb::object dealt(const char* function, Array x, nb::handle distribution, nb::handle axis) {
    auto place = place_from(function, distribution, x.shape(), axis);
    if (!place) return wrap(std::move(x));
    return wrap(copy(deliver(redistribute(x, &place->map))));
}

nb::object as_array(const char* function, nb::handle object, nb::handle dtype, nb::handle copied,
                    nb::handle distribution, nb::handle axis) {
    std::optional<DType> wanted = optional_dtype(function, dtype);
    maps::Distribution asked = distribution_from(function, distribution);
    Entry entry;
    bool must = !copied.is_none() && nb::cast<bool>(copied);
    bool never = !copied.is_none() && !nb::cast<bool>(copied);
    if (is_array(object)) {
        Array x = array_in(object);
        bool same = !wanted || *wanted == x.dtype();
        if (!same && never)
            fail<ValueError>(function, ": ", name_of(x.dtype()), " as ", name_of(*wanted),
                             " needs a copy; leave out copy=False");
        if (!same) x = deliver(convert(x, *wanted));
        // The program's default is for what is no array yet.
        if (asked.kind != maps::Distribution::Kind::none && !asked.standing) {
            auto place = place_from(function, distribution, x.shape(), axis);
            if (!x.distributed()) return dealt(function, std::move(x), distribution, axis);
            if (!x.map()->same_owners(place->map, x.shape()))
                return wrap_delivered(redistribute(x, &place->map));
        }
        if (!must && same) return nb::borrow(object);
        if (same) x = deliver(convert(x, x.dtype()));
        x.value = false;
        return wrap(std::move(x));
    }
    bool among_floats = wanted && !is_integer(*wanted);
    if (std::optional<Scalar> number = python_scalar(function, object, among_floats)) {
        if (never)
            fail<ValueError>(function,
                             ": a Python number has no memory to share; leave out "
                             "copy=False");
        Scalar value = wanted ? checked_scalar(function, *number, *wanted) : *number;
        Array x = constant({}, value, nullptr);
        evaluate(x);
        return dealt(function, std::move(x), distribution, axis);
    }
    bool numpys = nb::isinstance(object, numpy().attr("ndarray"));
    if (never && asked.standing) return wrap(array_from(function, object, wanted, true));
    if (never || !numpys || asked.kind == maps::Distribution::Kind::none)
        return dealt(function, array_from(function, object, wanted, never), distribution, axis);
    Array whole = lent_from(function, object);
    auto place = place_from(function, distribution, whole.shape(), axis);
    if (!place) return wrap(array_from(function, object, wanted));
    Array own = deliver(redistribute(whole, &place->map));
    Array result = convert_dense(own, wanted.value_or(own.dtype()));
    evaluate(result);
    return wrap(std::move(result));
}

nb::object from_numpy(nb::handle object, nb::handle dtype, bool copied, nb::handle distribution,
                      nb::handle axis, nb::handle device) {
    check_device("from_numpy", device);
    if (!nb::isinstance(object, numpy().attr("ndarray")))
        fail<TypeError>("from_numpy: ", nb::repr(object).c_str(),
                        " is no NumPy array; asarray takes other things too");
    maps::Distribution asked = distribution_from("from_numpy", distribution);
    if (!copied && asked.kind != maps::Distribution::Kind::none && !asked.standing)
        fail<ValueError>(
            "from_numpy: copy=False cannot be met with a distribution; each locality "
            "keeps its block only");
    return as_array("from_numpy", object, dtype, nb::bool_(copied), distribution, axis);
}

// Wide enough for what integers of 64 bits differ by.
using Whole = __int128;

Whole whole_of(const Scalar& x) {
    return kind_of(x.dtype) == Kind::unsigned_integer ? Whole(x.as<std::uint64_t>())
                                                      : Whole(x.as<std::int64_t>());
}

std::int64_t length_of(Whole count) {
    if (count > std::numeric_limits<std::int64_t>::max())
        fail<ValueError>("arange: a range of more than 2^63 elements does not fit into memory");
    return static_cast<std::int64_t>(count);
}

// As an integer, or float64 where it does not fit into 64 bits.
Scalar sum_of(const Scalar& a, const Scalar& b) {
    Whole sum = whole_of(a) + whole_of(b);
    if (sum >= 0 && sum <= std::numeric_limits<std::uint64_t>::max())
        return Scalar::of(static_cast<std::uint64_t>(sum));
    if (sum < 0 && sum >= std::numeric_limits<std::int64_t>::min())
        return Scalar::of(static_cast<std::int64_t>(sum));
    return Scalar::of(static_cast<double>(sum));
}

Scalar bound_of_range(nb::handle object) {
    std::optional<Scalar> scalar = python_scalar("arange", object);
    if (!scalar) scalar = element("arange", array_from("arange", object, std::nullopt));
    if (is_complex(scalar->dtype))
        fail<TypeError>("arange: ", nb::repr(object).c_str(), " is complex; give real numbers");
    return scalar->dtype == DType::bool_ ? scalar->as_dtype(DType::int64) : *scalar;
}

// `count` values that begin with `first` and `second`. As NumPy: both are converted to the dtype, and what they
// differ by there is the step.
Array spaced(const Scalar& first, const Scalar& second, std::int64_t count, DType dtype,
             std::shared_ptr<const Place> place) {
    bool single = dtype == DType::float32 || dtype == DType::complex64;
    DType kind = is_integer(dtype) ? DType::int64 : single ? DType::float32 : DType::float64;
    auto begin_at = [&](const Scalar& value, bool counts) {
        return counts && is_integer(dtype) ? checked_scalar("arange", value, dtype).as_dtype(kind)
                                           : value.as_dtype(kind);
    };
    Scalar start = begin_at(first, count > 0), next = begin_at(second, count > 1);
    Scalar step = visit(kind, [&]<class T>() {
        if constexpr (std::is_same_v<T, std::int64_t>)
            return Scalar::of(
                static_cast<std::int64_t>(next.as<std::uint64_t>() - start.as<std::uint64_t>()));
        else if constexpr (std::is_floating_point_v<T>)
            return Scalar::of(static_cast<T>(next.as<T>() - start.as<T>()));
        else
            return start;
    });
    DType counted = is_integer(dtype) ? DType::int64 : DType::float64;
    Array x = count_up(0, count, counted, std::move(place));
    if (counted != kind) x = convert(x, kind);
    const Input scaled[] = {&x, step};
    if (step.as<double>() != 1) x = elementwise(Op::multiply, scaled);
    const Input moved[] = {&x, start};
    if (start.as<double>() != 0) x = elementwise(Op::add, moved);
    return dtype == kind ? x : convert(x, dtype);
}

nb::object arange(nb::handle start, nb::object stop, nb::handle step, nb::handle dtype,
                  nb::handle distribution, nb::handle axis, nb::handle device) {
    check_device("arange", device);
    nb::object first = nb::borrow(start);
    if (stop.is_none()) {
        stop = first;
        first = nb::int_(0);
    }
    Scalar a = bound_of_range(first), b = bound_of_range(stop), s = bound_of_range(step);
    if (s.as<double>() == 0) fail<ValueError>("arange: step is 0; use a positive or negative step");
    DType natural = DType::int64;
    for (const Scalar& each : {a, b, s}) natural = promote(natural, each.dtype);
    DType wanted = dtype_or("arange", dtype, natural);
    bool whole = is_integer(a.dtype) && is_integer(b.dtype) && is_integer(s.dtype);
    std::int64_t count = 0;
    if (whole) {
        Whole from = whole_of(a), to = whole_of(b), by = whole_of(s);
        if (by > 0 && from < to) count = length_of((to - from - 1) / by + 1);
        if (by < 0 && from > to) count = length_of((from - to - 1) / -by + 1);
    } else {
        double length = std::ceil((b.as<double>() - a.as<double>()) / s.as<double>());
        if (!(length < 9.2e18))
            fail<ValueError>("arange: ", nb::repr(first).c_str(), " to ", nb::repr(stop).c_str(),
                             " in steps of ", nb::repr(step).c_str(), " has no finite length");
        count = length > 0 ? static_cast<std::int64_t>(length) : 0;
    }
    if (wanted == DType::bool_ && count > 2)
        fail<TypeError>("arange: ", count, " booleans are no range; give at most 2, or a dtype");
    Entry entry;
    auto place = place_from("arange", distribution, Dims{count}, axis);
    Array x = spaced(a, whole ? sum_of(a, s) : Scalar::of(a.as<double>() + s.as<double>()), count,
                     wanted, place);
    evaluate(x);
    return wrap(std::move(x));
}

nb::object linspace(nb::handle start, nb::handle stop, std::int64_t num, bool endpoint,
                    bool retstep, nb::handle dtype, nb::handle distribution, nb::handle axis,
                    nb::handle device) {
    check_device("linspace", device);
    if (num < 0) fail<ValueError>("linspace: num=", num, " is negative; give 0 or more");
    auto number = [](nb::handle object) { return fill_value("linspace", object, nb::none()); };
    Scalar a = number(start), b = number(stop);
    bool complex = is_complex(a.dtype) || is_complex(b.dtype);
    DType natural = complex ? DType::complex128 : DType::float64;
    DType wanted = dtype_or("linspace", dtype, natural);
    Entry entry;
    auto place = place_from("linspace", distribution, Dims{num}, axis);
    std::int64_t parts = endpoint ? num - 1 : num;
    Array index = count_up(0, num, DType::float64, place);
    Array x = complex ? convert(index, natural) : index;
    auto value = [&](std::complex<double> v) { return Scalar::of(v).as_dtype(natural); };
    auto first = a.as<std::complex<double>>(), last = b.as<std::complex<double>>();
    auto width = last - first;
    auto step = parts > 0 ? width / static_cast<double>(parts) : width;
    Scalar spacing =
        value(parts > 0 ? step : std::complex<double>(std::numeric_limits<double>::quiet_NaN()));
    // As NumPy: a step that underflows to 0 divides first.
    if (parts > 0 && step == 0.0) {
        const Input divided[] = {&x, value(static_cast<double>(parts))};
        x = elementwise(Op::divide, divided);
        step = width;
    }
    const Input scaled[] = {&x, value(step)};
    x = elementwise(Op::multiply, scaled);
    const Input moved[] = {&x, value(first)};
    x = elementwise(Op::add, moved);
    if (endpoint && num > 1) {
        const Input at_end[] = {&index, Scalar::of(static_cast<double>(num - 1))};
        Array is_last = elementwise(Op::equal, at_end);
        const Input chosen[] = {&is_last, value(last), &x};
        x = elementwise(Op::where, chosen);
    }
    if (is_integer(wanted)) {
        const Input whole[] = {&x};
        x = elementwise(Op::floor, whole);
    }
    if (wanted != natural) x = convert(x, wanted);
    evaluate(x);
    if (retstep) return nb::make_tuple(wrap(std::move(x)), python_number(spacing));
    return wrap(std::move(x));
}

nb::object eye(std::int64_t rows, nb::handle columns, nb::handle k, nb::handle dtype,
               nb::handle distribution, nb::handle axis, nb::handle device) {
    check_device("eye", device);
    std::int64_t width = columns.is_none() ? rows : integer_from("eye", "n_cols", columns);
    if (rows < 0 || width < 0)
        fail<ValueError>("eye: shape (", rows, ", ", width, ") has a negative length");
    DType wanted = dtype_or("eye", dtype, DType::float64);
    if (!PyIndex_Check(k.ptr()))
        fail<TypeError>("eye: k=", nb::repr(k).c_str(), " is not an integer");
    // A diagonal beyond the matrix is as good as any other.
    std::int64_t diagonal = PyNumber_AsSsize_t(k.ptr(), nullptr);
    if (PyErr_Occurred()) nb::raise_python_error();
    diagonal = std::clamp(diagonal, -rows, width);
    Entry entry;
    Dims shape{rows, width};
    auto place = place_from("eye", distribution, shape, axis);
    if (place) {
        // Ones are where the column is the row plus k.
        auto along = [&](int at, std::int64_t first) {
            Array x = positions(place->map.held(at, shape[at], here().id), first, DType::int64);
            const IndexItem turned[] = {Slice{}, NewAxis{}};
            return at == 0 ? index(x, turned) : x;
        };
        Array of_rows = along(0, diagonal), of_columns = along(1, 0);
        const Input compared[] = {&of_rows, &of_columns};
        Array x = convert(elementwise(Op::equal, compared), wanted);
        x.place = std::move(place);
        return wrap_delivered(std::move(x));
    }
    Array x = constant(shape, Scalar::of(false).as_dtype(wanted), nullptr);
    evaluate(x);
    // Row i has its one in column i + diagonal.
    std::int64_t first = std::max<std::int64_t>(0, -diagonal);
    std::int64_t count = std::min(rows, width - diagonal) - first;
    if (count > 0) {
        Array ones = x;
        ones.view = {first * width + first + diagonal, Dims{count}, Dims{width + 1}};
        assign("eye", ones, Scalar::of(true));
    }
    return wrap(std::move(x));
}

constexpr const char* distributed_note =
    "\n\n`distribution='block'` makes one global array whose blocks along `axis` (0 unless it is "
    "given) lie on the localities, 'cyclic' and 'block_cyclic' deal rows out in turn, and a tuple "
    "deals out several axes on a `grid` of localities (see `Distribution`); with another array's "
    "`distribution`, or that array as `like`, they lie as its do. Without one holds what "
    "set_default_distribution says. `device` is None, "
    "'cpu' or 'auto': there is no other; RuntimeError if one is "
    "named, ValueError if it means none.";

std::string doc(const char* text, const char* example) {
    return std::string(text) + distributed_note + "\n\nExample:\n    >>> " + example +
           "\n\nCommunication: none.";
}

template <class Make>
void def_filled(nb::module_& m, const char* name, Make value, const char* text,
                const char* example) {
    m.def(
        name,
        [name, value](nb::handle shape, nb::handle dtype, nb::handle distribution, nb::handle axis,
                      nb::handle device) {
            check_device(name, device);
            return filled(name, shape_from(name, shape),
                          Scalar::of(value).as_dtype(dtype_or(name, dtype, DType::float64)),
                          distribution, axis);
        },
        arg("shape").none(), arg("dtype") = nb::none(), nb::kw_only(),
        arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
        doc(text, example).c_str());
}

// Of *_like: the other array's shape, dtype and distribution unless given.
struct Like {
    Dims shape;
    DType dtype;
    std::shared_ptr<const Place> place;
};

Like like(const char* function, nb::handle object, nb::handle dtype, nb::handle distribution,
          nb::handle axis) {
    Array x = is_array(object) ? array_in(object) : array_from(function, object, std::nullopt);
    Like result{x.shape(), dtype_or(function, dtype, x.dtype()), x.place};
    if (!distribution.is_none()) result.place = place_from(function, distribution, x.shape(), axis);
    return result;
}

}  // namespace

void bind_creation(nb::module_& m, nb::class_<PyArray>&) {
    m.def(
        "_check_device",
        [](const std::string& function, nb::handle device) {
            check_device(function.c_str(), device);
        },
        arg("function"), arg("device").none());
    m.def(
        "_dealt_out",
        [](const std::string& function, nb::handle object, nb::handle distribution,
           nb::handle axis) {
            Entry entry;
            Array x = array_in(object);
            auto place = place_from(function.c_str(), distribution, x.shape(), axis);
            if (!place) return nb::borrow(object);
            Array result = deliver(redistribute(x, &place->map));
            return wrap(x.distributed() ? std::move(result) : copy(result));
        },
        arg("function"), arg("x"), arg("distribution").none(), arg("axis") = nb::none());
    m.def(
        "_along_its_axis",
        [](const std::string& function, nb::handle object, nb::handle shape,
           nb::handle distribution, nb::handle axis) {
            Entry entry;
            Array x = array_in(object);
            auto place = place_from(function.c_str(), distribution,
                                    shape_from(function.c_str(), shape), axis);
            if (!place) return nb::borrow(object);
            maps::Map map = place->map.fitting(x.shape());
            return wrap(copy(deliver(redistribute(x, &map))));
        },
        arg("function"), arg("x"), arg("shape"), arg("distribution").none(),
        arg("axis") = nb::none());
    m.def(
        "_as_array",
        [](const std::string& function, nb::handle object, nb::handle distribution,
           nb::handle axis) {
            return as_array(function.c_str(), object, nb::none(), nb::none(), distribution, axis);
        },
        arg("function"), arg("obj"), arg("distribution") = nb::none(), arg("axis") = nb::none());
    def_filled(m, "zeros", 0, "An array of zeros; float64 unless `dtype` is given.",
               "hpx.zeros((2, 3))\n    array([[0., 0., 0.],\n           [0., 0., 0.]])");
    def_filled(m, "ones", 1, "An array of ones; float64 unless `dtype` is given.",
               "hpx.ones(3, dtype=hpx.int32)\n    array([1, 1, 1], dtype=int32)");
    m.def(
        "full",
        [](nb::handle shape, nb::handle value, nb::handle dtype, nb::handle distribution,
           nb::handle axis, nb::handle device) {
            check_device("full", device);
            return filled("full", shape_from("full", shape), fill_value("full", value, dtype),
                          distribution, axis);
        },
        arg("shape").none(), arg("fill_value").none(), arg("dtype") = nb::none(), nb::kw_only(),
        arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("An array with `fill_value` in every element (or what it broadcasts to); its dtype "
            "unless "
            "`dtype` is given.",
            "hpx.full(3, 2.5)\n    array([2.5, 2.5, 2.5])")
            .c_str());
    m.def(
        "empty",
        [](nb::handle shape, nb::handle dtype, nb::handle distribution, nb::handle axis,
           nb::handle device) {
            check_device("empty", device);
            return uninitialised("empty", shape_from("empty", shape),
                                 dtype_or("empty", dtype, DType::float64), distribution, axis);
        },
        arg("shape").none(), arg("dtype") = nb::none(), nb::kw_only(),
        arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("An array whose elements are not set; float64 unless `dtype` is given.",
            "hpx.empty((2, 3)).shape\n    (2, 3)")
            .c_str());

    auto def_like = [&](const char* name, int value, const char* text, const char* example) {
        m.def(
            name,
            [name, value](nb::handle x, nb::handle dtype, nb::handle distribution, nb::handle axis,
                          nb::handle device) {
                check_device(name, device);
                Entry entry;
                Like made = like(name, x, dtype, distribution, axis);
                return wrap_delivered(
                    constant(made.shape, Scalar::of(value).as_dtype(made.dtype), made.place));
            },
            arg("x").none(), arg("dtype") = nb::none(), nb::kw_only(),
            arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
            doc(text, example).c_str());
    };
    def_like("zeros_like", 0, "Zeros with the shape, dtype and distribution of `x`.",
             "hpx.zeros_like(hpx.asarray([1, 2]))\n    array([0, 0])");
    def_like("ones_like", 1, "Ones with the shape, dtype and distribution of `x`.",
             "hpx.ones_like(hpx.asarray([1.5, 2]))\n    array([1., 1.])");
    m.def(
        "full_like",
        [](nb::handle x, nb::handle value, nb::handle dtype, nb::handle distribution,
           nb::handle axis, nb::handle device) {
            check_device("full_like", device);
            Entry entry;
            Like made = like("full_like", x, dtype, distribution, axis);
            Scalar element = fill_value("full_like", value, dtype_object(made.dtype));
            return wrap_delivered(constant(made.shape, element, made.place));
        },
        arg("x").none(), arg("fill_value").none(), arg("dtype") = nb::none(), nb::kw_only(),
        arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("`fill_value` everywhere, with the shape, dtype and distribution of `x`.",
            "hpx.full_like(hpx.asarray([1, 2]), 7)\n    array([7, 7])")
            .c_str());
    m.def(
        "empty_like",
        [](nb::handle x, nb::handle dtype, nb::handle distribution, nb::handle axis,
           nb::handle device) {
            check_device("empty_like", device);
            Entry entry;
            Like made = like("empty_like", x, dtype, distribution, axis);
            return wrap(
                new_array(made.dtype, local_shape(made.shape, made.place.get()), made.place));
        },
        arg("x").none(), arg("dtype") = nb::none(), nb::kw_only(), arg("distribution") = nb::none(),
        arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("Elements that are not set, with the shape, dtype and distribution of `x`.",
            "hpx.empty_like(hpx.asarray([1, 2])).dtype\n    dtype('int64')")
            .c_str());

    m.def(
        "asarray",
        [](nb::handle object, nb::handle dtype, nb::handle copied, nb::handle distribution,
           nb::handle axis, nb::handle device) {
            check_device("asarray", device);
            return as_array("asarray", object, dtype, copied, distribution, axis);
        },
        arg("obj").none(), arg("dtype") = nb::none(), nb::kw_only(), arg("copy") = nb::none(),
        arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("An array of `obj`: a number, nested lists, a NumPy array or anything with DLPack or "
            "__array__. An hpxpy array is returned as it is; with copy=False memory is shared, or "
            "ValueError says why it cannot be. With a distribution all localities give the same "
            "data, "
            "and each keeps its block.",
            "hpx.asarray([[1, 2], [3, 4]], dtype=hpx.float32)\n"
            "    array([[1., 2.],\n           [3., 4.]], dtype=float32)")
            .c_str());
    m.def(
        "array",
        [](nb::handle object, nb::handle dtype, nb::handle copied, nb::handle distribution,
           nb::handle axis, nb::handle device) {
            check_device("array", device);
            return as_array("array", object, dtype, copied, distribution, axis);
        },
        arg("obj").none(), arg("dtype") = nb::none(), nb::kw_only(), arg("copy") = true,
        arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("A new array of `obj`; as asarray, but it copies unless copy=False or None is given.",
            "x = hpx.array([1, 2])\n    >>> y = hpx.array(x)\n    >>> y[0] = 7\n    >>> x\n    "
            "array([1, 2])")
            .c_str());
    m.def(
        "from_numpy", &from_numpy, arg("data").none(), arg("dtype") = nb::none(), nb::kw_only(),
        arg("copy") = true, arg("distribution") = nb::none(), arg("axis") = nb::none(),
        arg("device") = nb::none(),
        doc("An array of a NumPy array's elements; copy=False shares its memory, or raises "
            "ValueError. With a distribution all localities give the same data, and each keeps its "
            "block.",
            "import numpy as np\n    >>> hpx.from_numpy(np.arange(3), copy=False)\n"
            "    array([0, 1, 2])")
            .c_str());
    m.def(
        "from_dlpack",
        [](nb::handle object, nb::handle copied, nb::handle device) {
            check_device("from_dlpack", device);
            Entry entry;
            bool copies = !copied.is_none() && nb::cast<bool>(copied);
            if (is_array(object)) return copies ? wrap(copy(array_in(object))) : nb::borrow(object);
            nb::object imported = numpy().attr("from_dlpack")(object);
            return wrap(array_from("from_dlpack", imported, std::nullopt, !copies));
        },
        arg("x").none(), nb::kw_only(), arg("copy") = nb::none(), arg("device") = nb::none(),
        "An array that shares the memory of any object with DLPack; copy=True copies it.\n\n"
        "Example:\n    >>> import numpy as np\n    >>> hpx.from_dlpack(np.ones(2))\n"
        "    array([1., 1.])\n\n"
        "Communication: none.");
    m.def(
        "arange", &arange, arg("start").none(), arg("stop") = nb::none(), arg("step") = 1,
        arg("dtype") = nb::none(), nb::kw_only(), arg("distribution") = nb::none(),
        arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("Evenly spaced values from `start` to before `stop`; of integers int64, else float64.",
            "hpx.arange(1, 10, 3)\n    array([1, 4, 7])")
            .c_str());
    m.def("linspace", &linspace, arg("start").none(), arg("stop").none(), arg("num") = 50,
          arg("endpoint") = true, arg("retstep") = false, arg("dtype") = nb::none(), nb::kw_only(),
          arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
          doc("`num` evenly spaced values from `start` to `stop`, which is the last one if "
              "`endpoint`. With `retstep` a tuple of them and their distance. If the ends "
              "are arrays, `axis` is that of the values.",
              "hpx.linspace(0, 1, 5)\n    array([0.  , 0.25, 0.5 , 0.75, 1.  ])")
              .c_str());
    m.def("eye", &eye, arg("n_rows"), arg("n_cols") = nb::none(), arg("k") = 0,
          arg("dtype") = nb::none(), nb::kw_only(), arg("distribution") = nb::none(),
          arg("axis") = nb::none(), arg("device") = nb::none(),
          doc("Ones on the `k`-th diagonal of a matrix, zeros elsewhere.",
              "hpx.eye(2, 3, k=1)\n    array([[0., 1., 0.],\n           [0., 0., 1.]])")
              .c_str());
}

}  // namespace hpxpy
