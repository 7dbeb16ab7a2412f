// Copies between strided and dense memory, filling, and stores past the caches, for one instruction set.
// SPDX-License-Identifier: BSL-1.0
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "kernels/scalar.inl.hpp"
#include "kernels/table.hpp"

namespace hpxpy::kernels::HPXPY_ISA {

namespace {

struct Bits128 {
    std::uint64_t low, high;
};

using Bytes16 = char __attribute__((vector_size(16)));

HPXPY_INLINE void copy_16(char* dst, const char* src) {
    Bytes16 bytes;
    __builtin_memcpy(&bytes, src, 16);
    __builtin_memcpy(dst, &bytes, 16);
}

// One piece, by vectors and not by a call: what libc copies some KB with, `rep movsb`, takes ten times as long on some
// processors where the two lie differently in their cache lines.
void copy_one(void* dst, const void* src, std::int64_t bytes) {
    constexpr std::int64_t line = 64, longest = 1 << 18;
    using Line = char __attribute__((vector_size(line)));
    char* to = static_cast<char*>(dst);
    const char* from = static_cast<const char*>(src);
    if (bytes < 2 * line || bytes > longest) {
        __builtin_memcpy(to, from, static_cast<std::size_t>(bytes));
        return;
    }
    auto copy_line = [&](std::int64_t i) {
        Line elements;
        __builtin_memcpy(&elements, from + i, line);
        __builtin_memcpy(to + i, &elements, line);
    };
    copy_line(0);
    std::int64_t i = line - (reinterpret_cast<std::uintptr_t>(to) & (line - 1));
    for (; i + 4 * line <= bytes; i += 4 * line)
        for (int k = 0; k < 4; ++k) copy_line(i + k * line);
    for (; i + line <= bytes; i += line) copy_line(i);
    copy_line(bytes - line);
}

// A piece of less than 16 bytes: two parts of one size, which may overlap.
template <class Part>
HPXPY_INLINE void copy_ends(char* dst, const char* src, std::int64_t bytes) {
    constexpr std::int64_t size = sizeof(Part);
    Part first, last;
    __builtin_memcpy(&first, src, size);
    __builtin_memcpy(&last, src + bytes - size, size);
    __builtin_memcpy(dst, &first, size);
    __builtin_memcpy(dst + bytes - size, &last, size);
}

template <class Part>
void copy_short_pieces(char* dst, std::int64_t dst_step, const char* src, std::int64_t src_step,
                       std::int64_t rows, std::int64_t bytes) {
    for (std::int64_t r = 0; r < rows; ++r)
        copy_ends<Part>(dst + r * dst_step, src + r * src_step, bytes);
}

// `rows` pieces of `bytes` each; a short piece is not worth a call.
void copy_pieces(char* dst, std::int64_t dst_step, const char* src, std::int64_t src_step,
                 std::int64_t rows, std::int64_t bytes) {
    if (bytes == dst_step && bytes == src_step) {
        copy_one(dst, src, rows * bytes);
        return;
    }
    if (bytes < 16) {
        if (bytes >= 8)
            copy_short_pieces<std::uint64_t>(dst, dst_step, src, src_step, rows, bytes);
        else if (bytes >= 4)
            copy_short_pieces<std::uint32_t>(dst, dst_step, src, src_step, rows, bytes);
        else if (bytes >= 2)
            copy_short_pieces<std::uint16_t>(dst, dst_step, src, src_step, rows, bytes);
        else
            copy_short_pieces<std::uint8_t>(dst, dst_step, src, src_step, rows, bytes);
        return;
    }
    if (bytes > 256) {
        for (std::int64_t r = 0; r < rows; ++r)
            copy_one(dst + r * dst_step, src + r * src_step, bytes);
        return;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
        char* to = dst + r * dst_step;
        const char* from = src + r * src_step;
        for (std::int64_t i = 0; i + 16 < bytes; i += 16) copy_16(to + i, from + i);
        copy_16(to + bytes - 16, from + bytes - 16);
    }
}

template <class T>
void fill_loop(void* dst, const void* value, std::int64_t n) {
    T* to = static_cast<T*>(dst);
    if (n <= 0) return;
    const T x = *static_cast<const T*>(value);
    for (std::int64_t i = 0; i < n; ++i) to[i] = x;
}

// dst[i*dst_stride] = src[i*src_stride]; the common strides are constants for the compiler.
template <class T>
HPXPY_INLINE void copy_line(T* dst, std::int64_t dst_stride, const T* src, std::int64_t src_stride,
                            std::int64_t n) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) dst[i * dst_stride] = src[i * src_stride];
}

template <class T>
void gather_line(T* dst, const T* src, std::int64_t n, std::int64_t stride) {
    switch (stride) {
        case 0:
            return fill_loop<T>(dst, src, n);
        case 2:
            return copy_line<T>(dst, 1, src, 2, n);
        case -1:
            return copy_line<T>(dst, 1, src, -1, n);
        default:
            return copy_line<T>(dst, 1, src, stride, n);
    }
}

template <class T>
void scatter_line(T* dst, const T* src, std::int64_t n, std::int64_t stride) {
    switch (stride) {
        case 2:
            return copy_line<T>(dst, 2, src, 1, n);
        case -1:
            return copy_line<T>(dst, -1, src, 1, n);
        default:
            return copy_line<T>(dst, stride, src, 1, n);
    }
}

// Rows of two to four elements: the loop over columns is unrolled away.
template <class T, std::int64_t columns>
void gather_narrow(T* dst, const T* src, std::int64_t rows, std::int64_t row_stride,
                   std::int64_t column_stride) {
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            dst[r * columns + c] = src[r * row_stride + c * column_stride];
}

template <class T, std::int64_t columns>
void scatter_narrow(T* dst, const T* src, std::int64_t rows, std::int64_t row_stride,
                    std::int64_t column_stride) {
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c)
            dst[r * row_stride + c * column_stride] = src[r * columns + c];
}

// A transposition works on as many rows at a time as one cache line of the columns holds.
template <class T>
constexpr std::int64_t line_rows = sizeof(T) < 16 ? 64 / sizeof(T) / (sizeof(T) < 4 ? 4 : 1) : 4;

constexpr std::int64_t least_for_transposition = 4;

template <class T>
void gather_transposed(T* dst, const T* src, std::int64_t rows, std::int64_t columns,
                       std::int64_t column_stride) {
    constexpr std::int64_t step = line_rows<T>;
    std::int64_t r = 0;
    for (; r + step <= rows; r += step)
        for (std::int64_t c = 0; c < columns; ++c)
            for (std::int64_t k = 0; k < step; ++k)
                dst[(r + k) * columns + c] = src[c * column_stride + r + k];
    for (std::int64_t c = 0; c < columns; ++c)
        for (std::int64_t k = r; k < rows; ++k) dst[k * columns + c] = src[c * column_stride + k];
}

template <class T>
void scatter_transposed(T* dst, const T* src, std::int64_t rows, std::int64_t columns,
                        std::int64_t column_stride) {
    constexpr std::int64_t step = line_rows<T>;
    std::int64_t r = 0;
    for (; r + step <= rows; r += step)
        for (std::int64_t c = 0; c < columns; ++c)
            for (std::int64_t k = 0; k < step; ++k)
                dst[c * column_stride + r + k] = src[(r + k) * columns + c];
    for (std::int64_t c = 0; c < columns; ++c)
        for (std::int64_t k = r; k < rows; ++k) dst[c * column_stride + k] = src[k * columns + c];
}

template <class T>
void gather(void* dst, const void* src, std::int64_t rows, std::int64_t columns,
            std::int64_t row_stride, std::int64_t column_stride) {
    constexpr std::int64_t size = sizeof(T);
    T* to = static_cast<T*>(dst);
    const T* from = static_cast<const T*>(src);
    if (rows <= 0 || columns <= 0) return;
    if (columns == 1) {
        columns = rows;
        column_stride = row_stride;
        rows = 1;
    }
    if (column_stride == 1 && (rows == 1 || columns > 4 || columns * size >= 16))
        return copy_pieces(static_cast<char*>(dst), columns * size, static_cast<const char*>(src),
                           rows == 1 ? columns * size : row_stride * size, rows, columns * size);
    if (rows == 1) return gather_line(to, from, columns, column_stride);
    if (columns == 2) return gather_narrow<T, 2>(to, from, rows, row_stride, column_stride);
    if (columns == 3) return gather_narrow<T, 3>(to, from, rows, row_stride, column_stride);
    if (columns == 4) return gather_narrow<T, 4>(to, from, rows, row_stride, column_stride);
    if (row_stride == 1 && rows >= least_for_transposition)
        return gather_transposed(to, from, rows, columns, column_stride);
    for (std::int64_t r = 0; r < rows; ++r)
        gather_line(to + r * columns, from + r * row_stride, columns, column_stride);
}

template <class T>
void scatter(void* dst, const void* src, std::int64_t rows, std::int64_t columns,
             std::int64_t row_stride, std::int64_t column_stride) {
    constexpr std::int64_t size = sizeof(T);
    T* to = static_cast<T*>(dst);
    const T* from = static_cast<const T*>(src);
    if (rows <= 0 || columns <= 0) return;
    if (columns == 1) {
        columns = rows;
        column_stride = row_stride;
        rows = 1;
    }
    if (column_stride == 1 && (rows == 1 || columns > 4 || columns * size >= 16))
        return copy_pieces(static_cast<char*>(dst), rows == 1 ? columns * size : row_stride * size,
                           static_cast<const char*>(src), columns * size, rows, columns * size);
    if (rows == 1) return scatter_line(to, from, columns, column_stride);
    if (columns == 2) return scatter_narrow<T, 2>(to, from, rows, row_stride, column_stride);
    if (columns == 3) return scatter_narrow<T, 3>(to, from, rows, row_stride, column_stride);
    if (columns == 4) return scatter_narrow<T, 4>(to, from, rows, row_stride, column_stride);
    if (row_stride == 1 && rows >= least_for_transposition)
        return scatter_transposed(to, from, rows, columns, column_stride);
    for (std::int64_t r = 0; r < rows; ++r)
        scatter_line(to + r * row_stride, from + r * columns, columns, column_stride);
}

void stream_bytes(void* dst, const void* src, std::int64_t bytes) {
    char* to = static_cast<char*>(dst);
    const char* from = static_cast<const char*>(src);
#if defined(__x86_64__)
    std::int64_t head = -static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(dst)) & 63;
    if (bytes < head + 64) head = bytes;
    __builtin_memcpy(to, from, static_cast<std::size_t>(head));
    std::int64_t i = head;
    // Whole cache lines, so that each leaves its write-combining buffer full.
    for (; i + 64 <= bytes; i += 64) {
#if defined(__AVX512F__)
        _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_loadu_si512(from + i));
#elif defined(__AVX__)
        for (int k = 0; k < 64; k += 32)
            _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i + k),
                                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i + k)));
#else
        for (int k = 0; k < 64; k += 16)
            _mm_stream_si128(reinterpret_cast<__m128i*>(to + i + k),
                             _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i + k)));
#endif
    }
    __builtin_memcpy(to + i, from + i, static_cast<std::size_t>(bytes - i));
#else
    __builtin_memcpy(to, from, static_cast<std::size_t>(bytes));
#endif
}

template <class T>
constexpr Copies copies_of = {gather<T>, scatter<T>, fill_loop<T>};

}  // namespace

void fill_copies(Table& table) {
    table.copies[0] = copies_of<std::uint8_t>;
    table.copies[1] = copies_of<std::uint16_t>;
    table.copies[2] = copies_of<std::uint32_t>;
    table.copies[3] = copies_of<std::uint64_t>;
    table.copies[4] = copies_of<Bits128>;
    table.stream = stream_bytes;
    table.copy = copy_one;
}

}  // namespace hpxpy::kernels::HPXPY_ISA
