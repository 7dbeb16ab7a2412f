"""`hpxpy run`: one program from its start to its exit code, its output in whole lines."""

# SPDX-License-Identifier: BSL-1.0
import importlib.metadata
import os
import select
import signal
import subprocess
import sys
import time

from . import watcher_command
from .supervisor import Supervisor, say
from .wire import Loop

LAUNCHERS = ("PMI_", "PMIX_", "OMPI_", "PRTE_", "HYDI_", "HYDRA_", "HPXPY_CONTROL")


def find_mpiexec():
    """The full path of the mpiexec that the wheel `mpich` brought; None if it is not there."""
    try:
        files = importlib.metadata.files("mpich") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        path = os.path.realpath(file.locate())
        if path.endswith(("/bin/mpiexec", "/bin/mpiexec.hydra")):
            return path
    return None


def environment(size, threads=None, engine=None):
    """The environment of the localities."""
    result = {k: v for k, v in os.environ.items() if not k.startswith(LAUNCHERS)}
    result["HPXPY_NUM_LOCALITIES"] = str(size)
    if threads:
        result["HPXPY_NUM_THREADS"] = str(threads)
    if engine:
        result["HPXPY_ENGINE"] = engine
    # Whatever a locality prints is to be seen when it is printed, though it prints into a pipe.
    result.setdefault("PYTHONUNBUFFERED", "1")
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:
        cpus = os.cpu_count() or 1
    share = str(threads or max(1, cpus // size))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        result.setdefault(name, share)
    return result


class Lines:
    """Passes on what localities print, one whole line at a time, with their numbers if wanted.

    On a terminal, a line that locality 0 has begun (a prompt) is shown before it is finished.
    """

    def __init__(self, loop, tag):
        self.loop, self.tag = loop, tag
        self.begun = {}  # (locality, number) -> an unfinished line
        self.open = {1: None, 2: None}  # who has part of a line on the terminal
        self.live = {number: os.isatty(number) for number in (1, 2)}
        self.broken = False

    def add(self, locality, number, data):
        key = locality.id, number
        text = self.begun.pop(key, b"") + data
        end = text.rfind(b"\n") + 1
        if end:
            self.write(key, text[:end])
        if rest := text[end:]:
            self.begun[key] = rest
            if locality.id == 0 and self.live[number]:
                self.loop.after(0.05, lambda: self.show_begun(key, rest))

    def show_begun(self, key, seen):
        if self.begun.get(key) == seen:
            del self.begun[key]
            self.write(key, seen)

    def write(self, key, data):
        id_, number = key
        continues = self.open[number] == id_
        if self.open[number] is not None and not continues:
            data = b"\n" + self.tagged(id_, data)
        elif not continues:
            data = self.tagged(id_, data)
        elif self.tag and data.count(b"\n") > 1:
            first, rest = data.split(b"\n", 1)
            data = first + b"\n" + self.tagged(id_, rest)
        self.open[number] = None if data.endswith(b"\n") else id_
        try:
            while data:
                data = data[os.write(number, data) :]
        except BlockingIOError:
            select.select([], [number], [])
            self.write(key, data)
        except OSError:
            self.broken = True

    def tagged(self, id_, data):
        if not self.tag:
            return data
        tag = b"[%d] " % id_
        return b"".join(tag + line for line in data.splitlines(keepends=True))

    def flush(self):
        """What was never finished gets its end, so that nothing is lost or glued together."""
        for key, data in sorted(self.begun.items()):
            self.write(key, data if key[0] == 0 and len(self.begun) == 1 else data + b"\n")
        self.begun.clear()


class Program:
    """Runs `command` on `size` localities under a supervisor."""

    def __init__(self, size, command, environ, tag=False, mpiexec=None):
        self.size, self.command, self.environ, self.mpiexec = size, command, environ, mpiexec
        self.loop = Loop()
        self.lines = Lines(self.loop, tag)
        self.supervisor = Supervisor(
            self.loop, size, self.ended, output=self.output, input_wanted=self.read_input
        )
        self.code = None
        self.input_open = True
        self.launcher = None

    def run(self):
        """Returns the exit code when no process of the program is left."""
        address = self.supervisor.listen("127.0.0.1")
        command = watcher_command("run") + self.command
        if self.mpiexec:
            # This machine only, whatever resource manager surrounds us.
            options = ["-launcher", "fork", "-rmk", "user", "-hosts", "localhost"]
            command = [self.mpiexec, *options, "-n", str(self.size), *command]
        reads, writes = os.pipe()
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.on_signal)
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # In a session of its own, Ctrl-C at the terminal reaches this process alone.
        self.launcher = subprocess.Popen(
            command,
            env={**self.environ, "HPXPY_SUPERVISOR": address},
            stdin=subprocess.DEVNULL,
            stdout=writes,
            stderr=writes,
            start_new_session=True,
        )
        os.close(writes)
        os.set_blocking(reads, False)
        self.noise = b""
        self.loop.watch(reads, lambda: self.hear(reads))
        self.loop.watch(wake, lambda: (os.read(wake, 512), self.look()))
        self.look()
        try:
            self.loop.run()
        finally:
            self.clean_up()
        return self.code

    def output(self, locality, number, data):
        self.lines.add(locality, number, data)
        if self.lines.broken and self.supervisor.code is None:
            # Nobody reads any more: the end that a single process would have.
            self.supervisor.interrupt(signal.SIGPIPE)

    def hear(self, file):
        """What mpiexec itself says: shown only if it could not start the program."""
        try:
            data = os.read(file, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            self.loop.forget(file)
        self.noise = (self.noise + data)[-20000:]

    def look(self):
        """The launcher must not end before its localities."""
        if self.launcher.poll() is None or self.supervisor.over:
            return
        self.loop.after(0.3, self.launcher_gone)

    def launcher_gone(self):
        if self.supervisor.over or self.supervisor.code is not None:
            return
        if not all(locality.connection for locality in self.supervisor.localities):
            self.loop.forget(self.launcher.stdout)
            say(self.noise.decode(errors="replace"))
            say(f"hpxpy: {self.command_name()} could not start the localities\n")
            self.code = self.launcher.returncode or 1
            self.loop.stop()

    def command_name(self):
        return self.mpiexec or sys.executable

    def on_signal(self, number, frame):
        self.supervisor.interrupt(number)

    def read_input(self):
        """Locality 0 has taken what it got of standard input: reads on."""
        if not self.input_open:
            return
        try:
            self.loop.watch(0, self.input_ready)
        except (KeyError, ValueError, OSError):
            self.input_open = False

    def input_ready(self):
        self.loop.forget(0)
        try:
            data = os.read(0, 1 << 16)
        except OSError:
            data = b""
        self.input_open = bool(data)
        connection = self.supervisor.localities[0].connection
        connection.send("stdin", data=data)

    def ended(self, code):
        self.lines.flush()
        self.code = code
        self.loop.stop()

    def clean_up(self):
        """Waits for mpiexec; what does not end by itself is killed."""
        signal.set_wakeup_fd(-1)
        self.supervisor.await_watchers()
        deadline = time.monotonic() + 1
        while self.launcher.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if self.launcher.poll() is None:
            os.killpg(self.launcher.pid, signal.SIGKILL)
            self.launcher.wait()


def run_one(command, environ):
    """One locality: a child that has the terminal to itself; returns its exit code."""
    child = subprocess.Popen(command, env=environ)

    def forward(number, frame):
        # The terminal has sent Ctrl-C to the child too.
        if number == signal.SIGINT and os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp():
            return
        child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    code = child.wait()
    return 128 - code if code < 0 else code
