"""Where localities run: the hosts that the user named, and what mpiexec is told of them.

`hpxpy.launcher` makes `Hosts`, `program.Program` asks them.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import shutil

# What starts with a hyphen would be an option of ssh.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

# How mpiexec reaches other hosts, as its user set it.
REACHING = ("HYDRA_LAUNCHER", "HYDRA_LAUNCHER_EXEC", "HYDRA_LAUNCHER_EXTRA_ARGS", "HYDRA_IFACE")


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


class Hosts:
    """Hosts in their order, from 'a,b', 'a:2,b:2' or a sequence of such words.

    ValueError if it is something else. A host that is named twice alike has twice as many slots.
    """

    def __init__(self, given):
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

    def names(self):
        return list(self.slots)

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
            raise ValueError(
                f"hosts {self.text!r} have room for {self.size()} localities, not for {n}; "
                "give larger numbers, or names alone"
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
    if "SLURM_JOB_ID" in os.environ and "HYDRA_LAUNCHER" not in os.environ and shutil.which("srun"):
        options = ["-launcher", "slurm", *options]
    return options


def mpiexec_environment(placement):
    """The user's settings of how mpiexec reaches hosts."""
    if placement is None:
        return {}
    return {name: os.environ[name] for name in REACHING if name in os.environ}
