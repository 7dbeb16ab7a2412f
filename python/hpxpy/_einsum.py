"""Einstein sums: pairs of operands by matmul, or by one fused pass of products and sums.

The order of the pairs is NumPy's plan. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from . import _core
from ._arguments import as_array, placed
from ._linalg import matmul

__all__ = ["einsum", "einsum_path"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def einsum(*operands, out=None, dtype=None, order="K", casting="safe", optimize=False):
    """Products of the operands' elements, summed over the labels that the result has not.

    `operands` are subscripts and arrays, `einsum("ij,jk->ik", a, b)`, or arrays each with a list of
    labels, the result's last: `einsum(a, [0, 1], b, [1, 2], [0, 2])`. A label that occurs twice in
    one operand means its diagonal, `...` the axes that have none and are broadcast; without `->`
    the result has the labels that occur once, in alphabetical order. Three operands and more are
    contracted in pairs: in the order of `einsum_path` by `optimize`, with False by 'greedy'.
    Computed in the operands' common dtype, or `dtype` if `casting` allows it.

    All dtypes. ValueError for subscripts that do not fit. Of distributed operands each pair's
    result lies as that of `matmul` does: like the operand of which a label of both that stays is
    dealt out, else like the larger one of which a label of its own is; it is local, and the same
    everywhere, where only labels that are summed over are.

    Example:
        >>> hpx.einsum("ij,j->i", hpx.asarray([[1, 2], [3, 4]]), hpx.asarray([1, 1]))
        array([3, 7])

    Communication: none for local operands, for transposes, and where each locality has all that its
    sums need; that of `diagonal` for a label that occurs twice. One all-reduce of the result where
    a label that is summed over is dealt out. A pair that sums over labels and keeps others goes the
    way of `matmul`; another one moves the smaller operand to the map of the larger, to all
    localities where that deals out no label of it.
    """
    _core._order("einsum", order)
    inputs, result, arrays = _parsed("einsum", operands)
    common = np.result_type(*(x.dtype for x in arrays)) if dtype is None else np.dtype(dtype)
    for x in arrays:
        if not np.can_cast(x.dtype, common, casting):
            raise TypeError(
                f"einsum: {x.dtype} cannot become {common} by casting={casting!r}; convert it with "
                "astype first"
            )
    lengths = _lengths(inputs, arrays)
    terms = [
        _single(_core.astype(x, common, copy=False), labels, lengths)
        for x, labels in zip(arrays, inputs, strict=True)
    ]
    for pair in _order(inputs, result, arrays, optimize):
        chosen = [terms.pop(i) for i in sorted(pair, reverse=True)][::-1]
        for i, term in enumerate(chosen[1:]):
            needed = set(result).union(*(labels for _, labels in terms + chosen[i + 2 :]))
            chosen[0] = _joined(*chosen[0], *term, needed)
        terms.append(chosen[0])
    x, labels = terms[0]
    x, labels = _summed(x, labels, set(result))
    x = _core.permute_dims(x, tuple(labels.index(label) for label in result))
    return placed("einsum", x, out)


def einsum_path(*operands, optimize="greedy", einsum_call=False) -> tuple[list[Any], str]:
    """The order in which `einsum` contracts, as a list that begins with 'einsum_path', and a table.

    NumPy's own plan, of the operands' shapes alone: `optimize` is False, True, 'greedy', 'optimal',
    one of the latter with a limit of elements, or a path. `einsum_call` is accepted as False only.

    Example:
        >>> a, b = hpx.ones((2, 3)), hpx.ones((3, 4))
        >>> hpx.einsum_path("ij,jk->ik", a, b)[0]
        ['einsum_path', (0, 1)]

    Communication: none.
    """
    if einsum_call:
        raise ValueError("einsum_path: einsum_call=True gives NumPy's own inner form; leave it out")
    inputs, result, arrays = _parsed("einsum_path", operands)
    _lengths(inputs, arrays, "einsum_path")
    return np.einsum_path(*_plain(inputs, result, arrays), optimize=optimize)


def _plain(inputs, result, arrays):
    """What NumPy plans by: subscripts of letters alone, and arrays of the shapes without memory."""
    names = {}
    for labels in (*inputs, result):
        for label in labels:
            names.setdefault(label, _LETTERS[len(names)])
    text = ",".join("".join(names[label] for label in labels) for labels in inputs)
    text += "->" + "".join(names[label] for label in result)
    return text, *(np.broadcast_to(np.zeros((), x.dtype), x.shape) for x in arrays)


def _order(inputs, result, arrays, optimize):
    if len(arrays) == 1:
        return []
    if len(arrays) == 2:
        return [(0, 1)]
    path = np.einsum_path(
        *_plain(inputs, result, arrays), optimize="greedy" if optimize is False else optimize
    )
    return path[0][1:]


# Subscripts. A label is a letter; axes of '...' are the numbers -1, -2, ... from the last one.


def _parsed(name, operands):
    """Each operand's labels, the result's, and the operands as arrays."""
    if not operands:
        raise ValueError(f"{name}: no subscripts were given, and no operands")
    if isinstance(operands[0], str):
        arrays = [as_array(x) for x in operands[1:]]
        text = operands[0].replace(" ", "")
        left, arrow, right = text.partition("->")
        terms, last = left.split(","), right if arrow else None
    else:
        arrays = [as_array(x) for x in operands[: len(operands) // 2 * 2 : 2]]
        terms = [_letters(name, labels) for labels in operands[1::2]]
        last = _letters(name, operands[-1]) if len(operands) % 2 else None
    if len(terms) != len(arrays) or not arrays:
        raise ValueError(f"{name}: subscripts for {len(terms)} operands, {len(arrays)} were given")
    return *_labelled(name, tuple(terms), last, tuple(x.ndim for x in arrays)), arrays


# Programs call with the same few subscripts again and again.
@functools.lru_cache(maxsize=512)
def _labelled(name, terms, last, dimensions):
    """The labels of operands of so many dimensions, and those of the result."""
    inputs = tuple(_labels(name, term, n) for term, n in zip(terms, dimensions, strict=True))
    dots = min(
        (label for labels in inputs for label in labels if isinstance(label, int)), default=0
    )
    spread = list(range(dots, 0))
    if last is None:
        every = [label for labels in inputs for label in labels if isinstance(label, str)]
        once = sorted(c for c in set(every) if every.count(c) == 1)
        return inputs, (*spread, *once)
    if spread and "..." not in last:
        raise ValueError(
            f"{name}: operands have axes for '...' that the result {last!r} has not; add '...'"
        )
    result = _labels(name, last, len(last.replace("...", "")) + len(spread))
    for label in result:
        if result.count(label) > 1:
            raise ValueError(f"{name}: label {label!r} occurs twice in the result {last!r}")
        if not any(label in labels for labels in inputs):
            raise ValueError(f"{name}: label {label!r} of the result is in no operand")
    return inputs, result


def _letters(name, labels):
    """A list of labels, numbers from 0 to 51 and Ellipsis, as a string."""
    text = ""
    for label in labels:
        if label is Ellipsis:
            text += "..."
            continue
        try:
            i = operator.index(label)
        except TypeError:
            raise TypeError(f"{name}: label {label!r} is neither an integer nor Ellipsis") from None
        if not 0 <= i < len(_LETTERS):
            raise ValueError(f"{name}: label {i} is out of range; labels go from 0 to 51")
        text += _LETTERS[i]
    return text


def _labels(name, term, dimensions):
    """The label of each axis of an operand of so many dimensions."""
    before, dots, after = term.partition("...")
    for letter in before + after:
        if letter not in _LETTERS:
            raise ValueError(f"{name}: {letter!r} in subscripts {term!r} is no letter")
    rest = dimensions - len(before) - len(after)
    if rest < 0 or (rest and not dots):
        raise ValueError(
            f"{name}: subscripts {term!r} name {len(before) + len(after)} axes of an operand of "
            f"{dimensions} dimensions"
        )
    return (*before, *range(-rest, 0), *after)


def _lengths(inputs, arrays, name="einsum"):
    """The length of each label; 1 gives way to that of another operand."""
    lengths = {}
    for labels, x in zip(inputs, arrays, strict=True):
        own = {}
        for label, length in zip(labels, x.shape, strict=True):
            if own.setdefault(label, length) != length:
                raise ValueError(
                    f"{name}: label {label!r} has lengths {own[label]} and {length} in one operand"
                )
            known = lengths.setdefault(label, length)
            if known == 1:
                lengths[label] = length
            elif length not in (1, known):
                axis = f"label {label!r}" if isinstance(label, str) else "an axis of '...'"
                raise ValueError(f"{name}: {axis} has lengths {known} and {length}")
    return lengths


# Contractions. A term is an array and the labels of its axes.


def _single(x, labels, lengths):
    """Without repeated labels, and without axes of length 1 that stand for longer ones."""
    labels = list(labels)
    for label in sorted(set(labels), key=labels.index):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = _core._diagonal(x, 0, first, second)
            del labels[second], labels[first]
            labels.append(label)
    for i in range(len(labels) - 1, -1, -1):
        if x.shape[i] != lengths[labels[i]]:
            x = _without(x, i)
            del labels[i]
    return x, labels


def _without(x, axis):
    """`x` without an axis of length 1. Where that is dealt out, one locality has all of `x`."""
    dealt = x.distributed_axis
    if axis in (dealt if isinstance(dealt, tuple) else (dealt,)):
        others = [0 if i == axis else length for i, length in enumerate(x.shape)]
        if max(others) > 1:
            x = _core.redistribute(x, "block", others.index(max(others)))
    return x[(slice(None),) * axis + (0, ...)]


def _summed(x, labels, needed):
    gone = tuple(i for i, label in enumerate(labels) if label not in needed)
    if gone:
        x = _sum(x, gone)
        labels = [label for label in labels if label in needed]
    return x, labels


def _sum(x, axes):
    if x.dtype == np.bool_:
        return _core.any(x, axis=axes)
    return _core.sum(x, axis=axes, dtype=x.dtype)


def _joined(a, a_labels, b, b_labels, needed):
    """The term of two terms: labels that nobody needs any more are summed over."""
    a, a_labels = _summed(a, a_labels, needed.union(b_labels))
    b, b_labels = _summed(b, b_labels, needed.union(a_labels))
    both = [label for label in a_labels if label in b_labels]
    batch = [label for label in both if label in needed]
    gone = [label for label in both if label not in needed]
    rows = [label for label in a_labels if label not in both]
    columns = [label for label in b_labels if label not in both]
    if gone and (rows or columns):
        if a.distribution is None and b.distribution is None:
            return _by_matmul(a, a_labels, b, b_labels, batch, rows, columns, gone)
        numbers = {label: i for i, label in enumerate((*batch, *rows, *columns, *gone))}
        parts = ((numbers[x] for x in part) for part in (batch, rows, columns, gone))
        product = _core._contract(
            "einsum",
            a,
            [numbers[label] for label in a_labels],
            b,
            [numbers[label] for label in b_labels],
            *map(list, parts),
        )
        return product, batch + rows + columns
    a = _arranged(a, a_labels, batch + rows, len(columns), gone)
    b = _arranged(b, b_labels, batch, len(rows), columns + gone)
    product = _core.logical_and(a, b) if a.dtype == np.bool_ else _core.multiply(a, b)
    labels = batch + rows + columns
    if gone:
        product = _sum(product, tuple(range(len(labels), product.ndim)))
    return product, labels


def _arranged(x, labels, first, between, last):
    """Axes in the order `first`, so many new ones `between`, `last`."""
    if labels != first + last:
        x = _core.permute_dims(x, tuple(labels.index(label) for label in (*first, *last)))
    return x[(slice(None),) * len(first) + (None,) * between + (...,)] if between else x


def _by_matmul(a, a_labels, b, b_labels, batch, rows, columns, gone):
    lengths = dict(zip(a_labels, a.shape, strict=True)) | dict(zip(b_labels, b.shape, strict=True))

    def shaped(x, shape):
        return x if x.shape == shape else _core.reshape(x, shape)

    def matrix(x, labels, groups):
        order = [label for group in groups for label in group]
        if labels != order:
            x = _core.permute_dims(x, tuple(labels.index(label) for label in order))
        counts = (math.prod(lengths[label] for label in group) for group in groups)
        return shaped(x, tuple(counts))

    matrices = (batch,) if batch else ()
    left = matrix(a, a_labels, (*matrices, rows, gone))
    right = matrix(b, b_labels, (*matrices, gone, columns))
    labels = batch + rows + columns
    return shaped(matmul(left, right), tuple(lengths[label] for label in labels)), labels
