"""Who runs beside whom: calls that give evaluated results, timed in turns within one run."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import hpxpy as hpx
import numexpr
import numpy as np
from expressions import Expression, hpxpy_operands, numpy_operands


class TriadProcess:
    """The C++ triad, waiting for its turns; without the program there is no answer."""

    def __init__(self):
        folder = os.environ.get("HPXPY_BENCHMARKS", "build/release")
        program = Path(folder) / "bench_triad"
        self.process = None
        if program.exists():
            self.process = subprocess.Popen(
                [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )

    def seconds(self, n: int, dtype: str, threads: int, repeats: int) -> float:
        if not self.process:
            return float("nan")
        self.process.stdin.write(f"{dtype} {n} {threads} {repeats}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["seconds"]

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def hpxpy_call(expression: Expression, operands):
    compute, evaluate = expression.compute, hpx.eval

    def call():
        result = compute(hpx, *operands)
        evaluate(result)
        return result

    return call


def numpy_call(expression: Expression, operands):
    compute = expression.compute
    return lambda: compute(np, *operands)


def check(expression: Expression, dtype: str, expected, given, who: str):
    """Raises unless the answers agree as far as the dtype allows."""
    given = np.asarray(given)
    if given.dtype != np.dtype(dtype) or given.shape != np.shape(expected):
        raise SystemExit(
            f"{expression.title}: {who} gives {given.dtype} of shape {given.shape} "
            f"where NumPy gives {dtype} of shape {np.shape(expected)}"
        )
    tolerance = {"float64": 1e-12, "float32": 2e-6}[dtype]
    # Sums are joined in different orders; numexpr adds float32 one after the other and loses most.
    if expression.scalar:
        tolerance = {"float64": 1e-10, "float32": 0.1 if who == "numexpr" else 1e-5}[dtype]
    rows = np.ravel(expected), np.ravel(given)
    for first in range(0, rows[0].size, 1 << 20):
        want, have = (part[first : first + (1 << 20)] for part in rows)
        if not np.allclose(have, want, rtol=tolerance, atol=4 * tolerance):
            worst = np.max(np.abs(have - want))
            raise SystemExit(f"{expression.title}, {dtype}: {who} differs from NumPy by {worst}")


def repeats_for(call, seconds: float) -> int:
    """How many calls take about that long."""
    begin = time.perf_counter()
    call()
    once = time.perf_counter() - begin
    return max(1, round(seconds / max(once, 1e-7)))


def timed(call, count: int) -> float:
    """Seconds of a call, results dropped as they come."""
    turns = range(count)
    begin = time.perf_counter()
    for _ in turns:
        call()
    return (time.perf_counter() - begin) / count


class Contest:
    """One expression, dtype and size with its operands; `run` measures for a number of threads."""

    def __init__(self, expression: Expression, n: int, dtype: str):
        self.expression, self.n, self.dtype = expression, n, dtype
        self.operands = numpy_operands(expression, n, dtype)
        self.numpy = numpy_call(expression, self.operands)
        self.numexpr = expression.numexpr_call(numexpr, self.operands, dtype)

    def run(self, threads: int, triad: TriadProcess, rounds: int, slice_seconds: float) -> dict:
        numexpr.set_num_threads(threads)
        if hpx.is_running():
            hpx.finalize()
        hpx.init(num_threads=threads)
        # Made under the pool that will use them.
        own = hpxpy_operands(hpx, self.expression, self.n, self.dtype)
        calls = {
            "numpy": self.numpy,
            "numexpr": self.numexpr,
            "hpxpy": hpxpy_call(self.expression, own),
        }
        expected = calls["numpy"]()
        for who in ("numexpr", "hpxpy"):
            check(self.expression, self.dtype, expected, calls[who](), who)
        del expected
        counts = {who: repeats_for(call, slice_seconds) for who, call in calls.items()}
        seconds = {"triad": [], **{who: [] for who in calls}}
        elements = int(np.prod(self.expression.shape(self.n)))
        for _ in range(rounds):
            seconds["triad"].append(triad.seconds(elements, self.dtype, threads, 2))
            for who, call in calls.items():
                seconds[who].append(timed(call, counts[who]))
        return {who: min(times) for who, times in seconds.items()}


def overhead(rounds: int, count: int) -> dict:
    """Seconds of `a + b` on 10 elements, as Python's statement and with an explicit eval."""
    a, b = np.arange(10.0), np.arange(10.0) + 0.5
    x, y = hpx.array(a), hpx.array(b)
    result = x + y
    if not np.array_equal(np.asarray(result), a + b):
        raise SystemExit("a + b on 10 elements: hpxpy differs from NumPy")
    loops = {}
    namespace = {"a": a, "b": b, "x": x, "y": y, "evaluate": hpx.eval, "clock": time.perf_counter}
    statements = {
        "numpy": "a + b",
        "hpxpy": "x + y",
        "hpxpy eval": "r = x + y; evaluate(r)",
    }
    for who, statement in statements.items():
        source = (
            "def loop(turns):\n    begin = clock()\n    for _ in turns:\n"
            f"        {statement}\n    return clock() - begin\n"
        )
        exec(source, namespace)
        loops[who] = namespace["loop"]
    seconds = {who: [] for who in loops}
    for _ in range(rounds):
        for who, loop in loops.items():
            seconds[who].append(loop(range(count)) / count)
    return {who: min(times) for who, times in seconds.items()}
