"""Collectives that join or deal out local arrays (reduce, scans, all_to_all), send and recv."""

# SPDX-License-Identifier: BSL-1.0
import functools
import threading

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, agree, block_ranges, check_local, difference, placements, random_array
from test_collectives import OPS, ROOTS, everybodys, joined, needs_others, same_error_everywhere

N = hpx.num_localities()
ME = hpx.locality_id()
NEXT, LAST = (ME + 1) % N, (ME - 1) % N
SCANS = {"inclusive_scan": hpx.inclusive_scan, "exclusive_scan": hpx.exclusive_scan}


def takes(op, dtype):
    return op not in ("and", "or", "xor") or np.dtype(dtype).kind not in "fc"


def on_root(got, expected, root, tolerance=0.0):
    """Root has the array and the others None."""
    if ME != root:
        agree("" if got is None else f"{got!r} elsewhere than on root")
    else:
        agree(difference(got.to_numpy(), expected, tolerance=tolerance))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("op", OPS)
def test_reduce_of_local_arrays(op, dtype):
    values = everybodys(5, dtype)
    if not takes(op, dtype):
        with pytest.raises(TypeError, match=f"reduce: op '{op}' does not take {dtype}"):
            hpx.reduce(hpx.asarray(values[ME]), op)
        return
    for root in ROOTS:
        got = hpx.reduce(hpx.asarray(values[ME]), op, root)
        on_root(got, joined(op, values), root, tolerance=1e-5)


@pytest.mark.parametrize("shape", [(), (0,), (3, 4), (5000,), (70_000,)])
@pytest.mark.parametrize("root", ROOTS)
def test_reduce_of_any_shape(shape, root):
    values = everybodys(shape, "float64")
    got = hpx.reduce(hpx.asarray(values[ME]) * 2, root=root)
    on_root(got, np.asarray(joined("sum", values) * 2), root, tolerance=1e-11)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("place", placements(2)[1:], ids=str)
def test_reduce_of_distributed_arrays(op, place):
    x = random_array((7, 5), "int64")
    for root in ROOTS:
        got = hpx.reduce(hpx.asarray(x, **place), op, root)
        on_root(got, np.asarray(OPS[op].reduce(x, axis=None)), root)


def test_reduce_with_a_function():
    values = everybodys(4, "float64")
    for root in ROOTS:
        got = hpx.reduce(hpx.asarray(values[ME]), lambda a, b: a * 2 - b, root)
        on_root(got, functools.reduce(lambda a, b: a * 2 - b, values), root)
    with pytest.raises(TypeError, match=r"reduce: .*distributed.*local_partition"):
        hpx.reduce(hpx.zeros(4, distribution="block"), lambda a, b: a)


def neutral(op, dtype):
    """By NumPy: what does not change any value that it is joined with."""
    if op in ("sum", "prod", "or", "xor"):
        return np.full(5, 1 if op == "prod" else 0, dtype)
    if dtype.kind == "b":
        return np.full(5, op in ("min", "and"))
    if op == "and":
        return ~np.zeros(5, dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.full(5, info.max if op == "min" else info.min, dtype)
    inf = np.inf if op == "min" else -np.inf
    return np.full(5, complex(inf, inf) if dtype.kind == "c" else inf, dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("name", SCANS)
def test_scans_of_local_arrays(name, op, dtype):
    values = everybodys(5, dtype)
    if not takes(op, dtype):
        with pytest.raises(TypeError, match=f"{name}: op '{op}' does not take {dtype}"):
            SCANS[name](hpx.asarray(values[ME]), op)
        return
    got = SCANS[name](hpx.asarray(values[ME]), op).to_numpy()
    taken = values[: ME + (name == "inclusive_scan")]
    wide = np.dtype("int64") if op in ("sum", "prod") and dtype.kind == "b" else dtype
    expected = joined(op, taken) if taken else neutral(op, wide)
    agree(difference(got, expected, tolerance=1e-5))


@pytest.mark.parametrize("shape", [(), (0,), (3, 4), (5000,), (70_000,)])
@pytest.mark.parametrize("name", SCANS)
def test_scans_of_any_shape(name, shape):
    values = everybodys(shape, "float64")
    got = SCANS[name](hpx.asarray(values[ME]) * 2)
    taken = [2 * value for value in values[: ME + (name == "inclusive_scan")]]
    expected = np.asarray(joined("sum", taken) if taken else np.zeros(shape))
    agree(difference(got.to_numpy(), expected, tolerance=1e-11))
    got += 1
    agree(difference(got.to_numpy(), expected + 1, tolerance=1e-11))


def test_scans_leave_their_operand():
    x = hpx.full(3, ME + 1)
    hpx.inclusive_scan(x)
    hpx.exclusive_scan(x)
    agree(difference(x.to_numpy(), np.full(3, ME + 1)))


def test_scans_with_a_function():
    values = everybodys(4, "float64")

    def fold(a, b):
        return a * 2 - b

    got = hpx.inclusive_scan(hpx.asarray(values[ME]), fold)
    agree(difference(got.to_numpy(), functools.reduce(fold, values[: ME + 1])))
    got = hpx.exclusive_scan(hpx.asarray(values[ME]), fold)
    if ME == 0:
        agree("" if got is None else f"{got!r} before the first")
    else:
        agree(difference(got.to_numpy(), functools.reduce(fold, values[:ME])))


@pytest.mark.parametrize("name", SCANS)
def test_scans_of_distributed_arrays(name):
    for op in ("sum", lambda a, b: a + b):
        with pytest.raises(TypeError, match=f"{name}: .*distributed.*local_partition"):
            SCANS[name](hpx.ones(4, distribution="block"), op)


@pytest.mark.parametrize("function", [hpx.reduce, *SCANS.values()])
@pytest.mark.parametrize("op", ["mean", "", 3, None])
def test_unknown_operations(function, op):
    with pytest.raises(ValueError, match=f"{function.__name__}: Unknown reduction operation"):
        function(hpx.ones(3), op)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_all_to_all(dtype):
    values = [random_array((2 * N + 1, 3), dtype, seed) for seed in range(N)]
    first, last = block_ranges(2 * N + 1)[ME]
    expected = np.concatenate([value[first:last] for value in values])
    check = difference(hpx.all_to_all(hpx.asarray(values[ME])).to_numpy(), expected)
    agree(check)
    # Views and what is not computed yet.
    got = hpx.all_to_all(hpx.asarray(values[ME])[::-1, 1:])
    expected = np.concatenate([value[::-1, 1:][first:last] for value in values])
    agree(difference(got.to_numpy(), expected))


@pytest.mark.parametrize("shape", [(0,), (1,), (N,), (N, 0), (50_000 * N,)])
def test_all_to_all_of_any_shape(shape):
    values = [random_array(shape, seed=seed) for seed in range(N)]
    first, last = block_ranges(shape[0])[ME]
    x = hpx.asarray(values[ME])
    got = hpx.all_to_all(x)
    x[...] = 0
    expected = np.concatenate([value[first:last] for value in values])
    agree(difference(got.to_numpy(), expected))


def part(source, to):
    """What `source` sends to `to`, of other shapes, dimensions and dtypes."""
    shapes = [(source + 1, to), (to + 2,), (), (0, 3), (40_000,)]
    dtype = DTYPES[(source + 3 * to) % len(DTYPES)]
    return np.asarray(random_array(shapes[(source + to) % 5], dtype, 10 * source + to))


def test_all_to_all_of_lists():
    for kind in (list, tuple):
        mine = kind(hpx.asarray(part(ME, to)) for to in range(N))
        got = hpx.all_to_all(mine)
        problem = "" if isinstance(got, list) and len(got) == N else f"{got!r}"
        for source, x in enumerate(got):
            problem += difference(x.to_numpy(), part(source, ME))
        agree(problem)
    got = hpx.all_to_all([ME * 10 + to for to in range(N)])
    assert [int(x) for x in got] == [source * 10 + ME for source in range(N)]


def test_bad_operands_of_all_to_all():
    with pytest.raises(ValueError, match=f"all_to_all: {N + 1} arrays were given for {N} local"):
        hpx.all_to_all([hpx.ones(2)] * (N + 1))
    with pytest.raises(ValueError, match="all_to_all: a 0-d array has no rows"):
        hpx.all_to_all(3)
    with pytest.raises(TypeError, match=r"all_to_all: .*distributed.*redistribute"):
        hpx.all_to_all(hpx.ones(4, distribution="block"))
    with pytest.raises(TypeError, match=r"all_to_all: array 0 of the list is distributed"):
        hpx.all_to_all([hpx.ones(4, distribution="block")] * N)


@needs_others
def test_localities_that_disagree():
    def one_of(here, there):
        return here() if ME == 0 else there()

    ones = hpx.ones
    for here, there, words in [
        (lambda: hpx.reduce(ones(3), root=0), lambda: hpx.reduce(ones(3), root=1), "root 1"),
        (lambda: hpx.reduce(ones(3)), lambda: hpx.all_reduce(ones(3)), "all_reduce"),
        (lambda: hpx.reduce(ones(3)), lambda: hpx.reduce(ones(4)), "(4,)"),
        (lambda: hpx.inclusive_scan(ones(3)), lambda: hpx.exclusive_scan(ones(3)), "inclusive"),
        (lambda: hpx.inclusive_scan(ones(3)), lambda: hpx.inclusive_scan(ones(3), "max"), "max"),
        (lambda: hpx.all_to_all(ones(3)), lambda: hpx.all_to_all(ones(4)), "(4,)"),
        (lambda: hpx.all_to_all(ones(3)), lambda: hpx.all_to_all([1] * N), "of a list"),
        (lambda: hpx.all_to_all([1] * N), lambda: hpx.barrier(), "barrier"),
        (
            lambda: hpx.reduce(ones(3, distribution="block"), root=0),
            lambda: hpx.reduce(ones(3, distribution="block"), root=1),
            "root 1",
        ),
        (lambda: hpx.gather_object(3, 0), lambda: hpx.gather_object(3, 1), "gather_object"),
    ]:
        text = same_error_everywhere(lambda here=here, there=there: one_of(here, there))
        assert words in text


def test_all_gather_of_other_lengths():
    def mine(i):
        return random_array((i, 2, N - i), seed=i)

    for root in (None, *ROOTS):
        x = hpx.asarray(mine(ME))
        parts = hpx.all_gather(x) if root is None else hpx.gather(x, root)
        if root not in (None, ME):
            agree("" if parts is None else "parts elsewhere")
            continue
        agree("".join(difference(p.to_numpy(), mine(i)) for i, p in enumerate(parts)))


@needs_others
def test_parts_of_other_numbers_of_dimensions():
    for function in (hpx.all_gather, hpx.gather, hpx.from_local):
        text = same_error_everywhere(lambda f=function: f(hpx.ones((2,) * (1 + ME % 2))))
        assert "(2, 2)" in text


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_send_and_recv(dtype):
    x = random_array((3, 4), dtype, ME)
    hpx.send(hpx.asarray(x)[::-1, 1:], NEXT)
    agree(difference(hpx.recv(LAST).to_numpy(), random_array((3, 4), dtype, LAST)[::-1, 1:]))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1, 1), (600_000,)])
def test_send_and_recv_of_any_shape(shape):
    x = hpx.asarray(random_array(shape, seed=ME)) + 1
    hpx.send(x, NEXT, 3)
    x += 5
    got = hpx.recv(LAST, 3)
    agree(difference(got.to_numpy(), np.asarray(random_array(shape, seed=LAST) + 1)))
    got += 1
    assert got.distribution is None


def test_messages_keep_their_order_and_tags():
    for i in range(50):
        hpx.send(i, NEXT, i % 3)
    got = {tag: [int(hpx.recv(LAST, tag)) for _ in range(tag, 50, 3)] for tag in (2, 0, 1)}
    agree("" if got == {tag: [*range(tag, 50, 3)] for tag in range(3)} else f"{got}")


def test_messages_to_oneself_and_from_threads():
    hpx.send([1, 2], ME)
    hpx.send(hpx.ones(3), ME, tag=2**40)
    check_local(hpx.recv(ME, 2**40), np.ones(3))
    check_local(hpx.recv(ME), np.array([1, 2]))
    got = []
    thread = threading.Thread(target=lambda: got.append(int(hpx.recv(LAST, 9))))
    thread.start()
    hpx.send(ME, NEXT, 9)
    thread.join(30)
    agree("" if got == [LAST] else f"{got}")


def test_messages_travel_while_the_receiver_is_in_a_collective():
    hpx.send(ME, NEXT, 4)
    hpx.barrier()
    check_local(hpx.all_reduce(hpx.recv(LAST, 4)), np.asarray(sum(range(N))))


def test_bad_messages():
    last = f"localities 0 to {N - 1}" if N > 1 else "locality 0 only"
    for call, name in ((lambda to: hpx.send(1, to), "send"), (hpx.recv, "recv")):
        for to in (-1, N):
            words = f"{name}: locality {to} does not exist; this group has {last}"
            with pytest.raises(ValueError, match=words):
                call(to)
        for to in (1.0, None, "0", True):
            with pytest.raises(TypeError, match=f"{name}: locality .* is not a whole number"):
                call(to)
    for tag, error in ((-1, ValueError), (2**70, ValueError), (1.5, TypeError), (None, TypeError)):
        with pytest.raises(error, match="send: tag"):
            hpx.send(1, ME, tag)
        with pytest.raises(error, match="recv: tag"):
            hpx.recv(ME, tag)
    with pytest.raises(TypeError, match=r"send: .*distributed.*local_partition"):
        hpx.send(hpx.ones(4, distribution="block"), ME)
    with pytest.raises(TypeError):
        hpx.send(object(), ME)


@pytest.mark.parametrize("root", [-1, N, 99])
def test_roots_that_do_not_exist(root):
    for operand in (hpx.ones(3), hpx.ones(3, distribution="block")):
        with pytest.raises(ValueError, match=f"reduce: root {root} does not exist; this group has"):
            hpx.reduce(operand, root=root)
    for function in (hpx.reduce, hpx.broadcast, hpx.gather, hpx.scatter):
        for wrong in (1.0, None, True, "0"):
            name = function.__name__
            with pytest.raises(TypeError, match=f"{name}: root .* is not a whole number"):
                function(hpx.ones(3), root=wrong)
