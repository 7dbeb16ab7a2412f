"""Starts programs of several localities, and looks that nothing of them stays behind."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from hosts import TwoHosts
from hpxpy import _core
from hpxpy._launch.program import find_mpiexec

MARK = "HPXPY_TEST_PROGRAM"
# The engine of several localities that these tests run on.
ENGINE = os.environ.get("HPXPY_ENGINE") or "mpi"
#: What is alike on each engine is tested on one.
once = pytest.mark.skipif(ENGINE != "mpi", reason="the same on every engine")
# mpiexec mixes what localities print in pieces, so they must not be told to.
BASE = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def processes_of(mark):
    """The living processes that have our mark in their environment: localities and all others."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes()
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if f"{MARK}={mark}".encode() in environ and state not in "ZX":
            found.append(int(folder.name))
    return found


class Started:
    """A program that runs, and its end."""

    def __init__(self, command, stdin, environ):
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**BASE, **environ, MARK: self.mark},
            start_new_session=True,
        )
        self.strict = "run" in command
        self.stdin = stdin
        self.output = b""

    def read_until(self, text, count=1, limit=30):
        """Waits until standard output holds `text` so many times."""
        deadline = time.monotonic() + limit
        os.set_blocking(self.process.stdout.fileno(), False)
        while self.output.count(text.encode()) < count:
            assert time.monotonic() < deadline, self.output
            self.output += self.process.stdout.read() or b""
            time.sleep(0.005)
        os.set_blocking(self.process.stdout.fileno(), True)
        return self.output.decode()

    def end(self, limit=30):
        """Waits for the end; what is left of the program then is in `left`, and killed."""
        try:
            out, err = self.process.communicate(self.stdin, timeout=limit)
            self.late = False
        except subprocess.TimeoutExpired:
            self.late = True
            self.kill_all()
            out, err = self.process.communicate()
        self.code = self.process.returncode
        # A watcher can end a program under a plain mpiexec only as the last thing that it does.
        deadline = time.monotonic() + (0 if self.strict else 0.2)
        while (left := processes_of(self.mark)) and time.monotonic() < deadline:
            time.sleep(0.005)
        self.left = left
        self.kill_all()
        self.stdout = (self.output + (out or b"")).decode()
        self.stderr = err.decode()
        assert not self.late, f"took more than {limit} s\n{self.stdout}\n{self.stderr}"
        assert not self.left, f"left behind: {self.left}\n{self.stderr}"
        return self

    def kill_all(self):
        for pid in processes_of(self.mark):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


HPXPY_RUN = [sys.executable, "-m", "hpxpy", "run"]


def starter(kind, n, options=()):
    if kind == "hpxpy run":
        return [*HPXPY_RUN, "-n", str(n), *options]
    return [find_mpiexec(), "-n", str(n), sys.executable]


@pytest.fixture
def start(tmp_path):
    """start(code, n=3, by="hpxpy run", ...): the program `code`, running."""
    started = []

    def start(code, *arguments, n=3, by="hpxpy run", options=(), stdin=None, environ=None):
        script = tmp_path / "script.py"
        script.write_text(code)
        command = [*starter(by, n, options), str(script), *arguments]
        started.append(Started(command, stdin, environ or {}))
        return started[-1]

    yield start
    for program in started:
        program.kill_all()


@pytest.fixture
def run(start):
    """The same, ended: with code, stdout and stderr, and nothing left behind."""
    return lambda *arguments, limit=30, **options: start(*arguments, **options).end(limit)


@pytest.fixture
def command(start):
    """Runs `hpxpy run` with these words."""

    def command(*words, stdin=None, environ=None, limit=30):
        program = Started([*HPXPY_RUN, *map(str, words)], stdin, environ or {})
        return program.end(limit)

    return command


@pytest.fixture
def started():
    """started(words, environ): any command, running."""
    programs = []

    def start(words, environ=None):
        programs.append(Started(list(map(str, words)), None, environ or {}))
        return programs[-1]

    yield start
    for program in programs:
        program.kill_all()


@pytest.fixture(scope="session")
def two_hosts(tmp_path_factory):
    """Two hosts, hosta and hostb, that reach each other over TCP alone."""
    hosts = TwoHosts(tmp_path_factory.mktemp("hosts"))
    try:
        try:
            hosts.create()
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"this user may not create network namespaces: {error}")
        yield hosts
    finally:
        hosts.remove()


@pytest.fixture
def engine():
    """The engine of several localities that these tests run on, for programs that name it."""
    if not Path(_core.__file__).with_name(f"_engine_{ENGINE}.so").exists():
        pytest.skip(f"hpxpy was built without engine {ENGINE}")
    return ENGINE


@pytest.fixture(params=["hpxpy run", "mpiexec"])
def by(request):
    """Both ways to start a program."""
    return request.param
