"""Counting elements in bins: positions are fused expressions, counted in one pass.

Each locality counts its own block of a distributed array, and the counts are joined. Imported by
hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import builtins
import math
import operator

import numpy as np

from . import _core
from ._arguments import PIECE, as_array
from ._blocks import is_first_holder
from ._collectives import all_reduce

__all__ = [
    "bincount",
    "digitize",
    "histogram",
    "histogram2d",
    "histogram_bin_edges",
]


def _counted(name, positions, weights, length):
    """Counts, or sums of weights, of the positions 0 to length - 1.

    Communication: one all-reduce of the counts if the positions are distributed, or after
    set_deterministic a join of positions and float weights; else none.
    """
    if positions.distribution is None:
        return _core._count_positions(name, positions, weights, length)
    if weights is not None and weights.dtype.kind in "fc" and _core._is_deterministic():
        # Sums of floats depend on their order: every locality adds up all.
        positions, weights = (_core.redistribute(x, None) for x in (positions, weights))
        return _core._count_positions(name, positions, weights, length)
    if weights is not None:
        # Brought to the map of the positions.
        aligned = _core.empty_like(positions, dtype=weights.dtype)
        aligned[...] = weights
        weights = aligned.local_partition
    own = _core._count_positions(name, positions.local_partition, weights, length)
    return _joined_counts(own, positions)


def _joined_counts(own, x):
    """What all localities counted in their blocks of `x`, of equal copies in one.

    Communication: one all-reduce of the counts.
    """
    return all_reduce(own if is_first_holder(x) else _core.zeros_like(own))


def _weights(name, weights, x):
    if weights is None:
        return None
    weights = as_array(weights)
    if weights.shape != x.shape:
        raise ValueError(f"{name}: weights have shape {weights.shape}, the values {x.shape}")
    return weights


def _summed(name, positions, weights, length):
    """The counts, with weights of any dtype but complex.

    Communication: as _counted.
    """
    if weights is None:
        return _counted(name, positions, None, length)
    if weights.dtype.kind == "c":
        real = _counted(name, positions, weights.real, length)
        return _core._complex(name, real, _counted(name, positions, weights.imag, length))
    result = _counted(name, positions, weights, length)
    if weights.dtype.kind in "biu":
        # Sums that the weights' dtype does not hold wrap around.
        result = _core.astype(result, np.int64)
    return _core.astype(result, weights.dtype) if weights.dtype != result.dtype else result


def bincount(x, /, weights=None, minlength=0):
    """How often each integer from 0 up is among the elements of a 1-d array.

    The result is as long as the largest element plus 1, at least `minlength`. With `weights` it is
    the float64 sum of each element's weight. ValueError for negative elements, TypeError for other
    dtypes than integers and booleans.

    Example:
        >>> hpx.bincount(hpx.asarray([0, 1, 1, 3]))
        array([1, 2, 0, 1])

    Communication: two all-reduces if `x` is distributed, else none.
    """
    x = as_array(x)
    if x.ndim != 1:
        raise ValueError(f"bincount: an array of shape {x.shape} given; it takes one dimension")
    if x.dtype.kind not in "biu":
        raise TypeError(f"bincount: dtype {x.dtype} is not supported; it takes integers")
    minlength = operator.index(minlength)
    if minlength < 0:
        raise ValueError(f"bincount: minlength={minlength} is negative; give 0 or more")
    weights = _weights("bincount", weights, x)
    if weights is not None and weights.dtype.kind == "c":
        raise TypeError("bincount: complex weights have no float64 sum; give real ones")
    if x.distribution is None and x.dtype != np.uint64:
        return _core._bincount("bincount", x, weights, minlength)
    length = minlength
    if x.size:
        low, high = int(_core.min(x)), int(_core.max(x))
        if low < 0:
            raise ValueError(f"bincount: element {low} is negative; only 0 and above are counted")
        length = max(length, high + 1)
    return _counted("bincount", _core.astype(x, np.int64), weights, length)


def _range(name, x, given):
    """The outer edges: those given, or the smallest and the largest element.

    Communication: two all-reduces if `x` is distributed, else none.
    """
    if given is not None:
        first, last = (float(edge) for edge in given)
        if not (math.isfinite(first) and math.isfinite(last)):
            raise ValueError(f"{name}: the range {given!r} is not finite")
        if first > last:
            raise ValueError(f"{name}: in the range {given!r} the first edge is above the last")
    elif x.size == 0:
        first, last = 0.0, 1.0
    else:
        first, last = float(_core.min(x)), float(_core.max(x))
        if not (math.isfinite(first) and math.isfinite(last)):
            raise ValueError(f"{name}: the elements reach from {first} to {last}; give range=")
    return (first - 0.5, last + 0.5) if first == last else (first, last)


def _scott(x, n, width):
    return (24.0 * math.sqrt(math.pi) / n) ** (1.0 / 3.0) * float(_core.std(x))


def _freedman_diaconis(x, n, width):
    from ._statistics import percentile

    low, high = percentile(x, [25, 75]).tolist()
    return 2.0 * (high - low) * n ** (-1.0 / 3.0)


def _auto(x, n, width):
    # Half the width of the rule 'sqrt' bounds the number of bins where most elements are nearly
    # equal.
    robust = max(_freedman_diaconis(x, n, width), width / math.sqrt(n) / 2)
    return min(robust, width / (math.log2(n) + 1.0))


def _doane(x, n, width):
    deviation = float(_core.std(x))
    if n <= 2 or deviation == 0:
        return 0.0
    skewness = abs(float(_core.mean(((x - _core.mean(x)) / deviation) ** 3)))
    error = math.sqrt(6.0 * (n - 2) / ((n + 1.0) * (n + 3)))
    return width / (1.0 + math.log2(n) + math.log2(1.0 + skewness / error))


# The width of a bin of n elements that reach over `width`.
_WIDTHS = {
    "sqrt": lambda x, n, width: width / math.sqrt(n),
    "sturges": lambda x, n, width: width / (math.log2(n) + 1.0),
    "rice": lambda x, n, width: width / (2.0 * n ** (1.0 / 3)),
    "scott": _scott,
    "doane": _doane,
    "fd": _freedman_diaconis,
    "auto": _auto,
}


def _bin_count(name, x, bins, first, last):
    """How many bins of equal width an integer or the name of a rule asks for.

    Communication: those of the rule.
    """
    if isinstance(bins, str):
        if bins not in _WIDTHS:
            raise ValueError(f"{name}: bins={bins!r} does not exist; choose one of {list(_WIDTHS)}")
        x = x[_core.logical_and(x >= first, x <= last)]
        reach = float(_core.max(x)) - float(_core.min(x)) if x.size else 0.0
        width = _WIDTHS[bins](x, x.size, reach) if x.size else 0.0
        if x.dtype.kind in "iu" and width:
            width = max(width, 1.0)
        return math.ceil((last - first) / width) if width else 1
    count = operator.index(bins)
    if count < 1:
        raise ValueError(f"{name}: bins={count} given; there must be one or more")
    return count


class _Bins:
    """The bins along one axis: edges, and the position of each element among them."""

    def __init__(self, name, x, bins, given):
        self.x, self.name = x, name
        scalar = isinstance(bins, str) or (
            not isinstance(bins, _core.ndarray) and np.ndim(bins) == 0
        )
        self.uniform = scalar
        if self.uniform:
            self.first, self.last = _range(name, x, given)
            self.count = _bin_count(name, x, bins, self.first, self.last)
            self.dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
            # Before memory is asked for: bins narrower than the steps of the dtype.
            end = self.dtype.type(max(abs(self.first), abs(self.last)))
            narrow = (self.last - self.first) / self.count < np.spacing(end) / 2
            if not narrow:
                edges = _core.linspace(self.first, self.last, self.count + 1)
                self.edges = _core.astype(edges, self.dtype, copy=False)
                narrow = bool(_core.any(self.edges[:-1] >= self.edges[1:]))
            if narrow:
                raise ValueError(
                    f"{name}: {self.count} bins between {self.first} and {self.last} are too many "
                    f"for {self.dtype}; give less, or another range"
                )
            return
        self.edges = as_array(bins)
        if self.edges.ndim != 1:
            raise ValueError(f"{name}: bins of shape {self.edges.shape} given; edges are 1-d")
        if _core.any(self.edges[:-1] > self.edges[1:]):
            raise ValueError(f"{name}: the edges of bins must not fall")
        self.count = self.edges.size - 1

    def positions(self):
        """The bin of each element, `count` for those outside; int64.

        Communication: none.
        """
        return self._uniform_positions() if self.uniform else self._positions_among(self.x)

    def counts(self):
        """How many elements each bin holds, and behind them how many are outside.

        Communication: one all-reduce of the counts if the elements are distributed, else none.
        """
        distributed = self.x.distribution is not None
        x = self.x.local_partition if distributed else self.x
        if self.uniform or x.size <= PIECE or x.ndim != 1:
            return _counted(self.name, self.positions(), None, self.count + 1)
        counts = _core.zeros(self.count + 1, dtype=np.int64)
        for first in builtins.range(0, x.size, PIECE):
            positions = self._positions_among(x[first : first + PIECE])
            counts += _counted(self.name, positions, None, self.count + 1)
        return _joined_counts(counts, self.x) if distributed else counts

    def _positions_among(self, x):
        from ._sorting import searchsorted

        edges = self.edges
        right = searchsorted(edges, x, side="right") - 1
        inside = _core.where(x == edges[-1], self.count - 1, right)
        out = _core.logical_or(inside < 0, inside >= self.count)
        return _core.where(out, self.count, inside)

    def _edge(self, position):
        # linspace's formula, so that these are the bits of the edges.
        edge = position * ((self.last - self.first) / self.count) + self.first
        return _core.astype(_core.where(position == self.count, self.last, edge), self.dtype)

    def _uniform_positions(self):
        x = _core.astype(self.x, np.float64) if self.x.dtype.kind in "biu" else self.x
        inside = _core.logical_and(x >= self.first, x <= self.last)
        scaled = (_core.astype(x, np.float64) - self.first) / (self.last - self.first) * self.count
        at = _core.clip(_core.floor(scaled), 0, self.count - 1)
        # The division may round across an edge.
        at = _core.where(_core.logical_and(x < self._edge(at), at > 0), at - 1, at)
        above = _core.logical_and(x >= self._edge(at + 1), at < self.count - 1)
        at = _core.where(above, at + 1, at)
        return _core.astype(_core.where(inside, at, self.count), np.int64)


def histogram_bin_edges(x, bins=10, range=None, weights=None):
    """The edges of the bins that histogram would count in.

    `weights` change nothing; they are taken as NumPy takes them.

    Example:
        >>> hpx.histogram_bin_edges(hpx.asarray([1.0, 2.0, 5.0]), bins=4)
        array([1., 2., 3., 4., 5.])

    Communication: two all-reduces if `x` is distributed and no range is given, else none.
    """
    return _Bins("histogram_bin_edges", as_array(x), bins, range).edges


def histogram(
    x, bins=10, range=None, density=None, weights=None
) -> tuple[_core.ndarray, _core.ndarray]:
    """How many elements lie in each bin, and the edges of the bins: a pair.

    `bins` is a number of bins of equal width within `range` (from the smallest to the largest
    element unless given), the name of a rule ('auto', 'fd', 'doane', 'scott', 'rice', 'sturges',
    'sqrt'), or an array of rising edges. A bin holds its lower edge, the last one both. With
    `density` the result integrates to 1, with `weights` it sums them. ValueError for ranges that
    are not finite.

    Example:
        >>> hpx.histogram(hpx.asarray([1.0, 2.0, 2.5]), bins=2)
        (array([1, 2]), array([1.  , 1.75, 2.5 ]))

    Communication: one all-reduce of the counts and, without a range, two of one element if `x` is
    distributed, else none.
    """
    x = as_array(x)
    weights = _weights("histogram", weights, x)
    if weights is not None and isinstance(bins, str):
        raise TypeError(f"histogram: the rule {bins!r} knows no weights; give a number of bins")
    bins = _Bins("histogram", x, bins, range)
    if weights is None:
        counts = bins.counts()[:-1]
    else:
        counts = _summed("histogram", bins.positions(), weights, bins.count + 1)[:-1]
    if density:
        widths = _core.astype(bins.edges[1:] - bins.edges[:-1], np.float64)
        return counts / widths / _core.sum(counts), bins.edges
    return counts, bins.edges


def histogram2d(
    x, y, bins=10, range=None, density=None, weights=None
) -> tuple[_core.ndarray, _core.ndarray, _core.ndarray]:
    """How many points lie in each rectangle of a grid, with the edges along both axes: a triple.

    `x` and `y` are 1-d and of equal length. `bins` is a number, an array of edges, or a pair of
    these; `range` is a pair of ranges. Otherwise as histogram.

    Example:
        >>> hpx.histogram2d(hpx.asarray([0.0, 1.0]), hpx.asarray([0.0, 2.0]), bins=2)
        (array([[1., 0.],
               [0., 1.]]), array([0. , 0.5, 1. ]), array([0., 1., 2.]))

    Communication: one all-reduce of the counts and, without a range, four of one element if the
    points are distributed, else none.
    """
    x, y = as_array(x), as_array(y)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"histogram2d: points of shapes {x.shape} and {y.shape} given; both must be 1-d and "
            "equally long"
        )
    weights = _weights("histogram2d", weights, x)
    common = np.result_type(x.dtype, y.dtype)
    x, y = _core.astype(x, common, copy=False), _core.astype(y, common, copy=False)
    pair = isinstance(bins, (tuple, list)) and len(bins) == 2
    given = bins if pair else (bins, bins)
    within = (None, None) if range is None else range
    rows = _Bins("histogram2d", x, given[0], within[0])
    columns = _Bins("histogram2d", y, given[1], within[1])
    width = columns.count + 1
    cells = rows.positions() * width + columns.positions()
    counts = _summed("histogram2d", cells, weights, (rows.count + 1) * width)
    counts = _core.reshape(counts, (rows.count + 1, width))[:-1, :-1]
    result = _core.astype(counts, np.float64) if counts.dtype.kind in "biu" else counts
    if density:
        heights = (rows.edges[1:] - rows.edges[:-1])[:, None]
        widths = (columns.edges[1:] - columns.edges[:-1])[None, :]
        result = result / heights / widths / _core.sum(result)
    return result, rows.edges, columns.edges


def digitize(x, bins, right=False):
    """The bin of each element: i where bins[i-1] <= x < bins[i].

    With `right` i where bins[i-1] < x <= bins[i]. Falling edges are taken from their end. 0 is
    below all bins, len(bins) above. ValueError for edges that neither rise nor
    fall, TypeError for complex elements.

    Example:
        >>> hpx.digitize(hpx.asarray([0.2, 6.4]), [0.0, 1.0, 2.5, 10.0])
        array([1, 3])

    Communication: none.
    """
    from ._sorting import searchsorted

    x, edges = as_array(x), as_array(bins)
    if x.dtype.kind == "c":
        raise TypeError(f"digitize: dtype {x.dtype} is not supported; it takes real numbers")
    if edges.ndim != 1:
        raise ValueError(f"digitize: bins of shape {edges.shape} given; edges are 1-d")
    if not _core.any(edges[:-1] > edges[1:]):
        return searchsorted(edges, x, side="left" if right else "right")
    if _core.any(edges[:-1] < edges[1:]):
        raise ValueError("digitize: the edges of bins must rise or fall")
    return edges.size - searchsorted(edges[::-1], x, side="left" if right else "right")
