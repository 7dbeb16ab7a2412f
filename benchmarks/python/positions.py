"""Sorting of every dtype, masks, gathers and scatters beside NumPy.

The answers are compared. run.py prints its table; called alone it prints only that.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import time

import hpxpy as hpx
import numpy as np
from table import Table

DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "complex64", "complex128"),
)
# How many times NumPy's speed is wanted; of the others the ratio is shown.
GOALS = {"x[x > 0]": 3.0, "sort float64": 5.0}


def values(n: int, dtype: str) -> np.ndarray:
    generator = np.random.default_rng(0)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return generator.random(n) < 0.5
    if kind in "iu":
        info = np.iinfo(dtype)
        return generator.integers(info.min, info.max, n, dtype, endpoint=True)
    x = generator.standard_normal(n)
    return (x + 1j * generator.standard_normal(n) if kind == "c" else x).astype(dtype)


def assigned(x, key, value):
    x[key] = value
    return x


def contests(n: int):
    """Title, and the call for NumPy and for hpxpy."""
    x = values(n, "float64")
    positions = np.random.default_rng(1).integers(0, n, n)
    ours, where = hpx.asarray(x), hpx.asarray(positions)
    square = round(n**0.5)
    table, rows = x[: square**2].reshape(square, square), positions[:square] % square
    our_table, our_rows = hpx.asarray(table), hpx.asarray(rows)
    yield "x[x > 0]", lambda: x[x > 0], lambda: ours[ours > 0]
    yield "x[positions]", lambda: x[positions], lambda: ours[where]
    yield "x[rows]", lambda: table[rows], lambda: our_table[our_rows]
    yield "x[:, columns]", lambda: table[:, rows], lambda: our_table[:, our_rows]
    yield "x[x > 1] = 1", lambda: assigned(x, x > 1, 1), lambda: assigned(ours, ours > 1, 1)
    source, our_source = x.copy(), ours.copy()
    yield (
        "x[positions] = y",
        lambda: assigned(x, positions, source),
        lambda: assigned(ours, where, our_source),
    )
    ordered, our_ordered = np.sort(source), hpx.sort(our_source)
    yield (
        "searchsorted",
        lambda: np.searchsorted(ordered, source),
        lambda: hpx.searchsorted(our_ordered, our_source),
    )
    yield "nonzero", lambda: np.nonzero(source > 0)[0], lambda: hpx.nonzero(our_source > 0)[0]
    small, our_small = positions % 1000, where % 1000
    yield "unique of 1000", lambda: np.unique(small), lambda: hpx.unique(our_small)
    for dtype in DTYPES:
        y = values(n, dtype)
        our_y = hpx.asarray(y)
        yield f"sort {dtype}", lambda y=y: np.sort(y), lambda y=our_y: hpx.sort(y)
        yield (
            f"argsort {dtype}",
            lambda y=y: np.argsort(y, kind="stable"),
            lambda y=our_y: hpx.argsort(y),
        )


def best(call, rounds: int):
    least, result = float("inf"), None
    for _ in range(rounds):
        begin = time.perf_counter()
        result = call()
        if isinstance(result, hpx.ndarray):
            hpx.eval(result)
        least = min(least, time.perf_counter() - begin)
    return least, result


def print_positions(n: int, rounds: int, verdict=lambda good: "yes" if good else "NO"):
    table = Table(
        [
            "work",
            "elements",
            "NumPy, ms",
            "hpxpy, ms",
            "ns an element",
            "x NumPy",
            "goal",
            "reached",
        ],
        left={0, 6, 7},
    )
    for title, theirs, ours in contests(n):
        their_time, expected = best(theirs, min(rounds, 2))
        our_time, got = best(ours, rounds)
        if not np.array_equal(np.asarray(got), np.asarray(expected)):
            raise SystemExit(f"positions.py: {title}: the answers differ")
        ratio, goal = their_time / our_time, GOALS.get(title)
        table.add(
            title,
            f"{n:.0e}".replace("e+0", "e"),
            f"{1e3 * their_time:.2f}",
            f"{1e3 * our_time:.2f}",
            f"{1e9 * our_time / n:.1f}",
            f"{ratio:.1f}",
            f"{goal:g} x NumPy" if goal else "",
            verdict(ratio >= goal) if goal else "",
        )
    print(f"\nPositions and order, {hpx.num_threads()} threads, best of the rounds.\n")
    print(table)


if __name__ == "__main__":
    print_positions(2_000_000, 3)
