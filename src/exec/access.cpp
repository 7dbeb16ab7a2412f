// Blocks of strided views.
// SPDX-License-Identifier: BSL-1.0
#include "exec/access.hpp"

#include <algorithm>

namespace hpxpy {

Access::Access(char* storage, const View& view, DType dtype)
    : start_(storage + view.offset * hpxpy::itemsize(dtype)),
      itemsize_(hpxpy::itemsize(dtype)),
      copies_(&kernels::copies(itemsize_)) {
    for (int i = 0; i < view.dimensions(); ++i) {
        if (view.shape[i] == 1) continue;
        int last = shape_.size() - 1;
        if (last >= 0 && strides_[last] == view.strides[i] * view.shape[i]) {
            shape_[last] *= view.shape[i];
            strides_[last] = view.strides[i];
        } else {
            shape_.push_back(view.shape[i]);
            strides_.push_back(view.strides[i]);
        }
    }
    if (shape_.empty()) {
        shape_.push_back(1);
        strides_.push_back(1);
    }
    scalar_ = std::all_of(strides_.begin(), strides_.end(), [](auto s) { return s == 0; }) ||
              (shape_.size() == 1 && shape_[0] == 1);
    linear_ = shape_.size() == 1 && strides_[0] == 1;
}

char* Access::piece(std::int64_t first, std::int64_t n) const {
    if (linear_) return start_ + first * itemsize_;
    int inner = shape_.size() - 1;
    if (strides_[inner] != 1) return nullptr;
    std::int64_t column = first % shape_[inner];
    if (column + n > shape_[inner]) return nullptr;
    std::int64_t offset = column;
    for (std::int64_t rest = first / shape_[inner], i = inner - 1; i >= 0; --i) {
        int axis = static_cast<int>(i);
        offset += rest % shape_[axis] * strides_[axis];
        rest /= shape_[axis];
    }
    return start_ + offset * itemsize_;
}

// Calls copy(memory, done, rows, columns, row_stride, column_stride) for the parts of
// [first, first + n) that are rectangles of the two inner axes.
template <class Copy>
void Access::pieces(std::int64_t first, std::int64_t n, const Copy& copy) const {
    int inner = shape_.size() - 1;
    std::int64_t columns = shape_[inner], column_stride = strides_[inner];
    std::int64_t row_stride = inner > 0 ? strides_[inner - 1] : 0;
    // The row's index along each axis, and where the row begins.
    Dims index = shape_;
    std::int64_t column = first % columns, begin = 0;
    for (std::int64_t rest = first / columns, axis = inner - 1; axis >= 0; --axis) {
        int at = static_cast<int>(axis);
        index[at] = rest % shape_[at];
        rest /= shape_[at];
        begin += index[at] * strides_[at];
    }
    for (std::int64_t done = 0; done < n;) {
        std::int64_t rows = 1, taken = std::min(columns - column, n - done);
        if (inner > 0 && taken == columns) {
            rows = shape_[inner - 1] - index[inner - 1];
            if (rows * columns > n - done) rows = (n - done) / columns;
        }
        copy(start_ + (begin + column * column_stride) * itemsize_, done, rows, taken, row_stride,
             column_stride);
        done += rows * taken;
        column = 0;
        for (int axis = inner - 1; axis >= 0; --axis) {
            index[axis] += rows;
            begin += rows * strides_[axis];
            if (index[axis] < shape_[axis]) break;
            begin -= index[axis] * strides_[axis];
            index[axis] = 0;
            rows = 1;
        }
    }
}

std::int64_t Access::period() const {
    int outer = 0;
    while (outer < shape_.size() && strides_[outer] == 0) ++outer;
    std::int64_t period = 1;
    for (int i = outer; i < shape_.size(); ++i) period *= shape_[i];
    return outer == 0 ? 0 : period;
}

void Access::read(void* dense, std::int64_t first, std::int64_t n) const {
    auto* out = static_cast<char*>(dense);
    pieces(first, n,
           [&](char* memory, std::int64_t done, std::int64_t rows, std::int64_t columns,
               std::int64_t row_stride, std::int64_t column_stride) {
               copies_->gather(out + done * itemsize_, memory, rows, columns, row_stride,
                               column_stride);
           });
}

void Access::write(const void* dense, std::int64_t first, std::int64_t n) const {
    auto* in = static_cast<const char*>(dense);
    pieces(first, n,
           [&](char* memory, std::int64_t done, std::int64_t rows, std::int64_t columns,
               std::int64_t row_stride, std::int64_t column_stride) {
               copies_->scatter(memory, in + done * itemsize_, rows, columns, row_stride,
                                column_stride);
           });
}

std::int64_t common_run(const Dims& domain, std::span<const Dims> strides) {
    std::int64_t run = 1;
    int inner = -1;
    for (int axis = domain.size() - 1; axis >= 0; --axis) {
        if (domain[axis] == 1) continue;
        if (inner >= 0)
            for (const Dims& each : strides)
                if (each[axis] != each[inner] * domain[inner]) return run;
        run *= domain[axis];
        inner = axis;
    }
    return run;
}

}  // namespace hpxpy
