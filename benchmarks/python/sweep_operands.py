"""Operands of the sweep's rows: made of a number of elements and a dtype, the same each time.

sweep_rows.py gives them to the functions that it calls.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from functools import cache

import numpy as np
from case import side_of


def values(n: int, dtype: str, seed: int = 0) -> np.ndarray:
    """Numbers below 1 or small integers, all positive; booleans as a coin falls."""
    generator = np.random.default_rng(seed)
    if dtype == "bool":
        return generator.random(n) < 0.5
    if dtype == "int64":
        return generator.integers(1, 60, n)
    if dtype == "complex128":
        return generator.random(n) + 1j * generator.random(n)
    return (generator.random(n) * 0.998 + 0.001).astype(dtype)


def wide(n: int, dtype: str, seed: int = 0) -> np.ndarray:
    """Keys that rarely repeat, of both signs."""
    if dtype == "int64":
        return np.random.default_rng(seed).integers(-(2**62), 2**62, n)
    x = values(n, dtype, seed)
    return x if dtype == "bool" else x * 2 - 1


@cache
def source(n: int, dtype: str) -> np.ndarray:
    return values(n, dtype)


@cache
def numbers(n: int) -> list[float]:
    return [0.5] * n


@cache
def memory(n: int) -> bytes:
    return b"12345678" * n


def one(n, dtype):
    return [values(n, dtype)]


def two(n, dtype):
    return [values(n, dtype), values(n, dtype, 1)]


def keys(n, dtype):
    return [wide(n, dtype)]


def two_keys(n, dtype):
    return [wide(n // 2, dtype), wide(n // 2, dtype, 1)]


def square(n, dtype):
    return [values(side_of(n) ** 2, dtype).reshape(side_of(n), -1)]


def two_squares(n, dtype):
    return [square(n, dtype)[0], values(side_of(n) ** 2, dtype, 1).reshape(side_of(n), -1)]


def tall(n, dtype):
    return [values(n // 8 * 8, dtype).reshape(-1, 8)]


def wide_rows(n, dtype):
    return [values(n // 8 * 8, dtype).reshape(8, -1)]


def cube(n, dtype):
    side = round(n ** (1 / 3))
    return [values(side**3, dtype).reshape(side, side, side)]


def masked(n, dtype):
    return [values(n, dtype), values(n, "bool", 1)]


def placed(n, dtype):
    """Values, positions of as many of them, and as many other values."""
    return [
        values(n, dtype),
        np.random.default_rng(3).integers(0, n, n),
        values(n, dtype, 1),
    ]


def placed_rows(n, dtype):
    (x,) = tall(n, dtype)
    return [x, np.random.default_rng(3).integers(0, len(x), len(x))]


def system(n, dtype):
    """A matrix that solvers like, and a right side."""
    (a,) = square(n, dtype)
    return [a + len(a) * np.eye(len(a), dtype=dtype), a[:, 0].copy()]


def positive_definite(n, dtype):
    (a,) = square(n, dtype)
    return [(a @ a.T.conj() / len(a) + np.eye(len(a))).astype(dtype)]


def short_kernel(n, dtype):
    return [values(n, dtype), values(33, dtype, 1)]


def table_of_points(n, dtype):
    return [values(n, dtype), np.sort(values(1000, dtype, 1)), values(1000, dtype, 2)]


def few_matrices(n, dtype):
    return [
        values(n // 16 * 16, dtype).reshape(-1, 4, 4),
        values(n // 16 * 16, dtype, 1).reshape(-1, 4, 4),
    ]
