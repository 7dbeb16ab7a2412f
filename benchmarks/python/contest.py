"""One case of one size and dtype: the answers compared, then the contestants timed in turns."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import numpy as np
from case import Case
from peers import Numpy, leaves

SLOW = 0.25  # seconds of a call from which fewer rounds say enough


class Limits:
    """The C++ program of what memory allows, waiting for its turns; nan without the program."""

    def __init__(self):
        folder = os.environ.get("HPXPY_BENCHMARKS", "build/release")
        program = Path(folder) / "bench_triad"
        self.process = None
        if program.exists():
            self.process = subprocess.Popen(
                [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )

    def seconds(self, case: Case, n: int, dtype: str, threads: int, repeats: int = 2) -> float:
        """The least time of moving what the case has to move."""
        if not self.process or not case.limit:
            return float("nan")
        kind, arrays = case.limit
        self.process.stdin.write(f"{kind} {dtype} {n} {threads} {repeats}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["seconds"] * arrays / 3

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def parts(result) -> list[np.ndarray]:
    return [np.asarray(part) for part in leaves(result)]


def difference(case: Case, expected: np.ndarray, given: np.ndarray) -> str:
    """What is wrong with an answer, in words; '' where it agrees as far as the dtype allows."""
    if given.dtype.kind != expected.dtype.kind or given.shape != expected.shape:
        return (
            f"{given.dtype} of shape {given.shape}, where NumPy gives {expected.dtype} "
            f"of shape {expected.shape}"
        )
    if not case.values:
        return ""
    if case.tolerance == 0 or expected.dtype.kind in "biu":
        same = np.array_equal(given, expected, equal_nan=expected.dtype.kind in "fc")
        return "" if same else "other elements than NumPy's"
    # As near as the narrower of the two may be.
    rounding = max(np.finfo(x.dtype).eps for x in (expected, given))
    tolerance = min(1e3 * rounding * case.tolerance, 0.1)
    absolute = tolerance
    if case.spreads and expected.size:
        absolute += rounding * case.tolerance * float(np.nanmax(np.abs(expected)))
    rows = expected.reshape(-1), given.reshape(-1)
    for first in range(0, rows[0].size, 1 << 20):
        want, have = (row[first : first + (1 << 20)] for row in rows)
        if not np.allclose(have, want, rtol=tolerance, atol=absolute, equal_nan=True):
            return f"elements that differ from NumPy's by {np.nanmax(np.abs(have - want)):g}"
    return ""


def timed(call, count: int) -> float:
    """Seconds of a call, results dropped as they come."""
    turns = range(count)
    begin = time.perf_counter()
    for _ in turns:
        call()
    return (time.perf_counter() - begin) / count


class Contest:
    """A case with its operands, held by each contestant; SystemExit where an answer is wrong."""

    def __init__(self, case: Case, n: int, dtype: str, peers: dict[str, Numpy]):
        self.case, self.n, self.dtype = case, n, dtype
        operands = case.operands(n, dtype)
        self.calls = {
            name: peer.call(case, [x.copy() for x in operands] if case.writes else operands)
            for name, peer in peers.items()
            if peer.can(case)
        }
        # The first calls give the answers and warm what has to be compiled.
        expected = parts(self.calls["numpy"]())
        for name, call in self.calls.items():
            if name != "numpy":
                self.check(name, expected, parts(call()))
        self.result_bytes = sum(part.nbytes for part in expected)
        self.operand_bytes = sum(operand.nbytes for operand in operands)

    def check(self, name: str, expected: list[np.ndarray], given: list[np.ndarray]):
        words = "" if len(given) == len(expected) else f"{len(given)} arrays"
        for want, have in zip(expected, given, strict=False):
            words = words or difference(self.case, want, have)
        if words:
            raise SystemExit(
                f"{self.case.title}, {self.n} elements, {self.dtype}: {name} gives {words}"
            )

    def seconds(self, limits: Limits, threads: int, rounds: int, slice_seconds: float) -> dict:
        """The best time of each contestant, and of the machine's limit, over the rounds."""
        once = {name: timed(call, 1) for name, call in self.calls.items()}
        counts = {
            name: max(1, round(slice_seconds / max(value, 1e-7))) for name, value in once.items()
        }
        found = {"limit": [], **{name: [] for name in self.calls}}
        for turn in range(rounds):
            found["limit"].append(limits.seconds(self.case, self.n, self.dtype, threads))
            for name, call in self.calls.items():
                if turn < 3 or once[name] < SLOW:
                    found[name].append(timed(call, counts[name]))
        return {name: min(values) for name, values in found.items()}
