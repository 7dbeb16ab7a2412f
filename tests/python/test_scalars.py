"""Python's and NumPy's numbers that become elements of arrays, or lengths, axes and counts."""

# SPDX-License-Identifier: BSL-1.0
import math

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same

pytestmark = pytest.mark.local

INTEGERS = ["int8", "uint8", "int64", "uint64"]
NUMBERS = [300, -1, -129, 2**63, 2**70, 300.0, 1e30, -0.5, 2.75, math.nan, math.inf]
NUMBERS += [1 + 2j, 0j, True, 10**400]


def stored(x, function):
    function(x)
    return x


# Each makes an element of the dtype out of a number.
ELEMENTS = {
    "array": lambda xp, x, v: xp.array(v, dtype=x.dtype),
    "asarray": lambda xp, x, v: xp.asarray(v, dtype=x.dtype),
    "asarray of a list": lambda xp, x, v: xp.asarray([v, v], dtype=x.dtype),
    "x[...]": lambda xp, x, v: stored(x, lambda y: y.__setitem__(..., v)),
    "x[...] of a list": lambda xp, x, v: stored(x, lambda y: y.__setitem__(..., [v])),
    "x[0]": lambda xp, x, v: stored(x, lambda y: y.__setitem__((0, 0), v)),
    "x[mask]": lambda xp, x, v: stored(x, lambda y: y.__setitem__(y > 0, v)),
    "x[mask] of a list": lambda xp, x, v: stored(x, lambda y: y.__setitem__(y > 0, [v])),
    "x[positions]": lambda xp, x, v: stored(x, lambda y: y.__setitem__([0], v)),
    "fill": lambda xp, x, v: stored(x, lambda y: y.fill(v)),
    "put": lambda xp, x, v: stored(x, lambda y: xp.put(y, [0], v)),
    "put of a list": lambda xp, x, v: stored(x, lambda y: xp.put(y, [0], [v])),
    "place": lambda xp, x, v: stored(x, lambda y: xp.place(y, y > 0, v)),
    "place of a list": lambda xp, x, v: stored(x, lambda y: xp.place(y, y > 0, [v])),
    "fill_diagonal": lambda xp, x, v: stored(x, lambda y: xp.fill_diagonal(y, v)),
    "fill_diagonal of a list": lambda xp, x, v: stored(x, lambda y: xp.fill_diagonal(y, [v])),
    "put_along_axis": lambda xp, x, v: stored(
        x, lambda y: xp.put_along_axis(y, xp.asarray([[0], [1]]), v, 1)
    ),
    "insert": lambda xp, x, v: xp.insert(x, 0, v),
    "insert of a list": lambda xp, x, v: xp.insert(x, 0, [v]),
    "piecewise": lambda xp, x, v: xp.piecewise(x, [x > 0], [v]),
    "copyto": lambda xp, x, v: stored(x, lambda y: xp.copyto(y, v)),
    "copyto where": lambda xp, x, v: stored(x, lambda y: xp.copyto(y, v, where=y > 0)),
    "min": lambda xp, x, v: xp.min(x, initial=v),
    "max": lambda xp, x, v: xp.max(x, axis=0, initial=v),
    "max where": lambda xp, x, v: xp.max(x, initial=v, where=x > 1),
    "max of nothing": lambda xp, x, v: xp.max(x[:0], initial=v),
    "sum": lambda xp, x, v: xp.sum(x, initial=v),
    "prod": lambda xp, x, v: xp.prod(x, axis=1, initial=v),
    "sum of its dtype": lambda xp, x, v: xp.sum(x, initial=v, dtype=x.dtype),
}


def outcome(function):
    try:
        return np.asarray(function())
    except (OverflowError, TypeError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("dtype", [*INTEGERS, "float32", "float64", "complex64"])
@pytest.mark.parametrize("name", ELEMENTS)
def test_elements_made_of_python_numbers(name, dtype):
    for value in NUMBERS:
        given = np.ones((2, 3), dtype)
        expected = outcome(lambda: ELEMENTS[name](np, given.copy(), value))  # noqa: B023
        got = outcome(lambda: ELEMENTS[name](hpx, hpx.asarray(given), value))  # noqa: B023
        if isinstance(expected, type) or isinstance(got, type):
            assert got is expected, (value, got, expected)
        else:
            assert_same(got, expected)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("value", [np.int64(300), np.array(-1), np.array([300]), np.float32(7.5)])
def test_arrays_and_numpy_scalars_are_cast(value, dtype):
    names = ["x[...]", "x[0]", "x[positions]", "x[mask]", "fill", "put", "fill_diagonal", "insert"]
    for name in (*names, "sum", "max") if np.ndim(value) == 0 else names[:1] + names[2:3]:
        given = np.ones((2, 3), dtype)
        expected = outcome(lambda: ELEMENTS[name](np, given.copy(), value))  # noqa: B023
        got = outcome(lambda: ELEMENTS[name](hpx, hpx.asarray(given), value))  # noqa: B023
        if isinstance(expected, type) or isinstance(got, type):
            assert got is expected, name
        else:
            assert_same(got, expected)


def test_full_checks_pythons_integers_alone():
    for function in (
        lambda v: hpx.full(2, v, "uint8"),
        lambda v: hpx.full_like(hpx.ones(2, "uint8"), v),
    ):
        for value in (300, -1, 2**70):
            with pytest.raises(OverflowError, match="full"):
                function(value)
        assert function(2.75).tolist() == [2, 2]
        assert function(np.int64(300)).tolist() == [44, 44]
    assert_same(hpx.full(2, 2**70, "float64"), np.full(2, 2**70, "float64"))
    assert_same(hpx.full(2, 1 + 2j, "float64"), np.ones(2))


def test_errors_name_the_function_and_the_value():
    x = hpx.ones((2, 2), "int8")
    for call, text in (
        (lambda: hpx.put(x, [0], 300), "put: Python integer 300 is out of bounds for int8"),
        (lambda: hpx.insert(x, 0, [300]), "insert: Python integer 300 out of bounds for int8"),
        (lambda: hpx.sum(x, initial=math.inf), "sum: Python float inf is out of bounds for int64"),
    ):
        with pytest.raises(OverflowError, match=text):
            call()
    with pytest.raises(ValueError, match=r"fill_diagonal|nan is no integer of int8"):
        hpx.fill_diagonal(x, math.nan)
    with pytest.raises(TypeError, match="place: a complex number does not fit into a int8 array"):
        hpx.place(x, x > 0, 1j)
    assert x.tolist() == [[1, 1], [1, 1]]


def test_where_wraps_as_numpy_does():
    x = np.array([1, 2], "uint8")
    for value in (-1, 300, 3, 2.5, 1j, True):
        got = hpx.where([True, False], value, hpx.asarray(x))
        assert_same(got, np.where([True, False], value, x))
    assert_same(hpx.where(hpx.asarray(x), -1, 300), np.where(x, -1, 300))
    for default in (300, 1.5, 2):
        choices = [np.ones(2, "float32"), 1]
        conditions = [x > 1, x > 5]
        assert_same(
            hpx.select(conditions, choices, default), np.select(conditions, choices, default)
        )


def test_limits_of_clip_beyond_the_dtype():
    for dtype in INTEGERS:
        x = np.array([1, 5, 100], dtype)
        for low, high in ((-(2**70), 2**70), (-1000, 7), (3, 2**64), (-1, 300), (None, 10**30)):
            assert_same(hpx.clip(hpx.asarray(x), low, high), np.clip(x, low, high))
            assert_same(hpx.asarray(x).clip(low, high), x.clip(low, high))
    for low, high in ((300, None), (None, -1), (0, 2.5)):
        x = np.array([1, 2], "uint8")
        expected = outcome(lambda: np.clip(x, low, high))  # noqa: B023
        got = outcome(lambda: hpx.clip(hpx.asarray(x), low, high))  # noqa: B023
        assert got is expected if isinstance(expected, type) else (got == expected).all()


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint8"])
def test_python_numbers_beside_flattened_arrays_are_weak(dtype):
    x = np.ones((2, 1), dtype)
    for parts in ((x, 1.0), (2, x, True), (x, 1j), (x, [1.0]), (x, np.float64(1)), (1, 2.0)):
        for function in ("concat", "concatenate"):
            got = getattr(hpx, function)(parts, axis=None)
            assert_same(got, getattr(np, function)(parts, axis=None))
    assert_same(hpx.append(x, 1.0), np.append(x, 1.0))


COUNTS = {
    "resize": lambda xp, x, n: xp.resize(x, n),
    "resize of a tuple": lambda xp, x, n: xp.resize(x, (n, n)),
    "tile": lambda xp, x, n: xp.tile(x, n),
    "repeat": lambda xp, x, n: xp.repeat(x, n),
    "repeat along": lambda xp, x, n: xp.repeat(x, n, axis=n - n),
    "roll": lambda xp, x, n: xp.roll(x, n),
    "roll along": lambda xp, x, n: xp.roll(x, n, axis=n // n),
    "rot90": lambda xp, x, n: xp.rot90(x, n),
    "reshape": lambda xp, x, n: xp.reshape(x, (n * n, n)),
    "zeros": lambda xp, x, n: xp.zeros(n),
    "full": lambda xp, x, n: xp.full((n, n), 1),
    "eye": lambda xp, x, n: xp.eye(n, n, n - n),
    "eye above": lambda xp, x, n: xp.eye(n, k=n),
    "identity": lambda xp, x, n: xp.identity(n),
    "tri": lambda xp, x, n: xp.tri(n, n, n),
    "tril": lambda xp, x, n: xp.tril(x, n),
    "linspace": lambda xp, x, n: xp.linspace(0, 1, n),
    "linspace of arrays": lambda xp, x, n: xp.linspace([0, 1], 1, n, axis=n // n),
    "logspace": lambda xp, x, n: xp.logspace(0, 1, n),
    "geomspace": lambda xp, x, n: xp.geomspace(1, 2, n),
    "vander": lambda xp, x, n: xp.vander(x[0], n),
    "indices": lambda xp, x, n: xp.indices((n, n)),
    "diag": lambda xp, x, n: xp.diag(x[0], n),
    "diagflat": lambda xp, x, n: xp.diagflat(x, n),
    "diagonal": lambda xp, x, n: xp.diagonal(x, n, n - n, n // n),
    "trace": lambda xp, x, n: xp.trace(x, n),
    "diff": lambda xp, x, n: xp.diff(x, n, axis=n // n),
    "sum": lambda xp, x, n: xp.sum(x, axis=n // n),
    "cumsum": lambda xp, x, n: xp.cumsum(x, axis=n // n),
    "argmax": lambda xp, x, n: xp.argmax(x, axis=n // n),
    "mean": lambda xp, x, n: xp.mean(x, axis=n // n),
    "median": lambda xp, x, n: xp.median(x, axis=n // n),
    "quantile": lambda xp, x, n: xp.quantile(x, 0.3, axis=n // n),
    "sort": lambda xp, x, n: xp.sort(x, axis=n // n),
    "partition": lambda xp, x, n: xp.partition(x, n, axis=n // n)[:, 2],
    "expand_dims": lambda xp, x, n: xp.expand_dims(x, n),
    "moveaxis": lambda xp, x, n: xp.moveaxis(x, n // n, n - n),
    "rollaxis": lambda xp, x, n: xp.rollaxis(x, n // n, n - n),
    "swapaxes": lambda xp, x, n: xp.swapaxes(x, n // n, n - n),
    "flip": lambda xp, x, n: xp.flip(x, n // n),
    "concatenate": lambda xp, x, n: xp.concatenate([x, x], axis=n // n),
    "stack": lambda xp, x, n: xp.stack([x, x], axis=n),
    "split": lambda xp, x, n: xp.split(x, n, axis=n // n)[1],
    "array_split": lambda xp, x, n: xp.array_split(x, n)[0],
    "take": lambda xp, x, n: xp.take(x, n, axis=n // n),
    "take wrapped": lambda xp, x, n: xp.take(xp.arange(300), n, mode="wrap"),
    "delete": lambda xp, x, n: xp.delete(xp.arange(300), n),
    "insert": lambda xp, x, n: xp.insert(xp.arange(300), n, 5),
    "insert of several": lambda xp, x, n: xp.insert(xp.arange(300), [n, n], [5, 6]),
    "insert at an array": lambda xp, x, n: xp.insert(xp.arange(300), np.array([n, n]), [5, 6]),
    "put": lambda xp, x, n: stored(xp.arange(300), lambda y: xp.put(y, [n], 5)),
    "put at an array": lambda xp, x, n: stored(
        xp.arange(300), lambda y: xp.put(y, xp.asarray(np.array([n])), 5)
    ),
    "pad": lambda xp, x, n: xp.pad(x, n),
    "bincount": lambda xp, x, n: xp.bincount(xp.asarray([1]), minlength=n),
    "histogram": lambda xp, x, n: xp.histogram(x, n)[0],
    "unravel_index": lambda xp, x, n: xp.unravel_index(n, (n, n)),
    "ravel_multi_index": lambda xp, x, n: xp.ravel_multi_index((n - n, n // n), (n, n)),
    "tensordot": lambda xp, x, n: xp.tensordot(x, x.T, n // n),
    "matrix_power": lambda xp, x, n: xp.linalg.matrix_power(x[:, :2], n),
    "round": lambda xp, x, n: xp.round(x / 7, n),
    "fft": lambda xp, x, n: xp.fft.fft(x, n, axis=n // n),
    "fftfreq": lambda xp, x, n: xp.fft.fftfreq(n),
    "broadcast_to": lambda xp, x, n: xp.broadcast_to(x, (n, 2, 4)),
    "unstack": lambda xp, x, n: xp.unstack(x, axis=n // n)[1],
    "x[n]": lambda xp, x, n: x[n // n, n],
}


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("kind", ["uint8", "uint32", "uint64", "int8"])
def test_lengths_and_axes_that_are_numpy_integers(name, kind):
    x = np.arange(8).reshape(2, 4)
    n = np.dtype(kind).type(2)
    got = COUNTS[name](hpx, hpx.asarray(x), n)
    expected = COUNTS[name](hpx, hpx.asarray(x), 2)
    parts = got if isinstance(got, tuple) else (got,)
    wanted = expected if isinstance(expected, tuple) else (expected,)
    for one, other in zip(parts, wanted, strict=True):
        assert_same(one, other.to_numpy())


RANGES = [
    ((1, -10, -2.5), "int32"),
    ((0.5, 5), "int64"),
    ((0.9, 3.0, 0.5), "int8"),
    ((0, 1, 0.1), "float32"),
    ((0, 1, 0.3), "complex64"),
    ((0, 2), "bool"),
    ((0, 3), "bool"),
    ((0, 300, 100), "uint8"),
    ((0, 600, 300), "uint8"),
    ((-3, 0), "uint8"),
    ((3, -1, -1), "uint8"),
    ((127, 130), "int8"),
    ((2**63, 2**63 + 3), None),
    ((2**63, 2**63 + 3), "uint64"),
    ((2**64 - 3, 2**64 - 1), "uint64"),
    ((0, 1e20, 1e19), "int64"),
    ((np.float32(3),), None),
    ((np.uint8(3),), None),
    ((np.uint64(3),), None),
    ((0, 10, np.uint64(3)), None),
    ((True,), None),
    ((5,), "float32"),
    ((2**60, 2**60 + 3), "float64"),
    ((1, 40, 3), "complex128"),
    ((10, 0), "uint8"),
]


@pytest.mark.parametrize(("limits", "dtype"), RANGES, ids=str)
def test_ranges(limits, dtype):
    expected = outcome(lambda: np.arange(*limits, dtype=dtype))
    got = outcome(lambda: hpx.arange(*limits, dtype=dtype))
    if isinstance(expected, type):
        assert got is expected
    else:
        assert_same(got, expected)
