// The exceptions that cross every room; the bindings turn each into its Python twin.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <sstream>
#include <string>

#define HPXPY_EXPORT __attribute__((visibility("default")))

namespace hpxpy {

/// What every exception of ours derives from; `what()` is the message that the user reads.
class HPXPY_EXPORT Error : public std::exception {
public:
    explicit Error(std::string message) : message_(std::move(message)) {}
    const char* what() const noexcept override { return message_.c_str(); }

private:
    std::string message_;
};

#define HPXPY_ERROR(Name, Base)             \
    class HPXPY_EXPORT Name : public Base { \
        using Base::Base;                   \
    };
HPXPY_ERROR(ValueError, Error)
/// A shape that an operation cannot do with: ValueError and RuntimeError both.
HPXPY_ERROR(ShapeError, ValueError)
/// A matrix that has no answer, such as the inverse of a singular one: a ValueError, as in NumPy.
HPXPY_ERROR(LinAlgError, ValueError)
HPXPY_ERROR(TypeError, Error)
HPXPY_ERROR(IndexError, Error)
/// An axis that the array does not have: ValueError and IndexError both, as in NumPy.
HPXPY_ERROR(AxisError, IndexError)
HPXPY_ERROR(OverflowError, Error)
HPXPY_ERROR(BufferError, Error)
HPXPY_ERROR(RuntimeError, Error)
HPXPY_ERROR(MemoryError, Error)
HPXPY_ERROR(ImportError, Error)
/// A locality that cannot be reached, or localities that do not agree.
HPXPY_ERROR(CommunicationError, RuntimeError)
#undef HPXPY_ERROR

/// Throws E with the parts joined to one message.
template <class E, class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    throw E(text.str());
}

}  // namespace hpxpy
