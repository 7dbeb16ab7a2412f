"""One call or two of every family of functions, of which memory.py measures the peak.

A family says how many bytes an element its call may take besides the result: keys of a sort, a
temporary that the algorithm is made of. Where nothing is said, pieces serve.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from case import random_values, side_of


@dataclass(frozen=True)
class Family:
    title: str
    compute: Callable
    """compute(library, *operands), the library NumPy or hpxpy"""
    operands: Callable[[int, str], list[np.ndarray]]
    dtypes: tuple[str, ...] = ("float64",)
    besides: float = 0.0
    """bytes of an element of the first operand that the call may take besides its result"""
    plain: Callable | None = None
    """compute of NumPy, where it has another"""

    def of(self, library) -> Callable:
        return self.plain if library is np and self.plain else self.compute


def values(n: int, dtype: str, seed: int = 0) -> np.ndarray:
    """Floats from -1 to 1, or integers from 0 to 200."""
    if np.dtype(dtype).kind == "f":
        return random_values(n, dtype, seed)
    flat = np.empty(n, dtype)
    generator = np.random.default_rng(seed)
    for first in range(0, n, 1 << 18):
        part = flat[first : first + (1 << 18)]
        part[:] = generator.integers(0, 2 if dtype == "bool" else 200, part.size)
    return flat


def vector(n, dtype):
    return [values(n, dtype)]


def pair(n, dtype):
    return [values(n, dtype), values(n, dtype, 1)]


def square(n, dtype):
    side = side_of(n)
    return [values(side * side, dtype).reshape(side, side)]


def rows(n, dtype):
    return [values(n // 8 * 8, dtype).reshape(-1, 8)]


def wide(n, dtype):
    return [values(n // 8 * 8, dtype).reshape(8, -1)]


def with_few(n, dtype):
    return [values(n, dtype), np.sort(values(1000, dtype, 1))]


def with_mask(n, dtype):
    return [values(n, dtype), values(n, "bool", 1)]


def with_positions(n, dtype):
    return [values(n, dtype), np.arange(n, dtype=np.int32)[::-1].copy()]


def row(title, compute, operands=vector, dtypes=("float64",), besides=0.0, plain=None):
    return Family(title, compute, operands, dtypes, besides, plain)


FEW, ALL = ("uint8", "float64"), ("uint8", "float32", "float64")
EDGES = np.linspace(0.0, 200.0, 11)


SCANS = [
    row("cumsum(x)", lambda xp, x: xp.cumsum(x), dtypes=ALL),
    row("cumsum(x, dtype=)", lambda xp, x: xp.cumsum(x, dtype=np.float64), dtypes=ALL),
    row("cumsum(x[::2])", lambda xp, x: xp.cumsum(x[::2]), dtypes=ALL),
    row("cumsum(x[::-1])", lambda xp, x: xp.cumsum(x[::-1]), dtypes=ALL),
    row("cumsum(x, axis=0)", lambda xp, x: xp.cumsum(x, axis=0), square, ALL),
    row("cumsum(x, axis=1)", lambda xp, x: xp.cumsum(x, axis=1), square, ALL),
    row("cumsum(x.T, axis=0)", lambda xp, x: xp.cumsum(x.T, axis=0), square, ALL),
    row("cumsum(x[:, 1:], axis=0)", lambda xp, x: xp.cumsum(x[:, 1:], axis=0), rows, ALL),
    row("cumsum(x[:, 1:], axis=1)", lambda xp, x: xp.cumsum(x[:, 1:], axis=1), rows, ALL),
    row("cumprod(x)", lambda xp, x: xp.cumprod(x), dtypes=ALL),
    row("nancumsum(x)", lambda xp, x: xp.nancumsum(x), dtypes=ALL),
]
COUNTS = [
    row("histogram(x)", lambda xp, x: xp.histogram(x), dtypes=ALL),
    row("histogram(x, bins=edges)", lambda xp, x: xp.histogram(x, bins=EDGES), dtypes=ALL),
    row("histogram(x, weights=)", lambda xp, x, w: xp.histogram(x, weights=w), pair, ALL),
    row("histogram(x, 'auto')", lambda xp, x: xp.histogram(x, "auto"), dtypes=FEW, besides=8),
    row("histogram2d(x, y)", lambda xp, x, y: xp.histogram2d(x, y), pair, ALL),
    row("bincount(x)", lambda xp, x: xp.bincount(x), dtypes=("uint8", "int64")),
    row("bincount(x, w)", lambda xp, x, w: xp.bincount(x, w), pair, ("uint8",)),
    row("digitize(x, edges)", lambda xp, x: xp.digitize(x, EDGES), dtypes=ALL),
    row("searchsorted(few, x)", lambda xp, x, few: xp.searchsorted(few, x), with_few, ALL),
    row("searchsorted(double, x)", lambda xp, x: xp.searchsorted(xp.asarray(EDGES), x), dtypes=ALL),
    row("interp(x, xp, fp)", lambda xp, x: xp.interp(x, EDGES, EDGES), dtypes=ALL),
    row("count_nonzero(x)", lambda xp, x: xp.count_nonzero(x), dtypes=ALL),
    row("all(x > 0)", lambda xp, x: xp.all(x > 0), dtypes=FEW),
    row("any(x < -2)", lambda xp, x: xp.any(x < -2.0), dtypes=("float64",)),
]
REDUCTIONS = [
    row("sum(x)", lambda xp, x: xp.sum(x), dtypes=ALL),
    row("sum(x[::2])", lambda xp, x: xp.sum(x[::2]), dtypes=ALL),
    row("sum(x, where=)", lambda xp, x, m: xp.sum(x, where=m), with_mask, ALL),
    row("prod(x, axis=0)", lambda xp, x: xp.prod(x, axis=0), wide, ALL),
    row("mean(x)", lambda xp, x: xp.mean(x), dtypes=("bool", *ALL)),
    row("var(x)", lambda xp, x: xp.var(x), dtypes=("bool", *ALL)),
    row("std(x, axis=0)", lambda xp, x: xp.std(x, axis=0), rows, ALL),
    row("std(x, axis=1)", lambda xp, x: xp.std(x, axis=1), rows, ALL, besides=4),
    row("average(x, w)", lambda xp, x, w: xp.average(x, weights=w), pair, FEW),
    row("ptp(x)", lambda xp, x: xp.ptp(x), dtypes=FEW),
    row("nansum(x)", lambda xp, x: xp.nansum(x), dtypes=ALL),
    row("nanmean(x)", lambda xp, x: xp.nanmean(x), dtypes=ALL),
    row("nanvar(x)", lambda xp, x: xp.nanvar(x), dtypes=ALL),
    row("nanmax(x)", lambda xp, x: xp.nanmax(x), dtypes=ALL),
    row("nanargmax(x)", lambda xp, x: xp.nanargmax(x), dtypes=ALL),
    row("argmax(x)", lambda xp, x: xp.argmax(x), dtypes=ALL),
    row("argmin(x, axis=0)", lambda xp, x: xp.argmin(x, axis=0), square, ALL),
    row("argmin(x.T, axis=0)", lambda xp, x: xp.argmin(x.T, axis=0), square, ALL),
    row("argmax(x[::2])", lambda xp, x: xp.argmax(x[::2]), dtypes=ALL),
    row("linalg.norm(x)", lambda xp, x: xp.linalg.norm(x), dtypes=FEW),
    row("trapezoid(x)", lambda xp, x: xp.trapezoid(x), dtypes=FEW, plain=lambda np, x: np.trapz(x)),
    row("array_equal(x, y)", lambda xp, x, y: xp.array_equal(x, y), pair, FEW),
    row("allclose(x, y)", lambda xp, x, y: xp.allclose(x, y), pair, FEW),
]
ORDER = [
    row("sort(x)", lambda xp, x: xp.sort(x), dtypes=("uint8",)),
    row("sort(x)", lambda xp, x: xp.sort(x), dtypes=("float32",), besides=4),
    row("sort(x)", lambda xp, x: xp.sort(x), dtypes=("float64",), besides=8),
    row("sort(x, axis=0)", lambda xp, x: xp.sort(x, axis=0), square, ("float64",), besides=8),
    row("argsort(x)", lambda xp, x: xp.argsort(x), dtypes=("uint8",), besides=10),
    row("argsort(x)", lambda xp, x: xp.argsort(x), dtypes=("float64",), besides=24),
    row("partition(x, n/2)", lambda xp, x: xp.partition(x, x.size // 2), besides=8),
    row("argpartition(x, n/2)", lambda xp, x: xp.argpartition(x, x.size // 2), besides=16),
    row("median(x)", lambda xp, x: xp.median(x), dtypes=ALL, besides=2),
    row("median(x[::2])", lambda xp, x: xp.median(x[::2]), dtypes=ALL, besides=4),
    row("median(square, axis=0)", lambda xp, x: xp.median(x, axis=0), square, ALL, besides=2),
    row("median(x, axis=0)", lambda xp, x: xp.median(x, axis=0), wide, ALL, besides=2),
    row("quantile(x, q)", lambda xp, x: xp.quantile(x, [0.1, 0.9]), dtypes=ALL, besides=2),
    row("nanmedian(x)", lambda xp, x: xp.nanmedian(x), dtypes=ALL, besides=2),
    row("unique(x)", lambda xp, x: xp.unique(x), dtypes=("uint8",), besides=3),
    row("unique(x)", lambda xp, x: xp.unique(x), besides=18),
    row("isin(x, few)", lambda xp, x, few: xp.isin(x, few), with_few, ALL),
]


def put_at(xp, x, i):
    x[i] = i
    return x


def put(xp, x, i):
    xp.put(x, i, i)
    return x


CHOICES = [
    row("where(m, x, y)", lambda xp, x, m: xp.where(m, x, 0), with_mask, ALL),
    row("x[m]", lambda xp, x, m: x[m], with_mask, ALL),
    row("x[::2][m]", lambda xp, x, m: x[::2][m[::2]], with_mask, ALL, besides=0.5),
    row("x[x > 0]", lambda xp, x: x[x > 0], dtypes=FEW, besides=1),
    row("nonzero(x)", lambda xp, x: xp.nonzero(x), dtypes=FEW, besides=1),
    row("nonzero(matrix)", lambda xp, x: xp.nonzero(x), square, FEW, besides=1),
    row("take(x, i)", lambda xp, x, i: xp.take(x, i), with_positions, ALL),
    row("x[i]", lambda xp, x, i: x[i], with_positions, ALL),
    row("x[i] = i", put_at, with_positions, ALL, besides=-1),
    row("put(x, i, i)", put, with_positions, ALL, besides=-1),
    row("take_along_axis(x, i)", lambda xp, x, i: xp.take_along_axis(x, i, 0), with_positions, ALL),
    row("take(x.T, i, axis=1)", lambda xp, x: xp.take(x.T, [0, 2], axis=1), rows, ALL),
    row("argwhere(x)", lambda xp, x: xp.argwhere(x), dtypes=("uint8",), besides=9),
    row("select", lambda xp, x: xp.select([x > 0, x < 0], [x, x]), dtypes=FEW),
    row("extract(m, x)", lambda xp, x, m: xp.extract(m, x), with_mask, FEW),
    row("compress(m, x)", lambda xp, x, m: xp.compress(m, x), with_mask, FEW),
]
ELEMENTWISE = [
    row(
        "astype(x)",
        lambda xp, x: x.astype(np.float64 if x.dtype != np.float64 else np.int64),
        dtypes=ALL,
    ),
    row("sqrt(x)", lambda xp, x: xp.sqrt(xp.abs(x)), dtypes=ALL),
    row("clip(x)", lambda xp, x: xp.clip(x, 0, 1), dtypes=ALL),
    row("round(x, 2)", lambda xp, x: xp.round(x, 2), dtypes=ALL),
    row("nan_to_num(x)", lambda xp, x: xp.nan_to_num(x), dtypes=ALL),
    row("isclose(x, y)", lambda xp, x, y: xp.isclose(x, y), pair, FEW),
    row("x += y", lambda xp, x, y: x.__iadd__(y), pair, ALL, besides=-1),
    row("x + 1", lambda xp, x: x + 1, dtypes=ALL),
    row("x.T + x", lambda xp, x: x.T + x, square, ALL),
    row("gradient(x)", lambda xp, x: xp.gradient(x), dtypes=("float64",)),
    row("diff(x)", lambda xp, x: xp.diff(x), dtypes=ALL),
    row("ediff1d(x)", lambda xp, x: xp.ediff1d(x), dtypes=FEW),
    row("unwrap(x)", lambda xp, x: xp.unwrap(x), dtypes=("float64",), besides=8),
    row("heaviside(x, 1)", lambda xp, x: xp.heaviside(x, 1.0), dtypes=("float64",)),
    row("sinc(x)", lambda xp, x: xp.sinc(x), dtypes=("float64",)),
]
SHAPES = [
    row("concat(x, y)", lambda xp, x, y: xp.concatenate([x, y]), pair, ALL),
    row(
        "concat(x, float64)",
        lambda xp, x, y: xp.concatenate([x, y[:10].astype(np.float64)]),
        pair,
        ALL,
    ),
    row("stack(x, y)", lambda xp, x, y: xp.stack([x, y], axis=1), pair, ALL),
    row("pad(x, 3)", lambda xp, x: xp.pad(x, 3), dtypes=ALL),
    row("pad(x, 3, 'edge')", lambda xp, x: xp.pad(x, 3, "edge"), square, ALL),
    row("pad(x, 3, 'reflect')", lambda xp, x: xp.pad(x, 3, "reflect"), square, ALL),
    row("repeat(x, 3)", lambda xp, x: xp.repeat(x, 3), dtypes=ALL),
    row("repeat(x, 2, axis=1)", lambda xp, x: xp.repeat(x, 2, axis=1), square, ALL),
    row("tile(x, 3)", lambda xp, x: xp.tile(x, 3), dtypes=ALL),
    row("roll(x, 5)", lambda xp, x: xp.roll(x, 5), dtypes=ALL),
    row("roll(x, 5, axis=1)", lambda xp, x: xp.roll(x, 5, axis=1), square, ALL),
    row("flip(x)", lambda xp, x: xp.flip(x).copy(), dtypes=ALL),
    row("ravel(x.T)", lambda xp, x: xp.ravel(x.T), square, ALL),
    row("insert(x, 5, 1)", lambda xp, x: xp.insert(x, 5, 1), dtypes=ALL),
    row("delete(x, 5)", lambda xp, x: xp.delete(x, 5), dtypes=ALL),
    row("append(x, y)", lambda xp, x, y: xp.append(x, y), pair, FEW),
    row("tril(x)", lambda xp, x: xp.tril(x), square, ALL),
    row("resize(x)", lambda xp, x: xp.resize(x, x.size * 2), dtypes=FEW),
    row("meshgrid", lambda xp, x: xp.meshgrid(x[:3000], x[:3000]), dtypes=("float64",)),
]
PRODUCTS = [
    row("cov(x)", lambda xp, x: xp.cov(x), wide, FEW, besides=8),
    row("cov(x, rowvar=False)", lambda xp, x: xp.cov(x, rowvar=False), rows, FEW, besides=8),
    row("corrcoef(x)", lambda xp, x: xp.corrcoef(x), wide, FEW, besides=8),
    row("convolve(x, few)", lambda xp, x: xp.convolve(x, x[:9]), dtypes=ALL),
    row("correlate(x, few)", lambda xp, x: xp.correlate(x, x[:9]), dtypes=ALL),
    row("dot(x, y)", lambda xp, x, y: xp.dot(x, y), pair, ALL),
    row("dot(x, float64)", lambda xp, x: xp.dot(x, x.astype(np.float64)), dtypes=ALL, besides=8),
    row("x @ small", lambda xp, x: x @ x[:8], rows, ALL),
    row("x @ double", lambda xp, x: x @ x[:8].astype(np.float64), rows, ALL),
    row("double @ x", lambda xp, x: x[:8].astype(np.float64) @ x.T, rows, ALL),
    row("x @ int32", lambda xp, x: x @ xp.ones(8, dtype="int32"), rows, ALL),
    row("outer", lambda xp, x: xp.outer(x[:4000], x[:4000]), dtypes=ALL),
    row("einsum('ij->j')", lambda xp, x: xp.einsum("ij->j", x), rows, ALL),
    row("einsum('ij,ij->i')", lambda xp, x: xp.einsum("ij,ij->i", x, x), rows, ALL),
    row("tensordot(x, x)", lambda xp, x: xp.tensordot(x, x, axes=1), square, ("float64",)),
    row("kron(x, few)", lambda xp, x: xp.kron(x, x[:2]), dtypes=ALL),
    row("polyval(p, x)", lambda xp, x: xp.polyval(x[:4], x), dtypes=FEW),
    row("fft(x)", lambda xp, x: xp.fft.fft(x), dtypes=("float32", "float64")),
    row("rfft(x)", lambda xp, x: xp.fft.rfft(x), dtypes=("float64",)),
    row("fftn(x)", lambda xp, x: xp.fft.fftn(x), square, ("float64",)),
]


def generated(name, *parameters, kind="block"):
    """Random numbers of a distributed array: of NumPy the local ones."""

    def compute(xp, x):
        return getattr(xp.random.default_rng(1), name)(*parameters, x.size, distribution=kind)

    def plain(np, x):
        return getattr(np.random.default_rng(1), name)(*parameters, x.size)

    return row(f"{name}(distribution={kind!r})", compute, plain=plain)


RANDOM = [
    generated("random"),
    generated("uniform", -1.0, 1.0),
    generated("standard_normal"),
    generated("normal", 1.0, 2.0),
    generated("normal", 1.0, 2.0, kind=None),
    generated("exponential", 2.0),
    generated("integers", 0, 9),
    generated("poisson", 3.0),
    generated("gamma", 2.0, 3.0),
    generated("beta", 2.0, 3.0),
    row(
        "integers(dtype='uint8')",
        lambda xp, x: xp.random.default_rng(1).integers(0, 9, x.size, dtype="uint8"),
        dtypes=("uint8",),
    ),
    row(
        "standard_normal('float32')",
        lambda xp, x: xp.random.default_rng(1).standard_normal(x.size, dtype="float32"),
        dtypes=("float32",),
    ),
    row("permutation(x)", lambda xp, x: xp.random.default_rng(1).permutation(x), besides=40),
]


@dataclass(frozen=True)
class Imported(Family):
    """Operands stay NumPy's."""


def takes_numpy(title, compute, operands=vector, dtypes=ALL, plain=None, besides=0.0):
    return Imported(title, compute, operands, dtypes, besides, plain)


def stored(xp, x):
    result = xp.empty(2 * x.size, dtype=x.dtype)
    result[: x.size] = x
    return result


IMPORTS = [
    takes_numpy("asarray(numpy)", lambda xp, x: xp.asarray(x), plain=lambda np, x: x.copy()),
    takes_numpy(
        "asarray(numpy, dtype=)",
        lambda xp, x: xp.asarray(x, dtype=np.int64),
        plain=lambda np, x: x.astype(np.int64),
    ),
    takes_numpy(
        "asarray(numpy[::2])", lambda xp, x: xp.asarray(x[::2]), plain=lambda np, x: x[::2].copy()
    ),
    takes_numpy(
        "asarray(numpy.T)", lambda xp, x: xp.asarray(x.T), square, plain=lambda np, x: x.T.copy()
    ),
    takes_numpy(
        "asarray(numpy, 'block')",
        lambda xp, x: xp.asarray(x, distribution="block"),
        plain=lambda np, x: x.copy(),
    ),
    takes_numpy(
        "from_numpy(numpy, 'block')",
        lambda xp, x: xp.from_numpy(x, distribution="block"),
        plain=lambda np, x: x.copy(),
    ),
    takes_numpy(
        "asarray(numpy, 'block', dtype=)",
        lambda xp, x: xp.asarray(x, distribution="block", dtype=np.int64),
        plain=lambda np, x: x.astype(np.int64),
    ),
    takes_numpy(
        "scatter(numpy, 'block')",
        lambda xp, x: xp.scatter(x, distribution="block"),
        plain=lambda np, x: x.copy(),
    ),
    takes_numpy("x[...] = numpy", stored),
    takes_numpy("sum(numpy)", lambda xp, x: xp.sum(x)),
    takes_numpy("cumsum(numpy)", lambda xp, x: xp.cumsum(x)),
    takes_numpy("sqrt(numpy)", lambda xp, x: xp.sqrt(x + 1)),
    takes_numpy("hpx + numpy", lambda xp, x: xp.ones(x.size) + x),
    takes_numpy("histogram(numpy)", lambda xp, x: xp.histogram(x)),
]
FAMILIES = [
    *SCANS,
    *COUNTS,
    *REDUCTIONS,
    *ORDER,
    *CHOICES,
    *ELEMENTWISE,
    *SHAPES,
    *PRODUCTS,
    *RANDOM,
    *IMPORTS,
]
