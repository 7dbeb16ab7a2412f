"""The types that type checkers are to find; not run."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from typing import Any

import hpxpy as hpx
import numpy as np
from hpxpy.linalg import EighResult, SVDResult
from hpxpy.random import Generator
from typing_extensions import assert_type

x = hpx.zeros((2, 3), distribution="block")
assert_type(x, hpx.ndarray)
assert_type(x.shape, tuple[int, ...])
assert_type(x.dtype, np.dtype[Any])
assert_type(x.ndim, int)
assert_type(x.T, hpx.ndarray)
assert_type(x.distribution, hpx.Distribution | None)
assert_type(x.local_partition, hpx.ndarray)
assert_type(x.to_numpy(), np.ndarray[Any, Any])
assert_type(x + 1, hpx.ndarray)
assert_type(1 - x, hpx.ndarray)
assert_type(x == x, hpx.ndarray)
assert_type(x @ x.T, hpx.ndarray)
assert_type(x[0, 1:], hpx.ndarray)
assert_type(next(iter(x)), hpx.ndarray)
assert_type(float(x[0, 0]), float)
assert_type(x.sum(axis=0), hpx.ndarray)
assert_type(hpx.sum(a=x), hpx.ndarray)
assert_type(hpx.sin(x), hpx.ndarray)
assert_type(hpx.add.outer(x, x), hpx.ndarray)
assert_type(hpx.add.nin, int)
assert_type(hpx.allclose(x, x), bool)
assert_type(hpx.shape(x), tuple[int, ...])
assert_type(hpx.meshgrid(x, x), tuple[hpx.ndarray, ...])
assert_type(hpx.histogram(x), tuple[hpx.ndarray, hpx.ndarray])
assert_type(hpx.result_type(x, 1.0), np.dtype[Any])
assert_type(hpx.linalg.svd(x), SVDResult)
assert_type(hpx.linalg.svd(a=x).S, hpx.ndarray)
assert_type(hpx.linalg.eigh(x), EighResult)
assert_type(hpx.fft.rfft(x), hpx.ndarray)
assert_type(hpx.random.default_rng(3), Generator)
assert_type(hpx.random.default_rng(3).normal(size=4), hpx.ndarray)
assert_type(hpx.all_reduce(x), hpx.ndarray)
assert_type(hpx.all_reduce(x, sync=False), hpx.Future[hpx.ndarray])
assert_type(hpx.async_(len, [1]), hpx.Future[int])
assert_type(hpx.async_(len, [1]).get(), int)
assert_type(hpx.async_(len, [1]).then(str), hpx.Future[str])
assert_type(hpx.when_all([hpx.async_(len, [1])]).get(), list[int])
assert_type(hpx.world, hpx.Group)
assert_type(hpx.world.split(0), hpx.Group)
assert_type(hpx.counters.get("sent.bytes"), float)
assert_type(hpx.explain(x), hpx.Plan)
assert_type(hpx.locality_id(), int)
assert_type(hpx.pi, float)
assert_type(hpx.float32(1), np.float32)
