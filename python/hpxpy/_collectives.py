"""The collectives on arrays: what localities do together, as MPI does it element by element.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from ._algorithms import is_policy, reduce_elements, scan_elements
from ._groups import number_of, root_of
from ._later import made

__all__ = [
    "all_gather",
    "all_reduce",
    "all_to_all",
    "barrier",
    "broadcast",
    "exclusive_scan",
    "gather",
    "inclusive_scan",
    "reduce",
    "scatter",
]


def _also_under_policy(elements):
    """The collective, or with a policy as first argument the algorithm of the same name.

    Communication: that of either.
    """

    def of(function):
        @functools.wraps(function)
        def either(*arguments, **keywords):
            if arguments and is_policy(arguments[0]):
                return elements(*arguments, **keywords)
            return function(*arguments, **keywords)

        return either

    return of


def _is_distributed(x):
    return isinstance(x, _core.ndarray) and x.distribution is not None


def _is_function(name, op, x):
    """Whether `op` is a function, which joins local arrays alone."""
    if not callable(op):
        if not isinstance(op, str):
            raise ValueError(f"{name}: Unknown reduction operation {op!r}")
        return False
    if _is_distributed(x):
        raise TypeError(
            f"{name}: a function joins whole local arrays, and this one is distributed; "
            "reduce it with sum, min or another function, or give local_partition"
        )
    return True


def all_reduce(x, op: str | Callable = "sum", *, group=None, sync: bool = True):
    """The localities' arrays joined element by element; of a distributed array all its elements.

    `op` is 'sum', 'prod', 'min', 'max', 'and', 'or', 'xor', or a function of two whole local
    arrays, which joins them from the left in locality order. Shapes and dtypes are equal on all
    localities; a CommunicationError names two that differ, on every locality. An unknown `op` is
    a ValueError, one that does not take the dtype a TypeError. `group` is that of the localities
    that take part, all by default; a distributed array lies on all of them, and a smaller group is
    a TypeError. With sync=False the call gives a `hpx.Future` of the result and waits for nobody:
    the array is copied, and what the group calls next comes after it.

    Example:
        >>> hpx.all_reduce(hpx.asarray([1.0, 2.0]), op="max")
        array([1., 2.])

    Communication: one all-reduce of the array (of a distributed one, of a single element); with a
    function, an all-gather.
    """
    number = number_of("all_reduce", group)
    if _is_function("all_reduce", op, x):
        return made(sync, number, lambda x: functools.reduce(op, _core._gather(x, -1, number)), x)
    return made(sync, number, lambda x: _core._all_reduce(x, op, number), x)


@_also_under_policy(reduce_elements)
def reduce(x, op: str | Callable = "sum", root: int = 0, *, group=None, sync: bool = True) -> Any:
    """The localities' arrays joined element by element on root, None elsewhere.

    Of a distributed array it joins all elements, to a 0-d array. `op`, `group`, `sync` and errors
    are those of `all_reduce`, and a root that does not exist is a ValueError.

    reduce(policy, x, op='sum', init=None) is HPX's algorithm, with one of hpx.execution's policies:
    all elements of `x` joined, and `init`, to a 0-d array everywhere. `op` is a name as above or a
    function of two elements (one of NumPy's, or any), associative and commutative. ValueError where
    there is nothing to be joined.

    Example:
        >>> total = hpx.reduce(hpx.asarray([1.0, 2.0]), op="max", root=0)
        >>> total if hpx.locality_id() == 0 else hpx.asarray([1.0, 2.0])
        array([1., 2.])

    Communication: one all-reduce of the array (of a distributed one, of a single element, and an
    agreement of a few bytes); with a function, it moves every locality's array to root once.
    """
    number = number_of("reduce", group)
    root = root_of("reduce", root, number)
    if not _is_function("reduce", op, x):
        return made(sync, number, lambda x: _core._reduce(x, op, root, number), x)

    def fold(x):
        parts = _core._gather(x, root, number)
        return None if parts is None else functools.reduce(op, parts)

    return made(sync, number, fold, x)


@_also_under_policy(functools.partial(scan_elements, "inclusive_scan"))
def inclusive_scan(x, op: str | Callable = "sum", *, group=None, sync: bool = True):
    """The arrays of all localities up to this one joined element by element, its own among them.

    Localities count in their order. `op`, `group`, `sync` and errors are those of `all_reduce`; a
    distributed array is a TypeError, its elements are scanned by `cumulative_sum`.

    inclusive_scan(policy, x, op='sum', init=None) is HPX's algorithm, with one of hpx.execution's
    policies: what joins the elements up to each one in C order, and `init`, in the shape of `x` and
    where it lies. `op` is a name as above, or an associative function of two elements.

    Example:
        >>> hpx.inclusive_scan(hpx.asarray([1, 2])).tolist() == [
        ...     hpx.locality_id() + 1,
        ...     2 * hpx.locality_id() + 2,
        ... ]
        True

    Communication: one agreement of a few bytes, then one exclusive scan of the array; with a
    function, an all-gather.
    """
    number = number_of("inclusive_scan", group)
    if not _is_function("inclusive_scan", op, x):
        return made(sync, number, lambda x: _core._scan_localities(x, op, True, number), x)
    mine = _core._place_in(number)[0]

    def fold(x):
        return functools.reduce(op, _core._gather(x, -1, number)[: mine + 1])

    return made(sync, number, fold, x)


@_also_under_policy(functools.partial(scan_elements, "exclusive_scan"))
def exclusive_scan(x, op: str | Callable = "sum", *, group=None, sync: bool = True):
    """The arrays of all localities before this one joined element by element.

    The first one gets what changes nothing where it is joined: zeros for 'sum', 'or' and 'xor',
    ones for 'prod', all bits for 'and', the largest value for 'min' and the smallest for 'max';
    of a function, None. All else is as with `inclusive_scan`.

    exclusive_scan(policy, x, op='sum', init=None) is HPX's algorithm: what joins `init` and the
    elements before each one. `init` is needed of 'min', 'max' and functions, else ValueError.

    Example:
        >>> hpx.exclusive_scan(hpx.asarray([1, 2])).tolist() == [
        ...     hpx.locality_id(),
        ...     2 * hpx.locality_id(),
        ... ]
        True

    Communication: one agreement of a few bytes, then one exclusive scan of the array; with a
    function, an all-gather.
    """
    number = number_of("exclusive_scan", group)
    mine = _core._place_in(number)[0]
    folds = _is_function("exclusive_scan", op, x)

    def scan(x):
        if folds:
            earlier = _core._gather(x, -1, number)[:mine]
            return functools.reduce(op, earlier) if earlier else None
        result = _core._scan_localities(x, op, False, number)
        if mine > 0:
            return result
        return _core.full_like(result, _neutral(op, np.dtype(result.dtype)))

    return made(sync, number, scan, x)


def _neutral(op, dtype):
    """What changes nothing that it is joined with."""
    if op in ("sum", "or", "xor"):
        return dtype.type(0)
    if op == "prod":
        return dtype.type(1)
    if op == "and":
        return dtype.type(True) if dtype.kind == "b" else np.invert(dtype.type(0))
    sign = 1 if op == "min" else -1
    if dtype.kind == "b":
        return dtype.type(op == "min")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return dtype.type(limits.max if op == "min" else limits.min)
    return dtype.type(complex(sign * np.inf, sign * np.inf) if dtype.kind == "c" else sign * np.inf)


def broadcast(x, root: int = 0, *, group=None, sync: bool = True):
    """Root's array on every locality; the others may give None.

    Of a distributed array it is the full copy. ValueError for a root that does not exist; `group`
    and `sync` as in `all_reduce`.

    Example:
        >>> hpx.broadcast(hpx.asarray([1, 2]) if hpx.locality_id() == 0 else None)
        array([1, 2])

    Communication: one agreement of a few bytes, then one broadcast.
    """
    number = number_of("broadcast", group)
    root = root_of("broadcast", root, number)
    return made(sync, number, lambda x: _core._broadcast(x, root, number), x)


def gather(x, root: int = 0, *, group=None, sync: bool = True) -> Any:
    """A list of every locality's array on root, None elsewhere; of a distributed array the whole.

    The lengths of the arrays may differ; dtypes and numbers of dimensions are equal, and a
    CommunicationError names two that differ. ValueError for a root that does not exist; `group` and
    `sync` as in `all_reduce`.

    Example:
        >>> whole = hpx.gather(hpx.arange(4, distribution='block'), root=0)
        >>> whole if hpx.locality_id() == 0 else hpx.arange(4)
        array([0, 1, 2, 3])

    Communication: moves every locality's array to root once.
    """
    number = number_of("gather", group)
    root = root_of("gather", root, number)
    return made(sync, number, lambda x: _core._gather(x, root, number), x)


def all_gather(x, *, group=None, sync: bool = True) -> Any:
    """A list of every locality's array, on every locality; of a distributed array the whole.

    The lengths of the arrays may differ; dtypes and numbers of dimensions are equal, and a
    CommunicationError names two that differ. `group` and `sync` as in `all_reduce`.

    Example:
        >>> parts = hpx.all_gather(hpx.ones(2))
        >>> len(parts) == hpx.num_localities()
        True

    Communication: moves every locality's array to all others once.
    """
    number = number_of("all_gather", group)
    return made(sync, number, lambda x: _core._gather(x, -1, number), x)


def scatter(
    x: ArrayLike | None,
    root: int = 0,
    *,
    distribution=None,
    axis=None,
    grid=None,
    group=None,
    sync: bool = True,
):
    """Root's rows dealt out like a block map; the others may give None.

    Each locality gets its part as a local array, or, with a distribution, all get one distributed
    array. TypeError for an array that is distributed already, ValueError or AxisError for what the
    distribution does not fit; `group` and `sync` as in `all_reduce`.

    Example:
        >>> x = hpx.scatter(hpx.arange(6), root=0, distribution='block')
        >>> x.shape
        (6,)

    Communication: one agreement of a few bytes, then each part moves once, from root to all that
    hold it. For what is not blocks of the first axis root copies the array into that order first.
    """
    number = number_of("scatter", group)
    distribution = _core._on_grid("scatter", distribution, grid)
    root = root_of("scatter", root, number)
    return made(sync, number, lambda x: _core._scatter(x, root, distribution, axis, number), x)


def all_to_all(x, *, group=None, sync: bool = True) -> Any:
    """Each locality's rows dealt out to all, or an array of a list to each.

    The rows of an array are dealt out like a block map, and the result has the parts that come from
    all localities one behind the other; shapes and dtypes are equal everywhere. Of a list or tuple
    with one array for each locality, array i goes to locality i; the result is the list of those
    that come, which may have any shape and dtype. ValueError for a list of another length or an
    array of 0 dimensions, TypeError for distributed arrays, which `redistribute` moves; `group` and
    `sync` as in `all_reduce`.

    Example:
        >>> n = hpx.num_localities()
        >>> hpx.all_to_all(hpx.full(n, hpx.locality_id())).tolist() == list(range(n))
        True

    Communication: one agreement of a few bytes, then each part moves once; of a list, also one
    all-to-all of shapes.
    """
    number = number_of("all_to_all", group)
    return made(sync, number, lambda x: _core._all_to_all(x, number), x)


def barrier(name: str | None = None, *, group=None, sync: bool = True) -> None:
    """Returns when all localities have called it, with the same `name`.

    `group` and `sync` as in `all_reduce`; the future's value is None.

    Example:
        >>> hpx.barrier('files are written')

    Communication: one all-reduce of a few bytes.
    """
    number = number_of("barrier", group)
    name = "" if name is None else str(name)
    return made(sync, number, lambda: _core._barrier(name, number))
