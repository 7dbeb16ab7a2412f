"""`hpxpy ps` and `hpxpy stack`: what is running, and where it stands."""

# SPDX-License-Identifier: BSL-1.0
import json
import shlex
import time

from .desk import programs
from .numbers import whole
from .stalls import indented


def add_parsers(commands):
    ps = commands.add_parser(
        "ps",
        help="list this user's running programs, and where each locality stands",
        description="Lists the programs of this user that were started from this machine by "
        "'hpxpy run', or that run here under mpiexec, with a line for each locality: the line of "
        "the program where it runs, or the collective that it waits in, since when and for whom. "
        "Programs are not disturbed.",
        allow_abbrev=False,
    )
    stack = commands.add_parser(
        "stack",
        help="show Python's stacks of all localities of a running program",
        description="Shows the same with the stacks of all threads, also while they run an endless "
        "loop or a long call of C++. 'kill -USR2' of hpxpy run or of a locality shows it on the "
        "program's own standard error.",
        allow_abbrev=False,
    )
    stack.add_argument(
        "pid",
        nargs="?",
        type=whole,
        metavar="PID",
        help="the process of the launcher or of a locality (default: the only program)",
    )
    for parser in (ps, stack):
        parser.add_argument("--json", action="store_true", help="print JSON")
    return ps, stack


def name(locality):
    if locality["pid"] is None:
        return f"locality {locality['id']}"
    return f"locality {locality['id']} ({locality['host']}, pid {locality['pid']})"


def show(program, stacks):
    number = len(program["localities"])
    lasts = time.time() - program["began"]
    what = "locality" if number == 1 else "localities"
    print(f"{program['pid']}: {number} {what} for {lasts:.0f} s: {shlex.join(program['command'])}")
    for locality in program["localities"]:
        print(f"  {name(locality)} {locality['stands']}")
        if stacks:
            print(indented(locality["threads"]), end="")


def of_pid(running, pid):
    """The programs to which a process belongs; all if none is named."""
    return [
        program
        for program in running
        if pid in (None, program["pid"], *(one["pid"] for one in program["localities"]))
    ]


def run(chosen, parser):
    """Does what `ps` and `stack` do; returns the exit code."""
    running = programs()
    if chosen.command == "stack":
        found = of_pid(running, chosen.pid)
        if not found:
            what = "no program" if chosen.pid is None else f"no program of process {chosen.pid}"
            parser.exit(1, f"hpxpy stack: {what} of yours runs here; see hpxpy ps\n")
        if len(found) > 1:
            pids = ", ".join(str(program["pid"]) for program in found)
            parser.error(f"{len(found)} programs run here; give one of the numbers {pids}")
        running = found
    if chosen.json:
        print(json.dumps(running, indent=2))
        return 0
    for program in running:
        show(program, chosen.command == "stack")
    return 0
