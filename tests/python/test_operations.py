"""Every elementwise function of the operations table against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import operator

import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    DTYPES,
    SIZES,
    agree,
    assert_same,
    check,
    difference,
    distributed_problem,
    placements,
    random_array,
    special_values,
)
from references import (
    OPERATIONS,
    ULPS,
    expected_of,
    operands,
    reference,
    tolerance_of,
    without_zero_signs,
)

pytestmark = pytest.mark.local


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", OPERATIONS)
def test_special_values(name, dtype):
    function = getattr(hpx, name)
    arguments = operands(name, dtype)
    expected = expected_of(name, arguments)
    arrays = [hpx.asarray(argument) for argument in arguments]
    if expected is None:
        with pytest.raises(TypeError, match=f"{dtype} is not supported"):
            function(*arrays)
        return
    eager = function(*arrays).to_numpy()
    assert_same(
        without_zero_signs(name, eager),
        without_zero_signs(name, expected),
        **tolerance_of(name, dtype),
    )
    # The same elements in a recorded, fused expression: the same bits.
    repeats = 5000 // eager.size + 1
    many = [hpx.asarray(np.tile(argument, repeats)) for argument in arguments]
    alone = function(*many).to_numpy()
    everywhere = hpx.asarray(np.ones(many[0].shape, bool))
    fused = function(*[hpx.where(everywhere, array, array) for array in many])
    assert_same(alone, np.tile(eager, repeats))
    assert_same(fused, alone)


@pytest.mark.distributed
@pytest.mark.parametrize("name", OPERATIONS)
def test_distributed_gives_the_same_bits(name):
    function = getattr(hpx, name)
    problems = []
    for dtype in map(np.dtype, ("int16", "float64", "complex64")):
        arguments = operands(name, dtype)
        if expected_of(name, arguments) is None:
            with pytest.raises(TypeError, match=f"{dtype} is not supported"):
                function(*[hpx.asarray(a, distribution="block") for a in arguments])
            continue
        for axis in (0, 1):
            shape = (arguments[0].size, 2) if axis == 0 else (2, arguments[0].size)
            shaped = [np.resize(argument, shape) for argument in arguments]
            alone = function(*[hpx.asarray(argument) for argument in shaped]).to_numpy()
            blocks = [hpx.asarray(a, distribution="block", axis=axis) for a in shaped]
            problems.append(distributed_problem(function(*blocks), alone))
    agree("; ".join(filter(None, problems)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_sizes(name, size):
    whole = ("bitwise", "invert", "left", "right", "gcd", "lcm")
    dtype = "int32" if name.startswith(whole) else "float64"
    arguments = [np.abs(random_array(size, dtype, seed)) for seed in range(OPERATIONS[name])]
    if dtype == "int32" and len(arguments) == 2:
        arguments[1] %= 32
    expected = reference(name, *arguments)
    result = getattr(hpx, name)(*[hpx.asarray(argument) for argument in arguments])
    assert_same(result, expected, ulps=ULPS.get(name, 0))


VIEWS = {
    "reversed": lambda x: x[::-1],
    "every third": lambda x: x[1::3],
    "columns": lambda x: x[:, 1:-1],
    "columns reversed": lambda x: x[:, ::-2],
    "both reversed": lambda x: x[::-1, ::-1],
    "transposed": lambda x: x.T,
    "one row": lambda x: x[1:2],
    "one column": lambda x: x[:, 2:3],
    "new axis": lambda x: x[:, None],
    "corner": lambda x: x[3:, :2],
}


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("shape", [(5, 6), (90, 70), (3, 4001)])
@pytest.mark.parametrize("view", VIEWS)
def test_views(view, shape, place):
    x = random_array(shape)
    seen = VIEWS[view](x)
    array = VIEWS[view](hpx.asarray(x, **place))
    check(array + 1.5, seen + 1.5)
    check(array * array - array, seen * seen - seen)
    check(hpx.sqrt(hpx.abs(array)), np.sqrt(np.abs(seen)))


BROADCASTS = [
    ((), (4,)),
    ((4,), ()),
    ((1,), (3000,)),
    ((3, 1), (1, 4)),
    ((3, 1), (4,)),
    ((2, 3, 4), (3, 1)),
    ((2, 1, 1), (4, 5)),
    ((60, 70), (70,)),
    ((60, 70), (60, 1)),
    ((60, 1), (1, 70)),
    ((0, 3), (1, 3)),
    ((1, 3), (0, 1)),
    ((1, 1), (5, 1)),
]


@pytest.mark.parametrize("shapes", BROADCASTS, ids=str)
def test_broadcasting(shapes):
    x, y = random_array(shapes[0], seed=1), random_array(shapes[1], seed=2)
    assert_same(hpx.asarray(x) + hpx.asarray(y), np.asarray(x + y))
    fused = (hpx.asarray(x) - 2) * hpx.asarray(y) + hpx.asarray(x)
    assert_same(fused, np.asarray((x - 2) * y + x))
    for place in placements(x.ndim)[1:]:
        check(hpx.asarray(x, **place) + hpx.asarray(y), x + y)
        check(hpx.asarray(y) - hpx.asarray(x, **place), y - x)
        for other in placements(y.ndim)[1:]:
            check(hpx.asarray(x, **place) * hpx.asarray(y, **other), x * y)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (40, 3, 50)])
def test_dimensions(shape):
    x, y = random_array(shape, seed=3), random_array(shape, seed=4)
    assert_same(hpx.asarray(x) + hpx.asarray(y), np.asarray(x + y))
    assert_same(hpx.negative(hpx.asarray(x)), np.asarray(-x))
    for place in placements(len(shape))[1:]:
        check(hpx.asarray(x, **place) * 2 + hpx.asarray(y, **place), x * 2 + y)


def test_result_dtypes_of_two_arrays():
    for a in DTYPES:
        for b in DTYPES:
            x, y = np.ones(2, a), np.ones(2, b)
            got = hpx.add(hpx.asarray(x), hpx.asarray(y)).dtype
            assert got == np.add(x, y).dtype, (a, b)
            got = hpx.multiply(hpx.asarray(x), hpx.asarray(y)).dtype
            assert got == np.multiply(x, y).dtype, (a, b)
            assert hpx.divide(hpx.asarray(x), hpx.asarray(y)).dtype == np.divide(x, y).dtype
            assert hpx.equal(hpx.asarray(x), hpx.asarray(y)).dtype == bool


def test_mixed_integers_compare_by_value():
    x, y = np.array([0, 5, 200], np.uint8), np.array([-1, 5, 100], np.int8)
    assert_same(hpx.less(hpx.asarray(x), hpx.asarray(y)), np.less(x, y))
    assert_same(hpx.greater(hpx.asarray(x), hpx.asarray(y)), np.greater(x, y))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("scalar", [True, 1, 1.5, 1 + 2j])
def test_python_scalars_are_weak(scalar, dtype):
    x = random_array(5, dtype)
    assert_same(hpx.asarray(x) * scalar, x * scalar)
    assert_same(scalar * hpx.asarray(x), scalar * x)
    large = random_array(5000, dtype)
    assert_same(hpx.asarray(large) * scalar, large * scalar)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "scalar",
    [np.bool_(True), np.int8(3), np.uint64(7), np.float32(1.5), np.float64(2.5), np.complex64(2j)],
    ids=lambda scalar: type(scalar).__name__,
)
def test_numpy_scalars_are_strong(scalar, dtype):
    x = random_array(5, dtype)
    assert_same(hpx.asarray(x) + scalar, x + scalar)
    assert_same(scalar + hpx.asarray(x), scalar + x)


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iu"], ids=str)
@pytest.mark.parametrize("size", [3, 5000])
def test_python_integers_out_of_range_raise(dtype, size):
    x = hpx.asarray(np.ones(size, dtype))
    info = np.iinfo(dtype)
    assert_same(x + int(info.max), np.ones(size, dtype) + int(info.max))
    for value in (int(info.max) + 1, int(info.min) - 1):
        if abs(value) < 2**63:
            with pytest.raises(OverflowError, match=f"{value} is out of bounds for {dtype}"):
                x + value
        else:
            with pytest.raises(OverflowError, match=str(value)):
                x + value
    assert_same(x, np.ones(size, dtype))


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iu"], ids=str)
@pytest.mark.parametrize("size", [8, 5000])
def test_integer_division_by_zero_gives_zero(dtype, size):
    x = np.resize(special_values(dtype), size)
    zeros = np.zeros(size, dtype)
    assert_same(hpx.asarray(x) // hpx.asarray(zeros), zeros)
    assert_same(hpx.asarray(x) % hpx.asarray(zeros), zeros)
    assert_same(hpx.asarray(x) // 0, zeros)
    assert_same(hpx.asarray(x) % 0, zeros)


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iu"], ids=str)
def test_shifts_past_the_width(dtype):
    x = special_values(dtype)
    width = 8 * dtype.itemsize
    left = hpx.asarray(x) << width
    right = hpx.asarray(x) >> width
    assert_same(left, np.zeros_like(x))
    assert_same(right, np.where(x < 0, -1, 0).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", [5, 5000])
def test_where(dtype, size):
    condition = random_array(size, "bool", 7)
    x, y = random_array(size, dtype, 8), random_array(size, dtype, 9)
    got = hpx.where(hpx.asarray(condition), hpx.asarray(x), hpx.asarray(y))
    assert_same(got, np.where(condition, x, y))
    one = dtype.type(1).item()
    got = hpx.where(hpx.asarray(condition), hpx.asarray(x), one)
    assert_same(got, np.where(condition, x, dtype.type(1)))
    for place in placements(1)[1:]:
        got = hpx.where(hpx.asarray(condition, **place), hpx.asarray(x), hpx.asarray(y, **place))
        check(got, np.where(condition, x, y))


def test_where_broadcasts_and_takes_numbers_as_condition():
    x, y = random_array((4, 1)), random_array(5)
    condition = np.array([0, 1, 2, 0, 3])
    got = hpx.where(hpx.asarray(condition), hpx.asarray(x), hpx.asarray(y))
    assert_same(got, np.where(condition, x, y))
    assert_same(hpx.where(True, hpx.asarray(x), hpx.asarray(y)), np.where(True, x, y))


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iuf"], ids=str)
@pytest.mark.parametrize("size", [6, 5000])
def test_clip(dtype, size):
    x = np.resize(special_values(dtype), size)
    low, high = dtype.type(2), dtype.type(5)
    assert_same(hpx.clip(hpx.asarray(x), 2, 5), np.clip(x, low, high))
    assert_same(hpx.asarray(x).clip(2), np.clip(x, low, None))
    assert_same(hpx.clip(hpx.asarray(x), max=5), np.clip(x, None, high))
    assert_same(hpx.clip(hpx.asarray(x)), x)
    bounds = np.resize(np.array([1, 3], dtype), size)
    got = hpx.clip(hpx.asarray(x), hpx.asarray(bounds), hpx.asarray(bounds + dtype.type(1)))
    assert_same(got, np.clip(x, bounds, bounds + dtype.type(1)))


@pytest.mark.parametrize("decimals", [0, 1, 3, -1])
@pytest.mark.parametrize("size", [10, 5000])
def test_round_to_decimals(decimals, size):
    x = random_array(size) * 100
    assert_same(hpx.round(hpx.asarray(x), decimals), np.round(x, decimals))
    assert_same(hpx.asarray(x).round(decimals), np.round(x, decimals))


BINARY_OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.lt,
    operator.le,
    operator.eq,
    operator.ne,
    operator.gt,
    operator.ge,
]
BIT_OPERATORS = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]


@pytest.mark.parametrize("size", [9, 5000])
@pytest.mark.parametrize("function", BINARY_OPERATORS, ids=lambda f: f.__name__)
def test_operators(function, size):
    x, y = np.abs(random_array(size, seed=5)) + 0.1, np.abs(random_array(size, seed=6)) + 0.1
    ulps = 4 if function is operator.pow else 0
    assert_same(function(hpx.asarray(x), hpx.asarray(y)), function(x, y), ulps=ulps)
    assert_same(function(hpx.asarray(x), 2), function(x, 2), ulps=ulps)
    assert_same(function(3.0, hpx.asarray(x)), function(3.0, x), ulps=ulps)
    assert_same(function(hpx.asarray(x), y), function(x, y), ulps=ulps)
    assert_same(function(x, hpx.asarray(y)), function(x, y), ulps=ulps)


@pytest.mark.parametrize("size", [9, 5000])
@pytest.mark.parametrize("function", BIT_OPERATORS, ids=lambda f: f.__name__)
def test_bit_operators(function, size):
    x, y = random_array(size, "int64", 5), random_array(size, "int64", 6) % 60
    assert_same(function(hpx.asarray(x), hpx.asarray(y)), function(x, y))
    assert_same(function(hpx.asarray(x), 3), function(x, 3))
    assert_same(function(3, hpx.asarray(y)), function(3, y))


def test_unary_operators_and_divmod():
    x, y = random_array(7, "int32", 1), random_array(7, "int32", 2)
    y[y == 0] = 1
    array = hpx.asarray(x)
    assert_same(-array, -x)
    assert_same(+array, +x)
    assert_same(abs(array), abs(x))
    assert_same(~array, ~x)
    for got, expected in zip(divmod(array, hpx.asarray(y)), divmod(x, y), strict=True):
        assert_same(got, expected)


def test_square_is_multiplication():
    for dtype in ("int8", "float32", "float64", "complex128"):
        x = random_array(5000, dtype)
        array = hpx.asarray(x)
        product = (array * array).to_numpy()
        assert_same(array**2, product)
        assert_same(hpx.square(array), product)
        assert_same(product, x * x, tolerance=1e-13)


@pytest.mark.parametrize("size", [6, 5000])
def test_out_where_dtype(size):
    x, y = random_array(size, seed=1), random_array(size, seed=2)
    mask = x > 0
    out = hpx.zeros(size)
    assert hpx.add(hpx.asarray(x), hpx.asarray(y), out=out) is out
    assert_same(out, x + y)
    out = hpx.full(size, 9.0)
    hpx.multiply(hpx.asarray(x), 2, out=out, where=hpx.asarray(mask))
    assert_same(out, np.where(mask, x * 2, 9.0))
    whole = hpx.asarray(np.arange(size, dtype=np.int32))
    assert_same(
        hpx.sqrt(whole, dtype=np.float32),
        np.sqrt(np.arange(size, dtype=np.int32), dtype=np.float32),
    )
    narrow = hpx.zeros(size, dtype=np.float32)
    hpx.add(hpx.asarray(x), hpx.asarray(y), out=narrow)
    assert_same(narrow, (x + y).astype(np.float32))


@pytest.mark.parametrize("place", placements(1), ids=str)
def test_long_expression_fused_and_step_by_step(place):
    x, y = random_array(5000, seed=1), random_array(5000, seed=2)
    a, b = hpx.asarray(x, **place), hpx.asarray(y, **place)
    fused = hpx.where(a > b, hpx.sqrt(hpx.abs(a * b + 2.5)), a - b * 3) / (1 + b * b)
    product = a * b
    hpx.eval(product)
    shifted = product + 2.5
    hpx.eval(shifted)
    root = hpx.sqrt(hpx.abs(shifted))
    hpx.eval(root)
    other = a - b * 3
    hpx.eval(other)
    chosen = hpx.where(a > b, root, other)
    hpx.eval(chosen)
    stepwise = chosen / (1 + b * b)
    agree(difference(fused.to_numpy(), stepwise.to_numpy()))
    expected = np.where(x > y, np.sqrt(np.abs(x * y + 2.5)), x - y * 3) / (1 + y * y)
    check(fused, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_one_element_in_the_place_of_many(dtype):
    """A single element is spread over a block whose other operands may be narrower than it."""
    for own in DTYPES:
        one = hpx.asarray(np.ones((), own))
        assert_same(hpx.broadcast_to(one, (5000,)).astype(dtype), np.ones(5000, dtype))
        mask = random_array(5000, "bool")
        chosen = hpx.where(hpx.asarray(mask), one, one).astype(dtype)
        assert_same(chosen, np.ones(5000, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint64"])
@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod"])
def test_division_where_single_elements_are_unusual(name, dtype):
    """Whole lines are divided in vectors; what these cannot do must not disturb its neighbours."""
    kind = np.dtype(dtype).kind
    special = {
        "f": [0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, 1e-30, 1e-45],
        "i": [0, -1, 2**53, -(2**53), 2**53 - 1, 2**63 - 1, -(2**63), 2**62 + 1],
        "u": [0, 1, 2**53, 2**53 - 1, 2**64 - 1, 2**63, 3, 2**53 + 1],
    }[kind]
    x = random_array(700, dtype, 1)
    y = random_array(700, dtype, 2)
    y[y == 0] = 1
    for k, value in enumerate(special):
        x[50 * k], y[50 * k + 25] = value, value
        x[400 + 37 * k], y[400 + 37 * k] = value, special[-1 - k]
    got = getattr(hpx, name)(hpx.asarray(x), hpx.asarray(y))
    if kind == "f":
        expected = expected_of(name, [x, y])
    else:
        # Python's integers, as far as they go.
        rule = {
            "floor_divide": lambda a, b: a // b,
            "remainder": lambda a, b: a % b,
            "fmod": lambda a, b: abs(a) % abs(b) * (1 if a >= 0 else -1),
        }[name]
        pairs = zip(x.tolist(), y.tolist(), strict=True)
        exact = [rule(a, b) if b else 0 for a, b in pairs]
        wrapped = [(v + 2**63) % 2**64 - 2**63 if kind == "i" else v for v in exact]
        expected = np.array(wrapped, dtype)
    assert_same(got, expected)
    for scalar in (special[1], special[5]):
        divisor = np.full(700, scalar, dtype)
        expected = getattr(hpx, name)(hpx.asarray(x), hpx.asarray(divisor)).to_numpy()
        assert_same(getattr(hpx, name)(hpx.asarray(x), np.dtype(dtype).type(scalar)), expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_results_larger_than_caches_of_operands_of_other_widths(dtype):
    n = (9 << 20) // np.dtype(dtype).itemsize + 77
    mask, x = random_array(n, "bool"), random_array(n, dtype)
    array, few = hpx.asarray(x), hpx.asarray(mask)
    assert_same(few.astype(dtype), mask.astype(dtype))
    assert_same(hpx.where(few, array, array[::-1]), np.where(mask, x, x[::-1]))
    assert_same(hpx.where(few, array[5], array), np.where(mask, x[5], x))
    assert_same(array == array[3], x == x[3])
    for wide in ("int64", "complex128"):
        assert_same(few.astype(wide), mask.astype(wide))
