"""The memory in /dev/shm that MPICH shares between the localities of a host, while it has a name.

The engine takes the name away as soon as all have attached it; a watcher does where its locality
ends before. It also tells when there is no room.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import fcntl
import os
import re
import signal
import stat
import time

from .processes import age, localities_here

FOLDER = "/dev/shm"
NAME = re.compile(r"mpich_shm_[0-9a-f]+_[0-9]+")
MAPPED = re.compile(rf" ([0-9]+) +{FOLDER}/({NAME.pattern})$", re.MULTILINE)

#: How often a starting locality's memory is looked at, in seconds: ever less often.
PAUSES = 0.01, 0.1
#: With less room than this, in bytes, touching shared memory kills.
LITTLE = 4 << 20
#: What each locality of a host takes at most while it starts, in bytes; its death gives it back.
TAKEN_BY_EACH = 8 << 20


def mapped_by(pid):
    """The segments that a process has mapped and that have a name: {(name, inode)}."""
    try:
        with open(f"/proc/{pid}/maps", errors="replace") as file:
            return {(name, int(inode)) for inode, name in MAPPED.findall(file.read())}
    except OSError:
        return set()


def is_used(path):
    """Whether any process, of any container, has the file open or mapped for writing."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    except OSError:
        return True
    finally:
        os.close(file)


def orphans(since):
    """Segments made by this user `since` then that no process has any more: {(name, inode)}."""
    found = set()
    with contextlib.suppress(OSError):
        for entry in os.scandir(FOLDER):
            if not NAME.fullmatch(entry.name):
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
                if ours and status.st_ctime >= since and not is_used(entry.path):
                    found.add((entry.name, status.st_ino))
    return found


def remove(segments):
    for name, inode in segments:
        path = os.path.join(FOLDER, name)
        with contextlib.suppress(OSError):
            if os.stat(path, follow_symlinks=False).st_ino == inode:
                os.unlink(path)


class Segments:
    """Those of one locality, from when its engine starts until it runs, or ends."""

    def __init__(self, loop, pid):
        self.loop, self.pid = loop, pid
        self.found = set()
        self.since = None  # when the engine began to start, by the wall's clock

    def starting(self):
        # The locality may have told so while this process began, and be gone by now.
        self.since = time.time() - age() - 0.1  # file systems' clocks are coarse
        self.look(PAUSES[0])

    def running(self):
        self.since = None

    def look(self, pause):
        if self.since is not None:
            self.found |= mapped_by(self.pid)
            self.loop.after(pause, lambda: self.look(min(1.1 * pause, PAUSES[1])))

    def ended(self):
        """The locality is gone: so is what it left."""
        if self.since is not None:
            # What it had made and not yet mapped when it was looked at is nobody's now.
            remove(self.found | orphans(self.since))
            self.since = None


def remark(size, number=signal.SIGBUS):
    """What explains that a signal killed one of `size` localities; "" if nothing is known."""
    if number not in (signal.SIGBUS, signal.SIGSEGV):
        return ""
    try:
        room = os.statvfs(FOLDER)
    except OSError:
        return ""
    here = localities_here() or size
    whole, free = room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
    if free < LITTLE:
        what = "is full"
    elif whole < here * TAKEN_BY_EACH:
        what = f"is small for {here} localities"
    else:
        return ""
    return (
        f"{FOLDER}, through which MPI shares memory, {what}: {whole / 1e6:.0f} MB, "
        f"{free / 1e6:.1f} MB free; make it larger (mount -o remount,size=1G {FOLDER}, docker run "
        "--shm-size=1g), or start fewer localities on this host"
    )
