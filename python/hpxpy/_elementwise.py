"""Elementwise functions that are compositions of others: recorded and fused like those.

Each takes arrays and numbers, and gives arrays. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import builtins
import math

import numpy as np

from . import _core
from ._arguments import as_array, axis_of, placed

__all__ = [
    "allclose",
    "angle",
    "around",
    "array_equal",
    "array_equiv",
    "divmod",
    "fix",
    "frexp",
    "isclose",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "modf",
    "nan_to_num",
    "sinc",
    "spacing",
    "unwrap",
]


_NUMBERS = (bool, int, float, complex)


def _as_float(function, x):
    """`x` as an array of floats or complex numbers; integers become floats.

    Communication: none.
    """
    x = as_array(x)
    if x.dtype.kind in "fc":
        return x
    return _core.astype(x, np.float32 if x.dtype.itemsize <= 2 else np.float64)


def _require_real(function, x):
    if x.dtype.kind == "c":
        raise TypeError(
            f"{function}: dtype {x.dtype} is not supported; it takes real numbers, such as real(x)"
        )


def divmod(x1, x2, /) -> tuple[_core.ndarray, _core.ndarray]:
    """Quotients rounded down and the remainders of that, as a pair: x1 // x2, x1 % x2.

    Takes all dtypes but complex, broadcast to a common shape; integers divided by 0 give (0, 0).

    Example:
        >>> hpx.divmod(hpx.asarray([7, -7]), 3)
        (array([ 2, -3]), array([1, 2]))

    Communication: none where the operands lie on equal maps; otherwise what lies elsewhere moves
    once.
    """
    x1, x2 = _core._met(x1, x2)
    return _core.floor_divide(x1, x2), _core.remainder(x1, x2)


def modf(x, /) -> tuple[_core.ndarray, _core.ndarray]:
    """Fractions and whole parts of each element, both with its sign, as a pair.

    Takes real numbers; integers become floats. Of infinities the fraction is 0.

    Example:
        >>> hpx.modf(hpx.asarray([1.5, -2.25]))
        (array([ 0.5 , -0.25]), array([ 1., -2.]))

    Communication: none.
    """
    x = _as_float("modf", x)
    _require_real("modf", x)
    whole = _core.trunc(x)
    fraction = _core.where(_core.isinf(x), 0.0, x - whole)
    return _core.copysign(fraction, x), whole


def frexp(x, /) -> tuple[_core.ndarray, _core.ndarray]:
    """Mantissas of magnitude 0.5 to 1 and powers of two, as a pair: x = mantissa * 2**power.

    Takes real numbers; integers become floats. The powers are int32.

    Example:
        >>> hpx.frexp(hpx.asarray([8.0, 0.3]))
        (array([0.5, 0.6]), array([ 4, -1], dtype=int32))

    Communication: none.
    """
    x = _as_float("frexp", x)
    return _core._mantissa(x), _core.astype(_core._exponent(x), np.int32)


def ldexp(x1, x2, /):
    """The first element times 2 to the power of the second, which must be integers.

    `x1` is real; integers become floats. TypeError for other dtypes.

    Example:
        >>> hpx.ldexp(hpx.asarray([0.5, 0.75]), 4)
        array([ 8., 12.])

    Communication: none where the operands lie on equal maps; otherwise what lies elsewhere moves
    once.
    """
    x, powers = _as_float("ldexp", x1), as_array(x2)
    if powers.dtype.kind not in "biu":
        raise TypeError(f"ldexp: powers of dtype {powers.dtype} given; they must be integers")
    _require_real("ldexp", x)
    return _core._ldexp(x, _core.astype(powers, x.dtype))


def _log_of_sum(a, b, exponential, logarithm_of_two):
    """The larger one plus the logarithm of what the other adds; nothing overflows on the way.

    Communication: none where the operands lie on equal maps.
    """
    # Infinities of one sign have no distance.
    same = _core.equal(a, b)
    distance = _core.where(same, 0.0, _core.subtract(a, b))
    added = _core.log1p(exponential(-_core.abs(distance))) * (1.0 / logarithm_of_two)
    return _core.maximum(a, b) + added


def logaddexp(x1, x2, /, out=None):
    """Logarithm of exp(x1) + exp(x2), without overflow on the way.

    Takes real numbers, broadcast to a common shape; integers become floats.

    Example:
        >>> hpx.logaddexp(hpx.asarray([1000.0]), 1000.0)
        array([1000.69314718])

    Communication: none where the operands lie on equal maps; otherwise what lies elsewhere moves
    once.
    """
    a, b = _real_floats("logaddexp", x1, x2)
    # Where exp(-0) adds 1, the logarithm is rounded once.
    return placed("logaddexp", _log_of_sum(a, b, _core.exp, 1.0), out)


def logaddexp2(x1, x2, /, out=None):
    """Logarithm of base 2 of 2**x1 + 2**x2, without overflow on the way.

    Takes real numbers, broadcast to a common shape; integers become floats.

    Example:
        >>> hpx.logaddexp2(hpx.asarray([1000.0]), 1000.0)
        array([1001.])

    Communication: none where the operands lie on equal maps; otherwise what lies elsewhere moves
    once.
    """
    a, b = _real_floats("logaddexp2", x1, x2)
    return placed("logaddexp2", _log_of_sum(a, b, _core.exp2, math.log(2.0)), out)


def _real_floats(function, x1, x2):
    """Both operands as real arrays of one float dtype, in which Python's numbers take no part.

    Communication: none.
    """
    operands = [x if type(x) in _NUMBERS else as_array(x) for x in (x1, x2)]
    dtype = np.result_type(*(getattr(x, "dtype", x) for x in operands))
    if dtype.kind in "biu":
        dtype = np.dtype(np.float32 if dtype.itemsize <= 2 else np.float64)
    pair = [as_array(x) if dtype.kind == "c" else _core.asarray(x, dtype=dtype) for x in operands]
    for x in pair:
        _require_real(function, x)
    return pair


def sinc(x, /):
    """Sine of pi x over pi x, which is 1 at 0; integers become floats.

    Example:
        >>> hpx.sinc(hpx.linspace(-2, 2, 5))
        array([-3.89817183e-17,  3.89817183e-17,  1.00000000e+00,  3.89817183e-17,
               -3.89817183e-17])

    Communication: none.
    """
    x = as_array(x)
    angle = (x if x.dtype.kind in "fc" else _core.astype(x, np.float64)) * math.pi
    zero = angle == 0
    return _core.where(zero, 1.0, _core.sin(angle) / _core.where(zero, 1.0, angle))


def angle(z, /, deg=False):
    """Angle of each complex element from the real axis, in radians, or in degrees with `deg`.

    Of a negative real number it is pi. The result is real.

    Example:
        >>> hpx.angle(hpx.asarray([1.0, 1.0j]), deg=True)
        array([ 0., 90.])

    Communication: none.
    """
    z = as_array(z)
    z = _core.astype(z, np.float64) if z.dtype.kind == "b" else _as_float("angle", z)
    radians = _core.atan2(_core.imag(z), _core.real(z))
    return _core.rad2deg(radians) if deg else radians


def nan_to_num(x, /, copy=True, nan=0.0, posinf=None, neginf=None):
    """`x` with nan and infinities replaced: by `nan`, `posinf` and `neginf`.

    None stands for the largest and the smallest finite number of the dtype. Of complex numbers both
    parts are replaced, integers stay as they are. With copy=False the array itself is changed.

    Example:
        >>> hpx.nan_to_num(hpx.asarray([1.0, float("nan")]))
        array([1., 0.])

    Communication: none.
    """
    x = as_array(x)
    if x.dtype.kind == "c":
        parts = [
            nan_to_num(part(x), nan=nan, posinf=posinf, neginf=neginf)
            for part in (_core.real, _core.imag)
        ]
        result = _core._complex("nan_to_num", *parts)
    elif x.dtype.kind == "f":
        limits = np.finfo(x.dtype)
        nan, high, low = (
            limit
            if given is None
            else _core.astype(_core._elements("nan_to_num", given, x.dtype), x.dtype)
            for given, limit in (
                (nan, 0.0),
                (posinf, float(limits.max)),
                (neginf, float(limits.min)),
            )
        )
        result = _core.where(_core.isposinf(x), high, _core.where(_core.isneginf(x), low, x))
        result = _core.where(_core.isnan(x), nan, result)
    else:
        result = _core.copy(x) if copy else x
    if copy:
        return result
    if result is not x:
        x[...] = result
    return x


def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether elements differ by no more than atol + rtol * abs(b).

    Infinities are close to themselves only; nan is close to nan with `equal_nan`, to nothing
    otherwise. The operands are broadcast to a common shape.

    Example:
        >>> hpx.isclose(hpx.asarray([1.0, 2.0]), hpx.asarray([1.0 + 1e-9, 2.1]))
        array([ True, False])

    Communication: none where the operands lie on equal maps; otherwise what lies elsewhere moves
    once.
    """
    a, b, rtol, atol = (x if type(x) in _NUMBERS else as_array(x) for x in (a, b, rtol, atol))
    a, b, rtol, atol = _core._met(a, b, rtol, atol)
    # Python's numbers take no part in the dtype that is computed in.
    if isinstance(b, _core.ndarray):
        b = _core.astype(b, np.result_type(b.dtype, 1.0), copy=False)
        magnitude, finite, nothing = _core.abs(b), _core.isfinite(b), _core.isnan(b)
    else:
        a = as_array(a)
        b = float(b) if isinstance(b, int) else b
        magnitude, finite, nothing = builtins.abs(b), bool(np.isfinite(b)), bool(np.isnan(b))
    near = _core.less_equal(_core.abs(_core.subtract(a, b)), atol + rtol * magnitude)
    close = _core.logical_or(_core.logical_and(near, finite), _core.equal(a, b))
    if equal_nan:
        close = _core.logical_or(close, _core.logical_and(_core.isnan(a), nothing))
    return close


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False) -> bool:
    """Whether all elements are close, as isclose tells: a Python bool, equal on every locality.

    Example:
        >>> hpx.allclose(hpx.asarray([1.0, 2.0]), [1.0, 2.0 + 1e-9])
        True

    Communication: one all-reduce of one element if an operand is distributed, else none.
    """
    return builtins.bool(_core.all(isclose(a, b, rtol, atol, equal_nan)))


def array_equal(a1, a2, equal_nan=False) -> bool:
    """Whether two arrays have the same shape and equal elements: a Python bool.

    With `equal_nan` nan equals nan.

    Example:
        >>> hpx.array_equal(hpx.asarray([1, 2]), [1, 2])
        True

    Communication: one all-reduce of one element if an operand is distributed, else none.
    """
    a, b = as_array(a1), as_array(a2)
    if a.shape != b.shape:
        return False
    same = _core.equal(a, b)
    if equal_nan:
        same = _core.logical_or(same, _core.logical_and(_core.isnan(a), _core.isnan(b)))
    return builtins.bool(_core.all(same))


def array_equiv(a1, a2) -> bool:
    """Whether two arrays have equal elements once broadcast to a common shape: a Python bool.

    Example:
        >>> hpx.array_equiv(hpx.asarray([1, 1]), 1)
        True

    Communication: one all-reduce of one element if an operand is distributed, else none.
    """
    a, b = as_array(a1), as_array(a2)
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return builtins.bool(_core.all(_core.equal(a, b)))


def around(x, decimals=0, out=None):
    """Each element rounded to `decimals` digits after the point: NumPy's other name of round.

    Example:
        >>> hpx.around(hpx.asarray([1.25, 2.75]), 1)
        array([1.2, 2.8])

    Communication: none.
    """
    return _core.round(x, decimals, out)


def fix(x, /, out=None):
    """Each element without its fraction: NumPy's other name of trunc.

    Example:
        >>> hpx.fix(hpx.asarray([1.5, -1.5]))
        array([ 1., -1.])

    Communication: none.
    """
    return _core.trunc(x, out)


def spacing(x, /):
    """Distance of each element to the next number away from 0; integers become floats.

    TypeError for complex numbers.

    Example:
        >>> hpx.spacing(hpx.asarray([1.0, 1e10]))
        array([2.22044605e-16, 1.90734863e-06])

    Communication: none.
    """
    x = _as_float("spacing", x)
    _require_real("spacing", x)
    magnitude = _core.abs(x)
    return _core.copysign(_core.nextafter(magnitude, math.inf) - magnitude, x)


def unwrap(p, discont=None, axis=-1, *, period=2 * math.pi):
    """Angles whose neighbours differ by no more than half a period, by adding whole periods.

    `discont` is the least jump that is taken back, half a period unless given. Integers with an
    integer `period` stay integers.

    Example:
        >>> hpx.unwrap(hpx.asarray([0.0, 3.0, -3.0]))
        array([0.        , 3.        , 3.28318531])

    Communication: along the distributed axis one row between neighbours and one exclusive scan,
    else none.
    """
    from ._calculus import diff

    p = as_array(p)
    _require_real("unwrap", p)
    axis = axis_of("unwrap", axis, p.ndim)
    jumps = diff(p, axis=axis)
    dtype = np.result_type(
        jumps.dtype, period if type(period) in _NUMBERS else as_array(period).dtype
    )
    half, rest = builtins.divmod(period, 2) if dtype.kind in "iu" else (period / 2, 0)
    folded = _core.remainder(jumps + half, period) - half
    if rest == 0:
        folded = _core.where(_core.logical_and(folded == -half, jumps > 0), half, folded)
    least = period / 2 if discont is None else discont
    correction = _core.where(_core.abs(jumps) < least, 0, folded - jumps)
    result = _core.astype(p, dtype)
    result[(slice(None),) * axis + (slice(1, None),)] += _core.cumsum(correction, axis)
    return result


def polyval(p, x, /):
    """Values at `x` of the polynomial with the coefficients `p`, that of the highest power first.

    By Horner's scheme, in one pass. ValueError where `p` is not 1-d.

    Example:
        >>> hpx.polyval([1, 0, -2], hpx.asarray([1.0, 2.0]))
        array([-1.,  2.])

    Communication: none.
    """
    x, p = as_array(x), as_array(p)
    if p.ndim != 1:
        raise ValueError(f"polyval: coefficients of shape {p.shape} given; they must be 1-d")
    dtype = np.result_type(x.dtype, p.dtype)
    x = _core.astype(x, dtype)
    total = _core.zeros_like(x)
    for coefficient in _core.astype(p, dtype).tolist():
        total = total * x + coefficient
    return total
