"""The five expressions for every day, written for NumPy and hpxpy alike and once for numexpr.

Each takes the functions of its library as `m`; the constants are Python numbers, which both fit to
the arrays. numexpr would make float64 of them, so it gets them in the arrays' own dtype.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CONSTANTS = {
    "k0": 0.7,
    "k1": -1.3,
    "k2": 0.45,
    "k3": 2.1,
    "k4": -0.6,
    "k5": 1.9,
    "s": 2.5,
    "w": 4.0,
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


def five_views(u):
    return {
        "n": u[:-2, 1:-1],
        "s_": u[2:, 1:-1],
        "west": u[1:-1, :-2],
        "east": u[1:-1, 2:],
        "u": u[1:-1, 1:-1],
    }


def named(*names: str):
    return lambda *operands: dict(zip(names, operands, strict=True))


@dataclass(frozen=True)
class Expression:
    title: str
    compute: Callable
    """compute(library, *operands) for NumPy and hpxpy"""
    numexpr: str
    variables: Callable
    """the names in `numexpr` of the operands' views"""
    operands: int
    reads: int
    """operands that must come from memory, in whole arrays; the result is one more, or none"""
    goals: dict[int, float]
    """how many times NumPy's speed, by size; none for what is held against the triad"""
    square: bool = False
    scalar: bool = False

    def shape(self, n: int) -> tuple[int, ...]:
        """The shape with about n elements."""
        side = round(n**0.5)
        return (side, side) if self.square else (n,)

    def bytes_moved(self, n: int, dtype: str) -> int:
        arrays = self.reads + (0 if self.scalar else 1)
        return arrays * int(np.prod(self.shape(n))) * np.dtype(dtype).itemsize

    def operand_bytes(self, n: int, dtype: str) -> int:
        return self.operands * int(np.prod(self.shape(n))) * np.dtype(dtype).itemsize

    def result_bytes(self, n: int, dtype: str) -> int:
        return self.bytes_moved(n, dtype) - self.operand_bytes(n, dtype)

    def numexpr_call(self, numexpr, operands, dtype: str):
        """A function without arguments that evaluates the expression with numexpr."""
        constants = {name: np.dtype(dtype).type(value) for name, value in CONSTANTS.items()}
        text, variables, nothing = self.numexpr, self.variables, {}

        def call():
            return numexpr.evaluate(
                text, local_dict={**constants, **variables(*operands)}, global_dict=nothing
            )

        return call


LARGE, MIDDLE, SMALL = 20_000_000, 100_000, 1_000


def _goals(large: float | None) -> dict[int, float]:
    goals = {MIDDLE: 1.5, SMALL: 1.0}
    return {LARGE: large, **goals} if large else goals


EXPRESSIONS = [
    Expression("a*2.5 + b", axpy, "a*s + b", named("a", "b"), 2, 2, _goals(None)),
    Expression(
        "((a*b + c)**2).sum()",
        sum_of_squares,
        "sum((a*b + c)**2)",
        named("a", "b", "c"),
        3,
        3,
        _goals(2.5),
        scalar=True,
    ),
    Expression(
        "polynomial, 10 operations",
        polynomial,
        "((((k5*x + k4)*x + k3)*x + k2)*x + k1)*x + k0",
        named("x"),
        1,
        1,
        _goals(5.0),
    ),
    Expression(
        "sqrt(exp(-a*a) + b*b)", bell, "sqrt(exp(-a*a) + b*b)", named("a", "b"), 2, 2, _goals(4.0)
    ),
    Expression(
        "five-point stencil",
        stencil,
        "n + s_ + west + east - w*u",
        five_views,
        1,
        1,
        _goals(3.0),
        square=True,
    ),
]


def chunks(count: int, dtype: str, seed: int):
    """Random numbers in [-1, 1), piece by piece, so that no second whole array is ever needed."""
    generator = np.random.default_rng(seed)
    piece = 1 << 18
    for first in range(0, count, piece):
        size = min(piece, count - first)
        yield first, size, generator.random(size, dtype=dtype) * 2 - 1


def numpy_operands(expression: Expression, n: int, dtype: str) -> list[np.ndarray]:
    shape = expression.shape(n)
    operands = []
    for seed in range(expression.operands):
        flat = np.empty(int(np.prod(shape)), dtype)
        for first, size, values in chunks(flat.size, dtype, seed):
            flat[first : first + size] = values
        operands.append(flat.reshape(shape))
    return operands


def hpxpy_operands(hpx, expression: Expression, n: int, dtype: str) -> list:
    """The same numbers in memory of hpxpy's own."""
    shape = expression.shape(n)
    operands = []
    for seed in range(expression.operands):
        flat = hpx.empty(int(np.prod(shape)), dtype=dtype)
        for first, size, values in chunks(flat.size, dtype, seed):
            flat[first : first + size] = values
        operands.append(hpx.reshape(flat, shape))
    hpx.eval(*operands)
    return operands
