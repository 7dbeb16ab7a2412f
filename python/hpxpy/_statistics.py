"""Statistics that are compositions of reductions: averages, quantiles, covariances.

Imported by hpxpy/__init__.py; the variants that leave nan out are in _nan.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math

import numpy as np

from . import _core
from ._arguments import as_array, axes_of, everywhere, placed, working_dtype
from ._blocks import on_one_map
from .execution import takes_policy

__all__ = [
    "average",
    "corrcoef",
    "cov",
    "median",
    "percentile",
    "ptp",
    "quantile",
]


def floating(x):
    """`x` as an array of floats or complex numbers; integers become float64.

    Communication: none.
    """
    x = as_array(x)
    return x if x.dtype.kind in "fc" else _core.astype(x, np.float64)


def joined_length(name, shape, axis):
    """How many elements are joined over `axis`: None, an axis or a tuple of axes.

    Communication: none.
    """
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[i] for i in axes_of(name, axis, len(shape)))


def ptp(x, axis=None, out=None, keepdims=False):
    """Largest less smallest element over the given axes; nan if any is nan.

    ValueError where there is no element, TypeError for booleans.

    Example:
        >>> hpx.ptp(hpx.asarray([3, 1, 4]))
        array(3)

    Communication: one all-reduce of each end if the distributed axis is joined, else none.
    """
    x = as_array(x)
    high = _core.max(x, axis=axis, keepdims=keepdims)
    low = _core.min(x, axis=axis, keepdims=keepdims)
    if out is not None:
        # As NumPy, which subtracts in place.
        high = _core.astype(high, out.dtype.newbyteorder("="))
    return placed("ptp", _core.subtract(high, low), out)


def average(x, axis=None, weights=None, returned=False, *, keepdims=False):
    """Mean of the elements over the given axes, each with its weight.

    `weights` have the shape of `x`, or the length of the one axis given; ZeroDivisionError where
    they sum up to 0. With `returned` the result is a pair: the average and the sum of the weights.

    Example:
        >>> hpx.average(hpx.asarray([1.0, 3.0]), weights=[3, 1])
        array(1.5)

    Communication: one all-reduce of the sums if the distributed axis is joined, else none.
    """
    x = floating(x)
    if weights is None:
        result = _core.mean(x, axis=axis, keepdims=keepdims)
        count = joined_length("average", x.shape, axis)
        total = _core.full_like(result, count) if returned else None
    else:
        w = floating(weights)
        if w.shape != x.shape:
            w = _weights_along("average", w, x.shape, axis)
        total = _core.sum(w + _core.zeros_like(x), axis=axis, keepdims=keepdims)
        if _core.any(total == 0):
            raise ZeroDivisionError("average: the weights sum up to 0 and cannot be normalized")
        result = _core.sum(x * w, axis=axis, keepdims=keepdims) / total
    return (result, total) if returned else result


def _weights_along(name, w, shape, axis):
    if axis is None:
        raise TypeError(
            f"{name}: axis must be given, as weights of shape {w.shape} do not have the array's "
            f"shape {shape}"
        )
    axes = axes_of(name, axis, len(shape))
    if w.shape != tuple(shape[i] for i in axes):
        raise ValueError(
            f"{name}: weights have shape {w.shape}, the axes given {tuple(shape[i] for i in axes)}"
        )
    order = sorted(range(len(axes)), key=lambda k: axes[k])
    lengths = [shape[i] if i in axes else 1 for i in range(len(shape))]
    return _core.reshape(_core.permute_dims(w, tuple(order)), tuple(lengths))


# Hyndman and Fan's methods (Sample quantiles in statistical packages, 1996): the rank, from 0, that
# belongs to a quantile is n q + (alpha + q (1 - alpha - beta)) - 1.
_CONTINUOUS = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "linear": (1, 1),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
_STEPS = ("inverted_cdf", "averaged_inverted_cdf", "closest_observation")
_NUMPYS = ("lower", "higher", "midpoint", "nearest")
METHODS = (*_CONTINUOUS, *_STEPS, *_NUMPYS)
# Those that choose an element, and keep its dtype.
CHOOSING = {"inverted_cdf", "closest_observation", "lower", "higher", "nearest"}


def virtual_ranks(q, n, method):
    """For each quantile two neighbouring ranks of n elements and the share of the second one.

    `n` may be an array. NumPy arrays in and out.

    Communication: none.
    """
    if method in _CONTINUOUS:
        alpha, beta = _CONTINUOUS[method]
        rank = n * q + (alpha + q * (1 - alpha - beta)) - 1
        if method == "linear":
            rank = (n - 1) * q
        low = np.floor(rank)
        share = rank - low
    elif method in _STEPS:
        rank = n * q - 1 - (0.5 if method == "closest_observation" else 0)
        low = np.floor(rank)
        whole = rank == low
        share = np.where(whole, {"averaged_inverted_cdf": 0.5}.get(method, 0.0), 1.0)
        if method == "closest_observation":
            share = np.where(whole & (low % 2 == 1), 0.0, 1.0)
    else:
        rank = (n - 1) * q
        low = np.floor(rank)
        share = {
            "lower": np.zeros_like(rank),
            "higher": np.ceil(rank) - low,
            "midpoint": np.where(rank == low, 0.0, 0.5),
            "nearest": np.round(rank) - low,
        }[method]
    last = n - 1
    share = np.where((low < 0) | (low >= last), 0.0, share)
    first = np.clip(low, 0, np.maximum(last, 0)).astype(np.int64)
    return first, np.minimum(first + 1, np.maximum(last, 0)).astype(np.int64), share


def checked_quantiles(name, q, scale=1.0):
    """The quantiles as a NumPy array of values from 0 to 1, of the precision that they have.

    Communication: none.
    """
    given = np.asarray(q)
    quantiles = np.asarray(given / scale, np.float32 if given.dtype == np.float32 else np.float64)
    if quantiles.ndim > 2:
        raise ValueError(f"{name}: q has shape {quantiles.shape}; give two dimensions at most")
    if not ((quantiles >= 0) & (quantiles <= 1)).all():
        top = f"{scale:g}"
        raise ValueError(f"{name}: quantiles must lie between 0 and {top}, but {q!r} were given")
    return quantiles


def quantile_dtype(dtype, q, method):
    """The dtype of quantiles of `dtype`: an array `q` takes part in it, a number does not.

    Communication: none.
    """
    if method in CHOOSING:
        return dtype
    if isinstance(q, (bool, int, float)) and not hasattr(q, "dtype"):
        return dtype if dtype.kind == "f" else np.dtype(np.float64)
    given = np.asarray(q).dtype
    return np.result_type(dtype, given if given.kind == "f" else np.float64)


def checked_method(name, method):
    """ValueError for a method that does not exist.

    Communication: none.
    """
    if method not in METHODS:
        raise ValueError(f"{name}: method {method!r} does not exist; choose one of {METHODS}")


def along_last(name, x, axis, in_order=False):
    """`x` with the given axes joined to one, the last; and its shape with those of length 1.

    Elements of a distributed array that become one line stay where they are, unless `in_order`.

    Communication: none.
    """
    dimensions = len(x.shape)
    axes = list(range(dimensions)) if axis is None else axes_of(name, axis, dimensions)
    kept = [i for i in range(dimensions) if i not in axes]
    full = tuple(1 if i in axes else x.shape[i] for i in range(dimensions))
    lengths = tuple(x.shape[i] for i in kept)
    if not kept and not in_order and isinstance(x, _core.ndarray):
        return _core.reshape(_core._in_any_order(name, x), (-1,)), full
    joined = math.prod(x.shape[i] for i in axes)
    return _core.reshape(_core.permute_dims(x, (*kept, *axes)), (*lengths, joined)), full


def between(low, high, share):
    """low + (high - low) * share, exact at both ends.

    Communication: none.
    """
    share = _core.asarray(share, dtype=low.dtype)
    distance = high - low
    near_low, near_high = low + distance * share, high - distance * (1 - share)
    result = _core.where(share >= 0.5, near_high, near_low)
    # Infinities of one sign have no distance, and nothing of an infinity is no number.
    result = _core.where(_core.logical_or(low == high, share == 0), low, result)
    return _core.where(share == 1, high, result)


def need_real(name, x):
    """TypeError if an array is complex.

    Communication: none.
    """
    if x.dtype.kind == "c":
        raise TypeError(f"{name}: dtype {x.dtype} is not supported; it takes real numbers")


def quantile_of(name, x, q, axis, out, method, keepdims, scale=1.0):
    """What quantile and percentile give.

    Communication: none.
    """
    checked_method(name, method)
    quantiles = checked_quantiles(name, q, scale)
    x = as_array(x)
    need_real(name, x)
    rows, full = along_last(name, x, axis)
    n, shape = rows.shape[-1], rows.shape[:-1]
    may_be_nan = x.dtype.kind == "f"
    dtype = quantile_dtype(x.dtype, q, method)
    if n == 0:
        result = _core.full((*quantiles.shape, *shape), math.nan, dtype=dtype)
    else:
        low, high, share = virtual_ranks(quantiles.ravel(), n, method)
        ranks = np.unique(np.concatenate([low, high])).tolist()
        found = _core.astype(_core._order_statistics(name, rows, ranks), dtype)
        places = [ranks.index(k) for k in low.tolist()], [ranks.index(k) for k in high.tolist()]
        values = []
        nan = _core.any(_core.isnan(rows), axis=-1) if may_be_nan else None
        for k in range(low.size):
            first, second = found[..., places[0][k]], found[..., places[1][k]]
            if method in CHOOSING:
                value = second if share[k] else first
            else:
                value = between(first, second, float(share[k]))
            value = value if nan is None else _core.where(nan, math.nan, value)
            values.append(_core.reshape(_core.astype(value, dtype, copy=False), (1, *shape)))
        result = _core._concat(name, values, 0) if values else _core.empty((0, *shape), dtype=dtype)
        result = _core.reshape(result, (*quantiles.shape, *shape))
    if keepdims:
        result = _core.reshape(result, (*quantiles.shape, *full))
    return placed(name, result, out)


def weighted_quantile(name, x, q, axis, out, method, keepdims, weights, scale=1.0, no_nan=False):
    """Quantiles of elements with weights; with `no_nan` of those that are not nan.

    Communication: that of argsort, take_along_axis and cumsum, and two all-reduces.
    """
    checked_method(name, method)
    if method != "inverted_cdf":
        raise ValueError(f"{name}: method {method!r} takes no weights; only 'inverted_cdf' does")
    quantiles = checked_quantiles(name, q, scale)
    x, w = as_array(x), floating(weights)
    for array in (x, w):
        need_real(name, array)
    if w.shape != x.shape:
        w = _core.broadcast_to(_weights_along(name, w, x.shape, axis), x.shape)
    if x.distribution is not None:
        x, w = on_one_map(name, (x, w))
    elif w.distribution is not None:
        w, x = on_one_map(name, (w, x))
    if not bool(_core.all(w >= 0)) or not bool(_core.all(_core.isfinite(w))):
        raise ValueError(f"{name}: weights must be 0 or more and finite")
    rows, full = along_last(name, x, axis, in_order=True)
    w, _ = along_last(name, w, axis, in_order=True)
    n, shape = rows.shape[-1], rows.shape[:-1]
    if n == 0:
        raise ValueError(f"{name}: axis {axis} of shape {x.shape} is empty")
    order = _core._argsort(name, rows, -1, False)
    rows = _core._take_along(name, rows, order, -1)
    w = _core.astype(_core._take_along(name, w, order, -1), np.float64)
    nan = _core.isnan(rows)
    if no_nan:
        w = _core.where(nan, 0.0, w)
    sums = _core.cumsum(w, axis=-1)
    total = sums[..., -1:]
    nothing = _core.logical_and(total == 0, nan[..., -1:]) if no_nan else total < 0
    if bool(_core.any(_core.logical_and(total == 0, _core.logical_not(nothing)))):
        raise ValueError(f"{name}: the weights sum up to 0")
    # An element of weight 0 before all others is none, not even the first.
    shares = _core.where(sums == 0, -1.0, sums / total)
    if np.asarray(q).dtype.kind == "f":
        shares = _core.astype(shares, np.asarray(q).dtype)
    values = []
    bad = nothing[..., 0] if no_nan else nan[..., -1]
    for one in quantiles.ravel().tolist():
        before = _core.sum(shares < one, axis=-1, keepdims=True, dtype=np.int64)
        value = _core._take_along(name, rows, _core.minimum(before, n - 1), -1)[..., 0]
        value = _core.where(bad, math.nan, value) if x.dtype.kind == "f" else value
        values.append(_core.reshape(_core.astype(value, x.dtype, copy=False), (1, *shape)))
    result = _core._concat(name, values, 0) if values else _core.empty((0, *shape), dtype=x.dtype)
    result = _core.reshape(result, (*quantiles.shape, *(full if keepdims else shape)))
    return placed(name, result, out)


def quantile_function(find, scale=1.0, no_nan=False):
    """Makes quantile and its kin of a name and a docstring; `find` is called without weights.

    Communication: none.
    """

    def named(described):
        name = described.__name__

        def function(
            x,
            q,
            axis=None,
            out=None,
            overwrite_input=False,
            method="linear",
            keepdims=False,
            *,
            weights=None,
        ):
            given = (name, x, everywhere(q), axis, out, method, keepdims)
            if weights is not None:
                return weighted_quantile(*given, weights, scale, no_nan)
            return find(*given, scale)

        function.__module__, function.__doc__ = described.__module__, described.__doc__
        function.__name__ = function.__qualname__ = name
        return function

    return named


@takes_policy
@quantile_function(quantile_of)
def quantile():
    """Values below which the shares `q` (from 0 to 1) of the elements lie, over the given axes.

    The shape is that of `q`, followed by that of the axes that stay; integers and booleans give
    float64 for a number `q`, and nan is the result where any element is nan. `method` is one of
    NumPy's, after Hyndman and Fan (1996); those that choose an element ('lower', 'higher',
    'nearest', 'inverted_cdf', 'closest_observation') keep it and its dtype. Elements are found by
    Floyd and Rivest's selection (1975), without sorting. With `weights`, of the shape of `x` or of
    the axes given, `method` is 'inverted_cdf': the first element in order up to which the weights'
    share is reached, in the array's dtype.
    ValueError for an unknown method, a share out of range or negative weights, TypeError for
    complex numbers.

    Example:
        >>> hpx.quantile(hpx.asarray([1.0, 2.0, 4.0]), [0.25, 0.5])
        array([1.5, 2. ])

    Communication: none where lines lie on one locality; else their elements travel as `sort`'s do,
    with `weights` as those of `argsort` and `take_along_axis`. Distributed `q` goes to every
    locality.
    """


@takes_policy
@quantile_function(quantile_of, 100.0)
def percentile():
    """Values below which `q` percent of the elements lie, over the given axes; see quantile.

    Example:
        >>> hpx.percentile(hpx.asarray([1.0, 2.0, 4.0]), 50)
        array(2.)

    Communication: none where lines lie on one locality; else their elements travel as `sort`'s do.
    """


@takes_policy
def median(x, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Middle element in ascending order over the given axes, or the mean of the two in the middle.

    Integers and booleans give float64; nan is the result where any element is nan. Elements are
    found by Floyd and Rivest's selection (1975), without sorting; complex numbers, in the order of
    real part, then imaginary, by sorting.

    Example:
        >>> hpx.median(hpx.asarray([3, 1, 4, 1]))
        array(2.)

    Communication: none where lines lie on one locality; else their elements travel as `sort`'s do.
    """
    x = as_array(x)
    rows, full = along_last("median", x, axis)
    n = rows.shape[-1]
    inexact = x.dtype.kind in "fc"
    dtype = working_dtype(x, None if inexact else np.float64, out)
    if n == 0:
        kind = x.dtype if inexact else np.float64
        result = _core.full(rows.shape[:-1], math.nan, dtype=kind)
    else:
        ranks = sorted({(n - 1) // 2, n // 2})
        if x.dtype.kind == "c":
            from ._sorting import sort

            middle = sort(rows)[..., ranks[0] : ranks[-1] + 1]
        else:
            middle = _core._order_statistics("median", rows, ranks)
        result = _core.mean(middle, axis=-1, dtype=dtype)
        if inexact:
            result = _core.where(_core.any(_core.isnan(rows), axis=-1), math.nan, result)
    if keepdims:
        result = _core.reshape(result, full)
    return placed("median", result, out, "unsafe")


def _observations(name, x, dtype, rowvar):
    """The rows (or without `rowvar` columns) of variables of one or two dimensions, as `dtype`."""
    if x.ndim > 2:
        raise ValueError(f"{name}: an array of {x.ndim} dimensions given; it takes one or two")
    x = _core.astype(x, dtype, copy=False)
    if x.ndim < 2:
        return _core.reshape(x, (1, -1))
    return x if rowvar else x.T


def _products_of_rows(x, y):
    """The sum of products of each row of `x` with each of `y`, which is conjugated.

    Communication: one all-reduce of the result where rows are cut, none where they are whole.
    """
    conjugated = _core.conj(y) if y.dtype.kind == "c" else y
    if x.distribution is not None or y.distribution is not None:
        return _core.sum(x[:, None, :] * conjugated[None, :, :], axis=-1)
    return _core._matmul("cov", x, conjugated.T)


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """Covariances of variables: of row i with row k of `m` in element (i, k).

    With `rowvar` False columns are the variables. `y` has more of them. Divided by the number of
    observations less 1 (less 0 with `bias`, less `ddof` if given); `fweights` tell how often an
    observation occurs, `aweights` how much it counts. ValueError where shapes do not fit.

    The result is float64 or complex128, or of the floating `dtype` given.

    Example:
        >>> hpx.cov(hpx.asarray([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
        array([[ 1., -1.],
               [-1.,  1.]])

    Communication: one all-reduce of the result where the observations are distributed, else none.
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov: ddof={ddof!r} is no whole number")
    m = as_array(m)
    y = None if y is None else as_array(y)
    if dtype is None:
        dtype = np.result_type(np.float64, m.dtype, *(() if y is None else (y.dtype,)))
    x = _observations("cov", m, dtype, rowvar)
    if x.shape[0] == 0:
        return _core.zeros((0, 0))
    if y is not None:
        from ._joining import concat

        y = _observations("cov", y, dtype, rowvar or y.ndim < 2 or y.shape[0] == 1)
        x = concat([x, y], axis=0)
    less = ddof if ddof is not None else 0 if bias else 1
    w = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        one = floating(given)
        if one.shape != (x.shape[1],):
            raise ValueError(f"cov: {name} have shape {one.shape}, expected ({x.shape[1]},)")
        if bool(_core.any(one < 0)):
            raise ValueError(f"cov: {name} are negative; give 0 or more")
        if name == "fweights" and bool(_core.any(one != _core.round(one))):
            raise TypeError("cov: fweights are no whole numbers; give aweights instead")
        w = one if w is None else w * one
    if w is None:
        # The mean converts for itself, so that what is converted need not be stored for two.
        apart = x if y is not None else _observations("cov", m, dtype, rowvar)
        centred = x - _core.mean(apart, axis=1, keepdims=True)
        weighted, divisor = centred, float(x.shape[1] - less)
    else:
        total = float(_core.sum(w))
        centred = x - _core.sum(x * w, axis=1, keepdims=True) / total
        weighted = centred * w
        divisor = total - less
        if aweights is not None and less:
            divisor = total - less * float(_core.sum(w * floating(aweights))) / total
    products = _products_of_rows(weighted, centred)
    # Too few observations give nan or infinity, as NumPy has it.
    result = products / _core.asarray(max(divisor, 0.0), dtype=products.real.dtype)
    return result[0, 0] if result.shape == (1, 1) else result


def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Correlation coefficients of variables: covariances over the standard deviations.

    The arguments are those of cov.

    Example:
        >>> hpx.corrcoef(hpx.asarray([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
        array([[ 1., -1.],
               [-1.,  1.]])

    Communication: one all-reduce of the result where the observations are distributed, else none.
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    from ._diagonals import diagonal

    deviations = _core.sqrt(_core.real(diagonal(c)))
    result = c / deviations[:, None] / deviations[None, :]
    if result.dtype.kind == "c":
        parts = (_core.clip(part, -1, 1) for part in (result.real, result.imag))
        return _core._complex("corrcoef", *parts)
    return _core.clip(result, -1, 1)
