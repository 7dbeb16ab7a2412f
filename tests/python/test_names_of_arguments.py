"""Every function takes NumPy's names of its arguments beside ours, and tells its signature."""

# SPDX-License-Identifier: BSL-1.0
import inspect

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same
from hpxpy._names import NAMES
from test_differences import missing_arguments

pytestmark = pytest.mark.local

PLACES = {"": (hpx, np), "linalg.": (hpx.linalg, np.linalg), "fft.": (hpx.fft, np.fft)}
Kind = inspect.Parameter


def functions():
    """Our functions that NumPy has, too: the name, ours, NumPy's."""
    for prefix, (ours, theirs) in PLACES.items():
        for name in ours.__all__:
            function, original = getattr(ours, name), getattr(theirs, name, None)
            if not callable(function) or not callable(original) or isinstance(original, np.ufunc):
                continue
            if not isinstance(function, type) and not isinstance(original, type):
                yield prefix + name, function, original


FUNCTIONS = {name: pair for name, *pair in functions()}
MISSING = missing_arguments()
POSITIONAL = (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)
#: The order of arguments is the standard's or ours where NumPy has its own.
OTHER_ORDER = {
    "arange": "start is the only argument that may stand alone",
    "astype": "copy= is the standard's, by keyword",
    "fromfunction": "keywords are passed on",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_names(name):
    function, original = FUNCTIONS[name]
    own = inspect.signature(function).parameters
    try:
        numpys = inspect.signature(original).parameters.values()
    except ValueError:
        return
    pairs = dict(pair.split(":") for pair in NAMES.get(name, "").split())
    missing = MISSING.get(name, [])
    for p in numpys:
        if p.kind in (Kind.POSITIONAL_ONLY, Kind.VAR_POSITIONAL, Kind.VAR_KEYWORD):
            continue
        if p.name in ("like", "subok", *missing):
            continue
        assert p.name in own or p.name in pairs, f"{name}: no argument {p.name}"
        found = own.get(p.name)
        assert p.name in pairs or found.kind is not Kind.POSITIONAL_ONLY, (name, p.name)
    for theirs, ours in pairs.items():
        assert theirs not in own or own[theirs].kind is Kind.POSITIONAL_ONLY
        assert ours.isdigit() or ours in own


@pytest.mark.parametrize("name", FUNCTIONS)
def test_order(name):
    """What both take by position stands at the same place."""
    function, original = FUNCTIONS[name]
    if name in OTHER_ORDER:
        return
    pairs = dict(pair.split(":") for pair in NAMES.get(name, "").split())
    try:
        theirs = [
            p for p in inspect.signature(original).parameters.values() if p.kind in POSITIONAL
        ]
    except ValueError:
        return
    ours = [p.name for p in inspect.signature(function).parameters.values() if p.kind in POSITIONAL]
    for i, p in enumerate(theirs):
        named = pairs.get(p.name, p.name)
        if named.isdigit():
            assert int(named) == i
        elif named in ours and i < len(ours):
            assert ours.index(named) == i, (name, p.name)


@pytest.mark.parametrize("place", [hpx, hpx.linalg, hpx.fft, hpx.random, hpx.random.Generator])
def test_signatures_of_all_functions(place):
    for name in getattr(place, "__all__", [n for n in dir(place) if not n.startswith("_")]):
        function = getattr(place, name)
        if callable(function) and not isinstance(function, type):
            assert isinstance(inspect.signature(function), inspect.Signature)


def test_calls_by_numpys_names():
    x = np.array([[3.0, 1.0], [2.0, 5.0]])
    a = hpx.asarray(x)
    for call in (
        lambda m, v: m.sum(a=v, axis=0),
        lambda m, v: m.sort(a=v, axis=0),
        lambda m, v: m.tile(A=v, reps=2),
        lambda m, v: m.searchsorted(a=m.asarray([1.0, 2.0]), v=v),
        lambda m, v: m.eye(N=2, M=3, k=1),
        lambda m, v: m.vstack(tup=[v, v]),
        lambda m, v: m.linalg.solve(a=v, b=v),
        lambda m, v: m.linalg.norm(x=v),
        lambda m, v: m.fft.fft(a=v, axis=0),
        lambda m, v: m.array(object=[1, 2]),
        lambda m, v: m.take(a=v, indices=[0]),
        lambda m, v: m.concatenate([v, v], axis=1),
        lambda m, v: m.cumsum(a=v, axis=1),
        lambda m, v: m.argmax(a=v),
        lambda m, v: m.quantile(a=v, q=0.5),
        lambda m, v: m.clip(v, a_min=2, a_max=3),
        lambda m, v: m.full_like(a=v, fill_value=2),
        lambda m, v: m.tensordot(a=v, b=v, axes=1),
        lambda m, v: m.outer(a=v, b=v),
        lambda m, v: m.where(v > 2, v, 0),
        lambda m, v: m.expand_dims(a=v, axis=0),
        lambda m, v: m.isin(element=v, test_elements=[1]),
    ):
        assert_same(call(hpx, a), np.asarray(call(np, x)), tolerance=1e-12)


def test_wrong_names():
    a = hpx.ones(3)
    with pytest.raises(TypeError, match="sum: a and x are two names of one argument"):
        hpx.sum(x=a, a=a)
    with pytest.raises(TypeError):
        hpx.sum(a, a=a)
    with pytest.raises(TypeError):
        hpx.sum(b=a)
    with pytest.raises(TypeError, match="solve: argument b has none before it"):
        hpx.linalg.solve(b=hpx.eye(2))
    with pytest.raises(TypeError, match="solve: argument a is given twice"):
        hpx.linalg.solve(hpx.eye(2), a=hpx.eye(2))
