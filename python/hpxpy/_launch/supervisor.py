"""Decides when and why the whole program ends, says so, and ends it through the watchers."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import json
import operator
import os
import secrets
import signal
import time

from .failures import (
    Failure,
    all_alike,
    cause_of,
    describe_end,
    describe_signal,
    say,
    say_reports,
)
from .heartbeat import Heartbeats
from .localities import LEFT_GRACE
from .reception import Reception
from .stalls import Stalls
from .wire import machine

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


class Supervisor(Reception):
    """One program of `size` localities. `ended(code)` is called once, when all is over.

    `output(locality, number, data)` gets what localities print, where watchers pass it on; `input`
    is theirs, and `command` (`join_command` made it) what watchers that start localities start;
    `binding` says to which CPUs they bind them, and whether they tell.
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
        binding=("none", False),
        ending_signal=signal.SIGTERM,
    ):
        super().__init__(loop, size, secrets.token_hex(16))
        self.ended = ended
        self.output, self.input, self.command = output, input, command
        self.binding = binding
        self.ending_signal = ending_signal
        self.grace = FAILURE_GRACE
        self.failures = []
        self.held = []  # errors told since something ended the program that is not announced yet
        self.code = None  # of the whole program, once it is decided
        self.interrupted = False
        self.interrupted_by = None  # the signal, where it is to be named
        self.all_told = False
        self.stalls = Stalls(self)
        self.heartbeats = Heartbeats(self)
        self.over = False

    def start(self, connection):
        wanted = self.command and not self.interrupted and self.code is None
        if wanted:
            kind, told = self.binding
            connection.send("command", self.input.name, kind, int(told), data=self.command)
        return wanted

    def lost(self, locality):
        """A watcher is gone without a word, so its locality is unwatched: it ends too."""
        why = locality.connection.why
        if isinstance(why, (ConnectionError, type(None))):
            self.end_unwatched(locality, "lost the process that watches it")
        else:
            self.end_unwatched(locality, f"{gone(locality)} ({why.strerror})")

    def fall_silent(self, locality, seconds):
        """Nothing was heard of a watcher for so long: it is stopped, or its host is gone."""
        self.loop.forget(locality.connection)
        locality.connection.close()
        what = gone(locality)
        if locality.machine == machine():
            what = f"is not watched any more: the process beside it, {locality.watcher}, is silent"
        self.end_unwatched(locality, f"{what} (for {seconds:g} s)")

    def end_unwatched(self, locality, what):
        if locality.machine == machine():
            for kill, pid in (
                (os.killpg, locality.pid),
                (os.kill, locality.pid),
                (os.kill, locality.watcher),
            ):
                with contextlib.suppress(OSError):
                    kill(pid, signal.SIGKILL)
        locality.end = ("signal", 9)
        locality.ended_at = time.monotonic()
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

    def on_bound(self, locality, *where):
        locality.bound = " ".join(where)
        if all(other.bound for other in self.localities):
            say("".join(f"hpxpy: {each.name()}: {each.bound}\n" for each in self.localities))

    def on_beat(self, locality, state):
        locality.stopped = locality.stopped + 1 if state == "stopped" else 0

    def on_more(self, locality):
        self.input.pass_on(locality.connection)

    def on_used(self, locality, size):
        self.input.used(int(size))

    def on_starting(self, locality, mark):
        locality.started = True
        locality.stopping = False
        locality.left_at = None
        locality.waits_call = ""
        self.wait(locality, int(mark), None, "in init")
        self.loop.after(START_GRACE, self.check_waits)

    def on_running(self, locality, id_, size):
        locality.waits_since = None

    def on_waiting(self, locality, mark, group, function, *call_site):
        where = f"at {' '.join(call_site)}" if any(call_site) else ""
        locality.waits_call = "" if function == "-" else function
        self.wait(locality, int(mark), None if group == "-" else group.split(":"), where)
        self.check_waits()
        self.stalls.look()

    def on_at(self, locality, where):
        locality.where = json.loads(where)
        questions, locality.questions = locality.questions, []
        for question in questions:
            question.answered(locality)

    def on_explain(self, locality):
        self.stalls.explain()

    def wait(self, locality, mark, group, where):
        now = time.monotonic()
        if mark != locality.mark or not locality.waits(now):
            locality.wait_began = now
        locality.mark = mark
        locality.waits_for = where
        locality.waits_in = group and (group[0], int(group[1]), set(map(int, group[2].split(","))))
        locality.waits_since = time.monotonic()

    def on_left(self, locality, mark, *groups):
        locality.mark = int(mark)
        locality.groups = {name: int(count) for name, count in (g.split(":") for g in groups)}
        locality.left_at = time.monotonic()
        locality.waits_since = None
        self.loop.after(LEFT_GRACE + 0.05, self.check_waits)

    def on_stopping(self, locality):
        locality.stopping = True
        self.check_all_gone()

    def on_goodbye(self, locality):
        locality.goodbye = True
        locality.left_at = locality.left_at or time.monotonic()
        self.check_all_gone()

    def on_failed(self, locality, code, follows, when, report):
        report = report.decode(errors="replace")
        text = f"{locality.name()} raised:"
        self.fail(Failure(locality, int(code), text, report, float(when), follows == "1"))

    def on_lost(self, locality):
        locality.lost = True

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
        if kind == "taken" and (locality.goodbye or not locality.started):
            kind, value = "code", 0
        locality.end = (kind, int(value))
        locality.ended_at = float(when)
        if locality.end != ("code", 0):
            self.fail_by_end(locality, *locality.end)
        elif locality.started and not locality.goodbye:
            self.fail_with(locality, 1, "exited with code 0 without leaving hpxpy (os._exit?)")
        else:
            locality.left_at = locality.left_at or time.monotonic()
            self.loop.after(LEFT_GRACE + 0.05, self.check_waits)
        self.check_all_gone()
        self.check_end()

    def fail_by_end(self, locality, kind, value):
        if any(failure.locality is locality for failure in self.failures):
            return
        code = 128 + value if kind == "signal" else value
        self.fail_with(locality, code, describe_end(kind, value))

    def fail_with(self, locality, code, what):
        remark = f"; {locality.remark}" if locality.remark else ""
        self.fail(Failure(locality, code, f"{locality.name()} {what}{remark}"))

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
                if self.waits_for_ever(waiting, gone):
                    text = f"left while {waiting.name()} waited for it {waiting.waits_for}"
                    self.fail(Failure(gone, 1, f"{gone.name()} {text}".rstrip()))
                    return

    def waits_for_ever(self, waiting, gone):
        """Whether one that has left had not begun the collective that another waits for."""
        if waiting.waits_for == "in init":
            return gone.goodbye or gone.end
        if not waiting.waits_in:
            return gone.mark < waiting.mark
        name, count, members = waiting.waits_in
        return gone.id in members and gone.groups.get(name, 0) < count

    def check_all_gone(self):
        """Goodbye ends when all have said it, or are in finalize, whose engine waits for these."""
        gone = [locality.gone_well() for locality in self.localities]
        stopping = [locality.stopping for locality in self.localities]
        if not self.all_told and any(gone) and all(map(operator.or_, gone, stopping)):
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
            first = cause_of(self.failures, self.localities)
            self.code = first.code
            self.failures.sort(key=lambda failure: failure is not first)
            if first.report is None and not all_alike(self.localities):
                say(f"hpxpy: {first.text}\n")
        elif self.interrupted_by and not any(f.report is not None for f in self.failures):
            say(f"hpxpy: the launcher got {self.interrupted_by}\n")
        say_reports(self.failures)
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


def gone(locality):
    return f"is lost: host {locality.host}, or the way there, does not answer any more"
