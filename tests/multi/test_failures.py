"""A locality that raises, exits, is killed or leaves ends the program, quickly and by name."""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import signal
import socket
import time

import pytest
from conftest import processes_of
from hpxpy._launch.supervisor import Supervisor
from hpxpy._launch.wire import Connection, Loop

BEGIN = """
import os, signal, sys, time
import hpxpy as hpx
me = hpx.locality_id()
hpx.barrier()
print("ready", me, os.getpid(), flush=True)
"""


def name(n, what):
    return re.compile(rf"^hpxpy: locality {n} \(\S+, pid \d+\) {what}", re.MULTILINE)


def pids(text):
    return {int(n): int(pid) for n, pid in re.findall(r"ready (\d+) (\d+)", text)}


def test_traceback_comes_once_under_its_name(run, by):
    code = BEGIN + "if me == 1: raise ValueError('that is bad')\nhpx.barrier()"
    result = run(code, by=by)
    assert result.code == 1
    assert name(1, "raised:").match(result.stderr)
    assert result.stderr.count("Traceback") == 1
    assert result.stderr.count("ValueError: that is bad") == 1


def test_same_traceback_of_all_localities_is_shown_once(run, by):
    result = run(BEGIN + "raise KeyError('everywhere')", by=by)
    assert result.code == 1
    assert result.stderr.startswith("hpxpy: localities 0, 1 and 2 raised:\nTraceback")
    assert result.stderr.count("KeyError") == 2  # the source line and the message


def test_what_was_printed_before_comes_before_the_traceback(start):
    program = start(
        BEGIN + "if me == 2: print('last words'); sys.stderr.write('and more\\n'); raise OSError\n"
        "hpx.barrier()"
    )
    program.end()
    assert "last words" in program.stdout
    assert program.stderr.startswith("and more\nhpxpy: locality 2")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_exit_code_is_kept(run, by, n):
    result = run(BEGIN + f"if me == {n}: sys.exit(3)\nhpx.barrier()", by=by)
    assert result.code == 3
    assert name(n, "exited with code 3").search(result.stderr)


def test_exit_message_is_shown(run, by):
    result = run(BEGIN + "if me == 1: sys.exit('no such luck')\nhpx.barrier()", by=by)
    assert result.code == 1
    assert "no such luck\n" in result.stderr


def test_equal_exit_codes_need_no_words(run, by):
    result = run(BEGIN + "hpx.barrier(); sys.exit(4)", by=by)
    assert result.code == 4
    assert result.stderr == "" or by == "mpiexec"


@pytest.mark.parametrize("n", [0, 2])
def test_killed_in_the_middle_of_a_collective(start, by, n):
    code = BEGIN + "if me == {n}: time.sleep(60)\nhpx.all_reduce(hpx.ones(3))".replace(
        "{n}", str(n)
    )
    program = start(code, by=by)
    localities = pids(program.read_until("ready", 3))
    time.sleep(0.3)
    killed = time.monotonic()
    os.kill(localities[n], signal.SIGKILL)
    program.end()
    assert time.monotonic() - killed < 3
    assert program.code == 128 + 9
    assert name(n, r"was killed by signal 9 \(SIGKILL\)").search(program.stderr)


def test_killed_while_python_is_busy(start, by):
    program = start(BEGIN + "x = 0\nwhile True: x += 1", by=by)
    localities = pids(program.read_until("ready", 3))
    killed = time.monotonic()
    os.kill(localities[1], signal.SIGSEGV)
    program.end()
    assert time.monotonic() - killed < 3
    assert program.code == 128 + 11
    assert name(1, r"was killed by signal 11 \(SIGSEGV\)").search(program.stderr)


def test_end_without_goodbye(run, by):
    result = run(BEGIN + "if me == 1: os._exit(0)\nhpx.barrier()", by=by, limit=15)
    assert result.code == 1
    assert name(1, "exited with code 0 without leaving").search(result.stderr)


def test_early_leaver_is_named_with_the_call_that_waits(run, by):
    code = BEGIN + "if me == 1: sys.exit()\nif me == 2: time.sleep(60)\nhpx.barrier('all there')"
    result = run(code, by=by, limit=15)
    assert result.code == 1
    assert name(1, "left while locality 0").search(result.stderr)
    assert "waited for it at script.py:9: hpx.barrier('all there')" in result.stderr


def test_finalized_locality_counts_as_left(run, by):
    code = BEGIN + "if me == 1: hpx.finalize(); time.sleep(60)\nhpx.barrier()"
    result = run(code, by=by, limit=15)
    assert result.code == 1
    assert name(1, "left while locality").search(result.stderr)


def test_leaving_early_is_no_fault_when_nobody_waits(run, by):
    code = BEGIN + "if me == 0: time.sleep(2.5); print('done')"
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert "done\n" in result.stdout


def test_failure_before_hpxpy_starts(run):
    code = "import os, time\nif os.environ['PMI_RANK'] == '1': raise TypeError('early')\n"
    result = run(code + "import hpxpy as hpx\nhpx.barrier()", limit=15)
    assert result.code == 1
    assert "TypeError: early" in result.stderr
    assert name(1, "exited with code 1").search(result.stderr)


def test_failure_between_import_and_start(run, by):
    code = "import os, hpxpy as hpx\nif os.environ['PMI_RANK'] == '1': raise TypeError('early')\n"
    result = run(code + "hpx.barrier()", by=by, limit=15)
    assert result.code == 1
    assert "TypeError: early" in result.stderr
    assert name(1, "raised:").search(result.stderr)


def test_locality_that_never_starts_hpxpy(run):
    code = "import os, sys\nif os.environ['PMI_RANK'] == '1': sys.exit()\n"
    result = run(code + "import hpxpy as hpx\nhpx.barrier()", limit=15)
    assert result.code == 1
    assert name(1, "left while locality . .* waited for it in init").search(result.stderr)


def test_interrupt_ends_all_processes(start):
    program = start(BEGIN + "time.sleep(60)" + "\nhpx.barrier()")
    program.read_until("ready", 3)
    began = time.monotonic()
    program.process.send_signal(signal.SIGINT)
    program.end()
    assert program.code == 130
    assert time.monotonic() - began < 3
    assert program.stderr.count("KeyboardInterrupt") == 1


def test_interrupt_reaches_a_waiting_collective(start):
    program = start(BEGIN + "if me == 0: time.sleep(60)" + "\nhpx.barrier()")
    program.read_until("ready", 3)
    program.process.send_signal(signal.SIGINT)
    assert program.end(10).code == 130


def test_interrupt_reaches_a_long_evaluation(start):
    code = BEGIN + "try: float(hpx.ones(2**40, distribution='block').sum())\n"
    program = start(code + "finally: print('cleaned up', me, flush=True)")
    program.read_until("ready", 3)
    program.process.send_signal(signal.SIGINT)
    assert program.end(10).code == 130
    assert program.stdout.count("cleaned up") == 3


def test_interrupt_of_a_plain_mpiexec(start):
    program = start(BEGIN + "time.sleep(60)", by="mpiexec")
    program.read_until("ready", 3)
    program.process.send_signal(signal.SIGINT)
    assert program.end(10).code != 0


def test_localities_that_ignore_signals_are_killed(start):
    code = BEGIN + "for number in (signal.SIGTERM, signal.SIGINT):\n"
    code += "    signal.signal(number, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(60)"
    program = start(code)
    program.read_until("deaf", 3)
    program.process.send_signal(signal.SIGINT)
    assert program.end(10).code == 130


def test_nothing_outlives_a_killed_supervisor(start):
    program = start(BEGIN + "import subprocess; subprocess.Popen(['sleep', '60'])\ntime.sleep(60)")
    program.read_until("ready", 3)
    program.process.kill()
    program.process.wait()
    deadline = time.monotonic() + 3
    while processes_of(program.mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(program.mark) == []


def test_exceptions_that_are_caught_end_nothing(run, by):
    code = BEGIN + (
        "try:\n    hpx.init()\nexcept RuntimeError as error:\n    print('caught', error)\n"
        "hpx.barrier()"
    )
    result = run(code, by=by)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.count("caught already initialized") == 3


def test_a_prompt_survives_exceptions(command):
    code = "import sys, hpxpy as hpx; sys.ps1 = '> '; sys.excepthook(OSError, OSError('x'), None)"
    result = command("-n", 2, "-c", code + "; hpx.barrier(); print('alive')")
    assert result.code == 0
    assert result.stdout == "alive\nalive\n"
    assert "hpxpy:" not in result.stderr


@pytest.mark.parametrize("moment", [0.05, 0.21, 0.4])
def test_killed_while_others_read_its_memory(start, by, moment):
    code = "x = hpx.ones(30_000_000)\nwhile True: hpx.broadcast(x if me == 1 else None, root=1)"
    program = start(BEGIN + code, by=by)
    localities = pids(program.read_until("ready", 3))
    time.sleep(moment)
    os.kill(localities[1], signal.SIGKILL)
    program.end()
    assert program.code == 128 + 9
    assert name(1, r"was killed by signal 9 \(SIGKILL\)").search(program.stderr)
    assert program.stderr.startswith("hpxpy: locality 1 ") or by == "mpiexec"


ENDS = ["sys.exit(3)", "os._exit(3)", "raise ValueError('later')", "os.abort()", "os._exit(0)"]


@pytest.mark.parametrize("end", ENDS)
def test_the_ends_of_survivors_are_consequences(start, by, end):
    code = "x = hpx.ones(30_000_000)\ntry:\n    "
    code += "while True: hpx.broadcast(x if me == 1 else None, root=1)\n"
    program = start(BEGIN + code + f"except Exception: pass\n{end}", by=by)
    localities = pids(program.read_until("ready", 3))
    time.sleep(0.1)
    os.kill(localities[1], signal.SIGKILL)
    program.end()
    assert program.code == 128 + 9
    assert name(1, r"was killed by signal 9 \(SIGKILL\)").search(program.stderr)


class Told:
    """A supervisor of three localities, as their watchers see it."""

    def __init__(self):
        self.loop, self.code = Loop(), None
        self.supervisor = Supervisor(self.loop, 3, self.ended)
        self.watchers = []
        for id_ in range(3):
            ours, theirs = socket.socketpair()
            self.supervisor.welcome(Connection(theirs))
            self.watchers.append(Connection(ours))
            # No process has these numbers.
            self.say(0, id_, "watch", id_, 3, 1 << 28, 1 << 28, "here", "this/machine")

    def ended(self, code):
        self.code = code
        self.loop.stop()

    def say(self, after, id_, *words):
        """The watcher of a locality says it, so many seconds from now."""
        self.loop.after(after, lambda: self.watchers[id_].send(*words))

    def end(self, after, id_, kind, value):
        self.say(after, id_, "ended", kind, value, time.monotonic() + after)

    def run(self):
        self.loop.run()
        for connection in self.watchers:
            connection.close()
        return self.code


@pytest.mark.parametrize(
    "words", [("exiting", 3), ("ended", "code", 3, 0.0), ("ended", "signal", 6, 0.0)]
)
@pytest.mark.parametrize("patience", [0.5, 1.5])
def test_a_death_that_lasts_is_waited_for(capfd, words, patience):
    told = Told()
    told.say(0.1, 0, "lost")
    told.say(0.1, 0, *words)
    # A process whose memory is still being given back has not ended yet.
    told.say(0.2, 1, "dying")
    told.say(0.3, 2, "lost")
    told.end(0.3, 2, "code", 4)
    told.end(patience, 1, "signal", 9)
    assert told.run() == 128 + 9
    where = "locality 1 (here, pid 268435456)"
    assert capfd.readouterr().err == f"hpxpy: {where} was killed by signal 9 (SIGKILL)\n"


def test_without_a_death_the_first_end_is_the_cause(capfd):
    told = Told()
    told.say(0.1, 0, "lost")
    told.end(0.1, 0, "code", 3)
    told.say(0.2, 2, "lost")
    told.end(0.2, 2, "code", 4)
    assert told.run() == 3
    assert "locality 0 (here, pid 268435456) exited with code 3\n" in capfd.readouterr().err


@pytest.mark.parametrize("end", [("code", 0), ("signal", 7)])
def test_a_remark_explains_an_end_of_any_kind(capfd, end):
    told = Told()
    told.say(0.1, 1, "starting", 0)
    told.say(0.1, 1, "remark", "the", "folder", "is", "full")
    told.end(0.1, 1, *end)
    assert told.run() != 0
    assert capfd.readouterr().err.endswith("; the folder is full\n")
