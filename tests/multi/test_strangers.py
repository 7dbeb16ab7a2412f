"""Strangers who reach our ports end nothing, learn nothing and cost no memory."""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import re
import secrets
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from conftest import HPXPY_RUN, processes_of
from hpxpy._launch import door, wire
from hpxpy._launch.supervisor import Supervisor

LONG_LINE = 100_000_000


class Served:
    """A supervisor of `size` localities that runs in a thread of this process."""

    def __init__(self, size=2):
        self.loop = wire.Loop()
        self.supervisor = Supervisor(self.loop, size, lambda code: self.loop.stop())
        self.address = self.supervisor.listen("127.0.0.1")
        self.port, self.token = int(self.address.split(":")[1]), self.address.split(":")[2]
        self.watchers = []  # connections, which are to stay
        self.thread = threading.Thread(target=self.loop.run, daemon=True)
        self.thread.start()

    def stranger(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def join(self, id_=0):
        """A watcher that knows the token."""
        connection = door.connect(self.address)
        connection.send("watch", id_, 2, os.getpid(), os.getpid(), "here", "this/machine")
        self.watchers.append(connection)
        return connection

    def stop(self):
        self.loop.after(0, self.loop.stop)
        with contextlib.suppress(OSError):
            self.stranger().close()
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.supervisor.close()


@pytest.fixture
def served():
    server = Served()
    yield server
    server.stop()


def wait_for(condition, limit=20):
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def resident():
    """What this process has in memory, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def is_dropped(sock):
    """Whether the other end hangs up, after its greeting, without another word."""
    try:
        while data := sock.recv(1000):
            assert re.fullmatch(rb"hpxpy [0-9a-f]{32}\n", data)
    except ConnectionError:
        pass
    return True


def send_all(sock, data):
    with contextlib.suppress(OSError):
        sock.sendall(data)


@pytest.mark.parametrize(
    "data",
    [
        b"out x\n",
        b"failed 1 -5\n",
        b"token\n",
        b"watch 0 2 1 1 here there\n",
        b"\n",
        b"\0" * 4000,
        b"a b c\n" * 1000,
        secrets.token_bytes(1000) + b"\n",
        b"0" * 32 + b" " + b"0" * 64 + b"\n",
    ],
)
def test_words_of_strangers_are_not_read(served, data):
    with served.stranger() as sock:
        send_all(sock, data)
        assert is_dropped(sock)
    served.join()
    wait_for(lambda: served.supervisor.localities[0].connection)
    assert not served.supervisor.failures


def test_a_long_line_takes_no_memory(served):
    before = resident()
    piece = b"x" * 1_000_000
    with served.stranger() as sock, contextlib.suppress(OSError):
        for _ in range(LONG_LINE // len(piece)):
            sock.sendall(piece)
    assert resident() - before < 10_000_000
    served.join()
    wait_for(lambda: served.supervisor.localities[0].connection)


def test_half_lines_are_dropped_in_time(served, monkeypatch):
    monkeypatch.setattr(door, "PATIENCE", 0.3)
    with served.stranger() as half, served.stranger() as silent:
        half.sendall(b"0123456789abcdef")
        assert is_dropped(half)
        assert is_dropped(silent)
    wait_for(lambda: not served.supervisor.door.visitors)


def test_idle_connections_keep_nobody_out(served):
    idle = [served.stranger() for _ in range(300)]
    served.join()
    wait_for(lambda: served.supervisor.localities[0].connection)
    assert len(served.supervisor.door.visitors) <= 2 + door.STRANGERS
    for sock in idle:
        sock.close()


def test_connections_that_are_reset_at_once(served):
    for _ in range(50):
        sock = served.stranger()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    served.join()
    wait_for(lambda: served.supervisor.localities[0].connection)


class Recorder:
    """Stands between a watcher and its supervisor, and keeps what the watcher says."""

    def __init__(self, port):
        self.port, self.said = port, b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        ours, _ = self.listener.accept()
        theirs = socket.create_connection(("127.0.0.1", self.port))
        threading.Thread(target=self.copy, args=(theirs, ours, False), daemon=True).start()
        self.copy(ours, theirs, True)

    def copy(self, source, target, keep):
        with contextlib.suppress(OSError):
            while data := source.recv(1000):
                self.said += data if keep else b""
                target.sendall(data)


def test_a_replayed_greeting_proves_nothing(served):
    recorder = Recorder(served.port)
    port = recorder.listener.getsockname()[1]
    connection = door.connect(f"127.0.0.1:{port}:{served.token}")
    connection.send("watch", 0, 2, os.getpid(), os.getpid(), "here", "this/machine")
    wait_for(lambda: served.supervisor.localities[0].connection)
    assert served.token.encode() not in recorder.said
    with served.stranger() as sock:
        send_all(sock, recorder.said.replace(b"watch 0", b"watch 1"))
        assert is_dropped(sock)
    assert served.supervisor.localities[1].connection is None


def test_a_locality_is_introduced_once(served):
    served.join(0)
    wait_for(lambda: served.supervisor.localities[0].connection)
    first = served.supervisor.localities[0].connection
    for id_ in (0, 2, -1, "x"):
        assert is_closed(served.join(id_))
    assert served.supervisor.localities[0].connection is first
    assert not served.supervisor.failures


def is_closed(connection):
    connection.sock.settimeout(10)
    return connection.sock.recv(1) == b""


def test_nobody_is_let_in_once_all_are_there(served):
    served.join(0)
    served.join(1)
    wait_for(lambda: served.supervisor.door.closed)
    with pytest.raises(ConnectionError):
        served.stranger()


def test_a_watcher_obeys_no_stranger(monkeypatch):
    monkeypatch.setattr(door, "PATIENCE", 0.5)
    words = [b"kill 9\n", b"hpxpy " + b"0" * 32 + b"\n" + b"0" * 64 + b"\n", b"x" * 1_000_000, b""]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def stand_in():
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    send_all(sock, words[0] if len(words) == 1 else words.pop(0))

        threading.Thread(target=stand_in, daemon=True).start()
        address = f"127.0.0.1:{listener.getsockname()[1]}:{'0' * 32}"
        with pytest.raises(OSError, match="cannot be reached"):
            door.connect(address, timeout=1)


@pytest.mark.parametrize(
    "data", [b"x" * 100_000, b"out 1 99999999999\n", b"out one\n", b"out 1 -1\n"]
)
def test_messages_have_a_bound_too(data):
    ours, theirs = socket.socketpair()
    connection = wire.Connection(ours)
    sender = threading.Thread(target=send_all, args=(theirs, data), daemon=True)
    sender.start()
    wait_for(lambda: connection.receive() == [] and connection.closed)
    ours.close()
    sender.join(10)


# Programs as users start them.

BUSY = """
import sys, time, hpxpy as hpx
me = hpx.locality_id()
print("ready", flush=True)
began, total = time.monotonic(), 0
while hpx.broadcast_object(time.monotonic() - began < 3):
    total = float(hpx.arange(1000., distribution="block").sum())
print(total)
"""


def listening(mark):
    """All sockets on which processes of the program listen: {port: [address]}."""
    inodes = set()
    for pid in processes_of(mark):
        with contextlib.suppress(OSError):
            for fd in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    inodes.add(os.readlink(fd))
    found = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
            address, port = (int(word, 16) for word in words[1].split(":"))
            host = socket.inet_ntoa(struct.pack("=I", address))
            found.setdefault(port, []).append(host)
    return found


def hpx_ports(mark):
    """The ports of HPX 1.11 itself, which waits for ever on garbage (docs/security.md)."""
    localities = [
        pid
        for pid in processes_of(mark)
        if "_engine_hpx.so" in Path(f"/proc/{pid}/maps").read_text(errors="replace")
    ]
    return {port for pid in localities for port in own_ports(pid)}


def attack(port, until, garbage=True):
    """All that strangers might send, again and again."""
    while time.monotonic() < until:
        for data in (
            b"out x\n",
            b"half a",
            secrets.token_bytes(5000) if garbage else b"",
            b"cmd=abort exitcode=5\n",
            b"",
        ):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", port), timeout=1) as sock,
            ):
                sock.sendall(data)
                time.sleep(0.01)


def test_strangers_while_a_program_runs(start, by):
    program = start(BUSY, n=2, by=by)
    program.read_until("ready", 2)
    until = time.monotonic() + 2
    spared = hpx_ports(program.mark)
    threads = [
        threading.Thread(target=attack, args=(port, until, port not in spared))
        for port in listening(program.mark)
    ]
    for thread in threads:
        thread.start()
    program.end(60)
    for thread in threads:
        thread.join(30)
    assert (program.code, program.stderr) == (0, "")
    assert program.stdout.count("499500.0") == 2


SHELL = """#!/bin/sh
# Called as ssh is, and reaches its host late.
while [ "${1#-}" != "$1" ]; do shift; done
shift
sleep 3
exec sh -c "$*"
"""


def test_strangers_while_a_program_starts(started, tmp_path):
    shell = tmp_path / "shell"
    shell.write_text(SHELL)
    shell.chmod(0o755)
    code = "import hpxpy as hpx; hpx.barrier(); print('there')"
    words = [*HPXPY_RUN, "-n", "1", "--hosts", "127.0.0.2", "-c", code]
    program = started(words, {"HYDRA_LAUNCHER_EXEC": str(shell)})
    supervisor = []

    def known():
        supervisor[:] = [program.process.pid] if own_ports(program.process.pid) else []
        return supervisor

    wait_for(known)
    port = own_ports(program.process.pid)[0]
    attack(port, time.monotonic() + 1.5)
    piece = b"x" * 1_000_000
    with socket.create_connection(("127.0.0.1", port)) as sock, contextlib.suppress(OSError):
        for _ in range(LONG_LINE // len(piece)):
            sock.sendall(piece)
    status = Path(f"/proc/{program.process.pid}/status").read_text()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 100_000
    program.end(60)
    assert (program.code, program.stderr, program.stdout) == (0, "", "there\n")


def own_ports(pid):
    """The ports on which this process itself listens."""
    inodes = set()
    with contextlib.suppress(OSError):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(fd))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [
        int(words[1].split(":")[1], 16)
        for words in lines
        if words[3] == "0A" and f"socket:[{words[9]}]" in inodes
    ]
