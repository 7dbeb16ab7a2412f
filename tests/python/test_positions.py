"""Elements taken, put and found by position, and arrays made of rules, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, random_array

pytestmark = pytest.mark.local


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_take(mode):
    x = random_array((4, 5))
    positions = [0, 3, -1] if mode != "clip" else [0, 3, 1]
    if mode != "raise":
        positions += [17, -30]
    for axis in (None, 0, 1, -1):
        expected = np.take(x, positions, axis, mode=mode)
        assert_same(hpx.take(hpx.asarray(x), positions, axis, mode=mode), expected)
        out = hpx.zeros(expected.shape)
        assert hpx.take(hpx.asarray(x), positions, axis, out=out, mode=mode) is out
        assert_same(out, expected)


@pytest.mark.parametrize("shape", [(0,), (7,), (3, 4), (0, 3), (2, 3, 4), (300, 400)], ids=str)
@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64", "complex128"])
def test_along_an_axis(shape, dtype):
    x = random_array(shape, dtype)
    for axis in range(-1, len(shape)):
        order = np.argsort(x, axis=axis, kind="stable")
        for view in (x, x[::-1], x[..., ::-1]):
            array = hpx.asarray(view)
            expected = np.take_along_axis(view, order, axis)
            assert_same(hpx.take_along_axis(array, hpx.asarray(order), axis=axis), expected)
            target, expected = array.copy(), view.copy()
            hpx.put_along_axis(target, hpx.asarray(order), array, axis)
            np.put_along_axis(expected, order, view, axis)
            assert_same(target, expected)
    assert_same(hpx.take_along_axis(x, np.arange(x.size), None), x.ravel())


def test_along_an_axis_broadcasts():
    x = random_array((3, 4))
    positions = np.array([[1], [0], [3]])
    assert_same(hpx.take_along_axis(x, positions[:1], 1), np.take_along_axis(x, positions[:1], 1))
    array = hpx.asarray(x)
    hpx.put_along_axis(array, positions, 9, axis=1)
    np.put_along_axis(x, positions, 9, axis=1)
    assert_same(array, x)
    hpx.put_along_axis(array[:, ::-1], positions, [[1], [2], [3]], axis=1)
    np.put_along_axis(x[:, ::-1], positions, [[1], [2], [3]], axis=1)
    assert_same(array, x)
    hpx.put_along_axis(array, [0, 5], -1, axis=None)
    np.put_along_axis(x, np.array([0, 5]), -1, axis=None)
    assert_same(array, x)


def test_put_place_and_extract():
    x = random_array((3, 4))
    array = hpx.asarray(x)
    hpx.put(array, [0, -1, 5], [1, 2])
    np.put(x, [0, -1, 5], [1, 2])
    array.put([17], 3, mode="wrap")
    np.put(x, [17], 3, mode="wrap")
    array[:, ::2].put([0, 3], 8)
    x[:, ::2].flat[[0, 3]] = 8
    assert_same(array, x)
    mask = x > 0
    assert_same(hpx.extract(mask, array), np.extract(mask, x))
    hpx.place(array, mask, [1, 2, 3])
    np.place(x, mask, [1, 2, 3])
    assert_same(array, x)
    hpx.place(array, np.zeros((3, 4), bool), [])
    assert_same(array, x)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(0,), (9,), (3, 4), (2, 0), (2, 3, 4), (70000,)], ids=str)
def test_nonzero(shape, dtype):
    x = random_array(shape, dtype)
    x[random_array(shape, "bool")] = 0
    for view in (x, x[::-1], x.T):
        array = hpx.asarray(view)
        for function in (hpx.nonzero, hpx.where):
            for ours, theirs in zip(function(array), np.nonzero(view), strict=True):
                assert_same(ours, theirs)
        assert_same(hpx.argwhere(array), np.argwhere(view))
        assert_same(hpx.flatnonzero(array), np.flatnonzero(view))
        assert int(hpx.count_nonzero(array)) == np.count_nonzero(view)


def test_argwhere_of_a_number():
    assert hpx.argwhere(3).shape == (1, 0)
    assert hpx.argwhere(0).shape == (0, 0)


def test_index_arrays():
    for shape in [(), (3,), (2, 3), (2, 0, 3)]:
        assert_same(hpx.indices(shape), np.indices(shape))
        assert_same(hpx.indices(shape, dtype="float32"), np.indices(shape, dtype="float32"))
        for ours, theirs in zip(
            hpx.indices(shape, sparse=True), np.indices(shape, sparse=True), strict=True
        ):
            assert_same(ours, theirs)
    given = ([0, 2], [True, False, True], np.array([1, 1]))
    for ours, theirs in zip(hpx.ix_(*given), np.ix_(*given), strict=True):
        assert_same(ours, theirs)
    for name, arguments in [
        ("diag_indices", (3,)),
        ("diag_indices", (2, 3)),
        ("tril_indices", (4, 1, 3)),
        ("triu_indices", (3, -1)),
    ]:
        for ours, theirs in zip(
            getattr(hpx, name)(*arguments), getattr(np, name)(*arguments), strict=True
        ):
            assert_same(ours, theirs)


@pytest.mark.parametrize("order", ["C", "F"])
def test_flat_positions(order):
    shape = (3, 4, 5)
    flat = np.array([[0, 17], [59, 30]])
    positions = np.unravel_index(flat, shape, order)
    for ours, theirs in zip(
        hpx.unravel_index(hpx.asarray(flat), shape, order), positions, strict=True
    ):
        assert_same(ours, theirs)
    given = tuple(hpx.asarray(p) for p in positions)
    assert_same(hpx.ravel_multi_index(given, shape, order=order), flat)
    over = ([5, -1, 2], [9, 3, -9])
    for mode in ("wrap", "clip", ("clip", "wrap")):
        expected = np.ravel_multi_index(over, (3, 4), mode=mode, order=order)
        assert_same(hpx.ravel_multi_index(over, (3, 4), mode=mode, order=order), expected)
    assert [int(i) for i in hpx.unravel_index(7, (3, 4))] == [1, 3]


def test_apply_along_axis():
    x = random_array((3, 4, 2))
    for axis in (0, 1, -1):
        for function in (
            lambda row: row.max(),
            lambda row: row[::-1] * 2,
            lambda row: row[:, None] * row,
        ):
            got = hpx.apply_along_axis(function, axis, hpx.asarray(x))
            assert_same(got, np.apply_along_axis(function, axis, x))


def test_vectorize():
    function = hpx.vectorize(lambda a, b: a if a > b else b * 2)
    x, y = random_array((3, 1)), random_array(4, seed=1)
    assert_same(function(hpx.asarray(x), hpx.asarray(y)), np.vectorize(function.pyfunc)(x, y))
    both = hpx.vectorize(divmod)(hpx.asarray([7, 8]), 3)
    assert_same(both[1], np.array([1, 2]))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_diagonals(dtype):
    x = random_array((4, 5), dtype)
    for k in (0, 1, -2, 7):
        assert_same(hpx.diag(hpx.asarray(x), k), np.diag(x, k))
        assert_same(hpx.diag(hpx.asarray(x[0]), k), np.diag(x[0], k))
    assert_same(hpx.trace(hpx.asarray(x)), np.asarray(np.trace(x)), tolerance=1e-5)


RULES = [
    ("identity", (3,), {}),
    ("identity", (2,), {"dtype": "int8"}),
    ("eye", (3, 4, 1, "int32"), {}),
    ("tri", (3,), {}),
    ("tri", (2, 4, 1), {"dtype": "bool"}),
    ("logspace", (0, 3), {"num": 7}),
    ("logspace", (1, 2, 4, False, 2.0), {}),
    ("logspace", (0, 3, 4), {"dtype": "int64"}),
    ("geomspace", (1, 1000), {"num": 4}),
    ("geomspace", (-8, -1, 4), {}),
    ("geomspace", (256, 2, 5), {"endpoint": False}),
    ("geomspace", (1j, 16j, 5), {}),
    ("geomspace", (1, 2), {"num": 0}),
    ("vander", ([1, 2, 3],), {}),
    ("vander", ([1.5, 2, 3], 2), {"increasing": True}),
    ("vander", ([1, 2], 0), {}),
    ("vander", ([complex(-np.inf, 0), 2], 3), {}),
    ("linspace", (0, 1, 5, False), {}),
    ("fromfunction", (lambda i, j: i * 2 + j, (2, 3)), {}),
    ("fromfunction", (lambda i: i, (3,)), {"dtype": "int32"}),
    ("frombuffer", (np.arange(5.0).tobytes(),), {}),
    ("frombuffer", (b"abcd", "uint8", 2, 1), {}),
]


@pytest.mark.parametrize("case", RULES, ids=lambda case: f"{case[0]}-{len(case[1])}-{case[2]}")
def test_arrays_of_rules(case):
    name, arguments, keywords = case
    expected = getattr(np, name)(*arguments, **keywords)
    assert_same(getattr(hpx, name)(*arguments, **keywords), expected, tolerance=1e-14)


def test_linspace_tells_its_step():
    x, step = hpx.linspace(0, 1, 5, retstep=True)
    assert_same(x, np.linspace(0, 1, 5))
    assert step == 0.25


@pytest.mark.distributed
def test_full_of_an_array_and_linspace_between_arrays():
    assert_same(hpx.full((2, 3), [1, 2, 3]), np.full((2, 3), [1, 2, 3]))
    assert_same(
        hpx.full((2, 3), hpx.asarray([[1], [2]]), "float32"), np.full((2, 3), [[1], [2]], "f4")
    )
    for start, stop, keywords in [
        ([0.0, 1.0], 5, {"num": 4}),
        ([0, 1], [[3], [7]], {"num": 3, "axis": -1}),
        ([0, 1], [3, 7], {"num": 5, "endpoint": False}),
        ([0, 1], [3, 8], {"num": 4, "dtype": "int32"}),
        ([0, 1], [3, 8], {"num": 1}),
        ([0, 1j], [3, 8], {"num": 4}),
    ]:
        expected = np.linspace(start, stop, **keywords)
        assert_same(hpx.linspace(start, stop, **keywords), expected, tolerance=1e-15)
    _, step = hpx.linspace([0, 1], [4, 8], 5, retstep=True)
    assert_same(step, np.array([1.0, 1.75]))
    with pytest.raises(ValueError, match="cannot be met with a distribution"):
        hpx.linspace([0, 1], 2, distribution="block")
    with pytest.raises(ValueError, match=r"do(es)? not broadcast"):
        hpx.full((2, 3), [1, 2])


@pytest.mark.parametrize("order", ["C", "F"])
def test_orders(order):
    x = random_array((3, 4))
    dense = hpx.asarray(x)
    for made in (
        hpx.zeros((3, 4), order=order),
        hpx.ones((3, 4), "int8", order),
        hpx.empty((3, 4), order=order),
        hpx.full((3, 4), 2, order=order),
        hpx.asarray(x, order=order),
        hpx.asarray(dense.T, order=order).T.T,
        hpx.array(dense, order=order),
    ):
        size, shape = made.itemsize, made.shape
        wanted = (shape[1] * size, size) if order == "C" else (size, shape[0] * size)
        assert made.strides == wanted
    assert_same(hpx.zeros(3, order=order), np.zeros(3))
    assert_same(hpx.full((2, 3), [1, 2, 3], order=order), np.full((2, 3), [1, 2, 3]))
    assert_same(hpx.asarray(dense, order=order), x)
    assert_same(hpx.array(x, order=order, ndmin=4), np.array(x, ndmin=4))
    for shape in ((4, 3), (2, -1), (12,), (1, 3, 4)):
        expected = np.reshape(x, shape, order=order)
        assert_same(hpx.reshape(dense, shape, order), expected)
        assert_same(dense.reshape(shape, order=order), expected)
        assert_same((dense.T * 2).reshape(shape, order=order), np.reshape(x.T * 2, shape, order))
    with pytest.raises(ValueError, match="order 'X' does not exist"):
        hpx.zeros(3, order="X")
    with pytest.raises(ValueError, match="order 'X' does not exist"):
        hpx.reshape(dense, 12, "X")


@pytest.mark.distributed
def test_orders_that_cannot_be():
    with pytest.raises(ValueError, match="order='F' cannot be met with a distribution"):
        hpx.zeros((3, 4), order="F", distribution="block")
    with pytest.raises(ValueError, match="order='F' needs a copy"):
        hpx.asarray(hpx.ones((3, 4)), order="F", copy=False)
    with pytest.raises(TypeError, match=r"reshape: shape=3 is not supported"):
        hpx.ones(3).reshape(shape=3)


def test_like_with_another_shape():
    x = random_array((3, 4), "float32")
    for name, values in [("zeros_like", ()), ("ones_like", ()), ("full_like", (3,))]:
        theirs, ours = getattr(np, name), getattr(hpx, name)
        assert_same(ours(hpx.asarray(x), *values, shape=(2,)), theirs(x, *values, shape=(2,)))
        got = ours(hpx.asarray(x), *values, dtype="int8", shape=5)
        assert_same(got, theirs(x, *values, dtype="int8", shape=5))
    assert hpx.empty_like(x, shape=(2, 2)).shape == (2, 2)
    assert_same(hpx.full_like(x, [1, 2, 3, 4]), np.full_like(x, [1, 2, 3, 4]))


def test_items_by_position():
    x = random_array((3, 4))
    array = hpx.asarray(x)
    for where in [(0,), (7,), (-1,), (2, 3), (-3, 1), ((1, 2),)]:
        assert array.item(*where) == x.item(*where)
    for where in [(12,), (-13,), (3, 0)]:
        with pytest.raises(IndexError, match="out of range"):
            array.item(*where)


def test_fromiter():
    assert_same(hpx.fromiter(iter([1, 2, 3]), "int8"), np.array([1, 2, 3], "int8"))


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_meshgrid(count, sparse, indexing):
    vectors = [random_array(3), 5, random_array(4, "int8")][:count]
    for copy in (False, True):
        asked = {"indexing": indexing, "sparse": sparse, "copy": copy}
        got = hpx.meshgrid(*map(hpx.asarray, vectors), **asked)
        for ours, theirs in zip(got, np.meshgrid(*vectors, **asked), strict=True):
            assert_same(ours, theirs)


DEVICE_CALLS = [
    lambda **k: hpx.zeros(2, **k),
    lambda **k: hpx.ones(2, **k),
    lambda **k: hpx.full(2, 1, **k),
    lambda **k: hpx.empty(2, **k),
    lambda **k: hpx.zeros_like([1], **k),
    lambda **k: hpx.ones_like([1], **k),
    lambda **k: hpx.full_like([1], 1, **k),
    lambda **k: hpx.empty_like([1], **k),
    lambda **k: hpx.asarray([1], **k),
    lambda **k: hpx.array([1], **k),
    lambda **k: hpx.from_numpy(np.ones(2), **k),
    lambda **k: hpx.from_dlpack(np.ones(2), **k),
    lambda **k: hpx.arange(3, **k),
    lambda **k: hpx.linspace(0, 1, 3, **k),
    lambda **k: hpx.eye(2, **k),
]


@pytest.mark.parametrize("call", DEVICE_CALLS)
def test_devices(call):
    for device in (None, "cpu", "auto"):
        assert call(device=device).device == "cpu"
    for device, message in [
        ("gpu", "CUDA GPU requested but CUDA is not available"),
        ("sycl", "SYCL requested but not available"),
        (0, "no GPU backend is available"),
    ]:
        with pytest.raises(RuntimeError, match=message):
            call(device=device)
    for device in ("tpu", 0.5):
        with pytest.raises(ValueError, match="Invalid device specification"):
            call(device=device)


BAD = [
    (lambda x: hpx.take(x, [6]), IndexError, r"take: 6 is out of range for axis 0 of length 6"),
    (lambda x: hpx.take(x, [0], 2), ValueError, r"take: axis 2 is out of range"),
    (lambda x: hpx.take(x, [0.5]), IndexError, r"positions of float64 are no indices"),
    (lambda x: hpx.take(x, [0], mode="no"), ValueError, r"take: mode 'no' does not exist"),
    (lambda x: hpx.take_along_axis(x, [0], 1), ValueError, r"same number of dimensions"),
    (lambda x: hpx.take_along_axis(x, [[3], [0]], 1), IndexError, r"3 is out of range for axis 1"),
    (lambda x: hpx.take_along_axis(x, [[0]] * 3, 1), IndexError, r"positions of shape \(3, 1\)"),
    (lambda x: hpx.put_along_axis(x, [[-4], [0]], 1, 1), IndexError, r"-4 is out of range"),
    (
        lambda x: hpx.put_along_axis(x, [[0]], 1j, 1),
        TypeError,
        r"a complex number does not fit",
    ),
    (lambda x: hpx.put_along_axis([1], [0], 1, 0), TypeError, r"put_along_axis: \[1\] is no hpxpy"),
    (lambda x: hpx.put_along_axis(x.T, [0], 1, None), ValueError, r"give an axis"),
    (lambda x: hpx.put(x, [6], 1), IndexError, r"put: 6 is out of range for 6 elements"),
    (lambda x: hpx.put(x, [0], []), ValueError, r"put: no values for 1 positions"),
    (lambda x: hpx.put([1], [0], 1), TypeError, r"put: \[1\] is no hpxpy array"),
    (lambda x: hpx.place(x, x > 0, []), ValueError, r"place: no values for the 6 elements"),
    (lambda x: hpx.nonzero(3), ValueError, r"nonzero: a 0-d array"),
    (lambda x: hpx.where(x, 1), ValueError, r"where: one of x1 and x2 is missing"),
    (lambda x: hpx.compress(x, x), ValueError, r"compress: the condition has shape \(2, 3\)"),
    (lambda x: hpx.compress([0, 0, 1], x, 0), IndexError, r"compress: 2 is out of range"),
    (lambda x: hpx.diagonal(x[0]), ValueError, r"less than two dimensions"),
    (lambda x: hpx.diagonal(x, 0, 1, 1), ValueError, r"axis 1 is named twice"),
    (lambda x: hpx.diagonal(x, 0, 0, 2), ValueError, r"diagonal: axis 2 is out of range"),
    (lambda x: hpx.diag(x[None]), ValueError, r"diag: shape \(1, 2, 3\) has 3 dimensions"),
    (lambda x: hpx.ix_(x), ValueError, r"ix_: argument 0 has shape \(2, 3\)"),
    (lambda x: hpx.unravel_index(6, (2, 3)), ValueError, r"6 is out of range for length 6"),
    (lambda x: hpx.unravel_index(0.5, (2, 3)), TypeError, r"positions of float64"),
    (lambda x: hpx.unravel_index(0, (2, 3), "X"), ValueError, r"order 'X' does not exist"),
    (lambda x: hpx.ravel_multi_index(([2], [0]), (2, 3)), ValueError, r"2 is out of range"),
    (lambda x: hpx.ravel_multi_index(([0],), (2, 3)), ValueError, r"1 arrays for a shape of 2"),
    (lambda x: hpx.apply_along_axis(hpx.sum, 0, x[:, :0]), ValueError, r"has no row along axis 0"),
    (lambda x: hpx.diag_indices(2, 2**62), MemoryError, "diag_indices: Memory cannot hold n=2"),
    (lambda x: hpx.vander(x), ValueError, r"vander: shape \(2, 3\) has 2 dimensions"),
    (lambda x: hpx.geomspace(0, 1), ValueError, r"a geometric sequence has no 0"),
    (lambda x: hpx.geomspace(-1, 1), ValueError, r"must have the same sign"),
    (lambda x: hpx.logspace(0, 1, -1), ValueError, r"num=-1 is negative"),
    (lambda x: hpx.meshgrid(x), ValueError, r"argument 0 has shape \(2, 3\); give vectors"),
    (lambda x: hpx.meshgrid(x, indexing="ji"), ValueError, r"indexing 'ji' does not exist"),
    (lambda x: hpx.eye(2, k=0.5), TypeError, r"eye: k=0\.5 is not an integer"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[2])
def test_errors(bad):
    call, error, message = bad
    x = hpx.ones((2, 3))
    with pytest.raises(error, match=message):
        call(x)
    assert_same(x, np.ones((2, 3)))
