"""Collectives on local and distributed arrays and on objects."""

# SPDX-License-Identifier: BSL-1.0
import functools

import hpxpy as hpx
import numpy as np
import pytest
from helpers import (
    DTYPES,
    agree,
    block_ranges,
    check_distributed,
    check_local,
    difference,
    placements,
    random_array,
)

N = hpx.num_localities()
ME = hpx.locality_id()
ROOTS = sorted({0, N - 1})
OPS = {
    "sum": np.add,
    "prod": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}
needs_others = pytest.mark.skipif(N == 1, reason="one locality agrees with itself")


def everybodys(shape, dtype):
    return [random_array(shape, dtype, seed) for seed in range(N)]


def joined(op, values):
    if values[0].dtype == bool and op in ("sum", "prod"):
        values = [value.astype("int64") for value in values]
    return functools.reduce(OPS[op], values)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("op", OPS)
def test_all_reduce_of_local_arrays(op, dtype):
    values = everybodys(5, dtype)
    if op in ("and", "or", "xor") and dtype.kind in "fc":
        with pytest.raises(TypeError, match=f"op '{op}' does not take {dtype}"):
            hpx.all_reduce(hpx.asarray(values[ME]), op)
        return
    got = hpx.all_reduce(hpx.asarray(values[ME]), op)
    check_local(got, joined(op, values), tolerance=1e-5)


@pytest.mark.parametrize("shape", [(), (0,), (3, 4), (5000,), (70_000,)])
def test_all_reduce_of_any_shape(shape):
    values = everybodys(shape, "float64")
    for op in ("sum", "max"):
        got = hpx.all_reduce(hpx.asarray(values[ME]), op)
        check_local(got, np.asarray(joined(op, values)), tolerance=1e-13)
    pending = hpx.all_reduce(hpx.asarray(values[ME]) * 2, "sum") + 1
    check_local(pending, np.asarray(joined("sum", values) * 2 + 1), tolerance=1e-11)


def test_all_reduce_defaults_to_the_sum():
    check_local(hpx.all_reduce(hpx.full(3, ME + 1)), np.full(3, N * (N + 1) // 2))
    check_local(hpx.all_reduce(ME + 1), np.asarray(N * (N + 1) // 2))


def test_all_reduce_of_views():
    values = everybodys((6, 8), "float64")
    got = hpx.all_reduce(hpx.asarray(values[ME])[::-2, 1:5])
    check_local(got, joined("sum", values)[::-2, 1:5], tolerance=1e-13)


@pytest.mark.parametrize("op", ["min", "max"])
@pytest.mark.parametrize("where", range(N))
def test_nan_wins_everywhere(op, where):
    mine = hpx.asarray([1.0, np.nan if where == ME else float(ME)])
    got = hpx.all_reduce(mine, op).to_numpy()
    seen = hpx.all_gather_object(got.tobytes())
    agree("" if np.isnan(got[1]) and len(set(seen)) == 1 else f"{got}")


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("place", placements(2)[1:], ids=str)
def test_all_reduce_of_distributed_arrays(op, place):
    for dtype in ("int64", "bool", "float64", "uint8"):
        x = random_array((7, 5), dtype)
        if op in ("and", "or", "xor") and dtype == "float64":
            with pytest.raises(TypeError, match=f"op '{op}' does not take float64"):
                hpx.all_reduce(hpx.asarray(x, **place), op)
            continue
        wide = x
        if op in ("sum", "prod") and x.dtype.kind in "bu":
            wide = x.astype("int64" if x.dtype.kind == "b" else "uint64")
        got = hpx.all_reduce(hpx.asarray(x, **place), op)
        check_local(got, np.asarray(OPS[op].reduce(wide, axis=None)), tolerance=1e-12)


def test_all_reduce_with_a_function():
    values = everybodys(4, "float64")
    got = hpx.all_reduce(hpx.asarray(values[ME]), lambda a, b: a * 2 - b)
    check_local(got, functools.reduce(lambda a, b: a * 2 - b, values))
    with pytest.raises(TypeError, match=r"all_reduce: .*distributed.*local_partition"):
        hpx.all_reduce(hpx.zeros(4, distribution="block"), lambda a, b: a)


@pytest.mark.parametrize("op", ["mean", "", "SUM", 3, None])
def test_all_reduce_with_an_unknown_operation(op):
    with pytest.raises(ValueError, match="Unknown reduction operation"):
        hpx.all_reduce(hpx.ones(3), op)
    check_local(hpx.all_reduce(hpx.ones(3)), np.full(3, float(N)))


def same_error_everywhere(call):
    """The CommunicationError's text, equal on all localities; the next collective works."""
    text = ""
    try:
        call()
    except hpx.CommunicationError as error:
        text = str(error)
    texts = hpx.all_gather_object(text)
    agree("" if text and len(set(texts)) == 1 else f"texts differ or are missing: {text!r}")
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))
    return text


@needs_others
def test_localities_that_disagree():
    text = same_error_everywhere(lambda: hpx.all_reduce(hpx.ones(3 + ME)))
    assert "(3,)" in text
    assert "(4,)" in text
    dtype = "float32" if ME else "float64"
    text = same_error_everywhere(lambda: hpx.all_reduce(hpx.ones(3, dtype=dtype)))
    assert "float32" in text
    assert "float64" in text
    op = "max" if ME else "sum"
    text = same_error_everywhere(lambda: hpx.all_reduce(hpx.ones(3), op))
    assert "max" in text
    assert "sum" in text


@needs_others
def test_localities_that_disagree_about_large_arrays():
    same_error_everywhere(lambda: hpx.all_reduce(hpx.ones(100_000 + ME)))
    same_error_everywhere(lambda: hpx.all_reduce(hpx.ones(3 if ME else 100_000)))


@needs_others
def test_localities_that_call_different_things():
    def call():
        if ME == 0:
            hpx.barrier()
        else:
            hpx.all_reduce(hpx.ones(3))

    text = same_error_everywhere(call)
    assert "barrier" in text
    assert "all_reduce" in text
    text = same_error_everywhere(lambda: hpx.barrier("a" if ME else "b"))


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_broadcast(dtype, root):
    x = random_array((3, 4), dtype)
    check_local(hpx.broadcast(hpx.asarray(x) if ME == root else None, root), x)


@pytest.mark.parametrize("shape", [(), (0, 3), (5000,), (300_000,)])
def test_broadcast_of_any_shape(shape):
    x = random_array(shape)
    check_local(hpx.broadcast(hpx.asarray(x) if ME == 0 else None), np.asarray(x))
    # What the others give does not matter.
    check_local(hpx.broadcast(hpx.asarray(x) if ME == 0 else hpx.ones(2)), np.asarray(x))
    check_local(
        hpx.broadcast(hpx.asarray(x)[::-1] if shape and ME == 0 else None if ME else x),
        np.asarray(x)[::-1] if shape else np.asarray(x),
    )


def test_broadcast_gives_independent_arrays():
    x = hpx.broadcast(hpx.zeros(3) if ME == 0 else None)
    x += ME
    agree(difference(x.to_numpy(), np.full(3, float(ME))))


def test_broadcast_of_a_distributed_array():
    x = random_array((7, 3))
    check_local(hpx.broadcast(hpx.asarray(x, distribution="block")), x)


@pytest.mark.parametrize("root", ROOTS)
def test_gather(root):
    mine = random_array((ME + 1, 2), seed=ME)
    parts = hpx.gather(hpx.asarray(mine), root)
    problem = ""
    if ME != root:
        problem = "" if parts is None else f"{parts}"
    elif len(parts) != N:
        problem = f"{len(parts)} parts"
    else:
        for i, part in enumerate(parts):
            problem += difference(part.to_numpy(), random_array((i + 1, 2), seed=i))
    agree(problem)


def test_gather_of_empty_and_large_parts():
    for length in (0, 100_000):
        parts = hpx.gather(hpx.full(length if ME % 2 else 5, float(ME)))
        if ME == 0:
            expected = [np.full(length if i % 2 else 5, float(i)) for i in range(N)]
            problem = "".join(
                difference(a.to_numpy(), b) for a, b in zip(parts, expected, strict=True)
            )
        else:
            problem = "" if parts is None else "parts elsewhere than on root"
        agree(problem)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("place", placements(2)[1:], ids=str)
def test_gather_of_a_distributed_array(place, root):
    x = random_array((7, 5))
    whole = hpx.gather(hpx.asarray(x, **place) * 2, root)
    if ME == root:
        agree(difference(whole.to_numpy(), x * 2) or ("" if whole.distribution is None else "?"))
    else:
        agree("" if whole is None else "an array elsewhere than on root")


def test_all_gather():
    mine = random_array((ME, 3), seed=ME)
    parts = hpx.all_gather(hpx.asarray(mine))
    problem = "" if len(parts) == N else f"{len(parts)} parts"
    for i, part in enumerate(parts):
        problem += difference(part.to_numpy(), random_array((i, 3), seed=i))
    agree(problem)
    x = random_array((7, 5))
    whole = hpx.all_gather(hpx.asarray(x, distribution="block"))
    parts = whole if isinstance(whole, list) else [whole]
    agree(difference(parts[0].to_numpy(), x))


@needs_others
@pytest.mark.parametrize("function", [hpx.gather, hpx.all_gather, hpx.from_local])
def test_parts_of_different_dtypes(function):
    dtype = "float32" if ME else "int8"
    text = same_error_everywhere(lambda: function(hpx.ones(3, dtype=dtype)))
    assert "float32" in text
    assert "int8" in text


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("shape", [(7, 3), (0, 3), (1,), (5000,), (100_000, 2)])
def test_scatter(shape, root):
    x = random_array(shape)
    part = hpx.scatter(hpx.asarray(x) if ME == root else None, root)
    first, last = block_ranges(shape[0])[ME]
    agree(difference(part.to_numpy(), x[first:last]) or ("" if part.distribution is None else "?"))


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_scatter_into_a_distributed_array(axis, root):
    x = random_array((7, 5), "int16")
    data = hpx.asarray(x) if ME == root else None
    array = hpx.scatter(data, root, distribution="block", axis=axis)
    check_distributed(array, x)
    assert array.distributed_axis == axis % 2


def test_scatter_of_views_and_later_writes():
    x = random_array((9, 6))
    mine = hpx.asarray(x)
    array = hpx.scatter(mine[::-1, 1:4] if ME == 0 else None, distribution="block")
    check_distributed(array, x[::-1, 1:4])
    array = hpx.scatter(mine if ME == 0 else None, distribution="block")
    array += 1
    agree(difference(mine.to_numpy(), x))
    check_distributed(array, x + 1)
    mine[...] = 0
    check_distributed(array, x + 1)


def test_scatter_of_a_distributed_array():
    with pytest.raises(TypeError, match=r"scatter: .*redistribute"):
        hpx.scatter(hpx.zeros(4, distribution="block"))


@pytest.mark.parametrize("root", [-1, N, 99])
def test_roots_that_do_not_exist(root):
    last = f"localities 0 to {N - 1}" if N > 1 else "locality 0 only"
    for call in (
        lambda: hpx.broadcast(hpx.ones(3), root),
        lambda: hpx.gather(hpx.ones(3), root),
        lambda: hpx.gather(hpx.ones(3, distribution="block"), root),
        lambda: hpx.scatter(hpx.ones(3), root),
        lambda: hpx.broadcast_object(1, root),
        lambda: hpx.gather_object(1, root),
    ):
        with pytest.raises(
            ValueError, match=f"root {root} does not exist; this group has"
        ) as error:
            call()
        assert last in str(error.value) or N == 1
    check_local(hpx.all_reduce(hpx.ones(2)), np.full(2, float(N)))


def test_root_gives_none():
    if N == 1:
        for function in (hpx.broadcast, hpx.scatter):
            with pytest.raises(TypeError, match="locality 0 is the root and gave None"):
                function(None)


def test_barrier():
    assert hpx.barrier() is None
    assert hpx.barrier("named") is None
    assert hpx.barrier(name="named") is None


class Thing:
    def __init__(self, value):
        self.value = value


def test_objects():
    root = N - 1
    got = hpx.broadcast_object({"a": [1, 2], "b": ME} if ME == root else None, root)
    assert got == {"a": [1, 2], "b": root}
    assert hpx.all_gather_object(ME * 2) == [2 * i for i in range(N)]
    got = hpx.gather_object("x" * ME, root)
    assert got == (["x" * i for i in range(N)] if ME == root else None)
    assert hpx.broadcast_object(Thing(3)).value == 3
    large = hpx.broadcast_object(b"a" * 300_000 if ME == 0 else None)
    assert large == b"a" * 300_000


def test_objects_with_arrays():
    got = hpx.all_gather_object((np.arange(3) + ME, hpx.arange(2)))
    for i, (a, b) in enumerate(got):
        assert np.array_equal(a, np.arange(3) + i)
        assert np.array_equal(b.to_numpy(), np.arange(2))
