"""Bytes that docs/movement.md tells of calls made of several exchanges."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import random_array

N = hpx.num_localities()
COUNT, POSITIONS = 12_000, 3_000
KINDS = ("join", "route", "sort", "redistribute")


def sent():
    return sum(hpx.counters.get(f"/hpxpy/bytes_sent/{kind}") for kind in KINDS)


def places(seed):
    numbers = np.random.default_rng(seed).integers(0, COUNT, POSITIONS)
    return hpx.asarray(numbers, distribution="block")


#: A call of x, weights, values and positions; the bytes of a locality, for elements of 8 bytes.
CALLS = {
    "delete": (lambda x, w, v, at: hpx.delete(x, at), 8 * POSITIONS),
    "insert": (lambda x, w, v, at: hpx.insert(x, at, v), 66 * POSITIONS),
    "add.at": (lambda x, w, v, at: hpx.add.at(x, at, v), 48 * POSITIONS),
    "quantile": (
        lambda x, w, v, at: hpx.quantile(x, 0.3, weights=w, method="inverted_cdf"),
        48 * COUNT,
    ),
    "permuted": (lambda x, w, v, at: hpx.random.default_rng(1).permuted(x), 32 * COUNT),
}


@pytest.mark.skipif(N == 1, reason="one locality sends nothing")
@pytest.mark.parametrize("name", CALLS)
def test_bytes_are_those_of_the_page(name):
    call, told = CALLS[name]
    x, w, v = (
        hpx.asarray(abs(random_array(n, seed=n)), distribution="block")
        for n in (COUNT, COUNT, POSITIONS)
    )
    positions = places(5)
    hpx.eval(x, w, v, positions)
    before = sent()
    result = call(x, w, v, positions)
    if result is not None:
        hpx.eval(result)
    # What is drawn at random lies at another locality all but one time in N.
    assert 0.85 * (1 - 1 / N) * told / N < sent() - before < 1.15 * (1 - 1 / N) * told / N
