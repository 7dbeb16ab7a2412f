"""Calls whose exchanges follow from shapes and maps alone, or from counts that are the same on each
locality, one kind after the other.

With --no-values without those that read values; with the words of another program, that one runs.
Prints, on each locality, what it has sent by kind and the most memory that it held.
tests/multi/test_plan.py compares that with `hpxpy plan`.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import io
import json
import runpy
import sys

import hpxpy as hpx
import numpy as np


def counts():
    found = {}
    for name in hpx.counters.discover("/hpxpy/*/*"):
        _, _, what, kind = name.split("/")
        if what in ("messages", "bytes_sent"):
            found.setdefault(kind, {})[what] = hpx.counters.get(name)
    return found


def elementwise(n):
    x = hpx.linspace(0, 1, n, distribution="block")
    y = hpx.arange(n, distribution="cyclic") * 0.5
    hpx.eval(x + y)
    hpx.eval(x[::-1] * x)
    hpx.eval(x[1:] - x[:-1])
    hpx.eval(x[::3][: n // 5] + x[: n // 5])
    u = hpx.ones((37, 23), distribution="block")
    for _ in range(3):
        u[1:-1, 1:-1] += 0.1 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
    hpx.eval(u + u.T if u.shape[0] == u.shape[1] else u)


def grids():
    u = hpx.ones((24, 36), distribution=("block", "block"))
    for _ in range(2):
        u[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
    hpx.eval(u.sum(axis=0))
    hpx.eval(hpx.redistribute(u, "block", axis=1))
    hpx.eval(hpx.redistribute(u, None))
    hpx.eval(u @ hpx.ones((36, 20), distribution=("block", "block")))


def reductions(n):
    x = hpx.linspace(0, 1, n, distribution="block")
    for name in ("sum", "prod", "mean", "var", "min", "max", "argmin"):
        hpx.eval(getattr(hpx, name)(x))
    hpx.eval((x * x - 0.3 * x).sum())
    u = hpx.ones((50, 7), distribution="block")
    hpx.eval(u.sum(axis=0), u.mean(axis=1), u.var(axis=0))
    hpx.eval(hpx.ones((7, 5000), distribution="block").sum(axis=0))
    hpx.eval(hpx.cumulative_sum(x), hpx.cumulative_sum(x[::-1]))
    hpx.eval(hpx.cumulative_sum(u, axis=0))


def products():
    a = hpx.ones((40, 30), distribution="block")
    hpx.eval(a @ hpx.ones((30, 20), distribution="block"))
    hpx.eval(a.T @ a)
    hpx.eval(a @ hpx.ones(30))
    x = hpx.ones(1000, distribution="block")
    hpx.eval(x @ x)


def shapes(n):
    x = hpx.linspace(0, 1, n, distribution="block")
    u = hpx.ones((n // 20, 20), distribution="block")
    hpx.eval(hpx.roll(x, 7), hpx.pad(x, 2), hpx.concat([x, x[: n // 3]]), hpx.repeat(x, 2))
    hpx.eval(hpx.reshape(u, (20, n // 20)), hpx.ravel(u), hpx.tile(x, 2), hpx.flip(u, axis=0))
    hpx.eval(hpx.insert(x, 5, 1.0), hpx.delete(x, 5), hpx.stack([x, x]), hpx.split(x, [n // 3])[1])
    hpx.eval(hpx.tril(u), hpx.diag(x[:20]), hpx.diagonal(u), hpx.trace(u), hpx.rot90(u))
    hpx.eval(hpx.diff(x), hpx.gradient(x), hpx.convolve(x, hpx.asarray([1.0, 2.0, 1.0])))


def transforms():
    x = hpx.linspace(0, 1, 1200, distribution="block")
    u = hpx.ones((48, 36), distribution="block")
    hpx.eval(hpx.fft.fft(x), hpx.fft.irfft(hpx.fft.rfft(x)), hpx.fft.fft(x[:1009]))
    hpx.eval(hpx.fft.fft2(u), hpx.fft.ifft(u, axis=0), hpx.fft.fftshift(x))


def factors():
    a = hpx.reshape(hpx.arange(2400, distribution="block") % 7 * 1.0, (240, 10))
    hpx.eval(*hpx.linalg.qr(a))
    hpx.eval(hpx.linalg.norm(a), hpx.einsum("ij,kj->ik", a, a), hpx.tensordot(a, a, 2))


def values_read():
    """What reads values, and so cannot be planned without them."""
    b = hpx.ones(240, distribution="block")
    hpx.linalg.cg(lambda v: 2 * v, b, maxiter=3)
    same_counts_everywhere()
    panels()


def panels():
    """Factorisations of one matrix, whose panels each locality tells in turn."""
    s = 200 * hpx.eye(150, distribution="block") + 1
    few, many = hpx.ones(150, distribution="block"), hpx.ones((150, 140), distribution="block")
    hpx.eval(hpx.linalg.cholesky(s), hpx.linalg.inv(s), hpx.linalg.det(s))
    hpx.eval(hpx.linalg.solve(s, few), hpx.linalg.solve(s, many))


def same_counts_everywhere():
    """Positions and masks that give each locality as much as any other: the plan knows the rest."""
    size = 300 * hpx.num_localities()
    x = hpx.arange(size, distribution="block")
    kept = x[x % 3 == 0]
    hpx.eval(kept[1:] - kept[:-1])
    hpx.eval(hpx.take(x, (x + 300) % size))
    hpx.eval(hpx.nonzero(x % 2 == 0)[0] + 1)


def collectives():
    mine = np.arange(10.0) + hpx.locality_id()
    hpx.eval(hpx.all_reduce(mine, op="sum"))
    hpx.eval(hpx.all_reduce(np.ones(5000), op="max"))
    hpx.inclusive_scan(mine, op="sum")
    hpx.exclusive_scan(mine, op="sum")
    hpx.all_gather(mine)
    hpx.gather(mine, root=0)
    root = hpx.num_localities() - 1
    is_root = hpx.locality_id() == root
    hpx.eval(hpx.broadcast(np.arange(12.0).reshape(3, 4) if is_root else None, root=root))
    x = hpx.scatter(np.arange(101.0) if is_root else None, root=root, distribution="block")
    hpx.eval(x * 2)
    hpx.all_to_all(np.ones((hpx.num_localities(), 6)))
    hpx.broadcast_object({"a": 1} if hpx.locality_id() == 0 else None)
    hpx.barrier("here")


def everything_else():
    elementwise(1001)
    elementwise(5)
    grids()
    reductions(1001)
    reductions(100_003)
    reductions(3)
    products()
    shapes(1000)
    transforms()
    factors()
    collectives()


def main():
    hpx.num_localities()
    before = counts()
    if sys.argv[1:] == ["--no-values"]:
        everything_else()
    elif sys.argv[1:]:
        del sys.argv[0]
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        everything_else()
        values_read()
    hpx.barrier()
    after = counts()
    sent = {
        kind: [after[kind][what] - before[kind][what] for what in ("messages", "bytes_sent")]
        for kind in after
    }
    print(json.dumps([hpx.locality_id(), sent, hpx.counters.get("/hpxpy/memory/peak")]))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
