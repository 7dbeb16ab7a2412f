"""Random numbers that do not depend on the number of threads or localities.

A value is a function of the generator's seed, the number of the call and its position in the whole
array: Philox 4x32-10, a generator that encrypts a counter (Salmon, Moraes, Dror, Shaw: Parallel
random numbers: as easy as 1, 2, 3, SC 2011). Imported by hpxpy/__init__.py as `hpx.random`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import inspect
import math
import operator
import secrets
import warnings

import numpy as np

from . import _core, linalg
from ._arguments import as_array, axis_of, everywhere, placed
from ._blocks import dealt_axes, is_first_holder, memory_of
from ._collectives import all_reduce
from ._indexing import take
from ._linalg import matmul
from ._manipulation import ravel
from ._objects import broadcast_object
from ._placement import creation, without_default
from ._random_arguments import (
    between,
    floating,
    held,
    limited,
    parameter,
    shape_of,
    size_of,
    whole_number,
    whole_numbers,
)
from ._sorting import argsort, searchsorted
from ._variates import Variates

_WIDTH = 2**64


def default_rng(seed=None) -> Generator:
    """A `Generator` of the given seed: an integer, a sequence of them, or a NumPy SeedSequence.

    Localities that give the same seed make the same numbers, and together those of a distributed
    array. Without a seed one is drawn from the system. A `Generator` is given back as it is.
    ValueError for a negative seed, TypeError for anything else.

    Example:
        >>> rng = hpx.random.default_rng(42)
        >>> rng.random((2, 3)).shape
        (2, 3)

    Communication: none with a seed; without one, one broadcast of a number.
    """
    return seed if isinstance(seed, Generator) else Generator(seed)


def _sequence(name, seed):
    if isinstance(seed, np.random.SeedSequence):
        return seed
    if seed is None:
        seed = broadcast_object(secrets.randbits(128))
    try:
        many = isinstance(seed, (tuple, list, np.ndarray))
        seed = [operator.index(s) for s in seed] if many else operator.index(seed)
    except TypeError:
        raise TypeError(
            f"{name}: seed {seed!r} is neither an integer nor a sequence of integers"
        ) from None
    if np.any(np.less(seed, 0)):
        raise ValueError(f"{name}: seed {seed!r} is negative; give 0 or more")
    return np.random.SeedSequence(seed)


# Larger means could give numbers that int64 does not hold.
_LARGEST_MEAN = 2.0**63 - 10 * 2.0**31.5


def _is_apart(x):
    """Whether it is a distributed array."""
    return isinstance(x, _core.ndarray) and x.distribution is not None


def _beside(place, shape, *given):
    """The keywords of an array that lies where the first distributed parameter does, if one is.

    What was asked for, and not by default, counts more.
    """
    apart = [x for x in given if _is_apart(x)]
    if not apart or without_default(place):
        return place
    x = apart[0]
    if x.shape == shape:
        return {"distribution": x.distribution}
    before = len(shape) - x.ndim
    for axis in dealt_axes(x):
        if x.shape[axis] == shape[before + axis]:
            return {"distribution": "block", "axis": before + axis}
    return place


class Generator(Variates):
    """Makes random numbers, with the methods of NumPy's Generator; see `default_rng`.

    The calls are counted, and each has a stream of its own: they must be the same and in the same
    order on all localities. `distribution='block'` with `axis` (or what `zeros` takes) makes one
    array whose blocks lie on the localities, with the numbers of the local array.

    Communication: none with a seed; without one, one broadcast of a number.
    """

    def __init__(self, seed=None):
        self._seeds = _sequence("default_rng", seed)
        self._key = int(self._seeds.generate_state(1, np.uint64)[0])
        self._calls = 0

    def __repr__(self):
        return f"Generator(Philox4x32-10, key {self._key:#018x}, {self._calls} calls)"

    def _draw(self, name, dtype, shape, **keywords):
        self._calls += 1
        return _core._random(name, dtype, shape, self._key, self._calls - 1, **keywords)

    def spawn(self, n_children) -> list[Generator]:
        """`n_children` generators, independent of this one and of each other.

        They depend on this one's seed and on how many were spawned before, not on its calls.

        Example:
            >>> first, second = hpx.random.default_rng(1).spawn(2)

        Communication: none.
        """
        return [Generator(seeds) for seeds in self._seeds.spawn(operator.index(n_children))]

    @creation
    def random(self, size=None, dtype="float64", out=None, **place):
        """Uniform numbers in [0, 1): multiples of 2**-53, as float32 of 2**-24.

        The shape is `size`, without it that of `out`, else (). `out`, of the same shape and dtype,
        receives the numbers. TypeError for other dtypes.

        Example:
            >>> hpx.random.default_rng(1).random(3).shape
            (3,)

        Communication: none.
        """
        dtype = floating("random", dtype)
        shape = shape_of("random", size_of("random", size, dtype, out))
        place = place if out is None else without_default(place)
        return placed("random", self._draw("random", dtype, shape, **place), out)

    @creation
    def uniform(self, low=0.0, high=1.0, size=None, **place):
        """Uniform numbers in [low, high), float64; the shape is `size`, or that of the parameters.

        OverflowError if the width of two numbers is not finite.

        Example:
            >>> hpx.random.default_rng(1).uniform(-1, 1, 3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        place = held(place, size, low, high)
        low, high = parameter("uniform", "low", low), parameter("uniform", "high", high)
        width = high - low
        if not isinstance(width, _core.ndarray) and not math.isfinite(width):
            raise OverflowError(f"uniform: the width of {low!r} to {high!r} is not finite")
        shape = shape_of("uniform", size, low, high)
        place = _beside(place, shape, low, high)
        return self._draw("uniform", "float64", shape, **place) * width + low

    @creation
    def standard_normal(self, size=None, dtype="float64", out=None, **place):
        """Normal numbers of mean 0 and standard deviation 1, float64 or float32.

        Of two uniform numbers each, by the transform of Box and Muller (A note on the generation of
        random normal deviates, 1958). `size`, `dtype` and `out` are those of `random`.

        Example:
            >>> hpx.random.default_rng(1).standard_normal(3).shape
            (3,)

        Communication: none.
        """
        name, dtype = "standard_normal", floating("standard_normal", dtype)
        place = place if out is None else without_default(place)
        size = size_of(name, size, dtype, out)
        return placed(name, self._normal(name, size, dtype, place), out)

    def _normal(self, name, size, dtype, place):
        dtype, shape = floating(name, dtype), shape_of(name, size)
        self._calls += 2
        return _core._random_normal(name, dtype, shape, self._key, self._calls - 2, **place)

    @creation
    def normal(self, loc=0.0, scale=1.0, size=None, **place):
        """Normal numbers of mean `loc` and standard deviation `scale`, float64.

        The shape is `size`, or that of the parameters. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).normal(10, 2, 3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        place = held(place, size, loc, scale)
        loc = parameter("normal", "loc", loc)
        scale = parameter("normal", "scale", scale, positive=True)
        shape = shape_of("normal", size, loc, scale)
        place = _beside(place, shape, loc, scale)
        return self._normal("normal", shape, "float64", place) * scale + loc

    @creation
    def exponential(self, scale=1.0, size=None, **place):
        """Exponential numbers of mean `scale`, float64, by inversion: -log(1 - u) * scale.

        The shape is `size`, or that of the parameter. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).exponential(2.0, 3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        place = held(place, size, scale)
        scale = parameter("exponential", "scale", scale, positive=True)
        shape = shape_of("exponential", size, scale)
        place = _beside(place, shape, scale)
        return _core.log1p(-self._draw("exponential", "float64", shape, **place)) * -scale

    @creation
    def integers(self, low, high=None, size=None, dtype="int64", endpoint=False, **place):
        """Whole numbers from `low` up to `high`, which is among them only with `endpoint`.

        With `low` alone from 0 up to it. Each has the same probability (but for 2**-64 of it): the
        upper part of 128 bits times the number of values (Lemire: Fast random integer generation in
        an interval, 2019). Limits may be arrays, which give the shape if `size` does not.
        ValueError for an empty range and for what `dtype` cannot hold, TypeError for limits that
        are no integers.

        Example:
            >>> hpx.random.default_rng(1).integers(1, 6, size=3, endpoint=True).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        return self._integers("integers", low, high, size, dtype, endpoint, place)

    def _integers(self, name, low, high, size, dtype, endpoint, place):
        place = held(place, size, low, high)
        dtype = np.dtype(dtype)
        if dtype.kind not in "biu":
            raise TypeError(f"{name}: {dtype} holds no integers; use an integer dtype or bool")
        if high is None:
            low, high = 0, low
        if _is_apart(low) or _is_apart(high):
            ends = low, high, endpoint
            return self._integers_apart(name, *ends, size, dtype, place)
        if np.ndim(low) or np.ndim(high):
            ends = low, high, endpoint
            return self._integers_between(name, *ends, size, dtype, place)
        try:
            low, high = operator.index(low), operator.index(high)
        except TypeError:
            raise TypeError(f"{name}: the limits {low!r} and {high!r} are no integers") from None
        count = high - low + bool(endpoint)
        if count <= 0:
            raise ValueError(f"{name}: there is no integer from {low} up to {high}")
        least, most = _range_of(dtype)
        if low < least or low + count - 1 > most:
            raise ValueError(f"{name}: {low} to {low + count - 1} do not fit into {dtype}")
        shape = shape_of(name, size)
        return self._whole(name, dtype, shape, place, low % _WIDTH, count % _WIDTH)

    def _integers_between(self, name, low, high, endpoint, size, dtype, place):
        low, high = whole_numbers(name, low), whole_numbers(name, high)
        empty = low > high if endpoint else low >= high
        if np.any(empty):
            at = tuple(int(i) for i in np.argwhere(empty)[0])
            first, last = (int(np.broadcast_to(x, empty.shape)[at]) for x in (low, high))
            raise ValueError(f"{name}: there is no integer from {first} up to {last}, at {at}")
        last = high if endpoint else high - np.ones((), high.dtype)
        least, most = _range_of(dtype)
        if np.any(low < least) or np.any(last > most):
            raise ValueError(f"{name}: {low.min()} to {last.max()} do not fit into {dtype}")
        first = low.astype(np.uint64)
        count = last.astype(np.uint64) - first + np.uint64(1)
        shape = shape_of(name, size, first, count)
        return self._whole(name, dtype, shape, place, first, count)

    def _integers_apart(self, name, low, high, endpoint, size, dtype, place):
        """The same between distributed limits, which are looked at where they lie."""
        low, high = (as_array(x) for x in (low, high))
        for x in (low, high):
            if x.dtype.kind not in "biu":
                raise TypeError(f"{name}: limits of {x.dtype} are no integers")
        low, high = (x.astype(np.int64) if x.dtype.kind == "b" else x for x in (low, high))
        if bool(_core.any(low > high if endpoint else low >= high)):
            raise ValueError(f"{name}: there is no integer from some lower limits up to the upper")
        last = high if endpoint else high - _core.ones((), dtype=high.dtype)
        least, most = _range_of(dtype)
        if bool(_core.any(low < least)) or bool(_core.any(last > most)):
            raise ValueError(f"{name}: some limits do not fit into {dtype}")
        first = low.astype(np.uint64)
        count = last.astype(np.uint64) - first + _core.ones((), dtype=np.uint64)
        shape = shape_of(name, size, first, count)
        return self._whole(name, dtype, shape, _beside(place, shape, first, count), first, count)

    def _whole(self, name, dtype, shape, place, low, count):
        wide = np.dtype("uint64" if dtype == np.uint64 else "int64")
        result = self._draw(name, wide, shape, **place, low=low, count=count)
        return _core.astype(result, dtype, copy=False)

    def _variates(self, name, size, place, *parameters):
        shape = shape_of(name, size, *parameters)
        place = _beside(place, shape, *parameters)
        self._calls += 1
        where = place.get("distribution"), place.get("axis")
        return _core._random_variates(name, shape, self._key, self._calls - 1, *where, *parameters)

    @creation
    def poisson(self, lam=1.0, size=None, **place):
        """How often something happens that happens `lam` times on average, int64.

        Below 10 by inversion, else by transformed rejection (Hörmann: The transformed rejection
        method for generating Poisson random variables, 1993), with the probabilities of Loader
        (Fast and accurate computation of binomial probabilities, 2000). An element that takes
        several attempts has random bits of its own for each. The shape is `size`, or that of the
        parameter. ValueError for a negative or too large `lam`.

        Example:
            >>> hpx.random.default_rng(1).poisson(4.0, 3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        place = held(place, size, lam)
        limits = f"from 0 to {_LARGEST_MEAN:.3g}"
        fits = between(0, _LARGEST_MEAN)
        lam = limited("poisson", "lam", lam, fits, limits)
        return self._variates("poisson", size, place, lam)

    @creation
    def binomial(self, n, p, size=None, **place):
        """How many of `n` attempts succeed that do so with probability `p`, int64.

        Below 10 expected ones by inversion, else by transformed rejection (Hörmann: The generation
        of binomial random variates, 1993), as `poisson`. The shape is `size`, or that of the
        parameters. ValueError for `n` that is negative or above 2**53 and for `p` outside 0 to 1,
        TypeError for `n` that is no integer.

        Example:
            >>> hpx.random.default_rng(1).binomial(10, 0.5, 3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        place = held(place, size, n, p)
        n = limited("binomial", "n", n, between(0, 2**53), "from 0 to 2**53")
        n = whole_number("binomial", "n", n)
        p = limited("binomial", "p", p, between(0, 1), "from 0 to 1")
        return self._variates("binomial", size, place, n, p)

    @creation
    def gamma(self, shape, scale=1.0, size=None, **place):
        """Numbers of the gamma distribution of `shape`, times `scale`, float64.

        By the rejection method of Marsaglia and Tsang (A simple method for generating gamma
        variables, 2000); an element that takes several attempts has random bits of its own for
        each. The shape of the array is `size`, or that of the parameters. ValueError for a negative
        shape or scale.

        Example:
            >>> hpx.random.default_rng(1).gamma(2.0, size=3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        place = held(place, size, shape, scale)
        shape = limited("gamma", "shape", shape, between(0, math.inf), "0 or more")
        scale = parameter("gamma", "scale", scale, positive=True)
        size = shape_of("gamma", size, shape, scale)
        return self._variates("gamma", size, place, shape) * scale

    @creation
    def standard_gamma(self, shape, size=None, dtype="float64", out=None, **place):
        """Numbers of the gamma distribution of `shape`, float64 or float32; see `gamma`.

        `out`, of the same shape and dtype, receives the numbers.

        Example:
            >>> hpx.random.default_rng(1).standard_gamma(2.0, size=3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        name, dtype = "standard_gamma", floating("standard_gamma", dtype)
        place = held(place, size, shape) if out is None else without_default(place)
        shape = limited(name, "shape", shape, between(0, math.inf), "0 or more")
        size = shape_of(name, size_of(name, size, dtype, out), shape)
        result = self._variates("gamma", size, place, shape)
        return placed(name, _core.astype(result, dtype, copy=False), out)

    @creation
    def beta(self, a, b, size=None, **place):
        """Numbers of the beta distribution of `a` and `b`, in [0, 1], float64.

        The share of one of two gamma variables of these shapes in their sum, from their logarithms.
        The shape is `size`, or that of the parameters. ValueError for parameters that are not above
        0.

        Example:
            >>> hpx.random.default_rng(1).beta(2.0, 3.0, 3).shape
            (3,)

        Communication: none of local parameters; distributed ones are checked by an all-reduce, and
        what lies elsewhere than the result moves there.
        """
        fits = between(5e-324, math.inf)
        place = held(place, size, a, b)
        a = limited("beta", "a", a, fits, "above 0")
        b = limited("beta", "b", b, fits, "above 0")
        return self._variates("beta", size, place, a, b)

    @creation
    def multivariate_normal(
        self, mean, cov, size=None, check_valid="warn", tol=1e-8, *, method="svd", **place
    ):
        """Vectors of normal numbers with the means `mean` and the covariances `cov`, float64.

        Standard normal numbers times a root of `cov`: by singular values (`method` 'svd'),
        eigenvalues ('eigh') or Cholesky's factor ('cholesky'). The shape is `size` and the length
        of `mean`. Where `cov` is not symmetric and positive semidefinite to `tol`, `check_valid`
        says whether to 'warn', 'raise' a ValueError or 'ignore' it; LinAlgError if there is no
        root. `distribution='block'` makes one array of blocks along `axis` of that shape.

        Example:
            >>> mean, cov = [0.0, 1.0], [[2.0, 0.5], [0.5, 1.0]]
            >>> hpx.random.default_rng(1).multivariate_normal(mean, cov, 3).shape
            (3, 2)

        Communication: none; distributed `mean` and `cov` go to every locality.
        """
        name = "multivariate_normal"
        for what, given, choices in (
            ("check_valid", check_valid, ("warn", "raise", "ignore")),
            ("method", method, ("svd", "eigh", "cholesky")),
        ):
            if given not in choices:
                raise ValueError(f"{name}: {what}={given!r} does not exist; choose of {choices}")
        mean = parameter(name, "mean", as_array(everywhere(mean)))
        cov = parameter(name, "cov", as_array(everywhere(cov)))
        if mean.ndim != 1 or cov.shape != (mean.shape[0],) * 2:
            raise ValueError(f"{name}: mean has shape {mean.shape}, and cov {cov.shape}")
        shape = (*shape_of(name, () if size is None else size), mean.shape[0])
        place = held(place, size, mean, cov) if size is None else place
        axes = _core._distributed_axes(name, place.get("distribution"), shape, place.get("axis"))
        cov = _core.astype(cov, np.float64, copy=False)
        root = _root(name, cov, check_valid, tol, method)
        kind = _core.Distribution(place.get("distribution")).kind
        scattered = len(shape) - 2 in axes and (len(axes) > 1 or kind != "block")
        if len(shape) - 1 in axes or scattered:
            # Each element is a sum over the vector, all of which every locality draws.
            whole = _times(self._normal(name, shape, "float64", {}), root) + mean
            return _core._dealt_out(name, whole, **place)
        return _times(self._normal(name, shape, "float64", place), root) + mean

    def _order(self, name, n, like=None, axis=0):
        """The numbers 0 to n - 1 in random order: the order of random keys.

        In blocks where `axis` of `like` is dealt out.
        """
        apart = like is not None and axis in dealt_axes(like)
        place = {"distribution": "block"} if apart else {}
        return argsort(self._draw(name, "uint64", (n,), **place))

    def permutation(self, x, axis=0):
        """The integers 0 to x - 1, or a copy of an array along `axis`, in random order.

        A distributed array gets the same order on any number of localities; along an axis that is
        dealt out the copy lies in even blocks. ValueError for a negative `x`.

        Example:
            >>> hpx.sort(hpx.random.default_rng(1).permutation(3))
            array([0, 1, 2])

        Communication: none; along an axis that is dealt out an argsort of 8 bytes an element, and
        what `take` sends of rows.
        """
        if not isinstance(x, (_core.ndarray, np.ndarray, tuple, list)):
            return self._order("permutation", shape_of("permutation", operator.index(x))[0])
        x = as_array(x)
        axis = axis_of("permutation", axis, x.ndim)
        return take(x, self._order("permutation", x.shape[axis], x, axis), axis=axis)

    def shuffle(self, x, axis=0) -> None:
        """Puts an array's elements along `axis` into random order, in place.

        Of a distributed array as `permutation` does. TypeError for what is no hpxpy array.

        Example:
            >>> x = hpx.arange(3)
            >>> hpx.random.default_rng(1).shuffle(x)

        Communication: that of `permutation`, and back to where the array lies.
        """
        if not isinstance(x, _core.ndarray):
            raise TypeError(f"shuffle: {type(x).__name__} is no hpxpy array; use permutation")
        axis = axis_of("shuffle", axis, x.ndim)
        x[...] = take(x, self._order("shuffle", x.shape[axis], x, axis), axis=axis)

    def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
        """Elements of `a` along `axis`, or of 0 to a - 1, drawn with or without replacement.

        `p` has the probability of each; drawn without replacement, each next one has its share of
        what is left (Efraimidis, Spirakis: Weighted random sampling with a reservoir, 2006). The
        order is always random, whatever `shuffle` says. Along an axis of `a` that is dealt out the
        result lies in blocks of its first axis, unless it is 0-d. ValueError for nothing to draw
        from, for more than there is without replacement, and for `p` that is negative or does not
        sum to 1.

        Example:
            >>> hpx.random.default_rng(1).choice(5, 3, replace=False).shape
            (3,)

        Communication: none of local arrays. Along an axis that is dealt out what `take` sends, and
        without replacement an argsort; of distributed `p` with replacement one all-reduce of the
        positions.
        """
        whole = not isinstance(a, (_core.ndarray, np.ndarray, tuple, list))
        x = None if whole else as_array(a)
        if x is not None:
            axis = axis_of("choice", axis, x.ndim)
        n = operator.index(a) if whole else x.shape[axis]
        shape = shape_of("choice", size)
        count = math.prod(shape)
        if n < 1 and count:
            raise ValueError(f"choice: there is nothing to draw from: {n} elements")
        weights = None if p is None else _weights(p, n)
        apart = x is not None and axis in dealt_axes(x) and bool(shape)
        if replace:
            at = self._with_replacement(n, shape, weights)
        else:
            at = self._without_replacement(n, count, weights, x, axis).reshape(shape)
        if at.distribution is not None and not apart:
            at = _core.redistribute(at, None)  # as many as were asked for
        if whole:
            return at
        if apart and at.distribution is None:
            at = _core.redistribute(at, "block")
        return take(x, at, axis=axis)

    def _with_replacement(self, n, shape, weights):
        if weights is None:
            return self._integers("choice", 0, max(n, 1), shape, "int64", False, {})
        bounds = _core.cumsum(weights)
        drawn = self._draw("choice", "float64", shape) * bounds[-1]
        # As bounds rise, each drawn number has as many below as all localities have of them.
        flat = searchsorted(memory_of(bounds), ravel(drawn), side="right")
        if weights.distribution is not None:
            flat = all_reduce(flat if is_first_holder(bounds) else flat * 0)
        # Rounding may reach the sum itself, which belongs to the last element that can be drawn.
        positions = _core.arange(n, distribution=weights.distribution)
        last = int(_core.max(_core.where(weights > 0, positions, 0)))
        return _core.minimum(flat, last).reshape(shape)

    def _without_replacement(self, n, count, weights, x, axis):
        if count > n:
            raise ValueError(
                f"choice: {count} elements cannot be drawn from {n} without replacement"
            )
        if weights is None:
            return self._order("choice", n, x, axis)[:count]
        possible = int(_core.count_nonzero(weights))
        if count > possible:
            raise ValueError(
                f"choice: only {possible} of {n} probabilities are not 0; {count} were asked for"
            )
        place = {"distribution": weights.distribution}
        waiting = -_core.log1p(-self._draw("choice", "float64", (n,), **place))
        keys = _core.where(weights > 0, waiting / weights, math.inf)
        return argsort(keys)[:count]


def _range_of(dtype):
    return (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)


def _root(name, cov, check_valid, tol, method):
    """A matrix of which the transpose times itself is `cov`."""
    if method == "cholesky":
        if check_valid != "ignore":
            _check_covariances(name, cov, cov.T, check_valid, tol)
        return linalg.cholesky(cov, upper=True)
    if method == "eigh":
        values, vectors = linalg.eigh(cov)
        rows = vectors.T
    else:
        _, values, rows = linalg.svd(cov)
    values = _core.maximum(values, 0.0)
    if check_valid != "ignore":
        product = matmul(rows.T * values, rows)
        _check_covariances(name, cov, product, check_valid, tol)
    return _core.sqrt(values)[:, None] * rows


_PIECE = 256


def _times(x, matrix):
    """The vectors x times a local matrix, where x is local or its rows lie in blocks, if at all.

    BLAS rounds by the number of rows and a row's place among them: rows are taken in pieces that
    begin where they do in the whole array, so no bit depends on the blocks.

    Communication: none.
    """
    if x.ndim == 1:
        return matmul(x, matrix)
    block = x if x.distribution is None else x.local_partition
    *lengths, rows, n = block.shape
    piece = max(1, min(_PIECE, x.shape[-2]))
    before = 0
    if x.distribution is not None and x.distributed_axis == x.ndim - 2:
        here = _core.locality_id()
        before = min(x.distribution.bounds[here : here + 2])
    first = before % piece
    pieces = -(-(first + rows) // piece)
    padded = _core.zeros((*lengths, pieces * piece, n))
    padded[..., first : first + rows, :] = block
    product = matmul(padded.reshape(*lengths, pieces, piece, n), matrix)
    product = product.reshape(padded.shape)[..., first : first + rows, :]
    if x.distribution is None:
        return product
    result = _core.empty(x.shape, distribution=x.distribution)
    result.local_partition[...] = product
    return result


def _check_covariances(name, cov, product, check_valid, tol):
    if bool(_core.all(_core.abs(cov - product) <= tol + tol * _core.abs(cov))):
        return
    text = f"{name}: the covariances are not symmetric and positive semidefinite"
    if check_valid == "raise":
        raise ValueError(text)
    warnings.warn(text, RuntimeWarning, stacklevel=4)


def _weights(p, n):
    p = _core.astype(as_array(p), np.float64, copy=False)
    if p.shape != (n,):
        raise ValueError(f"choice: p has shape {p.shape} for {n} elements")
    total = float(_core.sum(p))
    if not bool(_core.all(p >= 0)) or not abs(total - 1) < 1e-8:
        raise ValueError(f"choice: p must be 0 or more and sum to 1; the sum is {total}")
    return p


_generators = []


def _given(place):
    """The keywords for a call of a public function, where the default was looked at already."""
    return {"distribution": None, **place}


def _default():
    if not _generators:
        _generators.append(Generator())
    return _generators[0]


def seed(seed=None) -> None:
    """Begins the sequence of the numbers that functions of this module draw anew.

    The seed is what `default_rng` takes; with the same one the same numbers follow.

    Example:
        >>> hpx.random.seed(42)

    Communication: none with a seed; without one, one broadcast of a number.
    """
    _generators[:] = [Generator(seed)]


@creation
def rand(*shape, **place):
    """Uniform numbers in [0, 1) of the given lengths, float64; see `Generator.random`.

    Example:
        >>> hpx.random.seed(1)
        >>> hpx.random.rand(2, 3).shape
        (2, 3)

    Communication: none; the first call without `seed` before it broadcasts one number.
    """
    return _default().random(shape, **_given(place))


@creation
def randn(*shape, **place):
    """Standard normal numbers of the given lengths, float64; see `Generator.standard_normal`.

    Example:
        >>> hpx.random.seed(1)
        >>> hpx.random.randn(2, 3).shape
        (2, 3)

    Communication: none; the first call without `seed` before it broadcasts one number.
    """
    return _default().standard_normal(shape, **_given(place))


@creation
def randint(low, high=None, size=None, dtype="int64", **place):
    """Whole numbers from `low` up to `high`, which is not among them; see `Generator.integers`.

    Example:
        >>> hpx.random.seed(1)
        >>> hpx.random.randint(0, 10, size=5).shape
        (5,)

    Communication: none; the first call without `seed` before it broadcasts one number.
    """
    return _default()._integers("randint", low, high, size, dtype, False, place)


def _of_module(name, method):
    """A method of `Generator` as a function of the module's own generator."""

    @functools.wraps(method)
    def function(*args, **keywords):
        return getattr(_default(), method.__name__)(*args, **keywords)

    taken = inspect.signature(method)
    function.__signature__ = taken.replace(parameters=list(taken.parameters.values())[1:])
    function.__module__, function.__name__, function.__qualname__ = __name__, name, name
    first, _, rest = inspect.cleandoc(method.__doc__ or "").partition("\n\n")
    gap = "\n\n" if rest.startswith("Example:") else " "
    own = f"Of the module's own generator, as `Generator.{method.__name__}`."
    text = f"{first}\n\n{own}{gap}{rest}"
    text = text.replace(f"hpx.random.default_rng(1).{method.__name__}", f"hpx.random.{name}")
    function.__doc__ = (
        text.removesuffix(".") + "; the first call without `seed` before it broadcasts one number."
    )
    return function


#: The functions of the module that are methods of its own generator, and NumPy's other names.
_METHODS = [name for name in dir(Generator) if not name.startswith("_") and name != "spawn"]
_ALIASES = {"random_sample": "random", "ranf": "random", "sample": "random"}

_OWN = ("Generator", "default_rng", "rand", "randint", "randn", "seed")
__all__ = sorted({*_OWN, *_METHODS, *_ALIASES})


def __dir__():
    return __all__


def __getattr__(name):
    # Made when somebody asks for the first time, as there are many.
    if name not in _METHODS and name not in _ALIASES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = _of_module(name, getattr(Generator, _ALIASES.get(name, name)))
    return globals().setdefault(name, made)
