"""Writes docs/scaling.md and its figure: programs planned on 1 to 4096 localities by `hpxpy plan`.

    make scaling

One process after the other plays localities, so no cluster is needed, and the same numbers come on
any machine: work is taken at 10 GB/s and 50 Gflop/s a locality, a message as 2 microseconds, a byte
as 0.1 ns.
"""

# SPDX-License-Identifier: BSL-1.0
import json
import os
import subprocess
import sys
from pathlib import Path

from hpxpy._plan.report import bytes_text, ratio_text, seconds_text

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = DOCS / "examples"
SIZES = "1,2,...,4096"
NETWORK = ["--rate", "10", "--gflops", "50", "--alpha", "2e-6", "--beta", "1e-10"]

JACOBI = """
import sys
import hpxpy as hpx
n, grid = int(sys.argv[1]), sys.argv[2] == "grid"
u = hpx.zeros((n, n), distribution=("block", "block") if grid else "block")
for _ in range(100):
    u[1:-1, 1:-1] = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
hpx.eval(u)
"""

SORT = """
import hpxpy as hpx
x = hpx.random.default_rng(1).random(10_000_000, distribution="block")
hpx.eval(hpx.sort(x))
"""

PRODUCT = """
import sys
import hpxpy as hpx
grid = sys.argv[1] == "grid"
a = hpx.ones((32768, 32768), distribution=("block", "block") if grid else "block")
hpx.eval(a @ a)
"""

TRANSFORM = """
import hpxpy as hpx
x = hpx.arange(1 << 22, distribution="block")
hpx.eval(hpx.fft.fft(x))
"""

GRADIENTS = """
import hpxpy as hpx
n = 2048
def laplacian(v):
    u = v.reshape(n, n)
    w = 4 * u
    w[1:] -= u[:-1]
    w[:-1] -= u[1:]
    w[:, 1:] -= u[:, :-1]
    w[:, :-1] -= u[:, 1:]
    return w.reshape(-1)
hpx.linalg.cg(laplacian, hpx.ones(n * n, distribution="block"), maxiter=50, rtol=1e-12)
"""

PROGRAMS = {
    "Jacobi, blocks of rows": ["--no-compute", "-c", JACOBI, "32768", "rows"],
    "Jacobi, on a grid": ["--no-compute", "-c", JACOBI, "32768", "grid"],
    "flights": [EXAMPLES / "flights.py"],
    "k-means": ["--assume", "kmeans.py:46=1", EXAMPLES / "kmeans.py"],
    "Sort": ["-c", SORT],
    "Product, blocks of rows": ["--no-compute", "-c", PRODUCT, "rows"],
    "Product, on a grid": ["--no-compute", "-c", PRODUCT, "grid"],
    "Fourier transform": ["-c", TRANSFORM],
    "Conjugate gradients": ["-c", GRADIENTS],
}

FORMULAS = {
    "Jacobi, blocks of rows": "100 steps on 32768 x 32768 float64 (n = 32768). A step works on "
    "40 n²/N bytes (four views read, one written), sends 8 n bytes to each of two neighbours, and "
    "agrees once: T = 100 (40 n²/N / rate + 2 (α + 8 n β) + log2(N) (α + 816 B β)).",
    "Jacobi, on a grid": "The same on the grid that cuts least: 8 n/√N bytes to each of four "
    "neighbours, so the bytes fall with N where those of blocks of rows do not.",
    "flights": "[flights.py](examples/flights.py), 336,776 rows. Locality 0 deals out five "
    "columns, N - 1 messages each; statistics are sums of a fixed number of groups G: log2(N) "
    "(α + 24 G β) each. What locality 0 sends bounds it: strong scaling ends where (N - 1) α "
    "passes the work.",
    "k-means": "[kmeans.py](examples/kmeans.py), 327,346 flights in 5 groups, 300 steps (as if "
    "flights changed sides in each). A step joins 3 x 5 sums, 5 counts and one truth value: "
    "T = 300 (work/N + 3 log2(N) (α + 1 KB β)).",
    "Sort": "10,000,000 random float64 (n). Each locality sorts its block, bounds are found "
    "exactly in a few rounds of counts, and each element goes to its place once: "
    "T = 16 n/N (log2(n/N) / 3) / rate + (N - 1) α + 8 n/N β + rounds. Messages to all others "
    "bound it.",
    "Product, blocks of rows": "A 32768 x 32768 float64 product (n). One operand goes round, or to "
    "all: T = 2 n³/N / flops + (N - 1) α + 8 n² β. What arrives does not fall with N.",
    "Product, on a grid": "The same on the grid that is nearest to square (SUMMA): "
    "T = 2 n³/N / flops + 2 √N α + 16 n²/√N β.",
    "Fourier transform": "Of one line of 4,194,304 points (n), by four steps: three exchanges of "
    "all points: T = 32 n/N (log2(n) / 3) / rate + 3 ((N - 1) α + 16 n/N β).",
    "Conjugate gradients": "50 steps of hpx.linalg.cg on the five-point Laplacian of 2048 x 2048 "
    "points (n a side). A step takes 8 n bytes from each of two neighbours and joins two sums: "
    "T = 50 (passes over n²/N / rate + 2 (α + 8 n β) + 2 log2(N) α).",
}


def plan(words):
    """The plans of one program, one for each number of localities."""
    command = [sys.executable, "-m", "hpxpy", "plan", "-n", SIZES, "--json", *NETWORK]
    done = subprocess.run(
        [*command, *map(str, words)], check=True, capture_output=True, text=True,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )  # fmt: skip
    return json.loads(done.stdout)["plans"]


def out_of(played, agreement):
    rows = [row for row in played["rows"] if (row["kind"] == "agreement") == agreement]
    return sum(row["bytes_out"] for row in rows), sum(row["messages_out"] for row in rows)


def table(plans):
    lines = [
        "| localities | time | work | exchanges | speed-up | bytes out | messages | peak memory |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in plans:
        most = max(each["played"], key=lambda played: out_of(played, False))
        bytes_, messages = out_of(most, False)
        cells = [
            f"{each['localities']:,}",
            seconds_text(each["seconds"]),
            seconds_text(each["work_seconds"]),
            seconds_text(each["exchange_seconds"]),
            ratio_text(plans[0]["seconds"] / each["seconds"]),
            bytes_text(bytes_),
            f"{messages:,}",
            bytes_text(max(played["peak"] for played in each["played"])),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(planned, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, plans in planned.items():
        sizes = [each["localities"] for each in plans]
        left.plot(sizes, [each["seconds"] for each in plans], "o-", ms=3, label=name)
        most = [max(out_of(played, False)[0] for played in each["played"]) for each in plans]
        right.plot(sizes[1:], most[1:], "o-", ms=3, label=name)
    for panel, what in ((left, "predicted time (s)"), (right, "bytes out, busiest locality")):
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.set(xlabel="localities", ylabel=what)
    left.legend(fontsize=8)
    figure.savefig(path, dpi=100)


def main():
    planned = {name: plan(words) for name, words in PROGRAMS.items()}
    draw(planned, DOCS / "images" / "scaling.png")
    parts = [
        "# How programs scale\n",
        "Strong scaling of nine programs from 1 to 4096 localities, as `hpxpy plan` "
        "([what it does](plan.md)) predicts it. `make scaling` writes this page; it runs nothing "
        "on a cluster. Each locality is taken to read and write 10 GB/s in its passes over "
        "memory and to do 50 Gflop/s in products, α = 2 µs a message, β = 0.1 ns a byte. Bytes "
        "and messages are those that "
        "`hpx.counters` would show on the busiest locality played, without agreements (816 B "
        "which localities tell each other about a call, in log2(N) rounds).\n",
        "![Predicted time and bytes of nine programs](images/scaling.png)\n",
    ]
    for name, plans in planned.items():
        parts += [f"## {name}\n", FORMULAS[name] + "\n"]
        parts += [table(plans) + "\n"]
    (DOCS / "scaling.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
