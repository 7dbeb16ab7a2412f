"""Elements chosen among arrays, or written where others say.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import numpy as np

from . import _core
from ._arguments import as_array, placed
from ._blocks import on_one_map

__all__ = ["choose", "copyto", "piecewise", "select"]


def select(condlist, choicelist, default=0):
    """In each place the choice of the first condition that is true there, else `default`.

    Conditions are booleans; all arrays are broadcast. ValueError if there are not as many
    conditions as choices, or none; TypeError for a condition of another dtype.

    Example:
        >>> x = hpx.asarray([1, 5, 9])
        >>> hpx.select([x > 8, x > 3], [x, -x])
        array([ 0, -5,  9])

    Communication: none where the operands lie on equal maps; otherwise what lies elsewhere moves
    once.
    """
    if len(condlist) != len(choicelist) or len(condlist) == 0:
        raise ValueError(
            f"select: {len(condlist)} conditions for {len(choicelist)} choices; give as many, "
            "one at least"
        )
    conditions = [as_array(c) for c in condlist]
    for i, condition in enumerate(conditions):
        if condition.dtype != np.bool_:
            raise TypeError(f"select: condition {i} has dtype {condition.dtype}; it must be bool")
    *choices, result = _of_one_dtype([*choicelist, default])
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        result = _core.where(condition, choice, result)
    return result


_NUMBERS = (bool, int, float, complex)


def _of_one_dtype(options):
    """Arrays of the common dtype, in which Python's numbers take no part where there are others.

    Communication: none.
    """
    options = [o if type(o) in _NUMBERS else as_array(o) for o in options]
    dtype = np.result_type(*(getattr(o, "dtype", o) for o in options))
    return [_core.astype(as_array(o), dtype, copy=False) for o in options]


def choose(a, choices, out=None, mode="raise"):
    """In each place the element of that of the `choices` whose number `a` holds.

    All arrays are broadcast, dtypes promoted. ValueError where a number has no choice, unless
    `mode` is 'wrap' or 'clip'.

    Example:
        >>> hpx.choose([0, 1, 0], [[1, 2, 3], [10, 20, 30]])
        array([ 1, 20,  3])

    Communication: none where the operands lie on equal maps; one all-reduce checks the numbers.
    """
    number = as_array(a)
    if number.dtype.kind not in "iub":
        raise TypeError(f"choose: numbers of {number.dtype} choose nothing; use integers")
    number = number.astype(np.int64)
    options = list(choices)
    if not options:
        raise ValueError("choose: no choices were given; one is needed at least")
    if mode == "wrap":
        number = number % len(options)
    elif mode == "clip":
        number = _core.clip(number, 0, len(options) - 1)
    elif mode != "raise":
        raise ValueError(f"choose: mode {mode!r} does not exist; choose 'raise', 'wrap' or 'clip'")
    elif bool(_core.any((number < 0) | (number >= len(options)))):
        raise ValueError(f"choose: a number is out of range for {len(options)} choices")
    arrays = _of_one_dtype(options)
    result = arrays[0]
    for i, option in enumerate(arrays[1:], 1):
        result = _core.where(number == i, option, result)
    shape = np.broadcast_shapes(number.shape, *(x.shape for x in arrays))
    result = _core.copy(_core.broadcast_to(result, shape))
    return placed("choose", result, out)


def piecewise(x, condlist, funclist, *args, **kw):
    """Where each condition is true what its function gives of those elements, or a number.

    With one function more than conditions the last is for the other places. The result has the
    dtype of `x`; where several conditions are true, the last counts. ValueError for another number
    of functions.

    Example:
        >>> x = hpx.asarray([-2.0, 3.0])
        >>> hpx.piecewise(x, [x < 0, x >= 0], [lambda v: v + 1, 5])
        array([-1.,  5.])

    Of a distributed array each locality calls them with its own elements, if it has any.

    Communication: none of conditions that lie as `x` does; others move there.
    """
    x = as_array(x)
    one = not isinstance(condlist, (list, tuple)) or (
        len(condlist) > 0 and np.ndim(condlist[0]) == 0 and x.ndim != 0
    )
    conditions = [as_array(c).astype(np.bool_) for c in ([condlist] if one else condlist)]
    if len(funclist) == len(conditions) + 1:
        rest = ~conditions[0]
        for condition in conditions[1:]:
            rest = rest & ~condition
        conditions.append(rest)
    if len(funclist) != len(conditions):
        raise ValueError(f"piecewise: {len(funclist)} functions for {len(conditions)} conditions")
    result = _core.zeros(x.shape, dtype=x.dtype, distribution=x.distribution)
    if x.distribution is not None:
        x, *conditions = on_one_map("piecewise", (x, *conditions))
        _fill_pieces(
            result.local_partition,
            x.local_partition,
            [condition.local_partition for condition in conditions],
            funclist,
            args,
            kw,
        )
    else:
        _fill_pieces(result, x, conditions, funclist, args, kw)
    return result


def _fill_pieces(result, x, conditions, funclist, args, kw):
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            result[condition] = function
            continue
        values = x[condition]
        if values.size:
            result[condition] = function(values, *args, **kw)


def copyto(dst, src, casting="same_kind", where=True) -> None:
    """Writes `src`, broadcast, to `dst` in the places where `where` is true.

    TypeError if `casting` forbids the conversion.

    Example:
        >>> x = hpx.zeros(3)
        >>> hpx.copyto(x, [True, True, False], where=[True, False, True])
        >>> x
        array([1., 0., 0.])

    Communication: none where the operands lie on equal maps; otherwise what lies elsewhere moves
    once.
    """
    if not isinstance(dst, _core.ndarray):
        raise TypeError(f"copyto: {dst!r} is no hpxpy array")
    if type(src) in _NUMBERS:
        _check_number_cast(src, dst.dtype, casting)
        src = _core._elements("copyto", src, dst.dtype)
    else:
        src = as_array(src)
        if not np.can_cast(src.dtype, dst.dtype, casting):
            raise TypeError(f"copyto: {src.dtype} is not cast to {dst.dtype} by {casting=}")
    if where is True:
        dst[...] = src
        return
    value = _core.astype(src, dst.dtype, copy=False)
    _core._assign_where("copyto", dst, as_array(where).astype(np.bool_), value)


def _check_number_cast(number, dtype, casting):
    """TypeError if a Python number is of a wider kind than the dtype, unless `casting` is unsafe.

    Communication: none.
    """
    kinds = ("b", "iu", "f", "c")
    kind = np.result_type(type(number)).kind
    wider = [kind in k for k in kinds].index(True) > [dtype.kind in k for k in kinds].index(True)
    if wider and casting != "unsafe":
        raise TypeError(f"copyto: {number!r} is not cast to {dtype} by {casting=}")
