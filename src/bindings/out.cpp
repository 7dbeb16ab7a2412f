// SPDX-License-Identifier: BSL-1.0
#include "bindings/out.hpp"

#include "base/error.hpp"
#include "exec/evaluate.hpp"
#include "functions/write.hpp"

namespace hpxpy {

namespace {

nb::object alone(nb::handle given) {
    if (!PyTuple_Check(given.ptr()) || PyTuple_GET_SIZE(given.ptr()) != 1) return nb::borrow(given);
    return nb::borrow(PyTuple_GET_ITEM(given.ptr(), 0));
}

// NumPy's dtype as ours; nothing for those that hpxpy does not have.
std::optional<DType> known_dtype(nb::handle dtype) {
    nb::object native = dtype.attr("newbyteorder")("=");
    for (int i = 0; i < dtype_count; ++i)
        if (dtype_object(static_cast<DType>(i)).equal(native)) return static_cast<DType>(i);
    return std::nullopt;
}

// Whether an array of shape `from` is broadcast into shape `to` without changing that.
bool stretches(const Dims& from, const Dims& to) {
    int missing = to.size() - from.size();
    if (missing < 0) return false;
    for (int i = 0; i < from.size(); ++i)
        if (from[i] != 1 && from[i] != to[missing + i]) return false;
    return true;
}

nb::object seen_by_numpy(const Array& x) {
    nb::object whole = wrap_delivered(redistribute(x, nullptr));
    return numpy().attr("asarray")(whole);
}

}  // namespace

Out::Out(const char* function, nb::handle given) : function_(function), object_(alone(given)) {
    if (object_.is_none()) return;
    if (ours()) {
        dtype_ = array_in(object_).dtype();
        return;
    }
    if (!nb::isinstance(object_, numpy().attr("ndarray")))
        fail<TypeError>(function, ": out=", nb::repr(object_).c_str(),
                        " is no array of hpxpy or NumPy");
    if (!nb::cast<bool>(object_.attr("flags").attr("writeable")))
        fail<ValueError>(function,
                         ": the array given as out= is read-only; copy() gives one that is not");
    dtype_ = known_dtype(object_.attr("dtype"));
}

Dims Out::shape() const {
    return ours() ? array_in(object_).shape() : shape_from(function_, object_.attr("shape"));
}

std::optional<DType> Out::working_dtype(const Array& x) const {
    if (!dtype_) return std::nullopt;
    return promote(*dtype_, x.dtype());
}

void Out::check(const Array& result, Casting casting, OutShape how) const {
    if (!given()) return;
    Dims own = shape();
    bool fits = how == OutShape::stretched ? stretches(result.shape(), own) : result.shape() == own;
    if (!fits)
        fail<ValueError>(function_, ": out has shape ", to_string(own), ", the result ",
                         to_string(result.shape()));
    if (!dtype_) return;
    if (casting == Casting::same_kind) return check_same_kind(function_, result.dtype(), *dtype_);
    if (is_complex(result.dtype()) && !is_complex(*dtype_))
        fail<TypeError>(function_, ": a result of ", name_of(result.dtype()),
                        " cannot be stored into ", name_of(*dtype_),
                        ", which has no imaginary part; take the real part first");
}

void Out::put_into_numpy(const Array& result, const Array* mask) const {
    nb::object where = nb::bool_(true);
    if (mask) where = seen_by_numpy(*mask);
    const char* casting = dtype_ ? "unsafe" : "same_kind";
    numpy().attr("copyto")(object_, seen_by_numpy(result), nb::arg("casting") = casting,
                           nb::arg("where") = where);
}

nb::object Out::put(Array result, const Array* mask, Casting casting, OutShape how) const {
    if (!given() && !mask) return wrap(std::move(result));
    check(result, casting, how);
    if (dtype_ && *dtype_ != result.dtype()) result = convert(result, *dtype_);
    if (given() && !ours()) {
        put_into_numpy(result, mask);
        return object_;
    }
    if (mask && given()) {
        assign_where(function_, array_in(object_), *mask, result);
        return object_;
    }
    if (mask) {
        const Scalar zero = Scalar::of(false).as_dtype(result.dtype());
        const Input chosen[] = {mask, &result, zero};
        result = elementwise(Op::where, chosen);
    }
    if (!given()) return wrap_delivered(std::move(result));
    assign(function_, array_in(object_), Input(&result), true);
    return object_;
}

}  // namespace hpxpy
