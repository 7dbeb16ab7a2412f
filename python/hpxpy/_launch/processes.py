"""Processes as Linux shows them: how they ended, their children, their signals.

The launcher, its guard, watchers and the supervisor call this. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import ctypes
import fcntl
import os
import signal
import struct
import threading
import time

#: Of Linux's prctl: the signal that a process gets when its parent ends.
PR_SET_PDEATHSIG = 1
#: Of the kernel's flags of a process: it is on its way out, and its memory is gone.
PF_EXITING = 4
#: Of Linux's pidfds (linux/pidfd.h): what tells of a process, and of its end once it is reaped.
PIDFD_INFO_EXIT = 1 << 3
PIDFD_INFO_SIZE = 64
PIDFD_INFO_STATUS = 60
PIDFD_GET_INFO = 3 << 30 | PIDFD_INFO_SIZE << 16 | 0xFF << 8 | 11


def status_of(pid):
    """The fields of /proc/PID/stat from the state on; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rsplit(b")", 1)[1].split()
    except OSError:
        return None


def localities_here():
    """How many localities Hydra has started on this host; 0 where the launcher does not tell."""
    told = os.environ.get("MPI_LOCALNRANKS", "")
    return int(told) if told.isdigit() else 0


def number_here():
    """Which of the localities on this host Hydra has started this process as."""
    told = os.environ.get("MPI_LOCALRANKID", "")
    return int(told) if told.isdigit() else 0


def age():
    """For how many seconds this process has run."""
    began = int(status_of(os.getpid())[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


def is_alive(pid):
    """Whether a process runs; a zombie does not."""
    fields = status_of(pid)
    return fields is not None and fields[0] not in (b"Z", b"X", b"x")


def is_dying(pid):
    """Whether a process ends just now, or has ended."""
    fields = status_of(pid)
    return fields is None or bool(int(fields[6]) & PF_EXITING)


def end_of(pid):
    """How a process that is no child of ours ended, ("code" or "signal", value); None: it runs.

    Its parent, the launcher, keeps it as a zombie for as long as the watcher holds its output open.
    """
    fields = status_of(pid)
    if fields is None:
        return "gone", 0
    if fields[0] not in (b"Z", b"X", b"x"):
        return None
    return decode(int(fields[-1]))


def decode(status):
    """("code" or "signal", value) of what the kernel says of an end."""
    number = status & 0x7F
    return ("signal", number) if number else ("code", status >> 8 & 0xFF)


class Awaited:
    """Calls back as soon as a process that need not be a child has ended; `stop` ends that."""

    def __init__(self, loop, pid, callback):
        self._loop, self._pid, self._callback = loop, pid, callback
        try:
            self._fd = os.pidfd_open(pid)
        except (AttributeError, OSError):
            self._fd = None
            self._look()
        else:
            loop.watch(self._fd, self._ended)

    def _ended(self):
        self._loop.forget(self._fd)
        self._callback()

    def _look(self):
        if self._callback is None:
            return
        if end_of(self._pid) is None:
            self._loop.after(0.02, self._look)
        else:
            self._callback()

    def stop(self):
        self._callback = None
        if self._fd is not None:
            self._loop.forget(self._fd)
            os.close(self._fd)
            self._fd = None

    def taken(self):
        """How it ended though its parent has taken its status; None before Linux 6.14."""
        if self._fd is None:
            return None
        info = bytearray(PIDFD_INFO_SIZE)
        struct.pack_into("=Q", info, 0, PIDFD_INFO_EXIT)
        try:
            fcntl.ioctl(self._fd, PIDFD_GET_INFO, info)
        except OSError:
            return None
        if not struct.unpack_from("=Q", info)[0] & PIDFD_INFO_EXIT:
            return None
        return decode(struct.unpack_from("=i", info, PIDFD_INFO_STATUS)[0])


def children(pid):
    """The numbers of a process's children."""
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    return found


def descendants(pid):
    """The numbers of a process's children, their children and so on."""
    found = children(pid)
    return found + [other for child in found for other in descendants(child)]


def command_of(pid):
    """The words of a process's command line, as bytes; none if it is gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")[:-1]
    except OSError:
        return []


def variables_of(pid):
    """The environment that a process was started with, as bytes; empty if it may not be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except OSError:
        return {}
    return dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)


def end_with_parent(parent):
    """This process, just forked by `parent`, is killed when that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def become(command):
    """Turns a forked child into `command` (bytes), with signals as Python found them."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.execv(command[0], command)
    except OSError as error:
        why = f"{os.fsdecode(command[0])} cannot be started: {error.strerror}"
        os.write(2, f"hpxpy: {why}\n".encode(errors="replace"))
    finally:
        os._exit(127)


@contextlib.contextmanager
def handling(handlers, waker=-1):
    """Signals go to `handlers` for a while, and wake the loop; only a main thread can have them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in handlers}
    woken = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number, handler in handlers.items():
        # What a parent had us ignore (nohup) stays ignored.
        if previous[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in previous.items():
            if handler is not None:
                signal.signal(number, handler)
