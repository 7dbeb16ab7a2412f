"""Which locality a process is: as options of HPX, and as variables of the environment.

`hpxpy.launcher` shows all of this to users. Standard library only.
"""

# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import errno
import os
import re
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .hosts import NAME

#: The port that HPX listens on unless told.
HPX_PORT = 7910

_ID_KEY = "hpx.locality"


def whole_number(function, name, value, least, most=None):
    """`value` if it is an int within the limits; TypeError or ValueError that name it."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{function}: {name}={value!r} is not a whole number")
    if value < least or (most is not None and value > most):
        limits = f"from {least} on" if most is None else f"from {least} to {most}"
        raise ValueError(f"{function}: {name}={value} is not a whole number {limits}")
    return value


def read_number(function, source, text, least, most=None):
    """The number that `text` says; ValueError that shows where it stood."""
    limits = f"from {least} on" if most is None else f"from {least} to {most}"
    if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= (most or int(text)):
        raise ValueError(f"{function}: {source} is not a whole number {limits}")
    return int(text)


def read_address(function, source, text):
    """(host, port) of 'host:port'; ValueError that shows where it stood."""
    host, colon, port = text.rpartition(":")
    if not colon or not NAME.fullmatch(host):
        raise ValueError(f"{function}: {source} is not an address host:port")
    return host, read_number(function, f"the port in {source}", port, 1, 65535)


def find_free_port(
    start_port: int | None = None, num_ports: int = 1, host: str = "127.0.0.1"
) -> int:
    """A TCP port of `host` that nobody uses just now, the first of `num_ports` in a row.

    The lowest from `start_port` on; without it, whichever the system names. `host` is a name or an
    address of this machine; an OSError says that it is not. The ports are free when the call
    returns; nothing keeps others from taking them afterwards. RuntimeError if there are none.

    Example:
        >>> hpx.launcher.find_free_port(start_port=10000, num_ports=4)
        10000

    Communication: none.
    """
    me = "find_free_port"
    if not isinstance(host, str):
        raise TypeError(f"{me}: host={host!r} is not a name or an address")
    whole_number(me, "num_ports", num_ports, 1, 65535)
    if start_port is not None:
        whole_number(me, "start_port", start_port, 1, 65535)
    try:
        first = start_port or _bound(host, 0)
    except OSError as error:
        raise _no_address(host, error) from None
    # Without a wish the search begins anywhere, and goes on at the lowest port of users.
    starts = (first,) if start_port is not None or num_ports == 1 else (first, 1024)
    for start in starts:
        port = start
        while port + num_ports <= 65536:
            busy = _busy(host, port, num_ports)
            if busy is None:
                return port
            port = busy + 1
    raise RuntimeError(
        f"{me}: {host} has no {num_ports} free ports in a row from {starts[-1]} on; begin lower"
    )


def _bound(host, port):
    """The port that a socket of `host` gets which asks for `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((host, port))
        return sock.getsockname()[1]


def _busy(host, first, count):
    """The first of `count` ports from `first` on that cannot be had; None if all can."""
    for port in range(first, first + count):
        try:
            _bound(host, port)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise _no_address(host, error) from None
            return port
    return None


def _no_address(host, error):
    text = f"find_free_port: {host!r} is no address of this machine: {error.strerror or error}"
    return OSError(text)


@dataclass(frozen=True)
class LocalityConfig:
    """One locality of a program on HPX: its number, its address, and where all of them meet.

    `locality_id` is 0 to `num_localities` - 1. The locality listens at `host`:`port`; AGAS, HPX's
    directory, is in locality 0 at `agas_host`:`agas_port`. `num_threads` is left to HPX if None or
    0. Hosts are names or IPv4 addresses. TypeError and ValueError name the value that cannot be.

    Example:
        >>> config = hpx.launcher.LocalityConfig(1, 2, "127.0.0.1", 7911, "127.0.0.1", 7910)
        >>> hpx.init(engine="hpx", config=config.to_hpx_args())

    Communication: none.
    """

    locality_id: int = 0
    num_localities: int = 1
    host: str = "127.0.0.1"
    port: int = HPX_PORT
    agas_host: str = "127.0.0.1"
    agas_port: int = HPX_PORT
    num_threads: int | None = None

    def __post_init__(self):
        me = "LocalityConfig"
        whole_number(me, "num_localities", self.num_localities, 1)
        whole_number(me, "locality_id", self.locality_id, 0)
        if self.locality_id >= self.num_localities:
            raise ValueError(
                f"{me}: locality_id={self.locality_id} does not exist; num_localities="
                f"{self.num_localities} have localities 0 to {self.num_localities - 1}"
            )
        for name in ("host", "agas_host"):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise TypeError(f"{me}: {name}={value!r} is not a string")
            if not NAME.fullmatch(value):
                raise ValueError(f"{me}: {name}={value!r} is no name of a host or IPv4 address")
        whole_number(me, "port", self.port, 1, 65535)
        whole_number(me, "agas_port", self.agas_port, 1, 65535)
        if self.num_threads is not None:
            whole_number(me, "num_threads", self.num_threads, 0, 65536)
        if self.locality_id > 0 and (self.host, self.port) == (self.agas_host, self.agas_port):
            raise ValueError(
                f"{me}: locality {self.locality_id} cannot listen at {self.host}:{self.port}, "
                "where locality 0 has AGAS; give it another port"
            )

    def to_hpx_args(self) -> list[str]:
        """The options that tell HPX all this, for `init(config=)` or a C++ program's command line.

        Example:
            >>> hpx.launcher.LocalityConfig(1, 2, port=7911).to_hpx_args()[:2]
            ['--hpx:localities=2', '--hpx:agas=127.0.0.1:7910']

        Communication: none.
        """
        arguments = [
            f"--hpx:localities={self.num_localities}",
            f"--hpx:agas={self.agas_host}:{self.agas_port}",
            f"--hpx:hpx={self.host}:{self.port}",
        ]
        if self.num_threads:
            arguments.append(f"--hpx:threads={self.num_threads}")
        if self.locality_id > 0:
            arguments.append("--hpx:worker")
        # HPX itself numbers localities as they arrive; engine hpx keeps to this number.
        arguments.append(f"--hpx:ini={_ID_KEY}!={self.locality_id}")
        return arguments

    def environment(self) -> dict[str, str]:
        """The variables that tell a new process all this; `from_environment` reads them there.

        Example:
            >>> config = hpx.launcher.LocalityConfig(1, 2, port=7911)
            >>> subprocess.Popen(command, env={**os.environ, **config.environment()})

        Communication: none.
        """
        variables = {
            "HPXPY_MULTI_LOCALITY": "1",
            "HPXPY_NUM_LOCALITIES": str(self.num_localities),
            "HPXPY_LOCALITY_ID": str(self.locality_id),
            "HPXPY_ENGINE": "hpx",
            "HPXPY_AGAS": f"{self.agas_host}:{self.agas_port}",
            "HPXPY_HPX": f"{self.host}:{self.port}",
        }
        if self.num_threads:
            variables["HPXPY_NUM_THREADS"] = str(self.num_threads)
        return variables

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> LocalityConfig:
        """What the variables of `environment` say, by default this process's.

        A variable that is missing has the class's default. ValueError for one that is no number or
        address.

        Example:
            >>> hpx.launcher.LocalityConfig.from_environment({"HPXPY_NUM_LOCALITIES": "1"})

        Communication: none.
        """
        environ = os.environ if environ is None else environ
        fields = {}
        numbers = {
            "num_localities": ("HPXPY_NUM_LOCALITIES", 1),
            "locality_id": ("HPXPY_LOCALITY_ID", 0),
            "num_threads": ("HPXPY_NUM_THREADS", 1),
        }
        for name, (variable, least) in numbers.items():
            if text := environ.get(variable):
                source = f"{variable}={text!r}"
                fields[name] = read_number("from_environment", source, text, least)
        for name, variable in (("agas_", "HPXPY_AGAS"), ("", "HPXPY_HPX")):
            if text := environ.get(variable):
                source = f"{variable}={text!r}"
                host, port = read_address("from_environment", source, text)
                fields[f"{name}host"], fields[f"{name}port"] = host, port
        return cls(**fields)

    @classmethod
    def from_hpx_args(cls, argv: Iterable[str]) -> tuple[LocalityConfig | None, list[str]]:
        """The locality that HPX's options in `argv` describe (None without any), and other words.

        Read are `--hpx:localities --hpx:agas --hpx:hpx --hpx:threads --hpx:worker --hpx:node` and
        `--hpx:ini=hpx.locality!=K`, as `to_hpx_args` writes them; other options of HPX stay in the
        rest, as does all from `--` on. ValueError shows a word that is malformed, or two that
        contradict each other.

        Example:
            >>> config, rest = hpx.launcher.LocalityConfig.from_hpx_args(sys.argv[1:])

        Communication: none.
        """
        return _read_options(argv)


def parse_hpx_args(argv: Sequence[str] | None = None) -> tuple[list[str], list[str]]:
    """The words of `argv` before the first "--", and those after it, which are HPX's.

    `argv` is this process's command line without its program unless given. The second list is empty
    where there is no "--". `LocalityConfig.from_hpx_args` reads what the options mean.

    Example:
        >>> hpx.launcher.parse_hpx_args(["--input", "data.csv", "--", "--hpx:localities=4"])
        (['--input', 'data.csv'], ['--hpx:localities=4'])

    Communication: none.
    """
    words = _words("parse_hpx_args", sys.argv[1:] if argv is None else argv)
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def _words(function, argv):
    """The words of a command line; TypeError for what is no list of strings."""
    if isinstance(argv, str):
        raise TypeError(f"{function}: {argv!r} is a string, not a list of them")
    words = list(argv)
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"{function}: {word!r} is not a string")
    return words


def _read_options(argv):
    """What HPX's options in `argv` say, and all other words; of LocalityConfig.from_hpx_args."""
    me = "from_hpx_args"
    words, rest, found = _words(me, argv), [], {}

    def take(name, value, word):
        if found.setdefault(name, value) != value:
            raise ValueError(f"{me}: {word!r} contradicts {found[name]!r} given before")

    while words:
        word = words.pop(0)
        if word == "--":
            rest += [word, *words]
            break
        option, equals, value = word.partition("=")
        # HPX also takes a value as the next word.
        if option in _OPTIONS and not equals:
            if not words:
                raise ValueError(f"{me}: {word!r} lacks its value; give {word}=...")
            value = words.pop(0)
        source = repr(word if equals else f"{word} {value}")
        if word == "--hpx:worker":
            take("worker", True, word)
        elif option in ("--hpx:agas", "--hpx:hpx"):
            take(option[6:], read_address(me, source, value), word)
        elif option == "--hpx:ini" and value.startswith(_ID_KEY):
            number = re.sub(r"^!?=", "", value[len(_ID_KEY) :])
            take("id", read_number(me, f"the number in {source}", number, 0), word)
        elif option == "--hpx:node":
            take("node", read_number(me, f"the number in {source}", value, 0), word)
        elif option == "--hpx:localities" or (
            # "all" and "cores" are HPX's own words.
            option == "--hpx:threads" and value not in ("all", "cores")
        ):
            take(option[6:], read_number(me, f"the number in {source}", value, 1), word)
        else:
            rest += [word] if equals or option not in _OPTIONS else [word, value]
    return (_locality_of(found) if found else None), rest


_OPTIONS = {f"--hpx:{name}" for name in ("localities", "agas", "hpx", "threads", "ini", "node")}


def _locality_of(found):
    """The LocalityConfig of the options that were found."""
    me = "from_hpx_args"
    size, worker = found.get("localities", 1), found.get("worker", False)
    id_ = found.get("id", found.get("node"))
    if "node" in found and found["node"] != id_:
        raise ValueError(f"{me}: --hpx:node={found['node']} contradicts {_ID_KEY}!={id_}")
    if id_ is None:
        if worker and size != 2:
            raise ValueError(
                f"{me}: '--hpx:worker' does not tell which of {size} localities this is; add "
                f"--hpx:ini={_ID_KEY}!=K"
            )
        id_ = 1 if worker else 0
    if worker and id_ == 0:
        raise ValueError(f"{me}: '--hpx:worker' contradicts number 0; locality 0 is no worker")
    if id_ > 0 and not worker and "node" not in found:
        raise ValueError(f"{me}: locality {id_} lacks '--hpx:worker', which all but 0 have")
    agas = found.get("agas", ("127.0.0.1", HPX_PORT))
    own = found.get("hpx", agas if id_ == 0 else ("127.0.0.1", HPX_PORT))
    try:
        return LocalityConfig(id_, size, *own, *agas, found.get("threads"))
    except ValueError as error:
        raise ValueError(f"{me}: {error}") from None
