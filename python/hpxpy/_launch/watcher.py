"""The process beside each locality: learns its real end, passes on messages, ends it when told.

Started as `run` by mpiexec under `hpxpy run`: then it starts the locality, whose output it passes
to the supervisor. Started as `beside` by the locality itself otherwise.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import fcntl
import os
import signal
import socket
import struct
import sys
import termios
import time

from . import segments
from .alone import guard
from .door import connect
from .input import receive
from .launched import channel
from .processes import (
    await_end,
    become,
    decode,
    end_of,
    end_with_parent,
    is_alive,
    is_dying,
)
from .siblings import Siblings
from .supervisor import Supervisor, say
from .wire import Connection, Loop, machine, split_command

# Only those whose end is watched react to Ctrl-C and the like; a watcher stays to tell.
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGPIPE)


#: Seconds that a watcher whose supervisor was killed stays, so that the others notice it too.
LEAVE_AFTER = 0.3


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
        data = words.pop() if words[0] == "failed" else None
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
            elif words[0] in ("everyone", "ending"):
                self.control.send(*words)
            elif words[0] == "stdin":
                self.stdin(words[1])
        if self.supervisor.closed:
            self.loop.forget(self.supervisor)
            self.supervisor_gone()

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
        if remark := segments.remark(value) if kind == "signal" else "":
            self.tell("remark", remark)
        self.segments.ended()
        self.tell("ended", kind, value, when)


class Beside(Watcher):
    """Started by a locality that some other launcher started."""

    def __init__(self, loop, control, pid, launcher, id_, size):
        super().__init__(loop, control, pid, id_, size)
        self.exit_code = None  # what the locality said that it would exit with
        self.siblings = Siblings(pid, launcher, id_, size)
        self.starting = False  # waits for all others, none of which is known
        self.incomplete = 0  # how often others were missing
        await_end(loop, pid, self.gone)

    def message(self, words):
        if words[0] == "serve":
            self.serve(words[1])
        elif words[0] == "join":
            # A program that starts hpxpy again keeps its supervisor.
            if not self.supervisor:
                self.meet(words[1])
        elif words[0] == "goodbye" and not self.supervisor:
            self.control.send("everyone")  # it never came to others
        else:
            if words[0] == "exiting":
                self.exit_code = int(words[1])
            if words[0] in ("starting", "left") and not self.supervisor:
                self.starting = words[0] == "starting"
                self.look_around()
            super().message(words)

    def look_around(self):
        """While the locality waits for others in init: whether one of them will never come."""
        if not self.starting or self.supervisor or self.ended:
            return
        missing = self.siblings.missing()
        # One that the launcher has just made does not look like a locality yet.
        self.incomplete = self.incomplete + 1 if missing else 0
        if self.incomplete == 3 and self.siblings.claim():
            self.accuse(missing)
            # The launcher passes on what was said, unless it ends everything at once.
            self.loop.after(0.1, lambda: self.abort(1))
            self.leave_with_launcher()
            return
        self.loop.after(max(0.1, 0.005 * self.siblings.count), self.look_around)

    def accuse(self, missing):
        """Says which localities have ended before they came to the others."""
        host = socket.gethostname()
        names = [f"locality {number}" for number in missing if number is not None]
        who = f"{' and '.join(names) or 'another locality'} ({host})"
        waits = f"locality {self.id} ({host}, pid {self.pid}) waited for it in init"
        # The launcher may have taken the signal that killed the other.
        remark = segments.remark()
        why = f"; {remark}" if remark else ""
        say(f"hpxpy: {who} ended before it started hpxpy, while {waits}{why}\n")

    def leave_with_launcher(self):
        """Ends when the launcher has, so that nobody else of this host says why."""
        self.follow_launcher()
        self.loop.after(2, lambda: os._exit(0))

    def serve(self, host):
        if not self.own:
            self.own = self.make_supervisor()
            self.address = self.own.listen(host)
        self.control.send("address", self.address)

    def meet(self, address):
        """Joins the supervisor there, which may be the own one."""
        if self.own:
            self.join_own()
            return
        try:
            self.join(connect(address))
        except OSError as error:
            os.write(2, f"hpxpy: locality {self.id}: {error}\n".encode())
            self.kill(signal.SIGKILL)

    def join_own(self):
        ours, theirs = socket.socketpair()
        self.own.welcome(Connection(ours))
        self.join(Connection(theirs))

    def gone(self):
        kind, value = end_of(self.pid) or ("gone", 0)
        if kind == "gone" and self.siblings.top != self.pid and self.exit_code is None:
            # A script around the locality took its status, and passes it on.
            await_end(self.loop, self.siblings.top, self.wrapper_gone)
            self.loop.after(0.5, self.wrapper_gone)
            return
        if kind == "gone":
            while self.control.readable():
                self.from_locality()
            told = self.supervisor or self.failed or self.exit_code is not None
            if self.siblings.launcher and not told:
                # The launcher takes only the status of what it ends itself.
                self.ended = True
                self.leave_with_launcher()
                return
            kind, value = "code", self.exit_code or 0
        self.finish(kind, value)

    def wrapper_gone(self):
        if self.ended:
            return
        kind, value = end_of(self.siblings.top) or ("code", 0)
        # As shells tell what their last command was killed by.
        killed = kind == "code" and value > 128
        self.finish(*(("signal", value - 128) if killed else ("code", value)))

    def finish(self, kind, value):
        self.end(kind, value)
        if self.supervisor:
            self.loop.after(5, self.loop.stop)  # the supervisor closes the connection before
            return
        if (kind, value) == ("code", 0) and not self.failed and not self.starting:
            self.loop.stop()
            return
        # Nobody is there to tell: this locality ended before all had met.
        if not self.siblings.claim():
            self.leave_with_launcher()
            return
        if (kind, value) == ("signal", signal.SIGKILL) and (missing := self.siblings.missing()):
            # The launcher's answer to the end of another.
            self.accuse(missing)
            self.leave_with_launcher()
            return
        self.own = self.make_supervisor()
        self.follow_launcher()
        self.join_own()

    def follow_launcher(self):
        """Once the launcher has ended everything, nothing is left to say."""
        if not self.siblings.launcher:
            return
        if not is_alive(self.siblings.launcher):
            os._exit(0)
        self.loop.after(0.005, self.follow_launcher)

    def make_supervisor(self):
        return Supervisor(
            self.loop, self.size, self.finish_program, ending_signal=signal.SIGRTMAX - 3
        )

    def finish_program(self, code):
        """The supervisor in this process is done: `code` is the program's."""
        # mpiexec ends as soon as it is told the code. Without watchers it would see how the
        # localities of other hosts ended, and may end in its own way before this reaches it.
        self.own.dismiss(elsewhere=not code)
        if code:
            self.abort(code)
        if not self.siblings.claimed or not self.siblings.launcher:
            os._exit(0)
        self.leave_with_launcher()

    def supervisor_gone(self):
        if not self.ended:
            self.kill(signal.SIGKILL)
        elif not self.own:
            self.loop.stop()

    def kill(self, number):
        if not self.ended:
            with contextlib.suppress(OSError):
                os.kill(self.pid, number)


class Runner(Watcher):
    """Started by `hpxpy run`, through mpiexec, and starts the locality."""

    def __init__(self, loop, supervisor, id_, size):
        words = self.wait_for_command(supervisor)
        ours, theirs = socket.socketpair()
        reads, writes = zip(os.pipe(), os.pipe(), strict=True)
        # Hydra gives other localities an input that never ends, and locality 0 one that it loses
        # when it is large, so neither is used.
        self.input = -1
        input_ = receive(words[1]) if id_ == 0 else os.open(os.devnull, os.O_RDONLY)
        if input_ is None:
            input_, self.input = os.pipe()
        # The signal that a child ended is what the loop waits for.
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            # A launcher that fails kills its watchers before they can do anything.
            end_with_parent(me)
            become_locality(split_command(words[2]), id_, theirs, (input_, *writes))
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


def main(arguments):
    kind = arguments.pop(0)
    if kind == "alone":
        guard(arguments)
        return
    loop = Loop()
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    if kind == "beside":
        fd, pid, launcher, id_, size = map(int, arguments)
        launchers = os.environ.get("PMI_FD", "")
        keep = {0, 1, 2, fd, int(launchers) if launchers.isdigit() else fd}
        for name in os.listdir("/proc/self/fd"):
            if int(name) not in keep:
                with contextlib.suppress(OSError):  # the listed folder's own is closed by now
                    os.close(int(name))
        Beside(loop, socket.socket(fileno=fd), pid, launcher, id_, size)
    else:
        id_ = int(os.environ.get("PMI_RANK", 0))
        size = int(os.environ.get("PMI_SIZE", 1))
        try:
            supervisor = connect(os.environ["HPXPY_SUPERVISOR"])
        except OSError as error:
            os.write(2, f"hpxpy: locality {id_} on {socket.gethostname()}: {error}\n".encode())
            sys.exit(1)
        Runner(loop, supervisor, id_, size)
    loop.run()
