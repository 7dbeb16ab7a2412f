"""Rows of a dealt axis are copies: what is written into them is written into the array, too."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest

MAPS = {
    "block": {"distribution": "block"},
    "columns": {"distribution": "block", "axis": 1},
    "cyclic": {"distribution": "cyclic"},
    "block_cyclic": {"distribution": "block_cyclic"},
    "grid": {"distribution": ("block", "block"), "grid": "auto"},
    "local": {},
}


def fill_row(np, x):
    r = x[4]
    r[:] = 0


def element_of_row(np, x):
    x[4][3] = 7


def in_place(np, x):
    x[2] += 1
    r = x[2]
    r += 1
    r *= 2


def view_of_row(np, x):
    x[-1][2:5][...] = 5
    x[3][::-2][1:] = np.asarray(6.0)
    x[5][4:1:-1][...] = np.asarray([1.0, 2.0, 3.0])


def positions(np, x):
    x[1][[1, 3]] = 9
    x[1][np.asarray([4, 5])] = np.asarray([1.5, 2.5])


def mask(np, x):
    r = x[3]
    r[r > 25] = -1


def column(np, x):
    c = x[:, 3]
    c[1:4] = 2
    c -= 1


def iteration(np, x):
    for row in x:
        row[0] = row[1] + 1


def columns(np, x):
    for column in x.T:
        column[:2] = 8


def aliases(np, x):
    a, b = x[2], x[2]
    a[1] = 5
    b[2] = 6
    a[3] = 7


def stacked_views(np, x):
    x[1:6][2][1:4][...] = 3
    x[::2][1][0] = 4
    x.T[2][3] = 11


def out(np, x):
    np.add(np.arange(7.0), 1.0, out=x[0])
    np.multiply(x[0], 2.0, out=x[1])
    np.copyto(x[2], 4.0)


def methods(np, x):
    x[0].fill(3)
    r = x[1]
    r.sort()
    x[2].put([0, 2], [5, 6])
    x[3].reshape(7, 1)[2:4] = 1


def at(np, x):
    np.add.at(x[2], [1, 1, 2], 1.0)


def rows_of_rows(np, x):
    for i in range(len(x)):
        for j in range(2):
            x[i][j] = x[i][j + 1] * 2


PROGRAMS = [
    fill_row,
    element_of_row,
    in_place,
    view_of_row,
    positions,
    mask,
    column,
    iteration,
    columns,
    aliases,
    stacked_views,
    out,
    methods,
    at,
    rows_of_rows,
]


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_written_into_a_row_reaches_the_array(program, name):
    whole = np.arange(63.0).reshape(9, 7)
    x = hpx.array(whole, **MAPS[name])
    program(hpx, x)
    program(np, whole)
    np.testing.assert_array_equal(x.to_numpy(), whole)


# What is written into the array after a row was taken stays where the row is not written.
SINCE = {
    "slice": lambda np, r: r.__setitem__(slice(2, 4), 5),
    "step": lambda np, r: r[::2].__setitem__(slice(1, None), 5),
    "positions": lambda np, r: r.__setitem__([1, 3], 5),
    "several": lambda np, r: r.__setitem__(np.asarray([4, 2]), np.asarray([1.0, 2.0])),
    "mask": lambda np, r: r.__setitem__(r > 30, 5),
    "values by mask": lambda np, r: r.__setitem__(r > 32, np.asarray([7.0, 8.0])),
    "reshaped": lambda np, r: r.reshape(7, 1).__setitem__(slice(2, 3), 5),
    "copyto": lambda np, r: np.copyto(r, 5, where=r > 31),
    "out": lambda np, r: np.add(r, 1.0, out=r, where=r > 31),
    "put": lambda np, r: np.put(r, [2, 5], [1, 2]),
    "place": lambda np, r: np.place(r, r > 31, [7.0, 8.0]),
    "put_along_axis": lambda np, r: np.put_along_axis(r, np.asarray([3, 1]), np.asarray([7.0]), 0),
    "add.at": lambda np, r: np.add.at(r, np.asarray([3, 3, 1]), 1.0),
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("write", SINCE)
def test_what_was_written_into_the_array_since_stays(write, name):
    whole = np.arange(63.0).reshape(9, 7)
    x = hpx.array(whole, **MAPS[name])
    for module, mine in ((hpx, x), (np, whole)):
        row, other = mine[4], mine[4]
        mine[4, 0] = 9
        SINCE[write](module, row)
        other[[6]] = -1
    np.testing.assert_array_equal(x.to_numpy(), whole)


def test_parts_of_complex_rows():
    x = hpx.array(np.arange(12.0).reshape(4, 3) + 1j, distribution="block")
    row = x[2]
    row.imag = [2, 5, 5]
    row[1:].real = -1
    np.testing.assert_array_equal(x[2].to_numpy(), [6 + 2j, -1 + 5j, -1 + 5j])


@pytest.mark.parametrize("name", MAPS)
def test_rows_of_more_dimensions(name):
    whole = np.arange(120.0).reshape(5, 4, 6)
    x = hpx.array(whole, **MAPS[name])
    for mine in (x, whole):
        mine[1][2][3] = -1
        mine[2][1:3][:, ::2][...] = -2
        mine[:, 1][3] = -3
        mine[:, :, 2][0, 1:] = -4
        mine[..., -1][2] += 1
        mine[0, 1][2:4] *= 2
        mine[4][None][0, 0][1] = -5
        mine[3].T[2] = -6
    np.testing.assert_array_equal(x.to_numpy(), whole)


def test_a_row_outlives_its_array():
    row = hpx.array(np.arange(12.0).reshape(4, 3), distribution="block")[2]
    row += 1
    row[0] = 5
    assert row.tolist() == [5, 8, 9]


def test_read_only_rows_are_refused():
    x = hpx.zeros((4, 3), distribution="block")
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        x[2][0] = 1
    assert not x[2].flags.writeable
    assert not x.to_numpy().any()


def test_a_copy_of_a_row_is_its_own():
    x = hpx.zeros((4, 3), distribution="block")
    for own in (x[1].copy(), x[1] + 0, hpx.array(x[1])):
        own[:] = 1
    assert not x.to_numpy().any()


def test_a_write_through_sends_nothing():
    x = hpx.zeros((6, 5), distribution="block")
    row = x[3]
    row.to_numpy()
    before = hpx.counters.get("/hpxpy/messages")
    row[1:4] = 2
    row += 1
    x.local_partition.to_numpy()
    assert hpx.counters.get("/hpxpy/messages") == before
    assert x[3].tolist() == [1, 3, 3, 3, 1]
