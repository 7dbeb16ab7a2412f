"""Basic indexing and assignment through views, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    DTYPES,
    assert_same,
    check,
    check_distributed,
    check_local,
    placements,
    random_array,
)
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.local

KEYS = [
    np.s_[0],
    np.s_[-1],
    np.s_[2:5],
    np.s_[::-1],
    np.s_[1:-1:2],
    np.s_[5:1:-2],
    np.s_[7:3],
    np.s_[-100:100],
    np.s_[10**30 :],
    np.s_[: -(10**30)],
    np.s_[:: 2**62],
    np.s_[...],
    np.s_[None],
    np.s_[..., None],
    np.s_[:, 1],
    np.s_[3, :],
    np.s_[:, ::-2],
    np.s_[1:4, 2:6],
    np.s_[..., 2],
    np.s_[2, ...],
    np.s_[None, :, None, 3:],
    np.s_[np.int64(2)],
    np.s_[::3, ::-1],
    np.s_[3:3, :],
    (),
]


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_reading(key, place):
    x = random_array((8, 7))
    array = hpx.asarray(x, **place)
    check(array[key], x[key])
    check((array * 2)[key] + 1, x[key] * 2 + 1)


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_writing_scalars(key, place):
    x = random_array((8, 7))
    array = hpx.asarray(x, **place)
    array[key] = 5
    x[key] = 5
    check(array, x)


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_writing_arrays(key, place):
    x = random_array((8, 7))
    array = hpx.asarray(x, **place)
    value = random_array(x[key].shape, seed=1)
    array[key] = value
    kept = array.copy()
    array[key] = hpx.asarray(value) * 2 + array[key]
    if value.ndim > 1:
        array[key] += value[:1]
    x[key] = value
    kept_x = x.copy()
    x[key] = value * 2 + x[key]
    if value.ndim > 1:
        x[key] += value[:1]
    check(kept, kept_x)
    check(array, x)


def test_one_element_is_a_value_and_an_ellipsis_a_view():
    x = hpx.asarray([1.0, 2.0, 3.0])
    value, view = x[1], x[1, ...]
    x[1] = 9
    assert float(value) == 2
    assert float(view) == 9
    view[...] = 5
    assert float(x[1]) == 5
    value += 1
    assert float(x[1]) == 5
    assert float(value) == 3
    assert value.shape == ()


def test_views_of_views_reach_the_base():
    x = np.zeros((6, 6))
    array = hpx.asarray(x)
    array[1:5][:, ::2].T[0, 1:3] = 7
    x[1:5][:, ::2].T[0, 1:3] = 7
    assert_same(array, x)
    array[::-1][2, ::-1][1] = 3
    x[::-1][2, ::-1][1] = 3
    assert_same(array, x)
    row = array[3]
    row += 10
    x[3] += 10
    assert_same(array, x)


@pytest.mark.parametrize("place", placements(1), ids=str)
def test_overlapping_assignments(place):
    for key, value in [
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[:], np.s_[::-1]),
        (np.s_[::2], np.s_[2500:]),
        (np.s_[2500:], np.s_[:2500]),
    ]:
        x = random_array(5000)
        array = hpx.asarray(x, **place)
        array[key] = array[value]
        x[key] = x[value].copy()
        check(array, x)
        array[key] = array[value] * 2 + array[key]
        x[key] = x[value] * 2 + x[key]
        check(array, x)


def slices(length):
    bound = st.none() | st.integers(-length - 2, length + 2)
    step = st.none() | st.integers(-4, 4).filter(bool)
    return st.builds(slice, bound, bound, step)


@st.composite
def keys(draw, shape):
    items = []
    for length in shape:
        kinds = [slices(length)]
        if length:
            kinds.append(st.integers(-length, length - 1))
        items.append(draw(st.one_of(kinds)))
    items = items[: draw(st.integers(0, len(items)))]
    if draw(st.booleans()):
        items.insert(draw(st.integers(0, len(items))), None)
    if draw(st.booleans()):
        items.append(Ellipsis)
    return tuple(items)


shapes = st.lists(st.integers(0, 7), min_size=1, max_size=3).map(tuple)


@given(st.data())
@settings(max_examples=150)
def test_any_basic_index(data):
    shape = data.draw(shapes)
    x = random_array(shape, "int64")
    key = data.draw(keys(shape))
    assert_same(hpx.asarray(x)[key], x[key])
    array = hpx.asarray(x)
    value = random_array(x[key].shape, "int64", 1)
    array[key] = value
    x[key] = value
    assert_same(array, x)


@pytest.mark.distributed
@given(st.data())
@settings(max_examples=40)
def test_any_basic_index_of_a_distributed_array(data):
    shape = data.draw(shapes)
    axis = data.draw(st.integers(0, len(shape) - 1))
    x = random_array(shape, "int64")
    array = hpx.asarray(x, distribution="block", axis=axis)
    key = data.draw(keys(shape))
    again = data.draw(keys(x[key].shape)) if x[key].ndim else ()
    check(array[key], x[key])
    if array[key].distribution is not None:
        check(array[key][again], x[key][again])
    array[key] = 7
    x[key] = 7
    check_distributed(array, x)


@pytest.mark.parametrize("place", placements(1), ids=str)
def test_many_dimensions(place):
    shape = (2, 1, 3, 1, 2, 1, 2, 1)
    x = random_array(shape)
    array = hpx.asarray(x, **place)
    check(array[:, 0, ::-1, ..., 0], x[:, 0, ::-1, ..., 0])
    check(array + array.T.T, x + x)


@pytest.mark.distributed
def test_an_integer_on_the_distributed_axis_is_a_full_copy():
    x = random_array((7, 5))
    array = hpx.asarray(x, distribution="block")
    for i in (0, 3, -1):
        check_local(array[i], x[i])
        check_local(array[i, 2], np.asarray(x[i, 2]))
    row = array[3]
    array[3] = 0
    check_local(row, x[3])


@pytest.mark.distributed
def test_slices_keep_their_blocks():
    x = hpx.arange(10, distribution="block")
    memory = x.local_partition.to_numpy()
    if memory.size > 1:
        assert np.shares_memory(x[::-1].local_partition.to_numpy(), memory)
    view = x[2:9:3]
    view[...] = -1
    expected = np.arange(10)
    expected[2:9:3] = -1
    check_distributed(x, expected)


@pytest.mark.distributed
def test_assignment_keeps_the_targets_map():
    x = random_array((6, 8))
    target = hpx.zeros((6, 8), distribution="block", axis=1)
    target[...] = hpx.asarray(x, distribution="block", axis=0)
    check_distributed(target, x)
    assert target.distributed_axis == 1
    target[1:5, ::2] += hpx.asarray(x[0, ::2])
    x[1:5, ::2] += x[0, ::2].copy()
    check_distributed(target, x)


def test_assigned_values_are_converted():
    x = np.zeros(5, "int32")
    array = hpx.asarray(x)
    array[1:3] = hpx.asarray([1.9, -1.9])
    x[1:3] = [1, -1]
    assert_same(array, x)
    array[0] = True
    x[0] = True
    assert_same(array, x)
    array[...] = [1, 2, 3, 4, 5]
    assert_same(array, np.arange(1, 6, dtype="int32"))


BAD = [
    (5, IndexError, r"index: 5 is out of range for axis 0 of length 4"),
    (-5, IndexError, r"index: -5 is out of range for axis 0 of length 4"),
    ((0, 3), IndexError, r"index: 3 is out of range for axis 1 of length 3"),
    ((0, 0, 0), IndexError, r"index: 3 indices for an array of 2 dimensions"),
    ((..., ...), IndexError, r"2 ellipses"),
    (np.s_[::0], ValueError, r"step is 0"),
    (1.5, IndexError, r"1\.5 is no index; use integers, slices, None"),
    ("a", IndexError, r"'a' is no index"),
]


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad[0]))
def test_bad_indices(bad, place):
    key, error, message = bad
    array = hpx.ones((4, 3), **place)
    with pytest.raises(error, match=message):
        array[key]
    with pytest.raises(error, match=message):
        array[key] = 1
    check(array, np.ones((4, 3)))


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_bad_values(place):
    array = hpx.ones((4, 3), dtype="int8", **place)
    with pytest.raises(ValueError, match=r"assign: shapes \(4, 3\) and \(2,\) do not broadcast"):
        array[...] = [1, 2]
    with pytest.raises(OverflowError, match="300 is out of bounds for int8"):
        array[0] = 300
    with pytest.raises(TypeError, match="complex"):
        array[0] = 1j
    with pytest.raises(TypeError, match="complex128 values do not fit into a int8 array"):
        array[...] = hpx.full((4, 3), 1j)
    with pytest.raises(TypeError, match="deleted"):
        del array[0]
    check(array, np.ones((4, 3), "int8"))


GIVEN = [
    lambda a, key: a[0],
    lambda a, key: a[key],
    lambda a, key: a[key] + a[key],
    lambda a, key: 1,
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_small_assignments(dtype):
    """What is small is written at once, whatever the value is and wherever it lies."""
    for shape in ((12,), (6, 4)):
        for key in (3, -1, slice(2, 5), slice(None, None, -2), Ellipsis):
            base, value = random_array(shape, dtype, 1), random_array(shape, dtype, 2)
            for give in GIVEN:
                array = hpx.asarray(base)
                expected = base.copy()
                pending = array + array
                kept = base + base
                array[key] = give(hpx.asarray(value), key)
                expected[key] = give(value, key)
                assert_same(array, expected)
                assert_same(pending, kept)
    x, y = hpx.arange(9), np.arange(9)
    x[1:], y[1:] = x[:-1], y[:-1].copy()
    assert_same(x, y)
    x[::2], y[::2] = x[4::-1], y[4::-1].copy()
    assert_same(x, y)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_elements_by_integers(dtype):
    base = random_array((4, 5), dtype, 1)
    array = hpx.asarray(base)
    for i, j in ((0, 0), (-1, 2), (3, -5)):
        for view in (lambda x: x, lambda x: x.T[:4], lambda x: x[::-1, ::2][:, :1]):
            seen, own = view(base), view(array)
            j = j if seen.shape[1] > 4 else 0
            element = own[i, j]
            assert_same(element, seen[i, j])
            element += 1 if dtype.kind != "b" else True
            assert_same(array, base)
    for wrong in ((4, 0), (0, -6), (2**70, 0), (0, 0, 0)):
        with pytest.raises((IndexError, ValueError)):
            array[wrong]
