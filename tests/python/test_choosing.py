"""Elements chosen among arrays, and blocks of arrays, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check, placements, random_array

pytestmark = pytest.mark.local


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_select_and_copyto_wherever_the_arrays_lie(place):
    x = random_array((5, 6))
    array = hpx.asarray(x, **place)
    expected = np.select([x > 1, x > 0], [x, -x], 9)
    check(hpx.select([array > 1, array > 0], [array, -array], 9), expected)
    check(hpx.select([array > 1], [1]), np.select([x > 1], [1]))
    hpx.copyto(array, 3, where=array > 0)
    np.copyto(x, 3, where=x > 0)
    check(array, x)
    hpx.copyto(array, np.arange(6))
    np.copyto(x, np.arange(6))
    check(array, x)


def test_choose():
    numbers = np.array([[0, 2, 1], [1, 1, 0]])
    choices = [random_array(3, "int8"), random_array((2, 1), "float32"), 7]
    expected = np.choose(numbers, choices)
    assert_same(hpx.choose(hpx.asarray(numbers), choices), expected)
    out = hpx.zeros((2, 3))
    assert hpx.choose(numbers, choices, out=out) is out
    assert_same(out, expected.astype(float))
    for mode in ("wrap", "clip"):
        far = numbers * 5 - 4
        assert_same(hpx.choose(far, choices, mode=mode), np.choose(far, choices, mode=mode))


def test_piecewise():
    x = random_array(200)
    array = hpx.asarray(x)
    for functions in ([lambda v: v * 2, 5], [lambda v: -v, lambda v: v + 1, 0]):
        got = hpx.piecewise(array, [array > 1, array < 0], functions)
        assert_same(got, np.piecewise(x, [x > 1, x < 0], functions))
    assert_same(hpx.piecewise(array, array > 0, [1, 2]), np.piecewise(x, x > 0, [1, 2]))
    got = hpx.piecewise(array, [array > 0], [lambda v, by: v * by], by=3)
    assert_same(got, np.piecewise(x, [x > 0], [lambda v, by: v * by], by=3))


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (7, 3), (3, 3, 3), (0, 3)], ids=str)
def test_fill_diagonal(shape):
    for value in (5, [1, 2]):
        for wrap in (False, True):
            x = random_array(shape)
            array = hpx.asarray(x)
            if x.size:
                np.fill_diagonal(x, value, wrap)
            hpx.fill_diagonal(array, value, wrap)
            assert_same(array, x)
            x, array = random_array(shape), hpx.asarray(random_array(shape).T.copy()).T
            if x.size:
                np.fill_diagonal(x, value, wrap)
            hpx.fill_diagonal(array, value, wrap)
            assert_same(array, x)


def test_block():
    a, b = random_array((2, 2)), random_array((2, 3), "float32")
    cases = [[[a, b], [b, a]], [a, b], [[a[0], 1]], a, [1, 2, 3], [[[a]], [[a]]], [a[0], b[0]]]
    for case in cases:
        assert_same(hpx.block(case), np.block(case))


def test_contiguous_arrays():
    x = random_array((3, 4))
    array = hpx.asarray(x)
    assert hpx.ascontiguousarray(array) is array
    assert hpx.ascontiguousarray(array.T).strides == (24, 8)
    assert hpx.asfortranarray(array).strides == (8, 24)
    assert hpx.ascontiguousarray(3).shape == (1,)
    assert_same(hpx.asfortranarray(array), x)
    assert_same(hpx.asanyarray(array.T, "float32"), x.T.astype("float32"))


BAD = [
    (lambda x: hpx.select([x > 0], []), ValueError, r"select: 1 conditions for 0 choices"),
    (lambda x: hpx.select([], []), ValueError, r"select: 0 conditions"),
    (lambda x: hpx.select([x], [x]), TypeError, r"condition 0 has dtype float64"),
    (lambda x: hpx.choose([0, 2], [1, 2]), ValueError, r"out of range for 2 choices"),
    (lambda x: hpx.choose([0], []), ValueError, r"choose: no choices"),
    (lambda x: hpx.choose([0.5], [1]), TypeError, r"numbers of float64"),
    (lambda x: hpx.choose([0], [1], mode="no"), ValueError, r"mode 'no' does not exist"),
    (lambda x: hpx.piecewise(x, [x > 0], [1, 2, 3]), ValueError, r"3 functions for 1 conditions"),
    (lambda x: hpx.copyto([1], x), TypeError, r"copyto: \[1\] is no hpxpy array"),
    (lambda x: hpx.copyto(x.astype("int8"), x), TypeError, r"float64 is not cast to int8"),
    (lambda x: hpx.fill_diagonal(x[0], 1), ValueError, r"shape \(3,\) has less than two"),
    (lambda x: hpx.fill_diagonal(x[None], 1), ValueError, r"have different lengths"),
    (lambda x: hpx.fill_diagonal([1], 1), TypeError, r"is no hpxpy array"),
    (lambda x: hpx.fill_diagonal(x, []), ValueError, r"no values were given"),
    (lambda x: hpx.block([x, [x]]), ValueError, r"block: lists are nested"),
    (lambda x: hpx.block([[]]), ValueError, r"block: a list is empty"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[2])
def test_errors(bad):
    call, error, message = bad
    with pytest.raises(error, match=message):
        call(hpx.ones((2, 3)))
