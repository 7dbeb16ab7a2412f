"""`python -m hpxpy` is the command `hpxpy`."""

# SPDX-License-Identifier: BSL-1.0
import signal
import sys

from .launcher import main


def command():
    """The command; returns its exit code, which a Ctrl-C that comes too late does not change."""
    try:
        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = 128 + signal.SIGINT
    return code


if __name__ == "__main__":
    sys.exit(command())
