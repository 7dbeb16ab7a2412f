"""Elements and positions that a rule picks, and what a rule says of whole arrays.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import operator

import numpy as np

from . import _core
from ._arguments import as_array, axes_of, beside
from ._choosing import copyto
from ._collectives import all_reduce
from ._indexing import diag_indices, nonzero, tril_indices, triu_indices
from ._manipulation import expand_dims, ravel
from ._sorting import sort

__all__ = [
    "apply_over_axes",
    "diag_indices_from",
    "mask_indices",
    "may_share_memory",
    "putmask",
    "real_if_close",
    "shares_memory",
    "sort_complex",
    "tril_indices_from",
    "trim_zeros",
    "triu_indices_from",
]


def _matrix(name, arr):
    """The shape of a matrix; ValueError for other than two dimensions."""
    shape = as_array(arr).shape
    if len(shape) != 2:
        raise ValueError(f"{name}: shape {shape} has {len(shape)} dimensions; give a matrix")
    return shape


def tril_indices_from(arr, k=0) -> tuple[_core.ndarray, ...]:
    """The index arrays of the elements of a matrix on and below its `k`-th diagonal.

    ValueError for other than two dimensions.

    Example:
        >>> hpx.tril_indices_from(hpx.zeros((2, 2)))
        (array([0, 1, 1]), array([0, 0, 1]))

    Communication: none.
    """
    rows, columns = _matrix("tril_indices_from", arr)
    return tril_indices(rows, k, columns)


def triu_indices_from(arr, k=0) -> tuple[_core.ndarray, ...]:
    """The index arrays of the elements of a matrix on and above its `k`-th diagonal.

    ValueError for other than two dimensions.

    Example:
        >>> hpx.triu_indices_from(hpx.zeros((2, 2)))
        (array([0, 0, 1]), array([0, 1, 1]))

    Communication: none.
    """
    rows, columns = _matrix("triu_indices_from", arr)
    return triu_indices(rows, k, columns)


def diag_indices_from(arr) -> tuple[_core.ndarray, ...]:
    """The index arrays of the main diagonal of an array with two or more axes of one length.

    ValueError for less than two dimensions and for different lengths.

    Example:
        >>> hpx.diag_indices_from(hpx.zeros((2, 2)))
        (array([0, 1]), array([0, 1]))

    Communication: none.
    """
    shape = as_array(arr).shape
    if len(shape) < 2 or len(set(shape)) > 1:
        raise ValueError(
            f"diag_indices_from: shape {shape} is not that of two or more axes of one length"
        )
    return diag_indices(shape[0], len(shape))


def mask_indices(n, mask_func, k=0) -> tuple[_core.ndarray, ...]:
    """The index arrays of the elements of an n by n matrix that a function such as triu keeps.

    `mask_func` is called with a matrix of ones and `k`.

    Example:
        >>> hpx.mask_indices(2, hpx.triu)
        (array([0, 0, 1]), array([0, 1, 1]))

    Communication: none.
    """
    return nonzero(as_array(mask_func(_core.ones((n, n), dtype=np.int64), k)) != 0)


def trim_zeros(filt, trim="fb", axis=None):
    """The smallest block that holds all elements that are not zero: a view.

    `trim` says whether to trim in front ('f'), at the back ('b'), or both; `axis` along which axes,
    all of them unless given. Of a list the part is a list. ValueError for another `trim`.

    Example:
        >>> hpx.trim_zeros(hpx.asarray([0, 0, 3, 0, 4, 0]))
        array([3, 0, 4])

    Communication: one all-reduce of a number for each end of an axis if the array is distributed,
    else none.
    """
    x = as_array(filt)
    sides = trim.lower()
    if sides not in ("fb", "bf", "f", "b"):
        raise ValueError(f"trim_zeros: trim={trim!r} does not exist; choose 'f', 'b' or 'fb'")
    axes = range(x.ndim) if axis is None else axes_of("trim_zeros", axis, x.ndim)
    there = x != 0
    empty = not bool(_core.any(there))
    key = [slice(None)] * x.ndim
    for i in axes:
        if empty:
            key[i] = slice(0, 0)
            continue
        others = tuple(j for j in range(x.ndim) if j != i)
        line = _core.any(there, axis=others) if others else there
        first = int(_core.argmax(line)) if "f" in sides else None
        last = x.shape[i] - int(_core.argmax(line[::-1])) if "b" in sides else None
        key[i] = slice(first, last)
    if isinstance(filt, (list, tuple)):
        if x.ndim == 1 and axes:
            return filt[key[0]]
        return filt if not axes else x[tuple(key)]
    return x[tuple(key)]


def putmask(a, mask, values) -> None:
    """Writes, where `mask` is true, that of `values` at the same place in C order.

    `values` begin anew where there are fewer than elements of `a`. TypeError for what is no hpxpy
    array and where numbers would be cast to a lesser kind, ValueError for a mask of another shape.

    Example:
        >>> x = hpx.arange(5)
        >>> hpx.putmask(x, x > 1, [-1, -2])
        >>> x
        array([ 0,  1, -1, -2, -1])

    Communication: none for local values; what lies elsewhere moves once.
    """
    if not isinstance(a, _core.ndarray):
        raise TypeError(f"putmask: {a!r} is no hpxpy array")
    mask = as_array(mask)
    if not isinstance(values, (_core.ndarray, np.ndarray)):
        values = _core._elements("putmask", values, a.dtype)
    values = as_array(values)
    if mask.size != a.size:
        raise ValueError(f"putmask: a mask of shape {mask.shape} for shape {a.shape}")
    if values.size == 0 or a.size == 0:
        return
    if values.shape != a.shape and values.size > 1:
        places = _core.reshape(_core.arange(a.size, **_flat(a)), a.shape)
        values = _core._take("putmask", ravel(values), places % values.size, 0)
    elif values.size == 1:
        values = _core.reshape(values, ())
    mask = _core.reshape(mask, a.shape) if mask.shape != a.shape else mask
    copyto(a, values, "same_kind", mask)


def _flat(x):
    """Keywords that deal out a vector if `x` is dealt out."""
    return {"distribution": "block"} if beside(x) else {}


def sort_complex(a):
    """The elements along the last axis in rising order, as complex numbers.

    By real part, then imaginary. Integers of up to 16 bits become complex64, all others complex128.

    Example:
        >>> hpx.sort_complex(hpx.asarray([5, 3, 2]))
        array([2.+0.j, 3.+0.j, 5.+0.j])

    Communication: that of `sort`.
    """
    x = sort(a)
    if x.dtype.kind == "c":
        return x
    small = x.dtype.kind in "iu" and x.dtype.itemsize <= 2
    return _core.astype(x, np.complex64 if small else np.complex128)


def real_if_close(a, tol=100):
    """The real parts, if all imaginary parts are nearly 0; else the array as it is.

    They are if their magnitude is below `tol` times the dtype's epsilon, or below `tol` itself if
    that is not above 1.

    Example:
        >>> hpx.real_if_close(hpx.asarray([2.1 + 4e-14j, 5.2 + 3e-15j]), tol=1000)
        array([2.1, 5.2])

    Communication: one all-reduce of a number if the array is distributed and complex, else none.
    """
    x = as_array(a)
    if x.dtype.kind != "c":
        return x
    most = float(np.finfo(x.dtype).eps) * tol if tol > 1 else tol
    return x.real if bool(_core.all(_core.abs(x.imag) < most)) else x


def apply_over_axes(func, a, axes):
    """What func(a, axis) gives, applied to one axis after the other; dimensions are kept.

    Where the function leaves out its axis, it comes back with length 1. ValueError for a result of
    another number of dimensions.

    Example:
        >>> hpx.apply_over_axes(hpx.sum, hpx.ones((2, 3, 2)), [0, 2]).shape
        (1, 3, 1)

    Communication: that of the function.
    """
    x = as_array(a)
    given = ravel(as_array(axes)).tolist() if not isinstance(axes, (int, tuple, list)) else axes
    for axis in (given,) if isinstance(given, int) else given:
        axis = axes_of("apply_over_axes", operator.index(axis), x.ndim)[0]
        result = as_array(func(x, axis))
        if result.ndim == x.ndim - 1:
            result = expand_dims(result, axis)
        if result.ndim != x.ndim:
            raise ValueError(
                f"apply_over_axes: the function made shape {result.shape} of shape {x.shape}; it "
                "may keep the dimensions or leave out one"
            )
        x = result
    return x


def _parts(*arrays):
    """NumPy's views of what this locality holds of arrays, and whether one is distributed."""
    arrays = [as_array(x) if not isinstance(x, (np.ndarray, _core.ndarray)) else x for x in arrays]
    ours = [x for x in arrays if isinstance(x, _core.ndarray) and x.distribution is not None]
    parts = [x.local_partition if any(x is y for y in ours) else x for x in arrays]
    return [np.asarray(part) for part in parts], bool(ours)


def _somewhere(found, distributed):
    """The verdict of all localities, if an array is distributed."""
    return bool(int(all_reduce(_core.asarray(int(found)), "max"))) if distributed else found


def shares_memory(a, b, max_work=-1) -> bool:
    """Whether two arrays have an element in common: of this locality or, distributed, of any.

    `max_work` bounds the search, as in NumPy, whose TooHardError says that it was not enough.

    Example:
        >>> x = hpx.zeros(6)
        >>> hpx.shares_memory(x[::2], x[1::2])
        False

    Communication: one all-reduce of a number if an array is distributed, else none.
    """
    parts, distributed = _parts(a, b)
    return _somewhere(np.shares_memory(*parts, max_work), distributed)


def may_share_memory(a, b, max_work=0) -> bool:
    """Whether the memory of two arrays overlaps, though they may have no element in common.

    Example:
        >>> x = hpx.zeros(6)
        >>> hpx.may_share_memory(x[::2], x[1::2])
        True

    Communication: one all-reduce of a number if an array is distributed, else none.
    """
    parts, distributed = _parts(a, b)
    return _somewhere(np.may_share_memory(*parts, max_work), distributed)
