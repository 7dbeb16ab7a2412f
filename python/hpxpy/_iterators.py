"""Going through elements one by one, with their positions or several arrays at once.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndindex

from . import _core
from ._arguments import as_array, everywhere

__all__ = ["ndenumerate", "ndindex", "nditer"]


class ndenumerate:
    """Pairs of a position, a tuple, and the element there, in C order.

    All localities go through all elements of a distributed array.

    Example:
        >>> list(hpx.ndenumerate(hpx.asarray([5, 7])))
        [((0,), array(5)), ((1,), array(7))]

    Communication: none; of a distributed array that of its iteration, a piece of 1 MB at a time.
    """

    def __init__(self, arr):
        x = as_array(arr)
        self.iter = x.flat
        self._positions = np.ndindex(x.shape)

    def __iter__(self):
        return self

    def __next__(self) -> tuple[tuple[int, ...], _core.ndarray]:
        position = next(self._positions)
        return position, next(self.iter)


class _Pieces:
    """Elements of an array by their place in C order, of which a piece of 1 MB is here."""

    def __init__(self, x):
        self._flat, self._count = _core.reshape(x, (-1,)), max(1, (1 << 20) // x.itemsize)
        self._first, self._piece = None, None

    def __getitem__(self, place) -> _core.ndarray:
        first = place - place % self._count
        if first != self._first:
            self._first = first
            self._piece = everywhere(self._flat[first : first + self._count])
        return self._piece[place - first]


class nditer:
    """Goes through the elements of arrays, broadcast together, to read them: NumPy's nditer.

    Gives 0-d arrays, with several operands tuples of them, and with the flag 'external_loop'
    vectors. `flags`, `order` and `casting` are NumPy's, as are its attributes `multi_index`,
    `index`, `shape`, `ndim`, `finished` and the methods `iternext` and `reset`. ValueError for
    operands that are to be written: assign to x[...] instead. All localities go through all
    elements of distributed arrays, in C order unless `order` is 'F'; TypeError with flags and
    dtypes that need them in one memory.

    Example:
        >>> [int(a + b) for a, b in hpx.nditer([hpx.asarray([1, 2]), 10])]
        [11, 12]

    Communication: none; of distributed arrays that of their iteration, a piece of 1 MB at a time.
    """

    def __init__(self, op, flags=None, op_flags=None, op_dtypes=None, order="K", casting="safe"):
        several = isinstance(op, (tuple, list))
        operands = [as_array(x) for x in (op if several else [op])]
        asked = op_flags if several and op_flags is not None else [op_flags or ["readonly"]]
        for words in asked:
            for word in (words,) if isinstance(words, str) else words:
                if word in ("readwrite", "writeonly", "allocate"):
                    raise ValueError(
                        f"nditer: the flag {word!r} is for operands that are written; hpxpy's are "
                        "read, so assign to x[...] or use out="
                    )
        self.operands = tuple(operands)
        words = {word for word in flags or () if word not in ("c_index", "f_index")}
        self._pieces = None
        seen = operands
        if any(x.distribution is not None for x in operands):
            taken = {"multi_index", "zerosize_ok", "refs_ok"}
            if words - taken or op_dtypes is not None:
                raise TypeError(
                    f"nditer: {sorted(words - taken) or 'op_dtypes'} of a distributed array; leave "
                    "it out, or redistribute(x, None) brings it together"
                )
            words, order = {*words, "multi_index"}, "F" if order == "F" else "C"
            shape = np.broadcast_shapes(*(x.shape for x in operands))
            self._pieces = [_Pieces(_core.broadcast_to(x, shape)) for x in operands]
            # NumPy keeps the place, of arrays that have it alone.
            seen = [np.broadcast_to(np.zeros((), x.dtype), shape) for x in operands]
        self._walk = np.nditer(
            [np.asarray(x) for x in seen],
            list({*words, "zerosize_ok"} | ({*(flags or ())} - words)),
            [["readonly"]] * len(operands),
            op_dtypes,
            order,
            casting,
        )
        if "zerosize_ok" not in words and self._walk.itersize == 0:
            raise ValueError("nditer: an operand has no element; give the flag 'zerosize_ok'")

    def __iter__(self):
        return self

    def __next__(self) -> Any:
        return self._ours(next(self._walk))

    def __len__(self):
        return self._walk.itersize

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._walk, name)

    def __getitem__(self, key) -> Any:
        return self._ours(self._walk[key])

    @property
    def value(self) -> Any:
        """The elements at the place that is reached.

        Communication: none.
        """
        return self._ours(self._walk.value)

    def _ours(self, found):
        if self._pieces is not None:
            place = np.ravel_multi_index(self._walk.multi_index, self._walk.shape or (1,))
            parts = tuple(pieces[int(place)] for pieces in self._pieces)
            return parts if isinstance(found, tuple) else parts[0]
        if isinstance(found, tuple):
            return tuple(_core.from_numpy(part) for part in found)
        return _core.from_numpy(found)
