"""Decides when and why the whole program ends, says so, and ends it through the watchers."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import secrets
import signal
import socket
import time

from .door import Door
from .processes import is_alive
from .wire import machine

#: How long a wait for a locality that has left may last (it may still deliver what it sent, and an
#: exit code may follow).
LEFT_GRACE = 0.7
#: How long a start may take to find by itself that it cannot be.
START_GRACE = 0.2
#: How long after a first failure others may add their own, or end by themselves.
FAILURE_GRACE = 0.25
#: How long what was said may take through a launcher that is told to end next.
TOLD_GRACE = 0.1
#: How long an error of communication may wait for the end of another locality that caused it, and
#: for one that is ending: its memory is given back first.
FOLLOWS_GRACE = 1.0
DYING_GRACE = 10.0
#: How long a locality has between being asked to end and being killed.
KILL_GRACE = 0.4


class Locality:
    """What the supervisor knows of one locality."""

    def __init__(self, id_):
        self.id = id_
        self.connection = None
        self.pid = self.watcher = self.host = self.machine = None
        self.mark = -1  # the last collective that it started, as far as it told
        self.waits_for = ""  # "at script.py:12: hpx.barrier()" or "in init"
        self.waits_since = None
        self.started = False  # uses hpxpy
        self.left_at = None  # when it said that it takes part in nothing more
        self.goodbye = False
        self.end = None  # ("code" or "signal", value)
        self.ended_at = None
        self.dying = False  # its process is on its way out
        self.remark = ""  # what may explain its end

    def name(self):
        where = f" ({self.host}, pid {self.pid})" if self.pid else ""
        return f"locality {self.id}{where}"

    def waits(self, now):
        """Whether it waits just now; long waits tell so twice a second, but for that in init."""
        if self.waits_since is None:
            return False
        return self.waits_for == "in init" or now - self.waits_since < 2 * LEFT_GRACE

    def gone_well(self):
        return self.goodbye or (self.end == ("code", 0) and not self.started)


class Failure:
    """Why the program ends: the locality, the exit code, and what to say.

    `follows`: an error of communication, which another locality's end may have caused.
    """

    def __init__(self, locality, code, text, report=None, when=None, follows=False):
        self.locality, self.code, self.text, self.report = locality, code, text, report
        self.told_at = time.monotonic() if when is None else when
        self.follows = follows

    def when(self):
        """When it happened, as clocks on the locality's host tell."""
        return self.told_at if self.report is not None else self.locality.ended_at or self.told_at


def localities_named(localities):
    """'locality 1 (host, pid 5)', 'localities 0, 1 and 2'."""
    if len(localities) == 1:
        return localities[0].name()
    numbers = [str(number) for number in sorted(locality.id for locality in localities)]
    return f"localities {', '.join(numbers[:-1])} and {numbers[-1]}"


def describe_end(kind, value):
    if kind == "code":
        return f"exited with code {value}"
    return f"was killed by {describe_signal(value)}"


def describe_signal(number):
    """'signal 9 (SIGKILL)'."""
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


class Supervisor:
    """One program of `size` localities. `ended(code)` is called once, when all is over.

    `output(locality, number, data)` gets what localities print, where watchers pass it on; `input`
    is theirs, and `command` (`join_command` made it) what watchers that start localities start.
    `ending_signal` asks a locality to end, before it is killed.
    """

    def __init__(
        self,
        loop,
        size,
        ended,
        output=None,
        input=None,
        command=b"",
        ending_signal=signal.SIGTERM,
    ):
        self.loop, self.size, self.ended = loop, size, ended
        self.output, self.input, self.command = output, input, command
        self.ending_signal = ending_signal
        self.grace = FAILURE_GRACE
        self.token = secrets.token_hex(16)
        self.door = None  # where watchers come in, if they come from elsewhere
        self.localities = [Locality(i) for i in range(size)]
        self.failures = []
        self.held = []  # errors told since something ended the program that is not announced yet
        self.code = None  # of the whole program, once it is decided
        self.interrupted = False
        self.interrupted_by = None  # the signal, where it is to be named
        self.all_told = False
        self.over = False

    # Connections

    def listen(self, host, peers=None):
        """Accepts watchers, of this machine only at 127.0.0.1; returns the address for them.

        At "all", or where `peers` on other hosts are to reach it, it listens on all interfaces. It
        does so until all localities have been heard of.
        """
        everywhere = host == "all" or not all(map(is_this_host, peers or ()))
        self.door = Door(self.loop, "" if everywhere else host, self.token, self.size, self.welcome)
        hosts = own_addresses(peers or ()) if everywhere else [host]
        return f"{','.join(hosts)}:{self.door.port}:{self.token}"

    def welcome(self, connection):
        """Takes a connection to a watcher, which says first whose it is."""
        self.loop.watch(connection, lambda: self.first_words(connection))

    def first_words(self, connection):
        messages = connection.receive()
        if not messages and not connection.closed:
            return
        if messages == [["start"]] and self.command and not self.interrupted and self.code is None:
            connection.send("command", self.input.name, data=self.command)
            return
        self.loop.forget(connection)
        if not messages or not self.introduce(connection, messages[0]):
            connection.close()
            return
        for words in messages[1:]:
            self.message(connection.locality, words)

    def introduce(self, connection, words):
        """Whether these are the first words of a locality's watcher, which is known from now on."""
        if words[0] != "watch" or len(words) != 7 or not words[1].isdigit():
            return False
        id_ = int(words[1])
        if id_ >= self.size or self.localities[id_].connection:
            return False
        locality = self.localities[id_]
        locality.pid, locality.watcher = int(words[3]), int(words[4])
        locality.host, locality.machine = words[5], words[6]
        locality.connection = connection
        connection.locality = locality
        self.loop.watch(connection, lambda: self.readable(locality))
        if self.door and all(entry.connection for entry in self.localities):
            self.door.close()
        return True

    def readable(self, locality):
        connection = locality.connection
        for words in connection.receive():
            self.message(locality, words)
        if connection.closed:
            self.loop.forget(connection)
            connection.close()
            if not locality.end:
                self.lost(locality)

    def lost(self, locality):
        """A watcher is gone without a word, so its locality is unwatched: it ends too."""
        if locality.machine == machine():
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    kill(locality.pid, signal.SIGKILL)
        locality.end = ("signal", 9)
        locality.ended_at = time.monotonic()
        what = "lost the process that watches it"
        if locality.machine != machine():
            what += ", or its host does not answer any more"
        self.fail(Failure(locality, 1, f"{locality.name()} {what}"))
        self.check_end()

    # What localities and their watchers say

    def message(self, locality, words):
        getattr(self, f"on_{words[0]}")(locality, *words[1:])

    def on_out(self, locality, number, data):
        # What a failure or a signal makes localities say comes after the reason for the end.
        ending = (self.failures or self.interrupted) and self.code is None
        if ending and int(number) == 2:
            self.held.append((locality, 2, data))
        else:
            self.output(locality, int(number), data)

    def on_more(self, locality):
        self.input.pass_on(locality.connection)

    def on_used(self, locality, size):
        self.input.used(int(size))

    def on_starting(self, locality, mark):
        locality.started = True
        locality.left_at = None
        self.wait(locality, int(mark), "in init")
        self.loop.after(START_GRACE, self.check_waits)

    def on_running(self, locality, id_, size):
        locality.waits_since = None

    def on_waiting(self, locality, mark, *call_site):
        self.wait(locality, int(mark), f"at {' '.join(call_site)}" if any(call_site) else "")
        self.check_waits()

    def wait(self, locality, mark, where):
        locality.mark = mark
        locality.waits_for = where
        locality.waits_since = time.monotonic()

    def on_left(self, locality, mark):
        locality.mark = int(mark)
        locality.left_at = time.monotonic()
        locality.waits_since = None
        self.loop.after(LEFT_GRACE + 0.05, self.check_waits)

    def on_goodbye(self, locality):
        locality.goodbye = True
        locality.left_at = locality.left_at or time.monotonic()
        self.check_all_gone()

    def on_failed(self, locality, code, follows, when, report):
        report = report.decode(errors="replace")
        text = f"{locality.name()} raised:"
        self.fail(Failure(locality, int(code), text, report, float(when), follows == "1"))

    def on_dying(self, locality):
        locality.dying = True

    def on_remark(self, locality, *words):
        locality.remark = " ".join(words)

    def on_exiting(self, locality, code):
        if int(code):
            self.fail_by_end(locality, "code", int(code))

    def on_ended(self, locality, kind, value, when):
        if locality.end:
            return
        locality.end = (kind, int(value))
        locality.ended_at = float(when)
        if locality.end != ("code", 0):
            self.fail_by_end(locality, *locality.end)
        elif locality.started and not locality.goodbye:
            text = f"{locality.name()} exited with code 0 without leaving hpxpy (os._exit?)"
            self.fail(Failure(locality, 1, text))
        else:
            locality.left_at = locality.left_at or time.monotonic()
            self.loop.after(LEFT_GRACE + 0.05, self.check_waits)
        self.check_all_gone()
        self.check_end()

    def fail_by_end(self, locality, kind, value):
        if any(failure.locality is locality for failure in self.failures):
            return
        code = value if kind == "code" else 128 + value
        text = f"{locality.name()} {describe_end(kind, value)}"
        self.fail(
            Failure(locality, code, f"{text}; {locality.remark}" if locality.remark else text)
        )

    def check_waits(self):
        """A locality that waits for one that has left before that collective waits for ever."""
        if self.failures:
            return
        now = time.monotonic()
        for waiting in self.localities:
            if not waiting.waits(now):
                continue
            for gone in self.localities:
                if gone.left_at is None or now - gone.left_at < LEFT_GRACE:
                    continue
                final = gone.goodbye or gone.end
                in_init = waiting.waits_for == "in init"
                if final if in_init else gone.mark < waiting.mark:
                    text = f"left while {waiting.name()} waited for it {waiting.waits_for}"
                    self.fail(Failure(gone, 1, f"{gone.name()} {text}".rstrip()))
                    return

    def check_all_gone(self):
        if not self.all_told and all(locality.gone_well() for locality in self.localities):
            self.all_told = True
            self.tell("everyone")

    # Ending

    def fail(self, failure):
        """The first failure ends the program, after a moment in which others may add theirs."""
        if self.code is not None:
            return
        self.failures.append(failure)
        if self.interrupted:
            return
        causes = [other for other in self.failures if not other.follows]
        everybody = {other.locality for other in self.failures} == set(self.localities)
        if causes == [failure] or (not causes and everybody):
            self.loop.after(self.grace, self.announce)
        elif self.failures == [failure]:
            self.tell("look")
            patience = time.monotonic() + DYING_GRACE
            self.loop.after(FOLLOWS_GRACE, lambda: self.believe(patience))

    def believe(self, patience):
        """Nothing explains an error of communication, unless an end is still to be told."""
        dying = any(locality.dying and not locality.end for locality in self.localities)
        if dying and time.monotonic() < patience:
            self.loop.after(0.05, lambda: self.believe(patience))
        else:
            self.announce()

    def interrupt(self, number, code=None):
        """Ctrl-C or the like came: all localities get it, and the program ends (with `code`)."""
        if self.interrupted:
            self.tell("kill", int(signal.SIGKILL))
            return
        self.interrupted = True
        self.interrupt_code = 128 + number if code is None else code
        if code is None and number != signal.SIGPIPE:
            self.interrupted_by = describe_signal(number)
        self.tell("kill", int(number))
        self.loop.after(1.0, lambda: self.announce(self.interrupt_code))

    def announce(self, code=None):
        """Says why the program ends, and ends it."""
        if self.code is not None:
            return
        self.code = code
        if code is None:
            first = self.cause()
            self.code = first.code
            self.failures.sort(key=lambda failure: failure is not first)
            if first.report is None and not self.all_alike():
                say(f"hpxpy: {first.text}\n")
        elif self.interrupted_by and not any(f.report is not None for f in self.failures):
            say(f"hpxpy: the launcher got {self.interrupted_by}\n")
        self.say_reports()
        for held in self.held:
            self.output(*held)
        self.held.clear()
        self.tell("ending", self.code)
        self.tell("kill", int(self.ending_signal))
        self.loop.after(KILL_GRACE, lambda: self.tell("kill", int(signal.SIGKILL)))
        known = [locality for locality in self.localities if locality.connection]
        over = all(locality.end for locality in known)
        self.loop.after(TOLD_GRACE if over else KILL_GRACE + 0.6, self.finish)
        self.check_end()

    def cause(self):
        """What came first, by the clock of one host; errors of communication if nothing else came.

        A launcher kills all others within two milliseconds of a death, so the order in which
        watchers get to tell is not that of the ends.
        """
        causes = [failure for failure in self.failures if not failure.follows] or self.failures
        if len({locality.machine for locality in self.localities}) == 1:
            return min(causes, key=Failure.when)
        return next((failure for failure in causes if failure.report is not None), causes[0])

    def all_alike(self):
        """All ended by themselves, with one code: nothing that needs to be said."""
        first = self.localities[0].end
        return (
            self.size > 1
            and first is not None
            and first[0] == "code"
            and all(locality.end == first for locality in self.localities)
        )

    def say_reports(self):
        """Each report once, the first first, under the names of all that gave it."""
        groups = {}
        for failure in self.failures:
            if failure.report is not None:
                groups.setdefault(failure.report, []).append(failure.locality)
        for report, localities in groups.items():
            if report and not report.endswith("\n"):
                report += "\n"
            say(f"hpxpy: {localities_named(localities)} raised:\n{report}")

    def tell(self, *words):
        for locality in self.localities:
            if locality.connection and not locality.connection.closed:
                locality.connection.send(*words)

    def check_end(self):
        if all(locality.end for locality in self.localities):
            if self.interrupted and self.code is None:
                self.announce(self.interrupt_code)
            elif self.failures and self.code is None:
                self.announce()
            elif not self.failures:
                self.code = self.code or 0
            self.finish()

    def finish(self):
        if self.over:
            return
        self.over = True
        if self.code:
            self.tell("kill", int(signal.SIGKILL))  # what is left of localities' groups
        for locality in self.localities:
            if locality.connection:
                self.loop.forget(locality.connection)
        self.ended(self.code)

    def dismiss(self, elsewhere=True):
        """Watchers end with their connection, those on other hosts too unless told otherwise.

        Returns when those of this host are gone.
        """
        here = machine()
        for locality in self.localities:
            if locality.connection and (elsewhere or locality.machine == here):
                locality.connection.close()
        deadline = time.monotonic() + 1
        pids = {locality.watcher for locality in self.localities if locality.machine == here}
        while pids and time.monotonic() < deadline:
            pids = {pid for pid in pids if pid != os.getpid() and is_alive(pid)}
            time.sleep(0.002)

    def close(self):
        """Accepts nobody any more."""
        self.door.close()


def say(text):
    """Writes to standard error at once, whole."""
    data = text.encode(errors="replace")
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        pass  # nobody listens any more


def is_this_host(name):
    """Whether a host that a user named is surely this one."""
    return name in ("localhost", socket.gethostname()) or name.startswith("127.")


def own_addresses(peers=()):
    """Names and numbers under which other hosts, the `peers` first, may reach this one."""
    found = []
    for peer in (*peers, "192.0.2.1"):  # that one shows the interface that leads out
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        ):
            probe.connect((peer, 9))  # sends nothing
            found.append(probe.getsockname()[0])
    name = socket.gethostname()
    found.append(name)
    with contextlib.suppress(OSError):
        found += [entry[4][0] for entry in socket.getaddrinfo(name, None, socket.AF_INET)]
    # Elsewhere a loopback address is another machine: the last that is tried.
    return sorted(dict.fromkeys(found), key=lambda address: address.startswith("127."))
