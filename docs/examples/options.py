"""What is the right to buy or sell a share worth? Black and Scholes' formula, and Monte Carlo.

    python options.py                       hpxpy run -n 4 options.py --check
    mpiexec -n 4 python options.py          hpxpy run -n 2 options.py --paths 100000

A call option is the right to buy a share at a fixed price (the strike) on a given day, a put the
right to sell it. The same seed gives the same prices on any number of localities.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import math
import sys
from collections.abc import Sequence

import hpxpy as hpx
import numpy as np

SPOT = 100.0  # today's price of the share
RATE = 0.03  # interest, a year
VOLATILITY = 0.2  # a year
YEARS = 1.0


def normal_distribution(x: hpx.ndarray) -> hpx.ndarray:
    """Probability that a standard normal number is below x."""
    return 0.5 * (1 + hpx.erf(x / math.sqrt(2)))


def black_scholes(
    spot: hpx.ndarray | float, strike: hpx.ndarray | float, years: hpx.ndarray
) -> tuple[hpx.ndarray, hpx.ndarray]:
    """Prices of the call and the put (Black, Scholes: The Pricing of Options, 1973)."""
    deviation = VOLATILITY * hpx.sqrt(years)
    d1 = (hpx.log(spot / strike) + (RATE + VOLATILITY**2 / 2) * years) / deviation
    d2 = d1 - deviation
    discounted = strike * hpx.exp(-RATE * years)
    call = spot * normal_distribution(d1) - discounted * normal_distribution(d2)
    put = discounted * normal_distribution(-d2) - spot * normal_distribution(-d1)
    return call, put


def final_prices(paths: int, seed: int = 2013) -> hpx.ndarray:
    """The share's price after YEARS in so many possible futures; each locality has a block."""
    z = hpx.random.default_rng(seed).standard_normal(paths, distribution="block")
    drift = (RATE - VOLATILITY**2 / 2) * YEARS
    return SPOT * hpx.exp(drift + VOLATILITY * math.sqrt(YEARS) * z)


def monte_carlo(prices: hpx.ndarray, strikes: hpx.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each strike the call's price, the mean discounted payoff, and its standard error."""
    payoffs = hpx.maximum(prices - strikes[:, None], 0.0)  # strikes x paths, never stored
    discount = math.exp(-RATE * YEARS)
    means = payoffs.mean(axis=1).to_numpy() * discount
    deviations = payoffs.std(axis=1, ddof=1).to_numpy() * discount
    return means, deviations / math.sqrt(len(prices))


def draw(
    path: str,
    spots: np.ndarray,
    years: Sequence[float],
    calls: np.ndarray,
    sizes: np.ndarray,
    errors: Sequence[float],
    expected: Sequence[float],
) -> None:
    """Writes the figure: price of the call by price of the share, and how Monte Carlo converges."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for time, call in zip(years, calls, strict=True):
        left.plot(spots, call, label=f"{time:g} years before")
    left.plot(spots, np.maximum(spots - 100, 0), color="black", linewidth=1, label="on the day")
    left.set(
        title="A call with strike 100", xlabel="price of the share", ylabel="price of the call"
    )
    left.legend()
    right.loglog(sizes, errors, "o", label="error of Monte Carlo")
    right.loglog(sizes, expected, color="grey", label="standard error")
    right.set(title="Monte Carlo beside the formula", xlabel="paths", ylabel="error of the price")
    right.legend()
    figure.savefig(path, dpi=100)


def differing(gap: float, prices: np.ndarray, formula: np.ndarray, errors: np.ndarray) -> list[str]:
    """What is wrong, as lines: the parity of calls and puts, prices beyond 4 standard errors."""
    wrong = []
    if not gap < 1e-10 * SPOT:
        wrong.append(f"call - put differs from spot - discounted strike by {gap:.2e}")
    for price, exact, error in zip(prices, formula, errors, strict=True):
        if not abs(price - exact) <= 4 * error:
            wrong.append(f"Monte Carlo {price:.4f} ± {error:.4f}, by the formula {exact:.4f}")
    return wrong


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figure", default="options.png", help="file to draw (%(default)s)")
    parser.add_argument("--paths", type=int, default=4_000_000, help="random futures (%(default)s)")
    parser.add_argument("--check", action="store_true", help="check parity and Monte Carlo's error")
    options = parser.parse_args()
    if options.paths < 1000:
        parser.error(f"--paths {options.paths}: give 1000 or more")
    return options


def main() -> None:
    options = parse_options()
    first = hpx.locality_id() == 0

    # A surface of prices: rows are times, columns prices of the share.
    years = hpx.asarray([0.1, 0.5, 1.0, 2.0])
    spots = hpx.linspace(50, 150, 201)
    calls, puts = black_scholes(spots, 100.0, years[:, None])
    # Who holds a call and has sold a put will buy the share at the strike, whatever its price.
    parity = spots - 100.0 * hpx.exp(-RATE * years[:, None])
    gap = float(hpx.abs(calls - puts - parity).max())

    strikes = hpx.linspace(70, 130, 7)
    formula = black_scholes(SPOT, strikes, hpx.asarray(YEARS))[0].to_numpy()
    prices = final_prices(options.paths)
    found, errors = monte_carlo(prices, strikes)

    sizes = np.unique(np.geomspace(100, options.paths, 13).astype(int))
    parts = [monte_carlo(prices[:size], strikes[3:4]) for size in sizes.tolist()]
    if not first:
        return

    print(f"{options.paths:,} paths; localities: {hpx.num_localities()}")
    print(f"\n{'strike':>8}{'formula':>12}{'Monte Carlo':>14}{'error':>11}{'std. error':>12}")
    for strike, exact, price, error in zip(strikes.tolist(), formula, found, errors, strict=True):
        print(f"{strike:>8.0f}{exact:>12.5f}{price:>14.5f}{price - exact:>11.5f}{error:>12.5f}")
    distances = [abs(float(price[0]) - formula[3]) for price, _ in parts]
    expected = [float(error[0]) for _, error in parts]
    draw(
        options.figure,
        spots.to_numpy(),
        years.tolist(),
        calls.to_numpy(),
        sizes,
        distances,
        expected,
    )
    print(f"\nFigure: {options.figure}")
    if options.check:
        wrong = differing(gap, found, formula, errors)
        if wrong:
            sys.exit("\n".join(["The check failed:", *wrong]))
        print("Calls and puts agree, and Monte Carlo with the formula.")


if __name__ == "__main__":
    main()
