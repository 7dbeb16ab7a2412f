"""Draws random programs of NumPy's calls: lines, each run with NumPy to know what comes out.

programs.py runs them on arrays of every map and compares; program_lines.py has the lines.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import random
import re
from typing import NamedTuple

import hpxpy as hpx
import numpy as np
from helpers import DTYPES
from program_lines import LINES, Line, shapes_into

N, ME = hpx.num_localities(), hpx.locality_id()
NAMES_OF_DTYPES = [dtype.name for dtype in DTYPES]
#: What a line may raise; what it raises besides is a failure.
ERRORS = (ValueError, TypeError, IndexError, OverflowError)
#: The largest array of a program, and the largest that becomes Python's.
LARGEST, SMALL = 6000, 80


def values(shape, dtype, seed, special=False):
    """Small numbers whose sums and products are exact, the same on every locality."""
    dtype = np.dtype(dtype)
    generator = np.random.default_rng(seed)
    found = generator.integers(0 if dtype.kind == "u" else -4, 5, shape)
    if dtype.kind == "b":
        return np.asarray(found > 0)
    if dtype.kind in "fc":
        found = found * 0.5
    if dtype.kind == "c":
        found = found + 0.5j * generator.integers(-4, 5, shape)
    if special:
        odd = generator.choice([np.nan, np.inf, -np.inf, -0.0], shape)
        found = np.where(generator.random(shape) < 0.2, odd, found)
    return np.asarray(found).astype(dtype)


class Numpys:
    """What the lines of a program call beside `m`, for NumPy."""

    m = np
    np = np
    hpx = hpx

    def placed(x, **place):
        return x.copy()

    def moved(x, **place):
        return np.array(x)

    balanced = gathered = moved

    def held(x):
        """NumPy may read what it has just written."""
        return np.array(x)

    def put_alone(x, key, value):
        x[key] = value

    def together(fn):
        return fn()

    def product(q, r):
        return q @ r

    values = values


class Ours(Numpys):
    """The same for hpxpy."""

    m = hpx

    def placed(x, **place):
        return hpx.asarray(x, **place)

    def moved(x, distribution=None, **place):
        return hpx.redistribute(x, distribution, **place)

    def balanced(x):
        return hpx.balance(x) if x.distribution is not None else x

    def gathered(x):
        return hpx.redistribute(x, None)

    def held(x):
        return x

    def put_alone(x, key, value):
        """Of a local array each locality has its own."""
        with x.exposed() as window:
            if x.distribution is None or hpx.locality_id() == hpx.num_localities() - 1:
                window.put(key, value)

    def together(fn):
        with hpx.together():
            return fn()


def space(side):
    """The names that a program starts with."""
    return {name: getattr(side, name) for name in dir(side) if not name.startswith("_")}


def execute(lines, number, names, seed):
    """Runs one line; tracebacks and disagreements name the seed and the line."""
    text = "\n" * number + lines[number].source
    exec(compile(text, f"<seed {seed}>", "exec"), names)


class Known(NamedTuple):
    """Of a name: whether both libraries have the same bits, and else how near they come."""

    exact: bool
    #: What rounding errors are in proportion to.
    scale: float
    #: And in which proportion: that of the narrowest dtype on the way.
    near: float = 0.0


def is_exact(x):
    """Whether sums and products of a few such numbers are exact in their dtype."""
    if x.dtype.kind not in "fc":
        return True
    parts = np.stack([x.real, x.imag]) if x.dtype.kind == "c" else x
    parts = parts[np.isfinite(parts)].astype(np.float64)
    narrow = x.dtype.itemsize // (2 if x.dtype.kind == "c" else 1) == 4
    largest, unit = (2.0**12, 2.0**4) if narrow else (2.0**26, 2.0**8)
    return bool((np.abs(parts) < largest).all() and (parts * unit == np.rint(parts * unit)).all())


def nearness(x):
    """How near two libraries come in the dtype of an array."""
    return 1e-3 if getattr(x, "dtype", None) in (np.float32, np.complex64) else 1e-8


def size_of(x):
    """The largest finite number of an array, 1 at least."""
    if x.dtype.kind == "b":
        return 1.0
    with np.errstate(all="ignore"):
        found = np.abs(x.astype(complex if x.dtype.kind == "c" else float))
    return float(np.max(found[np.isfinite(found)], initial=1.0))


class Draw:
    """Draws the lines of a program, and runs each with NumPy to know what comes out."""

    DTYPES = NAMES_OF_DTYPES

    def __init__(self, seed, localities=N):
        self.dice = random.Random(seed)
        self.seed, self.localities = seed, localities
        self.space, self.known, self.lines, self.fixed = space(Numpys), {}, [], []
        self.count = 0
        # Lengths that meet again, so that operands fit.
        self.lengths = [self.dice.choice([1, 2, 3, 4, 5, 6, 7, 9, 12]) for _ in range(3)]
        if self.lot(8):
            self.lengths[0] = self.dice.choice([700, 1100])
            self.lengths[1:] = [1, 3]
        elif self.lot(8):
            self.lengths[0] = 0
        self.special = self.lot(5)

    # Dice

    def lot(self, n):
        return self.dice.randrange(n) == 0

    def choice(self, found):
        return self.dice.choice(found)

    def integer(self, low, high):
        return self.dice.randint(low, high)

    def sample(self, found, count):
        return self.dice.sample(list(found), count)

    # What there is

    def __getitem__(self, name):
        return self.space[name]

    @property
    def names(self):
        return [name for name in self.known if isinstance(self.space[name], np.ndarray)]

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def some(self, least=0, most=4, exact=False, finite=False, small=False, dtype=None):
        """A name that is fit; Unfit where there is none."""
        found = [
            name
            for name in self.names
            if least <= self[name].ndim <= most
            and (not exact or self.known[name].exact)
            and (not finite or self.is_finite(name))
            and (not small or self[name].size <= SMALL)
            and (dtype is None or self[name].dtype == dtype)
        ]
        if not found:
            raise Unfit
        # What came last is used most, so that results meet other calls.
        return self.choice(found + found[-3:])

    def target(self, least=0, exact=False):
        """A name that may be written: no view that is a copy in the other library."""
        found = [
            name
            for name in self.names
            if self[name].ndim >= max(least, 1)
            and self[name].flags.writeable
            and (not exact or self.known[name].exact)
            and not any(np.may_share_memory(self[name], other) for other in self.fixed)
        ]
        if not found:
            raise Unfit
        return self.choice(found)

    def is_finite(self, name):
        return self[name].dtype.kind not in "fc" or bool(np.isfinite(self[name]).all())

    def all_exact(self, *names):
        return all(self.known[name].exact for name in names)

    def scale(self, name):
        return self.known[name].scale

    def outside(self, name, dtype):
        info = np.iinfo(dtype)
        return bool(((self[name] < info.min) | (self[name] > info.max)).any())

    def fits(self, value, target):
        """Whether NumPy casts one into the other without a word."""
        if self[target].dtype.kind in "biu" and not self.known[value].exact:
            return False
        return np.can_cast(self[value].dtype, self[target].dtype, "same_kind")

    def broadcastable(self, name):
        found = []
        for other in self.names:
            with contextlib.suppress(ValueError):
                np.broadcast_shapes(self[name].shape, self[other].shape)
                found.append(other)
        return self.choice(found)

    def matches(self, shape, other, axis):
        return all(a == b for i, (a, b) in enumerate(zip(shape, other, strict=True)) if i != axis)

    # Parts of lines

    def axis(self, name):
        return self.integer(0, self[name].ndim - 1)

    def axes(self, name):
        ndim = self[name].ndim
        found = [None, *range(-ndim, ndim)]
        if ndim > 1:
            found += [(0, 1), (ndim - 1, 0)]
        return self.choice(found)

    def shapes_of(self, size):
        return shapes_into(size) if size <= 200 else []

    def placed(self):
        shape = tuple(self.choice(self.lengths) for _ in range(self.choice([1, 1, 2, 2, 2, 3])))
        if int(np.prod(shape)) > LARGEST // 2:
            shape = shape[:1]
        likely = ["int64", "int32", "float64", "float64", "float32", "bool", "complex128"]
        dtype = self.choice([*likely, *self.DTYPES])
        special = ", True" if self.special and np.dtype(dtype).kind == "f" else ""
        return (
            f"placed(values({shape}, {dtype!r}, {self.integer(0, 99)}{special}){self.place(shape)})"
        )

    def bounds(self, length):
        """Blocks of any lengths, in the order of localities or the other way round."""
        inner = sorted(self.integer(0, length) for _ in range(self.localities - 1))
        found = (0, *inner, length)
        return found[::-1] if self.lot(5) else found

    def place(self, shape):
        """Keywords of one of the maps, with a comma in front."""
        if not shape or self.lot(9):
            return ""
        axis, size = self.integer(0, len(shape) - 1), self.integer(2, 3)
        forms = [
            f", distribution='block', axis={axis}",
            f", distribution='cyclic', axis={axis}",
            f", distribution=hpx.Distribution('block_cyclic', {axis}, block_size={size})",
            f", distribution=hpx.Distribution('block', {axis}, bounds={self.bounds(shape[axis])})",
            ", distribution='block'",
        ]
        if len(shape) > 1:
            n = self.localities
            grids = [(n, 1), (1, n), "auto", *([(2, n // 2)] if n % 2 == 0 else [])]
            kinds = self.choice([("block", "block"), ("block", "cyclic"), ("cyclic", "block")])
            kinds = self.choice([kinds, kinds, ("block", None)]) + (None,) * (len(shape) - 2)
            if kinds[1] is None:
                grids = [(1, n), (n, 1)]
            forms += [f", distribution={kinds}, grid={self.choice(grids)!r}"] * 2
        return self.choice(forms)

    def number(self, dtype):
        return {"b": self.choice([True, False]), "f": 1.5, "c": 2.0}.get(
            np.dtype(dtype).kind, self.integer(0, 5)
        )

    def listed(self, dtype, count):
        return [self.number(dtype) for _ in range(count)]

    def listed_of(self, n):
        return [self.integer(-n, n - 1) for _ in range(self.integer(1, 3))]

    def basic_slice(self, n):
        start, stop = (self.choice([None, self.integer(-n - 1, n + 1)]) for _ in range(2))
        return f"slice({start}, {stop}, {self.choice([None, 1, 1, 2, 3, -1, -2])})"

    def slice_text(self, n):
        start, stop = (self.choice(["", self.integer(-n - 1, n + 1)]) for _ in range(2))
        return f"{start}:{stop}:{self.choice([1, 1, 2, 3, -1, -1, -2])}"

    def basic_key(self, shape):
        items = []
        for n in shape[: self.integer(1, len(shape))]:
            kind = self.integer(0, 5)
            if kind == 0 and n:
                items.append(str(self.integer(-n, n - 1)))
            elif kind == 1:
                items.append(":")
            else:
                items.append(self.slice_text(n))
        if self.lot(5):
            items.insert(self.integer(0, len(items)), "None")
        if self.lot(4):
            items.insert(0 if len(items) >= len(shape) else self.integer(0, len(items)), "...")
        return ", ".join(items)

    def element_key(self, shape):
        return "(" + "".join(f"{self.integer(-n, n - 1)}, " for n in shape) + ")"

    def array(self, text, length):
        """An array that is written out: local, or dealt out."""
        if self.lot(2):
            return f"m.asarray({text})"
        return f"placed(np.asarray({text}){self.place((length,))})"

    def positions(self, n, shape=None):
        if not n:
            raise Unfit
        shape = shape or self.choice([(3,), (5,), (1,), (2, 2), (0,)])
        found = np.array([self.integer(-n, n - 1) for _ in range(int(np.prod(shape)))], np.int64)
        if found.size and len(shape) == 1:
            return self.array(found.tolist(), len(found))
        return f"m.reshape(m.asarray({found.tolist()}, dtype='int64'), {shape})"

    def distinct(self, n, count):
        return [self.integer(0, n - 1) for _ in range(count)]

    def flags(self, n):
        return self.array([not self.lot(2) for _ in range(n)] or "np.zeros(0, bool)", n)

    def any_key(self, name, write=False):
        """Positions, masks, slices, None and ... in any mixture."""
        shape = self[name].shape
        if self.all_exact(name) and self[name].dtype.kind != "c" and self.lot(4):
            return f"{name} > {self.integer(-1, 2)}"
        common = self.choice([(3,), (2,), (2, 2)])
        items = []
        masked = False
        for n in shape[: self.integer(1, len(shape))]:
            kind = self.integer(0, 6)
            if kind <= 2 and n:
                items.append(self.positions(n, common))
            elif kind == 3 and n and not masked and len(shape) == 1:
                items.append(self.flags(n))
                masked = True
            elif kind == 4 and n:
                items.append(str(self.integer(-n, n - 1)))
            else:
                items.append(self.slice_text(n))
        if not masked and len(items) == 1 and shape[0] and self.lot(3):
            items = [self.flags(shape[0])]
        if self.lot(6):
            items.insert(self.integer(0, len(items)), "None")
        if self.lot(5):
            items.insert(0 if len(items) >= len(shape) else self.integer(0, len(items)), "...")
        return ", ".join(items)

    def value(self, target, key):
        """What may be assigned to a part, and the names that it reads."""
        if self.lot(3):
            return self.number(self[target].dtype), []
        try:
            part = eval(f"{target}[{key}]", self.space)
        except ERRORS:
            return None, []
        fit = []
        for name in self.names:
            if not self.fits(name, target):
                continue
            if self[name].ndim <= part.ndim:
                with contextlib.suppress(ValueError):
                    if np.broadcast_shapes(self[name].shape, part.shape) == part.shape:
                        fit.append((f"held({name})", [name]))
            elif self[name].shape[1:] == part.shape and self[name].shape[0]:
                fit.append((f"held({name}[-1])", [name]))
        if not fit:
            return self.number(self[target].dtype), []
        return self.choice(fit)

    # The program

    def operands(self, text):
        return [name for name in self.known if re.search(rf"\b{name}\b", text)]

    def try_line(self, drawn):
        """Takes a line up if NumPy does what it says."""
        reads = self.operands(drawn.source)
        before = {name: self[name].copy() for name in reads if self.is_array(name)}
        lines = [*self.lines, drawn]
        try:
            execute(lines, len(lines) - 1, self.space, self.seed)
        except ERRORS:
            if drawn.wrong:
                self.lines.append(drawn)
            elif drawn.writes:
                self.restore(drawn, before)
            return
        if drawn.wrong or not self.sizes_are_right(drawn) or not self.is_stable(drawn, reads):
            self.restore(drawn, before)
            return
        self.lines.append(drawn)
        exact = drawn.exact and all(self.known[name].exact for name in reads)
        scale = max([1.0, drawn.growth, *(self.known[name].scale for name in reads)])
        near = max([1e-8, *(nearness(self.space[name]) for name in (*reads, *drawn.binds))])
        near = max([near, *(self.known[name].near for name in reads)])
        for name in drawn.binds:
            found = np.asarray(self.space[name])
            self.known[name] = Known(
                exact and is_exact(found), max(size_of(found), 0 if exact else scale), near
            )
            if drawn.may_share:
                self.fixed += [found, *(self[n] for n in reads if self.is_array(n))]
        if drawn.writes:
            changed = self[drawn.writes]
            for name in self.names:
                if np.may_share_memory(self[name], changed):
                    same = exact and self.known[name].exact and is_exact(self[name])
                    larger = max(self.known[name].scale, size_of(self[name]), 0 if same else scale)
                    self.known[name] = Known(same, larger, max(near, self.known[name].near))

    def is_array(self, name):
        return isinstance(self.space[name], np.ndarray)

    def sizes_are_right(self, drawn):
        for name in (*drawn.binds, *([drawn.writes] if drawn.writes else [])):
            try:
                x = np.asarray(self.space[name])
            except ValueError:
                return False
            if x.size > LARGEST or x.ndim > 4 or x.dtype not in DTYPES or size_of(x) > 1e12:
                return False
        return True

    def is_stable(self, drawn, reads):
        """Whether rounding stays small: what is rounded beside an infinity may change its sign."""
        if drawn.exact and self.all_exact(*reads):
            return True
        names = [*reads, *drawn.binds]
        return all(bool(np.isfinite(np.asarray(self.space[name])).all()) for name in names)

    def restore(self, drawn, before):
        for name in drawn.binds:
            self.space.pop(name, None)
        for name, x in before.items():
            if self[name].flags.writeable:
                self[name][...] = x

    def program(self, length):
        for _ in range(self.integer(2, 3)):
            self.try_line(Line(f"{self.name()} = {self.placed()}", (f"v{self.count}",)))
        tries = 0
        while len(self.lines) < length and tries < 10 * length:
            tries += 1
            function = self.choice(LINES)
            try:
                drawn = function(self)
            except Unfit:
                continue
            if drawn is not None:
                self.try_line(drawn._replace(kind=function.__name__))
        return Program(self.seed, self.lines, self.known)


class Unfit(Exception):
    """No operand is fit for a line."""


class Program(NamedTuple):
    """Lines, and what is known of the names that they bind."""

    seed: int
    lines: list
    known: dict

    def without(self, number):
        return self._replace(lines=self.lines[:number] + self.lines[number + 1 :])
