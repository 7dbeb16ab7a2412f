"""Writes the stubs of the public modules from the functions that they have: hpxpy/*.pyi.

    python cmake/stubs.py python/hpxpy <folder of _core> <folder to write to>

CMake calls it after the module is built. A signature is what `inspect.signature` tells, with
NumPy's names of arguments (_names.py) as an overload. Types are those of annotations in the sources
and of C++; an argument without one has the type that its name has everywhere (ARGUMENTS), or that
of its default, and a function that names no result gives an array. tests/python/test_types.py holds
all of it against the examples of the docstrings.
"""

# SPDX-License-Identifier: BSL-1.0
import ast
import builtins
import enum
import importlib
import inspect
import sys
import types
import typing
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path

from stub_types import (
    ALIASES,
    BARE,
    BINARY,
    COMPARING,
    KNOWN,
    MODULES,
    OF_DEFAULTS,
    SHOWN,
    SPECIAL,
    TYPES,
    UNARY,
)

Kind = inspect.Parameter
POSITIONAL = (Kind.POSITIONAL_ONLY, Kind.POSITIONAL_OR_KEYWORD)
#: What keeps the stubs from being written.
PROBLEMS = []


class Sources:
    """Finds the package in the sources and its C++ module where that was built."""

    def __init__(self, package, built):
        self.package, self.built = package, built

    def find_spec(self, name, path=None, target=None):
        if name == "hpxpy":
            places = [str(self.package), str(self.built)]
            return spec_from_file_location(
                name, self.package / "__init__.py", submodule_search_locations=places
            )
        return PathFinder.find_spec(name, path) if name.startswith("hpxpy.") else None


def public_modules(module, name="hpxpy"):
    yield name, module
    for part in module.__all__:
        value = getattr(module, part)
        if isinstance(value, types.ModuleType):
            yield from public_modules(value, f"{name}.{part}")


def is_ours(cls):
    return cls.__module__.partition(".")[0] in ("hpxpy", "_core")


class Package:
    """All stubs, and in which of them a class is defined."""

    def __init__(self, hpx):
        self.hpx = hpx
        self.modules = dict(public_modules(hpx))
        self.core = importlib.import_module("hpxpy._core")
        self.functions = importlib.import_module("hpxpy._functions")
        self.homes = {}
        for name, module in self.modules.items():
            for part in sorted(module.__all__, key=lambda part: part.startswith("_")):
                value = getattr(module, part)
                if not isinstance(value, type) or not is_ours(value):
                    continue
                own = value.__module__ if value.__module__ in self.modules else name
                if self.homes.get(value, ("", ""))[1] != value.__name__:
                    self.homes[value] = own, part

    def write(self, folder):
        texts = {name: Stub(self, name, module).text() for name, module in self.modules.items()}
        if PROBLEMS:
            sys.exit("\n".join(["stubs:", *PROBLEMS]))
        for name, text in texts.items():
            path = Path(folder, *name.split(".")[1:])
            is_package = hasattr(self.modules[name], "__path__")
            path = path / "__init__.pyi" if is_package else path.with_suffix(".pyi")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


class Stub:
    """The stub of one module."""

    def __init__(self, package, name, module):
        self.package, self.name, self.module = package, name, module
        self.imports, self.variables, self.operations, self.lines = set(), set(), set(), []
        self.defined, self.members, self.aliases = set(), frozenset(), {}

    def text(self):
        done = set()
        for name in self.module.__all__:
            self.lines += self.entry(name, getattr(self.module, name))
        # Classes that nobody names, but that functions and constants have.
        while left := [cls for cls in self.defined - done if cls in self.private()]:
            for cls in sorted(left, key=lambda cls: cls.__name__):
                done.add(cls)
                self.lines += self.class_of(cls.__name__, cls)
        first = inspect.getdoc(self.module).partition("\n")[0]
        if self.aliases:
            self.use("TypeAlias", "typing")
        head = [f'"""{first}"""', *sorted(self.imports)]
        head += [f'{name} = TypeVar("{name}")' for name in sorted(self.variables)]
        head += [f"{name}: TypeAlias = {text}" for name, text in sorted(self.aliases.items())]
        names = ", ".join(f'"{name}"' for name in self.module.__all__)
        return "\n".join([*head, f"__all__ = [{names}]", *self.lines]) + "\n"

    def private(self):
        return {cls for cls in self.defined if cls not in self.package.homes}

    # Names of types

    def use(self, name, module):
        self.imports.add(f"from {module} import {name}")
        if name == "TypeVar":
            self.imports.add("from typing import TypeVar")

    def name_of(self, cls):
        """The name of one of our classes in this stub, which imports or defines it."""
        home, name = self.package.homes.get(cls, (self.name, cls.__name__))
        if cls not in self.package.homes:
            self.defined.add(cls)
        elif home != self.name:
            self.imports.add(f"from {home} import {name}")
        return name

    def resolved(self, text, owner):
        """A type as this stub writes it; `owner` has the names that the annotation was made of."""
        tree = ast.parse(text.strip(), mode="eval")
        stub = self

        class Names(ast.NodeTransformer):
            def visit_Subscript(self, node):
                if isinstance(node.value, ast.Name):
                    node.value.id = stub.named(node.value.id, owner)
                else:
                    node.value = self.generic_visit(node.value)
                node.slice = self.visit(node.slice)
                return node

            def visit_Attribute(self, node):
                if node.attr in BARE:
                    return self.visit(ast.parse(BARE[node.attr], mode="eval").body)
                if isinstance(node.value, ast.Name) and node.value.id in ("_core", "hpx"):
                    return ast.Name(stub.name_of(getattr(stub.package.hpx, node.attr)))
                return self.generic_visit(node)

            def visit_Name(self, node):
                if node.id in BARE:
                    return self.visit(ast.parse(BARE[node.id], mode="eval").body)
                return ast.parse(stub.named(node.id, owner), mode="eval").body

            def visit_Constant(self, node):
                return node

        return ast.unparse(Names().visit(tree))

    def named(self, name, owner):
        if name in ALIASES:
            self.aliases[name] = self.resolved(ALIASES[name], {})
            return name
        if name in ("np", "numpy"):
            self.imports.add("import numpy as np")
            return "np"
        if name in MODULES:
            self.imports.add(f"import {MODULES[name]}")
            return name
        value = owner.get(name)
        if isinstance(value, typing.TypeVar):
            self.variables.add(name)
            self.use("TypeVar", "typing")
            return name
        if isinstance(value, type) and is_ours(value):
            return self.name_of(value)
        if name in KNOWN:
            self.use(name, KNOWN[name])
            return name
        if hasattr(builtins, name):
            if name in self.module.__all__ or name in self.members:
                self.imports.add("import builtins")
                return f"builtins.{name}"
            return name
        for cls, (_, known) in self.package.homes.items():
            if known == name:
                return self.name_of(cls)
        PROBLEMS.append(f"{self.name}: the type {name!r} is unknown")
        return "Any"

    # Signatures

    def signature(self, function):
        if isinstance(function, self.package.core._Function):
            own = self.signature(function.__wrapped__)
            more = self.package.functions.OF_UFUNCS if hasattr(function, "nin") else []
            return own.replace(parameters=[*own.parameters.values(), *more])
        if type(function).__name__.startswith("nb_"):
            return self.of_nanobind(function)
        return inspect.signature(function)

    def of_nanobind(self, function):
        """The signature with types that nanobind tells; what is an object to it has none here."""
        text = function.__nb_signature__[0][0]
        if "\\" in text:  # stands for a default, which the docstring shows
            text = function.__doc__.partition("\n")[0]
        text = text[text.index("(") :]
        arguments = ast.parse(f"def f{text}: pass").body[0]
        types_ = {
            argument.arg: ast.unparse(argument.annotation)
            for argument in ast.walk(arguments.args)
            if isinstance(argument, ast.arg) and argument.annotation
        }
        untyped = {name for name, type_ in types_.items() if type_ in ("object", "object | None")}
        parameters = [
            p.replace(annotation=types_[p.name]) if p.name in types_.keys() - untyped else p
            for p in self.package.functions._parameters(arguments.args)
        ]
        gives = ast.unparse(arguments.returns)
        return inspect.Signature(
            parameters, return_annotation=Kind.empty if gives == "object" else gives
        )

    def parameter(self, p, owner):
        text = self.parameter_type(p)
        name = {Kind.VAR_POSITIONAL: "*", Kind.VAR_KEYWORD: "**"}.get(p.kind, "") + p.name
        if p.name == "self":
            return name
        default = ""
        if p.default is not p.empty:
            plain = p.default is None or type(p.default) in (bool, int, str)
            default = f" = {p.default!r}" if plain else " = ..."
        return f"{name}: {self.resolved(text, owner)}{default}"

    def parameter_type(self, p):
        if p.annotation not in (p.empty, "object"):
            return p.annotation if isinstance(p.annotation, str) else p.annotation.__name__
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            return "Any"
        if p.name in TYPES:
            optional = p.default is None and "None" not in TYPES[p.name]
            return TYPES[p.name] + (" | None" if optional else "")
        return OF_DEFAULTS.get(type(p.default), "Any")

    def arguments(self, parameters, owner):
        parts, kinds = [], [p.kind for p in parameters]
        for i, p in enumerate(parameters):
            alone = p.kind is Kind.KEYWORD_ONLY and Kind.VAR_POSITIONAL not in kinds
            if alone and (i == 0 or kinds[i - 1] is not Kind.KEYWORD_ONLY):
                parts.append("*")
            parts.append(self.parameter(p, owner))
            last = i + 1 == len(kinds) or kinds[i + 1] is not Kind.POSITIONAL_ONLY
            if p.kind is Kind.POSITIONAL_ONLY and last:
                parts.append("/")
        return ", ".join(parts)

    def result(self, name, function, signature, default):
        found = signature.return_annotation
        if inspect.isgeneratorfunction(inspect.unwrap(function)) and name == "runtime":
            return "AbstractContextManager[None]"
        if found in (signature.empty, "object"):
            if name in SPECIAL:
                return SPECIAL[name]
            if default is None:
                PROBLEMS.append(f"{self.name}: {name} of {function} names no result; annotate it")
            return default or "Any"
        return found if isinstance(found, str) else getattr(found, "__name__", str(found))

    def function(self, name, function, default="ndarray", method=False):
        """The lines of a function: a definition for each way to call it."""
        signature = self.signature(function)
        parameters = [*signature.parameters.values()]
        if method and parameters and parameters[0].kind in POSITIONAL:
            parameters[0] = parameters[0].replace(name="self", annotation=Kind.empty)
        owner = getattr(inspect.unwrap(function), "__globals__", {})
        gives = self.result(name, function, signature, default)
        ways = [
            way
            for renamed in self.renamed(parameters, getattr(function, "_renamed", {}))
            for way in self.ways(renamed, gives)
        ]
        lines = []
        for given, result in ways:
            if len(ways) > 1:
                self.use("overload", "typing")
                lines.append("@overload")
            arguments = self.arguments(given, owner)
            lines.append(f"def {name}({arguments}) -> {self.resolved(result, owner)}:")
            text = documentation(function) if given is ways[0][0] else ""
            lines += [f'    """{line}' if i == 0 else f"    {line}" for i, line in enumerate(text)]
            lines.append('    """' if text else "    ...")
        return lines

    @staticmethod
    def renamed(parameters, pairs):
        """The parameters by our names, and by NumPy's."""
        if not pairs:
            return [parameters]
        theirs, by_place = list(parameters), False
        for numpys, ours in pairs.items():
            names = [p.name for p in parameters]
            i = int(ours) if ours.isdigit() else names.index(ours)
            by_place |= ours.isdigit()
            theirs[i] = theirs[i].replace(name=numpys)
        if by_place:
            theirs = [
                p.replace(kind=Kind.POSITIONAL_OR_KEYWORD) if p.kind is Kind.POSITIONAL_ONLY else p
                for p in theirs
            ]
            return [theirs]
        return [parameters, theirs]

    @staticmethod
    def ways(parameters, gives):
        """(parameters, result) as `policy` and `sync` make it."""
        names = [p.name if p.kind is Kind.KEYWORD_ONLY else "" for p in parameters]
        for name, usual, other, result in (
            ("policy", "None", "Policy | str", "Any"),
            ("sync", "Literal[True]", "Literal[False]", f"Future[{gives}]"),
        ):
            if name in names:
                i = names.index(name)
                plain, changed = list(parameters), list(parameters)
                plain[i] = plain[i].replace(annotation=usual)
                changed[i] = changed[i].replace(annotation=other, default=Kind.empty)
                return [(plain, gives), (changed, result)]
        return [(parameters, gives)]

    # Entries

    def entry(self, name, value):
        package = self.package
        if isinstance(value, types.ModuleType):
            return self.imported(f"from {self.name} import {name} as {name}")
        if isinstance(value, type) and not is_ours(value):
            return self.imported(f"from {value.__module__} import {value.__name__} as {name}")
        if isinstance(value, type):
            home, own = package.homes[value]
            if (home, own) != (self.name, name):
                if home == self.name:
                    return [f"{name} = {own}"]
                return self.imported(f"from {home} import {own} as {name}")
            return self.class_of(name, value)
        plain = isinstance(value, (int, float, str))
        if (
            self.module is not package.hpx
            and value is getattr(package.hpx, name, self)
            and not plain
        ):
            return self.imported(f"from hpxpy import {name} as {name}")
        if self.module is package.hpx and hasattr(value, "nin") and not value._renamed:
            return self.operation(name, value)
        if callable(value) and not is_ours_by_instance(value):
            return self.function(name, value)
        if value is None:
            return [f"{name}: None"]
        if is_ours(type(value)):
            return [f"{name}: {self.name_of(type(value))}"]
        plain = type(value).__name__
        return [f"{name}: {'tuple[type, ...]' if plain == 'tuple' else self.named(plain, {})}"]

    def imported(self, line):
        self.imports.add(line)
        return []

    def operation(self, name, value):
        """An elementwise function: an object of a class for all that take as many operands."""
        cls = f"_Operation{value.nin}"
        lines = []
        if cls not in self.operations:
            self.operations.add(cls)
            call = self.function("__call__", value, "ndarray")[0].removesuffix(":") + ": ..."
            call = call.replace("(", "(self, ", 1)
            lines = [f"class {cls}:", f"    {call}"]
            lines += [f"    {n}: int" for n in ("nin", "nout", "nargs")]
            lines += ["    __name__: str"]
            methods = importlib.import_module("hpxpy._ufuncs")
            for method in self.package.functions.METHODS:
                if not hasattr(value, method):
                    continue
                function = getattr(methods, method)
                found = inspect.signature(function)
                parameters = [
                    p for p in found.parameters.values() if p.name not in ("name", "arity")
                ]
                result = "None" if method == "at" else "ndarray"
                arguments = self.arguments(parameters, vars(methods))
                lines.append(f"    def {method}(self, {arguments}) -> {result}: ...")
        text = documentation(value)
        lines.append(f"{name}: {cls}")
        return lines + ['"""' + text[0], *text[1:], '"""']

    def class_of(self, name, cls):
        if name == "Self":
            raise SystemExit("stubs: no class may be called Self")
        if hasattr(cls, "_fields"):
            return self.named_tuple(name, cls)
        lines = [f"class {name}{self.bases(cls)}:", *indented(documentation_lines(cls))]
        if issubclass(cls, enum.Enum):
            return lines + [
                f"    {member} = {value.value!r}" for member, value in cls.__members__.items()
            ]
        for member in list(vars(cls)):
            getattr(cls, member, None)  # methods that are found late take their places
        self.members = frozenset(vars(cls))
        owner = vars(sys.modules.get(cls.__module__, builtins))
        for member, text in inspect.get_annotations(cls).items():
            if not member.startswith("_"):
                lines.append(f"    {member}: {self.resolved(text, owner)}")
        annotated = inspect.get_annotations(cls)
        for member, value in sorted(vars(cls).items()):
            if member not in annotated:
                lines += indented(self.member(cls, member, value, owner))
        self.members = frozenset()
        return lines if len(lines) > 1 else [lines[0] + " ..."]

    def bases(self, cls):
        found = []
        for base in getattr(cls, "__orig_bases__", cls.__bases__):
            origin = typing.get_origin(base) or base
            if origin is object or (origin.__name__.startswith("_") and not is_ours(origin)):
                continue
            if is_ours(origin):
                found.append(self.name_of(origin))
                continue
            module = origin.__module__
            text = origin.__name__
            if module != "builtins":
                module = "concurrent.futures" if module.startswith("concurrent") else module
                self.imports.add(f"import {module}")
                text = f"{module}.{text}"
            if typing.get_args(base):
                names = [self.named(v.__name__, {v.__name__: v}) for v in typing.get_args(base)]
                text += f"[{', '.join(names)}]"
            found.append(text)
        return f"({', '.join(found)})" if found else ""

    def named_tuple(self, name, cls):
        self.use("NamedTuple", "typing")
        hints = cls.__annotations__
        owner = vars(sys.modules[cls.__module__])
        lines = [f"class {name}(NamedTuple):", *indented(documentation_lines(cls))]
        for field in cls._fields:
            text = hints.get(field, "ndarray")
            text = getattr(text, "__forward_arg__", text)
            text = text if isinstance(text, str) else text.__name__
            lines.append(f"    {field}: {self.resolved(text, owner)}")
        return lines

    def member(self, cls, name, value, owner):
        array = cls is self.package.hpx.ndarray
        if array and name in BINARY + UNARY + COMPARING:
            other = "" if name in UNARY else f", other: {self.resolved('ArrayLike', {})}, /"
            ignored = "  # type: ignore[override]" if name in ("__eq__", "__ne__") else ""
            other = other.replace("ArrayLike", "object") if ignored else other
            gives = "tuple[ndarray, ndarray]" if "divmod" in name else "ndarray"
            return [f"def {name}(self{other}) -> {gives}: ...{ignored}"]
        if name.startswith("_") and name not in SHOWN:
            return []
        if value is None or (isinstance(value, types.WrapperDescriptorType) and not array):
            return [] if value is not None else [f"{name}: None  # type: ignore[assignment]"]
        if isinstance(value, property):
            derived = any(hasattr(base, name) for base in cls.__bases__)
            return self.property(name, value, owner, "ndarray" if array else None, derived)
        if array and name in SPECIAL:
            return self.special(name)
        if isinstance(value, (staticmethod, classmethod)):
            lines = self.function(name, value.__func__, None, isinstance(value, classmethod))
            return ["@" + type(value).__name__, *lines]
        if name == "__new__":
            return []
        if callable(value):
            generator = cls.__name__ in ("Generator", "Variates")
            default = "ndarray" if array or generator else None
            if name in ("__init__", "__exit__"):
                default = "None"
            return self.function(name, value, default, True)
        if hasattr(value, "__get__") and hasattr(value, "func"):  # functools.cached_property
            return self.property(name, property(value.func), owner, None)
        return [f"{name}: {self.resolved(type(value).__name__, owner)}"]

    def special(self, name):
        given = {
            "__iter__": "def __iter__(self) -> Iterator[ndarray]: ...",
            "__setitem__": "def __setitem__(self, key: Any, value: ArrayLike, /) -> None: ...",
            "__format__": "def __format__(self, spec: str, /) -> str: ...",
            "__contains__": "def __contains__(self, value: object, /) -> bool: ...",
        }.get(name, f"def {name}(self) -> {SPECIAL[name]}: ...")
        for word in ("Iterator", "Any", "ArrayLike"):
            if word in given:
                self.named(word, {})
        return [given.replace("-> bool", f"-> {self.named('bool', {})}")]

    def property(self, name, value, owner, default, derived=False):
        getter = value.fget
        signature = self.signature(getter)
        gives = self.resolved(self.result(name, getter, signature, default), owner)
        ignored = "  # type: ignore[override,misc,unused-ignore]" if derived else ""
        lines = [f"@property{ignored}", f"def {name}(self) -> {gives}:{ignored}"]
        text = documentation(value)
        lines += [f'    """{line}' if i == 0 else f"    {line}" for i, line in enumerate(text)]
        lines.append('    """' if text else "    ...")
        if value.fset:
            lines += [f"@{name}.setter", f"def {name}(self, value: Any, /) -> None: ..."]
            self.use("Any", "typing")
        return lines


def is_ours_by_instance(value):
    """Whether it is an object of a class of ours, and no function."""
    cls = type(value)
    return is_ours(cls) and cls.__name__ not in ("Function",)


def indented(lines):
    return [f"    {line}" if line else line for line in lines]


def documentation(function):
    """The docstring's lines without the signature that nanobind puts first."""
    text = inspect.getdoc(function) or ""
    if "(" in text.partition(" ")[0] and text.partition("\n")[0].count("->"):
        text = text.partition("\n")[2]
    text = text.strip().replace("\\", "\\\\").replace('"""', "'''")
    return text.splitlines()


def documentation_lines(cls):
    text = documentation(cls)
    return ['"""' + text[0], *text[1:], '"""'] if text else []


def main(package, built, folder):
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, Sources(Path(package).absolute(), Path(built).absolute()))
    Package(importlib.import_module("hpxpy")).write(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
