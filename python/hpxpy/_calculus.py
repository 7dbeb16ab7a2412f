"""Differences, integrals, interpolation and convolution, as compositions of slices.

Imported by hpxpy/__init__.py. Slices of a distributed array meet by themselves, so neighbours send
each other single rows.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import builtins
import functools
import operator

import numpy as np

from . import _core
from ._arguments import as_array, axes_of, axis_of
from ._statistics import floating

__all__ = [
    "convolve",
    "correlate",
    "diff",
    "ediff1d",
    "gradient",
    "interp",
    "trapezoid",
]


def _along(axis, part):
    """The index that takes `part` of the axis counted from 0.

    Communication: none.
    """
    return (builtins.slice(None),) * axis + (part,)


def diff(x, n=1, axis=-1, prepend=None, append=None):
    """Differences of neighbours along an axis, taken `n` times: x[1:] - x[:-1].

    Of booleans, whether neighbours differ. `prepend` and `append` are put to the ends first:
    numbers, or arrays that fit. With `n` 0 the array is returned as it is. ValueError for a
    negative `n` and for 0-d arrays.

    Example:
        >>> hpx.diff(hpx.asarray([1, 4, 9]))
        array([3, 5])

    Communication: one row between neighbours for each time if the axis is distributed, else none.
    """
    x = as_array(x)
    if n < 0:
        raise ValueError(f"diff: n={n} is negative; give 0 or more")
    if x.ndim == 0:
        raise ValueError("diff: a 0-d array has no neighbours; it takes one dimension or more")
    axis = axis_of("diff", axis, x.ndim)
    if n == 0:
        return x
    if prepend is not None or append is not None:
        from ._joining import concat

        row = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        ends = [as_array(end) if end is not None else None for end in (prepend, append)]
        ends = [_core.broadcast_to(e, row) if e is not None and e.ndim == 0 else e for e in ends]
        x = concat([part for part in (ends[0], x, ends[1]) if part is not None], axis=axis)
    for _ in builtins.range(min(operator.index(n), x.shape[axis])):
        later, earlier = x[_along(axis, slice(1, None))], x[_along(axis, slice(None, -1))]
        x = later != earlier if x.dtype.kind == "b" else later - earlier
    return x


def ediff1d(x, to_end=None, to_begin=None):
    """Differences of neighbours in the flattened array, between `to_begin` and `to_end`.

    Example:
        >>> hpx.ediff1d(hpx.asarray([1, 4, 9]))
        array([3, 5])

    Communication: none.
    """
    from ._joining import concat

    x = as_array(x)
    if x.dtype.kind == "b":
        raise TypeError("ediff1d: booleans have no difference; use logical_xor, or astype first")
    for end in (to_begin, to_end):
        if end is not None and not np.can_cast(as_array(end).dtype, x.dtype, "same_kind"):
            raise TypeError(f"ediff1d: {as_array(end).dtype} ends do not fit into {x.dtype}")
    differences = diff(_core.reshape(x, (-1,)))
    ends = [
        None if end is None else _core.astype(_core.reshape(as_array(end), (-1,)), x.dtype)
        for end in (to_begin, to_end)
    ]
    parts = [part for part in (ends[0], differences, ends[1]) if part is not None]
    return concat(parts, axis=0) if len(parts) > 1 else differences


def _spacing(varargs, axes, shape):
    """For each axis a number, or an array of distances of neighbours.

    Communication: none.
    """
    if len(varargs) == 0:
        return [1.0] * len(axes)
    if len(varargs) == 1 and as_array(varargs[0]).ndim == 0:
        return [float(varargs[0])] * len(axes)
    if len(varargs) != len(axes):
        raise TypeError(f"gradient: {len(varargs)} spacings given for {len(axes)} axes")
    result = []
    for axis, given in zip(axes, varargs, strict=True):
        if as_array(given).ndim == 0:
            result.append(float(given))
            continue
        places = floating(given)
        if places.shape != (shape[axis],):
            raise ValueError(
                f"gradient: coordinates of shape {places.shape} given for axis {axis} of length "
                f"{shape[axis]}"
            )
        distances = diff(places)
        equal = _core.all(distances == distances[0])
        result.append(float(distances[0]) if equal else distances)
    return result


def _quotients(*pairs):
    """Of Python's numbers; infinite or nan where the lower one is 0, as between arrays.

    Communication: none.
    """
    with np.errstate(all="ignore"):
        return [float(np.float64(above) / below) for above, below in pairs]


def _gradient_along(x, axis, h, edge_order):
    def part(first, last):
        return x[_along(axis, slice(first, last))]

    result = _core.empty_like(x)
    n = x.shape[axis]
    inner = _along(axis, slice(1, -1))
    if isinstance(h, float):
        result[inner] = (part(2, None) - part(None, -2)) / (2.0 * h)
        begin, end = h, h
        weights = _quotients((-1.5, h), (2.0, h), (-0.5, h))
        mirrored = _quotients((0.5, h), (-2.0, h), (1.5, h))
    else:
        lengths = [1] * x.ndim
        lengths[axis] = -1
        before = _core.reshape(h[:-1], tuple(lengths))
        after = _core.reshape(h[1:], tuple(lengths))
        both = before + after
        a, b, c = (
            -after / (before * both),
            (after - before) / (before * after),
            before / (after * both),
        )
        result[inner] = a * part(None, -2) + b * part(1, -1) + c * part(2, None)
        ends = [
            float(value) for value in (h[0], h[1 if n > 2 else 0], h[-2 if n > 2 else 0], h[-1])
        ]
        begin, end = ends[0], ends[3]
        d, f = ends[0], ends[1]
        weights = _quotients((-(2.0 * d + f), d * (d + f)), (d + f, d * f), (-d, f * (d + f)))
        d, f = ends[2], ends[3]
        mirrored = _quotients((f, d * (d + f)), (-(f + d), d * f), (2.0 * f + d, f * (d + f)))
    if edge_order == 1:
        result[_along(axis, slice(0, 1))] = (part(1, 2) - part(0, 1)) / begin
        result[_along(axis, slice(-1, None))] = (part(n - 1, n) - part(n - 2, n - 1)) / end
    else:
        a, b, c = weights
        result[_along(axis, slice(0, 1))] = a * part(0, 1) + b * part(1, 2) + c * part(2, 3)
        a, b, c = mirrored
        last = a * part(n - 3, n - 2) + b * part(n - 2, n - 1) + c * part(n - 1, n)
        result[_along(axis, slice(-1, None))] = last
    return result


def gradient(f, *varargs, axis=None, edge_order=1):
    """Slope of the elements along each axis, by central differences of second order.

    One array for one axis, a tuple for several. `varargs` are distances or coordinates: one number
    for all axes, or one number or 1-d array for each. At the ends one-sided differences of order
    `edge_order`, 1 or 2. ValueError where an axis is too short, TypeError for too many spacings.

    Example:
        >>> hpx.gradient(hpx.asarray([1.0, 2.0, 4.0, 7.0]))
        array([1. , 1.5, 2.5, 3. ])

    Communication: rows between neighbours if the axis is distributed, else none.
    """
    x = floating(f)
    axes = list(builtins.range(x.ndim)) if axis is None else axes_of("gradient", axis, x.ndim)
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order={edge_order} does not exist; choose 1 or 2")
    for i in axes:
        if x.shape[i] < edge_order + 1:
            raise ValueError(
                f"gradient: axis {i} has length {x.shape[i]}; edge_order={edge_order} needs "
                f"{edge_order + 1} or more"
            )
    spacings = _spacing(varargs, axes, x.shape)
    results = [_gradient_along(x, i, h, edge_order) for i, h in zip(axes, spacings, strict=True)]
    return results[0] if len(results) == 1 else tuple(results)


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integral of `y` along an axis by the trapezoidal rule.

    `x` are the places of the elements, 1-d or of the shape of `y`; otherwise they are `dx` apart.

    Example:
        >>> hpx.trapezoid(hpx.asarray([1.0, 2.0, 3.0]))
        array(4.)

    Communication: one row between neighbours and one all-reduce of the result if the axis is
    distributed, else none.
    """
    y = as_array(y)
    cut = axis_of("trapezoid", axis, y.ndim)
    if x is not None:
        x = as_array(x)
        if x.ndim == 1:
            lengths = [1] * y.ndim
            lengths[cut] = -1
            dx = _core.reshape(diff(x), tuple(lengths))
        else:
            dx = diff(x, axis=axis)
    later, earlier = y[_along(cut, slice(1, None))], y[_along(cut, slice(None, -1))]
    # A negative axis counts from the end of the places, too, where these have more dimensions.
    return _core.sum(dx * (later + earlier) / 2.0, axis=axis)


def interp(x, xp, fp, left=None, right=None, period=None):
    """Values at `x` of the lines through the points (xp, fp), whose `xp` rise.

    Below and above all points `left` and `right`, the first and the last value unless given; with
    `period` the points repeat. ValueError where there are no points or `xp` and `fp` differ in
    length, TypeError for complex places.

    Example:
        >>> hpx.interp(hpx.asarray([0.0, 2.5]), [1.0, 2.0, 3.0], [3.0, 2.0, 0.0])
        array([3., 1.])

    Communication: none if `xp` and `fp` are local. Else `x` is looked up in `xp` as `searchsorted`
    does it, and the two points beside each of its elements come as `take` brings them.
    """
    x, xp, fp = floating(x), floating(xp), floating(fp)
    if xp.ndim != 1 or xp.shape != fp.shape or xp.size == 0:
        raise ValueError(
            f"interp: points of shapes {xp.shape} and {fp.shape} given; both must be 1-d, equally "
            "long and not empty"
        )
    if "c" in (x.dtype.kind, xp.dtype.kind):
        raise TypeError("interp: complex places have no order; only values may be complex")
    x, xp = _core.astype(x, np.float64), _core.astype(xp, np.float64)
    fp = _core.astype(fp, np.complex128 if fp.dtype.kind == "c" else np.float64)
    if period is not None:
        x, xp, fp = _repeated(x, xp, fp, period)
        left = right = None
    first = fp[0] if left is None else left
    last = fp[-1] if right is None else right
    local = xp.distribution is None and fp.distribution is None
    between = functools.partial(_core._interpolate, "interp", x, xp) if local else _dealt(x, xp)
    if fp.dtype.kind == "f":
        return between(fp, float(first), float(last))
    first, last = complex(first), complex(last)
    real = between(fp.real, first.real, last.real)
    imaginary = between(fp.imag, first.imag, last.imag)
    return _core._complex("interp", real, imaginary)


def _dealt(x, xp):
    """A function that gives what _core._interpolate does, to the bit, of points dealt out.

    Communication: that of `searchsorted` and two `take`; of the function two `take`.
    """
    from ._sorting import searchsorted

    n = xp.size
    low = _core.clip(searchsorted(xp, x, side="right") - 1, 0, n - 1)
    high = _core.minimum(low + 1, n - 1)
    x0, x1 = (_core._take("interp", xp, at, 0) for at in (low, high))
    least, most = float(xp[0]), float(xp[-1])

    def between(fp, first, last):
        f0, f1 = (_core._take("interp", fp, at, 0) for at in (low, high))
        slope = (f1 - f0) / (x1 - x0)
        value = slope * (x - x0) + f0
        # From the other end where an infinity is at this one; and nothing rises between equal
        # values.
        value = _core.where(_core.isnan(value), slope * (x - x1) + f1, value)
        value = _core.where(_core.logical_and(_core.isnan(value), f0 == f1), f0, value)
        value = _core.where(_core.logical_or(low == high, x == x0), f0, value)
        if n > 1:
            value = _core.where(_core.isnan(x), x, value)
        value = _core.where(x < least, first, value)
        return _core.where(x > most, last, value)

    return between


def _repeated(x, xp, fp, period):
    """The points of one period in rising order, with one more at each end.

    Communication: none.
    """
    from ._joining import concat
    from ._sorting import argsort

    if period == 0:
        raise ValueError("interp: period is 0; give another number, or None")
    period = abs(period)
    order = argsort(xp % period)
    xp, fp = (xp % period)[order], fp[order]
    xp = concat([xp[-1:] - period, xp, xp[:1] + period])
    return x % period, xp, concat([fp[-1:], fp, fp[:1]])


def _convolved(name, a, v, mode, reversed_same=False):
    """Sums of products of the shorter array, reversed, with what it slides over of the longer one.

    Communication: none.
    """
    a, v = as_array(a), as_array(v)
    for one in (a, v):
        if one.ndim > 1 or (reversed_same and one.ndim == 0):
            raise ValueError(f"{name}: an array of {one.ndim} dimensions given; it takes one")
        if one.size == 0:
            raise ValueError(f"{name}: an array is empty; both must have elements")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"{name}: mode {mode!r} does not exist; choose 'full', 'same' or 'valid'")
    dtype = np.result_type(a.dtype, v.dtype)
    a, v = (_core.reshape(one, (-1,)) for one in (a, v))
    swapped = v.size > a.size
    a, v = (v, a) if swapped else (a, v)
    if v.distribution is not None:
        v = _core.redistribute(v, None)
    taps = _core.astype(v, dtype, copy=False).tolist()[::-1]
    n, k = a.size, len(taps)
    middle = k - 1 - k // 2 if swapped and reversed_same else k // 2
    before = {"full": k - 1, "same": middle, "valid": 0}[mode]
    length = {"full": n + k - 1, "same": n, "valid": n - k + 1}[mode]
    if mode == "valid":
        return _slid(a, taps, dtype)
    # Zeros stand around the ends alone, of which the inner sums know nothing.
    inner = n - k + 1
    if inner <= 2 * k:
        return _slid(_padded(a, before, length + k - 1 - before - n), taps, dtype)
    after = length - before - inner
    ends = _padded(a[: k - 1], before, 0), _padded(a[inner:], 0, after)
    return _core._concat(name, [_slid(part, taps, dtype) for part in (ends[0], a, ends[1])], 0)


def _padded(x, before, after):
    zeros = [_core.zeros(n, dtype=x.dtype) for n in (before, after)]
    return _core._concat("convolve", [zeros[0], x, zeros[1]], 0)


def _slid(x, taps, dtype):
    """Sums of products of the taps with as many neighbours, wherever these lie in `x`.

    Each view is converted to `dtype` for itself: what several read would be stored.

    Communication: none.
    """
    length = x.size - len(taps) + 1

    def term(j):
        return _core.astype(x[j : j + length], dtype, copy=False) * taps[j]

    total = term(0)
    for j in builtins.range(1, len(taps)):
        total = total + term(j)
    return total


def convolve(a, v, mode="full"):
    """Discrete convolution of two 1-d arrays: sums of a[i] * v[k - i].

    'full' gives every overlap, 'same' as many as the longer array has elements, 'valid' those
    where both overlap in full. A distributed longer array gives a distributed result; the shorter
    one is wanted by every locality. ValueError for empty arrays or an unknown mode.

    Example:
        >>> hpx.convolve(hpx.asarray([1, 2, 3]), [0, 1, 0.5])
        array([0. , 1. , 2.5, 4. , 1.5])

    Communication: none of local arrays. A distributed longer one sends each neighbour as many
    elements as the shorter one has, less 1, and evens its blocks; a distributed shorter one is
    brought to all.
    """
    return _convolved("convolve", a, v, mode)


def correlate(a, v, mode="valid"):
    """Cross-correlation of two 1-d arrays: sums of a[i + k] * conj(v[i]).

    The modes are those of convolve.

    Example:
        >>> hpx.correlate(hpx.asarray([1, 2, 3]), [0, 1, 0.5], "full")
        array([0.5, 2. , 3.5, 3. , 0. ])

    Communication: that of convolve.
    """
    v = as_array(v)
    v = _core.conj(v) if v.dtype.kind == "c" else v
    return _convolved("correlate", a, v[::-1] if v.ndim == 1 else v, mode, reversed_same=True)
