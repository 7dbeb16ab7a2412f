"""Starting programs on several localities: the command `hpxpy run`, and the same from Python.

`launch_localities` starts a program, `spmd_main` makes a function one. Configurations describe a
program (`LaunchConfig`) and one locality on HPX (`LocalityConfig`).
"""

# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import functools
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ._core import _engines
from ._launch.hosts import NAME, Hosts
from ._launch.interpreter import own_options, split_options
from ._launch.launched import Start, launched_size
from ._launch.locality import (
    HPX_PORT,
    LocalityConfig,
    find_free_port,
    parse_hpx_args,
    read_number,
    whole_number,
)

__all__ = [
    "LaunchConfig",
    "LocalityConfig",
    "find_free_port",
    "get_expected_num_localities",
    "is_multi_locality_mode",
    "launch_localities",
    "main",
    "parse_hpx_args",
    "spmd_main",
]


@dataclass(frozen=True)
class LaunchConfig:
    """How a program is started: on how many localities, where, and with what.

    - `num_localities`: by default 2, or one for each slot of `hosts`; one of engine 'local'.
    - `threads`, also `threads_per_locality`: of each locality; by default (None, 0) the CPUs of a
      host split between its localities.
    - `engine`: 'local', 'mpi' or 'hpx'; by default HPXPY_ENGINE, or mpi for more than one.
    - `hosts`: where localities run, as 'a,b', 'a:2,b:2' or a list of such words; by default on this
      machine. mpiexec reaches them by ssh, or by srun within a job of Slurm.
    - `tag`: puts the locality's number before each line that it prints.
    - `timeout`: seconds after which the program is ended, with exit code 124; by default never.
    - `start_timeout`: seconds that localities may take to start.
    - `base_port`, `host`: where locality 0 listens, of a program on HPX whose processes are started
      one by one from `get_locality_config`; 0 for free ports. `launch_localities` always takes
      free ones.
    - `env`: variables of the environment that localities get besides.
    - `verbose`: tells on standard error what is started.

    TypeError and ValueError name the value that cannot be.

    Example:
        >>> hpx.launcher.LaunchConfig(num_localities=8, hosts="node1:4,node2:4", threads=2)

    Communication: none.
    """

    num_localities: int | None = None
    threads: int | None = None
    engine: str | None = None
    hosts: str | Sequence[str] | None = None
    tag: bool = False
    timeout: float | None = None
    start_timeout: float = 60.0
    base_port: int = HPX_PORT
    host: str = "localhost"
    threads_per_locality: int = 0
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    verbose: bool = False

    def __post_init__(self):
        me = "LaunchConfig"
        if self.num_localities is None and self.hosts is None:
            object.__setattr__(self, "num_localities", 1 if self.engine == "local" else 2)
        for name, most in (("num_localities", None), ("threads", 65536)):
            if getattr(self, name) is not None:
                whole_number(me, name, getattr(self, name), 1, most)
        if self.engine is not None and self.engine not in _engines:
            *others, last = map(repr, _engines)
            raise ValueError(
                f"{me}: engine {self.engine!r} is unknown; choose {', '.join(others)} or {last}"
            )
        for name in ("timeout", "start_timeout"):
            value = getattr(self, name)
            if value is None and name == "timeout":
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{me}: {name}={value!r} is not a number of seconds")
            if not value > 0:
                raise ValueError(f"{me}: {name}={value!r} is not a number of seconds above 0")
        self._check_hosts()
        self._check_earlier_phases()
        if self.engine == "local" and self.size() > 1:
            raise ValueError(
                f"{me}: engine 'local' has one locality, not {self.size()}; use engine mpi"
            )

    def _check_earlier_phases(self):
        me, each = "LaunchConfig", self.threads_per_locality
        whole_number(me, "base_port", self.base_port, 0, 65535)
        whole_number(me, "threads_per_locality", each, 0, 65536)
        if each and self.threads not in (None, each):
            raise ValueError(
                f"{me}: threads={self.threads} contradicts threads_per_locality={each}; give one"
            )
        if not isinstance(self.host, str):
            raise TypeError(f"{me}: host={self.host!r} is not a string")
        if not NAME.fullmatch(self.host):
            raise ValueError(f"{me}: host={self.host!r} is no name of a host or IPv4 address")
        pairs = self.env.items() if isinstance(self.env, Mapping) else [(None, None)]
        if not all(isinstance(word, str) for pair in pairs for word in pair):
            raise TypeError(f"{me}: env={self.env!r} are no variables; give a dict of strings")

    def _check_hosts(self):
        hosts = self.hosts
        if hosts is None:
            return
        words = [hosts] if isinstance(hosts, str) else hosts
        if not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
            raise TypeError(f"LaunchConfig: hosts={hosts!r} are no names of hosts")
        if not words:
            raise ValueError(
                "LaunchConfig: hosts [] hold no name; give names such as a,b or a:2,b:2"
            )
        try:
            self.placement()
        except ValueError as error:
            raise ValueError(f"LaunchConfig: {error}") from None

    def size(self) -> int:
        """How many localities the program gets.

        Communication: none.
        """
        if self.num_localities is not None:
            return self.num_localities
        return Hosts(self.hosts).size()

    def get_locality_config(self, locality_id: int) -> LocalityConfig:
        """One locality of such a program on HPX: at port `base_port` + `locality_id` of `host`.

        Example:
            >>> config = hpx.launcher.LaunchConfig(num_localities=4, base_port=8000)
            >>> config.get_locality_config(2).port
            8002

        Communication: none.
        """
        whole_number("get_locality_config", "locality_id", locality_id, 0, self.size() - 1)
        base = self.base_port or find_free_port(HPX_PORT, self.size(), self.host)
        port, threads = base + locality_id, self.threads or self.threads_per_locality
        return LocalityConfig(
            locality_id, self.size(), self.host, port, self.host, base, threads or None
        )

    def placement(self) -> dict[str, int] | None:
        """How many localities each host gets, {host: count} in order; None if all run here.

        Example:
            >>> hpx.launcher.LaunchConfig(num_localities=5, hosts="a,b").placement()
            {'a': 3, 'b': 2}

        Communication: none.
        """
        return None if self.hosts is None else Hosts(self.hosts).place(self.size())


def launch_localities(
    program: str | os.PathLike | Sequence[str],
    *args: Any,
    config: LaunchConfig | None = None,
    **keywords: Any,
) -> int:
    """Starts a program on several localities, as `hpxpy run` does, and returns its exit code.

    `program` is a script, ['-m', 'module'] or ['-c', code], before which options of Python may
    stand; those that this process was started with (-O, -W, -X, ...) hold for localities too.
    `args` become the program's arguments, as text; paths and bytes as they are. How it is started
    says `config`, or the fields of `LaunchConfig` as keywords (which replace those of `config`).
    What localities print is passed on line by line to this process's standard output and error;
    standard input is locality 0's. The exit code is that of the first locality that fails (128 +
    signal if it was killed), 124 after `timeout`; a program that cannot be started says why on
    standard error and gives a code that is not 0.

    FileNotFoundError if there is no such script, RuntimeError if there is no mpiexec.

    Example:
        >>> hpx.launcher.launch_localities("script.py", "--rows", 1000, num_localities=4)
        0

    Communication: none; the program that it starts is one of its own.
    """
    me = "launch_localities"
    alone = isinstance(program, (str, bytes, os.PathLike))
    given = [_word(me, word) for word in (*([program] if alone else program), *args)]
    options, words = split_options(given)
    if not words:
        raise ValueError(f"{me}: no program given; give a script, ['-m', module] or ['-c', code]")
    if config is not None and not isinstance(config, LaunchConfig):
        raise TypeError(f"{me}: config={config!r} is not a LaunchConfig")
    known = [part.name for part in fields(LaunchConfig)]
    for name in keywords:
        if name not in known:
            raise TypeError(f"{me}: unknown keyword {name!r}; known are {', '.join(known)}")
    config = replace(config, **keywords) if config is not None else LaunchConfig(**keywords)
    problem = _wrong_program(words, config)
    if problem:
        missing = "does not exist" in problem
        raise (FileNotFoundError if missing else ValueError)(f"{me}: {problem}")

    from ._launch.alone import run_alone
    from ._launch.program import Program, environment, find_mpiexec

    n, placement = config.size(), config.placement()
    most = max(placement.values()) if placement else n
    threads = config.threads or config.threads_per_locality
    environ = environment(n, threads, config.engine, most) | dict(config.env)
    command = [sys.executable, *own_options(options), *options, *words]
    if config.verbose:
        print(f"hpxpy: starts {n} localities of: {shlex.join(command)}", file=sys.stderr)
    if n == 1 and not config.tag and placement is None:
        return run_alone(command, environ, config.timeout)
    mpiexec = None
    if n > 1 or placement is not None:
        mpiexec = find_mpiexec()
        if not mpiexec:
            raise RuntimeError(
                "the mpiexec of the package mpich was not found; run: "
                f"{sys.executable} -m pip install mpich"
            )
    return Program(
        n,
        command,
        environ,
        config.tag,
        mpiexec,
        placement,
        config.timeout,
        config.start_timeout,
    ).run()


def _word(function, value):
    """A word of a command line as text."""
    path = isinstance(value, (bytes, os.PathLike))
    word = os.fsdecode(value) if path else str(value)
    try:
        if "\0" not in word and os.fsencode(word) is not None:
            return word
    except UnicodeEncodeError:
        pass
    raise ValueError(
        f"{function}: {word!r} cannot be a word of a command line; leave out null characters and "
        "lone surrogates"
    )


def _wrong_program(words, config):
    """What is wrong with the words of a program; None if nothing is."""
    first = words[0]
    if first in ("-m", "-c"):
        return None if len(words) > 1 else f"argument {first}: expected one argument"
    if first == "-":
        if config.size() == 1 and config.hosts is None:
            return None
        return "a program from standard input runs on one locality only"
    return None if os.path.exists(first) else f"script {first!r} does not exist"


def get_expected_num_localities() -> int:
    """How many localities this program was started on; 1 where nothing started it on several.

    What HPXPY_NUM_LOCALITIES says, if it is set (ValueError where it is no number), else what
    started this process. Known before hpxpy starts, and does not start it.

    Example:
        >>> hpx.launcher.get_expected_num_localities()
        1

    Communication: none.
    """
    from . import _core

    if text := os.environ.get("HPXPY_NUM_LOCALITIES"):
        source = f"HPXPY_NUM_LOCALITIES={text!r}"
        return read_number("get_expected_num_localities", source, text, 1)
    if _core.is_running():
        return _core.num_localities()
    return launched_size(os.environ) or Start.size or 1


def is_multi_locality_mode() -> bool:
    """Whether this process is one of the localities of a program that was started on several.

    Known before hpxpy starts, and does not start it.

    Example:
        >>> hpx.launcher.is_multi_locality_mode()
        False

    Communication: none.
    """
    return os.environ.get("HPXPY_MULTI_LOCALITY") == "1" or get_expected_num_localities() > 1


class spmd_main:
    """Makes a function the main function of a program on all localities.

    Called in the main program (the script that was started), the function runs within
    `hpx.runtime()`, and its result is returned; in a module that was imported it is an ordinary
    call. As `@spmd_main(...)`, with the fields of `LaunchConfig`, which are attributes then, a
    process that nothing has launched starts the script itself on so many localities, with its
    arguments, and exits with the program's exit code; as `@spmd_main` it stays alone. In a process
    that was launched the keywords count for nothing.

    Example:
        >>> @hpx.launcher.spmd_main(num_localities=4)
        ... def main():
        ...     print(hpx.locality_id())
        >>> if __name__ == "__main__":
        ...     main()

    Communication: one all-gather of a few bytes at the start, where the function runs.
    """

    def __new__(cls, num_localities: Any = None, *args: Any, **keywords: Any):
        if callable(num_localities):
            if args or keywords:
                raise TypeError(
                    "spmd_main: a function and keywords given; use @spmd_main or "
                    "@spmd_main(num_localities=4)"
                )
            return _main_function(num_localities, LaunchConfig(num_localities=1))
        return super().__new__(cls)

    def __init__(
        self,
        num_localities: int | None = None,
        base_port: int = 0,
        threads_per_locality: int = 0,
        verbose: bool = False,
        **keywords: Any,
    ):
        try:
            self.config = LaunchConfig(
                num_localities=num_localities,
                base_port=base_port,
                threads_per_locality=threads_per_locality,
                verbose=verbose,
                **keywords,
            )
        except (TypeError, ValueError) as error:
            raise type(error)(f"spmd_main: {error}") from None
        self.num_localities = self.config.size()
        self.base_port = base_port
        self.threads_per_locality = threads_per_locality
        self.verbose = verbose

    def __call__(self, function: Callable) -> Callable:
        if not callable(function):
            raise TypeError(
                f"spmd_main: {function!r} is not a function; use @spmd_main or "
                "@spmd_main(num_localities=4)"
            )
        return _main_function(function, self.config)


def _main_function(function, config):
    @functools.wraps(function)
    def call(*args, **keywords):
        if function.__module__ != "__main__":
            return function(*args, **keywords)
        several = config.size() > 1 or config.hosts is not None
        if several and not is_multi_locality_mode():
            sys.exit(launch_localities(_this_program(), config=config))
        from . import _core, _runtime

        if _core.is_running():
            return function(*args, **keywords)
        alone = not is_multi_locality_mode()
        threads = config.threads or config.threads_per_locality or None
        settings = {"num_threads": threads, "engine": config.engine} if alone else {}
        with _runtime.runtime(**settings):
            return function(*args, **keywords)

    return call


def _this_program():
    """The words that start this program once more."""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name != "__main__":
        return ["-m", spec.name.removesuffix(".__main__"), *sys.argv[1:]]
    if spec is not None:  # a folder or an archive with a __main__.py
        return list(sys.argv)
    if not getattr(main, "__file__", None):
        raise RuntimeError(
            "spmd_main: this program is no script, so it cannot be started on several localities; "
            "put it into a file"
        )
    return [main.__file__, *sys.argv[1:]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line `hpxpy`, by default this process's, and returns the exit code.

    Example:
        >>> hpx.launcher.main(["run", "-n", "2", "script.py"])
        0

    Communication: none.
    """
    from ._launch import command

    return command.main(arguments)
