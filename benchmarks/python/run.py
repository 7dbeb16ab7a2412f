"""Measures hpxpy beside NumPy, numexpr and the STREAM triad, and its engines beside each other.

`make bench` calls it with HPXPY_BENCHMARKS set to the folder of the compiled benchmarks. `--quick`
takes small sizes and few rounds; its ratios mean little.
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
import memory
import numexpr
import numpy as np
from contestants import Contest, TriadProcess, overhead
from expressions import EXPRESSIONS, LARGE, MIDDLE, SMALL
from positions import print_positions
from table import Goals, Table, shown_time

MEGABYTE = 1 << 20
MEMORY_GOAL = 64 * MEGABYTE
TRIAD_GOAL = 1.15
OVERHEAD_GOAL = 1.5


def machine() -> str:
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    cores = len(os.sched_getaffinity(0))
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return (
        f"{name}, {cores} cores; load average {load}\n"
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"numexpr {numexpr.__version__}, hpxpy {hpx.__version__}"
    )


def goal_of(row: dict, goals: Goals) -> tuple[str, str]:
    """The goal of a row in words, and whether it is reached; goals are for 2 threads."""
    expression, n, seconds = row["expression"], row["n"], row["seconds"]
    if row["threads"] != 2 or n not in (LARGE, MIDDLE, SMALL):
        return "", ""
    times_numpy = expression.goals.get(n)
    if times_numpy is None:
        if seconds["triad"] != seconds["triad"]:
            return f"triad x {TRIAD_GOAL}", "no triad"
        good = seconds["hpxpy"] <= TRIAD_GOAL * seconds["triad"]
        return f"triad x {TRIAD_GOAL}", goals.verdict(good)
    return (
        f"{times_numpy:g} x NumPy",
        goals.verdict(seconds["numpy"] >= times_numpy * seconds["hpxpy"]),
    )


def print_times(rows: list[dict], goals: Goals):
    table = Table(
        ["expression", "elements", "dtype", "threads", "triad", "NumPy", "numexpr", "hpxpy"]
        + ["x NumPy", "x numexpr", "of triad", "goal", "reached"],
        left={0, 2, 11, 12},
    )
    for row in rows:
        seconds, expression = row["seconds"], row["expression"]
        # Bytes that have to move in a second, against the triad's three arrays.
        moved = expression.bytes_moved(row["n"], row["dtype"]) / seconds["hpxpy"]
        arrays = 3 * int(np.prod(expression.shape(row["n"])))
        limit = arrays * np.dtype(row["dtype"]).itemsize / seconds["triad"]
        # In the caches it would say nothing about memory.
        known = limit == limit and row["n"] >= 1_000_000
        share = f"{100 * moved / limit:.0f} %" if known else ""
        table.add(
            expression.title,
            f"{row['n']:.0e}".replace("e+0", "e"),
            row["dtype"],
            str(row["threads"]),
            *(shown_time(seconds[who]) for who in ("triad", "numpy", "numexpr", "hpxpy")),
            f"{seconds['numpy'] / seconds['hpxpy']:.2f}",
            f"{seconds['numexpr'] / seconds['hpxpy']:.2f}",
            share,
            *goal_of(row, goals),
            group=(row["n"], row["dtype"], row["threads"]),
        )
    print(
        "\nTimes, best of the rounds. 'x NumPy': how many times as fast as NumPy; 'of triad': bytes"
    )
    print("of operands and result a second against the triad's.\n")
    print(table)


def print_overhead(seconds: dict, goals: Goals):
    table = Table(
        ["10 elements", "NumPy", "hpxpy", "of NumPy's time", "goal", "reached"], {0, 4, 5}
    )
    for statement, who in (("a + b", "hpxpy"), ("r = a + b; hpx.eval(r)", "hpxpy eval")):
        ratio = seconds[who] / seconds["numpy"]
        words = (shown_time(seconds["numpy"]), shown_time(seconds[who]), f"{ratio:.2f}")
        table.add(
            statement, *words, f"at most {OVERHEAD_GOAL}", goals.verdict(ratio <= OVERHEAD_GOAL)
        )
    print(
        "\nRecording and evaluating from Python; so small an array is evaluated by a + b itself.\n"
    )
    print(table)


def print_memory(rows: list[dict], goals: Goals):
    def megabytes(size: float) -> str:
        return f"{size / MEGABYTE:.0f}"

    table = Table(
        ["expression", "elements", "dtype", "operands", "result", "NumPy", "numexpr", "hpxpy"]
        + ["hpxpy time", "goal", "reached"],
        {0, 2, 10},
    )
    for row in rows:
        expression, n, dtype = row["expression"], row["n"], row["dtype"]
        held = expression.operand_bytes(n, dtype)
        limit = held + expression.result_bytes(n, dtype) + MEMORY_GOAL
        table.add(
            expression.title,
            f"{n:.0e}".replace("e+0", "e"),
            dtype,
            megabytes(held),
            megabytes(limit - held - MEMORY_GOAL),
            *(megabytes(row["peak"][who] - held) for who in ("numpy", "numexpr", "hpxpy")),
            shown_time(row["seconds"]["hpxpy"]),
            megabytes(limit - held),
            goals.verdict(row["peak"]["hpxpy"] <= limit) if n == LARGE else "",
            group=dtype,
        )
    print("\nPeak memory in MB, 2 threads, of a fresh process (its VmHWM less its operands).")
    print("Goal: the result and 64 MB, interpreter and libraries included.\n")
    print(table)


def measure(options) -> tuple[list[dict], dict]:
    triad = TriadProcess()
    if not triad.process:
        print("run.py: no bench_triad in HPXPY_BENCHMARKS (default build/release): no triad column")
    rows = []
    show = sys.stderr.isatty()
    for n in options.sizes:
        for dtype in options.dtypes:
            found = []
            for expression in EXPRESSIONS:
                contest = Contest(expression, n, dtype)
                for threads in (1, 2):
                    if show:
                        sys.stderr.write(f"\r\033[K{expression.title}, {n}, {dtype}, {threads}")
                    rounds = options.rounds if n >= 1_000_000 else 3 * options.rounds
                    seconds = contest.run(threads, triad, rounds, options.slice)
                    found.append(
                        {
                            "expression": expression,
                            "n": n,
                            "dtype": dtype,
                            "threads": threads,
                            "seconds": seconds,
                        }
                    )
                del contest
            rows += sorted(found, key=lambda row: row["threads"])
    triad.close()
    small = overhead(10 * options.rounds, 20000 if not options.quick else 2000)
    if show:
        sys.stderr.write("\r\033[K")
    return rows, small


def measure_memory(rows: list[dict], quick: bool) -> list[dict]:
    largest = max(row["n"] for row in rows)
    chosen = [row for row in rows if row["n"] == largest and row["threads"] == 2]
    if quick:
        chosen = chosen[: len(EXPRESSIONS)]
    for row in chosen:
        row["peak"] = {
            who: memory.in_subprocess(who, row["expression"], largest, row["dtype"], 2)
            for who in ("numpy", "numexpr", "hpxpy")
        }
    return chosen


def write_json(path: str, rows: list[dict], found: dict):
    plain = [{**row, "expression": row["expression"].title} for row in rows]
    Path(path).write_text(json.dumps({"rows": plain, **found}, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, few rounds: under a minute"
    )
    parser.add_argument("--json", metavar="FILE", help="write what was measured there, too")
    parser.add_argument("--rounds", type=int, help="turns of each contestant (7)")
    parser.add_argument("--size", type=int, action="append", help="only these sizes")
    parser.add_argument("--dtype", action="append", choices=["float64", "float32"])
    parser.add_argument("--no-memory", action="store_true", help="leave peak memory out")
    parser.add_argument("--no-engines", action="store_true", help="leave the engines out")
    parser.add_argument("--only-engines", action="store_true", help="compare the engines alone")
    options = parser.parse_args()
    options.sizes = options.size or ([SMALL, MIDDLE] if options.quick else [SMALL, MIDDLE, LARGE])
    options.dtypes = options.dtype or ["float64", "float32"]
    options.rounds = options.rounds or (2 if options.quick else 7)
    options.slice = 0.002 if options.quick else 0.01

    begin = time.perf_counter()
    print(machine())
    goals = Goals()
    rows, found = [], {}
    if not options.only_engines:
        rows, found["overhead"] = measure(options)
        print_times(rows, goals)
        print_overhead(found["overhead"], goals)
        count = 100_000 if options.quick else 2_000_000
        print_positions(count, min(options.rounds, 3), goals.verdict)
        if not options.no_memory:
            print_memory(measure_memory(rows, options.quick), goals)
    if not options.no_engines:
        # The programs of several localities have the processors to themselves.
        if hpx.is_running():
            hpx.finalize()
        found["engines"] = engines.measure(options.quick, sys.stderr.isatty())
        engines.print_engines(found["engines"], goals)
    if options.json:
        write_json(options.json, rows, found)
    print(f"\nGoals reached: {goals.reached} of {goals.asked}.", end=" ")
    print(f"Took {time.perf_counter() - begin:.0f} s.")


if __name__ == "__main__":
    main()
