"""Which localities there are, what runs on one of them, and what is written once."""

# SPDX-License-Identifier: BSL-1.0
import io
import logging
import os
import socket

import hpxpy as hpx
import pytest
from hpxpy import _logging


def test_localities_are_described():
    everybody = hpx.localities()
    me = everybody[hpx.locality_id()]
    assert [one.id for one in everybody] == hpx.find_all_localities()
    assert (me.id, me.pid, me.host) == (hpx.find_here(), os.getpid(), socket.gethostname())
    assert me.threads == hpx.num_threads()
    assert me.cores >= 1
    assert me.memory > 1 << 20
    # All have been told the same, and each the truth.
    assert hpx.all_gather_object(everybody) == [everybody] * hpx.num_localities()
    truth = hpx.all_gather_object((os.getpid(), hpx.num_threads()))
    assert [(one.pid, one.threads) for one in everybody] == truth
    engine = os.environ.get("HPXPY_ENGINE") or ("mpi" if len(everybody) > 1 else "local")
    assert {one.engine for one in everybody} == {engine}


def test_numbers_of_localities():
    assert hpx.find_here() == hpx.locality_id()
    assert sorted([hpx.find_here(), *hpx.find_remote_localities()]) == hpx.find_all_localities()
    assert hpx.all_gather_object(hpx.is_root()).count(True) == 1
    assert hpx.is_root() == (hpx.locality_id() == 0)


def test_locality_0_prints_for_all():
    text = io.StringIO()
    x = hpx.arange(3, distribution="block")
    hpx.print0("x:", x, 1, sep="|", end="!", file=text)
    assert text.getvalue() == (f"x:|{x}|1!" if hpx.is_root() else "")


def where(*args, **kwargs):
    return hpx.locality_id(), args, kwargs


@pytest.mark.parametrize("k", hpx.find_all_localities())
def test_a_function_runs_on_one_and_all_get_its_value(k):
    assert hpx.run_on(k, where, 1, b=2) == (k, (1,), {"b": 2})
    here = []

    @hpx.on_locality(k)
    def decorated(value):
        """Its own words."""
        here.append(hpx.locality_id())
        return value, len(here)

    assert decorated("x") == ("x", 1)
    assert here == ([k] if hpx.locality_id() == k else [])
    assert decorated.__doc__ == "Its own words."


@pytest.mark.parametrize("k", hpx.find_all_localities())
def test_what_it_raises_is_raised_on_all(k):
    def fails():
        raise KeyError("missing")

    with pytest.raises(KeyError, match="missing") as error:
        hpx.run_on(k, fails)
    if hpx.locality_id() != k:
        assert f"On locality {k} (" in str(error.value.__cause__)
        assert "in fails" in str(error.value.__cause__)
    with pytest.raises(TypeError, match=r"what .*<lambda> returned cannot be pickled"):
        hpx.run_on(k, lambda: lambda: 1)
    assert hpx.run_on(k, abs, -3) == 3


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: hpx.run_on(99, abs, 1),
            ValueError,
            "run_on: locality 99 does not exist; this",
        ),
        (lambda: hpx.run_on(True, abs, 1), TypeError, "run_on: k=True is not the number of a"),
        (lambda: hpx.run_on(0, 3), TypeError, "run_on: 3 is not callable; give a function"),
        (lambda: hpx.on_locality(0)(3), TypeError, "on_locality: 3 is not callable; decorate"),
        (lambda: hpx.on_locality(-1)(abs)(1), ValueError, "on_locality: locality -1 does not exi"),
        (lambda: hpx.progress(3), TypeError, "progress: 3 cannot be iterated; give a range or"),
        (lambda: hpx.progress([], total="x"), TypeError, "progress: total='x' is not a number of"),
    ],
)
def test_wrong_arguments(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(message)


def test_one_bar_is_drawn():
    text = io.StringIO()
    steps = list(hpx.progress(iter("abc"), total=3, description="sweeps", file=text))
    assert steps == ["a", "b", "c"]
    if hpx.is_root():
        assert "sweeps" in text.getvalue()
        assert "3/3" in text.getvalue()
        assert text.getvalue().count("\n") <= 1
    else:
        assert text.getvalue() == ""


def test_a_bar_ends_where_its_loop_does():
    for step in hpx.progress(range(10), file=io.StringIO()):
        if step == 2:
            break
    assert step == 2


def test_messages_have_the_localitys_number(monkeypatch):
    text = io.StringIO()
    root, mine = logging.getLogger(), logging.getLogger("mine")
    kept = root.level, root.handlers[:]
    monkeypatch.setattr("sys.stderr", text)
    try:
        _logging.set_up("error,mine=debug")
        root.warning("not shown")
        root.error("of all")
        mine.debug("of %s", "mine")
    finally:
        root.setLevel(kept[0])
        root.handlers[:] = kept[1]
        mine.setLevel(logging.NOTSET)
    me = hpx.locality_id()
    first, second = text.getvalue().splitlines()
    assert first.endswith(f" locality {me} ERROR root: of all")
    assert second.endswith(f" locality {me} DEBUG mine: of mine")
    with pytest.raises(ValueError, match="HPXPY_LOG: 'loud' is no level; give debug, info"):
        _logging.set_up("loud")
