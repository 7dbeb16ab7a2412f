"""How does heat spread in a copper plate? Explicit steps on a grid, beside the exact solution.

    python heat.py                          hpxpy run -n 2 heat.py --check
    mpiexec -n 4 python heat.py             hpxpy run -n 2 heat.py --points 51 --figure plate.png

The plate's edges are kept at 0 °C. It begins with two waves of temperature, of which the exact
solution is known: each fades with a rate of its own.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import math
import sys
from collections.abc import Sequence

import hpxpy as hpx
import numpy as np

DIFFUSIVITY = 1.11e-4  # of copper, m²/s
WIDTH = 0.5  # m
DURATION = 120  # s
WAVES = [(60.0, 1, 1), (30.0, 3, 2)]  # °C, half waves along y and along x


def rate(m: int, n: int) -> float:
    """How fast a wave fades, in 1/s."""
    return DIFFUSIVITY * (math.pi / WIDTH) ** 2 * (m**2 + n**2)


def exact(y: hpx.ndarray | float, x: hpx.ndarray, time: float) -> hpx.ndarray:
    """The temperature at the places y, x, both from 0 to 1."""
    waves = [
        height * math.exp(-rate(m, n) * time) * hpx.sin(m * math.pi * y) * hpx.sin(n * math.pi * x)
        for height, m, n in WAVES
    ]
    return sum(waves[1:], waves[0])


def advance(u: hpx.ndarray, steps: int, r: float) -> None:
    """Each step warms a point by what its four neighbours are warmer."""
    for _ in range(steps):
        neighbours = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
        u[1:-1, 1:-1] += r * (neighbours - 4 * u[1:-1, 1:-1])


def error_bound(points: int, steps: int, r: float) -> float:
    """The steps multiply each wave by a known factor (von Neumann's analysis); so the largest error
    that they make of it is known, too. Rounding adds far less than 1e-9 °C."""
    half = math.pi / (points - 1) / 2
    bound = 1e-9
    for height, m, n in WAVES:
        factor = 1 - 4 * r * (math.sin(m * half) ** 2 + math.sin(n * half) ** 2)
        bound += height * abs(math.exp(-rate(m, n) * DURATION) - factor**steps)
    return bound


def draw(
    path: str,
    frames: Sequence[tuple[float, np.ndarray]],
    times: np.ndarray,
    centre: Sequence[Sequence[float]],
) -> None:
    """Writes the figure: the plate at three times, and its centre over time."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(
        1, 4, figsize=(13, 3.6), layout="compressed", width_ratios=[3, 3, 3, 4]
    )
    figure.suptitle("Heat in a copper plate with cold edges")
    centimetres = np.linspace(0, 100 * WIDTH, len(frames[0][1]))
    levels = np.linspace(-20, 90, 23)
    for panel, (time, plate) in zip(panels, frames, strict=False):
        colours = panel.contourf(centimetres, centimetres, plate, levels, cmap="inferno")
        panel.set(title=f"after {time:.0f} s", xlabel="x (cm)", ylabel="y (cm)", box_aspect=1)
        panel.label_outer()
    figure.colorbar(colours, ax=list(panels[:3]), label="temperature (°C)")
    computed, expected = np.transpose(centre)
    panels[3].plot(times, expected, color="grey", label="exact")
    panels[3].plot(times, computed, "o", markersize=4, label="computed")
    panels[3].set(
        title="At the centre", xlabel="time (s)", ylabel="temperature (°C)", ylim=(0, None)
    )
    panels[3].legend()
    figure.savefig(path, dpi=100)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figure", default="heat.png", help="file to draw (%(default)s)")
    parser.add_argument("--points", type=int, default=101, help="along each edge (%(default)s)")
    parser.add_argument("--check", action="store_true", help="compare with the exact solution")
    options = parser.parse_args()
    if options.points < 11 or options.points % 2 == 0:
        parser.error(f"--points {options.points}: an odd number from 11 on has a centre")
    return options


def main() -> None:
    options = parse_options()
    first = hpx.locality_id() == 0
    points = options.points
    middle = points // 2

    # Rows of the plate lie in blocks on the localities.
    y = hpx.linspace(0, 1, points, distribution="block")[:, None]
    x = hpx.linspace(0, 1, points)
    u = exact(y, x, 0)

    # The solution is looked at 24 times. Steps are stable up to r = 1/4.
    looks = 24
    spacing = WIDTH / (points - 1)
    in_a_look = DIFFUSIVITY * DURATION / looks / spacing**2
    steps = math.ceil(in_a_look / 0.2)
    r = in_a_look / steps

    times = np.linspace(0, DURATION, looks + 1)
    frames, centre = [], []
    for i, time in enumerate(times):
        if i:
            advance(u, steps, r)
        centre.append([float(u[middle, middle]), float(exact(0.5, hpx.asarray(0.5), time))])
        if i in (0, looks // 4, looks):
            frames.append((time, u.to_numpy()))
    error = float(hpx.abs(u - exact(y, x, DURATION)).max())
    bound = error_bound(points, looks * steps, r)
    if not first:
        return

    print(f"{points} x {points} points, {looks * steps} steps; localities: {hpx.num_localities()}")
    print(f"centre after {DURATION} s    {centre[-1][0]:9.5f} °C, exact {centre[-1][1]:9.5f} °C")
    print(f"largest error         {error:9.2e} °C, bound {bound:9.2e} °C")
    draw(options.figure, frames, times, centre)
    print(f"Figure: {options.figure}")
    if options.check:
        if not error <= bound:
            sys.exit(f"The error {error:.3e} °C is above the bound {bound:.3e} °C.")
        print("The error is below the bound.")


if __name__ == "__main__":
    main()
