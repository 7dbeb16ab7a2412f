"""NumPy's arrays in C++, on one core, one node or many.

`import hpxpy as hpx`, write NumPy, and start the program with `hpxpy run -n 4 script.py`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import numpy as _np

from . import (
    _dtypes,
    _functions,
    _methods,
    _protocols,
    collectives,
    counters,
    distribution,
    execution,
    fft,
    gpu,
    launcher,
    lib,
    linalg,
    random,
    sycl,
)
from ._algorithms import *
from ._bits import *
from ._calculus import *
from ._choosing import *
from ._collectives import *
from ._core import *
from ._core import __version__, ndarray
from ._counting import *
from ._creation import *
from ._diagonals import *
from ._distributed import *
from ._dtypes import *
from ._dtypes import __array_namespace_info__
from ._einsum import *
from ._elementwise import *
from ._files import *
from ._grids import *
from ._groups import *
from ._histograms import *
from ._indexing import *
from ._iterators import *
from ._joining import *
from ._linalg import *
from ._manipulation import *
from ._mapping import *
from ._messages import *
from ._nan import *
from ._objects import (
    Plan,
    all_gather_object,
    broadcast_object,
    explain,
    gather_object,
)
from ._picking import *
from ._placement import *
from ._polynomials import *
from ._remote import Future, async_, make_ready_future, when_all, when_any
from ._runtime import runtime
from ._sets import *
from ._signatures import *
from ._sorting import *
from ._statistics import *
from ._tensors import *
from ._together import *
from ._types import *
from ._window_functions import *
from ._windows import Window
from .collectives import ReduceOp
from .distribution import Distribution, DistributionPolicy

bool = _np.bool_
int8, int16, int32, int64 = _np.int8, _np.int16, _np.int32, _np.int64
uint8, uint16, uint32, uint64 = _np.uint8, _np.uint16, _np.uint32, _np.uint64
float32, float64 = _np.float32, _np.float64
complex64, complex128 = _np.complex64, _np.complex128
e, euler_gamma, inf, nan, newaxis, pi = _np.e, _np.euler_gamma, _np.inf, _np.nan, None, _np.pi

ndarray.__array_namespace__ = _dtypes.array_namespace
ndarray.to_device = _dtypes.to_device
ndarray.__array_ufunc__ = _protocols.array_ufunc
ndarray.__array_function__ = _protocols.array_function
ndarray.__round__ = _protocols.round_number
ndarray.__trunc__ = _protocols.truncated
ndarray.__reversed__ = _protocols.reversed_elements
ndarray._repr_html_ = _protocols.notebook_text

__all__ = sorted({name for name in globals() if not name.startswith("_")} - {"annotations"})
_functions.shown(globals(), __all__)
_functions.shown(vars(linalg), linalg.__all__, "linalg.")
_functions.shown(vars(fft), fft.__all__, "fft.")

__array_api_version__ = "2025.12"

__all__ += ["__array_api_version__", "__array_namespace_info__", "__version__"]
