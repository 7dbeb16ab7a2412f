"""Arguments as the Python modules of hpxpy want them: arrays, axes, local arrays."""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core

need_local = _core._require_local


def as_array(x):
    """`x` itself if it is an array, else what asarray makes of it."""
    return x if isinstance(x, _core.ndarray) else _core.asarray(x)


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


def placed(name, result, out):
    """`result`, or `out` with its elements; the shapes must be equal."""
    if out is None:
        return result
    if not isinstance(out, _core.ndarray):
        raise TypeError(f"{name}: out={out!r} is no hpxpy array")
    if out.shape != result.shape:
        raise ValueError(f"{name}: out has shape {out.shape}, the result {result.shape}")
    if not np.can_cast(result.dtype, out.dtype, "same_kind"):
        raise TypeError(
            f"{name}: a result of {result.dtype} cannot be stored into {out.dtype}; "
            "convert it with astype first"
        )
    out[...] = result
    return out
