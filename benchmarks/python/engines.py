"""Compares the engines mpi, mpi over TCP and hpx: programs of 2 localities of 1 thread take turns.

`run.py` calls it. HPX's own all_reduce, called from C++ (bench_hpx_all_reduce), has its turn in
each round as well.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hpxpy import _core
from hpxpy.launcher import find_free_port
from table import Goals, Table, shown_time

LOCALITIES = 2
PROGRAM = Path(__file__).with_name("engine_program.py")
# MPICH takes shared memory within a host unless it is told to treat localities as if on several.
OVER_TCP = {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp"}
ENGINES = ("mpi", "mpi over TCP", "hpx")
# HPX's own collective with the settings HPX comes with, whose idle threads spin, and with those of
# engine hpx, whose idle threads soon sleep: which is faster depends on what else the processors do.
OWN = {
    "HPX's own": [],
    "HPX's own, idle asleep": [
        "--hpx:ini=hpx.max_idle_loop_count=10",
        "--hpx:ini=hpx.max_idle_backoff_time=5",
    ],
}
SMALL, LARGE = 8, 64_000_000
LARGE_GOAL = 2.0  # times mpi over TCP
SMALL_GOAL = 1.1  # times HPX's own
LIMIT = 300  # seconds of one program


def built(engine: str) -> bool:
    return Path(_core.__file__).with_name(f"_engine_{engine}.so").exists()


def end_all(processes):
    """Ends what still runs of them: each leads a session of its own."""
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in processes:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answer_of(commands: list[list[str]], environ: dict) -> dict:
    """The JSON that a program of these processes prints; SystemExit with its words if it fails."""
    with tempfile.TemporaryFile("w+") as said:
        streams = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": subprocess.STDOUT}
        processes = []
        try:
            for command in commands:
                processes.append(
                    subprocess.Popen(
                        command, env={**os.environ, **environ}, start_new_session=True, **streams
                    )
                )
            deadline = time.monotonic() + LIMIT
            codes = [process.wait(max(0, deadline - time.monotonic())) for process in processes]
        except subprocess.TimeoutExpired:
            codes = [f"none within {LIMIT} s"]
        finally:
            end_all(processes)
        said.seek(0)
        lines = said.read().splitlines()
    if any(codes) or not lines:
        words = "\n".join([" ".join(commands[0]), *lines, f"exit codes: {codes}"])
        raise SystemExit(f"engines: a program failed:\n{words}")
    return json.loads(next(line for line in reversed(lines) if line.startswith("{")))


def run_engine(who: str, options: list[str]) -> dict:
    """A turn of engine_program.py."""
    words = ["-n", str(LOCALITIES), "--threads", "1", "--engine", who.split()[0]]
    command = [sys.executable, "-m", "hpxpy", "run", *words, "--timeout", str(LIMIT - 10)]
    environ = OVER_TCP if "TCP" in who else {}
    return answer_of([[*command, str(PROGRAM), *options]], environ)


def own_program() -> Path | None:
    """HPX's own collective, where it was built."""
    path = Path(os.environ.get("HPXPY_BENCHMARKS", "build/release")) / "bench_hpx_all_reduce"
    return path if path.exists() else None


def run_own(options: list[str]) -> dict:
    """A turn of HPX's own all_reduce."""
    ports = []
    while len(ports) < LOCALITIES:
        port = find_free_port()
        if port not in ports:
            ports.append(port)
    commands = []
    for id_, port in enumerate(ports):
        words = [
            *(f"--hpx:localities={LOCALITIES}", f"--hpx:agas=127.0.0.1:{ports[0]}"),
            *(f"--hpx:hpx=127.0.0.1:{port}", "--hpx:threads=1", "--hpx:bind=none"),
            "--hpx:ignore-batch-env",
        ]
        if id_ > 0:
            words.append("--hpx:worker")
        commands.append([str(own_program()), *options, *words])
    return answer_of(commands, {})


def medians(turns: list):
    """What each turn found, joined: the median of every number."""
    first = turns[0]
    if isinstance(first, dict):
        return {key: medians([turn[key] for turn in turns]) for key in first}
    return statistics.median(turns)


def measure(quick: bool, show: bool) -> dict:
    """Medians over the rounds, by contestant; a contestant that was not built is missing."""
    rounds, samples = (1, 2) if quick else (5, 3)
    sizes = [SMALL, 32_768, 1_048_576] if quick else [SMALL, 1024, 32_768, 1_048_576, LARGE]
    rows, elements = (30_000, 1_000_000) if quick else (336_776, 20_000_000)
    options = [word for size in sizes for word in ("--size", str(size))]
    options += ["--samples", str(samples), "--slice", "0.005" if quick else "0.03"]
    options += ["--rows", str(rows), "--elements", str(elements)]
    own_options = [f"--samples={samples}", f"--calls={50 if quick else 500}", "--large-calls=1"]
    contestants = {who: (run_engine, (who, options)) for who in ENGINES if built(who.split()[0])}
    if own_program():
        for who, settings in OWN.items():
            contestants[who] = (run_own, ([*own_options, *settings],))
    found = {who: [] for who in contestants}
    for turn in range(rounds):
        for who, (run, arguments) in contestants.items():
            if show:
                sys.stderr.write(f"\r\033[Kengines: round {turn + 1} of {rounds}, {who}")
            found[who].append(run(*arguments))
    times = {who: medians(turns) for who, turns in found.items()}
    return {"times": times, "sizes": sizes, "rows": rows, "elements": elements}


def shown_size(size: int) -> str:
    for unit, one in (("MB", 1_000_000), ("KB", 1000)):
        if size >= one:
            return f"{size / one:.3g} {unit}"
    return f"{size} B" if size else ""


def shown_rate(size: int, seconds: float) -> str:
    """Bytes a second of a call; nothing where latency is all that counts."""
    return f"{size / seconds / 1e9:.3g}" if size >= 32_768 else ""


def shown(seconds: float) -> str:
    return shown_time(seconds) if seconds == seconds else "skipped"


def ratio(above: float, below: float) -> str:
    return f"{above / below:.2f}" if math.isfinite(above / below) else "-"


def print_collectives(found: dict, goals: Goals):
    times, nan = found["times"], float("nan")
    table = Table(
        ["collective", "bytes", *ENGINES, *(f"{who} GB/s" for who in ENGINES)]
        + ["hpx / TCP", "goal", "reached"],
        {0, 9, 10},
    )
    tcp_is_tcp = times.get("mpi over TCP", {}).get("over_loopback", 0) > 1
    for name in ("all_reduce", "broadcast", "gather", "all_gather", "scatter", "redistribute"):
        for size in found["sizes"]:
            seconds = [
                times[who]["collectives"][name][str(size)] if who in times else nan
                for who in ENGINES
            ]
            goal = "", ""
            if name == "all_reduce" and size == LARGE:
                goal = f"{LARGE_GOAL:g} x mpi over TCP", "skipped"
                if "hpx" in times and tcp_is_tcp:
                    goal = goal[0], goals.verdict(seconds[2] <= LARGE_GOAL * seconds[1])
            table.add(
                name,
                shown_size(size),
                *map(shown, seconds),
                *(shown_rate(size, value) if value == value else "-" for value in seconds),
                ratio(seconds[2], seconds[1]),
                *goal,
                group=name,
            )
    waits = [times[who]["collectives"]["barrier"]["0"] if who in times else nan for who in ENGINES]
    words = (*map(shown, waits), "", "", "", ratio(waits[2], waits[1]), "", "")
    table.add("barrier", "", *words, group="barrier")
    print(
        f"\nCollectives between {LOCALITIES} localities of 1 thread, medians of programs in turns."
    )
    print("Bytes are those of the array that is given or, for scatter and redistribute, cut;")
    print("redistribute's smallest has 32. GB/s: these bytes a second.")
    if "mpi over TCP" in times and not tcp_is_tcp:
        print("This MPI did not use TCP though it was told to.")
    print(f"\n{table}")


def print_programs(found: dict):
    times, nan = found["times"], float("nan")
    table = Table(["program", "size", *ENGINES, "hpx / mpi"], {0})
    for key, title, size in (
        ("flights", "flights: statistics and fit", found["rows"]),
        ("fused", "((a*b + c)**2).sum()", found["elements"]),
    ):
        seconds = [times[who][key] if who in times else nan for who in ENGINES]
        words = (*map(shown, seconds), ratio(seconds[2], seconds[0]))
        table.add(title, f"{size:,}", *words)
    print("\nWhole computations on the same localities; of the flights, from scattering on.\n")
    print(table)


def print_own(found: dict, goals: Goals):
    times, nan = found["times"], float("nan")
    table = Table(
        ["all_reduce (sum) on HPX", "bytes", *(f"{who}, C++" for who in OWN), "hpxpy, Python"]
        + ["hpxpy / HPX", "goal", "reached"],
        {0, 6, 7},
    )
    for key, size in (("double", SMALL), ("vector", LARGE)):
        ours = times.get("hpx", {}).get("collectives", {}).get("all_reduce", {}).get(str(size), nan)
        own = [times.get(who, {}).get(key, nan) for who in OWN]
        goal = "", ""
        if size == SMALL:
            goal = f"{SMALL_GOAL} x the better of HPX's own", "skipped"
            if ours == ours and min(own) == min(own):
                goal = goal[0], goals.verdict(ours <= SMALL_GOAL * min(own))
        words = (shown_size(size), *map(shown_time, (*own, ours)), ratio(ours, min(own)))
        table.add(f"{size // 8:,} float64", *words, *goal)
    print("\nHPX's own collective, called directly, beside ours on HPX.\n")
    print(table)


def print_engines(found: dict, goals: Goals):
    for engine in ("mpi", "hpx"):
        if engine not in found["times"]:
            print(f"\nEngine {engine} was skipped: hpxpy was built without it.")
    if "hpx" in found["times"] and "HPX's own" not in found["times"]:
        print("\nHPX's own collective was skipped: no bench_hpx_all_reduce in HPXPY_BENCHMARKS.")
    print_collectives(found, goals)
    print_programs(found)
    print_own(found, goals)
