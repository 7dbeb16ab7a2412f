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
    "astype",
    "clip",
    "empty",
    "eye",
    "full",
    "linspace",
    "ones",
    "where",
    "zeros",
]


def _documented(function):
    text = getattr(_core, function.__name__).__doc__
    # The signature comes first.
    function.__doc__ = text.partition("\n\n")[2]
    return function


@_documented
def zeros(shape, dtype=None, *, distribution=None, axis=0, device=None):
    return _core.zeros(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def ones(shape, dtype=None, *, distribution=None, axis=0, device=None):
    return _core.ones(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def empty(shape, dtype=None, *, distribution=None, axis=0, device=None):
    return _core.empty(shape, dtype, distribution=distribution, axis=axis, device=device)


@_documented
def full(shape, fill_value, dtype=None, *, distribution=None, axis=0, device=None):
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
def eye(n_rows, n_cols=None, k=0, dtype=None, *, distribution=None, axis=0, device=None):
    return _core.eye(n_rows, n_cols, k, dtype, distribution=distribution, axis=axis, device=device)


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
