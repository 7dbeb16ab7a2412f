"""What NumPy's ufuncs can do besides being called: reduce, accumulate, outer, at, reduceat.

_functions.py makes them attributes of the elementwise functions; _protocols.py calls them for
NumPy's ufuncs. A reduction of the table is used where there is one; else elements are joined in a
tree where their order does not matter, and one after the other where it does.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import math

import numpy as np

from . import _core, _elementwise
from ._arguments import as_array, axes_of, axis_of, everywhere, placed
from ._joining import concat, stack
from ._manipulation import moveaxis

_REDUCTIONS = {
    "add": _core.sum,
    "multiply": _core.prod,
    "minimum": _core.min,
    "maximum": _core.max,
    "logical_or": _core.any,
    "logical_and": _core.all,
}
_SCANS = {"add": _core.cumsum, "multiply": _core.cumprod}
#: What joins elements in any order, and the number that changes nothing, if there is one.
_JOINING = {
    "add": 0,
    "multiply": 1,
    "minimum": None,
    "maximum": None,
    "fmin": None,
    "fmax": None,
    "logical_or": False,
    "logical_and": True,
    "logical_xor": False,
    "bitwise_or": 0,
    "bitwise_and": None,
    "bitwise_xor": 0,
    "gcd": 0,
    "lcm": None,
    "hypot": 0,
    "logaddexp": -math.inf,
    "logaddexp2": -math.inf,
}
_TAKE_TRUTH = ("logical_or", "logical_and", "logical_xor")


def function_named(name):
    """The elementwise function of that name."""
    return getattr(_core, name, None) or getattr(_elementwise, name)


def _checked(name, method, arity):
    if arity != 2 and method != "at":
        raise ValueError(
            f"{name}.{method}: {name} joins nothing; only functions of two operands do"
        )


def _prepared(name, x, dtype):
    """The operand in the dtype to compute in; truth where only that counts."""
    x = as_array(x)
    if dtype is not None:
        return _core.astype(x, dtype, copy=False)
    return _core.astype(x, np.bool_, copy=False) if name in _TAKE_TRUTH else x


def _tree(function, x):
    """The elements along the first axis joined in pairs, and the pairs' results again."""
    while x.shape[0] > 1:
        half = x.shape[0] // 2
        joined = function(x[:half], x[half : 2 * half])
        x = concat([joined, x[2 * half :]], axis=0) if x.shape[0] % 2 else joined
    return x[0, ...].copy()


def _one_after_another(function, x, result=None):
    """((x[0] f x[1]) f x[2]) ...; with `result` that comes first."""
    first = 0 if result is not None else 1
    result = x[0, ...].copy() if result is None else result
    for i in range(first, x.shape[0]):
        result = function(result, x[i, ...])
    return result


def reduce(
    name, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True, arity=2
):
    """Elements along axes joined by the function `name`."""
    _checked(name, "reduce", arity)
    if name in _REDUCTIONS:
        keywords = {"out": out, "keepdims": keepdims, "where": where}
        if dtype is not None and name in ("add", "multiply"):
            keywords["dtype"] = dtype
        elif dtype is not None:
            array = _prepared(name, array, dtype)
        if initial is not None and name not in _TAKE_TRUTH:
            keywords["initial"] = initial
        return _REDUCTIONS[name](array, axis=axis, **keywords)
    x = _prepared(name, array, dtype)
    function, identity = function_named(name), _identity(name, x.dtype)
    axes = list(range(x.ndim)) if axis is None else [axis] if x.ndim == 0 else axis
    axes = [] if x.ndim == 0 else axes_of(f"{name}.reduce", axes, x.ndim)
    if len(axes) > 1 and name not in _JOINING:
        raise ValueError(f"{name}.reduce: the order matters, so there must be one axis, not {axes}")
    rest = [i for i in range(x.ndim) if i not in axes]
    kept = tuple(1 if i in axes else x.shape[i] for i in range(x.ndim))
    rows = _joined_axes(x, axes, rest)
    if where is not True:
        start = identity if initial is None else initial
        if start is None:
            raise ValueError(f"{name}.reduce: where= needs initial=, as nothing stands for nothing")
        mask = _joined_axes(_core.broadcast_to(as_array(where), x.shape), axes, rest)
        neutral = identity if identity is not None else start
        if name in _JOINING:
            rows = _core.where(mask, rows, neutral)
        else:
            return _finished(name, _masked(function, rows, mask, start), kept, keepdims, out)
    if rows.shape[0] == 0:
        start = identity if initial is None else initial
        if start is None:
            raise ValueError(f"{name}.reduce: there is no element, and nothing stands for nothing")
        result = _core.full(rows.shape[1:], start, dtype=rows.dtype)
        return _finished(name, result, kept, keepdims, out)
    if name in _JOINING:
        result = _tree(function, rows)
        result = result if initial is None else function(result, initial)
    else:
        start = None if initial is None else _core.full(rows.shape[1:], initial, dtype=rows.dtype)
        result = _one_after_another(function, rows, start)
    return _finished(name, result, kept, keepdims, out)


def _identity(name, dtype):
    """What changes nothing that it is joined with; None if there is no such number."""
    if name == "bitwise_and":
        return _core.bitwise_invert(_core.zeros((), dtype=dtype))
    return _JOINING.get(name)


def _joined_axes(x, axes, rest):
    """`x` with the axes to join as one, the first."""
    if x.ndim == 0:
        return _core.reshape(x, (1,))
    if len(axes) == 1:
        return moveaxis(x, axes[0], 0)
    shape = tuple(x.shape[i] for i in rest)
    count = math.prod(x.shape[i] for i in axes)
    return _core.reshape(_core.permute_dims(x, (*axes, *rest)), (count, *shape))


def _masked(function, rows, mask, start):
    result = _core.full(rows.shape[1:], start, dtype=rows.dtype)
    for i in range(rows.shape[0]):
        result = _core.where(mask[i, ...], function(result, rows[i, ...]), result)
    return result


def _finished(name, result, kept, keepdims, out):
    result = _core.reshape(result, kept) if keepdims else result
    return placed(f"{name}.reduce", result, out, "unsafe")


def accumulate(name, array, axis=0, dtype=None, out=None, arity=2):
    """What the function `name` joins up to each element along an axis."""
    _checked(name, "accumulate", arity)
    if name in _SCANS:
        return _SCANS[name](array, axis, dtype, out)
    x = _prepared(name, array, dtype)
    axis = axis_of(f"{name}.accumulate", axis, x.ndim)
    function, rows = function_named(name), moveaxis(x, axis, 0)
    if rows.shape[0] < 2:
        # Nothing is joined, and a result is no view.
        rows = rows.copy()
    elif name in _JOINING:
        # Each element joins ever longer runs before it (Hillis, Steele: Data parallel algorithms,
        # 1986).
        step = 1
        while step < rows.shape[0]:
            joined = function(rows[:-step], rows[step:])
            rows = concat([_core.astype(rows[:step], joined.dtype), joined], axis=0)
            step *= 2
    else:
        parts = [rows[0, ...]]
        for i in range(1, rows.shape[0]):
            parts.append(function(parts[-1], rows[i, ...]))
        rows = stack([_core.astype(part, parts[-1].dtype) for part in parts])
    return placed(f"{name}.accumulate", moveaxis(rows, 0, axis), out, "unsafe")


def reduceat(name, array, indices, axis=0, dtype=None, out=None, arity=2):
    """Elements joined from each index up to the next, or the one there if that is not above it."""
    _checked(name, "reduceat", arity)
    x = _prepared(name, array, dtype)
    axis = axis_of(f"{name}.reduceat", axis, x.ndim)
    rows, length = moveaxis(x, axis, 0), x.shape[axis]
    starts = [int(i) for i in np.ravel(np.asarray(everywhere(indices))).tolist()]
    for i in starts:
        if not 0 <= i < length:
            raise IndexError(f"{name}.reduceat: {i} is out of range for {length} elements")
    ends = [*starts[1:], length]
    numpys = getattr(np, name, None)
    if x.distribution is None and isinstance(numpys, np.ufunc):
        found = numpys.reduceat(x.to_numpy(), starts, axis)
        return placed(f"{name}.reduceat", _core.from_numpy(found, copy=False), out, "unsafe")
    parts = [
        reduce(name, rows[first:last], 0) if last > first else rows[first, ...]
        for first, last in zip(starts, ends, strict=True)
    ]
    if not parts:
        result = rows[:0]
    else:
        widest = np.result_type(*(part.dtype for part in parts))
        result = stack([_core.astype(part, widest, copy=False) for part in parts])
    return placed(f"{name}.reduceat", moveaxis(result, 0, axis), out, "unsafe")


def outer(name, first, second, arity=2, **keywords):
    """The function of each element of the first with each of the second."""
    _checked(name, "outer", arity)
    first, second = as_array(first), as_array(second)
    return function_named(name)(first[(..., *(None,) * second.ndim)], second, **keywords)


def at(name, array, indices, second=None, arity=2):
    """Writes what the function gives of elements, once for each time that `indices` name one."""
    if not isinstance(array, _core.ndarray):
        raise TypeError(f"{name}.at: {array!r} is no hpxpy array")
    if (second is None) != (arity == 1):
        raise ValueError(f"{name}.at: {name} takes {arity} operands")
    function = function_named(name)
    key = indices if isinstance(indices, tuple) else (indices,)
    if any(isinstance(i, _core.ndarray) and i.distribution is not None for i in key):
        if array.distribution is not None:
            _at_distributed(f"{name}.at", function, array, key, second)
            return
        key, second = tuple(everywhere(i) for i in key), everywhere(second)
        indices = key if isinstance(indices, tuple) else key[0]
    given = [np.asarray(i) if isinstance(i, (_core.ndarray, list, np.ndarray)) else i for i in key]
    arrays = [i for i in given if isinstance(i, np.ndarray)]
    if not arrays or any(i.dtype.kind == "b" for i in arrays):
        found = array[indices] if arity == 1 else None
        new = function(found) if arity == 1 else function(array[indices], as_array(second))
        array[indices] = _core.astype(new, array.dtype)
        return
    if len(arrays) != len(given):
        raise TypeError(f"{name}.at: slices beside arrays of positions are not taken; use arrays")
    lengths = array.shape[: len(given)]
    for i, n in zip(given, lengths, strict=True):
        for wrong in i[(i < -n) | (i >= n)].ravel()[:1].tolist():
            raise IndexError(f"{name}.at: {wrong} is out of range for length {n}")
    where = np.broadcast_arrays(
        *(np.where(i < 0, i + n, i).astype(int) for i, n in zip(given, lengths, strict=True))
    )
    flat = np.ravel_multi_index(where, lengths).ravel()
    if not flat.size:
        return
    values = None
    if arity == 2:
        rest = array.shape[len(given) :]
        values = _core.broadcast_to(as_array(second), (*where[0].shape, *rest))
        values = _core.reshape(values, (flat.size, *rest))
    for turn in _turns(flat):
        places = tuple(_core.asarray(i.ravel()[turn]) for i in where)
        now = array[places if len(places) > 1 else places[0]]
        new = function(now) if arity == 1 else function(now, values[_core.asarray(turn)])
        array[places if len(places) > 1 else places[0]] = _core.astype(new, array.dtype)


def _at_distributed(name, function, array, key, second):
    """What `at` does where positions are distributed: those that name one element are sorted
    together, and the k-th of each take the k-th turn."""
    from ._indexing import ravel_multi_index, unravel_index
    from ._sorting import argsort, searchsorted

    if not all(isinstance(i, (_core.ndarray, list, np.ndarray)) for i in key):
        raise TypeError(f"{name}: slices beside arrays of positions are not taken; use arrays")
    places, lengths = [as_array(i) for i in key], array.shape[: len(key)]
    for i, n in zip(places, lengths, strict=True):
        if i.dtype.kind not in "iu":
            raise TypeError(f"{name}: distributed positions of {i.dtype}; use integers")
        for wrong in i[(i < -n) | (i >= n)][:1].tolist():
            raise IndexError(f"{name}: {wrong} is out of range for length {n}")
    shape = np.broadcast_shapes(*(i.shape for i in places))
    places = [
        _core.broadcast_to(_core.astype(_core.where(i < 0, i + n, i), np.int64), shape)
        for i, n in zip(places, lengths, strict=True)
    ]
    flat = places[0] if len(places) == 1 else ravel_multi_index(tuple(places), lengths)
    flat = _core.reshape(flat, (-1,))
    if not flat.size:
        return
    order = argsort(flat)
    flat = flat[order]
    rest = array.shape[len(key) :]
    if second is not None:
        second = _core.broadcast_to(as_array(second), (*shape, *rest))
        second = _core.reshape(second, (flat.size, *rest))[order]
    turn = _core.arange(flat.size, distribution=flat.distribution) - searchsorted(flat, flat)
    for k in range(int(_core.max(turn)) + 1):
        now = turn == k
        at = flat[now]
        at = at if len(key) == 1 else unravel_index(at, lengths)
        new = function(array[at]) if second is None else function(array[at], second[now])
        array[at] = _core.astype(new, array.dtype)


def _turns(flat):
    """Positions of `flat` in groups that name nothing twice, in order."""
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    turns = np.empty(flat.size, np.int64)
    turns[order] = np.arange(flat.size) - np.repeat(starts, np.diff(np.r_[starts, flat.size]))
    for k in range(int(turns.max()) + 1):
        yield np.flatnonzero(turns == k)


def method_of(name, method, arity):
    """The method of a function as a function of its own."""
    found = functools.partial(globals()[method], name, arity=arity)
    found.__doc__ = globals()[method].__doc__
    return found
