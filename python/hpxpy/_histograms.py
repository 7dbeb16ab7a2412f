"""Histograms of points of any number of dimensions.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import builtins
import math

import numpy as np

from . import _core
from ._arguments import as_array
from ._counting import _Bins, _summed, _weights

__all__ = ["histogramdd"]


def histogramdd(
    sample, bins=10, range=None, density=None, weights=None
) -> tuple[_core.ndarray, list[_core.ndarray]]:
    """How many points lie in each box of a grid, and the edges along each axis: a pair.

    `sample` is (n, d), or a sequence of d vectors. `bins` is a number or an array of edges, or a
    sequence of d of these; `range` a sequence of d ranges, None for that of the points. Otherwise
    as histogram. ValueError where their numbers differ.

    Example:
        >>> counts, edges = hpx.histogramdd(hpx.asarray([[0.0, 0.0], [1.0, 2.0]]), bins=2)
        >>> counts
        array([[1., 0.],
               [0., 1.]])

    Communication: one all-reduce of the counts and, without a range, two of one element an axis if
    the points are distributed, else none.
    """
    name = "histogramdd"
    if isinstance(sample, (list, tuple)):
        columns = [as_array(x) for x in sample]
    else:
        sample = as_array(sample)
        if sample.ndim == 1:
            sample = sample[:, None]
        if sample.ndim != 2:
            raise ValueError(f"{name}: points of shape {sample.shape} given; give (n, d)")
        columns = [sample[:, i] for i in builtins.range(sample.shape[1])]
    for x in columns:
        if x.ndim != 1 or x.shape != columns[0].shape:
            raise ValueError(
                f"{name}: coordinates of shapes {[x.shape for x in columns]} given; they must be "
                "1-d and equally long"
            )
    d = len(columns)
    several = isinstance(bins, (list, tuple)) or np.ndim(bins) > 0
    given, within = bins if several else [bins] * d, [None] * d if range is None else range
    for what, each in (("bins", given), ("range", within)):
        if len(each) != d:
            raise ValueError(f"{name}: {what} has {len(each)} entries for {d} dimensions")
    dtype = np.result_type(np.float32, *(x.dtype for x in columns))
    columns = [_core.astype(x, dtype, copy=False) for x in columns]
    axes = [_Bins(name, *of_one) for of_one in zip(columns, given, within, strict=True)]
    cells = _core.zeros((), dtype=np.int64)
    for one in axes:
        cells = cells * (one.count + 1) + one.positions()
    shape = [one.count + 1 for one in axes]
    counts = _summed(name, cells, _weights(name, weights, columns[0]), math.prod(shape))
    counts = _core.reshape(counts, shape)[(slice(-1),) * d]
    result = _core.astype(counts, np.float64) if counts.dtype != np.float64 else counts
    if density:
        total = _core.sum(result)
        for i, one in enumerate(axes):
            lengths = [-1 if j == i else 1 for j in builtins.range(d)]
            result = result / _core.reshape(one.edges[1:] - one.edges[:-1], lengths)
        result = result / total
    return result, [one.edges for one in axes]
