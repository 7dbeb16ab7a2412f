"""Distributed arrays read and written by arrays of positions and masks: NumPy's answers."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, agree, check, random_array
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.distributed

N, ME = hpx.num_localities(), hpx.locality_id()
several = pytest.mark.skipif(N == 1, reason="one locality sends nothing")

SHAPE = (9, 7, 4)
i = np.array([3, 0, 8, -9, 3])
j = np.array([1, 6, -1, 0, 1])
k = np.array([0, 3, 2, -4, 1])
row_mask = np.arange(9) % 3 == 1
KEYS = {
    "two": np.s_[i, j],
    "three": np.s_[i, j, k],
    "apart": np.s_[i, :, k],
    "last two": np.s_[:, j, k],
    "with an integer": np.s_[2, :, k],
    "with a negative integer": np.s_[i, -2],
    "with a step": np.s_[::-2, j, k],
    "with a slice": np.s_[i, 1:6:2, k],
    "after None": np.s_[None, i, j],
    "ellipsis": np.s_[..., j, k],
    "product": np.s_[i[:, None], j],
    "open mesh": np.ix_(i, j, k),
    "plane of positions": np.s_[np.array([[3, 0], [8, 1]]), np.array([2, 5])],
    "one position": np.s_[[4], [2]],
    "none": np.s_[np.array([], int), np.array([], int)],
    "mask of rows": np.s_[row_mask],
    "mask of rows and columns": np.s_[row_mask, np.array([1, 2, 3])],
    "mask of columns": np.s_[:, np.arange(7) % 2 == 0],
    "mask of a plane": np.s_[(np.arange(63) % 5 == 0).reshape(9, 7)],
    "scalar mask": np.s_[True],
    "many": np.s_[np.arange(200) % 9, np.arange(200) % 7],
}


def ours(key, **layout):
    """A key with its arrays as ours, those of one dimension dealt out so."""
    parts = key if isinstance(key, tuple) else (key,)
    return tuple(
        hpx.asarray(part, **(layout if part.ndim == 1 else {}))
        if isinstance(part, np.ndarray)
        else part
        for part in parts
    )


def skipped(layout, name):
    return layout == "block_cyclic" and name == "with a step"


def values_for(shape, dtype="float64", seed=9):
    return random_array(shape, dtype, seed)


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("layout", PLANES)
def test_reading(layout, name):
    if skipped(layout, name):
        pytest.skip("steps that no stride follows raise, as documented")
    x, key = random_array(SHAPE), KEYS[name]
    a = hpx.asarray(x, **PLANES[layout])
    check(a[ours(key)], x[key])
    for dealt in ("block", "cyclic"):
        check(a[ours(key, distribution=dealt)], x[key])
    check(hpx.asarray(x)[ours(key, distribution="block")], x[key])


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("layout", PLANES)
def test_writing(layout, name):
    if skipped(layout, name):
        pytest.skip("steps that no stride follows raise, as documented")
    x, key = random_array(SHAPE), KEYS[name]
    full = values_for(x[key].shape)
    row = values_for(x[key].shape[-1:]) if x[key].ndim else full
    block, cyclic = {"distribution": "block"}, {"distribution": "cyclic"}
    for positions, value, dealt in (
        ({}, 2.5, {}),
        ({}, full, {}),
        ({}, full, cyclic),
        (block, 2.5, {}),
        (block, row, {}),
        (block, full, cyclic),
        (cyclic, full, block),
    ):
        given = hpx.asarray(value, **dealt) if np.ndim(value) else value
        expected = x.copy()
        expected[key] = value
        a = hpx.asarray(x, **PLANES[layout])
        a[ours(key, **positions)] = given
        check(a, expected)


@pytest.mark.parametrize("layout", PLANES)
def test_in_place(layout):
    x = random_array(SHAPE)
    a = hpx.asarray(x, **PLANES[layout])
    for key in (KEYS["two"], KEYS["apart"], KEYS["mask of rows"]):
        x[key] += 1
        a[ours(key, distribution="block")] += 1
        x[key] *= x[key]
        a[ours(key)] *= a[ours(key)]
    check(a, x)


@pytest.mark.parametrize("layout", PLANES)
def test_of_equal_positions_the_last_value_stays(layout):
    x, p = np.zeros((9, 4)), np.arange(500) * 7 % 9
    values = np.arange(500.0)
    expected = x.copy()
    expected[p] = values[:, None]
    for places in ("block", "cyclic"):
        for dealt in ("block", "cyclic", None):
            a = hpx.asarray(x, **PLANES[layout])
            a[hpx.asarray(p, distribution=places)] = hpx.asarray(values, distribution=dealt)[
                :, None
            ]
            check(a, expected)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float32", "complex128"])
def test_every_width(dtype):
    x = random_array((9, 7), dtype)
    a = hpx.asarray(x, distribution="block")
    places = (hpx.asarray(i, distribution="block"), hpx.asarray(j, distribution="block"))
    check(a[places], x[i, j])
    values = random_array(5, dtype, seed=3)
    a[places] = hpx.asarray(values, distribution="cyclic")
    x[i, j] = values
    check(a, x)


def test_writes_through_views():
    x = random_array(SHAPE)
    for layout in ("block", "cyclic", "columns"):
        a, expected = hpx.asarray(x, **PLANES[layout]), x.copy()
        a[::-2].T[hpx.asarray([1, 2], distribution="block"), [0, 3]] = 5.0
        expected[::-2].T[[1, 2], [0, 3]] = 5.0
        check(a, expected)
        a.T[a.T > 1] = 0.5
        expected.T[expected.T > 1] = 0.5
        check(a, expected)


@pytest.mark.parametrize("layout", PLANES)
def test_values_where_a_mask_is_true(layout):
    x = random_array((9, 7))
    mask = x > 0
    values = np.arange(float(mask.sum()))
    for dealt in (None, "block", "cyclic"):
        for other in (None, "block", "cyclic"):
            a, expected = hpx.asarray(x, **PLANES[layout]), x.copy()
            a[hpx.asarray(mask, distribution=other)] = hpx.asarray(values, distribution=dealt)
            expected[mask] = values
            check(a, expected)
            expected[expected > 2] = [7.0]
            a[a > 2] = [7.0]
            check(a, expected)
    a = hpx.asarray(x, **PLANES[layout])
    with pytest.raises(ValueError, match=rf"3 values for the {mask.sum()} elements"):
        a[a > 0] = [1.0, 2.0, 3.0]
    hpx.place(a, a > 0, [1, 2, 3])
    np.place(x, x > 0, [1, 2, 3])
    check(a, x)


@pytest.mark.parametrize("layout", PLANES)
def test_put(layout):
    x, p = random_array((9, 7)), np.array([3, -1, 40, 3, 62])
    for dealt in (None, "block"):
        for mode in ("raise", "wrap", "clip"):
            a, expected = hpx.asarray(x, **PLANES[layout]), x.copy()
            places = hpx.asarray(p + (100 if mode != "raise" else 0), distribution=dealt)
            hpx.put(a, places, [1.0, 2.0], mode=mode)
            np.put(expected, p + (100 if mode != "raise" else 0), [1.0, 2.0], mode=mode)
            check(a, expected)
    with pytest.raises(IndexError, match="put: 63 is out of range for 63 elements"):
        hpx.put(a, hpx.asarray([0, 63], distribution="block"), 1.0)
    check(a, expected)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("layout", PLANES)
def test_along_an_axis(layout, axis):
    x = random_array((9, 7))
    order = np.argsort(x, axis=axis)
    a = hpx.asarray(x, **PLANES[layout])
    for dealt in ({}, {"distribution": "block"}, {"distribution": "cyclic", "axis": 1}):
        check(
            hpx.take_along_axis(a, hpx.asarray(order, **dealt), axis),
            np.take_along_axis(x, order, axis),
        )
        few = order[:, :1] if axis == 0 else order[:1]
        check(
            hpx.take_along_axis(a, hpx.asarray(few, **dealt), axis),
            np.take_along_axis(x, few, axis),
        )
        b, expected = hpx.asarray(x, **PLANES[layout]), x.copy()
        hpx.put_along_axis(b, hpx.asarray(order, **dealt), hpx.asarray(x * 2, **dealt), axis)
        np.put_along_axis(expected, order, x * 2, axis)
        check(b, expected)
    check(hpx.take_along_axis(a, hpx.argsort(a, axis=axis), axis), np.sort(x, axis=axis))
    flat = hpx.asarray(np.argsort(x.ravel()), distribution="block")
    check(hpx.take_along_axis(a, flat, None), np.sort(x, axis=None))


@pytest.mark.parametrize("layout", PLANES)
def test_lexsort(layout):
    keys = [np.arange(63).reshape(9, 7) * step % 4 for step in (3, 5, 7)]
    a = [hpx.asarray(key, **PLANES[layout]) for key in keys]
    for axis in (0, 1):
        check(hpx.lexsort(a, axis=axis), np.lexsort(keys, axis=axis))
    flat = [key.ravel() for key in keys]
    if layout in LAYOUTS:
        a = [hpx.asarray(key, **LAYOUTS[layout]) for key in flat]
        check(hpx.lexsort(a), np.lexsort(flat))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_searching_in_a_table_that_is_dealt_out(layout):
    table = np.sort(np.append(random_array(40, seed=2).round(1), [np.nan, np.inf]))
    values = np.concatenate([table[::3], random_array(25, seed=4), [np.nan, -np.inf, np.inf]])
    a = hpx.asarray(table, **LAYOUTS[layout])
    for side in ("left", "right"):
        expected = np.searchsorted(table, values, side)
        for dealt in ({}, *LAYOUTS.values()):
            check(hpx.searchsorted(a, hpx.asarray(values, **dealt), side), expected)
        check(hpx.searchsorted(a, 0.5, side), np.searchsorted(table, 0.5, side))
        order = np.argsort(table[::-1])
        shuffled = hpx.asarray(table[::-1], **LAYOUTS[layout])
        sorter = hpx.asarray(order, **LAYOUTS[layout])
        check(hpx.searchsorted(shuffled, values, side, sorter), expected)
    few = hpx.asarray([1, 4], distribution="block")
    check(
        hpx.searchsorted(few, hpx.asarray([0, 2, 9], distribution="block")),
        np.searchsorted([1, 4], [0, 2, 9]),
    )
    check(hpx.searchsorted(few[:0], hpx.asarray([0, 2, 9], distribution="block")), np.zeros(3, int))


BAD = {
    "past the end": (9, 0),
    "before the start": (-10, 0),
    "of another axis": (0, 7),
}


@pytest.mark.parametrize("where", BAD)
def test_positions_out_of_range_are_told_to_all_and_nothing_is_written(where):
    x = random_array(SHAPE)
    a = hpx.asarray(x, distribution="block")
    first, second = BAD[where]
    axis = 0 if second == 0 else 1
    wrong = first if axis == 0 else second
    text = f"is out of range for axis {axis} of length {SHAPE[axis]}"
    p, q = np.append(np.zeros(30, int), first), np.append(np.zeros(30, int), second)
    for dealt in (None, "block"):
        places = hpx.asarray(p, distribution=dealt), hpx.asarray(q, distribution=dealt)
        for array in (a, a.T.T):
            with pytest.raises(IndexError, match=f"index: {wrong} {text}"):
                array[places]
        with pytest.raises(IndexError, match=f"assign: {wrong} {text}"):
            a[places] = 5.0
        with pytest.raises(IndexError, match=f"assign: {wrong} {text}"):
            a[places] = hpx.zeros((31, 4), distribution="block")
        with pytest.raises(ValueError, match="not broadcast"):
            a[places] = np.zeros(3)
    with pytest.raises(IndexError, match="do not broadcast"):
        a[hpx.asarray([0, 1, 2], distribution="block"), [0, 1]]
    check(a, x)


@several
def test_a_route_sends_a_position_and_an_element():
    x = random_array((60 * N, 3))
    a = hpx.asarray(x, distribution="block")
    hpx.eval(a)
    p = np.concatenate([(np.arange(5) + 60 * ((q + 1) % N)) for q in range(N)])
    q = p % 3
    places = hpx.asarray(p, distribution="block"), hpx.asarray(q, distribution="block")
    hpx.eval(*places)
    names = ("messages", "bytes_sent")

    def route():
        return [hpx.counters.get(f"/hpxpy/{name}/route") for name in names]

    for action, sent in (
        (lambda: a[places], [2, 2 * 5 * 8]),
        (lambda: a.__setitem__(places, 1.5), [1, 5 * 8]),
        (lambda: a.__setitem__(places, hpx.asarray(q * 1.0, distribution="block")), [2, 80]),
        (lambda: a.__setitem__(places, q * 1.0), [2, 80]),
    ):
        before = route()
        action()
        grown = [now - then for now, then in zip(route(), before, strict=True)]
        agree("" if grown == sent else f"sent {grown}, expected {sent}")
    expected = x.copy()
    expected[p, q] = q
    check(a, expected)


@several
def test_local_positions_and_values_are_written_without_a_message():
    a = hpx.zeros((60, 3), distribution="block")
    hpx.eval(a)
    before = hpx.counters.get("/hpxpy/messages")
    a[np.arange(40), np.arange(40) % 3] = np.arange(40.0)
    a[np.arange(20)] = 2.0
    agree("" if hpx.counters.get("/hpxpy/messages") == before else "a message was sent")


@several
def test_a_mask_of_rows_moves_no_row():
    x = random_array((60, 3))
    a = hpx.asarray(x, distribution="block")
    hpx.eval(a)
    before = hpx.counters.get("/hpxpy/bytes_sent/route")
    chosen = a[a[:, 0] > 0]
    agree("" if hpx.counters.get("/hpxpy/bytes_sent/route") == before else "rows were sent")
    check(chosen, x[x[:, 0] > 0])


lengths = st.integers(1, 12)


@st.composite
def programs(draw):
    shape = tuple(draw(st.lists(lengths, min_size=1, max_size=3)))
    axes = draw(st.integers(1, len(shape)))
    first = draw(st.integers(0, len(shape) - axes))
    count = draw(st.integers(0, 20))
    layouts = [None, *PLANES.values()] if len(shape) > 1 else [None, *LAYOUTS.values()]
    pick = st.sampled_from(layouts)
    vector = st.sampled_from([None, *LAYOUTS.values()])
    seeds = st.integers(0, 1000)
    return {
        "shape": shape,
        "first": first,
        "axes": axes,
        "count": count,
        "lies": draw(pick),
        "places": [draw(vector) for _ in range(axes)],
        "values": draw(vector),
        "seed": draw(seeds),
    }


@settings(max_examples=40, deadline=None, derandomize=True)
@given(programs())
def test_random_programs(program):
    shape, seed = program["shape"], program["seed"]
    generator = np.random.default_rng(seed)
    x = generator.normal(size=shape)
    first, axes = program["first"], program["axes"]
    positions = [
        generator.integers(-shape[first + n], shape[first + n], program["count"])
        for n in range(axes)
    ]
    key = (slice(None),) * first + tuple(positions)
    values = generator.normal(size=x[key].shape)
    a = hpx.asarray(x, **(program["lies"] or {}))
    places = [
        hpx.asarray(p, **(lies or {})) for p, lies in zip(positions, program["places"], strict=True)
    ]
    named = (slice(None),) * first + tuple(places)
    check(a[named], x[key])
    a[named] = hpx.asarray(values, **(program["values"] or {}))
    x[key] = values
    check(a, x)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("place", [{}, {"distribution": "block"}], ids=["local", "distributed"])
def test_positions_that_do_not_exist_where_nothing_is_written(axis, place):
    x = hpx.zeros((5, 4, 0), distribution="block", axis=axis)
    positions = hpx.asarray([1, -6], **place)
    for call in (lambda: x[positions], lambda: x.__setitem__(positions, 1)):
        with pytest.raises(IndexError, match="-6 is out of range for axis 0 of length 5"):
            call()
    x[hpx.asarray([1, -5], **place)] = 1
    # A local array of no elements and values that are dealt out.
    y, nothing = hpx.zeros((5, 0)), hpx.zeros(0, distribution="block")
    y[hpx.asarray([1, -5])] = nothing
    with pytest.raises(IndexError, match="-6 is out of range for axis 0 of length 5"):
        y[hpx.asarray([1, -6])] = nothing
