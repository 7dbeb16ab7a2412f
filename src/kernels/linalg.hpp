// Products and factorisations of single matrices, on the calling thread. BLAS and LAPACK are OpenBLAS,
// known to linalg.cpp alone. Called by algorithms/linalg.cpp.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/dtype.hpp"
#include "kernels/matrix.hpp"

namespace hpxpy::kernels {

/// One of the two distances is 1 and the other reaches past its line, as gemm wants it. The
/// distance of an axis of length 1 does not count.
bool in_lines(DType dtype, const Matrix& x, std::int64_t rows, std::int64_t columns);

/// The m x n matrix at `out`, its rows `out_row` elements apart, becomes a (m x k) times b (k x n), all
/// of `dtype`. Floating and complex matrices must be in_lines. Integers wrap, booleans are joined by or.
void multiply(DType dtype, char* out, std::int64_t out_row, const Matrix& a, const Matrix& b,
              std::int64_t m, std::int64_t n, std::int64_t k);

/// The lower triangle, with the diagonal, of the m x m matrix at `out` becomes that of a (m x k) times its own
/// transpose (complex numbers are not conjugated). `dtype` is floating or complex, a in_lines, and k > 0.
void multiply_by_own_transpose(DType dtype, char* out, std::int64_t out_row, const Matrix& a,
                               std::int64_t m, std::int64_t k);

/// What stands right of the diagonal in rows [first, last) of an n x n matrix without gaps becomes the
/// transpose of what stands below it. `dtype` is floating or complex.
void mirror(DType dtype, char* data, std::int64_t n, std::int64_t first, std::int64_t last);

/// OpenBLAS, if it is not loaded yet, takes the loops that every processor with this instruction set has, unless
/// OPENBLAS_CORETYPE says which.
void limit_blas(std::string_view instruction_set);

/// How many threads of its own OpenBLAS may use in the next calls; 1 inside tasks of the pool.
void set_blas_threads(int threads);

// What follows works on matrices of float64 or complex128 in column order without gaps. Each
// gives LAPACK's info: 0, or what is wrong with the matrix; `out_of_memory` is told apart.
bool out_of_memory(std::int64_t info);

/// a (n x n) becomes its Cholesky factor, the other triangle 0.
std::int64_t cholesky(DType dtype, char* a, std::int64_t n, bool upper);
/// b (n x columns) becomes the solution of a x = b; a is overwritten.
std::int64_t solve(DType dtype, char* a, std::int64_t n, char* b, std::int64_t columns);
/// One element each: the determinant, its sign (of `dtype`), and the logarithm of its absolute value
/// (real). a is overwritten.
std::int64_t determinant(DType dtype, char* a, std::int64_t n, char* det, char* sign, char* logabs);
/// Ascending real eigenvalues w of the Hermitian matrix of which a triangle is read; with `vectors` a
/// becomes those.
std::int64_t eigh(DType dtype, char* a, std::int64_t n, char* w, bool vectors, bool upper);
/// Complex eigenvalues w, and eigenvectors v unless it is null. a is overwritten.
std::int64_t eig(DType dtype, char* a, std::int64_t n, char* w, char* v);
/// Singular values s (real), u (m x p) and vh (q x n) unless they are null: p = m and q = n with `full`, else
/// the smaller of m and n. a is overwritten.
std::int64_t svd(DType dtype, char* a, std::int64_t m, std::int64_t n, char* u, char* s, char* vh,
                 bool full);
/// r (p x n) and, unless it is null, q (m x p), p being m or the smaller of m and n. a is overwritten.
std::int64_t qr(DType dtype, char* a, std::int64_t m, std::int64_t n, char* q, char* r,
                std::int64_t p);

}  // namespace hpxpy::kernels
