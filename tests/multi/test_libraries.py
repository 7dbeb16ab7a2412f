"""scikit-learn and SciPy compute with distributed arrays."""

# SPDX-License-Identifier: BSL-1.0
import ast
import re
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

PROGRAM = Path(__file__).with_name("library_program.py")


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("n", [2, 3])
def test_estimators_and_functions_agree_with_numpy(command, n):
    result = command("-n", n, PROGRAM, environ={"SCIPY_ARRAY_API": "1"}, limit=150)
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == f"50 agree; localities: {n}\n"


def test_the_page_lists_what_is_compared():
    tables = {
        line.targets[0].id: [key.value for key in line.value.keys]
        for line in ast.parse(PROGRAM.read_text()).body
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Dict)
    }
    page = (Path(__file__).parents[2] / "docs" / "libraries.md").read_text()
    without, asking = re.findall(r"^\*\*With.*?:\s(.*?)\.$", page, re.MULTILINE | re.DOTALL)
    assert re.findall("`([^`]+)`", without) == tables["CASES"]
    assert re.findall("`([^`]+)`", asking) == tables["GATHERING"]
