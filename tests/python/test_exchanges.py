"""What crosses localities: shown by hpx.explain before it starts, counted by kind as it travels."""

# SPDX-License-Identifier: BSL-1.0
import re
from pathlib import Path

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, forest_bytes, random_array

N, ME = hpx.num_localities(), hpx.locality_id()
OTHERS = N - 1
PAGE = Path(__file__).parents[2] / "docs" / "exchanges.md"

# What each of at most three localities sends and gets, or None where there is no exchange: `up`
# brings the rows before, `down` those behind.
HALOS = {
    (1, 0): None,
    (2, 0): {
        "up": "sends 800 B to locality 1, gets nothing, reads 23.2 KB of its own in place",
        "down": "sends nothing, gets 800 B from locality 1, reads 22.4 KB of its own in place",
    },
    (2, 1): {
        "up": "sends nothing, gets 800 B from locality 0, reads 22.4 KB of its own in place",
        "down": "sends 800 B to locality 0, gets nothing, reads 23.2 KB of its own in place",
    },
    (3, 0): {
        "up": "sends 800 B to locality 1, gets nothing, reads 15.2 KB of its own in place",
        "down": "sends nothing, gets 800 B from locality 1, reads 14.4 KB of its own in place",
    },
    (3, 1): {
        "up": "sends 800 B to locality 2, gets 800 B from locality 0, "
        "reads 15.2 KB of its own in place",
        "down": "sends 800 B to locality 0, gets 800 B from locality 2, "
        "reads 15.2 KB of its own in place",
    },
    (3, 2): {
        "up": "sends nothing, gets 800 B from locality 1, reads 14.4 KB of its own in place",
        "down": "sends 800 B to locality 1, gets nothing, reads 15.2 KB of its own in place",
    },
}
# Of an array of (60, 60) float64 from blocks along one axis to blocks along the other.
TURNS = {
    (1, 0): "sends and gets nothing, meanwhile copies 28.8 KB of its own",
    (2, 0): "sends 7.2 KB to locality 1, gets 7.2 KB from locality 1, "
    "meanwhile copies 7.2 KB of its own",
    (2, 1): "sends 7.2 KB to locality 0, gets 7.2 KB from locality 0, "
    "meanwhile copies 7.2 KB of its own",
    (3, 0): "sends 3.2 KB to locality 1 and 3.2 KB to locality 2, "
    "gets 3.2 KB from locality 1 and 3.2 KB from locality 2, meanwhile copies 3.2 KB of its own",
    (3, 1): "sends 3.2 KB to locality 0 and 3.2 KB to locality 2, "
    "gets 3.2 KB from locality 0 and 3.2 KB from locality 2, meanwhile copies 3.2 KB of its own",
    (3, 2): "sends 3.2 KB to locality 0 and 3.2 KB to locality 1, "
    "gets 3.2 KB from locality 0 and 3.2 KB from locality 1, meanwhile copies 3.2 KB of its own",
}
JOINS = {
    (1, 0): "sends and gets nothing, meanwhile copies 480 B of its own",
    (2, 0): "sends 240 B to locality 1, gets 240 B from locality 1, "
    "meanwhile copies 240 B of its own",
    (2, 1): "sends 240 B to locality 0, gets 240 B from locality 0, "
    "meanwhile copies 240 B of its own",
    (3, 0): "sends 160 B to locality 1 and 160 B to locality 2, "
    "gets 160 B from locality 1 and 160 B from locality 2, meanwhile copies 160 B of its own",
    (3, 1): "sends 160 B to locality 0 and 160 B to locality 2, "
    "gets 160 B from locality 0 and 160 B from locality 2, meanwhile copies 160 B of its own",
    (3, 2): "sends 160 B to locality 0 and 160 B to locality 1, "
    "gets 160 B from locality 0 and 160 B from locality 1, meanwhile copies 160 B of its own",
}
GATHERS = {
    (2, 0): "sends nothing, gets 240 B from locality 1, meanwhile copies 240 B of its own",
    (2, 1): "sends 240 B to locality 0, gets nothing",
    (3, 0): "sends nothing, gets 160 B from locality 1 and 160 B from locality 2, "
    "meanwhile copies 160 B of its own",
    (3, 1): "sends 160 B to locality 0, gets nothing",
    (3, 2): "sends 160 B to locality 0, gets nothing",
}

several = pytest.mark.skipif(N == 1, reason="one locality exchanges nothing")
few = pytest.mark.skipif(N > 3, reason="the texts are those of up to 3 localities")


def block(shape, axis=0, dtype="float64"):
    x = hpx.asarray(random_array(shape, dtype), distribution="block", axis=axis)
    hpx.eval(x)
    return x


def rows_of(length, locality=ME):
    """How many of the rows a locality has."""
    return length // N + (locality < length % N)


def bounds_of(length, locality=ME):
    """Which rows."""
    first = sum(rows_of(length, p) for p in range(locality))
    return first, first + rows_of(length, locality)


def text_of(count):
    """Bytes as plans show them."""
    return f"{count / 1000:.1f} KB" if count >= 1000 else f"{count} B"


def numbered(*steps):
    """A plan: each step its first line and the lines below."""
    lines = [f"{len(steps)} step" + "s" * (len(steps) > 1)]
    for number, (first, *below) in enumerate(steps, 1):
        lines += [f"step {number}: {first}", *(f"  {line}" for line in below)]
    return "".join(line + "\n" for line in lines)


def jacobi(u):
    inner = u[1:-1, 1:-1]
    return (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] + inner) / 5


# Shown


def halo_step(part):
    first = {"up": "0:58", "down": "2:60"}[part]
    return [
        f"halo of float64 (58, 100) in blocks of axis 0, rows {first} to rows 1:59 of 60: "
        f"{HALOS[N, ME][part]}"
    ]


def jacobi_step(numbers=None):
    """The step that computes it; its first two operands come from the steps of those numbers."""
    rows = rows_of(60) - (ME == 0) - (ME == N - 1)
    kilobytes = rows * 100 * 8 / 1000
    sources = ["in0 = load float64, strided", "in1 = load float64, strided"]
    if N > 1:
        sources = ["in0 = load float64", "in1 = load float64"]
        if numbers:
            sources = [f"{s}, of step {n}" for s, n in zip(sources, numbers, strict=True)]
    return [
        f"fused 5 operations over ({rows}, 100)",
        *sources,
        *(f"in{i} = load float64, strided" for i in (2, 3, 4)),
        "t0 = add_add(in0, in1, in2)  float64",
        "t1 = add_add(t0, in3, in4)  float64",
        "t2 = divide(t1, 5)  float64",
        "store t2",
        f"reads {5 * kilobytes:.1f} KB, writes {kilobytes:.1f} KB",
    ]


@few
def test_a_jacobi_step():
    u = block((60, 102))
    plan = hpx.explain(jacobi(u))
    if N == 1:
        assert plan == numbered(jacobi_step())
    else:
        assert plan == numbered(halo_step("up"), halo_step("down"), jacobi_step((1, 2)))


@few
def test_a_jacobi_step_in_a_function():
    u = block((60, 102))
    plan = hpx.explain(lambda: hpx.eval(jacobi(u)))
    steps = [halo_step("up"), halo_step("down")] if N > 1 else []
    text = "".join(numbered(step) for step in [*steps, jacobi_step()])
    # Who came by a halo is written over.
    assert plan.replace("store t2 over in0", "store t2") == text


def turn(source, target):
    return [
        f"redistribute of float64 (60, 60) from blocks of axis {source} "
        f"to blocks of axis {target}: {TURNS[N, ME]}"
    ]


@few
def test_a_sum_with_the_transposed():
    x = block((60, 60))
    plan = hpx.explain(x + x.T)
    rows = rows_of(60)
    kilobytes = rows * 60 * 8 / 1000
    computes = [
        f"1 operation over ({rows}, 60)",
        "in0 = load float64",
        "in1 = load float64, of step 1" if N > 1 else "in1 = load float64, strided",
        "t0 = add(in0, in1)  float64",
        "store t0",
        f"reads {2 * kilobytes:.1f} KB, writes {kilobytes:.1f} KB",
    ]
    # One locality has all that it needs.
    assert plan == numbered(*([turn(1, 0)] if N > 1 else []), computes)


@several
@few
def test_a_redistribution_is_shown_until_it_has_arrived():
    x = block((60, 60))
    y = hpx.redistribute(x, "block", axis=1)
    assert hpx.explain(y) == numbered(turn(0, 1))
    z = y + 1
    assert hpx.explain(z).startswith("2 steps\n" + numbered(turn(0, 1)).partition("\n")[2])
    hpx.eval(z)
    assert hpx.explain(y) == "stored; nothing to compute\n"
    assert "redistribute" not in hpx.explain(y * 2)
    assert hpx.explain(lambda: hpx.redistribute(x, "block", axis=1)) == numbered(turn(0, 1))


@several
@few
def test_what_still_waits_for_an_exchange_shows_it():
    x = block((60, 60))
    y = hpx.redistribute(x, "block", axis=1)
    first, second = y + 1, y * 2
    hpx.eval(first)
    assert "1: redistribute of float64 (60, 60)" in hpx.explain(second)
    hpx.eval(second)
    assert "redistribute" not in hpx.explain(y - 1)


@few
def test_full_copies_and_gathering():
    x = block(60)
    copy = "join of float64 (60,) from blocks of axis 0 to a full copy everywhere: "
    for function in (lambda: hpx.redistribute(x, None), lambda: hpx.all_gather(x)):
        assert hpx.explain(function) == numbered([copy + JOINS[N, ME]])
    plan = hpx.explain(lambda: hpx.gather(x))
    if N > 1:
        text = "gather of float64 (60,) from blocks of axis 0 to locality 0: "
        assert plan == numbered([text + GATHERS[N, ME]])
    else:
        assert "gather" not in plan


@few
def test_sums():
    x = block((60, 50))
    joined = "from one locality" if N == 1 else f"from each of {N} localities"
    own = forest_bytes(*(50 * bound for bound in bounds_of(60)), 3000)
    text = f"all_reduce of sum of float64 (): joins {text_of(own)} "
    others = "one locality" if N == 2 else f"{OTHERS} localities"
    text += joined if N == 1 else f"of its own with those of {others}"
    assert hpx.explain(x.sum()) == numbered([text])
    rows = rows_of(60)
    computes = [
        f"1 operation over ({rows}, 50)",
        "in0 = load float64",
        "sum of in0 into () float64",
        f"reads {rows * 400 / 1000:.1f} KB, writes 8 B",
    ]
    assert hpx.explain(lambda: x.sum()) == numbered(computes) + numbered([text])
    of_axis = f"all_reduce of sum of float64 (50,): joins 400 B {joined}"
    assert hpx.explain(x.sum(axis=0)) == numbered([of_axis])
    assert "all_reduce" not in hpx.explain(x.sum(axis=1))


def test_collectives_on_local_arrays_are_shown():
    x = hpx.ones(5)
    from_root = "sends nothing, gets 40 B from locality 0" if ME else sends_to_all("40 B")
    others = ", ".join((sends_to_all("40 B").partition(",")[0], gets_from_all("40 B")))
    nothing = "sends and gets nothing"
    joined = "from one locality" if N == 1 else f"from each of {N} localities"
    expected = {
        "broadcast of float64 (5,) from locality 0: ": from_root,
        "all_gather of float64 (5,): ": others,
        "gather of float64 (5,) to locality 0: ": "sends 40 B to locality 0, gets nothing"
        if ME
        else "sends nothing, " + gets_from_all("40 B"),
        "all_reduce of max of float64 (5,): ": f"joins 40 B {joined}",
    }
    calls = {
        "broadcast": lambda: hpx.broadcast(x),
        "all_gather": lambda: hpx.all_gather(x),
        "gather": lambda: hpx.gather(x),
        "all_reduce": lambda: hpx.all_reduce(x, "max"),
    }
    for (start, end), (name, call) in zip(expected.items(), calls.items(), strict=True):
        assert start.startswith(name)
        text = end if N > 1 or name == "all_reduce" else nothing
        assert f"step 1: {start}{text}\n" in hpx.explain(call)


def sends_to_all(amount):
    peers = [p for p in range(N) if p != ME]
    if len(peers) > 3:
        total = int(amount.split()[0]) * OTHERS
        return f"sends {total} B to {OTHERS} localities, gets nothing"
    return "sends " + " and ".join(f"{amount} to locality {p}" for p in peers) + ", gets nothing"


def gets_from_all(amount):
    peers = [p for p in range(N) if p != ME]
    if len(peers) > 3:
        return f"gets {int(amount.split()[0]) * OTHERS} B from {OTHERS} localities"
    return "gets " + " and ".join(f"{amount} from locality {p}" for p in peers)


def test_scattering_and_scans_are_shown():
    plan = hpx.explain(lambda: hpx.scatter(hpx.ones(N) if ME == 0 else None))
    assert f"step 1: scatter of float64 ({N},) from locality 0: " in plan
    if ME:
        assert "sends nothing, gets 8 B from locality 0\n" in plan
    x = block(60)
    plan = hpx.explain(lambda: hpx.cumsum(x))
    assert ("step 1: scan of sum of float64 (60,): " in plan) == (N > 1)
    if N == 3 and ME == 1:
        assert "sends 192 B to locality 2, gets 192 B from locality 0\n" in plan


def test_the_other_collectives_are_shown():
    x = hpx.ones(2 * N)
    hpx.eval(x)
    plan = hpx.explain(lambda: hpx.all_to_all(x))
    others = ", ".join((sends_to_all("16 B").partition(",")[0], gets_from_all("16 B")))
    text = others if N > 1 else "sends and gets nothing"
    assert plan == numbered([f"all_to_all of float64 ({2 * N},): {text}"])
    parts = [hpx.ones(2) for _ in range(N)]
    hpx.eval(*parts)
    plan = hpx.explain(lambda: hpx.all_to_all(parts))
    assert plan == numbered([f"all_to_all of {N} arrays: {text}"])
    plan = hpx.explain(lambda: hpx.reduce(x, "min"))
    joined = "from one locality" if N == 1 else f"from each of {N} localities"
    assert f"all_reduce of min of float64 ({2 * N},): joins {16 * N} B {joined}\n" in plan
    x = hpx.ones(3)
    hpx.eval(x)
    plan = hpx.explain(lambda: hpx.inclusive_scan(x))
    assert "step 1: inclusive_scan of float64 (3,) by sum: sends " in plan
    if N == 3 and ME == 1:
        assert "sends 24 B to locality 2, gets 24 B from locality 0\n" in plan


@several
def test_messages_are_shown():
    to, source = (ME + 1) % N, (ME - 1) % N
    plan = hpx.explain(lambda: hpx.send(hpx.ones(3), to))
    assert f"send of float64 (3,): sends 24 B to locality {to}, gets nothing\n" in plan
    plan = hpx.explain(lambda: hpx.recv(source))
    assert f"recv of float64 (3,): sends nothing, gets 24 B from locality {source}\n" in plan
    assert "send" not in hpx.explain(lambda: hpx.send(hpx.ones(3), ME, tag=1))
    hpx.recv(ME, tag=1)


@several
def test_collectives_of_groups_are_shown_with_the_programs_numbers():
    # Two of them, in the other order.
    members = (N - 1, 0)
    pair = hpx.world.split(0 if ME in members else 1, -ME)
    if ME in members:
        other = members[0] if ME == 0 else 0
        x = hpx.ones(4)
        hpx.eval(x)
        root = members[0]
        calls = {
            "all_gather": (
                lambda: hpx.all_gather(x, group=pair),
                f"sends 32 B to locality {other}",
            ),
            "broadcast": (
                lambda: hpx.broadcast(x, group=pair),
                f"sends 32 B to locality {other}" if ME == root else "sends nothing",
            ),
            "all_to_all": (
                lambda: hpx.all_to_all(x, group=pair),
                f"sends 16 B to locality {other}",
            ),
            "exclusive_scan": (
                lambda: hpx.exclusive_scan(x, group=pair),
                f"sends 32 B to locality {other}" if ME == root else "sends nothing",
            ),
        }
        for name, (call, text) in calls.items():
            plan = hpx.explain(call)
            assert f"step 1: {name} of float64 (4,)" in plan
            assert f" in a group of 2 localities: {text}" in plan
        plan = hpx.explain(lambda: hpx.all_reduce(x, group=pair))
        assert "joins 32 B from each of 2 localities" in plan
    assert counted(lambda: None) == {}


def test_what_needs_no_exchange_shows_none():
    x = block((60, 60))
    for expression in (x * 2 + 1, x[1:-1] * 2, x.sum(axis=1)):
        assert not re.search("halo|redistribute|join|all_reduce", hpx.explain(expression))


def test_explaining_sends_nothing_and_changes_no_result():
    x = random_array((60, 60))
    a = hpx.asarray(x, distribution="block")
    result = a + a.T
    assert counted(lambda: [hpx.explain(result) for _ in range(3)]) == {}
    assert_same(result, x + x.T)


@pytest.mark.skipif(N != 3, reason="the page is of 3 localities")
def test_the_page(capsys):
    """Each program of the page prints, on locality 1 of 3, what stands below it."""
    programs = re.findall(r"```python\n(.*?)```\n.*?```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(programs) >= 3
    names = {}
    for program, output in programs:
        exec(program, names)
        printed = capsys.readouterr().out
        if ME == 1:
            assert printed == output


# Counted


def sent():
    """Messages and bytes by kind, and the totals as kind ''."""
    kinds = {}
    for name in hpx.counters.discover("/hpxpy/messages*"):
        kind = name.removeprefix("/hpxpy/messages")
        values = hpx.counters.get(name), hpx.counters.get("/hpxpy/bytes_sent" + kind)
        kinds[kind.removeprefix("/")] = np.array(values)
    return kinds


def counted(call):
    """What `call` sends: (messages, bytes) of each kind of which there is some, but agreements."""
    before = sent()
    call()
    grown = {kind: now - before[kind] for kind, now in sent().items()}
    total = grown.pop("")
    assert (total == sum(grown.values())).all()
    grown.pop("agreement")
    return {kind: (int(m), int(b)) for kind, (m, b) in grown.items() if m or b}


def only(kind, messages, nbytes):
    return {kind: (messages, nbytes)} if messages else {}


def test_halos_count_a_strip_for_each_neighbour():
    u = block((60, 102))
    neighbours = (ME > 0) + (ME < N - 1)
    strips = only("halo", neighbours, neighbours * 800)
    assert counted(lambda: hpx.eval(jacobi(u))) == strips
    assert counted(lambda: hpx.eval(u[1:] - u[:-1])) == only("halo", int(ME > 0), 816)


def test_redistribution_counts_what_others_get():
    x = block((24, 40), dtype="float32")
    parts = [rows_of(24) * rows_of(40, p) * 4 for p in range(N) if p != ME]
    turned = only("redistribute", OTHERS, sum(parts))
    assert counted(lambda: hpx.eval(hpx.redistribute(x, "block", axis=1))) == turned
    back = [rows_of(24, p) * rows_of(40) * 4 for p in range(N) if p != ME]
    y = hpx.redistribute(x, "block", axis=1)
    assert counted(lambda: hpx.eval(hpx.redistribute(y, "block", axis=0))) == only(
        "redistribute", OTHERS, sum(back)
    )


def test_large_ones_in_many_pieces_are_one_message():
    x = block((2000, 1600))
    parts = [rows_of(2000) * rows_of(1600, p) * 8 for p in range(N) if p != ME]
    turned = only("redistribute", OTHERS, sum(parts))
    assert counted(lambda: hpx.eval(hpx.redistribute(x, "block", axis=1))) == turned
    y = hpx.ones(500_000)
    gathered = only("all_gather", OTHERS, OTHERS * 4_000_000)
    assert counted(lambda: hpx.eval(*hpx.all_gather(y))) == gathered


def test_copies_count_a_block_for_each_other():
    for length in (100, N + 1, 1):
        x = block(length, dtype="int16")
        mine = rows_of(length)
        expected = only("join", OTHERS if mine else 0, OTHERS * mine * 2)
        assert counted(lambda x=x: hpx.eval(hpx.redistribute(x, None))) == expected
        assert counted(lambda x=x: hpx.all_gather(x)) == expected
        assert counted(lambda x=x: hpx.broadcast(x)) == expected


def test_gathering_counts_a_block_to_root():
    for root in {0, N - 1}:
        x = block(100)
        gives = int(root != ME)
        expected = only("gather", gives, gives * rows_of(100) * 8)
        assert counted(lambda x=x, root=root: hpx.gather(x, root)) == expected
        local = hpx.ones(ME + 3)
        expected = only("gather", gives, gives * (ME + 3) * 8)
        assert counted(lambda x=local, root=root: hpx.gather(x, root)) == expected


def test_broadcast_and_scatter_count_what_root_gives():
    root = N - 1
    gives = OTHERS if root == ME else 0
    x = hpx.ones(1000) if root == ME else None
    expected = only("broadcast", gives, gives * 8000)
    assert counted(lambda: hpx.eval(hpx.broadcast(x, root))) == expected
    parts = sum(rows_of(1000, p) * 8 for p in range(N) if p != root)
    expected = only("scatter", gives, parts)
    assert counted(lambda: hpx.eval(hpx.scatter(x, root))) == expected
    value = counted(lambda: hpx.broadcast_object("x" * 500 if root == ME else None, root))
    assert (value["broadcast"][0] == gives) if gives else (value == {})


@pytest.mark.parametrize("length", [1, 8, 9, 20_000])
def test_reductions_count_what_each_gives_to_all(length):
    """With the agreement (up to 64 bytes) or after it, in one message each."""
    x = hpx.ones(length)
    expected = only("all_reduce", OTHERS, OTHERS * length * 8)
    assert counted(lambda: hpx.eval(hpx.all_reduce(x))) == expected
    y = block((60, length))
    first, last = (length * bound for bound in bounds_of(60))
    one = only("all_reduce", OTHERS, OTHERS * forest_bytes(first, last, 60 * length))
    assert counted(lambda: hpx.eval(y.sum(axis=0))) == (one if length == 1 else expected)
    assert counted(lambda: float(y.sum())) == one
    assert counted(lambda: hpx.eval(y.astype("int64").sum())) == only(
        "all_reduce", OTHERS, OTHERS * 8
    )
    assert counted(lambda: hpx.eval(y.sum(axis=1))) == {}


@pytest.mark.parametrize("length", [100, 5000])
def test_scans_count_what_those_behind_need(length):
    x = block(length)
    behind = N - 1 - ME
    first, last = bounds_of(length)
    own = forest_bytes(first, last, length, siblings=64)
    assert counted(lambda: hpx.eval(hpx.cumsum(x))) == only("scan", behind, behind * own)
    own = forest_bytes(length - last, length - first, length, siblings=64)
    assert counted(lambda: hpx.eval(hpx.cumsum(x[::-1]))) == only("scan", ME, ME * own)


def test_agreements_are_a_kind_of_their_own():
    before = hpx.counters.get("/hpxpy/messages/agreement")
    hpx.barrier()
    assert hpx.counters.get("/hpxpy/messages/agreement") - before == OTHERS
    assert counted(hpx.barrier) == {}


def test_functions_count_where_they_go():
    hpx.barrier()
    assert counted(lambda: hpx.async_(len, b"x" * 10_000, locality=ME).get()) == {}
    hpx.barrier()
    if N > 1:
        there = hpx.async_(len, b"x" * 10_000, locality=(ME + 1) % N)
        assert there.get() == 10_000
    hpx.barrier()


def test_what_stays_is_not_counted():
    x, y = block((60, 50)), block((60, 50))
    assert counted(lambda: hpx.eval(x * y + 1, x[3:7] * 2)) == {}
    assert counted(lambda: hpx.eval(hpx.redistribute(hpx.ones((6, 5)), "block"))) == {}
