"""Random arguments never end the process: every call gives an array or a Python error.

HPXPY_FUZZ_EXAMPLES asks for more than the few hundred calls of a usual run.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os

import hpxpy as hpx
import numpy as np
from helpers import DTYPES
from hypothesis import given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("HPXPY_FUZZ_EXAMPLES", "400"))
ERRORS = (ValueError, TypeError, IndexError, OverflowError, MemoryError)

FUNCTIONS = [
    "append",
    "apply_along_axis",
    "argpartition",
    "argsort",
    "argwhere",
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "column_stack",
    "compress",
    "concat",
    "copy",
    "delete",
    "diag",
    "diagflat",
    "diagonal",
    "dsplit",
    "dstack",
    "expand_dims",
    "extract",
    "eye",
    "flatnonzero",
    "flip",
    "fliplr",
    "flipud",
    "full",
    "hsplit",
    "hstack",
    "identity",
    "in1d",
    "indices",
    "insert",
    "intersect1d",
    "isin",
    "ix_",
    "lexsort",
    "linspace",
    "matrix_transpose",
    "meshgrid",
    "moveaxis",
    "nonzero",
    "pad",
    "partition",
    "permute_dims",
    "place",
    "put",
    "put_along_axis",
    "ravel",
    "ravel_multi_index",
    "repeat",
    "reshape",
    "resize",
    "roll",
    "rollaxis",
    "rot90",
    "searchsorted",
    "setdiff1d",
    "setxor1d",
    "sort",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "take",
    "take_along_axis",
    "tile",
    "trace",
    "transpose",
    "tri",
    "tril",
    "tril_indices",
    "triu",
    "union1d",
    "unique",
    "unique_all",
    "unravel_index",
    "unstack",
    "vander",
    "vsplit",
    "vstack",
    "where",
    "zeros",
]

small = st.integers(-5, 5)
numbers = st.one_of(
    small,
    st.sampled_from([2**31, -(2**63), 2**63 - 1, 2**64, 0.5, float("nan"), float("inf"), 1j]),
    st.booleans(),
)


@st.composite
def arrays(draw):
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    dtype = draw(st.sampled_from(DTYPES))
    values = np.random.default_rng(draw(st.integers(0, 9))).integers(-3, 4, shape)
    x = hpx.asarray(values.astype(dtype))
    view = draw(st.sampled_from(["plain", "pending", "transposed", "strided", "stretched"]))
    if view == "pending" and dtype != np.bool_:
        return x + x
    if view == "transposed":
        return x.T
    if view == "strided" and shape:
        return x[::-2]
    if view == "stretched":
        return hpx.broadcast_to(x, (2, *shape))
    return x


shapes = st.lists(st.integers(-2, 5), max_size=4).map(tuple)
arguments = st.one_of(
    arrays(),
    arrays(),
    numbers,
    shapes,
    st.lists(numbers, max_size=3),
    st.lists(arrays(), max_size=3),
    st.none(),
    st.just("edge"),
    st.slices(5),
)


def use(result):
    """Every element of what came out can be read."""
    for x in result if isinstance(result, (list, tuple)) else [result]:
        if isinstance(x, hpx.ndarray) and x.size < 100_000:
            np.array(x)


@given(st.sampled_from(FUNCTIONS), st.lists(arguments, min_size=1, max_size=4))
@settings(max_examples=EXAMPLES)
def test_functions(name, given_arguments):
    # Sizes that memory holds for a moment only say nothing about errors.
    if name in ("eye", "full", "identity", "indices", "tri", "zeros", "tril_indices", "linspace"):
        given_arguments = [a for a in given_arguments if not isinstance(a, int) or abs(a) < 100]
    with contextlib.suppress(*ERRORS):
        use(getattr(hpx, name)(*given_arguments))


@given(arrays(), st.lists(arguments, min_size=1, max_size=3), arguments)
@settings(max_examples=EXAMPLES)
def test_indexing(x, key, value):
    key = tuple(key) if len(key) > 1 else key[0]
    with contextlib.suppress(*ERRORS):
        use(x[key])
    with contextlib.suppress(*ERRORS):
        x[key] = value
    use(x)
