"""Polynomials as vectors of coefficients, that of the highest power first.

Coefficients are few and local; points may be distributed. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as np

from . import _core
from ._arguments import as_array, everywhere
from ._blocks import is_first_holder
from ._calculus import convolve
from ._collectives import all_gather
from ._diagonals import diag
from ._elementwise import allclose
from ._elementwise import polyval as _values
from ._joining import concat, stack
from ._manipulation import atleast_1d
from ._sorting import sort

__all__ = [
    "poly",
    "poly1d",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
]


def _coefficients(name, p):
    """A polynomial's coefficients as a local vector; distributed ones go to every locality."""
    x = p.coeffs if isinstance(p, poly1d) else atleast_1d(as_array(everywhere(p)))
    if x.ndim != 1:
        raise ValueError(f"{name}: coefficients of shape {x.shape} given; they must be 1-d")
    return x


def _like(coefficients, *given):
    """A poly1d if one was given, else the coefficients."""
    return poly1d(coefficients) if any(isinstance(p, poly1d) for p in given) else coefficients


def _trimmed(coefficients):
    """The coefficients without zeros in front; one is left at least."""
    there = np.flatnonzero(np.asarray(coefficients))
    if there.size == 0:
        return _core.zeros(1, dtype=coefficients.dtype)
    return coefficients[int(there[0]) :]


def poly(seq_of_zeros):
    """The coefficients of the polynomial with these roots, or the characteristic one of a matrix.

    The highest coefficient is 1. Real where the roots are, or come in conjugate pairs. ValueError
    for what is neither a vector nor a square matrix.

    Example:
        >>> hpx.poly([1.0, 2.0])
        array([ 1., -3.,  2.])

    Communication: none; distributed roots or matrices go to every locality.
    """
    from .linalg import eigvals

    x = atleast_1d(as_array(everywhere(seq_of_zeros)))
    if x.ndim == 2 and x.shape[0] == x.shape[1] != 0:
        x = eigvals(x)
        x = x.real if not bool(_core.any(x.imag != 0)) else x
    elif x.ndim != 1:
        raise ValueError(f"poly: shape {x.shape} is neither a vector nor a square matrix")
    if x.size == 0:
        return _core.asarray(1.0)
    x = x if x.dtype.kind in "fc" else _core.astype(x, np.float64)
    result = _core.ones(1, dtype=x.dtype)
    for zero in x.tolist():
        result = convolve(result, _core.asarray([1, -zero], dtype=x.dtype))
    if x.dtype.kind == "c" and bool(_core.all(sort(x) == sort(_core.conj(x)))):
        result = _core.copy(result.real)
    return result


def roots(p):
    """The roots of a polynomial: the eigenvalues of its companion matrix; real if all are.

    Roots at 0 come last. Empty where all coefficients are 0. ValueError for other than one
    dimension.

    Example:
        >>> hpx.sort(hpx.roots([1.0, -3.0, 2.0]))
        array([1., 2.])

    Communication: none; distributed coefficients go to every locality.
    """
    from .linalg import eigvals

    p = _coefficients("roots", p)
    there = np.flatnonzero(np.asarray(p))
    if there.size == 0:
        return _core.zeros(0)
    zeros = p.size - 1 - int(there[-1])
    p = p[int(there[0]) : int(there[-1]) + 1]
    p = p if p.dtype.kind in "fc" else _core.astype(p, np.float64)
    found = _core.zeros(0)
    if p.size > 1:
        companion = diag(_core.ones(p.size - 2, dtype=p.dtype), -1)
        companion[0] = -p[1:] / p[0]
        found = eigvals(companion)
        if not bool(_core.any(found.imag != 0)):
            found = found.real
    return concat([found, _core.zeros(zeros, dtype=found.dtype)])


def polyval(p, x):
    """Values at `x` of the polynomial with the coefficients `p`, that of the highest power first.

    By Horner's scheme, in one pass. `x` may be distributed. If it is a poly1d, the result is, too:
    the one polynomial of the other. ValueError where `p` is not 1-d.

    Example:
        >>> hpx.polyval([1, 0, -2], hpx.asarray([1.0, 2.0]))
        array([-1.,  2.])

    Communication: none; distributed coefficients go to every locality.
    """
    p = _coefficients("polyval", p)
    if not isinstance(x, poly1d):
        return _values(p, x)
    total = poly1d(_core.zeros(1, dtype=p.dtype))
    for i in range(p.size):
        total = total * x + p[i]
    return total


def _together(name, a, b, join):
    """Two polynomials' coefficients joined power by power."""
    first, second = _coefficients(name, a), _coefficients(name, b)
    n = max(first.size, second.size)
    first, second = (
        concat([_core.zeros(n - x.size, dtype=x.dtype), x]) if x.size < n else x
        for x in (first, second)
    )
    return _like(join(first, second), a, b)


def polyadd(a1, a2):
    """The sum of two polynomials: their coefficients, or a poly1d if one of them is one.

    Example:
        >>> hpx.polyadd([1, 2], [9, 5, 4])
        array([9, 6, 6])

    Communication: none; distributed coefficients go to every locality.
    """
    return _together("polyadd", a1, a2, _core.add)


def polysub(a1, a2):
    """The difference of two polynomials: their coefficients, or a poly1d if one of them is one.

    Example:
        >>> hpx.polysub([2, 10, -2], [3, 10, -4])
        array([-1,  0,  2])

    Communication: none; distributed coefficients go to every locality.
    """
    return _together("polysub", a1, a2, _core.subtract)


def polymul(a1, a2):
    """The product of two polynomials: their coefficients, or a poly1d if one of them is one.

    Example:
        >>> hpx.polymul([1, 2, 3], [9, 5, 1])
        array([ 9, 23, 38, 17,  3])

    Communication: none; distributed coefficients go to every locality.
    """
    factors = (_trimmed(_coefficients("polymul", p)) for p in (a1, a2))
    return _like(convolve(*factors), a1, a2)


def polydiv(u, v) -> tuple[_core.ndarray, _core.ndarray]:
    """Quotient and remainder of two polynomials: a pair of coefficients, or of poly1d.

    Example:
        >>> hpx.polydiv([3.0, 5.0, 2.0], [2.0, 1.0])
        (array([1.5 , 1.75]), array([0.25]))

    Communication: none; distributed coefficients go to every locality.
    """
    rest, divisor = (_coefficients("polydiv", p) + 0.0 for p in (u, v))
    dtype = np.promote_types(rest.dtype, divisor.dtype)
    rest, count = _core.copy(_core.astype(rest, dtype)), rest.size - divisor.size + 1
    quotient = _core.zeros(max(count, 1), dtype=dtype)
    scale = 1.0 / divisor[0]
    for k in range(count):
        factor = scale * rest[k]
        quotient[k] = factor
        rest[k : k + divisor.size] -= factor * divisor
    while rest.size > 1 and allclose(rest[0], 0, rtol=1e-14):
        rest = rest[1:]
    return _like(quotient, u, v), _like(rest, u, v)


def _order(name, m):
    m = operator.index(m)
    if m < 0:
        raise ValueError(f"{name}: m={m} is negative; give 0 or more")
    return m


def polyder(p, m=1):
    """The `m`-th derivative of a polynomial: its coefficients, or a poly1d.

    Example:
        >>> hpx.polyder([1, 1, 1, 1])
        array([3, 2, 1])

    Communication: none; distributed coefficients go to every locality.
    """
    x = _coefficients("polyder", p)
    for _ in range(_order("polyder", m)):
        x = x[:-1] * _core.arange(max(x.size - 1, 0), 0, -1)
    return _like(x, p)


def polyint(p, m=1, k=None):
    """The `m`-th antiderivative of a polynomial: its coefficients, or a poly1d.

    `k` are the constants of integration, in order, one for all if it is a number; 0 unless given.

    Example:
        >>> hpx.polyint([3.0, 2.0, 1.0])
        array([1., 1., 1., 0.])

    Communication: none; distributed coefficients go to every locality.
    """
    x, m = _coefficients("polyint", p), _order("polyint", m)
    constants = atleast_1d(_core.zeros(m) if k is None else as_array(k))
    if constants.size == 1 and m > 1:
        constants = _core.broadcast_to(constants, (m,))
    if constants.ndim != 1 or constants.size < m:
        raise ValueError(f"polyint: k has shape {constants.shape} for m={m}; give one, or as many")
    for i in range(m):
        x = concat([x / _core.arange(x.size, 0, -1), constants[i : i + 1]])
    return _like(x, p)


def _powers(x, order):
    """The columns x**(order - 1), ..., x, 1, which lie as `x` does."""
    columns = [_core.ones_like(x)]
    for _ in range(order - 1):
        columns.append(columns[-1] * x)
    return stack(columns[::-1], axis=1)


def _triangular(rows):
    """The triangle R of QR, of all localities' rows, which have the same sums of squares.

    Each locality factors its own rows, and all of them the triangles (Demmel, Grigori, Hoemmen,
    Langou: Communication-optimal parallel and sequential QR and LU factorizations, 2012).
    """
    from .linalg import qr

    if rows.distribution is None:
        return rows
    if rows.distributed_axis != 0:
        rows = _core.redistribute(rows, "block", 0)
    # Of equal copies one counts.
    part = rows.local_partition if is_first_holder(rows) else rows.local_partition[:0]
    own = qr(part, mode="r") if part.shape[0] else part
    return concat(all_gather(own), axis=0)


def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """The coefficients of the polynomial of degree `deg` that comes nearest to the points (x, y).

    By least squares; `y` may have several columns, `w` are weights of the residuals. Singular
    values up to `rcond` times the largest count as 0, the number of points times epsilon unless
    given. With `full` also the sum of squared residuals, the rank, the singular values and rcond,
    with `cov` the covariances of the coefficients ('unscaled': for weights that are 1 / sigma).
    Warns with RankWarning where the points do not determine the polynomial. TypeError for other
    dimensions or lengths.

    Example:
        >>> hpx.polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1).round(6)
        array([2., 1.])

    Communication: none for local points; of distributed ones one all-gather of deg + 2 numbers
    squared from each locality.
    """
    from .linalg import inv, lstsq

    name, order = "polyfit", operator.index(deg) + 1
    if order < 1:
        raise ValueError(f"{name}: deg={deg} is negative; give 0 or more")
    x, y = as_array(x) + 0.0, as_array(y) + 0.0
    weights = None if w is None else as_array(w) + 0.0
    if x.ndim != 1 or x.size == 0:
        raise TypeError(f"{name}: x has shape {x.shape}; give a vector that is not empty")
    if y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise TypeError(f"{name}: y has shape {y.shape} for x of shape {x.shape}")
    if weights is not None and weights.shape != x.shape:
        raise TypeError(f"{name}: w has shape {weights.shape} for x of shape {x.shape}")
    if rcond is None:
        rcond = x.size * float(np.finfo(x.dtype).eps)
    left, right = _powers(x, order), y if y.ndim == 2 else y[:, None]
    if weights is not None:
        left, right = left * weights[:, None], right * weights[:, None]
    if left.distribution is not None or right.distribution is not None:
        both = _triangular(concat([left, right], axis=1))
        left, right = both[:, :order], both[:, order:]
    scale = _core.sqrt(_core.sum(left * left, axis=0))
    left = left / scale
    found, residuals, rank, values = lstsq(left, right, rcond)
    found = found / scale[:, None]
    found = found if y.ndim == 2 else found[:, 0]
    if x.size <= order or rank != order:
        residuals = residuals[:0]
    if rank != order and not full:
        text = f"{name}: the points do not determine a polynomial of degree {deg}"
        warnings.warn(text, np.exceptions.RankWarning, stacklevel=2)
    if full:
        return found, residuals, rank, values, rcond
    if not cov:
        return found
    covariances = inv(left.T @ left) / (scale[:, None] * scale)
    factor = 1.0
    if not (isinstance(cov, str) and cov == "unscaled"):
        if x.size <= order:
            raise ValueError(
                f"{name}: {x.size} points for {order} coefficients have no covariances; give more, "
                "or cov='unscaled'"
            )
        factor = residuals / (x.size - order)
    return found, covariances * factor if y.ndim == 1 else covariances[:, :, None] * factor


class poly1d:
    """A polynomial, which is called, added, multiplied, derived, with coefficients highest first.

    `c_or_r` are coefficients, or roots if `r` is true. p(x) is its value at x, p[k] the coefficient
    of x**k. `variable` is the letter in its text.

    Example:
        >>> p = hpx.poly1d([1, 2, 3])
        >>> p(2), p.order
        (array(11), 2)

    Communication: none; distributed coefficients go to every locality.
    """

    __hash__ = None

    def __init__(self, c_or_r, r=False, variable=None):
        if isinstance(c_or_r, poly1d):
            self.variable = c_or_r.variable if variable is None else variable
            self.coeffs = _core.copy(c_or_r.coeffs)
            return
        x = atleast_1d(poly(c_or_r) if r else as_array(everywhere(c_or_r)))
        if x.ndim != 1:
            raise ValueError(f"poly1d: coefficients of shape {x.shape} given; they must be 1-d")
        self.coeffs = _trimmed(x)
        self.variable = "x" if variable is None else variable

    @property
    def c(self) -> _core.ndarray:
        """The coefficients.

        Communication: none.
        """
        return self.coeffs

    coef = coefficients = c

    @property
    def order(self) -> int:
        """The degree.

        Communication: none.
        """
        return self.coeffs.size - 1

    o = order

    @property
    def roots(self) -> _core.ndarray:
        """The roots, as the function `roots` gives them.

        Communication: none.
        """
        return roots(self.coeffs)

    r = roots

    def __array__(self, dtype=None, copy=None) -> np.ndarray[Any, Any]:
        return np.array(np.asarray(self.coeffs), dtype)

    def __len__(self):
        return self.order

    def __iter__(self):
        return iter(self.coeffs)

    def __call__(self, x) -> Any:
        return polyval(self, x)

    def __getitem__(self, power) -> Any:
        if not 0 <= operator.index(power) <= self.order:
            return _core.zeros((), dtype=self.coeffs.dtype)
        return self.coeffs[self.order - power]

    def __setitem__(self, power, value):
        if operator.index(power) < 0:
            raise ValueError(f"poly1d: power {power} is negative; give 0 or more")
        if power > self.order:
            zeros = _core.zeros(power - self.order, dtype=self.coeffs.dtype)
            self.coeffs = concat([zeros, self.coeffs])
        self.coeffs[self.order - power] = value

    def __neg__(self):
        return poly1d(-self.coeffs)

    def __pos__(self):
        return self

    def __add__(self, other):
        return poly1d(polyadd(self, other))

    __radd__ = __add__

    def __sub__(self, other):
        return poly1d(polysub(self, other))

    def __rsub__(self, other):
        return poly1d(polysub(other, self))

    def __mul__(self, other):
        return poly1d(polymul(self, other))

    __rmul__ = __mul__

    def __pow__(self, power):
        if operator.index(power) < 0:
            raise ValueError(f"poly1d: power {power} is negative; give 0 or more")
        result = poly1d([1])
        for _ in range(power):
            result = result * self
        return result

    def __truediv__(self, other):
        return poly1d(self.coeffs / other) if np.ndim(other) == 0 else polydiv(self, other)

    def __rtruediv__(self, other):
        return polydiv(poly1d(other), self)

    def __eq__(self, other):
        if not isinstance(other, poly1d):
            return NotImplemented
        same = self.coeffs.shape == other.coeffs.shape
        return same and bool(_core.all(self.coeffs == other.coeffs))

    def deriv(self, m=1) -> poly1d:
        """The `m`-th derivative.

        Communication: none.
        """
        return poly1d(polyder(self, m))

    def integ(self, m=1, k=0) -> poly1d:
        """The `m`-th antiderivative with the constants `k`.

        Communication: none.
        """
        return poly1d(polyint(self, m, k))

    def __repr__(self):
        return f"poly1d({repr(self.coeffs)[6:-1]})"

    def __str__(self):
        return str(np.poly1d(np.asarray(self.coeffs), variable=self.variable))
