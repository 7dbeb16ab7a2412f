"""Deferred work is NumPy call by call: writes never change what was recorded, plans are fused."""

# SPDX-License-Identifier: BSL-1.0
import gc
import random
import re

import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    agree,
    assert_same,
    check,
    check_distributed,
    difference,
    placements,
    random_array,
)
from hypothesis import given, settings
from hypothesis import strategies as st

N = 5000


@pytest.mark.parametrize("size", [10, N])
@pytest.mark.parametrize("place", placements(1), ids=str)
def test_a_write_does_not_change_what_was_recorded(size, place):
    x = random_array(size)
    writes = [
        lambda a: a.__setitem__(slice(None), 0),
        lambda a: a.__setitem__(slice(1, None, 2), 7),
        lambda a: a.__iadd__(1),
        lambda a: a[:3].__imul__(0),
        lambda a: hpx.add(a, 1, out=a),
        lambda a: a.local_partition.__setitem__(slice(None), 3),
    ]
    for write in writes:
        a = hpx.asarray(x, **place)
        doubled, total, view = a * 2, (a * 3).sum(), a[::-1] + 1
        write(a)
        check(doubled, x * 2)
        agree("" if np.isclose(float(total), (x * 3).sum()) else f"{float(total)}")
        check(view, x[::-1] + 1)


def test_a_pending_array_is_written():
    x = random_array(N)
    a = hpx.asarray(x) * 2
    b = a + 1
    a[:5] = 0
    expected = x * 2
    expected[:5] = 0
    assert_same(b, x * 2 + 1)
    assert_same(a, expected)
    c = a * 3
    a += c
    assert_same(c, expected * 3)
    assert_same(a, expected + expected * 3)


def test_in_place_operators_with_themselves():
    x = random_array((90, 90))
    for place in placements(2):
        a, expected = hpx.asarray(x, **place), x.copy()
        a += a.T
        expected += expected.T.copy()
        check(a, expected)
        a[1:] = a[:-1]
        expected[1:] = expected[:-1].copy()
        check(a, expected)
        a[:, 1:] -= a[:, :-1] * 2
        expected[:, 1:] -= expected[:, :-1].copy() * 2
        check(a, expected)
        a *= a
        expected *= expected.copy()
        check(a, expected)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"])
@pytest.mark.parametrize("size", [9, N])
def test_in_place_operators(name, size):
    x, y = np.abs(random_array(size)) + 1, np.abs(random_array(size, seed=1)) + 1
    a = hpx.asarray(x)
    kept = a
    method = f"__i{name}__"
    assert getattr(a, method)(hpx.asarray(y)) is kept
    getattr(x, method)(y)
    assert_same(kept, x, tolerance=1e-14)


def test_in_place_operators_keep_dtype_and_shape():
    a = hpx.ones(3, dtype="int64")
    with pytest.raises(TypeError, match="float64 cannot be stored in place into int64"):
        a += 1.5
    with pytest.raises(TypeError, match="float64 cannot be stored in place into int64"):
        a /= 2
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*in place into shape \(3,\)"):
        a += hpx.ones((2, 3), dtype="int64")
    assert_same(a, np.ones(3, "int64"))
    b = hpx.ones(3, dtype="float32")
    b += hpx.ones(3)
    assert_same(b, np.full(3, 2, "float32"))


def test_values_rebind():
    x = hpx.asarray([1.0, 2.0])
    total = x.sum()
    other = total
    total += 1
    assert (float(other), float(total)) == (3, 4)
    element = x[0]
    element *= 5
    assert (float(x[0]), float(element)) == (1, 5)
    made = hpx.asarray(2.0)
    same = made
    made += 1
    assert float(same) == 3


def test_named_intermediates_do_not_break_fusion():
    x, y = random_array(N, seed=1), random_array(N, seed=2)
    a, b = hpx.asarray(x), hpx.asarray(y)
    c = a * b
    d = c + 1
    total = (d * d).sum()
    plan = hpx.explain(total)
    assert plan.startswith("1 step\n")
    assert "store" not in plan
    assert_same(total, np.asarray(((x * y + 1) ** 2).sum()), tolerance=1e-12)
    # The second evaluation that needs them stores them.
    other = (d + c).sum()
    plan = hpx.explain(other)
    assert plan.count("store") >= 1
    assert_same(other, np.asarray((x * y + 1 + x * y).sum()), tolerance=1e-12)
    assert "stored; nothing to compute" in hpx.explain(d)
    assert_same(d, x * y + 1)
    assert_same(c, x * y)


def test_plan_of_the_main_expression():
    a, b, c = (hpx.asarray(random_array(N, seed=i)) for i in range(3))
    plan = hpx.explain(((a * b + c) ** 2).sum())
    lines = [line.strip() for line in plan.splitlines()]
    assert lines[0] == "1 step"
    assert re.match(r"step 1: fused 4 operations over \(5000,\)", lines[1])
    assert lines[2:5] == ["in0 = load float64", "in1 = load float64", "in2 = load float64"]
    assert any("multiply_add(in0, in1, in2)" in line for line in lines)
    assert any(line.startswith("sum of ") for line in lines)
    assert not any(line.startswith("store") for line in lines)
    assert lines[-1] == "reads 120.0 KB, writes 8 B"


def test_plans_of_views_and_stores():
    a = hpx.asarray(random_array((90, 80)))
    plan = hpx.explain(a[::2] * 2.5 + a[1::2])
    assert plan.startswith("1 step\n")
    assert plan.count("load float64, strided") == 2
    assert "2.5" in plan
    assert "store" in plan
    centred = a * 2 - (a * 2).mean(axis=0)
    assert hpx.explain(centred).startswith("3 steps\n")


def test_explain_prints_and_returns_and_computes_nothing(capsys):
    result = hpx.asarray(random_array(N)) * 2
    plan = hpx.explain(result)
    assert capsys.readouterr().out == str(plan)
    assert isinstance(plan, str)
    assert hpx.explain(result) == plan
    hpx.eval(result)
    assert "nothing to compute" in hpx.explain(result)
    with pytest.raises(TypeError, match="explain: 3 is no hpxpy array"):
        hpx.explain(3)


def test_several_results_from_one_pass():
    x = random_array(N)
    a = hpx.asarray(x)
    product, total, largest = a * 2 + 1, (a * 2 + 1).sum(), (a * a).max()
    assert hpx.eval(product, total, largest) is None
    assert_same(product, x * 2 + 1)
    assert_same(total, np.asarray((x * 2 + 1).sum()), tolerance=1e-12)
    assert_same(largest, np.asarray((x * x).max()))
    for result in (product, total, largest):
        assert "nothing to compute" in hpx.explain(result)
    hpx.eval()
    with pytest.raises(TypeError, match="eval: 'a' is no hpxpy array"):
        hpx.eval("a")


def test_small_work_is_done_at_once():
    assert "nothing to compute" in hpx.explain(hpx.ones(10) + 1)


def test_loops_build_no_endless_expression():
    a = hpx.zeros(3000)
    for _ in range(5000):
        a = a + 1
    assert_same(a, np.full(3000, 5000.0))
    b = hpx.ones(3000)
    kept = [b * i for i in range(6000)]
    assert_same(kept[5999], np.full(3000, 5999.0))
    assert_same(kept[3], np.full(3000, 3.0))


def test_a_deep_expression_is_let_go():
    a = hpx.zeros(3000)
    for _ in range(20000):
        a = a + 1
    del a
    gc.collect()


def test_operands_may_go_before_the_result_is_read():
    x = random_array(N)
    a = hpx.asarray(x)
    b = a * 2
    c = b[::-1] + 1
    del a, b
    gc.collect()
    assert_same(c, (x * 2)[::-1] + 1)


def test_reductions_do_not_depend_on_the_thread_count():
    x = random_array(300_001, "float32", 3)
    shaped = random_array((301, 1001), seed=4)
    hpx.num_threads()
    results = []
    for threads in (1, 2, 3):
        hpx.finalize()
        hpx.init(num_threads=threads)
        a, b = hpx.asarray(x), hpx.asarray(shaped)
        values = [a.sum(), (a * a + 1).sum(), a.mean(), b.sum(axis=0), b.sum(axis=1), b.prod()]
        values += [(b * 2).max(axis=0), hpx.argmax(a), hpx.sin(a) * 3]
        results.append([value.to_numpy().tobytes() for value in values])
    hpx.finalize()
    hpx.init()
    agree("" if results[0] == results[1] == results[2] else "other bits with other thread counts")


# Programs of views, elementwise work, reductions, writes and reads, on a few names.
NAMES = 4
SHAPE = (60, 50)
number = st.integers(0, NAMES - 1)
VIEWS = [
    np.s_[:, :],
    np.s_[::-1, :],
    np.s_[:, ::-1],
    np.s_[::-1, ::-1],
    np.s_[1:, :-1],
    np.s_[:-1, 1:],
    np.s_[::2, :],
    np.s_[30:, 10:40],
    np.s_[5:6, :],
    np.s_[:, 7:8],
]
view = st.sampled_from(VIEWS)
step = st.one_of(
    st.tuples(st.just("combine"), number, number, number, st.sampled_from("+-*m")),
    st.tuples(st.just("scale"), number, number, st.sampled_from([-1, 2, 3])),
    st.tuples(st.just("copy view"), number, view, number, view),
    st.tuples(st.just("add view"), number, view, number, view),
    st.tuples(st.just("set"), number, view, st.integers(-5, 5)),
    st.tuples(st.just("bind"), number, number),
    st.tuples(st.just("flip"), number, number),
    st.tuples(st.just("centre"), number, number, st.sampled_from([0, 1, None])),
    st.tuples(st.just("remember"), number),
    st.tuples(st.just("read"), number),
)


def apply(a, b, sign, np_like):
    if sign == "+":
        return a + b
    if sign == "-":
        return a - b
    return a * b if sign == "*" else np_like.maximum(a, b)


def run_program(steps, module, names, remembered):
    """Whole numbers modulo 2**32: no order of evaluation changes them."""
    for kind, target, *rest in steps:
        if kind == "combine":
            first, second, sign = rest
            names[target] = apply(names[first], names[second], sign, module)
        elif kind == "scale":
            source, factor = rest
            names[target] = names[source] * factor + 1
        elif kind in ("copy view", "add view"):
            to, source, what = rest
            shape = names[target][to].shape
            value = names[source][what]
            if any(a not in (b, 1) for a, b in zip(value.shape, shape, strict=True)):
                continue
            if kind == "copy view":
                names[target][to] = value
            else:
                part = names[target][to]
                part += value
        elif kind == "set":
            names[target][rest[0]] = rest[1]
        elif kind == "bind":
            names[target] = names[rest[0]]
        elif kind == "flip":
            names[target] = names[rest[0]][::-1, ::-1]
        elif kind == "centre":
            x = names[rest[0]]
            names[target] = x - module.sum(x, axis=rest[1], keepdims=True)
        elif kind == "remember":
            # Not a copy: a result, which later writes must not change.
            remembered.append(names[target] + 0)
        else:
            total = module.sum(names[target])
            remembered.append(total.to_numpy() if module is hpx else np.asarray(total))


def check_program(steps, compare, **place):
    start = [random_array(SHAPE, "int64", seed) for seed in range(NAMES)]
    ours, theirs = [hpx.asarray(x, **place) for x in start], start
    kept, expected = [], []
    run_program(steps, hpx, ours, kept)
    run_program(steps, np, theirs, expected)
    for a, b in zip([*kept, *ours], [*expected, *theirs], strict=True):
        compare(a, b)


@given(st.lists(step, min_size=4, max_size=30))
@settings(max_examples=200)
def test_any_program_is_numpys(steps):
    check_program(steps, assert_same)


@given(st.lists(step, min_size=4, max_size=12))
@settings(max_examples=20)
@pytest.mark.parametrize("axis", [0, 1])
def test_any_distributed_program_is_numpys(axis, steps):
    check_distributed_program(steps, axis)


def check_distributed_program(steps, axis):
    problems = []

    def compare(a, b):
        problems.append(difference(a if isinstance(a, np.ndarray) else a.to_numpy(), b))

    check_program(steps, compare, distribution="block", axis=axis)
    agree("; ".join(filter(None, problems)))


def random_program(generator, length):
    """As `step` draws it, but long, and every kind of step equally often."""
    kinds = ["combine", "scale", "copy view", "add view", "set", "bind", "flip", "centre"]
    steps = []
    for _ in range(length):
        kind = generator.choice([*kinds, "remember", "read"])
        names = [generator.randrange(NAMES) for _ in range(3)]
        if kind == "combine":
            steps.append((kind, *names, generator.choice("+-*m")))
        elif kind == "scale":
            steps.append((kind, *names[:2], generator.choice([-1, 2, 3])))
        elif kind in ("copy view", "add view"):
            to = generator.choice(VIEWS)
            source = generator.choice([to, to, *VIEWS])
            steps.append((kind, names[0], to, names[1], source))
        elif kind == "set":
            steps.append((kind, names[0], generator.choice(VIEWS), generator.randint(-5, 5)))
        elif kind in ("bind", "flip"):
            steps.append((kind, *names[:2]))
        elif kind == "centre":
            steps.append((kind, *names[:2], generator.choice([0, 1, None])))
        else:
            steps.append((kind, names[0]))
    return steps


@pytest.mark.parametrize("seed", range(150))
def test_long_programs_are_numpys(seed):
    check_program(random_program(random.Random(seed), 60), assert_same)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("seed", range(6))
def test_long_distributed_programs_are_numpys(seed, axis):
    check_distributed_program(random_program(random.Random(seed), 30), axis)


def test_a_temporary_is_fused_into_the_write_that_takes_it():
    x, y = random_array(N, seed=1), random_array(N, seed=2)
    a, b = hpx.asarray(x), hpx.asarray(y)
    a[...] = (a + b) * 2 - a
    assert_same(a, (x + y) * 2 - x)
    a[1:] = a[:-1] + b[1:]
    expected = (x + y) * 2 - x
    expected[1:] = expected[:-1] + y[1:]
    assert_same(a, expected)


def test_distributed_writes():
    x = random_array((20, 7))
    a = hpx.asarray(x, distribution="block")
    before = a * 2
    a[3:9] += a[4:10]
    x_after = x.copy()
    x_after[3:9] += x[4:10]
    check_distributed(a, x_after)
    check_distributed(before, x * 2)
