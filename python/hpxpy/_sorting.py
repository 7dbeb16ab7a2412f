"""Sorting and searching.

A stable radix sort over all threads. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core
from ._arguments import as_array, axis_of
from ._collectives import all_reduce
from ._manipulation import ravel
from .execution import takes_policy

__all__ = [
    "argpartition",
    "argsort",
    "lexsort",
    "partition",
    "searchsorted",
    "sort",
]


def _arguments(name, x, axis, kind, order):
    x = as_array(x)
    if order is not None:
        raise ValueError(f"{name}: order={order!r} needs fields, which no dtype of ours has")
    if kind not in (None, "stable", "quicksort", "mergesort", "heapsort"):
        raise ValueError(f"{name}: kind {kind!r} does not exist; every sort is stable")
    if axis is not None:
        return x, axis_of(name, axis, x.ndim)
    if name in ("sort", "partition") and x.distribution is not None:
        return _core._in_any_order(name, x), 0
    return ravel(x), 0


@takes_policy
def sort(x, axis=-1, kind=None, order=None, *, descending=False, stable=True):
    """A copy sorted along `axis`, or flattened and sorted if it is None.

    All dtypes: nan comes last (also with `descending`), complex numbers go by their real part, then
    by the imaginary one. Equal elements always stay in their order, so `kind` and `stable` choose
    nothing. Radix sort by the least significant digit (Knuth, The Art of Computer Programming 3,
    5.2.5), and some thousand elements by networks of vectors (Batcher, Sorting networks and their
    applications, 1968). A line that is dealt out is sorted by selecting the bounds of even blocks
    (Saukas and Song, 1999). `policy` is one of hpx.execution's.

    Example:
        >>> hpx.sort(hpx.asarray([3, 1, 2]))
        array([1, 2, 3])

    Communication: none where lines along the axis lie on one locality, else elements go there and
    back; of the only axis, bounds are found in rounds of a few bytes, then elements travel once.
    """
    x, axis = _arguments("sort", x, axis, kind, order)
    return _core._sort("sort", x, axis, bool(descending))


@takes_policy
def argsort(x, axis=-1, kind=None, order=None, *, descending=False, stable=True):
    """The positions, int64, that sort `x` along `axis`, or flattened if it is None; as `sort`.

    Example:
        >>> hpx.argsort(hpx.asarray([30, 10, 20]))
        array([1, 2, 0])

    Communication: none where lines along the axis lie on one locality, else elements go there and
    back; of the only axis, bounds are found in rounds of a few bytes, then elements travel once.
    """
    x, axis = _arguments("argsort", x, axis, kind, order)
    return _core._argsort("argsort", x, axis, bool(descending))


def sort_in_place(self, axis=-1, kind=None, order=None, *, descending=False, stable=True):
    """Sorts the array itself along `axis`, as the function `sort`.

    Example:
        >>> x = hpx.asarray([3, 1, 2])
        >>> x.sort()

    Communication: none where lines along the axis lie on one locality, else elements go there and
    back; of the only axis, bounds are found in rounds of a few bytes, then elements travel once.
    """
    if axis is None:
        raise TypeError("sort: an array is sorted in place along one axis; axis is None")
    self[...] = sort(self, axis, kind, order, descending=descending, stable=stable)


@takes_policy
def lexsort(keys, axis=-1):
    """The positions that sort by the last of `keys`; where those are equal, by the one before.

    `keys` are arrays of one shape (or the rows of an array); ValueError if shapes differ. Of
    distributed ones each key in turn is sorted, from the first on, in the order of those before.

    Example:
        >>> hpx.lexsort([hpx.asarray([1, 0, 2]), hpx.asarray([5, 5, 4])])
        array([2, 1, 0])

    Communication: none of local keys; of others that of `argsort` and of two `take_along_axis` for
    each key.
    """
    keys = [as_array(key) for key in keys]
    if keys and keys[0].ndim == 0:
        return _core.zeros((), dtype=np.int64)
    if all(key.distribution is None for key in keys):
        return _core._lexsort(keys, axis)
    for key in keys:
        if key.shape != keys[0].shape:
            raise ValueError(
                f"lexsort: keys of shapes {keys[0].shape} and {key.shape}; all need the same"
            )
    axis = axis_of("lexsort", axis, keys[0].ndim)
    order = None
    for key in keys:
        known = key if order is None else _core._take_along("lexsort", key, order, axis)
        ranks = _core._argsort("lexsort", known, axis, False)
        order = ranks if order is None else _core._take_along("lexsort", order, ranks, axis)
    return order


def _ranks(name, x, kth, axis):
    """The ranks of `kth`, ascending, each once."""
    length = x.shape[axis]
    ranks = [operator.index(k) for k in np.ravel(kth).tolist()]
    for k in ranks:
        if not -length <= k < length:
            raise ValueError(f"{name}: kth={k} is out of range for axis {axis} of length {length}")
    return sorted({k % length for k in ranks})


def _checked_selection(name, kind):
    if kind != "introselect":
        raise ValueError(f"{name}: kind {kind!r} does not exist; choose 'introselect'")


@takes_policy
def partition(x, kth, axis=-1, kind="introselect", order=None):
    """A copy in which the element at `kth` stands where sorting puts it, smaller ones before it.

    `kth` is an integer or several; ValueError if one is out of range. The element is found by Floyd
    and Rivest's selection (1975), and the others move to its sides in their order.

    Example:
        >>> hpx.partition(hpx.asarray([3, 1, 2]), 1)
        array([1, 2, 3])

    Communication: none where lines along the axis lie on one locality, else elements go there and
    back; of the only axis, bounds are found in rounds of a few bytes, then elements travel once.
    """
    x, axis = _arguments("partition", x, axis, _checked_selection("partition", kind), order)
    return _core._partition("partition", x, axis, _ranks("partition", x, kth, axis), False)


def partition_in_place(self, kth, axis=-1, kind="introselect", order=None):
    """Partitions the array itself along `axis`, as the function `partition`.

    Example:
        >>> x = hpx.asarray([3, 1, 2])
        >>> x.partition(1)

    Communication: none where lines along the axis lie on one locality, else elements go there and
    back; of the only axis, bounds are found in rounds of a few bytes, then elements travel once.
    """
    self[...] = partition(self, kth, axis, kind, order)


@takes_policy
def argpartition(x, kth, axis=-1, kind="introselect", order=None):
    """The positions that partition `x` along `axis` around `kth`, as `partition`.

    Example:
        >>> hpx.argpartition(hpx.asarray([30, 10, 20]), 1)
        array([1, 2, 0])

    Communication: none where lines along the axis lie on one locality, else elements go there and
    back; of the only axis, bounds are found in rounds of a few bytes, then elements travel once.
    """
    x, axis = _arguments("argpartition", x, axis, _checked_selection("argpartition", kind), order)
    return _core._partition("argpartition", x, axis, _ranks("argpartition", x, kth, axis), True)


@takes_policy
def searchsorted(x1, x2, side="left", sorter=None):
    """Where the elements of `x2` would be inserted into `x1` to keep it sorted.

    The result is int64 and has the shape of `x2`. `x1` has one dimension and is sorted, or `sorter`
    holds the positions that sort it. With side='left' an element goes before those equal to it,
    with 'right' behind them. Dtypes are promoted, and integers of all dtypes compared exactly.

    Example:
        >>> hpx.searchsorted(hpx.asarray([1, 2, 2, 3]), hpx.asarray([2]), side="right")
        array([3])

    Communication: none if `x1` and `sorter` are local. Else one all-reduce of the positions if `x2`
    is local, and if it is not each of its elements goes to the locality whose part of `x1` it
    belongs into, and its position comes back.
    """
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side {side!r} does not exist; choose 'left' or 'right'")
    x1 = as_array(x1)
    if sorter is not None:
        sorter = as_array(sorter)
        if sorter.shape != x1.shape:
            raise ValueError(f"searchsorted: sorter has shape {sorter.shape}, the array {x1.shape}")
        if x1.ndim == 1:
            x1 = _core._take("searchsorted", x1, sorter, 0)
    right = side == "right"
    if x1.distribution is None or x1.ndim != 1:
        return _core._search_sorted(x1, x2, right)
    x2 = as_array(x2)
    if x2.distribution is not None:
        return _core._search_sorted(x1, x2, right)
    # Wherever they lie, as many of all are before an element as of all parts together.
    if x1.num_partitions != _core.num_localities():
        x1 = _core.redistribute(x1, "block")
    return all_reduce(_core._search_sorted(x1.local_partition, x2, right), "sum")
