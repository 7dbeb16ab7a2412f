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


def _axes_like(name, x, order, shape, distribution):
    """The axes, the outermost in memory first, of what is to lie as `x` does; None for C order."""
    if distribution is None:
        distribution = getattr(x, "distribution", None)
    if distribution is not None:
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


def _in_axes(shape, axes, make, *arguments, **keywords):
    """An array whose axes lie in memory in that order: one in C order, its axes turned."""
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    x = make(tuple(shape[i] for i in axes), *arguments, **keywords)
    return _core.permute_dims(x, tuple(axes.index(i) for i in range(len(axes))))


def _like(kind, x, dtype, order, shape, distribution, axis, device):
    """What `kind` ('zeros', ...) makes, with what is not given taken from `x`."""
    name, make = kind + "_like", getattr(_core, kind)
    axes = _axes_like(name, x, order, shape, distribution)
    placed = {"distribution": distribution, "axis": axis, "device": device}
    if axes is None and shape is None:
        return getattr(_core, name)(x, dtype, **placed)
    x = as_array(x)
    shape, dtype = x.shape if shape is None else shape, x.dtype if dtype is None else dtype
    if axes is None:
        return make(shape, dtype, **placed)
    return _in_axes(shape, axes, make, dtype, device=device)


def _columns(name, shape, distribution, make, *arguments, **keywords):
    """An array whose first axis lies densely in memory."""
    if distribution is not None:
        raise ValueError(f"{name}: order='F' cannot be met with a distribution")
    count = len(shape) if isinstance(shape, (tuple, list)) else 1
    axes = tuple(range(count))[::-1]
    return _in_axes(shape, axes, make, *arguments, **keywords)


@_documented
def zeros(shape, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    if c_or_f("zeros", order) == "F":
        return _columns("zeros", shape, distribution, _core.zeros, dtype, device=device)
    return _core.zeros(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def ones(shape, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    if c_or_f("ones", order) == "F":
        return _columns("ones", shape, distribution, _core.ones, dtype, device=device)
    return _core.ones(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def empty(shape, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    if c_or_f("empty", order) == "F":
        return _columns("empty", shape, distribution, _core.empty, dtype, device=device)
    return _core.empty(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def full(shape, fill_value, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    if c_or_f("full", order) == "F":
        scalar = np.ndim(fill_value) == 0
        values = _core.full((), fill_value, dtype) if scalar else as_array(fill_value)
        dtype = values.dtype if dtype is None else dtype
        result = _columns("full", shape, distribution, _core.empty, dtype, device=device)
        result[...] = values
        return result
    if np.ndim(fill_value) == 0:
        return _core.full(
            shape, fill_value, dtype, distribution=distribution, axis=axis, device=device
        )
    values = as_array(fill_value)
    result = _core.empty(
        shape,
        values.dtype if dtype is None else dtype,
        distribution=distribution,
        axis=axis,
        device=device,
    )
    result[...] = values if dtype is None else _core.astype(values, dtype, copy=False)
    return result


@_documented
def eye(
    n_rows,
    n_cols=None,
    k=0,
    dtype=None,
    order="C",
    *,
    M=None,
    distribution=None,
    axis=0,
    device=None,
):
    n_cols = M if n_cols is None else n_cols
    if c_or_f("eye", order) == "F":
        columns = n_rows if n_cols is None else n_cols
        return _columns(
            "eye", (n_rows, columns), distribution, _transposed_eye, k, dtype, device=device
        )
    return _core.eye(n_rows, n_cols, k, dtype, distribution=distribution, axis=axis, device=device)


def _transposed_eye(shape, k, dtype, device):
    return _core.eye(*shape, -k, dtype, device=device)


@_documented
def arange(start, stop=None, step=1, dtype=None, *, distribution=None, axis=0, device=None):
    return _core.arange(
        start, stop, step, dtype, distribution=distribution, axis=axis, device=device
    )


@_documented
def linspace(
    start,
    stop,
    num=50,
    endpoint=True,
    retstep=False,
    dtype=None,
    *,
    distribution=None,
    axis=0,
    device=None,
):
    num = operator.index(num)
    if dtype is None:
        dtype = _single_precision(start, stop)
    if np.ndim(start) or np.ndim(stop):
        if distribution is not None:
            raise ValueError("linspace: ends that are arrays cannot be met with a distribution")
        return _rows_between(start, stop, num, endpoint, retstep, dtype, axis)
    return _core.linspace(
        start,
        stop,
        num,
        endpoint,
        retstep,
        dtype,
        distribution=distribution,
        axis=axis,
        device=device,
    )


@_documented
def zeros_like(x, dtype=None, order="K", shape=None, *, distribution=None, axis=0, device=None):
    return _like("zeros", x, dtype, order, shape, distribution, axis, device)


@_documented
def ones_like(x, dtype=None, order="K", shape=None, *, distribution=None, axis=0, device=None):
    return _like("ones", x, dtype, order, shape, distribution, axis, device)


@_documented
def empty_like(x, dtype=None, order="K", shape=None, *, distribution=None, axis=0, device=None):
    return _like("empty", x, dtype, order, shape, distribution, axis, device)


@_documented
def full_like(
    x, fill_value, dtype=None, order="K", shape=None, *, distribution=None, axis=0, device=None
):
    if _axes_like("full_like", x, order, shape, distribution) is not None:
        result = empty_like(x, dtype, order, shape, distribution=distribution, device=device)
        scalar = np.ndim(fill_value) == 0
        result[...] = _core.full((), fill_value, result.dtype) if scalar else fill_value
        return result
    if shape is None and np.ndim(fill_value) == 0:
        return _core.full_like(
            x, fill_value, dtype, distribution=distribution, axis=axis, device=device
        )
    x = as_array(x)
    return full(
        x.shape if shape is None else shape,
        fill_value,
        x.dtype if dtype is None else dtype,
        distribution=distribution,
        axis=axis,
        device=device,
    )


def _made(name, obj, dtype, order, copy, **placed):
    """What `name` of _core makes of `obj`, laid out in that order."""
    if order is None or order == "K":
        return getattr(_core, name)(obj, dtype, copy=copy, **placed)
    # What is copied gets an order, of what is not 'A' asks nothing.
    copied = copy is True or not isinstance(obj, _core.ndarray)
    if order in ("A", "a"):
        order = _core._order_of_copy(name, obj, order) if copied else "K"
    x = getattr(_core, name)(obj, dtype, copy=copy, **placed)
    return _core._laid_out(name, x, order, copy)


@_documented
def asarray(obj, dtype=None, order=None, *, copy=None, distribution=None, axis=0, device=None):
    placed = {"distribution": distribution, "axis": axis, "device": device}
    return _made("asarray", obj, dtype, order, copy, **placed)


@_documented
def array(
    obj,
    dtype=None,
    *,
    copy=True,
    order="K",
    ndmin=0,
    distribution=None,
    axis=0,
    device=None,
):
    placed = {"distribution": distribution, "axis": axis, "device": device}
    x = _made("array", obj, dtype, order, copy, **placed)
    return x if x.ndim >= ndmin else x[(None,) * (ndmin - x.ndim) + (...,)]


def asanyarray(obj, dtype=None, order=None, *, device=None, copy=None):
    """An array of `obj`, as asarray.

    Example:
        >>> hpx.asanyarray([1, 2])
        array([1, 2])

    Communication: none.
    """
    return asarray(obj, dtype, order, device=device, copy=copy)


def ascontiguousarray(obj, dtype=None):
    """An array of `obj`, one dimension at least, whose elements follow each other in C order.

    Example:
        >>> hpx.ascontiguousarray(hpx.ones((2, 3)).T).strides
        (16, 8)

    Communication: none.
    """
    x = asarray(obj, dtype, "C")
    return x if x.ndim else _core.reshape(x, (1,))


def asfortranarray(obj, dtype=None):
    """An array of `obj`, one dimension at least, with the first axis fastest in memory.

    Example:
        >>> hpx.asfortranarray(hpx.ones((2, 3))).strides
        (8, 16)

    Communication: none.
    """
    x = asarray(obj, dtype, "F")
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
def clip(x, min=None, max=None, out=None, *, a_min=None, a_max=None):
    return _core.clip(x, min, max, out, a_min=a_min, a_max=a_max)


@_documented
def where(condition, x1=None, x2=None):
    return _core.where(condition, x1, x2)


@_documented
def copy(x, order="K"):
    return _core.copy(x, order)
