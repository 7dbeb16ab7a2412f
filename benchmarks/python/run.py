"""Measures hpxpy beside NumPy, numexpr, numba and JAX, and its engines beside each other.

`make bench` calls it with HPXPY_BENCHMARKS set to the folder of the compiled benchmarks. `--quick`
only compares the answers of all cases, at small sizes, and times nothing.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import engines
import hpxpy as hpx
import localities
import numpy as np
from case import LARGE, QUICK, Case
from cases import CASES, GROUPS
from contest import Contest, Limits
from memory import LEAST, MemoryProcess
from overhead import RECORDED, RECORDED_GOAL, overhead, recording
from peers import NAMES, installed
from sweep import print_sweep, sweep
from table import Goals, Table, shown_time

MEGABYTE = 1 << 20
MEMORY_GOAL = 64 * MEGABYTE
TITLES = {"numpy": "NumPy", "jax": "JAX"}


def title_of(name: str) -> str:
    return TITLES.get(name, name)


def machine(peers, missing: list[str]) -> str:
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    cores = len(os.sched_getaffinity(0))
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    versions = ", ".join(f"{title_of(name)} {peer.version}" for name, peer in peers.items())
    lines = [
        f"{name}, {cores} cores; load average {load}",
        f"Python {platform.python_version()}, {versions}",
    ]
    if missing:
        absent = ", ".join(map(title_of, missing))
        lines.append(f"Not installed, so left out: {absent} (pip install 'hpxpy[bench]')")
    return "\n".join(lines)


def shown_size(n: int) -> str:
    return f"{n:.3g}".replace("e+0", "e")


def ratio(above: float, below: float) -> str:
    return f"{above / below:.2f}" if above == above and below == below else ""


def cell(row: dict, name: str) -> str:
    """The time of a contestant, and beside it the peak memory of its call in MB."""
    if name not in row["seconds"]:
        return "-"
    text = shown_time(row["seconds"][name])
    if name in row["peak"]:
        text += f" {row['peak'][name] / MEGABYTE:5.0f}"
    return text


def verdicts(row: dict, goals: Goals) -> tuple[str, str, str]:
    """The goal of a row in words, whether it is reached, and whether the memory's is."""
    case: Case = row["case"]
    memory = ""
    if case.fused and "hpxpy" in row["peak"] and row["n"] >= LARGE // 2:
        memory = goals.verdict(row["peak"]["hpxpy"] <= row["result"] + MEMORY_GOAL)
    goal = case.goals.get(row["n"])
    if not goal or row["threads"] != 2:
        return "", "", memory
    limit = goal.limit(row["seconds"], row["n"])
    reached = goals.verdict(row["seconds"]["hpxpy"] <= limit) if limit == limit else "not measured"
    return goal.words, reached, memory


def print_rows(group: str, rows: list[dict], names: list[str], goals: Goals):
    table = Table(
        ["case", "elements", "dtype", "threads", *map(title_of, names)]
        + ["x NumPy", "x best", "of limit", "goal", "reached", "memory"],
        left={0, 2, 7 + len(names), 8 + len(names), 9 + len(names)},
    )
    for row in rows:
        seconds, case = row["seconds"], row["case"]
        own = seconds["hpxpy"]
        best = min(value for name, value in seconds.items() if name not in ("hpxpy", "limit"))
        # In the caches it would say nothing about memory.
        share = seconds["limit"] / own if row["n"] >= LEAST else float("nan")
        table.add(
            case.title,
            shown_size(row["n"]),
            row["dtype"],
            str(row["threads"]),
            *(cell(row, name) for name in names),
            ratio(seconds["numpy"], own),
            ratio(best, own),
            f"{100 * share:.0f} %" if share == share else "",
            *verdicts(row, goals),
            group=case.title if len(case.sizes) * len(case.dtypes) > 1 else "",
        )
    print(f"\n{GROUPS[group]}.\n\n{table}")


def short(words: str) -> str:
    words = words.removeprefix("r = ")
    return words if len(words) <= 40 else f"{words[:24]} ... ({words.count('*') * 2} operations)"


def print_overhead(rows: list[dict], recorded: list[dict], goals: Goals):
    table = Table(
        ["statement", "elements", "NumPy", "hpxpy", "of NumPy's time", "goal", "reached"], {0, 5, 6}
    )
    for row in rows:
        part = row["hpxpy"] / row["numpy"]
        times = (shown_time(row["numpy"]), shown_time(row["hpxpy"]), f"{part:.2f}")
        verdict = goals.verdict(part <= row["goal"])
        table.add(
            short(row["words"]),
            str(row["n"]),
            *times,
            f"at most {row['goal']:g}",
            verdict,
            group=row["words"],
        )
    print(f"\nStatements on few elements; medians of turns.\n\n{table}")
    table = Table(
        ["recorded", "local", "blocks", "of the local time", "goal", "reached"], {0, 4, 5}
    )
    for row in recorded:
        part = row["blocks"] / row["local"]
        times = (shown_time(row["local"]), shown_time(row["blocks"]), f"{part:.2f}")
        verdict = goals.verdict(part <= RECORDED_GOAL)
        table.add(short(row["words"]), *times, f"at most {RECORDED_GOAL}", verdict)
    print(f"\nRecording on local arrays and on blocks, of {RECORDED} elements.\n\n{table}")


LEGEND = """
Times are the best of the rounds; beside those of large arrays stand the MB that the call took at
most, its result included. 'x best': how many times as fast as the best of the others. 'of limit':
the time in which memory alone moves operands and result (STREAM triad, or reading) against ours.
Goals are for 2 threads; 'memory': no more than the result and 64 MB."""


def chosen_cases(options) -> list[tuple[Case, int, str]]:
    """What the options leave, and at which sizes."""
    found = []
    for case in CASES.values():
        if options.only and not any(word.lower() in case.title.lower() for word in options.only):
            continue
        if options.group and case.group not in options.group:
            continue
        if options.sweep and case.group != "sweep":
            continue
        sizes = options.size or ((QUICK,) if options.quick else case.sizes)
        for dtype in case.dtypes:
            if not options.dtype or dtype in options.dtype:
                found += [(case, n, dtype) for n in sizes]
    if not found:
        raise SystemExit("run.py: no case is left of these options; --list shows all")
    return found


def parted(chosen) -> tuple[list, list]:
    """The cases of the sweep apart from the others."""
    swept = [entry for entry in chosen if entry[0].group == "sweep"]
    return [entry for entry in chosen if entry[0].group != "sweep"], swept


def progress(words: str):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{words}")


def compare(options, peers):
    """The answers of every case, and nothing timed."""
    for peer in peers.values():
        peer.set_threads(options.threads[0])
    for case, n, dtype in chosen_cases(options):
        with np.errstate(all="ignore"):
            contest = Contest(case, n, dtype, peers)
        names = ", ".join(title_of(name) for name in contest.calls)
        print(f"{case.title}, {n} elements, {dtype}: {names} agree", flush=True)


def measure(options, peers, chosen) -> list[dict]:
    limits = Limits()
    if not limits.process:
        print("run.py: no bench_triad in HPXPY_BENCHMARKS (default build/release): no limits")
    memories = {} if options.no_memory else {name: MemoryProcess(name) for name in peers}
    rows = []
    for threads in options.threads:
        for peer in peers.values():
            peer.set_threads(threads)
        for case, n, dtype in chosen:
            progress(f"{case.title}, {n}, {dtype}, {threads}")
            contest = Contest(case, n, dtype, peers)
            rounds = options.rounds if n >= LEAST else 3 * options.rounds
            row = {
                "case": case,
                "n": n,
                "dtype": dtype,
                "threads": threads,
                "peak": {},
                "seconds": contest.seconds(limits, threads, rounds, options.slice),
                "result": contest.result_bytes,
            }
            names = list(contest.calls)
            del contest
            if n >= LEAST:
                for name in names:
                    if name in memories:
                        row["peak"][name] = memories[name].peak(case.title, n, dtype, threads)
            rows.append(row)
    limits.close()
    for process in memories.values():
        process.close()
    progress("")
    return rows


def write_json(path: str, rows: list[dict], found: dict):
    plain = [{**row, "case": row["case"].title} for row in rows]
    Path(path).write_text(json.dumps({"rows": plain, **found}, indent=1) + "\n")


def add_overhead(options, found: dict, goals: Goals):
    found["overhead"] = overhead(options.rounds, 1000)
    found["recording"] = recording(options.rounds, 300)
    print_overhead(found["overhead"], found["recording"], goals)


def options_of(words=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="compare answers at small sizes, and time nothing")
    add("--list", action="store_true", help="show the cases")
    add("--only", action="append", metavar="WORD", help="only cases with this word in their title")
    add("--sweep", action="store_true", help="only the sweep of all functions")
    add("--group", action="append", choices=list(GROUPS), help="only these tables")
    add("--peer", action="append", choices=NAMES[1:-1], help="only these beside NumPy")
    add("--size", type=int, action="append", help="these numbers of elements for all")
    add("--dtype", action="append", help="only these of a case's dtypes")
    add("--threads", type=int, action="append", help="numbers of threads (2)")
    add("--rounds", type=int, default=5, help="turns of each contestant (5)")
    add("--json", metavar="FILE", help="write what was measured there, too")
    add("--no-memory", action="store_true", help="leave peak memory out")
    add("--no-engines", action="store_true", help="leave the engines out")
    add("--only-engines", action="store_true", help="compare the engines alone")
    add("--only-overhead", action="store_true", help="statements on few elements alone")
    add("--only-localities", action="store_true", help="two localities beside NumPy by hand alone")
    options = parser.parse_args(words)
    options.slice = 0.01
    options.threads = options.threads or [min(2, len(os.sched_getaffinity(0)))]
    return options


def main():
    options = options_of()
    if options.list:
        for case in CASES.values():
            print(f"{case.group}: {case.title}; {', '.join(map(shown_size, case.sizes))}")
        return
    begin = time.perf_counter()
    goals, rows, found, wrong = Goals(), [], {}, []
    if not (options.only_engines or options.only_localities):
        others = options.peer or NAMES[1:-1]
        peers, missing = installed([name for name in NAMES if name in ("numpy", "hpxpy", *others)])
        print(machine(peers, missing))
        if options.quick:
            compare(options, peers)
            return
        chosen, swept = ([], []) if options.only_overhead else parted(chosen_cases(options))
        if chosen:
            rows = measure(options, peers, chosen)
            for group in GROUPS:
                in_group = [row for row in rows if row["case"].group == group]
                if in_group:
                    print_rows(group, in_group, list(peers), goals)
            print(LEGEND)
        if swept:
            two = {name: peers[name] for name in ("numpy", "hpxpy")}
            two["hpxpy"].set_threads(options.threads[0])
            found["sweep"], wrong = sweep(swept, two, progress)
            print_sweep(found["sweep"], goals)
            for words in wrong:
                print(words, file=sys.stderr)
        if not (options.only or options.group or options.sweep):
            add_overhead(options, found, goals)
    apart = options.only or options.group or options.sweep or options.only_overhead
    if not (options.no_engines or apart):
        # The programs of several localities have the processors to themselves.
        if hpx.is_running():
            hpx.finalize()
        if not options.only_engines:
            found["localities"] = localities.measure()
            localities.print_localities(found["localities"], goals)
        if not options.only_localities:
            found["engines"] = engines.measure(options.quick, sys.stderr.isatty())
            engines.print_engines(found["engines"], goals)
    if options.json:
        write_json(options.json, rows, found)
    print(f"\nGoals reached: {goals.reached} of {goals.asked}.", end=" ")
    print(f"Took {time.perf_counter() - begin:.0f} s.")
    if wrong:
        raise SystemExit(f"{len(wrong)} answers of the sweep are wrong")


if __name__ == "__main__":
    main()
