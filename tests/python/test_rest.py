"""What is left of NumPy's functions, on every map: diagonals, rows, halos, choices, iteration."""

# SPDX-License-Identifier: BSL-1.0
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, agree, check, check_local, random_array

pytestmark = pytest.mark.distributed
N, ME = hpx.num_localities(), hpx.locality_id()

PLANE_CALLS = {
    "apply_along_axis number": lambda m, x: m.apply_along_axis(lambda r: r.sum(), 1, x),
    "apply_along_axis row": lambda m, x: m.apply_along_axis(lambda r: r * 2, 0, x),
    "apply_along_axis longer": lambda m, x: m.apply_along_axis(lambda r: r[:3] + 1, 1, x),
    "apply_along_axis matrix": lambda m, x: m.apply_along_axis(lambda r: r[:6].reshape(2, 3), 0, x),
    "vectorize": lambda m, x: m.vectorize(lambda a, b: max(a, b))(x, 0.25),
    "vectorize broadcast": lambda m, x: m.vectorize(lambda a, b: a - b)(x, x[:1]),
    "piecewise": lambda m, x: m.piecewise(x, [x < 0, x >= 1], [lambda v: -v, 7, lambda v: v * 2]),
    "piecewise one": lambda m, x: m.piecewise(x, [x < 0], [lambda v: -v]),
    "choose": lambda m, x: m.choose((x > 0).astype(int), [x, -x]),
    "unravel_index": lambda m, x: m.stack(m.unravel_index(abs((x * 10).astype(int)), (9, 17))),
    "ravel_multi_index": lambda m, x: m.ravel_multi_index(
        (abs(x * 2).astype(int) % 5, abs(x * 3).astype(int) % 6), (5, 6)
    ),
    "diagonal": lambda m, x: m.diagonal(x),
    "diagonal above": lambda m, x: m.diagonal(x, 2),
    "diagonal below": lambda m, x: m.diagonal(x, -3),
    "diagonal outside": lambda m, x: m.diagonal(x, 40),
    "diagonal of views": lambda m, x: m.diagonal(x[::-1, 1:], 1),
    "diag": lambda m, x: m.diag(x, 1),
    "trace": lambda m, x: m.trace(x),
    "trace below": lambda m, x: m.trace(x, -2),
    "diag of a row": lambda m, x: m.diag(x[:, 2], 1),
    "diagflat": lambda m, x: m.diagflat(x[:3, :3], -2),
    "tril": lambda m, x: m.tril(x, 1),
    "triu": lambda m, x: m.triu(x, -1),
    "meshgrid": lambda m, x: m.meshgrid(x[0], x[:, 0])[1],
    "meshgrid ij": lambda m, x: m.meshgrid(x[0], x[:, 0], indexing="ij")[0],
    "meshgrid sparse": lambda m, x: m.meshgrid(x[0], x[:, 0], sparse=True)[1],
    "vander": lambda m, x: m.vander(x[:, 0], 4),
    "vander increasing": lambda m, x: m.vander(x[0], 3, increasing=True),
    "rot90": lambda m, x: m.rot90(x) + 1,
    "rot90 thrice": lambda m, x: m.rot90(x, 3) + 1,
    "roll both": lambda m, x: m.roll(x, (2, -3), (0, 1)),
    "block": lambda m, x: m.block([[x, x * 2], [x * 3, x * 4]]),
    "stack": lambda m, x: m.stack([x, x + 1], axis=1),
    "stack last": lambda m, x: m.stack([x, x + 1], axis=-1),
    "hstack": lambda m, x: m.hstack([x, x]),
    "vstack": lambda m, x: m.vstack([x, x[0]]),
    "dstack": lambda m, x: m.dstack([x, x]),
    "column_stack": lambda m, x: m.column_stack([x[:, 0], x]),
    "insert several": lambda m, x: m.insert(x, [1, 1, 4], 7, axis=0),
    "insert several columns": lambda m, x: m.insert(x, [3, 0], x[:, :2], axis=1),
    "insert flat": lambda m, x: m.insert(x, [5, 2, 40], [1, 2, 3]),
    "repeat by each": lambda m, x: m.repeat(x, abs(x[:, 0] * 2).astype(int), axis=0),
    "repeat columns by each": lambda m, x: m.repeat(x, abs(x[0] * 2).astype(int), axis=1),
    "repeat all by each": lambda m, x: m.repeat(x, m.ravel(abs(x * 2).astype(int))),
    "delete rows": lambda m, x: m.delete(x, [0, -1], axis=0),
    "delete by mask": lambda m, x: m.delete(x, np.arange(x.shape[1]) % 2 == 0, axis=1),
    "gradient": lambda m, x: m.stack(m.gradient(x)),
    "gradient spaced": lambda m, x: m.gradient(x, np.arange(9.0) ** 1.5, axis=0, edge_order=2),
    "unwrap": lambda m, x: m.unwrap(x * 7, axis=0),
    "unwrap columns": lambda m, x: m.unwrap(x * 7),
    "cov": lambda m, x: m.cov(x),
    "cov of columns": lambda m, x: m.cov(x, rowvar=False),
    "corrcoef": lambda m, x: m.corrcoef(x),
    "corrcoef of columns": lambda m, x: m.corrcoef(x, rowvar=False),
    "interp": lambda m, x: m.interp(x, np.arange(-3.0, 4), np.arange(7.0) ** 2),
    "trapezoid": lambda m, x: m.trapezoid(x, axis=0),
    "unique rows": lambda m, x: m.unique(np.rint(x) if m is np else m.rint(x), axis=0),
    "unique columns": lambda m, x: m.unique(x > 0.5, axis=1),
}


@pytest.mark.parametrize("layout", PLANES)
@pytest.mark.parametrize("call", PLANE_CALLS)
def test_planes(call, layout):
    x = random_array((9, 7))
    a = hpx.asarray(x, **PLANES[layout])
    check(PLANE_CALLS[call](hpx, a), np.asarray(PLANE_CALLS[call](np, x)), tolerance=1e-11)


def written(m, x, positions, values):
    y = m.copy(x)
    m.add.at(y, positions, values)
    return y


WEIGHTS = np.arange(63.0).reshape(9, 7) % 4 + 1
# What takes a distributed array beside the first one, made by d.
OPERAND_CALLS = {
    "quantile q": lambda m, x, d: m.quantile(x, d([0.1, 0.5]), axis=0),
    "nanquantile q": lambda m, x, d: m.nanquantile(x, d([0.1, 0.5])),
    "quantile weights": lambda m, x, d: m.quantile(
        x, [0.2, 0.7], weights=d(WEIGHTS), method="inverted_cdf"
    ),
    "quantile weights along": lambda m, x, d: m.quantile(
        x, d([0.2, 0.7]), axis=0, weights=d(WEIGHTS[:, 0]), method="inverted_cdf"
    ),
    "percentile weights": lambda m, x, d: m.percentile(
        x, 40, axis=1, weights=d(WEIGHTS), method="inverted_cdf", keepdims=True
    ),
    "quantile local weights": lambda m, x, d: m.quantile(
        x, 0.4, weights=m.asarray(WEIGHTS), method="inverted_cdf"
    ),
    "delete": lambda m, x, d: m.delete(x, d([0, -1, 3]), axis=0),
    "delete columns": lambda m, x, d: m.delete(x, d([2, 2]), axis=1),
    "delete flat": lambda m, x, d: m.delete(x, d(np.arange(3, 60, 2))),
    "delete mask": lambda m, x, d: m.delete(x, x[:, 0] > 0, axis=0),
    "insert": lambda m, x, d: m.insert(x, d([1, 1, -2, 9]), 7, axis=0),
    "insert columns": lambda m, x, d: m.insert(x, d([3, 0]), x[:, :2], axis=1),
    "insert flat": lambda m, x, d: m.insert(x, d([5, 2, 40]), d([1, 2, 3])),
    "insert one": lambda m, x, d: m.insert(x, d([5]), 2.0, axis=0),
    "insert mask": lambda m, x, d: m.insert(x, d(np.arange(9) % 3 == 0), 7, axis=0),
    "pad": lambda m, x, d: m.pad(x, d([[1, 2], [0, 3]]), constant_values=d([4, 5])),
    "pad by a function": lambda m, x, d: m.pad(
        x, ((1, 2), (0, 3)), lambda v, widths, axis, words: v.put(0, 8 + axis)
    ),
    "vectorize rows": lambda m, x, d: m.vectorize(np.sum, signature="(n)->()")(x),
    "vectorize two": lambda m, x, d: m.vectorize(np.dot, signature="(n),(n)->()")(x, x[0]),
    "vectorize once": lambda m, x, d: m.vectorize(np.sort, signature="(n,m)->(n,m)")(x),
    "vectorize all": lambda m, x, d: m.vectorize(
        lambda a, b: (a * b, a), signature="(),(n)->(n),()"
    )(x, d([1.0, 2.0]))[0],
    "add.at": lambda m, x, d: written(m, x, d([1, 1, -1, 0, 1]), d(np.ones((5, 7)))),
    "add.at two": lambda m, x, d: written(m, x, (d([1, 1, 8]), d([2, 2, -1])), d([1.0, 2, 3])),
    "reduceat": lambda m, x, d: m.add.reduceat(x, d([0, 4, 2]), axis=0),
    "polyval": lambda m, x, d: m.polyval(d([1.0, 2, 3]), x),
    "polymul": lambda m, x, d: m.polymul(d([1.0, 2, 3]), m.polyder(d([1.0, 2]))),
    "ndenumerate": lambda m, x, d: m.stack([m.asarray(v) for _, v in m.ndenumerate(x)]),
    "nditer": lambda m, x, d: m.stack(
        [m.asarray(a - b) for a, b in m.nditer([x, d(np.arange(7.0))], order="F")]
    ),
}


@pytest.mark.parametrize("layout", PLANES)
@pytest.mark.parametrize("call", OPERAND_CALLS)
def test_distributed_operands_of_planes(call, layout):
    x = random_array((9, 7))
    a, function = hpx.asarray(x, **PLANES[layout]), OPERAND_CALLS[call]
    got = function(hpx, a, lambda v: hpx.asarray(v, distribution="block"))
    check(got, np.asarray(function(np, x, np.asarray)), tolerance=1e-11)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_positions_that_do_not_exist_change_nothing(layout):
    a = hpx.asarray(np.arange(20.0), **LAYOUTS[layout])
    wrong = hpx.asarray([3, 1, 20, 2, 21], distribution="block")
    for call in (
        lambda: hpx.delete(a, wrong),
        lambda: hpx.insert(a, wrong + 1, 5.0),
        lambda: hpx.add.at(a, wrong, 1.0),
    ):
        with pytest.raises(IndexError, match=r"2[01] is out of "):
            call()
        check(a, np.arange(20.0))
    with pytest.raises(TypeError, match="slices beside arrays"):
        hpx.add.at(a[None], (slice(None), wrong), 1.0)


@pytest.mark.parametrize("layout", PLANES)
def test_diagonals_of_more_axes(layout):
    x = random_array((6, 5, 4))
    a = hpx.asarray(x, **PLANES[layout])
    for axes in ((0, 1), (1, 0), (0, 2), (1, 2), (2, 1)):
        for offset in (-2, 0, 1):
            check(hpx.diagonal(a, offset, *axes), np.diagonal(x, offset, *axes))
            check(hpx.trace(a, offset, *axes), np.trace(x, offset, *axes), tolerance=1e-13)


@pytest.mark.parametrize("layout", PLANES)
def test_diagonals_are_written_where_they_lie(layout):
    before = None
    for shape in ((9, 7), (7, 9), (30, 4), (1, 5), (0, 3), (5, 5, 5)):
        for wrap in (False, True):
            for value in (3.5, np.arange(4.0)):
                x = random_array(shape)
                a = hpx.asarray(x, **PLANES[layout])
                hpx.eval(a)
                before = hpx.counters.get("/hpxpy/messages")
                hpx.fill_diagonal(a, value, wrap)
                if hpx.counters.get("/hpxpy/messages") != before:
                    agree("something was sent")
                np.fill_diagonal(x, value, wrap)
                check(a, x)
                if np.ndim(value):
                    hpx.fill_diagonal(a, hpx.asarray(-value, distribution="block"), wrap)
                    np.fill_diagonal(x, -value, wrap)
                    check(a, x)
    agree("")


@pytest.mark.parametrize("layout", PLANES)
def test_sides_of_unique_rows(layout):
    x = np.random.default_rng(3).integers(0, 2, (23, 3))
    a = hpx.asarray(x, **PLANES[layout])
    got = hpx.unique(a, True, True, True, axis=0)
    for one, expected in zip(got, np.unique(x, True, True, True, axis=0), strict=True):
        check(one, expected.reshape(one.shape))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_convolutions(layout, mode):
    for n, k in ((40, 3), (40, 4), (41, 7), (9, 8), (5, 5), (3, 1), (6, 40)):
        x, v = random_array(n), random_array(k, seed=1)
        for name in ("convolve", "correlate"):
            expected = getattr(np, name)(x, v, mode)
            a = hpx.asarray(x, **LAYOUTS[layout])
            b = hpx.asarray(v, **LAYOUTS[layout])
            for pair in ((a, hpx.asarray(v)), (hpx.asarray(x), b), (a, b)):
                got = getattr(hpx, name)(*pair, mode)
                check(got, expected, tolerance=1e-9)
    z = random_array(30, "complex128")
    a = hpx.asarray(z, **LAYOUTS[layout])
    check(hpx.correlate(a, z[:4], mode), np.correlate(z, z[:4], mode), tolerance=1e-9)


def test_convolutions_send_what_overlaps():
    a = hpx.arange(10_000.0, distribution="block")
    taps = hpx.ones(5)
    hpx.eval(a)
    before = hpx.counters.get("/hpxpy/bytes_sent/halo")
    hpx.eval(hpx.convolve(a, taps, "valid"))
    sent = hpx.counters.get("/hpxpy/bytes_sent/halo") - before
    agree("" if sent <= 2 * 4 * 4 * 8 else f"{sent} bytes")


@pytest.mark.parametrize("layout", PLANES)
def test_nan_is_left_out(layout):
    x = random_array((9, 7))
    x[x > 0.8] = np.nan
    x[3] = np.nan
    x[:, 2] = np.nan
    a = hpx.asarray(x, **PLANES[layout])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for axis in (None, 0, 1, (0, 1), -1):
            for keepdims in (False, True):
                by = {"axis": axis, "keepdims": keepdims}
                for q in (0.3, [0.0, 0.25, 1.0], [[0.5], [0.1]]):
                    check(hpx.nanquantile(a, q, **by), np.nanquantile(x, q, **by), tolerance=1e-13)
                check(
                    hpx.nanpercentile(a, 30, **by), np.nanpercentile(x, 30, **by), tolerance=1e-13
                )
                check(hpx.nanmedian(a, **by), np.nanmedian(x, **by), tolerance=1e-13)
                for name in (
                    "nansum",
                    "nanprod",
                    "nanmin",
                    "nanmax",
                    "nanmean",
                    "nanvar",
                    "nanstd",
                ):
                    expected = np.asarray(getattr(np, name)(x, **by))
                    check(getattr(hpx, name)(a, **by), expected, tolerance=1e-13)
    y = np.where(np.isnan(x), np.where(np.arange(7) == 2, 1.0, np.nan), x)
    y[3, 1] = 4.0
    b = hpx.asarray(y, **PLANES[layout])
    for axis in (None, 0, 1):
        if axis is None or not np.isnan(y).all(axis).any():
            check(hpx.nanargmax(b, axis), np.nanargmax(y, axis))
            check(hpx.nanargmin(b, axis), np.nanargmin(y, axis))
        check(hpx.nancumsum(b, axis), np.nancumsum(y, axis), tolerance=1e-13)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_vectors(layout):
    x = random_array(23)
    a = hpx.asarray(x, **LAYOUTS[layout])
    check(hpx.apply_along_axis(lambda r: r.sum(), 0, a), np.sum(x), tolerance=1e-13)
    check(hpx.diag(a), np.diag(x))
    check(hpx.diag(a, -2), np.diag(x, -2))
    check(hpx.diagflat(a, 3), np.diagflat(x, 3))
    check(hpx.tril(a), np.tril(x))
    check(hpx.vectorize(lambda v: (v, int(v)))(a)[1], np.vectorize(int)(x))
    check(hpx.vectorize(lambda v: v > 0, otypes=[bool])(a[:0]), np.zeros(0, bool))
    check(hpx.ediff1d(a, 1.0, 2.0), np.ediff1d(x, 1.0, 2.0))
    check(hpx.append(a, a[:3]), np.append(x, x[:3]))


def test_errors_are_the_same_everywhere():
    a = hpx.arange(6 * N, distribution="block").reshape(2 * N, 3)
    with pytest.raises(ValueError, match=r"unravel_index: \d+ is out of range for length 4"):
        hpx.unravel_index(a, (2, 2))
    with pytest.raises(ValueError, match="ravel_multi_index: 3 is out of range"):
        hpx.ravel_multi_index((a % 4, a % 2), (3, 2))

    def fails(row):
        if int(row[0]) >= 6 * N - 3:
            raise ZeroDivisionError("the last row")
        return row

    with pytest.raises(ZeroDivisionError, match="the last row"):
        hpx.apply_along_axis(fails, 1, a)
    with pytest.raises(ZeroDivisionError, match="the last row"):
        hpx.vectorize(lambda v: fails([v])[0])(a)
    check(hpx.diagonal(a), np.arange(6 * N).reshape(-1, 3).diagonal())


# Random numbers: the same on any map and number of localities.


@pytest.mark.parametrize("layout", PLANES)
def test_permutations(layout):
    x = random_array((23, 11))
    local, a = hpx.asarray(x), hpx.asarray(x, **PLANES[layout])
    for axis in (0, 1, -1):
        expected = hpx.random.default_rng(5).permutation(local, axis=axis).to_numpy()
        check(hpx.random.default_rng(5).permutation(a, axis=axis), expected)
        b = hpx.copy(a)
        hpx.random.default_rng(5).shuffle(b, axis=axis)
        check(b, expected)
        assert b.distribution == a.distribution
        for replace in (True, False):
            for size in (None, 4, (2, 3)):
                if not replace and size is None:
                    continue
                given = {"size": size, "replace": replace, "axis": axis}
                expected = hpx.random.default_rng(6).choice(local, **given).to_numpy()
                check(hpx.random.default_rng(6).choice(a, **given), expected)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_choices_with_probabilities(layout):
    p = abs(random_array(23))
    p[3:7] = 0
    p /= p.sum()
    a, q = hpx.arange(23.0, **LAYOUTS[layout]), hpx.asarray(p, **LAYOUTS[layout])
    for replace in (True, False):
        for size in (None, 5, (3, 4)):
            if not replace and size is None:
                continue
            make = hpx.random.default_rng
            expected = make(7).choice(23, size, replace, p=p)
            check_local(make(7).choice(23, size, replace, p=q), expected.to_numpy())
            expected = expected.to_numpy().astype(float)
            check(make(7).choice(a, size, replace, p=q), expected)
            check(make(7).choice(a, size, replace, p=p), expected)


VARIATES = {
    "uniform": lambda g, x, **k: g.uniform(-x, x, **k),
    "normal": lambda g, x, **k: g.normal(x, x, **k),
    "exponential": lambda g, x, **k: g.exponential(x, **k),
    "integers": lambda g, x, **k: g.integers(x.astype(int), (x * 9).astype(int) + 9, **k),
    "integers up to": lambda g, x, **k: g.integers((x * 9).astype(int), endpoint=True, **k),
    "poisson": lambda g, x, **k: g.poisson(x * 20, **k),
    "binomial": lambda g, x, **k: g.binomial((x * 50).astype(int), 0.5, **k),
    "gamma": lambda g, x, **k: g.gamma(x + 1, x, **k),
    "standard_gamma": lambda g, x, **k: g.standard_gamma(x + 1, **k),
    "beta": lambda g, x, **k: g.beta(x + 1, 2.0, **k),
}


@pytest.mark.parametrize("layout", PLANES)
@pytest.mark.parametrize("name", VARIATES)
def test_distributed_parameters(name, layout):
    x = abs(random_array((9, 7)))
    local, a = hpx.asarray(x), hpx.asarray(x, **PLANES[layout])
    make = hpx.random.default_rng
    for size in (None, (9, 7), (3, 9, 7)):
        expected = VARIATES[name](make(8), local, size=size).to_numpy()
        got = VARIATES[name](make(8), a, size=size)
        assert got.distribution is not None
        check(got, expected)
        check(VARIATES[name](make(8), a, size=size, distribution="cyclic"), expected)
    if layout == "block":
        b, expected = a[:1], VARIATES[name](make(8), local[:1], size=(9, 7)).to_numpy()
        check(VARIATES[name](make(8), b, size=(9, 7)), expected)
    if name in ("normal", "exponential", "integers", "poisson", "binomial", "gamma", "beta"):
        with pytest.raises(ValueError, match=r"negative|must be|no integer"):
            VARIATES[name](make(8), hpx.where(a > 0.5, -1000.0, a))


# Iteration, flat and lists.


@pytest.mark.parametrize("layout", PLANES)
def test_iteration(layout):
    x = random_array((9, 7))
    a = hpx.asarray(x, **PLANES[layout])
    for got, row in zip(a, x, strict=True):
        check(got, row)
    for got, row in zip(a.T[1:], x.T[1:], strict=True):
        check(got, row)
    assert [float(v) for v in a.ravel()] == x.ravel().tolist()
    assert a.tolist() == x.tolist() and a[:, 0].tolist() == x[:, 0].tolist()
    assert [float(v) for v in a.flat] == x.ravel().tolist()
    assert len(a.flat) == 63 and float(a.flat[10]) == x.flat[10]
    check(a.flat[3:40:2], x.flat[3:40:2])
    flat = a.flat
    next(flat)
    assert [float(v) for v in flat] == x.ravel()[1:].tolist()
    a.flat[5] = x.flat[5] = 8.0
    a.flat = x.flat = 2.5
    check(a, x)
    assert [float(v) for v in reversed(a[:, 0])] == x[::-1, 0].tolist()


def test_iteration_goes_in_pieces():
    a = hpx.arange(5000.0, distribution="block")
    hpx.eval(a)
    before = hpx.counters.get("/hpxpy/messages")
    assert sum(float(v) for v in a) == 5000 * 4999 / 2
    sent = hpx.counters.get("/hpxpy/messages") - before
    # One exchange and one agreement.
    agree("" if sent <= 4 * N else f"{sent} messages")


# What gathers.


def test_implicit_gathering():
    a = hpx.arange(10.0, distribution="block")
    with pytest.raises(
        TypeError, match=r"__array__: this array is distributed.*set_implicit_gather"
    ):
        np.asarray(a)
    with hpx.set_implicit_gather(80) as limit:
        assert limit == 80
        assert np.asarray(a).tolist() == list(range(10))
        assert np.from_dlpack(a).tolist() == list(range(10))
        with pytest.raises(TypeError, match="__array__: this array is distributed"):
            np.asarray(hpx.arange(11.0, distribution="block"))
        if N > 1:
            with pytest.raises(BufferError, match="__dlpack__: this array is distributed"):
                np.from_dlpack(hpx.arange(11.0, distribution="block"))
    with pytest.raises(TypeError, match="__array__: this array is distributed"):
        np.asarray(a)
    with pytest.raises(ValueError, match="set_implicit_gather: -1 is negative"):
        hpx.set_implicit_gather(-1)
    with pytest.raises(TypeError, match="set_implicit_gather: 'all' is not an integer"):
        hpx.set_implicit_gather("all")
