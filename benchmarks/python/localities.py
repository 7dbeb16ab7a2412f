"""Two localities of 1 thread beside NumPy and mpi4py by hand, beside one process of 2 threads, and
their peak memory beside the least possible. `run.py` calls it.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from engines import answer_of
from memory import SETTINGS
from table import Goals, Table, shown_time

PROGRAM = Path(__file__).with_name("locality_program.py")
PLANNED = Path(__file__).with_name("planned_program.py")
# How many times as long as by hand a program may take.
GOALS = {
    "Jacobi": 1 / 2.5,
    "a*2.5": 1.0,
    "sum": 1.0,
    "rows": 1.0,
    "all-reduce, 8 B": 2.0,
    "all-reduce, 64 KB": 1.3,
    "sort": 1.5,
    "x[": 1.0,
    "matmul": 1.0,
    "fft2": 1.3,
}
ONE_PROCESS = 1.1  # times one process of two threads
SPARE = 1.1  # times the least possible memory,
SLACK = 4_000_000  # and bytes of each locality for what is small
LINES = 4096
PREDICTED = 0.2  # of the time taken a prediction may be off


def run(localities: int, threads: int, options: list[str], environ=None) -> dict:
    command = [sys.executable, "-m", "hpxpy", "run", "-n", str(localities), str(PROGRAM), *options]
    settings = {"HPXPY_NUM_THREADS": str(threads), "HPXPY_ENGINE": "mpi", **(environ or {})}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        settings[name] = str(threads)
    return answer_of([command], {**os.environ, **settings})


def output_of(*words: str) -> str:
    command = [sys.executable, "-m", "hpxpy", *words]
    environ = {**os.environ, "HPXPY_ENGINE": "mpi"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ)
    return done.stdout


def planned() -> dict:
    """Seconds that a program takes on two localities, and those that `hpxpy plan` predicts."""
    runs, plans = [], []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as network:
        network.write(output_of("run", "-n", "2", "-m", "hpxpy", "bench", "network", "--json"))
        network.flush()
        words = ["-n", "2", "--threads", "1"]
        for _ in range(3):
            runs.append(max(map(float, output_of("run", *words, str(PLANNED)).split())))
            plan = ["plan", *words, "--json", "--network", network.name, str(PLANNED)]
            plans.append(json.loads(output_of(*plan))["plans"][0]["seconds"])
    return {"taken": statistics.median(runs), "predicted": statistics.median(plans)}


def measure() -> dict:
    """Seconds and bytes by title."""
    if importlib.util.find_spec("mpi4py") is None:
        return {}
    return {
        "two": run(2, 1, []),
        "one": run(1, 2, []),
        "prices": run(2, 1, ["--prices"]),
        "memory": peaks(LINES),
        "planned": planned(),
    }


def peaks(lines: int) -> dict:
    """Of a square of that many lines: by title the peak, and the least that it could be."""
    return run(2, 1, ["--memory", str(lines)], SETTINGS)


def within_bounds(each: dict) -> bool:
    return each["peak"] <= SPARE * each["least"] + 2 * SLACK


def compare():
    """The answers of both, at small sizes."""
    small = ["--small", "--samples", "1", "--slice", "0.001"]
    run(2, 1, small)
    run(2, 1, [*small, "--prices"])
    print("Localities: hpxpy agrees with NumPy and mpi4py by hand")


def print_times(found: dict, goals: Goals):
    print("\nTwo localities of 1 thread, beside NumPy and mpi4py by hand on as many")
    table = Table(["", "hpxpy", "by hand", "times by hand", "goal", "", "1 x 2 threads", ""], {0})
    for title, seconds in found["two"].items():
        ratio = seconds["hpxpy"] / seconds["by hand"]
        goal = next(goal for start, goal in GOALS.items() if title.startswith(start))
        one = found["one"][title]["hpxpy"]
        judged = title.startswith(("Jacobi", "matmul"))
        table.add(
            title,
            shown_time(seconds["hpxpy"]),
            shown_time(seconds["by hand"]),
            f"{ratio:.2f}",
            f"{goal:.2f}",
            goals.verdict(ratio <= goal),
            shown_time(one),
            goals.verdict(seconds["hpxpy"] <= ONE_PROCESS * one) if judged else "",
        )
    print(table)


def print_memory(found: dict, goals: Goals):
    print(f"\nPeak memory of both localities besides their operands, on {LINES} x {LINES} float64")
    table = Table(["", "peak MB", "least MB", "within 1.1"], {0})
    for title, each in found["memory"].items():
        peak, least = (f"{each[name] / 1e6:.0f}" for name in ("peak", "least"))
        table.add(title, peak, least, goals.verdict(within_bounds(each)))
    print(table)


def print_prices(found: dict):
    print("\nThe price of set_deterministic, on two localities of 1 thread")
    table = Table(["", "without", "with", "times"], {0})
    for title, each in found["prices"].items():
        without, with_it = each["without"], each["with"]
        table.add(title, shown_time(without), shown_time(with_it), f"{with_it / without:.2f}")
    print(table)


def print_planned(found: dict, goals: Goals):
    taken, predicted = (found["planned"][name] for name in ("taken", "predicted"))
    reached = goals.verdict(abs(predicted / taken - 1) <= PREDICTED)
    print(
        f"\nA program on two localities takes {shown_time(taken)}, hpxpy plan predicts "
        f"{shown_time(predicted)}: {predicted / taken:.2f} times, goal 0.8 to 1.2: {reached}"
    )


def print_localities(found: dict, goals: Goals):
    if not found:
        print("\nLocalities beside NumPy by hand: skipped, mpi4py is not installed")
        return
    print_times(found, goals)
    print_planned(found, goals)
    print_prices(found)
    print_memory(found, goals)
