"""NumPy's names of dtypes and of kinds of them, and its settings of errors and printing.

hpxpy's dtypes are NumPy's, so these classes are, too. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy import (
    bool_,
    byte,
    cdouble,
    complexfloating,
    csingle,
    double,
    dtype,
    errstate,
    floating,
    generic,
    inexact,
    int_,
    intc,
    integer,
    intp,
    long,
    longlong,
    number,
    short,
    signedinteger,
    single,
    ubyte,
    uint,
    uintc,
    uintp,
    ulong,
    ulonglong,
    unsignedinteger,
    ushort,
)

from . import _core
from ._arguments import as_array

__all__ = [
    "ScalarType",
    "array2string",
    "array_repr",
    "array_str",
    "asarray_chkfinite",
    "bool_",
    "byte",
    "cdouble",
    "common_type",
    "complexfloating",
    "csingle",
    "double",
    "dtype",
    "errstate",
    "floating",
    "generic",
    "get_printoptions",
    "geterr",
    "inexact",
    "int_",
    "intc",
    "integer",
    "intp",
    "isfortran",
    "issubdtype",
    "iterable",
    "long",
    "longlong",
    "min_scalar_type",
    "number",
    "printoptions",
    "set_printoptions",
    "seterr",
    "short",
    "signedinteger",
    "single",
    "ubyte",
    "uint",
    "uintc",
    "uintp",
    "ulong",
    "ulonglong",
    "unsignedinteger",
    "ushort",
]

ScalarType = np.ScalarType


def issubdtype(arg1, arg2) -> bool:
    """Whether a dtype is of a kind, such as integer or floating, or equal to another dtype.

    Example:
        >>> hpx.issubdtype(hpx.int8, hpx.integer)
        True

    Communication: none.
    """
    return np.issubdtype(arg1, arg2)


def min_scalar_type(a) -> np.dtype[Any]:
    """The smallest dtype that holds a number; of an array its dtype. TypeError for other dtypes.

    Example:
        >>> hpx.min_scalar_type(300)
        dtype('uint16')

    Communication: none.
    """
    x = as_array(a)
    if x.ndim:
        return x.dtype
    found = np.min_scalar_type(x.item() if isinstance(a, _core.ndarray) else a)
    return np.dtype(np.float32) if found == np.float16 else found


def common_type(*arrays) -> type[Any]:
    """The type of floats or complex numbers that holds all arrays: at least float64 for integers.

    TypeError for booleans.

    Example:
        >>> hpx.common_type(hpx.ones(2, dtype=hpx.float32)) is hpx.float32
        True

    Communication: none.
    """
    found = np.dtype(np.float32)
    for x in map(as_array, arrays):
        if x.dtype.kind == "b":
            raise TypeError("common_type: booleans have no common type with numbers")
        found = np.promote_types(found, np.float64 if x.dtype.kind in "iu" else x.dtype)
    return found.type


def isfortran(a) -> bool:
    """Whether the elements follow each other with the first axis fastest, and not with the last.

    Example:
        >>> hpx.isfortran(hpx.asfortranarray(hpx.ones((2, 3))))
        True

    Communication: none.
    """
    return as_array(a).flags.fnc


def iterable(y) -> bool:
    """Whether an object can be gone through.

    Example:
        >>> hpx.iterable(hpx.ones(2)), hpx.iterable(2)
        (True, False)

    Communication: none.
    """
    return y.ndim > 0 if isinstance(y, _core.ndarray) else np.iterable(y)


def asarray_chkfinite(a, dtype=None, order=None):
    """`asarray`, but ValueError where an element is nan or infinite.

    Example:
        >>> hpx.asarray_chkfinite([1.0, 2.0])
        array([1., 2.])

    Communication: one all-reduce of a number if `a` is distributed, else none.
    """
    from ._signatures import asarray

    x = asarray(a, dtype, order)
    if x.dtype.kind in "fc" and not bool(_core.all(_core.isfinite(x))):
        raise ValueError("asarray_chkfinite: an element is nan or infinite")
    return x


def seterr(all=None, divide=None, over=None, under=None, invalid=None) -> dict[str, Any]:
    """What NumPy does about errors in its own functions; hpxpy's never warn. The setting before.

    Example:
        >>> old = hpx.seterr(all="ignore")
        >>> _ = hpx.seterr(**old)

    Communication: none.
    """
    return np.seterr(all, divide, over, under, invalid)


def geterr() -> dict[str, Any]:
    """What NumPy does about errors in its own functions, which `seterr` sets.

    Example:
        >>> sorted(hpx.geterr())
        ['divide', 'invalid', 'over', 'under']

    Communication: none.
    """
    return np.geterr()


def set_printoptions(
    precision=None,
    threshold=None,
    edgeitems=None,
    linewidth=None,
    suppress=None,
    nanstr=None,
    infstr=None,
    formatter=None,
    sign=None,
    floatmode=None,
    *,
    legacy=None,
    override_repr=None,
) -> None:
    """Says how arrays are printed, of hpxpy as of NumPy; arguments are numpy.set_printoptions'.

    Example:
        >>> with hpx.printoptions():
        ...     hpx.set_printoptions(precision=3)
        ...     print(hpx.asarray([3.14159]))
        [3.142]

    Communication: none.
    """
    given = (precision, threshold, edgeitems, linewidth, suppress, nanstr, infstr, formatter)
    others = {"legacy": legacy, "override_repr": override_repr}
    np.set_printoptions(*given, sign, floatmode, **others)


def get_printoptions() -> dict[str, Any]:
    """How arrays are printed, which `set_printoptions` sets: a dict.

    Example:
        >>> hpx.get_printoptions()["edgeitems"]
        3

    Communication: none.
    """
    return np.get_printoptions()


def printoptions(*args, **kwargs) -> AbstractContextManager[Any]:
    """A `with` at whose end arrays are printed as before; arguments are set_printoptions'.

    Example:
        >>> with hpx.printoptions(precision=2):
        ...     print(hpx.asarray([3.14159]))
        [3.14]

    Communication: none.
    """
    return np.printoptions(*args, **kwargs)


def _shown(x):
    """NumPy's array to print: of a distributed array this locality's part."""
    x = as_array(x)
    return (x if x.distribution is None else x.local_partition).to_numpy()


def array2string(
    a,
    max_line_width=None,
    precision=None,
    suppress_small=None,
    separator=" ",
    prefix="",
    *,
    formatter=None,
    threshold=None,
    edgeitems=None,
    sign=None,
    floatmode=None,
    suffix="",
    legacy=None,
) -> str:
    """The elements as text, by numpy.array2string with its arguments.

    Of a distributed array those of this locality's part.

    Example:
        >>> hpx.array2string(hpx.asarray([1.5, 2.5]), separator=", ")
        '[1.5, 2.5]'

    Communication: none.
    """
    words = {"formatter": formatter, "threshold": threshold, "edgeitems": edgeitems, "sign": sign}
    words |= {"floatmode": floatmode, "suffix": suffix, "legacy": legacy}
    given = (max_line_width, precision, suppress_small, separator, prefix)
    return np.array2string(_shown(a), *given, **words)


def array_repr(arr, max_line_width=None, precision=None, suppress_small=None) -> str:
    """The text that repr gives, with another width, precision or rule for small numbers.

    Example:
        >>> hpx.array_repr(hpx.asarray([3.14159]), precision=3)
        'array([3.142])'

    Communication: none.
    """
    x = as_array(arr)
    if x.distribution is not None:
        return repr(x)
    return np.array_repr(_shown(x), max_line_width, precision, suppress_small)


def array_str(a, max_line_width=None, precision=None, suppress_small=None) -> str:
    """The text that str gives, with another width, precision or rule for small numbers.

    Example:
        >>> hpx.array_str(hpx.asarray([3.14159]), precision=3)
        '[3.142]'

    Communication: none.
    """
    x = as_array(a)
    if x.distribution is not None:
        return str(x)
    return np.array_str(_shown(x), max_line_width, precision, suppress_small)
