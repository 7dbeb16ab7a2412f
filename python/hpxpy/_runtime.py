"""Completes the runtime in Python: failures are reported by name, leaving is announced."""

# SPDX-License-Identifier: BSL-1.0
import atexit
import contextlib
import faulthandler
import io
import os
import re
import signal
import sys
import threading
import traceback

from . import _core, _exit_code
from ._core import finalize, init, is_running, locality_id, num_localities, num_threads
from ._launch import watcher_command
from ._launch.launched import Start

_folder = os.path.dirname(os.path.abspath(__file__))

__all__ = [
    "finalize",
    "init",
    "is_running",
    "locality_id",
    "num_localities",
    "num_threads",
    "runtime",
]


@contextlib.contextmanager
def runtime(*, num_threads=None, engine=None, config=None):
    """Starts hpxpy for a `with` block and stops it at the block's end.

    An exception that leaves the block on one of several localities ends the program; nothing is
    waited for then.

    Example:
        >>> with hpx.runtime(num_threads=1):
        ...     total = float(hpx.ones(3).sum())
        >>> hpx.is_running()
        False

    Communication: one all-gather of a few bytes at the start.
    """
    init(num_threads=num_threads, engine=engine, config=config)
    try:
        yield
    except BaseException:
        if is_running() and num_localities() == 1:
            finalize()
        raise
    if is_running():
        finalize()


def _interactive():
    return hasattr(sys, "ps1") or bool(sys.flags.interactive)


def _report(previous, kind, value, trace):
    """The excepthook of a launched locality: the traceback goes first and under its name."""
    if _interactive():
        previous(kind, value, trace)
        return
    text = io.StringIO()
    try:
        with contextlib.redirect_stderr(text):
            previous(kind, value, trace)
    except Exception:
        text.write("".join(traceback.format_exception(kind, value, trace)))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    code = 130 if issubclass(kind, KeyboardInterrupt) else 1
    if not _core._report_failure(text.getvalue(), code, _is_of_communication(value)):
        sys.stderr.write(text.getvalue())


def _is_of_communication(error):
    """Whether an exception, or one that led to it, says that localities could not communicate."""
    seen, left = set(), [error]
    while left:
        error = left.pop()
        if error is None or id(error) in seen:
            continue
        if isinstance(error, _core.CommunicationError):
            return True
        seen.add(id(error))
        left += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
    return False


def _source_line(file, number):
    """The text of a line of the user's program, as far as it is at hand."""
    import linecache

    try:
        return " ".join(linecache.getline(file, number)[:1000].split())[:200]
    except Exception:
        return ""


_numbers = {}  # how many threads of a name, apart from its digits, have been seen
_numbering = threading.Lock()


def _caller():
    """(identity, name) of the calling thread: the first is the same on all localities.

    A thread is known by its name without digits, and by how many of that name started before it;
    the workers of one executor, among which any may take a task, are one.
    """
    me = threading.current_thread()
    if me is threading.main_thread():
        return "", ""
    if re.search(r"_[0-9]+$", me.name):
        return re.sub("[0-9]", "", me.name), me.name
    with _numbering:
        for thread in threading.enumerate():  # in the order of their starts
            if not hasattr(thread, "_hpxpy_number"):
                kind = re.sub("[0-9]", "", thread.name)
                thread._hpxpy_number = _numbers.get(kind, 0)
                _numbers[kind] = thread._hpxpy_number + 1
    return f"{re.sub('[0-9]', '', me.name)} {me._hpxpy_number}", me.name


def _offer_places():
    """From now on this process's watcher, and a signal, can ask where it stands."""
    try:
        from ._launch.places import offer_places

        offer_places()
        # Of more than one locality the control channel, once it is there, asks for all.
        if Start.size == 1 and signal.getsignal(signal.SIGUSR2) is signal.SIG_DFL:
            faulthandler.register(signal.SIGUSR2, all_threads=True)
    except Exception:  # it is not needed to run the program
        pass


def _leave():
    """Runs functions for the others until all localities have come so far; not if it fails."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    try:
        _core._leave(_exit_code.known())
    except BaseException as error:
        # Functions may still be running, which would meet an interpreter that is gone.
        sys.excepthook(*sys.exc_info())
        os._exit(130 if isinstance(error, KeyboardInterrupt) else 1)


def _install():
    folder = os.path.dirname(os.path.abspath(_core.__file__))
    Start.remember()
    watcher = watcher_command("beside") if sys.executable else []
    _core._tell_host(folder, _folder, watcher, _source_line, _caller)
    if Start.size is not None:
        _offer_places()
    atexit.register(_leave)
    if _core._is_launched():
        previous = sys.excepthook
        sys.excepthook = lambda *error: _report(previous, *error)
        _exit_code.watch()


def _handle(sender, message):
    """Takes a message for this locality, on a servant's thread."""
    from . import _messages  # which takes messages of its own

    _messages._remote._handle(sender, message)


def _abandon():
    """hpxpy has stopped: tells those who wait."""
    if remote := sys.modules.get("hpxpy._remote"):
        remote._abandon()


_install()
_core._serve(_handle, _abandon)
if os.environ.get("HPXPY_LOG"):
    from ._logging import set_up

    with contextlib.suppress(ValueError):  # `init` and the launcher refuse what is no level
        set_up(os.environ["HPXPY_LOG"])
if os.environ.get("HPXPY_PLAN"):
    from ._plan import played

    played.begin()
