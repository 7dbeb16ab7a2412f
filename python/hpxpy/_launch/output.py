"""What localities print: passed on in whole lines, or written to a file each.

`program.Program` makes one of both.
"""

# SPDX-License-Identifier: BSL-1.0
import os
import select


class Lines:
    """Passes on what localities print, one whole line at a time, with their numbers if wanted.

    On a terminal, a line that locality 0 has begun (a prompt) is shown before it is finished.
    """

    def __init__(self, loop, tag):
        self.loop, self.tag = loop, tag
        self.begun = {}  # (locality, number) -> an unfinished line
        self.open = {1: None, 2: None}  # who has part of a line on the terminal
        self.live = {number: os.isatty(number) for number in (1, 2)}
        self.broken, self.why = False, ""

    def add(self, locality, number, data):
        key = locality.id, number
        text = self.begun.pop(key, b"") + data
        end = text.rfind(b"\n") + 1
        if end:
            self.write(key, text[:end])
        if rest := text[end:]:
            self.begun[key] = rest
            if locality.id == 0 and self.live[number]:
                self.loop.after(0.05, lambda: self.show_begun(key, rest))

    def show_begun(self, key, seen):
        if self.begun.get(key) == seen:
            del self.begun[key]
            self.write(key, seen)

    def write(self, key, data):
        id_, number = key
        continues = self.open[number] == id_
        if self.open[number] is not None and not continues:
            data = b"\n" + self.tagged(id_, data)
        elif not continues:
            data = self.tagged(id_, data)
        elif self.tag and data.count(b"\n") > 1:
            first, rest = data.split(b"\n", 1)
            data = first + b"\n" + self.tagged(id_, rest)
        self.open[number] = None if data.endswith(b"\n") else id_
        try:
            while data:
                data = data[os.write(number, data) :]
        except BlockingIOError:
            select.select([], [number], [])
            self.write(key, data)
        except OSError:
            self.broken = True

    def tagged(self, id_, data):
        if not self.tag:
            return data
        tag = b"[%d] " % id_
        return b"".join(tag + line for line in data.splitlines(keepends=True))

    def flush(self):
        """What was never finished gets its end, so that nothing is lost or glued together."""
        for key, data in sorted(self.begun.items()):
            self.write(key, data if key[0] == 0 and len(self.begun) == 1 else data + b"\n")
        self.begun.clear()


class Files:
    """Writes what localities print to a file each in `folder`, as it comes."""

    def __init__(self, folder, size):
        width = len(str(size - 1))
        self.broken, self.why = False, ""
        self.files, self.paths = [], []
        for id_ in range(size):
            path = os.path.join(folder, f"locality-{id_:0{width}}.txt")
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            self.files.append(os.open(path, flags, 0o666))
            self.paths.append(path)

    def add(self, locality, number, data):
        try:
            while data:
                data = data[os.write(self.files[locality.id], data) :]
        except OSError as error:
            self.broken = True
            self.why = self.why or f"{self.paths[locality.id]} cannot be written: {error.strerror}"

    def flush(self):
        for file in self.files:
            os.close(file)
        self.files.clear()
