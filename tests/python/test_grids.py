"""Cyclic and block-cyclic arrays, grids of localities and copies: all that block arrays do."""

# SPDX-License-Identifier: BSL-1.0
import itertools
import pickle

import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, check, check_distributed, check_local, difference, random_array

pytestmark = pytest.mark.distributed

N, ME = hpx.num_localities(), hpx.locality_id()
BLOCK_CYCLIC = hpx.Distribution("block_cyclic", block_size=2)


def grids(count=N, dimensions=2):
    """All grids of so many localities."""
    if dimensions == 1:
        return [(count,)]
    return [
        (n, *rest)
        for n in range(1, count + 1)
        if count % n == 0
        for rest in grids(count // n, dimensions - 1)
    ]


#: Of two axes: on every grid, with copies along one dimension, cyclic and not.
PLACES = [
    {"distribution": "cyclic", "axis": 1},
    {"distribution": BLOCK_CYCLIC},
    *({"distribution": d, "grid": g} for g in grids() for d in [("block", "block")]),
    {"distribution": ("cyclic", BLOCK_CYCLIC)},
    {"distribution": ("block", None, "cyclic")[:2], "grid": (1, N)},
    {"distribution": (None, "cyclic"), "grid": grids()[len(grids()) // 2]},
    {"distribution": ("block", "cyclic"), "grid": grids()[-1]},
]
SHAPES = [(13, 9), (0, 4), (2, 3), (24, 24)]
places = pytest.mark.parametrize("place", PLACES, ids=str)
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def dealt(x, place):
    return hpx.asarray(x, **place)


@places
@shapes
def test_from_data_and_back(place, shape):
    x = random_array(shape)
    check_distributed(dealt(x, place), x)
    check_distributed(hpx.from_numpy(x, **place), x)
    check_distributed(hpx.scatter(x if ME == 0 else None, **place), x)
    gathered = hpx.gather(dealt(x, place), root=N - 1)
    agree(difference(gathered.to_numpy(), x) if ME == N - 1 else "")


@places
@shapes
def test_creation(place, shape):
    check_distributed(hpx.full(shape, 2.5, **place), np.full(shape, 2.5))
    check_distributed(hpx.zeros(shape, dtype="int32", **place), np.zeros(shape, "int32"))
    check_distributed(hpx.eye(*shape, k=1, **place), np.eye(*shape, k=1))
    check_distributed(hpx.indices(shape, **place), np.indices(shape))
    for k, made in enumerate(hpx.indices(shape, sparse=True, **place)):
        check(made, np.indices(shape, sparse=True)[k])
    made = hpx.fromfunction(lambda i, j: 10 * i + j, shape, **place)
    check_distributed(made, np.fromfunction(lambda i, j: 10 * i + j, shape))
    whole = hpx.random.default_rng(3).normal(size=shape)
    check_distributed(hpx.random.default_rng(3).normal(size=shape, **place), whole.to_numpy())
    array = dealt(random_array(shape), place)
    check_distributed(hpx.ones_like(array), np.ones(shape))
    assert hpx.empty(shape, like=array).distribution == array.distribution


@pytest.mark.parametrize("length", [0, 1, 7, 40])
@pytest.mark.parametrize("kind", ["cyclic", BLOCK_CYCLIC, "block_cyclic"], ids=str)
def test_one_axis(kind, length):
    x = np.arange(length)
    check_distributed(hpx.arange(length, distribution=kind), x)
    check_distributed(hpx.arange(3, 3 + 2 * length, 2, distribution=kind), 3 + 2 * x)
    check_distributed(hpx.linspace(0, 1, length, distribution=kind), np.linspace(0, 1, length))
    made = hpx.geomspace(1, 1000, length, distribution=kind)
    check_distributed(made, hpx.geomspace(1, 1000, length).to_numpy())
    array = hpx.arange(length, distribution=kind)
    sizes = [len(part) for part in hpx.all_gather_object(array.local_partition.to_numpy())]
    assert array.partition_sizes == array.distribution.sizes == tuple(sizes)
    block = array.distribution.block_size or 1
    mine = x[x // block % N == ME]
    agree(difference(array.local_partition.to_numpy(), mine))


@places
@shapes
def test_elementwise(place, shape):
    x, y = random_array(shape, seed=1), random_array(shape, seed=2)
    a, b = dealt(x, place), dealt(y, place)
    check_distributed(a * 2 + b, x * 2 + y)
    check_distributed(hpx.where(a > b, a, 0.0), np.where(x > y, x, 0.0))
    assert (a + b).distribution == a.distribution
    for local in (y, y[:1], y[:, :1], y[0] if len(y) else y.sum(0)):
        check_distributed(a + local, x + local)
        check_distributed(hpx.asarray(local) - a, local - x)


@pytest.mark.parametrize("shape", [(13, 9), (2, 3)], ids=str)
@pytest.mark.parametrize(("left", "right"), list(itertools.combinations(PLACES, 2)), ids=str)
def test_between_maps(left, right, shape):
    x, y = random_array(shape, seed=1), random_array(shape, seed=2)
    a, b = dealt(x, left), dealt(y, right)
    check_distributed(a + b, x + y)
    check_distributed(b - a, y - x)
    again = hpx.redistribute(a, b.distribution)
    check_distributed(again, x)
    assert again.distribution == b.distribution
    check_distributed(hpx.redistribute(b, **left), y)
    check_local(hpx.redistribute(again, None), x)
    a += b
    check_distributed(a, x + y)
    assert a.distribution == dealt(x, left).distribution


@places
@shapes
def test_reductions(place, shape):
    x = np.round(8 * random_array(shape))
    a = dealt(x, place)
    for axis in (None, 0, 1, (0, 1)):
        for name in ("sum", "prod", "mean", "any", "count_nonzero", "var"):
            if name in ("mean", "var") and 0 in shape:
                continue
            expected = np.asarray(getattr(np, name)(x, axis=axis))
            check(getattr(hpx, name)(a, axis=axis), expected, tolerance=1e-12)
        if 0 in shape:
            continue
        for name in ("min", "max"):
            expected = np.asarray(getattr(np, name)(x, axis=axis, keepdims=True))
            check(getattr(hpx, name)(a, axis=axis, keepdims=True), expected)
        if not isinstance(axis, tuple):
            for name in ("argmin", "argmax"):
                check(getattr(hpx, name)(a, axis=axis), np.asarray(getattr(np, name)(x, axis=axis)))


def test_a_reduction_over_one_of_two_axes_leaves_the_other_dealt():
    for grid in grids():
        x = np.round(8 * random_array((12, 10)))
        total = hpx.asarray(x, distribution=("block", "block"), grid=grid).sum(axis=0)
        check(total, x.sum(axis=0))
        assert total.distributed_axis == 0
        assert total.num_partitions == grid[1]
        holders = [tuple(range(k, N, grid[1])) for k in range(grid[1])]
        flat = tuple(h[0] if len(h) == 1 else h for h in holders)
        assert total.localities == flat
        # What has copies counts each element once.
        assert float(total.sum()) == x.sum()
        check(total - x.sum(axis=0), np.zeros(10))


@places
@shapes
def test_scans(place, shape):
    x = np.round(8 * random_array(shape))
    a = dealt(x, place)
    for axis in (0, 1):
        check_distributed(hpx.cumulative_sum(a, axis=axis), x.cumsum(axis))
        assert hpx.cumsum(a, axis=axis).distribution == a.distribution
        longer = np.insert(x.cumsum(axis), 0, 0, axis=axis)
        check(hpx.cumulative_sum(a, axis=axis, include_initial=True), longer)
    check(hpx.cumsum(hpx.arange(20, distribution="cyclic")[::-1]), np.arange(20)[::-1].cumsum())


ROWS = [slice(None), slice(2, -1), slice(None, None, 2), slice(None, None, -1), slice(4, 4)]


@places
@pytest.mark.parametrize("shape", [(13, 9), (24, 24)], ids=str)
def test_views(place, shape):
    x = random_array(shape)
    for rows, columns in itertools.product(ROWS, ROWS):
        a = dealt(x, place)
        view, expected = a[rows, columns], x[rows, columns]
        check_distributed(view, expected)
        check_distributed(view * 2, expected * 2)
        check(view.sum(axis=0), expected.sum(axis=0), tolerance=1e-12)
        check(view.T, expected.T)
        view[...] = -1.0
        changed = x.copy()
        changed[rows, columns] = -1.0
        check_distributed(a, changed)


@places
def test_rows_columns_and_elements(place):
    x = random_array((13, 9))
    a = dealt(x, place)
    for i in (0, 5, -1):
        check(a[i], x[i])
        check(a[:, i], x[:, i])
        check(a[2:, i][1:4], x[2:, i][1:4])
        assert float(a[i, 3]) == x[i, 3]
    a[4] = np.arange(9.0)
    x[4] = np.arange(9.0)
    a[:, 2] = a[:, 3]
    x[:, 2] = x[:, 3]
    a[1, 1] = 7
    x[1, 1] = 7
    a[2:5, ::2] = a[3:6, ::2] + 1
    x[2:5, ::2] = x[3:6, ::2] + 1
    check_distributed(a, x)
    check(a[None, :, None], x[None, :, None])
    check(hpx.broadcast_to(a, (2, 13, 9)), np.broadcast_to(x, (2, 13, 9)))
    check(hpx.broadcast_to(a[:1], (4, 9)), np.broadcast_to(x[:1], (4, 9)))
    check(hpx.flip(a), np.flip(x))
    check(hpx.reshape(a, (1, 13, 1, 9)), x.reshape(1, 13, 1, 9))
    check(hpx.concat([a, a[:3]]), np.concatenate([x, x[:3]]))
    check(hpx.concat([a, a], axis=1), np.concatenate([x, x], axis=1))
    check(hpx.stack([a, a]), np.stack([x, x]))


def test_steps_on_block_cyclic_axes():
    x = np.arange(50)
    a = hpx.arange(50, distribution=hpx.Distribution("block_cyclic", block_size=4))
    for step in (1, 2, 4, 8, 12, -1, -2, -4, -16, 100):
        check_distributed(a[::step], x[::step])
        check_distributed(a[3::step], x[3::step])
        part = a[5:40]
        part[::step] += 1
        x[5:40][::step] += 1
        check_distributed(a, x)
    for step in (3, 5, 6, -3, 7):
        with pytest.raises(TypeError, match=f"index: rows {step} apart of axis 0.*redistribute"):
            a[::step]
    check_distributed(hpx.redistribute(a, "cyclic")[::3], x[::3])


@pytest.mark.parametrize("shape", [(20, 15), (5, 40)], ids=str)
def test_stencils(shape):
    for place in PLACES[2:-1]:
        x = random_array(shape)
        u = dealt(x, place)
        for _ in range(3):
            u[1:-1, 1:-1] = (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4
            x[1:-1, 1:-1] = (x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:]) / 4
        check_distributed(u, x)


@places
@shapes
def test_from_local(place, shape):
    x = random_array(shape)
    part, made = dealt(x, place).local_partition, dealt(x, place).distribution
    check_distributed(hpx.from_local(part, distribution=made), x)
    on_grid = {**place, "grid": made.grid} if isinstance(place["distribution"], tuple) else place
    check_distributed(hpx.from_local(part, **on_grid), x)
    if N > 1 and isinstance(made.axis, tuple) and "grid" not in place:
        with pytest.raises(ValueError, match=r"from_local: parts may lie on several grids"):
            hpx.from_local(part, **place)
    check_distributed(hpx.balance(dealt(x, place)[1:]), x[1:])


@places
def test_objects(place):
    x = hpx.zeros((13, 9), **place)
    d = x.distribution
    assert d == hpx.zeros((13, 9), distribution=d).distribution
    assert pickle.loads(pickle.dumps(d)) == d
    view = x[2:, 1:].distribution
    assert pickle.loads(pickle.dumps(view)) == view
    assert hpx.zeros((11, 8), distribution=view).distribution == view
    assert eval(repr(d), {"Distribution": hpx.Distribution}) == d
    sizes = hpx.all_gather_object(x.local_partition.size)
    for size, holders in zip(x.partition_sizes, x.localities, strict=True):
        for holder in holders if isinstance(holders, tuple) else (holders,):
            assert sizes[holder] == size
    assert sum(x.partition_sizes) == x.size
    assert x.num_partitions == len(x.localities)


def test_near_square_grids():
    for shape in ((60, 60), (6, 6000), (6000, 6)):
        grid = hpx.zeros(shape, distribution=("block", "block")).distribution.grid
        cuts = [(g[0] - 1) * shape[1] + (g[1] - 1) * shape[0] for g in grids()]
        assert (grid[0] - 1) * shape[1] + (grid[1] - 1) * shape[0] == min(cuts)
        auto = hpx.zeros(shape, distribution=("block", "block"), grid="auto")
        assert auto.distribution.grid == grid


def test_the_default_may_be_a_grid():
    with hpx.set_default_distribution(("block", "cyclic"), grid=grids()[-1]):
        x = hpx.ones((6, 5))
        assert x.distribution == ("block", "cyclic")
        assert x.distribution.grid == grids()[-1]
        check_distributed(x + np.ones((6, 5)), np.full((6, 5), 2.0))
        assert hpx.ones(()).distribution is None
        # An array of fewer axes takes the entries that it has axes for.
        assert hpx.ones(7).distribution == "block"
        check_distributed(hpx.ones(7), np.ones(7))
    with hpx.set_default_distribution((None, "block")):
        assert hpx.ones(7).distribution is None


def test_equal_distributions():
    rows, columns = (hpx.zeros((6, 6), distribution="cyclic", axis=i).distribution for i in (0, 1))
    assert rows == ("cyclic", None) == hpx.Distribution(("cyclic",))
    assert columns == (None, "cyclic")
    assert rows != ("cyclic", "cyclic")
    assert rows != (None, "cyclic")
    assert columns != ("cyclic", None)
    both = hpx.zeros((6, 6), distribution=("block", BLOCK_CYCLIC)).distribution
    assert both == ("block", "block_cyclic")
    assert both == ("block", BLOCK_CYCLIC)
    assert both != ("block", hpx.Distribution("block_cyclic", block_size=3))
    assert both != ("block", "block")
    assert both != "block"
    assert both != ("block", "rows")
    assert both.kind == "mixed"
    assert both.block_size is None
    assert hpx.zeros(6, distribution=BLOCK_CYCLIC).distribution.block_size == 2


@pytest.mark.parametrize("grid", [None, *grids()], ids=str)
def test_large_halos(grid):
    """Steps whose interior is computed before the strips are there."""
    rows, columns = 300 * N, 250
    place = {"distribution": "block"} if grid is None else {"distribution": ("block", "block")}
    place |= {"grid": grid} if grid else {}
    x = random_array((rows, columns))
    u, v = dealt(x, place), dealt(np.zeros_like(x), place)
    w = np.zeros_like(x)

    def around(a):
        return (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]) * 0.25

    for _ in range(3):
        v[1:-1, 1:-1] = around(u)
        w[1:-1, 1:-1] = around(x)
        u[1:-1, 1:-1] = around(v) - u[1:-1, 1:-1]
        x[1:-1, 1:-1] = around(w) - x[1:-1, 1:-1]
        v[2:] += u[:-2]
        w[2:] += x[:-2]
    check_distributed(u, x)
    check_distributed(v, w)
    check(around(u).sum(), around(x).sum(), tolerance=1e-9)
    check((u[1:] * u[:-1]).sum(axis=0), (x[1:] * x[:-1]).sum(axis=0), tolerance=1e-9)
    check((u[:, 1:] - u[:, :-1]).max(axis=1), (x[:, 1:] - x[:, :-1]).max(axis=1))


def sent(kind):
    names = ("messages", "bytes_sent")
    return np.array([hpx.counters.get(f"/hpxpy/{name}/{kind}") for name in names])


def rows_of(length, parts, part):
    return (length + parts - 1 - part) // parts


@pytest.mark.parametrize("grid", grids(), ids=str)
@pytest.mark.parametrize("lengths", [(12, 18, 7), (5, 1, 6), (3, 0, 2), (1, 40, 1)], ids=str)
def test_products_of_matrices_on_one_grid(grid, lengths):
    n, k, m = lengths
    x, y = random_array((n, k)), random_array((k, m), "float32", seed=1)
    place = {"distribution": ("block", "block"), "grid": grid}
    a, b = dealt(x, place), dealt(y, place)
    before = sent("broadcast")
    product = a @ b
    messages, moved = sent("broadcast") - before
    check_distributed(product, x @ y, tolerance=1e-12)
    assert product.distribution == ("block", "block")
    assert product.distribution.grid == grid
    # Each block of a goes to the others of its row, each of b to the others of its column.
    row, column = divmod(ME, grid[1])
    left = rows_of(n, grid[0], row) * rows_of(k, grid[1], column) * 8 * (grid[1] - 1)
    right = rows_of(k, grid[0], row) * rows_of(m, grid[1], column) * 4 * (grid[0] - 1)
    agree("" if moved == left + right else f"sent {moved} B and not {left} + {right}")
    agree("" if messages <= (sum(grid) - 1) * (sum(grid) - 2) else f"{messages} messages")


def test_products_of_views_on_grids():
    x, y = random_array((12, 10)), random_array((10, 12), seed=1)
    for grid in grids():
        place = {"distribution": ("block", "block"), "grid": grid}
        a, b = dealt(x, place), dealt(y, place)
        for got, expected in (
            (a[::2] @ b, x[::2] @ y),
            (a[:, ::-1] @ b, x[:, ::-1] @ y),
            (b.T @ a.T, y.T @ x.T),
            (a @ a.T, x @ x.T),
            ((a + 1) @ (b * 2), (x + 1) @ (y * 2)),
            (a @ b[:, 0], x @ y[:, 0]),
            (a @ dealt(y, {"distribution": "cyclic"}), x @ y),
        ):
            check(got, expected, tolerance=1e-12)


def test_products_on_grids_are_shown():
    grid = grids()[len(grids()) // 2]
    a = hpx.ones((6 * N, 6 * N), distribution=("block", "block"), grid=grid)
    plan = hpx.explain(lambda: a @ a)
    panels = len({i * 6 * N // d for d in grid for i in range(d)})
    shape = f"float64 ({6 * N}, {6 * N})"
    assert plan.count("broadcast of columns ") == panels
    assert f"broadcast of columns 0:{6 * N // max(grid)} of {shape} and rows 0:" in plan


def test_scatter_sends_each_block_once():
    root = N - 1
    x = random_array((13, 9))
    for place in PLACES:
        before = sent("scatter"), sent("redistribute")
        y = hpx.scatter(x if root == ME else None, root, **place)
        hpx.eval(y)
        moved = (sent("scatter") - before[0], sent("redistribute") - before[1])
        check_distributed(y, x)
        own = y.local_partition.to_numpy().nbytes
        sizes = [int(n) for n in hpx.all_gather_object(own)]
        others = sum(sizes) - own if root == ME else 0
        good = moved[0][1] == others and not moved[1].any()
        agree("" if good else f"{place}: {moved}, not {others}")


@pytest.mark.skipif(N == 1, reason="one locality agrees with itself")
def test_localities_agree_on_all_that_is_said():
    """Of what a distribution says nothing may differ, also what its text leaves out."""
    sizes = [1] * N
    uneven = [(hpx.Distribution("block", sizes=[*sizes[1:], 2]), None)]
    uneven.append((hpx.Distribution("block", sizes=[2, *sizes[1:]]), None))
    mine = uneven[ME % 2]
    for call in (
        lambda: hpx.set_default_distribution(mine),
        lambda: hpx.scatter(np.zeros((N + 1, 2)), distribution=mine),
        lambda: hpx.from_local(np.zeros((1 + (ME == N - 1), 2)), distribution=mine),
    ):
        with pytest.raises(hpx.CommunicationError, match="do not agree"):
            call()
    assert hpx.get_default_distribution() is None
    check_distributed(
        hpx.scatter(np.zeros((N + 1, 2)), distribution=uneven[0]), np.zeros((N + 1, 2))
    )


WRONG = [
    ({"distribution": ("block", "block"), "grid": (N, 2)}, f"{N}, 2.*{2 * N} places.*{N} local"),
    ({"distribution": "block", "grid": (N + 1,)}, f"{N + 1} places, and this program {N} local"),
    ({"distribution": ("block",) * 3}, r"3 entries, and an array of shape \(4, 6\) has 2 axes"),
    ({"distribution": ("block", "block"), "grid": (N,)}, r"1 dimension for 2 axes"),
    ({"distribution": ("block", "block"), "grid": (0, N)}, r"grid=\(0, \d\) has a length of 0"),
    ({"distribution": ("block", "block"), "grid": "square"}, r"grid='square' is no grid"),
    ({"distribution": ("block", "rows")}, r"distribution 'rows' does not exist; choose 'block'"),
    ({"distribution": ("block", None), "axis": 1}, r"axis=1 was given with a distribution"),
    ({"grid": (1, N)}, r"grid=\(1, \d\) was given without a distribution"),
]


@pytest.mark.parametrize(("place", "text"), WRONG, ids=str)
def test_what_cannot_be(place, text):
    x = np.zeros((4, 6))
    for name, make in {
        "zeros": lambda **p: hpx.zeros((4, 6), **p),
        "asarray": lambda **p: hpx.asarray(x, **p),
        "eye": lambda **p: hpx.eye(4, 6, **p),
    }.items():
        with pytest.raises(ValueError, match=f"{name}: .*{text}"):
            make(**place)
    check(hpx.zeros((4, 6), distribution=("block", "block")), x)


def test_distributions_that_cannot_be():
    rows = hpx.zeros((N * N + 1, 2), distribution=("cyclic", None)).distribution
    for size in (0, -3):
        with pytest.raises(ValueError, match=f"block_size={size} holds no row; give 1 or more"):
            hpx.Distribution("block_cyclic", block_size=size)
    with pytest.raises(ValueError, match="'block' has no block_size"):
        hpx.Distribution("block", block_size=2)
    with pytest.raises(ValueError, match="'cyclic' has no bounds"):
        hpx.Distribution("cyclic", bounds=(0, 3))
    with pytest.raises(ValueError, match="axis=0 was given with a tuple"):
        hpx.Distribution(("block",), 0)
    with pytest.raises(ValueError, match=r"entry 0 of the distribution .* several axes"):
        hpx.Distribution((hpx.Distribution(("block", "block")), None))
    with pytest.raises(ValueError, match="from_local: locality 0 gives a block of shape"):
        hpx.from_local(np.zeros((1, 2)), distribution=rows)


# What is sent


def bytes_sent_by(function):
    """Bytes of elements that all localities send each other in a call."""
    names = [f"/hpxpy/bytes_sent/{kind}" for kind in ("halo", "redistribute", "join", "gather")]
    before = sum(map(hpx.counters.get, names))
    result = function()
    hpx.eval(*(result if isinstance(result, list) else [result]))
    sent = sum(map(hpx.counters.get, names)) - before
    return sum(hpx.all_gather_object(sent))


def jacobi(u):
    return (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4


@pytest.mark.parametrize("grid", grids(), ids=str)
def test_a_jacobi_step_sends_strips(grid):
    rows, columns = 40, 30
    u = hpx.asarray(random_array((rows, columns)), distribution=("block", "block"), grid=grid)
    # Across each cut, both ways, what lies beside the interior.
    strips = (grid[0] - 1) * (columns - 2) + (grid[1] - 1) * (rows - 2)
    assert bytes_sent_by(lambda: jacobi(u)) == 2 * 8 * strips


@pytest.mark.skipif(N < 4, reason="on fewer localities no grid is nearer to a square")
def test_a_square_grid_sends_less():
    x = random_array((48, 48))
    sent = {
        grid: bytes_sent_by(
            lambda grid=grid: jacobi(hpx.asarray(x, distribution=("block", "block"), grid=grid))
        )
        for grid in grids()
    }
    chosen = hpx.zeros((48, 48), distribution=("block", "block")).distribution.grid
    assert sent[chosen] == min(sent.values()) < sent[(N, 1)]


@pytest.mark.parametrize(("left", "right"), list(itertools.permutations(PLACES, 2)), ids=str)
def test_redistribution_sends_what_changes_its_owner(left, right):
    numbers = np.arange(11 * 10).reshape(11, 10)
    a, b = dealt(numbers, left), dealt(numbers, right)
    held, wanted = (set(x.local_partition.to_numpy().ravel().tolist()) for x in (a, b))
    changes = sum(hpx.all_gather_object(len(wanted - held)))
    assert bytes_sent_by(lambda: hpx.redistribute(a, b.distribution)) == 8 * changes


@pytest.mark.parametrize("axis", [0, 1])
def test_an_axis_in_one_part_is_joined_and_scanned_where_it_lies(axis):
    x = np.round(8 * random_array((12, 10)))
    grid = (1, N) if axis == 0 else (N, 1)
    a = hpx.asarray(x, distribution=("block", "cyclic"), grid=grid)
    before = hpx.counters.get("/hpxpy/messages")
    results = [a.sum(axis=axis), hpx.cumsum(a, axis=axis), hpx.cumulative_sum(a, axis=axis)]
    hpx.eval(*results)
    # One locality's array counts as dealt out, and is joined with itself.
    agree("" if hpx.counters.get("/hpxpy/messages") == before else "messages were sent")
    check(results[0], x.sum(axis=axis))
    check_distributed(results[1], x.cumsum(axis))
    check_distributed(results[2], x.cumsum(axis))


def test_local_data_are_dealt_out_without_a_message():
    x = random_array((20, 10))
    assert bytes_sent_by(lambda: [dealt(x, place) for place in PLACES]) == 0
    a = dealt(x, PLACES[1])
    assert bytes_sent_by(lambda: a + x) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (2, 1, 1)], ids=str)
@pytest.mark.parametrize("grid", grids(), ids=str)
def test_reshape_keeps_axes_of_length_1_apart(grid, shape):
    """Each dealt axis stays one of its own, though several begin at the same element."""
    x = random_array(shape)
    a = hpx.asarray(x, distribution=("cyclic", "block", None)[: x.ndim], grid=grid)
    check(hpx.reshape(a, shape) + 1, x.reshape(shape) + 1)
    check(hpx.tile(a, (2,) * x.ndim), np.tile(x, (2,) * x.ndim))


def test_equal_copies_are_counted_once():
    x = random_array((9, 6), "int64") % 5
    a = hpx.asarray(x, distribution=("block", None), grid=(1, N))
    check_local(hpx.histogram(a, bins=4)[0], np.histogram(x, bins=4)[0])
    edges = np.array([0, 1, 2.5, 4])
    check_local(hpx.histogram(a, bins=edges)[0], np.histogram(x, bins=edges)[0])
    weights = random_array((9, 6), seed=1)
    found = hpx.histogram(a, bins=4, weights=hpx.asarray(weights))[0]
    check_local(found, np.histogram(x, bins=4, weights=weights)[0], tolerance=1e-12)
    check_local(hpx.bincount(a[:, 0]), np.bincount(x[:, 0]))
    long = np.arange(300_000) % 7
    rows = hpx.asarray(long[:, None], distribution=("block", None), grid=(1, N))[:, 0]
    check_local(hpx.histogram(rows, bins=edges)[0], np.histogram(long, bins=edges)[0])
    points, y = np.arange(9.0), random_array(9, seed=2)
    place = {"distribution": ("block", None), "grid": (1, N)}
    columns = hpx.asarray(np.stack([points, y], axis=1), **place)
    found = hpx.polyfit(columns[:, 0], columns[:, 1], 1, cov=True)
    expected = np.polyfit(points, y, 1, cov=True)
    for got, right in zip(found, expected, strict=True):
        check_local(got, right, tolerance=1e-9)
