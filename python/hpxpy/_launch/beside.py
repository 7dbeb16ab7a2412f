"""The watcher that a locality starts at its side where some other launcher started the locality."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import signal
import socket

from . import segments
from .desk import Desk
from .door import connect
from .failures import say
from .processes import Awaited, command_of, end_of, is_alive
from .siblings import Siblings
from .supervisor import Supervisor
from .watcher import Watcher
from .wire import Connection


class Beside(Watcher):
    """Started by a locality that some other launcher started."""

    def __init__(self, loop, control, pid, launcher, id_, size):
        super().__init__(loop, control, pid, id_, size)
        self.exit_code = None  # what the locality said that it would exit with
        self.siblings = Siblings(pid, launcher, id_, size)
        self.starting = False  # waits for all others, none of which is known
        self.incomplete = 0  # how often others were missing
        self.awaited = Awaited(loop, pid, self.gone)

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
        remark = segments.remark(self.size)
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
            command = command_of(self.pid)
            self.desk = Desk(self.loop, os.getpid(), command, self.own.stalls.describe)
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
            Awaited(self.loop, self.siblings.top, self.wrapper_gone)
            self.loop.after(0.5, self.wrapper_gone)
            return
        if kind == "gone":
            while self.control.readable():
                self.from_locality()
            told = self.supervisor or self.failed or self.exit_code is not None
            # The launcher takes only the status of what it ends itself, or of what died with it.
            remark = "" if self.exit_code is not None or self.failed else segments.remark(self.size)
            if self.siblings.launcher and not told:
                self.ended = True
                self.segments.ended()
                if remark and self.siblings.claim():
                    say(f"hpxpy: locality {self.id} ({socket.gethostname()}) ended; {remark}\n")
                self.leave_with_launcher()
                return
            if remark:
                self.tell("remark", remark)
            said = None if self.exit_code is None else ("code", self.exit_code)
            kind, value = said or self.awaited.taken() or ("taken", 1)
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
