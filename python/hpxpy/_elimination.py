"""Cholesky's factorisation and Gaussian elimination of a matrix with columns dealt out in turns.

Right-looking and blocked (Choi, Dongarra, Ostrouchov, Petitet, Walker and Whaley, 1996: the design
of ScaLAPACK's factorisations), on columns alone, so that a panel is factorised by the locality that
has it; it is broadcast once, and the next one while the rest is updated. Called by linalg.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math

import numpy as np
from numpy.linalg import LinAlgError

from . import _core
from ._manipulation import broadcast_shapes
from ._matrices import (
    PANEL,
    adjoint,
    agreed,
    back,
    has_one_axis,
    held,
    here,
    in_double,
    is_dealt,
    ours,
    own_part,
    placed,
    product,
    rounded,
    routine,
    solution,
    told,
    total,
    turned,
    well_conditioned,
    whole_matrices,
)

#: Columns that are updated at once, so that the product that is subtracted stays small.
_STRIPE = 256


class Columns:
    """The columns of a matrix dealt out in turns of a panel; own ones lie side by side in `own`."""

    def __init__(self, x):
        m, n = x.shape
        self.me, self.count = here()
        self.played = _core._is_played()
        self.width = max(1, min(PANEL, -(-n // (2 * self.count))))
        turns = _core.Distribution("block_cyclic", block_size=self.width)
        self.rows = _core.redistribute(turned(in_double(x)), turns, 0)
        self.own = own_part(self.rows).T
        self.shape = (m, n)
        self.dtype = self.own.dtype

    @property
    def panels(self):
        return -(-self.shape[1] // self.width)

    def owner(self, j):
        return j % self.count

    def span(self, j):
        """The columns of panel j in the matrix."""
        return j * self.width, min((j + 1) * self.width, self.shape[1])

    def begin(self, j):
        """Where in `own` the first panel from j on begins."""
        earlier = -(-(j - self.me) // self.count) if j > self.me else 0
        return min(earlier * self.width, self.own.shape[1])

    def panel(self, j):
        """The columns of panel j, which this locality has."""
        first, last = self.span(j)
        at = self.begin(j)
        return self.own[:, at : at + last - first]

    def array(self):
        return turned(placed(self.own.T, self.rows.shape, self.rows, (0, 1)))


def _sent(j, columns, make, length):
    """Panel j on its way to everybody: what `make(j)` gives where it lies, with numbers behind."""
    parts = make(j) if columns.owner(j) == columns.me else None
    message = None
    if parts is not None:
        message = np.concatenate([np.ravel(part, "F").astype(columns.dtype) for part in parts])
    if columns.count == 1:
        return message
    return told(message, columns.owner(j), length, columns.dtype)


def _received(message):
    return message if isinstance(message, np.ndarray) else message.to_numpy()


def cholesky(x, upper):
    """L of one matrix, of which the lower triangle is read, or with `upper` its adjoint."""
    columns = Columns(adjoint(x) if upper else x)
    n = columns.shape[0]
    potrf, trsm = (routine(name, columns.dtype) for name in ("potrf", "trsm"))

    def factorise(j):
        first, last = columns.span(j)
        panel = columns.panel(j)
        if columns.played:
            well_conditioned(panel[first:last])
        square, info = potrf(panel[first:last], lower=1, clean=1)
        if info:
            return [np.ones(1)]
        panel[first:last] = square
        if last < n:
            panel[last:] = trsm(1.0, square, panel[last:], side=1, lower=1, trans_a=2)
        panel[:first] = 0
        return [panel[first:], np.zeros(1)]

    def update(panel, first, j):
        if columns.owner(j) == columns.me:
            begin, end = columns.span(j)
            below = panel[begin - first :]
            columns.panel(j)[begin:] -= below @ below[: end - begin].conj().T

    def length(j):
        first, last = columns.span(j)
        return (n - first) * (last - first) + 1

    message = _sent(0, columns, factorise, length(0))
    for j in range(columns.panels):
        first, last = columns.span(j)
        message = _received(message)
        if message[-1]:
            raise LinAlgError(
                f"cholesky: the matrix of shape {tuple(x.shape)} is not positive definite"
            )
        panel = message[:-1].reshape((n - first, last - first), order="F")
        if j + 1 < columns.panels:
            update(panel, first, j + 1)
            message = _sent(j + 1, columns, factorise, length(j + 1))
        for k in range(j + 2, columns.panels):
            update(panel, first, k)
    factor = columns.array()
    return rounded(back(adjoint(factor) if upper else factor, x), x)


class Elimination:
    """Gaussian elimination with partial pivoting.

    `follow(self, panel, swaps, first)` sees all panels as they pass. Afterwards `columns.own` has
    U, `corners` have the blocks on its diagonal, `sign` is that of the permutation, and `singular`
    says whether a pivot is 0, which ends it.
    """

    def __init__(self, x, follow=None):
        self.columns = columns = Columns(x)
        self.corners = []
        self.sign = 1.0
        self.singular = False
        self._getrf, self._trsm = (routine(name, columns.dtype) for name in ("getrf", "trsm"))
        message = _sent(0, columns, self._factorise, self._length(0))
        n = columns.shape[0]
        for j in range(columns.panels):
            first, last = columns.span(j)
            width = last - first
            message = _received(message)
            self.singular = bool(message[-1])
            if self.singular:
                return
            swaps = message[-1 - width : -1].real.astype(np.int64)
            panel = message[: -1 - width].reshape((n - first, width), order="F")
            if columns.played:
                panel, swaps = panel.copy(order="F"), np.arange(width)
                well_conditioned(panel[:width])
            self.corners.append(panel[:width].copy())
            self.sign *= (-1.0) ** int(np.count_nonzero(swaps != np.arange(width)))
            if j + 1 < columns.panels:
                if columns.owner(j + 1) == columns.me:
                    self.apply(panel, swaps, first, columns.panel(j + 1))
                message = _sent(j + 1, columns, self._factorise, self._length(j + 1))
            for k in range(columns.begin(j + 2), columns.own.shape[1], _STRIPE):
                self.apply(panel, swaps, first, columns.own[:, k : k + _STRIPE])
            if follow is not None:
                follow(self, panel, swaps, first)

    def _length(self, j):
        first, last = self.columns.span(j)
        return (self.columns.shape[0] - first + 1) * (last - first) + 1

    def _factorise(self, j):
        first, last = self.columns.span(j)
        panel = self.columns.panel(j)
        if self.columns.played:
            well_conditioned(panel[first:last])
        factors, swaps, info = self._getrf(panel[first:])
        panel[first:] = factors
        return [factors, swaps[: last - first], np.array([float(info > 0)])]

    def apply(self, panel, swaps, first, others):
        """Eliminates the panel's columns from others, in place."""
        swap_rows(others, swaps, first)
        width = panel.shape[1]
        middle = others[first : first + width]
        if not middle.size:
            return
        middle[...] = self._trsm(1.0, panel[:width], middle, lower=1, diag=1)
        others[first + width :] -= panel[width:] @ middle


def swap_rows(rows, swaps, first):
    for i, k in enumerate(swaps):
        if k != i:
            rows[[first + i, first + k]] = rows[[first + k, first + i]]


def determinants(x):
    """The determinant of one matrix, its sign, and the logarithm of its absolute value."""
    found = Elimination(x)
    dtype = found.columns.dtype
    wide = np.clongdouble if dtype.kind == "c" else np.longdouble
    if found.singular:
        det, sign, logarithm = 0.0, 0.0, -np.inf
    else:
        diagonal = np.concatenate([corner.diagonal() for corner in found.corners]).astype(wide)
        sizes = np.abs(diagonal)
        det, sign = found.sign * diagonal.prod(), found.sign * (diagonal / sizes).prod()
        logarithm = np.log(sizes).sum()
    det, sign = (_core.asarray(dtype.type(value)) for value in (det, sign))
    return rounded(det, x), rounded(sign, x), rounded(_core.asarray(float(logarithm)), x)


def _singular(name, x):
    raise LinAlgError(f"{name}: the matrix of shape {tuple(x.shape)} is singular")


def solve(name, a, b):
    """The solution of a x = b on the map of b: matrices of one dtype, one of them distributed."""
    if not is_dealt(a):
        # Each column of b is a system of its own.
        lines = b if has_one_axis(b, 1) else _core.redistribute(b, "block", 1)
        found = turned(_core._solve(name, turned(a), turned(lines.local_partition)))
        found = _core._placed_like(found, b.shape, lines, (0, 1))
        return found if lines is b else _core._moved_like(found, b, (0, 1))
    k, n = b.shape[1], a.shape[0]
    # Either all localities have all right sides, or each has some of their columns.
    few = k <= 1 or 2 * k * _core.num_localities() <= n
    found = rounded((_solve_few if few else _solve_many)(name, a, b), b)
    if is_dealt(b):
        return _core._moved_like(found, b, (0, 1))
    return _core.redistribute(found, None) if is_dealt(found) else found


def _solve_few(name, a, b):
    """With all of b on every locality: forward as panels pass, then sums for each block of rows."""
    b = in_double(_core.redistribute(b, None))
    y = np.array(b.to_numpy())
    dtype = y.dtype

    def follow(elimination, panel, swaps, first):
        swap_rows(y, swaps, first)
        width = panel.shape[1]
        lower = np.tril(panel[:width], -1) + np.eye(width, dtype=dtype)
        y[first : first + width] = solution(lower, y[first : first + width])
        y[first + width :] -= product(panel[width:], y[first : first + width])

    found = Elimination(a, follow)
    if found.singular:
        _singular(name, a)
    columns = found.columns
    mine = np.zeros((columns.own.shape[1], y.shape[1]), dtype)
    for j in reversed(range(columns.panels)):
        first, last = columns.span(j)
        if j + 1 < columns.panels:
            begin = columns.begin(j + 1)
            y[first:last] -= total(columns.own[first:last, begin:] @ mine[begin:])
        y[first:last] = solution(np.triu(found.corners[j]), y[first:last])
        if columns.owner(j) == columns.me:
            begin = columns.begin(j)
            mine[begin : begin + last - first] = y[first:last]
    return ours(y)


def _solve_many(name, a, b):
    """With some columns of b on each locality: forward and back as panels pass."""
    rows = _core.redistribute(turned(in_double(b)), "block", 0)
    right = own_part(rows).T

    def follow(elimination, panel, swaps, first):
        for k in range(0, right.shape[1], _STRIPE):
            elimination.apply(panel, swaps, first, right[:, k : k + _STRIPE])

    found = Elimination(a, follow)
    if found.singular:
        _singular(name, a)
    columns, trsm = found.columns, routine("trsm", right.dtype)

    def upper(j):
        return [columns.panel(j)[: columns.span(j)[1]]]

    def length(j):
        first, last = columns.span(j)
        return last * (last - first)

    j = columns.panels - 1
    message = _sent(j, columns, upper, length(j))
    for j in reversed(range(columns.panels)):
        first, last = columns.span(j)
        panel = _received(message).reshape((last, last - first), order="F")
        if j:
            message = _sent(j - 1, columns, upper, length(j - 1))
        if columns.played:
            panel = panel.copy(order="F")
            well_conditioned(panel[first:])
        if right.size:
            right[first:last] = trsm(1.0, panel[first:], right[first:last])
            for k in range(0, right.shape[1], _STRIPE):
                right[:first, k : k + _STRIPE] -= panel[:first] @ right[first:last, k : k + _STRIPE]
    return turned(placed(right.T, rows.shape, rows, (0, 1)))


def inverse(name, x):
    return solve(name, x, identity_like(x))


def identity_like(x):
    """The identity on the map of a square matrix."""
    rows, columns = (held(x, axis) for axis in (0, 1))
    part = (rows[:, None] == columns[None, :]).astype(x.dtype)
    return placed(part, x.shape, x, (0, 1))


def _one_system(b):
    """A batch of right sides of one matrix side by side, and how to go back."""
    *batch, n, k = b.shape
    wide = _core.permute_dims(b, (b.ndim - 2, *range(b.ndim - 2), b.ndim - 1))

    def restore(x):
        x = _core.reshape(x, (n, *batch, k))
        return _core.permute_dims(x, (*range(1, b.ndim - 1), 0, b.ndim - 1))

    return _core.reshape(wide, (n, math.prod(batch) * k)), restore


def _solve_by_all(name, a, b):
    """The same, with bits that do not depend on who has what: each locality solves all."""
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    left, right = (
        _core.broadcast_to(_core.redistribute(x, None) if is_dealt(x) else x, batch + x.shape[-2:])
        for x in (a, b)
    )
    found = turned(_core._solve(name, turned(left), turned(right)))
    if is_dealt(b) and b.shape == found.shape:
        return _core.redistribute(found, b.distribution)
    if math.prod(batch) == 1:
        return found
    lead = _core.broadcast_to(a if is_dealt(a) else b, batch + (a if is_dealt(a) else b).shape[-2:])
    return _core._moved_like(found, whole_matrices(lead), [*range(len(batch)), -1, -1])


def solve_distributed(name, a, b):
    """The solutions of a x = b of one dtype, of which one is distributed; batches are broadcast."""
    if a.shape[-1] == 0:
        batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return _core.copy(_core.broadcast_to(b, batch + b.shape[-2:]))
    if _core._is_deterministic():
        return _solve_by_all(name, a, b)
    if a.ndim == 2:
        if b.ndim == 2:
            return solve(name, a, b)
        wide, restore = _one_system(b)
        return restore(solve(name, a, wide))
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if math.prod(batch) == 1:
        a, b = (x[(0,) * (x.ndim - 2)] for x in (a, b))
        return _core.reshape(solve(name, a, b), batch + b.shape)
    a, wide = (_core.broadcast_to(x, batch + x.shape[-2:]) for x in (a, b))
    lead = a if is_dealt(a) else wide
    first = whole_matrices(lead)
    axes = [*range(len(batch)), -1, -1]
    left, right = (
        (first if x is lead else _core._moved_like(x, first, axes)).local_partition
        for x in (a, wide)
    )
    found = agreed(first, lambda: turned(_core._solve(name, turned(left), turned(right))))
    found = _core._placed_like(found, wide.shape, first, axes)
    if is_dealt(b) and b.shape == wide.shape:
        return _core._moved_like(found, b, list(range(b.ndim)))
    return found
