"""Where new arrays lie: the keywords of every creation function, and the program's default.

Creation functions are wrapped by `creation`; the library's own calls use the wrapped functions or
_core, so that the default holds for what a program makes itself.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import inspect
import operator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from . import _core

__all__ = [
    "get_default_distribution",
    "set_default_distribution",
    "set_deterministic",
    "set_implicit_gather",
]


class _Default:
    """What `distribution` is where nobody gives one."""

    def __repr__(self):
        return "default"


default = _Default()
# The default as an object that gives way, for _core to know it by; None for local arrays.
_standing = None


class _Restoring:
    """Puts a setting back to what it was before, at the end of a `with`; that sends nothing."""

    def __init__(self, put_back, value, text):
        self._put_back, self._value, self._text = put_back, value, text

    def __enter__(self):
        return self._value

    def __exit__(self, *error):
        self._put_back()

    def __repr__(self):
        return f"<{self._text}>"


def _stand(distribution):
    global _standing
    _standing = distribution


def set_default_distribution(distribution, axis=None, grid=None) -> AbstractContextManager[Any]:
    """Deals out what creation functions make wherever no `distribution` is given: 'block' or None.

    'cyclic', 'block_cyclic' and tuples with one entry an axis, on a `grid`, are taken like 'block'.

    An object such as another array's `distribution` is taken, too; what it does not fit is a
    ValueError then. The default holds for what is made of shapes, Python's and NumPy's data; local
    stay 0-d arrays, operands on their way in, hpxpy's own arrays, `*_like`, `from_dlpack`, and what
    asks for shared memory (copy=False) or order='F'. In a `with` it holds to its end. ValueError
    for a distribution that does not exist or has not a block for each locality.

    Example:
        >>> with hpx.set_default_distribution("block"):
        ...     x = hpx.zeros(6)
        >>> x.distribution == "block", hpx.zeros(6).distribution
        (True, None)

    Communication: one agreement of a few bytes.
    """
    distribution = _core._on_grid("set_default_distribution", distribution, grid)
    wanted = _core._checked_distribution("set_default_distribution", distribution, axis)
    _core._agree_on("set_default_distribution", wanted)
    before = _standing
    _stand(wanted._as_default() if wanted.kind != "none" else None)
    text = f"the default distribution is {wanted if _standing is not None else None}"
    return _Restoring(functools.partial(_stand, before), get_default_distribution(), text)


def get_default_distribution() -> _core.Distribution | None:
    """What `set_default_distribution` was given, as an object; None if arrays are local.

    Example:
        >>> print(hpx.get_default_distribution())
        None

    Communication: none.
    """
    return None if _standing is None else _standing._as_default(False)


def set_deterministic(enabled=True) -> AbstractContextManager[Any]:
    """Gives reductions and scans the bits of one locality on every map, grid and axis.

    Without it, reductions of all elements and 1-d scans of arrays in blocks have these bits
    (docs/same-bits.md). With it, so have sums, products, means and variances along an axis that is
    dealt out or of arrays dealt out cyclically or along several axes, scans of more dimensions, and
    histograms with float weights. What is joined is moved to where it lies on one locality, and the
    result back; float weights are copied to every locality. Products of matrices, `linalg` and
    transforms of one line bring their operands to every locality, each of which computes all of
    the result and keeps its part; LAPACK has one thread. HPXPY_DETERMINISTIC=1 in the
    environment enables it from the start; it holds until `finalize`, in a `with` to its end.
    TypeError for what is no bool.

    Example:
        >>> with hpx.set_deterministic(True):
        ...     total = hpx.ones((4, 3), distribution="block").sum(axis=0)
        >>> total
        array([4., 4., 4.])

    Communication: one agreement of a few bytes.
    """
    if not isinstance(enabled, bool | np.bool_):
        raise TypeError(f"set_deterministic: enabled={enabled!r} is no bool; give True or False")
    before, enabled = _core._is_deterministic(), bool(enabled)
    _core._set_deterministic(enabled, False)
    put_back = functools.partial(_core._set_deterministic, before, True)
    return _Restoring(put_back, enabled, f"deterministic: {enabled}")


def set_implicit_gather(limit) -> AbstractContextManager[Any]:
    """Lets `numpy.asarray(x)` and DLPack bring distributed arrays of up to `limit` bytes together.

    That is for libraries that ask for an array's elements by these protocols: each such call of
    theirs becomes a collective one, which all localities make. By default the limit is 0, and a
    distributed array raises, but for DLPack where one locality has all elements, which shares their
    memory. In a `with` it holds to its end. TypeError for what is no integer, ValueError for a
    negative one.

    Example:
        >>> import numpy as np
        >>> with hpx.set_implicit_gather(1000):
        ...     np.asarray(hpx.arange(3, distribution="block"))
        array([0, 1, 2])

    Communication: one agreement of a few bytes.
    """
    try:
        wanted = operator.index(limit)
    except TypeError:
        raise TypeError(
            f"set_implicit_gather: {limit!r} is not an integer; give a number of bytes"
        ) from None
    if wanted < 0:
        raise ValueError(f"set_implicit_gather: {wanted} is negative; give bytes, or 0 for never")
    _core._agree_on_setting("set_implicit_gather", str(wanted))
    before = _core._implicit_gather()
    _core._set_implicit_gather(wanted)
    put_back = functools.partial(_core._set_implicit_gather, before)
    return _Restoring(put_back, wanted, f"up to {wanted} bytes are gathered implicitly")


def of_array(name, like):
    """The distribution of the array that `like` is; TypeError for what is none of ours."""
    if not isinstance(like, _core.ndarray):
        raise TypeError(f"{name}: like={like!r} is no hpxpy array; asarray makes one")
    return like.distribution


def is_dealt(place):
    """Whether these keywords ask for a distributed array, by themselves or by the default."""
    asked = place.get("distribution")
    return asked is not None and _core.Distribution(asked).kind != "none"


def without_default(place):
    """The keywords where the default does not hold."""
    if not getattr(place.get("distribution"), "_gives_way", False):
        return place
    return {key: value for key, value in place.items() if key != "distribution"}


def in_one_piece(name, what, place):
    """The keywords of what cannot be dealt out: ValueError if that is asked for, not by default."""
    if is_dealt(without_default(place)):
        raise ValueError(f"{name}: {what} cannot be met with a distribution")
    return {}


def creation(function=None, *, default_holds=True, plain=None):
    """Gives a creation function the keywords that say where its array lies.

    `function` has **place for them, which is empty or has `distribution` and `axis`, as _core takes
    them. Of `like`, an array, the distribution is taken. `plain` is a function that does the same
    where none of them is given.
    """
    if function is None:
        return functools.partial(creation, default_holds=default_holds, plain=plain)
    plain = plain or function
    name = function.__name__
    # Names alone: a signature takes its time, and there are many of these at import.
    code = function.__code__
    parameters = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    takes_others = "place" not in code.co_varnames

    @functools.wraps(function)
    def public(
        *args, distribution=default, axis=None, grid=None, like=None, device=None, **keywords
    ):
        if keywords and not takes_others and not keywords.keys() <= parameters:
            unknown = next(key for key in keywords if key not in parameters)
            raise TypeError(f"{name}() got an unexpected keyword argument {unknown!r}")
        given = distribution is not default or axis is not None or grid is not None
        if not given and like is None and device is None and _standing is None:
            return plain(*args, **keywords)
        if device is not None:
            _core._check_device(name, device)
        if like is not None:
            if distribution is not default:
                raise TypeError(f"{name}: distribution and like say the same; give one of them")
            distribution = of_array(name, like)
        elif distribution is default:
            distribution = _standing if default_holds else None
        if grid is not None:
            distribution = _core._on_grid(name, distribution, grid)
        place = {} if distribution is None else {"distribution": distribution}
        if axis is not None:
            place["axis"] = axis
        return function(*args, **keywords, **place)

    public.__signature__ = _with_keywords(function, default_holds)
    return public


def _with_keywords(function, default_holds):
    """The function's signature, where its **place stands for the keywords that `creation` adds."""
    own = inspect.signature(function)
    parameters = [p for p in own.parameters.values() if p.name != "place"]
    others = [p for p in parameters if p.kind is p.VAR_KEYWORD]
    parameters = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
    kind = inspect.Parameter.KEYWORD_ONLY
    for key in ("distribution", "axis", "grid", "like", "device"):
        value = default if key == "distribution" and default_holds else None
        parameters.append(inspect.Parameter(key, kind, default=value))
    return own.replace(parameters=parameters + others)
