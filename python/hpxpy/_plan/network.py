"""`hpxpy bench network`: what a message and a byte take between localities, under any launcher."""

# SPDX-License-Identifier: BSL-1.0
import json
import math
import time

import numpy as np

#: Bytes that each locality sends each other one, to see what a byte takes.
LARGE = 16_000_000
SMALL = 8


def add_parser(commands):
    bench = commands.add_parser(
        "bench",
        help="measure what hpxpy plan needs to know of a network",
        usage="hpxpy run -n N -m hpxpy bench network [--json]   "
        "(or under any launcher: srun hpxpy bench network)",
        description="Measures, on all localities that it is started on, the seconds that a "
        "message takes (alpha) and each byte of it (beta).",
        allow_abbrev=False,
    )
    bench.add_argument("what", choices=("network",))
    bench.add_argument("--json", action="store_true", help="print JSON, for hpxpy plan --network")
    return bench


def seconds_of(call, times):
    """The median of what a call takes, on the slowest locality."""
    import hpxpy as hpx

    found = []
    for _ in range(times):
        hpx.barrier()
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return float(hpx.all_reduce(np.median(found), op="max"))


def measure():
    """(alpha, beta) in seconds."""
    import hpxpy as hpx

    size = hpx.num_localities()
    rounds = math.ceil(math.log2(size))
    alpha = seconds_of(hpx.barrier, 201) / rounds

    def exchange(bytes_):
        data = hpx.zeros((size, bytes_ // 8))
        return lambda: [hpx.eval(part) for part in hpx.all_to_all(data)]

    exchange(LARGE)()
    more = seconds_of(exchange(LARGE), 7) - seconds_of(exchange(SMALL), 21)
    return alpha, max(more, 1e-9) / (LARGE - SMALL) / (size - 1)


def run(chosen, parser):
    import hpxpy as hpx

    if hpx.num_localities() == 1:
        parser.error(
            "one locality has no network; start it on several: hpxpy run -n 2 -m hpxpy bench "
            "network, or under the launcher of the cluster"
        )
    alpha, beta = measure()
    if hpx.locality_id() != 0:
        return 0
    if chosen.json:
        print(json.dumps({"alpha": alpha, "beta": beta, "localities": hpx.num_localities()}))
    else:
        print(f"{hpx.num_localities()} localities")
        print(f"alpha  {alpha * 1e6:8.2f} us a message")
        print(f"beta   {beta:8.3g} s a byte, {1e-9 / beta:.2f} GB/s")
    return 0
