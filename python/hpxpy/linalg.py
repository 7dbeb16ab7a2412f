"""The array API's extension linalg, and NumPy's names beside it: factorisations of matrices.

Matrices are the last two axes, the axes before them a batch. The work is LAPACK's (OpenBLAS),
in double precision: results of float32 and complex64 are rounded at the end, integers are float64.
Imported by hpxpy/__init__.py as `hpx.linalg`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import builtins
import operator
import typing

import numpy as np
from numpy.linalg import LinAlgError

from . import _core, _diagonals, _linalg
from ._arguments import as_array, axes_of, axis_of, need_local
from ._dtypes import result_type
from ._linalg import matmul, tensordot, vecdot
from ._manipulation import broadcast_shapes, matrix_transpose
from ._manipulation import moveaxis as _moveaxis
from ._manipulation import swapaxes as _swapaxes
from ._statistics import floating

__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


class EigResult(typing.NamedTuple):
    """What eig gives."""

    eigenvalues: _core.ndarray
    eigenvectors: _core.ndarray


class EighResult(typing.NamedTuple):
    """What eigh gives."""

    eigenvalues: _core.ndarray
    eigenvectors: _core.ndarray


class QRResult(typing.NamedTuple):
    """What qr gives."""

    Q: _core.ndarray
    R: _core.ndarray


class SlogdetResult(typing.NamedTuple):
    """What slogdet gives."""

    sign: _core.ndarray
    logabsdet: _core.ndarray


class SVDResult(typing.NamedTuple):
    """What svd gives."""

    U: _core.ndarray
    S: _core.ndarray
    Vh: _core.ndarray


def _turned(x):
    """A view with the last two axes exchanged: LAPACK's order of columns."""
    return _swapaxes(x, -1, -2)


def _adjoint(x):
    return _turned(_core.conj(x) if x.dtype.kind == "c" else x)


def _matrices(name, x):
    """Local matrices of floats or complex numbers; LinAlgError for less than two dimensions."""
    x = floating(x)
    need_local(name, x)
    if x.ndim < 2:
        raise LinAlgError(f"{name}: shape {x.shape} is no matrix; two dimensions are needed")
    return x


def _square(name, x):
    x = _matrices(name, x)
    if x.shape[-1] != x.shape[-2]:
        raise LinAlgError(f"{name}: matrices of shape {x.shape[-2:]} are not square")
    return x


def _in_double(x, dtype):
    """`x`, which takes part in a result of `dtype`, as float64 or complex128."""
    return _core.astype(x, np.promote_types(dtype, np.float64), copy=False)


def _upper(name, uplo):
    if uplo not in ("L", "U", "l", "u"):
        raise ValueError(f"{name}: UPLO={uplo!r} does not exist; choose 'L' or 'U'")
    return uplo in ("U", "u")


def cholesky(x, /, *, upper=False):
    """The triangular L with x = L times its adjoint, or with `upper` its adjoint U.

    `x` is Hermitian (..., n, n), of which one triangle is read. LinAlgError where it is not
    positive definite or not square; TypeError for distributed arrays. LAPACK's potrf.

    Example:
        >>> hpx.linalg.cholesky(hpx.asarray([[4.0, 2.0], [2.0, 5.0]]))
        array([[2., 0.],
               [1., 2.]])

    Communication: none.
    """
    x = _square("cholesky", x)
    return _turned(_core._cholesky("cholesky", _turned(x), bool(upper)))


def solve(x1, x2, /):
    """The solution x of x1 x = x2, for matrices (..., n, n) with full rank.

    `x2` is one vector (n,) or matrices (..., n, k); batches are broadcast. LinAlgError for a
    singular or no square matrix, ValueError where shapes do not fit; TypeError for distributed
    arrays. LAPACK's gesv: Gaussian elimination with partial pivoting.

    Example:
        >>> hpx.linalg.solve(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]), hpx.asarray([2.0, 2.0]))
        array([1. , 0.5])

    Communication: none.
    """
    return _solution("solve", _square("solve", x1), x2)


def _solution(name, a, b):
    b = floating(b)
    need_local(name, b)
    vector = b.ndim == 1
    if b.ndim == 0 or b.shape[-1 if vector else -2] != a.shape[-1]:
        raise ValueError(f"{name}: shapes {a.shape} and {b.shape} do not fit")
    dtype = result_type(a, b)
    b = b[:, None] if vector else b
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = _core.astype(_core.broadcast_to(a, batch + a.shape[-2:]), dtype)
    b = _core.astype(_core.broadcast_to(b, batch + b.shape[-2:]), dtype)
    x = _turned(_core._solve(name, _turned(a), _turned(b)))
    return x[..., 0] if vector else x


def inv(x, /):
    """The inverse of each matrix (..., n, n).

    LinAlgError for a singular or no square matrix; TypeError for distributed arrays. LAPACK's gesv
    with the identity on the right.

    Example:
        >>> hpx.linalg.inv(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]))
        array([[0.5 , 0.  ],
               [0.  , 0.25]])

    Communication: none.
    """
    x = _square("inv", x)
    return _solution("inv", x, _core.eye(x.shape[-1], dtype=x.dtype))


def det(x, /):
    """The determinant of each matrix (..., n, n), shape (...).

    LinAlgError for other than square matrices; TypeError for distributed arrays. LAPACK's getrf,
    the product in extended precision.

    Example:
        >>> hpx.linalg.det(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]))
        array(8.)

    Communication: none.
    """
    return _core._determinants("det", _square("det", x))[0]


def slogdet(x, /):
    """Sign and logarithm of the absolute value of the determinant: (sign, logabsdet).

    A singular matrix has sign 0 and logarithm -inf. LinAlgError for other than square matrices;
    TypeError for distributed arrays. LAPACK's getrf.

    Example:
        >>> hpx.linalg.slogdet(hpx.asarray([[-1.0, 0.0], [0.0, 1.0]])).sign
        array(-1.)

    Communication: none.
    """
    return SlogdetResult(*_core._determinants("slogdet", _square("slogdet", x))[1:])


def eigh(x, /, UPLO="L"):
    """Eigenvalues, ascending, and eigenvectors (columns) of Hermitian matrices (..., n, n).

    `UPLO` says which triangle is read. LinAlgError for other than square matrices or where the
    iteration fails; TypeError for distributed arrays. LAPACK's syevd and heevd.

    Example:
        >>> hpx.linalg.eigh(hpx.asarray([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        array([1., 2.])

    Communication: none.
    """
    x = _square("eigh", x)
    w, v = _core._eigh("eigh", _turned(x), True, _upper("eigh", UPLO))
    return EighResult(w, _turned(v))


def eigvalsh(x, /, UPLO="L"):
    """Eigenvalues, ascending, of Hermitian matrices (..., n, n); as eigh.

    Example:
        >>> hpx.linalg.eigvalsh(hpx.asarray([[2.0, 0.0], [0.0, 1.0]]))
        array([1., 2.])

    Communication: none.
    """
    x = _square("eigvalsh", x)
    return _core._eigh("eigvalsh", _turned(x), False, _upper("eigvalsh", UPLO))[0]


def eig(x, /):
    """Eigenvalues and eigenvectors (columns) of matrices (..., n, n), always complex.

    LinAlgError for other than square matrices or where the iteration fails; TypeError for
    distributed arrays. LAPACK's geev.

    Example:
        >>> hpx.linalg.eig(hpx.asarray([[1.0, 0.0], [0.0, 2.0]])).eigenvalues
        array([1.+0.j, 2.+0.j])

    Communication: none.
    """
    w, v = _core._eig("eig", _turned(_square("eig", x)), True)
    return EigResult(w, _turned(v))


def eigvals(x, /):
    """Eigenvalues of matrices (..., n, n), always complex; as eig.

    Example:
        >>> hpx.linalg.eigvals(hpx.asarray([[1.0, 0.0], [0.0, 2.0]]))
        array([1.+0.j, 2.+0.j])

    Communication: none.
    """
    return _core._eig("eigvals", _turned(_square("eigvals", x)), False)[0]


def svd(x, /, full_matrices=True, compute_uv=True):
    """Singular value decomposition of matrices (..., m, n): x = U diag(S) Vh, S descending.

    U is (..., m, m) and Vh (..., n, n), or with `full_matrices=False` k = min(m, n) columns and
    rows of them. Without `compute_uv` S alone. LinAlgError where the iteration fails; TypeError for
    distributed arrays. LAPACK's gesdd.

    Example:
        >>> hpx.linalg.svd(hpx.asarray([[3.0, 0.0], [0.0, 4.0]])).S
        array([4., 3.])

    Communication: none.
    """
    x = _matrices("svd", x)
    if not compute_uv:
        return svdvals(x)
    u, s, vh = _core._svd("svd", _turned(x), True, bool(full_matrices))
    return SVDResult(_turned(u), s, _turned(vh))


def svdvals(x, /):
    """Singular values of matrices (..., m, n), descending: (..., min(m, n)); as svd.

    Example:
        >>> hpx.linalg.svdvals(hpx.asarray([[3.0, 0.0], [0.0, 4.0]]))
        array([4., 3.])

    Communication: none.
    """
    return _core._svd("svdvals", _turned(_matrices("svdvals", x)), False, False)[0]


def qr(x, /, mode="reduced"):
    """The factors Q, with orthonormal columns, and R, upper triangular, of matrices (..., m, n).

    Q is (..., m, k) and R (..., k, n): k = min(m, n), or m with mode 'complete'. Mode 'r' gives R
    alone. ValueError for another mode; TypeError for distributed arrays. LAPACK's geqrf.

    Example:
        >>> hpx.linalg.qr(hpx.ones((3, 2))).Q.shape
        (3, 2)

    Communication: none.
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode {mode!r} does not exist; choose reduced, complete or r")
    x = _turned(_matrices("qr", x))
    factors = _core._qr("qr", x, mode != "r", mode == "complete")
    return QRResult(*map(_turned, factors)) if mode != "r" else _turned(factors[0])


def _epsilon(x):
    return float(np.finfo(x.dtype).eps)


def _significant(s, shape, rtol):
    """Which singular values count: those above rtol times the largest."""
    if rtol is None:
        rtol = max(shape[-2:]) * _epsilon(s)
    rtol = _core.astype(as_array(rtol), s.dtype)
    return s > rtol[..., None] * _core.max(s, axis=-1, keepdims=True)


def matrix_rank(x, /, *, rtol=None):
    """The number of singular values above `rtol` times the largest, for matrices (..., m, n).

    `rtol` is a number or an array (...); max(m, n) times the dtype's epsilon unless given. An int64
    array (...). TypeError for distributed arrays.

    Example:
        >>> hpx.linalg.matrix_rank(hpx.ones((2, 2)))
        array(1)

    Communication: none.
    """
    x = _matrices("matrix_rank", x)
    if 0 in x.shape[-2:]:
        return _core.zeros(x.shape[:-2], dtype=np.int64)
    s = _core._svd("matrix_rank", _turned(x), False, False)[0]
    return _core.count_nonzero(_significant(s, x.shape, rtol), axis=-1)


def pinv(x, /, *, rtol=None):
    """The pseudo-inverse (..., n, m) of matrices (..., m, n) by singular values.

    Those up to `rtol` times the largest count as 0: a number or an array (...), max(m, n) times the
    dtype's epsilon unless given. TypeError for distributed arrays.

    Example:
        >>> hpx.linalg.pinv(hpx.asarray([[2.0, 0.0], [0.0, 0.0]]))
        array([[0.5, 0. ],
               [0. , 0. ]])

    Communication: none.
    """
    x = _matrices("pinv", x)
    if 0 in x.shape[-2:]:
        return _core.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), dtype=x.dtype)
    u, s, vh = _core._svd("pinv", _turned(x), True, False)
    inverse = _core.where(_significant(s, x.shape, rtol), 1.0 / s, 0.0)
    return _core._matmul(
        "pinv", _adjoint(_turned(vh)) * inverse[..., None, :], _adjoint(_turned(u))
    )


def lstsq(a, b, rcond=None):
    """The x of least norm that minimises the norm of b - a x: (x, residuals, rank, s).

    `a` is (m, n), `b` (m,) or (m, k). Residuals are the sums of squares, or empty unless a has rank
    n < m; s are a's singular values, of which those up to `rcond` times the largest count as 0.
    LinAlgError where shapes do not fit; TypeError for distributed arrays. By svd.

    Example:
        >>> hpx.linalg.lstsq(hpx.asarray([[1.0], [1.0]]), hpx.asarray([1.0, 3.0]))[0].shape
        (1,)

    Communication: none.
    """
    a, b = _matrices("lstsq", a), floating(b)
    need_local("lstsq", b)
    if a.ndim != 2 or b.ndim not in (1, 2) or a.shape[0] != b.shape[0]:
        raise LinAlgError(f"lstsq: shapes {a.shape} and {b.shape} do not fit")
    dtype = result_type(a, b)
    a, b = _in_double(a, dtype), _in_double(b, dtype)
    s = svdvals(a)
    x = _core._matmul("lstsq", pinv(a, rtol=rcond), b)
    rank = int(matrix_rank(a, rtol=rcond))
    residuals = _core.empty((0,), dtype=s.dtype)
    if rank == a.shape[1] < a.shape[0]:
        squares = _core.abs(b - _core._matmul("lstsq", a, x)) ** 2
        residuals = _core.reshape(_core.sum(squares, axis=0), (-1,))
    real = np.finfo(dtype).dtype
    x = _core.astype(x, dtype, copy=False)
    return x, _core.astype(residuals, real, copy=False), rank, _core.astype(s, real, copy=False)


def matrix_power(x, n, /):
    """The matrices (..., m, m) to the power of an integer, by repeated squaring.

    Power 0 is the identity, a negative one that of the inverse. LinAlgError for other than square
    matrices, or singular ones to a negative power; TypeError for distributed arrays.

    Example:
        >>> hpx.linalg.matrix_power(hpx.asarray([[1, 1], [0, 1]]), 5)
        array([[1, 5],
               [0, 1]])

    Communication: none.
    """
    x, n = as_array(x), operator.index(n)
    _square("matrix_power", x)
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        identity = _core.eye(x.shape[-1], dtype=x.dtype)
        return _core.copy(_core.broadcast_to(identity, x.shape))
    result = None
    while n:
        if n % 2:
            result = x if result is None else matmul(result, x)
        n //= 2
        x = matmul(x, x) if n else x
    return _core.copy(result)


def cross(x1, x2, /, *, axis=-1):
    """The cross product of vectors of 3 elements along an axis; the other axes are broadcast.

    ValueError for other lengths.

    Example:
        >>> hpx.linalg.cross(hpx.asarray([1, 0, 0]), hpx.asarray([0, 1, 0]))
        array([0, 0, 1])

    Communication: none if the axis is not distributed; distributed operands raise TypeError.
    """
    from ._joining import stack

    x1, x2 = as_array(x1), as_array(x2)
    for x in (x1, x2):
        need_local("cross", x)
        if x.shape[axis_of("cross", axis, x.ndim)] != 3:
            raise ValueError(f"cross: axis {axis} of shape {x.shape} must have length 3")
    a, b = (
        [_moveaxis(x, axis_of("cross", axis, x.ndim), 0)[i] for i in (0, 1, 2)] for x in (x1, x2)
    )
    parts = [a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return stack(parts, axis=axis)


def diagonal(x, /, *, offset=0):
    """A read-only view of a diagonal of matrices (..., m, n), the last axis of the result.

    Example:
        >>> hpx.linalg.diagonal(hpx.asarray([[1, 2], [3, 4]]))
        array([1, 4])

    Communication: none.
    """
    return _diagonals.diagonal(x, offset, -2, -1)


def trace(x, /, *, offset=0, dtype=None):
    """The sum along a diagonal of matrices (..., m, n): shape (...).

    Small integers are summed as int64 or uint64, unless `dtype` is given.

    Example:
        >>> hpx.linalg.trace(hpx.asarray([[1, 2], [3, 4]]))
        array(5)

    Communication: none.
    """
    return _diagonals.trace(x, offset, -2, -1, dtype)


def outer(x1, x2, /):
    """The products of each element of one vector with each of the other: a matrix.

    ValueError for other than one dimension; TypeError for distributed arrays.

    Example:
        >>> hpx.linalg.outer(hpx.asarray([1, 2]), hpx.asarray([1, 10]))
        array([[ 1, 10],
               [ 2, 20]])

    Communication: none.
    """
    x1, x2 = as_array(x1), as_array(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"outer: shapes {x1.shape} and {x2.shape} given; both must be vectors")
    return _linalg.outer(x1, x2)


def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """The norm of vectors along one or several axes, of all elements unless `axis` is given.

    `ord` p is the p-th root of the sum of p-th powers of absolute values; inf and -inf the largest
    and the smallest of them, 0 how many are not zero.

    Example:
        >>> hpx.linalg.vector_norm(hpx.asarray([3.0, 4.0]))
        array(5.)

    Communication: one all-reduce of the result if a distributed axis is joined, else none.
    """
    x = floating(x)
    over = {"axis": axis, "keepdims": keepdims}
    if isinstance(ord, str):
        raise ValueError(f"vector_norm: ord={ord!r} does not exist; give a number")
    if ord == 2:
        if x.dtype.kind == "c":
            squares = _core.real(x) ** 2 + _core.imag(x) ** 2
        else:
            squares = x * x
        return _core.sqrt(_core.sum(squares, **over))
    size = _core.abs(x)
    if ord == np.inf:
        return _core.max(size, **over)
    if ord == -np.inf:
        return _core.min(size, **over)
    if ord == 0:
        return _core.sum(_core.astype(size != 0, size.dtype), **over)
    if ord == 1:
        return _core.sum(size, **over)
    return _core.sum(size ** float(ord), **over) ** (1.0 / float(ord))


def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """The norm of matrices (..., m, n): shape (...), or (..., 1, 1) with `keepdims`.

    `ord`: 'fro' (Frobenius), 'nuc' (the sum of singular values), 2 and -2 (the largest and smallest
    one), 1 and -1 (of the columns' sums of absolute values), inf and -inf (of the rows').
    ValueError for another; TypeError for distributed arrays.

    Example:
        >>> hpx.linalg.matrix_norm(hpx.asarray([[3.0, 0.0], [0.0, 4.0]]))
        array(5.)

    Communication: none.
    """
    x = _matrices("matrix_norm", x)
    if ord == "fro":
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        s = _core._svd("matrix_norm", _turned(x), False, False)[0]
        join = {"nuc": _core.sum, 2: _core.max, -2: _core.min}[ord]
        result = join(s, axis=-1)
    elif ord in (1, -1, np.inf, -np.inf):
        sums = _core.sum(_core.abs(x), axis=-2 if abs(ord) == 1 else -1)
        result = (_core.max if ord > 0 else _core.min)(sums, axis=-1)
    else:
        raise ValueError(
            f"matrix_norm: ord={ord!r} does not exist; choose fro, nuc, 1, -1, 2, -2, inf or -inf"
        )
    return result[..., None, None] if keepdims else result


def norm(x, ord=None, axis=None, keepdims=False):
    """NumPy's norm: of vectors along one axis, of matrices along two, else of all elements.

    `ord` is that of vector_norm for one axis and of matrix_norm for two. ValueError for more axes.

    Example:
        >>> hpx.linalg.norm(hpx.asarray([3.0, 4.0]))
        array(5.)

    Communication: one all-reduce of the result if a distributed axis is joined, else none.
    """
    x = floating(x)
    if ord is None:
        return vector_norm(x, axis=axis, keepdims=keepdims)
    axes = list(builtins.range(x.ndim)) if axis is None else axes_of("norm", axis, x.ndim)
    if len(axes) == 1:
        return vector_norm(x, axis=axes[0], keepdims=keepdims, ord=ord)
    if len(axes) != 2:
        raise ValueError(f"norm: ord={ord!r} is for one or two axes; {len(axes)} given")
    rest = [i for i in builtins.range(x.ndim) if i not in axes]
    result = matrix_norm(_core.permute_dims(x, (*rest, *axes)), ord=ord)
    if keepdims:
        return _core.reshape(result, tuple(1 if i in axes else x.shape[i] for i in range(x.ndim)))
    return result


def cond(x, p=None):
    """The condition number of matrices (..., m, n): the largest over the smallest singular value.

    With `p`, an `ord` of matrix_norm, the norm of x times that of its inverse. LinAlgError for a
    matrix without elements, ValueError for another `p`; TypeError for distributed arrays.

    Example:
        >>> hpx.linalg.cond(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]))
        array(2.)

    Communication: none.
    """
    x = _matrices("cond", x)
    if 0 in x.shape[-2:]:
        raise LinAlgError(f"cond: matrices of shape {x.shape[-2:]} have no elements")
    if p in (None, 2, -2):
        s = _core._svd("cond", _turned(x), False, False)[0]
        large, small = s[..., 0], s[..., -1]
        ratio = small / large if p == -2 else large / small
        # Of a matrix of zeros 0 / 0; with a nan inside the values are nan themselves.
        return _core.where(_core.logical_and(large == 0, small == 0), float("inf"), ratio)
    inverse = inv(_in_double(_square("cond", x), x.dtype))
    result = matrix_norm(x, ord=p) * matrix_norm(inverse, ord=p)
    return _core.astype(result, np.finfo(x.dtype).dtype, copy=False)
