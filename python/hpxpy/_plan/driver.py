"""Plays localities of a program, each in a process of its own, and compares what they call.

What a root tells all is told through files of a folder (see src/comm/plan/transcript.hpp), so a
root that others wait for is played, too.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

from .._launch.interpreter import own_options, split_options
from .._launch.places import ask_now
from .._launch.processes import handling
from .._launch.program import LAUNCHERS
from .played import FOLDER

TIMED_OUT = 124


@dataclass
class Played:
    """One locality of a program, and what became of it."""

    locality: int
    code: int = 0
    log: dict = field(default_factory=dict)
    errors: str = ""
    overdue_at: str | None = None  #: where it stood when its time was over


class Playing:
    """A process that plays a locality."""

    def __init__(self, locality, command, environ, folder, limit):
        self.locality, self.folder = locality, folder
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115, closed in `result`
        self.process = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
        )
        self.deadline = None if limit is None else time.monotonic() + limit
        self.overdue_at = None

    def over(self):
        if self.process.poll() is not None:
            return True
        if self.deadline is not None and time.monotonic() > self.deadline:
            self.overdue_at = self.place()
            self.end()
            return True
        return False

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def place(self):
        """Where its program stands."""
        return ask_now(self.process.pid).get("place", "")

    def result(self):
        self.errors.seek(0)
        errors = self.errors.read().decode(errors="replace")
        self.errors.close()
        log = {}
        with contextlib.suppress(OSError):
            path = os.path.join(self.folder, f"log-{self.process.pid}")
            with open(path, "rb") as file:
                log = pickle.load(file)
        code = self.process.returncode
        return Played(self.locality, code, log, errors, self.overdue_at)


def _end(number, frame):
    sys.exit(128 + number)


class Driver:
    """Plays `localities` of a program of `size`.

    `words` are those of the engine (src/comm/plan/engine.cpp), `threads` those of each locality,
    `at_once` how many are played side by side, `timeout` how many seconds each may take.
    """

    def __init__(self, program, size, words=(), threads=1, at_once=1, timeout=None):
        self.program, self.size, self.words = program, size, list(words)
        self.threads, self.at_once, self.timeout = threads, at_once, timeout

    def play(self, localities):
        """What became of each, by number; those that others waited for are among them."""
        self.folder = tempfile.mkdtemp(prefix="hpxpy-plan-")
        self.queue, self.running, self.done = list(localities), {}, {}
        try:
            with handling(dict.fromkeys((signal.SIGTERM, signal.SIGHUP), _end)):
                while self.queue or self.running:
                    self.step()
                    time.sleep(0.005)
        finally:
            for playing in self.running.values():
                playing.end()
            shutil.rmtree(self.folder, ignore_errors=True)
        return dict(sorted(self.done.items()))

    def step(self):
        for name in os.listdir(self.folder):
            if name.startswith("wanted-"):
                os.unlink(os.path.join(self.folder, name))
                self.start(int(name.partition("-")[2]))
        while self.queue and len(self.running) < self.at_once:
            self.start(self.queue[0])
        for locality, playing in list(self.running.items()):
            if playing.over():
                del self.running[locality]
                self.done[locality] = played = playing.result()
                with open(os.path.join(self.folder, f"ended-{locality}"), "w"):
                    pass
                if played.code != 0:
                    # The others would go on to the same.
                    self.queue.clear()

    def start(self, locality):
        if locality in self.queue:
            self.queue.remove(locality)
        if locality in self.running or locality in self.done:
            return
        options, rest = split_options(self.program)
        environ = {k: v for k, v in os.environ.items() if not k.startswith(LAUNCHERS)}
        words = [f"localities={self.size}", f"locality={locality}", f"transcript={self.folder}"]
        environ["HPXPY_PLAN"] = " ".join(words + self.words)
        environ[FOLDER] = self.folder
        environ["HPXPY_NUM_THREADS"] = str(self.threads)
        environ.setdefault("OPENBLAS_NUM_THREADS", str(self.threads))
        environ.setdefault("MPLBACKEND", "Agg")
        command = [sys.executable, *own_options(options), *options, *rest]
        self.running[locality] = Playing(locality, command, environ, self.folder, self.timeout)


def problem_of(played, size):
    """(exit code, what went wrong) of a locality that did not end well; (0, "") otherwise."""
    name = f"locality {played.locality} of {size}"
    if played.overdue_at is not None:
        at = f", at {played.overdue_at}" if played.overdue_at else ""
        return TIMED_OUT, (
            f"{name} took longer than it may (--timeout){at}; a loop that waits for values of "
            "other localities never ends, as these are made up"
        )
    if played.code != 0:
        how = f"with exit code {played.code}"
        if played.code < 0:
            how = f"by {signal.Signals(-played.code).name}"
        return (128 - played.code if played.code < 0 else played.code), (
            f"{name} ended {how}\n{played.errors}".rstrip()
        )
    if not played.log:
        return 1, f"{name} ended without a call of hpxpy"
    return 0, ""


def divergence_of(all_played):
    """Where two of the localities played do not call the same, as text; "" if they all do."""
    logs = [played for played in all_played if played.log]
    if not logs:
        return ""
    first = logs[0]
    for other in logs[1:]:
        ours, theirs = first.log["chain"], other.log["chain"]
        if ours == theirs:
            continue
        at = next(
            (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b),
            min(len(ours), len(theirs)),
        )
        return (
            f"localities do not agree at exchange {at + 1}: {_call_at(first, at)}, "
            f"{_call_at(other, at)}; all localities must make the same call"
        )
    return ""


def _call_at(played, at):
    which, texts = played.log["which"], played.log["texts"]
    if at >= len(which):
        return f"locality {played.locality} ends"
    return f"locality {played.locality} calls {texts[which[at]]}"
