// The operators of ndarray, as slots of the type: they are the hot path of small arrays.
// SPDX-License-Identifier: BSL-1.0
#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "functions/apply.hpp"
#include "functions/write.hpp"

namespace hpxpy {

namespace {

// Runs `body` with C++ exceptions turned into Python's.
template <class Result, class Body>
Result guarded(Result failed, const Body& body) noexcept {
    try {
        return body();
    } catch (...) {
        set_python_error();
        return failed;
    }
}

PyObject* not_implemented() { return Py_NewRef(Py_NotImplemented); }

// A subclass or another array library may want to answer instead.
bool yields_to(nb::handle other) {
    if (is_array(other) || PyFloat_CheckExact(other.ptr()) || PyLong_CheckExact(other.ptr()))
        return false;
    nb::object ufunc = nb::getattr(nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(other.ptr()))),
                                   "__array_ufunc__", nb::int_(0));
    return ufunc.is_none();
}

PyObject* binary(Op op, PyObject* a, PyObject* b) {
    return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
        if (yields_to(a) || yields_to(b)) return not_implemented();
        Entry entry;
        Operands operands(row(op).name.data(), past_of(op));
        if (!operands.add(a, false) || !operands.add(b, false)) return not_implemented();
        return wrap(apply_op(op, operands.inputs())).release().ptr();
    });
}

// Whether x ** n is the square of booleans, which NumPy gives as int8.
bool squares_bool(PyObject* x, PyObject* exponent) {
    if (!is_array(x) || array_in(x).dtype() != DType::bool_ || !PyLong_CheckExact(exponent))
        return false;
    int overflow = 0;
    return PyLong_AsLongAndOverflow(exponent, &overflow) == 2 && overflow == 0;
}

PyObject* power(PyObject* a, PyObject* b, PyObject* modulus) {
    if (modulus != Py_None) return not_implemented();
    return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
        if (!squares_bool(a, b)) return binary(Op::pow, a, b);
        Entry entry;
        const Input inputs[] = {&array_in(a)};
        return wrap(apply_op(Op::square, inputs)).release().ptr();
    });
}

#if PY_VERSION_HEX < 0x030E0000
// Whether the running instruction is an operator or an assignment, which consumes what it takes from the
// stack. A call may take its arguments from a tuple that lives on.
bool consumes_operands() {
    nb::handle frame(reinterpret_cast<PyObject*>(PyEval_GetFrame()));
    if (!frame.is_valid()) return false;
    // Never given back: the interpreter is gone before static objects are.
    static const nb::handle names =
        nb::object(nb::module_::import_("opcode").attr("opname")).release();
    nb::object code = frame.attr("f_code").attr("co_code");
    auto name = nb::cast<std::string>(names[code[frame.attr("f_lasti")]]);
    return name == "BINARY_OP" || name.starts_with("INPLACE_") || name.starts_with("STORE_S");
}
#endif

// Only the interpreter's stack names the array, and it lets go of it after this operation.
bool is_temporary(PyObject* object) {
#if PY_VERSION_HEX >= 0x030E0000
    return PyUnstable_Object_IsUniqueReferencedTemporary(object);
#else
    return Py_REFCNT(object) == 1 && is_array(object) && array_in(object).node->pending() &&
           consumes_operands();
#endif
}

PyObject* in_place(Op op, PyObject* self, PyObject* value) {
    return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
        Entry entry;
        Operands operands(row(op).name.data(), past_of(op));
        if (!operands.add(self) || !operands.add(value, false)) return not_implemented();
        Array& x = array_in(self);
        Array result = assign_op(op, x, operands.inputs()[1], is_temporary(value));
        if (x.value) return wrap(std::move(result)).release().ptr();
        return Py_NewRef(self);
    });
}

PyObject* in_place_power(PyObject* self, PyObject* value, PyObject*) {
    return in_place(Op::pow, self, value);
}

PyObject* unary(Op op, PyObject* a) {
    return guarded<PyObject*>(nullptr, [&] {
        Entry entry;
        const Input inputs[] = {&array_in(a)};
        return wrap(apply_op(op, inputs)).release().ptr();
    });
}

PyObject* both(PyObject* first, PyObject* second) {
    nb::object pair = nb::steal(guarded<PyObject*>(nullptr, [&] {
        return operands_met("divmod", nb::make_tuple(nb::handle(first), nb::handle(second)))
            .release()
            .ptr();
    }));
    if (!pair.is_valid()) return nullptr;
    PyObject *a = PyTuple_GET_ITEM(pair.ptr(), 0), *b = PyTuple_GET_ITEM(pair.ptr(), 1);
    nb::object quotient = nb::steal(binary(Op::floor_divide, a, b));
    if (!quotient.is_valid() || quotient.ptr() == Py_NotImplemented)
        return quotient.release().ptr();
    nb::object rest = nb::steal(binary(Op::remainder, a, b));
    if (!rest.is_valid()) return nullptr;
    return PyTuple_Pack(2, quotient.ptr(), rest.ptr());
}

PyObject* compare(PyObject* a, PyObject* b, int how) {
    static constexpr Op ops[] = {Op::less,      Op::less_equal, Op::equal,
                                 Op::not_equal, Op::greater,    Op::greater_equal};
    return binary(ops[how], a, b);
}

template <Op op>
PyObject* binary_slot(PyObject* a, PyObject* b) {
    return binary(op, a, b);
}
template <Op op>
PyObject* in_place_slot(PyObject* a, PyObject* b) {
    return in_place(op, a, b);
}
template <Op op>
PyObject* unary_slot(PyObject* a) {
    return unary(op, a);
}

int as_bool(PyObject* self) {
    return guarded<int>(-1, [&] {
        Entry entry;
        const Array& x = array_in(self);
        if (element_count(x.shape()) != 1)
            fail<ValueError>("bool: the truth of an array of shape ", to_string(x.shape()),
                             " is ambiguous; use any() or all()");
        return element("bool", x).as<bool>() ? 1 : 0;
    });
}

nb::object number_of(const char* function, PyObject* self) {
    Entry entry;
    return python_number(element(function, array_in(self)));
}

PyObject* as_int(PyObject* self) {
    return guarded<PyObject*>(nullptr, [&] {
        nb::object number = number_of("int", self);
        if (PyComplex_Check(number.ptr()))
            fail<TypeError>("int: a complex number has no whole part; take its real part");
        return PyNumber_Long(number.ptr());
    });
}

PyObject* as_float(PyObject* self) {
    return guarded<PyObject*>(nullptr, [&] {
        nb::object number = number_of("float", self);
        if (PyComplex_Check(number.ptr()))
            fail<TypeError>("float: a complex number is no real one; take its real part");
        return PyNumber_Float(number.ptr());
    });
}

PyObject* as_index(PyObject* self) {
    return guarded<PyObject*>(nullptr, [&] {
        const Array& x = array_in(self);
        if (!is_integer(x.dtype()) || x.dimensions() != 0)
            fail<TypeError>("index: only 0-d integer arrays are indices; this one has dtype ",
                            name_of(x.dtype()), " and shape ", to_string(x.shape()));
        return number_of("index", self).release().ptr();
    });
}

Py_ssize_t length(PyObject* self) {
    return guarded<Py_ssize_t>(-1, [&] {
        const Array& x = array_in(self);
        if (x.dimensions() == 0) fail<TypeError>("len: a 0-d array has no length");
        return static_cast<Py_ssize_t>(x.shape()[0]);
    });
}

// What iteration asks for.
PyObject* item_at(PyObject* self, Py_ssize_t i) {
    return guarded<PyObject*>(nullptr, [&] { return get_item(self, nb::int_(i)).release().ptr(); });
}

PyObject* subscript(PyObject* self, PyObject* key) {
    return guarded<PyObject*>(nullptr, [&] { return get_item(self, key).release().ptr(); });
}

int assign_subscript(PyObject* self, PyObject* key, PyObject* value) {
    return guarded<int>(-1, [&] {
        if (!value) fail<TypeError>("index: elements of an array cannot be deleted");
        set_item(self, key, value, is_temporary(value));
        return 0;
    });
}

// What a buffer consumer borrows until it lets go.
struct Loan {
    std::vector<Py_ssize_t> shape, strides;
    Ref<Buffer> exported;
};

const char* format_of(DType dtype) {
    // NumPy's int64 is C's long where that has 64 bits; "q" would print as a dtype of its own.
    constexpr bool long_is_64 = sizeof(long) == 8;
    static constexpr const char* formats[] = {
        "?", "b", "h",  "i", long_is_64 ? "l" : "q", "B", "H", "I", long_is_64 ? "L" : "Q",
        "f", "d", "Zf", "Zd"};
    return formats[static_cast<int>(dtype)];
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
    view->obj = nullptr;
    return guarded<int>(-1, [&] {
        Entry entry;
        const Array& x = array_in(self);
        if (x.distributed())
            fail<BufferError>(
                "buffer: this array is distributed; to_numpy() or gather() bring it "
                "together, local_partition is this locality's part");
        if ((flags & PyBUF_WRITABLE) && !x.writeable)
            fail<BufferError>("buffer: this array is read-only; copy() gives one that is not");
        bool contiguous = x.view.is_contiguous();
        bool wants_strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES;
        if (!contiguous && (!wants_strides || (flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS))
            fail<BufferError>("buffer: this array is not contiguous; copy() gives one that is");
        bool wants_fortran = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS;
        if (wants_fortran && x.dimensions() > 1)
            fail<BufferError>("buffer: this array is in C order; Fortran order is not supported");
        evaluate(x);
        auto loan = std::make_unique<Loan>();
        if (x.writeable) {
            // From now on others may write it behind our back, whether they asked to or not.
            before_write(*x.node);
            loan->exported = x.node->buffer;
            loan->exported->add_export();
        }
        std::int64_t size = itemsize(x.dtype());
        for (int i = 0; i < x.dimensions(); ++i) {
            loan->shape.push_back(x.view.shape[i]);
            loan->strides.push_back(x.view.strides[i] * size);
        }
        view->buf = x.node->bytes() + x.view.offset * size;
        view->itemsize = size;
        view->len = x.view.count() * size;
        view->readonly = !x.writeable;
        view->ndim = x.dimensions();
        view->format = (flags & PyBUF_FORMAT) ? const_cast<char*>(format_of(x.dtype())) : nullptr;
        view->shape = (flags & PyBUF_ND) ? loan->shape.data() : nullptr;
        view->strides = wants_strides ? loan->strides.data() : nullptr;
        view->suboffsets = nullptr;
        view->internal = loan.release();
        view->obj = Py_NewRef(self);
        return 0;
    });
}

void release_buffer(PyObject*, Py_buffer* view) {
    auto* loan = static_cast<Loan*>(view->internal);
    if (loan->exported) loan->exported->end_export();
    delete loan;
}

}  // namespace

#define HPXPY_SLOT(slot, function) \
    { slot, reinterpret_cast<void*>(function) }
PyType_Slot operator_slots[] = {
    HPXPY_SLOT(Py_nb_add, &binary_slot<Op::add>),
    HPXPY_SLOT(Py_nb_subtract, &binary_slot<Op::subtract>),
    HPXPY_SLOT(Py_nb_multiply, &binary_slot<Op::multiply>),
    HPXPY_SLOT(Py_nb_true_divide, &binary_slot<Op::divide>),
    HPXPY_SLOT(Py_nb_floor_divide, &binary_slot<Op::floor_divide>),
    HPXPY_SLOT(Py_nb_remainder, &binary_slot<Op::remainder>),
    HPXPY_SLOT(Py_nb_divmod, &both),
    HPXPY_SLOT(Py_nb_power, &power),
    HPXPY_SLOT(Py_nb_and, &binary_slot<Op::bitwise_and>),
    HPXPY_SLOT(Py_nb_or, &binary_slot<Op::bitwise_or>),
    HPXPY_SLOT(Py_nb_xor, &binary_slot<Op::bitwise_xor>),
    HPXPY_SLOT(Py_nb_lshift, &binary_slot<Op::bitwise_left_shift>),
    HPXPY_SLOT(Py_nb_rshift, &binary_slot<Op::bitwise_right_shift>),
    HPXPY_SLOT(Py_nb_inplace_add, &in_place_slot<Op::add>),
    HPXPY_SLOT(Py_nb_inplace_subtract, &in_place_slot<Op::subtract>),
    HPXPY_SLOT(Py_nb_inplace_multiply, &in_place_slot<Op::multiply>),
    HPXPY_SLOT(Py_nb_inplace_true_divide, &in_place_slot<Op::divide>),
    HPXPY_SLOT(Py_nb_inplace_floor_divide, &in_place_slot<Op::floor_divide>),
    HPXPY_SLOT(Py_nb_inplace_remainder, &in_place_slot<Op::remainder>),
    HPXPY_SLOT(Py_nb_inplace_power, &in_place_power),
    HPXPY_SLOT(Py_nb_inplace_and, &in_place_slot<Op::bitwise_and>),
    HPXPY_SLOT(Py_nb_inplace_or, &in_place_slot<Op::bitwise_or>),
    HPXPY_SLOT(Py_nb_inplace_xor, &in_place_slot<Op::bitwise_xor>),
    HPXPY_SLOT(Py_nb_inplace_lshift, &in_place_slot<Op::bitwise_left_shift>),
    HPXPY_SLOT(Py_nb_inplace_rshift, &in_place_slot<Op::bitwise_right_shift>),
    HPXPY_SLOT(Py_nb_negative, &unary_slot<Op::negative>),
    HPXPY_SLOT(Py_nb_positive, &unary_slot<Op::positive>),
    HPXPY_SLOT(Py_nb_absolute, &unary_slot<Op::abs>),
    HPXPY_SLOT(Py_nb_invert, &unary_slot<Op::bitwise_invert>),
    HPXPY_SLOT(Py_nb_bool, &as_bool),
    HPXPY_SLOT(Py_nb_int, &as_int),
    HPXPY_SLOT(Py_nb_float, &as_float),
    HPXPY_SLOT(Py_nb_index, &as_index),
    HPXPY_SLOT(Py_tp_richcompare, &compare),
    HPXPY_SLOT(Py_sq_item, &item_at),
    HPXPY_SLOT(Py_mp_length, &length),
    HPXPY_SLOT(Py_mp_subscript, &subscript),
    HPXPY_SLOT(Py_mp_ass_subscript, &assign_subscript),
    HPXPY_SLOT(Py_bf_getbuffer, &get_buffer),
    HPXPY_SLOT(Py_bf_releasebuffer, &release_buffer),
    {0, nullptr},
};
#undef HPXPY_SLOT

}  // namespace hpxpy
