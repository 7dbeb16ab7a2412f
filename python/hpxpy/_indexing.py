"""Elements by their positions: taken, put, found; diagonals; functions along an axis.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import re
from typing import Any

import numpy as np

from . import _core
from ._arguments import as_array, axis_of, c_or_f, everywhere, lengths_of, placed
from ._blocks import at_all, memory_of, on_one_map
from ._manipulation import moveaxis, ravel

__all__ = [
    "apply_along_axis",
    "argwhere",
    "compress",
    "diag_indices",
    "extract",
    "flatnonzero",
    "ix_",
    "nonzero",
    "place",
    "put",
    "put_along_axis",
    "ravel_multi_index",
    "take",
    "take_along_axis",
    "tril_indices",
    "triu_indices",
    "unravel_index",
    "vectorize",
]


def _in_range(name, positions, length, mode):
    if mode == "raise":
        return positions
    positions = as_array(positions)
    if positions.dtype.kind in "biu" and positions.dtype != np.uint64:
        # The length may be more than a narrow dtype holds.
        positions = positions.astype(np.int64)
    if mode == "wrap":
        return positions % max(length, 1)
    if mode == "clip":
        return _core.clip(positions, 0, max(length - 1, 0))
    raise ValueError(f"{name}: mode {mode!r} does not exist; choose 'raise', 'wrap' or 'clip'")


def take(x, indices, axis=None, out=None, mode="raise"):
    """The elements at positions `indices` along `axis`, or of the flattened array if it is None.

    The shape of `indices` takes the place of the axis. IndexError where a position is out of range,
    unless `mode` is 'wrap' (counted round and round) or 'clip' (the nearest one).

    `x` and `indices` may be distributed: the result is dealt out like the indices, or, if they are
    local, like the other axes of `x`.

    Example:
        >>> hpx.take(hpx.asarray([10, 20, 30]), hpx.asarray([2, 0]))
        array([30, 10])

    Communication: none along an axis of which each locality has all. Else counts, then each index
    to the locality that has what it names, and the element or row back; rows that localities have
    themselves do not travel. With local indices the result is brought to all; what is dealt out
    along several axes moves to blocks of this one before.
    """
    x = as_array(x)
    if axis is None or x.ndim == 0:
        x, axis = ravel(x), 0 if axis is None else axis
    axis = axis_of("take", axis, x.ndim)
    indices = _in_range("take", indices, x.shape[axis], mode)
    return placed("take", _core._take("take", x, indices, axis), out)


def take_along_axis(x, indices, axis=-1):
    """The elements at the positions that `indices` holds for each row along `axis`.

    `indices` has the dimensions of `x`, and lengths that broadcast but along `axis`; if `axis` is
    None, `x` is flattened and `indices` is 1-d. IndexError where a position is out of range.

    Example:
        >>> x = hpx.asarray([[3, 1, 2]])
        >>> hpx.take_along_axis(x, hpx.argsort(x))
        array([[1, 2, 3]])

    The result of distributed arrays lies like `indices`, or, if they are local, like the other axes
    of `x`.

    Communication: none of local arrays. Of distributed ones that lie alike, with the axis whole, a
    few bytes to agree; else that of `take` with an index for each element of the result.
    """
    x, indices = as_array(x), as_array(indices)
    if axis is None:
        if indices.ndim != 1:
            raise ValueError(
                f"take_along_axis: indices of shape {indices.shape}; with axis=None they have one "
                "dimension"
            )
        x, axis = ravel(x), 0
    return _core._take_along("take_along_axis", x, indices, axis)


def put_along_axis(arr, indices, values, axis) -> None:
    """Writes `values` to the positions that `indices` holds for each row along `axis`.

    Shapes are as in `take_along_axis`; `values` are broadcast to those of `indices`.

    Example:
        >>> x = hpx.zeros((2, 3))
        >>> hpx.put_along_axis(x, hpx.asarray([[0], [2]]), 1.0, axis=1)

    Communication: none of local arrays; else that of `x[indices] = values` with an index for each
    element of `indices`.
    """
    if not isinstance(arr, _core.ndarray):
        raise TypeError(f"put_along_axis: {arr!r} is no hpxpy array")
    indices = as_array(indices)
    if axis is None:
        arr, axis = _flat_view("put_along_axis", arr), 0
    _core._put_along("put_along_axis", arr, indices, values, axis)


def _flat_view(name, x):
    try:
        return _core.reshape(x, (-1,), copy=False)
    except ValueError:
        raise ValueError(
            f"{name}: the elements of this view do not follow each other; give an axis"
        ) from None


def put(x, indices, values, mode="raise") -> None:
    """Writes `values`, repeated if there are too few, to positions of the flattened array.

    Example:
        >>> x = hpx.zeros(3)
        >>> hpx.put(x, [0, 2], [1, 2])

    Communication: none of a local array. What a distributed one is given goes to where it belongs,
    as with `x[indices] = values`; a few numbers are joined before, to agree on errors.
    """
    if not isinstance(x, _core.ndarray):
        raise TypeError(f"put: {x!r} is no hpxpy array")
    indices = ravel(_in_range("put", as_array(indices), x.size, mode))
    values = ravel(_core._elements("put", values, x.dtype))
    if indices.size == 0:
        return
    if values.size == 0:
        raise ValueError(f"put: no values for {indices.size} positions")
    if values.size != indices.size:
        turns = _core.arange(indices.size, distribution=indices.distribution) % values.size
        values = _core._take("put", values, turns, 0)
    if indices.dtype.kind not in "iu":
        raise IndexError(f"put: positions of {indices.dtype} are no indices; use integers")
    if int(_core.min(indices)) < -x.size or int(_core.max(indices)) >= x.size:
        wrong = indices[(indices < -x.size) | (indices >= x.size)][0]
        raise IndexError(f"put: {wrong} is out of range for {x.size} elements")
    if x.distribution is None:
        try:
            _core.reshape(x, (-1,), copy=False)[indices] = values
            return
        except ValueError:
            pass  # Elements that do not follow each other.
    x[unravel_index(indices.astype(np.int64) % x.size, x.shape)] = values


def nonzero(x) -> tuple[_core.ndarray, ...]:
    """The positions of the elements that are not zero: a tuple of int64 arrays, one an axis.

    They are in C order. ValueError for a 0-d array.

    Of a distributed array the result is distributed: each locality has those of its rows.

    Example:
        >>> hpx.nonzero(hpx.asarray([0, 3, 0, 5]))
        (array([1, 3]),)

    Communication: none of a local array. Of a distributed one a number from each locality, and a
    redistribution before that if its rows are not in blocks of the first axis.
    """
    return _core._nonzero(x)


def argwhere(x):
    """The positions of the elements that are not zero, one row each.

    Of a distributed array the result is distributed: each locality has those of its rows.

    Example:
        >>> hpx.argwhere(hpx.asarray([[0, 3], [5, 0]]))
        array([[0, 1],
               [1, 0]])

    Communication: none of a local array. Of a distributed one a number from each locality, and a
    redistribution before that if its rows are not in blocks of the first axis.
    """
    x = as_array(x)
    if x.ndim == 0:
        return _core.empty((int(bool(x)), 0), dtype=np.int64)
    return _core.permute_dims(_core._concat("argwhere", [p[None] for p in nonzero(x)], 0), (1, 0))


def flatnonzero(x):
    """The positions, in the flattened array, of the elements that are not zero.

    Of a distributed array the result is distributed: each locality has those of its rows.

    Example:
        >>> hpx.flatnonzero(hpx.asarray([[0, 3], [5, 0]]))
        array([1, 2])

    Communication: none of a local array. Of a distributed one a number from each locality, and a
    redistribution before that if its rows are not in blocks of the first axis.
    """
    return _core._flat_nonzero(x)


def compress(condition, x, axis=None, out=None):
    """The positions along `axis`, or of the flattened array, where `condition` is true.

    `condition` has one dimension and may be shorter than the axis, and true only where the axis has
    positions; IndexError otherwise.

    Where `x` or `condition` is distributed, the result is dealt out as `take` does it.

    Example:
        >>> hpx.compress([False, True], hpx.asarray([[1, 2], [3, 4]]), axis=0)
        array([[3, 4]])

    Communication: that of `flatnonzero` and `take`.
    """
    condition, x = as_array(condition), as_array(x)
    if condition.ndim != 1:
        raise ValueError(
            f"compress: the condition has shape {condition.shape}; it must have one dimension"
        )
    if axis is None:
        x, axis = ravel(x), 0
    result = _core._take("compress", x, flatnonzero(condition), axis)
    return placed("compress", result, out)


def compress_method(self, condition, axis=None, out=None):
    """The positions along `axis` where `condition` is true, as the function `compress`.

    Example:
        >>> hpx.asarray([1, 2, 3]).compress([True, False, True])
        array([1, 3])

    Communication: none.
    """
    return compress(condition, self, axis, out)


def extract(condition, x):
    """The elements of the flattened array where the flattened condition is not zero.

    Example:
        >>> hpx.extract([True, False, True], hpx.asarray([1, 2, 3]))
        array([1, 3])

    Communication: that of `flatnonzero` and `take`.
    """
    return _core._take("extract", ravel(x), flatnonzero(condition), 0)


def place(x, mask, values) -> None:
    """Writes the first of `values`, repeated if there are too few, where `mask` is true.

    Example:
        >>> x = hpx.asarray([1, 2, 3])
        >>> hpx.place(x, x > 1, [7, 8])

    Communication: none.
    """
    if not isinstance(x, _core.ndarray):
        raise TypeError(f"place: {x!r} is no hpxpy array")
    mask = as_array(mask).astype(np.bool_)
    count = int(_core.count_nonzero(mask))
    values = ravel(_core._elements("place", values, x.dtype))
    if count == 0:
        return
    if values.size == 0:
        raise ValueError(f"place: no values for the {count} elements where the mask is true")
    positions = _core.asarray(np.arange(count) % values.size)
    x[mask] = _core._take("place", values, positions, 0)


def ix_(*args) -> tuple[_core.ndarray, ...]:
    """Index arrays that select the rectangle of the given positions or masks, one for each axis.

    ValueError for other than one dimension.

    Example:
        >>> hpx.arange(6).reshape(2, 3)[hpx.ix_([0, 1], [2, 0])]
        array([[2, 0],
               [5, 3]])

    Communication: none.
    """
    result = []
    for i, given in enumerate(args):
        x = as_array(given)
        if x.ndim != 1:
            raise ValueError(f"ix_: argument {i} has shape {x.shape}; it must have one dimension")
        if x.size == 0 and not isinstance(given, _core.ndarray):
            x = x.astype(np.int64)
        if x.dtype == np.bool_:
            x = flatnonzero(x)
        result.append(x[(None,) * i + (slice(None),) + (None,) * (len(args) - i - 1)])
    return tuple(result)


def _check_positions(name, positions, length, mode):
    x = as_array(positions)
    if x.size == 0:
        x = x.astype(np.int64)
    if x.dtype.kind not in "iu":
        raise TypeError(f"{name}: positions of {x.dtype} are no indices; use integers")
    if mode != "raise":
        return _in_range(name, x, length, mode).astype(np.int64)
    for i in x[(x < 0) | (x >= length)][:1].to_numpy().tolist():
        raise ValueError(f"{name}: {i} is out of range for length {length}")
    return x.astype(np.int64)


def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    """The flat positions of elements given by one array of positions for each axis of shape `dims`.

    ValueError where a position is out of range, unless `mode` ('wrap', 'clip', or a tuple of them)
    says otherwise; `order` is 'C' or 'F'.

    Example:
        >>> hpx.ravel_multi_index(([1, 0], [2, 1]), (2, 3))
        array([5, 1])

    Communication: none.
    """
    dims = lengths_of(dims)
    order = c_or_f("ravel_multi_index", order)
    positions = list(multi_index)
    modes = mode if isinstance(mode, (tuple, list)) else (mode,) * len(dims)
    if len(positions) != len(dims):
        raise ValueError(
            f"ravel_multi_index: {len(positions)} arrays for a shape of {len(dims)} dimensions"
        )
    result, stride = 0, 1
    axes = range(len(dims)) if order == "F" else reversed(range(len(dims)))
    for i in axes:
        checked = _check_positions("ravel_multi_index", positions[i], dims[i], modes[i])
        result = checked * stride + result
        stride *= dims[i]
    return result


def unravel_index(indices, shape, order="C") -> tuple[_core.ndarray, ...]:
    """The positions on each axis of `shape` that flat positions mean: a tuple of arrays.

    ValueError where a position is out of range; `order` is 'C' or 'F'.

    Example:
        >>> hpx.unravel_index(hpx.asarray([5, 1]), (2, 3))
        (array([1, 0]), array([2, 1]))

    Communication: none.
    """
    shape = lengths_of(shape)
    order = c_or_f("unravel_index", order)
    rest = _check_positions("unravel_index", indices, int(np.prod(shape, dtype=object)), "raise")
    result = [None] * len(shape)
    axes = list(reversed(range(len(shape)))) if order == "C" else list(range(len(shape)))
    for i in axes:
        # The last one has no rest.
        result[i] = rest if i == axes[-1] else rest % shape[i]
        rest = rest // shape[i] if shape[i] else rest
    return tuple(result)


def diag_indices(n, ndim=2) -> tuple[_core.ndarray, ...]:
    """The index arrays of the main diagonal of an array with `ndim` axes of length `n`.

    Example:
        >>> hpx.diag_indices(2)
        (array([0, 1]), array([0, 1]))

    Communication: none.
    """
    try:
        return (_core.arange(n),) * ndim
    except MemoryError as error:
        raise MemoryError(f"diag_indices: Memory cannot hold n={n} for ndim={ndim}") from error


def tril_indices(n, k=0, m=None) -> tuple[_core.ndarray, ...]:
    """The index arrays of the elements on and below the `k`-th diagonal of an n by m matrix.

    Example:
        >>> hpx.tril_indices(2)
        (array([0, 1, 1]), array([0, 0, 1]))

    Communication: none.
    """
    return tuple(_core.asarray(i) for i in np.tril_indices(n, k, m))


def triu_indices(n, k=0, m=None) -> tuple[_core.ndarray, ...]:
    """The index arrays of the elements on and above the `k`-th diagonal of an n by m matrix.

    Example:
        >>> hpx.triu_indices(2)
        (array([0, 0, 1]), array([0, 1, 1]))

    Communication: none.
    """
    return tuple(_core.asarray(i) for i in np.triu_indices(n, k, m))


def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """What a function of one row gives for every row along `axis`, in an array.

    The result's shape takes the place of the axis. The function is called once a row, from Python,
    where the row lies; with the array itself where that is one row. What it raises on one locality
    is raised on all.

    Example:
        >>> hpx.apply_along_axis(lambda row: row.max(), 1, hpx.asarray([[1, 5], [2, 3]]))
        array([5, 3])

    Communication: none of a local array. Of a distributed one an all-gather of some bytes; rows
    that lie on several localities come together on one each, and rows of the same length go back.
    """
    name = "apply_along_axis"
    arr = as_array(arr)
    axis = axis_of(name, axis, arr.ndim)
    if 0 in arr.shape[:axis] + arr.shape[axis + 1 :]:
        raise ValueError(
            f"{name}: shape {arr.shape} has no row along axis {axis} to call the function with"
        )
    if arr.distribution is None or arr.ndim == 1:
        rows = moveaxis(arr, axis, -1)
        return _rows_back(_of_rows(name, func1d, rows, args, kwargs), rows.shape[:-1], axis)
    lines = _core._lines_of(name, arr, axis)
    rows = moveaxis(lines.local_partition, axis, -1)
    made = None

    def call():
        nonlocal made
        if rows.size or lines.size == 0:
            made = _of_rows(name, func1d, rows, args, kwargs)
            return made.shape[1:], made.dtype
        return None

    told = [each for each in at_all(call) if each is not None]
    shape, dtype = told[0]
    for other, _ in told:
        if other != shape:
            raise ValueError(f"{name}: the function gave shapes {shape} and {other}")
    count = int(np.prod(shape, dtype=np.int64))
    if made is None:
        made = _core.empty((0, *shape), dtype=dtype)
    flat = _core.reshape(_core.astype(made, dtype, copy=False), (*rows.shape[:-1], count))
    result = _core._from_lines(_core.copy(moveaxis(flat, -1, axis)), lines, arr, axis)
    return _core.reshape(result, (*arr.shape[:axis], *shape, *arr.shape[axis + 1 :]))


def _of_rows(name, func1d, rows, args, kwargs):
    """What the function gives of each row along the last axis, one behind the other."""
    results = [as_array(func1d(rows[i], *args, **kwargs)) for i in np.ndindex(rows.shape[:-1])]
    first = results[0]
    for each in results:
        if each.shape != first.shape:
            raise ValueError(f"{name}: the function gave shapes {first.shape} and {each.shape}")
    return _core._concat(name, [x[None] for x in results], 0, first.dtype)


def _rows_back(joined, shape, axis):
    dimensions = joined.ndim - 1
    result = _core.reshape(joined, shape + joined.shape[1:])
    for i in range(dimensions):
        result = moveaxis(result, len(shape) + i, axis + i)
    return result


def _rows_in(signature):
    """What stands between brackets before the arrow of "(n,m),(m)->(n)": ["n,m", "m"]."""
    return re.findall(r"\(([^()]*)\)", signature.partition("->")[0])


class vectorize:
    """A Python function of numbers made one of arrays, called for every element.

    Its arguments are broadcast. `otypes` are the dtypes of its results, `excluded` the arguments
    that are passed as they are, and `signature` is that of a function of rows, all as
    numpy.vectorize has them. Of distributed arrays each locality calls it for its elements, on the
    map of the first one; with a `signature` for its rows, in even blocks of the longest axis over
    which it is called. Where it is called once, all localities do so, and the result is local.

    Example:
        >>> hpx.vectorize(lambda a, b: max(a, b))(hpx.asarray([1, 5]), 3)
        array([3, 5])

    Communication: none of local arrays; of distributed ones an all-gather of some bytes, and what
    lies on other maps moves to that of the first one. With a `signature` what is not in blocks of
    the axis over which it is called moves there, and what has one row alone goes to every locality.
    """

    def __init__(self, pyfunc, otypes=None, doc=None, excluded=None, cache=False, signature=None):
        self._function = np.vectorize(pyfunc, otypes, doc, excluded, cache, signature)
        self.pyfunc = pyfunc
        self.__doc__ = self._function.__doc__

    def __call__(self, *args, **kwargs) -> Any:
        given = [*args, *kwargs.values()]
        if any(isinstance(x, _core.ndarray) and x.distribution is not None for x in given):
            return self._of_parts(args, kwargs)

        def seen(x):
            return x.to_numpy() if isinstance(x, _core.ndarray) else x

        result = self._function(*map(seen, args), **{name: seen(x) for name, x in kwargs.items()})
        if isinstance(result, tuple):
            return tuple(_core.asarray(x) for x in result)
        return _core.asarray(result)

    def _of_rows(self, args, kwargs):
        """What each locality makes of its rows, where a signature says how many axes a row has."""
        function = self._function
        rows = [
            len(row.split(",")) if row.strip(" ,") else 0 for row in _rows_in(function.signature)
        ]
        places = {**dict(enumerate(args)), **kwargs}
        places = {k: as_array(x) for k, x in places.items() if k not in function.excluded}
        if len(rows) != len(places):
            raise TypeError(
                f"vectorize: {len(places)} arguments for the signature {function.signature!r}"
            )
        over = [x.shape[: x.ndim - n] for x, n in zip(places.values(), rows, strict=True)]
        shape = np.broadcast_shapes(*over)
        axis = max(range(len(shape)), key=shape.__getitem__) - len(shape) if shape else None
        blocks, dealt = {}, bool(shape) and shape[axis] > 0
        for (k, x), loops, n in zip(places.items(), over, rows, strict=True):
            if not dealt or len(loops) < -axis or loops[axis] != shape[axis] or shape[axis] == 1:
                blocks[k] = everywhere(x).to_numpy()
            else:
                blocks[k] = memory_of(_core.redistribute(x, "block", x.ndim - n + axis))
        even = _core.empty(shape[axis], distribution="block") if dealt else None
        mine = memory_of(even).size if dealt else 1
        made = None

        def call():
            nonlocal made
            if mine == 0:
                return None
            made = function(
                *(blocks.get(i, x) for i, x in enumerate(args)),
                **{k: blocks.get(k, x) for k, x in kwargs.items()},
            )
            parts = made if isinstance(made, tuple) else (made,)
            return isinstance(made, tuple), [(p.dtype, p.shape[len(shape) :]) for p in parts]

        told = [each for each in at_all(call) if each is not None]
        several, kinds = told[0]
        results = []
        for i, (dtype, row) in enumerate(kinds):
            for _, others in told:
                if others[i][1] != row:
                    raise ValueError(
                        f"vectorize: the function gave rows of shapes {row} and {others[i][1]}"
                    )
            dtype = np.result_type(dtype, *(others[i][0] for _, others in told))
            place = {"distribution": "block", "axis": len(shape) + axis} if dealt else {}
            result = _core.empty((*shape, *row), dtype=dtype, **place)
            if made is not None:
                memory_of(result)[...] = made[i] if several else made
            results.append(result)
        return tuple(results) if several else results[0]

    def _of_parts(self, args, kwargs):
        """What each locality makes of its elements of arguments that lie on one map."""
        function = self._function
        if function.signature is not None:
            return self._of_rows(args, kwargs)
        places = {**dict(enumerate(args)), **kwargs}
        places = {k: as_array(x) for k, x in places.items() if k not in function.excluded}
        shape = np.broadcast_shapes(*(x.shape for x in places.values()))
        first = next(x for x in places.values() if x.distribution is not None)
        if first.shape != shape:
            first = _core.copy(_core.broadcast_to(first, shape))
        _, *arrays = on_one_map("vectorize", (first, *places.values()))
        blocks = {k: memory_of(x) for k, x in zip(places, arrays, strict=True)}
        made = None

        def call():
            nonlocal made
            if memory_of(first).size == 0 and first.size:
                return None
            made = function(
                *(blocks.get(i, x) for i, x in enumerate(args)),
                **{k: blocks.get(k, x) for k, x in kwargs.items()},
            )
            parts = made if isinstance(made, tuple) else (made,)
            return isinstance(made, tuple), [part.dtype for part in parts]

        told = [each for each in at_all(call) if each is not None]
        several, dtypes = told[0]
        dtypes = [
            np.result_type(*kinds) for kinds in zip(*(kinds for _, kinds in told), strict=True)
        ]
        results = []
        for i, dtype in enumerate(dtypes):
            result = _core.empty(shape, dtype=dtype, distribution=first.distribution)
            if made is not None:
                memory_of(result)[...] = made[i] if several else made
            results.append(result)
        return tuple(results) if several else results[0]
