"""Execution policies, and the algorithms that NumPy has not."""

# SPDX-License-Identifier: BSL-1.0
import math
import threading

import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, assert_same, check, placements, random_array

pytestmark = pytest.mark.local

POLICIES = ["seq", "par", "par_unseq", "task"]


def value_of(result, policy):
    assert isinstance(result, hpx.Future) == (policy == "task")
    return result.get() if policy == "task" else result


ALGORITHMS = {
    "sum": {},
    "prod": {"axis": 0},
    "min": {},
    "amax": {"axis": 1, "keepdims": True},
    "argmin": {"axis": 0},
    "any": {},
    "mean": {"axis": 1},
    "std": {"ddof": 1},
    "var": {"axis": 0},
    "cumsum": {"axis": 1},
    "cumulative_prod": {"axis": 0},
    "sort": {"axis": 0},
    "argsort": {},
    "median": {"axis": 1},
    "partition": {"kth": 3},
}
LOCAL_ONLY = {"sort", "argsort", "median", "partition"}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ALGORITHMS)
def test_policies_change_no_value(name, policy):
    x = random_array((300, 200))
    for place in placements(2)[: 1 if name in LOCAL_ONLY else None]:
        array = hpx.asarray(x, **place)
        function = getattr(hpx, name)
        expected = function(array, **ALGORITHMS[name]).to_numpy()
        for given in (policy, getattr(hpx.execution, policy)):
            result = function(array, policy=given, **ALGORITHMS[name])
            check(value_of(result, policy), expected)


def test_sequential_work_stays_on_the_calling_thread():
    # Another thread's work is its own: only the caller is bound.
    x = hpx.ones(1_000_000)
    assert float(hpx.sum(x * 2.0, policy="seq")) == 2_000_000
    seen = []
    thread = threading.Thread(target=lambda: seen.append(hpx.num_threads()))
    hpx.for_each("seq", hpx.ones(2), lambda v: seen.append(threading.get_ident()))
    thread.start()
    thread.join()
    assert seen == [threading.get_ident()] * 2 + [hpx.num_threads()]


@pytest.mark.distributed
def test_tasks_of_distributed_arrays_communicate_in_program_order():
    x = hpx.arange(10_001, distribution="block")
    futures = [hpx.sum(x * i, policy=hpx.execution.task) for i in range(5)]
    total = int(x.sum())
    assert [int(f.get()) for f in futures] == [total * i for i in range(5)]
    nested = hpx.execution.task
    assert int(hpx.sum(x, where=x > 5, policy=nested).get()) == total - 15
    values = hpx.when_all([hpx.max(hpx.arange(5), policy="task"), hpx.count(x, 7, policy="task")])
    assert [int(v) for v in values.get()] == [4, 1]


def test_a_task_raises_what_the_call_raises():
    with pytest.raises(ValueError, match="is empty"):
        hpx.max(hpx.zeros(0), policy="task").get()


def test_unknown_policies():
    x = hpx.ones(3)
    for call in (
        lambda p: hpx.sum(x, policy=p),
        lambda p: hpx.sort(x, policy=p),
        lambda p: hpx.cumsum(x, policy=p),
        lambda p: hpx.for_each(p, x, abs),
    ):
        with pytest.raises(ValueError, match="policy 'fast' does not exist; choose 'seq', 'par'"):
            call("fast")
        with pytest.raises(TypeError, match="execution: 3 is no policy"):
            call(3)
    assert repr(hpx.execution.par_unseq) == "hpx.execution.par_unseq"


@pytest.mark.parametrize("dtype", ["float64", "int8", "complex64", "bool"])
def test_count(dtype):
    x = np.array([1, 2, 1, 0, 1]).astype(dtype)
    for place in placements(1):
        array = hpx.asarray(x, **place)
        for policy in (None, *POLICIES):
            result = hpx.count(array, 1, policy=policy)
            assert int(value_of(result, policy)) == np.count_nonzero(x == 1)
    table = hpx.asarray([[1, 2], [1, 1]])
    assert_same(hpx.count(table, 1, axis=0), np.array([2, 1]))
    assert hpx.count(table, 1, axis=0, keepdims=True).shape == (1, 2)
    assert int(hpx.count(hpx.asarray([math.nan]), math.nan)) == 0


# Python functions, called element by element, and elementwise ones, which take them all.
FUNCTIONS = {
    "arithmetic": lambda v: v * 2 + 1,
    "functions": lambda v: hpx.sqrt(abs(v)) + np.cos(v),
    "branches": lambda v: v if v > 0 else -v,
    "mathematics": lambda v: math.floor(v),
    "hpxpy's": hpx.negative,
    "NumPy's": np.square,
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(0,), (7,), (40, 30)])
def test_for_each_stores_what_the_function_returns(shape, name, policy):
    x = random_array(shape)
    expected = np.array([FUNCTIONS[name](v) for v in x.ravel()], float).reshape(shape)
    for place in placements(len(shape)):
        array = hpx.asarray(x, **place)
        assert value_of(hpx.for_each(policy, array, FUNCTIONS[name]), policy) is array
        check(array, expected, tolerance=1e-15)


@pytest.mark.parametrize("policy", POLICIES)
def test_for_each_calls_a_function_for_its_effects(policy):
    x = random_array(50)
    for place in placements(1):
        array = hpx.asarray(x, **place)
        seen = []
        value_of(hpx.for_each(policy, array, seen.append), policy)
        mine = array.local_partition.tolist()
        agree("" if sorted(seen) == sorted(mine) else f"saw {seen}")
        agree("" if policy != "seq" or seen == mine else f"order {seen}")
        check(array, x)


def test_for_each_calls_a_function_once_for_each_element():
    calls = []

    def counted(v):
        calls.append(1)
        return v + 1

    hpx.for_each("par", hpx.ones(10), counted)
    assert len(calls) == 10
    # An array for each element does not fit.
    other = hpx.ones(3)
    x = hpx.ones(3)
    with pytest.raises((TypeError, ValueError)):
        hpx.for_each("seq", x, lambda v: v + other)
    assert_same(x, np.ones(3))
    x = hpx.full(5000, -1.0)  # more than what is done at once, and not counted
    for operation in (abs, np.absolute, hpx.abs):
        before = hpx.counters.get("/hpxpy/operations/run")
        hpx.for_each("par", x, operation)
        assert hpx.counters.get("/hpxpy/operations/run") == before + 1


def test_for_each_stores_into_views_and_in_the_arrays_dtype():
    x = hpx.arange(6)
    hpx.for_each("par", x[::2], lambda v: v * 1.5)
    assert_same(x, np.array([0, 1, 3, 3, 6, 5]))
    before = x + 0
    hpx.for_each("par", x, lambda v: None if v == 3 else 0)
    assert_same(x, np.array([0, 0, 3, 3, 0, 0]))
    assert_same(before, np.array([0, 1, 3, 3, 6, 5]))


def test_for_each_with_wrong_arguments():
    x = hpx.ones(3)
    with pytest.raises(TypeError, match="for_each: list is no hpxpy array"):
        hpx.for_each("seq", [1], abs)
    with pytest.raises(TypeError, match="for_each: 3 is not callable"):
        hpx.for_each("seq", x, 3)
    with pytest.raises(ValueError, match="for_each: the array is read-only"):
        hpx.for_each("seq", hpx.broadcast_to(x, (2, 3)), lambda v: v + 1)

    def fails(v):
        raise KeyError("no")

    for policy in ("seq", "par"):
        with pytest.raises(KeyError, match="no"):
            hpx.for_each(policy, x, fails)
    assert_same(x, np.ones(3))
