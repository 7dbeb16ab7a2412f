"""Functions of blocks: what Python, numba or C computes with the memory that a locality has.

Imported by hpxpy/__init__.py; the algorithms of _algorithms.py are made of `mapped` and `visited`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import ctypes
import inspect
import itertools
import operator

import numpy as np

from . import _core
from ._arguments import as_array, axis_of
from ._blocks import (
    at_all,
    blocks_along_one_axis,
    dealt_axes,
    memory_of,
    on_one_map,
    own_runs,
    pieces,
    ranges_of,
)

__all__ = ["map_blocks", "map_overlap"]

# No function has a lower address: the first pages of memory are nobody's.
_LOWEST = 1 << 16
# Elements that one call of a C function is given at least, where threads share them.
_FEW = 4096


def address_of(fn):
    """The address of a C function, of a numba cfunc or of one of ctypes; None of anything else.

    Communication: none.
    """
    if isinstance(fn, (int, np.integer)) and not isinstance(fn, bool):
        return int(fn)
    if isinstance(fn, ctypes._CFuncPtr):
        return ctypes.cast(fn, ctypes.c_void_p).value
    address = getattr(fn, "address", None)
    return address if isinstance(address, int) else None


def check_function(name, fn):
    """TypeError for what is no function.

    Communication: none.
    """
    address = address_of(fn)
    if (address is None and not callable(fn)) or (address is not None and address < _LOWEST):
        raise TypeError(
            f"{name}: {fn!r} is not callable; give a function, a numba cfunc or a C function's "
            "address"
        )


def takes(fn):
    """How many arguments a Python function must be given; None where nobody can say.

    Communication: none.
    """
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return None
    return sum(p.kind in kinds and p.default is p.empty for p in parameters)


def boxes(runs):
    """What is neighbours in the whole array along every axis: (indices of the block, offset).

    Communication: none.
    """
    axes = []
    for each in runs:
        parts, local = [], 0
        for first, last in ranges_of(each):
            parts.append((slice(local, local + last - first), first))
            local += last - first
        axes.append(parts)
    for parts in itertools.product(*axes):
        yield tuple(part for part, _ in parts), tuple(first for _, first in parts)


def in_threads(count, call, arguments):
    """`call` of each of the arguments, on several threads where there are more than one.

    Communication: none.
    """
    if count <= 1 or len(arguments) <= 1:
        for each in arguments:
            call(*each)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda each: call(*each), arguments))


def called_in_c(address, runs, shape, blocks, threads):
    """Calls a C function with ranges of memory of the blocks, how many, and where the first stands.

    What a block has no dense memory of is copied, and back.

    Communication: none.
    """
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(blocks), ctypes.c_int64, ctypes.c_int64)
    function = kind(address)
    total = blocks[0].size
    longest = max(_FEW, -(-total // threads)) if threads > 1 else max(total, 1)

    def call(first, part):
        views = [block[part] for block in blocks]
        dense = [v if v.flags.c_contiguous else np.ascontiguousarray(v) for v in views]
        function(*(d.ctypes.data for d in dense), dense[0].size, first)
        for view, made in zip(views, dense, strict=True):
            if made is not view and view.flags.writeable:
                view[...] = made

    if total:
        in_threads(threads, call, list(pieces(runs, shape, 1, longest)))


def visited(name, fn, x, threads=1):
    """Calls `fn`, of C or of a block and its offset, with memory of `x` to write to.

    What a Python function returns, unless None, is stored.

    Communication: none.
    """
    if not x.writeable:
        raise ValueError(f"{name}: the array is read-only; give a copy()")
    block, runs = memory_of(x), own_runs(x)
    address = address_of(fn)
    if address is not None:
        called_in_c(address, runs, x.shape, [block], threads)
        return x
    for part, offset in boxes(runs):
        if 0 not in block[part].shape:
            value = fn(block[part], offset)
            if value is not None:
                block[part] = np.asarray(value)
    return x


def _result_of(name, parts, wanted, x):
    """What all localities made: the dtype, and the lengths along axes that are whole."""
    told = [each for each in parts if each is not None]
    if not told:
        return np.dtype(wanted or x.dtype), x.shape
    dtype = np.dtype(wanted) if wanted is not None else np.result_type(*(d for d, _ in told))
    lengths = told[0][1]
    for _, other in told:
        if other != lengths:
            raise ValueError(
                f"{name}: the function gave blocks of lengths {lengths} and {other} along axes "
                "that are not dealt out; they must be equal"
            )
    shape = tuple(n if other is None else other for n, other in zip(x.shape, lengths, strict=True))
    return dtype, shape


def _checked_block(name, value, box, dealt, split):
    value = np.asarray(value)
    if value.ndim != len(box):
        raise ValueError(
            f"{name}: the function gave shape {value.shape} of a block of shape {box}; it keeps "
            "the number of dimensions"
        )
    for axis, (new, old) in enumerate(zip(value.shape, box, strict=True)):
        if new != old and (axis in dealt or axis in split):
            raise ValueError(
                f"{name}: the function gave shape {value.shape} of a block of shape {box}; axis "
                f"{axis} is dealt out and keeps its length"
            )
    return value


def mapped(name, fn, arrays, dtype=None, threads=1, with_offset=None, lengths=True):
    """A new array, on the map of the first one, of what `fn` gives of blocks that lie on one map.

    Communication: of a distributed array one all-gather of dtype and lengths, unless `dtype` is
    given and `lengths` stay.
    """
    x = arrays[0]
    runs, blocks = own_runs(x), [memory_of(a) for a in arrays]
    address = address_of(fn)
    if address is not None:
        result = _core.empty(x.shape, dtype=dtype or x.dtype, distribution=x.distribution)
        called_in_c(address, runs, x.shape, [*blocks, memory_of(result)], threads)
        return result
    if with_offset is None:
        with_offset = takes(fn) == len(arrays) + 1
    dealt = dealt_axes(x)
    split = {
        axis
        for axis, each in enumerate(runs)
        if len(list(itertools.islice(ranges_of(each), 2))) > 1
    }
    made = []

    def call():
        for part, offset in boxes(runs):
            given = [block[part] for block in blocks]
            if 0 in given[0].shape and x.size:
                continue
            value = fn(*given, offset) if with_offset else fn(*given)
            made.append((part, _checked_block(name, value, given[0].shape, dealt, split)))
        if not made:
            return None
        kind = np.result_type(*(value.dtype for _, value in made))
        whole = {
            tuple(None if axis in dealt or axis in split else n for axis, n in enumerate(v.shape))
            for _, v in made
        }
        if len(whole) > 1:
            raise ValueError(f"{name}: the function gave blocks of lengths {sorted(whole)}")
        return kind, whole.pop()

    if x.distribution is None:
        parts = [call()]
    elif dtype is not None and not lengths:
        call()
        parts = []
    else:
        parts = at_all(call)
    dtype, shape = _result_of(name, parts, dtype, x)
    result = _core.empty(shape, dtype=dtype, distribution=x.distribution)
    target = memory_of(result)
    for part, value in made:
        place = tuple(
            p if axis in dealt or axis in split else slice(None) for axis, p in enumerate(part)
        )
        target[place] = value
    return result


def map_blocks(fn, x, *others, dtype=None):
    """An array of what a function gives of each block of `x`, on the map of `x`.

    `fn` is called on each locality with its block, a NumPy view not to be written to, and with
    those of `others`, which are broadcast to the shape of `x` and brought to its map. A function of
    one argument more also gets the block's offset: the index of its first element along each axis
    of the whole. Of cyclic maps a block is what is neighbours in the whole, so there are many of
    them; a local array is one block. Empty blocks are left out. `fn` returns an array of as many
    dimensions; lengths along axes that are whole may change, and are the same of all blocks. The
    dtype is that of the results, or `dtype`.

    `fn` may also be a numba cfunc or a C function's address, which is called without the GIL, on
    all threads, as `fn(in, ..., out, n, first)`: memory of n elements of each array that follow
    each other from position `first` on in the whole, counted in C order. It stores n elements of
    `dtype` (that of `x` unless it is given) to `out`.

    What `fn` raises on one locality is raised on all.

    Example:
        >>> hpx.map_blocks(lambda block, offset: block + offset[0], hpx.asarray([1, 2]))
        array([1, 2])

    Communication: none of a local array; of a distributed one an all-gather of some bytes, none
    with a C function, and what of the others lies elsewhere.
    """
    check_function("map_blocks", fn)
    dtype = None if dtype is None else np.dtype(dtype)
    arrays = on_one_map("map_blocks", (x, *others))
    return mapped("map_blocks", fn, arrays, dtype, _core.num_threads())


# Which element of n stands at a position outside 0 to n - 1.
_BOUNDARIES = {
    "periodic": ("wrap", lambda p, n: p % n),
    "nearest": ("edge", lambda p, n: np.clip(p, 0, n - 1)),
    "reflect": (
        "symmetric",
        lambda p, n: np.where(p % (2 * n) < n, p % (2 * n), -1 - p % (2 * n) + 2 * n),
    ),
    "mirror": (
        "reflect",
        lambda p, n: (n - 1) - np.abs(p % max(2 * n - 2, 1) - (n - 1)) if n > 1 else p * 0,
    ),
}


def _for_each_axis(name, what, given, dimensions, otherwise):
    if isinstance(given, dict):
        values = [otherwise] * dimensions
        for axis, value in given.items():
            values[axis_of(name, axis, dimensions)] = value
        return values
    if isinstance(given, (tuple, list)):
        if len(given) != dimensions:
            raise ValueError(
                f"{name}: {what}={given!r} says {len(given)} for {dimensions} axes; give one for "
                "each, or one for all"
            )
        return list(given)
    return [given] * dimensions


def _checked_depths(name, depth, dimensions):
    depths = []
    for each in _for_each_axis(name, "depth", depth, dimensions, 0):
        try:
            depths.append(operator.index(each))
        except TypeError:
            raise TypeError(f"{name}: depth={each!r} is not an integer") from None
        if depths[-1] < 0:
            raise ValueError(f"{name}: depth={each} is negative; give 0 or more")
    return depths


def _checked_boundaries(name, boundary, dimensions):
    result = []
    for each in _for_each_axis(name, "boundary", boundary, dimensions, None):
        if each is None or each == "none":
            result.append(None)
        elif isinstance(each, str):
            if each not in _BOUNDARIES:
                raise ValueError(
                    f"{name}: boundary {each!r} does not exist; choose one of "
                    f"{', '.join(sorted(_BOUNDARIES))}, a number, or None"
                )
            result.append(each)
        else:
            result.append(np.asarray(each))
    return result


def _around(x, axis, depth, boundary):
    """The rows of each locality along the axis in blocks with those around them; where each begins.

    What stands outside the array is its element there by `boundary`; a number is written later.
    """
    n, bounds = x.shape[axis], x.distribution.bounds
    begins = [min(pair) for pair in itertools.pairwise(bounds)]
    ends = [max(pair) for pair in itertools.pairwise(bounds)]
    firsts, lasts = [], []
    for begin, end in zip(begins, ends, strict=True):
        empty = begin == end
        first, last = begin - depth * (not empty), end + depth * (not empty)
        firsts.append(max(first, 0) if boundary is None else first)
        lasts.append(min(last, n) if boundary is None else last)
    sizes = [
        begin - first + last - end
        for first, begin, end, last in zip(firsts, begins, ends, lasts, strict=True)
    ]
    here = _core.locality_id()
    own, before = memory_of(x), begins[here] - firsts[here]
    if sum(sizes) == 0:
        return own, firsts[here]
    positions = np.r_[firsts[here] : begins[here], ends[here] : lasts[here]].astype(np.int64)
    if boundary is not None and n:
        inside = _BOUNDARIES[boundary if isinstance(boundary, str) else "nearest"][1]
        positions = inside(positions, n)
    wanted = _core.empty(
        sum(sizes), dtype=np.int64, distribution=_core.Distribution("block", sizes=sizes)
    )
    if positions.size:
        wanted.local_partition[...] = _core.asarray(positions)
    strips = _core._take("map_overlap", x, wanted, axis).local_partition.to_numpy()
    first, last = np.split(strips, [before], axis)
    return np.concatenate([first, own, last], axis), firsts[here]


def _extended(block, axis, first, n, depth, boundary):
    """A block with what stands outside the array along an axis that it has all of."""
    if depth == 0 or boundary is None:
        return block, first
    widths = [(0, 0)] * block.ndim
    widths[axis] = (depth, depth)
    if isinstance(boundary, str):
        if n == 0:
            raise ValueError(f"map_overlap: axis {axis} is empty; {boundary!r} has nothing to take")
        return np.pad(block, widths, _BOUNDARIES[boundary][0]), first - depth
    return np.pad(block, widths, constant_values=boundary.astype(block.dtype)), first - depth


def map_overlap(fn, x, depth, boundary=None, *, trim=True, dtype=None):
    """An array of what a function gives of each block with its neighbours' elements around it.

    `depth` says how many elements are added before and after along each axis: one number for all, a
    tuple, or a dict of axes. `boundary` says what stands outside the array, in the same ways:
    'periodic' (the other end), 'nearest' (the last element), 'reflect' (the elements in reverse,
    the last one twice), 'mirror' (the last one once), a number, or None for nothing, so that blocks
    at the ends are shorter. `fn` is called with the block so extended, a NumPy array, and if it
    takes two arguments with the offset of its first element in the whole, which may be negative. It
    returns an array of that shape, of which the elements added are cut off; with trim=False it
    returns one of the block's own shape. Empty blocks are left out.

    Example:
        >>> import numpy as np
        >>> x = hpx.asarray([1.0, 2.0, 4.0])
        >>> hpx.map_overlap(lambda b: b - np.roll(b, 1), x, depth=1, boundary="nearest")
        array([0., 1., 2.])

    Communication: none of a local array. Of blocks along one axis counts, 8 bytes a row that
    another locality has, that row, and an all-gather of some bytes. What lies on other maps moves
    to even blocks along one axis before, and the result back.
    """
    name = "map_overlap"
    x = as_array(x)
    if address_of(fn) is not None or not callable(fn):
        raise TypeError(f"{name}: {fn!r} is not a Python function, of a block with its neighbours")
    depths = _checked_depths(name, depth, x.ndim)
    boundaries = _checked_boundaries(name, boundary, x.ndim)
    dtype = None if dtype is None else np.dtype(dtype)
    place, x = x.distribution, blocks_along_one_axis(x)
    dealt = dealt_axes(x)
    _core.eval(x)
    own, offset = memory_of(x), [0] * x.ndim
    block = own
    if dealt:
        axis = dealt[0]
        block, offset[axis] = _around(x, axis, depths[axis], boundaries[axis])
    bounds = [next(ranges_of(runs), (0, 0)) for runs in own_runs(x)]
    made = None

    def call():
        nonlocal made, block
        if own.size == 0:
            return None
        for axis, (deep, outside) in enumerate(zip(depths, boundaries, strict=True)):
            if axis not in dealt:
                block, offset[axis] = _extended(block, axis, 0, x.shape[axis], deep, outside)
            elif outside is not None and not isinstance(outside, str):
                at = np.arange(offset[axis], offset[axis] + block.shape[axis])
                block = np.array(block)
                outer = (at < 0) | (at >= x.shape[axis])
                block[(slice(None),) * axis + (outer,)] = outside.astype(block.dtype)
        made = np.asarray(fn(block, tuple(offset)) if takes(fn) == 2 else fn(block))
        wanted = block.shape if trim else own.shape
        if made.shape != wanted:
            raise ValueError(
                f"{name}: the function gave shape {made.shape} of a block of shape {block.shape}; "
                f"it is to give {wanted}"
            )
        if trim:
            inner = (
                slice(begin - first, end - first)
                for (begin, end), first in zip(bounds, offset, strict=True)
            )
            made = made[tuple(inner)]
        return made.dtype

    told = [kind for kind in (at_all(call) if dealt else [call()]) if kind is not None]
    if dtype is None:
        dtype = np.result_type(*told) if told else x.dtype
    result = _core.empty(x.shape, dtype=dtype, distribution=x.distribution)
    if made is not None:
        memory_of(result)[...] = made
    if place is None or place == x.distribution:
        return result
    return _core.redistribute(result, place)
