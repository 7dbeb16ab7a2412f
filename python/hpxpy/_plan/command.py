"""`hpxpy plan -n 4096 script.py`: the options, and what is done with them."""

# SPDX-License-Identifier: BSL-1.0
import argparse
import math
import os
import re
import sys
import time
from dataclasses import dataclass

from .._launch.interpreter import split_options
from .._launch.numbers import above_zero, whole
from .cost import Network, Rates, seconds_of, waiting_of
from .driver import Driver, divergence_of, problem_of

DEFAULT_SAMPLE = 4


def sizes(text):
    """ "1,2,4": numbers of localities; "1,2,...,4096": the same steps go on."""
    words = [word.strip() for word in text.split(",")]
    if "..." not in words:
        return [whole(word) for word in words]
    at = words.index("...")
    known = [whole(word) for word in words[:at]]
    if len(known) < 2 or at != len(words) - 2 or known[-1] <= known[-2]:
        raise argparse.ArgumentTypeError(
            f"{text!r}: ... stands between two growing numbers and the last one: 1,2,...,4096"
        )
    last = whole(words[-1])
    doubles = known[-1] % known[-2] == 0 and known[-2] > 0
    while known[-1] < last:
        factor = known[-1] // known[-2]
        known.append(known[-1] * factor if doubles else 2 * known[-1] - known[-2])
    if known[-1] != last:
        raise argparse.ArgumentTypeError(f"{text!r}: these steps miss {last}")
    return known


def memory(text):
    found = re.fullmatch(r"([0-9.]+)\s*([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; give 64GB, 512MB or bytes")
    return int(above_zero(found[1]) * 1000 ** " KMGT".index(found[2].upper() or " "))


def grid(text):
    if not re.fullmatch(r"[0-9]+(x[0-9]+)+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no grid; give 64x64")
    return [whole(word) for word in text.split("x")]


def assumption(text):
    if not re.fullmatch(r"[^=\s]+:[0-9]+=\S+", text):
        raise argparse.ArgumentTypeError(f"{text!r} tells no value; give script.py:12=3.5")
    place, _, value = text.rpartition("=")
    value = {"True": "1", "False": "0"}.get(value, value)
    try:
        float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: {value!r} is no number") from None
    return f"assume={os.path.basename(place)}={value}"


OPTIONS = {
    "--localities": {
        "type": sizes,
        "metavar": "N",
        "required": True,
        "help": "how many localities; several (1,2,4 or 1,2,...,4096) give a table of scaling",
    },
    "--locality": {"type": lambda text: whole(text, 0), "metavar": "K", "help": "play this one"},
    "--sample": {
        "type": whole,
        "metavar": "S",
        "help": f"play S of them, spread evenly (default: {DEFAULT_SAMPLE})",
    },
    "--all": {"action": "store_true", "help": "play all of them"},
    "--grid": {
        "type": grid,
        "metavar": "RxC",
        "help": "the grid of arrays that are dealt out along so many axes and name none",
    },
    "--memory": {
        "type": memory,
        "metavar": "SIZE",
        "help": "what a locality may hold (64GB): a peak above it is an error",
    },
    "--no-compute": {
        "action": "store_true",
        "help": "shapes and exchanges alone: memory is reserved and not touched",
    },
    "--counts": {
        "choices": ("own", "uniform", "skewed"),
        "default": "own",
        "help": "what counts that depend on others' values are like (default: own)",
    },
    "--assume": {
        "type": assumption,
        "metavar": "FILE:LINE=VALUE",
        "action": "append",
        "default": [],
        "help": "the value of elements that this line reads, instead of the one that was made up",
    },
    "--timeout": {
        "type": above_zero,
        "metavar": "SEC",
        "help": "what playing one locality may take",
    },
    "--threads": {"type": whole, "metavar": "T", "help": "threads of each locality"},
    "--alpha": {
        "type": above_zero,
        "metavar": "SEC",
        "help": "what a message takes (default: 2e-6)",
    },
    "--beta": {"type": above_zero, "metavar": "SEC", "help": "what a byte takes (default: 1e-10)"},
    "--network": {
        "metavar": "FILE",
        "help": "both, as `hpxpy bench network --json` has printed them",
    },
    "--rate": {
        "type": above_zero,
        "metavar": "GB/S",
        "help": "take work as the bytes that it reads and writes, so many a second (default: as "
        "measured; with --no-compute what this machine does)",
    },
    "--gflops": {
        "type": above_zero,
        "metavar": "GFLOP/S",
        "help": "with --rate or --no-compute: take products of matrices as so many operations a "
        "second (default: what this machine does)",
    },
    "--json": {"action": "store_true", "help": "print JSON instead of tables"},
    "--figure": {"metavar": "FILE", "help": "draw bytes by line, and who talks to whom"},
}


#: Those that take a value.
WITH_VALUE = {"-n"} | {name for name, words in OPTIONS.items() if "action" not in words}
WITH_VALUE.add("--assume")


def add_parser(commands):
    plan = commands.add_parser(
        "plan",
        help="what a program would send, hold and take on many localities, without them",
        usage="hpxpy plan -n N[,N...] [--locality K | --sample S | --all] [--grid RxC] "
        "[--memory SIZE] [--no-compute] [...] (script.py | -m module | -c code) [arguments ...]",
        description="Plays localities of a program of N, one process each, on this machine alone: "
        "their arrays have the true sizes, their exchanges are written down and filled with the "
        "locality's own data. Tells for each line of the program what is sent, the peak memory, "
        "and the predicted time. The program writes no files through Python's open.",
        allow_abbrev=False,
    )
    add = plan.add_argument
    which = plan.add_mutually_exclusive_group()
    for name, keywords in OPTIONS.items():
        one_of = which if name in ("--locality", "--sample", "--all") else plan
        names = ("-n", name) if name == "--localities" else (name,)
        one_of.add_argument(*names, **keywords)
    add("-m", metavar="module", dest="module", help="plan a module, as python -m runs it")
    add("-c", metavar="code", dest="code", help="plan a string, as python -c runs it")
    add("program", nargs="?", metavar="script.py", help="the script to plan")
    return plan


@dataclass
class Plan:
    """Localities of a program of `size` that were played."""

    size: int
    played: list
    seconds: dict  #: locality -> (work, exchanges)
    rates: Rates | None = None
    waiting: float = 0.0  #: seconds, of localities for each other

    def slowest(self):
        return max(self.seconds.values(), key=sum)

    def total(self):
        return sum(self.slowest()) + self.waiting


def check(chosen, parser):
    """Ends with code 2 and the reason if the options do not fit each other."""
    for size in chosen.localities:
        if chosen.locality is not None and chosen.locality >= size:
            parser.error(f"--locality {chosen.locality}: of {size} localities give 0 to {size - 1}")
        if chosen.grid and math.prod(chosen.grid) != size:
            shape = "x".join(map(str, chosen.grid))
            parser.error(
                f"--grid {shape}: it has {math.prod(chosen.grid)} places for {size} localities"
            )
    if chosen.gflops and not (chosen.rate or chosen.no_compute):
        parser.error("--gflops: work is measured; give --rate or --no-compute, too")
    if chosen.network and (chosen.alpha or chosen.beta):
        parser.error("--network: it holds alpha and beta; leave those out")
    folder = os.path.dirname(os.path.abspath(chosen.figure or "."))
    if chosen.figure and not os.path.isdir(folder):
        parser.error(f"--figure {chosen.figure}: there is no folder {folder}")
    if chosen.figure:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            parser.error("--figure: it needs matplotlib; pip install matplotlib")


def network_of(chosen, parser):
    if chosen.network:
        try:
            return Network.read(chosen.network)
        except (OSError, ValueError) as error:
            parser.error(f"--network: {error}")
    if not (chosen.alpha or chosen.beta):
        return Network()
    origin = "given" if chosen.alpha and chosen.beta else "in part assumed"
    return Network(chosen.alpha or Network.alpha, chosen.beta or Network.beta, origin)


def sample_of(chosen, size):
    """The localities to be played: the first and the last and those evenly between."""
    if chosen.locality is not None:
        return [chosen.locality]
    count = size if chosen.all else min(chosen.sample or DEFAULT_SAMPLE, size)
    if count == 1:
        return [0]
    return sorted({round(i * (size - 1) / (count - 1)) for i in range(count)})


def fastest(call, times):
    best = math.inf
    for _ in range(times):
        begun = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begun)
    return best


def rates_of(gigabytes=None, gigaflops=None):
    """What is done in a second: as given, else by this machine."""
    import hpxpy as hpx

    n, side = 10_000_000, 1024
    rate = gigabytes * 1e9 if gigabytes else None
    if rate is None:
        x = hpx.ones(n)
        rate = 2 * 8 * n / fastest(lambda: hpx.eval(x + 1.0), 5)
    operations = gigaflops * 1e9 if gigaflops else None
    if operations is None:
        a = hpx.ones((side, side))
        operations = 2 * side**3 / fastest(lambda: hpx.eval(a @ a), 3)
    return Rates(rate, operations)


def run(chosen, program, parser):
    """Plans `program`; returns the exit code."""
    check(chosen, parser)
    network = network_of(chosen, parser)
    if split_options(program)[1][0] not in ("-m", "-c"):
        script = split_options(program)[1][0]
        if not os.path.exists(script):
            parser.error(f"{script}: there is no such file")
    cpus = len(os.sched_getaffinity(0))
    rates = rates_of(chosen.rate, chosen.gflops) if chosen.no_compute or chosen.rate else None
    words = [f"counts={chosen.counts}", *chosen.assume]
    words += ["compute=no"] * chosen.no_compute
    if chosen.grid:
        words.append(f"grid={'x'.join(map(str, chosen.grid))}")
    plans, code = [], 0
    for size in chosen.localities:
        at_once = min(size, cpus)
        threads = chosen.threads or max(1, cpus // at_once)
        driver = Driver(program, size, words, threads, at_once, chosen.timeout)
        played = list(driver.play(sample_of(chosen, size)).values())
        problems = [problem_of(each, size) for each in played]
        problems = [each for each in problems if each[0]]
        for found, text in problems[:1]:
            print(f"hpxpy plan: {text}", file=sys.stderr)
            code = code or found
        if not problems and (text := divergence_of(played)):
            print(f"hpxpy plan: {text}", file=sys.stderr)
            code = code or 1
        known = [each for each in played if each.log]
        if not known:
            break
        seconds = {each.locality: seconds_of(each.log, size, network, rates) for each in known}
        waiting = 0.0 if rates else waiting_of(each.log for each in known)
        plans.append(Plan(size, known, seconds, rates, waiting))
        if problems:
            break
    if plans:
        code = tell(plans, network, chosen, program) or code
    return code


def tell(plans, network, chosen, program):
    from . import report

    if chosen.json:
        print(report.as_json(plans, network, program))
    else:
        report.show(plans, network)
    if chosen.figure:
        from .figure import draw

        draw(plans, chosen.figure)
        if not chosen.json:
            print(f"Figure: {chosen.figure}")
    code = 0
    for plan in plans:
        most = max(plan.played, key=lambda each: each.log["peak"])
        if chosen.memory and most.log["peak"] > chosen.memory:
            code = 1
            print(
                f"hpxpy plan: locality {most.locality} of {plan.size} needs "
                f"{report.bytes_text(most.log['peak'])} at {most.log['peak_site']}, more than "
                f"{report.bytes_text(chosen.memory)} (--memory)",
                file=sys.stderr,
            )
    return code
