"""Attributes of arrays that can be assigned: real and imaginary parts, and all elements in a row.

Set as attributes of ndarray by _methods.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core
from ._manipulation import flatten, ravel, resize
from ._methods import OF_CORE

_read_real, _read_imag = OF_CORE["real"].fget, OF_CORE["imag"].fget


def _set_real(self, value):
    if self.dtype.kind == "c":
        _core._set_part(self, value, False)
    else:
        self[...] = value


def _set_imag(self, value):
    if self.dtype.kind != "c":
        raise TypeError(f"imag: an array of {self.dtype} has no imaginary part to set")
    _core._set_part(self, value, True)


real = property(
    _read_real,
    _set_real,
    doc="""Real parts of the elements: a new array. Assigning to it changes the array itself.

    Communication: none.
    """,
)
imag = property(
    _read_imag,
    _set_imag,
    doc="""Imaginary parts of the elements: a new array. Assigning to it changes the array itself.

    TypeError if real numbers are to get an imaginary part.

    Communication: none.
    """,
)


class FlatIterator:
    """The elements of an array in C order, as `x.flat`: to go through, to index and to assign.

    Communication: none of a local array. A distributed one sends an element that is asked for to
    every locality, in a loop a piece of some 1 MB at a time, and for others what ravel moves.
    """

    def __init__(self, x):
        self.base = x
        self._next = 0
        self._elements = None

    def __len__(self):
        return self.base.size

    def __iter__(self):
        return self

    def __next__(self):
        if self._next >= self.base.size:
            raise StopIteration
        self._next += 1
        if self.base.distribution is None:
            return self[self._next - 1]
        if self._elements is None:
            self._elements = rows_in_pieces(ravel(self.base)[self._next - 1 :])
        return next(self._elements)

    def __getitem__(self, key):
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self.base[np.unravel_index(self._position(key), self.base.shape)]
        return _core.copy(self._row()[key])

    def __setitem__(self, key, value):
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            self.base[np.unravel_index(self._position(key), self.base.shape)] = value
            return
        row = self._row()
        chosen = row[key].size
        value = ravel(_core._elements("flat", value, self.base.dtype))
        if value.size == 0 and chosen:
            raise ValueError("flat: no values were given for elements that are")
        # Values begin anew where there are more elements, and those beyond are left out.
        row[key] = value if value.size in (1, chosen) else resize(value, (chosen,))
        if not row.is_view or self.base.distribution is not None:
            self.base[...] = _core.reshape(row, self.base.shape)

    def _row(self):
        """The elements in one row, which takes every slice."""
        row = ravel(self.base)
        cyclic = row.distribution is not None and row.distribution.bounds is None
        return _core.redistribute(row, "block") if cyclic else row

    def _position(self, key):
        i = operator.index(key)
        if not -self.base.size <= i < self.base.size:
            raise IndexError(f"flat: {i} is out of range for {self.base.size} elements")
        return i % self.base.size

    def __array__(self, dtype=None, copy=None):
        return np.asarray(flatten(self.base), dtype)

    def __repr__(self):
        return f"<flat: {self.base.size} elements of shape {self.base.shape}>"

    def copy(self):
        """The elements as an array of one dimension.

        Communication: none.
        """
        return flatten(self.base)


def _get_flat(self):
    return FlatIterator(self)


def _set_flat(self, value):
    FlatIterator(self)[:] = value


flat = property(
    _get_flat,
    _set_flat,
    doc="""The elements in C order: an iterator that can be indexed and assigned to.

    Of a distributed array it gives them everywhere, as they are when their piece is brought.

    Communication: none of a local array. A distributed one sends an element that is asked for to
    every locality, in a loop a piece of some 1 MB at a time, and for others what ravel moves.
    """,
)


# Bytes of rows that come together for an iteration.
_PIECE_BYTES = 1 << 20


def rows_in_pieces(x):
    """The elements along the first axis, which is dealt out; a piece of rows comes at a time.

    Communication: one exchange for every piece of some 1 MB, to every locality.
    """
    row = max(1, x.nbytes // max(1, len(x)))
    count = max(1, _PIECE_BYTES // row)
    for first in range(0, len(x), count):
        piece = x[first : first + count]
        yield from piece if piece.distribution is None else _core._whole_along(piece, 0, True)
