"""The stubs tell the types that functions give, and type checkers take programs that use them."""

# SPDX-License-Identifier: BSL-1.0
import ast
import builtins
import collections.abc
import contextlib
import doctest
import io
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import hpxpy as hpx
import numpy as np
import pytest
from helpers import agree
from test_reference import ENTRIES, HERE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.local


def folder_of_stubs():
    """Where the build has put them: beside the module that it made."""
    found = [Path(place) for place in hpx.__path__ if Path(place, "__init__.pyi").exists()]
    assert found, f"no stubs in {[*hpx.__path__]}"
    return found[0]


def definitions(tree):
    """The results that a stub's functions and methods name: a list of types by name."""
    found = {}

    def walk(body, prefix):
        for node in body:
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{prefix}{node.name}.")
                found[prefix + node.name] = [ast.Name(node.name)]
            elif isinstance(node, ast.FunctionDef):
                found.setdefault(prefix + node.name, []).append(node.returns)
            elif isinstance(node, ast.AnnAssign):
                found.setdefault(prefix + node.target.id, []).append(node.annotation)

    walk(tree.body, "")
    return found


STUBS = {
    place: ast.parse((folder_of_stubs() / file).read_text())
    for place, file in (
        ("hpx", "__init__.pyi"),
        *((f"hpx.{name}", f"{name}.pyi") for name in ("linalg", "fft", "random", "collectives")),
        *((f"hpx.{name}", f"{name}.pyi") for name in ("counters", "distribution", "gpu", "sycl")),
    )
}
DEFINITIONS = {place: definitions(tree) for place, tree in STUBS.items()}
NAMES = {"builtins": builtins, "np": np}


def is_of(value, type_):
    """Whether a value is of a type that a stub names."""
    if isinstance(type_, ast.Constant):
        return type_.value is None and value is None
    if isinstance(type_, ast.BinOp):
        return is_of(value, type_.left) or is_of(value, type_.right)
    if isinstance(type_, ast.Subscript):
        inner = type_.slice.elts if isinstance(type_.slice, ast.Tuple) else [type_.slice]
        if not is_of(value, type_.value):
            return False
        if isinstance(value, tuple):
            more = isinstance(inner[-1], ast.Constant) and inner[-1].value is ...
            inner = [inner[0]] * len(value) if more else inner
            return len(inner) == len(value) and all(map(is_of, value, inner))
        return not isinstance(value, list) or all(is_of(v, inner[0]) for v in value)
    if isinstance(type_, ast.Attribute):
        return isinstance(value, getattr(NAMES[type_.value.id], type_.attr))
    if type_.id in ("Any", "T"):
        return True
    if type_.id.startswith("_Operation"):
        return is_of(value, ast.Name("ndarray"))
    if type_.id == "AbstractContextManager":
        return hasattr(value, "__exit__")
    if type_.id == "float":
        return isinstance(value, (float, int))
    for place in (builtins, hpx, hpx.random, hpx.collectives, hpx.linalg, collections.abc):
        if isinstance(found := vars(place).get(type_.id, getattr(place, type_.id, None)), type):
            return isinstance(value, found)
    return type(value).__name__ == type_.id


@pytest.mark.parametrize("title", HERE)
def test_results_are_of_the_types_that_stubs_name(title):
    entry = ENTRIES[title]
    place = entry.place.removesuffix(".Generator")
    name = f"Generator.{entry.names[0]}" if "Generator" in entry.place else entry.names[0]
    given = []

    def recorded(function):
        def call(*args, **keywords):
            given.append(function(*args, **keywords))
            return given[-1]

        return call

    class Calls(ast.NodeTransformer):
        def visit_Call(self, node):
            self.generic_visit(node)
            called = ast.unparse(node.func)
            if called == title or ("Generator" in title and called.endswith(f".{entry.names[0]}")):
                node.func = ast.Call(ast.Name("_recorded", ast.Load()), [node.func], [])
            return node

    source = "".join(part.source for part in doctest.DocTestParser().get_examples(entry.example))
    tree = ast.fix_missing_locations(Calls().visit(ast.parse(source)))
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(tree, title, "exec"), {"hpx": hpx, "np": np, "_recorded": recorded})
    types_ = next(
        found[name] for found in (DEFINITIONS[place], *DEFINITIONS.values()) if name in found
    )
    for value in given:
        problem = f"gives {type(value)}, its stub says {[ast.unparse(t) for t in types_]}"
        assert is_of(value, types_[0]), f"{title} {problem}"


def test_what_is_checked():
    assert is_of((1, [hpx.ones(1)]), ast.parse("tuple[int, list[ndarray]]", mode="eval").body)
    assert not is_of((1, [2]), ast.parse("tuple[int, list[ndarray]]", mode="eval").body)
    assert not is_of(None, ast.parse("ndarray | str", mode="eval").body)
    assert not is_of((1, 2, 3), ast.parse("tuple[int, int]", mode="eval").body)


def test_every_public_name_is_in_a_stub():
    for place, module in [("hpx", hpx), *((p, getattr(hpx, p[4:])) for p in STUBS if p != "hpx")]:
        tree = STUBS[place]
        imported = {
            alias.asname
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assigned = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
        }
        assert {*module.__all__} <= {*DEFINITIONS[place], *imported, *assigned}, place


def blocks_of_readme():
    """README's Python as one program."""
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^( *)```python\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 3
    return "\n".join(
        re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in blocks
    )


def test_type_checkers_take_programs(tmp_path):
    """mypy finds nothing in README, the examples and tests/typing; it is run by one locality."""
    problem = ""
    if hpx.locality_id() == 0:
        readme = tmp_path / "readme.py"
        readme.write_text(blocks_of_readme())
        files = [
            p
            for place in ("docs/examples", "docs/examples/kernels", "tests/typing")
            for p in sorted((ROOT / place).glob("*.py"))
        ]
        # An installed package is found by itself, and mypy refuses to be told of its place.
        place = folder_of_stubs().parent
        told = {} if place.name == "site-packages" else {"MYPYPATH": str(place)}
        checked = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--no-incremental", readme, *files],
            cwd=ROOT,
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            timeout=110,
        )
        if checked.returncode:
            problem = checked.stdout + checked.stderr
    agree(problem)


def test_the_programs_run():
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_path(str(ROOT / "tests/typing/programs.py"), run_name="__main__")
