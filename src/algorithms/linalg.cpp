// Factorisations: matrices of a batch are the tasks of the pool, a single one has the threads of BLAS.
// SPDX-License-Identifier: BSL-1.0
#include "algorithms/linalg.hpp"
#include "algorithms/batches.hpp"

#include <algorithm>

#include "algorithms/indexing.hpp"
#include "base/error.hpp"
#include "exchanges/deliver.hpp"
#include "exec/evaluate.hpp"
#include "kernels/linalg.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

// A batch of matrices in column order, which LAPACK overwrites. As in NumPy, single precision is computed in
// double.
struct Batch {
    Batch(const char* name, const Array& given) : function(name), single(is_single(given)) {
        require_local(name, given);
        DType wide = is_complex(given.dtype()) ? DType::complex128 : DType::float64;
        memory = single ? convert_dense(given, wide) : copy(given);
        evaluate(memory);
        const Dims& shape = memory.view.shape;
        lengths = without_matrix(shape);
        columns = shape[shape.size() - 2];
        rows = shape[shape.size() - 1];
        count = element_count(lengths);
    }

    static bool is_single(const Array& x) {
        return x.dtype() == DType::float32 || x.dtype() == DType::complex64;
    }
    // A result in the precision of what was given.
    Array rounded(const Array& x) const {
        if (!single) return x;
        return deliver(convert(x, is_complex(x.dtype()) ? DType::complex64 : DType::float32));
    }

    DType dtype() const { return memory.dtype(); }
    char* at(std::int64_t i) const {
        return data_of(memory) + i * rows * columns * itemsize(dtype());
    }
    Array vectors(DType dtype, std::int64_t length) const {
        Dims shape = lengths;
        shape.push_back(length);
        return new_array(dtype, shape);
    }
    Array matrices(DType dtype, std::int64_t rows, std::int64_t columns) const {
        return new_array(dtype, with_matrix(lengths, columns, rows));
    }

    // Calls body(i) for each matrix; LinAlgError saying `wrong` where one gives an info.
    template <class Body>
    void each(const char* wrong, const Body& body) const {
        std::vector<std::int64_t> infos(static_cast<std::size_t>(count));
        std::int64_t least = std::min(rows, columns);
        if (count == 1) {
            Outside outside;
            // Threads pay from matrices on that do not fit in a core's cache, and change bits.
            bool many = least >= 128 && !common_settings().deterministic;
            kernels::set_blas_threads(many ? pool().size() : 1);
            infos[0] = body(std::int64_t{0});
        } else {
            kernels::set_blas_threads(1);
            in_parts(part_count(count, rows * columns * (least + 1)), count,
                     [&](std::int64_t, std::int64_t first, std::int64_t last) {
                         for (std::int64_t i = first; i < last; ++i)
                             infos[static_cast<std::size_t>(i)] = body(i);
                     });
        }
        for (std::size_t i = 0; i < infos.size(); ++i) {
            if (infos[i] == 0) continue;
            if (kernels::out_of_memory(infos[i]))
                fail<MemoryError>(function, ": no memory for the work on a matrix of shape ",
                                  to_string(Dims{rows, columns}));
            std::string which =
                count == 1 ? "the matrix" : "matrix " + std::to_string(i) + " of the batch";
            fail<LinAlgError>(function, ": ", which, " of shape ", to_string(Dims{rows, columns}),
                              " ", wrong);
        }
    }

    const char* function;
    bool single;
    Array memory;
    Dims lengths;
    std::int64_t rows, columns, count;
};

// The part of matrix i in an array of the batch.
char* part(const Array& x, const Batch& batch, std::int64_t i) {
    std::int64_t size = x.view.count() / std::max<std::int64_t>(batch.count, 1);
    return data_of(x) + i * size * itemsize(x.dtype());
}

constexpr const char* no_convergence =
    "has no values that the iteration finds; is there a nan or inf?";

}  // namespace

Array cholesky(const char* function, const Array& given, bool upper) {
    Batch a(function, given);
    if (a.rows == 0) return a.rounded(a.memory);
    a.each("is not positive definite",
           [&](std::int64_t i) { return kernels::cholesky(a.dtype(), a.at(i), a.rows, upper); });
    return a.rounded(a.memory);
}

Array solve(const char* function, const Array& given, const Array& right) {
    Batch a(function, given), b(function, right);
    if (a.rows == 0) return b.rounded(b.memory);
    a.each("is singular", [&](std::int64_t i) {
        return kernels::solve(a.dtype(), a.at(i), a.rows, b.at(i), b.columns);
    });
    return b.rounded(b.memory);
}

std::vector<Array> determinants(const char* function, const Array& given) {
    Batch a(function, given);
    Array det = new_array(a.dtype(), a.lengths), sign = new_array(a.dtype(), a.lengths);
    Array logabs = new_array(DType::float64, a.lengths);
    a.each("has no determinant", [&](std::int64_t i) {
        return kernels::determinant(a.dtype(), a.at(i), a.rows, part(det, a, i), part(sign, a, i),
                                    part(logabs, a, i));
    });
    return {a.rounded(det), a.rounded(sign), a.rounded(logabs)};
}

std::vector<Array> eigh(const char* function, const Array& given, bool vectors, bool upper) {
    Batch a(function, given);
    Array w = a.vectors(DType::float64, a.rows);
    if (a.rows > 0)
        a.each(no_convergence, [&](std::int64_t i) {
            return kernels::eigh(a.dtype(), a.at(i), a.rows, part(w, a, i), vectors, upper);
        });
    std::vector<Array> result{a.rounded(w)};
    if (vectors) result.push_back(a.rounded(a.memory));
    return result;
}

std::vector<Array> eig(const char* function, const Array& given, bool vectors) {
    Batch a(function, given);
    std::vector<Array> result{a.vectors(DType::complex128, a.rows)};
    if (vectors) result.push_back(a.matrices(DType::complex128, a.rows, a.rows));
    if (a.rows > 0)
        a.each(no_convergence, [&](std::int64_t i) {
            return kernels::eig(a.dtype(), a.at(i), a.rows, part(result[0], a, i),
                                vectors ? part(result[1], a, i) : nullptr);
        });
    for (Array& x : result) x = a.rounded(x);
    return result;
}

std::vector<Array> svd(const char* function, const Array& given, bool vectors, bool full) {
    Batch a(function, given);
    std::int64_t least = std::min(a.rows, a.columns);
    Array s = a.vectors(DType::float64, least);
    std::vector<Array> result{s};
    if (vectors)
        result = {a.matrices(a.dtype(), a.rows, full ? a.rows : least), s,
                  a.matrices(a.dtype(), full ? a.columns : least, a.columns)};
    a.each(no_convergence, [&](std::int64_t i) {
        return kernels::svd(a.dtype(), a.at(i), a.rows, a.columns,
                            vectors ? part(result[0], a, i) : nullptr, part(s, a, i),
                            vectors ? part(result[2], a, i) : nullptr, full);
    });
    for (Array& x : result) x = a.rounded(x);
    return result;
}

std::vector<Array> qr(const char* function, const Array& given, bool vectors, bool full) {
    Batch a(function, given);
    std::int64_t middle = full ? a.rows : std::min(a.rows, a.columns);
    Array r = a.matrices(a.dtype(), middle, a.columns);
    std::vector<Array> result{r};
    if (vectors) result = {a.matrices(a.dtype(), a.rows, middle), r};
    a.each("cannot be factorised", [&](std::int64_t i) {
        return kernels::qr(a.dtype(), a.at(i), a.rows, a.columns,
                           vectors ? part(result[0], a, i) : nullptr, part(r, a, i), middle);
    });
    for (Array& x : result) x = a.rounded(x);
    return result;
}

}  // namespace hpxpy
