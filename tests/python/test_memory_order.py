"""Results lie in the memory order of their operands, as NumPy's do with order='K'."""
# SPDX-License-Identifier: BSL-1.0

import copy
import itertools

import hpxpy as hpx
import numpy as np
import pytest

pytestmark = pytest.mark.local

SHAPES = [(3, 5), (2, 3, 4), (2, 3, 4, 5), (3, 1, 4), (70, 60), (15, 13, 14)]
FUNCTIONS = ["negative", "sqrt", "add", "multiply", "less", "where", "clip"]


def arguments(name, x, y):
    one = {"negative": (x,), "sqrt": (x,), "where": (x > 0.5, x, y), "clip": (x, 0.25, y)}
    return one.get(name, (x, y))


def numbers(shape, seed=0):
    return np.random.default_rng(seed).random(shape)


def same(mine, theirs):
    np.testing.assert_array_equal(mine.to_numpy(), theirs)
    lengths = [i for i, length in enumerate(theirs.shape) if length != 1]
    assert [mine.strides[i] for i in lengths] == [theirs.strides[i] for i in lengths]


def permutations(shape):
    return list(itertools.permutations(range(len(shape))))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_keeps_the_order_of_its_operands(name, shape):
    a, b = numbers(shape), numbers(shape, 1)
    x, y = hpx.array(a), hpx.array(b)
    for axes in permutations(shape):
        theirs = getattr(np, name)(*arguments(name, a.transpose(axes), b.transpose(axes)))
        mine = getattr(hpx, name)(*arguments(name, x.transpose(axes), y.transpose(axes)))
        same(mine, theirs)
        assert not mine.is_view


@pytest.mark.parametrize(
    "shape", [(4, 4), (3, 3, 3), (70, 70), (14, 14, 14), (2, 2, 2, 2)], ids=str
)
def test_operands_in_different_orders_give_numpys(shape):
    a, b = numbers(shape), numbers(shape, 1)
    x, y = hpx.array(a), hpx.array(b)
    for first, second in itertools.product(permutations(shape), repeat=2):
        same(x.transpose(first) + y.transpose(second), a.transpose(first) + b.transpose(second))


@pytest.mark.parametrize(("n", "m"), [(3, 5), (70, 60)])
def test_broadcast_operands_follow_the_whole_ones(n, m):
    a, row, column = numbers((m, n)), numbers((m,)), numbers((n, 1))
    x, r, c = hpx.array(a), hpx.array(row), hpx.array(column)
    same(x.T + r, a.T + row)
    same(c * x.T, column * a.T)
    same(x.T + 1, a.T + 1)
    same(r + c, row + column)
    same(r * c + x.T, row * column + a.T)
    same(x.T[None] + x.T[:, None], a.T[None] + a.T[:, None])


@pytest.mark.parametrize(("n", "m"), [(4, 6), (80, 60)])
def test_parts_and_negative_steps_have_an_order(n, m):
    a = numbers((n, m))
    x = hpx.array(a)
    for key in np.s_[::-1, ::-1], np.s_[::2, 1:], np.s_[1:, ::-3], np.s_[:, None], np.s_[::2]:
        same(x.T[key] * 2, a.T[key] * 2)
        same(x[key] * 2, a[key] * 2)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_copies_and_conversions(shape):
    a = numbers(shape)
    x = hpx.array(a)
    for axes in permutations(shape):
        theirs, mine = a.transpose(axes), x.transpose(axes)
        same(mine.astype(np.float32), theirs.astype(np.float32))
        same(mine.astype(mine.dtype), theirs.astype(theirs.dtype))
        same(hpx.copy(mine), np.copy(theirs))
        same(mine.copy(), theirs.copy())
        same(hpx.array(mine), np.array(theirs))
        same(hpx.asarray(mine, copy=True), np.asarray(theirs, copy=True))
        same(hpx.ascontiguousarray(mine + 0), np.ascontiguousarray(theirs))
        same(copy.copy(mine), copy.copy(theirs))
        same(copy.deepcopy(mine), copy.deepcopy(theirs))


@pytest.mark.parametrize(("n", "m"), [(5, 7), (90, 50)])
def test_what_reads_a_result_in_another_order(n, m):
    a, b = numbers((m, n)), numbers((n, m), 1)
    x, y = hpx.array(a), hpx.array(b)
    s, t = x.T + 1, a.T + 1
    np.testing.assert_array_equal(s.ravel().to_numpy(), t.ravel())
    np.testing.assert_array_equal(s.reshape(m, n).to_numpy(), t.reshape(m, n))
    np.testing.assert_array_equal(np.asarray(memoryview(x.T + 1)), t)
    np.testing.assert_array_equal(np.from_dlpack(x.T + 1), t)
    np.testing.assert_array_equal(hpx.cumsum(s, axis=0).to_numpy(), t.cumsum(axis=0))
    np.testing.assert_array_equal(hpx.sort(x.T + 1, axis=0).to_numpy(), np.sort(t, axis=0))
    np.testing.assert_array_equal((x.T + 1)[s > 1.5].to_numpy(), t[t > 1.5])
    np.testing.assert_array_equal((x.T + 1)[[1, 0], 2:].to_numpy(), t[[1, 0], 2:])
    np.testing.assert_allclose(hpx.matmul(x.T + 1, y.T - 1).to_numpy(), t @ (b.T - 1), rtol=1e-12)
    assert (s.argmax(), s.argmin()) == (t.argmax(), t.argmin())
    out = hpx.zeros((n, m))
    hpx.add(s, y, out=out)
    same(out, t + b)
    out += x.T
    same(out, t + b + a.T)
    s *= y
    np.testing.assert_array_equal(s.to_numpy(), t * b)
    s[1:] = (x.T * 2)[:-1]
    np.testing.assert_array_equal(s.to_numpy()[1:], (a.T * 2)[:-1])


def test_expressions_of_one_order_are_one_pass():
    x, y = hpx.array(numbers((400, 300))), hpx.array(numbers((400, 300), 1))
    text = hpx.explain(x.T * 2 + y.T)
    assert text.startswith("1 step\n") and "over (400, 300)\n" in text and "stride" not in text
    assert hpx.explain((x.T * 2 + y.T).sum(axis=0)).startswith("1 step\n")


def test_expressions_of_several_orders_are_one_pass():
    a, b, c = numbers((400, 300)), numbers((400, 300), 1), numbers((300, 400), 2)
    x, y, z = hpx.array(a), hpx.array(b), hpx.array(c)
    assert hpx.explain((x * 2 + y).T - z).startswith("1 step\n")
    same((x * 2 + y).T - z, (a * 2 + b).T - c)
    same(((x * 2).T - z).T * y, np.multiply(((a * 2).T - c).T, b))
    np.testing.assert_allclose(((x * 2).T - z).sum(axis=0).to_numpy(), ((a * 2).T - c).sum(axis=0))
    z[...] = (x + y).T
    same(z, (a + b).T.copy())


def test_one_expression_seen_in_two_orders():
    a = numbers((300, 300))
    x = hpx.array(a)
    s = x * 3
    same(s + s.T, a * 3 + (a * 3).T)
    s, t = x * 3 + 1, a * 3 + 1
    u = hpx.sqrt(s.T) - s
    hpx.eval(u, s)
    same(u, np.subtract(np.sqrt(t.T), t))
    same(s, t)
    s = x * 3 + 1
    u, v = (s.T + 2).sum(axis=0), (s.T - x).T
    np.testing.assert_allclose(u.to_numpy(), (t.T + 2).sum(axis=0), rtol=1e-13)
    same(v, (t.T - a).T)
    same(s, t)
