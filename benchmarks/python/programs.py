"""Whole functions: a k-means step, option prices, heat by slices, moments, reductions, products."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import loops
import numpy as np
from case import (
    LARGE,
    Case,
    best_peer,
    named,
    plain,
    random_values,
    slower,
    squares,
    times,
    vectors,
)
from scipy.special import erf

CLUSTERS, WIDTH = 8, 4


def points_and_centres(n: int, dtype: str) -> list[np.ndarray]:
    points = random_values(n // WIDTH * WIDTH, dtype, 0).reshape(-1, WIDTH)
    return [points, random_values(CLUSTERS * WIDTH, dtype, 1).reshape(CLUSTERS, WIDTH)]


def k_means_step(m, x, c):
    nearest = m.argmin(((x[:, None, :] - c) ** 2).sum(axis=2), axis=1)
    members = nearest[:, None] == m.arange(CLUSTERS)
    sums = m.matmul(members.astype(x.dtype).T, x)
    return sums / members.sum(axis=0)[:, None]


def stocks(n: int, dtype: str) -> list[np.ndarray]:
    """Prices, strike prices and years."""
    ranges = ((50, 40), (50, 40), (1.1, 1.0))
    return [
        middle + width * random_values(n, dtype, seed)
        for seed, (middle, width) in enumerate(ranges)
    ]


def black_scholes(m, s, k, t, erf=None):
    """Calls and puts at 2 % interest and a volatility of 0.3."""
    erf = erf or m.erf
    spread = 0.3 * m.sqrt(t)
    d1 = (m.log(s / k) + 0.065 * t) / spread
    d2 = d1 - spread
    paid = k * m.exp(-0.02 * t)
    first = 0.5 + 0.5 * erf(d1 * 0.7071067811865476)
    second = 0.5 + 0.5 * erf(d2 * 0.7071067811865476)
    call = s * first - paid * second
    return call, call - s + paid


def jax_black_scholes(m, s, k, t):
    from jax.scipy.special import erf

    return black_scholes(m, s, k, t, erf)


def jacobi(m, u, v):
    for _ in range(20):
        v[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        u, v = v, u
    return u


def jax_jacobi(m, u, v):
    for _ in range(20):
        inner = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        u, v = v.at[1:-1, 1:-1].set(inner), u
    return u


def twice_the_same(n: int, dtype: str) -> list[np.ndarray]:
    u = squares(1)(n, dtype)[0]
    return [u, u.copy()]


def moments(axis):
    def compute(m, x):
        return m.mean(x, axis=axis), m.std(x, axis=axis), m.var(x, axis=axis)

    return compute


def reduced(name: str, axis):
    return lambda m, x: getattr(m, name)(x, axis=axis)


def over(axis) -> str:
    return "all" if axis is None else f"axis {axis}"


AXES = (None, 0, 1)
CASES = [
    Case(
        "k-means step, 8 clusters in 4 dimensions",
        points_and_centres,
        k_means_step,
        (4_000_000,),
        goals={4_000_000: best_peer(1.0)},
        numba=loops.k_means_step,
        tolerance=1e3,
    ),
    Case(
        "Black-Scholes, call and put",
        stocks,
        black_scholes,
        (10_000_000,),
        goals={10_000_000: best_peer(4.0)},
        numba=loops.black_scholes,
        numpy=lambda m, *operands: black_scholes(m, *operands, erf),
        jax=jax_black_scholes,
        limit=("triad", 5),
        fused=True,
        tolerance=1e3,
    ),
    Case(
        "Jacobi by slices, 20 steps",
        twice_the_same,
        jacobi,
        (4096**2,),
        goals={4096**2: slower(1.3, "numba")},
        numba=loops.jacobi,
        jax=jax_jacobi,
        writes=True,
        limit=("triad", 40),
        fused=True,
    ),
    *(
        Case(
            f"mean, std and var over {over(axis)}",
            squares(1),
            moments(axis),
            goals={LARGE: best_peer(1.0)},
            limit=("read", 1),
            fused=True,
            tolerance=1e3,
        )
        for axis in AXES
    ),
    Case(
        "sum over all",
        vectors(1),
        reduced("sum", None),
        goals={LARGE: best_peer(0.9)},
        numexpr=("sum(x)", plain),
        numba=loops.total,
        limit=("read", 1),
        fused=True,
        tolerance=1e3,
    ),
    *(
        Case(
            f"{name} over {over(axis)}",
            squares(1),
            reduced(name, axis),
            goals={LARGE: best_peer(1.0)},
            limit=("read", 1),
            fused=True,
            tolerance=1e3 if name == "sum" else 0,
        )
        for name in ("sum", "max", "argmin")
        for axis in AXES[name == "sum" :]
    ),
    Case(
        "cumulative sum",
        vectors(1),
        reduced("cumsum", 0),
        goals={LARGE: times("numpy", 3)},
        numba=loops.running_sum,
        limit=("triad", 2),
        tolerance=1e3,
    ),
    Case(
        "matmul of squares",
        squares(2),
        lambda m, a, b: m.matmul(a, b),
        (16, 32**2, 128**2, 2048**2),
        goals={2048**2: times("numpy", 0.95)},
        tolerance=1e3,
    ),
    Case(
        "a // b",
        vectors(2),
        lambda m, a, b: a // b,
        goals={LARGE: best_peer(1.0)},
        limit=("triad", 3),
        fused=True,
        without=("jax",),
    ),
    Case(
        "a % b",
        vectors(2),
        lambda m, a, b: a % b,
        goals={LARGE: best_peer(1.0)},
        limit=("triad", 3),
        fused=True,
        without=("jax",),
    ),
    Case(
        "nextafter",
        vectors(2),
        lambda m, a, b: m.nextafter(a, b),
        goals={LARGE: best_peer(1.0)},
        limit=("triad", 3),
        fused=True,
        tolerance=0,
    ),
    Case(
        "hypot",
        vectors(2),
        lambda m, a, b: m.hypot(a, b),
        goals={LARGE: best_peer(1.0)},
        numexpr=("sqrt(a*a + b*b)", named("a", "b")),
        limit=("triad", 3),
        fused=True,
    ),
]
