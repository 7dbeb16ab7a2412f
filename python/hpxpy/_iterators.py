"""Going through elements one by one, with their positions or several arrays at once.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndindex

from . import _core
from ._arguments import as_array, need_local

__all__ = ["ndenumerate", "ndindex", "nditer"]


class ndenumerate:
    """Pairs of a position, a tuple, and the element there, in C order.

    TypeError for a distributed array: use redistribute(x, None).

    Example:
        >>> list(hpx.ndenumerate(hpx.asarray([5, 7])))
        [((0,), array(5)), ((1,), array(7))]

    Communication: none.
    """

    def __init__(self, arr):
        x = as_array(arr)
        need_local("ndenumerate", x)
        self.iter = x.flat
        self._positions = np.ndindex(x.shape)

    def __iter__(self):
        return self

    def __next__(self) -> tuple[tuple[int, ...], _core.ndarray]:
        position = next(self._positions)
        return position, next(self.iter)


class nditer:
    """Goes through the elements of arrays, broadcast together, to read them: NumPy's nditer.

    Gives 0-d arrays, with several operands tuples of them, and with the flag 'external_loop'
    vectors. `flags`, `order` and `casting` are NumPy's, as are its attributes `multi_index`,
    `index`, `shape`, `ndim`, `finished` and the methods `iternext` and `reset`. ValueError for
    operands that are to be written: assign to x[...] instead. TypeError for distributed arrays.

    Example:
        >>> [int(a + b) for a, b in hpx.nditer([hpx.asarray([1, 2]), 10])]
        [11, 12]

    Communication: none.
    """

    def __init__(self, op, flags=None, op_flags=None, op_dtypes=None, order="K", casting="safe"):
        several = isinstance(op, (tuple, list))
        operands = [as_array(x) for x in (op if several else [op])]
        for x in operands:
            need_local("nditer", x)
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
        self._walk = np.nditer(
            [np.asarray(x) for x in operands],
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
        if isinstance(found, tuple):
            return tuple(_core.from_numpy(part) for part in found)
        return _core.from_numpy(found)
