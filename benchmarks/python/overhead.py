"""What a statement on ten elements costs, where Python's part is all that counts."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import time

import hpxpy as hpx
import numpy as np

OVERHEAD_GOAL = 1.5  # times NumPy's


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
