"""Functions of blocks, and HPX's algorithms, on every map: Python's, numba's and C's functions."""

# SPDX-License-Identifier: BSL-1.0
import ctypes
import ctypes.util
import functools
import operator

import hpxpy as hpx
import numpy as np
import pytest
from helpers import LAYOUTS, PLANES, agree, check, random_array
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.distributed
N, ME = hpx.num_localities(), hpx.locality_id()
PAR = hpx.execution.par
POLICIES = ("seq", "par", "par_unseq", "task")


def value_of(result, policy):
    return result.get() if policy == "task" else result


@functools.cache
def compiled(kind):
    """C functions made by numba, or none where it is not installed."""
    numba = pytest.importorskip("numba")
    pointer, whole = numba.types.CPointer, numba.types.int64
    double, byte = numba.types.double, numba.types.uint8
    if kind == "add position":

        @numba.cfunc(numba.types.void(pointer(double), whole, whole))
        def function(x, n, first):
            for i in range(n):
                x[i] += first + i

    elif kind == "half":

        @numba.cfunc(numba.types.void(pointer(double), pointer(double), whole, whole))
        def function(x, out, n, first):
            for i in range(n):
                out[i] = x[i] / 2 + (first + i)

    else:

        @numba.cfunc(numba.types.void(pointer(double), pointer(byte), whole, whole))
        def function(x, out, n, first):
            for i in range(n):
                out[i] = x[i] > 0

    return function


def positions(shape):
    return np.arange(np.prod(shape)).reshape(shape)


def of_offset(block, offset):
    """Each element plus its position in the whole of shape (9, 7)."""
    grid = np.indices(block.shape)
    return block + ((grid[0] + offset[0]) * 7 + grid[1] + offset[1])


@pytest.mark.parametrize("layout", PLANES)
def test_map_blocks(layout):
    x = random_array((9, 7))
    a = hpx.asarray(x, **PLANES[layout])
    for array, base in ((a, x), (hpx.asarray(x), x), (a[::-1], x[::-1])):
        got = hpx.map_blocks(np.sin, array)
        assert got.distribution == array.distribution
        check(got, np.sin(base))
        check(hpx.map_blocks(of_offset, array), base + positions((9, 7)))
        check(hpx.map_blocks(lambda b: b > 0, array), base > 0)
        check(hpx.map_blocks(lambda b: b, array, dtype="float32"), base.astype("float32"))
        other = np.arange(7)
        check(hpx.map_blocks(np.add, array, other), base + other)
        third = hpx.asarray(base, distribution="block", axis=1)
        check(hpx.map_blocks(lambda b, c, o: b * c + o[0] * 0, array, third), base * base)
    check(a, x)


def test_lengths_that_change():
    x = random_array((9, 7))
    a = hpx.asarray(x, distribution="block")
    check(hpx.map_blocks(lambda b: b.sum(axis=1, keepdims=True), a), x.sum(axis=1, keepdims=True))
    check(hpx.map_blocks(lambda b: b[:, ::2], a), x[:, ::2])
    with pytest.raises(ValueError, match="axis 0 is dealt out and keeps its length"):
        hpx.map_blocks(lambda b: b[:1], hpx.concat([a, a, a]))
    with pytest.raises(ValueError, match="it keeps the number of dimensions"):
        hpx.map_blocks(lambda b: b.sum(axis=1), a)


@pytest.mark.parametrize("layout", PLANES)
def test_compiled_functions(layout):
    x = random_array((9, 7))
    a = hpx.asarray(x, **PLANES[layout])
    where = positions((9, 7))
    half = compiled("half")
    before = hpx.counters.get("/hpxpy/messages")
    for function in (half, half.address, ctypes.CFUNCTYPE(None)(half.address)):
        check(hpx.map_blocks(function, a), x / 2 + where)
    check(hpx.map_blocks(half, a.T), x.T / 2 + positions((7, 9)))
    check(hpx.transform(PAR, a[::-1], half), x[::-1] / 2 + where)
    for policy in POLICIES:
        b = hpx.copy(a)
        assert value_of(hpx.for_each(policy, b, compiled("add position")), policy) is b
        check(b, x + where)
    b = hpx.copy(a)
    hpx.for_each("par", b[:, ::2], compiled("add position"))
    expected = x.copy()
    expected[:, ::2] += positions((9, 4))
    check(b, expected)
    check(hpx.count_if(PAR, a, compiled("positive")), np.count_nonzero(x > 0))
    check(hpx.copy_if(PAR, a, compiled("positive")), x[x > 0])
    assert hpx.counters.get("/hpxpy/messages") >= before


def test_functions_of_c():
    path = ctypes.util.find_library("c")
    memset = ctypes.CDLL(
        path
    ).memset  # of memory, a byte, and how many: 0 elements from "byte" 5 on
    with pytest.raises(TypeError, match="map_blocks: 'sin' is not callable"):
        hpx.map_blocks("sin", hpx.ones(3))
    with pytest.raises(TypeError, match="transform: 17 is not callable"):
        hpx.transform(PAR, hpx.ones(3), 17)
    assert ctypes.cast(memset, ctypes.c_void_p).value


def test_large_arrays_are_shared_by_threads():
    a = hpx.arange(100_000.0, distribution="block")
    check(hpx.map_blocks(compiled("half"), a), np.arange(100_000.0) * 1.5)


def test_what_is_raised_on_one_locality_is_raised_on_all():
    a = hpx.arange(6.0 * N, distribution="block")

    def fails(block, offset):
        if offset[0] >= 6 * (N - 1):
            raise KeyError("no such block")
        return block

    for call in (hpx.map_blocks, lambda f, x: hpx.transform(PAR, x, f)):
        with pytest.raises(KeyError, match="no such block"):
            call(fails, a)
    with pytest.raises(KeyError, match="no such block"):
        hpx.map_overlap(lambda b, o: fails(b, (o[0] + 2,)), a, 2)
    check(hpx.map_blocks(lambda b: b + 1, a), np.arange(6.0 * N) + 1)


MODES = {"periodic": "wrap", "nearest": "edge", "reflect": "symmetric", "mirror": "reflect"}


def windows(x, depth, mode):
    """The mean of each window of 2 depth + 1 elements along the first axis."""
    padded = np.pad(x, [(depth, depth)] + [(0, 0)] * (x.ndim - 1), **mode)
    return sum(padded[i : i + len(x)] for i in range(2 * depth + 1))


@pytest.mark.parametrize("boundary", [*MODES, 2.5])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_overlap_of_vectors(layout, boundary):
    mode = {"mode": MODES[boundary]} if boundary in MODES else {"constant_values": boundary}
    for n, depth in ((23, 2), (23, 9), (5, 2), (2, 1), (1, 1)):
        if boundary == "mirror" and n == 1:
            continue
        x = random_array(n)
        a = hpx.asarray(x, **LAYOUTS[layout])

        def add(block, depth=depth):
            inner = sum(block[i : len(block) - 2 * depth + i] for i in range(2 * depth + 1))
            return np.pad(inner, depth)

        for array, base in ((a, x), (a[::-1], x[::-1]), (hpx.asarray(x), x)):
            got = hpx.map_overlap(add, array, depth, boundary)
            check(got, windows(base, depth, mode), tolerance=1e-12)
            assert got.distribution == array.distribution
            inner = hpx.map_overlap(
                lambda b, d=depth: add(b)[d : len(b) - d], array, depth, boundary, trim=False
            )
            check(inner, windows(base, depth, mode), tolerance=1e-12)


@pytest.mark.parametrize("layout", PLANES)
def test_overlap_of_planes(layout):
    x = random_array((13, 11))
    a = hpx.asarray(x, **PLANES[layout])

    def cross(b):
        return b + np.roll(b, 1, 0) + np.roll(b, -1, 0) + np.roll(b, 1, 1) + np.roll(b, -1, 1)

    got = hpx.map_overlap(cross, a, 1, "periodic")
    check(got, cross(x), tolerance=1e-13)
    mixed = hpx.map_overlap(cross, a, {0: 1, 1: 2}, ("nearest", 0.0))
    padded = np.pad(np.pad(x, ((1, 1), (0, 0)), "edge"), ((0, 0), (2, 2)))
    check(mixed, cross(padded)[1:-1, 2:-2], tolerance=1e-13)
    offsets = hpx.map_overlap(lambda b, o: of_offset(b * 0, o), a, (1, 0))
    check(offsets, of_offset(x * 0, (0, 0)))


def test_overlap_sends_the_rows_around():
    a = hpx.asarray(random_array((40, 50)), distribution="block")
    hpx.eval(a)
    kinds = [f"/hpxpy/bytes_sent/{kind}" for kind in ("route", "redistribute", "join", "halo")]
    before = [hpx.counters.get(kind) for kind in kinds]
    hpx.map_overlap(lambda b: b, a, (3, 0))
    sent = [hpx.counters.get(kind) - then for kind, then in zip(kinds, before, strict=True)]
    neighbours = (ME > 0) + (ME < N - 1)
    most = neighbours * 3 * (50 * 8 + 8) + 64 * N
    agree("" if sent[0] <= most and sent[1:] == [0, 0, 0] else f"{sent}, at most {most}")


def test_overlap_with_wrong_arguments():
    a = hpx.ones((4, 4), distribution="block")
    same = lambda b: b  # noqa: E731
    with pytest.raises(ValueError, match="depth=-1 is negative"):
        hpx.map_overlap(same, a, -1)
    with pytest.raises(TypeError, match=r"depth=1\.5 is not an integer"):
        hpx.map_overlap(same, a, 1.5)
    with pytest.raises(ValueError, match="says 3 for 2 axes"):
        hpx.map_overlap(same, a, (1, 1, 1))
    with pytest.raises(ValueError, match="boundary 'round' does not exist"):
        hpx.map_overlap(same, a, 1, "round")
    with pytest.raises(ValueError, match="it is to give"):
        hpx.map_overlap(lambda b: b[1:], a, 1)
    with pytest.raises(TypeError, match="is not a Python function"):
        hpx.map_overlap(1 << 20, a, 1)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("layout", PLANES)
def test_algorithms(layout, policy):
    x = np.asarray(random_array((9, 7), "int64"))
    a = hpx.asarray(x, **PLANES[layout])

    def run(name, *arguments, **keywords):
        return value_of(getattr(hpx, name)(policy, *arguments, **keywords), policy)

    check(run("transform", a, lambda v: v * 0.5), x * 0.5)
    check(run("transform", a, np.square), x * x)
    check(run("transform", a, of_offset), x + positions((9, 7)))
    check(run("transform", a, a[::-1], operator.sub), x - x[::-1])
    check(run("transform", a, 3, np.multiply), x * 3)
    out = hpx.zeros_like(a, dtype="float64")
    assert run("transform", a, lambda v: v * 0.5, out=out) is out
    check(out, x * 0.5)
    for op, of in (("sum", np.sum), ("prod", np.prod), ("min", np.min), ("max", np.max)):
        check(run("reduce", a, op), of(x))
        check(run("reduce", a, op, 7), of([7, of(x)]) if op != "prod" else np.prod(x) * 7)
    check(run("reduce", a, "xor"), np.bitwise_xor.reduce(x.ravel()))
    check(run("reduce", a, operator.add), x.sum())
    check(run("reduce", a[:0], max, 5), np.int64(5))
    check(run("transform_reduce", a, "sum", np.square), np.sum(x * x))
    check(run("transform_reduce", a, max, lambda v: abs(v), 1000), np.int64(1000))
    flat = x.ravel()
    for op in ("sum", "max", "xor", np.minimum, lambda p, q: p + q):
        name = op if isinstance(op, str) else None
        ufunc = {"sum": np.add, "max": np.maximum, "xor": np.bitwise_xor, None: op}[name]
        if not isinstance(ufunc, np.ufunc):
            ufunc = np.add
        expected = ufunc.accumulate(flat)
        check(run("inclusive_scan", a, op), expected.reshape(x.shape))
        check(run("inclusive_scan", a, op, 3), ufunc(3, expected).reshape(x.shape))
        before = np.concatenate([[3], ufunc(3, expected[:-1])])
        check(run("exclusive_scan", a, op, 3), before.reshape(x.shape))
    check(run("exclusive_scan", a), (np.cumsum(flat) - flat).reshape(x.shape))
    check(run("count_if", a, lambda v: v > 0), np.int64((x > 0).sum()))
    check(run("count_if", a, lambda b, o: b > 0), np.int64((x > 0).sum()))
    check(run("copy_if", a, lambda v: v > 0), x[x > 0])
    for name, of in (("all_of", np.all), ("any_of", np.any)):
        check(run(name, a, lambda v: v < 100), of(x < 100))
        check(run(name, a, lambda v: v > 100), of(x > 100))
    check(run("none_of", a, lambda v: v > 100), np.bool_(True))
    check(run("find", a, int(x[4, 3])), np.flatnonzero(x.ravel() == x[4, 3])[0])
    check(run("find", a, 1000), np.int64(-1))
    check(run("find_if", a, lambda v: v < -50), np.flatnonzero(x.ravel() < -50)[0])
    assert run("fill", a, 4) is a
    check(a, np.full((9, 7), 4))
    assert run("generate", a, lambda: 5) is a
    check(a, np.full((9, 7), 5))
    run("generate", a, lambda b, o: of_offset(b * 0, o))
    check(a, positions((9, 7)))
    run("for_each", a, lambda b, o: of_offset(b, o))
    check(a, 2 * positions((9, 7)))


def test_algorithms_with_wrong_arguments():
    a = hpx.arange(7, distribution="block")
    with pytest.raises(ValueError, match="reduce: there is nothing to be joined"):
        hpx.reduce(PAR, a[:0], max)
    with pytest.raises(ValueError, match="reduce: Unknown reduction operation 'mean'"):
        hpx.reduce(PAR, a, "mean")
    with pytest.raises(ValueError, match="exclusive_scan: init is needed"):
        hpx.exclusive_scan(PAR, a, "min")
    with pytest.raises(TypeError, match="the function is missing"):
        hpx.transform(PAR, a)
    with pytest.raises(TypeError, match="generate: list is no hpxpy array"):
        hpx.generate(PAR, [1], lambda: 1)
    with pytest.raises(ValueError, match="blocks of another shape"):
        hpx.transform(PAR, hpx.ones((4, 4), distribution="block"), lambda b, o: b[:, :1])
    with pytest.raises(ValueError, match="read-only"):
        hpx.fill(PAR, hpx.broadcast_to(hpx.ones(1), (3,)), 1)
    with pytest.raises(ValueError, match="execution: policy 'fast' does not exist"):
        hpx.count_if("fast", a, bool)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    sizes=st.lists(st.integers(0, 6), min_size=N, max_size=N),
    depth=st.integers(0, 7),
    boundary=st.sampled_from([*MODES, 1.0]),
)
def test_overlap_of_any_blocks(sizes, depth, boundary):
    n = sum(sizes)
    if n == 0 or (boundary == "mirror" and n < 2):
        return
    x = np.random.default_rng(n).normal(size=n)
    begin = sum(sizes[:ME])
    a = hpx.from_local(hpx.asarray(x[begin : begin + sizes[ME]]))
    mode = {"mode": MODES[boundary]} if boundary in MODES else {"constant_values": boundary}

    def add(block):
        inner = sum(block[i : len(block) - 2 * depth + i] for i in range(2 * depth + 1))
        return np.pad(inner, depth)

    check(hpx.map_overlap(add, a, depth, boundary), windows(x, depth, mode), tolerance=1e-12)
