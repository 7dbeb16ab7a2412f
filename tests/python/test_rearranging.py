"""Functions that move, join, split, repeat and pad, against NumPy: dtypes, dimensions, views."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check, placements, random_array

pytestmark = pytest.mark.local

# A function's name and the arguments behind the array; every one that fits the dimensions is tried.
UNARY = [
    ("squeeze",),
    ("squeeze", 0),
    ("squeeze", (0, -1)),
    ("expand_dims", 0),
    ("expand_dims", -1),
    ("expand_dims", (0, 2)),
    ("moveaxis", 0, -1),
    ("moveaxis", (0, 1), (-1, 0)),
    ("moveaxis", [2, 0], [0, 1]),
    ("rollaxis", 1),
    ("rollaxis", -1, 1),
    ("swapaxes", 0, -1),
    ("flip",),
    ("flip", 0),
    ("flip", (0, -1)),
    ("fliplr",),
    ("flipud",),
    ("rot90",),
    ("rot90", 2),
    ("rot90", -1, (1, 0)),
    ("rot90", 5, (-1, 0)),
    ("roll", 1),
    ("roll", -7),
    ("roll", 2, 0),
    ("roll", (1, -2), (0, 1)),
    ("roll", 3, (0, 0)),
    ("roll", (1, 2), 0),
    ("tile", 2),
    ("tile", (2, 1)),
    ("tile", (2, 0, 3)),
    ("tile", ()),
    ("repeat", 2),
    ("repeat", 0),
    ("repeat", 3, 0),
    ("repeat", 2, -1),
    ("ravel",),
    ("ravel", "F"),
    ("resize", (3, 5)),
    ("resize", 7),
    ("resize", 0),
    ("atleast_1d",),
    ("atleast_2d",),
    ("atleast_3d",),
    ("tril",),
    ("tril", 1),
    ("tril", -1),
    ("triu",),
    ("triu", 9),
    ("triu", -9),
    ("array_split", 3),
    ("array_split", [1, 3], -1),
    ("split", 1),
    ("split", [2, 1], 0),
    ("hsplit", [1]),
    ("vsplit", [1]),
    ("dsplit", [1]),
    ("delete", 0),
    ("delete", [0, -1], 0),
    ("delete", slice(None, None, 2), -1),
    ("delete", [], 0),
    ("insert", 0, 5),
    ("insert", 1, 5, 0),
    ("insert", [0, 1], 7, -1),
    ("insert", -1, 3, -1),
    ("append", [1, 2]),
    ("diagonal",),
    ("diagonal", 1),
    ("diagonal", -1, 1, 0),
    ("diagonal", 9),
    ("diagonal", 0, -1, 0),
    ("diag",),
    ("diag", 1),
    ("diag", -2),
    ("diagflat", 1),
    ("trace",),
    ("trace", 1, 1, 0),
    ("take", [0, -1]),
    ("take", [[0, 1], [1, 0]], 0),
    ("take", 0, -1),
    ("compress", [True, False, True]),
    ("compress", [False, True], 0),
    ("argwhere",),
    ("flatnonzero",),
    ("nonzero",),
    ("atleast_1d",),
    ("copy",),
]
SHAPES = [(), (0,), (4,), (1, 3), (3, 4), (3, 0), (2, 3, 4), (1, 2, 1), (2, 2, 3, 2)]


def text(case):
    return "-".join(str(part).replace(" ", "") for part in case)


def compare(call, expected_call):
    """Both give the same, or both refuse."""
    try:
        expected = expected_call()
    except Exception as error:
        kinds = (ValueError, IndexError, TypeError)
        assert isinstance(error, kinds)
        with pytest.raises(kinds):
            call()
        return
    got = call()
    if isinstance(expected, (list, tuple)):
        assert len(got) == len(expected)
        for ours, theirs in zip(got, expected, strict=True):
            assert_same(ours, np.asarray(theirs))
    else:
        assert_same(got, np.asarray(expected), tolerance=1e-12)


def views(x):
    yield x
    yield x.T
    if x.ndim:
        yield np.ascontiguousarray(x[::-1])[::-1]
        yield np.repeat(x, 2, axis=0)[::2]


@pytest.mark.parametrize("case", UNARY, ids=text)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_functions_of_one_array(shape, case):
    name, *arguments = case
    theirs = getattr(np, name)
    ours = getattr(hpx, name)
    for x in views(random_array(shape)):
        if name == "squeeze" and not shape and arguments:
            continue
        if name == "compress":
            compare(
                lambda x=x: ours(arguments[0], hpx.asarray(x), *arguments[1:]),
                lambda x=x: theirs(arguments[0], x, *arguments[1:]),
            )
            continue
        array = hpx.from_numpy(x, copy=False) if x.dtype.itemsize == 8 else hpx.asarray(x)
        compare(lambda a=array: ours(a, *arguments), lambda x=x: theirs(x, *arguments))
        compare(lambda a=array: ours(a * 2, *arguments), lambda x=x: theirs(x * 2, *arguments))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype(dtype):
    x = random_array((3, 4), dtype)
    for name, *arguments in UNARY:
        if name in ("compress", "dsplit", "append", "insert"):
            continue
        compare(
            lambda n=name, a=arguments: getattr(hpx, n)(hpx.asarray(x), *a),
            lambda n=name, a=arguments: getattr(np, n)(x, *a),
        )


VIEWS = [
    lambda m, x: m.squeeze(x),
    lambda m, x: m.expand_dims(x, 0),
    lambda m, x: m.moveaxis(x, 0, 1),
    lambda m, x: m.swapaxes(x, 0, 1),
    lambda m, x: m.flip(x),
    lambda m, x: m.rot90(x),
    lambda m, x: m.ravel(x),
    lambda m, x: m.atleast_3d(x),
    lambda m, x: m.split(x, 2)[0],
    lambda m, x: m.reshape(x, (2, 8)),
]


@pytest.mark.parametrize("view", VIEWS)
def test_views_write_through(view):
    expected = np.zeros((4, 4))
    array = hpx.zeros((4, 4))
    view(np, expected)[..., 0] = 7
    view(hpx, array)[..., 0] = 7
    assert_same(array, expected)


def test_diagonal_is_a_read_only_view():
    x = hpx.zeros((3, 3))
    diagonal = hpx.diagonal(x)
    x[1, 1] = 5
    assert_same(diagonal, np.array([0.0, 5, 0]))
    with pytest.raises(ValueError, match="read-only"):
        diagonal[0] = 1


def test_repeat_with_counts():
    x = random_array((3, 4))
    for counts in ([2, 0, 1], np.array([0, 0, 0]), hpx.asarray([1, 1, 5]), [2]):
        theirs = np.asarray(counts)
        assert_same(hpx.repeat(hpx.asarray(x), counts, axis=0), np.repeat(x, theirs, axis=0))
    for nothing in ([], ()):
        assert_same(hpx.repeat(hpx.zeros(0), nothing), np.zeros(0))
    counts = random_array(100000, "uint8") % 5
    long = random_array(100000)
    assert_same(hpx.repeat(hpx.asarray(long), hpx.asarray(counts)), np.repeat(long, counts))
    assert_same(hpx.asarray(x).repeat(2), x.repeat(2))


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_joining_wherever_the_arrays_lie(axis, place):
    a, b = random_array((5, 6)), random_array((5, 6), "float32", seed=1)
    x, y = hpx.asarray(a, **place), hpx.asarray(b, **place)
    check(hpx.concat([x, y], axis=axis), np.concat([a, b], axis=axis))
    check(hpx.concat([x * 2, hpx.asarray(b)], axis=axis), np.concat([a * 2, b], axis=axis))
    check(hpx.stack([x, y], axis=axis), np.stack([a, b], axis=axis))
    check(hpx.roll(x, 2, axis=axis), np.roll(a, 2, axis=axis))
    check(hpx.flip(x, axis=axis), np.flip(a, axis=axis))
    check(hpx.tril(x), np.tril(a))
    check(hpx.triu(x, 1), np.triu(a, 1))
    check(hpx.moveaxis(x, 0, 1), np.moveaxis(a, 0, 1))


@pytest.mark.parametrize(
    "name", ["concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack"]
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 3, 4)], ids=str)
def test_joining(name, shape):
    parts = [random_array(shape, d, i) for i, d in enumerate(("int8", "float32", "int64"))]
    arrays = [hpx.asarray(x) for x in parts]
    theirs, ours = getattr(np, name), getattr(hpx, name)
    compare(lambda: ours(arrays), lambda: theirs(parts))
    compare(lambda: ours(arrays[:1]), lambda: theirs(parts[:1]))
    if name in ("concat", "concatenate", "stack"):
        for axis in (-2, -1, 1, None):
            compare(lambda a=axis: ours(arrays, axis=a), lambda a=axis: theirs(parts, axis=a))
        if shape:
            out, into = np.zeros_like(theirs(parts)), hpx.zeros(theirs(parts).shape)
            assert ours(arrays, out=into) is into
            assert_same(into, theirs(parts, out=out))
    if name not in ("dstack", "column_stack"):
        compare(
            lambda: ours(arrays[:1], dtype="float64"), lambda: theirs(parts[:1], dtype="float64")
        )
    grown = [random_array((n, *shape[1:])) for n in (2, 0, 5)] if shape else parts
    compare(lambda: ours([hpx.asarray(x) for x in grown]), lambda: theirs(grown))


def test_joining_large_and_many():
    x = random_array((300, 400))
    array = hpx.asarray(x)
    for axis in (0, 1):
        got = hpx.concat([array[::-1], array * 2, array.astype("int32")], axis=axis)
        assert_same(got, np.concat([x[::-1], x * 2, x.astype("int32")], axis=axis))
    assert_same(hpx.concat([array[i] for i in range(300)]), x.ravel())
    assert_same(hpx.concat(array), x.ravel())
    assert_same(hpx.vstack(list(array)), x)


def test_unstack():
    x = random_array((3, 4))
    for axis in (0, 1, -1):
        for ours, theirs in zip(
            hpx.unstack(hpx.asarray(x), axis=axis), np.unstack(x, axis=axis), strict=True
        ):
            assert_same(ours, theirs)
    assert len(hpx.unbind(hpx.asarray(x), 1)) == 4


def test_broadcasting():
    arrays = [hpx.ones((3, 1)), hpx.ones(4), hpx.ones(())]
    for x in hpx.broadcast_arrays(*arrays):
        assert x.shape == (3, 4)
    assert hpx.broadcast_arrays() == ()
    assert hpx.broadcast_shapes((3, 1), 4, ()) == (3, 4)
    assert hpx.broadcast_shapes() == ()


PADS = [
    ("constant", {}),
    ("constant", {"constant_values": 3}),
    ("constant", {"constant_values": ((1, 2), (3, 4))}),
    ("edge", {}),
    ("reflect", {}),
    ("symmetric", {}),
    ("wrap", {}),
    ("maximum", {}),
    ("minimum", {"stat_length": 2}),
    ("mean", {}),
    ("mean", {"stat_length": ((1, 2), (2, 1))}),
    ("median", {}),
    ("median", {"stat_length": 2}),
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": (5, -5)}),
]


@pytest.mark.parametrize("case", PADS, ids=text)
@pytest.mark.parametrize("width", [0, 2, (1, 3), ((0, 2), (4, 1)), ((9, 7), (0, 0))], ids=str)
@pytest.mark.parametrize("dtype", ["int32", "float64"])
def test_pad(dtype, width, case):
    mode, keywords = case
    x = random_array((3, 4), dtype)
    got = hpx.pad(hpx.asarray(x), width, mode, **keywords)
    expected = np.pad(x, width, mode, **keywords)
    assert_same(got, expected, tolerance=1e-12)
    if mode == "constant":
        assert_same(hpx.pad(hpx.asarray(x), {1: 2}), np.pad(x, {1: 2}))
        assert_same(hpx.pad(x[0], 1), np.pad(x[0], 1))


def test_numbers_past_64_bits():
    x = random_array((3, 4))
    array = hpx.asarray(x)
    assert_same(hpx.roll(array, 10**20 + 1, 1), np.roll(x, (10**20 + 1) % 4, 1))
    assert_same(hpx.triu(array, 10**30), np.zeros((3, 4)))
    assert_same(hpx.triu(array, -(10**30)), x)
    assert_same(hpx.eye(2, 3, k=10**30), np.zeros((2, 3)))


def test_insert_and_delete_more():
    x = random_array((4, 5))
    array = hpx.asarray(x)
    cases = [(2, x[0], 0), ([1, 3], x[:2], 0), ([1], x[:3], 0), (slice(0, 4, 2), 9.0, 1)]
    cases += [([4, 0, 2], [1, 2, 3], 1), (np.array([True, False, True, False]), 1.0, 0)]
    for where, values, axis in cases:
        assert_same(hpx.insert(array, where, values, axis), np.insert(x, where, values, axis))
    mask = np.array([True, False, True, False])
    assert_same(hpx.delete(array, mask, 0), np.delete(x, mask, 0))
    assert_same(hpx.append(array, x[:1], axis=0), np.append(x, x[:1], axis=0))


BAD = [
    (lambda x: hpx.squeeze(x, 0), ValueError, r"axis 0 of shape \(2, 3\) has length 2"),
    (lambda x: hpx.expand_dims(x, 4), ValueError, r"expand_dims: axis 4 is out of range"),
    (lambda x: hpx.expand_dims(x, (0, 0)), ValueError, r"axis 0 is named twice"),
    (lambda x: hpx.moveaxis(x, 2, 0), ValueError, r"moveaxis: axis 2 is out of range"),
    (lambda x: hpx.moveaxis(x, (0, 1), 0), ValueError, r"2 axes to 1 positions"),
    (lambda x: hpx.swapaxes(x, 0, 2), ValueError, r"swapaxes: axis 2 is out of range"),
    (lambda x: hpx.flip(x, 0.5), TypeError, r"flip: axis 0\.5 is not an integer"),
    (lambda x: hpx.rot90(x, 1, (0, 0)), ValueError, r"rot90: axis 0 is named twice"),
    (lambda x: hpx.rot90(x, 1, (0,)), ValueError, r"rot90: 1 axes given"),
    (lambda x: hpx.roll(x, (1, 2, 3), (0, 1)), ValueError, r"roll: 3 shifts for 2 axes"),
    (lambda x: hpx.tile(x, -1), ValueError, r"tile: negative repetitions"),
    (lambda x: hpx.repeat(x, -1), ValueError, r"repeat: count -1 is negative"),
    (lambda x: hpx.repeat(x, [1, -2], 0), ValueError, r"repeat: count -2 is negative"),
    (lambda x: hpx.repeat(x, [1, 2, 3], 0), ValueError, r"counts of shape \(3,\) for axis 0"),
    (lambda x: hpx.repeat(x, [0.5, 1], 0), TypeError, r"counts of float64 are no integers"),
    (lambda x: hpx.broadcast_arrays(x, x[:, :2]), ValueError, r"do not broadcast"),
    (lambda x: hpx.ravel(x, "X"), ValueError, r"order 'X' does not exist"),
    (lambda x: hpx.resize(x, (-1,)), ValueError, r"resize: negative length"),
    (lambda x: hpx.tril(3.0), ValueError, r"tril: a 0-d array is no matrix"),
    (lambda x: hpx.matrix_transpose(x[0]), ValueError, r"two are needed at least"),
    (lambda x: hpx.fliplr(x[0]), ValueError, r"fliplr: shape \(3,\)"),
    (lambda x: hpx.flipud(hpx.zeros(())), ValueError, r"flipud: a 0-d array"),
    (lambda x: hpx.concat([]), ValueError, r"concat: no arrays were given"),
    (lambda x: hpx.concat(3), TypeError, r"concat: 3 is no sequence"),
    (lambda x: hpx.concat([x, x[0]]), ValueError, r"array 0 has shape \(2, 3\) and array 1 \(3,\)"),
    (lambda x: hpx.concat([x, x[:, :2]]), ValueError, r"they may differ along axis 0 only"),
    (lambda x: hpx.concat([x], axis=2), ValueError, r"concat: axis 2 is out of range"),
    (lambda x: hpx.concat([1.0, 2.0]), ValueError, r"0-d arrays have no axis"),
    (lambda x: hpx.concat([x], out=hpx.zeros(3)), ValueError, r"out has shape \(3,\)"),
    (lambda x: hpx.concat([x], out=3), TypeError, r"out=3 is no array of hpxpy or NumPy"),
    (
        lambda x: hpx.concat([x], out=hpx.zeros((2, 3), dtype="int8")),
        TypeError,
        r"cannot be stored",
    ),
    (
        lambda x: hpx.concat([x + 1j], dtype="float64"),
        TypeError,
        r"concat: complex128 is not cast to float64",
    ),
    (lambda x: hpx.concatenate([x], dtype="int8"), TypeError, r"float64 is not cast to int8"),
    (lambda x: hpx.stack([x, x[:1]]), ValueError, r"arrays of shapes \(2, 3\) and \(1, 3\)"),
    (lambda x: hpx.stack([x], axis=4), ValueError, r"stack: axis 4 is out of range"),
    (lambda x: hpx.unstack(hpx.zeros(())), ValueError, r"unstack: a 0-d array"),
    (lambda x: hpx.split(x, 4), ValueError, r"length 2 is no multiple of 4"),
    (lambda x: hpx.array_split(x, 0), ValueError, r"array_split: 0 sections"),
    (lambda x: hpx.split(x[:0], 2**62), MemoryError, r"split: Memory cannot hold 46"),
    (lambda x: hpx.array_split(x, 2**64), MemoryError, r"array_split: Memory cannot hold 18"),
    (lambda x: hpx.vsplit(x[0], 1), ValueError, r"vsplit: shape \(3,\) has less than 2"),
    (lambda x: hpx.delete(x, 2, 0), IndexError, r"delete: 2 is out of range for axis 0"),
    (lambda x: hpx.delete(x, [True], 0), ValueError, r"a mask of shape \(1,\) for axis 0"),
    (lambda x: hpx.delete(x, 0.5, 0), IndexError, r"positions of float64 are no indices"),
    (lambda x: hpx.insert(x, 3, 0, 0), IndexError, r"insert: 3 is out of range for axis 0"),
    (lambda x: hpx.insert(x, 0.5, 0, 0), IndexError, r"insert: positions 0\.5 are no integers"),
    (lambda x: hpx.pad(x, -1), ValueError, r"pad: negative width"),
    (lambda x: hpx.pad(x, 0.5), TypeError, r"are no integers"),
    (lambda x: hpx.pad(x, (1, 2, 3)), ValueError, r"does not give a pair for 2 axes"),
    (lambda x: hpx.pad(x, 1, "dots"), ValueError, r"mode 'dots' does not exist"),
    (lambda x: hpx.pad(x, 1, "edge", end_values=1), ValueError, r"takes no end_values="),
    (lambda x: hpx.pad(x, 1, "reflect", reflect_type="x"), ValueError, r"choose 'even' or 'odd'"),
    (lambda x: hpx.pad(x[:0], 1, "edge"), ValueError, r"axis 0 is empty"),
    (lambda x: hpx.pad(x[:0], 1, "mean"), ValueError, r"axis 0 is empty"),
    (lambda x: hpx.pad(x, 1, "mean", stat_length=0), ValueError, r"stat_length=0 is less than 1"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[2])
def test_errors(bad):
    call, error, message = bad
    with pytest.raises(error, match=message):
        call(hpx.ones((2, 3)))


@pytest.mark.distributed
def test_a_line_is_padded_by_a_function():
    def fill(vector, widths, axis, words):
        vector[: widths[0]], vector[-1] = vector[1:-1].sum(), 7

    got = hpx.pad(hpx.arange(5.0, distribution="block"), 1, fill)
    assert got.distribution is not None
    check(got, np.pad(np.arange(5.0), 1, fill))


@pytest.mark.parametrize("x", [3, [[1, 2], [3, 4]], random_array((2, 0, 3))], ids=str)
def test_sizes(x):
    for given in (x, hpx.asarray(x)):
        assert hpx.ndim(given) == np.ndim(given) == np.ndim(x)
        assert hpx.shape(given) == np.shape(given) == np.shape(x)
        assert hpx.size(given) == np.size(given) == np.size(x)
        for axis in range(-np.ndim(x), np.ndim(x)):
            assert hpx.size(given, axis) == np.size(x, axis)


def test_methods():
    x = random_array((3, 4))
    array = hpx.asarray(x)
    assert_same(array.flatten(), x.flatten())
    assert_same(array.flatten("F"), x.flatten("F"))
    assert_same(array.ravel(), x.ravel())
    assert_same(array[None].squeeze(), x)
    assert_same(array.swapaxes(0, 1), x.swapaxes(0, 1))
    assert_same(array.mT, x.T)
    assert_same(array.trace(), np.asarray(x.trace()))
    assert_same(array.diagonal(1), x.diagonal(1))
    assert_same(array.take([0, 1], axis=1), x.take([0, 1], axis=1))
    assert_same(array.compress([True, False, True], axis=0), x[[0, 2]])
    assert_same(array.nonzero()[1], x.nonzero()[1])
    assert array.to_device("cpu") is array
    array.flatten()[0] = 100
    assert_same(array, x)
    array.fill(2)
    assert_same(array, np.full((3, 4), 2.0))


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "float32", "float64", "complex64"])
@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
def test_padding_by_odd_reflections(mode, dtype):
    for shape in ((1,), (2,), (5,), (3, 4), (2, 1, 3)):
        x = (random_array(shape, dtype) / 8).astype(dtype)
        for width in (0, 1, (2, 3), (7, 11)):
            got = hpx.pad(hpx.asarray(x), width, mode, reflect_type="odd")
            expected = np.pad(x, width, mode, reflect_type="odd")
            assert_same(got, expected, tolerance=1e-12 if expected.itemsize > 8 else 1e-4)
    ends = hpx.pad(hpx.asarray([np.inf, 1.0, 2.0]), (0, 2), mode, reflect_type="odd")
    assert_same(ends, np.pad([np.inf, 1.0, 2.0], (0, 2), mode, reflect_type="odd"))


def test_padding_by_a_function():
    def fill(vector, width, axis, keywords):
        vector[: width[0]] = keywords["value"] + axis
        vector[vector.size - width[1] :] = -1

    x = random_array((3, 4))
    assert_same(hpx.pad(hpx.asarray(x), (1, 2), fill, value=7), np.pad(x, (1, 2), fill, value=7))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "float64", "complex64"])
@pytest.mark.parametrize("mode", ["edge", "wrap", "reflect", "symmetric"])
def test_pad_by_neighbours(mode, dtype):
    x = random_array((5, 3), dtype, 30)
    for view in (x, x.T, x[::-1, ::2], x[:1], x[0]):
        for width in (0, 1, 2, 4, 5, 6, ((2, 0),), ((0, 3),), 17):
            expected = np.pad(view, width, mode=mode)
            got = hpx.pad(hpx.asarray(x) if view is x else hpx.asarray(view), width, mode=mode)
            assert got.dtype == expected.dtype
            assert np.array_equal(got.to_numpy(), expected)


def test_pad_by_neighbours_is_no_view():
    a = hpx.arange(6.0)
    for mode in ("edge", "wrap", "reflect"):
        padded = hpx.pad(a, 0, mode=mode)
        padded[0] = 7
        assert float(a[0]) == 0


@pytest.mark.parametrize("dtype", ["bool", "int16", "float64", "complex128"])
def test_repeat_by_one_number(dtype):
    x = random_array((4, 1, 3), dtype, 31)
    a = hpx.asarray(x)
    for axis in (None, 0, 1, 2, -1):
        for count in (0, 1, 2, 5, 70):
            got = hpx.repeat(a, count, axis=axis)
            assert np.array_equal(got.to_numpy(), np.repeat(x, count, axis=axis))
    once = hpx.repeat(a, 1, axis=0)
    once[...] = 0
    assert np.array_equal(a.to_numpy(), x)
