"""Why a program ends: what went wrong where, which of it came first, and the words for it."""

# SPDX-License-Identifier: BSL-1.0
import os
import signal
import time

from .localities import localities_named

#: The code with which MPICH ends a process that has lost its launcher.
MPI_LOST = 15
#: How far apart watchers may see an end and the launcher's answer to it, in seconds.
LAUNCHERS_ANSWER = 0.1


class Failure:
    """Why the program ends: the locality, the exit code, and what to say.

    `follows`: it, or an error of communication that the locality met before, may be the consequence
    of another locality's end.
    """

    def __init__(self, locality, code, text, report=None, when=None, follows=False):
        self.locality, self.code, self.text, self.report = locality, code, text, report
        self.told_at = time.monotonic() if when is None else when
        self.follows = follows or locality.lost

    def is_launchers(self):
        """Whether a launcher, or MPI that lost it, may have done it, because another one ended."""
        ends = (("signal", signal.SIGKILL), ("code", MPI_LOST))
        return self.report is None and self.locality.end in ends

    def when(self):
        """When it happened, as clocks on the locality's host tell."""
        return self.told_at if self.report is not None else self.locality.ended_at or self.told_at


def cause_of(failures, localities):
    """What came first, by the clock of one host; errors of communication if nothing else came.

    A launcher kills all others within two milliseconds of a death, so the order in which
    watchers get to tell, and even to see them, is not that of the ends.
    """
    causes = [failure for failure in failures if not failure.follows] or failures
    if len({locality.machine for locality in localities}) == 1:
        first = min(causes, key=Failure.when)
        if first.is_launchers():
            others = [other for other in causes if not other.is_launchers()]
            near = [other for other in others if other.when() - first.when() < LAUNCHERS_ANSWER]
            first = min(near, key=Failure.when, default=first)
        return first
    told = [failure for failure in causes if failure.report is not None]
    others = [failure for failure in causes if failure.locality.end != ("code", MPI_LOST)]
    return (told or others or causes)[0]


def all_alike(localities):
    """All ended by themselves, with one code: nothing that needs to be said."""
    first = localities[0].end
    return (
        len(localities) > 1
        and first is not None
        and first[0] == "code"
        and all(locality.end == first for locality in localities)
    )


def say_reports(failures):
    """Each report once, the first first, under the names of all that gave it."""
    groups = {}
    for failure in failures:
        if failure.report is not None:
            groups.setdefault(failure.report, []).append(failure.locality)
    for report, localities in groups.items():
        if report and not report.endswith("\n"):
            report += "\n"
        say(f"hpxpy: {localities_named(localities)} raised:\n{report}")


def describe_end(kind, value):
    if kind == "code":
        return f"exited with code {value}"
    if kind == "taken":
        return "ended without leaving hpxpy, with a code that its launcher took (os._exit?)"
    return f"was killed by {describe_signal(value)}"


def describe_signal(number):
    """'signal 9 (SIGKILL)'."""
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


def say(text):
    """Writes to standard error at once, whole."""
    data = text.encode(errors="replace")
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        pass  # nobody listens any more
