// Products of matrices of integers and booleans, which BLAS does not have, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/elementwise.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

// As many columns of a row of the result as stay in the first cache with those of the right matrix.
constexpr std::int64_t tile = 1024;

// Sums are unsigned, since signed integers must not overflow; booleans count as bytes of 0 or 1.
template <class T>
using Sum = std::conditional_t<
    sizeof(T) == 1, std::uint8_t,
    std::conditional_t<sizeof(T) == 2, std::uint16_t,
                       std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;

// Of small ones the product is taken as 32 bits, so that it is not of a signed type.
template <class T>
HPXPY_INLINE Sum<T> product(T a, T b) {
    if constexpr (std::is_same_v<T, bool>)
        return static_cast<Sum<T>>(a & b);
    else if constexpr (sizeof(T) < 4)
        return static_cast<Sum<T>>(static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b));
    else
        return static_cast<Sum<T>>(a) * static_cast<Sum<T>>(b);
}

template <class T>
HPXPY_INLINE T joined(T sum, Sum<T> more) {
    if constexpr (std::is_same_v<T, bool>)
        return static_cast<T>(sum | (more != 0));
    else
        return static_cast<T>(static_cast<Sum<T>>(static_cast<Sum<T>>(sum) + more));
}

template <class T>
T dot(const T* a, std::int64_t a_stride, const T* b, std::int64_t b_stride, std::int64_t n) {
    T result = 0;
    for (std::int64_t first = 0; first < n; first += tile) {
        const std::int64_t count = n - first < tile ? n - first : tile;
        const T* x = a + first * a_stride;
        const T* y = b + first * b_stride;
        Sum<T> sum = 0;
        if (a_stride == 1 && b_stride == 1)
            for (std::int64_t i = 0; i < count; ++i)
                if constexpr (std::is_same_v<T, bool>)
                    sum = static_cast<Sum<T>>(sum | product(x[i], y[i]));
                else
                    sum = static_cast<Sum<T>>(sum + product(x[i], y[i]));
        else
            for (std::int64_t i = 0; i < count; ++i)
                if constexpr (std::is_same_v<T, bool>)
                    sum = static_cast<Sum<T>>(sum | product(x[i * a_stride], y[i * b_stride]));
                else
                    sum = static_cast<Sum<T>>(sum + product(x[i * a_stride], y[i * b_stride]));
        result = joined(result, sum);
        if constexpr (std::is_same_v<T, bool>)
            if (result) break;
    }
    return result;
}

// row[j] joined with left * right[j].
template <class T>
HPXPY_INLINE void add_scaled(T* __restrict row, T left, const T* __restrict right, std::int64_t n) {
    for (std::int64_t j = 0; j < n; ++j) row[j] = joined(row[j], product(left, right[j]));
}

// Lines of the right matrix lie one behind the other, so that a row of the result grows by whole lines.
template <class T>
void by_lines(T* out, std::int64_t out_row, const T* a, const Matrix& left, const T* b,
              std::int64_t b_row, std::int64_t m, std::int64_t n, std::int64_t k) {
    for (std::int64_t first = 0; first < n; first += tile) {
        const std::int64_t count = n - first < tile ? n - first : tile;
        for (std::int64_t i = 0; i < m; ++i) {
            T* row = out + i * out_row + first;
            for (std::int64_t j = 0; j < count; ++j) row[j] = 0;
            for (std::int64_t p = 0; p < k; ++p) {
                const T factor = a[i * left.row + p * left.column];
                if constexpr (std::is_same_v<T, bool>)
                    if (!factor) continue;
                add_scaled(row, factor, b + p * b_row + first, count);
            }
        }
    }
}

template <class T>
void multiply(char* out, std::int64_t out_row, const Matrix& a, const Matrix& b, std::int64_t m,
              std::int64_t n, std::int64_t k) {
    T* c = reinterpret_cast<T*>(out);
    const T* x = reinterpret_cast<const T*>(a.data);
    const T* y = reinterpret_cast<const T*>(b.data);
    if (n > 1 && b.column == 1) return by_lines(c, out_row, x, a, y, b.row, m, n, k);
    // A column is the row of the transposed product.
    if (n == 1 && out_row == 1 && m > 1 && a.row == 1)
        return by_lines(c, m, y, Matrix{b.data, b.column, b.row}, x, a.column, 1, m, k);
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j)
            c[i * out_row + j] = dot(x + i * a.row, a.column, y + j * b.column, b.row, k);
}

template <DType dtype, class T>
void fill_dtype(Table& table) {
    if constexpr (is_integer(dtype) || dtype == DType::bool_)
        table.products[static_cast<int>(dtype)] = multiply<T>;
}

}  // namespace

void fill_products(Table& table) {
#define HPXPY_DTYPE(name, type, kind, letter) fill_dtype<DType::name, Stored<type>>(table);
#include "base/dtype.def"
#undef HPXPY_DTYPE
}

}  // namespace hpxpy::kernels::HPXPY_ISA
