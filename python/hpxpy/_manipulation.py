"""Arrays seen or laid out another way: axes moved, added, turned, repeated.

Views where NumPy gives views. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import operator

import numpy as np

from . import _core
from ._arguments import as_array, axes_of, axis_of, beside, lengths_of

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_shapes",
    "expand_dims",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "moveaxis",
    "ndim",
    "permute_dims",
    "ravel",
    "repeat",
    "resize",
    "roll",
    "rollaxis",
    "rot90",
    "shape",
    "size",
    "squeeze",
    "swapaxes",
    "tile",
    "tril",
    "triu",
]


def permute_dims(x, axes=None):
    """A view with the axes in another order.

    `axes` is a tuple of all axes of `x`; without it their order is reversed. ValueError if one
    is missing or named twice.

    Example:
        >>> hpx.permute_dims(hpx.zeros((2, 3, 4)), (2, 0, 1)).shape
        (4, 2, 3)

    Communication: none.
    """
    return _core.permute_dims(x, axes)


def expand_dims(x, axis=0):
    """A view with new axes of length 1, at the positions `axis` of the result.

    `axis` is an integer or a tuple; AxisError if it is out of range, ValueError if named twice.

    Example:
        >>> hpx.expand_dims(hpx.zeros((2, 3)), axis=(0, 2)).shape
        (1, 2, 1, 3)

    Communication: none.
    """
    x = as_array(x)
    count = x.ndim + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    new = axes_of("expand_dims", axis, count)
    return x[tuple(None if i in new else slice(None) for i in range(count)) + (...,)]


def squeeze(x, axis=None):
    """A view without axes of length 1: all of them, or those named.

    ValueError if a named axis has another length, AxisError if it does not exist.

    Example:
        >>> hpx.squeeze(hpx.zeros((1, 3, 1)), axis=0).shape
        (3, 1)

    Communication: none.
    """
    x = as_array(x)
    if axis is None:
        gone = [i for i, length in enumerate(x.shape) if length == 1]
    else:
        gone = axes_of("squeeze", axis, x.ndim)
    for i in gone:
        if x.shape[i] != 1:
            raise ValueError(
                f"squeeze: axis {i} of shape {x.shape} has length {x.shape[i]}; only axes of "
                "length 1 can go"
            )
    return _core.reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in gone))


def moveaxis(x, source, destination):
    """A view with the axes `source` moved to the positions `destination`.

    The others keep their order. Both are integers or sequences of the same length; ValueError
    otherwise.

    Example:
        >>> hpx.moveaxis(hpx.zeros((2, 3, 4)), 0, -1).shape
        (3, 4, 2)

    Communication: none.
    """
    x = as_array(x)
    source = axes_of("moveaxis", source, x.ndim)
    destination = axes_of("moveaxis", destination, x.ndim)
    if len(source) != len(destination):
        raise ValueError(
            f"moveaxis: {len(source)} axes to {len(destination)} positions; give as many"
        )
    order = [i for i in range(x.ndim) if i not in source]
    for to, axis in sorted(zip(destination, source, strict=True)):
        order.insert(to, axis)
    return _core.permute_dims(x, order)


def rollaxis(x, axis, start=0):
    """A view with `axis` moved before the position `start`.

    Example:
        >>> hpx.rollaxis(hpx.zeros((2, 3, 4)), 2).shape
        (4, 2, 3)

    Communication: none.
    """
    x = as_array(x)
    axis = axis_of("rollaxis", axis, x.ndim)
    if start != x.ndim:
        start = axis_of("rollaxis", start, x.ndim)
    return moveaxis(x, axis, start - 1 if axis < start else start)


def swapaxes(x, axis1, axis2):
    """A view with two axes exchanged.

    Example:
        >>> hpx.swapaxes(hpx.zeros((2, 3, 4)), 0, 2).shape
        (4, 3, 2)

    Communication: none.
    """
    x = as_array(x)
    order = list(range(x.ndim))
    a, b = axis_of("swapaxes", axis1, x.ndim), axis_of("swapaxes", axis2, x.ndim)
    order[a], order[b] = order[b], order[a]
    return _core.permute_dims(x, order)


def matrix_transpose(x):
    """A view with the last two axes exchanged; ValueError for less than two.

    Example:
        >>> hpx.matrix_transpose(hpx.zeros((2, 3, 4))).shape
        (2, 4, 3)

    Communication: none.
    """
    x = as_array(x)
    if x.ndim < 2:
        raise ValueError(
            f"matrix_transpose: shape {x.shape} has {x.ndim} dimensions; two are needed at least"
        )
    return swapaxes(x, -1, -2)


def flip(x, axis=None):
    """A view with the order of elements reversed along the given axes, or all.

    Example:
        >>> hpx.flip(hpx.asarray([1, 2, 3]))
        array([3, 2, 1])

    Communication: none.
    """
    x = as_array(x)
    turned = slice(None, None, -1)
    if axis is None:
        return x[(turned,) * x.ndim + (...,)]
    axes = axes_of("flip", axis, x.ndim)
    return x[tuple(turned if i in axes else slice(None) for i in range(x.ndim)) + (...,)]


def fliplr(m):
    """A view with the order reversed along axis 1; ValueError for less than two axes.

    Example:
        >>> hpx.fliplr(hpx.asarray([[1, 2], [3, 4]]))
        array([[2, 1],
               [4, 3]])

    Communication: none.
    """
    m = as_array(m)
    if m.ndim < 2:
        raise ValueError(f"fliplr: shape {m.shape} has less than two dimensions; use flip")
    return flip(m, 1)


def flipud(m):
    """A view with the order reversed along axis 0; ValueError for a 0-d array.

    Example:
        >>> hpx.flipud(hpx.asarray([1, 2, 3]))
        array([3, 2, 1])

    Communication: none.
    """
    m = as_array(m)
    if m.ndim < 1:
        raise ValueError("flipud: a 0-d array has no axis to be turned")
    return flip(m, 0)


def rot90(m, k=1, axes=(0, 1)):
    """A view turned `k` times by 90 degrees in the plane of two axes, from the first to the second.

    ValueError if `axes` are not two different ones.

    Example:
        >>> hpx.rot90(hpx.asarray([[1, 2], [3, 4]]))
        array([[2, 4],
               [1, 3]])

    Communication: none.
    """
    m = as_array(m)
    if len(axes) != 2:
        raise ValueError(f"rot90: {len(axes)} axes given; a plane has 2")
    first, second = axes_of("rot90", axes, m.ndim)
    k = operator.index(k) % 4
    if k == 0:
        return m[...]
    if k == 2:
        return flip(m, (first, second))
    if k == 1:
        return swapaxes(flip(m, second), first, second)
    return flip(swapaxes(m, first, second), second)


def roll(x, shift, axis=None):
    """A copy with the elements moved by `shift` places along `axis`.

    What leaves at one end enters at the other. Without an axis the flattened array is rolled.
    `shift` and `axis` may be tuples of one length.

    Example:
        >>> hpx.roll(hpx.asarray([1, 2, 3, 4]), 1)
        array([4, 1, 2, 3])

    Communication: none for a local array; along the distributed axis moves the whole array once.
    """
    x = as_array(x)
    if np.ndim(shift) > 1:
        raise ValueError(f"roll: shifts of {np.ndim(shift)} dimensions; give a number or a tuple")
    if axis is None:
        flat = _core.reshape(x, (-1,))
        return _core.reshape(roll(flat, sum(np.ravel(shift).tolist()), 0), x.shape)
    axes = [
        axis_of("roll", a, x.ndim) for a in (axis if isinstance(axis, (tuple, list)) else [axis])
    ]
    shifts = [operator.index(s) for s in (shift if isinstance(shift, (tuple, list)) else [shift])]
    try:
        pairs = np.broadcast_arrays(shifts, axes)
    except ValueError:
        raise ValueError(
            f"roll: {len(shifts)} shifts for {len(axes)} axes; give one, or as many"
        ) from None
    total = {}
    for by, a in zip(*(p.tolist() for p in pairs), strict=True):
        total[a] = total.get(a, 0) + by
    result = x
    for a, by in total.items():
        length = x.shape[a]
        by = by % length if length else 0
        if by:
            before = (slice(None),) * a
            parts = [
                result[(*before, slice(length - by, None))],
                result[(*before, slice(length - by))],
            ]
            result = _core._concat("roll", parts, a)
    return _core.copy(x) if result is x else result


def tile(x, repetitions):
    """The array repeated as often as asked for along each axis.

    A shorter tuple means the last axes; a longer one adds axes in front.

    Example:
        >>> hpx.tile(hpx.asarray([1, 2]), (2, 2))
        array([[1, 2, 1, 2],
               [1, 2, 1, 2]])

    Communication: none; of distributed arrays what changes owner.
    """
    x = as_array(x)
    reps = list(lengths_of(repetitions))
    if any(r < 0 for r in reps):
        raise ValueError(f"tile: negative repetitions in {tuple(reps)}; give 0 or more")
    count = max(len(reps), x.ndim)
    reps = [1] * (count - len(reps)) + reps
    shape = (1,) * (count - x.ndim) + x.shape
    repeated = [axis for axis, r in enumerate(reps) if r != 1]
    if x.distribution is not None:
        result = _core.copy(_core.reshape(x, shape))
        for axis in repeated:
            none = result[(slice(None),) * axis + (slice(0),)]
            result = _core._concat("tile", [result] * reps[axis] or [none], axis)
        return result
    if len(repeated) == 1 and 0 < reps[repeated[0]] <= _FEW_COPIES:
        return _copies(_core.reshape(x, shape), repeated[0], reps[repeated[0]])
    narrow = [n for length in shape for n in (1, length)]
    wide = [n for r, length in zip(reps, shape, strict=True) for n in (r, length)]
    result = tuple(r * length for r, length in zip(reps, shape, strict=True))
    repeated = _core.broadcast_to(_core.reshape(x, narrow), wide)
    return _core.copy(_core.reshape(repeated, result))


_FEW_COPIES = 8


def _copies(x, axis, count):
    """`count` copies of the array one behind the other along `axis`, each stored in one go."""
    _core.eval(x)
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    result = _core.empty((*before, count * x.shape[axis], *after), dtype=x.dtype)
    apart = _core.reshape(result, (*before, count, *x.shape[axis:]))
    for i in range(count):
        apart[(slice(None),) * axis + (i,)] = x
    return result


def repeat(x, repeats, axis=None):
    """Each element repeated; `repeats` is a number or one for each position along `axis`.

    Without an axis the flattened array is taken. Distributed counts leave uneven blocks along the
    axis. ValueError for negative counts, or if there is neither one nor one for each position.

    Example:
        >>> hpx.repeat(hpx.asarray([1, 2, 3]), hpx.asarray([2, 0, 1]))
        array([1, 1, 3])

    Communication: none; of distributed arrays what changes owner.
    """
    x = as_array(x)
    if axis is None or x.ndim == 0:
        x, axis = _core.reshape(x, (-1,)), 0 if axis is None else axis
    axis = axis_of("repeat", axis, x.ndim)
    length = x.shape[axis]
    if not isinstance(repeats, int):
        # Nothing has no dtype of its own.
        nothing = isinstance(repeats, (list, tuple)) and len(repeats) == 0
        counts = as_array(np.zeros(0, np.int64) if nothing else repeats)
        if counts.dtype.kind not in "iub":
            raise TypeError(f"repeat: counts of {counts.dtype} are no integers")
        if counts.size != 1:
            if counts.shape != (length,):
                raise ValueError(
                    f"repeat: counts of shape {counts.shape} for axis {axis} of length {length}; "
                    "give one, or one for each position"
                )
            if counts.distribution is not None:
                return _repeated_by(x, counts.astype(np.int64), axis)
            positions = _core._repeated_positions("repeat", counts.astype(np.int64))
            if beside(x).get("axis") == axis:
                positions = _core.asarray(positions, distribution="block")
            return _core._take("repeat", x, positions, axis)
        repeats = int(counts.reshape(()))
    repeats = int(repeats)
    if repeats < 0:
        raise ValueError(f"repeat: count {repeats} is negative; give 0 or more")
    shape = (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :])
    place = beside(x)
    if place:
        place["axis"] += place["axis"] > axis
    result = _core.empty(shape, dtype=x.dtype, **place)
    result[...] = _core.reshape(x, (*x.shape[: axis + 1], 1, *x.shape[axis + 1 :]))
    return _core.reshape(result, (*x.shape[:axis], length * repeats, *x.shape[axis + 1 :]))


def _repeated_by(x, counts, axis):
    """Each row along `axis` as often as a distributed array says, where the row lies.

    Communication: to blocks along the axis, of counts too, and an all-gather of the lengths.
    """
    if bool(_core.any(counts < 0)):
        raise ValueError("repeat: a count is negative; give 0 or more")
    bounds = x.distribution.bounds if x.distribution is not None else None
    if bounds is None or x.distributed_axis != axis or list(bounds) != sorted(bounds):
        x = _core.redistribute(x, "block", axis)
    along = _core.Distribution("block", bounds=x.distribution.bounds)
    counts = _core.redistribute(counts, along)
    rows = x.local_partition.to_numpy()
    longer = np.repeat(rows, counts.local_partition.to_numpy(), axis)
    return _core.from_local(_core.from_numpy(longer), axis)


def broadcast_shapes(*shapes) -> tuple[int, ...]:
    """The shape that arrays of these shapes have when combined; ValueError if they do not fit.

    Example:
        >>> hpx.broadcast_shapes((3, 1), (4,))
        (3, 4)

    Communication: none.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        given = ", ".join(map(str, shapes))
        raise ValueError(f"broadcast_shapes: {given} do not broadcast: {error}") from None


def broadcast_arrays(*arrays) -> tuple[_core.ndarray, ...]:
    """Read-only views of all arrays in their common shape; ValueError if they do not fit.

    Example:
        >>> [x.shape for x in hpx.broadcast_arrays(hpx.zeros((3, 1)), hpx.zeros(4))]
        [(3, 4), (3, 4)]

    Communication: none.
    """
    arrays = [as_array(x) for x in arrays]
    shape = broadcast_shapes(*(x.shape for x in arrays))
    return tuple(x if x.shape == shape else _core.broadcast_to(x, shape) for x in arrays)


def ravel(x, order="C"):
    """The elements in one dimension: a view where the strides allow it, else a copy.

    In `order` 'C' the last axis is counted fastest, in 'F' the first one, in 'A' the first one
    where it is dense in memory, in 'K' as the elements lie there. Distributed arrays are counted in
    C order by the last two.

    Example:
        >>> hpx.ravel(hpx.asarray([[1, 2], [3, 4]]))
        array([1, 2, 3, 4])

    Communication: none; of distributed arrays what changes owner.
    """
    return _core._ravel("ravel", x, order)


def flatten(x, order="C"):
    """A copy of the elements in one dimension; `order` is that of ravel.

    Example:
        >>> hpx.flatten(hpx.asarray([[1, 2], [3, 4]]))
        array([1, 2, 3, 4])

    Communication: none; of distributed arrays what changes owner.
    """
    return _core.copy(_core._ravel("flatten", x, order))


def resize(a, new_shape):
    """The elements in C order, again and again until the new shape is full.

    ValueError for a negative length.

    Example:
        >>> hpx.resize(hpx.asarray([1, 2, 3]), (2, 2))
        array([[1, 2],
               [3, 1]])

    Communication: none; of distributed arrays what changes owner.
    """
    flat = ravel(a)
    shape = lengths_of(new_shape)
    if any(length < 0 for length in shape):
        raise ValueError(f"resize: negative length in shape {shape}")
    count = math.prod(shape)
    if flat.size == 0 or count == 0:
        return _core.zeros(shape, dtype=flat.dtype)
    if flat.distribution is not None:
        positions = _core.arange(count, distribution="block") % flat.size
        return _core.reshape(_core._take("resize", flat, positions, 0), shape)
    result = _core.empty(count, dtype=flat.dtype)
    whole, rest = divmod(count, flat.size)
    _core.reshape(result[: count - rest], (whole, flat.size))[...] = flat
    result[count - rest :] = flat[:rest]
    return _core.reshape(result, shape)


def _at_least(name, dimensions, arrays, place):
    results = [place(x) if x.ndim < dimensions else x for x in map(as_array, arrays)]
    return results[0] if len(results) == 1 else tuple(results)


def atleast_1d(*arrays):
    """Each array with one dimension at least; several arrays give a tuple.

    Example:
        >>> hpx.atleast_1d(hpx.asarray(3.0))
        array([3.])

    Communication: none.
    """
    return _at_least("atleast_1d", 1, arrays, lambda x: _core.reshape(x, (1,)))


def atleast_2d(*arrays):
    """Each array with two dimensions at least, new ones in front; several arrays give a tuple.

    Example:
        >>> hpx.atleast_2d(hpx.asarray([1, 2]))
        array([[1, 2]])

    Communication: none.
    """
    return _at_least("atleast_2d", 2, arrays, lambda x: atleast_1d(x)[None])


def atleast_3d(*arrays):
    """Each array with three dimensions at least: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1).

    Example:
        >>> hpx.atleast_3d(hpx.asarray([1, 2])).shape
        (1, 2, 1)

    Communication: none.
    """
    return _at_least("atleast_3d", 3, arrays, lambda x: atleast_2d(x)[..., None])


def _triangle(name, x, k, keep):
    x = as_array(x)
    if x.ndim == 0:
        raise ValueError(f"{name}: a 0-d array is no matrix")
    # One row stands for each row of a square matrix.
    height, width = x.shape[-2:] if x.ndim > 1 else x.shape * 2
    k = max(-height, min(k, width))
    rows = _core.arange(height)[:, None]
    columns = _core.arange(-k, width - k)
    return _core.where(keep(rows, columns), x, _core.zeros((), dtype=x.dtype))


def tril(x, k=0):
    """The elements on and below the `k`-th diagonal of each matrix, zeros above it.

    A vector stands for each row of a square matrix. ValueError for a 0-d array.

    Example:
        >>> hpx.tril(hpx.ones((2, 2)))
        array([[1., 0.],
               [1., 1.]])

    Communication: none.
    """
    return _triangle("tril", x, operator.index(k), lambda row, column: row >= column)


def triu(x, k=0):
    """The elements on and above the `k`-th diagonal of each matrix, zeros below it.

    A vector stands for each row of a square matrix. ValueError for a 0-d array.

    Example:
        >>> hpx.triu(hpx.ones((2, 2)))
        array([[1., 1.],
               [0., 1.]])

    Communication: none.
    """
    return _triangle("triu", x, operator.index(k), lambda row, column: row <= column)


def ndim(x) -> int:
    """How many dimensions an array, a number or nested lists have.

    Example:
        >>> hpx.ndim([[1, 2], [3, 4]])
        2

    Communication: none.
    """
    return as_array(x).ndim


def shape(x) -> tuple[int, ...]:
    """The lengths of an array, a number or nested lists, as a tuple.

    Example:
        >>> hpx.shape([[1, 2], [3, 4]])
        (2, 2)

    Communication: none.
    """
    return as_array(x).shape


def size(x, axis=None) -> int:
    """How many elements there are in all, or along an axis.

    Example:
        >>> hpx.size([[1, 2, 3], [4, 5, 6]], 1)
        3

    Communication: none.
    """
    x = as_array(x)
    if axis is None:
        return x.size
    return math.prod(x.shape[i] for i in axes_of("size", axis, x.ndim))
