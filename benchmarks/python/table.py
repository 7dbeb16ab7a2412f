"""Plain text tables with aligned columns, and what stands in them."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Goals:
    """Counts what is reached, and says so."""

    reached: int = 0
    asked: int = 0

    def verdict(self, good: bool) -> str:
        self.asked += 1
        self.reached += bool(good)
        return "yes" if good else "NO"


def shown_time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return "-" if seconds != seconds else f"{seconds * 1e9:.0f} ns"


class Table:
    """Columns in `left` start at the left, others end at the right; a blank line parts groups."""

    def __init__(self, heads: list[str], left: set[int]):
        self.left = left
        self.heads = heads
        self.lines: list[tuple[tuple[str, ...], object]] = []

    def add(self, *cells: str, group: object = None):
        assert len(cells) == len(self.heads)
        self.lines.append((cells, group))

    def __str__(self) -> str:
        cells = [self.heads, *(line for line, _ in self.lines)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(self.heads))]

        def text(line) -> str:
            parts = (
                cell.ljust(width) if i in self.left else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            return "  ".join(parts).rstrip()

        out = [text(self.heads), "-" * (sum(widths) + 2 * (len(widths) - 1))]
        for i, (line, group) in enumerate(self.lines):
            if i and group != self.lines[i - 1][1]:
                out.append("")
            out.append(text(line))
        return "\n".join(out)
