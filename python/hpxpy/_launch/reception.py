"""The supervisor's connections to the watchers: how they come in, are told things, and go."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import socket
import time

from .door import Door
from .localities import Locality
from .networks import interfaces, ports_of
from .processes import is_alive
from .wire import machine


class Reception:
    """Connections to the watchers of `size` localities that know the `token`.

    For its subclass to fill in: `message(locality, words)` gets what a known watcher says;
    `lost(locality)` hears of one that is gone without a word; `start(connection)` sends one the
    command that it asks for, and gives whether there is one.
    """

    def __init__(self, loop, size, token):
        self.loop, self.size, self.token = loop, size, token
        self.door = None  # where watchers come in, if they come from elsewhere
        self.localities = [Locality(i) for i in range(size)]

    def listen(self, host, peers=None, environ=os.environ):
        """Accepts watchers, of this machine only at 127.0.0.1; returns the address for them.

        At "all", or where `peers` on other hosts are to reach it, it listens on all interfaces, or
        on HPXPY_INTERFACE alone. It does so until all localities have been heard of.
        """
        hosts = [host]
        if host == "all" or (host == "127.0.0.1" and not all(map(is_this_host, peers or ()))):
            host, hosts = "", own_addresses(peers or ())
            if interface := environ.get("HPXPY_INTERFACE"):
                host = interfaces().get(interface, "")
                hosts = [host] if host else hosts
        ports = environ.get("HPXPY_PORT_RANGE")
        try:
            self.door = Door(self.loop, host, self.token, self.size, self.welcome, ports_of(ports))
        except OSError as error:
            where = f"of HPXPY_PORT_RANGE={ports} " if ports else ""
            raise ValueError(
                f"no port {where}is free at {host or 'this host'} ({error.strerror}); give others"
            ) from None
        return f"{','.join(hosts)}:{self.door.port}:{self.token}"

    def welcome(self, connection):
        """Takes a connection to a watcher, which says first whose it is."""
        self.loop.watch(connection, lambda: self.first_words(connection))

    def first_words(self, connection):
        messages = connection.receive()
        if not messages and not connection.closed:
            return
        if messages == [["start"]] and self.start(connection):
            return
        self.loop.forget(connection)
        if not messages or not self.introduce(connection, messages[0]):
            connection.close()
            return
        for words in messages[1:]:
            self.message(connection.locality, words)

    def introduce(self, connection, words):
        """Whether these are the first words of a locality's watcher, which is known from now on."""
        if words[0] != "watch" or len(words) != 7 or not words[1].isdigit():
            return False
        id_ = int(words[1])
        if id_ >= self.size or self.localities[id_].connection:
            return False
        locality = self.localities[id_]
        locality.pid, locality.watcher = int(words[3]), int(words[4])
        locality.host, locality.machine = words[5], words[6]
        locality.connection = connection
        connection.locality = locality
        self.loop.watch(connection, lambda: self.readable(locality))
        if self.door and all(entry.connection for entry in self.localities):
            self.door.close()
        return True

    def readable(self, locality):
        connection = locality.connection
        locality.silent = 0
        for words in connection.receive():
            self.message(locality, words)
        if connection.closed:
            self.loop.forget(connection)
            connection.close()
            if not locality.end:
                self.lost(locality)

    def tell(self, *words):
        for locality in self.localities:
            if locality.connection and not locality.connection.closed:
                locality.connection.send(*words)

    def dismiss(self, elsewhere=True):
        """Watchers end with their connection, those on other hosts too unless told otherwise.

        Returns when those of this host are gone.
        """
        here = machine()
        for locality in self.localities:
            if locality.connection and (elsewhere or locality.machine == here):
                locality.connection.close()
        deadline = time.monotonic() + 1
        pids = {locality.watcher for locality in self.localities if locality.machine == here}
        while pids and time.monotonic() < deadline:
            pids = {pid for pid in pids if pid != os.getpid() and is_alive(pid)}
            time.sleep(0.002)

    def close(self):
        """Accepts nobody any more."""
        self.door.close()


def is_this_host(name):
    """Whether a host that a user named is surely this one."""
    return name in ("localhost", socket.gethostname()) or name.startswith("127.")


def own_addresses(peers=()):
    """Names and numbers under which other hosts, the `peers` first, may reach this one."""
    found = []
    for peer in (*peers, "192.0.2.1"):  # that one shows the interface that leads out
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        ):
            probe.connect((peer, 9))  # sends nothing
            found.append(probe.getsockname()[0])
    name = socket.gethostname()
    found.append(name)
    with contextlib.suppress(OSError):
        found += [entry[4][0] for entry in socket.getaddrinfo(name, None, socket.AF_INET)]
    # Elsewhere a loopback address is another machine: the last that is tried.
    return sorted(dict.fromkeys(found), key=lambda address: address.startswith("127."))
