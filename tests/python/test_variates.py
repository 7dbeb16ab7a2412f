"""Distributions made by rejection, and parameters that are arrays, against scipy's."""

# SPDX-License-Identifier: BSL-1.0
import math

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check, check_distributed, check_local, placements
from scipy import stats

SAMPLES = 20_000


def rng(seed=1):
    return hpx.random.default_rng(seed)


def fits(x, distribution, *parameters):
    assert stats.kstest(x.to_numpy(), distribution, parameters).pvalue > 0.001


def counts_fit(x, distribution):
    """Chi-square over values that are expected ten times at least, and the rest at both ends."""
    x = x.to_numpy()
    assert x.dtype == np.int64
    low, high = (int(distribution.ppf(q)) for q in (10 / x.size, 1 - 10 / x.size))
    edges = np.unique(np.linspace(low, high, min(high - low + 1, 60)).astype(int))
    chances = np.diff(np.concatenate([[0], distribution.cdf(edges), [1]]))
    counts = np.bincount(np.searchsorted(edges, x), minlength=edges.size + 1)
    assert counts[chances == 0].sum() == 0
    counts, chances = counts[chances > 0], chances[chances > 0]
    assert stats.chisquare(counts, chances * x.size).pvalue > 0.001
    scale = distribution.std() / math.sqrt(x.size)
    assert abs(x.mean() - distribution.mean()) < 4 * scale


@pytest.mark.parametrize("lam", [0.01, 0.5, 3, 9.99, 10, 12.5, 50, 1000, 1e6, 1e10])
def test_poisson(lam):
    counts_fit(rng(2).poisson(lam, SAMPLES), stats.poisson(lam))


def test_poisson_at_the_ends():
    assert_same(rng().poisson(0, 5), np.zeros(5, np.int64))
    large = rng().poisson(9e18, 1000).to_numpy()
    assert abs(large - 9 * 10**18).max() < 6 * 3e9
    assert stats.kstest((large - 9e18) / 3e9, "norm").pvalue > 0.001
    assert rng().poisson().shape == ()


@pytest.mark.parametrize("n", [1, 7, 30, 1000, 10**6, 2**52])
@pytest.mark.parametrize("p", [1e-5, 0.03, 0.3, 0.5, 0.7, 0.999])
def test_binomial(n, p):
    x = rng(4).binomial(n, p, SAMPLES)
    values = x.to_numpy()
    assert values.min() >= 0
    assert values.max() <= n
    if n < 2**50:
        counts_fit(x, stats.binom(n, p))
    else:
        scaled = (values - n * p) / math.sqrt(n * p * (1 - p))
        assert stats.kstest(scaled, "norm").pvalue > 0.001


def test_binomial_at_the_ends():
    assert_same(rng().binomial(0, 0.5, 3), np.zeros(3, np.int64))
    assert_same(rng().binomial(9, 0.0, 3), np.zeros(3, np.int64))
    assert_same(rng().binomial(9, 1.0, 3), np.full(3, 9))
    assert_same(rng().binomial(10**9, [0, 1]), np.array([0, 10**9]))


@pytest.mark.parametrize("shape", [0.05, 0.3, 0.999, 1, 1.5, 10, 1e4])
def test_gamma(shape):
    fits(rng(5).gamma(shape, 2.0, SAMPLES), "gamma", shape, 0, 2.0)
    assert_same(rng(5).standard_gamma(shape, 9), rng(5).gamma(shape, size=9).to_numpy())


def test_gamma_at_the_ends():
    assert_same(rng().gamma(0, size=3), np.zeros(3))
    assert_same(rng().gamma(2, 0.0, size=3), np.zeros(3))
    assert np.all(rng().gamma(1e-5, size=100).to_numpy() >= 0)


@pytest.mark.parametrize("a, b", [(0.1, 0.2), (0.5, 0.5), (1, 1), (1, 3), (2.5, 0.7), (50, 80)])
def test_beta(a, b):
    fits(rng(6).beta(a, b, SAMPLES), "beta", a, b)


def test_beta_of_small_parameters_is_a_coin():
    for a, b in ((1e-4, 3e-4), (1e-300, 3e-300), (1e-308, 3e-308)):
        x = rng(7).beta(a, b, SAMPLES).to_numpy()
        assert np.all((x >= 0) & (x <= 1))
        ones = int((x > 0.5).sum())
        assert stats.binomtest(ones, SAMPLES, 0.25).pvalue > 0.001


def test_parameters_that_are_arrays():
    means = np.array([0.5, 4.0, 40.0])
    x = rng(8).poisson(means, (SAMPLES, 3))
    y = rng(8).gamma(hpx.asarray(means), [1.0, 2.0, 3.0], (SAMPLES, 3))
    z = rng(8).beta([[1.0], [2.0]], means)
    assert z.shape == (2, 3)
    trials = rng(8).binomial([5, 500, 50_000], 0.3, (SAMPLES, 3))
    for i, mean in enumerate(means):
        counts_fit(x[:, i], stats.poisson(mean))
        fits(y[:, i], "gamma", mean, 0, i + 1.0)
        counts_fit(trials[:, i], stats.binom(5 * 100**i, 0.3))
    # An element depends on its own parameters and position alone.
    assert_same(x[:, 1], rng(8).poisson(4.0, (SAMPLES, 3)).to_numpy()[:, 1])
    assert rng().poisson(hpx.asarray([[1.0], [2.0]])).shape == (2, 1)


def test_limits_of_integers_that_are_arrays():
    low, high = np.array([-5, 0, 100]), np.array([[5], [200]])
    low[2] = -100
    x = rng(9).integers(low, high, (400, 2, 3)).to_numpy()
    assert np.all((x >= low) & (x < high))
    for i in range(2):
        for j in range(3):
            same = rng(9).integers(int(low[j]), int(high[i, 0]), (400, 2, 3)).to_numpy()
            assert_same(x[:, i, j], same[:, i, j])
    assert rng().integers(low, 300).shape == (3,)
    assert rng().integers(0, [1, 2, 3], endpoint=True, dtype="int8").dtype == "int8"
    wide = rng(9).integers([0, 2**63], [2**64 - 1] * 2, (1000, 2), "uint64", True).to_numpy()
    assert wide[:, 1].min() >= 2**63 > wide[:, 0].min()
    full = rng(9).integers([-(2**63)], [2**63 - 1], 1000, endpoint=True).to_numpy()
    assert_same(full, rng(9).integers(-(2**63), 2**63, 1000).to_numpy())
    assert_same(rng(9).integers([3, 4]), rng(9).integers(0, hpx.asarray([3, 4])).to_numpy())


METHODS = {
    "poisson": lambda g, size, **k: g.poisson(3.0, size, **k),
    "poisson of large means": lambda g, size, **k: g.poisson(300.0, size, **k),
    "binomial": lambda g, size, **k: g.binomial(100, 0.4, size, **k),
    "gamma": lambda g, size, **k: g.gamma(0.4, 2.0, size, **k),
    "beta": lambda g, size, **k: g.beta(0.4, 2.0, size, **k),
}
# Parameters that broadcast to shapes of three elements along the last axis.
ARRAYS = {
    "poisson": lambda g, size, **k: g.poisson([1.0, 20.0, 300.0], size, **k),
    "binomial": lambda g, size, **k: g.binomial([5, 50, 500], hpx.asarray([0.2] * 3), size, **k),
    "gamma": lambda g, size, **k: g.gamma([0.2, 1.0, 9.0], 2.0, size, **k),
    "beta": lambda g, size, **k: g.beta([0.2, 1.0, 9.0], 2.0, size, **k),
    "integers": lambda g, size, **k: g.integers([1, -5, 7], 100, size, **k),
}


@pytest.mark.parametrize("name", METHODS)
def test_distributed_numbers_are_the_local_ones(name):
    for shape in [(1,), (7,), (40_001,), (5, 3), (2, 3, 4), (0, 3), (3, 5_001)]:
        expected = METHODS[name](rng(8), shape).to_numpy()
        for place in placements(len(shape)):
            check(METHODS[name](rng(8), shape, **place), expected)


@pytest.mark.parametrize("name", ARRAYS)
def test_distributed_numbers_of_several_parameters(name):
    for shape in [(3,), (7, 3), (2, 30_001, 3), (0, 3)]:
        expected = ARRAYS[name](rng(8), shape).to_numpy()
        for place in placements(len(shape)):
            check(ARRAYS[name](rng(8), shape, **place), expected)


@pytest.mark.parametrize("name", METHODS)
def test_numbers_are_those_of_the_positions(name):
    whole = METHODS[name](rng(3), 100_000).to_numpy()
    for n in (1, 511, 512, 513, 50_000):
        assert_same(METHODS[name](rng(3), n), whole[:n])
    assert_same(METHODS[name](rng(3), (1000, 100)), whole.reshape(1000, 100))
    assert_same(METHODS[name](rng(3), ()), whole[0])
    generator = rng(3)
    streams = [METHODS[name](generator, 1000).to_numpy() for _ in range(3)]
    assert np.abs(np.corrcoef(streams) - np.eye(3)).max() < 0.15
    correlation = np.corrcoef(whole[:-1], whole[1:])[0, 1]
    assert abs(correlation) < 4 / math.sqrt(whole.size)


@pytest.mark.parametrize("method", ["svd", "eigh", "cholesky"])
def test_multivariate_normal(method):
    mean = np.array([1.0, -2.0, 0.5])
    root = np.array([[1.0, 0.0, 0.0], [0.8, 0.5, 0.0], [-0.3, 0.2, 2.0]])
    cov = root @ root.T
    x = rng(10).multivariate_normal(mean, hpx.asarray(cov), SAMPLES, method=method).to_numpy()
    assert x.shape == (SAMPLES, 3)
    # Whitened by the root, the numbers are independent standard ones.
    white = np.linalg.solve(root, (x - mean).T)
    for row in white:
        assert stats.kstest(row, "norm").pvalue > 0.001
    assert np.abs(np.corrcoef(white) - np.eye(3)).max() < 4 / math.sqrt(SAMPLES)
    assert rng().multivariate_normal(mean, cov, (2, 5), method=method).shape == (2, 5, 3)
    assert rng().multivariate_normal(mean, cov, method=method).shape == (3,)


@pytest.mark.parametrize("size", [(), 1, 5, 700, (2, 3), (3, 300), (0,), (4, 0)], ids=str)
def test_multivariate_normal_in_blocks(size):
    cov = np.cov(np.random.default_rng(5).standard_normal((4, 40)))
    mean = np.arange(4.0)
    whole = rng(11).multivariate_normal(mean, cov, size)
    for axis in range(-whole.ndim, whole.ndim):
        x = rng(11).multivariate_normal(mean, cov, size, distribution="block", axis=axis)
        assert x.distribution == "block"
        assert x.distributed_axis == axis % whole.ndim
        check_distributed(x, whole.to_numpy())
    generator = rng(11)
    with pytest.raises(np.exceptions.AxisError, match=f"multivariate_normal: axis {whole.ndim}"):
        generator.multivariate_normal(mean, cov, size, distribution="block", axis=whole.ndim)
    # A call that is refused draws nothing.
    check_local(generator.multivariate_normal(mean, cov, size), whole.to_numpy())


def test_multivariate_normal_of_singular_and_wrong_covariances():
    x = rng().multivariate_normal([1, 2], [[1, 1], [1, 1]], 50).to_numpy()
    assert np.allclose(x[:, 1] - x[:, 0], 1)
    wrong = [[1, 2], [2, 1]]
    with pytest.warns(RuntimeWarning, match="not symmetric and positive semidefinite"):
        rng().multivariate_normal([0, 0], wrong)
    with pytest.raises(ValueError, match="multivariate_normal: the covariances are not symmetric"):
        rng().multivariate_normal([0, 0], wrong, check_valid="raise")
    assert rng().multivariate_normal([0, 0], wrong, check_valid="ignore").shape == (2,)
    with pytest.raises(ValueError, match="not symmetric"):
        rng().multivariate_normal([0, 0], [[2, 1], [0, 2]], check_valid="raise", method="cholesky")
    with pytest.raises(np.linalg.LinAlgError):
        rng().multivariate_normal([0, 0], wrong, method="cholesky")
    with pytest.raises(ValueError, match=r"mean has shape \(2,\), and cov \(3, 3\)"):
        rng().multivariate_normal([0, 0], np.eye(3))
    with pytest.raises(ValueError, match="method='qr' does not exist"):
        rng().multivariate_normal([0, 0], np.eye(2), method="qr")
    with pytest.raises(ValueError, match="check_valid='maybe' does not exist"):
        rng().multivariate_normal([0, 0], np.eye(2), check_valid="maybe")


def test_wrong_parameters():
    generator = rng()
    for lam in (-1, math.nan, math.inf, 1e19, [1.0, -1.0]):
        with pytest.raises(ValueError, match=r"poisson: lam must be from 0 to 9\.22e\+18, and is"):
            generator.poisson(lam)
    for p in (-0.1, 1.1, math.nan, [0.5, 2.0]):
        with pytest.raises(ValueError, match="binomial: p must be from 0 to 1, and is"):
            generator.binomial(3, p)
    with pytest.raises(ValueError, match=r"binomial: n must be from 0 to 2\*\*53, and is -1"):
        generator.binomial(-1, 0.5)
    for n in (2.5, [1.0, 2.5]):
        with pytest.raises(TypeError, match=r"binomial: n=.* is no whole number"):
            generator.binomial(n, 0.5)
    for name in ("gamma", "standard_gamma"):
        with pytest.raises(ValueError, match=f"{name}: shape must be 0 or more, and is -1"):
            getattr(generator, name)(-1)
    with pytest.raises(ValueError, match="gamma: scale is negative"):
        generator.gamma(1, -1)
    for a in (0, -1, math.nan):
        with pytest.raises(ValueError, match="beta: a must be above 0, and is"):
            generator.beta(a, 1)
    with pytest.raises(ValueError, match=r"of shape \(3,\) does not broadcast to size=2"):
        generator.poisson([1, 2, 3], 2)
    with pytest.raises(ValueError, match=r"of shape \(3,\) does not broadcast to size=1"):
        generator.normal([1, 2, 3], size=1)
    with pytest.raises(ValueError, match=r"no integer from 5 up to 5, at \(1,\)"):
        generator.integers([3, 5], [4, 5])
    with pytest.raises(ValueError, match="integers: -1 to 200 do not fit into int8"):
        generator.integers([-1, 0], [101, 201], dtype="int8")
    with pytest.raises(TypeError, match=r"integers: the limit .* is no array of integers"):
        generator.integers([0.5], 3)
