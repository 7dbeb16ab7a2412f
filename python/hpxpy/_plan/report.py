"""Plans as tables on a terminal (rich) and as JSON."""

# SPDX-License-Identifier: BSL-1.0
import json

from rich import box
from rich.console import Console
from rich.table import Table

UNITS = ("B", "KB", "MB", "GB", "TB", "PB")
MOST_PLACES = 20


def bytes_text(number):
    value, unit = float(number), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{number} B"


def seconds_text(seconds):
    for limit, factor, unit in ((1e-3, 1e6, "us"), (1, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def ratio_text(ratio):
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def traffic_of(row):
    return row["bytes_out"] + row["bytes_in"]


def busiest_rows(plan):
    """For each line and kind the row of the locality that sends and gets most, (row, locality)."""
    found = {}
    for played in plan.played:
        for row in played.log["rows"]:
            key = row["site"], row["kind"]
            if key not in found or traffic_of(row) > traffic_of(found[key][0]):
                found[key] = row, played.locality
    return sorted(found.values(), key=lambda each: (-traffic_of(each[0]), each[0]["site"]))


def peer_text(row):
    """The locality that most goes to and comes from."""
    if not row["peers"]:
        return "all" if traffic_of(row) else ""
    most = max(row["peers"].values())
    if len(row["peers"]) > 1 and min(row["peers"].values()) == most:
        return f"{len(row['peers'])} alike"
    return str(min(peer for peer, bytes_ in row["peers"].items() if bytes_ == most))


def calls_table(plan):
    table = Table(
        title=f"Exchanges of {plan.size:,} localities, for each line those of the locality "
        "with the most bytes",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("line")
    table.add_column("exchange")
    for name in (
        "locality", "exchanges", "messages", "bytes out", "bytes in", "largest", "busiest peer"
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for row, locality in busiest_rows(plan):
        mark = "~" if row["depends"] else ""
        table.add_row(
            row["site"] or "(outside)",
            row["kind"],
            str(locality),
            f"{row['exchanges']:,}",
            f"{mark}{row['messages_out']:,}",
            mark + bytes_text(row["bytes_out"]),
            mark + bytes_text(row["bytes_in"]),
            mark + bytes_text(row["largest"]),
            peer_text(row),
        )
    return table


def localities_table(plan):
    table = Table(
        title=f"Localities played: {len(plan.played):,} of {plan.size:,}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    for name in ("locality", "peak memory"):
        table.add_column(name, justify="right")
    table.add_column("at line")
    for name in ("messages", "bytes out", "bytes in", "work", "exchanges", "time"):
        table.add_column(name, justify="right")
    for played in plan.played:
        work, exchanges = plan.seconds[played.locality]
        rows = played.log["rows"]
        table.add_row(
            str(played.locality),
            bytes_text(played.log["peak"]),
            played.log["peak_site"],
            f"{sum(row['messages_out'] for row in rows):,}",
            bytes_text(sum(row["bytes_out"] for row in rows)),
            bytes_text(sum(row["bytes_in"] for row in rows)),
            seconds_text(work),
            seconds_text(exchanges),
            seconds_text(work + exchanges),
        )
    return table


def scaling_table(plans):
    table = Table(title="Scaling", box=box.SIMPLE_HEAD, title_justify="left")
    for name in (
        "localities", "time", "work", "waiting", "exchanges", "speed-up", "messages",
        "bytes out", "bytes in", "peak memory",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for plan in plans:
        work, exchanges = plan.slowest()
        most = max(plan.played, key=lambda each: sum(map(traffic_of, each.log["rows"])))
        rows = most.log["rows"]
        table.add_row(
            f"{plan.size:,}",
            seconds_text(plan.total()),
            seconds_text(work),
            seconds_text(plan.waiting),
            seconds_text(exchanges),
            ratio_text(plans[0].total() / plan.total()) if plan.total() else "",
            f"{sum(row['messages_out'] for row in rows):,}",
            bytes_text(sum(row["bytes_out"] for row in rows)),
            bytes_text(sum(row["bytes_in"] for row in rows)),
            bytes_text(max(each.log["peak"] for each in plan.played)),
        )
    return table


def notes_of(plan, network):
    """What a reader of the tables has to know."""
    work, exchanges = plan.slowest()
    how = "measured while it was played"
    if plan.rates:
        how = f"at {plan.rates.bytes / 1e9:.3g} GB/s and {plan.rates.operations / 1e9:.3g} Gflop/s"
    waits = f"+ {seconds_text(plan.waiting)} of waiting for each other " if plan.waiting else ""
    notes = [
        f"Predicted time: {seconds_text(plan.total())} = {seconds_text(work)} of work ({how}) "
        f"{waits}+ {seconds_text(exchanges)} of exchanges at alpha = "
        f"{seconds_text(network.alpha)} a message, 1/beta = {1e-9 / network.beta:.3g} GB/s "
        f"({network.origin})."
    ]
    if any(row["depends"] for played in plan.played for row in played.log["rows"]):
        notes.append("~ depends on values: how many elements go where is that of the data played.")
    reads = sorted({site for played in plan.played for site in played.log["reads"]})
    if reads:
        more = f" and {len(reads) - MOST_PLACES} more" if len(reads) > MOST_PLACES else ""
        notes.append(
            "Values that other localities have a part in were read, and may have steered the "
            f"program, at {', '.join(reads[:MOST_PLACES])}{more}."
        )
    return notes


def show(plans, network, file=None):
    console = Console(file=file, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = 140
    if len(plans) > 1:
        console.print(scaling_table(plans))
    console.print(calls_table(plans[-1]))
    console.print(localities_table(plans[-1]))
    for note in notes_of(plans[-1], network):
        console.print(note, markup=False)


def as_json(plans, network, program):
    """The same for programs to read; docs/plan.md says what each key is."""
    return json.dumps(
        {
            "program": program,
            "network": {
                "alpha": network.alpha,
                "beta": network.beta,
                "origin": network.origin,
            },
            "plans": [
                {
                    "localities": plan.size,
                    "seconds": plan.total(),
                    "work_seconds": plan.slowest()[0],
                    "exchange_seconds": plan.slowest()[1],
                    "waiting_seconds": plan.waiting,
                    "played": [_played_as_dict(plan, played) for played in plan.played],
                }
                for plan in plans
            ],
        },
        indent=1,
    )


def _played_as_dict(plan, played):
    log = played.log
    work, exchanges = plan.seconds[played.locality]
    return {
        "locality": played.locality,
        "peak": log["peak"],
        "peak_site": log["peak_site"],
        "work_seconds": work,
        "exchange_seconds": exchanges,
        "reads": log["reads"],
        "rows": log["rows"],
    }
