"""NumPy's functions given hpxpy arrays stay hpxpy's, or say that they cannot."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check, placements, random_array

UNARY = ["sin", "exp", "sqrt", "negative", "absolute", "isnan", "floor", "rint", "square", "sign"]
BINARY = ["add", "multiply", "true_divide", "power", "maximum", "less", "logical_and"]


@pytest.mark.parametrize("place", placements(1), ids=str)
@pytest.mark.parametrize("name", UNARY)
def test_unary_ufuncs(name, place):
    x = np.abs(random_array(3000))
    got = getattr(np, name)(hpx.asarray(x, **place))
    assert type(got) is hpx.ndarray
    check(got, getattr(np, name)(x), tolerance=1e-15)


@pytest.mark.parametrize("name", BINARY)
def test_binary_ufuncs(name):
    x, y = np.abs(random_array(3000, seed=1)), random_array(3000, seed=2)
    expected = getattr(np, name)(x, y)
    for a, b in ((hpx.asarray(x), y), (x, hpx.asarray(y)), (hpx.asarray(x), hpx.asarray(y))):
        got = getattr(np, name)(a, b)
        assert type(got) is hpx.ndarray
        assert_same(got, expected, tolerance=1e-15)


def test_ufunc_keywords():
    x = random_array(50)
    out = hpx.zeros(50)
    assert np.add(hpx.asarray(x), 1, out=out) is out
    assert_same(out, x + 1)
    got = np.multiply(hpx.asarray(x), 2, dtype=np.float32)
    assert_same(got, np.multiply(x, 2, dtype=np.float32))
    got = np.add(hpx.asarray(x), 1, out=hpx.zeros(50), where=hpx.asarray(x > 0))
    assert_same(got, np.where(x > 0, x + 1, 0))


def test_numpy_arrays_as_out():
    out = np.zeros(50)
    assert np.add(np.ones(50), hpx.ones(50), out=out) is out
    assert_same(out, np.full(50, 2.0))


def test_operators_with_numpy_arrays_and_scalars():
    x = random_array((4, 5))
    array = hpx.asarray(x)
    for got in (x + array, array + x, np.float64(2) * array, array * np.float64(2), x[0] - array):
        assert type(got) is hpx.ndarray
    assert_same(x[0] - array, x[0] - x)
    assert_same(x @ np.eye(5) > array, x @ np.eye(5) > x)
    assert_same(np.float32(2) * array, np.float32(2) * x)
    distributed = hpx.asarray(x, distribution="block")
    check(x + distributed, x + x)
    check(distributed * x[0], x * x[0])


def test_reduce_of_ufuncs():
    x = random_array((4, 5))
    assert_same(np.add.reduce(hpx.asarray(x)), x.sum(axis=0), tolerance=1e-14)
    assert_same(np.add.accumulate(hpx.asarray(x)), np.add.accumulate(x))
    assert_same(np.multiply.accumulate(hpx.asarray(x), axis=1), np.cumprod(x, axis=1))
    assert_same(np.maximum.reduce(hpx.asarray(x), axis=1), x.max(axis=1))
    assert_same(np.add.reduce(hpx.asarray(x), axis=None), np.asarray(x.sum()), tolerance=1e-14)


FUNCTIONS = [
    lambda x: np.sum(x),
    lambda x: np.sum(x, axis=0, keepdims=True),
    lambda x: np.mean(x, axis=1),
    lambda x: np.max(x, axis=0),
    lambda x: np.prod(x),
    lambda x: np.any(x > 0, axis=0),
    lambda x: np.all(x < 9),
    lambda x: np.argmax(x, axis=1),
    lambda x: np.count_nonzero(x > 0),
    lambda x: np.where(x > 0, x, 0.0),
    lambda x: np.clip(x, -1, 1),
    lambda x: np.round(x, 1),
    lambda x: np.reshape(x, (5, 4)),
    lambda x: np.transpose(x),
    lambda x: np.broadcast_to(x, (2, 4, 5)),
    lambda x: np.expand_dims(x, 0),
    lambda x: np.zeros_like(x),
    lambda x: np.full_like(x, 3),
    lambda x: np.copy(x),
    lambda x: np.cumsum(x, axis=1),
    lambda x: np.var(x, axis=0, ddof=1),
    lambda x: np.median(x, axis=1),
    lambda x: np.diff(x, n=2),
    lambda x: np.nanmean(x, axis=0),
    lambda x: np.histogram(x, bins=4)[0],
    lambda x: np.interp(x, np.arange(3.0), np.arange(3.0) ** 2),
    lambda x: np.convolve(x[0], x[1]),
    lambda x: np.modf(x)[1],
    lambda x: np.isclose(x, x + 1e-9),
]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)))
def test_functions(number):
    x = random_array((4, 5))
    got = FUNCTIONS[number](hpx.asarray(x))
    assert type(got) is hpx.ndarray
    assert_same(got, np.asarray(FUNCTIONS[number](x)), tolerance=1e-14)


UNSUPPORTED = [
    lambda x: np.bitwise_count(x),
    lambda x: np.subtract.accumulate(x),
    lambda x: np.add.outer(x, x),
    lambda x: np.linalg.tensorinv(x),
    lambda x: np.trim_zeros(x),
    lambda x: np.i0(x),
]


@pytest.mark.parametrize("number", range(len(UNSUPPORTED)))
def test_unsupported_raises(number):
    with pytest.raises(TypeError):
        UNSUPPORTED[number](hpx.ones(3))


def test_result_in_numpy_memory():
    array = np.ones(3)
    array += hpx.ones(3)
    assert isinstance(array, np.ndarray)
    assert array.tolist() == [2.0, 2.0, 2.0]


class Other:
    """An array library that wants to answer itself."""

    __array_ufunc__ = None

    def __radd__(self, other):
        return "other"

    def __add__(self, other):
        return "other"


class Unknown:
    pass


def test_others_may_answer():
    assert hpx.ones(3) + Other() == "other"
    assert Other() + hpx.ones(3) == "other"


def test_unknown_objects():
    x = hpx.ones(3)
    for function in (
        lambda: x + Unknown(),
        lambda: Unknown() * x,
        lambda: x + "a",
        lambda: x < None,
    ):
        with pytest.raises(TypeError):
            function()
    with pytest.raises(TypeError, match=r"add: .*is neither a number nor an array"):
        hpx.add(x, Unknown())


def test_lists_are_operands():
    assert_same(hpx.ones(3) + [1, 2, 3], np.array([2.0, 3.0, 4.0]))
    assert_same([1, 2, 3] * hpx.ones(3), np.array([1.0, 2.0, 3.0]))


def test_numpys_functions_of_arrays_give_ours():
    x, v = hpx.asarray([[3.0, 1.0], [0.0, 4.0]]), hpx.asarray([1, 2, 2, 0])
    calls = [
        (np.concatenate, [x, x]),
        (np.stack, [x, x]),
        (np.sort, x),
        (np.unique, v),
        (np.flip, x),
        (np.squeeze, x),
        (np.triu, x),
        (np.roll, x, 1),
        (np.tile, x, 2),
        (np.repeat, x, 2),
        (np.pad, x, 1),
        (np.take, x, [1, 0]),
        (np.searchsorted, x[1], v),
        (np.isin, x, v),
        (np.diag, x),
        (np.where, x > 1, x, 0.0),
    ]
    for function, *arguments in calls:
        got = function(*arguments)
        assert isinstance(got, hpx.ndarray), function.__name__
        plain = [np.asarray(a) if isinstance(a, hpx.ndarray) else a for a in arguments]
        if isinstance(plain[0], list):
            plain[0] = [np.asarray(a) for a in plain[0]]
        assert_same(got, function(*plain))
    assert all(isinstance(i, hpx.ndarray) for i in np.nonzero(x))
