"""Shares a distributed array with a C++ program of HPX, which joins while this one runs.

cmake -S docs/examples/partitioned_vector -B build/example -DCMAKE_PREFIX_PATH=<prefix of HPX>
cmake --build build/example
hpxpy run -n 2 docs/examples/partitioned_vector/share.py build/example/square
"""

# SPDX-License-Identifier: BSL-1.0
import subprocess
import sys

import hpxpy as hpx
from hpxpy.launcher import find_free_port

# Every locality must know where HPX's AGAS is, and the C++ program too.
agas = f"127.0.0.1:{sys.argv[2] if len(sys.argv) > 2 else 7910}"
hpx.init(engine="hpx", config=[f"--hpx:agas={agas}"])

x = hpx.arange(1, 1001, dtype=hpx.float64, distribution="block")
numbers = x.to_partitioned_vector("numbers")

if hpx.locality_id() == 0:
    square = subprocess.Popen(
        [sys.argv[1], f"--hpx:agas={agas}", f"--hpx:hpx=127.0.0.1:{find_free_port()}"]
        + ["--hpx:threads=1", "--hpx:bind=none"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    print("C++:", square.stdout.readline().rstrip())
hpx.barrier()

# What C++ wrote into our array, and what it shares.
assert float((numbers - x * x).sum()) == 0
sums = hpx.from_partitioned_vector("sums", hpx.float64)
total = float(numbers.sum())
assert float(sums.sum()) == total
if hpx.locality_id() == 0:
    print(f"Python: the squares of 1 to 1000 add up to {total:.0f}")
    square.communicate("done\n", timeout=30)
    assert square.returncode == 0
hpx.finalize()
