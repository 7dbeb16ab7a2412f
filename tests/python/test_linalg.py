"""The extension linalg against NumPy: dtypes, batches, views, empty and singular matrices."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, random_array

pytestmark = pytest.mark.local

FLOATS = [dtype for dtype in DTYPES if dtype.kind in "fc"]
SQUARES = [(1, 1), (4, 4), (0, 0), (2, 3, 3), (2, 1, 5, 5), (0, 2, 2), (2, 0, 0)]
SHAPES = [(4, 3), (3, 4), (2, 5, 3), (2, 2, 3, 5), (0, 3, 2), (3, 0), (0, 3)]
linalg = hpx.linalg


def near(got, expected, scale=1.0):
    got, expected = got.to_numpy(), np.asarray(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    tolerance = scale * (2e-3 if got.dtype in (np.float32, np.complex64) else 1e-9)
    assert np.allclose(got, expected, tolerance, tolerance, equal_nan=True)


def turned(x):
    return np.swapaxes(x, -1, -2)


def adjoint(x):
    return turned(x).conj()


def matrices(shape, dtype, seed):
    """Well-conditioned, not symmetric."""
    x = random_array(shape, dtype, seed)
    return x + np.eye(*shape[-2:], dtype=x.dtype) * 4 if shape[-1] == shape[-2] else x


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_square_matrices(dtype):
    for shape in SQUARES:
        x = matrices(shape, dtype, 1)
        for seen in (x, turned(x), x[..., ::-1, ::-1]):
            a = hpx.asarray(seen)
            near(linalg.inv(a), np.linalg.inv(seen))
            near(linalg.det(a), np.linalg.det(seen))
            for got, expected in zip(linalg.slogdet(a), np.linalg.slogdet(seen), strict=True):
                near(got, expected)
            for n in (-2, 0, 1, 2, 5):
                near(linalg.matrix_power(a, n), np.linalg.matrix_power(seen, n), 10)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_solve(dtype):
    for first, second in (
        ((4, 4), (4,)),
        ((4, 4), (4, 2)),
        ((3, 4, 4), (4, 2)),
        ((4, 4), (3, 4, 2)),
        ((2, 1, 3, 3), (5, 3, 1)),
        ((0, 0), (0, 2)),
        ((3, 3), (3, 0)),
    ):
        x, y = matrices(first, dtype, 2), random_array(second, dtype, 3)
        near(linalg.solve(hpx.asarray(x), hpx.asarray(y)), np.linalg.solve(x, y))
    x, y = matrices((2, 3, 3), dtype, 4), random_array(3, dtype, 5)
    expected = np.linalg.solve(x, y[:, None])[..., 0]
    near(linalg.solve(hpx.asarray(x), hpx.asarray(y)), expected)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_hermitian_matrices(dtype):
    for shape in SQUARES:
        x = matrices(shape, dtype, 6)
        h = x @ adjoint(x) + np.eye(shape[-1], dtype=dtype)
        a = hpx.asarray(h)
        near(linalg.cholesky(a), np.linalg.cholesky(h))
        near(linalg.cholesky(a, upper=True), np.linalg.cholesky(h, upper=True))
        for uplo in "LU":
            expected = np.linalg.eigvalsh(x, uplo)
            near(linalg.eigvalsh(hpx.asarray(x), uplo), expected)
            near(linalg.eigh(hpx.asarray(x), uplo).eigenvalues, expected)
        w, v = (part.to_numpy() for part in linalg.eigh(a))
        near(hpx.asarray(v @ (w[..., None] * adjoint(v))), h, 10)
        near(hpx.asarray(adjoint(v) @ v), np.broadcast_to(np.eye(shape[-1], dtype=dtype), shape))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_eig(dtype):
    complex_dtype = np.result_type(dtype, np.complex64)
    for shape in SQUARES:
        x = random_array(shape, dtype, 7)
        w, v = linalg.eig(hpx.asarray(x))
        assert w.dtype == v.dtype == complex_dtype
        near(linalg.eigvals(hpx.asarray(x)), w.to_numpy())
        w, v = w.to_numpy(), v.to_numpy()
        near(hpx.asarray(x.astype(complex_dtype) @ v), v * w[..., None, :])
        assert np.allclose(np.sum(abs(v) ** 2, axis=-2), 1.0, 1e-5)
        near(hpx.asarray(np.sum(w, axis=-1)), np.trace(x, 0, -2, -1).astype(complex_dtype))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_svd_and_qr(dtype):
    for shape in SHAPES + SQUARES:
        x = random_array(shape, dtype, 8)
        a = hpx.asarray(x)
        expected = np.linalg.svd(x, compute_uv=False)
        near(linalg.svdvals(a), expected)
        for full in (True, False):
            u, s, vh = linalg.svd(a, full_matrices=full)
            shapes = [part.shape for part in np.linalg.svd(x, full)]
            assert [u.shape, s.shape, vh.shape] == shapes
            near(s, expected)
            u, s, vh = u.to_numpy(), s.to_numpy(), vh.to_numpy()
            k = s.shape[-1]
            near(hpx.asarray(u[..., :k] * s[..., None, :] @ vh[..., :k, :]), x)
            for one in (adjoint(u) @ u, vh @ adjoint(vh)):
                near(
                    hpx.asarray(one), np.broadcast_to(np.eye(one.shape[-1], dtype=dtype), one.shape)
                )
        for mode in ("reduced", "complete"):
            q, r = (part.to_numpy() for part in linalg.qr(a, mode))
            assert [q.shape, r.shape] == [part.shape for part in np.linalg.qr(x, mode)]
            near(hpx.asarray(q @ r), x)
            assert np.array_equal(np.triu(r), r)
            one = adjoint(q) @ q
            near(hpx.asarray(one), np.broadcast_to(np.eye(one.shape[-1], dtype=dtype), one.shape))
        near(linalg.qr(a, "r"), np.linalg.qr(x, "r"))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_rank_and_pseudo_inverse(dtype):
    for shape in SHAPES + SQUARES:
        x = random_array(shape, dtype, 9)
        if shape[-1]:
            x[..., -1] = 2 * x[..., 0]
        a = hpx.asarray(x)
        rank = np.linalg.matrix_rank(x) if 0 not in shape[-2:] else np.zeros(shape[:-2], np.int64)
        near(linalg.matrix_rank(a), np.asarray(rank, np.int64))
        rtol = max(shape[-2:]) * np.finfo(dtype).eps
        near(linalg.pinv(a), np.linalg.pinv(x, rtol=rtol))
    x, y = random_array((6, 3), dtype, 10), random_array((6, 2), dtype, 11)
    for right in (y, y[:, 0]):
        got = linalg.lstsq(hpx.asarray(x), hpx.asarray(right))
        expected = np.linalg.lstsq(x, right)
        assert got[2] == expected[2]
        for i in (0, 1, 3):
            near(got[i], expected[i])


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_norms(dtype):
    x = random_array((2, 4, 3), dtype, 12)
    a = hpx.asarray(x)
    for ord in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        for keep in (False, True):
            expected = np.linalg.matrix_norm(x, ord=ord, keepdims=keep)
            near(linalg.matrix_norm(a, ord=ord, keepdims=keep), expected)
        near(linalg.norm(a, ord, (2, 0)), np.linalg.norm(x, ord, (2, 0)))
        near(linalg.norm(a, ord, (0, 1), True), np.linalg.norm(x, ord, (0, 1), True))
    for ord in (0, 1, 2, 3, 2.5, -1, -2, np.inf, -np.inf):
        for axis in (0, -1, None, (0, 2)):
            for keep in (False, True):
                expected = np.linalg.vector_norm(x, axis=axis, ord=ord, keepdims=keep)
                near(linalg.vector_norm(a, axis=axis, ord=ord, keepdims=keep), expected)
    near(linalg.norm(a), np.linalg.norm(x))
    square = matrices((2, 3, 3), dtype, 13)
    for p in (None, 2, -2, 1, np.inf, "fro"):
        near(linalg.cond(hpx.asarray(square), p), np.linalg.cond(square, p))


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind != "b"], ids=str)
def test_what_takes_integers_too(dtype):
    x, y = random_array((2, 3, 3), dtype, 14), random_array((3,), dtype, 15)
    a, b = hpx.asarray(x), hpx.asarray(y)
    near(linalg.cross(a, b), np.linalg.cross(x, np.broadcast_to(y, x.shape)))
    near(linalg.cross(a, a[::-1], axis=1), np.linalg.cross(x, x[::-1], axis=1))
    for offset in (-1, 0, 2):
        near(linalg.diagonal(a, offset=offset), np.linalg.diagonal(x, offset=offset))
        near(linalg.trace(a, offset=offset), np.trace(x, offset, -2, -1))
    near(linalg.outer(b, b), np.outer(y, y))
    near(linalg.matrix_power(a, 3), np.linalg.matrix_power(x, 3))
    if dtype.kind in "iu":
        expected = np.linalg.det(x.astype(np.float64))
        assert np.allclose(linalg.det(a).to_numpy(), expected, 1e-9, 1e-6)


def test_large_and_special_matrices():
    x = matrices((200, 200), "float64", 16)
    near(linalg.inv(hpx.asarray(x)), np.linalg.inv(x))
    x = np.diag([1e200, 1e200, 1e-200, 1e-200])
    near(linalg.det(hpx.asarray(x)), np.asarray(1.0))
    singular = hpx.ones((2, 2))
    near(linalg.det(singular), np.asarray(0.0))
    sign, size = linalg.slogdet(singular)
    assert (float(sign), float(size)) == (0.0, -np.inf)
    for infinite in (np.diag([-np.inf, 2.0]), np.array([[1.0, np.inf], [2.0, 3.0]])):
        sign, size = linalg.slogdet(hpx.asarray(infinite))
        assert (float(sign), float(size)) == (-1.0, np.inf)
    assert np.isnan(linalg.inv(hpx.full((2, 2), np.nan)).to_numpy()).all()
    assert isinstance(np.linalg.inv(hpx.eye(2)), hpx.ndarray)
    assert isinstance(np.linalg.norm(hpx.eye(2)), hpx.ndarray)


def test_linalg_refuses():
    a, singular = hpx.ones((2, 3)), hpx.ones((3, 2, 2))
    assert issubclass(linalg.LinAlgError, ValueError)
    for name in ("cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "slogdet"):
        with pytest.raises(
            linalg.LinAlgError, match=rf"{name}: matrices of shape \(2, 3\) are not"
        ):
            getattr(linalg, name)(a)
        with pytest.raises(linalg.LinAlgError, match=rf"{name}: shape \(3,\) is no matrix"):
            getattr(linalg, name)(hpx.ones(3))
    with pytest.raises(
        linalg.LinAlgError, match=r"inv: matrix 0 of the batch of shape \(2, 2\) is"
    ):
        linalg.inv(singular)
    with pytest.raises(
        linalg.LinAlgError, match=r"solve: the matrix of shape \(2, 2\) is singular"
    ):
        linalg.solve(singular[0], hpx.ones(2))
    with pytest.raises(linalg.LinAlgError, match=r"inv: .* singular"):
        linalg.matrix_power(singular, -1)
    with pytest.raises(linalg.LinAlgError, match=r"cholesky: the matrix .* not positive definite"):
        linalg.cholesky(-hpx.eye(2))
    with pytest.raises(linalg.LinAlgError, match=r"eig: the matrix .* has no values"):
        linalg.eig(hpx.full((2, 2), np.nan))
    with pytest.raises(ValueError, match=r"solve: shapes \(2, 2\) and \(3,\) do not fit"):
        linalg.solve(hpx.eye(2), hpx.ones(3))
    with pytest.raises(ValueError, match="eigh: UPLO='X' does not exist"):
        linalg.eigh(hpx.eye(2), UPLO="X")
    with pytest.raises(ValueError, match="qr: mode 'raw' does not exist"):
        linalg.qr(a, "raw")
    with pytest.raises(ValueError, match="matrix_norm: ord=3 does not exist"):
        linalg.matrix_norm(a, ord=3)
    with pytest.raises(ValueError, match="vector_norm: ord='nuc' does not exist"):
        linalg.vector_norm(a, ord="nuc")
    with pytest.raises(ValueError, match=r"cross: axis -1 of shape \(2, 2\) must have length 3"):
        linalg.cross(hpx.eye(2), hpx.eye(2))
    with pytest.raises(ValueError, match=r"outer: shapes \(2, 3\) and \(2, 3\) given"):
        linalg.outer(a, a)
    with pytest.raises(linalg.LinAlgError, match=r"lstsq: shapes \(2, 3\) and \(3,\) do not fit"):
        linalg.lstsq(a, hpx.ones(3))
    with pytest.raises(linalg.LinAlgError, match=r"cond: matrices of shape \(0, 2\) have no"):
        linalg.cond(hpx.ones((0, 2)))
    with pytest.raises(ValueError, match="norm: ord=1 is for one or two axes; 3 given"):
        linalg.norm(singular, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_iterations_refuse_what_is_not_finite(bad, dtype):
    x = np.array([[bad, 2, bad, 0], [bad, 1, 1, -1], [0.5, 0, -3, -2], [1, 2, 3, 4]], dtype)
    for name in ("svd", "svdvals", "eig", "eigvals", "eigh", "eigvalsh", "pinv", "matrix_rank"):
        with pytest.raises(linalg.LinAlgError, match="is there a nan or inf"):
            getattr(linalg, name)(hpx.asarray(x))
    with pytest.raises(linalg.LinAlgError, match="is there a nan or inf"):
        linalg.svd(hpx.asarray(x[:3]))
    # Only one triangle is read.
    y = np.array([[2, bad], [1, 2]], dtype)
    near(
        linalg.eigvalsh(hpx.asarray(y)),
        np.array([1.0, 3.0]).astype(linalg.eigvalsh(hpx.asarray(y)).dtype),
    )


def ill_conditioned(n, dtype):
    """A symmetric matrix of 50 x 50 or so whose solutions lose some six digits."""
    generator = np.random.default_rng(5)
    q = np.linalg.qr(generator.standard_normal((n, n)))[0]
    x = q * np.logspace(0, -5.5, n) @ q.T
    if np.dtype(dtype).kind == "c":
        turn = np.exp(1j * np.arange(n))
        x = turn[:, None] * x * turn.conj()
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_single_precision_is_computed_in_double(dtype):
    n = 50
    a = ill_conditioned(n, dtype)
    b = random_array((n, 3), dtype, 6)
    x, y = hpx.asarray(a), hpx.asarray(b)

    def close(got, expected):
        got, expected = got.to_numpy(), np.asarray(expected)
        assert got.dtype == expected.dtype
        scale = np.abs(expected).max()
        assert np.abs(got - expected).max() <= 4 * np.finfo(got.dtype).eps * scale

    close(linalg.solve(x, y), np.linalg.solve(a, b))
    close(linalg.inv(x), np.linalg.inv(a))
    close(linalg.det(x), np.linalg.det(a))
    close(linalg.slogdet(x).logabsdet, np.linalg.slogdet(a).logabsdet)
    close(linalg.cholesky(x), np.linalg.cholesky(a))
    close(linalg.eigvalsh(x), np.linalg.eigvalsh(a))
    close(linalg.eigh(x).eigenvalues, np.linalg.eigh(a).eigenvalues)
    assert np.allclose(
        np.sort(linalg.eigvals(x).to_numpy().real), np.linalg.eigvalsh(a), 1e-4, 1e-8
    )
    close(linalg.svdvals(x), np.linalg.svd(a, compute_uv=False))
    close(linalg.qr(x, mode="r"), np.linalg.qr(a, mode="r"))
    for p in (None, 1, np.inf, "fro", -2):
        got, expected = float(linalg.cond(x, p)), float(np.linalg.cond(a, p))
        assert abs(got - expected) <= 1e-4 * expected
    for got, expected in zip(linalg.lstsq(x, y)[:2], np.linalg.lstsq(a, b)[:2], strict=True):
        scale = max(np.abs(expected).max(initial=0), 1)
        assert got.to_numpy().dtype == expected.dtype
        assert np.abs(got.to_numpy() - expected).max(initial=0) <= 1e-5 * scale
    assert linalg.matrix_power(x, -1).dtype == a.dtype
    for part in (*linalg.svd(x), *linalg.eigh(x), *linalg.qr(x)):
        assert part.dtype in (a.dtype, np.float32)
    wide = random_array((3, 4, 4), dtype, 7).swapaxes(-1, -2)
    close(linalg.inv(hpx.asarray(wide)), np.linalg.inv(wide))
