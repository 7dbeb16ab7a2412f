"""Diagonals of matrices: seen, made, summed and written; of distributed ones where they lie.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import operator

import numpy as np

from . import _core
from ._arguments import as_array, axis_of, need_local
from ._blocks import dealt_axes, held, indices_of, memory_of
from ._manipulation import moveaxis, ravel

__all__ = ["diag", "diagflat", "diagonal", "fill_diagonal", "trace"]


def diagonal(x, offset=0, axis1=0, axis2=1):
    """A read-only view of a diagonal of the matrices on two axes, which becomes the last axis.

    A positive `offset` is above the main diagonal. Where one of the axes is dealt out it is a copy,
    whose elements stay on their localities. ValueError for less than two dimensions or twice the
    same axis.

    Example:
        >>> hpx.diagonal(hpx.asarray([[1, 2], [3, 4]]))
        array([1, 4])

    Communication: none; what has both axes dealt out moves to blocks of the first one before.
    """
    x = as_array(x)
    if x.ndim < 2:
        raise ValueError(f"diagonal: shape {x.shape} has less than two dimensions")
    offset = operator.index(offset)
    axes = [axis_of("diagonal", axis, x.ndim) for axis in (axis1, axis2)]
    if axes[0] == axes[1] or not set(axes) & set(dealt_axes(x)):
        return _core._diagonal(x, offset, axis1, axis2)
    return _dealt_diagonal(moveaxis(x, axes, (-2, -1)), offset)


def _dealt_diagonal(x, offset):
    """The diagonal of the last two axes, of which one at least is dealt out."""
    below, right = max(-offset, 0), max(offset, 0)
    length = max(0, min(x.shape[-2] - below, x.shape[-1] - right))
    square = x[..., below : below + length, right : right + length]
    if set(dealt_axes(square)) >= {x.ndim - 2, x.ndim - 1}:
        square = _core.redistribute(square, "block", x.ndim - 2)
    dealt = x.ndim - 2 if x.ndim - 2 in dealt_axes(square) else x.ndim - 1
    # One column, or row, lies as the diagonal does.
    other = (slice(None),) * (x.ndim - 2) + ((slice(None), 0) if dealt == x.ndim - 2 else (0,))
    if length == 0:
        return _core.empty((*x.shape[:-2], 0), dtype=x.dtype)
    like = square[other]
    result = _core.empty(like.shape, dtype=x.dtype, distribution=like.distribution)
    block = square.local_partition
    at = indices_of(held(square)[dealt])
    here = np.arange(at.size)
    row, column = (here, at) if dealt == x.ndim - 2 else (at, here)
    memory_of(result)[...] = block.to_numpy()[..., row, column]
    return result


def diag(v, k=0):
    """The `k`-th diagonal of a matrix (a copy), or a matrix with the elements of a vector on it.

    Of a distributed vector the matrix lies in blocks of rows. ValueError for other than one or two
    dimensions.

    Example:
        >>> hpx.diag(hpx.asarray([1, 2]))
        array([[1, 0],
               [0, 2]])

    Communication: none of a local array. Of a distributed vector what changes owner, of a matrix
    that of diagonal.
    """
    v = as_array(v)
    k = operator.index(k)
    if v.ndim == 2:
        return _core.copy(diagonal(v, k))
    if v.ndim != 1:
        raise ValueError(f"diag: shape {v.shape} has {v.ndim} dimensions; give 1 or 2")
    size = v.shape[0] + abs(k)
    if v.distribution is not None:
        return _dealt_matrix(v, size, k)
    result = _core.zeros((size, size), dtype=v.dtype)
    first = k if k >= 0 else -k * size
    _core.reshape(result, (-1,))[first :: size + 1][: v.shape[0]] = v
    return result


def _dealt_matrix(v, size, k):
    result = _core.zeros((size, size), dtype=v.dtype, distribution="block")
    below, right = max(-k, 0), max(k, 0)
    if v.size == 0:
        return result
    rows = result[below : below + v.size]
    values = _core.empty(v.size, dtype=v.dtype, distribution=rows[:, 0].distribution)
    values[...] = v
    at = indices_of(held(rows)[0])
    if at.size:
        memory_of(rows)[np.arange(at.size), at + right] = memory_of(values)
    return result


def diagflat(v, k=0):
    """A matrix with the flattened elements on its `k`-th diagonal.

    Example:
        >>> hpx.diagflat([[1], [2]])
        array([[1, 0],
               [0, 2]])

    Communication: that of ravel and diag.
    """
    return diag(ravel(v), k)


def trace(x, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    """The sum along a diagonal of the matrices on two axes.

    Small integers are summed as int64 or uint64, unless `dtype` is given.

    Example:
        >>> hpx.trace(hpx.asarray([[1, 2], [3, 4]]))
        array(5)

    Communication: that of diagonal, and one all-reduce of the result where the diagonal is dealt
    out.
    """
    return _core.sum(diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype, out=out)


def fill_diagonal(a, val, wrap=False):
    """Writes `val`, repeated if it is short, to the main diagonal of `a`.

    With `wrap` the diagonal of a tall matrix begins again after its end. ValueError for less than
    two dimensions, or more than two that are not of one length.

    Example:
        >>> x = hpx.zeros((2, 2))
        >>> hpx.fill_diagonal(x, 5)

    Communication: none; distributed values are asked for by position: 8 bytes and the value.
    """
    if not isinstance(a, _core.ndarray):
        raise TypeError(f"fill_diagonal: {a!r} is no hpxpy array")
    if a.ndim < 2:
        raise ValueError(f"fill_diagonal: shape {a.shape} has less than two dimensions")
    if a.ndim > 2 and len(set(a.shape)) > 1:
        raise ValueError(f"fill_diagonal: the axes of shape {a.shape} have different lengths")
    if a.size == 0:
        return
    if a.distribution is None:
        need_local("fill_diagonal", val)
    else:
        _fill_dealt(a, val, wrap)
        return
    step = a.shape[1] + 1 if a.ndim == 2 else sum(a.shape[0] ** i for i in range(a.ndim))
    end = a.shape[1] ** 2 if a.ndim == 2 and not wrap else a.size
    positions = np.unravel_index(np.arange(0, min(end, a.size), step), a.shape)
    values = _core.reshape(_core._elements("fill_diagonal", val, a.dtype), (-1,))
    if values.size == 0:
        raise ValueError("fill_diagonal: no values were given")
    if values.size > 1:
        repeated = np.arange(positions[0].size) % values.size
        values = _core._take("fill_diagonal", values, _core.asarray(repeated), 0)
    a[positions] = values


def _fill_dealt(a, val, wrap):
    """Writes each element of the diagonal where it lies: the k-th one gets the k-th value."""
    values = _core.reshape(_core._elements("fill_diagonal", val, a.dtype), (-1,))
    if values.size == 0:
        raise ValueError("fill_diagonal: no values were given")
    if not a.writeable:
        raise ValueError("fill_diagonal: the array is read-only; give a copy()")
    indices = [indices_of(runs) for runs in held(a)]
    if a.ndim == 2:
        # Element k is number k (n + 1) of the flattened matrix with n columns: row r has it in
        # column r mod (n + 1).
        rows, columns = indices
        column = rows % (a.shape[1] + 1)
        within = column < a.shape[1]
        if not wrap:
            within &= rows < a.shape[1]
        at = np.searchsorted(columns, column)
        within &= np.isin(column, columns)
        here = (np.flatnonzero(within), at[within])
        number = (rows * a.shape[1] + column)[within] // (a.shape[1] + 1)
    else:
        number = functools.reduce(np.intersect1d, indices)
        here = tuple(np.searchsorted(axis, number) for axis in indices)
    number = number % values.size
    if values.distribution is not None:
        wanted = _core.from_local(_core.asarray(number))
        values = _core._take("fill_diagonal", values, wanted, 0).local_partition.to_numpy()
    else:
        values = values.to_numpy()[number]
    if number.size:
        memory_of(a)[here] = values.astype(a.dtype)
