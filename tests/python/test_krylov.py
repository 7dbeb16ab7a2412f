"""Conjugate gradients, Lanczos and svds for matrices and functions, local and distributed."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, agree, check, random_array

pytestmark = pytest.mark.distributed

N = hpx.num_localities()
linalg = hpx.linalg
VECTORS = {"local": {}, **LAYOUTS}
MATRICES = {"local": {}, **PLANES}


def positive(n, dtype="float64"):
    x = random_array((n, n), dtype)
    return (x @ x.conj().T + n * np.eye(n)).astype(dtype)


def close(got, expected, limit=1e-9):
    error = np.abs(got - expected).max(initial=0)
    agree("" if error <= limit * max(np.abs(expected).max(initial=0), 1e-300) else f"{error} off")


@pytest.mark.parametrize("right", VECTORS)
@pytest.mark.parametrize("left", MATRICES)
def test_conjugate_gradients(left, right):
    x, b = positive(11), random_array(11, seed=1)
    a, c = hpx.asarray(x, **MATRICES[left]), hpx.asarray(b, **VECTORS[right])
    expected = np.linalg.solve(x, b)
    jacobi = hpx.asarray(np.diag(1 / np.diag(x)), **MATRICES[left])
    for extra in ({"M": jacobi}, {"x0": hpx.ones(11), "M": lambda r: r * 2}):
        got, info = linalg.cg(a, c, rtol=1e-12, **extra)
        assert info == 0 and got.distribution == c.distribution
        check(got, got.to_numpy())
        close(got.to_numpy(), expected)
    got, info = linalg.cg(lambda v: a @ v, c, rtol=1e-12)
    assert info == 0
    close(got.to_numpy(), expected)


def test_conjugate_gradients_to_the_end():
    x = positive(12, "complex128")
    b = random_array(12, "complex128", 1)
    seen = []
    got, info = linalg.cg(hpx.asarray(x), hpx.asarray(b), rtol=1e-13, callback=seen.append)
    assert info == 0 and 0 < len(seen) <= 24
    close(got.to_numpy(), np.linalg.solve(x, b))
    got, info = linalg.cg(hpx.asarray(x), hpx.asarray(b), rtol=1e-13, maxiter=2)
    assert info == 2
    got, info = linalg.cg(hpx.asarray(x), hpx.zeros(12))
    assert info == 0 and not got.to_numpy().any()
    got, info = linalg.cg(hpx.asarray(x.real.astype("float32")), hpx.ones(12, dtype="float32"))
    assert info == 0 and got.dtype == np.float32


@pytest.mark.parametrize("place", MATRICES)
def test_lanczos(place):
    for dtype in ("float64", "complex64"):
        x = positive(30, dtype)
        a = hpx.asarray(x, **MATRICES[place])
        limit = 1e-4 if dtype == "complex64" else 1e-10
        for m in (1, 30):
            v, t = (y.to_numpy() for y in linalg.lanczos(a, m))
            assert v.shape == (30, m) and t.shape == (m, m) and t.dtype.kind == "f"
            close(v.conj().T @ v, np.eye(m), limit)
            close(v.conj().T @ x @ v, t, limit)
        close(np.linalg.eigvalsh(t), np.linalg.eigvalsh(x), limit)
    for vector in VECTORS.values():
        start = hpx.asarray(random_array(30, seed=3), **vector)
        v, t = linalg.lanczos(lambda w: w * 2.0, 4, v0=start)
        # All that it makes of the first vector is that.
        close(t.to_numpy(), 2 * np.eye(4))
        close((v.T @ v).to_numpy(), np.eye(4))
        close(v.to_numpy()[:, 0], start.to_numpy() / np.linalg.norm(start.to_numpy()))
        assert v.distribution is None or v.distributed_axis == 0


@pytest.mark.parametrize("place", MATRICES)
def test_largest_singular_values(place):
    for shape, dtype in (((60, 40), "float64"), ((9, 12), "complex128"), ((5, 2), "float64")):
        x = random_array(shape, dtype, 4)
        a = hpx.asarray(x, **MATRICES[place])
        k = min(4, *shape)
        u, s, vh = (y.to_numpy() for y in linalg.svds(a, k))
        close(s, np.linalg.svd(x, compute_uv=False)[:k])
        close(u.conj().T @ x @ vh.conj().T, np.diag(s))
        close(u.conj().T @ u, np.eye(k))
        close(vh @ vh.conj().T, np.eye(k))
    start = hpx.asarray(random_array(40, seed=5), distribution="block")
    x = random_array((60, 40), seed=4)
    a = hpx.asarray(x, **MATRICES[place])
    s = linalg.svds((lambda v: a @ v, lambda u: a.T @ u), 2, v0=start)[1]
    close(s.to_numpy(), np.linalg.svd(x, compute_uv=False)[:2])
    ones = hpx.asarray(np.ones((30, 20)), **MATRICES[place])
    close(linalg.svds(ones, 3)[1].to_numpy(), np.array([600**0.5, 0, 0]))


def test_what_does_not_fit():
    a = hpx.eye(4, distribution="block")
    with pytest.raises(ValueError, match=r"cg: b has shape \(4, 4\); give a vector"):
        linalg.cg(a, a)
    with pytest.raises(ValueError, match=r"cg: x0 has shape \(3,\) and b \(4,\)"):
        linalg.cg(a, hpx.ones(4), hpx.ones(3))
    with pytest.raises(ValueError, match=r"cg: the operator made shape \(3,\) of a vector of 4"):
        linalg.cg(lambda v: v[:3], hpx.ones(4), hpx.ones(4))
    with pytest.raises(linalg.LinAlgError, match=r"cg: shape \(4,\) is no matrix"):
        linalg.cg(hpx.ones(4), hpx.ones(4))
    with pytest.raises(ValueError, match="lanczos: m=5 vectors do not fit 4 elements; give 1 to 4"):
        linalg.lanczos(a, 5)
    with pytest.raises(ValueError, match="lanczos: the operator is a function; give v0"):
        linalg.lanczos(lambda v: v, 1)
    with pytest.raises(ValueError, match=r"lanczos: v0 has norm 0.0"):
        linalg.lanczos(a, 1, hpx.zeros(4))
    with pytest.raises(ValueError, match=r"lanczos: v0 has 3 elements; 4 are needed"):
        linalg.lanczos(a, 1, hpx.ones(3))
    with pytest.raises(linalg.LinAlgError, match=r"lanczos: a matrix of shape \(4, 3\) is not"):
        linalg.lanczos(a[:, :3], 1)
    with pytest.raises(ValueError, match=r"svds: k=5 values do not fit a shape of \(4, 4\)"):
        linalg.svds(a, 5)
    with pytest.raises(TypeError, match="svds: one function was given; give two"):
        linalg.svds(lambda v: v, 1)
    with pytest.raises(TypeError, match="svds: a tuple of 3 was given; give two functions"):
        linalg.svds((1, 2, 3), 1)
    with pytest.raises(ValueError, match="svds: the operator is a function; give v0"):
        linalg.svds((lambda v: v, lambda v: v), 1)
    x = hpx.asarray(np.diag(np.linspace(1, 2, 200)), distribution="block")
    with pytest.raises(linalg.LinAlgError, match=r"svds: \d of 3 values were found in 0 restarts"):
        linalg.svds(x, 3, maxiter=0)


@pytest.mark.skipif(N == 1, reason="one locality sends nothing")
def test_what_a_step_sends():
    b = hpx.ones(40, distribution="block")

    def reductions(steps):
        before = hpx.counters.get("/hpxpy/collectives")
        linalg.cg(lambda v: v * hpx.arange(1.0, 41.0), b, rtol=0, maxiter=steps)
        return hpx.counters.get("/hpxpy/collectives") - before

    # Of a local operator the two sums of each step are all.
    assert reductions(5) - reductions(3) == 4
