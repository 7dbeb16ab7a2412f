"""Products of distributed arrays of any dimensions: batches, tensordot, einsum and kin."""

# SPDX-License-Identifier: BSL-1.0
import itertools

import hpxpy as hpx
import numpy as np
import pytest
from helpers import PLANES, agree, check, random_array
from hypothesis import given
from hypothesis import strategies as st

N, ME = hpx.num_localities(), hpx.locality_id()
#: Shapes of grids of all localities with two dimensions.
GRIDS = [(i, N // i) for i in range(1, N + 1) if N % i == 0]


def close(got, expected):
    check(got, np.asarray(expected), tolerance=1e-11)


def maps(dimensions):
    """Keywords that deal out arrays of so many dimensions, and that leave them local."""
    places = [{}]
    for axis in range(dimensions):
        places.append({"distribution": "block", "axis": axis})
    if dimensions:
        places.append({"distribution": "cyclic", "axis": dimensions - 1})
        places.append({"distribution": hpx.Distribution("block_cyclic", block_size=3)})
    for one, other in itertools.combinations(range(dimensions), 2):
        kinds = [None] * dimensions
        kinds[one], kinds[other] = "block", "cyclic" if other == 2 else "block"
        places.extend({"distribution": tuple(kinds), "grid": grid} for grid in GRIDS)
    return places


def placed(*arrays, most=40):
    """The arrays on combinations of maps, some `most` of them."""
    choices = list(itertools.product(*(maps(x.ndim) for x in arrays)))
    for places in choices[:: len(choices) // most + 1]:
        yield [hpx.asarray(x, **place) for x, place in zip(arrays, places, strict=True)]


def sent(*kinds):
    return np.array([hpx.counters.get(f"/hpxpy/bytes_sent/{kind}") for kind in kinds])


def all_sent():
    return int(hpx.counters.get("/hpxpy/messages"))


BATCHES = [
    ((4, 5, 6), (4, 6, 3)),
    ((7, 2, 6), (6, 3)),
    ((5, 6), (7, 6, 2)),
    ((1, 5, 6), (4, 6, 3)),
    ((4, 5, 6), (6,)),
    ((6,), (5, 6, 3)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((3, 0, 4), (3, 4, 2)),
    ((0, 2, 4), (0, 4, 2)),
    ((3, 2, 0), (3, 0, 2)),
]


@pytest.mark.parametrize(("one", "other"), BATCHES, ids=str)
def test_batches_on_any_maps(one, other):
    x, y = random_array(one), random_array(other, seed=1)
    for a, b in placed(x, y, most=60):
        close(a @ b, x @ y)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float32", "complex64"])
def test_batches_of_all_kinds(dtype):
    x, y = random_array((4, 5, 6), dtype), random_array((4, 6, 3), dtype, seed=1)
    for left in maps(3)[1:5]:
        for right in maps(3)[:4]:
            got = hpx.asarray(x, **left) @ hpx.asarray(y, **right)
            check(got, x @ y, tolerance=1e-4)


def test_where_batches_lie():
    a = hpx.ones((6 * N, 3, 4), distribution="block")
    assert (a @ hpx.ones((4, 2))).distribution == a.distribution
    assert (a @ hpx.ones((6 * N, 4, 2), distribution="block")).distribution == a.distribution
    for axis in (1, 2):
        b = hpx.ones((6 * N, 4, 20), distribution="block", axis=axis)
        assert (a @ b).distribution.axis == 0
        assert (b.mT @ a.mT).distribution.axis == 0
    rows = hpx.ones((2, 6 * N, 4), distribution="block", axis=1)
    assert (rows @ hpx.ones((2, 4, 3), distribution="block", axis=1)).distribution.axis == 1
    summed = hpx.ones((2, 3, 6 * N), distribution="block", axis=2)
    assert (summed @ hpx.ones((2, 6 * N, 3), distribution="block", axis=1)).distribution is None


@pytest.mark.skipif(N == 1, reason="one locality sends nothing")
def test_what_batches_send():
    a = hpx.asarray(random_array((2 * N, 3, N)), distribution="block")
    b = hpx.asarray(random_array((2 * N, N, 5)), distribution="block")
    c = hpx.asarray(random_array((2 * N, N, 5)), distribution="block", axis=1)
    rows = hpx.asarray(random_array((3 * N, 2 * N)), distribution="block")
    hpx.eval(a, b, c, rows)
    before = all_sent()
    results = [
        a @ b,
        hpx.einsum("bij,bjk->bik", a, b),
        hpx.einsum("bij,bjk->bk", a, b),
        a @ hpx.ones((N, 2)),
        hpx.tensordot(rows, hpx.ones((2 * N, 2, 2)), 1),
        hpx.einsum("ij->i", rows),
        hpx.einsum("ij,j->i", rows, hpx.ones(2 * N)),
        hpx.einsum("ij,ij->i", rows, rows),
        hpx.kron(rows, hpx.ones((2, 3))),
        hpx.kron(rows.T, hpx.ones((2, 3))),
        hpx.outer(rows[:, 0], hpx.ones(4)),
        hpx.vecdot(rows, rows),
        hpx.diagonal(rows),
    ]
    hpx.eval(*results)
    agree("" if all_sent() == before else f"{all_sent() - before} messages")
    # c moves to blocks of the batch: each keeps its part of its own.
    moved = sent("redistribute", "rotate", "all_reduce")
    hpx.eval(a @ c)
    moved = sent("redistribute", "rotate", "all_reduce") - moved
    expected = [2 * N * 5 * 8 * (N - 1) // N, 0, 0]
    agree("" if moved.tolist() == expected else f"sent {moved}, not {expected}")
    plan = hpx.explain(lambda: a @ c)
    assert f"redistribute of float64 ({2 * N}, {N}, 5)" in plan
    # Blocks of the smaller operand go round.
    wide = hpx.asarray(random_array((2 * N, 2, 2)), distribution="block")
    before = sent("rotate", "redistribute")
    hpx.eval(hpx.tensordot(rows, wide, 1))
    moved = sent("rotate", "redistribute") - before
    agree("" if moved.tolist() == [(N - 1) * 2 * 4 * 8, 0] else f"sent {moved}")


def test_sums_of_large_results_go_in_bands():
    x, y = (random_array(shape, "int8") * 1.0 for shape in ((800 * N, 2 * N), (2 * N, 800)))
    a, b = hpx.asarray(x, distribution="block"), hpx.asarray(y, distribution="block")
    close(a @ b, x @ y)
    close(b.T @ a.T, y.T @ x.T)
    stacked = hpx.tensordot(hpx.reshape(a, (2, 400 * N, 2 * N)), b, 1)
    close(stacked, (x @ y).reshape(2, 400 * N, 800))


TENSORDOTS = [
    ((6, 5, 4), (5, 4, 3), 2),
    ((6, 5, 4), (4, 7), 1),
    ((3, 4), (5, 2), 0),
    ((6, 5, 4), (4, 3, 6), ([0, 2], [2, 0])),
    ((6, 5, 4), (7, 5), ([1], [1])),
    ((4, 6), (4, 6), 2),
    ((5, 0, 4), (4, 3, 2), 1),
    ((5,), (5, 3, 2), ([0], [0])),
]


@pytest.mark.parametrize(("one", "other", "axes"), TENSORDOTS, ids=str)
def test_tensordot_on_any_maps(one, other, axes):
    x, y = random_array(one), random_array(other, seed=1)
    for a, b in placed(x, y):
        close(hpx.tensordot(a, b, axes), np.tensordot(x, y, axes))


@pytest.mark.parametrize("one", [(), (6,), (5, 6), (2, 5, 6)], ids=str)
@pytest.mark.parametrize("other", [(), (6,), (5, 6), (3, 5, 6)], ids=str)
def test_numpys_products_on_any_maps(one, other):
    x, y = random_array(one), random_array(other, seed=1)
    turned = np.moveaxis(y, -1, -2) if y.ndim > 1 else y
    for a, b in placed(x, y, most=24):
        close(hpx.inner(a, b), np.inner(x, y))
        close(hpx.dot(a, b.mT if b.ndim > 1 else b), np.dot(x, turned))
        close(hpx.outer(a, b), np.outer(x, y))
        close(hpx.kron(a, b), np.kron(x, y))
        if x.ndim and y.ndim and x.ndim + y.ndim < 6:
            close(hpx.vecdot(a, b), np.vecdot(x, y))


def test_vdot_on_any_maps():
    x = random_array((6, 5), "complex128")
    y = random_array((6, 5), "complex128", seed=1)
    for left in maps(2):
        for right in maps(2):
            a, b = hpx.asarray(x, **left), hpx.asarray(y, **right)
            close(hpx.vdot(a, b), np.vdot(x, y))
            close(hpx.vdot(a, hpx.reshape(b, (3, 10))), np.vdot(x, y))
            close(hpx.vdot(a.real > 0, b.real > 0), np.vdot(x.real > 0, y.real > 0))


EINSUMS = [
    ("ii->i", (6, 6)),
    ("ii", (6, 6)),
    ("iji->j", (5, 4, 5)),
    ("ij->ji", (5, 6)),
    ("ij->", (5, 6)),
    ("ij,jk", (5, 6), (6, 4)),
    ("ij,jk->ki", (5, 6), (6, 4)),
    ("ij,ij->i", (5, 6), (5, 6)),
    ("ij,ji->", (5, 6), (6, 5)),
    ("i,j->ij", (5,), (6,)),
    ("bi,bj->bij", (4, 3), (4, 5)),
    ("bij,bjk->bik", (4, 3, 5), (4, 5, 2)),
    ("bij,bkj->ki", (4, 3, 5), (4, 2, 5)),
    ("ijk,kl->ijl", (3, 4, 5), (5, 2)),
    ("...ij,...jk->...ik", (2, 3, 4), (4, 2)),
    ("ij,jk,kl->il", (5, 6), (6, 4), (4, 7)),
    ("ij,kj,kl,l->i", (5, 6), (4, 6), (4, 7), (7,)),
    ("ij,jk->ik", (1, 6), (6, 4)),
    ("ij,jk->ik", (5, 1), (6, 4)),
    ("ij,jk->ik", (5, 0), (0, 4)),
]


@pytest.mark.parametrize("case", EINSUMS, ids=str)
def test_einsum_on_any_maps(case):
    subscripts, *shapes = case
    arrays = [random_array(shape, seed=i) for i, shape in enumerate(shapes)]
    expected = np.einsum(subscripts, *arrays)
    for operands in placed(*arrays):
        close(hpx.einsum(subscripts, *operands), expected)


@given(st.lists(st.text("abcd", min_size=1, max_size=3), min_size=2, max_size=3), st.data())
def test_random_contractions(terms, data):
    lengths = {"a": 4, "b": 3, "c": 2 * N + 1, "d": 1}
    labels = sorted(set("".join(terms)))
    result = data.draw(st.lists(st.sampled_from(labels), unique=True))
    arrays = [
        random_array(tuple(lengths[c] for c in term), "int64", i) for i, term in enumerate(terms)
    ]
    places = [data.draw(st.sampled_from(maps(x.ndim))) for x in arrays]
    given = [hpx.asarray(x, **place) for x, place in zip(arrays, places, strict=True)]
    subscripts = ",".join(terms) + "->" + "".join(result)
    check(hpx.einsum(subscripts, *given), np.asarray(np.einsum(subscripts, *arrays)))


@pytest.mark.parametrize("plane", PLANES)
def test_diagonals_of_planes(plane):
    x = random_array((7, 9))
    a = hpx.asarray(x, **PLANES[plane])
    for offset in (0, 2, -3, 8, -9, 20):
        close(hpx.diagonal(a, offset), np.diagonal(x, offset))
        close(hpx.trace(a, offset), np.trace(x, offset))
        close(hpx.diagonal(a[::-1, 1:], offset), np.diagonal(x[::-1, 1:], offset))
        close(hpx.diag(a, offset), np.diag(x, offset))


def test_diagonals_on_any_maps():
    x = random_array((7, 4, 9))
    for place in maps(3):
        a = hpx.asarray(x, **place)
        for axes in itertools.permutations(range(3), 2):
            for offset in (1, -2):
                close(hpx.diagonal(a, offset, *axes), np.diagonal(x, offset, *axes))
                close(hpx.trace(a, offset, *axes), np.trace(x, offset, *axes))
    cyclic = [hpx.Distribution("block_cyclic", block_size=size) for size in (2, 3)]
    y = random_array((11, 13), "int32")
    for grid in GRIDS:
        for kinds in (tuple(cyclic), (cyclic[0], "block"), ("cyclic", cyclic[1])):
            b = hpx.asarray(y, distribution=kinds, grid=grid)
            for offset in (0, 1, -4):
                check(hpx.diagonal(b, offset), np.diagonal(y, offset))


def test_a_diagonal_is_a_view_where_strides_show_it():
    x = random_array((6, 6))
    a = hpx.asarray(x, distribution="block")
    seen = hpx.diagonal(a)
    a[...] = 2.0
    close(seen, np.full(6, 2.0))
    assert not seen.writeable


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_what_diagonals_of_grids_send(grid):
    n = 12 * N
    x = random_array((n, n))
    a = hpx.asarray(x, distribution=("block", "block"), grid=grid)
    hpx.eval(a)
    before = sent("broadcast")[0]
    got = hpx.diagonal(a)
    moved = int(sent("broadcast")[0] - before)
    row, column = divmod(ME, grid[1])
    first = max(row * n // grid[0], column * n // grid[1])
    last = min((row + 1) * n // grid[0], (column + 1) * n // grid[1])
    expected = max(last - first, 0) * 8 * (grid[1] - 1)
    agree("" if moved == expected else f"sent {moved}, not {expected}")
    close(got, np.diagonal(x))


def test_results_go_where_they_are_wanted():
    x, y = random_array((4, 5, 6)), random_array((4, 6, 3), seed=1)
    a, b = hpx.asarray(x, distribution="block"), hpx.asarray(y, distribution="block", axis=1)
    for place in maps(3):
        out = hpx.zeros((4, 5, 3), **place)
        assert hpx.matmul(a, b, out=out) is out
        close(out, x @ y)
        out[...] = 0.0
        assert hpx.einsum("bij,bjk->bik", a, b, out=out) is out
        close(out, x @ y)
    with pytest.raises(ValueError, match="einsum: out has shape"):
        hpx.einsum("bij,bjk->bik", a, b, out=hpx.zeros((4, 5)))


@pytest.mark.skipif(N < 4, reason="two dimensions of a grid need four localities")
def test_what_grids_send():
    grid = next(each for each in GRIDS if 1 < each[0] < N)
    p, q = grid
    x, y = random_array((2 * p, 3, 4 * q)), random_array((2 * p, 4 * q, 5), seed=1)
    a = hpx.asarray(x, distribution=("block", None, "block"), grid=grid)
    b = hpx.asarray(y, distribution=("block", "block", None), grid=grid)
    hpx.eval(a, b)
    before = sent("redistribute", "rotate", "broadcast", "all_reduce")
    c = a @ b
    hpx.eval(c)
    moved = (sent("redistribute", "rotate", "broadcast", "all_reduce") - before).tolist()
    block = 2 * 3 * 5 * 8
    agree("" if moved == [0, 0, 0, block * (q - 1)] else f"sent {moved}")
    close(c, x @ y)
    assert c.distribution == ("block", None, None)
    # Rows of one meet columns of the other along the second dimension: blocks go round it.
    rows = hpx.asarray(x, distribution=("block", None, "block"), grid=grid).mT
    columns = hpx.asarray(y.swapaxes(1, 2), distribution=("block", None, "block"), grid=grid)
    z = random_array((2 * p, 3, 4 * q), seed=2)
    right = hpx.asarray(z, distribution=("block", None, "block"), grid=grid)
    before = sent("redistribute", "rotate", "broadcast", "all_reduce")
    c = rows @ right
    moved = (sent("redistribute", "rotate", "broadcast", "all_reduce") - before).tolist()
    block = 2 * 3 * 4 * 8
    agree("" if moved == [0, block * (q - 1), 0, 0] else f"sent {moved}")
    close(c, x.swapaxes(1, 2) @ z)
    close(columns @ right.mT, np.einsum("bij,bkj->bik", y.swapaxes(1, 2), z))
