"""The methods of ndarray that are functions of the Python modules.

Imported by hpxpy/__init__.py for what it does: the class gets its methods, whose modules are
imported when one of them is called.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import importlib

from . import _core

#: By module; 'name:function' where the function has another name than the method.
METHODS = {
    "_attributes": "__array_interface__:array_interface __hash__:hash_of_value base choose data "
    "flags resize:resize_in_place shape tobytes view",
    "_creation": "fill",
    "_diagonals": "diagonal trace",
    "_dtypes": "__array_namespace__:array_namespace to_device",
    "_indexing": "compress:compress_method nonzero put take",
    "_linalg": "__imatmul__ __matmul__ __rmatmul__ dot",
    "_manipulation": "flatten ravel repeat squeeze swapaxes",
    "_parts": "flat imag real",
    "_protocols": "__array_function__:array_function __array_ufunc__:array_ufunc "
    "__reversed__:reversed_elements __round__:round_number __trunc__:truncated "
    "_repr_html_:notebook_text",
    "_sorting": "argpartition argsort partition:partition_in_place searchsorted sort:sort_in_place",
    "_windows": "exposed",
}


#: Properties of C++ that become part of those here.
OF_CORE = {name: vars(_core.ndarray)[name] for name in ("imag", "real", "shape")}


class _Later:
    """A method or property that takes its own place in the class when it is used."""

    def __init__(self, module, function, name):
        self._module, self._function, self._name = module, function, name

    def found(self):
        module = importlib.import_module(f"hpxpy.{self._module}")
        value = getattr(module, self._function)
        setattr(_core.ndarray, self._name, value)
        return value

    def __get__(self, x, cls):
        return self.found().__get__(x, cls)

    def __set__(self, x, value):
        descriptor = self.found()
        if not hasattr(descriptor, "__set__"):
            raise AttributeError(f"'ndarray' object attribute {self._name!r} is read-only")
        descriptor.__set__(x, value)

    @property
    def __doc__(self):
        return self.found().__doc__


def _signature(function):
    """What inspect.signature asks functions and methods of C++ for; they have docstrings alone."""
    from . import _functions

    if not str(function.__module__).startswith("hpxpy"):
        raise AttributeError("__signature__")
    return _functions.documented_signature(function)


# A function, a method, and the method of an object.
for _function in (_core.num_threads, _core.ndarray.item, _core.Distribution().__repr__):
    _core._set_in_type(type(_function), "__signature__", property(_signature))

for _module, _names in METHODS.items():
    for _name in _names.split():
        _name, _, _function = _name.partition(":")
        setattr(_core.ndarray, _name, _Later(_module, _function or _name, _name))
