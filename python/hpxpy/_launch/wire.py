"""Messages between localities, watchers and the supervisor, and the loop that waits for them.

A message is a line of words separated by blanks. Where the line's last word is a number of bytes
(those of `WITH_BYTES`), so many bytes follow it.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import os
import select
import selectors
import socket
import time

WITH_BYTES = {"failed", "out", "stdin", "command", "at", "told"}

#: How long a line may be, and how many bytes may follow one: what is larger is no message of ours.
LINE_LIMIT = 1 << 16
BYTES_LIMIT = 1 << 23


class Connection:
    """A stream socket that carries messages. `closed` once the other end is gone, or sends none."""

    def __init__(self, sock):
        self.sock = sock
        self.closed = False
        self.why = None  # the OSError by which it was lost
        self._buffer = bytearray()

    def fileno(self):
        return self.sock.fileno()

    def send(self, *words, data=None):
        """Sends a message; waits while the other end is slow; a closed end is no error."""
        if data is not None:
            words = (*words, len(data))
        line = (" ".join(map(str, words)) + "\n").encode(errors="replace")
        try:
            self.sock.sendall(line + (data or b""))
        except OSError:
            self.closed = True

    def receive(self):
        """The messages that one read completes: lists of words, data last. Never waits."""
        try:
            chunk = self.sock.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return []
        except OSError as error:
            chunk, self.why = b"", error
        if not chunk:
            self.closed = True
        self._buffer += chunk
        messages = []
        try:
            while (message := self._take()) is not None:
                messages.append(message)
        except ValueError:
            self.closed = True
            self._buffer.clear()
        return messages

    def await_message(self, timeout=None):
        """The next message, waited for; None once the other end is gone, or after `timeout` s."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        deadline = None if timeout is None else time.monotonic() + timeout
        while not (messages := self.receive()):
            left = None if deadline is None else 1000 * (deadline - time.monotonic())
            if self.closed or (left is not None and left <= 0):
                return None
            poll.poll(left)
        return messages[0]

    def readable(self):
        """Whether a read would bring something, be it the end."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not self.closed and bool(poll.poll(0))

    def _take(self):
        """The next message that is whole, or None; ValueError for what can be none."""
        end = self._buffer.find(b"\n", 0, LINE_LIMIT)
        if end < 0:
            if len(self._buffer) >= LINE_LIMIT:
                raise ValueError("a line without end")
            return None
        words = self._buffer[:end].decode(errors="replace").split(" ")
        size = 0
        if words[0] in WITH_BYTES:
            size = int(words.pop())
            if not 0 <= size <= BYTES_LIMIT:
                raise ValueError("more bytes than any message has")
            if len(self._buffer) < end + 1 + size:
                return None
            words.append(bytes(self._buffer[end + 1 : end + 1 + size]))
        del self._buffer[: end + 1 + size]
        return words

    def close(self):
        self.closed = True
        self.sock.close()


def join_command(words):
    """The words of a command as bytes, whatever they hold."""
    return b"\0".join(map(os.fsencode, words))


def split_command(data):
    """What `join_command` joined; bytes."""
    return data.split(b"\0")


class Loop:
    """Calls back when files are readable and when times have come. Runs until `stop`."""

    def __init__(self):
        # poll, since epoll refuses regular files, which standard input may be.
        self._selector = selectors.PollSelector()
        self._timers = []
        self._stopped = False

    def watch(self, file, callback):
        self._selector.register(file, selectors.EVENT_READ, callback)

    def watch_write(self, file, callback):
        self._selector.register(file, selectors.EVENT_WRITE, callback)

    def forget(self, file):
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(file)

    def after(self, seconds, callback):
        self._timers.append((time.monotonic() + seconds, callback))

    def stop(self):
        self._stopped = True

    def run(self):
        while not self._stopped:
            now = time.monotonic()
            due = [timer for timer in self._timers if timer[0] <= now]
            self._timers = [timer for timer in self._timers if timer[0] > now]
            for _, callback in due:
                callback()
            if self._stopped:
                break
            limit = min((timer[0] for timer in self._timers), default=None)
            timeout = None if limit is None else max(0, limit - time.monotonic())
            for key, _ in self._selector.select(timeout):
                if self._stopped:
                    break
                if key.fileobj in self._selector.get_map():
                    key.data()

    def close(self):
        self._selector.close()


def machine():
    """What tells this machine from others, or a container from its host, as one word.

    Only within one do process numbers and clocks mean the same. A name alone may be shared.
    """
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id") as file:
        parts.append(file.read().strip())
    with contextlib.suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return "/".join(parts)


def heartbeat_seconds():
    """After how long silence is an end; 0: never. Localities refuse what is no time."""
    try:
        return max(0.0, float(os.environ.get("HPXPY_HEARTBEAT_SECONDS") or 10))
    except ValueError:
        return 10.0


def keep_alive(sock):
    """Sends at once, and notices in the time of a heartbeat that the other host is gone.

    The kernel answers for a process that is stopped, so the launcher may be.
    """
    # Linux takes no more than 32767 seconds between probes.
    seconds = min(heartbeat_seconds() or 10, 32767)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    settings = {
        "KEEPIDLE": max(1, int(seconds / 2)),
        "KEEPINTVL": max(1, int(seconds / 6)),
        "KEEPCNT": 3,
        "USER_TIMEOUT": int(1000 * seconds),
    }
    for name, value in settings.items():
        if option := getattr(socket, f"TCP_{name}", None):
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
