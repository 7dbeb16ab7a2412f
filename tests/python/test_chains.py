"""Chains of operations in one loop give the same bits as each operation by itself."""

# SPDX-License-Identifier: BSL-1.0
import operator

import hpxpy as hpx
import numpy as np
import pytest
from helpers import SIZES, check, placements, random_array, special_values

pytestmark = pytest.mark.local

OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
}
# What stands at a place of a chain: an array, a number, or the chain's value once more.
OPERANDS = ["array", "number", "itself"]


def mixed(n, dtype, seed):
    """Ordinary values with special ones among them."""
    values = random_array(n, dtype, seed)
    special = special_values(np.dtype(dtype))
    values[:: max(n // 50, 7)][: len(special)] = special[: len(values[:: max(n // 50, 7)])]
    return values


def random_chain(generator, length):
    """Steps (name, operand, whether the chain's value comes second)."""
    names = [*OPERATORS, "negative", "square"]
    return [
        (names[generator.integers(6)], OPERANDS[generator.integers(3)], generator.random() < 0.5)
        for _ in range(length)
    ]


def apply(chain, x, others, each=lambda value: value):
    """The chain from x on; `each` sees every value on the way."""
    kept = []
    for (name, operand, second), (array, number) in zip(chain, others, strict=True):
        if name == "negative":
            x = -x
        elif name == "square":
            x = x**2
        else:
            other = {"array": array, "number": number, "itself": x}[operand]
            x = OPERATORS[name](*((other, x) if second else (x, other)))
        x = each(x)
        kept.append(x)
    return kept


def evaluated(x):
    hpx.eval(x)
    return x


def operands(chain, n, dtype):
    arrays = [mixed(n, dtype, seed + 1) for seed in range(len(chain))]
    return [(array, 0.5 + seed) for seed, array in enumerate(arrays)]


def on_hpxpy(others, place):
    return [(hpx.asarray(array, **place), number) for array, number in others]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("place", placements(1), ids=str)
def test_each_operation_after_each(dtype, place):
    n = 2200
    steps = [
        (name, operand, second)
        for name in OPERATORS
        for operand in ("array", "number")
        for second in (False, True)
    ]
    steps += [("negative", "", False), ("square", "", False)]
    x = mixed(n, dtype, 0)
    for first in steps:
        for last in steps:
            chain = [first, last, ("add", "array", False)]
            others = operands(chain, n, dtype)
            with np.errstate(all="ignore"):
                expected = apply(chain, x, others)[-1]
            got = apply(chain, hpx.asarray(x, **place), on_hpxpy(others, place))[-1]
            check(got, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [*SIZES, 131072 + 77])
def test_random_chains(dtype, n):
    generator = np.random.default_rng(n)
    for _ in range(4):
        chain = random_chain(generator, int(generator.integers(2, 12)))
        x, others = mixed(n, dtype, 0), operands(chain, n, dtype)
        with np.errstate(all="ignore"):
            expected = apply(chain, x, others)
        kept = apply(chain, hpx.asarray(x), on_hpxpy(others, {}))
        wanted = kept[:: int(generator.integers(1, 4))] + kept[-1:]
        hpx.eval(*wanted)
        for k, value in enumerate(kept):
            check(value, expected[k])
        singly = apply(chain, hpx.asarray(x), on_hpxpy(others, {}), evaluated)
        for one, other in zip(kept, singly, strict=True):
            check(one, np.asarray(other))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_chains_of_views(dtype):
    u = mixed(150 * 131, dtype, 1).reshape(150, 131)
    a = hpx.asarray(u)
    views = [
        np.s_[:-2, 1:-1],
        np.s_[2:, 1:-1],
        np.s_[1:-1, :-2],
        np.s_[1:-1, 2:],
        np.s_[-2:0:-1, -2:0:-1],
    ]

    def joined(x):
        one, two, three, four, five = (x[view] for view in views)
        return (((one + two) * three - four) * 0.25 - five) / 3.0

    with np.errstate(all="ignore"):
        expected = joined(u)
        check(joined(a), expected)
        a[1:-1, 1:-1] = joined(a)
        u[1:-1, 1:-1] = joined(u)
        check(a, u)
        check(joined(a.T), joined(u.T))
        a *= (a[::-1] - 1) * 2.0
        u *= (u[::-1] - 1) * 2.0
    check(a, u)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_results_and_taken_over_memory(dtype):
    n = 3_000_017
    x, y = mixed(n, dtype, 1), mixed(n, dtype, 2)
    a, b = hpx.asarray(x), hpx.asarray(y)
    with np.errstate(all="ignore"):
        check((a * 2.5 + b) * a - 1, (x * 2.5 + y) * x - 1)
        a += (a - b) * 0.5
        x += (x - y) * 0.5
        check(a, x)
        double, triple = (a + b) * 2, (a + b) * 2 * b - a
        hpx.eval(double, triple)
        check(double, (x + y) * 2)
        check(triple, (x + y) * 2 * y - x)
        reference = (np.array(x)[::-1] - 1.5) * y
    check((a[::-1] - 1.5) * b, reference)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_operation_on_what_does_not_fit_in_caches(dtype):
    n = (40 << 20) // np.dtype(dtype).itemsize + 13
    x, y = mixed(n, dtype, 1), mixed(n, dtype, 2)
    a, b = hpx.asarray(x), hpx.asarray(y)
    with np.errstate(all="ignore"):
        check(-a, -x)
        check(2 / a, 2 / x)
        check(a * b + b, x * y + y)
        check(hpx.max(a[7:] - b[7:]), np.max(x[7:] - y[7:]))
        check(hpx.min(2 * (a + b).reshape(-1, 1), axis=1), 2 * (x + y))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("first", [0, 1, 5])
def test_large_writes_of_rows(dtype, first):
    u = mixed(1601 * 1777, dtype, 1).reshape(1601, 1777)
    a, b = hpx.asarray(u), hpx.asarray(np.zeros_like(u))
    v = np.zeros_like(u)
    inner = np.s_[1:-1, first : first + 1700]
    with np.errstate(all="ignore"):
        for x, y in ((a, b), (u, v)):
            y[inner] = (x[:-2, :1700] + x[2:, 50:1750] - x[inner]) * 0.25
    check(b, v)


def test_reductions_of_chains_are_those_of_stored_values():
    x, y = random_array(70_001), random_array(70_001, seed=1)
    a, b = hpx.asarray(x), hpx.asarray(y)
    fused = ((a * b + 1.5) * a - b).sum()
    stored = evaluated((a * b + 1.5) * a - b)
    assert float(fused) == float(stored.sum())
