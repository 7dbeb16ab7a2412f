"""What the localities of one engine do in a turn: collectives, flights, a fused reduction, timed.

`engines.py` starts it with `hpxpy run` on each engine in turns; locality 0 prints a line of JSON.
An answer that is wrong ends the program.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from pathlib import Path

import hpxpy as hpx
import numpy as np

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "flights.py"


def check(good, what: str):
    if not good:
        raise SystemExit(f"{what}: the answer is wrong")


def seconds(call, samples: int, slice_seconds: float) -> float:
    """Of a call, the median of samples that take about that long each, of the slowest locality."""
    begin = time.perf_counter()
    call()
    once = max(time.perf_counter() - begin, 1e-6)
    turns = range(int(hpx.broadcast_object(max(1, round(slice_seconds / once)))))
    times = []
    for _ in range(samples):
        hpx.barrier()
        begin = time.perf_counter()
        for _ in turns:
            call()
        times.append((time.perf_counter() - begin) / len(turns))
    return statistics.median(map(max, zip(*hpx.all_gather_object(times), strict=True)))


def evaluated(result):
    """The result when it is there."""
    arrays = result if isinstance(result, list) else [result]
    hpx.eval(*(array for array in arrays if array is not None))
    return result


def whole(n: int):
    """The numbers 0, 1, 2, ... that the localities share."""
    return np.arange(float(n))


class Collectives:
    """Each collective on arrays of n float64: a call, and what is wrong if its answer is."""

    def __init__(self, n: int):
        self.n, self.me, self.size = n, hpx.locality_id(), hpx.num_localities()
        self.mine = hpx.array(whole(n) + self.me)
        self.root = self.mine if self.me == 0 else None
        # Of fewer than 2 x 2 elements, none would move.
        self.cells = whole(max(n, 4)).reshape(-1, 2)
        self.table = hpx.from_numpy(self.cells, distribution="block")

    def all_reduce(self):
        return hpx.all_reduce(self.mine)

    def check_all_reduce(self, result):
        numbers = self.size * whole(self.n) + sum(range(self.size))
        return np.array_equal(np.asarray(result), numbers)

    def broadcast(self):
        return hpx.broadcast(self.root, root=0)

    def check_broadcast(self, result):
        return np.array_equal(np.asarray(result), whole(self.n))

    def gather(self):
        return hpx.gather(self.mine, root=0)

    def check_gather(self, result):
        return result is None if self.me else self.check_all_gather(result)

    def all_gather(self):
        return hpx.all_gather(self.mine)

    def check_all_gather(self, result):
        return len(result) == self.size and all(
            np.array_equal(np.asarray(part), whole(self.n) + p) for p, part in enumerate(result)
        )

    def scatter(self):
        return hpx.scatter(self.root, root=0)

    def check_scatter(self, result):
        mine = np.array_split(whole(self.n), self.size)[self.me]
        return np.array_equal(np.asarray(result), mine)

    def redistribute(self):
        return hpx.redistribute(self.table, "block", axis=1)

    def check_redistribute(self, result):
        mine = np.array_split(self.cells, self.size, axis=1)[self.me]
        return np.array_equal(result.local_partition.to_numpy(), mine)


def collectives(sizes: list[int], samples: int, slice_seconds: float) -> dict:
    """Seconds of each collective and number of bytes; the barrier has none."""
    names = ["all_reduce", "broadcast", "gather", "all_gather", "scatter", "redistribute"]
    times = {name: {} for name in names}
    for size in sizes:
        calls = Collectives(size // 8)
        for name in names:
            call = getattr(calls, name)
            check(getattr(calls, f"check_{name}")(evaluated(call())), f"{name} of {size} bytes")
            times[name][size] = seconds(lambda call=call: evaluated(call()), samples, slice_seconds)
    return {**times, "barrier": {0: seconds(hpx.barrier, samples, slice_seconds)}}


def loopback_bytes() -> int:
    """What has gone over the loopback interface so far."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "lo":
            return int(numbers.split()[0])
    return 0


def over_loopback(size: int) -> float:
    """The bytes on the loopback interface for each byte of an all_reduce."""
    calls = Collectives(size // 8)
    hpx.barrier()
    before = loopback_bytes()
    evaluated(calls.all_reduce())
    hpx.barrier()
    return (loopback_bytes() - before) / size


def made_flights(rows: int):
    """Columns like the example's, from a fixed seed: some delays are unknown."""
    random = np.random.default_rng(2013)
    departure = random.normal(12.0, 40.0, rows).round()
    arrival = (0.9 * departure + random.normal(-5.0, 15.0, rows)).round()
    departure[random.random(rows) < 0.02] = np.nan
    arrival[np.isnan(departure) | (random.random(rows) < 0.01)] = np.nan
    return {
        "hour": random.integers(5, 24, rows),
        "distance": random.integers(80, 5000, rows),
        "dep_delay": departure,
        "arr_delay": arrival,
        "carrier": random.integers(0, 16, rows),
    }


def flights(rows: int, samples: int) -> float:
    """Seconds of the example's computation from scattering its columns on."""
    spec = importlib.util.spec_from_file_location("flights", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    table = made_flights(rows) if hpx.locality_id() == 0 else None
    hours, carriers = np.arange(5, 24), np.arange(16)

    def compute():
        columns = example.scatter(table)
        delay, hour, carrier = columns["arr_delay"], columns["hour"], columns["carrier"]
        by_hour = example.statistics(delay, hour, hours)
        by_carrier = example.statistics(delay, carrier, carriers)
        variables = [columns["dep_delay"], columns["distance"], hour]
        coefficients, r_squared, fitted = example.fit(delay, variables)
        evaluated(fitted)
        return by_hour, by_carrier, coefficients, r_squared

    answer = compute()
    if table:
        names = [[str(key) for key in keys] for keys in (hours, carriers + 100)]
        numbers = example.named(*names, *answer)
        expected = example.named(*names, *example.with_numpy(table, hours, carriers))
        wrong = example.differing(numbers, expected)
        check(not wrong, "flights: " + "; ".join(wrong))
    hpx.barrier()
    return seconds(compute, samples, 0.0)


def fused(n: int, samples: int) -> float:
    """Seconds of ((a*b + c)**2).sum() over distributed arrays of n float64."""
    a, b, c = (hpx.linspace(0.0, i, n, distribution="block") for i in (1, 2, 3))
    x, y, z = (np.linspace(0.0, i, n) for i in (1, 2, 3))

    def compute():
        return float(((a * b + c) ** 2).sum())

    expected = float(((x * y + z) ** 2).sum())
    check(np.isclose(compute(), expected, rtol=1e-12, atol=0), "fused reduction")
    return seconds(compute, samples, 0.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, action="append", required=True, help="bytes")
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--slice", type=float, required=True, help="seconds of a sample")
    parser.add_argument("--rows", type=int, required=True, help="of the flights")
    parser.add_argument("--elements", type=int, required=True, help="of the fused reduction")
    options = parser.parse_args()
    found = {
        "over_loopback": over_loopback(max(options.size)),
        "collectives": collectives(options.size, options.samples, options.slice),
        "flights": flights(options.rows, options.samples),
        "fused": fused(options.elements, options.samples),
    }
    if hpx.locality_id() == 0:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
