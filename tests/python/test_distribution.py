"""Distributed arrays: their blocks, the maps of results, redistribution, and one's own blocks."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    DTYPES,
    agree,
    assert_same,
    axis_of,
    block_ranges,
    check,
    check_distributed,
    check_local,
    part_of,
    placements,
    random_array,
    ranges,
)

N = hpx.num_localities()
ME = hpx.locality_id()


def test_queries():
    x = hpx.zeros((10, 3), distribution="block")
    sizes = tuple(3 * (last - first) for first, last in block_ranges(10))
    assert x.distribution == "block"
    assert x.distributed_axis == 0
    assert x.num_partitions == N
    assert x.partition_sizes == sizes
    assert x.is_distributed is (N > 1)
    assert x.shape == (10, 3)
    assert x.local_partition.size == sizes[ME]
    y = hpx.zeros(4)
    assert (y.distribution, y.distributed_axis) == (None, None)
    assert (y.num_partitions, y.partition_sizes, y.is_distributed) == (1, (4,), False)
    assert_same(y.local_partition, np.zeros(4))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype(dtype):
    x = random_array((7, 4), dtype)
    for place in placements(2)[1:]:
        array = hpx.from_numpy(x, **place)
        check_distributed(array, x)
        check_distributed(hpx.redistribute(array, "block", 1), x)


def test_local_partition_is_a_view():
    x = hpx.zeros(10, distribution="block")
    x.local_partition[...] = ME + 1
    expected = np.concatenate(
        [np.full(b - a, i + 1.0) for i, (a, b) in enumerate(block_ranges(10))]
    )
    check_distributed(x, expected)
    assert x.local_partition.distribution is None
    if x.local_partition.size:
        assert np.shares_memory(x.local_partition.to_numpy(), x.local_partition.to_numpy())


PLACES = [{"distribution": None}, *placements(2)[1:]]


@pytest.mark.parametrize("shape", [(7, 5), (0, 3), (1, 1), (2, 9), (300, 200)])
@pytest.mark.parametrize("before", PLACES, ids=str)
@pytest.mark.parametrize("after", PLACES, ids=str)
def test_redistribute(before, after, shape):
    x = random_array(shape)
    array = hpx.redistribute(hpx.asarray(x, **before), **after)
    assert array.distribution == after["distribution"]
    assert array.distributed_axis == axis_of(after)
    check(array, x)
    pending = hpx.redistribute(hpx.asarray(x, **before) * 2, **after) + 1
    check(pending, x * 2 + 1)


def test_redistribute_of_views():
    x = random_array((11, 8))
    array = hpx.asarray(x, distribution="block")
    for key in (np.s_[::-1], np.s_[2:9:3], np.s_[5:], np.s_[:0], np.s_[:, ::2]):
        for place in PLACES:
            check(hpx.redistribute(array[key], **place), x[key])
    balanced = hpx.redistribute(array[5:], "block")
    assert ranges(balanced)[1] == block_ranges(6)


def test_a_redistributed_array_is_independent():
    x = hpx.zeros(6, distribution="block")
    same = hpx.redistribute(x, "block")
    whole = hpx.redistribute(x, None)
    x[...] = 1
    check_distributed(same, np.zeros(6))
    check_local(whole, np.zeros(6))
    whole[...] = 5
    check_distributed(x, np.ones(6))


def test_writing_the_source_right_after_the_call():
    x = random_array(200_000)
    array = hpx.asarray(x, distribution="block")
    whole = hpx.redistribute(array, None)
    array[...] = 0
    check_local(whole, x)


@pytest.mark.parametrize("left", PLACES, ids=str)
@pytest.mark.parametrize("right", PLACES, ids=str)
def test_operands_on_different_maps(left, right):
    x, y = random_array((9, 6), seed=1), random_array((9, 6), seed=2)
    result = hpx.asarray(x, **left) * 2 + hpx.asarray(y, **right)
    check(result, x * 2 + y)
    # On ties the left map stays; a local operand moves nothing.
    assert result.distributed_axis == axis_of(left if left["distribution"] else right)


def test_the_larger_operand_stays():
    x, row = random_array((9, 6)), random_array(6, seed=1)
    small = hpx.asarray(row, distribution="block")
    for place in placements(2)[1:]:
        result = small + hpx.asarray(x, **place)
        check_distributed(result, row + x)
        assert result.distributed_axis == axis_of(place)


def test_in_place_keeps_the_targets_map():
    x, y = random_array((9, 6), seed=1), random_array((9, 6), seed=2)
    a = hpx.asarray(x, distribution="block", axis=1)
    a += hpx.asarray(y, distribution="block", axis=0)
    check_distributed(a, x + y)
    assert a.distributed_axis == 1
    hpx.multiply(a, hpx.asarray(y, distribution="block"), out=a)
    check_distributed(a, (x + y) * y)
    assert a.distributed_axis == 1


@pytest.mark.parametrize("size", [2, 3, 4, 7, 100, 5000])
def test_shifted_views(size):
    x = random_array(size)
    u = hpx.asarray(x, distribution="block")
    check(u[:-2] + u[2:], x[:-2] + x[2:])
    check(u[:-2] - 2 * u[1:-1] + u[2:], x[:-2] - 2 * x[1:-1] + x[2:])
    check(u[1:] * u[:-1], x[1:] * x[:-1])
    check(u[::-1] + u, x[::-1] + x)
    check(u[::2][: size // 2] + u[1::2], x[::2][: size // 2] + x[1::2])
    new = u * 1
    new[1:-1] = (u[:-2] + u[2:]) / 2
    x_new = x.copy()
    x_new[1:-1] = (x[:-2] + x[2:]) / 2
    check_distributed(new, x_new)


def test_shifted_views_in_two_dimensions():
    x = random_array((20, 15))
    for place in placements(2)[1:]:
        u = hpx.asarray(x, **place)
        for _ in range(3):
            u[1:-1, 1:-1] = (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4
        v = x.copy()
        for _ in range(3):
            v[1:-1, 1:-1] = (v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:]) / 4
        check_distributed(u, v)


def test_neighbours_meet_at_the_centred_offset():
    u = hpx.arange(100, distribution="block")
    result = u[:-2] + u[2:]
    expected = u[1:-1]
    assert ranges(result) == ranges(expected)


def test_reductions_over_other_axes_keep_the_map():
    x = random_array((9, 6, 4))
    for axis in range(3):
        array = hpx.asarray(x, distribution="block", axis=axis)
        for over in range(3):
            result = array.sum(axis=over)
            check(result, x.sum(axis=over), tolerance=1e-13)
            expected = None if over == axis else axis - (over < axis)
            assert result.distributed_axis == expected


def test_from_local():
    blocks = [random_array((i, 3), seed=i) for i in range(1, N + 1)]
    array = hpx.from_local(hpx.asarray(blocks[ME]))
    whole = np.concatenate(blocks)
    check_distributed(array, whole)
    assert array.partition_sizes == tuple(3 * i for i in range(1, N + 1))
    check(array * 2 + hpx.asarray(whole, distribution="block"), whole * 3)
    check(array[::-1], whole[::-1])
    check_distributed(hpx.redistribute(array, "block"), whole)
    columns = hpx.from_local(hpx.asarray(blocks[ME].T.copy()), axis=1)
    check_distributed(columns, whole.T)


def test_from_local_with_empty_blocks():
    mine = np.ones(4) if ME == N - 1 else np.ones(0)
    array = hpx.from_local(hpx.asarray(mine))
    check_distributed(array, np.ones(4))
    check_local(array.sum(), np.asarray(4.0))
    check_local(array.max(), np.asarray(1.0))


@pytest.mark.skipif(N == 1, reason="one block agrees with itself")
def test_from_local_with_blocks_that_do_not_fit():
    with pytest.raises(ValueError, match=r"from_local: locality \d gives a block of shape"):
        hpx.from_local(hpx.zeros((2, 3 + ME)))
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def test_uneven_blocks_meet_even_ones():
    x = random_array(50)
    array = hpx.asarray(x, distribution="block")[7:31]
    even = hpx.asarray(x[:24], distribution="block")
    check(array + even, x[7:31] + x[:24])
    check(even + array, x[7:31] + x[:24])
    check(hpx.where(array > 0, array, even), np.where(x[7:31] > 0, x[7:31], x[:24]))


def test_local_arrays_count_as_replicated():
    x, y = random_array((9, 6), seed=1), random_array((9, 6), seed=2)
    for place in placements(2)[1:]:
        array = hpx.asarray(x, **place)
        for local in (y, y[0], y[:, :1], y[0, 0], y[:1]):
            result = array + hpx.asarray(local)
            check_distributed(result, x + local)
            check_distributed(hpx.asarray(local) * 2 - array, local * 2 - x)


def test_broadcast_against_the_distributed_axis():
    x, y = random_array((1, 6), seed=1), random_array((9, 6), seed=2)
    stretched = hpx.asarray(x, distribution="block", axis=0)
    check(stretched + hpx.asarray(y), x + y)
    check(stretched + hpx.asarray(y, distribution="block", axis=1), x + y)
    column = hpx.asarray(y[:, :1], distribution="block", axis=1)
    check(column * hpx.asarray(y, distribution="block"), y[:, :1] * y)


def test_values_of_reductions_in_expressions():
    x = random_array((40, 30))
    for place in placements(2)[1:]:
        array = hpx.asarray(x, **place)
        check(array - array.mean(), x - x.mean(), tolerance=1e-11)
        check(array - array.mean(axis=0), x - x.mean(axis=0), tolerance=1e-11)
        check(array / array.max(axis=1, keepdims=True), x / x.max(axis=1, keepdims=True))
        centred = array - array.mean()
        variance = ((x - x.mean()) ** 2).mean()
        check_local((centred * centred).mean(), np.asarray(variance), tolerance=1e-11)


def test_the_first_locality_alone_reads_a_value():
    x = random_array(1000)
    array = hpx.asarray(x, distribution="block")
    total, largest = (array * array).sum(), array.max()
    seen = None
    if ME == 0:
        seen = (float(total), float(largest))
    after = array.sum()
    problem = ""
    if ME == 0 and not np.allclose(seen, ((x * x).sum(), x.max())):
        problem = f"{seen}"
    agree(problem)
    check_local(after, np.asarray(x.sum()), tolerance=1e-11)


def test_many_localities_few_rows():
    for rows in range(N + 2):
        x = random_array((rows, 4))
        array = hpx.asarray(x, distribution="block")
        check_distributed(array * 2 + 1, x * 2 + 1)
        check_distributed(array[::-1], x[::-1])
        check_distributed(array.T, x.T)
        check_distributed(array[:, 1:3], x[:, 1:3])
        check_distributed(array.copy(), x)
        check_distributed(array.astype("float32"), x.astype("float32"))
        check_local(array.sum(axis=0), x.sum(axis=0), tolerance=1e-12)
        assert ranges(array)[1] == block_ranges(rows)


def test_blocks_hold_their_part():
    x = random_array((10, 4))
    for axis in (0, 1):
        array = hpx.asarray(x, distribution="block", axis=axis)
        mine = part_of(x, axis, block_ranges(x.shape[axis]))
        agree("" if np.array_equal(array.local_partition.to_numpy(), mine) else "another part")
