"""The lines that random programs are made of: each draws operands and gives a line of NumPy.

program_draw.py draws them, programs.py runs and compares. In a line `m` is numpy or hpxpy, and the
other names that it calls are in program_draw.Numpys and Ours. `@line(n)` has n lots.
"""

# SPDX-License-Identifier: BSL-1.0
import itertools
from typing import NamedTuple

import numpy as np

LINES = []


class Line(NamedTuple):
    """What is run, and what is known of it."""

    source: str
    #: Names that it binds.
    binds: tuple = ()
    #: The name that it writes into.
    writes: str = ""
    #: Whether exact operands give an exact result: movement, integers, sums of small numbers.
    exact: bool = True
    #: How much larger than operands what is rounded may be.
    growth: float = 1.0
    #: Whether the result may be a view in one library and a copy in the other.
    may_share: bool = False
    #: Whether both libraries are to raise.
    wrong: bool = False
    #: The name of the function that drew it.
    kind: str = ""


def line(lots):
    def add(function):
        LINES.extend([function] * lots)
        return function

    return add


def new(draw, expression, **known):
    """A line that binds a name."""
    name = draw.name()
    return Line(f"{name} = {expression}", (name,), **known)


def several(draw, count, expression, **known):
    names = tuple(draw.name() for _ in range(count))
    return Line(f"{', '.join(names)}, = {expression}", names, **known)


def names_a_row(key):
    """Whether it has an integer: a row of a dealt axis is a copy, and else a view."""
    return any(item.strip("- ").isdigit() for item in key.split(","))


# Making and moving


@line(3)
def make(draw):
    return new(draw, draw.placed())


@line(5)
def move(draw):
    x = draw.some()
    return new(draw, f"moved({x}{draw.place(draw[x].shape)})", may_share=True)


@line(1)
def replicate_or_even(draw):
    x = draw.some(least=1)
    return new(draw, f"{draw.choice(['balanced', 'gathered'])}({x})", may_share=True)


# Views


@line(8)
def look(draw):
    x = draw.some(least=1)
    key = draw.basic_key(draw[x].shape)
    return new(draw, f"{x}[{key}]", may_share=names_a_row(key))


@line(4)
def turn(draw):
    x = draw.some(least=2)
    axes = draw.sample(range(draw[x].ndim), draw[x].ndim)
    return new(
        draw,
        draw.choice(
            [
                f"{x}.T",
                f"m.permute_dims({x}, {tuple(axes)})",
                f"m.swapaxes({x}, {axes[0]}, {axes[1]})",
                f"m.moveaxis({x}, {axes[0]}, {axes[-1]})",
                f"{x}.transpose({', '.join(map(str, axes))})",
            ]
        ),
    )


@line(3)
def reshape(draw):
    x = draw.some(least=1)
    size = draw[x].size
    found = [s for s in draw.shapes_of(size) if s != draw[x].shape]
    if not found:
        return None
    shape = draw.choice(found)
    return new(
        draw,
        draw.choice(
            [f"m.reshape({x}, {shape})", f"{x}.reshape({shape})", f"m.ravel({x})", f"{x}.flatten()"]
        ),
        may_share=True,
    )


@line(3)
def rearrange(draw):
    x = draw.some(least=1)
    ndim = draw[x].ndim
    axis, shift = draw.axis(x), draw.integer(-4, 5)
    forms = [
        f"m.flip({x}, axis={axis})",
        f"m.flip({x})",
        f"m.roll({x}, {shift}, axis={axis})",
        f"m.roll({x}, {shift})",
        f"m.expand_dims({x}, axis={axis})",
        f"m.atleast_2d({x})",
        f"m.broadcast_to({x}, (2, *{x}.shape))",
    ]
    if ndim >= 2:
        forms += [
            f"m.rot90({x}, {draw.integer(0, 3)})",
            f"m.fliplr({x})",
            f"m.tril({x}, {draw.integer(-2, 2)})",
            f"m.triu({x}, {draw.integer(-2, 2)})",
            f"m.diagonal({x}, {draw.integer(-2, 2)})",
            f"m.roll({x}, ({shift}, 1), axis=(0, 1))",
        ]
    if ndim == 1:
        forms += [f"m.diag({x}, {draw.integer(-1, 1)})", f"m.vander({x}, 3)"]
    return new(draw, draw.choice(forms), may_share=True)


# Elementwise


@line(9)
def elementwise(draw):
    x = draw.some()
    y = draw.broadcastable(x)
    kinds = {draw[x].dtype.kind, draw[y].dtype.kind}
    forms = [f"{x} + {y}", f"{x} * {y}", f"{x} * 2 + {y}", f"m.add({x}, {y})"]
    growth = draw.scale(x) * draw.scale(y)
    if "b" not in kinds:
        forms += [f"{x} - {y}", f"-{x}", f"m.subtract({x}, {y}) * 2"]
    if draw.all_exact(x, y):
        if "c" not in kinds:
            forms += [f"m.maximum({x}, {y})", f"m.minimum({x}, {y})", f"{x} < {y}", f"{x} >= {y}"]
            forms += [f"m.where({x} > {y}, {x}, {y})", f"m.abs({x}) + {y}"]
        forms += [f"{x} == {y}", f"m.where({x} != 0, {y}, {x})"]
        if kinds <= {"b", "i", "u"}:
            forms += [f"{x} & {y}", f"{x} | {y}", f"{x} ^ {y}"]
    return new(draw, draw.choice(forms), growth=growth)


@line(3)
def elementwise_alone(draw):
    x = draw.some(exact=True)
    kind = draw[x].dtype.kind
    forms = [f"m.square({x})", f"{x} * 3", f"m.positive({x})" if kind != "b" else f"~{x}"]
    if kind in "iu":
        forms += [f"{x} // 3", f"{x} % 3", f"{x} // 2 * 2", f"~{x}", f"m.sign({x})"]
    if kind in "iuf":
        forms += [f"m.clip({x}, 0, 2)", f"{x}.clip(1, 3)", f"m.abs({x})"]
    if kind == "f":
        forms += [f"m.floor({x})", f"m.isnan({x})", f"m.round({x})", f"m.signbit({x})"]
    if kind == "c":
        forms += [f"m.conj({x})", f"m.real({x}) + 0", f"m.imag({x}) + 0"]
    return new(draw, draw.choice(forms))


@line(2)
def rounded(draw):
    """Functions whose results are rounded."""
    x = draw.some(exact=True, finite=True)
    if draw[x].dtype.itemsize == 1:
        return None
    forms = [f"m.exp(m.sin({x}))", f"m.cos({x})", f"{x} / 7"]
    if draw[x].dtype.kind != "c":
        forms += [f"m.sqrt(m.abs({x}))", f"m.log1p(m.abs({x}))", f"m.arctan({x})"]
    return new(draw, draw.choice(forms), exact=False, growth=3)


@line(3)
def convert(draw):
    x = draw.some(exact=True, finite=True)
    dtype = draw.choice(draw.DTYPES)
    if draw[x].dtype.kind == "c" and np.dtype(dtype).kind != "c":
        return None
    if draw[x].dtype.kind == "f" and np.dtype(dtype).kind in "iu" and draw.outside(x, dtype):
        return None
    return new(draw, f"{x}.astype({dtype!r})")


# Reductions and scans


@line(6)
def reduce(draw):
    x = draw.some()
    kind, empty = draw[x].dtype.kind, draw[x].size == 0
    axis = draw.axes(x)
    keep = draw.choice(["", "", ", keepdims=True"])
    names = ["sum", "prod", "mean"]
    exact = draw.all_exact(x)
    if exact and kind != "c":
        names += ["count_nonzero", "any", "all"]
        if not empty:
            names += ["max", "min"]
            if not isinstance(axis, tuple):
                names += ["argmax", "argmin"]
            if kind != "b":
                names += ["ptp"]
    if not empty and kind in "f":
        names += ["nansum", "nanmax"] if exact else ["nansum"]
    if kind in "iufb" and not empty and draw.is_finite(x):
        names += ["std", "var", "median"] if kind != "b" and exact else ["std"]
    name = draw.choice(names)
    if name == "prod" and (not exact or draw[x].size > 60):
        return None
    rounds = name in ("std", "var", "mean", "prod")
    growth = max(1.0, draw[x].size * draw.scale(x))
    call = f"m.{name}({x}, axis={axis}{keep})"
    if name in ("sum", "max", "min", "mean", "any", "all", "prod") and draw.lot(3):
        call = f"{x}.{name}(axis={axis}{keep})"
    if name in ("sum", "max") and kind == "i" and exact and draw.lot(3):
        mask = f"{x} > {draw.integer(-2, 1)}"
        call = f"m.{name}({x}, axis={axis}, where={mask}, initial=-3)"
    if name == "mean" and kind in "f" and not draw.is_finite(x):
        return None
    return new(draw, call, exact=not rounds, growth=growth)


@line(3)
def scan(draw):
    x = draw.some(least=1)
    axis = draw.axis(x)
    kind = draw[x].dtype.kind
    forms = [f"m.cumsum({x}, axis={axis})", f"{x}.cumsum({axis})", f"m.cumsum({x})"]
    forms += [f"m.cumulative_sum({x}, axis={axis}, include_initial=True)"]
    if kind in "iu" and draw[x].size < 60:
        forms += [f"m.cumprod({x}, axis={axis})"]
    if draw[x].shape[axis] > 1:
        forms += [f"m.diff({x}, axis={axis})"]
        if kind in "f" and draw.is_finite(x):
            forms += [f"m.gradient({x}, axis={axis})"]
    if draw.all_exact(x) and kind != "c":
        forms += [f"m.maximum.accumulate({x}, axis={axis})"]
    return new(draw, draw.choice(forms), growth=max(1.0, draw[x].size * draw.scale(x)))


# Reading by positions and masks


@line(7)
def index(draw):
    x = draw.some(least=1)
    key = draw.any_key(x)
    return new(draw, f"{x}[{key}]", may_share=names_a_row(key))


@line(5)
def take(draw):
    x = draw.some(least=1)
    axis = draw.axis(x)
    n = draw[x].shape[axis]
    if n == 0:
        return None
    at = draw.positions(n)
    forms = [f"m.take({x}, {at}, axis={axis})", f"{x}.take({at}, axis={axis})"]
    forms += [f"m.take({x}, {draw.positions(draw[x].size)})"]
    forms += [f"m.compress({draw.flags(n)}, {x}, axis={axis})"]
    forms += [f"m.take_along_axis({x}, m.argsort({x}, axis={axis}, stable=True), axis={axis})"] * (
        draw.all_exact(x) and draw[x].dtype.kind != "c"
    )
    return new(draw, draw.choice(forms))


@line(4)
def find(draw):
    x = draw.some(least=1, exact=True)
    if draw[x].dtype.kind == "c":
        return None
    form = draw.integer(0, 4)
    if form == 0:
        return several(draw, draw[x].ndim, f"m.nonzero({x} > 0)")
    return new(
        draw,
        [
            f"m.argwhere({x} > 0)",
            f"m.flatnonzero({x})",
            f"m.extract({x} > 0, {x})",
            f"{x}[{x} > {draw.integer(-1, 2)}]",
        ][form - 1],
    )


@line(3)
def read(draw):
    """What becomes Python's."""
    x = draw.some(small=True)
    a = draw[x]
    forms = [f"{x}.tolist()"]
    if a.ndim:
        forms += [f"[r.tolist() for r in {x}]", f"len({x})"]
    if a.size:
        forms += [f"{x}[{', '.join(str(draw.integer(-n, n - 1)) for n in a.shape) or '()'}].item()"]
        if draw.all_exact(x) and a.dtype.kind in "iub":
            forms += [f"int({x}.sum())", f"bool(m.any({x} > 1))", f"int(m.argmax({x}))"]
    return new(draw, draw.choice(forms), growth=max(1.0, a.size))


# Writing


def written(draw, part, value, form, x, values):
    """A line that assigns, or adds in place."""
    growth = max(1.0, draw.scale(x)) * max([1.0, *(draw.scale(v) for v in values)])
    return Line(f"{part} {form} {value}", writes=x, growth=growth)


@line(8)
def assign(draw):
    x = draw.target()
    key = draw.basic_key(draw[x].shape) if draw.lot(2) else draw.any_key(x, write=True)
    value, values = draw.value(x, key)
    if value is None:
        return None
    form = draw.choice(["=", "=", "+=", "-=", "*="])
    return written(draw, f"{x}[{key}]", value, form, x, values)


@line(3)
def assign_expression(draw):
    """A window of an expression: y[1:-1] = x[2:] - x[:-2]."""
    x, y = draw.target(least=1), draw.some(least=1)
    if draw[x].shape[0] < 3 or draw[y].shape != draw[x].shape:
        return None
    if not draw.fits(y, x) or draw[x].dtype.kind == "b":
        return None
    operation = draw.choice(["+", "-"])
    value = f"held({y})[2:] {operation} {y}[:-2]"
    return written(draw, f"{x}[1:-1]", value, draw.choice(["=", "+="]), x, [y])


@line(3)
def put(draw):
    x = draw.target(least=1)
    a = draw[x]
    if not a.size or a.dtype.kind == "c":
        return None
    axis = draw.axis(x)
    n = a.shape[axis]
    values = draw.number(a.dtype)
    forms = [
        f"m.put({x}, {draw.positions(a.size)}, {values})",
        f"m.put({x}, {draw.distinct(a.size, 3)}, {draw.listed(a.dtype, 3)})",
        f"m.putmask({x}, {x} > 0, {values})",
        f"m.copyto({x}, {values}, where={x} > 1)",
        f"m.place({x}, {x} > 0, {draw.listed(a.dtype, 2)})",
        f"put_alone({x}, {draw.element_key(a.shape)}, {values})",
    ]
    if draw.all_exact(x):
        forms += [
            f"m.put_along_axis({x}, m.argmax({x}, axis={axis}, keepdims=True), {values}, {axis})"
        ]
    if a.ndim == 1 and a.dtype.kind in "iuf":
        forms += [f"m.add.at({x}, {draw.positions(n)}, {values})"]
    if a.ndim == 2:
        forms += [f"m.fill_diagonal({x}, {values})"]
    forms = [f for f in forms if draw.all_exact(x) or ">" not in f]
    return Line(draw.choice(forms), writes=x, growth=draw.scale(x) * 8)


@line(2)
def into(draw):
    """Results that are written into an array."""
    x = draw.target()
    y = draw.broadcastable(x)
    if np.broadcast_shapes(draw[x].shape, draw[y].shape) != draw[x].shape or not draw.fits(y, x):
        return None
    if draw.lot(2):
        return Line(f"m.add({y}, {x}, out={x})", writes=x, growth=draw.scale(x) + draw.scale(y))
    operator = draw.choice(["+=", "*="])
    return Line(f"{x} {operator} held({y})", writes=x, growth=draw.scale(x) * draw.scale(y))


# Order


@line(7)
def sort(draw):
    x = draw.some(least=1, exact=True)
    axis = draw.axis(x)
    n, kind = draw[x].shape[axis], draw[x].dtype.kind
    forms = [f"m.sort({x}, axis={axis})", f"m.sort({x}, axis=None)"]
    forms += [f"m.argsort({x}, axis={axis}, stable=True)"]
    forms += [f"m.argsort({x}, axis=None, kind='stable')", f"m.sort({x}[::-1], axis={axis})"]
    if n:
        k = draw.integer(0, n - 1)
        forms += [f"m.take(m.partition({x}, {k}, axis={axis}), {k}, axis={axis})"]
    if draw[x].ndim == 1:
        forms += [f"m.lexsort(({x}, {x} == 1))"]
    if n and kind in "iuf" and draw.is_finite(x):
        forms += [f"m.median({x}, axis={axis})", f"m.median({x})"]
        q = draw.choice(["0.25", "[0.0, 0.5, 1.0]", "0.75"])
        forms += [f"m.quantile({x}, {q}, axis={axis})", f"m.quantile({x}, {q})"]
        forms += [f"m.percentile({x}, 30, axis={axis}, method='lower')"]
    return new(draw, draw.choice(forms), growth=4)


@line(2)
def sort_in_place(draw):
    x = draw.target(least=1, exact=True)
    return Line(f"{x}.sort(axis={draw.axis(x)})", writes=x)


@line(5)
def sets(draw):
    x = draw.some(least=1, exact=True)
    y = draw.some(least=1, exact=True, dtype=draw[x].dtype)
    if draw[x].dtype.kind == "c" or not (draw.is_finite(x) and draw.is_finite(y)):
        return new(draw, f"m.unique({x})")
    form = draw.integer(0, 9)
    if form == 0:
        return several(draw, 3, f"m.unique({x}, return_inverse=True, return_counts=True)")
    if form == 1:
        return several(draw, 2, f"m.unique({x}, return_index=True)")
    return new(
        draw,
        [
            f"m.unique({x})",
            f"m.isin({x}, {y})",
            f"m.intersect1d({x}, {y})",
            f"m.union1d({x}, {y})",
            f"m.setdiff1d({x}, {y})",
            f"m.setxor1d({x}, {y})",
            f"m.isin({x}, [0, 2, 3])",
            f"m.unique({x}, axis=0)" if draw[x].size else f"m.unique({x})",
        ][form - 2],
    )


@line(3)
def look_up(draw):
    x = draw.some(least=1, exact=True, finite=True)
    y = draw.some(least=1, exact=True, dtype=draw[x].dtype)
    if draw[x].dtype.kind in "cb" or not draw.is_finite(y):
        return None
    side = draw.choice(["left", "right"])
    forms = [
        f"m.searchsorted(m.sort(m.ravel({x})), {y}, side={side!r})",
        f"m.searchsorted(m.asarray([-1, 0, 2]), {x}, side={side!r})",
        f"m.digitize({x}, m.asarray([-2.5, 0.0, 1.0, 3.0]))",
        f"m.histogram({x}, bins=4, range=(-4.0, 4.0))[0]",
        f"m.histogram({x}, bins=m.asarray([-4, -1, 1, 5]))[0]",
    ]
    if draw[x].dtype.kind in "iu":
        forms += [f"m.bincount(m.ravel(m.abs({x}.astype('int64')) % 7), minlength=3)"]
    return new(draw, draw.choice(forms))


# Shape


@line(5)
def join(draw):
    x = draw.some(least=1)
    a = draw[x]
    axis = draw.axis(x)
    others = [
        y
        for y in draw.names
        if draw[y].ndim == a.ndim and draw.matches(a.shape, draw[y].shape, axis)
    ]
    y = draw.choice([*others, x])
    forms = [
        f"m.concat(({x}, {y}), axis={axis})",
        f"m.concat(({x}, {y}, {x}), axis={axis})",
        f"m.append({x}, {y}, axis={axis})",
        f"m.concat(({x}, {y}), axis=None)",
        f"m.append({x}, {y})",
    ]
    same = [y for y in draw.names if draw[y].shape == a.shape]
    y = draw.choice(same)
    forms += [f"m.stack(({x}, {y}), axis={draw.integer(0, a.ndim)})", f"m.vstack(({x}, {y}))"]
    forms += [f"m.hstack(({x}, {y}))", f"m.block([[{x}], [{y}]])"]
    return new(draw, draw.choice(forms))


@line(5)
def enlarge(draw):
    x = draw.some(least=1, small=True)
    a = draw[x]
    axis = draw.axis(x)
    n = a.shape[axis]
    widths = [(draw.integer(0, 2), draw.integer(0, 2)) for _ in range(a.ndim)]
    mode = draw.choice(["edge", "wrap", "reflect", "symmetric"])
    times = tuple(draw.integer(0, 2) for _ in range(draw.integer(1, a.ndim)))
    forms = [
        f"m.pad({x}, {draw.integer(0, 3)})",
        f"m.pad({x}, {widths}, constant_values=1)",
        f"m.tile({x}, {times})",
        f"m.repeat({x}, {draw.integer(0, 3)}, axis={axis})",
        f"m.repeat({x}, {draw.integer(1, 2)})",
        f"m.repeat({x}, {[draw.integer(0, 2) for _ in range(n)]}, axis={axis})",
        f"m.resize({x}, {draw.choice([(7,), (3, 5), (2, 2, 3)])})",
    ]
    if a.size:
        forms += [f"m.pad({x}, {widths}, mode={mode!r})"]
    if n:
        at = draw.integer(-n, n - 1)
        forms += [f"m.insert({x}, {at}, {draw.number(a.dtype)}, axis={axis})"]
        forms += [
            f"m.delete({x}, {at}, axis={axis})",
            f"m.delete({x}, {draw.listed_of(n)}, axis={axis})",
        ]
        forms += [f"m.delete({x}, {draw.basic_slice(n)}, axis={axis})"]
        forms += [f"m.insert({x}, {draw.listed_of(n)}, {draw.number(a.dtype)}, axis={axis})"]
    return new(draw, draw.choice(forms))


@line(2)
def split(draw):
    x = draw.some(least=1)
    count = draw.integer(1, 3)
    axis = draw.axis(x)
    return several(draw, count, f"m.array_split({x}, {count}, axis={axis})", may_share=True)


# Products


@line(5)
def multiply(draw):
    x = draw.some(least=1, most=3, finite=True)
    y = draw.some(least=1, most=3, finite=True)
    a, b = draw[x], draw[y]
    forms = []
    if a.shape[-1] == (b.shape[-2] if b.ndim > 1 else b.shape[0]):
        forms += [f"{x} @ {y}", f"m.matmul({x}, {y})"] if min(a.ndim, b.ndim) else []
        forms += [
            f"m.dot({x}, {y})",
            f"m.tensordot({x}, {y}, axes=({a.ndim - 1}, {max(b.ndim - 2, 0)}))",
        ]
    if a.shape[-1] == b.shape[-1]:
        forms += [f"m.inner({x}, {y})", f"m.vecdot({x}, {y})"]
    if a.ndim == b.ndim == 1:
        forms += [f"m.outer({x}, {y})", f"m.kron({x}, {y})", f"m.einsum('i,j->ij', {x}, {y})"]
        if a.size and b.size:
            forms += [f"m.convolve({x}, {y}, mode={draw.choice(['full', 'same', 'valid'])!r})"]
    if a.shape == b.shape:
        forms += [f"m.vdot({x}, {y})", f"m.einsum('...i,...i->...', {x}, {y})"]
        if a.ndim == 2:
            forms += [f"m.einsum('ij,ij->j', {x}, {y})", f"{x} @ {y}.T", f"{x}.T @ {y}"]
    if a.ndim == 2:
        forms += [f"m.einsum('ij->ji', {x}) * 2", f"m.einsum('ij->i', {x})", f"{x}.T @ {x}"]
        forms += [f"m.einsum('ij,kj,lj->kil', {x}, {x}, {x})"] if a.size < 50 else []
    if not forms:
        return None
    growth = max(1.0, draw.scale(x) * draw.scale(y) * max(draw.scale(x), draw.scale(y)) * a.size)
    return new(draw, draw.choice(forms), growth=growth)


@line(3)
def algebra(draw):
    x = draw.some(least=2, most=3, finite=True, exact=True, small=True)
    a = draw[x]
    if a.dtype.kind not in "if" or a.dtype.itemsize < 4 or not a.size or draw.scale(x) > 50:
        return None
    if a.ndim > 2 and a.shape[-1] != a.shape[-2]:
        return None
    forms = [f"m.linalg.norm({x})", f"m.linalg.matrix_norm({x})", f"m.linalg.svdvals({x})"]
    forms += [f"m.linalg.norm({x}, axis={draw.axis(x)})", f"m.linalg.pinv({x} * 0 + 1)"]
    if a.ndim == 2:
        forms += [f"product(*m.linalg.qr({x}))"]
        # A matrix far from singular.
        good = f"({x} @ {x}.T + 60 * m.eye({a.shape[0]}))"
        forms += [f"m.linalg.inv({good}) * 60", f"m.linalg.cholesky({good})"]
        forms += [f"m.linalg.solve({good}, {x})", f"m.linalg.eigvalsh({good})"]
        forms += [f"m.linalg.slogdet({good})[1]"]
        forms += (
            [f"m.trace({x})", f"m.linalg.matrix_power({x}[:2, :2], 2)"] if min(a.shape) > 1 else []
        )
    return new(draw, draw.choice(forms), exact=False, growth=draw.scale(x) ** 2 * a.size + 60)


@line(5)
def transform(draw):
    x = draw.some(least=1, most=3, finite=True)
    if not draw[x].size:
        return None
    axis = draw.axis(x)
    real = draw[x].dtype.kind != "c"
    forms = [f"m.fft.fft({x}, axis={axis})", f"m.fft.ifft({x}, axis={axis})"]
    forms += [
        f"m.fft.fftn({x})",
        f"m.fft.fftshift({x})",
        f"m.fft.fft({x}, {draw.integer(1, 9)}, axis={axis})",
    ]
    forms += [
        f"m.fft.rfft({x}, axis={axis})",
        f"m.fft.irfft(m.fft.rfft({x}, axis={axis}), axis={axis}, n=4)",
    ] * real
    forms += [f"m.fft.fft2({x})"] * (draw[x].ndim > 1)
    growth = max(1.0, draw[x].size * draw.scale(x))
    return new(draw, draw.choice(forms), exact=False, growth=growth)


@line(2)
def at_once(draw):
    """Several reductions in one exchange."""
    x, y = draw.some(finite=True), draw.some(finite=True)
    if draw[x].dtype.kind not in "iu" or not draw[x].size:
        return None
    growth = max(draw.scale(x) * draw[x].size, draw.scale(y) * draw[y].size)
    return several(draw, 3, f"together(lambda: ({x}.sum(), {y}.sum(), {x}.max()))", growth=growth)


# What both refuse


@line(3)
def wrong(draw):
    x = draw.some(least=1)
    shape = draw[x].shape
    n, ndim = shape[0], len(shape)
    y = draw.some(least=1)
    forms = [
        f"{x}[{n}]",
        f"{x}[m.asarray([0, {n}])]",
        f"{x}[{', '.join(['0'] * (ndim + 1))}]",
        f"{x}[m.asarray([True] * {n + 1})]",
        f"{x}[m.asarray([{-n - 1}])] = 1",
        f"m.take({x}, m.asarray([{n}]), axis=0)",
        f"m.sum({x}, axis={ndim})",
        f"m.sort({x}, axis={-ndim - 1})",
        f"m.reshape({x}, ({draw[x].size + 1},))",
        f"m.concat(({x}, {x}[None]))",
        f"m.swapaxes({x}, 0, {ndim})",
        f"m.einsum('ii', {x})",
        f"m.put({x}, [{draw[x].size}], 1)",
        f"m.linalg.inv(m.zeros(({n}, {n})) + 0 * m.sum({x}[:0]))",
        f"m.repeat({x}, [1] * {n + 1}, axis=0)",
        f"m.fft.fft({x}, n=0)",
        f"{x} + m.ones({(*shape[:-1], shape[-1] + 7)})",
        f"{x}[...] = m.ones({(*shape[:-1], shape[-1] + 7)})",
        f"{x} @ {y}",
    ]
    return Line(draw.choice(forms), wrong=True)


def shapes_into(size, most=3):
    """Shapes of so many elements, of 1 to 3 dimensions."""
    divisors = [d for d in range(1, size + 1) if size % d == 0] if size else [0, 1, 3]
    found = {(size,)}
    for count in range(2, most + 1):
        for head in itertools.product(divisors[:6], repeat=count - 1):
            rest = int(np.prod(head))
            if rest and size % rest == 0:
                found.add((*head, size // rest))
            elif not rest and not size:
                found.add((*head, 2))
    return sorted(found)
