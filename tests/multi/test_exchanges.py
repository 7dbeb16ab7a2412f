"""Exchanges and maps on more localities than tests/python runs on, by the same tests."""

# SPDX-License-Identifier: BSL-1.0
from pathlib import Path

import pytest
from conftest import ENGINE

CASES = Path(__file__).parents[1] / "python"
#: Part of the tests of grids; `make test-grids` runs all of them.
OF_GRIDS = "jacobi or square or one_axis or of_two_axes or elementwise or from_local"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("n", [4, 8])
def test_counters_keep_their_formulas(command, n):
    if ENGINE == "hpx" and n > 4:
        pytest.skip("so many localities of HPX on one host take minutes")
    result = command("-n", n, "-m", "pytest", CASES / "test_exchanges.py", "-q", limit=280)
    assert result.code == 0, result.stdout
    assert result.stdout.count(" passed") == n


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("n", [4, 6])
def test_grids(command, n):
    if ENGINE == "hpx" and n > 4:
        pytest.skip("so many localities of HPX on one host take minutes")
    words = ("-m", "pytest", CASES / "test_grids.py", "-q", "-k", OF_GRIDS)
    result = command("-n", n, *words, limit=280)
    assert result.code == 0, result.stdout
    assert result.stdout.count(" passed") == n
