"""What a case is: one computation, written once for all that speak NumPy.

Where another must be told otherwise, it has its own. `cases.py` joins the tables, peers.py makes
calls of them.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

LARGE, MIDDLE, SMALL = 20_000_000, 100_000, 1_000
QUICK = 4_000  # elements where only answers are compared


@dataclass(frozen=True)
class Goal:
    """What hpxpy's time is held against, for 2 threads; `limit` says the seconds it may take."""

    words: str
    limit: Callable[[dict[str, float], int], float]
    """of the seconds by contestant and the number of elements; nan where nothing was measured"""


def peers(seconds: dict[str, float]) -> list[float]:
    """The times of all but hpxpy and the machine's limits."""
    return [value for who, value in seconds.items() if who not in ("hpxpy", "limit")]


def times(who: str, factor: float) -> Goal:
    return Goal(f"{factor:g} x {who}", lambda seconds, n: seconds.get(who, np.nan) / factor)


def best_peer(factor: float) -> Goal:
    return Goal(f"{factor:g} x the best peer", lambda seconds, n: min(peers(seconds)) / factor)


def within(factor: float, of: str) -> Goal:
    return Goal(f"{of} x {factor:g}", lambda seconds, n: seconds["limit"] * factor)


def slower(factor: float, than: str) -> Goal:
    return Goal(f"{than} x {factor:g}", lambda seconds, n: seconds.get(than, np.nan) * factor)


def ahead_of(*names: str) -> Goal:
    return Goal(
        f"ahead of {' and '.join(names)}",
        lambda seconds, n: min(seconds[who] for who in names if who in seconds),
    )


def each(nanoseconds: float) -> Goal:
    return Goal(f"{nanoseconds:g} ns an element", lambda seconds, n: nanoseconds * 1e-9 * n)


@dataclass(frozen=True)
class Case:
    title: str
    operands: Callable[[int, str], list[np.ndarray]]
    """of about how many elements and of which dtype; the same each time"""
    compute: Callable
    """compute(library, *operands) for NumPy, JAX (compiled) and hpxpy"""
    sizes: tuple[int, ...] = (LARGE,)
    dtypes: tuple[str, ...] = ("float64",)
    goals: dict[int, Goal] = field(default_factory=dict)
    numexpr: tuple[str, Callable] | None = None
    """its text, and what gives the names in it of the operands"""
    numba: Callable | None = None
    """a function of loops.py"""
    numpy: Callable | None = None
    """numpy(np, *operands), where it is not `compute`"""
    jax: Callable | None = None
    """jax(jax.numpy, *operands), where it is not `compute`"""
    without: tuple[str, ...] = ()
    """who cannot do it"""
    eager: bool = False
    """JAX cannot compile it, since the shape of the result depends on values"""
    writes: bool = False
    """the operands change, so each contestant has its own"""
    limit: tuple[str, float] | None = None
    """'triad' or 'read', and how many whole arrays have to come from memory and go there"""
    fused: bool = False
    """no temporary of the size of an operand is allowed"""
    tolerance: float = 1.0
    """of the answers' difference, in thousands of roundings of the dtype; 0: the same bits"""
    spreads: bool = False
    """every element is made of all, so each may be off by what the largest one is rounded by"""
    values: bool = True
    """elements are compared; else only kind and shape, as of numbers drawn at random"""
    group: str = ""


def plain(x: np.ndarray) -> dict:
    return {"x": x}


def named(*names: str):
    return lambda *operands: dict(zip(names, operands, strict=True))


def side_of(n: int) -> int:
    return round(n**0.5)


def random_values(count: int, dtype: str, seed: int) -> np.ndarray:
    """Numbers in [-1, 1), made piece by piece, so that no second whole array is ever needed."""
    flat = np.empty(count, dtype)
    generator = np.random.default_rng(seed)
    piece = 1 << 18
    for first in range(0, count, piece):
        part = flat[first : first + piece]
        part[:] = generator.random(part.size, dtype=dtype) * 2 - 1
    return flat


def vectors(count: int):
    """Operands: that many vectors of n elements."""
    return lambda n, dtype: [random_values(n, dtype, seed) for seed in range(count)]


def squares(count: int):
    """Operands: that many square arrays with about n elements."""

    def make(n: int, dtype: str) -> list[np.ndarray]:
        side = side_of(n)
        return [
            random_values(side * side, dtype, seed).reshape(side, side) for seed in range(count)
        ]

    return make
