"""Distributions that are made of others: of uniform, normal, exponential, gamma, Poisson numbers.

What `Generator` in random.py has beside those. One way a family: by inversion where the inverse of
the distribution function is known, else as a ratio, a sum, or a mixture; by rejection, in
kernels/variates.cpp, what is left.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import operator

import numpy as np

from . import _core
from ._arguments import as_array, axis_of, beside, everywhere, placed
from ._indexing import take_along_axis
from ._joining import stack
from ._manipulation import ravel
from ._placement import creation, without_default
from ._random_arguments import (
    above,
    between,
    floating,
    held,
    limited,
    parameter,
    shape_of,
    size_of,
    whole_number,
)
from ._sorting import argsort

_POSITIVE = above(0.0)


def _open(uniform):
    """Uniform numbers without 0, of which there is no logarithm."""
    return _core.maximum(uniform, 2.0**-54)


def _exponential(uniform):
    return -_core.log1p(-uniform)


class Variates:
    """The methods of `Generator` that draw with its other ones.

    Communication: none.
    """

    def _located(self, name, standard, loc, scale, size, place):
        """standard(uniform numbers) * scale + loc."""
        place = held(place, size, loc, scale)
        loc = parameter(name, "loc", loc)
        scale = parameter(name, "scale", scale, positive=True)
        shape = shape_of(name, size, loc, scale)
        return standard(self._draw(name, "float64", shape, **place)) * scale + loc

    def _shaped(self, name, what, value, size, place, fits=_POSITIVE, limits="above 0"):
        """A parameter that is checked, the shape, and where the numbers lie."""
        place = held(place, size, value)
        value = limited(name, what, value, fits, limits)
        return value, shape_of(name, size, value), place

    @creation
    def standard_exponential(self, size=None, dtype="float64", method="zig", out=None, **place):
        """Exponential numbers of mean 1, float64 or float32, by inversion, whatever `method` says.

        `size`, `dtype` and `out` are those of `random`.

        Example:
            >>> hpx.random.default_rng(1).standard_exponential(3).shape
            (3,)

        Communication: none.
        """
        name, dtype = "standard_exponential", floating("standard_exponential", dtype)
        if method not in ("zig", "inv"):
            raise ValueError(f"{name}: method={method!r} does not exist; choose 'zig' or 'inv'")
        place = place if out is None else without_default(place)
        shape = shape_of(name, size_of(name, size, dtype, out))
        return placed(name, _exponential(self._draw(name, dtype, shape, **place)), out)

    @creation
    def gumbel(self, loc=0.0, scale=1.0, size=None, **place):
        """Gumbel's numbers, of mode `loc`, float64: loc - scale * log(-log(u)).

        The shape is `size`, or that of the parameters. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).gumbel(0, 2, 3).shape
            (3,)

        Communication: none.
        """

        def standard(uniform):
            return -_core.log(-_core.log(_open(uniform)))

        return self._located("gumbel", standard, loc, scale, size, place)

    @creation
    def laplace(self, loc=0.0, scale=1.0, size=None, **place):
        """Laplace's numbers, exponential on both sides of `loc`, float64, by inversion.

        The shape is `size`, or that of the parameters. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).laplace(0, 2, 3).shape
            (3,)

        Communication: none.
        """

        def standard(uniform):
            u = _open(uniform)
            return _core.where(u < 0.5, _core.log(2.0 * u), -_core.log(2.0 - 2.0 * u))

        return self._located("laplace", standard, loc, scale, size, place)

    @creation
    def logistic(self, loc=0.0, scale=1.0, size=None, **place):
        """Logistic numbers of mean `loc`, float64: loc + scale * log(u / (1 - u)).

        The shape is `size`, or that of the parameters. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).logistic(0, 2, 3).shape
            (3,)

        Communication: none.
        """

        def standard(uniform):
            u = _open(uniform)
            return _core.log(u / (1.0 - u))

        return self._located("logistic", standard, loc, scale, size, place)

    @creation
    def standard_cauchy(self, size=None, **place):
        """Cauchy's numbers around 0, float64: the tangent of a uniform angle.

        Example:
            >>> hpx.random.default_rng(1).standard_cauchy(3).shape
            (3,)

        Communication: none.
        """
        shape = shape_of("standard_cauchy", size)
        uniform = self._draw("standard_cauchy", "float64", shape, **place)
        return _core.tan(math.pi * (uniform - 0.5))

    @creation
    def rayleigh(self, scale=1.0, size=None, **place):
        """Rayleigh's numbers of mode `scale`, float64: lengths of pairs of normal numbers.

        The shape is `size`, or that of the parameter. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).rayleigh(2.0, 3).shape
            (3,)

        Communication: none.
        """

        def standard(uniform):
            return _core.sqrt(2.0 * _exponential(uniform))

        return self._located("rayleigh", standard, 0.0, scale, size, place)

    @creation
    def weibull(self, a, size=None, **place):
        """Weibull's numbers of shape `a`, float64: exponential ones to the power of 1 / a.

        The shape of the array is `size`, or that of the parameter. ValueError for a negative shape.

        Example:
            >>> hpx.random.default_rng(1).weibull(2.0, 3).shape
            (3,)

        Communication: none.
        """
        fits = between(0, math.inf)
        a, shape, place = self._shaped("weibull", "a", a, size, place, fits, "0 or more")
        drawn = _exponential(self._draw("weibull", "float64", shape, **place))
        return drawn ** (1.0 / as_array(a))

    @creation
    def pareto(self, a, size=None, **place):
        """Pareto's numbers of the second kind (Lomax) and shape `a`, float64: from 0 on.

        The shape of the array is `size`, or that of the parameter. ValueError for a shape that is
        not above 0.

        Example:
            >>> hpx.random.default_rng(1).pareto(3.0, 3).shape
            (3,)

        Communication: none.
        """
        a, shape, place = self._shaped("pareto", "a", a, size, place)
        drawn = _exponential(self._draw("pareto", "float64", shape, **place))
        return _core.expm1(drawn / a)

    @creation
    def power(self, a, size=None, **place):
        """Numbers of [0, 1] whose density is a * x**(a - 1), float64.

        The shape is `size`, or that of the parameter. ValueError for `a` that is not above 0.

        Example:
            >>> hpx.random.default_rng(1).power(3.0, 3).shape
            (3,)

        Communication: none.
        """
        a, shape, place = self._shaped("power", "a", a, size, place)
        drawn = _exponential(self._draw("power", "float64", shape, **place))
        return _core.exp(-drawn / a)

    @creation
    def lognormal(self, mean=0.0, sigma=1.0, size=None, **place):
        """Numbers whose logarithms are normal, of mean `mean` and deviation `sigma`, float64.

        The shape is `size`, or that of the parameters. ValueError for a negative sigma.

        Example:
            >>> hpx.random.default_rng(1).lognormal(0, 0.5, 3).shape
            (3,)

        Communication: none.
        """
        place = held(place, size, mean, sigma)
        mean = parameter("lognormal", "mean", mean)
        sigma = parameter("lognormal", "sigma", sigma, positive=True)
        shape = shape_of("lognormal", size, mean, sigma)
        return _core.exp(self._normal("lognormal", shape, "float64", place) * sigma + mean)

    @creation
    def triangular(self, left, mode, right, size=None, **place):
        """Numbers from `left` to `right` whose density rises to `mode` and falls, float64.

        The shape is `size`, or that of the parameters. ValueError unless left <= mode <= right and
        left < right.

        Example:
            >>> hpx.random.default_rng(1).triangular(0, 1, 3, 4).shape
            (4,)

        Communication: none.
        """
        name = "triangular"
        place = held(place, size, left, mode, right)
        shape = shape_of(name, size, left, mode, right)
        left, mode, right = (
            as_array(parameter(name, what, value))
            for what, value in (("left", left), ("mode", mode), ("right", right))
        )
        good = (left <= mode) & (mode <= right) & (left < right)
        if not bool(_core.all(good)):
            raise ValueError(f"{name}: left, mode and right must rise, and left be below right")
        width, below = right - left, mode - left
        u = self._draw(name, "float64", shape, **place)
        rising = left + _core.sqrt(u * width * below)
        falling = right - _core.sqrt((1.0 - u) * width * (right - mode))
        return _core.where(u * width <= below, rising, falling)

    @creation
    def geometric(self, p, size=None, **place):
        """How many attempts it takes to succeed with probability `p` each, int64: from 1 on.

        By inversion. The shape is `size`, or that of the parameter. ValueError for `p` that is not
        above 0 or above 1.

        Example:
            >>> hpx.random.default_rng(1).geometric(0.3, 3).shape
            (3,)

        Communication: none.
        """
        fits = above(0.0, 1.0)
        p, shape, place = self._shaped("geometric", "p", p, size, place, fits, "above 0, up to 1")
        drawn = _exponential(self._draw("geometric", "float64", shape, **place))
        attempts = _core.ceil(drawn / -_core.log1p(-_core.astype(as_array(p), np.float64)))
        return _core.astype(_core.maximum(attempts, 1.0), np.int64)

    @creation
    def logseries(self, p, size=None, **place):
        """Whole numbers k with probabilities like p**k / k, int64: from 1 on.

        Of two uniform numbers each (Kemp: Efficient generation of logarithmically distributed
        pseudo-random variables, 1981). The shape is `size`, or that of the parameter. ValueError
        for `p` outside of [0, 1).

        Example:
            >>> hpx.random.default_rng(1).logseries(0.6, 3).shape
            (3,)

        Communication: none.
        """
        fits = between(0, 1 - 2.0**-53)
        p, shape, place = self._shaped("logseries", "p", p, size, place, fits, "from 0 to below 1")
        v = _open(self._draw("logseries", "float64", shape, **place))
        u = _open(self._draw("logseries", "float64", shape, **place))
        q = -_core.expm1(_core.log1p(-_core.astype(as_array(p), np.float64)) * u)
        many = _core.floor(1.0 + _core.log(v) / _core.log(q))
        drawn = _core.where(v <= q * q, many, _core.where(v >= q, 1.0, 2.0))
        return _core.astype(_core.where(v >= p, 1.0, drawn), np.int64)

    def _gamma(self, shape, size, place):
        """Standard gamma numbers of a shape that is known to be good."""
        return self._variates("gamma", size, place, shape)

    def _mean_squares(self, df, size, place):
        """Chi-squared numbers divided by their degrees of freedom."""
        half = df / 2.0
        return self._gamma(half, size, place) / half

    @creation
    def chisquare(self, df, size=None, **place):
        """Sums of squares of `df` normal numbers, float64: twice gamma numbers of shape df / 2.

        The shape is `size`, or that of the parameter. ValueError for `df` that is not above 0.

        Example:
            >>> hpx.random.default_rng(1).chisquare(2, 3).shape
            (3,)

        Communication: none.
        """
        df, shape, place = self._shaped("chisquare", "df", df, size, place)
        return 2.0 * self._gamma(df / 2.0, shape, place)

    @creation
    def noncentral_chisquare(self, df, nonc, size=None, **place):
        """Sums of squares of `df` normal numbers whose means' squares add up to `nonc`, float64.

        Chi-squared numbers of df + 2 k degrees of freedom, where k is Poisson's of mean nonc / 2.
        The shape is `size`, or that of the parameters. ValueError for `df` that is not above 0 and
        for a negative `nonc`.

        Example:
            >>> hpx.random.default_rng(1).noncentral_chisquare(3, 1.5, 3).shape
            (3,)

        Communication: none.
        """
        name = "noncentral_chisquare"
        place = held(place, size, df, nonc)
        df = limited(name, "df", df, _POSITIVE, "above 0")
        nonc = limited(name, "nonc", nonc, between(0, 2.0**60), "from 0 to 2**60")
        shape = shape_of(name, size, df, nonc)
        return 2.0 * self._noncentral_gamma(df, nonc, shape, place)

    def _noncentral_gamma(self, df, nonc, shape, place):
        more = self._variates("poisson", shape, place, nonc / 2.0)
        return self._gamma(df / 2.0 + more, shape, place)

    @creation
    def f(self, dfnum, dfden, size=None, **place):
        """Fisher's numbers: ratios of mean squares of `dfnum` and `dfden` normal numbers, float64.

        The shape is `size`, or that of the parameters. ValueError for parameters that are not above
        0.

        Example:
            >>> hpx.random.default_rng(1).f(2, 5, 3).shape
            (3,)

        Communication: none.
        """
        place = held(place, size, dfnum, dfden)
        dfnum = limited("f", "dfnum", dfnum, _POSITIVE, "above 0")
        dfden = limited("f", "dfden", dfden, _POSITIVE, "above 0")
        shape = shape_of("f", size, dfnum, dfden)
        above_line = self._mean_squares(dfnum, shape, place)
        return above_line / self._mean_squares(dfden, shape, place)

    @creation
    def noncentral_f(self, dfnum, dfden, nonc, size=None, **place):
        """Ratios as of `f`, whose upper normal numbers have means; their squares sum to `nonc`.

        float64. The shape is `size`, or that of the parameters. ValueError for degrees of freedom
        that are not above 0 and for a negative `nonc`.

        Example:
            >>> hpx.random.default_rng(1).noncentral_f(3, 20, 1.5, 3).shape
            (3,)

        Communication: none.
        """
        name = "noncentral_f"
        place = held(place, size, dfnum, dfden, nonc)
        dfnum = limited(name, "dfnum", dfnum, _POSITIVE, "above 0")
        dfden = limited(name, "dfden", dfden, _POSITIVE, "above 0")
        nonc = limited(name, "nonc", nonc, between(0, 2.0**60), "from 0 to 2**60")
        shape = shape_of(name, size, dfnum, dfden, nonc)
        upper = self._noncentral_gamma(dfnum, nonc, shape, place) / (dfnum / 2.0)
        return upper / self._mean_squares(dfden, shape, place)

    @creation
    def standard_t(self, df, size=None, **place):
        """Student's numbers of `df` degrees of freedom, float64: normal over root mean square.

        The shape is `size`, or that of the parameter. ValueError for `df` that is not above 0.

        Example:
            >>> hpx.random.default_rng(1).standard_t(10, 3).shape
            (3,)

        Communication: none.
        """
        df, shape, place = self._shaped("standard_t", "df", df, size, place)
        normal = self._normal("standard_t", shape, "float64", place)
        return normal / _core.sqrt(self._mean_squares(df, shape, place))

    @creation
    def negative_binomial(self, n, p, size=None, **place):
        """How many failures come before the `n`-th success of probability `p`, int64.

        Poisson's numbers whose means are gamma numbers. `n` need not be whole. The shape is `size`,
        or that of the parameters. ValueError for `n` that is not above 0 and for `p` that is not
        above 0 or above 1.

        Example:
            >>> hpx.random.default_rng(1).negative_binomial(3, 0.5, 3).shape
            (3,)

        Communication: none.
        """
        name = "negative_binomial"
        place = held(place, size, n, p)
        n = limited(name, "n", n, _POSITIVE, "above 0")
        p = limited(name, "p", p, above(0.0, 1.0), "above 0, up to 1")
        shape = shape_of(name, size, n, p)
        means = self._gamma(n, shape, place) * ((1.0 - p) / p)
        return self._variates("poisson", shape, place, _core.minimum(means, 2.0**62))

    @creation
    def wald(self, mean, scale, size=None, **place):
        """Inverse Gaussian numbers of that mean and scale, float64: from 0 on.

        One of the two roots that a normal number has (Michael, Schucany, Haas: Generating random
        variates using transformations with multiple roots, 1976). The shape is `size`, or that of
        the parameters. ValueError for parameters that are not above 0.

        Example:
            >>> hpx.random.default_rng(1).wald(3, 2, 3).shape
            (3,)

        Communication: none.
        """
        place = held(place, size, mean, scale)
        mean = as_array(limited("wald", "mean", mean, _POSITIVE, "above 0"))
        scale = limited("wald", "scale", scale, _POSITIVE, "above 0")
        shape = shape_of("wald", size, mean, scale)
        normal = self._normal("wald", shape, "float64", place)
        uniform = self._draw("wald", "float64", shape, **place)
        t = normal * normal * (mean / (2.0 * scale))
        ratio = 1.0 + t + _core.sqrt(t * (2.0 + t))
        # The smaller root is mean / ratio, the larger one mean * ratio.
        return mean * _core.where(uniform <= ratio / (1.0 + ratio), 1.0 / ratio, ratio)

    @creation
    def vonmises(self, mu, kappa, size=None, **place):
        """Von Mises' angles around `mu`, from -pi to pi, float64; `kappa` says how close they lie.

        By rejection from a wrapped Cauchy distribution (Best, Fisher: Efficient simulation of the
        von Mises distribution, 1979), normal where `kappa` is above 10**6. The shape is `size`, or
        that of the parameters. ValueError for a negative `kappa`.

        Example:
            >>> hpx.random.default_rng(1).vonmises(0.0, 4.0, 3).shape
            (3,)

        Communication: none.
        """
        place = held(place, size, mu, kappa)
        mu = parameter("vonmises", "mu", mu)
        kappa = limited("vonmises", "kappa", kappa, between(0, math.inf), "0 or more")
        shape = shape_of("vonmises", size, mu, kappa)
        angles = self._variates("vonmises", shape, place, kappa) + mu
        turned = _core.remainder(angles + math.pi, 2.0 * math.pi) - math.pi
        return _core.where(_core.abs(angles) > math.pi, turned, angles)

    @creation
    def zipf(self, a, size=None, **place):
        """Whole numbers k with probabilities like k**-a, int64: from 1 on.

        By rejection (Devroye: Non-uniform random variate generation, 1986, X.6). The shape is
        `size`, or that of the parameter. ValueError for `a` that is not above 1.

        Example:
            >>> hpx.random.default_rng(1).zipf(3.0, 3).shape
            (3,)

        Communication: none.
        """
        a, shape, place = self._shaped("zipf", "a", a, size, place, above(1.0), "above 1")
        return self._variates("zipf", shape, place, a)

    @creation
    def hypergeometric(self, ngood, nbad, nsample, size=None, **place):
        """How many of `nsample` things, drawn from `ngood` and `nbad` others, are good; int64.

        Below 10 draws by inversion, else by ratio of uniforms (Stadlober: The ratio of uniforms
        approach for generating discrete random variates, 1990). The shape is `size`, or that of the
        parameters. ValueError for negative numbers, for more than 10**9 things and for more draws
        than there are, TypeError for what is no integer.

        Example:
            >>> hpx.random.default_rng(1).hypergeometric(5, 7, 4, 3).shape
            (3,)

        Communication: none.
        """
        name = "hypergeometric"
        place = held(place, size, ngood, nbad, nsample)
        fits = between(0, 10.0**9)
        good, bad, drawn = (
            whole_number(name, what, limited(name, what, value, fits, "from 0 to 10**9"))
            for what, value in (("ngood", ngood), ("nbad", nbad), ("nsample", nsample))
        )
        there = as_array(good) + bad
        if not bool(_core.all(there <= 10**9)):
            raise ValueError(f"{name}: ngood={ngood!r} and nbad={nbad!r} are more than 10**9")
        if not bool(_core.all(as_array(drawn) <= there)):
            raise ValueError(f"{name}: nsample={nsample!r} is more than there are")
        shape = shape_of(name, size, good, bad, drawn)
        return self._variates(name, shape, place, good, bad, drawn)

    def _in_rows(self, name, size, count, place, draw):
        """Stacks what draw(shape, place) gives for each of `count` places, along a last axis."""
        shape = shape_of(name, () if size is None else size)
        whole = (*shape, count)
        axes = _core._distributed_axes(name, place.get("distribution"), whole, place.get("axis"))
        kind = _core.Distribution(place.get("distribution")).kind
        if len(axes) == 1 and axes[0] < len(shape) and kind == "block":
            asked = place["distribution"]
            if not isinstance(asked, (tuple, list)) and place.get("grid") is None:
                parts = draw(shape, {"distribution": asked, "axis": axes[0]})
                return stack(parts, axis=-1)
        result = stack(draw(shape, {}), axis=-1)
        return _core._dealt_out(name, result, **place) if axes else result

    @creation
    def multinomial(self, n, pvals, size=None, **place):
        """How often each of several outcomes comes up in `n` trials, int64: a new last axis.

        `pvals` are the probabilities, which sum to 1; the last one is what the others leave. Each
        number is binomial of what is left. `n` and the rows of `pvals` are broadcast, and give the
        shape if `size` does not. ValueError for negative `n` and probabilities, and for sums above
        1.

        Example:
            >>> hpx.random.default_rng(1).multinomial(20, [0.5, 0.3, 0.2], 2).shape
            (2, 3)

        Communication: none; distributed `pvals` go to every locality.
        """
        name = "multinomial"
        n = limited(name, "n", n, between(0, 2.0**53), "from 0 to 2**53")
        n = whole_number(name, "n", n)
        p = _core.astype(as_array(everywhere(pvals)), np.float64)
        if p.ndim < 1 or p.shape[-1] < 1:
            raise ValueError(f"{name}: pvals has shape {p.shape}; give probabilities")
        if not bool(_core.all((p >= 0) & (p <= 1))):
            raise ValueError(f"{name}: pvals={pvals!r} must lie from 0 to 1")
        if not bool(_core.all(_core.sum(p[..., :-1], axis=-1) <= 1 + 1e-12)):
            raise ValueError(f"{name}: all of pvals but the last sum to more than 1")
        if size is None:
            size = np.broadcast_shapes(np.shape(n), p.shape[:-1])

        def draw(shape, where):
            left, rest, parts = n, 1.0, []
            for i in range(p.shape[-1] - 1):
                share = _core.clip(p[..., i] / rest, 0.0, 1.0)
                share = _core.where(_core.isnan(share), 0.0, share)
                parts.append(self._variates("binomial", shape, where, left, share))
                left, rest = left - parts[-1], _core.maximum(rest - p[..., i], 0.0)
            whole = _core.zeros(shape, dtype=np.int64, **where)
            return [*parts, whole + left]

        return self._in_rows(name, size, p.shape[-1], place, draw)

    @creation
    def multivariate_hypergeometric(self, colors, nsample, size=None, method="marginals", **place):
        """How many of each color are among `nsample` things drawn, int64: a new last axis.

        `colors` says how many there are of each. Each number is hypergeometric of what is left,
        whatever `method` says. ValueError as for `hypergeometric`.

        Example:
            >>> hpx.random.default_rng(1).multivariate_hypergeometric([16, 8, 4], 6, 2).shape
            (2, 3)

        Communication: none; distributed `colors` go to every locality.
        """
        name = "multivariate_hypergeometric"
        if method not in ("marginals", "count"):
            raise ValueError(f"{name}: method={method!r} does not exist; choose 'marginals'")
        counts = whole_number(name, "colors", as_array(everywhere(colors)))
        counts = [int(count) for count in ravel(counts).tolist()]
        nsample = operator.index(nsample)
        if min(counts, default=0) < 0 or sum(counts) > 10**9:
            raise ValueError(f"{name}: colors={colors!r} must be 0 or more, and 10**9 together")
        if not 0 <= nsample <= sum(counts):
            raise ValueError(f"{name}: nsample={nsample} is not from 0 to {sum(counts)}")

        def draw(shape, where):
            left, rest, parts = nsample, sum(counts), []
            for count in counts[:-1]:
                rest -= count
                parts.append(self._variates("hypergeometric", shape, where, count, rest, left))
                left = left - parts[-1]
            return [*parts, _core.zeros(shape, dtype=np.int64, **where) + left]

        return self._in_rows(name, size, len(counts), place, draw)

    @creation
    def dirichlet(self, alpha, size=None, **place):
        """Vectors of numbers that sum to 1, of Dirichlet's distribution, float64: a new last axis.

        Shares of gamma numbers of the shapes `alpha` in their sum; where all of these are below
        0.1, of beta numbers in what is left. ValueError for `alpha` that is no vector, or not above
        0.

        Example:
            >>> hpx.random.default_rng(1).dirichlet([10, 5, 3], 2).shape
            (2, 3)

        Communication: none.
        """
        alpha = limited("dirichlet", "alpha", as_array(alpha), _POSITIVE, "above 0")
        if alpha.ndim != 1 or alpha.size == 0:
            raise ValueError(f"dirichlet: alpha has shape {alpha.shape}; give a vector")
        alpha = [float(a) for a in alpha.tolist()]

        def shares(shape, where):
            parts = [self._gamma(a, shape, where) for a in alpha]
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            return [part / total for part in parts]

        def broken(shape, where):
            left, parts = _core.ones(shape, **where), []
            for i, a in enumerate(alpha[:-1]):
                one = self._variates("beta", shape, where, a, sum(alpha[i + 1 :]))
                parts.append(left * one)
                left = left * (1.0 - one)
            return [*parts, left]

        draw = broken if max(alpha) < 0.1 else shares
        return self._in_rows("dirichlet", size, len(alpha), place, draw)

    def permuted(self, x, *, axis=None, out=None):
        """A copy in which each row along `axis` is in a random order of its own.

        Without an axis all elements are. `out`, of hpxpy or NumPy, receives the copy. Of a
        distributed array the order is the same on any number of localities, and the copy lies as
        `x` does.

        Example:
            >>> hpx.random.default_rng(1).permuted(hpx.ones((2, 3)), axis=1).shape
            (2, 3)

        Communication: none; along an axis that is dealt out that of argsort and take_along_axis.
        """
        x = as_array(x)
        if axis is None:
            place = {} if x.distribution is None else {"distribution": "block"}
            order = argsort(self._draw("permuted", "uint64", (x.size,), **place))
            result = _core.reshape(ravel(x)[order], x.shape)
        else:
            axis = axis_of("permuted", axis, x.ndim)
            keys = self._draw("permuted", "uint64", x.shape, **beside(x))
            result = take_along_axis(x, argsort(keys, axis=axis), axis)
        if x.distribution is not None:
            result = _core.redistribute(result, x.distribution)
        return placed("permuted", result, out)

    def bytes(self, length) -> bytes:
        """`length` random bytes, as Python's bytes.

        Example:
            >>> len(hpx.random.default_rng(1).bytes(10))
            10

        Communication: none.
        """
        size = shape_of("bytes", operator.index(length))
        drawn = self._integers("bytes", 0, 256, size, "uint8", False, {})
        return drawn.to_numpy().tobytes()
