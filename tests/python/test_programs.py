"""Random programs of views, elementwise work, reductions, writes and reads give what NumPy gives.

A program is a list of steps on a few names. What it records with "remember" is read at its end,
so a write must not reach it. All numbers are whole and wrap around: no order of evaluation changes
them. Whatever the program, no recorded operation runs more than twice.
"""

# SPDX-License-Identifier: BSL-1.0
import random

import hpxpy as hpx
import numpy as np
import program_draw
import program_lines
import programs
import pytest
from helpers import agree, difference, random_array
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.local

NAMES = 4
# Small ones are computed at once, large ones are recorded; rows may be short.
SHAPES = [(60, 50), (3000,), (1100, 3), (7, 5), (9, 40, 11)]
DTYPES = ["int64", "int64", "int32", "int16"]
VIEWS = [
    np.s_[...],
    np.s_[::-1],
    np.s_[1:],
    np.s_[:-1],
    np.s_[::2],
    np.s_[1::2],
    np.s_[2:5],
    np.s_[..., ::-1],
    np.s_[..., 1:],
    np.s_[..., :-1],
    np.s_[..., ::2],
    np.s_[..., 1::2],
    np.s_[..., 1:2],
    np.s_[1:-1, ..., 1:],
]


def view_of(x, number):
    if x.ndim < 2 and number == len(VIEWS) - 1:
        number = 0
    return x[VIEWS[number]]


def fitted(x, shape, at_end):
    """A part of `x` that has `shape` or is broadcast into it, from either end."""
    while x.ndim > len(shape):
        x = x[-1 if at_end else 0]
    items = []
    for length, wanted in zip(x.shape, shape[len(shape) - x.ndim :], strict=True):
        if length >= wanted:
            first = length - wanted if at_end else 0
            items.append(slice(first, first + wanted))
        else:
            items.append(slice(0, 1))
    return x[tuple(items)]


def expression(module, how, x, y, z):
    """Values of a shape that x, y and z are broadcast into."""
    return [
        lambda: x * y + z,
        lambda: module.maximum(x, y) - z * 2,
        lambda: module.where(x > y, z, x - 1),
        lambda: (x + 1) * (x + 1) - y,
        lambda: abs(x) + y.astype("int32"),
        lambda: x & y | z,
        lambda: -x,
    ][how % 7]()


def transposed(x):
    return x.T if x.ndim == 2 else x


class Program:
    """Runs steps with NumPy or hpxpy, on arrays that both start with."""

    def __init__(self, module, arrays):
        self.module, self.names, self.remembered = module, arrays, []

    def operands(self, numbers, shape, variant):
        return [
            fitted(self.names[number % NAMES], shape, variant >> k & 1)
            for k, number in enumerate(numbers)
        ]

    def run(self, steps):
        for kind, target, numbers, view, variant in steps:
            getattr(self, kind)(target, numbers, view, variant)

    def bind(self, target, numbers, view, variant):
        first = self.names[numbers[0]]
        x, y, z = self.operands(numbers, first.shape, variant)
        self.names[target] = expression(self.module, variant, x + 0, y, z)

    def look(self, target, numbers, view, variant):
        x = view_of(self.names[numbers[0]], view)
        if all(length > 2 for length in x.shape):
            self.names[target] = x

    def transpose(self, target, numbers, view, variant):
        self.names[target] = transposed(self.names[numbers[0]])

    def write(self, target, numbers, view, variant):
        part = view_of(self.names[target], view)
        if variant % 5 == 0:
            part[...] = variant - 3
            return
        x, y, z = self.operands(numbers, part.shape, variant)
        if variant % 5 == 1:
            # NumPy itself reads what it has just written where strides of one dimension differ.
            part[...] = x.copy() if self.module is np else x
        else:
            part[...] = expression(self.module, variant, x, y, z)

    def write_named(self, target, numbers, view, variant):
        part = view_of(self.names[target], view)
        value = expression(self.module, variant, *self.operands(numbers, part.shape, variant))
        if any(n not in (1, m) for n, m in zip(value.shape[::-1], part.shape[::-1], strict=False)):
            return
        part[...] = value
        self.remembered.append(value)

    def update(self, target, numbers, view, variant):
        part = view_of(self.names[target], view)
        x, y, z = self.operands(numbers, part.shape, variant)
        if variant % 4 == 0:
            part += x * y
        elif variant % 4 == 1:
            part -= x
        elif variant % 4 == 2:
            product = x * y
            part += product
            self.remembered.append(product)
        else:
            part *= x + y * z

    def update_name(self, target, numbers, view, variant):
        name = self.names[target]
        x, y, _ = self.operands(numbers, name.shape, variant)
        self.names[target] += x * y + name

    def out(self, target, numbers, view, variant):
        part = view_of(self.names[target], view)
        x, y, _ = self.operands(numbers, part.shape, variant)
        self.module.add(x, y * 2, out=part)

    def reduce(self, target, numbers, view, variant):
        x = view_of(self.names[numbers[0]], view)
        x = x if x.size else self.names[numbers[0]]
        axis = variant % (x.ndim + 1) - 1
        function = [self.module.sum, self.module.max, self.module.argmin][variant % 3]
        result = function(x, axis=None if axis < 0 else axis)
        self.remembered.append(result)
        self.remembered.append(self.module.sum(x * 2) - result)

    def centre(self, target, numbers, view, variant):
        x = self.names[numbers[0]] + 1
        function = [self.module.sum, self.module.min][variant % 2]
        self.names[target] = x - function(x, axis=variant % x.ndim, keepdims=True)

    def replace(self, target, numbers, view, variant):
        """The operands die with the names."""
        self.names[target] = self.names[target] * 3 + variant
        part = view_of(self.names[target], view) - 1
        if all(length > 2 for length in part.shape):
            self.names[numbers[0]] = part

    def remember(self, target, numbers, view, variant):
        self.remembered.append(self.names[target] * (variant + 1))
        self.remembered.append(view_of(self.names[numbers[0]] + self.names[numbers[0]], view))

    def read(self, target, numbers, view, variant):
        x = self.names[target]
        if variant % 2 == 0:
            if self.module is hpx:
                hpx.eval(x, *[y for y in self.remembered[-2:] if isinstance(y, hpx.ndarray)])
        else:
            self.remembered.append(np.asarray(int(x.sum())))


KINDS = [name for name in vars(Program) if not name.startswith("_")]
KINDS = [kind for kind in KINDS if kind not in ("operands", "run")]
number = st.integers(0, NAMES - 1)
step = st.tuples(
    st.sampled_from(KINDS),
    number,
    st.tuples(number, number, number),
    st.integers(0, len(VIEWS) - 1),
    st.integers(0, 15),
)


def operations():
    """How many were recorded and how many run since the start."""
    return [hpx.counters.get(f"/hpxpy/operations/{what}") for what in ("recorded", "run")]


def random_program(generator, length):
    """As `step` draws it, but long."""
    return [
        (
            generator.choice(KINDS),
            generator.randrange(NAMES),
            tuple(generator.randrange(NAMES) for _ in range(3)),
            generator.randrange(len(VIEWS)),
            generator.randrange(16),
        )
        for _ in range(length)
    ]


def check_program(steps, shape, dtypes=DTYPES, **place):
    start = [random_array(shape, dtype, seed) for seed, dtype in enumerate(dtypes)]
    ours = Program(hpx, [hpx.asarray(x, **place) for x in start])
    theirs = Program(np, start)
    before = operations()
    ours.run(steps)
    theirs.run(steps)
    problems = [
        difference(a if isinstance(a, np.ndarray) else a.to_numpy(), b)
        for a, b in zip(
            [*ours.remembered, *ours.names], [*theirs.remembered, *theirs.names], strict=True
        )
    ]
    recorded, run = (now - then for now, then in zip(operations(), before, strict=True))
    if run > 2 * recorded:
        problems.append(f"{recorded} operations recorded, {run} run")
    agree("; ".join(filter(None, problems)))


@given(st.lists(step, min_size=2, max_size=20), st.sampled_from(SHAPES))
@settings(max_examples=400)
def test_any_program_is_numpys(steps, shape):
    check_program(steps, shape)


@pytest.mark.distributed
@given(st.lists(step, min_size=2, max_size=8), st.sampled_from(SHAPES[:3]))
@settings(max_examples=30)
def test_any_distributed_program_is_numpys(steps, shape):
    check_program(steps, shape, distribution="block")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("seed", range(30))
def test_long_programs_are_numpys(seed, shape):
    check_program(random_program(random.Random(seed), 60), shape)


@pytest.mark.distributed
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("seed", range(6))
def test_long_distributed_programs_are_numpys(seed, axis):
    check_program(
        random_program(random.Random(seed), 30), (60, 50), distribution="block", axis=axis
    )


LOOPS = {
    "named three times": lambda y, k: (y + y) * 0.5 + y * 0,
    "named once": lambda y, k: y * 0.5 + k,
    "in two orders": lambda y, k: y * 0.5 + y[::-1] * 0.5,
    "its mean taken away": lambda y, k: y - y.mean() * 0.5,
    "on a view": lambda y, k: y + (y * 2)[::-1],
}
LOOKS = {
    "at the end": lambda y, k: None,
    "at each sum": lambda y, k: float(y.sum()),
    "at what is made of it": lambda y, k: float((y * 3).sum()),
    "at every third sum": lambda y, k: float(y.sum()) if k % 3 == 0 else None,
    "at two sums": lambda y, k: (float(y.sum()), float((y + 1).max())),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("turn", LOOPS.values(), ids=LOOPS)
def test_loops_run_no_operation_more_than_twice(turn, look):
    x = np.linspace(-1.0, 1.0, 5000)
    ours, theirs = hpx.asarray(x), x
    before = operations()
    for k in range(70):
        ours, theirs = turn(ours, k), turn(theirs, k)
        look(ours, k)
    hpx.eval(ours)
    recorded, run = (now - then for now, then in zip(operations(), before, strict=True))
    assert run <= 2 * recorded
    np.testing.assert_allclose(ours.to_numpy(), theirs, rtol=1e-9)


def test_a_loop_that_shows_each_turn_stores_what_it_will_need():
    """Every other turn is stored, so that not each operation runs twice."""
    y = hpx.ones(5000)
    before = operations()
    for _ in range(100):
        y = y * 0.5 + 1
        float(y.sum())
    recorded, run = (now - then for now, then in zip(operations(), before, strict=True))
    assert run <= 1.7 * recorded


@pytest.mark.distributed
@pytest.mark.parametrize("tens", range(15))
def test_programs_of_all_calls_on_all_maps(tens):
    """Ten seeds each of those that `make programs` runs."""
    for seed in range(10 * tens, 10 * tens + 10):
        problem = programs.check(seed)
        assert not problem, problem


@pytest.mark.distributed
def test_what_is_wrong_is_seen_and_cut_down(monkeypatch):
    source = [
        "v1 = placed(values((9,), 'int64', 1), distribution='cyclic')",
        "v2 = v1 * 2",
        "v3 = m.cumsum(v1, axis=0)",
        "v4 = m.sort(v1[::-1], axis=0)",
        "v1[2:4] += 1",
    ]
    lines = [program_lines.Line(line) for line in source]
    known = {f"v{i}": program_draw.Known(True, 9.0) for i in range(1, 5)}
    program = program_draw.Program(3, lines, known)
    assert programs.compare(program) == ("", "", 5)
    right = hpx.sort
    monkeypatch.setattr(hpx, "sort", lambda x, axis: right(x, axis=axis)[::-1])
    problem = programs.compare(program).problem
    assert "elements differ" in problem
    short = programs.shortest(program, lambda fewer: bool(programs.compare(fewer).problem))
    assert [line.source for line in short.lines] == [source[0], source[3]]
    assert source[3] in programs.script(short)


@pytest.mark.distributed
def test_an_error_that_not_all_raise_is_seen(monkeypatch):
    program = program_draw.Program(0, [program_lines.Line("v1 = m.ones(3)")], {})
    right, me = hpx.ones, hpx.locality_id()

    def refuse(*arguments):
        raise ValueError("not here") if me == 0 else TypeError("nor here")

    monkeypatch.setattr(hpx, "ones", refuse)
    assert "locality 0: line 0: v1 = m.ones(3): ValueError: not here" in (
        programs.compare(program).problem
    )
    monkeypatch.setattr(hpx, "ones", right)
    assert not programs.compare(program).problem


def test_a_seed_draws_the_same_program():
    again = [[line.source for line in programs.drawn(seed).lines] for seed in (5, 5, 6)]
    assert again[0] == again[1] != again[2]
    assert len(again[0]) == 12
