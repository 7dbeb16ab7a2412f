"""hpx.linalg of distributed arrays on every map: NumPy's values, the same errors everywhere."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, agree, check, random_array

pytestmark = pytest.mark.distributed

N, ME = hpx.num_localities(), hpx.locality_id()
EPS = np.finfo(np.float64).eps
DTYPES = ["int32", "float32", "float64", "complex64", "complex128"]
MAPS = dict(PLANES)
if N == 4:
    MAPS["2 x 2"] = {"distribution": ("block", "block"), "grid": (2, 2)}
    MAPS["2 x 2 cyclic"] = {"distribution": ("cyclic", "block"), "grid": (2, 2)}
#: Of batches: the batch dealt out, rows, columns, two axes.
BATCH_MAPS = {
    "batch": {"distribution": "block"},
    "cyclic batch": {"distribution": "cyclic"},
    "rows": {"distribution": "block", "axis": 1},
    "columns": {"distribution": "cyclic", "axis": 2},
    "batch and rows": {"distribution": ("block", "block", None), "grid": (N, 1)},
}
linalg = hpx.linalg


def whole(x):
    return x.to_numpy()


def tolerance(dtype):
    single = np.dtype(dtype) in (np.float32, np.complex64)
    return 1e-4 if single else 1e-9


def near(got, expected, dtype=np.float64, scale=1.0):
    """Equal on each block and as a whole, but for rounding errors in terms of the largest value."""
    expected = np.asarray(expected)
    problem = ""
    if got.dtype != expected.dtype:
        problem = f"dtype {got.dtype}, expected {expected.dtype}"
    if got.shape != expected.shape:
        problem = f"shape {got.shape}, expected {expected.shape}"
    agree(problem)
    check(got, whole(got))
    size = np.abs(expected).max(initial=0)
    if np.isfinite(size):
        error = np.abs(whole(got) - expected).max(initial=0)
        limit = scale * tolerance(dtype) * max(size, 1e-300)
        agree("" if error <= limit else f"{error} of {size}")
    else:
        check(got, expected)


def matrix(m, n, dtype="float64", seed=0):
    """Well-conditioned if square."""
    x = random_array((m, n), dtype, seed)
    if x.dtype.kind in "iu":
        x = x // 8
    return x + (np.eye(m, n) * 2 * m).astype(x.dtype) if m == n else x


def hermitian(n, dtype="float64", seed=0):
    x = random_array((n, n), dtype, seed)
    return (x + x.conj().T) / 2


def positive(n, dtype="float64", seed=0):
    x = random_array((n, n), dtype, seed)
    x = x @ x.conj().T + n * np.eye(n)
    return x.astype(dtype)


def adjoint(x):
    return np.swapaxes(x, -1, -2).conj()


def is_unitary(q, limit=None):
    k = q.shape[-1]
    error = np.abs(adjoint(q) @ q - np.eye(k)).max(initial=0)
    limit = limit or 20 * max(q.shape) * EPS
    return "" if error <= limit else f"columns are {error} from orthonormal"


def residual(product, x, limit=None):
    size = np.linalg.norm(x)
    error = np.linalg.norm(product - x)
    limit = limit or 20 * max(x.shape) * EPS
    return "" if error <= limit * max(size, 1e-300) else f"residual {error / size}"


def precision(dtype):
    return 1e-4 if np.dtype(dtype) in (np.float32, np.complex64) else None


def check_qr(x, a, mode="reduced"):
    q, r = linalg.qr(a, mode)
    check(q, whole(q))
    check(r, whole(r))
    q, r = whole(q), whole(r)
    limit = precision(x.dtype)
    agree(is_unitary(q, limit) or residual(q @ r, x, limit))
    expected = np.linalg.qr(x, mode)
    agree("" if (q.shape, r.shape) == tuple(y.shape for y in expected) else f"{q.shape}, {r.shape}")
    agree("" if not np.tril(r, -1).any() else "R is not triangular")
    return q, r


def check_svd(x, a, full=False):
    u, s, vh = linalg.svd(a, full_matrices=full)
    near(s, np.linalg.svd(x, compute_uv=False), x.dtype)
    check(u, whole(u))
    check(vh, whole(vh))
    u, s, vh = whole(u), whole(s), whole(vh)
    k = min(x.shape)
    limit = precision(x.dtype)
    problem = is_unitary(u, limit) or is_unitary(vh.conj().T, limit)
    agree(problem or residual(u[:, :k] * s @ vh[:k], x, limit))
    expected = np.linalg.svd(x, full_matrices=full)
    agree("" if u.shape == expected[0].shape and vh.shape == expected[2].shape else "shapes")


@pytest.mark.parametrize("place", BATCH_MAPS)
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_batches(place, dtype):
    x = random_array((5, 4, 4), dtype, 3) + np.eye(4, dtype=dtype) * 5
    h = (x @ adjoint(x)).astype(dtype)
    b = random_array((5, 4, 2), dtype, 4)
    a, c = hpx.asarray(x, **BATCH_MAPS[place]), hpx.asarray(h, **BATCH_MAPS[place])
    for name in ("inv", "det", "svdvals", "pinv", "matrix_rank", "matrix_norm", "cond"):
        twin = getattr(np.linalg, name)
        near(getattr(linalg, name)(a), twin(x), dtype)
    near(linalg.cholesky(c), np.linalg.cholesky(h), dtype)
    near(linalg.eigvalsh(c), np.linalg.eigvalsh(h), dtype)
    near(linalg.matrix_power(a, 3), np.linalg.matrix_power(x, 3), dtype)
    near(linalg.matrix_power(a, -2), np.linalg.matrix_power(x, -2), dtype)
    near(linalg.matrix_power(a, 0), np.linalg.matrix_power(x, 0), dtype)
    for ord in ("nuc", 2, -2, 1, -1, np.inf, "fro"):
        near(linalg.matrix_norm(a, ord=ord), np.linalg.norm(x, ord=ord, axis=(1, 2)), dtype)
    for right in (hpx.asarray(b), hpx.asarray(b, **BATCH_MAPS[place]), b[0]):
        seen = right if isinstance(right, np.ndarray) else whole(right)
        near(linalg.solve(a, right), np.linalg.solve(x, seen), dtype)
        near(
            linalg.solve(hpx.asarray(x), hpx.asarray(seen, distribution="block")),
            np.linalg.solve(x, seen),
            dtype,
        )
    for got, expected in zip(linalg.slogdet(a), np.linalg.slogdet(x), strict=True):
        near(got, expected, dtype)
    q, r = (whole(y) for y in linalg.qr(a))
    agree("" if np.allclose(q @ r, x, atol=1e-4) else "Q R")
    u, s, vh = (whole(y) for y in linalg.svd(a))
    agree("" if np.allclose(u * s[:, None] @ vh, x, atol=1e-4) else "U S Vh")
    w, v = (whole(y) for y in linalg.eigh(c))
    agree("" if np.allclose(h @ v, v * w[:, None], atol=1e-3) else "eigh")
    w, v = (whole(y) for y in linalg.eig(a))
    agree("" if np.allclose(x @ v, v * w[:, None], atol=1e-3) else "eig")
    near(linalg.pinv(a, rtol=hpx.full(5, 1e-9)), np.linalg.pinv(x), dtype)


def test_batches_of_one_and_of_nothing():
    x = matrix(6, 6, seed=1)[None, None]
    a = hpx.asarray(x, distribution="block", axis=2)
    near(linalg.inv(a), np.linalg.inv(x))
    near(linalg.det(a), np.linalg.det(x))
    near(linalg.solve(a, a), np.linalg.solve(x, x))
    for shape in ((0, 3, 3), (2, 0, 0)):
        empty = hpx.zeros(shape, distribution="block")
        near(linalg.inv(empty), np.linalg.inv(np.zeros(shape)))
        near(linalg.det(empty), np.linalg.det(np.zeros(shape)))
        near(linalg.svdvals(empty), np.linalg.svd(np.zeros(shape), compute_uv=False))
    for shape in ((0, 0), (0, 3), (3, 0)):
        x = np.zeros(shape)
        for place in ({}, {"axis": 1}):
            a = hpx.zeros(shape, distribution="block", **place)
            near(linalg.svdvals(a), np.linalg.svd(x, compute_uv=False))
            for got, expected in zip(linalg.svd(a), np.linalg.svd(x), strict=True):
                near(got, expected)
            for got, expected in zip(linalg.qr(a), np.linalg.qr(x), strict=True):
                near(got, expected)
            near(linalg.pinv(a), np.linalg.pinv(x))
    a = hpx.zeros((0, 0), distribution="block")
    near(linalg.inv(a), np.zeros((0, 0)))
    near(linalg.det(a), np.asarray(1.0))
    near(linalg.solve(a, hpx.zeros((0, 2))), np.zeros((0, 2)))


def test_errors_of_one_matrix_of_a_batch():
    x = np.stack([np.eye(3)] * 5)
    x[3] = 0
    for place in BATCH_MAPS.values():
        a = hpx.asarray(x, **place)
        for call, text in (
            (linalg.inv, r"inv: matrix 3 of the batch of shape \(3, 3\) is singular"),
            (linalg.cholesky, r"cholesky: matrix 3 of the batch .* is not positive definite"),
            (lambda a: linalg.solve(a, hpx.ones(3)), r"solve: matrix 3 of the batch"),
            (lambda a: linalg.matrix_power(a, -1), r"inv: matrix 3 of the batch"),
        ):
            with pytest.raises(linalg.LinAlgError, match=text):
                call(a)
        near(linalg.det(a), np.linalg.det(x))
    x[3] = np.nan
    with pytest.raises(linalg.LinAlgError, match=r"matrix 3 of the batch .* a nan or inf"):
        linalg.svd(hpx.asarray(x, distribution="block"))


SHAPES = [(40, 3), (3, 40), (9, 5), (5, 9), (1, 1), (2, 1), (200, 70), (90, 90), (70, 300)]


@pytest.mark.parametrize("place", MAPS)
def test_qr(place):
    for m, n in SHAPES:
        x = random_array((m, n), seed=5)
        a = hpx.asarray(x, **MAPS[place])
        for mode in ("reduced", "complete"):
            _, r = check_qr(x, a, mode)
            # The same signs as LAPACK's.
            expected = np.linalg.qr(x, mode).R
            agree("" if np.allclose(r, expected, atol=1e-8) else f"R of {m, n} differs")
        near(linalg.qr(a, "r"), np.linalg.qr(x, "r"))


@pytest.mark.parametrize("dtype", DTYPES)
def test_qr_of_all_dtypes(dtype):
    for m, n in ((40, 3), (9, 9), (3, 40)):
        x = matrix(m, n, dtype, 6)
        q, r = check_qr(x, hpx.asarray(x, distribution="block"))
        expected = np.linalg.qr(x)
        agree("" if (q.dtype, r.dtype) == tuple(y.dtype for y in expected) else "dtypes")
        agree("" if np.allclose(r, expected.R, atol=1e-3) else "R differs")


def test_qr_of_special_matrices():
    for x in (
        np.zeros((12, 3)),
        np.eye(12, 3),
        np.ones((12, 4)),
        np.ones((100, 100)),
        np.triu(random_array((80, 80))),
        np.vander(np.linspace(0, 1, 60), 20),
        1e-200 * random_array((30, 4)),
    ):
        check_qr(x, hpx.asarray(x, distribution="block"))


@pytest.mark.parametrize("place", MAPS)
def test_singular_values(place):
    for m, n in SHAPES:
        x = random_array((m, n), seed=7)
        a = hpx.asarray(x, **MAPS[place])
        check_svd(x, a)
        near(linalg.svdvals(a), np.linalg.svd(x, compute_uv=False))
        near(linalg.svd(a, compute_uv=False), np.linalg.svd(x, compute_uv=False))
    check_svd(x, a, full=True)
    x = random_array((20, 4), seed=8)
    check_svd(x, hpx.asarray(x, **MAPS[place]), full=True)
    x = random_array((8, 7), seed=8)
    check_svd(x, hpx.asarray(x, **MAPS[place]), full=True)
    check_svd(x.T, hpx.asarray(x, **MAPS[place]).T, full=True)


@pytest.mark.parametrize("dtype", DTYPES)
def test_singular_values_of_all_dtypes(dtype):
    for m, n in ((40, 3), (9, 8), (3, 40)):
        x = matrix(m, n, dtype, 6)
        check_svd(x, hpx.asarray(x, distribution="block"))


def test_singular_values_of_special_matrices():
    q = np.linalg.qr(random_array((24, 24)))[0]
    graded = q * np.logspace(0, -30, 24) @ q.T
    clustered = q * np.repeat([3.0, 1.0, 0.0], 8) @ q.T
    for x in (
        np.zeros((9, 8)),
        np.eye(9),
        np.ones((9, 7)),
        graded,
        clustered,
        random_array((9, 9)) * 1e200,
        random_array((9, 9)) * 1e-200,
        np.diag([1.0, 0, 0, 2, 0, 0, 3, 0]),
    ):
        check_svd(x, hpx.asarray(x, distribution="block"))
        check_svd(x, hpx.asarray(x, distribution="cyclic", axis=1), full=True)


@pytest.mark.parametrize("place", MAPS)
def test_least_squares(place):
    for m, n in ((40, 3), (3, 40), (12, 12), (9, 7)):
        x, b = random_array((m, n), seed=9), random_array((m, 2), seed=10)
        a = hpx.asarray(x, **MAPS[place])
        near(linalg.pinv(a), np.linalg.pinv(x))
        near(linalg.matrix_rank(a), np.asarray(np.linalg.matrix_rank(x)))
        for given in (hpx.asarray(b[:, 0]), hpx.asarray(b, **MAPS[place])):
            expected = np.linalg.lstsq(x, given.to_numpy(), rcond=None)
            got = linalg.lstsq(a, given)
            near(got[0], expected[0])
            near(got[1], expected[1])
            near(got[3], expected[3])
            assert got[2] == expected[2]


@pytest.mark.parametrize("place", MAPS)
def test_norms(place):
    for m, n in ((40, 3), (12, 12)):
        x = random_array((m, n), seed=9)
        a = hpx.asarray(x, **MAPS[place])
        for p in (None, -2, *((1, "fro") if m == n else ())):
            near(linalg.cond(a, p), np.asarray(np.linalg.cond(x, p)))
        for ord in ("nuc", 2, -2, 1, -1, np.inf, -np.inf, "fro"):
            near(linalg.matrix_norm(a, ord=ord), np.asarray(np.linalg.norm(x, ord)))
        near(linalg.norm(a, 2, keepdims=True), np.linalg.norm(x, 2, keepdims=True))
        for ord in (0, 1, 2, 3.5, np.inf, -np.inf):
            near(linalg.vector_norm(a, ord=ord), np.asarray(np.linalg.norm(x.ravel(), ord)))
            near(linalg.norm(a, ord, axis=0), np.linalg.norm(x, ord, axis=0))


@pytest.mark.parametrize("place", MAPS)
def test_matrices_of_low_rank(place):
    x = np.outer(np.arange(1.0, 9), np.arange(1.0, 4))
    a = hpx.asarray(x, **MAPS[place])
    assert int(linalg.matrix_rank(a)) == 1
    near(linalg.pinv(a), np.linalg.pinv(x))
    expected = np.linalg.lstsq(x, np.arange(8.0), rcond=None)
    near(linalg.lstsq(a, hpx.arange(8.0, distribution="block"))[0], expected[0])


@pytest.mark.parametrize("place", MAPS)
def test_square_matrices(place):
    for n in (1, 2, 5, 37, 150):
        x, b = matrix(n, n, seed=11), random_array((n, n + 3), seed=12)
        a = hpx.asarray(x, **MAPS[place])
        near(linalg.det(a * (0.3 / n)), np.linalg.det(x * (0.3 / n)))
        for got, expected in zip(linalg.slogdet(a), np.linalg.slogdet(x), strict=True):
            near(got, expected)
        inverse = linalg.inv(a)
        near(inverse, np.linalg.inv(x))
        assert inverse.distribution == a.distribution
        for right in (b, b[:, :2], b[:, :1], b[:, :0]):
            near(linalg.solve(a, hpx.asarray(right)), np.linalg.solve(x, right))
            c = hpx.asarray(right, **MAPS[place])
            solved = linalg.solve(a, c)
            near(solved, np.linalg.solve(x, right))
            assert solved.distribution == c.distribution
            near(linalg.solve(hpx.asarray(x), c), np.linalg.solve(x, right))
        for layout in ({}, *LAYOUTS.values()):
            near(linalg.solve(a, hpx.asarray(b[:, 0], **layout)), np.linalg.solve(x, b[:, 0]))
        p = positive(n)
        c = hpx.asarray(p, **MAPS[place])
        factor = linalg.cholesky(c)
        near(factor, np.linalg.cholesky(p))
        assert factor.distribution == c.distribution
        near(linalg.cholesky(c, upper=True), np.linalg.cholesky(p).T)
        for power in (-2, -1, 0, 1, 3):
            near(linalg.matrix_power(a, power), np.linalg.matrix_power(x, power))


@pytest.mark.parametrize("dtype", DTYPES)
def test_square_matrices_of_all_dtypes(dtype):
    x, b = matrix(9, 9, dtype, 13), random_array((9, 5), dtype, 14)
    for place in ("block", "columns"):
        a, c = hpx.asarray(x, **MAPS[place]), hpx.asarray(b, **MAPS[place])
        near(linalg.inv(a), np.linalg.inv(x), dtype)
        near(linalg.det(a), np.linalg.det(x), dtype)
        for got, expected in zip(linalg.slogdet(a), np.linalg.slogdet(x), strict=True):
            near(got, expected, dtype)
        near(linalg.solve(a, c), np.linalg.solve(x, b), dtype)
        near(linalg.solve(a, hpx.asarray(b[:, 0])), np.linalg.solve(x, b[:, 0]), dtype)
        near(linalg.matrix_power(a, 3), np.linalg.matrix_power(x, 3), dtype)
        if np.dtype(dtype).kind == "i":
            continue
        p = positive(9, dtype)
        near(linalg.cholesky(hpx.asarray(p, **MAPS[place])), np.linalg.cholesky(p), dtype)
        h = hermitian(9, dtype, 15)
        c = hpx.asarray(h, **MAPS[place])
        near(linalg.eigvalsh(c), np.linalg.eigvalsh(h), dtype)
        got = np.sort_complex(whole(linalg.eigvals(c)))
        agree("" if np.allclose(got.real, np.linalg.eigvalsh(h), atol=1e-4) else f"eigvals {got}")


def test_pivots_are_needed():
    x = random_array((70, 70), seed=16)
    x[np.arange(70), np.arange(70)] = 0
    b = random_array((70, 70), seed=17)
    for place in MAPS.values():
        a, c = hpx.asarray(x, **place), hpx.asarray(b, **place)
        near(linalg.solve(a, c), np.linalg.solve(x, b))
        near(linalg.solve(a, c[:, 0]), np.linalg.solve(x, b[:, 0]))
        near(linalg.det(a), np.linalg.det(x))


def test_batches_of_right_sides_and_of_matrices():
    x, b = matrix(8, 8), random_array((3, 8, 2), seed=18)
    a = hpx.asarray(x, distribution="block")
    near(linalg.solve(a, hpx.asarray(b)), np.linalg.solve(x, b))
    for axis in (0, 1, 2):
        near(
            linalg.solve(a, hpx.asarray(b, distribution="block", axis=axis)), np.linalg.solve(x, b)
        )
        near(
            linalg.solve(hpx.asarray(x), hpx.asarray(b, distribution="block", axis=axis)),
            np.linalg.solve(x, b),
        )


@pytest.mark.parametrize("place", MAPS)
def test_hermitian_matrices(place):
    for n in (1, 2, 5, 23, 90):
        for dtype in ("float64", "complex128"):
            x = hermitian(n, dtype, 19)
            a = hpx.asarray(x, **MAPS[place])
            w, v = linalg.eigh(a)
            near(w, np.linalg.eigvalsh(x))
            near(linalg.eigvalsh(a), np.linalg.eigvalsh(x))
            check(v, whole(v))
            assert v.distribution == a.distribution
            w, v = whole(w), whole(v)
            agree(is_unitary(v) or residual(v * w @ v.conj().T, x))
    for uplo in "LU":
        x = random_array((9, 9), "complex128", 20)
        a = hpx.asarray(x, **MAPS[place])
        near(linalg.eigvalsh(a, uplo), np.linalg.eigvalsh(x, uplo))


def test_special_hermitian_matrices():
    q = np.linalg.qr(random_array((24, 24)))[0]
    for values in (
        np.zeros(24),
        np.ones(24),
        -np.ones(24),
        np.repeat([-2.0, 0, 2], 8),
        np.logspace(0, -20, 24),
        np.arange(24) * 1e150,
    ):
        x = q * values @ q.T
        x = (x + x.T) / 2
        w, v = linalg.eigh(hpx.asarray(x, distribution="block"))
        near(w, np.linalg.eigvalsh(x), scale=1e-3)
        agree(is_unitary(whole(v)) or residual(whole(v) * whole(w) @ whole(v).T, x))


def test_eigenvalues_of_any_matrix():
    x = random_array((9, 9), seed=21)
    for place in MAPS.values():
        w, v = linalg.eig(hpx.asarray(x, **place))
        check(v, whole(v))
        near(w, np.linalg.eig(x)[0])
        agree(residual(whole(v) * whole(w), x @ whole(v)))
        near(linalg.eigvals(hpx.asarray(x, **place)), np.linalg.eigvals(x))


def test_errors():
    singular = np.ones((9, 9))
    singular[:, 4] = 0
    for place in MAPS.values():
        a = hpx.asarray(singular, **place)
        for name in ("inv", "solve", "matrix_power"):
            arguments = {"solve": (hpx.ones(9),), "matrix_power": (-1,)}.get(name, ())
            text = r": the matrix of shape \(9, 9\) is singular"
            with pytest.raises(linalg.LinAlgError, match=text):
                getattr(linalg, name)(a, *arguments)
        with pytest.raises(linalg.LinAlgError, match="is singular"):
            linalg.solve(a, a)
        with pytest.raises(linalg.LinAlgError, match="is singular"):
            linalg.solve(hpx.asarray(singular), a)
        near(linalg.det(a), np.asarray(0.0))
        assert float(linalg.slogdet(a).logabsdet) == -np.inf
        text = r"cholesky: the matrix of shape \(9, 9\) is not positive definite"
        with pytest.raises(linalg.LinAlgError, match=text):
            linalg.cholesky(a)
        bad = singular.copy()
        bad[8, 0] = np.nan
        for name in ("svd", "svdvals", "eigh", "eigvalsh", "pinv", "matrix_rank", "eig"):
            with pytest.raises(linalg.LinAlgError, match=f"{name}: .* is there a nan or inf"):
                getattr(linalg, name)(hpx.asarray(bad, **place))
        long = hpx.asarray(np.ones((4, 3)), **place)
        for name in ("inv", "det", "slogdet", "cholesky", "eigh", "eig", "eigvals", "eigvalsh"):
            with pytest.raises(linalg.LinAlgError, match=rf"{name}: .*\(4, 3\) are not square"):
                getattr(linalg, name)(long)
        with pytest.raises(linalg.LinAlgError, match=r"lstsq: shapes \(4, 3\) and \(3,\)"):
            linalg.lstsq(long, hpx.ones(3, distribution="block"))
        with pytest.raises(ValueError, match=r"solve: shapes \(9, 9\) and \(4, 3\) do not fit"):
            linalg.solve(a, long)
    for name in ("inv", "cholesky", "eigh"):
        with pytest.raises(linalg.LinAlgError, match=f"{name}: shape .* is no matrix"):
            getattr(linalg, name)(hpx.ones(9, distribution="block"))
    near(linalg.inv(hpx.eye(9, distribution="block")), np.eye(9))


def test_views_and_expressions():
    x = matrix(14, 14, seed=22)
    a = hpx.asarray(x, distribution="block")
    near(linalg.inv(a[::-1].T), np.linalg.inv(x[::-1].T))
    near(linalg.inv(a[2:9, 3:10] + a[3:10, 2:9]), np.linalg.inv(x[2:9, 3:10] + x[3:10, 2:9]))
    near(linalg.qr(a[:, ::5] * 2).R, np.linalg.qr(x[:, ::5] * 2).R)
    near(linalg.svdvals(a[::2]), np.linalg.svd(x[::2], compute_uv=False))
    kept = whole(a)
    linalg.solve(a, a)
    linalg.cholesky(hpx.asarray(positive(14), distribution="cyclic", axis=1))
    check(a, kept)


@pytest.mark.parametrize("place", LAYOUTS)
def test_cross(place):
    x, y = random_array((6, 3), seed=23), random_array((6, 3), seed=24)
    a = hpx.asarray(x, **LAYOUTS[place])
    near(linalg.cross(a, hpx.asarray(y)), np.cross(x, y))
    near(linalg.cross(hpx.asarray(y), a), np.cross(y, x))
    near(linalg.cross(a.T, a.T * 2 + 1, axis=0), np.cross(x.T, x.T * 2 + 1, axis=0))
    v = hpx.asarray(x[0], **LAYOUTS[place])
    near(linalg.cross(v, hpx.asarray(y[0])), np.cross(x[0], y[0]))


def sent(kind):
    return int(hpx.counters.get(f"/hpxpy/bytes_sent/{kind}"))


@pytest.mark.skipif(N == 1, reason="one locality sends nothing")
def test_what_is_sent():
    rows, n = 40 * N, 6
    a = hpx.asarray(random_array((rows, n)), distribution="block")
    hpx.eval(a)
    kinds = ("all_gather", "redistribute", "broadcast", "all_reduce", "all_to_all")
    before = {kind: sent(kind) for kind in kinds}
    q, _ = linalg.qr(a)
    moved = {kind: sent(kind) - before[kind] for kind in kinds}
    # R of each locality, and from the first one those rows of Q that are on top.
    own = (n * n + (n * n if ME == 0 else 0)) * 8 * (N - 1)
    agree("" if moved == {**dict.fromkeys(kinds, 0), "all_gather": own} else f"qr: {moved}, {own}")
    assert q.distribution == a.distribution

    n = 40 * N
    width = 20
    p = hpx.redistribute(
        hpx.asarray(positive(n)), hpx.Distribution("block_cyclic", block_size=width), 1
    )
    hpx.eval(p)
    before = {kind: sent(kind) for kind in kinds}
    linalg.cholesky(p)
    moved = {kind: sent(kind) - before[kind] for kind in kinds}
    panels = range(0, n, width)
    # Each panel from its diagonal on and a number go to all others.
    own = sum(
        ((n - first) * width + 1) * 8 * (N - 1) for j, first in enumerate(panels) if j % N == ME
    )
    expected = {**dict.fromkeys(kinds, 0), "broadcast": own}
    agree("" if moved == expected else f"cholesky: {moved}, expected {expected}")


def test_residuals_are_near_those_of_lapack():
    n = 120
    limit = 10 * n * EPS

    def held_to(name, ours, lapack):
        agree("" if ours <= lapack + limit else f"{name}: {ours}, LAPACK {lapack}")

    def norm(x):
        return np.linalg.norm(x)

    x, b = random_array((n, n), seed=25), random_array((n, n), seed=26)
    h, p, one = hermitian(n, seed=27), positive(n), np.eye(n)
    a = hpx.asarray(x, distribution="block")
    pairs = [map(whole, linalg.eigh(hpx.asarray(h, distribution="block"))), np.linalg.eigh(h)]
    found = [(norm(h @ v - v * w) / norm(h), norm(v.T @ v - one)) for w, v in pairs]
    for got, expected in zip(*found, strict=True):
        held_to("eigh", got, expected)
    pairs = [map(whole, linalg.svd(a)), np.linalg.svd(x)]
    found = [(norm(u * s @ vh - x) / norm(x), norm(u.T @ u - one)) for u, s, vh in pairs]
    for got, expected in zip(*found, strict=True):
        held_to("svd", got, expected)
    pairs = [map(whole, linalg.qr(a)), np.linalg.qr(x)]
    found = [(norm(q @ r - x) / norm(x), norm(q.T @ q - one)) for q, r in pairs]
    for got, expected in zip(*found, strict=True):
        held_to("qr", got, expected)
    factors = whole(linalg.cholesky(hpx.asarray(p, distribution="block"))), np.linalg.cholesky(p)
    held_to("cholesky", *(norm(y @ y.T - p) / norm(p) for y in factors))
    for right in (b, b[:, :1]):
        solved = whole(linalg.solve(a, hpx.asarray(right))), np.linalg.solve(x, right)
        held_to("solve", *(norm(x @ y - right) / (norm(x) * norm(y)) for y in solved))


@pytest.mark.parametrize("axis", [0, 1])
def test_blocks_that_lie_in_falling_order(axis):
    """The last locality has the first rows or columns."""
    x = random_array((6, 6), seed=3)
    x[3:] = x[:3]
    bounds = (6, *[3] * (N - 1), 0)
    a = hpx.asarray(x, distribution=hpx.Distribution("block", axis, bounds=bounds))
    near(linalg.pinv(a), np.linalg.pinv(x))
    y = random_array(6, seed=4)
    near(linalg.lstsq(a, hpx.asarray(y))[0], np.linalg.lstsq(x, y, rcond=None)[0])
    u, s, vh = linalg.svd(a)
    near((u * s) @ vh, x)
    w, v = linalg.eigh(a + a.T)
    near((v * w) @ v.T, x + x.T)
