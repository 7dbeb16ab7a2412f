"""NumPy's functions given hpxpy arrays stay hpxpy's, or say that they cannot."""

# SPDX-License-Identifier: BSL-1.0
import types

import hpxpy as hpx
import numpy as np
import pytest
import scipy.special
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
    with_nan = np.where(x > 1, np.nan, x)
    assert_same(np.fmax.reduce(hpx.asarray(with_nan)), np.fmax.reduce(with_nan))
    assert_same(np.fmin.reduce(hpx.asarray(with_nan), axis=1), np.fmin.reduce(with_nan, axis=1))
    got = np.add.reduce(hpx.asarray(x), axis=(0, 1), dtype=np.float32, keepdims=True, initial=2)
    assert_same(got, x.astype("f4").sum(keepdims=True, initial=2), tolerance=1e-5)
    out = hpx.zeros(5)
    assert np.multiply.reduce(hpx.asarray(x), out=out) is out
    assert_same(out, x.prod(axis=0), tolerance=1e-14)
    out = np.zeros(5)
    assert np.add.reduce(hpx.asarray(x), out=out) is out
    assert_same(out, x.sum(axis=0), tolerance=1e-14)


def test_ufuncs_are_fused():
    x = hpx.ones(10_000)
    plan = hpx.explain(np.sqrt(np.add(np.multiply(x, 2.0), x)))
    assert plan.startswith("1 step\nstep 1: fused ")


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


# What hpxpy has no function for, and what the error names.
UNSUPPORTED = {
    "isnat": lambda x: np.isnat(x),
    r"max \(vectorized\)\.outer": lambda x: np.frompyfunc(max, 2, 1).outer(x, x),
    r"numpy\.busday_count": lambda x: np.busday_count(x, x),
    r"numpy\.is_busday": lambda x: np.is_busday(x),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_raises(name):
    with pytest.raises(TypeError, match=rf"^{name}: hpxpy has no such function.*to_numpy\(\)"):
        UNSUPPORTED[name](hpx.ones(3))


def test_unsupported_arguments_raise():
    x = hpx.ones(3)
    with pytest.raises(TypeError, match="divmod: hpxpy's divmod takes no where="):
        np.divmod(x, 2, where=[True, False, True])
    with pytest.raises(TypeError, match="add: Cannot cast"):
        np.add(x, hpx.arange(3), casting="no")
    with pytest.raises(ValueError, match=r"matmul: out has shape \(2,\), the result \(\)"):
        np.matmul(x, x, out=hpx.ones(2))
    with pytest.raises(
        TypeError, match="frexp: a result of float64 cannot be stored in place into int8"
    ):
        np.frexp(x, out=(hpx.zeros(3, dtype="int8"), None))


def test_functions_that_are_named_like_ours_are_not_taken_for_ours():
    logit = scipy.special.logit
    assert not hasattr(hpx, logit.__name__)
    with pytest.raises(TypeError, match="logit: hpxpy has no such function"):
        logit(hpx.ones(3))
    assert_same(scipy.special.erf(hpx.zeros(3)), np.zeros(3))
    # A ufunc of somebody else's that has the name of one of NumPy's.
    add = types.FunctionType((lambda: None).__code__, {}, "add")
    with pytest.raises(TypeError, match="add: hpxpy has no such function"):
        hpx.ones(3).__array_ufunc__(add, "__call__", hpx.ones(3), 1)


def test_functions_of_two_results_with_out():
    x = random_array(50) * 10
    for function, *more in ((np.modf,), (np.frexp,), (np.divmod, 3.0)):
        expected = function(x, *more)
        outs = tuple(hpx.zeros(50, dtype=part.dtype) for part in expected)
        got = function(hpx.asarray(x), *more, out=outs)
        assert got[0] is outs[0]
        assert got[1] is outs[1]
        for part, wanted in zip(outs, expected, strict=True):
            assert_same(part, wanted, ulps=1)
        first, second = function(hpx.asarray(x), *more, out=(np.zeros(50), None))
        assert type(first) is np.ndarray
        assert type(second) is hpx.ndarray


def test_products_with_out():
    x = random_array((4, 4))
    out = hpx.zeros((4, 4))
    assert np.matmul(hpx.asarray(x), x, out=out) is out
    assert_same(out, x @ x, tolerance=1e-13)
    out = np.zeros((4, 4))
    assert np.matmul(hpx.asarray(x), x, out=out) is out
    assert_same(out, x @ x, tolerance=1e-13)


def test_casts_that_are_asked_for():
    out = hpx.zeros(3, dtype="int64")
    assert np.multiply(hpx.asarray([1.5, 2.5, -1.5]), 2.5, out=out, casting="unsafe") is out
    assert out.tolist() == [3, 6, -3]
    with pytest.raises(TypeError, match="float64"):
        np.multiply(hpx.asarray([1.5]), 2.5, out=hpx.zeros(1, dtype="int64"))
    assert_same(np.add(hpx.ones(3), 1, order="C", subok=True, casting="same_kind"), np.full(3, 2.0))


def test_outer_of_ufuncs():
    x, y = random_array((2, 3)), random_array(4, seed=1)
    for a, b in ((hpx.asarray(x), y), (x, hpx.asarray(y)), (hpx.asarray(x), 2.0)):
        got = np.subtract.outer(a, b)
        assert type(got) is hpx.ndarray
        assert_same(got, np.subtract.outer(x, 2.0 if b is not y and np.ndim(b) == 0 else y))
    assert_same(np.logaddexp.outer(hpx.asarray(y), y), np.logaddexp.outer(y, y), tolerance=1e-14)


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


def test_names_of_numpys_arguments():
    x, v = hpx.asarray([1.0, 2.0, 4.0]), hpx.asarray([3.0])
    assert_same(np.sum(a=x), np.asarray(7.0))
    assert_same(np.searchsorted(a=x, v=v), np.array([2]))
    assert_same(np.tile(A=x, reps=2), np.tile([1.0, 2.0, 4.0], 2))
    assert_same(np.isclose(a=x, b=x + 1), np.zeros(3, bool))
    assert_same(np.expand_dims(a=x, axis=0), np.array([[1.0, 2.0, 4.0]]))
    assert_same(np.linalg.solve(a=hpx.eye(2), b=hpx.ones(2)), np.ones(2))


def test_arrays_made_like_ours():
    x = hpx.ones(2)
    for got, expected in (
        (np.asarray([1, 2], like=x), np.asarray([1, 2])),
        (np.array([1, 2], dtype="f4", like=x), np.array([1, 2], dtype="f4")),
        (np.arange(3, like=x), np.arange(3)),
        (np.zeros((2, 3), like=x), np.zeros((2, 3))),
        (np.ones(3, like=x), np.ones(3)),
        (np.full(2, 7.0, like=x), np.full(2, 7.0)),
        (np.eye(2, like=x), np.eye(2)),
        (np.eye(2, 3, k=1, like=x), np.eye(2, 3, k=1)),
        (np.identity(2, like=x), np.identity(2)),
        (np.tri(2, like=x), np.tri(2)),
    ):
        assert type(got) is hpx.ndarray
        assert_same(got, expected)


def test_writing_into_numpys_arrays():
    target = np.zeros(3)
    np.copyto(target, hpx.asarray([1.0, 2.0, 3.0]))
    assert target.tolist() == [1, 2, 3]
    np.put(target, hpx.asarray([0, 2]), hpx.asarray([7.0, 8.0]))
    assert target.tolist() == [7, 2, 8]
    out = np.zeros(6)
    x = hpx.ones(3)
    assert np.concatenate([x, x * 2], out=out) is out
    assert out.tolist() == [1, 1, 1, 2, 2, 2]
    assert np.sum(hpx.ones((2, 6)), axis=0, out=out) is out
    assert out.tolist() == [2] * 6
    target[:] = x
    assert target.tolist() == [1, 1, 1]
    assert np.arange(9)[hpx.asarray([3, 1])].tolist() == [3, 1]


def test_what_numpy_prints_and_saves(tmp_path):
    x = hpx.asarray([[1.5, 2.0], [3.0, 4.0]])
    plain = x.to_numpy()
    assert np.array2string(x) == np.array2string(plain)
    assert np.array_repr(x) == np.array_repr(plain)
    assert np.array_str(x) == np.array_str(plain)
    assert np.shares_memory(x, x.T)
    assert not np.may_share_memory(x, x.copy())
    np.save(tmp_path / "x.npy", x.T)
    np.savez(tmp_path / "x.npz", x=x)
    np.savetxt(tmp_path / "x.txt", x)
    assert_same(np.load(tmp_path / "x.npy"), plain.T)
    assert_same(np.load(tmp_path / "x.npz")["x"], plain)
    assert_same(np.loadtxt(tmp_path / "x.txt"), plain)
    with pytest.raises(TypeError, match="distributed"):
        np.savetxt(tmp_path / "y.txt", hpx.ones(3, distribution="block"))
    np.testing.assert_allclose(x, plain)


def test_numpys_functions_of_distributed_arrays():
    x = random_array((7, 5))
    array = hpx.asarray(x, distribution="block")
    check(np.sin(array), np.sin(x), tolerance=1e-15)
    check(np.add.reduce(array), x.sum(axis=0), tolerance=1e-13)
    check(np.add.reduce(array, axis=1), x.sum(axis=1), tolerance=1e-13)
    out = hpx.zeros((7, 5), distribution="block")
    assert np.multiply(array, 2, out=out) is out
    check(out, x * 2)
    check(np.concatenate([array, array], axis=1), np.concatenate([x, x], axis=1))
    check(np.where(array > 0, array, 0.0), np.where(x > 0, x, 0.0))
    check(np.sort(array, axis=0), np.sort(x, axis=0))
    check(np.unique(array, axis=0), np.unique(x, axis=0))
    with pytest.raises(TypeError, match="distributed"):
        np.copyto(np.zeros((7, 5)), array)


def test_priority_over_others():
    assert hpx.ndarray.__array_priority__ > np.ma.MaskedArray.__array_priority__
    assert hpx.ndarray.__array_priority__ > np.matrix.__array_priority__
    for got in (np.float32(2) * hpx.ones(3), np.ones(3) @ hpx.eye(3), np.ones(3) < hpx.ones(3)):
        assert type(got) is hpx.ndarray
