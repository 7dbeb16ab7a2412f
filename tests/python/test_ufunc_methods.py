"""reduce, accumulate, reduceat, outer and at of elementwise functions, against NumPy's ufuncs."""

# SPDX-License-Identifier: BSL-1.0
import functools
import inspect
import pickle

import hpxpy as hpx
import numpy as np
import pytest
from helpers import PLANES, assert_same, check, random_array

GRIDS = {"local": {}, **PLANES}
BINARY = sorted(
    name
    for name, arity in hpx._core._operations.items()
    if arity == 2 and isinstance(getattr(np, name, None), np.ufunc)
)
JOINED = ["add", "multiply", "maximum", "minimum", "fmax", "logical_or", "logical_xor", "hypot"]
JOINED += ["logaddexp", "logaddexp2"]
WHOLE = ["gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor", "add", "maximum"]


def values(shape, dtype="float64"):
    x = random_array(shape, dtype)
    return np.abs(x) + 1 if np.dtype(dtype).kind in "fi" else x


def pairs_of(name):
    """The operands that NumPy's function takes: floats, integers or booleans, of one dtype."""
    for dtype in ("float64", "int64", "bool"):
        x = values(5, dtype)
        try:
            if getattr(np, name).reduce(x).dtype == np.float16:
                continue  # of which there is float32
        except (TypeError, ValueError):
            continue
        yield dtype


class Folded:
    """A ufunc whose `reduce` takes one element after the other.

    NumPy 2.4's own reduce of these is wrong where processors have AVX-512 (one of its results is an
    operand of the next, and the vectorised loop reads it too early).
    """

    def __init__(self, ufunc):
        self.ufunc = ufunc

    def __getattr__(self, name):
        return getattr(self.ufunc, name)

    def reduce(self, x, axis=0, keepdims=False):
        result = functools.reduce(self.ufunc, np.moveaxis(x, axis, 0))
        return np.expand_dims(result, axis) if keepdims else result


FOLDED = {name: Folded(getattr(np, name)) for name in ("arctan2", "atan2", "pow", "power")}


@pytest.mark.parametrize("name", BINARY)
def test_every_function_of_two_operands(name):
    ours, theirs = getattr(hpx, name), getattr(np, name)
    assert (ours.nin, ours.nout, ours.nargs) == (2, 1, 3)
    for dtype in pairs_of(name):
        x = values((4, 3), dtype)
        if name in ("left_shift", "power", "bitwise_left_shift", "pow", "float_power"):
            x = x % 3 + 1
        a = hpx.asarray(x)
        for call in (
            lambda f, v: f.reduce(v),
            lambda f, v: f.reduce(v, axis=1, keepdims=True),
            lambda f, v: f.accumulate(v),
            lambda f, v: f.accumulate(v, 1),
            lambda f, v: f.outer(v[0], v[1]),
        ):
            expected = np.asarray(call(FOLDED.get(name, theirs), x))
            assert_same(call(ours, a), expected, tolerance=1e-13)
            # And by NumPy's own function, which asks the array.
            got = call(theirs, a)
            assert isinstance(got, hpx.ndarray)
            assert_same(got, expected, tolerance=1e-13)
        expected = theirs.reduceat(x, [0, 2, 1], axis=0)
        assert_same(ours.reduceat(a, [0, 2, 1]), expected, tolerance=1e-13)


@pytest.mark.parametrize("name", [*JOINED, *(f"{name} of integers" for name in WHOLE)])
@pytest.mark.parametrize("place", GRIDS.values(), ids=GRIDS)
def test_on_every_map(place, name):
    name, _, whole = name.partition(" ")
    x = values((6, 5), "int64" if whole else "float64")
    if name in ("lcm", "multiply"):
        x = x % 4 + 1
    a, theirs = hpx.asarray(x, **place), getattr(np, name)
    for axis in (0, 1) if name == "lcm" else (0, 1, None, (0, 1)):
        check(theirs.reduce(a, axis=axis), np.asarray(theirs.reduce(x, axis=axis)), tolerance=1e-12)
    for axis in (0, 1):
        check(theirs.accumulate(a, axis), theirs.accumulate(x, axis), tolerance=1e-12)
    starts = [0, 3, 1, 5]
    check(theirs.reduceat(a, starts), theirs.reduceat(x, starts), tolerance=1e-12)
    mask = x % 2 < 1
    if name not in ("maximum", "minimum", "fmax", "lcm"):
        expected = np.asarray(theirs.reduce(x, where=mask))
        check(theirs.reduce(a, where=hpx.asarray(mask)), expected, tolerance=1e-12)
    if name not in ("logical_or", "logical_xor"):
        expected = np.asarray(theirs.reduce(x, initial=2, where=mask, axis=1))
        got = theirs.reduce(a, initial=2, where=hpx.asarray(mask), axis=1)
        check(got, expected, tolerance=1e-12)


@pytest.mark.parametrize("name", ["subtract", "divide", "remainder", "power", "arctan2"])
@pytest.mark.parametrize("place", GRIDS.values(), ids=GRIDS)
def test_where_the_order_matters(place, name):
    x = values((6, 4)) % 2 + 0.5
    a, theirs = hpx.asarray(x, **place), getattr(np, name)
    for axis in (0, 1):
        expected = FOLDED.get(name, theirs).reduce(x, axis=axis)
        check(theirs.reduce(a, axis=axis), expected, tolerance=1e-12)
        check(theirs.accumulate(a, axis), theirs.accumulate(x, axis), tolerance=1e-12)
    with pytest.raises(ValueError, match=rf"{name}\.reduce: the order matters"):
        theirs.reduce(a, axis=(0, 1))


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "subtract"])
@pytest.mark.parametrize("place", GRIDS.values(), ids=GRIDS)
def test_at(place, name):
    theirs, ours = getattr(np, name), getattr(hpx, name)
    steps = np.array([1.5, 2.5, 3.5, 0.5, 4.5])
    for indices, second in (
        (np.array([0, 2, 2, 5, 2]), steps[:, None]),
        (np.array([-1, 3, 3]), 2.0),
        ((np.array([0, 2, 2, 5, 2]), np.array([1, 3, 3, 0, 3])), steps),
        (slice(1, 4), 2.0),
        (np.zeros(0, int), 2.0),
        (3, 7.0),
    ):
        x = values((6, 4))
        a = hpx.asarray(x, **place)
        theirs.at(x, indices, second)
        ours.at(a, indices, second)
        check(a, x, tolerance=1e-14)
    x, a = values(6), hpx.asarray(values(6))
    before = a + 1.0
    theirs.at(x, [0, 0, 1], 2.0)
    theirs.at(a, [0, 0, 1], 2.0)
    assert_same(a, x)
    assert_same(before, values(6) + 1.0)


def test_at_of_one_operand_and_of_numpys_arrays():
    x = values(4)
    a = hpx.asarray(x)
    np.sqrt.at(x, [0, 0, 2])
    hpx.sqrt.at(a, [0, 0, 2])
    assert_same(a, x, tolerance=1e-15)
    y = np.zeros(3)
    np.add.at(y, hpx.asarray([0, 0, 1]), hpx.asarray(2.0))
    assert y.tolist() == [4, 2, 0]
    mask = hpx.asarray([True, False, True, False])
    hpx.negative.at(a, mask)
    assert_same(a, np.where([True, False, True, False], -x, x), tolerance=1e-15)
    with pytest.raises(IndexError):
        hpx.add.at(a, [9], 1.0)
    with pytest.raises(ValueError, match=r"add\.at: add takes 2 operands"):
        hpx.add.at(a, [0])
    with pytest.raises(TypeError, match=r"add\.at: \[1\] is no hpxpy array"):
        hpx.add.at([1], [0], 1)


def test_dtypes_and_out():
    x = values(5, "int8")
    a = hpx.asarray(x)
    for f, g in ((hpx.add, np.add), (np.add, np.add)):
        assert_same(f.reduce(a, dtype="float32"), np.asarray(g.reduce(x, dtype="float32")))
        assert_same(f.accumulate(a, dtype="int16"), g.accumulate(x, dtype="int16"))
        assert f.reduce(a).dtype == g.reduce(x).dtype
    assert_same(hpx.maximum.reduce(a, dtype="float64"), np.asarray(np.maximum.reduce(x, dtype="d")))
    assert_same(hpx.hypot.reduce(a), np.asarray(np.hypot.reduce(x.astype("f4"))), tolerance=1e-6)
    for name in ("add", "gcd", "subtract"):
        out = hpx.zeros((), dtype="int64")
        assert getattr(hpx, name).reduce(a, out=out) is out
        assert int(out) == int(getattr(np, name).reduce(x))
        out = hpx.zeros(5, dtype="int64")
        assert getattr(np, name).accumulate(a, out=out) is out
        assert_same(out, getattr(np, name).accumulate(x).astype("int64"))


def test_nothing_to_join():
    for name in ("maximum", "subtract", "lcm"):
        with pytest.raises(ValueError, match=r"no|empty"):
            getattr(hpx, name).reduce(hpx.zeros(0, dtype="int64"))
    for name in ("add", "multiply", "logical_and", "hypot", "logical_xor"):
        expected = np.asarray(getattr(np, name).reduce(np.zeros((0, 2)), axis=0))
        assert_same(getattr(hpx, name).reduce(hpx.zeros((0, 2)), axis=0), expected)
    assert hpx.maximum.accumulate(hpx.zeros(0)).shape == (0,)
    for method in ("reduce", "accumulate"):
        assert not hasattr(hpx.sin, method)
        with pytest.raises(ValueError, match="binary functions"):
            getattr(np.sin, method)(hpx.ones(2))
    with pytest.raises(ValueError, match=r"lcm\.reduce: where= needs initial="):
        hpx.lcm.reduce([1, 2], where=[True, False])
    with pytest.raises(IndexError, match=r"add\.reduceat: 7 is out of range for 3 elements"):
        hpx.add.reduceat(hpx.ones(3), [7])


def test_functions_are_objects():
    assert pickle.loads(pickle.dumps(hpx.add)) is hpx.add
    assert pickle.loads(pickle.dumps(hpx.fft.fft)) is hpx.fft.fft
    assert (hpx.add.__name__, hpx.add.__module__) == ("add", "hpxpy")
    assert repr(hpx.add) == "<function add>"
    assert list(inspect.signature(hpx.add).parameters)[:2] == ["x1", "x2"]
    assert "Sum of the elements" in hpx.add.__doc__
    assert hpx.power is not hpx.add


@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
def test_casting_order_and_subok(casting):
    whole, single = np.arange(3), np.ones(3, "float32")
    for x, y in ((whole, whole), (whole, single), (single, 2.0), (whole, 0.5)):
        for f in (np.add, np.divide):
            ours = getattr(hpx, f.__name__)
            a, b = (hpx.asarray(v) if isinstance(v, np.ndarray) else v for v in (x, y))
            try:
                expected = f(x, y, casting=casting, order="C", subok=False)
            except TypeError:
                for g in (f, ours):
                    with pytest.raises(TypeError, match=f.__name__):
                        g(a, b, casting=casting)
                continue
            assert_same(ours(a, b, casting=casting, order="C", subok=False), expected)
            assert_same(f(a, b, casting=casting), expected)
    with pytest.raises(ValueError, match="add: casting='any' does not exist"):
        hpx.add(1, 2, casting="any")
    with pytest.raises(ValueError, match="add: order 'Q'"):
        hpx.add(1, 2, order="Q")


@pytest.mark.parametrize("place", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("method", ["accumulate", "reduce"])
@pytest.mark.parametrize("name", ["maximum", "logaddexp", "subtract", "fmax"])
def test_of_one_row_the_result_is_no_view(name, method, place):
    x = values((1, 4))
    a = hpx.asarray(x, **place)
    join = getattr(getattr(np, name), method)
    expected, got = join(x), join(a)
    a[...] = 0
    check(got, expected)
