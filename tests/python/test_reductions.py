"""Reductions over any axes, local and across localities, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import itertools
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    DTYPES,
    SIZES,
    agree,
    assert_same,
    check,
    check_local,
    difference,
    distributed_problem,
    placements,
    random_array,
    special_values,
)

NAMES = ["sum", "prod", "min", "max", "any", "all", "mean", "count_nonzero", "var", "std"]
POSITIONS = ["argmin", "argmax"]
# Another order of the same additions.
CLOSE = {"tolerance": 1e-12}


def close(dtype):
    return {"tolerance": 1e-5 if dtype in (np.float32, np.complex64) else 1e-12}


def axes_of(dimensions):
    """None, every axis from both ends, and every tuple of axes."""
    every = range(dimensions)
    tuples = [t for n in range(2, dimensions + 1) for t in itertools.permutations(every, n)]
    return [None, (), *every, *(axis - dimensions for axis in every), *tuples]


def near_one(shape, dtype):
    """Values whose product neither overflows nor vanishes."""
    x = random_array(shape, dtype, 11)
    return (1 + x / 64).astype(dtype) if x.dtype.kind in "fc" else x


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_every_dtype(name, dtype):
    x = near_one((7, 9), dtype)
    for axis in (None, 0, 1):
        expected = np.asarray(getattr(np, name)(x, axis=axis))
        if name == "mean" and dtype.kind in "biu":
            expected = np.asarray(np.mean(x, axis=axis, dtype=np.float64))
        assert_same(getattr(hpx, name)(hpx.asarray(x), axis=axis), expected, **close(dtype))
    if hasattr(hpx.ndarray, name):
        assert_same(getattr(hpx.asarray(x), name)(), np.asarray(getattr(x, name)()), **close(dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", POSITIONS)
def test_positions_of_every_dtype(name, dtype):
    x = random_array((7, 9), dtype, 12)
    for axis in (None, 0, 1, -1):
        expected = np.asarray(getattr(np, name)(x, axis=axis))
        assert_same(getattr(hpx, name)(hpx.asarray(x), axis=axis), expected)


@pytest.mark.parametrize("shape", [(3,), (4, 5), (3, 4, 5), (2, 1, 3), (60, 2, 70)])
@pytest.mark.parametrize("name", ["sum", "max", "any", "mean", "var"])
def test_every_axis(name, shape):
    x = random_array(shape, seed=13)
    for axis in axes_of(len(shape)):
        for keepdims in (False, True):
            expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
            got = getattr(hpx, name)(hpx.asarray(x), axis=axis, keepdims=keepdims)
            # NumPy's sum of nothing but one element keeps the sign of zero; so does ours.
            assert_same(got, np.asarray(expected), tolerance=1e-11)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_distributed(name, axis):
    x = near_one((5, 6, 7), "float64")
    array = hpx.asarray(x, distribution="block", axis=axis)
    problems = []
    for over in axes_of(3)[:12]:
        for keepdims in (False, True):
            got = getattr(hpx, name)(array, axis=over, keepdims=keepdims)
            expected = np.asarray(getattr(np, name)(x, axis=over, keepdims=keepdims))
            joined = range(3) if over is None else np.atleast_1d(np.array(over, int)) % 3
            if axis in joined:
                if got.distribution is not None:
                    problems.append(f"{over}: still distributed")
                problems.append(difference(got.to_numpy(), expected, **CLOSE))
            else:
                problems.append(distributed_problem(got, expected, **CLOSE))
    agree("; ".join(filter(None, problems)))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", POSITIONS)
def test_distributed_positions(name, axis):
    x = random_array((11, 8), "int8", 14) // 16
    array = hpx.asarray(x, distribution="block", axis=axis)
    for over in (None, 0, 1):
        for keepdims in (False, True):
            got = getattr(hpx, name)(array, axis=over, keepdims=keepdims)
            check(got, np.asarray(getattr(np, name)(x, axis=over, keepdims=keepdims)))


@pytest.mark.parametrize("name", POSITIONS)
def test_the_first_of_equals_wins(name):
    for size in (6, 3000, 50000):
        x = np.zeros(size)
        x[[size // 3, size // 2, size - 1]] = -1 if name == "argmin" else 1
        for place in placements(1):
            array = hpx.asarray(x, **place)
            agree(difference(getattr(hpx, name)(array).to_numpy(), np.int64(size // 3)))
            x[[size - 2, size // 2]] = np.nan
            array = hpx.asarray(x, **place)
            agree(difference(getattr(hpx, name)(array).to_numpy(), np.int64(size // 2)))
            x[[size - 2, size // 2]] = 0
            x[size // 2] = x[size // 3]


@pytest.mark.parametrize("place", placements(1), ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("name", ["sum", "prod", "min", "max", "mean", "any", "all"])
def test_nan_and_infinity(name, dtype, place):
    problems = []
    for value in (np.nan, np.inf, -np.inf):
        for at in (0, 5, 4999):
            x = np.ones(5000, dtype)
            x[at] = value
            if dtype.startswith("complex") and np.isinf(value) and name == "prod":
                continue
            got = getattr(hpx, name)(hpx.asarray(x, **place)).to_numpy()
            problems.append(difference(got, np.asarray(getattr(np, name)(x))))
    agree("; ".join(filter(None, problems)))


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (0, 0), (2, 0, 3)])
def test_empty(shape, place):
    if place.get("axis", 0) >= len(shape) or (len(shape) == 1 and place == placements(2)[-1]):
        return
    x = np.ones(shape)
    array = hpx.asarray(x, **place)
    for axis in [None, *range(len(shape))]:
        for name in ("sum", "prod", "any", "all", "count_nonzero"):
            check(getattr(hpx, name)(array, axis=axis), np.asarray(getattr(np, name)(x, axis=axis)))
        joined = x.size == 0 if axis is None else shape[axis] == 0
        for name in ("min", "max", "argmin", "argmax"):
            if joined:
                with pytest.raises(ValueError, match=f"{name}: .*empty"):
                    getattr(hpx, name)(array, axis=axis)
            else:
                check(
                    getattr(hpx, name)(array, axis=axis),
                    np.asarray(getattr(np, name)(x, axis=axis)),
                )


def test_mean_of_nothing_is_nan():
    assert np.isnan(float(hpx.mean(hpx.zeros(0))))
    check_local(hpx.mean(hpx.zeros((3, 0)), axis=1), np.full(3, np.nan))


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("name", ["sum", "min", "max", "argmax", "mean"])
def test_fewer_rows_than_localities(name, rows):
    x = random_array((rows, 3), seed=15)
    array = hpx.asarray(x, distribution="block")
    for axis in (None, 0, 1):
        check(
            getattr(hpx, name)(array, axis=axis),
            np.asarray(getattr(np, name)(x, axis=axis)),
            **(CLOSE if name in ("sum", "mean") else {}),
        )


def test_small_integers_widen():
    for dtype in (d for d in DTYPES if d.kind in "biu"):
        x = np.full(5000, np.iinfo(dtype).max if dtype.kind != "b" else True, dtype)
        for name in ("sum", "prod"):
            assert_same(getattr(hpx, name)(hpx.asarray(x)), np.asarray(getattr(np, name)(x)))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dtype(dtype):
    x = random_array((40, 90), "int16", 16)
    signs = np.where(x < 0, -1, 1).astype("int16")
    signs[::20, ::20] = 3
    for name, values in (("sum", x), ("prod", signs)):
        for axis in (None, 0, 1):
            expected = np.asarray(getattr(np, name)(values, axis=axis, dtype=dtype))
            for place in placements(2):
                got = getattr(hpx, name)(hpx.asarray(values, **place), axis=axis, dtype=dtype)
                check(got, expected, tolerance=1e-4)
    if dtype.kind in "fc":
        got = hpx.mean(hpx.asarray(signs), axis=1, dtype=dtype)
        assert_same(got, np.mean(signs, axis=1, dtype=dtype), tolerance=1e-5)


def test_out():
    x = random_array((40, 90), seed=17)
    out = hpx.zeros(90)
    assert hpx.sum(hpx.asarray(x), axis=0, out=out) is out
    assert_same(out, np.sum(x, axis=0), **CLOSE)
    out = hpx.zeros(40, dtype=np.int64)
    hpx.asarray(x).argmax(1, out)
    assert_same(out, np.argmax(x, axis=1))


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_initial_and_where(place):
    x = random_array((40, 90), seed=18)
    mask = random_array((40, 90), "bool", 19)
    array, chosen = hpx.asarray(x, **place), hpx.asarray(mask, **place)
    for axis in (None, 0, 1):
        got = hpx.sum(array, axis=axis, initial=10)
        check(got, np.asarray(np.sum(x, axis=axis, initial=10)), **CLOSE)
        got = hpx.max(array, axis=axis, initial=1.5)
        check(got, np.asarray(np.max(x, axis=axis, initial=1.5)))
        got = hpx.min(array, axis=axis, initial=-1.5)
        check(got, np.asarray(np.min(x, axis=axis, initial=-1.5)))
        got = hpx.sum(array, axis=axis, where=chosen)
        check(got, np.asarray(np.sum(x, axis=axis, where=mask)), tolerance=1e-11)
        got = hpx.max(array, axis=axis, where=chosen, initial=-9.0)
        check(got, np.asarray(np.max(x, axis=axis, where=mask, initial=-9.0)))
        for name in ("mean", "var", "std"):
            got = getattr(hpx, name)(array, axis=axis, where=chosen)
            check(got, np.asarray(getattr(np, name)(x, axis=axis, where=mask)), tolerance=1e-11)
        got = hpx.any(array > 2.5, axis=axis, where=chosen)
        check(got, np.asarray(np.any(x > 2.5, axis=axis, where=mask)))


def test_initial_of_empty():
    assert float(hpx.max(hpx.zeros(0), initial=3.0)) == 3
    assert float(hpx.min(hpx.zeros(0), initial=-3)) == -3
    assert float(hpx.sum(hpx.zeros(0), initial=2)) == 2


def test_max_with_where_needs_initial():
    x = hpx.asarray([1.0, 2.0])
    with pytest.raises(ValueError, match="max: where= needs initial="):
        hpx.max(x, where=hpx.asarray([True, False]))


@pytest.mark.parametrize("size", SIZES)
def test_sizes(size):
    x = random_array(size, seed=20)
    array = hpx.asarray(x)
    assert_same(hpx.sum(array), np.asarray(x.sum()), tolerance=1e-11)
    assert_same(hpx.sum(array * 2 + 1), np.asarray((x * 2 + 1).sum()), tolerance=1e-11)
    if size:
        assert_same(hpx.max(array * array), np.asarray((x * x).max()))
        assert_same(hpx.argmin(array + 1), np.asarray((x + 1).argmin()))


VIEWS = [
    lambda x: x[::-1],
    lambda x: x[:, ::-2],
    lambda x: x.T,
    lambda x: x[5:50, 7:],
    lambda x: x[::7, None, 3],
]


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_views(view, place):
    x = random_array((60, 90), seed=21)
    seen = VIEWS[view](x)
    array = VIEWS[view](hpx.asarray(x, **place))
    for axis in [None, *range(seen.ndim)]:
        check(hpx.sum(array, axis=axis), np.asarray(seen.sum(axis=axis)), tolerance=1e-11)
        check(hpx.max(array * 2, axis=axis), np.asarray((seen * 2).max(axis=axis)))
        if not (place and axis is None):
            check(hpx.argmax(array, axis=axis), np.asarray(seen.argmax(axis=axis)))


def test_float32_sums_stay_accurate():
    x = random_array(1 << 20, "float32", 22) + np.float32(1)
    exact = x.astype(np.float64).sum()
    for place in placements(1):
        got = float(hpx.sum(hpx.asarray(x, **place)))
        agree("" if abs(got - exact) <= 1e-6 * exact else f"{got}, in float64 {exact}")


def test_a_reduction_is_equal_on_all_localities():
    x = hpx.asarray(random_array(10007, seed=23), distribution="block")
    for result in (x.sum(), (x * x).mean(), hpx.prod(1 + x / 1e4), x.min()):
        values = hpx.all_gather_object(result.to_numpy().tobytes())
        assert len(set(values)) == 1


def test_one_locality_alone_may_read_a_result():
    x = random_array(5000, seed=24)
    total = (hpx.asarray(x, distribution="block") * 2).sum()
    problem = ""
    if hpx.locality_id() == 0 and not np.isclose(float(total), 2 * x.sum(), rtol=1e-11):
        problem = f"{float(total)}, expected {2 * x.sum()}"
    agree(problem)


def test_empty_blocks_after_slicing():
    x = random_array(1000, seed=25)
    array = hpx.asarray(x, distribution="block")[:5]
    check_local(array.sum(), np.asarray(x[:5].sum()), **CLOSE)
    check_local(array.max(), np.asarray(x[:5].max()))
    check_local(hpx.argmin(array), np.asarray(x[:5].argmin()))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_extremes_of_special_values(dtype):
    values = special_values(dtype)
    if dtype.kind == "f":
        values = values[~np.isnan(values)]
    x = np.resize(values, 5000)
    for name in ("min", "max", "argmin", "argmax"):
        assert_same(getattr(hpx, name)(hpx.asarray(x)), np.asarray(getattr(np, name)(x)))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_degrees_of_freedom(dtype):
    x = random_array((30, 70), dtype, 21)
    a = hpx.asarray(x)
    for axis in (None, 0, 1, (0, 1)):
        for name in ("var", "std"):
            function = getattr(hpx, name)
            for less in (1, 2.5, 30, 5000):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    expected = np.asarray(getattr(np, name)(x, axis=axis, ddof=less))
                if dtype.kind in "biu":
                    expected = expected.astype(np.float64)
                assert_same(function(a, axis=axis, ddof=less), expected, **close(dtype))
                assert_same(function(a, axis=axis, correction=less), expected, **close(dtype))
    assert_same(
        a.var(dtype="float64") if dtype.kind != "c" else a.var(),
        np.var(x, dtype="float64" if dtype.kind != "c" else None),
        **close(dtype),
    )


def test_variance_far_from_zero():
    # The difference of the sums' squares would have no digit left.
    x = 1e9 + random_array(100_000, seed=22)
    for array, axis in ((x, None), (x.reshape(-1, 10), 0), (x.reshape(10, -1), 1)):
        got = hpx.var(hpx.asarray(array), axis=axis)
        assert_same(got, np.asarray(np.var(array, axis=axis)), tolerance=1e-6)


def test_variance_of_special_values():
    for values in ([], [np.nan, 1.0], [np.inf, 1.0], [2.0], [0.1] * 3000):
        x = np.array(values)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.var(x)
        assert np.allclose(float(hpx.var(hpx.asarray(x))), expected, 1e-12, 1e-30, True)


def test_mean_and_variance_share_a_pass():
    a = hpx.asarray(random_array((300, 400), seed=23))
    mean, variance = hpx.mean(a, axis=1), hpx.var(a, axis=1)
    hpx.eval(mean, variance)
    assert_same(mean, np.mean(a.to_numpy(), axis=1), tolerance=1e-12)
    assert_same(variance, np.var(a.to_numpy(), axis=1), tolerance=1e-12)
    with pytest.raises(IndexError, match="var: axis 2"):
        hpx.var(a, axis=2)
    with pytest.raises(ValueError, match="var: axis 0 is named twice"):
        hpx.std(a, axis=(0, 0))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "complex64"])
def test_means_and_variances_of_chosen_elements(dtype):
    x = random_array((6, 1, 8), dtype, 24)
    mask = random_array((2, 8), "bool", 25)
    given = hpx.asarray(np.broadcast_to(x, (6, 2, 8)).copy())
    for axis in (None, 1, (0, 2), ()):
        for name, more in (("mean", {}), ("var", {"ddof": 1}), ("std", {"keepdims": True})):
            got = getattr(given, name)(axis=axis, where=mask, **more)
            expected = getattr(np, name)(given.to_numpy(), axis=axis, where=mask, **more)
            assert_same(got, np.asarray(expected), tolerance=2e-6)
    got = hpx.var(given, where=False)
    assert got.shape == ()
    assert np.isnan(float(got))
    with pytest.raises(ValueError, match=r"mean: where= has shape \(4, 6, 2, 8\), which does not"):
        hpx.mean(given, where=np.ones((4, 6, 2, 8), bool))
    with pytest.raises(ValueError, match="do not broadcast"):
        hpx.var(given, where=[True, False, True])


def test_where_with_dtype_and_out():
    x = random_array((6, 8), "float32", 26)
    mask = x > 0
    out = hpx.zeros(8)
    assert hpx.mean(hpx.asarray(x), 0, dtype="float64", out=out, where=mask) is out
    assert_same(out, np.mean(x, 0, dtype="float64", where=mask), tolerance=1e-14)


@pytest.mark.parametrize("dtype", ["int8", "float32", "float64", "complex64"])
@pytest.mark.parametrize("place", placements(2), ids=str)
def test_variances_around_known_means(place, dtype):
    x, mask = random_array((40, 30), dtype, 27), random_array((40, 30), "bool", 28)
    a = hpx.asarray(x, **place)
    for axis in (None, 0, 1):
        for where in (True, mask):
            means = np.mean(x, axis=axis, keepdims=True, where=where)
            for name, more in (("var", {"ddof": 1}), ("std", {"keepdims": True})):
                given = {"axis": axis, "where": where, **more}
                around = hpx.mean(a, axis, keepdims=True, where=where)
                got = getattr(hpx, name)(a, mean=around, **given)
                expected = getattr(np, name)(x, mean=means, **given)
                check(got, np.asarray(expected), tolerance=1e-5 if x.itemsize < 8 else 1e-6)
    with pytest.raises(ValueError, match=r"var: mean= has shape \(2, 1, 1\), which does not"):
        hpx.var(a, mean=np.ones((2, 1, 1)))
