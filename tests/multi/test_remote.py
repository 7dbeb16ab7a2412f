"""How programs end whose localities run functions for each other."""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import signal
import time

import pytest

BEGIN = """
import os, signal, sys, threading, time
import hpxpy as hpx
me, n = hpx.locality_id(), hpx.num_localities()
def name(x=None): return f"{x} {hpx.locality_id()}"
def say(x, pause=0.0):
    time.sleep(pause)
    print(x, hpx.locality_id(), flush=True)
def chain(k):
    if k: hpx.async_(chain, k - 1, locality=(hpx.locality_id() + 1) % hpx.num_localities())
    else: say("end of chain")
def wait_there(k): return hpx.async_(name, k, locality=0).get()
"""


def test_localities_at_their_end_run_functions(run, by):
    code = BEGIN + (
        "if me == 0:\n    time.sleep(1)\n"
        "    print(hpx.async_(name, 'asked', locality=2).get())\n"
        "    print(hpx.async_(wait_there, 'back', locality=1).get())\n"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "asked 2\nback 0\n"


def test_functions_that_nobody_waits_for_run_before_the_end(run, by):
    code = BEGIN + (
        "if me == 1:\n    hpx.async_(say, 'there', 0.3, locality=2)\n"
        "    hpx.async_(say, 'here', 0.2)\n"
        "    hpx.async_(chain, 20, locality=0)\n"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == ["end of chain 2", "here 1", "there 2"]


def test_functions_at_the_end_may_wait_for_functions(run):
    code = BEGIN + (
        "there = (me + 1) % n\n"
        "def deep(k): return k and hpx.async_(deep, k - 1, locality=there).get()\n"
        "def start(): say(hpx.async_(deep, 30, locality=there).get())\n"
        "hpx.async_(start)\n"
    )
    result = run(code)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == ["0 0", "0 1", "0 2"]


def test_one_locality_waits_for_its_functions(run):
    result = run(
        BEGIN + "hpx.async_(say, 'late', 0.3)\nhpx.async_(say, 'later', 0.4, locality=0)", n=1
    )
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "late 0\nlater 0\n"


def test_functions_are_awaited_until_they_are_defined(run, by):
    code = (
        "import time\nimport hpxpy as hpx\n"
        "me, n = hpx.locality_id(), hpx.num_localities()\n"
        "if me: time.sleep(0.5)\n"
        "def late(x): return x * hpx.locality_id()\n"
        "print(hpx.async_(late, 10, locality=(me + 1) % n).get())\n"
        "if me == 0: late_at_one = late\n"
        "if me == 0: late.__qualname__ = late.__name__ = 'late_at_one'\n"
        "hpx.barrier()\n"
        "try: hpx.async_(late, 1, locality=1).get() if me == 0 else None\n"
        "except AttributeError as error: print('late_at_one' in str(error))\n"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.split()) == ["0", "10", "20", "True"]


def test_finalize_then_end(run, by):
    code = BEGIN + (
        "for i in range(3):\n    f = hpx.async_(name, i, locality=(me + 1) % n)\n"
        "    hpx.finalize()\n"
        "    assert f.get() == f'{i} {(me + 1) % n}'\n    hpx.init()\nprint('well')"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "well\n" * 3


@pytest.mark.parametrize("how", ["sys.exit(3)", "os._exit(3)"])
def test_a_function_that_runs_does_not_hold_up_a_failure(run, by, how):
    code = BEGIN + (
        "if me == 0: hpx.async_(time.sleep, 60, locality=1)\nhpx.barrier()\ntime.sleep(0.2)\n"
        f"if me == 1: {how}\nhpx.barrier()"
    )
    began = time.monotonic()
    result = run(code, by=by)
    assert result.code == 3
    assert re.search(r"^hpxpy: locality 1 \(.*\) exited with code 3", result.stderr, re.MULTILINE)
    assert time.monotonic() - began < 10


def test_an_exception_while_a_function_runs(run, by):
    code = BEGIN + (
        "if me == 0: hpx.async_(time.sleep, 60, locality=1)\nhpx.barrier()\ntime.sleep(0.2)\n"
        "if me == 1: raise ValueError('in the program')\nhpx.barrier()"
    )
    result = run(code, by=by, limit=15)
    assert result.code == 1
    assert result.stderr.count("ValueError: in the program") == 1
    assert "terminate" not in result.stderr


def test_an_exception_of_a_function_that_nobody_takes_ends_the_program(run):
    code = BEGIN + (
        "def bad(): raise ValueError('bad there')\n"
        "if me == 0: hpx.async_(bad, locality=1).get()\nhpx.barrier()"
    )
    result = run(code, limit=15)
    assert result.code == 1
    assert "On locality 1 (" in result.stderr
    assert "hpxpy: locality 0 (" in result.stderr


def test_killed_while_it_runs_a_function(start, by):
    code = BEGIN + (
        "print('ready', me, os.getpid(), flush=True)\nhpx.barrier()\n"
        "if me == 0: hpx.async_(time.sleep, 60, locality=1).get()\n"
    )
    program = start(code, by=by)
    text = program.read_until("ready", 3)
    pid = int(re.search(r"ready 1 (\d+)", text)[1])
    time.sleep(0.5)
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    program.end()
    assert time.monotonic() - killed < 3
    assert program.code == 128 + 9


def test_interrupt_reaches_a_wait_for_a_function(start):
    code = (
        BEGIN
        + "print('ready', flush=True)\nhpx.async_(time.sleep, 60, locality=(me + 1) % n).get()"
    )
    program = start(code)
    program.read_until("ready", 3)
    time.sleep(0.3)
    program.process.send_signal(signal.SIGINT)
    assert program.end(10).code == 130
    assert program.stderr.count("KeyboardInterrupt") == 1


def test_interrupt_reaches_the_end_of_one_locality(start):
    program = start(BEGIN + "hpx.async_(time.sleep, 60)\nprint('ready', flush=True)", n=1)
    program.read_until("ready")
    time.sleep(0.3)
    program.process.send_signal(signal.SIGINT)
    assert program.end(10).code == 130
    assert "terminate" not in program.stderr


def test_functions_are_not_lost_when_localities_leave_at_different_times(run):
    code = BEGIN + (
        "time.sleep(0.3 * me)\nfor k in range(50): hpx.async_(chain, 5, locality=(me + 1) % n)"
    )
    result = run(code)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.count("end of chain") == 150


def test_mpi_for_one_thread(run):
    code = (
        "import mpi4py\nmpi4py.rc.thread_level = 'funneled'\nfrom mpi4py import MPI\n"
        + BEGIN
        + "print(hpx.async_(name, 'x', locality=(me + 1) % n).get())\n"
        "hpx.barrier()\n"
        "if me == 0: print(hpx.async_(wait_there, 'y', locality=1).get())\n"
    )
    result = run(code)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == ["x 0", "x 1", "x 2", "y 0"]
