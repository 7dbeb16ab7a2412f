"""order= of views, copies and creation: how elements are counted, and how they lie in memory."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, assert_same, difference, placements

pytestmark = pytest.mark.local

X = np.arange(24.0).reshape(2, 3, 4)
# How a NumPy array may lie in memory.
LAYOUTS = {
    "C": X,
    "F": np.asfortranarray(X),
    "transposed": X.transpose(1, 2, 0),
    "swapped": X.swapaxes(0, 1),
    "turned": X[::-1, :, ::-1],
    "turned F": np.asfortranarray(X)[:, ::-1],
    "strided": X[:, ::2, 1:],
    "strided F": np.asfortranarray(X)[:, 1:, ::2],
    "rows": X[:, 0, :1],
    "matrix": X[0],
    "matrix F": X[0].T,
    "vector": X[0, 0],
    "every second": X[0, 0, ::2],
    "0-d": np.array(1.5),
    "empty": np.zeros((0, 3)),
}
ORDERS = ["C", "F", "A", "K", "c", "f", "a", "k"]


def arrays(layout):
    """Arrays of both libraries that lie in memory alike."""
    x = LAYOUTS[layout]
    return hpx.from_numpy(x, copy=False), x


def steps(x):
    """The strides along axes that have some."""
    return [s for n, s in zip(x.shape, x.strides, strict=True) if n > 1 and x.size]


def check(got, expected, layout=True):
    assert_same(got, expected)
    if layout:
        assert steps(got) == steps(expected), (got.strides, expected.strides)


COUNTING = {
    "ravel": lambda m, x, order: m.ravel(x, order),
    "ravel()": lambda m, x, order: x.ravel(order),
    "ravel(order=)": lambda m, x, order: x.ravel(order=order),
    "flatten": lambda m, x, order: x.flatten(order),
    "reshape": lambda m, x, order: m.reshape(x, (-1,), order),
    "reshape to two": lambda m, x, order: m.reshape(
        x, (-1, x.shape[-1] if x.ndim else 1), order=order
    ),
    "reshape()": lambda m, x, order: x.reshape(-1, 1, order=order),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", COUNTING)
def test_counting(name, layout, order):
    ours, numpys = arrays(layout)
    if "reshape" in name and order in "Kk":
        with pytest.raises(ValueError, match="order 'K'"):
            COUNTING[name](hpx, ours, order)
        return
    if layout == "empty" and "reshape" in name:
        return
    check(COUNTING[name](hpx, ours, order), COUNTING[name](np, numpys, order), layout=False)


LAYING = {
    "copy": lambda m, x, order: m.copy(x, order),
    "copy()": lambda m, x, order: x.copy(order),
    "copy(order=)": lambda m, x, order: x.copy(order=order),
    "array": lambda m, x, order: m.array(x, order=order),
    "array as float32": lambda m, x, order: m.array(x, "float32", order=order),
    "asarray": lambda m, x, order: m.asarray(x, order=order),
    "astype()": lambda m, x, order: x.astype("float32", order),
    "astype without need": lambda m, x, order: x.astype("float64", order=order, copy=False),
    "empty_like": lambda m, x, order: zeroed(m.empty_like(x, order=order)),
    "zeros_like": lambda m, x, order: m.zeros_like(x, order=order),
    "ones_like": lambda m, x, order: m.ones_like(x, "int8", order),
    "full_like": lambda m, x, order: m.full_like(x, 7, order=order),
    "zeros_like of a shape": lambda m, x, order: m.zeros_like(x, order=order, shape=(5, 6, 7)),
}


def zeroed(x):
    x[...] = 0
    return x


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", LAYING)
def test_laying(name, layout, order):
    ours, numpys = arrays(layout)
    if name == "array as float32" and order in "Aa":
        return  # NumPy's order is that of 'K' where it converts, else 'C' or 'F'.
    check(LAYING[name](hpx, ours, order), LAYING[name](np, numpys, order))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", [*ORDERS, None])
def test_arrays_of_numpy(layout, order):
    x = LAYOUTS[layout]
    check(hpx.array(x, order=order or "K"), np.array(x, order=order or "K"))
    check(hpx.asarray(x, order=order), np.array(x, order=order or "K"))
    check(hpx.array(x), np.array(x))
    check(hpx.from_numpy(x), np.array(x))
    check(hpx.array(x) + x, np.array(x) + x)


@pytest.mark.parametrize("order", ["C", "F", "c", "f"])
@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "full", "eye"])
def test_new_arrays(name, order):
    rest = {"full": ((3, 4), 2.0), "eye": (3, 4)}.get(name, ((3, 4),))
    got, expected = (getattr(m, name)(*rest, order=order) for m in (hpx, np))
    assert got.strides == expected.strides
    if name != "empty":
        assert_same(got, expected)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "full", "eye"])
@pytest.mark.parametrize("order", ["A", "K"])
def test_new_arrays_lie_as_no_other(name, order):
    rest = {"full": ((3, 4), 2.0), "eye": (3, 4)}.get(name, ((3, 4),))
    with pytest.raises(ValueError, match=f"{name}: order '{order}' is not possible here"):
        getattr(hpx, name)(*rest, order=order)


@pytest.mark.parametrize("order", ["C", "F", "c", "f"])
def test_flat_positions(order):
    positions = hpx.asarray([5, 1])
    got = hpx.unravel_index(positions, (2, 3), order)
    for ours, numpys in zip(got, np.unravel_index([5, 1], (2, 3), order), strict=True):
        assert_same(ours, numpys)
    assert_same(hpx.ravel_multi_index(got, (2, 3), order=order), np.array([5, 1]))


ORDERED = {
    "ravel": lambda order: hpx.ravel(hpx.ones((2, 2)), order),
    "flatten": lambda order: hpx.ones((2, 2)).flatten(order),
    "reshape": lambda order: hpx.ones((2, 2)).reshape(4, order=order),
    "copy": lambda order: hpx.ones((2, 2)).copy(order),
    "astype": lambda order: hpx.ones((2, 2)).astype("int8", order),
    "array": lambda order: hpx.array([1], order=order),
    "asarray": lambda order: hpx.asarray([1], order=order),
    "zeros": lambda order: hpx.zeros(3, order=order),
    "zeros_like": lambda order: hpx.zeros_like(hpx.ones((2, 2)), order=order),
    "einsum": lambda order: hpx.einsum("ii", hpx.ones((2, 2)), order=order),
    "unravel_index": lambda order: hpx.unravel_index(1, (2, 2), order),
}


@pytest.mark.parametrize("order", ["X", "", "CF", 1, b"C"])
@pytest.mark.parametrize("name", ORDERED)
def test_wrong_orders(name, order):
    with pytest.raises(
        ValueError, match=f"{name}: order .* does not exist; choose 'C', 'F', 'A' or 'K'"
    ):
        ORDERED[name](order)


@pytest.mark.distributed
@pytest.mark.parametrize("order", ["C", "A", "K", None])
def test_distributed_arrays_are_counted_and_laid_in_c_order(order):
    x = np.arange(12.0).reshape(3, 4)
    problems = []
    for place in placements(2)[1:-1]:
        array = hpx.asarray(x, **place)
        for made, expected in (
            (hpx.copy(array.T, order), x.T),
            (array.T.copy(order), x.T),
            (array.T.astype("float32", order), x.T.astype("float32")),
            (hpx.array(array.T, order=order), x.T),
            (hpx.ones_like(array.T, order=order), np.ones((4, 3))),
            (hpx.ravel(array[:1] if place.get("axis") else array[:, :1], order), None),
        ):
            assert made.distribution == place["distribution"]
            if expected is not None:
                problems.append(difference(made.to_numpy(), expected))
    agree("; ".join(filter(None, problems)))


@pytest.mark.distributed
def test_a_distribution_takes_no_columns():
    x = hpx.ones((3, 4), distribution="block")
    for make in (
        lambda: x.copy("F"),
        lambda: hpx.copy(x, "f"),
        lambda: hpx.zeros_like(x, order="F"),
        lambda: hpx.zeros((3, 4), order="f", distribution="block"),
        lambda: hpx.zeros_like(np.ones((3, 4)), order="F", distribution="block"),
    ):
        with pytest.raises(ValueError, match="order='F' cannot be met with a distribution"):
            make()
    like = hpx.zeros_like(hpx.asarray(np.ones((3, 4), order="F")), distribution="block")
    assert like.distribution == "block"
