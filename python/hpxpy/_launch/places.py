"""Where a locality stands: Python's stacks, which it writes at a signal, whatever its threads do.

A locality offers them when it imports hpxpy, and a watcher asks. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0
import contextlib
import faulthandler
import linecache
import os
import re
import signal
import threading
import time

from .processes import status_of

#: Asks a locality where it stands.
SIGNAL = signal.SIGRTMAX - 4
#: Seconds that a locality has to answer, and that one waits for those of other hosts.
ANSWER = 0.3
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

NAME = "hpxpy_places"
OFFER = re.compile(rf"/memfd:{NAME}_([0-9a-f]+) ")
FRAME = re.compile(r'  File "(.*)", line (\d+|\?\?\?) in (.*)')
THREAD = re.compile(r"(?:Current t|T)hread 0x0*([0-9a-f]+)\b.*")


def offer_places():
    """In a locality: from now on others can ask it where it stands.

    faulthandler writes into a file in memory, whose name tells the main thread.
    """
    thread = f"{threading.main_thread().ident:x}"
    file = os.memfd_create(f"{NAME}_{thread}", os.MFD_CLOEXEC)
    faulthandler.register(SIGNAL, file=file, all_threads=True)


def offer_of(pid):
    """(path of a process's file, its main thread); None where it does not expect the signal."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/status") as file:
            caught = re.search(r"^SigCgt:\s*([0-9a-f]+)", file.read(), re.MULTILINE)
        if not caught or not int(caught[1], 16) >> (SIGNAL - 1) & 1:
            return None
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if found := OFFER.match(os.readlink(entry.path)):
                    return entry.path, found[1]
    return None


def threads_in(text):
    """What faulthandler wrote: {thread: its frames (file, line, function), innermost first}."""
    threads, frames = {}, []
    for line in text.splitlines():
        if found := THREAD.fullmatch(line):
            frames = threads.setdefault(found[1], [])
        elif found := FRAME.fullmatch(line):
            frames.append(found.groups())
    return threads


def source_of(file, line):
    return " ".join(linecache.getline(file, int(line)).split())[:200] if line.isdigit() else ""


def is_ours(frame):
    """Whether a frame is no line of the program: of this package, or of Python's own beginnings."""
    return os.path.dirname(frame[0]).startswith(PACKAGE) or frame[0].startswith("<frozen ")


def place_of(frames):
    """'script.py:12: hpx.barrier()', the innermost line that is not ours; "" if there is none."""
    for file, line, function in frames:
        if not is_ours((file, line, function)):
            where, source = f"{os.path.basename(file)}:{line}", source_of(file, line)
            return f"{where}: {source}" if source else f"{where} in {function}"
    return ""


def traceback_of(frames):
    """The lines of a traceback, the innermost last."""
    lines = []
    for file, line, function in reversed(frames):
        lines.append(f'  File "{file}", line {line}, in {function}')
        if source := source_of(file, line):
            lines.append(f"    {source}")
    return lines


def described(text, thread):
    """Where a process stands, of what faulthandler wrote.

    The innermost `place`, the main thread's `stack` without our own frames, and that of all
    `threads`, the main one first.
    """
    threads = threads_in(text)
    main = threads.pop(thread, [])
    everything = [f"main thread:\n{text_of(traceback_of(main))}"] if main else []
    for number, frames in threads.items():
        everything.append(f"thread 0x{number}:\n{text_of(traceback_of(frames))}")
    theirs = [frame for frame in main if not is_ours(frame)]
    return {
        "place": place_of(main),
        "stack": text_of(traceback_of(theirs)),
        "threads": "".join(everything),
    }


def text_of(lines):
    return "".join(line + "\n" for line in lines)


def is_stopped(pid):
    fields = status_of(pid)
    return fields is not None and fields[0] in (b"T", b"t")


class Places:
    """A way to ask a process of this host: `send`, and `read` the answer `ANSWER` seconds later."""

    def __init__(self, pid):
        self.pid = pid
        self.path = None

    def send(self):
        """Whether it was asked; "stopped" of a process that cannot answer."""
        if is_stopped(self.pid):
            return "stopped"
        offer = offer_of(self.pid)
        try:
            self.path, self.thread = offer
            self.before = os.stat(self.path).st_size
            os.kill(self.pid, SIGNAL)
        except (TypeError, OSError):
            return ""
        return "asked"

    def read(self):
        """Where it stands, as `described`; empty where that cannot be found."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.before)
                text = file.read().decode(errors="replace")
                # It may have been stopped before the question came to it.
                if not text and is_stopped(self.pid):
                    return {"stopped": True}
                return described(text, self.thread)
        except OSError:
            return {}


def ask(loop, pid, tell):
    """Calls tell(where) once the process has answered, or cannot."""
    places = Places(pid)
    sent = places.send()
    if sent == "asked":
        loop.after(ANSWER, lambda: tell(places.read()))
    else:
        tell({"stopped": True} if sent == "stopped" else {})


def ask_now(pid):
    """Waits for the answer."""
    places = Places(pid)
    if places.send() != "asked":
        return {}
    time.sleep(ANSWER)
    return places.read()
