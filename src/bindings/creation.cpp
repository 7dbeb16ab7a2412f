// Creation functions: each takes distribution= and axis=.
// SPDX-License-Identifier: BSL-1.0
#include "functions/creation.hpp"
#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/placement.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"

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

// The new array, or everybody's own block of it.
nb::object wrap_dealt(const char* function, Array x, const maps::Distribution& asked,
                      nb::handle axis) {
    std::optional<Array> own = dealt(function, x, asked, axis_from(function, axis));
    return wrap(own ? std::move(*own) : std::move(x));
}

nb::object made_from(const char* function, nb::handle object, nb::handle dtype, nb::handle copied,
                     nb::handle distribution, nb::handle axis) {
    std::optional<DType> wanted = optional_dtype(function, dtype);
    maps::Distribution asked = distribution_from(function, distribution);
    Entry entry;
    if (is_array(object)) {
        std::optional<bool> copies;
        if (!copied.is_none()) copies = nb::cast<bool>(copied);
        std::optional<Array> made =
            as_array(function, array_in(object), wanted, copies, asked, axis_from(function, axis));
        return made ? wrap(std::move(*made)) : nb::borrow(object);
    }
    bool never = !copied.is_none() && !nb::cast<bool>(copied);
    bool among_floats = wanted && !is_integer(*wanted);
    if (std::optional<Scalar> number = python_scalar(function, object, among_floats)) {
        if (never)
            fail<ValueError>(function,
                             ": a Python number has no memory to share; leave out "
                             "copy=False");
        Scalar value = wanted ? checked_scalar(function, *number, *wanted) : *number;
        Array x = constant({}, value, nullptr);
        evaluate(x);
        return wrap_dealt(function, std::move(x), asked, axis);
    }
    bool numpys = nb::isinstance(object, numpy().attr("ndarray"));
    if (never && asked.standing) return wrap(array_from(function, object, wanted, true));
    if (never || !numpys || asked.kind == maps::Distribution::Kind::none)
        return wrap_dealt(function, array_from(function, object, wanted, never), asked, axis);
    std::optional<Array> own =
        dealt(function, lent_from(function, object), asked, axis_from(function, axis), wanted);
    return wrap(own ? std::move(*own) : array_from(function, object, wanted));
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
    return made_from("from_numpy", object, dtype, nb::bool_(copied), distribution, axis);
}

// One real number.
Scalar bound_of_range(nb::handle object) {
    std::optional<Scalar> scalar = python_scalar("arange", object);
    if (!scalar) scalar = element("arange", array_from("arange", object, std::nullopt));
    if (is_complex(scalar->dtype))
        fail<TypeError>("arange: ", nb::repr(object).c_str(), " is complex; give real numbers");
    return *scalar;
}

nb::object new_arange(nb::handle start, nb::handle stop, nb::handle step, nb::handle dtype,
                      nb::handle distribution, nb::handle axis, nb::handle device) {
    check_device("arange", device);
    bool alone = stop.is_none();
    Scalar first = alone ? Scalar::of(std::int64_t{0}) : bound_of_range(start);
    Scalar last = bound_of_range(alone ? start : stop), by = bound_of_range(step);
    std::optional<DType> wanted = optional_dtype("arange", dtype);
    Entry entry;
    return wrap(arange(first, last, by, wanted, distribution_from("arange", distribution),
                       axis_from("arange", axis)));
}

nb::object new_linspace(nb::handle start, nb::handle stop, std::int64_t num, bool endpoint,
                        bool retstep, nb::handle dtype, nb::handle distribution, nb::handle axis,
                        nb::handle device) {
    check_device("linspace", device);
    auto number = [](nb::handle object) { return fill_value("linspace", object, nb::none()); };
    Scalar first = number(start), last = number(stop);
    std::optional<DType> wanted = optional_dtype("linspace", dtype);
    Entry entry;
    Spaced made =
        linspace(first, last, num, endpoint, wanted, distribution_from("linspace", distribution),
                 axis_from("linspace", axis));
    nb::object values = wrap(std::move(made.values));
    return retstep ? nb::make_tuple(values, python_number(made.step)) : values;
}

nb::object new_eye(std::int64_t rows, nb::handle columns, nb::handle k, nb::handle dtype,
                   nb::handle distribution, nb::handle axis, nb::handle device) {
    check_device("eye", device);
    std::int64_t width = columns.is_none() ? rows : integer_from("eye", "n_cols", columns);
    DType wanted = dtype_or("eye", dtype, DType::float64);
    if (!PyIndex_Check(k.ptr()))
        fail<TypeError>("eye: k=", nb::repr(k).c_str(), " is not an integer");
    // Past 64 bits it is as far beyond the matrix as at their end.
    std::int64_t diagonal = PyNumber_AsSsize_t(k.ptr(), nullptr);
    if (PyErr_Occurred()) nb::raise_python_error();
    Entry entry;
    return wrap(eye(rows, width, diagonal, wanted, distribution_from("eye", distribution),
                    axis_from("eye", axis)));
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
            return wrap_dealt(function.c_str(), array_in(object),
                              distribution_from(function.c_str(), distribution), axis);
        },
        arg("function"), arg("x"), arg("distribution").none(), arg("axis") = nb::none());
    m.def(
        "_along_its_axis",
        [](const std::string& function, nb::handle object, nb::handle shape,
           nb::handle distribution, nb::handle axis) {
            Entry entry;
            const char* name = function.c_str();
            std::optional<Array> own =
                along_its_axis(name, array_in(object), shape_from(name, shape),
                               distribution_from(name, distribution), axis_from(name, axis));
            return own ? wrap(std::move(*own)) : nb::borrow(object);
        },
        arg("function"), arg("x"), arg("shape"), arg("distribution").none(),
        arg("axis") = nb::none());
    m.def(
        "_as_array",
        [](const std::string& function, nb::handle object, nb::handle distribution,
           nb::handle axis) {
            return made_from(function.c_str(), object, nb::none(), nb::none(), distribution, axis);
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
            return made_from("asarray", object, dtype, copied, distribution, axis);
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
            return made_from("array", object, dtype, copied, distribution, axis);
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
        "arange", &new_arange, arg("start").none(), arg("stop") = nb::none(), arg("step") = 1,
        arg("dtype") = nb::none(), nb::kw_only(), arg("distribution") = nb::none(),
        arg("axis") = nb::none(), arg("device") = nb::none(),
        doc("Evenly spaced values from `start` to before `stop`; of integers int64, else float64.",
            "hpx.arange(1, 10, 3)\n    array([1, 4, 7])")
            .c_str());
    m.def("linspace", &new_linspace, arg("start").none(), arg("stop").none(), arg("num") = 50,
          arg("endpoint") = true, arg("retstep") = false, arg("dtype") = nb::none(), nb::kw_only(),
          arg("distribution") = nb::none(), arg("axis") = nb::none(), arg("device") = nb::none(),
          doc("`num` evenly spaced values from `start` to `stop`, which is the last one if "
              "`endpoint`. With `retstep` a tuple of them and their distance. If the ends "
              "are arrays, `axis` is that of the values.",
              "hpx.linspace(0, 1, 5)\n    array([0.  , 0.25, 0.5 , 0.75, 1.  ])")
              .c_str());
    m.def("eye", &new_eye, arg("n_rows"), arg("n_cols") = nb::none(), arg("k") = 0,
          arg("dtype") = nb::none(), nb::kw_only(), arg("distribution") = nb::none(),
          arg("axis") = nb::none(), arg("device") = nb::none(),
          doc("Ones on the `k`-th diagonal of a matrix, zeros elsewhere.",
              "hpx.eye(2, 3, k=1)\n    array([[0., 1., 0.],\n           [0., 0., 1.]])")
              .c_str());
}

}  // namespace hpxpy
