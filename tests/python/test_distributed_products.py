"""Products of distributed vectors and matrices: NumPy's values, and where the result lies."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, check, random_array

N, ME = hpx.num_localities(), hpx.locality_id()

MAPS = {
    "local": {},
    "rows": {"distribution": "block"},
    "columns": {"distribution": "block", "axis": 1},
    "cyclic rows": {"distribution": "cyclic"},
    "cyclic columns": {"distribution": "cyclic", "axis": 1},
    "cyclic blocks": {"distribution": hpx.Distribution("block_cyclic", block_size=3)},
    "grid": {"distribution": ("block", "block"), "grid": (1, N)},
    "copies": {"distribution": ("block", None), "grid": (1, N)},
}
SHAPES = [
    ((12, 9), (9, 7)),
    ((2, 30), (30, 2)),
    ((5, 1), (1, 6)),
    ((0, 4), (4, 3)),
    ((4, 0), (0, 3)),
]


def close(got, expected):
    check(got, expected, tolerance=1e-12)


@pytest.mark.parametrize("right", MAPS)
@pytest.mark.parametrize("left", MAPS)
def test_matrices_on_any_maps(left, right):
    for one, other in SHAPES:
        x, y = random_array(one), random_array(other, seed=1)
        a, b = hpx.asarray(x, **MAPS[left]), hpx.asarray(y, **MAPS[right])
        close(a @ b, x @ y)


@pytest.mark.parametrize("dtype", ["bool", "int32", "float32", "complex128"])
@pytest.mark.parametrize("other", ["float64", None])
def test_all_kinds_of_elements(dtype, other):
    x, y = random_array((8, 6), dtype), random_array((6, 5), other or dtype, seed=1)
    for left in ("rows", "columns"):
        for right in ("rows", "columns", "local"):
            a, b = hpx.asarray(x, **MAPS[left]), hpx.asarray(y, **MAPS[right])
            check(a @ b, x @ y, tolerance=1e-4 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("layout", ["rows", "cyclic rows", "columns", "copies"])
def test_vectors(layout):
    x, v, w = random_array((12, 9)), random_array(9, seed=1), random_array(12, seed=2)
    a = hpx.asarray(x, **MAPS[layout])
    for place in ({}, {"distribution": "block"}, {"distribution": "cyclic"}):
        right, left = hpx.asarray(v, **place), hpx.asarray(w, **place)
        close(a @ right, x @ v)
        close(left @ a, w @ x)
        close(left @ left, w @ w)
        close(hpx.matmul(hpx.asarray(w), left), w @ w)


def test_where_results_lie():
    a = hpx.ones((12, 9), distribution="block")
    b = hpx.ones((9, 8), distribution="block")
    wide = hpx.ones((9, 40), distribution="block", axis=1)
    assert (a @ hpx.ones((9, 8))).distribution == a.distribution
    assert (a @ b).distribution == a.distribution
    assert (hpx.ones((4, 9)) @ wide).distribution == wide.distribution
    assert (a @ wide).distribution.axis == 1
    assert (wide @ hpx.ones((40, 3), distribution="block")).distribution is None
    assert (hpx.ones(12) @ a).distribution is None
    assert (a @ hpx.ones(9)).distribution == "block"


def test_views_and_expressions():
    x, y = random_array((12, 12)), random_array((12, 12), seed=1)
    a, b = hpx.asarray(x, **MAPS["rows"]), hpx.asarray(y, **MAPS["columns"])
    close(a.T @ b, x.T @ y)
    close(a[::-1] @ b[:, ::2], x[::-1] @ y[:, ::2])
    close((a + 1) @ (b.T * 2), (x + 1) @ (y.T * 2))
    close(a @ a, x @ x)
    close(a.T @ a, x.T @ x)
    product = a @ b
    a[...] = 0.0
    close(product, x @ y)


@pytest.mark.skipif(N == 1, reason="one locality sends nothing")
def test_what_products_send():
    lines = 6 * N
    a = hpx.asarray(random_array((lines, lines)), **MAPS["rows"])
    b = hpx.asarray(random_array((lines, lines)), **MAPS["rows"])
    hpx.eval(a, b)
    names = ("messages", "bytes_sent")

    def sent(kind):
        return np.array([hpx.counters.get(f"/hpxpy/{name}/{kind}") for name in names])

    block = lines * lines * 8 // N
    before = sent("rotate")
    c = a @ b
    moved = [int(n) for n in sent("rotate") - before]
    agree("" if moved == [N - 1, (N - 1) * block] else f"sent {moved}")
    ones = hpx.ones((lines, 3))
    whole = hpx.counters.get("/hpxpy/messages")
    d = a @ ones
    hpx.eval(d)
    # Not even an agreement: with a local operand each locality has all that it needs.
    agree("" if hpx.counters.get("/hpxpy/messages") == whole else "sent something")
    assert c.shape == (lines, lines) and d.shape == (lines, 3)
    plan = hpx.explain(lambda: a @ b)
    line = f"rotate of float64 ({lines}, {lines}) for matmul: sends "
    assert plan.count(line) == N - 1
    total = sent("all_reduce")
    hpx.matmul(a.T, a)
    assert int((sent("all_reduce") - total)[0]) == N - 1


def test_products_that_do_not_fit():
    a = hpx.ones((6, 4), distribution="block")
    with pytest.raises(ValueError, match=r"matmul: shapes \(6, 4\) and \(6, 4\) do not fit"):
        a @ a
    with pytest.raises(ValueError, match="0-d"):
        hpx.matmul(a, 2)
    with pytest.raises(ValueError, match="tensordot: axis 1 of shape"):
        hpx.tensordot(a, a, ([1], [0]))
    with pytest.raises(ValueError, match="vdot: 24 elements meet 6"):
        hpx.vdot(a, hpx.ones(6))
    with pytest.raises(ValueError, match="broadcast"):
        hpx.ones((2, 6, 4), distribution="block") @ hpx.ones((3, 4, 3))
    close(a @ hpx.ones(4), np.full(6, 4.0))


@pytest.mark.skipif(N == 1, reason="one locality has nobody to disagree with")
def test_products_that_differ():
    a = hpx.ones((6, 4), distribution="block")
    columns = 3 if ME == 0 else 5
    round_ = hpx.ones((4, columns), distribution="block")
    summed = hpx.ones((6, columns), distribution="block")
    for call in (lambda: a @ round_, lambda: a.T @ summed):
        with pytest.raises(hpx.CommunicationError, match="matmul") as error:
            call()
        assert f", {3})" in str(error.value) and f", {5})" in str(error.value)
    close(a @ hpx.ones(4), np.full(6, 4.0))
