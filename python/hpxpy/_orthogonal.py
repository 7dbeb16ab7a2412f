"""The QR factorisation of a matrix whose rows are dealt out.

Of few columns by one all-gather (TSQR; Demmel, Grigori, Hoemmen and Langou, 2012), of many panel
by panel, each factorised so and turned back into Householder's vectors (Ballard, Demmel, Grigori,
Jacquelin, Knight and Nguyen, 2014). These tell which signs LAPACK gives the rows of R, so that
factors are the same, but for rounding, on any number of localities. For linalg.py and _jacobi.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import numpy as np

from . import _core
from ._matrices import (
    PANEL,
    back,
    gathered,
    has_one_axis,
    held,
    here,
    in_double,
    is_tall,
    ours,
    own_part,
    placed,
    product,
    qr_here,
    rounded,
    routine,
    solution,
    svd_here,
    total,
)


def on_rows(x):
    """The matrix with its rows alone dealt out, to each locality other ones."""
    return x if has_one_axis(x, 0) else _core.redistribute(x, "block", 0)


def reflected(top):
    """L, U, s, flat: top - diag(s) = L U, for the first rows of a Q with orthonormal columns.

    s are the signs that Householder's reflections give; where `flat`, LAPACK reflects nothing, as
    all below the diagonal is 0 already. By panels, so that most of it is products.
    """
    n = len(top)
    a, s, flat = top.copy(), np.ones(n), np.zeros(n, bool)
    close = 16 * max(n, 1) * np.finfo(np.float64).eps
    for first in range(0, n, 32):
        last = min(first + 32, n)
        for j in range(first, last):
            w = a[j, j]
            flat[j] = abs(1 - abs(w) ** 2) <= close and abs(np.imag(w)) <= close
            s[j] = -1.0 if np.real(w) >= 0 else 1.0
            a[j, j] -= s[j]
            a[j + 1 :, j] /= a[j, j]
            a[j + 1 :, j + 1 : last] -= a[j + 1 :, j, None] * a[j, None, j + 1 : last]
        if last < n:
            lower = np.tril(a[first:last, first:last], -1) + np.eye(last - first)
            a[first:last, last:] = solution(lower.astype(a.dtype), a[first:last, last:])
            a[last:, last:] -= product(a[last:, first:last], a[first:last, last:])
    return np.tril(a, -1) + np.eye(n), np.triu(a), s, flat


def _joined(part, tops):
    """This locality's rows of Q, and R and the first rows of Q everywhere, of panels of rows.

    tops[p] are two arrays: which rows of locality p are of the first n, and which of those.
    """
    me, _ = here()
    q, r = np.linalg.qr(part)
    n, (rows, _) = part.shape[1], tops[me]
    message = np.zeros((len(r) + len(rows), n), part.dtype)
    message[: len(r)] = r
    message[len(r) :, : len(r)] = q[rows]
    messages = gathered(message)
    if _core._is_played():
        # Of others, whose messages have other lengths, one that any R could be.
        messages = [
            message if p == me else np.eye(n + len(top[0]), n, dtype=part.dtype)
            for p, top in enumerate(tops)
        ]
    heights = [len(m) - len(top[0]) for m, top in zip(messages, tops, strict=True)]
    ends = np.cumsum(heights)
    if len(messages) > 1:
        second, r = qr_here(np.concatenate([m[:k] for m, k in zip(messages, heights, strict=True)]))
    else:
        second = np.eye(len(r), dtype=part.dtype)
    first = np.empty((n, n), part.dtype)
    for message, (_, positions), k, end in zip(messages, tops, heights, ends, strict=True):
        if len(positions):
            first[positions] = product(message[k:, :k].copy(), second[end - k : end])
    return q @ second[ends[me] - heights[me] : ends[me]], r, first


def _first_rows(x, n):
    """For each locality which of its rows are of the first n, and which of those."""
    found = [held(x, 0, p, n) for p in range(here()[1])]
    return [(np.arange(len(rows)), rows) for rows in found]


def by_one_gather(x, vectors):
    """This locality's rows of Q (or None), and R, of a matrix on rows with at least n of them."""
    n = x.shape[1]
    part = own_part(x)
    q, r, top = _joined(part, _first_rows(x, n))
    _, _, s, flat = reflected(top)
    s = np.where(flat, -s, s)
    return q * s if vectors else None, s[:, None] * r


class Reflections:
    """The blocked Householder factorisation of a matrix: R, of which each locality has rows, and Q.

    The rows are dealt out in turns of a panel, so that all have some to the end.
    """

    def __init__(self, x):
        self.width = PANEL
        turns = _core.Distribution("block_cyclic", block_size=self.width)
        self.rows = _core.redistribute(in_double(x), turns, 0)
        self.part = own_part(self.rows)
        self.shape = m, n = x.shape
        self.held = held(self.rows, 0)
        self.panels = []
        self.diagonal = np.zeros(min(m, n), self.part.dtype)
        self.flips = np.ones(min(m, n))
        for first in range(0, min(m, n), self.width):
            self._eliminate(first, min(first + self.width, m, n))
        own = self.held < min(m, n)
        self.part[own] *= self.flips[self.held[own], None]
        self.part[np.arange(n) < self.held[:, None]] = 0

    def _first_rows(self, first, last):
        """The rows of a panel are the next ones of one locality."""
        count = here()[1]
        owner = first // self.width % count
        own, nothing = np.arange(last - first), np.empty(0, np.int64)
        return [(own, own) if p == owner else (nothing, nothing) for p in range(count)]

    def _eliminate(self, first, last):
        part, low = self.part, int(np.searchsorted(self.held, first))
        tops = self._first_rows(first, last)
        q, r, top = _joined(part[low:, first:last], tops)
        lower, upper, s, flat = reflected(top)
        own = tops[here()[0]][0]
        q[own] -= np.diag(s)[own]
        if q.size:
            q = routine("trsm", q.dtype)(1.0, upper, q, side=1)
        turn = -solution(lower.astype(q.dtype), (upper * s).conj().T)
        if last < part.shape[1]:
            sums = product(turn, total(q.conj().T @ part[low:, last:]))
            part[low:, last:] -= q @ sums
        part[low + own, first:last] = s[:, None] * r if len(own) else 0
        self.diagonal[first:last] = s * r.diagonal()
        self.flips[first:last] = np.where(flat, -1.0, 1.0)
        self.diagonal[first:last] *= self.flips[first:last]
        self.panels.append((low, first, q, turn))

    def q(self, columns):
        """This locality's rows of so many columns of Q."""
        q = (self.held[:, None] == np.arange(columns)).astype(self.part.dtype)
        for low, first, y, turn in reversed(self.panels):
            sums = product(turn.conj().T.copy(), total(y.conj().T @ q[low:, first:]))
            q[low:, first:] -= y @ sums
        k = min(columns, len(self.flips))
        q[:, :k] *= self.flips[:k]
        return q

    def q_array(self, columns):
        return placed(self.q(columns), (self.shape[0], columns), self.rows, (0, -1))

    def r_array(self, rows):
        return placed(self.part, self.shape, self.rows, (0, 1))[:rows]


def fits_one_gather(m, n):
    """Whether the factors R of all localities, one on another, take no more than a few blocks."""
    count = here()[1]
    return m >= n and (n <= PANEL or n * count * count <= m)


def factors(x, full=False):
    """Q, distributed, and R, local or distributed, of a matrix in double precision."""
    m, n = x.shape
    if fits_one_gather(m, n) and not full:
        rows = on_rows(x)
        q, r = by_one_gather(rows, True)
        return placed(q, (m, n), rows, (0, -1)), ours(r)
    found = Reflections(x)
    k = m if full else min(m, n)
    return found.q_array(k), found.r_array(k)


def qr(x, mode):
    """The factors of one distributed matrix, or with mode 'r' R alone."""
    m, n = x.shape
    if is_tall(n, m):
        return _wide(x, mode)
    double = in_double(x)
    if mode == "r":
        if fits_one_gather(m, n):
            r = ours(by_one_gather(on_rows(double), False)[1])
        else:
            r = Reflections(double).r_array(min(m, n))
    else:
        q, r = factors(double, mode == "complete")
        q = rounded(back(q, x), x)
    if is_tall(m, n) and mode != "complete":
        r = _core.redistribute(r, None) if r.distribution is not None else r
    else:
        r = back(r, x)
    r = rounded(r, x)
    return r if mode == "r" else (q, r)


def _wide(x, mode):
    """Of few rows: all localities get and factorise the first columns, and turn their own."""
    double = in_double(x)
    m = x.shape[0]
    columns = double if has_one_axis(double, 1) else _core.redistribute(double, "block", 1)
    q, _ = qr_here(_core.redistribute(columns[:, :m], None).to_numpy())
    part = product(q.conj().T.copy(), own_part(columns).copy())
    part[held(columns, 1) < np.arange(m)[:, None]] = 0
    r = rounded(placed(part, x.shape, columns, (0, 1)), x)
    if columns is not double:
        r = _core._moved_like(r, x, (0, 1))
    return r if mode == "r" else (rounded(ours(q), x), r)


def tall_svd(name, x, vectors, full):
    """U (dealt out like rows), S and Vh (local) of a tall matrix of doubles, or S alone."""
    m, n = x.shape
    if not vectors:
        if fits_one_gather(m, n):
            r = by_one_gather(on_rows(x), False)[1]
        else:
            r = _core.redistribute(Reflections(x).r_array(n), None).to_numpy()
        return _core._svd(name, ours(r.T), False, False)[0]
    q, r = factors(x, full)
    r = (_core.redistribute(r[:n], None) if r.distribution is not None else r).to_numpy()
    u, s, vh = svd_here(name, r)
    part = own_part(q)
    part = np.concatenate([part[:, :n] @ u, part[:, n:]], axis=1)
    u = placed(part, (m, part.shape[1]), q, (0, -1))
    return u, ours(s), ours(vh)
