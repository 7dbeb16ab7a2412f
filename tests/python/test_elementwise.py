"""Elementwise functions that are compositions of others, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check, placements, random_array, special_values

pytestmark = pytest.mark.local

REAL = [dtype for dtype in DTYPES if dtype.kind in "iuf"]


def floating(x):
    """What small integers are computed as: NumPy uses half precision for some of them."""
    return x.astype(np.float32) if x.dtype.kind in "biu" and x.dtype.itemsize <= 2 else x


@pytest.mark.parametrize("dtype", REAL, ids=str)
@pytest.mark.parametrize("name", ["modf", "frexp"])
def test_pairs_of_one_operand(name, dtype):
    x = special_values(dtype)
    got = getattr(hpx, name)(hpx.asarray(x))
    expected = list(getattr(np, name)(floating(x)))
    if name == "frexp":
        expected[1] = np.where(np.isfinite(expected[0]), expected[1], 0).astype(np.int32)
    for g, e in zip(got, expected, strict=True):
        assert_same(g, e)


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_divmod(dtype):
    x, y = (part.ravel() for part in np.meshgrid(special_values(dtype), special_values(dtype)))
    got = hpx.divmod(hpx.asarray(x), hpx.asarray(y))
    for g, e in zip(got, divmod(hpx.asarray(x), hpx.asarray(y)), strict=True):
        assert_same(g, e.to_numpy())
    assert_same(got[0], (hpx.asarray(x) // hpx.asarray(y)).to_numpy())


@pytest.mark.parametrize("dtype", REAL, ids=str)
def test_ldexp(dtype):
    x = special_values(dtype)
    for powers in (np.int8(3), np.array([-5000, -3, 0, 3, 2000] * x.size)[: x.size]):
        got = hpx.ldexp(hpx.asarray(x), hpx.asarray(powers))
        assert_same(
            got,
            np.ldexp(
                floating(x) if x.dtype.kind == "f" or x.itemsize <= 2 else x.astype(float), powers
            ),
        )
    with pytest.raises(TypeError, match="ldexp: powers of dtype float64 given"):
        hpx.ldexp(hpx.ones(2), 1.5)


@pytest.mark.parametrize("dtype", [np.dtype("f4"), np.dtype("f8")], ids=str)
def test_parts_and_scales_of_numbers_below_the_normal_ones(dtype):
    info = np.finfo(dtype)
    bits = np.random.default_rng(1).integers(0, 2**31, 4000, dtype=np.uint32)
    below = info.smallest_subnormal * (bits % 2**23).astype(dtype)
    x = np.concatenate([special_values(dtype), below, -below, 1 + bits * info.eps]).astype(dtype)
    mantissa, exponent = hpx.frexp(hpx.asarray(x))
    finite = np.isfinite(x)
    assert_same(mantissa, np.frexp(x)[0])
    assert_same(exponent.to_numpy()[finite], np.frexp(x)[1][finite])
    most = 2 * info.maxexp + 2 * info.nmant
    for power in (*range(-most, most + 9, 37), info.minexp, info.minexp - 1, info.maxexp - 1):
        with np.errstate(all="ignore"):
            assert_same(hpx.ldexp(hpx.asarray(x), power), np.ldexp(x, power))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_sinc_and_angle(dtype):
    x = random_array(50, dtype, 1)
    x[0] = 0
    tolerance = 1e-4 if dtype in (np.float32, np.complex64) or dtype.itemsize <= 2 else 1e-10
    if dtype.kind in "fc":
        assert_same(hpx.sinc(hpx.asarray(x)), np.sinc(x), tolerance=tolerance)
        for deg in (False, True):
            assert_same(hpx.angle(hpx.asarray(x), deg), np.angle(x, deg), tolerance=tolerance)
    else:
        wide = x.astype(np.float32 if dtype.itemsize <= 2 else np.float64)
        assert np.allclose(hpx.sinc(hpx.asarray(x)).to_numpy(), np.sinc(wide), atol=1e-5)
        angles = np.float64 if dtype.kind == "b" else wide.dtype
        assert_same(hpx.angle(hpx.asarray(x)), np.angle(wide).astype(angles), ulps=1)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("given", [{}, {"nan": 7, "posinf": 8, "neginf": -9}], ids=str)
def test_nan_to_num(given, dtype):
    x = special_values(dtype)
    if dtype.kind == "c":
        parts = np.array([1, -2.5, np.nan, np.inf, -np.inf])
        x = np.array([complex(a, b) for a in parts for b in parts], dtype)
    expected = np.nan_to_num(x, **given)
    array = hpx.asarray(x)
    assert_same(hpx.nan_to_num(array, **given) + 0, expected + 0)
    assert_same(array, x)
    assert hpx.nan_to_num(array, copy=False, **given) is array
    assert_same(array + 0, expected + 0)


@pytest.mark.parametrize("equal_nan", [False, True])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_isclose(dtype, equal_nan):
    if dtype.kind == "b":
        x, y = np.array([True, False, True]), np.array([True, True, False])
    else:
        x, y = (part.ravel() for part in np.meshgrid(special_values(dtype), special_values(dtype)))
        if dtype.kind == "u":
            x, y = x % 100, y % 100
    got = hpx.isclose(hpx.asarray(x), hpx.asarray(y), equal_nan=equal_nan)
    expected = np.isclose(x, y, equal_nan=equal_nan)
    if dtype.kind != "b":
        assert_same(got, expected)
    assert hpx.allclose(hpx.asarray(x), hpx.asarray(x), equal_nan=True)
    assert hpx.array_equal(hpx.asarray(x), hpx.asarray(x), equal_nan=True)


@pytest.mark.parametrize("place", placements(1), ids=str)
def test_comparisons_of_whole_arrays(place):
    x = random_array(300, seed=2)
    a = hpx.asarray(x, **place)
    assert hpx.allclose(a, a + 1e-12) is True
    assert hpx.allclose(a, a + 1) is False
    assert hpx.allclose(a, a + 0.5, atol=1) is True
    assert hpx.array_equal(a, hpx.asarray(x)) is True
    assert hpx.array_equal(a, hpx.asarray(x[:-1])) is False
    assert hpx.array_equiv(a, hpx.asarray(np.stack([x, x]))) is True
    assert hpx.array_equiv(a, hpx.asarray(x[:7])) is False
    check(hpx.isclose(a, x), np.isclose(x, x))
    x[3] = np.nan
    b = hpx.asarray(x, **place)
    assert hpx.allclose(b, b) is False
    assert hpx.array_equal(b, b) is False
    assert hpx.array_equal(b, b, equal_nan=True) is True


def test_parts_of_complex_numbers():
    x = random_array(50, "complex64", 3)
    a = hpx.asarray(x)
    assert_same(a.real, x.real)
    assert_same(a.imag, x.imag)
    assert_same(a.conj(), x.conj())
    assert_same(a.conjugate(), x.conj())
    y = random_array(50, "float32", 3)
    assert_same(hpx.asarray(y).real, y)
    assert_same(hpx.asarray(y).imag, np.zeros_like(y))


def test_limits_of_clip_by_numpys_names():
    x = random_array(20)
    assert_same(hpx.clip(hpx.asarray(x), a_min=-0.5, a_max=0.5), np.clip(x, -0.5, 0.5))
    for twice in ({"min": 1}, {"a_min": 1}):
        with pytest.raises(TypeError, match="multiple values for argument 'min'"):
            hpx.clip(hpx.asarray(x), 0, **twice)
    with pytest.raises(ValueError, match="clip: a limit is given twice"):
        hpx.asarray(x).clip(0, a_min=1)


def test_real_functions_refuse_complex_numbers():
    z = hpx.asarray([1j])
    for name in ("modf", "frexp", "atan2", "floor", "fmod", "hypot", "cbrt"):
        arguments = [z, z] if name in ("atan2", "fmod", "hypot") else [z]
        with pytest.raises(TypeError, match="dtype complex128 is not supported; it takes real"):
            getattr(hpx, name)(*arguments)
    with pytest.raises(TypeError, match="ldexp: dtype complex128 is not supported"):
        hpx.ldexp(z, 1)


@pytest.mark.parametrize("dtype", REAL, ids=str)
@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_sums_of_logarithms(name, dtype):
    x, y = (part.ravel() for part in np.meshgrid(special_values(dtype), special_values(dtype)))
    function = getattr(hpx, name)
    expected = getattr(np, name)(floating(x), floating(y))
    got = function(hpx.asarray(x), hpx.asarray(y))
    assert got.dtype == expected.dtype
    close = 1e-6 if expected.dtype == np.float32 else 1e-14
    assert np.allclose(got.to_numpy(), expected, close, close, equal_nan=True)
    z = random_array(5000, "float32", 4)
    out = hpx.zeros(5000, dtype="float32")
    assert function(hpx.asarray(z), 0.5, out=out) is out
    assert np.allclose(out.to_numpy(), getattr(np, name)(z, np.float32(0.5)), 1e-6, 1e-6)
    with pytest.raises(TypeError, match=f"{name}: dtype complex128 is not supported"):
        function(hpx.asarray([1j]), 1)


def test_other_names_of_rounding():
    x = random_array(50, seed=5) * 10
    assert_same(hpx.around(hpx.asarray(x), 1), np.around(x, 1))
    assert_same(hpx.fix(hpx.asarray(x)), np.fix(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_spacing(dtype):
    x = special_values(np.dtype(dtype))
    x = x[np.isfinite(x) & (np.abs(x) < np.finfo(dtype).max)]
    assert_same(hpx.abs(hpx.spacing(hpx.asarray(x))), np.abs(np.spacing(x)))


@pytest.mark.parametrize("place", placements(2), ids=str)
def test_polyval(place):
    x = random_array((6, 7), seed=6)
    a = hpx.asarray(x, **place)
    for coefficients in ([], [3.0], [1, -2, 0.5, 4]):
        check(hpx.polyval(coefficients, a), np.polyval(np.asarray(coefficients, float), x) + 0 * x)
    with pytest.raises(ValueError, match=r"polyval: coefficients of shape \(1, 1\) given"):
        hpx.polyval([[1.0]], a)


@pytest.mark.distributed
def test_unwrap():
    x = np.cumsum(random_array((5, 200), seed=7) * 2, axis=1)
    for period in (2 * np.pi, 4.0):
        wrapped = (x + period / 2) % period - period / 2
        for axis in (0, 1):
            got = hpx.unwrap(hpx.asarray(wrapped), axis=axis, period=period).to_numpy()
            assert np.allclose(got, np.unwrap(wrapped, axis=axis, period=period))
        got = hpx.unwrap(hpx.asarray(wrapped), discont=period * 0.8, period=period).to_numpy()
        assert np.allclose(got, np.unwrap(wrapped, discont=period * 0.8, period=period))
    got = hpx.unwrap(hpx.asarray(wrapped, distribution="block", axis=1), period=4.0)
    check(got, np.unwrap(wrapped, period=4.0), tolerance=1e-9)


def test_closeness_is_computed_in_the_dtypes_of_numpy():
    single = np.array([1, 1 + 2**-23, np.inf, np.nan], "float32")
    for other in (1.0000001, 1, np.float64(1.0000001), np.inf, np.nan, 1 + 0j, True):
        for rtol in (0, 1e-8, np.float64(1e-8)):
            for pair, theirs in (
                ((hpx.asarray(single), other), (single, other)),
                ((other, hpx.asarray(single)), (other, single)),
            ):
                got = hpx.isclose(*pair, rtol=rtol, atol=0, equal_nan=True)
                assert_same(got, np.isclose(*theirs, rtol=rtol, atol=0, equal_nan=True))
                assert hpx.allclose(*pair, rtol=rtol, atol=0) == np.allclose(
                    *theirs, rtol=rtol, atol=0
                )
    for a, b in ((1, 1.0000001), (1e10, 1.00001e10), (np.uint8([1]), -1), ([True], [False])):
        ours = [hpx.asarray(x) if isinstance(x, (list, np.ndarray)) else x for x in (a, b)]
        assert_same(hpx.isclose(*ours, atol=2), np.asarray(np.isclose(a, b, atol=2)))
    for dtype in DTYPES:
        x = random_array(40, dtype)
        assert_same(hpx.isclose(hpx.asarray(x), x[::-1].copy()), np.isclose(x, x[::-1]))


@pytest.mark.parametrize("decimals", [-2, -1, 0, 1, 3])
@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iufc"], ids=str)
def test_round_to_decimals(dtype, decimals):
    x = random_array((3, 5), dtype, 1) * np.array(2 if dtype.kind in "iu" else 36.5, dtype)
    if dtype.itemsize == 1:
        x = x // 2
    assert_same(hpx.round(hpx.asarray(x), decimals), np.round(x, decimals))
    wide = np.resize(x, 5000)
    assert_same(hpx.around(hpx.asarray(wide), decimals), np.round(wide, decimals))


def test_round_of_complex_infinities():
    x = np.array([complex(np.inf, 1.26), complex(-2.54, np.nan), complex(-0.0, 1.25)])
    assert_same(hpx.round(hpx.asarray(x), 1), np.round(x, 1))


UNWRAPPED = [
    ([0, 5, 10], {"period": 4}),
    (np.array([0, 1, 2, -1, 0], "int8"), {"period": 4}),
    (np.array([0, 3, -3], "int8"), {}),
    (np.array([0, 3, -3], "float32"), {}),
    (np.array([0, 3, -3], "float32"), {"period": 6}),
    ([0, 2, -2], {"period": np.int8(4)}),
    ([2, 6, 10], {"discont": 5, "period": 4}),
    ([0, 4, 9], {"period": 5}),
    ([0.0, 5], {"period": 4}),
    ([True, False], {}),
    (np.arange(12).reshape(3, 4) * 5 % 7, {"period": 7, "axis": 0}),
]


@pytest.mark.parametrize(("x", "keywords"), UNWRAPPED, ids=str)
def test_unwrap_keeps_integers(x, keywords):
    assert_same(hpx.unwrap(hpx.asarray(x), **keywords), np.unwrap(x, **keywords))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_method_conj_is_numpys(dtype):
    x = random_array(5, dtype)
    for name in ("conj", "conjugate"):
        assert_same(getattr(hpx.asarray(x), name)(), getattr(x, name)())
        assert_same(getattr(hpx, name)(hpx.asarray(x)), getattr(np, name)(x))


def test_dtypes_of_logarithms_and_angles():
    for dtype in DTYPES:
        x = np.array([1, 0, 1], dtype)
        if dtype.kind != "c":
            for other in (True, 2, 2.5):
                for name in ("logaddexp", "logaddexp2"):
                    expected = getattr(np, name)(x, other)
                    half = expected.dtype == np.float16
                    got = getattr(hpx, name)(hpx.asarray(x), other)
                    assert got.dtype == (np.float32 if half else expected.dtype)
                    assert np.allclose(got.to_numpy(), expected, 2e-3 if half else 1e-6)
        expected = np.angle(x)
        assert hpx.angle(hpx.asarray(x)).dtype == (
            np.float32 if expected.dtype == np.float16 else expected.dtype
        )


def test_replacements_of_nan():
    x = np.array([np.nan, np.inf, 1], "float32")
    for given in ({"nan": 1e300}, {"nan": 2, "posinf": 3}, {"posinf": np.float64(2)}):
        assert_same(hpx.nan_to_num(hpx.asarray(x), **given), np.nan_to_num(x, **given))
    with pytest.raises(TypeError, match="nan_to_num: a complex number does not fit"):
        hpx.nan_to_num(hpx.asarray(x), nan=1j)
