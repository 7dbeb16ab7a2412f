"""Arrays joined, split, lengthened and padded.

What is joined is evaluated straight into its place. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core
from ._arguments import as_array, axis_of, beside, everywhere, placed
from ._blocks import dealt_axes
from ._manipulation import atleast_1d, atleast_2d, atleast_3d, moveaxis, ravel

__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "delete",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "insert",
    "pad",
    "split",
    "stack",
    "unbind",
    "unstack",
    "vsplit",
    "vstack",
]


def _list_of(name, arrays):
    if isinstance(arrays, _core.ndarray):
        if arrays.ndim == 0:
            raise TypeError(f"{name}: a 0-d array is no sequence of arrays")
        return [arrays[i] for i in range(arrays.shape[0])]
    try:
        arrays = [as_array(x) for x in arrays]
    except TypeError:
        raise TypeError(f"{name}: {arrays!r} is no sequence of arrays") from None
    if not arrays:
        raise ValueError(f"{name}: no arrays were given; one is needed at least")
    return arrays


def concat(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """The arrays one behind the other along `axis`, or flattened first if it is None.

    Dtypes are promoted, or `dtype` is taken, as far as `casting` allows (TypeError otherwise);
    other lengths must be equal, else ValueError.

    Example:
        >>> hpx.concat([hpx.asarray([1, 2]), hpx.asarray([3])])
        array([1, 2, 3])

    Communication: none where the others lie as the first distributed one, and are not joined along
    its distributed axis; otherwise what lies elsewhere moves once.
    """
    return _concat("concat", arrays, axis, out, dtype, casting)


def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """The arrays one behind the other along `axis`, as `concat`.

    Example:
        >>> hpx.concatenate([hpx.asarray([1, 2]), hpx.asarray([3])])
        array([1, 2, 3])

    Communication: that of `concat`.
    """
    return _concat("concatenate", arrays, axis, out, dtype, casting)


def _check_casts(name, arrays, dtype, casting):
    for x in arrays if dtype is not None else ():
        if not np.can_cast(x.dtype, dtype, casting):
            raise TypeError(f"{name}: {x.dtype} is not cast to {np.dtype(dtype)} by {casting=}")


def _flattened_together(name, arrays):
    """Of parts that are to be flattened: Python's numbers take no part in the common dtype.

    Communication: none.
    """
    if isinstance(arrays, _core.ndarray):
        return arrays
    numbers = (bool, int, float, complex)
    parts = [x if type(x) in numbers else as_array(x) for x in arrays]
    if all(isinstance(x, _core.ndarray) for x in parts) or not parts:
        return parts
    dtype = np.result_type(*(getattr(x, "dtype", x) for x in parts))
    return [_core._elements(name, x, dtype) for x in parts]


def _concat(name, arrays, axis, out, dtype, casting):
    if axis is None and dtype is None:
        arrays = _flattened_together(name, arrays)
    arrays = _list_of(name, arrays)
    _check_casts(name, arrays, dtype, casting)
    if axis is None:
        arrays, axis = [_core.reshape(x, (-1,)) for x in arrays], 0
    return placed(name, _core._concat(name, arrays, axis, dtype), out)


def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """Arrays of one shape joined along a new axis; ValueError if the shapes differ.

    `dtype` and `casting` are those of `concat`.

    Example:
        >>> hpx.stack([hpx.asarray([1, 2]), hpx.asarray([3, 4])])
        array([[1, 2],
               [3, 4]])

    Communication: none where the others lie as the first distributed one; otherwise what lies
    elsewhere moves once.
    """
    arrays = _list_of("stack", arrays)
    _check_casts("stack", arrays, dtype, casting)
    for x in arrays:
        if x.shape != arrays[0].shape:
            raise ValueError(
                f"stack: arrays of shapes {arrays[0].shape} and {x.shape}; one is needed"
            )
    axis = axis_of("stack", axis, arrays[0].ndim + 1)
    new = (slice(None),) * axis + (None,)
    return placed("stack", _core._concat("stack", [x[new] for x in arrays], axis, dtype), out)


def unstack(x, *, axis=0) -> tuple[_core.ndarray, ...]:
    """A tuple of views, one for each position along `axis`; ValueError for a 0-d array.

    Example:
        >>> [row.tolist() for row in hpx.unstack(hpx.asarray([[1, 2], [3, 4]]))]
        [[1, 2], [3, 4]]

    Communication: none; along the distributed axis each row moves to every locality.
    """
    x = as_array(x)
    if x.ndim == 0:
        raise ValueError("unstack: a 0-d array has no axis to be taken apart")
    before = (slice(None),) * axis_of("unstack", axis, x.ndim)
    return tuple(x[(*before, i, ...)] for i in range(x.shape[len(before)]))


def unbind(x, axis=0) -> tuple[_core.ndarray, ...]:
    """A tuple of views, one for each position along `axis`, as `unstack`.

    Example:
        >>> len(hpx.unbind(hpx.zeros((2, 3)), axis=1))
        3

    Communication: none; along the distributed axis each row moves to every locality.
    """
    return unstack(x, axis=axis)


def vstack(arrays, *, dtype=None, casting="same_kind"):
    """The arrays joined along axis 0; those of one dimension become rows.

    `dtype` and `casting` are those of `concat`.

    Example:
        >>> hpx.vstack([hpx.asarray([1, 2]), hpx.asarray([3, 4])])
        array([[1, 2],
               [3, 4]])

    Communication: that of `concat`.
    """
    arrays = [atleast_2d(x) for x in _list_of("vstack", arrays)]
    _check_casts("vstack", arrays, dtype, casting)
    return _core._concat("vstack", arrays, 0, dtype)


def hstack(arrays, *, dtype=None, casting="same_kind"):
    """The arrays joined along axis 1; those of one dimension along axis 0.

    `dtype` and `casting` are those of `concat`.

    Example:
        >>> hpx.hstack([hpx.asarray([1, 2]), hpx.asarray([3])])
        array([1, 2, 3])

    Communication: that of `concat`.
    """
    arrays = [atleast_1d(x) for x in _list_of("hstack", arrays)]
    _check_casts("hstack", arrays, dtype, casting)
    return _core._concat("hstack", arrays, 0 if arrays[0].ndim == 1 else 1, dtype)


def dstack(arrays):
    """The arrays joined along axis 2, which those of less dimensions get.

    Example:
        >>> hpx.dstack([hpx.asarray([1, 2]), hpx.asarray([3, 4])]).shape
        (1, 2, 2)

    Communication: that of `concat`.
    """
    return _core._concat("dstack", [atleast_3d(x) for x in _list_of("dstack", arrays)], 2)


def column_stack(arrays):
    """The arrays joined along axis 1; those of one dimension become columns.

    Example:
        >>> hpx.column_stack([hpx.asarray([1, 2]), hpx.asarray([3, 4])])
        array([[1, 3],
               [2, 4]])

    Communication: that of `concat`.
    """
    arrays = _list_of("column_stack", arrays)
    columns = [x if x.ndim >= 2 else _core.reshape(x, (-1, 1)) for x in arrays]
    return _core._concat("column_stack", columns, 1)


def block(arrays):
    """Nested lists of arrays put together: the innermost along the last axis, and so outwards.

    Lists are nested equally deep, else ValueError; shapes fit as in `concat`.

    Example:
        >>> a = hpx.ones((1, 1))
        >>> hpx.block([[a, a], [a, a]])
        array([[1., 1.],
               [1., 1.]])

    Communication: that of `concat`.
    """

    def depth_of(item):
        if not isinstance(item, list):
            return 0
        if not item:
            raise ValueError("block: a list is empty")
        depths = {depth_of(x) for x in item}
        if len(depths) > 1:
            raise ValueError(f"block: lists are nested {sorted(depths)} deep; they must be equally")
        return depths.pop() + 1

    def most_axes(item):
        return max(map(most_axes, item)) if isinstance(item, list) else as_array(item).ndim

    depth = depth_of(arrays)
    count = max(depth, most_axes(arrays))

    def joined(item, level):
        if level == 0:
            x = as_array(item)
            return _core.reshape(x, (1,) * (count - x.ndim) + x.shape)
        return _core._concat("block", [joined(x, level - 1) for x in item], -level)

    return joined(arrays, depth) if depth else _core.copy(as_array(arrays))


def append(x, values, axis=None):
    """A copy with `values` behind the elements along `axis`, or both flattened if it is None.

    Example:
        >>> hpx.append(hpx.asarray([1, 2]), 3)
        array([1, 2, 3])

    Communication: that of `concat`.
    """
    x, values = as_array(x), as_array(values)
    if axis is None:
        x, values, axis = ravel(x), ravel(values), 0
    return _core._concat("append", [x, values], axis)


def array_split(x, indices_or_sections, axis=0) -> list[_core.ndarray]:
    """A list of views along `axis`: so many of nearly equal length, or cut at given positions.

    ValueError for less than one section.

    Example:
        >>> [part.shape for part in hpx.array_split(hpx.arange(5), 2)]
        [(3,), (2,)]

    Communication: none.
    """
    return _split("array_split", x, indices_or_sections, axis)


def split(x, indices_or_sections, axis=0) -> list[_core.ndarray]:
    """A list of views along `axis`: so many of equal length, or cut before the given positions.

    ValueError if the length cannot be divided; `array_split` gives nearly equal parts.

    Example:
        >>> [part.shape for part in hpx.split(hpx.arange(5), [2])]
        [(2,), (3,)]

    Communication: none.
    """
    return _equal_split("split", x, indices_or_sections, axis)


def _split(name, x, sections, axis):
    x = as_array(x)
    axis = axis_of(name, axis, x.ndim)
    length = x.shape[axis]
    if np.ndim(sections) == 0:
        count = operator.index(sections)
        if count < 1:
            raise ValueError(f"{name}: {count} sections; give 1 or more")
        size, longer = divmod(length, count)
        try:
            sizes = [size + 1] * longer + [size] * (count - longer)
        except (MemoryError, OverflowError) as error:
            raise MemoryError(f"{name}: Memory cannot hold {count} sections") from error
        cuts = np.cumsum(sizes)[:-1].tolist()
    else:
        cuts = [operator.index(i) for i in sections]
    before = (slice(None),) * axis
    return [
        x[(*before, slice(first, last))]
        for first, last in zip([0, *cuts], [*cuts, length], strict=True)
    ]


def _equal_split(name, x, sections, axis):
    x = as_array(x)
    axis = axis_of(name, axis, x.ndim)
    if np.ndim(sections) == 0 and sections > 0 and x.shape[axis] % sections:
        raise ValueError(
            f"{name}: length {x.shape[axis]} is no multiple of {sections}; "
            "array_split gives nearly equal parts"
        )
    return _split(name, x, sections, axis)


def _directed_split(name, x, sections, axis, least):
    x = as_array(x)
    if x.ndim < least:
        raise ValueError(f"{name}: shape {x.shape} has less than {least} dimensions; use split")
    return _equal_split(name, x, sections, axis)


def vsplit(x, indices_or_sections) -> list[_core.ndarray]:
    """A list of views along axis 0, as `split`; ValueError for less than two dimensions.

    Example:
        >>> [part.shape for part in hpx.vsplit(hpx.zeros((4, 3)), 2)]
        [(2, 3), (2, 3)]

    Communication: none.
    """
    return _directed_split("vsplit", x, indices_or_sections, 0, 2)


def hsplit(x, indices_or_sections) -> list[_core.ndarray]:
    """A list of views along axis 1, as `split`; along axis 0 of an array of one dimension.

    Example:
        >>> [part.shape for part in hpx.hsplit(hpx.zeros((4, 3)), [1])]
        [(4, 1), (4, 2)]

    Communication: none.
    """
    x = as_array(x)
    return _directed_split("hsplit", x, indices_or_sections, 1 if x.ndim > 1 else 0, 1)


def dsplit(x, indices_or_sections) -> list[_core.ndarray]:
    """A list of views along axis 2, as `split`; ValueError for less than three dimensions.

    Example:
        >>> [part.shape for part in hpx.dsplit(hpx.zeros((2, 3, 4)), 2)]
        [(2, 3, 2), (2, 3, 2)]

    Communication: none.
    """
    return _directed_split("dsplit", x, indices_or_sections, 2, 3)


def delete(x, obj, axis=None):
    """A copy without the positions `obj` (an integer, a slice, an array or a mask) along `axis`.

    Without an axis the flattened array is taken. IndexError if a position does not exist.

    Example:
        >>> hpx.delete(hpx.asarray([1, 2, 3]), 1)
        array([1, 3])

    Communication: none; of distributed arrays what changes owner. Distributed positions go to their
    owners, 8 bytes each, and to every locality where the axis is not dealt out.
    """
    x = as_array(x)
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of("delete", axis, x.ndim)
    length, before = x.shape[axis], (slice(None),) * axis
    if _is_dealt(obj) and axis in dealt_axes(x):
        return x[(*before, _kept(x, obj, length, axis))]
    positions = _positions("delete", everywhere(obj), length, axis)
    if not isinstance(obj, slice) and positions.size <= _FEW_POSITIONS:
        # What lies between them is copied piece by piece.
        gone = sorted({i % length for i in positions.reshape(-1).tolist()})
        ends = zip([0, *(i + 1 for i in gone)], [*gone, length], strict=True)
        return concatenate([x[(*before, slice(first, last))] for first, last in ends], axis)
    keep = np.ones(length, bool)
    keep[positions] = False
    return x[(*before, keep)]


_FEW_POSITIONS = 16


def _is_dealt(obj):
    return isinstance(obj, _core.ndarray) and obj.distribution is not None


def _kept(x, obj, length, axis):
    """A mask, in blocks, of what `delete` leaves where a distributed array names the rest."""
    if obj.dtype == bool:
        if obj.shape != (length,):
            raise ValueError(
                f"delete: a mask of shape {obj.shape} for axis {axis} of length {length}"
            )
        return _core.logical_not(obj)
    keep = _core.ones(length, dtype=bool, distribution="block")
    keep[obj] = False
    return keep


def _positions(name, obj, length, axis):
    if isinstance(obj, slice):
        return obj
    positions = np.asarray(obj)
    if positions.size == 0 and positions.dtype.kind == "f":
        positions = positions.astype(int)
    if positions.dtype == bool:
        if positions.shape != (length,):
            raise ValueError(
                f"{name}: a mask of shape {positions.shape} for axis {axis} of length {length}"
            )
        return np.flatnonzero(positions)
    if positions.dtype.kind not in "iu":
        raise IndexError(f"{name}: positions of {positions.dtype} are no indices; use integers")
    wrong = positions[(positions < -length) | (positions >= length)]
    if wrong.size:
        raise IndexError(
            f"{name}: {wrong.flat[0]} is out of range for axis {axis} of length {length}"
        )
    return positions


def insert(x, obj, values, axis=None):
    """A copy with `values` inserted before the positions `obj` along `axis`.

    Positions (an integer, a slice or a sequence) are those of `x`; without an axis the flattened
    array is taken. `values` are broadcast and get the dtype of `x`. IndexError if a position is out
    of range.

    Example:
        >>> hpx.insert(hpx.asarray([1, 2, 3]), 1, 9)
        array([1, 9, 2, 3])

    Communication: none; of distributed arrays what changes owner. Distributed positions are sorted,
    and each element is sent with 8 bytes for its place; where the axis is not dealt out, they go to
    every locality.
    """
    x = as_array(x)
    values = _core._elements("insert", values, x.dtype)
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of("insert", axis, x.ndim)
    length = x.shape[axis]
    if _is_dealt(obj) and axis in dealt_axes(x) and obj.ndim == 1:
        from ._indexing import flatnonzero

        at = flatnonzero(obj) if obj.dtype == bool else obj
        if at.size > 1:
            return _inserted_by(x, at, values, axis)
        obj = at
    obj = everywhere(obj)
    if isinstance(obj, slice):
        positions = np.arange(*obj.indices(length))
    else:
        positions = np.asarray(obj)
        if positions.dtype == bool:
            positions = np.flatnonzero(positions)
        elif positions.size == 0:
            positions = positions.astype(int)
    if positions.dtype.kind not in "iu" or positions.ndim > 1:
        raise IndexError(f"insert: positions {obj!r} are no integers in one dimension")
    for i in positions[(positions < -length) | (positions > length)].flat[:1]:
        raise IndexError(f"insert: {i} is out of range for axis {axis} of length {length}")
    positions = positions.astype(np.int64)
    positions = np.where(positions < 0, positions + length, positions)
    if positions.size == 1:
        # One position takes any number of values.
        at = int(positions.reshape(()))
        while values.ndim < x.ndim:
            values = values[None]
        if positions.ndim == 0:
            values = moveaxis(values, 0, axis)
        count = values.shape[axis]
    else:
        count = positions.size
    shape = (*x.shape[:axis], length + count, *x.shape[axis + 1 :])
    if positions.size > 1 and (x.distribution is not None or values.distribution is not None):
        return _inserted(x, positions, values, axis)
    result = _core.empty(shape, dtype=x.dtype, **beside(x))
    before = (slice(None),) * axis
    if positions.size == 1:
        result[(*before, slice(at, at + count))] = values
        result[(*before, slice(at))] = x[(*before, slice(at))]
        result[(*before, slice(at + count, None))] = x[(*before, slice(at, None))]
        return result
    order = positions.argsort(kind="mergesort")
    positions[order] += np.arange(count)
    old = np.ones(shape[axis], bool)
    old[positions] = False
    result[(*before, positions)] = values
    result[(*before, np.flatnonzero(old))] = x
    return result


def _inserted_by(x, positions, values, axis):
    """Several distributed positions with their values: each element, old or new, is written to its
    place, which the positions before it tell."""
    from ._sorting import argsort, searchsorted

    length, count = x.shape[axis], positions.size
    if positions.dtype.kind not in "iu":
        raise IndexError(f"insert: positions of {positions.dtype} are no indices; use integers")
    positions = _core.astype(positions, np.int64)
    for wrong in positions[(positions < -length) | (positions > length)][:1].tolist():
        raise IndexError(f"insert: {wrong} is out of range for axis {axis} of length {length}")
    positions = _core.where(positions < 0, positions + length, positions)
    order = argsort(positions)
    ordered = positions[order]
    new = _core.empty(count, dtype=np.int64, distribution="block")
    new[order] = ordered + _core.arange(count, distribution="block")
    olds = _core.arange(length, distribution="block")
    old = olds + searchsorted(ordered, olds, side="right")
    row = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    shape = (*x.shape[:axis], length + count, *x.shape[axis + 1 :])
    before = (slice(None),) * axis
    result = _core.empty(shape, dtype=x.dtype, **beside(x))
    result[(*before, old)] = x
    result[(*before, new)] = _core.broadcast_to(values, row)
    return result


def _inserted(x, positions, values, axis):
    """Several positions with their values: each element is taken from where it was or stood among
    the values."""
    count, length = positions.size, x.shape[axis]
    row = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    values = _core.astype(_core.broadcast_to(values, row), x.dtype)
    order = positions.argsort(kind="mergesort")
    positions[order] += np.arange(count)
    source = np.empty(length + count, np.int64)
    old = np.ones(length + count, bool)
    old[positions] = False
    source[old] = np.arange(length)
    source[positions] = length + np.arange(count)
    whole = _core._concat("insert", [x, values], axis)
    return _core._take("insert", whole, _positions_beside(whole, axis, source), axis)


_POSITION_MODES = ("edge", "reflect", "symmetric", "wrap")
_VALUE_MODES = ("maximum", "mean", "median", "minimum")


def pad(array, pad_width, mode="constant", **kwargs):
    """The array with elements added around it, `pad_width` before and after along each axis.

    `mode` is 'constant' (`constant_values=`), 'edge', 'wrap', 'reflect', 'symmetric'
    (`reflect_type=` 'even', or 'odd' for twice the edge less the reflected element), 'maximum',
    'mean', 'median', 'minimum' (`stat_length=`), 'linear_ramp' (`end_values=`), 'empty', or a
    function as NumPy's pad takes, which fills vectors of NumPy's in place. Widths and values are
    one number, (before, after) or one such pair an axis; ValueError for a negative width or an
    unknown mode.

    Example:
        >>> hpx.pad(hpx.asarray([1, 2, 3]), 1, mode="edge")
        array([1, 1, 2, 3, 3])

    Communication: none; of distributed arrays what changes owner, for a function that of
    apply_along_axis along each axis, or one line to every locality. Distributed widths and values
    go to every locality.
    """
    x = as_array(array)
    if callable(mode):
        return _padded_by(mode, x, everywhere(pad_width), kwargs)
    pad_width = everywhere(pad_width)
    kwargs = {name: everywhere(value) for name, value in kwargs.items()}
    known = {"constant": "constant_values", "linear_ramp": "end_values"}
    known.update(dict.fromkeys(("reflect", "symmetric"), "reflect_type"))
    known.update(dict.fromkeys(_VALUE_MODES, "stat_length"))
    modes = {*known, "edge", "wrap", "empty"}
    if mode not in modes:
        raise ValueError(
            f"pad: mode {mode!r} does not exist; choose one of {', '.join(sorted(modes))}"
        )
    for name in kwargs:
        if name != known.get(mode):
            raise ValueError(f"pad: mode {mode!r} takes no {name}=")
    reflect_type = kwargs.get("reflect_type", "even")
    if reflect_type not in ("even", "odd"):
        raise ValueError(
            f"pad: reflect_type={reflect_type!r} does not exist; choose 'even' or 'odd'"
        )
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(i, pad_width.get(i - x.ndim, 0)) for i in range(x.ndim)]
        pad_width = [w if np.ndim(w) else (w, w) for w in pad_width]
    widths = _pairs("pad_width", pad_width, x.ndim)
    if widths.dtype.kind not in "iu":
        raise TypeError(f"pad: widths {pad_width!r} are no integers")
    if (widths < 0).any():
        raise ValueError(f"pad: negative width in {pad_width!r}; give 0 or more")
    widths = widths.tolist()
    if mode in _POSITION_MODES:
        return _pad_positions(x, widths, mode, reflect_type == "odd")
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, widths, strict=True))
    result = _core.empty(shape, dtype=x.dtype, **beside(x))
    inside = tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, widths, strict=True))
    result[inside] = x
    if mode == "empty":
        return result
    values = kwargs.get(known[mode], 0 if mode in known and mode not in _VALUE_MODES else None)
    pairs = None if values is None else _pairs(known[mode], values, x.ndim).tolist()
    for axis, (before, after) in enumerate(widths):
        # Axes before this one are already padded, those behind it still are to be.
        around = (slice(None),) * axis
        rest = inside[axis + 1 :]
        for side, width in enumerate((before, after)):
            if width:
                first = 0 if side == 0 else shape[axis] - width
                target = (*around, slice(first, first + width), *rest)
                core = result[(*around, inside[axis], *rest)]
                value = pairs[axis][side] if pairs is not None else None
                result[target] = _padding(mode, core, axis, side, width, value)
    return result


def _padded_by(function, x, pad_width, kwargs):
    """The array padded by a function of NumPy's vectors, which it fills in place."""
    if x.distribution is None:
        return _core.asarray(np.pad(x.to_numpy(), pad_width, function, **kwargs))
    from ._indexing import apply_along_axis

    widths = _pairs("pad_width", pad_width, x.ndim).tolist()
    result = pad(x, widths)

    def filled(vector, axis):
        vector = vector.to_numpy().copy()
        function(vector, tuple(widths[axis]), axis, kwargs)
        return vector

    for axis in range(x.ndim):
        result = apply_along_axis(filled, axis, result, axis)
    return result if x.ndim > 1 else _core.redistribute(result, "block")


def _pairs(name, values, dimensions):
    try:
        return np.broadcast_to(np.asarray(values), (dimensions, 2))
    except ValueError:
        raise ValueError(
            f"pad: {name}={values!r} does not give a pair for {dimensions} axes"
        ) from None


# Of a core of n elements, those that stand in `width` places before it and behind it; None where it
# has to be gone through more than once.
_NEIGHBOURS = {
    "edge": lambda n, width: (slice(0, 1), slice(n - 1, n)),
    "wrap": lambda n, width: (slice(n - width, n), slice(0, width)) if width <= n else None,
    "symmetric": lambda n, width: (
        (slice(width - n - 1, None, -1), slice(-1, -width - 1, -1)) if width <= n else None
    ),
    "reflect": lambda n, width: (
        (slice(width, 0, -1), slice(-2, -width - 2, -1)) if width < n else None
    ),
}


def _pad_neighbours(x, widths, mode):
    """The array padded by slices of itself; None where those do not reach."""
    sources = []
    for n, pair in zip(x.shape, widths, strict=True):
        each = [_NEIGHBOURS[mode](n, width) if width else () for width in pair]
        if n == 0 or None in each:
            return None
        sources.append([one and one[side] for side, one in enumerate(each)])
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, widths, strict=True))
    inside = tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, widths, strict=True))
    result = _core.empty(shape, dtype=x.dtype, **beside(x))
    result[inside] = x
    for axis, (before, after) in enumerate(widths):
        around, rest = (slice(None),) * axis, inside[axis + 1 :]
        core = result[(*around, inside[axis], *rest)]
        targets = slice(0, before), slice(shape[axis] - after, shape[axis])
        for source, target in zip(sources[axis], targets, strict=True):
            if source:
                result[(*around, target, *rest)] = core[(*around, source)]
    return result


def _positions_beside(x, axis, positions):
    """Positions along `axis`, dealt out where that of `x` is, so that what they name is, too."""
    place = beside(x)
    return (
        _core.asarray(positions, distribution="block") if place.get("axis") == axis else positions
    )


def _pad_positions(x, widths, mode, odd):
    result = None if odd else _pad_neighbours(x, widths, mode)
    if result is not None:
        return result
    result = x
    for axis, (before, after) in enumerate(widths):
        if not (before or after):
            continue
        if x.shape[axis] == 0:
            raise ValueError(f"pad: axis {axis} is empty; mode {mode!r} has nothing to take from")
        positions = np.pad(np.arange(x.shape[axis]), (before, after), mode=mode)
        positions = _positions_beside(x, axis, positions)
        taken = _core._take("pad", result, positions, axis)
        result = _reflected_oddly(result, taken, axis, before, after, mode) if odd else taken
    return _core.copy(x) if result is x else result


def _reflected_oddly(x, taken, axis, before, after, mode):
    """Of reflected elements: each one's own share, and those of the elements at both ends."""
    length = x.shape[axis]

    def padded(vector):
        return np.pad(vector, (before, after), mode=mode, reflect_type="odd")

    position = np.arange(length)
    at = np.pad(position, (before, after), mode=mode)
    first, last = padded((position == 0) * 1), padded((position == length - 1) * 1)
    # All shares sum up to 1; elements at the ends have all of theirs as their own.
    own = np.where(at == 0, first, np.where(at == length - 1, last, 1 - first - last))
    first, last = np.where(at == 0, 0, first), np.where(at == length - 1, 0, last)
    around = (slice(None),) * axis
    result = None
    for shares, part in ((own, taken), (first, x[(*around, [0])]), (last, x[(*around, [-1])])):
        if shares.any():
            shares = shares.reshape((-1,) + (1,) * (x.ndim - axis - 1))
            # Nothing of infinity is no number.
            product = _core.where(shares != 0, _core.asarray(shares.astype(x.dtype)) * part, 0)
            result = product if result is None else result + product
    return result


def _padding(mode, core, axis, side, width, value):
    if mode == "constant":
        return value
    length = core.shape[axis]
    if length == 0:
        raise ValueError(f"pad: axis {axis} is empty; mode {mode!r} has nothing to take from")
    around = (slice(None),) * axis
    if mode == "linear_ramp":
        edge = core[(*around, slice(0, 1) if side == 0 else slice(-1, None))]
        steps = np.arange(width) if side == 0 else np.arange(width - 1, -1, -1)
        steps = (steps / width).reshape((-1,) + (1,) * (core.ndim - axis - 1))
        edge = edge.astype(np.result_type(core.dtype, np.float64))
        ramp = value + (edge - value) * _core.asarray(steps)
        return _core.floor(ramp) if core.dtype.kind in "iu" else ramp
    count = length if value is None else min(operator.index(value), length)
    if count < 1:
        raise ValueError(f"pad: stat_length={value} is less than 1")
    part = core[(*around, slice(0, count) if side == 0 else slice(length - count, None))]
    if mode == "median":
        ordered = _core._sort("pad", part, axis, False)
        low = ordered[(*around, slice((count - 1) // 2, (count - 1) // 2 + 1))]
        high = ordered[(*around, slice(count // 2, count // 2 + 1))]
        return _whole((low + high) / 2.0 if count % 2 == 0 else low, core.dtype)
    function = {"maximum": _core.max, "mean": _core.mean, "minimum": _core.min}[mode]
    return _whole(function(part, axis=axis, keepdims=True), core.dtype)


def _whole(values, dtype):
    """Values rounded where they go into integers."""
    return _core.round(values) if np.dtype(dtype).kind in "iu" else values
