"""The extension fft, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import subprocess
import sys

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, check, placements, random_array
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.local

ONE = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
MANY = ["fftn", "ifftn", "rfftn", "irfftn"]
REAL = ["rfft", "rfftn", "ihfft"]
NORMS = ["backward", "ortho", "forward", None]


def assert_near(got, expected, scale):
    """Equal dtype and shape, and no further apart than a transform of such values errs."""
    assert isinstance(got, hpx.ndarray)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    epsilon = 2e-5 if expected.dtype in (np.float32, np.complex64) else 1e-13
    assert np.all(np.abs(got.to_numpy() - expected) <= epsilon * max(scale, 1.0))


def operands(name, dtype, shape):
    x = random_array(shape, dtype, 3)
    return x, hpx.asarray(x)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ONE)
def test_one_axis(name, dtype, norm):
    if name in REAL and dtype.kind == "c":
        with pytest.raises(TypeError, match=f"{name}: {dtype} is complex"):
            getattr(hpx.fft, name)(hpx.zeros(3, dtype=dtype))
        return
    x, array = operands(name, dtype, (3, 4, 5))
    for axis in (0, 1, 2, -1):
        for n in (None, 1, 3, 8, 9):
            expected = getattr(np.fft, name)(x, n, axis, norm)
            got = getattr(hpx.fft, name)(array, n, axis, norm)
            assert_near(got, expected, np.abs(x).sum())


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", MANY)
def test_many_axes(name, dtype):
    if name in REAL and dtype.kind == "c":
        with pytest.raises(TypeError, match=f"{name}: {dtype} is complex"):
            getattr(hpx.fft, name)(hpx.zeros((3, 3), dtype=dtype))
        return
    x, array = operands(name, dtype, (3, 4, 5))
    cases = [(None, None), (None, (0,)), (None, (2, 0)), ((2, 7), (0, 1)), ((4, -1), (1, 2))]
    for s, axes in cases:
        for norm in NORMS:
            expected = getattr(np.fft, name)(x, s, axes, norm)
            got = getattr(hpx.fft, name)(array, s, axes, norm)
            assert_near(got, expected, np.abs(x).sum())
    expected = getattr(np.fft, name)(x, (2, 6), (1, 2))
    assert_near(getattr(hpx.fft, name)(array, (2, 6)), expected, np.abs(x).sum())


def test_of_no_axes_is_the_array_itself():
    x = hpx.asarray([1.0, 2.0], dtype="float32")
    assert_same(hpx.fft.fftn(x, axes=()), np.array([1, 2], np.complex64))
    with pytest.raises(ValueError, match="rfftn: there is no axis to transform"):
        hpx.fft.rfftn(x, axes=())


def test_views_and_pending_expressions():
    x = random_array((6, 8), "float64", 1)
    array = hpx.asarray(x)
    for view in (lambda v: v.T, lambda v: v[::-2, 1:], lambda v: v * 2 + 1):
        assert_near(hpx.fft.fft(view(array)), np.fft.fft(view(x)), np.abs(x).sum() * 4)
    assert_near(
        hpx.fft.fft(hpx.broadcast_to(array[0], (3, 8))), np.fft.fft(np.stack([x[0]] * 3)), 100.0
    )
    assert_same(array, x)


def test_results_are_ordinary_arrays():
    y = hpx.fft.fft(hpx.ones(4))
    z = y + 1
    y[0] = 9
    assert_same(z, np.array([5, 1, 1, 1], complex))
    assert_same(y, np.array([9, 0, 0, 0], complex))
    assert_same(hpx.fft.fft([1, 0]), np.array([1, 1], complex))


@given(st.integers(1, 300), st.sampled_from(NORMS), st.sampled_from(["float32", "float64"]))
def test_there_and_back(n, norm, dtype):
    x = random_array(n, dtype, n)
    array = hpx.asarray(x)
    back = hpx.fft.irfft(hpx.fft.rfft(array, norm=norm), n, norm=norm)
    assert_near(back, x, n)
    assert_near(hpx.fft.hfft(hpx.fft.ihfft(array, norm=norm), n, norm=norm), x, n)
    back = hpx.fft.ifft(hpx.fft.fft(array, norm=norm), norm=norm)
    assert_near(back, x.astype(np.result_type(x, np.complex64)), n)


@pytest.mark.distributed
@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_frequencies(name):
    for n in (1, 2, 3, 8, 9, 1000):
        for d in (1.0, 0.1, 3):
            expected = getattr(np.fft, name)(n, d)
            assert_same(getattr(hpx.fft, name)(n, d), expected)
            assert_same(getattr(hpx.fft, name)(n, d=d, dtype=hpx.float32), expected.astype("f"))
            check(getattr(hpx.fft, name)(n, d, distribution="block"), expected)
    with pytest.raises(ValueError, match=f"{name}: frequencies of int64 do not exist"):
        getattr(hpx.fft, name)(4, dtype=hpx.int64)
    with pytest.raises(ValueError, match=f"{name}: cannot transform 0 points"):
        getattr(hpx.fft, name)(0)
    with pytest.raises(TypeError, match=r"a length of 2\.5 is no integer"):
        getattr(hpx.fft, name)(2.5)


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts(name):
    for shape in [(5,), (4,), (3, 4), (2, 3, 5), (0, 3)]:
        x = random_array(shape, "int64", 2)
        for axes in [None, 0, -1, (0,), tuple(range(len(shape)))]:
            expected = getattr(np.fft, name)(x, axes)
            for place in placements(len(shape)):
                check(getattr(hpx.fft, name)(hpx.asarray(x, **place), axes), expected)
    with pytest.raises(np.exceptions.AxisError, match=f"{name}: axis 1 is out of range|axis 1"):
        getattr(hpx.fft, name)(hpx.zeros(3), 1)


def test_wrong_arguments():
    x = hpx.ones((3, 4))
    with pytest.raises(np.exceptions.AxisError, match="fft: axis 2 is out of range"):
        hpx.fft.fft(x, axis=2)
    with pytest.raises(ValueError, match="fft: cannot transform 0 points"):
        hpx.fft.fft(x, 0)
    with pytest.raises(ValueError, match="irfft: cannot transform 0 points"):
        hpx.fft.irfft(hpx.ones(1))
    with pytest.raises(ValueError, match="hfft: cannot transform 0 points"):
        hpx.fft.hfft(hpx.ones(0))
    with pytest.raises(ValueError, match="fft: norm 'no' does not exist"):
        hpx.fft.fft(x, norm="no")
    with pytest.raises(ValueError, match="fftn: axis 1 is named twice"):
        hpx.fft.fftn(x, axes=(1, -1))
    with pytest.raises(ValueError, match="fftn: s has 1 lengths for 2 axes"):
        hpx.fft.fftn(x, s=(2,), axes=(0, 1))
    with pytest.raises(ValueError, match="fftn: s has 3 lengths, the array 2 dimensions"):
        hpx.fft.fftn(x, s=(2, 2, 2))
    with pytest.raises(TypeError, match="rfft: complex64 is complex"):
        hpx.fft.rfft(hpx.ones(3, dtype=hpx.complex64))


def test_numpys_functions_stay_ours():
    x = random_array(8, "float32", 4)
    for name in ("fft", "rfft", "fftshift"):
        expected = getattr(np.fft, name)(x)
        assert_near(getattr(np.fft, name)(hpx.asarray(x)), expected, 20)


def test_scipy_is_imported_by_the_first_transform():
    program = (
        "import sys, hpxpy as hpx; hpx.fft.fftfreq(4); assert 'scipy' not in sys.modules; "
        "hpx.fft.fft([1]); assert 'scipy.fft' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
