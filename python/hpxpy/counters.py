"""What hpxpy counts while it runs, by name: messages, memory, and what the engine itself counts."""

# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import difflib
import fnmatch

from . import _core

__all__ = ["discover", "get"]


def get(name: str) -> float:
    """The value of one of this locality's counters now.

    On every engine: /hpxpy/messages and /hpxpy/bytes_sent, all that this locality has given to
    others, and the same of each kind of exchange (/hpxpy/messages/halo, /hpxpy/bytes_sent/halo;
    also redistribute, join, gather, all_gather, broadcast, scatter, all_reduce, scan, all_to_all,
    route, rotate, sort, function for `async_` and `send`, and agreement, in which localities tell
    each other what they call). A message is what one locality gives another in one exchange, in
    however many pieces; what stays is not counted.
    What the engine does by an algorithm of its own (broadcast, all_gather, all_reduce, scan) counts
    as what it was asked for: what a locality gives counts once for each other locality whose result
    depends on it. Traffic of partitioned vectors within HPX is not counted.

    Further /hpxpy/collectives (what all localities start together, agreements among them),
    /hpxpy/functions (run for `async_`), /hpxpy/operations/recorded and
    /hpxpy/operations/run (elementwise operations and reductions of deferred work; none runs more
    than twice), /hpxpy/memory/used, /hpxpy/memory/cached and /hpxpy/memory/peak (bytes of arrays).
    Engine hpx adds HPX's own, such as '/threads{locality#0/total}/count/cumulative'. An unknown
    name is a ValueError that gives the nearest ones.

    Example:
        >>> hpx.counters.get("/hpxpy/memory/used") >= 0
        True

    Communication: none.
    """
    if not isinstance(name, str):
        raise TypeError(f"get: name={name!r} is not a string")
    ours = _core._counters()
    value = ours[name] if name in ours else _core._engine_counter(name)
    if value is None:
        near = difflib.get_close_matches(name, discover(), 3, 0.4) or sorted(ours)
        raise ValueError(f"get: there is no counter {name!r}; the nearest are {', '.join(near)}")
    return value


def discover(pattern: str = "*") -> list[str]:
    """The names of the counters that match a pattern like a shell's, sorted.

    Example:
        >>> hpx.counters.discover("/hpxpy/memory/*")
        ['/hpxpy/memory/cached', '/hpxpy/memory/peak', '/hpxpy/memory/used']

    Communication: none.
    """
    if not isinstance(pattern, str):
        raise TypeError(f"discover: pattern={pattern!r} is not a string")
    names = [*_core._counters(), *_core._engine_counters()]
    return sorted(name for name in names if fnmatch.fnmatchcase(name, pattern))
