"""All cases, in the order of the tables that run.py prints."""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

from dataclasses import replace

import expressions
import order
import programs
import sweep_rows
from case import Case

GROUPS = {
    "expressions": "Fused expressions",
    "programs": "Whole functions",
    "order": "Masks, positions and order",
    "sweep": "Every function",
}
CASES: dict[str, Case] = {
    case.title: replace(case, group=group)
    for group, module in zip(GROUPS, (expressions, programs, order, sweep_rows), strict=True)
    for case in module.CASES
}
