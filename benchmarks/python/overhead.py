"""What a statement on few elements costs, where Python's part and recording are all that counts.

A row is a statement that hpxpy and NumPy run in turns, on arrays of 1 to 1000 elements. A second
table has what recording costs on blocks beside what it costs on local arrays.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import statistics
import time
from typing import NamedTuple

import hpxpy as hpx
import numpy as np

SIZES = (1, 10, 100, 1000)
RECORDED = 100_000  # so many elements are recorded rather than computed at once
RECORDED_GOAL = 1.5  # times a local array's


class Statement(NamedTuple):
    """A statement over the names that `operands` makes, and its goal: times NumPy's time."""

    words: str
    goal: float = 1.0
    result: str = "r"  # what is compared: what the statement gives, or an operand that it writes to


# Of 20 operations, which in NumPy are as many calls.
CHAIN = "r = a" + " * b + a" * 10

STATEMENTS = (
    Statement("r = x[i, j]", 1.25),
    Statement("x[i, j] = c", 1.75, "x"),
    Statement("x[i, j] += c", 2.0, "x"),
    Statement("x[3, :] = x[4, :]", 1.25, "x"),
    Statement("r = xp.dot(a, b)"),
    Statement("r = xp.inner(a, b)"),
    Statement("r = xp.vdot(a, b)"),
    Statement("r = xp.vecdot(a, b)"),
    Statement("r = np.float64(1.5) * a"),
    Statement("row[:n] += c * a", 1.1, "row"),
    Statement("a += b", result="a"),
    Statement("a[:] = b", result="a"),
    Statement("r = xp.flip(a)"),
    Statement("r = a[1:]"),
    Statement("r = x[3]"),
    Statement("r = x[:, 0]"),
    Statement("r = x.T"),
    Statement("r = x.reshape(-1)"),
    Statement("r = xp.reshape(x, (n, 10))"),
    Statement("r = a + b"),
    Statement("r = a * 2.0"),
    Statement("r = -a"),
    Statement("r = xp.sin(a)"),
    Statement("r = a < b"),
    Statement("r = a.sum()"),
    Statement("r = a.max()"),
    Statement("r = a[mask]"),
    Statement("r = xp.zeros(n)"),
    Statement("r = float(x[i, j])"),
    Statement(CHAIN),
)

# Elementwise calls that are recorded alike of blocks and of local arrays.
RECORDINGS = ("r = a + b", "r = xp.sin(a)", "r = a < b", "r = xp.where(a < b, a, 2.0)", CHAIN)


def names(xp, n: int, **placed) -> dict:
    """What the statements speak of, for NumPy or hpxpy."""
    draw = np.random.default_rng(5).random

    def made(shape):
        values = draw(shape)
        return hpx.array(values, **placed) if xp is hpx else values

    found = {"xp": xp, "np": np, "n": n, "i": 3, "j": 0, "c": 0.5}
    found |= {"a": made(n), "b": made(n), "x": made((10, n)), "row": made(n + 1)}
    return found | {"mask": found["a"] > 0.5}


def loop_of(words: str, given: dict):
    """A function that runs the statement so many times, and gives the seconds of one."""
    arguments = ", ".join(f"{name}={name}" for name in given)
    source = (
        f"def loop(turns, {arguments}):\n    begin = clock()\n    for _ in range(turns):\n"
        f"        {words}\n    return (clock() - begin) / turns\n"
    )
    namespace = {**given, "clock": time.perf_counter}
    exec(source, namespace)
    return namespace["loop"]


def compare(statement: Statement, n: int):
    """SystemExit where hpxpy's answer is not NumPy's."""
    answers = []
    for xp in (np, hpx):
        given = names(xp, n)
        exec(statement.words, given)
        answers.append(np.asarray(given[statement.result]))
    wanted, found = answers
    if wanted.dtype != found.dtype or not np.allclose(wanted, found, rtol=1e-12):
        raise SystemExit(f"{statement.words} of {n} elements: hpxpy differs from NumPy")


def medians(loops: dict, rounds: int, turns: int) -> dict:
    seconds = {who: [] for who in loops}
    for _ in range(rounds):
        for who, loop in loops.items():
            seconds[who].append(loop(turns))
    return {who: statistics.median(times) for who, times in seconds.items()}


def overhead(rounds: int, turns: int) -> list[dict]:
    """Median seconds of each statement, NumPy's and ours in turns."""
    rows = []
    for statement in STATEMENTS:
        for n in SIZES:
            compare(statement, n)
            loops = {
                who: loop_of(statement.words, names(xp, n))
                for who, xp in (("numpy", np), ("hpxpy", hpx))
            }
            seconds = medians(loops, rounds, turns)
            rows.append({"words": statement.words, "n": n, "goal": statement.goal, **seconds})
    return rows


def recording(rounds: int, turns: int) -> list[dict]:
    """Median seconds of recording on local arrays and on blocks, in turns; nothing is computed."""
    rows = []
    for words in RECORDINGS:
        loops = {
            "local": loop_of(words, names(hpx, RECORDED)),
            "blocks": loop_of(words, names(hpx, RECORDED, distribution="block")),
        }
        rows.append({"words": words, **medians(loops, rounds, turns)})
    return rows
