"""Programs on several hosts: what reaches the localities there, and how they end."""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from conftest import HPXPY_RUN, processes_of
from hpxpy._launch.program import find_mpiexec

FLIGHTS = Path(__file__).parents[2] / "docs" / "examples" / "flights.py"

BEGIN = """
import os, signal, socket, sys, time
import hpxpy as hpx
me = hpx.locality_id()
hpx.barrier()
print("ready", me, os.getpid(), socket.gethostname(), flush=True)
"""


def pids(text):
    return {int(n): int(pid) for n, pid in re.findall(r"ready (\d+) (\d+)", text)}


@pytest.fixture
def start(two_hosts, started, engine, tmp_path):
    """start(code, hosts, options=...): `hpxpy run` on hosta, with localities on `hosts`."""

    def start(code, hosts="hosta,hostb", *options, environ=None):
        script = tmp_path / "script.py"
        script.write_text(code)
        words = [*HPXPY_RUN, "--engine", engine, "--hosts", hosts, *options, script]
        return started(two_hosts.on_a(*words), {**two_hosts.environ, **(environ or {})})

    yield start
    two_hosts.kill_all()


@pytest.fixture
def run(start, two_hosts):
    """The same, ended, and with nothing left on the hosts."""

    def run(*arguments, limit=30, gone=1, **keywords):
        program = start(*arguments, **keywords).end(limit)
        assert_gone(two_hosts, gone)
        return program

    return run


def assert_gone(two_hosts, seconds):
    """No process is left on the hosts after so many seconds."""
    deadline = time.monotonic() + seconds
    while two_hosts.processes() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert two_hosts.commands() == []


@pytest.mark.parametrize(
    ("words", "places"),
    [
        (["hosta,hostb"], "ab"),
        (["hosta,hostb", "-n", "4"], "aabb"),
        (["hosta:1,hostb:2"], "abb"),
        (["hostb:2,hosta:1", "-n", "2"], "bb"),
        (["hostb"], "b"),
    ],
)
def test_localities_are_where_they_were_asked_for(run, words, places):
    code = "import hpxpy as hpx, socket\n"
    code += "print(hpx.all_gather_object(socket.gethostname()), hpx.num_localities())"
    result = run(code, *words)
    assert (result.code, result.stderr) == (0, "")
    line = f"{[f'host{place}' for place in places]} {len(places)}\n"
    assert result.stdout == line * len(places)


def test_environment_and_folder_reach_other_hosts(run, tmp_path):
    names = ["PATH", "PYTHONPATH", "VIRTUAL_ENV", "HPXPY_PENDING_LIMIT", "WORDS"]
    # Of the threads, those that share a host divide its CPUs.
    names += ["OMP_NUM_THREADS"]
    code = "import os, hpxpy as hpx\nhpx.barrier()\n"
    code += f"print([os.environ.get(name) for name in {names}], os.getcwd())"
    given = {
        "PATH": os.environ["PATH"] + ":/somewhere",
        "PYTHONPATH": str(tmp_path),
        "VIRTUAL_ENV": "/an environment",
        "HPXPY_PENDING_LIMIT": "100M",
        "WORDS": "one 'two' \"three\"",
    }
    result = run(code, "hosta,hostb", environ=given)
    assert (result.code, result.stderr) == (0, "")
    values = [*given.values(), str(len(os.sched_getaffinity(0)))]
    assert result.stdout == f"{values} {os.getcwd()}\n" * 2


def test_arrays_span_the_hosts(run):
    code = (
        "import numpy as np, hpxpy as hpx\n"
        "x = hpx.arange(100_000, distribution='block')\n"
        "assert int(x.sum()) == 4_999_950_000\n"
        "assert np.array_equal((x * 2).to_numpy(), np.arange(100_000) * 2)\n"
        "y = hpx.zeros((300, 200), distribution='block') + hpx.locality_id() * 0\n"
        "assert hpx.redistribute(y, 'block', axis=1).shape == (300, 200)\n"
        "print('right')"
    )
    result = run(code, "hosta,hostb", "-n", "3")
    assert (result.code, result.stderr, result.stdout) == (0, "", "right\n" * 3)


def test_within_a_job_of_slurm_srun_starts_the_localities(two_hosts, started, engine):
    code = "import hpxpy as hpx, socket\n"
    code += "print(hpx.all_gather_object(socket.gethostname()), hpx.num_localities())"
    words = [*HPXPY_RUN, "--engine", engine, "--hosts", "hosta,hostb:2", "-c", code]
    path = f"{two_hosts.srun.parent}:{os.environ['PATH']}"
    environ = {"UCX_TLS": "tcp", "PATH": path, "SLURM_JOB_ID": "7"}
    result = started(two_hosts.on_a(*words), environ).end()
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "['hosta', 'hostb', 'hostb'] 3\n" * 3
    assert_gone(two_hosts, 1)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_flights_agree_with_numpy(two_hosts, started, engine, tmp_path):
    pytest.importorskip("pandas", reason="the extra [examples] is not installed")
    words = [*HPXPY_RUN, "--engine", engine, "--hosts", "hosta,hostb", FLIGHTS, "--check"]
    words += ["--figure", tmp_path / "flights.png"]
    result = started(two_hosts.on_a(*words), two_hosts.environ).end(150)
    assert (result.code, result.stderr) == (0, "")
    assert "336,776 flights; localities: 2\n" in result.stdout
    assert result.stdout.splitlines()[-1] == "All 113 numbers agree with NumPy's."


def test_traceback_names_the_host(run):
    result = run(BEGIN + "if me == 1: raise ValueError('that is bad')\nhpx.barrier()")
    assert result.code == 1
    assert re.match(r"hpxpy: locality 1 \(hostb, pid \d+\) raised:\nTraceback", result.stderr)
    assert "ValueError: that is bad" in result.stderr


def test_exit_code_is_kept(run):
    result = run(BEGIN + "if me == 1: sys.exit(7)\nhpx.barrier()")
    assert result.code == 7
    assert re.search(r"locality 1 \(hostb, pid \d+\) exited with code 7", result.stderr)


@pytest.mark.parametrize("n", [0, 1])
def test_killed_in_the_middle_of_a_collective(start, two_hosts, n):
    program = start(BEGIN + f"if me == {n}: time.sleep(60)\nhpx.all_reduce(hpx.ones(3))")
    localities = pids(program.read_until("ready", 2))
    time.sleep(0.3)
    killed = time.monotonic()
    os.kill(localities[n], signal.SIGKILL)
    program.end()
    assert_gone(two_hosts, 1)
    assert time.monotonic() - killed < 3
    assert program.code == 128 + 9
    where = f"locality {n} \\(host{'ab'[n]}, pid \\d+\\)"
    assert re.search(rf"^hpxpy: {where} was killed by signal 9 \(SIGKILL\)", program.stderr)


@pytest.mark.parametrize("end", ["sys.exit(3)", "os._exit(3)", "raise ValueError('later')"])
def test_the_end_of_a_survivor_is_a_consequence(start, two_hosts, end):
    # Much memory, which takes long to be given back.
    code = "x = hpx.ones(40_000_000)\ntry:\n"
    code += (
        "    while True: hpx.broadcast(x if me == 1 else None, root=1)\nexcept Exception: pass\n"
    )
    program = start(BEGIN + code + end)
    localities = pids(program.read_until("ready", 2))
    time.sleep(0.3)
    os.kill(localities[1], signal.SIGKILL)
    program.end()
    assert_gone(two_hosts, 1)
    assert program.code == 128 + 9
    said = r"^hpxpy: locality 1 \(hostb, pid \d+\) was killed by signal 9 \(SIGKILL\)"
    assert re.search(said, program.stderr, re.MULTILINE)


def test_children_of_localities_end_with_them(start, two_hosts):
    child = "import subprocess; subprocess.Popen(['sleep', '60'])\n"
    program = start(BEGIN + child + "print('child', flush=True); time.sleep(60)")
    localities = pids(program.read_until("child", 2))
    os.kill(localities[0], signal.SIGKILL)
    program.end()
    assert_gone(two_hosts, 1)


def test_interrupt_ends_all_processes(start, two_hosts):
    program = start(BEGIN + "time.sleep(60)\nhpx.barrier()")
    program.read_until("ready", 2)
    began = time.monotonic()
    # The namespace's commands have become `hpxpy run` itself.
    program.process.send_signal(signal.SIGINT)
    program.end()
    assert_gone(two_hosts, 1)
    assert program.code == 130
    assert time.monotonic() - began < 3


def test_nothing_outlives_a_killed_supervisor(start, two_hosts):
    program = start(BEGIN + "import subprocess; subprocess.Popen(['sleep', '60'])\ntime.sleep(60)")
    program.read_until("ready", 2)
    program.process.kill()
    program.process.wait()
    assert_gone(two_hosts, 3)


@pytest.mark.slow
def test_a_host_that_goes_away_ends_the_program(start, two_hosts):
    program = start(BEGIN + "time.sleep(100)")
    program.read_until("ready", 2)
    two_hosts.cut()
    try:
        _, err = program.process.communicate(timeout=40)
        deadline = time.monotonic() + 20
        while (left := processes_of(program.mark)) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        two_hosts.cut(False)
    assert program.process.returncode == 1
    assert re.match(
        rb"hpxpy: locality 1 \(hostb, pid \d+\) is lost: host hostb, or the way there, ", err
    )
    assert left == []


@pytest.mark.parametrize("hosts", ["nowhere", "hosta,hostb,nowhere"])
def test_a_host_that_cannot_be_reached(run, hosts):
    # No locality stays, but Hydra's proxies look for mpiexec a few times more.
    result = run("import time; time.sleep(60)", hosts, limit=10, gone=30)
    assert result.code not in (0, None)
    # mpiexec may end before it has passed on what the remote shell said.
    assert re.search(r"no route to nowhere|Launch proxy failed", result.stderr)
    assert re.search(r"^hpxpy: .*mpiexec could not start the localities on", result.stderr, re.M)
    assert re.search(r"^hpxpy: each host must let you in without a password", result.stderr, re.M)
    assert "Traceback" not in result.stderr


def test_a_host_that_does_not_answer(started, two_hosts, engine):
    code = (
        "import sys\nfrom hpxpy.launcher import launch_localities\n"
        "sys.exit(launch_localities(['-c', 'import time; time.sleep(60)'], hosts='hosta,silent',"
        f" engine='{engine}', start_timeout=2))"
    )
    words = two_hosts.on_a(sys.executable, "-c", code)
    began = time.monotonic()
    result = started(words, two_hosts.environ).end(10)
    assert time.monotonic() - began < 8
    assert result.code == 1
    said = "hpxpy: the localities on host silent did not start within 2 s (start_timeout)\n"
    assert said in result.stderr
    assert_gone(two_hosts, 1)


def test_plain_mpiexec_on_two_hosts(two_hosts, started, tmp_path, engine):
    script = tmp_path / "script.py"
    script.write_text(BEGIN + "if me == 1: time.sleep(60)\nhpx.barrier()")
    words = [find_mpiexec(), "-hosts", "hosta,hostb", "-n", "2", sys.executable, script]
    environ = {**two_hosts.environ, "HPXPY_ENGINE": engine}
    program = started(two_hosts.on_a(*words), environ)
    localities = pids(program.read_until("ready", 2))
    time.sleep(0.3)
    os.kill(localities[1], signal.SIGKILL)
    program.end(10)
    assert program.code == 128 + 9
    assert re.search(r"locality 1 \(hostb, pid \d+\) was killed by signal 9", program.stderr)
    assert_gone(two_hosts, 1)
