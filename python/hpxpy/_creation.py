"""Arrays made of rules: spacings, matrices, grids, functions, buffers.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core
from ._arguments import as_array
from ._manipulation import tril
from ._placement import creation, is_dealt
from ._signatures import spaced

__all__ = [
    "frombuffer",
    "fromfunction",
    "fromiter",
    "geomspace",
    "identity",
    "indices",
    "logspace",
    "meshgrid",
    "tri",
    "vander",
]


@creation
def identity(n, dtype=None, **place):
    """The square matrix with ones on its diagonal; float64 unless `dtype` is given.

    `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.identity(2)
        array([[1., 0.],
               [0., 1.]])

    Communication: none.
    """
    return _core.eye(n, dtype=dtype, **place)


def _require_numbers(name, start, stop):
    """TypeError where an end is no single number.

    Communication: none.
    """
    for end in (start, stop):
        if np.ndim(end) != 0:
            raise TypeError(f"{name}: an end of shape {np.shape(end)} given; ends are numbers")


@creation
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, **place):
    """`num` values from base ** start to base ** stop, evenly spaced on a logarithmic scale.

    If the ends are arrays, `axis` is that of the values. ValueError for a negative `num`.
    `distribution`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.logspace(0, 2, 3)
        array([  1.,  10., 100.])

    Communication: none.
    """
    return _powers(start, stop, num, endpoint, base, dtype, place)


def _powers(start, stop, num, endpoint, base, dtype, place):
    powers = spaced(start, stop, num, endpoint, False, None, place)
    return _as(_core.pow(float(base) if np.isreal(base) else base, powers), dtype)


@creation
def geomspace(start, stop, num=50, endpoint=True, dtype=None, **place):
    """`num` values from `start` to `stop`, each the same multiple of the one before.

    ValueError if one of the ends is 0. `distribution`, `axis`, `grid`, `like` and `device` are
    those of `zeros`.

    Example:
        >>> hpx.geomspace(1, 8, 4)
        array([1., 2., 4., 8.])

    Communication: none.
    """
    _require_numbers("geomspace", start, stop)
    start, stop = (x.item() if isinstance(x, _core.ndarray) else x for x in (start, stop))
    if start == 0 or stop == 0:
        raise ValueError(f"geomspace: {start} to {stop}: a geometric sequence has no 0")
    complex_ends = np.iscomplexobj(start) or np.iscomplexobj(stop)
    kind = np.complex128 if complex_ends else np.float64
    start, stop = kind(start), kind(stop)
    # As NumPy: turned so that the first value is a positive real number.
    turn = start / abs(start) if complex_ends else np.sign(start)
    first, last = start / turn, stop / turn
    if not complex_ends and last < 0:
        raise ValueError(f"geomspace: {start} to {stop}: real ends must have the same sign")
    low, high = np.log10(first), np.log10(last)
    values = _powers(low.item(), high.item(), num, endpoint, 10.0, None, place)
    if num > 0:
        values = _core.copy(values)
        values[0] = first.item()
        if num > 1 and endpoint:
            values[-1] = last.item()
    return _as(values * turn.item(), dtype)


def _as(x, dtype):
    return x if dtype is None else x.astype(dtype, copy=False)


@creation
def tri(N, M=None, k=0, dtype=float, **place):
    """A matrix with ones on and below the `k`-th diagonal; float64 unless `dtype` is given.

    `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.tri(2)
        array([[1., 0.],
               [1., 1.]])

    Communication: none.
    """
    columns = N if M is None else M
    return tril(_core.ones((N, columns), dtype=dtype, **place), k)


def vander(x, N=None, increasing=False):
    """The matrix whose columns are powers of a vector, decreasing unless `increasing`.

    ValueError for other than one dimension.

    Example:
        >>> hpx.vander(hpx.asarray([1, 2]), 3)
        array([[1, 1, 1],
               [4, 2, 1]])

    Communication: none.
    """
    x = as_array(x)
    if x.ndim != 1:
        raise ValueError(f"vander: shape {x.shape} has {x.ndim} dimensions; give 1")
    count = x.shape[0] if N is None else operator.index(N)
    dtype = np.promote_types(x.dtype, np.int64)
    result = _core.empty((x.shape[0], count), dtype=dtype, distribution=x.distribution)
    columns = result if increasing else result[:, ::-1]
    if count:
        columns[:, 0] = 1
    if count > 1:
        columns[:, 1] = x
    for i in range(2, count):
        columns[:, i] = columns[:, i - 1] * x
    return result


def meshgrid(*arrays, indexing="xy", sparse=False, copy=True) -> tuple[_core.ndarray, ...]:
    """Coordinates of a grid: each vector stretched along its own axis, the others constant.

    With indexing='xy' the first two axes are exchanged, with 'ij' they stand in order. `sparse`
    leaves the others at length 1; copy=False gives read-only views. What a distributed vector gives
    is dealt out along that axis.

    Example:
        >>> hpx.meshgrid(hpx.asarray([1, 2]), hpx.asarray([5, 6, 7]))[0]
        array([[1, 2],
               [1, 2],
               [1, 2]])

    Communication: none.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing {indexing!r} does not exist; choose 'xy' or 'ij'")
    count = len(arrays)
    vectors = []
    for i, given in enumerate(arrays):
        x = as_array(given)
        if x.ndim > 1:
            raise ValueError(f"meshgrid: argument {i} has shape {x.shape}; give vectors")
        axis = 1 - i if indexing == "xy" and count > 1 and i < 2 else i
        shape = [1] * count
        shape[axis] = x.size
        vectors.append(_core.reshape(x, shape))
    if not sparse:
        shape = np.broadcast_shapes(*(x.shape for x in vectors))
        vectors = [_core.broadcast_to(x, shape) for x in vectors]
    return tuple(_core.copy(x) if copy else x for x in vectors)


def _positions(shape, dtype):
    """For each axis the positions along it, of a shape that broadcasts to the whole."""
    return [
        _core.reshape(_core.arange(n, dtype=dtype), (n,) + (1,) * (len(shape) - i - 1))
        for i, n in enumerate(shape)
    ]


def _sparse(shape, dtype, place):
    """Positions that broadcast to `shape`, each dealt out where it is long."""
    axes = [x[(None,) * i] for i, x in enumerate(_positions(shape, dtype))]
    if is_dealt(place):
        # Where each is long it lies as the whole would, with copies along other dimensions.
        axes = [_core._along_its_axis("indices", x, shape, **place) for x in axes]
    return tuple(axes)


@creation
def indices(dimensions, dtype=int, sparse=False, **place):
    """The positions of every element of an array of this shape: for each axis one array, stacked.

    With `sparse` a tuple of arrays that broadcast to that shape. `distribution`, `axis`, `grid`,
    `like` and `device` are those of `zeros`: of the stack or, with `sparse`, of that shape, where
    each array is dealt out along the axis that it is long along.

    Example:
        >>> hpx.indices((2, 2))[1]
        array([[0, 1],
               [0, 1]])

    Communication: none.
    """
    shape = tuple(map(operator.index, dimensions))
    if sparse:
        return _sparse(shape, dtype, place)
    result = _core.empty((len(shape), *shape), dtype=dtype, **place)
    for i, x in enumerate(_positions(shape, dtype)):
        result[i : i + 1] = x
    return result


@creation
def fromfunction(function, shape, *, dtype=float, **kwargs):
    """What a function of the position arrays on each axis gives, called once.

    Other keywords are passed on. `distribution`, `axis`, `grid`, `like` and `device` are those of
    `zeros`, for the position arrays; where the result lies follows from what the function does with
    them.

    Example:
        >>> hpx.fromfunction(lambda i, j: i + j, (2, 2))
        array([[0., 1.],
               [1., 2.]])

    Communication: none, but for what the function does.
    """
    place, arguments = {}, {}
    for key, value in kwargs.items():
        (place if key in ("distribution", "axis") else arguments)[key] = value
    shape = tuple(map(operator.index, shape))
    positions = []
    for x in _positions(shape, dtype):
        whole = _core.empty(shape, dtype=dtype, **place)
        whole[...] = x
        positions.append(whole)
    return function(*positions, **arguments)


@creation
def frombuffer(buffer, dtype=None, count=-1, offset=0, **place):
    """The elements that lie in the memory of any object with a buffer, shared: one dimension.

    ValueError if the memory has less than `count` elements behind `offset` bytes, or is no multiple
    of the element's size. `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`;
    with a distribution each locality copies its block.

    Example:
        >>> hpx.frombuffer(b"\\x01\\x02", dtype="uint8")
        array([1, 2], dtype=uint8)

    Communication: none.
    """
    elements = np.frombuffer(buffer, dtype, count, offset)
    if is_dealt(place):
        return _core._as_array("frombuffer", elements, **place)
    return _core.from_numpy(elements, copy=False)


@creation
def fromiter(iterable, dtype, count=-1, **place):
    """The elements of an iterable in one dimension; ValueError if it has less than `count`.

    `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`; all localities give
    the same elements.

    Example:
        >>> hpx.fromiter((i * i for i in range(3)), dtype="int64")
        array([0, 1, 4])

    Communication: none.
    """
    return _core._as_array("fromiter", np.fromiter(iterable, dtype, count), **place)


def fill(x, value):
    """Writes one value to every element.

    Example:
        >>> hpx.zeros(2).fill(3)

    Communication: none.
    """
    x[...] = value
