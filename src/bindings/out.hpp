// Where a call puts its result: the caller's out= and where=. Every binding that takes them speaks through this header.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "bindings/convert.hpp"

namespace hpxpy {

/// What may be stored into what: as NumPy's 'same_kind', or any real number into any dtype, as reductions store.
enum class Casting : std::uint8_t { same_kind, unsafe };

/// Whether a result is broadcast to the shape of out=.
enum class OutShape : std::uint8_t { equal, stretched };

/// An out= argument: None, an array of hpxpy or of NumPy, or a tuple of one of these.
class Out {
public:
    /// TypeError for other things, ValueError for NumPy arrays that are read-only.
    Out(const char* function, nb::handle given);

    bool given() const { return !object_.is_none(); }
    /// The dtype of the array, if hpxpy has it.
    std::optional<DType> dtype() const { return dtype_; }
    /// The dtype that a reduction or a scan of `x` works in for the sake of the array, as NumPy has it; nothing where
    /// none is given.
    std::optional<DType> working_dtype(const Array& x) const;
    /// TypeError if a result of `from` may not be stored; ValueError if its shape does not fit.
    void check(const Array& result, Casting casting, OutShape shape) const;
    /// Stores the result, where the mask is true if there is one. Gives the object that the caller passed; without out=
    /// the result, which is 0 where the mask is false.
    nb::object put(Array result, const Array* mask, Casting casting, OutShape shape) const;

private:
    bool ours() const { return is_array(object_); }
    Dims shape() const;
    void put_into_numpy(const Array& result, const Array* mask) const;

    const char* function_;
    nb::object object_;
    std::optional<DType> dtype_;
};

}  // namespace hpxpy
