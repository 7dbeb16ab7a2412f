"""Reductions that leave nan out, as compositions: nan is replaced by what changes nothing.

Imported by hpxpy/__init__.py. Where only nan is joined, sums are 0 and other results nan.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math

import numpy as np

from . import _core
from ._arguments import as_array, placed, working_dtype
from ._statistics import (
    CHOOSING,
    along_last,
    between,
    checked_method,
    checked_quantiles,
    median,
    need_real,
    quantile_dtype,
    quantile_function,
    quantile_of,
    virtual_ranks,
)

__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanpercentile",
    "nanprod",
    "nanquantile",
    "nanstd",
    "nansum",
    "nanvar",
]


def _may_hold_nan(x):
    return x.dtype.kind in "fc"


def _replaced(x, value):
    """`x` with `value` in the place of nan.

    Communication: none.
    """
    return _core.where(_core.isnan(x), value, x) if _may_hold_nan(x) else x


def _count(x, axis, keepdims, where=True):
    """How many of the elements are not nan, as float64.

    Communication: one all-reduce of the result if the distributed axis is joined, else none.
    """
    there = _core.logical_not(_core.isnan(x))
    return _core.sum(there, axis=axis, keepdims=keepdims, dtype=np.float64, where=where)


def nansum(x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    """Sum over the given axes, nan counted as 0; `initial` and `where` are those of sum.

    Example:
        >>> hpx.nansum(hpx.asarray([1.0, float("nan")]))
        array(1.)

    Communication: one all-reduce of the result if the distributed axis is joined, else none.
    """
    x = _replaced(as_array(x), 0)
    return _core.sum(x, axis, dtype, out, keepdims, initial, where)


def nanprod(x, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    """Product over the given axes, nan counted as 1; `initial` and `where` are those of prod.

    Example:
        >>> hpx.nanprod(hpx.asarray([2.0, float("nan")]))
        array(2.)

    Communication: one all-reduce of the result if the distributed axis is joined, else none.
    """
    x = _replaced(as_array(x), 1)
    return _core.prod(x, axis, dtype, out, keepdims, initial, where)


def nancumsum(x, axis=None, dtype=None, out=None):
    """Sums of the elements up to each one along an axis, nan counted as 0; see cumsum.

    Example:
        >>> hpx.nancumsum(hpx.asarray([1.0, float("nan"), 2.0]))
        array([1., 1., 3.])

    Communication: along the distributed axis one exclusive scan of the localities' totals, else
    none.
    """
    return _core.cumsum(_replaced(as_array(x), 0), axis, dtype, out)


def nancumprod(x, axis=None, dtype=None, out=None):
    """Products of the elements up to each one along an axis, nan counted as 1; see cumprod.

    Example:
        >>> hpx.nancumprod(hpx.asarray([1.0, float("nan"), 2.0]))
        array([1., 1., 2.])

    Communication: along the distributed axis one exclusive scan of the localities' totals, else
    none.
    """
    return _core.cumprod(_replaced(as_array(x), 1), axis, dtype, out)


def _of_kind(x, worst):
    """The number behind all others in the order of the elements of `x`."""
    return complex(worst, worst) if x.dtype.kind == "c" else worst


def _extreme(name, reduction, worst, x, axis, out, keepdims, initial, where):
    x = as_array(x)
    if not _may_hold_nan(x):
        return reduction(x, axis, out, keepdims, initial, where)
    result = reduction(_replaced(x, _of_kind(x, worst)), axis, None, keepdims, initial, where)
    if initial is None:
        nothing = _core.all(_core.isnan(x), axis=axis, keepdims=keepdims)
        result = _core.where(nothing, math.nan, result)
    return placed(name, result, out, "unsafe")


def nanmin(x, axis=None, out=None, keepdims=False, initial=None, where=True):
    """Smallest element that is not nan over the given axes; nan if all are.

    An element may be `initial` instead; `where`, which needs it, says which ones take part.
    Complex numbers are ordered by real part, then imaginary. ValueError where there is no element.

    Example:
        >>> hpx.nanmin(hpx.asarray([2.0, float("nan")]))
        array(2.)

    Communication: two all-reduces of the result if the distributed axis is joined, else none.
    """
    return _extreme("nanmin", _core.min, math.inf, x, axis, out, keepdims, initial, where)


def nanmax(x, axis=None, out=None, keepdims=False, initial=None, where=True):
    """Largest element that is not nan over the given axes; nan if all are.

    An element may be `initial` instead; `where`, which needs it, says which ones take part.
    Complex numbers are ordered by real part, then imaginary. ValueError where there is no element.

    Example:
        >>> hpx.nanmax(hpx.asarray([2.0, float("nan")]))
        array(2.)

    Communication: two all-reduces of the result if the distributed axis is joined, else none.
    """
    return _extreme("nanmax", _core.max, -math.inf, x, axis, out, keepdims, initial, where)


def _position(name, find, worst, x, axis, out, keepdims):
    x = as_array(x)
    if _may_hold_nan(x) and _core.any(_core.all(_core.isnan(x), axis=axis)):
        raise ValueError(f"{name}: a row of nothing but nan has no such position")
    return find(_replaced(x, _of_kind(x, worst)), axis, out, keepdims=keepdims)


def nanargmin(x, axis=None, out=None, *, keepdims=False):
    """Position of the first smallest element that is not nan along an axis.

    ValueError where all are nan. Complex numbers are ordered by real part, then imaginary.

    Example:
        >>> hpx.nanargmin(hpx.asarray([float("nan"), 2.0, 1.0]))
        array(2)

    Communication: two all-reduces of the result if the distributed axis is joined, else none.
    """
    return _position("nanargmin", _core.argmin, math.inf, x, axis, out, keepdims)


def nanargmax(x, axis=None, out=None, *, keepdims=False):
    """Position of the first largest element that is not nan along an axis.

    ValueError where all are nan. Complex numbers are ordered by real part, then imaginary.

    Example:
        >>> hpx.nanargmax(hpx.asarray([float("nan"), 2.0, 1.0]))
        array(1)

    Communication: two all-reduces of the result if the distributed axis is joined, else none.
    """
    return _position("nanargmax", _core.argmax, -math.inf, x, axis, out, keepdims)


def _as_inexact(name, x, dtype):
    """`x`, of floats or complex numbers, as `dtype`; TypeError where that holds no nan.

    Communication: none.
    """
    if dtype is None:
        return x
    if np.dtype(dtype).kind not in "fc":
        raise TypeError(
            f"{name}: dtype {np.dtype(dtype)} holds no nan; choose a float or complex one"
        )
    return _core.astype(x, dtype)


def nanmean(x, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """Arithmetic mean over the given axes of the elements that are not nan; nan if all are.

    Integers and booleans give float64; `where` says which elements take part. TypeError for an
    integer `dtype`, which holds no nan, of floats and complex numbers.

    Example:
        >>> hpx.nanmean(hpx.asarray([1.0, float("nan"), 3.0]))
        array(2.)

    Communication: two all-reduces of the result if the distributed axis is joined, else none.
    """
    x = as_array(x)
    if not _may_hold_nan(x):
        return _core.mean(x, axis, dtype, out, keepdims, where=where)
    x = _as_inexact("nanmean", x, working_dtype(x, dtype, out))
    total = _core.sum(_replaced(x, 0), axis=axis, keepdims=keepdims, where=where)
    count = _core.astype(_count(x, axis, keepdims, where), total.real.dtype)
    return placed("nanmean", total / count, out)


def _nanvar(name, x, axis, dtype, ddof, keepdims, where, correction):
    ddof = ddof if correction is None else correction
    x = _as_inexact(name, x, dtype)
    mean = nanmean(x, axis, keepdims=True, where=where)
    # The distance of an infinity is nan, too, and stays.
    distance = _core.where(_core.isnan(x), 0, x - mean)
    if distance.dtype.kind == "c":
        squares = _core.square(distance.real) + _core.square(distance.imag)
    else:
        squares = _core.square(distance)
    total = _core.sum(squares, axis=axis, keepdims=keepdims, where=where)
    left = _count(x, axis, keepdims, where) - ddof
    count = _core.astype(_core.where(left <= 0, math.nan, left), total.dtype)
    return total / count


def nanvar(
    x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, correction=None
):
    """Mean squared distance from the mean over the given axes of what is not nan; see var.

    nan where there are no more than `ddof` elements that are not nan; `correction` is another name
    of it, and `where` says which elements take part.

    Example:
        >>> hpx.nanvar(hpx.asarray([1.0, float("nan"), 3.0]))
        array(1.)

    Communication: four all-reduces of the result if the distributed axis is joined, else none.
    """
    x = as_array(x)
    if not _may_hold_nan(x):
        return _core.var(x, axis, dtype, out, ddof, keepdims, where=where, correction=correction)
    variance = _nanvar("nanvar", x, axis, dtype, ddof, keepdims, where, correction)
    return placed("nanvar", variance, out)


def nanstd(
    x, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, correction=None
):
    """Standard deviation over the given axes of what is not nan: the square root of nanvar.

    Example:
        >>> hpx.nanstd(hpx.asarray([1.0, float("nan"), 3.0]))
        array(1.)

    Communication: four all-reduces of the result if the distributed axis is joined, else none.
    """
    x = as_array(x)
    if not _may_hold_nan(x):
        return _core.std(x, axis, dtype, out, ddof, keepdims, where=where, correction=correction)
    variance = _nanvar("nanstd", x, axis, dtype, ddof, keepdims, where, correction)
    return placed("nanstd", _core.sqrt(variance), out)


def _sorted_rows(name, x, axis):
    """The rows along the given axes, sorted, nan last; how many are not nan in each; two shapes.

    These are the shape of what is left when the axes are joined, and that with axes of length 1.
    """
    from ._sorting import sort

    rows, full = along_last(name, x, axis)
    shape = rows.shape[:-1]
    rows = sort(_core.reshape(rows, (-1, rows.shape[-1])), axis=-1)
    return rows, _count(rows, -1, False).to_numpy(), shape, full


def _line_by_line(name, x, axis, keepdims, find, length):
    """What `find` gives of lines of a distributed array, in front `length` results of each line.

    `find` takes a local array, the lines along the last axis of two, and gives one of two; where
    one line lies on several localities, its elements that are not nan.
    """
    lines, full = along_last(name, x, axis)
    shape, width = lines.shape[:-1], lines.shape[-1]
    flat = _core.reshape(lines, (-1, width))
    if flat.shape[0] == 1 and flat.distribution is not None:
        row = _core.reshape(flat, (-1,))
        # What is left of it is uneven, and no line of nan alone gives anything.
        found = find(row[_core.logical_not(_core.isnan(row))])
        result = _core.reshape(found, (length, 1))
    else:
        together = _core._lines_of(name, flat, 1)
        part = together if together.distribution is None else together.local_partition
        found = _core.permute_dims(find(part), (1, 0))
        if together.distribution is not None:
            found = _core._from_lines(_core.copy(found), together, flat, 1)
        result = _core.permute_dims(found, (1, 0))
    return _core.reshape(result, (length, *(full if keepdims else shape)))


def _nanquantile(name, x, q, axis, out, method, keepdims, scale=1.0):
    checked_method(name, method)
    x = as_array(x)
    need_real(name, x)
    if not _may_hold_nan(x) or not _core.any(_core.isnan(x)):
        return quantile_of(name, x, q, axis, out, method, keepdims, scale)
    if x.distribution is not None:
        quantiles = checked_quantiles(name, q, scale)

        def find(rows):
            if rows.ndim == 1:
                return quantile_of(
                    name, rows, np.asarray(q).ravel(), None, None, method, False, scale
                )
            flat = np.asarray(q).ravel()
            return _nanquantile(name, rows, flat, -1, None, method, False, scale)

        result = _line_by_line(name, x, axis, keepdims, find, quantiles.size)
        result = _core.reshape(result, (*quantiles.shape, *result.shape[1:]))
        result = _core.astype(result, quantile_dtype(x.dtype, q, method), copy=False)
        return placed(name, result, out)
    quantiles = checked_quantiles(name, q, scale)
    rows, counts, shape, full = _sorted_rows(name, x, axis)
    every = _core.arange(rows.shape[0])
    dtype = quantile_dtype(x.dtype, q, method)
    rows = _core.astype(rows, dtype)
    result = _core.empty((quantiles.size, rows.shape[0]), dtype=dtype)
    for k, one in enumerate(quantiles.ravel().tolist()):
        low, high, share = virtual_ranks(np.full(counts.shape, one), counts, method)
        first, second = rows[every, _core.asarray(low)], rows[every, _core.asarray(high)]
        if method in CHOOSING:
            result[k] = _core.where(_core.asarray(share == 1), second, first)
        else:
            result[k] = between(first, second, _core.asarray(share.astype(dtype)))
    result = _core.reshape(result, (*quantiles.shape, *(full if keepdims else shape)))
    return placed(name, result, out)


@quantile_function(_nanquantile, no_nan=True)
def nanquantile():
    """Values below which the shares `q` of the elements that are not nan lie; see quantile.

    Example:
        >>> hpx.nanquantile(hpx.asarray([1.0, float("nan"), 3.0]), 0.5)
        array(2.)

    Communication: that of the function without nan, and one all-reduce that looks for nan.
    """


@quantile_function(_nanquantile, 100.0, no_nan=True)
def nanpercentile():
    """Values below which `q` percent of the elements that are not nan lie; see percentile.

    Example:
        >>> hpx.nanpercentile(hpx.asarray([1.0, float("nan"), 3.0]), 50)
        array(2.)

    Communication: that of the function without nan, and one all-reduce that looks for nan.
    """


def nanmedian(x, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Middle element that is not nan over the given axes; see median.

    Example:
        >>> hpx.nanmedian(hpx.asarray([1.0, float("nan"), 3.0]))
        array(2.)

    Communication: that of the function without nan, and one all-reduce that looks for nan.
    """
    x = as_array(x)
    if not _may_hold_nan(x) or not _core.any(_core.isnan(x)):
        return median(x, axis, out, keepdims=keepdims)
    if x.distribution is not None:

        def find(rows):
            found = median(rows) if rows.ndim == 1 else nanmedian(rows, -1)
            return _core.reshape(found, (1, -1))

        result = _line_by_line("nanmedian", x, axis, keepdims, find, 1)[0]
        return placed("nanmedian", result, out, "unsafe")
    rows, counts, shape, full = _sorted_rows("nanmedian", x, axis)
    every, counts = _core.arange(rows.shape[0]), np.maximum(counts.astype(np.int64), 1)
    low, high = (_core.asarray(rank) for rank in ((counts - 1) // 2, counts // 2))
    first, second = rows[every, low], rows[every, high]
    # As in a sum, the sign of -0.0 goes.
    result = _core.where(low == high, first, (first + second) / 2) + 0.0
    result = _core.reshape(result, full if keepdims else shape)
    return placed("nanmedian", result, out, "unsafe")
