"""Every function takes NumPy's names of its arguments beside ours, and tells its signature."""

# SPDX-License-Identifier: BSL-1.0
import inspect
import re
from pathlib import Path

import hpxpy as hpx
import numpy as np
import pytest
from helpers import assert_same
from hpxpy._names import NAMES
from test_differences import UNNEEDED

pytestmark = pytest.mark.local

#: Ours and NumPy's; `random` is both a module and the methods of a Generator.
PLACES = {
    "": (hpx, np),
    "linalg.": (hpx.linalg, np.linalg),
    "fft.": (hpx.fft, np.fft),
    "random.": (hpx.random, np.random),
    "random.Generator.": (hpx.random.Generator, np.random.Generator),
    "ndarray.": (hpx.ndarray, np.ndarray),
}
Kind = inspect.Parameter
POSITIONAL = (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)
PAGE = (Path(__file__).parents[2] / "docs" / "differences.md").read_text()


def functions():
    """Our functions that NumPy has, too: the name, ours, and the parameters of NumPy's."""
    for prefix, (ours, theirs) in PLACES.items():
        for name in getattr(ours, "__all__", [n for n in vars(ours) if not n.startswith("_")]):
            function, original = getattr(ours, name), getattr(theirs, name, None)
            if not callable(function) or not callable(original):
                continue
            if isinstance(function, type) or isinstance(original, type):
                continue
            try:
                parameters = [*inspect.signature(original).parameters.values()]
            except ValueError:  # written in C, in older versions of NumPy
                continue
            yield prefix + name, function, parameters


FUNCTIONS = {name: pair for name, *pair in functions()}


def missing_on_the_page():
    """{(function, argument)} of the table of arguments that hpxpy does not take."""
    rows = re.findall(r"\n  \| `([^|]*)` \| `([^|]*)` \|(?=\n)", PAGE)
    return {
        (name, argument)
        for names, arguments in rows
        for name in names.split("`, `")
        for argument in arguments.split("`, `")
    }


def differing_on_the_page():
    """{(function, argument): (NumPy's, ours)} of the table of those that differ."""
    rows = re.findall(r"\n  \| `([^|]*)` \| `([^|`]*)` \| ([^|`]*) \| ([^|`]*) \|(?=\n)", PAGE)
    return {
        (name, argument): (theirs, ours.removesuffix(", the standard's"))
        for names, argument, theirs, ours in rows
        for name in names.split("`, `")
    }


def same_default(ours, theirs):
    """Whether a default says the same; NumPy's <no value> says nothing, and a dtype has names."""
    if theirs is np._NoValue or ours is theirs:
        return True
    if isinstance(theirs, type) and isinstance(ours, (type, str)):
        return np.dtype(ours) == np.dtype(theirs)
    if isinstance(ours, bool) or not isinstance(ours, (int, float)):
        return type(ours) is type(theirs) and ours == theirs
    return not isinstance(theirs, bool) and ours == theirs


def differences(name):
    """What a call that NumPy takes finds otherwise: {argument: None or (NumPy's, ours)}."""
    function, theirs = FUNCTIONS[name]
    ours = [*inspect.signature(function).parameters.values()]
    places = {p.name: i for i, p in enumerate(ours)}
    pairs = dict(pair.split(":") for pair in NAMES.get(name, "").split())
    found = {}
    for i, p in enumerate(theirs):
        if p.kind in (Kind.VAR_POSITIONAL, Kind.VAR_KEYWORD) or p.name in UNNEEDED:
            continue
        own = pairs.get(p.name, p.name)
        at = int(own) if own.isdigit() else places.get(own)
        if at is None and p.kind is Kind.POSITIONAL_ONLY and ours[i].kind in POSITIONAL:
            at = i  # nobody can call it by its name
        if at is None:
            found[p.name] = None
            continue
        mine = ours[at]
        apart = p.kind in POSITIONAL and (mine.kind not in POSITIONAL or at != i)
        if p.kind is not Kind.POSITIONAL_ONLY and mine.kind is Kind.POSITIONAL_ONLY:
            apart |= p.name not in pairs
        other = p.default is not p.empty and not same_default(mine.default, p.default)
        if apart or other:
            by_keyword = mine.kind is Kind.KEYWORD_ONLY
            sides = (["by position, too"], ["by keyword" if by_keyword else f"at {at}"])
            texts = [side if apart else [] for side in sides]
            if other:
                texts = [[*texts[0], repr(p.default)], [*texts[1], repr(mine.default)]]
            found[p.name] = tuple(", ".join(text) for text in texts)
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_signature_is_numpys_or_on_the_page(name):
    missing, differing = missing_on_the_page(), differing_on_the_page()
    listed = name.removeprefix("random.") if "Generator" in name else name
    for argument, sides in differences(name).items():
        if sides is None:
            assert (listed, argument) in missing, f"{name}: no argument {argument}"
        else:
            assert differing.get((listed, argument)) == sides, (name, argument, sides)


def test_the_page_lists_nothing_else():
    assert len(FUNCTIONS) > 400
    found = {
        (name, argument): sides
        for name in FUNCTIONS
        for argument, sides in differences(name).items()
    }
    taken = {(name, p.name) for name, (_, parameters) in FUNCTIONS.items() for p in parameters}
    # Arguments that an older NumPy does not have either are no differences from it.
    for pair in missing_on_the_page():
        assert pair not in taken or found.get(pair, ()) is None, pair
    for pair, sides in differing_on_the_page().items():
        assert pair not in taken or found.get(pair) == sides, pair
    assert len(differing_on_the_page()) > 20


@pytest.mark.parametrize("name", NAMES)
def test_names_that_are_translated(name):
    place, _, last = name.rpartition(".")
    parameters = inspect.signature(getattr(getattr(hpx, place) if place else hpx, last)).parameters
    for theirs, ours in (pair.split(":") for pair in NAMES[name].split()):
        assert theirs not in parameters or parameters[theirs].kind is Kind.POSITIONAL_ONLY
        assert int(ours) < len(parameters) if ours.isdigit() else ours in parameters


@pytest.mark.parametrize(
    "place",
    [hpx, hpx.linalg, hpx.fft, hpx.random, hpx.random.Generator, hpx.ndarray, hpx.ones((1, 1))],
)
def test_signatures_of_all_functions(place):
    for name in getattr(place, "__all__", [n for n in dir(place) if not n.startswith("_")]):
        function = getattr(place, name)
        if callable(function) and not isinstance(function, type):
            assert isinstance(inspect.signature(function), inspect.Signature)


def test_signatures_of_the_standard():
    assert [*inspect.signature(hpx.clip).parameters][1:3] == ["min", "max"]
    dlpack = inspect.signature(hpx.ndarray.__dlpack__).parameters
    for name in ("stream", "max_version", "dl_device", "copy"):
        assert dlpack[name].kind is Kind.KEYWORD_ONLY and dlpack[name].default is None
    with pytest.raises(TypeError):
        hpx.ones(2).__dlpack__(version=1)


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
        lambda m, v: m.clip(v, min=2, a_max=3) if m is hpx else m.clip(v, 2, 3),
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
