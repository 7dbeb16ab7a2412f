"""Starting, watching and ending the processes of a program; standard library only.

`hpxpy run` starts a `supervisor` and, through mpiexec, one `watcher` for each locality, which
starts the locality itself and learns its real end. Under a plain mpiexec each locality starts a
watcher of its own at its side, and locality 0's is the supervisor too.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import sys

BOOT = """
import sys
sys.path.append(sys.argv[1])
from _launch.starting import main
main(sys.argv[2:])
"""


def watcher_command(kind):
    """What starts a watcher: a bare Python that loads nothing of hpxpy but the watcher."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [sys.executable, "-I", "-S", "-c", BOOT, folder, kind]
