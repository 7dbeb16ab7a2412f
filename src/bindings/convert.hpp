// Python objects in, Python objects out: dtypes, shapes, scalars and arrays. Every binding speaks
// through this header.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "graph/array.hpp"
#include "runtime/lock.hpp"

namespace nb = nanobind;

namespace hpxpy {

/// Holds the interpreter's lock, on any thread.
class Inside {
public:
    Inside() {
        HostGate gate;
        state_ = PyGILState_Ensure();
    }
    ~Inside() { PyGILState_Release(state_); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

private:
    PyGILState_STATE state_;
};

/// A call that asks the engine something, and neither holds the interpreter's lock nor ours.
class Asking {
    Outside outside_;
    Busy busy_;
};

/// Holds the expression lock. While it waits for it, other Python threads run.
/// A call that fails takes the exchanges that it recorded with it.
class Entry {
public:
    Entry();
    ~Entry() {
        if (std::uncaught_exceptions() > exceptions_) forget_recorded();
        expression_lock().unlock();
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

private:
    int exceptions_ = std::uncaught_exceptions();
};

/// What a Python ndarray holds. Its end may come on any thread, also while another one evaluates.
struct PyArray {
    Array array;
    explicit PyArray(Array&& x) : array(std::move(x)) {}
    PyArray(PyArray&&) = default;
    ~PyArray();
};

/// The operands, distributed arrays among them on the map where an elementwise operation on all of them computes, so
/// that several operations on the same operands move nothing twice; others are as they were given.
nb::tuple operands_met(const char* function, nb::handle operands);

/// The class ndarray; set when it is bound.
nb::handle& array_type();

bool is_array(nb::handle object);
/// The array in an ndarray object; TypeError if it is none.
Array& array_in(nb::handle object);
/// A new ndarray object.
nb::object wrap(Array&& x);
inline nb::object wrap_delivered(Array&& x) { return wrap(deliver(std::move(x))); }

/// numpy, imported once.
nb::handle numpy();

/// The dtype that anything NumPy takes for one means; TypeError that lists ours.
DType dtype_from(const char* function, nb::handle object);
std::optional<DType> optional_dtype(const char* function, nb::handle object);
nb::object dtype_object(DType dtype);

/// An integer or a sequence of integers; lengths may be checked by `allow_negative`.
Dims shape_from(const char* function, nb::handle object, bool allow_negative = false);
nb::tuple tuple_of(const Dims& values);
std::int64_t integer_from(const char* function, const char* what, nb::handle object);
std::vector<std::int64_t> integers_from(const char* function, const char* what, nb::handle object);
/// None, an axis or a tuple of axes.
std::optional<std::vector<std::int64_t>> axes_from(const char* function, nb::handle object);

/// What a NumPy scalar of one of our dtypes holds; nothing if it is none.
std::optional<Scalar> numpy_scalar(nb::handle object);

/// A Python (not NumPy) number; nothing if it is something else. An integer past 64 bits is an OverflowError,
/// or its float64 with `as_float`.
std::optional<Scalar> python_scalar(const char* function, nb::handle object, bool as_float = false);

/// The one number that `object` is, as an element of `dtype`: Python's by checked_scalar, others converted.
Scalar scalar_from(const char* function, nb::handle object, DType dtype);

/// The value as Python's own number.
nb::object python_number(const Scalar& scalar);

/// What Python integers past 64 bits are beside arrays of integers; beside floats they are floats.
enum class Past : std::uint8_t {
    refused,   ///< OverflowError
    rounded,   ///< floats
    compared,  ///< above or below all integers; OverflowError beside booleans, as in NumPy
    ordered    ///< above or below all
};
/// What they are to this operation.
Past past_of(Op op);

/// `object` as an operand: a number stays weak, what NumPy can read becomes an array.
class Operands {
public:
    explicit Operands(const char* function, Past rule = Past::refused)
        : function_(function), rule_(rule) {}
    /// False for what no array can be made of (an operator then gives NotImplemented).
    bool add(nb::handle object, bool raise = true);
    /// `object` as elements_from has it; of NumPy's scalars, signed integers must fit, too.
    void add_elements(nb::handle object, DType dtype);
    /// Of what asks for truth alone: numbers become booleans, which change no dtype.
    void take_truth();
    /// Numbers become arrays where there is no other array.
    void require_array();
    std::span<const Input> inputs() {
        if (any_past_) settle();
        return {inputs_, static_cast<std::size_t>(count_)};
    }

private:
    void settle();

    const char* function_;
    Past rule_;
    Input inputs_[3];
    std::optional<Array> made_[3];
    nb::handle past_[3];  ///< Python integers past 64 bits
    bool any_past_ = false;
    int count_ = 0;
};

/// The same elements as array_from gives, for use within one call: of a large NumPy array its memory, not a copy.
Array lent_from(const char* function, nb::handle object);

/// An array that holds a copy of what NumPy makes of `object` (or, with `share`, its memory; an error if that cannot be).
Array array_from(const char* function, nb::handle object, std::optional<DType> dtype,
                 bool share = false);

/// What is to be elements of an array of `dtype`: Python's numbers, alone or in lists, as checked_scalar converts
/// them; arrays as they are.
Array elements_from(const char* function, nb::handle object, DType dtype);

/// `object` itself if it is an array, else what asarray makes of it.
Array operand(const char* function, nb::handle object);

}  // namespace hpxpy
