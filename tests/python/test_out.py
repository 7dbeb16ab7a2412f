"""out= of every function that takes it: arrays of both libraries, and what its dtype decides."""

# SPDX-License-Identifier: BSL-1.0
import warnings

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, agree, assert_same, difference

pytestmark = pytest.mark.local

SCANS = ["cumsum", "cumprod", "nancumsum", "nancumprod"]
REDUCTIONS = [
    *("sum", "prod", "max", "min", "any", "all", "mean", "var", "std", "ptp", "median"),
    *("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanmedian"),
    *("argmin", "argmax", "nanargmin", "nanargmax"),
]
# They take real numbers.
REAL = {"median", "nanmedian", "nanmin", "nanmax", "nanargmin", "nanargmax", "argmin", "argmax"}
# What a narrow integer does not hold of a float is told in docs/differences.md.
VALUES = np.array([[3, 1, 2, 4], [2, 5, 1, 1], [1, 2, 7, 3]])


def outs(shape, dtype):
    """The same array of both libraries."""
    return [hpx.zeros(shape, dtype=dtype), np.zeros(shape, dtype)]


def numpys(function, *arguments, **keywords):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **keywords)


def answer(function, out):
    """What lies in `out` afterwards, or the kind of error."""
    try:
        returned = numpys(function, out)
    except (TypeError, ValueError):
        return None
    assert returned is out
    return np.array(out)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", [*REDUCTIONS, *SCANS])
def test_dtypes(name, dtype):
    x = (VALUES % 2 if dtype.kind == "b" else VALUES).astype(dtype)
    axis = {"axis": 0}
    shape = x.shape if name in SCANS else x.shape[1:]
    for target in DTYPES:
        if dtype.kind == "c" and (target.kind != "c" or name in REAL):
            continue  # Imaginary parts are not dropped.
        expected = answer(
            lambda out: getattr(np, name)(x, out=out, **axis), np.zeros(shape, target)
        )
        for out in outs(shape, target):
            got = answer(lambda out: getattr(hpx, name)(hpx.asarray(x), out=out, **axis), out)
            if expected is None:
                assert got is None, (target, got)
                continue
            assert got is not None, target
            narrow = np.float32 in (dtype, target) or np.complex64 in (dtype, target)
            text = difference(got, expected, tolerance=1e-5 if narrow else 1e-12)
            assert not text, f"{target}: {text}"


@pytest.mark.distributed
def test_sums_of_large_integers():
    for out in outs((), "float64"):
        for x in (hpx.array([2**62] * 2), hpx.array([2**62] * 2, distribution="block")):
            assert float(hpx.sum(x, out=out)) == 2.0**63
            assert float(hpx.prod(x, out=out)) == 2.0**124
    x = hpx.array([2**62] * 2)
    for out in outs(2, "float64"):
        assert hpx.cumsum(x, out=out).tolist() == [2.0**62, 2.0**63]
        assert x.cumsum(out=out).tolist() == [2.0**62, 2.0**63]
        assert hpx.cumulative_sum(x, out=out).tolist() == [2.0**62, 2.0**63]
        assert hpx.cumulative_prod(x, out=out).tolist() == [2.0**62, 2.0**124]
    for out in outs((), "int64"):
        assert int(hpx.max(hpx.array([3, 5], dtype="uint8"), out=out, initial=300)) == 300
        assert int(hpx.min(hpx.array([3, 5], dtype="uint8"), out=out, initial=-300)) == -300
    for out in outs((), "int8"):
        assert int(hpx.sum(hpx.array([100, 100], dtype="int8"), out=out)) == -56
    for out in outs((), "bool"):
        assert bool(hpx.sum(hpx.array([True, True]), out=out)) is True
    # What dtype= says counts for more.
    for out in outs((), "float64"):
        assert float(hpx.sum(x, dtype="int64", out=out)) == -(2.0**63)


def test_means_are_added_up_in_the_wider_dtype():
    x = np.array([2**24, 1, 1, 1], "float32")
    for out in outs((), "float64"):
        assert float(hpx.mean(hpx.asarray(x), out=out)) == float(np.mean(x, out=np.empty(())))
        assert float(hpx.mean(hpx.asarray(x), out=out, where=x > 0)) == x.astype("d").mean()
        assert float(hpx.nanmean(hpx.asarray(x), out=out)) == float(np.nanmean(x, out=np.empty(())))


V, W = np.array([3.5, 1.0, 2.0, 6.5]), np.array([0.5, 2.0, 1.0, 1.5])
M = np.arange(12.0).reshape(4, 3)
AT = np.array([3, 0, 2])

CALLS = {
    "add": lambda m, out: m.add(V_of(m), V_of(m), out),
    "sqrt": lambda m, out: m.sqrt(V_of(m), out=out),
    "logical_not": lambda m, out: m.logical_not(V_of(m), out=out),
    "clip": lambda m, out: m.clip(V_of(m), 2, 4, out),
    "clip without limits": lambda m, out: m.clip(V_of(m), 2, None, out=out),
    "x.clip": lambda m, out: V_of(m).clip(2, 4, out=out),
    "round": lambda m, out: m.round(V_of(m), 1, out),
    "rint": lambda m, out: m.rint(V_of(m), out=out),
    "fix": lambda m, out: m.fix(V_of(m), out=out),
    "logaddexp": lambda m, out: m.logaddexp(V_of(m), 1.0, out=out),
    "cumsum": lambda m, out: m.cumsum(V_of(m), out=out),
    "nancumprod": lambda m, out: m.nancumprod(V_of(m), out=out),
    "sum": lambda m, out: m.sum(of(m, M), axis=1, out=out),
    "x.sum": lambda m, out: of(m, M).sum(axis=1, out=out),
    "x.mean": lambda m, out: of(m, M).mean(1, None, out),
    "std": lambda m, out: m.std(of(m, M), axis=1, out=out),
    "ptp": lambda m, out: m.ptp(of(m, M), axis=1, out=out),
    "median": lambda m, out: m.median(of(m, M), axis=1, out=out),
    "quantile": lambda m, out: m.quantile(of(m, M), 0.3, axis=1, out=out),
    "nanpercentile": lambda m, out: m.nanpercentile(of(m, M), 30, axis=1, out=out),
    "nanmedian": lambda m, out: m.nanmedian(of(m, M), axis=1, out=out),
    "take": lambda m, out: m.take(V_of(m), of(m, np.array([3, 0, 2, 1])), out=out),
    "compress": lambda m, out: m.compress([True] * 4, V_of(m), out=out),
    "choose": lambda m, out: m.choose(of(m, np.array([0, 1, 0, 1])), [V_of(m), of(m, W)], out=out),
    "concatenate": lambda m, out: m.concatenate([V_of(m)[:2], V_of(m)[2:]], out=out),
    "dot": lambda m, out: m.dot(of(m, M), of(m, V[:3]), out=out),
    "matmul": lambda m, out: m.matmul(of(m, M), of(m, V[:3]), out),
    "einsum": lambda m, out: m.einsum("ij,j->i", of(m, M), of(m, V[:3]), out=out),
    "trace": lambda m, out: m.trace(of(m, np.stack([M[:3]] * 4, 2)), out=out),
    "where=": lambda m, out: m.multiply(V_of(m), 2, out=out, where=of(m, V > 2)),
    "where= in one row": lambda m, out: m.add(V_of(m)[:1], 2, out=out, where=of(m, V > 2)),
}


def of(library, x):
    return hpx.asarray(x) if library is hpx else x


def V_of(library):
    return of(library, V)


@pytest.mark.parametrize("name", CALLS)
def test_arrays_of_numpy(name):
    expected = np.full(4, 9.0)
    CALLS[name](np, expected)
    for out in (np.full(4, 9.0), np.full(8, 9.0)[::-2], np.full(4, 9.0, ">f8")):
        assert CALLS[name](hpx, out) is out
        assert_same(np.asarray(out, "f8"), expected, tolerance=1e-12)
    got = hpx.full(4, 9.0)
    assert CALLS[name](hpx, got) is got
    assert_same(got, expected, tolerance=1e-12)
    read_only = np.zeros(4)
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        CALLS[name](hpx, read_only)
    with pytest.raises((TypeError, AttributeError), match=r"out=|has no attribute"):
        CALLS[name](hpx, [0.0] * 4)


def test_tuples_and_dtypes_of_numpy_alone():
    out = np.zeros(4)
    assert hpx.add(V_of(hpx), 1, out=(out,)) is out
    np.testing.assert_array_equal(out, V + 1)
    half = np.zeros(4, "float16")
    assert hpx.add(V_of(hpx), 1, out=half) is half
    np.testing.assert_array_equal(half, (V + 1).astype("float16"))
    with pytest.raises(TypeError, match="cast"):
        hpx.add(V_of(hpx), 1, out=np.zeros(4, "datetime64[s]"))


def test_elementwise_results_are_stored_as_their_own_kind():
    for out in outs(4, "int64"):
        with pytest.raises(TypeError, match="add: a result of float64 cannot be stored"):
            hpx.add(V_of(hpx), 1, out=out)
        with pytest.raises(TypeError, match="std: a result of float64 cannot be stored"):
            hpx.std(hpx.asarray(M), axis=1, out=out)
        assert (np.asarray(out) == 0).all()
    for out in outs(4, "float32"):
        np.testing.assert_array_equal(np.asarray(hpx.add(V_of(hpx), 1, out=out)), V + 1)
    for out in outs(4, "float64"):
        with pytest.raises(
            TypeError, match="sum: a result of complex128 cannot be stored into float64"
        ):
            hpx.sum(hpx.asarray(M + 1j), axis=1, out=out)
        with pytest.raises(TypeError, match="argmax: positions are not stored into float64"):
            hpx.argmax(hpx.asarray(M), axis=1, out=out)
        with pytest.raises(ValueError, match=r"sum: out has shape \(4,\), the result \(3,\)"):
            hpx.sum(hpx.asarray(M), axis=0, out=out)


@pytest.mark.distributed
def test_distributed_results():
    x = np.arange(10.0)
    array = hpx.asarray(x, distribution="block")[::-1]
    for out in (np.zeros(10), hpx.zeros(10), hpx.zeros(10, distribution="block")):
        assert hpx.cumsum(array, out=out) is out
        problem = difference(
            np.asarray(out) if isinstance(out, np.ndarray) else out.to_numpy(), x[::-1].cumsum()
        )
        agree(problem)
        hpx.multiply(array, 2, out=out, where=x > 4)
        expected = np.multiply(x[::-1], 2, out=x[::-1].cumsum(), where=x > 4)
        agree(
            difference(np.asarray(out) if isinstance(out, np.ndarray) else out.to_numpy(), expected)
        )
    total = np.zeros((), "int32")
    assert hpx.sum(array, out=total) is total
    agree("" if total == 45 else f"{total}")


def test_through_numpys_protocols():
    x = hpx.array([2**62] * 2)
    out = np.empty(())
    assert np.sum(x, out=out) is out
    assert out == 2.0**63
    assert np.add.reduce(x, out=out) is out
    assert np.add.accumulate(x, out=np.empty(2)).tolist() == [2.0**62, 2.0**63]
    wide = np.empty(2)
    assert np.add(x, 1, out=wide) is wide
    parts = np.zeros(2), np.zeros(2)
    got = np.modf(hpx.asarray([1.5, -2.25]), out=parts)
    assert got[0] is parts[0]
    np.testing.assert_array_equal(parts[1], [1, -2])


def test_memory_that_an_operand_shares():
    memory = np.arange(6.0)
    shared = hpx.from_numpy(memory, copy=False)
    assert hpx.add(shared[:-1], 1, out=memory[1:]) is not None
    np.testing.assert_array_equal(memory, [0, 1, 2, 3, 4, 5])
    np.testing.assert_array_equal(shared.to_numpy(), memory)


def test_random_numbers():
    out, ours = np.zeros(5), hpx.zeros(5)
    assert hpx.random.default_rng(3).random(out=out) is out
    hpx.random.default_rng(3).random(out=ours)
    assert_same(ours, out)
    assert hpx.random.default_rng(3).standard_normal(out=out) is out
    with pytest.raises(TypeError, match="random: out has dtype float64"):
        hpx.random.default_rng(3).random(dtype="float32", out=out)
