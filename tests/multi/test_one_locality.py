"""One locality: signals come once, nothing outlives the launcher. Who reads standard input."""

# SPDX-License-Identifier: BSL-1.0
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from conftest import HPXPY_RUN, once, processes_of

pytestmark = once

COUNT = """
import os, signal, sys, time
came = []
signal.signal(signal.{name}, lambda *_: came.append(1))
print("ready", os.getpid(), flush=True)
time.sleep(0.2)
end = time.monotonic() + 20
while not came and time.monotonic() < end: time.sleep(0.01)
time.sleep(0.5)
print("came", len(came), flush=True)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("whole_group", [False, True])
def test_a_signal_comes_once(start, name, whole_group):
    program = start(COUNT.format(name=name), n=1)
    program.read_until("ready")
    send = os.killpg if whole_group else os.kill
    send(program.process.pid, getattr(signal, name))
    program.end()
    assert "came 1\n" in program.stdout
    assert program.code == 0


def test_the_terminals_interrupt_comes_once_whatever_standard_input_is(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(COUNT.format(name="SIGINT"))
    pid, terminal = pty.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        words = [*HPXPY_RUN, "-n", "1", str(script)]
        os.execv(words[0], words)
    said = b""
    try:
        while b"ready" not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        while b"came" not in said or not said.endswith(b"\n"):
            said += os.read(terminal, 1000)
    finally:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        os.close(terminal)
    assert b"came 1\r\n" in said


def test_the_end_after_an_interrupt_is_the_programs_own(start):
    code = "import time\nprint('ready', flush=True)\ntry: time.sleep(60)\n"
    code += "finally: time.sleep(0.4); print('cleaned up', flush=True)"
    program = start(code, n=1)
    program.read_until("ready")
    os.killpg(program.process.pid, signal.SIGINT)
    program.end()
    assert "cleaned up\n" in program.stdout
    assert program.stderr.count("KeyboardInterrupt") == 1
    assert program.code == 130


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_nothing_outlives_the_launcher(start, number):
    code = "import subprocess, time; subprocess.Popen(['sleep', '60'])\n"
    program = start(code + "print('ready', flush=True); time.sleep(60)", n=1)
    program.read_until("ready")
    program.process.send_signal(number)
    program.process.wait()
    deadline = time.monotonic() + 3
    while processes_of(program.mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(program.mark) == []


def test_ignored_signals_stay_ignored(started):
    code = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    line = f"""trap '' HUP; exec {" ".join(HPXPY_RUN)} -n 1 -c '{code}'"""
    assert started(["sh", "-c", line]).end().stdout == "True\n"


LOOP = "while read line; do echo $line; {run} -c '{code}' a; done"
UNREAD = "import hpxpy as hpx; hpx.barrier()"
ONE_LINE = 'import os; hpx_id = os.environ.get("PMI_RANK", "0"); '
ONE_LINE += 'print("+", os.read(0, 4).decode().strip()) if hpx_id == "0" else 0'


@pytest.mark.parametrize("options", ["-n 1", "-n 2", "-n 1 --tag"])
@pytest.mark.parametrize("source", ["file", "pipe"])
@pytest.mark.parametrize("reads", [False, True])
def test_input_that_is_not_read_stays_for_others(started, tmp_path, options, source, reads):
    (tmp_path / "list").write_text("one\ntwo\nsix\nten\n")
    run = " ".join([*HPXPY_RUN, options])
    line = LOOP.format(run=run, code=ONE_LINE if reads else UNREAD)
    line = f"cat list | ({line})" if source == "pipe" else f"({line}) < list"
    result = started(["sh", "-c", f"cd {tmp_path}; {line}"]).end()
    assert result.stderr == ""
    lines = ["one", "+ two", "six", "+ ten"] if reads else ["one", "two", "six", "ten"]
    assert result.stdout.replace("[0] ", "").splitlines() == lines


def test_a_file_is_given_back_by_another_host(two_hosts, started, tmp_path):
    (tmp_path / "list").write_text("one\ntwo\nsix\n" + "more\n" * 50000 + "end\n")
    run = " ".join([*HPXPY_RUN, "--hosts", "hostb,hosta"])
    line = f"cd {tmp_path}; (read line; {run} -c '{ONE_LINE}'; head -n 1; tail -n 1) < list"
    result = started(two_hosts.on_a("sh", "-c", line), two_hosts.environ).end()
    assert result.stderr == ""
    assert result.stdout.split() == ["+", "two", "six", "end"]


def test_a_terminal_is_locality_0s_own(tmp_path):
    code = "import os, sys\nif os.environ['PMI_RANK'] == '0':\n"
    code += "    print('tty', sys.stdin.isatty(), flush=True); print('got', input('name? '))"
    pid, terminal = pty.fork()
    if pid == 0:
        words = [*HPXPY_RUN, "-n", "2", "-c", code]
        os.execv(words[0], words)
    said = b""
    while b"name? " not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"somebody\n")
    while b"got somebody" not in said:
        said += os.read(terminal, 1000)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert b"tty True" in said


@pytest.mark.parametrize("n", [1, 2])
def test_standard_files_may_be_closed(n):
    code = "import sys; print(sys.stdin.read() if sys.stdin else None)"
    line = f"""{" ".join(HPXPY_RUN)} -n {n} -c '{code}' <&-"""
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30)
    assert (result.returncode, result.stderr) == (0, "")
    assert set(result.stdout.split()) <= {"None"}


def test_launching_leaves_signals_as_they_were(started):
    code = (
        "import signal, sys\nfrom hpxpy.launcher import launch_localities\n"
        "def state(): return signal.getsignal(2), signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
        "before = state(); launch_localities(['-c', '1'], num_localities=1)\n"
        "print(before == state())"
    )
    assert started([sys.executable, "-c", code]).end().stdout == "True\n"
