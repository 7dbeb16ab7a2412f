"""The methods of ndarray that are functions of the Python modules.

Imported by hpxpy/__init__.py for what it does: the class gets its methods.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

from . import (
    _attributes,
    _core,
    _creation,
    _diagonals,
    _indexing,
    _linalg,
    _manipulation,
    _parts,
    _sorting,
    _windows,
)

METHODS = (
    _attributes.choose,
    _attributes.resize_in_place,
    _attributes.tobytes,
    _attributes.view,
    _creation.fill,
    _diagonals.diagonal,
    _diagonals.trace,
    _indexing.compress_method,
    _indexing.nonzero,
    _indexing.put,
    _indexing.take,
    _linalg.__imatmul__,
    _linalg.__matmul__,
    _linalg.__rmatmul__,
    _linalg.dot,
    _manipulation.flatten,
    _manipulation.ravel,
    _manipulation.repeat,
    _manipulation.squeeze,
    _manipulation.swapaxes,
    _sorting.argpartition,
    _sorting.argsort,
    _sorting.partition_in_place,
    _sorting.searchsorted,
    _sorting.sort_in_place,
    _windows.exposed,
)

for _function in METHODS:
    _name = _function.__name__.removesuffix("_in_place").removesuffix("_method")
    setattr(_core.ndarray, _name, _function)

for _name in ("flat", "imag", "real"):
    setattr(_core.ndarray, _name, getattr(_parts, _name))
for _name in ("base", "data", "flags", "shape"):
    setattr(_core.ndarray, _name, getattr(_attributes, _name))

_core.ndarray.__array_interface__ = _attributes.array_interface
_core.ndarray.__hash__ = _attributes.hash_of_value
