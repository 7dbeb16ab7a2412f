"""The watcher that mpiexec starts for `hpxpy run`: starts the locality, passes on its output."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import fcntl
import os
import signal
import socket
import struct
import sys
import termios

from . import binding
from .input import receive
from .launched import channel
from .processes import become, decode, end_with_parent, localities_here, number_here
from .watcher import IGNORED, Watcher
from .wire import split_command

#: Seconds that a watcher whose supervisor was killed stays, so that the others notice it too.
LEAVE_AFTER = 0.3


class Runner(Watcher):
    """Started by `hpxpy run`, through mpiexec, and starts the locality."""

    def __init__(self, loop, supervisor, id_, size):
        _, input_name, bind, told, command = self.wait_for_command(supervisor)
        ours, theirs = socket.socketpair()
        reads, writes = zip(os.pipe(), os.pipe(), strict=True)
        # Hydra gives other localities an input that never ends, and locality 0 one that it loses
        # when it is large, so neither is used.
        self.input = -1
        input_ = receive(input_name) if id_ == 0 else os.open(os.devnull, os.O_RDONLY)
        if input_ is None:
            input_, self.input = os.pipe()
        # The signal that a child ended is what the loop waits for.
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        me = os.getpid()
        here = number_here(), localities_here() or 1
        pid = os.fork()
        if pid == 0:
            # A launcher that fails kills its watchers before they can do anything.
            end_with_parent(me)
            binding.bind(bind, *here)
            become_locality(split_command(command), id_, theirs, (input_, *writes))
        with contextlib.suppress(OSError):  # the child may have done it
            os.setpgid(pid, pid)
        self.unread = input_  # what is in it when the locality ends was not read
        for file in writes if self.input >= 0 else (input_, *writes):
            os.close(file)
        theirs.close()
        super().__init__(loop, ours, pid, id_, size)
        self.unsent = b""
        self.received = 0  # of standard input, in bytes
        self.outputs = {}
        for number, file in zip((1, 2), reads, strict=True):
            os.set_blocking(file, False)
            self.outputs[file] = [number, b""]
            loop.watch(file, lambda file=file: self.pass_on(file))
        loop.watch(wake, lambda: (os.read(wake, 64), self.look()))
        self.join(supervisor)
        if told == "1":
            self.tell("bound", binding.described(binding.cpus_of(bind, *here), bind))
        if self.input >= 0:
            self.tell("more")
        self.look()

    def wait_for_command(self, supervisor):
        """What the supervisor wants started; without it this process ends."""
        supervisor.send("start")
        return supervisor.await_message() or sys.exit(1)

    def message(self, words):
        if words[0] == "failed":
            # What the locality printed before it failed comes before the report.
            for file in list(self.outputs):
                while self.pass_on(file):
                    pass
        super().message(words)

    def pass_on(self, file):
        """Sends what there is of an output; false when there is no more just now."""
        if file not in self.outputs:
            return False
        try:
            data = os.read(file, 1 << 16)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self.tell("out", self.outputs[file][0], data=data)
            return True
        self.loop.forget(file)
        os.close(file)
        del self.outputs[file]
        return False

    def stdin(self, data):
        if not data:
            self.close_input()
            return
        if self.input < 0:
            return
        self.received += len(data)
        self.unsent += data
        self.loop.forget(self.input)
        os.set_blocking(self.input, False)
        self.loop.watch_write(self.input, self.feed)

    def feed(self):
        try:
            count = os.write(self.input, self.unsent)
        except BlockingIOError:
            return
        except OSError:
            self.close_input()
            return
        self.unsent = self.unsent[count:]
        if not self.unsent:
            self.loop.forget(self.input)
            self.tell("more")

    def close_input(self):
        if self.input >= 0:
            self.loop.forget(self.input)
            os.close(self.input)
            self.input = -1

    def look(self):
        if self.ended:
            return
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            return
        for file in list(self.outputs):
            while self.pass_on(file):
                pass
        if self.received:
            left = fcntl.ioctl(self.unread, termios.FIONREAD, bytes(4))
            self.tell("used", self.received - len(self.unsent) - struct.unpack("i", left)[0])
        self.end(*decode(status))

    def supervisor_gone(self):
        cut_short = not self.ended
        self.kill(signal.SIGKILL)
        # The launcher kills all other watchers as soon as one leaves; each needs time to do this.
        self.loop.after(LEAVE_AFTER if cut_short else 0, self.loop.stop)

    def kill(self, number):
        # The locality's group, so that its own children end too.
        with contextlib.suppress(OSError):
            os.killpg(self.pid, number)


def become_locality(command, id_, control, files):
    """In the forked child: turns into the locality."""
    os.setpgid(0, 0)
    for number in IGNORED:
        signal.signal(number, signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
    control.set_inheritable(True)
    os.environ.pop("HPXPY_SUPERVISOR", None)
    os.environ["HPXPY_MULTI_LOCALITY"] = "1"
    os.environ["HPXPY_LOCALITY_ID"] = str(id_)
    os.environ["HPXPY_CONTROL"] = channel(control.fileno(), os.environ)
    become(command)
