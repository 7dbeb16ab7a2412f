"""Singular values and vectors, and those of Hermitian matrices, by one-sided Jacobi rotations.

Columns are dealt out in two blocks a locality. Two blocks that meet are rotated until their columns
are at right angles; then blocks move on as in a tournament, so that all meet once a sweep
(Hestenes, 1958; Brent and Luk, 1985; in blocks: Becka, Oksa and Vajtersic, 2002). For linalg.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import numpy as np
from numpy.linalg import LinAlgError

from . import _core
from ._manipulation import tril
from ._matrices import (
    adjoint,
    back,
    gathered,
    has_one_axis,
    held,
    here,
    in_double,
    is_tall,
    largest,
    ours,
    own_part,
    placed,
    rounded,
    total,
    turned,
)
from ._orthogonal import Reflections, tall_svd

#: Sweeps after which a matrix counts as one that the iteration fails for; most need less than ten.
_SWEEPS = 40
#: What `hpxpy plan` counts with.
_USUAL_SWEEPS = 6
#: How far from right angles columns are turned by eigenvectors of their products, which is faster.
_ROUGH = 1e-6


def _refuse(name, shape):
    # As algorithms/linalg.cpp says it of a local matrix.
    raise LinAlgError(
        f"{name}: the matrix of shape {tuple(shape)} has no values that the iteration finds; "
        "is there a nan or inf?"
    )


class Tournament:
    """Rows of an array (columns of the matrix) in two blocks a locality, and their meetings.

    The first `length` elements of each row are to be at right angles to those of others, what is
    behind them goes along. Rows are `alike` if none is many times longer than another.
    """

    def __init__(self, lines, length, alike=False):
        self.me, self.count = here()
        self.alike = alike
        self.length = length
        half = (len(lines) + 1) // 2
        self.blocks = [lines[:half], lines[half:]]
        self.players = [[2 * p, 2 * p + 1] for p in range(self.count)]

    def meet(self, scale):
        """Rotates the two blocks; how far from right angles they were, in parts of `scale`."""
        mine = self.players[self.me]
        order = (0, 1) if mine[0] < mine[1] else (1, 0)
        first = len(self.blocks[order[0]])
        pair = np.concatenate([self.blocks[i] for i in order])
        if not len(pair):
            return 0.0
        lines = pair[:, : self.length]
        products = lines.conj() @ lines.T
        sizes = np.sqrt(products.diagonal().real)
        larger = np.maximum(sizes[:, None], sizes)
        cosines = np.abs(products) / np.where(larger == 0, 1.0, larger)
        np.fill_diagonal(cosines, 0.0)
        off = float(cosines.max() / scale)
        rises = bool((np.diff(sizes) > 4 * np.finfo(np.float64).eps * scale).any())
        if off > self.enough() or rises:
            # Eigenvectors of the products are found sooner, but short columns next to long ones
            # are not told apart by them.
            if self.alike or off > _ROUGH:
                v = np.linalg.eigh(products)[1][:, ::-1].T
            else:
                v = np.linalg.svd(np.linalg.qr(lines.T, mode="r"))[2].conj()
            pair = v @ pair
        self.blocks[order[0]], self.blocks[order[1]] = pair[:first], pair[first:]
        return off

    def enough(self):
        """What counts as a right angle: about the rounding errors of a product of two columns."""
        return 4 * np.finfo(np.float64).eps * max(self.length, 16) ** 0.5

    def move_on(self):
        """Each block to where it meets the next one."""
        n, p = self.count, self.me
        if n == 1:
            return
        out = [self.blocks[0][:0]] * n
        if p < n - 1:
            out[p + 1] = self.blocks[1 if p == 0 else 0]
        if p > 0:
            out[p - 1] = self.blocks[1]
        came = _core._all_to_all([ours(np.ascontiguousarray(block)) for block in out], 0)
        first = self.blocks[0] if p == 0 else came[p - 1].to_numpy()
        second = self.blocks[0] if p == n - 1 else came[p + 1].to_numpy()
        self.blocks = [first, second]
        old = self.players
        self.players = [
            [
                old[0][0] if q == 0 else old[0][1] if q == 1 else old[q - 1][0],
                old[n - 1][0] if q == n - 1 else old[q + 1][1],
            ]
            for q in range(n)
        ]

    def sweep(self, scale):
        """All pairs of blocks; how far from right angles any pair was on any locality."""
        off = 0.0
        for _ in range(2 * self.count - 1):
            off = max(off, self.meet(scale))
            self.move_on()
        return largest(off)

    def play(self, name, shape):
        """The lines at right angles, after as many sweeps as that takes, where `lines` were."""
        squares = sum((np.abs(block[:, : self.length]) ** 2).sum() for block in self.blocks)
        counts = [squares, sum(map(len, self.blocks))]
        squares, lines = total(np.array(counts, np.float64))
        # Products of two count in parts of the longest line, or of what is more.
        scale = float(squares / (lines if self.alike else 1)) ** 0.5 or 1.0
        before, played = np.inf, _core._values_decide()
        for sweep in range(_SWEEPS):
            off = self.sweep(scale)
            if played and sweep + 1 < _USUAL_SWEEPS:
                continue
            # Rounding errors may stop it a little earlier.
            if off <= self.enough() or before / 2 < off <= 16 * self.enough():
                return np.concatenate(self.blocks)
            before = off
        return _refuse(name, shape)


def _on_columns(x):
    """The columns of a matrix as rows that are dealt out in blocks, in the order of localities."""
    bounds = x.distribution.bounds
    if has_one_axis(x, 1) and bounds is not None and list(bounds) == sorted(bounds):
        return turned(x)
    return _core.redistribute(turned(x), "block", 0)


def _scale(name, x):
    """The largest absolute value of an array of doubles; LinAlgError if it is not finite."""
    size = float(_core.max(_core.abs(x)))
    if not np.isfinite(size):
        _refuse(name, x.shape)
    return size


def _orthogonal_columns(name, x, size, vectors):
    """Columns at right angles, largest first, as rows with those of V behind; their lengths."""
    m, n = x.shape
    rows = _on_columns(x)
    part = own_part(rows) / (size or 1.0)
    if vectors:
        part = np.concatenate([part, held(rows, 0)[:, None] == np.arange(n)], axis=1)
    lines = Tournament(part, m).play(name, x.shape)
    return rows, lines, _lengths(lines[:, :m])


def _lengths(lines):
    return np.concatenate(gathered(np.linalg.norm(lines, axis=1)))


def _in_order(lines, rows, lengths):
    """The lines as an array whose first row is the longest, and the lengths so."""
    order = np.argsort(-lengths, kind="stable")
    x = placed(lines, (rows.shape[0], lines.shape[1]), rows, (0, -1))
    if (order != np.arange(len(order))).any():
        x = x[_core.asarray(order, distribution="block")]
    return x, lengths[order]


def svd(name, x, vectors, full):
    """U, S and Vh of one distributed matrix, or S alone."""
    m, n = x.shape
    double = in_double(x)
    if m < n:
        found = _of_tall(name, adjoint(double), vectors, full, x.shape)
        if vectors:
            u, s, vh = found
            found = adjoint(vh), s, adjoint(u)
    else:
        found = _of_tall(name, double, vectors, full, x.shape)
    if not vectors:
        return rounded(found, x)
    u, s, vh = found
    if u.distribution is not None:
        u = back(u, x)
    if vh.distribution is not None:
        vh = back(vh, x)
    return tuple(rounded(y, x) for y in (u, s, vh))


def _of_tall(name, x, vectors, full, shape):
    m, n = x.shape
    size = _scale(name, x)
    if is_tall(m, n):
        return tall_svd(name, x, vectors, full)
    rows, lines, lengths = _orthogonal_columns(name, x, size, vectors)
    if not vectors:
        return ours(-np.sort(-lengths) * size)
    both, s = _in_order(lines, rows, lengths)
    # What is left between columns of very different length, and columns of 0, QR sets right.
    found = Reflections(turned(both[:, :m]))
    u = found.q_array(m if full else n)
    phases = found.diagonal / np.where(found.diagonal == 0, 1, np.abs(found.diagonal))
    phases = np.where(found.diagonal == 0, 1, phases)
    signs = np.concatenate([phases, np.ones(u.shape[1] - n)]) if full else phases
    part = own_part(u) * signs
    u = placed(part, u.shape, u, (0, -1))
    vh = both[:, m:]
    if vh.dtype.kind == "c":
        vh = _core.conj(vh)
    return u, ours(s * size), vh


def eigh(name, x, upper, vectors):
    """Ascending eigenvalues (local) and eigenvectors of one distributed Hermitian matrix."""
    n = x.shape[0]
    double = in_double(adjoint(x) if upper else x)
    whole = tril(double) + adjoint(tril(double, -1))
    size = _scale(name, whole) or 1.0
    whole = whole / size
    bound = min(
        float(_core.max(_core.sum(_core.abs(whole), axis=0))),
        float(_core.sqrt(_core.sum(_core.abs(whole) ** 2))),
    )
    # Positive definite and well-conditioned, with the smallest eigenvalue first.
    shift = 1.5 * bound or 1.0
    rows = _on_columns(whole)
    part = -own_part(rows)
    diagonal = np.arange(len(part)), held(rows, 0)
    part[diagonal] = shift + part[diagonal].real
    lines = Tournament(part, n, alike=True).play(name, x.shape)
    lengths = _lengths(lines)
    own = np.linalg.norm(lines, axis=1)
    both, lengths = _in_order(lines / own[:, None], rows, lengths)
    w = rounded(ours((shift - lengths) * size), x)
    return (w, rounded(back(turned(both), x), x)) if vectors else (w,)
