"""Windows: of signals, as weights, and windows that slide over an array.

Imported by hpxpy/__init__.py; `sliding_window_view` and `as_strided` also by lib.stride_tricks.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import operator

import numpy as np

from . import _core
from ._arguments import as_array, axes_of
from ._joining import stack
from ._placement import creation

__all__ = ["bartlett", "blackman", "hamming", "hanning", "i0", "kaiser", "sliding_window_view"]


def _points(M, place):
    """The odd numbers 1 - M, 3 - M, ..., M - 1 of a window of M points, and M - 1."""
    M = float(M)
    if M < 1:
        return _core.zeros(0, **place), 1.0
    if M == 1:
        return _core.zeros(1, **place), 1.0
    return _core.arange(1 - M, M, 2, **place), M - 1


@creation
def bartlett(M, **place):
    """The triangle of `M` points that is 0 at both ends and 1 in the middle; float64.

    Empty for M < 1. `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.bartlett(5)
        array([0. , 0.5, 1. , 0.5, 0. ])

    Communication: none.
    """
    points, width = _points(M, place)
    return 1.0 - _core.abs(points / width)


def _cosines(M, place, *weights):
    """A sum of cosines: weights[k] * cos(k pi p) at the points p."""
    points, width = _points(M, place)
    total = weights[0]
    for k, weight in enumerate(weights[1:], 1):
        total = total + weight * _core.cos(k * math.pi * points / width)
    return total


@creation
def blackman(M, **place):
    """Blackman's window of `M` points: 0.42 + 0.5 cos(pi p) + 0.08 cos(2 pi p), p from -1 to 1.

    float64, empty for M < 1 (Blackman, Tukey: The measurement of power spectra, 1958).
    `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.blackman(5).shape
        (5,)

    Communication: none.
    """
    return _cosines(M, place, 0.42, 0.5, 0.08)


@creation
def hamming(M, **place):
    """Hamming's window of `M` points: 0.54 + 0.46 cos(pi p), p from -1 to 1; float64.

    Empty for M < 1. `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.hamming(3)
        array([0.08, 1.  , 0.08])

    Communication: none.
    """
    return _cosines(M, place, 0.54, 0.46)


@creation
def hanning(M, **place):
    """Von Hann's window of `M` points: 0.5 + 0.5 cos(pi p), p from -1 to 1; float64.

    Empty for M < 1. `distribution`, `axis`, `grid`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.hanning(5)
        array([0. , 0.5, 1. , 0.5, 0. ])

    Communication: none.
    """
    return _cosines(M, place, 0.5, 0.5)


@creation
def kaiser(M, beta, **place):
    """Kaiser's window of `M` points: i0(beta sqrt(1 - p**2)) / i0(beta), p from -1 to 1; float64.

    `beta` 0 is a rectangle, 14 nearly Blackman's window. Empty for M < 1. `distribution`, `axis`,
    `grid`, `like` and `device` are those of `zeros`.

    Example:
        >>> hpx.kaiser(3, 0.0)
        array([1., 1., 1.])

    Communication: none.
    """
    points, width = _points(M, place)
    inside = 1.0 - (points / width) ** 2
    return i0(float(beta) * _core.sqrt(inside)) / float(i0(float(beta)))


# Chebyshev's coefficients of exp(-x) I0(x) on [0, 8], and of exp(-x) sqrt(x) I0(x) from 8 on, the
# highest first (Clenshaw: Chebyshev series for mathematical functions, 1962; Cephes' i0.c).
_BELOW_8 = (
    -4.4153416464793395e-18,
    3.3307945188222384e-17,
    -2.431279846547955e-16,
    1.715391285555133e-15,
    -1.1685332877993451e-14,
    7.676185498604936e-14,
    -4.856446783111929e-13,
    2.95505266312964e-12,
    -1.726826291441556e-11,
    9.675809035373237e-11,
    -5.189795601635263e-10,
    2.6598237246823866e-09,
    -1.300025009986248e-08,
    6.046995022541919e-08,
    -2.670793853940612e-07,
    1.1173875391201037e-06,
    -4.4167383584587505e-06,
    1.6448448070728896e-05,
    -5.754195010082104e-05,
    0.00018850288509584165,
    -0.0005763755745385824,
    0.0016394756169413357,
    -0.004324309995050576,
    0.010546460394594998,
    -0.02373741480589947,
    0.04930528423967071,
    -0.09490109704804764,
    0.17162090152220877,
    -0.3046826723431984,
    0.6767952744094761,
)
_FROM_8 = (
    -7.233180487874754e-18,
    -4.830504485944182e-18,
    4.46562142029676e-17,
    3.461222867697461e-17,
    -2.8276239805165836e-16,
    -3.425485619677219e-16,
    1.7725601330565263e-15,
    3.8116806693526224e-15,
    -9.554846698828307e-15,
    -4.150569347287222e-14,
    1.54008621752141e-14,
    3.8527783827421426e-13,
    7.180124451383666e-13,
    -1.7941785315068062e-12,
    -1.3215811840447713e-11,
    -3.1499165279632416e-11,
    1.1889147107846439e-11,
    4.94060238822497e-10,
    3.3962320257083865e-09,
    2.266668990498178e-08,
    2.0489185894690638e-07,
    2.8913705208347567e-06,
    6.889758346916825e-05,
    0.0033691164782556943,
    0.8044904110141088,
)


def _chebyshev(x, coefficients):
    """The sum of the series at x / 2, by Clenshaw's recurrence."""
    last, now, before = coefficients[0], 0.0, 0.0
    for coefficient in coefficients[1:]:
        last, now, before = x * last - now + coefficient, last, now
    return 0.5 * (last - before)


def i0(x):
    """The modified Bessel function of the first kind and order 0 of each element.

    Takes real numbers and gives float64; TypeError for complex ones. By Chebyshev's series, exact
    to the last places.

    Example:
        >>> hpx.i0(0.0)
        array(1.)

    Communication: none.
    """
    x = as_array(x)
    if x.dtype.kind == "c":
        raise TypeError(f"i0: dtype {x.dtype} is not supported; it takes real numbers")
    x = _core.abs(_core.astype(x, np.float64, copy=False))
    near = x <= 8.0
    below = _chebyshev(_core.where(near, x, 0.0) * 0.5 - 2.0, _BELOW_8)
    far = _core.where(near, 8.0, x)
    above = _chebyshev(32.0 / far - 2.0, _FROM_8) / _core.sqrt(far)
    return _core.exp(x) * _core.where(near, below, above)


def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    """Windows of `window_shape` at every place where they fit: their axes come last.

    `axis` names the axes that the lengths of `window_shape` belong to, all of them in order unless
    given. Of a local array this is a view, which may be written to with `writeable` alone; of a
    distributed one a copy. ValueError where the numbers of lengths and axes differ and where a
    window does not fit.

    Example:
        >>> hpx.sliding_window_view(hpx.arange(4), 2)
        array([[0, 1],
               [1, 2],
               [2, 3]])

    Communication: none for a local array. Of a distributed one the rows of a window that a locality
    lacks, for each window that its neighbours have part of.
    """
    name = "sliding_window_view"
    x = as_array(x)
    lengths = window_shape if isinstance(window_shape, (tuple, list)) else (window_shape,)
    lengths = [operator.index(n) for n in lengths]
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in _axes(name, axis, x.ndim)]
    if len(lengths) != len(axes):
        raise ValueError(
            f"{name}: window_shape has {len(lengths)} lengths for {len(axes)} axes; give one each"
        )
    if min(lengths, default=0) < 0:
        raise ValueError(f"{name}: window_shape {window_shape!r} has a negative length")
    left = list(x.shape)
    for n, i in zip(lengths, axes, strict=True):
        if n > left[i]:
            raise ValueError(
                f"{name}: windows of {n} elements do not fit along axis {i} of shape {x.shape}"
            )
        left[i] -= n - 1
    if x.distribution is None:
        strides = [*x.strides, *(x.strides[i] for i in axes)]
        return as_strided(x, (*left, *lengths), strides, writeable=writeable)
    if writeable:
        raise TypeError(f"{name}: windows of a distributed array are a copy; leave out writeable")
    for n, i in zip(lengths, axes, strict=True):
        length = x.shape[i] - n + 1
        before = (slice(None),) * i
        parts = [x[(*before, slice(j, j + length))] for j in range(n)]
        x = stack(parts, axis=-1) if parts else _core.zeros((*left, 0), dtype=x.dtype)
    return x


def _axes(name, axis, dimensions):
    """The axes that are named; one may be named twice."""
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    return [axes_of(name, one, dimensions)[0] for one in given]


def as_strided(x, shape=None, strides=None, subok=False, writeable=True):
    """A view of an array's memory with any shape and strides, in bytes; those of `x` unless given.

    Nothing checks that the strides stay within the memory. TypeError for a distributed array.

    Example:
        >>> x = hpx.arange(4)
        >>> hpx.lib.stride_tricks.as_strided(x, (3, 2), (8, 8))
        array([[0, 1],
               [1, 2],
               [2, 3]])

    Communication: none.
    """
    x = as_array(x)
    _core._require_local("as_strided", x)
    seen = np.lib.stride_tricks.as_strided(
        x.to_numpy(), shape, strides, writeable=bool(writeable) and x.writeable
    )
    return _core.from_numpy(seen, copy=False)
