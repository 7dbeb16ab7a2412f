"""Groups of localities, and collectives within them."""

# SPDX-License-Identifier: BSL-1.0
import pickle
import socket

import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, check_local, difference
from test_collectives import needs_others

N = hpx.num_localities()
ME = hpx.locality_id()
# Even and odd numbers, each half in the order of all and backwards.
HALF = [i for i in range(N) if i % 2 == ME % 2]
ORDERS = {"forwards": 1, "backwards": -1}


@pytest.fixture(scope="module", params=ORDERS)
def half(request):
    sign = ORDERS[request.param]
    return hpx.world.split(ME % 2, sign * ME), HALF[::sign]


def test_the_world():
    assert hpx.world.id == ME
    assert hpx.world.size == N
    assert hpx.world.localities == tuple(range(N))
    assert repr(hpx.world) == "hpx.world"
    check_local(hpx.all_reduce(ME, group=hpx.world), np.asarray(sum(range(N))))
    x = hpx.ones(4, distribution="block")
    check_local(hpx.all_reduce(x, group=hpx.world), np.asarray(4.0))


def test_split(half):
    group, members = half
    assert group.localities == tuple(members)
    assert group.size == len(members)
    assert group.id == members.index(ME)
    assert f"localities {members[0]}" in repr(group)
    assert group != hpx.world
    assert group == group
    assert len({group, hpx.world}) == 2


def test_collectives_on_arrays(half):
    group, members = half
    mine = hpx.asarray([ME + 1.0, 2.0])
    everybodys = [np.array([i + 1.0, 2.0]) for i in members]
    last = len(members) - 1
    at = group.id
    problem = difference(hpx.all_reduce(mine, group=group).to_numpy(), sum(everybodys))
    large = hpx.all_reduce(hpx.full(70_000, ME + 1), group=group)
    problem += difference(large.to_numpy(), np.full(70_000, sum(members) + len(members)))
    got = hpx.reduce(mine, "max", last, group=group)
    problem += (
        difference(got.to_numpy(), everybodys[members.index(max(members))])
        if (at == last)
        else f"{got or ''}"
    )
    got = hpx.all_reduce(mine, lambda a, b: a * 2 - b, group=group).to_numpy()
    folded = everybodys[0]
    for x in everybodys[1:]:
        folded = folded * 2 - x
    problem += difference(got, folded)
    for name, taken in (("inclusive_scan", at + 1), ("exclusive_scan", at)):
        got = getattr(hpx, name)(mine, group=group).to_numpy()
        problem += difference(got, sum(everybodys[:taken], np.zeros(2)))
    got = hpx.broadcast(mine if at == last else None, last, group=group)
    problem += difference(got.to_numpy(), everybodys[last])
    for x, y in zip(hpx.all_gather(mine, group=group), everybodys, strict=True):
        problem += difference(x.to_numpy(), y)
    got = hpx.gather(mine, last, group=group)
    if at == last:
        problem += difference(np.stack([x.to_numpy() for x in got]), np.stack(everybodys))
    elif got is not None:
        problem += "gathered elsewhere than on root"
    rows = hpx.scatter(hpx.arange(3 * len(members)) if at == 0 else None, group=group)
    problem += difference(rows.to_numpy(), np.arange(3 * at, 3 * at + 3))
    got = hpx.all_to_all(hpx.full(len(members), ME), group=group)
    problem += difference(got.to_numpy(), np.array(members))
    got = hpx.all_to_all([hpx.full(to, ME) for to in range(len(members))], group=group)
    for x, i in zip(got, members, strict=True):
        problem += difference(x.to_numpy(), np.full(at, i))
    hpx.barrier("in a group", group=group)
    agree(problem)


def test_collectives_on_objects(half):
    group, members = half
    last = len(members) - 1
    assert hpx.all_gather_object(ME, group=group) == members
    got = hpx.broadcast_object(f"from {ME}", last, group=group)
    assert got == f"from {members[last]}"
    got = hpx.gather_object(ME, last, group=group)
    assert got == (members if group.id == last else None)


def test_messages(half):
    group, members = half
    n, at = len(members), group.id
    hpx.send(ME, (at + 1) % n, 5, group=group)
    hpx.send(ME + 100, ME, 5)
    got = int(hpx.recv((at - 1) % n, 5, group=group)), int(hpx.recv(ME, 5))
    agree("" if got == (members[(at - 1) % n], ME + 100) else f"{got}")


def test_groups_of_groups(half):
    group, members = half
    single = group.split(group.id)
    assert single.localities == (ME,)
    check_local(hpx.all_reduce(ME, group=single) * 0, np.asarray(0))
    again = group.split(-5, key=-group.id)
    assert again.localities == tuple(members[::-1])
    assert hpx.all_gather_object(ME, group=again) == members[::-1]


def test_groups_go_on_at_their_own_pace():
    """One group makes more calls than the other, between calls of all."""
    group = hpx.world.split(ME % 2)
    for _ in range(3 + 4 * (ME % 2)):
        total = hpx.all_reduce(ME, group=group)
        assert int(total) == sum(HALF)
    check_local(hpx.all_reduce(ME), np.asarray(sum(range(N))))


def grids(size):
    """All grids of up to three dimensions, some of length 1."""
    divisors = [n for n in range(1, size + 1) if size % n == 0]
    two = [(a, size // a) for a in divisors]
    return [
        (size,),
        *two,
        *((a, b, size // a // b) for a in divisors for b in divisors if size % (a * b) == 0),
    ]


@pytest.mark.parametrize("grid", grids(N), ids=str)
def test_lines_of_a_grid(grid):
    places = np.arange(N).reshape(grid)
    own = [int(i) for i in np.argwhere(places == ME)[0]]
    lines = hpx.world.split_grid(grid)
    assert len(lines) == len(grid)
    for dimension, line in enumerate(lines):
        index = [slice(None) if d == dimension else i for d, i in enumerate(own)]
        assert line.localities == tuple(places[tuple(index)])
        assert line.id == own[dimension]
        assert int(hpx.all_reduce(ME, group=line)) == sum(line.localities)


def test_lines_of_a_grid_are_those_of_a_distribution():
    x = hpx.zeros((N, 4), distribution=("block", "block"), grid=(N, 1))
    column, row = hpx.world.split_grid(x.distribution.grid)
    assert column.size == N and row.size == 1
    turned = hpx.world.split(0, -ME)
    assert turned.split_grid(N)[0].localities == turned.localities


@pytest.mark.parametrize("grid", [(N + 1,), (0, N), (-1, -N), (), (N, 2)], ids=str)
def test_grids_that_do_not_fit(grid):
    if N == 1 and grid == ():
        pytest.skip("of one locality a grid of no dimensions has one place")
    with pytest.raises(ValueError, match=rf"split_grid: .*{N} localities"):
        hpx.world.split_grid(grid)
    with pytest.raises(TypeError, match=r"split_grid: length .* is not a whole number"):
        hpx.world.split_grid((1.5, N))
    assert int(hpx.all_reduce(1)) == N


@pytest.mark.skipif(N == 1, reason="one locality has nobody to disagree with")
def test_localities_that_give_other_grids():
    grid = (N, 1) if ME == 0 else (1, N)
    with pytest.raises(hpx.CommunicationError) as error:
        hpx.world.split_grid(grid)
    for text in (f"split_grid {(N, 1)}", f"split_grid {(1, N)}"):
        assert text in str(error.value)
    assert hpx.world.split_grid((N, 1))[0].size == N


def test_split_by_host():
    for group in (hpx.split_by_host(), hpx.split_by_host(hpx.world.split(0))):
        hosts = hpx.all_gather_object(socket.gethostname())
        same = tuple(i for i, host in enumerate(hosts) if host == hosts[ME])
        agree("" if group.localities == same else f"{group.localities}, expected {same}")


CALLS = {
    "all_reduce": lambda g: hpx.all_reduce(1, group=g),
    "all_reduce of a function": lambda g: hpx.all_reduce(1, lambda a, b: a, group=g),
    "reduce": lambda g: hpx.reduce(1, group=g),
    "inclusive_scan": lambda g: hpx.inclusive_scan(1, group=g),
    "exclusive_scan": lambda g: hpx.exclusive_scan(1, group=g),
    "broadcast": lambda g: hpx.broadcast(1, group=g),
    "gather": lambda g: hpx.gather(1, group=g),
    "all_gather": lambda g: hpx.all_gather(1, group=g),
    "scatter": lambda g: hpx.scatter([1], group=g),
    "all_to_all": lambda g: hpx.all_to_all([1], group=g),
    "barrier": lambda g: hpx.barrier(group=g),
    "broadcast_object": lambda g: hpx.broadcast_object(1, group=g),
    "all_gather_object": lambda g: hpx.all_gather_object(1, group=g),
    "gather_object": lambda g: hpx.gather_object(1, group=g),
    "send": lambda g: hpx.send(1, 0, group=g),
    "recv": lambda g: hpx.recv(0, group=g),
    "split": lambda g: g.split(0),
    "split_by_host": hpx.split_by_host,
    "split_grid": lambda g: g.split_grid((1,)),
    "free": lambda g: g.free(),
}


@pytest.mark.parametrize("name", CALLS)
def test_localities_outside_a_group(name):
    inside = ME == 0
    group = hpx.world.split(0 if inside else None)
    if not inside:
        assert (group.id, group.size, group.localities) == (None, 0, ())
        assert "without this locality" in repr(group)
    words = f"{name.split()[0]}: locality {ME} is not in this group"
    if not inside:
        with pytest.raises(ValueError, match=words):
            CALLS[name](group)
    elif name not in ("recv", "send"):
        CALLS[name](group)
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


@pytest.mark.parametrize("group", [3, "world", [0, 1], (0,)])
@pytest.mark.parametrize(
    "name", [name for name in CALLS if name not in ("split", "split_grid", "free")]
)
def test_what_is_no_group(name, group):
    with pytest.raises(TypeError, match=f"{name.split()[0]}: group=.* is not a group"):
        CALLS[name](group)


def test_roots_within_a_group(half):
    group, members = half
    n = len(members)
    there = "locality 0 only" if n == 1 else f"localities 0 to {n - 1}"
    for call in (
        lambda root: hpx.broadcast(1, root, group=group),
        lambda root: hpx.gather(1, root, group=group),
        lambda root: hpx.scatter([1], root, group=group),
        lambda root: hpx.reduce(1, root=root, group=group),
        lambda root: hpx.broadcast_object(1, root, group=group),
        lambda root: hpx.gather_object(1, root, group=group),
    ):
        for root in (-1, n):
            with pytest.raises(ValueError, match=f"root {root} does not exist; .* has {there}"):
                call(root)
    with pytest.raises(ValueError, match=f"send: locality {n} does not exist; .* has {there}"):
        hpx.send(1, n, group=group)
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def test_distributed_arrays_lie_on_all_localities(half):
    group, _ = half
    x = hpx.ones(6, distribution="block")
    for call in (hpx.all_reduce, hpx.reduce, hpx.broadcast, hpx.gather, hpx.all_gather):
        name = call.__name__
        with pytest.raises(TypeError, match=rf"{name}: .*distributed.*group.*local_partition"):
            call(x, group=group)
    with pytest.raises(TypeError, match=r"scatter: .*distributed.*group"):
        hpx.scatter(hpx.ones(6), distribution="block", group=group)
    check_local(hpx.all_reduce(x), np.asarray(6.0))


@needs_others
def test_localities_of_a_group_that_disagree():
    """Only its localities are told, with their numbers in the program; others go on."""
    members = [0, N - 1]
    group = hpx.world.split(0 if ME in members else 1)
    text = ""
    if ME in members:
        for _ in range(2):
            with pytest.raises(hpx.CommunicationError) as error:
                hpx.all_reduce(hpx.ones(2 if ME == 0 else 3), group=group)
            text = str(error.value)
            assert hpx.all_gather_object(ME, group=group) == members
    texts = hpx.all_gather_object(text)
    wanted = ["locality 0 (0 of a group)", f"locality {N - 1} (1 of a group)", "(2,)", "(3,)"]
    missing = [word for word in wanted if word not in texts[0]]
    others = {texts[i] for i in range(N) if i not in members}
    right = not missing and texts[0] == texts[N - 1] and others <= {""}
    agree("" if right else f"{texts}, {missing}")


@needs_others
def test_calls_of_different_groups_that_disagree():
    group = hpx.world.split(0)
    error = None
    try:
        hpx.all_reduce(hpx.ones(3), "max" if ME else "sum", group=group)
    except hpx.CommunicationError as caught:
        error = str(caught)
    assert error
    # What is still wrong in one group is told there, and not in another.
    kept = hpx.all_reduce(hpx.ones(100_000), group=group)
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))
    check_local(kept, np.full(100_000, float(N)))


@needs_others
def test_splits_that_disagree():
    texts = []
    for call in (
        lambda: hpx.world.split(0) if ME == 0 else hpx.barrier(),
        lambda: hpx.world.split(0).barrier if ME == 0 else hpx.all_gather_object(1),
    ):
        with pytest.raises(hpx.CommunicationError) as error:
            call()
        texts.append(str(error.value))
    assert "split" in texts[0]
    assert "barrier" in texts[0]
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def test_bad_colors_and_keys():
    for color in (1.5, "a", True):
        with pytest.raises(TypeError, match=r"split: color .* is not a whole number"):
            hpx.world.split(color)
    for key in (None, 0.0):
        with pytest.raises(TypeError, match=r"split: key .* is not a whole number"):
            hpx.world.split(0, key)
    with pytest.raises(ValueError, match=r"split: color .* is past 64 bits"):
        hpx.world.split(2**63)
    with pytest.raises(TypeError, match="split"):
        hpx.collectives.Group()
    with pytest.raises(TypeError, match="does not travel"):
        pickle.dumps(hpx.world.split(0))
    large = hpx.world.split(2**62 + ME % 2, key=-(2**58) * ME)
    assert large.localities == tuple(HALF if len(HALF) == 1 else HALF[::-1])


def test_many_groups_and_their_end():
    for i in range(30):
        group = hpx.world.split(i)
        assert int(hpx.all_reduce(1, group=group)) == N
        group.free()
    with pytest.raises(RuntimeError, match="has ended"):
        hpx.all_reduce(1, group=group)
    with pytest.raises(ValueError, match=r"free: .*world"):
        hpx.world.free()


def test_counters_count_groups():
    group = hpx.world.split(0)
    before = hpx.counters.get("/hpxpy/collectives")
    hpx.barrier(group=group)
    after = hpx.counters.get("/hpxpy/collectives")
    assert after > before or N == 1


@needs_others
def test_what_is_wrong_in_one_group_is_told_there():
    """A reduction of all that nobody reads differs, and a group goes on before all are told."""
    group = hpx.world.split(ME % 2)
    for _ in range(5):
        x = hpx.arange(30, distribution="block")
        kept = x.sum() if ME == 0 else x.max()
        for length in (2, 5000):
            total = hpx.all_reduce(hpx.full(length, ME), group=group)
            assert int(total[0]) == sum(HALF)
        with pytest.raises(hpx.CommunicationError, match="sum"):
            hpx.barrier()
        del kept
        # The other way round: what is on its way in all is right, a group disagrees.
        total = x.sum()
        if len(HALF) > 1:
            with pytest.raises(hpx.CommunicationError):
                hpx.all_reduce(hpx.ones(2 + group.id), group=group)
        assert int(hpx.all_reduce(ME, group=group)) == sum(HALF)
        check_local(total, np.asarray(435))
