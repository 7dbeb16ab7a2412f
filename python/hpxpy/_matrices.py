"""Matrices that are dealt out: where algorithms want them, and batches, which are local work.

For linalg.py and the modules of its algorithms (_orthogonal.py, _elimination.py, _jacobi.py). Those
work on NumPy's views of a locality's own part. What all localities compute alike goes through
_core, whose OpenBLAS gives them all the same bits.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import importlib
import math
import re

import numpy as np
from numpy.linalg import LinAlgError

from . import _blocks, _core
from ._blocks import dealt_axes, indices_of
from ._manipulation import swapaxes

#: Columns (or rows) that are worked on together and travel in one message.
PANEL = 64


def turned(x):
    """A view with the last two axes exchanged: LAPACK's order of columns."""
    return swapaxes(x, -1, -2)


def adjoint(x):
    return turned(_core.conj(x) if x.dtype.kind == "c" else x)


def here():
    """The number of this locality, and how many there are."""
    return _core.locality_id(), _core.num_localities()


def told(part, root, length, dtype):
    """What `root` tells all in a turn of its own: `part` there, an array of this length.

    Where one locality is played alone, what the others would tell is made up.
    """
    if _core._make_up(True):
        try:
            nothing = _core.broadcast_to(_core.zeros((1,), dtype=dtype), (length,))
            return _core._broadcast(nothing if part is None else ours(part), root, 0)
        finally:
            _core._make_up(False)
    return _core._broadcast(None if part is None else ours(part), root, 0)


def well_conditioned(square):
    """In place, numbers of a locality that is played alone, which depend on made-up ones."""
    n = len(square)
    square[...] = np.nan_to_num(np.tril(square, -1) + np.triu(square, 1), posinf=0, neginf=0)
    square[np.arange(n), np.arange(n)] = 1 + np.abs(square).sum()


def is_dealt(x):
    return x.distribution is not None


def has_one_axis(x, axis):
    """Whether this axis alone is dealt out, to each locality other lines of it."""
    return dealt_axes(x) == (axis,) and x.num_partitions == _core.num_localities()


def is_tall(m, n):
    """Whether all localities may have what is as large as the square of the shorter length."""
    return m >= 4 * n


# Arrays and parts.


def ours(part):
    """An array of NumPy's as one of hpxpy's, uncopied if it can be written to."""
    return _core.from_numpy(part, copy=False) if part.flags.writeable else _core.asarray(part)


def in_double(x):
    """As LAPACK works here: float64 or complex128."""
    return _core.astype(x, np.promote_types(x.dtype, np.float64), copy=False)


def rounded(result, x):
    """In the precision of `x`, whose kind the result may not have."""
    wanted = x.dtype
    if result.dtype.kind == "f" and wanted.kind == "c":
        wanted = np.finfo(wanted).dtype
    return _core.astype(result, wanted, copy=False)


def own_part(x):
    """This locality's part as NumPy's array."""
    return x.local_partition.to_numpy()


def held(x, axis, locality=None, end=None):
    """Which indices of an axis below `end` a locality has, this one unless given; ascending."""
    return indices_of(_blocks.held(x, locality)[axis], end)


def placed(part, shape, like, axes):
    """An array of this shape, each locality's part of which is `part`, on the map of `like`.

    Axis i of `like` is axis axes[i] of it, or none below 0.
    """
    return _core._placed_like(ours(part), tuple(shape), like, axes)


def back(result, x):
    """A result of the matrix `x` on its map, or where lengths differ along its first dealt axis."""
    axes = [i if result.shape[i] == x.shape[i] else -1 for i in (0, 1)]
    if any(axes[i] >= 0 for i in dealt_axes(x)):
        return _core._moved_like(result, x, axes)
    return _core.redistribute(result, "block", dealt_axes(x)[0])


# What localities tell each other.


def total(part):
    """The sum of all localities' arrays."""
    if _core.num_localities() == 1 or part.size == 0:
        return part
    return _core._all_reduce(ours(np.ascontiguousarray(part)), "sum", 0).to_numpy()


def largest(number):
    """The largest of all localities' numbers; nan if one is."""
    return float(_core._all_reduce(_core.asarray(float(number)), "max", 0))


def gathered(part):
    """All localities' arrays."""
    if _core.num_localities() == 1:
        return [part]
    return [x.to_numpy() for x in _core._gather(ours(np.ascontiguousarray(part)), -1, 0)]


# What all compute alike.


def product(a, b):
    return _core._matmul("matmul", ours(a), ours(b)).to_numpy()


def solution(a, b):
    return _core._solve("solve", ours(a.T), ours(b.T)).to_numpy().T


def qr_here(a):
    q, r = _core._qr("qr", ours(a.T), True, False)
    return q.to_numpy().T, r.to_numpy().T


def svd_here(name, a):
    u, s, vh = _core._svd(name, ours(a.T), True, False)
    return u.to_numpy().T, s.to_numpy(), vh.to_numpy().T


# Of one locality alone.


@functools.cache
def _routines(name, kind):
    library = importlib.import_module("scipy.linalg." + ("blas" if name == "trsm" else "lapack"))
    return getattr(library, ("z" if kind == "c" else "d") + name)


def routine(name, dtype):
    """BLAS' or LAPACK's, as SciPy has them, for float64 or complex128."""
    return _routines(name, dtype.kind)


# Batches.


def whole_matrices(x):
    """A batch of which each locality has all of its matrices: as it is, or on another map."""
    if all(axis < x.ndim - 2 for axis in dealt_axes(x)):
        return x
    batch = x.shape[:-2]
    return _core.redistribute(x, "block", max(range(len(batch)), key=batch.__getitem__))


def _each(results, function):
    if isinstance(results, tuple):
        made = [function(each) for each in results]
        return type(results)(*made) if hasattr(results, "_fields") else tuple(made)
    return function(results)


def by_all(local, x):
    """The results of `local` of one distributed matrix that each locality has whole, on its map.

    Small factors of a tall or wide matrix stay local, as those of its own algorithms do.
    """
    m, n = x.shape
    small = (n, n) if is_tall(m, n) else (m, m) if is_tall(n, m) else None
    results = local(_core.redistribute(x, None))
    return _each(results, lambda y: back(y, x) if y.ndim == 2 and y.shape != small else y)


def dealt_out(name, x, local, single, may_fail=True):
    """The results of a function of matrices, `x` being distributed.

    `local` makes them of a local array, `single` of one distributed matrix that has elements.
    Results of a batch are dealt out like it, those of its shape lie where it does. With `may_fail`
    all localities raise the LinAlgError of the first matrix that has one.
    """
    batch = x.shape[:-2]
    if math.prod(batch) == 1 and any(axis >= len(batch) for axis in dealt_axes(x)):
        if x.size:
            if _core._is_deterministic():
                single = functools.partial(by_all, local)
            if not batch:
                return single(x)
            results = single(x[(0,) * len(batch)])
            return _each(results, lambda y: _core.reshape(y, batch + y.shape))
        nothing = local(_core.redistribute(x, None))
        return _each(nothing, lambda y: back(y, x) if y.ndim == 2 else y)
    whole = whole_matrices(x)
    results = agreed(whole, lambda: local(whole.local_partition), may_fail)

    def place(y):
        rest = y.shape[len(batch) :]
        axes = [*range(len(batch)), -1, -1]
        y = _core._placed_like(y, batch + rest, whole, axes)
        return _core._moved_like(y, x, list(range(x.ndim))) if y.shape == x.shape else y

    return _each(results, place)


def with_numbers(name, x, numbers, local):
    """The results of a function of a batch and of a number, or None, or an array of numbers."""
    whole = whole_matrices(x)
    batch = len(x.shape) - 2
    axes = [*range(batch), -1, -1]
    if getattr(numbers, "ndim", 0) or isinstance(numbers, (list, tuple)):
        numbers = _core.broadcast_to(_core.asarray(numbers), x.shape[:-2])
        numbers = _core._moved_like(numbers, whole, axes).local_partition
    part = agreed(whole, lambda: local(whole.local_partition, numbers))
    return _core._placed_like(part, x.shape[:-2] + part.shape[batch:], whole, axes)


def agreed(x, compute, may_fail=True):
    """What `compute` makes of this locality's matrices of a batch, or everybody's LinAlgError."""
    if not may_fail:
        return compute()
    me, count = here()
    none = np.iinfo(np.int64).max
    first, text, result = none, "", None
    try:
        result = compute()
    except LinAlgError as error:
        first, text = _failed(x, str(error)) * count + me, str(error)
    first = int(_core._all_reduce(_core.asarray(first), "min", 0))
    if first == none:
        return result
    text = _core._broadcast_bytes(text.encode(), first % count, 0).decode()
    raise LinAlgError(_renumbered(text, first // count, x.shape[:-2]))


_WHICH = re.compile(r"the matrix|matrix (\d+) of the batch")


def _failed(x, text):
    """Which matrix of the whole batch the error of a part tells of."""
    found = _WHICH.search(text)
    batch, part = x.shape[:-2], x.local_partition.shape[:-2]
    own = np.unravel_index(int(found[1] or 0) if found else 0, part)
    where = [held(x, i)[k] if i in dealt_axes(x) else k for i, k in enumerate(own)]
    return int(np.ravel_multi_index(where, batch))


def _renumbered(text, index, batch):
    one = math.prod(batch) == 1
    return _WHICH.sub("the matrix" if one else f"matrix {index} of the batch", text, count=1)
