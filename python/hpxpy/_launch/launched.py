"""What launched this process: the variables of its environment, and whether they are its own.

`hpxpy._runtime` calls this at import, before anything is read from them. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import re
import stat

#: What tells one process which locality it is; no business of its child processes.
VARIABLES = ("HPXPY_MULTI_LOCALITY", "HPXPY_LOCALITY_ID", "HPXPY_AGAS", "HPXPY_HPX")

#: What the launcher sets, and nobody else.
OURS = (*VARIABLES, "HPXPY_NUM_LOCALITIES", "HPXPY_CONTROL", "HPXPY_SUPERVISOR")

#: What Hydra, and Slurm for a step, tell a process that they start.
OF_HYDRA = ("PMI_", "HYDI_", "MPI_LOCALNRANKS", "MPI_LOCALRANKID")
OF_SLURM = ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_LOCALID")


def launched_size(environ):
    """How many localities the variables of a launcher tell; None without any that tell."""
    names = ("HPXPY_NUM_LOCALITIES", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
    for name in names:
        text = environ.get(name, "")
        if re.fullmatch(r"[0-9]{1,9}", text) and int(text) > 0:
            return int(text)
    return None


def mark_of_launch(environ):
    """What tells this process's launch from others that hand on the same variables.

    That is the connection to the launcher, as the socket that it is, and the step of Slurm.
    """
    connection = environ.get("PMI_PORT", "")
    with contextlib.suppress(KeyError, ValueError, OSError, OverflowError):
        status = os.fstat(int(environ["PMI_FD"]))
        if stat.S_ISSOCK(status.st_mode):
            connection = str(status.st_ino)
    return f"{connection.replace(':', '-')}/{environ.get('SLURM_STEP_ID', '')}"


def channel(file, environ):
    """HPXPY_CONTROL for this very process, whose end of the control channel is `file`."""
    return f"{file}:{os.getpid()}:{mark_of_launch(environ)}"


def forget_parents(environ):
    """Takes out what launched a locality that this process is a child of.

    What a launcher within that locality has set since stays: then this one is its locality.
    """
    _, _, rest = environ.get("HPXPY_CONTROL", "").partition(":")
    pid, _, mark = rest.partition(":")
    if not rest or pid == str(os.getpid()):
        return
    was, now = mark.split("/"), mark_of_launch(environ).split("/")
    gone = ["HPXPY_CONTROL", "HPXPY_NUM_LOCALITIES", *VARIABLES]
    if now[0] in ("", was[0]):
        gone += [name for name in environ if name.startswith(OF_HYDRA)]
    if now[-1] == was[-1]:
        gone += OF_SLURM
    for name in gone:
        environ.pop(name, None)


class Start:
    """What the environment said when hpxpy was imported; `init` clears it for child processes."""

    size = None

    @classmethod
    def remember(cls):
        forget_parents(os.environ)
        cls.size = launched_size(os.environ)
        if cls.size is None:
            # A parent process was that locality, not this one.
            for name in VARIABLES:
                os.environ.pop(name, None)
