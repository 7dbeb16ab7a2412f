"""NumPy's protocols: np.sin(x) and np.sum(x) of hpxpy arrays stay hpxpy's.

Called by NumPy through ndarray.__array_ufunc__ and ndarray.__array_function__.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import numpy as np

from . import _core, _elementwise, _linalg

# What a ufunc's reduce is called among our functions.
_REDUCE = {
    "add": "sum",
    "multiply": "prod",
    "minimum": "min",
    "maximum": "max",
    "logical_or": "any",
    "logical_and": "all",
}
_ACCUMULATE = {"add": "cumsum", "multiply": "cumprod"}
# Ufuncs that are compositions of ours.
_COMPOSED = {
    "divmod": _elementwise.divmod,
    "frexp": _elementwise.frexp,
    "ldexp": _elementwise.ldexp,
    "logaddexp": _elementwise.logaddexp,
    "logaddexp2": _elementwise.logaddexp2,
    "matmul": _linalg.matmul,
    "modf": _elementwise.modf,
    "spacing": _elementwise.spacing,
    "vecdot": _linalg.vecdot,
}


def array_ufunc(self, ufunc, method, *inputs, **keywords):
    """What np.<ufunc>(...) with an hpxpy array among its operands or outputs gives.

    Communication: that of the function of the same name.
    """
    out = keywords.get("out")
    if out is not None:
        if len(out) != 1:
            return NotImplemented
        keywords["out"] = out[0]
        if out[0] is None:
            del keywords["out"]
        elif isinstance(out[0], np.ndarray):
            # np_array += x: the result is copied into NumPy's memory.
            del keywords["out"]
            result = array_ufunc(self, ufunc, method, *inputs, **keywords)
            if result is NotImplemented:
                return result
            np.copyto(out[0], np.asarray(result), casting="same_kind")
            return out[0]
        elif not isinstance(out[0], _core.ndarray):
            return NotImplemented
    name = ufunc.__name__
    if method == "__call__" and name in _core._operations:
        if name in ("clip", "where"):
            return NotImplemented
        known = {"out", "where", "dtype"}
        function = getattr(_core, name)
        if name in ("round", "rint"):
            known, function = {"out"}, _core.rint
        if set(keywords) <= known:
            return function(*inputs, **keywords)
    if method == "__call__" and name in _COMPOSED and not keywords:
        return _COMPOSED[name](*inputs)
    if method == "accumulate" and name in _ACCUMULATE:
        keywords.setdefault("axis", 0)
        return getattr(_core, _ACCUMULATE[name])(*inputs, **keywords)
    if method == "reduce" and name in _REDUCE:
        keywords.setdefault("axis", 0)
        if keywords.get("dtype", 1) is None or name not in ("add", "multiply"):
            keywords.pop("dtype", None)
        return getattr(_core, _REDUCE[name])(*inputs, **keywords)
    return NotImplemented


def array_function(self, function, types, args, keywords):
    """What np.<function>(...) with an hpxpy array among its arguments gives.

    Communication: that of the function of the same name.
    """
    import hpxpy

    if not all(issubclass(kind, (_core.ndarray, np.ndarray)) for kind in types):
        return NotImplemented
    name = function.__name__
    places = {"numpy.fft": (hpxpy.fft, np.fft), "numpy.linalg": (hpxpy.linalg, np.linalg)}
    place, theirs = places.get(function.__module__, (hpxpy, np))
    ours = getattr(place, name, None) if name in place.__all__ else None
    if ours is None or getattr(theirs, name, None) is not function:
        return NotImplemented
    if "a" in keywords and "x" not in keywords:
        keywords = dict(keywords)
        keywords["x"] = keywords.pop("a")
    return ours(*args, **keywords)
