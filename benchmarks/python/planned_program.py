"""A program whose time `hpxpy plan` predicts: Jacobi's steps, products of rows, sums. Each locality
prints how long it took once hpxpy had started. `localities.py` runs and plans it.
"""

# SPDX-License-Identifier: BSL-1.0
import time

import hpxpy as hpx


def main():
    hpx.init()
    hpx.barrier()
    begun = time.perf_counter()
    u = hpx.linspace(0, 1, 2000, distribution="block")[:, None] * hpx.ones(2000)
    for _ in range(150):
        u[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
    for _ in range(20):
        hpx.eval((hpx.exp(-u * u) * 2.5).mean())
        hpx.eval(hpx.cumulative_sum(u[:, 0]))
        hpx.eval(u @ u[0])
    print(time.perf_counter() - begun, flush=True)


if __name__ == "__main__":
    main()
