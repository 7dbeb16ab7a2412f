"""What `hpxpy doctor` runs in each locality: tells what is there, and measures ways to the others.

It is carried to the hosts with `wire` and `door`, so it works with whatever is installed there.
Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import secrets
import socket
import statistics
import sys
import threading
import time

from .door import connect, proof, read_line
from .networks import interfaces
from .wire import Connection, machine

PACKAGES = ("hpxpy", "numpy", "scipy", "mpich", "tbb", "scipy-openblas64", "rich", "mpi4py")
#: Seconds that another locality has to accept a connection, and for each answer.
PATIENCE = 3.0
PINGS = 40
#: How much is sent at most to see what a byte takes, and for how many seconds.
MOST_BYTES, MOST_SECONDS = 1 << 26, 0.15
CHUNK = bytes(1 << 16)


def versions():
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def fingerprint():
    """A hash of hpxpy's modules, None where it is not installed."""
    try:
        folders = importlib.util.find_spec("hpxpy").submodule_search_locations
    except (ImportError, AttributeError, OSError):
        return None
    found = {}
    for top in folders:
        for folder, _, names in os.walk(top):
            for name in names:
                if name.endswith((".py", ".so")):
                    with open(os.path.join(folder, name), "rb") as file:
                        path = os.path.relpath(os.path.join(folder, name), top)
                        found[path] = hashlib.sha256(file.read()).hexdigest()
    return hashlib.sha256(json.dumps(sorted(found.items())).encode()).hexdigest()[:16]


def resolved(names):
    """{name: its address here, None if it has none}."""
    found = {}
    for name in names:
        try:
            found[name] = socket.gethostbyname(name)
        except OSError:
            found[name] = None
    return found


def memory():
    found = {}
    with open("/proc/meminfo") as file:
        for line in file:
            name, _, value = line.partition(":")
            found[name] = int(value.split()[0]) * 1024 if value.split()[0].isdigit() else 0
    return {"total": found["MemTotal"], "available": found.get("MemAvailable", 0)}


def shared_memory():
    try:
        room = os.statvfs("/dev/shm")
    except OSError:
        return None
    return {"size": room.f_blocks * room.f_frsize, "free": room.f_bavail * room.f_frsize}


def facts(names):
    return {
        "id": int(os.environ.get("PMI_RANK", 0)),
        "host": socket.gethostname(),
        "machine": machine(),
        "python": sys.executable,
        "versions": versions(),
        "fingerprint": fingerprint(),
        "folder": os.getcwd(),
        "interfaces": interfaces(),
        "names": resolved(names),
        "cpus": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "memory": memory(),
        "/dev/shm": shared_memory(),
    }


class Echo:
    """Listens on ports and answers those who know the token: what they send, or how much it was."""

    def __init__(self, host, ports, token):
        self.token = token
        self.ports, self.taken = [], []
        for port in ports:
            try:
                listener = socket.create_server((host, port), backlog=64)
            except OSError:
                self.taken.append(port)
                continue
            self.ports.append(listener.getsockname()[1])
            threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            with contextlib.suppress(OSError):
                sock, _ = listener.accept()
                threading.Thread(target=self.answer, args=(sock,), daemon=True).start()

    def answer(self, sock):
        with contextlib.suppress(OSError), sock:
            nonce = secrets.token_hex(16).encode()
            sock.sendall(nonce + b"\n")
            answer = read_line(sock, time.monotonic() + PATIENCE)
            if not secrets.compare_digest(answer, proof(self.token, b"probe", nonce)):
                return
            sock.settimeout(None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(PINGS):
                sock.sendall(sock.recv(64))
            size = 0
            while data := sock.recv(1 << 20):
                size += len(data)
            sock.sendall(b"%d\n" % size)


def reach(addresses, port):
    """A connection, or what each address said instead."""
    whys = []
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=PATIENCE), address, ""
        except OSError as error:
            whys.append(f"{address}: {error.strerror or error}")
    return None, None, ", ".join(whys) or "it has no address"


def measure(addresses, port, token):
    """Seconds of a message and bytes a second to who listens there; or why it cannot be reached."""
    sock, address, why = reach(addresses, port)
    if sock is None:
        return {"why": why}
    try:
        with sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # What waits in the sender's memory must not count as sent.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
            nonce = read_line(sock, time.monotonic() + PATIENCE)
            sock.sendall(proof(token, b"probe", nonce) + b"\n")
            sock.settimeout(PATIENCE)
            trips = []
            for _ in range(PINGS):
                began = time.perf_counter()
                sock.sendall(b"x")
                sock.recv(64)
                trips.append(time.perf_counter() - began)
            began, size = time.perf_counter(), 0
            while time.perf_counter() - began < MOST_SECONDS and size < MOST_BYTES:
                sock.sendall(CHUNK)
                size += len(CHUNK)
            sock.shutdown(socket.SHUT_WR)
            sock.settimeout(10 * PATIENCE)
            if not sock.recv(32):
                return {"why": f"{address}: the connection was lost"}
            took = time.perf_counter() - began
            half = min(trips) / 2, statistics.median(trips) / 2
            return {
                "address": address,
                "least": half[0],
                "latency": half[1],
                "bandwidth": size / took,
            }
    except OSError as error:
        return {"why": f"{address}: {error.strerror or error}"}


class Probe:
    """Does what the doctor asks for, one thing after the other."""

    def __init__(self, token):
        self.token = token
        self.echo = None

    def do(self, asked):
        what = asked["what"]
        if what == "time":
            return time.time()
        if what == "facts":
            return facts(asked["names"])
        if what == "listen":
            self.echo = Echo(asked["host"], asked["ports"], self.token)
            return {"ports": self.echo.ports, "taken": self.echo.taken}
        if what == "measure":
            return measure(asked["addresses"], asked["port"], self.token)
        assert what == "reach", what
        sock, _, why = reach(asked["addresses"], asked["port"])
        if sock:
            sock.close()
        return why


def main():
    address = os.environ["HPXPY_SUPERVISOR"]
    try:
        connection: Connection = connect(address, PATIENCE)
    except OSError as error:
        sys.exit(f"hpxpy: {socket.gethostname()}: {error}")
    probe = Probe(address.rsplit(":", 1)[1])
    connection.send("told", data=json.dumps(int(os.environ.get("PMI_RANK", 0))).encode())
    while message := connection.await_message():
        answer = probe.do(json.loads(message[1]))
        connection.send("told", data=json.dumps(answer).encode())
