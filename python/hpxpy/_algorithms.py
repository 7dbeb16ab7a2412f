"""HPX's algorithms that NumPy has not: counting a value, a function for each element.

Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import concurrent.futures
import dis
import inspect
import types

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
    `fn` gets NumPy's scalars. Where it does nothing but arithmetic and elementwise functions of
    hpxpy or NumPy on its argument and on numbers, without branches, it is called once with an array
    of all elements, and its work is fused into one pass. Elements are stored when all calls are
    done, as by assignment: in the array's dtype. If a call raises, none is. Of a distributed array
    each locality calls `fn` for its own elements. The array is returned.

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
    if _is_elementwise(fn):
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


# What compiled expressions of one argument are made of: no jumps, nothing stored but local names.
_INSTRUCTIONS = {
    *("BINARY_ADD", "BINARY_FLOOR_DIVIDE", "BINARY_MODULO", "BINARY_MULTIPLY", "BINARY_OP"),
    *("BINARY_POWER", "BINARY_SUBTRACT", "BINARY_TRUE_DIVIDE", "CACHE", "CALL", "CALL_FUNCTION"),
    *("CALL_METHOD", "COMPARE_OP", "COPY", "COPY_FREE_VARS", "DUP_TOP", "LOAD_ATTR", "LOAD_CONST"),
    *("LOAD_DEREF", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"),
    *("LOAD_FAST_LOAD_FAST", "LOAD_GLOBAL", "LOAD_METHOD", "LOAD_SMALL_INT", "NOP", "PRECALL"),
    *("PUSH_NULL", "RESUME", "RETURN_CONST", "RETURN_VALUE", "STORE_FAST", "SWAP"),
    *("UNARY_INVERT", "UNARY_NEGATIVE", "UNARY_POSITIVE"),
}


_UNUSUAL = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)


def _is_known(value):
    """Whether a name that `fn` uses stands for the same thing whatever is done with it."""
    if isinstance(value, types.ModuleType):
        return value.__name__ in ("hpxpy", "numpy")
    if isinstance(value, (bool, int, float, complex, np.number)) or value is abs:
        return True
    return _is_operation(value)


def _is_operation(fn):
    if isinstance(fn, np.ufunc):
        return fn.nin == 1 and fn.nout == 1 and fn.__name__ in _core._operations
    name = getattr(fn, "__name__", None)
    return name in _core._operations and getattr(_core, name, None) is fn


def _is_elementwise(fn):
    """Whether `fn` gives the same for a whole array as for each of its elements."""
    if not isinstance(fn, types.FunctionType):
        return _is_operation(fn)
    code = fn.__code__
    if code.co_flags & _UNUSUAL or code.co_argcount != 1 or code.co_kwonlyargcount:
        return False
    if not all(
        isinstance(value, (int, float, complex, str, type(None))) for value in code.co_consts
    ):
        return False
    for name in code.co_names:
        if name in fn.__globals__:
            if not _is_known(fn.__globals__[name]):
                return False
        elif name not in _core._operations and name not in ("abs", "e", "inf", "nan", "pi"):
            return False
    for cell in fn.__closure__ or ():
        if not _is_known(cell.cell_contents):
            return False
    return all(
        step.opname in _INSTRUCTIONS and not (step.opname == "BINARY_OP" and "=" in step.argrepr)
        for step in dis.get_instructions(code)
    )
