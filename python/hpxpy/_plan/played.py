"""In a process that plays one locality: no file is written, and the log goes to the driver.

Imported by hpxpy/_runtime.py where the driver has set HPXPY_PLAN.
"""

# SPDX-License-Identifier: BSL-1.0
import atexit
import builtins
import ctypes
import io
import os
import pickle
import signal
import time

from .. import _core
from .._launch.places import offer_places

#: Of a driver: where the log goes, without the locality's number.
FOLDER = "HPXPY_PLAN_FOLDER"

PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>


def _write_nowhere():
    """What Python's open would write goes nowhere: values that were made up are of no use."""
    true_open = io.open

    def open(file, mode="r", *args, **keywords):
        if isinstance(file, (str, bytes, os.PathLike)) and set(mode) & set("wax+"):
            file, mode = os.devnull, mode.replace("x", "w")
        return true_open(file, mode, *args, **keywords)

    io.open = builtins.open = open
    return true_open


def begin():
    """Called once hpxpy is imported."""
    folder = os.environ.pop(FOLDER, None)
    if folder is None:
        return
    # Nobody needs it any more once the driver is gone.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    true_open = _write_nowhere()
    offer_places()
    begun = time.perf_counter()

    def end():
        log = _core._plan_log()
        log["seconds"] = time.perf_counter() - begun
        # The clock of both is CLOCK_MONOTONIC.
        log["turns"] = [turn - begun for turn in log["turns"]]
        with true_open(os.path.join(folder, f"log-{os.getpid()}"), "wb") as file:
            pickle.dump(log, file)

    atexit.register(end)
