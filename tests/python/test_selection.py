"""Masks and positions on distributed arrays: the local answers, dealt out as documented."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, agree, check, random_array

N, ME = hpx.num_localities(), hpx.locality_id()
several = pytest.mark.skipif(N == 1, reason="one locality sends nothing")

VIEWS = {
    "all": lambda x: x,
    "backwards": lambda x: x[::-1],
    "every other": lambda x: x[1::2],
    "few": lambda x: x[:2],
    "none": lambda x: x[:0],
}


def flat(n=40, seed=0):
    return random_array(n, seed=seed)


def plane(shape=(12, 7), seed=0):
    return random_array(shape, seed=seed)


def only_distributed(x):
    assert x.distribution is not None
    return x


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_masks_of_vectors(layout, view):
    if layout == "block_cyclic" and view == "every other":
        pytest.skip("steps that no stride follows raise, as documented")
    x = flat()
    a = VIEWS[view](hpx.asarray(x, **LAYOUTS[layout]))
    x = VIEWS[view](x)
    for bound in (-10, 0, 0.5, 10):
        check(only_distributed(a[a > bound]), x[x > bound])
    check(a[hpx.asarray(x > 0)], x[x > 0])
    assert a[a > 0].distribution == "block"


@pytest.mark.parametrize("layout", PLANES)
def test_masks_of_planes(layout):
    x = plane()
    a = hpx.asarray(x, **PLANES[layout])
    check(only_distributed(a[a > 0]), x[x > 0])
    check(only_distributed(a[a.T.T < 0]), x[x < 0])
    check(a.T[a.T > 0], x.T[x.T > 0])
    # Of rows: positions, which are dealt out like the mask.
    rows = x[:, 0] > 0
    check(a[hpx.asarray(rows)], x[rows])
    check(a[a[:, 0] > 0], x[rows])
    columns = x[0] > 0
    check(a[:, hpx.asarray(columns)], x[:, columns])


def test_a_mask_and_its_array_on_other_maps():
    x, m = flat(), flat(seed=1) > 0
    local = hpx.asarray(x)
    for layout in LAYOUTS.values():
        mask = hpx.asarray(m, **layout)
        check(only_distributed(local[mask]), x[m])
        for other in LAYOUTS.values():
            check(hpx.asarray(x, **other)[mask], x[m])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "complex128"])
def test_masks_of_all_widths(dtype):
    x = random_array(40, dtype)
    a = hpx.asarray(x, distribution="block")
    check(a[a != x[3]], x[x != x[3]])


def test_masks_move_nothing():
    x = flat(4000)
    a = hpx.asarray(x, distribution="block")
    hpx.eval(a)
    kinds = ("redistribute", "join", "route", "all_gather")
    before = [hpx.counters.get(f"/hpxpy/bytes_sent/{kind}") for kind in kinds]
    chosen = a[a > 0]
    after = [hpx.counters.get(f"/hpxpy/bytes_sent/{kind}") for kind in kinds]
    assert after == before
    sizes = hpx.all_gather_object(int((np.asarray(a.local_partition) > 0).sum()))
    assert list(chosen.partition_sizes) == sizes
    check(hpx.balance(chosen), x[x > 0])


@pytest.mark.parametrize("layout", PLANES)
def test_nonzero(layout):
    x = np.where(plane() > 0, plane(), 0)
    a = hpx.asarray(x, **PLANES[layout])
    for got, expected in zip(hpx.nonzero(a), np.nonzero(x), strict=True):
        check(only_distributed(got), expected)
    check(hpx.flatnonzero(a), np.flatnonzero(x))
    v = hpx.asarray(x[0], distribution="block")
    check(hpx.nonzero(v)[0], np.nonzero(x[0])[0])


def test_what_is_made_of_nonzero():
    x = flat()
    for layout in LAYOUTS.values():
        a = hpx.asarray(x, **layout)
        check(hpx.argwhere(a > 0), np.argwhere(x > 0))
        for condition in (a > 0, hpx.asarray(x > 0)):
            check(hpx.compress(condition, a), x[x > 0])
            check(hpx.extract(condition, a), x[x > 0])
        check(hpx.compress([True, False, True], a), x[[0, 2]])
    with pytest.raises(IndexError, match="is out of range"):
        hpx.compress(hpx.asarray(np.ones(50, bool), distribution="block"), a)


POSITIONS = {
    "some": np.array([3, 0, 7, 7, 1, 9, 2]),
    "from the end": np.array([-1, -9, 3, -1]),
    "one": np.array([5]),
    "none": np.array([], dtype=int),
    "all": np.arange(12)[::-1],
    "many": np.arange(100) % 11,
    "plane": np.array([[3, 0, 7], [1, -2, 5]]),
    "small integers": np.array([3, 0, 7], dtype="uint8"),
}


@pytest.mark.parametrize("name", POSITIONS)
@pytest.mark.parametrize("layout", PLANES)
def test_positions(layout, name):
    x, p = plane(), POSITIONS[name]
    a = hpx.asarray(x, **PLANES[layout])
    v = hpx.asarray(
        x[:, 0],
        **{**PLANES[layout], **LAYOUTS.get(layout, LAYOUTS["block"]), "axis": 0}
        if layout in LAYOUTS
        else LAYOUTS["block"],
    )
    for positions in (hpx.asarray(p), hpx.asarray(p, distribution="block")):
        check(a[positions], x[p])
        check(hpx.take(a, positions, axis=0), np.take(x, p, axis=0))
        check(v[positions], x[:, 0][p])
        columns = (
            hpx.asarray(p % 7)
            if positions.distribution is None
            else hpx.asarray(p % 7, distribution="block")
        )
        check(a[:, columns], x[:, p % 7])
        check(hpx.take(a, columns, axis=-1), np.take(x, p % 7, axis=-1))


def test_results_are_dealt_out_like_the_positions():
    x, p = flat(), np.arange(17) * 2
    a = hpx.asarray(x, distribution="cyclic")
    places = hpx.asarray(p, distribution="cyclic")
    assert a[places].distribution == places.distribution
    assert a[hpx.asarray(p)].distribution is None
    assert hpx.asarray(x)[places].distribution == places.distribution
    check(hpx.asarray(x)[places], x[p])


def test_sorting_by_positions_and_back():
    x = flat(1000)
    a = hpx.asarray(x, distribution="block")
    order = hpx.asarray(np.argsort(x), distribution="block")
    sorted_ = a[order]
    check(sorted_, np.sort(x))
    check(sorted_[hpx.asarray(np.argsort(np.argsort(x)), distribution="cyclic")], x)


@pytest.mark.parametrize("distributed", [True, False])
@pytest.mark.parametrize("bad", [12, -13, 10**12])
def test_positions_out_of_range_are_told_to_all(bad, distributed):
    x = plane()
    a = hpx.asarray(x, distribution="block")
    p = np.array([1] * 30 + [bad])
    places = hpx.asarray(p, distribution="block") if distributed else hpx.asarray(p)
    for array in (a, hpx.asarray(x)):
        with pytest.raises(
            IndexError, match=rf"index: {bad} is out of range for axis 0 of length 12"
        ):
            array[places]
    with pytest.raises(IndexError, match="is out of range for axis 0 of length 12"):
        a[hpx.asarray(np.array([2**64 - 1], "uint64"), distribution="block")]
    with pytest.raises(IndexError, match=r"take: .* is out of range for axis 1 of length 7"):
        hpx.take(a, places, axis=1)
    check(a[hpx.asarray([2])], x[[2]])


@several
def test_what_a_route_sends():
    x = flat(60 * N)
    a = hpx.asarray(x, distribution="block")
    hpx.eval(a)
    # Each locality asks the next one for five rows.
    p = np.concatenate([(np.arange(5) + 60 * ((q + 1) % N)) for q in range(N)])
    places = hpx.asarray(p, distribution="block")
    names = ("messages", "bytes_sent")
    before = [hpx.counters.get(f"/hpxpy/{name}/route") for name in names]
    taken = a[places]
    grown = [
        hpx.counters.get(f"/hpxpy/{name}/route") - then
        for name, then in zip(names, before, strict=True)
    ]
    agree("" if grown == [2, 2 * 5 * 8] else f"sent {grown}")
    check(taken, x[p])
    plan = hpx.explain(lambda: a[places])
    behind, ahead = (ME - 1) % N, (ME + 1) % N
    asks = f"sends 40 B to locality {ahead}, gets 40 B from locality {behind}"
    answers = f"sends 40 B to locality {behind}, gets 40 B from locality {ahead}"
    assert f"route of positions for index: {asks}\n" in plan
    assert f"route of answers for index: {answers}\n" in plan
