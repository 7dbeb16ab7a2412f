"""What NumPy's arrays let programs ask and assign: shape, flags, base, memory, other dtypes.

Set as attributes of ndarray by _methods.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import math
import typing

import numpy as np

from . import _core
from ._arguments import lengths_of, need_local
from ._choosing import choose as _choose
from ._manipulation import ravel
from ._methods import OF_CORE

_read_shape = OF_CORE["shape"].fget


def new_array(shape, dtype=float, buffer=None, offset=0, strides=None, order=None):
    """A local array of that shape, whose elements are what the memory holds; see `empty`.

    With `buffer`, an object that has one, the array shows its memory from byte `offset` on, with
    `strides` in bytes. `order` 'F' makes the first axis fastest.

    Example:
        >>> hpx.ndarray((2, 3), dtype=hpx.int8).shape
        (2, 3)

    Communication: none.
    """
    if buffer is not None:
        seen = np.ndarray(lengths_of(shape), dtype, buffer, offset, strides, order)
        return _core.from_numpy(seen, copy=False)
    if strides is not None:
        raise ValueError("ndarray: strides are for a buffer; give one, or leave them out")
    from ._signatures import empty

    return empty(lengths_of(shape), dtype, order or "C", distribution=None)


def _set_shape(self, lengths):
    try:
        other = _core.reshape(self, lengths, copy=False)
    except ValueError as error:
        wrong = "copy" in str(error)
        raise (AttributeError if wrong else ValueError)(
            f"shape: {error}; assign what a view can have, or use reshape"
        ) from None
    _core._become(self, other)


shape = property(
    _read_shape,
    _set_shape,
    doc="""The whole array's lengths. Assigned ones must hold as many elements, in a view.

    ValueError for another number of elements, AttributeError where a copy would be needed.

    Communication: none.
    """,
)


def resize_in_place(self, *new_shape, refcheck=True):
    """Gives the array itself another shape: fewer elements are cut, more are 0, in C order.

    `refcheck` changes nothing: views that were made before keep the old memory. ValueError for a
    view, and for negative lengths; TypeError for a distributed array: use redistribute(x, None).

    Example:
        >>> x = hpx.asarray([1, 2, 3])
        >>> x.resize(2, 2)
        >>> x
        array([[1, 2],
               [3, 0]])

    Communication: none.
    """
    need_local("resize", self)
    if not new_shape or new_shape == (None,):
        return
    lengths = lengths_of(new_shape[0] if len(new_shape) == 1 else new_shape)
    if self.is_view:
        raise ValueError("resize: this array is a view of another one; resize(x, shape) makes one")
    result = _core.zeros(lengths, dtype=self.dtype)
    count = min(self.size, math.prod(lengths))
    _core.reshape(result, (-1,))[:count] = ravel(self)[:count]
    _core._become(self, result)


_type = type


def view(self, dtype=None, type=None):
    """The same memory, read as another dtype; without one a view as x[...].

    Where the items have other sizes, the last axis grows or shrinks. ValueError where it does not
    fit. `type` is ndarray, if anything. Of a distributed array it is a copy, if a dtype is given,
    which must have the same size.

    Example:
        >>> hpx.asarray([1.0, 2.0]).view(hpx.int64)
        array([4607182418800017408, 4611686018427387904])

    Communication: none.
    """
    if isinstance(dtype, _type) and issubclass(dtype, (_core.ndarray, np.ndarray)):
        dtype, type = None, dtype
    if type is not None and type is not _core.ndarray:
        raise TypeError(f"view: {type!r} is not a type of hpxpy's; leave it out")
    if dtype is None:
        return self[...]
    wanted = np.dtype(dtype)
    if self.distribution is None:
        return _core.from_numpy(self.to_numpy().view(wanted), copy=False)
    if wanted.itemsize != self.itemsize:
        raise TypeError(
            f"view: {wanted} has another size than {self.dtype}, and this array is distributed; "
            "redistribute(x, None) brings it together"
        )
    part = self.local_partition.to_numpy().view(wanted)
    return _core.from_local(_core.from_numpy(part, copy=False), distribution=self.distribution)


class Flags:
    """How an array lies in memory, and whether it may be written, by NumPy's names.

    flags.writeable, also by its name in brackets or by a letter ('W'), may be assigned.

    Communication: none.
    """

    _LETTERS: typing.ClassVar = {
        "C": "c_contiguous",
        "F": "f_contiguous",
        "O": "owndata",
        "W": "writeable",
    }
    _LETTERS |= {"A": "aligned", "X": "writebackifcopy", "CA": "carray", "FA": "farray"}
    _LETTERS |= {"CONTIGUOUS": "c_contiguous", "FORTRAN": "f_contiguous"}

    def __init__(self, x):
        self._array = x

    def _follows(self, axes):
        """Whether each axis steps over what the ones before it, of `axes`, hold."""
        x = self._array if self._array.distribution is None else self._array.local_partition
        if 0 in x.shape:
            return True
        step = x.itemsize
        for i in axes(range(x.ndim)):
            if x.shape[i] > 1 and x.strides[i] != step:
                return False
            step *= x.shape[i]
        return True

    @property
    def c_contiguous(self):
        """Whether the elements of this locality's part follow each other, the last axis fastest.

        Communication: none.
        """
        return self._follows(reversed)

    @property
    def f_contiguous(self):
        """Whether the elements of this locality's part follow each other, the first axis fastest.

        Communication: none.
        """
        return self._follows(iter)

    contiguous, fortran = c_contiguous, f_contiguous

    @property
    def forc(self):
        """Whether either axis order is contiguous.

        Communication: none.
        """
        return self.c_contiguous or self.f_contiguous

    @property
    def fnc(self):
        """Whether the first axis is fastest, and not the last one.

        Communication: none.
        """
        return self.f_contiguous and not self.c_contiguous

    @property
    def owndata(self):
        """Whether the array is no view.

        Communication: none.
        """
        return not self._array.is_view

    @property
    def writeable(self):
        """Whether elements may be assigned.

        Communication: none.
        """
        return self._array.writeable

    @writeable.setter
    def writeable(self, value):
        # What others have made read-only stays so.
        if value and not self._array.writeable and self._array.is_view:
            raise ValueError("flags: this array shows memory that may not be written; copy it")
        _core._set_writeable(self._array, bool(value))

    aligned = True
    writebackifcopy = False

    @property
    def carray(self):
        """Whether elements may be assigned and follow each other, the last axis fastest.

        Communication: none.
        """
        return self.c_contiguous and self.writeable

    behaved = property(lambda self: self.writeable)
    farray = property(lambda self: self.fnc and self.writeable)

    def _name(self, key):
        name = self._LETTERS.get(key, key.lower() if isinstance(key, str) else key)
        if not isinstance(name, str) or name.startswith("_") or not hasattr(Flags, name):
            raise KeyError(f"flags: {key!r} does not exist; choose of {list(self._LETTERS)}")
        return name

    def __getitem__(self, key):
        return getattr(self, self._name(key))

    def __setitem__(self, key, value):
        setattr(self, self._name(key), value)

    def __eq__(self, other):
        return isinstance(other, Flags) and repr(self) == repr(other)

    __hash__ = None

    def __repr__(self):
        names = ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA", "WRITEABLE", "ALIGNED")
        names += ("WRITEBACKIFCOPY",)
        return "\n".join(f"  {name} : {self[name]}" for name in names)


flags = property(
    Flags,
    doc="""How the elements lie in memory, and whether they may be written.

    Communication: none.
    """,
)


def tobytes(self, order="C"):
    """The elements as Python's bytes, the last axis fastest with `order` 'C', the first with 'F'.

    TypeError for a distributed array: to_numpy() brings it together.

    Example:
        >>> hpx.asarray([1, 2], dtype=hpx.int8).tobytes()
        b'\\x01\\x02'

    Communication: none.
    """
    if self.distribution is not None:
        raise TypeError(
            "tobytes: this array is distributed; to_numpy().tobytes() brings it together"
        )
    return self.to_numpy().tobytes(order)


def choose(self, choices, out=None, mode="raise"):
    """In each place the element of that of the `choices` whose number the array holds.

    As the function `choose`.

    Example:
        >>> hpx.asarray([0, 1, 0]).choose([[1, 2, 3], [10, 20, 30]])
        array([ 1, 20,  3])

    Communication: that of `choose`.
    """
    return _choose(self, choices, out, mode)


def _data(self):
    need_local("data", self)
    return memoryview(self)


def _base(self):
    if not self.is_view:
        return None
    return _core._storage(self) if self.distribution is None else self.local_partition


def _interface(self):
    if self.distribution is not None:
        # An AttributeError, by which NumPy looks further and finds out why.
        raise AttributeError("__array_interface__: this array is distributed")
    return self.to_numpy().__array_interface__


data = property(
    _data,
    doc="""The memory of a local array, as a memoryview; TypeError for a distributed one.

    Communication: none.
    """,
)
base = property(
    _base,
    doc="""All elements of the memory that a view shows, None if the array is none.

    Of a distributed view this locality's part.

    Communication: none.
    """,
)
array_interface = property(
    _interface,
    doc="""NumPy's description of the memory of a local array.

    Communication: none.
    """,
)


def hash_of_value(self):
    """The hash of a 0-d value, equal to that of Python's number; TypeError for other arrays."""
    if self.ndim or not _core._is_value(self):
        raise TypeError(f"unhashable type: 'ndarray' of shape {self.shape}; a value is hashable")
    return hash(self.item())
