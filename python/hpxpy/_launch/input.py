"""Standard input of `hpxpy run`, which is locality 0's.

On the machine of the launcher the locality gets the open file itself, so what it does not read
stays for others. To another host it is passed on; what is left of a file then is given back.
`program.Program` makes the launcher's end, a `watcher.Runner` calls `receive`.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import secrets
import socket
import stat
import struct

NONE = "-"


def in_background():
    """Whether standard input is a terminal whose foreground is somebody else's."""
    try:
        return os.isatty(0) and os.tcgetpgrp(0) != os.getpgrp()
    except OSError:
        return False


class Input:
    """The launcher's end. `name` is what `receive` needs elsewhere on this machine."""

    def __init__(self, loop):
        self.loop = loop
        self.name, self.listener = NONE, None
        self.ended = False
        self.begin = os.lseek(0, 0, os.SEEK_CUR) if stat.S_ISREG(os.fstat(0).st_mode) else None
        # A terminal stops those in the background that read; a locality it would not stop.
        if not in_background():
            self.name = f"hpxpy-{secrets.token_hex(16)}"
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind("\0" + self.name)
            self.listener.listen(4)
            loop.watch(self.listener, self.hand_over)

    def hand_over(self):
        connection, _ = self.listener.accept()
        with connection, contextlib.suppress(OSError):
            size = struct.calcsize("3i")
            peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            if struct.unpack("3i", peer)[1] == os.getuid():
                socket.send_fds(connection, [b"0"], [0])

    def pass_on(self, connection):
        """Sends the next piece, once there is one, to a watcher that has used up what it got."""
        if self.ended:
            return
        try:
            self.loop.watch(0, lambda: self.read(connection))
        except (KeyError, ValueError, OSError):
            self.ended = True

    def read(self, connection):
        self.loop.forget(0)
        try:
            data = os.read(0, 1 << 16)
        except OSError:
            data = b""
        self.ended = not data
        connection.send("stdin", data=data)

    def used(self, size):
        """So many bytes of what was passed on were read: a file goes on after those."""
        if self.begin is not None:
            os.lseek(0, self.begin + size, os.SEEK_SET)

    def close(self):
        if self.listener:
            self.loop.forget(self.listener)
            self.listener.close()


def receive(name):
    """The launcher's standard input as a file of this process; None where it is out of reach."""
    if name == NONE:
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect("\0" + name)
            _, files, _, _ = socket.recv_fds(connection, 1, 1)
        except OSError:
            return None
        return files[0] if files else None


def open_standard_files():
    """Files 0 to 2 are open afterwards, so that no other file takes their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
