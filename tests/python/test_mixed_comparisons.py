"""Comparisons of integers that no common dtype holds are exact.

Those are int64 with uint64, and Python's integers of any size.
"""

# SPDX-License-Identifier: BSL-1.0
import operator

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check, placements

pytestmark = pytest.mark.local

COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
OPERATORS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
INTEGERS = [dtype for dtype in DTYPES if dtype.kind in "iu"]
SIGNED = [dtype for dtype in INTEGERS if dtype.kind == "i"]
PYTHONS = [-(10**400), -(2**70), -(2**63) - 1, -(2**63), -129, -1, 0, 1, 255, 256, 2**31]
PYTHONS += [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**70, 10**400]


def around(dtype):
    """Values at the ends of the dtype and where doubles become coarse."""
    info = np.iinfo(dtype)
    near = [0, 1, 2**53, 2**53 + 1, 2**60, 2**60 + 1, 2**63 - 1, 2**63, 2**64 - 1, -1, -2]
    return np.array([v for v in (*near, info.min, info.max) if info.min <= v <= info.max], dtype)


def exact(name, a, b):
    """The comparison of Python's integers, element by element."""
    function = OPERATORS[COMPARISONS.index(name)]
    a, b = np.broadcast_arrays(np.asarray(a, object), np.asarray(b, object))
    pairs = zip(a.ravel().tolist(), b.ravel().tolist(), strict=True)
    return np.array([function(int(x), int(y)) for x, y in pairs], bool).reshape(a.shape)


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("signed", SIGNED, ids=str)
def test_signed_with_unsigned(name, signed):
    a, b = around(signed)[:, None], around(np.dtype("uint64"))
    function = getattr(hpx, name)
    for repeats in (1, 300):
        wide = np.tile(b, repeats)
        assert_same(function(hpx.asarray(a), hpx.asarray(wide)), exact(name, a, wide))
        assert_same(function(hpx.asarray(wide), hpx.asarray(a)), exact(name, wide, a))
    for one in b:
        assert_same(function(hpx.asarray(a), one), exact(name, a, one))
        assert_same(function(one, hpx.asarray(a)), exact(name, one, a))


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("name", COMPARISONS)
def test_python_integers_of_any_size(name, dtype):
    x = around(dtype)
    function, operation = getattr(hpx, name), OPERATORS[COMPARISONS.index(name)]
    for repeats in (1, 500):
        wide = np.tile(x, repeats)
        a = hpx.asarray(wide)
        for value in PYTHONS:
            assert_same(function(a, value), exact(name, wide, value))
            assert_same(function(value, a), exact(name, value, wide))
            assert_same(operation(a, value), exact(name, wide, value))
            assert_same(operation(value, a), exact(name, value, wide))


@pytest.mark.distributed
@pytest.mark.parametrize("where", placements(1), ids=str)
def test_distributed_and_fused(where):
    a = np.resize(around(np.dtype("int64")), 5003)
    b = np.resize(around(np.dtype("uint64")), 5003)[::-1].copy()
    x, y = hpx.asarray(a, **where), hpx.asarray(b, **where)
    check(x == y, exact("equal", a, b))
    check((x + 0 < y) & (y > x), exact("less", a, b))
    check(y <= x, exact("less_equal", b, a))
    check(x != 2**64, np.ones(a.shape, bool))
    check(x >= -(2**63), np.ones(a.shape, bool))
    check(hpx.asarray(b.astype("uint8"), **where) == -1, np.zeros(a.shape, bool))
    assert not hpx.array_equal(hpx.full(9, 2**60, **where), hpx.full(9, 2**60 + 1, "uint64"))


def test_fused_comparisons_take_no_temporary():
    x, y = hpx.arange(100_000), hpx.arange(100_000, dtype="uint64")
    plan = str(hpx.explain((x + 1 < y) | (x == y)))
    assert plan.startswith("1 step\n")
    assert "float64" not in plan


def test_python_integers_with_floats_and_booleans():
    for value in (2**70, 2**64, -(2**70)):
        for dtype in ("float64", "float32", "complex64"):
            x = np.array([value, 1, np.inf, -np.inf], dtype)
            assert_same(hpx.asarray(x) == value, x == value)
            assert_same(hpx.asarray(x) < value, x < value)
    with pytest.raises(OverflowError, match="does not fit into float64"):
        operator.eq(hpx.ones(3), 10**400)
    with pytest.raises(OverflowError, match="does not fit into 64 bits"):
        hpx.equal(2**70, 1)
    assert_same(hpx.ones(3) + 2**70, np.ones(3) + 2**70)
    with pytest.raises(OverflowError, match="does not fit into 64 bits"):
        hpx.arange(3) + 2**70


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint64", "float32", "complex128"])
@pytest.mark.parametrize("value", [2**63 - 1, 2**63, 2**64, 2**70, -(2**63), -(2**63) - 1, 10**400])
def test_operators_with_large_python_integers(dtype, value):
    def outcome(function, *operands):
        try:
            with np.errstate(all="ignore"):
                return np.asarray(function(*operands))
        except (OverflowError, TypeError) as error:
            return OverflowError if isinstance(error, OverflowError) else TypeError

    names = "eq ne lt le gt ge add sub mul truediv floordiv mod and_ or_ xor lshift"
    names += " iadd isub imul itruediv ifloordiv imod iand ior ixor ilshift"
    x = np.array([0, 1, 1] * 1000, dtype)
    for repeats in (3, 3000):
        a = x[:repeats]
        for name in names.split():
            function = getattr(operator, name)
            orders = [(0, 1)] if name.startswith("i") else [(0, 1), (1, 0)]
            for order in orders:
                theirs, ours = (a.copy(), value), (hpx.asarray(a), value)
                wanted = outcome(function, *(theirs[i] for i in order))
                found = outcome(function, *(ours[i] for i in order))
                if isinstance(wanted, type):
                    # Of two reasons to refuse, either may come first.
                    assert isinstance(found, type), (name, order, found)
                    assert found is wanted or value == 10**400, (name, order)
                else:
                    assert not isinstance(found, type), (name, order, found)
                    assert_same(found, wanted)


@pytest.mark.parametrize("name", ["arctan2", "hypot", "copysign", "heaviside", "divide"])
def test_large_python_integers_are_floats_where_results_are(name):
    x = np.array([-1, 0, 2])
    for value in (2**63, 2**64, 2**70, -(2**70)):
        ours, theirs = getattr(hpx, name), getattr(np, name)
        with np.errstate(all="ignore"):
            assert_same(ours(hpx.asarray(x), value), theirs(x, value))
            assert_same(ours(value, hpx.asarray(x)), theirs(value, x))
            out = hpx.empty(3)
            ours(hpx.asarray(x), value, out=out)
            assert_same(out, theirs(x, value))


@pytest.mark.parametrize("name", COMPARISONS)
def test_booleans_refuse_integers_past_64_bits(name):
    x, function = hpx.asarray([True, False]), getattr(hpx, name)
    for value in (2**63, 2**70, -(2**70), 10**400):
        for operands in ((x, value), (value, x)):
            with pytest.raises(OverflowError, match="64"):
                function(*operands)
            with pytest.raises(OverflowError, match="64"):
                function(*operands, out=hpx.empty(2, "bool"))
    assert hpx.searchsorted(x[::-1], 2**70).tolist() == 2


def test_truth_of_python_integers_of_any_size():
    x = np.array([0, 1], "uint8")
    for value in (-1, 300, 2**70, 0, 0.5, 1j):
        for name in ("logical_and", "logical_or", "logical_xor"):
            truth = bool(value)
            assert_same(getattr(hpx, name)(hpx.asarray(x), value), getattr(np, name)(x, truth))
            assert_same(getattr(hpx, name)(value, hpx.asarray(x)), getattr(np, name)(truth, x))
    assert hpx.logical_not(2**70).tolist() is False


def test_membership():
    x = np.array([1, 255], "uint8")
    for value in (-1, 255, 256, -255, 2**70):
        assert (value in hpx.asarray(x)) == (value in x)
        assert_same(hpx.isin(hpx.asarray(x), value), np.isin(x, value))
        assert_same(hpx.isin(hpx.asarray(x), value, invert=True), np.isin(x, value, invert=True))
    assert_same(hpx.isin(hpx.asarray(x), [-1, 257, 255]), np.isin(x, [-1, 257, 255]))
    assert_same(hpx.isin(np.float32([0.1]), 0.1), np.isin(np.float32([0.1]), 0.1))


def test_sets():
    a = np.array([2**60, -1, 2**63 - 1, 7])
    b = np.array([2**60 + 1, 2**64 - 1, 2**63, 7], "uint64")
    for first, second in ((a, b), (b, a)):
        expected = [int(v) in second.tolist() for v in first.tolist()]
        assert hpx.isin(hpx.asarray(first), hpx.asarray(second)).tolist() == expected
        left = sorted(set(first.tolist()) - set(second.tolist()))
        assert_same(hpx.setdiff1d(first, second), np.array(left, first.dtype))
        assert not hpx.array_equal(first, second)
        assert not hpx.array_equiv(first[:1], second[:1])
    small = np.array([3, 1], "int8")
    for other in (2, -1, 2.5):
        assert_same(hpx.union1d(small, other), np.union1d(small, other))


@pytest.mark.parametrize("side", ["left", "right"])
def test_searching(side):
    for first, second in ((np.dtype("int64"), np.dtype("uint64")), ("uint64", "int8")):
        ordered = np.sort(around(np.dtype(first)))
        values = around(np.dtype(second))
        for one, other in ((ordered, values), (np.sort(values), ordered)):
            expected = np.searchsorted(one.astype(object), other.astype(object), side)
            assert_same(hpx.searchsorted(hpx.asarray(one), hpx.asarray(other), side), expected)
            right = side == "left"
            found = hpx.digitize(hpx.asarray(other), hpx.asarray(one), right=right)
            assert_same(found, expected)
    x = np.array([1, 2, 3], "uint8")
    for value in (-1, 0, 2, 300, 1.5, True, 2**70, -(2**70)):
        got = hpx.searchsorted(hpx.asarray(x), value, side)
        assert_same(got, np.asarray(np.searchsorted(x, value, side)))
    single = np.array([0.1], "float32")
    assert_same(hpx.searchsorted(single, 0.1, side), np.asarray(np.searchsorted(single, 0.1, side)))
