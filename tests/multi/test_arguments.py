"""What follows the program reaches it untouched; options of Python hold for localities."""

# SPDX-License-Identifier: BSL-1.0
import os
import subprocess
import sys

import pytest
from conftest import HPXPY_RUN, once

pytestmark = once

ARGUMENTS = [
    ":",
    "a",
    ":",
    "",
    "a b",
    " ",
    "--linestyle",
    "-n",
    "7",
    "-c",
    "--",
    "-",
    "*",
    "?[a-z]",
    "'one' \"two\" `three` $HOME ${PATH} \\",
    "line\nline\r\n\ttab",
    "ä€𝄞",
    b"\xff\xfe\x80",
    "a;b|c&d>e<f#g!~{1..3}",
    "%s%d%n",
    "x" * 100_000,
    "",
]
TOLD = [os.fsdecode(word) for word in ARGUMENTS]
SHOW = "import sys, hpxpy as hpx; print(hpx.num_localities(), hash(tuple(sys.argv[1:])))\n"
SHOW += "print(ascii([word[:99] for word in sys.argv[1:]]), flush=True)"
FIXED = {"PYTHONHASHSEED": "5"}


def expected(n):
    ask = f"print(hash({tuple(TOLD)!a}))"
    environ = {**os.environ, **FIXED}
    said = subprocess.run(
        [sys.executable, "-"], input=ask, text=True, capture_output=True, env=environ
    )
    return sorted([f"{n} {said.stdout.strip()}", ascii([word[:99] for word in TOLD])] * n)


def check(result, n):
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == expected(n)


@pytest.mark.parametrize("options", [["-n", "1"], ["-n", "1", "--tag"], ["-n", "2"]])
@pytest.mark.parametrize("kind", ["script", "-m", "-c"])
def test_arguments_arrive_untouched(started, tmp_path, kind, options):
    folder = tmp_path / "a:b 'c' *"
    folder.mkdir()
    script = folder / "show.py"
    script.write_text(SHOW)
    program = {"script": [script], "-m": ["-m", "show"], "-c": ["-c", SHOW]}[kind]
    environ = {**FIXED, "PYTHONPATH": str(tmp_path)}
    (tmp_path / "show.py").write_text(SHOW)
    words = [*HPXPY_RUN, *options, *program]
    result = started([*words, *TOLD], environ).end()
    if "--tag" in options:
        result.stdout = result.stdout.replace("[0] ", "")
    check(result, int(options[1]))


def test_arguments_arrive_on_other_hosts(two_hosts, started, tmp_path):
    script = tmp_path / "show.py"
    script.write_text(SHOW)
    words = [*HPXPY_RUN, "--hosts", "hosta,hostb", script, *TOLD]
    check(started(two_hosts.on_a(*words), {**two_hosts.environ, **FIXED}).end(), 2)


def test_arguments_arrive_where_srun_starts_localities(two_hosts, started, tmp_path):
    words = [*HPXPY_RUN, "--hosts", "hosta,hostb", "-c", SHOW, *TOLD]
    path = f"{two_hosts.srun.parent}:{os.environ['PATH']}"
    environ = {"UCX_TLS": "tcp", "PATH": path, "SLURM_JOB_ID": "7", **FIXED}
    check(started(two_hosts.on_a(*words), environ).end(), 2)


@pytest.mark.parametrize("n", [1, 2])
def test_arguments_of_launch_localities(started, n):
    code = "import sys\nfrom hpxpy.launcher import launch_localities\n"
    code += f"sys.exit(launch_localities(['-c', {SHOW!r}], *{ARGUMENTS!a}, num_localities={n}))"
    check(started([sys.executable, "-c", code], FIXED).end(), n)


def test_arguments_of_a_main_function(started, tmp_path):
    script = tmp_path / "main.py"
    script.write_text(
        "from hpxpy.launcher import spmd_main\n@spmd_main(num_localities=2)\n"
        f"def main(): exec({SHOW!r})\nif __name__ == '__main__': main()"
    )
    check(started([sys.executable, script, *TOLD], FIXED).end(), 2)


def test_arguments_that_no_program_can_have(started):
    code = "from hpxpy.launcher import launch_localities\n"
    code += "for word in ('a\\0b', '\\ud800'):\n    for n in (1, 2):\n"
    code += "        try: launch_localities('x.py', word, num_localities=n)\n"
    code += "        except ValueError as error: print(error)"
    result = started([sys.executable, "-c", code]).end()
    assert result.stdout.count("launch_localities: 'a\\x00b' cannot be a word") == 2
    assert result.stdout.count("launch_localities: '\\ud800' cannot be a word") == 2


FLAGS = "import sys; print([sys.flags, sys.warnoptions, sys._xoptions])"


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize(
    "options",
    [
        ["-O"],
        ["-OO", "-B"],
        ["-W", "error::UserWarning", "-Wignore:x", "-X", "dev", "-Xcolour=blue"],
        ["-sEb", "-X", "utf8=0"],
        ["-I"],
        ["-OWerror"],
    ],
)
def test_options_of_python_hold_for_localities(started, n, options):
    plain = subprocess.run([sys.executable, *options, "-c", FLAGS], capture_output=True, text=True)
    for before, after in ((options, []), ([], options)):
        words = [sys.executable, *before, *HPXPY_RUN[1:], "-n", n, *after, "-c", FLAGS]
        result = started(words).end()
        assert (result.code, result.stderr) == (0, "")
        assert result.stdout == plain.stdout * n


def test_options_on_both_sides(started):
    words = [
        sys.executable,
        "-O",
        "-Wignore",
        *HPXPY_RUN[1:],
        "-O",
        "-n",
        2,
        "-Werror",
        "-c",
        FLAGS,
    ]
    result = started(words).end()
    plain = [sys.executable, "-O", "-Wignore", "-Werror", "-c", FLAGS]
    assert result.stdout == subprocess.run(plain, capture_output=True, text=True).stdout * 2


def test_options_of_python_hold_for_a_main_function(started, tmp_path):
    script = tmp_path / "main.py"
    script.write_text(
        "import sys\nfrom hpxpy.launcher import spmd_main\n@spmd_main(num_localities=2)\n"
        "def main(): print(sys.flags.optimize, sys.warnoptions)\nif __name__ == '__main__': main()"
    )
    result = started([sys.executable, "-O", "-Werror::UserWarning", script]).end()
    assert result.stdout == "1 ['error::UserWarning']\n" * 2


def test_modules_and_code_may_be_glued_to_their_options(command):
    assert command("-n", 2, "-cprint(1)").stdout == "1\n1\n"
    assert command("-n", 2, "-Ocprint(__debug__)").stdout == "False\nFalse\n"
    assert command("-n", 2, "-mjson.tool", "--help").stdout.count("usage:") == 2
