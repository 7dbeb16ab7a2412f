"""docs/differences.md: each line of the page is held by a test, and what NumPy gives by NumPy."""

# SPDX-License-Identifier: BSL-1.0
import hashlib
import inspect
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, assert_same, random_array

PAGE = (Path(__file__).parents[2] / "docs" / "differences.md").read_text()
CLAIMS = {}


def claim(words):
    """The decorated test holds the line of the page in which these words stand."""

    def remember(test):
        CLAIMS[words] = test
        return test

    return remember


def lines_of_the_page():
    """Rows of tables by their first cell, and points of lists; the table of arguments apart."""
    body = PAGE[PAGE.index("\n## ") :]
    points = re.split(r"\n(?=[-#|])|\n\n", re.sub(r"\n  +\|[^\n]*", "", body))
    for point in (" ".join(point.split()) for point in points):
        if re.match(r"- |\| (?!---|call)", point):
            yield point


def theirs(function):
    """What NumPy's gives, whatever it warns of."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function()


@claim("`inf // 2.0`")
def quotients_with_infinities():
    x, y = np.array([np.inf, 1.0]), np.array([2.0, -np.inf])
    assert_same(hpx.asarray(x) // hpx.asarray(y), np.array([np.inf, -0.0]))
    found = theirs(lambda: x // y)
    assert np.isnan(found[0])
    assert found[1] == -1


@claim("an integer `// 0`")
def integers_by_zero():
    x, zero = hpx.asarray([7, -7, 0]), hpx.asarray([0, 0, 0])
    for got in (x // zero, x % zero, hpx.fmod(x, zero), x // 0):
        assert_same(got, np.zeros(3, int))


@claim("`var`, `std`, `nanvar` and `nanstd` with an integer `dtype=`")
def variances_in_integers():
    x = np.array([1, 2, 4], np.int16)
    for name in ("var", "std", "nanvar", "nanstd"):
        got = getattr(hpx, name)(hpx.asarray(x), dtype="int16")
        assert_same(got, getattr(np, name)(x), tolerance=1e-15)
        assert theirs(lambda: getattr(np, name)(x, dtype="int16")).dtype == np.int16  # noqa: B023


@claim("`quantile` and `nanquantile` with integer `q`")
def quantiles_of_integers():
    x = np.array([2, 5, 9])
    for name, q in (("quantile", [0, 1]), ("nanquantile", 1)):
        got, numpys = (getattr(lib, name)(lib.asarray(x), q) for lib in (hpx, np))
        assert_same(got, numpys.astype(np.float64))
        assert numpys.dtype == np.int64
        short = x.astype(np.float32)
        got = getattr(hpx, name)(hpx.asarray(short), np.array(q))
        assert_same(got, getattr(np, name)(short, np.array(q)).astype(np.float64))
        assert getattr(np, name)(short, np.array(q)).dtype == np.float32


@claim("`reciprocal` of the integer 0")
def reciprocal_of_zero():
    assert_same(hpx.reciprocal(hpx.asarray([0, 1, 2])), np.array([0, 1, 0]))
    assert theirs(lambda: np.reciprocal(np.array([0])))[0] == np.iinfo(int).min


@claim("compute exponents of a signed dtype at once")
def powers_of_integers():
    exponents = hpx.arange(50_000) - 1
    with pytest.raises(ValueError, match="negative power -1"):
        hpx.asarray(2) ** exponents
    signed, unsigned = (hpx.arange(50_000, dtype=dtype) % 7 for dtype in ("int64", "uint64"))
    assert "min" in hpx.explain(lambda: hpx.asarray(2) ** signed)
    assert "min" not in hpx.explain(lambda: hpx.asarray(2, dtype="uint64") ** unsigned)


@claim("a shift past the width")
def shifts():
    x = hpx.asarray([5, -5], dtype="int8")
    assert_same(x << 8, np.zeros(2, "int8"))
    assert_same(x >> 9, np.array([0, -1], "int8"))


@claim("outside an integer dtype's range")
def floats_as_integers():
    x = hpx.asarray([1e10, -1e10, np.inf, np.nan, 3.7])
    assert_same(x.astype("int16"), np.array([32767, -32768, 32767, 0, 3], "int16"))
    assert_same(x.astype("uint8"), np.array([255, 0, 255, 0, 3], "uint8"))


SILENT = [
    lambda xp: xp.exp(xp.asarray([1e3])),
    lambda xp: xp.asarray([1.0]) / xp.asarray([0.0]),
    lambda xp: xp.sqrt(xp.asarray([-1.0])),
    lambda xp: xp.mean(xp.asarray([], dtype=xp.float64)),
    lambda xp: xp.nanmean(xp.asarray([xp.nan])),
]


@claim("overflow, division by zero, invalid values")
def no_warnings():
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        for function in SILENT:
            assert function(hpx).size == 1
            with pytest.raises(RuntimeWarning):
                function(np)


@claim("the imaginary part that `astype` drops")
def imaginary_parts():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(hpx.asarray([1 + 2j]).astype("float64"), np.array([1.0]))
        with pytest.raises(np.exceptions.ComplexWarning):
            np.array([1 + 2j]).astype("float64")


@claim("a Python number that `pad`")
def integers_that_are_not_stored():
    x = np.ones(2, "uint8")
    for function in (
        lambda xp, y: xp.pad(y, 1, constant_values=300),
        lambda xp, y: xp.concat((y, 300), axis=None),
    ):
        with pytest.raises(OverflowError, match="300 is out of bounds for uint8"):
            function(hpx, hpx.asarray(x))
        assert 44 in function(np, x)


@claim("int64 and uint64 in `searchsorted`")
def exact_searches():
    edges, x = np.array([2**60]), np.array([2**60 + 1], "uint64")
    assert hpx.searchsorted(hpx.asarray(edges), hpx.asarray(x)).tolist() == [1]
    assert np.searchsorted(edges, x).tolist() == [0]
    assert hpx.digitize(hpx.asarray(edges), hpx.asarray(x)).tolist() == [0]
    assert np.digitize(edges, x).tolist() == [1]


@claim("`x == None`")
def comparisons_with_other_things():
    x = hpx.ones(2)
    assert (x == "text") is False
    assert (x == None) is False  # noqa: E711
    assert (x != "text") is True
    assert (np.ones(2) == "text").tolist() == [False, False]


@claim("`frexp` of nan and infinity")
def exponents_of_infinities():
    assert hpx.frexp(hpx.asarray([np.inf, np.nan, -np.inf]))[1].tolist() == [0, 0, 0]


@claim("`quantile` at an element beside an infinity")
def quantiles_beside_infinities():
    x = [1.0, 2.0, np.inf]
    assert float(hpx.quantile(hpx.asarray(x), 0.5)) == 2
    assert np.isnan(theirs(lambda: np.quantile([-np.inf, np.inf, np.inf], 0.5)))
    assert float(hpx.quantile(hpx.asarray([-np.inf, np.inf, np.inf]), 0.5)) == np.inf
    assert float(hpx.quantile(hpx.asarray([np.inf, np.inf]), 0.5)) == np.inf
    assert np.isnan(theirs(lambda: np.quantile([np.inf, np.inf], 0.5)))


@claim("edges of `histogram` of float32")
def edges_of_histograms():
    x = np.array([0.1, 0.9], "float32")
    edges = hpx.histogram(hpx.asarray(x), bins=10)[1]
    low, high = float(x[0]), float(x[1])
    assert_same(edges, np.linspace(low, high, 11).astype("float32"))
    assert (np.histogram(x, bins=10)[1] != edges.to_numpy()).any()


@claim("- Arrays of strings, objects")
def what_is_refused():
    for given in (["a"], [None], np.array(["2020-01-01"], "M8[D]"), np.zeros(2, "i4,f4")):
        with pytest.raises(TypeError, match="is not supported; choose bool, int8 to int64"):
            hpx.asarray(given)
    for dtype in (np.float16, np.longdouble, object, "S3"):
        with pytest.raises(TypeError, match="is not supported; choose bool, int8 to int64"):
            hpx.ones(2, dtype=dtype)
    with pytest.raises(OverflowError, match="does not fit into 64 bits"):
        hpx.asarray(2**70)
    assert float(hpx.asarray(2**70, dtype="float64")) == 2.0**70
    assert (hpx.arange(3) < 2**70).all()


@claim("- There is no half precision")
def halves():
    for dtype in ("int8", "uint8", "bool"):
        for name in ("sqrt", "sin", "exp"):
            assert getattr(np, name)(np.ones(2, dtype)).dtype == np.float16
            assert getattr(hpx, name)(hpx.ones(2, dtype)).dtype == np.float32


@claim("`rint` of integers stay integers")
def rounded_integers():
    assert hpx.rint(hpx.asarray([1])).dtype == hpx.round(hpx.asarray([1])).dtype == np.int64
    assert np.rint(np.array([1])).dtype == np.float64


@claim("`bincount` of nothing")
def counts_of_nothing():
    nothing = np.array([], int)
    assert hpx.bincount(hpx.asarray(nothing), hpx.zeros(0)).dtype == np.float64
    assert np.bincount(nothing, np.zeros(0)).dtype == np.int64


@claim("of uint16 and int8 or int16 are float64")
def floats_of_short_integers():
    for name in ("arctan2", "copysign", "heaviside", "hypot", "nextafter"):
        for dtype in (np.int8, np.int16):
            x, y = np.ones(2, dtype), np.ones(2, np.uint16)
            assert getattr(hpx, name)(hpx.asarray(x), hpx.asarray(y)).dtype == np.float64
            assert getattr(np, name)(x, y).dtype == np.float32


@claim("`gcd`, `lcm` take bool")
def divisors_of_booleans():
    x = np.array([True, False])
    for name in ("gcd", "lcm"):
        assert getattr(hpx, name)(hpx.asarray(x), hpx.asarray(x)).dtype == np.int8
        with pytest.raises(TypeError):
            getattr(np, name)(x, x)


@claim("- `out=` of reductions and scans")
def results_of_other_kinds():
    x, z = hpx.asarray([1.5, 2.25]), hpx.asarray([1 + 2j])
    assert_same(hpx.sum(x, out=hpx.zeros((), dtype="int8")), np.array(3, "int8"))
    assert theirs(lambda: np.sum([1.5, 2.25], out=np.zeros((), "int8"))) == 3
    with pytest.raises(
        TypeError, match="sum: a result of complex128 cannot be stored into float64"
    ):
        hpx.sum(z, out=hpx.zeros(()))
    assert theirs(lambda: np.sum(np.array([1 + 2j]), out=np.zeros(()))) == 1
    large = np.array([100, 100, 100], "int8")
    assert_same(
        hpx.mean(hpx.asarray(large), out=hpx.zeros((), dtype="int8")), np.array(100, "int8")
    )
    assert theirs(lambda: np.mean(large, out=np.zeros((), "int8"))) == 44 // 3


@claim("- `order='A'` and `'K'` count distributed arrays")
def orders_of_distributed_arrays():
    x = hpx.ones((3, 4), distribution="block").T
    for order in "AK":
        part = hpx.copy(x, order).local_partition
        assert part.strides == hpx.empty(part.shape).strides


@claim("- `array(x, dtype, order='A')`")
def orders_of_conversions():
    x = np.zeros((2, 3, 4)).transpose(1, 2, 0)
    got = hpx.array(hpx.from_numpy(x, copy=False), "float32", order="A")
    assert got.strides == np.array(x, order="A").astype("float32").strides
    assert np.array(x, "float32", order="A").strides != got.strides


@claim("- Arguments of NumPy's that hpxpy does not take")
def arguments_that_are_missing():
    rows = dict(re.findall(r"\n  \| `([^|]*)` \| `([^|]*)` \|(?=\n)", PAGE))
    listed = {}
    for names, arguments in rows.items():
        for name in names.split("`, `"):
            listed[name] = arguments.split("`, `")
    # Older versions of NumPy have fewer arguments than the page lists.
    for name, arguments in missing_arguments().items():
        assert set(arguments) <= set(listed.get(name, ())), (name, arguments)
    for name, arguments in listed.items():
        place, _, last = name.rpartition(".")
        function = getattr(
            {"fft": hpx.fft, "linalg": hpx.linalg, "": hpx}.get(place, hpx.random.Generator), last
        )
        assert not set(arguments) & names_of_arguments(last, function), name


@claim("- Arguments that stand elsewhere or have another default")
def arguments_that_stand_elsewhere():
    """test_names_of_arguments.py reads the table."""
    x = hpx.asarray([3.0, 1.0, 2.0])
    assert_same(hpx.sort(x, stable=None), hpx.sort(x).to_numpy())
    assert_same(hpx.argsort(x, stable=None), hpx.argsort(x).to_numpy())
    assert_same(hpx.fft.fft(x, norm=None), hpx.fft.fft(x, norm="backward").to_numpy())
    with pytest.raises(TypeError):
        hpx.fft.fftfreq(4, 1.0, "cpu")
    ends = hpx.asarray([1.0, 2.0])
    assert hpx.geomspace(1, 8, num=4, axis=0).tolist() == hpx.geomspace(1, 8, num=4).tolist()
    for name in ("linspace", "logspace"):
        function = getattr(hpx, name)
        assert_same(function(ends, 3, num=4, axis=0), function(ends, 3, num=4).to_numpy())


# What no function takes, as one says otherwise: subclasses do not exist, like= is NumPy's protocol,
# and dtype= says what a loop's signature says.
UNNEEDED = {"subok", "like", "signature"}


def missing_arguments():
    found = {}
    places = [("", hpx, np), ("linalg.", hpx.linalg, np.linalg), ("fft.", hpx.fft, np.fft)]
    generators = ("Generator.", hpx.random.Generator, np.random.Generator)
    for prefix, ours, numpys in [*places, generators]:
        for name in sorted(getattr(ours, "__all__", vars(ours))):
            function, original = getattr(ours, name), getattr(numpys, name, None)
            if name.startswith("_") or not callable(original) or isinstance(function, type):
                continue
            try:
                parameters = inspect.signature(original).parameters.values()
            except ValueError:  # written in C, in older versions of NumPy
                continue
            wanted = [
                p.name
                for p in parameters
                if p.default is not p.empty
                and p.kind is not p.POSITIONAL_ONLY
                and p.name not in UNNEEDED
            ]
            taken = names_of_arguments(name, function) | {*getattr(function, "_renamed", ())}
            if lacking := [argument for argument in wanted if argument not in taken]:
                found[prefix + name] = lacking
    return found


def names_of_arguments(name, function):
    """Of C++ functions the docstring begins with them."""
    try:
        return set(inspect.signature(function).parameters)
    except ValueError:
        first = function.__doc__.partition("\n")[0]
        assert first.startswith(f"{name}(")
        return set(re.findall(r"(\w+):", first))


@claim("- Iteration along an axis that is dealt out")
def pieces_of_iterations():
    x = hpx.zeros(200_000, distribution="block")
    seen = []
    for i, value in enumerate(x):
        if i == 0:
            x[...] = 1
        if i in (5, 199_999):
            seen.append(float(value))
    assert seen == [0, 1]


@claim("- A row `x[i]` of an axis that is dealt out")
def rows_are_copies():
    x = hpx.zeros((4, 3), distribution="block")
    row, view = x[1], x[1:2]
    row[0] = 5
    x[1, 1] = 2
    x[2] = 1
    x[2] += 1
    assert x.tolist() == [[0, 0, 0], [5, 2, 0], [2, 2, 2], [0, 0, 0]]
    assert (row.tolist(), view.tolist()) == ([5, 0, 0], [[5, 2, 0]])


@claim("- Of an axis dealt out in blocks of k")
def steps_of_block_cyclic():
    distribution = hpx.Distribution("block_cyclic", block_size=4)
    x = hpx.asarray(np.arange(20), distribution=distribution)
    assert x[1::2].tolist() == list(range(1, 20, 2))
    assert x[::-8].tolist() == [19, 11, 3]
    with pytest.raises(TypeError, match="take a step that divides 4 or is a multiple of it"):
        x[::3]


@claim("What hpxpy has no function for")
def no_copy_unasked():
    x = hpx.asarray([1, 2, 3])
    for function in (
        lambda: np.busday_count(x, x),
        lambda: hpx.add.at(hpx.zeros((3, 3)), (slice(None), x[:1]), 1.0),
    ):
        with pytest.raises(TypeError):
            function()
    for found in (np.gcd.outer(x, x), np.fmax.reduce(x), np.hypot.accumulate(x)):
        assert type(found) is hpx.ndarray
    assert np.isclose(float(np.hypot.reduce(x)), np.hypot.reduce([1, 2, 3]))


@claim("creation functions take `like=x`")
def what_asks_nobody():
    x = hpx.ones(3)
    assert np.can_cast(x.dtype, "f4") is False
    assert type(np.frombuffer(x.to_numpy().tobytes())) is np.ndarray
    assert type(np.zeros(3)) is np.ndarray
    assert type(np.zeros(3, like=x)) is hpx.ndarray


@claim("A pickle or a copy of a view")
def pickles():
    import copy
    import pickle

    x = hpx.zeros((1000, 1000))
    assert len(pickle.dumps(x[:2, :2])) < 1000
    stretched = hpx.broadcast_to(x[0], (5, 1000))
    assert not stretched.writeable
    assert copy.copy(stretched).writeable
    with pytest.raises(TypeError, match=r"local_partition.*to_numpy\(\)"):
        pickle.dumps(hpx.ones(3, distribution="block"))


@claim("Reductions, elements (`x[i]`) and iteration")
def no_scalars():
    x = hpx.asarray([1.0, 2.0])
    for value in (x.sum(), x[0], next(iter(x))):
        assert type(value) is hpx.ndarray
        assert value.shape == ()
        assert [10, 20, 30][hpx.asarray(1)] == 20
    total = x.sum()
    total += 1
    assert float(total) == 4
    assert isinstance(np.ones(2).sum(), np.float64)


@claim("`x.base` of a view is an array of its own")
def attributes_of_views():
    x = hpx.arange(4)
    assert x[1:].base is not x
    assert_same(x[1:].base, np.arange(4))
    with pytest.raises(AttributeError):
        x.dtype = "float64"
    dealt = hpx.arange(4, distribution="block")
    dealt.view("float64")[...] = 1
    assert dealt.to_numpy().tolist() == [0, 1, 2, 3]
    part = x[1:]
    part.flags.writeable = False
    with pytest.raises(ValueError, match="shows memory that may not be written"):
        part.flags.writeable = True


@claim("`hpx.errstate` and `seterr` are NumPy's")
def settings_of_errors():
    assert hpx.errstate is np.errstate
    with hpx.errstate(all="raise"):
        assert_same(hpx.asarray([1.0]) / 0, np.array([np.inf]))
        with pytest.raises(FloatingPointError):
            np.ones(1) / 0


@claim("`x.real` and `x.imag` are new arrays")
def parts_are_no_views():
    x = hpx.asarray([1 + 2j])
    y = x.real
    y[0] = 7
    assert x.tolist() == [1 + 2j]
    x.imag = 5
    assert x.tolist() == [1 + 5j]


@claim("join long axes in chunks")
def sums_on_any_number_of_threads():
    x = random_array(200_000)
    assert np.abs(hpx.cumulative_sum(hpx.asarray(x)).to_numpy() - np.cumsum(x)).max() < 1e-9
    program = (
        "import hashlib, sys, hpxpy as hpx\n"
        "x = hpx.cumulative_sum(hpx.sin(hpx.arange(200_000.0)))\n"
        "print(hpx.num_threads(), hashlib.sha256(x.to_numpy().tobytes()).hexdigest())\n"
    )
    problem = ""
    if hpx.locality_id() == 0:
        here = hpx.cumulative_sum(hpx.sin(hpx.arange(200_000.0)))
        digest = hashlib.sha256(here.to_numpy().tobytes()).hexdigest()
        for threads in ("1", "3"):
            printed = subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "HPXPY_NUM_THREADS": threads, "HPXPY_ENGINE": "local"},
                capture_output=True,
                text=True,
                timeout=60,
            ).stdout
            if printed.split() != [threads, digest]:
                problem = f"{printed!r}, here {digest}"
    agree(problem)


@claim("Of several values assigned to one element")
def last_values_stay():
    x = hpx.zeros(10)
    where = np.arange(100_000) % 10
    x[where] = np.arange(100_000.0)
    assert x.tolist() == list(range(99_990, 100_000))


@claim("`sort` and `argsort` are stable")
def stable_sorting():
    x = np.array([2.0, np.nan, 1.0, 2.0, 1.0])
    array = hpx.asarray(x)
    for kind in (None, "quicksort", "heapsort", "stable"):
        assert hpx.argsort(array, kind=kind).tolist() == [2, 4, 0, 3, 1]
    assert_same(hpx.sort(array, descending=True), np.array([2.0, 2.0, 1.0, 1.0, np.nan]))
    assert hpx.argsort(array, descending=True).tolist() == [0, 3, 2, 4, 1]
    y = np.random.default_rng(0).permutation(100)
    sides = np.concatenate([y[y < 50], [50], y[y > 50]])
    assert_same(hpx.partition(hpx.asarray(y), 50), sides)
    assert_same(hpx.argpartition(hpx.asarray(y), 50), np.argsort(y)[sides])


@claim("lie in memory as NumPy's do with `order='K'`")
def orders_of_memory():
    a = np.arange(16.0).reshape(4, 4)
    x, block = hpx.asarray(a), hpx.asarray(a, distribution="block")
    assert (x.T * 2).strides == hpx.copy(x.T).strides == (a.T * 2).strides == (8, 32)
    assert (block.T * 2).strides[1] == 8
    root = np.sqrt(a.T)
    assert (hpx.sqrt(x.T) - x).strides == (root - a).strides == (32, 8)


@claim("`svd`, `eig`, `eigh` and what is made of them refuse")
def matrices_that_are_not_finite():
    for name in ("svd", "svdvals", "eig", "eigvals", "eigh", "eigvalsh", "pinv", "cond"):
        for bad in (np.nan, np.inf):
            with pytest.raises(hpx.linalg.LinAlgError, match="is there a nan or inf"):
                getattr(hpx.linalg, name)(hpx.asarray([[bad, 1.0], [1.0, 2.0]]))


@claim("Only 'cpu' is a device")
def devices():
    assert hpx.ones(3, device="cpu").device == "cpu"
    with pytest.raises((RuntimeError, ValueError)):
        hpx.ones(3, device="gpu")


@claim("give read-only views")
def read_only_views():
    x, y = hpx.asarray([1, 2]), hpx.asarray([[1], [2]])
    assert not any(view.writeable for view in hpx.broadcast_arrays(x, y))
    assert not any(view.writeable for view in hpx.meshgrid(x, x, copy=False))
    with pytest.raises(ValueError, match="read-only"):
        hpx.meshgrid(x, x, copy=False)[0][0] = 1
    square = hpx.zeros((2, 2))
    assert not hpx.einsum("ii->i", square).writeable
    assert np.einsum("ii->i", np.zeros((2, 2))).flags.writeable
    hpx.einsum("ij->ji", square)[0, 1] = 1
    assert square.tolist() == [[0, 0], [1, 0]]


@claim("`squeeze` of a 0-d array")
def squeezed_numbers():
    with pytest.raises(np.exceptions.AxisError):
        hpx.squeeze(hpx.asarray(1), axis=0)
    assert np.squeeze(np.array(1), axis=0).shape == ()


@claim("A seed gives other numbers")
def other_random_numbers():
    got = hpx.random.default_rng(1).random(5)
    assert (got.to_numpy() != np.random.default_rng(1).random(5)).all()
    whole = hpx.random.default_rng(1).random(5, distribution="block")
    assert_same(whole, got.to_numpy())


@claim("are always complex")
def complex_eigenvalues():
    x = np.array([[2.0, 0.0], [0.0, 3.0]])
    assert hpx.linalg.eig(hpx.asarray(x)).eigenvalues.dtype == np.complex128
    assert hpx.linalg.eigvals(hpx.asarray(x)).dtype == np.complex128
    assert np.linalg.eigvals(x).dtype == np.float64


@claim("`linalg.pinv` and `linalg.matrix_rank`")
def tolerances():
    epsilon = np.finfo(float).eps
    for scale, rank in ((1.5, 1), (4.0, 2)):
        x = np.diag([1.0, scale * epsilon])
        assert int(hpx.linalg.matrix_rank(hpx.asarray(x))) == rank
        inverse = hpx.linalg.pinv(hpx.asarray(x)).to_numpy()
        assert np.count_nonzero(inverse) == rank
    assert int(hpx.linalg.matrix_rank(hpx.eye(2), rtol=2.0)) == 0
    assert np.count_nonzero(np.linalg.pinv(np.diag([1.0, 4 * epsilon]))) == 1


@claim("`linalg.lstsq` with `rcond` of 1 or more")
def rcond_of_one():
    a, b = np.array([[2.0]]), np.array([[1.0]])
    assert_same(hpx.linalg.lstsq(hpx.asarray(a), hpx.asarray(b), 1.0)[0], np.zeros((1, 1)))
    assert theirs(lambda: np.linalg.lstsq(a, b, 1.0)[0]) == 0.5


@claim("Singular vectors and eigenvectors of one distributed matrix")
def signs_of_vectors():
    x = np.array([[4.0, 1.0, 2.0], [1.0, 5.0, 3.0], [2.0, 3.0, 6.0]])
    a = hpx.asarray(x, distribution="block")
    for got, expected in (
        (hpx.linalg.eigh(a).eigenvectors, np.linalg.eigh(x).eigenvectors),
        (hpx.linalg.svd(a).U, np.linalg.svd(x).U),
        (hpx.linalg.svd(a).Vh, np.linalg.svd(x).Vh),
    ):
        assert np.allclose(abs(got.to_numpy()), abs(expected))
    assert np.allclose(hpx.linalg.qr(a).R.to_numpy(), np.linalg.qr(x).R)


@claim("The sign of a determinant that is nan")
def sign_of_nan():
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    assert np.isnan(float(hpx.linalg.slogdet(hpx.asarray(x)).sign))
    assert theirs(lambda: np.linalg.slogdet(x).sign) == -1


@claim("`linalg.solve` takes a batch")
def vectors_of_solve():
    matrices = np.stack([np.eye(2), 2 * np.eye(2)])
    got = hpx.linalg.solve(hpx.asarray(matrices), hpx.ones(2))
    assert_same(got, np.array([[1.0, 1.0], [0.5, 0.5]]))


@pytest.mark.parametrize("words", CLAIMS)
def test_claim(words):
    CLAIMS[words]()


def test_each_line_has_a_test_and_each_test_a_line():
    lines = list(lines_of_the_page())
    assert len(lines) > 30
    for words in CLAIMS:
        assert sum(words in line for line in lines) == 1, words
    for line in lines:
        assert any(words in line for words in CLAIMS), line
