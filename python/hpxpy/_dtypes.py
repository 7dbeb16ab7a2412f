"""Data types: what they hold, how they combine, and what the module says of itself.

The functions of the array API standard's data-type and inspection parts. Imported by
hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from . import _core

__all__ = [
    "__array_namespace_info__",
    "can_cast",
    "finfo",
    "iinfo",
    "iscomplexobj",
    "isdtype",
    "isrealobj",
    "isscalar",
    "promote_types",
    "result_type",
]

_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]
_ALL = _KINDS["bool"] + _KINDS["numeric"]


def _dtype_of(function, x):
    """The dtype that an array, or anything that NumPy takes for a dtype, has.

    Communication: none.
    """
    if isinstance(x, _core.ndarray):
        return x.dtype
    if isinstance(x, (np.ndarray, np.generic)):
        x = x.dtype
    try:
        found = np.dtype(x)
    except TypeError:
        found = None
    if found is None or found.name not in _ALL:
        raise TypeError(f"{function}: {x!r} is not a dtype; choose one of {', '.join(_ALL)}")
    return found


def result_type(*arrays_and_dtypes) -> np.dtype[Any]:
    """The dtype that operations on the given arrays, dtypes and Python numbers give.

    Python's numbers are weak: they take part with their kind only. ValueError if nothing is given,
    TypeError for what is no dtype.

    Example:
        >>> hpx.result_type(hpx.asarray([1, 2]), hpx.float32)
        dtype('float64')

    Communication: none.
    """
    if not arrays_and_dtypes:
        raise ValueError("result_type: nothing given; it takes arrays, dtypes and numbers")
    parts = [
        x if type(x) in (bool, int, float, complex) else _dtype_of("result_type", x)
        for x in arrays_and_dtypes
    ]
    return np.result_type(*parts)


def can_cast(from_, to, casting="safe") -> bool:
    """Whether an array or dtype may become the dtype `to` by NumPy's rule `casting`.

    'safe' keeps every value. TypeError for what is no dtype, ValueError for an unknown rule.

    Example:
        >>> hpx.can_cast(hpx.int32, hpx.float32)
        False

    Communication: none.
    """
    source, target = _dtype_of("can_cast", from_), _dtype_of("can_cast", to)
    return bool(np.can_cast(source, target, casting))


def promote_types(type1, type2) -> np.dtype[Any]:
    """The dtype that operations on two dtypes give.

    Example:
        >>> hpx.promote_types(hpx.int8, hpx.uint8)
        dtype('int16')

    Communication: none.
    """
    for given in (type1, type2):
        if isinstance(given, _core.ndarray):
            raise TypeError("promote_types: an array was given for a dtype; give its .dtype")
    return result_type(_dtype_of("promote_types", type1), _dtype_of("promote_types", type2))


def _as_array(x):
    return x if isinstance(x, _core.ndarray) else np.asarray(x)


def isscalar(x) -> bool:
    """Whether `x` is a number or a string of Python's or NumPy's; an array is none.

    Example:
        >>> hpx.isscalar(2.5)
        True

    Communication: none.
    """
    return bool(np.isscalar(x))


def iscomplexobj(x) -> bool:
    """Whether an array or a number is of a complex dtype.

    Example:
        >>> hpx.iscomplexobj(hpx.ones(2))
        False

    Communication: none.
    """
    return _as_array(x).dtype.kind == "c"


def isrealobj(x) -> bool:
    """Whether an array or a number is of no complex dtype.

    Example:
        >>> hpx.isrealobj(hpx.ones(2))
        True

    Communication: none.
    """
    return not iscomplexobj(x)


def isdtype(dtype, kind) -> bool:
    """Whether `dtype` is of `kind`: a dtype, a name of the array API's, or a tuple of those.

    The names are 'bool', 'signed integer', 'unsigned integer', 'integral', 'real floating',
    'complex floating' and 'numeric'; ValueError for others.

    Example:
        >>> hpx.isdtype(hpx.int8, "integral")
        True

    Communication: none.
    """
    if isinstance(dtype, _core.ndarray):
        raise TypeError("isdtype: an array was given for the dtype; give its .dtype")
    given = _dtype_of("isdtype", dtype)
    if isinstance(kind, tuple):
        return any(isdtype(given, one) for one in kind)
    if isinstance(kind, str):
        if kind not in _KINDS:
            raise ValueError(f"isdtype: kind {kind!r} does not exist; choose of {sorted(_KINDS)}")
        return given.name in _KINDS[kind]
    return given == _dtype_of("isdtype", kind)


@dataclasses.dataclass(frozen=True)
class FloatInfo:
    """What a floating-point dtype can hold; complex dtypes tell of their parts."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype

    @property
    def tiny(self) -> float:
        """NumPy's name of `smallest_normal`.

        Communication: none.
        """
        return self.smallest_normal

    @property
    def resolution(self) -> float:
        """10 to the power of minus the decimal digits that are sure.

        Communication: none.
        """
        return float(np.finfo(self.dtype).resolution)


@dataclasses.dataclass(frozen=True)
class IntegerInfo:
    """What an integer dtype can hold."""

    bits: int
    max: int
    min: int
    dtype: np.dtype


def finfo(type) -> FloatInfo:
    """Limits of a floating-point dtype or array: bits, eps, max, min, smallest_normal, dtype.

    Of a complex dtype those of its parts; TypeError for others.

    Example:
        >>> hpx.finfo(hpx.float32).bits
        32

    Communication: none.
    """
    given = _dtype_of("finfo", type)
    if given.kind not in "fc":
        raise TypeError(f"finfo: {given} is no floating-point dtype; use iinfo for integers")
    info = np.finfo(given)
    values = (float(info.eps), float(info.max), float(info.min), float(info.smallest_normal))
    return FloatInfo(int(info.bits), *values, np.dtype(info.dtype))


def iinfo(type) -> IntegerInfo:
    """Limits of an integer dtype or array: bits, max, min, dtype; TypeError for others.

    Example:
        >>> hpx.iinfo(hpx.int8).max
        127

    Communication: none.
    """
    given = _dtype_of("iinfo", type)
    if given.kind not in "iu":
        raise TypeError(f"iinfo: {given} is no integer dtype; use finfo for floats")
    info = np.iinfo(given)
    return IntegerInfo(int(info.bits), int(info.max), int(info.min), given)


class NamespaceInfo:
    """What the array API's inspection functions tell of this module."""

    def capabilities(self) -> dict[str, Any]:
        """What is supported: boolean indexing, shapes that depend on data, and 64 dimensions.

        Communication: none.
        """
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """'cpu'.

        Communication: none.
        """
        return "cpu"

    def devices(self) -> list[str]:
        """The devices that there are: the processors.

        Communication: none.
        """
        return ("cpu",)

    def default_dtypes(self, *, device=None) -> dict[str, Any]:
        """The dtypes of what is made without telling one, by kind.

        Communication: none.
        """
        _check_device("default_dtypes", device)
        names = {
            "real floating": "float64",
            "complex floating": "complex128",
            "integral": "int64",
            "indexing": "int64",
        }
        return {kind: np.dtype(name) for kind, name in names.items()}

    def dtypes(self, *, device=None, kind=None) -> dict[str, Any]:
        """All dtypes by name, or those of a kind (as in isdtype) or of a tuple of kinds.

        Communication: none.
        """
        _check_device("dtypes", device)
        if kind is None:
            return {name: np.dtype(name) for name in _ALL}
        return {name: np.dtype(name) for name in _ALL if isdtype(np.dtype(name), kind)}


def _check_device(function, device):
    if device not in (None, "cpu"):
        raise ValueError(f"{function}: device {device!r} does not exist; there is 'cpu'")


def __array_namespace_info__() -> NamespaceInfo:
    """The array API's inspection functions of this module, as methods of one object.

    Example:
        >>> hpx.__array_namespace_info__().default_device()
        'cpu'

    Communication: none.
    """
    return NamespaceInfo()


def array_namespace(self, *, api_version=None):
    """The module hpxpy, which holds the array API's functions.

    ValueError for a version of the standard that it does not know.

    Communication: none.
    """
    import hpxpy

    known = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")
    if api_version is not None and api_version not in known:
        raise ValueError(
            f"__array_namespace__: version {api_version!r} of the array API is not known; "
            f"choose one of {known}"
        )
    return hpxpy


def to_device(self, device, /, *, stream=None):
    """The array itself, as 'cpu' is the only device; ValueError for others.

    Communication: none.
    """
    if device != "cpu":
        raise ValueError(f"to_device: device {device!r} does not exist; there is 'cpu'")
    if stream is not None:
        raise ValueError(f"to_device: stream {stream!r} given, but the processor has none")
    return self
