"""The exit code of this process as early as it is known: `_runtime` leaves the others by it.

The interpreter runs functions of atexit before it tells anybody its exit code. But on its way there
it reads the attribute `code` of the SystemExit that nobody caught, from no line of Python at all.
Before Python 3.12, `sys.exit` makes the exception only where somebody catches it, so one that makes
it at once takes its place.
"""

# SPDX-License-Identifier: BSL-1.0
import ctypes
import gc
import sys
import threading

_code = 0


def known():
    """The exit code that the SystemExit asked for by which the program ends; 0 without one."""
    return _code


def of_status(status):
    """The exit code that `raise SystemExit(status)` ends a process with."""
    if status is None:
        return 0
    if not isinstance(status, int):
        return 1
    # As the interpreter does: what no C long holds counts as -1.
    return int(status) & 255 if -(1 << 63) <= status < 1 << 63 else 255


def leave(status=None, /):
    """As `sys.exit`."""
    raise SystemExit(status)


def watch():
    """From now on `known` knows."""
    if sys.version_info < (3, 12):
        names = vars(sys.modules["__main__"])
        names.update({name: leave for name, value in names.items() if value is sys.exit})
        leave.__doc__ = sys.exit.__doc__
        sys.exit = leave
    attributes = gc.get_referents(SystemExit.__dict__)[0]
    plain = attributes["code"]

    def get(error):
        global _code
        status = plain.__get__(error)
        try:
            sys._getframe(1)
        except ValueError:
            if threading.current_thread() is threading.main_thread():
                _code = of_status(status)
        return status

    attributes["code"] = property(get, plain.__set__, plain.__delete__, plain.__doc__)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(SystemExit))
