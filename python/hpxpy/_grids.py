"""What is written with brackets: grids of positions, joined rows, and the keys themselves.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import _core
from ._arguments import as_array
from ._joining import concatenate
from ._placement import creation

__all__ = ["c_", "index_exp", "mgrid", "ogrid", "r_", "s_"]


def _number(x):
    """A bound of a slice as a number of Python's or NumPy's."""
    return x.item() if isinstance(x, _core.ndarray) else x


def _counted(name, key):
    """What a slice counts: the first value, the step, how many, and the dtype they have.

    A complex step is a number of values, of which the last is the stop.
    """
    if not isinstance(key, slice):
        raise TypeError(f"{name}: {key!r} is no slice; write start:stop:step")
    if key.stop is None:
        raise ValueError(f"{name}: {key} has no end; write start:stop:step")
    start, stop = _number(key.start or 0), _number(key.stop)
    step = 1 if key.step is None else _number(key.step)
    if isinstance(step, (complex, np.complexfloating)):
        count = int(abs(step))
        width = (stop - start) / float(count - 1) if count != 1 else 1.0
        return start, width, count, np.result_type(start, stop, 1.0)
    if step == 0:
        raise ValueError(f"{name}: {key} has step 0; give another")
    return start, step, max(0, math.ceil((stop - start) / step)), np.result_type(start, stop, step)


@creation
def _row(name, key, **place):
    """The values of one slice."""
    start, step, count, dtype = _counted(name, key)
    if isinstance(key.step, (complex, np.complexfloating)):
        return _core.arange(count, dtype=dtype, **place) * step + start
    return _core.arange(start, _number(key.stop), step, **place)


@creation
def _grid(keys, sparse, **place):
    """The grid of several slices."""
    counted = [_counted("ogrid" if sparse else "mgrid", key) for key in keys]
    dtype = np.result_type(np.int64, *(each[3] for each in counted))
    shape = tuple(count for _, _, count, _ in counted)
    axes = []
    for i, (start, step, count, _) in enumerate(counted):
        lengths = [1] * len(shape)
        lengths[i] = count
        values = _core.astype(_core.arange(count) * step + start, dtype, copy=False)
        axes.append(_core.reshape(values, lengths))
    if sparse:
        return tuple(axes)
    result = _core.empty((len(shape), *shape), dtype=dtype, **place)
    for i, values in enumerate(axes):
        result[i : i + 1] = values[None]
    return result


class _Grids:
    """Makes grids of what stands in the brackets."""

    def __init__(self, sparse):
        self._sparse = sparse

    def __getitem__(self, keys) -> _core.ndarray | list[_core.ndarray]:
        if isinstance(keys, tuple):
            return _grid(keys, self._sparse)
        return _row("ogrid" if self._sparse else "mgrid", keys)

    def __repr__(self):
        return f"<hpxpy.{'ogrid' if self._sparse else 'mgrid'}: write [start:stop:step, ...]>"


#: The positions of a grid, one array an axis, stacked: mgrid[0:2, 0:3] has shape (2, 2, 3). A step
#: of 5j means 5 values, with the stop among them. The default distribution holds for the result.
mgrid = _Grids(sparse=False)
#: The same as arrays that broadcast to the grid: a tuple.
ogrid = _Grids(sparse=True)


def _directive(name, word):
    """What the text at the front says: the axis, least dimensions, where the own axes go."""
    parts = word.split(",")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3:
        raise ValueError(
            f"{name}: {word!r} is no directive; write one to three integers, such as '0,2'"
        )
    return numbers + [0, 0, -1][len(numbers) :]


class _Rows:
    """Joins what stands in the brackets along an axis."""

    def __init__(self, name, axis=0, dimensions=1, own=-1):
        self._name, self._default = name, (axis, dimensions, own)

    def __getitem__(self, key) -> _core.ndarray:
        parts = key if isinstance(key, tuple) else (key,)
        axis, dimensions, own = self._default
        if parts and isinstance(parts[0], str):
            axis, dimensions, own = _directive(self._name, parts[0])
            parts = parts[1:]
            dimensions = max(dimensions, 1)
        if not parts:
            raise ValueError(f"{self._name}: there is nothing to join")
        arrays = [self._array(part, dimensions, own) for part in parts]
        # Python's numbers are weak, as in NumPy.
        kinds = (int, float, complex)
        dtype = np.result_type(
            *(
                part if type(part) in kinds else x.dtype
                for part, x in zip(parts, arrays, strict=True)
            )
        )
        return concatenate([_core.astype(x, dtype, copy=False) for x in arrays], axis)

    def _array(self, part, dimensions, own):
        if isinstance(part, str):
            raise ValueError(f"{self._name}: {part!r} must stand in front of everything else")
        if not isinstance(part, slice):
            x = as_array(part)
        elif isinstance(part.step, (complex, np.complexfloating)):
            x = _core.linspace(_number(part.start or 0), _number(part.stop), int(abs(part.step)))
        else:
            x = _row(self._name, part, distribution=None)
        if isinstance(part, slice) or x.ndim:
            missing = dimensions - x.ndim
            if missing > 0:
                x = _core.reshape(x, (1,) * missing + x.shape)
                # The own axes begin at position `own`, those in front of it stay in front.
                start = own if own >= 0 else own + missing + 1
                new, order = list(range(missing)), list(range(missing, x.ndim))
                x = _core.permute_dims(x, (*new[:start], *order, *new[start:]))
            return x
        return _core.reshape(x, (1,) * dimensions)

    def __repr__(self):
        return f"<hpxpy.{self._name}: write [array, start:stop:step, number, ...]>"


#: Arrays, numbers and slices joined along the first axis: r_[1:4, 0, x]. A text of up to three
#: integers in front tells the axis, the least number of dimensions, and where the own axes go.
r_ = _Rows("r_")
#: The same along the last of two axes: vectors become columns.
c_ = _Rows("c_", -1, 2, 0)


class _Keys:
    """Gives the key that stands in the brackets."""

    def __init__(self, always_tuple):
        self._always_tuple = always_tuple

    def __getitem__(self, key) -> Any:
        return (key,) if self._always_tuple and not isinstance(key, tuple) else key


#: The key in the brackets, for x[s_[1:, ::2]].
s_ = _Keys(always_tuple=False)
#: The same, always a tuple.
index_exp = _Keys(always_tuple=True)
