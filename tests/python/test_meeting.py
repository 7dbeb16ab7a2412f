"""Where operands on different maps meet: no call moves anything twice, no order costs more."""

# SPDX-License-Identifier: BSL-1.0
import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree, check, random_array

N = hpx.num_localities()
ME = hpx.locality_id()
needs_others = pytest.mark.skipif(N == 1, reason="one locality sends nothing")


def sent():
    return int(hpx.counters.get("/hpxpy/bytes_sent"))


def bytes_of(work):
    """What this locality sends while `work` computes and is evaluated, agreements left out."""
    before = sent()
    hpx.barrier()
    agreement = sent() - before
    before = sent()
    results = work()
    for result in results if isinstance(results, tuple) else (results,):
        result.local_partition.to_numpy()
    return (sent() - before) % agreement if agreement else sent() - before


ROWS, COLUMNS = 60, 4
STENCILS = {
    "first": lambda u: u[:-2] + u[2:] - 2 * u[1:-1],
    "between": lambda u: u[:-2] - 2 * u[1:-1] + u[2:],
    "backwards": lambda u: u[2:] - 2 * u[1:-1] + u[:-2],
    "middle first": lambda u: 2 * u[1:-1] + u[2:] + u[:-2],
}


@needs_others
@pytest.mark.parametrize("name", STENCILS)
def test_three_points_send_one_row_to_each_neighbour_in_any_order(name):
    x = random_array((ROWS, COLUMNS))
    u = hpx.asarray(x, distribution="block")
    neighbours = (ME > 0) + (ME < N - 1)
    moved = bytes_of(lambda: STENCILS[name](u))
    agree("" if moved == neighbours * COLUMNS * 8 else f"sent {moved} B")
    check(STENCILS[name](u), STENCILS[name](x), tolerance=1e-14)


def test_stencils_on_views_of_any_step():
    x = random_array((ROWS, COLUMNS))
    u = hpx.asarray(x, distribution="block")
    for stencil in STENCILS.values():
        for step in (1, 2, -1, -3):
            check(stencil(u[::step]), stencil(x[::step]), tolerance=1e-14)
            check(stencil(u[7:-2:step]), stencil(x[7:-2:step]), tolerance=1e-14)


def moves_once():
    x, z = random_array((24, 36)), random_array((24, 36), seed=1)
    a = hpx.asarray(x, distribution="block")
    b = hpx.asarray(z, distribution="block", axis=1)
    return x, z, a, b


CALLS = {
    "divmod": lambda a, b: divmod(a, b),
    "hpx.divmod": lambda a, b: hpx.divmod(a, b),
    "isclose": lambda a, b: hpx.isclose(a, b, equal_nan=True),
    "clip": lambda a, b: hpx.clip(a, b, b),
    "clip by views": lambda a, b: hpx.clip(a, b, b + 1),
    "where": lambda a, b: hpx.where(b, b, a),
}
NUMPY = {
    "hpx.divmod": np.divmod,
    "isclose": np.isclose,
    "clip": lambda x, z: np.clip(x, z, z),
    "clip by views": lambda x, z: np.clip(x, z, z + 1),
    "where": lambda x, z: np.where(z, z, x),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_one_call_moves_it_moves_once(name):
    x, z, a, b = moves_once()
    alone = bytes_of(lambda: a + b)
    twice = bytes_of(lambda: CALLS[name](a, b))
    agree("" if twice <= alone else f"{twice} B for {alone}")
    expected = NUMPY.get(name, divmod)(x, z)
    got = CALLS[name](a, b)
    for one, other in zip(
        got if isinstance(got, tuple) else (got,),
        expected if isinstance(expected, tuple) else (expected,),
        strict=True,
    ):
        check(one, other, tolerance=1e-14)


@pytest.mark.parametrize("name", CALLS)
def test_any_maps_give_the_same(name):
    x, z, *_ = moves_once()
    expected = NUMPY.get(name, divmod)(x, z)
    for first in (0, 1, None):
        for second in (0, 1, None):
            places = [
                {} if k is None else {"distribution": "block", "axis": k} for k in (first, second)
            ]
            got = CALLS[name](hpx.asarray(x, **places[0]), hpx.asarray(z, **places[1]))
            pairs = zip(got, expected, strict=True) if isinstance(got, tuple) else [(got, expected)]
            for one, other in pairs:
                check(one, other, tolerance=1e-14)


def test_operands_of_fewer_axes_meet():
    x, z = random_array((24, 36)), random_array(36, seed=2)
    a = hpx.asarray(x, distribution="block")
    b = hpx.asarray(z, distribution="block")
    for ours, theirs in (
        (divmod(a, b), divmod(x, z)),
        (hpx.divmod(b, a), np.divmod(z, x)),
    ):
        for one, other in zip(ours, theirs, strict=True):
            check(one, other, tolerance=1e-14)
    check(hpx.isclose(a, b), np.isclose(x, z))
