"""docs/examples: they run on any number of localities, and give the same numbers as NumPy."""

# SPDX-License-Identifier: BSL-1.0
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hpxpy._launch.program import find_mpiexec

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FLIGHTS = EXAMPLES / "flights.py"

pytest.importorskip("pandas", reason="the extra [examples] is not installed")

AGREES = "All 113 numbers agree with NumPy's."


def is_png(path):
    return path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_flights_gives_the_same_numbers_on_any_number_of_localities(command, tmp_path):
    found = {}
    for n in (1, 2, 3, 4):
        figure, numbers = tmp_path / f"{n}.png", tmp_path / f"{n}.json"
        options = ["--check", "--figure", figure, "--json", numbers]
        result = command("-n", n, FLIGHTS, *options, limit=60)
        assert (result.code, result.stderr) == (0, "")
        assert f"336,776 flights; localities: {n}\n" in result.stdout
        assert f"Figure: {figure}\n" in result.stdout
        assert result.stdout.splitlines()[-1] == AGREES
        assert is_png(figure)
        found[n] = json.loads(numbers.read_text())
    assert len(found[1]) == 113
    for n in (2, 3, 4):
        assert found[n] == pytest.approx(found[1], rel=1e-12, abs=0, nan_ok=True)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_flights_gives_the_same_bits_on_any_number_of_localities(command, tmp_path):
    found = set()
    for n in (1, 2, 3):
        numbers = tmp_path / f"{n}.json"
        options = ["--rows", "9000", "--figure", tmp_path / "figure.png", "--json", numbers]
        result = command("-n", n, FLIGHTS, *options, environ={"HPXPY_DETERMINISTIC": "1"})
        assert (result.code, result.stderr) == (0, "")
        found.add(numbers.read_text())
    assert len(found) == 1


@pytest.mark.parametrize("starter", ["python", "mpiexec"])
def test_flights_runs_without_our_launcher(starter, tmp_path):
    launcher = [find_mpiexec(), "-n", "3"] if starter == "mpiexec" else []
    command = [*launcher, sys.executable, str(FLIGHTS), "--rows", "3000", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"3,000 flights; localities: {3 if launcher else 1}\n" in result.stdout
    assert "numbers agree with NumPy's." in result.stdout
    assert is_png(tmp_path / "flights.png")


@pytest.mark.parametrize("n", [1, 3])
def test_flights_names_numbers_that_differ(command, tmp_path, n):
    spoilt = (
        "import runpy, sys, numpy as np\n"
        "solve = np.linalg.lstsq\n"
        "np.linalg.lstsq = lambda a, b: (solve(a, b)[0] * [1, 1, 1.00001, 1], None)\n"
        "del sys.argv[0]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    options = ["--rows", "1000", "--check", "--figure", tmp_path / "flights.png"]
    result = command("-n", n, "-c", spoilt, FLIGHTS, *options)
    assert result.code == 1
    assert "numbers differ:\ndistance: -0.00" in result.stderr
    assert "agree" not in result.stdout


@pytest.mark.parametrize("rows", ["0", "-5", "99", "many"])
def test_flights_refuses_too_few_rows(rows):
    result = subprocess.run(
        [sys.executable, str(FLIGHTS), f"--rows={rows}"], capture_output=True, text=True, timeout=30
    )
    assert result.returncode == 2
    assert f"'{rows}' is not a whole number from 100 on" in result.stderr


# Each in a small size, and what its --check says in the end.
SMALL = {
    "heat": (["--points", "21"], "The error is below the bound."),
    "kmeans": (["--rows", "3000"], "flights are in the same group as with NumPy."),
    "options": (["--paths", "20000"], "Calls and puts agree, and Monte Carlo with the formula."),
}


@pytest.mark.parametrize("name", SMALL)
def test_examples_print_the_same_on_any_number_of_localities(command, tmp_path, name):
    size, verdict = SMALL[name]
    printed = {}
    for n in (1, 2, 3):
        figure = tmp_path / "figure.png"
        result = command("-n", n, EXAMPLES / f"{name}.py", *size, "--check", "--figure", figure)
        assert (result.code, result.stderr) == (0, "")
        assert f"localities: {n}\n" in result.stdout
        assert result.stdout.endswith(f"{verdict}\n")
        assert is_png(figure)
        printed[n] = result.stdout.replace(f"localities: {n}", "")
        figure.unlink()
    assert printed[1] == printed[2] == printed[3]


# What makes an example's result wrong, and what its --check then says.
SPOILT = {
    "heat": (
        "step = module.advance\nmodule.advance = lambda u, steps, r: step(u, steps, 1.01 * r)",
        "is above the bound",
    ),
    "kmeans": (
        "find = module.k_means\n"
        "module.k_means = lambda xp, *a: find(xp, *a) if xp is not np else "
        "(find(xp, *a)[0][::-1], *find(xp, *a)[1:])",
        "are in another group than with NumPy",
    ),
    "options": (
        "paths = module.final_prices\nmodule.final_prices = lambda n: paths(n) * 1.05",
        "Monte Carlo",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_examples_name_what_is_wrong(command, tmp_path, name):
    change, complaint = SPOILT[name]
    spoilt = (
        "import importlib, sys, numpy as np\n"
        f"sys.path.insert(0, {str(EXAMPLES)!r})\n"
        f"module = importlib.import_module({name!r})\n{change}\nmodule.main()\n"
    )
    options = [*SMALL[name][0], "--check", "--figure", tmp_path / "figure.png"]
    result = command("-n", 2, "-c", spoilt, *options)
    assert result.code == 1
    assert complaint in result.stderr
    assert SMALL[name][1] not in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["heat", "--points=10"],
        ["heat", "--points=9"],
        ["kmeans", "--groups=1"],
        ["options", "--paths=999"],
    ],
    ids=" ".join,
)
def test_examples_refuse_sizes_that_make_no_sense(words):
    name, option = words
    result = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), option],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert result.returncode == 2
    assert option.replace("=", " ") in result.stderr


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_kernels_agree_with_numpy_and_send_what_their_formulas_say(command, n):
    result = command("-n", n, EXAMPLES / "kernels" / "run.py", "--check", "--size", "30", limit=100)
    assert (result.code, result.stderr) == (0, "")
    assert f"and with their formulas; localities: {n}\n" in result.stdout
    assert result.stdout.count(" B sent, ") == 12
