"""Exit codes of all kinds, ends before and in init, and half of a launcher's variables."""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import signal
import sys
import time

import pytest
from conftest import ENGINE, once
from hpxpy._launch.failures import Failure, cause_of
from hpxpy._launch.localities import Locality
from hpxpy._launch.processes import Awaited, end_of
from hpxpy._launch.program import find_mpiexec
from hpxpy._launch.wire import Loop

BEGIN = """
import os, signal, sys, time
from sys import exit as leave
class Mine(SystemExit): pass
import hpxpy as hpx
me = hpx.locality_id()
hpx.barrier()
"""


def name(n, what):
    return re.compile(rf"^hpxpy: locality {n} \(\S+, pid \d+\) {what}", re.MULTILINE)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("raise SystemExit(4)", 4),
        ("raise SystemExit('no such luck')", 1),
        ("exit(4)", 4),
        ("quit(4)", 4),
        ("sys.exit(4)", 4),
        ("sys.exit('no such luck')", 1),
        ("sys.exit(-1)", 255),
        ("sys.exit(256 + 4)", 4),
        ("leave(4)", 4),
        ("os._exit(4)", 4),
        ("raise Mine(4)", 4),
    ],
)
def test_exit_codes_end_the_program_at_once(start, by, end, code):
    program = start(
        BEGIN + "print('ready', flush=True)\n" + f"if me == 1: {end}\nelse: time.sleep(60)", by=by
    )
    program.read_until("ready", 3)
    began = time.monotonic()
    program.end()
    assert time.monotonic() - began < 10
    assert program.code == code
    assert name(1, rf"exited with code {code}\n").search(program.stderr)
    assert ("no such luck\n" in program.stderr) == ("no such luck" in end)


@once
@pytest.mark.parametrize(
    ("end", "how"),
    [
        (lambda: os._exit(4), ("code", 4)),
        (lambda: os._exit(0), ("code", 0)),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), ("signal", signal.SIGSEGV)),
    ],
)
def test_an_end_is_known_though_the_launcher_has_taken_its_status(end, how):
    """A launcher may reap a locality before the watcher comes to look."""
    loop = Loop()
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(reads, 1)
        end()
    awaited = Awaited(loop, pid, loop.stop)
    assert awaited.taken() is None
    os.write(writes, b"x")
    os.waitpid(pid, 0)
    loop.run()
    assert end_of(pid) == ("gone", 0)
    taken = awaited.taken()
    for file in (reads, writes):
        os.close(file)
    awaited.stop()
    if taken is None and tuple(map(int, os.uname().release.split(".")[:2])) < (6, 14):
        pytest.skip("this Linux does not tell how a reaped process ended")
    assert taken == how


def test_exit_codes_in_the_middle_of_others_collectives(run, by):
    result = run(BEGIN + "if me == 1: raise SystemExit(4)\nhpx.barrier()", by=by)
    assert result.code == 4
    assert name(1, "exited with code 4").search(result.stderr)


def test_exits_that_are_caught_are_none(run, by):
    code = BEGIN + "for exit in (sys.exit, leave):\n    try: exit(3)\n"
    code += "    except SystemExit as error: assert error.code == 3\n"
    code += "assert isinstance(SystemExit.code, object) and SystemExit(5).code == 5\n"
    code += "error = SystemExit(1); error.code = 2; assert error.code == 2\n"
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("raise ValueError('early')", "ValueError: early"),
        ("sys.exit(0)", "locality 1"),
        ("os._exit(0)", "locality 1"),
        ("os.kill(os.getpid(), 9)", ""),
        ("sys.exit(4)", ""),
    ],
)
@pytest.mark.parametrize("imported", [False, True])
def test_ends_before_init_under_plain_mpiexec(started, tmp_path, wrapped, what, said, imported):
    script, wrapper = tmp_path / "script.py", tmp_path / "wrapper.sh"
    lines = ["import hpxpy as hpx", f"if os.environ['PMI_RANK'] == '1': {what}"]
    if not imported:
        lines.reverse()
    script.write_text("import os, sys\n" + "\n".join(lines) + "\nhpx.barrier()")
    wrapper.write_text('#!/bin/sh\n"$@"\n')
    wrapper.chmod(0o755)
    words = [find_mpiexec(), "-n", "3", *([wrapper] if wrapped else []), sys.executable, script]
    began = time.monotonic()
    result = started(words, {"HPXPY_ENGINE": ENGINE}).end()
    assert time.monotonic() - began < 15
    assert result.code != 0
    assert said in result.stderr
    if imported and "raise" in what:
        assert name(1, "raised:").search(result.stderr)


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("os._exit(0)", 1, "exited with code 0 without leaving"),
        ("os._exit(4)", 4, "exited with code 4"),
        ("os.kill(os.getpid(), 9)", 137, r"was killed by signal 9 \(SIGKILL\)"),
        ("os.kill(os.getpid(), 11)", 139, r"was killed by signal 11 \(SIGSEGV\)"),
    ],
)
def test_ends_in_init(run, by, end, code, said):
    """The last locality keeps the first in init, where it ends."""
    program = (
        "import os, threading, time, hpxpy as hpx\nme = os.environ['PMI_RANK']\n"
        "def end():\n    while not hpx._runtime._core._is_launched(): pass\n"
        f"    time.sleep(1.5)\n    {end}\n"
        "if me == '1': threading.Thread(target=end).start()\n"
        "if me == '2': time.sleep(4)\n"
        "hpx.barrier()"
    )
    result = run(program, by=by)
    assert result.code == code
    assert name(1, said).search(result.stderr)


def test_a_failed_init_that_is_caught_ends_nothing(run, by):
    code = "import time, os, hpxpy as hpx\ntry: hpx.init(config=['no such thing'])\n"
    code += "except ValueError: print('caught')\ntime.sleep(int(os.environ['PMI_RANK']))"
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "caught\n" * 3


CONTRADICTION = "contradict each other: PMI_SIZE=2, but this process is told to be number 5"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PMIX_RANK": "1"}, "PMIX_RANK says that a PMIx launcher"),
        ({"PMI_RANK": "1"}, r"PMI_RANK is set"),
        ({"PMI_SIZE": "3"}, r"PMI_SIZE=3"),
        ({"PMI_SIZE": "2", "PMI_RANK": "5"}, CONTRADICTION),
        ({"PMI_SIZE": "2", "PMI_RANK": "1", "PMI_FD": "x"}, "PMI_FD=x is no open file"),
        ({"PMI_SIZE": "2", "PMI_RANK": "1", "PMI_FD": "7777"}, "PMI_FD=7777 is no open file"),
        ({"OMPI_COMM_WORLD_SIZE": "3"}, "OMPI_COMM_WORLD_SIZE says that a PMIx launcher"),
        ({"OMPI_COMM_WORLD_RANK": "1"}, "OMPI_COMM_WORLD_RANK is set"),
        ({"SLURM_STEP_NUM_TASKS": "3"}, "SLURM_STEP_NUM_TASKS=3"),
        ({"HPXPY_NUM_LOCALITIES": "2"}, "HPXPY_NUM_LOCALITIES=2"),
    ],
)
def test_half_of_a_launchers_variables(started, variables, said):
    words = [sys.executable, "-c", "import hpxpy as hpx; print(hpx.num_localities())"]
    result = started(words, {"HPXPY_ENGINE": "mpi", **variables}).end()
    assert result.code == 1
    assert result.stdout == ""
    assert "RuntimeError: init: " in result.stderr
    assert said in result.stderr
    assert result.stderr.count("Traceback") == 1


@pytest.mark.parametrize(
    "before", ["", "import hpxpy as hpx\n", "import hpxpy as hpx; hpx.barrier()\n"]
)
def test_a_launcher_within_a_locality(run, by, before):
    child = "import hpxpy as hpx; n = hpx.launcher.get_expected_num_localities(); "
    child += "print(f'{n} {hpx.num_localities()} {hpx.locality_id()}\\n', end='', flush=True)"
    code = before + "import subprocess, sys\n"
    code += f"words = [{find_mpiexec()!r}, '-n', '2', sys.executable, '-c', {child!r}]\n"
    code += "print(sorted(subprocess.check_output(words, text=True).splitlines()))\n"
    code += "import hpxpy as hpx; print(hpx.num_localities())"
    result = run(code, by=by, n=2)
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == ["2"] * 2 + ["['2 2 0', '2 2 1']"] * 2


MPI_LOST = ("code", 15)


def ended(id_, end, at, machine=None):
    locality = Locality(id_)
    locality.machine = machine
    locality.end = end if end == MPI_LOST else ("signal", int(end))
    locality.ended_at = at
    return Failure(locality, 1, f"{id_}")


@pytest.mark.parametrize(
    ("first", "second", "cause"),
    [
        (signal.SIGSEGV, signal.SIGKILL, 0),
        (signal.SIGKILL, signal.SIGSEGV, 1),
        (signal.SIGKILL, signal.SIGKILL, 0),
        (signal.SIGTERM, signal.SIGABRT, 0),
        (MPI_LOST, signal.SIGSEGV, 1),
    ],
)
def test_a_kill_beside_another_end_is_the_launchers(first, second, cause):
    failures = [ended(0, first, 5.0), ended(1, second, 5.01)]
    everybody = [failure.locality for failure in failures]
    assert cause_of(failures, everybody).locality.id == cause


@pytest.mark.parametrize(("first", "cause"), [(MPI_LOST, 0), (signal.SIGKILL, 1)])
def test_of_several_hosts_what_was_told_first_is_the_cause(first, cause):
    """Their clocks differ. What MPI does that has lost its launcher is none."""
    failures = [ended(1, first, 5.0, "a"), ended(0, signal.SIGSEGV, 4.0, "b")]
    assert cause_of(failures, [failure.locality for failure in failures]).locality.id == cause


def test_a_kill_well_before_another_end_is_the_cause():
    failures = [ended(0, signal.SIGKILL, 5.0), ended(1, signal.SIGSEGV, 5.2)]
    assert cause_of(failures, [failure.locality for failure in failures]).locality.id == 0
