"""Which localities there are, and what runs on one of them. Imported by hpxpy/__init__.py."""

# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from . import _core
from ._objects import broadcast_object
from ._remote import _ElsewhereError, _portable

__all__ = [
    "Locality",
    "find_all_localities",
    "find_here",
    "find_remote_localities",
    "is_root",
    "localities",
    "on_locality",
    "print0",
    "progress",
    "run_on",
]


class Locality(NamedTuple):
    """One locality, as `localities` tells of it.

    `cores` are the CPUs that it may run on, `threads` those that it computes with, `memory` bytes
    of its host, or of its control group's limit.

    Example:
        >>> hpx.localities()[0].id
        0

    Communication: none.
    """

    id: int
    host: str
    pid: int
    cores: int
    threads: int
    memory: int
    engine: str


def localities() -> list[Locality]:
    """All localities of the program, in their order, with host, process and what each has.

    Example:
        >>> [locality.id for locality in hpx.localities()] == hpx.find_all_localities()
        True

    Communication: none; localities told each other when they started.
    """
    return [Locality(*facts) for facts in _core._localities()]


def find_here() -> int:
    """The number of this locality, as `locality_id` gives it.

    Example:
        >>> hpx.find_here() == hpx.locality_id()
        True

    Communication: none.
    """
    return _core.locality_id()


def find_all_localities() -> list[int]:
    """The numbers of all localities.

    Example:
        >>> hpx.find_all_localities()[0]
        0

    Communication: none.
    """
    return list(range(_core.num_localities()))


def find_remote_localities() -> list[int]:
    """The numbers of all localities but this one.

    Example:
        >>> hpx.find_here() in hpx.find_remote_localities()
        False

    Communication: none.
    """
    here = _core.locality_id()
    return [number for number in range(_core.num_localities()) if number != here]


def is_root() -> bool:
    """Whether this is locality 0.

    Example:
        >>> hpx.is_root() == (hpx.locality_id() == 0)
        True

    Communication: none.
    """
    return _core.locality_id() == 0


def print0(
    *values: Any,
    sep: str | None = " ",
    end: str | None = "\n",
    file: Any = None,
    flush: bool = False,
) -> None:
    """Prints on locality 0 what `print` would.

    All localities call it and turn the values into text, so that distributed arrays may be among
    them; a locality that calls it alone prints local values.

    Example:
        >>> import sys
        >>> hpx.print0('mean:', hpx.arange(3).mean(), file=sys.stderr)

    Communication: none, but for what the text of a distributed array needs.
    """
    texts = [str(value) for value in values]
    if is_root():
        print(*texts, sep=sep, end=end, file=file, flush=flush)


def _check(function, k, fn):
    if isinstance(k, bool) or not hasattr(k, "__index__"):
        raise TypeError(f"{function}: k={k!r} is not the number of a locality")
    size = _core.num_localities()
    if not 0 <= k.__index__() < size:
        there = "locality 0 only" if size == 1 else f"localities 0 to {size - 1}"
        raise ValueError(f"{function}: locality {k} does not exist; this program has {there}")
    if not callable(fn):
        raise TypeError(f"{function}: {fn!r} is not callable; give a function and its arguments")
    return k.__index__()


def run_on(k: int, fn: Callable, /, *args: Any, **kwargs: Any) -> Any:
    """Runs `fn(*args, **kwargs)` on locality `k` alone, and gives its value to all.

    All localities call it. What `fn` raises is raised on all of them, elsewhere with the traceback
    of locality `k` as its cause. `fn` cannot take part in what all localities do together. `async_`
    runs a function on another locality without the others.

    Example:
        >>> hpx.run_on(0, pow, 2, 10)
        1024

    Communication: one broadcast of the pickled value from locality k.
    """
    return _run_on("run_on", _check("run_on", k, fn), fn, args, kwargs)


def _run_on(function, k, fn, args, kwargs):
    answer, value = None, None
    if _core.locality_id() == k:
        try:
            value = fn(*args, **kwargs)
            try:
                answer = pickle.dumps((True, value), protocol=5)
            except Exception as error:
                name = getattr(fn, "__qualname__", repr(fn))
                raise TypeError(
                    f"{function}: what {name} returned cannot be pickled ({error}); return "
                    "something that can"
                ) from error
        except Exception as error:
            value, answer = error, pickle.dumps((False, _portable(error)), protocol=5)
    well, told = pickle.loads(broadcast_object(answer, root=k))
    if _core.locality_id() == k:
        if not well:
            raise value
        return value
    if well:
        return told
    data, text = told
    error = pickle.loads(data)
    error.__cause__ = _ElsewhereError(text)
    raise error


def on_locality(k: int) -> Callable:
    """A decorator: the function runs on locality `k` alone, and its value is given to all.

    Calls of it are `run_on(k, ...)`, which all localities make.

    Example:
        >>> @hpx.on_locality(0)
        ... def settings():
        ...     return {'tolerance': 1e-6}
        >>> settings()['tolerance']
        1e-06

    Communication: none; each call of the function one broadcast of its value.
    """

    def decorate(fn):
        if not callable(fn):
            raise TypeError(f"on_locality: {fn!r} is not callable; decorate a function")

        @functools.wraps(fn)
        def call(*args, **kwargs):
            return _run_on("on_locality", _check("on_locality", k, fn), fn, args, kwargs)

        return call

    return decorate


def progress(
    iterable: Iterable, *, total: float | None = None, description: str = "", file=None
) -> Iterator:
    """Goes through `iterable`, and shows a bar on locality 0.

    All localities may use it, for as many steps as each takes; one bar is drawn, by locality 0 and
    of its own steps: on a terminal, in a notebook, and as one line at the end where standard error
    is neither. `total` is the number of steps where `iterable` has no length; `file` is written to
    in place of standard error.

    Example:
        >>> sum(hpx.progress(range(4), description='sweeps'))
        6

    Communication: none.
    """
    if total is not None and (isinstance(total, bool) or not hasattr(total, "__float__")):
        raise TypeError(f"progress: total={total!r} is not a number of steps")
    if not isinstance(iterable, Iterable):
        raise TypeError(f"progress: {iterable!r} cannot be iterated; give a range or a list")
    return _bar(iterable, total, description, file) if is_root() else iter(iterable)


def _bar(iterable, total, description, file):
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    # The launcher passes on to its terminal what a locality writes into a pipe.
    terminal = True if os.environ.get("HPXPY_TERMINAL") == "1" and file is None else None
    console = Console(file=file or sys.stderr, force_terminal=terminal)
    columns = [TextColumn("{task.description}")] if description else []
    columns += [BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console) as bar:
        yield from bar.track(iterable, total=total, description=description)
