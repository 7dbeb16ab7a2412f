"""Random calls of public functions, and what NumPy says to them, for test_random_calls.py."""

# SPDX-License-Identifier: BSL-1.0
import inspect
import math
import warnings

import hpxpy as hpx
import numpy as np
from helpers import DTYPES
from hypothesis import strategies as st

# What a call may raise. LinAlgError, AxisError and our RuntimeErrors are ValueErrors.
ERRORS = (ValueError, TypeError, IndexError, OverflowError, MemoryError)

# They start, end, wait or talk, or take what no random argument is.
NOT_CALLED = {
    *("all_gather", "all_gather_object", "all_reduce", "all_to_all", "async_", "barrier"),
    *("broadcast", "broadcast_object", "exclusive_scan", "inclusive_scan", "recv", "reduce"),
    *(
        "send",
        "split_by_host",
        "from_mpi4py",
        "finalize",
        "from_dlpack",
        "from_local",
        "from_partitioned_vector",
    ),
    *("gather", "gather_object", "init", "is_running", "locality_id", "make_ready_future"),
    *("num_localities", "num_threads", "redistribute", "runtime", "scatter", "when_all"),
    *("when_any", "fromfunction", "frombuffer", "__array_namespace_info__"),
    *("all_of", "any_of", "copy_if", "count_if", "fill", "find", "find_if", "for_each"),
    *("generate", "load", "map_blocks", "map_overlap", "none_of", "save", "set_implicit_gather"),
    *("transform", "transform_reduce"),
}
ROOMS = {"": hpx, "linalg.": hpx.linalg, "fft.": hpx.fft}
FUNCTIONS = sorted(
    prefix + name
    for prefix, room in ROOMS.items()
    for name in room.__all__
    if name not in NOT_CALLED
    and callable(getattr(room, name))
    and not inspect.isclass(getattr(room, name))
)

small = st.integers(-5, 5)
numbers = st.one_of(
    small,
    small,
    st.sampled_from([2**62, -(2**63), 2**63 - 1, 2**64, 0.5, math.nan, math.inf, 1j]),
    st.booleans(),
)
shapes = st.lists(st.integers(-2, 5), max_size=4).map(tuple)
VIEWS = ["plain", "plain", "pending", "transposed", "reversed", "strided", "stretched"]


@st.composite
def bases(draw, shape=None):
    """A NumPy array of 0 to 4 dimensions and any dtype, and how it is seen."""
    if shape is None:
        shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    dtype = draw(st.sampled_from(DTYPES))
    generator = np.random.default_rng(draw(st.integers(0, 9)))
    values = generator.integers(-3, 4, shape).astype(dtype)
    if dtype.kind in "fc" and draw(st.booleans()):
        special = generator.choice([0.5, math.nan, math.inf, -math.inf, -0.0], shape)
        values = np.where(generator.random(shape) < 0.3, special, values).astype(dtype)
    return values, draw(st.sampled_from(VIEWS))


def seen(x, view):
    """A view of an array of either library."""
    if view == "pending" and x.dtype != np.bool_:
        return x + x
    if view == "transposed":
        return x.T
    if view == "reversed" and x.ndim:
        return x[..., ::-1]
    if view == "strided" and x.ndim:
        return x[::-2]
    if view == "stretched":
        return (hpx if isinstance(x, hpx.ndarray) else np).broadcast_to(x, (2, *x.shape))
    return x


class Operand:
    """An array of both libraries, made anew for each call, since some calls write."""

    def __init__(self, values, view):
        self.values, self.view = values, view

    def __repr__(self):
        return f"{self.view}({np.array2string(self.values)}, {self.values.dtype})"

    def ours(self):
        return seen(hpx.asarray(self.values), self.view)

    def numpys(self):
        return seen(self.values.copy(), self.view)


@st.composite
def operands(draw, shape=None):
    return Operand(*draw(bases(shape)))


@st.composite
def alike(draw):
    """Arrays that broadcast, since others are refused at once."""
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        own = [n if draw(st.integers(0, 3)) else 1 for n in shape]
        found.append(draw(operands(tuple(own))))
    return found


arguments = st.one_of(
    operands(),
    operands(),
    numbers,
    shapes,
    st.lists(numbers, max_size=3),
    st.lists(operands(), max_size=3),
    alike(),
    st.none(),
    st.sampled_from(["edge", "left", "full", "C", "linear", "", "no such word"]),
    st.sampled_from([*DTYPES, "object", "datetime64[s]"]),
    st.slices(5),
)
keywords = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "axis": st.one_of(small, small, shapes, st.none()),
            "keepdims": st.booleans(),
            "dtype": st.sampled_from(DTYPES),
            "k": small,
            "n": small,
        },
    ),
)


def parameters(name):
    """How many arguments a function takes at least and at most, and the names of all of them."""
    try:
        found = inspect.signature(function_of(hpx, name)).parameters.values()
    except ValueError:
        return 1, 3, {"axis", "keepdims", "dtype"}
    placed = [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = sum(p.default is p.empty for p in placed)
    several = any(p.kind is p.VAR_POSITIONAL for p in found)
    return least, 4 if several else len(placed), {p.name for p in found}


def function_of(library, name):
    for part in name.split("."):
        library = getattr(library, part)
    return library


@st.composite
def calls(draw, names=None):
    """A function's name, arguments and keywords: most as it takes them, others at random."""
    name = draw(st.sampled_from(names or FUNCTIONS))
    least, most, known = parameters(name)
    fitting = draw(st.integers(0, 3)) > 0
    if not fitting:
        least, most = 1, 4
    count = draw(st.integers(min(least, 4), min(max(most, 1), 4 if not fitting else least + 1)))
    given = draw(alike()) if draw(st.booleans()) else []
    given = given[:count] + [draw(arguments) for _ in range(count - len(given))]
    named = draw(keywords)
    return name, given, {k: v for k, v in named.items() if k in known or not fitting}


def made(argument, side):
    """An argument for hpxpy ('ours') or NumPy ('numpys')."""
    if isinstance(argument, Operand):
        return getattr(argument, side)()
    if isinstance(argument, list):
        return [made(each, side) for each in argument]
    return argument


def leaves(result):
    """The arrays in what came out, evaluated, as NumPy's."""
    if isinstance(result, (list, tuple)):
        return [leaf for each in result for leaf in leaves(each)]
    if isinstance(result, hpx.ndarray):
        return [np.array(result)]
    return [result]


def too_large(given):
    """Whether a size that memory holds for a moment only is given: it says nothing about errors."""
    return any(isinstance(a, int) and 1000 < a < 2**40 for a in given)


def called(library, name, given, named, side):
    """What came out, or the error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = [made(argument, side) for argument in given]
            return leaves(function_of(library, name)(*given, **named))
    except Exception as error:
        return error
