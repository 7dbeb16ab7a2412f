"""NumPy's arrays in C++, on one core, one node or many.

`import hpxpy as hpx`, write NumPy, and start the program with `hpxpy run -n 4 script.py`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import importlib as _importlib

import numpy as _np

from . import _core, _methods, _public, _runtime
from ._core import __version__, ndarray

bool = _np.bool_
int8, int16, int32, int64 = _np.int8, _np.int16, _np.int32, _np.int64
uint8, uint16, uint32, uint64 = _np.uint8, _np.uint16, _np.uint32, _np.uint64
float32, float64 = _np.float32, _np.float64
complex64, complex128 = _np.complex64, _np.complex128
e, euler_gamma, inf, nan, newaxis, pi = _np.e, _np.euler_gamma, _np.inf, _np.nan, None, _np.pi

__array_api_version__ = "2025.12"

#: The module of each public name that is not here yet.
_homes = {name: "_core" for name in vars(_core) if not name.startswith("_")}
_homes |= {name: home for home, names in _public.NAMES.items() for name in names.split()}
_homes["__array_namespace_info__"] = "_dtypes"

__all__ = sorted(
    {name for name in globals() if not name.startswith("_")}.union(_homes, _public.SUBMODULES)
    - {"annotations"}
)
__all__ += ["__array_api_version__", "__version__"]


def __getattr__(name):
    """A public name at its first use: its module is imported then."""
    if name in _public.SUBMODULES:
        return _importlib.import_module(f"hpxpy.{name}")
    if name not in _homes:
        raise AttributeError(f"module 'hpxpy' has no attribute {name!r}")
    from . import _functions

    home = _importlib.import_module(f"hpxpy.{_homes[name]}")
    value = globals()[name] = _functions.shown(name, getattr(home, name))
    return value


def __dir__():
    return sorted({*globals(), *__all__})
