"""What programs do with arrays, for type checkers, and run by tests/python/test_types.py."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from collections.abc import Callable

import hpxpy as hpx
import numpy as np
from hpxpy import linalg
from hpxpy.random import Generator


def creation() -> list[hpx.ndarray]:
    x = hpx.zeros((2, 3))
    return [
        x,
        hpx.zeros(3, dtype=hpx.float32),
        hpx.ones((2, 3), "int64", order="F"),
        hpx.full((2,), 7.5, dtype=np.float64),
        hpx.arange(10),
        hpx.arange(0, 1, 0.25),
        hpx.linspace(0.0, 1.0, num=5, endpoint=False),
        hpx.eye(N=3, M=4, k=1),
        hpx.asarray([[1, 2], [3, 4]]),
        hpx.asarray(np.ones(3)),
        hpx.array(object=[1, 2], dtype=complex),
        hpx.zeros_like(x, dtype=bool),
        hpx.full_like(a=x, fill_value=2),
        hpx.zeros(x.sum().astype(int)),
        *hpx.meshgrid(hpx.arange(2), hpx.arange(3)),
    ]


def arithmetic(x: hpx.ndarray, y: hpx.ndarray) -> hpx.ndarray:
    z = 2 * x + y / 3 - 1.5
    z += x**2
    z -= np.ones(3)
    z = hpx.where(z > 0, hpx.sqrt(hpx.abs(z)), -z)
    z = hpx.maximum(z, 0.5) % 2 // 1
    q, r = divmod(hpx.arange(3), 2)
    mask = (z >= 1) & ~hpx.isnan(z) | (x == y)
    out = hpx.empty(3)
    hpx.multiply(x, y, out=out, where=mask)
    hpx.add(x, 1, dtype="float64", casting="same_kind")
    hpx.add.at(out, [0, 1], 1.0)
    total = hpx.add.reduce(out) + hpx.add.accumulate(out)[-1]
    return hpx.clip(z, 0, 1) + q + r + total + np.asarray(hpx.exp(x), float)


def indexing(x: hpx.ndarray) -> float:
    first, rest = x[0], x[1:, ::2]
    x[x > 3] = 0
    x[[0, 1], [1, 0]] = hpx.asarray([5.0, 6.0])
    x[..., None, 0] += 1
    for i, row in enumerate(x):
        row[...] = i
    rows: int = len(x)
    shape: tuple[int, ...] = rest.shape
    i = int(first.argmax())
    return float(x[i, 0]) + rows + shape[0] + float(x.item(0))


def reductions(x: hpx.ndarray) -> list[float]:
    results = [x.sum(), x.mean(axis=0).max(), x.std(axis=(0, 1), ddof=1), hpx.median(x)]
    results += [hpx.quantile(x, q=0.25), hpx.sum(a=x), hpx.prod(x, axis=-1, keepdims=True).min()]
    assert not bool((x != x).any())
    assert x.argmin(axis=None) >= 0
    counts, edges = hpx.histogram(x, bins=4)
    results += [counts[0], edges[-1], hpx.cumsum(x)[-1]]
    return [float(value) for value in results]


def shapes(x: hpx.ndarray) -> hpx.ndarray:
    y = x.reshape(3, -1).T.copy()
    parts = hpx.split(y.ravel(), 2)
    z = hpx.concatenate([*parts, hpx.zeros(2)], axis=0)
    z = hpx.stack([z, z[::-1]])
    z = hpx.moveaxis(z, 0, 1).squeeze()
    z.sort(axis=0)
    order = hpx.argsort(a=z, axis=0)
    found: hpx.ndarray = hpx.unique(z)
    nonzero = hpx.nonzero(z)[0]
    return hpx.pad(z[order[:, 0]], 1) + found[0] + nonzero.size + hpx.vstack(tup=[z, z])[0, 0]


def algebra(a: hpx.ndarray, b: hpx.ndarray) -> tuple[hpx.ndarray, float]:
    u, s, vh = linalg.svd(a, full_matrices=False)
    eigenvalues, _ = linalg.eigh(a @ a.T)
    q, r = linalg.qr(a)
    x = linalg.solve(a=a, b=b) + hpx.linalg.inv(a) @ b
    residual = linalg.norm(u * s @ vh - a) + linalg.norm(q @ r - a) + eigenvalues.min()
    residual += hpx.einsum("ij,ij->", a, a) + hpx.dot(b, b) + hpx.trace(a) + a.dot(b)[0]
    sign, logarithm = linalg.slogdet(a)
    return x, float(residual + linalg.det(a) - sign * hpx.exp(logarithm))


def spectra(x: hpx.ndarray) -> hpx.ndarray:
    spectrum = hpx.fft.fft(a=x)
    spectrum[hpx.abs(spectrum) < 1e-9] = 0
    back = hpx.fft.ifft(spectrum).real + hpx.fft.irfft(hpx.fft.rfft(x), n=x.size)
    return back * hpx.fft.fftfreq(x.size, d=0.5)


def numbers(rng: Generator) -> hpx.ndarray:
    x = rng.standard_normal((2, 3)) + rng.uniform(-1, 1, size=3) + rng.random(3)
    x = x + rng.integers(0, 10, size=(2, 3)) + rng.normal(loc=1.0, scale=2.0, size=3)
    hpx.random.seed(3)
    return x + rng.permutation(3) + hpx.random.random(3)


def distributed(n: int) -> float:
    x = hpx.linspace(0, 1, n, distribution="block")
    y = hpx.zeros((n, 2), distribution="block", axis=0)
    z = hpx.scatter(np.arange(n) if hpx.locality_id() == 0 else None, distribution="block")
    like = hpx.ones(n, like=x) + hpx.zeros(n, distribution=x.distribution)
    y[:, 0] = x + z
    part = y.local_partition.to_numpy()
    whole = hpx.redistribute(y, None)
    assert x.distribution is not None
    bounds = x.distribution.bounds
    assert bounds is not None and bounds[-1] == n
    counts = hpx.all_reduce(hpx.asarray([part.size]), op="sum")
    later = hpx.all_reduce(hpx.asarray([1.0]), sync=False)
    names: list[str] = hpx.all_gather_object(f"locality {hpx.locality_id()}")
    total = float(whole.sum()) + float(hpx.balance(like).sum()) + float(later.get()[0])
    with hpx.set_default_distribution("block"):
        total += float(hpx.ones(n).sum())
    hpx.barrier()
    halves = hpx.world.split(color=hpx.locality_id() % 2)
    total += float(hpx.all_reduce(hpx.ones(1), group=halves)[0])
    return total + int(counts[0]) + len(names)


def elsewhere() -> list[int]:
    power: Callable[[int, int], int] = pow
    future = hpx.async_(power, 2, 5, locality=hpx.num_localities() - 1)
    texts: hpx.Future[str] = future.then(str)
    both = hpx.when_all([future, hpx.make_ready_future(3)])
    index, value = hpx.when_any([future]).get()
    task = hpx.sort(hpx.arange(3), policy=hpx.execution.task)
    return [future.get(timeout=60), len(texts.get()), *both.get(), index, value, len(task.get())]


def plans(x: hpx.ndarray) -> float:
    plan = hpx.explain((x * 2 + 1).sum())
    bytes_sent: float = (
        hpx.counters.get("sent.bytes") if hpx.counters.discover("sent.bytes") else 0.0
    )
    return len(plan.splitlines()) + bytes_sent


def main() -> None:
    assert all(isinstance(x, hpx.ndarray) for x in creation())
    x = hpx.asarray([1.0, 2.0, 3.0])
    arithmetic(x, x + 1)
    indexing(hpx.arange(12.0).reshape(3, 4))
    reductions(hpx.arange(12.0).reshape(3, 4))
    shapes(hpx.arange(12.0))
    a = hpx.asarray([[4.0, 1.0], [1.0, 3.0]])
    algebra(a, hpx.ones(2))
    spectra(hpx.arange(8.0))
    numbers(hpx.random.default_rng(1))
    distributed(100)
    elsewhere()
    plans(x)


if __name__ == "__main__":
    main()
