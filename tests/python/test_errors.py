"""Bad input: an exception of the right type with the values in it, and nothing changed."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import check, check_local, placements

DTYPE_LIST = r"choose bool, int8 to int64, uint8 to uint64, float32, float64, complex64"


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_shapes_that_do_not_broadcast(place):
    x = hpx.ones((4, 3), **place)
    for call in (
        lambda: x + hpx.ones(4),
        lambda: hpx.multiply(x, hpx.ones((2, 3))),
        lambda: x < np.ones((4, 4)),
        lambda: hpx.where(x > 0, x, hpx.ones(5)),
    ):
        with pytest.raises(ValueError, match=r"shapes \(4, 3\) and .* do not broadcast: axis"):
            call()
    y = x
    with pytest.raises(ValueError, match="do not broadcast"):
        y += hpx.ones(4)
    check(x, np.ones((4, 3)))


@pytest.mark.parametrize("size", [4, 5000])
def test_the_message_names_the_function_and_both_shapes(size):
    with pytest.raises(ValueError, match=rf"add: shapes \({size},\) and \(3,\) do not broadcast"):
        hpx.ones(size) + hpx.ones(3)


@pytest.mark.parametrize("dtype", ["float16", "object", "U3", "M8[s]", "longdouble", "nonsense", 3])
def test_unknown_dtypes(dtype):
    for call in (
        lambda: hpx.zeros(3, dtype=dtype),
        lambda: hpx.asarray([1, 2], dtype=dtype),
        lambda: hpx.ones(3).astype(dtype),
        lambda: hpx.arange(3, dtype=dtype),
        lambda: hpx.sum(hpx.ones(3), dtype=dtype),
        lambda: hpx.full_like(hpx.ones(3), 1, dtype=dtype),
    ):
        with pytest.raises(TypeError, match=DTYPE_LIST):
            call()


@pytest.mark.parametrize("place", placements(2), ids=str)
@pytest.mark.parametrize("axis", [2, -3, 99])
def test_axes_out_of_range(axis, place):
    x = hpx.ones((4, 3), **place)
    for name in ("sum", "max", "argmin", "mean", "any", "count_nonzero"):
        with pytest.raises(np.exceptions.AxisError, match=rf"{name}|count_nonzero|sum") as error:
            getattr(hpx, name)(x, axis=axis)
        assert str(axis) in str(error.value)
        assert "2 dim" in str(error.value)
    with pytest.raises(IndexError):
        hpx.sum(x, axis=(0, axis))
    with pytest.raises(np.exceptions.AxisError, match=str(axis)):
        hpx.permute_dims(x, (0, axis))
    with pytest.raises(np.exceptions.AxisError, match=str(axis)):
        hpx.zeros((2, 2), distribution="block", axis=axis)
    with pytest.raises(np.exceptions.AxisError, match=str(axis)):
        hpx.redistribute(x, "block", axis)


def test_axes_of_other_kinds():
    x = hpx.ones((4, 3))
    with pytest.raises(ValueError, match="axis 1 is named twice"):
        hpx.sum(x, axis=(1, -1))
    with pytest.raises(ValueError, match="argmax: 2 axes given; it takes one, or None"):
        hpx.argmax(x, axis=(0, 1))
    with pytest.raises(TypeError, match=r"axis 1\.5"):
        hpx.sum(x, axis=1.5)
    with pytest.raises(TypeError, match="axis 'a'"):
        hpx.sum(x, axis="a")
    with pytest.raises(ValueError, match="3 axes given for an array of 2 dimensions"):
        hpx.permute_dims(x, (0, 1, 2))
    with pytest.raises(ValueError, match="axis 0 is named twice"):
        hpx.permute_dims(x, (0, 0))


@pytest.mark.parametrize("size", [12, 12_000])
def test_reshapes_that_do_not_fit(size):
    x = hpx.ones(size)
    with pytest.raises(
        ValueError,
        match=rf"reshape: Cannot reshape {size} elements into shape \(5, 2\), which holds 10",
    ):
        x.reshape(5, 2)
    with pytest.raises(ValueError, match=r"reshape: .*two -1"):
        x.reshape(-1, -1)
    with pytest.raises(ValueError, match=rf"{size} elements into shape \(-1, 7\)"):
        x.reshape(-1, 7)
    with pytest.raises(ValueError, match="negative length"):
        x.reshape(-2, 6)
    with pytest.raises(ValueError, match="0 elements"):
        hpx.ones(0).reshape(0, -1)
    with pytest.raises(TypeError, match="shape"):
        x.reshape("a")


def test_bad_shapes():
    with pytest.raises(ValueError, match=r"zeros: negative length -1 in shape \(2, -1\)"):
        hpx.zeros((2, -1))
    with pytest.raises(TypeError, match="'a'"):
        hpx.zeros(("a", 2))
    with pytest.raises(TypeError, match=r"2\.5"):
        hpx.ones(2.5)
    with pytest.raises((ValueError, MemoryError)):
        hpx.zeros((2**40, 2**40))
    with pytest.raises(ValueError, match="64 bits"):
        hpx.zeros(2**70)


def test_more_memory_than_there_is():
    with pytest.raises(MemoryError):
        hpx.empty(2**55)
    pending = hpx.zeros(2**50) + 1
    for _ in range(2):
        with pytest.raises(MemoryError):
            hpx.eval(pending)
    check_local(hpx.ones(3) + 1, np.full(3, 2.0))


@pytest.mark.parametrize("distribution", ["Cyclic", "block-cyclic", "Block", "", 3, True])
def test_unknown_distributions(distribution):
    x = hpx.ones(4)
    for call in (
        lambda: hpx.zeros(4, distribution=distribution),
        lambda: hpx.arange(4, distribution=distribution),
        lambda: hpx.asarray([1, 2], distribution=distribution),
        lambda: hpx.from_numpy(np.ones(3), distribution=distribution),
        lambda: hpx.redistribute(x, distribution),
        lambda: hpx.scatter(x, distribution=distribution),
    ):
        with pytest.raises(ValueError, match=r"distribution .* does not exist; choose 'block'"):
            call()


def test_nothing_to_distribute():
    for call in (
        lambda: hpx.zeros((), distribution="block"),
        lambda: hpx.asarray(3.0, distribution="block"),
        lambda: hpx.redistribute(hpx.asarray(3.0), "block"),
    ):
        with pytest.raises(ValueError, match="0-d array cannot be distributed"):
            call()
    with pytest.raises(ValueError, match="from_local: a 0-d array cannot be a block"):
        hpx.from_local(hpx.asarray(1.0))
    with pytest.raises(TypeError, match="from_local: this array is distributed already"):
        hpx.from_local(hpx.zeros(3, distribution="block"))


@pytest.mark.parametrize("name", ["min", "max", "argmin", "argmax"])
def test_nothing_to_choose_from(name):
    for x in (hpx.zeros(0), hpx.zeros((3, 0)), hpx.zeros(0, distribution="block")):
        with pytest.raises(ValueError, match=rf"{name}: axis \d of shape \(.*\) is empty"):
            getattr(hpx, name)(x)


def test_dtypes_that_a_function_does_not_take():
    for call, text in (
        (
            lambda: hpx.ones(3) & 1,
            r"bitwise_and: dtype float64 is not supported; it takes booleans",
        ),
        (lambda: ~hpx.ones(3), "bitwise_invert: dtype float64"),
        (lambda: hpx.ones(3) << 1, "bitwise_left_shift: dtype float64"),
        (lambda: hpx.floor(hpx.full(3, 1j)), "floor: dtype complex128"),
        (lambda: -hpx.asarray([True]), "negative: dtype bool"),
        (lambda: hpx.asarray([True]) - hpx.asarray([True]), "subtract: dtype bool"),
    ):
        with pytest.raises(TypeError, match=text):
            call()


@pytest.mark.parametrize("size", [3, 5000])
def test_negative_integer_powers(size):
    x = hpx.full(size, 2)
    with pytest.raises(ValueError, match="pow: integers cannot be raised to the negative power -1"):
        x**-1
    with pytest.raises(ValueError, match="negative power -2"):
        x **= -2
    with pytest.raises(ValueError, match="negative power -3"):
        hpx.power(x, np.int64(-3))
    exponents = np.arange(size) - 4
    exponents[0] = 0
    for give in (np.array, hpx.asarray, lambda e: hpx.asarray(e, distribution="block") + 0):
        for call in (lambda e: x**e, lambda e: hpx.pow(2, e), lambda e: hpx.pow(x, e)):
            with pytest.raises(ValueError, match="to the negative power -3"):
                call(give(exponents))
    with pytest.raises(ValueError, match="to the negative power -3"):
        x **= hpx.asarray(exponents)
    check_local(x, np.full(size, 2))
    check_local(x ** hpx.asarray(abs(exponents)), np.full(size, 2) ** abs(exponents))
    check_local(x ** (1.0 * hpx.asarray(exponents)), 2.0**exponents)


@pytest.mark.parametrize("distribution", [None, "block"])
@pytest.mark.parametrize("size", [3, 5000])
def test_negative_integer_powers_that_are_not_computed(size, distribution):
    x, exponents = np.arange(size) + 2, np.arange(size) % 3 - 1
    ours = [hpx.asarray(a, distribution=distribution) for a in (x, exponents, exponents >= 0)]
    expected = np.power(x, exponents, where=exponents >= 0, out=np.full(size, 7))
    check(hpx.power(*ours[:2], where=ours[2], out=hpx.full(size, 7)), expected)
    check(hpx.power(ours[0], -2, where=hpx.asarray(False), out=ours[0]), x)
    with pytest.raises(ValueError, match="negative power -1"):
        hpx.power(*ours[:2], where=ours[2] | (ours[0] == 2))
    with pytest.raises(ValueError, match="negative power -2"):
        hpx.power(ours[0], -2, where=ours[2])
    for exponent in (2, -2, ours[1]):
        with pytest.raises(ValueError, match="do not broadcast"):
            hpx.power(ours[0], exponent, where=hpx.full(size + 1, True))
    # Of no elements none is negative, and what becomes float64 may be.
    check_local(hpx.asarray(x[:0]) ** -1, x[:0])
    check_local(hpx.asarray(x[:0]) ** hpx.asarray([-1]), x[:0])
    check_local(hpx.asarray(x, dtype="uint64") ** hpx.full(size, -1), 1.0 / x, ulps=2)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: hpx.zeros(3, dtype=x), TypeError, "an array was given for the dtype"),
        (lambda x: hpx.promote_types(x, hpx.int8), TypeError, "an array was given for a dtype"),
        (lambda x: hpx.isdtype(x, "integral"), TypeError, "an array was given for the dtype"),
        (
            lambda x: hpx.expm1(x, dtype="int8"),
            TypeError,
            "expm1: dtype int8 cannot hold its results",
        ),
        (lambda x: hpx.add(x / 2, 1, dtype="int8"), TypeError, "add: .*float64.*int8"),
        (lambda x: hpx.roll(x, [[1]]), ValueError, "roll: shifts of 2 dimensions"),
        (lambda x: hpx.ediff1d(x > 1), TypeError, "ediff1d: booleans have no difference"),
        (lambda x: hpx.ediff1d(x, 0.5), TypeError, "ediff1d: float64 ends do not fit into int64"),
        (lambda x: hpx.quantile(x, [[[0.5]]]), ValueError, "quantile: q has shape"),
        (lambda x: hpx.correlate(3, x), ValueError, "correlate: an array of 0 dimensions"),
        (lambda x: hpx.geomspace(1, [3]), TypeError, r"geomspace: an end of shape \(1,\) given"),
        (
            lambda x: hpx.take_along_axis(x, [[0]], axis=None),
            ValueError,
            r"take_along_axis: indices of shape \(1, 1\)",
        ),
    ],
)
def test_what_numpy_refuses(call, error, words):
    with pytest.raises(error, match=words):
        call(hpx.asarray([3, 1, 2]))


@pytest.mark.parametrize(
    "call",
    [
        lambda n: hpx.eval(hpx.zeros(n)),
        lambda n: hpx.repeat(hpx.ones(2), n),
        lambda n: hpx.eval(hpx.broadcast_to(hpx.ones(2), (n, 2)) + 1),
        lambda n: hpx.sort(hpx.broadcast_to(hpx.ones(2), (n, 2))),
        lambda n: hpx.cumsum(hpx.broadcast_to(hpx.ones(2), (n, 2))),
        lambda n: hpx.matmul(hpx.broadcast_to(hpx.ones((2, 2)), (n, 2, 2)), hpx.ones((2, 2))),
        lambda n: hpx.random.default_rng(0).random(n),
        lambda n: hpx.bincount(hpx.asarray([n])),
    ],
)
def test_no_memory_says_how_much_and_goes_on(call):
    x = hpx.arange(1000) + 1
    with pytest.raises(MemoryError, match=r"array: \d{13,} bytes asked for"):
        call(2**46)
    check_local(x, np.arange(1000) + 1)
    check_local(hpx.sort(-x), np.arange(-1000, 0))


def test_bad_out():
    x = hpx.ones(4)
    with pytest.raises(ValueError, match=r"add: out has shape \(3,\), the result \(4,\)"):
        hpx.add(x, 1, out=hpx.zeros(3))
    with pytest.raises(TypeError, match=r"add: out=\[1, 2\] is no array of hpxpy or NumPy"):
        hpx.add(x, 1, out=[1, 2])
    with pytest.raises(ValueError, match=r"sum: out has shape \(3,\), the result \(\)"):
        hpx.sum(x, out=hpx.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        hpx.add(x, 1, out=hpx.broadcast_to(hpx.zeros(1), (4,)))


def test_bad_numbers_of_elements():
    with pytest.raises(ValueError, match="arange: step is 0"):
        hpx.arange(0, 5, 0)
    with pytest.raises(ValueError, match="linspace: num=-1 is negative"):
        hpx.linspace(0, 1, -1)
    with pytest.raises(ValueError, match="no finite length"):
        hpx.arange(0, np.inf)
    with pytest.raises(TypeError, match="complex"):
        hpx.arange(0, 1j)
    with pytest.raises(ValueError, match=r"eye: shape \(-1, 2\)"):
        hpx.eye(-1, 2)


def test_what_is_no_array():
    with pytest.raises((TypeError, ValueError), match="asarray"):
        hpx.asarray([[1, 2], [3]])
    with pytest.raises(TypeError, match="not supported"):
        hpx.asarray("text")
    with pytest.raises(TypeError, match="not supported"):
        hpx.asarray(object())
    with pytest.raises(TypeError):
        hpx.sin(None)


def test_broadcast_to_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="broadcast"):
        hpx.broadcast_to(hpx.ones(3), (2, 4))
    with pytest.raises(ValueError, match=r"shape \(2, 3\) does not broadcast to shape \(3,\)"):
        hpx.broadcast_to(hpx.ones((2, 3)), (3,))


def test_an_error_leaves_no_exchange_behind():
    """What a failed call recorded is never sent, so localities stay in step."""
    x = hpx.ones((4, 6), distribution="block")
    y = hpx.ones((4, 6), distribution="block", axis=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="do not broadcast"):
            (x + y) + hpx.ones(5)
        with pytest.raises(ValueError, match="out has shape"):
            hpx.add(x, y, out=hpx.zeros((2, 2)))
    check(x + y, np.full((4, 6), 2.0))


def test_unknown_keywords():
    with pytest.raises(TypeError):
        hpx.zeros(3, order="K", nonsense=1)
    for order in ("C", "F"):
        with pytest.raises(TypeError, match=r"zeros\(\) got an unexpected keyword .*'nonsense'"):
            hpx.zeros((3, 2), order=order, nonsense=1)
    with pytest.raises(TypeError):
        hpx.sum(hpx.ones(3), nonsense=1)
