"""What NumPy gives for each function of the operations table, and how near we must come."""

# SPDX-License-Identifier: BSL-1.0
import math

import numpy as np
from helpers import special_values
from hpxpy import _core

OPERATIONS = {name: arity for name, arity in _core._operations.items() if arity < 3}
NUMPY_NAMES = {
    "bitwise_invert": "invert",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
}
# Rounded whole numbers stay as they are; NumPy's rint makes them floats.
ROUNDING = {"round", "rint"}
# In units of the last place, of real numbers: libmvec's functions, and what is made of two of them.
ULPS = {
    **dict.fromkeys(("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos"), 4),
    **dict.fromkeys(("tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh"), 4),
    **dict.fromkeys(("arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctan2"), 4),
    **dict.fromkeys(("pow", "power", "float_power", "atanh", "arctanh", "cbrt", "erf"), 4),
    **dict.fromkeys(("atan2", "hypot"), 4),
    **dict.fromkeys(("deg2rad", "rad2deg", "radians", "degrees"), 2),
}


def error_function(x):
    """math.erf of every element; of complex numbers there is none."""
    if x.dtype.kind == "c":
        raise TypeError(x.dtype)
    floating = x if x.dtype.kind == "f" else x.astype(np.float64)
    return np.array([math.erf(value) for value in floating.tolist()], floating.dtype)


def reference(name, *arguments):
    """What NumPy gives, changed where the operations table says so."""
    x = arguments[0]
    if name in ROUNDING and x.dtype.kind in "biu":
        return x.copy()
    if name == "reciprocal" and x.dtype.kind in "biu":
        one = x.dtype.type(1) if x.dtype.kind != "b" else np.int8(1)
        return np.where(abs(x) == 1, x, 0).astype(one.dtype)
    if name == "fmod" and x.dtype.kind in "biu":
        return np.where(arguments[1] == 0, 0, np.fmod(*arguments)).astype(np.fmod(x, x).dtype)
    if name in ("isposinf", "isneginf") and x.dtype.kind in "biu":
        return np.zeros(x.shape, bool)
    if name in ("gcd", "lcm") and x.dtype == bool:
        arguments = [argument.astype(np.int8) for argument in arguments]
    if name in ("signbit", "fabs") and x.dtype.kind in "biu":
        x = x.astype(np.float64 if x.dtype.itemsize > 2 else np.float32)
        return getattr(np, name)(x)
    if name == "floor_divide" and x.dtype.kind == "f":
        # The standard's quotients with an infinity are those of division; NumPy gives nan and -1.
        endless = np.isinf(x) | np.isinf(arguments[1])
        return np.where(endless, x / arguments[1], np.floor_divide(*arguments))
    function = error_function if name == "erf" else getattr(np, NUMPY_NAMES.get(name, name))
    result = function(*arguments)
    # NumPy computes small integers in half precision, which there is none of here.
    if result.dtype == np.float16 or (name == "erf" and x.dtype.itemsize <= 2):
        result = function(*[argument.astype(np.float32) for argument in arguments])
    return result


def operands(name, dtype):
    """Special values, of two operands each with each."""
    values = special_values(dtype)
    if OPERATIONS[name] == 1:
        return [values]
    if name in ("pow", "power") and dtype.kind == "i":
        return [part.ravel() for part in np.meshgrid(values, values[values >= 0], indexing="ij")]
    return [part.ravel() for part in np.meshgrid(values, values)]


def tolerance_of(name, dtype):
    if dtype.kind == "c":
        if name in ("add", "subtract", "negative", "positive"):
            return {}
        return {"tolerance": 4e-6 if dtype == np.complex64 else 4e-15}
    return {"ulps": ULPS.get(name, 0)}


def expected_of(name, arguments):
    """NumPy's result, or None where it takes no such dtype."""
    try:
        return reference(name, *arguments)
    except TypeError:
        return None


def without_zero_signs(name, array):
    """Of 0.0 and -0.0 neither is larger; which one maximum gives is not told."""
    if name in ("maximum", "minimum", "fmax", "fmin") and array.dtype.kind == "f":
        return np.where(array == 0, array.dtype.type(0), array)
    return array
