"""What a watcher's process runs: it becomes the watcher that its arguments name."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import signal
import socket
import sys

from .alone import guard
from .beside import Beside
from .door import connect
from .runner import Runner
from .watcher import IGNORED
from .wire import Loop


def close_others(*keep):
    """Closes what a launcher left open, but for standard files and its own connection."""
    launchers = os.environ.get("PMI_FD", "")
    keep = {0, 1, 2, *keep, *([int(launchers)] if launchers.isdigit() else [])}
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in keep:
            with contextlib.suppress(OSError):  # the listed folder's own is closed by now
                os.close(int(name))


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
        close_others(fd)
        Beside(loop, socket.socket(fileno=fd), pid, launcher, id_, size)
    else:
        close_others()  # such as the socket by which mpiexec listens for its proxies
        id_ = int(os.environ.get("PMI_RANK", 0))
        size = int(os.environ.get("PMI_SIZE", 1))
        try:
            supervisor = connect(os.environ["HPXPY_SUPERVISOR"])
        except OSError as error:
            os.write(2, f"hpxpy: locality {id_} on {socket.gethostname()}: {error}\n".encode())
            sys.exit(1)
        Runner(loop, supervisor, id_, size)
    loop.run()
