"""Exchanges and maps on more localities than tests/python runs on, by the same tests."""

# SPDX-License-Identifier: BSL-1.0
from pathlib import Path

import pytest
from conftest import ENGINE

CASES = Path(__file__).parents[1] / "python"
#: Part of the tests of grids; `make test-grids` runs all of them.
OF_GRIDS = (
    "jacobi or square or one_axis or of_two_axes or elementwise or from_local or products "
    "or scatter"
)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("n", "words"),
    [
        (4, ["test_exchanges.py"]),
        (8, ["test_exchanges.py"]),
        (4, ["test_grids.py", "-k", OF_GRIDS]),
        (6, ["test_grids.py", "-k", OF_GRIDS]),
    ],
    ids=["exchanges-4", "exchanges-8", "grids-4", "grids-6"],
)
def test_on_more_localities(command, n, words):
    if ENGINE == "hpx" and n > 4:
        pytest.skip("so many localities of HPX on one host take minutes")
    file, *selected = words
    result = command("-n", n, "-m", "pytest", CASES / file, "-q", *selected, limit=280)
    assert result.code == 0, result.stdout
    assert result.stdout.count(" passed") == n
