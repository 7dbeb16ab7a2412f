"""Averages, quantiles, covariances, and what leaves nan out, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check, check_local, placements, random_array

pytestmark = pytest.mark.local

REAL = [dtype for dtype in DTYPES if dtype.kind != "c"]
SHAPES = [(7,), (4, 5), (2, 3, 4)]
METHODS = [
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf"),
    *("hazen", "weibull", "linear", "median_unbiased", "normal_unbiased"),
    *("lower", "higher", "midpoint", "nearest"),
]


@pytest.fixture(autouse=True)
def without_warnings():
    """NumPy warns of empty and of nan-only slices."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def close(dtype):
    narrow = dtype in (np.float32, np.complex64)
    return {"tolerance": 2e-4 if narrow else 1e-10}


def axes_of(shape):
    return [None, *range(len(shape)), tuple(range(len(shape)))]


def near(got, expected, tolerance=1e-10):
    """Equal up to rounding, also where values are small differences of large ones."""
    got, expected = got.to_numpy(), np.asarray(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    assert np.allclose(got, expected, tolerance, tolerance, equal_nan=True)


def whole_floats(x):
    """What NumPy takes quantiles of; it knows no booleans there."""
    return x.astype(np.float64) if x.dtype.kind in "biu" else x


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_ptp_and_average(dtype):
    for shape in SHAPES:
        x = random_array(shape, dtype, 1)
        weights = np.abs(random_array(shape, seed=2)) + 0.1
        a = hpx.asarray(x)
        for axis in axes_of(shape):
            if dtype.kind != "b":
                assert_same(hpx.ptp(a, axis), np.asarray(np.ptp(x, axis)))
            near(hpx.average(a, axis), np.average(x, axis), close(dtype)["tolerance"])
            got = hpx.average(a, axis, hpx.asarray(weights), returned=True, keepdims=True)
            expected = np.average(x, axis, weights, returned=True, keepdims=True)
            for g, e in zip(got, expected, strict=True):
                near(g, e)
    with pytest.raises(TypeError, match="subtract: dtype bool"):
        hpx.ptp(hpx.asarray([True]))


def test_weights_of_one_axis():
    x = random_array((3, 4), seed=3)
    for axis, length in ((0, 3), (1, 4)):
        w = np.arange(1.0, length + 1)
        near(hpx.average(hpx.asarray(x), axis, w), np.average(x, axis, w))
    w = np.arange(12.0).reshape(4, 3)
    y = random_array((3, 2, 4), seed=4)
    near(hpx.average(hpx.asarray(y), (2, 0), w), np.average(y, (2, 0), w))
    with pytest.raises(TypeError, match="average: axis must be given"):
        hpx.average(hpx.asarray(x), weights=[1, 2, 3])
    with pytest.raises(
        ValueError, match=r"average: weights have shape \(3,\), the axes given \(4,"
    ):
        hpx.average(hpx.asarray(x), 1, weights=[1, 2, 3])
    with pytest.raises(ZeroDivisionError, match="average: the weights sum up to 0"):
        hpx.average(hpx.asarray([1.0, 2.0]), weights=[1, -1])


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_median(dtype):
    for shape in [*SHAPES, (0,), (3, 0), (1, 1), (300_001,), (200_000, 2)]:
        x = random_array(shape, dtype, 5)
        a = hpx.asarray(x)
        for axis in axes_of(shape):
            for keepdims in (False, True):
                expected = np.asarray(np.median(x, axis, keepdims=keepdims))
                if x.size == 0:
                    expected = np.full(expected.shape, np.nan, whole_floats(x).dtype)
                got = hpx.median(a, axis, keepdims=keepdims)
                near(got, expected, 1e-6 if dtype == np.float32 else 1e-10)
        assert_same(a, x)


@pytest.mark.parametrize("method", METHODS)
def test_methods_of_quantiles(method):
    for n in (1, 2, 3, 8, 9, 100):
        x = random_array(n, seed=n)
        for q in (0, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1):
            got = hpx.quantile(hpx.asarray(x), q, method=method)
            assert_same(got, np.asarray(np.quantile(x, q, method=method)), tolerance=1e-12)


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_percentiles_over_axes(dtype):
    percents = np.array([[0, 10, 50], [77, 99, 100]])
    for shape in [*SHAPES, (250_000,)]:
        x = random_array(shape, dtype, 6)
        for axis in axes_of(shape):
            expected = np.percentile(whole_floats(x), percents, axis, keepdims=True)
            got = hpx.percentile(hpx.asarray(x), percents, axis, keepdims=True)
            near(got, expected, 1e-6 if dtype == np.float32 else 1e-10)
            expected = np.asarray(np.percentile(whole_floats(x), 30, axis))
            near(hpx.percentile(hpx.asarray(x), 30, axis), expected, 1e-5)


@pytest.mark.parametrize("values", [[0.0], [1.0, 1.0, 2.0], [np.inf, -np.inf], [0.5, np.inf]])
def test_selection_among_equals_and_ends(values):
    # Long enough for selection between two bounds, with hardly anything or all between them.
    x = np.resize(np.array(values), 150_000)
    for q in (0, 0.2, 0.5, 0.7, 1):
        got = hpx.quantile(hpx.asarray(x), q, method="lower")
        assert_same(got, np.asarray(np.quantile(x, q, method="lower")))
    x[77] = np.nan
    assert np.isnan(float(hpx.median(hpx.asarray(x))))
    assert float(hpx.nanmedian(hpx.asarray(x))) == float(np.nanmedian(x))


def test_patterns_do_not_hurt_selection():
    n = 400_000
    for x in (np.arange(n), np.arange(n)[::-1].copy(), np.arange(n) % 4096, np.arange(n) // 1000):
        for dtype in ("int64", "float32", "uint32"):
            y = x.astype(dtype)
            got = hpx.quantile(hpx.asarray(y), 0.3, method="lower")
            assert float(got) == np.quantile(y, 0.3, method="lower")


@pytest.mark.distributed
def test_quantiles_refuse():
    a = hpx.ones(5)
    with pytest.raises(ValueError, match="quantile: method 'best' does not exist; choose one of"):
        hpx.quantile(a, 0.5, method="best")
    with pytest.raises(ValueError, match=r"quantile: quantiles must lie between 0 and 1, but 1\.5"):
        hpx.quantile(a, 1.5)
    with pytest.raises(ValueError, match=r"percentile: quantiles must lie between 0 and 100"):
        hpx.percentile(a, [50, -1])
    out = hpx.zeros(2)
    assert hpx.quantile(a, [0.1, 0.2], out=out) is out
    assert_same(out, np.ones(2))


def with_nan(shape, dtype, seed):
    x = random_array(shape, dtype, seed)
    if dtype.kind in "fc":
        x.ravel()[::7] = np.nan
    return x


SUMS = ["nansum", "nanprod", "nancumsum", "nancumprod", "nanmean", "nanvar", "nanstd"]
ORDERED = ["nanmin", "nanmax", "nanmedian", "nanargmin", "nanargmax"]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", SUMS + ORDERED)
def test_without_nan(name, dtype):
    for shape in SHAPES:
        x = with_nan(shape, dtype, 7)
        for axis in [None, *range(len(shape))]:
            got = getattr(hpx, name)(hpx.asarray(x), axis)
            try:
                expected = getattr(np, name)(x, axis)
            except TypeError:
                expected = getattr(np, name)(x.astype(np.float64), axis)
            near(got, expected, close(dtype)["tolerance"])


@pytest.mark.parametrize("dtype", ["float64", "complex64"])
@pytest.mark.parametrize("place", placements(2), ids=str)
def test_infinities_without_nan(place, dtype):
    x = np.array([[1, np.inf, np.nan], [np.nan, 1, np.inf], [2, -np.inf, np.inf]], dtype)
    for name in ("nanmean", "nanvar", "nanstd"):
        for axis in (None, 0, 1):
            expected = getattr(np, name)(x, axis)
            check(getattr(hpx, name)(hpx.asarray(x, **place), axis), expected, tolerance=1e-6)


@pytest.mark.parametrize("name", ["nanmean", "nanvar", "nanstd"])
def test_integers_and_nan(name):
    function, x = getattr(hpx, name), hpx.asarray([1.0, np.nan])
    for dtype in ("int16", "bool"):
        with pytest.raises(TypeError, match=f"{name}: dtype {dtype} holds no nan; choose a float"):
            function(x, dtype=dtype)
    check_local(function(x, dtype="float32"), getattr(np, name)(x.to_numpy(), dtype="float32"))
    whole = np.array([3, 1, 2, 9], "int16")
    check_local(function(hpx.asarray(whole)), getattr(np, name)(whole), tolerance=1e-14)
    check_local(hpx.nanmean(hpx.asarray(whole), dtype="int16"), np.nanmean(whole, dtype="int16"))
    assert function(hpx.asarray(whole), dtype="complex64").dtype == (
        np.complex64 if name == "nanmean" else np.float32
    )


def test_nothing_but_nan():
    x = np.full((2, 3), np.nan)
    x[1] = 1
    a = hpx.asarray(x)
    for name in ("nanmin", "nanmax", "nanmean", "nanmedian", "nanvar", "nansum", "nanprod"):
        near(getattr(hpx, name)(a, 1), getattr(np, name)(x, 1))
    for name in ("nanargmin", "nanargmax"):
        with pytest.raises(ValueError, match=f"{name}: a row of nothing but nan"):
            getattr(hpx, name)(a, 1)
    near(hpx.nanvar(a[1], ddof=3), np.nanvar(x[1], ddof=3))


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize(
    "q", [0.5, np.float32(0.5), np.float64(0.5), np.array([0.5], "f4"), [0.5, 0.25]], ids=repr
)
def test_dtypes_of_quantiles(dtype, q):
    x = np.array([1, 2, 3, 7], dtype)
    for name in ("quantile", "percentile", "nanquantile", "nanpercentile"):
        expected = getattr(np, name)(x, q)
        ours = hpx.asarray(q) if isinstance(q, np.ndarray) else q
        check_local(getattr(hpx, name)(hpx.asarray(x), ours), expected, tolerance=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_quantiles_without_nan(method):
    x = with_nan((6, 9), np.dtype("float64"), 8)
    for axis in (None, 0, 1):
        for q in (0.3, [0.1, 0.9]):
            got = hpx.nanquantile(hpx.asarray(x), q, axis, method=method, keepdims=True)
            near(got, np.nanquantile(x, q, axis, method=method, keepdims=True))
    near(hpx.nanpercentile(hpx.asarray(x), 40, 1), np.nanpercentile(x, 40, 1))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_covariances(dtype):
    x = random_array((4, 30), dtype, 9)
    a = hpx.asarray(x)
    tolerance = close(dtype)["tolerance"]
    repeats, shares = np.arange(30) % 3 + 1, np.linspace(0.1, 2, 30)
    for keywords in (
        {},
        {"bias": True},
        {"ddof": 2},
        {"fweights": repeats},
        {"aweights": shares},
        {"fweights": repeats, "aweights": shares, "ddof": 0},
    ):
        near(hpx.cov(a, **keywords), np.cov(x, **keywords), tolerance)
    near(hpx.cov(a, rowvar=False), np.cov(x, rowvar=False), tolerance)
    near(hpx.cov(a[0]), np.cov(x[0]), tolerance)
    near(hpx.cov(a[0], a[1]), np.cov(x[0], x[1]), tolerance)
    near(hpx.corrcoef(a), np.corrcoef(x), tolerance)
    near(hpx.corrcoef(a[0], a[2]), np.corrcoef(x[0], x[2]), tolerance)
    with pytest.raises(ValueError, match="cov: an array of 3 dimensions given"):
        hpx.cov(hpx.ones((2, 2, 2)))
    with pytest.raises(ValueError, match=r"cov: fweights have shape \(3,\), expected \(30,\)"):
        hpx.cov(a, fweights=[1, 2, 3])


@pytest.mark.parametrize("dtype", ["float64", "complex128", "int32"])
def test_covariances_are_products_of_matrices(dtype):
    x = random_array((300, 400), dtype, 12)
    a = hpx.asarray(x)
    shares = np.linspace(0.1, 2, 400)
    for keywords in ({}, {"aweights": shares}, {"y": x[:20]}):
        near(hpx.cov(a, **keywords), np.cov(x, **keywords), 1e-10)
    near(hpx.corrcoef(a, rowvar=False), np.corrcoef(x, rowvar=False), 1e-10)
    centred = a.astype(hpx.cov(a).dtype)
    centred = centred - hpx.mean(centred, axis=1, keepdims=True)
    product = centred @ (hpx.conj(centred) if dtype == "complex128" else centred).T
    assert hpx.array_equal(hpx.cov(a), product / 399)


@pytest.mark.distributed
@pytest.mark.parametrize("place", placements(2)[1:], ids=str)
def test_distributed(place):
    x = with_nan((9, 8), np.dtype("float64"), 10)
    a = hpx.asarray(x, **place)
    for name in ("nansum", "nanmean", "nanmax", "nanvar", "nanargmin"):
        for axis in (None, 0, 1):
            expected = np.asarray(getattr(np, name)(x, axis))
            check(getattr(hpx, name)(a, axis), expected, tolerance=1e-10)
    y = random_array((9, 8), seed=11)
    b = hpx.asarray(y, **place)
    check_local(hpx.ptp(b), np.asarray(np.ptp(y)))
    check(hpx.average(b, 0, y + 5), np.average(y, 0, y + 5), tolerance=1e-10)
    check(hpx.cov(b), np.cov(y), tolerance=1e-9)


WEIGHTED = {"method": "inverted_cdf"}


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "float64"])
def test_quantiles_with_weights(dtype):
    for shape in ((1,), (7,), (4, 30), (3, 2, 5)):
        x = random_array(shape, dtype, 20)
        w = np.abs(random_array(shape, "int64", 21) // 20)
        w[(0,) * len(shape)] = 0
        w[..., -1] += 1
        for axis in (None, -1, (0, -1)):
            if axis == (0, -1) and len(shape) == 1:
                continue
            for q in (0, 0.3, [0.0, 0.5, 1.0], np.array([0.25, 0.75], "float32")):
                got = hpx.quantile(hpx.asarray(x), q, axis, weights=w, **WEIGHTED)
                expected = np.quantile(x, q, axis, weights=w, **WEIGHTED)
                assert_same(got, np.asarray(expected))
    x, w = random_array((4, 5), "float64", 22), np.arange(5.0)
    got = hpx.percentile(hpx.asarray(x), [10, 90], 1, weights=w, keepdims=True, **WEIGHTED)
    assert_same(got, np.percentile(x, [10, 90], 1, weights=w, keepdims=True, **WEIGHTED))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_quantiles_with_weights_and_nan():
    x = random_array((4, 30), seed=23)
    x[1, 3] = x[2, :5] = x[3] = np.nan
    w = np.abs(random_array((4, 30), seed=24))
    for axis in (None, 0, 1):
        for name, q in (("quantile", 0.4), ("percentile", [0, 50, 100])):
            for prefix in ("", "nan"):
                got = getattr(hpx, prefix + name)(hpx.asarray(x), q, axis, weights=w, **WEIGHTED)
                expected = getattr(np, prefix + name)(x, q, axis, weights=w, **WEIGHTED)
                assert_same(got, np.asarray(expected))


def test_weights_of_quantiles_that_are_refused():
    x = hpx.asarray([1.0, 2.0, 3.0])
    for weights, message in (
        ([-1, 1, 1], "weights must be 0 or more and finite"),
        ([1, np.nan, 1], "weights must be 0 or more and finite"),
        ([0, 0, 0], "the weights sum up to 0"),
    ):
        with pytest.raises(ValueError, match=f"quantile: {message}"):
            hpx.quantile(x, 0.5, weights=weights, **WEIGHTED)
    with pytest.raises(ValueError, match="method 'linear' takes no weights; only 'inverted_cdf'"):
        hpx.quantile(x, 0.5, weights=[1, 1, 1])
    with pytest.raises(TypeError, match="quantile: axis must be given"):
        hpx.quantile(x, 0.5, weights=[1, 1], **WEIGHTED)
    with pytest.raises(ValueError, match=r"nanquantile: axis None of shape \(0,\) is empty"):
        hpx.nanquantile(hpx.zeros(0), 0.5, weights=hpx.zeros(0), **WEIGHTED)


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_initial_and_where_without_nan(place):
    x, mask = random_array((6, 8), seed=25), random_array((6, 8), "bool", 26)
    x[x > 1] = np.nan
    a = hpx.asarray(x, **place)
    for axis in (None, 0, 1):
        for name in ("nansum", "nanprod", "nanmin", "nanmax"):
            more = {"initial": 2.0, "where": mask}
            got = getattr(hpx, name)(a, axis, **more)
            check(got, np.asarray(getattr(np, name)(x, axis, **more)), tolerance=1e-12)
        for name, more in (("nanmean", {}), ("nanvar", {"correction": 1}), ("nanstd", {})):
            got = getattr(hpx, name)(a, axis, where=mask, **more)
            expected = getattr(np, name)(x, axis, where=mask, **more)
            check(got, np.asarray(expected), tolerance=1e-12)
    with pytest.raises(ValueError, match="min: where= needs initial="):
        hpx.nanmin(a, where=mask)


@pytest.mark.parametrize(
    "method", ["inverted_cdf", "closest_observation", "lower", "higher", "nearest"]
)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_methods_that_choose_an_element_keep_it(method, dtype):
    if dtype.kind == "c":
        return
    x = random_array((3, 7), dtype, 3)
    if dtype.itemsize == 8 and dtype.kind in "iu":
        x = x + np.array(2**60 + 1, dtype)
    a = hpx.asarray(x)
    for q in (0.5, [0.1, 0.25, 0.9], np.float32(0.3), 1, [0, 1], np.array(0.7)):
        for axis in (None, 1):
            expected = np.asarray(np.quantile(x, q, axis=axis, method=method))
            assert_same(hpx.quantile(a, q, axis=axis, method=method), expected)
            assert_same(hpx.nanquantile(a, q, axis=axis, method=method), expected)
    if dtype.kind == "f":
        x[0, 2] = x[2, 6] = np.nan
        for q in (0.5, [0.1, 0.9]):
            expected = np.asarray(np.nanquantile(x, q, axis=1, method=method))
            assert_same(hpx.nanquantile(hpx.asarray(x), q, axis=1, method=method), expected)


COVARIANCES = [
    (([[1, 2, 3]],), {"rowvar": False}),
    (([1, 2, 3],), {"rowvar": False}),
    (([[1], [2], [4]],), {"rowvar": False}),
    (([1, 2, 3], [[4], [5], [7]]), {"rowvar": False}),
    (([1, 2], [[1, 2], [3, 4]]), {"rowvar": False}),
    (([[1, 2, 3]], [[4, 5, 9]]), {}),
    (([],), {}),
    ((np.zeros((0, 3)),), {}),
    ((5,), {}),
    (([[1j, 2]], [1, 2]), {}),
    (([1.0, 2], [1j, 5]), {}),
    (([[True, False]],), {}),
]


@pytest.mark.parametrize(("arrays", "keywords"), COVARIANCES, ids=str)
def test_variables_of_one_row_or_column(arrays, keywords):
    given = [hpx.asarray(x) for x in arrays]
    expected = np.asarray(np.cov(*arrays, **keywords))
    assert_same(hpx.cov(*given, **keywords), expected, tolerance=1e-14)
    if expected.shape != (0, 0):
        expected = np.asarray(np.corrcoef(*arrays, **keywords))
        assert_same(hpx.corrcoef(*given, **keywords), expected, tolerance=1e-14)


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"ddof": 1.5}, ValueError),
        ({"fweights": [1.5, 2]}, TypeError),
        ({"fweights": [1, -2]}, ValueError),
        ({"aweights": [1, -2.0]}, ValueError),
        ({"rowvar": False, "y": [[1.0], [2.0], [3.0]]}, ValueError),
    ],
)
def test_covariances_refuse(keywords, error):
    with pytest.raises(error):
        np.cov([[1.0, 2], [3, 4]], **keywords)
    with pytest.raises(error):
        hpx.cov(hpx.asarray([[1.0, 2], [3, 4]]), **keywords)
