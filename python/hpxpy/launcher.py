"""Starting programs on several localities: the command `hpxpy run`, and the same from Python.

`launch_localities` starts a program, `spmd_main` makes a function one. Configurations describe a
program (`LaunchConfig`) and one locality on HPX (`LocalityConfig`).
"""

# SPDX-License-Identifier: BSL-1.0

from __future__ import annotations

import errno
import functools
import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ._core import _check_setting, _engines, _settings
from ._launch import allocations, binding
from ._launch.hosts import NAME, Hosts, is_here, read_hostfile
from ._launch.interpreter import own_options, split_options
from ._launch.launched import OURS, Start, launched_size
from ._launch.locality import (
    HPX_PORT,
    LocalityConfig,
    find_free_port,
    parse_hpx_args,
    read_number,
    whole_number,
)
from ._launch.networks import interfaces, ports_of

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
    - `hostfile`: a file that names the hosts instead, one a line, as 'a', 'a:2' or 'a slots=2'.
    - `per_host`: how many localities each host gets.
    - `tag`: puts the locality's number before each line that it prints.
    - `timeout`: seconds after which the program is ended, with exit code 124; by default never.
    - `start_timeout`: seconds that localities may take to start.
    - `base_port`, `host`: where locality 0 listens, of a program on HPX whose processes are started
      one by one from `get_locality_config`; 0 for free ports. `launch_localities` always takes
      free ones.
    - `env`: variables of the environment that localities get besides.
    - `verbose`: tells on standard error what is started.
    - `cwd`: the folder in which localities start, and from which a script's name counts; by
      default this process's.
    - `bind`: the CPUs that a locality and its child processes may run on. 'core': a share of its
      host's cores, 'numa': one NUMA node or several, 'none': all that this process may use (the
      threads that compute are pinned to a share all the same).
    - `report_binding`: tells on standard error which CPUs each locality may run on.
    - `output_dir`: a folder for what localities print, a file each (locality-0.txt), instead of
      standard output and error.
    - `transport`: what carries messages: 'auto', 'shm' (on one host), 'tcp', or a name of UCX's or
      libfabric's, such as 'rc', 'verbs' or 'cxi'.
    - `interface`: the network interface that messages take, of the same name on all hosts.
    - `port_range`: the TCP ports on which the program listens, as '42000-42099'.
    - `bind_address`: the IPv4 address of this machine at which the launcher itself listens.
    - `dry_run`: prints what would be started, where, on which cores and with which environment,
      and starts nothing.

    Where neither `hosts` nor `hostfile` is given, a job of Slurm, PBS, LSF, Flux or PALS tells its
    hosts and how many localities each has room for; `hosts="localhost"` keeps to this machine.

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
    hostfile: str | os.PathLike | None = None
    per_host: int | None = None
    cwd: str | os.PathLike | None = None
    bind: str = "none"
    report_binding: bool = False
    output_dir: str | os.PathLike | None = None
    dry_run: bool = False
    transport: str | None = None
    interface: str | None = None
    port_range: str | None = None
    bind_address: str | None = None

    def __post_init__(self):
        me = "LaunchConfig"
        anywhere = self.hosts is None and self.hostfile is None
        if self.num_localities is None and anywhere:
            default = 1 if self.engine == "local" else self.per_host or 2
            object.__setattr__(self, "num_localities", default)
        for name, most in (("num_localities", None), ("threads", 65536), ("per_host", None)):
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
        self._check_network()
        self._check_earlier_phases()
        self._check_how()
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

    def _check_how(self):
        """What is wrong with where localities start, where they write, and their variables."""
        me = "LaunchConfig"
        for name in ("hostfile", "cwd", "output_dir"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, (str, os.PathLike)):
                raise TypeError(f"{me}: {name}={value!r} is not a path")
        if self.bind not in binding.KINDS:
            *others, last = map(repr, binding.KINDS)
            raise ValueError(
                f"{me}: bind={self.bind!r} is unknown; choose {', '.join(others)} or {last}"
            )
        if self.tag and self.output_dir is not None:
            raise ValueError(
                f"{me}: tag marks lines of a common output, which output_dir="
                f"{os.fspath(self.output_dir)!r} takes apart; give one of both"
            )
        threads = self.threads or self.threads_per_locality
        given = {"HPXPY_NUM_THREADS": threads and str(threads), "HPXPY_ENGINE": self.engine}
        given |= self._network()
        for name, value in self.env.items():
            if not re.fullmatch(r"[^=\0]+", name) or "\0" in value:
                raise ValueError(f"{me}: env has {name!r}, which cannot be a variable's name")
            if name in OURS:
                raise ValueError(
                    f"{me}: env={name}={value}: the launcher itself sets this variable; "
                    "leave it out"
                )
            if given.get(name) not in (None, 0, value):
                raise ValueError(f"{me}: env={name}={value} contradicts {given[name]}; give one")

    def _check_network(self):
        me = "LaunchConfig"
        for name in ("transport", "interface", "port_range", "bind_address"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{me}: {name}={value!r} is not a string")
        for name, value in self._network().items():
            try:
                _check_setting(name, value)
            except ValueError as error:
                option = name.removeprefix("HPXPY_").lower()
                text = str(error).removeprefix(f"{name}: ")
                raise ValueError(f"{me}: {option} {text}") from None
        if self.bind_address is not None and self.bind_address not in interfaces().values():
            raise ValueError(
                f"{me}: bind_address={self.bind_address!r} is no IPv4 address of this machine, "
                f"which has {', '.join(interfaces().values())}"
            )
        places = self.placement() or {}
        if self.transport == "shm" and len(places) > 1:
            raise ValueError(
                f"{me}: transport 'shm' does not reach from one host to another; hosts "
                f"{', '.join(places)} need auto, tcp or a network's name"
            )

    def _network(self):
        """The variables by which localities learn how they are to talk."""
        given = {
            "HPXPY_TRANSPORT": self.transport,
            "HPXPY_INTERFACE": self.interface,
            "HPXPY_PORT_RANGE": self.port_range,
        }
        return {name: value for name, value in given.items() if value is not None}

    def _check_hosts(self):
        hosts = self.hosts
        if hosts is not None and self.hostfile is not None:
            raise ValueError(
                f"LaunchConfig: hosts={hosts!r} and hostfile={os.fspath(self.hostfile)!r} exclude "
                "each other; give one"
            )
        if hosts is None and self.hostfile is None:
            if self.per_host and self.size() > self.per_host:
                raise ValueError(
                    f"LaunchConfig: this host has room for {self.per_host} localities (per_host), "
                    f"not for {self.size()}; give --hosts, or a larger number"
                )
            return
        told = self.hostfile is not None or isinstance(hosts, (str, allocations.Allocation))
        words = ["a"] if told else hosts
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
        return self._places().size()

    def _places(self):
        """The hosts that were named, with their slots."""
        given = self.hosts if self.hostfile is None else read_hostfile(self.hostfile)
        return Hosts(given, self.per_host)

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
        if self.hosts is None and self.hostfile is None:
            return None
        return self._places().place(self.size())

    def _within(self, allocation: allocations.Allocation | None) -> LaunchConfig:
        """The same on the hosts of a job, if nobody named others."""
        if allocation is None or self.hosts is not None or self.hostfile is not None:
            return self
        return replace(self, hosts=allocation)

    def _where(self):
        """`placement`, but None where a job has given this host alone, which needs no ssh."""
        placement = self.placement()
        if isinstance(self.hosts, allocations.Allocation) and all(map(is_here, placement)):
            return None
        return placement


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
    try:
        if config.engine != "local" and words[0] != "-":
            config = config._within(allocations.find())
        n, placement = config.size(), config._where()
        problem = _wrong_program(words, config) or _wrong_folders(config)
    except ValueError as error:
        raise ValueError(f"{me}: {str(error).removeprefix('LaunchConfig: ')}") from None
    if problem:
        missing = "does not exist" in problem
        raise (FileNotFoundError if missing else ValueError)(f"{me}: {problem}")

    from ._launch.alone import run_alone
    from ._launch.program import Program, environment, find_mpiexec

    most = max(placement.values()) if placement else n
    threads = config.threads or config.threads_per_locality
    environ = environment(n, threads, config.engine, most, config._network()) | dict(config.env)
    if problem := _too_few_ports(environ, most):
        raise ValueError(f"{me}: {problem}")
    for name, *_ in _settings:
        try:
            _check_setting(name, environ.get(name, ""))
        except ValueError as error:
            raise ValueError(f"{me}: {error}") from None
    command = [sys.executable, *own_options(options), *options, *words]
    if config.verbose:
        print(f"hpxpy: starts {n} localities of: {shlex.join(command)}", file=sys.stderr)
    alone = n == 1 and not config.tag and placement is None and config.output_dir is None
    mpiexec = None
    if n > 1 or placement is not None:
        mpiexec = find_mpiexec()
        if not mpiexec:
            raise RuntimeError(
                "the mpiexec of the package mpich was not found; run: "
                f"{sys.executable} -m pip install mpich"
            )
    if config.dry_run:
        from ._launch.dry_run import show

        show(n, command, environ, config, mpiexec, placement)
        return 0
    if config.cwd is not None:
        environ["PWD"] = os.path.abspath(config.cwd)  # Hydra believes it
    if alone:
        return run_alone(command, environ, config)
    return Program(n, command, environ, config, mpiexec, placement).run()


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
    folder = f" in {os.fspath(config.cwd)!r}" if config.cwd is not None else ""
    if os.path.exists(os.path.join(config.cwd or "", first)):
        return None
    return f"script {first!r} does not exist{folder}"


def _too_few_ports(environ, most):
    """What is wrong with a range of ports for `most` localities of a host; None if nothing is."""
    text = environ.get("HPXPY_PORT_RANGE")
    if not text or most == 1:
        return None
    # HPX listens for AGAS, for parcels and while it starts; the launcher needs three.
    needed = most * (3 if environ.get("HPXPY_ENGINE") == "hpx" else 1) + 3
    if (have := len(ports_of(text))) >= needed:
        return None
    return f"port_range {text!r} has {have} ports, of which {most} localities need {needed}"


def _wrong_folders(config):
    """What is wrong with where localities start and write; None if nothing is."""
    if config.cwd is not None and not os.path.isdir(config.cwd):
        return f"cwd {os.fspath(config.cwd)!r} is no folder"
    if config.output_dir is not None and not config.dry_run:
        try:
            os.makedirs(config.output_dir, exist_ok=True)
            if not os.access(config.output_dir, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            return f"output_dir {os.fspath(config.output_dir)!r} cannot be used: {error.strerror}"
    return None


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
        several = config.size() > 1 or bool(config.hosts or config.hostfile)
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
