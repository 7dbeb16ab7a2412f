"""Random numbers that do not depend on the number of threads or localities.

A value is a function of the generator's seed, the number of the call and its position in the whole
array: Philox 4x32-10, a generator that encrypts a counter (Salmon, Moraes, Dror, Shaw: Parallel
random numbers: as easy as 1, 2, 3, SC 2011). Imported by hpxpy/__init__.py as `hpx.random`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import operator
import secrets

import numpy as np

from . import _core
from ._arguments import as_array, axis_of, need_local
from ._indexing import take
from ._manipulation import ravel
from ._objects import broadcast_object
from ._sorting import argsort, searchsorted

__all__ = ["Generator", "default_rng", "rand", "randint", "randn", "seed", "uniform"]

_WIDTH = 2**64


def default_rng(seed=None):
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


def _shape(name, size, *parameters):
    """`size`, or the shape that the parameters have together."""
    if size is None:
        return np.broadcast_shapes(*(np.shape(p) for p in parameters))
    lengths = size if isinstance(size, (tuple, list)) else (size,)
    try:
        lengths = tuple(operator.index(n) for n in lengths)
    except TypeError:
        raise TypeError(f"{name}: size={size!r} is no shape; give an integer or several") from None
    if any(n < 0 for n in lengths):
        raise ValueError(f"{name}: size={size!r} has a negative length")
    return lengths


def _parameter(name, what, value, positive=False):
    """A number or an array as a parameter of a distribution."""
    x = value if isinstance(value, (int, float, _core.ndarray)) else as_array(value)
    if isinstance(x, _core.ndarray) and x.dtype.kind == "c":
        raise TypeError(f"{name}: {what} is complex; give real numbers")
    if positive:
        if isinstance(x, _core.ndarray):
            need_local(name, x)
            bad = x.size and bool(_core.any(_core.signbit(_core.astype(x, np.float64))))
        else:
            bad = math.copysign(1.0, x) < 0
        if bad:
            raise ValueError(f"{name}: {what} is negative: {value!r}; give 0 or more")
    return x


def _floating(name, dtype):
    dtype = np.dtype(dtype)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}: {dtype} is no dtype of random floats; use float32 or float64")
    return dtype


class Generator:
    """Makes random numbers, with the methods of NumPy's Generator; see `default_rng`.

    The calls are counted, and each has a stream of its own: they must be the same and in the same
    order on all localities. `distribution='block'` with `axis` makes one array whose blocks lie on
    the localities, with the numbers of the local array.

    Communication: none with a seed; without one, one broadcast of a number.
    """

    def __init__(self, seed=None):
        self._seeds = _sequence("default_rng", seed)
        self._key = int(self._seeds.generate_state(1, np.uint64)[0])
        self._calls = 0

    def __repr__(self):
        return f"Generator(Philox4x32-10, key {self._key:#018x}, {self._calls} calls)"

    def _draw(self, name, dtype, shape, distribution=None, axis=0, **integers):
        self._calls += 1
        return _core._random(
            name, dtype, shape, self._key, self._calls - 1, distribution, axis, **integers
        )

    def spawn(self, n_children):
        """`n_children` generators, independent of this one and of each other.

        They depend on this one's seed and on how many were spawned before, not on its calls.

        Example:
            >>> first, second = hpx.random.default_rng(1).spawn(2)

        Communication: none.
        """
        return [Generator(seeds) for seeds in self._seeds.spawn(operator.index(n_children))]

    def random(self, size=None, dtype="float64", *, distribution=None, axis=0):
        """Uniform numbers in [0, 1): multiples of 2**-53, as float32 of 2**-24.

        The shape is `size`, () if None. TypeError for other dtypes.

        Example:
            >>> hpx.random.default_rng(1).random(3).shape
            (3,)

        Communication: none.
        """
        dtype = _floating("random", dtype)
        return self._draw("random", dtype, _shape("random", size), distribution, axis)

    def uniform(self, low=0.0, high=1.0, size=None, *, distribution=None, axis=0):
        """Uniform numbers in [low, high), float64; the shape is `size`, or that of the parameters.

        OverflowError if the width of two numbers is not finite.

        Example:
            >>> hpx.random.default_rng(1).uniform(-1, 1, 3).shape
            (3,)

        Communication: none.
        """
        low, high = _parameter("uniform", "low", low), _parameter("uniform", "high", high)
        width = high - low
        if not isinstance(width, _core.ndarray) and not math.isfinite(width):
            raise OverflowError(f"uniform: the width of {low!r} to {high!r} is not finite")
        shape = _shape("uniform", size, low, high)
        return self._draw("uniform", "float64", shape, distribution, axis) * width + low

    def standard_normal(self, size=None, dtype="float64", *, distribution=None, axis=0):
        """Normal numbers of mean 0 and standard deviation 1, float64 or float32.

        Of two uniform numbers each, by the transform of Box and Muller (A note on the generation of
        random normal deviates, 1958). The shape is `size`, () if None.

        Example:
            >>> hpx.random.default_rng(1).standard_normal(3).shape
            (3,)

        Communication: none.
        """
        return self._normal("standard_normal", size, dtype, distribution, axis)

    def _normal(self, name, size, dtype, distribution, axis):
        dtype, shape = _floating(name, dtype), _shape(name, size)
        radius, angle = (self._draw(name, dtype, shape, distribution, axis) for _ in range(2))
        return _core.sqrt(_core.log1p(-radius) * -2.0) * _core.cos(angle * (2 * math.pi))

    def normal(self, loc=0.0, scale=1.0, size=None, *, distribution=None, axis=0):
        """Normal numbers of mean `loc` and standard deviation `scale`, float64.

        The shape is `size`, or that of the parameters. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).normal(10, 2, 3).shape
            (3,)

        Communication: none.
        """
        loc = _parameter("normal", "loc", loc)
        scale = _parameter("normal", "scale", scale, positive=True)
        shape = _shape("normal", size, loc, scale)
        return self._normal("normal", shape, "float64", distribution, axis) * scale + loc

    def exponential(self, scale=1.0, size=None, *, distribution=None, axis=0):
        """Exponential numbers of mean `scale`, float64, by inversion: -log(1 - u) * scale.

        The shape is `size`, or that of the parameter. ValueError for a negative scale.

        Example:
            >>> hpx.random.default_rng(1).exponential(2.0, 3).shape
            (3,)

        Communication: none.
        """
        scale = _parameter("exponential", "scale", scale, positive=True)
        shape = _shape("exponential", size, scale)
        return (
            _core.log1p(-self._draw("exponential", "float64", shape, distribution, axis)) * -scale
        )

    def integers(
        self, low, high=None, size=None, dtype="int64", endpoint=False, *, distribution=None, axis=0
    ):
        """Whole numbers from `low` up to `high`, which is among them only with `endpoint`.

        With `low` alone from 0 up to it. Each has the same probability (but for 2**-64 of it): the
        upper part of 128 bits times the number of values (Lemire: Fast random integer generation in
        an interval, 2019). ValueError for an empty range and for what `dtype` cannot hold,
        TypeError for limits that are no integers.

        Example:
            >>> hpx.random.default_rng(1).integers(1, 6, size=3, endpoint=True).shape
            (3,)

        Communication: none.
        """
        return self._integers("integers", low, high, size, dtype, endpoint, distribution, axis)

    def _integers(self, name, low, high, size, dtype, endpoint, distribution=None, axis=0):
        dtype = np.dtype(dtype)
        if dtype.kind not in "biu":
            raise TypeError(f"{name}: {dtype} holds no integers; use an integer dtype or bool")
        if high is None:
            low, high = 0, low
        try:
            low, high = operator.index(low), operator.index(high)
        except TypeError:
            raise TypeError(f"{name}: the limits {low!r} and {high!r} are no integers") from None
        count = high - low + bool(endpoint)
        if count <= 0:
            raise ValueError(f"{name}: there is no integer from {low} up to {high}")
        least, most = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if low < least or low + count - 1 > most:
            raise ValueError(f"{name}: {low} to {low + count - 1} do not fit into {dtype}")
        wide = np.dtype("uint64" if dtype == np.uint64 else "int64")
        result = self._draw(
            name,
            wide,
            _shape(name, size),
            distribution,
            axis,
            low=low % _WIDTH,
            count=count % _WIDTH,
        )
        return _core.astype(result, dtype, copy=False)

    def _order(self, name, n):
        """The numbers 0 to n - 1 in random order: the order of random keys."""
        return argsort(self._draw(name, "uint64", (n,)))

    def permutation(self, x, axis=0):
        """The integers 0 to x - 1, or a copy of an array along `axis`, in random order.

        TypeError for a distributed array: use redistribute(x, None). ValueError for a negative `x`.

        Example:
            >>> hpx.sort(hpx.random.default_rng(1).permutation(3))
            array([0, 1, 2])

        Communication: none.
        """
        if not isinstance(x, (_core.ndarray, np.ndarray, tuple, list)):
            return self._order("permutation", _shape("permutation", operator.index(x))[0])
        x = as_array(x)
        need_local("permutation", x)
        axis = axis_of("permutation", axis, x.ndim)
        return take(x, self._order("permutation", x.shape[axis]), axis=axis)

    def shuffle(self, x, axis=0):
        """Puts an array's elements along `axis` into random order, in place.

        TypeError for a distributed array and for what is no hpxpy array.

        Example:
            >>> x = hpx.arange(3)
            >>> hpx.random.default_rng(1).shuffle(x)

        Communication: none.
        """
        if not isinstance(x, _core.ndarray):
            raise TypeError(f"shuffle: {type(x).__name__} is no hpxpy array; use permutation")
        need_local("shuffle", x)
        axis = axis_of("shuffle", axis, x.ndim)
        x[...] = take(x, self._order("shuffle", x.shape[axis]), axis=axis)

    def choice(self, a, size=None, replace=True, p=None, axis=0, shuffle=True):
        """Elements of `a` along `axis`, or of 0 to a - 1, drawn with or without replacement.

        `p` has the probability of each; drawn without replacement, each next one has its share of
        what is left (Efraimidis, Spirakis: Weighted random sampling with a reservoir, 2006). The
        order is always random, whatever `shuffle` says. ValueError for nothing to draw from, for
        more than there is without replacement, and for `p` that is negative or does not sum to 1.

        Example:
            >>> hpx.random.default_rng(1).choice(5, 3, replace=False).shape
            (3,)

        Communication: none.
        """
        whole = not isinstance(a, (_core.ndarray, np.ndarray, tuple, list))
        x = None if whole else as_array(a)
        if x is not None:
            need_local("choice", x)
            axis = axis_of("choice", axis, x.ndim)
        n = operator.index(a) if whole else x.shape[axis]
        shape = _shape("choice", size)
        count = math.prod(shape)
        if n < 1 and count:
            raise ValueError(f"choice: there is nothing to draw from: {n} elements")
        weights = None if p is None else _weights(p, n)
        if replace:
            at = self._with_replacement(n, shape, weights)
        else:
            at = self._without_replacement(n, count, weights).reshape(shape)
        if whole:
            return at
        return take(x, at, axis=axis)

    def _with_replacement(self, n, shape, weights):
        if weights is None:
            return self._integers("choice", 0, max(n, 1), shape, "int64", False)
        bounds = _core.cumsum(weights)
        drawn = self._draw("choice", "float64", shape) * bounds[-1]
        flat = searchsorted(bounds, ravel(drawn), side="right")
        # Rounding may reach the sum itself, which belongs to the last element that can be drawn.
        last = int(_core.max(_core.where(weights > 0, _core.arange(n), 0)))
        return _core.minimum(flat, last).reshape(shape)

    def _without_replacement(self, n, count, weights):
        if count > n:
            raise ValueError(
                f"choice: {count} elements cannot be drawn from {n} without replacement"
            )
        if weights is None:
            return self._order("choice", n)[:count]
        possible = int(_core.count_nonzero(weights))
        if count > possible:
            raise ValueError(
                f"choice: only {possible} of {n} probabilities are not 0; {count} were asked for"
            )
        waiting = -_core.log1p(-self._draw("choice", "float64", (n,)))
        keys = _core.where(weights > 0, waiting / weights, math.inf)
        return argsort(keys)[:count]


def _weights(p, n):
    p = _core.astype(as_array(p), np.float64, copy=False)
    need_local("choice", p)
    if p.shape != (n,):
        raise ValueError(f"choice: p has shape {p.shape} for {n} elements")
    total = float(_core.sum(p))
    if not bool(_core.all(p >= 0)) or not abs(total - 1) < 1e-8:
        raise ValueError(f"choice: p must be 0 or more and sum to 1; the sum is {total}")
    return p


_generators = []


def _default():
    if not _generators:
        _generators.append(Generator())
    return _generators[0]


def seed(seed=None):
    """Begins the sequence of `uniform`, `rand`, `randn` and `randint` of this module anew.

    The seed is what `default_rng` takes; with the same one the same numbers follow.

    Example:
        >>> hpx.random.seed(42)

    Communication: none with a seed; without one, one broadcast of a number.
    """
    _generators[:] = [Generator(seed)]


def uniform(low=0.0, high=1.0, size=None, *, distribution=None, axis=0):
    """Uniform numbers in [low, high) of the module's own generator; see `Generator.uniform`.

    Example:
        >>> hpx.random.seed(1)
        >>> hpx.random.uniform(0, 10, size=(2, 2)).shape
        (2, 2)

    Communication: none; the first call without `seed` before it broadcasts one number.
    """
    return _default().uniform(low, high, size, distribution=distribution, axis=axis)


def rand(*shape, distribution=None, axis=0):
    """Uniform numbers in [0, 1) of the given lengths, float64; see `Generator.random`.

    Example:
        >>> hpx.random.seed(1)
        >>> hpx.random.rand(2, 3).shape
        (2, 3)

    Communication: none; the first call without `seed` before it broadcasts one number.
    """
    return _default().random(shape, distribution=distribution, axis=axis)


def randn(*shape, distribution=None, axis=0):
    """Standard normal numbers of the given lengths, float64; see `Generator.standard_normal`.

    Example:
        >>> hpx.random.seed(1)
        >>> hpx.random.randn(2, 3).shape
        (2, 3)

    Communication: none; the first call without `seed` before it broadcasts one number.
    """
    return _default().standard_normal(shape, distribution=distribution, axis=axis)


def randint(low, high=None, size=None, dtype="int64", *, distribution=None, axis=0):
    """Whole numbers from `low` up to `high`, which is not among them; see `Generator.integers`.

    Example:
        >>> hpx.random.seed(1)
        >>> hpx.random.randint(0, 10, size=5).shape
        (5,)

    Communication: none; the first call without `seed` before it broadcasts one number.
    """
    return _default()._integers("randint", low, high, size, dtype, False, distribution, axis)
