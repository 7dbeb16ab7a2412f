"""Exchanges that start at once: one message for several reductions, one pass over memory."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, check, random_array

pytestmark = pytest.mark.distributed

N, ME = hpx.num_localities(), hpx.locality_id()
several = pytest.mark.skipif(N == 1, reason="one locality sends nothing")

FUNCTIONS = ("sum", "prod", "min", "max", "mean", "var", "std", "any", "all", "argmin", "argmax")


def bits(x):
    return np.asarray(x).tobytes()


@pytest.mark.parametrize("n", [1, 7, 1000, 70_001])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "complex128"])
def test_the_same_bits_as_alone(dtype, n):
    x = random_array(n, dtype)
    a = hpx.asarray(x, distribution="block")
    names = [
        f for f in FUNCTIONS if dtype != "complex128" or f not in ("min", "max", "argmin", "argmax")
    ]
    alone = [getattr(hpx, name)(a) for name in names]
    with hpx.together():
        at_once = [getattr(hpx, name)(a) for name in names]
    for name, one, other in zip(names, alone, at_once, strict=True):
        agree("" if bits(one) == bits(other) else f"{name}: {one!r}, at once {other!r}")


@several
def test_one_message_for_all_reductions():
    a = hpx.asarray(random_array(5000), distribution="block")
    hpx.eval(a)
    hpx.barrier()

    def sent(call):
        before = hpx.counters.get("/hpxpy/messages/all_reduce")
        call()
        return hpx.counters.get("/hpxpy/messages/all_reduce") - before

    def at_once():
        with hpx.together():
            results = [a.sum(), (a * a).sum(), a.max(), hpx.sqrt(abs(a)).mean()]
        return [float(x) for x in results]

    one = sent(lambda: float(a.sum()))
    agree("" if sent(at_once) == one else "more messages than one sum sends")
    got = at_once()
    x = a.to_numpy()
    assert np.allclose(got, [x.sum(), (x * x).sum(), x.max(), np.sqrt(abs(x)).mean()])


@several
def test_one_pass_over_memory():
    a = hpx.asarray(random_array(500_000), distribution="block")
    hpx.eval(a)

    def at_once():
        with hpx.together():
            at_once.results = (hpx.exp(a).sum(), hpx.exp(a).max(), (a + 1).sum())

    plan = hpx.explain(at_once)
    assert plan.count("fused") <= 1, plan
    assert "all_reduce of sum, max, sum at once" in plan


def test_what_is_made_of_results_follows():
    x = random_array(3000)
    a = hpx.asarray(x, distribution="block")
    with hpx.together():
        centred = a - a.mean()
        spread = (centred * centred).mean()
        moved = hpx.redistribute(a, "cyclic")
        halo = a[2:] - a[:-2]
        columns = hpx.asarray(x.reshape(30, 100), distribution="block").sum(axis=0)
    assert abs(float(spread) - x.var()) < 1e-12
    check(moved, x)
    check(halo, x[2:] - x[:-2])
    check(columns, x.reshape(30, 100).sum(axis=0), tolerance=1e-12)


@several
def test_reading_inside_raises():
    a = hpx.arange(1000.0, distribution="block")
    with hpx.together():
        total = a.sum()
        with pytest.raises(RuntimeError, match="read it after that"):
            float(total)
        with pytest.raises(RuntimeError, match="one is open already"), hpx.together():
            pass
        local = hpx.arange(5.0).sum()
        assert float(local) == 10.0
    assert float(total) == 499500.0


@several
def test_after_an_error_nothing_is_sent_and_the_next_call_works():
    a = hpx.arange(1000.0, distribution="block")
    with pytest.raises(ZeroDivisionError), hpx.together():
        total = a.sum()
        raise ZeroDivisionError
    with pytest.raises(RuntimeError, match="ended with an error"):
        float(total)
    assert float(a.sum()) == 499500.0
