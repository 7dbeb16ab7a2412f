"""Arguments of NumPy's that few know: where=, mean=, order=, casting= and their kin."""

# SPDX-License-Identifier: BSL-1.0
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check, placements, random_array

MOMENTS = ["mean", "var", "std"]
NAN_MOMENTS = ["nanmean", "nanvar", "nanstd"]


def holed(shape, dtype, seed=0):
    """Moderate values, of floats with some nan."""
    x = random_array(shape, dtype, seed)
    if x.dtype.kind in "fc":
        x[..., ::3] = np.nan
    return x


def numpys(name, x, **keywords):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(getattr(np, name)(x, **keywords))


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float32", "float64", "complex128"])
@pytest.mark.parametrize("name", MOMENTS + NAN_MOMENTS)
def test_moments_of_what_where_chooses(name, dtype, place):
    x = (holed if "nan" in name else random_array)((6, 7), dtype)
    array = hpx.asarray(x, **place)
    masks = [
        random_array((6, 7), "bool", 1),
        random_array(7, "bool", 2),
        random_array((6, 1), "bool", 3),
        np.zeros((6, 7), bool),
    ]
    tolerance = 1e-4 if dtype == "float32" else 1e-12
    for mask in masks:
        for axis in (None, 0, 1, (0, 1)):
            expected = numpys(name, x, axis=axis, where=mask)
            got = getattr(hpx, name)(array, axis=axis, where=mask)
            if dtype in ("bool", "int8", "int64"):
                expected = expected.astype("float64")
            check(got, expected, tolerance=tolerance)
            kept = getattr(hpx, name)(array, axis=axis, where=mask, keepdims=True)
            assert kept.shape == numpys(name, x, axis=axis, where=mask, keepdims=True).shape


def test_moments_as_methods():
    x = random_array((4, 5))
    array, mask = hpx.asarray(x), x > 0
    assert_same(array.mean(axis=0, where=mask), x.mean(axis=0, where=mask), tolerance=1e-13)
    assert_same(array.var(0, ddof=0, where=mask), x.var(0, where=mask), tolerance=1e-13)
    assert_same(array.std(where=mask), np.asarray(x.std(where=mask)), tolerance=1e-13)
    assert_same(np.mean(array, where=mask), np.asarray(x.mean(where=mask)), tolerance=1e-13)
    out = hpx.zeros(5)
    assert array.mean(0, out=out, where=mask) is out
    assert_same(out, x.mean(0, where=mask), tolerance=1e-13)


@pytest.mark.parametrize("name", ["nansum", "nanprod", "nanmin", "nanmax"])
def test_initial_values_of_reductions_without_nan(name):
    for dtype in ("float64", "float32", "int64"):
        x = holed((5, 6), dtype)
        array, mask = hpx.asarray(x), random_array((5, 6), "bool", 4)
        for axis in (None, 0, 1):
            for keywords in ({"initial": 3}, {"initial": -500, "where": mask}):
                expected = numpys(name, x, axis=axis, **keywords)
                got = getattr(hpx, name)(array, axis=axis, **keywords)
                assert_same(got, expected, tolerance=1e-5 if dtype == "float32" else 1e-12)
    nothing = hpx.asarray([np.nan, np.nan])
    assert float(getattr(hpx, name)(nothing, initial=2.0)) == 2
    if name in ("nanmin", "nanmax"):
        with pytest.raises(ValueError, match="needs initial="):
            getattr(hpx, name)(array, where=mask)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_order_of_what_is_made_like_another_array(dtype):
    x = random_array((3, 4), dtype)
    for base, given in ((x, hpx.asarray(x)), (x.T, hpx.asarray(x).T)):
        for order in ("C", "F", "A", "K"):
            for name in ("zeros_like", "ones_like", "empty_like", "copy"):
                got = getattr(hpx, name)(given, order=order)
                expected = getattr(np, name)(base, order=order)
                assert got.strides == expected.strides, (name, order)
                if name != "empty_like":
                    assert_same(got, expected)
            got = hpx.full_like(given, 1, order=order)
            assert got.strides == np.full_like(base, 1, order=order).strides
            assert_same(got, np.ones_like(base))
    for function in (hpx.zeros_like, hpx.copy):
        with pytest.raises(ValueError, match="order 'X' does not exist"):
            function(hpx.asarray(x), order="X")
    assert hpx.zeros_like(hpx.asarray(x), order="F", shape=(2, 5)).strides[0] == x.itemsize


def test_columns_of_distributed_arrays_are_refused():
    x = hpx.ones((4, 4), distribution="block")
    assert hpx.zeros_like(x).distribution == "block"
    assert hpx.copy(x).distribution == "block"
    for function in (hpx.zeros_like, hpx.copy, hpx.empty_like):
        with pytest.raises((TypeError, ValueError), match=f"{function.__name__}: .*distribut"):
            function(x, order="F")


def test_identity_matrices():
    for order in ("C", "F"):
        got = hpx.eye(3, M=4, k=1, dtype="int8", order=order)
        expected = np.eye(3, M=4, k=1, dtype="int8", order=order)
        assert_same(got, expected)
        assert got.strides == expected.strides


@pytest.mark.parametrize("name", ["concat", "concatenate", "stack", "hstack", "vstack"])
def test_casts_when_joining(name):
    a, b = np.array([1.5, 2.5]), np.array([3, 4])
    for casting in ("unsafe", "same_kind"):
        got = getattr(hpx, name)([hpx.asarray(a), hpx.asarray(b)], dtype="f4", casting=casting)
        assert_same(got, getattr(np, name)([a, b], dtype="f4", casting=casting))
    got = getattr(hpx, name)([hpx.asarray(a), b], dtype="int64", casting="unsafe")
    assert_same(got, getattr(np, name)([a, b], dtype="int64", casting="unsafe"))
    for casting in ("safe", "same_kind"):
        with pytest.raises(TypeError, match=f"{name}: float64 is not cast to int64"):
            getattr(hpx, name)([hpx.asarray(a), b], dtype="int64", casting=casting)


def test_arguments_that_choose_nothing():
    x = random_array(50)
    array = hpx.asarray(x)
    assert_same(hpx.median(array, None, None, True), np.asarray(np.median(x)))
    assert_same(hpx.quantile(array, 0.3, None, None, True), np.asarray(np.quantile(x, 0.3)), ulps=2)
    assert_same(hpx.nanmedian(array, overwrite_input=True), np.asarray(np.median(x)))
    assert_same(array, x)
    assert_same(hpx.partition(array, 7, kind="introselect")[7], np.partition(x, 7)[7, ...])
    for function in (hpx.partition, hpx.argpartition):
        with pytest.raises(ValueError, match=f"{function.__name__}: kind 'heap' does not exist"):
            function(array, 7, kind="heap")
        with pytest.raises(ValueError, match=f"{function.__name__}: order='a' needs fields"):
            function(array, 7, order="a")


def test_dtypes_of_covariances():
    x = random_array((3, 20))
    for dtype in ("float32", "float64", "complex128"):
        got = hpx.cov(hpx.asarray(x), dtype=dtype)
        assert_same(got, np.cov(x, dtype=dtype), tolerance=1e-3 if dtype == "float32" else 1e-12)
        got = hpx.corrcoef(hpx.asarray(x), dtype=dtype)
        expected = np.corrcoef(x, dtype=dtype)
        assert_same(got, expected, tolerance=1e-3 if dtype == "float32" else 1e-12)


def test_powers_between_arrays():
    low, high = np.array([0.0, 1.0]), np.array([2.0, 3.0])
    for axis in (0, 1, -1):
        got = hpx.logspace(hpx.asarray(low), hpx.asarray(high), 5, axis=axis)
        assert_same(got, np.logspace(low, high, 5, axis=axis), tolerance=1e-13)


def test_running_sums_with_out():
    x = random_array((3, 4))
    for name in ("cumulative_sum", "cumulative_prod"):
        out = hpx.zeros((3, 4))
        assert getattr(hpx, name)(hpx.asarray(x), axis=1, out=out) is out
        assert_same(out, getattr(np, name)(x, axis=1), tolerance=1e-13)
        with pytest.raises(ValueError, match=f"{name}: out has shape"):
            getattr(hpx, name)(hpx.asarray(x), axis=1, out=hpx.zeros(3))
    assert hpx.asanyarray([1, 2], copy=True, device="cpu").tolist() == [1, 2]
