"""Views of another shape: reshape, permute_dims, broadcast_to, expand_dims."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, check, check_distributed, placements, random_array

RESHAPES = [
    ((12,), (3, 4)),
    ((12,), (-1, 6)),
    ((3, 4), (12,)),
    ((3, 4), 12),
    ((2, 3, 4), (6, 4)),
    ((2, 3, 4), (2, -1)),
    ((2, 3, 4), (4, 1, 6)),
    ((), (1, 1)),
    ((1,), ()),
    ((0, 3), (3, 0)),
    ((0,), (0, 5)),
    ((0, 3), (-1, 3)),
    ((5000,), (50, 100)),
]


@pytest.mark.parametrize("shapes", RESHAPES, ids=str)
def test_reshape(shapes):
    x = random_array(shapes[0])
    assert_same(hpx.reshape(hpx.asarray(x), shapes[1]), np.reshape(x, shapes[1]))
    assert_same((hpx.asarray(x) * 2).reshape(shapes[1]) + 1, np.reshape(x * 2, shapes[1]) + 1)
    shape = shapes[1] if isinstance(shapes[1], tuple) else (shapes[1],)
    assert_same(hpx.asarray(x).reshape(*shape), np.reshape(x, shape))


def test_reshape_is_a_view_where_it_can_be():
    x = hpx.zeros((4, 6))
    x.reshape(2, 12)[0, 0] = 1
    x[:, None].reshape(24)[1] = 2
    expected = np.zeros((4, 6))
    expected[0, :2] = 1, 2
    assert_same(x, expected)
    x.T.reshape(24)[0] = 9
    assert_same(x, expected)
    with pytest.raises(ValueError, match="needs a copy"):
        x.T.reshape(24, copy=False)
    with pytest.raises(ValueError, match="needs a copy"):
        hpx.reshape(x.T, (24,), copy=False)
    y = hpx.reshape(x, (24,), copy=True)
    y[0] = 7
    assert_same(x, expected)


def test_reshape_of_strided_views():
    x = random_array((6, 8))
    for view in (np.s_[::2], np.s_[:, ::2], np.s_[::-1, ::-1], np.s_[1:3, 2:]):
        seen = x[view]
        assert_same(hpx.asarray(x)[view].reshape(-1), seen.reshape(-1))
        assert_same(hpx.asarray(x)[view].reshape(2, -1), seen.reshape(2, -1))
    assert_same(hpx.asarray(x).T.reshape(4, 12), x.T.reshape(4, 12))


def test_reshape_that_leaves_the_distributed_axis_alone():
    x = random_array((5, 6, 4))
    array = hpx.asarray(x, distribution="block", axis=1)
    check_distributed(array.reshape(5, 6, 2, 2), x.reshape(5, 6, 2, 2))
    check_distributed(array.reshape(5, 1, 6, 4), x.reshape(5, 1, 6, 4))
    check_distributed((array * 2).reshape(5, 6, 4) + 1, x * 2 + 1)
    first = hpx.asarray(x, distribution="block")
    check_distributed(first.reshape(5, 24), x.reshape(5, 24))
    check_distributed(first.reshape(5, -1), x.reshape(5, -1))
    check_distributed(first[::-1].reshape(5, 24), x[::-1].reshape(5, 24))
    check_distributed(first.reshape(120), x.reshape(120))
    check_distributed(array.reshape(30, 4), x.reshape(30, 4))


def test_permutations():
    x = random_array((2, 3, 4))
    for axes in [(0, 1, 2), (2, 1, 0), (1, 2, 0), (-1, 0, 1)]:
        for place in placements(3):
            array = hpx.asarray(x, **place)
            check(hpx.permute_dims(array, axes), x.transpose(axes))
            check(hpx.permute_dims(array, axes) * 2, x.transpose(axes) * 2)
    array = hpx.asarray(x)
    assert_same(array.T, x.T)
    assert_same(array.transpose(), x.T)
    assert_same(array.transpose(1, 0, 2), x.transpose(1, 0, 2))
    assert_same(array.transpose((1, 0, 2)), x.transpose(1, 0, 2))
    assert_same(hpx.transpose(array), x.T)
    array.T[0, 0, 0] = 5
    assert float(array[0, 0, 0]) == 5


def test_large_transpose():
    x = random_array((300, 200))
    for place in placements(2):
        array = hpx.asarray(x, **place)
        check(array.T.copy(), x.T)
        check(array.T + array.T * 2, x.T + x.T * 2)
    square = random_array((90, 90))
    array = hpx.asarray(square, distribution="block")
    check(array + array.T, square + square.T)


@pytest.mark.parametrize(
    "shapes",
    [((), (3,)), ((3,), (2, 3)), ((3, 1), (3, 4)), ((1, 3), (5, 3)), ((0,), (2, 0))],
    ids=str,
)
def test_broadcast_to(shapes):
    x = random_array(shapes[0])
    assert_same(hpx.broadcast_to(hpx.asarray(x), shapes[1]), np.broadcast_to(x, shapes[1]))
    assert_same(hpx.broadcast_to(hpx.asarray(x), shapes[1]) * 2, np.broadcast_to(x, shapes[1]) * 2)
    for place in placements(len(shapes[0]))[1:]:
        check(hpx.broadcast_to(hpx.asarray(x, **place), shapes[1]), np.broadcast_to(x, shapes[1]))


def test_broadcast_to_is_read_only():
    x = hpx.broadcast_to(hpx.ones(3), (2, 3))
    assert not x.writeable
    with pytest.raises(ValueError, match="read-only"):
        x[0, 0] = 1


def test_expand_dims():
    x = random_array((3, 4))
    for axis in (0, 1, 2, -1, -3):
        for place in placements(2):
            check(hpx.expand_dims(hpx.asarray(x, **place), axis), np.expand_dims(x, axis))


def test_lists_are_taken_too():
    assert_same(hpx.reshape([1, 2, 3, 4], (2, 2)), np.array([[1, 2], [3, 4]]))
    assert_same(hpx.permute_dims([[1, 2]], (1, 0)), np.array([[1], [2]]))
