"""Sorting, searching and sets, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, random_array, special_values
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.local

LENGTHS = [0, 1, 2, 3, 100, 511, 513, 5000, 70000, 150000, 300000]


def many_values(length, dtype, seed=0):
    """Values of every magnitude, with equal ones, and for floats nan and both zeros."""
    dtype = np.dtype(dtype)
    generator = np.random.default_rng(seed)
    special = special_values(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        x = generator.integers(info.min, info.max, length, dtype, endpoint=True)
    else:
        x = random_array(length, dtype, seed)
    chosen = generator.random(length) < 0.3
    x[chosen] = generator.choice(special, int(chosen.sum()))
    if dtype.kind == "c":
        x.real[generator.random(length) < 0.1] = np.nan
        x.imag[generator.random(length) < 0.1] = np.nan
    return x


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("length", LENGTHS)
def test_sort(length, dtype):
    x = many_values(length, dtype)
    array = hpx.asarray(x)
    order = np.argsort(x, kind="stable")
    assert_same(hpx.argsort(array), order)
    assert_same(hpx.sort(array), x[order])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("length", [0, 1, 100, 5000])
def test_descending(length, dtype):
    x = random_array(length, dtype)
    # What is last among equals of the reversed array is first here.
    order = length - 1 - np.argsort(x[::-1], kind="stable")[::-1]
    assert_same(hpx.argsort(hpx.asarray(x), descending=True), order)
    assert_same(hpx.sort(hpx.asarray(x), descending=True), x[order])


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_nan_comes_last(dtype):
    x = np.array([1, np.nan, -1, np.inf, np.nan, -np.inf, 0], dtype)
    got = hpx.sort(hpx.asarray(x), descending=True)
    assert_same(got, np.array([np.inf, 1, 0, -1, -np.inf, np.nan, np.nan], dtype))
    assert_same(hpx.argsort(hpx.asarray(x), descending=True), np.array([3, 0, 6, 2, 5, 1, 4]))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("different", [1, 3, 300, 10**6])
def test_complex_numbers_with_equal_real_parts(dtype, different):
    generator = np.random.default_rng(different)
    for length in (2, 100, 1000, 70000):
        x = (generator.integers(0, different, length) * 0.5).astype(dtype)
        x.imag = generator.integers(-5, 5, length)
        for values in (x, x.real - 1j * np.abs(x.imag).astype(x.real.dtype)):
            order = np.argsort(values, kind="stable")
            assert_same(hpx.argsort(hpx.asarray(values)), order)
            assert_same(hpx.sort(hpx.asarray(values)), values[order])
        order = length - 1 - np.argsort(x[::-1], kind="stable")[::-1]
        assert_same(hpx.argsort(hpx.asarray(x), descending=True), order)
        assert_same(hpx.sort(hpx.asarray(x), descending=True), x[order])


@pytest.mark.parametrize("shape", [(), (0,), (5,), (3, 4), (0, 3), (3, 0), (4, 3, 5), (2, 3, 2, 4)])
@pytest.mark.parametrize("dtype", ["int16", "float64", "complex64"])
def test_axes(shape, dtype):
    x = random_array(shape, dtype)
    for view in (x, x.T, x[::-1], x[..., ::2]) if shape else (x,):
        for axis in [None, *range(-len(shape), len(shape))]:
            if axis is None and not shape:
                continue
            array = hpx.asarray(view)
            assert_same(hpx.sort(array, axis=axis), np.sort(view, axis=axis, kind="stable"))
            assert_same(hpx.argsort(array, axis=axis), np.argsort(view, axis=axis, kind="stable"))


@pytest.mark.parametrize("shape", [(300, 700), (3, 200000), (200000, 3)])
def test_large_axes(shape):
    x = random_array(shape)
    for axis in (0, 1):
        assert_same(hpx.sort(hpx.asarray(x), axis=axis), np.sort(x, axis=axis))
        order = np.argsort(x, axis=axis, kind="stable")
        assert_same(hpx.argsort(hpx.asarray(x), axis=axis), order)


def test_sorted_input_and_equal_elements():
    x = np.arange(100000.0)
    assert_same(hpx.sort(hpx.asarray(x[::-1].copy())), x)
    assert_same(hpx.argsort(hpx.zeros(100000)), np.arange(100000))
    assert_same(hpx.sort(hpx.full(100000, -0.0)), np.full(100000, -0.0))


def test_sorting_methods_change_the_array():
    x = random_array((6, 5))
    array = hpx.asarray(x)
    array.sort()
    assert_same(array, np.sort(x))
    array[:, 0].sort()
    array.sort(axis=0, descending=True)
    expected = np.sort(x)
    expected[:, 0].sort()
    assert_same(array, -np.sort(-expected, axis=0))
    assert_same(array.argsort(), np.argsort(array.to_numpy(), kind="stable"))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_lexsort(axis):
    keys = [random_array((7, 9), dtype) // 40 for dtype in ("int8", "float64")]
    keys.append(random_array((7, 9), "bool"))
    arrays = [hpx.asarray(key) for key in keys]
    assert_same(hpx.lexsort(arrays, axis=axis), np.lexsort(keys, axis=axis))
    reals = [x // 40 for x in (random_array((7, 9), "float64", 1), random_array((7, 9), "float64"))]
    assert_same(
        hpx.lexsort([hpx.asarray(x) for x in reals], axis=axis), np.lexsort(reals, axis=axis)
    )
    flat = [key.ravel() for key in keys]
    assert_same(hpx.lexsort([hpx.asarray(f) for f in flat]), np.lexsort(flat))
    long = random_array((3, 200000), "int8")
    assert_same(hpx.lexsort(hpx.asarray(long)), np.lexsort(long))


@pytest.mark.parametrize("kth", [0, 3, -1, (1, 4)])
def test_partition(kth):
    x = random_array((5, 6), "int64")
    for axis in (0, 1, None):
        length = x.size if axis is None else x.shape[axis]
        if max(np.ravel(kth)) >= length:
            continue
        got = hpx.partition(hpx.asarray(x), kth, axis=axis).to_numpy()
        ordered = np.sort(x, axis=axis)
        along = 0 if axis is None else axis
        for k in np.ravel(kth):
            assert np.array_equal(np.take(got, k, along), np.take(ordered, k, along))
        order = hpx.argpartition(hpx.asarray(x), kth, axis=axis).to_numpy()
        if axis is not None:
            assert np.array_equal(np.take_along_axis(x, order, axis), got)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(dtype, side):
    for length in (0, 1, 2, 7, 5000):
        x = np.sort(many_values(length, dtype))
        values = many_values(3000, dtype, seed=1).reshape(3, 1000)
        got = hpx.searchsorted(hpx.asarray(x), hpx.asarray(values), side=side)
        assert_same(got, np.searchsorted(x, values, side))
    x = many_values(100, dtype)
    order = np.argsort(x, kind="stable")
    got = hpx.searchsorted(hpx.asarray(x), hpx.asarray(x), side=side, sorter=hpx.asarray(order))
    assert_same(got, np.searchsorted(x, x, side, order))


def test_searchsorted_promotes():
    x = np.array([1, 2, 3], "uint8")
    array = hpx.asarray(x)
    assert int(hpx.searchsorted(array, 2.5)) == 2
    assert_same(hpx.searchsorted(array, [-1, 1.5, 300]), np.searchsorted(x, [-1, 1.5, 300]))
    assert_same(array.searchsorted(hpx.asarray([2])), np.array([1]))


BAD = [
    (lambda x: hpx.sort(x, axis=2), ValueError, r"sort: axis 2 is out of range"),
    (lambda x: hpx.argsort(x, axis=-3), ValueError, r"argsort: axis -3 is out of range"),
    (lambda x: hpx.sort(x, kind="bubble"), ValueError, r"kind 'bubble' does not exist"),
    (lambda x: hpx.sort(x, order="f"), ValueError, r"order='f' needs fields"),
    (lambda x: hpx.sort(hpx.zeros(())), ValueError, r"sort: axis -1 is out of range"),
    (lambda x: x.sort(axis=None), TypeError, r"axis is None"),
    (lambda x: hpx.lexsort([]), TypeError, r"lexsort: no keys"),
    (lambda x: hpx.lexsort([x, x[0]]), ValueError, r"lexsort: keys of shapes \(2, 3\) and \(3,\)"),
    (lambda x: hpx.partition(x, 3), ValueError, r"kth=3 is out of range for axis 1 of length 3"),
    (lambda x: hpx.argpartition(x, -4), ValueError, r"argpartition: kth=-4 is out of range"),
    (lambda x: hpx.searchsorted(x, 1), ValueError, r"shape \(2, 3\); it must have one dimension"),
    (lambda x: hpx.searchsorted(x[0], 1, side="up"), ValueError, r"side 'up' does not exist"),
    (
        lambda x: hpx.searchsorted(x[0], 1, sorter=[0]),
        ValueError,
        r"sorter has shape \(1,\), the array \(3,\)",
    ),
    (lambda x: hpx.searchsorted(x[0], 1, sorter=[0, 1, 3]), IndexError, r"3 is out of range"),
    (lambda x: hpx.isin(x, [1], kind="magic"), ValueError, r"isin: kind 'magic'"),
    (lambda x: hpx.unique(x, axis=2), ValueError, r"unique: axis 2 is out of range"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[2])
def test_errors(bad):
    call, error, message = bad
    with pytest.raises(error, match=message):
        call(hpx.ones((2, 3)))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(0,), (1,), (300,), (20, 15), (70000,), ()], ids=str)
def test_unique(shape, dtype):
    length = int(np.prod(shape))
    x = many_values(length, dtype).reshape(shape)
    array = hpx.asarray(x)
    # Which of two equal zeros is kept is not said.
    assert_same(hpx.unique(array) + 0, np.unique(x) + 0)
    asked = {"return_index": True, "return_inverse": True, "return_counts": True}
    got, expected = hpx.unique(array, **asked), np.unique(x, **asked)
    for ours, theirs in zip(got, expected, strict=True):
        assert_same(ours + 0, theirs + 0)
    if np.dtype(dtype).kind == "c":
        return
    for ours, theirs in zip(hpx.unique_all(array), np.unique_all(x), strict=True):
        assert_same(ours + 0, theirs + 0)
    assert_same(hpx.unique_values(array) + 0, np.unique_all(x).values + 0)
    assert_same(hpx.unique_counts(array).counts, np.unique_counts(x).counts)
    values, inverse = hpx.unique_inverse(array)
    assert_same(hpx.take(values, inverse) + 0, x + 0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_unique_along_an_axis(axis):
    x = random_array((6, 5, 2), "bool").astype("int32")
    asked = {"return_index": True, "return_inverse": True, "return_counts": True, "axis": axis}
    for view in (x, x[:, :2, :1], x[:0] if axis else x):
        got = hpx.unique(hpx.asarray(view), **asked)
        for ours, theirs in zip(got, np.unique(view, **asked), strict=True):
            assert_same(ours, theirs)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("sizes", [(0, 0), (0, 5), (5, 0), (40, 30), (3000, 2000)], ids=str)
def test_sets(sizes, dtype):
    a = random_array(sizes[0], dtype)
    b = random_array(sizes[1], dtype, seed=1)
    common = min(sizes) // 2
    b[:common] = a[:common]
    x, y = hpx.asarray(a), hpx.asarray(b)
    assert_same(hpx.union1d(x, y), np.union1d(a, b))
    assert_same(hpx.intersect1d(x, y), np.intersect1d(a, b))
    for ours, theirs in zip(
        hpx.intersect1d(x, y, return_indices=True),
        np.intersect1d(a, b, return_indices=True),
        strict=True,
    ):
        assert_same(ours, theirs)
    assert_same(hpx.setdiff1d(x, y), np.setdiff1d(a, b))
    assert_same(hpx.setdiff1d(x, y, assume_unique=True), a[~np.isin(a, b)])
    assert_same(hpx.setxor1d(x, y), np.setxor1d(a, b))
    assert_same(hpx.isin(x, y), np.isin(a, b))
    assert_same(hpx.isin(x, y, invert=True), np.isin(a, b, invert=True))
    assert_same(hpx.in1d(x, y), np.isin(a, b))


def test_sets_of_elements_that_are_equal_in_the_joined_dtype():
    large, small = np.array([2**63, 2**63 + 1, 7], "u8"), np.array([2**63 - 1, -1], "i8")
    x, y = hpx.asarray(large), hpx.asarray(small)
    assert_same(hpx.intersect1d(x, y), np.array([2.0**63]))
    assert_same(hpx.setxor1d(x, y), np.array([-1.0, 7.0]))
    assert_same(hpx.setxor1d(x, y[1:]), np.array([-1.0, 7.0, 2.0**63]))


def test_isin_of_numbers_and_other_dtypes():
    x = random_array((3, 4), "int8")
    array = hpx.asarray(x)
    assert_same(hpx.isin(array, 5), np.isin(x, 5))
    assert_same(hpx.isin(array, 5, invert=True), np.isin(x, 5, invert=True))
    assert_same(hpx.isin(array, [1.5, x[0, 0]]), np.isin(x, [1.5, x[0, 0]]))
    assert bool(hpx.isin(int(x[1, 1]), array))
    assert_same(hpx.isin([np.nan], [np.nan]), np.array([False]))


@given(st.lists(st.floats(width=32) | st.sampled_from([0.0, -0.0, np.nan]), max_size=600))
def test_any_floats(values):
    x = np.array(values, "float32")
    order = np.argsort(x, kind="stable")
    assert_same(hpx.argsort(hpx.asarray(x)), order)
    assert_same(hpx.sort(hpx.asarray(x)), x[order])


def sides_fit(part, whole, ranks, axis):
    """`part` has the elements of `whole`, those of `ranks` where sorting puts them."""
    part, ordered = np.moveaxis(part, axis, -1), np.sort(np.moveaxis(whole, axis, -1))
    np.testing.assert_array_equal(np.sort(part), ordered)
    for rank in ranks:
        np.testing.assert_array_equal(part[..., rank], ordered[..., rank])
        left, right = np.sort(part[..., :rank]), np.sort(part[..., rank:])
        np.testing.assert_array_equal(left, ordered[..., :rank])
        np.testing.assert_array_equal(right, ordered[..., rank:])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kth", [0, -1, 5, [2, 7], [8, 1, 4, 4]], ids=str)
def test_partition_has_each_side_of_its_ranks(dtype, kth):
    values = random_array((3, 9, 4), dtype, 3)
    if dtype.kind in "fc":
        values[0, 2:5, 1] = np.nan
    ranks = [k % 9 for k in np.ravel(kth).tolist()]
    for view in (lambda x: x, lambda x: x[::-1, ::-1]):
        x, base = view(hpx.asarray(values)), view(values)
        sides_fit(hpx.partition(x, kth, axis=1).to_numpy(), base, ranks, 1)
        positions = hpx.argpartition(x, kth, axis=1).to_numpy()
        sides_fit(np.take_along_axis(base, positions, 1), base, ranks, 1)
        np.testing.assert_array_equal(np.sort(positions, axis=1)[0, :, 0], np.arange(9))


@pytest.mark.parametrize("dtype", ["int16", "float64", "complex64"])
def test_partition_of_a_long_row(dtype):
    values = random_array(150_000, dtype, 4)
    x = hpx.asarray(values)
    ranks = [10, 75_000, 149_000]
    sides_fit(hpx.partition(x, 75_000).to_numpy(), values, [75_000], 0)
    sides_fit(hpx.partition(x, ranks).to_numpy(), values, ranks, 0)
    positions = hpx.argpartition(x, ranks).to_numpy()
    sides_fit(values[positions], values, ranks, 0)


def test_partition_of_few_and_none():
    assert_same(hpx.partition(hpx.zeros((0, 3)), 1), np.zeros((0, 3)))
    assert_same(hpx.partition(hpx.asarray([2.0]), 0), np.array([2.0]))
    assert_same(hpx.partition(hpx.asarray([2, 1]), []), np.array([2, 1]))
    with pytest.raises(
        ValueError, match=r"partition: kth=3 is out of range for axis 0 of length 3"
    ):
        hpx.partition(hpx.arange(3), 3)


@pytest.mark.parametrize("length", [*range(40), 63, 64, 65, 100, 513, 1000, 1025, 4096, 4097])
def test_sort_of_few(length):
    for dtype in ("uint8", "int32", "float32", "int64", "float64"):
        values = random_array(length, dtype, length) % 17
        x = hpx.asarray(values)
        assert_same(hpx.sort(x), np.sort(values))
        assert_same(hpx.argsort(x), np.argsort(values, kind="stable"))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_short_rows(dtype):
    for n in (*range(20), 63, 64, 65, 130, 512, 513):
        x = random_array((300, n), dtype, n)
        if dtype.kind == "f" and n:
            x[::7, 0], x[::5, -1], x[1::3, n // 2] = np.nan, -0.0, 0.0
        a = hpx.asarray(x)
        got = hpx.sort(a).to_numpy()
        expected = np.sort(x, axis=-1, kind="stable")
        assert np.array_equal(got, expected, equal_nan=dtype.kind in "fc")
        if dtype.kind == "f":
            assert np.array_equal(np.signbit(got[got == 0]), np.signbit(expected[expected == 0]))
        assert np.array_equal(
            hpx.sort(hpx.asarray(x.T), axis=0).to_numpy().T, got, equal_nan=dtype.kind in "fc"
        )
        if n == 0:
            continue
        for kth in ({0, n // 2}, {n - 1}, {0, n // 3, n - 1}):
            parted = hpx.partition(a, sorted(kth)).to_numpy()
            order = hpx.argpartition(a, sorted(kth)).to_numpy()
            assert np.array_equal(
                np.take_along_axis(x, order, -1), parted, equal_nan=dtype.kind in "fc"
            )
            for k in kth:
                assert np.array_equal(parted[:, k], expected[:, k], equal_nan=dtype.kind in "fc")
            assert np.array_equal(np.sort(parted, axis=-1), expected, equal_nan=dtype.kind in "fc")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_isin_of_few_and_of_near_integers(dtype):
    x = random_array((3, 400), dtype, 1)
    a = hpx.asarray(x)
    for count in (1, 7, 16, 17, 40, 300):
        for other in (dtype, np.dtype("int64"), np.dtype("uint8"), np.dtype("bool")):
            test = random_array(count, other, count)
            for invert in (False, True):
                got = hpx.isin(a, hpx.asarray(test), invert=invert)
                assert_same(got, np.isin(x, test, invert=invert))


def test_isin_at_the_ends_of_integers():
    top = 2**64 - 1
    x = np.array([top, top - 3, 2**63, 2**63 - 1, 5, 0], np.uint64)
    low = np.arange(-20, 0)
    assert hpx.isin(hpx.asarray(x), hpx.asarray(low + 8)).tolist() == [False] * 4 + [True, True]
    high = np.array(range(top - 20, top), np.uint64)
    assert hpx.isin(hpx.asarray(x), hpx.asarray(high)).tolist() == [False, True] + [False] * 4
    near = np.arange(2**63 - 25, 2**63 - 1) + 1
    assert hpx.isin(hpx.asarray(near), hpx.asarray(near[:-1])).tolist() == [True] * 23 + [False]
    small = np.array([-128, 127, 0], np.int8)
    got = hpx.isin(hpx.asarray(small), hpx.arange(120, 140))
    assert got.tolist() == [False, True, False]
