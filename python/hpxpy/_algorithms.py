"""HPX's algorithms that NumPy has not: counting a value, a function for each element.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import concurrent.futures

import numpy as np

from . import _core
from ._arguments import as_array
from .execution import _policy_of, _run, seq, takes_policy

__all__ = ["count", "for_each"]


@takes_policy
def count(x, value, axis=None, *, keepdims=False):
    """How many elements are equal to `value`, over the given axes; int64.

    nan is equal to nothing. `policy` is one of hpx.execution's.

    Example:
        >>> hpx.count(hpx.asarray([1, 2, 1]), 1)
        array(2)

    Communication: one all-reduce of the result if the distributed axis is joined, else none.
    """
    return _core.count_nonzero(_core.equal(as_array(x), value), axis=axis, keepdims=keepdims)


def for_each(policy, x, fn):
    """Calls `fn` with each element of an array; what it returns, unless None, is stored there.

    `policy` is one of hpx.execution's: with `seq` the calls come one after the other in C order,
    with the others in any order and on several threads; with `task` the result is a `hpx.Future`.
    `fn` gets NumPy's scalars. An elementwise function of hpxpy or NumPy (`hpx.sqrt`, `np.square`,
    `abs`) works on all elements in one pass; so does arithmetic that is written for the array
    itself, `x[...] = x * 2 + 1`, which is much faster than a Python call for each element. Elements
    are stored when all calls are done, as by assignment: in the array's dtype. If a call raises,
    none is. Of a distributed array each locality calls `fn` for its own elements. The array is
    returned.

    TypeError if `x` is no hpxpy array or `fn` cannot be called, ValueError if elements are to be
    stored into a read-only array.

    Example:
        >>> hpx.for_each(hpx.execution.par, hpx.asarray([1.0, 4.0]), lambda v: v * 2)
        array([2., 8.])

    Communication: none.
    """
    policy = _policy_of(policy)
    if not isinstance(x, _core.ndarray):
        raise TypeError(f"for_each: {type(x).__name__} is no hpxpy array; asarray makes one")
    if not callable(fn):
        raise TypeError(f"for_each: {fn!r} is not callable; give a function of an element")
    return _run(policy, lambda: _apply(policy, x, fn))


def _apply(policy, x, fn):
    own = x if x.distribution is None else x.local_partition
    if _is_operation(fn):
        values = fn(own)
    else:
        values = _by_element(fn, own, 1 if policy is seq else _core.num_threads())
    if values is not None:
        if not own.writeable:
            raise ValueError("for_each: the array is read-only; give a copy()")
        own[...] = values
    return x


def _by_element(fn, x, threads):
    """The elements with what `fn` returned; None if it returned nothing at all."""
    old = x.to_numpy().ravel()
    new = old.copy()

    def part(first, last):
        changed = False
        for i in range(first, last):
            value = fn(old[i])
            if value is not None:
                new[i] = value
                changed = True
        return changed

    parts = min(threads, old.size)
    if parts <= 1:
        changed = part(0, old.size)
    else:
        bounds = [old.size * i // parts for i in range(parts + 1)]
        with concurrent.futures.ThreadPoolExecutor(parts) as pool:
            changed = any(list(pool.map(part, bounds, bounds[1:])))
    return new.reshape(x.shape) if changed else None


def _is_operation(fn):
    """Whether `fn` is an elementwise function of hpxpy or NumPy, or abs."""
    if fn is abs:
        return True
    if isinstance(fn, np.ufunc):
        return fn.nin == 1 and fn.nout == 1 and fn.__name__ in _core._operations
    name = getattr(fn, "__name__", None)
    return name in _core._operations and getattr(_core, name, None) is fn
