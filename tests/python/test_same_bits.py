"""The bits of one locality: reductions and scans of arrays in blocks against those of the same
elements in a local array, whose bits depend neither on threads nor on localities.
"""

# SPDX-License-Identifier: BSL-1.0
import hashlib

import hpxpy as hpx
import numpy as np
import pytest
from helpers import random_array
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

N = hpx.num_localities()

REDUCTIONS = {
    "sum": hpx.sum,
    "prod": lambda x: hpx.prod(1 + x * 1e-3),
    "mean": hpx.mean,
    "var": hpx.var,
    "std": lambda x: hpx.std(x, correction=1),
    "fused": lambda x: (x * x - 0.3 * x).sum(),
    "shared": lambda x: (x * 2).sum() + hpx.var(x * 2),
    "mean where": lambda x: hpx.mean(x, where=abs(x) > 0.5),
    "nansum": hpx.nansum,
    "average": lambda x: hpx.average(x, weights=x * x + 1),
    "any": lambda x: hpx.any(x > 3),
    "differences": lambda x: (x[1:] - x[:-1]).sum(),
}
REAL = {
    "min": hpx.min,
    "max": lambda x: hpx.max(-abs(x)),
    "argmin": hpx.argmin,
    "nanvar": hpx.nanvar,
    "norm": lambda x: hpx.linalg.norm(x) if x.ndim < 3 else hpx.sqrt(hpx.sum(x * x)),
}
SCANS = {
    "cumsum": hpx.cumsum,
    "cumprod": lambda x: hpx.cumprod(1 + x * 1e-3),
    "initial": lambda x: hpx.cumulative_sum(x, include_initial=True),
    "fused": lambda x: hpx.cumsum(x * x - 0.5 * x),
}
SIZES = (1, 2, 5, 63, 65, 100, 511, 512, 513, 1000, 1025, 5000, 33_000, 70_001)
SLICES = (
    slice(None),
    slice(3, None),
    slice(None, None, -1),
    slice(7, -5, 3),
    slice(-2, 4, -2),
    slice(0, 40),
)


def bits(value):
    value = hpx.asarray(value)
    if value.distribution is not None:
        value = hpx.redistribute(value, None)
    return np.asarray(value).tobytes()


def check(function, x, placed, key):
    """`x` is a NumPy array, `placed` the same in blocks, both seen through `key`."""
    local = hpx.asarray(np.ascontiguousarray(x[key]))
    assert bits(function(placed[key])) == bits(function(local))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("size", SIZES)
def test_reductions(dtype, size):
    x = random_array(size, dtype, seed=size)
    placed = hpx.asarray(x, distribution="block")
    functions = REDUCTIONS if dtype.startswith("complex") else REDUCTIONS | REAL
    for key in SLICES if size > 60 else SLICES[:1]:
        for name, function in functions.items():
            if name == "differences" and size < 2:
                continue
            check(function, x, placed, key)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128", "int64"])
@pytest.mark.parametrize("size", SIZES)
def test_scans(dtype, size):
    x = random_array(size, dtype, seed=size)
    placed = hpx.asarray(x, distribution="block")
    for key in SLICES if size > 60 else SLICES[:1]:
        for function in SCANS.values():
            check(function, x, placed, key)


@pytest.mark.parametrize("shape", [(7, 3), (100, 50), (513, 7), (3, 1000, 5), (1, 900), (900, 1)])
def test_more_dimensions(shape):
    x = random_array(shape, seed=3)
    placed = hpx.asarray(x, distribution="block")
    keys = [(), (slice(1, None),), (slice(None, None, -1),), (slice(None), slice(1, None))]
    for key in keys:
        if x[key].size:
            for function in (REDUCTIONS | REAL).values():
                if 0 in x[key][1:].shape:
                    continue
                check(function, x, placed, key)


@settings(deadline=None, max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_bounds(data):
    """Uneven and empty blocks, any slice of them."""
    size = data.draw(st.integers(1, 6000))
    cuts = sorted(data.draw(st.lists(st.integers(0, size), min_size=N - 1, max_size=N - 1)))
    bounds = [0, *cuts, size]
    distribution = hpx.Distribution("block", bounds=bounds)
    x = random_array(size, data.draw(st.sampled_from(["float32", "float64"])), seed=size)
    placed = hpx.asarray(x, distribution=distribution)
    step = data.draw(st.sampled_from([1, 2, -1, -3]))
    key = slice(*sorted(data.draw(st.lists(st.integers(0, size), min_size=2, max_size=2))))
    if step < 0:
        key = slice(key.stop, key.start or None, step)
    else:
        key = slice(key.start, key.stop, step)
    for function in (hpx.sum, lambda v: (v * v - v).sum(), hpx.cumsum):
        check(function, x, placed, key)
    if x[key].size:
        check(hpx.var, x, placed, key)


@pytest.mark.parametrize("count", [3, 300, 3000, 200_000])
def test_scans_of_positive_numbers_never_fall(count):
    x = np.abs(random_array(count, seed=5)) * 10.0 ** random_array(count, "int8", 6)
    for distribution in (None, "block"):
        got = hpx.cumsum(hpx.asarray(x, distribution=distribution))
        got = hpx.redistribute(got, None) if distribution else got
        assert (np.diff(got.to_numpy()) >= 0).all()


# After set_deterministic: any map, any axis. The reference is a distributed array, too, which one
# locality alone would have in the same order: C order.
MAPS = [
    {"distribution": "block", "axis": 0},
    {"distribution": "block", "axis": 1},
    {"distribution": "cyclic", "axis": 0},
    {"distribution": hpx.Distribution("block_cyclic", block_size=3), "axis": 1},
    *([{"distribution": ("block", "block"), "grid": (1, N)}]),
    *([{"distribution": ("block", "cyclic"), "grid": (2, N // 2)}] if N % 2 == 0 else []),
]
ALONG = {
    "sum": lambda x, axis: hpx.sum(x, axis=axis),
    "keepdims": lambda x, axis: hpx.mean(x, axis=axis, keepdims=True),
    "var": lambda x, axis: hpx.var(x, axis=axis),
    "nansum": lambda x, axis: hpx.nansum(x * x, axis=axis),
    "cumsum": lambda x, axis: hpx.cumsum(x, axis=axis) if axis is not None else hpx.sum(x),
}


@pytest.mark.parametrize("place", MAPS, ids=str)
@pytest.mark.parametrize("shape", [(40, 3), (700, 9), (5, 2000), (130, 600)])
def test_deterministic(shape, place):
    x = random_array(shape, seed=8)
    local = hpx.asarray(x)
    with hpx.set_deterministic(True):
        for axis in (0, 1, None):
            for name, function in ALONG.items():
                placed = hpx.asarray(x, **place)
                got = function(placed, axis)
                assert bits(got) == bits(function(local, axis)), (name, axis)


def test_deterministic_gives_the_same_maps():
    x = hpx.asarray(random_array((60, 40), seed=1), distribution="block")
    for function in (lambda: x.sum(axis=0), lambda: x.sum(axis=1), lambda: hpx.cumsum(x, axis=0)):
        before = function()
        with hpx.set_deterministic(True):
            after = function()
        assert after.distribution == before.distribution
        assert after.shape == before.shape


A, B, S, LINE = (
    random_array(shape, seed=seed)
    for seed, shape in enumerate([(150, 130), (130, 90), (90, 90), (1009,)], 20)
)
MADE = {
    "matmul": lambda a, b, s, line: a @ b,
    "local matmul": lambda a, b, s, line: a @ B,
    "matrix-vector": lambda a, b, s, line: a @ b[:, 1],
    "gram": lambda a, b, s, line: a.T @ a,
    "einsum": lambda a, b, s, line: hpx.einsum("ij,jk,kl->li", a, b, s),
    "tensordot": lambda a, b, s, line: hpx.tensordot(a, b, 1),
    "inner": lambda a, b, s, line: hpx.inner(a, a),
    "cov": lambda a, b, s, line: hpx.cov(b),
    "solve": lambda a, b, s, line: hpx.linalg.solve(s, s[:, :5]),
    "solve local": lambda a, b, s, line: hpx.linalg.solve(S, s),
    "solve vector": lambda a, b, s, line: hpx.linalg.solve(s, S[0]),
    "inv": lambda a, b, s, line: hpx.linalg.inv(s),
    "det": lambda a, b, s, line: hpx.linalg.det(s),
    "slogdet": lambda a, b, s, line: tuple(hpx.linalg.slogdet(s)),
    "cholesky": lambda a, b, s, line: hpx.linalg.cholesky(s @ s.T + hpx.eye(90)),
    "qr": lambda a, b, s, line: tuple(hpx.linalg.qr(a)),
    "tall qr": lambda a, b, s, line: tuple(hpx.linalg.qr(a[:, :9])),
    "svd": lambda a, b, s, line: tuple(hpx.linalg.svd(a, full_matrices=False)),
    "tall svd": lambda a, b, s, line: tuple(hpx.linalg.svd(a[:, :9])),
    "eigh": lambda a, b, s, line: tuple(hpx.linalg.eigh(s + s.T)),
    "lstsq": lambda a, b, s, line: hpx.linalg.lstsq(a, a[:, 0])[0],
    "pinv": lambda a, b, s, line: hpx.linalg.pinv(a),
    "power": lambda a, b, s, line: hpx.linalg.matrix_power(s, 3),
    "cg": lambda a, b, s, line: hpx.linalg.cg(s @ s.T + 90 * hpx.eye(90), s[:, 0])[0],
    "fft2": lambda a, b, s, line: hpx.fft.fft2(a),
    "fft of a line": lambda a, b, s, line: hpx.fft.fft(line),
    "irfft of a line": lambda a, b, s, line: hpx.fft.irfft(line, 1200),
}


def several(results):
    return results if isinstance(results, tuple) else (results,)


@pytest.mark.parametrize("place", MAPS, ids=str)
def test_deterministic_products_factors_and_transforms(place):
    """The same bits on every map, the values of local arrays, and the maps that results have."""
    blocks = [hpx.asarray(x, distribution="block") for x in (A, B, S, LINE)]
    local = [hpx.asarray(x) for x in (A, B, S, LINE)]
    arrays = [*(hpx.asarray(x, **place) for x in (A, B, S)), blocks[-1]]
    for name, function in MADE.items():
        usual = several(function(*arrays))
        with hpx.set_deterministic(True):
            results = several(function(*arrays))
            others = several(function(*blocks)), several(function(*local))
        for k, result in enumerate(results):
            assert digest(result) == digest(others[0][k]), (name, k)
            assert result.distribution == usual[k].distribution, (name, k)
            np.testing.assert_allclose(
                result.to_numpy(), others[1][k].to_numpy(), rtol=1e-6, atol=1e-9, err_msg=name
            )


def digest(value):
    return hashlib.sha1(bits(value)).hexdigest()


def test_deterministic_batches_and_other_dtypes():
    x = hpx.asarray(random_array((6, 20, 20), seed=5), distribution="block", axis=1)
    y = hpx.asarray(np.arange(6000).reshape(60, 100) % 7, distribution="block")
    whole = hpx.asarray(x.to_numpy())
    numbers = y.to_numpy()
    with hpx.set_deterministic(True):
        np.testing.assert_array_equal((y @ y.T).to_numpy(), numbers @ numbers.T)
        np.testing.assert_array_equal(
            ((y > 3) @ (y < 2).T).to_numpy(), (numbers > 3) @ (numbers < 2).T
        )
        assert digest(x @ x) == digest(whole @ whole)
        assert digest(hpx.linalg.inv(x)) == digest(hpx.linalg.inv(whole))
        assert digest(hpx.linalg.solve(x, x)) == digest(hpx.linalg.solve(whole, whole))
        assert digest(hpx.linalg.solve(x, x[0])) == digest(hpx.linalg.solve(whole, whole[0]))


def test_deterministic_in_more_dimensions():
    x = random_array((12, 30, 7), seed=2)
    local = hpx.asarray(x)
    with hpx.set_deterministic(True):
        for dealt in (0, 1, 2):
            placed = hpx.asarray(x, distribution="block", axis=dealt)
            for axes in (0, 1, 2, (0, 1), (1, 2), (0, 2), None):
                assert bits(placed.sum(axis=axes)) == bits(local.sum(axis=axes)), (dealt, axes)
                assert bits(hpx.var(placed, axis=axes)) == bits(hpx.var(local, axis=axes))


def test_deterministic_weights():
    x, weights = np.abs(random_array(5000, seed=3)), random_array(5000, seed=4)
    placed = hpx.asarray(x, distribution="block"), hpx.asarray(weights, distribution="block")
    with hpx.set_deterministic(True):
        got = hpx.histogram(placed[0], bins=7, weights=placed[1])[0]
    wanted = hpx.histogram(hpx.asarray(x), bins=7, weights=hpx.asarray(weights))[0]
    assert bits(got) == bits(wanted)


def test_deterministic_is_put_back():
    assert repr(hpx.set_deterministic(False)) == "<deterministic: False>"
    with hpx.set_deterministic(True) as enabled:
        assert enabled is True
    with pytest.raises(ZeroDivisionError), hpx.set_deterministic(True):
        raise ZeroDivisionError
    assert repr(hpx.set_deterministic(False)) == "<deterministic: False>"
    table = hpx.asarray(random_array((50, 8), seed=1), distribution="block")
    assert ("redistribute" in hpx.explain(lambda: table.sum(axis=0))) is False
    with pytest.raises(TypeError, match="set_deterministic: enabled='yes' is no bool"):
        hpx.set_deterministic("yes")
