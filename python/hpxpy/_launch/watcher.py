"""The process beside each locality: learns its real end, passes on messages, ends it when told.

It is a `beside.Beside` or a `runner.Runner`; `starting.main` starts it.
"""

# SPDX-License-Identifier: BSL-1.0
import json
import os
import signal
import socket
import time

from . import memory, places, segments
from .heartbeat import Heartbeat
from .processes import is_dying
from .wire import Connection, machine

# Only those whose end is watched react to Ctrl-C and the like; a watcher stays to tell.
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE, signal.SIGUSR2)


class Watcher:
    """What both kinds do: forward the locality's messages, report its end, kill it."""

    def __init__(self, loop, control, pid, id_, size):
        self.loop = loop
        self.control = Connection(control)
        self.pid, self.id, self.size = pid, id_, size
        self.supervisor = None
        self.own = None  # the supervisor, where it lives in this process
        self.waiting = []  # messages for a supervisor that is not known yet
        self.ended = False
        self.failed = False
        self.segments = segments.Segments(loop, pid)
        self.memory = memory.Memory(pid)
        loop.watch(self.control, self.from_locality)

    def join(self, connection):
        """Tells the supervisor of this locality, and what it missed."""
        self.supervisor = connection
        here = socket.gethostname(), machine()
        connection.send("watch", self.id, self.size, self.pid, os.getpid(), *here)
        for words, data in self.waiting:
            connection.send(*words, data=data)
        self.waiting.clear()
        self.loop.watch(connection, self.from_supervisor)
        Heartbeat(self)

    def tell(self, *words, data=None):
        if self.supervisor:
            self.supervisor.send(*words, data=data)
        else:
            self.waiting.append((words, data))

    def from_locality(self):
        for words in self.control.receive():
            self.message(words)
        if self.control.closed:
            self.loop.forget(self.control)

    def message(self, words):
        data = self.memory.explained(words.pop()) if words[0] == "failed" else None
        self.failed |= words[0] == "failed"
        if words[0] == "starting":
            self.segments.starting()
        elif words[0] == "running":
            self.segments.running()
        self.tell(*words, data=data)

    def from_supervisor(self):
        for words in self.supervisor.receive():
            if words[0] == "kill":
                self.kill(int(words[1]))
            elif words[0] == "look" and is_dying(self.pid):
                self.tell("dying")
            elif words[0] == "where":
                places.ask(self.loop, self.pid, self.tell_place)
            elif words[0] in ("everyone", "ending"):
                self.control.send(*words)
            elif words[0] == "stdin":
                self.stdin(words[1])
        if self.supervisor.closed:
            self.loop.forget(self.supervisor)
            self.supervisor_gone()

    def tell_place(self, where):
        self.tell("at", data=json.dumps(where).encode())

    def stdin(self, data):
        """Only a locality that this process started has a standard input of ours."""

    def abort(self, code):
        """Asks the process manager (Hydra's protocol, PMI-1) to end the program with `code`."""
        try:
            os.write(int(os.environ["PMI_FD"]), b"cmd=abort exitcode=%d\n" % code)
        except (KeyError, ValueError, OSError):
            self.kill(signal.SIGKILL)

    def end(self, kind, value):
        """The locality ended: by `code` or `signal`, with this value."""
        self.ended = True
        when = time.monotonic()
        while self.control.readable():
            self.from_locality()
        if kind == "signal" and (
            remark := segments.remark(self.size, value) or self.memory.remark(value)
        ):
            self.tell("remark", remark)
        self.segments.ended()
        self.tell("ended", kind, value, when)
