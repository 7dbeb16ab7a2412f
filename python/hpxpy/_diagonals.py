"""Diagonals of matrices: seen, made, summed and written; of distributed ones where they lie.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import operator

import numpy as np

from . import _core
from ._arguments import as_array, need_local
from ._blocks import held, indices_of, memory_of
from ._manipulation import ravel

__all__ = ["diag", "diagflat", "diagonal", "fill_diagonal", "trace"]


def diagonal(x, offset=0, axis1=0, axis2=1):
    """A read-only view of a diagonal of the matrices on two axes, which becomes the last axis.

    A positive `offset` is above the main diagonal. Of a distributed array it lies like the first of
    the two axes that is dealt out, and is a copy where no strides show it: of cyclic blocks, and
    where both axes are. ValueError for less than two dimensions or twice the same axis.

    Example:
        >>> hpx.diagonal(hpx.asarray([[1, 2], [3, 4]]))
        array([1, 4])

    Communication: none; where both axes are dealt out, localities that share a part of the first
    one tell each other what they have of the diagonal.
    """
    x = as_array(x)
    if x.ndim < 2:
        raise ValueError(f"diagonal: shape {x.shape} has less than two dimensions")
    return _core._diagonal(x, operator.index(offset), axis1, axis2)


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

    Communication: one all-reduce of the result if one of the two axes is dealt out, and that of
    `diagonal`.
    """
    return _core.sum(diagonal(x, offset, axis1, axis2), axis=-1, dtype=dtype, out=out)


def fill_diagonal(a, val, wrap=False) -> None:
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
