"""Arguments as the Python modules of hpxpy want them: arrays, axes, local arrays."""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import contextlib
import operator

import numpy as np

from . import _core

need_local = _core._require_local


def beside(x):
    """Keywords that deal a new array of as many axes out like `x`: in even blocks of its first
    dealt axis; none if `x` is local.

    Communication: none.
    """
    axis = x.distributed_axis
    axis = axis[0] if isinstance(axis, tuple) and axis else axis
    return {} if axis is None or axis == () else {"distribution": "block", "axis": axis}


# Elements that are taken at once where a composition would store its steps.
PIECE = 1 << 18


def as_array(x):
    """`x` itself if it is an array, else what asarray makes of it."""
    return x if isinstance(x, _core.ndarray) else _core.asarray(x)


def everywhere(x):
    """What is only a parameter, such as widths or shares: a distributed array as a copy on each
    locality, anything else as it is.

    Communication: of distributed arrays their elements, to every locality.
    """
    dealt = isinstance(x, _core.ndarray) and x.distribution is not None
    return _core.redistribute(x, None) if dealt else x


@contextlib.contextmanager
def parameters(text):
    """What is started inside belongs to a call with these parameters, which localities compare."""
    before = _core._add_parameters(text)
    try:
        yield
    finally:
        _core._drop_parameters(before)


def lengths_of(shape):
    """A shape, an integer or several, as a tuple of Python's integers."""
    try:
        return (operator.index(shape),)
    except TypeError:
        return tuple(map(operator.index, shape))


def axis_of(name, axis, dimensions):
    """The axis counted from 0; AxisError, which begins with `name`, if it does not exist."""
    try:
        i = operator.index(axis)
    except TypeError:
        raise TypeError(f"{name}: axis {axis!r} is not an integer") from None
    if not -dimensions <= i < dimensions:
        raise np.exceptions.AxisError(
            f"{name}: axis {i} is out of range for an array of {dimensions} "
            f"dimension{'s' if dimensions != 1 else ''}"
        )
    return i % dimensions


def axes_of(name, axes, dimensions):
    """The axes of an integer or a sequence, in its order; ValueError if one is named twice."""
    given = axes if isinstance(axes, (tuple, list)) else (axes,)
    result = [axis_of(name, axis, dimensions) for axis in given]
    for i, axis in enumerate(result):
        if axis in result[:i]:
            raise ValueError(f"{name}: axis {axis} is named twice in {tuple(given)}")
    return result


def c_or_f(name, order):
    """'C' or 'F' of an `order` of either case; ValueError for others."""
    letter = _core._order(name, order)
    if letter not in "CF":
        raise ValueError(f"{name}: order {order!r} is not possible here; choose 'C' or 'F'")
    return letter


def placed(name, result, out, casting="same_kind"):
    """`result`, or `out` (of hpxpy or NumPy) with its elements; the shapes must be equal.

    With casting='unsafe', as reductions store, real numbers go into any dtype.
    """
    return result if out is None else _core._placed(name, result, out, casting)


def working_dtype(x, dtype, out):
    """The dtype that a reduction of `x` works in: `dtype`, or what `out` decides as in NumPy."""
    given = getattr(out, "dtype", None)
    return dtype if dtype is not None or given is None else np.result_type(x.dtype, given)
