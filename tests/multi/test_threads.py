"""Programs of several threads: their end is no crash, and one thread at a time communicates."""

# SPDX-License-Identifier: BSL-1.0
import re

import pytest

BUSY = """
import sys, threading, time
import numpy as np
import hpxpy as hpx
hpx.num_localities()
{setting}
def work():
    while True:
        {work}
for _ in range({threads}):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
{end}
"""

WORK = {
    "pool": "float((hpx.ones(500_000) * 2 + 1).sum())",
    "small": "float((hpx.ones(5) * 2 + 1).sum())",
    "products": "x = hpx.ones((200, 200)); np.asarray(x @ x)",
    "views of NumPy": "hpx.sort(hpx.from_numpy(np.arange(1e5), copy=False)).to_numpy()",
    "questions": "hpx.num_threads(); hpx.locality_id(); hpx.counters.get('/hpxpy/messages')",
    "callbacks": "hpx.all_reduce(hpx.ones(3), op=lambda a, b: a + b) "
    "if hpx.num_localities() == 1 else None",
}
ENDS = {
    "": 0,
    "hpx.finalize()": 0,
    "sys.exit(3)": 3,
    "raise ValueError('that is bad')": 1,
    "hpx.finalize(); float(hpx.ones(10**6).sum())": 0,
}


def program(work, end="", threads=2, setting=""):
    return BUSY.format(work=WORK[work], end=end, threads=threads, setting=setting)


def check(result, code, finalized=False):
    assert result.code == code, result.stderr
    late = finalized and result.stderr.startswith("Exception in thread")
    if code == 0 and not late and "the process is ending" not in result.stderr:
        assert result.stderr == ""
    assert "terminate" not in result.stderr
    assert "Fatal" not in result.stderr


@pytest.mark.parametrize("work", WORK)
def test_daemon_threads_that_compute_at_the_end(run, work):
    for _ in range(4):
        check(run(program(work), n=1), 0)


@pytest.mark.parametrize("end", ENDS)
def test_daemon_threads_and_every_kind_of_end(run, end):
    for _ in range(3):
        # A thread that comes after `finalize` is refused; the end may cut its traceback short.
        check(run(program("pool", end), n=1), ENDS[end], "finalize" in end)


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError('that is bad')"])
def test_daemon_threads_on_several_localities(run, by, end):
    for _ in range(2):
        check(run(program("pool", end), n=2, by=by), ENDS[end])


def test_a_daemon_thread_that_computes_for_long_is_left_alone(run):
    code = """
import threading, time
import hpxpy as hpx
hpx.num_localities()
threading.Thread(target=lambda: float(hpx.ones(2**38).sum()), daemon=True).start()
time.sleep(0.3)
print("done", flush=True)
"""
    result = run(code, n=1, limit=20)
    check(result, 0)
    assert result.stdout == "done\n"


def test_calls_after_the_end_neither_return_nor_crash(run):
    code = """
import atexit, threading, time
atexit.register(lambda: time.sleep(0.3))  # after hpxpy has left
import hpxpy as hpx
x = hpx.ones(10)
def work():
    time.sleep(0.5)
    while True:
        float(hpx.ones(100_000).sum())
        hpx.num_threads()
threading.Thread(target=work, daemon=True).start()
time.sleep(0.45)
"""
    for _ in range(3):
        check(run(code, n=1), 0)


TWO = """
import threading, time
import hpxpy as hpx
me = hpx.locality_id()
wrong, errors = [], []
def work(number):
    time.sleep(0.02 * ((number + me) % 2))  # not the same one first
    try:
        for i in range(200):
            {call}
    except (RuntimeError, hpx.CommunicationError) as error:
        errors.append(str(error))
threads = [threading.Thread(target=work, args=(i,)) for i in (1, 2)]
for thread in threads: thread.start()
for thread in threads: thread.join(20)
print("wrong", len(wrong), "errors", len(errors), flush=True)
for error in errors: print(error, flush=True)
import os; os._exit(0)
"""

CALLS = {
    "all_reduce": "v = float(hpx.all_reduce(hpx.full(1, float(number)))[0])\n"
    "            if v != number * hpx.num_localities(): wrong.append(v)",
    "broadcast": "v = float(hpx.broadcast(hpx.full(1, float(number)))[0])\n"
    "            if v != number: wrong.append(v)",
    "objects": "v = hpx.broadcast_object(number)\n            if v != number: wrong.append(v)",
    "sum": "v = float(hpx.full(10, float(number), distribution='block').sum())\n"
    "            if v != 10 * number: wrong.append(v)",
    "scan": "v = hpx.cumsum(hpx.full(10, float(number), distribution='block'))\n"
    "            if float(v.local_partition[0]) % number: wrong.append(v)",
}


@pytest.mark.parametrize("call", CALLS)
def test_two_threads_that_communicate_are_told(start, call):
    program = start(TWO.format(call=CALLS[call]), n=2)
    program.end(60)
    text = program.stdout + program.stderr
    assert not re.search("wrong [1-9]", text), text
    assert re.search(r"thread 'Thread-\d \(work\)'", text), text
    assert len(set(re.findall(r"thread '(Thread-\d) \(work\)'", text))) == 2


def test_threads_may_take_turns(run):
    code = """
import threading
from concurrent.futures import ThreadPoolExecutor
import hpxpy as hpx
me = hpx.locality_id()
def total(): return float(hpx.all_reduce(hpx.ones(1))[0])
values = [total()]
for _ in range(3):
    thread = threading.Thread(target=lambda: values.append(total()), name=f"of locality {me}")
    thread.start(); thread.join()
with ThreadPoolExecutor(3) as threads:
    for _ in range(20): values.append(threads.submit(total).result())
if me == 0: threading.Thread(target=lambda: None).start()
thread = threading.Thread(target=lambda: values.append(total()))
thread.start(); thread.join()
values.append(total())
print(set(values))
"""
    result = run(code, n=2)
    assert (result.code, result.stderr, result.stdout) == (0, "", "{2.0}\n" * 2)


def test_waiting_in_another_thread_and_functions_for_others_are_no_communication_of_it(run):
    code = """
import threading
import hpxpy as hpx
me, n = hpx.locality_id(), hpx.num_localities()
x = hpx.arange(1_000_000., distribution="block")
seen = []
for i in range(20):
    y = x[1:] + x[:-1]
    total = y.sum()
    thread = threading.Thread(target=lambda: seen.append(float(total)))
    thread.start()
    future = hpx.async_(pow, 2, 3, locality=(me + 1) % n)
    hpx.barrier()
    thread.join()
    seen.append(future.get())
print(len(set(seen)) == 2)
"""
    result = run(code, n=2)
    assert (result.code, result.stderr, result.stdout) == (0, "", "True\n" * 2)
