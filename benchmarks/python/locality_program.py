"""What two localities compute together, beside the same by hand with NumPy and mpi4py.

`localities.py` starts it with `hpxpy run`; locality 0 prints a line of JSON. An answer that is
wrong ends the program.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import argparse
import json
import os

import hpxpy as hpx
import moving_programs
import numpy as np
from engine_program import check, seconds
from memory import peak_of

LINES = 4096  # of the square of Jacobi's method
TURNED = 2048  # of the matrix that goes from rows to columns
LONG = 20_000_000
SETTINGS = ("HPXPY_CACHE_LIMIT", "MALLOC_MMAP_THRESHOLD_")


def rows_of(lines: int) -> tuple[int, int]:
    """The first line of this locality's block, and the first that is another's again."""
    n, me = hpx.num_localities(), hpx.locality_id()
    starts = [lines // n * p + min(p, lines % n) for p in range(n + 1)]
    return starts[me], starts[me + 1]


class Jacobi:
    """A step of Jacobi's method on a square by slices, from one array into another."""

    def __init__(self, lines: int):
        self.lines = lines
        self.u = hpx.full((lines, lines), 1.0, distribution="block")
        self.v = hpx.full((lines, lines), 1.0, distribution="block")
        self.u[0] = self.v[0] = 0.0
        hpx.eval(self.u, self.v)

    def hpxpy(self):
        u, v = self.u, self.v
        v[1:-1, 1:-1] = (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) * 0.25
        self.u, self.v = v, u

    def prepare_by_hand(self):
        first, last = rows_of(self.lines)
        me, n = hpx.locality_id(), hpx.num_localities()
        self.above, self.below = int(me > 0), int(me < n - 1)
        shape = (last - first + self.above + self.below, self.lines)
        self.a, self.b = np.ones(shape), np.ones(shape)
        if me == 0:
            self.a[0] = self.b[0] = 0.0
        self.world = hpx.world.to_mpi4py()

    def by_hand(self):
        a, b, world, me = self.a, self.b, self.world, hpx.locality_id()
        if self.above:
            world.Sendrecv(a[1], me - 1, recvbuf=a[0], source=me - 1)
        if self.below:
            world.Sendrecv(a[-2], me + 1, recvbuf=a[-1], source=me + 1)
        b[1:-1, 1:-1] = (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]) * 0.25
        self.a, self.b = b, a

    def agree(self):
        own = self.a[self.above : len(self.a) - self.below]
        check(np.allclose(self.u.local_partition, own), "Jacobi")


class Elementwise:
    """a*2.5 + b of long arrays."""

    def __init__(self, n: int):
        self.a = hpx.full(n, 1.5, distribution="block")
        self.b = hpx.full(n, 0.5, distribution="block")
        hpx.eval(self.a, self.b)

    def hpxpy(self):
        self.result = self.a * 2.5 + self.b
        hpx.eval(self.result)

    def prepare_by_hand(self):
        self.x, self.y = (np.array(each.local_partition) for each in (self.a, self.b))

    def by_hand(self):
        self.own = self.x * 2.5 + self.y

    def agree(self):
        check(np.array_equal(self.result.local_partition, self.own), "a*2.5 + b")


class Sum:
    """The sum of a long array."""

    def __init__(self, n: int):
        self.a = hpx.full(n, 0.5, distribution="block")
        hpx.eval(self.a)

    def hpxpy(self):
        self.result = float(self.a.sum())

    def prepare_by_hand(self):
        self.x = np.array(self.a.local_partition)
        self.world = hpx.world.to_mpi4py()

    def by_hand(self):
        self.own = self.world.allreduce(float(self.x.sum()))

    def agree(self):
        check(self.result == self.own, "sum")


class Redistribute:
    """A square matrix from blocks of rows to blocks of columns."""

    def __init__(self, lines: int):
        self.lines = lines
        own = np.arange(lines * float(lines)).reshape(lines, lines)
        self.x = hpx.asarray(own, distribution="block")
        hpx.eval(self.x)

    def hpxpy(self):
        self.result = hpx.redistribute(self.x, "block", axis=1)
        hpx.eval(self.result)

    def prepare_by_hand(self):
        self.mine = np.array(self.x.local_partition)
        self.world = hpx.world.to_mpi4py()

    def by_hand(self):
        n, rows = hpx.num_localities(), len(self.mine)
        width = self.lines // n
        sent = np.ascontiguousarray(self.mine.reshape(rows, n, width).swapaxes(0, 1))
        came = np.empty((n, rows, width))
        self.world.Alltoall(sent, came)
        self.own = came.reshape(self.lines, width)

    def agree(self):
        check(np.array_equal(self.result.local_partition, self.own), "redistribute")


class AllReduce:
    """The element by element sum of what all localities give."""

    def __init__(self, n: int):
        self.x = hpx.arange(float(n))
        hpx.eval(self.x)

    def hpxpy(self):
        self.result = hpx.all_reduce(self.x)

    def prepare_by_hand(self):
        self.mine = np.array(self.x)
        self.own = np.empty_like(self.mine)
        self.world = hpx.world.to_mpi4py()

    def by_hand(self):
        self.world.Allreduce(self.mine, self.own)

    def agree(self):
        check(np.array_equal(np.asarray(self.result), self.own), "all_reduce")


def prices(samples: int, slice_seconds: float, small: bool) -> dict:
    """Seconds by title of what set_deterministic moves, without and with it."""
    scale = 64 if small else 1
    table = hpx.full((LONG // 100 // scale, 100), 0.5, distribution="block")
    cyclic = hpx.full(LONG // scale, 0.5, distribution="cyclic")
    hpx.eval(table, cyclic)
    programs = {
        "sum(axis=0), (2e5, 100)": lambda: table.sum(axis=0),
        "var(axis=0), (2e5, 100)": lambda: hpx.var(table, axis=0),
        "cumsum(axis=0), (2e5, 100)": lambda: hpx.cumsum(table, axis=0),
        "sum of cyclic, 2e7": lambda: cyclic.sum(),
        "sum, (2e5, 100)": lambda: table.sum(),
    }
    found = {}
    for title, program in programs.items():

        def call(program=program):
            hpx.eval(program())

        plain = program()
        without = seconds(call, samples, slice_seconds)
        with hpx.set_deterministic(True):
            # Of equal elements the sums are exact, so both are the same.
            check(bool(hpx.array_equal(plain, program())), title)
            found[title] = {"without": without, "with": seconds(call, samples, slice_seconds)}
    return found


def times(samples: int, slice_seconds: float, small: bool) -> dict:
    """Seconds by title: of hpxpy and by hand, both in this process, one after the other."""
    scale = 64 if small else 1
    programs = {
        f"Jacobi {LINES}²": lambda: Jacobi(LINES // scale),
        "a*2.5 + b, 2e7": lambda: Elementwise(LONG // scale),
        "sum, 2e7": lambda: Sum(LONG // scale),
        f"rows to columns, {TURNED}²": lambda: Redistribute(TURNED // scale),
        "all-reduce, 8 B": lambda: AllReduce(1),
        "all-reduce, 64 KB": lambda: AllReduce(8000),
        **moving_programs.programs(scale),
    }
    found = {}
    for title, make in programs.items():
        program = make()
        program.prepare_by_hand()
        program.hpxpy()
        program.by_hand()
        program.agree()
        found[title] = {
            "hpxpy": seconds(program.hpxpy, samples, slice_seconds),
            "by hand": seconds(program.by_hand, samples, slice_seconds),
        }
        # As many steps on both sides, which need not be so while they are timed.
        if not isinstance(program, Jacobi):
            program.agree()
    return found


def memory_cases(lines: int):
    """Title, call, and the bytes that it cannot do without: its result, and what travels."""
    n = hpx.num_localities()
    row, block = lines * 8, lines * lines * 8
    whole = np.ones((lines, lines))
    u = hpx.full((lines, lines), 1.0, distribution="block")
    v = hpx.full((lines, lines), 1.0, distribution="block")
    turned = hpx.full((lines, lines), 1.0, distribution="block", axis=1)
    hpx.eval(u, v, turned)
    strips = 4 * (n - 1) * row  # what comes, and copies of what goes

    def jacobi(target):
        target[1:-1, 1:-1] = (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) * 0.25

    def evaluated(make):
        return lambda: hpx.eval(make())

    place = {"distribution": "block"}
    yield "full", evaluated(lambda: hpx.full((lines, lines), 2.0, **place)), block
    yield "random", evaluated(lambda: hpx.random.rand(lines, lines, **place)), block
    yield "asarray(numpy)", evaluated(lambda: hpx.asarray(whole, **place)), block
    yield "u*2.5 + v", evaluated(lambda: u * 2.5 + v), block
    yield "(u*2.5 + v).sum()", lambda: float((u * 2.5 + v).sum()), 0
    yield "u[:-2] + u[2:]", evaluated(lambda: u[:-2] + u[2:]), block + strips
    yield "(u[:-2] + u[2:]).sum()", lambda: float((u[:-2] + u[2:]).sum()), strips
    yield (
        "turned[:, :-2] + turned[:, 2:]",
        evaluated(lambda: turned[:, :-2] + turned[:, 2:]),
        block + strips,
    )
    yield "Jacobi from u into v", lambda: jacobi(v), strips
    # Its right side is another array as long as u is read.
    yield "Jacobi in place", lambda: jacobi(u), block + strips
    # What goes to others is packed; it comes to where it stays.
    moved = block * (n - 1) // n
    turn = evaluated(lambda: hpx.redistribute(u, "block", axis=1))
    yield "redistribute to columns", turn, block + moved


def memory(lines: int) -> dict:
    """By title the bytes that all localities took at most, and the least that they must."""
    found = {}
    for title, call, least in memory_cases(lines):
        hpx.barrier()
        peak = sum(hpx.all_gather_object(peak_of(call)))
        found[title] = {"peak": peak, "least": least}
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=9)
    parser.add_argument("--slice", type=float, default=0.05)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--prices", action="store_true")
    parser.add_argument("--memory", type=int, metavar="LINES")
    options = parser.parse_args()
    if options.memory:
        missing = [name for name in SETTINGS if name not in os.environ]
        check(not missing, f"{missing} not set")
        found = memory(options.memory)
    else:
        measured = prices if options.prices else times
        found = measured(options.samples, options.slice, options.small)
    if hpx.locality_id() == 0:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
