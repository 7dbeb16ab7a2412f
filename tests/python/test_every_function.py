"""Every function of the table against NumPy: all dtypes, 0 to 4 dimensions, views of memory."""

# SPDX-License-Identifier: BSL-1.0
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, assert_same, random_array
from references import OPERATIONS, expected_of, tolerance_of

pytestmark = pytest.mark.local

SHAPES = [(), (5,), (3, 4), (2, 3, 4), (2, 1, 3, 4), (0,), (2, 0, 3)]
VIEWS = {
    "whole": lambda x: x,
    "reversed": lambda x: x[..., ::-1] if x.ndim else x,
    "all reversed": lambda x: x[(slice(None, None, -1),) * x.ndim],
    "every second": lambda x: x[(slice(1, None, 2),) * x.ndim],
    "transposed": lambda x: x.T,
    "stretched": lambda x: x[..., :1] if x.ndim else x,
}


def positive(shape, dtype, seed):
    """Values that every function takes: not zero, shifts and powers in range."""
    x = np.asarray(abs(random_array(shape, dtype, seed)))
    if x.dtype.kind in "iu":
        return (x % 6 + 1).astype(dtype)
    return (x / 4 + dtype.type(0.125)).astype(dtype) if x.dtype.kind in "fc" else x


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", OPERATIONS)
def test_elementwise(name, dtype):
    function = getattr(hpx, name)
    for shape in SHAPES:
        bases = [positive(shape, dtype, seed) for seed in range(OPERATIONS[name])]
        if expected_of(name, bases) is None:
            continue
        arrays = [hpx.asarray(base) for base in bases]
        for view in VIEWS.values():
            # The second operand is whole, and broadcast where the view has other lengths.
            seen = [view(base) for base in bases]
            got = function(*[view(array) for array in arrays])
            expected = np.asarray(expected_of(name, seen))
            assert_same(got, expected, **near(name, dtype))
        if shape and shape[0] and len(bases) == 2:
            got = function(arrays[0], arrays[1][:1])
            expected = np.asarray(expected_of(name, [bases[0], bases[1][:1]]))
            assert_same(got, expected, **near(name, dtype))
            other = positive((), dtype, 3)
            got = function(hpx.asarray(other), arrays[1])
            assert_same(got, np.asarray(expected_of(name, [other, bases[1]])), **near(name, dtype))


def near(name, dtype):
    # Small results of differences, such as log(1.125 + ...), are as near as their operands.
    if dtype.kind == "c":
        return {"tolerance": 1e-4 if dtype == np.complex64 else 1e-12}
    return tolerance_of(name, dtype)


REDUCTIONS = ["sum", "prod", "min", "max", "any", "all", "mean", "var", "std", "count_nonzero"]
ALONG = ["argmin", "argmax", "cumsum", "cumprod", "median", "ptp", "diff", "nansum", "nanmax"]


def numpys(name, x, axis):
    if name == "ptp" and x.dtype.kind == "b":
        raise TypeError("booleans have no difference")
    if name in ("mean", "var", "std") and x.dtype.kind in "biu":
        x = x.astype(np.float64)
    return np.asarray(getattr(np, name)(x, axis=axis))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", REDUCTIONS + ALONG)
def test_along_axes(name, dtype):
    for shape in SHAPES:
        base = positive(shape, dtype, 5)
        array = hpx.asarray(base)
        for view in VIEWS.values():
            seen = view(base)
            axes = [*range(-seen.ndim, seen.ndim)] + ([None] if name != "diff" else [])
            for axis in axes:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        expected = numpys(name, seen, axis)
                    except (TypeError, ValueError) as error:
                        with pytest.raises((type(error), TypeError, ValueError)):
                            getattr(hpx, name)(view(array), axis=axis)
                        continue
                if dtype.kind == "c" and name in ("median", "nanmax"):
                    continue
                got = getattr(hpx, name)(view(array), axis=axis)
                narrow = dtype in (np.float32, np.complex64)
                floating = expected.dtype.kind in "fc"
                assert_same(got, expected, tolerance=(1e-4 if narrow else 1e-11) * floating)
