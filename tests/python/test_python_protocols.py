"""What Python asks of numbers, sequences and what is copied or pickled; what notebooks show."""

# SPDX-License-Identifier: BSL-1.0
import copy
import html
import math
import pickle
import re

import hpxpy as hpx
import numpy as np
import pytest
from helpers import DTYPES, agree, assert_same, check_distributed, random_array


@pytest.mark.parametrize("value", [2.5, -2.5, 0.0, 3.7, 1e15])
def test_math_functions_of_numbers(value):
    x = hpx.asarray(value)
    for function in (
        math.floor,
        math.ceil,
        math.trunc,
        math.exp2,
        math.sin,
        math.isnan,
        math.frexp,
    ):
        if function is math.exp2 and abs(value) > 1000:
            continue
        assert function(x) == function(value)
        assert type(function(x)) is type(function(value))
    assert math.hypot(x, 3) == math.hypot(value, 3)
    assert round(x) == round(value)
    assert isinstance(round(x), int)
    assert_same(round(x, 1), np.asarray(round(value, 1)))
    assert abs(x) == abs(value)
    assert divmod(x, 2) == divmod(value, 2)


def test_integers_of_math():
    n = hpx.asarray([4, 6])
    assert math.gcd(n[0], n[1]) == 2
    assert math.factorial(n[0]) == 24
    assert math.comb(n[1], 2) == 15
    assert round(n[0]) == 4
    assert math.trunc(n[1]) == 6
    assert "abcdef"[n[0]] == "e"
    assert bin(n[1]) == "0b110"


def test_arrays_are_no_numbers():
    x = hpx.asarray([1.5, 2.5])
    with pytest.raises(TypeError, match=r"round: an array is no number; hpx\.round"):
        round(x)
    for function in (math.trunc, math.floor, math.sqrt):
        with pytest.raises((TypeError, ValueError), match=r"\(2,\)"):
            function(x)
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_format_strings():
    x = hpx.asarray([1234.5678, 2.0])
    assert (
        f"{x[0]:.2f} {x[0]:>10.1f} {x[0]:,.0f} {x[1]:e}" == "1234.57     1234.6 1,235 2.000000e+00"
    )
    assert "%.1f %d %s" % (x[0], x[1], x[1]) == "1234.6 2 2.0"  # noqa: UP031
    assert f"{hpx.asarray(5):03d} {hpx.asarray(5):b} {hpx.asarray(True)}" == "005 101 True"
    assert f"{hpx.asarray(1 + 2j):.1f}" == "1.0+2.0j"
    assert f"{x.sum()!r}" == repr(np.asarray(x.to_numpy().sum()))


def test_sequences():
    x = hpx.asarray([[1, 2], [3, 4], [5, 6]])
    assert [row.tolist() for row in x] == [[1, 2], [3, 4], [5, 6]]
    assert [row.tolist() for row in reversed(x)] == [[5, 6], [3, 4], [1, 2]]
    first, *_, last = x[:, 0]
    assert (int(first), int(last)) == (1, 5)
    assert [int(v) for v in sorted(hpx.asarray([3, 1, 2]))] == [1, 2, 3]
    assert int(sum(x[:, 1])) == 12
    assert int(max(x[:, 1])) == 6
    assert [(i, int(v)) for i, v in enumerate(x[0])] == [(0, 1), (1, 2)]
    assert [(int(a), int(b)) for a, b in zip(x[:, 0], x[:, 1], strict=True)] == [
        (1, 2),
        (3, 4),
        (5, 6),
    ]
    with pytest.raises(TypeError, match="reversed: a 0-d array has no elements in order"):
        reversed(hpx.asarray(1))


def test_elements_of_distributed_arrays_in_order():
    x = hpx.arange(5, distribution="block")
    assert [int(v) for v in x] == [0, 1, 2, 3, 4]
    assert [int(v) for v in reversed(x)] == [4, 3, 2, 1, 0]
    assert 3 in x
    assert 7 not in x


def test_membership():
    x = hpx.asarray([[1.0, 2.0], [3.0, np.nan]])
    assert 3 in x
    assert 4 not in x
    assert np.nan not in x
    assert np.array([3.0, np.nan]) in x
    assert "a" not in x
    assert None not in x


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("protocol", [4, pickle.HIGHEST_PROTOCOL])
def test_pickles_of_views_hold_their_elements_alone(dtype, protocol):
    x = random_array((200, 300), dtype)
    array = hpx.asarray(x)
    views = {
        "whole": lambda a: a,
        "transposed": lambda a: a.T,
        "part": lambda a: a[3:5, 2:7],
        "backwards": lambda a: a[::-2, ::-1],
        "one": lambda a: a[1, 2],
        "none": lambda a: a[:0],
    }
    for view in views.values():
        data = pickle.dumps(view(array), protocol)
        again = pickle.loads(data)
        assert type(again) is hpx.ndarray
        assert_same(again, np.asarray(view(x)))
        assert len(data) < view(x).nbytes + 1000
        again[...] = 1
        assert_same(array, x)


def test_pickles_of_what_is_not_computed_yet_and_of_read_only_arrays():
    x = hpx.ones(5000) * 2 + 1
    assert_same(pickle.loads(pickle.dumps(x)), np.full(5000, 3.0))
    stretched = hpx.broadcast_to(hpx.asarray([1, 2]), (3, 2))
    assert not stretched.writeable
    again = pickle.loads(pickle.dumps(stretched))
    assert again.writeable
    assert again.tolist() == [[1, 2]] * 3
    a, b = pickle.loads(pickle.dumps((x, x)))
    assert a is b


def test_distributed_arrays_have_no_pickle():
    x = hpx.arange(7, distribution="block")
    with pytest.raises(TypeError, match=r"pickle: .*distributed.*local_partition.*to_numpy\(\)"):
        pickle.dumps({"x": x})
    again = hpx.from_local(pickle.loads(pickle.dumps(x.local_partition)))
    check_distributed(again, np.arange(7))


def test_copies():
    x = hpx.asarray([[1.0, 2.0], [3.0, 4.0]])
    for function in (copy.copy, copy.deepcopy):
        for view in (x, x.T, x[::-1], x[0, 0], x[1:, 1:], hpx.broadcast_to(x, (3, 2, 2))):
            made = function(view)
            assert_same(made, view.to_numpy())
            assert made.writeable
            made[...] = 0
            assert x.tolist() == [[1, 2], [3, 4]]
    one, other = copy.deepcopy([x, x])
    assert one is other
    assert copy.copy([x])[0] is x
    y = hpx.arange(9, distribution="block")
    for function in (copy.copy, copy.deepcopy):
        made = function(y)
        made[...] = 0
        check_distributed(made, np.zeros(9, int))
        check_distributed(y, np.arange(9))


def shown(x):
    text = x._repr_html_()
    assert re.fullmatch(r"<div><b>hpxpy\.ndarray</b> [^<>]*<pre>[^<>]*</pre></div>", text)
    return html.unescape(text)


def test_notebooks_show_arrays():
    text = shown(hpx.asarray([[1.5, 2.0], [3.0, 4.0]]))
    assert "float64, shape (2, 2), 32 B" in text
    assert "[[1.5, 2. ],\n [3. , 4. ]]" in text
    assert "int8, shape (), 1 B<pre>7<" in shown(hpx.asarray(7, dtype="int8"))
    assert "shape (0,), 0 B<pre>[]<" in shown(hpx.zeros(0))


@pytest.mark.parametrize("shape", [(1_000_000,), (1000, 1000), (10, 10, 100, 100)])
def test_notebooks_show_little_of_large_arrays(shape):
    text = shown(hpx.zeros(shape))
    assert "8 MB" in text
    assert "..." in text
    assert len(text) < 2000


def test_notebooks_show_the_map_without_communication():
    x = hpx.arange(1000, distribution="block")
    # On one locality only: nobody waits for the others.
    problem = ""
    if hpx.locality_id() == 0:
        text = shown(x)
        parts = f"block along axis 0, {hpx.num_localities()} partitions, here that of locality 0"
        if parts not in text or "[  0,   1, ..." not in text:
            problem = text
    agree(problem)
