"""Writes the reference page: every public function with signature, dtypes, communication, example.

    python tools/reference.py docs/reference.md

What it says comes from the docstrings and, of dtypes, from the operations table; where the table
says nothing, a function's example is run with operands of every dtype. An example without output
gives what NumPy gives, which is filled in here. `make reference` calls it, and
tests/python/test_reference.py runs the examples.
"""

# SPDX-License-Identifier: BSL-1.0
import ast
import contextlib
import doctest
import inspect
import io
import re
import sys
from pathlib import Path

import hpxpy as hpx
import numpy as np
import scipy.special
from hpxpy import _core

PLACES = {
    "hpx": hpx,
    "hpx.linalg": hpx.linalg,
    "hpx.fft": hpx.fft,
    "hpx.random": hpx.random,
    "hpx.collectives": hpx.collectives,
    "hpx.counters": hpx.counters,
    "hpx.distribution": hpx.distribution,
    "hpx.gpu": hpx.gpu,
    "hpx.sycl": hpx.sycl,
}
GENERATOR = "hpx.random.Generator"
# Their examples start or stop hpxpy, or need an engine: they run in processes of their own.
ALONE = [
    *("hpx.finalize", "hpx.from_mpi4py", "hpx.from_partitioned_vector", "hpx.init"),
    "hpx.runtime",
]
KINDS = {
    "bool": ["bool"],
    "integers": [f"{sign}int{8 << i}" for sign in ("", "u") for i in range(4)],
    "floats": ["float32", "float64"],
    "complex": ["complex64", "complex128"],
}
DTYPES = [name for names in KINDS.values() for name in names]


class Twin:
    """NumPy under our names; SciPy for what NumPy lacks."""

    def __getattr__(self, name):
        return getattr(np, name) if hasattr(np, name) else getattr(scipy.special, name)


class Entry:
    """A function under all its names, and what the page says of it."""

    def __init__(self, place, name, function):
        self.place, self.names, self.function = place, [name], function
        text = inspect.cleandoc(function.__doc__)
        self.signature, text = split_signature(name, function, text)
        parts = re.fullmatch(r"(.*?)(?:\n+Example:\n(.*?))?\n+(Communication: .*)", text, re.DOTALL)
        self.body, example, self.communication = parts.groups()
        self.communication = " ".join(self.communication.split()).removeprefix("Communication: ")
        self.example = with_outputs(inspect.cleandoc(example)) if example else ""

    @property
    def title(self):
        return f"{self.place}.{self.names[0]}"

    @property
    def dtypes(self):
        taken = _core._accepted_dtypes.get(self.names[0]) if self.place == "hpx" else None
        return taken or ("" if self.title in ALONE else measured_dtypes(self))


def split_signature(name, function, text):
    """`(x, out=None)` and the docstring without it: nanobind writes it on the first line."""
    first, _, rest = text.partition("\n")
    if first.startswith(f"{name}("):
        definition = ast.parse(f"def {first}: pass").body[0]
        for argument in ast.walk(definition.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        return f"({ast.unparse(definition.args)})", rest.strip()
    signature = inspect.signature(function)
    plain = [
        p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "self"
    ]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty)), text


def with_outputs(example):
    """The example with NumPy's answer below each expression that shows none."""
    lines = example.splitlines()
    for part in reversed(doctest.DocTestParser().get_examples(example)):
        if part.want:
            continue
        try:
            with np.errstate(all="ignore"):
                value = eval(part.source, {"hpx": Twin()})
        except (SyntaxError, NameError, AttributeError):
            continue  # a statement, or what NumPy does not have
        if value is None:
            continue
        shown = repr(value if isinstance(value, tuple) else np.asarray(value))
        after = part.lineno + part.source.count("\n")
        lines[after:after] = shown.splitlines()
    return "\n".join(lines)


class Recast(ast.NodeTransformer):
    """Gives the function's calls operands, or failing that a result, of another dtype."""

    def __init__(self, entry):
        self.entry = entry
        self.by_keyword = re.search(r"\bdtype=", entry.signature) is not None

    def visit_Call(self, node):
        self.generic_visit(node)
        called, name = ast.unparse(node.func), self.entry.names[0]
        is_method = self.entry.place == GENERATOR and called.endswith(f".{name}")
        if called not in (self.entry.title, f"hpx.{name}") and not is_method:
            return node
        call = ast.Call(ast.Name("_recast", ast.Load()), [node.func, *node.args], node.keywords)
        return ast.copy_location(call, node)


def is_operand(value, lists):
    """Whether it is an array, or a list of them; with `lists` a list of numbers as well."""
    if isinstance(value, list) and lists and value and not isinstance(value[0], (tuple, str, type)):
        return True
    if isinstance(value, (list, tuple)):
        return any(is_operand(v, lists) for v in value)
    return isinstance(value, (hpx.ndarray, np.ndarray))


def recast(value, dtype):
    if isinstance(value, list) and not any(is_operand(v, True) for v in value):
        return hpx.asarray(value).astype(dtype)
    if isinstance(value, (list, tuple)):
        return type(value)(recast(v, dtype) if is_operand(v, True) else v for v in value)
    return value.astype(dtype)


def operand_of(entry, arguments, lists):
    """The position of the first operand that is no condition; None where there is none."""
    names = re.findall(r"\w+", entry.signature)
    for i, value in enumerate(arguments):
        if is_operand(value, lists) and names[i : i + 1] not in (["condition"], ["condlist"]):
            return i
    return None


def measured_dtypes(entry):
    """In words, with which dtypes of its operands the example runs; '' where none has a dtype."""
    transformer = Recast(entry)
    parts = doctest.DocTestParser().get_examples(entry.example)
    tree = transformer.visit(ast.parse("".join(part.source for part in parts)))
    ast.fix_missing_locations(tree)
    code = compile(tree, entry.title, "exec")
    has_dtype = False

    def run(dtype):
        def call(function, *arguments, **keywords):
            nonlocal has_dtype
            at = operand_of(entry, arguments, not transformer.by_keyword)
            if at is not None:
                arguments = [*arguments]
                arguments[at] = recast(arguments[at], dtype)
            elif transformer.by_keyword:
                keywords["dtype"] = dtype
            has_dtype |= at is not None or transformer.by_keyword
            return function(*arguments, **keywords)

        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, {"hpx": hpx, "_recast": call, "__name__": "example"})
        except TypeError:
            return False
        except (ValueError, ArithmeticError, IndexError):
            pass  # the dtype is taken, but what the example's values became does not do
        return True

    taken = [dtype for dtype in DTYPES if run(dtype)]
    return in_words(taken) if has_dtype else ""


def in_words(taken):
    """A list of dtypes, by kinds where all of a kind are in it."""
    whole = [kind for kind, names in KINDS.items() if set(names) <= set(taken)]
    rest = [name for name in taken if not any(name in KINDS[kind] for kind in whole)]
    missing = [kind for kind in KINDS if kind not in whole]
    if not missing:
        return "all dtypes"
    if len(missing) == 1 and not rest:
        return f"all dtypes but {missing[0]}"
    *first, last = whole + rest or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def is_function(value):
    """Whether it gets an entry: functions, and classes of ours that are called like one."""
    if isinstance(value, type):
        return value.__module__.startswith("hpxpy") and "Example:\n" in (value.__doc__ or "")
    return callable(value)


def classes():
    """Name and first sentence of the other classes."""
    for name in hpx.__all__:
        value = getattr(hpx, name)
        ours = isinstance(value, type) and value.__module__.startswith("hpxpy")
        if ours and not is_function(value):
            yield name, first_sentence(inspect.cleandoc(value.__doc__))


def first_sentence(text):
    return re.split(r"(?<=[.!?])\s", " ".join(text.partition("\n\n")[0].split()), maxsplit=1)[0]


def entries():
    """All public functions, by place; those that are one under several names are one entry."""
    found = {place: functions(place, module, module.__all__) for place, module in PLACES.items()}
    generator = hpx.random.Generator
    methods = [name for name in vars(generator) if not name.startswith("_")]
    found[GENERATOR] = functions(GENERATOR, generator, methods)
    return found


def functions(place, owner, names):
    listed, known = [], {}
    for name in sorted(names, key=str.lower):
        function = getattr(owner, name)
        if not is_function(function) or (owner is not hpx and function is vars(hpx).get(name)):
            continue  # what is hpx's own stands there
        text = inspect.getdoc(function) or ""
        text = text.partition("\n\n")[2] if text.startswith(f"{name}(") else text
        if text in known:
            known[text].names.append(name)
            continue
        known[text] = Entry(place, name, function)
        listed.append(known[text])
    for entry in listed:
        # The name that the example uses comes first.
        entry.names.sort(key=lambda name: f"{place}.{name}(" not in entry.example)
    return sorted(listed, key=lambda entry: entry.names[0].lower())


def members():
    """Name, first sentence and communication of each method and attribute of ndarray."""
    for name in sorted(vars(hpx.ndarray), key=str.lower):
        if name.startswith("_"):
            continue
        member = inspect.getattr_static(hpx.ndarray, name)
        text = inspect.cleandoc(member.__doc__)
        if text.startswith(f"{name}("):
            text = text.partition("\n")[2].strip()
        yield name, first_sentence(text), " ".join(text.rpartition("Communication: ")[2].split())


def section(entry):
    dtypes = entry.dtypes
    body = entry.body.replace(f"Takes {dtypes}; TypeError otherwise. ", "")
    lines = [f"### {entry.title}", "", f"`{entry.names[0]}{entry.signature}`", "", body, ""]
    if entry.names[1:]:
        lines.append(f"- Other names: {', '.join(f'`{name}`' for name in entry.names[1:])}")
    if dtypes:
        lines.append(f"- Dtypes: {dtypes}")
    lines += [f"- Communication: {entry.communication}", ""]
    return [*lines, "```python", entry.example, "```", ""]


def page():
    found = entries()
    lines = [
        "# Reference",
        "",
        "Every public function: its signature, the dtypes of its (first) operand, what it",
        "communicates, and an example. Written by `make reference`.",
        "",
    ]
    for place, listed in found.items():
        links = (f"[{e.names[0]}](#{e.title.lower().replace('.', '')})" for e in listed)
        lines += [f"**{place}**: {' '.join(links)}", ""]
    for place, listed in found.items():
        lines += [f"## {place}", ""]
        for entry in listed:
            lines += section(entry)
    lines += ["## hpx.ndarray", "", "| member | | communication |", "| --- | --- | --- |"]
    for name, first, communication in members():
        lines.append(f"| `{name}` | {first} | {communication} |".replace("\\|", "|"))
    lines += ["", "## Classes", "", "| class | |", "| --- | --- |"]
    lines += [f"| `{name}` | {first} |" for name, first in classes()]
    lines += ["", "## Constants and dtypes", ""]
    constants = [n for n in hpx.__all__ if isinstance(getattr(hpx, n), float)]
    lines += [f"`{'` `'.join([*constants, 'newaxis'])}`; `{'` `'.join(DTYPES)}`", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
