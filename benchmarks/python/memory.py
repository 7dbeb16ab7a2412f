"""Peak memory of one contestant in a process of its own: operands, then the expression thrice.

Run by run.py as `memory.py numpy|numexpr|hpxpy <expression> <n> <dtype> <threads>`; prints the
peak in bytes, the interpreter and its libraries included.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from expressions import EXPRESSIONS, Expression, hpxpy_operands, numpy_operands


def peak_bytes() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("memory.py: /proc/self/status has no VmHWM")


def measure(who: str, expression: Expression, n: int, dtype: str, threads: int) -> int:
    if who == "hpxpy":
        import hpxpy as hpx

        hpx.init(num_threads=threads)
        operands = hpxpy_operands(hpx, expression, n, dtype)

        def call():
            result = expression.compute(hpx, *operands)
            hpx.eval(result)

    elif who == "numexpr":
        import numexpr

        numexpr.set_num_threads(threads)
        call = expression.numexpr_call(numexpr, numpy_operands(expression, n, dtype), dtype)
    else:
        import numpy

        operands = numpy_operands(expression, n, dtype)

        def call():
            expression.compute(numpy, *operands)

    for _ in range(3):
        call()
    return peak_bytes()


def in_subprocess(who: str, expression: Expression, n: int, dtype: str, threads: int) -> int:
    words = [who, str(EXPRESSIONS.index(expression)), str(n), dtype, str(threads)]
    done = subprocess.run(
        [sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True, check=True
    )
    return int(done.stdout)


if __name__ == "__main__":
    library, index, size, name, count = sys.argv[1:]
    print(measure(library, EXPRESSIONS[int(index)], int(size), name, int(count)))
