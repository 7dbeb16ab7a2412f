"""Cumulative sums and products, on one locality and across localities, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    DTYPES,
    SIZES,
    agree,
    assert_same,
    check,
    difference,
    distributed_problem,
    placements,
    random_array,
)

NUMPY = {"cumulative_sum": np.cumsum, "cumulative_prod": np.cumprod}
# Around one chunk of a scan, for one column, a few, and more than threads share by chunks.
SHAPES = [(5,), (3, 4), (0, 3), (3, 0), (40000,), (7000, 5), (5, 9000), (40, 300), (3, 70, 260)]


def operand(name, shape, dtype):
    """Values whose product stays finite."""
    x = random_array(shape, dtype, 3)
    return (1 + x / 100).astype(dtype) if name.endswith("prod") and x.dtype.kind in "fc" else x


def tolerance(dtype):
    # Chunks are joined in another order than NumPy's.
    if dtype.kind not in "fc":
        return {}
    return {"tolerance": 2e-3 if dtype in (np.float32, np.complex64) else 1e-9}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", NUMPY)
def test_every_dtype(name, dtype):
    x = operand(name, (6, 5), dtype)
    for axis in (0, 1, -1):
        expected = NUMPY[name](x, axis=axis)
        # One chunk is joined in order, as in NumPy.
        got = getattr(hpx, name)(hpx.asarray(x), axis=axis)
        assert_same(got, expected, tolerance=1e-6 if name.endswith("prod") else 0)
        other = {"cumulative_sum": "cumsum", "cumulative_prod": "cumprod"}[name]
        assert_same(getattr(hpx, other)(hpx.asarray(x), axis), got.to_numpy())
        assert_same(getattr(hpx.asarray(x), other)(axis), got.to_numpy())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NUMPY)
def test_shapes_and_axes(name, shape):
    for dtype in map(np.dtype, ("int32", "float64")):
        x = operand(name, shape, dtype)
        for axis in range(len(shape)):
            got = getattr(hpx, name)(hpx.asarray(x), axis=axis)
            assert_same(got, NUMPY[name](x, axis=axis), **tolerance(dtype))


@pytest.mark.parametrize("size", SIZES)
def test_views_and_expressions(size):
    x = random_array((size, 3), seed=1)
    a = hpx.asarray(x)
    close = {"tolerance": 1e-8}
    assert_same(hpx.cumsum(a[::-1, 1]), np.cumsum(x[::-1, 1]), **close)
    assert_same(hpx.cumsum(a.T, axis=1), np.cumsum(x.T, axis=1), **close)
    assert_same(hpx.cumsum(a * 2 + 1, axis=0), np.cumsum(x * 2 + 1, axis=0), **close)
    assert_same(a, x)


@pytest.mark.parametrize("shape", [(4,), (40000,), (3, 5), (300, 300), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("name", NUMPY)
def test_initial_value(name, shape):
    x = operand(name, shape, "float64")
    for axis in range(len(shape)):
        got = getattr(hpx, name)(hpx.asarray(x), axis=axis, include_initial=True)
        first = np.full_like(x.take([0], axis), 0 if name.endswith("sum") else 1)
        expected = np.concatenate([first, NUMPY[name](x, axis=axis)], axis)
        assert_same(got, expected, tolerance=1e-8)


@pytest.mark.parametrize("name", NUMPY)
def test_dtype(name):
    x = random_array(300, "int8", 4)
    for dtype in ("int8", "uint16", "float32", "bool", "complex64"):
        expected = NUMPY[name](x, dtype=dtype)
        if dtype == "bool":
            joining = np.logical_or if name.endswith("sum") else np.logical_and
            expected = joining.accumulate(x.astype(bool))
        with np.errstate(all="ignore"):
            got = getattr(hpx, name)(hpx.asarray(x), dtype=dtype)
        assert_same(got, expected, tolerance=1e-5)


def test_positive_sums_never_fall():
    x = np.abs(random_array(100_000, seed=5)) * 10.0 ** random_array(100_000, "int8", 6)
    assert (np.diff(hpx.cumsum(hpx.asarray(x)).to_numpy()) >= 0).all()


# The chunks of a row are scanned in lanes, large results past the caches.
@pytest.mark.parametrize("size", [2063, 2064, 2065, 4129, 18575, 18577, 20641, 300_001, 1_200_003])
@pytest.mark.parametrize("dtype", ["float32", "int64", "complex128"])
def test_ends_of_chunks(size, dtype):
    x = np.random.default_rng(size).integers(0, 9, size).astype(dtype)
    array, wanted = hpx.asarray(x), np.cumsum(x)
    np.testing.assert_array_equal(hpx.cumsum(array).to_numpy(), wanted)
    longer = hpx.cumulative_sum(array, include_initial=True).to_numpy()
    np.testing.assert_array_equal(longer, np.concatenate([[0], wanted]))


@pytest.mark.parametrize("shape", [(17, 2064), (3, 19000), (9, 40), (40, 50_001), (300, 7000)])
@pytest.mark.parametrize("initial", [False, True])
def test_rows_side_by_side(shape, initial):
    x = np.random.default_rng(1).integers(0, 9, shape)
    got = hpx.cumulative_sum(hpx.asarray(x), axis=1, include_initial=initial).to_numpy()
    np.testing.assert_array_equal(got[:, int(initial) :], np.cumsum(x, axis=1))
    assert not initial or (got[:, 0] == 0).all()


def test_flattening_and_dimensions():
    x = random_array((3, 4), seed=7)
    assert_same(hpx.cumsum(hpx.asarray(x)), np.cumsum(x), tolerance=1e-14)
    assert_same(hpx.cumsum(hpx.asarray(2.5)), np.array([2.5]))
    assert_same(hpx.cumulative_sum(hpx.asarray(x[0])), np.cumsum(x[0]))
    with pytest.raises(ValueError, match="cumulative_sum: axis must be given"):
        hpx.cumulative_sum(hpx.asarray(x))
    with pytest.raises(IndexError, match="cumulative_prod: axis 2"):
        hpx.cumulative_prod(hpx.asarray(x), axis=2)


def test_out():
    x = random_array(50, "float32", 8)
    out = hpx.zeros(50, dtype="float64")
    assert hpx.cumsum(hpx.asarray(x), out=out) is out
    assert_same(out, np.cumsum(x, out=np.zeros(50)), tolerance=1e-14)
    with pytest.raises(ValueError, match=r"cumsum: out has shape \(3,\), the result \(50,\)"):
        hpx.cumsum(hpx.asarray(x), out=hpx.zeros(3))
    with pytest.raises(TypeError, match="cumsum: a result of complex64 cannot be stored"):
        hpx.cumsum(hpx.asarray(x + 1j), out=hpx.zeros(50, dtype="float32"))
    with pytest.raises(TypeError, match=r"cumsum: out=\[\] is no array of hpxpy or NumPy"):
        hpx.cumsum(hpx.asarray(x), out=[])


@pytest.mark.parametrize("shape", [(1, 3), (11, 8), (40000, 2), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("name", NUMPY)
def test_distributed(name, shape):
    problems = []
    for dtype in map(np.dtype, ("int16", "float64")):
        x = operand(name, shape, dtype)
        for place in placements(len(shape))[1:]:
            for axis in range(len(shape)):
                got = getattr(hpx, name)(hpx.asarray(x, **place), axis=axis)
                expected = NUMPY[name](x, axis=axis)
                problems.append(distributed_problem(got, expected, **tolerance(dtype)))
    agree("; ".join(filter(None, problems)))


def test_distributed_initial_value_and_flattening():
    x = random_array((4, 6), seed=9)
    array = hpx.asarray(x, distribution="block", axis=0)
    expected = np.concatenate([np.zeros((4, 1)), np.cumsum(x, axis=1)], 1)
    check(hpx.cumulative_sum(array, axis=1, include_initial=True), expected, tolerance=1e-12)
    expected = np.concatenate([np.zeros((1, 6)), np.cumsum(x, axis=0)], 0)
    check(hpx.cumulative_sum(array, axis=0, include_initial=True), expected, tolerance=1e-12)
    check(hpx.cumsum(array), np.cumsum(x), tolerance=1e-12)
    check(hpx.cumprod(array.T), np.cumprod(x.T), tolerance=1e-12)
    whole = hpx.cumsum(hpx.redistribute(array, None))
    agree(difference(whole.to_numpy(), np.cumsum(x), tolerance=1e-12))


@pytest.mark.parametrize("shape", [(3, 70000), (600, 300), (40, 50, 60)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_scans_have_the_same_bits_however_their_operand_is_read(shape, dtype):
    values = np.random.default_rng(4).standard_normal(shape).astype(dtype)
    x = hpx.asarray(values)
    for axis in range(values.ndim):
        expected = np.asarray(hpx.cumsum(hpx.asarray(np.ascontiguousarray(values.T)), axis=axis))
        assert np.asarray(hpx.cumsum(x.T, axis=axis)).tobytes() == expected.tobytes()
        expected = np.asarray(hpx.cumsum(hpx.asarray(np.asarray(x * 3)), axis=axis))
        assert np.asarray(hpx.cumsum(x * 3, axis=axis)).tobytes() == expected.tobytes()


@pytest.mark.parametrize("axis", [0, 1])
def test_lines_where_a_locality_holds_none_of_the_axis_of_length_1(axis):
    shape = (70, 1) if axis == 0 else (1, 70)
    x = random_array(shape, "complex128")
    bounds = (0,) * hpx.num_localities() + (1,)
    array = hpx.asarray(x, distribution=hpx.Distribution("block", 1 - axis, bounds=bounds))
    check(hpx.cumsum(array, axis=axis), np.cumsum(x, axis=axis), tolerance=1e-12)
