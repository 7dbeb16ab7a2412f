"""Distributions as objects: what they tell, where they are taken, and what does not fit them."""

# SPDX-License-Identifier: BSL-1.0
import copy
import inspect
import pickle

import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    agree,
    block_ranges,
    check,
    check_distributed,
    check_local,
    difference,
    random_array,
    ranges,
)

N = hpx.num_localities()
ME = hpx.locality_id()
Distribution = hpx.distribution.Distribution

UNEVEN = tuple(range(2, N + 2))  # two rows on the first locality, three on the second, ...
LENGTH = sum(UNEVEN)


def uneven(axis=0):
    return Distribution("block", axis, sizes=UNEVEN)


def last_has_all(length, axis=0):
    return Distribution("block", axis, bounds=(0,) * N + (length,))


def turned(length):
    return hpx.zeros(length, distribution="block")[::-1].distribution


# Every creation function: a call that makes shape (LENGTH,) or (LENGTH, LENGTH), and NumPy's.
SQUARE = (LENGTH, LENGTH)
V = random_array(LENGTH)
M = random_array(SQUARE)
BYTES = np.arange(LENGTH, dtype="int16").tobytes()
LIKE = np.zeros(SQUARE, "int32")
CREATION = {
    "zeros": lambda f, **k: f.zeros(SQUARE, **k),
    "ones": lambda f, **k: f.ones(SQUARE, dtype="int8", **k),
    "full": lambda f, **k: f.full(SQUARE, 2.5, **k),
    "full of rows": lambda f, **k: f.full(SQUARE, V, **k),
    "eye": lambda f, **k: f.eye(LENGTH, k=1, **k),
    "identity": lambda f, **k: f.identity(LENGTH, "int32", **k),
    "tri": lambda f, **k: f.tri(LENGTH, k=-1, **k),
    "arange": lambda f, **k: f.arange(LENGTH, **k),
    "linspace": lambda f, **k: f.linspace(0, 1, LENGTH, **k),
    "logspace": lambda f, **k: f.logspace(0, 2, LENGTH, **k),
    "geomspace": lambda f, **k: f.geomspace(1, 64, LENGTH, **k),
    "fromfunction": lambda f, **k: f.fromfunction(lambda i, j: i + 2 * j, SQUARE, **k),
    "fromiter": lambda f, **k: f.fromiter(iter(range(LENGTH)), "int64", **k),
    "frombuffer": lambda f, **k: f.frombuffer(BYTES, "int16", **k),
    "array": lambda f, **k: f.array(M.tolist(), **k),
    "asarray": lambda f, **k: f.asarray(M, **k),
    "asanyarray": lambda f, **k: f.asanyarray(M.tolist(), **k),
    "ascontiguousarray": lambda f, **k: f.ascontiguousarray(M.T, **k),
    "from_numpy": lambda f, **k: (f.from_numpy if f is hpx else f.array)(M, **k),
    "fftfreq": lambda f, **k: f.fft.fftfreq(LENGTH, **k),
    "rfftfreq": lambda f, **k: f.fft.rfftfreq(2 * LENGTH - 2, **k),
}
RANDOM = {
    "random": lambda g, **k: g.random(SQUARE, **k),
    "uniform": lambda g, **k: g.uniform(1, 2, SQUARE, **k),
    "standard_normal": lambda g, **k: g.standard_normal(SQUARE, **k),
    "normal": lambda g, **k: g.normal(1, 2, SQUARE, **k),
    "exponential": lambda g, **k: g.exponential(2, SQUARE, **k),
    "integers": lambda g, **k: g.integers(9, size=SQUARE, **k),
    "poisson": lambda g, **k: g.poisson(3.0, SQUARE, **k),
    "binomial": lambda g, **k: g.binomial(9, 0.5, SQUARE, **k),
    "gamma": lambda g, **k: g.gamma(2.0, size=SQUARE, **k),
    "standard_gamma": lambda g, **k: g.standard_gamma(2.0, SQUARE, **k),
    "beta": lambda g, **k: g.beta(2.0, 3.0, SQUARE, **k),
    "multivariate_normal": lambda g, **k: g.multivariate_normal([0, 1], np.eye(2), LENGTH, **k),
}
OF_THE_MODULE = {
    "rand": lambda **k: hpx.random.rand(*SQUARE, **k),
    "randn": lambda **k: hpx.random.randn(*SQUARE, **k),
    "randint": lambda **k: hpx.random.randint(9, size=SQUARE, **k),
    "uniform": lambda **k: hpx.random.uniform(size=SQUARE, **k),
}
TWO_DIMENSIONAL = [name for name, make in CREATION.items() if make(np).ndim == 2]


def numpys(name):
    return np.asarray(CREATION[name](np))


def near(name):
    loose = {"linspace", "logspace", "geomspace", "fftfreq", "rfftfreq"}
    return {"tolerance": 1e-14} if name in loose else {}


def places(length):
    """Objects for an axis of this length: even, uneven, all on one locality, turned around."""
    return [
        hpx.zeros(length, distribution="block").distribution,
        Distribution("block", 0, sizes=UNEVEN if length == LENGTH else block_sizes(length)),
        last_has_all(length),
        turned(length),
    ]


def block_sizes(length):
    return [b - a for a, b in block_ranges(length)]


def test_what_an_object_tells():
    x = hpx.zeros((10, 3), distribution="block")
    d = x.distribution
    bounds = (0, *(b for _, b in block_ranges(10)))
    assert (d.kind, d.axis, d.bounds) == ("block", 0, bounds)
    assert d.sizes == tuple(b - a for a, b in block_ranges(10))
    assert str(d) == "block along axis 0: " + ", ".join(f"{a}:{b}" for a, b in block_ranges(10))
    assert repr(d) == f"Distribution('block', axis=0, bounds={bounds})"
    assert eval(repr(d)) == d
    assert str(d) in repr(x)
    assert hpx.zeros((3, 10), distribution="block", axis=-1).distribution.axis == 1
    assert hpx.zeros(3).distribution is None


def test_objects_compare():
    x = hpx.zeros(10, distribution="block")
    d = x.distribution
    assert d == "block" == d
    assert d != "none"
    assert d is not None
    assert d != 3
    assert d == hpx.arange(10, distribution="block").distribution
    assert d == hpx.distribution.block == hpx.zeros(7, distribution="block").distribution
    assert d != hpx.zeros(11, distribution="block").distribution
    assert d != hpx.zeros((10, 10), distribution="block", axis=1).distribution
    assert (d == x[::-1].distribution) is (N == 1)
    assert (d == last_has_all(10)) is (N == 1)
    assert last_has_all(10) == hpx.zeros(10, distribution=last_has_all(10)).distribution
    assert d in ("block", None)
    assert {d: 1}["block"] == 1
    assert len({d, hpx.zeros(10, distribution="block").distribution, "block"}) == 1
    for again in (pickle.loads(pickle.dumps(d)), copy.deepcopy(d), copy.copy(d)):
        assert again == d
        assert again.bounds == d.bounds
    with pytest.raises(AttributeError):
        d.axis = 1


def test_the_members_of_the_module_are_of_the_same_kind():
    d = hpx.distribution
    for name in ("none", "block", "cyclic", "local"):
        assert type(getattr(d, name)) is Distribution
    assert (d.block.axis, d.block.bounds, d.block.sizes) == (None, None, None)
    assert str(d.block) == d.block.name == d.block.value == "block"
    assert repr(d.block) == "Distribution('block')"
    assert repr(Distribution(d.block, 1)) == "Distribution('block', axis=1)"
    assert hpx.zeros((2, 5), distribution=Distribution("block", 1)).distributed_axis == 1


@pytest.mark.parametrize("name", CREATION)
def test_creation_takes_objects(name):
    make, expected = CREATION[name], numpys(name)
    for place in places(len(expected)):
        x = make(hpx, distribution=place)
        check_distributed(x, expected, **near(name))
        assert x.distribution == place
        assert x.distribution.bounds == place.bounds
        y = make(hpx, like=x)
        assert y.distribution == place
        check_distributed(y, expected, **near(name))
    assert make(hpx, like=hpx.zeros(3)).distribution is None
    check_local(make(hpx, distribution=None, device="cpu"), expected, **near(name))
    check_local(make(hpx, distribution="local"), expected, **near(name))


@pytest.mark.parametrize("name", TWO_DIMENSIONAL)
def test_creation_takes_objects_along_other_axes(name):
    make, expected = CREATION[name], numpys(name)
    for keywords in (
        {"distribution": uneven(axis=1)},
        {"distribution": uneven(axis=-1)},
        {"distribution": Distribution("block", sizes=UNEVEN), "axis": 1},
        {"distribution": uneven(axis=1), "axis": -1},
        {"distribution": "block", "axis": -1},
    ):
        x = make(hpx, **keywords)
        assert x.distributed_axis == 1
        check_distributed(x, expected)
    with pytest.raises(ValueError, match=r"axis=0 was given with a distribution along axis 1"):
        make(hpx, distribution=uneven(axis=1), axis=0)


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_take_objects(name):
    make = RANDOM[name]
    expected = make(hpx.random.default_rng(5)).to_numpy()
    for place in places(LENGTH):
        x = make(hpx.random.default_rng(5), distribution=place)
        assert x.distribution == place
        check_distributed(x, expected, tolerance=1e-15)
    x = make(hpx.random.default_rng(5), distribution="block", axis=1)
    assert x.distributed_axis == 1
    check_distributed(x, expected, tolerance=1e-15)


@pytest.mark.parametrize("name", OF_THE_MODULE)
def test_random_numbers_of_the_module_take_objects(name):
    hpx.random.seed(3)
    expected = OF_THE_MODULE[name]().to_numpy()
    hpx.random.seed(3)
    x = OF_THE_MODULE[name](distribution=uneven())
    assert x.distribution == uneven()
    check_distributed(x, expected)


@pytest.mark.parametrize("name", ["zeros_like", "ones_like", "empty_like", "full_like"])
def test_likes_take_objects(name):
    arguments = (7,) if name == "full_like" else ()
    x = hpx.zeros(SQUARE, "int32", distribution=uneven())
    for base in (x, hpx.zeros(SQUARE, "int32"), LIKE):
        place = uneven() if base is x else None
        assert getattr(hpx, name)(base, *arguments).distribution == place
        assert getattr(hpx, name)(base, *arguments, distribution=None).distribution == place
        y = getattr(hpx, name)(base, *arguments, distribution=uneven(1))
        assert y.distribution == uneven(1)
        assert getattr(hpx, name)(base, *arguments, distribution="none").distribution is None
    assert hpx.full_like(x, V).distribution == uneven()


def test_indices_of_each_axis():
    expected = np.indices((4, 6))
    for axis in range(3):
        x = hpx.indices((4, 6), distribution="block", axis=axis)
        assert x.distributed_axis == axis
        check_distributed(x, expected)
    x = hpx.indices(SQUARE, distribution=uneven(1))
    assert x.distribution == uneven(1)
    check_distributed(x, np.indices(SQUARE))
    for axis in range(2):
        parts = hpx.indices((4, 6), sparse=True, distribution="block", axis=axis)
        assert [x.distributed_axis for x in parts] == [axis if i == axis else None for i in (0, 1)]
        for x, part in zip(parts, np.indices((4, 6), sparse=True), strict=True):
            check(x, part)
        check(parts[0] * 10 + parts[1], expected[0] * 10 + expected[1])


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_redistribute_takes_objects(before, after):
    x = random_array((LENGTH, 3))
    array = hpx.asarray(x, distribution=places(LENGTH)[before])
    place = places(LENGTH)[after]
    moved = hpx.redistribute(array, place)
    assert moved.distribution == place
    check_distributed(moved, x)
    check_distributed(hpx.asarray(array, distribution=place), x)
    check_distributed(hpx.redistribute(hpx.asarray(x), place), x)
    check_local(hpx.redistribute(moved, hpx.distribution.none), x)
    moved[...] = 0
    check_distributed(array, x)


def test_the_map_of_a_view():
    x = random_array(40)
    array = hpx.asarray(x, distribution="block")
    for key in (np.s_[13:], np.s_[::-1], np.s_[30:3:-4], np.s_[5:5]):
        view = array[key]
        other = hpx.ones(len(view), distribution=view.distribution)
        assert other.partition_sizes == view.partition_sizes
        check_distributed(other + view, x[key] + 1)
        with pytest.raises(ValueError, match=rf"of length {len(view)} .*does not fit.*length 41"):
            hpx.zeros(41, distribution=view.distribution)


def test_scatter_takes_objects():
    x = random_array((LENGTH, 3))
    for root in range(N):
        for place in places(LENGTH):
            mine = hpx.asarray(x) if ME == root else None
            array = hpx.scatter(mine, root, distribution=place)
            assert array.distribution == place
            check_distributed(array, x)
        mine = hpx.asarray(x.T) if ME == root else None
        columns = hpx.scatter(mine, root, distribution=uneven(1))
        assert columns.distribution == uneven(1)
        check_distributed(columns, x.T)
        with pytest.raises(ValueError, match=rf"scatter: .*length {LENGTH} .*does not fit axis 0"):
            hpx.scatter(hpx.zeros(LENGTH + 1) if ME == root else None, root, distribution=uneven())
        with pytest.raises(IndexError, match="scatter: axis 2 is out of range"):
            hpx.scatter(mine, root, distribution="block", axis=2)
        with pytest.raises(ValueError, match="scatter: a 0-d array has no rows"):
            hpx.scatter(hpx.asarray(3.0) if ME == root else None, root)
        check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def test_from_local_takes_objects():
    whole = random_array((LENGTH, 2))
    place = uneven()
    first = place.bounds[ME]
    mine = hpx.asarray(whole[first : first + UNEVEN[ME]])
    x = hpx.from_local(mine, distribution=place)
    assert x.distribution == place
    check_distributed(x, whole)
    check_distributed(hpx.from_local(mine, distribution="block"), whole)
    check_distributed(hpx.from_local(mine.T, distribution=uneven(1)), whole.T)
    turned_around = hpx.from_local(mine, distribution=Distribution("block", sizes=UNEVEN))
    assert turned_around.distribution == place
    with pytest.raises(ValueError, match=r"from_local: .*length"):
        hpx.from_local(hpx.zeros((UNEVEN[ME] + 1, 2)), distribution=place)
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


@pytest.mark.skipif(N == 1, reason="one block agrees with itself")
def test_blocks_that_do_not_fit():
    sizes = (UNEVEN[1], UNEVEN[0], *UNEVEN[2:])
    with pytest.raises(ValueError, match=r"from_local: the blocks lie .*0:3, 3:5.*0:2, 2:5"):
        hpx.from_local(hpx.zeros(sizes[ME]), distribution=uneven())
    with pytest.raises(
        hpx.CommunicationError, match=r"from_local.*(int32.*float64|float64.*int32)"
    ):
        hpx.from_local(hpx.zeros(3, "int32" if ME else "float64"))
    with pytest.raises(hpx.CommunicationError, match=r"from_local: localities do not agree"):
        hpx.from_local(hpx.zeros((3, 2) if ME else 3))
    with pytest.raises(ValueError, match=r"from_local: locality 1 gives a block of shape \(2, 4\)"):
        hpx.from_local(hpx.zeros((2, 4 if ME == 1 else 3)))
    with pytest.raises(hpx.CommunicationError, match="from_local: localities do not agree"):
        hpx.from_local(hpx.zeros((3, 3)), axis=int(ME == 0))
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def errors_of_objects():
    one_more = Distribution("block", sizes=(2,) * (N + 1))
    yield lambda: hpx.zeros(2 * N + 2, distribution=one_more), rf"has {N + 1} blocks.*{N} localit"
    yield lambda: hpx.set_default_distribution(one_more), rf"has {N + 1} blocks"
    yield (
        lambda: hpx.zeros(LENGTH + 1, distribution=uneven()),
        rf"length {LENGTH} .*\({LENGTH + 1},\)",
    )
    yield lambda: hpx.redistribute(hpx.zeros(LENGTH + 1), uneven()), "redistribute: .*does not fit"
    yield lambda: hpx.asarray(np.zeros(LENGTH + 1), distribution=uneven()), "does not fit axis 0"
    yield lambda: hpx.zeros(LENGTH, distribution=uneven(1)), "axis 1 is out of range"
    yield lambda: hpx.zeros(LENGTH, distribution="block", axis=-2), "axis -2 is out of range"
    yield lambda: hpx.zeros((), distribution=uneven()), "0-d array cannot be distributed"
    yield lambda: Distribution("block", bounds=(0, 4, 3)), r"\(0, 4, 3\) run up and down"
    yield lambda: Distribution("block", bounds=(1, 4)), r"\(1, 4\) .*begin with 0"
    yield lambda: Distribution("block", bounds=(5, 4)), r"\(5, 4\) .*end with 0"
    yield lambda: Distribution("block", bounds=(0,)), r"\(0,\) hold no block"
    yield lambda: Distribution("block", sizes=(3, -1)), r"\(3, -1\) hold a negative"
    yield lambda: Distribution("none", sizes=(3,)), "'none' has no bounds"
    yield lambda: Distribution("blok"), "distribution 'blok' does not exist"


def test_what_does_not_fit():
    for call, message in errors_of_objects():
        with pytest.raises((ValueError, IndexError), match=message):
            call()
    with pytest.raises(TypeError, match="bounds and sizes say the same"):
        Distribution("block", bounds=(0, 1), sizes=(1,))
    with pytest.raises(TypeError, match=r"bounds 'ab' is|position|integer"):
        Distribution("block", bounds="ab")
    with pytest.raises(TypeError, match="axis 'x' is not an integer"):
        hpx.zeros(3, distribution="block", axis="x")
    x = hpx.zeros(LENGTH, distribution=uneven())
    with pytest.raises(TypeError, match="distribution and like say the same"):
        hpx.zeros(LENGTH, distribution="block", like=x)
    with pytest.raises(TypeError, match="zeros: like=3 is no hpxpy array"):
        hpx.zeros(LENGTH, like=3)
    with pytest.raises(ValueError, match=r"zeros: .*does not fit"):
        hpx.zeros(LENGTH + 1, like=x)
    check_distributed(x + 1, np.ones(LENGTH))


@pytest.mark.parametrize("name", [*CREATION, "empty", "asfortranarray", "zeros_like"])
def test_signatures_name_the_keywords(name):
    name = name.split()[0]
    function = getattr(hpx, name, None) or getattr(hpx.fft, name)
    parameters = inspect.signature(function).parameters
    assert {"distribution", "axis", "like", "device"} <= parameters.keys()
    assert "place" not in parameters


def test_numpys_like_gives_the_same_map_where_it_fits():
    x = hpx.zeros(LENGTH, distribution=uneven())
    for made, expected in (
        (np.zeros(LENGTH, like=x), np.zeros(LENGTH)),
        (np.arange(LENGTH, like=x), np.arange(LENGTH)),
        (np.asarray(V, like=x), V),
        (np.ones((LENGTH, 2), like=x), np.ones((LENGTH, 2))),
        (np.full(LENGTH, 3, like=x), np.full(LENGTH, 3)),
        (np.fromiter(iter(V), float, like=x), V),
    ):
        assert made.distribution == x.distribution
        check_distributed(made, expected)
    for made in (np.zeros(LENGTH + 1, like=x), np.zeros((), like=x), np.zeros(2, like=hpx.ones(2))):
        assert made.distribution is None
    matrix = hpx.zeros((3, LENGTH), distribution=uneven(1))
    assert np.zeros(LENGTH, like=matrix).distribution is None
    assert np.eye(3, LENGTH, like=matrix).distribution == matrix.distribution


def evened(length):
    return tuple(block_sizes(length))


def test_balance():
    x = random_array(40)
    for array, expected in (
        (hpx.asarray(x, distribution="block")[25:], x[25:]),
        (hpx.asarray(x, distribution=last_has_all(40)), x),
        (hpx.asarray(x, distribution="block")[7:31:2], x[7:31:2]),
        (hpx.asarray(x, distribution="block")[:3], x[:3]),
        (hpx.asarray(x, distribution="block")[:0], x[:0]),
    ):
        even = hpx.balance(array)
        assert even.partition_sizes == evened(len(expected))
        check_distributed(even, expected)
        even[...] = 0
        check_distributed(array, expected)
    columns = hpx.asarray(x.reshape(4, 10), distribution=last_has_all(10, axis=1))
    even = hpx.balance(columns)
    assert (even.distributed_axis, ranges(even)[1]) == (1, block_ranges(10))
    check_distributed(even, x.reshape(4, 10))
    local = hpx.balance(hpx.asarray(x))
    check_local(local, x)


def test_what_is_even_stays():
    x = random_array(12 * N)
    array = hpx.asarray(x, distribution="block")
    for even in (array, array[::-1]):
        balanced = hpx.balance(even)
        assert balanced.distribution == even.distribution
        assert "exchange" not in str(hpx.explain(balanced))
        expected = x if even is array else x[::-1]
        check_distributed(balanced, expected)


def test_holders():
    x = hpx.zeros((LENGTH, 2), distribution=uneven())
    assert x.localities == tuple(range(N))
    assert x.num_partitions == N
    assert x.partition_sizes == tuple(2 * n for n in UNEVEN)
    empty = hpx.zeros(10, distribution=last_has_all(10))
    assert (empty.localities, empty.partition_sizes) == (tuple(range(N)), (0,) * (N - 1) + (10,))
    agree(difference(hpx.asarray(hpx.zeros(3).localities).to_numpy(), np.array([ME])))
