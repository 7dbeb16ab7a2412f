"""Peak memory of a call: bytes that were not there before it, the result among them.

run.py keeps a process of each contestant, `memory.py numpy|numexpr|numba|jax|hpxpy`, which answers
one line of JSON, [title, elements, dtype, threads], with another, the bytes. `memory.py families`
prints a table of every family of functions (families.py) against NumPy.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from families import FAMILIES, Imported

# Freed memory goes back to the system, so that no later call can hide in it.
SETTINGS = {"HPXPY_CACHE_LIMIT": "0", "MALLOC_MMAP_THRESHOLD_": "65536"}
LEAST = 1_000_000  # elements from which a peak says something


class MemoryProcess:
    """One contestant in a process of its own."""

    def __init__(self, name: str):
        self.process = subprocess.Popen(
            [sys.executable, __file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **SETTINGS},
        )

    def peak(self, title: str, n: int, dtype: str, threads: int) -> int:
        self.process.stdin.write(json.dumps([title, n, dtype, threads]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"memory.py: /proc/self/status has no {name}")


def peak_of(call) -> int:
    """Bytes of resident memory that a call takes at most, beyond what it found."""
    call()
    gc.collect()
    # Sets the peak back to what is resident now.
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    call()
    return max(0, status("VmHWM") - before)


def answer(name: str):
    from cases import CASES
    from peers import installed

    peer = installed([name])[0][name]
    threads_before = None
    for line in sys.stdin:
        title, n, dtype, threads = json.loads(line)
        if threads != threads_before:
            peer.set_threads(threads)
            threads_before = threads
        case = CASES[title]
        call = peer.call(case, case.operands(n, dtype))
        print(json.dumps(peak_of(call)), flush=True)
        del call


def size_of(result) -> int:
    """Bytes of the arrays in a result."""
    if isinstance(result, (tuple, list)):
        return sum(size_of(each) for each in result)
    return getattr(result, "nbytes", 0)


def family_peak(library, family, n: int, dtype: str) -> dict[str, int]:
    """The bytes of a family's result, and those that its call takes at most besides."""
    operands = family.operands(n, dtype)
    if library is not np and not isinstance(family, Imported):
        operands = [library.asarray(operand) for operand in operands]
    compute, sizes = family.of(library), []

    def call():
        result = compute(library, *operands)
        if library is not np:
            arrays = result if isinstance(result, (tuple, list)) else [result]
            library.eval(*(each for each in arrays if isinstance(each, library.ndarray)))
        sizes.append(size_of(result))

    peak = peak_of(call)
    return {"result": sizes[-1], "besides": peak - sizes[-1]}


def measure_families(library, n: int, wanted: str) -> None:
    """A line of JSON for each family whose title has the text `wanted` in it."""
    for family in FAMILIES:
        for dtype in family.dtypes if wanted in family.title else ():
            row = {"title": family.title, "dtype": dtype, "allowed": family.besides * n}
            try:
                row |= family_peak(library, family, n, dtype)
            except (TypeError, AttributeError, MemoryError) as error:
                row["error"] = f"{type(error).__name__}: {error}"
            print(json.dumps(row), flush=True)


def print_families(n: int, wanted: str) -> None:
    """The table of what hpxpy and NumPy take besides the results, in MB."""
    found = {}
    for name in ("numpy", "hpxpy"):
        command = [sys.executable, __file__, "families", name, str(n), wanted]
        text = subprocess.run(
            command, env={**os.environ, **SETTINGS}, stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        for row in map(json.loads, text.splitlines()):
            found.setdefault((row["title"], row["dtype"]), {})[name] = row
    print(f"MB besides the result, {n} elements")
    print(f"{'':36}{'result':>9}{'NumPy':>9}{'hpxpy':>9}")
    for (title, dtype), rows in found.items():
        cells = [rows["hpxpy"].get("result", 0) / 1e6] + [
            rows[name].get("besides", float("nan")) / 1e6 for name in ("numpy", "hpxpy")
        ]
        print(f"{title:27.27} {dtype:8}" + "".join(f"{cell:9.0f}" for cell in cells))
        for name in ("numpy", "hpxpy"):
            if "error" in rows[name]:
                print(f"    {name}: {rows[name]['error']}")


def families(name: str = "20000000", n: str = "", wanted: str = "") -> None:
    """Prints [elements [wanted]]; with a library's name in front measures for that."""
    if name.isdigit():
        print_families(int(name), wanted=n)
        return
    if name == "numpy":
        measure_families(np, int(n), wanted)
        return
    import hpxpy

    hpxpy.init(num_threads=int(os.environ.get("HPXPY_NUM_THREADS", "2")))
    measure_families(hpxpy, int(n), wanted)


if __name__ == "__main__":
    if sys.argv[1] == "families":
        families(*sys.argv[2:])
    else:
        answer(sys.argv[1])
