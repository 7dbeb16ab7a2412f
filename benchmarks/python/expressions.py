"""The five expressions for every day and longer ones: work that is fused into one pass over memory.

The constants are Python numbers, which all fit to the arrays. numexpr would make float64 of them,
so it gets them by name in the arrays' own dtype.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import loops
import numpy as np
from case import (
    LARGE,
    MIDDLE,
    SMALL,
    Case,
    Goal,
    ahead_of,
    best_peer,
    named,
    plain,
    squares,
    times,
    vectors,
    within,
)

CONSTANTS = {
    **{f"k{i}": value for i, value in enumerate((0.7, -1.3, 0.45, 2.1, -0.6, 1.9))},
    "s": 2.5,
    "w": 4.0,
    "half": 0.5,
    "quarter": 0.25,
    "one": 1.0,
    "more": 1.5,
    "eighth": 0.125,
    "two": 2.0,
    "five": 1.25,
}
K0, K1, K2, K3, K4, K5 = (CONSTANTS[f"k{i}"] for i in range(6))


def axpy(m, a, b):
    return a * 2.5 + b


def sum_of_squares(m, a, b, c):
    return ((a * b + c) ** 2).sum()


def polynomial(m, x):
    return ((((K5 * x + K4) * x + K3) * x + K2) * x + K1) * x + K0


def bell(m, a, b):
    return m.sqrt(m.exp(-a * a) + b * b)


def stencil(m, u):
    return u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * u[1:-1, 1:-1]


def turned(m, a, b):
    return a.T + b.T


def crossed(m, a, b):
    return a.T + b


def five_views(u):
    return {
        "n": u[:-2, 1:-1],
        "s_": u[2:, 1:-1],
        "west": u[1:-1, :-2],
        "east": u[1:-1, 2:],
        "u": u[1:-1, 1:-1],
    }


def chain(m, x, y):
    t = x * y + x
    t = (t * 0.5 - y) ** 2 + 1.0
    t = m.sqrt(t) * x - y * 0.25
    t = t / (x * x + 1.5)
    t = (t + y) * (t - x)
    return abs(t) * 0.125 + x - y


SQUARE = "((x*y + x)*half - y)**2 + one"
QUOTIENT = f"(sqrt({SQUARE})*x - y*quarter) / (x*x + more)"
CHAIN = f"abs(({QUOTIENT} + y)*({QUOTIENT} - x))*eighth + x - y"


def choices(m, x, y):
    low = m.where(y > x, y - x, m.clip(y, -0.5, 0.5))
    return m.where(x > 0.5, m.clip(x * 2.0, 0.0, 1.25), low)


CHOICES = (
    "where(x > half, where(x*two > five, five, x*two), "
    "where(y > x, y - x, where(y > half, half, where(y < -half, -half, y))))"
)

BOTH = ("float64", "float32")
ALL_SIZES = (SMALL, MIDDLE, LARGE)


def goals(large: Goal) -> dict[int, Goal]:
    return {LARGE: large, MIDDLE: ahead_of("numpy", "jax"), SMALL: times("numpy", 1.0)}


def everyday(title, operands, compute, numexpr, numba, limit, large, **options) -> Case:
    return Case(
        title,
        operands,
        compute,
        ALL_SIZES,
        BOTH,
        goals(large),
        numexpr,
        numba,
        limit=limit,
        fused=True,
        **options,
    )


CASES = [
    everyday(
        "a*2.5 + b",
        vectors(2),
        axpy,
        ("a*s + b", named("a", "b")),
        loops.axpy,
        ("triad", 3),
        within(1.10, "triad"),
    ),
    everyday(
        "((a*b + c)**2).sum()",
        vectors(3),
        sum_of_squares,
        ("sum((a*b + c)**2)", named("a", "b", "c")),
        loops.sum_of_squares,
        ("read", 3),
        within(1.15, "read"),
        # numexpr adds float32 one after the other and loses most digits.
        tolerance=1e3,
    ),
    everyday(
        "polynomial, 10 operations",
        vectors(1),
        polynomial,
        ("((((k5*x + k4)*x + k3)*x + k2)*x + k1)*x + k0", plain),
        loops.polynomial,
        ("triad", 2),
        within(1.25, "triad"),
    ),
    everyday(
        "sqrt(exp(-a*a) + b*b)",
        vectors(2),
        bell,
        ("sqrt(exp(-a*a) + b*b)", named("a", "b")),
        loops.bell,
        ("triad", 3),
        times("numpy", 4),
    ),
    everyday(
        "five-point stencil",
        squares(1),
        stencil,
        ("n + s_ + west + east - w*u", five_views),
        loops.stencil,
        ("triad", 2),
        times("numpy", 3),
    ),
    Case(
        "a.T + b.T",
        squares(2),
        turned,
        goals={LARGE: times("numpy", 1.0)},
        limit=("triad", 3),
        fused=True,
    ),
    Case(
        "a.T + b",
        squares(2),
        crossed,
        goals={LARGE: times("numpy", 1.0)},
        limit=("triad", 3),
        fused=True,
    ),
    everyday(
        "chain of 20 operations",
        vectors(2),
        chain,
        (CHAIN, named("x", "y")),
        loops.chain,
        ("triad", 3),
        best_peer(1.0),
        tolerance=10,
    ),
    everyday(
        "where and clip, nested",
        vectors(2),
        choices,
        (CHOICES, named("x", "y")),
        loops.choices,
        ("triad", 3),
        best_peer(1.0),
    ),
]


def numexpr_constants(dtype: str) -> dict:
    return {name: np.dtype(dtype).type(value) for name, value in CONSTANTS.items()}
