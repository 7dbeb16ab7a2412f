"""Random programs of NumPy's calls on arrays of every map, compared with NumPy.

A seed draws a program, the same on each locality; `make programs` runs 10,000 on 3 localities, and
test_programs.py and test_disagreement.py some. A program that fails is cut down to what is needed
and printed as runnable code. Alone, by seed: `hpxpy run -n 3 tests/python/programs.py --seed 17`.
With `--divergent` one locality runs another program than the others, and all are to be told.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import collections
import contextlib
import itertools
import random
import re
import sys
import time
import warnings
from typing import NamedTuple

import hpxpy as hpx
import numpy as np
from helpers import DTYPES, difference
from program_lines import LINES, Line, shapes_into

N, ME = hpx.num_localities(), hpx.locality_id()
NAMES_OF_DTYPES = [dtype.name for dtype in DTYPES]
#: What a line may raise; what it raises besides is a failure.
ERRORS = (ValueError, TypeError, IndexError, OverflowError)
#: The largest array of a program, and the largest that becomes Python's.
LARGEST, SMALL = 6000, 80
#: Refusals that docs/differences.md tells, by words of the error.
REFUSALS = {
    "lie in memory at no even distance": "steps that cut blocks of 'block_cyclic'",
}


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


def script(program):
    """The program as a file that runs by itself, on hpxpy."""
    lines = [
        "# PYTHONPATH=tests/python hpxpy run -n " + f"{N} this.py",
        "from programs import Ours, space",
        "globals().update(space(Ours))",
    ]
    for line in program.lines:
        if line.wrong:
            lines += [
                "try:",
                f"    {line.source}",
                "except Exception as error:",
                "    print(error)",
            ]
        else:
            lines.append(line.source)
    return "\n".join(lines)


def problem_of(name, got, expected, known, whole):
    """What is wrong with a result, '' if nothing; without a message unless `whole`."""
    if not isinstance(got, hpx.ndarray):
        expected = np.asarray(expected)
        got = np.asarray(got)
    elif got.distribution is None or whole:
        got = got.to_numpy()
    else:
        return block_problem(got, np.asarray(expected), known)
    return nearly(got, np.asarray(expected), known)


def block_problem(x, expected, known):
    """Of a distributed array: the block here against the elements that its map puts here."""
    if x.shape != expected.shape or x.dtype != expected.dtype:
        return f"{x.dtype} {x.shape}, expected {expected.dtype} {expected.shape}"
    flat = np.arange(expected.size).reshape(expected.shape)
    mine = hpx.asarray(flat, distribution=x.distribution).local_partition.to_numpy()
    return nearly(x.local_partition.to_numpy(), expected.ravel()[mine], known)


def nearly(got, expected, known):
    if known.exact:
        # Which zero is the smaller, and the sign of a sum of none, are left open.
        if expected.dtype.kind in "fc":
            got, expected = got + 0, expected + 0
        return difference(got, expected)
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return difference(got, expected)
    bound = known.near * known.scale
    with np.errstate(all="ignore"):
        if np.isclose(got, expected, rtol=known.near, atol=bound, equal_nan=True).all():
            return ""
    return f"{got!r}, expected {expected!r} within {bound:.1e}"


class Outcome(NamedTuple):
    """What a program came to: a problem, or a refusal, and of how many lines."""

    problem: str = ""
    refused: str = ""
    ran: int = 0


def refusal(error):
    """Which documented refusal an error is, '' if none."""
    return next((what for words, what in REFUSALS.items() if words in str(error)), "")


def together_told(text):
    """The texts of all localities; a disagreement before is told first and passed over."""
    for _ in range(3):
        with contextlib.suppress(hpx.CommunicationError):
            return hpx.all_gather_object(text)
    return hpx.all_gather_object(text)


def compare(program):
    """Runs a program with hpxpy and with NumPy; the same outcome on every locality."""
    ours, numpys = space(Ours), space(Numpys)
    problem, refused, ran = "", "", 0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, line in enumerate(program.lines):
            try:
                execute(program.lines, number, ours, program.seed)
                problem = "it does not raise" if line.wrong else ""
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                if line.wrong:
                    problem = "" if isinstance(error, ERRORS) and str(error) else said
                else:
                    refused = refusal(error)
                    problem = "" if refused else said
            if problem or refused:
                problem = problem and f"line {number}: {line.source}: {problem}"
                break
            ran += 1
            with contextlib.suppress(ERRORS):
                execute(program.lines, number, numpys, program.seed)
        if not problem:
            names = [name for name in program.known if name in ours]
            whole = names[program.seed % len(names)] if names else None
            try:
                for name in names:
                    text = problem_of(
                        name, ours[name], numpys[name], program.known[name], name == whole
                    )
                    if text and not problem:
                        problem = f"{name}: {text}"
            except Exception as error:
                problem = f"{name}: {type(error).__name__}: {error}"
    texts = together_told((problem, refused))
    problems = {text for text, _ in texts}
    if problems != {""}:
        problem = "; ".join(f"locality {i}: {text}" for i, (text, _) in enumerate(texts) if text)
    elif len(set(texts)) > 1:
        problem = f"not refused alike: {texts}"
    return Outcome(problem, refused, ran)


def shortest(program, fails):
    """Without the lines that are not needed for it to fail."""
    number = len(program.lines) - 1
    while number >= 0:
        fewer = program.without(number)
        if number < len(program.lines) and runs(fewer) and fails(fewer):
            program = fewer
        number -= 1
    return program


def runs(program):
    """Whether NumPy does what each line says."""
    names = space(Numpys)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, line in enumerate(program.lines):
            try:
                execute(program.lines, number, names, program.seed)
                if line.wrong:
                    return False
            except NameError:
                return False
            except ERRORS:
                if not line.wrong:
                    return False
    return True


# Calls that communicate, on a vector `x` and a matrix `y`, no two of them by the same exchanges;
# what differs in arithmetic alone, only HPXPY_DEBUG=1 tells.
ASKED = [
    *("float(x.sum())", "float(x.max())", "x[3].item()", "x[4].item()", "m.cumsum(x)"),
    *("m.cumprod(x)", "m.redistribute(x, None)", "m.redistribute(x[1:], None)"),
    *("m.redistribute(x[:-1], None)", "m.redistribute(x.astype('float32'), None)"),
    *("m.sort(x)", "m.argsort(x)", "m.median(x)", "m.unique(x)", "m.fft.fft(x)"),
    *("m.broadcast(m.ones(3), 0)", "m.broadcast(m.ones(3), 1)", "m.gather(x, 0)", "m.gather(x, 1)"),
    *("m.all_reduce(m.ones(3))", "m.all_reduce(m.ones(4))", "m.all_reduce(m.ones(3), 'max')"),
    *("m.all_gather_object('a')", "m.broadcast_object('a')", "m.barrier()", "m.roll(x, 3)"),
    *("m.concat((x, x))", "m.pad(x, (5, 0))", "m.histogram(x, bins=3)", "m.sum(y, axis=0)"),
    *("m.max(y, axis=0)", "m.redistribute(y, 'cyclic')", "m.redistribute(y, None)"),
    *("y.T + y", "y @ y", "m.linalg.inv(y)", "m.linalg.qr(y)", "y[[2, 0]] = y[[0, 2]]"),
    *("x[5:] = x[:-5]", "x[x > 3].sum()", "m.searchsorted(x, [2.0, 3.0])"),
    *("put_alone(x, (2,), 7.0)", "together(lambda: (x.sum(), y.max()))"),
]
DIVERGENCES = ("another call", "a call less", "a call more", "another order", "an early return")


def divergent(seed):
    """Lines, those that one locality runs instead, which one, and how they differ."""
    program = drawn(seed, 6)
    dice = random.Random(seed)
    # Of a length that no number of localities divides, so that no call finds all where it belongs.
    length, kind = dice.choice([19, 23, 29, 31, 37]), dice.choice(["block", "cyclic"])
    start = [
        f"x = placed(values(({length},), 'float64', {seed}), distribution={kind!r})",
        f"y = placed(values((6, 6), 'float64', {seed}) + 20 * np.eye(6), distribution='block')",
    ]
    common = [line.source for line in program.lines if not line.wrong]
    places = sorted(dice.sample(range(len(common) + 5), 5))
    asked = dice.sample(ASKED, 6)
    for place, call in zip(places, asked, strict=False):
        common.insert(place, call)
    how, who = dice.choice(DIVERGENCES), dice.randrange(N)
    other, turn = list(common), dice.randrange(5)
    at = common.index(asked[turn])
    if how == "another call":
        other[at] = asked[5]
    elif how == "a call less":
        del other[at]
    elif how == "a call more":
        other.insert(at, asked[5])
    elif how == "an early return":
        other = other[:at]
    else:
        a, b = common.index(asked[turn]), common.index(asked[(turn + 1) % 5])
        other[a], other[b] = other[b], other[a]
    return [Line(s) for s in start + common], [Line(s) for s in start + other], who, how


def told(lines, seed):
    """What a locality is told, at the end of its lines at the latest, "" if nothing."""
    names = space(Ours)
    try:
        try:
            for number in range(len(lines)):
                execute(lines, number, names, seed)
        except ERRORS:
            # As a program that ends with an error of its own.
            pass
        hpx.barrier("the end of a program")
    except hpx.CommunicationError as error:
        return str(error)
    return ""


def check_divergent(seed, tally=None):
    """What is wrong with how localities that differ are told, or with what comes after, or ''."""
    common, other, who, how = divergent(seed)
    mine = other if who == ME else common
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = told(mine, seed)
    texts = together_told(text)
    problem = "" if texts[0] and len(set(texts)) == 1 else f"told: {texts}"
    # The same program without a difference goes on.
    program = drawn(seed, 6)
    outcome = compare(program)
    problem = problem or (outcome.problem and f"afterwards: {outcome.problem}")
    if tally:
        tally.programs += 1
        tally.lines += len(mine)
        tally.calls[how] += 1
        if problem:
            tally.failed.append(seed)
    if not problem:
        return ""
    shown = "\n".join(
        f"{a.source if a else '-':70} | {b.source if b else '-'}"
        for a, b in itertools.zip_longest(common, other)
    )
    return f"seed {seed}: {how} of locality {who}: {problem}\n{shown}\n"


def drawn(seed, length=12):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Draw(seed).program(length)


def functions_of(source):
    """The functions, methods and operators of a line."""
    found = re.findall(
        r"\bm\.([\w.]+)\(|\b(moved|held|balanced|gathered|put_alone|together)\(", source
    )
    names = [a or b for a, b in found]
    names += ["." + name for name in re.findall(r"v\d+\.(\w+)\(", source)]
    names += re.findall(r" (@|\+=|-=|\*=|[-+*/&|^<>]|==|>=|//|%) ", source)
    names += ["x[key] = "] * bool(re.match(r"v\d+\[.*\] [-+*]?= ", source))
    return names + ["x[key]"] * bool(re.search(r"= v\d+\[", source))


class Tally:
    """Counts of what ran, and its report."""

    def __init__(self):
        self.calls, self.refused = collections.Counter(), collections.Counter()
        self.programs = self.lines = self.raised = 0
        self.failed = []

    def add(self, program, outcome):
        self.programs += 1
        self.lines += outcome.ran
        for line in program.lines[: outcome.ran]:
            self.calls.update(functions_of(line.source))
            self.raised += line.wrong
        if outcome.refused:
            self.refused[outcome.refused] += 1

    def __str__(self):
        told = ", ".join(f"{name} {count}" for name, count in self.calls.most_common())
        wrong = f"{len(self.failed)} wrong"
        lines = [
            f"{self.programs} programs of {self.lines} lines on {N} localities, {wrong}",
            f"{sum(self.calls.values())} calls of {len(self.calls)} functions: {told}",
            f"{self.raised} lines raised as in NumPy; refused: {dict(self.refused) or 'none'}",
        ]
        return "\n".join(lines)


def check(seed, tally=None):
    """Runs the program of a seed; what it came to, shortened and as code, or ''."""
    program = drawn(seed)
    outcome = compare(program)
    if tally:
        tally.add(program, outcome)
    if not outcome.problem:
        return ""
    if tally:
        tally.failed.append(seed)
    short = shortest(program, lambda fewer: bool(compare(fewer).problem))
    problem = compare(short).problem or outcome.problem
    return f"seed {seed}: {problem}\n\n{script(short)}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="this one alone, shown before it runs")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, help="10,000 unless given, of divergent ones 2,000")
    parser.add_argument("--divergent", action="store_true", help="one locality differs")
    parser.add_argument("--trace", action="store_true", help="each seed before it runs")
    options = parser.parse_args()
    count = options.count or (2_000 if options.divergent else 10_000)
    seeds = range(options.first, options.first + count)
    if options.seed is not None:
        seeds = [options.seed]
        if ME == 0 and not options.divergent:
            print(script(drawn(options.seed)), flush=True)
    run = check_divergent if options.divergent else check
    tally, began = Tally(), time.monotonic()
    for turn, seed in enumerate(seeds):
        if ME == 0 and options.trace:
            print(f"seed {seed}", flush=True)
        text = run(seed, tally)
        if ME == 0 and text:
            print(text, flush=True)
        if ME == 0 and turn % 500 == 499:
            print(f"{turn + 1} programs, {time.monotonic() - began:.0f} s", flush=True)
    if ME == 0:
        print(tally, flush=True)
        if tally.failed:
            flag = " --divergent" * options.divergent
            print(f"again, alone: hpxpy run -n {N} {__file__}{flag} --seed {tally.failed[0]}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
