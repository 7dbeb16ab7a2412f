"""Bits: counted, packed into bytes and taken out again.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core
from ._arguments import as_array, axis_of, placed
from ._joining import pad
from ._manipulation import moveaxis, ravel

__all__ = ["bitwise_count", "packbits", "unpackbits"]

# Of every two, four and eight bits their sum, and all bytes' sum in the upper one (Warren: Hacker's
# delight, 2002).
_PAIRS, _FOURS, _BYTES = (int(byte * 8, 16) for byte in ("55", "33", "0f"))
_ONES = int("01" * 8, 16)


def bitwise_count(x, /, out=None, *, where=True):
    """How many bits of each element's magnitude are set, as uint8.

    Takes integers and booleans; TypeError for others.

    Example:
        >>> hpx.bitwise_count(hpx.asarray([7, -8, 0]))
        array([3, 1, 0], dtype=uint8)

    Communication: none.
    """
    x = as_array(x)
    if x.dtype.kind not in "biu":
        raise TypeError(f"bitwise_count: dtype {x.dtype} is not supported; it takes integers")
    if x.dtype.kind == "i":
        # The magnitude of the smallest number is its own bits, without a sign.
        x = _core.astype(_core.abs(x), np.dtype(f"uint{8 * x.dtype.itemsize}"))
    x = _core.astype(x, np.uint64, copy=False)
    x = x - ((x >> 1) & _PAIRS)
    x = (x & _FOURS) + ((x >> 2) & _FOURS)
    x = (x + (x >> 4)) & _BYTES
    count = _core.astype((x * _ONES) >> 56, np.uint8)
    if where is not True:
        there = np.uint8(0) if out is None else out
        count = _core.where(as_array(where), count, as_array(there))
    return placed("bitwise_count", count, out)


def _order(name, bitorder):
    """The places of the bits in a byte, the first one first; local."""
    if bitorder not in ("big", "little"):
        raise ValueError(f"{name}: bitorder {bitorder!r} does not exist; choose 'big' or 'little'")
    places = _core.arange(8, dtype=np.uint8)
    return 7 - places if bitorder == "big" else places


def packbits(a, axis=None, bitorder="big"):
    """Whether the elements are zero, as bits of bytes: eight along `axis` become one uint8.

    Without an axis those of the flattened array. The last byte is filled up with zeros. The first
    element is the highest bit with `bitorder` 'big', the lowest with 'little'. TypeError for other
    dtypes than integers and booleans.

    Example:
        >>> hpx.packbits([1, 0, 1])
        array([160], dtype=uint8)

    Communication: none; of distributed arrays what changes owner, as in `reshape`.
    """
    a = as_array(a)
    places = _order("packbits", bitorder)
    if a.dtype.kind not in "biu":
        raise TypeError(f"packbits: dtype {a.dtype} is not supported; it takes integers")
    if axis is None:
        a, axis = ravel(a), 0
    axis = axis_of("packbits", axis, a.ndim)
    if a.distribution is None:
        return _core.from_numpy(np.packbits(a.to_numpy(), axis, bitorder), copy=False)
    rows = moveaxis(_core.astype(a != 0, np.uint8), axis, -1)
    missing = -rows.shape[-1] % 8
    if missing:
        rows = pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, missing)])
    eights = _core.reshape(rows, (*rows.shape[:-1], rows.shape[-1] // 8, 8))
    return moveaxis(_core.sum(eights << places, axis=-1, dtype=np.uint8), -1, axis)


def unpackbits(a, axis=None, count=None, bitorder="big"):
    """The bits of bytes as zeros and ones: each uint8 along `axis` becomes eight of them.

    Without an axis those of the flattened array. `count` is how many come out: more are cut, fewer
    are filled up with zeros, and a negative one says how many are left away at the end. TypeError
    for other dtypes than uint8.

    Example:
        >>> hpx.unpackbits(hpx.asarray([160], dtype=hpx.uint8), count=3)
        array([1, 0, 1], dtype=uint8)

    Communication: none; of distributed arrays what changes owner, as in `reshape`.
    """
    a = as_array(a)
    places = _order("unpackbits", bitorder)
    if a.dtype != np.uint8:
        raise TypeError(f"unpackbits: dtype {a.dtype} is not supported; it takes uint8")
    if axis is None:
        a, axis = ravel(a), 0
    axis = axis_of("unpackbits", axis, a.ndim)
    count = None if count is None else operator.index(count)
    length = 8 * a.shape[axis]
    if count is not None and -count > length:
        raise ValueError(f"unpackbits: count={count} leaves away more than the {length} bits")
    if a.distribution is None:
        return _core.from_numpy(np.unpackbits(a.to_numpy(), axis, count, bitorder), copy=False)
    rows = moveaxis(a, axis, -1)
    bits = (rows[..., None] >> places) & np.uint8(1)
    bits = _core.reshape(bits, (*rows.shape[:-1], length))
    if count is not None and count > length:
        bits = pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, count - length)])
    elif count is not None:
        bits = bits[..., :count]
    return moveaxis(bits, -1, axis)
