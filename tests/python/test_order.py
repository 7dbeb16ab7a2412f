"""Distributed arrays in order, in other shapes and transformed: NumPy's answers on any map."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, agree, check, random_array
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.distributed

N, ME = hpx.num_localities(), hpx.locality_id()
several = pytest.mark.skipif(N == 1, reason="one locality sends nothing")

DTYPES = [
    *("bool", "int8", "uint8", "int16", "int32", "int64", "uint64"),
    *("float32", "complex64", "complex128"),
]
VIEWS = {
    "all": lambda x: x,
    "backwards": lambda x: x[::-1],
    "every other": lambda x: x[1::2],
    "one": lambda x: x[3:4],
    "none": lambda x: x[:0],
}
VALUES = {
    "random": lambda n: np.random.default_rng(1).normal(size=n),
    "sorted": lambda n: np.arange(n, dtype=float),
    "falling": lambda n: -np.arange(n, dtype=float),
    "equal": lambda n: np.full(n, 2.5),
    "few": lambda n: np.random.default_rng(2).integers(0, 3, n).astype(float),
    "zipf": lambda n: np.random.default_rng(3).zipf(1.5, n).astype(float),
    "odd": lambda n: np.resize([np.nan, -0.0, 0.0, np.inf, -np.inf, 1.0, np.nan, -1.0], n),
}


def even(x):
    """On even blocks, as the result of a sort is."""
    sizes = x.partition_sizes
    assert max(sizes) - min(sizes) <= 1, sizes
    return x


@pytest.mark.parametrize("n", [0, 1, 2, 7, 1000])
@pytest.mark.parametrize("values", VALUES)
def test_vectors(values, n):
    x = VALUES[values](n)
    a = hpx.asarray(x, distribution="block")
    for descending in (False, True):
        expected = np.asarray(hpx.sort(hpx.asarray(x), descending=descending))
        check(even(hpx.sort(a, descending=descending)), expected)
        check(
            even(hpx.argsort(a, descending=descending)),
            np.asarray(hpx.argsort(hpx.asarray(x), descending=descending)),
        )
    check(hpx.argsort(a), np.argsort(x, kind="stable"))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_views_of_vectors(layout, view):
    if layout == "block_cyclic" and view == "every other":
        pytest.skip("steps that no stride follows raise, as documented")
    x = np.random.default_rng(4).integers(0, 9, 41)
    a = VIEWS[view](hpx.asarray(x, **LAYOUTS[layout]))
    x = VIEWS[view](x)
    check(hpx.sort(a), np.sort(x))
    check(hpx.argsort(a), np.argsort(x, kind="stable"))
    check(hpx.unique(a), np.unique(x))
    if x.size:
        check(hpx.median(a), np.median(x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype):
    x = random_array(203, dtype=dtype, seed=5)
    a = hpx.asarray(x, distribution="block")
    check(hpx.sort(a), np.sort(x))
    check(hpx.argsort(a), np.argsort(x, kind="stable"))
    check(hpx.sort(a, descending=True), np.asarray(hpx.sort(hpx.asarray(x), descending=True)))


def test_uneven_blocks_are_not_moved_first():
    x = np.random.default_rng(6).integers(0, 50, 60)
    a = hpx.asarray(x, distribution="block")
    b = a[a > 20]
    check(even(hpx.sort(b)), np.sort(x[x > 20]))
    check(hpx.argsort(b), np.argsort(x[x > 20], kind="stable"))


@several
def test_what_lies_right_is_not_sent():
    x = np.arange(4000.0)
    a = hpx.asarray(x, distribution="block")
    before = hpx.counters.get("/hpxpy/bytes_sent/sort")
    hpx.eval(hpx.sort(a))
    assert hpx.counters.get("/hpxpy/bytes_sent/sort") == before
    hpx.eval(hpx.sort(a[::-1]))
    own = len(a.local_partition) * 8
    # Each block goes to where the mirrored one lies; the middle one of an odd number stays.
    sent = hpx.counters.get("/hpxpy/bytes_sent/sort") - before
    assert sent == pytest.approx(0 if 2 * ME + 1 == N else own, abs=8 * N)


@pytest.mark.parametrize("axis", [0, 1, -1, None])
@pytest.mark.parametrize("layout", PLANES)
def test_planes(layout, axis):
    x = np.random.default_rng(7).integers(0, 9, (13, 11))
    a = hpx.asarray(x, **PLANES[layout])
    check(hpx.sort(a, axis=axis), np.sort(x, axis=axis))
    check(hpx.argsort(a, axis=axis), np.argsort(x, axis=axis, kind="stable"))
    for name in ("median", "quantile", "percentile"):
        q = {"median": (), "quantile": ([0.1, 0.5],), "percentile": (30,)}[name]
        expected = getattr(np, name)(x, *q, axis=axis)
        got = getattr(hpx, name)(a, *q, axis=axis)
        check(got, expected, tolerance=1e-15)


@several
def test_lines_that_lie_on_one_locality_are_sorted_there():
    a = hpx.asarray(random_array((12, 9)), distribution="block")
    before = hpx.counters.get("/hpxpy/messages")
    hpx.eval(hpx.sort(a, axis=1), hpx.argsort(a, axis=1), hpx.median(a, axis=1))
    assert hpx.counters.get("/hpxpy/messages") == before
    assert hpx.sort(a, axis=1).distribution == a.distribution


@pytest.mark.parametrize("layout", PLANES)
def test_partitions(layout):
    x = np.random.default_rng(8).integers(0, 30, (9, 12))
    a = hpx.asarray(x, **PLANES[layout])
    for axis in (0, 1):
        parted = hpx.partition(a, 4, axis=axis).to_numpy()
        chosen = np.take_along_axis(x, hpx.argpartition(a, 4, axis=axis).to_numpy(), axis)
        for each in (parted, chosen):
            rows = np.moveaxis(each, axis, 0)
            assert (rows[4] == np.moveaxis(np.sort(x, axis), axis, 0)[4]).all()
            assert (rows[:4] <= rows[4]).all() and (rows[5:] >= rows[4]).all()
            assert (np.sort(each, axis) == np.sort(x, axis)).all()


@pytest.mark.parametrize("values", VALUES)
def test_sets(values):
    x = VALUES[values](61)
    a = hpx.asarray(x, distribution="block")
    check(hpx.unique(a), np.unique(x))
    for got, expected in zip(
        hpx.unique(a, return_index=True, return_inverse=True, return_counts=True),
        np.unique(x, return_index=True, return_inverse=True, return_counts=True),
        strict=True,
    ):
        check(got, expected)
    check(hpx.unique_counts(a).counts, np.unique_counts(x).counts)
    check(hpx.unique_values(a), np.unique_values(x))


def test_sort_in_place():
    x = random_array(50)
    a = hpx.asarray(x, distribution="block")
    a.sort()
    check(a, np.sort(x))


def test_nan_of_quantiles():
    x = random_array(50)
    x[7] = np.nan
    a = hpx.asarray(x, distribution="block")
    assert np.isnan(float(hpx.median(a)))
    assert np.isnan(hpx.quantile(a, [0.1, 0.9]).to_numpy()).all()
    check(hpx.median(a[:7] + 1j), np.median(x[:7] + 1j))


@settings(deadline=None, max_examples=30, derandomize=True)
@given(
    sizes=st.lists(st.integers(0, 12), min_size=N, max_size=N),
    different=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_any_blocks(sizes, different, seed):
    x = np.random.default_rng(seed).integers(0, different, sum(sizes))
    begin = sum(sizes[:ME])
    a = hpx.from_local(hpx.asarray(x[begin : begin + sizes[ME]]))
    check(even(hpx.sort(a)), np.sort(x))
    check(hpx.argsort(a), np.argsort(x, kind="stable"))


@pytest.mark.parametrize("layout", PLANES)
def test_reshape(layout):
    x = np.arange(12 * 10)
    shapes = [(12, 10), (12, 5, 2), (120,), (4, 30), (30, 4), (3, 40), (1, 120), (120, 1)]
    for shape in [*shapes, (2, 3, 20)]:
        for start in ((12, 10), (60, 2), (8, 15)):
            a = hpx.asarray(x.reshape(start), **PLANES[layout])
            check(hpx.reshape(a, shape), x.reshape(shape))
            check(hpx.reshape(a[::-1], shape), x.reshape(start)[::-1].reshape(shape))
            check(hpx.reshape(a.T, shape), x.reshape(start).T.reshape(shape))
    a = hpx.asarray(x.reshape(12, 10), **PLANES[layout])
    check(a.ravel(), x)
    check(a.reshape(-1), x)
    check((a[:0]).reshape(0), x[:0])
    check(hpx.reshape(a[:1, :1], ()), x[:1].reshape(()))
    check(hpx.sort(a, axis=None), np.sort(x))
    check(hpx.cumulative_sum(a.ravel()), np.cumsum(x))


@several
def test_reshapes_of_blocks_send_what_changes_owner():
    a = hpx.asarray(np.arange(48.0).reshape(12, 4), distribution="block")
    before = hpx.counters.get("/hpxpy/messages")
    b = a.reshape(-1)
    hpx.eval(b)
    assert b.partition_sizes == a.partition_sizes
    assert hpx.counters.get("/hpxpy/messages") == before
    # Rows of 6 on 2 and 4 localities end where rows of 4 do; on 3 there are 2 elements in between.
    sent = hpx.counters.get("/hpxpy/bytes_sent/redistribute")
    hpx.eval(a.reshape(8, 6))
    sent = hpx.counters.get("/hpxpy/bytes_sent/redistribute") - sent
    if N in (2, 4):
        assert hpx.counters.get("/hpxpy/messages") == before
    else:
        assert sent <= 8 * 6 * N


@pytest.mark.parametrize("layout", PLANES)
def test_fourier_transforms(layout):
    x = random_array((12, 10))
    a = hpx.asarray(x, **PLANES[layout])
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        for axis in (0, 1):
            for n in (None, 7, 16):
                expected = getattr(np.fft, name)(x, n, axis=axis)
                check(getattr(hpx.fft, name)(a, n, axis=axis), expected, tolerance=1e-12)
    for name in ("fftn", "ifftn", "rfftn", "irfftn"):
        check(getattr(hpx.fft, name)(a), getattr(np.fft, name)(x), tolerance=1e-12)
        check(
            getattr(hpx.fft, name)(a, (5, 8), (1, 0), "ortho"),
            getattr(np.fft, name)(x, (5, 8), (1, 0), "ortho"),
            tolerance=1e-12,
        )


@pytest.mark.parametrize("n", [1, 2, 12, 97, 360, 1024])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_line_that_is_dealt_out_is_transformed(layout, n):
    """360 and 1024 in four steps, 97 by convolution."""
    x = random_array(n, "complex128")
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
        real = name in ("rfft", "ihfft")
        given = x.real.copy() if real else x
        a = hpx.asarray(given, **LAYOUTS[layout])
        for points in (None, n + 5, max(n - 3, 2)):
            if n == 1 and points in (None, 1) and name in ("irfft", "hfft"):
                continue
            for norm in ("backward", "ortho", "forward"):
                expected = getattr(np.fft, name)(given, points, norm=norm)
                got = getattr(hpx.fft, name)(a, points, norm=norm)
                near = 1e-12 * max(1.0, float(np.abs(expected).max()))
                assert got.dtype == expected.dtype
                assert N == 1 or got.distribution is not None
                problem = np.abs(got.to_numpy() - expected).max() > near
                agree(f"{name} {points} {norm}" if problem else "")
    a = hpx.asarray(x, **LAYOUTS[layout])
    assert hpx.fft.fft(a).distribution == a.distribution
    row = hpx.fft.fft(hpx.asarray(x[None], distribution="block", axis=1))
    agree("" if np.allclose(row.to_numpy(), np.fft.fft(x[None]), 1e-12, 1e-9) else "a row")
    single = hpx.fft.fft(hpx.asarray(x.astype("complex64"), **LAYOUTS[layout]))
    assert single.dtype == np.complex64
    agree("" if np.allclose(single.to_numpy(), np.fft.fft(x), 1e-3, 1e-3 * n) else "single")


@pytest.mark.parametrize("layout", PLANES)
def test_tables_are_looked_up_where_elements_lie(layout):
    x = random_array((9, 8))
    a = hpx.asarray(x, **PLANES[layout])
    table, values = np.linspace(-2, 2, 9), np.arange(9.0) ** 2
    before = hpx.counters.get("/hpxpy/messages")
    found = [
        hpx.searchsorted(hpx.asarray(table), a),
        hpx.digitize(a, hpx.asarray(table)),
        hpx.interp(a, hpx.asarray(table), hpx.asarray(values)),
        hpx.isin(hpx.rint(a * 3), hpx.asarray([0, 2, 5])),
    ]
    hpx.eval(*found)
    sent = hpx.counters.get("/hpxpy/messages") - before
    expected = [
        np.searchsorted(table, x),
        np.digitize(x, table),
        np.interp(x, table, values),
        np.isin(np.rint(x * 3), [0, 2, 5]),
    ]
    for got, wanted in zip(found, expected, strict=True):
        assert got.distribution is not None
        check(got, wanted, tolerance=1e-14)
    if layout == "block":
        agree(f"{sent} messages" if sent else "")


WIDER = {
    "tile": lambda m, x: m.tile(x, (2, 3)),
    "tile in front": lambda m, x: m.tile(x, (2, 1, 2)),
    "tile none": lambda m, x: m.tile(x, (0, 1)),
    "repeat": lambda m, x: m.repeat(x, 3),
    "repeat rows": lambda m, x: m.repeat(x, 2, axis=0),
    "repeat columns": lambda m, x: m.repeat(x, 2, axis=1),
    "repeat by counts": lambda m, x: m.repeat(x, np.arange(x.shape[0]) % 3, axis=0),
    "delete": lambda m, x: m.delete(x, [0, 3], axis=0),
    "delete columns": lambda m, x: m.delete(x, slice(1, 4), axis=1),
    "delete many": lambda m, x: m.delete(x, np.arange(0, x.size, 2)),
    "insert": lambda m, x: m.insert(x, 2, 7, axis=0),
    "insert a column": lambda m, x: m.insert(x, -1, np.arange(x.shape[0]), axis=1),
    "resize": lambda m, x: m.resize(x, (5, 29)),
    "choose": lambda m, x: m.choose((x > 0).astype(int), [x, -x]),
    "roll": lambda m, x: m.roll(x, 3),
    "roll rows": lambda m, x: m.roll(x, -2, axis=0),
    **{
        f"pad {mode}": lambda m, x, mode=mode: m.pad(x, ((2, 1), (0, 3)), mode=mode)
        for mode in [
            "constant",
            "edge",
            "wrap",
            "reflect",
            "symmetric",
            "maximum",
            "mean",
            "median",
            "linear_ramp",
        ]
    },
    "pad far": lambda m, x: m.pad(x, ((20, 0), (0, 17)), mode="reflect"),
}


@pytest.mark.parametrize("layout", PLANES)
@pytest.mark.parametrize("call", WIDER)
def test_larger_and_smaller_ones(call, layout):
    x = random_array((9, 7))
    a = hpx.asarray(x, **PLANES[layout])
    check(WIDER[call](hpx, a), WIDER[call](np, x), tolerance=1e-14)


@pytest.mark.parametrize("layout", PLANES)
def test_rows_written_by_positions(layout):
    x = random_array((11, 9))
    few, many = np.array([3, -1, 0, 3]), np.arange(24).reshape(4, 6) % 9
    writes = [
        (np.s_[few], 7.5),
        (np.s_[few], np.arange(36.0).reshape(4, 9)),
        (np.s_[few], np.arange(9.0)),
        (np.s_[:, many], np.arange(11 * 24.0).reshape(11, 4, 6)),
        (np.s_[:, few], np.arange(4.0)),
        (np.s_[2:9, few], 1),
        (np.s_[::-2, few], np.arange(4.0)),
        (np.s_[few, 1:4], np.arange(3)),
        (np.s_[np.array([], int)], 3.0),
        (np.s_[np.arange(11) % 3 == 1], -2.0),
    ]
    before = hpx.counters.get("/hpxpy/messages")
    for key, value in writes:
        if layout == "block_cyclic" and "-2" in str(key):
            continue  # steps that no stride follows raise, as documented
        expected = x.copy()
        expected[key] = value
        a = hpx.asarray(x, **PLANES[layout])
        a[key] = hpx.asarray(value)
        hpx.eval(a)
        if layout in ("block", "cyclic", "columns"):
            agree("" if hpx.counters.get("/hpxpy/messages") == before else f"{key} sends")
        check(a, expected)
        before = hpx.counters.get("/hpxpy/messages")
    a = hpx.asarray(x, **PLANES[layout])
    a[few] += 1
    x[few] += 1
    check(a, x)
    with pytest.raises(IndexError, match="assign: 11 is out of range for axis 0 of length 11"):
        a[[0, 11]] = 1
    check(a, x)


@pytest.mark.parametrize("layout", PLANES)
def test_the_first_of_all_on_any_map(layout):
    generator = np.random.default_rng(8)
    for x in (
        generator.integers(0, 5, (12, 7)),
        generator.normal(size=(12, 7)),
        np.where(generator.random((12, 7)) < 0.2, np.nan, 1.0),
        np.zeros((12, 7)),
    ):
        a = hpx.asarray(x, **PLANES[layout])
        for view in (np.s_[:], np.s_[1:, 2:], np.s_[::-1], np.s_[3:4, 5:]):
            if layout == "block_cyclic" and view == np.s_[::-1]:
                continue  # steps that no stride follows raise, as documented
            for name in ("argmin", "argmax"):
                for axis in (None, 0, 1):
                    got = getattr(hpx, name)(a[view], axis=axis)
                    check(got, getattr(np, name)(x[view], axis=axis))
                check(getattr(hpx, name)(a.T), getattr(np, name)(x.T))


@several
def test_the_first_of_all_moves_no_element():
    a = hpx.asarray(random_array((60, 40)), distribution="block", axis=1)
    hpx.eval(a)
    before = hpx.counters.get("/hpxpy/bytes_sent/redistribute")
    hpx.eval(hpx.argmin(a), hpx.argmax(a, axis=1), hpx.sort(a, axis=None), hpx.median(a))
    hpx.eval(hpx.unique(a), hpx.quantile(a, 0.3))
    moved = hpx.counters.get("/hpxpy/bytes_sent/redistribute") - before
    agree("" if moved == 0 else f"{moved} bytes moved")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_elements_that_are_looked_for_may_be_dealt_out(layout):
    x, test = np.arange(40) * 3 % 17, np.array([3, 5, 16, 100, -1, 3, *range(20, 60)])
    for dealt in ({}, *LAYOUTS.values()):
        a = hpx.asarray(x, **dealt)
        for invert in (False, True):
            check(
                hpx.isin(a, hpx.asarray(test, **LAYOUTS[layout]), invert=invert),
                np.isin(x, test, invert=invert),
            )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_lines_through_points_that_are_dealt_out(layout):
    xp = np.sort(random_array(20, seed=3))
    x = np.concatenate([xp[::4], random_array(30, seed=5), [np.nan, -np.inf, np.inf]])
    for fp in (xp**2, np.where(xp > 0.5, np.inf, xp), xp + 1j * xp**2):
        points = [hpx.asarray(each, **LAYOUTS[layout]) for each in (xp, fp)]
        local = [hpx.asarray(each) for each in (xp, fp)]
        for dealt in ({}, *LAYOUTS.values()):
            a = hpx.asarray(x, **dealt)
            check(hpx.interp(a, *points), hpx.interp(hpx.asarray(x), *local).to_numpy())
        check(
            hpx.interp(x, *points, left=-1, right=7), np.interp(x, xp, fp, -1, 7), tolerance=1e-15
        )
    single = [hpx.asarray([1.5], **LAYOUTS[layout])] * 2
    check(hpx.interp(x, *single), np.interp(x, [1.5], [1.5]))
