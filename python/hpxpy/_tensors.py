"""Products of vectors with vectors and matrices, and equations between tensors.

The module linalg shows most of it; imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.linalg import LinAlgError

from . import _core
from ._arguments import as_array, axis_of, placed
from ._joining import stack
from ._linalg import matmul
from ._manipulation import moveaxis

__all__ = ["cross", "matvec", "vecmat"]


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of 3 elements, along the given axes; the others are broadcast.

    `axis` stands for all three. Vectors of 2 elements have 0 as their third one, and two of them
    give that element alone. ValueError for other lengths.

    Example:
        >>> hpx.cross([1, 2, 3], [4, 5, 6])
        array([-3,  6, -3])

    Communication: none where the vectors lie on one locality each and on equal maps; otherwise
    their elements move.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = as_array(a), as_array(b)
    parts = []
    for x, given in ((a, axisa), (b, axisb)):
        i = axis_of("cross", given, x.ndim)
        if x.shape[i] not in (2, 3):
            raise ValueError(f"cross: axis {given} of shape {x.shape} must have length 2 or 3")
        x = moveaxis(x, i, 0)
        parts.append([x[j, ...] for j in range(x.shape[0])])
    dtype = np.promote_types(a.dtype, b.dtype)
    (a, b) = ([_core.astype(x, dtype, copy=False) for x in part] for part in parts)

    third = _of_two(a, b, 0, 1)
    if len(a) == len(b) == 2:
        return third
    return stack([_of_two(a, b, 1, 2), _of_two(a, b, 2, 0), third], axis=axisc)


def _of_two(a, b, i, j):
    """a[i] * b[j] - a[j] * b[i], where vectors of two elements have 0 as the third."""
    left = a[i] * b[j] if i < len(a) and j < len(b) else None
    right = a[j] * b[i] if j < len(a) and i < len(b) else None
    if right is None:
        return left
    return -right if left is None else left - right


def matvec(x1, x2, /, out=None):
    """Products of matrices (..., m, n) with vectors (..., n): shape (..., m).

    The axes before are broadcast. ValueError where lengths do not fit or there are too few axes.

    Example:
        >>> hpx.matvec([[1, 2], [3, 4]], [1, 1])
        array([3, 7])

    Communication: that of `matmul`.
    """
    x1, x2 = as_array(x1), as_array(x2)
    if x1.ndim < 2 or x2.ndim < 1:
        raise ValueError(
            f"matvec: shapes {x1.shape} and {x2.shape} given; give (..., m, n) and (..., n)"
        )
    result = matmul(x1, x2) if x2.ndim == 1 else matmul(x1, x2[..., None])[..., 0]
    return placed("matvec", result, out)


def vecmat(x1, x2, /, out=None):
    """Products of vectors (..., n), conjugated, with matrices (..., n, m): shape (..., m).

    The axes before are broadcast. ValueError where lengths do not fit or there are too few axes.

    Example:
        >>> hpx.vecmat([1, 1], [[1, 2], [3, 4]])
        array([4, 6])

    Communication: that of `matmul`.
    """
    x1, x2 = as_array(x1), as_array(x2)
    if x1.ndim < 1 or x2.ndim < 2:
        raise ValueError(
            f"vecmat: shapes {x1.shape} and {x2.shape} given; give (..., n) and (..., n, m)"
        )
    x1 = _core.conj(x1) if x1.dtype.kind == "c" else x1
    result = matmul(x1, x2) if x1.ndim == 1 else matmul(x1[..., None, :], x2)[..., 0, :]
    return placed("vecmat", result, out)


def _best_order(lengths):
    """For each run of matrices i to j, where to split it (Cormen and others, chapter 15.2).

    `lengths` are the rows of each matrix, and the columns of the last.
    """
    n = len(lengths) - 1
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for span in range(1, n):
        for i in range(n - span):
            j = i + span
            options = [
                cost[i][k] + cost[k + 1][j] + lengths[i] * lengths[k + 1] * lengths[j + 1]
                for k in range(i, j)
            ]
            cost[i][j] = min(options)
            split[i][j] = i + options.index(cost[i][j])
    return split


def multi_dot(arrays, *, out=None):
    """The matrix product of several arrays, in the order that takes the fewest multiplications.

    The first may be a row and the last a column, as vectors; all others are matrices. ValueError
    for fewer than two arrays, LinAlgError for other dimensions.

    Example:
        >>> hpx.linalg.multi_dot([hpx.ones((2, 3)), hpx.ones((3, 4)), hpx.ones(4)])
        array([12., 12.])

    Communication: that of each `matmul`.
    """
    arrays = [as_array(x) for x in arrays]
    if len(arrays) < 2:
        raise ValueError(f"multi_dot: {len(arrays)} arrays given; give two at least")
    for i, x in enumerate(arrays):
        least = 1 if i in (0, len(arrays) - 1) else 2
        if not least <= x.ndim <= 2:
            raise LinAlgError(f"multi_dot: array {i} of shape {x.shape} is no matrix")
    row, column = arrays[0].ndim == 1, arrays[-1].ndim == 1
    lengths = [1 if row else arrays[0].shape[0]]
    lengths += [x.shape[0] for x in arrays[1:]]
    lengths.append(1 if column else arrays[-1].shape[-1])
    split = _best_order(lengths)

    def product(i, j):
        if i == j:
            return arrays[i]
        k = split[i][j]
        return matmul(product(i, k), product(k + 1, j))

    return placed("multi_dot", product(0, len(arrays) - 1), out)


def tensorsolve(a, b, axes=None):
    """The x of which tensordot(a, x, x.ndim) is `b`: as many equations as unknowns.

    `axes` of `a` go to its end before. LinAlgError where the elements of `a` make no square matrix,
    or a singular one; TypeError for distributed arrays.

    Example:
        >>> a = hpx.eye(4).reshape(2, 2, 4)
        >>> hpx.linalg.tensorsolve(a, hpx.ones((2, 2)))
        array([1., 1., 1., 1.])

    Communication: none.
    """
    from .linalg import solve

    a, b = as_array(a), as_array(b)
    if axes is not None:
        moved = [axis_of("tensorsolve", i, a.ndim) for i in axes]
        a = _core.permute_dims(a, (*(i for i in range(a.ndim) if i not in moved), *moved))
    shape = a.shape[b.ndim :]
    if a.size != math.prod(shape) ** 2:
        raise LinAlgError(
            f"tensorsolve: shape {a.shape} is not that of as many equations as unknowns {shape}"
        )
    matrix = _core.reshape(a, (-1, math.prod(shape)))
    return _core.reshape(solve(matrix, _core.reshape(b, (-1,))), shape)


def tensorinv(a, ind=2):
    """The inverse of a tensor for tensordot with `ind` axes: its first `ind` axes come last.

    ValueError for `ind` below 1; LinAlgError where the elements make no square matrix, or a
    singular one; TypeError for distributed arrays.

    Example:
        >>> hpx.linalg.tensorinv(hpx.eye(4).reshape(2, 2, 4)).shape
        (4, 2, 2)

    Communication: none.
    """
    from .linalg import inv

    a, ind = as_array(a), operator.index(ind)
    if ind < 1:
        raise ValueError(f"tensorinv: ind={ind} given; it must be 1 or more")
    rows, columns = a.shape[:ind], a.shape[ind:]
    matrix = _core.reshape(a, (math.prod(rows), math.prod(columns)))
    return _core.reshape(inv(matrix), columns + rows)
