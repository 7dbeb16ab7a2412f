"""Methods for operators that are only multiplied: conjugate gradients, Lanczos, singular values.

An operator is an array or a function of a vector. Vectors may be local or distributed: all is made
of products, sums over vectors, and updates that each locality does for its part. Public through
linalg.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from . import _core, _matrices
from ._arguments import as_array
from ._dtypes import result_type
from ._statistics import floating

__all__ = ["cg", "lanczos", "svds"]


def _action(name, a, adjoint=False):
    """What multiplies a vector by an operator, or by its adjoint."""
    if callable(a) and not adjoint:
        return a
    if isinstance(a, tuple):
        if len(a) != 2 or not all(map(callable, a)):
            raise TypeError(f"{name}: a tuple of {len(a)} was given; give two functions")
        return a[int(adjoint)]
    if callable(a):
        raise TypeError(
            f"{name}: one function was given; give two, of the operator and of its adjoint"
        )
    a = floating(a)
    if a.ndim != 2:
        raise np.linalg.LinAlgError(f"{name}: shape {a.shape} is no matrix; two axes are needed")
    a = _matrices.adjoint(a) if adjoint else a
    return lambda x: _core._matmul(name, a, x)


def _vector(name, what, x):
    x = floating(x)
    if x.ndim != 1:
        raise ValueError(f"{name}: {what} has shape {x.shape}; give a vector")
    return x


def _applied(name, action, x, length):
    """The product as an array, whose length is checked, where `length` is known."""
    y = as_array(action(x))
    if y.ndim != 1 or (length is not None and y.shape[0] != length):
        raise ValueError(
            f"{name}: the operator made shape {y.shape} of a vector of {x.shape[0]}"
            + ("" if length is None else f"; ({length},) is wanted")
        )
    return y


def _inner(x, y):
    return _core.sum((_core.conj(x) if x.dtype.kind == "c" else x) * y)


def _size(x):
    if x.dtype.kind == "c":
        return float(_core.sqrt(_core.sum(_core.real(x) ** 2 + _core.imag(x) ** 2)))
    return float(_core.sqrt(_core.sum(x * x)))


def cg(
    A, b, x0=None, *, rtol=1e-5, atol=0.0, maxiter=None, M=None, callback=None
) -> tuple[Any, ...]:
    """The x with A x = b for a Hermitian positive definite operator, by conjugate gradients.

    `A` is a matrix (n, n) or a function of a vector, `b` a vector (n,), both local or distributed;
    so is `M`, an approximation of A's inverse, if there is one. It begins at `x0`, zeros unless
    given, and ends when the norm of b - A x is at most max(rtol * norm of b, atol), or after
    `maxiter` steps, 10 n unless given. Gives (x, info) as SciPy does: info is 0, or the number of
    steps if it ended too early. x lies like b. `callback(x)` is called after each step. ValueError
    for shapes that do not fit. The method is Hestenes' and Stiefel's (1952).

    Example:
        >>> x, info = hpx.linalg.cg(hpx.asarray([[2.0, 0.0], [0.0, 4.0]]), hpx.asarray([2.0, 2.0]))
        >>> info, hpx.round(x, 6)
        (0, array([1. , 0.5]))

    Communication: each step that of `A` (and `M`), and of distributed vectors two all-reduces of a
    number, three with `M`.
    """
    b = _vector("cg", "b", b)
    n = b.shape[0]
    apply, improve = _action("cg", A), None if M is None else _action("cg", M)
    steps = 10 * n if maxiter is None else operator.index(maxiter)
    enough = max(float(rtol) * _size(b), float(atol))
    if x0 is None:
        x, r = _core.zeros_like(b), _core.copy(b)
    else:
        x = _vector("cg", "x0", x0)
        if x.shape != b.shape:
            raise ValueError(f"cg: x0 has shape {x.shape} and b {b.shape}; they must be equal")
        x = _like(x, b)
        r = b - _applied("cg", apply, x, n)
    r = _like(r, b)
    p, rho, left = None, 0.0, _size(r)
    for _ in range(steps):
        if left <= enough:
            return x, 0
        z = r if improve is None else _like(_applied("cg", improve, r, n), b)
        before, rho = rho, left**2 if improve is None else complex(_inner(r, z)).real
        p = z if p is None else z + (rho / before) * p
        q = _like(_applied("cg", apply, p, n), b)
        curvature = complex(_inner(p, q)).real
        if rho == 0 or curvature == 0:
            # Of a matrix that is not positive definite.
            break
        alpha = rho / curvature
        x = x + alpha * p
        r = r - alpha * q
        # Stored, so that no chain of steps is kept.
        _core.eval(x, r, p)
        left = _size(r)
        if callback is not None:
            callback(x)
    return x, 0 if left <= enough else steps


def _like(x, other):
    """The vector on the map of another one."""
    if x.distribution == other.distribution and (
        x.distribution is None or x.partition_sizes == other.partition_sizes
    ):
        return x
    return _core.redistribute(x, other.distribution)


class _Basis:
    """Orthonormal vectors, one after another, as rows of a matrix that is dealt out like them."""

    def __init__(self, like, rows):
        n = like.shape[0]
        if like.distribution is None:
            self.rows = _core.zeros((rows, n), dtype=like.dtype)
        else:
            part = np.zeros((rows, like.local_partition.shape[0]), like.dtype)
            self.rows = _core.copy(_matrices.placed(part, (rows, n), like, [1]))
        self.like = like
        self.count = 0

    def add(self, v):
        self.rows[self.count] = _like(v, self.like)
        self.count += 1

    def __getitem__(self, i):
        return self.rows[i]

    def cleared(self, w):
        """`w` at right angles to all vectors, and what was taken off (local); twice is enough."""
        w = _like(w, self.like)
        rows = self.rows[: self.count]
        conjugate = _core.conj(rows) if rows.dtype.kind == "c" else rows
        taken = 0.0
        for _ in range(2):
            c = _core._matmul("linalg", conjugate, w)
            w = w - _core._matmul("linalg", c, rows)
            _core.eval(w)
            taken = taken + c
        return w, taken.to_numpy()


def _start(name, v0, n, dtype, like):
    """A first vector of norm 1: the one that is given, or one that depends on n alone."""
    if v0 is None:
        v = _core.arange(n, dtype=np.float64)
        v = _core.sin(v * 12.9898 + 1.0) + 0.5
        v = _core.astype(v, dtype)
        if like is not None and like.distribution is not None:
            v = _core.redistribute(v, "block")
    else:
        v = _core.astype(_vector(name, "v0", v0), dtype)
        if n is not None and v.shape[0] != n:
            raise ValueError(f"{name}: v0 has {v.shape[0]} elements; {n} are needed")
    size = _size(v)
    if not 0 < size < np.inf:
        raise ValueError(f"{name}: v0 has norm {size}; give a vector of a norm above 0")
    return v / size


def _random_like(v, seed):
    """Another vector on the map of `v`, for where a subspace ends."""
    n = v.shape[0]
    w = _core.astype(_core.sin(_core.arange(n, dtype=np.float64) * (3.7 + seed) + seed), v.dtype)
    return _like(w, v)


def lanczos(A, m, v0=None) -> tuple[Any, ...]:
    """V and T of Lanczos' method: V's m columns are orthonormal and V^H A V = T, tridiagonal.

    `A` is a Hermitian matrix (n, n) or a function of a vector, and 1 <= m <= n; eigenvalues of T
    approximate the outer ones of A, soon for small m. `v0` (n,) is the first column but for its
    length; for a function it is needed, else some fixed vector is taken. V (n, m) is dealt out like
    v0 or the rows of A, T (m, m) is local and real. Each vector is orthogonalised against all
    before it, twice (Parlett, The Symmetric Eigenvalue Problem, 1998, chapter 13); where the
    vectors span all that A makes of v0, T has a zero beside its diagonal and V goes on with another
    one. ValueError for shapes and numbers that do not fit.

    Example:
        >>> V, T = hpx.linalg.lanczos(hpx.asarray([[2.0, 1.0], [1.0, 2.0]]), 2)
        >>> hpx.round(hpx.linalg.eigvalsh(T), 6)
        array([1., 3.])

    Communication: each step that of `A`, and of distributed vectors two all-reduces of as many
    numbers as there are vectors and one of a number.
    """
    m = operator.index(m)
    action = _action("lanczos", A)
    matrix = None if callable(A) else floating(A)
    if matrix is None and v0 is None:
        raise ValueError("lanczos: the operator is a function; give v0, which tells its length")
    n = len(v0) if matrix is None else matrix.shape[0]
    if matrix is not None and matrix.shape[0] != matrix.shape[1]:
        raise np.linalg.LinAlgError(f"lanczos: a matrix of shape {matrix.shape} is not square")
    if not 1 <= m <= n:
        raise ValueError(f"lanczos: m={m} vectors do not fit {n} elements; give 1 to {n}")
    dtype = matrix.dtype if matrix is not None else floating(as_array(v0)).dtype
    v = _start("lanczos", v0, n, dtype, matrix)
    basis = None
    diagonal, beside = np.zeros(m), np.zeros(m)
    scale = 0.0
    for j in range(m):
        w = _applied("lanczos", action, v, n)
        if basis is None:
            wide = result_type(w, v)
            basis = _Basis(_core.astype(v, wide), m)
            v = basis.like
        basis.add(v)
        w, taken = basis.cleared(_core.astype(w, v.dtype))
        diagonal[j] = taken[j].real
        if j + 1 == m:
            break
        size = _size(w)
        scale = max(scale, abs(diagonal[j]), size)
        if size <= 4 * n * float(np.finfo(w.dtype).eps) * scale:
            w, _ = basis.cleared(_random_like(v, j + 1))
            v = w / _size(w)
        else:
            beside[j] = size
            v = w / size
    tridiagonal = np.diag(diagonal) + np.diag(beside[: m - 1], 1) + np.diag(beside[: m - 1], -1)
    real = np.finfo(basis.rows.dtype).dtype
    return _matrices.turned(basis.rows), _core.asarray(tridiagonal.astype(real))


class _Bidiagonal:
    """A V = U B for growing orthonormal V and U, after Golub and Kahan (1965); B is local."""

    def __init__(self, name, a, m, v):
        self.name, self.v = name, _Basis(v, m + 1)
        self.action, self.adjoint = _action(name, a), _action(name, a, True)
        self.m, self.b = m, np.zeros((m, m), v.dtype)
        self.u = None
        self.next = v

    def grow(self):
        """Up to m vectors each; how much A^H U has beside V B^H."""
        beyond = 0.0
        for j in range(0 if self.u is None else self.u.count, self.m):
            v = self.next
            self.v.add(v)
            u = _core.astype(_applied(self.name, self.action, v, self._length()), v.dtype)
            if self.u is None:
                self.u = _Basis(u, self.m)
            u, self.b[:j, j], self.b[j, j] = self._added(self.u, u, j)
            self.u.add(u)
            w = _core.astype(_applied(self.name, self.adjoint, u, v.shape[0]), v.dtype)
            self.next = None
            if self.v.count < v.shape[0]:
                self.next, _, beyond = self._added(self.v, w, j)
            else:
                beyond = 0.0
        return beyond

    def _length(self):
        return None if self.u is None else self.u.like.shape[0]

    def _added(self, basis, w, j):
        """A vector at right angles to a basis, what was taken off, and what was left."""
        w = _like(w, basis.like)
        whole = _size(w)
        taken = np.zeros(0, w.dtype)
        if basis.count:
            w, taken = basis.cleared(w)
        size = _size(w)
        if size <= 4 * np.finfo(w.dtype).eps * whole or size == 0:
            w = _random_like(w, j + 1)
            if basis.count:
                w, _ = basis.cleared(w)
            return w / _size(w), taken, 0.0
        return w / size, taken, size

    def restart(self, k, p, s, q):
        """Goes on with the first k singular vectors of B (`p`, `s`, `q`) and the next v."""
        for basis, turn in ((self.v, q), (self.u, p)):
            c = _core.asarray(np.ascontiguousarray(turn[:, :k].T))
            basis.rows[:k] = _core._matmul(self.name, c, basis.rows[: self.m])
            basis.count = k
        self.b[...] = 0
        self.b[np.arange(k), np.arange(k)] = s[:k]


def svds(
    A, k=6, *, v0=None, tol=0.0, maxiter=None
) -> tuple[_core.ndarray, _core.ndarray, _core.ndarray]:
    """The k largest singular values of an operator with their vectors: (U, S, Vh), S descending.

    `A` is a matrix (m, n), or a pair of functions: the product with a vector (n,) and that of the
    adjoint with a vector (m,). 1 <= k <= min(m, n). `v0` (n,) is what it begins with; for functions
    it is needed. U is (m, k), Vh (k, n), dealt out like the vectors that products give; S is local.
    Values are found when what is left of their vectors is at most `tol` times the largest value,
    the precision of the dtype if that is more. Lanczos' bidiagonalisation with thick restarts
    (Baglama and Reichel, 2005) on 2 k + 10 vectors, all kept at right angles. LinAlgError where
    `maxiter` restarts (300 unless given) do not do, ValueError for numbers that do not fit.

    Example:
        >>> U, S, Vh = hpx.linalg.svds(hpx.asarray([[3.0, 0.0], [0.0, 4.0]]), k=1)
        >>> hpx.round(S, 6)
        array([4.])

    Communication: each step the two products with `A`, and of distributed vectors six all-reduces
    of at most as many numbers as there are vectors.
    """
    k = operator.index(k)
    if isinstance(A, tuple) or callable(A):
        _action("svds", A, True)
        if v0 is None:
            raise ValueError("svds: the operator is a function; give v0, which tells its length")
        v = _start("svds", v0, None, floating(as_array(v0)).dtype, None)
        rows = _applied("svds", _action("svds", A), v, None)
        v = _core.astype(v, result_type(rows, v))
        m, n = rows.shape[0], v.shape[0]
    else:
        A = floating(A)
        _action("svds", A)
        (m, n), v = A.shape, _start("svds", v0, A.shape[1], A.dtype, A)
    if not 1 <= k <= min(m, n):
        raise ValueError(f"svds: k={k} values do not fit a shape of ({m}, {n})")
    size = min(m, n, max(2 * k + 10, 20))
    found = _Bidiagonal("svds", A, size, v)
    enough = max(float(tol), 4 * size * float(np.finfo(v.dtype).eps))
    restarts = 300 if maxiter is None else operator.index(maxiter)
    for _ in range(restarts + 1):
        beyond = found.grow()
        p, s, q = _matrices.svd_here("svds", found.b.astype(np.promote_types(v.dtype, np.float64)))
        left = beyond * np.abs(p[-1])
        done = int((left[:k] <= enough * s[0]).sum())
        kept = min(k + max(k // 2, 3), size - 1)
        if done == k or found.next is None:
            break
        found.restart(kept, *(x.astype(v.dtype) for x in (p, s, q.conj().T)))
    else:
        raise np.linalg.LinAlgError(
            f"svds: {done} of {k} values were found in {restarts} restarts; allow more by maxiter, "
            "or a larger tol"
        )
    turns = [np.ascontiguousarray(x[:, :k].T.astype(v.dtype)) for x in (p, q.conj().T)]
    u, vh = (
        _core._matmul("svds", _core.asarray(turn), basis.rows[:size])
        for turn, basis in zip(turns, (found.u, found.v), strict=True)
    )
    s = _core.asarray(s[:k].astype(np.finfo(v.dtype).dtype))
    return _matrices.turned(u), s, _core.conj(vh) if vh.dtype.kind == "c" else vh
