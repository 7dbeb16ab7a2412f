"""The processes that a launcher started on this host beside this locality, seen from outside.

A watcher that a locality started asks while it knows no other watcher: before all have met, this is
all that tells it of localities that will never come.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import socket

from .launched import mark_of_launch
from .processes import children, is_alive, status_of, variables_of

#: What tells a process its number, and how many processes its launcher has on this host.
TOLD = {"PMI_RANK": "MPI_LOCALNRANKS", "OMPI_COMM_WORLD_RANK": "OMPI_COMM_WORLD_LOCAL_SIZE"}


def same_launch(pid, variable):
    """Whether a process, which may be a script around this one's locality, was launched with it."""
    try:
        files = [f"/proc/{of}/fd/{int(os.environ['PMI_FD'])}" for of in (os.getpid(), pid)]
        return os.stat(files[0]).st_ino == os.stat(files[1]).st_ino
    except KeyError:
        value = os.environ.get(variable)
        return bool(value) and variables_of(pid).get(variable.encode()) == value.encode()
    except (ValueError, OSError):
        return False


class Siblings:
    """`top` is the process that the launcher started, the locality or a script around it."""

    def __init__(self, pid, parent, id_, size):
        self.size = size
        # What merely set variables will not end the others, so it is nobody to wait for.
        self.launched = (
            mark_of_launch(os.environ) != "/" or "OMPI_COMM_WORLD_LOCAL_SIZE" in os.environ
        )
        self.variable = next((name for name in TOLD if name in os.environ), None)
        here = os.environ.get(TOLD.get(self.variable, ""), "")
        self.count = int(here) if here.isdigit() else 0  # 0: the launcher does not tell
        self.top, self.launcher = pid, parent
        while self.launcher > 1 and same_launch(self.launcher, self.variable or ""):
            self.top, self.launcher = self.launcher, int(status_of(self.launcher)[1])
        self.numbers = {self.top: id_}  # process -> number of the locality, None if not known
        self.claimed = None

    def missing(self):
        """Numbers of localities that have ended and that nobody watches; None for unknown ones.

        The launcher keeps those that are watched, even when they have ended.
        """
        here = {}
        for pid in children(self.launcher):
            if self.numbers.get(pid) is None:
                told = variables_of(pid).get((self.variable or "").encode(), b"")
                self.numbers[pid] = int(told) if told.isdigit() else None
            if self.numbers[pid] is not None or not is_alive(pid):
                here[pid] = self.numbers[pid]
        if len(here) >= self.count:
            return []
        everybody = range(self.size) if self.count == self.size else self.numbers.values()
        known = {number for number in everybody if number is not None}
        return sorted(known - set(here.values())) or [None]

    def claim(self):
        """Whether this process is the one of the launcher's that says why the program ends."""
        if not self.claimed:
            began = status_of(self.launcher)
            name = f"hpxpy-{os.getuid()}-{self.launcher}-{int(began[19]) if began else 0}"
            self.claimed = socket.socket(socket.AF_UNIX)
            try:
                self.claimed.bind("\0" + name)
            except OSError:
                self.claimed.close()
                self.claimed = None
        return self.claimed is not None
