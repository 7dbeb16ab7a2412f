"""Indexing and assignment with integer arrays, masks and mixtures, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, SIZES, assert_same, check, placements, random_array
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.local

SHAPE = (4, 3, 5)
MASK = random_array(SHAPE, "bool")
ROWS = random_array(SHAPE[:2], "bool", seed=1)

KEYS = [
    [0, 1],
    [],
    np.array([2, -1, 0, 0]),
    np.array([[1, 2], [3, 0]]),
    np.array([1, 2], "uint8"),
    np.array([-1, 2], "int16"),
    np.array([1], "uint64"),
    (np.array(1),),
    ([0, 3], [1, 2]),
    ([[0], [3]], [1, 2]),
    ([0, 1], [2]),
    (slice(None), [0, 2, 1]),
    (slice(None), [0, 2], slice(None, None, -1)),
    ([0, 1], slice(None), [1, 2]),
    (0, slice(None), [1, 2]),
    ([1, 2], 0),
    (slice(1, 3), [0, 2], [4, 4]),
    (..., [1, -1]),
    ([1, 2], ...),
    (slice(None), [1, 1], ..., 2),
    (None, [0, 1]),
    ([0, 1], None, [1, 1]),
    ([0, 1], ..., None, [1, 1]),
    (slice(None, None, -2), [2, 0]),
    MASK,
    ROWS,
    (slice(None), random_array(SHAPE[1:], "bool", seed=2)),
    (slice(None), np.array([True, False, True])),
    ([True, False, True, False],),
    (ROWS, slice(0, 2)),
    (ROWS, [0]),
    (..., random_array(SHAPE[2:], "bool", seed=3)),
    (np.array([True, False, True, True]), slice(None), [1, 2, 0]),
    np.zeros(SHAPE, bool),
    np.ones(SHAPE, bool),
    True,
    False,
    np.True_,
    (True, 0),
    (slice(None), True),
    (True, [0, 1], slice(None), [1, 1]),
]


def text(key):
    return "".join(str(key).split())


def views(x):
    """The same elements lying differently in memory."""
    wide = np.zeros((2 * x.shape[0], *x.shape[1:]), x.dtype)
    wide[::2] = x
    yield x, hpx.asarray(x)
    yield x, hpx.asarray(wide)[::2]
    yield x, hpx.asarray(x[::-1, :, ::-1].copy())[::-1, :, ::-1]
    yield x, hpx.asarray(x.transpose(2, 0, 1).copy()).transpose(1, 2, 0)


@pytest.mark.parametrize("key", KEYS, ids=text)
def test_reading(key):
    for expected, array in views(random_array(SHAPE)):
        assert_same(array[key], expected[key])
        assert_same((array * 2)[key] + 1, expected[key] * 2 + 1)


@pytest.mark.parametrize("key", KEYS, ids=text)
def test_reading_with_our_arrays(key):
    def ours(item):
        return hpx.asarray(item) if isinstance(item, np.ndarray) else item

    own = tuple(map(ours, key)) if isinstance(key, tuple) else ours(key)
    x = random_array(SHAPE)
    assert_same(hpx.asarray(x)[own], x[key])


@pytest.mark.parametrize("key", KEYS, ids=text)
def test_writing(key):
    for x, array in views(random_array(SHAPE)):
        expected = x.copy()
        expected[key] = -1
        array[key] = -1
        assert_same(array, expected)
        values = random_array(expected[key].shape, seed=5)
        expected[key] = values
        array[key] = hpx.asarray(values)
        assert_same(array, expected)
        row = random_array(expected[key].shape[-1:], "float32", seed=6)
        expected[key] = row
        array[key] = row
        assert_same(array, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype(dtype):
    x = random_array((50, 7), dtype)
    array = hpx.asarray(x)
    for key in ([3, 1, -1], (slice(None), [2, 0]), x.real > 0, ([1, 2], [3, 4])):
        assert_same(array[key], x[key])
        expected, target = x.copy(), array.copy()
        expected[key] = x[key][::-1]
        target[key] = array[key][::-1]
        assert_same(target, expected)


def test_a_mask_without_elements_chooses_nothing():
    x = hpx.ones((2, 3))
    assert x[hpx.zeros((0, 3), dtype="bool")].shape == (0,)
    assert x[hpx.zeros(0, dtype="bool")].shape == (0, 3)
    x[hpx.zeros((2, 0), dtype="bool")] = 7
    assert_same(x, np.ones((2, 3)))


@pytest.mark.parametrize("size", [0, 1, 1000, 40000, 300000])
def test_long_arrays(size):
    x = random_array(size)
    array = hpx.asarray(x)
    mask = x > 0.3
    assert_same(array[mask], x[mask])
    assert_same(array[array > 0.3], x[mask])
    positions = np.random.default_rng(1).integers(-size, size, 2 * size) if size else []
    assert_same(array[positions], x[positions])
    values = random_array(len(positions), seed=2)
    x[positions] = values
    array[positions] = values
    assert_same(array, x)
    x[mask] = values[: mask.sum()]
    array[mask] = values[: mask.sum()]
    assert_same(array, x)
    x[x > 1] *= -2
    array[array > 1] *= -2
    assert_same(array, x)


def test_long_rows_and_columns():
    x = random_array((500, 300))
    array = hpx.asarray(x)
    order = np.random.default_rng(1).permutation(300)
    for key in ((order + 100), (slice(None), order), (order[:100, None], order), x[:, 0] > 0):
        assert_same(array[key], x[key])
        expected, target = x.copy(), array.copy()
        expected[key] = expected[key] * 2
        target[key] = target[key] * 2
        assert_same(target, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_few_columns_of_many_rows(dtype):
    for shape in ((500, 8), (3, 200, 5), (7, 33, 9), (2, 3, 70, 6)):
        base = random_array(shape, dtype, 1)
        array = hpx.asarray(base)
        for count in (1, 2, 3, 4, 5, 7, 8, 31, 33, 100):
            at = np.random.default_rng(count).integers(-shape[-1], shape[-1], count)
            assert_same(array[..., at], base[..., at])
            assert_same(array[:, at % shape[1]], base[:, at % shape[1]])
            assert_same(array[::-1, ..., at], base[::-1, ..., at])
        two = np.array([[0, 1], [-1, 2]])
        assert_same(array[..., two], base[..., two])
        assert_same(hpx.take(array, [1, 1], axis=1), np.take(base, [1, 1], axis=1))


def test_the_last_of_several_values_stays():
    for count in (5, 200000):
        x = hpx.zeros(10)
        x[np.arange(count) % 10] = np.arange(count)
        expected = np.zeros(10)
        expected[np.arange(count) % 10] = np.arange(count)
        assert_same(x, expected)


def test_results_are_copies_and_earlier_results_stay():
    x = hpx.arange(5000)
    recorded = x * 2
    chosen = x[[1, 2]]
    chosen[0] = 100
    assert int(x[1]) == 1
    x[[1, 2]] = 7
    x[x > 4000] = 0
    assert_same(recorded, np.arange(5000) * 2)


def test_the_memory_written_may_be_read():
    x = np.arange(9)
    array = hpx.asarray(x)
    x[x[::-1].copy()] = x[:9].copy()
    array[array[::-1]] = array
    assert_same(array, x)
    x[[0, 1, 2]] = x[1:4].copy()
    array[[0, 1, 2]] = array[1:4]
    assert_same(array, x)
    x[x > 4] = x[x > 4][::-1].copy()
    array[array > 4] = array[array > 4][::-1]
    assert_same(array, x)


def test_values_are_converted():
    x = hpx.zeros(4, dtype="int32")
    x[[0, 1]] = [1.9, -1.9]
    x[x == 0] = 2.5
    assert_same(x, np.array([1, -1, 2, 2], "int32"))
    x[[True, False, False, True]] = hpx.asarray([7.5])
    assert_same(x, np.array([7, -1, 2, 7], "int32"))


@pytest.mark.parametrize("key", [(), ..., None, True, False, (None, ...), np.True_], ids=str)
def test_arrays_without_axes(key):
    x, array = np.array(3.0), hpx.asarray(3.0)
    assert_same(array[key], np.asarray(x[key]))
    x[key] = 5
    array[key] = 5
    assert_same(array, x)


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_a_mask_that_sets_one_value_works_on_blocks(place):
    x = random_array((8, 7))
    array = hpx.asarray(x, **place)
    array[array > 0] = 2
    x[x > 0] = 2
    check(array, x)


@pytest.mark.parametrize("dtype", ["bool", "int8", "float32", "float64", "complex128"])
@pytest.mark.parametrize("n", [*SIZES, 1_200_007])
def test_a_mask_that_sets_few_elements(n, dtype):
    x = random_array(n, dtype)
    array = hpx.asarray(x)
    earlier = array + array
    doubled = x + x
    for every in (1, 3, 70, 1000, 300_000, 2_000_000):
        mask = np.arange(n) % every == every - 1
        array[hpx.asarray(mask)] = 1
        x[mask] = 1
        assert_same(array, x)
    array[::-1][hpx.arange(n) == 5] = 0
    x[::-1][np.arange(n) == 5] = 0
    assert_same(array, x)
    assert_same(earlier, doubled)


BAD = [
    ([4], IndexError, r"4 is out of range for axis 0 of length 4"),
    ([[0, -5]], IndexError, r"-5 is out of range for axis 0 of length 4"),
    ((slice(None), [0, 3]), IndexError, r"3 is out of range for axis 1 of length 3"),
    ((5, [0]), IndexError, r"5 is out of range for axis 0 of length 4"),
    (([[0]], [3]), IndexError, r"3 is out of range for axis 1 of length 3"),
    (([0], None, [3]), IndexError, r"3 is out of range for axis 1 of length 3"),
    (([0], 3), IndexError, r"3 is out of range for axis 1 of length 3"),
    (np.array([2**64 - 1], "uint64"), IndexError, r"is out of range for axis 0"),
    (([0, 1], [0, 1, 2]), IndexError, r"index arrays of shapes \(2,\), \(3,\) do not broadcast"),
    (([0], [0], [0]), IndexError, r"index: 3 indices for an array of 2 dimensions"),
    (([0], ..., ...), IndexError, r"2 ellipses"),
    ([0.5], IndexError, r"array of float64 is no index; use integers or booleans"),
    ([1j], IndexError, r"array of complex128 is no index"),
    (np.ones(3, bool), IndexError, r"mask of shape \(3,\) does not fit an array of shape \(4, 3\)"),
    (np.ones((4, 2), bool), IndexError, r"they differ at axis 1"),
    (np.ones((4, 3, 1), bool), IndexError, r"3 indices for an array of 2 dimensions|too many axes"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: text(bad[0]))
def test_bad_indices(bad):
    key, error, message = bad
    array = hpx.ones((4, 3))
    with pytest.raises(error, match=message):
        array[key]
    with pytest.raises(error, match=message):
        array[key] = 1
    check(array, np.ones((4, 3)))


def test_bad_values():
    array = hpx.ones((4, 3), dtype="int8")
    mask = np.arange(12).reshape(4, 3) % 2 == 0
    with pytest.raises(ValueError, match="assign: 5 values for the 6 elements where the mask"):
        array[mask] = [1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match=r"do(es)? not broadcast"):
        array[[0, 1]] = [1, 2]
    with pytest.raises(OverflowError, match="300 is out of bounds for int8"):
        array[[0]] = 300
    for key in ([0], mask):
        with pytest.raises(TypeError, match="complex"):
            array[key] = 1j
        with pytest.raises(TypeError, match="complex"):
            array[key] = hpx.asarray([1j])
    with pytest.raises(ValueError, match="assign: this array is read-only"):
        hpx.broadcast_to(array, (2, 4, 3))[[0]] = 1
    with pytest.raises(ValueError, match="assign: this array is read-only"):
        hpx.broadcast_to(array, (2, 4, 3))[np.ones((2, 4, 3), bool)] = 1
    check(array, np.ones((4, 3), "int8"))


@st.composite
def cases(draw):
    shape = tuple(draw(st.lists(st.integers(0, 4), min_size=0, max_size=4)))
    common = tuple(draw(st.lists(st.integers(0, 3), min_size=0, max_size=2)))
    key, axis = [], 0
    while axis < len(shape) and draw(st.integers(0, 9)) > 0:
        length = shape[axis]
        kind = draw(st.sampled_from(["array", "array", "slice", "integer", "mask", "new", "bool"]))
        if kind == "array" and (length or 0 in common):
            count = int(np.prod(common))
            values = draw(st.lists(st.integers(-length, length - 1), min_size=count, max_size=count)
                          if length else st.just([]))  # fmt: skip
            key.append(np.array(values, int).reshape(common))
            axis += 1
        elif kind == "integer" and length:
            key.append(draw(st.integers(-length, length - 1)))
            axis += 1
        elif kind == "mask":
            axes = draw(st.integers(0, min(2, len(shape) - axis)))
            lengths = shape[axis : axis + axes]
            count = int(np.prod(lengths))
            bits = draw(st.lists(st.booleans(), min_size=count, max_size=count))
            key.append(np.array(bits, bool).reshape(lengths))
            axis += axes
        elif kind == "new":
            key.append(None)
        elif kind == "bool":
            key.append(draw(st.booleans()))
        else:
            bounds = st.none() | st.integers(-5, 5)
            step = draw(st.sampled_from([None, 1, 2, -1, -2]))
            key.append(slice(draw(bounds), draw(bounds), step))
            axis += 1
    if draw(st.booleans()):
        key.insert(draw(st.integers(0, len(key))), Ellipsis)
    return shape, tuple(key)


@given(cases())
@settings(max_examples=400)
def test_any_index(case):
    shape, key = case
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    array = hpx.asarray(x)
    try:
        expected = x[key]
    except IndexError:
        with pytest.raises(IndexError):
            array[key]
        with pytest.raises(IndexError):
            array[key] = 1
        return
    assert_same(array[key], np.asarray(expected))
    values = -np.arange(np.size(expected), dtype=float).reshape(np.shape(expected)) - 1
    x[key] = values
    array[key] = values
    assert_same(array, x)
