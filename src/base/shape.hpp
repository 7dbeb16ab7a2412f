// Shapes and strides: a short list of 64-bit numbers, and the view that a strided array is.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

namespace hpxpy {

/// NumPy's limit of dimensions.
constexpr int max_dimensions = 64;

/// A list of at most 64 numbers; up to 6 live inside the object.
class Dims {
public:
    Dims() = default;
    explicit Dims(int size, std::int64_t value = 0) {
        resize(size);
        std::fill(begin(), end(), value);
    }
    Dims(std::initializer_list<std::int64_t> values) {
        resize(static_cast<int>(values.size()));
        std::copy(values.begin(), values.end(), begin());
    }
    Dims(const Dims& other) { *this = other; }
    Dims(Dims&& other) noexcept { *this = std::move(other); }
    Dims& operator=(const Dims& other) {
        if (this == &other) return *this;
        size_ = 0;
        resize(other.size_);
        std::copy(other.begin(), other.end(), begin());
        return *this;
    }
    Dims& operator=(Dims&& other) noexcept {
        inline_ = other.inline_;
        heap_ = std::move(other.heap_);
        size_ = other.size_;
        other.size_ = 0;
        return *this;
    }

    int size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::int64_t* data() { return heap_ ? heap_.get() : inline_.data(); }
    const std::int64_t* data() const { return heap_ ? heap_.get() : inline_.data(); }
    std::int64_t* begin() { return data(); }
    std::int64_t* end() { return data() + size_; }
    const std::int64_t* begin() const { return data(); }
    const std::int64_t* end() const { return data() + size_; }
    std::int64_t& operator[](int i) { return data()[i]; }
    std::int64_t operator[](int i) const { return data()[i]; }
    std::int64_t& back() { return data()[size_ - 1]; }
    std::int64_t back() const { return data()[size_ - 1]; }
    void push_back(std::int64_t value) {
        resize(size_ + 1);
        back() = value;
    }
    void insert(int at, std::int64_t value) {
        push_back(value);
        std::rotate(begin() + at, end() - 1, end());
    }
    void erase(int at) {
        std::copy(begin() + at + 1, end(), begin() + at);
        --size_;
    }
    /// Keeps the first values; new ones are 0.
    void resize(int size) {
        if (size > inline_capacity && (!heap_ || size > max_dimensions)) grow(size);
        if (size > size_) std::fill(data() + size_, data() + size, 0);
        size_ = size;
    }
    bool operator==(const Dims& other) const {
        return size_ == other.size_ && std::equal(begin(), end(), other.begin());
    }

private:
    void grow(int size);
    static constexpr int inline_capacity = 6;
    std::array<std::int64_t, inline_capacity> inline_{};
    std::unique_ptr<std::int64_t[]> heap_;
    int size_ = 0;
};

/// Product of the lengths; throws ValueError past 2^63 - 1.
std::int64_t element_count(const Dims& shape);

/// Strides, in elements, of a dense array in C order.
Dims dense_strides(const Dims& shape);

/// "(2, 3)", "(2,)", "()": as Python prints a tuple.
std::string to_string(const Dims& shape);
/// "3 5 8".
std::string listed(std::span<const std::int64_t> numbers);

/// Where the elements of an array lie relative to the start of its storage, all in elements.
struct View {
    std::int64_t offset = 0;
    Dims shape;
    Dims strides;

    /// The dense C-order view of a whole storage.
    static View dense(const Dims& shape) { return {0, shape, dense_strides(shape)}; }
    std::int64_t count() const { return element_count(shape); }
    int dimensions() const { return shape.size(); }
    /// True if the elements follow each other in C order without a gap (lengths of 1 do not count).
    bool is_contiguous() const;
    bool operator==(const View& other) const = default;
};

/// Half-open range of element positions that a view touches; {0, 0} when it has no element.
struct Extent {
    std::int64_t first;
    std::int64_t last;
};
Extent extent(const View& view);

/// False if no element of one view is an element of the other, both on the same storage. True where
/// finding out would take long.
bool may_overlap(const View& a, const View& b);

/// NumPy's broadcasting of two shapes; `function` begins the ValueError where they do not fit.
Dims broadcast_shapes(const char* function, const Dims& a, const Dims& b);

/// The view with shape `shape`, stretched axes with stride 0; the shapes must fit.
View broadcast_view(const View& view, const Dims& shape);

/// The view whose axis i is axis order[i] of `view`.
View permuted(const View& view, const Dims& order);
/// The view that `permuted` makes `view` of.
View permuted_back(const View& view, const Dims& order);

/// 0 <= axis < dimensions after adding `dimensions` to a negative one; AxisError otherwise.
int normalize_axis(const char* function, std::int64_t axis, int dimensions);

}  // namespace hpxpy
