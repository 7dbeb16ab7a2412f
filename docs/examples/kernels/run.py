"""Twelve kernels of linear algebra, stencils, masks and transforms, on arrays that are dealt out.

    python run.py                           hpxpy run -n 2 run.py --check
    mpiexec -n 4 python run.py --size 400   hpxpy run -n 4 run.py --only hdiff softmax

kernels.py has them as NumPy writes them, and nothing in them knows of localities: their arrays are
made in blocks of rows here. For each kernel a line tells what all localities together sent, beside
what its formula says.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import hpxpy as hpx
import numpy as np

import kernels

# Bookkeeping of calls, and what bringing results together for a comparison sends.
NOT_COUNTED = {"agreement", "join"}
STEPS = 10


def made(n: int) -> dict[str, Any]:
    """NumPy's arrays by kernel, the same on every locality; True marks those that are dealt out."""
    rng = np.random.default_rng(7)
    square = [rng.random((n, n)) for _ in range(4)]
    vector = [rng.random(n) for _ in range(6)]
    count = 8 * n
    rows = np.sort(rng.integers(0, n, count))
    plane = rng.random((n, n, 4))
    side = np.linspace(-2, 2, n)
    signal = rng.random(1 << n.bit_length()) + 1j * rng.random(1 << n.bit_length())
    return {
        "two_mm": [(x, True) for x in square],
        "three_mm": [(x, True) for x in square],
        "atax": [(square[0], True), (vector[0], False)],
        "bicg": [(square[0], True), (vector[0], False), (vector[1], True)],
        "gemver": [
            (square[0], True),
            (vector[:2], True),
            (vector[2:4], False),
            (vector[4], True),
            (vector[5], False),
        ],
        "correlation": [(square[0], True)],
        "jacobi2d": [(square[0], True), (square[1], True), (STEPS, None)],
        "hdiff": [(plane, True), (plane[2:-2, 2:-2] * 0.1, True)],
        "mandelbrot": [(side[:, None] + 1j * side, True), (STEPS, None)],
        "softmax": [(plane, True)],
        "spmv": [
            (rows, True),
            (rng.integers(0, n, count), True),
            (rng.random(count), True),
            (vector[0], True),
        ],
        "stockham_fft": [(signal, True)],
    }


def dealt(value: Any, how: str | None) -> Any:
    if how is None:
        return value
    if isinstance(value, list):
        return [dealt(each, how) for each in value]
    return hpx.asarray(value, distribution="block" if how else None)


def foreign(length: int, positions: np.ndarray, p: int) -> int:
    """How many positions in blocks name rows that another locality has."""

    def owners(count: int, indices: Any) -> Any:
        large, rest = count // p + 1, count % p
        cut = large * rest
        small = np.maximum(count // p, 1)
        return np.where(indices < cut, indices // large, rest + (indices - cut) // small)

    holders = owners(len(positions), np.arange(len(positions)))
    return int((owners(length, positions) != holders).sum())


def formulas(n: int, p: int, data: dict[str, Any]) -> dict[str, Any]:
    """Bytes that p localities send in all, and whether that is so or the most that it can be."""
    ring = (p - 1) * n * n * 8  # the blocks of one matrix go round
    joined = p * (p - 1) * 8  # each gives an element of the result to all others
    strip = (p - 1) * 8  # an element of every line at a bound, from one neighbour
    points = len(data["stockham_fft"][0][0])
    asked = foreign(n, data["spmv"][1][0], p)
    return {
        "two_mm": (2 * ring, True),
        "three_mm": (3 * ring, True),
        "atax": (joined * n, True),
        "bicg": (joined * n, True),
        "gemver": (joined * n, True),
        # The mean is one number a column, the spread three.
        "correlation": (joined * (n * n + 4 * n), True),
        "jacobi2d": (STEPS * 2 * 2 * strip * (n - 2), True),
        "hdiff": (strip * 4 * (2 * (n - 2) + 5 * (n - 4)), False),
        "mandelbrot": (0, True),
        "softmax": (0, True),
        # A position there and an element back; and the least and the largest row.
        "spmv": (asked * 16 + joined * (n + 2), True),
        # Each stage brings halves together, and lays them down anew.
        "stockham_fft": ((points.bit_length() - 1) * 2 * points * 16, False),
    }


def sent() -> int:
    """Bytes that this locality has given to others, without bookkeeping."""
    total = hpx.counters.get("/hpxpy/bytes_sent")
    aside = sum(hpx.counters.get(f"/hpxpy/bytes_sent/{kind}") for kind in NOT_COUNTED)
    return int(total - aside)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=200, help="rows of a matrix")
    parser.add_argument("--only", nargs="+", metavar="KERNEL")
    parser.add_argument("--check", action="store_true", help="compare with NumPy")
    options = parser.parse_args()
    p, data = hpx.num_localities(), made(options.size)
    expected = formulas(options.size, p, data)
    failed = []
    for name in options.only or data:
        kernel = getattr(kernels, name)
        own = [dealt(value, how) for value, how in data[name]]
        hpx.eval(*[x for x in own if isinstance(x, hpx.ndarray)])
        before, start = sent(), time.perf_counter()
        result = kernel(hpx, *own)
        parts = result if isinstance(result, tuple) else (result,)
        hpx.eval(*parts)
        seconds = time.perf_counter() - start
        given = int(hpx.all_reduce(hpx.asarray(sent() - before)))
        if options.check:
            theirs = kernel(np, *[np.array(v) if how is not None else v for v, how in data[name]])
            theirs = theirs if isinstance(theirs, tuple) else (theirs,)
            same = all(
                np.allclose(np.asarray(x.to_numpy()), y, rtol=1e-11, atol=1e-11)
                for x, y in zip(parts, theirs, strict=True)
            )
            if not same:
                failed.append(name)
        most, exact = expected[name]
        if options.check and (given > most or (exact and given != most)):
            failed.append(f"{name} (bytes)")
        if hpx.locality_id() == 0:
            formula = f"formula {most:,}" if exact else f"at most {most:,}"
            print(f"{name:12} {seconds * 1e3:9.2f} ms, {given:,} B sent, {formula}")
    if failed:
        sys.exit(f"not as NumPy and the formulas: {', '.join(failed)}")
    if options.check and hpx.locality_id() == 0:
        print(f"All kernels agree with NumPy's and with their formulas; localities: {p}")


if __name__ == "__main__":
    main()
