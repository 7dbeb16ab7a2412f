"""Whether a locality ended because memory ran out: what its cgroup, the kernel and its limits tell.

A watcher asks. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import re
import signal
import time

#: Where the kernel tells what it did, to those who may read it.
RECORD = "/dev/kmsg"
KILLED = r"^\d+,\d+,(\d+),.*?;.*Killed process {pid} .*?anon-rss:(\d+)kB"
#: As Linux numbers the first namespace of processes, of which the record speaks.
FIRST_PIDS = "pid:[4026531836]"
MEMORY_ERROR = re.compile(rb"^([\w.]*MemoryError)\b.*\s*\Z", re.MULTILINE)


def size_of(bytes_):
    return f"{bytes_ / 1e9:.3g} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:.3g} MB"


def read(path):
    with contextlib.suppress(OSError), open(path, errors="replace") as file:
        return file.read()
    return ""


def folders_of(pid, root="/"):
    """The folders that tell of the memory of a process's cgroup and those around it, inside out."""
    told = read(os.path.join(root, f"proc/{pid}/cgroup"))
    two = re.search(r"^0::(/.*)$", told, re.MULTILINE)
    one = re.search(r"^\d+:(?:\w+,)*memory(?:,\w+)*:(/.*)$", told, re.MULTILINE)
    top = os.path.join(root, "sys/fs/cgroup/memory" if one else "sys/fs/cgroup")
    path = (one or two)[1] if one or two else "/"
    while path:
        yield top + path.rstrip("/")
        path = os.path.dirname(path) if path != "/" else ""


def kills_in(folder):
    """How many processes of a cgroup the kernel has killed for memory; None: it does not tell."""
    for name in ("memory.events", "memory.oom_control"):
        if found := re.search(r"^oom_kill (\d+)$", read(f"{folder}/{name}"), re.MULTILINE):
            return int(found[1])
    return None


def limit_of(folder):
    """How many bytes a cgroup may have; None if it may have all."""
    for name in ("memory.max", "memory.limit_in_bytes"):
        text = read(f"{folder}/{name}").strip()
        if text.isdigit() and int(text) < 1 << 60:
            return int(text)
    return None


def recorded(pid, since):
    """How many bytes the process held when the kernel killed it for memory; None: no record."""
    wanted = re.compile(KILLED.format(pid=pid), re.DOTALL)
    with contextlib.suppress(OSError):
        if os.readlink("/proc/self/ns/pid") != FIRST_PIDS:
            return None
        file = os.open(RECORD, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            while True:
                try:
                    text = os.read(file, 8192).decode(errors="replace")
                except BrokenPipeError:
                    continue  # older lines were overwritten meanwhile
                found = wanted.match(text)
                if found and int(found[1]) >= 1e6 * since:
                    return 1024 * int(found[2])
        finally:
            os.close(file)
    return None


class Memory:
    """Of one locality, from when it starts."""

    def __init__(self, pid, root="/"):
        self.pid, self.root = pid, root
        self.since = time.monotonic() - 1
        self.kills = {folder: kills_in(folder) for folder in folders_of(pid, root)}

    def remark(self, number):
        """What explains that this signal killed it; "" if nothing is known."""
        if number != signal.SIGKILL:
            return ""
        held = recorded(self.pid, self.since)
        grown = [f for f, kills in self.kills.items() if kills is not None and kills_in(f) != kills]
        if held is None and not grown:
            return ""
        told = "memory ran out, so the kernel killed it"
        if held is not None:
            told += f" when it held {size_of(held)}"
        limits = [limit for folder in self.kills if (limit := limit_of(folder)) is not None]
        if grown and limits:
            told += f"; its cgroup may have {size_of(min(limits))}"
        return f"{told}: ask for more, or start fewer localities on this host"

    def explained(self, report):
        """The report of an exception, with the limit that may have caused it."""
        if not MEMORY_ERROR.search(report):
            return report
        limits = read(os.path.join(self.root, f"proc/{self.pid}/limits"))
        found = re.search(r"^Max address space +(\d+) ", limits, re.MULTILINE)
        if not found:
            return report
        why = f"The process may have {size_of(int(found[1]))} of addresses (RLIMIT_AS, ulimit -v)"
        return report.rstrip(b"\n") + f"\n{why}\n".encode()
