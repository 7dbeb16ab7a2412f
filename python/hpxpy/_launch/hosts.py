"""Where localities run: the hosts that the user named, and what mpiexec is told of them.

`hpxpy.launcher` makes `Hosts`, `program.Program` asks them.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import shutil
import socket

from .allocations import Allocation

# What starts with a hyphen would be an option of ssh.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

# Of a file: 'a', 'a:2' or 'a slots=2', and what Open MPI's may say besides.
HOST_LINE = re.compile(r"(\S+?)(?::(\S+)|\s+slots\s*=\s*(\S+))?(\s+max[-_]slots\s*=\s*[0-9]+)?")

# How mpiexec reaches other hosts, as its user set it.
REACHING = ("HYDRA_LAUNCHER", "HYDRA_LAUNCHER_EXEC", "HYDRA_LAUNCHER_EXTRA_ARGS", "HYDRA_IFACE")

# Of resource managers that start processes on hosts of a job: what tells of a job, Hydra's name for
# the way, and the program that must be there.
MANAGERS = (("SLURM_JOB_ID", "slurm", "srun"), ("LSB_JOBID", "lsf", "blaunch"))


def is_here(name):
    """Whether a host's name is this one's, with or without its domain."""
    return name in ("localhost", socket.gethostname()) or (
        name.partition(".")[0] == socket.gethostname().partition(".")[0]
    )


def parse_host(word, text):
    """('name', count or None) of 'name' or 'name:count'."""
    name, colon, count = word.partition(":")
    if not name:
        raise ValueError(f"hosts {text!r} hold an empty name; give names such as a,b or a:2,b:2")
    if not NAME.fullmatch(name):
        raise ValueError(
            f"hosts {text!r}: {name!r} is no name of a host; give names such as a,b or a:2,b:2"
        )
    if not colon:
        return name, None
    if not count.isascii() or not count.isdigit() or int(count) < 1:
        raise ValueError(
            f"hosts {text!r}: {count!r} is not a number of localities from 1 on for host {name!r}"
        )
    return name, int(count)


def read_hostfile(path):
    """The words of a file that names a host a line: 'a', 'a:2' or 'a slots=2', then a comment.

    ValueError shows the line that is none of these.
    """
    try:
        with open(path) as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it holds no text"
        raise ValueError(f"hostfile {os.fspath(path)!r} cannot be read: {why}") from None
    words = []
    for number, line in enumerate(lines, 1):
        told = line.partition("#")[0].strip()
        if not told:
            continue
        found = HOST_LINE.fullmatch(told)
        where = f"hostfile {os.fspath(path)!r}, line {number}: {line.strip()!r}"
        if not found or not NAME.fullmatch(found[1]):
            raise ValueError(f"{where} is no host; give a, a:2 or 'a slots=2', and # for comments")
        count = found[2] or found[3]
        if count and not (re.fullmatch(r"[0-9]{1,9}", count) and int(count)):
            raise ValueError(f"{where}: {count!r} is not a number of localities from 1 on")
        words.append(f"{found[1]}:{count}" if count else found[1])
    if not words:
        raise ValueError(f"hostfile {os.fspath(path)!r} names no host")
    return words


class Hosts:
    """Hosts in their order, from 'a,b', 'a:2,b:2', a sequence of such words, or an allocation.

    ValueError if it is something else. A host that is named twice alike has twice as many slots;
    `per_host` is how many localities each gets.
    """

    def __init__(self, given, per_host=None):
        self.per_host = per_host
        if isinstance(given, Allocation):
            self.allocation, given = given, given.words()
        else:
            self.allocation = None
        words = given.split(",") if isinstance(given, str) else list(given)
        self.text = ",".join(words)
        slots = {}
        for word in words:
            name, count = parse_host(word.strip(), self.text)
            slots.setdefault(name, []).append(count)
        for name, counts in slots.items():
            for count in counts:
                if count != counts[0]:
                    said = " and ".join(f"{n} localities" if n else "no number" for n in counts)
                    raise ValueError(
                        f"hosts {self.text!r} name {name!r} with {said}; name each host once"
                    )
        self.counted = any(counts[0] for counts in slots.values())
        self.slots = {name: len(counts) * (counts[0] or 1) for name, counts in slots.items()}
        if per_host:
            for name, count in self.slots.items():
                if self.counted and per_host > count:
                    raise ValueError(
                        f"{self.named()}: {name!r} has room for {count} localities, not for "
                        f"{per_host} (per_host); {self.remedy()}"
                    )
            self.counted = True
            self.slots = dict.fromkeys(self.slots, per_host)

    def named(self):
        return str(self.allocation) if self.allocation else f"hosts {self.text!r}"

    def remedy(self):
        """What would do where localities are more than slots."""
        if self.allocation:
            return "ask the manager for more tasks, or give --hosts"
        return "give larger numbers, or names alone"

    def size(self):
        """One locality for each slot."""
        return sum(self.slots.values())

    def place(self, n):
        """How many of `n` localities each host gets, {name: count}; neighbours share a host.

        Where slots were counted they are filled in order, and ValueError says that they are too
        few; otherwise all hosts get alike.
        """
        if not self.counted and n > self.size():
            share, more = divmod(n, self.size())
            result, begin = {}, 0
            for name, slots in self.slots.items():
                longer = max(0, min(slots, more - begin))
                result[name] = share * slots + longer
                begin += slots
            return result
        if n > self.size():
            have, each = "has" if self.allocation else "have", ""
            if self.per_host:
                each = f" at {self.per_host} each (per_host)"
            raise ValueError(
                f"{self.named()} {have} room for {self.size()} localities{each}, not for {n}; "
                f"{self.remedy()}"
            )
        result, left = {}, n
        for name, slots in self.slots.items():
            if left > 0:
                result[name] = min(left, slots)
                left -= slots
        return result


def mpiexec_options(placement):
    """How mpiexec is told the hosts; None stands for this machine alone."""
    # The hosts are those, whatever resource manager surrounds us.
    if placement is None:
        return ["-launcher", "fork", "-rmk", "user", "-hosts", "localhost"]
    options = ["-rmk", "user", "-hosts", ",".join(f"{h}:{n}" for h, n in placement.items())]
    for job, launcher, program in MANAGERS:
        if job in os.environ and "HYDRA_LAUNCHER" not in os.environ and shutil.which(program):
            return ["-launcher", launcher, *options]
    return options


def mpiexec_environment(placement, environ):
    """How mpiexec reaches hosts, and where it listens, as its user and `environ` say."""
    found = {}
    if ports := environ.get("HPXPY_PORT_RANGE"):
        first, _, last = ports.partition("-")
        found["MPIR_CVAR_PORT_RANGE"] = f"{first}:{last or first}"
    if placement is None:
        return found
    if interface := environ.get("HPXPY_INTERFACE"):
        found["HYDRA_IFACE"] = interface
    return found | {name: os.environ[name] for name in REACHING if name in os.environ}
