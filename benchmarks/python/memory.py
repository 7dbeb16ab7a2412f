"""Peak memory of a call: bytes that were not there before it, the result among them.

run.py keeps a process of each contestant, `memory.py numpy|numexpr|numba|jax|hpxpy`, which answers
one line of JSON, [title, elements, dtype, threads], with another, the bytes.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

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


if __name__ == "__main__":
    answer(sys.argv[1])
