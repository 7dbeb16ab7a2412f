"""A running program tells this user's other terminals where it stands: `hpxpy ps`, `hpxpy stack`.

Supervisors (and the guard of a program of one locality) have a `Desk`, a socket without a file that
only the same user may ask; `programs` finds them. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import json
import os
import re
import socket
import struct
import time

from .wire import Connection

#: Seconds that a program has to answer.
PATIENCE = 5.0


def name_of(pid, number):
    return f"hpxpy-{os.getuid()}-program-{pid}-{number}"


def is_mine(connection):
    """Whether the other end is a process of this user."""
    size = struct.calcsize("3i")
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return struct.unpack("3i", peer)[1] == os.getuid()


class Desk:
    """`describe(answer)` is called for each question, and calls answer(localities).

    `pid` is the process that users know the program by, `command` what it runs, as bytes.
    """

    def __init__(self, loop, pid, command, describe):
        self.loop, self.pid, self.command, self.describe = loop, pid, command, describe
        self.began = time.time()
        self.visitors = set()
        self.listener = socket.socket(socket.AF_UNIX)
        for number in range(1000):
            with contextlib.suppress(OSError):
                self.listener.bind("\0" + name_of(pid, number))
                break
        self.listener.listen(4)
        self.listener.setblocking(False)
        loop.watch(self.listener, self.accept)

    def accept(self):
        try:
            sock, _ = self.listener.accept()
        except OSError:
            return
        if not is_mine(sock):
            sock.close()
            return
        visitor = Connection(sock)
        self.visitors.add(visitor)
        self.loop.watch(visitor, lambda: self.hear(visitor))

    def hear(self, visitor):
        messages = visitor.receive()
        if ["where"] in messages:
            self.describe(lambda localities: self.answer(visitor, localities))
        elif messages or visitor.closed:
            self.drop(visitor)

    def answer(self, visitor, localities):
        if visitor not in self.visitors:
            return
        command = [word.decode(errors="replace") for word in self.command]
        told = {"pid": self.pid, "began": self.began, "command": command, "localities": localities}
        # Whoever does not read must not keep the program waiting.
        visitor.sock.settimeout(0.5)
        visitor.send("told", data=json.dumps(told).encode())
        self.drop(visitor)

    def drop(self, visitor):
        self.loop.forget(visitor)
        visitor.close()
        self.visitors.discard(visitor)

    def close(self):
        for visitor in list(self.visitors):
            self.drop(visitor)
        self.loop.forget(self.listener)
        self.listener.close()


def programs():
    """What each running program of this user on this machine tells of itself."""
    pattern = re.compile(rf"@(hpxpy-{os.getuid()}-program-[0-9]+-[0-9]+)$", re.MULTILINE)
    try:
        with open("/proc/net/unix", errors="replace") as file:
            names = sorted(set(pattern.findall(file.read())))
    except OSError:
        return []
    asked = [sock for name in names if (sock := ask(name))]
    return sorted(filter(None, map(read, asked)), key=lambda told: told["began"])


def ask(name):
    """A connection to a desk that was asked; None if it is gone or another user's."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(PATIENCE)
        sock.connect("\0" + name)
        if is_mine(sock):
            sock.sendall(b"where\n")
            return Connection(sock)
    except OSError:
        pass
    sock.close()
    return None


def read(connection):
    """What a desk tells; None if it does not in time."""
    message = connection.await_message(PATIENCE)
    connection.close()
    return json.loads(message[1]) if message and message[0] == "told" else None
