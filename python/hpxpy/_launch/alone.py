"""A program of one locality: it has the terminal, the standard files and signals to itself.

`hpxpy.launcher` calls `run_alone`, which starts a guard beside the program. The guard ends the
program if the launcher is killed, and tells signals that came to the launcher alone from those
that a terminal sent to all of them, so that the program gets each once.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import functools
import os
import signal
import socket
import subprocess
import time

from . import binding, watcher_command
from .desk import Desk
from .failures import say
from .input import open_standard_files
from .places import ask
from .processes import Awaited, become, decode, descendants, end_with_parent, handling
from .stalls import indented
from .wire import Connection, Loop, join_command, split_command

#: The exit code of a program that took longer than it may, as that of the command `timeout`.
TIMED_OUT = 124

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Within so many seconds a signal to the launcher and one to the guard are the same.
SAME = 0.5

#: So long the guard waits for the signal that the launcher got before.
WAIT = 0.03


def run_alone(command, environ, config):
    """Runs `command` as a `LaunchConfig` says; its exit code, 128 + signal if it was killed."""
    timeout = config.timeout
    if config.report_binding:
        cpus = binding.described(binding.cpus_of(config.bind, 0, 1), config.bind)
        say(f"hpxpy: locality 0 ({socket.gethostname()}): {cpus}\n")
    open_standard_files()
    ours, theirs = socket.socketpair()
    connection = Connection(ours)
    handlers = dict.fromkeys(
        FORWARDED, lambda number, frame: connection.send("signal", int(number))
    )
    handlers[signal.SIGUSR2] = lambda *_: connection.send("explain")
    with handling(handlers), ours:
        # Until the guard can tell what came to it, nothing comes to it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, (*FORWARDED, signal.SIGUSR2))
        try:
            guard = subprocess.Popen(
                [*watcher_command("alone"), str(theirs.fileno()), str(os.getpid())],
                env=environ,
                cwd=config.cwd,
                pass_fds=[theirs.fileno()],
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
        connection.send("command", config.bind, data=join_command(command))
        try:
            code = guard.wait(timeout)
        except subprocess.TimeoutExpired:
            say(f"hpxpy: the program took more than {timeout:g} s (timeout)\n")
            connection.send("kill", int(signal.SIGTERM))
            try:
                guard.wait(1)
            except subprocess.TimeoutExpired:
                connection.send("kill", int(signal.SIGKILL))
                guard.wait()
            return TIMED_OUT
        except BaseException:
            guard.kill()
            guard.wait()
            raise
    return 128 - code if code < 0 else code


class Guard:
    """The process beside the program: its parent, in the launcher's process group."""

    def __init__(self, launcher, launcher_pid, bind, command):
        self.loop = Loop()
        self.launcher = launcher
        self.came = {}  # signal -> when this process got it
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker)
        # What a parent had us ignore (nohup) stays ignored.
        heard = [n for n in FORWARDED if signal.getsignal(n) is not signal.SIG_IGN]
        for number in heard:
            signal.signal(number, self.note)
        signal.signal(signal.SIGUSR2, lambda *_: self.loop.after(0, self.explain))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        me = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            end_with_parent(me)
            for number in heard:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (*FORWARDED, signal.SIGUSR2))
            binding.bind(bind, 0, 1)
            become(command)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*FORWARDED, signal.SIGUSR2))
        Desk(self.loop, launcher_pid, command, self.describe)
        self.loop.watch(wake, lambda: (os.read(wake, 64), self.look()))
        self.loop.watch(launcher, self.from_launcher)
        Awaited(self.loop, launcher_pid, self.launcher_gone)
        self.look()

    def note(self, number, frame):
        self.came[number] = time.monotonic()

    def look(self):
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            kind, value = decode(status)
            os._exit(value if kind == "code" else 128 + value)

    def from_launcher(self):
        for words in self.launcher.receive():
            if words[0] == "kill":
                os.kill(self.pid, int(words[1]))
            elif words[0] == "explain":
                self.explain()
            elif words[0] == "signal":
                forward = functools.partial(self.forward, int(words[1]), time.monotonic())
                self.loop.after(WAIT, forward)
        if self.launcher.closed:
            self.loop.forget(self.launcher)

    def describe(self, answer):
        """Calls answer([the only locality]), as `Stalls.describe` does."""
        known = {"id": 0, "host": socket.gethostname(), "pid": self.pid}

        def told(where):
            place = where.get("place")
            stands = "is stopped (SIGSTOP)" if "stopped" in where else "runs"
            known["stands"] = f"runs at {place}" if place else stands
            answer([{**known, "threads": where.get("threads", "")}])

        ask(self.loop, self.pid, told)

    def explain(self):
        def told(localities):
            (one,) = localities
            name = f"locality 0 ({one['host']}, pid {one['pid']})"
            say(f"hpxpy: {name} {one['stands']}\n{indented(one['threads'])}")

        self.describe(told)

    def forward(self, number, asked):
        """Hands on a signal of the launcher's, unless its whole group had it."""
        beside = os.getpgid(self.pid) == os.getpgrp()
        if not beside or self.came.get(number, 0) < asked - SAME:
            os.kill(self.pid, number)

    def launcher_gone(self):
        for pid in (self.pid, *descendants(self.pid)):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        os._exit(1)


def guard(arguments):
    """The guard's main function, given a connection to the launcher and its process number."""
    file, launcher_pid = map(int, arguments)
    launcher = Connection(socket.socket(fileno=file))
    launcher.sock.set_inheritable(False)
    message = launcher.await_message()
    if message:
        Guard(launcher, launcher_pid, message[1], split_command(message[2])).loop.run()
