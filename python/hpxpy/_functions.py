"""The functions of the module as objects: they take NumPy's names of their arguments beside ours,
and elementwise ones have a ufunc's methods.

Called by hpxpy/__init__.py for each name at its first use. A call by position, or by our names,
goes to the function itself; only a name of NumPy's alone takes the way through `_translator`.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import ast
import inspect

import numpy as np

from . import _core
from ._names import NAMES

METHODS = ("reduce", "accumulate", "reduceat", "outer", "at")

_Kind = inspect.Parameter
#: Arguments of all of NumPy's elementwise functions that change no value here.
OF_UFUNCS = [
    _Kind("casting", _Kind.KEYWORD_ONLY, default="same_kind"),
    _Kind("order", _Kind.KEYWORD_ONLY, default="K"),
    _Kind("subok", _Kind.KEYWORD_ONLY, default=True),
]


#: The objects made so far, by function and the names that it takes.
_made = {}


def shown(name, function, prefix=""):
    """What the public name stands for: a function object where `function` needs one."""
    renamed = NAMES.get(prefix + name, "")
    operation = not prefix and name in _core._operations
    plain = type(function).__name__ == "nb_func"
    if not callable(function) or isinstance(function, type):
        return function
    if not (renamed or operation or plain) or isinstance(function, _core._Function):
        return function
    key = id(function), renamed
    if key not in _made:
        _made[key] = _object(name, function, renamed, operation, prefix)
    return _made[key]


def show(place, names, prefix):
    """Puts function objects into the namespace `place` for those of `names` that need one."""
    for name in names:
        place[name] = shown(name, place[name], prefix)


def _object(name, function, renamed, operation, prefix):
    pairs = dict(pair.split(":") for pair in renamed.split())
    foreign = frozenset(pairs).union(p.name for p in OF_UFUNCS if operation)
    translator = _translator(name, function, pairs, operation) if foreign else None
    result = _core._Function(function, translator, foreign)
    result.__name__ = getattr(function, "__name__", name)
    result.__qualname__ = name
    result.__module__ = f"hpxpy.{prefix}".rstrip(".")
    result.__doc__ = function.__doc__
    result._renamed = pairs
    if operation:
        arity = _core._operations[name]
        result.nin, result.nout, result.nargs = arity, 1, arity + 1
        for method in METHODS:
            if arity == 2 or (arity == 1 and method == "at"):
                setattr(result, method, _Method(name, method, arity))
    return result


class _Method:
    """A method of an elementwise function, such as add.reduce; _ufuncs.py computes it."""

    def __init__(self, name, method, arity):
        self._of = name, method, arity

    def _found(self):
        from . import _ufuncs

        return _ufuncs.method_of(*self._of)

    def __call__(self, *args, **keywords):
        return self._found()(*args, **keywords)

    def __repr__(self):
        return "<method {}.{}>".format(*self._of)

    @property
    def __doc__(self):
        return self._found().__doc__

    @property
    def __signature__(self):
        return inspect.signature(self._found())


def _translator(name, function, pairs, operation):
    """A function that takes NumPy's names of arguments and calls `function` with ours."""

    def translated(*args, **keywords):
        if operation:
            _check_words(name, args, keywords)
        args = list(args)
        for theirs, ours in pairs.items():
            if theirs not in keywords:
                continue
            value = keywords.pop(theirs)
            if not ours.isdigit():
                if ours in keywords:
                    raise TypeError(f"{name}: {theirs} and {ours} are two names of one argument")
                keywords[ours] = value
            elif int(ours) == len(args):
                args.append(value)
            else:
                wrong = "is given twice" if int(ours) < len(args) else "has none before it"
                raise TypeError(f"{name}: argument {theirs} {wrong}")
        return function(*args, **keywords)

    return translated


def _check_words(name, args, keywords):
    """Takes casting=, order= and subok= of an elementwise function, which change no value."""
    casting = keywords.pop("casting", "same_kind")
    order = keywords.pop("order", "K")
    keywords.pop("subok", None)
    _core._order(name, order)
    if casting not in ("same_kind", "unsafe"):
        check_casting(name, args, keywords.get("out"), keywords.get("dtype"), casting)
    elif casting == "unsafe" and keywords.get("out") is not None:
        raise TypeError(
            f"{name}: casting='unsafe' is not possible with out=; use copyto(out, ..., 'unsafe')"
        )


def _dtype_of(x):
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def check_casting(name, operands, out, dtype, casting):
    """TypeError where NumPy's function would refuse its operands by this rule."""
    ufunc = getattr(np, name, None)
    if not isinstance(ufunc, np.ufunc):
        return
    if casting not in ("no", "equiv", "safe", "same_kind", "unsafe"):
        raise ValueError(f"{name}: casting={casting!r} does not exist; choose 'safe' or another")
    # NumPy decides by dtypes alone, so operands without elements do.
    nothing = [
        x if type(x) in (int, float, complex) else np.empty(0, _dtype_of(x)) for x in operands
    ]
    out = out[0] if isinstance(out, tuple) else out
    words = {} if dtype is None else {"dtype": np.dtype(dtype)}
    if out is not None:
        words["out"] = np.empty(0, out.dtype)
    try:
        ufunc(*nothing, casting=casting, **words)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None


def signature_of(function):
    """The signature of a function object, made when somebody asks for it."""
    own = inspect.signature(function.__wrapped__)
    if not hasattr(function, "nin"):
        return own
    return own.replace(parameters=[*own.parameters.values(), *OF_UFUNCS])


def documented_signature(function):
    """That of a function of C++: its docstring begins with name(x: object, axis = None) -> object.

    AttributeError where it begins otherwise, as for an attribute that is not there.
    """
    line = (function.__doc__ or "").strip().partition("\n")[0]
    try:
        arguments = ast.parse(f"def {line}: pass").body[0].args
    except SyntaxError:
        raise AttributeError("__signature__") from None
    found = _parameters(arguments)
    return inspect.Signature(found[type(function).__name__ == "nb_bound_method" :])


def _parameters(arguments):
    """The parameters of a definition that was parsed, without their types."""
    defaults = [None] * (len(arguments.posonlyargs) + len(arguments.args))
    for i, default in enumerate(arguments.defaults):
        defaults[len(defaults) - len(arguments.defaults) + i] = default
    found = []
    for i, argument in enumerate([*arguments.posonlyargs, *arguments.args]):
        positional = i < len(arguments.posonlyargs)
        kind = _Kind.POSITIONAL_ONLY if positional else _Kind.POSITIONAL_OR_KEYWORD
        found.append(_Kind(argument.arg, kind, default=_value(defaults[i])))
    if arguments.vararg:
        found.append(_Kind(arguments.vararg.arg, _Kind.VAR_POSITIONAL))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_Kind(argument.arg, _Kind.KEYWORD_ONLY, default=_value(default)))
    if arguments.kwarg:
        found.append(_Kind(arguments.kwarg.arg, _Kind.VAR_KEYWORD))
    return found


def _value(default):
    """What a default written in a docstring is; its text where that is no constant."""
    if default is None:
        return _Kind.empty
    try:
        return ast.literal_eval(default)
    except ValueError:
        return ast.unparse(default)
