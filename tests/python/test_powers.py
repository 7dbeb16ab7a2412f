"""Powers by numbers, which cheaper operations compute, against NumPy."""

# SPDX-License-Identifier: BSL-1.0
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, agree, assert_same, check, difference, placements, special_values

pytestmark = pytest.mark.local

SIMPLE = [0, 1, 2, -1, 0.5, 0.0, 1.0, 2.0, -1.0, True]
WAYS = {
    "operator": lambda m, x, n: x**n,
    "function": lambda m, x, n: m.power(x, n),
    "float_power": lambda m, x, n: m.float_power(x, n),
}


def numpys(way, x, n):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return WAYS[way](np, x, n)
        except (ValueError, OverflowError):
            return None


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("n", SIMPLE)
@pytest.mark.parametrize("way", WAYS)
def test_simple_powers(way, n, dtype):
    for x in (special_values(dtype), np.resize(special_values(dtype), 5000)):
        expected = numpys(way, x, n)
        if expected is None:
            with pytest.raises((ValueError, OverflowError)):
                WAYS[way](hpx, hpx.asarray(x), n)
            continue
        # Complex numbers are divided, and rooted, with other roundings.
        tolerance = (1e-6 if dtype == np.complex64 else 1e-14) * (dtype.kind == "c")
        if dtype.kind == "c":
            x = x[x != 0]
            expected = numpys(way, x, n)
        ulps = 4 if way == "float_power" else 0
        assert_same(WAYS[way](hpx, hpx.asarray(x), n), expected, ulps=ulps, tolerance=tolerance)


@pytest.mark.parametrize("n", [0, 1, 2, -1, 0.5])
def test_the_same_bits_small_and_large_fused_and_in_place(n):
    x = np.random.default_rng(0).random(100_000)
    expected = x**n
    small = np.concatenate([(hpx.asarray(part) ** n).to_numpy() for part in x.reshape(-1, 1000)])
    agree(difference(small, expected))
    check(hpx.asarray(x) ** n, expected)
    check((hpx.asarray(x) + 0) ** n * 1, expected)
    for place in placements(1):
        y = hpx.array(x, **place)
        y **= n
        check(y, expected)


def test_powers_in_place_keep_the_dtype():
    x = hpx.arange(5)
    x **= 0
    assert_same(x, np.ones(5, int))
    with pytest.raises(TypeError, match="cannot be stored in place"):
        x **= 0.5
    x = hpx.asarray([True, False])
    with pytest.raises(TypeError):
        x **= 2


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind in "iu"], ids=str)
@pytest.mark.parametrize("n", [3, 4, 5, 7, 11, 31, 64, 100])
def test_whole_powers_wrap_around(n, dtype):
    for count in (1, 3, 511, 512, 513, 3000):
        x = np.resize(special_values(dtype), count)
        assert_same(hpx.asarray(x) ** n, x**n)
        assert_same(hpx.asarray(x)[::-2] ** n, x[::-2] ** n)


def test_values_stay_values():
    x = hpx.asarray([4.0])[0]
    before = x
    x **= 0.5
    assert (float(x), float(before)) == (2.0, 4.0)
    assert (hpx.asarray(2.0) ** 2).shape == ()
    assert (hpx.asarray(2.0) ** 0).item() == 1.0
