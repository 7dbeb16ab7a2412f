"""Masks and positions, and order: what sorts, searches, gathers and scatters."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import loops
import numpy as np
from case import LARGE, SMALL, Case, best_peer, each, side_of, times

DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "complex64", "complex128"),
)
MILLIONS = 2_000_000


def values(n: int, dtype: str, seed: int = 0) -> np.ndarray:
    """Normal numbers, or integers of the whole range."""
    generator = np.random.default_rng(seed)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return generator.random(n) < 0.5
    if kind in "iu":
        info = np.iinfo(dtype)
        return generator.integers(info.min, info.max, n, dtype, endpoint=True)
    x = generator.standard_normal(n)
    return (x + 1j * generator.standard_normal(n) if kind == "c" else x).astype(dtype)


def one(n: int, dtype: str) -> list[np.ndarray]:
    return [values(n, dtype)]


def positions(n: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, n, n)


def with_positions(n: int, dtype: str) -> list[np.ndarray]:
    return [values(n, dtype), positions(n)]


def with_distinct(n: int, dtype: str) -> list[np.ndarray]:
    """Each position once, so that JAX, which leaves the order of writing open, agrees."""
    return [values(n, dtype), np.random.default_rng(1).permutation(n), values(n, dtype, 2)]


def with_rows(n: int, dtype: str) -> list[np.ndarray]:
    side = side_of(n)
    return [values(side * side, dtype).reshape(side, side), positions(n)[:side] % side]


def with_ordered(n: int, dtype: str) -> list[np.ndarray]:
    return [np.sort(values(n, dtype)), values(n, dtype, 2)]


def small_numbers(n: int, dtype: str) -> list[np.ndarray]:
    return [positions(n) % 1000]


def assigned(m, x, key, value):
    x[key] = value
    return x


def capped(m, x):
    return assigned(m, x, x > 1, 1)


def stable_argsort(m, x):
    return m.argsort(x, kind="stable")


CASES = [
    Case(
        "x[x > 0]",
        one,
        lambda m, x: x[x > 0],
        goals={LARGE: times("numpy", 3)},
        numba=loops.positive,
        eager=True,
        tolerance=0,
    ),
    Case(
        "x[x > 1] = 1",
        one,
        capped,
        jax=lambda m, x: m.where(x > 1, 1.0, x),
        writes=True,
        tolerance=0,
    ),
    Case(
        "x[positions]",
        with_positions,
        lambda m, x, where: x[where],
        (SMALL, MILLIONS),
        numba=loops.gather,
        tolerance=0,
    ),
    Case(
        "x[positions] = y",
        with_distinct,
        assigned,
        (SMALL, MILLIONS),
        goals={MILLIONS: times("numpy", 1)},
        numba=loops.scatter,
        jax=lambda m, x, where, y: x.at[where].set(y),
        writes=True,
        tolerance=0,
    ),
    Case("x[rows]", with_rows, lambda m, x, rows: x[rows], (MILLIONS,), tolerance=0),
    Case("x[:, columns]", with_rows, lambda m, x, rows: x[:, rows], (MILLIONS,), tolerance=0),
    Case("nonzero", one, lambda m, x: m.nonzero(x > 0)[0], (MILLIONS,), eager=True, tolerance=0),
    Case(
        "searchsorted",
        with_ordered,
        lambda m, x, y: m.searchsorted(x, y),
        (MILLIONS,),
        tolerance=0,
    ),
    Case(
        "unique of 1000 numbers",
        small_numbers,
        lambda m, x: m.unique(x),
        (MILLIONS,),
        eager=True,
        tolerance=0,
    ),
    Case(
        "partition at the middle",
        one,
        # What stands on each side is open, so only the middle is told.
        lambda m, x: m.partition(x, x.size // 2)[x.size // 2],
        (MILLIONS,),
        goals={MILLIONS: times("numpy", 1)},
        tolerance=0,
    ),
    Case("median", one, lambda m, x: m.median(x), (MILLIONS,), goals={MILLIONS: times("numpy", 1)}),
    Case(
        "sort, 1e7 elements",
        one,
        lambda m, x: m.sort(x),
        (10_000_000,),
        goals={10_000_000: each(8)},
        tolerance=0,
    ),
    Case(
        "sort",
        one,
        lambda m, x: m.sort(x),
        (SMALL, MILLIONS),
        DTYPES,
        goals={SMALL: times("numpy", 1), MILLIONS: best_peer(1)},
        tolerance=0,
    ),
    Case(
        "argsort, stable",
        one,
        stable_argsort,
        (SMALL, MILLIONS),
        DTYPES,
        goals={SMALL: times("numpy", 1), MILLIONS: best_peer(1)},
        # JAX leaves no choice: it is always stable.
        jax=lambda m, x: m.argsort(x),
        tolerance=0,
    ),
]
