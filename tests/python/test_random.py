"""Random numbers: their distributions against scipy's, and the same wherever they are made."""

# SPDX-License-Identifier: BSL-1.0
import math

import hpxpy as hpx
import numpy as np
import pytest
from helpers import PLANES, assert_same, check, placements, random_array
from scipy import stats

SAMPLES = 200_000


def rng(seed=1):
    return hpx.random.default_rng(seed)


def fits(sample, distribution, *parameters):
    """Kolmogorov and Smirnov's test; the seeds are fixed, so the verdict is, too."""
    values = sample.to_numpy().astype(np.float64).ravel()
    assert stats.kstest(values, distribution, parameters).pvalue > 0.01


def uncorrelated(sample):
    x = sample.to_numpy().astype(np.float64).ravel()
    x = x - x.mean()
    for lag in (1, 2, 3, 4, 7, 64):
        correlation = (x[lag:] * x[:-lag]).mean() / (x * x).mean()
        assert abs(correlation) < 4 / math.sqrt(x.size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", [0, 1, 2**100])
def test_distributions(dtype, seed):
    uniform = rng(seed).random(SAMPLES, dtype)
    assert uniform.dtype == dtype
    assert float(uniform.min()) >= 0
    assert float(uniform.max()) < 1
    fits(uniform, "uniform")
    uncorrelated(uniform)
    normal = rng(seed).standard_normal(SAMPLES, dtype)
    assert normal.dtype == dtype
    fits(normal, "norm")
    uncorrelated(normal)


def test_parameters():
    fits(rng().uniform(-2, 3, SAMPLES), "uniform", -2, 5)
    fits(rng().normal(10, 0.5, SAMPLES), "norm", 10, 0.5)
    fits(rng().exponential(2.5, SAMPLES), "expon", 0, 2.5)
    middles = hpx.asarray([0.0, 100.0, 200.0])
    got = rng().normal(middles, 1.0, (SAMPLES, 3))
    for i in range(3):
        fits(got[:, i], "norm", 100.0 * i, 1.0)
    assert rng().normal(middles, [[1], [2]]).shape == (2, 3)
    assert rng().exponential(middles).shape == (3,)
    assert_same(rng().normal(middles, 0.0), np.array([0.0, 100.0, 200.0]))


@pytest.mark.parametrize("low, high", [(0, 2), (-3, 4), (0, 100), (5, 6), (2**62, 2**62 + 1000)])
def test_integers_are_equally_probable(low, high):
    x = rng(3).integers(low, high, SAMPLES).to_numpy()
    assert x.dtype == np.int64
    assert low <= x.min() <= x.max() < high
    counts = np.bincount(x - low, minlength=high - low)
    assert high - low == 1 or stats.chisquare(counts).pvalue > 0.01


def test_integers_of_wide_ranges():
    # Three quarters of all: what falls into each third has one probability.
    x = rng(4).integers(0, 3 * 2**62, SAMPLES, "uint64").to_numpy()
    assert stats.chisquare(np.bincount((x >> np.uint64(62)).astype(int), minlength=3)).pvalue > 0.01
    x = rng(5).integers(-(2**63), 2**63, SAMPLES).to_numpy()
    assert stats.chisquare(np.bincount((x >> 60) + 8, minlength=16)).pvalue > 0.01
    x = rng(5).integers(0, 2**64, SAMPLES, "uint64").to_numpy()
    assert stats.chisquare(np.bincount((x >> np.uint64(60)).astype(int))).pvalue > 0.01


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint32", "int64", "uint64"])
def test_integers_of_each_dtype(dtype):
    least, most = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    x = rng().integers(least, most, 5000, dtype, endpoint=True)
    assert x.dtype == dtype
    if np.dtype(dtype).itemsize == 1:
        assert set(np.unique(x.to_numpy()).tolist()) == set(range(least, most + 1))
    assert_same(rng().integers(1, size=3, dtype=dtype), np.zeros(3, dtype))


METHODS = {
    "random": lambda g, size, **k: g.random(size, **k),
    "random32": lambda g, size, **k: g.random(size, "float32", **k),
    "uniform": lambda g, size, **k: g.uniform(-1, 1, size, **k),
    "normal": lambda g, size, **k: g.normal(2, 3, size, **k),
    "standard_normal": lambda g, size, **k: g.standard_normal(size, "float32", **k),
    "exponential": lambda g, size, **k: g.exponential(2, size, **k),
    "integers": lambda g, size, **k: g.integers(-9, 10**6, size, **k),
    "integers8": lambda g, size, **k: g.integers(-9, 10, size, "int8", **k),
}


@pytest.mark.parametrize("name", METHODS)
def test_distributed_numbers_are_the_local_ones(name):
    for shape in [(1,), (7,), (40_001,), (5, 3), (2, 3, 4), (0, 3), (3, 20_001), (20_001, 3)]:
        expected = METHODS[name](rng(8), shape).to_numpy()
        for place in placements(len(shape)):
            check(METHODS[name](rng(8), shape, **place), expected)


def test_numbers_are_those_of_the_positions():
    whole = rng(2).random(100_000).to_numpy()
    for n in (1, 2, 3, 2047, 50_000):
        assert_same(rng(2).random(n), whole[:n])
    assert_same(rng(2).random((1000, 100)), whole.reshape(1000, 100))
    assert rng(2).random().shape == ()
    assert float(rng(2).random()) == whole[0]
    # The known answer of counter 0 and the key of this seed, kept so that programs can be repeated.
    assert rng(2)._key == int(np.random.SeedSequence(2).generate_state(1, np.uint64)[0])
    x = hpx._core._random("random", "uint64", (2,), 0, 0).to_numpy()
    assert x.tolist() == [0xE169C58D6627E8D5, 0x9B00DBD8BC57AC4C]


def test_calls_seeds_and_children_differ():
    generator = rng(7)
    streams = [generator.random(1000) for _ in range(3)]
    streams += [rng(seed).random(1000) for seed in (0, 1, 6, 8, [7, 1])]
    streams += [child.random(1000) for child in generator.spawn(3)]
    streams += [child.random(1000) for child in generator.spawn(2)]
    streams += [generator.spawn(1)[0].spawn(1)[0].random(1000)]
    values = np.stack([x.to_numpy() for x in streams])
    correlations = np.corrcoef(values) - np.eye(len(streams))
    assert np.abs(correlations).max() < 0.15
    # Children do not depend on the calls before.
    assert_same(rng(7).spawn(1)[0].random(1000), streams[8].to_numpy())
    assert repr(rng(7)).endswith(", 0 calls)")
    assert hpx.random.default_rng(generator) is generator
    assert_same(rng(np.random.SeedSequence(5)).random(3), rng(5).random(3).to_numpy())


def test_without_a_seed_numbers_differ_but_not_between_localities():
    first, second = hpx.random.default_rng().random(4), hpx.random.default_rng().random(4)
    assert first.tolist() != second.tolist()
    assert len({tuple(values) for values in hpx.all_gather_object(first.tolist())}) == 1


def test_permutation_and_shuffle():
    x = rng().permutation(10_000).to_numpy()
    assert x.dtype == np.int64
    assert sorted(x.tolist()) == list(range(10_000))
    # Every order of four things is as probable.
    generator = rng(3)
    orders = [tuple(generator.permutation(4).tolist()) for _ in range(4800)]
    counts = np.unique(orders, axis=0, return_counts=True)[1]
    assert counts.size == 24
    assert stats.chisquare(counts).pvalue > 0.01
    table = np.arange(12).reshape(3, 4)
    got = rng(5).permutation(hpx.asarray(table), axis=1).to_numpy()
    order = rng(5).permutation(4).to_numpy()
    assert_same(got, table[:, order])
    shuffled = hpx.asarray(table)
    rng(5).shuffle(shuffled[:, :], axis=1)
    assert_same(shuffled, table[:, order])
    assert rng().permutation(0).shape == (0,)
    assert sorted(rng().permutation([3, 1, 2]).tolist()) == [1, 2, 3]


def test_choice():
    x = rng().choice(4, SAMPLES).to_numpy()
    assert stats.chisquare(np.bincount(x, minlength=4)).pvalue > 0.01
    p = np.array([0.0, 0.2, 0.5, 0.0, 0.3, 0.0])
    x = np.bincount(rng().choice(6, SAMPLES, p=p).to_numpy(), minlength=6)
    assert x[p == 0].sum() == 0
    assert stats.chisquare(x[p > 0], p[p > 0] * SAMPLES).pvalue > 0.01
    names = hpx.asarray([10, 20, 30, 40])
    assert set(rng().choice(names, (50, 2)).to_numpy().ravel().tolist()) == {10, 20, 30, 40}
    assert rng().choice(hpx.ones((3, 4)), (2, 5), axis=1).shape == (3, 2, 5)
    assert rng().choice(names).shape == ()
    for p in (None, [0.1, 0.2, 0.3, 0.4]):
        x = rng().choice(names, (2, 2), replace=False, p=p)
        assert x.shape == (2, 2)
        assert sorted(x.to_numpy().ravel().tolist()) == [10, 20, 30, 40]
    assert rng().choice(0, 0).shape == (0,)


def test_choice_without_replacement_by_weights():
    # Probabilities of each ordered pair when the second is drawn from what is left.
    p = np.array([0.5, 0.3, 0.2])
    generator = rng(6)
    pairs = [tuple(generator.choice(3, 2, replace=False, p=p).tolist()) for _ in range(5000)]
    expected = {(i, j): p[i] * p[j] / (1 - p[i]) for i in range(3) for j in range(3) if i != j}
    counts = [pairs.count(pair) for pair in expected]
    assert stats.chisquare(counts, np.array([*expected.values()]) * 5000).pvalue > 0.01


def test_the_modules_own_generator():
    hpx.random.seed(9)
    got = [
        hpx.random.uniform(1, 2, 3),
        hpx.random.rand(2, 3),
        hpx.random.randn(4),
        hpx.random.randint(0, 10, size=5),
        hpx.random.rand(),
    ]
    generator = rng(9)
    expected = [
        generator.uniform(1, 2, 3),
        generator.random((2, 3)),
        generator.standard_normal(4),
        generator.integers(0, 10, size=5),
        generator.random(()),
    ]
    for a, b in zip(got, expected, strict=True):
        assert_same(a, b.to_numpy())
    hpx.random.seed(9)
    check(hpx.random.rand(2, 3, distribution="block") * 0 + 1, np.ones((2, 3)))


def test_wrong_arguments():
    generator = rng()
    with pytest.raises(TypeError, match="default_rng: seed 'x' is neither"):
        hpx.random.default_rng("x")
    with pytest.raises(ValueError, match="default_rng: seed -1 is negative"):
        hpx.random.default_rng(-1)
    with pytest.raises(TypeError, match="random: int8 is no dtype of random floats"):
        generator.random(3, "int8")
    with pytest.raises(TypeError, match="random: size='x' is no shape"):
        generator.random("x")
    with pytest.raises(ValueError, match=r"random: size=\(2, -1\) has a negative length"):
        generator.random((2, -1))
    with pytest.raises(TypeError, match="normal: loc is complex"):
        generator.normal(hpx.asarray([1j]))
    with pytest.raises(ValueError, match="normal: scale is negative: -1"):
        generator.normal(0, -1)
    with pytest.raises(ValueError, match="exponential: scale is negative"):
        generator.exponential(hpx.asarray([1.0, -1.0]))
    with pytest.raises(OverflowError, match="uniform: the width of 0 to inf is not finite"):
        generator.uniform(0, math.inf)
    with pytest.raises(ValueError, match="integers: there is no integer from 3 up to 3"):
        generator.integers(3, 3)
    with pytest.raises(ValueError, match="integers: 0 to 255 do not fit into int8"):
        generator.integers(0, 256, dtype="int8")
    with pytest.raises(TypeError, match="integers: float64 holds no integers"):
        generator.integers(0, 256, dtype="float64")
    with pytest.raises(TypeError, match=r"randint: the limits 0 and 2\.5 are no integers"):
        hpx.random.randint(2.5)
    with pytest.raises(TypeError, match="shuffle: list is no hpxpy array"):
        generator.shuffle([1, 2])
    with pytest.raises(np.exceptions.AxisError, match="permutation: axis 1 is out of range"):
        generator.permutation(hpx.ones(3), axis=1)
    with pytest.raises(ValueError, match="permutation: size=-1 has a negative length"):
        generator.permutation(-1)
    with pytest.raises(ValueError, match="choice: there is nothing to draw from: 0 elements"):
        generator.choice(0, 1)
    with pytest.raises(ValueError, match="choice: 4 elements cannot be drawn from 3"):
        generator.choice(3, 4, replace=False)
    with pytest.raises(ValueError, match="choice: only 1 of 2 probabilities are not 0"):
        generator.choice(2, 2, replace=False, p=[1, 0])
    with pytest.raises(ValueError, match="choice: p has shape"):
        generator.choice(3, p=[1])
    with pytest.raises(
        ValueError, match=r"choice: p must be 0 or more and sum to 1; the sum is 0\.5"
    ):
        generator.choice(2, p=[0.5, 0])
    with pytest.raises(TypeError, match="random: no numbers of int8 are made directly"):
        hpx._core._random("random", "int8", (2,), 0, 0)


@pytest.mark.parametrize("place", PLANES.values(), ids=PLANES)
def test_distributed_arrays_are_put_into_the_order_of_local_ones(place):
    given = random_array((7, 3))
    for axis in (0, 1):
        x, local = hpx.asarray(given, **place), hpx.asarray(given)
        check(rng().permutation(x, axis), rng().permutation(local, axis).to_numpy())
        rng().shuffle(x, axis)
        rng().shuffle(local, axis)
        check(x, local.to_numpy())
    x = hpx.asarray(given, **place)
    check(rng().choice(x, 5), rng().choice(given, 5).to_numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_out_receives_the_numbers(dtype):
    calls = {
        "random": lambda g, **k: g.random(dtype=dtype, **k),
        "standard_normal": lambda g, **k: g.standard_normal(dtype=dtype, **k),
        "standard_gamma": lambda g, **k: g.standard_gamma(2.0, dtype=dtype, **k),
    }
    for name, call in calls.items():
        expected = call(rng(), size=(3, 4)).to_numpy()
        assert expected.dtype == dtype
        for size in (None, (3, 4)):
            out = hpx.zeros((3, 4), dtype)
            assert call(rng(), size=size, out=out) is out
            assert_same(out, expected)
        with pytest.raises(ValueError, match=f"{name}: out has shape"):
            call(rng(), size=5, out=out)
        with pytest.raises(TypeError, match=f"{name}: out has dtype int64, the numbers {dtype}"):
            call(rng(), out=hpx.zeros((3, 4), "int64"))
