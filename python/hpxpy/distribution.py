"""How arrays are dealt out, as objects: 'block' and `hpx.distribution.block` mean the same.

Imported by hpxpy/__init__.py as `hpx.distribution`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

from . import _core
from ._core import Distribution
from ._placement import default, get_default_distribution, set_default_distribution

__all__ = [
    "Distribution",
    "DistributionPolicy",
    "block",
    "block_cyclic",
    "cyclic",
    "default",
    "get_default_distribution",
    "get_locality_id",
    "get_num_localities",
    "local",
    "none",
    "set_default_distribution",
]

# Also under the name and with the members of HPXPy's earlier phases.
DistributionPolicy = Distribution
for _kind in ("none", "block", "cyclic", "block_cyclic"):
    setattr(Distribution, _kind, Distribution(_kind))

none = local = Distribution.none
block = Distribution.block
cyclic = Distribution.cyclic
block_cyclic = Distribution.block_cyclic


def _again(state):
    """A distribution from its pickle."""
    return _core._distribution_of_state(state)


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
