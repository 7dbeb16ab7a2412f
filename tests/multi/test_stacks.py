"""Where the localities of a running program are: SIGUSR2, `hpxpy ps` and `hpxpy stack`."""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from conftest import once
from hpxpy._launch.desk import programs

PROGRAM = """
import os, threading, time
import hpxpy as hpx

def loop():
    while True:
        pass

def long_call():
    float(hpx.ones(2**40).sum())

me = hpx.locality_id()
threading.Thread(target=lambda: time.sleep(600), daemon=True).start()
hpx.barrier()
print("ready", me, os.getpid(), flush=True)
if me == 1:
    loop()
if me == 2:
    long_call()
hpx.all_reduce(hpx.ones(3))
"""

PLACES = [
    r"waits at script.py:20: hpx.all_reduce\(hpx.ones\(3\)\) \(in all_reduce, for \d+ s, for "
    r"localities 1 and 2\)",
    r"runs at script.py:[67]: (while True:|pass)",
    r"runs at script.py:10: float\(hpx.ones\(2\*\*40\).sum\(\)\)",
]
STACKS = ["line 20, in <module>", "line [67], in loop", "line 10, in long_call"]


def hpxpy(*words):
    command = [sys.executable, "-m", "hpxpy", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def running(pid, until=lambda program: True, limit=20):
    """What `hpxpy ps` tells of the program that this process belongs to."""
    deadline = time.monotonic() + limit
    while True:
        for program in programs():
            pids = [program["pid"], *(one["pid"] for one in program["localities"])]
            if pid in pids and until(program):
                return program
        assert time.monotonic() < deadline, f"no program of {pid}"


def waits(program):
    return "waits at" in program["localities"][0]["stands"]


@pytest.fixture
def pids(start, by):
    """The program, started, and the processes of its localities, of which the first waits."""
    program = start(PROGRAM, by=by)
    text = program.read_until("ready", 3)
    pids = [int(pid) for _, pid in sorted(re.findall(r"ready (\d) (\d+)", text))]
    running(pids[0], waits)
    return program, pids


def check(text, stacks=STACKS):
    """A line for each locality, its stack below it, and that of its other thread."""
    parts = re.split(r"locality (\d) \(\S+, pid \d+\) ", text)
    assert parts[1::2] == ["0", "1", "2"], text
    for part, place, stack in zip(parts[2::2], PLACES, stacks, strict=True):
        assert re.match(place, part), part
        assert re.search(stack, part), part
        if stacks is STACKS:
            assert part.count("thread 0x") >= 1, part
            assert "time.sleep(600)" in part


@once
def test_where_each_locality_is(pids, by):
    program, numbers = pids
    shown = hpxpy("ps")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.search(r"^\d+: 3 localities for \d+ s: .*script.py$", shown.stdout, re.MULTILINE)
    own = re.search(rf"\n  locality 0 \(\S+, pid {numbers[0]}\)(.*\n){{3}}", shown.stdout)
    check(own[0], ["", "", ""])
    shown = hpxpy("stack", numbers[2])
    assert (shown.returncode, shown.stderr) == (0, "")
    check(shown.stdout)
    # Hydra's mpiexec ends at this signal.
    for pid in [program.process.pid] * (by == "hpxpy run") + [numbers[1]]:
        os.kill(pid, signal.SIGUSR2)
        time.sleep(1.5)
    assert program.process.poll() is None
    os.kill(numbers[0], signal.SIGKILL)
    program.end()
    _, *told, last = program.stderr.split("hpxpy: where the localities stand:\n")
    assert len(told) == (by == "hpxpy run")
    for text in (*told, re.split(r"hpxpy: locality 0 \(\S+, pid \d+\) was killed", last)[0]):
        check(text)
    assert not [one for found in programs() for one in found["localities"] if one["pid"] in numbers]


@once
def test_a_program_of_one_locality(start):
    code = "import time, hpxpy as hpx\nprint('ready', flush=True)\ntime.sleep(600)"
    program = start(code, n=1)
    program.read_until("ready")
    shown = hpxpy("stack", program.process.pid)
    found = running(program.process.pid)
    (one,) = found["localities"]
    line = f"locality 0 ({one['host']}, pid {one['pid']}) runs at script.py:3: time.sleep(600)\n"
    assert f"  {line}    main thread:\n" in shown.stdout
    os.kill(program.process.pid, signal.SIGUSR2)
    time.sleep(1)
    os.kill(one["pid"], signal.SIGSTOP)
    assert running(program.process.pid)["localities"][0]["stands"] == "is stopped (SIGSTOP)"
    os.kill(one["pid"], signal.SIGCONT)
    program.process.terminate()
    assert program.end().code == 143
    assert program.stderr.startswith(f"hpxpy: {line}    main thread:\n")


@once
def test_one_that_never_started_hpxpy(start):
    code = "import os, hpxpy as hpx\nprint('ready', flush=True)\n"
    code += "while os.environ['HPXPY_LOCALITY_ID'] == '1': pass\nhpx.barrier()"
    program = start(code, n=2)
    program.read_until("ready", 2)
    found = running(program.process.pid, waits_in_init)
    assert found["localities"][1]["stands"].startswith("runs at script.py:3: while os.environ")
    assert "line 4, in <module>" in found["localities"][0]["threads"]
    program.process.send_signal(signal.SIGTERM)
    program.end()


def waits_in_init(program):
    return program["localities"][0]["stands"].startswith("waits in init (for ")


@once
def test_signals_that_programs_use_stay_theirs(run):
    code = (
        "import os, signal\nsignal.signal(signal.SIGUSR2, lambda *_: print('mine', flush=True))\n"
        "import hpxpy as hpx\nhpx.barrier()\nos.kill(os.getpid(), signal.SIGUSR2)\nhpx.barrier()"
    )
    result = run(code, n=2)
    assert (result.code, result.stdout, result.stderr) == (0, "mine\n" * 2, "")


def test_what_does_not_run_is_said():
    shown = hpxpy("stack", os.getpid())
    assert shown.returncode == 1
    assert shown.stderr == (
        f"hpxpy stack: no program of process {os.getpid()} of yours runs here; see hpxpy ps\n"
    )
    assert hpxpy("stack", "me").returncode == 2
