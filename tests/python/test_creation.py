"""Creation functions, local and distributed."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    DTYPES,
    assert_same,
    block_ranges,
    check,
    check_distributed,
    placements,
    random_array,
    ranges,
)

SHAPES = [(), (0,), (5,), (3000,), (2, 3), (0, 4), (4, 0), (7, 1, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["zeros", "ones"])
def test_zeros_and_ones(name, shape):
    assert_same(getattr(hpx, name)(shape), getattr(np, name)(shape))
    for dtype in DTYPES:
        assert_same(getattr(hpx, name)(shape, dtype=dtype), getattr(np, name)(shape, dtype))
    for place in placements(len(shape))[1:]:
        check_distributed(getattr(hpx, name)(shape, **place), getattr(np, name)(shape))


def test_an_integer_is_a_shape():
    assert_same(hpx.zeros(4), np.zeros(4))
    assert_same(hpx.ones(np.int64(4)), np.ones(4))
    assert_same(hpx.full([2, 3], 7), np.full([2, 3], 7))


@pytest.mark.parametrize("value", [True, 7, -1.5, 2 + 1j, np.float32(1.5), np.int8(3)])
def test_full(value):
    assert_same(hpx.full((3, 2), value), np.full((3, 2), value))
    assert_same(hpx.full(5000, value, dtype="complex64"), np.full(5000, value, "complex64"))
    check(hpx.full((5, 2), value, distribution="block", axis=1), np.full((5, 2), value))


def test_full_checks_integers():
    with pytest.raises(OverflowError, match="300 is out of bounds for uint8"):
        hpx.full(3, 300, dtype="uint8")


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_empty(place):
    x = hpx.empty((5, 3), dtype="int16", **place)
    assert (x.shape, x.dtype) == ((5, 3), np.int16)
    x[...] = 4
    check(x, np.full((5, 3), 4, np.int16))


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_like(place):
    x = hpx.asarray(random_array((5, 3), "float32"), **place)
    check(hpx.zeros_like(x), np.zeros((5, 3), "float32"))
    check(hpx.ones_like(x, dtype="int8"), np.ones((5, 3), "int8"))
    check(hpx.full_like(x, 2.5), np.full((5, 3), 2.5, "float32"))
    assert hpx.empty_like(x).shape == (5, 3)
    for made in (hpx.zeros_like(x), hpx.empty_like(x), hpx.full_like(x, 1)):
        assert made.distribution == x.distribution
        assert made.partition_sizes == x.partition_sizes


ARANGES = [
    (0,),
    (5,),
    (3, 10),
    (10, 3),
    (0, 10, 3),
    (10, 0, -3),
    (2.5,),
    (0, 1, 0.1),
    (1, 0, -0.25),
    (-3, 4000),
    (0, 2**40, 2**28),
]


@pytest.mark.parametrize("arguments", ARANGES, ids=str)
def test_arange(arguments):
    expected = np.arange(*arguments)
    tolerance = {"tolerance": 1e-14} if expected.dtype.kind == "f" else {}
    for place in placements(1):
        check(hpx.arange(*arguments, **place), expected, **tolerance)
    assert_same(hpx.arange(*arguments, dtype="float32"), expected.astype("float32"), tolerance=1e-6)


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("num", [0, 1, 2, 7, 5000])
@pytest.mark.parametrize("ends", [(0, 1), (1, -2.5), (3, 3), (0, 1 + 2j)], ids=str)
def test_linspace(ends, num, endpoint):
    expected = np.linspace(*ends, num, endpoint=endpoint)
    for place in placements(1):
        check(hpx.linspace(*ends, num, endpoint=endpoint, **place), expected, tolerance=1e-15)


@pytest.mark.parametrize(
    "ends",
    [
        (np.float32(2), np.float32(3)),
        (np.float32(2), 3),
        (0.5, np.array(3, "f4")),
        (np.array([1, 2], "f4"), np.int16(3)),
        (np.float32(1), 2j),
        (np.array(1 + 2j, "c8"), np.array([3, 4], "f4")),
        (np.int16(1), 2.5),
        (np.int16(1), 2j),
        (np.float32(1), [2, 3]),
        (np.float32(1), np.float64(2)),
    ],
    ids=str,
)
def test_ranges_of_single_precision(ends):
    ours = [hpx.asarray(end) if isinstance(end, np.ndarray) else end for end in ends]
    assert_same(hpx.linspace(*ours, 5), np.linspace(*ends, 5), tolerance=1e-6)
    assert_same(hpx.logspace(*ours, 5), np.logspace(*ends, 5), tolerance=1e-5)


@pytest.mark.parametrize("ends", [(1, 1000), (np.complex64(1j), 8), (2, np.array(-8j))], ids=str)
def test_geomspace_of_arrays(ends):
    ours = [hpx.asarray(end) if isinstance(end, np.ndarray) else end for end in ends]
    assert_same(hpx.geomspace(*ours, 7), np.geomspace(*ends, 7), tolerance=1e-14)


def test_linspace_of_integers():
    expected = np.linspace(-3, 10, 9, dtype="int64")
    assert_same(hpx.linspace(-3, 10, 9, dtype="int64"), expected)


@pytest.mark.parametrize("k", [-2, 0, 1, 9])
@pytest.mark.parametrize("columns", [None, 3, 7])
def test_eye(columns, k):
    for place in placements(2):
        check(hpx.eye(5, columns, k=k, **place), np.eye(5, columns, k))
    assert_same(hpx.eye(4, dtype="bool"), np.eye(4, dtype=bool))


OBJECTS = [
    3,
    True,
    2.5,
    1j,
    [1, 2, 3],
    [1.5, 2],
    (True, False),
    [[1, 2], [3, 4]],
    [],
    [[]],
    [np.float32(1), np.float32(2)],
    range(4),
    np.float32(2),
    np.arange(6).reshape(2, 3),
    np.arange(12.0)[::-3],
    np.arange(6).reshape(2, 3).T,
    np.array(5),
    pytest.param(memoryview(b"abc"), id="memoryview"),
]


@pytest.mark.parametrize("value", OBJECTS, ids=repr)
@pytest.mark.parametrize("function", [hpx.asarray, hpx.array], ids=["asarray", "array"])
def test_of_objects(function, value):
    expected = np.asarray(value)
    if isinstance(value, range):
        value = list(value)
    assert_same(function(value), expected)
    for place in placements(expected.ndim)[1:]:
        check_distributed(function(value, **place), expected)


def test_big_endian_is_turned():
    assert_same(hpx.asarray(np.arange(3, dtype=">i4")), np.arange(3, dtype="int32"))


def test_asarray_returns_the_same_array_and_array_a_copy():
    x = hpx.asarray([1.0, 2.0])
    assert hpx.asarray(x) is x
    y = hpx.array(x)
    y[0] = 9
    assert_same(x, np.array([1.0, 2.0]))
    z = hpx.asarray(x, copy=True)
    z[0] = 9
    assert_same(x, np.array([1.0, 2.0]))
    assert_same(hpx.asarray(x, dtype="int8"), np.array([1, 2], "int8"))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 100])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_blocks_differ_by_one_row_at_most(length, axis):
    shape = (length, 4) if axis == 0 else (4, length)
    x = hpx.zeros(shape, distribution="block", axis=axis)
    assert ranges(x) == (axis % 2, block_ranges(length))


def test_default_dtypes():
    assert hpx.zeros(2).dtype == hpx.ones(2).dtype == hpx.empty(2).dtype == np.float64
    assert hpx.asarray(1).dtype == hpx.arange(3).dtype == np.int64
    assert hpx.asarray(1.0).dtype == np.float64
    assert hpx.asarray(1j).dtype == np.complex128
    assert hpx.asarray(True).dtype == bool
