"""Every public name says what it does and what it costs between localities."""

# SPDX-License-Identifier: BSL-1.0
import doctest
import importlib
import inspect
import re
from pathlib import Path

import hpxpy as hpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = [
    name
    for name in hpx.__all__
    if callable(getattr(hpx, name)) and not isinstance(getattr(hpx, name), type)
]
METHODS = [name for name in vars(hpx.ndarray) if not name.startswith("_")]


def check_docstring(name, text):
    assert text, f"{name} has no docstring"
    lines = text.strip().splitlines()
    # nanobind puts the signature first.
    while lines and (re.match(rf"{re.escape(name)}\(", lines[0]) or not lines[0].strip()):
        lines.pop(0)
    body = inspect.cleandoc("\n".join(lines))
    assert body, f"{name} has a signature only"
    first, *_ = re.split(r"(?<=[.!?])\s", body, maxsplit=1)
    assert first[0].isupper() or not first[0].isalpha() or first.startswith(("e to", name)), first
    assert first.rstrip().endswith("."), f"{name}: {first}"
    last = re.split(r"\n\s*\n", body)[-1]
    assert last.startswith("Communication: "), f"{name}: {last}"
    assert last.endswith("."), f"{name}: {last}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    check_docstring(name, getattr(hpx, name).__doc__)


@pytest.mark.parametrize("name", hpx.fft.__all__)
def test_functions_of_fft(name):
    check_docstring(name, getattr(hpx.fft, name).__doc__)


@pytest.mark.parametrize("module", ["collectives", "distribution", "gpu", "sycl"])
def test_functions_of_modules(module):
    place = getattr(hpx, module)
    for name in place.__all__:
        if callable(getattr(place, name)):
            check_docstring(name, getattr(place, name).__doc__)


@pytest.mark.parametrize("name", [n for n in vars(hpx.DistributedArray) if not n.startswith("_")])
def test_members_of_distributed_arrays(name):
    check_docstring(name, inspect.getattr_static(hpx.DistributedArray, name).__doc__)


@pytest.mark.parametrize("name", hpx.random.__all__)
def test_functions_of_random(name):
    check_docstring(name, getattr(hpx.random, name).__doc__)


@pytest.mark.parametrize("name", [n for n in vars(hpx.random.Generator) if not n.startswith("_")])
def test_methods_of_generators(name):
    check_docstring(name, getattr(hpx.random.Generator, name).__doc__)


@pytest.mark.parametrize("name", [name for name in hpx.linalg.__all__ if name != "LinAlgError"])
def test_functions_of_linalg(name):
    check_docstring(name, getattr(hpx.linalg, name).__doc__)


@pytest.mark.parametrize("name", METHODS)
def test_methods_and_attributes(name):
    member = inspect.getattr_static(hpx.ndarray, name)
    check_docstring(name, member.__doc__)


def test_every_public_name_exists_and_is_listed():
    for name in hpx.__all__:
        assert hasattr(hpx, name)
    for name in hpx._core._operations:
        assert name in hpx.__all__
    assert hpx.__doc__
    assert re.fullmatch(r"\d+\.\d+.*", hpx.__version__)


def test_signatures_can_be_inspected():
    names = "arange astype clip empty eye full linspace ones where zeros concat sort unique_all"
    for name in names.split():
        assert len(inspect.signature(getattr(hpx, name)).parameters) > 0


@pytest.mark.parametrize(
    "name",
    [
        *("_algorithms", "_distributed", "distribution", "gpu"),
        *("_choosing", "_creation", "_indexing", "_joining", "_linalg", "_manipulation"),
        *("_krylov", "_sets", "_sorting", "fft", "linalg", "random"),
    ],
)
def test_examples_give_what_they_say(name):
    module = importlib.import_module(f"hpxpy.{name}")
    result = doctest.testmod(
        module, extraglobs={"hpx": hpx}, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert result.attempted > 0
    assert result.failed == 0


PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "src/README.md")]
PAGES += sorted(ROOT.glob("docs/*.md")) + sorted(ROOT.glob("benchmarks/*.md"))


def links_of(page):
    """The files that a page links to; none of other sites, nor of what `make reference` writes."""
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            yield (page.parent / target).resolve()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    missing = [str(target) for target in links_of(page) if not target.exists()]
    assert not missing


def test_the_index_lists_all_pages_and_examples():
    linked = set(links_of(ROOT / "docs" / "README.md"))
    written = ROOT / "docs" / "reference.md"
    for page in PAGES:
        assert page in linked or page in (ROOT / "docs" / "README.md", written), page
    for example in (ROOT / "docs" / "examples").glob("*.py"):
        assert example in linked, example
        figure = ROOT / "docs" / "images" / f"{example.stem}.png"
        assert figure in linked, figure
