"""Python's logging on several localities, set up by HPXPY_LOG. Imported by _runtime.py."""

# SPDX-License-Identifier: BSL-1.0
import logging
import os
import sys

from . import _core

FORMAT = "%(asctime)s locality %(locality)s %(levelname)s %(name)s: %(message)s"


_known = 0  # this locality's number, as far as it is known


def _add_number(record):
    """A message does not start hpxpy: until then the launcher's variables tell."""
    global _known
    if _core.is_running():
        _known = _core.locality_id()
    record.locality = _known
    return True


def levels_of(text):
    """{logger: level} of 'info,mine=debug'; "" is the root logger."""
    levels = {}
    for word in text.split(","):
        name, _, level = word.rpartition("=")
        levels[name] = level.upper()
    return levels


def set_up(text):
    """Writes messages of these levels to standard error, with the locality's number."""
    global _known
    _core._check_setting("HPXPY_LOG", text)
    for name in ("SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "HPXPY_LOCALITY_ID"):
        if os.environ.get(name, "").isdigit():
            _known = int(os.environ[name])
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(_add_number)
    logging.getLogger().addHandler(handler)
    for name, level in levels_of(text).items():
        logging.getLogger(name or None).setLevel(level)
