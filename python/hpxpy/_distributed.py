"""Distributed arrays under the names of HPXPy's earlier phases.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import dataclasses

from . import _core
from ._signatures import full, ones, zeros
from .distribution import DistributionPolicy

__all__ = [
    "DistributedArray",
    "DistributionInfo",
    "distributed_from_numpy",
    "distributed_full",
    "distributed_ones",
    "distributed_zeros",
]


class _Shape(tuple):
    """A shape that also equals the list of the same numbers."""

    __slots__ = ()

    def __eq__(self, other):
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other):
        return not self == other

    __hash__ = tuple.__hash__


class _Answer(int):
    """True or False, which may also be called."""

    __slots__ = ()

    def __call__(self) -> bool:
        return bool(self)

    def __repr__(self):
        return repr(bool(self))

    __str__ = __repr__


@dataclasses.dataclass(frozen=True)
class DistributionInfo:
    """How an array is dealt out: its policy, and how many parts it has.

    Communication: none.
    """

    policy: DistributionPolicy
    num_partitions: int


class DistributedArray(_core.ndarray):
    """An `ndarray` with a policy; what `distributed_zeros` and its kin make.

    All that an array can do it can do; results are ordinary arrays.

    Communication: none.
    """

    @property
    def policy(self) -> DistributionPolicy:
        """How the array is dealt out.

        Communication: none.
        """
        return self._policy

    @property
    def shape(self) -> tuple[int, ...]:
        """The whole array's lengths, equal to the tuple and to the list of them.

        Communication: none.
        """
        return _Shape(_core.ndarray.shape.__get__(self))

    @property
    def is_distributed(self) -> _Answer:
        """Whether the array spans several localities; `is_distributed()` says the same.

        Communication: none.
        """
        return _Answer(_core.ndarray.is_distributed.__get__(self))

    @property
    def locality_id(self) -> int:
        """The number of this locality, from 0.

        Communication: none.
        """
        return _core.locality_id()

    def get_distribution_info(self) -> DistributionInfo:
        """Policy and number of parts, as one object.

        Example:
            >>> hpx.distributed_zeros([8]).get_distribution_info().num_partitions
            1

        Communication: none.
        """
        return DistributionInfo(self.policy, self.num_partitions)

    def __repr__(self):
        return (
            f"DistributedArray(size={self.size}, policy={self.policy}, "
            f"partitions={self.num_partitions}, {super().__repr__()})"
        )


def _policy_of(function, distribution):
    """The policy as one of the members of DistributionPolicy."""
    if distribution is None:
        return DistributionPolicy.none
    kind = distribution
    if isinstance(distribution, DistributionPolicy):
        kind = distribution.kind
    if kind not in ("none", "local", "block", "cyclic", "block_cyclic"):
        raise ValueError(
            f"{function}: distribution {distribution!r} does not exist; choose 'block', 'cyclic', "
            "'block_cyclic' or None"
        )
    return getattr(DistributionPolicy, "none" if kind == "local" else kind)


def _dealt(function, distribution, make):
    """The array that `make(distribution)` gives, with its policy."""
    policy = _policy_of(function, distribution)
    x = make(distribution)
    result = _core._as_class(DistributedArray, x)
    result._policy = policy
    return result


def distributed_zeros(shape, distribution=None, dtype=None, *, axis=None):
    """A `DistributedArray` of zeros; float64 unless `dtype` is given.

    `distribution` is None, 'none', 'local', 'block' or one of hpx.distribution, and 'cyclic' on one
    locality; ValueError for others. It deals out `axis`.

    Example:
        >>> hpx.distributed_zeros([4, 2], distribution="block").shape == [4, 2]
        True

    Communication: none.
    """
    return _dealt(
        "distributed_zeros", distribution, lambda d: zeros(shape, dtype, distribution=d, axis=axis)
    )


def distributed_ones(shape, distribution=None, dtype=None, *, axis=None):
    """A `DistributedArray` of ones; as `distributed_zeros`.

    Example:
        >>> float(hpx.distributed_ones([4], distribution="block").sum())
        4.0

    Communication: none.
    """
    return _dealt(
        "distributed_ones", distribution, lambda d: ones(shape, dtype, distribution=d, axis=axis)
    )


def distributed_full(shape, fill_value, distribution=None, dtype=None, *, axis=None):
    """A `DistributedArray` with `fill_value` everywhere; as `distributed_zeros`.

    Its dtype is that of the value unless `dtype` is given.

    Example:
        >>> float(hpx.distributed_full([4], 2.5, distribution="block").sum())
        10.0

    Communication: none.
    """
    return _dealt(
        "distributed_full",
        distribution,
        lambda d: full(shape, fill_value, dtype, distribution=d, axis=axis),
    )


def distributed_from_numpy(data, distribution=None, dtype=None, *, axis=None):
    """A `DistributedArray` of a NumPy array's elements; all localities give the same data.

    `distribution` and `axis` are those of `distributed_zeros`. The elements are copied.

    Example:
        >>> import numpy as np
        >>> hpx.distributed_from_numpy(np.arange(4), distribution="block").to_numpy()
        array([0, 1, 2, 3])

    Communication: none.
    """
    return _dealt(
        "distributed_from_numpy",
        distribution,
        lambda d: _core.from_numpy(data, dtype, distribution=d, axis=axis),
    )
