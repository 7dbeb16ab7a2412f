"""Programs whose elements change owner as their values say, beside the same by hand.

`locality_program.py` runs them; each holds its own blocks and NumPy's copies of them.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import hpxpy as hpx
import numpy as np
from engine_program import check
from scipy import fft as scipy_fft

MOVED = 10_000_000
MULTIPLIED = 2048
TRANSFORMED = 4096


def exchanged(world, pieces):
    """Each locality's pieces for this one, behind each other."""
    sizes = np.array([len(piece) for piece in pieces])
    came = np.empty_like(sizes)
    world.Alltoall(sizes, came)
    into = np.empty(came.sum(), pieces[0].dtype)
    world.Alltoallv([np.concatenate(pieces), sizes], [into, came])
    return into, came


class Moving:
    """Random numbers in blocks, and positions of as many of them."""

    def __init__(self, n: int):
        self.x = hpx.random.default_rng(1).random(n, distribution="block")
        self.places = hpx.random.default_rng(2).integers(0, n, n, distribution="block")
        hpx.eval(self.x, self.places)

    def prepare_by_hand(self):
        self.own_x, self.own_places = (
            np.array(each.local_partition) for each in (self.x, self.places)
        )
        self.world = hpx.world.to_mpi4py()
        lengths = self.world.allgather(len(self.own_x))
        self.starts = np.cumsum([0, *lengths])

    def agree(self):
        check(np.array_equal(self.result.local_partition, self.own), type(self).__name__)


class Sort(Moving):
    """Sorted numbers, on even blocks; by hand, which has no even blocks, between quantiles."""

    def hpxpy(self):
        self.result = hpx.sort(self.x)
        hpx.eval(self.result)

    def by_hand(self):
        mine = np.sort(self.own_x)
        n = len(self.starts) - 1
        cuts = np.searchsorted(mine, np.arange(1, n) / n)
        came, _ = exchanged(self.world, np.split(mine, cuts))
        self.own = np.sort(came, kind="stable")

    def agree(self):
        whole = np.concatenate(self.world.allgather(self.own))
        first, last = self.starts[hpx.locality_id()], self.starts[hpx.locality_id() + 1]
        check(np.array_equal(self.result.local_partition, whole[first:last]), "sort")


class Take(Moving):
    """x[positions]."""

    def hpxpy(self):
        self.result = self.x[self.places]
        hpx.eval(self.result)

    def by_hand(self):
        owners = np.searchsorted(self.starts, self.own_places, side="right") - 1
        order = np.argsort(owners, kind="stable")
        bounds = np.searchsorted(owners[order], np.arange(1, len(self.starts) - 1))
        asked, counts = exchanged(self.world, np.split(self.own_places[order], bounds))
        answers = self.own_x[asked - self.starts[hpx.locality_id()]]
        back, _ = exchanged(self.world, np.split(answers, np.cumsum(counts)[:-1]))
        self.own = np.empty_like(back)
        self.own[order] = back


class Put(Moving):
    """x[positions] = values; by hand it is sent with its position."""

    def __init__(self, n: int):
        super().__init__(n)
        self.values = self.places * 0.5
        hpx.eval(self.values)

    def prepare_by_hand(self):
        super().prepare_by_hand()
        self.own_values = np.array(self.values.local_partition)

    def hpxpy(self):
        self.x[self.places] = self.values

    def by_hand(self):
        owners = np.searchsorted(self.starts, self.own_places, side="right") - 1
        order = np.argsort(owners, kind="stable")
        bounds = np.searchsorted(owners[order], np.arange(1, len(self.starts) - 1))
        named, _ = exchanged(self.world, np.split(self.own_places[order], bounds))
        values, _ = exchanged(self.world, np.split(self.own_values[order], bounds))
        self.own_x[named - self.starts[hpx.locality_id()]] = values

    def agree(self):
        check(np.array_equal(self.x.local_partition, self.own_x), "put")


class Mask(Moving):
    """x[x > 0.5], which leaves each what it has."""

    def hpxpy(self):
        self.result = self.x[self.x > 0.5]
        hpx.eval(self.result)

    def by_hand(self):
        self.own = self.own_x[self.own_x > 0.5]


class Product:
    """a @ b of squares in blocks of rows; by hand all of b comes to all."""

    def __init__(self, n: int):
        generator = hpx.random.default_rng(3)
        self.a = generator.random((n, n), distribution="block")
        self.b = generator.random((n, n), distribution="block")
        hpx.eval(self.a, self.b)

    def hpxpy(self):
        self.result = self.a @ self.b
        hpx.eval(self.result)

    def prepare_by_hand(self):
        self.own_a, self.own_b = (np.array(each.local_partition) for each in (self.a, self.b))
        self.world = hpx.world.to_mpi4py()

    def by_hand(self):
        whole = np.empty((self.own_a.shape[1], self.own_b.shape[1]))
        self.world.Allgatherv(self.own_b, whole)
        self.own = self.own_a @ whole

    def agree(self):
        check(np.allclose(self.result.local_partition, self.own), "matmul")


class Transform:
    """fft2 of a complex square in blocks of rows."""

    def __init__(self, n: int):
        generator = hpx.random.default_rng(4)
        self.x = generator.random((n, n), distribution="block") + 0j
        hpx.eval(self.x)

    def hpxpy(self):
        self.result = hpx.fft.fftn(self.x)
        hpx.eval(self.result)

    def prepare_by_hand(self):
        self.own_x = np.array(self.x.local_partition)
        self.world = hpx.world.to_mpi4py()

    def turned(self, x):
        """This locality's columns, as rows."""
        n = self.world.size
        sent = np.ascontiguousarray(x.reshape(len(x), n, -1).transpose(1, 2, 0))
        came = np.empty((n, sent.shape[1], len(x)), x.dtype)
        self.world.Alltoall(sent, came)
        return np.ascontiguousarray(came.transpose(1, 0, 2)).reshape(sent.shape[1], -1)

    def by_hand(self):
        rows = scipy_fft.fft(self.own_x, axis=1)
        self.own = self.turned(scipy_fft.fft(self.turned(rows), axis=1))

    def agree(self):
        check(np.allclose(self.result.local_partition, self.own), "fft2")


def programs(scale: int) -> dict:
    """What makes them, by title; `scale` times smaller."""
    side = int(scale**0.5)
    return {
        "sort, 1e7": lambda: Sort(MOVED // scale),
        "x[positions], 1e7": lambda: Take(MOVED // scale),
        "x[positions] = y, 1e7": lambda: Put(MOVED // scale),
        "x[x > 0.5], 1e7": lambda: Mask(MOVED // scale),
        f"matmul {MULTIPLIED}²": lambda: Product(MULTIPLIED // side),
        f"fft2 {TRANSFORMED}²": lambda: Transform(TRANSFORMED // side),
    }
