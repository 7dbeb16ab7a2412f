"""Random arguments never end the process: every call gives NumPy's answer or a documented error.

HPXPY_FUZZ_SECONDS goes on with other random calls for so long, after those of a usual run.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import time

import hpxpy as hpx
import numpy as np
import pytest
from fuzzing import (
    ERRORS,
    FUNCTIONS,
    Operand,
    arguments,
    called,
    calls,
    function_of,
    leaves,
    made,
    operands,
    too_large,
)
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.local

# Localities would part by the clock.
SECONDS = float(os.environ.get("HPXPY_FUZZ_SECONDS", "0")) if hpx.num_localities() == 1 else 0.0
EXAMPLES = 400

# Where answers may differ: docs/differences.md, what the array API leaves open, NumPy's habits.
OTHER_DTYPES = {"rint"}
OTHER_VALUES = {
    *("empty", "empty_like", "isscalar"),  # what was in memory; a 0-d sum is a scalar of NumPy's
    *("unique_values", "partition", "argpartition"),  # whose order is left open
    *("linalg.eig", "linalg.eigvals", "linalg.eigh", "linalg.svd", "linalg.qr"),  # order, signs
    *("linalg.cond", "linalg.inv", "linalg.solve", "linalg.pinv", "linalg.matrix_rank"),
    *("linalg.lstsq", "linalg.slogdet", "linalg.matrix_power"),  # of what is all but singular
}

# Their third argument promises that elements differ; numbers become arrays of their own.
SETS = {"union1d", "setxor1d", "setdiff1d", "intersect1d", "in1d", "isin"}

# Of uint16 and int8 or int16 float64 here, float32 in NumPy.
SHORT = {"arctan2", "atan2", "copysign", "heaviside", "hypot", "nextafter"}
SHIFTS = {"left_shift", "bitwise_left_shift", "right_shift", "bitwise_right_shift"}
# Where they meet infinities and nan, the standard's special cases or none.
OF_FINITE = {"floor_divide", "remainder", "mod", "divmod", "fmod", "frexp", "linalg.slogdet"}
# Of integers, dtype= names what NumPy divides in.
VARIANCES = {"var", "std", "nanvar", "nanstd"}
# The place of the argument that must be in order.
ORDERED = {"interp": 1, "searchsorted": 0, "digitize": 1}
# They write one array into another.
WRITING = {"copyto", "put", "place", "insert", "append", "pad", "full_like"}


def numbers_in(given):
    """Operands as arrays and numbers, out of lists and tuples, too."""
    for each in given:
        if isinstance(each, Operand):
            yield each.values
        elif isinstance(each, (bool, int, float, complex)):
            yield np.asarray(each)
        elif isinstance(each, (list, tuple)):
            yield from numbers_in(each)


def in_order(argument):
    """Whether an argument is a vector of real numbers that rise."""
    x = argument.numpys() if isinstance(argument, Operand) else None
    return x is not None and x.ndim == 1 and x.dtype.kind != "c" and bool((x[1:] > x[:-1]).all())


def habit(name, given, named):
    """Whether NumPy's answer to these arguments is a habit of its own, not of the function."""
    dtypes = [each.values.dtype for each in given if isinstance(each, Operand)]
    if name in SETS:
        # Numbers become arrays of their own, and large integers equal as float64.
        joined = np.result_type(*dtypes) if len(dtypes) == len(given) == 2 else None
        return joined is None or (joined.kind == "f" and all(d.kind in "iu" for d in dtypes))
    place = ORDERED.get(name, len(given))
    if place < len(given) and (not in_order(given[place]) or len(given) > 3):
        return True
    # It counts to the end.
    if name == "diff" and any(isinstance(each, int) and each > 5 for each in given):
        return True
    if name in SHORT and {d.str[1:] for d in dtypes[:2]} in ({"u2", "i1"}, {"u2", "i2"}):
        return True
    values = list(numbers_in((*given, *named.values())))
    # What an integer dtype cannot hold.
    asked = [each for each in (*given, *named.values()) if isinstance(each, np.dtype)]
    asked += [x.dtype for x in values[:1] if name in WRITING]
    large = name == "logspace" or any(x.dtype.kind in "fc" for x in values)
    if any(d.kind in "iu" for d in asked) and (large or name in VARIANCES):
        return True
    if name in OF_FINITE and any(x.dtype.kind in "fc" and not np.isfinite(x).all() for x in values):
        return True
    # 10 ** (-inf+nanj) is 0 there, and which part becomes nan is left open.
    if name == "logspace" and any(x.dtype.kind == "c" and not np.isfinite(x).all() for x in values):
        return True
    if name in SHIFTS and any((x < 0).any() or (x > 7).any() for x in values[1:2]):
        return True
    # Neighbours in half precision lie far away.
    if name == "spacing" and any(x.dtype.itemsize == 1 for x in values):
        return True
    # Of no elements a single nan comes out, whatever shape the quantiles have.
    if name in ("nanquantile", "nanpercentile") and not sum(x.size for x in numbers_in(given[:1])):
        return True
    # NumPy sorts complex numbers into bins.
    if name.startswith("histogram") and any(x.dtype.kind == "c" for x in values):
        return True
    # Rounding grows with the exponent.
    if name in ("pow", "power") and any((np.abs(x) > 1000).any() for x in values[1:2]):
        return True
    # LAPACK takes a share of singular values from 1 on as a small one.
    if name == "linalg.lstsq" and not all((np.abs(x) < 1).all() for x in numbers_in(given[2:])):
        return True
    if name == "reciprocal" and any(x.dtype.kind in "iub" and not x.all() for x in values):
        return True
    if not given or not isinstance(given[0], Operand):
        return False
    first = given[0].values
    return (
        # bool alone becomes float64 and not half precision
        (name == "angle" and first.dtype == np.bool_)
        # indices become float64
        or (name == "diag_indices")
        # a polynomial without coefficients has the dtype of the variable
        or (name == "polyval" and first.size == 0)
        # a norm's order is a number
        or (name == "linalg.norm" and any(isinstance(order, Operand) for order in given[1:2]))
        # without axes nothing is transformed
        or (name in ("fft.fftn", "fft.ifftn") and first.ndim == 0)
        # quantiles that are integers choose among integers
        or (name in ("quantile", "nanquantile") and any(d.kind in "iub" for d in dtypes[1:2]))
    )


def repeat(strategy, check, share):
    """Checks some examples, and with HPXPY_FUZZ_SECONDS others for a share of those."""
    tried = settings(max_examples=EXAMPLES)(given(strategy)(check))
    tried()
    end = time.monotonic() + share * SECONDS
    turn = 0
    while time.monotonic() < end:
        turn += 1
        seed(turn)(settings(max_examples=EXAMPLES)(given(strategy)(check)))()


def disagreement(name, got, expected, dtypes=True):
    """What differs between two answers, in words; '' where nothing does."""
    if len(got) != len(expected):
        return f"{len(got)} arrays, expected {len(expected)}"
    for ours, numpys in zip(got, expected, strict=True):
        ours, numpys = np.asarray(ours), np.asarray(numpys)
        if ours.shape != numpys.shape:
            return f"shape {ours.shape}, expected {numpys.shape}"
        # There is no half precision.
        half = numpys.dtype == np.float16
        same = half or not dtypes or name in OTHER_DTYPES or ours.dtype == numpys.dtype
        if not same:
            return f"dtype {ours.dtype}, expected {numpys.dtype}"
        if name in OTHER_VALUES or "USO".find(numpys.dtype.kind) >= 0:
            continue
        near = 1e-2 if half else 1e-3
        if half:
            ours = ours.astype(np.float16)
        # What cancels leaves rounding of the largest.
        largest = np.max(np.abs(numpys[np.isfinite(numpys)]), initial=0)
        bound = near + 1e-12 * float(largest)
        tolerances = {"rtol": near, "atol": bound, "equal_nan": True}
        same = np.isclose(ours, numpys, **tolerances)
        if numpys.dtype.kind == "c":
            # Beside an infinite part the other may be rounded, too.
            parts = [np.isclose(f(ours), f(numpys), **tolerances) for f in (np.real, np.imag)]
            same = same | (parts[0] & parts[1])
        if not np.all(same):
            return f"{ours}, expected {numpys}"
    return ""


def check_call(call):
    name, arguments, keywords = call
    if too_large(arguments):
        return
    note(f"{name}(*{arguments}, **{keywords})")
    got = called(hpx, name, arguments, keywords, "ours")
    if isinstance(got, Exception):
        # NumPy's error for weights that sum up to 0.
        allowed = (*ERRORS, ZeroDivisionError) if name == "average" else ERRORS
        if not isinstance(got, allowed):
            raise got
        assert str(got), name
        return
    try:
        function_of(np, name)
    except AttributeError:
        return
    only_arrays = all(isinstance(argument, Operand) for argument in arguments)
    if habit(name, arguments, keywords):
        return
    expected = called(np, name, arguments, keywords, "numpys")
    if not isinstance(expected, Exception):
        # Some functions of NumPy's make arrays of numbers first, others do not; ranks are C's int.
        dtypes = only_arrays and not name.startswith("linalg.")
        words = disagreement(name, got, expected, dtypes)
        assert not words, f"{name}: {words}"


@pytest.mark.timeout(120 + 3 * SECONDS)
def test_functions():
    assert len(FUNCTIONS) > 300
    repeat(calls(), check_call, 0.6)


@st.composite
def places(draw):
    """An array, an index, and a value to be assigned there."""
    keys = draw(st.lists(arguments, min_size=1, max_size=3))
    return draw(operands()), tuple(keys) if len(keys) > 1 else keys[0], draw(arguments)


def index(key, side):
    return tuple(made(k, side) for k in key) if isinstance(key, tuple) else made(key, side)


def outcome(x, key, side):
    try:
        return np.array(x[index(key, side)])
    except ERRORS as error:
        return error


def check_indexing(place):
    x, key, value = place
    note(f"{x}[{key}] = {value}")
    ours, numpys = x.ours(), x.numpys()
    got, expected = outcome(ours, key, "ours"), outcome(numpys, key, "numpys")
    if not isinstance(got, Exception) and not isinstance(expected, Exception):
        np.testing.assert_array_equal(got, expected)
        assert got.dtype == expected.dtype
    with contextlib.suppress(*ERRORS):
        ours[index(key, "ours")] = made(value, "ours")
    leaves(ours)


@pytest.mark.timeout(120 + 3 * SECONDS)
def test_indexing():
    repeat(places(), check_indexing, 0.2)


CHAINS = ["+", "-", "*", "/", "//", "%", "**", "@", "<", "==", "&", "|", "^", "<<", ">>"]
NAMES = {
    "//": "floor_divide",
    "%": "remainder",
    "**": "pow",
    "<<": "left_shift",
    ">>": "right_shift",
}


def check_operators(given):
    """Operators between arrays and numbers, and in place."""
    (x, y), operator, in_place = given
    note(f"{x} {operator} {y}")
    answers = []
    for side in ("ours", "numpys"):
        scope = {"x": made(x, side), "y": made(y, side)}
        try:
            if in_place and operator not in ("<", "==", "@"):
                exec(f"x {operator}= y", scope)
                answers.append(leaves(scope["x"]))
            else:
                answers.append(leaves(eval(f"x {operator} y", scope)))
        except ERRORS as error:
            answers.append(error)
    got, expected = answers
    if isinstance(got, Exception) or isinstance(expected, Exception):
        return
    if habit(NAMES.get(operator, ""), (x, y), {}):
        return
    words = disagreement("", got, expected)
    assert not words, words


@pytest.mark.timeout(120 + 3 * SECONDS)
def test_operators():
    pairs = st.tuples(operands(), st.one_of(operands(), st.integers(-5, 5), st.booleans()))
    repeat(st.tuples(pairs, st.sampled_from(CHAINS), st.booleans()), check_operators, 0.2)


def test_disagreements_are_seen():
    one = np.ones(3)
    assert disagreement("add", [one], [one]) == ""
    assert "dtype" in disagreement("add", [one], [one.astype("f4")])
    assert "shape" in disagreement("add", [one], [one[:2]])
    assert "expected" in disagreement("add", [one], [one + 0.1])
    assert "arrays" in disagreement("add", [one], [one, one])


def test_operands_are_the_same_for_both():
    for view in ("plain", "pending", "transposed", "reversed", "strided", "stretched"):
        operand = Operand(np.arange(6.0).reshape(2, 3), view)
        np.testing.assert_array_equal(operand.ours().to_numpy(), operand.numpys())
