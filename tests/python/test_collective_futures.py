"""Collectives that give a future, between others that do not."""

# SPDX-License-Identifier: BSL-1.0
import asyncio
import threading

import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, check_local, difference
from test_collectives import needs_others

N = hpx.num_localities()
ME = hpx.locality_id()
TOTAL = N * (N + 1) // 2
FIRST = ME == 0


def later(function, *arguments, **keywords):
    future = function(*arguments, sync=False, **keywords)
    assert isinstance(future, hpx.Future)
    return future


@pytest.fixture(params=["all", "a group"])
def group(request):
    return None if request.param == "all" else hpx.world.split(0)


def test_each_gives_what_the_call_gives(group):
    last = N - 1
    mine = hpx.full(3, ME + 1)
    large = hpx.full(70_000, ME + 1.0)
    g = {"group": group}
    futures = {
        "all_reduce": later(hpx.all_reduce, mine, **g),
        "all_reduce of much": later(hpx.all_reduce, large, "max", **g),
        "with a function": later(hpx.all_reduce, mine, lambda a, b: a + b, **g),
        "reduce": later(hpx.reduce, mine, "sum", last, **g),
        "reduce with a function": later(hpx.reduce, mine, lambda a, b: a + b, last, **g),
        "inclusive_scan": later(hpx.inclusive_scan, mine, **g),
        "exclusive_scan": later(hpx.exclusive_scan, mine, **g),
        "broadcast": later(hpx.broadcast, mine if ME == last else None, last, **g),
        "gather": later(hpx.gather, mine, last, **g),
        "all_gather": later(hpx.all_gather, mine, **g),
        "scatter": later(hpx.scatter, hpx.arange(2 * N) if FIRST else None, **g),
        "all_to_all": later(hpx.all_to_all, hpx.full(N, ME), **g),
        "all_to_all of a list": later(hpx.all_to_all, [hpx.full(2, ME)] * N, **g),
        "barrier": later(hpx.barrier, "name", **g),
        "broadcast_object": later(hpx.broadcast_object, {"of": ME}, last, **g),
        "all_gather_object": later(hpx.all_gather_object, ME, **g),
        "gather_object": later(hpx.gather_object, ME, last, **g),
        "send": later(hpx.send, ME, (ME + 1) % N, 2, **g),
        "recv": later(hpx.recv, (ME - 1) % N, 2, **g),
    }
    got = hpx.when_all(futures.values()).get(60)
    got = dict(zip(futures, got, strict=True))
    total = np.full(3, TOTAL)
    expected = {
        "all_reduce": total,
        "all_reduce of much": np.full(70_000, float(N)),
        "with a function": total,
        "reduce": total if ME == last else None,
        "reduce with a function": total if ME == last else None,
        "inclusive_scan": np.full(3, (ME + 1) * (ME + 2) // 2),
        "exclusive_scan": np.full(3, ME * (ME + 1) // 2),
        "broadcast": np.full(3, N),
        "gather": [np.full(3, i + 1) for i in range(N)] if ME == last else None,
        "all_gather": [np.full(3, i + 1) for i in range(N)],
        "scatter": np.arange(2 * ME, 2 * ME + 2),
        "all_to_all": np.arange(N),
        "all_to_all of a list": [np.full(2, i) for i in range(N)],
        "barrier": None,
        "broadcast_object": {"of": last},
        "all_gather_object": [*range(N)],
        "gather_object": [*range(N)] if ME == last else None,
        "send": None,
        "recv": np.asarray((ME - 1) % N),
    }
    problem = ""
    for name, value in expected.items():
        if isinstance(value, np.ndarray):
            problem += difference(got[name].to_numpy(), value)
        elif isinstance(value, list) and isinstance(value[0], np.ndarray):
            problem += "".join(
                difference(a.to_numpy(), b) for a, b in zip(got[name], value, strict=True)
            )
        elif got[name] != value:
            problem += f"{name}: {got[name]!r}, expected {value!r}"
    agree(problem)


def test_the_call_waits_for_nobody():
    """Locality 0 begins before the others, and goes on."""
    if FIRST:
        future = later(hpx.all_reduce, hpx.ones(3))
        assert future.done() == (N == 1) or N == 1
        for to in range(1, N):
            hpx.send(1, to, 77)
    else:
        hpx.recv(0, 77)
        future = later(hpx.all_reduce, hpx.ones(3))
    check_local(future.get(60), np.full(3, float(N)))


def test_what_comes_after_comes_after():
    futures = []
    for i in range(20):
        futures.append(later(hpx.all_reduce, hpx.full(3, i)))
        if i % 3 == 0:
            check_local(hpx.all_reduce(hpx.full(3, ME + i)), np.full(3, sum(range(N)) + N * i))
        if i % 4 == 0:
            x = hpx.arange(40, distribution="block")
            assert int(x.sum()) == 780
            assert x[::-1].to_numpy()[0] == 39
    values = [future.get(60).to_numpy()[0] for future in futures]
    agree("" if values == [N * i for i in range(20)] else f"{values}")


def test_a_future_here_and_the_value_there():
    """One locality may wait at the call and another one later."""
    got = later(hpx.all_reduce, ME + 1).get(60) if FIRST else hpx.all_reduce(ME + 1)
    check_local(got, np.asarray(TOTAL))


@pytest.mark.parametrize("kind", [hpx.asarray, np.array, list])
def test_operands_may_be_written_at_once(kind):
    x = kind([1.0, 2.0])
    large = hpx.ones(100_000)
    futures = [later(hpx.all_reduce, x), later(hpx.all_reduce, large)]
    x[0] = 50
    large[...] = 7
    check_local(futures[0].get(60), np.array([1.0, 2.0]) * N)
    check_local(futures[1].get(60), np.full(100_000, float(N)))
    value = [ME]
    future = later(hpx.all_gather_object, value)
    value.append(3)
    assert future.get(60) == [[i] for i in range(N)]


def test_distributed_arrays():
    x = hpx.arange(10.0, distribution="block")
    check_local(later(hpx.all_reduce, x).get(60), np.asarray(45.0))
    check_local(later(hpx.broadcast, x).get(60), np.arange(10.0))
    check_local(later(hpx.all_gather, x * 2).get(60), np.arange(10.0) * 2)


def test_groups_do_not_wait_for_each_other():
    """In one group locality 0 begins what the others come to only after a call of another group."""
    group = hpx.world.split(0)
    if FIRST:
        first = later(hpx.all_reduce, hpx.ones(2), group=group)
        check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))
    else:
        check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))
        first = later(hpx.all_reduce, hpx.ones(2), group=group)
    check_local(first.get(60), np.full(2, float(N)))


def test_then_and_await():
    future = later(hpx.all_reduce, ME + 1).then(lambda x: int(x) + 1)
    assert future.get(60) == TOTAL + 1

    async def program():
        return await later(hpx.all_reduce, ME + 1)

    check_local(asyncio.run(program()), np.asarray(TOTAL))


def test_futures_of_threads():
    """Threads of one name, one after the other, on all localities."""
    got = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: got.append(later(hpx.all_reduce, 1)), name="t")
        thread.start()
        thread.join(60)
    assert [int(future.get(60)) for future in got] == [N] * 3


def test_functions_run_for_others_begin_none():
    with pytest.raises(RuntimeError, match="sync=False: a function that async_ runs cannot"):
        hpx.async_(lambda: hpx.all_reduce(1, sync=False)).get(60)
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def test_errors_of_arguments():
    with pytest.raises(ValueError, match="Unknown reduction operation"):
        hpx.all_reduce(hpx.ones(3), "mean", sync=False).get(60)
    with pytest.raises(TypeError, match="op 'and' does not take float64"):
        hpx.all_reduce(hpx.ones(3), "and", sync=False).get(60)
    with pytest.raises(ValueError, match=r"root .* does not exist"):
        hpx.broadcast(1, N, sync=False)
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


@needs_others
@pytest.mark.parametrize("length", [3, 5000])
def test_localities_that_disagree(length):
    future = later(hpx.all_reduce, hpx.ones(length + ME))
    error = future.exception(60)
    text = str(error) if isinstance(error, hpx.CommunicationError) else ""
    texts = set(hpx.all_gather_object(text))
    words = [f"({length},)", f"({length + 1},)", "test_collective_futures.py:"]
    agree("" if len(texts) == 1 and all(word in text for word in words) else f"{texts}")
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


@needs_others
def test_a_call_that_disagrees_with_a_future():
    text = ""
    try:
        if FIRST:
            hpx.barrier("here")
        else:
            later(hpx.all_reduce, hpx.ones(3)).get(60)
    except hpx.CommunicationError as error:
        text = str(error)
    texts = set(hpx.all_gather_object(text))
    agree("" if len(texts) == 1 and "barrier" in text and "all_reduce" in text else f"{texts}")
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))
