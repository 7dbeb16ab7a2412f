"""Windows: one locality alone gets and puts elements of distributed arrays."""

# SPDX-License-Identifier: BSL-1.0
import time

import hpxpy as hpx
import numpy as np
import pytest
from helpers import PLANES, agree, check, random_array

pytestmark = pytest.mark.distributed

N, ME = hpx.num_localities(), hpx.locality_id()
LAST = N - 1

KEYS = [
    np.s_[3, 2],
    np.s_[-1, -7],
    np.s_[4],
    np.s_[:, 1],
    np.s_[2:9, 1:6:2],
    np.s_[::-3],
    np.s_[..., 0],
    np.s_[5:5],
    np.s_[:],
]


@pytest.mark.parametrize("layout", PLANES)
def test_get(layout):
    x = random_array((12, 7))
    a = hpx.asarray(x, **PLANES[layout])
    problem = ""
    with a.exposed() as window:
        if ME == LAST:
            for key in KEYS:
                got = window.get(key)
                if got.distribution is not None or not np.array_equal(got, x[key]):
                    problem = f"{key}: {got!r}"
    agree(problem)


@pytest.mark.parametrize("layout", PLANES)
def test_put(layout):
    x = random_array((12, 7))
    a = hpx.asarray(x, **PLANES[layout])
    with a.exposed() as window:
        if ME == 0:
            for i, key in enumerate(KEYS):
                window.put(key, float(i))
            window.put((slice(None), 6), np.arange(12.0))
            assert float(window.get((11, 6))) == 11.0
    for i, key in enumerate(KEYS):
        x[key] = i
    x[:, 6] = np.arange(12.0)
    check(a, x)
    check(a * 2, x * 2)


def test_views_and_other_dtypes():
    for dtype in ("bool", "int16", "complex64"):
        x = random_array((9, 4), dtype)
        a = hpx.asarray(x, distribution="block")
        view, expected = a[::-2, 1:], x[::-2, 1:]
        with view.exposed() as window:
            if ME == LAST:
                window.put((1, 2), 1)
        expected[1, 2] = 1
        check(a, x)
    local = hpx.asarray([1.0, 2.0])
    with local.exposed() as window:
        window.put(0, 5)
        assert window.get(slice(None)).tolist() == [5.0, 2.0]


def test_everybody_puts_at_once():
    a = hpx.zeros(10 * N, distribution="block")
    with a.exposed() as window:
        for i in range(ME, 10 * N, N):
            window.put(i, i)
    check(a, np.arange(10.0 * N))


def test_a_target_that_computes_serves():
    a = hpx.arange(float(N), distribution="block")
    with a.exposed() as window:
        if ME == LAST:
            time.sleep(0.3)
        assert float(window.get(LAST)) == LAST


def test_bad_keys_and_closed_windows():
    a = hpx.zeros((6, 4), distribution="block")
    with a.exposed() as window:
        for key, error, text in (
            ((6, 0), IndexError, "get: 6 is out of range for axis 0 of length 6"),
            ((0, -5), IndexError, "get: -5 is out of range for axis 1 of length 4"),
            ((0, 0, 0), IndexError, "get: 3 indices for an array of 2 dimensions"),
            (1.5, TypeError, "get: 1.5 is no index of a window"),
        ):
            with pytest.raises(error, match=text):
                window.get(key)
        with pytest.raises(ValueError, match=r"put: a value of shape \(3,\) does not broadcast"):
            window.put(0, [1, 2, 3])
        assert "open window" in repr(window)
    with pytest.raises(RuntimeError, match="get: the window is closed"):
        window.get(0)
    assert "closed window" in repr(window)
    check(a, np.zeros((6, 4)))


@pytest.mark.skipif(N == 1, reason="one locality agrees with itself")
@pytest.mark.parametrize("other", [hpx.barrier, lambda: enter(hpx.zeros(7, distribution="block"))])
def test_a_window_that_not_all_enter(other):
    """All are told, and the next window is the same one for all."""
    a = hpx.zeros(3 * N, distribution="block")
    text = ""
    try:
        if ME == 0:
            enter(a)
        else:
            other()
        hpx.barrier()
    except hpx.CommunicationError as error:
        text = str(error)
    agree("" if "enter window" in text else f"told: {text!r}")
    b, c = (hpx.zeros(3 * N, distribution="block") for _ in range(2))
    with b.exposed() as first, c.exposed() as second:
        if ME == LAST:
            first.put(0, 1.0)
            second.put(1, 2.0)
    check(b, np.eye(3 * N)[0])
    check(c, 2 * np.eye(3 * N)[1])


def enter(x):
    with x.exposed() as window:
        assert window.get(0).shape == ()
