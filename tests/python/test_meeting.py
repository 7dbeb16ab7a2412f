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
    of_agreements = hpx.counters.get("/hpxpy/bytes_sent/agreement")
    return int(hpx.counters.get("/hpxpy/bytes_sent") - of_agreements)


def bytes_of(work):
    """What this locality sends while `work` computes and is evaluated, agreements left out."""
    before = sent()
    results = work()
    for result in results if isinstance(results, tuple) else (results,):
        result.local_partition.to_numpy()
    return sent() - before


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
    x, z, a, b = moves_once()
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


SIZES = {"few": (24, 36), "many": (240, 360)}
EXPRESSIONS = {
    "x + z + z": lambda x, z: x + z + z,
    "x * z - z": lambda x, z: x * z - z,
    "x + z + x + z / 2": lambda x, z: x + z + x + z,
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_of_several_calls_moves_an_operand_once(name, size):
    x, z = random_array(SIZES[size]), random_array(SIZES[size], seed=1)
    a = hpx.asarray(x, distribution="block")

    def turned():
        return hpx.asarray(z, distribution="block", axis=1)

    b = turned()
    alone = bytes_of(lambda: a + b)
    b = turned()
    several = bytes_of(lambda: EXPRESSIONS[name](a, b))
    agree("" if several == alone else f"{several} B for {alone}")
    check(EXPRESSIONS[name](a, b), EXPRESSIONS[name](x, z), tolerance=1e-14)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_moves_again(size):
    x, z = random_array(SIZES[size]), random_array(SIZES[size], seed=1)
    a = hpx.asarray(x, distribution="block")
    b = hpx.asarray(z, distribution="block", axis=1)
    first = a + b
    b[3] = 7.0
    second = a + b
    # Memory that a locality writes by itself: all move it once more, or none would know.
    if ME == N - 1:
        b.local_partition[...] = -1.0
    third = a + b
    check(first, x + z, tolerance=1e-14)
    z[3] = 7.0
    check(second, x + z, tolerance=1e-14)
    last = hpx.asarray(z, distribution="block", axis=1).local_partition.shape[1]
    z[:, z.shape[1] - (last if ME == N - 1 else z.shape[1] // N) :] = -1.0
    check(third, x + z, tolerance=1e-14)


@pytest.mark.parametrize("size", SIZES)
def test_what_moved_twice_is_two_arrays(size):
    z = random_array(SIZES[size])
    b = hpx.asarray(z, distribution="block", axis=1)
    one, other = hpx.redistribute(b, "block"), hpx.redistribute(b, "block")
    one[1] = 5.0
    check(other, z)
    check(b, z)
    other[0, 0] = 4.0
    again = hpx.redistribute(b, "block")
    check(again, z)
    z[1] = 5.0
    check(one, z)


def test_a_stencil_of_several_calls_sends_its_rows_once():
    x = random_array((ROWS, COLUMNS))
    u = hpx.asarray(x, distribution="block")
    once = bytes_of(lambda: u[1:] - u[:-1])
    twice = bytes_of(lambda: (u[1:] - u[:-1]) * u[:-1] + u[1:])
    agree("" if twice == once else f"{twice} B for {once}")
    begun = u[1:] - u[:-1]
    u[2:4] = 3.0
    ended = begun * u[:-1]
    start = x.copy()
    x[2:4] = 3.0
    check(ended, (start[1:] - start[:-1]) * x[:-1])


def test_steps_do_not_keep_those_before():
    def used():
        return hpx.counters.get("/hpxpy/memory/used")

    u = hpx.asarray(random_array((ROWS, COLUMNS)), distribution="block")
    z = hpx.asarray(random_array((ROWS, COLUMNS)), distribution="block", axis=1)
    after = []
    for _ in range(40):
        u = hpx.concat([u[:1], (u[:-2] + u[2:]) / 2, u[-1:]]) + z
        u = hpx.redistribute(u, "block") - z - z
        after.append(used())
    assert max(after[5:]) - min(after[5:]) < ROWS * COLUMNS * 8 * 5
    v = hpx.asarray(random_array(1000), distribution="block")
    for _ in range(40):
        v = v[1:] - v[:-1]
        after.append(used())
    assert max(after[45:]) - min(after[45:]) < 5 * 8000


@needs_others
def test_the_same_call_again_moves_again():
    u = hpx.asarray(random_array((ROWS, COLUMNS)), distribution="block")
    first = bytes_of(lambda: u[1:] - u[:-1])
    again = bytes_of(lambda: u[1:] - u[:-1])
    agree("" if first == again else f"{again} B after {first}")


@needs_others
def test_a_plan_says_what_came_before():
    a = hpx.asarray(random_array((24, 36)), distribution="block")
    b = hpx.asarray(random_array((24, 36)), distribution="block", axis=1)
    plan = hpx.explain(lambda: a + b + b)
    exchanges = [line for line in plan.splitlines() if "redistribute" in line]
    assert len(exchanges) == 2
    assert "sends" in exchanges[0]
    assert exchanges[1].endswith(": an earlier exchange has brought it")
