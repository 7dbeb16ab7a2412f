"""hpxpy.launcher from Python: launch_localities, spmd_main, and what a process knows of itself."""

# SPDX-License-Identifier: BSL-1.0
import os
import re
import subprocess
import sys

import pytest
from conftest import ENGINE


@pytest.fixture
def python(started, tmp_path):
    """python(code, words...): a script run by plain Python, and ended, in a folder of its own."""

    def run(code, *words, environ=None, limit=30):
        script = tmp_path / "script.py"
        script.write_text(code)
        return started([sys.executable, script, *words], environ).end(limit)

    return run


LAUNCH = "import sys\nfrom hpxpy.launcher import LaunchConfig, launch_localities\n"
HELLO = "import sys, hpxpy as hpx; print(hpx.locality_id(), hpx.num_localities(), sys.argv[1:])"


def test_code_with_arguments(python):
    result = python(
        LAUNCH + f"code = launch_localities(['-c', {HELLO!r}], 'a b', 3, "
        "num_localities=2)\nprint('code', code)"
    )
    assert (result.code, result.stderr) == (0, "")
    lines = sorted(result.stdout.splitlines())
    assert lines == ["0 2 ['a b', '3']", "1 2 ['a b', '3']", "code 0"]


def test_scripts_and_modules(python, tmp_path):
    (tmp_path / "other.py").write_text(HELLO.replace("; ", "\n") + "; sys.exit(5)")
    code = LAUNCH + (
        "from pathlib import Path\n"
        "folder = Path(__file__).parent\n"
        "config = LaunchConfig(num_localities=2)\n"
        "print(launch_localities(folder / 'other.py', 'x', config=config), flush=True)\n"
        "print(launch_localities(['-m', 'other'], config=config, num_localities=1, tag=True))\n"
    )
    result = python(code, environ={"PYTHONPATH": str(tmp_path)})
    assert result.code == 0
    assert sorted(result.stdout.splitlines()[:3]) == ["0 2 ['x']", "1 2 ['x']", "5"]
    assert result.stdout.splitlines()[3:] == ["[0] 0 1 []", "5"]


def test_config_reaches_the_localities(python):
    inner = (
        "import os, hpxpy as hpx\n"
        "print(hpx.num_threads(), os.environ['HPXPY_ENGINE'], hpx.num_localities())"
    )
    result = python(
        LAUNCH + f"sys.exit(launch_localities(['-c', {inner!r}], num_localities=2, "
        f"threads=3, engine={ENGINE!r}, timeout=60, tag=True))"
    )
    assert (result.code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == [f"[{i}] 3 {ENGINE} 2" for i in range(2)]


def test_exit_codes_and_tracebacks(python):
    result = python(
        LAUNCH + "print(launch_localities(['-c', 'import hpxpy as hpx\\nif "
        'hpx.locality_id() == 1: raise OSError("no")\\nhpx.barrier()\'], '
        "num_localities=2))"
    )
    assert (result.code, result.stdout) == (0, "1\n")
    assert "OSError: no" in result.stderr


def test_the_caller_is_left_as_it_was(python):
    code = LAUNCH + (
        "import os, signal\n"
        "def state():\n"
        "    handlers = [signal.getsignal(n) for n in (2, 15, 1, signal.SIGTTIN, signal.SIGCHLD)]\n"
        "    return handlers, sorted(os.listdir('/proc/self/fd')), dict(os.environ)\n"
        "before = state()\n"
        "for n, tag in ((2, False), (1, False), (1, True)):\n"
        "    assert launch_localities(['-c', '1'], num_localities=n, tag=tag) == 0\n"
        "    assert state() == before, (n, before, state())\n"
        "assert launch_localities(['-c', 'import time; time.sleep(60)'], num_localities=2, "
        "timeout=1) == 124\n"
        "assert state() == before\n"
    )
    result = python(code)
    assert (
        result.code,
        result.stderr.replace("hpxpy: the program took more than 1 s (timeout)\n", ""),
    ) == (0, "")


def test_threads_may_launch(python):
    code = LAUNCH + (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def run(n): return launch_localities(['-c', f'import sys; sys.exit({n})'], "
        "num_localities=2 if n else 1)\n"
        "with ThreadPoolExecutor() as pool: print(list(pool.map(run, [3, 0, 4])))\n"
    )
    result = python(code, limit=60)
    assert (result.code, result.stdout) == (0, "[3, 0, 4]\n")


def test_localities_may_launch_programs(run):
    code = (
        "import hpxpy as hpx\nfrom hpxpy.launcher import launch_localities\nhpx.barrier()\n"
        "inner = 'import hpxpy as hpx; print(\"inner\", hpx.num_localities())'\n"
        "if hpx.locality_id() == 0:\n"
        "    assert launch_localities(['-c', inner], num_localities=3) == 0\n"
        "hpx.barrier()"
    )
    result = run(code, n=2)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == "inner 3\n" * 3


MAIN = """
import sys
import hpxpy as hpx
from hpxpy.launcher import spmd_main

@spmd_main{options}
def main(text):
    assert hpx.is_running()
    print(text, hpx.locality_id(), hpx.num_localities(), sys.argv[1:], flush=True)
    return 7

if __name__ == "__main__":
    result = main("hello")
    assert result == 7 and not hpx.is_running()
    print("after", flush=True)
    sys.exit(3)
"""


def check_main(result):
    """Exit code 3, which a slow locality may make worth a line, and nothing else said."""
    assert result.code == 3
    assert re.sub(r"hpxpy: locality . .* exited with code 3\n", "", result.stderr) == ""


def test_main_function_on_one_locality(python):
    for options in ("", "(num_localities=1)", "(engine='local')"):
        result = python(MAIN.format(options=options), "x")
        assert (result.code, result.stderr) == (3, "")
        assert result.stdout == "hello 0 1 ['x']\nafter\n"


def test_main_function_starts_the_script_on_several(python):
    for options in ("()", "(num_localities=2, env={'A': 'b'})"):
        result = python(MAIN.format(options=options), "x", "y z")
        check_main(result)
        found = sorted(result.stdout.splitlines())
        assert found == ["after"] * 2 + [f"hello {i} 2 ['x', 'y z']" for i in range(2)]


def test_launching_tells_what_it_starts(python):
    result = python(
        LAUNCH
        + "config = LaunchConfig(verbose=True, env={'GIVEN': 'so'}, threads_per_locality=3)\n"
        "code = 'import os, hpxpy as hpx; print(os.environ[\"GIVEN\"], hpx.num_threads())'\n"
        "sys.exit(launch_localities(['-c', code], config=config))"
    )
    assert (result.code, result.stdout) == (0, "so 3\n" * 2)
    assert re.fullmatch(r"hpxpy: starts 2 localities of: \S*python\S* -c .*\n", result.stderr)


def test_main_function_takes_what_was_launched(run):
    result = run(MAIN.format(options="(num_localities=64)"), n=2)
    check_main(result)
    found = sorted(result.stdout.splitlines())
    assert found == ["after"] * 2 + [f"hello {i} 2 []" for i in range(2)]


def test_main_function_under_a_plain_mpiexec(run):
    result = run(MAIN.format(options="(num_localities=64)"), n=2, by="mpiexec")
    assert result.code == 3
    assert result.stdout.count(" 2 []") == 2


def test_main_function_of_a_module(started, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(MAIN.format(options="(num_localities=2)"))
    for words in (["-m", "package"], [tmp_path / "package"]):
        environ = {"PYTHONPATH": str(tmp_path)}
        result = started([sys.executable, *words, "x"], environ).end()
        check_main(result)
        assert result.stdout.count(" 2 ['x']") == 2


def test_main_function_without_a_script(started):
    code = "from hpxpy.launcher import spmd_main\nspmd_main(num_localities=2)(lambda: 1)()"
    result = started([sys.executable, "-c", code]).end()
    assert result.code == 1
    assert "RuntimeError: spmd_main: this program is no script" in result.stderr


def test_main_function_keeps_threads_and_engine(python):
    code = MAIN.format(options="(threads=2, engine='local')")
    code = code.replace("assert hpx.is_running()", "assert hpx.num_threads() == 2")
    result = python(code)
    assert (result.code, result.stderr) == (3, "")


ASK = (
    "import hpxpy as hpx\nfrom hpxpy.launcher import *\n"
    "def ask(): return is_multi_locality_mode(), get_expected_num_localities()\n"
    "first = ask(); assert not hpx.is_running()\n"
    "hpx.barrier(); second = ask(); hpx.finalize(); third = ask()\n"
    "print(first, second, third)"
)


@pytest.mark.parametrize("n", [1, 3])
def test_processes_know_how_they_were_launched(run, by, n):
    result = run(ASK, by=by, n=n)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.count(f"({n > 1}, {n})") == 3 * n


def test_an_unlaunched_process_knows_it(python):
    assert python(ASK).stdout == "(False, 1) (False, 1) (False, 1)\n"


def test_variables_of_a_parent_do_not_count():
    """A child process inherits them without the number of localities, which `init` takes away."""
    environ = {**os.environ, "HPXPY_MULTI_LOCALITY": "1", "HPXPY_LOCALITY_ID": "2"}
    code = "import os, hpxpy as hpx; print(hpx.launcher.is_multi_locality_mode(), "
    code += "os.environ.get('HPXPY_LOCALITY_ID'))"
    shown = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, timeout=30
    )
    assert shown.stdout == b"False None\n"
