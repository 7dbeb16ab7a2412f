"""The collectives under one name, and the reductions that they join with.

Imported by hpxpy/__init__.py as `hpx.collectives`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import enum

from ._core import all_gather, barrier, broadcast, gather, scatter
from ._objects import all_gather_object, all_reduce, broadcast_object, gather_object
from .distribution import get_locality_id, get_num_localities

__all__ = [
    "ReduceOp",
    "all_gather",
    "all_gather_object",
    "all_reduce",
    "barrier",
    "broadcast",
    "broadcast_object",
    "gather",
    "gather_object",
    "get_locality_id",
    "get_num_localities",
    "scatter",
]


class ReduceOp(str, enum.Enum):
    """What `all_reduce` joins with: `op=ReduceOp.sum` is op='sum'.

    Communication: none.
    """

    sum = "sum"
    prod = "prod"
    min = "min"
    max = "max"
    and_ = "and"
    or_ = "or"
    xor = "xor"

    def __str__(self):
        return self.value
