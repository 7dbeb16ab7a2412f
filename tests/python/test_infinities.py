"""Infinities, nan, signs of zeros and values at the end of the range, as NumPy has them.

The same on any number of localities.
"""

# SPDX-License-Identifier: BSL-1.0
import itertools
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, assert_same, difference, placements

pytestmark = pytest.mark.local

INF, NAN, HUGE = np.inf, np.nan, 1.797e308


def quiet(function, *arguments, **keywords):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return np.asarray(function(*arguments, **keywords))


ROWS = [
    *([4.0, INF], [-INF, INF], [-INF, 4.0], [INF, INF], [1.0, 2.0, INF, INF], [INF, 4.0, -INF]),
    *([4.0, INF, NAN], [NAN, INF], [NAN, NAN], [HUGE, HUGE], [HUGE, HUGE, HUGE], [-HUGE, HUGE]),
    *([NAN, HUGE, HUGE], [-0.0, -0.0], [-0.0, 0.0], [0.1, 0.3], [1.0]),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["median", "nanmedian"])
def test_medians(name, dtype):
    for row in ROWS:
        with np.errstate(all="ignore"):
            x = np.array(row).astype(dtype)
        expected = quiet(getattr(np, name), x)
        assert_same(getattr(hpx, name)(hpx.asarray(x)), expected)
        if name == "nanmedian" and HUGE in row:
            continue  # Of several rows NumPy's is the mean of the middle one with itself.
        rows = np.stack([x, x[::-1], x * 0 + 1])
        for axis in (0, 1, None):
            expected = quiet(getattr(np, name), rows, axis=axis, keepdims=True)
            assert_same(getattr(hpx, name)(hpx.asarray(rows), axis=axis, keepdims=True), expected)


def test_medians_of_integers():
    x = np.array([[1, 2, 7, 9], [4, 4, 5, 0]])
    for dtype in ("int8", "uint64", "bool"):
        for axis in (0, 1, None):
            expected = np.median(x.astype(dtype).astype("float64"), axis=axis)
            assert_same(hpx.median(hpx.asarray(x.astype(dtype)), axis=axis), np.asarray(expected))
            assert_same(
                hpx.nanmedian(hpx.asarray(x.astype(dtype)), axis=axis), np.asarray(expected)
            )
    assert_same(hpx.median(hpx.zeros((2, 0)), axis=1), np.full(2, NAN))


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "nearest", "inverted_cdf"])
def test_quantiles_between_finite_elements_and_infinities(method):
    for row in ([1.0, 2.0, 3.0, INF, INF], [-INF, -INF, 1.0, 2.0, 3.0]):
        for q in (0.3, 0.45, 0.6, 0.8):
            got = hpx.quantile(hpx.asarray(row), q, method=method)
            expected = quiet(np.quantile, row, q, method=method)
            if np.isnan(expected):
                continue  # An element beside an infinity, or two that are equal.
            assert_same(got, expected, tolerance=1e-14)
            assert_same(
                hpx.percentile(hpx.asarray(row), 100 * q, method=method), expected, tolerance=1e-14
            )
            assert_same(
                hpx.nanquantile(hpx.asarray([*row, NAN]), q, method=method),
                expected,
                tolerance=1e-14,
            )


PARTS = [0.0, -0.0, 1.5, INF, -INF, NAN]


def parts_of(z):
    return np.asarray(z).view(z.real.dtype)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("part", ["real", "imag"])
def test_parts_that_are_set(part, dtype):
    base = np.array([complex(a, b) for a, b in itertools.product(PARTS, PARTS)], dtype)
    for value in (*PARTS, 3, True, np.arange(36), base.imag.copy()):
        problems = []
        for place in placements(1):
            expected, got = base.copy(), hpx.asarray(base, **place)
            setattr(expected, part, value)
            setattr(got, part, value)
            problems.append(difference(parts_of(got.to_numpy()), parts_of(expected)))
        agree("; ".join(filter(None, problems)))


def test_parts_of_views():
    base = np.arange(24.0).reshape(4, 6) * (1 - 2j)
    for view in (
        (slice(None), 1),
        (slice(None, None, -2), slice(1, 5, 2)),
        (2,),
        (..., slice(3, 3)),
    ):
        expected, got = base.copy(), hpx.asarray(base)
        kept = got * 1
        seen, ours = expected[view], got[view]
        seen.imag = seen.real.copy()
        ours.imag = ours.real
        assert_same(got, expected)
        assert_same(kept, base)
    z = hpx.asarray(base)
    pending = z + 1
    z.T.real = z.T.imag + 1
    assert_same(z, base.imag + 1 + 1j * base.imag)
    assert_same(pending, base + 1)


def test_parts_that_cannot_be_set():
    z = hpx.asarray([1 + 2j, 3 + 4j])
    with pytest.raises(TypeError, match="imag: complex values do not fit"):
        z.imag = 1j
    with pytest.raises(TypeError, match="real: complex values do not fit"):
        z.real = z
    with pytest.raises(ValueError, match=r"real: .*do not broadcast"):
        z.real = hpx.ones(3)
    with pytest.raises(ValueError, match="read-only"):
        hpx.broadcast_to(z, (2, 2)).imag = 1.0
    assert_same(z, np.array([1 + 2j, 3 + 4j]))


def test_complex_results_keep_their_parts_apart():
    fp = np.array([complex(1, INF), complex(-0.0, 2), complex(INF, -0.0)])
    expected = quiet(np.interp, [0.0, 1.0, 2.0], [0.0, 1.0, 2.0], fp)
    assert_same(
        parts_of(hpx.interp([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], fp).to_numpy()), parts_of(expected)
    )
    z = np.array([complex(a, b) for a, b in itertools.product(PARTS, PARTS)])
    for keywords in ({}, {"posinf": INF, "nan": -0.0}, {"nan": NAN, "neginf": 3.0}):
        expected = np.nan_to_num(z, **keywords)
        assert_same(
            parts_of(hpx.nan_to_num(hpx.asarray(z), **keywords).to_numpy()), parts_of(expected)
        )
    weights = np.array([complex(1, INF), complex(2, 1), complex(-0.0, 1)])
    expected = np.histogram([0.0, 1.0, 2.0], 3, weights=weights)[0]
    assert_same(hpx.histogram(hpx.asarray([0.0, 1.0, 2.0]), 3, weights=weights)[0], expected)


SPREADS = {
    "three huge": [HUGE] * 3,
    "many huge": [HUGE] * 5000,
    "huge of both signs": [1.7e308, -1.7e308] * 3,
    "large": [1e200, 1.1e200, 0.9e200],
    "half the range": [8e307] * 2,
    "half the range, often": [8e307] * 50,
    "an infinity": [INF, 1.0, 2.0],
    "the last is an infinity": [1.0, 2.0, INF],
    "one alone": [INF],
    "infinities": [INF, -INF, 1.0, HUGE],
    "nan": [HUGE, HUGE, NAN],
    "small": [1e-200, 2e-200],
    "plain": [1.0, 2.0, 4.0, 8.0],
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("spread", SPREADS)
def test_spreads(spread, dtype):
    scale = 1 if dtype in ("float64", "complex128") else 3.4e38 / HUGE
    with np.errstate(all="ignore"):
        x = (
            np.array(SPREADS[spread]) * (scale if np.abs(SPREADS[spread]).max() > 1e100 else 1)
        ).astype(dtype)
    tolerance = 1e-5 if dtype in ("float32", "complex64") else 1e-12
    problems = []
    for name in ("var", "std", "mean", "nanvar", "nanstd", "nanmean"):
        expected = quiet(getattr(np, name), x)
        if spread.startswith("huge") and (
            dtype.startswith("complex") or name not in ("var", "std")
        ):
            continue  # Which sums pass the range depends on their order.
        columns = np.stack([x, x, np.ones_like(x)], 1)
        for place in placements(1):
            got = getattr(hpx, name)(hpx.asarray(x, **place))
            text = difference(got.to_numpy(), expected, tolerance=tolerance)
            problems.append(text and f"{name} {place}: {text}")
        for place in placements(2):
            got = getattr(hpx, name)(hpx.asarray(columns, **place), axis=0)
            wanted = quiet(getattr(np, name), columns, axis=0)
            text = difference(got.to_numpy(), wanted, tolerance=tolerance)
            problems.append(text and f"{name} of columns {place}: {text}")
    agree("; ".join(filter(None, problems)))


ENDS = [0.0, -0.0, 1.0, -3.5, INF, -INF, NAN, 1.7e308, -1.7e308]


@pytest.mark.parametrize("num", [1, 2, 3, 5])
def test_linspace(num):
    for first, last, endpoint in itertools.product(ENDS, ENDS, (True, False)):
        expected = quiet(np.linspace, first, last, num, endpoint=endpoint)
        got = hpx.linspace(first, last, num, endpoint=endpoint).to_numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-13, err_msg=f"{first} {last} {endpoint}")


def test_interpolation():
    xp = np.array([0.0, 1.0, 2.0, 3.0])
    x = np.array([-INF, -1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, INF, NAN])
    for fp in itertools.product([1.0, INF, -INF, NAN, HUGE], repeat=4):
        expected = quiet(np.interp, x, xp, fp)
        got = hpx.interp(hpx.asarray(x), xp, np.array(fp))
        assert not difference(got.to_numpy(), expected, tolerance=1e-13), fp
    for ends in ([-INF, 1.0, 2.0, INF], [-INF, -INF, 2.0, 3.0]):
        expected = quiet(np.interp, x, ends, [1.0, 2.0, 3.0, 4.0])
        assert_same(
            hpx.interp(hpx.asarray(x), ends, [1.0, 2.0, 3.0, 4.0]), expected, tolerance=1e-13
        )


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", ["multiply", "divide", "add", "subtract", "square", "conj"])
def test_complex_products(name, dtype):
    values = np.array(
        [complex(a, b) for a, b in itertools.product([0.0, -0.0, 2.0, INF, -INF, NAN], repeat=2)],
        dtype,
    )
    function, expected = getattr(hpx, name), getattr(np, name)
    if name in ("square", "conj"):
        check_parts(function(hpx.asarray(values)), quiet(expected, values))
        return
    check_parts(
        function(hpx.asarray(values)[:, None], hpx.asarray(values)),
        quiet(expected, values[:, None], values),
    )
    check_parts(function(hpx.asarray(values), 2.5), quiet(expected, values, 2.5))
    check_parts(function(2.0, hpx.asarray(values)), quiet(expected, 2.0, values))


def check_parts(got, expected):
    np.testing.assert_allclose(parts_of(got.to_numpy()), parts_of(expected), rtol=1e-6)


def test_averages():
    for row in ([HUGE, HUGE], [INF, 1.0], [INF, -INF], [-0.0, -0.0], [HUGE, -HUGE, 1.0]):
        weights = np.arange(1.0, len(row) + 1)
        problems = [
            difference(
                hpx.average(hpx.asarray(row, **place), weights=weights).to_numpy(),
                quiet(np.average, row, weights=weights),
                tolerance=1e-14,
            )
            for place in placements(1)
        ]
        agree("; ".join(filter(None, problems)))
