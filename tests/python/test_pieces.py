"""Operands that are converted or taken in pieces give what they give at once."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same

pytestmark = pytest.mark.local

RNG = np.random.default_rng(1)
MATRICES = [
    ((600_003, 3), (3, 2)),
    ((600_003, 3), (3,)),
    ((3,), (3, 600_001)),
    ((2, 3), (3, 600_001)),
    ((4, 300_001), (300_001, 3)),
]


def whole(shape, dtype):
    return RNG.integers(0, 9, shape).astype(dtype)


@pytest.mark.parametrize(
    "dtypes", [("i4", "f8"), ("u1", "f4"), ("f4", "i4"), ("?", "i2"), ("f4", "c8")], ids=str
)
@pytest.mark.parametrize("shapes", MATRICES, ids=str)
def test_products_of_mixed_dtypes(shapes, dtypes):
    a, b = (whole(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True))
    x, y = hpx.asarray(a), hpx.asarray(b)
    assert_same(x @ y, a @ b)
    if a.ndim == b.ndim == 2:
        assert_same(y.T @ x.T, b.T @ a.T)


@pytest.mark.parametrize("shape", [(700, 3000), (7, 300_000), (200_000, 11), (30, 40, 1500)])
def test_medians_along_every_axis(shape):
    for dtype in ("f8", "u1"):
        a = RNG.integers(0, 255, shape).astype(dtype)
        x = hpx.asarray(a)
        for axis in range(len(shape)):
            assert_same(hpx.median(x, axis=axis), np.median(a, axis=axis))


@pytest.mark.parametrize("shape", [(700, 1100), (1100, 300), (200, 3000), (100_000, 8)], ids=str)
def test_scans_of_transposed_arrays_have_the_same_bits(shape):
    for dtype in ("f8", "f4", "u1"):
        a = (RNG.random(shape) * 200).astype(dtype)
        x = hpx.asarray(a)
        for axis in (0, 1):
            found, dense = hpx.cumsum(x.T, axis=axis), hpx.cumsum(x.T.copy(), axis=axis)
            assert found.to_numpy().tobytes() == dense.to_numpy().tobytes()


@pytest.mark.parametrize("dtype", ["f8", "f4", "u1", "i8"])
def test_histograms_and_searches(dtype):
    a = RNG.integers(0, 255 if dtype == "u1" else 260, 600_000).astype(dtype)
    for edges in (np.array([0, 3, 3, 50, 199.5]), np.array([0, 3, 200])):
        for x in (a, a[::-3]):
            assert_same(hpx.histogram(hpx.asarray(x), edges)[0], np.histogram(x, edges)[0])
    test = (RNG.random(500) * 255).astype(dtype)
    for invert in (False, True):
        found = hpx.isin(hpx.asarray(a), hpx.asarray(test), invert=invert)
        assert_same(found, np.isin(a, test, invert=invert))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_convolutions(name, mode):
    for dtypes in (("f8", "f8"), ("u1", "u1"), ("i4", "f8"), ("c8", "f8"), ("i1", "u8")):
        for n, k in ((1, 1), (5, 9), (18, 9), (40, 9), (40, 2), (40, 1)):
            a, v = whole(n, dtypes[0]), whole(k, dtypes[1])
            found = getattr(hpx, name)(hpx.asarray(a), hpx.asarray(v), mode)
            assert_same(found, getattr(np, name)(a, v, mode))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "u8", "i8"])
@pytest.mark.parametrize("n", [5, 3000, 100_000])
def test_positions_of_every_integer_dtype(n, dtype):
    length = min(n, 100)
    i = RNG.integers(0, length, n).astype(dtype)
    if dtype[0] == "i" and n == length:
        i[::3] -= length
    positions = hpx.asarray(i)
    a, wide = RNG.random(n), RNG.random((3, n)).astype("f4")
    x, y = hpx.asarray(a), hpx.asarray(wide)
    assert_same(x[positions], a[i])
    assert_same(hpx.take_along_axis(x, positions, 0), a[i.astype(np.int64)])
    assert_same(y[:, positions], wide[:, i])
    assert_same(y.T[positions], wide.T[i])
    a[i] = i
    x[positions] = positions
    assert_same(x, a)
    values = RNG.random((3, n))
    wide[:, i] = values
    y[:, positions] = hpx.asarray(values)
    assert_same(y, wide)
    wide.T[i] = -values.T
    y.T[positions] = -hpx.asarray(values).T
    assert_same(y, wide)


@pytest.mark.parametrize("n", [7, 5000, 100_000])
def test_positions_and_values_that_are_written(n):
    start = RNG.permutation(n).astype("i4")

    def both(write):
        a, x = start.copy(), hpx.asarray(start)
        write(np, a)
        write(hpx, x)
        assert_same(x, a)

    both(lambda xp, x: x.__setitem__(x, xp.arange(n)))
    both(lambda xp, x: x.__setitem__(x[::-1], x * 2))
    both(lambda xp, x: x.__setitem__(x + 0, x.astype("f8")))
    both(lambda xp, x: xp.put_along_axis(x, x, x[::-1], 0))
    both(lambda xp, x: xp.put(x, x, x + 1))


@pytest.mark.parametrize("dtype", ["i4", "i8", "u8"])
def test_wrong_positions_change_nothing(dtype):
    i = np.arange(99_999, dtype=dtype)
    i[5000] = 200_000
    x, wide = hpx.arange(100_000.0), hpx.zeros((2, 100_000))
    for write in (
        lambda: x.__setitem__(hpx.asarray(i), 1),
        lambda: hpx.put(x, hpx.asarray(i), 1),
        lambda: hpx.put_along_axis(x, hpx.asarray(i), 1, 0),
        lambda: wide.__setitem__((slice(None), hpx.asarray(i)), 1),
        lambda: x[hpx.asarray(i)],
        lambda: hpx.zeros((0, 7))[:, hpx.asarray(np.array([7], dtype))],
    ):
        with pytest.raises(IndexError, match="out of range"):
            write()
    assert_same(x, np.arange(100_000.0))
    assert not wide.any()
