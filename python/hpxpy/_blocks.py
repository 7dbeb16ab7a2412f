"""What a locality holds of a distributed array, and what localities tell each other of work on it.

Called by the functions that work on blocks: files, functions of blocks, elements of diagonals.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import pickle

import numpy as np

from . import _core
from ._arguments import as_array
from ._objects import all_gather_object


def dealt_axes(x):
    """The axes along which the array is dealt out: none of a local one.

    Communication: none.
    """
    axis = x.distributed_axis
    return () if axis is None else axis if isinstance(axis, tuple) else (axis,)


def held(x, locality=None):
    """For each axis the runs of indices that a locality, by default this one, holds.

    A run is (first, length, period, count): `count` times `length` neighbours, `period` apart.

    Communication: none.
    """
    return _core._held(x, _core.locality_id() if locality is None else locality)


def ranges_of(runs):
    """Each range (first, last) of the runs of one axis, in ascending order.

    Communication: none.
    """
    for first, length, period, count in runs:
        for k in range(count):
            yield first + k * period, first + k * period + length


def indices_of(runs, end=None):
    """The indices, those below `end`, of the runs of one axis: an ascending int64 array.

    Communication: none.
    """
    parts = [np.empty(0, np.int64)]
    for first, length, period, count in runs:
        if end is not None:
            count = min(count, -(-max(end - first, 0) // max(period, 1)))
            length = min(length, max(end - first, 0))
        part = (first + period * np.arange(count)[:, None] + np.arange(length)).ravel()
        parts.append(part if end is None else part[part < end])
    return np.concatenate(parts).astype(np.int64, copy=False)


def whole_runs(shape):
    """The runs of a locality that has all of an array.

    Communication: none.
    """
    return [[(0, length, 0, 1)] for length in shape]


def pieces(runs, shape, itemsize, longest):
    """What is one range of the whole array in C order: (where it begins, indices of the block).

    `runs` has the region's indices along each axis. Each range is one of the last axis that is not
    whole, for one index along each axis before it. With `itemsize` it is counted in bytes, with 1
    in elements; one of more than `longest` is cut along that axis.

    Communication: none.
    """
    inner = len(shape)
    while inner > 1 and list(runs[inner - 1]) == [(0, shape[inner - 1], 0, 1)]:
        inner -= 1
    strides = [itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    if inner == 0:
        yield 0, ...
        return
    last = inner - 1
    ends = []
    local = 0
    for first, end in ranges_of(runs[last]):
        # No piece is much longer than what is copied at once.
        step = max(1, longest // max(1, strides[last]))
        for begin in range(first, end, step):
            stop = min(begin + step, end)
            ends.append((begin * strides[last], slice(local, local + stop - begin)))
            local += stop - begin
    outer = [
        [i for first, end in ranges_of(runs[axis]) for i in range(first, end)]
        for axis in range(last)
    ]
    for place in np.ndindex(*map(len, outer)):
        begin = sum(outer[axis][i] * strides[axis] for axis, i in enumerate(place))
        for byte, part in ends:
            yield begin + byte, (*place, part)


def own_runs(x):
    """The runs that this locality has along each axis; of a local array all.

    Communication: none.
    """
    return whole_runs(x.shape) if x.distribution is None else held(x)


def memory_of(x):
    """This locality's part as NumPy's view of its memory.

    Communication: none.
    """
    return (x if x.distribution is None else x.local_partition).to_numpy()


def on_one_map(name, arrays):
    """The arrays broadcast to the shape of the first one, and lying as it does.

    Communication: what of the others lies elsewhere.
    """
    x, *others = [as_array(a) for a in arrays]
    result = [x]
    for other in others:
        if np.broadcast_shapes(x.shape, other.shape) != x.shape:
            raise ValueError(f"{name}: shape {other.shape} does not broadcast to {x.shape}")
        if other.shape == x.shape and other.distribution == x.distribution:
            result.append(other)
            continue
        beside = _core.empty(x.shape, dtype=other.dtype, distribution=x.distribution)
        beside[...] = other
        result.append(beside)
    _core.eval(*result)
    return result


def is_first_holder(x):
    """Whether this locality is the first of those that hold equal copies of its block.

    Communication: none.
    """
    here = _core.locality_id()
    for holders in x.localities if x.distribution is not None else ():
        if isinstance(holders, tuple) and here in holders:
            return holders[0] == here
    return True


def blocks_along_one_axis(x):
    """The array in one block a locality along one axis: itself if it lies so, else on even ones.

    Communication: none, or one all-to-all of the elements whose owner changes.
    """
    if x.distribution is None or x.distribution.bounds is not None:
        return x
    return _core.redistribute(x, "block", block_axis(x))


def block_axis(x):
    """The axis for even blocks: the first one dealt out that is as long as there are localities.

    Communication: none.
    """
    axes = dealt_axes(x) or (0,)
    enough = [axis for axis in axes if x.shape[axis] >= _core.num_localities()]
    return (enough or axes)[0]


def _portable(error):
    """The exception in a form that travels."""
    if error is None:
        return None
    try:
        again = pickle.loads(pickle.dumps(error))
        if type(again) is type(error) and str(again) == str(error):
            return again
    except Exception:
        pass
    return RuntimeError(f"{type(error).__name__}: {error}")


def at_all(work):
    """What `work()` gave on each locality; what it raised on one of them is raised on all.

    Of several errors that of the first locality counts; here the own one is its cause.

    Communication: one all-gather of the pickled results.
    """
    mine, own = None, None
    try:
        mine = work()
    except Exception as error:
        own = error
    if _core.num_localities() == 1:
        if own is not None:
            raise own
        return [mine]
    told = all_gather_object((_portable(own), mine))
    for error, _ in told:
        if error is not None:
            raise error from own
    return [result for _, result in told]
