"""Functions run on other localities, and futures for what comes of them.

A call is one message, its answer another: a header, a pickle of protocol 5, and its buffers. The
servants' threads (runtime/servants.hpp) call `_handle` with both, through _runtime.py, which
imports this module at the first message.
"""
# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import concurrent.futures
import io
import itertools
import os
import pickle
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

from . import _core

__all__ = ["Future", "async_", "make_ready_future", "when_all", "when_any"]

S = TypeVar("S")
T = TypeVar("T")

_CALL, _ANSWER = ord("c"), ord("a")
#: Kind, number of the call, number of buffers (-1: the call is one of `_here`); sizes follow.
_HEADER = struct.Struct("<Bxxxiq")
_SIZE = struct.Struct("<q")
#: Seconds that a call waits for a program that runs to define its function.
_DEFINED_WITHIN = 10.0

#: Calls whose answer has not come, by number, and calls of this locality that need no pickle.
_pending: dict[int, Future] = {}
_here: dict[int, tuple] = {}
_numbers = itertools.count()
#: Who takes messages of other kinds, and who is told that nothing comes any more.
_takers: dict[int, Callable] = {}
_enders: list[Callable] = []


class Future(concurrent.futures.Future[T]):
    """A value that is still being computed, here or on another locality.

    It is a `concurrent.futures.Future`, so `as_completed`, `asyncio.wrap_future` and the like take
    it, and `await` works on it. What was started cannot be cancelled.

    Example:
        >>> hpx.async_(pow, 2, 10).get()
        1024

    Communication: none.
    """

    def __init__(self):
        super().__init__()
        self.set_running_or_notify_cancel()

    def get(self, timeout: float | None = None) -> T:
        """The value, once it is there; raises what the function raised.

        A TimeoutError is raised where it takes more than `timeout` seconds. An exception of another
        locality has that locality's traceback as its cause.

        Communication: waits for the message that brings the value.
        """
        self._wait(timeout)
        return super().result(0)

    result = get

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """What the function raised, or None; waits like `get`.

        Communication: waits for the message that brings it.
        """
        self._wait(timeout)
        return super().exception(0)

    def then(self, fn: Callable[[T], S]) -> Future[S]:
        """A future of `fn(value)`, run here as soon as the value is there.

        Where there is an exception instead, `fn` does not run and the new future has the same.

        Example:
            >>> hpx.async_(pow, 2, 10).then(str).get()
            '1024'

        Communication: none.
        """
        if not callable(fn):
            raise TypeError(f"then: {fn!r} is not callable; give a function of the value")
        after = Future()

        def go_on(before):
            error = concurrent.futures.Future.exception(before, 0)
            try:
                if error is None:
                    _start_here(after, fn, (concurrent.futures.Future.result(before, 0),), {})
            except BaseException as reason:
                error = reason
            if error is not None:
                after.set_exception(error)

        self.add_done_callback(go_on)
        return after

    def __await__(self) -> Generator[Any, None, T]:
        import asyncio

        return asyncio.wrap_future(self).__await__()

    def _wait(self, timeout):
        if self.done():
            return
        ready = threading.Event()
        self.add_done_callback(lambda _: ready.set())
        deadline = None if timeout is None else time.monotonic() + timeout
        _core._pause(True)
        try:
            # Where MPI is for one thread only, messages move while that one waits.
            most = 0.002 if threading.current_thread() is threading.main_thread() else 0.05
            pause = 0.0002
            while not ready.wait(pause if deadline is None else _remaining(deadline, pause)):
                if deadline is not None and time.monotonic() >= deadline:
                    raise TimeoutError(
                        f"get: no value after {timeout} s; wait longer, or see done()"
                    )
                _core._move_messages()
                pause = min(pause * 1.5, most)
        finally:
            _core._pause(False)


def _remaining(deadline, most):
    return max(0.0, min(deadline - time.monotonic(), most))


class _ElsewhereError(Exception):
    """The traceback of another locality, as text; the cause of what was raised there."""

    def __str__(self):
        return f'\n"""\n{self.args[0]}"""'


def async_(
    fn: Callable[..., T], *args: Any, locality: int | None = None, **kwargs: Any
) -> Future[T]:
    """Starts `fn(*args, **kwargs)` on a locality and returns a future of its value.

    With `locality=None` it runs here, on the same objects. With a number it runs on that locality,
    also if that is this one, on copies: function, arguments and value are pickled. Functions are
    pickled by name, so every locality can import them (a program that has not come to its own yet
    has 10 s to do so); others need cloudpickle. A function runs in a thread, several at a time, and
    may call `async_` itself, but nothing in which all localities take part. What it raises, `get`
    raises. A locality that has come to the end of its program runs
    functions until all have; `finalize` waits for them, too.

    A locality that does not exist is a ValueError; what cannot be pickled is a TypeError.

    Example:
        >>> last = hpx.num_localities() - 1
        >>> hpx.async_(pow, 2, 10, locality=last).get()
        1024

    Communication: one message with the arguments, one back with the value; none with None.
    """
    if not callable(fn):
        raise TypeError(f"async_: {fn!r} is not callable; give a function and its arguments")
    future = Future()
    if locality is None:
        _start_here(future, fn, args, kwargs)
        return future
    if isinstance(locality, bool) or not hasattr(locality, "__index__"):
        raise TypeError(f"async_: locality={locality!r} is not a whole number")
    locality = locality.__index__()
    size = _core.num_localities()
    if not 0 <= locality < size:
        there = "locality 0 only" if size == 1 else f"localities 0 to {size - 1}"
        raise ValueError(f"async_: locality {locality} does not exist; this program has {there}")
    data, buffers = _pickle_call(fn, args, kwargs)
    number = next(_numbers)
    _pending[number] = future
    try:
        _post(locality, _CALL, number, data, buffers)
    except BaseException:
        _pending.pop(number, None)
        raise
    return future


def make_ready_future(value: T | None = None) -> Future[T]:
    """A future that has its value already.

    Example:
        >>> hpx.make_ready_future(3).get()
        3

    Communication: none.
    """
    future = Future()
    future.set_result(value)
    return future


def when_all(futures: Iterable[Future[T]]) -> Future[list[T]]:
    """A future of the list of all values, in the order given.

    It is ready when all futures are; where some have an exception, it has that of the first such.

    Example:
        >>> hpx.when_all(hpx.async_(pow, 2, i) for i in range(4)).get()
        [1, 2, 4, 8]

    Communication: none.
    """
    futures = _listed("when_all", futures)
    everything = Future()
    lock = threading.Lock()
    left = len(futures)

    def finish():
        for future in futures:
            error = concurrent.futures.Future.exception(future, 0)
            if error is not None:
                everything.set_exception(error)
                return
        everything.set_result([concurrent.futures.Future.result(f, 0) for f in futures])

    def one_done(_):
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        if last:
            finish()

    if not futures:
        finish()
    for future in futures:
        future.add_done_callback(one_done)
    return everything


def when_any(futures: Iterable[Future[T]]) -> Future[tuple[int, T]]:
    """A future of `(index, value)` of the future that is ready first, or of its exception.

    Without any future there is none that could be ready: a ValueError.

    Example:
        >>> index, value = hpx.when_any([hpx.async_(pow, 2, 3), hpx.async_(pow, 2, 4)]).get()

    Communication: none.
    """
    futures = _listed("when_any", futures)
    if not futures:
        raise ValueError("when_any: no futures were given; give one or more")
    first = Future()
    lock = threading.Lock()

    def one_done(index, future):
        with lock:
            if first.done():
                return
            error = concurrent.futures.Future.exception(future, 0)
            if error is None:
                first.set_result((index, concurrent.futures.Future.result(future, 0)))
            else:
                first.set_exception(error)

    for index, future in enumerate(futures):
        future.add_done_callback(lambda done, index=index: one_done(index, done))
    return first


def _listed(function, futures):
    if isinstance(futures, concurrent.futures.Future) or not isinstance(futures, Iterable):
        raise TypeError(f"{function}: {futures!r} is not a list of futures")
    futures = list(futures)
    for future in futures:
        if not isinstance(future, concurrent.futures.Future):
            raise TypeError(f"{function}: {future!r} is not a future; async_ gives futures")
    return futures


# Messages


def _post(locality, kind, number, data, buffers):
    pieces = [data, *buffers]
    header = _HEADER.pack(kind, len(pieces), number)
    sizes = b"".join(_SIZE.pack(len(piece)) for piece in pieces)
    _core._post(locality, [header + sizes, *pieces])


def _start_here(future, fn, args, kwargs):
    number = next(_numbers)
    _here[number] = (future, fn, args, kwargs)
    try:
        _core._post_here([_HEADER.pack(_CALL, -1, number)])
    except BaseException:
        del _here[number]
        raise


def _open(message):
    """Kind, number, and the pickle with its buffers (None for a call of `_here`)."""
    kind, count, number = _HEADER.unpack_from(message)
    if count < 0:
        return kind, number, None
    sizes = [_SIZE.unpack_from(message, _HEADER.size + 8 * i)[0] for i in range(count)]
    at = _HEADER.size + 8 * count
    pieces = []
    for size in sizes:
        at = (at + 63) // 64 * 64
        pieces.append(message[at : at + size])
        at += size
    return kind, number, pieces


def _dumps(value, dumps=pickle.dumps):
    buffers = []
    data = dumps(value, protocol=5, buffer_callback=lambda buffer: buffers.append(buffer.raw()))
    return data, buffers


def _pickle_call(fn, args, kwargs):
    try:
        return _dumps((fn, args, kwargs))
    except Exception as error:
        reason = error
    name = getattr(fn, "__qualname__", repr(fn))
    try:
        pickle.dumps(fn, protocol=5)
        what = f"the arguments of {name}"
    except Exception:
        what = name
    try:
        import cloudpickle
    except ImportError:
        remedy = (
            "functions go by name: define it at the top level of a module that every locality "
            "imports, or install cloudpickle"
        )
        if what != name:
            remedy = "give others, or install cloudpickle"
        raise TypeError(f"async_: {what} cannot be pickled ({reason}); {remedy}") from reason
    try:
        return _dumps((fn, args, kwargs), cloudpickle.dumps)
    except Exception as error:
        raise TypeError(
            f"async_: {what} cannot be pickled ({error}); give values that can"
        ) from error


# On a servant's thread


def _handle(sender, message):
    kind, number, pieces = _open(memoryview(message))
    if kind in _takers:
        _takers[kind](sender, number, pieces)
    elif kind == _ANSWER:
        _take_answer(number, pieces)
    elif pieces is None:
        _run_here(number)
    else:
        _run_for(sender, number, pieces)


def _run_here(number):
    future, fn, args, kwargs = _here.pop(number)
    try:
        value = fn(*args, **kwargs)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(value)


def _name():
    return f"locality {_core.locality_id()} ({socket.gethostname()}, pid {os.getpid()})"


def _is_main_running():
    """Whether the program itself still runs, and may define more."""
    frame = sys._current_frames().get(threading.main_thread().ident)
    names = vars(sys.modules["__main__"])
    while frame and not (frame.f_globals is names and frame.f_code.co_name == "<module>"):
        frame = frame.f_back
    return frame is not None


class _CallReader(pickle.Unpickler):
    """Reads a call; a quicker locality may name what this program defines a moment later."""

    def find_class(self, module, name):
        if module == "__main__":
            main, end = sys.modules["__main__"], time.monotonic() + _DEFINED_WITHIN
            while not hasattr(main, name.partition(".")[0]) and _is_main_running():
                if time.monotonic() > end:
                    break
                time.sleep(0.001)
        return super().find_class(module, name)


def _run_for(sender, number, pieces):
    name = "the function"
    try:
        fn, args, kwargs = _CallReader(io.BytesIO(pieces[0]), buffers=pieces[1:]).load()
        name = getattr(fn, "__qualname__", repr(fn))
        value = fn(*args, **kwargs)
        del args, kwargs
        try:
            data, buffers = _dumps((True, value))
        except Exception as error:
            raise TypeError(
                f"async_: what {name} returned on {_name()} cannot be pickled ({error}); return "
                "something that can"
            ) from error
    except BaseException as error:
        data, buffers = _dumps((False, _portable(error)))
    _post(sender, _ANSWER, number, data, buffers)


def _portable(error):
    """The exception, the traceback as text and whose it is; one that cannot travel is told of."""
    # The first frame is ours.
    trace = error.__traceback__.tb_next if error.__traceback__ else None
    text = "".join(traceback.format_exception(type(error), error, trace))
    try:
        data = pickle.dumps(error, protocol=5)
        if type(pickle.loads(data)) is not type(error):
            raise TypeError("another type came back")
    except Exception:
        told = "".join(traceback.format_exception_only(type(error), error)).strip()
        data = pickle.dumps(RuntimeError(f"async_: {told}"), protocol=5)
    return data, f"On {_name()}:\n{text}"


def _take_answer(number, pieces):
    future = _pending.pop(number, None)
    if future is None:
        return
    try:
        well, value = pickle.loads(pieces[0], buffers=pieces[1:])
        if not well:
            data, text = value
            error = pickle.loads(data)
            error.__cause__ = _ElsewhereError(text)
            if isinstance(error, _core.CommunicationError):
                _core._note_lost()
    except BaseException as reason:
        well, error = False, reason
    if well:
        future.set_result(value)
    else:
        future.set_exception(error)


def _give_up(future):
    future.set_exception(
        RuntimeError("get: hpxpy was finalized before the value came; get it before finalize")
    )


def _abandon():
    """hpxpy has stopped, so nothing comes any more."""
    _here.clear()
    while _pending:
        _give_up(_pending.popitem()[1])
    for end in _enders:
        end()
