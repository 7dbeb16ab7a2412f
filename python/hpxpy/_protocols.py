"""Protocols of NumPy, Python and notebooks: np.sin(x) of hpxpy arrays stays hpxpy's.

Called by NumPy through ndarray.__array_ufunc__ and ndarray.__array_function__. What hpxpy lacks is
a TypeError that says so: NumPy never computes with a copy unasked.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import html
import inspect
import sys

import numpy as np

from . import _bits, _core, _elementwise, _linalg, _tensors, _ufuncs
from ._arguments import placed
from ._functions import check_casting

# Ufuncs that are compositions of ours; round's decimals are not among a ufunc's arguments.
_COMPOSED = {
    "bitwise_count": _bits.bitwise_count,
    "divmod": _elementwise.divmod,
    "frexp": _elementwise.frexp,
    "ldexp": _elementwise.ldexp,
    "logaddexp": _elementwise.logaddexp,
    "logaddexp2": _elementwise.logaddexp2,
    "matmul": _linalg.matmul,
    "matvec": _tensors.matvec,
    "modf": _elementwise.modf,
    "rint": _core.rint,
    "spacing": _elementwise.spacing,
    "vecdot": _linalg.vecdot,
    "vecmat": _tensors.vecmat,
}
# What takes no part in NumPy's protocol, or is ours or NumPy's.
_OPERANDS = (_core.ndarray, np.ndarray, np.generic, bool, int, float, complex, list, tuple)
# Those that need no look at what they are: ours, Python's numbers and NumPy's.
_PLAIN = frozenset((_core.ndarray, int, float, complex, *np.sctypeDict.values()))
# Functions of NumPy that give no arrays: they see our memory as NumPy's.
_SEEN_BY_NUMPY = {
    *("array2string", "array_repr", "array_str", "may_share_memory", "shares_memory"),
    *("savetxt", "savez", "savez_compressed"),
}
# Those that make an array like the one of their argument like=.
_CREATING = {
    *("arange", "array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "empty"),
    *("eye", "frombuffer", "fromfunction", "fromiter", "full", "identity", "ones", "tri", "zeros"),
}
# Those that write to their first argument.
_WRITING = {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"}


def array_ufunc(self, ufunc, method, *inputs, **keywords):
    """What np.<ufunc>(...) with an hpxpy array among its operands or outputs gives.

    Communication: that of the function of the same name.
    """
    plain = method == "__call__" and not keywords
    if plain and (
        _PLAIN.issuperset(map(type, inputs)) or all(isinstance(x, _OPERANDS) for x in inputs)
    ):
        return _function_of(ufunc, method)(*inputs)
    outs = keywords.pop("out", ())
    if any(_answers_itself(x) for x in (*inputs, *outs)):
        return NotImplemented
    casting = keywords.pop("casting", "same_kind")
    keywords.pop("order", None)
    keywords.pop("subok", None)
    function = _function_of(ufunc, method)
    if casting not in ("same_kind", "unsafe") and method == "__call__":
        given = keywords.get("dtype")
        check_casting(ufunc.__name__, inputs, outs[0] if outs else None, given, casting)
    if method == "at":
        if isinstance(inputs[0], np.ndarray):
            return ufunc.at(*map(_as_numpy, inputs))
        return function(*inputs)
    if method in ("reduce", "accumulate", "reduceat"):
        keywords.setdefault("axis", 0)
        if keywords.get("dtype", 1) is None:
            del keywords["dtype"]
    if function in _COMPOSED.values() and keywords:
        given = ", ".join(f"{name}=" for name in keywords)
        raise TypeError(f"{ufunc.__name__}: hpxpy's {ufunc.__name__} takes no {given}")
    direct = len(outs) == 1 and outs[0] is not None and casting == "same_kind"
    if direct and function not in _COMPOSED.values():
        return function(*inputs, out=outs[0], **keywords)
    result = function(*inputs, **keywords)
    if isinstance(result, tuple):
        outs = outs or (None,) * len(result)
        pairs = zip(result, outs, strict=True)
        return tuple(placed(ufunc.__name__, part, out, casting) for part, out in pairs)
    return placed(ufunc.__name__, result, outs[0] if outs else None, casting)


def _answers_itself(x):
    """Whether it belongs to another library that takes part in NumPy's protocol."""
    return hasattr(x, "__array_ufunc__") and not isinstance(
        x, (_core.ndarray, np.ndarray, np.generic)
    )


def _is_known(ufunc):
    """Whether it is NumPy's or SciPy's: others may have named a function of their own like ours."""
    special = sys.modules.get("scipy.special")
    name = ufunc.__name__
    return ufunc in (getattr(np, name, None), getattr(special, name, None))


@functools.cache
def _function_of(ufunc, method):
    """Ours for a ufunc's method; TypeError that says what to do where there is none."""
    name = ufunc.__name__
    found = None
    if _is_known(ufunc):
        if method == "__call__":
            found = _COMPOSED.get(name) or (
                getattr(_core, name) if name in _core._operations else None
            )
        elif name in _core._operations or name in ("logaddexp", "logaddexp2"):
            found = _ufuncs.method_of(name, method, ufunc.nin)
    if found is None:
        what = name if method == "__call__" else f"{name}.{method}"
        raise TypeError(
            f"{what}: hpxpy has no such function; give NumPy's the arrays' to_numpy(), or use "
            "functions of hpxpy"
        )
    return found


def array_function(self, function, types, args, keywords):
    """What np.<function>(...) with an hpxpy array among its arguments gives.

    Communication: that of the function of the same name.
    """
    if not all(issubclass(kind, (_core.ndarray, np.ndarray)) for kind in types):
        return NotImplemented
    name = function.__name__
    into_numpy = name in _WRITING and isinstance((*args, None)[0], np.ndarray)
    if into_numpy or name in _SEEN_BY_NUMPY:
        seen = {key: _as_numpy(value) for key, value in keywords.items()}
        return function(*map(_as_numpy, args), **seen)
    ours = _counterpart(function)
    if keywords:
        args, keywords = _renamed(function, args, dict(keywords))
    if name in _CREATING:
        # NumPy asks for an array of our kind; it lies as `self` does where it can.
        like = self.distribution
        keywords = {**keywords, "distribution": like and like._where_it_fits()}
    return ours(*args, **keywords)


@functools.cache
def _counterpart(function):
    """Our function of the same name and place; TypeError that says what to do if there is none."""
    import hpxpy

    name = function.__name__
    places = {"numpy.fft": (hpxpy.fft, np.fft), "numpy.linalg": (hpxpy.linalg, np.linalg)}
    place, theirs = places.get(function.__module__, (hpxpy, np))
    ours = getattr(place, name, None) if name in place.__all__ else None
    if ours is None or getattr(theirs, name, None) is not function:
        raise TypeError(
            f"{function.__module__}.{name}: hpxpy has no such function; give NumPy's the arrays' "
            "to_numpy(), or use functions of hpxpy"
        )
    return ours


def _as_numpy(value):
    """NumPy's view of an array's memory, also within lists; TypeError for a distributed array."""
    if isinstance(value, _core.ndarray):
        return np.asarray(value)
    return [_as_numpy(v) for v in value] if isinstance(value, list) else value


@functools.cache
def _required(function):
    """NumPy's names of the arguments that must be given, in order."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # written in C, which takes them by position
        return ()
    return tuple(p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD)


def _renamed(function, args, keywords):
    """Arguments that NumPy and we may call by other names, such as `a`, go by position."""
    args = list(args)
    for name in _required(function)[len(args) :]:
        if name not in keywords:
            break
        args.append(keywords.pop(name))
    if function is np.eye:  # of which NumPy sends all arguments when it is asked with like=
        keywords["n_cols"] = keywords.pop("M", None)
        keywords.pop("order", None)
    return args, keywords


def round_number(self, ndigits=None):
    """round(x) of a 0-d array: a Python integer, or with digits a 0-d array; as of numbers.

    Example:
        >>> round(hpx.asarray(2.567), 1)
        array(2.6)

    Communication: none.
    """
    if self.ndim:
        raise TypeError("round: an array is no number; hpx.round(x, decimals) rounds each element")
    return round(self.item()) if ndigits is None else _core.round(self, ndigits)


def truncated(self):
    """math.trunc(x) of a 0-d array, a Python integer.

    Example:
        >>> import math
        >>> math.trunc(hpx.asarray(-2.5))
        -2

    Communication: none.
    """
    return int(self)


def reversed_elements(self):
    """The elements along the first axis, the last one first.

    Example:
        >>> list(reversed(hpx.asarray([1, 2])))
        [array(2), array(1)]

    Communication: none for a local array.
    """
    if not self.ndim:
        raise TypeError("reversed: a 0-d array has no elements in order")
    return iter(self[::-1])


def notebook_text(self):
    """What notebooks show: dtype, shape, size and map, and the elements as print shows them.

    Example:
        >>> hpx.zeros(3)._repr_html_().startswith("<div>")
        True

    Communication: none.
    """
    facts = [str(self.dtype), f"shape {self.shape}", _bytes(self.nbytes)]
    if self.distribution is not None:
        facts.append(f"{self.distribution.kind} along axis {self.distributed_axis}")
        facts.append(
            f"{self.num_partitions} partitions, here that of locality {_core.locality_id()}"
        )
    shown = np.array2string(
        self.local_partition.to_numpy(), separator=", ", threshold=100, edgeitems=2
    )
    return f"<div><b>hpxpy.ndarray</b> {html.escape(', '.join(facts))}<pre>{shown}</pre></div>"


def _bytes(count):
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"
