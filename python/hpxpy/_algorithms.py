"""HPX's algorithms: functions for each element or block, reductions and scans by any function.

Each begins with the policy that it runs under. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import itertools

import numpy as np

from . import _core
from ._arguments import as_array
from ._blocks import at_all, indices_of, is_first_holder, memory_of, on_one_map, own_runs
from ._mapping import (
    address_of,
    check_function,
    mapped,
    takes,
    visited,
)
from .execution import Policy, _policy_of, _run, seq, takes_policy

__all__ = [
    "all_of",
    "any_of",
    "copy_if",
    "count",
    "count_if",
    "fill",
    "find",
    "find_if",
    "for_each",
    "generate",
    "none_of",
    "transform",
    "transform_reduce",
]


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


def _written(name, x):
    if not isinstance(x, _core.ndarray):
        raise TypeError(f"{name}: {type(x).__name__} is no hpxpy array; asarray makes one")
    return x


def _threads(policy):
    return 1 if policy is seq else _core.num_threads()


def for_each(policy, x, fn):
    """Calls `fn` with each element or block of an array; what it returns, unless None, is stored.

    `policy` is one of hpx.execution's: with `seq` the calls come one after the other in C order,
    with the others in any order and on several threads; with `task` the result is a `hpx.Future`.
    Of a distributed array each locality calls `fn` for its own elements. The array is returned.
    `fn` is one of these:

    - A function of one argument gets NumPy's scalars. Elements are stored when all calls are done,
      as by assignment: in the array's dtype. If a call raises, none is.
    - An elementwise function of hpxpy or NumPy (`hpx.sqrt`, `np.square`, `abs`) works on all
      elements in one pass; so does arithmetic that is written for the array itself,
      `x[...] = x * 2 + 1`, which is much faster than a Python call for each element.
    - A function of two arguments gets each block, a NumPy view that it may write to, and its
      offset: the index of its first element along each axis of the whole. Blocks are what is
      neighbours in the whole; each locality has one, but on cyclic maps.
    - A numba cfunc, or a C function's address, is called without the GIL as `fn(elements, n,
      first)`: with memory of n elements that follow each other from position `first` on in the
      whole, counted in C order. It writes to that memory.

    TypeError if `x` is no hpxpy array or `fn` cannot be called, ValueError if elements are to be
    stored into a read-only array.

    Example:
        >>> hpx.for_each(hpx.execution.par, hpx.asarray([1.0, 4.0]), lambda v: v * 2)
        array([2., 8.])

    Communication: none.
    """
    policy = _policy_of(policy)
    _written("for_each", x)
    check_function("for_each", fn)
    return _run(policy, lambda: _apply("for_each", policy, x, fn))


def _apply(name, policy, x, fn):
    if not _is_operation(fn) and (address_of(fn) is not None or takes(fn) == 2):
        return visited(name, fn, x, _threads(policy))
    own = x if x.distribution is None else x.local_partition
    values = fn(own) if _is_operation(fn) else _by_element(fn, own, _threads(policy))
    if values is not None:
        if not own.writeable:
            raise ValueError(f"{name}: the array is read-only; give a copy()")
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
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(parts) as pool:
            changed = any(list(pool.map(part, bounds, bounds[1:])))
    return new.reshape(x.shape) if changed else None


def _is_operation(fn, operands=1):
    """Whether `fn` is an elementwise function of hpxpy or NumPy, or abs."""
    if fn is abs:
        return operands == 1
    if isinstance(fn, np.ufunc):
        return fn.nin == operands and fn.nout == 1 and fn.__name__ in _core._operations
    fn = fn.__wrapped__ if isinstance(fn, _core._Function) else fn
    name = getattr(fn, "__name__", None)
    return name in _core._operations and getattr(_core, name, None) is fn


def _values(name, policy, fn, arrays, dtype=None):
    """A new array, on the map of the first one, of what `fn` gives of elements or blocks."""
    if _is_operation(fn, len(arrays)):
        result = fn(*arrays)
        return result if dtype is None else result.astype(dtype, copy=False)
    arrays = on_one_map(name, arrays)
    if address_of(fn) is not None or takes(fn) == len(arrays) + 1:
        result = mapped(name, fn, arrays, dtype, _threads(policy))
        if result.shape != arrays[0].shape:
            raise ValueError(
                f"{name}: the function gave blocks of another shape, {result.shape} in all for "
                f"{arrays[0].shape}; map_blocks takes such ones"
            )
        return result

    def each(*blocks):
        found = [fn(*elements) for elements in zip(*(b.ravel() for b in blocks), strict=True)]
        return np.asarray(found, dtype).reshape(blocks[0].shape)

    return mapped(name, each, arrays, dtype, with_offset=False)


def transform(policy, x, *arguments, out=None, dtype=None):
    """A new array of what a function gives of each element or block of one array or several.

    It is called as transform(policy, x, fn) or transform(policy, x, y, fn). `fn` is what `for_each`
    takes, and gets an element of each array, a block of each and the offset of the block, or as C
    function `fn(in, ..., out, n, first)`; blocks are not to be written to. The result lies as `x`
    does, and so do the other arrays, which are broadcast and brought there. Its dtype is that of
    what `fn` gives, or `dtype` (of a C function that of `x` unless it is given). With `out` it is
    stored there.

    Example:
        >>> hpx.transform(hpx.execution.par, hpx.asarray([1, 4]), lambda v: v * 0.5)
        array([0.5, 2. ])

    Communication: none of an elementwise operation and of a C function, else an all-gather of a
    dtype where an array is distributed; and what of the others lies elsewhere.
    """
    policy = _policy_of(policy)
    if not arguments:
        raise TypeError("transform: the function is missing: transform(policy, x, fn)")
    *others, fn = arguments
    check_function("transform", fn)
    arrays = [as_array(a) for a in (x, *others)]
    dtype = None if dtype is None else np.dtype(dtype)

    def call():
        result = _values("transform", policy, fn, arrays, dtype)
        if out is None:
            return result
        _written("transform", out)[...] = result
        return out

    return _run(policy, call, arrays)


_UFUNCS = {
    "sum": np.add,
    "prod": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}
_REDUCTIONS = {"sum": _core.sum, "prod": _core.prod, "min": _core.min, "max": _core.max}
_SCANS = {"sum": _core.cumsum, "prod": _core.cumprod}


def _joining(name, op):
    """NumPy's function of two elements, or the one that was given."""
    if isinstance(op, str) and op in _UFUNCS:
        return _UFUNCS[op]
    if not callable(op):
        raise ValueError(
            f"{name}: Unknown reduction operation {op!r}; choose one of {', '.join(_UFUNCS)}, or "
            "give a function of two elements"
        )
    return op


def _folded(join, values):
    """What joins all of a sequence that is not empty."""
    if isinstance(join, np.ufunc):
        return join.reduce(np.asarray(values))
    return functools.reduce(join, values)


def _everywhere(x, work):
    return at_all(work) if x.distribution is not None else [work()]


def reduce_elements(policy, x, op="sum", init=None):
    """See `reduce`, which calls this where its first argument is a policy."""
    policy, x = _policy_of(policy), as_array(x)
    join = _joining("reduce", op)
    return _run(policy, lambda: _reduced("reduce", x, op, join, init), [x])


def _reduced(name, x, op, join, init):
    if isinstance(op, str) and op in _REDUCTIONS and (x.size or op in _SCANS):
        total = _REDUCTIONS[op](x)
        return total if init is None else _core.asarray(join(init, total.to_numpy()[()]))

    def part():
        # Of equal copies on a grid one counts.
        block = memory_of(x).ravel()
        return None if block.size == 0 or not is_first_holder(x) else _folded(join, block)

    parts = [each for each in _everywhere(x, part) if each is not None]
    if init is not None:
        parts.insert(0, init)
    if not parts:
        raise ValueError(f"{name}: there is nothing to be joined; give init")
    return _core.asarray(np.asarray(_folded(join, parts)))


def transform_reduce(policy, x, op, fn, init=None):
    """What joins all that a function gives of the elements: reduce of transform.

    `op` and `init` are those of `reduce`, `fn` is that of `transform`.

    Example:
        >>> hpx.transform_reduce(hpx.execution.par, hpx.asarray([1, 2]), "sum", hpx.square)
        array(5)

    Communication: that of `transform`, and one all-reduce of an element; with a function as `op`
    an all-gather of one.
    """
    policy, x = _policy_of(policy), as_array(x)
    join = _joining("transform_reduce", op)
    check_function("transform_reduce", fn)

    def call():
        values = _values("transform_reduce", policy, fn, [x])
        return _reduced("transform_reduce", values, op, join, init)

    return _run(policy, call, [x])


def _scanned(name, flat, op, join):
    """The inclusive scan of a vector in blocks, or a local one."""
    if isinstance(op, str) and op in _SCANS:
        return _SCANS[op](flat)
    block = memory_of(flat)

    def own():
        if not block.size:
            return None, None
        if isinstance(join, np.ufunc):
            values = join.accumulate(block)
        else:
            values = np.asarray(list(itertools.accumulate(block, join)))
        return values, values[-1]

    values = None

    def total():
        nonlocal values
        values, last = own()
        return last

    totals = _everywhere(flat, total)
    before = [each for each in totals[: _core.locality_id()] if each is not None]
    if flat.distribution is None:
        before = []
    dtypes = [np.asarray(each).dtype for each in totals if each is not None]
    dtype = np.result_type(*dtypes) if dtypes else flat.dtype
    result = _core.empty(flat.shape, dtype=dtype, distribution=flat.distribution)
    if values is not None:
        if before:
            first = _folded(join, before)
            if isinstance(join, np.ufunc):
                values = join(first, values)
            else:
                values = np.asarray([join(first, v) for v in values])
        memory_of(result)[...] = values
    return result


def _vector(x):
    """The elements in C order, in one block on each locality that goes upwards."""
    flat = _core.reshape(x, (-1,))
    bounds = flat.distribution.bounds if flat.distribution is not None else None
    if flat.distribution is not None and (bounds is None or list(bounds) != sorted(bounds)):
        flat = _core.redistribute(flat, "block")
    return flat


def _back(result, x):
    result = _core.reshape(result, x.shape)
    if x.distribution is None or result.distribution == x.distribution:
        return result
    return _core.redistribute(result, x.distribution)


def scan_elements(name, policy, x, op="sum", init=None):
    """See `inclusive_scan` and `exclusive_scan`, which call this where a policy comes first."""
    policy, x = _policy_of(policy), as_array(x)
    join = _joining(name, op)

    def call():
        flat = _vector(x)
        start = init
        if name == "exclusive_scan" and start is None:
            if not isinstance(op, str) or op in ("min", "max"):
                raise ValueError(
                    f"{name}: init is needed, as nothing comes before the first element"
                )
            start = {"prod": 1, "and": -1}.get(op, 0)
            if op == "and" and x.dtype.kind == "b":
                start = True
        scanned = _scanned(name, flat, op, join)
        if start is not None:
            first = _core.asarray(np.asarray(start))
            dtype = (
                scanned.dtype
                if type(start) in (int, bool)
                else np.result_type(scanned.dtype, first.dtype)
            )
            if isinstance(join, np.ufunc) and join.__name__ in _core._operations:
                joined = getattr(_core, join.__name__)(scanned, start)
            else:
                whole = functools.partial(_joined_before, join, start)
                joined = mapped(name, whole, [scanned], with_offset=False)
            scanned = joined.astype(dtype, copy=False) if name == "exclusive_scan" else joined
        if name == "exclusive_scan":
            result = _core.empty(flat.shape, dtype=scanned.dtype, distribution=flat.distribution)
            result[:1] = start
            result[1:] = scanned[:-1]
            scanned = result
        return _back(scanned, x)

    return _run(policy, call, [x])


def _joined_before(join, start, block):
    return np.asarray([join(start, v) for v in block])


def _flags(name, policy, x, fn):
    check_function(name, fn)
    flags = _values(name, policy, fn, [x], np.dtype(bool) if address_of(fn) is not None else None)
    return flags if flags.dtype == np.bool_ else flags.astype(np.bool_)


def count_if(policy, x, predicate):
    """How many elements a predicate is true of; int64.

    It is what `transform` takes, and gives booleans; as C function `fn(in, out, n, first)` it
    stores one byte an element.

    Example:
        >>> hpx.count_if(hpx.execution.par, hpx.asarray([1, 5, 7]), lambda v: v > 3)
        array(2)

    Communication: that of `transform`, and one all-reduce of a number.
    """
    policy, x = _policy_of(policy), as_array(x)
    return _run(policy, lambda: _core.count_nonzero(_flags("count_if", policy, x, predicate)), [x])


def all_of(policy, x, predicate):
    """Whether a predicate, as that of `count_if`, is true of all elements; of none at all it is.

    Example:
        >>> hpx.all_of(hpx.execution.par, hpx.asarray([1, 5, 7]), lambda v: v > 3)
        array(False)

    Communication: that of `transform`, and one all-reduce of a boolean.
    """
    policy, x = _policy_of(policy), as_array(x)
    return _run(policy, lambda: _core.all(_flags("all_of", policy, x, predicate)), [x])


def any_of(policy, x, predicate):
    """Whether a predicate, as that of `count_if`, is true of an element.

    Example:
        >>> hpx.any_of(hpx.execution.par, hpx.asarray([1, 5, 7]), lambda v: v > 3)
        array(True)

    Communication: that of `transform`, and one all-reduce of a boolean.
    """
    policy, x = _policy_of(policy), as_array(x)
    return _run(policy, lambda: _core.any(_flags("any_of", policy, x, predicate)), [x])


def none_of(policy, x, predicate):
    """Whether a predicate, as that of `count_if`, is true of no element.

    Example:
        >>> hpx.none_of(hpx.execution.par, hpx.asarray([1, 5, 7]), lambda v: v > 9)
        array(True)

    Communication: that of `transform`, and one all-reduce of a boolean.
    """
    policy, x = _policy_of(policy), as_array(x)

    def call():
        return _core.logical_not(_core.any(_flags("none_of", policy, x, predicate)))

    return _run(policy, call, [x])


def copy_if(policy, x, predicate):
    """The elements, in C order, that a predicate as that of `count_if` is true of.

    Of a distributed array each locality keeps those of its rows, as with a mask.

    Example:
        >>> hpx.copy_if(hpx.execution.par, hpx.asarray([1, 5, 7]), lambda v: v > 3)
        array([5, 7])

    Communication: that of `transform` and of x[mask].
    """
    policy, x = _policy_of(policy), as_array(x)
    return _run(policy, lambda: x[_flags("copy_if", policy, x, predicate)], [x])


def _first_true(flags):
    """The position of the first true element in C order, or -1."""
    runs, block = own_runs(flags), memory_of(flags)

    def own():
        at = np.flatnonzero(block)[:1]
        if not at.size:
            return -1
        # Indices rise along each axis here as in the whole, so the first one here is the least.
        place = np.unravel_index(int(at[0]), block.shape)
        whole = [int(indices_of(axis)[i]) for axis, i in zip(runs, place, strict=True)]
        return int(np.ravel_multi_index(whole, flags.shape)) if whole else 0

    found = [at for at in _everywhere(flags, own) if at >= 0]
    return _core.asarray(min(found, default=-1))


def find(policy, x, value):
    """The position, in C order, of the first element that is equal to `value`; -1 if none is.

    Example:
        >>> hpx.find(hpx.execution.par, hpx.asarray([4, 5, 7, 5]), 5)
        array(1)

    Communication: of a distributed array one all-gather of a number, else none.
    """
    policy, x = _policy_of(policy), as_array(x)
    return _run(policy, lambda: _first_true(_core.equal(x, value)), [x])


def find_if(policy, x, predicate):
    """The position, in C order, of the first element that a predicate is true of; -1 if of none.

    It is that of `count_if`.

    Example:
        >>> hpx.find_if(hpx.execution.par, hpx.asarray([4, 5, 7, 5]), lambda v: v > 4)
        array(1)

    Communication: that of `transform`, and of a distributed array one all-gather of a number.
    """
    policy, x = _policy_of(policy), as_array(x)
    return _run(policy, lambda: _first_true(_flags("find_if", policy, x, predicate)), [x])


def fill(policy, x, value):
    """Writes one value to every element, and returns the array.

    Example:
        >>> hpx.fill(hpx.execution.par, hpx.zeros(2), 3)
        array([3., 3.])

    Communication: none.
    """
    policy = _policy_of(policy)
    _written("fill", x)

    def call():
        x[...] = value
        return x

    return _run(policy, call)


def generate(policy, x, fn):
    """Writes to every element what `fn` gives, and returns the array.

    A function without arguments is called once an element, in C order of this locality's part;
    others are those of `for_each`: of a block and its offset, a numba cfunc, a C function.

    Example:
        >>> hpx.generate(hpx.execution.seq, hpx.zeros(3), iter([1, 4, 9]).__next__)
        array([1., 4., 9.])

    Communication: none.
    """
    policy = _policy_of(policy)
    _written("generate", x)
    check_function("generate", fn)

    def elements(block, offset):
        return np.asarray([fn() for _ in range(block.size)]).reshape(block.shape)

    by_block = address_of(fn) is not None or takes(fn) == 2
    call = fn if by_block else elements
    return _run(policy, lambda: visited("generate", call, x, _threads(policy)))


def is_policy(x):
    """Whether the first argument of a call is a policy, and no array."""
    return isinstance(x, (Policy, str))
