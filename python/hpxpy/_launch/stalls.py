"""A locality that waits for long: everybody is told where each locality stands.

The supervisor asks the watchers of those that do not wait; a watcher sends its locality a signal,
at which Python's faulthandler writes where its threads stand, even while they run C code.
"""

# SPDX-License-Identifier: BSL-1.0
import faulthandler
import linecache
import os
import re
import signal
import threading
import time

from .failures import Failure, say

#: Asks a locality where it stands.
SIGNAL = signal.SIGRTMAX - 4
#: Seconds that a locality has to answer.
ANSWER = 0.5
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

FRAME = re.compile(r'  File "(.*)", line (\d+|\?\?\?) in (.*)')


def offer_places():
    """In a locality: what a watcher needs to ask it where it stands, as words of one message."""
    file = os.memfd_create("hpxpy_places", os.MFD_CLOEXEC)
    faulthandler.register(SIGNAL, file=file, all_threads=True)
    return f"{file} {threading.main_thread().ident:x}"


def place_in(text, thread):
    """Of what faulthandler wrote: the innermost line of that thread that is not ours."""
    inside = False
    for line in text.splitlines():
        if frame := FRAME.fullmatch(line):
            if inside and os.path.dirname(frame[1]) != PACKAGE:
                source = " ".join(linecache.getline(frame[1], int(frame[2])).split())[:200]
                where = f"{os.path.basename(frame[1])}:{frame[2]}"
                return f"{where}: {source}" if source else f"{where} in {frame[3]}"
        else:
            number = re.search(r"hread 0x0*([0-9a-f]+) ", line)
            inside = bool(number) and number[1] == thread
    return ""


class Places:
    """A watcher's way to ask its locality."""

    def __init__(self, loop, pid):
        self.loop, self.pid = loop, pid
        self.offer = None

    def ask(self, tell):
        """Calls tell(text) with where the locality stands, "" if that cannot be found."""
        try:
            file, thread = self.offer
            path = f"/proc/{self.pid}/fd/{int(file)}"
            before = os.stat(path).st_size
            os.kill(self.pid, SIGNAL)
        except (TypeError, OSError):
            tell("")
            return
        self.loop.after(0.6 * ANSWER, lambda: tell(self.read(path, before, thread)))

    def read(self, path, before, thread):
        try:
            with open(path, "rb") as file:
                file.seek(before)
                return place_in(file.read().decode(errors="replace"), thread)
        except OSError:
            return ""


def limit():
    """After how many seconds of waiting; None: never. Localities refuse what is no time."""
    try:
        seconds = float(os.environ.get("HPXPY_STALL_SECONDS") or 60)
    except ValueError:
        return None
    return seconds if seconds > 0 else None


class Stalls:
    """The supervisor's: looks for waits that last, and tells of each once."""

    def __init__(self, supervisor):
        self.supervisor = supervisor
        self.limit = limit()
        ends = os.environ.get("HPXPY_STALL_ENDS", "")
        self.ends = ends.lower() in ("1", "on", "true", "yes")
        self.told = set()  # (locality, mark) of the waits told of
        self.asking = None  # the locality whose wait is being looked into

    def look(self):
        if self.asking or not self.limit or self.supervisor.failures:
            return
        now = time.monotonic()
        for locality in self.supervisor.localities:
            lasts = locality.waits(now) and now - locality.wait_began > self.limit
            if lasts and (locality.id, locality.mark) not in self.told:
                self.asking = locality
                self.ask(now)
                return

    def ask(self, now):
        for other in self.supervisor.localities:
            other.place = None
            if other.connection and not other.waits(now):
                other.connection.send("where")
        self.supervisor.loop.after(ANSWER, self.tell)

    def tell(self):
        waiting, self.asking = self.asking, None
        now = time.monotonic()
        if not waiting.waits(now) or self.supervisor.failures:
            return
        everybody = self.supervisor.localities
        self.told |= {(other.id, other.mark) for other in everybody if other.waits(now)}
        seconds = f"{now - waiting.wait_began:.0f} s"
        lines = "".join(f"hpxpy:   {stands(other, now)}\n" for other in everybody)
        text = f"{waiting.name()} has waited for {seconds}"
        others = [other for other in everybody if not other.waits(now)]
        if self.ends and others:
            first = f"{others[0].name()} kept {waiting.name()} waiting for {seconds}"
            self.supervisor.fail(
                Failure(others[0], 1, f"{first}; where they stand:\n{lines}".rstrip())
            )
        else:
            say(f"hpxpy: {text}; where the localities stand:\n{lines}")


def stands(locality, now):
    if locality.waits(now):
        return f"{locality.name()} waits {locality.waits_for}".rstrip()
    if locality.left_at or locality.end:
        return f"{locality.name()} has left"
    at = f" at {locality.place}" if locality.place else ""
    return f"{locality.name()} runs{at}"
