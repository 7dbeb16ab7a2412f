"""The array API's extension fft: discrete Fourier transforms.

The transforms are scipy.fft's, on views of our memory; scipy is imported by the first of them. Of
distributed arrays each axis is transformed on its own, where its lines lie on one locality, or, of
one line, by _long_fft.py.
Imported by hpxpy/__init__.py as `hpx.fft`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import importlib
import operator

import numpy as np

from . import _core, _functions
from ._arguments import as_array, axes_of, axis_of, parameters
from ._long_fft import transform_line
from ._manipulation import roll
from ._placement import creation

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]


def _operand(name, x, real=False):
    x = as_array(x)
    if real and x.dtype.kind == "c":
        raise TypeError(f"{name}: {x.dtype} is complex; give real numbers, such as x.real")
    return x


def _norm(name, norm):
    if norm is not None and norm not in ("backward", "ortho", "forward"):
        raise ValueError(
            f"{name}: norm {norm!r} does not exist; choose 'backward', 'ortho' or 'forward'"
        )
    return norm


def _points(name, n, length):
    """The number of points of one axis: `n`, or `length` if it is None."""
    if n is None:
        n = length
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"{name}: a length of {n!r} is no integer") from None
    if n < 1:
        raise ValueError(f"{name}: cannot transform {n} points along an axis; at least 1 is needed")
    return n


def _transform(name, x, *arguments, norm):
    """What scipy.fft.<name> gives for the memory of `x`, whose result becomes ours uncopied."""
    library = importlib.import_module("scipy.fft")
    result = getattr(library, name)(
        x.to_numpy(), *arguments, norm=norm, workers=_core.num_threads()
    )
    result = _core.from_numpy(np.asarray(result), copy=False)
    axes = arguments[1]
    for axis in [axes] if isinstance(axes, int) else axes:
        _core._transformed(result, result.shape[axis])
    return result


def _along_one(name, x, n, axis, norm, real=False, back=False):
    x = _operand(name, x, real)
    axis = axis_of(name, axis, x.ndim)
    length = 2 * (x.shape[axis] - 1) if back else x.shape[axis]
    if back and x.shape[axis] < 1:
        length = 0
    n = _points(name, n, length)
    norm = _norm(name, norm)
    if x.distribution is None:
        return _transform(name, x, n, axis, norm=norm)
    with parameters(f"{name}, norm={norm}"):
        return _along_dealt(name, x, n, axis, norm)


def _along_dealt(name, x, n, axis, norm):
    lines = _core._lines_of(name, x, axis)
    if lines is None:
        return _one_line(name, x, n, axis, norm)
    part = lines.local_partition
    if part.size:
        found = _transform(name, part, n, axis, norm=norm)
    else:
        # Of a locality that has nothing: the length and dtype that the others' results have.
        one = _transform(name, _core.ones([1] * x.ndim, dtype=x.dtype), n, axis, norm=norm)
        shape = [one.shape[i] if i == axis else part.shape[i] for i in range(x.ndim)]
        found = _core.zeros(shape, dtype=one.dtype)
    return _core._from_lines(found, lines, x, axis)


def _one_line(name, x, n, axis, norm):
    """Of an array with one line of more than one element, which is dealt out."""
    line = _core.reshape(x, (x.shape[axis],))
    if _core._is_deterministic():
        found = _transform(name, _core.redistribute(line, None), n, 0, norm=norm)
        found = _core.redistribute(found, "block")
    else:
        found = transform_line(name, line, n, norm, _along_one)
    found = _core.reshape(found, [found.shape[0] if i == axis else 1 for i in range(x.ndim)])
    return _core.redistribute(found, x.distribution) if found.shape == x.shape else found


def _along_many(name, x, s, axes, norm, real=False, back=False):
    x = _operand(name, x, real)
    if s is not None:
        s = list(s) if isinstance(s, (tuple, list)) else [s]
    if axes is None:
        count = x.ndim if s is None else len(s)
        if count > x.ndim:
            raise ValueError(f"{name}: s has {count} lengths, the array {x.ndim} dimensions")
        axes = range(x.ndim - count, x.ndim)
    axes = axes_of(name, list(axes) if isinstance(axes, range) else axes, x.ndim)
    if s is None:
        s = [None] * len(axes)
    if len(s) != len(axes):
        raise ValueError(f"{name}: s has {len(s)} lengths for {len(axes)} axes")
    if not axes:
        if real or back:
            raise ValueError(f"{name}: there is no axis to transform; give one at least")
        return _core.astype(x, np.result_type(x.dtype, np.complex64))
    lengths = [x.shape[axis] for axis in axes]
    if back:
        lengths[-1] = max(2 * (lengths[-1] - 1), 0)
    # As NumPy: -1 stands for the length of the axis as it is, also on the way back.
    s = [x.shape[axis] if n == -1 else n for n, axis in zip(s, axes, strict=True)]
    points = [_points(name, n, length) for n, length in zip(s, lengths, strict=True)]
    norm = _norm(name, norm)
    if x.distribution is None:
        return _transform(name, x, points, axes, norm=norm)
    one_by_one = list(zip(axes, points, strict=True))
    last = one_by_one.pop()
    plain = "ifft" if name.startswith("i") else "fft"
    if not back:
        x = _along_one(name[:-1], x, last[1], last[0], norm, real)
    for axis, n in reversed(one_by_one):
        x = _along_one(plain, x, n, axis, norm)
    return _along_one(name[:-1], x, last[1], last[0], norm, back=True) if back else x


def fft(x, n=None, axis=-1, norm="backward"):
    """The discrete Fourier transform along one axis: y[k] = sum of x[j] * exp(-2πi jk / n).

    `n` points: longer axes are cut, shorter ones filled up with zeros; the axis' own length unless
    given. `norm` tells where 1/n is applied: 'backward' in the inverse alone, 'forward' in this one
    alone, 'ortho' as 1/sqrt(n) in both. The shape is that of `x` with `n` at `axis`. float32 and
    complex64 give complex64, all others complex128. ValueError for less than one point or an
    unknown norm, AxisError for an axis that does not exist. The algorithm is pocketfft's (M.
    Reinecke), through scipy.fft, on the threads of the pool. An array that is dealt out along its
    only axis is transformed in four steps (D. H. Bailey, 1990), with memory for two blocks more.
    Where no divisor of `n` gives each locality a row, it is convolved (L. Bluestein, 1970), with
    memory for ten.

    Example:
        >>> hpx.fft.fft(hpx.asarray([1.0, 0.0, 0.0, 0.0])).real
        array([1., 1., 1., 1.])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back. Of an array
    that is dealt out along its only axis elements move three times, those that change owner.
    """
    return _along_one("fft", x, n, axis, norm)


def ifft(x, n=None, axis=-1, norm="backward"):
    """The inverse of `fft` along one axis; arguments, dtypes and errors are its.

    Example:
        >>> hpx.fft.ifft(hpx.asarray([4.0, 0.0, 0.0, 0.0])).real
        array([1., 1., 1., 1.])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_one("ifft", x, n, axis, norm)


def fftn(x, s=None, axes=None, norm="backward"):
    """The discrete Fourier transform along several axes; all of them unless `axes` is given.

    `s` has a number of points for each axis, -1 for the axis as it is; without `axes`, those are
    the last len(s). dtypes, `norm` and errors as for `fft`; ValueError also for an axis named twice
    and for `s` and `axes` of different lengths. pocketfft's algorithm, through scipy.fft.

    Example:
        >>> hpx.fft.fftn(hpx.ones((2, 2))).real
        array([[4., 0.],
               [0., 0.]])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_many("fftn", x, s, axes, norm)


def ifftn(x, s=None, axes=None, norm="backward"):
    """The inverse of `fftn` along several axes; arguments, dtypes and errors are its.

    Example:
        >>> hpx.fft.ifftn(hpx.asarray([[4.0, 0.0], [0.0, 0.0]])).real
        array([[1., 1.],
               [1., 1.]])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_many("ifftn", x, s, axes, norm)


def rfft(x, n=None, axis=-1, norm="backward"):
    """The `fft` of real numbers along one axis, without its redundant half: n//2 + 1 values.

    float32 gives complex64, all others complex128. TypeError for complex numbers; otherwise
    arguments and errors as for `fft`.

    Example:
        >>> hpx.fft.rfft(hpx.asarray([1.0, 0.0, 0.0, 0.0]))
        array([1.+0.j, 1.+0.j, 1.+0.j])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_one("rfft", x, n, axis, norm, real=True)


def irfft(x, n=None, axis=-1, norm="backward"):
    """The inverse of `rfft` along one axis: `n` real values, 2 * (m - 1) of m unless given.

    float32 and complex64 give float32, all others float64; the imaginary parts that a real result
    cannot have are ignored. Arguments and errors as for `fft`.

    Example:
        >>> hpx.fft.irfft(hpx.asarray([4.0, 0.0, 0.0]))
        array([1., 1., 1., 1.])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_one("irfft", x, n, axis, norm, back=True)


def rfftn(x, s=None, axes=None, norm="backward"):
    """The `fftn` of real numbers, without the redundant half of the last of the axes.

    float32 gives complex64, all others complex128. TypeError for complex numbers, ValueError for no
    axis; otherwise arguments and errors as for `fftn`.

    Example:
        >>> hpx.fft.rfftn(hpx.ones((2, 2)))
        array([[4.+0.j, 0.+0.j],
               [0.+0.j, 0.+0.j]])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_many("rfftn", x, s, axes, norm, real=True)


def irfftn(x, s=None, axes=None, norm="backward"):
    """The inverse of `rfftn`; the last axis gets 2 * (m - 1) values of m unless `s` is given.

    float32 and complex64 give float32, all others float64. Arguments and errors as for `fftn`;
    ValueError for no axis.

    Example:
        >>> hpx.fft.irfftn(hpx.asarray([[4.0, 0.0], [0.0, 0.0]]))
        array([[1., 1.],
               [1., 1.]])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_many("irfftn", x, s, axes, norm, back=True)


def fft2(x, s=None, axes=(-2, -1), norm="backward"):
    """The `fftn` along two axes, the last ones unless `axes` names others.

    `s`, `norm`, dtypes and errors are those of `fftn`.

    Example:
        >>> hpx.fft.fft2(hpx.ones((2, 2))).real
        array([[4., 0.],
               [0., 0.]])

    Communication: that of `fftn`.
    """
    return _along_many("fftn", x, s, axes, norm)


def ifft2(x, s=None, axes=(-2, -1), norm="backward"):
    """The `ifftn` along two axes, the last ones unless `axes` names others.

    `s`, `norm`, dtypes and errors are those of `ifftn`.

    Example:
        >>> hpx.fft.ifft2(hpx.asarray([[4.0, 0.0], [0.0, 0.0]])).real
        array([[1., 1.],
               [1., 1.]])

    Communication: that of `ifftn`.
    """
    return _along_many("ifftn", x, s, axes, norm)


def rfft2(x, s=None, axes=(-2, -1), norm="backward"):
    """The `rfftn` along two axes, the last ones unless `axes` names others.

    `s`, `norm`, dtypes and errors are those of `rfftn`.

    Example:
        >>> hpx.fft.rfft2(hpx.ones((2, 2))).real
        array([[4., 0.],
               [0., 0.]])

    Communication: that of `rfftn`.
    """
    return _along_many("rfftn", x, s, axes, norm, real=True)


def irfft2(x, s=None, axes=(-2, -1), norm="backward"):
    """The `irfftn` along two axes, the last ones unless `axes` names others.

    `s`, `norm`, dtypes and errors are those of `irfftn`.

    Example:
        >>> hpx.fft.irfft2(hpx.asarray([[4.0, 0.0], [0.0, 0.0]]))
        array([[1., 1.],
               [1., 1.]])

    Communication: that of `irfftn`.
    """
    return _along_many("irfftn", x, s, axes, norm, back=True)


def hfft(x, n=None, axis=-1, norm="backward"):
    """The real `fft` of the first half of a signal with Hermitian symmetry: `n` values.

    2 * (m - 1) of m values unless `n` is given. float32 and complex64 give float32, all others
    float64. Arguments and errors as for `fft`.

    Example:
        >>> hpx.fft.hfft(hpx.asarray([1.0, 0.0, 0.0]))
        array([1., 1., 1., 1.])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_one("hfft", x, n, axis, norm, back=True)


def ihfft(x, n=None, axis=-1, norm="backward"):
    """The inverse of `hfft`: the first n//2 + 1 values of the `ifft` of n real numbers.

    float32 gives complex64, all others complex128. TypeError for complex numbers; otherwise
    arguments and errors as for `fft`.

    Example:
        >>> hpx.fft.ihfft(hpx.asarray([4.0, 4.0, 4.0, 4.0])).real
        array([4., 0., 0.])

    Communication: none but for distributed arrays, of which, for each dealt axis that is
    transformed, an element goes to where its line lies, and, if the length stays, back.
    """
    return _along_one("ihfft", x, n, axis, norm, real=True)


def _scaled(name, count, n, d, dtype, place):
    """The first `count` positions, and what a frequency is a multiple of."""
    dtype = np.dtype(np.float64 if dtype is None else dtype)
    if dtype not in (np.float32, np.float64):
        raise ValueError(f"{name}: frequencies of {dtype} do not exist; use float32 or float64")
    k = _core.arange(count, dtype="int64", **place)
    return k, 1.0 / (n * d), dtype


@creation
def fftfreq(n, d=1.0, *, dtype=None, **place):
    """The frequencies of the values of an `fft` of `n` points that lie `d` apart.

    [0, 1, ..., (n - 1)//2, -(n//2), ..., -1] / (n * d), float64 unless `dtype` is given.
    ValueError for less than one point and for dtypes other than float32 and float64.

    Example:
        >>> hpx.fft.fftfreq(4)
        array([ 0.  ,  0.25, -0.5 , -0.25])

    Communication: none.
    """
    n = _points("fftfreq", n, None)
    k, step, dtype = _scaled("fftfreq", n, n, d, dtype, place)
    return _core.astype(_core.where(k > (n - 1) // 2, k - n, k) * step, dtype, copy=False)


@creation
def rfftfreq(n, d=1.0, *, dtype=None, **place):
    """The frequencies of the values of an `rfft` of `n` points that lie `d` apart.

    [0, 1, ..., n//2] / (n * d), float64 unless `dtype` is given. ValueError for less than one point
    and for dtypes other than float32 and float64.

    Example:
        >>> hpx.fft.rfftfreq(4)
        array([0.  , 0.25, 0.5 ])

    Communication: none.
    """
    n = _points("rfftfreq", n, None)
    k, step, dtype = _scaled("rfftfreq", n // 2 + 1, n, d, dtype, place)
    return _core.astype(k * step, dtype, copy=False)


def _shifted(name, x, axes, sign):
    x = as_array(x)
    axes = list(range(x.ndim)) if axes is None else axes_of(name, axes, x.ndim)
    # The inverse goes back by as much, which for odd lengths is not half of them again.
    return roll(x, [sign * (x.shape[axis] // 2) for axis in axes], axes)


def fftshift(x, axes=None):
    """A copy with the value of frequency zero moved to the middle of each of the axes, all if None.

    Any dtype, local or distributed. AxisError for an axis that does not exist, ValueError for one
    named twice.

    Example:
        >>> hpx.fft.fftshift(hpx.asarray([0, 1, 2, -2, -1]))
        array([-2, -1,  0,  1,  2])

    Communication: none for a local array; along the distributed axis moves the whole array once.
    """
    return _shifted("fftshift", x, axes, 1)


def ifftshift(x, axes=None):
    """The inverse of `fftshift`; arguments and errors are its.

    Example:
        >>> hpx.fft.ifftshift(hpx.asarray([-2, -1, 0, 1, 2]))
        array([ 0,  1,  2, -2, -1])

    Communication: none for a local array; along the distributed axis moves the whole array once.
    """
    return _shifted("ifftshift", x, axes, -1)


_functions.show(globals(), __all__, "fft.")
