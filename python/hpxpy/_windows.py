"""Windows: elements of a distributed array, got and put by one locality alone.

Imported by hpxpy/__init__.py. A get or put goes to the owners as a message, and a thread of theirs
answers it, whatever their program does (one-sided, as MPI's windows and HPX's partitioned_vector).
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import itertools
import operator

import numpy as np

from . import _core
from ._blocks import dealt_axes
from ._collectives import barrier
from ._remote import async_, when_all

# The parts that others may reach, by the window's number, which is the same on all localities.
_open: dict[int, np.ndarray] = {}
_number_of_next = 0


def _read(number, places):
    return _open[number][np.ix_(*places)]


def _write(number, places, values):
    _open[number][np.ix_(*places)] = values


class Window:
    """What `x.exposed()` gives: `get` and `put` for one locality alone.

    It is open inside of `with x.exposed() as window:`, which all localities enter and leave
    together. What a `put` has written is seen by every `get` that begins after it returned.

    Example:
        >>> x = hpx.zeros(10, distribution="block")
        >>> with x.exposed() as window:
        ...     if hpx.locality_id() == 0:
        ...         window.put(9, 2.5)
        ...         last = window.get(9)
        >>> float(x[9])
        2.5

    Communication: entering and leaving, a barrier; else as `get` and `put` say.
    """

    def __init__(self, x):
        self._x = x
        self._part = None

    def __enter__(self):
        global _number_of_next
        _core.eval(self._x)
        self._number = _number_of_next
        self._part = np.asarray(self._x.local_partition)
        self._holders = self._x.localities
        _open[self._number] = self._part
        try:
            # No other barrier, and no window on another array, is taken for this one.
            barrier(f"enter window {self._x.dtype} {self._x.shape}")
        except BaseException:
            self._part = None
            del _open[self._number]
            raise
        # A window that not all localities entered has no number, which is the same on all.
        _number_of_next += 1
        return self

    def __exit__(self, kind, error, trace):
        try:
            barrier(f"leave window {self._x.dtype} {self._x.shape}")
        finally:
            self._part = None
            _open.pop(self._number, None)

    def __repr__(self):
        state = "closed" if self._part is None else "open"
        return f"<{state} window on an array of {self._x.dtype} {self._x.shape}>"

    def get(self, key) -> _core.ndarray:
        """The elements at `key`, integers and slices as in `x[key]`, as a local array.

        IndexError for a key that is out of range, RuntimeError where the window is closed.

        Communication: to each other locality that holds some of them one message with where they
        lie, and one back with them; none where they lie here. Others need not take part.
        """
        wanted = self._wanted("get", key)
        found = np.empty([len(i) for i in wanted.axes], self._x.dtype)
        arrivals = []
        for owners, here, places in wanted.pieces(self._holders):
            if _core.locality_id() in owners:
                found[np.ix_(*here)] = self._part[np.ix_(*places)]
            else:
                coming = async_(_read, self._number, places, locality=owners[0])
                arrivals.append((here, coming))
        for here, coming in arrivals:
            found[np.ix_(*here)] = coming.get()
        return _core.asarray(found.reshape(wanted.shape))

    def put(self, key, value) -> None:
        """Writes `value`, broadcast, to the elements at `key`, integers and slices as in `x[key]`.

        It returns when all that hold them have written them. IndexError for a key that is out of
        range, ValueError for a value that does not broadcast or an array that is read-only,
        RuntimeError where the window is closed.

        Communication: to each other locality that holds some of them, or a copy, one message with
        where they lie and the values, and an empty one back.
        """
        wanted = self._wanted("put", key)
        if not self._part.flags.writeable:
            raise ValueError("put: this array is read-only; copy() gives one that is not")
        given = np.asarray(_core._elements("put", value, self._x.dtype)).astype(self._x.dtype)
        try:
            given = np.broadcast_to(given, wanted.shape)
        except ValueError:
            raise ValueError(
                f"put: a value of shape {given.shape} does not broadcast into shape {wanted.shape}"
            ) from None
        given = given.reshape([len(i) for i in wanted.axes])
        written = []
        for owners, here, places in wanted.pieces(self._holders):
            values = given[np.ix_(*here)]
            for owner in owners:
                if owner == _core.locality_id():
                    self._part[np.ix_(*places)] = values
                else:
                    written.append(async_(_write, self._number, places, values, locality=owner))
        when_all(written).get()

    def _wanted(self, name, key):
        if self._part is None:
            raise RuntimeError(
                f"{name}: the window is closed; use it inside of 'with x.exposed() as window:'"
            )
        return _Wanted(name, self._x, key)


class _Wanted:
    """What a key names: for each axis the indices, and who holds which of them.

    Communication: none.
    """

    def __init__(self, name, x, key):
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in keys:
            at = keys.index(Ellipsis)
            keys[at : at + 1] = [slice(None)] * (x.ndim - len(keys) + 1)
        if len(keys) > x.ndim:
            raise IndexError(f"{name}: {len(keys)} indices for an array of {x.ndim} dimensions")
        keys += [slice(None)] * (x.ndim - len(keys))
        self._x, self.axes, shape = x, [], []
        for axis, (each, length) in enumerate(zip(keys, x.shape, strict=True)):
            if isinstance(each, slice):
                self.axes.append(np.arange(length)[each])
                shape.append(len(self.axes[-1]))
                continue
            try:
                i = operator.index(each)
            except TypeError:
                raise TypeError(
                    f"{name}: {each!r} is no index of a window; use integers and slices"
                ) from None
            if not -length <= i < length:
                raise IndexError(f"{name}: {i} is out of range for axis {axis} of length {length}")
            self.axes.append(np.array([i % length]))
        self.shape = tuple(shape)

    def pieces(self, holders):
        """For each block that has some: its holders, where in the result they stand, and where in
        the block they lie."""
        dealt = sorted(dealt_axes(self._x))
        found, counts = [], []
        for axis, indices in enumerate(self.axes):
            parts, places, count = _core._places_along(self._x, axis, _core.asarray(indices))
            found.append((parts.to_numpy(), places.to_numpy()))
            counts.append(count)
        grid = [counts[axis] for axis in dealt]
        for block in itertools.product(*(np.unique(found[axis][0]) for axis in dealt)):
            mine = dict(zip(dealt, block, strict=True))
            here = [
                np.flatnonzero(parts == mine[axis]) if axis in mine else np.arange(len(parts))
                for axis, (parts, _) in enumerate(found)
            ]
            owners = holders[np.ravel_multi_index(block, grid)] if grid else holders[0]
            owners = owners if isinstance(owners, tuple) else (owners,)
            yield owners, here, [at[i] for (_, at), i in zip(found, here, strict=True)]


def exposed(self):
    """A window on the array for `with`: inside, one locality alone may get and put elements.

    All localities enter and leave it together; entering computes the array. See `hpx.Window`. A
    local array is its own locality's.

    Example:
        >>> x = hpx.arange(6.0, distribution="cyclic")
        >>> with x.exposed() as window:
        ...     print(window.get(slice(1, 3)))
        [1. 2.]

    Communication: a barrier each on entering and leaving.
    """
    return Window(self)
