"""Distributions that are made of others, and the functions of the module, against scipy's."""

# SPDX-License-Identifier: BSL-1.0
import inspect
import math

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check, placements
from scipy import stats
from test_variates import SAMPLES, counts_fit, fits, rng

#: name, parameters, and the distribution that scipy calls so.
FLOATS = [
    ("standard_exponential", (), stats.expon()),
    ("gumbel", (1.0, 2.0), stats.gumbel_r(1, 2)),
    ("laplace", (-1.0, 3.0), stats.laplace(-1, 3)),
    ("logistic", (2.0, 0.5), stats.logistic(2, 0.5)),
    ("standard_cauchy", (), stats.cauchy()),
    ("rayleigh", (2.5,), stats.rayleigh(scale=2.5)),
    ("weibull", (0.7,), stats.weibull_min(0.7)),
    ("weibull", (3,), stats.weibull_min(3)),
    ("pareto", (2.5,), stats.lomax(2.5)),
    ("power", (0.4,), stats.powerlaw(0.4)),
    ("power", (5,), stats.powerlaw(5)),
    ("lognormal", (0.5, 0.8), stats.lognorm(0.8, scale=math.exp(0.5))),
    ("triangular", (-1, 0.5, 3), stats.triang(1.5 / 4, -1, 4)),
    ("triangular", (0, 0, 2), stats.triang(0, 0, 2)),
    ("triangular", (0, 2, 2), stats.triang(1, 0, 2)),
    ("chisquare", (0.5,), stats.chi2(0.5)),
    ("chisquare", (7,), stats.chi2(7)),
    ("noncentral_chisquare", (3, 1.5), stats.ncx2(3, 1.5)),
    ("noncentral_chisquare", (0.5, 20.0), stats.ncx2(0.5, 20)),
    ("noncentral_chisquare", (2, 0), stats.chi2(2)),
    ("f", (2, 5), stats.f(2, 5)),
    ("noncentral_f", (3, 20, 1.5), stats.ncf(3, 20, 1.5)),
    ("standard_t", (1.5,), stats.t(1.5)),
    ("standard_t", (30,), stats.t(30)),
    ("wald", (3, 2), stats.invgauss(1.5, scale=2)),
    ("wald", (0.2, 50), stats.invgauss(0.004, scale=50)),
    ("vonmises", (0.0, 4.0), stats.vonmises(4)),
    ("vonmises", (0.0, 0.3), stats.vonmises(0.3)),
    ("vonmises", (0.0, 1e-6), stats.uniform(-math.pi, 2 * math.pi)),
    ("vonmises", (0.0, 0), stats.uniform(-math.pi, 2 * math.pi)),
    ("vonmises", (0.0, 1e4), stats.norm(0, 0.01)),
    ("vonmises", (0.0, 1e8), stats.norm(0, 1e-4)),
]
COUNTS = [
    ("geometric", (0.3,), stats.geom(0.3)),
    ("geometric", (0.001,), stats.geom(0.001)),
    ("geometric", (1,), None),
    ("logseries", (0.6,), stats.logser(0.6)),
    ("logseries", (0.99,), stats.logser(0.99)),
    ("negative_binomial", (3, 0.5), stats.nbinom(3, 0.5)),
    ("negative_binomial", (0.7, 0.02), stats.nbinom(0.7, 0.02)),
    ("negative_binomial", (5, 1), None),
    ("zipf", (4.0,), stats.zipf(4.0)),
    ("zipf", (6,), stats.zipf(6)),
    ("hypergeometric", (5, 7, 4), stats.hypergeom(12, 5, 4)),
    ("hypergeometric", (7, 5, 10), stats.hypergeom(12, 7, 10)),
    ("hypergeometric", (300, 500, 60), stats.hypergeom(800, 300, 60)),
    ("hypergeometric", (500, 300, 60), stats.hypergeom(800, 500, 60)),
    ("hypergeometric", (40_000, 60_000, 70_000), stats.hypergeom(100_000, 40_000, 70_000)),
    ("hypergeometric", (3, 10**6, 5000), stats.hypergeom(10**6 + 3, 3, 5000)),
    ("hypergeometric", (0, 5, 3), None),
    ("hypergeometric", (5, 5, 10), None),
    ("hypergeometric", (5, 5, 0), None),
]


@pytest.mark.parametrize(("name", "parameters", "expected"), FLOATS)
def test_floats(name, parameters, expected):
    x = getattr(rng(5), name)(*parameters, size=SAMPLES)
    assert x.dtype == "float64"
    assert stats.kstest(x.to_numpy(), expected.cdf).pvalue > 0.001


@pytest.mark.parametrize(("name", "parameters", "expected"), COUNTS)
def test_counts(name, parameters, expected):
    x = getattr(rng(5), name)(*parameters, size=SAMPLES)
    if expected is not None:
        counts_fit(x, expected)
        return
    # What is certain.
    values = np.unique(x.to_numpy())
    assert values.size == 1
    certain = {"geometric": 1, "negative_binomial": 0}
    if name == "hypergeometric":
        certain[name] = parameters[0] if parameters[2] == sum(parameters[:2]) else 0
    assert values[0] == certain[name]


def test_angles_around_another_one():
    x = rng(3).vonmises(3.0, 2.0, SAMPLES).to_numpy()
    assert x.min() >= -math.pi
    assert x.max() <= math.pi
    around = np.remainder(x - 3.0 + math.pi, 2 * math.pi) - math.pi
    assert stats.kstest(around, stats.vonmises(2).cdf).pvalue > 0.001


def test_rare_and_large_numbers():
    assert rng().zipf(2000, 10).tolist() == [1] * 10
    heavy = rng().zipf(1.05, 10_000).to_numpy()
    assert heavy.min() == 1
    assert heavy.max() > 10**9
    many = rng().hypergeometric(5 * 10**8, 5 * 10**8, 10**6, 2000).to_numpy()
    assert abs(many.mean() - 5e5) < 5 * 500 / math.sqrt(2000)
    for name in ("gumbel", "laplace", "logistic"):
        assert np.isfinite(getattr(rng(), name)(size=100_000).to_numpy()).all()
    assert_same(
        rng().standard_exponential(9, "float32", "inv").astype("float64") > 0, np.ones(9, bool)
    )


ROWS = {
    "multinomial": lambda g, *a, **k: g.multinomial(20, [0.5, 0.2, 0.3], *a, **k),
    "multivariate_hypergeometric": lambda g, *a, **k: g.multivariate_hypergeometric(
        [16, 8, 4], 6, *a, **k
    ),
    "dirichlet": lambda g, *a, **k: g.dirichlet([10.0, 5.0, 3.0], *a, **k),
    "small dirichlet": lambda g, *a, **k: g.dirichlet([0.01, 0.02, 0.03], *a, **k),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows(name):
    draw = ROWS[name]
    assert draw(rng()).shape == (3,)
    assert draw(rng(), (2, 4)).shape == (2, 4, 3)
    x = draw(rng(6), SAMPLES)
    values, total = x.to_numpy(), {"multinomial": 20, "multivariate_hypergeometric": 6}.get(name, 1)
    assert np.allclose(values.sum(axis=1), total)
    assert values.min() >= 0
    for i in range(3):
        if name == "multinomial":
            counts_fit(x[:, i], stats.binom(20, [0.5, 0.2, 0.3][i]))
        elif name == "multivariate_hypergeometric":
            counts_fit(x[:, i], stats.hypergeom(28, [16, 8, 4][i], 6))
        elif name == "dirichlet":
            fits(x[:, i], "beta", *[(10, 8), (5, 13), (3, 15)][i])
        else:
            assert abs(values[:, i].mean() - (i + 1) / 6) < 0.02


@pytest.mark.parametrize("name", ROWS)
def test_distributed_rows_are_the_local_ones(name):
    for size in (7, (3, 4), (2, 0)):
        whole = ROWS[name](rng(4), size).to_numpy()
        for place in placements(whole.ndim):
            check(ROWS[name](rng(4), size, **place), whole)


@pytest.mark.parametrize("row", [*FLOATS, *COUNTS], ids=lambda row: f"{row[0]}{row[1]}")
def test_distributed_numbers_are_the_local_ones(row):
    name, parameters, _ = row
    for shape in [(1,), (7,), (5, 3), (0, 3), (2, 2_001)]:
        whole = getattr(rng(8), name)(*parameters, size=shape).to_numpy()
        for place in placements(len(shape)):
            check(getattr(rng(8), name)(*parameters, size=shape, **place), whole)


@pytest.mark.parametrize("row", [*FLOATS, *COUNTS], ids=lambda row: f"{row[0]}{row[1]}")
def test_parameters_that_are_arrays(row):
    name, parameters, _ = row
    if not parameters:
        return
    arrays = [np.array([[p], [p]]) for p in parameters]
    got = getattr(rng(2), name)(*arrays)
    assert got.shape == (2, 1)
    assert_same(got, getattr(rng(2), name)(*parameters, size=(2, 1)).to_numpy())
    wide = getattr(rng(2), name)(*map(hpx.asarray, arrays), size=(2, 50), distribution="block")
    check(wide, getattr(rng(2), name)(*parameters, size=(2, 50)).to_numpy())


def test_permuted():
    x = hpx.arange(60).reshape(6, 10)
    for axis in (0, 1, None):
        got = rng().permuted(x, axis=axis).to_numpy()
        assert np.array_equal(np.sort(got, axis=axis), np.sort(x.to_numpy(), axis=axis))
    rows = rng().permuted(x, axis=1).to_numpy() % 10
    assert len({tuple(row) for row in rows}) > 1
    out = hpx.zeros((6, 10), dtype="int64")
    assert rng().permuted(x, out=out) is out
    assert_same(out, rng().permuted(x).to_numpy())
    for axis in (0, 1, None):
        for place in ({"axis": 0}, {"axis": 1}):
            a = hpx.asarray(x.to_numpy(), distribution="block", **place)
            got = rng().permuted(a, axis=axis)
            assert got.distribution == a.distribution
            check(got, rng().permuted(x, axis=axis).to_numpy())


def test_bytes():
    assert len(rng().bytes(1000)) == 1000
    assert rng().bytes(10) == rng().bytes(10)
    assert len(set(rng().bytes(10_000))) == 256


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("gumbel", (0, -1), "gumbel: scale is negative"),
        ("weibull", (-1,), "weibull: a must be 0 or more, and is -1"),
        ("pareto", (0,), "pareto: a must be above 0, and is 0"),
        ("power", (math.nan,), "power: a must be above 0, and is nan"),
        ("lognormal", (0, -2), "lognormal: sigma is negative"),
        ("triangular", (0, 3, 2), "triangular: left, mode and right must rise"),
        ("triangular", (1, 1, 1), "left be below right"),
        ("geometric", (0,), "geometric: p must be above 0, up to 1, and is 0"),
        ("logseries", (1,), "logseries: p must be from 0 to below 1, and is 1"),
        ("chisquare", (0,), "chisquare: df must be above 0"),
        ("noncentral_chisquare", (1, -1), "nonc must be from 0 to"),
        ("f", (1, 0), "f: dfden must be above 0"),
        ("standard_t", (-1,), "standard_t: df must be above 0"),
        ("negative_binomial", (0, 0.5), "negative_binomial: n must be above 0"),
        ("negative_binomial", (1, 1.5), "negative_binomial: p must be above 0, up to 1"),
        ("wald", (1, 0), "wald: scale must be above 0"),
        ("vonmises", (0, -1), "vonmises: kappa must be 0 or more"),
        ("zipf", (1,), "zipf: a must be above 1, and is 1"),
        ("hypergeometric", (-1, 1, 1), r"ngood must be from 0 to 10\*\*9"),
        ("hypergeometric", (1, 1, 3), "nsample=3 is more than there are"),
        ("hypergeometric", (10**9, 1, 3), r"are more than 10\*\*9"),
        ("multinomial", (-1, [1.0]), "multinomial: n must be from 0"),
        ("multinomial", (1, [0.6, 0.6, 0.1]), "sum to more than 1"),
        ("multinomial", (1, [1.5]), "must lie from 0 to 1"),
        ("multivariate_hypergeometric", ([1, 2], 4), "nsample=4 is not from 0 to 3"),
        ("multivariate_hypergeometric", ([1, -2], 1), "must be 0 or more"),
        ("dirichlet", ([0.0, 1],), "dirichlet: alpha must be above 0"),
        ("dirichlet", (1.0,), r"alpha has shape \(\); give a vector"),
    ],
)
def test_wrong_parameters(name, parameters, message):
    generator = rng()
    with pytest.raises(ValueError, match=message):
        getattr(generator, name)(*parameters)
    assert generator._calls == 0


def test_wrong_types():
    with pytest.raises(TypeError, match=r"hypergeometric: ngood=2\.5 is no whole number"):
        rng().hypergeometric(2.5, 1, 1)
    with pytest.raises(TypeError, match=r"multinomial: n=2\.5 is no whole number"):
        rng().multinomial(2.5, [1.0])
    with pytest.raises(ValueError, match="method='x' does not exist"):
        rng().standard_exponential(method="x")


def test_distributed_vectors_of_parameters():
    p, cov = np.array([0.2, 0.3, 0.5]), np.diag([1.0, 2.0, 3.0])
    for make, given in (
        (lambda g, x: g.multinomial(20, x, 9), p),
        (lambda g, x: g.multinomial(20, x), np.stack([p, p[::-1], p, p])),
        (lambda g, x: g.multivariate_hypergeometric(x, 6, 9), np.array([3, 4, 5])),
        (lambda g, x: g.multivariate_normal(p, x, 9), cov),
        (lambda g, x: g.multivariate_normal(x, cov, 9), p),
        (lambda g, x: g.integers(0, x), np.array([5, 6, 7])),
    ):
        a = hpx.asarray(given, distribution="block")
        check(make(rng(), a), make(rng(), hpx.asarray(given)).to_numpy())


def test_distributed_parameters():
    x = np.linspace(0.5, 3.0, 11)
    for call in (lambda a: rng().weibull(a), lambda a: rng().gumbel(0.0, a)):
        check(call(hpx.asarray(x, distribution="block")), call(hpx.asarray(x)).to_numpy())


def test_the_module_draws_as_its_generator():
    names = [n for n in dir(hpx.random.Generator) if not n.startswith("_") and n != "spawn"]
    assert set(names) < set(hpx.random.__all__)
    assert dir(hpx.random) == sorted(hpx.random.__all__)
    for name, parameters, _ in [*FLOATS, *COUNTS]:
        hpx.random.seed(3)
        drawn = getattr(hpx.random, name)(*parameters, size=5)
        assert_same(drawn, getattr(rng(3), name)(*parameters, size=5).to_numpy())
    for name in ("random", "random_sample", "ranf", "sample"):
        hpx.random.seed(4)
        assert_same(getattr(hpx.random, name)((2, 3)), rng(4).random((2, 3)).to_numpy())
    hpx.random.seed(5)
    x = hpx.arange(5)
    hpx.random.shuffle(x)
    assert sorted(x.tolist()) == list(range(5))
    assert hpx.random.choice(5, 3, replace=False).shape == (3,)
    assert hpx.random.normal(size=4, distribution="block").distribution == "block"
    with hpx.set_default_distribution("block"):
        assert hpx.random.standard_normal(4).distribution == "block"
    for name in names:
        ours = inspect.signature(getattr(hpx.random, name))
        theirs = inspect.signature(getattr(hpx.random.Generator, name))
        assert list(ours.parameters) == list(theirs.parameters)[1:]


@pytest.mark.parametrize("name", [n for n in dir(np.random.Generator) if not n.startswith("_")])
def test_generators_have_all_methods_of_numpys(name):
    if name not in ("bit_generator",):
        assert hasattr(hpx.random.Generator, name)
