"""The benchmarks' cases: every contestant that is installed gives NumPy's answers."""

# SPDX-License-Identifier: BSL-1.0
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import once

pytestmark = once

FOLDER = Path(__file__).parents[2] / "benchmarks" / "python"


def run(*options: str) -> subprocess.CompletedProcess:
    # What has started these tests is no launcher of the benchmarks.
    environ = {name: value for name, value in os.environ.items() if name != "HPXPY_ENGINE"}
    return subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), *options],
        capture_output=True,
        text=True,
        env={**environ, "HPXPY_BENCHMARKS": "/nonexistent"},
    )


def in_folder(program: str) -> subprocess.CompletedProcess:
    """Runs a program that imports the benchmarks' modules."""
    environ = {name: value for name, value in os.environ.items() if name != "HPXPY_ENGINE"}
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**environ, "PYTHONPATH": str(FOLDER)},
    )


@pytest.mark.timeout(600)
def test_answers_of_all_cases():
    done = run("--quick", "--threads", "2")
    assert done.returncode == 0, done.stderr
    listed = [
        line.split(": ", 1)[1].rsplit("; ", 1)[0] for line in run("--list").stdout.splitlines()
    ]
    assert len(listed) > 40
    for title in listed:
        lines = [line for line in done.stdout.splitlines() if line.startswith(f"{title}, ")]
        assert lines, title
        for line in lines:
            assert "NumPy" in line and line.endswith("hpxpy agree"), line


def test_wrong_answers_are_seen():
    program = """
import sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from cases import CASES
from contest import Contest
from peers import installed
case = CASES["a*2.5 + b"]
wrong = replace(case, numpy=case.compute, compute=lambda m, a, b: a * 2.5 + b + 1e-9)
Contest(wrong, 1000, "float64", installed(["numpy", "hpxpy"])[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(FOLDER)], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "a*2.5 + b, 1000 elements, float64: hpxpy gives elements that differ" in done.stderr


def test_every_public_function_is_swept():
    program = """
import sys
sys.path.insert(0, sys.argv[1])
from sweep_rows import left_out
print(left_out())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(FOLDER)], capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr


def test_the_sweep_prints_the_slowest_rows():
    done = run("--sweep", "--only", "cosh", "--size", "1000")
    assert done.returncode == 0, done.stderr
    assert "1000 elements: " in done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith(("cosh", "arccosh"))]
    assert len(rows) >= 5, done.stdout


def test_times_and_peaks_of_one_case():
    done = run("--only", "a*2.5", "--size", "1000000", "--rounds", "1", "--peer", "numexpr")
    assert done.returncode == 0, done.stderr
    assert "no limits" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("a*2.5 + b  "))
    assert "1e6" in row and "float64" in row, row


def test_no_case_is_said():
    done = run("--only", "nothing like that")
    assert done.returncode != 0
    assert "no case is left" in done.stderr


def test_two_localities_give_the_answers_that_numpy_gives_by_hand():
    pytest.importorskip("mpi4py")
    done = in_folder("import localities; localities.compare()")
    assert done.returncode == 0, done.stderr
    assert "agrees with NumPy and mpi4py" in done.stdout


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
def test_two_localities_take_no_more_memory_than_results_and_what_travels():
    done = in_folder(
        "import json, localities as l; found = l.peaks(2048);"
        "print(len(found), {title: each for title, each in found.items()"
        " if not l.within_bounds(each)})"
    )
    assert done.returncode == 0, done.stderr
    count, beyond = done.stdout.split(maxsplit=1)
    assert int(count) > 10 and beyond.strip() == "{}"
