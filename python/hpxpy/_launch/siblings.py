"""The processes that a launcher started on this host beside this locality, seen from outside.

A watcher that a locality started asks while it knows no other watcher: before all have met, this is
all that tells it of localities that will never come.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import socket
import struct

from .processes import children, is_alive, localities_here, status_of, variables_of


def launcher_of_connection():
    """The process at the other end of PMI_FD, the launcher's on this host; 0 without one."""
    try:
        with socket.socket(fileno=os.dup(int(os.environ["PMI_FD"]))) as connection:
            size = struct.calcsize("3i")
            peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    except (KeyError, ValueError, OSError):
        return 0
    return struct.unpack("3i", peer)[0]


class Siblings:
    """What Hydra's process on this host has started, of `size` localities in all.

    `top` is what it started this locality, `pid`, as: the process itself or a script around it.
    """

    def __init__(self, pid, parent, id_, size):
        self.size = size
        self.launcher = launcher_of_connection()
        self.count = localities_here()
        self.top = pid
        while self.launcher and parent > 1 and parent != self.launcher:
            # A script that has ended stays as a zombie, while this process holds its output open.
            fields = status_of(parent)
            self.top, parent = parent, int(fields[1]) if fields else 0
        if parent != self.launcher:
            self.top = pid
        self.numbers = {self.top: id_}  # process -> number of the locality, None if not known
        self.claimed = None

    def missing(self):
        """Numbers of localities that have ended and that nobody watches; None for unknown ones.

        The launcher keeps those that are watched, even when they have ended.
        """
        here = {}
        for pid in children(self.launcher):
            if self.numbers.get(pid) is None:
                told = variables_of(pid).get(b"PMI_RANK", b"")
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
