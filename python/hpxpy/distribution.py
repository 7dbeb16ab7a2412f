"""How arrays are dealt out, as objects: 'block' and `hpx.distribution.block` are the same.

Imported by hpxpy/__init__.py as `hpx.distribution`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import enum

from . import _core

__all__ = [
    "DistributionPolicy",
    "block",
    "cyclic",
    "get_locality_id",
    "get_num_localities",
    "local",
    "none",
]


class DistributionPolicy(str, enum.Enum):
    """How an array is dealt out: not at all, in blocks, or element by element in turns.

    Communication: none.
    """

    none = "none"
    block = "block"
    cyclic = "cyclic"

    def __str__(self):
        return self.value


none = DistributionPolicy.none
block = DistributionPolicy.block
cyclic = DistributionPolicy.cyclic
local = none


def get_locality_id() -> int:
    """The number of this locality, from 0; `hpx.locality_id`.

    Example:
        >>> hpx.distribution.get_locality_id() < hpx.distribution.get_num_localities()
        True

    Communication: none.
    """
    return _core.locality_id()


def get_num_localities() -> int:
    """How many localities the program has; `hpx.num_localities`.

    Example:
        >>> hpx.distribution.get_num_localities() == hpx.num_localities()
        True

    Communication: none.
    """
    return _core.num_localities()
