"""Whether all localities still run: watchers tell so, and the supervisor hears where one does not.

Turns are counted, not seconds: a program that is stopped as a whole (Ctrl-Z, a manager that
suspends its job) and goes on later has missed nothing.
"""

# SPDX-License-Identifier: BSL-1.0
from .failures import Failure
from .processes import status_of
from .wire import heartbeat_seconds

#: So often a watcher tells of its locality in the time after which silence is an end.
BEATS = 5


class Heartbeat:
    """A watcher's: tells the supervisor that both live, and whether the locality is stopped."""

    def __init__(self, watcher):
        self.watcher = watcher
        self.pause = heartbeat_seconds() / BEATS
        if self.pause:
            self.beat()

    def beat(self):
        if not self.watcher.ended:
            # A debugger that holds it ("t") is no reason to end it.
            fields = status_of(self.watcher.pid)
            stopped = fields is not None and fields[0] == b"T"
            self.watcher.tell("beat", "stopped" if stopped else "runs")
            self.watcher.loop.after(self.pause, self.beat)


class Heartbeats:
    """The supervisor's: ends the program when one falls silent, or is stopped alone."""

    def __init__(self, supervisor):
        self.supervisor = supervisor
        self.seconds = heartbeat_seconds()
        if self.seconds:
            supervisor.loop.after(self.seconds / BEATS, self.look)

    def look(self):
        supervisor = self.supervisor
        if supervisor.code is not None or supervisor.over:
            return
        heard = [one for one in supervisor.localities if one.connection and not one.end]
        for locality in heard:
            locality.silent += 1
            if locality.silent > BEATS:
                supervisor.fall_silent(locality, self.seconds)
        stopped = [one for one in heard if one.stopped >= BEATS]
        if len(stopped) < supervisor.size:
            for locality in stopped:
                if all(failure.locality is not locality for failure in supervisor.failures):
                    text = f"has been stopped (SIGSTOP) for {self.seconds:g} s"
                    supervisor.fail(Failure(locality, 1, f"{locality.name()} {text}"))
        supervisor.loop.after(self.seconds / BEATS, self.look)
