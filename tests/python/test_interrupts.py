"""Signal handlers run while arrays are computed, and what they raise ends the work: Ctrl-C does."""

# SPDX-License-Identifier: BSL-1.0
import signal
import threading
from contextlib import contextmanager

import hpxpy as hpx
import numpy as np
import pytest

pytestmark = [
    pytest.mark.local,
    pytest.mark.skipif(
        threading.current_thread() is not threading.main_thread(),
        reason="signals need the main thread",
    ),
]

# Some minutes of work where nothing ends it, and no memory.
LENGTH = 2**40


class Alarm(Exception):
    pass


def ring(number, frame):
    raise Alarm


@contextmanager
def alarm_after(seconds, handler=ring):
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


WORK = {
    "a sum": lambda: hpx.ones(LENGTH).sum(),
    "a fused sum": lambda: hpx.sqrt(hpx.ones(LENGTH) + 1).sum(),
    "sums over rows": lambda: hpx.ones((2**21, 2**13)).sum(axis=0),
    "short rows": lambda: hpx.ones((1000, LENGTH // 1000)).sum(axis=1),
    "moments": lambda: hpx.ones(LENGTH).var(),
    "positions": lambda: hpx.ones(LENGTH).argmin(),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_a_handler_that_raises_ends_an_evaluation(work):
    with alarm_after(0.2), pytest.raises(Alarm):
        hpx.eval(work())


def test_what_was_interrupted_can_be_asked_for_again():
    x = hpx.linspace(0.0, 1.0, 3000)
    y = x * 2 + 1
    total = hpx.ones(LENGTH).sum()
    plan = hpx.explain(total)
    with alarm_after(0.2), pytest.raises(Alarm):
        hpx.eval(total, y)
    assert hpx.explain(total) == plan
    np.testing.assert_array_equal(y.to_numpy(), np.linspace(0.0, 1.0, 3000) * 2 + 1)
    with alarm_after(0.2), pytest.raises(Alarm):
        float(total)


def test_a_handler_that_returns_changes_nothing():
    rung = []
    with alarm_after(0.02, lambda number, frame: rung.append(number)):
        x = hpx.full(2**31, 0.5).sum()
        while not rung:
            hpx.eval(hpx.full(2**28, 0.5).sum())
        assert float(x) == 2.0**30
    assert rung == [signal.SIGALRM]


def test_a_handler_that_computes_gets_an_error():
    x = hpx.ones(5000)
    hpx.eval(x)

    def compute(number, frame):
        float((x + 1).sum())

    with alarm_after(0.2, compute), pytest.raises(RuntimeError, match=r"signal handler"):
        hpx.eval(hpx.ones(LENGTH).sum())
    assert float((x + 1).sum()) == 10000.0


def test_writes_are_done_whole():
    """An array that others can see is never left half written."""
    x = hpx.zeros(2**24)
    hpx.eval(x)
    with alarm_after(0.01):
        try:
            for k in range(1, 200):
                x[...] = hpx.sqrt(hpx.ones(2**24) * float(k * k))
        except Alarm:
            pass
    assert float(x.min()) == float(x.max())
