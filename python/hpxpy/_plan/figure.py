"""A plan as a picture: bytes by line of the program, and who talks to whom."""

# SPDX-License-Identifier: BSL-1.0
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from .report import busiest_rows, traffic_of

MOST_LINES = 14


def draw(plans, path):
    """Writes the figure of the last plan, and of all where there are several."""
    panels = 3 if len(plans) > 1 else 2
    figure, axes = plt.subplots(1, panels, figsize=(5.2 * panels, 4.4), layout="constrained")
    plan = plans[-1]
    figure.suptitle(f"{plan.size:,} localities, {len(plan.played)} of them played")
    draw_lines(axes[0], plan)
    draw_peers(axes[1], plan)
    if len(plans) > 1:
        draw_scaling(axes[2], plans)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_lines(panel, plan):
    rows = [(row, k) for row, k in busiest_rows(plan) if traffic_of(row)][:MOST_LINES][::-1]
    kinds = sorted({row["kind"] for row, _ in rows})
    colours = dict(zip(kinds, plt.cm.tab10.colors * 2, strict=False))
    names = [f"{row['site'] or '(outside)'} {row['kind']}" for row, _ in rows]
    panel.barh(
        range(len(rows)),
        [traffic_of(row) for row, _ in rows],
        color=[colours[row["kind"]] for row, _ in rows],
    )
    panel.set_yticks(range(len(rows)), names, fontsize=8)
    panel.set_xscale("symlog", linthresh=1)
    panel.set(title="Sent and received by line", xlabel="bytes of the busiest locality")


def draw_peers(panel, plan):
    """Of each locality played: bytes with each single peer."""
    colours = plt.cm.viridis_r.resampled(max(len(plan.played), 2)).colors
    for played, colour in zip(plan.played, colours, strict=False):
        single = {}
        for row in played.log["rows"]:
            for peer, bytes_ in row["peers"].items():
                single[peer] = single.get(peer, 0) + bytes_
        peers = sorted(single)
        panel.plot(
            peers,
            [single[peer] for peer in peers],
            "o",
            color=colour,
            ms=4,
            label=f"locality {played.locality}" if len(plan.played) <= 10 else None,
        )
    panel.set_yscale("log")
    panel.set(
        title="Who talks to whom, beyond what all tell all",
        xlabel="peer",
        ylabel="bytes out and in",
        xlim=(-0.02 * plan.size - 0.5, 1.02 * plan.size),
    )
    if len(plan.played) <= 10:
        panel.legend(fontsize=8)


def draw_scaling(panel, plans):
    sizes = [plan.size for plan in plans]
    panel.plot(sizes, [plan.total() for plan in plans], "o-", label="time")
    panel.plot(sizes, [plan.slowest()[0] for plan in plans], "s--", label="work")
    panel.plot(sizes, [plan.slowest()[1] for plan in plans], "^--", label="exchanges")
    panel.plot(sizes, [plans[0].total() / n * sizes[0] for n in sizes], ":", color="grey",
               label="ideal")  # fmt: skip
    panel.set_xscale("log", base=2)
    panel.set_yscale("log")
    panel.set(title="Scaling", xlabel="localities", ylabel="seconds")
    panel.legend(fontsize=8)
