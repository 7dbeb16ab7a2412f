"""Seeded faults: each seed starts a program of 3 localities, strikes one, and looks how all ends.

`make faults` runs 200 of them, tests/multi/test_faults.py some. A program must end in time, name
the locality in its first line, have the right exit code, and leave nothing among the processes or
in /dev/shm. One seed again, alone: `python tests/multi/faults.py --seed 17`.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from conftest import BASE, HPXPY_RUN, MARK, processes_of
from hosts import TwoHosts
from hpxpy._launch.program import find_mpiexec

LOCALITIES = 3
#: Seconds within which a program is to end after its fault.
LIMIT = 3.0

WAYS = ("hpxpy run", "mpiexec", "hosts")
SIGNALS = ("SIGKILL", "SIGSEGV", "SIGABRT", "SIGTERM")
TO_LAUNCHER = {
    "Ctrl-C": signal.SIGINT,
    "Ctrl-C twice": signal.SIGINT,
    "SIGTERM to the launcher": signal.SIGTERM,
    "SIGKILL to the launcher": signal.SIGKILL,
}
#: Those of which silence is the only sign, and how long it may last, in seconds.
SILENT = {"SIGSTOP": 2, "endless loop": 1, "link down": 2, "host vanishes": 2}
KINDS = (
    *(*SIGNALS, "_exit", "exception", "SystemExit", "leave", "full disk"),
    *(*TO_LAUNCHER, *SILENT),
)
#: Those that only some ways know.
ONLY = {
    "full disk": ("hpxpy run", "hosts"),
    "link down": ("hosts",),
    "host vanishes": ("hosts",),
}
#: When a fault strikes, where not everywhere: at the end others wait for nobody any more, and
#: before they have met, localities under a plain mpiexec know no supervisor.
WHEN = {
    "leave": ["init", "run"],
    "full disk": ["run"],
    "endless loop": ["run"],
    "link down": ["run"],
    "host vanishes": ["run"],
    "SIGSTOP": ["run"],
}
#: How long after a locality came there the fault may strike, in seconds.
MOMENTS = {"init": 0.6, "run": 0.5, "exit": 0.08}

WORK = {
    "barriers": "hpx.barrier()",
    "sums": "float(hpx.ones(3000, distribution='block').sum())",
    "moves": "hpx.redistribute(hpx.ones((30, 40), distribution='block'), 'block', axis=1)",
    "sleep": "time.sleep(0.02); hpx.barrier()",
    "python": "sum(range(100000)); hpx.barrier()",
    "one waits": "time.sleep(0.3 if me == 0 else 0); hpx.barrier()",
}

PROGRAM = """
import atexit, os, signal, sys, time
states, victim, kind, code, moment = sys.argv[1], *sys.argv[2:6]
me = int(os.environ["PMI_RANK"])
def tell(state):
    file = os.open(states, os.O_WRONLY | os.O_APPEND)
    os.write(file, f"{state} {me} {os.getpid()}\\n".encode())
    os.close(file)
def strike(*_):
    if kind == "exception": raise ValueError("the fault")
    if kind == "SystemExit": raise SystemExit(int(code))
    if kind == "leave": raise SystemExit
    while kind == "endless loop": pass
    while kind == "full disk": print("x" * 1000, flush=True)
    os._exit(int(code))
signal.signal(signal.SIGUSR1, strike)
struck_here = me == int(victim) and moment == "exit"
if struck_here and kind == "_exit": atexit.register(strike)
import hpxpy as hpx
tell("init")
hpx.barrier()
tell("ready")
end = time.monotonic() + 60
turns = 0
while time.monotonic() < end and (moment != "exit" or turns < 5):
    WORK
    turns += 1
tell("exit")
if struck_here and kind in ("exception", "SystemExit"): strike()
"""


class Fault:
    """What a seed stands for."""

    def __init__(self, seed, ways=WAYS):
        dice = random.Random(seed)
        self.seed = seed
        self.way = ways[seed % len(ways)]
        kinds = [kind for kind in KINDS if self.way in ONLY.get(kind, WAYS)]
        self.kind = kinds[seed // len(ways) % len(kinds)]
        self.moment = dice.choice(WHEN.get(self.kind, list(MOMENTS)))
        self.victim = dice.randrange(LOCALITIES)
        if self.is_of_host():
            self.victim = LOCALITIES - 1  # the one on the second host
        self.exit_code = dice.choice(
            [0, 1, 3, 77, 255] if self.kind == "_exit" else [1, 3, 77, 255]
        )
        self.delay = dice.uniform(0, MOMENTS[self.moment])
        self.work = dice.choice(list(WORK))

    def __str__(self):
        who = "" if self.kind in TO_LAUNCHER else f" of locality {self.victim}"
        code = f"({self.exit_code})" if self.kind in ("_exit", "SystemExit") else ""
        when = f"{1000 * self.delay:.0f} ms after {self.moment}"
        return f"seed {self.seed}: {self.way}: {self.kind}{code}{who}, {when}, while {self.work}"

    def is_of_host(self):
        return self.kind in ("link down", "host vanishes")

    def environ(self):
        """What makes silence an end in less time than usual."""
        seconds = str(SILENT.get(self.kind, 10))
        stalls = {"HPXPY_STALL_SECONDS": seconds, "HPXPY_STALL_ENDS": "1"}
        return stalls if self.kind == "endless loop" else {"HPXPY_HEARTBEAT_SECONDS": seconds}

    def patience(self):
        """Seconds that pass before anybody can know of it: waits are told of twice a second."""
        return 1.5 * SILENT.get(self.kind, 0)

    def strikes_itself(self):
        """Whether the program does it, at its end."""
        return self.moment == "exit" and self.kind in ("_exit", "exception", "SystemExit")

    def signal(self):
        if self.kind in TO_LAUNCHER:
            return TO_LAUNCHER[self.kind]
        signals = (*SIGNALS, "SIGSTOP")
        return getattr(signal, self.kind) if self.kind in signals else signal.SIGUSR1

    def code(self):
        """The exit code that the program is to have."""
        if self.kind == "SIGKILL to the launcher":
            return -self.signal()
        if self.kind in SIGNALS or self.kind in TO_LAUNCHER:
            return 128 + self.signal()
        return self.exit_code or 1 if self.kind in ("_exit", "SystemExit") else 1

    def first_line(self):
        """What the first line on standard error is to say."""
        if self.kind == "SIGKILL to the launcher":
            return ""  # who is killed says nothing
        if self.kind in TO_LAUNCHER:
            raised = r"localit(y|ies) [\d, and]+( \(\S+, pid \d+\))? raised:"
            if self.way != "mpiexec":
                return rf"hpxpy: ({raised}|the launcher got signal {int(self.signal())} )"
            # Plain mpiexec speaks for itself, and hands the signal on to the localities.
            killed = rf"locality \d \(.*\) was killed by signal {int(self.signal())} "
            return rf"\[(mpiexec@|proxy:)|hpxpy: ({raised}|{killed})"
        what = {
            "_exit": f"exited with code {self.exit_code}",
            "exception": "raised:",
            "SystemExit": f"exited with code {self.exit_code}",
            "leave": r"(left while|ended before|exited with code 0 without leaving)",
            "SIGSTOP": r"has been stopped \(SIGSTOP\) for 2 s",
            "endless loop": r"kept locality \d .* waiting for ",
        }
        what |= dict.fromkeys(
            ("link down", "host vanishes"),
            "is lost: host hostb, or the way there, does not answer any more",
        )
        if self.kind == "full disk":
            return rf"hpxpy: .*/locality-{self.victim}.txt cannot be written: No space left"
        killed = rf"was killed by signal \d+ \({self.kind}\)"
        where = r"\(\w+(, pid \d+)?\)"
        return f"hpxpy: locality {self.victim} {where} {what.get(self.kind, killed)}"


class Place:
    """Where programs run: in a /dev/shm of their own, if this user may have one; on two hosts."""

    def __init__(self, hosts=True):
        self.folder = Path(tempfile.mkdtemp(prefix="hpxpy-faults-"))
        self.hosts = None
        if hosts:
            self.hosts = TwoHosts(self.folder)
            try:
                self.hosts.create()
            except (OSError, subprocess.SubprocessError):
                self.hosts = None
        self.holder = None
        self.full = self.folder / "full"
        self.full.mkdir()
        line = f"mount -t tmpfs tmpfs /dev/shm && mount -t tmpfs -o size=64k tmpfs {self.full} && "
        line += "echo mounted && exec sleep 100000"
        holder = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        if holder.stdout.readline() == b"mounted\n":
            self.holder = holder
        else:
            holder.wait()

    def ways(self):
        return WAYS if self.hosts else WAYS[:2]

    def command(self, fault, words):
        way, options = fault.way, []
        if fault.kind == "full disk":
            options = ["--output-dir", str(self.full)]
        if way == "hpxpy run":
            words = [*HPXPY_RUN, *options, "-n", str(LOCALITIES), *words]
        elif way == "mpiexec":
            words = [find_mpiexec(), "-n", str(LOCALITIES), sys.executable, *words]
        else:
            words = self.hosts.on_a(*HPXPY_RUN, *options, "--hosts", "hosta:2,hostb:1", *words)
        inside = ["nsenter", "-t", str(self.holder.pid), "-m", "--"] if self.holder else []
        return [*inside, *words]

    def processes(self, mark, way):
        return {*processes_of(mark), *(self.hosts.processes() if way == "hosts" else ())}

    def shared_memory(self):
        if not self.holder:
            return []
        return os.listdir(f"/proc/{self.holder.pid}/root/dev/shm")

    def clear_shared_memory(self):
        for name in self.shared_memory():
            os.unlink(f"/proc/{self.holder.pid}/root/dev/shm/{name}")

    def close(self):
        if self.holder:
            self.holder.kill()
            self.holder.wait()
        if self.hosts:
            self.hosts.remove()
        shutil.rmtree(self.folder, ignore_errors=True)


class Run:
    """One program, from its start to what is left of it."""

    def __init__(self, place, fault):
        self.place, self.fault = place, fault
        self.states = place.folder / "states"
        self.states.write_bytes(b"")
        script = place.folder / "program.py"
        script.write_text(PROGRAM.replace("WORK", WORK[fault.work]))
        told = (fault.victim, fault.kind, fault.exit_code, fault.moment)
        self.mark = uuid.uuid4().hex
        self.texts = [place.folder / name for name in ("stdout", "stderr")]
        environ = {**BASE, MARK: self.mark, **fault.environ()}
        environ |= place.hosts.environ if place.hosts else {}
        environ.pop("HPXPY_ENGINE", None)
        if fault.way != "hosts":
            environ.pop("UCX_TLS", None)
        with open(self.texts[0], "wb") as out, open(self.texts[1], "wb") as err:
            self.process = subprocess.Popen(
                place.command(fault, [str(script), str(self.states), *map(str, told)]),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environ,
                start_new_session=True,
            )

    def wait_for_state(self):
        """The victim's process once it is where the fault strikes; None if it never comes there."""
        state = {"init": "init", "run": "ready", "exit": "exit"}[self.fault.moment]
        wanted = re.compile(rf"^{state} {self.fault.victim} (\d+)$", re.MULTILINE)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := wanted.search(self.states.read_text()):
                return int(found[1])
            if self.process.poll() is not None:
                return None
            time.sleep(0.002)
        return None

    def strike(self, pid):
        """Whether there was somebody to strike."""
        if self.fault.strikes_itself():
            return True
        time.sleep(self.fault.delay)
        pid = self.process.pid if self.fault.kind in TO_LAUNCHER else pid
        if self.process.poll() is not None:
            return False
        if self.fault.is_of_host():
            self.place.hosts.cut()
            if self.fault.kind == "host vanishes":
                self.place.hosts.kill_all("b")
            return True
        try:
            os.kill(pid, self.fault.signal())
            if self.fault.kind == "Ctrl-C twice":
                time.sleep(0.05)
                os.kill(pid, self.fault.signal())
        except ProcessLookupError:
            return False
        return True

    def end(self, limit):
        """Waits until nothing of the program is left, if it takes no longer than `limit`."""
        deadline = time.monotonic() + limit
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(limit)
        while (left := self.place.processes(self.mark, self.fault.way)) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.01)
        return left

    def kill(self):
        for pid in self.place.processes(self.mark, self.fault.way):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def problems_of(place, fault, limit=LIMIT):
    """What is wrong with how the program of a fault ended: (lines, its standard error)."""
    found = []
    run = Run(place, fault)
    limit += fault.patience()
    try:
        pid = run.wait_for_state()
        if pid is None:
            found.append(f"never came to {fault.moment}")
        struck = pid is not None and run.strike(pid)
        began = time.monotonic()
        left = run.end(limit)
        took = time.monotonic() - began
        code = run.process.poll()
        if code is None or left:
            commands = [Path(f"/proc/{pid}/cmdline") for pid in left]
            shown = [c.read_bytes()[-80:] for c in commands if c.exists()]
            found.append(f"not ended after {took:.1f} s: {shown}")
    finally:
        run.kill()
        if fault.is_of_host():
            place.hosts.cut(False)
    stderr = run.texts[1].read_text(errors="replace")
    first = next((line for line in stderr.splitlines() if line), "")
    # At the end a program may have ended well before the fault struck.
    codes = [0, -fault.signal()] if fault.kind in TO_LAUNCHER else [0]
    well = fault.moment == "exit" and not fault.strikes_itself() and code in codes and not stderr
    if pid is not None and not well:
        if not struck:
            found.append("ended before the fault")
        expected = fault.code()
        # Plain mpiexec decides the code itself when it is what a signal ends, and when MPI is over.
        own = fault.kind in TO_LAUNCHER or (fault.moment != "run" and code == fault.signal())
        if code != expected and not (fault.way == "mpiexec" and own and code):
            found.append(f"exit code {code} instead of {expected}")
        # Before it has a watcher, a locality's end is known to mpiexec alone.
        unwatched = fault.way == "mpiexec" and fault.moment == "init" and fault.kind in SIGNALS
        before = rf"hpxpy: locality {fault.victim} \(\w+\) ended before it started hpxpy"
        if not (re.match(fault.first_line(), first) or (unwatched and re.match(before, first))):
            found.append(f"first line {first!r} instead of {fault.first_line()!r}")
    if kept := place.shared_memory():
        found.append(f"left in /dev/shm: {kept}")
        place.clear_shared_memory()
    return found, stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds to end in")
    options = parser.parse_args()
    one = options.seed is not None
    seeds = [options.seed] if one else range(options.first, options.first + options.count)
    place = Place()
    failed = []
    try:
        for seed in seeds:
            fault = Fault(seed, place.ways())
            found, stderr = problems_of(place, fault, options.limit)
            if found:
                failed.append(seed)
                print(f"{fault}: {'; '.join(found)}", flush=True)
            if one:
                print(f"{fault}\n{stderr}", flush=True)
    finally:
        place.close()
    print(f"{len(seeds) - len(failed)} of {len(seeds)} ended as they should")
    if place.hosts is None:
        print("without two hosts, since this user may not create network namespaces")
    if failed:
        print(f"again, alone: {sys.executable} {__file__} --seed {failed[0]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
