"""Products of vectors and matrices: `@`, matmul, tensordot, dot and their kin.

Imported by hpxpy/__init__.py; factorisations are in linalg.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import builtins
import math
import numbers
import operator

import numpy as np

from . import _core
from ._arguments import as_array, axes_of, axis_of, placed
from ._dtypes import result_type
from ._manipulation import moveaxis

__all__ = [
    "dot",
    "inner",
    "kron",
    "matmul",
    "outer",
    "tensordot",
    "vdot",
    "vecdot",
]


def matmul(x1, x2, out=None):
    """The matrix product over the last two axes; the axes before them are broadcast.

    A vector is a row on the left and a column on the right. All dtypes, the common one of both:
    floats and complex numbers by BLAS, integers wrap, booleans are joined by or. ValueError where
    lengths do not fit or an operand is 0-d.

    Of distributed operands the result lies like the one whose batch is dealt out, else like the one
    whose rows (of the first) or columns (of the second) are; where both are, like the larger one,
    or on the grid on which both lie; where only the axis that is summed over is, it is local, and
    the same everywhere. No locality holds more than its blocks of operands and result and two
    blocks of what goes round.

    Example:
        >>> hpx.matmul(hpx.asarray([[1, 2], [3, 4]]), hpx.asarray([1, 1]))
        array([3, 7])

    Communication: none for local operands, and where each locality has all that its sums need: one
    operand is local, or both deal out the batch alike. One all-reduce of the result where the axis
    that is summed over is dealt out. An operand that deals out another axis than the batch, as the
    other does, moves to blocks of that first. Else the smaller operand goes round all localities,
    block by block. All this is so along each dimension of a grid; where both operands deal out the
    summed axis along a grid of both, each block of the first goes to the others of its row of the
    grid and each of the second to the others of its column (SUMMA; van de Geijn and Watts, 1997).
    Operands on different grids move to blocks of one dealt axis before.
    """
    return placed("matmul", _core._matmul("matmul", x1, x2), out)


def _operand(x):
    return isinstance(x, (_core.ndarray, np.ndarray, list, tuple, numbers.Number, np.generic))


def __matmul__(self, other):
    """The matrix product self @ other.

    Communication: that of `matmul`.
    """
    return _core._matmul("matmul", self, other) if _operand(other) else NotImplemented


def __rmatmul__(self, other):
    """The matrix product other @ self.

    Communication: that of `matmul`.
    """
    return _core._matmul("matmul", other, self) if _operand(other) else NotImplemented


def __imatmul__(self, other):
    """The matrix product self @ other, written into self.

    Communication: that of `matmul`.
    """
    if not _operand(other):
        return NotImplemented
    return placed("matmul", _core._matmul("matmul", self, other), self)


def _contracted(name, x1, x2, axes):
    """The axes of both arrays that are summed over, as two lists.

    Communication: none.
    """
    if not isinstance(axes, (tuple, list)):
        n = operator.index(axes)
        if not 0 <= n <= min(x1.ndim, x2.ndim):
            raise ValueError(
                f"{name}: axes={n} does not fit arrays of {x1.ndim} and {x2.ndim} dimensions"
            )
        return list(builtins.range(x1.ndim - n, x1.ndim)), list(builtins.range(n))
    if len(axes) != 2:
        raise ValueError(f"{name}: axes={axes!r} is not a pair, one part for each array")
    first, second = axes_of(name, axes[0], x1.ndim), axes_of(name, axes[1], x2.ndim)
    if len(first) != len(second):
        raise ValueError(f"{name}: {len(first)} axes of one array meet {len(second)} of the other")
    return first, second


def tensordot(x1, x2, axes=2):
    """The sum of products over pairs of axes: the last of `x1` with the first of `x2`.

    `axes` says how many, or names them for each array: ([1], [0]). The other axes of `x1` come
    first in the result, then those of `x2`. One matrix product does it. ValueError where lengths
    do not fit. Of distributed operands the result lies as that of `matmul` does, with the axes of
    `x1` as rows and those of `x2` as columns.

    Example:
        >>> hpx.tensordot(hpx.ones((2, 3, 4)), hpx.ones((3, 4, 5))).shape
        (2, 5)

    Communication: that of `matmul`.
    """
    return _tensordot("tensordot", as_array(x1), as_array(x2), axes)


def _tensordot(name, x1, x2, axes):
    first, second = _contracted(name, x1, x2, axes)
    for i, j in zip(first, second, strict=True):
        if x1.shape[i] != x2.shape[j]:
            raise ValueError(
                f"{name}: axis {i} of shape {x1.shape} and axis {j} of shape {x2.shape} "
                "differ in length"
            )
    kept1 = [i for i in builtins.range(x1.ndim) if i not in first]
    kept2 = [i for i in builtins.range(x2.ndim) if i not in second]
    if x1.distribution is not None or x2.distribution is not None:
        return _contracted_distributed(name, x1, x2, first, second)
    rows = [x1.shape[i] for i in kept1]
    columns = [x2.shape[i] for i in kept2]
    joined = math.prod(x1.shape[i] for i in first)
    a = _core.reshape(_core.permute_dims(x1, (*kept1, *first)), (math.prod(rows), joined))
    b = _core.reshape(_core.permute_dims(x2, (*second, *kept2)), (joined, math.prod(columns)))
    return _core.reshape(_core._matmul(name, a, b), (*rows, *columns))


def _contracted_distributed(name, x1, x2, first, second):
    """The same of axes of distributed arrays, which have numbers: those of x1, then those of x2."""
    left = list(builtins.range(x1.ndim))
    right = [x1.ndim + i for i in builtins.range(x2.ndim)]
    for i, j in zip(first, second, strict=True):
        right[j] = i
    rows, columns = [i for i in left if i not in right], [i for i in right if i not in left]
    return _core._contract(name, x1, left, x2, right, [], rows, columns, first)


def vecdot(x1, x2, axis=-1):
    """The sum of products along an axis of both arrays, the first one conjugated.

    `axis` counts in each array; the other axes are broadcast. The dtype is the common one.
    ValueError where the axes differ in length.

    Example:
        >>> hpx.vecdot(hpx.asarray([[1, 2], [3, 4]]), hpx.asarray([1, 10]))
        array([21, 43])

    Communication: one all-reduce of the result if the distributed axis is joined, else none.
    """
    x1, x2 = as_array(x1), as_array(x2)
    shape1, shape2 = x1.shape, x2.shape
    dimensions1, dimensions2 = len(shape1), len(shape2)
    if dimensions1 == dimensions2 == 1 and type(axis) is int and axis == -1:
        i = j = 0
    else:
        i, j = axis_of("vecdot", axis, dimensions1), axis_of("vecdot", axis, dimensions2)
    if shape1[i] != shape2[j]:
        raise ValueError(
            f"vecdot: axis {axis} has length {shape1[i]} in shape {shape1} and {shape2[j]} "
            f"in shape {shape2}"
        )
    # In most calls it is the last one already.
    x1 = x1 if i == dimensions1 - 1 else moveaxis(x1, i, -1)
    x2 = x2 if j == dimensions2 - 1 else moveaxis(x2, j, -1)
    return _sum_of_products(x1, x2)


def _sum_of_products(x1, x2, axis=-1):
    own, other = x1.dtype, x2.dtype
    dtype = own if own == other else result_type(x1, x2)
    if dtype.kind == "b":
        return _core.any(_core.logical_and(x1, x2), axis=axis)
    x1 = _core.conj(x1) if own.kind == "c" else x1
    return _core.sum(_core.multiply(x1, x2), axis=axis, dtype=dtype)


def dot(a, b, out=None):
    """NumPy's dot: of vectors and matrices their product, with 0-d arrays the elementwise one.

    Of more dimensions, the sum of products over the last axis of `a` and the last but one of `b`.
    ValueError where lengths do not fit.

    Example:
        >>> hpx.dot(hpx.asarray([1, 2]), hpx.asarray([3, 4]))
        array(11)

    Communication: that of `matmul`.
    """
    a, b = as_array(a), as_array(b)
    left, right = a.ndim, b.ndim
    if left == 0 or right == 0:
        return placed("dot", _core.multiply(a, b), out)
    if left <= 2 and right <= 2:
        product = _core._matmul("dot", a, b)
        return product if out is None else placed("dot", product, out)
    return placed("dot", _tensordot("dot", a, b, ([-1], [-2 if right > 1 else -1])), out)


def inner(a, b):
    """NumPy's inner: the sum of products over the last axes, with 0-d arrays the elementwise one.

    ValueError where lengths do not fit.

    Example:
        >>> hpx.inner(hpx.asarray([1, 2]), hpx.asarray([[3, 4], [5, 6]]))
        array([11, 17])

    Communication: that of `matmul`.
    """
    a, b = as_array(a), as_array(b)
    if a.ndim == 0 or b.ndim == 0:
        return _core.multiply(a, b)
    if b.ndim == 1 and a.ndim <= 2:
        return _core._matmul("inner", a, b)
    return _tensordot("inner", a, b, ([-1], [-1]))


def vdot(a, b):
    """The sum of products of all elements, those of `a` conjugated.

    ValueError if the arrays hold different numbers of elements.

    Example:
        >>> hpx.vdot(hpx.asarray([1j, 2.0]), hpx.asarray([1j, 1.0]))
        array(3.+0.j)

    Communication: that of the sum of an elementwise product; distributed arrays of different shapes
    move to blocks of the flattened ones before.
    """
    a, b = as_array(a), as_array(b)
    if a.size != b.size:
        raise ValueError(f"vdot: {a.size} elements meet {b.size}")
    if a.distribution is not None or b.distribution is not None:
        if a.shape != b.shape:
            a, b = _core.reshape(a, (-1,)), _core.reshape(b, (-1,))
        return _sum_of_products(a, b, None)
    a = _core.conj(a) if a.dtype.kind == "c" else a
    if a.ndim == 1 and b.ndim == 1:
        return _core._matmul("vdot", a, b)
    return _core._matmul("vdot", _core.reshape(a, (-1,)), _core.reshape(b, (-1,)))


def outer(a, b, out=None):
    """The products of each element of `a` with each of `b`, both flattened: a matrix.

    Of distributed operands the result lies like the larger one: in its rows, or its columns.

    Example:
        >>> hpx.outer(hpx.asarray([1, 2]), hpx.asarray([1, 10]))
        array([[ 1, 10],
               [ 2, 20]])

    Communication: none if one operand is local or both lie along two dimensions of one grid; else
    the smaller one goes to all localities. What is flattened moves to blocks of its first axis
    before, if it does not lie so.
    """
    a, b = as_array(a), as_array(b)
    product = _core.multiply(_core.reshape(a, (-1, 1)), _core.reshape(b, (1, -1)))
    return placed("outer", product, out)


def kron(a, b):
    """The Kronecker product: each element of `a` times all of `b`.

    The array of fewer dimensions gets axes of length 1 in front. Of distributed operands the result
    lies like `a`, each of whose elements becomes a block; if `a` is too small for that, in even
    blocks of the first axis.

    Example:
        >>> hpx.kron(hpx.asarray([1, 10]), hpx.asarray([1, 2]))
        array([ 1,  2, 10, 20])

    Communication: none if `b` is local, but where `a` is a view that turns a dealt axis around:
    then the result moves. A distributed `b` goes to all localities, if `a` has an axis that reaches
    all of them; else `a` does, and the result moves.
    """
    a, b = as_array(a), as_array(b)
    if b.distribution is not None:
        a, b = _kron_operands(a, b)
    n = max(a.ndim, b.ndim)
    first = (1,) * (n - a.ndim) + a.shape
    second = (1,) * (n - b.ndim) + b.shape
    a = _core.reshape(a, tuple(k for length in first for k in (length, 1)))
    b = _core.reshape(b, tuple(k for length in second for k in (1, length)))
    lengths = tuple(i * j for i, j in zip(first, second, strict=True))
    return _core.reshape(_core.multiply(a, b), lengths)


def _kron_operands(a, b):
    """Of a distributed `b`: one of both whole everywhere, so that the result's rows need no other.

    Communication: one operand goes to all localities.
    """
    localities = _core.num_localities()
    if builtins.max(a.shape, default=0) < localities:
        return _core.redistribute(a, None), b
    if a.distribution is None:
        a = _core.redistribute(a, "block", int(np.argmax(a.shape)))
    return a, _core.redistribute(b, None)
