"""The sweep: every function at three sizes against NumPy, and which are the slowest.

run.py calls it with the cases of sweep_rows.py.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import numpy as np
from case import Case
from contest import Contest, timed
from table import Goals, Table, shown_time

SHARE = 0.9
"""of NumPy's speed that every function should have"""
WORST = 10
SLICE, ROUNDS = 0.004, 3
AGAIN_SLICE, AGAIN_ROUNDS = 0.02, 7


def best(contest: Contest, rounds: int, slice_seconds: float) -> dict[str, float]:
    """The least seconds of a call of each contestant, in turns."""
    once = {name: timed(call, 1) for name, call in contest.calls.items()}
    counts = {name: max(1, round(slice_seconds / max(t, 1e-7))) for name, t in once.items()}
    for _ in range(rounds):
        for name, call in contest.calls.items():
            once[name] = min(once[name], timed(call, counts[name]))
    return once


def measured(case: Case, n: int, dtype: str, peers) -> dict:
    """A row of the sweep. What seems slow is measured longer: the machine may be busy."""
    with np.errstate(all="ignore"):
        contest = Contest(case, n, dtype, peers)
        seconds = best(contest, ROUNDS, SLICE)
        if seconds["numpy"] < SHARE * seconds["hpxpy"]:
            longer = best(contest, AGAIN_ROUNDS, AGAIN_SLICE)
            seconds = {name: min(value, longer[name]) for name, value in seconds.items()}
    share = seconds["numpy"] / seconds["hpxpy"]
    return {"title": case.title, "n": n, "dtype": dtype, "seconds": seconds, "share": share}


def sweep(chosen: list[tuple[Case, int, str]], peers, progress) -> tuple[list[dict], list[str]]:
    """The rows, and what is wrong with answers; those have no row."""
    rows, wrong = [], []
    for done, (case, n, dtype) in enumerate(chosen):
        progress(f"{done} of {len(chosen)}: {case.title}, {n}, {dtype}")
        try:
            rows.append(measured(case, n, dtype, peers))
        except SystemExit as error:
            wrong.append(str(error))
    progress("")
    return rows, wrong


def print_sweep(rows: list[dict], goals: Goals):
    """Of each size how many rows reach the share; the worst ten, and all that do not reach it."""
    print(
        f"\nEvery function: the worst {WORST} of each size, and all below {SHARE} of NumPy's speed."
    )
    for n in sorted({row["n"] for row in rows}):
        of_size = sorted((row for row in rows if row["n"] == n), key=lambda row: row["share"])
        slow = sum(row["share"] < SHARE for row in of_size)
        table = Table(["function", "dtype", "NumPy", "hpxpy", "x NumPy", "reached"], {0, 1, 5})
        for row in of_size[: max(slow, WORST)]:
            seconds = row["seconds"]
            table.add(
                row["title"],
                row["dtype"],
                shown_time(seconds["numpy"]),
                shown_time(seconds["hpxpy"]),
                f"{row['share']:.2f}",
                "yes" if row["share"] >= SHARE else "NO",
            )
        goals.asked += len(of_size)
        goals.reached += len(of_size) - slow
        median = of_size[len(of_size) // 2]["share"]
        print(f"\n{n} elements: {slow} of {len(of_size)} below; the middle one {median:.2f}.\n")
        print(table)
