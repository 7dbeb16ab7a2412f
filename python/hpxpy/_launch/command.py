"""The command `hpxpy`: `run` starts a program on several localities, `plan` tells its cost.

`hpxpy.launcher.main` calls it; what `run` starts, `launch_localities` starts.
"""

# SPDX-License-Identifier: BSL-1.0
import argparse
import importlib.metadata
import sys

from .._core import _engines
from .._plan import command as plan
from .._plan import network
from .interpreter import split_options
from .numbers import seconds, whole

WITH_VALUE = {"-n", "--localities", "--threads", "--engine", "--hosts", "--timeout"}


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
        usage="hpxpy run [-n N] [--hosts A,B] [--threads T] [--engine NAME] [--tag] "
        "[--timeout S] [option of python ...] (script.py | -m module | -c code) [arguments ...]",
        description="Starts the program on N localities (processes), of this machine or of the "
        "hosts given. Their output is passed on line by line, standard input is locality 0's, "
        "and the exit code is that of the first locality that fails (128 + signal if it was "
        "killed). Options of python itself, such as -O, -W error and -X dev, hold for each "
        "locality, as do those of the python that runs this command.",
        allow_abbrev=False,
    )
    run.add_argument(
        "-n",
        "--localities",
        type=whole,
        metavar="N",
        help="how many localities to start (default: 1, or one for each host or slot)",
    )
    run.add_argument(
        "--hosts",
        metavar="A,B",
        help="where to start them: names of hosts, or with slots a:2,b:2; reached by ssh, or by "
        "srun within a job of Slurm, and with the same folders as this machine",
    )
    run.add_argument(
        "--threads",
        type=whole,
        metavar="T",
        help="threads of each locality (default: the CPUs split between them)",
    )
    run.add_argument(
        "--engine",
        choices=_engines,
        help="how localities talk (default: mpi for more than one)",
    )
    run.add_argument(
        "--tag", action="store_true", help="put the locality's number before each line it prints"
    )
    run.add_argument(
        "--timeout",
        type=seconds,
        metavar="S",
        help="end the program after S seconds, with exit code 124",
    )
    run.add_argument("-m", metavar="module", dest="module", help="run a module, as python -m does")
    run.add_argument("-c", metavar="code", dest="code", help="run a string, as python -c does")
    run.add_argument("program", nargs="?", metavar="script.py", help="the script to run")
    return parser, run, plan.add_parser(commands), network.add_parser(commands)


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser, run_parser, plan_parser, network_parser = make_parser()
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
        parser.error("no command given; give run, plan or bench")
    if chosen.command == "bench":
        return network.run(chosen, network_parser)
    its_parser = run_parser if chosen.command == "run" else plan_parser
    if not split_options(program)[1]:
        its_parser.error("no program given; give script.py, -m module or -c code")
    if chosen.command == "plan":
        return plan.run(chosen, program, plan_parser)
    from ..launcher import LaunchConfig, launch_localities

    try:
        config = LaunchConfig(
            num_localities=chosen.localities or (1 if chosen.hosts is None else None),
            threads=chosen.threads,
            engine=chosen.engine,
            hosts=chosen.hosts,
            tag=chosen.tag,
            timeout=chosen.timeout,
        )
        return launch_localities(program, config=config)
    except (ValueError, FileNotFoundError) as error:
        run_parser.error(str(error).partition(": ")[2])
    except RuntimeError as error:
        run_parser.exit(1, f"hpxpy run: {error}\n")
