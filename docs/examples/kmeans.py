"""Which kinds of flights are there? k-means on 327,346 flights from New York.

    python kmeans.py                        hpxpy run -n 4 kmeans.py --check
    mpiexec -n 4 python kmeans.py           hpxpy run -n 2 kmeans.py --groups 3 --figure kinds.png

The flights are those of flights.py that arrived. They are told apart by the hour at which they
leave, their distance and their delay at departure, each in units of its standard deviation.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import sys
from typing import Any

import flights
import hpxpy as hpx
import numpy as np

FEATURES = {"hour": "o'clock", "distance": "miles", "dep_delay": "minutes"}
MOST_STEPS = 300


def read(rows: int | None) -> np.ndarray:
    """A row for each feature, a column for each flight that arrived."""
    table, _, _ = flights.read(rows)
    values = np.array([table[name] for name in FEATURES], float)
    return values[:, ~np.isnan(values).any(axis=0) & ~np.isnan(table["arr_delay"])]


def first_centres(points: np.ndarray, groups: int) -> np.ndarray:
    """Flights spread over the year."""
    return points[:, :: max(points.shape[1] // groups, 1)][:, :groups].copy()


def k_means(xp: Any, points: Any, centres: Any) -> tuple[Any, Any, int]:
    """Lloyd's algorithm (1982): each flight belongs to the nearest centre, each centre moves to the
    mean of its flights, until no flight changes sides.

    `xp` is hpx or np. Gives the group of each flight, the centres, and how many steps it took.
    """
    numbers = xp.arange(centres.shape[1])[:, None]
    nearest = None
    for step in range(MOST_STEPS):
        # features x groups x flights, never stored by hpxpy
        squares = xp.square(points[:, None, :] - centres[:, :, None])
        before, nearest = nearest, squares.sum(axis=0).argmin(axis=0)
        if step and not (nearest != before).any():
            break
        member = nearest == numbers
        sums = xp.where(member, points[:, None, :], 0.0).sum(axis=2)
        centres = sums / xp.maximum(member.sum(axis=1), 1)
    return nearest, centres, step


def draw(path: str, points: np.ndarray, nearest: np.ndarray, centres: np.ndarray) -> None:
    """Writes the figure: a sample of the flights and all centres, from two sides."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
    figure.suptitle(f"{centres.shape[1]} kinds of flights from New York, 2013")
    shown = np.random.default_rng(0).permutation(points.shape[1])[:1200]
    titles = [f"{name.replace('dep_', '')} ({unit})" for name, unit in FEATURES.items()]
    colours = plt.cm.tab10(np.arange(centres.shape[1]) % 10)
    for panel, feature in zip(panels, (0, 2), strict=True):
        across = points[feature][shown]
        if feature == 0:  # hours are whole numbers: spread them so that flights can be seen
            across = across + np.random.default_rng(1).uniform(-0.4, 0.4, len(shown))
        panel.scatter(across, points[1][shown], s=4, color=colours[nearest[shown]], linewidths=0)
        panel.scatter(centres[feature], centres[1], s=110, color=colours, edgecolors="black")
        panel.set(xlabel=titles[feature])
    panels[0].set(ylabel=titles[1], xticks=range(6, 24, 3))
    panels[1].set_xscale("symlog", linthresh=15)
    figure.savefig(path, dpi=100)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figure", default="kmeans.png", help="file to draw (%(default)s)")
    parser.add_argument("--rows", type=flights.row_count, help="take only the first ROWS flights")
    parser.add_argument("--groups", type=int, default=5, help="how many kinds (%(default)s)")
    parser.add_argument("--check", action="store_true", help="compare all groups with NumPy's")
    options = parser.parse_args()
    if not 2 <= options.groups <= 50:
        parser.error(f"--groups {options.groups}: choose 2 to 50")
    return options


def main() -> None:
    options = parse_options()
    first = hpx.locality_id() == 0

    table = read(options.rows) if first else None
    start = hpx.broadcast_object(None if table is None else first_centres(table, options.groups))
    # Each locality holds all features of a block of the flights.
    points = hpx.scatter(None if table is None else table.T.copy(), distribution="block").T
    scale = points.std(axis=1, keepdims=True)
    points = points / scale
    nearest, centres, steps = k_means(hpx, points, hpx.asarray(start) / scale)
    counts = (nearest == hpx.arange(options.groups)[:, None]).sum(axis=1).to_numpy()
    centres = (centres * scale).to_numpy()
    nearest = hpx.gather(nearest, root=0)  # the whole array on locality 0, None elsewhere
    if table is None:
        return

    nearest = nearest.to_numpy()
    print(f"{table.shape[1]:,} flights, {steps} steps; localities: {hpx.num_localities()}")
    print(f"\n{'flights':>10}" + "".join(f"{name:>12}" for name in FEATURES))
    print(f"{'':>10}" + "".join(f"{unit:>12}" for unit in FEATURES.values()))
    for group in np.argsort(-counts):
        print(f"{counts[group]:>10,}" + "".join(f"{value:>12.2f}" for value in centres[:, group]))
    draw(options.figure, table, nearest, centres)
    print(f"\nFigure: {options.figure}")

    if options.check:
        scale = table.std(axis=1, keepdims=True)
        theirs, their_centres, _ = k_means(np, table / scale, start / scale)
        differ = int((nearest != theirs).sum())
        if differ or not np.allclose(centres, their_centres * scale, rtol=1e-9, atol=0):
            sys.exit(f"{differ} of {len(nearest)} flights are in another group than with NumPy.")
        print(f"All {len(nearest):,} flights are in the same group as with NumPy.")


if __name__ == "__main__":
    main()
