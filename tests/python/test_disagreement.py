"""Localities that call different things: all get the same error, and the next call works."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import programs
import pytest
from helpers import agree

N = hpx.num_localities()
ME = hpx.locality_id()
pytestmark = pytest.mark.skipif(N == 1, reason="one locality agrees with itself")
FIRST = ME == 0


def block(length=12, dtype="float64"):
    return hpx.arange(length, dtype=dtype, distribution="block")


def square():
    return hpx.ones((4, 6), distribution="block")


def moved(x, there):
    return x[:8] + (x[8:16] if there else x[7:15])


def read_one(x):
    if FIRST:
        float(x[0])
    total = x.sum()
    return float(x[1]), float(total)


def in_another_order(x):
    steps = [lambda: float(x.sum()), lambda: hpx.redistribute(x, None)]
    for step in steps if FIRST else reversed(steps):
        step()


def left_early(x):
    if FIRST:
        return
    hpx.redistribute(x, None)


# What a locality calls, and words that the error must have.
PROGRAMS = {
    "slices": (
        lambda: hpx.redistribute(block()[0:6] if FIRST else block()[6:12], None),
        ["rows 0:6 of 12", "rows 6:12 of 12"],
    ),
    "another call": (
        lambda: hpx.redistribute(block(), None) if FIRST else float(block().sum()),
        ["join of float64 (12,)", "sum of float64"],
    ),
    "no call": (lambda: block().to_numpy() if FIRST else None, ["join of", "barrier"]),
    "an element": (lambda: read_one(block()), ["rows 0:1 of 12", "sum"]),
    "halos": (
        lambda: moved(block(16), FIRST).to_numpy(),
        ["halo of", "rows 7:15 to", "rows 8:16 to"],
    ),
    "shapes": (
        lambda: hpx.redistribute(block(8 if FIRST else 6), None),
        ["float64 (8,)", "float64 (6,)"],
    ),
    "dtypes": (
        lambda: hpx.redistribute(block(8, "int64" if FIRST else "float32"), None),
        ["int64", "float32"],
    ),
    "maps": (
        lambda: hpx.redistribute(square(), "block" if FIRST else None, axis=1 if FIRST else 0),
        ["to blocks of axis 1", "to a full copy everywhere"],
    ),
    "operations": (lambda: float(block().sum() if FIRST else block().max()), ["sum", "max"]),
    "operations in flight": (
        lambda: [block().sum() if FIRST else block().max(), block().min()] and hpx.barrier(),
        ["sum", "max"],
    ),
    "roots": (
        lambda: hpx.broadcast(hpx.ones(3), 0 if FIRST else 1),
        ["with root 0", "with root 1"],
    ),
    "orders": (lambda: in_another_order(block()), ["sum", "join"]),
    "an early return": (lambda: left_early(block()), ["join", "barrier"]),
    "scans": (
        lambda: block().cumsum() if FIRST else hpx.gather(block()),
        ["cumsum", "locality 1 calls"],
    ),
    "objects": (
        lambda: hpx.broadcast_object(1) if FIRST else block().to_numpy(),
        ["broadcast_object", "join"],
    ),
    "results never read": (
        lambda: [block().sum(), block().min()] if FIRST else [block().max(), block().prod()],
        ["sum", "max"],
    ),
}


def told(program):
    """What the program is told, at its end at the latest; "" if it ends well."""
    try:
        program()
        hpx.barrier()
    except hpx.CommunicationError as error:
        return str(error)
    return ""


def check_that_all_goes_on():
    values = block(50)
    right = float(values.sum()) == 1225 and np.array_equal(values.to_numpy(), np.arange(50.0))
    agree("" if right else "what came after the error is wrong")


@pytest.mark.parametrize("name", PROGRAMS)
def test_localities_that_differ_are_told(name):
    program, words = PROGRAMS[name]
    for _ in range(3):
        text = told(program)
        texts = set(hpx.all_gather_object(text))
        agree("" if len(texts) == 1 else f"not the same everywhere: {texts}")
        missing = [word for word in [*words, "test_disagreement.py:"] if word not in text]
        agree(f"{missing} not in: {text}" if missing else "")
        check_that_all_goes_on()


@pytest.mark.parametrize("tens", range(5))
def test_any_localities_that_differ_are_told(tens):
    """Random programs of which one locality leaves out, adds or changes a call; ten seeds each."""
    for seed in range(10 * tens, 10 * tens + 10):
        problem = programs.check_divergent(seed)
        assert not problem, problem
