// Products and factorisations of matrices, the last two axes of an array; axes before those are a batch.
// Operands are local; results are new arrays. Called by the bindings.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <vector>

#include "graph/array.hpp"

namespace hpxpy {

/// The matrix product of NumPy's matmul: batches are broadcast, a vector is a row on the left and a column
/// on the right. ValueError where lengths do not fit.
Array matmul(const char* function, const Array& a, const Array& b);

// What follows takes and gives matrices in column order: a row of an operand is a column of the matrix.
// Operands are floating or complex and get no memory in common with results. LinAlgError names what is
// wrong with a matrix.

Array cholesky(const char* function, const Array& a, bool upper);
/// The solution x of a x = b; batches are equal.
Array solve(const char* function, const Array& a, const Array& b);
/// The determinants, their signs and the logarithms of their absolute values.
std::vector<Array> determinants(const char* function, const Array& a);
/// The ascending eigenvalues of Hermitian matrices, then with `vectors` the eigenvectors.
std::vector<Array> eigh(const char* function, const Array& a, bool vectors, bool upper);
/// The complex eigenvalues, then with `vectors` the eigenvectors.
std::vector<Array> eig(const char* function, const Array& a, bool vectors);
/// With `vectors` u, s and vh, else s alone.
std::vector<Array> svd(const char* function, const Array& a, bool vectors, bool full);
/// With `vectors` q and r, else r alone.
std::vector<Array> qr(const char* function, const Array& a, bool vectors, bool full);

}  // namespace hpxpy
