"""Who may talk to a supervisor: its listening socket, and the proof that both ends know the token.

The supervisor's end is `Door`, a watcher's is `connect`. Nothing that a stranger sends is read as
a message, and neither end tells the token itself: each gives a number that is used once, and the
other answers with the keyed hash of both numbers. What was recorded proves nothing later.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import hmac
import re
import secrets
import socket
import time

from .networks import listen_at
from .wire import Connection, keep_alive

#: How long a line of the greeting may be: longer ones are none.
GREETING_LIMIT = 160
#: Seconds that a connection has for its proof.
PATIENCE = 5.0
#: How many connections without a proof there may be, beside those of the localities themselves.
STRANGERS = 32

NONCE = re.compile(rb"[0-9a-f]{32}")


def proof(token, role, *nonces):
    """What shows that `role` knows the token, for these numbers alone."""
    return hmac.digest(token.encode(), b" ".join((role, *nonces)), "sha256").hex().encode()


class Visitor:
    """A connection that has not proved anything yet."""

    def __init__(self, sock):
        self.sock = sock
        self.nonce = secrets.token_hex(16).encode()
        self.heard = b""
        self.until = time.monotonic() + PATIENCE

    def listen(self):
        """The line that it has sent, or None while that is not whole, or b"" if none can come."""
        try:
            data = self.sock.recv(GREETING_LIMIT + 1 - len(self.heard), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        self.heard += data
        if data and len(self.heard) <= GREETING_LIMIT and b"\n" not in self.heard:
            return None
        line, end, rest = self.heard.partition(b"\n")
        return line if end and not rest else b""


class Door:
    """Listens on `host` ("" for all interfaces); calls `welcome(connection)` for who has the token.

    Whoever does not prove that in time is dropped without a word; of too many, the oldest.
    """

    def __init__(self, loop, host, token, room, welcome, ports=(0,)):
        self.loop, self.token, self.welcome = loop, token, welcome
        self.room = room + STRANGERS
        self.visitors = []
        self.listener = listen_at(host, ports)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.closed = False
        loop.watch(self.listener, self.accept)

    def accept(self):
        try:
            sock, _ = self.listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            self.rest()  # no file is left for another connection
            return
        visitor = Visitor(sock)
        try:
            keep_alive(sock)
            sock.setblocking(False)
            sock.send(b"hpxpy " + visitor.nonce + b"\n")
        except OSError:
            sock.close()
            return
        if not self.visitors:
            self.loop.after(PATIENCE, self.look_at_times)
        self.visitors.append(visitor)
        self.loop.watch(sock, lambda: self.hear(visitor))
        if len(self.visitors) > self.room:
            self.drop(self.visitors[0])

    def rest(self):
        """Accepts nobody for a moment."""
        self.loop.forget(self.listener)
        self.loop.after(0.1, lambda: self.closed or self.loop.watch(self.listener, self.accept))

    def hear(self, visitor):
        line = visitor.listen()
        if line is None:
            return
        nonce, _, answer = line.partition(b" ")
        nonces = visitor.nonce, nonce
        expected = proof(self.token, b"watcher", *nonces)
        if not NONCE.fullmatch(nonce) or not secrets.compare_digest(answer, expected):
            self.drop(visitor)
            return
        self.forget(visitor)
        visitor.sock.setblocking(True)
        try:
            visitor.sock.sendall(proof(self.token, b"supervisor", *nonces) + b"\n")
        except OSError:
            visitor.sock.close()
            return
        self.welcome(Connection(visitor.sock))

    def look_at_times(self):
        now = time.monotonic()
        for visitor in [visitor for visitor in self.visitors if visitor.until <= now]:
            self.drop(visitor)
        if self.visitors:
            self.loop.after(max(0.1, self.visitors[0].until - now), self.look_at_times)

    def forget(self, visitor):
        self.loop.forget(visitor.sock)
        self.visitors.remove(visitor)

    def drop(self, visitor):
        self.forget(visitor)
        visitor.sock.close()

    def close(self):
        """Lets nobody in any more."""
        self.closed = True
        self.loop.forget(self.listener)
        self.listener.close()
        for visitor in list(self.visitors):
            self.drop(visitor)


def read_line(sock, deadline):
    """A line of the other end's greeting; OSError if there is none in time."""
    line = b""
    while not line.endswith(b"\n"):
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        data = sock.recv(1)
        line += data
        if not data or len(line) > GREETING_LIMIT or time.monotonic() > deadline:
            raise OSError("no greeting of a supervisor")
    return line[:-1]


def greet(sock, token):
    """Each end proves to the other that it knows the token; OSError if the other does not."""
    deadline = time.monotonic() + PATIENCE
    name, _, theirs = read_line(sock, deadline).partition(b" ")
    if name != b"hpxpy" or not NONCE.fullmatch(theirs):
        raise OSError("no greeting of a supervisor")
    nonces = theirs, secrets.token_hex(16).encode()
    sock.sendall(nonces[1] + b" " + proof(token, b"watcher", *nonces) + b"\n")
    answer = read_line(sock, deadline)
    if not secrets.compare_digest(answer, proof(token, b"supervisor", *nonces)):
        raise OSError("not the supervisor of this program")


def connect(address, timeout=10.0):
    """A connection to the supervisor at `host,host,...:port:token` (any of the hosts)."""
    hosts, port, token = address.rsplit(":", 2)
    deadline = time.monotonic() + timeout
    while True:
        for host in hosts.split(","):
            with contextlib.suppress(OSError):
                sock = socket.create_connection((host, int(port)), timeout=2)
                try:
                    keep_alive(sock)
                    greet(sock, token)
                except OSError:
                    sock.close()
                    raise
                sock.settimeout(None)
                return Connection(sock)
        if time.monotonic() > deadline:
            raise OSError(f"the supervisor at {hosts}:{port} cannot be reached")
        time.sleep(0.1)
