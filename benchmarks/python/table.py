"""Plain text tables with aligned columns."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations


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
