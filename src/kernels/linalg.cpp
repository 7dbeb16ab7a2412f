// OpenBLAS (the wheel scipy-openblas64, 64-bit integers) behind plain functions over dtypes.
// SPDX-License-Identifier: BSL-1.0
#include "kernels/linalg.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

// NOLINTBEGIN(readability-identifier-naming): the names are LAPACK's.
#define LAPACK_ILP64
#define LAPACK_COMPLEX_CUSTOM
#define lapack_complex_float std::complex<float>
#define lapack_complex_double std::complex<double>
// NOLINTEND(readability-identifier-naming)
#include <cblas.h>
#include <lapacke.h>

#include "base/error.hpp"
#include "kernels/kernels.hpp"

namespace hpxpy::kernels {

namespace {

template <class T>
struct RealOf {
    using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
    using type = T;
};
template <class T>
using Real = typename RealOf<T>::type;

// The core type that OpenBLAS is to take, if not its own choice.
std::string& core_type() {
    static std::string name;
    return name;
}

// OpenBLAS chooses its loops when it is loaded: at the first call, when localities have agreed.
void* open_library() {
    constexpr const char* variable = "OPENBLAS_CORETYPE";
    bool limits = !core_type().empty() && !std::getenv(variable);
    if (limits) setenv(variable, core_type().c_str(), 1);
    void* library = dlopen("libscipy_openblas64_.so", RTLD_NOW | RTLD_LOCAL);
    // Whatever this program starts chooses for itself.
    if (limits) unsetenv(variable);
    if (!library)
        fail<ImportError>("OpenBLAS cannot be loaded (", dlerror(),
                          "); run: python -m pip install scipy-openblas64");
    return library;
}

template <class Routine>
Routine* routine(const char* name) {
    static void* const library = open_library();
    void* found = dlsym(library, name);
    if (!found)
        fail<ImportError>("OpenBLAS has no ", name,
                          "; run: python -m pip install --upgrade scipy-openblas64");
    return reinterpret_cast<Routine*>(found);
}

#define HPXPY_ROUTINE(name, symbol)                                    \
    template <class... Arguments>                                      \
    static auto name(Arguments... arguments) {                         \
        static auto* const found = routine<decltype(symbol)>(#symbol); \
        return found(arguments...);                                    \
    }

// The routines for one dtype, under the names without its letter.
template <class T>
struct Blas;
#define HPXPY_BLAS(T, l)                              \
    template <>                                       \
    struct Blas<T> {                                  \
        HPXPY_ROUTINE(gemm, scipy_cblas_##l##gemm64_) \
        HPXPY_ROUTINE(gemv, scipy_cblas_##l##gemv64_) \
        HPXPY_ROUTINE(syrk, scipy_cblas_##l##syrk64_) \
    };
HPXPY_BLAS(float, s)
HPXPY_BLAS(double, d)
HPXPY_BLAS(std::complex<float>, c)
HPXPY_BLAS(std::complex<double>, z)
#undef HPXPY_BLAS

// Those that are wanted in double precision only.
template <class T>
struct Lapack;
#define HPXPY_LAPACK(T, l, hermitian, unitary)                     \
    template <>                                                    \
    struct Lapack<T> {                                             \
        HPXPY_ROUTINE(potrf, scipy_LAPACKE_##l##potrf64_)          \
        HPXPY_ROUTINE(gesv, scipy_LAPACKE_##l##gesv64_)            \
        HPXPY_ROUTINE(getrf, scipy_LAPACKE_##l##getrf64_)          \
        HPXPY_ROUTINE(heevd, scipy_LAPACKE_##l##hermitian##evd64_) \
        HPXPY_ROUTINE(geev, scipy_LAPACKE_##l##geev64_)            \
        HPXPY_ROUTINE(gesdd, scipy_LAPACKE_##l##gesdd64_)          \
        HPXPY_ROUTINE(geqrf, scipy_LAPACKE_##l##geqrf64_)          \
        HPXPY_ROUTINE(ungqr, scipy_LAPACKE_##l##unitary##gqr64_)   \
    };
HPXPY_LAPACK(double, d, sy, or)
HPXPY_LAPACK(std::complex<double>, z, he, un)
#undef HPXPY_LAPACK

struct Settings {
    HPXPY_ROUTINE(check_nan, scipy_LAPACKE_set_nancheck64_)
    HPXPY_ROUTINE(use_threads, scipy_openblas_set_num_threads64_)
};
#undef HPXPY_ROUTINE

template <class T>
inline constexpr bool in_blas = std::is_floating_point_v<T> || is_complex_type<T>;

// Calls f with the C++ type of float64 or complex128.
template <class F>
std::int64_t with_type(DType dtype, const F& f) {
    if (dtype == DType::complex128) return f.template operator()<std::complex<double>>();
    return f.template operator()<double>();
}

// A matrix as BLAS takes it, in row order or transposed.
struct Lines {
    CBLAS_TRANSPOSE transposed;
    std::int64_t distance;
};

bool plain(const Matrix& x, std::int64_t rows, std::int64_t columns) {
    return (columns <= 1 || x.column == 1) &&
           (rows <= 1 || x.row >= std::max<std::int64_t>(columns, 1));
}

Lines lines(const Matrix& x, std::int64_t rows, std::int64_t columns) {
    if (plain(x, rows, columns))
        return {CblasNoTrans, rows <= 1 ? std::max<std::int64_t>(columns, 1) : x.row};
    return {CblasTrans, columns <= 1 ? std::max<std::int64_t>(rows, 1) : x.column};
}

// A constant as BLAS takes it: complex ones by address.
template <class T>
auto factor(const T& value) {
    if constexpr (is_complex_type<T>)
        return static_cast<const void*>(&value);
    else
        return value;
}

template <class T>
void multiply_by_blas(char* out, std::int64_t out_row, const Matrix& a, const Matrix& b,
                      std::int64_t m, std::int64_t n, std::int64_t k) {
    const T one = 1, zero = 0;
    const T* x = reinterpret_cast<const T*>(a.data);
    const T* y = reinterpret_cast<const T*>(b.data);
    T* c = reinterpret_cast<T*>(out);
    Lines left = lines(a, m, k), right = lines(b, k, n);
    if (n == 1 && k > 1) {
        std::int64_t rows = m, columns = k;
        if (left.transposed == CblasTrans) std::swap(rows, columns);
        Blas<T>::gemv(CblasRowMajor, left.transposed, rows, columns, factor(one), x, left.distance,
                      y, b.row, factor(zero), c, out_row);
        return;
    }
    if (m == 1 && k > 1) {
        std::int64_t rows = k, columns = n;
        CBLAS_TRANSPOSE other = CblasTrans;
        if (right.transposed == CblasTrans) {
            std::swap(rows, columns);
            other = CblasNoTrans;
        }
        Blas<T>::gemv(CblasRowMajor, other, rows, columns, factor(one), y, right.distance, x,
                      a.column, factor(zero), c, 1);
        return;
    }
    Blas<T>::gemm(CblasRowMajor, left.transposed, right.transposed, m, n, k, factor(one), x,
                  left.distance, y, right.distance, factor(zero), c, out_row);
}

template <class T>
void set_identity(T* a, std::int64_t n) {
    std::fill(a, a + n * n, T(0));
    for (std::int64_t i = 0; i < n; ++i) a[i * n + i] = T(1);
}

template <class T>
T* as(char* data) {
    return reinterpret_cast<T*>(data);
}

}  // namespace

bool in_lines(DType dtype, const Matrix& x, std::int64_t rows, std::int64_t columns) {
    if (!is_floating(dtype) && !is_complex(dtype)) return true;
    return plain(x, rows, columns) || plain({x.data, x.column, x.row}, columns, rows);
}

void multiply(DType dtype, char* out, std::int64_t out_row, const Matrix& a, const Matrix& b,
              std::int64_t m, std::int64_t n, std::int64_t k) {
    if (m == 0 || n == 0) return;
    visit(dtype, [&]<class T>() {
        if constexpr (!in_blas<T>)
            integer_product(dtype)(out, out_row, a, b, m, n, k);
        else if (k == 0)
            for (std::int64_t i = 0; i < m; ++i) std::fill_n(as<T>(out) + i * out_row, n, T(0));
        else
            multiply_by_blas<T>(out, out_row, a, b, m, n, k);
    });
}

void multiply_by_own_transpose(DType dtype, char* out, std::int64_t out_row, const Matrix& a,
                               std::int64_t m, std::int64_t k) {
    visit(dtype, [&]<class T>() {
        if constexpr (in_blas<T>) {
            const T one = 1, zero = 0;
            Lines left = lines(a, m, k);
            Blas<T>::syrk(CblasRowMajor, CblasLower, left.transposed, m, k, factor(one),
                          reinterpret_cast<const T*>(a.data), left.distance, factor(zero),
                          as<T>(out), out_row);
        }
    });
}

namespace {

template <class T>
void mirror_rows(T* x, std::int64_t n, std::int64_t first, std::int64_t last) {
    constexpr std::int64_t tile = 32;
    for (std::int64_t from = first; from < last; from += tile)
        for (std::int64_t right = from; right < n; right += tile)
            for (std::int64_t i = from; i < std::min(from + tile, last); ++i)
                for (std::int64_t j = std::max(right, i + 1); j < std::min(right + tile, n); ++j)
                    x[i * n + j] = x[j * n + i];
}

}  // namespace

void mirror(DType dtype, char* data, std::int64_t n, std::int64_t first, std::int64_t last) {
    visit(dtype, [&]<class T>() {
        if constexpr (in_blas<T>) mirror_rows(as<T>(data), n, first, last);
    });
}

void set_blas_threads(int threads) {
    // Nan goes through LAPACK as it does in NumPy.
    static const bool once = (Settings::check_nan(0), true);
    static_cast<void>(once);
    Settings::use_threads(threads);
}

void limit_blas(std::string_view instruction_set) {
    core_type() = instruction_set == "avx512" ? "SkylakeX"
                  : instruction_set == "avx2" ? "Haswell"
                                              : "Prescott";
}

bool out_of_memory(std::int64_t info) {
    return info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR;
}

std::int64_t cholesky(DType dtype, char* data, std::int64_t n, bool upper) {
    return with_type(dtype, [&]<class T>() {
        T* a = as<T>(data);
        std::int64_t info = Lapack<T>::potrf(LAPACK_COL_MAJOR, upper ? 'U' : 'L', n, a, n);
        for (std::int64_t j = 0; j < n; ++j)
            if (upper)
                std::fill(a + j * n + j + 1, a + (j + 1) * n, T(0));
            else
                std::fill(a + j * n, a + j * n + j, T(0));
        return info;
    });
}

std::int64_t solve(DType dtype, char* a, std::int64_t n, char* b, std::int64_t columns) {
    return with_type(dtype, [&]<class T>() -> std::int64_t {
        std::vector<lapack_int> pivots(static_cast<std::size_t>(n));
        return Lapack<T>::gesv(LAPACK_COL_MAJOR, n, columns, as<T>(a), n, pivots.data(), as<T>(b),
                               n);
    });
}

std::int64_t determinant(DType dtype, char* data, std::int64_t n, char* det, char* sign,
                         char* logabs) {
    return with_type(dtype, [&]<class T>() -> std::int64_t {
        // The range of long double keeps products from overflowing half-way.
        using Long = std::conditional_t<is_complex_type<T>, std::complex<long double>, long double>;
        T* a = as<T>(data);
        std::vector<lapack_int> pivots(static_cast<std::size_t>(n));
        std::int64_t info =
            n == 0 ? 0 : Lapack<T>::getrf(LAPACK_COL_MAJOR, n, n, a, n, pivots.data());
        if (info < 0) return info;
        Long product = 1, unit = 1;
        long double sum = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            Long value = a[i * n + i];
            if (pivots[static_cast<std::size_t>(i)] != i + 1) value = -value;
            product *= value;
            long double size = std::abs(value);
            // The sign of 0 is 0, that of nan is nan, and a real infinity has one.
            if constexpr (!is_complex_type<T>)
                if (std::isinf(value)) value = std::copysign(1.0L, value);
            unit *= size == 0 ? Long(0) : value / std::abs(value);
            sum += std::log(size);
        }
        *as<T>(det) = static_cast<T>(product);
        *as<T>(sign) = static_cast<T>(unit);
        *as<Real<T>>(logabs) = static_cast<Real<T>>(sum);
        return 0;
    });
}

namespace {

// What LAPACK gives where an iteration does not end. Of nan and infinities some give no answer or a wrong one,
// and gesdd may go on for ever.
constexpr std::int64_t no_convergence = 1;

template <class T>
bool all_finite(const T* x, std::int64_t n) {
    bool finite = true;
    // Each part less itself is nan but for finite ones.
    for (std::int64_t i = 0; i < n; ++i) finite &= x[i] - x[i] == T(0);
    return finite;
}

}  // namespace

std::int64_t eigh(DType dtype, char* a, std::int64_t n, char* w, bool vectors, bool upper) {
    return with_type(dtype, [&]<class T>() -> std::int64_t {
        for (std::int64_t j = 0; j < n; ++j)
            if (!(upper ? all_finite(as<T>(a) + j * n, j + 1)
                        : all_finite(as<T>(a) + j * n + j, n - j)))
                return no_convergence;
        return Lapack<T>::heevd(LAPACK_COL_MAJOR, vectors ? 'V' : 'N', upper ? 'U' : 'L', n,
                                as<T>(a), n, as<Real<T>>(w));
    });
}

std::int64_t eig(DType dtype, char* a, std::int64_t n, char* w, char* v) {
    return with_type(dtype, [&]<class T>() -> std::int64_t {
        char job = v ? 'V' : 'N';
        if (!all_finite(as<T>(a), n * n)) return no_convergence;
        if constexpr (is_complex_type<T>) {
            return Lapack<T>::geev(LAPACK_COL_MAJOR, 'N', job, n, as<T>(a), n, as<T>(w), nullptr, n,
                                   as<T>(v), n);
        } else {
            using C = std::complex<T>;
            auto size = static_cast<std::size_t>(n);
            std::vector<T> real(size), imaginary(size), vectors(v ? size * size : 0);
            std::int64_t info =
                Lapack<T>::geev(LAPACK_COL_MAJOR, 'N', job, n, as<T>(a), n, real.data(),
                                imaginary.data(), nullptr, n, vectors.data(), n);
            for (std::size_t i = 0; i < size; ++i) as<C>(w)[i] = C(real[i], imaginary[i]);
            if (!v) return info;
            // A pair of conjugates shares two columns: real and imaginary part of the first vector.
            for (std::size_t j = 0; j < size; ++j) {
                C* out = as<C>(v) + j * size;
                const T* x = vectors.data() + j * size;
                if (imaginary[j] == 0 || j + 1 == size) {
                    std::copy(x, x + size, out);
                    continue;
                }
                for (std::size_t i = 0; i < size; ++i) {
                    out[i] = C(x[i], x[i + size]);
                    out[i + size] = C(x[i], -x[i + size]);
                }
                ++j;
            }
            return info;
        }
    });
}

std::int64_t svd(DType dtype, char* a, std::int64_t m, std::int64_t n, char* u, char* s, char* vh,
                 bool full) {
    return with_type(dtype, [&]<class T>() -> std::int64_t {
        std::int64_t least = std::min(m, n);
        if (least == 0) {
            if (u && full) set_identity(as<T>(u), m);
            if (vh && full) set_identity(as<T>(vh), n);
            return 0;
        }
        if (!all_finite(as<T>(a), m * n)) return no_convergence;
        return Lapack<T>::gesdd(LAPACK_COL_MAJOR,
                                !u     ? 'N'
                                : full ? 'A'
                                       : 'S',
                                m, n, as<T>(a), m, as<Real<T>>(s), as<T>(u), m, as<T>(vh),
                                full ? n : least);
    });
}

std::int64_t qr(DType dtype, char* data, std::int64_t m, std::int64_t n, char* q, char* r,
                std::int64_t p) {
    return with_type(dtype, [&]<class T>() -> std::int64_t {
        T* a = as<T>(data);
        std::int64_t least = std::min(m, n);
        std::vector<T> tau(static_cast<std::size_t>(least));
        std::int64_t info =
            least == 0 ? 0 : Lapack<T>::geqrf(LAPACK_COL_MAJOR, m, n, a, m, tau.data());
        for (std::int64_t j = 0; j < n; ++j)
            for (std::int64_t i = 0; i < p; ++i) as<T>(r)[j * p + i] = i <= j ? a[j * m + i] : T(0);
        if (info != 0 || !q || p == 0) return info;
        if (least == 0) {
            set_identity(as<T>(q), m);
            return 0;
        }
        std::copy(a, a + m * least, as<T>(q));
        return Lapack<T>::ungqr(LAPACK_COL_MAJOR, m, p, least, as<T>(q), m, tau.data());
    });
}

}  // namespace hpxpy::kernels
