"""Functions of C++ whose arguments tools can inspect, where the array API asks for it.

Each passes its arguments on and has the docstring of the C++ function. Imported by
hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import numpy as np

from . import _core
from ._arguments import as_array
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


def _check_order(name, order):
    if order not in ("C", "F", "A", "K", None):
        raise ValueError(f"{name}: order {order!r} does not exist; choose 'C' or 'F'")


def _takes_columns(name, x, order):
    """Whether what is like `x` has the first axis dense in memory: asked for, or as `x` has it."""
    _check_order(name, order)
    distributed = isinstance(x, _core.ndarray) and x.distribution is not None
    if order == "F":
        if distributed:
            raise ValueError(f"{name}: order='F' cannot be met with a distribution")
        return True
    if order == "C" or distributed or not isinstance(x, _core.ndarray) or x.ndim < 2:
        return False
    return _is_dense(_core.transpose(x)) and not _is_dense(x)


def _columns(name, shape, distribution, make, *arguments, **keywords):
    """An array whose first axis lies densely in memory: the transpose of one in C order."""
    if distribution is not None:
        raise ValueError(f"{name}: order='F' cannot be met with a distribution")
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return _core.transpose(make(shape[::-1], *arguments, **keywords))


@_documented
def zeros(shape, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    if order == "F":
        return _columns("zeros", shape, distribution, _core.zeros, dtype, device=device)
    _check_order("zeros", order)
    return _core.zeros(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def ones(shape, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    if order == "F":
        return _columns("ones", shape, distribution, _core.ones, dtype, device=device)
    _check_order("ones", order)
    return _core.ones(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def empty(shape, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    if order == "F":
        return _columns("empty", shape, distribution, _core.empty, dtype, device=device)
    _check_order("empty", order)
    return _core.empty(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def full(shape, fill_value, dtype=None, order="C", *, distribution=None, axis=0, device=None):
    _check_order("full", order)
    if order == "F":
        values = as_array(fill_value)
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
    result[...] = values
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
    _check_order("eye", order)
    n_cols = M if n_cols is None else n_cols
    if order == "F":
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
    if _takes_columns("zeros_like", x, order):
        x = as_array(x)
        shape, dtype = x.shape if shape is None else shape, x.dtype if dtype is None else dtype
        return _columns("zeros_like", shape, distribution, _core.zeros, dtype, device=device)
    if shape is None:
        return _core.zeros_like(x, dtype, distribution=distribution, axis=axis, device=device)
    dtype = as_array(x).dtype if dtype is None else dtype
    return _core.zeros(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def ones_like(x, dtype=None, order="K", shape=None, *, distribution=None, axis=0, device=None):
    if _takes_columns("ones_like", x, order):
        x = as_array(x)
        shape, dtype = x.shape if shape is None else shape, x.dtype if dtype is None else dtype
        return _columns("ones_like", shape, distribution, _core.ones, dtype, device=device)
    if shape is None:
        return _core.ones_like(x, dtype, distribution=distribution, axis=axis, device=device)
    dtype = as_array(x).dtype if dtype is None else dtype
    return _core.ones(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def empty_like(x, dtype=None, order="K", shape=None, *, distribution=None, axis=0, device=None):
    if _takes_columns("empty_like", x, order):
        x = as_array(x)
        shape, dtype = x.shape if shape is None else shape, x.dtype if dtype is None else dtype
        return _columns("empty_like", shape, distribution, _core.empty, dtype, device=device)
    if shape is None:
        return _core.empty_like(x, dtype, distribution=distribution, axis=axis, device=device)
    dtype = as_array(x).dtype if dtype is None else dtype
    return _core.empty(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def full_like(
    x, fill_value, dtype=None, order="K", shape=None, *, distribution=None, axis=0, device=None
):
    if _takes_columns("full_like", x, order):
        result = empty_like(x, dtype, "F", shape, distribution=distribution, device=device)
        result[...] = fill_value
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


@_documented
def asarray(obj, dtype=None, order=None, *, copy=None, distribution=None, axis=0, device=None):
    x = _core.asarray(obj, dtype, copy=copy, distribution=distribution, axis=axis, device=device)
    return _laid_out("asarray", x, order, copy)


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
    x = _core.array(obj, dtype, copy=copy, distribution=distribution, axis=axis, device=device)
    x = _laid_out("array", x, order, copy)
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


def _laid_out(name, x, order, copy):
    """`x` with its last ('C') or first ('F') axis dense in memory."""
    _check_order(name, order)
    if order not in ("C", "F") or x.distribution is not None:
        return x
    seen = _core.transpose(x) if order == "F" else x
    if _is_dense(seen):
        return x
    if copy is False:
        raise ValueError(f"{name}: order={order!r} needs a copy; leave out copy=False")
    dense = seen.copy()
    return _core.transpose(dense) if order == "F" else dense


def _is_dense(x):
    step = x.itemsize
    for length, stride in zip(x.shape[::-1], x.strides[::-1], strict=True):
        if length != 1 and stride != step:
            return x.size == 0
        step *= length
    return True


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
    x = as_array(x)
    if _takes_columns("copy", x, order):
        return _core.transpose(_core.transpose(x).copy())
    return _core.copy(x) if order in ("K", None) else x.copy()
