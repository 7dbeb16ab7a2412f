"""In-place operators on few elements, done at the call: the bits, dtypes and errors of many."""

# SPDX-License-Identifier: BSL-1.0
import operator

import hpxpy as hpx
import numpy as np
import pytest

MANY = 5000  # so many elements are updated by a plan
DTYPES = ("float64", "float32", "int64", "int8", "uint8", "complex128")
OPERATORS = (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow)


def drawn(n, dtype, seed=3):
    return (np.random.default_rng(seed).random(n) * 9 + 1).astype(dtype)


def outcome(update, target, value):
    """The bytes of the updated array, or the kind and words of the error."""
    try:
        return np.asarray(update(target, value)).tobytes()
    except (TypeError, ValueError, OverflowError) as error:
        return type(error), str(error)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("other", [*DTYPES, 2, 2.5, 2j, 1000, np.float64(1.5)])
def test_same_as_part_of_many(dtype, other):
    a = drawn(MANY, dtype)
    b = drawn(MANY, other, 4) if isinstance(other, str) else None
    for update in OPERATORS:
        many = outcome(update, hpx.array(a), hpx.array(b) if b is not None else other)
        few = outcome(update, hpx.array(a[:7]), hpx.array(b[:7]) if b is not None else other)
        if isinstance(many, bytes):
            many = many[: len(few)]
        assert few == many


@pytest.mark.parametrize(
    ("target", "source"),
    [
        (slice(1, None), slice(None, -1)),
        (slice(None, -1), slice(1, None)),
        (slice(None, None, -1), slice(None)),
        (slice(None, 10), slice(None, None, 2)),
        (slice(None), slice(None)),
    ],
)
def test_overlapping_views(target, source):
    x = hpx.arange(20.0)
    expected = np.arange(20.0)
    x[target] += x[source]
    expected[target] += expected[source]
    assert np.array_equal(np.asarray(x), expected)


def test_two_arrays_on_one_memory():
    memory, wanted = np.arange(12.0), np.arange(12.0)
    x, y = hpx.from_numpy(memory[1:], copy=False), hpx.from_numpy(memory[:-1], copy=False)
    x += y
    wanted[1:] += wanted[:-1]
    assert np.array_equal(memory, wanted)


@pytest.mark.parametrize("seen", [np.transpose, lambda x: x[::2, 1:], lambda x: x[:, ::-1]])
def test_views_of_rows(seen):
    x, expected = hpx.array(np.arange(24.0).reshape(4, 6)), np.arange(24.0).reshape(4, 6)
    part, wanted = seen(x), seen(expected)
    part *= 3
    part -= part[:1]
    wanted *= 3
    wanted -= wanted[:1].copy()
    assert np.array_equal(np.asarray(x), expected)


def test_recorded_readers_see_the_old_elements():
    x = hpx.zeros(3)
    y = hpx.broadcast_to(x, (MANY, 3)) + 1.0
    x += 5.0
    x[:2] += 1.0
    assert float(y.sum()) == 3 * MANY
    assert np.array_equal(np.asarray(x), [6.0, 6.0, 5.0])


def test_refused():
    x = hpx.arange(3)
    with pytest.raises(TypeError, match="cannot be stored in place into int64"):
        x += 0.5
    with pytest.raises(ValueError, match="does not fit in place"):
        x += hpx.arange(6).reshape(2, 3)
    with pytest.raises(ValueError, match="does not fit in place"):
        x += hpx.ones((1, 1), dtype=hpx.int64)
    with pytest.raises(ValueError, match="negative power"):
        x **= -1
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        x += 1
    assert np.array_equal(np.asarray(x), [0, 1, 2])


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float32", "float64", "complex64"])
@pytest.mark.parametrize("n", [1, 7, 1500])
def test_axis_of_a_vector_joins_all(dtype, n):
    x = drawn(n, dtype)
    ours = hpx.array(x)
    for name in ("sum", "prod", "max", "any"):
        if name == "max" and dtype == "complex64":
            continue
        whole = getattr(ours, name)()
        for keywords in ({"axis": 0}, {"axis": -1}, {"axis": (0,)}):
            joined = getattr(ours, name)(**keywords)
            assert joined.dtype == whole.dtype
            assert np.asarray(joined).tobytes() == np.asarray(whole).tobytes()
    for kind in ("int8", "float32", "float64"):
        if dtype != "complex64":
            joined = ours.sum(axis=-1, dtype=kind)
            assert joined.dtype == kind
            assert np.isclose(np.asarray(joined), x.sum(dtype=kind), rtol=1e-5)
    with pytest.raises(np.exceptions.AxisError):
        ours.sum(axis=1)


@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "complex128"])
def test_vecdot_of_vectors(dtype):
    x, y = drawn(50, dtype), drawn(50, dtype, 4)
    for axis in (-1, 0):
        found = hpx.vecdot(hpx.array(x), hpx.array(y), axis=axis)
        expected = np.vecdot(x, y, axis=axis)
        assert found.dtype == expected.dtype
        assert np.allclose(np.asarray(found), expected)
    with pytest.raises(TypeError):
        hpx.vecdot(hpx.array(x), hpx.array(y), axis=-1.0)
