"""What joins or orders the parts of a distributed array goes by index, not by locality.

Views whose step is negative along the distributed axis begin on the last locality; others leave
blocks empty.
"""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, difference, distributed_problem

VIEWS = {
    "whole": slice(None),
    "turned": slice(None, None, -1),
    "every second from the end": slice(None, None, -2),
    "the end, turned": slice(None, 8, -1),
    "the beginning, turned": slice(4, None, -1),
    "in the middle": slice(5, 8),
    "the last one": slice(-1, None),
    "nothing": slice(3, 3),
    "nothing, turned": slice(3, 5, -1),
}
ROWS = 13


def values(shape=(ROWS,), seed=0):
    """Small whole numbers, with many ties, so that sums are exact."""
    return np.random.default_rng(seed).integers(-3, 4, shape).astype(float)


def dealt(x, axis=0):
    return hpx.asarray(x, distribution="block", axis=axis)


def uneven(x):
    """The same elements, all but two of them on the last locality that has any."""
    longer = np.concatenate([np.zeros((2 * len(x), *x.shape[1:])), x])
    return hpx.asarray(longer, distribution="block")[2 * len(x) :]


def pairs(shape=(ROWS,)):
    """Arrays and their counterparts of NumPy, by the name of the view."""
    x = values(shape)
    for make in (dealt, uneven):
        array = make(x)
        for name, view in VIEWS.items():
            yield f"{make.__name__} {name}", array[view], x[view]
    for name, view in VIEWS.items():
        yield f"twice {name}", dealt(x)[::-1][view], x[::-1][view]


def problem_of(got, expected):
    if isinstance(got, hpx.ndarray) and got.distribution is not None:
        return distributed_problem(got, expected)
    return difference(got.to_numpy(), expected)


def compare(ours, numpys, shape=(ROWS,), least=0):
    problems = []
    for name, array, x in pairs(shape):
        if len(x) < least:
            continue
        text = problem_of(ours(array), np.asarray(numpys(x)))
        if text:
            problems.append(f"{name}: {text}")
    agree("\n".join(problems))


SCANS = ["cumsum", "cumprod", "cumulative_sum", "cumulative_prod", "nancumsum", "nancumprod"]


@pytest.mark.parametrize("name", SCANS)
def test_scans(name):
    compare(getattr(hpx, name), getattr(np, name))


@pytest.mark.parametrize("name", SCANS)
@pytest.mark.parametrize("axis", [0, 1])
def test_scans_of_rows(name, axis):
    shape = (ROWS, 3)
    compare(
        lambda x: getattr(hpx, name)(x, axis=axis), lambda x: getattr(np, name)(x, axis=axis), shape
    )


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
@pytest.mark.parametrize("axis", [0, 1])
def test_scans_with_an_initial_value(name, axis):
    keywords = {"axis": axis, "include_initial": True}
    compare(
        lambda x: getattr(hpx, name)(x, **keywords),
        lambda x: getattr(np, name)(x, **keywords),
        (ROWS, 3),
    )


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float32", "complex64"])
def test_scans_of_dtypes(dtype):
    compare(lambda x: hpx.cumsum(hpx.astype(x, dtype)), lambda x: np.cumsum(x.astype(dtype)))


def test_scans_of_large_blocks():
    x = values((40_001,), 3)
    check = distributed_problem(hpx.cumsum(dealt(x)[::-1]), np.cumsum(x[::-1]))
    wide = values((7, 3000), 4)
    agree(
        check
        or distributed_problem(hpx.cumsum(dealt(wide)[::-1], axis=0), np.cumsum(wide[::-1], axis=0))
    )


def test_scans_keep_the_sign_of_zeros():
    x = np.full(ROWS, -0.0)
    problems = [
        distributed_problem(hpx.cumsum(array[view]), np.cumsum(x[view]))
        for array in (dealt(x), uneven(x))
        for view in VIEWS.values()
    ]
    agree("; ".join(filter(None, problems)))


@pytest.mark.parametrize("name", ["argmin", "argmax", "nanargmin", "nanargmax"])
def test_positions_of_ties(name):
    compare(getattr(hpx, name), getattr(np, name), least=1)
    compare(
        lambda x: getattr(hpx, name)(x, axis=0),
        lambda x: getattr(np, name)(x, axis=0),
        (ROWS, 3),
        1,
    )
    compare(getattr(hpx, name), getattr(np, name), (ROWS, 3), 1)


@pytest.mark.parametrize("name", ["sum", "prod", "min", "max", "any", "all", "mean", "var", "ptp"])
def test_reductions(name):
    def of(library):
        return lambda x: np.round(np.array(getattr(library, name)(x, axis=0).tolist(), float), 12)

    shape = (ROWS, 3)
    problems = [
        f"{view}: {text}"
        for view, array, x in pairs(shape)
        if len(x) and (text := difference(of(hpx)(array), of(np)(x)))
    ]
    agree("\n".join(problems))


NEIGHBOURS = {
    "diff": lambda m, x: m.diff(x),
    "diff twice": lambda m, x: m.diff(x, 2),
    "diff with ends": lambda m, x: m.diff(x, prepend=x[:2], append=x[-1:]),
    "ediff1d": lambda m, x: m.ediff1d(x, 1.0, 2.0),
    "gradient": lambda m, x: m.gradient(x),
    "trapezoid": lambda m, x: m.trapezoid(x),
    "roll": lambda m, x: m.roll(x, 2),
    "flip": lambda m, x: m.flip(x),
    "concat": lambda m, x: m.concat([x, x[::-1], x]),
    "append": lambda m, x: m.append(x, x[::-1]),
    "stack": lambda m, x: m.stack([x, x[::-1]]),
    "sum of neighbours": lambda m, x: x[1:] + x[:-1],
    "sum of opposites": lambda m, x: x + x[::-1],
    "where": lambda m, x: m.where(x > x[::-1], x, -x[::-1]),
    "copy": lambda m, x: m.copy(x),
    "ravel": lambda m, x: m.ravel(x, "K"),
    "vecdot": lambda m, x: m.vecdot(x, x[::-1]),
    "average": lambda m, x: m.average(x, weights=x[::-1] ** 2 + 1),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbours(name):
    function = NEIGHBOURS[name]
    compare(lambda x: function(hpx, x), lambda x: function(np, x), least=3)


COUNTS = {
    "histogram": lambda m, x: m.histogram(x, 4, weights=x[::-1])[0],
    "histogram2d": lambda m, x: m.histogram2d(x, x[::-1], 3, weights=x[::-1])[0],
    "bincount": lambda m, x: m.bincount((x + 3).astype("int64"), x[::-1]),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_with_weights_that_lie_elsewhere(name):
    function = COUNTS[name]
    compare(lambda x: function(hpx, x), lambda x: function(np, x), least=3)


def test_weights_of_other_blocks():
    x, w = values(seed=5), values((ROWS + 9,), 6)
    for first, weights in (
        (dealt(x), dealt(w)[9:]),
        (dealt(x), uneven(w)[4:-5]),
        (dealt(x), hpx.asarray(w)[9:]),
    ):
        whole = weights.to_numpy()
        got = hpx.histogram(first, 4, weights=weights)[0]
        agree(difference(got.to_numpy(), np.histogram(x, 4, weights=whole)[0], tolerance=1e-12))


@pytest.mark.parametrize("op", ["sum", "min", "max"])
def test_gathered_and_reduced(op):
    problems = []
    for _, array, x in pairs():
        problems.append(difference(hpx.all_gather(array).to_numpy(), x))
        whole = hpx.gather(array, root=hpx.num_localities() - 1)
        if whole is not None:
            problems.append(difference(whole.to_numpy(), x))
        if len(x):
            problems.append(difference(hpx.all_reduce(array, op).to_numpy(), getattr(np, op)(x)))
        even = hpx.redistribute(array, "block")
        problems.append(distributed_problem(even, x))
    agree("; ".join(filter(None, problems)))


def test_writes_through_turned_views():
    x = values()
    array = dealt(x)
    array[::-1][2:9] = np.arange(7.0)
    x[::-1][2:9] = np.arange(7.0)
    array[::-2] += array[::2]
    x[::-2] += x[::2].copy()
    agree(distributed_problem(array, x))
