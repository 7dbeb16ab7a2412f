"""What the sweep calls: every public function that NumPy has too, with fitting arguments.

The elementwise functions come from the table of operations; the others, and what operators and
indices say, have a row each. `sweep.py` times them, tests/multi/test_benchmarks.py compares their
answers and looks that no public function is left out.
"""

# SPDX-License-Identifier: BSL-1.0
from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace

import hpxpy as hpx
import numpy as np
from case import Case
from hpxpy import _core
from sweep_operands import (
    cube,
    few_matrices,
    keys,
    masked,
    memory,
    numbers,
    one,
    placed,
    placed_rows,
    positive_definite,
    short_kernel,
    source,
    square,
    system,
    table_of_points,
    tall,
    two,
    two_keys,
    two_squares,
    values,
    wide_rows,
)

SIZES = SMALL, MIDDLE, LARGE = 1_000, 100_000, 2_000_000
DTYPES = ("float64", "float32", "int64", "bool", "complex128")
REAL, FLOATS, NUMBERS = DTYPES[:4], ("float64", "float32"), ("float64", "float32", "int64")
INEXACT = ("float64", "float32", "complex128")


def row(title: str, compute: Callable, operands=one, dtypes=DTYPES, most=LARGE, **keywords) -> Case:
    """A case of the dtypes that NumPy takes; sizes past `most` say nothing new or take long."""
    sizes = tuple(n for n in SIZES if n <= most)
    case = Case(title, operands, compute, sizes, without=("jax",), **keywords)
    return replace(case, dtypes=tuple(dtype for dtype in dtypes if taken(case, dtype)))


def taken(case: Case, dtype: str) -> bool:
    with np.errstate(all="ignore"):
        try:
            case.compute(np, *case.operands(64, dtype))
        except TypeError:
            return False
    return True


def calls(name: str, *more, **keywords) -> Callable:
    """compute of a row that calls a function by its name, with more arguments after operands."""
    parts = name.split(".")

    def compute(m, *operands):
        for part in parts:
            m = getattr(m, part)
        return m(*operands, *more, **keywords)

    return compute


def elementwise() -> list[Case]:
    """A row for each operation that NumPy has; of several names the first."""
    rows, seen = [], []
    for name, arity in _core._operations.items():
        function = getattr(np, name, None)
        if name.startswith("_") or arity > 2 or function is None or function in seen:
            continue
        seen.append(function)
        # NumPy rounds booleans, and by rint integers, in floating point.
        dtypes = {"round": (*NUMBERS, "complex128"), "rint": INEXACT}.get(name, DTYPES)
        rows.append(row(name, calls(name), one if arity == 1 else two, dtypes))
    return rows


def operators() -> list[Case]:
    """What operators say, with arrays and with numbers."""
    rows = [
        row(f"pow x**{n}", lambda m, x, n=n: x**n, dtypes=INEXACT if n < 0 else DTYPES)
        for n in (0, 1, 2, 3, 4, -1, -2, 0.5, -0.5, 1.5, 2.0)
    ]
    texts = {
        "add": ("x + 1", "x + x", "x + 0.5"),
        "multiply": ("x * 2", "x * 1j"),
        "divide": ("x / 3", "1 / x"),
        "floor_divide": ("x // 3", "1 // x"),
        "remainder": ("x % 3",),
        "pow": ("2**x", "2.5**x"),
        "bitwise_and": ("x & 1", "x & True"),
        "bitwise_left_shift": ("x << 2",),
        "equal": ("x == 1", "x == x"),
        "less": ("x < 0.5", "x < 1"),
    }
    scope = {}
    return rows + [
        row(f"{name} {text}", eval(f"lambda m, x: {text}", scope))
        for name, several in texts.items()
        for text in several
    ]


def along(names: tuple[str, ...], dtypes=DTYPES) -> list[Case]:
    """Reductions of a vector, and of a matrix over each axis."""
    rows = []
    for name in names:
        rows += [
            row(name, calls(name), dtypes=dtypes),
            row(f"{name} axis 0", calls(name, axis=0), square, dtypes),
            row(f"{name} axis 1", calls(name, axis=1), square, dtypes),
            row(f"{name} rows of 8", calls(name, axis=1), tall, dtypes),
        ]
    return rows


def added(m, x):
    x += x[0]
    return x


def stored(index):
    def compute(m, x):
        x[index] = x[0]
        return x

    return compute


def first_row(m, x):
    x[1:] = x[:-1]
    return x


def masked_to(m, x, mask):
    x[mask] = x[0]
    return x


def placed_into(m, x, at, y):
    x[at] = y
    return x


INDEXING = [
    row("x[::2]", lambda m, x: x[::2] + x[1::2], operands=lambda n, d: one(n // 2 * 2, d)),
    row("x[::-1].copy()", lambda m, x: x[::-1].copy()),
    row("x.T.copy()", lambda m, x: x.T.copy(), square),
    row("x[:, [1, 3, 5]]", lambda m, x: x[:, [1, 3, 5]], tall),
    row("x[:, [1, 3, 5]] of long rows", lambda m, x: x[:, [1, 3, 5]], square),
    row("x[[1, 3, 5]]", lambda m, x: x[[1, 3, 5]], wide_rows),
    row("x[:, 3]", lambda m, x: x[:, 3].copy(), tall),
    row("x[rows]", lambda m, x, at: x[at], placed_rows),
    row("x[rows, 1]", lambda m, x, at: x[at, 1], placed_rows),
    row("x[at]", lambda m, x, at, y: x[at], placed),
    row("x[mask]", lambda m, x, mask: x[mask], masked),
    row("x[mask] = x[0]", masked_to, masked, writes=True),
    row("x[at] = y", placed_into, placed, writes=True, most=MIDDLE, values=False),
    row("x[1:] = x[:-1]", first_row, writes=True),
    row("x[...] = x[0]", stored(Ellipsis), writes=True),
    row("x[::2] = x[0]", stored(slice(None, None, 2)), writes=True),
    row("x[3] = x[0]", stored(3), most=SMALL, writes=True),
    row("x[3]", lambda m, x: x[3], most=SMALL),
    row("x += x[0]", added, dtypes=("float64", "float32", "complex128"), writes=True, values=False),
    row("x.real", lambda m, x: x.real + 0, dtypes=INEXACT),
    row("x.imag", lambda m, x: x.imag + 0, dtypes=INEXACT),
    row("x.tolist", lambda m, x: len(x.tolist()), most=MIDDLE),
    row("x.to numpy", lambda m, x: np.asarray(x)),
    row("asarray of numpy", lambda m, x: m.array(source(x.size, str(x.dtype)))),
]

CREATION = [
    row("zeros", lambda m, x: m.zeros(x.shape, x.dtype)),
    row("ones", lambda m, x: m.ones(x.shape, x.dtype)),
    row("full", lambda m, x: m.full(x.shape, 1, x.dtype)),
    row("empty", lambda m, x: m.empty(x.shape, x.dtype), values=False),
    row("zeros_like", calls("zeros_like")),
    row("ones_like", calls("ones_like")),
    row("full_like", calls("full_like", 1)),
    row("empty_like", calls("empty_like"), values=False),
    row("arange", lambda m, x: m.arange(x.size, dtype=x.dtype), dtypes=NUMBERS),
    row("linspace", lambda m, x: m.linspace(0, 1, x.size, dtype=x.dtype), dtypes=INEXACT),
    row("logspace", lambda m, x: m.logspace(0, 1, x.size, dtype=x.dtype), dtypes=FLOATS),
    row("geomspace", lambda m, x: m.geomspace(1, 10, x.size, dtype=x.dtype), dtypes=FLOATS),
    row("eye", lambda m, x: m.eye(len(x), dtype=x.dtype), square),
    row("identity", lambda m, x: m.identity(len(x), dtype=x.dtype), square),
    row("tri", lambda m, x: m.tri(len(x), dtype=x.dtype), square),
    row("vander", lambda m, x: m.vander(x, 4), dtypes=NUMBERS),
    row("meshgrid", lambda m, x: m.meshgrid(x[0], x[1]), square),
    row("indices", lambda m, x: m.indices(x.shape), square, ("int64",)),
    row(
        "fromfunction",
        lambda m, x: m.fromfunction(lambda i, j: i + j, x.shape),
        square,
        ("float64",),
    ),
    row("fromiter", lambda m, x: m.fromiter(range(x.size), x.dtype), most=MIDDLE, dtypes=NUMBERS),
    row("frombuffer", lambda m, x: m.frombuffer(memory(x.size), x.dtype), dtypes=NUMBERS),
    row("copy", calls("copy")),
    row("asarray", calls("asarray")),
    row("asanyarray", calls("asanyarray")),
    row("ascontiguousarray of a transposed", lambda m, x: m.ascontiguousarray(x.T), square),
    row("asfortranarray", calls("asfortranarray"), square),
    row("astype float32", lambda m, x: x.astype("float32"), dtypes=REAL),
    row("astype int64", lambda m, x: x.astype("int64"), dtypes=REAL),
    row("astype bool", lambda m, x: x.astype("bool")),
    row("astype complex128", lambda m, x: x.astype("complex128")),
    row("astype uint8", lambda m, x: x.astype("uint8"), dtypes=REAL),
    row("array of a list", lambda m, x: m.array(numbers(x.size)), most=MIDDLE, dtypes=("float64",)),
]

SHAPES = [
    row("reshape", lambda m, x: m.reshape(x, (-1, 8)).copy(), lambda n, d: one(n // 8 * 8, d)),
    row("ravel of a transposed", lambda m, x: m.ravel(x.T), square),
    row("flatten", lambda m, x: x.flatten(), square),
    row("transpose", lambda m, x: m.transpose(x).copy(), square),
    row("transpose of a cube", lambda m, x: m.transpose(x, (1, 2, 0)).copy(), cube),
    row("permute_dims", lambda m, x: m.permute_dims(x, (2, 0, 1)).copy(), cube),
    row("matrix_transpose", lambda m, x: m.matrix_transpose(x) + 0, square),
    row("moveaxis", lambda m, x: m.moveaxis(x, 0, 2).copy(), cube),
    row("swapaxes", lambda m, x: m.swapaxes(x, 0, 1).copy(), cube),
    row("rollaxis", lambda m, x: m.rollaxis(x, 2).copy(), cube),
    row("expand_dims", lambda m, x: m.expand_dims(x, 1).copy()),
    row("squeeze", lambda m, x: m.squeeze(x).copy(), lambda n, d: [one(n, d)[0][:, None]]),
    row("atleast_1d", calls("atleast_1d")),
    row("atleast_2d", calls("atleast_2d")),
    row("atleast_3d", calls("atleast_3d")),
    row("broadcast_to", lambda m, x: m.broadcast_to(x[:8], (x.size // 8, 8)) + 0),
    row("broadcast_arrays", lambda m, x: m.broadcast_arrays(x, x[0]), square),
    row("flip", lambda m, x: m.flip(x).copy(), square),
    row("flip of rows of 8", lambda m, x: m.flip(x, 1).copy(), tall),
    row("fliplr", lambda m, x: m.fliplr(x).copy(), square),
    row("flipud", lambda m, x: m.flipud(x).copy(), square),
    row("rot90", lambda m, x: m.rot90(x).copy(), square),
    row("roll", calls("roll", 5)),
    row("roll axis 1", calls("roll", 5, axis=1), square),
    row("repeat", calls("repeat", 3)),
    row("repeat axis 1", calls("repeat", 3, axis=1), square),
    row(
        "repeat by counts",
        lambda m, x, y: m.repeat(x, y),
        lambda n, d: [values(n, d), values(n, "int64") % 4],
    ),
    row("resize", lambda m, x: m.resize(x, (2 * x.size,))),
    row("tile", calls("tile", 3)),
    row("tile of rows of 8", calls("tile", (1, 3)), tall),
    row("tril", calls("tril"), square),
    row("triu", calls("triu"), square),
    row("tril_indices", lambda m, x: m.tril_indices(len(x)), square, ("int64",)),
    row("triu_indices", lambda m, x: m.triu_indices(len(x)), square, ("int64",)),
    row("diag_indices", lambda m, x: m.diag_indices(x.size), dtypes=("int64",)),
    row("diag", calls("diag"), square),
    row("diag of a vector", lambda m, x: m.diag(x[0]), square),
    row("diagflat", lambda m, x: m.diagflat(x[0]), square),
    row("diagonal", lambda m, x: m.diagonal(x).copy(), square),
    row("trace", calls("trace"), square),
]

JOINING = [
    row("concatenate", lambda m, x, y: m.concatenate((x, y)), two),
    row("concatenate axis 1", lambda m, x, y: m.concatenate((x, y), axis=1), two_squares),
    row("concat", lambda m, x, y: m.concat((x, y)), two),
    row("stack", lambda m, x, y: m.stack((x, y)), two),
    row("stack axis 1", lambda m, x, y: m.stack((x, y), axis=1), two),
    row("hstack", lambda m, x, y: m.hstack((x, y)), two_squares),
    row("vstack", lambda m, x, y: m.vstack((x, y)), two_squares),
    row("dstack", lambda m, x, y: m.dstack((x, y)), two_squares),
    row("column_stack", lambda m, x, y: m.column_stack((x, y)), two),
    row("block", lambda m, x, y: m.block([[x, y], [y, x]]), two_squares),
    row("append", calls("append"), two),
    row("insert", calls("insert", 3, 1)),
    row("delete", calls("delete", 3)),
    row("delete several", lambda m, x: m.delete(x, [1, 3, 5])),
    row(
        "split", lambda m, x: [part + 0 for part in m.split(x, 4)], lambda n, d: one(n // 4 * 4, d)
    ),
    row("array_split", lambda m, x: [part + 0 for part in m.array_split(x, 3)]),
    row("hsplit", lambda m, x: [part + 0 for part in m.hsplit(x, 2)], tall),
    row("vsplit", lambda m, x: [part + 0 for part in m.vsplit(x, 2)], wide_rows),
    row("dsplit", lambda m, x: [part + 0 for part in m.dsplit(x, [1])], cube),
    row("unstack", lambda m, x: [part + 0 for part in m.unstack(x)], wide_rows),
    row("pad", calls("pad", 3)),
    row("pad a square", calls("pad", 3), square),
    row("pad edge", calls("pad", 3, mode="edge"), square),
    row("pad reflect", calls("pad", 3, mode="reflect"), square),
    row("pad wrap", calls("pad", 3, mode="wrap"), square),
    row("pad mean", calls("pad", 3, mode="mean"), square, FLOATS),
    row("pad linear_ramp", calls("pad", 3, mode="linear_ramp"), square, FLOATS),
]

CHOOSING = [
    row("where", lambda m, x, mask: m.where(mask, x, x[0]), masked),
    row("where of two", lambda m, x, mask: m.where(mask, x, x), masked),
    row("where of conditions", lambda m, x, mask: m.where(mask), masked),
    row("choose", lambda m, x, mask: m.choose(mask.astype("int64"), [x, x]), masked),
    row("select", lambda m, x, mask: m.select([mask, ~mask], [x, x]), masked),
    row(
        "piecewise", lambda m, x, mask: m.piecewise(x, [mask, ~mask], [lambda v: v + v, 1]), masked
    ),
    row("compress", lambda m, x, mask: m.compress(mask, x), masked),
    row("extract", lambda m, x, mask: m.extract(mask, x), masked),
    row("nonzero", calls("nonzero")),
    row("nonzero of a square", calls("nonzero"), square),
    row("flatnonzero", calls("flatnonzero")),
    row("argwhere", calls("argwhere"), square),
    row("take", lambda m, x, at, y: m.take(x, at), placed),
    row("take of columns", lambda m, x: m.take(x, [1, 3, 5], axis=1), tall),
    row("take of rows", lambda m, x, at: m.take(x, at, axis=0), placed_rows),
    row(
        "take_along_axis",
        lambda m, x: m.take_along_axis(
            x, x.astype("float32").argsort(axis=1, kind="stable"), axis=1
        ),
        square,
        REAL,
        most=MIDDLE,
    ),
    row(
        "put",
        lambda m, x, at, y: (m.put(x, at, y), x)[1],
        placed,
        writes=True,
        most=MIDDLE,
        values=False,
    ),
    row(
        "put_along_axis",
        lambda m, x: (m.put_along_axis(x, m.zeros(x.shape, "int64"), x[0, 0], 1), x)[1],
        square,
        writes=True,
        values=False,
    ),
    row("place", lambda m, x, mask: (m.place(x, mask, x[:3].copy()), x)[1], masked, writes=True),
    row("copyto", lambda m, x, y: (m.copyto(x, y), x)[1], two, writes=True),
    row(
        "copyto where",
        lambda m, x, mask: (m.copyto(x, x[0], where=mask), x)[1],
        masked,
        writes=True,
    ),
    row("fill_diagonal", lambda m, x: (m.fill_diagonal(x, 1), x)[1], square, writes=True),
    row("ix_", lambda m, x: x[m.ix_([1, 3], [0, 2, 5])], tall),
    row("ravel_multi_index", lambda m, x: m.ravel_multi_index((x, x), (64, 64)), dtypes=("int64",)),
    row("unravel_index", lambda m, x: m.unravel_index(x, (8, 8)), dtypes=("int64",)),
    row(
        "apply_along_axis",
        lambda m, x: m.apply_along_axis(lambda row: row.sum(), 0, x),
        tall,
        ("float64",),
    ),
    row("vectorize", lambda m, x: m.vectorize(lambda a: a + 1)(x), most=SMALL, dtypes=("float64",)),
]

ORDER = [
    row("sort", calls("sort"), keys),
    row("sort axis 0", calls("sort", axis=0), square),
    row("sort rows of 8", calls("sort", axis=1), tall),
    row("argsort", calls("argsort", stable=True), keys),
    row("argsort rows of 8", calls("argsort", axis=1, stable=True), tall),
    row("lexsort", lambda m, x, y: m.lexsort((x, y)), two_keys),
    row("partition", lambda m, x: m.partition(x, x.size // 2)[x.size // 2], keys),
    row("argpartition", lambda m, x: m.argpartition(x, x.size // 2), keys, values=False),
    row("searchsorted", lambda m, x, xp, fp: m.searchsorted(xp, x), table_of_points, REAL),
    row("digitize", lambda m, x: m.digitize(x, [0.1, 0.3, 0.5, 0.9]), dtypes=REAL),
    row("unique", calls("unique"), keys),
    row("unique of few", calls("unique")),
    row("unique_all", calls("unique_all")),
    row("unique_counts", calls("unique_counts")),
    row("unique_inverse", calls("unique_inverse")),
    row("unique_values", lambda m, x: m.sort(m.unique_values(x))),
    row("isin", lambda m, x, y: m.isin(x, y[:100]), two),
    row("isin of many", calls("isin"), two_keys),
    row("in1d", lambda m, x, y: (m.in1d if hasattr(m, "in1d") else m.isin)(x, y[:100]), two),
    row("intersect1d", calls("intersect1d"), two_keys),
    row("setdiff1d", calls("setdiff1d"), two_keys),
    row("setxor1d", calls("setxor1d"), two_keys),
    row("union1d", calls("union1d"), two_keys),
    row("bincount", calls("bincount"), dtypes=("int64",)),
    row("bincount weights", lambda m, x: m.bincount(x, x), dtypes=("int64",)),
    row("histogram", calls("histogram"), dtypes=REAL[:3]),
    row("histogram2d", lambda m, x, y: m.histogram2d(x, y), two, FLOATS),
    row("histogram_bin_edges", calls("histogram_bin_edges", 10), dtypes=NUMBERS),
    row("median", calls("median"), keys, REAL),
    row("median axis 0", calls("median", axis=0), square, REAL),
    row("median axis 1", calls("median", axis=1), square, REAL),
    row("percentile", calls("percentile", [10, 90]), keys, NUMBERS),
    row("quantile", calls("quantile", 0.3), keys, NUMBERS),
    row("nanmedian", calls("nanmedian"), keys, FLOATS),
    row("nanmedian axis 1", calls("nanmedian", axis=1), square, FLOATS, most=MIDDLE),
    row("nanpercentile", calls("nanpercentile", 10), keys, FLOATS),
    row("nanquantile", calls("nanquantile", 0.3), keys, FLOATS),
]

STATISTICS = [
    *along(("sum", "prod", "max", "min", "any", "all", "mean", "var", "std", "count_nonzero")),
    *along(("argmax", "argmin", "cumsum", "cumprod")),
    *along(("nansum", "nanmax", "nanmean"), INEXACT[:2]),
    *(
        row(name, calls(name), dtypes=INEXACT[:2])
        for name in (
            *("nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmin", "nanprod", "nanstd"),
            "nanvar",
        )
    ),
    row("cumulative_sum", calls("cumulative_sum")),
    row("cumulative_prod", calls("cumulative_prod")),
    row("ptp", calls("ptp"), dtypes=NUMBERS),
    row("ptp axis 1", calls("ptp", axis=1), square, NUMBERS),
    row("average", calls("average")),
    row("average weights", lambda m, x, y: m.average(x, weights=y), two, FLOATS),
    row("cov", calls("cov"), wide_rows, ("float64", "int64", "complex128")),
    row("cov of a square", calls("cov"), square, ("float64",)),
    row("corrcoef", calls("corrcoef"), wide_rows, ("float64", "int64", "complex128")),
    row("corrcoef of a square", calls("corrcoef"), square, ("float64",)),
]

CALCULUS = [
    row("convolve", calls("convolve"), short_kernel),
    row("correlate", calls("correlate"), short_kernel),
    row("diff", calls("diff")),
    row("diff n 2", calls("diff", n=2), dtypes=NUMBERS),
    row("diff axis 0", calls("diff", axis=0), square),
    row("ediff1d", calls("ediff1d"), dtypes=NUMBERS),
    row("gradient", calls("gradient"), dtypes=INEXACT),
    row("gradient of a square", calls("gradient"), square, INEXACT),
    row("interp", calls("interp"), table_of_points, FLOATS),
    row("trapezoid", calls("trapezoid"), dtypes=INEXACT),
    row("polyval", lambda m, x: m.polyval([1.0, 2.0, 3.0, 4.0], x), dtypes=INEXACT),
    row("around", calls("around", 2), dtypes=INEXACT),
    row("around whole", calls("around"), dtypes=(*NUMBERS, "complex128")),
    row("fix", calls("fix"), dtypes=REAL),
    row("frexp", calls("frexp"), dtypes=FLOATS),
    row("ldexp", lambda m, x: m.ldexp(x, 3), dtypes=FLOATS),
    row("modf", calls("modf"), dtypes=FLOATS),
    row("divmod", calls("divmod"), two, NUMBERS),
    row("logaddexp", calls("logaddexp"), two, FLOATS),
    row("logaddexp2", calls("logaddexp2"), two, FLOATS),
    row("nan_to_num", calls("nan_to_num")),
    row("sinc", calls("sinc"), dtypes=INEXACT),
    row("spacing", calls("spacing"), dtypes=FLOATS),
    row("clip", lambda m, x: m.clip(x, 0.2, 0.7), dtypes=FLOATS),
    row("clip of integers", lambda m, x: m.clip(x, 5, 30), dtypes=("int64",)),
    row("unwrap", calls("unwrap"), dtypes=FLOATS),
    row("angle", calls("angle"), dtypes=INEXACT),
    row("allclose", calls("allclose"), lambda n, d: [values(n, d)] * 2, INEXACT),
    row("isclose", calls("isclose"), two, INEXACT),
    row("array_equal", calls("array_equal"), lambda n, d: [values(n, d)] * 2),
    row("array_equiv", calls("array_equiv"), lambda n, d: [values(n, d)] * 2),
    row("iscomplexobj", calls("iscomplexobj"), most=SMALL),
    row("isrealobj", calls("isrealobj"), most=SMALL),
]

LINALG = [
    row("matmul", calls("matmul"), two_squares),
    row("matmul by a vector", lambda m, x: m.matmul(x, x[0]), square),
    row("matmul of a vector", lambda m, x: m.matmul(x[0], x), square),
    row("matmul x.T @ x", lambda m, x: x.T @ x, square, INEXACT),
    row("matmul of 4 x 4", calls("matmul"), few_matrices),
    row("matmul tall by 8 x 8", lambda m, x: m.matmul(x, x[:8]), tall),
    row("dot", calls("dot"), two),
    row("dot of squares", calls("dot"), two_squares, ("float64", "int64")),
    row("inner", calls("inner"), two),
    row("vdot", calls("vdot"), two),
    row("vecdot", calls("vecdot"), two_squares),
    row("outer", lambda m, x: m.outer(x[0], x[1]), square),
    row("kron", lambda m, x: m.kron(x[:2, :2], x), square),
    row("tensordot", calls("tensordot"), two_squares, ("float64", "complex128")),
    row(
        "einsum ij,jk",
        lambda m, x, y: m.einsum("ij,jk->ik", x, y),
        two_squares,
        ("float64",),
        most=MIDDLE,
    ),
    row("einsum ij->i", lambda m, x: m.einsum("ij->i", x), square, NUMBERS),
    row("einsum i,i", lambda m, x, y: m.einsum("i,i->", x, y), two, NUMBERS),
    row(
        "einsum_path",
        lambda m, x, y: m.einsum_path("ij,jk->ik", x, y)[0] and x,
        two_squares,
        ("float64",),
        most=SMALL,
    ),
    row("linalg.cholesky", calls("linalg.cholesky"), positive_definite, INEXACT, most=MIDDLE),
    row("linalg.cond", calls("linalg.cond"), square, INEXACT, most=MIDDLE, values=False),
    row(
        "linalg.cross",
        calls("linalg.cross"),
        lambda n, d: [values(n // 3 * 3, d, s).reshape(-1, 3) for s in (0, 1)],
        (*FLOATS, "int64"),
    ),
    row(
        "linalg.det",
        calls("linalg.det"),
        lambda n, d: system(n, d)[:1],
        INEXACT,
        most=SMALL,
    ),
    row(
        "linalg.det of 4 x 4",
        calls("linalg.det"),
        lambda n, d: few_matrices(n, d)[:1],
        INEXACT,
        most=MIDDLE,
    ),
    row("linalg.diagonal", lambda m, x: m.linalg.diagonal(x).copy(), square, NUMBERS),
    row("linalg.eig", calls("linalg.eig"), square, INEXACT, most=SMALL, values=False),
    row("linalg.eigh", calls("linalg.eigh"), positive_definite, INEXACT, most=MIDDLE, values=False),
    row("linalg.eigvals", calls("linalg.eigvals"), square, INEXACT, most=SMALL, values=False),
    row("linalg.eigvalsh", calls("linalg.eigvalsh"), positive_definite, INEXACT, most=MIDDLE),
    row("linalg.inv", lambda m, a, b: m.linalg.inv(a), system, INEXACT, most=MIDDLE),
    row(
        "linalg.inv of 4 x 4",
        lambda m, a, b: m.linalg.inv(a + 4 * m.eye(4, dtype=a.dtype)),
        few_matrices,
        INEXACT,
        most=MIDDLE,
        values=False,
    ),
    row(
        "linalg.lstsq",
        lambda m, a: m.linalg.lstsq(a, a[:, 0])[0],
        tall,
        INEXACT,
        most=MIDDLE,
        values=False,
    ),
    row("linalg.matmul", calls("linalg.matmul"), two_squares, ("float64",)),
    row("linalg.matrix_norm", calls("linalg.matrix_norm"), square, INEXACT),
    row(
        "linalg.matrix_power",
        calls("linalg.matrix_power", 3),
        square,
        ("float64", "int64"),
        most=MIDDLE,
    ),
    row("linalg.matrix_rank", calls("linalg.matrix_rank"), square, INEXACT, most=MIDDLE),
    row(
        "linalg.matrix_transpose", lambda m, x: m.linalg.matrix_transpose(x).copy(), square, NUMBERS
    ),
    row("linalg.norm", calls("linalg.norm"), dtypes=(*NUMBERS, "complex128")),
    row("linalg.norm 1", calls("linalg.norm", 1), dtypes=(*NUMBERS, "complex128")),
    row("linalg.norm axis 1", calls("linalg.norm", axis=1), tall, INEXACT),
    row("linalg.outer", lambda m, x: m.linalg.outer(x[0], x[1]), square, NUMBERS),
    row("linalg.pinv", calls("linalg.pinv"), square, INEXACT, most=SMALL, values=False),
    row("linalg.qr", calls("linalg.qr"), square, INEXACT, most=MIDDLE, values=False),
    row("linalg.slogdet", lambda m, a, b: m.linalg.slogdet(a), system, INEXACT, most=MIDDLE),
    row("linalg.solve", calls("linalg.solve"), system, INEXACT, most=MIDDLE),
    row("linalg.svd", calls("linalg.svd"), square, INEXACT, most=MIDDLE, values=False),
    row("linalg.svdvals", calls("linalg.svdvals"), square, INEXACT, most=MIDDLE),
    row("linalg.tensordot", calls("linalg.tensordot"), two_squares, ("float64",)),
    row("linalg.trace", calls("linalg.trace"), square, NUMBERS),
    row("linalg.vecdot", calls("linalg.vecdot"), two_squares, NUMBERS),
    row("linalg.vector_norm", calls("linalg.vector_norm"), dtypes=INEXACT),
]

FFT = [
    *(
        row(
            f"fft.{name}",
            calls(f"fft.{name}"),
            dtypes=("float64", "float32", "complex128"),
            tolerance=10,
            spreads=True,
        )
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
    ),
    *(
        row(
            f"fft.{name} of a square",
            calls(f"fft.{name}"),
            square,
            ("float64", "complex128"),
            tolerance=10,
            spreads=True,
        )
        for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2")
    ),
    row("fft.fftfreq", lambda m, x: m.fft.fftfreq(x.size), dtypes=("float64",)),
    row("fft.rfftfreq", lambda m, x: m.fft.rfftfreq(x.size), dtypes=("float64",)),
    row("fft.fftshift", calls("fft.fftshift"), square),
    row("fft.ifftshift", calls("fft.ifftshift"), square),
]


def drawn(name: str, *arguments, **keywords) -> Case:
    """Numbers of a generator of either library; no value is compared."""

    def compute(m, x):
        return getattr(m.random.default_rng(0), name)(*arguments, x.size, **keywords)

    return row(f"random.Generator.{name}", compute, dtypes=("float64",), values=False)


RANDOM = [
    drawn("random"),
    drawn("uniform", -1.0, 1.0),
    drawn("standard_normal"),
    drawn("normal", 1.0, 2.0),
    drawn("exponential", 2.0),
    drawn("integers", 0, 100),
    drawn("poisson", 3.0),
    drawn("binomial", 10, 0.3),
    drawn("gamma", 2.0, 1.0),
    drawn("standard_gamma", 2.0),
    drawn("beta", 2.0, 3.0),
    drawn("choice", 100),
    drawn("bytes"),
    drawn("chisquare", 3.0),
    drawn("dirichlet", [1.0, 2.0]),
    drawn("f", 3.0, 4.0),
    drawn("geometric", 0.3),
    drawn("gumbel", 1.0, 2.0),
    drawn("hypergeometric", 10, 20, 5),
    drawn("laplace", 1.0, 2.0),
    drawn("logistic", 1.0, 2.0),
    drawn("lognormal", 0.0, 0.5),
    drawn("logseries", 0.3),
    drawn("multinomial", 10, [0.3, 0.7]),
    drawn("negative_binomial", 5, 0.3),
    drawn("noncentral_chisquare", 3.0, 1.0),
    drawn("noncentral_f", 3.0, 4.0, 1.0),
    drawn("pareto", 3.0),
    drawn("power", 3.0),
    drawn("rayleigh", 2.0),
    drawn("standard_cauchy"),
    drawn("standard_exponential"),
    drawn("standard_t", 3.0),
    drawn("triangular", 0.0, 1.0, 2.0),
    drawn("vonmises", 0.0, 2.0),
    drawn("wald", 1.0, 2.0),
    drawn("weibull", 2.0),
    drawn("zipf", 2.5),
    row(
        "random.Generator.permutation",
        lambda m, x: m.random.default_rng(0).permutation(x),
        values=False,
    ),
    row(
        "random.Generator.shuffle",
        lambda m, x: (m.random.default_rng(0).shuffle(x), x)[1],
        writes=True,
        values=False,
    ),
    row(
        "random.Generator.multivariate_normal",
        lambda m, x: m.random.default_rng(0).multivariate_normal(
            [0.0, 1.0], [[1.0, 0.5], [0.5, 1.0]], x.size // 2
        ),
        dtypes=("float64",),
        values=False,
    ),
    row("random.rand", lambda m, x: m.random.rand(x.size), dtypes=("float64",), values=False),
    row("random.randn", lambda m, x: m.random.randn(x.size), dtypes=("float64",), values=False),
    row(
        "random.randint",
        lambda m, x: m.random.randint(0, 100, x.size),
        dtypes=("int64",),
        values=False,
    ),
    row(
        "random.uniform",
        lambda m, x: m.random.uniform(0, 1, x.size),
        dtypes=("float64",),
        values=False,
    ),
]

POLYNOMIALS = [
    row("poly", lambda m, x: m.poly(x[:20]), dtypes=("float64",), most=SMALL, tolerance=100),
    row(
        "roots",
        lambda m, x: m.sort(abs(m.roots(x[:9]))),
        dtypes=("float64",),
        most=SMALL,
        tolerance=1e4,
    ),
    row("polyadd", calls("polyadd"), two, NUMBERS),
    row("polysub", calls("polysub"), two, NUMBERS),
    row("polymul", lambda m, x, y: m.polymul(x, y[:20]), two, ("float64",), tolerance=100),
    row(
        "polydiv",
        lambda m, x: m.polydiv(x[:50], x[:9]),
        dtypes=("float64",),
        most=SMALL,
        tolerance=1e4,
    ),
    row("polyder", calls("polyder"), dtypes=NUMBERS),
    row("polyint", calls("polyint"), dtypes=("float64",)),
    row("polyfit", lambda m, x, y: m.polyfit(x, y, 2), two, ("float64",), tolerance=1e4),
]

WINDOWS = [
    row(name, lambda m, x, name=name: getattr(m, name)(x.size), dtypes=("float64",), tolerance=100)
    for name in ("bartlett", "blackman", "hamming", "hanning")
] + [
    row("kaiser", lambda m, x: m.kaiser(x.size, 5.0), dtypes=("float64",), tolerance=100),
    row("i0", calls("i0"), dtypes=("float64",), tolerance=100),
]

OTHERS = [
    row("bitwise_count", calls("bitwise_count"), dtypes=("int64",)),
    row("packbits", calls("packbits"), dtypes=("bool",)),
    row("unpackbits", lambda m, x: m.unpackbits(m.packbits(x)), dtypes=("bool",)),
    row("cross", lambda m, x: m.cross(x[:, :3], x[:, 3:6]), tall, NUMBERS),
    row("matvec", lambda m, x: m.matvec(x, x[0]), tall, ("float64",), tolerance=100),
    row("vecmat", lambda m, x: m.vecmat(x[:, 0], x), tall, ("float64",), tolerance=1e4),
    row("histogramdd", lambda m, x: m.histogramdd(x[:, :2], 5)[0], tall, ("float64",)),
    row("putmask", lambda m, x, y: (m.putmask(x, x > y, y), x)[1], two, NUMBERS, writes=True),
    row("sort_complex", calls("sort_complex"), dtypes=("complex128",)),
    row("real_if_close", calls("real_if_close"), dtypes=("complex128",)),
    row("trim_zeros", calls("trim_zeros"), dtypes=NUMBERS),
]

# Of what NumPy has too, what no row calls: it reads no elements, or is another name.
NOT_SWEPT = {
    *("__array_namespace_info__", "amax", "amin", "broadcast", "broadcast_shapes", "can_cast"),
    *("finfo", "from_dlpack", "iinfo", "isdtype", "isscalar", "ndim", "promote_types"),
    *("random.default_rng", "random.seed", "result_type", "shape", "size"),
    *("random.random_sample", "random.ranf", "random.sample", "asarray_chkfinite", "common_type"),
    *("array2string", "array_repr", "array_str", "printoptions", "get_printoptions", "geterr"),
    *("set_printoptions", "seterr", "isfortran", "issubdtype", "iterable", "min_scalar_type"),
    *("may_share_memory", "shares_memory", "load", "save", "mask_indices", "diag_indices_from"),
    *("tril_indices_from", "triu_indices_from", "apply_over_axes", "linalg.multi_dot"),
    *("linalg.tensorinv", "linalg.tensorsolve"),
}


CASES = [
    *elementwise(),
    *operators(),
    *INDEXING,
    *CREATION,
    *SHAPES,
    *JOINING,
    *CHOOSING,
    *ORDER,
    *STATISTICS,
    *CALCULUS,
    *LINALG,
    *FFT,
    *RANDOM,
    *POLYNOMIALS,
    *WINDOWS,
    *OTHERS,
]


def found(room, name: str):
    for part in name.split("."):
        room = getattr(room, part, None)
    return room


def left_out() -> list[str]:
    """The public functions that NumPy has too and that no row calls, by this name or another."""
    called = {case.title.split(" ")[0].replace("Generator.", "") for case in CASES}
    functions = {id(found(np, name)) for name in called} - {id(None)}
    rooms = {"": hpx, "linalg.": hpx.linalg, "fft.": hpx.fft, "random.": hpx.random}
    names = [prefix + name for prefix, room in rooms.items() for name in room.__all__]
    return [
        name
        for name in names
        if callable(found(hpx, name))
        and not inspect.isclass(found(hpx, name))
        and callable(found(np, name))
        and name not in called | NOT_SWEPT
        and id(found(np, name)) not in functions
    ]
