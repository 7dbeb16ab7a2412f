"""The reference page: it lists all that is public, and its examples give what they say."""

# SPDX-License-Identifier: BSL-1.0
import doctest
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import hpxpy as hpx
import numpy as np
import pytest
from hpxpy import _core

TOOL = Path(__file__).parents[2] / "tools" / "reference.py"
specification = importlib.util.spec_from_file_location("reference", TOOL)
reference = importlib.util.module_from_spec(specification)
specification.loader.exec_module(reference)

ENTRIES = {entry.title: entry for listed in reference.entries().values() for entry in listed}
HERE = [title for title in ENTRIES if title not in reference.ALONE]


def result_of(example, name):
    test = doctest.DocTestParser().get_doctest(example, {"hpx": hpx, "np": np}, name, None, 0)
    said = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    result = runner.run(test, out=said.append)
    assert result.attempted > 0, f"{name} has no example"
    return "".join(said)


@pytest.mark.parametrize("title", HERE)
def test_examples_give_what_they_say(title):
    assert result_of(ENTRIES[title].example, title) == ""


@pytest.mark.parametrize("title", reference.ALONE)
def test_examples_in_processes_of_their_own(title):
    has_hpx = Path(_core.__file__).with_name("_engine_hpx.so").exists()
    needs_hpx = title == "hpx.from_partitioned_vector"
    engine = "mpi" if title == "hpx.from_mpi4py" else "hpx" if needs_hpx and has_hpx else "local"
    program = (
        "import doctest, sys, hpxpy\n"
        "parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)\n"
        "test = parser.get_doctest(sys.stdin.read(), {'hpx': hpxpy}, 'example', None, 0)\n"
        "assert runner.run(test).attempted\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        input=ENTRIES[title].example,
        env={**os.environ, "HPXPY_ENGINE": engine},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    if needs_hpx and not has_hpx:
        assert "RuntimeError: " in ended.stdout
    else:
        assert ended.stdout == ""


NUMPYS = {"hpx": np, "hpx.linalg": np.linalg, "hpx.fft": np.fft}


def under_numpys_names():
    """The examples with np.sin for hpx.sin, of arrays that are hpxpy's all the same."""
    for title in HERE:
        entry = ENTRIES[title]
        module = NUMPYS.get(entry.place)
        for name in entry.names:
            function = getattr(module, name, None)
            # Of all others NumPy asks nobody, such as of can_cast.
            if isinstance(function, np.ufunc) or hasattr(function, "_implementation"):
                theirs = f"{module.__name__.replace('numpy', 'np')}.{name}("
                ours = rf"\bhpx\.(linalg\.|fft\.)?{entry.names[0]}\("
                yield theirs, re.sub(ours, theirs, entry.example)


@pytest.mark.parametrize(
    "name,example", [*under_numpys_names()], ids=[name for name, _ in under_numpys_names()]
)
def test_numpys_functions_of_our_arrays_give_the_same(name, example):
    assert name in example
    assert result_of(example, name) == ""


def test_a_wrong_example_is_found():
    assert "Expected:" in result_of(">>> hpx.asarray([1])\narray([2])\n", "wrong")
    assert "Expected nothing" in result_of(">>> hpx.asarray([1])\n", "silent")


def test_outputs_that_docstrings_leave_out_are_numpys():
    assert reference.with_outputs(">>> hpx.square(hpx.asarray([3]))") == (
        ">>> hpx.square(hpx.asarray([3]))\narray([9])"
    )
    assert reference.with_outputs(">>> x = hpx.ones(3)\n>>> hpx.eval(x)") == (
        ">>> x = hpx.ones(3)\n>>> hpx.eval(x)"
    )


def test_every_function_is_listed():
    names = {place: set() for place in [*reference.PLACES, reference.GENERATOR]}
    for entry in ENTRIES.values():
        names[entry.place].update(entry.names)
    for place, module in reference.PLACES.items():
        public = {name for name in module.__all__ if reference.is_function(getattr(module, name))}
        if module is not hpx:
            public -= {name for name in public if getattr(module, name) is vars(hpx).get(name)}
        assert names[place] == public
    assert {"ndarray", "CommunicationError", "Plan"} <= {name for name, _ in reference.classes()}
    assert {"random", "normal", "integers"} <= names[reference.GENERATOR]
    members = {name for name, *_ in reference.members()}
    assert members == {name for name in vars(hpx.ndarray) if not name.startswith("_")}


def test_dtypes_are_those_of_the_table_or_measured():
    assert ENTRIES["hpx.sin"].dtypes == _core._accepted_dtypes["sin"]
    assert ENTRIES["hpx.bitwise_and"].dtypes == "bool and integers"
    assert ENTRIES["hpx.concat"].dtypes == "all dtypes"
    assert ENTRIES["hpx.median"].dtypes == "all dtypes"
    assert ENTRIES["hpx.quantile"].dtypes == "all dtypes but complex"
    assert ENTRIES["hpx.unravel_index"].dtypes == "integers"
    assert ENTRIES["hpx.random.Generator.random"].dtypes == "floats"
    assert ENTRIES["hpx.num_threads"].dtypes == ""


# What the table says in words, and the dtypes that are refused.
REFUSED = {
    "all dtypes": "",
    "all dtypes but bool": "b",
    "all dtypes but complex": "c",
    "bool and integers": "fc",
    "integers": "fc",
    "floats": "c",
    "floats and complex": "",
}


@pytest.mark.parametrize("name", _core._operations)
def test_what_the_table_says_of_dtypes_holds(name):
    words = _core._accepted_dtypes[name].partition(";")[0]
    for dtype in reference.DTYPES:
        operands = [hpx.ones(3, dtype)] * _core._operations[name]
        if hpx.ones(1, dtype).dtype.kind in REFUSED[words]:
            with pytest.raises(TypeError):
                getattr(hpx, name)(*operands)
        else:
            getattr(hpx, name)(*operands)


def test_the_page_is_whole():
    page = reference.page()
    for entry in ENTRIES.values():
        assert f"### {entry.title}\n\n`{entry.names[0]}{entry.signature}`\n" in page
        assert entry.example in page
        assert entry.communication.endswith(".")
        assert f"- Communication: {entry.communication}\n" in page
    links = page[: page.index("\n## ")]
    anchors = [f"#{title.lower().replace('.', '')}" for title in ENTRIES]
    assert len(set(anchors)) == len(anchors)
    assert all(f"({anchor})" in links for anchor in anchors)
    assert "`x1`" not in ENTRIES["hpx.add"].names
    assert ENTRIES["hpx.add"].signature == "(x1, x2, out=None, *, where=True, dtype=None)"
