"""Products of vectors and matrices against NumPy: every dtype, batches, views, empty matrices."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, check, placements, random_array

PAIRS = [
    ((3,), (3,)),
    ((0,), (0,)),
    ((4, 3), (3,)),
    ((3,), (3, 4)),
    ((1, 3), (3, 1)),
    ((4, 3), (3, 5)),
    ((4, 0), (0, 5)),
    ((0, 3), (3, 2)),
    ((2, 4, 3), (3, 5)),
    ((4, 3), (2, 3, 5)),
    ((2, 1, 4, 3), (5, 3, 2)),
    ((0, 4, 3), (3, 5)),
    ((3,), (2, 3, 5)),
    ((2, 4, 3), (3,)),
]


def near(got, expected, exact=False):
    got, expected = got.to_numpy(), np.asarray(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    if exact:
        assert np.array_equal(got, expected)
    else:
        tolerance = 1e-4 if got.dtype in (np.float32, np.complex64) else 1e-11
        assert np.allclose(got, expected, tolerance, tolerance, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_matmul(dtype):
    for first, second in PAIRS:
        x, y = random_array(first, dtype, 1), random_array(second, dtype, 2)
        a, b = hpx.asarray(x), hpx.asarray(y)
        expected = np.matmul(x, y)
        near(hpx.matmul(a, b), expected, dtype.kind in "biu")
        near(a @ b, expected)
        near(a @ y, expected)
        near(x @ b, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "int16"])
def test_matmul_of_views(dtype):
    x, y = random_array((2, 12, 9), dtype, 3), random_array((2, 9, 12), dtype, 4)
    a, b = hpx.asarray(x), hpx.asarray(y)
    for left, right in (
        (np.s_[..., ::2, :], np.s_[..., ::3]),
        (np.s_[:, ::-1], np.s_[..., ::-1]),
        (np.s_[:, 2:7, 1:], np.s_[:, 1:, 3:]),
        (np.s_[..., ::2], np.s_[:, ::2]),
        (np.s_[:, :1], np.s_[0, :, 4]),
        (np.s_[1, 3], np.s_[:, :, ::-2]),
        (np.s_[0, ::-1, 2:6], np.s_[1, 8:0:-2, 3]),
    ):
        near(a[left] @ b[right], x[left] @ y[right])
        near(hpx.matrix_transpose(b) @ a.mT, np.swapaxes(y, 1, 2) @ np.swapaxes(x, 1, 2))
    wide = np.broadcast_to(x[0, :1], (5, 9))
    near(hpx.broadcast_to(a[0, :1], (5, 9)) @ b, wide @ y)
    near(b @ hpx.broadcast_to(a[0, :, :1], (12, 7)), y @ np.broadcast_to(x[0, :, :1], (12, 7)))
    near((a + a) @ (b * b), (x + x) @ (y * y))


def test_large_products_are_cut_into_pieces():
    x, y = random_array((700, 300), seed=5), random_array((300, 1100), seed=6)
    near(hpx.asarray(x) @ hpx.asarray(y), x @ y)
    near(hpx.asarray(y).T @ hpx.asarray(x).T, y.T @ x.T)
    whole = random_array((600, 40), "int32", 7)
    near(hpx.asarray(whole) @ hpx.asarray(whole).T, whole @ whole.T, exact=True)


def test_mixed_dtypes_out_and_in_place():
    x, y = random_array((3, 3), "int8", 8), random_array((3, 3), "float32", 9)
    a, b = hpx.asarray(x), hpx.asarray(y)
    near(a @ b, x @ y)
    out = hpx.zeros((3, 3), dtype="float64")
    assert hpx.matmul(a, b, out) is out
    near(out, (x @ y).astype(np.float64))
    kept = b
    b @= b
    assert b is kept
    near(b, y @ y)
    near(np.matmul(a, b), x @ (y @ y))
    assert isinstance(np.dot(a, b), hpx.ndarray)


def test_nan_and_wrapping():
    x = np.array([[np.nan, 1.0], [np.inf, 0.0]])
    near(hpx.asarray(x) @ hpx.asarray(x), x @ x)
    big = np.full((2, 2), 2**31 - 1, np.int32)
    near(hpx.asarray(big) @ hpx.asarray(big), big @ big, exact=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensordot(dtype):
    x, y = random_array((2, 3, 4), dtype, 10), random_array((3, 4, 2), dtype, 11)
    a, b = hpx.asarray(x), hpx.asarray(y)
    for axes in (2, 0, ([1, 2], [0, 1]), ([0], [2]), (2, 1), ([-1, 0], [-2, -1]), ([], [])):
        near(hpx.tensordot(a, b, axes=axes), np.tensordot(x, y, axes), dtype.kind in "biu")
    near(hpx.tensordot(a, b[:0], 0), np.tensordot(x, y[:0], 0))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_vecdot(dtype):
    for first, second in (((4,), (4,)), ((3, 4), (4,)), ((2, 3, 4), (3, 4)), ((2, 0), (1, 0))):
        x, y = random_array(first, dtype, 12), random_array(second, dtype, 13)
        near(hpx.vecdot(hpx.asarray(x), hpx.asarray(y)), np.vecdot(x, y))
    x, y = random_array((5, 3), dtype, 14), random_array((5, 3), dtype, 15)
    near(hpx.vecdot(hpx.asarray(x), hpx.asarray(y), axis=0), np.vecdot(x, y, axis=0))
    near(np.vecdot(hpx.asarray(x), hpx.asarray(y)), np.vecdot(x, y))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_numpys_products(dtype):
    for first, second in (((), (3,)), ((3,), (3,)), ((2, 3), (3, 3)), ((2, 3), (4, 3, 3))):
        x, y = random_array(first, dtype, 16), random_array(second, dtype, 17)
        a, b = hpx.asarray(x), hpx.asarray(y)
        for name in ("dot", "inner", "outer", "kron"):
            near(getattr(hpx, name)(a, b), getattr(np, name)(x, y))
    x, y = random_array((2, 3), dtype, 18), random_array((3, 2), dtype, 19)
    near(hpx.vdot(hpx.asarray(x), hpx.asarray(y)), np.vdot(x, y))
    near(hpx.asarray(x).dot(hpx.asarray(y)), x.dot(y))


def test_products_refuse():
    a = hpx.ones((2, 3))
    with pytest.raises(ValueError, match=r"matmul: shapes \(2, 3\) and \(2, 3\) do not fit: 3 col"):
        a @ a
    with pytest.raises(ValueError, match="matmul: an operand is 0-d"):
        hpx.matmul(a, 2.0)
    with pytest.raises(ValueError, match="matmul"):
        hpx.ones((2, 2, 3)) @ hpx.ones((3, 3, 2))
    with pytest.raises(TypeError):
        a @ "text"
    with pytest.raises(ValueError, match=r"matmul: out has shape \(2, 3\)"):
        a @= hpx.ones((3, 1)) @ hpx.ones((1, 2))
    with pytest.raises(ValueError, match="tensordot: axes=3 does not fit"):
        hpx.tensordot(a, a, 3)
    with pytest.raises(ValueError, match="tensordot: axis 1 of shape"):
        hpx.tensordot(a, a, 1)
    with pytest.raises(ValueError, match="tensordot: 1 axes of one array meet 2"):
        hpx.tensordot(a, a, ([0], [0, 1]))
    with pytest.raises(ValueError, match=r"tensordot: axes=\(0,\) is not a pair"):
        hpx.tensordot(a, a, (0,))
    with pytest.raises(ValueError, match="vecdot: axis -1 has length 3"):
        hpx.vecdot(a, hpx.ones(2))
    with pytest.raises(ValueError, match="vdot: 6 elements meet 2"):
        hpx.vdot(a, hpx.ones(2))


@pytest.mark.parametrize("place", placements(2)[1:], ids=str)
def test_distributed(place):
    x = random_array((5, 4), seed=20)
    a, b = hpx.asarray(x, **place), hpx.ones((4, 5))
    for name in ("matmul", "tensordot", "dot", "inner", "outer", "kron", "vdot"):
        with pytest.raises(TypeError, match=rf"{name}: .*redistribute\(x, None\)"):
            getattr(hpx, name)(a, b)
    with pytest.raises(TypeError, match=r"matmul: .*redistribute\(x, None\)"):
        b @ a
    for axis in (0, 1):
        check(hpx.vecdot(a, a, axis=axis), np.vecdot(x, x, axis=axis), tolerance=1e-12)
