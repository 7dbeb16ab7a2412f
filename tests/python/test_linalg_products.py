"""Products of vectors and matrices against NumPy: every dtype, batches, views, empty matrices."""

# SPDX-License-Identifier: BSL-1.0
import os
import subprocess
import sys

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, check, placements, random_array

pytestmark = pytest.mark.local

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


@pytest.mark.distributed
@pytest.mark.parametrize("place", placements(2)[1:], ids=str)
def test_distributed(place):
    x = random_array((5, 4), seed=20)
    a, b = hpx.asarray(x, **place), hpx.ones((4, 5))
    for name in ("tensordot", "outer", "kron", "vdot"):
        check(getattr(hpx, name)(a, a), np.asarray(getattr(np, name)(x, x)), tolerance=1e-12)
    for name, other in (("dot", b), ("inner", b.T), ("matmul", b)):
        of_numpy = getattr(np, name)(x, np.asarray(other))
        check(getattr(hpx, name)(a, other), of_numpy, tolerance=1e-12)
    check(hpx.tensordot(a, b, axes=1), np.tensordot(x, np.ones((4, 5)), axes=1), tolerance=1e-12)
    check(hpx.tensordot(a, a, axes=([0], [0])), x.T @ x, tolerance=1e-12)
    check(hpx.vdot(a[:, 0], a[:, 1]), np.vdot(x[:, 0], x[:, 1]), tolerance=1e-12)
    for axis in (0, 1):
        check(hpx.vecdot(a, a, axis=axis), np.vecdot(x, x, axis=axis), tolerance=1e-12)


SHAPES = [
    ((1400,), (1400, 1300)),
    ((1400,), (1400, 3)),
    ((3,), (3, 70000)),
    ((1300, 1400), (1400,)),
    ((3, 70000), (70000,)),
    ((70000, 3), (3,)),
    ((200001,), (200001,)),
    ((1030, 300), (300, 700)),
    ((5, 30000), (30000, 7)),
    ((20, 30), (30, 9000)),
    ((3, 300, 200), (200, 300)),
    ((3, 1, 300), (300, 900)),
]


@pytest.mark.parametrize("dtype", ["float64", "complex64", "int64", "uint8", "bool"])
def test_every_cut_of_a_product(dtype):
    for first, second in SHAPES:
        x, y = random_array(first, dtype, 20), random_array(second, dtype, 21)
        if dtype == "complex64":
            # Sums of whole numbers have one value, in whatever order.
            x, y = np.round(x), np.round(y)
        a, b = hpx.asarray(x), hpx.asarray(y)
        turned_a, turned_b = (hpx.asarray(one.T.copy()).T for one in (x, y))
        exact = dtype != "float64"
        for left in (a, turned_a) if x.ndim < 3 else (a,):
            for right in (b, turned_b):
                got = (left @ right).to_numpy()
                expected = x @ y
                if exact:
                    assert np.array_equal(got, expected)
                else:
                    assert np.allclose(got, expected, 1e-10, 1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128", "int32"])
@pytest.mark.parametrize(
    "shape", [(1, 4), (5, 1), (9, 40), (130, 40), (1100, 20), (30, 5000), (3, 40, 20)], ids=str
)
def test_a_matrix_times_its_own_transpose(dtype, shape):
    x = random_array(shape, dtype, 22)
    a = hpx.asarray(x)
    tolerance = 2e-2 if dtype in ("float32", "complex64") else 1e-7
    for left, right, expected in (
        (a, a.mT, x @ np.swapaxes(x, -1, -2)),
        (a.mT, a, np.swapaxes(x, -1, -2) @ x),
        (a[..., 1:, :], a[..., 1:, :].mT, x[..., 1:, :] @ np.swapaxes(x[..., 1:, :], -1, -2)),
        (a[..., ::-1, :], a.mT, x[..., ::-1, :] @ np.swapaxes(x, -1, -2)),
    ):
        got = (left @ right).to_numpy()
        assert got.dtype == expected.dtype
        assert np.allclose(got, expected, 1e-4, tolerance)
    product = (a @ a.mT).to_numpy()
    assert np.array_equal(product, np.swapaxes(product, -1, -2))


def test_sums_of_integers_wrap_in_every_product():
    for dtype in ("int8", "int16", "uint16", "int32", "int64", "uint64"):
        x = random_array((40, 60), dtype, 23) * np.array(117, dtype)
        a = hpx.asarray(x)
        near(a @ a.T, x @ x.T, exact=True)
        near(a.T @ a, x.T @ x, exact=True)
        near(a[0] @ a.T, x[0] @ x.T, exact=True)
        near(a @ a[::2].T, x @ x[::2].T, exact=True)
        near(hpx.dot(a[0, ::2], a[1, ::2]), np.dot(x[0, ::2], x[1, ::2]), exact=True)
        near(hpx.vdot(a, a), np.vdot(x, x), exact=True)


BITS = """
import hashlib
import hpxpy as hpx
r = hpx.random.default_rng(1)
h = hashlib.sha256()
for shapes in (((1400,), (1400, 1300)), ((900, 1400), (1400,)), ((600, 300), (300, 500)),
               ((5, 30000), (30000, 7)), ((300000,), (300000,))):
    a, b = (r.standard_normal(shape) for shape in shapes)
    h.update((a @ b).to_numpy().tobytes())
x = r.standard_normal((600, 300))
for product in (x @ x.T, x.T @ x, hpx.cov(x), hpx.corrcoef(x)):
    h.update(product.to_numpy().tobytes())
print(h.hexdigest())
"""


def test_products_have_the_same_bits_on_any_number_of_threads():
    digests = set()
    for threads in ("1", "2", "3"):
        environment = {**os.environ, "HPXPY_NUM_THREADS": threads, "HPXPY_ENGINE": "local"}
        done = subprocess.run(
            [sys.executable, "-c", BITS],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout)
    assert len(digests) == 1
