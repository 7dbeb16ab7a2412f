"""Peak memory: what a call of each family of functions takes besides its result.

The families, and what their algorithms need, stand in benchmarks/python/families.py. Each is
measured in a process of its own, in which freed memory goes back to the system.
"""
# SPDX-License-Identifier: BSL-1.0

import json
import os
import subprocess
import sys
from pathlib import Path

import hpxpy as hpx
import pytest

pytestmark = pytest.mark.local

ELEMENTS = 10_000_000
SLACK = 9_000_000  # bytes: buffers of threads, and what the allocator rounds up to
PROGRAM = Path(__file__).parents[2] / "benchmarks" / "python" / "memory.py"
BOUNDED = (
    "cumsum",
    "cumprod(x)",
    "histogram(x",
    "bincount",
    "searchsorted",
    "digitize",
    "interp",
    "isin",
    "normal",
    "random(",
    "exponential",
    "asarray(numpy",
    "from_numpy",
    "x[...] = numpy",
    "(x)",
    "mean(x)",
    "concat",
    "pad(x, 3)",
    "where",
    "x[m]",
    "take",
    "x[i]",
    "put",
    "repeat(",
    "tile",
    "median",
    "quantile",
    "cov",
    "corrcoef",
    "convolve",
    "correlate",
    "@",
    "astype",
)
SETTINGS = {"HPXPY_CACHE_LIMIT": "0", "MALLOC_MMAP_THRESHOLD_": "65536", "HPXPY_NUM_THREADS": "2"}
LEFT = (
    "histogram(x, 'auto')",
    "sort",
    "argsort",
    "resize",
    "insert",
    "delete",
    "rfft",
    "unwrap",
    "histogram2d",
)


@pytest.mark.distributed
@pytest.mark.skipif(hpx.num_localities() > 1, reason="one process is measured")
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("wanted", BOUNDED)
def test_nothing_is_stored_whole_besides_the_result(wanted):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "families", "hpxpy", str(ELEMENTS), wanted],
        env={**os.environ, **SETTINGS},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=240,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    rows = [row for row in rows if not row["title"].startswith(LEFT)]
    assert rows
    too_much = [row for row in rows if "error" in row or row["besides"] > row["allowed"] + SLACK]
    assert not too_much
