"""The command `hpxpy`: `run` starts a program on several localities, `plan` tells its cost, ...

`hpxpy.launcher.main` calls it; what `run` starts, `launch_localities` starts.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import importlib.metadata
import os
import sys

from .._core import _check_setting, _engines, _settings
from .._plan import command as plan
from .._plan import network
from . import allocations, binding, doctor, info, running
from .interpreter import split_options
from .numbers import seconds, whole


def variable(text):
    """(name, value) of 'NAME=VALUE'."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no variable; give NAME=VALUE")
    return name, value


#: The options of `run`; all but --env name a field of LaunchConfig.
RUN = {
    "--localities": {
        "type": whole,
        "metavar": "N",
        "help": "how many localities to start (default: 1, or one for each host or slot)",
    },
    "--hosts": {
        "metavar": "A,B",
        "help": "where to start them: names of hosts, or with slots a:2,b:2; reached by ssh, or by "
        "srun within a job of Slurm, and with the same folders as this machine (default: the hosts "
        "of a job of Slurm, PBS, LSF, Flux or PALS, or this machine)",
    },
    "--hostfile": {
        "metavar": "F",
        "help": "a file that names the hosts, one a line: a, a:2 or 'a slots=2', # for comments",
    },
    "--per-host": {"type": whole, "metavar": "K", "help": "start K localities on each host"},
    "--threads": {
        "type": whole,
        "metavar": "T",
        "help": "threads of each locality (default: the CPUs split between them)",
    },
    "--engine": {
        "choices": _engines,
        "help": "how localities talk (default: mpi for more than one)",
    },
    "--env": {
        "type": variable,
        "metavar": "K=V",
        "action": "append",
        "default": [],
        "help": "a variable that localities get besides the environment; may be given repeatedly",
    },
    "--cwd": {
        "metavar": "D",
        "help": "the folder in which localities start; script.py is looked for there",
    },
    "--bind": {
        "choices": binding.KINDS,
        "default": "none",
        "help": "bind each locality to its share of the host's cores, or to NUMA nodes "
        "(default: none)",
    },
    "--report-binding": {
        "action": "store_true",
        "help": "tell on which CPUs each locality may run",
    },
    "--transport": {
        "metavar": "T",
        "help": "what carries messages: auto, shm (on one host), tcp, or a name of UCX's or "
        "libfabric's such as rc, verbs or cxi (default: auto)",
    },
    "--interface": {
        "metavar": "I",
        "help": "the network interface that messages take, of the same name on all hosts",
    },
    "--port-range": {
        "metavar": "A-B",
        "help": "the TCP ports on which the program listens (default: any)",
    },
    "--bind-address": {
        "metavar": "A",
        "help": "this machine's IPv4 address at which the launcher itself listens for the hosts",
    },
    "--tag": {"action": "store_true", "help": "put the locality's number before each line"},
    "--output-dir": {
        "metavar": "D",
        "help": "write what each locality prints to a file of its own in D",
    },
    "--start-timeout": {
        "type": seconds,
        "metavar": "S",
        "default": 60.0,
        "help": "give up when localities take more than S seconds to start (default: 60)",
    },
    "--timeout": {
        "type": seconds,
        "metavar": "S",
        "help": "end the program after S seconds, with exit code 124",
    },
    "--dry-run": {
        "action": "store_true",
        "help": "print what would be started where, on which cores and with which environment",
    },
}

#: Those that take a value.
WITH_VALUE = {"-n"} | {name for name, words in RUN.items() if words.get("action") != "store_true"}


def split(arguments, with_value=WITH_VALUE):
    """The options of a command, and what belongs to the program: options of Python first."""
    words, ours, pythons = list(arguments), [], []
    while True:
        found, words = split_options(words)
        pythons += found
        if not words or words[0] in ("-m", "-c", "-") or not words[0].startswith("-"):
            break
        word = words.pop(0)
        if word == "--":
            break
        ours.append(word)
        if word in with_value and words:
            ours.append(words.pop(0))
    return ours, pythons + words


def make_parser():
    parser = argparse.ArgumentParser(
        prog="hpxpy", description="NumPy's arrays on one core, one node or many nodes."
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="command")
    run = commands.add_parser(
        "run",
        help="start a program on several localities, here or on other hosts",
        usage="hpxpy run [-n N] [--hosts A,B | --hostfile F] [--per-host K] [--threads T] "
        "[--engine NAME] [--env K=V] [--cwd D] [--bind core|numa|none] [--report-binding] "
        "[--transport T] [--interface I] [--port-range A-B] [--bind-address A] "
        "[--tag | --output-dir D] [--start-timeout S] [--timeout S] [--dry-run] "
        "[option of python ...] (script.py | -m module | -c code) [arguments ...]",
        description="Starts the program on N localities (processes), of this machine or of the "
        "hosts given. Their output is passed on line by line, standard input is locality 0's, "
        "and the exit code is that of the first locality that fails (128 + signal if it was "
        "killed). Options of python itself, such as -O, -W error and -X dev, hold for each "
        "locality, as do those of the python that runs this command.",
        allow_abbrev=False,
    )
    exclusive = {
        name: group
        for names in (("--hosts", "--hostfile"), ("--tag", "--output-dir"))
        for group in [run.add_mutually_exclusive_group()]
        for name in names
    }
    for name, keywords in RUN.items():
        names = ("-n", name) if name == "--localities" else (name,)
        exclusive.get(name, run).add_argument(*names, **keywords)
    run.add_argument("-m", metavar="module", dest="module", help="run a module, as python -m does")
    run.add_argument("-c", metavar="code", dest="code", help="run a string, as python -c does")
    run.add_argument("program", nargs="?", metavar="script.py", help="the script to run")
    others = {
        "plan": plan.add_parser(commands),
        "bench": network.add_parser(commands),
        "info": info.add_parser(commands),
        "doctor": doctor.add_parser(commands, RUN),
    }
    others["ps"], others["stack"] = running.add_parsers(commands)
    return parser, {"run": run, **others}


def run(chosen, program, parser):
    """Starts `program`; returns the exit code."""
    from ..launcher import LaunchConfig, launch_localities

    fields = {name[2:].replace("-", "_") for name in RUN} - {"localities", "env"}
    try:
        named = chosen.hosts is not None or chosen.hostfile is not None
        hosts = chosen.hosts
        if not named and chosen.engine != "local" and split_options(program)[1][0] != "-":
            hosts = allocations.find()
            named = hosts is not None
        config = LaunchConfig(
            num_localities=chosen.localities or (None if named or chosen.per_host else 1),
            env=dict(chosen.env),
            **{name: getattr(chosen, name) for name in fields} | {"hosts": hosts},
        )
        return launch_localities(program, config=config)
    except (ValueError, FileNotFoundError) as error:
        text = str(error)
        for function in ("LaunchConfig: ", "launch_localities: "):
            text = text.removeprefix(function)
        parser.error(text)
    except RuntimeError as error:
        parser.exit(1, f"hpxpy run: {error}\n")


def check_settings(parser):
    """Ends with code 2 and the reason if a variable of the environment says what it cannot."""
    for name, *_ in _settings:
        try:
            _check_setting(name, os.environ.get(name, ""))
        except ValueError as error:
            parser.error(str(error))


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser, parsers = make_parser()
    options, program = arguments, []
    if arguments[:1] in (["run"], ["plan"]):
        with_value = WITH_VALUE if arguments[0] == "run" else plan.WITH_VALUE
        options, program = split(arguments[1:], with_value)
        options = [arguments[0], *options]
    chosen = parser.parse_args(options)
    if chosen.version:
        print("hpxpy", importlib.metadata.version("hpxpy"))
        return 0
    if not chosen.command:
        parser.error(f"no command given; give {', '.join([*parsers][:-1])} or {[*parsers][-1]}")
    its_parser = parsers[chosen.command]
    check_settings(its_parser)
    if chosen.command == "bench":
        return network.run(chosen, its_parser)
    if chosen.command in ("info", "doctor"):
        return {"info": info, "doctor": doctor}[chosen.command].run(chosen, its_parser)
    if chosen.command in ("ps", "stack"):
        return running.run(chosen, its_parser)
    if not split_options(program)[1]:
        its_parser.error("no program given; give script.py, -m module or -c code")
    return (plan.run if chosen.command == "plan" else run)(chosen, program, its_parser)
