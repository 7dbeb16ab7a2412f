"""Differences, integrals, interpolation and convolution against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check, placements, random_array

pytestmark = pytest.mark.local

REAL = [dtype for dtype in DTYPES if dtype.kind in "iuf"]


def close(dtype):
    return {"tolerance": 1e-3 if dtype in (np.float32, np.complex64) else 1e-9}


def near(got, expected, tolerance=1e-10):
    got, expected = got.to_numpy(), np.asarray(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    assert np.allclose(got, expected, tolerance, tolerance, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_diff(dtype):
    for shape in ((6,), (4, 5), (2, 3, 4), (0,), (1,)):
        x = random_array(shape, dtype, 1)
        for axis in range(-1, len(shape)):
            for n in (0, 1, 2, 5):
                assert_same(hpx.diff(hpx.asarray(x), n, axis), np.diff(x, n, axis))
    x = random_array((3, 4), dtype, 2)
    one = dtype.type(1)
    got = hpx.diff(hpx.asarray(x), prepend=hpx.asarray(one), append=hpx.asarray(x))
    assert_same(got, np.diff(x, prepend=one, append=x))
    assert_same(
        hpx.ediff1d(hpx.asarray(x)) if dtype.kind != "b" else hpx.ones(1),
        np.ediff1d(x) if dtype.kind != "b" else np.ones(1),
    )


def test_diff_refuses():
    with pytest.raises(ValueError, match="diff: n=-1 is negative"):
        hpx.diff(hpx.ones(3), -1)
    assert hpx.diff(hpx.ones(3), 2**64).shape == (0,)
    with pytest.raises(ValueError, match="diff: a 0-d array has no neighbours"):
        hpx.diff(hpx.asarray(1.0))
    with pytest.raises(IndexError, match="diff: axis 1"):
        hpx.diff(hpx.ones(3), axis=1)


def test_ends_of_ediff1d():
    x = random_array((2, 3), seed=3)
    got = hpx.ediff1d(hpx.asarray(x), to_end=[1.0, 2.0], to_begin=-5.0)
    assert_same(got, np.ediff1d(x, [1.0, 2.0], -5.0))


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iufc"], ids=str)
@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient(edge_order, dtype):
    tolerance = 1e-2 if dtype in (np.float32, np.complex64) else 1e-9
    for shape in ((3,), (50,), (4, 5), (3, 4, 6)):
        x = random_array(shape, dtype, 4)
        reference = x.astype(np.float64) if dtype.kind in "iu" else x
        a = hpx.asarray(x)
        got = hpx.gradient(a, edge_order=edge_order)
        expected = np.gradient(reference, edge_order=edge_order)
        pairs = zip(got, expected, strict=True) if len(shape) > 1 else [(got, expected)]
        for g, e in pairs:
            near(g, e, tolerance)
        for axis in range(len(shape)):
            places = np.cumsum(np.arange(1, shape[axis] + 1) % 3 + 1.0)
            for spacing in (2.5, places, np.arange(shape[axis]) * 2.0):
                got = hpx.gradient(a, spacing, axis=axis, edge_order=edge_order)
                expected = np.gradient(reference, spacing, axis=axis, edge_order=edge_order)
                near(hpx.astype(got, np.complex128), expected.astype(np.complex128), tolerance)


def test_gradient_refuses():
    a = hpx.ones((2, 3))
    with pytest.raises(ValueError, match="gradient: edge_order=3 does not exist"):
        hpx.gradient(a, edge_order=3)
    with pytest.raises(ValueError, match="gradient: axis 0 has length 2; edge_order=2 needs 3"):
        hpx.gradient(a, edge_order=2)
    with pytest.raises(TypeError, match="gradient: 3 spacings given for 2 axes"):
        hpx.gradient(a, 1, 2, 3)
    with pytest.raises(ValueError, match=r"gradient: coordinates of shape \(2,\) given for axis 1"):
        hpx.gradient(a, [1, 2], axis=1)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_trapezoid(dtype):
    for shape in ((9,), (4, 5), (2, 3, 4)):
        y = random_array(shape, dtype, 5)
        for axis in range(len(shape)):
            near(
                hpx.trapezoid(hpx.asarray(y), axis=axis, dx=2.0),
                np.trapezoid(y, axis=axis, dx=2.0),
                close(dtype)["tolerance"],
            )
            x = np.cumsum(np.arange(shape[axis]) % 3 + 1.0)
            near(hpx.trapezoid(hpx.asarray(y), x, axis=axis), np.trapezoid(y, x, axis=axis))
    x = np.sort(random_array((4, 5), seed=6), axis=1)
    y = random_array((4, 5), seed=7)
    near(hpx.trapezoid(hpx.asarray(y), hpx.asarray(x)), np.trapezoid(y, x))
    near(hpx.trapezoid(y[0], x[:2, None]), np.trapezoid(y[0], x[:2, None]))


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_interp(dtype):
    places = np.sort(random_array(40, seed=8) * 4)
    values, complex_values = random_array(40, seed=9), random_array(40, "complex128", 10)
    for shape in ((), (7,), (30, 50)):
        x = random_array(shape, dtype, 11)
        a = hpx.asarray(x)
        near(hpx.interp(a, places, values), np.interp(x, places, values))
        near(
            hpx.interp(a, places, complex_values, left=1j),
            np.interp(x, places, complex_values, left=1j),
        )
        near(hpx.interp(a, places, values, -7, 7.5), np.interp(x, places, values, -7, 7.5))
        near(hpx.interp(a, places, values, period=5), np.interp(x, places, values, period=5))
    near(hpx.interp(hpx.asarray(places), places, values), np.interp(places, places, values))


def test_interp_of_special_values():
    x = np.array([np.nan, -np.inf, np.inf, 0.0, 1.0, 1.5])
    for places, values in (
        ([1.0], [5.0]),
        ([0.0, 1.0, 2.0], [np.inf, np.inf, 3.0]),
        ([0.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0]),
        ([0.0, 1.0, 2.0], [1.0, np.nan, 3.0]),
    ):
        near(hpx.interp(hpx.asarray(x), places, values), np.interp(x, places, values))
    with pytest.raises(ValueError, match=r"interp: points of shapes \(2,\) and \(1,\) given"):
        hpx.interp(1.0, [1, 2], [1])
    with pytest.raises(ValueError, match="interp: period is 0"):
        hpx.interp(1.0, [1, 2], [1, 2], period=0)
    with pytest.raises(TypeError, match="interp: complex places have no order"):
        hpx.interp(1j, [1, 2], [1, 2])


LENGTHS = [(1, 1), (5, 3), (3, 5), (6, 4), (4, 6), (7, 7), (50, 300), (3000, 9)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_convolution(lengths, dtype):
    x, y = random_array(lengths[0], dtype, 12), random_array(lengths[1], dtype, 13)
    for mode in ("full", "same", "valid"):
        for name in ("convolve", "correlate"):
            got = getattr(hpx, name)(hpx.asarray(x), hpx.asarray(y), mode)
            near(got, getattr(np, name)(x, y, mode), close(dtype)["tolerance"])


def test_convolution_refuses():
    a = hpx.ones(3)
    with pytest.raises(ValueError, match="convolve: mode 'some' does not exist"):
        hpx.convolve(a, a, "some")
    with pytest.raises(ValueError, match="correlate: an array is empty"):
        hpx.correlate(a, hpx.ones(0))
    with pytest.raises(ValueError, match="convolve: an array of 2 dimensions given"):
        hpx.convolve(a, hpx.ones((2, 2)))
    assert_same(hpx.convolve(hpx.asarray([1, 2]), [0.5, 1.0]), np.convolve([1, 2], [0.5, 1.0]))


@pytest.mark.distributed
@pytest.mark.parametrize("place", placements(2)[1:], ids=str)
def test_distributed(place):
    x = random_array((9, 8), seed=14)
    a = hpx.asarray(x, **place)
    for axis in (0, 1):
        check(hpx.diff(a, axis=axis), np.diff(x, axis=axis))
        check(hpx.trapezoid(a, axis=axis), np.trapezoid(x, axis=axis), tolerance=1e-10)
        check(hpx.gradient(a, axis=axis), np.gradient(x, axis=axis), tolerance=1e-10)


def test_differences_taken_no_time():
    for x in (np.array([1, 2]), np.ones((2, 3))):
        for ends in ({}, {"prepend": 0}, {"append": 5}, {"prepend": 1, "append": 2}):
            assert_same(hpx.diff(hpx.asarray(x), n=0, **ends), np.diff(x, n=0, **ends))
    for value in (300, -1, 2.5, True):
        x = np.array([1, 5, 2], "uint8")
        assert_same(hpx.diff(hpx.asarray(x), prepend=value), np.diff(x, prepend=value))


def test_interp_in_whatever_order():
    xp = np.array([-3.0, -1.0, -1.0, 0.5, 2.0, 2.0, 2.0, 7.0])
    fp = np.array([1.0, 2.0, 3.0, -4.0, 5.0, 6.0, 7.0, 8.0])
    x = np.random.default_rng(3).uniform(-4, 8, 5000)
    x[::9], x[4::11], x[7::13] = np.nan, np.inf, xp[3]
    for given in (x, np.sort(x), np.sort(x)[::-1], np.repeat(xp, 3), np.repeat(xp, 3)[::-1]):
        for points in (len(xp), 3, 1):
            expected = np.interp(given, xp[:points], fp[:points])
            got = hpx.interp(hpx.asarray(given), xp[:points], fp[:points]).to_numpy()
            assert np.allclose(got, expected, 1e-13, 1e-13, equal_nan=True)
