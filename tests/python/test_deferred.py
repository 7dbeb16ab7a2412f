"""Deferred work is NumPy call by call: writes never change what was recorded, plans are fused."""

# SPDX-License-Identifier: BSL-1.0
import gc
import re

import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    agree,
    assert_same,
    check,
    check_distributed,
    placements,
    random_array,
)

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


def test_a_temporary_is_fused_into_the_write_that_takes_it():
    x, y = random_array(N, seed=1), random_array(N, seed=2)
    a, b = hpx.asarray(x), hpx.asarray(y)
    a[...] = (a + b) * 2 - a
    assert_same(a, (x + y) * 2 - x)
    a[1:] = a[:-1] + b[1:]
    expected = (x + y) * 2 - x
    expected[1:] = expected[:-1] + y[1:]
    assert_same(a, expected)


def test_parts_that_interleave():
    x = random_array((40, 90))
    a = hpx.asarray(x)
    before = a[::2] + a[1::2]
    a[::2] = a[1::2] * 2
    a[:, 1::3] += a[:, 2::3] * a[:, ::3]
    a[1::2, :45] -= a[1::2, 89:44:-1]
    a[:, ::2] = a[:, 1::2] + a[:, :45]
    assert_same(before, x[::2] + x[1::2])
    x[::2] = x[1::2] * 2
    x[:, 1::3] += x[:, 2::3] * x[:, ::3]
    x[1::2, :45] -= x[1::2, 89:44:-1]
    x[:, ::2] = x[:, 1::2] + x[:, :45]
    assert_same(a, x)


@pytest.mark.parametrize("size", [3, N])
def test_out_may_be_larger_than_what_is_written(size):
    x = random_array(size)
    out, mask = hpx.zeros((4, size)), np.arange(4)[:, None] > 1
    assert hpx.multiply(hpx.asarray(x), 3, out=out) is out
    assert_same(out, np.broadcast_to(x * 3, (4, size)))
    hpx.negative(hpx.asarray(x), out=out, where=hpx.asarray(mask))
    assert_same(out, np.where(mask, -x, x * 3))
    with pytest.raises(ValueError, match=rf"add: out has shape \({size},\), the result"):
        hpx.add(out, 1, out=hpx.zeros(size))
    with pytest.raises(ValueError, match=r"sum: out has shape"):
        hpx.sum(out, axis=0, out=out)


def test_distributed_writes():
    x = random_array((20, 7))
    a = hpx.asarray(x, distribution="block")
    before = a * 2
    a[3:9] += a[4:10]
    x_after = x.copy()
    x_after[3:9] += x[4:10]
    check_distributed(a, x_after)
    check_distributed(before, x * 2)


@pytest.mark.parametrize(
    "shape", [(700, 8, 4), (64, 512), (33, 7, 31), (2000, 3), (40, 1024), (5, 3000)]
)
@pytest.mark.parametrize("dtype", ["int8", "float64"])
def test_operands_that_repeat(shape, dtype):
    """Rows, planes and columns for the whole array, in blocks of every kind."""
    x = random_array(shape, dtype)
    row, plane = random_array(shape[-1:], dtype, 1), random_array(shape[1:], dtype, 2)
    column = random_array((*shape[:-1], 1), dtype, 3)
    a, r, p, c = (hpx.asarray(array) for array in (x, row, plane, column))
    assert_same((a - r) * p + c - p[..., ::-1], (x - row) * plane + column - plane[..., ::-1])
    assert_same((p - c).max(axis=-1), (plane - column).max(axis=-1))
    assert_same((c * r - p).min(axis=0), (column * row - plane).min(axis=0))
    a += r * p
    x += row * plane
    assert_same(a, x)
    a[1:] = a[0] * c[1:]
    x[1:] = x[0] * column[1:]
    assert_same(a, x)
    a *= a[2]
    x *= x[2].copy()
    assert_same(a, x)
