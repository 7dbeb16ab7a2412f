"""The array API's extension linalg, and NumPy's names beside it: factorisations of matrices.

Matrices are the last two axes, the axes before them a batch. The work is LAPACK's (OpenBLAS),
in double precision: results of float32 and complex64 are rounded at the end, integers are float64.
Distributed batches are local work (_matrices.py), with results dealt out like the batch; one
distributed matrix has algorithms of its own (_orthogonal.py, _elimination.py, _jacobi.py), and what
is only multiplied those of _krylov.py. Imported by hpxpy/__init__.py as `hpx.linalg`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import builtins
import operator
import typing
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from . import (
    _core,
    _diagonals,
    _elimination,
    _functions,
    _jacobi,
    _linalg,
    _matrices,
    _orthogonal,
)
from ._arguments import as_array, axes_of, axis_of
from ._dtypes import result_type
from ._krylov import cg, lanczos, svds
from ._linalg import matmul, tensordot, vecdot
from ._manipulation import broadcast_shapes, matrix_transpose
from ._manipulation import moveaxis as _moveaxis
from ._matrices import adjoint as _adjoint
from ._matrices import dealt_out as _dealt_out
from ._matrices import is_dealt as _is_dealt
from ._matrices import turned as _turned
from ._statistics import floating
from ._tensors import multi_dot, tensorinv, tensorsolve

__all__ = [
    "LinAlgError",
    "cg",
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
    "lanczos",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svds",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
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


def _given(name, x):
    """Matrices of floats or complex numbers; LinAlgError for less than two dimensions."""
    x = floating(x)
    if x.ndim < 2:
        raise LinAlgError(f"{name}: shape {x.shape} is no matrix; two dimensions are needed")
    return x


def _square(name, x):
    x = _given(name, x)
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
    positive definite or not square. LAPACK's potrf; of one distributed matrix right-looking, panels
    of at most 64 columns that go round in turns of localities (Choi et al., 1996). L lies like `x`.

    Example:
        >>> hpx.linalg.cholesky(hpx.asarray([[4.0, 2.0], [2.0, 5.0]]))
        array([[2., 0.],
               [1., 2.]])

    Communication: none for local arrays. Of a distributed batch one all-reduce of a number, after
    all matrices moved once if some lie on several localities. One distributed matrix moves to
    columns dealt out in turns, each panel is broadcast from its diagonal on, and L moves to the map
    of `x`; each locality has its columns, twice, and two panels.
    """
    x, upper = _square("cholesky", x), bool(upper)

    def local(x):
        return _turned(_core._cholesky("cholesky", _turned(x), upper))

    if _is_dealt(x):
        return _dealt_out("cholesky", x, local, lambda x: _elimination.cholesky(x, upper))
    return local(x)


def solve(x1, x2, /):
    """The solution x of x1 x = x2, for matrices (..., n, n) with full rank.

    `x2` is one vector (n,) or matrices (..., n, k); batches are broadcast. LinAlgError for a
    singular or no square matrix, ValueError where shapes do not fit. LAPACK's gesv: Gaussian
    elimination with partial pivoting; of one distributed matrix right-looking, by panels of at most
    64 columns (Choi et al., 1996). The solution lies like `x2`.

    Example:
        >>> hpx.linalg.solve(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]), hpx.asarray([2.0, 2.0]))
        array([1. , 0.5])

    Communication: none for local arrays, and where `x1` is local and columns of `x2` are dealt out.
    Of distributed batches one all-reduce of a number, after all matrices moved once if some lie on
    several localities. One distributed matrix moves to columns dealt out in turns, and each panel
    is broadcast. Few right sides (up to n / 2 for all localities together) all localities get, and
    back substitution is an all-reduce for each panel; of more each has some columns, and the panels
    of U are broadcast, too.
    """
    return _solution("solve", _square("solve", x1), x2)


def _solution(name, a, b):
    b = floating(b)
    vector = b.ndim == 1
    if b.ndim == 0 or b.shape[-1 if vector else -2] != a.shape[-1]:
        raise ValueError(f"{name}: shapes {a.shape} and {b.shape} do not fit")
    dtype = result_type(a, b)
    b = b[:, None] if vector else b
    if _is_dealt(a) or _is_dealt(b):
        a, b = (_core.astype(each, dtype, copy=False) for each in (a, b))
        x = _elimination.solve_distributed(name, a, b)
        return x[..., 0] if vector else x
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a = _core.astype(_core.broadcast_to(a, batch + a.shape[-2:]), dtype)
    b = _core.astype(_core.broadcast_to(b, batch + b.shape[-2:]), dtype)
    x = _turned(_core._solve(name, _turned(a), _turned(b)))
    return x[..., 0] if vector else x


def inv(x, /):
    """The inverse of each matrix (..., n, n).

    LinAlgError for a singular or no square matrix. LAPACK's gesv with the identity on the right; of
    one distributed matrix as `solve`. The inverse lies like `x`.

    Example:
        >>> hpx.linalg.inv(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]))
        array([[0.5 , 0.  ],
               [0.  , 0.25]])

    Communication: none for local arrays. Of a distributed batch one all-reduce of a number, after
    all matrices moved once if some lie on several localities; the inverses go back. Of one
    distributed matrix that of `solve` with n right sides.
    """
    x = _square("inv", x)

    def local(x):
        return _solution("inv", x, _core.eye(x.shape[-1], dtype=x.dtype))

    if _is_dealt(x):
        return _dealt_out("inv", x, local, lambda x: _elimination.inverse("inv", x))
    return local(x)


def det(x, /):
    """The determinant of each matrix (..., n, n), shape (...).

    LinAlgError for other than square matrices. LAPACK's getrf, the product in extended precision;
    of one distributed matrix the elimination of `solve`.

    Example:
        >>> hpx.linalg.det(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]))
        array(8.)

    Communication: none for local arrays and for distributed batches whose matrices lie on one
    locality each; others move once. One distributed matrix moves to columns dealt out in turns, and
    each panel is broadcast.
    """
    return _determinants("det", x)[0]


def _determinants(name, x):
    x = _square(name, x)

    def local(x):
        return _core._determinants(name, x)

    if _is_dealt(x):
        return _dealt_out(name, x, local, _elimination.determinants, may_fail=False)
    return local(x)


def slogdet(x, /) -> SlogdetResult:
    """Sign and logarithm of the absolute value of the determinant: (sign, logabsdet).

    A singular matrix has sign 0 and logarithm -inf. LinAlgError for other than square matrices.
    LAPACK's getrf; of one distributed matrix as `det`.

    Example:
        >>> hpx.linalg.slogdet(hpx.asarray([[-1.0, 0.0], [0.0, 1.0]])).sign
        array(-1.)

    Communication: that of `det`.
    """
    return SlogdetResult(*_determinants("slogdet", x)[1:])


def eigh(x, /, UPLO="L") -> EighResult:
    """Eigenvalues, ascending, and eigenvectors (columns) of Hermitian matrices (..., n, n).

    `UPLO` says which triangle is read. LinAlgError for other than square matrices or where the
    iteration fails. LAPACK's syevd and heevd; of one distributed matrix one-sided Jacobi rotations
    of blocks of columns (Hestenes, 1958; Becka, Oksa and Vajtersic, 2002), after a shift that makes
    it positive definite. Eigenvalues are local then, and eigenvectors lie like `x`.

    Example:
        >>> hpx.linalg.eigh(hpx.asarray([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        array([1., 2.])

    Communication: none for local arrays. Of a distributed batch one all-reduce of a number, after
    all matrices moved once if some lie on several localities. One distributed matrix moves to
    columns in blocks; in each of some five to ten sweeps every locality sends its columns to its
    neighbours 2 N - 1 times, N being the number of localities; then an all-gather of the lengths of
    columns, and eigenvectors move to their order and to the map of `x`.
    """
    return EighResult(*_eigh("eigh", x, UPLO, True))


def _eigh(name, x, uplo, vectors):
    """Eigenvalues, and with `vectors` those, of Hermitian matrices."""
    x, upper = _square(name, x), _upper(name, uplo)

    def local(x):
        w, *v = _core._eigh(name, _turned(x), vectors, upper)
        return (w, *map(_turned, v))

    if _is_dealt(x):
        return _dealt_out(name, x, local, lambda x: _jacobi.eigh(name, x, upper, vectors))
    return local(x)


def eigvalsh(x, /, UPLO="L"):
    """Eigenvalues, ascending, of Hermitian matrices (..., n, n); as eigh.

    Example:
        >>> hpx.linalg.eigvalsh(hpx.asarray([[2.0, 0.0], [0.0, 1.0]]))
        array([1., 2.])

    Communication: that of `eigh`, but for eigenvectors.
    """
    return _eigh("eigvalsh", x, UPLO, False)[0]


def eig(x, /) -> EigResult:
    """Eigenvalues and eigenvectors (columns) of matrices (..., n, n), always complex.

    LinAlgError for other than square matrices or where the iteration fails. LAPACK's geev. One
    distributed matrix is brought together: each locality has all of it and does all of the work.

    Example:
        >>> hpx.linalg.eig(hpx.asarray([[1.0, 0.0], [0.0, 2.0]])).eigenvalues
        array([1.+0.j, 2.+0.j])

    Communication: none for local arrays. Of a distributed batch one all-reduce of a number, after
    all matrices moved once if some lie on several localities. Of one distributed matrix moves the
    whole matrix to every locality.
    """
    return EigResult(*_eig("eig", x, True))


def _eig(name, x, vectors):
    """Eigenvalues, and with `vectors` those; of one distributed matrix by all alike."""
    x = _square(name, x)

    def local(x):
        w, *v = _core._eig(name, _turned(x), vectors)
        return (w, *map(_turned, v))

    def single(x):
        w, *v = local(_core.redistribute(x, None))
        return (w, *(_matrices.back(each, x) for each in v))

    return _dealt_out(name, x, local, single) if _is_dealt(x) else local(x)


def eigvals(x, /):
    """Eigenvalues of matrices (..., n, n), always complex; as eig.

    Example:
        >>> hpx.linalg.eigvals(hpx.asarray([[1.0, 0.0], [0.0, 2.0]]))
        array([1.+0.j, 2.+0.j])

    Communication: that of `eig`.
    """
    return _eig("eigvals", x, False)[0]


def svd(x, /, full_matrices=True, compute_uv=True) -> SVDResult:
    """Singular value decomposition of matrices (..., m, n): x = U diag(S) Vh, S descending.

    U is (..., m, m) and Vh (..., n, n), or with `full_matrices=False` k = min(m, n) columns and
    rows of them. Without `compute_uv` S alone. LinAlgError where the iteration fails.

    LAPACK's gesdd. One distributed matrix with four times as many rows as columns is factorised by
    `qr`, and R by LAPACK (the adjoint of one with as many more columns): U is dealt out like the
    rows, Vh local. Of others both are dealt out, U like `x`; they come of one-sided Jacobi
    rotations of blocks of columns (Hestenes, 1958; Becka, Oksa and Vajtersic, 2002). S is local.

    Example:
        >>> hpx.linalg.svd(hpx.asarray([[3.0, 0.0], [0.0, 4.0]])).S
        array([4., 3.])

    Communication: none for local arrays. Of a distributed batch one all-reduce of a number, after
    all matrices moved once if some lie on several localities. One tall or wide distributed matrix
    that of `qr`, and an all-reduce of a number. Others move to columns in blocks; in each of some
    five to ten sweeps every locality sends its columns and those of V to its neighbours 2 N - 1
    times, N being the number of localities; then that of `qr` once, and factors move to their maps.
    """
    x = _given("svd", x)
    if not compute_uv:
        return svdvals(x)
    return SVDResult(*_svd("svd", x, bool(full_matrices)))


def _svd(name, x, full=False):
    """U, S and Vh."""

    def local(x):
        u, s, vh = _core._svd(name, _turned(x), True, full)
        return _turned(u), s, _turned(vh)

    if _is_dealt(x):
        return _dealt_out(name, x, local, lambda x: _jacobi.svd(name, x, True, full))
    return local(x)


def _singular_values(name, x):
    def local(x):
        return _core._svd(name, _turned(x), False, False)[0]

    if _is_dealt(x):
        return _dealt_out(name, x, local, lambda x: _jacobi.svd(name, x, False, False))
    return local(x)


def svdvals(x, /):
    """Singular values of matrices (..., m, n), descending: (..., min(m, n)); as svd.

    Example:
        >>> hpx.linalg.svdvals(hpx.asarray([[3.0, 0.0], [0.0, 4.0]]))
        array([4., 3.])

    Communication: that of `svd`, but for U and Vh.
    """
    return _singular_values("svdvals", _given("svdvals", x))


def qr(x, /, mode="reduced") -> QRResult:
    """The factors Q, with orthonormal columns, and R, upper triangular, of matrices (..., m, n).

    Q is (..., m, k) and R (..., k, n): k = min(m, n), or m with mode 'complete'. Mode 'r' gives R
    alone. ValueError for another mode. LAPACK's geqrf.

    Of one distributed matrix few columns are factorised by TSQR (Demmel, Grigori, Hoemmen and
    Langou, 2012), many by panels of 64 that become Householder's vectors again (Ballard et al.,
    2014); R has the signs that LAPACK gives it, on any number of localities. With four times as
    many rows as columns R is local (but for mode 'complete'), with four times as many columns Q;
    otherwise factors lie like `x`.

    Example:
        >>> hpx.linalg.qr(hpx.ones((3, 2))).Q.shape
        (3, 2)

    Communication: none for local arrays and for distributed batches whose matrices lie on one
    locality each; others move once. Of one distributed matrix with up to 64 columns, or with as
    many rows as columns times the square of the number of localities, one all-gather of an R of
    each locality and once as much, if rows alone are dealt out; else it moves to those first.
    Otherwise rows are dealt out in turns, and each panel takes an all-gather of as much as the
    panel is wide, squared, and an all-reduce of a row of the matrix for each of its columns,
    forming Q another.
    """
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"qr: mode {mode!r} does not exist; choose reduced, complete or r")
    x = _given("qr", x)

    def local(x):
        factors = _core._qr("qr", _turned(x), mode != "r", mode == "complete")
        return QRResult(*map(_turned, factors)) if mode != "r" else _turned(factors[0])

    if _is_dealt(x):
        found = _dealt_out("qr", x, local, lambda x: _orthogonal.qr(x, mode), may_fail=False)
        return found if mode == "r" else QRResult(*found)
    return local(x)


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
    array (...).

    Example:
        >>> hpx.linalg.matrix_rank(hpx.ones((2, 2)))
        array(1)

    Communication: that of `svdvals`.
    """
    x = _given("matrix_rank", x)
    if 0 in x.shape[-2:]:
        return _core.zeros(x.shape[:-2], dtype=np.int64)
    s = _singular_values("matrix_rank", x)
    return _core.count_nonzero(_significant(s, x.shape, rtol), axis=-1)


def pinv(x, /, *, rtol=None):
    """The pseudo-inverse (..., n, m) of matrices (..., m, n) by singular values.

    Those up to `rtol` times the largest count as 0: a number or an array (...), max(m, n) times the
    dtype's epsilon unless given.

    Example:
        >>> hpx.linalg.pinv(hpx.asarray([[2.0, 0.0], [0.0, 0.0]]))
        array([[0.5, 0. ],
               [0. , 0. ]])

    Communication: that of `svd` with `full_matrices=False`, and of the product of its factors.
    """
    x = _given("pinv", x)
    if 0 in x.shape[-2:]:
        return _core.zeros((*x.shape[:-2], x.shape[-1], x.shape[-2]), dtype=x.dtype)
    if _is_dealt(x) and x.ndim > 2:
        return _matrices.with_numbers("pinv", x, rtol, _pinv)
    return _pinv(x, rtol)


def _pinv(x, rtol):
    u, s, vh = _svd("pinv", x)
    inverse = _core.where(_significant(s, x.shape, rtol), 1.0 / s, 0.0)
    return _core._matmul("pinv", _adjoint(vh) * inverse[..., None, :], _adjoint(u))


def lstsq(a, b, rcond=None) -> tuple[Any, ...]:
    """The x of least norm that minimises the norm of b - a x: (x, residuals, rank, s).

    `a` is (m, n), `b` (m,) or (m, k). Residuals are the sums of squares, or empty unless a has rank
    n < m; s are a's singular values, of which those up to `rcond` times the largest count as 0.
    LinAlgError where shapes do not fit. By svd. Residuals and s are local; so is x, if `a` is tall.

    Example:
        >>> hpx.linalg.lstsq(hpx.asarray([[1.0], [1.0]]), hpx.asarray([1.0, 3.0]))[0].shape
        (1,)

    Communication: that of `svd` with `full_matrices=False`, of the products of its factors with
    `b`, and of that of `a` with x; of distributed arrays one all-reduce of the residuals.
    """
    a, b = _given("lstsq", a), floating(b)
    if a.ndim != 2 or b.ndim not in (1, 2) or a.shape[0] != b.shape[0]:
        raise LinAlgError(f"lstsq: shapes {a.shape} and {b.shape} do not fit")
    dtype = result_type(a, b)
    a, b = _in_double(a, dtype), _in_double(b, dtype)
    if 0 in a.shape:
        s, rank = _core.zeros(0, dtype=np.finfo(a.dtype).dtype), 0
        x = _core._matmul("lstsq", pinv(a), b)
    else:
        u, s, vh = _svd("lstsq", a)
        significant = _significant(s, a.shape, rcond)
        rank = int(_core.count_nonzero(significant))
        inverse = _core.where(significant, 1.0 / s, 0.0)
        x = _core._matmul("lstsq", _adjoint(u), b)
        x = (inverse if b.ndim == 1 else inverse[:, None]) * x
        x = _core._matmul("lstsq", _adjoint(vh), x)
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
    matrices, or singular ones to a negative power. Powers lie like `x`.

    Example:
        >>> hpx.linalg.matrix_power(hpx.asarray([[1, 1], [0, 1]]), 5)
        array([[1, 5],
               [0, 1]])

    Communication: none for local arrays and, but for negative powers, for distributed batches whose
    matrices lie on one locality each; others move once and back. Of one distributed matrix that of
    `matmul` for each product, and of `inv`.
    """
    x, n = as_array(x), operator.index(n)
    _square("matrix_power", x)
    if _is_dealt(x):
        return _dealt_out(
            "matrix_power",
            x,
            lambda x: _power(x, n),
            lambda x: _matrices.back(_power(x, n), x),
            may_fail=n < 0,
        )
    return _power(x, n)


def _power(x, n):
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        if _is_dealt(x):
            return _elimination.identity_like(x)
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

    Communication: none if the axis is not distributed; else each component goes to all localities.
    """
    from ._joining import stack

    x1, x2 = as_array(x1), as_array(x2)
    for x in (x1, x2):
        if x.shape[axis_of("cross", axis, x.ndim)] != 3:
            raise ValueError(f"cross: axis {axis} of shape {x.shape} must have length 3")
    first = next((x for x in (x1, x2) if _is_dealt(x)), None)
    a, b = (
        [_moveaxis(x, axis_of("cross", axis, x.ndim), 0)[i] for i in (0, 1, 2)] for x in (x1, x2)
    )
    parts = [a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    result = stack(parts, axis=axis)
    if first is not None and not _is_dealt(result):
        # The axis alone was dealt out, so that each component is everywhere.
        result = _core.redistribute(result, "block", axis_of("cross", axis, result.ndim))
    return result


def diagonal(x, /, *, offset=0):
    """A read-only view of a diagonal of matrices (..., m, n), the last axis of the result.

    Example:
        >>> hpx.linalg.diagonal(hpx.asarray([[1, 2], [3, 4]]))
        array([1, 4])

    Communication: that of `hpx.diagonal`.
    """
    return _diagonals.diagonal(x, offset, -2, -1)


def trace(x, /, *, offset=0, dtype=None):
    """The sum along a diagonal of matrices (..., m, n): shape (...).

    Small integers are summed as int64 or uint64, unless `dtype` is given.

    Example:
        >>> hpx.linalg.trace(hpx.asarray([[1, 2], [3, 4]]))
        array(5)

    Communication: that of `hpx.trace`.
    """
    return _diagonals.trace(x, offset, -2, -1, dtype)


def outer(x1, x2, /):
    """The products of each element of one vector with each of the other: a matrix.

    ValueError for other than one dimension.

    Example:
        >>> hpx.linalg.outer(hpx.asarray([1, 2]), hpx.asarray([1, 10]))
        array([[ 1, 10],
               [ 2, 20]])

    Communication: that of `hpx.outer`.
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
    ValueError for another.

    Example:
        >>> hpx.linalg.matrix_norm(hpx.asarray([[3.0, 0.0], [0.0, 4.0]]))
        array(5.)

    Communication: that of `svdvals` for 'nuc', 2 and -2; else for distributed arrays one all-reduce
    for each of the two axes that is dealt out.
    """
    x = _given("matrix_norm", x)
    if ord == "fro":
        return vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        s = _singular_values("matrix_norm", x)
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
    matrix without elements, ValueError for another `p`.

    Example:
        >>> hpx.linalg.cond(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]))
        array(2.)

    Communication: that of `svdvals`; with another `p` that of `inv` and of two `matrix_norm`.
    """
    x = _given("cond", x)
    if 0 in x.shape[-2:]:
        raise LinAlgError(f"cond: matrices of shape {x.shape[-2:]} have no elements")
    if p in (None, 2, -2):
        s = _singular_values("cond", x)
        large, small = s[..., 0], s[..., -1]
        ratio = small / large if p == -2 else large / small
        # Of a matrix of zeros 0 / 0; with a nan inside the values are nan themselves.
        return _core.where(_core.logical_and(large == 0, small == 0), float("inf"), ratio)
    inverse = inv(_in_double(_square("cond", x), x.dtype))
    result = matrix_norm(x, ord=p) * matrix_norm(inverse, ord=p)
    return _core.astype(result, np.finfo(x.dtype).dtype, copy=False)


_functions.show(globals(), __all__, "linalg.")
