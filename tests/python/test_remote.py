"""Functions on localities, their futures, and counters."""

# SPDX-License-Identifier: BSL-1.0
import asyncio
import concurrent.futures
import operator
import os
import sys
import threading
import time

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, random_array

N, ME = hpx.num_localities(), hpx.locality_id()
EVERYWHERE = range(N)
NEXT = (ME + 1) % N


def add(a, b=10):
    return a + b


def where():
    return hpx.locality_id(), os.getpid()


def fail(kind, *args):
    raise kind(*args)


class OddError(Exception):
    """An exception that does not come back from its pickle."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


@pytest.fixture(autouse=True)
def together():
    """Each test ends on all localities before the next begins."""
    yield
    hpx.barrier()


@pytest.mark.parametrize("locality", [None, *EVERYWHERE])
def test_a_function_runs_and_its_value_comes_back(locality):
    future = hpx.async_(add, 2, b=3, locality=locality)
    assert isinstance(future, hpx.Future)
    assert future.get() == 5
    assert future.get() == 5
    assert future.done()
    assert future.exception() is None


def test_functions_run_where_they_are_sent():
    pids = hpx.all_gather_object(os.getpid())
    for locality in EVERYWHERE:
        assert hpx.async_(where, locality=locality).get() == (locality, pids[locality])
    assert hpx.async_(where).get() == (ME, os.getpid())
    assert hpx.async_(where, locality=np.int64(NEXT)).get()[0] == NEXT


def test_without_locality_nothing_is_copied():
    things = []
    assert hpx.async_(lambda x: x, things).get() is things
    assert hpx.async_(operator.pos, 3).get() == 3


def test_with_a_locality_all_is_copied_even_here():
    things = [1, 2]
    for locality in EVERYWHERE:
        back = hpx.async_(list, things, locality=locality).get()
        assert back == things
        assert back is not things


@pytest.mark.parametrize("locality", EVERYWHERE)
@pytest.mark.parametrize("n", [0, 1, 7, 1000, 300_000])
def test_arrays_travel(locality, n):
    x = random_array(n)
    for value in (x, hpx.asarray(x), x[::2], np.asfortranarray(x.reshape(1, -1))):
        back = hpx.async_(add, value, locality=locality).get()
        assert type(back) is type(value)
        assert_same(hpx.asarray(back), np.asarray(value) + 10)
    if n:
        back = hpx.async_(add, x, b=0, locality=locality).get()
        back[0] = 5
        assert back[0] == 5


def test_large_objects_and_many_buffers_travel():
    value = {"a": [np.full(i, i) for i in range(200)], "b": b"x" * 5_000_000, "c": "text"}
    back = hpx.async_(dict, value, locality=NEXT).get()
    assert back["b"] == value["b"]
    assert all((a == b).all() for a, b in zip(back["a"], value["a"], strict=True))


def sum_of_squares(block):
    return float((hpx.asarray(block) ** 2).sum())


def test_functions_use_arrays_while_the_program_waits_in_a_collective():
    x = random_array(20_000)
    if ME == 0:
        futures = [hpx.async_(sum_of_squares, x, locality=i) for i in EVERYWHERE for _ in range(5)]
        values = hpx.when_all(futures).get()
        assert np.allclose(values, (x**2).sum(), rtol=1e-12)
    hpx.barrier()
    if ME == 0:
        assert hpx.async_(sum_of_squares, x, locality=N - 1).get() > 0
    assert_same(hpx.all_reduce(hpx.ones(3)), np.full(3, float(N)))
    if ME == 0:
        assert hpx.async_(sum_of_squares, x, locality=N - 1).get() > 0
    total = hpx.ones((N, 200), distribution="block").sum(axis=0)
    assert_same(total, np.full(200, float(N)))
    if ME == 0:
        assert hpx.async_(sum_of_squares, x, locality=N - 1).get() > 0
    everything = hpx.redistribute(hpx.arange(3 * N, distribution="block"), None)
    assert_same(everything, np.arange(3 * N))
    if ME == 0:
        assert hpx.async_(sum_of_squares, x, locality=N - 1).get() > 0
    running = hpx.cumulative_sum(hpx.ones(3 * N, distribution="block"))
    assert_same(running.to_numpy(), np.arange(1.0, 3 * N + 1))


@pytest.mark.parametrize("locality", [None, *EVERYWHERE])
def test_exceptions_come_back_with_their_traceback(locality):
    future = hpx.async_(fail, ValueError, "no good", 7, locality=locality)
    with pytest.raises(ValueError) as caught:
        future.get()
    assert caught.value.args == ("no good", 7)
    assert future.exception() is caught.value
    if locality is not None:
        text = str(caught.value.__cause__)
        assert f"On locality {locality} (" in text
        assert "in fail\n" in text
        assert "ValueError: ('no good', 7)" in text


def test_exceptions_that_cannot_travel_are_told():
    with pytest.raises(RuntimeError, match=r"OddError: 1 and 2") as caught:
        hpx.async_(fail, OddError, 1, 2, locality=NEXT).get()
    assert "test_remote.OddError: 1 and 2" in str(caught.value.__cause__)


def test_values_that_cannot_travel():
    future = hpx.async_(threading.Lock, locality=NEXT)
    with pytest.raises(TypeError, match=f"returned on locality {NEXT} .* cannot be pickled"):
        future.get()


@pytest.mark.parametrize("locality", [-1, N, 10**20])
def test_localities_that_do_not_exist(locality):
    with pytest.raises(ValueError, match=f"async_: locality {locality} does not exist; this prog"):
        hpx.async_(add, 1, locality=locality)


@pytest.mark.parametrize("locality", ["0", 1.0, True])
def test_localities_that_are_no_number(locality):
    with pytest.raises(TypeError, match=r"async_: locality=.* is not a whole number"):
        hpx.async_(add, 1, locality=locality)


def test_what_is_no_function():
    with pytest.raises(TypeError, match="async_: 3 is not callable"):
        hpx.async_(3)
    with pytest.raises(TypeError, match="then: 3 is not callable"):
        hpx.make_ready_future(1).then(3)
    with pytest.raises(TypeError, match="when_all: 3 is not a future"):
        hpx.when_all([3])
    with pytest.raises(TypeError, match="when_any: 3 is not a list of futures"):
        hpx.when_any(3)
    with pytest.raises(TypeError, match=r"when_all: .* is not a list of futures"):
        hpx.when_all(hpx.make_ready_future(1))
    with pytest.raises(ValueError, match="when_any: no futures were given"):
        hpx.when_any([])


def test_functions_without_a_name_need_cloudpickle(monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(TypeError, match=r"<lambda> cannot be pickled .*; functions go by name"):
        hpx.async_(lambda: 1, locality=NEXT)
    with pytest.raises(TypeError, match=r"the arguments of add cannot be pickled .*; give others"):
        hpx.async_(add, threading.Lock(), locality=NEXT)


def test_functions_without_a_name_go_by_cloudpickle():
    outer = 5
    assert hpx.async_(lambda x: x + outer, 2, locality=NEXT).get() == 7
    with pytest.raises(TypeError, match="the arguments of add cannot be pickled"):
        hpx.async_(add, threading.Lock(), locality=NEXT)


def test_distributed_arrays_do_not_travel():
    x = hpx.zeros(7, distribution="block")
    with pytest.raises(TypeError, match="this array is distributed"):
        hpx.async_(add, x, locality=NEXT)


def hop(n):
    if n == 0:
        return [hpx.locality_id()]
    there = (hpx.locality_id() + 1) % hpx.num_localities()
    return [hpx.locality_id(), *hpx.async_(hop, n - 1, locality=there).get()]


def test_functions_wait_for_functions_without_end_of_threads():
    assert hpx.async_(hop, 60, locality=NEXT).get() == [(NEXT + i) % N for i in range(61)]
    assert hpx.async_(lambda: hpx.async_(lambda: hpx.async_(add, 1).get()).get()).get() == 11


def test_functions_that_wait_otherwise_get_threads_too():
    barrier = threading.Barrier(40, timeout=60)
    futures = [hpx.async_(barrier.wait) for _ in range(40)]
    assert sorted(hpx.when_all(futures).get()) == list(range(40))


def test_many_at_once():
    futures = [hpx.async_(add, i, locality=i % N) for i in range(2000)]
    assert hpx.when_all(futures).get() == [i + 10 for i in range(2000)]


def collective():
    hpx.all_reduce(hpx.ones(3))


def stop():
    hpx.finalize()


@pytest.mark.skipif(N == 1, reason="one locality agrees with itself")
def test_collectives_in_functions_are_refused():
    with pytest.raises(RuntimeError, match="all_reduce: a function that async_ runs cannot take"):
        hpx.async_(collective, locality=NEXT).get()
    assert_same(hpx.all_reduce(hpx.ones(3)), np.full(3, float(N)))


def test_functions_do_not_finalize():
    with pytest.raises(RuntimeError, match="finalize: called by a function that async_ runs"):
        hpx.async_(stop, locality=NEXT).get()
    assert hpx.is_running()


def test_timeouts():
    go_on = threading.Event()
    future = hpx.async_(go_on.wait)
    assert not future.done()
    with pytest.raises(TimeoutError, match=r"get: no value after 0.05 s"):
        future.get(timeout=0.05)
    with pytest.raises(TimeoutError):
        future.exception(0)
    assert not future.cancel()
    go_on.set()
    assert future.get(timeout=60) is True


def test_then():
    future = hpx.async_(add, 1, locality=NEXT)
    assert future.then(str).then(len).get() == 2
    assert hpx.make_ready_future(4).then(add).get() == 14
    failing = hpx.async_(fail, KeyError, "k", locality=NEXT)
    with pytest.raises(KeyError):
        failing.then(add).then(add).get()
    with pytest.raises(ZeroDivisionError):
        future.then(lambda x: x / 0).get()


def test_when_all_and_when_any():
    assert hpx.when_all([]).get() == []
    futures = [hpx.async_(add, i, locality=i % N) for i in range(7)]
    assert hpx.when_all(iter(futures)).get() == [10, 11, 12, 13, 14, 15, 16]
    futures[3:3] = [hpx.async_(fail, KeyError, "k"), hpx.async_(fail, IndexError)]
    with pytest.raises(KeyError):
        hpx.when_all(futures).get()
    never, ready = hpx.Future(), hpx.make_ready_future("now")
    assert hpx.when_any([never, ready]).get() == (1, "now")
    with pytest.raises(KeyError):
        hpx.when_any([never, hpx.async_(fail, KeyError, "k")]).get()


def test_futures_are_those_of_the_standard_library():
    futures = [hpx.async_(add, i, locality=i % N) for i in range(5)]
    done = concurrent.futures.as_completed(futures, timeout=60)
    assert sorted(future.result() for future in done) == [10, 11, 12, 13, 14]
    assert not concurrent.futures.wait(futures).not_done


def test_await():
    async def main():
        first = await hpx.async_(add, 1, locality=NEXT)
        others = await asyncio.gather(*(hpx.async_(add, i, locality=i % N) for i in range(5)))
        with pytest.raises(KeyError):
            await hpx.async_(fail, KeyError, "k", locality=NEXT)
        return [first, *others]

    assert asyncio.run(main()) == [11, 10, 11, 12, 13, 14]


def test_async_from_several_threads():
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        futures = list(threads.map(lambda i: hpx.async_(add, i, locality=i % N), range(100)))
    assert hpx.when_all(futures).get() == [i + 10 for i in range(100)]


DONE = []


def slow(marker):
    time.sleep(0.1)
    DONE.append(marker)


def slow_chain(n, marker):
    time.sleep(0.02)
    if n:
        hpx.async_(slow_chain, n - 1, marker, locality=(hpx.locality_id() + 1) % N)
    else:
        DONE.append(marker)


def test_finalize_waits_for_functions_that_nobody_waits_for():
    DONE.clear()
    hpx.barrier()
    hpx.async_(slow, "there", locality=NEXT)
    hpx.async_(slow, "here")
    hpx.async_(slow_chain, 3 * N, "chain", locality=ME)
    future = hpx.async_(add, 1, locality=NEXT)
    hpx.finalize()
    assert sorted(DONE) == ["chain", "here", "there"]
    assert future.get() == 11
    hpx.init()
    assert hpx.async_(add, 2, locality=NEXT).get() == 12


def test_futures_that_nothing_comes_for_are_told_by_finalize():
    future = hpx.Future()
    hpx._remote._pending[-1] = future
    hpx.finalize()
    with pytest.raises(RuntimeError, match="get: hpxpy was finalized before the value came"):
        future.get()
    hpx.init()


# Counters


def test_counters_have_names():
    names = hpx.counters.discover()
    assert names == sorted(names)
    assert "/hpxpy/messages" in names
    memory = hpx.counters.discover("/hpxpy/memory/*")
    assert memory == [f"/hpxpy/memory/{what}" for what in ("cached", "peak", "used")]
    assert hpx.counters.discover("nothing*") == []
    for name in names:
        assert hpx.counters.get(name) >= 0


def test_counters_count():
    def counted(name, function):
        before = hpx.counters.get(name)
        function()
        return hpx.counters.get(name) - before

    hpx.barrier()
    sent = counted("/hpxpy/bytes_sent", hpx.async_(len, b"x" * 10_000, locality=NEXT).get)
    assert sent >= 0
    mine = random_array(1000)
    leaves = N > 1  # what stays here is not sent
    sent = counted("/hpxpy/bytes_sent/function", lambda: hpx.async_(add, mine, locality=NEXT))
    assert sent >= 8000 * leaves
    sent = counted("/hpxpy/messages/function", lambda: hpx.async_(add, mine, locality=NEXT))
    assert sent >= leaves
    hpx.barrier()
    assert counted("/hpxpy/functions", lambda: hpx.async_(add, 1, locality=ME).get()) >= 1
    kept, large = [], random_array(10**6)
    assert counted("/hpxpy/memory/used", lambda: kept.append(hpx.asarray(large))) >= 8e6
    assert hpx.counters.get("/hpxpy/memory/peak") >= hpx.counters.get("/hpxpy/memory/used")
    if N > 1:
        assert counted("/hpxpy/collectives", hpx.barrier) >= 1


def test_unknown_counters():
    with pytest.raises(ValueError, match=r"no counter '/hpxpy/message'; .* /hpxpy/messages"):
        hpx.counters.get("/hpxpy/message")
    with pytest.raises(ValueError, match="there is no counter ''"):
        hpx.counters.get("")
    with pytest.raises(TypeError, match="name=3 is not a string"):
        hpx.counters.get(3)
    with pytest.raises(TypeError, match="pattern=None is not a string"):
        hpx.counters.discover(None)
