"""Functions of C++ whose arguments tools can inspect, where the array API asks for it.

Each passes its arguments on and has the docstring of the C++ function. Imported by
hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core
from ._arguments import as_array, c_or_f
from ._manipulation import moveaxis
from ._placement import creation, in_one_piece, is_dealt, without_default

__all__ = [
    "arange",
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "asfortranarray",
    "astype",
    "clip",
    "copy",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "where",
    "zeros",
    "zeros_like",
]


def _documented(function):
    text = getattr(_core, function.__name__).__doc__
    # The signature comes first.
    function.__doc__ = text.partition("\n\n")[2]
    return function


def _axes_like(name, x, order, shape, place):
    """The axes, the outermost in memory first, of what is to lie as `x` does; None for C order."""
    if is_dealt(place):
        if _core._order(name, order) == "F":
            raise ValueError(f"{name}: order='F' cannot be met with a distribution")
        return None
    axes = _core._memory_axes(name, x, order)
    if shape is None:
        return axes
    count = len(shape) if isinstance(shape, (tuple, list)) else 1
    columns_first = tuple(range(count))[::-1]
    if count == as_array(x).ndim:
        return axes
    # 'A' gives axes only where the first one is dense.
    asked = order in ("F", "f") or (axes is not None and order in ("A", "a"))
    return columns_first if asked and count > 1 else None


def _in_axes(shape, axes, make, *arguments):
    """An array whose axes lie in memory in that order: one in C order, its axes turned."""
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    x = make(tuple(shape[i] for i in axes), *arguments)
    return _core.permute_dims(x, tuple(axes.index(i) for i in range(len(axes))))


def _placed_like(x, place):
    """The keywords, with the distribution of `x` where none is among them."""
    own = getattr(x, "distribution", None)
    return place if own is None or "distribution" in place else {"distribution": own}


def _like(kind, x, dtype, order, shape, place):
    """What `kind` ('zeros', ...) makes, with what is not given taken from `x`."""
    name, make = kind + "_like", getattr(_core, kind)
    axes = _axes_like(name, x, order, shape, _placed_like(x, place))
    if axes is None and shape is None:
        return getattr(_core, name)(x, dtype, **place)
    x = as_array(x)
    shape, dtype = x.shape if shape is None else shape, x.dtype if dtype is None else dtype
    if axes is None:
        return make(shape, dtype, **place)
    return _in_axes(shape, axes, make, dtype)


def _columns(name, shape, place, make, *arguments):
    """An array whose first axis lies densely in memory."""
    in_one_piece(name, "order='F'", place)
    count = len(shape) if isinstance(shape, (tuple, list)) else 1
    axes = tuple(range(count))[::-1]
    return _in_axes(shape, axes, make, *arguments)


@_documented
@creation
def zeros(shape, dtype=None, order="C", **place):
    if order != "C" and c_or_f("zeros", order) == "F":
        return _columns("zeros", shape, place, _core.zeros, dtype)
    return _core.zeros(shape, dtype, **place)


@_documented
@creation
def ones(shape, dtype=None, order="C", **place):
    if order != "C" and c_or_f("ones", order) == "F":
        return _columns("ones", shape, place, _core.ones, dtype)
    return _core.ones(shape, dtype, **place)


@_documented
@creation
def empty(shape, dtype=None, order="C", **place):
    if order != "C" and c_or_f("empty", order) == "F":
        return _columns("empty", shape, place, _core.empty, dtype)
    return _core.empty(shape, dtype, **place)


def _filled(shape, fill_value, dtype, order, place):
    if order != "C" and c_or_f("full", order) == "F":
        scalar = np.ndim(fill_value) == 0
        values = _core.full((), fill_value, dtype) if scalar else as_array(fill_value)
        dtype = values.dtype if dtype is None else dtype
        result = _columns("full", shape, place, _core.empty, dtype)
        result[...] = values
        return result
    if np.ndim(fill_value) == 0:
        return _core.full(shape, fill_value, dtype, **place)
    values = as_array(fill_value)
    result = _core.empty(shape, values.dtype if dtype is None else dtype, **place)
    result[...] = values if dtype is None else _core.astype(values, dtype, copy=False)
    return result


@_documented
@creation
def full(shape, fill_value, dtype=None, order="C", **place):
    return _filled(shape, fill_value, dtype, order, place)


@_documented
@creation
def eye(n_rows, n_cols=None, k=0, dtype=float, order="C", **place):
    if order != "C" and c_or_f("eye", order) == "F":
        columns = n_rows if n_cols is None else n_cols
        return _columns("eye", (n_rows, columns), place, _transposed_eye, k, dtype)
    return _core.eye(n_rows, n_cols, k, dtype, **place)


def _transposed_eye(shape, k, dtype):
    return _core.eye(*shape, -k, dtype)


@_documented
@creation(plain=_core.arange)
def arange(start, stop=None, step=1, dtype=None, **place):
    return _core.arange(start, stop, step, dtype, **place)


def spaced(start, stop, num, endpoint, retstep, dtype, place):
    """What linspace gives; `place` has the keywords of `creation`."""
    num = operator.index(num)
    if dtype is None:
        dtype = _single_precision(start, stop)
    if np.ndim(start) or np.ndim(stop):
        in_one_piece("linspace", "ends that are arrays", place)
        return _rows_between(start, stop, num, endpoint, retstep, dtype, place.get("axis", 0))
    return _core.linspace(start, stop, num, endpoint, retstep, dtype, **place)


@_documented
@creation
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, **place):
    return spaced(start, stop, num, endpoint, retstep, dtype, place)


@_documented
@creation(default_holds=False)
def zeros_like(x, dtype=None, order="K", subok=True, shape=None, **place):
    return _like("zeros", x, dtype, order, shape, place)


@_documented
@creation(default_holds=False)
def ones_like(x, dtype=None, order="K", subok=True, shape=None, **place):
    return _like("ones", x, dtype, order, shape, place)


@_documented
@creation(default_holds=False)
def empty_like(x, dtype=None, order="K", subok=True, shape=None, **place):
    return _like("empty", x, dtype, order, shape, place)


@_documented
@creation(default_holds=False)
def full_like(x, fill_value, dtype=None, order="K", subok=True, shape=None, **place):
    if _axes_like("full_like", x, order, shape, _placed_like(x, place)) is not None:
        result = _like("empty", x, dtype, order, shape, place)
        scalar = np.ndim(fill_value) == 0
        result[...] = _core.full((), fill_value, result.dtype) if scalar else fill_value
        return result
    if shape is None and np.ndim(fill_value) == 0:
        return _core.full_like(x, fill_value, dtype, **place)
    x = as_array(x)
    if shape is None:
        shape, place = x.shape, _placed_like(x, place)
    return _filled(shape, fill_value, x.dtype if dtype is None else dtype, "C", place)


def _made(name, obj, dtype, order, copy, place):
    """What `name` of _core makes of `obj`, laid out in that order."""
    if order is None or order == "K":
        return getattr(_core, name)(obj, dtype, copy=copy, **place)
    # What is copied gets an order, of what is not 'A' asks nothing.
    ours = isinstance(obj, _core.ndarray)
    if ours or order in ("F", "f"):
        place = without_default(place)
    if order in ("A", "a"):
        known = (copy is True or not ours) and not is_dealt(place)
        order = _core._order_of_copy(name, obj, order) if known else "K"
    x = getattr(_core, name)(obj, dtype, copy=copy, **place)
    return _core._laid_out(name, x, order, copy)


@_documented
@creation
def asarray(obj, dtype=None, order=None, *, copy=None, **place):
    return _made("asarray", obj, dtype, order, copy, place)


@_documented
@creation
def array(obj, dtype=None, *, copy=True, order="K", ndmin=0, **place):
    x = _made("array", obj, dtype, order, copy, place)
    return x if x.ndim >= ndmin else x[(None,) * (ndmin - x.ndim) + (...,)]


@_documented
@creation(plain=_core.from_numpy)
def from_numpy(data, dtype=None, *, copy=True, **place):
    return _core.from_numpy(data, dtype, copy=copy, **place)


@creation
def asanyarray(obj, dtype=None, order=None, *, copy=None, **place):
    """An array of `obj`, as asarray.

    Example:
        >>> hpx.asanyarray([1, 2])
        array([1, 2])

    Communication: none.
    """
    return _made("asarray", obj, dtype, order, copy, place)


@creation
def ascontiguousarray(obj, dtype=None, **place):
    """An array of `obj`, one dimension at least, whose elements follow each other in C order.

    Example:
        >>> hpx.ascontiguousarray(hpx.ones((2, 3)).T).strides
        (16, 8)

    Communication: none.
    """
    x = _made("asarray", obj, dtype, "C", None, place)
    return x if x.ndim else _core.reshape(x, (1,))


@creation
def asfortranarray(obj, dtype=None, **place):
    """An array of `obj`, one dimension at least, with the first axis fastest in memory.

    Example:
        >>> hpx.asfortranarray(hpx.ones((2, 3))).strides
        (8, 16)

    Communication: none.
    """
    x = _made("asarray", obj, dtype, "F", None, place)
    return x if x.ndim else _core.reshape(x, (1,))


def _single_precision(*ends):
    """float32 or complex64, where arrays or NumPy's scalars among the ends give it; else None."""
    if not any(hasattr(end, "dtype") for end in ends):
        return None
    weak = {int: 1, bool: 1, float: 1.0, complex: 1j}
    found = np.result_type(
        *(getattr(end, "dtype", weak.get(type(end), np.float64)) for end in ends)
    )
    return found if found in (np.float32, np.complex64) else None


def _rows_between(start, stop, num, endpoint, retstep, dtype, axis):
    """Of linspace between arrays: `axis` is that of the samples, as NumPy has it."""
    first, last = as_array(start), as_array(stop)
    first = first.astype(np.result_type(first.dtype, np.float64))
    width = last - first
    parts = num - 1 if endpoint else num
    positions = _core.linspace(0, num, num, False)
    positions = _core.reshape(positions, (-1,) + (1,) * width.ndim)
    step = width / parts if parts > 0 else width * np.nan
    result = _core.copy(first + positions * (step if parts > 0 else width))
    if endpoint and num > 1:
        result[-1] = last
    if dtype is not None:
        whole = np.dtype(dtype).kind in "iu"
        result = (_core.floor(result) if whole else result).astype(dtype)
    result = moveaxis(result, 0, axis)
    return (result, step) if retstep else result


@_documented
def astype(x, dtype, *, copy=True, device=None):
    if device is not None:
        _core.empty(0, device=device)
    return _core.astype(x, dtype, copy=copy)


@_documented
def clip(x, min=None, max=None, out=None):
    return _core.clip(x, min, max, out)


@_documented
def where(condition, x1=None, x2=None):
    return _core.where(condition, x1, x2)


@_documented
def copy(x, order="K"):
    return _core.copy(x, order)
