"""The hosts and slots that a resource manager gave to the job around this process.

`hpxpy.launcher` asks where the user names no hosts. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

#: Seconds that Flux may take to tell what it gave.
PATIENCE = 5.0


@dataclass(frozen=True)
class Allocation:
    """`manager`'s job, and how many localities each of its hosts has room for, in order."""

    manager: str
    job: str
    slots: dict = field(hash=False)

    def words(self):
        """The hosts as `--hosts` takes them."""
        return [f"{host}:{count}" for host, count in self.slots.items()]

    def __str__(self):
        job = f" job {self.job}" if self.job else ""
        return f"{self.manager}{job} ({','.join(self.words())})"


def find(environ=None):
    """The innermost allocation that `environ`, by default this process's, tells of; None if none.

    ValueError that names the variable or the file where what it says cannot be read.
    """
    environ = os.environ if environ is None else environ
    for manager in (of_flux, of_slurm, of_lsf, of_pals, of_pbs):
        if (found := manager(environ)) is not None:
            return found
    return None


def of_slurm(environ):
    text = environ.get("SLURM_JOB_NODELIST") or environ.get("SLURM_NODELIST")
    if not environ.get("SLURM_JOB_ID") or not text:
        return None
    hosts = expand(text, "SLURM_JOB_NODELIST")
    for name in ("SLURM_TASKS_PER_NODE", "SLURM_JOB_CPUS_PER_NODE"):
        if told := environ.get(name):
            counts = repeated(told, name)
            if len(counts) != len(hosts):
                raise ValueError(
                    f"{name}={told!r} tells of {len(counts)} hosts, and SLURM_JOB_NODELIST="
                    f"{text!r} of {len(hosts)}; give --hosts"
                )
            return Allocation("Slurm", environ["SLURM_JOB_ID"], joined(hosts, counts))
    return Allocation("Slurm", environ["SLURM_JOB_ID"], joined(hosts))


def of_pbs(environ):
    if not environ.get("PBS_NODEFILE"):
        return None
    hosts = lines_of("PBS_NODEFILE", environ["PBS_NODEFILE"])
    return Allocation("PBS", environ.get("PBS_JOBID", ""), joined(hosts))


def of_pals(environ):
    """HPE's launcher has its own list of hosts, or PBS's, and its own number for each."""
    if text := environ.get("PALS_HOSTLIST"):
        hosts = expand(text, "PALS_HOSTLIST")
    elif environ.get("PALS_HOSTFILE"):
        hosts = lines_of("PALS_HOSTFILE", environ["PALS_HOSTFILE"])
    elif environ.get("PALS_PPN") and environ.get("PBS_NODEFILE"):
        hosts = lines_of("PBS_NODEFILE", environ["PBS_NODEFILE"])
    else:
        return None
    slots = joined(hosts)
    if each := environ.get("PALS_PPN"):
        slots = dict.fromkeys(slots, count_of(each, "PALS_PPN", each))
    return Allocation("PALS", environ.get("PBS_JOBID", ""), slots)


def of_lsf(environ):
    if not environ.get("LSB_JOBID"):
        return None
    job = environ["LSB_JOBID"]
    if text := environ.get("LSB_MCPU_HOSTS"):
        words = text.split()
        if len(words) % 2:
            raise ValueError(
                f"LSB_MCPU_HOSTS={text!r} are no pairs of a host and a number; give --hosts"
            )
        counts = [count_of(word, "LSB_MCPU_HOSTS", text) for word in words[1::2]]
        return Allocation("LSF", job, joined(words[::2], counts))
    if environ.get("LSB_DJOB_HOSTFILE"):
        hosts = lines_of("LSB_DJOB_HOSTFILE", environ["LSB_DJOB_HOSTFILE"])
        return Allocation("LSF", job, joined(hosts))
    if text := environ.get("LSB_HOSTS"):
        return Allocation("LSF", job, joined(text.split()))
    return None


def of_flux(environ):
    """Flux tells nothing in the environment but how to ask it."""
    flux = shutil.which("flux", path=environ.get("PATH"))
    if not environ.get("FLUX_URI") or not flux:
        return None
    try:
        told = subprocess.run(
            [flux, "resource", "R"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        ).stdout
        execution = json.loads(told)["execution"]
        hosts = [host for text in execution["nodelist"] for host in expand(text, "its nodelist")]
        counts = {}
        for part in execution["R_lite"]:
            cores = numbers(part["children"]["core"])
            counts |= dict.fromkeys(map(int, numbers(part["rank"])), len(cores))
        slots = joined(hosts, [counts[rank] for rank in sorted(counts)])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"flux resource R, asked for FLUX_URI={environ['FLUX_URI']!r}, does not tell the hosts "
            f"({error}); give --hosts"
        ) from None
    return Allocation("Flux", environ.get("FLUX_JOB_ID", ""), slots)


def joined(hosts, counts=None):
    """{host: slots}: each mention counts for one, or for its number."""
    slots = {}
    for host, count in zip(hosts, counts or [1] * len(hosts), strict=True):
        slots[host] = slots.get(host, 0) + count
    return slots


def lines_of(variable, path):
    """The hosts that a manager's file names, one a line, once for each slot."""
    try:
        with open(path) as file:
            hosts = [line.strip() for line in file if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it holds no text"
        raise ValueError(f"{variable}={path!r} cannot be read: {why}; give --hosts") from None
    if not hosts:
        raise ValueError(f"{variable}={path!r} names no host; give --hosts")
    return hosts


def count_of(word, variable, text):
    if not re.fullmatch(r"[0-9]{1,9}", word) or int(word) < 1:
        raise ValueError(
            f"{variable}={text!r}: {word!r} is not a number of localities from 1 on; give --hosts"
        )
    return int(word)


def repeated(text, variable):
    """The numbers of Slurm's '4(x2),3': 4, 4, 3."""
    counts = []
    for word in text.split(","):
        found = re.fullmatch(r"([0-9]+)(?:\(x([0-9]{1,6})\))?", word)
        number, times = found.groups() if found else (word, None)
        counts += [count_of(number, variable, text)] * int(times or 1)
    return counts


def numbers(text):
    """The numbers of '0-3,7', as text of the width that they were written with."""
    found = []
    for word in str(text).split(","):
        first, _, last = word.partition("-")
        last = last or first
        if not (first.isdigit() and last.isdigit() and int(first) <= int(last)):
            raise ValueError(f"{word!r} are no numbers such as 0-3")
        found += [f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]
    return found


def expand(text, variable):
    """The hosts of 'a[01-03,7]-x,b', as Slurm, Flux and PALS write them."""
    words = re.findall(r"(?:[^,\[\]]|\[[^\[\]]*\])+", text)
    if ",".join(words) != text:
        raise ValueError(
            f"{variable}={text!r} is no list of hosts such as a[01-03],b; give --hosts"
        )
    hosts = []
    try:
        for word in words:
            names = [""]
            for piece in re.findall(r"\[[^\]]*\]|[^\[]+", word):
                ends = numbers(piece[1:-1]) if piece.startswith("[") else [piece]
                names = [name + end for name in names for end in ends]
            hosts += names
    except ValueError as error:
        raise ValueError(f"{variable}={text!r}: {error}; give --hosts") from None
    return hosts
