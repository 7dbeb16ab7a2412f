"""Attributes that can be assigned: real and imaginary parts, and the elements in a row."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check, placements, random_array

pytestmark = pytest.mark.local


@pytest.mark.parametrize("dtype", ["int8", "float32", "complex64", "complex128"])
@pytest.mark.parametrize("place", placements(2), ids=str)
def test_parts_can_be_assigned(place, dtype):
    x, value = random_array((3, 4), dtype), random_array((3, 4), "int8", 1)
    a = hpx.asarray(x, **place)
    before = a * 1
    a.real = value
    expected = x.copy()
    expected.real = value
    check(a, expected)
    if a.dtype.kind == "c":
        a.imag = hpx.asarray(value)[0]
        expected.imag = value[0]
        check(a, expected)
        a.imag += 1
        expected.imag += 1
        check(a, expected)
    else:
        with pytest.raises(TypeError, match=r"imag: an array of .* has no imaginary part to set"):
            a.imag = 1
    check(before, x)
    check(a.real, expected.real)
    check(a.imag, expected.imag)


def views(x):
    array = hpx.asarray(x)
    yield x, array
    yield x.T, array.T
    yield x[::-1, ::2], array[::-1, ::2]


KEYS = [0, -1, 5, np.int64(3), slice(None), slice(1, 5, 2), [0, 3, 3], [], np.arange(6) % 2 == 0]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_flat_is_indexed_and_assigned(key):
    for i in range(3):
        x, array = list(views(random_array((3, 4))))[i]
        if isinstance(key, np.ndarray):
            key = np.arange(x.size) % 3 == 0
        assert_same(array.flat[key], np.asarray(x.flat[key]))
        for value in (7.0, [1.0, 2.0, 3.0], random_array((5, 5), seed=2)):
            if np.ndim(value) and isinstance(key, (int, np.integer)):
                continue
            x, array = list(views(random_array((3, 4))))[i]
            before = array + 0
            old = x.copy()
            array.flat[key] = value
            x.flat[key] = value
            assert_same(array, x)
            assert_same(before, old)


def test_flat_goes_through_the_elements():
    for x, array in views(random_array((3, 4))):
        assert [float(v) for v in array.flat] == list(x.flat)
        assert len(array.flat) == x.size
        assert_same(array.flat.copy(), x.flatten())
        assert np.array_equal(np.asarray(array.flat), x.ravel())
        assert array.flat.base is array
        array.flat = [1, 2]
        x.flat = [1, 2]
        assert_same(array, x)
    assert repr(hpx.ones((2, 3)).flat) == "<flat: 6 elements of shape (2, 3)>"
    assert float(hpx.asarray(3.0).flat[0]) == 3


@pytest.mark.distributed
def test_flat_refuses():
    x = hpx.ones((2, 3))
    for i in (6, -7):
        with pytest.raises(IndexError, match=f"flat: {i} is out of range for 6 elements"):
            x.flat[i]
    with pytest.raises(ValueError, match="flat: no values were given"):
        x.flat[:] = []
    with pytest.raises(ValueError, match="read-only"):
        hpx.broadcast_to(x, (2, 2, 3)).flat[0] = 1
