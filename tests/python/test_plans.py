"""What is computed together, once, in place and in memory that dies: by the text of the plans."""

# SPDX-License-Identifier: BSL-1.0
import itertools
import operator
import re

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same, random_array

N = 5000
ROWS, COLUMNS = 300, 70


def lines_of(text):
    return [line.strip() for line in text.splitlines()]


def passes(text, domain):
    """How many steps go over `domain`."""
    return len(re.findall(rf"^step .* over {re.escape(str(domain))}$", text, re.MULTILINE))


def arrays(count, shape=N):
    values = [random_array(shape, seed=seed) for seed in range(count)]
    return [hpx.asarray(x) for x in values], values


def test_several_results_share_a_pass_whatever_lies_between():
    (a, b, c), (x, y, z) = arrays(3)
    total, product, largest = (a + b).sum(), a * b, hpx.max(c - a)
    shifted = total + product
    plan = hpx.explain(lambda: hpx.eval(total / 2, product, largest, shifted))
    assert passes(plan, (N,)) == 2
    assert_same(product, x * y)
    assert_same(largest, np.asarray((z - x).max()))
    assert_same(shifted, (x + y).sum() + x * y, tolerance=1e-12)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1), -1])
def test_mean_std_and_var_share_a_pass(axis):
    x = random_array((ROWS, COLUMNS))
    a = hpx.asarray(x)
    mean, std, var = (f(a, axis=axis) for f in (hpx.mean, hpx.std, hpx.var))
    plan = hpx.explain(lambda: hpx.eval(mean, std, var))
    assert passes(plan, (ROWS, COLUMNS)) == 1
    assert plan.count("_squares of in0") == 1
    assert plan.count("sum of in0") == 1
    assert plan.startswith("2 steps\n")
    for got, f in ((mean, np.mean), (std, np.std), (var, np.var)):
        assert_same(got, np.asarray(f(x, axis=axis)), tolerance=1e-10)


def test_equal_expressions_are_computed_once():
    (a, b), (x, y) = arrays(2)
    result = hpx.exp(a * b) + hpx.exp(a * b) * (a * b)
    plan = hpx.explain(result)
    assert plan.count("exp(") == 1
    assert len(re.findall(r"= multiply", plan)) == 2
    assert_same(result, np.exp(x * y) * (1 + x * y), tolerance=1e-10)
    # Also where they are stored to be seen through views, or joined.
    neighbours = (a * b)[1:] + (a * b)[:-1]
    assert hpx.explain(neighbours).count("store") == 2
    assert_same(neighbours, (x * y)[1:] + (x * y)[:-1])
    scaled = (a - a.min()) / (a.max() - a.min())
    plan = hpx.explain(scaled)
    assert plan.count("min of in0") == 1
    assert_same(scaled, (x - x.min()) / (x.max() - x.min()))


def test_equal_results_have_memory_of_their_own():
    a = hpx.asarray(random_array(N))
    first, second = a * 2, a * 2
    hpx.eval(first, second)
    first[:] = 0
    assert_same(second, random_array(N) * 2)


def test_conversions_are_part_of_the_pass():
    x = random_array(N, "int16")
    a = hpx.asarray(x)
    total = (a.astype("float32") * 1.5).sum(dtype="float64")
    plan = hpx.explain(total)
    assert plan.startswith("1 step\n")
    assert plan.count("convert(") == 2
    assert "reads 10.0 KB, writes 8 B" in plan
    assert_same(total, np.asarray((x.astype("float32") * np.float32(1.5)).sum(dtype="float64")))


def test_an_intermediate_that_nobody_reads_again_is_not_stored():
    a = hpx.asarray(random_array(N))
    doubled = a * 2
    centred = doubled - doubled.mean()
    plan = hpx.explain(centred)
    assert plan.count("store ") == 3
    del doubled
    assert hpx.explain(centred).count("store ") == 2
    x = random_array(N) * 2
    assert_same(centred, x - x.mean(), tolerance=1e-9)


def test_memory_of_dying_operands_is_taken_over():
    x, y = random_array(N), random_array(N, seed=1)
    a, b = hpx.asarray(x), hpx.asarray(y)
    a = a * 2.5 + b
    assert "store t0 over in0" in hpx.explain(a)
    hpx.eval(a)
    assert_same(a, x * 2.5 + y)
    assert_same(b, y)
    # An intermediate of a step before.
    c = (a + b)[::-1] * 2
    d = hpx.sqrt(hpx.abs((c - b)[::-1] * 1) + 1)
    assert "over in" not in hpx.explain(c)
    expected = x * 2.5 + y
    assert_same(d, np.sqrt(np.abs((((expected + y)[::-1] * 2) - y)[::-1]) + 1))


@pytest.mark.parametrize("keep", ["name", "view", "numpy", "other result", "shifted", "other size"])
def test_memory_that_somebody_reads_is_not_taken_over(keep):
    x = random_array(N)
    a, b = hpx.asarray(x), hpx.asarray(random_array(N, seed=1))
    kept = {
        "name": lambda: a,
        "view": lambda: a[::2],
        "numpy": lambda: a.to_numpy(),
        "other result": lambda: a * 3,
        "shifted": lambda: None,
        "other size": lambda: None,
    }[keep]()
    before = None if kept is None else np.array(hpx.asarray(kept) + 0)
    if keep == "shifted":
        a = a * 2 + a[::-1]
    elif keep == "other size":
        a = hpx.equal(a, b)
    else:
        a = a * 2 + b
    plan = hpx.explain(a)
    # What others can write is read at the call; then a * 2 is the operand that dies.
    assert ("over in" in plan) == (keep == "numpy")
    hpx.eval(a)
    if kept is not None:
        assert_same(hpx.asarray(kept), before)


def test_in_place_operators_write_into_their_operand():
    (a, b, c), (x, y, z) = arrays(3)

    def update():
        nonlocal a
        a += b * c

    plan = hpx.explain(update)
    assert lines_of(plan)[0] == "1 step"
    assert "write t0 over in" in plan
    assert "store" not in plan
    assert_same(a, x + y * z)

    def update_with_itself():
        nonlocal a
        a *= a * b - 1

    assert lines_of(hpx.explain(update_with_itself)).count("1 step") == 1
    x = x + y * z
    x *= x * y - 1
    assert_same(a, x)
    a += a
    a -= c
    assert_same(a, x + x - z)


def test_a_named_operand_of_an_in_place_operator_keeps_its_values():
    (a, b), (x, y) = arrays(2)
    product = a * b
    a += product
    assert_same(a, x + x * y)
    assert_same(product, x * y)
    # A tuple of arguments outlives the call.
    arguments = (a, a - b)
    operator.iadd(*arguments)
    assert_same(arguments[1], x + x * y - y)
    arguments = (slice(None), b * 2 - a)
    expected = y * 2 - a.to_numpy()
    a.__setitem__(*arguments)
    assert_same(arguments[1], expected)


def test_assignment_to_a_part_is_one_step():
    (a, b), (x, y) = arrays(2)

    def smooth():
        b[1:-1] = 0.5 * (a[2:] + a[:-2])

    plan = hpx.explain(smooth)
    assert lines_of(plan)[0] == "1 step"
    assert lines_of(plan)[-2:] == ["write t0", "reads 80.0 KB, writes 40.0 KB"]
    y[1:-1] = 0.5 * (x[2:] + x[:-2])
    assert_same(b, y)


def test_parts_that_overlap_are_copied_first():
    (a,), (x,) = arrays(1)

    def smooth():
        a[1:-1] = 0.5 * (a[2:] + a[:-2])

    plan = hpx.explain(smooth)
    assert lines_of(plan).count("1 step") == 2
    x[1:-1] = 0.5 * (x[2:] + x[:-2])
    assert_same(a, x)

    def interleave():
        a[::2] = a[1::2] * 2

    assert lines_of(hpx.explain(interleave)).count("1 step") == 1
    x[::2] = x[1::2] * 2
    assert_same(a, x)


def test_a_part_is_written_with_what_was_there_before():
    (a,), (x,) = arrays(1)
    a[::2] = a[: N // 2]
    x[::2] = x[: N // 2].copy()
    assert_same(a, x)


def test_what_a_step_before_reads_needs_no_copy():
    (a,), (x,) = arrays(1)

    def centre():
        a[1:] -= a[:-1].mean()

    plan = hpx.explain(centre)
    assert lines_of(plan)[0] == "3 steps"
    assert "write t0 over in0" in plan
    x[1:] -= x[:-1].mean()
    assert_same(a, x, tolerance=1e-9)


def test_explain_of_a_function():
    (a,), _ = arrays(1)
    assert hpx.explain(lambda: None) == "no plan was run\n"
    inner = []
    outer = hpx.explain(lambda: inner.append(hpx.explain(lambda: hpx.eval(a * 2))))
    assert outer == inner[0]
    assert outer.startswith("1 step\n")
    with pytest.raises(ZeroDivisionError):
        hpx.explain(lambda: 1 / 0)
    assert hpx.explain(lambda: hpx.eval(a * 3)).count("1 step\n") == 1


def test_recorded_work_is_bounded():
    bytes_of_one = 8 * 50_000
    limit = 512 * 1024 * 1024
    used = hpx.counters.get("/hpxpy/memory/used")
    most = 0
    total = hpx.zeros(50_000)
    for i in range(3000):
        total = total + hpx.asarray(np.full(50_000, float(i)))
        most = max(most, hpx.counters.get("/hpxpy/memory/used") - used)
    assert most < limit * 1.3
    assert most > 10 * bytes_of_one
    assert float(total[0]) == sum(range(3000))


@pytest.mark.parametrize("shape", [(300, 310), (257, 1000), (33, 64, 65), (7, 5000), (5, 100, 200)])
@pytest.mark.parametrize("dtype", ["float64", "int16", "bool", "complex128"])
def test_operands_in_other_orders_are_read_in_tiles(shape, dtype):
    x, y = random_array(shape[::-1], dtype), random_array(shape, dtype, 1)
    a, b = hpx.asarray(x), hpx.asarray(y)
    result = hpx.maximum(a.T, b)
    if dtype == "float64":
        assert (", in tiles along axis" in hpx.explain(result)) == (shape[0] > 7)
    assert_same(result, np.maximum(x.T, y))
    assert_same(hpx.add(a.T[..., 1:], a.T[..., :-1]), np.add(x.T[..., 1:], x.T[..., :-1]))
    assert_same(hpx.copy(a.T[::-1, ..., ::-2]), x.T[::-1, ..., ::-2])


def test_writes_follow_the_memory_that_is_written():
    x, y = random_array((300, 400)), random_array((300, 400), seed=1)
    a, b = hpx.asarray(x), hpx.asarray(y)

    def write():
        a.T[...] = a.T * 2 + b.T

    plan = hpx.explain(write)
    assert plan.startswith("1 step\nstep 1: fused 2 operations over (300, 400)\n")
    assert "write t0 over in0" in plan
    assert_same(a, x * 2 + y)
    square = hpx.asarray(random_array((300, 300)))
    expected = square.to_numpy().copy()
    square += square.T
    assert_same(square, expected + expected.T)


def test_reductions_go_along_memory():
    x = random_array((400, 300))
    a = hpx.asarray(x)
    plan = hpx.explain(a.T.sum(axis=0))
    assert "over (400, 300)" in plan
    assert "strided" not in plan
    assert_same(a.T.sum(axis=0), a.sum(axis=1).to_numpy())
    assert_same((a * 2).T.var(axis=1), (a * 2).var(axis=0).to_numpy())


@pytest.mark.parametrize("shape", [(20, 17, 23), (3, 4, 5), (1, 90, 40)])
def test_reductions_of_turned_arrays(shape):
    x = random_array(shape, "int64")
    a = hpx.asarray(x)
    for order in itertools.permutations(range(3)):
        turned, expected = hpx.permute_dims(a, order), x.transpose(order)
        for axis in [None, 0, 1, 2, (0, 1), (0, 2), (1, 2), (2, 0), ()]:
            for keepdims in (False, True):
                got = hpx.sum(turned, axis=axis, keepdims=keepdims)
                assert_same(got, np.asarray(expected.sum(axis=axis, keepdims=keepdims)))
                got = hpx.max(turned[::-1, ..., :1] * 2, axis=axis, keepdims=keepdims)
                part = expected[::-1, ..., :1] * 2
                assert_same(got, np.asarray(part.max(axis=axis, keepdims=keepdims)))
            got = hpx.var(turned, axis=axis)
            assert_same(got, np.asarray(expected.var(axis=axis)), tolerance=1e-10)
            if not isinstance(axis, tuple):
                assert_same(hpx.argmax(turned, axis=axis), np.asarray(expected.argmax(axis=axis)))


@pytest.mark.parametrize("size", [30, 300])
def test_the_order_of_axes_does_not_change_the_bits_of_a_sum(size):
    a = hpx.asarray(random_array((size, 40), "float32"))
    pending = a * 3
    expected = float((a * 3).sum())
    assert float(pending.T.sum()) == expected
    hpx.eval(pending)
    assert float(pending.T.sum()) == expected
    assert float(pending.sum()) == expected


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 7, 31, 32, 33])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_variances_of_short_rows(columns, dtype):
    x = random_array((3001, columns), dtype)
    a = hpx.asarray(x)
    tolerance = 1e-4 if dtype in ("float32", "complex64") else 1e-12
    assert_same(a.var(axis=1), x.var(axis=1), tolerance=tolerance)
    row = hpx.asarray(x[17])
    assert float(row.var()) == float(a.var(axis=1)[17])
    assert_same(a.var(axis=0), x.var(axis=0), tolerance=tolerance)


@pytest.mark.parametrize("columns", [300, 700, 9000])
def test_variances_of_long_columns(columns):
    x = random_array((1000, columns))
    assert_same(hpx.var(hpx.asarray(x), axis=0), x.var(axis=0), tolerance=1e-12)
    assert_same(hpx.sum(hpx.asarray(x) > 0, axis=0), (x > 0).sum(axis=0))


def test_reductions_of_one_array_are_computed_with_the_first_that_is_read():
    (a,), (x,) = arrays(1)
    mean, std, largest, other = a.mean(), a.std(), a.max(), (a * 2).sum()
    plan = hpx.explain(lambda: float(mean))
    assert passes(plan, (N,)) == 1
    for name in ("sum", "_squares", "max"):
        assert f"{name} of in0" in plan
    assert passes(hpx.explain(std), (N,)) == 0
    assert "nothing to compute" in hpx.explain(largest)
    assert passes(hpx.explain(other), (N,)) == 1
    assert_same(std, np.asarray(x.std()), tolerance=1e-12)
    # Over other axes, or of another view, it would be another pass.
    (b,), _ = arrays(1, (90, 80))
    rows, columns, part = b.sum(axis=1), b.max(axis=0), b[1:].sum(axis=1)
    assert lines_of(hpx.explain(rows))[0] == "1 step"
    hpx.eval(rows)
    for result in (columns, part):
        assert lines_of(hpx.explain(result))[0] == "1 step"
