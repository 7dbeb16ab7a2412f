// Python objects to ours and back.
// SPDX-License-Identifier: BSL-1.0
#include "bindings/convert.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <complex>
#include <cstring>
#include <limits>
#include <mutex>

#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"

namespace hpxpy {

namespace {

// Arrays whose last Python reference went while another thread held the lock.
struct Graveyard {
    std::mutex lock;
    std::vector<Array> arrays;
    std::atomic<bool> any{false};
};
Graveyard& graveyard() {
    static Graveyard& instance = *new Graveyard;
    return instance;
}

void bury() {
    std::vector<Array> dead;
    {
        std::lock_guard<std::mutex> guard(graveyard().lock);
        dead.swap(graveyard().arrays);
        graveyard().any = false;
    }
}

}  // namespace

Entry::Entry() {
    if (expression_lock().try_lock()) {
        if (expression_lock().half_done()) {
            expression_lock().unlock();
            fail<RuntimeError>(
                "signal handler: arrays are being computed in this thread, so a signal handler "
                "cannot use "
                "hpxpy now; let it raise an exception or set a flag");
        }
        if (graveyard().any) bury();
        return;
    }
    Outside outside;
    expression_lock().lock();
}

PyArray::~PyArray() {
    if (!array.node.ref()) return;
    if (expression_lock().try_lock()) {
        { Array last = std::move(array); }
        expression_lock().unlock();
        return;
    }
    std::lock_guard<std::mutex> guard(graveyard().lock);
    graveyard().arrays.push_back(std::move(array));
    graveyard().any = true;
}

nb::handle& array_type() {
    static nb::handle type;
    return type;
}

bool is_array(nb::handle object) {
    auto* type = reinterpret_cast<PyTypeObject*>(array_type().ptr());
    return Py_TYPE(object.ptr()) == type || PyType_IsSubtype(Py_TYPE(object.ptr()), type);
}

Array& array_in(nb::handle object) {
    if (!is_array(object) || !nb::inst_ready(object))
        fail<TypeError>("ndarray: ", nb::repr(object.type()).c_str(),
                        " is no array; the creation functions make one");
    return nb::inst_ptr<PyArray>(object)->array;
}

nb::object wrap(Array&& x) {
    nb::object object = nb::inst_alloc(array_type());
    new (nb::inst_ptr<PyArray>(object)) PyArray(std::move(x));
    nb::inst_mark_ready(object);
    return object;
}

nb::handle numpy() {
    static nb::handle module = nb::module_::import_("numpy").release();
    return module;
}

nb::object dtype_object(DType dtype) {
    static nb::handle known[dtype_count];
    nb::handle& object = known[static_cast<int>(dtype)];
    if (!object) {
        std::string name(name_of(dtype));
        object = numpy().attr("dtype")(name).release();
    }
    return nb::borrow(object);
}

DType dtype_from(const char* function, nb::handle object) {
    nb::object dtype;
    // NumPy's dtype takes whatever has an attribute of that name.
    if (is_array(object))
        fail<TypeError>(function, ": an array was given for the dtype; give its .dtype");
    try {
        dtype = numpy().attr("dtype")(object);
    } catch (nb::python_error&) {
        fail<TypeError>(function, ": ", nb::repr(object).c_str(),
                        " is not a dtype; choose bool, int8 to int64, uint8 to uint64, float32, "
                        "float64, complex64 or complex128");
    }
    for (int i = 0; i < dtype_count; ++i)
        if (dtype_object(static_cast<DType>(i)).equal(dtype)) return static_cast<DType>(i);
    fail<TypeError>(function, ": dtype ", nb::str(dtype).c_str(),
                    " is not supported; choose bool, int8 to int64, uint8 to uint64, float32, "
                    "float64, complex64 or complex128");
}

std::optional<DType> optional_dtype(const char* function, nb::handle object) {
    if (object.is_none()) return std::nullopt;
    return dtype_from(function, object);
}

std::int64_t integer_from(const char* function, const char* what, nb::handle object) {
    if (!PyIndex_Check(object.ptr()) || PyBool_Check(object.ptr()))
        fail<TypeError>(function, ": ", what, " ", nb::repr(object).c_str(), " is not an integer");
    nb::object index = nb::steal(PyNumber_Index(object.ptr()));
    if (!index.is_valid()) nb::raise_python_error();
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
    if (overflow)
        fail<ValueError>(function, ": ", what, " ", nb::str(index).c_str(),
                         " does not fit into 64 bits");
    return value;
}

std::vector<std::int64_t> integers_from(const char* function, const char* what, nb::handle object) {
    // Arrays of NumPy and ours are integers if they have no dimension.
    bool several = is_array(object) ? array_in(object).dimensions() > 0
                                    : PyIndex_Check(object.ptr()) && nb::hasattr(object, "ndim") &&
                                          nb::cast<int>(object.attr("ndim")) > 0;
    if (PyIndex_Check(object.ptr()) && !several) return {integer_from(function, what, object)};
    if (!nb::isinstance<nb::sequence>(object) && !nb::isinstance<nb::iterable>(object))
        fail<TypeError>(function, ": ", what, " ", nb::repr(object).c_str(),
                        " is neither an integer nor a tuple of integers");
    std::vector<std::int64_t> values;
    for (nb::handle item : nb::iter(object)) values.push_back(integer_from(function, what, item));
    return values;
}

Dims shape_from(const char* function, nb::handle object, bool allow_negative) {
    Dims shape;
    for (std::int64_t length : integers_from(function, "shape", object)) {
        shape.push_back(length);
        if (length < 0 && !allow_negative)
            fail<ValueError>(function, ": negative length ", length, " in shape ",
                             nb::repr(object).c_str());
    }
    return shape;
}

nb::tuple tuple_of(const Dims& values) {
    nb::object result = nb::steal(PyTuple_New(values.size()));
    for (int i = 0; i < values.size(); ++i)
        PyTuple_SET_ITEM(result.ptr(), i, PyLong_FromLongLong(values[i]));
    return nb::borrow<nb::tuple>(result);
}

std::optional<std::vector<std::int64_t>> axes_from(const char* function, nb::handle object) {
    if (object.is_none()) return std::nullopt;
    return integers_from(function, "axis", object);
}

namespace {

Scalar past_64_bits(const char* function, nb::handle object, bool as_float) {
    double value = as_float ? PyLong_AsDouble(object.ptr()) : 0;
    if (!as_float || PyErr_Occurred()) {
        PyErr_Clear();
        fail<OverflowError>(function, ": Python integer ", nb::repr(object).c_str(),
                            " does not fit into ", as_float ? "float64" : "64 bits");
    }
    return Scalar::of(value);
}

// A Python number; nothing if it is something else, or an integer `past` 64 bits.
std::optional<Scalar> number_in(nb::handle object, bool& past) {
    PyObject* p = object.ptr();
    if (PyFloat_CheckExact(p)) return Scalar::of(PyFloat_AS_DOUBLE(p));
    if (PyBool_Check(p)) return Scalar::of(p == Py_True);
    if (PyLong_CheckExact(p)) {
        int overflow = 0;
        long long value = PyLong_AsLongLongAndOverflow(p, &overflow);
        if (!overflow) return Scalar::of(static_cast<std::int64_t>(value));
        unsigned long long large = overflow > 0 ? PyLong_AsUnsignedLongLong(p) : 0;
        past = overflow < 0 || PyErr_Occurred();
        if (!past) return Scalar::of(static_cast<std::uint64_t>(large));
        PyErr_Clear();
        return std::nullopt;
    }
    if (PyComplex_CheckExact(p)) {
        Py_complex value = PyComplex_AsCComplex(p);
        return Scalar::of(std::complex<double>(value.real, value.imag));
    }
    return std::nullopt;
}

}  // namespace

std::optional<Scalar> python_scalar(const char* function, nb::handle object, bool as_float) {
    bool past = false;
    std::optional<Scalar> number = number_in(object, past);
    return past ? past_64_bits(function, object, as_float) : number;
}

std::optional<Scalar> numpy_scalar(nb::handle object) {
    static const std::array<PyTypeObject*, dtype_count> types = [] {
        std::array<PyTypeObject*, dtype_count> found{};
        for (int i = 0; i < dtype_count; ++i) {
            nb::object type = dtype_object(static_cast<DType>(i)).attr("type");
            found[static_cast<std::size_t>(i)] =
                reinterpret_cast<PyTypeObject*>(type.release().ptr());
        }
        return found;
    }();
    auto at = std::find(types.begin(), types.end(), Py_TYPE(object.ptr()));
    if (at == types.end()) return std::nullopt;
    Scalar scalar;
    scalar.dtype = static_cast<DType>(at - types.begin());
    Py_buffer memory;
    if (PyObject_GetBuffer(object.ptr(), &memory, PyBUF_SIMPLE) != 0) nb::raise_python_error();
    std::memcpy(scalar.bytes, memory.buf, static_cast<std::size_t>(itemsize(scalar.dtype)));
    PyBuffer_Release(&memory);
    return scalar;
}

namespace {

// The Python number in NumPy's scalar, where signed integers are wanted: those NumPy checks, and casts others.
nb::object unboxed(nb::handle object, DType dtype) {
    bool checked = kind_of(dtype) == Kind::signed_integer &&
                   nb::isinstance(object, numpy().attr("generic")) &&
                   !nb::isinstance(object, numpy().attr("complexfloating"));
    return checked ? object.attr("item")() : nb::borrow(object);
}

}  // namespace

Scalar scalar_from(const char* function, nb::handle given, DType dtype) {
    nb::object object = unboxed(given, dtype);
    if (std::optional<Scalar> number = python_scalar(function, object, !is_integer(dtype)))
        return checked_scalar(function, *number, dtype);
    Array single = is_array(object) ? array_in(object) : array_from(function, object, std::nullopt);
    return element(function, single).as_dtype(dtype);
}

nb::object python_number(const Scalar& scalar) {
    switch (kind_of(scalar.dtype)) {
        case Kind::boolean:
            return nb::bool_(scalar.as<bool>());
        case Kind::signed_integer:
            return nb::int_(scalar.as<std::int64_t>());
        case Kind::unsigned_integer:
            return nb::int_(scalar.as<std::uint64_t>());
        case Kind::real_floating:
            return nb::float_(scalar.as<double>());
        default: {
            auto value = scalar.as<std::complex<double>>();
            return nb::steal(PyComplex_FromDoubles(value.real(), value.imag()));
        }
    }
}

bool Operands::add(nb::handle object, bool raise) {
    if (is_array(object)) {
        inputs_[count_++] = &array_in(object);
        return true;
    }
    bool past = false;
    if (std::optional<Scalar> scalar = number_in(object, past)) {
        inputs_[count_++] = *scalar;
        return true;
    }
    if (past) {
        past_[count_++] = object;
        any_past_ = true;
        return true;
    }
    if (std::optional<Scalar> scalar = numpy_scalar(object)) {
        Array& single = made_[count_].emplace(new_array(scalar->dtype, {}));
        std::memcpy(single.node->bytes(), scalar->bytes,
                    static_cast<std::size_t>(itemsize(scalar->dtype)));
        inputs_[count_++] = &single;
        return true;
    }
    bool readable = nb::isinstance(object, numpy().attr("ndarray")) ||
                    nb::isinstance(object, numpy().attr("generic")) || PyList_Check(object.ptr()) ||
                    PyTuple_Check(object.ptr()) || PyNumber_Check(object.ptr()) ||
                    nb::hasattr(object, "__dlpack__") || nb::hasattr(object, "__array__");
    if (!readable) {
        if (!raise) return false;
        fail<TypeError>(function_, ": ", nb::repr(object).c_str(),
                        " is neither a number nor an array");
    }
    made_[count_] = array_from(function_, object, std::nullopt);
    inputs_[count_] = &*made_[count_];
    ++count_;
    return true;
}

void Operands::add_elements(nb::handle object, DType dtype) {
    if (!is_array(object)) made_[count_] = elements_from(function_, unboxed(object, dtype), dtype);
    inputs_[count_] = made_[count_] ? &*made_[count_] : &array_in(object);
    ++count_;
}

Past past_of(Op op) {
    if (row(op).result == Result::boolean) return Past::compared;
    bool floats =
        row(op).accepts != Accepts::logical && is_floating(compute_dtype(op, DType::int64));
    return floats ? Past::rounded : Past::refused;
}

// An integer past 64 bits is a float among floats. Integers are compared with it as with infinity.
void Operands::settle() {
    any_past_ = false;
    bool whole = true, any_array = false, boolean = true;
    for (int i = 0; i < count_; ++i) {
        if (past_[i]) continue;
        const auto* x = std::get_if<const Array*>(&inputs_[i]);
        DType dtype = x ? (*x)->dtype() : std::get<Scalar>(inputs_[i]).dtype;
        whole &= !is_floating(dtype) && !is_complex(dtype);
        any_array |= x != nullptr;
        if (x) boolean &= dtype == DType::bool_;
    }
    bool beyond = rule_ == Past::ordered || (rule_ == Past::compared && !boolean);
    for (int i = 0; i < count_; ++i) {
        if (!past_[i]) continue;
        if (whole && beyond && any_array) {
            constexpr double infinity = std::numeric_limits<double>::infinity();
            bool below = nb::cast<bool>(past_[i].attr("__lt__")(0));
            inputs_[i] = Scalar::of(below ? -infinity : infinity);
        } else {
            inputs_[i] = past_64_bits(function_, past_[i], !whole || rule_ == Past::rounded);
        }
    }
}

void Operands::take_truth() {
    for (int i = 0; i < count_; ++i)
        if (past_[i])
            inputs_[i] = Scalar::of(true);
        else if (auto* scalar = std::get_if<Scalar>(&inputs_[i]))
            *scalar = Scalar::of(scalar->as<bool>());
    any_past_ = false;
}

void Operands::require_array() {
    for (const Input& input : inputs())
        if (std::holds_alternative<const Array*>(input)) return;
    // Python's numbers get the default dtypes, as in asarray.
    for (int i = 0; i < count_; ++i) {
        Scalar scalar = std::get<Scalar>(inputs_[i]);
        made_[i] = constant({}, scalar, nullptr);
        evaluate(*made_[i]);
        made_[i]->value = true;
        inputs_[i] = &*made_[i];
    }
}

namespace {

void end_loan(void* owner) {
    if (!Py_IsInitialized()) return;
    Inside gil;
    auto* view = static_cast<Py_buffer*>(owner);
    PyBuffer_Release(view);
    delete view;
}

// Shares the memory of a NumPy array.
Array shared_array(const char* function, nb::handle source, DType dtype) {
    auto view = std::make_unique<Py_buffer>();
    bool writeable = nb::cast<bool>(source.attr("flags").attr("writeable"));
    if (PyObject_GetBuffer(source.ptr(), view.get(), writeable ? PyBUF_FULL : PyBUF_FULL_RO) != 0)
        nb::raise_python_error();
    std::int64_t size = itemsize(dtype);
    View shown{0, {}, {}};
    bool fits = reinterpret_cast<std::uintptr_t>(view->buf) %
                    static_cast<std::uintptr_t>(std::min<std::int64_t>(size, 8)) ==
                0;
    for (int i = 0; i < view->ndim; ++i) {
        shown.shape.push_back(view->shape[i]);
        fits &= view->strides[i] % size == 0;
        shown.strides.push_back(view->strides[i] / size);
    }
    if (!fits) {
        PyBuffer_Release(view.get());
        fail<ValueError>(function,
                         ": this memory cannot be shared: its address or strides are not "
                         "multiples of the element size; use copy=True");
    }
    Extent reach = extent(shown);
    shown.offset = -reach.first;
    char* start = static_cast<char*>(view->buf) + reach.first * size;
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->shape = Dims{reach.last - reach.first};
    node->buffer = Buffer::borrow(start, (reach.last - reach.first) * size, writeable,
                                  view.release(), end_loan);
    Array result{Handle(std::move(node)), std::move(shown)};
    result.writeable = writeable;
    return result;
}

// The axes of a NumPy array from the outermost in memory to the innermost; nothing if that is C order.
std::optional<Dims> memory_axes(nb::handle source) {
    bool in_order = nb::cast<bool>(source.attr("flags").attr("c_contiguous"));
    if (in_order || nb::cast<int>(source.attr("ndim")) < 2) return std::nullopt;
    auto lengths = nb::borrow<nb::tuple>(source.attr("shape"));
    auto strides = nb::borrow<nb::tuple>(source.attr("strides"));
    View view{0, {}, {}};
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        view.shape.push_back(nb::cast<std::int64_t>(lengths[i]));
        view.strides.push_back(nb::cast<std::int64_t>(strides[i]));
    }
    const View* views[] = {&view};
    return result_order(views);
}

constexpr std::int64_t lent_bytes = std::int64_t(1) << 20;

// The memory of a large NumPy array, if it can be shared.
std::optional<Array> lent_array(const char* function, nb::handle source, DType dtype) {
    if (nb::cast<std::int64_t>(source.attr("nbytes")) < lent_bytes) return std::nullopt;
    try {
        return shared_array(function, source, dtype);
    } catch (const ValueError&) {
        return std::nullopt;
    }
}

}  // namespace

Array lent_from(const char* function, nb::handle object) {
    if (nb::isinstance(object, numpy().attr("ndarray")) &&
        nb::cast<bool>(object.attr("dtype").attr("isnative")))
        if (auto lent = lent_array(function, object, dtype_from(function, object.attr("dtype"))))
            return std::move(*lent);
    return array_from(function, object, std::nullopt);
}

Array array_from(const char* function, nb::handle object, std::optional<DType> dtype, bool share) {
    nb::object source;
    try {
        bool imports = nb::hasattr(object, "__dlpack__") && !nb::hasattr(object, "__array__");
        bool listed = PyList_Check(object.ptr()) || PyTuple_Check(object.ptr());
        if (imports)
            source = numpy().attr("from_dlpack")(object);
        else if (share)
            source = numpy().attr("asarray")(object, nb::arg("copy") = false);
        else if (listed && dtype)
            source = numpy().attr("asarray")(object, dtype_object(*dtype));
        else
            source = numpy().attr("asarray")(object);
    } catch (nb::python_error& error) {
        std::string reason = nb::str(error.value()).c_str();
        if (error.matches(PyExc_OverflowError)) fail<OverflowError>(function, ": ", reason);
        if (dtype && error.matches(PyExc_TypeError))
            fail<TypeError>(function, ": no ", name_of(*dtype), " array can be made of ",
                            nb::repr(object).c_str(), ": ", reason);
        if (!error.matches(PyExc_ValueError) && !error.matches(PyExc_TypeError)) throw;
        fail<ValueError>(function, ": no array can be made of ", nb::repr(object).c_str(), ": ",
                         reason);
    }
    nb::object given = source.attr("dtype");
    bool foreign = nb::cast<std::string>(given.attr("byteorder")) == ">";
    if (foreign && share)
        fail<ValueError>(function, ": memory of dtype ", nb::str(given).c_str(),
                         " has foreign byte order and cannot be shared; use copy=True");
    if (foreign) source = source.attr("astype")(given.attr("newbyteorder")("="));
    DType own = dtype_from(function, source.attr("dtype"));
    if (share && dtype && *dtype != own)
        fail<ValueError>(function, ": memory of ", name_of(own), " cannot be shared as ",
                         name_of(*dtype), "; use copy=True");
    if (share) return shared_array(function, source, own);
    // What is large is read where it lies, converted on its way.
    if (std::optional<Array> lent = lent_array(function, source, own)) {
        Array result = convert(*lent, dtype.value_or(own));
        evaluate(result);
        return result;
    }

    // As NumPy's copies, with order='K'.
    std::optional<Dims> axes = memory_axes(source);
    if (axes) source = source.attr("transpose")(tuple_of(*axes));
    nb::object dense =
        numpy().attr("ascontiguousarray")(source).attr("reshape")(source.attr("shape"));
    Py_buffer view;
    if (PyObject_GetBuffer(dense.ptr(), &view, PyBUF_C_CONTIGUOUS) != 0) nb::raise_python_error();
    Ref<Node> node(new Node);
    node->dtype = own;
    for (int i = 0; i < view.ndim; ++i) node->shape.push_back(view.shape[i]);
    try {
        allocate(*node);
    } catch (...) {
        PyBuffer_Release(&view);
        throw;
    }
    std::memcpy(node->bytes(), view.buf, static_cast<std::size_t>(view.len));
    PyBuffer_Release(&view);
    Array result = array_of(std::move(node));
    if (axes) result.view = permuted_back(result.view, *axes);
    return dtype && *dtype != own ? deliver(convert(result, *dtype)) : result;
}

Array elements_from(const char* function, nb::handle object, DType dtype) {
    if (is_array(object)) return array_in(object);
    if (std::optional<Scalar> number = python_scalar(function, object, !is_integer(dtype)))
        return constant({}, checked_scalar(function, *number, dtype), nullptr);
    bool listed = PyList_Check(object.ptr()) || PyTuple_Check(object.ptr());
    return array_from(function, object, listed ? std::optional<DType>(dtype) : std::nullopt);
}

Array operand(const char* function, nb::handle object) {
    if (is_array(object)) return array_in(object);
    if (std::optional<Scalar> number = python_scalar(function, object)) {
        Array x = constant({}, *number, nullptr);
        evaluate(x);
        return x;
    }
    return array_from(function, object, std::nullopt);
}

}  // namespace hpxpy
