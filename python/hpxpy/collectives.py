"""The collectives under one name, and the reductions that they join with.

Imported by hpxpy/__init__.py as `hpx.collectives`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import enum

from ._collectives import (
    all_gather,
    all_reduce,
    all_to_all,
    barrier,
    broadcast,
    exclusive_scan,
    gather,
    inclusive_scan,
    reduce,
    scatter,
)
from ._groups import Group, from_mpi4py, split_by_host, world
from ._objects import all_gather_object, broadcast_object, gather_object
from .distribution import get_locality_id, get_num_localities

__all__ = [
    "Group",
    "ReduceOp",
    "all_gather",
    "all_gather_object",
    "all_reduce",
    "all_to_all",
    "barrier",
    "broadcast",
    "broadcast_object",
    "exclusive_scan",
    "from_mpi4py",
    "gather",
    "gather_object",
    "get_locality_id",
    "get_num_localities",
    "inclusive_scan",
    "reduce",
    "scatter",
    "split_by_host",
    "world",
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
