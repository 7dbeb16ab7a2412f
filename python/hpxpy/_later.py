"""Collectives that give a future: `sync=False`.

Those of a group are made one after the other by a thread, which passes for the one that began them;
what the program does in the group meanwhile waits for them (runtime/queued.hpp), so all stays in
the order of the program.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import collections
import copy
import threading

from . import _core


class _Line:
    """The calls of one group that are begun and not yet made."""

    def __init__(self):
        self._calls = collections.deque()
        self._lock = threading.Lock()
        self._runs = False

    def add(self, queued, call, future):
        with self._lock:
            self._calls.append((queued, call, future))
            if self._runs:
                return
            self._runs = True
        threading.Thread(target=self._run, name="hpxpy collectives", daemon=True).start()

    def _run(self):
        while True:
            with self._lock:
                if not self._calls:
                    self._runs = False
                    return
                queued, call, future = self._calls.popleft()
            _make(queued, call, future)


_lock = threading.Lock()
_lines: dict[int, _Line] = collections.defaultdict(_Line)


def _make(queued, call, future):
    value = error = None

    def run():
        nonlocal value
        value = call()
        for x in value if isinstance(value, list) else (value,):
            if isinstance(x, _core.ndarray):
                _core.eval(x)

    try:
        queued.make(run)
    except BaseException as reason:
        error = reason
    try:
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
    finally:
        queued.close()


def made(sync, number, call, *operands):
    """What `call(*operands)` gives, a collective of the group of that number; or its future.

    A future's operands are copied. An exchange of distributed arrays is started by the call and
    goes on by itself in any case.

    Communication: that of the call.
    """
    if sync:
        return call(*operands)
    from ._remote import Future, make_ready_future

    if any(isinstance(x, _core.ndarray) and x.distribution is not None for x in operands):
        return make_ready_future(call(*operands))
    kept = [copy.deepcopy(x) for x in operands]
    future = Future()
    with _lock:
        _lines[number].add(_core._QueuedCall(number), lambda: call(*kept), future)
    return future
