"""Where all localities stand: told when one waits for long, and whenever somebody asks.

The supervisor asks the watchers, and `Stalls` looks for waits that last.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import time

from .failures import Failure, say
from .places import ANSWER, text_of

#: Seconds after which those that have not answered are told of without their stacks.
PATIENCE = ANSWER + 0.2
#: Signals to several localities within so many seconds are one question.
SAME = 1.0
#: Seconds after which all are asked again where all seemed to wait.
AGAIN = 1.0


def limit():
    """After how many seconds of waiting; None: never. Localities refuse what is no time."""
    try:
        seconds = float(os.environ.get("HPXPY_STALL_SECONDS") or 60)
    except ValueError:
        return None
    return seconds if seconds > 0 else None


class Question:
    """Asks all localities where they stand; calls `told` once, when they have answered."""

    def __init__(self, supervisor, told):
        self.told = told
        self.open = set()
        for locality in supervisor.localities:
            locality.where = {}
            if locality.connection and not locality.connection.closed and not locality.end:
                self.open.add(locality)
                locality.questions.append(self)
        for locality in self.open:
            locality.connection.send("where")
        supervisor.loop.after(PATIENCE if self.open else 0, self.close)

    def answered(self, locality):
        self.open.discard(locality)
        if not self.open:
            self.close()

    def close(self):
        told, self.told = self.told, None
        for locality in self.open:
            locality.questions.remove(self)
        self.open = set()
        if told:
            told()


class Stalls:
    """The supervisor's: looks for waits that last, and tells of each once."""

    def __init__(self, supervisor):
        self.supervisor = supervisor
        self.limit = limit()
        ends = os.environ.get("HPXPY_STALL_ENDS", "")
        self.ends = ends.lower() in ("1", "on", "true", "yes")
        self.told = set()  # (locality, mark) of the waits told of
        self.asking = None  # the locality whose wait is being looked into
        self.all_waited = False  # so it seemed when somebody looked last
        self.explained = -SAME  # when somebody last asked by a signal

    def look(self):
        if self.asking or not self.limit or self.supervisor.failures:
            return
        now = time.monotonic()
        for locality in self.supervisor.localities:
            lasts = locality.waits(now) and now - locality.wait_began > self.limit
            if lasts and (locality.id, locality.mark) not in self.told:
                self.asking = locality
                Question(self.supervisor, self.tell)
                return

    def tell(self):
        waiting, self.asking = self.asking, None
        now = time.monotonic()
        if not waiting.waits(now) or self.supervisor.failures:
            return
        everybody = self.supervisor.localities
        others = [other for other in everybody if not other.waits(now)]
        if self.ends and not others and not self.all_waited:
            # One that has just stopped to tell that it waits seems to wait for a moment more.
            self.all_waited = True
            self.supervisor.loop.after(AGAIN, self.look)
            return
        self.told |= {(other.id, other.mark) for other in everybody if other.waits(now)}
        seconds = f"{now - waiting.wait_began:.0f} s"
        lines = lines_of(everybody, now, "stack")
        text = f"{waiting.name()} has waited for {seconds}"
        if self.ends:
            late = others[0] if others else waiting
            first = f"{text}, as all others have"
            if others:
                first = f"{late.name()} kept {waiting.name()} waiting for {seconds}"
            self.supervisor.fail(Failure(late, 1, f"{first}; where they stand:\n{lines}".rstrip()))
        else:
            say(f"hpxpy: {text}; where the localities stand:\n{lines}")

    def explain(self):
        """Somebody asked by SIGUSR2: says where all localities stand, with all their stacks."""
        now = time.monotonic()
        if now - self.explained < SAME:
            return
        self.explained = now

        def told():
            lines = lines_of(self.supervisor.localities, time.monotonic(), "threads")
            say(f"hpxpy: where the localities stand:\n{lines}")

        Question(self.supervisor, told)

    def describe(self, answer):
        """Calls answer(localities), as `hpxpy ps` and `hpxpy stack` show them."""

        def told():
            now = time.monotonic()
            everybody = self.supervisor.localities
            answer(
                [
                    {
                        "id": locality.id,
                        "host": locality.host,
                        "pid": locality.pid,
                        "stands": stands(locality, everybody, now),
                        "threads": locality.where.get("threads", ""),
                    }
                    for locality in everybody
                ]
            )

        Question(self.supervisor, told)


def lines_of(localities, now, stacks):
    """A line of each locality, and its stack."""
    lines = ""
    for locality in localities:
        lines += f"hpxpy:   {locality.name()} {stands(locality, localities, now)}\n"
        lines += indented(locality.where.get(stacks, ""))
    return lines


def indented(text, by="    "):
    return text_of(by + line for line in text.splitlines())


def stands(locality, localities, now):
    """'waits at script.py:12: hpx.barrier() (in barrier, for 3 s, for locality 1)'."""
    if locality.waits(now):
        known = [f"in {locality.waits_call}"] if locality.waits_call else []
        known.append(f"for {now - locality.wait_began:.0f} s")
        if late := locality.awaits(localities, now):
            numbers = [str(other.id) for other in late]
            *others, last = numbers
            which = f"localities {', '.join(others)} and {last}" if others else f"locality {last}"
            known.append(f"for {which}")
        where = f" {locality.waits_for}" if locality.waits_for else ""
        return f"waits{where} ({', '.join(known)})"
    if locality.left_at or locality.end:
        return "has left"
    if not locality.connection:
        return "has not started"
    if locality.where.get("stopped"):
        return "is stopped (SIGSTOP)"
    place = locality.where.get("place")
    return f"runs at {place}" if place else "runs"
