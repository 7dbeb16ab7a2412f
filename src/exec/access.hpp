// Reads and writes the elements of a view by their position in the step's domain: a block that lies
// in one piece is used where it is, any other is copied through a dense block.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <span>

#include "base/dtype.hpp"
#include "base/shape.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy {

/// A view ready for access: axes that follow each other in memory are one.
class Access {
public:
    Access(char* storage, const View& view, DType dtype);

    /// Every position is the same element.
    bool scalar() const { return scalar_; }
    /// Position i lies at start() + i elements.
    bool linear() const { return linear_; }
    char* start() const { return start_; }
    std::int64_t itemsize() const { return itemsize_; }

    /// Positions that lie so far apart are the same element; 0 where none are.
    std::int64_t period() const;

    /// Positions [first, first + n) if they lie densely in one piece, else nullptr.
    char* piece(std::int64_t first, std::int64_t n) const;
    /// Copies positions [first, first + n) to or from dense memory.
    void read(void* dense, std::int64_t first, std::int64_t n) const;
    void write(const void* dense, std::int64_t first, std::int64_t n) const;

private:
    template <class Copy>
    void pieces(std::int64_t first, std::int64_t n, const Copy& copy) const;

    char* start_;
    std::int64_t itemsize_;
    const kernels::Copies* copies_;
    Dims shape_;
    Dims strides_;
    bool scalar_ = false;
    bool linear_ = false;
};

/// The length of the innermost run of `domain` that every one of the views steps through evenly.
std::int64_t common_run(const Dims& domain, std::span<const Dims> strides);

}  // namespace hpxpy
