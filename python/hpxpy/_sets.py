"""Sets: the different elements of arrays, and what several arrays have in common.

Made of sorting, masks and gathers. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

import numpy as np

from . import _core
from ._arguments import PIECE, as_array, axis_of
from ._joining import _concat
from ._manipulation import moveaxis, ravel
from ._sorting import searchsorted

__all__ = [
    "in1d",
    "intersect1d",
    "isin",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


class UniqueAllResult(NamedTuple):
    """What unique_all gives."""

    values: _core.ndarray
    indices: _core.ndarray
    inverse_indices: _core.ndarray
    counts: _core.ndarray


class UniqueCountsResult(NamedTuple):
    """What unique_counts gives."""

    values: _core.ndarray
    counts: _core.ndarray


class UniqueInverseResult(NamedTuple):
    """What unique_inverse gives."""

    values: _core.ndarray
    inverse_indices: _core.ndarray


def _firsts(ordered, equal_nan):
    """Where a sorted array has an element that differs from the one before."""
    flags = _core.ones(ordered.shape[0], dtype=np.bool_, distribution=ordered.distribution)
    if ordered.shape[0] > 1:
        later, earlier = ordered[1:], ordered[:-1]
        differ = later != earlier
        if equal_nan and ordered.dtype.kind in "fc":
            differ = differ & ~(_core.isnan(later) & _core.isnan(earlier))
        if differ.ndim > 1:
            differ = _core.any(_core.reshape(differ, (differ.shape[0], -1)), axis=1)
        flags[1:] = differ
    return flags


def _counts(starts, count):
    ends = _core._concat("unique", [starts[1:], _core.full(min(starts.size, 1), count)], 0)
    return ends - starts


def _inverse(order, counts, flags):
    if order.distribution is not None:
        numbers = _core.cumulative_sum(_core.astype(flags, np.int64)) - 1
        return _core._take("unique", numbers, _core._argsort("unique", order, 0, False), 0)
    inverse = _core.empty(order.shape, dtype=np.int64)
    inverse[order] = _core._repeated_positions("unique", counts)
    return inverse


def _unique(name, x, equal_nan, index=True, inverse=True, counts=True):
    """Values, first positions, inverse and counts; None for what is not asked for."""
    x = as_array(x)
    flat = ravel(x if index or inverse else _core._in_any_order(name, x))
    if not (index or inverse):
        ordered, order = _core._sort(name, flat, 0, False), None
    else:
        order = _core._argsort(name, flat, 0, False)
        ordered = _core._take(name, flat, order, 0)
    flags = _firsts(ordered, equal_nan)
    values = ordered[flags]
    number = None
    if inverse or counts:
        number = _counts(_core._flat_nonzero(flags), flat.size)
    return (
        values,
        order[flags] if index else None,
        _core.reshape(_inverse(order, number, flags), x.shape) if inverse else None,
        number,
    )


def unique_all(x) -> UniqueAllResult:
    """The different elements, sorted, with their first positions, the inverse, and their counts.

    `x` is taken as flattened; `values[inverse_indices]` is `x` again, in its shape. Every nan
    counts as different. Positions and counts are int64.

    Example:
        >>> hpx.unique_all(hpx.asarray([3, 1, 3])).counts
        array([1, 2])

    Communication: of distributed arrays that of argsort, and 16 bytes an element for the inverse.
    """
    return UniqueAllResult(*_unique("unique_all", x, False))


def unique_counts(x) -> UniqueCountsResult:
    """The different elements of the flattened array, sorted, and how often each occurs.

    Every nan counts as different.

    Example:
        >>> hpx.unique_counts(hpx.asarray([3, 1, 3])).values
        array([1, 3])

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour.
    """
    values, _, _, counts = _unique("unique_counts", x, False, index=False, inverse=False)
    return UniqueCountsResult(values, counts)


def unique_inverse(x) -> UniqueInverseResult:
    """The different elements, sorted, and the positions in them that give `x`.

    Every nan counts as different; the positions have the shape of `x`.

    Example:
        >>> hpx.unique_inverse(hpx.asarray([3, 1, 3])).inverse_indices
        array([1, 0, 1])

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour.
    """
    values, _, inverse, _ = _unique("unique_inverse", x, False, index=False, counts=False)
    return UniqueInverseResult(values, inverse)


def unique_values(x):
    """The different elements of the flattened array, sorted; every nan counts as different.

    Example:
        >>> hpx.unique_values(hpx.asarray([3, 1, 3]))
        array([1, 3])

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour.
    """
    return _unique("unique_values", x, False, index=False, inverse=False, counts=False)[0]


def unique(
    x,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    sorted=True,
) -> Any:
    """The different elements, sorted, or with `axis` the different positions along it.

    On demand with their first positions, the inverse (which rebuilds `x`), and their counts, in a
    tuple. With `equal_nan` all nan are one. The values are sorted whatever `sorted` says. Rows of a
    distributed array are sorted by one column after the other.

    Example:
        >>> hpx.unique(hpx.asarray([3, 1, 3]), return_counts=True)
        (array([1, 3]), array([1, 2]))

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour; with
    `axis` to blocks along it, and for each column of the rows an argsort and 16 bytes a row.
    """
    asked = (return_index, return_inverse, return_counts)
    if axis is None:
        results = _unique("unique", x, equal_nan, *asked)
    else:
        results = _unique_along(as_array(x), axis, equal_nan)
    chosen = [r for r, wanted in zip(results[1:], asked, strict=True) if wanted]
    return (results[0], *chosen) if chosen else results[0]


def _unique_along(x, axis, equal_nan):
    axis = axis_of("unique", axis, x.ndim)
    rows = moveaxis(x, axis, 0)
    if x.distribution is not None:
        # Whole rows, which are compared, on each locality.
        rows = _core.redistribute(rows, "block")
    count = rows.shape[0]
    width = int(np.prod(rows.shape[1:]))
    flat = _core.reshape(rows, (count, width))
    if width == 0:
        order = _core.arange(count)
        flags = order == 0
    else:
        order = _order_of_rows(flat)
        flags = _firsts(_core._take("unique", flat, order, 0), equal_nan)
    index = order[flags]
    counts = _counts(_core._flat_nonzero(flags), count)
    values = _core.copy(moveaxis(_core._take("unique", rows, index, 0), 0, axis))
    return values, index, _inverse(order, counts, flags), counts


def _order_of_rows(flat):
    """The order that sorts rows by their first element, then by the second, and so on."""
    keys = [flat[:, i] for i in reversed(range(flat.shape[1]))]
    if flat.distribution is None:
        return _core._lexsort(keys, -1)
    # As a radix sort: the least important one first, each by a stable sort.
    order = _core._argsort("unique", keys[0], 0, False)
    for key in keys[1:]:
        again = _core._argsort("unique", _core._take("unique", key, order, 0), 0, False)
        order = _core._take("unique", order, again, 0)
    return order


def _positions_in(ordered, x):
    """Where each element of x would stand among sorted ones, within range."""
    positions = _core._search_sorted(ordered, x, False)
    return _core.minimum(positions, ordered.size - 1)


# So many elements are compared with each one sooner than searched for.
_FEW = 16


def _table_of(test, x):
    """Flags of the integers from the smallest to the largest of `test`, and the smallest one.

    None where `test` or `x` hold others than integers, or the range is much longer than both.
    """
    if test.dtype.kind not in "biu" or x.dtype.kind not in "biu":
        return None
    low, high = int(_core.min(test)), int(_core.max(test))
    # As int64, elements of uint64 that it lacks are negative.
    if high >= 2**63 or (low < 0 and x.dtype == np.uint64):
        return None
    if high - low > 6 * (test.size + x.size):
        return None
    flags = _core.zeros(high - low + 2, dtype=np.bool_)
    flags[_core.astype(test, np.int64) - low] = True
    return flags, low


def _found_in_table(name, flags, low, x):
    x = _core.astype(x, np.int64)
    last = flags.size - 1
    inside = (x >= low) & (x < low + last)
    return _core._take(name, flags, _core.where(inside, x - low, last), 0)


def _found_among(name, ordered, x):
    return _core._take(name, ordered, _positions_in(ordered, x), 0) == x


def _found_in_pieces(find, x):
    if x.size <= PIECE or x.distribution is not None:
        return find(x)
    found = _core.empty(x.shape, dtype=np.bool_)
    for first in range(0, x.size, PIECE):
        found[first : first + PIECE] = find(x[first : first + PIECE])
    return found


def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """Whether each element of the first array is among those of the second.

    `invert` gives the opposite. The result has the shape of `element`; nan is never found. Dtypes
    are promoted, and integers of all dtypes compared exactly.

    Example:
        >>> hpx.isin(hpx.asarray([1, 2, 3]), [3, 1])
        array([ True, False,  True])

    Communication: none if the elements looked for are local; else those are sorted, and `element`
    is looked up as `searchsorted` does it.
    """
    if kind not in (None, "sort", "table"):
        raise ValueError(f"isin: kind {kind!r} does not exist; choose None, 'sort' or 'table'")
    return _isin("isin", element, test_elements, invert)


def _isin(name, element, test_elements, invert):
    x = as_array(element)
    if type(test_elements) is int:
        # Of any size, and exactly compared.
        return x != test_elements if invert else x == test_elements
    test = ravel(test_elements)
    if test.size == 0:
        return _core.full(x.shape, bool(invert), distribution=x.distribution)
    if test.distribution is not None:
        return _found_in_line(name, x, test) ^ bool(invert)
    flat = ravel(x)
    if test.size <= _FEW:
        found = functools.reduce(operator.or_, (flat == test[i] for i in range(test.size)))
        return _core.reshape(~found if invert else found, x.shape)
    table = _table_of(test, flat)
    if table is not None:
        find = functools.partial(_found_in_table, name, *table)
    else:
        find = functools.partial(_found_among, name, _core._sort(name, test, 0, False))
    found = _found_in_pieces(find, flat)
    return _core.reshape(~found if invert else found, x.shape)


def _found_in_line(name, x, test):
    """Whether elements of `x` are among those of a 1-d array that is dealt out.

    Communication: that of `sort`, of `searchsorted` and of `take`.
    """
    ordered = _core._sort(name, test, 0, False)
    places = _core.minimum(searchsorted(ordered, x), test.size - 1)
    return _core.equal(_core._take(name, ordered, places, 0), x)


def in1d(ar1, ar2, assume_unique=False, invert=False, *, kind=None):
    """Whether each element of the first array, flattened, is among those of the second; as `isin`.

    Example:
        >>> hpx.in1d(hpx.asarray([1, 2, 3]), [3, 1])
        array([ True, False,  True])

    Communication: none.
    """
    return isin(ravel(ar1), ar2, assume_unique, invert, kind=kind)


def _promoted(*arrays):
    """Flattened arrays of one dtype, in which elements of two dtypes may become equal.

    Communication: none.
    """
    arrays = [ravel(x) for x in arrays]
    dtype = np.result_type(*(x.dtype for x in arrays))
    return [x.astype(dtype, copy=False) for x in arrays]


def union1d(ar1, ar2):
    """The different elements of both arrays, sorted.

    Example:
        >>> hpx.union1d([1, 3], [2, 3])
        array([1, 2, 3])

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour.
    """
    return unique(_concat("union1d", (ar1, ar2), None, None, None, "same_kind"))


def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    """The elements that both arrays have, sorted, each once.

    With `return_indices` also their first positions in each of the flattened arrays.

    Example:
        >>> hpx.intersect1d([1, 2, 3], [3, 1])
        array([1, 3])

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour.
    """
    a, b = _promoted(ar1, ar2)
    if not return_indices:
        joined = _joined("intersect1d", unique(a), unique(b))
        return joined[:-1][joined[1:] == joined[:-1]]
    a, first_a = unique(a, return_index=True)
    b, first_b = unique(b, return_index=True)
    both = _isin("intersect1d", a, b, False)
    common = a[both]
    if common.size == 0:
        return common, first_a[both], first_b[:0]
    return common, first_a[both], _core._take("intersect1d", first_b, _positions_in(b, common), 0)


def setdiff1d(ar1, ar2, assume_unique=False):
    """The elements of the first array that the second lacks: sorted, each once.

    With `assume_unique` they stay as they are, in their order.

    Example:
        >>> hpx.setdiff1d([1, 2, 3], [3, 1])
        array([2])

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour.
    """
    a = ravel(ar1) if assume_unique else unique(ar1)
    return a[_isin("setdiff1d", a, ar2, True)]


def setxor1d(ar1, ar2, assume_unique=False):
    """The elements that only one of the arrays has, sorted, each once.

    Example:
        >>> hpx.setxor1d([1, 2, 3], [3, 4])
        array([1, 2, 4])

    Communication: of distributed arrays that of sort or argsort, and one element a neighbour.
    """
    joined = _joined("setxor1d", *(unique(x) for x in _promoted(ar1, ar2)))
    if joined.size == 0:
        return joined
    alone = _core.full(joined.size + 1, True)
    alone[1:-1] = joined[1:] != joined[:-1]
    return joined[alone[1:] & alone[:-1]]


def _joined(name, a, b):
    """The elements of both in one order; what both have stands twice."""
    return _core._sort(name, _core._concat(name, [a, b], 0), 0, False)
