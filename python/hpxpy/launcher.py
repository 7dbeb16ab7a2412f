"""The command `hpxpy`: `hpxpy run -n 4 script.py` starts a program on several localities."""

# SPDX-License-Identifier: BSL-1.0
import argparse
import importlib.metadata
import os
import sys

from ._launch.program import Program, environment, find_mpiexec, run_one

WITH_VALUE = {"-n", "--localities", "--threads", "--engine"}


def split(arguments):
    """The options of `hpxpy run`, and from the program on what belongs to the program."""
    i = 0
    while i < len(arguments):
        word = arguments[i]
        if word == "--":
            return arguments[:i], arguments[i + 1 :]
        if word in ("-m", "-c") or word == "-" or not word.startswith("-"):
            break
        i += 2 if word in WITH_VALUE else 1
    return arguments[:i], arguments[i:]


def positive(text):
    number = int(text) if text.lstrip("+-").isdigit() else None
    if number is None or number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number


def make_parser():
    parser = argparse.ArgumentParser(
        prog="hpxpy", description="NumPy's arrays on one core, one node or many nodes."
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="command")
    run = commands.add_parser(
        "run",
        help="start a program on several localities of this machine",
        usage="hpxpy run [-n N] [--threads T] [--engine NAME] [--tag] "
        "(script.py | -m module | -c code) [arguments ...]",
        description="Starts the program on N localities (processes) of this machine. Their output "
        "is passed on line by line, standard input goes to locality 0, and the exit code is that "
        "of the first locality that fails (128 + signal if it was killed).",
    )
    run.add_argument(
        "-n",
        "--localities",
        type=positive,
        default=1,
        metavar="N",
        help="how many localities to start (default: 1)",
    )
    run.add_argument(
        "--threads",
        type=positive,
        metavar="T",
        help="threads of each locality (default: the CPUs split between them)",
    )
    run.add_argument(
        "--engine",
        choices=["local", "mpi", "hpx"],
        help="how localities talk (default: mpi for more than one)",
    )
    run.add_argument(
        "--tag", action="store_true", help="put the locality's number before each line it prints"
    )
    run.add_argument("-m", metavar="module", dest="module", help="run a module, as python -m does")
    run.add_argument("-c", metavar="code", dest="code", help="run a string, as python -c does")
    run.add_argument("program", nargs="?", metavar="script.py", help="the script to run")
    return parser, run


def main(arguments=None):
    """Runs the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser, run_parser = make_parser()
    options, program = arguments, []
    if arguments[:1] == ["run"]:
        options, program = split(arguments[1:])
        options = ["run", *options]
    chosen = parser.parse_args(options)
    if chosen.version:
        print("hpxpy", importlib.metadata.version("hpxpy"))
        return 0
    if not chosen.command:
        parser.error("no command given; give run")
    n = chosen.localities
    check(run_parser, chosen, program)

    environ = environment(n, chosen.threads, chosen.engine)
    command = [sys.executable, *program]
    if n == 1 and not chosen.tag:
        return run_one(command, environ)
    mpiexec = None
    if n > 1:
        mpiexec = find_mpiexec()
        if not mpiexec:
            run_parser.exit(
                1,
                "hpxpy run: the mpiexec of the package mpich was not found; run: "
                f"{sys.executable} -m pip install mpich\n",
            )
    return Program(n, command, environ, chosen.tag, mpiexec).run()


def check(parser, chosen, program):
    """Ends with exit code 2 and a message when the command line asks for what cannot be."""
    if not program:
        parser.error("no program given; give script.py, -m module or -c code")
    first = program[0]
    if first in ("-m", "-c") and len(program) == 1:
        parser.error(f"argument {first}: expected one argument")
    if first == "-" and chosen.localities > 1:
        parser.error("a program from standard input runs on one locality only")
    if first not in ("-m", "-c", "-") and not os.path.exists(first):
        parser.error(f"script {first!r} does not exist")
    if chosen.engine == "local" and chosen.localities > 1:
        parser.error(f"engine 'local' has one locality, not {chosen.localities}; use --engine mpi")


if __name__ == "__main__":
    sys.exit(main())
