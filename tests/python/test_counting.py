"""Histograms and counts against NumPy, also of distributed arrays."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check_local, placements, random_array

pytestmark = pytest.mark.local

WHOLE = [dtype for dtype in DTYPES if dtype.kind in "iu"]
REAL = [dtype for dtype in DTYPES if dtype.kind in "iuf"]


def same(got, expected, **tolerance):
    for g, e in zip(got, expected, strict=True):
        assert_same(g, np.asarray(e), **tolerance)


@pytest.mark.parametrize("dtype", [np.dtype(bool), *WHOLE], ids=str)
def test_bincount(dtype):
    for size in (0, 1, 300, 200_000):
        x = np.abs(random_array(size, dtype, 1))
        a = hpx.asarray(x)
        assert_same(hpx.bincount(a), np.bincount(x))
        assert_same(hpx.bincount(a, minlength=150), np.bincount(x, minlength=150))
        if size:
            weights = random_array(size, seed=2)
            got = hpx.bincount(a, hpx.asarray(weights))
            assert_same(got, np.bincount(x, weights), tolerance=1e-9)


def test_many_bins_for_few_elements():
    x = np.array([5, 1_000_000, 5])
    assert_same(hpx.bincount(hpx.asarray(x)), np.bincount(x))


def test_bincount_refuses():
    with pytest.raises(ValueError, match="bincount: element -3 is negative"):
        hpx.bincount([1, -3])
    with pytest.raises(TypeError, match="bincount: dtype float64 is not supported"):
        hpx.bincount([1.5])
    with pytest.raises(ValueError, match=r"bincount: an array of shape \(1, 2\) given"):
        hpx.bincount([[1, 2]])
    with pytest.raises(ValueError, match="bincount: minlength=-1 is negative"):
        hpx.bincount([1], minlength=-1)
    with pytest.raises(ValueError, match=r"bincount: weights have shape \(1,\), the values \(2,\)"):
        hpx.bincount([1, 2], [1.0])
    with pytest.raises(TypeError, match="bincount: complex weights"):
        hpx.bincount([1], [1j])


@pytest.mark.parametrize("dtype", REAL, ids=str)
@pytest.mark.parametrize("bins", [1, 7, 1000, [-3, -1, 0, 0.5, 9]], ids=str)
def test_histogram(bins, dtype):
    for size in (0, 1, 1000, 150_000):
        x = random_array(size, dtype, 3)
        a = hpx.asarray(x)
        for within in (None, (-2, 3)):
            got = hpx.histogram(a, bins, within)
            # NumPy rounds the steps between float32 edges.
            edges = np.histogram_bin_edges(x, bins, within)
            near = np.allclose(got[1].to_numpy(), edges, 1e-6, 1e-6 if dtype == np.float32 else 0)
            assert near and got[1].dtype == edges.dtype
            assert_same(got[0], np.histogram(x, got[1].to_numpy())[0])
        if size:
            got = hpx.histogram(a, bins, (-200, 200), density=True)
            same(got, np.histogram(x, bins, (-200, 200), density=True), tolerance=1e-10)
            weights = random_array(size, "float64", 4)
            got = hpx.histogram(a, bins, weights=hpx.asarray(weights))
            expected = np.histogram(x, got[1].to_numpy(), weights=weights)
            assert np.allclose(got[0].to_numpy(), expected[0], 1e-9, 1e-9)


def test_elements_on_edges():
    x = np.linspace(0, 1, 11)
    for count in range(1, 40):
        same(hpx.histogram(hpx.asarray(x), count), np.histogram(x, count))
        same(hpx.histogram(hpx.asarray(x), x), np.histogram(x, x))


@pytest.mark.parametrize("rule", ["auto", "fd", "scott", "rice", "sturges", "sqrt"])
def test_rules(rule):
    for size in (0, 1, 2, 50, 5000):
        for dtype in ("float64", "int32"):
            x = random_array(size, dtype, 5)
            got = hpx.histogram_bin_edges(hpx.asarray(x), rule)
            assert_same(got, np.histogram_bin_edges(x, rule), tolerance=1e-12)
    with pytest.raises(TypeError, match=f"histogram: the rule '{rule}' knows no weights"):
        hpx.histogram([1.0], rule, weights=[1.0])


def test_complex_weights():
    x, w = random_array(100, seed=6), random_array(100, "complex128", 7)
    got = hpx.histogram(hpx.asarray(x), 5, weights=hpx.asarray(w))
    same(got, np.histogram(x, 5, weights=w), tolerance=1e-10)


def test_histogram_refuses():
    a = hpx.asarray([1.0, 2.0])
    for arguments, text in (
        ((a, 0), "bins=0 given"),
        ((a, "best"), "bins='best' does not exist"),
        ((a, [2, 1]), "the edges of bins must not fall"),
        ((a, [[1, 2]]), r"bins of shape \(1, 2\) given"),
        ((a, 5, (3, 1)), "the first edge is above the last"),
        ((a, 5, (0, np.inf)), "is not finite"),
        ((hpx.asarray([1.0, np.nan]), 5), "the elements reach from nan"),
    ):
        with pytest.raises(ValueError, match="histogram: .*" + text):
            hpx.histogram(*arguments)
    with pytest.raises(ValueError, match="histogram: weights have shape"):
        hpx.histogram(a, weights=[1.0])


def test_histogram2d():
    x, y, w = (random_array(20_000, seed=s) for s in (8, 9, 10))
    a, b = hpx.asarray(x), hpx.asarray(y)
    for arguments in (
        {},
        {"bins": 5},
        {"bins": (3, 4), "density": True},
        {"bins": ([-1, 0, 2], [-3, 3])},
        {"bins": np.array([-1.0, 0.5, 2])},
        {"range": [[-1, 1], [0, 2]]},
    ):
        same(hpx.histogram2d(a, b, **arguments), np.histogram2d(x, y, **arguments), tolerance=1e-9)
    got = hpx.histogram2d(a, b, 4, weights=hpx.asarray(w))
    assert np.allclose(got[0].to_numpy(), np.histogram2d(x, y, 4, weights=w)[0])
    with pytest.raises(ValueError, match=r"histogram2d: points of shapes \(2,\) and \(3,\) given"):
        hpx.histogram2d(hpx.ones(2), hpx.ones(3))


@pytest.mark.parametrize("dtype", REAL, ids=str)
@pytest.mark.parametrize("right", [False, True])
def test_digitize(right, dtype):
    x = random_array((30, 4), dtype, 11)
    for edges in ([-2.0, 0, 1, 3], [3.0, 1, 0, -2], [1.0], [], [0, 0, 5]):
        got = hpx.digitize(hpx.asarray(x), edges, right)
        assert_same(got, np.digitize(x, edges, right))
    with pytest.raises(ValueError, match="digitize: the edges of bins must rise or fall"):
        hpx.digitize(hpx.asarray(x), [1, 3, 2])
    with pytest.raises(TypeError, match="digitize: dtype complex128 is not supported"):
        hpx.digitize([1j], [1, 2])


@pytest.mark.distributed
def test_distributed():
    x, w = random_array(1001, seed=12), random_array(1001, seed=13)
    whole = np.abs(random_array(1001, "int32", 14))
    for place in placements(1)[1:]:
        a, weights = hpx.asarray(x, **place), hpx.asarray(w, **place)
        for keywords in ({}, {"bins": 30, "range": (-1, 1)}, {"density": True}):
            got = hpx.histogram(a, **keywords)
            expected = np.histogram(x, **keywords)
            check_local(got[0], expected[0], tolerance=1e-10)
            check_local(got[1], expected[1], tolerance=1e-12)
        for given in (weights, hpx.asarray(w)):
            check_local(
                hpx.histogram(a, 7, weights=given)[0],
                np.histogram(x, 7, weights=w)[0],
                tolerance=1e-9,
            )
        check_local(hpx.bincount(hpx.asarray(whole, **place)), np.bincount(whole))
        check_local(hpx.histogram2d(a, weights, 4)[0], np.histogram2d(x, w, 4)[0])


NEARLY_EQUAL = {
    "one apart": np.r_[np.ones(1000), 1 + 1e-9],
    "last digits": 1 + np.arange(50) * 2.0**-50,
    "two apart": np.r_[np.full(500, 5.0), np.full(3, 5 + 1e-12), 6.0],
    "far outlier": np.r_[np.linspace(0, 1e-8, 400), 1e6],
    "equal": np.ones(7),
    "integers": np.r_[np.full(300, 10**12), 10**12 + 1],
    "bytes": np.array([0, 255, 3, 3, 3], "uint8"),
    "spread": np.random.default_rng(2).gamma(2.0, size=300),
    "two": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize("rule", ["auto", "fd", "doane", "scott", "rice", "sturges", "sqrt"])
@pytest.mark.parametrize("name", NEARLY_EQUAL)
def test_rules_for_bins(name, rule):
    x = NEARLY_EQUAL[name]
    try:
        expected = np.histogram_bin_edges(x, bins=rule)
        if expected.size > 10**5:
            return
    except (ValueError, MemoryError):
        with pytest.raises((ValueError, MemoryError)):
            hpx.histogram_bin_edges(hpx.asarray(x), bins=rule)
        return
    got = hpx.histogram_bin_edges(hpx.asarray(x), bins=rule).to_numpy()
    assert got.shape == expected.shape
    assert np.allclose(got, expected, rtol=1e-15, atol=0)
    counts = hpx.histogram(hpx.asarray(x), bins=rule)[0].to_numpy()
    assert counts.tolist() == np.histogram(x, bins=rule)[0].tolist()


def test_edges_of_a_grid_have_one_dtype():
    for pair in (("bool", "float32"), ("int8", "float64"), ("float32", "float64")):
        x, y = (random_array(30, dtype, 4) for dtype in pair)
        got, expected = hpx.histogram2d(hpx.asarray(x), hpx.asarray(y), 3), np.histogram2d(x, y, 3)
        for one, other in zip(got, expected, strict=True):
            assert one.dtype == other.dtype
            assert np.allclose(one.to_numpy(), other, 1e-6)


def test_more_bins_than_the_dtype_has_numbers():
    x = hpx.asarray([1.0, 1 + 2.0**-50])
    for bins in (100, 10**15):
        with pytest.raises(ValueError, match=f"{bins} bins between 1.0 and .* are too many"):
            hpx.histogram(x, bins=bins)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int32", "int64", "uint64"])
def test_bincount_finds_its_length(dtype):
    for n in (0, 1, 5, 70000, 300000):
        x = np.abs(random_array(n, dtype, n)).astype(dtype)
        x[x.astype(np.int64) < 0] = 0
        weights = np.arange(n) % 8 / 4
        a = hpx.asarray(x)
        for least in (0, 3, 500):
            as_numpy = x.astype(np.int64)
            got = hpx.bincount(a, minlength=least)
            assert np.array_equal(got.to_numpy(), np.bincount(as_numpy, minlength=least))
            got = hpx.bincount(a, weights, least)
            assert np.array_equal(got.to_numpy(), np.bincount(as_numpy, weights, least))
    x = np.zeros(200000, np.int64)
    x[150000] = -3
    with pytest.raises(ValueError, match="bincount: element -3 is negative"):
        hpx.bincount(hpx.asarray(x))
