"""Arguments of random numbers: shapes, parameters and their limits, where numbers lie.

Called by random.py and _variates.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import operator

import numpy as np

from . import _core
from ._arguments import as_array, everywhere, lengths_of
from ._placement import without_default


def shape_of(name, size, *parameters):
    """`size`, or the shape that the parameters have together."""
    if size is None:
        return np.broadcast_shapes(*(np.shape(p) for p in parameters))
    try:
        lengths = lengths_of(size)
    except TypeError:
        raise TypeError(f"{name}: size={size!r} is no shape; give an integer or several") from None
    if any(n < 0 for n in lengths):
        raise ValueError(f"{name}: size={size!r} has a negative length")
    for p in parameters:
        backwards = zip(np.shape(p)[::-1], lengths[::-1], strict=False)
        if np.ndim(p) > len(lengths) or any(n not in (1, length) for n, length in backwards):
            raise ValueError(
                f"{name}: a parameter of shape {np.shape(p)} does not broadcast to size={size!r}"
            )
    return lengths


def parameter(name, what, value, positive=False):
    """A number or an array as a parameter of a distribution."""
    x = value if isinstance(value, (int, float, _core.ndarray)) else as_array(value)
    if isinstance(x, _core.ndarray) and x.dtype.kind == "c":
        raise TypeError(f"{name}: {what} is complex; give real numbers")
    if positive:
        if isinstance(x, _core.ndarray):
            bad = x.size and bool(_core.any(_core.signbit(_core.astype(x, np.float64))))
        else:
            bad = math.copysign(1.0, x) < 0
        if bad:
            raise ValueError(f"{name}: {what} is negative: {value!r}; give 0 or more")
    return x


def limited(name, what, value, fits, limits):
    """The parameter, where `fits` says True of all its elements."""
    x = parameter(name, what, value)
    good = fits(x)
    if not (bool(_core.all(good)) if isinstance(good, _core.ndarray) else good):
        raise ValueError(f"{name}: {what} must be {limits}, and is {value!r}")
    return x


def whole_numbers(name, limit):
    """A limit of whole numbers as a NumPy array."""
    if isinstance(limit, _core.ndarray):
        limit = everywhere(limit).to_numpy()
    # Lists of integers that only uint64 holds would become floats.
    x = np.asarray(limit, None if isinstance(limit, np.ndarray) else object)
    try:
        if x.dtype == object:
            numbers = [operator.index(i) for i in x.ravel()]
            dtype = np.int64 if min(numbers, default=0) < 0 else np.uint64
            x = np.array(numbers, dtype).reshape(x.shape)
    except (TypeError, OverflowError):
        raise TypeError(f"{name}: the limit {limit!r} is no array of integers") from None
    if x.dtype.kind not in "biu":
        raise TypeError(f"{name}: the limit {limit!r} is no array of integers")
    return x.astype(np.int64) if x.dtype.kind == "b" else x


def held(place, size, *given):
    """The keywords of an array whose shape is `size`, or else that of what is given.

    The default distribution does not hold for what is made like arrays of ours.
    """
    if size is None and any(isinstance(x, _core.ndarray) for x in given):
        return without_default(place)
    return place


def floating(name, dtype):
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}: {dtype} is no dtype of random floats; use float32 or float64")
    return dtype


def size_of(name, size, dtype, out):
    """The shape to make: that of `out`, if it is given alone."""
    if not isinstance(out, (_core.ndarray, np.ndarray)):
        return size
    if out.dtype != dtype:
        raise TypeError(f"{name}: out has dtype {out.dtype}, the numbers {dtype}")
    return out.shape if size is None else size


def between(low, high):
    """Whether a parameter lies from `low` to `high`; nan and infinity do not."""
    return lambda x: (x >= low) & (x <= high) & (x < math.inf)


def above(low, high=math.inf):
    """Whether a parameter lies above `low`, and up to `high`; nan and infinity do not."""
    return lambda x: (x > low) & (x <= high) & (x < math.inf)


def whole_number(name, what, x):
    """The parameter; TypeError where it has a fraction."""
    if isinstance(x, float) or (isinstance(x, _core.ndarray) and x.dtype.kind == "f"):
        whole = x == _core.floor(x) if isinstance(x, _core.ndarray) else x.is_integer()
        if not bool(_core.all(whole)):
            raise TypeError(f"{name}: {what}={x!r} is no whole number")
    return x
