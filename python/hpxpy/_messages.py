"""Arrays sent from one locality to another: `send` and `recv`.

A message is posted, so it leaves and arrives whatever the receiver does; here it waits in the box
of its sender, group and tag. Messages of one box are numbered, since threads may take them in any
order. Imported by hpxpy/__init__.py.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import collections
import pickle
import threading
import time

import numpy as np

from . import _core, _remote
from ._arguments import as_array
from ._groups import address_of, member_of, number_of, whole_number
from ._remote import Future, make_ready_future

__all__ = ["recv", "send"]

_MAIL = ord("m")
#: Seconds after which one who waits asks whether the sender still runs, and between such questions.
_PATIENCE = 0.5


class _Box:
    """Messages of one sender, group and tag: what came, by number, and who waits."""

    def __init__(self):
        self.came = {}
        self.next = 0
        self.waiting = collections.deque()


_lock = threading.Lock()
_boxes: dict[tuple, _Box] = collections.defaultdict(_Box)
#: How many messages went to a locality with a group and tag.
_sent: dict[tuple, int] = collections.defaultdict(int)


class _Arrival(Future):
    """A future of a message, which also ends when its sender does."""

    def __init__(self, box, source, described):
        super().__init__()
        self._box = box
        self.source = source
        self._described = described

    def forget(self):
        """Takes no message any more; whether it waited for one."""
        with _lock:
            waits = self in self._box.waiting
            if waits:
                self._box.waiting.remove(self)
        return waits

    def _wait(self, timeout):
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.done():
            left = _PATIENCE if deadline is None else deadline - time.monotonic()
            try:
                super()._wait(min(_PATIENCE, left))
            except TimeoutError:
                if deadline is not None and time.monotonic() >= deadline:
                    raise
                self._ask()

    def _ask(self):
        """Gives up if the sender has left. What it posted before it answers is handled by then."""
        question = _remote.async_(_has_left, locality=self.source)
        if not question.get():
            return
        time.sleep(0.05)
        if self.forget():
            self.set_exception(_core.CommunicationError(self._described))


def send(x, to: int, tag: int = 0, *, group=None, sync: bool = True) -> None:
    """Sends a local array to locality `to`, which takes it with `recv` and the same `tag`.

    It never waits: the array is copied, so it may be written right away, and the receiver may take
    it whenever it likes; with sync=False it gives a `hpx.Future` that is ready. Messages from one
    locality to another with one tag arrive in their order. `to` is a number within `group`, all
    localities by default, and may be one's own. ValueError for a locality that does not exist or a
    negative tag, TypeError for a distributed array, whose part `local_partition` gives.

    Example:
        >>> hpx.send(hpx.asarray([1.5, 2.5]), hpx.locality_id(), tag=7)
        >>> hpx.recv(hpx.locality_id(), tag=7)
        array([1.5, 2.5])

    Communication: one message with the array.
    """
    number = number_of("send", group)
    to = member_of("send", "locality", to, number)
    tag = _tag("send", tag)
    x = as_array(x)
    if x.distribution is not None:
        raise TypeError(
            "send: this array is distributed, and each locality has a part of it; send "
            "local_partition, or move it with redistribute"
        )
    values = np.ascontiguousarray(x.to_numpy())
    there, identity = address_of(group, to)
    facts = (identity, _core._place_in(number)[0], tag, x.dtype.str, x.shape)
    with _lock:
        index = _sent[there, identity, tag]
        _sent[there, identity, tag] += 1
        data = values.reshape(-1).view(np.uint8)
        _remote._post(there, _MAIL, index, pickle.dumps(facts, protocol=5), [data])
    _core._record_message(x, there, True)
    return None if sync else make_ready_future()


def recv(source: int, tag: int = 0, *, group=None, sync: bool = True):
    """The next array that locality `source` sends with this `tag`, whatever its shape and dtype.

    It waits for it; a CommunicationError is raised if the source ends its program without. `source`
    is a number within `group`, all localities by default, and may be one's own. With sync=False the
    call gives a `hpx.Future` of the array; those of one source and tag get their messages in the
    order of the calls. ValueError for a locality that does not exist or a negative tag.

    Example:
        >>> hpx.send(hpx.arange(3), hpx.locality_id())
        >>> hpx.recv(hpx.locality_id())
        array([0, 1, 2])

    Communication: waits for the message that brings the array.
    """
    future = _expect(source, tag, group)
    if not sync:
        return future
    try:
        x = future.get()
    except BaseException:
        future.forget()
        raise
    _core._record_message(x, future.source, False)
    return x


def _expect(source, tag, group):
    number = number_of("recv", group)
    source = member_of("recv", "locality", source, number)
    tag = _tag("recv", tag)
    there, identity = address_of(group, source)
    described = f"recv: locality {there} has left without sending a message with tag {tag}"
    with _lock:
        box = _boxes[source, identity, tag]
        future = _Arrival(box, there, described)
        box.waiting.append(future)
        ready = _matched(box)
    _deliver(ready)
    return future


def _has_left():
    """Whether this locality's program has ended; run for who waits for its messages."""
    return _core._is_draining()


def _tag(function, tag):
    tag = whole_number(function, "tag", tag)
    if tag < 0:
        raise ValueError(f"{function}: tag {tag} is not possible; give a whole number from 0 on")
    return tag


def _take(_, index, pieces):
    """On a servant's thread: a message came."""
    identity, source, tag, dtype, shape = pickle.loads(pieces[0])
    values = np.frombuffer(pieces[1], dtype).reshape(shape)
    with _lock:
        box = _boxes[source, identity, tag]
        box.came[index] = values
        ready = _matched(box)
    _deliver(ready)


def _matched(box):
    """Who waits, each with its message, as far as the next ones came."""
    ready = []
    while box.waiting and box.next in box.came:
        ready.append((box.waiting.popleft(), box.came.pop(box.next)))
        box.next += 1
    return ready


def _deliver(ready):
    """Without the lock: what waits for a future may send."""
    for future, values in ready:
        future.set_result(_core.from_numpy(values))


def _end():
    with _lock:
        waiting = [future for box in _boxes.values() for future in box.waiting]
        _boxes.clear()
        _sent.clear()
    for future in waiting:
        _remote._give_up(future)


_remote._takers[_MAIL] = _take
_remote._enders.append(_end)
