"""Which CPUs the localities of a host are bound to: a share of its cores, or NUMA nodes.

The process that starts a locality calls `bind` in the child; `--dry-run` and `--report-binding`
show what it did. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import os

KINDS = ("core", "numa", "none")
CPUS = "/sys/devices/system/cpu"
NODES = "/sys/devices/system/node"


def numbers(text):
    """{0, 1, 2, 3, 7} of the kernel's '0-3,7'."""
    found = set()
    for word in text.split(","):
        if word.strip():
            first, _, last = word.strip().partition("-")
            found.update(range(int(first), int(last or first) + 1))
    return found


def text_of(cpus):
    """'0-3,7' of numbers."""
    runs = []
    for cpu in sorted(cpus):
        if runs and runs[-1][1] == cpu - 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def read(path):
    try:
        with open(path) as file:
            return numbers(file.read())
    except (OSError, ValueError):
        return set()


def nodes(allowed, root=NODES):
    """The NUMA nodes that have CPUs of `allowed`: {number: its CPUs}; node 0 if none is told."""
    found = {}
    for number in sorted(read(f"{root}/online")):
        if cpus := read(f"{root}/node{number}/cpulist") & allowed:
            found[number] = cpus
    return found or {0: set(allowed)}


def cores(allowed, root=CPUS, node_root=NODES):
    """The cores, each a set of its CPUs of `allowed`, those of one NUMA node side by side."""
    found = []
    for cpus in nodes(allowed, node_root).values():
        left = set(cpus)
        while left:
            cpu = min(left)
            siblings = read(f"{root}/cpu{cpu}/topology/thread_siblings_list") & left
            found.append(siblings | {cpu})
            left -= found[-1]
    return found


def share(parts, index, count):
    """Those of `parts` that number `index` of `count` gets: a run of them, or one with others."""
    if count <= len(parts):
        return parts[index * len(parts) // count : (index + 1) * len(parts) // count]
    return [parts[index * len(parts) // count]]


def cpus_of(kind, index, count, allowed=None):
    """The CPUs of locality `index` of the `count` on this host."""
    allowed = set(os.sched_getaffinity(0)) if allowed is None else allowed
    if kind == "none":
        return allowed
    parts = cores(allowed) if kind == "core" else list(nodes(allowed).values())
    return set().union(*share(parts, index, count))


def bind(kind, index, count):
    """Binds this process, and all that it starts, to its share of the host."""
    if kind != "none":
        os.sched_setaffinity(0, cpus_of(kind, index, count))


def described(cpus, kind="none"):
    """'CPUs 0-3 (2 cores of NUMA node 0)'."""
    count = len(cores(cpus))
    where = nodes(cpus)
    of = f"NUMA node{'' if len(where) == 1 else 's'} {text_of(where)}"
    how = "not bound" if kind == "none" else f"bound by {kind}"
    what = f"CPU{'' if len(cpus) == 1 else 's'} {text_of(cpus)}"
    return f"{what} ({count} core{'' if count == 1 else 's'} of {of}), {how}"
